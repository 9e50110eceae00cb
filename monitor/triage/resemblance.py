"""What a post resembles, learnt from invented posts of each kind: a linear model over words and letters.

A second reader beside the rules, for what no rule has a pattern for. It only ever adds a category in which a
miss is worse than a false alarm (R46), and takes none away. `scripts/train` makes its weights from
tests/corpus; what it goes by can be read in them, one line a word, and each of its findings cites the words
that weighed most. Names and school terms are blanked before it looks: it knows nobody. Pure.
"""

from __future__ import annotations

import csv
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[?!]")
_LETTERS = (3, 4, 5)
_LONGEST_TEXT = 4_000
"""Beyond this many characters a text is no post; rules still read all of it."""
_MOST_CITED = 3
BLANK = "\x1f"
"""Stands for each letter of a name."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """A text resembles posts of a category: how sure (0 to 1), and the words that weighed most."""

    category: str
    sure: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """What `scripts/train` learnt: one column of weights a category."""

    categories: tuple[str, ...]
    biases: NDArray[np.float32]
    thresholds: NDArray[np.float32]
    places: Mapping[str, int]
    rarity: NDArray[np.float32]
    weights: NDArray[np.float32]

    def look(self, text: str) -> list[Resemblance]:
        """The categories that a text (as read, names blanked) resembles beyond their threshold."""
        found = [(self.places[one], span) for one, span in features(text) if one in self.places]
        if not found:
            return []
        places = np.array(sorted({place for place, _ in found}), dtype=np.intp)
        values = self.rarity[places]
        values = values / math.sqrt(float((values * values).sum()))
        sums = values @ self.weights[places] + self.biases
        over = np.flatnonzero(sums >= self.thresholds)
        return [
            Resemblance(self.categories[column], _share(float(sums[column])), self._cited(found, int(column)))
            for column in over.tolist()
        ]

    def _cited(self, found: Sequence[tuple[int, Span]], column: int) -> tuple[Span, ...]:
        """The words that speak most for a category, in the order of the text."""
        speaks: dict[Span, float] = {}
        for place, span in found:
            speaks[span] = speaks.get(span, 0.0) + float(self.weights[place, column] * self.rarity[place])
        most = sorted((span for span in speaks if speaks[span] > 0), key=lambda span: -speaks[span])
        return tuple(sorted(most[:_MOST_CITED]))


def features(text: str) -> Iterator[tuple[str, Span]]:
    """What the model looks at, with the word it stands in: words, pairs and triples of words, and runs of
    letters inside words (`~` before them, `_` at their ends)."""
    words = [(found.group(), found.span()) for found in _WORD.finditer(text[:_LONGEST_TEXT])]
    classes = _classes()
    kinds = [(classes(word), span) for word, span in words]
    for i, (kind, span) in enumerate(kinds):
        if kind.isupper():
            yield f"={kind}", span
        for j in range(i + 1, min(i + 5, len(kinds))):
            other, end = kinds[j]
            if kind.isupper() or other.isupper():
                near = "=" if j == i + 1 else "+"
                yield f"{kind}{near}{other}", (span[0], end[1])
    for i, (word, span) in enumerate(words):
        yield word, span
        if i + 1 < len(words):
            pair = f"{word} {words[i + 1][0]}"
            yield pair, (span[0], words[i + 1][1][1])
            if i + 2 < len(words):
                yield f"{pair} {words[i + 2][0]}", (span[0], words[i + 2][1][1])
        if len(word) > 3:
            padded = f"_{word}_"
            for size in _LETTERS:
                for at in range(len(padded) - size + 1):
                    yield f"~{padded[at : at + size]}", span


@cache
def _classes() -> Callable[[str], str]:
    """A function from a word to its class in capitals; words of no class stay."""
    data = tomllib.loads(resources.files(__package__).joinpath("resemblance.toml").read_text("utf-8"))
    whole: dict[str, str] = {}
    stems: dict[str, str] = {}
    for name, words in data["classes"].items():
        for word in words:
            (stems if word.endswith("*") else whole).setdefault(word.rstrip("*"), name.upper())

    def class_of(word: str) -> str:
        found = whole.get(word)
        if found is None:
            found = next(
                (stems[word[:size]] for size in range(len(word), 2, -1) if word[:size] in stems), word
            )
        return "NUMBER" if found.isdigit() else found

    return class_of


def blanked(text: str, spans: Iterable[Span]) -> str:
    """The text with what stands in `spans` blanked, as long as before."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = BLANK * (end - start)
    return "".join(letters)


@cache
def model() -> Model:
    """The model that ships with the package."""
    lines = csv.reader(
        resources.files(__package__).joinpath("resemblance.csv").read_text("utf-8").splitlines()
    )
    head, biases, thresholds, *rows = (line for line in lines if line and not line[0].startswith("#"))
    categories = tuple(head[2:])
    numbers = np.array([row[1:] for row in rows], dtype=np.float32)
    return Model(
        categories=categories,
        biases=np.array(biases[2:], dtype=np.float32),
        thresholds=np.array(thresholds[2:], dtype=np.float32),
        places={row[0]: place for place, row in enumerate(rows)},
        rarity=numbers[:, 0],
        weights=numbers[:, 1:] / np.float32(100),
    )


def _share(total: float) -> float:
    return 1 / (1 + math.exp(-total))
