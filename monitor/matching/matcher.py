"""The compiled matcher: one automaton over skeletons, each hit held against the text as written.

Cheap first. Every text is folded and searched in batches without a Python step per character; only
texts with a hit are looked at one by one. Order of the questions (R36): is the School meant, then who.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from ahocorasick_rs import BytesAhoCorasick

from monitor.folding import Batch, Reading, read, read_batch
from monitor.matching.context import find_school, names_other_school
from monitor.matching.forms import Form, forms_of, school_forms, slips, words_of
from monitor.matching.judgement import Named, judge
from monitor.matching.lexicon import SCHOOL, any_word, lexicon
from monitor.model import Matches, OfficeMention, Person, SchoolTerms

_BATCH_TEXTS = 512
_BATCH_POINTS = 1 << 19
_SLIP_LETTERS = 12
_LONGEST_RUN = 80
"""How far the last letter of a name may be drawn out."""
_WORD = re.compile(r"[a-z0-9\x7f\x81]")
_WORD_BEGINS = re.compile(r"(?<=[^a-z0-9\x7f\x81])[a-z0-9\x81]")
_STOP = {
    "title_surname": re.compile(r"[!?;:,]\s|\.\s*\.\s"),
    "title_half": re.compile(r"[!?;:,]\s|\.\s*\.\s"),
    "title_initial_surname": re.compile(r"[!?;:,]\s"),
    "initial_surname": re.compile(r"[!?;:,'&@]|\.\s*\.\s"),
    "transposed": re.compile(r"[.!?;:&]\s|&"),
    "transposed_initial": re.compile(r"[.!?;:'&]"),
    "forename_initial": re.compile(r"[.!?;:,'&@]"),
}
_HEADTEACHER_IN_CAPITALS = re.compile(r"(?<!\w)HT(?!\w)")
_STOP_OTHERWISE = re.compile(r"[.!?;:,]\s|[&@]")


@dataclass(frozen=True, slots=True)
class Found:
    """One Form as it stands in a reading. `token`: in a handle or hashtag; `capital`: written as a name."""

    start: int
    end: int
    form: Form
    entry: int
    token: bool
    capital: bool


class Matcher:
    """Finds the School, its people and its offices in texts. Immutable, so safe to share."""

    def __init__(self, register: Sequence[Person], terms: SchoolTerms) -> None:
        self._people = tuple(register)
        self._terms = terms
        self._names_other_school = any_word(terms.other_schools)
        self._not_us = any_word(terms.not_us)
        self._context = any_word(terms.context)
        bearers: dict[Form, set[int]] = {}
        for place, person, alone in _with_standing(self._people):
            for form in forms_of(person, alone=alone):
                bearers.setdefault(form, set()).add(place)
        school = dict.fromkeys(school_forms(terms))
        entries: dict[bytes, list[tuple[Form, int]]] = {}
        self._bearers: list[tuple[int, ...]] = []
        forms = [
            *((form, ()) for form in school),
            *((form, tuple(sorted(who))) for form, who in bearers.items()),
        ]
        shapes = _skeletons("".join(form.parts) for form, _ in forms)
        for (form, who), shape in zip(forms, shapes, strict=True):
            if len(shape) < 3:
                continue
            entries.setdefault(shape, []).append((form, len(self._bearers)))
            self._bearers.append(who)
        for form, shape in _slipped(school):
            if shape not in entries:
                entries[shape] = [(form, len(self._bearers))]
                self._bearers.append(())
        self._entries = tuple(tuple(forms) for forms in entries.values())
        self._automaton = BytesAhoCorasick(list(entries)) if entries else None

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

    def _scan_batch(self, texts: Sequence[str], owned: Sequence[bool]) -> Iterator[Matches]:
        batch = read_batch(texts)
        hits: list[list[tuple[int, int, int]]] = [[] for _ in texts]
        if self._automaton is not None:
            found = self._automaton.find_matches_as_indexes(batch.skeleton, overlapping=True)
            if found:
                table = np.array(found, dtype=np.intp)
                owner = np.searchsorted(batch.bounds, batch.places[table[:, 1]], side="right") - 1
                for text, hit in zip(owner.tolist(), found, strict=True):
                    hits[text].append(hit)
        for index, text in enumerate(texts):
            if hits[index] or owned[index]:
                yield self._look(text, batch, index, hits[index], at_home=owned[index])
            else:
                yield _NOTHING

    def _look(
        self, text: str, batch: Batch, index: int, hits: Iterable[tuple[int, int, int]], *, at_home: bool
    ) -> Matches:
        """Decide about one text that has hits, or that stands where the School is meant anyway."""
        low, high = int(batch.bounds[index]), int(batch.bounds[index + 1]) - 1
        found = [one for hit in hits for one in self._verify(text, batch, hit, low, high)]
        if not found and not at_home:
            return _NOTHING
        reading = read(text)
        people = [one for one in found if not one.form.rule.startswith("school_")]
        school, confidence = find_school(
            [one for one in found if one.form.rule.startswith("school_")],
            batch.reading[low:high],
            low,
            reading.text,
            terms_context=self._context,
            not_us=self._not_us,
            other_schools=self._names_other_school,
            people=people,
        )
        context = at_home or confidence >= 0.5
        offsets = batch.offsets
        # Short forms too: where the School is meant, "Littleover's head" is its head.
        terms = [
            (int(offsets[one.start]), int(offsets[one.end - 1]) + 1)
            for one in found
            if one.form.rule.startswith("school_")
        ]
        of_school = bytearray(high - low)
        for term in school:
            of_school[term.start - low : term.end - low] = b"\1" * (term.end - term.start)
        named = [
            Named(one.start, one.end, one.form, self._bearers[one.entry], one.capital, one.token)
            for one in people
            if not any(of_school[one.start - low : one.end - low])
        ]
        matches = judge(
            named,
            self._people,
            batch.reading,
            reading.text,
            low,
            high,
            context=context,
            elsewhere=names_other_school(reading.text, self._names_other_school),
        )
        return Matches(
            school=tuple(one.placed(offsets) for one in school) if context else (),
            people=tuple(one.placed(offsets) for one in matches),
            offices=tuple(_offices(text, reading, terms)) if context else (),
            context=context,
        )

    def _verify(
        self, text: str, batch: Batch, hit: tuple[int, int, int], low: int, high: int
    ) -> Iterator[Found]:
        """Hold a hit of the automaton against what is written there."""
        pattern, first, last = hit
        start = _word_start(batch, first)
        final = int(batch.places[last - 1])
        stop = min(int(batch.places[last]) if last < len(batch.places) else high, high, final + _LONGEST_RUN)
        for form, entry in self._entries[pattern]:
            if final - start > 12 * form.letters + 20:
                continue
            if form.exact:
                match = form.pattern.search(batch.reading, start, stop)
                if match is None:  # "L l o y d": the run is spaced out, not shared with the word before
                    match = form.pattern.search(batch.reading, int(batch.places[first]), stop)
                if match is None:
                    continue
                begin, end = match.span()
                gap = match.group(2)
            else:
                match = None
                begin, end, gap = start, _last_word_end(batch.reading, start, stop), ""
            found = _bounded(text, batch, begin, end, low, high, form, entry)
            if found is None:
                continue
            if match is not None and form.joint and not _joined_well(form, gap, found):
                continue
            yield found


_NOTHING = Matches()


def _bounded(
    text: str, batch: Batch, begin: int, end: int, low: int, high: int, form: Form, entry: int
) -> Found | None:
    """Whether the words stand by themselves: at word boundaries, or as a part of a handle or hashtag."""
    reading, offsets = batch.reading, batch.offsets
    token = _in_token(reading, begin, low)
    original = text[int(offsets[begin]) : int(offsets[end - 1]) + 1]
    capital = original[:1].isupper()
    if begin > low and _WORD.match(reading[begin - 1]):
        before = text[int(offsets[begin - 1])]
        if not (token and (form.letters >= 8 or (capital and before.islower()))):
            return None
    if end < high and _WORD.match(reading[end]):
        possessive = reading[end] == "s" and not (end + 1 < high and _WORD.match(reading[end + 1]))
        numbered = token and reading[end].isdigit()
        inside = token and (form.letters >= 8 or text[int(offsets[end])].isupper())
        if not (numbered or inside or (possessive and form.letters >= 6)):
            return None
    if form.joint:
        # The capital that tells a name from a word is that of the surname.
        tail = original[-len(form.parts[-1]) :]
        capital = tail[:1].isupper() if form.rule not in ("transposed", "transposed_initial") else capital
    return Found(begin, end, form, entry, token, capital)


def _joined_well(form: Form, gap: str | None, found: Found) -> bool:
    """Whether two names meet as one name does: no end of sentence between, and glued only where that
    cannot be a chance meeting of words."""
    if gap is None:
        return True
    if _STOP.get(form.rule, _STOP_OTHERWISE).search(gap):
        return False
    if form.rule == "transposed_initial":
        return "," in gap
    if not gap:
        if found.token:
            return form.letters >= 5
        return form.rule not in ("forename_initial", "initial_surname") and form.letters >= 8
    if form.rule in ("forename_initial", "initial_surname"):
        initial = form.parts[0] if form.rule == "initial_surname" else form.parts[-1]
        return initial not in ("a", "i") or "." in gap or found.capital
    return True


def _in_token(reading: str, at: int, low: int) -> bool:
    """Whether a place stands in a @handle or #hashtag."""
    earliest = max(low, at - 60)
    while at > earliest and (_WORD.match(reading[at - 1]) or reading[at - 1] in "_.-"):
        at -= 1
    return at > low and reading[at - 1] in "@#"


