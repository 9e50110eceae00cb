"""What the browser decides without a browser: where it may go, what a page is, whether a picture is whole."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np
import psutil
import pytest
from PIL import Image

from monitor.browser import othertime, pixels
from monitor.browser.egress import CLOSED_PORT, PRIVATE, TOO_LARGE, UNKNOWN_NAME, Egress, refusal
from monitor.browser.memory import ProcessTree, descendants
from monitor.browser.verdict import Reading, judge
from tests.page_server import Answer, PageServer, png


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1%eth0", "fc00::1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1", "not an address",
    ],
)  # fmt: skip
def test_addresses_that_are_not_the_public_internet_are_refused(address: str) -> None:
    """In every wrapping, and also when a good address stands beside it."""
    for addresses in ((address,), ("93.184.216.34", address)):
        assert refusal("site.example", 443, addresses=addresses, allow_private=()) in (PRIVATE, UNKNOWN_NAME)


@pytest.mark.parametrize(
    ("host", "port", "address", "allowed", "expected"),
    [
        ("site.example", 443, "93.184.216.34", (), None),
        ("site.example", 80, "2606:4700::1111", (), None),
        ("site.example", 22, "93.184.216.34", (), CLOSED_PORT),
        ("site.example", 8443, "93.184.216.34", ("site.example:8443",), None),
        ("intranet.example", 80, "10.0.0.5", ("intranet.example",), None),
        ("intranet.example", 8080, "10.0.0.5", ("intranet.example",), CLOSED_PORT),
        ("intranet.example", 8080, "10.0.0.5", ("intranet.example:8080",), None),
        ("other.example", 80, "10.0.0.5", ("intranet.example",), PRIVATE),
        ("any.example", 443, "10.0.0.5", ("10.0.0.0/24",), None),
        ("any.example", 443, "10.0.1.5", ("10.0.0.0/24",), PRIVATE),
    ],
)
def test_private_places_open_only_when_they_are_named(
    host: str, port: int, address: str, allowed: tuple[str, ...], expected: str | None
) -> None:
    """By host, host and port, or network; other ports than the web's only by number."""
    assert expected == refusal(host, port, addresses=(address,), allow_private=allowed)


def test_a_name_without_an_address_is_refused() -> None:
    """No answer is no permission."""
    assert UNKNOWN_NAME == refusal("site.example", 443, addresses=(), allow_private=("site.example",))


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


@pytest.fixture
def site() -> Iterator[PageServer]:
    """A site that may be visited."""
    server = PageServer()
    server.routes["/"] = Answer(b"hello")
    server.routes["/large"] = Answer(b"x" * 500_000)
    yield server
    server.close()


@pytest.fixture
def egress(site: PageServer) -> Iterator[Egress]:
    """The proxy, with room for 100 kB."""
    opened = Egress(
        clock=now,
        resolve=lambda host, port: (host,),
        allow_private=(f"127.0.0.1:{site.port}",),
        max_bytes=100_000,
    )
    yield opened
    opened.close()
    opened.close()


