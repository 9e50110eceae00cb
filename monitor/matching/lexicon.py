"""The words in lexicon.toml, compiled once: data, not rules."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from monitor.folding import read
from monitor.model import Office

_TOKEN = re.compile(r"[0-9]+|[a-z\x7f\x81]+")
SCHOOL = "\x02"
"""Stands in the text that `offices` search for each letter of one of the School's own terms."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Words and phrases to look for among the words of a text, each word in turn: no pattern is searched."""

    single: frozenset[str]
    several: tuple[str, ...]

    def among(self, written: frozenset[str], spoken: str) -> bool:
        """Whether any is there. `spoken` is the words with one blank before and after each."""
        if not self.single.isdisjoint(written):
            return True
        return any(phrase in spoken for phrase in self.several)


EDUCATION, ELSEWHERE, ROLE, PUPIL = "education", "elsewhere", "role", "pupil"
CONTEXT, NOT_US, OTHER_SCHOOLS = "context", "not_us", "other_schools"
SCHOOL_KIND, YOUNGER, OFFICE, YEAR = "school_kind", "younger", "office", "year"
YEARS = frozenset(map(str, range(7, 14)))
YOUNGER_KINDS = frozenset({"primary", "infants", "juniors", "prep", "nursery"})
"""What a school for younger children is called, be it in our own name otherwise."""


class Cues:
    """Several lists of words and phrases, to be looked up at once."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        compiled = {name: phrases(words) for name, words in lists.items()}
        single: dict[str, tuple[str, ...]] = {}
        several: dict[str, tuple[tuple[str, str], ...]] = {}
        for name, one in compiled.items():
            for word in one.single:
                single[word] = (*single.get(word, ()), name)
        for name, one in compiled.items():
            for phrase in one.several:  # looked for where its longest word is that says nothing by itself
                word = max(phrase.split(), key=lambda word: (word not in single and len(word) > 2, len(word)))
                several[word] = (*several.get(word, ()), (phrase, name))
        self._known = {
            word: (single.get(word, ()), several.get(word, ())) for word in single.keys() | several.keys()
        }

        self._first = frozenset(self._known)

    def said(self, words: Sequence[str]) -> set[str]:
        """The names of the lists of which a text of these words has one."""
        names, spoken = set[str](), ""
        for single, several in map(self._known.__getitem__, self._first.intersection(words)):
            names.update(single)
            if several:
                spoken = spoken or f" {' '.join(words)} "
                names.update([name for phrase, name in several if phrase in spoken])
        return names


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Compiled word lists. Patterns search a reading (monitor.folding), never the original; `offices` and
    `not_an_office` one in which the School's own terms are SCHOOL and "HT" has kept its capitals."""

    education: Phrases
    other_place: re.Pattern[str]
    other_school_kind: re.Pattern[str]
    works_elsewhere: re.Pattern[str]
    """What right behind a name says that its bearer works elsewhere."""
    trades: re.Pattern[str]
    trade_words: frozenset[str]
    """How they begin."""
    cues: Mapping[str, Sequence[str]]
    """Lists of words by name, among them one for each of `subjects`."""
    subjects: frozenset[str]
    jobs: Mapping[str, frozenset[str]]
    """Of which subjects somebody may be who is called by one or two words ("art", "site manager")."""
    school_kinds: frozenset[str]
    not_a_school: frozenset[str]
    parts_of_school: frozenset[str]
    verbs_that_are_names: frozenset[str]
    never_bare: frozenset[str]
    ranks: frozenset[str]
    same_surname: Mapping[str, int]
    """Which name a surname is one of several ways to write."""
    between_names: frozenset[str]
    titled_things: frozenset[tuple[str, ...]]
    after_a_name: frozenset[str]
    before_a_name: frozenset[str]
    before_to_miss: frozenset[str]
    nicknames: dict[str, tuple[str, ...]]
    not_an_office: re.Pattern[str]
    offices: tuple[tuple[Office, re.Pattern[str]], ...]


def is_headed(written: Sequence[str], at: int) -> bool:
    """Whether the year at word `at` belongs to an adult's post ("head of year 8"), and so to no pupil."""
    return written[max(0, at - 3) : at - 1] == ["head", "of"]


def any_word(words: Iterable[str]) -> re.Pattern[str] | None:
    """One pattern that finds any of the words or phrases as whole words of a reading."""
    readings = sorted({read(word).text.strip() for word in words} - {""}, key=len, reverse=True)
    if not readings:
        return None
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(map(_phrase, readings))})(?![a-z0-9])")


