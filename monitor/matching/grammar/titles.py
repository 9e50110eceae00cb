"""Whom a title names with what follows it, where that is no surname as registered: initials, a forename, a
surname cut short or misspelt. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rapidfuzz import process
from rapidfuzz.distance import OSA

from monitor.matching.glance import LONGEST_SLIPPED, nearest
from monitor.matching.grammar.mentions import Mention, Surname, by_surname, without_surname
from monitor.matching.grammar.passage import SHORTEST_CUT, TEXTED, TEXTED_ABOUT_SOMEBODY, Passage
from monitor.matching.names import is_forename, is_surname, is_word, surname_share
from monitor.matching.roll import Roll, Spelling
from monitor.matching.spelling import Slip, key_of, squeezed

_NICK_ENDING = re.compile(r"(?:meister|ster|ers|er|ie|ey|zy|zz|y|z|o|s|kins|inho|dog)$")
_MANY_BEAR = 1e-4
_MAY_BE_CUT = 1.2e-4


def after_title(passage: Passage, i: int) -> Iterator[Mention]:
    """ "Ms Q", "Miss Tamsin", "Mr Brack", "Miss Bishup": what word `i` is if a title stands before it."""
    title = passage.title(i - 1)
    if not title:
        return
    words, seen = passage.words, passage.seen[i]
    written = words.written[i]
    both = _two_initials(passage, i, title)
    if both is not None:
        yield both
    elif len(written) == 1 and written.isalpha():
        if _is_initial(passage, i, title):
            yield from _initial(passage, i, title)
    elif seen.surnames:
        return  # whoever looks at surnames has seen the title
    elif seen.name is not None and seen.given:
        yield from _forename(passage, i, title)
    elif not is_word(written) or (words.capital(i) and not words.shouted(i)):
        yield from _slipped(passage, i, title)


def _is_initial(passage: Passage, i: int, title: str) -> bool:
    """Whether the single letter after a title is an initial, and neither a word nor what shows of one."""
    words, roll, letter = passage.words, passage.roll, passage.words.written[i]
    after = words.sign_after(i)
    starred = after == "*" and words.sign_before(i - 1) != "*"  # "Ms Q****", but no "*Ms Q*"
    if starred or after == "-" or (after == "'" and not passage.possessive(i)):
        return False
    texted = TEXTED if title == "miss" else TEXTED_ABOUT_SOMEBODY
    if "'" in words.gap(i - 1) or (not words.capital(i) and letter in texted):
        return False
    if i + 1 < len(words.keys) and passage.adjoins(i) and words.keys[i + 1] in roll.names:
        following = roll.names[words.keys[i + 1]]
        return not (following.surnames and words.capital(i + 1))
    return True


def _initial(passage: Passage, i: int, title: str) -> Iterator[Mention]:
    """ "Ms Q"."""
    words, roll = passage.words, passage.roll
    named = roll.initials.get(words.written[i], frozenset())
    people = roll.of_title(title, named, also_pupils=False)
    if people:
        yield without_surname(words, "title_initial", people=people, first=i - 1, last=i, title=title)


def _two_initials(passage: Passage, i: int, title: str) -> Mention | None:
    """ "Miss TQ", "Ms T.Q.": the first letters of both names; "Mrs FL", "Mr O'D": of both parts of one."""
    words, roll, last = passage.words, passage.roll, i
    letters = words.written[i]
    if len(letters) == 1 and i + 1 < len(words.written) and words.gap(i) in ("", ".", " ", ". ", "-", "'"):
        letters, last = letters + words.written[i + 1], i + 1
    both = words.quoted(words.starts[i], words.ends[last])
    if len(letters) != 2 or not letters.isalpha() or not both.isupper():
        return None
    if last == i and passage.seen[i].name is not None:
        return None
    people = roll.with_initial(letters[0], roll.initials.get(letters[1], ()))
    named = roll.initials.get(letters[0], ())
    people |= frozenset(place for place in named if roll.bearer(place).double == letters)
    people = roll.of_title(title, people, also_pupils=False)
    if not people:
        return None
    return without_surname(words, "title_initials", people=people, first=i - 1, last=last, title=title)


def _forename(passage: Passage, i: int, title: str) -> Iterator[Mention]:
    """ "Miss Tamsin", and "Mr Jack" for Jack Brackenhall as for Mr Jackson."""
    words, roll, given = passage.words, passage.roll, passage.seen[i].given
    exact = [spelling for spelling, slip in given if slip is Slip.NONE]
    called = frozenset().union(*(one.people for one in exact or [spelling for spelling, _ in given]))
    short = _cut_short(passage, i, title)
    people = roll.of_title(title, called.union(*(bearers for _, bearers in short)), also_pupils=False)
    if not people & called:
        for spelling, bearers in short:
            yield _as_surname(passage, i, title, spelling, bearers, Slip.CUT)
        return
    notes = ("another_surname",) if _is_nearly_surname(roll, words.written[i]) else ()
    if people - called:
        notes = (*notes, "or_cut")
    written = words.written[i]
    yield without_surname(
        words, "title_forename", people=people, first=i - 1, last=i, title=title, given=written, notes=notes
    )


def _is_nearly_surname(roll: Roll, written: str) -> bool:
    """Whether a forename is many people's surname as well, and nearly that of an adult here."""
    if surname_share(written) < _MANY_BEAR:
        return False
    most = 2 if len(written) > 6 else 1
    near = process.extractOne(written, roll.adult_surnames, scorer=OSA.distance, score_cutoff=most)
    return near is not None


