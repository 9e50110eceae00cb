"""A capture against a bare page load and full-page screenshot, both on a browser that is warm."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from playwright.sync_api import Browser, sync_playwright

from bench.figures import Figure, in_turns, seconds
from monitor import ports, triage
from monitor.bootstrap import assemble
from monitor.browser import find_browser
from monitor.model import CaptureMode, CaptureOutcome
from tests.page_server import Answer, PageServer, png
from tests.school import littleover

ROUNDS = 5
VIEWPORT = 1280, 800


def measure(scratch: Path) -> Iterator[Figure]:
    """A short page with one picture, and a long thread with twelve."""
    with closing(PageServer()) as server, sync_playwright() as playwright:
        executable = find_browser(
            os.environ.get("SCHOOL_MONITOR_BROWSER", ""), playwright.chromium.executable_path
        )
        shipped = littleover(scratch)
        outbound = replace(shipped.outbound, allow_private=(f"{server.host}:{server.port}",))
        settings = replace(shipped, outbound=outbound, capture=replace(shipped.capture, browser=executable))
        bare = playwright.chromium.launch(executable_path=executable, chromium_sandbox=os.geteuid() != 0)
        with closing(bare), closing(assemble(settings).browser) as supervised:
            for words, posts, pictures in (("a short page", 3, 1), ("a thread of 60 posts", 60, 12)):
                url = _serve(server, posts, pictures)
                ours, baseline = in_turns(
                    lambda: _capture(supervised, url, scratch),  # noqa: B023 - done in this round
                    lambda: _load(bare, url, scratch),  # noqa: B023
                    rounds=ROUNDS,
                )
                yield Figure(
                    f"capture of {words}, every part kept",
                    "bare page load and full-page screenshot",
                    "s",
                    ours,
                    baseline,
                    f"{pictures} {'picture' if pictures == 1 else 'pictures'}",
                )


def _serve(server: PageServer, posts: int, pictures: int) -> str:
    """A thread of invented posts, a picture under each of the first."""
    for number in range(pictures):
        content = png(900, 500, colour=(20 * number, 120, 255 - 20 * number))
        server.routes[f"/{posts}/{number}.png"] = Answer(content, kind="image/png")
    words = "The summer fete is back, bring a chair and a hat, and the raffle is drawn at four. " * 4
    thread = "".join(
        f"<article><h2>invented_{number}</h2><p>{words}</p>"
        + (f'<img src="/{posts}/{number}.png" alt="a field">' if number < pictures else "")
        + "</article>"
        for number in range(posts)
    )
    return server.page(f"/thread/{posts}", thread)


def _capture(supervised: ports.Browser, url: str, scratch: Path) -> float:
    """Seconds for one capture with all its files. Raises `RuntimeError` unless it is complete."""
    folder = Path(mkdtemp(dir=scratch))

    def capture() -> None:
        report = supervised.capture(url, CaptureMode.FULL, folder, triage.suppression)
        if report.outcome is not CaptureOutcome.COMPLETE:
            raise RuntimeError(f"the capture was {report.outcome}: {report.missing}")

    return seconds(capture)


def _load(bare: Browser, url: str, scratch: Path) -> float:
    """Seconds for what anybody would write first."""
    path = Path(mkdtemp(dir=scratch)) / "full.png"

    def load() -> None:
        with closing(bare.new_context(viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]})) as context:
            page = context.new_page()
            page.goto(url)
            page.screenshot(path=path, full_page=True)

    return seconds(load)
