"""What a school would do without us: a list of everything that may be written, searched for as it stands.

The list has each name in full, as known, in short, with initials, turned round, glued, as a handle, behind
every title, and the bare surname: some twenty spellings a person. All libraries are given the same list.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ahocorasick_rs import AhoCorasick

from monitor.model import Person, Role, SchoolTerms
from tests.corpus.registers import nicknames, plain

Hits = list[tuple[int, int, str]]
"""Where a pattern stands in a text, and which."""
Spellings = Mapping[str, frozenset[str]]
"""Each pattern in small letters with the ids of everybody whom it may mean; none for the School."""

_TITLES = ("mr", "mrs", "ms", "miss", "dr", "sir", "mx")
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class ExactList:
    """A library with the list built into it: `scan` is what is timed, `hits` reads its answer."""

    scan: Callable[[str], Any]
    hits: Callable[[str, Any], Hits]


@dataclass(frozen=True, slots=True)
class Library:
    """Another library. `posts` is how many a round gives it, as few as its speed asks for; `planted` how
    many of the planted mentions it is asked for."""

    name: str
    package: str
    build: Callable[[Sequence[str]], ExactList]
    posts: int
    planted: int

    @property
    def version(self) -> str:
        """The installed version, or "" when it is not installed."""
        return importlib.metadata.version(self.package) if find_spec(self.package) else ""


def spellings(people: Sequence[Person], terms: SchoolTerms) -> Spellings:
    """The list for a register: about twenty patterns a person, and the School's own terms."""
    means: dict[str, set[str]] = {}
    for person in people:
        for words in _spellings_of(person):
            means.setdefault(words.lower(), set()).add(person.id)
    for term in (*terms.names, *terms.handles, *terms.domains, *terms.pages, *terms.short):
        means.setdefault(term.lower(), set())
    return {words: frozenset(ids) for words, ids in means.items() if len(words) > 2}


def _spellings_of(person: Person) -> Iterator[str]:
    surname = person.surname
    short = nicknames().get(plain(person.forename), ())
    for given in dict.fromkeys(name for name in (person.forename, person.known_as, *short) if name):
        yield from (f"{given}{joint}{surname}" for joint in (" ", "", "_", ".", "-"))
        yield from (f"{surname}{joint}{given}" for joint in (" ", "", ", "))
        yield f"{given} {surname[:1]}"
    initial = person.forename[:1]
    yield from (f"{initial}{joint}{surname}" for joint in (" ", "", ". ", "."))
    yield from (f"{surname} {initial}", f"{surname}, {initial}", surname)
    if person.role is not Role.PUPIL:
        for title in _TITLES:
            yield from (f"{title} {surname}", f"{title}. {surname}", f"{title}{surname}")
            yield from (f"{title} {initial} {surname}", f"{title} {surname[:1]}")
    yield from person.aliases


def raw(patterns: Sequence[str]) -> ExactList:
    """ahocorasick_rs over str: a post at a time, in small letters, overlapping hits."""
    automaton = AhoCorasick(patterns)
    return ExactList(
        scan=lambda text: automaton.find_matches_as_indexes(text.lower(), overlapping=True),
        hits=lambda text, found: [(start, end, patterns[which]) for which, start, end in found],
    )


def _flashtext(patterns: Sequence[str]) -> ExactList:
    processor = import_module("flashtext").KeywordProcessor()
    for pattern in patterns:
        processor.add_keyword(pattern, pattern)
    return ExactList(
        scan=lambda text: processor.extract_keywords(text, span_info=True),
        hits=lambda text, found: [(start, end, which) for which, start, end in found],
    )


def _spacy(patterns: Sequence[str]) -> ExactList:
    """On the lower-cased tokens of a blank English pipeline: no model."""
    pipeline = import_module("spacy").blank("en")
    matcher = import_module("spacy.matcher").PhraseMatcher(pipeline.vocab, attr="LOWER")
    for pattern in patterns:
        matcher.add(pattern, [pipeline.make_doc(pattern)])
    return ExactList(
        scan=lambda text: matcher(pipeline.make_doc(text), as_spans=True),
        hits=lambda text, found: [(span.start_char, span.end_char, span.label_) for span in found],
    )


def _presidio(patterns: Sequence[str]) -> ExactList:
    """The deny list by itself (PatternRecognizer): its engine would add a language model to every post."""
    entity = "SOMEBODY"
    recognizer = import_module("presidio_analyzer").PatternRecognizer(
        supported_entity=entity, deny_list=list(patterns)
    )
    return ExactList(
        scan=lambda text: recognizer.analyze(text, [entity]),
        hits=lambda text, found: [(one.start, one.end, text[one.start : one.end].lower()) for one in found],
    )


LIBRARIES = (
    Library("FlashText", "flashtext", _flashtext, posts=5_000, planted=1_000),
    Library("spaCy's PhraseMatcher", "spacy", _spacy, posts=1_000, planted=1_000),
    Library("Presidio's deny list", "presidio_analyzer", _presidio, posts=10, planted=100),
)


def finds(
    built: ExactList, means: Spellings, text: str, *, spans: Sequence[tuple[int, int]], person: str
) -> bool:
    """Whether a hit on whole words lies on the mention and may mean its person."""
    first, last = spans[0]
    return any(
        start < last and first < end and person in means.get(which, ())
        for start, end, which in built.hits(text, built.scan(text))
        if not (start > 0 and _WORD.match(text, start - 1)) and not _WORD.match(text, end)
    )
