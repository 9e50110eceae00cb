"""Looks at the pixels of a picture that the browser made: is it whole, does it show anything. Pure.

Browsers can return empty, cut or wrong-sized pictures without an error (evidence study 3.3).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CHANNELS = {2: 3, 6: 4}
_BLANK_PIXELS = 600
"""What a word or two take, or the ring that turns while a page loads."""


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG whose every chunk is as it was written, from the first to the last."""

    width: int
    height: int
    channels: int
    packed: bytes

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height


Pixels = NDArray[np.uint8]
"""Rows, columns, channels."""


def read(data: bytes) -> Png:
    """Take a PNG apart. Raises ValueError for one that is damaged, cut short or of a kind that no
    browser makes. The rows themselves are unpacked by `pixels` only: a tall picture holds 80 MB."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("not a PNG")
    view, place, packed, head = memoryview(data), 8, [], None
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], view[place + 8 : place + 8 + length]
        check = data[place + 8 + length : place + 12 + length]
        if zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(check, "big"):
            raise ValueError("a chunk is damaged")
        if kind == b"IHDR":
            head = struct.unpack_from(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed.append(body)
        elif kind == b"IEND":
            break
        place += 12 + length
    else:
        raise ValueError("the end is missing")
    if head is None or not head[0] or not head[1] or not packed:
        raise ValueError("the picture is empty")
    width, height, depth, colour, _, _, interlaced = head
    if depth != 8 or colour not in _CHANNELS or interlaced:
        raise ValueError("not a kind of PNG that browsers make")
    return Png(width, height, _CHANNELS[colour], b"".join(packed))


def pixels(png: Png) -> Pixels:
    """Unpack the rows. Raises ValueError when some are missing."""
    row_bytes = 1 + png.width * png.channels
    try:
        flat = np.frombuffer(zlib.decompress(png.packed), np.uint8)
    except zlib.error as error:
        raise ValueError("rows are damaged") from error
    if flat.size != row_bytes * png.height:
        raise ValueError("rows are missing")
    lines = flat.reshape(png.height, row_bytes)
    found: Pixels = lines[:, 1:].reshape(png.height, png.width, png.channels).copy()
    kinds = lines[:, 0]
    if (kinds == 2).all():
        # What Chromium writes when it is told to hurry: every row as its difference from the one above.
        return np.add.accumulate(found, axis=0, dtype=np.uint8)
    for number, kind in enumerate(kinds):
        above = found[number - 1] if number else np.zeros_like(found[0])
        if kind == 1:
            found[number] = np.add.accumulate(found[number], axis=0, dtype=np.uint8)
        elif kind == 2:
            found[number] += above
        elif kind > 2:
            raise ValueError("not a kind of PNG that a browser in a hurry makes")
    return found


def shows_nothing(png: Png, *, skip_rows: int = 0) -> bool:
    """Whether next to every pixel below the first rows has the same colour.

    Raises ValueError when rows are missing.
    """
    raw_bytes = png.width * png.height * png.channels
    if len(png.packed) > raw_bytes // 400 + 20 * _BLANK_PIXELS:
        return False  # One colour packs to a thousandth: there is no need to unpack 80 MB to see this.
    rows = pixels(png)[skip_rows:, :, :3].astype(np.uint32)
    shades = (rows[..., 0] << 16 | rows[..., 1] << 8 | rows[..., 2]).ravel()
    if not shades.size:
        return True
    found, counts = np.unique(shades[:: max(1, shades.size // 10_000)], return_counts=True)
    return bool(np.count_nonzero(shades != found[counts.argmax()]) < _BLANK_PIXELS)


def contrast(shown: Pixels, box: tuple[int, int, int, int]) -> int:
    """The span of brightness within left, top, width, height: 0 for one colour, 255 for black on white."""
    left, top, width, height = box
    part = shown[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0), :3]
    if not part.size:
        return 0
    brightness = part @ np.array([0.299, 0.587, 0.114])
    return int(brightness.max() - brightness.min())
