"""Lets a page finish by itself, then brings in what it loads only for somebody who scrolls. Bounded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as Timeout

from monitor.browser.scripts import GROWTH, SETTLE, TO_TOP
from monitor.browser.world import ScriptFailed, World

_LOAD_S = 5.0
_CALLS_S = 2.0
_MOST_BATCHES = 40
_BATCH_PX = 200  # A page that changes by less has not gone on; it moves.
_ANSWER_SHOWS_MS = 500  # What a script was answered stands on the page by then.


@dataclass(frozen=True, slots=True)
class Settled:
    """How far a page was scrolled, and what had come by then. Pictures are those down to the height limit."""

    whole: bool = False
    stops: int = 0
    height: int = 0
    images: int = 0
    loaded: int = 0
    pending: int = 0
    broken: int = 0
    fonts: bool = True

    def troubles(self) -> list[str]:
        """What had not come, in words."""
        return [
            words
            for words, there in (
                ("the page went on longer than the time allowed", not self.whole),
                (f"pictures that had not arrived: {self.pending}", self.pending),
                (f"pictures that could not be shown: {self.broken}", self.broken),
                ("a font had not arrived", not self.fonts),
            )
            if there
        ]


def settle(
    page: Page,
    world: World,
    *,
    budget_s: float,
    max_height_px: int,
    wait_for_pictures: bool,
    calls_ended: Callable[[], bool],
    hold_still: Callable[[], None],
) -> Settled:
    """Wait for the page to load, and scroll it. `calls_ended` says whether its scripts were answered;
    `hold_still` is called when the page goes on to another address meanwhile, before it is scrolled again."""
    with suppress(Timeout):
        page.wait_for_load_state("load", timeout=1000 * min(_LOAD_S, 0.4 * budget_s))
    _wait_until(page, calls_ended)

    def scrolled() -> Settled:
        end = monotonic() + budget_s
        return _scroll(
            page,
            world,
            end=end,
            max_height_px=max_height_px,
            wait_for_pictures=wait_for_pictures,
            calls_ended=calls_ended,
        )

    try:
        return scrolled()
    except ScriptFailed:
        hold_still()
    try:
        return scrolled()
    except ScriptFailed:
        return Settled()


def _scroll(
    page: Page,
    world: World,
    *,
    end: float,
    max_height_px: int,
    wait_for_pictures: bool,
    calls_ended: Callable[[], bool],
) -> Settled:
    """Scroll through the page, and on through what it adds whenever somebody comes to its end."""
    start, stops = 0, 0
    for _ in range(_MOST_BATCHES):
        budget_ms = max(1, int(1000 * (end - monotonic())))
        waits = "true" if wait_for_pictures else "false"
        found = Settled(**world.ask(SETTLE % (start, budget_ms, max_height_px, waits)))
        stops += found.stops
        expected, asked = found.height + _BATCH_PX, not calls_ended()
        _wait_until(page, calls_ended)
        grown = world.ask(GROWTH % (expected, _ANSWER_SHOWS_MS if asked else 0))
        if grown < expected or found.height >= max_height_px or monotonic() >= end:
            break
        start = max(0, found.height - _window_px(page))  # What is new may stand above a footer.
    world.ask(TO_TOP)
    return replace(found, stops=stops)


def _window_px(page: Page) -> int:
    size = page.viewport_size
    return size["height"] if size else 0


def _wait_until(page: Page, done: Callable[[], bool]) -> None:
    end = monotonic() + _CALLS_S
    while not done() and monotonic() < end:
        page.wait_for_timeout(20)
