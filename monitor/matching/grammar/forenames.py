"""Whom a forename names without a surname as registered: with an initial, a year and form, or half a surname
after it; and names by which somebody goes altogether. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from monitor.matching.glance import LONGEST_SLIPPED
from monitor.matching.grammar.mentions import Given, Mention, Surname, by_surname, without_surname
from monitor.matching.grammar.passage import FARTHEST, SHORTEST_CUT, TEXTED, TEXTED_ABOUT_SOMEBODY, Passage
from monitor.matching.lexicon import YEARS, is_headed, lexicon
from monitor.matching.names import is_forename, is_word
from monitor.matching.roll import Name, Spelling
from monitor.matching.spelling import Slip, distance
from monitor.matching.words import Words

_YEAR_WORDS = frozenset({"y", "yr", "year", "yrs", "years"})
_PUPIL = frozenset({"pupil", "student", "boy", "girl", "lad", "kid"})
_BETWEEN_NAME_AND_FORM = frozenset({"in", "from", "of", "at", "the", "is", "our"})
_BEFORE_YEAR = _BETWEEN_NAME_AND_FORM | _YEAR_WORDS
_BETWEEN_NAME_AND_JOB = frozenset(
    (
        "a",
        "at",
        "best",
        "does",
        "doing",
        "for",
        "from",
        "head",
        "in",
        "is",
        "lady",
        "lovely",
        "man",
        "my",
        "of",
        "old",
    )
    + ("on", "our", "runs", "s", "school", "taught", "teaches", "that", "the", "who")
    + ("apa", "baji", "bhai", "bhaji", "didi", "ji", "miss", "paaji", "sir")
)
_FARTHEST_JOB = 5
_DOES_IT = frozenset(
    (
        "assistant",
        "coach",
        "governor",
        "helper",
        "lead",
        "manager",
        "teacher",
        "technician",
        "tutor",
        "volunteer",
    )
)
_IS_CALLED = frozenset(("caretaker", "dsl", "librarian", "lsa", "receptionist", "ta"))
"""What somebody is, and not what somebody does: "caretaker Wilf"."""
_SENTENCE_ENDS = re.compile(r"[.!?\n]")
_TEXTED_ABOUT_NOBODY = TEXTED - TEXTED_ABOUT_SOMEBODY
_BROKEN_OFF = re.compile(r"\s?(?:…|\.\.|—|–|-(?!\w)|\*)")
_VOWELLESS = re.compile(r"(?<![a-z])([a-z][b-df-hj-np-tv-z]+)(?= ([a-z][b-df-hj-np-tv-z]+)(?![a-z]))")


def aliases(passage: Passage, name: Name, *, first: int, last: int) -> Iterator[Mention]:
    """What somebody goes by altogether, at words `first` to `last`; "Mrs" is nobody who is called "Mr S"."""
    words = passage.words
    goes_on = last + 1 < len(words.keys) and words.gap(last) == "'" and not passage.possessive(last)
    if goes_on or (first == last and passage.seen[first].title):
        return
    letters = "".join(words.written[first : last + 1])
    for spelling in name.aliases:
        if letters == spelling.letters:
            yield without_surname(words, "alias", people=spelling.people, first=first, last=last)


def with_cue(passage: Passage, i: int) -> Iterator[Mention]:
    """ "Tamsin Q", "Zadie 9B", "Zadie in Year 9", "Tamsin from maths"."""
    words, seen = passage.words, passage.seen[i]
    written = words.written[i]
    yield from _with_job(passage, i)
    if len(written) < 2 or i + 1 >= len(words.keys):
        return
    if len(written) == 2:
        if words.capital(i) and not (seen.word or seen.title):
            yield from _with_form(passage, i)  # "Yi 9F"
        return
    if seen.word and not words.capital(i) and not is_forename(written):
        return
    following = words.written[i + 1]
    gap = words.gap(i)
    handled = gap in ("_", ".", "-", "/") and words.capital(i) and words.capital(i + 1)
    lone = len(following) == 1 and following.isalpha() and (handled or not gap.strip())
    if lone and ("\n" not in gap or _is_initial_of_line(passage, i + 1)):
        if not _is_initial_behind(passage, i + 1):
            return
        yield from _with_initial(passage, i)
    yield from _with_form(passage, i)


def _is_initial_behind(passage: Passage, i: int) -> bool:
    """Whether the single letter after a forename may be an initial, and is no word of its own."""
    words, letter = passage.words, passage.words.written[i]
    if letter in "ai" and not (
        words.capital(i - 1) and words.capital(i) and not words.shouted(i - 1)
        and (letter == "a" or passage.ends(i)) and not passage.goes_on_as_grade(i)
    ):  # fmt: skip
        return False
    after = words.sign_after(i)
    return after not in ("-", "/", "&") and (after != "'" or passage.possessive(i))


def _is_initial_of_line(passage: Passage, i: int) -> bool:
    """Whether the single letter with which a line begins is the initial of the name that ended the line
    before, and no word ("R u ok"), no list's ("B) no") and no grade's."""
    words, letter = passage.words, passage.words.written[i]
    if words.sign_after(i) in (")", ".", ":", "-"):
        return False
    following = words.written[i + 1] if i + 1 < len(words.written) else ""
    goes_on = passage.ends(i) or following in lexicon().after_a_name
    if words.capital(i):
        return letter != "i" and following not in ("u", "r") and (letter != "a" or goes_on)
    return letter not in TEXTED or (letter in _TEXTED_ABOUT_NOBODY and goes_on)


def _with_initial(passage: Passage, i: int) -> Iterator[Mention]:
    """ "Tamsin Q", unless a surname follows that ("Tamsin Q. Smith")."""
    words, roll = passage.words, passage.roll
    letter = words.written[i + 1]
    people = frozenset(place for place in passage.seen[i].bearers if roll.bearer(place).surname[:1] == letter)
    if people and not (
        i + 2 < len(words.keys)
        and words.sign_after(i + 1) == "."
        and words.capital(i + 2)
        and (name := roll.names.get(words.keys[i + 2]))
        and name.surnames
    ):
        given = words.written[i]
        yield without_surname(words, "forename_initial", people=people, first=i, last=i + 1, given=given)


def _with_form(passage: Passage, i: int) -> Iterator[Mention]:
    """ "Zadie 9B", "Zadie in Year 9"."""
    said = _year_after(passage.words, i)
    if said is None:
        return
    year, form, last = said
    people = _in_form(passage, passage.seen[i].bearers, year, form)
    if people:
        given = passage.words.written[i]
        yield without_surname(passage.words, "forename_form", people=people, first=i, last=last, given=given)


def behind_year(passage: Passage, i: int) -> Iterator[Mention]:
    """ "Year 9 Zadie", "Y9's Zadie", "year 9 pupil Zadie": no English word; nobody with another surname."""
    words, seen = passage.words, passage.seen
    if i < 2 or not words.capital(i) or seen[i].word or seen[i].title:
        return
    possessive = words.written[i - 1] == "s" and words.gap(i - 2) == "'"
    at = i - 2 if possessive or words.written[i - 1] in _PUPIL else i - 1
    year = words.written[at]
    if not at or year not in YEARS or words.written[at - 1] not in _YEAR_WORDS or words.gap(i - 1) != " ":
        return
    if is_headed(words.written, at):
        return
    if not passage.ends(i) and words.capital(i + 1) and not seen[i + 1].word:
        return
    people = _in_form(passage, seen[i].bearers, year, "")
    if people:
        given = words.written[i]
        yield without_surname(words, "forename_form", people=people, first=at - 1, last=i, given=given)


def _with_job(passage: Passage, i: int) -> Iterator[Mention]:
    """ "Zofia from art", "Wilf the caretaker", "our maths teacher Tamsin"."""
    words, seen = passage.words, passage.seen[i]
    if seen.word and not words.capital(i):
        return
    said = _job_after(words, i) or _job_before(words, i)
    if said is None:
        return
    jobs, first, last = said
    bearers = ((place, passage.roll.bearer(place)) for place in seen.bearers)
    people = frozenset(place for place, one in bearers if one.adult and one.subjects & jobs)
    if people:
        given = words.written[i]
        yield without_surname(words, "forename_job", people=people, first=first, last=last, given=given)


def _job_after(words: Words, i: int) -> tuple[frozenset[str], int, int] | None:
    """What somebody named at word `i` is said to do right behind, with the first and last word of it all."""
    at, jobs = i + 1, lexicon().jobs
    while at < len(words.keys) and at < i + _FARTHEST_JOB and words.written[at] in _BETWEEN_NAME_AND_JOB:
        at += 1
    if at >= len(words.keys) or (at == i + 1 and words.gap(i) not in (" (", ", ", " - ")):
        return None
    if _SENTENCE_ENDS.search(words.reading, words.ends[i], words.starts[at]):
        return None
    two = " ".join(words.written[at : at + 2])
    if two in jobs:
        return jobs[two], i, min(at + 1, len(words.keys) - 1)
    one = words.written[at]
    return (jobs[one], i, at) if one in jobs else None


def _job_before(words: Words, i: int) -> tuple[frozenset[str], int, int] | None:
    """What somebody named at word `i` is said to do right before, with the first and last word of it all."""
    jobs, before = lexicon().jobs, words.written[max(0, i - 2) : i]
    if (
        not before
        or words.gap(i - 1) not in (" ", ", ", " (")
        or (len(before) > 1 and words.gap(i - 2) != " ")
    ):
        return None
    if before[-1] in _IS_CALLED and before[-1] in jobs:
        return jobs[before[-1]], i - 1, i
    two = " ".join(before)
    if two in jobs and len(before) > 1:
        return jobs[two], i - 2, i
    return (jobs[before[0]], i - 2, i) if before[-1] in _DOES_IT and before[0] in jobs else None


def misspelt_with_form(passage: Passage) -> Iterator[Mention]:
    """ "Zaide 9B", "Zadei in Year 9": a forename that nobody has, a slip from a pupil's of that year."""
    words, roll = passage.words, passage.roll
    for at, year in enumerate(words.written):
        if year not in YEARS:
            continue
        i = at - 1
        while i > at - FARTHEST and i > 0 and words.written[i] in _BEFORE_YEAR:
            i -= 1
        written = words.written[i] if i >= 0 else ""
        known = passage.seen[i].word or passage.seen[i].name is not None or is_forename(written)
        said = None if known or len(written) < SHORTEST_CUT else _year_after(words, i)
        if said is None or said[0] != year:
            continue
        letters, called = roll.called_nearly(written, roll.forenames_of_year(year))
        people = _in_form(passage, called, year, said[1])
        if people:
            yield without_surname(
                words, "forename_form", people=people, first=i, last=said[2],
                given=letters, typed=written, slip=Slip.EDIT,
            )  # fmt: skip


