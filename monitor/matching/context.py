"""Is the School meant? The words themselves say so, or nothing does (R37). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from monitor.matching.lexicon import (
    CONTEXT,
    EDUCATION,
    ELSEWHERE,
    NOT_US,
    YEARS,
    YOUNGER,
    YOUNGER_KINDS,
    Phrases,
    is_headed,
    lexicon,
)
from monitor.matching.names import is_word
from monitor.matching.terms import Form
from monitor.matching.words import Words
from monitor.model import SchoolMatch

_STANDS_ALONE = {
    "school_name": 0.95,
    "school_handle": 0.95,
    "school_handle_lookalike": 0.85,
    "school_domain": 0.95,
    "school_misspelt": 0.8,
    "school_page": 0.8,
}
_SHORT_WORD = 0.2
_SHORT_PHRASE = 0.55
_SAYS_SCHOOL = 1.0
_CUE = 0.35
_SECOND_SHORT = 0.35
_SOMEBODY_NAMED = 0.35
_ELSEWHERE = 0.5
_OTHER_SCHOOL = 0.45
MEANT = 0.5
"""From here on the School is meant."""

_YEAR_WORDS = frozenset({"y", "yr", "yrs", "year", "years"})
_TOKEN_GOES_ON = re.compile(r"(?:[_.\-]*[a-z0-9\x81]+)*_?")
_MOST_WORDS_OF_A_NAME = 4
_SAINT = frozenset({"st", "saint"})
_IN_A_PLACE = re.compile(r"(?<![a-z0-9])(?:in|around|round|near|across|all over) $")
_LONGEST_BEFORE = 16
_AT_AN_ADDRESS = re.compile(r"[A-Z][\w'’]+, $")
_ADDRESS_ENDS = re.compile(r" {0,3}(?:[.,;:|()–-]|\n|$)")
_TWO_WORDS = re.compile(r"\w[a-z]{1,30} [a-z]{1,30}")
_LONGEST_ACRONYM = 5


class Found(NamedTuple):
    """One Form as it stands in a reading. `token`: in a handle or hashtag."""

    start: int
    end: int
    form: Form
    token: bool


class Meant(NamedTuple):
    """A school term that counts, by its place in the reading."""

    start: int
    end: int
    term: str
    rule: str
    confidence: float

    def match(self, words: Words) -> SchoolMatch:
        """The same by code points of the original."""
        return SchoolMatch(*words.quote(self.start, self.end), self.term, self.rule, self.confidence)


def find_school(
    found: Sequence[Found],
    words: Words,
    said: Set[str],
    places: Phrases,
    *,
    years: bool,
    elsewhere: bool,
    somebody: Callable[[], bool],
) -> tuple[list[Meant], float]:
    """The school terms of one text, and how sure (0 to 1) that the School is meant; from `MEANT` it is.

    A name, handle, domain or page name stands alone. A short form of several words ("Littleover CS") needs
    no other cue unless something speaks against it; a short form of one word needs an education or locality
    cue, another short form, or somebody on the Register (asked of `somebody` only when it matters); "in
    Littleover" is the suburb, whatever else is said.
    `said` are the lists of cues
    with a word in the text, `places` the cues of the place, `elsewhere`: another school is named. Rule: R37.
    """
    written = words.reading
    meant: list[Meant] = []
    shorts: list[Found] = []
    for one in _longest(found, len(written)):
        unsaid = "school" not in one.form.parts and one.form.rule in ("school_name", "school_misspelt")
        if unsaid and _names_another_place(one, written):
            continue
        if one.form.rule != "school_short":
            rule, end = one.form.rule, one.end
            if rule == "school_handle" and one.token and _token_end(written, one.end) > one.end:
                rule, end = "school_handle_lookalike", _token_end(written, one.end)
            meant.append(Meant(one.start, end, one.form.term, rule, _STANDS_ALONE[rule]))
        elif not (_names_another_place(one, written) or _is_the_suburb(one, words, somebody)):
            shorts.append(one)
    against = ELSEWHERE in said or NOT_US in said or _stands_for_others(shorts, words, found)
    cut = _ELSEWHERE * against + _OTHER_SCHOOL * elsewhere
    strong = max([one.confidence for one in meant], default=0.0)
    # A page name is made of common words; a full name, handle or domain is not talked away.
    best = max(0.0, strong - cut) if all(one.rule == "school_page" for one in meant) else strong
    if shorts:
        cued = EDUCATION in said or CONTEXT in said
        cues = _CUE if years or (cued and _cue_beside(words, shorts, places)) else 0.0
        if len({one.form.parts for one in shorts}) > 1:
            cues += _SECOND_SHORT
        surest = max(map(_own, shorts))
        if not strong and cues < MEANT and surest + cues - cut < MEANT and somebody():
            cues += _SOMEBODY_NAMED
        for one in shorts:
            sure = round(max(0.0, min(0.9, _own(one) + cues - cut)), 3)
            meant.append(Meant(one.start, one.end, one.form.term, "school_short", sure))
            best = max(best, sure)
    kept = [one for one in meant if one.confidence >= MEANT]
    if len(kept) > 1:
        kept.sort(key=lambda one: one.start)
    return kept, best


def years_in(words: Words) -> frozenset[str]:
    """The year groups that a text of these words speaks of ("Y9", "year 11", "9F")."""
    written = words.written
    found = set()
    for i, word in enumerate(written):
        if word in YEARS:
            after = written[i + 1] if i + 1 < len(written) else ""
            formed = len(after) == 1 and words.starts[i + 1] == words.ends[i]
            if (formed or (i and written[i - 1] in _YEAR_WORDS)) and not is_headed(written, i):
                found.add(word)
    return frozenset(found)


def other_schools(words: Words, own: Sequence[tuple[int, int]], said: Set[str]) -> list[tuple[int, int]]:
    """Where another school is named ("Bemrose Academy", "St Cuthman's"), as places in the reading.

    `own`: where our own terms stand; `said`: the lists of cues with a word in the text. A name is what is
    written with a capital or is no English word.
    """
    lexical = lexicon()
    written = words.written
    spans = []
    ours = covering(len(words.reading), own)
    no_capitals = words.text.islower() or words.text.isupper()
    for i in [i for i, word in enumerate(written) if word in lexical.school_kinds or word in _SAINT]:
        word = written[i]
        if ours[words.ends[i] - 1] and YOUNGER not in said:
            continue  # our own, with whatever stands before it
        if word in _SAINT and i + 1 < len(written) and words.capital(i) and words.capital(i + 1):
            end = words.ends[i + 1]
            if not any(ours[words.starts[i] : end]) and not written[i + 1].isdigit():
                spans.append((words.starts[i], end))
            continue
        if word not in lexical.school_kinds or not i:
            continue
        if word in ("high", "prep") and not (no_capitals or (words.capital(i) and not words.shouted(i))):
            continue
        first, named = i, False
        while first and i - first < _MOST_WORDS_OF_A_NAME and _next_to(words, first - 1):
            before = written[first - 1]
            if before == "s" and words.sign_before(first - 1) == "'":
                first -= 1
                continue
            plain = not words.capital(first - 1) or words.shouted(first - 1)
            if not named and before in lexical.parts_of_school and first - 1 and plain:
                first -= 1
                continue
            if before in lexical.not_a_school and not (named or _may_be_part(words, first - 1)):
                break
            if before not in lexical.not_a_school:
                if not _is_name(words, first - 1):
                    break
                named = True
            elif named or not words.capital(first - 1):
                break
            first -= 1
        if not named:
            continue
        start, end = words.starts[first], words.ends[i]
        younger = not YOUNGER_KINDS.isdisjoint(written[first : i + 1])
        if younger or not any(ours[start:end]):
            spans.append((start, end))
    return spans


def _may_be_part(words: Words, i: int) -> bool:
    """Whether a word such as "Community" or "High" may be a part of a school's name: it has a capital."""
    return words.capital(i) and len(words.written[i]) > 3


