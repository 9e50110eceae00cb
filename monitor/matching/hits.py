"""Where patterns stand in a batch, and whether a term of a school is really written there. Pure.

The skeleton that the automaton searches forgets blanks, doubles and the difference between i and l, so each
hit is held against the reading and the original.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from ahocorasick_rs import BytesAhoCorasick

from monitor.folding import Batch
from monitor.matching.context import Found
from monitor.matching.terms import Form

_BATCH_TEXTS = 512
_BATCH_POINTS = 1 << 19
_LONGEST_RUN = 80
"""How far the last letter of a term may be drawn out."""
_WORD = re.compile(r"[a-z0-9\x7f\x81]")


def batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Cut into runs that bound memory, however long single texts are."""
    first = 0
    while first < len(texts):
        sizes = list(accumulate(map(len, texts[first : first + _BATCH_TEXTS])))
        last = first + max(1, bisect_right(sizes, _BATCH_POINTS))
        yield first, last
        first = last


class Hit(NamedTuple):
    """A pattern found in the skeleton from `first` to `last`, and where in the reading its first, second
    and last letters stand, and the letter after it; and from where to where the text does."""

    text: int
    pattern: int
    first: int
    last: int
    start: int
    second: int
    final: int
    following: int
    low: int
    high: int


def hits_in(automaton: BytesAhoCorasick | None, batch: Batch) -> Iterable[Hit]:
    """Everything the automaton finds, in order, the longest first where several begin with one letter."""
    found = automaton.find_matches_as_indexes(batch.skeleton, overlapping=True) if automaton else ()
    if not found:
        return ()
    hits = np.array(found, dtype=np.intp)
    pattern, first, last = hits[np.lexsort((-hits[:, 2], hits[:, 1]))].T
    # Each text ends with a line feed, so a letter follows every pattern.
    start, second, final, following = (batch.places[at] for at in (first, first + 1, last - 1, last))
    text = np.searchsorted(batch.bounds, start, side="right") - 1
    low, high = batch.bounds[text], batch.bounds[text + 1] - 1
    columns = (text, pattern, first, last, start, second, final, following, low, high)
    return map(Hit._make, zip(*(column.tolist() for column in columns), strict=True))


def written_there(text: str, batch: Batch, hit: Hit, forms: Sequence[Form]) -> Iterator[Found]:
    """Hold a hit of the automaton against what is written there."""
    low, high = hit.low, hit.high
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


def _word_start(reading: str, hit: Hit) -> int:
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
