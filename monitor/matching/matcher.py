"""The compiled matcher: is the School meant, then who (R36).

Cheap first. Every text is folded and searched by one automaton in batches, without a Python step per
character, for the School's terms and for full names that can stand alone. Only texts with a hit, or from
where the School is meant anyway, are looked at word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from ahocorasick_rs import BytesAhoCorasick

from monitor.folding import Batch, read_batch
from monitor.matching.context import (
    MEANT,
    Found,
    Locality,
    Spoken,
    covering,
    find_school,
    locality,
    other_schools,
    years_in,
)
from monitor.matching.judgement import Surroundings, judge
from monitor.matching.lexicon import SCHOOL, lexicon
from monitor.matching.mentions import Mention, find
from monitor.matching.roll import Bearer, Roll, compile_roll, stands_alone
from monitor.matching.spelling import key_of
from monitor.matching.terms import Form, forms_of
from monitor.matching.words import Words, settled, words_in
from monitor.model import Matches, OfficeMention, Person, PersonMatch, SchoolTerms

_BATCH_TEXTS = 512
_BATCH_POINTS = 1 << 19
_LONGEST_RUN = 80
"""How far the last letter of a term may be drawn out."""
_WORD = re.compile(r"[a-z0-9\x7f\x81]")
_WORD_BEGINS = re.compile(r"(?<=[^a-z0-9\x7f\x81])[a-z0-9\x81]")
_HEADTEACHER_IN_CAPITALS = re.compile(r"(?<!\w)HT(?!\w)")
_STRONG = frozenset({"full_name", "nickname", "transposed", "title_surname", "title_half", "surname", "alias",
                     "title_initial_surname", "half_name"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Terms:
    """The School's own terms, compiled; the same whoever is on the Register."""

    places: Locality
    shapes: tuple[bytes, ...]
    forms: tuple[tuple[Form, ...], ...]


