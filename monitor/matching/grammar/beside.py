"""What stands beside a surname and so says whose it is: a title, a forename or an initial, before it or
behind. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from monitor.matching.grammar.given import (
    exact_given,
    given_at,
    given_before_middle,
    given_in_two,
    is_other_forename,
    misspelt_given,
)
from monitor.matching.grammar.mentions import Given, Mention, Surname, by_surname
from monitor.matching.grammar.passage import FARTHEST, WIDEST_JOIN, Passage
from monitor.matching.lexicon import lexicon
from monitor.matching.spelling import Slip
from monitor.matching.words import Words

_JOINERS = frozenset({"and", "n"})
_OPENS_BRACKET = re.compile(r" ?[(\[]")
_CLOSES = ('"', "'", ")", "]")
_EPITHET = re.compile(r"(?:\"[^\"\n]{1,40}\"|'[^'\n]{1,40}'|\([^()\n]{1,40}\))\s$")
_LONGEST_EPITHET = 46
_MOST_IN_A_ROW = 6
"""So many siblings may share one surname that is said once."""


def around(passage: Passage, one: Surname) -> Mention | None:
    """The mention that a surname makes with the words beside it; None if it is a word there."""
    bearers = one.spelling.people
    before = _before(passage, one)
    given = given_before_middle(passage, before, among=bearers) if before else None
    doubted = given is not None and (given.slip is not Slip.NONE or given.rule != "full_name")
    if given is not None and before is not None and (doubted or _on_line_before(passage, before)):
        given = exact_given(passage, before, among=bearers) or given  # whoever is named in full stands nearer
    middle = given is not None and given.word != before
    if given is None and before is not None:
        given = given_at(passage, before, among=bearers) or given_in_two(passage, before - 1, among=bearers)
    at = given.word if given is not None else one.first if before is None else before + 1
    title = passage.title(at - 1) if at else ""
    if given is not None and given.slip is not Slip.NONE and not title:
        turned = _transposed(passage, one)
        if turned is not None and turned.rule == "transposed" and not turned.slips:
            return turned  # "Met Thompson, Gemma" is no Matilda
    named = _called(passage, one, given, title=title, middle=middle) if given is not None else None
    if named is None and title and one.first:
        named = _titled(passage, one, at - 1, title=title)
    named = named or _titled_behind(passage, one) or _transposed(passage, one)
    if named or _is_small_word(passage, one):
        return named
    another = before is not None and is_other_forename(passage, before)
    notes = ("other_forename",) if another else ()
    return by_surname(passage.words, one, rule="surname", people=bearers, first=one.first, notes=notes)


def _on_line_before(passage: Passage, i: int) -> bool:
    """Whether a line ends before word `i`."""
    return "\n" in passage.words.gap(i - 1)


def sharing(passage: Passage, one: Surname, mention: Mention) -> Iterator[Mention]:
    """ "Zadie and Amara Pellgrove": who else has the surname behind a forename, and all between."""
    words = passage.words
    if mention.rule not in ("full_name", "nickname") or mention.title or mention.slips:
        return
    for i in _in_a_row_with(words, mention.first):
        given = exact_given(passage, i, among=one.spelling.people)
        if given is None or not words.capital(i):
            return
        yield by_surname(
            words, one, rule=given.rule, people=given.people, first=i, given=given, notes=("shared",)
        )


def _in_a_row_with(words: Words, i: int) -> Iterator[int]:
    """The words before word `i` that "and" or commas put in a row with it, the nearest first."""
    last = i
    for _ in range(_MOST_IN_A_ROW):
        if not i:
            return
        gap = words.gap(i - 1)
        if gap == " " and i > 1 and words.written[i - 1] in _JOINERS and words.gap(i - 2) in (" ", ", "):
            i -= 2
        elif gap in (" & ", "&", " + ") or (i < last and gap == ", "):
            i -= 1
        else:
            return
        yield i


def _called(passage: Passage, one: Surname, given: Given, *, title: str, middle: bool) -> Mention | None:
    """ "Tamsin Quillfeather", "T. Quillfeather", "Ms Tamsin Quillfeather"."""
    people = given.people
    rule = "half_name" if one.spelling.half and given.rule == "full_name" else given.rule
    if title:
        people = passage.roll.of_title(title, people, also_pupils=given.rule != "initial_surname")
    if not people:
        return None
    if title and passage.is_post(given.word - 1):
        title = ""  # a post is no part of the name
    rule = "title_initial_surname" if title and rule == "initial_surname" else rule
    first, notes = given.word - bool(title), ("middle",) if middle else ()
    return by_surname(
        passage.words, one, rule=rule, people=people, first=first, given=given, title=title, notes=notes
    )


def _titled(passage: Passage, one: Surname, first: int, *, title: str) -> Mention | None:
    """ "Ms Quillfeather", and "Mr and Mrs Quillfeather": the title at word `first`."""
    roll, bearers = passage.roll, one.spelling.people
    people = roll.of_title(title, bearers, also_pupils=False)
    other = _title_of_couple(passage, first)
    if other is not None:
        people |= roll.of_title(passage.seen[other].title, bearers, also_pupils=False)
        first, title = other, "mx"
    if not people:
        return None
    rule = "title_half" if one.spelling.half else "title_surname"
    if first and passage.is_post(first):
        what, jobs = passage.words.written[first - 1], lexicon().jobs
        first -= what in jobs or f"{what} {passage.words.written[first]}" in jobs  # "maths teacher"
    return by_surname(passage.words, one, rule=rule, people=people, first=first, title=title)


def _title_of_couple(passage: Passage, i: int) -> int | None:
    """Where another title stands before the title at word `i`: "Mr & Mrs", "Mr and Mrs"."""
    words, seen = passage.words, passage.seen
    if i and seen[i - 1].title:
        return i - 1 if words.gap(i - 1).strip() in ("&", "+", "/") else None
    return i - 2 if i > 1 and words.written[i - 1] in _JOINERS and seen[i - 2].title else None


def _titled_behind(passage: Passage, one: Surname) -> Mention | None:
    """ "Quillfeather (Ms)", "Quillfeather, Miss": a title after the name, and no name after that."""
    words, i = passage.words, one.last + 1
    if i >= len(words.keys) or not passage.seen[i].title or words.ends[one.last] != one.end:
        return None
    gap, after = words.gap(one.last), words.sign_after(i)
    closed = _OPENS_BRACKET.fullmatch(gap) and after in (")", "]")
    meant = words.capital(one.first) or one.first in words.masks
    if not closed and not (gap in (" ", ", ") and meant):
        return None
    if not closed and i + 1 < len(words.keys) and passage.adjoins(i) and words.capital(i + 1):
        return None
    title = passage.seen[i].title
    people = passage.roll.of_title(title, one.spelling.people, also_pupils=False)
    if not people:
        return None
    rule, dotted = "title_half" if one.spelling.half else "title_surname", bool(closed)
    return by_surname(
        words, one, rule=rule, people=people, first=one.first, last=i, title=title, dotted=dotted
    )


def _is_small_word(passage: Passage, one: Surname) -> bool:
    """Whether a surname is written like the word that it also is, and so by itself is never a name."""
    return one.first == one.last and passage.seen[one.first].word and not passage.words.capital(one.first)


def _before(passage: Passage, one: Surname) -> int | None:
    """The word that may belong to a surname after it: not a stutter ("Qu-Qu-Quillfeather"), nor
    "née", an oath, a title or what is quoted between the names."""
    words, first = passage.words, one.first
    name, i = words.written[first], first - 1
    while (
        i > 0
        and i > first - FARTHEST
        and 1 < len(words.written[i]) < len(name)
        and name.startswith(words.written[i])
    ):
        i -= 1
    if i < 0:
        return None
    between = words.written[i] in lexicon().between_names and words.capital(first)
    titled = passage.seen[i].title and i and exact_given(passage, i - 1, among=one.spelling.people)
    if i and (between or titled) and len(words.gap(i - 1)) < 3 and len(words.gap(i)) < 3:
        return i - 1
    if (
        words.sign_before(first)
        and words.gap(i)[:-1].endswith(_CLOSES)
        and (said := _said_between(passage, first))
    ):
        return said - 1
    return i if passage.adjoins(i) else None


def _said_between(passage: Passage, first: int) -> int:
    """Where what is quoted or in brackets right before word `first` begins; 0 if nothing is."""
    words = passage.words
    start = words.starts[first]
    found = _EPITHET.search(words.reading, max(0, start - _LONGEST_EPITHET), start)
    at = bisect_left(words.starts, found.start()) if found else 0
    return at if at and passage.seen[at - 1].given else 0


def _transposed(passage: Passage, one: Surname) -> Mention | None:
    """ "Quillfeather, Tamsin", "Quillfeather Tamsin", "Quillfeather, T." """
    words, bearers, i = passage.words, one.spelling.people, one.last + 1
    if i >= len(words.keys) or words.ends[one.last] - one.end > 0:
        return None
    gap = words.reading[one.end : words.starts[i]]
    if passage.seen[i].title and i + 1 < len(words.keys) and len(words.gap(i)) < 3:
        i += 1  # "Quillfeather, Ms T."
    written, seen = words.written[i], passage.seen[i]
    if not (seen.given or len(written) == 1 or "," in gap):
        return None
    bracketed = _OPENS_BRACKET.fullmatch(gap) and words.sign_after(i) in (")", "]")
    if not bracketed and (
        len(gap) > WIDEST_JOIN or re.search(r"[.!?;:&@#\n\"()/]", gap.strip(".") if len(gap) < 2 else gap)
    ):
        return None
    given = exact_given(passage, i, among=bearers)
    if given is None and len(written) > 2 and "," in gap and not seen.word:
        given = misspelt_given(passage, i, among=bearers)
    last = i
    if i + 1 < len(words.keys) and (two := given_in_two(passage, i, among=bearers)):
        given, last = two, i + 1
    if given is None:
        return _transposed_initial(passage, one, i, after_comma="," in gap)
    return by_surname(
        words, one, rule="transposed", people=given.people, first=one.first, last=last, given=given
    )


def _transposed_initial(passage: Passage, one: Surname, i: int, *, after_comma: bool) -> Mention | None:
    """ "Quillfeather, T.", "Quillfeather T": the initial at word `i`."""
    words, letter = passage.words, passage.words.written[i]
    if len(letter) != 1 or letter.isdigit():
        return None
    after = words.sign_after(i)
    if after == "'" and not passage.possessive(i):
        return None
    if not (after_comma or (words.capital(i) and (after == "." or _is_no_word(passage, i)))):
        return None
    rule, people = "transposed_initial", passage.roll.with_initial(letter, one.spelling.people)
    if not people:
        return None
    given = Given(i, people, letter, Slip.NONE, rule)
    dotted = after == "." and _sentence_goes_on(passage, i)
    return by_surname(
        words, one, rule=rule, people=people, first=one.first, last=i, given=given, dotted=dotted
    )


def _is_no_word(passage: Passage, i: int) -> bool:
    """Whether "A" or "I" after a surname is no word ("Raval A has", but not "Raval A level")."""
    words = passage.words
    if words.written[i] == "i":
        return words.sign_after(i) in (",", ")", ":", "")
    return words.written[i] != "a" or not (passage.goes_on_as_grade(i) or words.shouted(i - 1))


def _sentence_goes_on(passage: Passage, i: int) -> bool:
    """Whether the point after an initial is the initial's and ends no sentence."""
    words = passage.words
    after = words.text[words.offsets[words.ends[i]] + 1 :][:3]
    if not after.strip() or after[0] == ".":
        return False
    return not after.lstrip()[0].isupper()
