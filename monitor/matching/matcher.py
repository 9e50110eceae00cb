"""The compiled matcher: is the School meant, then who (R36).

Cheap first. Every text is folded and searched by one automaton in batches, without a Python step per
character, for the School's terms and for full names that can stand alone. Only texts with a hit, or from
where the School is meant anyway, are looked at word by word.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ahocorasick_rs import BytesAhoCorasick

from monitor.folding import Batch, read_batch
from monitor.matching.context import (
    MEANT,
    Found,
    covering,
    find_school,
    other_schools,
    years_in,
)
from monitor.matching.disguise import undisguised
from monitor.matching.glance import Glances
from monitor.matching.grammar import find
from monitor.matching.grammar.mentions import Mention
from monitor.matching.hits import batches, hits_in, written_there
from monitor.matching.judgement import Judged, Surroundings, judge
from monitor.matching.lexicon import (
    CONTEXT,
    NOT_US,
    OFFICE,
    OTHER_SCHOOLS,
    PUPIL,
    ROLE,
    SCHOOL,
    SCHOOL_KIND,
    YEAR,
    Cues,
    Phrases,
    lexicon,
    phrases,
)
from monitor.matching.roll import Bearer, Roll, compile_roll, stands_alone
from monitor.matching.spelling import key_of
from monitor.matching.terms import Form, forms_of
from monitor.matching.words import Words, words_of
from monitor.model import Matches, OfficeMention, Person, PersonMatch, SchoolTerms

_HEADTEACHER_IN_CAPITALS = re.compile(r"(?<!\w)HT(?!\w)")
_STRONG = frozenset({"full_name", "nickname", "transposed", "title_surname", "title_half", "surname", "alias",
                     "title_initial_surname", "half_name"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Terms:
    """The School's own terms, compiled; the same whoever is on the Register."""

    cues: Cues
    context: Phrases
    shapes: tuple[bytes, ...]
    forms: tuple[tuple[Form, ...], ...]


class Matcher:
    """Finds the School, its people and its offices in texts. Safe to share between threads.

    It holds the Register in memory, and a few thousand single words of the texts with what each may be (see
    `Glances`), which change no answer: personal data, to be dropped with the process.
    """

    def __init__(self, terms: _Terms, roll: Roll, alone: Sequence[bytes]) -> None:
        self._terms = terms
        self._roll = roll
        self._glances = Glances(roll)
        self._alone = tuple(alone)
        self._later: tuple[bytes, ...] = ()
        shapes = [*terms.shapes, *alone]
        self._automaton = BytesAhoCorasick(shapes) if shapes else None
        self._later_automaton: BytesAhoCorasick | None = None

    def with_people(self, added: Sequence[Person], removed: Iterable[str] = ()) -> Matcher:
        """The matcher after people came (or changed) and others, by id, went; costs what they cost."""
        other = object.__new__(Matcher)
        other._terms, other._alone, other._automaton = self._terms, self._alone, self._automaton
        other._roll = self._roll.with_people(added, removed)
        other._glances = Glances(other._roll)
        new = [other._roll.bearer(other._roll.places[person.id]) for person in added]
        other._later = (*self._later, *_standing_alone(new))
        other._later_automaton = BytesAhoCorasick(list(other._later)) if other._later else None
        return other

    def scan(self, texts: Sequence[str], own_source: Sequence[bool] = ()) -> list[Matches]:
        """Find everything in each text; same length and order as `texts`.

        `own_source[i]` says that where text `i` was posted gives school context by itself; empty
        means nowhere. Any text is taken, be it empty, huge or broken Unicode. Rule: R36.
        """
        if own_source and len(own_source) != len(texts):
            raise ValueError("own_source must be empty or as long as texts")
        results: list[Matches] = []
        for first, last in batches(texts):
            owned = own_source[first:last] if own_source else (False,) * (last - first)
            results.extend(self._scan_batch(texts[first:last], owned))
        return results

    def explains(self, text: str, match: PersonMatch) -> bool:
        """Whether the rule that a match cites fits the very words it cites, by themselves, and everybody it
        names: what a person is shown as the reason can be checked without the rest of the text."""
        quoted = text[match.start : match.end]
        in_handle = match.start > 0 and not text[match.start - 1].isspace()
        return self._allows(quoted, 0, match) or (in_handle and self._allows(f"@{quoted}", 1, match))

    def _allows(self, text: str, first: int, match: PersonMatch) -> bool:
        """Whether all of a text from `first` on is a mention of everybody in a match, by its rule."""
        [words] = words_of(read_batch((text,)), (text,), [0])
        ends = {len(text), len(text.rstrip("."))}
        allowed: set[str] = set()
        for view, mentions in self._mentions(words):
            for one in mentions:
                start, end = view.quote(one.start, one.end)
                if start == first and end in ends and one.rule == match.rule:
                    allowed |= {self._roll.bearer(place).id for place in one.people}
        return allowed.issuperset(match.person_ids)

    def _scan_batch(self, texts: Sequence[str], owned: Sequence[bool]) -> list[Matches]:
        batch = read_batch(texts)
        results = [_NOTHING] * len(texts)
        found = self._found(texts, batch)
        at_home = [index for index, own in enumerate(owned) if own] if any(owned) else ()
        if looked_at := sorted({*found, *at_home}):
            for index, words in zip(looked_at, words_of(batch, texts, looked_at), strict=True):
                results[index] = self._look(words, found.get(index, ()), at_home=owned[index])
        return results

    def _found(self, texts: Sequence[str], batch: Batch) -> dict[int, list[Found]]:
        """The School's own terms by text; none where only a name is that can stand alone."""
        found: dict[int, list[Found]] = {}
        terms, covered = self._terms.forms, 0
        for hit in hits_in(self._automaton, batch):
            if hit.pattern >= len(terms):
                found.setdefault(hit.text, [])
            elif hit.last > covered:  # else a piece of a longer term
                here = list(written_there(texts[hit.text], batch, hit, terms[hit.pattern]))
                if here:
                    found.setdefault(hit.text, []).extend(here)
                    if any(one.form.exact for one in here):
                        covered = hit.last
        for hit in hits_in(self._later_automaton, batch):
            found.setdefault(hit.text, [])
        return found

    def _look(self, words: Words, found: Sequence[Found], *, at_home: bool) -> Matches:
        """Decide about one text that has hits, or that stands where the School is meant anyway."""
        said = self._terms.cues.said(words.written)
        years = years_in(words) if YEAR in said else frozenset[str]()
        own = sorted({(one.start, one.end) for one in found})
        others = other_schools(words, own, said) if SCHOOL_KIND in said else []
        elsewhere = bool(others) or OTHER_SCHOOLS in said
        subjects = lexicon().subjects & said

        mentions = self._mentions(words)

        def judged(spans: Sequence[tuple[int, int]], *, context: bool) -> list[Judged]:
            """Who is named but for what the School's terms cover ("Littleover" is no pupil Little)."""
            role, pupil = ROLE in said, PUPIL in said
            around = Surroundings(context, elsewhere, own, others, subjects, years, role, pupil)
            return judge(_uncovered(mentions, spans), self._roll, around)

        def somebody() -> bool:
            return any(one.mention.rule in _STRONG for one in judged(own, context=True))

        school, confidence = find_school(
            found, words, said, self._terms.context, years=bool(years), elsewhere=elsewhere, somebody=somebody
        )
        context = at_home or confidence >= MEANT
        people = judged([(one.start, one.end) for one in school], context=context) if mentions else ()
        if not (context or people):
            return _NOTHING
        return Matches(
            school=tuple([one.match(words) for one in school]) if context else (),
            people=tuple([one.match(self._roll) for one in people]),
            # Short forms too: where the School is meant, "Littleover's head" is its head.
            offices=_offices(words, own) if context and OFFICE in said else (),
            context=context,
        )

    def _mentions(self, words: Words) -> list[tuple[Words, list[Mention]]]:
        """Who may be named: in words cut at their capitals, left whole, read past their signs, and taken out
        of their disguise."""
        glances = self._glances
        seen = glances.of(words.written)
        found = [(words, find(words, glances, seen=seen))]
        for view in (words.whole, words.leet, undisguised(words, glances, seen=seen)):
            if view is not None:
                found.append((view, find(view, glances, seen=glances.of(view.written))))
        return [(view, mentions) for view, mentions in found if mentions]


