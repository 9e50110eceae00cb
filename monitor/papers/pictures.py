"""Pictures for people: redacted copies, and page-high parts of tall ones. The one user of Pillow here.

The sealed picture is never touched (R78): what comes out of here is derived, names its parent by SHA-256
and says what was changed.
"""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.papers.audiences import PaperRefused
from monitor.papers.facts import Cover, PictureFacts

if TYPE_CHECKING:
    from PIL.Image import Image

VIEW_WIDTH = 1280
"""No part for looking at is wider, in pixels."""
PART_SHAPE = 1.24
"""Height over width of one part: what fits on an A4 page with its caption."""
OVERLAP = 24
"""Pixels that a part repeats of the one before, so that a line of writing cut at its edge can be read."""
THUMBNAIL = (560, 420)

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BARE_CHUNKS = (b"IHDR", b"IDAT", b"IEND")
_BLACK = (0, 0, 0)


class PictureUnusable(PaperRefused):
    """Bytes that are no picture that can be shown."""


@dataclass(frozen=True, slots=True)
class Part:
    """One page-high part for looking at, a JPEG: the `number`th of `of`, rows `top` to `bottom`."""

    content: bytes
    number: int
    of: int
    top: int
    bottom: int
    width: int
    height: int


def redact(picture: PictureFacts) -> bytes:
    """A PNG of the picture with every cover painted black: new pixels, no layer, no metadata (R78).

    Raises `PaperRefused` for a cover that lies outside the picture, and `PictureUnusable`.
    """
    from PIL import ImageDraw

    image = _opened(picture)
    draw = ImageDraw.Draw(image)
    for cover in picture.covers:
        draw.rectangle(_box(cover, image, picture.path), fill=_BLACK)
    written = io.BytesIO()
    image.save(written, "PNG", compress_level=6)
    content = written.getvalue()
    _check(content, picture)
    return content


def parts(picture: PictureFacts) -> tuple[Part, ...]:
    """The whole picture in parts that each fit on a page, from the top. Raises `PictureUnusable`."""
    image = _opened(picture)
    fits = max(2 * OVERLAP, round(image.width * PART_SHAPE))
    count = max(1, math.ceil((image.height - OVERLAP) / (fits - OVERLAP)))
    step = math.ceil((image.height - OVERLAP) / count)
    found = []
    for number in range(count):
        top, bottom = number * step, min((number + 1) * step + OVERLAP, image.height)
        piece = image.crop((0, top, image.width, bottom))
        piece.thumbnail((VIEW_WIDTH, bottom - top))
        found.append(Part(_jpeg(piece), number + 1, count, top, bottom, piece.width, piece.height))
    return tuple(found)


def thumbnail(picture: PictureFacts) -> bytes:
    """A small JPEG of the top of the picture. Raises `PictureUnusable`."""
    image = _opened(picture)
    width, height = THUMBNAIL
    top = image.crop((0, 0, image.width, min(image.height, round(image.width * height / width))))
    top.thumbnail(THUMBNAIL)
    return _jpeg(top)


def size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels. Raises `PictureUnusable`."""
    kind, head = next(chunks(content), (b"", b""))
    if kind != b"IHDR" or len(head) < 8:
        raise PictureUnusable("a picture is damaged; verify the archive")
    return int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big")


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG, each with its kind. Raises `PictureUnusable` for anything else."""
    at = len(PNG_SIGNATURE)
    if content[:at] != PNG_SIGNATURE:
        raise PictureUnusable("a picture is not in the PNG format; it must be captured again")
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        if int.from_bytes(content[at + 8 + size : at + 12 + size], "big") != zlib.crc32(kind + body):
            raise PictureUnusable("a picture is damaged; verify the archive")
        yield kind, body
        at += 12 + size


def _opened(picture: PictureFacts) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(picture.content), formats=("PNG",)) as opened:
            # Onto new pixels, so that neither transparency nor anything that the file says comes along.
            image = Image.new("RGB", opened.size, (255, 255, 255))
            if opened.has_transparency_data:
                coloured = opened.convert("RGBA")
                image.paste(coloured, mask=coloured.getchannel("A"))
            else:
                image.paste(opened)
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PictureUnusable(f"{picture.path} cannot be opened as a picture; verify the archive") from error
    return image


def _box(cover: Cover, image: Image, path: str) -> tuple[int, int, int, int]:
    """The corners of a cover, both inside it, cut to the picture."""
    left, top = max(0, cover.left), max(0, cover.top)
    right = min(image.width, cover.left + cover.width) - 1
    bottom = min(image.height, cover.top + cover.height) - 1
    if left > right or top > bottom:
        raise PaperRefused(f"a cover of {path} lies outside the picture; mark it again")
    return left, top, right, bottom


def _check(content: bytes, picture: PictureFacts) -> None:
    """Look at the finished copy, as somebody would who wants to undo it."""
    strays = sorted({kind for kind, _ in chunks(content)} - set(_BARE_CHUNKS))
    if strays:
        raise PaperRefused(f"the copy of {picture.path} carries more than pixels; do not pass it on")
    written = _opened(PictureFacts(picture.path, content, picture.caption))
    for cover in picture.covers:
        left, top, right, bottom = _box(cover, written, picture.path)
        if written.crop((left, top, right + 1, bottom + 1)).getextrema() != ((0, 0), (0, 0), (0, 0)):
            raise PaperRefused(f"a cover of {picture.path} is not black all over; do not pass it on")


def _jpeg(image: Image) -> bytes:
    written = io.BytesIO()
    # Full colour resolution, since red or blue writing smears without it.
    image.save(written, "JPEG", quality=82, subsampling=0)
    return written.getvalue()