def phrases(words: Iterable[str]) -> Phrases:
    """The words and phrases as folding reads them."""
    read_as = {" ".join(_TOKEN.findall(read(word).text)) for word in words} - {""}
    several = tuple(sorted(f" {one} " for one in read_as if " " in one))
    return Phrases(frozenset(one for one in read_as if " " not in one), several)


@cache
def lexicon() -> Lexicon:
    """Load and compile the word lists that ship with the package."""
    data = tomllib.loads(resources.files(__package__).joinpath("lexicon.toml").read_text("utf-8"))
    offices = {
        key: re.compile(
            rf"(?<![a-z0-9])(?:{'|'.join(patterns)})(?![a-z0-9])".replace(
                "SCHOOL", f"(?<!{SCHOOL}){SCHOOL}++"
            )
        )
        for key, patterns in data["offices"].items()
    }
    not_an_office = offices.pop("not")
    return Lexicon(
        education=phrases(data["education"]),
        other_place=_next(data["other_place"]),
        other_school_kind=_next(data["other_school_kind"]),
        works_elsewhere=_at_work(data["callings"]),
        trades=_next(data["trades"]),
        trade_words=frozenset(_TOKEN.findall(read(one).text)[0] for one in data["trades"]),
        cues={
            EDUCATION: data["education"],
            ELSEWHERE: data["elsewhere"],
            ROLE: data["role_cues"],
            PUPIL: data["pupil_cues"],
            SCHOOL_KIND: [*data["school_kinds"], "st", "saint"],
            YOUNGER: sorted(YOUNGER_KINDS),
            OFFICE: data["office_stems"],
            YEAR: sorted(YEARS),
            **data["subjects"],
        },
        subjects=frozenset(data["subjects"]),
        jobs=_by_word(data["subjects"]),
        school_kinds=frozenset(data["school_kinds"]),
        not_a_school=frozenset(data["not_a_school"]),
        parts_of_school=frozenset(data["parts_of_school"]),
        verbs_that_are_names=frozenset(data["verbs_that_are_names"]),
        never_bare=frozenset(data["never_bare"]),
        ranks=frozenset(data["ranks"]),
        same_surname={way: at for at, ways in enumerate(data["same_surname"]) for way in ways.split()},
        between_names=frozenset(data["between_names"]),
        titled_things=frozenset(tuple(name.split()) for name in data["titled_things"]),
        after_a_name=frozenset(data["after_a_name"]),
        before_a_name=frozenset(data["before_a_name"]),
        before_to_miss=frozenset(data["before_to_miss"]),
        nicknames=_both_ways(data["nicknames"]),
        not_an_office=not_an_office,
        offices=tuple((Office(key), pattern) for key, pattern in offices.items()),
    )


def _at_work(callings: Iterable[str]) -> re.Pattern[str]:
    """ "the butcher", "is our local GP", directly after a place in the text. Where somebody was seen ("at the
    pub") says nothing of where they work."""
    return re.compile(rf"(?: is)?,? (?:a|my|our|the|your) (?:\w+ )?{_words(callings).pattern}")


def _by_word(lists: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """The names of the lists that a word or phrase is on, by how it is read."""
    found: dict[str, frozenset[str]] = {}
    for name, words in lists.items():
        for word in words:
            spoken = " ".join(_TOKEN.findall(read(word).text))
            found[spoken] = found.get(spoken, frozenset()) | {name}
    return found


def _words(words: Iterable[str]) -> re.Pattern[str]:
    """As `any_word`, for lists that are never empty; an empty one finds nothing."""
    return any_word(words) or re.compile(r"(?!)")


def _next(words: Iterable[str]) -> re.Pattern[str]:
    """The words directly after a place in the text, with at most a blank or hyphen between."""
    return re.compile(r"[ \-]{0,2}" + _words(words).pattern)


def _phrase(reading: str) -> str:
    return r"[ \-]{1,3}".join(re.escape(part) for part in re.split(r"[ \-]+", reading))


def _both_ways(nicknames: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    known: dict[str, set[str]] = {}
    for name, short in nicknames.items():
        known.setdefault(name, set()).update(short)
        for nickname in short:
            known.setdefault(nickname, set()).add(name)
    return {name: tuple(sorted(others)) for name, others in known.items()}
