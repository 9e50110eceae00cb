"""Whom the words in a picture may name: matched like any text, and proposed with a confidence of its own.

Pure. A name that was read from a picture is never taken for granted: a person confirms it (R41).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from monitor import triage
from monitor.matching import Matcher
from monitor.matching.judgement import band
from monitor.matching.names import is_word
from monitor.model import Matches, PersonMatch
from monitor.pictures.text import Box, PictureText

_FROM_A_PICTURE = "read from a picture, so a person must confirm it"


_LONG = 7
_AROUND = 24


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody whom a picture may name. The `match` speaks of the picture's text; its score is that of
    the words times `confidence`, which is how sure the engine is of their letters. `boxes` are their
    places in the picture."""

    match: PersonMatch
    confidence: float
    boxes: tuple[Box, ...]


def propose(matcher: Matcher, read: PictureText, *, at_home: bool) -> tuple[Matches, tuple[Proposal, ...]]:
    """Find the School and its people in the words of a picture.

    `at_home`: where the picture came from gives school context by itself, or the words beside it do. The
    Matches carry the same lowered scores as the Proposals, for triage.
    """
    if not read.text:
        return Matches(context=at_home), ()
    found = matcher.scan([read.text], [at_home])[0]
    proposals = tuple(_proposal(match, read) for match in found.people)
    school = tuple(
        replace(one, confidence=round(one.confidence * read.confidence_of(one.start, one.end), 3))
        for one in found.school
    )
    return replace(found, school=school, people=tuple(one.match for one in proposals)), proposals


def suppression(text: str) -> str | None:
    """Name the S2 or A9 trigger that the words of a picture set off, or None; prefers false alarms (R28).

    Where an engine drops the space between two words, the trigger may lie inside one: long words that are
    no ordinary ones are asked about divided at each place as well.
    """
    return triage.suppression(text) or triage.suppression("\n".join(_divided(text)))


def _divided(text: str) -> Iterator[str]:
    """Each long strange word with its neighbours, cut in two at each place; linear in the text."""
    words = ["", *text.split(), ""]
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        letters = "".join(filter(str.isalpha, word)).lower()
        if len(letters) >= _LONG and not is_word(letters):
            for at in range(2, len(word) - 1):
                head, tail = word[max(0, at - _AROUND) : at], word[at : at + _AROUND]
                yield f"{before[-_AROUND:]} {head} {tail} {after[:_AROUND]}"


def _proposal(match: PersonMatch, read: PictureText) -> Proposal:
    confidence = read.confidence_of(match.start, match.end)
    score = round(match.score * confidence, 3)
    lowered = replace(match, score=score, band=band(score), why=(*match.why, _FROM_A_PICTURE))
    return Proposal(lowered, round(confidence, 3), read.boxes_of(match.start, match.end))
