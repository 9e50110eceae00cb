"""What the words of a text mean where they stand: a small transformer, reckoned in numpy. Pure.

Six layers over pieces of words, 384 numbers each; the mean of what comes out is weighed once for each thing
that was learnt. `scripts/train` makes `encoder.npz`: it begins as all-MiniLM-L6-v2 (Apache License 2.0, by
Nils Reimers and the sentence-transformers project), learns from the invented posts of tests/corpus, keeps
the commoner pieces, and ships each weight as a byte. Nothing is fetched when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]
Numbers = NDArray[np.float32]

START, END, MASK, UNKNOWN = "[CLS]", "[SEP]", "[MASK]", "[UNK]"
NAME, SCHOOL = "\x1f", "\x1e"
"""Stand for each letter of a person's name and of a term for the School."""
STANDS_FOR = {NAME: "someone", SCHOOL: "school"}
HEADS_OF_ATTENTION = 12
WINDOW = 80
"""So many pieces are read together; it learnt from posts no longer than that."""
_STEP = 60
"""A longer text is read in windows that begin so many pieces apart."""
_LONGEST_TEXT = 4_000
"""Beyond this many characters a text is no post; rules still read all of it."""
_LONGEST_WORD = 40
_WORD = re.compile(rf"{NAME}+|{SCHOOL}+|[^\W_]+|[^\w\s]|_")
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: who looks at whom (attention), then what is made of it (feed-forward)."""

    look: Numbers
    look_bias: Numbers
    take: Numbers
    take_bias: Numbers
    taken: tuple[Numbers, Numbers]
    widen: Numbers
    widen_bias: Numbers
    narrow: Numbers
    narrow_bias: Numbers
    made: tuple[Numbers, Numbers]

    def __call__(self, states: Numbers) -> Numbers:
        """The states (texts, pieces, size) after this layer."""
        states = _level(states + self._attended(states), *self.taken)
        wide = _gelu(states @ self.widen + self.widen_bias)
        return _level(states + wide @ self.narrow + self.narrow_bias, *self.made)

    def _attended(self, states: Numbers) -> Numbers:
        texts, pieces, size = states.shape
        each = size // HEADS_OF_ATTENTION
        looked = (states @ self.look + self.look_bias).reshape(texts, pieces, 3, HEADS_OF_ATTENTION, each)
        asks, offers, holds = looked.transpose(2, 0, 3, 1, 4)
        weights = asks @ offers.swapaxes(-1, -2) / np.float32(np.sqrt(each))
        weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        together = (weights @ holds).transpose(0, 2, 1, 3).reshape(texts, pieces, size)
        taken: Numbers = together @ self.take + self.take_bias
        return taken


@dataclass(frozen=True, slots=True)
class Encoder:
    """Pieces with their vectors (bytes, and a scale for each), layers, and what the mean speaks for."""

    heads: tuple[str, ...]
    places: Mapping[str, int]
    vectors: NDArray[np.int8]
    scales: Numbers
    positions: Numbers
    begun: tuple[Numbers, Numbers]
    layers: tuple[Layer, ...]
    says: Numbers
    says_bias: Numbers

    def states(self, rows: NDArray[np.intp]) -> Numbers:
        """What stands at each piece of texts of one length: (texts, pieces) to (texts, pieces, size)."""
        read = self.vectors[rows] * self.scales[rows][..., None] + self.positions[: rows.shape[1]]
        states = _level(read, *self.begun)
        for layer in self.layers:
            states = layer(states)
        return states

    def log_odds(self, rows: NDArray[np.intp]) -> Numbers:
        """The log odds of everything that was learnt, for texts of one length: (texts, heads)."""
        odds: Numbers = self.states(rows).mean(axis=1) @ self.says + self.says_bias
        return odds


@dataclass(frozen=True, slots=True)
class Read:
    """A text as windows of pieces, the words that they are parts of, and what all of it speaks for."""

    words: tuple[Span, ...]
    rows: NDArray[np.intp]
    belongs: NDArray[np.intp]
    log_odds: Numbers
    """(windows, heads)"""


def read(text: str) -> Read | None:
    """What a text (lower case) speaks for; None when it has no words."""
    model = encoder()
    words, pieces, belongs = pieces_of(text, model.places)
    if not words:
        return None
    rows, whose = _windows(pieces, belongs, model.places)
    return Read(tuple(words), rows, whose, model.log_odds(rows))


def weighed_words(read: Read, head: int, against: int, *, most: int) -> list[Span]:
    """The words without which a text would speak least for one head against another, weightiest first.

    The rarer words of the window that speaks most for it are covered in turn, and what is then missing
    is what each weighed; `most` of them at most.
    """
    model = encoder()
    window = int((read.log_odds[:, head] - read.log_odds[:, against]).argmax())
    row, belongs = read.rows[window], read.belongs[window]
    rarity: dict[int, int] = {}
    for word, piece in zip(belongs.tolist(), row.tolist(), strict=True):
        rarity[word] = max(rarity.get(word, 0), piece)
    tried = sorted(rarity.keys() - {-1}, key=rarity.__getitem__, reverse=True)[: 3 * most]
    covered = np.stack([row, *(np.where(belongs == word, model.places[MASK], row) for word in tried)])
    odds = model.log_odds(covered)
    speaks = odds[:, head] - odds[:, against]
    weights = speaks[0] - speaks[1:]
    order = np.argsort(-weights).tolist()
    weighty = [at for at in order if weights[at] > 0] or order[:1]
    return [read.words[tried[at]] for at in weighty[:most]]


# --- pieces -------------------------------------------------------------------------------------------


def pieces_of(text: str, places: Mapping[str, int]) -> tuple[list[Span], list[int], list[int]]:
    """Words of a text with where they stand, the pieces of all of them, and whose each piece is."""
    words: list[Span] = []
    pieces: list[int] = []
    belongs: list[int] = []
    for found in _WORD.finditer(text[:_LONGEST_TEXT]):
        word = found.group()
        parts = _parts(STANDS_FOR.get(word[0], word), places)
        belongs += [len(words)] * len(parts)
        words.append(found.span())
        pieces += parts
    return words, pieces, belongs


def _parts(word: str, places: Mapping[str, int]) -> tuple[int, ...]:
    """A word as the longest known pieces from its beginning on; one sign for a word that has none."""
    whole = places.get(word)
    if whole is not None:
        return (whole,)
    parts: list[int] = []
    start = 0
    while start < len(word) <= _LONGEST_WORD:
        before = "##" if start else ""
        end = next((e for e in range(len(word), start, -1) if before + word[start:e] in places), 0)
        if not end:
            break
        parts.append(places[before + word[start:end]])
        start = end
    return tuple(parts) if start == len(word) else (places[UNKNOWN],)


def _windows(
    pieces: Sequence[int], belongs: Sequence[int], places: Mapping[str, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of one length, each begun and ended as it learnt them; -1 where a piece is of no word."""
    size = min(len(pieces), WINDOW - 2)
    last = len(pieces) - size
    starts = [*range(0, last, _STEP), last]
    rows = np.full((len(starts), size + 2), places[START], dtype=np.intp)
    whose = np.full((len(starts), size + 2), -1, dtype=np.intp)
    rows[:, -1] = places[END]
    for row, start in enumerate(starts):
        rows[row, 1:-1] = pieces[start : start + size]
        whose[row, 1:-1] = belongs[start : start + size]
    return rows, whose


