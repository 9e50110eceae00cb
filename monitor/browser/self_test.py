"""A page of our own whose picture and words are known beforehand, and what a capture of it brought (R85).

It is served on loopback for the moment of its capture. What is compared depends on nothing that differs
from machine to machine: coloured squares rather than letters, and the words rather than their look.
"""

from __future__ import annotations

import hashlib
import http.server
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from monitor.browser import pixels, saving, shots
from monitor.model import CaptureOutcome, CaptureReport, SelfTest

FLAGGED = "The quick brown fox jumps over the lazy dog at noon."
HEIGHT_PX = 960
_TOLERANCE = 2

_Colour = tuple[int, int, int]
_SQUARES: dict[tuple[int, int], _Colour] = {
    (60, 400): (200, 30, 30),
    (160, 400): (30, 160, 60),
    (260, 400): (30, 60, 200),
    (360, 400): (250, 210, 0),
    (460, 400): (0, 0, 0),
    (560, 400): (120, 120, 120),
}
_BY_STYLE_SHEET, _BY_SCRIPT, _BY_SCROLLING = (660, 400), (760, 400), (60, 880)
_EXPECTED = _SQUARES | {
    _BY_STYLE_SHEET: (255, 120, 0),
    _BY_SCRIPT: (128, 0, 128),
    _BY_SCROLLING: (0, 128, 128),
    (1200, 880): (255, 255, 255),
}
"""The colour in the middle of each square, and of the plain page beside them."""

_SIDE_PX = 60


def _box(place: tuple[int, int], name: str = "", colour: str = "") -> str:
    left, top = (side - _SIDE_PX // 2 for side in place)
    named = f" id={name}" if name else ""
    return (
        f"<div{named} style='position:absolute;left:{left}px;top:{top}px;width:{_SIDE_PX}px;"
        f"height:{_SIDE_PX}px{';background:' + colour if colour else ''}'></div>"
    )


_PAGE = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><title>School Monitor self-test</title>"
    "<link rel=icon href=data:,><link rel=stylesheet href=/style.css></head>"
    f"<body style='margin:0;height:{HEIGHT_PX}px;position:relative;background:#fff;color:#000'>"
    f"<p>This page is captured once a day, to show that captures bring what they should.</p><p>{FLAGGED}</p>"
    "<p hidden>Nobody sees this sentence.</p><p id=later></p>"
    + "".join(_box(place, colour=f"rgb{colour}") for place, colour in _SQUARES.items())
    + _box(_BY_STYLE_SHEET, "styled")
    + _box(_BY_SCRIPT, "scripted")
    + _box(_BY_SCROLLING).replace("<div", "<img id=lazy alt=''").replace("</div>", "")
    + "<script>document.getElementById('later').textContent='The script of this page ran.';"
    "document.getElementById('scripted').style.background='rgb(128,0,128)';"
    "new IntersectionObserver(([e])=>{if(e.isIntersecting)e.target.src='/square.png'})"
    ".observe(document.getElementById('lazy'))</script></body></html>"
)
_TEXT = (
    "This page is captured once a day, to show that captures bring what they should.\n\n"
    f"{FLAGGED}\n\nThe script of this page ran."
)


@dataclass(frozen=True, slots=True)
class Served:
    """Where the page is, and the one place that has to be let through for it."""

    url: str
    place: str


@contextmanager
def served() -> Iterator[Served]:
    """Serve the page on loopback, for as long as this lasts."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="self-test", daemon=True)
    thread.start()
    try:
        place = f"127.0.0.1:{server.server_port}"
        yield Served(f"http://{place}/", place)
    finally:
        server.shutdown()
        server.server_close()


def compared(report: CaptureReport, folder: Path) -> CaptureReport:
    """The report with what the capture brought beside what was expected; each difference is missing."""
    text, picture = _content(folder / saving.TEXT), _content(folder / shots.FULL)
    wrong = _wrong_pixels(picture)
    result = SelfTest(
        expected_text_sha256=hashlib.sha256(saving.text_file(_TEXT)).hexdigest(),
        text_sha256=hashlib.sha256(text).hexdigest() if text else "",
        pixels_compared=len(_EXPECTED),
        wrong_pixels=wrong,
    )
    troubles = []
    if result.text_sha256 != result.expected_text_sha256:
        troubles.append("the words of the test page as they should be")
    if wrong:
        troubles.append(f"the picture of the test page as it should be: {'; '.join(wrong)}")
    missing = (*report.missing, *troubles)
    outcome = report.outcome
    if outcome is CaptureOutcome.COMPLETE and missing:
        outcome = CaptureOutcome.PARTIAL
    return replace(report, outcome=outcome, missing=missing, facts=replace(report.facts, self_test=result))


def _wrong_pixels(picture: bytes) -> tuple[str, ...]:
    try:
        shown = pixels.pixels(pixels.read(picture))
    except ValueError as error:
        return (f"there is no picture to compare ({error})",)
    wrong = []
    for (x, y), colour in _EXPECTED.items():
        inside = y < shown.shape[0] and x < shown.shape[1]
        found = tuple(int(part) for part in shown[y, x, :3]) if inside else ()
        if not inside or max(abs(a - b) for a, b in zip(found, colour, strict=True)) > _TOLERANCE:
            wrong.append(f"at {x}, {y} it should be {colour} and is {found or 'not there'}")
    return tuple(wrong)


def _content(file: Path) -> bytes:
    with suppress(FileNotFoundError):
        return file.read_bytes()
    return b""


def _square() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes(_EXPECTED[_BY_SCROLLING]) * _SIDE_PX) * _SIDE_PX
    head = struct.pack(">IIBBBBB", _SIDE_PX, _SIDE_PX, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in parts)


class _Answer(http.server.BaseHTTPRequestHandler):
    """Answers without a Date: comparing this machine's clock with itself would prove nothing."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        kind, body = {
            "/": ("text/html; charset=utf-8", _PAGE.encode()),
            "/style.css": ("text/css", b"#styled { background: rgb(255, 120, 0) }"),
            "/square.png": ("image/png", _square()),
        }.get(self.path, ("text/plain", b""))
        self.send_response_only(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """The capture has a log of its own."""
