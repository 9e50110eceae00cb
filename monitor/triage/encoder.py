"""What the words of a text mean where they stand: a small transformer, run by ONNX Runtime. Pure.

It reads pieces of words, and says of everything that it has learnt how much a text speaks for it. In the same
network stands what single pieces and pairs of them say by themselves, which it adds.
`scripts/train` makes `encoder.onnx`: it begins as all-MiniLM-L6-v2 (Apache License 2.0, by Nils Reimers and
the sentence-transformers project), learns from the invented posts of tests/corpus, keeps the commoner pieces,
and ships each weight as a byte. Nothing is fetched when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]
Numbers = NDArray[np.float32]

START, END, MASK, UNKNOWN = "[CLS]", "[SEP]", "[MASK]", "[UNK]"
ADULT, PUPIL, SCHOOL = "\x1f", "\x1d", "\x1e"
"""Stand for each letter of an adult's name, of a pupil's name, and of a term for the School."""
STANDS_FOR = {ADULT: ("teacher", "someone"), PUPIL: ("pupil", "someone"), SCHOOL: ("school",)}
WINDOW = 80
"""So many pieces are read together; it learnt from posts no longer than that."""
_STEP = 60
"""A longer text is read in windows that begin so many pieces apart."""
_MOST_WINDOWS = 24
"""Beyond this, some three pages, a text is no post; rules still read all of it."""
_LONGEST_TEXT = 8_000
"""Characters; no more of a text is cut into words."""
_LONGEST_WORD = 40
_MOST_COVERED = 9
"""So many words are covered to learn which weigh most."""
_WORD = re.compile(rf"{ADULT}+|{PUPIL}+|{SCHOOL}+|[^\W_]+|[^\w\s]|_")


@dataclass(frozen=True, slots=True)
class Encoder:
    """The network, what it has learnt to tell, and the place of every piece that it knows."""

    network: Any
    """An `onnxruntime.InferenceSession`: `pieces` (texts, pieces) to `odds` (texts, heads)."""
    heads: tuple[str, ...]
    places: Mapping[str, int]

    def log_odds(self, rows: NDArray[np.int64]) -> Numbers:
        """The log odds of everything that was learnt, for texts of one length: (texts, heads).

        One at a time, because bytes are scaled by all that is reckoned together: what a text says must not
        hang on its neighbours.
        """
        return np.concatenate([self.network.run(["odds"], {"pieces": row[None]})[0] for row in rows])


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A text as windows of pieces, the words that they are parts of, and what each window speaks for."""

    words: tuple[Span, ...]
    rows: NDArray[np.int64]
    belongs: NDArray[np.intp]
    log_odds: Numbers
    """(windows, heads)"""
    whole: bool
    """Whether the windows cover all of the text."""


def read(text: str) -> Read | None:
    """What a text (lower case) speaks for; None when it has no words."""
    model = encoder()
    words, pieces, belongs = pieces_of(text, model.places)
    if not words:
        return None
    rows, whose = _windows(pieces, belongs, model.places)
    whole = len(text) <= _LONGEST_TEXT and len(pieces) <= _STEP * (_MOST_WINDOWS - 1) + WINDOW - 2
    return Read(tuple(words), rows, whose, model.log_odds(rows), whole)


def weighed_words(read: Read, head: int, against: int, *, most: int) -> list[Span]:
    """The words by which a text speaks for one head against another, weightiest first; `most` at most.

    The rarer words of the window that speaks most for it are covered together, then each alone is laid open:
    what it then speaks more is what the word weighs. (Each covered alone would weigh next to nothing where
    any of several says enough.)
    """
    window = int((read.log_odds[:, head] - read.log_odds[:, against]).argmax())
    tried, odds = _laid_open(read, window)
    speaks = odds[:, head] - odds[:, against]
    weights = speaks[1:] - speaks[0]
    order = np.argsort(-weights).tolist()
    weighty = [at for at in order if weights[at] > 0] or order[:1]
    return [read.words[tried[at]] for at in weighty[:most]]


@lru_cache(maxsize=4)
def _laid_open(read: Read, window: int) -> tuple[list[int], Numbers]:
    """The rarer words of a window; what it speaks for with all of them covered, then with all but each."""
    model = encoder()
    row, belongs = read.rows[window], read.belongs[window]
    rarity: dict[int, int] = {}
    for word, piece in zip(belongs.tolist(), row.tolist(), strict=True):
        rarity[word] = max(rarity.get(word, 0), piece)
    tried = sorted(rarity.keys() - {-1}, key=rarity.__getitem__, reverse=True)[:_MOST_COVERED]
    covered = np.where(np.isin(belongs, tried), model.places[MASK], row)
    opened = (np.where(belongs == word, row, covered) for word in tried)
    return tried, model.log_odds(np.stack([covered, *opened]))


# --- pieces -------------------------------------------------------------------------------------------


def pieces_of(text: str, places: Mapping[str, int]) -> tuple[list[Span], list[int], list[int]]:
    """Words of a text with where they stand, the pieces of all of them, and whose each piece is."""
    words: list[Span] = []
    pieces: list[int] = []
    belongs: list[int] = []
    for found in _WORD.finditer(text[:_LONGEST_TEXT]):
        word = found.group()
        parts = [part for one in STANDS_FOR.get(word[0], (word,)) for part in _parts(one, places)]
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
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Rows of one length, each begun and ended as it learnt them; -1 where a piece is of no word.

    Where there are too many, they cover the first and the last pieces.
    """
    size = min(len(pieces), WINDOW - 2)
    last = len(pieces) - size
    starts = [*range(0, last, _STEP)[: _MOST_WINDOWS - 1], last]
    rows = np.full((len(starts), size + 2), places[START], dtype=np.int64)
    whose = np.full((len(starts), size + 2), -1, dtype=np.intp)
    rows[:, -1] = places[END]
    for row, start in enumerate(starts):
        rows[row, 1:-1] = pieces[start : start + size]
        whose[row, 1:-1] = belongs[start : start + size]
    return rows, whose


@cache
def encoder() -> Encoder:
    """The encoder that ships with the package; one thread runs a text."""
    # Loaded when the first post needs it: commands that judge nothing start without it.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    packed = resources.files(__package__).joinpath("encoder.onnx").read_bytes()
    network = onnxruntime.InferenceSession(packed, options, providers=["CPUExecutionProvider"])
    told = network.get_modelmeta().custom_metadata_map
    return Encoder(
        network,
        heads=tuple(told["heads"].split("\n")),
        places={piece: at for at, piece in enumerate(told["pieces"].split("\n"))},
    )
