"""A capture of a long thread, everything kept, against a bare full-page screenshot, warm and cold."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import psutil
from playwright.sync_api import Browser, sync_playwright

from bench import processes
from bench.cold import named_browser, opened
from bench.figures import Figure, NotMeasured, in_turns, seconds
from monitor import ports, triage
from monitor.browser.memory import ProcessTree
from monitor.browser.switches import SWITCHES
from monitor.model import CaptureMode
from tests.page_server import PageServer
from tests.thread_page import COMMENTS, FLAGGED, serve_thread

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7
VIEWPORT = 1280, 800
CAP_PX, UNCAPPED_PX = 16_000, 60_000
SHOT_SCRAPER = "SCHOOL_MONITOR_BENCH_SHOT_SCRAPER"
"""Names the program of a virtual environment of its own; without it, that row is not measured."""
SCOOP = "SCHOOL_MONITOR_BENCH_SCOOP"
"""Names a program that runs Scoop with the options it is given; without it, that row is not measured."""
SCOOP_ROUNDS = 3

_AFTERMATH_S = 0.3
"""What closing a page leaves for its processes to do is spent by then, and is not counted to the next run."""

_BARE = "bare Playwright page load and full-page PNG"


class Cost(NamedTuple):
    """What one run of something took."""

    wall_s: float
    processor_s: float
    peak_mib: float


def measure(scratch: Path) -> Iterator[Figure | NotMeasured]:
    """200 comments, 90 pictures of which 16 load when scrolled to, a banner, two fonts, 25 ms an answer."""
    with closing(PageServer()) as server, sync_playwright() as playwright:
        url = serve_thread(server)
        executable = named_browser()
        for switches, against in (((), _BARE), (SWITCHES, f"{_BARE}, in a browser with our switches")):
            bare = playwright.chromium.launch(
                executable_path=executable, chromium_sandbox=os.geteuid() != 0, args=list(switches)
            )
            with closing(bare):
                for height_px, said in (
                    (CAP_PX, f"picture up to {CAP_PX:,} px"),
                    (UNCAPPED_PX, "whole picture"),
                ):
                    with closing(opened(url, max_height_px=height_px)) as supervised:
                        yield from _warm(supervised, bare, url, scratch=scratch, said=said, against=against)
        yield _cold(url, executable, scratch)
        yield from _scoop(server, url, scratch, said="a thread that is all there")
        url = serve_thread(server, grows=True)
        yield from _scoop(server, url, scratch, said="a thread that grows as it is scrolled")


def capture(supervised: ports.Browser, url: str, folder: Path) -> None:
    """One capture with all its files. Raises `RuntimeError` when anything but the height is missing."""
    report = supervised.capture(url, CaptureMode.FULL, folder, triage.suppression, wanted=(FLAGGED,))
    missing = [each for each in report.missing if "the picture stops after" not in each]
    files = sum(path.is_file() for path in folder.rglob("*"))
    if missing or files < 8 or report.facts.images != report.facts.images_loaded:
        raise RuntimeError(f"the capture was {report.outcome} with {files} files: {missing}")


def _warm(
    supervised: ports.Browser, bare: Browser, url: str, *, scratch: Path, said: str, against: str
) -> Iterator[Figure]:
    def ours() -> Cost:
        return _cost(lambda: capture(supervised, url, Path(mkdtemp(dir=scratch))))

    def theirs() -> Cost:
        return _cost(lambda: _load(bare, url, scratch))

    ours(), theirs()
    pairs = [(ours(), theirs()) if number % 2 else (theirs(), ours())[::-1] for number in range(ROUNDS)]
    for what, unit, pick in (
        ("time", "s", 0),
        ("processor time", "CPU s", 1),
        ("most memory at once, with this process", "MiB", 2),
    ):
        yield Figure(
            f"capture of a thread of {COMMENTS} comments, everything kept: {what}",
            against,
            unit,
            tuple(own[pick] for own, _ in pairs),
            tuple(base[pick] for _, base in pairs),
            said,
        )


def _cost(work: Callable[[], None]) -> Cost:
    """Time, processor time of this process and all below it, and the most memory they held at once."""
    over, peak = threading.Event(), 0
    tree = ProcessTree(psutil.Process())

    def look() -> None:
        nonlocal peak
        while not over.wait(0.05):
            peak = max(peak, tree.resident_bytes())

    watcher = threading.Thread(target=look, daemon=True)
    before = processes.spent_s()
    watcher.start()
    wall_s = seconds(work)
    over.set()
    watcher.join()
    time.sleep(_AFTERMATH_S)
    return Cost(wall_s, processes.spent_s() - before, peak / (1 << 20))


def _load(bare: Browser, url: str, scratch: Path) -> None:
    """What anybody would write first."""
    with closing(bare.new_context(viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]})) as context:
        page = context.new_page()
        page.goto(url)
        page.screenshot(path=Path(mkdtemp(dir=scratch)) / "full.png", full_page=True)


def _cold(url: str, executable: str, scratch: Path) -> Figure | NotMeasured:
    what, against = "capture by a process that has just started, everything kept", "shot-scraper, full page"
    program = os.environ.get(SHOT_SCRAPER, "")
    if not program:
        return NotMeasured(what, against, f"{SHOT_SCRAPER} names no program")
    env = processes.environment(scratch, PLAYWRIGHT_BROWSERS_PATH=str(scratch / "browsers"))
    _lend_browser([program, url, "-o", str(scratch / "lent.png")], executable, env)
    ours, baseline = in_turns(
        lambda: processes.run(
            [sys.executable, "-m", "bench.cold", url, mkdtemp(dir=scratch)],
            env=env | {"SCHOOL_MONITOR_BROWSER": executable, "PYTHONPATH": str(ROOT)},
        ),
        lambda: processes.run([program, url, "-o", str(scratch / "shot.png"), "--width", "1280"], env=env),
        rounds=ROUNDS,
    )
    return Figure(what, against, "s", ours, baseline, f"picture up to {CAP_PX:,} px")


def _scoop(server: PageServer, url: str, scratch: Path, *, said: str) -> Iterator[Figure | NotMeasured]:
    """Our service is warm by nature, Scoop starts for each capture by nature."""
    what, against = f"capture of {said}, everything kept, warm", "Scoop, a process for each capture"
    program = os.environ.get(SCOOP, "")
    if not program:
        yield NotMeasured(what, against, f"{SCOOP} names no program")
        return
    for path, answer in list(server.routes.items()):  # Its proxy asks for whole addresses.
        server.routes[server.url(path)] = answer
    with closing(opened(url, max_height_px=CAP_PX)) as supervised:

        def ours() -> Cost:
            return _cost(lambda: capture(supervised, url, Path(mkdtemp(dir=scratch))))

        def theirs() -> processes.Taken:
            return _scooped(program, url, Path(mkdtemp(dir=scratch)))

        try:
            ours(), theirs()
            pairs = [
                (ours(), theirs()) if number % 2 else (theirs(), ours())[::-1]
                for number in range(SCOOP_ROUNDS)
            ]
        except NoPicture as gave_up:
            yield NotMeasured(what, against, str(gave_up))
            return
    for which, unit, name in (("time", "s", "wall_s"), ("processor time", "CPU s", "processor_s")):
        yield Figure(
            f"{what}: {which}",
            against,
            unit,
            tuple(getattr(own, name) for own, _ in pairs),
            tuple(getattr(base, name) for _, base in pairs),
            f"picture up to {CAP_PX:,} px; Scoop's is whole",
        )


class NoPicture(RuntimeError):
    """Scoop went on without its picture, so what it took says nothing."""


def _scooped(program: str, url: str, folder: Path) -> processes.Taken:
    """One capture as it is by default, with the document and without video and certificates, of a page that
    lies on loopback. Raises `NoPicture`."""
    summary = folder / "summary.json"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    taken = processes.watched(
        [program, url, "--output", str(folder / "capture.wacz"), "--json-summary-output", str(summary)]
        + ["--dom-snapshot", "true", "--capture-video-as-attachment", "false"]
        + ["--capture-certificates-as-attachment", "false", "--proxy-port", str(port)]
        # Loopback is on its list of what is never captured, and whom it asks for its own address is not here.
        + ["--blocklist", "192.0.2.0/24", "--public-ip-resolver-endpoint", f"{url}/address"],
        env=dict(os.environ),
    )
    if "screenshot" not in json.loads(summary.read_text("utf-8"))["attachments"]:
        raise NoPicture("Scoop gave its picture up after five seconds: the machine is too busy")
    return taken


def _lend_browser(command: list[str], executable: str, env: dict[str, str]) -> None:
    """Put the same browser where the other program looks for the one it would download."""
    tried = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    where = re.search(r"Executable doesn't exist at (\S+)", tried.stdout + tried.stderr)
    if where:
        wrapper = Path(where[1])
        wrapper.parent.mkdir(parents=True)
        sandbox = "" if os.geteuid() else "--no-sandbox "
        wrapper.write_text(f'#!/bin/sh\nexec "{executable}" {sandbox}"$@"\n')
        wrapper.chmod(0o755)
