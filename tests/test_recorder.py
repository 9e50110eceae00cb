"""The record of what the network answered, by a real Chromium, of real local servers."""

from __future__ import annotations

import base64
import gzip
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from warcio.archiveiterator import ArchiveIterator

from monitor.browser import BrowserOptions, find_browser, open_browser
from monitor.browser.recorder import RecordLimits
from monitor.evidence.wacz import Wacz
from monitor.evidence.wacz_check import faults
from monitor.model import CaptureMode, CaptureOutcome, CaptureReport, Exchange
from monitor.ports import Browser
from tests.checkers import checker
from tests.coverage_site import CoverageSite, lost
from tests.page_server import Answer, Handler, PageServer, png
from tests.players import pywb, shown

WORDS = "<p>The summer fete of Littleover Community School was a lovely day for everyone who came.</p>"
PICTURE = png(300, 200, colour=(200, 0, 0))
LIMITS = RecordLimits(body_bytes=400_000, all_bytes=1_000_000, requests=60)

TOO_LARGE = "answers that were too large to be kept whole"

Capture = Callable[..., CaptureReport]


@pytest.fixture(scope="module")
def site() -> Iterator[CoverageSite]:
    """The page that asks in every way, and the host other pages of these tests lie on."""
    opened = CoverageSite()
    yield opened
    opened.close()


@contextmanager
def opened(*hosts: str, **changed: Any) -> Iterator[Browser]:
    """A browser that may go to these hosts."""
    options: dict[str, Any] = {
        "executable": find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", "")),
        "contact": "",
        "page_s": 10,
        "total_s": 40,
        "max_height_px": 6000,
        "max_page_bytes": 60_000_000,
        "allow_private": hosts,
        "recycle_after": 50,
        "web_record": lambda: Wacz("school-monitor test"),
        "record_limits": LIMITS,
    }
    browser = open_browser(BrowserOptions(**(options | changed)), lambda: datetime.now(UTC))
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture(scope="module")
def browser(site: CoverageSite) -> Iterator[Browser]:
    """One browser for all tests of this file."""
    with opened(*site.hosts, "refused.example:80") as browser:
        yield browser


@pytest.fixture
def capture(browser: Browser, tmp_path: Path) -> Capture:
    """Capture into `tmp_path`."""

    def go(url: str, mode: CaptureMode = CaptureMode.FULL) -> CaptureReport:
        return browser.capture(url, mode, tmp_path, nothing_suppressed)

    return go


def nothing_suppressed(_: str) -> str | None:
    """No trigger fires."""
    return None


def answers(folder: Path) -> dict[str, tuple[Any, Any, bytes]]:
    """Every answer of the record by its address: headers of the record, headers of the answer, body."""
    with ZipFile(BytesIO((folder / "web/capture.wacz").read_bytes())) as zipped:
        records = ArchiveIterator(BytesIO(zipped.read("archive/data.warc.gz")))
        return {
            record.rec_headers.get_header("WARC-Target-URI"): (
                record.rec_headers,
                record.http_headers,
                record.content_stream().read(),
            )
            for record in records
            if record.rec_type == "response"
        }