def _word_start(batch: Batch, first: int) -> int:
    """Where the word of a hit begins: a run of one letter may reach back into the word before
    ("hall Littleover", "Miss Sinclair"), and then it is the run's last word that is meant."""
    start = int(batch.places[first])
    following = int(batch.places[first + 1]) if first + 1 < len(batch.places) else len(batch.reading)
    run = batch.reading[start : min(following, start + _LONGEST_RUN)]
    words = [found.start() for found in _WORD_BEGINS.finditer(run)]
    return start + words[-1] if words else start


def _last_word_end(reading: str, start: int, stop: int) -> int:
    """Where the last letter before `stop` ends."""
    while stop > start + 1 and not _WORD.match(reading[stop - 1]):
        stop -= 1
    return stop


def _offices(text: str, reading: Reading, terms: Sequence[tuple[int, int]]) -> Iterator[OfficeMention]:
    """Posts named by what they are called, not by who holds them (DOMAIN.md, Rules)."""
    words, marked = lexicon(), _marked(text, reading, terms)
    taken = bytearray(len(marked))
    for found in words.not_an_office.finditer(marked):
        taken[found.start() : found.end()] = b"\1" * len(found.group())
    mentions = []
    for office, pattern in words.offices:
        for found in pattern.finditer(marked):
            if not any(taken[found.start() : found.end()]):
                taken[found.start() : found.end()] = b"\1" * len(found.group())
                mentions.append(OfficeMention(*reading.span(*found.span()), office, f"office_{office}"))
    return iter(sorted(mentions, key=lambda mention: mention.start))


