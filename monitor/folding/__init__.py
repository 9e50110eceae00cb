"""One reading of a text, whatever it was dressed up in, with the way back to the original.

Matching and triage both read through this module, so that a name, a threat or a suppression trigger
written as "n0nce", "ＮＵＤＥＳ", "n u d e s" or with zero-width characters between its letters reads the
same to both. It knows nothing of people or rules.

Two results, both with an offset map to code points of the text as given:

- the *reading*: lower-case letters without accents, look-alikes and digits-as-letters undone, joiners
  (zero-width and combining characters) gone, punctuation kept as ASCII, other symbols as blanks;
- the *skeleton*: only letters and digits of the reading, `l` read as `i`, repeats collapsed. Different
  words may share a skeleton, so whoever searches it must compare the reading again.

All work is on a whole batch at once, no Python step per character. Plain ASCII goes through
`bytes.translate`, which no array operation comes near; arrays of positions are made for the few signs that
need a second look, and offsets only when somebody asks for them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from monitor.folding.letters import EITHER as _EITHER
from monitor.folding.letters import (
    END_OF_TEXT,
    JOINER,
    OTHER,
    POUND,
    SEPARATOR,
    STYLED,
    Codes,
    ascii_codes,
    codes_of,
)
from monitor.folding.signs import read_signs
from monitor.folding.styles import read_flags, read_styles, write_out

Offsets = NDArray[np.intp]

EITHER = chr(_EITHER)
"""Stands in a batch's reading for a sign that may be read as i or as l ("Sm1th", "Qui11feather")."""

_ENCODING = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_SPACED = re.compile(
    r"(?<![a-z0-9'\x81])[a-z\x81]"
    r"(?:([ \n.\-_*/~|+=:;#^<>]{1,3})[a-z\x81](?:\1[a-z\x81])+"
    r"|(?:(?:[ .\-_*/~]| ?[.\-_*/~] ?)[a-z\x81]){2,})"
    r"(?![a-z0-9'\x81])"
)
_STROKES = re.compile(f"{EITHER}+")
_VOWELS = ("a", "e", "i", "o", "u", "y")
_IS_LETTER = np.array([97 <= code <= 122 or code == _EITHER for code in range(256)])
_BEGINS_SAVVY = np.array([chr(code) in "aeiu" for code in range(256)])
_ENDS_SAVVY = np.array([chr(code) in "yie" for code in range(256)])
_SOLID = frozenset(range(97, 123)) | frozenset(range(48, 58)) | {END_OF_TEXT, OTHER, _EITHER}
_NOT_SOLID = bytes(sorted(set(range(256)) - _SOLID))
_STROKES_ALIKE = bytes({108: 105, _EITHER: 105, END_OF_TEXT: 10}.get(code, code) for code in range(256))
_ENDS_AS_LINES = bytes({END_OF_TEXT: 10}.get(code, code) for code in range(256))
_NO_SIGNS_LEFT = bytes(32 if code == 0x80 or code >= POUND else code for code in range(256))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it reads. `offsets[i]` is where `text[i]` stands in the original."""

    text: str
    offsets: Offsets

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` lies in the original."""
        if end <= start:
            at = int(self.offsets[start]) if start < len(self.offsets) else 0
            return at, at
        return int(self.offsets[start]), int(self.offsets[end - 1]) + 1


