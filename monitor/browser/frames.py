"""Where flagged words stand: in the page itself, or in a frame that another document is embedded in.

Each document is asked in a world of our own, also one of another site, which lives in a process of its own.
What covers the words is asked in every document from theirs up to the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from playwright.sync_api import CDPSession, Error, Page

from monitor.browser.scripts import DECLUTTER, FIND, PROVE, PROVE_FRAME, SHOWN, WITHIN
from monitor.browser.world import ScriptFailed, World

_MAX_FRAMES = 60

Proof = dict[str, Any]
"""What `scripts.PROVE` says, in the window of the document that was asked last."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that is shown: its document, and the document that embeds it."""

    frame_id: str
    address: str
    inside: World
    outside: World


@dataclass(frozen=True, slots=True)
class Spot:
    """Words that were found: which of those wanted, the world they are in, and the frames around them,
    innermost first. All methods raise `ScriptFailed`, for instance when a frame is gone."""

    number: int
    world: World
    frames: tuple[Frame, ...] = ()

    def prove(self) -> Proof:
        """Ask every document, from that of the words up to the page, what covers them."""
        proof: Proof = self.world.ask(PROVE)
        for frame in self.frames:
            proof = frame.outside.ask_holder(frame.frame_id, PROVE_FRAME, proof)
        return proof

    def scroll_to(self) -> None:
        """Bring the frames to where the words can be seen."""
        proof: Proof = self.world.ask(PROVE)
        for frame in self.frames:
            box = frame.outside.ask_holder(frame.frame_id, WITHIN, proof["view"])
            frame.outside.scroll_to(frame.frame_id, box)
            proof = frame.outside.ask_holder(frame.frame_id, PROVE_FRAME, proof)

    def declutter(self) -> tuple[str, ...]:
        """Hide what covers the words in any of the documents. Only after `prove`; says what was hidden."""
        worlds = (self.world, *(frame.outside for frame in self.frames))
        return tuple(str(name) for world in worlds for name in world.ask(DECLUTTER))


def find(page: Page, session: CDPSession, world: World, *, wanted: Sequence[str]) -> Spot | None:
    """Find the first of these phrases that stands in the page, else in a frame of it that is shown, and
    scroll to it. None when they stand nowhere. Raises `ScriptFailed`."""
    look = FIND % json.dumps(list(wanted))
    if (number := int(world.ask(look)["number"])) >= 0:
        return Spot(number, world)
    for frames in islice(_shown(page, session, world), _MAX_FRAMES):
        with suppress(ScriptFailed):  # A frame may go at any time; the words may still be in another one.
            if (number := int(frames[0].inside.ask(look)["number"])) >= 0:
                spot = Spot(number, frames[0].inside, frames)
                spot.scroll_to()
                return spot
    return None


def _shown(page: Page, session: CDPSession, world: World) -> Iterator[tuple[Frame, ...]]:
    """Every frame that can be seen, each with those around it, innermost first."""
    known: dict[str, tuple[Frame, ...]] = {}
    for own, described in _described(page, session):
        frame_id = str(described["id"])
        above = str(described.get("parentId", ""))
        if not above:
            known[frame_id] = ()
        elif above in known:
            around = known[above]
            outside = around[0].inside if around else world
            frame = Frame(frame_id, _address(str(described["url"])), World(own, frame_id), outside)
            with suppress(ScriptFailed):
                if outside.ask_holder(frame_id, SHOWN):
                    known[frame_id] = (frame, *around)
                    yield known[frame_id]


def _described(page: Page, session: CDPSession) -> Iterator[tuple[CDPSession, dict[str, Any]]]:
    """The page and its frames as the browser describes them, those outside before those inside, each with
    the session it answers in: a frame of another site has its own."""
    yield from _tree(session, session.send("Page.getFrameTree")["frameTree"])
    for frame in page.frames[1:]:
        with suppress(Error):  # It has no process of its own, or is gone.
            own = page.context.new_cdp_session(frame)
            yield from _tree(own, own.send("Page.getFrameTree")["frameTree"])


def _tree(session: CDPSession, tree: dict[str, Any]) -> Iterator[tuple[CDPSession, dict[str, Any]]]:
    yield session, tree["frame"]
    for below in tree.get("childFrames", ()):
        yield from _tree(session, below)


def _address(url: str) -> str:
    """What to call the document of a frame: one that came inside the page may be as long as it likes."""
    return "data:" if url.startswith("data:") else url