def _is_name(words: Words, i: int) -> bool:
    word = words.written[i]
    if word.isdigit() or len(word) < 2:
        return False
    if words.capital(i) and not words.shouted(i):
        return i > 0 or not is_word(word) or _begins_school(words)
    return len(word) > 3 and not is_word(word)


def _begins_school(words: Words) -> bool:
    """Whether the second word is a part of a school's name and not its end ("Derby High School")."""
    return _may_be_part(words, 1) and words.written[1] not in ("school", "academy", "college")


def _next_to(words: Words, i: int) -> bool:
    """Whether a word and the one after it are parts of one name, also of one in a hashtag."""
    return words.gap(i) in (" ", "-", "'", "' ") or (words.gap(i) == "" and words.capital(i))


def covering(size: int, spans: Iterable[tuple[int, int]]) -> bytearray:
    """One byte for each place of a reading, 1 where a span covers it."""
    covered = bytearray(size)
    for start, end in spans:
        covered[start:end] = b"\1" * (end - start)
    return covered


def _own(one: Found) -> float:
    if "school" in one.form.parts:
        return _SAYS_SCHOOL
    return _SHORT_PHRASE if len(one.form.parts) > 1 else _SHORT_WORD


def _names_another_place(one: Found, written: str) -> bool:
    """Whether the words after a short form make it something else ("Littleover Lodge")."""
    lexical = lexicon()
    if one.token and _token_end(written, one.end) == one.end:
        return False
    if lexical.other_school_kind.match(written, one.end):
        return True
    return "school" not in one.form.parts and bool(lexical.other_place.match(written, one.end))


