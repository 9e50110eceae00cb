"""The words of one text with what each may be on one Roll, and the small questions that the grammar asks
about them: whether two stand together, whether one is a title, an initial, a possessive. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.matching.glance import LONGEST_GLUED, TITLES, Glance
from monitor.matching.lexicon import lexicon
from monitor.matching.roll import Roll
from monitor.matching.words import Words

FARTHEST = 4
"""How many words a mention may reach from the first that is looked at."""
WIDEST_JOIN = 4
"""How many signs may stand between the pieces of one name."""
SHORTEST_CUT = 4
"""No shorter word is taken for a name that is cut short, or nearly somebody's."""
TEXTED = frozenset("aiunxrckby")
"""Letters that stand for words in chats ("miss u", "see u", "ty x")."""
TEXTED_ABOUT_SOMEBODY = frozenset("aiux")
"""Those of them that somebody is or does."""
_STOP = re.compile(r"[!?;:,](?:\s|$)|\.\s*\.|\.\s|[&@#\n()]|/\s|\s/")
_STOP_AFTER_SHORT = re.compile(r"[!?;:,](?:\s|$)|\.\s*\.|[&@#\n()]|/\s|\s/")
_BRACKETED = re.compile(r"[)\]}]\s?[(\[{]")
"""Between letters that are all in brackets."""
_ESCAPED = re.compile(r"<[^<>]*>|\[/?[a-z]+\]|&[a-z#0-9]+;|%[0-9a-f]{2}|[+=]")
"""What a machine may leave between two words."""
_POSTS = frozenset({
    "teacher", "coach", "governor", "tutor", "headteacher", "headmaster", "headmistress", "nurse",
    "caretaker", "professor", "receptionist", "librarian", "technician",
})  # fmt: skip
"""Words that stand before a surname as a title does, if that has a capital."""
_POSTS_BEHIND_A_WORD = frozenset({"assistant", "manager", "officer", "supervisor"})
"""The same behind a word that makes them somebody at a school: "exams officer", but not "police officer"."""


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """One text as the grammar reads it: its words, and in `seen` what each may be by itself on the Roll."""

    words: Words
    roll: Roll
    seen: Sequence[Glance]

    def pair(self, i: int) -> str:
        """The key of word `i` and the next, written as one."""
        key, following = self.words.keys[i : i + 2]
        return key + following[1:] if key[-1] == following[0] else key + following

    def adjoins(self, i: int) -> bool:
        """Whether word `i` and the next may be two words of one name."""
        words = self.words
        gap = words.reading[words.ends[i] : words.starts[i + 1]]
        if gap == " ":
            return True
        if words.masks:
            gap = _ESCAPED.sub(" ", gap)
        if len(gap) > 6:
            return False
        if not gap.strip() or _BRACKETED.fullmatch(gap):  # a line may end inside a name
            return True
        short = len(words.written[i]) <= 1 or self.seen[i].title
        return not (_STOP_AFTER_SHORT if short else _STOP).search(gap)

    def joins(self, i: int) -> bool:
        """Whether word `i` and the next may be one name that somebody broke: "O Dunnery", "Quill-feather"."""
        gap = self.words.gap(i)
        if gap == "'" and self.words.written[i + 1] == "s":
            return False
        if "'" in gap and len(gap) > 1:
            return False  # the end of a quotation
        first, second = self.words.keys[i], self.words.keys[i + 1]
        if min(len(first), len(second)) == 1 and first[-1] == second[0]:
            return False  # "Quillfeather r u ok": the letter adds nothing to the key, so it says nothing
        return len(gap) <= WIDEST_JOIN and not any(sign in gap for sign in ',;:!?@#&()"\n')

    def ends(self, i: int) -> bool:
        """Whether nothing more is said in the same breath after word `i`."""
        return i + 1 >= len(self.words.keys) or not self.adjoins(i)

    def begins_with_apostrophe(self, i: int) -> bool:
        """Whether word `i` is what stands before the apostrophe of a name ("O'Shee")."""
        words = self.words
        return (
            len(words.written[i]) == 1
            and words.written[i] in "od"
            and words.gap(i) == "'"
            and words.written[i + 1] != "s"
        )

    def contracted(self, i: int) -> bool:
        """Whether word `i` is the first half of "doesn't"."""
        words = self.words
        return i + 1 < len(words.written) and words.written[i + 1] == "t" and words.gap(i) == "'"

    def possessive(self, i: int) -> bool:
        """Whether "'s" follows word `i`."""
        words = self.words
        return i + 1 < len(words.written) and words.written[i + 1] == "s" and words.gap(i) == "'"

    def in_token(self, i: int) -> bool:
        """Whether word `i` is in a handle or hashtag."""
        at = self.words.starts[i]
        reading = self.words.reading
        earliest = max(0, at - LONGEST_GLUED)
        while at > earliest and (reading[at - 1].isalnum() or reading[at - 1] in "_.-"):
            at -= 1
        return at > 0 and reading[at - 1] in "@#"

    def title(self, i: int) -> str:
        """The title that word `i` is for what follows, or ""."""
        if i < 0:
            return ""
        words, title = self.words, self.seen[i].title
        if title and self.seen[i].word and words.keys[i] not in TITLES and not words.capital(i):
            return ""  # "pan", "bay"
        if not title and self.is_post(i):
            capital = words.gap(i) == " " and words.capital(i + 1) and not words.shouted(i + 1)
            title = "mx" if capital else ""
        if not title or not self.adjoins(i):
            return ""
        if title != "miss":
            return title
        verb = i and not words.capital(i) and words.written[i - 1] in lexicon().before_to_miss
        if verb and not self.seen[i + 1].word and self.seen[i + 1].surnames:
            verb = False  # whoever is missed, it is they
        return title if not verb and len(words.written[i]) > 3 else ""

    def is_post(self, i: int) -> bool:
        """Whether word `i` is what somebody at a school is."""
        written = self.words.written
        if written[i] in _POSTS:
            return True
        return (
            written[i] in _POSTS_BEHIND_A_WORD and " ".join(written[max(0, i - 1) : i + 1]) in lexicon().jobs
        )

    def is_initial(self, i: int) -> bool:
        """Whether "A" or "I" is the initial of the name that follows, and no word."""
        words = self.words
        if not words.capital(i) or words.shouted(i + 1):
            return words.sign_after(i) == "." and words.capital(i)
        if words.sign_after(i) == "." or (i and self.seen[i - 1].title):
            return True
        return words.capital(i + 1) and not self.seen[i + 1].word

    def goes_on_as_grade(self, i: int) -> bool:
        """Whether "A" begins "A level" or another name."""
        if self.ends(i):
            return False
        following = self.words.written[i + 1]
        if following in ("level", "levels", "star", "stars"):
            return True
        return self.words.capital(i + 1) and self.words.sign_after(i) != "."
