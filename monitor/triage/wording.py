"""A text as the rules read it: disguises undone, emoji that speak as words, slips of the pen mended.

Built on `monitor.folding.read`, which knows letters; this knows which words matter. A word that is one
slip away from a word of the rules ("stabb", "suiside", "killl", "htae"), and is no other word itself, is
read as that word, and two words run together ("killhim") as two. Every change keeps the way back to the
original, so that a finding still quotes what was written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.folding import Reading, read

_TOKEN = re.compile(r"(?<![a-z0-9@'])[a-z]{3,24}(?![a-z0-9'])")
_BLANKS = re.compile(r"\s{2,}|[\n\r\t]")
_LONG = 5
"""From this length on any one slip is mended; shorter words have too many neighbours."""


def worded(text: str) -> Reading:
    """The text for the rules, with the way back to its code points."""
    shown, origins = _emoji_named(text)
    reading = read(shown)
    offsets = reading.offsets if origins is None else origins[reading.offsets]
    # Names of files and tags are words too: "yr9_shower_leak.zip".
    return _mended(_closed_blanks(reading.text.replace("_", " "), offsets))


# --- emoji and blanks -------------------------------------------------------------------------------


def _emoji_named(text: str) -> tuple[str, NDArray[np.intp] | None]:
    """The text with speaking emoji as words, and for each character where it came from."""
    names, pattern = _emoji()
    if text.isascii() or not pattern.search(text):
        return text, None
    parts: list[str] = []
    origins: list[NDArray[np.intp]] = []
    at = 0
    for found in pattern.finditer(text):
        name = f" {names[found.group()]} "
        parts += (text[at : found.start()], name)
        origins += (
            np.arange(at, found.start(), dtype=np.intp),
            np.full(len(name), found.start(), dtype=np.intp),
        )
        at = found.end()
    parts.append(text[at:])
    origins.append(np.arange(at, len(text), dtype=np.intp))
    return "".join(parts), np.concatenate(origins)


def _closed_blanks(text: str, offsets: NDArray[np.intp]) -> Reading:
    """Every run of blanks as one blank."""
    if not _BLANKS.search(text):
        return Reading(text, offsets)
    keep = np.ones(len(text), dtype=bool)
    for found in _BLANKS.finditer(text):
        keep[found.start() + 1 : found.end()] = False
    return Reading(_BLANKS.sub(" ", text), offsets[keep])


# --- slips ------------------------------------------------------------------------------------------


def _mended(reading: Reading) -> Reading:
    known, _ = _vocabulary()
    changes: list[tuple[int, int, str]] = []
    for found in _TOKEN.finditer(reading.text):
        word = found.group()
        if word not in known:
            better = _better(word)
            if better:
                changes.append((found.start(), found.end(), better))
    if not changes:
        return reading
    parts: list[str] = []
    origins: list[NDArray[np.intp]] = []
    at = 0
    for start, end, better in changes:
        parts += (reading.text[at:start], better)
        places = np.minimum(np.arange(len(better)), end - start - 1)
        places[-1] = end - start - 1
        origins += (reading.offsets[at:start], reading.offsets[start + places])
        at = end
    parts.append(reading.text[at:])
    origins.append(reading.offsets[at:])
    return Reading("".join(parts), np.concatenate(origins))


@lru_cache(maxsize=4_096)
def _better(word: str) -> str | None:
    """What a word that no list knows is read as, if anything: kept, because posts share their slips.

    Such words may be names: they stay in memory only, and as long as the process.
    """
    return _slip_of(word) or _run_on(word)


def _slip_of(word: str) -> str | None:
    """The one word of the rules that is a single slip away: a letter too many, too few, wrong, or two
    neighbours the wrong way round."""
    _, shortened = _vocabulary()
    for less in (word, *_left_out(word)):
        for key in shortened.get(less, ()):
            if _one_slip(word, key):
                return key
    return None


def _run_on(word: str) -> str | None:
    """Two words of the rules without the blank between them, one of them long enough to mean something."""
    keys = _keys()
    if len(word) < _LONG:
        return None
    for cut in range(1, len(word)):
        first, second = word[:cut], word[cut:]
        if (first in keys and second in keys) and max(len(first), len(second)) > 3:
            return f"{first} {second}"
    return None


def _one_slip(word: str, key: str) -> bool:
    """Whether one slip turns `key` into `word`; short words must keep all their letters."""
    if len(word) == len(key):
        wrong = [at for at in range(len(key)) if word[at] != key[at]]
        if len(wrong) == 1:
            return len(key) >= _LONG and wrong[0] > 0
        swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1
        return swapped and word[wrong[0]] == key[wrong[1]] and word[wrong[1]] == key[wrong[0]]
    longer, shorter = (word, key) if len(word) > len(key) else (key, word)
    if len(longer) - len(shorter) != 1 or longer[0] != shorter[0]:
        return False
    at = next((at for at in range(len(shorter)) if longer[at] != shorter[at]), len(shorter))
    if longer[at + 1 :] != shorter[at:]:
        return False
    # In short words only a letter doubled or not doubled: "stabb", "kil".
    return len(key) >= _LONG or (len(key) == _LONG - 1 and longer[at] == longer[at - 1])


def _left_out(word: str) -> Iterator[str]:
    """The word with each of its letters left out in turn."""
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


# --- data -------------------------------------------------------------------------------------------


@cache
def _vocabulary() -> tuple[frozenset[str], Mapping[str, tuple[str, ...]]]:
    """Words that stay as they are; and the words of the rules by themselves and with one letter left out."""
    shortened: dict[str, tuple[str, ...]] = {}
    for key in _data()["mend"].split():
        for less in (key, *_left_out(key)):
            if key not in shortened.get(less, ()):
                shortened[less] = (*shortened.get(less, ()), key)
    return _keys() | frozenset(_data()["stay"].split()), shortened


@cache
def _keys() -> frozenset[str]:
    return frozenset(_data()["mend"].split()) | frozenset(_data()["small"].split())


@cache
def _emoji() -> tuple[Mapping[str, str], re.Pattern[str]]:
    names: dict[str, str] = _data()["emoji"]
    return names, re.compile("|".join(map(re.escape, names)))


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("words", "spelling.toml").read_text("utf-8"))
