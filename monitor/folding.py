"""One reading of a text, whatever it was dressed up in, with the way back to the original.

Matching and triage both read through this module, so that a name, a threat or a suppression trigger
written as "n0nce", "ＮＵＤＥＳ", "n u d e s" or with zero-width characters between its letters reads the
same to both. It knows nothing of people or rules.

Two results, both with an offset map to code points of the text as given:

- the *reading*: lower-case letters without accents, look-alikes and digits-as-letters undone, joiners
  (zero-width and combining characters) gone, punctuation kept as ASCII, other symbols as blanks;
- the *skeleton*: only letters and digits of the reading, `l` read as `i`, repeats collapsed. Different
  words may share a skeleton, so whoever searches it must compare the reading again.

All work is on numpy arrays over a whole batch: no Python step per character.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
Offsets = NDArray[np.intp]

_JOINER = 0
_OTHER_LETTER = 0x7F
_EURO = 0x80
EITHER = "\x81"
"""Stands in a batch's reading for a sign that may be read as i or as l ("Sm1th", "Qui11feather")."""

_ENCODING = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"

# Letters that Unicode does not decompose, and look-alikes of other alphabets (Unicode TR 39 has the
# long list; these are the ones that render alike in common fonts).
_LOOKALIKES = {
    "a": "аαɑᴀ", "b": "ьвʙ", "c": "сϲᴄ", "d": "ԁđðᴅ", "e": "еєεəᴇ", "f": "ƒꜰ", "g": "ɡցɢ", "h": "һнħʜ",
    "i": "іıιɪ", "j": "јᴊ", "k": "кκᴋ", "l": "ӏłʟ", "m": "мᴍ", "n": "ոпηɴ", "o": "оοօøσᴏ", "p": "рρþᴘ",
    "q": "ԛ", "r": "гʀ", "s": "ѕʂꜱ", "t": "тτŧᴛ", "u": "υսᴜ", "v": "νѵᴠ", "w": "ԝωᴡ", "x": "хχ", "y": "уγʏ",
    "z": "ᴢƶ",
}  # fmt: skip
_FIRST_OF_TWO = {"æ": "a", "œ": "o", "ß": "s"}
_PUNCTUATION = {"‘": "'", "’": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "«": '"', "»": '"',
                "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": ".", "。": ".", "›": "'",
                "‹": "'"}  # fmt: skip
_LEET = {"0": "o", "1": EITHER, "3": "e", "4": "a", "5": "s", "7": "t", "8": "b",
         "@": "a", "$": "s", "!": EITHER, "|": EITHER, "€": "e"}  # fmt: skip
_SPACED = re.compile(r"(?<![a-z0-9'])[a-z](?:(?:[ .\-_*/~]| ?[.\-_*/~] ?)[a-z]){2,}(?![a-z0-9'])")


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


@dataclass(frozen=True, slots=True)
class Batch:
    """Many texts read at once.

    `reading` is all of them with a line feed after each; `offsets` count from the start of each
    text; text `i` has `reading[bounds[i]:bounds[i + 1] - 1]`. `places[k]` is where
    `skeleton[k]` stands in `reading`.
    """

    reading: str
    offsets: Offsets
    bounds: Offsets
    skeleton: bytes
    places: Offsets


def read(text: str) -> Reading:
    """Read one text for rules: as the reading, and letters spaced out or drawn out are closed up."""
    codes, offsets, _ = _read_codes((text,))
    codes, offsets = _choose_i_or_l(codes[:-1]), offsets[:-1]
    if len(codes) > 2:
        alike = (codes[2:] == codes[1:-1]) & (codes[1:-1] == codes[:-2])
        if alike.any():
            keep = np.ones(len(codes), dtype=bool)
            letters = _is_letter(codes)
            # A run of three or more letters is read as one: "nooooonce".
            run = np.zeros(len(codes), dtype=bool)
            run[2:] |= alike
            run[1:-1] |= alike
            keep[1:] = ~(run[1:] & (codes[1:] == codes[:-1]) & letters[1:])
            codes, offsets = codes[keep], offsets[keep]
    plain = codes.tobytes().decode("latin-1")
    keep = np.ones(len(codes), dtype=bool)
    for found in _SPACED.finditer(plain):
        inside = codes[found.start() : found.end()]
        keep[found.start() : found.end()] = _is_letter(inside)
    if not keep.all():
        codes, offsets = codes[keep], offsets[keep]
        plain = codes.tobytes().decode("latin-1")
    return Reading(plain, offsets)


def read_batch(texts: Sequence[str]) -> Batch:
    """Read many texts at once, with the skeleton for an automaton to search."""
    codes, offsets, bounds = _read_codes(texts)
    solid = ((codes >= 97) & (codes <= 122)) | ((codes >= 48) & (codes <= 57)) | (codes == 10)
    solid |= (codes == _OTHER_LETTER) | (codes == ord(EITHER))
    places = np.flatnonzero(solid)
    skeleton = codes[places]
    skeleton[(skeleton == ord("l")) | (skeleton == ord(EITHER))] = ord("i")
    fresh = np.ones(len(skeleton), dtype=bool)
    fresh[1:] = (skeleton[1:] != skeleton[:-1]) | (skeleton[1:] < 97)
    return Batch(
        reading=codes.tobytes().decode("latin-1"),
        offsets=offsets,
        bounds=bounds,
        skeleton=skeleton[fresh].tobytes(),
        places=places[fresh],
    )


def skeleton(words: str) -> bytes:
    """The skeleton of a pattern, made by the same steps as that of a text."""
    return read_batch((words,)).skeleton[:-1]


