"""What words and phrases of a text speak for: a linear model, learnt from invented posts.

`phrases.csv` holds it, one line a word, pair, triple or run of letters; `scripts/train` makes it. Pure.
"""

from __future__ import annotations

import csv
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]
Numbers = NDArray[np.float32]

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[?!]")
_LETTERS = (3, 4, 5)
_LONGEST_TEXT = 4_000
"""Beyond this many characters a text is no post; rules still read all of it."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """One column of weights a category; the biases and thresholds are those of both readers together."""

    categories: tuple[str, ...]
    biases: Numbers
    thresholds: Numbers
    places: Mapping[str, int]
    rarity: Numbers
    weights: Numbers

    def look(self, text: str) -> tuple[list[Span], Numbers]:
        """The stretches of a text that say something, and what each adds to each category."""
        found = [(self.places[one], span) for one, span in features(text) if one in self.places]
        once = {place: at for at, (place, _) in enumerate(found)}
        places = np.array(list(once), dtype=np.intp)
        values = self.rarity[places]
        size = math.sqrt(float((values * values).sum())) or 1.0
        return [found[at][1] for at in once.values()], (values / size)[:, None] * self.weights[places]


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
    data = tomllib.loads(resources.files(__package__).joinpath("phrases.toml").read_text("utf-8"))
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


@cache
def phrases() -> Phrases:
    """The phrases that ship with the package."""
    lines = csv.reader(resources.files(__package__).joinpath("phrases.csv").read_text("utf-8").splitlines())
    head, biases, thresholds, *rows = (line for line in lines if line and not line[0].startswith("#"))
    numbers = np.array([row[1:] for row in rows], dtype=np.float32)
    return Phrases(
        categories=tuple(head[2:]),
        biases=np.array(biases[2:], dtype=np.float32),
        thresholds=np.array(thresholds[2:], dtype=np.float32),
        places={row[0]: place for place, row in enumerate(rows)},
        rarity=numbers[:, 0],
        weights=numbers[:, 1:] / np.float32(100),
    )