@pytest.fixture(scope="module")
def whole(browser: Browser, site: CoverageSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One capture of the page that asks in every way."""
    folder = tmp_path_factory.mktemp("whole")
    report = browser.capture(site.url, CaptureMode.FULL, folder, nothing_suppressed)
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    return folder


def test_everything_that_a_page_asks_for_is_in_the_record(whole: Path, site: CoverageSite) -> None:
    """Frames of other sites, workers, fonts, beacons, redirects, what scripts send and never read."""
    assert [] == lost(site, (whole / "web/capture.wacz").read_bytes())
    headers, _, _ = answers(whole)[site.far.url("/frame.html")]
    assert "127.0.0.2" == headers.get_header("WARC-IP-Address")


def test_the_record_is_taken_by_the_standard_programs_and_by_our_own_check(
    whole: Path, tmp_path: Path
) -> None:
    """Of a real page, not only of one that was made up."""
    package = whole / "web/capture.wacz"
    assert () == faults(package)
    subprocess.run([checker("wacz"), "validate", "-f", package], check=True, timeout=300)
    warc = tmp_path / "data.warc.gz"
    with ZipFile(package) as zipped:
        warc.write_bytes(zipped.read("archive/data.warc.gz"))
        index = zipped.read("indexes/index.cdx").decode()
    subprocess.run([checker("warcio"), "check", warc], check=True, timeout=300)
    told = [checker("cdxj-indexer"), "-p", "-s", str(warc)]
    assert subprocess.run(told, check=True, timeout=300, capture_output=True).stdout.decode() == index


def test_a_player_shows_the_page_with_its_pictures_when_nothing_is_asked_of_the_site(
    whole: Path, site: CoverageSite, tmp_path: Path
) -> None:
    """Frames of other sites too, and pictures that came by a redirect; tests/test_replay.py has more."""
    asked_before = site.near.connections + site.far.connections
    with pywb(whole / "web/capture.wacz", site.url, tmp_path) as address:
        seen = shown(address, site.url)
    assert [(30, 20)] * 4 == list(seen.pictures)
    assert "The summer fete of Littleover Community School" in seen.words
    assert "A frame of the same site." in seen.words
    assert "A frame of another site." in seen.words
    assert 0 == seen.asked_elsewhere
    assert asked_before == site.near.connections + site.far.connections


def test_what_goes_over_a_limit_is_cut_marked_and_named(
    site: CoverageSite, capture: Capture, tmp_path: Path
) -> None:
    """One body, all bodies together, and the number of requests."""
    near = site.near
    near.routes["/big.js"] = Answer(b"/" * 500_000, "text/javascript")
    near.routes["/blown.js"] = packed("text/javascript", b"/" * 3_000_000)
    report = capture(
        near.page("/large", f'{WORDS}<script src="/big.js"></script><script src="/blown.js"></script>')
    )
    found = answers(tmp_path)
    assert (CaptureOutcome.PARTIAL, (TOO_LARGE,)) == (report.outcome, report.missing)
    for path, kept in (("/big.js", 0), ("/blown.js", LIMITS.body_bytes)):
        told, _, body = found[near.url(path)]
        assert ("length", kept) == (told.get_header("WARC-Truncated"), len(body))
    assert () == faults(tmp_path / "web/capture.wacz")

    for number in range(4):
        near.routes[f"/{number}.js"] = Answer(b"/" * 300_000, "text/javascript")
    scripts = "".join(f'<script src="/{number}.js"></script>' for number in range(4))
    report = capture(near.page("/much", WORDS + scripts))
    found = answers(tmp_path)
    assert (TOO_LARGE,) == report.missing
    assert LIMITS.all_bytes - 300_000 < sum(len(body) for _, _, body in found.values()) <= LIMITS.all_bytes
    assert ["length"] == [
        t.get_header("WARC-Truncated") for t, _, _ in found.values() if "WARC-Truncated" in t
    ]

    near.routes["/drop.txt"] = Answer(b"drop", "text/plain")
    calls = "<script>for (let n = 0; n < 200; n++) fetch('/drop.txt?' + n);</script>"
    before = near.hits["/drop.txt"]
    report = capture(near.page("/many", WORDS + calls))
    assert f"what the page asked for after its first {LIMITS.requests} requests" in report.missing
    assert near.hits["/drop.txt"] - before < LIMITS.requests
    assert report.facts.blocked_requests >= 200 - LIMITS.requests


def test_an_answer_without_an_end_is_cut_and_named_and_the_page_is_kept(
    site: CoverageSite, capture: Capture, tmp_path: Path
) -> None:
    """A page that goes on sending, one of its parts that does, and live updates."""

    def endless(kind: str, first: bytes) -> Callable[[Handler], None]:
        def give(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Type", kind)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            while True:
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(first), first))
                time.sleep(0.5)

        return give

    near = site.near
    near.routes["/tail.js"] = endless("text/javascript", b"// on and on\n")
    near.routes["/live"] = endless("text/event-stream", b"data: tea\n\n")
    parts = "<script async src='/tail.js'></script><script>new EventSource('/live')</script>"
    near.routes["/stream"] = endless("text/html", f"<title>Fete</title>{WORDS}{parts}".encode())
    report = capture(near.url("/stream"))
    found = answers(tmp_path)
    assert CaptureOutcome.PARTIAL == report.outcome
    assert "answers that had not come to their end" in report.missing
    assert "summer fete" in (tmp_path / "page/text.txt").read_text()
    for path in ("/stream", "/tail.js", "/live"):
        assert "time" == found[near.url(path)][0].get_header("WARC-Truncated")


def test_a_text_capture_records_no_picture(site: CoverageSite, capture: Capture, tmp_path: Path) -> None:
    """Not as a file, not under another name, not inside the words (R68)."""
    near = site.near
    inside = base64.b64encode(PICTURE).decode()
    near.routes["/red.png"] = Answer(PICTURE, "image/png")
    near.routes["/hidden.bin"] = Answer(PICTURE, "application/octet-stream")
    near.routes["/posts.json"] = Answer(
        f'{{"pic":"data:image/png;base64,{inside}","n":1}}'.encode(), "application/json"
    )
    body = (
        f'{WORDS}<img src="/red.png"><img src="data:image/png;base64,{inside}">'
        "<script>fetch('/hidden.bin'); fetch('/posts.json')</script>"
    )
    report = capture(near.page("/pictures", body), CaptureMode.TEXT)
    assert CaptureOutcome.COMPLETE == report.outcome
    found = answers(tmp_path)
    assert near.url("/red.png") not in found
    assert b'{"pic":"data:,","n":1}' == found[near.url("/posts.json")][2]
    assert b"" == found[near.url("/hidden.bin")][2]
    everything = b"".join(body for _, _, body in found.values())
    assert PICTURE not in everything
    assert inside[:60].encode() not in everything
    assert b"The summer fete" in everything
    assert () == faults(tmp_path / "web/capture.wacz")


class Forgetful(Wacz):
    """A record that loses every answer."""

    def add(self, exchange: Exchange) -> None:
        """Lose it."""


def test_a_record_that_our_own_check_refuses_is_not_kept_and_is_named(
    site: CoverageSite, tmp_path: Path
) -> None:
    """Promise 3: whatever made it unsound, the rest of the page is kept, and partial is partial."""
    with opened(*site.hosts, web_record=lambda: Forgetful("school-monitor test")) as browser:
        report = browser.capture(
            site.near.page("/plain", WORDS), CaptureMode.FULL, tmp_path, nothing_suppressed
        )
    assert CaptureOutcome.PARTIAL == report.outcome
    (missing,) = report.missing
    assert missing.startswith("the record of what the network answered, which is not sound: archive/")
    assert not (tmp_path / "web").exists()
    assert (tmp_path / "shots" / "full.png").is_file()


def test_nothing_is_written_of_a_page_that_is_suppressed(
    browser: Browser, site: CoverageSite, tmp_path: Path
) -> None:
    """What the network answered is forgotten with the rest, whichever of the two checks fires (R69)."""
    seen: list[str] = []

    def second_time(text: str) -> str | None:
        seen.append(text)
        return "S2" if len(seen) > 1 else None

    for check in (lambda text: "S2", second_time):
        report = browser.capture(site.url, CaptureMode.FULL, tmp_path, check)
        assert CaptureOutcome.SUPPRESSED == report.outcome
        assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_proxys_own_refusals_are_not_in_the_record(
    site: CoverageSite, capture: Capture, tmp_path: Path
) -> None:
    """A site's own refusal is evidence, ours is none; and no site can make its answer look like ours."""
    near = site.near
    near.routes["/no.png"] = Answer(
        b"no", "text/plain", status=403, headers={"X-Refused-By-School-Monitor": "0" * 32}
    )
    page = near.page("/refused", f'{WORDS}<img src="http://10.1.2.3/in.png"><img src="/no.png">')
    capture(page)
    assert {page, near.url("/no.png")} == set(answers(tmp_path))


@pytest.mark.parametrize("way", ["direct", "led there", "a part of it", "follows later"])
def test_what_the_servers_proved_lies_beside_the_record(tmp_path: Path, way: str) -> None:
    """The chain of the very connection as PEM that openssl reads, with protocol, issuer and dates: of a page
    that was asked for over TLS, one that an unprotected address leads to, at once or after a while, and a
    part of an unprotected page."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made += ["-days", "2", "-subj", "/CN=Fete Hosting", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with closing(PageServer(tls=tls)) as server, closing(PageServer()) as plain:
        origin = f"https://127.0.0.1:{server.port}"
        server.page("/", WORDS)
        for number in range(2):
            server.routes[f"/{number}.png"] = Answer(png(40, 40, colour=(number, 9, 9)), "image/png")
        plain.held["/x"] = lambda: time.sleep(0.2)
        plain.routes["/led"] = Answer(b"", status=302, headers={"Location": f"{origin}/"})
        address = {
            "direct": f"{origin}/",
            "led there": plain.url("/led"),
            "a part of it": plain.page(
                "/mixed",
                f"<img id=one src={origin}/0.png><script>one.onload = () => document.body.append("
                f"Object.assign(new Image(), {{src: '{origin}/1.png'}}))</script>{WORDS}",
            ),
            "follows later": plain.page(
                "/later", f"{WORDS}<script>fetch('/x').then(() => location.assign('{origin}/'))</script>"
            ),
        }[way]
        hosts = (f"127.0.0.1:{server.port}", f"127.0.0.1:{plain.port}")
        with opened(*hosts, executable=_that_trusts(certificate, tmp_path)) as browser:
            report = browser.capture(address, CaptureMode.FULL, tmp_path / "kept", nothing_suppressed)
    (facts,) = report.facts.tls
    assert (origin, "TLS 1.3", "Fete Hosting") == (facts.origin, facts.protocol, facts.issuer)
    assert facts.cipher and facts.key_exchange
    assert timedelta(days=2) == facts.valid_to - facts.valid_from
    chain = tmp_path / f"kept/net/tls/127.0.0.1_{server.port}.pem"
    prints = [
        subprocess.run(
            ["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"],
            check=True,
            capture_output=True,
        ).stdout
        for path in (certificate, chain)
    ]
    assert prints[0] == prints[1]


def _that_trusts(certificate: Path, folder: Path) -> str:
    """A browser that takes this one certificate which nobody vouches for, and otherwise is the product's."""
    key = subprocess.run(
        f"openssl x509 -in {certificate} -pubkey -noout | openssl pkey -pubin -outform der"
        " | openssl dgst -sha256 -binary | openssl enc -base64",
        shell=True,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    program = folder / "browser"
    own = find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", ""))
    program.write_text(f'#!/bin/sh\nexec "{own}" --ignore-certificate-errors-spki-list={key} "$@"\n')
    program.chmod(0o755)
    return str(program)


def packed(kind: str, body: bytes) -> Callable[[Handler], None]:
    """An answer whose size nobody knows beforehand."""

    def give(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(gzip.compress(body))
        handler.close_connection = True

    return give