class Batch:
    """Many texts read at once.

    `reading` is all of them with a line feed after each; `offsets` count from the start of each
    text; text `i` has `reading[bounds[i]:bounds[i + 1] - 1]`. `places[k]` is where
    `skeleton[k]` stands in `reading`. Each is made when first asked for: only a batch with a hit needs
    more than the skeleton.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._codes, self._sources, self._written = _read_codes(texts)

    @cached_property
    def reading(self) -> str:
        """All texts as they read, with a line feed after each."""
        return self._codes.translate(_ENDS_AS_LINES).decode("latin-1")

    @cached_property
    def skeleton(self) -> bytes:
        """What an automaton searches."""
        solid, fresh = self._solid
        return solid[fresh].tobytes()

    @cached_property
    def places(self) -> Offsets:
        """Where in `reading` each byte of the skeleton stands."""
        solid = np.frombuffer(self._codes.translate(_IS_SOLID), dtype=bool)
        return np.flatnonzero(solid)[self._solid[1]]

    @cached_property
    def bounds(self) -> Offsets:
        """Where in `reading` each text begins, and where one more would."""
        if self._sources is None:
            return self._firsts
        return np.searchsorted(self._sources, self._firsts).astype(np.intp)

    @cached_property
    def offsets(self) -> Offsets:
        """Where in its own text each character of `reading` stands."""
        sources = np.arange(len(self._codes)) if self._sources is None else self._sources
        return sources - np.repeat(self._firsts[:-1], np.diff(self.bounds))

    @cached_property
    def typed(self) -> bytes:
        """What was typed for each character of `reading`: as it is where it is ASCII, else `?`."""
        if self._sources is None:
            return self._written
        return np.frombuffer(self._written, dtype=np.uint8)[self._sources].tobytes()

    @cached_property
    def _firsts(self) -> Offsets:
        firsts = np.zeros(len(self._texts) + 1, dtype=np.intp)
        np.cumsum([len(text) + 1 for text in self._texts], out=firsts[1:])
        return firsts

    @cached_property
    def _solid(self) -> tuple[Codes, NDArray[np.bool_]]:
        """Letters, digits and line feeds, and which of them repeat no letter just before."""
        solid = np.frombuffer(self._codes.translate(_STROKES_ALIKE, _NOT_SOLID), dtype=np.uint8)
        fresh = np.ones(len(solid), dtype=bool)
        np.not_equal(solid[1:], solid[:-1], out=fresh[1:])
        fresh |= solid < ord("a")
        return solid, fresh


_IS_SOLID = bytes(code in _SOLID for code in range(256))


class _Recent:
    """The last readings. Matcher, triage, suppression and masking ask for the same text one after the other,
    at most a batch of the matcher apart. All go when that many texts or characters have come in, so that
    it is some megabytes at most and no text stays while others keep coming. Threads that meet here lose a
    reading at worst."""

    _TEXTS, _POINTS = 512, 1 << 18

    def __init__(self) -> None:
        self._readings: dict[str, Reading] = {}
        self._points = 0

    def get(self, text: str) -> Reading | None:
        return self._readings.get(text)

    def keep(self, text: str, reading: Reading) -> None:
        self._points += len(text)
        if len(self._readings) >= self._TEXTS or self._points > self._POINTS:
            self._readings, self._points = {}, len(text)
        if len(text) <= self._POINTS:
            self._readings[text] = reading


_RECENT = _Recent()


def read(text: str) -> Reading:
    """Read one text for rules: as the reading, and letters spaced out or drawn out are closed up."""
    reading = _RECENT.get(text)
    if reading is None:
        codes, sources, _ = _read_codes((text,))
        offsets = np.arange(len(codes) - 1) if sources is None else sources[:-1]
        reading = _closed_up(codes[:-1].translate(_ENDS_AS_LINES).decode("latin-1"), offsets)
        _RECENT.keep(text, reading)
    return reading


def read_batch(texts: Sequence[str]) -> Batch:
    """Read many texts at once, with the skeleton for an automaton to search."""
    return Batch(texts)


def skeleton(words: str) -> bytes:
    """The skeleton of a pattern, made by the same steps as that of a text."""
    return Batch((words,)).skeleton[:-1]


def _read_codes(texts: Sequence[str]) -> tuple[bytes, Offsets | None, bytes]:
    """The reading as bytes, where in the joined texts each byte comes from (None: one by one), and these as
    typed, a `?` for what is not ASCII."""
    joined = SEPARATOR.join(texts) + SEPARATOR
    sources: Offsets | None = None
    with_signs_of_money = False
    if joined.isascii():
        written = joined.encode("ascii")
        plain = written.translate(ascii_codes())
    else:
        points = np.frombuffer(joined.encode(_ENCODING, "surrogatepass"), dtype=np.uint32)
        wide = np.flatnonzero(points > 127)
        found = codes_of(points[wide])
        typed = points.astype(np.uint8)
        typed[wide] = ord("?")
        written = typed.tobytes()
        codes = np.frombuffer(bytearray(written.translate(ascii_codes())), dtype=np.uint8)
        codes[wide] = found
        highest = int(found.max())
        with_signs_of_money = highest >= _EITHER - 1
        if highest >= STYLED:
            read_flags(codes)
            read_styles(codes, _latin(written))
            codes, sources = write_out(codes)
        plain = codes.tobytes()
    if b"\0" in plain:
        kept = np.flatnonzero(np.frombuffer(plain, dtype=np.uint8) != JOINER)
        sources = kept if sources is None else sources[kept]
        plain = plain.translate(None, b"\0")
    plain = read_signs(plain, written, sources)
    if with_signs_of_money:
        plain = plain.translate(_NO_SIGNS_LEFT)
    return *_read_double_v(plain, sources), written


def _latin(written: bytes) -> NDArray[np.bool_]:
    """Where an a to z was typed as such."""
    typed = np.frombuffer(written.lower(), dtype=np.uint8)
    return (typed >= ord("a")) & (typed <= ord("z"))


def _read_double_v(plain: bytes, sources: Offsets | None) -> tuple[bytes, Offsets | None]:
    """Two v as a w where English has none: but for "savvy", "revved" and the like."""
    at = np.flatnonzero(np.frombuffer(plain, dtype=np.uint8) == ord("v"))
    at = at[:-1][at[1:] == at[:-1] + 1]
    if not at.size:
        return plain, sources
    codes = np.frombuffer(bytearray(plain), dtype=np.uint8)
    before, after = codes[at - 1], codes[at + 2]
    at = at[(before != ord("v")) & (after != ord("v")) & ~(_BEGINS_SAVVY[before] & _ENDS_SAVVY[after])]
    if not at.size:
        return plain, sources
    # At the end of a word the second stays, so that the span of the word still has both.
    ends = ~_IS_LETTER[codes[at + 2]]
    codes[at] = codes[at + 1] = ord("w")
    keep = np.ones(len(codes), dtype=bool)
    keep[np.where(ends, at, at + 1)] = False
    return codes[keep].tobytes(), np.flatnonzero(keep) if sources is None else sources[keep]


def _closed_up(text: str, offsets: Offsets) -> Reading:
    """The reading of one text with i or l settled, and letters spaced out or drawn out closed up."""
    text, offsets = _drawn_in(text, offsets)
    spaced = [found.span() for found in _SPACED.finditer(text)]
    if spaced:
        letters = _IS_LETTER[np.frombuffer(text.encode("latin-1"), dtype=np.uint8)]
        keep = np.ones(len(text), dtype=bool)
        for start, end in spaced:
            keep[start:end] = letters[start:end]
        text, offsets = _drawn_in(_only(keep, text), offsets[keep])
    if EITHER in text:
        text = _STROKES.sub(_settled, text)
    offsets.flags.writeable = False  # it may be remembered, and handed out again
    return Reading(text, offsets)


def _drawn_in(text: str, offsets: Offsets) -> tuple[str, Offsets]:
    """A run of three or more letters read as one: "nooooonce"."""
    runs = [found.span() for found in _DRAWN_OUT.finditer(text)]
    if not runs:
        return text, offsets
    keep = np.ones(len(text), dtype=bool)
    for start, end in runs:
        keep[start + 1 : end] = False
    return _only(keep, text), offsets[keep]


def _only(keep: NDArray[np.bool_], text: str) -> str:
    return np.frombuffer(text.encode("latin-1"), dtype=np.uint8)[keep].tobytes().decode("latin-1")


def _settled(strokes: re.Match[str]) -> str:
    """i or l, by what English words have: "m1ss", "Tay1or", "ki11", "B111y", "1oser", "1mran".

    A guess, for rules. Who knows the names asks the batch, which leaves it open.
    """
    text, number = strokes.string, len(strokes.group())
    before, after = (
        text[max(0, strokes.start() - 2) : strokes.start()],
        text[strokes.end() : strokes.end() + 1],
    )
    after_vowel = before[-1:] in _VOWELS and before != "qu"
    if not "a" <= before[-1:] <= "z":
        return "l" if number == 1 and after in _VOWELS else "i" if number == 1 else "l" * number
    if number == 1:
        between_vowels_or_last = after_vowel and (after in _VOWELS or not "a" <= after <= "z")
        return "l" if before[-1:] == "i" or between_vowels_or_last else "i"
    if after_vowel:
        return "ll" + "i" * (number > 2) + "l" * (number - 3)
    return "il" + "l" * (number > 2) + "i" * (number > 3) + "l" * (number - 4)