_NOTHING = Matches()


def compile_matcher(register: Sequence[Person], terms: SchoolTerms) -> Matcher:
    """Compile a Register and the School's own terms."""
    roll = compile_roll(register)
    forms: dict[bytes, tuple[Form, ...]] = {}
    for shape, form in forms_of(terms):
        forms[shape] = (*forms.get(shape, ()), form)
    local = {CONTEXT: terms.context, NOT_US: terms.not_us, OTHER_SCHOOLS: terms.other_schools}
    own = _Terms(
        Cues({**lexicon().cues, **local}), phrases(terms.context), tuple(forms), tuple(forms.values())
    )
    return Matcher(own, roll, _standing_alone(bearer for bearer in roll.bearers if bearer is not None))


def _standing_alone(bearers: Iterable[Bearer]) -> list[bytes]:
    """The skeletons of full names that are looked for in every text."""
    shapes: dict[str, None] = {}
    for bearer in bearers:
        if stands_alone(bearer):
            for given, short in bearer.given.items():
                if not short:
                    shapes[key_of(given + bearer.surname)] = None
                    shapes[key_of(bearer.surname + given)] = None
    return [shape.encode() for shape in shapes if len(shape) >= 8]


def _uncovered(
    mentions: Sequence[tuple[Words, list[Mention]]], spans: Sequence[tuple[int, int]]
) -> Sequence[tuple[Words, list[Mention]]]:
    """The mentions but for those that touch any of the spans."""
    if not (mentions and spans):
        return mentions
    covered = covering(len(mentions[0][0].reading), spans)
    return [
        (view, [one for one in found if 1 not in covered[one.start : one.end]]) for view, found in mentions
    ]


def _offices(words: Words, own: Sequence[tuple[int, int]]) -> tuple[OfficeMention, ...]:
    """Posts named by what they are called, not by who holds them (DOMAIN.md)."""
    lexical = lexicon()
    marked = _marked(words, own)
    taken = bytearray(len(marked))
    for found in lexical.not_an_office.finditer(marked):
        taken[found.start() : found.end()] = b"\1" * len(found.group())
    mentions = []
    for office, pattern in lexical.offices:
        for found in pattern.finditer(marked):
            if not any(taken[found.start() : found.end()]):
                taken[found.start() : found.end()] = b"\1" * len(found.group())
                mentions.append(OfficeMention(*words.quote(*found.span()), office, f"office_{office}"))
    return tuple(sorted(mentions, key=lambda mention: mention.start))


def _marked(words: Words, own: Sequence[tuple[int, int]]) -> str:
    """The reading with the School's own terms and the capitals of "HT" marked, as long as before."""
    marked = bytearray(words.reading.encode("latin-1"))
    for start, end in own:
        marked[start:end] = SCHOOL.encode() * (end - start)
    for capitals in _HEADTEACHER_IN_CAPITALS.finditer(words.text):
        first, last = (bisect_left(words.offsets, at) for at in capitals.span())
        if last - first == 2:
            marked[first:last] = b"HT"
    return marked.decode("latin-1")
