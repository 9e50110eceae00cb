"""The pictures of one page: all of it, the flagged part as served, and that part without what covers it.

The first two are evidence. The third is derived, comes after everything else, and says what was hidden.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page

from monitor.browser import pixels
from monitor.browser.reading import shows
from monitor.browser.scripts import DECLUTTER, FIND, HIDE_PICTURES, NOTE, PROVE
from monitor.browser.world import World
from monitor.model import FlaggedPart

FULL, FLAG, DECLUTTERED = "shots/full.png", "shots/flag-01.png", "shots/flag-01.declutter.png"
_MAX_WIDTH = 4096
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


def flagged_part(session: CDPSession, world: World, wanted: Sequence[str]) -> tuple[FlaggedPart, bytes]:
    """Find the first of these phrases that stands on the page, scroll to it, picture what is in view, and
    say what lies over it. No words and no picture when none of them stands there.

    Raises ValueError for a picture that is no good, and `ScriptFailed`.
    """
    found = int(world.ask(FIND % json.dumps(list(wanted)))["number"])
    if found < 0:
        return FlaggedPart(""), b""
    data = _shoot(session)
    proof = world.ask(PROVE)
    view = _box(proof["view"])
    part = FlaggedPart(
        words=wanted[found],
        box=_box(proof["box"]),
        in_picture=view,
        points=int(proof["points"]),
        clear=int(proof["clear"]),
        covered_by=tuple(map(str, proof["opaque"])),
        seen_through=tuple(map(str, proof["sheer"])),
        veiled_by=tuple(map(str, proof["veils"])),
        contrast=pixels.contrast(pixels.pixels(pixels.read(data)), view),
        picture=FLAG,
    )
    return part, data


def without_covers(session: CDPSession, world: World) -> tuple[tuple[str, ...], bytes]:
    """Hide what covers the flagged words, and what is fixed on the screen, and picture the same view again.

    Returns what was hidden. Raises ValueError for a picture that is no good, and `ScriptFailed`.
    """
    hidden = tuple(map(str, world.ask(DECLUTTER)))
    data = _shoot(session)
    pixels.read(data)
    return hidden, data


def _shoot(session: CDPSession, **more: object) -> bytes:
    shot = session.send("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True, **more})
    return base64.b64decode(shot["data"])


def _box(sides: Sequence[float]) -> tuple[int, int, int, int]:
    left, top, width, height = (int(side) for side in sides)
    return left, top, width, height
