"""The compiled matcher: is the School meant, then who (R36).

Cheap first. Every text is folded and searched by one automaton in batches, without a Python step per
character, for the School's terms and for full names that can stand alone. Only texts with a hit, or from
where the School is meant anyway, are looked at word by word.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
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
    Cues,
    Phrases,
    lexicon,
    phrases,
)
from monitor.matching.mentions import Mention, find
from monitor.matching.roll import Bearer, Roll, compile_roll, stands_alone
from monitor.matching.spelling import key_of
from monitor.matching.terms import Form, forms_of
from monitor.matching.words import Words, words_of
from monitor.model import Matches, OfficeMention, Person, PersonMatch, SchoolTerms

_BATCH_TEXTS = 512
_BATCH_POINTS = 1 << 19
_LONGEST_RUN = 80
"""How far the last letter of a term may be drawn out."""
_WORD = re.compile(r"[a-z0-9\x7f\x81]")
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
    """Finds the School, its people and its offices in texts. Immutable, so safe to share.

    It holds the Register in memory and nothing else: personal data, to be dropped with the process.
    """

    def __init__(self, terms: _Terms, roll: Roll, alone: Sequence[bytes]) -> None:
        self._terms = terms
        self._roll = roll
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
        [words] = words_of(read_batch((quoted,)), (quoted,), [0])
        ends = {len(quoted), len(quoted.rstrip("."))}
        allowed: set[str] = set()
        for view, mentions in self._mentions(words):
            for one in mentions:
                start, end = view.quote(one.start, one.end)
                if start == 0 and end in ends and one.rule == match.rule:
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
        for hit in _hits(self._automaton, batch):
            if hit.pattern >= len(terms):
                found.setdefault(hit.text, [])
            elif hit.last > covered:  # else a piece of a longer term
                here = list(_verify(texts[hit.text], batch, hit, terms[hit.pattern]))
                if here:
                    found.setdefault(hit.text, []).extend(here)
                    if any(one.form.exact for one in here):
                        covered = hit.last
        for hit in _hits(self._later_automaton, batch):
            found.setdefault(hit.text, [])
        return found

    def _look(self, words: Words, found: Sequence[Found], *, at_home: bool) -> Matches:
        """Decide about one text that has hits, or that stands where the School is meant anyway."""
        written = frozenset(words.written)
        said = self._terms.cues.said(written, words.written)
        years = years_in(words, written)
        own = sorted({(one.start, one.end) for one in found})
        others = other_schools(words, own) if SCHOOL_KIND in said else []
        elsewhere = bool(others) or OTHER_SCHOOLS in said
        subjects = lexicon().subjects & said

        mentions = self._mentions(words)

        def judged(spans: Sequence[tuple[int, int]], *, context: bool) -> list[Judged]:
            """Who is named but for what the School's terms cover ("Littleover" is no pupil Little)."""
            around = Surroundings(
                context=context,
                elsewhere=elsewhere,
                own_terms=own,
                other_schools=others,
                subjects=subjects,
                years=years,
                role=ROLE in said,
                pupil=PUPIL in said,
            )
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
            school=tuple(one.match(words) for one in school) if context else (),
            people=tuple(one.match(self._roll) for one in people),
            # Short forms too: where the School is meant, "Littleover's head" is its head.
            offices=_offices(words, own) if context and OFFICE in said else (),
            context=context,
        )

    def _mentions(self, words: Words) -> list[tuple[Words, list[Mention]]]:
        """Who may be named, in words cut at their capitals, and in words left whole."""
        views = (words,) if words.whole is None else (words, words.whole)
        found = [(view, find(view, self._roll)) for view in views]
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


class _Hit(NamedTuple):
    """A pattern found in the skeleton from `first` to `last`, and where in the reading its first, second
    and last letters stand, and the letter after it."""

    text: int
    pattern: int
    first: int
    last: int
    start: int
    second: int
    final: int
    following: int


def _hits(automaton: BytesAhoCorasick | None, batch: Batch) -> Iterable[_Hit]:
    """Everything the automaton finds, in order, the longest first where several begin with one letter."""
    found = automaton.find_matches_as_indexes(batch.skeleton, overlapping=True) if automaton else ()
    if not found:
        return ()
    hits = np.array(found, dtype=np.intp)
    pattern, first, last = hits[np.lexsort((-hits[:, 2], hits[:, 1]))].T
    # Each text ends with a line feed, so a letter follows every pattern.
    start, second, final, following = (batch.places[at] for at in (first, first + 1, last - 1, last))
    text = np.searchsorted(batch.bounds, start, side="right") - 1
    columns = (text, pattern, first, last, start, second, final, following)
    return map(_Hit._make, zip(*(column.tolist() for column in columns), strict=True))


def _verify(text: str, batch: Batch, hit: _Hit, forms: Sequence[Form]) -> Iterator[Found]:
    """Hold a hit of the automaton against what is written there."""
    low, high = int(batch.bounds[hit.text]), int(batch.bounds[hit.text + 1]) - 1
    reading, offsets = batch.reading, batch.offsets
    start = _word_start(reading, hit)
    stop = min(hit.following, high, hit.final + _LONGEST_RUN)
    for form in forms:
        if hit.final - start > 12 * form.letters + 20:
            continue
        if form.exact:
            match = form.pattern.search(reading, start, stop)
            if match is None and start != hit.start:
                # "L l o y d": the run is spaced out, not shared with the word before
                match = form.pattern.search(reading, hit.start, stop)
            if match is None:
                continue
            begin, end = match.span()
        else:
            begin, end = start, _run_end(reading, hit.final, stop)
        if _reads_as_words(text[offsets[begin] : offsets[end - 1] + 1], form):
            continue
        found = _bounded(text, batch, begin, end, low, high, form)
        if found is not None:
            yield found


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


def _word_start(reading: str, hit: _Hit) -> int:
    """Where the word of a hit begins: a run of one letter may reach back into the word before
    ("hall Littleover"), and then it is the run's last word that is meant."""
    at = hit.second
    while at > hit.start and hit.second - at < _LONGEST_RUN and _WORD.match(reading[at - 1]):
        at -= 1
    # Right before the second letter stands the run's last piece, however many signs are between the pieces.
    return at if at < hit.second else hit.start


def _run_end(reading: str, final: int, stop: int) -> int:
    """Where the last letter of a hit ends when it is drawn out; the next word may begin with the same."""
    end = final + 1
    while end < stop and _WORD.match(reading[end]):
        end += 1
    return end


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