class Matcher:
    """Finds the School, its people and its offices in texts. Immutable, so safe to share.

    It holds the Register in memory and nothing else: personal data, to be dropped with the process.
    """

    def __init__(
        self, terms: _Terms, roll: Roll, alone: Sequence[bytes], later: Sequence[bytes] = ()
    ) -> None:
        self._terms = terms
        self._roll = roll
        self._alone = tuple(alone)
        self._later = tuple(later)
        shapes = [*terms.shapes, *alone]
        self._automaton = BytesAhoCorasick(shapes) if shapes else None
        self._later_automaton = BytesAhoCorasick(list(later)) if later else None

    def with_people(self, added: Sequence[Person], removed: Iterable[str] = ()) -> Matcher:
        """The matcher after people came (or changed) and others, by id, went; costs what they cost."""
        other = object.__new__(Matcher)
        other._terms, other._alone, other._automaton = self._terms, self._alone, self._automaton
        other._roll = self._roll.with_people(added, removed)
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
        for first, last in _batches(texts):
            owned = own_source[first:last] if own_source else (False,) * (last - first)
            results.extend(self._scan_batch(texts[first:last], owned))
        return results

    def explains(self, text: str, match: PersonMatch) -> bool:
        """Whether the rule that a match cites fits the very words it cites, by themselves, and everybody it
        names: what a person is shown as the reason can be checked without the rest of the text."""
        quoted = text[match.start : match.end]
        batch = read_batch((quoted,))
        high = int(batch.bounds[1]) - 1
        words = words_in(quoted, settled_reading(batch.reading[:high]), batch.offsets[:high].tolist())
        ends = {len(quoted), len(quoted.rstrip("."))}
        allowed: set[str] = set()
        for view, mentions in self._mentions(words, ()):
            for one in mentions:
                start, end = view.quote(one.start, one.end)
                if start == 0 and end in ends and one.rule == match.rule:
                    allowed |= {self._roll.bearer(place).id for place in one.people}
        return allowed.issuperset(match.person_ids)

    def _scan_batch(self, texts: Sequence[str], owned: Sequence[bool]) -> list[Matches]:
        batch = read_batch(texts)
        results = [_NOTHING] * len(texts)
        hits = self._hits(batch)
        for index in sorted({*hits, *(i for i, own in enumerate(owned) if own)}) if any(owned) else hits:
            results[index] = self._look(texts[index], batch, index, hits.get(index, ()), at_home=owned[index])
        return results

    def _hits(self, batch: Batch) -> dict[int, list[tuple[int, int, int]]]:
        """Hits of the automaton by text; those of names that stand alone without their place."""
        hits: dict[int, list[tuple[int, int, int]]] = {}
        for automaton, first in ((self._automaton, 0), (self._later_automaton, len(self._terms.shapes))):
            found = automaton.find_matches_as_indexes(batch.skeleton, overlapping=True) if automaton else ()
            if found:
                places = batch.places[np.array([hit[1] for hit in found], dtype=np.intp)]
                owner = np.searchsorted(batch.bounds, places, side="right") - 1
                for text, (pattern, begin, end) in zip(owner.tolist(), found, strict=True):
                    hits.setdefault(text, []).append((pattern + first, begin, end))
        return hits

    def _look(
        self, text: str, batch: Batch, index: int, hits: Iterable[tuple[int, int, int]], *, at_home: bool
    ) -> Matches:
        """Decide about one text that has hits, or that stands where the School is meant anyway."""
        low, high = int(batch.bounds[index]), int(batch.bounds[index + 1]) - 1
        terms = len(self._terms.shapes)
        found = [one for hit in hits if hit[0] < terms for one in self._verify(text, batch, hit, low, high)]
        if not found and not at_home and all(hit[0] < terms for hit in hits):
            return _NOTHING
        reading = settled_reading(batch.reading[low:high])
        offsets = batch.offsets[low:high].tolist()
        words = words_in(text, reading, offsets)
        spoken = Spoken.of(words.written)
        years = years_in(words)
        own = sorted({(one.start, one.end) for one in found})
        others = other_schools(words, own)
        elsewhere = bool(others) or spoken.has(self._terms.places.other_schools)
        mentions: list[tuple[Words, list[Mention]]] | None = None

        def somebody() -> bool:
            nonlocal mentions
            mentions = self._mentions(words, own)
            around = self._surroundings(words, spoken, years, own, others, context=True, elsewhere=elsewhere)
            judged = judge(mentions, self._roll, around)
            return any(one.mention.rule in _STRONG for one in judged)

        school, confidence = find_school(
            found,
            words,
            spoken,
            self._terms.places,
            years=bool(years),
            elsewhere=elsewhere,
            somebody=somebody,
        )
        context = at_home or confidence >= MEANT
        meant = [(one.start, one.end) for one in school]
        if mentions is None or meant != own:
            mentions = self._mentions(words, meant)
        around = self._surroundings(words, spoken, years, own, others, context=context, elsewhere=elsewhere)
        people = [one.match(self._roll) for one in judge(mentions, self._roll, around)]
        if not (context or people):
            return _NOTHING
        return Matches(
            school=tuple(one.match(words) for one in school) if context else (),
            people=tuple(people),
            # Short forms too: where the School is meant, "Littleover's head" is its head.
            offices=tuple(_offices(text, words, spoken, own)) if context else (),
            context=context,
        )

    def _mentions(self, words: Words, own: Sequence[tuple[int, int]]) -> list[tuple[Words, list[Mention]]]:
        """Who may be named, but for what the School's own terms cover ("Littleover" is no pupil Little); in
        words cut at their capitals, and in words left whole."""
        views = [(words, find(words, self._roll))]
        if words.whole is not None:
            views.append((words.whole, find(words.whole, self._roll)))
        if not own:
            return views
        covered = covering(len(words.reading), own)
        return [
            (view, [one for one in found if not any(covered[one.start : one.end])]) for view, found in views
        ]

    def _surroundings(
        self,
        words: Words,
        spoken: Spoken,
        years: frozenset[str],
        own: Sequence[tuple[int, int]],
        others: Sequence[tuple[int, int]],
        *,
        context: bool,
        elsewhere: bool,
    ) -> Surroundings:
        lexical = lexicon()
        return Surroundings(
            context=context,
            elsewhere=elsewhere,
            own_terms=own,
            other_schools=others,
            subjects=frozenset(name for name, cues in lexical.subjects if spoken.has(cues)),
            years=years,
            role=spoken.has(lexical.role_cues),
            pupil=spoken.has(lexical.pupil_cues),
        )

    def _verify(
        self, text: str, batch: Batch, hit: tuple[int, int, int], low: int, high: int
    ) -> Iterator[Found]:
        """Hold a hit of the automaton against what is written there."""
        pattern, first, last = hit
        start = _word_start(batch, first)
        final = int(batch.places[last - 1])
        stop = min(int(batch.places[last]) if last < len(batch.places) else high, high, final + _LONGEST_RUN)
        for form in self._terms.forms[pattern]:
            if final - start > 12 * form.letters + 20:
                continue
            if form.exact:
                match = form.pattern.search(batch.reading, start, stop)
                if match is None:  # "L l o y d": the run is spaced out, not shared with the word before
                    match = form.pattern.search(batch.reading, int(batch.places[first]), stop)
                if match is None:
                    continue
                begin, end = match.span()
            else:
                begin, end = start, _run_end(batch.reading, final, stop)
            if _reads_as_words(text[batch.offsets[begin] : batch.offsets[end - 1] + 1], form):
                continue
            found = _bounded(text, batch, begin, end, low, high, form)
            if found is not None:
                yield found


_NOTHING = Matches()


