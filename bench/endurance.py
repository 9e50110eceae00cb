"""`python -m bench.endurance [--captures N] [--slots N] [--load N]`: many captures, a killed browser, a bomb.

Says, for each tenth of the captures as it ends, how fast they were made, how many pictures were left unloaded
and what memory is taken at rest; in the end which captures were unlike the others, how soon one follows a
`kill -9`, and how far a memory bomb could bring the browser. `--slots 2` shares the captures between two
threads; `--load` keeps so many other processes busy beside them, at the same priority. This is no test.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psutil

from bench.capture import CAP_PX
from bench.cold import opened
from monitor import triage
from monitor.browser.memory import ProcessTree
from monitor.model import CaptureMode
from monitor.ports import Browser
from tests.page_server import PageServer
from tests.thread_page import FLAGGED, serve_thread

SHOTS = Path(__file__).parent / "results" / "endurance"
"""Where one of each kind of screenshot is kept, named by its digest."""

REST_AFTER = 10
"""After so many captures all slots come to rest, and the memory is looked at."""

BOMB = (
    "<p>words</p><script>const k=[];setInterval(()=>{for(let i=0;i<4;i++){const a=new Uint8Array(1<<26);"
    "a.fill(7);k.push(a)}},20)</script>"
)


class Seen(NamedTuple):
    """How one capture went, by its own count; and where a screenshot like its own is kept."""

    number: int
    took_s: float
    pictures: int
    unloaded: int
    missing: tuple[str, ...]
    shot: Path


def main(captures: int, *, slots: int, load: int) -> None:
    """Do all of it and say what was seen."""
    with (
        closing(PageServer()) as server,
        TemporaryDirectory(prefix="school-monitor-endurance-") as scratch,
        _busy(load),
    ):
        url, calm, bomb = (
            serve_thread(server),
            server.page("/calm", "<p>A calm page with a few more words than none.</p>"),
            server.page("/bomb", BOMB),
        )
        triage.suppression("")  # Its patterns are compiled once, and a service has long done that.
        _say(f"{captures} captures, {slots} at once, beside {load} busy processes")
        with closing(opened(url, max_height_px=CAP_PX, slots=slots)) as browser:
            if captures:
                _many(browser, url, Path(scratch), captures=captures, slots=slots)
            _killed(browser, calm, Path(scratch))
            _bombed(browser, bomb, Path(scratch))


@contextmanager
def _busy(processes: int) -> Iterator[None]:
    """Keep so many processes busy meanwhile. They end by themselves if this one is killed."""
    loop = ["sh", "-c", "while kill -0 $PPID 2>/dev/null; do :; done"]
    started = [subprocess.Popen(loop) for _ in range(processes)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def _many(browser: Browser, url: str, scratch: Path, *, captures: int, slots: int) -> None:
    def captured(number: int) -> Seen:
        folder, began = scratch / f"capture {number}", time.perf_counter()
        report = browser.capture(url, CaptureMode.FULL, folder, triage.suppression, wanted=(FLAGGED,))
        took_s = time.perf_counter() - began
        shot = (folder / "shots/full.png").read_bytes() if (folder / "shots/full.png").is_file() else b""
        shutil.rmtree(folder)
        kept = SHOTS / f"{sha256(shot).hexdigest()[:12]}.png"
        if not kept.exists():
            kept.write_bytes(shot)
        facts = report.facts
        missing = tuple(each for each in report.missing if "the picture stops after" not in each)
        return Seen(number, took_s, facts.images, facts.images - facts.images_loaded, missing, kept)

    SHOTS.mkdir(parents=True, exist_ok=True)
    memory, tenth = ProcessTree(psutil.Process()), max(slots, -(-captures // 10))
    every: list[Seen] = []
    with ThreadPoolExecutor(slots) as threads:
        for start in range(1, captures + 1, tenth):
            end = min(start + tenth, captures + 1)
            resting, at_work_s = [], 0.0
            for first in range(start, end, REST_AFTER):
                began = time.perf_counter()
                every += threads.map(captured, range(first, min(first + REST_AFTER, end)))
                at_work_s += time.perf_counter() - began
                resting.append(memory.resident_bytes() / (1 << 20))
            part = every[start - 1 :]
            took_s = [seen.took_s for seen in part]
            _say(
                f"captures {start} to {end - 1}: {60 * len(part) / at_work_s:.1f} a minute,"
                f" one in {median(took_s):.1f} s (at most {max(took_s):.1f});"
                f" pictures left unloaded: {sum(seen.unloaded for seen in part)};"
                f" memory at rest, with this process: {median(resting):.0f} MiB (at most {max(resting):.0f})"
            )
    _sum_up(every)


def _sum_up(every: list[Seen]) -> None:
    """The page is always the same, so its screenshot must be too: one that differs is kept to be looked at,
    whatever the capture itself said of it."""
    ((usual, alike),) = Counter(seen.shot for seen in every).most_common(1)
    _say(
        f"pictures left unloaded in {len(every)} captures: {sum(seen.unloaded for seen in every)} of"
        f" {sum(seen.pictures for seen in every):,}; screenshots alike to the last point: {alike} ({usual})"
    )
    for seen in every:
        if seen.unloaded or seen.missing or seen.shot != usual:
            _say(
                f"capture {seen.number}: {seen.unloaded} of {seen.pictures} pictures left unloaded; missing:"
                f" {'; '.join(seen.missing) or 'nothing'}; screenshot: {seen.shot}"
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
    _say(f"from kill -9 to the end of the next capture: {median(took):.2f} s, at most {max(took):.2f}")


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
    _say(f"memory bomb: {peak / 1e9:.2f} GB at most ({own / 1e9:.2f} before); {report.missing[0]}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="Many captures, a killed browser, a memory bomb.")
    asked.add_argument("--captures", type=int, default=20, help="how many captures in all")
    asked.add_argument("--slots", type=int, default=1, choices=(1, 2), help="how many of them at once")
    asked.add_argument("--load", type=int, default=0, help="how many other processes are kept busy meanwhile")
    given = asked.parse_args()
    main(given.captures, slots=given.slots, load=given.load)
