"""How English puts a name together, and where a text does so: titles, forenames, initials, surnames.

Pure. Finds every place that may name somebody on the Roll, with everyone whom the words allow; how sure
that is, monitor.matching.judgement says. Words that are no names cost one look-up each.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from monitor.matching.censored import Starred, starred
from monitor.matching.glance import (
    LONGEST_GLUED,
    LONGEST_SLIPPED,
    TITLES,
    Glance,
    Glances,
    Inside,
    nearest,
)
from monitor.matching.lexicon import YEARS, lexicon
from monitor.matching.names import is_forename, is_surname, is_word, surname_share
from monitor.matching.roll import Name, Spelling
from monitor.matching.spelling import (
    Slip,
    distance,
    key_of,
    same_key_slip,
    shape_of,
    slip_of_given,
    squeezed,
    stem_of_nickname,
)
from monitor.matching.words import Words

_JOINERS = frozenset({"and", "n"})
_YEAR_WORDS = frozenset({"y", "yr", "year", "yrs", "years"})
_BETWEEN_NAME_AND_FORM = frozenset({"in", "from", "of", "at", "the", "is", "our"})
_BEFORE_YEAR = _BETWEEN_NAME_AND_FORM | _YEAR_WORDS
_STOP = re.compile(r"[!?;:,](?:\s|$)|\.\s*\.|\.\s|[&@#\n()]|/\s|\s/")
_STOP_AFTER_SHORT = re.compile(r"[!?;:,](?:\s|$)|\.\s*\.|[&@#\n()]|/\s|\s/")
_BRACKETED = re.compile(r"[)\]}]\s?[(\[{]")
"""Between letters that are all in brackets."""
_OPENS_BRACKET = re.compile(r" ?[(\[]")
_POSTS = frozenset(
    {"teacher", "coach", "governor", "tutor", "headteacher", "nurse", "caretaker", "professor"}
)
"""Words that stand before a surname as a title does, if it has a capital."""
_TEXTED = frozenset("aiunxrckby")
"""Letters that stand for words in chats ("miss u", "see u", "ty x")."""
_TEXTED_ABOUT_SOMEBODY = frozenset("aiux")
_TEXTED_ABOUT_NOBODY = _TEXTED - _TEXTED_ABOUT_SOMEBODY
"""Those of them that nobody is or does."""
_NICK_ENDING = re.compile(r"(?:meister|ster|ers|er|ie|ey|zy|zz|y|z|o|s|kins|inho|dog)$")
_ESCAPED = re.compile(r"<[^<>]*>|\[/?[a-z]+\]|&[a-z#0-9]+;|%[0-9a-f]{2}|[+=]")
"""What a machine may leave between two words."""
_CLOSES = ('"', "'", ")", "]")
_EPITHET = re.compile(r"(?:\"[^\"\n]{1,40}\"|'[^'\n]{1,40}'|\([^()\n]{1,40}\))\s$")
_LONGEST_EPITHET = 46
_BROKEN_OFF = re.compile(r"\s?(?:…|\.\.|—|–|-(?!\w)|\*)")
_VOWELLESS = re.compile(r"(?<![a-z])([a-z][b-df-hj-np-tv-z]+)(?= ([a-z][b-df-hj-np-tv-z]+)(?![a-z]))")
_WIDEST_JOIN = 4
_FARTHEST = 4
"""How many words a mention may reach from the first that is looked at."""
_REACH = range(-_FARTHEST, _FARTHEST + 1)
_SHORTEST_CUT = 4
_MANY_BEAR = 1e-4
_MAY_BE_CUT = 1.2e-4
_NO_GIVEN: frozenset[int] = frozenset()


class Mention(NamedTuple):
    """Somebody may be named from `start` to `end` of the reading, words `first` to `last`.

    `people` are places on the Roll. `surname` and `given` are the names as registered where they were
    written, `typed` and `typed_given` as they were written, however badly; "" where they were not.
    """

    first: int
    last: int
    start: int
    end: int
    rule: str
    people: frozenset[int]
    surname: str = ""
    given: str = ""
    typed: str = ""
    typed_given: str = ""
    title: str = ""
    slips: tuple[Slip, ...] = ()
    half: bool = False
    inside: bool = False
    notes: tuple[str, ...] = ()


class _Surname(NamedTuple):
    """A surname as it may stand at words `first` to `last`, ending at `end` of the reading."""

    first: int
    last: int
    start: int
    end: int
    spelling: Spelling
    slip: Slip


class _Given(NamedTuple):
    """A forename, nickname or initial that some bearers of a surname have."""

    word: int
    people: frozenset[int]
    letters: str
    slip: Slip
    rule: str


def find(words: Words, glances: Glances, *, seen: Sequence[Glance]) -> list[Mention]:
    """Every mention that the words allow of people on the Roll that is glanced at; they may overlap. `seen`
    is what the words may be by themselves."""
    found = _Finder(words, glances, seen).find()
    return [one for plain in found if (one := _masked(plain, words))] if words.masks else found


def _masked(one: Mention, words: Words) -> Mention | None:
    """The mention with what its words were disguised by; None where none was: another view has it."""
    slips = {words.masks[i] for i in range(one.first, one.last + 1) if i in words.masks}
    return one._replace(slips=(*one.slips, *sorted(slips))) if slips else None


class _Finder:
    """One text against one Roll. Holds what the steps share; lives for one call."""

    def __init__(self, words: Words, glances: Glances, seen: Sequence[Glance]) -> None:
        self.words = words
        self.roll = glances.roll
        self.glances = glances
        self.seen = seen
        # What is far from a word that differs is found in the text as it is cut at first.
        self.beside = {i + step for i in words.differing for step in _REACH}
        self.out: list[Mention] = []

    def find(self) -> list[Mention]:
        """Look at the words that may be names, then at what stands beside them."""
        seen, keys, names = self.seen, self.words.keys, self.roll.names
        last = len(keys) - 1
        hyphens, apostrophes = "-" in self.words.reading, "'" in self.words.reading
        surnames: list[_Surname] = []
        after_title: list[int] = []
        forenames: list[int] = []
        for i in self._interesting(hyphens=hyphens):
            one = seen[i]
            name = one.name
            if one.title and i < last:
                after_title.append(i + 1)
            if name is not None:
                if one.surnames and not self._is_among_words(i):
                    start, end = self.words.starts[i], self.words.ends[i]
                    small = one.word and not self.words.capital(i)  # "was" is no Wass
                    surnames += [
                        _Surname(i, i, start, end, spelling, slip)
                        for spelling, slip in one.surnames
                        if slip is Slip.NONE or not small
                    ]
                if name.forenames:
                    forenames.append(i)
                if name.aliases:
                    self._alias(i, i, name)
            elif one.plural or one.nearest or one.inside:
                surnames += self._unknown(i, one)
            if i == last:
                break
            broken = names.get(self._pair(i)) if keys[i + 1][:2] in one.goes_on else None
            if broken is not None and self._joins(i):
                surnames += self._joined(i, i + 1, broken)
            elif (hyphens and self.words.gap(i) == "-") or (apostrophes and self._apostrophe(i)):
                surnames += self._hyphenated(i)
            if one.opens and self.glances.begins(self._pair(i)):
                for end in (i + 2, i + 3):
                    if end <= last:
                        whole = key_of("".join(self.words.written[i : end + 1]))
                        if whole in names and all(map(self._joins, range(i, end))):
                            surnames += self._joined(i, end, names[whole])
        if not YEARS.isdisjoint(self.words.written):
            self._misspelt_forenames_with_form()
        if not self.words.differing:
            self._without_vowels()
        surnames += self._censored()
        for surname in surnames:
            self._around(surname)
        for i in after_title:
            self._after_title(i)
        for i in forenames:
            self._forename_with_cue(i)
            self._forename_with_slip(i)
        if not self.words.differing:
            return self.out
        return [one for one in self.out if any(one.first <= i <= one.last for i in self.words.differing)]

    def _interesting(self, *, hyphens: bool) -> list[int]:
        """The words to look at: all others are nobody's name, neither by themselves nor with the next."""
        seen, keys = self.seen, self.words.keys
        found = [
            i
            for i in [i for i, one in enumerate(seen) if one.is_part]
            if seen[i].matters or (i + 1 < len(keys) and keys[i + 1][:2] in seen[i].goes_on)
        ]
        if hyphens:
            hyphened = [i for i in range(len(self.seen) - 1) if self.words.gap(i) == "-"]
            found = sorted({*found, *hyphened})
        return [i for i in found if i in self.beside] if self.words.differing else found

    def _pair(self, i: int) -> str:
        """The key of word `i` and the next, written as one."""
        key, following = self.words.keys[i : i + 2]
        return key + following[1:] if key[-1] == following[0] else key + following

    # --- a surname as written, or nearly ------------------------------------------------------------

    def _joined(self, first: int, last: int, name: Name) -> Iterator[_Surname]:
        """A name in several pieces."""
        if name.aliases:
            self._alias(first, last, name)
        words = self.words
        letters = "".join(words.written[first : last + 1])
        for spelling in name.surnames:
            slip = same_key_slip(letters, spelling.letters)
            if slip is not None:
                yield _Surname(first, last, words.starts[first], words.ends[last], spelling, slip)

    def _hyphenated(self, i: int) -> Iterator[_Surname]:
        """A double-barrelled name, or one with an apostrophe, in the plural or with a slip in it."""
        words, names = self.words, self.roll.names
        whole = words.written[i] + words.written[i + 1]
        if len(whole) < 5 or not whole.isalpha() or len(whole) > LONGEST_GLUED:
            return
        start, end = words.starts[i], words.ends[i + 1]
        if i + 2 < len(words.written) and words.gap(i + 1) == words.gap(i) == "-":
            yield from self._with_word_inside(i)
        if whole[-1] == "s" and (name := names.get(key_of(whole[:-1]))):
            for spelling in name.surnames:
                yield _Surname(i, i + 1, start, end - 1, spelling, Slip.NONE)
            return
        if is_word(words.written[i]) and is_word(words.written[i + 1]) and not words.capital(i + 1):
            return
        yield from self._both_misspelt(i)
        for spelling, slip in nearest(self.roll, whole, key_of(whole)):
            yield _Surname(i, i + 1, start, end, spelling, slip)

    def _both_misspelt(self, i: int) -> Iterator[_Surname]:
        """ "Farow-Lindquist": a slip in each half of a double-barrelled name."""
        first, second = (
            [spelling for spelling, _ in self.seen[at].nearest if spelling.half] for at in (i, i + 1)
        )
        for one, other in product(first, second):
            letters = one.letters + other.letters
            people = frozenset(
                place for place in one.people & other.people if self.roll.bearer(place).surname == letters
            )
            if people:
                start, end = self.words.starts[i], self.words.ends[i + 1]
                yield _Surname(i, i + 1, start, end, Spelling(letters, people), Slip.EDITS)

    def _with_word_inside(self, i: int) -> Iterator[_Surname]:
        """ "Quill-bloody-feather"."""
        words = self.words
        name = self.roll.names.get(key_of(words.written[i] + words.written[i + 2]))
        for spelling in name.surnames if name else ():
            if spelling.letters == words.written[i] + words.written[i + 2]:
                yield _Surname(i, i + 2, words.starts[i], words.ends[i + 2], spelling, Slip.EDIT)

    def _apostrophe(self, i: int) -> bool:
        """Whether word `i` is what stands before the apostrophe of a name ("O'Shee")."""
        words = self.words
        return (
            len(words.written[i]) == 1
            and words.written[i] in "od"
            and words.gap(i) == "'"
            and words.written[i + 1] != "s"
        )

    def _joins(self, i: int) -> bool:
        """Whether two words may be one name that somebody broke ("O Dunnery", "Quill-feather")."""
        gap = self.words.gap(i)
        if gap == "'" and self.words.written[i + 1] == "s":
            return False
        if "'" in gap and len(gap) > 1:
            return False  # the end of a quotation
        first, second = self.words.keys[i], self.words.keys[i + 1]
        if min(len(first), len(second)) == 1 and first[-1] == second[0]:
            return False  # "Quillfeather r u ok": the letter adds nothing to the key, so it says nothing
        return len(gap) <= _WIDEST_JOIN and not any(sign in gap for sign in ',;:!?@#&()"\n')

    def _unknown(self, i: int, seen: Glance) -> list[_Surname]:
        """What a word that is neither English nor on the Roll may be a slip of."""
        words = self.words
        if self._contracted(i):
            return []
        written, start, end = words.written[i], words.starts[i], words.ends[i]
        if seen.plural:
            end = start + len(words.reading[start : end - 1].rstrip(" .-_*\u00b7"))
            return [_Surname(i, i, start, end, spelling, slip) for spelling, slip in seen.plural]
        if seen.inside:
            self._glued(i, seen.inside)
        return [
            _Surname(i, i, start, start + len(spelling.letters), spelling, slip)
            if written.startswith(spelling.letters) and end - start == len(written)  # "@mr_nasserx"
            else _Surname(i, i, start, end, spelling, slip)
            for spelling, slip in seen.nearest
        ]

    def _censored(self) -> Iterator[_Surname]:
        """Names with letters starred out."""
        words = self.words
        for one in starred(words, self.roll) if not words.masks else ():
            first, last = bisect_left(words.starts, one.start), bisect_left(words.starts, one.end) - 1
            if one.head:
                self._censored_behind(one)
            elif first < len(words.starts) and words.starts[first] == one.start:
                for spelling in one.names:
                    yield _Surname(first, last, one.start, one.end, spelling, Slip.CENSORED)

    def _censored_behind(self, one: Starred) -> None:
        """ "LaceyW****n", "MsQ****r": what stands before the last capital is a forename or title."""
        i = max(0, bisect_left(self.words.starts, one.start + 1) - 1)
        title = TITLES.get(one.head, "")
        given, rule = ("", "title_surname") if title else (one.head, "full_name")
        for spelling in one.names:
            if title:
                people = self.roll.of_title(title, spelling.people, also_pupils=False)
            else:
                people = frozenset(
                    place for place in spelling.people if given in self.roll.bearer(place).given
                )
            if people:
                mention = Mention(i, i, one.start, one.end, rule, people, spelling.letters, given)
                self.out.append(mention._replace(slips=(Slip.CENSORED,), inside=True))

    # --- what stands beside a surname ---------------------------------------------------------------

    def _around(self, one: _Surname) -> None:
        """Every way in which the words beside a surname make it somebody's."""
        words = self.words
        bearers = one.spelling.people
        before = self._before(one)
        given = self._middle(before, bearers) if before else None
        middle = given is not None
        if given is None and before is not None:
            given = self._given(before, bearers) or self._in_two(before - 1, bearers)
        at = given.word if given is not None else one.first if before is None else before + 1
        title = self._title(at - 1) if at else ""
        if given is not None:
            people = given.people
            rule = "half_name" if one.spelling.half and given.rule == "full_name" else given.rule
            if title:
                people = self.roll.of_title(title, people, also_pupils=given.rule != "initial_surname")
                rule = "title_initial_surname" if rule == "initial_surname" else rule
            if people:
                notes = ("middle",) if middle else ()
                self._mention(
                    one, rule, people, first=at - bool(title), given=given, title=title, notes=notes
                )
                return
        if title and one.first:
            first, people = at - 1, self.roll.of_title(title, bearers, also_pupils=False)
            if self._couple(first):
                people |= self.roll.of_title(self._title_of_couple(first), bearers, also_pupils=False)
                first -= 2 if words.written[first - 1] in _JOINERS else 1
                title = "mx"
            if people:
                rule = "title_half" if one.spelling.half else "title_surname"
                self._mention(one, rule, people, first=first, title=title)
                return
        if self._titled_behind(one) or self._transposed(one) or self._is_small_word(one):
            return
        another = before is not None and self._other_forename(before)
        notes = ("other_forename",) if another else ()
        self._mention(one, "surname", bearers, first=one.first, notes=notes)

    def _is_among_words(self, i: int) -> bool:
        """Whether word `i` is small and English, and so are those beside it, so that none is a name here."""
        if (
            not self.seen[i].word
            or self.words.capital(i)
            or not (self._is_plain(i - 1) and self._is_plain(i + 1))
        ):
            return False
        return not i or not self.words.written[i].startswith(self.words.written[i - 1])

    def _is_plain(self, i: int) -> bool:
        """Whether word `i`, or the lack of it, makes nobody's name of the surname beside it."""
        if not 0 <= i < len(self.seen):
            return True
        seen, written = self.seen[i], self.words.written[i]
        named = (
            not seen.word
            or seen.given
            or seen.title
            or len(written) == 1
            or written in lexicon().between_names
        )
        return not (named or self.words.capital(i))

    def _titled_behind(self, one: _Surname) -> bool:
        """ "Quillfeather (Ms)", "Quillfeather, Miss": a title after the name, and no name after that."""
        words, i = self.words, one.last + 1
        if i >= len(words.keys) or not self.seen[i].title or words.ends[one.last] != one.end:
            return False
        gap, after = words.gap(one.last), words.sign_after(i)
        closed = _OPENS_BRACKET.fullmatch(gap) and after in (")", "]")
        meant = words.capital(one.first) or one.first in words.masks
        if not closed and not (gap in (" ", ", ") and meant):
            return False
        if not closed and i + 1 < len(words.keys) and self._adjoins(i) and words.capital(i + 1):
            return False
        people = self.roll.of_title(self.seen[i].title, one.spelling.people, also_pupils=False)
        if people:
            rule = "title_half" if one.spelling.half else "title_surname"
            title = self.seen[i].title
            self._mention(one, rule, people, first=one.first, last=i, title=title, dotted=bool(closed))
        return bool(people)

    def _in_two(self, i: int, bearers: frozenset[int]) -> _Given | None:
        """A forename of two parts, at words `i` and the next ("Ka Ho Chu")."""
        words = self.words
        if i < 0 or words.keys[i + 1][:2] not in self.seen[i].goes_on or not self._joins(i):
            return None
        both = words.written[i] + words.written[i + 1]
        people = frozenset(place for place in bearers if both in self.roll.bearer(place).given)
        return _Given(i, people, both, Slip.NONE, "full_name") if people else None

    def _is_small_word(self, one: _Surname) -> bool:
        """Whether a surname is written like the word that it also is, and so by itself is never a name."""
        return one.first == one.last and self.seen[one.first].word and not self.words.capital(one.first)

    def _before(self, one: _Surname) -> int | None:
        """The word that may belong to a surname after it: not a stutter ("Qu-Qu-Quillfeather"), nor
        "née", an oath, a title or what is quoted between the names."""
        words, seen, first = self.words, self.seen, one.first
        name, i = words.written[first], first - 1
        while (
            i > 0
            and i > first - _FARTHEST
            and 1 < len(words.written[i]) < len(name)
            and name.startswith(words.written[i])
        ):
            i -= 1
        if i < 0:
            return None
        between = words.written[i] in lexicon().between_names and words.capital(first)
        titled = bool(seen[i].title and i and self._exact_given(i - 1, one.spelling.people))
        if i and (between or titled) and len(words.gap(i - 1)) < 3 and len(words.gap(i)) < 3:
            return i - 1
        if (
            words.sign_before(first)
            and words.gap(i)[:-1].endswith(_CLOSES)
            and (said := self._said_between(first))
        ):
            return said - 1
        return i if self._adjoins(i) else None

    def _said_between(self, first: int) -> int:
        """Where what is quoted or in brackets right before word `first` begins; 0 if nothing is."""
        words = self.words
        start = words.starts[first]
        found = _EPITHET.search(words.reading, max(0, start - _LONGEST_EPITHET), start)
        at = bisect_left(words.starts, found.start()) if found else 0
        return at if at and self.seen[at - 1].given else 0

    def _middle(self, i: int, bearers: frozenset[int]) -> _Given | None:
        """The forename before word `i` when that is a middle name or initial ("Amy Shona Smedley")."""
        words, seen = self.words, self.seen[i - 1]
        if seen.word and not words.capital(i - 1):
            return None
        if not self._adjoins(i - 1) or self.seen[i].title:
            return None
        farther = self._exact_given(i - 1, bearers) or self._initial(i - 1, bearers)
        if farther is None and len(words.written[i - 1]) > 3 and words.capital(i - 1) and not seen.word:
            farther = self._misspelt_given(i - 1, bearers, words.written[i - 1])
        if farther is None or (len(words.written[i - 1]) == 1 < len(words.written[i])):
            return None
        written, word = words.written[i], self.seen[i].word
        if len(written) == 1:
            return farther
        if words.capital(i):
            return farther if is_forename(written) or not word else None
        return None if word else farther

    def _given(self, i: int, bearers: frozenset[int]) -> _Given | None:
        """What word `i` says of the forename of some bearers."""
        exact = self._exact_given(i, bearers)
        if exact is not None:
            return exact
        written = self.words.written[i]
        if len(written) == 1:
            if self.words.sign_before(i) == "'":
                return None  # "Year 7's Ottilie"
            people = self.roll.with_initial(written, bearers)
            if not people or (written in "ai" and not self._is_initial(i)):
                return None
            return _Given(i, people, written, Slip.NONE, "initial_surname")
        if len(written) < 3 or self.seen[i].title or (self.seen[i].word and not self.words.capital(i)):
            return None
        return self._misspelt_given(i, bearers, written)

    def _initial(self, i: int, bearers: frozenset[int]) -> _Given | None:
        """The bearers whose forename begins as word `i` does, one or two capitals ("PC Smith")."""
        words, written = self.words, self.words.written[i]
        if (
            len(written) > 2
            or (len(written) == 2 and self.seen[i].word)
            or not written.isalpha()
            or not words.quoted(words.starts[i], words.ends[i]).isupper()
        ):
            return None
        people = self.roll.with_initial(written[0], bearers)
        return _Given(i, people, written[0], Slip.NONE, "initial_surname") if people else None

    def _exact_given(self, i: int, bearers: frozenset[int]) -> _Given | None:
        seen = self.seen[i]
        for spelling, slip in seen.given:
            people = spelling.people & bearers
            if people:
                nick = all(self.roll.bearer(place).given.get(spelling.letters) for place in people)
                # One may be registered as Daniel and another as Dan: the words allow both.
                more = seen.bearers & bearers
                return _Given(i, more, spelling.letters, slip, "nickname" if nick else "full_name")
        return None

    def _misspelt_given(self, i: int, bearers: frozenset[int], written: str) -> _Given | None:
        found: dict[int, tuple[int, Slip, str]] = {}
        shape, stem = shape_of(written), stem_of_nickname(written)
        for letters, registered, places in self.roll.called(bearers):
            rank = slip_of_given(written, letters, shape, registered, stem=stem)
            if rank is not None:
                found |= {place: min(rank, found.get(place, rank)) for place in places}
        if not found:
            return None
        best = min(rank for rank, _, _ in found.values())
        people = frozenset(place for place, (rank, _, _) in found.items() if rank == best)
        _, slip, letters = min(found.values())
        return _Given(i, people, letters, slip, "full_name")

    def _other_forename(self, i: int) -> bool:
        """Whether somebody else's forename stands there ("Kevin Smith" where there is no Kevin)."""
        words, written, seen = self.words, self.words.written[i], self.seen[i]
        if len(written) < 2 or (seen.word and not words.capital(i)):
            return False
        if is_forename(written) or (seen.name is not None and seen.name.forenames):
            return True
        return (
            not seen.word
            and words.capital(i)
            and not words.shouted(i)
            and words.gap(i) in (" ", "-")
            and words.capital(i + 1)
        )

    def _transposed(self, one: _Surname) -> bool:
        """ "Quillfeather, Tamsin", "Quillfeather Tamsin", "Quillfeather, T." """
        words, i = self.words, one.last + 1
        if i >= len(words.keys) or words.ends[one.last] - one.end > 0:
            return False
        gap = words.reading[one.end : words.starts[i]]
        if self.seen[i].title and i + 1 < len(words.keys) and len(words.gap(i)) < 3:
            i += 1  # "Quillfeather, Ms T."
        written, seen = words.written[i], self.seen[i]
        if not (seen.given or len(written) == 1 or "," in gap):
            return False
        bracketed = _OPENS_BRACKET.fullmatch(gap) and words.sign_after(i) in (")", "]")
        if not bracketed and (
            len(gap) > _WIDEST_JOIN
            or re.search(r"[.!?;:&@#\n\"()/]", gap.strip(".") if len(gap) < 2 else gap)
        ):
            return False
        given = self._exact_given(i, one.spelling.people)
        if given is None and len(written) > 2 and "," in gap and not seen.word:
            given = self._misspelt_given(i, one.spelling.people, written)
        last = i
        if i + 1 < len(words.keys) and (two := self._in_two(i, one.spelling.people)):
            given, last = two, i + 1
        if given is not None:
            self._mention(one, "transposed", given.people, first=one.first, last=last, given=given)
            return True
        if len(written) != 1 or written.isdigit():
            return False
        dotted = words.sign_after(i) == "."
        if words.sign_after(i) == "'" and not self._possessive(i):
            return False
        if not ("," in gap or (words.capital(i) and (dotted or self._no_word(i)))):
            return False
        people = frozenset(
            place for place in one.spelling.people if written in self.roll.bearer(place).initials
        )
        if not people:
            return False
        given = _Given(i, people, written, Slip.NONE, "transposed_initial")
        self._mention(
            one,
            "transposed_initial",
            people,
            first=one.first,
            last=i,
            given=given,
            dotted=dotted and self._sentence_goes_on(i),
        )
        return True

    def _no_word(self, i: int) -> bool:
        """Whether "A" or "I" after a surname is no word ("Raval A has", but not "Raval A level")."""
        words = self.words
        if words.written[i] == "i":
            return words.sign_after(i) in (",", ")", ":", "")
        return words.written[i] != "a" or not (self._goes_on_as_grade(i) or words.shouted(i - 1))

    def _sentence_goes_on(self, i: int) -> bool:
        """Whether the point after an initial is the initial's and ends no sentence."""
        after = self.words.text[self.words.offsets[self.words.ends[i]] + 1 :][:3]
        if not after.strip() or after[0] == ".":
            return False
        return not after.lstrip()[0].isupper()

    # --- names without a surname, or with a piece of one --------------------------------------------

    def _after_title(self, i: int) -> None:
        """ "Ms Q", "Miss Tamsin", "Mr Brack", "Miss Bishup"."""
        words, roll = self.words, self.roll
        if not self._title(i - 1):
            return
        title = self._title(i - 1)
        written = words.written[i]
        if self._two_initials(i, title):
            return
        if len(written) == 1 and written.isalpha():
            after = words.sign_after(i)
            starred = after == "*" and words.sign_before(i - 1) != "*"  # "Ms Q****", but no "*Ms Q*"
            if starred or after == "-" or (after == "'" and not self._possessive(i)):
                return
            texted = _TEXTED if title == "miss" else _TEXTED_ABOUT_SOMEBODY
            if "'" in words.gap(i - 1) or (not words.capital(i) and written in texted):
                return
            if i + 1 < len(words.keys) and self._adjoins(i) and words.keys[i + 1] in roll.names:
                following = roll.names[words.keys[i + 1]]
                if following.surnames and words.capital(i + 1):
                    return
            people = self.roll.of_title(title, roll.initials.get(written, _NO_GIVEN), also_pupils=False)
            if people:
                self._bare(i - 1, i, "title_initial", people, title=title)
            return
        key, seen = words.keys[i], self.seen[i]
        if seen.surnames:
            return
        if seen.name is not None and seen.given:
            self._titled_forename(i, title)
            return
        word = is_word(written)
        if word and (not words.capital(i) or words.shouted(i)):
            return
        for spelling, people in self._cut_short(i, title):
            self._titled_short(i, title, spelling, people)
        near = nearest(roll, written, key)
        if word:
            meant = [found for found in near if found[1] is Slip.EDIT]
        else:
            meant = [] if near else self._farther(written)
            self._titled_misspelt_forename(i, title)
        for spelling, slip in meant:
            people = self.roll.of_title(title, spelling.people, also_pupils=False)
            if people:
                one = _Surname(i, i, words.starts[i], words.ends[i], spelling, slip)
                self._mention(one, "title_surname", people, first=i - 1, title=title)

    def _titled_forename(self, i: int, title: str) -> None:
        """ "Miss Tamsin", and "Mr Jack" for Jack Brackenhall as for Mr Jackson."""
        given = self.seen[i].given
        exact = [spelling for spelling, slip in given if slip is Slip.NONE]
        called = frozenset().union(*(one.people for one in exact or [spelling for spelling, _ in given]))
        short = self._cut_short(i, title)
        people = self.roll.of_title(
            title, called.union(*(bearers for _, bearers in short)), also_pupils=False
        )
        if people & called:
            notes = ("another_surname",) if self._near_surname(i) else ()
            if people - called:
                notes = (*notes, "or_cut")
            written = self.words.written[i]
            self._bare(i - 1, i, "title_forename", people, title=title, given=written, notes=notes)
            return
        for spelling, bearers in short:
            self._titled_short(i, title, spelling, bearers)

    def _titled_misspelt_forename(self, i: int, title: str) -> None:
        """ "Miss Tasmin": a forename that nobody has and that is no surname, a slip from an adult's."""
        written = self.words.written[i]
        if len(written) < _SHORTEST_CUT or is_forename(written) or is_surname(written):
            return
        letters, called = self.roll.called_nearly(written, self.roll.adult_forenames)
        people = self.roll.of_title(title, called, also_pupils=False)
        if people:
            self._bare(
                i - 1, i, "title_forename", people, title=title, given=letters, typed=written, slip=Slip.EDIT
            )

    def _near_surname(self, i: int) -> bool:
        """Whether a forename is many people's surname as well, and nearly that of an adult here."""
        if surname_share(self.words.written[i]) < _MANY_BEAR:
            return False
        written = self.words.written[i]
        most = 2 if len(written) > 6 else 1
        near = process.extractOne(written, self.roll.adult_surnames, scorer=OSA.distance, score_cutoff=most)
        return near is not None

    def _two_initials(self, i: int, title: str) -> bool:
        """ "Miss TQ", "Ms T.Q.": the first letters of both names."""
        words, last = self.words, i
        letters = words.written[i]
        if len(letters) == 1 and i + 1 < len(words.written) and words.gap(i) in ("", ".", " ", ". "):
            letters, last = letters + words.written[i + 1], i + 1
        both = words.quoted(words.starts[i], words.ends[last])
        if (
            len(letters) != 2
            or not letters.isalpha()
            or not both.isupper()
            or self.seen[i].name is not None
            and last == i
        ):
            return False
        if last > i and len(words.written[last]) > 1:
            return False
        people = frozenset(
            place
            for place in self.roll.initials.get(letters[1], ())
            if letters[0] in self.roll.bearer(place).initials
        )
        people = self.roll.of_title(title, people, also_pupils=False)
        if people:
            self._bare(i - 1, last, "title_initials", people, title=title)
        return bool(people)

    def _farther(self, written: str) -> list[tuple[Spelling, Slip]]:
        """The adults' surnames that a long word may be with two or three letters wrong."""
        if not 7 <= len(written) <= LONGEST_SLIPPED or is_surname(written):
            return []
        most = 2 if len(written) < 10 else 3
        found = process.extract(
            written, self.roll.adult_surnames, scorer=OSA.distance, score_cutoff=most, limit=3
        )
        return [
            (spelling, Slip.EDITS)
            for letters, edits, _ in found
            if edits == found[0][1]
            for spelling in self.roll.names[key_of(letters)].surnames
            if spelling.letters == letters
        ]

    def _cut_short(self, i: int, title: str) -> list[tuple[Spelling, frozenset[int]]]:
        """ "Mr Brack", "Ms Quilly": the surnames that may be cut short there, with whom the title fits."""
        roll, written, key = self.roll, self.words.written[i], self.words.keys[i]
        if len(written) < _SHORTEST_CUT or surname_share(written) > _MAY_BE_CUT:
            return []
        stem = _NICK_ENDING.sub("", written)
        known = is_forename(written) or is_surname(written)
        pet = len(written) > len(stem) >= _SHORTEST_CUT and not known
        shortest = 2 + len(stem if pet else written)
        candidates = (*roll.beginning(key), *(roll.beginning(key_of(stem)) if pet else ()))
        found = []
        for candidate in dict.fromkeys(candidates):
            for spelling in roll.names[candidate].surnames:
                if len(spelling.letters) < shortest or candidate == key:
                    continue
                plain = squeezed(spelling.letters)
                begun = spelling.letters.startswith(written) or (pet and plain.startswith(squeezed(stem)))
                if begun and (people := roll.of_title(title, spelling.people, also_pupils=False)):
                    found.append((spelling, people))
        return found

    def _titled_short(self, i: int, title: str, spelling: Spelling, people: frozenset[int]) -> None:
        one = _Surname(i, i, self.words.starts[i], self.words.ends[i], spelling, Slip.CUT)
        self._mention(one, "title_surname", people, first=i - 1, title=title)

    def _forename_with_cue(self, i: int) -> None:
        """ "Tamsin Q", "Zadie 9B", "Zadie in Year 9"."""
        words, roll = self.words, self.roll
        written = words.written[i]
        if len(written) < 2 or i + 1 >= len(words.keys):
            return
        everyone = self.seen[i].bearers
        if len(written) == 2:
            if words.capital(i) and not (self.seen[i].word or self.seen[i].title):
                self._forename_with_form(i, everyone, written)  # "Yi 9F"
            return
        if self.seen[i].word and not words.capital(i) and not is_forename(written):
            return
        following = words.written[i + 1]
        gap = words.gap(i)
        handled = gap in ("_", ".", "-", "/") and words.capital(i) and words.capital(i + 1)
        lone = len(following) == 1 and following.isalpha() and (handled or not gap.strip())
        if lone and ("\n" not in gap or self._is_initial_of_line(i + 1)):
            if following in "ai" and not (
                words.capital(i) and words.capital(i + 1) and not words.shouted(i)
                and (following == "a" or self._ends(i + 1)) and not self._goes_on_as_grade(i + 1)
            ):  # fmt: skip
                return
            if words.sign_after(i + 1) in ("-", "/", "&") or (
                words.sign_after(i + 1) == "'" and not self._possessive(i + 1)
            ):
                return
            people = frozenset(place for place in everyone if roll.bearer(place).surname[:1] == following)
            if people and not (
                i + 2 < len(words.keys)
                and words.sign_after(i + 1) == "."
                and words.capital(i + 2)
                and self._names_somebody(i + 2)
            ):
                self._bare(i, i + 1, "forename_initial", people, given=written)
        self._forename_with_form(i, everyone, written)

    def _is_initial_of_line(self, i: int) -> bool:
        """Whether the single letter with which a line begins is the initial of the name that ended the line
        before, and no word ("R u ok"), no list's ("B) no") and no grade's."""
        words, letter = self.words, self.words.written[i]
        if words.sign_after(i) in (")", ".", ":", "-"):
            return False
        following = words.written[i + 1] if i + 1 < len(words.written) else ""
        goes_on = self._ends(i) or following in lexicon().after_a_name
        if words.capital(i):
            return letter != "i" and following not in ("u", "r") and (letter != "a" or goes_on)
        return letter not in _TEXTED or (letter in _TEXTED_ABOUT_NOBODY and goes_on)

    def _goes_on_as_grade(self, i: int) -> bool:
        """Whether "A" begins "A level" or another name."""
        if self._ends(i):
            return False
        following = self.words.written[i + 1]
        if following in ("level", "levels", "star", "stars"):
            return True
        return self.words.capital(i + 1) and self.words.sign_after(i) != "."

    def _names_somebody(self, i: int) -> bool:
        name = self.roll.names.get(self.words.keys[i])
        return bool(name and name.surnames)

    def _forename_with_form(self, i: int, everyone: frozenset[int], written: str) -> None:
        said = self._year_after(i)
        if said is None:
            return
        year, form, last = said
        people = self._in_form(everyone, year, form)
        if people:
            self._bare(i, last, "forename_form", people, given=written)

    def _misspelt_forenames_with_form(self) -> None:
        """ "Zaide 9B", "Zadei in Year 9": a forename that nobody has, a slip from a pupil's of that year."""
        words = self.words
        for at, year in enumerate(words.written):
            if year not in YEARS:
                continue
            i = at - 1
            while i > at - _FARTHEST and i > 0 and words.written[i] in _BEFORE_YEAR:
                i -= 1
            written = words.written[i] if i >= 0 else ""
            known = self.seen[i].word or self.seen[i].name is not None or is_forename(written)
            said = None if known or len(written) < _SHORTEST_CUT else self._year_after(i)
            if said is None or said[0] != year:
                continue
            letters, called = self.roll.called_nearly(written, self.roll.forenames_of_year(year))
            people = self._in_form(called, year, said[1])
            if people:
                self._bare(i, said[2], "forename_form", people, given=letters, typed=written, slip=Slip.EDIT)

    def _in_form(self, everyone: Iterable[int], year: str, form: str) -> frozenset[int]:
        """Those of some people who are in a year, and in a form of it if one is said."""
        bearers = ((place, self.roll.bearer(place)) for place in everyone)
        return frozenset(
            place for place, one in bearers if one.year == year and (not form or one.form in ("", form))
        )

    def _year_after(self, i: int) -> tuple[str, str, int] | None:
        """The year and form said right after word `i` ("in Year 9", "9B"), and the last word of it."""
        words = self.words
        at = i + 1
        while at < len(words.keys) and at < i + 4 and words.written[at] in _BETWEEN_NAME_AND_FORM:
            at += 1
        if at < len(words.keys) and words.written[at] in _YEAR_WORDS:
            at += 1
        if at >= len(words.keys) or not words.written[at].isdigit():
            return None
        if re.search(r"[.!?\n]", words.reading[words.ends[i] : words.starts[at]]):
            return None
        year, form, last = words.written[at], "", at
        if (
            at + 1 < len(words.keys)
            and words.starts[at + 1] == words.ends[at]
            and len(words.written[at + 1]) == 1
        ):
            form, last = words.written[at + 1], at + 1
        return year, form, last

    def _forename_with_slip(self, i: int) -> None:
        """ "Anthony Arrahdle": a forename of ours before a word much like the surname of one who bears it."""
        words, roll = self.words, self.roll
        at = i + 1
        if at >= len(words.keys) or not self._adjoins(i):
            return
        if self.seen[at].surnames:
            return
        written, last = words.written[at], at
        if at + 1 < len(words.keys) and words.gap(at) == "-":
            written, last = written + words.written[at + 1], at + 1
        if not _SHORTEST_CUT <= len(written) <= LONGEST_SLIPPED or (
            last == at and is_word(written) and (not words.capital(at) or words.shouted(at))
        ):
            return
        everyone = frozenset().union(*(one.people for one in roll.names[words.keys[i]].forenames))
        found: dict[int, set[int]] = {}
        for place in everyone:
            surname = roll.bearer(place).surname
            most = 1 if len(surname) < 6 else 2 if len(surname) < 11 else 3
            edits = distance(written, surname, most=most)
            if edits <= most:
                found.setdefault(edits, set()).add(place)
        cut = self._begun(at, written, everyone) if not found else _NO_GIVEN
        if not (found or cut):
            return
        edits = min(found, default=0)
        people = cut or frozenset(found[edits])
        surname = roll.bearer(min(people)).surname
        slip = Slip.CUT if cut else Slip.EDIT if edits <= 1 else Slip.EDITS
        title = self._title(i - 1) if i else ""
        if title:
            people = self.roll.of_title(title, people, also_pupils=True)
        end = words.ends[last]
        if written.startswith(surname):
            end -= len(written) - len(surname)
        one = _Surname(at, last, words.starts[at], end, Spelling(surname, people), slip)
        given = _Given(i, people, words.written[i], Slip.NONE, "full_name")
        self._mention(one, "full_name", people, first=i - bool(title), given=given, title=title)

    def _without_vowels(self) -> None:
        """ "Tmsn Qllfthr": both names by their consonants."""
        words = self.words
        if self.roll.vowelless_given.isdisjoint(words.written):
            return
        for hit in _VOWELLESS.finditer(words.reading):
            i = bisect_left(words.starts, hit.start())
            if words.written[i : i + 2] != [*hit.groups()] or not (words.capital(i) and words.capital(i + 1)):
                continue
            people = self.roll.vowelless.get((hit[1], hit[2]), _NO_GIVEN)
            surnames = {self.roll.bearer(place).surname for place in people} - {hit[2]}
            for letters in surnames:
                bearers = frozenset(place for place in people if self.roll.bearer(place).surname == letters)
                spelling = Spelling(letters, bearers)
                one = _Surname(i + 1, i + 1, words.starts[i + 1], words.ends[i + 1], spelling, Slip.VOWELS)
                given = _Given(i, bearers, hit[1], Slip.NONE, "full_name")
                self._mention(one, "full_name", bearers, first=i, given=given)

    def _begun(self, i: int, written: str, everyone: frozenset[int]) -> frozenset[int]:
        """Those of some people whose surname word `i` begins ("Tamsin Quillf...")."""
        words = self.words
        broken = _BROKEN_OFF.match(words.text, words.offsets[words.ends[i] - 1] + 1)
        if not (broken or (words.capital(i) and not words.shouted(i))):
            return _NO_GIVEN
        surnames = ((place, self.roll.bearer(place).surname) for place in everyone)
        return frozenset(
            place
            for place, surname in surnames
            if surname.startswith(written) and len(surname) > len(written) + 1
        )

    def _alias(self, first: int, last: int, name: Name) -> None:
        letters = "".join(self.words.written[first : last + 1])
        for spelling in name.aliases:
            if letters == spelling.letters:
                self._bare(first, last, "alias", spelling.people)

    # --- names glued to other words -----------------------------------------------------------------

    def _glued(self, i: int, inside: Iterable[Inside]) -> None:
        """ "tamsinquillfeather", "mrsmithout", "justiceforquillfeather": a surname inside a word, with what
        precedes or follows it."""
        start, end = self.words.starts[i], self.words.ends[i]
        spaced = end - start != len(self.words.written[i])  # then places are not letters
        for one in inside:
            if one.in_token and not self._in_token(i) and not self._ends_in_initial(i, one):
                continue
            places = (start, end) if spaced else (start + one.first, start + one.last)
            letters, half = one.spelling.letters, one.spelling.half
            mention = Mention(
                i, i, *places, one.rule, one.people, letters, one.given, title=one.title, half=half
            )
            if one.cut:
                capital = not spaced and self.words.quoted(start + one.cut, start + one.cut + 1).isupper()
                mention = mention._replace(slips=(Slip.CUT,), notes=() if capital else ("blended",))
            self.out.append(mention._replace(inside=True))

    def _ends_in_initial(self, i: int, one: Inside) -> bool:
        """Whether a capital ends word `i`, a surname and an initial: "QuillfeatherT"."""
        last = self.words.ends[i] - 1
        if one.rule != "transposed_initial" or self.words.shouted(i):
            return False
        return self.words.quoted(last, last + 1).isupper()

    def _couple(self, i: int) -> bool:
        """Whether another title stands before the title at word `i`: "Mr & Mrs", "Mr and Mrs"."""
        words = self.words
        if not i:
            return False
        if self.seen[i - 1].title:
            return words.gap(i - 1).strip() in ("&", "+", "/")
        return i > 1 and words.written[i - 1] in _JOINERS and bool(self.seen[i - 2].title)

    def _title_of_couple(self, i: int) -> str:
        before = i - 2 if self.words.written[i - 1] in _JOINERS else i - 1
        return self.seen[before].title

    # --- small questions ----------------------------------------------------------------------------

    def _adjoins(self, i: int) -> bool:
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

    def _contracted(self, i: int) -> bool:
        """Whether word `i` is the first half of "doesn't"."""
        words = self.words
        return i + 1 < len(words.written) and words.written[i + 1] == "t" and words.gap(i) == "'"

    def _possessive(self, i: int) -> bool:
        """Whether "'s" follows word `i`."""
        words = self.words
        return i + 1 < len(words.written) and words.written[i + 1] == "s" and words.gap(i) == "'"

    def _ends(self, i: int) -> bool:
        """Whether nothing more is said in the same breath after word `i`."""
        return i + 1 >= len(self.words.keys) or not self._adjoins(i)

    def _is_initial(self, i: int) -> bool:
        """Whether "A" or "I" is the initial of the name that follows, and no word."""
        words = self.words
        if not words.capital(i) or words.shouted(i + 1):
            return words.sign_after(i) == "." and words.capital(i)
        if words.sign_after(i) == "." or (i and self.seen[i - 1].title):
            return True
        return words.capital(i + 1) and not self.seen[i + 1].word

    def _in_token(self, i: int) -> bool:
        """Whether word `i` is in a handle or hashtag."""
        at = self.words.starts[i]
        reading = self.words.reading
        earliest = max(0, at - LONGEST_GLUED)
        while at > earliest and (reading[at - 1].isalnum() or reading[at - 1] in "_.-"):
            at -= 1
        return at > 0 and reading[at - 1] in "@#"

    def _title(self, i: int) -> str:
        """The title that word `i` is for what follows, or ""."""
        if i < 0:
            return ""
        words, title = self.words, self.seen[i].title
        if title and self.seen[i].word and words.keys[i] not in TITLES and not words.capital(i):
            return ""  # "pan", "bay"
        if not title and words.written[i] in _POSTS:
            capitals = words.capital(i) and words.capital(i + 1) and not words.shouted(i + 1)
            title = "mx" if capitals else ""
        if not title or not self._adjoins(i):
            return ""
        if title != "miss":
            return title
        verb = i and not words.capital(i) and words.written[i - 1] in lexicon().before_to_miss
        if verb and not self.seen[i + 1].word and self.seen[i + 1].surnames:
            verb = False  # whoever is missed, it is they
        return title if not verb and len(words.written[i]) > 3 else ""

    def _mention(
        self,
        one: _Surname,
        rule: str,
        people: frozenset[int],
        *,
        first: int,
        last: int | None = None,
        given: _Given | None = None,
        title: str = "",
        notes: tuple[str, ...] = (),
        dotted: bool = False,
    ) -> None:
        words = self.words
        end = one.end if last is None else words.ends[last] + dotted
        slips = () if one.slip is Slip.NONE else (one.slip,)
        if given is not None and given.slip is not Slip.NONE:
            slips = (*slips, given.slip)
        typed = words.written[one.first]
        if one.first != one.last:
            typed = "".join(words.written[one.first : one.last + 1])
        self.out.append(
            Mention(
                first,
                one.last if last is None else last,
                min(words.starts[first], one.start),
                end,
                rule,
                people,
                one.spelling.letters,
                given.letters if given else "",
                typed,
                words.written[given.word] if given else "",
                title,
                slips,
                one.spelling.half,
                False,
                notes,
            )
        )

    def _bare(
        self,
        first: int,
        last: int,
        rule: str,
        people: frozenset[int],
        *,
        title: str = "",
        given: str = "",
        typed: str = "",
        slip: Slip = Slip.NONE,
        notes: tuple[str, ...] = (),
    ) -> None:
        start, end = self.words.starts[first], self.words.ends[last]
        one = Mention(first, last, start, end, rule, people, title=title, given=given, notes=notes)
        if slip is not Slip.NONE:
            one = one._replace(typed_given=typed, slips=(slip,))
        self.out.append(one)