def _is_the_suburb(one: Found, words: Words, somebody: Callable[[], bool]) -> bool:
    """Whether a short form of one word is the place that the School is called after ("a tutor in
    Littleover", "the Half Moon, Littleover." but not "Ms Quillfeather, Littleover"), or two ordinary words
    ("little over half")."""
    if len(one.form.parts) > 1 or one.form.term.isupper() or one.token:
        return False
    if _IN_A_PLACE.search(words.reading, max(0, one.start - _LONGEST_BEFORE), one.start):
        return True
    start, end = words.quote(one.start, one.end)
    before = max(0, start - _LONGEST_BEFORE)
    if _ADDRESS_ENDS.match(words.text, end) and _AT_AN_ADDRESS.search(words.text, before, start):
        return not somebody()
    return bool(_TWO_WORDS.fullmatch(words.text[start:end]))


def _stands_for_others(shorts: Iterable[Found], words: Words, found: Iterable[Found]) -> bool:
    """Whether the words that capitals stand for are written out, and are others ("Leeds Choral Society")."""
    capitals = {one.form.parts[0] for one in shorts if len(one.form.parts) == 1 and one.form.term.isupper()}
    written_out = [_written_out(short) for short in capitals if 3 <= len(short) <= _LONGEST_ACRONYM]
    if not written_out:
        return False
    ours = covering(len(words.reading), ((other.start, other.end) for other in found))
    hits = (hit.span() for pattern in written_out for hit in pattern.finditer(words.reading))
    return any(not any(ours[start:end]) for start, end in hits)


@lru_cache
def _written_out(short: str) -> re.Pattern[str]:
    """Words with these letters first, side by side; none so short that they might meet by chance."""
    return re.compile(
        "(?<![a-z0-9])" + "[ -]".join(rf"{letter}[a-z']{{3,20}}" for letter in short) + "(?![a-z0-9])"
    )


def _cue_beside(words: Words, shorts: Sequence[Found], places: Phrases) -> bool:
    """Whether anything but the short forms themselves speaks of education or of the place."""
    ours = covering(len(words.reading), ((one.start, one.end) for one in shorts))
    beside = [
        "|" if ours[start] or ours[end - 1] else word
        for word, start, end in zip(words.written, words.starts, words.ends, strict=True)
    ]
    own = {part for one in shorts for part in one.form.parts}
    written, spoken = frozenset(beside), f" {' '.join(beside)} "
    if lexicon().education.among(written, spoken):
        return True
    if places.among(written, spoken):
        return not (written & places.single <= own) or any(phrase in spoken for phrase in places.several)
    return False


def _longest(found: Sequence[Found], size: int) -> list[Found]:
    """Of overlapping terms those spelt right, then the longest; of equals, the one that stands alone. A short
    form gives way to a whole name with a slip in it ("Littleover Communtiy School")."""
    if len(found) < 2:
        return list(found)
    slipped = [(one.start, one.end) for one in found if not one.form.exact]
    ranked = sorted(
        [one for one in found if one.form.rule != "school_short" or not _within(one, slipped)],
        key=lambda one: (
            not one.form.exact,
            one.start - one.end,
            one.form.rule == "school_short",
            one.start,
        ),
    )
    kept: list[Found] = []
    taken = bytearray(size)
    for one in ranked:
        if not any(taken[one.start : one.end]):
            kept.append(one)
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
    return kept


def _within(one: Found, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= one.start and one.end < end for start, end in spans)


def _token_end(written: str, end: int) -> int:
    """Where the handle or hashtag that holds `end` ends."""
    found = _TOKEN_GOES_ON.match(written, end)
    return found.end() if found else end
