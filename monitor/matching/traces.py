"""What signs the texts of a batch have, and beside what: whoever looks for a disguise asks here first. Pure.

Nearly every text has no trace of any disguise, so it should not pay for looking for each. A trace is up to
three signs in a row. All of them are looked for in many texts at once: each is one bit, set for a sign where
it may be the first, second or third of the three, so that three look-ups and two ANDs see all there are.

A trace that is found says that a closer look is worth while; one that is not, that there is nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, hexdigits, punctuation, whitespace

import numpy as np
from numpy.typing import NDArray

_ENCODING = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
# Beyond ASCII a few sorts of sign are told apart; any other may be all that a trace asks for.
_WIDE, _QUOTE, _PICTURE, _STROKE, _COIN, _VARIANT, _ACCENTED = map(chr, range(128, 135))
_SORTS = {
    **dict.fromkeys("\u2018\u2019\u201c\u201d", _QUOTE),
    **dict.fromkeys("\u2022\u2013\u2014\u2588\u2587\u25a0\u2026", _STROKE),
    **dict.fromkeys("\u00a3\u00a2\u00a5\u20ac", _COIN),
    "\ufe0f": _VARIANT,
}
_PICTURES = ((0x2600, 0x2775), (0x2794, 0x27BF), (0x1F300, 0x1FAFF))
_END = "\0\0\0"
"""After each text, so that no trace reaches into the next."""

_ANY = "".join(map(chr, range(135)))
_LETTER, _DIGIT = ascii_letters + _ACCENTED + _WIDE, digits + _WIDE
_WORD = _LETTER + digits + "_"
_SIGN = punctuation.replace("_", "") + "".join(map(chr, (*range(1, 9), *range(14, 28), 127))) + _ANY[128:134]
_HIDES = "*#%!$&?~^+_@.-" + _STROKE + _WIDE
_HIDES_ALONE = "*#%_~^" + _STROKE + _WIDE
_STARS = "*" + _STROKE + _WIDE
_LEET = digits + "$|" + _COIN + _WIDE
_BRACKETS = "()[]{}" + _WIDE
_MAY_BE_READ = "".join(sorted(set(_ANY) - set('.,;:?"' + whitespace)))
_TAPS = ".-_" + _STROKE + _WIDE
_TAPPED_ON = _TAPS + " /|"
_HEX = hexdigits + _WIDE
_BREAKS = "\r\n\0" + _WIDE

_TEXTS_AT_ONCE = 32
"""What is looked up for so many posts stays near the processor."""

_Trace = tuple[str, str, str]
"""Three signs in a row: which the first, the second and the third may be."""
_TRACES: dict[str, Sequence[_Trace]] = {
    "hidden": ((_LETTER, _HIDES_ALONE, _LETTER), (_LETTER, "[(<" + _WIDE, "rdhcbsn." + _STROKE + _WIDE)),
    "hidden_from": ((_LETTER, _HIDES, _HIDES),),
    "hidden_to": ((_HIDES, _HIDES, _LETTER), (_STARS, _STARS, _ANY)),
    "leet": (
        (_LETTER, _LEET + "@", _ANY), (_LEET + "!", _LETTER, _ANY), (_WORD + "@$#|!'-", "@", _LETTER),
        (_LEET + "@!", "'-", _LETTER), (_LETTER, "'-", _LEET + "@"),
    ),
    "drawn": (
        ("|\\/(){}<>[]+" + _WIDE, _SIGN, _ANY),
        (_WORD + "@$!", "|\\/({<[+" + _COIN + _WIDE, _WORD + "|\\/(){}<>@$!"),
        (_WORD, ")" + _WIDE, _WORD),
    ),
    "numbered": ((_DIGIT, _LETTER, _ANY), (_LETTER, _DIGIT, _ANY)),
    "pictured": (
        (_LETTER, _PICTURE + _WIDE, _ANY), (_PICTURE + _WIDE, _LETTER + _VARIANT, _ANY),
    ),
    "counted": ((_DIGIT, "-., /" + _WIDE, _DIGIT),),
    "packed": ((ascii_lowercase + digits, ascii_uppercase, _ANY),),
    "foreign": ((_WIDE, _WIDE, _ANY),),
    "mirrored": ((_ACCENTED + _WIDE, _ANY, _ANY),),
    "misread": ((_WIDE + _ACCENTED, ascii_lowercase + _ANY[128:], _ANY),),
    "tapped": ((_TAPS, _TAPPED_ON, _TAPPED_ON),),
    "keyed": ((_DIGIT, _DIGIT, _DIGIT),),
    "escaped": (
        ("&" + _WIDE, "#" + _WIDE, _ANY), ("&" + _WIDE, _LETTER, _LETTER),
        ("\\" + _WIDE, "uxUX" + _WIDE, _ANY), ("uU" + _WIDE, "+" + _WIDE, _HEX),
        ("%" + _WIDE, _HEX, _HEX), ("=" + _WIDE, _HEX, _HEX),
        ("=" + _WIDE, _BREAKS, _ANY), ("<[" + _WIDE, "/" + _LETTER, _ANY),
    ),
    "of_escapes": (("&\\%=<[+", _ANY, _ANY),),
    "in_hex": ((_HEX, _HEX, _HEX + " :-"),),
    "in_bytes": (("4567" + _WIDE, _HEX, "4567 :-" + _WIDE),),
    "broken": ((_MAY_BE_READ, _BRACKETS, _MAY_BE_READ),),
    "broken_off": (("-" + _STROKE + _WIDE, " " + _BREAKS, _ANY),),
    "lines": (("\r\n" + _WIDE, _ANY, _ANY),),
}  # fmt: skip


def _table(place: int) -> NDArray[np.uint64]:
    """For each sort of sign the traces, as bits, in which it may stand at one of the three places."""
    table = np.zeros(256, dtype=np.uint64)
    for number, trace in enumerate(trace for several in _TRACES.values() for trace in several):
        table[[ord(sign) for sign in set(trace[place])]] |= np.uint64(1 << number)
    return table


def _masks() -> dict[str, int]:
    masks, first = {}, 0
    for name, several in _TRACES.items():
        masks[name] = ((1 << len(several)) - 1) << first
        first += len(several)
    return masks


_FIRST, _SECOND, _THIRD = map(_table, range(3))
TRACE = _masks()
"""The bits of each trace in what `traces_of` gives."""


def traces_of(texts: Sequence[str]) -> list[int]:
    """The traces in each text, as bits: `TRACE` says of what."""
    found: list[int] = []
    first = 0
    for last in range(_TEXTS_AT_ONCE, len(texts) + _TEXTS_AT_ONCE, _TEXTS_AT_ONCE):
        found += _traces_of(texts[first:last])
        first = last
    return found


def _traces_of(texts: Sequence[str]) -> list[int]:
    signs = _signs(_END.join(texts) + _END)
    found = _FIRST[signs[:-2]] & _SECOND[signs[1:-1]] & _THIRD[signs[2:]]
    sizes = [len(text) + len(_END) for text in texts]
    traces: list[int] = np.bitwise_or.reduceat(found, np.cumsum([0, *sizes[:-1]])).tolist()
    return traces


def _signs(joined: str) -> NDArray[np.uint8]:
    """What sort of sign each one is."""
    if joined.isascii():
        return np.frombuffer(joined.encode("ascii"), dtype=np.uint8)
    points = np.frombuffer(joined.encode(_ENCODING, "surrogatepass"), dtype=np.uint32)
    return _SORT[np.minimum(points, len(_SORT) - 1)]


def _sorts() -> NDArray[np.uint8]:
    """The sort of each sign by code point; of all that are higher, the last."""
    sorts = np.full(_PICTURES[-1][-1] + 2, ord(_WIDE), dtype=np.uint8)
    sorts[:128] = range(128)
    sorts[0xC0:0x250] = ord(_ACCENTED)
    for sign, sort in _SORTS.items():
        sorts[ord(sign)] = ord(sort)
    for first, last in _PICTURES:
        sorts[first : last + 1] = ord(_PICTURE)
    return sorts


_SORT = _sorts()
