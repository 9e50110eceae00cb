"""What kind of page this is: the page that was asked for, or something a site shows instead. Pure.

A picture of a login wall must never pass for a picture of the post (promise 3), and no wall is worked
round (R25): it is named, and that is all.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit

_BLANK_CHARACTERS = 20
_SHORT_CHARACTERS = 1500

_LOGIN_PATH = re.compile(
    r"/(log-?in|sign-?in|signup|authwall|checkpoint|accounts/login|i/flow/login)\b", re.I
)
_LOGIN_WORDS = re.compile(
    r"(log|sign) ?in (or (sign up|register|create an account) )?to (continue|view|see|read)"
    r"|you (must|need to|have to) (log|sign) ?in"
    r"|(sign up|register|create an account) to (continue|view|see|read)"
    r"|see (more|posts|photos|this) .{0,40}(log|sign) ?in",
    re.I,
)
_CHALLENGE_WORDS = re.compile(
    r"just a moment|attention required|are you (a robot|human)|verify (that )?you are (a )?human"
    r"|(prove|confirm) (that )?you('re| are) (not a robot|human)|not a robot|unusual traffic"
    r"|checking your browser|complete the (security check|captcha)|enable javascript and cookies to continue",
    re.I,
)
_GONE_WORDS = re.compile(
    r"page (was |could )?not (be )?found"
    r"|(page|post|content|video|profile) (isn.t|is not|is no longer) available"
    r"|this (page|post|account) (doesn.t|does not|no longer) exist|has been (deleted|removed)\b",
    re.I,
)

WORDS = {
    "login_wall": "the page asked for a login, so what lies behind it was not shown",
    "challenge": "the page asked whether a person is looking, so its content was not shown",
    "error_page": "the site answered with an error page",
    "not_found": "the site said that the page is not there",
    "blank": "the page showed next to nothing",
    "unreachable": "the page could not be reached",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at a loaded page brought. Sizes are CSS pixels."""

    title: str
    text: str
    alts: tuple[str, ...]
    password: bool
    pictures: int
    size: tuple[int, int]
    url: str
    agent: str

    @property
    def words(self) -> str:
        """Everything a person could read: title, visible text, descriptions of pictures."""
        return "\n".join((self.title, self.text, *self.alts))


def judge(reading: Reading, requested_url: str, *, status: int | None) -> str:
    """Name what stands there: "page", or one of the keys of `WORDS`.

    Words count only on short pages: a long thread may well speak of logging in.
    """
    text = reading.text.strip()
    short = len(text) < _SHORT_CHARACTERS
    told = f"{reading.title}\n{text}" if short else reading.title
    if short and _CHALLENGE_WORDS.search(told):
        return "challenge"
    moved = urlsplit(reading.url).path != urlsplit(requested_url).path
    walled = moved and _LOGIN_PATH.search(urlsplit(reading.url).path)
    if status == 401 or walled or (short and (reading.password or _LOGIN_WORDS.search(told))):
        return "login_wall"
    if status in (404, 410):
        return "not_found"
    if status is not None and status >= 400:
        return "error_page"
    if len(text) < _BLANK_CHARACTERS and reading.pictures == 0:
        return "blank"
    if len(text) < _SHORT_CHARACTERS // 3 and _GONE_WORDS.search(told):
        return "not_found"
    return "page"


def png_size(data: bytes) -> tuple[int, int]:
    """The size of a PNG whose every chunk and every row is really there, in pixels.

    Raises ValueError otherwise: browsers can return empty or cut pictures without an error
    (evidence study 3.3).
    """
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("not a PNG")
    width = height = row_bytes = inflated = 0
    unpack, place, ended = zlib.decompressobj(), 8, False
    while place + 12 <= len(data) and not ended:
        (length,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], memoryview(data)[place + 8 : place + 8 + length]
        if zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(
            data[place + 8 + length : place + 12 + length], "big"
        ):
            raise ValueError("a chunk is damaged")
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(">IIBB", body)
            row_bytes = 1 + (width * depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] + 7) // 8
        elif kind == b"IDAT":
            inflated += len(unpack.decompress(body))
        ended = kind == b"IEND"
        place += 12 + length
    if not ended or not width or not height or inflated != row_bytes * height:
        raise ValueError("rows are missing")
    return width, height