def _slipped(passage: Passage, i: int, title: str) -> Iterator[Mention]:
    """ "Mr Brack", "Miss Tasmin", "Miss Bishup": names cut short or with a slip in them."""
    roll, written = passage.roll, passage.words.written[i]
    for spelling, people in _cut_short(passage, i, title):
        yield _as_surname(passage, i, title, spelling, people, Slip.CUT)
    near = nearest(roll, written, passage.words.keys[i])
    if is_word(written):
        near = [found for found in near if found[1] is Slip.EDIT]
    else:
        near = [] if near else _farther(roll, written)
        yield from _misspelt_forename(passage, i, title)
    for spelling, slip in near:
        people = roll.of_title(title, spelling.people, also_pupils=False)
        if people:
            yield _as_surname(passage, i, title, spelling, people, slip)


def _as_surname(
    passage: Passage, i: int, title: str, spelling: Spelling, people: frozenset[int], slip: Slip
) -> Mention:
    """Word `i` as a slip of a surname, with the title before it."""
    words = passage.words
    one = Surname(i, i, words.starts[i], words.ends[i], spelling, slip)
    return by_surname(words, one, rule="title_surname", people=people, first=i - 1, title=title)


def _misspelt_forename(passage: Passage, i: int, title: str) -> Iterator[Mention]:
    """ "Miss Tasmin": a forename that nobody has and that is no surname, a slip from an adult's."""
    words, roll = passage.words, passage.roll
    written = words.written[i]
    if len(written) < SHORTEST_CUT or is_forename(written) or is_surname(written):
        return
    letters, called = roll.called_nearly(written, roll.adult_forenames)
    people = roll.of_title(title, called, also_pupils=False)
    if people:
        yield without_surname(
            words, "title_forename", people=people, first=i - 1, last=i, title=title,
            given=letters, typed=written, slip=Slip.EDIT,
        )  # fmt: skip


def _farther(roll: Roll, written: str) -> list[tuple[Spelling, Slip]]:
    """The adults' surnames that a long word may be with two or three letters wrong."""
    if not 7 <= len(written) <= LONGEST_SLIPPED or is_surname(written):
        return []
    most = 2 if len(written) < 10 else 3
    found = process.extract(written, roll.adult_surnames, scorer=OSA.distance, score_cutoff=most, limit=3)
    return [
        (spelling, Slip.EDITS)
        for letters, edits, _ in found
        if edits == found[0][1]
        for spelling in roll.names[key_of(letters)].surnames
        if spelling.letters == letters
    ]


def _cut_short(passage: Passage, i: int, title: str) -> list[tuple[Spelling, frozenset[int]]]:
    """ "Mr Brack", "Ms Quilly": the surnames that may be cut short there, with whom the title fits."""
    roll, written, key = passage.roll, passage.words.written[i], passage.words.keys[i]
    if len(written) < SHORTEST_CUT or surname_share(written) > _MAY_BE_CUT:
        return []
    stem = _NICK_ENDING.sub("", written)
    known = is_forename(written) or is_surname(written)
    pet = len(written) > len(stem) >= SHORTEST_CUT and not known
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
