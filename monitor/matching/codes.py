"""Codes for single words that people learn at school, and how to undo them. Pure.

Nearly every word undone so is no name of anybody; whoever asks keeps those that are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_RIGHT = {letter: row[at - 1] for row in _ROWS for at, letter in enumerate(row) if at}
_LEFT = {letter: row[at + 1] for row in _ROWS for at, letter in enumerate(row) if at + 1 < len(row)}
_SMALL = "abcdefghijklmnopqrstuvwxyz"
_EXCHANGES = (str.maketrans(_RIGHT), str.maketrans(_LEFT))
_REFRAINS = ("egg", "ub", "ob", "op", "av", "idig", "ithag")
"""What children put before every vowel."""


def _exchanged(table: dict[int, str]) -> Callable[[str], Iterable[str]]:
    return lambda word: (word.translate(table),)


def _turned(word: str) -> Iterator[str]:
    """Every letter so many places on in the alphabet, or in the alphabet backwards."""
    for alphabet in (_SMALL, _SMALL[::-1]):
        for by in range(26):
            yield word.translate(str.maketrans(_SMALL, alphabet[by:] + alphabet[:by]))


def steps(word: str) -> str:
    """A key that words share whose letters are as far apart in the alphabet, forwards or backwards: what
    turning the alphabet leaves as it is."""
    apart = [ord(after) - ord(letter) for letter, after in pairwise(word)]
    return min(
        "".join(chr(65 + by % 26) for by in apart),
        "".join(chr(65 - by % 26) if by % 26 == 0 else chr(91 - by % 26) for by in apart),
    )


def _every_other(word: str) -> Iterator[str]:
    """A word with one and the same sign strewn in between ("Qxuxixlxl")."""
    for step in (2, 3):
        if all(len(set(word[at::step])) == 1 for at in range(1, step)):
            yield word[::step]


def _pig_latin(word: str) -> Iterator[str]:
    for ending in ("way", "yay", "ay"):
        if word.endswith(ending):
            stem = word[: -len(ending)]
            yield stem
            yield from (stem[-size:] + stem[:-size] for size in range(1, min(5, len(stem) - 1)))


def _without_refrain(word: str) -> Iterator[str]:
    """A word without a piece that comes back in it ("Queggillfeggeathegger"), and one that was doubled."""
    for refrain in _REFRAINS:
        if refrain in word:
            yield word.replace(refrain, "")
    for size in (2, 3, 4):
        pieces = [word[at : at + size] for at in range(len(word) - size + 1)]
        for piece in dict.fromkeys(piece for piece in pieces if word.count(piece) > 1):
            yield word.replace(piece, "")


CODES: tuple[Callable[[str], Iterable[str]], ...] = (
    _turned,
    *map(_exchanged, _EXCHANGES),
    _pig_latin,
    _without_refrain,
    _every_other,
)
"""Each gives what a word may have been before; the first is asked only of a word whose `steps` are known."""
