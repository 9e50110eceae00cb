"""What the country says about a word: how many bear it as a name, and whether it is a word at all.

A bare surname weighs what it is rare, and a near-miss that is itself a known name ("Warden" for "Worden") is
no slip. The lists beside this module are written by `scripts/names`, which says where the facts come from.
They are rough: orders of magnitude, not figures to count with.

Keys are what folding makes of a name: a to z, without accents, hyphens, apostrophes and blanks.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources

_KNOWN = 1e-6
"""Share below which the lists hold names of a few families, and slips of the clerks who counted them."""


def surname_share(word: str) -> float:
    """The rough share of the British population that bears this surname, 0 to 1; 0.0 when unknown."""
    return _shares("surnames.csv").get(word, 0.0)


def forename_share(word: str) -> float:
    """The rough share of the British population that bears this forename, 0 to 1; 0.0 when unknown."""
    return _shares("forenames.csv").get(word, 0.0)


def is_surname(word: str) -> bool:
    """Whether the word is a surname to whoever reads it; those that hardly anybody bears are missing."""
    return surname_share(word) >= _KNOWN


def is_forename(word: str) -> bool:
    """Whether the word is a known forename or a usual short form of one."""
    return word in _shares("forenames.csv")


def is_word(word: str) -> bool:
    """Whether the word is ordinary English, written without a capital, or usual in chats ("innit").

    Words that are surnames too are words ("cook", "young"); what most people would take for a name alone
    is not ("khan", "harry"). Plurals and verb forms are included.
    """
    return word in _words()


@cache
def _shares(name: str) -> dict[str, float]:
    shares: dict[str, float] = {}
    for line in _lines(name):
        bearers_in_a_million, _, names = line.partition(",")
        shares.update(dict.fromkeys(names.split(), float(bearers_in_a_million) / 1e6))
    return shares


@cache
def _words() -> frozenset[str]:
    return frozenset(" ".join(_lines("words.csv")).split())


def _lines(name: str) -> Iterator[str]:
    """The lines of a list that ships with the package, without the remarks on top."""
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return (line for line in text.splitlines() if not line.startswith("#"))
