"""Two players of web archives that none of us wrote, and what a reader sees of a record in them."""

from __future__ import annotations

import html
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, sync_playwright

from monitor.browser import find_browser
from tests.checkers import checker, checker_page
from tests.page_server import Answer, PageServer

Player = Callable[[Path, str, Path], AbstractContextManager[str]]
"""Plays a package in a folder of its own; gives the address where a browser sees what was at `url`."""


@contextmanager
def pywb(package: Path, url: str, scratch: Path) -> Iterator[str]:
    """A server that puts the page together again."""
    for words in (["init", "c"], ["add", "--unpack-wacz", "c", str(package)]):
        subprocess.run(
            [checker("wb-manager"), *words], cwd=scratch, check=True, timeout=60, capture_output=True
        )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(
        [checker("wayback"), "-b", "127.0.0.1", "-p", str(port)],
        cwd=scratch,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as player:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}/c/{url}"
        finally:
            player.terminate()


@contextmanager
def replayweb_page(package: Path, url: str, scratch: Path) -> Iterator[str]:
    """A service worker that puts the page together in the browser itself; `scratch` stays empty."""
    page = (
        '<!doctype html><script src="/ui.js"></script><replay-web-page source="/capture.wacz"'
        f' url="{html.escape(url)}" replayBase="/replay/" embed="replayonly"></replay-web-page>'
    )
    with closing(PageServer()) as server:
        for path, name in (("/ui.js", "ui.js"), ("/replay/sw.js", "sw.js")):
            server.routes[path] = Answer(checker_page("replaywebpage", name), "text/javascript")
        server.routes["/capture.wacz"] = Answer(package.read_bytes(), "application/wacz")
        server.routes["/"] = Answer(page.encode())
        yield server.url("/")


PATIENCE_S = 180
"""Nothing is measured here: only what does not end is cut off."""

PLAYERS: tuple[Player, ...] = (pywb, replayweb_page)


@dataclass(frozen=True)
class Shown:
    """What a reader sees: words as a capture writes them down, each picture's size, the fonts in use."""

    words: str
    pictures: tuple[tuple[int, int], ...]
    fonts: frozenset[str]
    asked_elsewhere: int
    """Connections for anything that is not the player's own."""


def shown(address: str, url: str, *, awaited: str = "") -> Shown:
    """Look at all of the page that was at `url`, from top to bottom, frames included, once it has the words
    `awaited`, which its scripts write."""
    player = address.split("/")[2]
    with closing(PageServer()) as elsewhere, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", "")),
            chromium_sandbox=os.geteuid() != 0,
            # What the browser itself would ask its maker about the form on pywb's page.
            args=[f"--autofill-server-url=http://{player}"],
        )
        # Whatever is not asked of the player goes to a proxy, which counts it: other hosts of loopback too.
        context = chromium.new_context(proxy={"server": elsewhere.url(""), "bypass": player})
        context.set_default_timeout(PATIENCE_S * 1000)
        page = context.new_page()
        page.goto(address)
        frame = _frame_of(page, url)
        frame.wait_for_load_state("load")
        frame.wait_for_function("words => document.body.innerText.includes(words)", arg=awaited)
        frames = (frame, *frame.child_frames)
        for each in frames:
            each.evaluate(_SCROLL)
            each.wait_for_function("[...document.images].every(i => i.currentSrc && i.complete)")
        pictures = [
            (int(width), int(height))
            for each in frames
            for width, height in each.evaluate(
                "[...document.images].map(i => [i.naturalWidth, i.naturalHeight])"
            )
        ]
        fonts = frame.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)")
        words = "\n--- embedded frame ---\n".join(each.inner_text("body") for each in frames)
        asked = elsewhere.connections
        page.evaluate("url => fetch(url, {mode: 'no-cors'})", url)
        assert elsewhere.connections > asked, "what goes elsewhere was not counted"
        chromium.close()
    return Shown(words, tuple(pictures), frozenset(map(str, fonts)), asked)


_SCROLL = """async () => {
    for (const image of document.images) {
        image.scrollIntoView();
        await new Promise(requestAnimationFrame);
    }
}"""


def _frame_of(page: Page, url: str) -> Frame:
    """Both players put the page into a frame, at an address that ends like this."""
    for _ in range(PATIENCE_S * 10):
        for frame in page.frames:
            if frame.url.endswith(f"mp_/{url}"):
                return frame
        page.wait_for_timeout(100)
    pytest.fail("the player did not show the page")


def _wait_for(port: int) -> None:
    """Until somebody listens there."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the player did not start")
