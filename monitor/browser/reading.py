"""Reads what a page says, its embedded frames included."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from urllib.parse import urlsplit

from playwright.sync_api import Error, Frame, Page
from playwright.sync_api import TimeoutError as Timeout

from monitor.browser.scripts import READ
from monitor.browser.verdict import Reading
from monitor.browser.world import World

_LEAST_S = 0.3
_SHOWN_SCHEMES = ("http", "https", "about", "data", "blob")


def look(page: Page, world: World) -> tuple[Reading, int]:
    """What can be read now, and how many frames could not be. Raises `ScriptFailed`."""
    found = world.ask(READ)
    texts, alts, unread = [str(found["text"])], [str(alt) for alt in found["alts"]], 0
    for frame in page.frames[1:]:
        try:
            inner = frame.evaluate(READ) if shows(frame) else {"text": "", "alts": []}
            text, more = str(inner["text"]), [str(alt) for alt in inner["alts"]]
        except (Error, KeyError, TypeError):  # A frame answers in its own world and may say anything.
            unread += 1
            continue
        if text.strip():
            texts.append(f"--- embedded frame ---\n{text}")
        alts.extend(more)
    reading = Reading(
        title=str(found["title"]),
        text="\n".join(texts),
        alts=tuple(alts),
        password=bool(found["password"]),
        pictures=int(found["pictures"]),
        size=(int(found["width"]), int(found["height"])),
        url=str(found["url"]),
        agent=str(found["agent"]),
    )
    return reading, unread


def take_out_frozen(page: Page, patience_s: float) -> int:
    """Take out the frames whose scripts never pause, and say how many there were: whatever is asked of such
    a frame, a picture of the page included, would be waited for to the end of the capture. Those of the
    page's own host share its process, so they pause when it does. `patience_s` is for all of them."""
    frozen, end = 0, monotonic() + patience_s
    for frame in page.frames[1:]:
        if urlsplit(frame.url).netloc in ("", urlsplit(page.url).netloc):
            continue
        left_s = max(_LEAST_S, end - monotonic())  # Those that share a process freeze together.
        try:
            frame.wait_for_selector(":root", state="attached", timeout=1000 * left_s)
        except Timeout:
            frozen += 1
            with suppress(Error):  # It may have gone by itself.
                frame.frame_element().evaluate("frame => frame.remove()")
        except Error:
            continue
    return frozen


def shows(frame: Frame) -> bool:
    """Whether there is anything of a page in this frame."""
    return not frame.is_detached() and urlsplit(frame.url).scheme in _SHOWN_SCHEMES