def _in_form(passage: Passage, everyone: Iterable[int], year: str, form: str) -> frozenset[int]:
    """Those of some people who are in a year, and in a form of it if one is said."""
    bearers = ((place, passage.roll.bearer(place)) for place in everyone)
    return frozenset(
        place for place, one in bearers if one.year == year and (not form or one.form in ("", form))
    )


def _year_after(words: Words, i: int) -> tuple[str, str, int] | None:
    """The year and form said right after word `i` ("in Year 9", "9B"), and the last word of it."""
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


def with_slip(passage: Passage, i: int) -> Iterator[Mention]:
    """ "Anthony Arrahdle": a forename of ours before a word much like the surname of one who bears it."""
    words, roll = passage.words, passage.roll
    at = i + 1
    if at >= len(words.keys) or not passage.adjoins(i) or passage.seen[at].surnames:
        return
    written, last = words.written[at], at
    if at + 1 < len(words.keys) and words.gap(at) == "-":
        written, last = written + words.written[at + 1], at + 1
    if not SHORTEST_CUT <= len(written) <= LONGEST_SLIPPED or (
        last == at and is_word(written) and (not words.capital(at) or words.shouted(at))
    ):
        return
    everyone = passage.seen[i].bearers
    found: dict[int, set[int]] = {}
    for place in everyone:
        surname = roll.bearer(place).surname
        most = 1 if len(surname) < 6 else 2 if len(surname) < 11 else 3
        edits = distance(written, surname, most=most)
        if edits <= most:
            found.setdefault(edits, set()).add(place)
    cut = _begun(passage, at, written, everyone) if not found else frozenset()
    if not (found or cut):
        return
    edits = min(found, default=0)
    people = cut or frozenset(found[edits])
    surname = roll.bearer(min(people)).surname
    slip = Slip.CUT if cut else Slip.EDIT if edits <= 1 else Slip.EDITS
    title = passage.title(i - 1)
    if title:
        people = roll.of_title(title, people, also_pupils=True)
    end = words.ends[last]
    if written.startswith(surname):
        end -= len(written) - len(surname)
    one = Surname(at, last, words.starts[at], end, Spelling(surname, people), slip)
    given = Given(i, people, words.written[i], Slip.NONE, "full_name")
    first = i - bool(title)
    yield by_surname(words, one, rule="full_name", people=people, first=first, given=given, title=title)