def _marked(text: str, reading: Reading, terms: Sequence[tuple[int, int]]) -> str:
    """The reading with the School's own terms and the capitals of "HT" marked, as long as before."""
    marked = bytearray(reading.text.encode("latin-1"))
    for start, end in terms:
        first, last = np.searchsorted(reading.offsets, (start, end))
        marked[first:last] = SCHOOL.encode() * int(last - first)
    for capitals in _HEADTEACHER_IN_CAPITALS.finditer(text):
        first, last = np.searchsorted(reading.offsets, capitals.span())
        if last - first == len(capitals.group()):
            marked[first:last] = capitals.group().encode()
    return marked.decode("latin-1")


def _with_standing(people: Sequence[Person]) -> Iterator[tuple[int, Person, bool]]:
    """Each Person with whether their bare surname may stand for them (R38): flagged `distinctive`, or
    unflagged with a surname that nobody else has and that is no widespread name or word."""
    surnames: dict[tuple[str, ...], int] = {}
    for person in people:
        words = words_of(person.surname)
        surnames[words] = surnames.get(words, 0) + 1
    known = lexicon().common_surnames | lexicon().ordinary_words
    for place, person in enumerate(people):
        words = words_of(person.surname)
        rare = surnames[words] == 1 and len("".join(words)) >= 6 and not known & set(words)
        yield place, person, "common" not in person.flags and ("distinctive" in person.flags or rare)


def _slipped(school: Iterable[Form]) -> Iterator[tuple[Form, bytes]]:
    """Long terms of the School with one slip of the pen ("Littleover Communtiy School")."""
    for form in school:
        letters = "".join(form.parts)
        if len(letters) >= _SLIP_LETTERS and form.rule in ("school_name", "school_handle", "school_domain"):
            slipped = Form("school_misspelt", form.parts, term=form.term, exact=False)
            for shape in dict.fromkeys(_skeletons(slips(letters))):
                yield slipped, shape


def _skeletons(words: Iterable[str]) -> list[bytes]:
    several = list(words)
    return read_batch(several).skeleton.split(b"\n")[:-1] if several else []


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