def compile_matcher(register: Sequence[Person], terms: SchoolTerms) -> Matcher:
    """Compile a Register and the School's own terms."""
    roll = compile_roll(register)
    forms: dict[bytes, tuple[Form, ...]] = {}
    for shape, form in forms_of(terms):
        forms[shape] = (*forms.get(shape, ()), form)
    own = _Terms(locality(terms), tuple(forms), tuple(forms.values()))
    return Matcher(own, roll, _standing_alone(bearer for bearer in roll.bearers if bearer is not None))


def settled_reading(reading: str) -> str:
    """The reading with i or l for each sign that may be either, as long as before."""
    if "\x81" not in reading:
        return reading
    return re.sub(r"[a-z0-9\x81]+", lambda word: settled(word.group()), reading)


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


def _bounded(text: str, batch: Batch, begin: int, end: int, low: int, high: int, form: Form) -> Found | None:
    """Whether the words stand by themselves: at word boundaries, or as a part of a handle or hashtag."""
    reading, offsets = batch.reading, batch.offsets
    token = _in_token(reading, begin, low)
    if form.rule == "school_domain" and re.match(r"\.[a-z0-9]", reading[end : min(end + 2, high)]):
        return None  # "littleover.example.org"
    if begin > low and _WORD.match(reading[begin - 1]) and text[int(offsets[begin - 1])] != "@":
        before = text[int(offsets[begin - 1])]
        capital = text[int(offsets[begin])].isupper()
        if not (token and (form.letters >= 8 or (capital and before.islower()))):
            return None
    if end < high and _WORD.match(reading[end]):
        possessive = reading[end] == "s" and not (end + 1 < high and _WORD.match(reading[end + 1]))
        numbered = token and reading[end].isdigit()
        inside = token and (form.letters >= 8 or text[int(offsets[end])].isupper())
        if not (numbered or inside or (possessive and form.letters >= 6)):
            return None
    return Found(begin - low, end - low, form, token)


def _reads_as_words(original: str, form: Form) -> bool:
    """Whether small words happen to make the term ("a little over community school budgets"), or other
    words are a slip of it ("Little Dover Community School")."""
    words = len(original.split())
    if words <= len(form.parts) or len(original) > 2 * form.letters:
        return False
    return original.islower() or not form.exact


def _in_token(reading: str, at: int, low: int) -> bool:
    """Whether a place stands in a @handle or #hashtag."""
    earliest = max(low, at - 60)
    while at > earliest and (_WORD.match(reading[at - 1]) or reading[at - 1] in "_.-"):
        at -= 1
    return at > low and reading[at - 1] in "@#"


def _word_start(batch: Batch, first: int) -> int:
    """Where the word of a hit begins: a run of one letter may reach back into the word before
    ("hall Littleover"), and then it is the run's last word that is meant."""
    start = int(batch.places[first])
    following = int(batch.places[first + 1]) if first + 1 < len(batch.places) else len(batch.reading)
    run = batch.reading[start : min(following, start + _LONGEST_RUN)]
    words = [found.start() for found in _WORD_BEGINS.finditer(run)]
    return start + words[-1] if words else start


def _run_end(reading: str, final: int, stop: int) -> int:
    """Where the last letter of a hit ends when it is drawn out; the next word may begin with the same."""
    end = final + 1
    while end < stop and _WORD.match(reading[end]):
        end += 1
    return end


def _offices(
    text: str, words: Words, spoken: Spoken, own: Sequence[tuple[int, int]]
) -> Iterator[OfficeMention]:
    """Posts named by what they are called, not by who holds them (DOMAIN.md)."""
    lexical = lexicon()
    if lexical.office_stems.isdisjoint(spoken.written):
        return
    marked = _marked(text, words, own)
    taken = bytearray(len(marked))
    for found in lexical.not_an_office.finditer(marked):
        taken[found.start() : found.end()] = b"\1" * len(found.group())
    mentions = []
    for office, pattern in lexical.offices:
        for found in pattern.finditer(marked):
            if not any(taken[found.start() : found.end()]):
                taken[found.start() : found.end()] = b"\1" * len(found.group())
                mentions.append(OfficeMention(*words.quote(*found.span()), office, f"office_{office}"))
    yield from sorted(mentions, key=lambda mention: mention.start)


def _marked(text: str, words: Words, own: Sequence[tuple[int, int]]) -> str:
    """The reading with the School's own terms and the capitals of "HT" marked, as long as before."""
    marked = bytearray(words.reading.encode("latin-1"))
    for start, end in own:
        marked[start:end] = SCHOOL.encode() * (end - start)
    for capitals in _HEADTEACHER_IN_CAPITALS.finditer(text):
        first, last = np.searchsorted(np.asarray(words.offsets), capitals.span())
        if last - first == 2:
            marked[first:last] = b"HT"
    return marked.decode("latin-1")


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Cut into runs that bound memory, however long single texts are."""
    first = points = 0
    for index, text in enumerate(texts):
        if index > first and (index - first >= _BATCH_TEXTS or points + len(text) > _BATCH_POINTS):
            yield first, index
            first, points = index, 0
        points += len(text)
    if first < len(texts):
        yield first, len(texts)