# --- reckoning ------------------------------------------------------------------------------------------


def _level(states: Numbers, scale: Numbers, shift: Numbers) -> Numbers:
    """Layer normalisation."""
    off = states - states.mean(axis=-1, keepdims=True)
    spread = np.sqrt((off * off).mean(axis=-1, keepdims=True) + np.float32(_TINY))
    levelled: Numbers = off / spread * scale + shift
    return levelled


def _gelu(wide: Numbers) -> Numbers:
    """x times the share of a normal distribution below x, by its usual approximation."""
    inner = np.float32(0.7978845608) * (wide + np.float32(0.044715) * wide * wide * wide)
    soft: Numbers = np.float32(0.5) * wide * (1 + np.tanh(inner))
    return soft


@cache
def encoder() -> Encoder:
    """The encoder that ships with the package."""
    with (
        resources.as_file(resources.files(__package__).joinpath("encoder.npz")) as path,
        np.load(path) as held,
    ):
        return unpacked(held)


def unpacked(held: Mapping[str, NDArray[np.generic]]) -> Encoder:
    """An encoder from what `scripts/train` packed: every matrix as bytes with a scale for each column."""

    def whole(name: str) -> Numbers:
        return held[name].astype(np.float32)

    def matrix(name: str) -> Numbers:
        return held[name].astype(np.float32) * whole(f"{name}.scale")

    def pair(name: str) -> tuple[Numbers, Numbers]:
        return whole(f"{name}.weight"), whole(f"{name}.bias")

    layers = sum(name.endswith(".look") for name in held)
    return Encoder(
        heads=tuple(held["heads"].tobytes().decode().split("\n")),
        places={piece: at for at, piece in enumerate(held["pieces"].tobytes().decode().split("\n"))},
        vectors=held["vectors"].astype(np.int8),
        scales=whole("vectors.scale"),
        positions=matrix("positions"),
        begun=pair("begun"),
        layers=tuple(
            Layer(
                look=matrix(f"{at}.look"),
                look_bias=whole(f"{at}.look.bias"),
                take=matrix(f"{at}.take"),
                take_bias=whole(f"{at}.take.bias"),
                taken=pair(f"{at}.taken"),
                widen=matrix(f"{at}.widen"),
                widen_bias=whole(f"{at}.widen.bias"),
                narrow=matrix(f"{at}.narrow"),
                narrow_bias=whole(f"{at}.narrow.bias"),
                made=pair(f"{at}.made"),
            )
            for at in range(layers)
        ),
        says=whole("says"),
        says_bias=whole("says.bias"),
    )
