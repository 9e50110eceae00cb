"""Fifty schools of 2,000 people in one process, against fifty exact lists of the same people.

What each builds and keeps is measured in a process of its own, so that neither finds the other's memory:
`python -m bench.trust matchers` and `python -m bench.trust lists` print theirs as one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.exact import raw, spellings
from bench.figures import Figure, in_turns, processor_seconds
from bench.ordinary import ordinary_posts
from bench.processes import environment, peak_of, resident_mib
from monitor import matching
from monitor.matching import Schools
from monitor.model import Person, SchoolTerms
from tests.corpus.registers import generate
from tests.invented_school import TERMS
from tests.school import REPOSITORY

SCHOOLS, PEOPLE = 50, 2_000
ROUNDS = 3
SPEED_ROUNDS = 9
ORDINARY = 20_000
BATCH = 512
MATCHERS, LISTS = "matchers", "lists"

_FIRST = ("Ash", "Beck", "Cray", "Dun", "Elm", "Farn", "Gors", "Holt", "Ings", "Kel")
_LAST = ("borough", "combe", "dale", "ford", "wick")
_KINDS = ("Community School", "Academy", "High School", "Grammar School", "Church of England School")


@dataclass(frozen=True, slots=True)
class Built:
    """What fifty schools cost one process: processor time, and memory resident before, after, and at most
    in between. `ours` and `baseline` are posts a second, where they were measured."""

    build_s: float
    before_mib: float
    after_mib: float
    peak_mib: float
    ours: tuple[float, ...] = ()
    baseline: tuple[float, ...] = ()


def measure(scratch: Path) -> Iterator[Figure]:
    """Building, memory, and how fast it is said which schools a post may mean."""
    pairs = []
    for number in range(ROUNDS):
        kinds = (MATCHERS, LISTS) if number % 2 else (LISTS, MATCHERS)
        told = {kind: _told(kind, scratch) for kind in kinds}
        pairs.append((told[MATCHERS], told[LISTS]))
    ours, baseline = zip(*pairs, strict=True)
    schools = f"{SCHOOLS} schools, {SCHOOLS * PEOPLE:,} people"
    lists = "fifty exact lists of the same people (ahocorasick_rs)"
    yield Figure(f"compiling {schools}", lists, "s", *_each(lambda one: one.build_s, ours, baseline))
    added = _each(lambda one: one.after_mib - one.before_mib, ours, baseline)
    note = "the registers, and for the lists their spellings, were there before"
    yield Figure(f"{schools}: memory added", lists, "MiB", *added, note)
    peaks = _each(lambda one: one.peak_mib - one.before_mib, ours, baseline)
    note = f"the whole process of ours: {median(one.peak_mib for one in ours):.0f} MiB at most"
    yield Figure(f"{schools}: most memory added while compiling", lists, "MiB", *peaks, note)
    last = ours[-1]
    against = f"raw exact scan for the terms of the {SCHOOLS} schools (ahocorasick_rs, str, a post at a time)"
    note = f"{ORDINARY:,} posts"
    yield Figure("which schools ordinary posts mean", against, "posts/s", last.ours, last.baseline, note)


def _each(
    read: Callable[[Built], float], ours: Sequence[Built], baseline: Sequence[Built]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(map(read, ours)), tuple(map(read, baseline))


def _told(kind: str, scratch: Path) -> Built:
    """What a process of its own says. Raises `CalledProcessError` when it fails."""
    done = subprocess.run(
        (sys.executable, "-m", "bench.trust", kind),
        env=environment(scratch), cwd=REPOSITORY, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return Built(**{**told, "ours": tuple(told["ours"]), "baseline": tuple(told["baseline"])})


def _terms() -> Mapping[str, SchoolTerms]:
    """The school of the worked examples and invented others; some share their initials, as schools do."""
    terms = {"littleover": TERMS}
    for number in range(1, SCHOOLS):
        place = _FIRST[number % len(_FIRST)] + _LAST[number // len(_FIRST)]
        kind = _KINDS[number % len(_KINDS)]
        initials = "".join(word[0] for word in f"{place} {kind}".split() if word[0].isupper())
        terms[place.lower()] = SchoolTerms(
            names=(f"{place} {kind}",), handles=(f"{place}School",), domains=(f"{place.lower()}.example",),
            pages=(f"{place} Parents",), short=(initials, place, f"{place} school"), context=("Derby",),
            not_us=(f"{place} Cricket",), other_schools=(f"{place} Primary School",),
        )  # fmt: skip
    return terms


def _registers() -> list[tuple[Person, ...]]:
    return [generate(5_000 + number, PEOPLE).people for number in range(SCHOOLS)]


def _matchers() -> Built:
    """Fifty matchers and the one automaton of school terms; then its speed."""
    terms, registers = _terms(), _registers()
    matching.compile(registers[0][:10], TERMS).scan(["warm"])
    before = _resident_from_here()
    kept: list[object] = []
    made: list[Schools] = []

    def build() -> None:
        kept.extend(
            matching.compile(people, own) for people, own in zip(registers, terms.values(), strict=True)
        )
        made.append(Schools(terms))

    build_s = processor_seconds(build)
    after, peak = resident_mib(os.getpid()), peak_of(os.getpid())
    [schools] = made
    _check(schools, terms)
    return Built(build_s, before, after, peak, *_speeds(schools, terms))


def _resident_from_here() -> float:
    """MiB resident now; the peak is counted anew from here (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    return resident_mib(os.getpid())


def _check(schools: Schools, terms: Mapping[str, SchoolTerms]) -> None:
    """Raises `RuntimeError` when a school is not found by its own name: its speed would mean nothing."""
    texts = [f"Closed today: {own.names[0]}" for own in terms.values()]
    for school, meant in zip(terms, schools.meant(texts), strict=True):
        if school not in meant:
            raise RuntimeError(f"{school} was not found by its name")


def _speeds(
    schools: Schools, terms: Mapping[str, SchoolTerms]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Posts a second of ours and of the exact scan, in turns."""
    posts = list(ordinary_posts(ORDINARY))
    batches = [posts[first : first + BATCH] for first in range(0, len(posts), BATCH)]
    automaton = raw([words for own in terms.values() for words in spellings((), own)])

    def ours() -> None:
        for batch in batches:
            schools.meant(batch)

    def baseline() -> None:
        for post in posts:
            automaton.scan(post)

    return in_turns(
        lambda: len(posts) / processor_seconds(ours),
        lambda: len(posts) / processor_seconds(baseline),
        rounds=SPEED_ROUNDS,
    )


def _lists() -> Built:
    """Fifty lists of every spelling; writing the spellings down is not counted."""
    patterns = [
        list(spellings(people, own)) for people, own in zip(_registers(), _terms().values(), strict=True)
    ]
    before = _resident_from_here()
    kept: list[object] = []
    build_s = processor_seconds(lambda: kept.extend(raw(each) for each in patterns))
    return Built(build_s, before, resident_mib(os.getpid()), peak_of(os.getpid()))


if __name__ == "__main__":
    [_, asked] = sys.argv
    print(json.dumps(asdict({MATCHERS: _matchers, LISTS: _lists}[asked]())))
