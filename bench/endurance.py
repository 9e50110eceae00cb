"""`python -m bench.endurance [--captures N]`: many captures in a row, a killed browser, a memory bomb.

Says how memory grew, how many pictures were left unloaded, how soon a capture follows a `kill -9`, and how
far a page could bring the browser. One line each; nothing here is a test.
"""

from __future__ import annotations

import argparse
import shutil
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from bench.capture import CAP_PX, capture
from bench.cold import opened
from monitor.browser.memory import ProcessTree
from monitor.model import CaptureMode
from monitor.ports import Browser
from tests.page_server import PageServer
from tests.thread_page import serve_thread

BOMB = (
    "<p>words</p><script>const k=[];setInterval(()=>{for(let i=0;i<4;i++){const a=new Uint8Array(1<<26);"
    "a.fill(7);k.push(a)}},20)</script>"
)


def main(captures: int) -> None:
    """Do all of it and say what was seen."""
    with closing(PageServer()) as server, TemporaryDirectory(prefix="school-monitor-endurance-") as scratch:
        url, calm, bomb = (
            serve_thread(server),
            server.page("/calm", "<p>A calm page with a few more words than none.</p>"),
            server.page("/bomb", BOMB),
        )
        with closing(opened(url, max_height_px=CAP_PX)) as browser:
            _many(browser, url, Path(scratch), captures=captures)
            _killed(browser, calm, Path(scratch))
            _bombed(browser, bomb, Path(scratch))


def _many(browser: Browser, url: str, scratch: Path, *, captures: int) -> None:
    resting: list[float] = []
    for _ in range(captures):
        folder = scratch / "capture"
        capture(browser, url, folder)  # Raises when a picture of the page was not loaded.
        shutil.rmtree(folder)
        resting.append(ProcessTree(psutil.Process()).resident_bytes() / (1 << 20))
    if resting:
        part = max(1, captures // 10)
        print(
            f"{captures} captures, no picture left unloaded; memory at rest, with this process: first tenth"
            f" {median(resting[:part]):.0f} MiB, last {median(resting[-part:]):.0f}, most {max(resting):.0f}",
            flush=True,
        )


def _killed(browser: Browser, url: str, scratch: Path) -> None:
    took = []
    for number in range(5):
        browser.capture(url, CaptureMode.FULL, scratch / f"before {number}", lambda _: None)
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if "chrom" in process.name():
                    process.kill()
        began = time.perf_counter()
        report = browser.capture(url, CaptureMode.FULL, scratch / f"after {number}", lambda _: None)
        took.append(time.perf_counter() - began)
        if report.missing:
            raise RuntimeError(f"after a kill the capture was {report.outcome}: {report.missing}")
    print(
        f"from kill -9 to the end of the next capture: {median(took):.2f} s, at most {max(took):.2f}",
        flush=True,
    )


def _bombed(browser: Browser, url: str, scratch: Path) -> None:
    own = ProcessTree(psutil.Process()).resident_bytes()
    over, peak = threading.Event(), 0
    tree = ProcessTree(psutil.Process())

    def look() -> None:
        nonlocal peak
        while not over.wait(0.01):
            peak = max(peak, tree.resident_bytes())

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    report = browser.capture(url, CaptureMode.FULL, scratch / "bomb", lambda _: None)
    over.set()
    watcher.join()
    print(
        f"memory bomb: {peak / 1e9:.2f} GB at most ({own / 1e9:.2f} before); {report.missing[0]}", flush=True
    )


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="Many captures, a killed browser, a memory bomb.")
    asked.add_argument("--captures", type=int, default=20, help="how many captures in a row")
    main(asked.parse_args().captures)