def ask(egress: Egress, request: str) -> bytes:
    """Send raw bytes to the proxy and read until it closes."""
    port = int(egress.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(request.encode())
        answer = b""
        with suppress(ConnectionResetError):
            while chunk := client.recv(65536):
                answer += chunk
    return answer


def test_nothing_passes_between_captures(egress: Egress, site: PageServer) -> None:
    """The browser's own errands reach nobody."""
    request = f"GET {site.url('/')} HTTP/1.1\r\nHost: x\r\n\r\n"
    assert b"" == ask(egress, request)
    egress.open_log()
    assert ask(egress, request).endswith(b"hello")
    (contact,) = egress.close_log()
    assert ("127.0.0.1", "", True) == (contact.used, contact.blocked, contact.received_bytes > 5)
    assert b"" == ask(egress, request)
    assert 1 == site.connections


def test_a_second_request_on_one_connection_goes_nowhere(egress: Egress, site: PageServer) -> None:
    """Else it would ride on the first one's judgement."""
    egress.open_log()
    first = f"GET {site.url('/')} HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = ask(egress, first + "GET http://10.0.0.1/ HTTP/1.1\r\nHost: y\r\n\r\n")
    assert (1, 1) == (answer.count(b"HTTP/1.1 200"), site.hits["/"])
    assert b"Connection: close" in answer


@pytest.mark.parametrize(
    "request_line",
    ["CONNECT 127.0.0.2:443", "CONNECT 169.254.169.254:80", "GET http://[::1]/", "CONNECT 93.184.216.34:25"],
)
def test_a_refusal_has_no_body(egress: Egress, request_line: str) -> None:
    """So that no page of ours can pass for what stood at the address."""
    egress.open_log()
    answer = ask(egress, f"{request_line} HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403") and answer.endswith(b"\r\n\r\n")
    (contact,) = egress.close_log()
    assert contact.blocked and not contact.used


def test_a_capture_that_receives_too_much_is_cut(egress: Egress, site: PageServer) -> None:
    """The limit is for the whole capture, and it is told."""
    egress.open_log()
    answer = ask(egress, f"GET {site.url('/large')} HTTP/1.1\r\nHost: x\r\n\r\n")
    assert len(answer) < 200_000
    assert egress.overflowed()
    assert [TOO_LARGE] == [contact.blocked for contact in egress.close_log()]


LONG = "Ms Quillfeather explained the new timetable to everyone who had come. " * 40


@pytest.mark.parametrize(
    ("title", "text", "status", "url", "expected"),
    [
        ("A thread", LONG, 200, "/post", "page"),
        (
            "A thread",
            LONG + " You must log in to comment. Page not found, said nobody.",
            200,
            "/post",
            "page",
        ),
        ("A post", "Short but whole: the fete is on Friday.", 200, "/post", "page"),
        ("Welcome", "Please log in to continue to the group.", 200, "/post", "login_wall"),
        ("Welcome", "Nice to see you", 200, "/accounts/login/", "login_wall"),
        ("Denied", "Who are you?", 401, "/post", "login_wall"),
        ("Just a moment...", "Waiting", 403, "/post", "challenge"),
        ("Oops", "Nothing", 410, "/post", "not_found"),
        ("Oops", "Slow down a little, please", 429, "/post", "error_page"),
        ("", "  \n ", 200, "/post", "blank"),
        ("Before you continue", "We use cookies. Accept all. Reject all.", 200, "/post", "consent_wall"),
        ("A thread", LONG + " We value your privacy. Accept all cookies.", 200, "/post", "page"),
    ],
)
def test_a_page_is_judged_by_what_it_says(
    title: str, text: str, status: int, url: str, expected: str
) -> None:
    """Walls are short; a long thread may speak of logging in."""
    reading = Reading(title, text, (), False, 0, (1280, 800), f"https://site.example{url}", "agent")
    assert expected == judge(reading, "https://site.example/post", status=status)


def test_only_whole_pictures_count() -> None:
    """Cut, damaged and empty ones are told apart from good ones."""
    whole = png(30, 20, colour=(1, 2, 3))
    assert (30, 20) == pixels.read(whole).size
    for bad in (b"", whole[:-20], whole[:60], whole.replace(b"IDAT", b"IDAX"), b"GIF89a" + whole):
        with pytest.raises(ValueError):
            pixels.read(bad)


def test_a_picture_of_nearly_one_colour_shows_nothing() -> None:
    """A word on an empty screen is nothing to look at; a line of words, or a picture, is something."""
    flat = png(1280, 800, colour=(255, 255, 255))
    assert pixels.shows_nothing(pixels.read(flat))
    assert not pixels.shows_nothing(pixels.read(painted(1280, 800, spots=2000)))
    assert pixels.shows_nothing(pixels.read(painted(1280, 800, spots=100)))
    assert pixels.shows_nothing(pixels.read(painted(1280, 800, spots=2000)), skip_rows=60)


def painted(width: int, height: int, *, spots: int) -> bytes:
    """A white picture with so many black pixels at its top, packed as Chromium does in a hurry."""
    shown = np.full((height, width, 3), 255, np.uint8)
    shown[:50].reshape(-1, 3)[:spots] = 0
    rows = np.diff(shown.astype(np.int16), axis=0, prepend=np.zeros((1, width, 3), np.int16))
    packed = b"".join(b"\x02" + row.astype(np.uint8).tobytes() for row in rows)
    return raw_png(width, height, packed)


def raw_png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG of these filtered rows."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_pixels_are_those_that_another_program_sees() -> None:
    """Whatever of the filters a browser uses in a hurry, row by row."""
    chance = np.random.default_rng(7)
    shown = chance.integers(0, 256, (30, 20, 3), np.uint8)
    rows, above = b"", np.zeros((20, 3), np.int16)
    for number, row in enumerate(shown.astype(np.int16)):
        kind = number % 3
        left = np.vstack([np.zeros((1, 3), np.int16), row[:-1]])
        by = (np.zeros_like(row), left, above)[kind]
        rows += bytes([kind]) + (row - by).astype(np.uint8).tobytes()
        above = row
    data = raw_png(20, 30, rows)
    assert (shown == np.asarray(Image.open(BytesIO(data)))).all()
    assert (shown == pixels.pixels(pixels.read(data))).all()
    with pytest.raises(ValueError, match="missing"):
        pixels.pixels(pixels.read(raw_png(20, 31, rows)))


def test_contrast_is_that_of_the_box() -> None:
    """Black on white is the most there is; one colour, or a box beside the picture, is none."""
    shown = np.zeros((10, 10, 3), np.uint8)
    shown[5:] = 255
    assert (255, 0, 0) == tuple(
        pixels.contrast(shown, box) for box in ((0, 0, 10, 10), (0, 0, 10, 5), (50, 50, 5, 5))
    )


@pytest.mark.parametrize(
    ("headers", "ahead_s", "within_s"),
    [
        ({"date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 0.0, 1.0),
        ({"date": "Sun, 22 Nov 2026 11:59:00 GMT"}, 60.0, 1.0),
        ({"date": "Sun, 22 Nov 2026 11:59:00 GMT", "age": "60"}, -0.5, 1.5),
        ({"date": "Sun, 22 Nov 2026 12:30:00 GMT"}, -1800.0, 1.0),
    ],
)
def test_a_sites_date_tells_how_far_our_clock_is_off(
    headers: dict[str, str], ahead_s: float, within_s: float
) -> None:
    """Between the asking and the answer, and within the second that a Date names (R86)."""
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    found = othertime.compare(headers, "site.example", asked_at=noon, answered_at=noon + timedelta(seconds=1))
    assert found is not None
    assert (ahead_s, within_s) == (found.offset_s, found.within_s)
    assert "Date header of site.example" in found.compared_with


@pytest.mark.parametrize(
    "headers", [{}, {"date": "yesterday"}, {"date": "Sun, 22 Nov 2026 12:00:00 GMT", "age": "old"}]
)
def test_an_answer_without_a_date_tells_nothing(headers: dict[str, str]) -> None:
    """Not known is not the same as right."""
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert othertime.compare(headers, "site.example", asked_at=noon, answered_at=noon) is None


def test_a_process_belongs_to_a_browser_whatever_its_number() -> None:
    """Numbers start anew when they are used up: a child's may then be lower than its parent's, and its
    memory must count all the same."""
    parents = {40: 32_000, 32_001: 32_000, 7: 40, 41: 99, 99: 1}
    assert {40, 32_001, 7} == descendants(parents, {32_000})
    assert set() == descendants(parents, {5})


def test_memory_is_counted_for_what_a_child_of_a_child_takes() -> None:
    """Real processes: one that starts another, which fills a hundred megabytes."""
    eat = "import sys; held = b'x' * 100_000_000; print('full', flush=True); sys.stdin.read()"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {eat!r}])"
    process = subprocess.Popen((sys.executable, "-c", start), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    tree = ProcessTree(psutil.Process(process.pid))
    before = tree.resident_bytes()
    assert process.stdout is not None and process.stdin is not None
    assert b"full\n" == process.stdout.readline()
    after = tree.resident_bytes()
    process.stdin.close()
    process.wait(30)
    process.stdout.close()
    assert after > before + 90_000_000
