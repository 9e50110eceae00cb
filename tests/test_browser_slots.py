"""Two slots: two captures at once, each in a browser of its own, and neither feels what the other does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from monitor.browser import open_browser
from monitor.model import CaptureMode, CaptureOutcome, CaptureReport
from monitor.ports import Browser
from tests.browsing import WORDS, Names, clock, nothing_suppressed, options
from tests.page_server import PageServer

PATIENCE_S = 45.0
"""How long one page waits for the other: so long may a busy machine take to start a second browser."""

BOMB = (
    "<script>const k=[];setInterval(()=>{for(let i=0;i<4;i++){const a=new Uint8Array(1<<26);"
    "a.fill(7);k.push(a)}},20)</script>"
)


@pytest.fixture(scope="module")
def site() -> Iterator[PageServer]:
    """Pages that a test holds back."""
    server = PageServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def others() -> set[psutil.Process]:
    """What ran before the browser of this file."""
    return processes()


@pytest.fixture(scope="module")
def pair(site: PageServer, others: set[psutil.Process]) -> Iterator[Browser]:
    """A browser with two slots, patient with its pages."""
    patient = options(site, slots=2, page_s=60.0, total_s=100.0, max_memory_bytes=700_000_000)
    opened = open_browser(patient, clock, resolve=Names())
    yield opened
    opened.close()


def processes() -> set[psutil.Process]:
    """Everything that this program started and that still runs."""
    found = psutil.Process().children(recursive=True)
    return {each for each in found if each.is_running() and each.status() != psutil.STATUS_ZOMBIE}


@pytest.mark.parametrize("slots", [0, 3, -1])
def test_there_are_one_or_two_slots(site: PageServer, slots: int) -> None:
    """More was measured and not worth it; any other number is a mistake that must be seen."""
    with pytest.raises(ValueError, match=f"slots is {slots}; it can be 1 or 2"):
        options(site, slots=slots)


def test_two_slots_make_two_captures_at_once(pair: Browser, site: PageServer, tmp_path: Path) -> None:
    """Neither page is answered before both were asked for. Both are complete, and hold their own words."""
    names = ("left", "right")
    met = site.meet("/left", "/right", patience_s=PATIENCE_S)
    for name in names:
        site.page(f"/{name}", f"<p>This is the {name} page.</p>{WORDS}")

    def captured(name: str) -> CaptureReport:
        return pair.capture(site.url(f"/{name}"), CaptureMode.FULL, tmp_path / name, nothing_suppressed)

    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(captured, names))
    assert [True, True] == met
    for name, report in zip(names, reports, strict=True):
        assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
        assert f"This is the {name} page." in (tmp_path / name / "page/text.txt").read_text()


def test_a_memory_bomb_in_one_slot_leaves_the_capture_in_the_other_complete(
    pair: Browser, site: PageServer, tmp_path: Path
) -> None:
    """The bomb comes when the other page is asked for, and that one is answered when the bomb's browser was
    killed and its capture is over: nothing of it reached the other, its memory is not counted against it."""
    calm_asked, over = threading.Event(), threading.Event()

    def hold() -> None:
        calm_asked.set()
        assert over.wait(PATIENCE_S)

    site.page("/bomb", WORDS + BOMB)
    site.page("/calm", WORDS)
    site.held |= {"/bomb": lambda: calm_asked.wait(PATIENCE_S), "/calm": hold}

    def bombed() -> CaptureReport:
        try:
            return pair.capture(site.url("/bomb"), CaptureMode.FULL, tmp_path / "bomb", nothing_suppressed)
        finally:
            over.set()

    with ThreadPoolExecutor(2) as threads:
        bomb = threads.submit(bombed)
        calm = pair.capture(site.url("/calm"), CaptureMode.FULL, tmp_path / "calm", nothing_suppressed)
    assert "the page took more memory than is allowed" in bomb.result().missing
    assert (CaptureOutcome.COMPLETE, ()) == (calm.outcome, calm.missing)


def test_closed_while_two_are_at_work_both_end_well_and_nothing_stays(
    pair: Browser, site: PageServer, others: set[psutil.Process], tmp_path: Path
) -> None:
    """`close` waits for both, also when it is called twice at once; a later capture starts anew."""
    both_at_work, closing = threading.Barrier(3), threading.Event()

    def hold() -> None:
        both_at_work.wait(PATIENCE_S)
        closing.wait(PATIENCE_S)

    site.held |= {"/end-1": hold, "/end-2": hold}
    urls = [site.page(path, WORDS) for path in ("/end-1", "/end-2")]

    def captured(url: str) -> CaptureOutcome:
        folder = tmp_path / url.rpartition("/")[2]
        return pair.capture(url, CaptureMode.FULL, folder, nothing_suppressed).outcome

    def closed() -> None:
        closing.set()
        pair.close()

    with ThreadPoolExecutor(4) as threads:
        captures = [threads.submit(captured, url) for url in urls]
        both_at_work.wait(PATIENCE_S)
        ends = [threads.submit(closed) for _ in range(2)]
    assert [CaptureOutcome.COMPLETE] * 2 == [capture.result() for capture in captures]
    assert [None, None] == [end.result() for end in ends]
    assert set() == processes() - others
    site.held.clear()
    assert CaptureOutcome.COMPLETE == captured(urls[0])