def _read_codes(texts: Sequence[str]) -> tuple[Codes, Offsets, Offsets]:
    """The reading as bytes, each byte's offset in its own text, and where each text begins."""
    joined = "\n".join(texts) + "\n"
    points = np.frombuffer(joined.encode(_ENCODING, "surrogatepass"), dtype=np.uint32)
    codes = _table()[np.minimum(points, _TABLE_SIZE - 1)]
    kept = np.flatnonzero(codes != _JOINER)
    codes = _undo_leet(codes[kept])
    lengths = np.fromiter((len(text) + 1 for text in texts), dtype=np.intp, count=len(texts))
    firsts = np.concatenate((np.zeros(1, dtype=np.intp), np.cumsum(lengths)))
    bounds = np.searchsorted(kept, firsts).astype(np.intp)
    offsets = kept - np.repeat(firsts[:-1], np.diff(bounds))
    return codes, offsets.astype(np.intp), bounds


def _is_letter(codes: Codes) -> NDArray[np.bool_]:
    return (codes >= 97) & (codes <= 122)


def _choose_i_or_l(codes: Codes) -> Codes:
    """Settle each `EITHER`: l where doubled or at the beginning of a word ("ki11", "1oser"), else i."""
    either = codes == ord(EITHER)
    if not either.any():
        return codes
    padded = np.concatenate((np.zeros(1, dtype=np.uint8), codes, np.zeros(1, dtype=np.uint8)))
    doubled = (padded[:-2] == ord(EITHER)) | (padded[2:] == ord(EITHER))
    begins = ~_is_letter(padded[:-2])
    settled = np.where(doubled | begins, np.uint8(ord("l")), np.uint8(ord("i")))
    return np.where(either, settled, codes)


def _undo_leet(codes: Codes) -> Codes:
    """Read digits and signs as letters where they stand inside a word or begin one.

    Inside: a run of them with a letter on both sides ("Qui11fe@ther"). Beginning: one digit or `$`
    before three letters ("5mith"), so that "1st", "9pm", "Y11" and "9F" stay what they are.
    """
    as_letter, leet = _leet()
    maybe = leet[codes]
    if not maybe.any():
        return codes
    size = len(codes)
    letters = _is_letter(codes)
    index = np.arange(size)
    left = np.maximum.accumulate(np.where(maybe, -1, index))
    right = np.minimum.accumulate(np.where(maybe, size, index)[::-1])[::-1]
    left_letter = (left >= 0) & letters[np.maximum(left, 0)]
    right_letter = (right < size) & letters[np.minimum(right, size - 1)]
    inside = maybe & left_letter & right_letter
    padded = np.zeros(size + 4, dtype=bool)
    padded[1 : size + 1] = letters
    before = np.zeros(size, dtype=bool)
    before[1:] = letters[:-1] | maybe[:-1] | (codes[:-1] == ord("#"))
    three = padded[2 : size + 2] & padded[3 : size + 3] & padded[4 : size + 4]
    beginning = maybe & ~before & three & (((codes >= 48) & (codes <= 57)) | (codes == ord("$")))
    change = inside | beginning
    return np.where(change, as_letter[codes], codes)


_TABLE_SIZE = 0x20000


@cache
def _leet() -> tuple[Codes, NDArray[np.bool_]]:
    as_letter = np.arange(256, dtype=np.uint8)
    leet = np.zeros(256, dtype=bool)
    for sign, letter in _LEET.items():
        code = _EURO if sign == "€" else ord(sign)
        as_letter[code] = ord(letter)
        leet[code] = True
    return as_letter, leet


@cache
def _table() -> Codes:
    """One byte for every code point below `_TABLE_SIZE`; higher ones share the last entry."""
    table = np.full(_TABLE_SIZE, ord(" "), dtype=np.uint8)
    table[0x2E80:0xA4D0] = _OTHER_LETTER
    table[0xAC00:0xD7A4] = _OTHER_LETTER
    # Only these ranges hold Latin forms, marks or joiners; asking Unicode about the rest costs a second.
    for first, last in (
        (0x00, 0x2C7F),
        (0xA640, 0xABFF),
        (0xFB00, 0xFFFF),
        (0x1D400, 0x1D7FF),
        (0x1F100, 0x1F1FF),
    ):
        for point in range(first, last + 1):
            table[point] = _code(chr(point))
    table[0x1F3FB:0x1F400] = _JOINER
    table[_TABLE_SIZE - 1] = _JOINER  # tags and variation selectors; the private planes with them
    for letter, others in _LOOKALIKES.items():
        for other in others:
            for form in (other, other.upper()):
                if len(form) == 1 and not form.isascii():
                    table[ord(form)] = ord(letter)
    for double, first_letter in _FIRST_OF_TWO.items():
        table[ord(double)] = table[ord(double.upper()[0])] = ord(first_letter)
    table[ord("S")] = ord("s")
    for sign, plain in _PUNCTUATION.items():
        table[ord(sign)] = ord(plain)
    table[ord("€")] = _EURO
    for step in range(26):
        table[0x1F1E6 + step] = table[0x1F130 + step] = table[0x1F150 + step] = table[0x1F170 + step] = (
            97 + step
        )
    return table


def _code(point: str) -> int:
    """The byte for one code point: a letter, a digit, ASCII punctuation, a blank or a joiner."""
    if point in "\n\r\v\f\u0085\u2028\u2029":
        return ord("\n")
    category = unicodedata.category(point)
    if category in ("Mn", "Me", "Cf"):
        return _JOINER
    compatible = unicodedata.normalize("NFKD", point).lower()
    first = compatible[:1]
    if first.isascii() and first.isprintable() and first != " ":
        return ord(first)
    if category[0] == "L" or category == "Mc":
        return _OTHER_LETTER
    if category == "Nd":
        return ord("0") + unicodedata.digit(point)
    return ord(" ")
