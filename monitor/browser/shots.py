"""The pictures of one page: all of it, the flagged part as served, and that part without what covers it.

The first two are evidence. The third is derived, comes after everything else, and says what was hidden.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page

from monitor.browser import pixels
from monitor.browser.frames import Spot
from monitor.browser.reading import shows
from monitor.browser.scripts import HIDE_PICTURES, NOTE
from monitor.browser.world import ScriptFailed, World
from monitor.model import FlaggedPart

FULL, FLAG, DECLUTTERED = "shots/full.png", "shots/flag-01.png", "shots/flag-01.declutter.png"
_MAX_WIDTH = 4096
_TRIES = 5
_NOTE_ROWS = 60
"""More than the note about blocked pictures takes."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The page from its top: the picture, its size, the size of the page, whether it shows anything."""

    png: bytes
    size: tuple[int, int]
    page_size: tuple[int, int]
    blank: bool


def whole_page(
    session: CDPSession, size: tuple[int, int], *, max_height_px: int, without_pictures: bool
) -> Whole:
    """Picture the page down to the height limit, lossless. Raises ValueError for a picture that is no good.

    Quick rather than small: the same pixels in half the time (evidence study 3.3).
    """
    width, height = min(size[0], _MAX_WIDTH), min(size[1], max_height_px)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    data = _shoot(session, captureBeyondViewport=True, clip=clip)
    picture = pixels.read(data)
    if picture.size != (width, height):
        raise ValueError("the size is wrong")
    blank = pixels.shows_nothing(picture, skip_rows=_NOTE_ROWS if without_pictures else 0)
    return Whole(data, (width, height), size, blank)


def hide_pictures(page: Page, world: World) -> tuple[int, int]:
    """Hide what came without the network, and say on the page that pictures were blocked (R68). Returns
    the page's size with that note."""
    world.ask(HIDE_PICTURES)
    for frame in page.frames[1:]:
        if shows(frame):
            frame.evaluate(HIDE_PICTURES)
    size = world.ask(NOTE)
    return int(size["width"]), int(size["height"])


def flagged_part(session: CDPSession, spot: Spot, words: str) -> tuple[FlaggedPart, bytes]:
    """Picture what is in view where the words stand, and say what lies over them.

    Raises ValueError for a picture that is no good, and `ScriptFailed`.
    """
    before = spot.prove() if spot.frames else None
    for _ in range(_TRIES):
        data = _shoot(session)
        proof = spot.prove()
        if before is None or before["view"] == proof["view"]:
            break
        before = proof  # Frames scroll each in its own time: the picture may show them halfway.
    else:
        raise ScriptFailed("the words did not stand still")
    view = _box(proof["view"])
    part = FlaggedPart(
        words=words,
        box=_box(proof["page"]),
        in_picture=view,
        points=len(proof["points"]),
        clear=sum(bool(clear) for _, _, clear in proof["points"]),
        covered_by=tuple(map(str, proof["opaque"])),
        seen_through=tuple(map(str, proof["sheer"])),
        veiled_by=tuple(map(str, proof["veils"])),
        cut_by=tuple(map(str, proof["cuts"])),
        contrast=pixels.contrast(pixels.pixels(pixels.read(data)), view),
        picture=FLAG,
        frames=tuple(frame.address for frame in reversed(spot.frames)),
    )
    return part, data


def without_covers(session: CDPSession, spot: Spot) -> tuple[tuple[str, ...], bytes]:
    """Hide what covers the flagged words, and what is fixed on the screen, and picture the same view again.

    Returns what was hidden. Raises ValueError for a picture that is no good, and `ScriptFailed`.
    """
    hidden = spot.declutter()
    data = _shoot(session)
    pixels.read(data)
    return hidden, data


def _shoot(session: CDPSession, **more: object) -> bytes:
    shot = session.send("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True, **more})
    return base64.b64decode(shot["data"])


def _box(sides: Sequence[float]) -> tuple[int, int, int, int]:
    left, top, width, height = (round(side) for side in sides)
    return left, top, width, height
