"""The words in lexicon.toml, compiled once: data, not rules."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
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


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Compiled word lists. Patterns search a reading (monitor.folding), never the original; `offices` and
    `not_an_office` one in which the School's own terms are SCHOOL and "HT" has kept its capitals."""

    education: Phrases
    other_place: re.Pattern[str]
    other_school_kind: re.Pattern[str]
    elsewhere: Phrases
    trades: re.Pattern[str]
    role_cues: Phrases
    pupil_cues: Phrases
    subjects: tuple[tuple[str, Phrases], ...]
    school_kinds: frozenset[str]
    not_a_school: frozenset[str]
    parts_of_school: frozenset[str]
    verbs_that_are_names: frozenset[str]
    never_bare: frozenset[str]
    after_a_name: frozenset[str]
    before_a_name: frozenset[str]
    before_to_miss: frozenset[str]
    nicknames: dict[str, tuple[str, ...]]
    office_stems: frozenset[str]
    not_an_office: re.Pattern[str]
    offices: tuple[tuple[Office, re.Pattern[str]], ...]


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
            rf"(?<![a-z0-9])(?:{'|'.join(patterns)})(?![a-z0-9])".replace("SCHOOL", f"{SCHOOL}++")
        )
        for key, patterns in data["offices"].items()
    }
    not_an_office = offices.pop("not")
    return Lexicon(
        education=phrases(data["education"]),
        other_place=_next(data["other_place"]),
        other_school_kind=_next(data["other_school_kind"]),
        elsewhere=phrases(data["elsewhere"]),
        trades=_next(data["trades"]),
        role_cues=phrases(data["role_cues"]),
        pupil_cues=phrases(data["pupil_cues"]),
        subjects=tuple((name, phrases(words)) for name, words in data["subjects"].items()),
        school_kinds=frozenset(data["school_kinds"]),
        not_a_school=frozenset(data["not_a_school"]),
        parts_of_school=frozenset(data["parts_of_school"]),
        verbs_that_are_names=frozenset(data["verbs_that_are_names"]),
        never_bare=frozenset(data["never_bare"]),
        after_a_name=frozenset(data["after_a_name"]),
        before_a_name=frozenset(data["before_a_name"]),
        before_to_miss=frozenset(data["before_to_miss"]),
        nicknames=_both_ways(data["nicknames"]),
        office_stems=frozenset(data["office_stems"]),
        not_an_office=not_an_office,
        offices=tuple((Office(key), pattern) for key, pattern in offices.items()),
    )


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
