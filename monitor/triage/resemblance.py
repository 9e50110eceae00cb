"""What a post resembles, learnt from invented posts of each kind: a second reader beside the rules.

It is for what no rule has a pattern for. It only ever adds a category in which a miss is worse than a false
alarm (R46), and takes none away. Two models are added up, one of phrases (`phrases.py`) and one of what words
mean together (`senses.py`); both say what each word added, and so each of its findings cites the words that
weighed most. Names and school terms are blanked before it looks: it knows nobody. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.triage.phrases import Numbers, Span, phrases
from monitor.triage.senses import senses

HEADS = {
    "A3": {"A3"}, "S1": {"S1"}, "S2": {"S2", "A9"}, "S4": {"S4"}, "S6": {"S6"}, "S8": {"S8"}, "A5": {"A5"},
    "S3": {"S3"}, "A7": {"A7", "S7"},
}  # fmt: skip
"""What is learnt, and the categories that it stands for."""
QUIET = "quiet"
_MOST_CITED = 3
BLANK = "\x1f"
"""Stands for each letter of a name."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """A text resembles posts of a category: how sure (0 to 1), and the words that weighed most."""

    category: str
    sure: float
    spans: tuple[Span, ...]


def resembled(text: str) -> list[Resemblance]:
    """The categories that a text (as read, names blanked) resembles beyond their threshold."""
    model = phrases()
    spans, added = model.look(text)
    more_spans, more = senses().look(text)
    both = np.concatenate([added, more])
    sums = both.sum(axis=0) + model.biases
    over = np.flatnonzero(sums >= model.thresholds) if len(both) else ()
    return [
        Resemblance(model.categories[at], _share(float(sums[at])), _cited([*spans, *more_spans], both[:, at]))
        for at in map(int, over)
    ]


def _cited(spans: Sequence[Span], added: Numbers) -> tuple[Span, ...]:
    """The words that speak most for a category, in the order of the text."""
    speaks: dict[Span, float] = {}
    for span, share in zip(spans, added.tolist(), strict=True):
        speaks[span] = speaks.get(span, 0.0) + share
    most = sorted((span for span in speaks if speaks[span] > 0), key=lambda span: -speaks[span])
    return tuple(sorted(most[:_MOST_CITED]))


def blanked(text: str, spans: Iterable[Span]) -> str:
    """The text with what stands in `spans` blanked, as long as before."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = BLANK * (end - start)
    return "".join(letters)


def _share(total: float) -> float:
    return 1 / (1 + math.exp(-total))