def _begun(passage: Passage, i: int, written: str, everyone: frozenset[int]) -> frozenset[int]:
    """Those of some people whose surname word `i` begins ("Tamsin Quillf...")."""
    words = passage.words
    broken = _BROKEN_OFF.match(words.text, words.offsets[words.ends[i] - 1] + 1)
    if not (broken or (words.capital(i) and not words.shouted(i))):
        return frozenset()
    surnames = ((place, passage.roll.bearer(place).surname) for place in everyone)
    return frozenset(
        place
        for place, surname in surnames
        if surname.startswith(written) and len(surname) > len(written) + 1
    )


def without_vowels(passage: Passage) -> Iterator[Mention]:
    """ "Tmsn Qllfthr": both names by their consonants."""
    words, roll = passage.words, passage.roll
    for hit in _VOWELLESS.finditer(words.reading):
        i = bisect_left(words.starts, hit.start())
        if words.written[i : i + 2] != [*hit.groups()] or not (words.capital(i) and words.capital(i + 1)):
            continue
        people = roll.vowelless.get((hit[1], hit[2]), frozenset())
        surnames = {roll.bearer(place).surname for place in people} - {hit[2]}
        for letters in surnames:
            bearers = frozenset(place for place in people if roll.bearer(place).surname == letters)
            spelling = Spelling(letters, bearers)
            one = Surname(i + 1, i + 1, words.starts[i + 1], words.ends[i + 1], spelling, Slip.VOWELS)
            given = Given(i, bearers, hit[1], Slip.NONE, "full_name")
            yield by_surname(words, one, rule="full_name", people=bearers, first=i, given=given)
