"""What the record of the network costs: CPU seconds of a capture with it against the same without."""

from __future__ import annotations

import os
import random
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

from bench import processes
from bench.figures import Figure, in_turns
from monitor import ports
from monitor.browser import BrowserOptions, find_browser, open_browser
from monitor.evidence.wacz import Wacz
from monitor.model import CaptureMode, CaptureOutcome
from tests.page_server import Answer, PageServer, png

ROUNDS = 15  # One round differs from the next by more than what is measured.


def measure(scratch: Path) -> Iterator[Figure]:
    """A thread of 200 comments with 68 pictures, two styles, two scripts and 20 answers to its scripts."""
    with closing(PageServer()) as server:
        url = _serve(server)
        recording, bare = _open(server, record=True), _open(server, record=False)
        with closing(recording), closing(bare):
            ours, baseline = in_turns(
                lambda: _processor_seconds(recording, url, scratch),
                lambda: _processor_seconds(bare, url, scratch),
                rounds=ROUNDS,
            )
        yield Figure(
            "capture with the record of the network",
            "the same capture without it",
            "CPU s",
            ours,
            baseline,
            "all processes of the browser, its driver and this one",
        )


def _open(server: PageServer, *, record: bool) -> ports.Browser:
    return open_browser(
        BrowserOptions(
            executable=find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", "")),
            contact="",
            page_s=45,
            total_s=120,
            max_height_px=16_000,
            max_page_bytes=100_000_000,
            allow_private=(f"{server.host}:{server.port}",),
            recycle_after=500,
            web_record=(lambda: Wacz("school-monitor bench")) if record else None,
        ),
        lambda: datetime.now(UTC),
    )


def _processor_seconds(browser: ports.Browser, url: str, scratch: Path) -> float:
    before = processes.spent_s()
    report = browser.capture(url, CaptureMode.FULL, Path(mkdtemp(dir=scratch)), lambda _: None)
    if report.outcome is not CaptureOutcome.COMPLETE and not report.facts.truncated:
        raise RuntimeError(f"the capture was {report.outcome}: {report.missing}")
    return processes.spent_s() - before


def _serve(server: PageServer) -> str:
    chance = random.Random(4)
    for number in range(8):
        server.routes[f"/large/{number}.png"] = Answer(_noisy(chance, 150_000), "image/png")
    for number in range(60):
        server.routes[f"/face/{number}.png"] = Answer(png(48, 48, colour=(number, 9, 9)), "image/png")
    server.routes["/a.css"] = Answer(b"/* " + b"shade " * 11_000 + b"*/", "text/css")
    server.routes["/b.css"] = Answer(b"p { margin: 4px }", "text/css")
    server.routes["/a.js"] = Answer(b"// " + b"word " * 70_000, "text/javascript")
    asks = b"for (let n = 0; n < 20; n++) fetch('/answer.json?' + n).then(r => r.json());"
    server.routes["/b.js"] = Answer(asks, "text/javascript")
    server.routes["/answer.json"] = Answer(b'{"answer": 1}', "application/json")
    words = "The summer fete is back, bring a chair and a hat, and the raffle is drawn at four. " * 3
    comments = "".join(
        f'<p><img src="/face/{n % 60}.png" width=48 height=48> invented_{n}: {words}</p>'
        + (f'<img src="/large/{n // 25}.png" width=600 height=300>' if n % 25 == 0 else "")
        for n in range(200)
    )
    head = '<link rel=stylesheet href="/a.css"><link rel=stylesheet href="/b.css">'
    return server.page(
        "/thread", f'{head}{comments}<script src="/a.js"></script><script src="/b.js"></script>'
    )


def _noisy(chance: random.Random, size: int) -> bytes:
    """A picture that nothing can squeeze, of about `size` bytes."""
    rows = b"".join(b"\0" + chance.randbytes(3 * 400) for _ in range(size // 1200))
    plain = png(400, size // 1200, colour=(0, 0, 0))
    start, end = plain.index(b"IDAT") - 4, plain.index(b"IEND") - 4
    body = zlib.compress(rows)
    chunk = len(body).to_bytes(4, "big") + b"IDAT" + body
    return plain[:start] + chunk + zlib.crc32(b"IDAT" + body).to_bytes(4, "big") + plain[end:]
