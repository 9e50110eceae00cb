"""A real Chromium against real local servers: what is preserved, what is refused, and that it always ends."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from bs4 import BeautifulSoup
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from monitor.browser import find_browser, open_browser, try_browser
from monitor.errors import BrowserUnavailable
from monitor.model import CaptureMode, CaptureOutcome, CaptureReport, StepOutcome
from monitor.ports import Browser, Suppressed
from tests.browsing import WORDS, Names, clock, files, nothing_suppressed, options
from tests.page_server import Answer, Handler, PageServer, png

RED, BLUE = (200, 0, 0), (0, 0, 200)

Capture = Callable[..., CaptureReport]


@pytest.fixture(scope="module")
def site() -> Iterator[PageServer]:
    """The site that may be visited."""
    server = PageServer()
    server.routes["/red.png"] = Answer(png(300, 200, colour=RED), "image/png")
    server.routes["/blue.png"] = Answer(png(300, 200, colour=BLUE), "image/png")
    yield server
    server.close()


@pytest.fixture(scope="module")
def inside(site: PageServer) -> Iterator[PageServer]:
    """A machine on the school's own network: same port, another address, never named as allowed."""
    server = PageServer("127.0.0.2", site.port)
    yield server
    server.close()


@pytest.fixture(scope="module")
def names() -> Names:
    """The DNS of these tests."""
    return Names()


@pytest.fixture(scope="module")
def browser(site: PageServer, names: Names) -> Iterator[Browser]:
    """One browser for all tests of this file."""
    opened = open_browser(options(site), clock, resolve=names)
    yield opened
    opened.close()


@pytest.fixture
def capture(browser: Browser, tmp_path: Path) -> Capture:
    """Capture into `tmp_path`."""

    def go(url: str, mode: CaptureMode = CaptureMode.FULL) -> CaptureReport:
        return browser.capture(url, mode, tmp_path, nothing_suppressed)

    return go


def picture(folder: Path) -> Image.Image:
    """The full picture, decoded by a library that the product does not use."""
    image = Image.open(BytesIO((folder / "shots/full.png").read_bytes()))
    image.load()
    return image.convert("RGB")


def colours(folder: Path) -> set[tuple[int, ...]]:
    """Every colour in the picture."""
    found = picture(folder).getcolors(1 << 24)
    return {colour for _, colour in found or () if isinstance(colour, tuple)}


def outcome_of(report: CaptureReport, step: str) -> StepOutcome:
    """How a step ended."""
    return next(s.outcome for s in report.steps if s.name == step)


def test_a_full_capture_keeps_the_page_with_its_pictures(
    capture: Capture, site: PageServer, tmp_path: Path
) -> None:
    """Complete means: words, source, picture, contacts, log, and facts that agree with each other."""
    url = site.page("/post", WORDS + "<img src=/red.png alt='a red flag'>")
    report = capture(url)
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    assert {
        "shots/full.png",
        "page/text.txt",
        "page/dom.html",
        "page/page.mhtml",
        "net/connections.jsonl",
        "log/events.jsonl",
    } == files(tmp_path)
    assert "summer fete" in (tmp_path / "page/text.txt").read_text()
    assert RED in colours(tmp_path)
    facts = report.facts
    assert ("page", 200, url, "Littleover Talk") == (
        facts.verdict,
        facts.status,
        facts.final_url,
        facts.title,
    )
    assert facts.picture_size == picture(tmp_path).size == facts.page_size
    assert "127.0.0.1" == facts.server_address
    assert "Headless" in facts.user_agent and "school.example/monitor" in facts.user_agent
    assert facts.user_agent in site.agents
    assert facts.browser.split()[1].split(".")[0] in facts.user_agent
    contacts = [json.loads(line) for line in (tmp_path / "net/connections.jsonl").read_text().splitlines()]
    assert {"127.0.0.1"} == {contact["used"] for contact in contacts}
    names = [step.name for step in report.steps]
    assert ["open page", "settle", "read words", "check words", "save page source", "picture"] == names[:6]


def test_a_text_capture_never_asks_for_a_picture(capture: Capture, site: PageServer, tmp_path: Path) -> None:
    """Pictures, fonts and media are refused at the network, by whatever way a page asks (R68)."""
    red = "data:image/png;base64," + base64.b64encode(png(300, 200, colour=RED)).decode()
    for path in (
        "/a.png",
        "/b.png",
        "/c.png",
        "/d.png",
        "/e.png",
        "/poster.png",
        "/frame.png",
        "/favicon.ico",
    ):
        site.routes[path] = Answer(png(300, 200, colour=BLUE), "image/png")
    site.routes["/film.mp4"] = Answer(b"0" * 5000, "video/mp4")
    site.routes["/type.woff2"] = Answer(b"0" * 5000, "font/woff2")
    site.page(
        "/frame", "<p>words in a frame</p><img src=/frame.png><img width=300 height=200 src='" + red + "'>"
    )
    url = site.page(
        "/pupil",
        WORDS
        + "<style>@font-face{font-family:x;src:url(/type.woff2)} "
        + "body{background-image:url(/a.png);font-family:x}"
        + f"#late::before{{content:url({red})}} #bg{{height:50px;background:url({red})}}</style>"
        + f"<img src=/b.png><img id=data src='{red}'>"
        + "<picture><source srcset=/c.png><img src=/d.png></picture>"
        + "<video poster=/poster.png src=/film.mp4 autoplay></video><div id=late></div><div id=bg></div>"
        + "<svg width=300 height=200><image href=/e.png width=300 height=200></svg>"
        + "<iframe src=/frame></iframe>"
        + "<canvas id=c width=300 height=200></canvas>"
        + "<script>c.getContext('2d').fillStyle='rgb(200,0,0)';c.getContext('2d').fillRect(0,0,300,200);"
        + "fetch('/red.png').then(r=>r.blob()).then(b=>{const i=new Image();i.src=URL.createObjectURL(b);"
        + "document.body.append(i)}).catch(()=>0)</script>",
    )
    report = capture(url, CaptureMode.TEXT)
    asked = {path for path in site.hits if path.rpartition(".")[2] in ("png", "mp4", "woff2", "ico")}
    blocked = {"/a.png", "/b.png", "/c.png", "/d.png", "/e.png", "/poster.png", "/film.mp4", "/type.woff2"}
    assert set() == asked & (blocked | {"/frame.png"})
    assert {RED, BLUE}.isdisjoint(colours(tmp_path))
    assert report.facts.pictures_blocked and report.facts.blocked_requests >= len(blocked) - 2
    assert (255, 233, 168) in colours(tmp_path), "the note stands on the picture"
    for name in ("page/text.txt", "page/dom.html"):
        assert "blocked by School Monitor" not in (tmp_path / name).read_text(), "and only there"
    assert "words in a frame" in (tmp_path / "page/text.txt").read_text()
    assert "base64" not in (tmp_path / "page/dom.html").read_text()


def test_a_mode_that_opens_no_page_is_refused(capture: Capture, site: PageServer) -> None:
    """The caller never opens a page for S2; if it does by mistake, nothing is asked for."""
    url = site.page("/never", WORDS)
    for mode in (CaptureMode.WORDS, CaptureMode.REFERENCE, CaptureMode.NONE):
        with pytest.raises(ValueError):
            capture(url, mode)
    assert 0 == site.hits["/never"]


def test_pictures_that_load_when_scrolled_to_are_there(
    capture: Capture, site: PageServer, tmp_path: Path
) -> None:
    """Both the browser's own lazy loading and a script's, slow ones included."""

    def slow(handler: Handler) -> None:
        time.sleep(0.4)
        body = png(300, 200, colour=BLUE)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("Content-Type", "image/png")
        handler.end_headers()
        handler.wfile.write(body)

    site.routes["/slow.png"] = slow
    url = site.page(
        "/lazy",
        WORDS
        + "<div style='height:2500px'></div><img loading=lazy src=/red.png><div style='height:2000px'></div>"
        "<img id=late width=300 height=200><script>new IntersectionObserver(([e])=>{"
        "if(e.isIntersecting)late.src='/slow.png'}).observe(late)</script>",
    )
    report = capture(url)
    assert CaptureOutcome.COMPLETE == report.outcome
    assert {RED, BLUE} <= colours(tmp_path)
    assert 4500 < report.facts.page_size[1] == report.facts.picture_size[1]


@pytest.mark.parametrize(
    ("path", "body", "status", "verdict"),
    [
        (
            "/wall",
            "<h1>Log in to continue</h1><form><input name=u><input type=password></form>",
            200,
            "login_wall",
        ),
        ("/robot", "<h1>Checking your browser</h1><p>Verify you are human to go on.</p>", 503, "challenge"),
        ("/gone", "<h1>Sorry</h1><p>We looked for it in every cupboard.</p>", 404, "not_found"),
        ("/softgone", "<p>Sorry, this page isn't available.</p>", 200, "not_found"),
        ("/broken", "<h1>Something went wrong on our side</h1>", 500, "error_page"),
        ("/empty", "<div id=app></div>", 200, "blank"),
        ("/consent", "<h1>We value your privacy</h1><button>Accept all</button>", 200, "consent_wall"),
    ],
)
def test_what_a_site_shows_instead_is_named(
    capture: Capture, site: PageServer, path: str, body: str, status: int, verdict: str
) -> None:
    """A picture of a login wall never passes for a picture of the post (promise 3)."""
    report = capture(site.page(path, body, status=status))
    assert (verdict, status) == (report.facts.verdict, report.facts.status)
    assert CaptureOutcome.PARTIAL == report.outcome
    assert report.missing


def test_missing_parts_of_a_page_are_named(capture: Capture, site: PageServer) -> None:
    """A style sheet or picture that did not come makes the capture partial, with its address."""
    url = site.page("/torn", WORDS + "<link rel=stylesheet href=/no.css><img width=50 height=50 src=/no.png>")
    report = capture(url)
    assert CaptureOutcome.PARTIAL == report.outcome
    assert {site.url("/no.css"), site.url("/no.png")} == set(report.facts.failed_resources)


def test_the_source_that_is_kept_can_run_nothing(capture: Capture, site: PageServer, tmp_path: Path) -> None:
    """No script, handler, script link or refresh is left, in frames and shadow trees neither."""
    url = site.page(
        "/active",
        WORDS + "<script>var kept='SECRET_SCRIPT'</script><a href=' java\tscript:alert(1)'>x</a>"
        "<p onclick='alert(2)'>press</p><svg><script>1</script><a xlink:href='javascript:3'>y</a></svg>"
        "<iframe srcdoc='<p onload=4>framed<script>5</script></p>'></iframe>"
        "<form action='javascript:6'></form>"
        "<div id=h></div><script>h.attachShadow({mode:'open'}).innerHTML="
        "'<p onclick=7>in the shade</p><img src=x onerror=8>'</script>"
        "<meta http-equiv=refresh content='900;url=/elsewhere'>",
    )
    capture(url)
    kept = (tmp_path / "page/dom.html").read_text()
    assert kept.startswith("<!--")
    soup = BeautifulSoup(kept.replace("srcdoc=", "data-srcdoc="), "html.parser")
    assert [] == soup.find_all("script")
    assert [] == soup.select("meta[http-equiv=refresh]")
    attributes = [(name, str(value)) for tag in soup.find_all(True) for name, value in tag.attrs.items()]
    assert [] == [name for name, _ in attributes if name.startswith("on")]
    assert [] == [value for _, value in attributes if value.split(":")[0].strip().lower().endswith("script")]
    assert "SECRET_SCRIPT" not in kept and "<script" not in kept and "onload" not in kept
    assert "in the shade" in kept and "framed" in kept
    assert "in the shade" in (tmp_path / "page/text.txt").read_text()


def test_a_tall_page_is_cut_and_says_so(capture: Capture, site: PageServer, tmp_path: Path) -> None:
    """The height cap is a stated fact; the words are whole."""
    report = capture(
        site.page("/tall", WORDS + "<div style='height:9000px'></div><p>the very last words</p>")
    )
    assert CaptureOutcome.PARTIAL == report.outcome
    assert report.facts.truncated and (1280, 6000) == report.facts.picture_size == picture(tmp_path).size
    assert report.facts.page_size[1] > 9000
    assert "the very last words" in (tmp_path / "page/text.txt").read_text()


@pytest.mark.parametrize(
    "body",
    [
        WORDS + "<b>zq-trigger</b>",
        WORDS + "<img src=/red.png alt='zq-trigger'>",
        WORDS + "<iframe src=/trigger-frame></iframe>",
        WORDS + "<script>setTimeout(()=>document.body.append('zq-'+'trigger'),200);"
        "var x=new XMLHttpRequest();x.open('GET','/wait');x.send()</script>",
    ],
)
def test_a_page_that_sets_off_a_trigger_leaves_no_file(
    browser: Browser, site: PageServer, tmp_path: Path, body: str
) -> None:
    """Suppression is asked again about what the page really says, before anything is written (R69)."""
    site.page("/trigger-frame", "<p>zq-trigger</p>")

    def wait(handler: Handler) -> None:
        time.sleep(0.6)
        handler.send_response(204)
        handler.end_headers()

    site.routes["/wait"] = wait
    url = site.page("/trigger", body, title="private title")
    report = browser.capture(
        url, CaptureMode.FULL, tmp_path, lambda text: "S2" if "zq-trigger" in text else None
    )
    assert CaptureOutcome.SUPPRESSED == report.outcome
    assert [] == list(tmp_path.rglob("*"))
    assert "fete" not in repr(report) and "private title" not in repr(report)
    assert ("", None, ()) == (report.facts.final_url, report.facts.status, report.facts.headers)


def test_calls_of_scripts_that_were_not_answered_are_counted(
    capture: Capture, site: PageServer, tmp_path: Path
) -> None:
    """A page that waits for news is whole without them; a reader of the log sees that it waited."""
    over = threading.Event()

    def wait(handler: Handler) -> None:
        over.wait(60)

    site.routes["/news"] = wait
    try:
        report = capture(site.page("/waits", WORDS + "<script>fetch('/news');fetch('/red.png')</script>"))
    finally:
        over.set()
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    lines = [json.loads(line) for line in (tmp_path / "log/events.jsonl").read_text().splitlines()]
    assert {"count": 1, "of": "call of a script without an answer"} in lines


def test_nothing_is_remembered_between_captures(capture: Capture, site: PageServer, tmp_path: Path) -> None:
    """Each capture is a stranger's first visit."""
    url = site.page(
        "/memory",
        WORDS + "<p id=p></p><script>p.textContent='visits '+(localStorage.n||0)+' '+document.cookie;"
        "localStorage.n=1;document.cookie='seen=1'</script>",
    )
    capture(url)
    capture(url)
    assert "visits 0" in (tmp_path / "page/text.txt").read_text()
    assert "seen=1" not in (tmp_path / "page/text.txt").read_text()


def test_a_page_cannot_lead_the_browser_inside(
    capture: Capture, site: PageServer, inside: PageServer, names: Names
) -> None:
    """Redirects, frames, scripts, sockets and preloads reach nothing that the operator did not name."""
    names.answers["intranet.example"] = [("127.0.0.2",)]
    names.answers["mixed.example"] = [("127.0.0.1", "127.0.0.2")]
    targets = [inside.url("/x"), f"http://intranet.example:{site.port}/x", f"http://mixed.example:{site.port}/x",
               f"http://[::ffff:127.0.0.2]:{site.port}/x", f"http://2130706434:{site.port}/x"]  # fmt: skip
    site.routes["/hop"] = Answer(b"", status=302, headers={"Location": inside.url("/hop")})
    parts = "".join(
        f"<img src={t}><iframe src={t}></iframe><link rel=stylesheet href={t}><link rel=preconnect href={t}>"
        f"<link rel=prefetch href={t}><script src={t}></script><object data={t}></object>"
        f"<script>fetch('{t}',{{mode:'no-cors'}}).catch(()=>0);navigator.sendBeacon('{t}');"
        f"try{{new WebSocket('{t}'.replace('http','ws'))}}catch(e){{}}"
        f"new EventSource('{t}');new Worker(URL.createObjectURL(new Blob([\"fetch('{t}')\"])))</script>"
        for t in [*targets, "/hop"]
    )
    report = capture(site.page("/leader", WORDS + parts))
    assert (0, 0) == (inside.connections, sum(inside.hits.values()))
    assert "page" == report.facts.verdict
    assert CaptureOutcome.PARTIAL == report.outcome
    assert report.facts.blocked_requests > 0


@pytest.mark.parametrize("path", ["redirect", "script", "direct", "name", "mixed"])
def test_an_inside_address_is_never_opened(
    capture: Capture, site: PageServer, inside: PageServer, names: Names, tmp_path: Path, path: str
) -> None:
    """The refusal is named, and no page of the proxy is ever kept as if it were the site's."""
    names.answers["intranet.example"] = [("127.0.0.2",)]
    names.answers["mixed.example"] = [("127.0.0.1", "127.0.0.2")]
    site.routes["/hop"] = Answer(b"", status=302, headers={"Location": inside.url("/hop")})
    url = {
        "redirect": site.url("/hop"),
        "script": site.page("/script-hop", WORDS + f"<script>location='{inside.url('/')}'</script>"),
        "direct": inside.url("/"),
        "name": f"http://intranet.example:{site.port}/",
        "mixed": f"http://mixed.example:{site.port}/",
    }[path]
    report = capture(url)
    assert (CaptureOutcome.FAILED, "unreachable") == (report.outcome, report.facts.verdict)
    assert "the address is private" in [step.detail for step in report.steps]
    assert (0, {"net/connections.jsonl", "log/events.jsonl"}) == (inside.connections, files(tmp_path))


def test_a_second_dns_answer_changes_nothing(
    capture: Capture, site: PageServer, inside: PageServer, names: Names, tmp_path: Path
) -> None:
    """A name that answers inside the second time is judged the second time as well (rebinding)."""
    names.answers["rebind.example"] = [("127.0.0.1",), ("127.0.0.2",)]
    site.page("/rebind", WORDS + "<script>for(let i=0;i<5;i++)fetch('/stolen?'+i).catch(()=>0)</script>")
    report = capture(f"http://rebind.example:{site.port}/rebind")
    assert (0, 0) == (inside.connections, site.hits["/stolen"])
    assert "page" == report.facts.verdict
    used = [
        json.loads(line)["used"] for line in (tmp_path / "net/connections.jsonl").read_text().splitlines()
    ]
    assert "127.0.0.2" not in used


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "chrome://version", "javascript:1"]
)
def test_only_web_addresses_are_opened(capture: Capture, tmp_path: Path, url: str) -> None:
    """Nothing of this machine can become an exhibit."""
    report = capture(url)
    assert (CaptureOutcome.FAILED, "unreachable") == (report.outcome, report.facts.verdict)
    assert "page/text.txt" not in files(tmp_path)


def test_a_bad_certificate_is_never_ignored(
    names: Names, browser: Browser, site: PageServer, tmp_path: Path
) -> None:
    """Evidence from a connection that nobody can vouch for is none."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pages.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(clock() - timedelta(days=1))
        .not_valid_after(clock() + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    # The same port as the site, which is the one the operator named, on a name for the site's address.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = PageServer(port=port, tls=context)
    server.page("/", WORDS)
    other = open_browser(options(site, allow_private=(f"127.0.0.1:{port}",)), clock, resolve=names)
    try:
        report = other.capture(f"https://127.0.0.1:{port}/", CaptureMode.FULL, tmp_path, nothing_suppressed)
    finally:
        other.close()
        server.close()
    assert "unreachable" == report.facts.verdict
    assert "the site's certificate is not valid" == report.steps[0].detail
    assert 0 == server.hits["/"]


def test_an_endless_redirect_ends(capture: Capture, site: PageServer) -> None:
    """And says what it was."""
    site.routes["/round"] = Answer(b"", status=302, headers={"Location": "/round"})
    report = capture(site.url("/round"))
    assert "the address redirects without end" == report.steps[0].detail


def test_redirects_are_kept_in_order(capture: Capture, site: PageServer) -> None:
    """The address asked for and the address shown are both facts."""
    site.routes["/one"] = Answer(b"", status=301, headers={"Location": "/two"})
    site.routes["/two"] = Answer(b"", status=302, headers={"Location": "/post3"})
    end = site.page("/post3", WORDS)
    facts = capture(site.url("/one")).facts
    assert (site.url("/one"), site.url("/two")) == facts.redirects
    assert (site.url("/one"), end) == (facts.requested_url, facts.final_url)


def chromiums(root: int) -> list[psutil.Process]:
    """Chromium processes below a process."""
    found = []
    for process in psutil.Process(root).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # Renderers come and go.
            if "chrom" in process.name():
                found.append(process)
    return found


def test_a_browser_that_is_killed_is_started_again(capture: Capture, site: PageServer) -> None:
    """`kill -9` in the middle of a capture costs that capture only."""
    site.page("/calm", WORDS)

    def kill(handler: Handler) -> None:
        for process in chromiums(os.getpid()):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    site.routes["/kill"] = kill
    report = capture(site.url("/kill"))
    assert CaptureOutcome.FAILED == report.outcome
    assert CaptureOutcome.COMPLETE == capture(site.url("/calm")).outcome
    for process in chromiums(os.getpid()):  # Between two captures it costs none.
        with suppress(psutil.NoSuchProcess):
            process.kill()
    assert CaptureOutcome.COMPLETE == capture(site.url("/calm")).outcome


def test_a_browser_that_hangs_is_killed_on_time(site: PageServer, names: Names, tmp_path: Path) -> None:
    """Time is up means that it is up, also for a browser that will never answer again; nothing stays."""
    site.page("/calm", WORDS)
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    own = open_browser(options(site, total_s=16.0, page_s=14.0), clock, resolve=names)
    try:

        def freeze(handler: Handler) -> None:
            for process in psutil.Process().children(recursive=True):
                if process.pid not in before:
                    process.suspend()

        site.routes["/freeze"] = freeze
        report = own.capture(site.url("/freeze"), CaptureMode.FULL, tmp_path / "2", nothing_suppressed)
        assert CaptureOutcome.FAILED == report.outcome
        again = own.capture(site.url("/calm"), CaptureMode.FULL, tmp_path / "3", nothing_suppressed)
        assert CaptureOutcome.COMPLETE == again.outcome
    finally:
        own.close()
        own.close()
    left = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
    assert [] == [p for p in left if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def undrawn(
    site: PageServer,
    names: Names,
    folder: Path,
    *,
    times: int,
    drawing_s: float,
    more: str = "",
    suppressed: Suppressed = nothing_suppressed,
) -> CaptureReport:
    """Capture a page that stops the process which draws it, so many times; everything else goes on."""
    before, left = {process.pid for process in chromiums(os.getpid())}, [None] * times

    def stop(handler: Handler) -> None:
        if left:
            left.pop()
            for process in chromiums(os.getpid()):
                if process.pid not in before and "--type=gpu-process" in " ".join(process.cmdline()):
                    process.suspend()
        handler.send_response(204)
        handler.end_headers()

    site.routes["/stop-drawing"] = stop
    url = site.page("/undrawn", f"{WORDS}<script>fetch('/stop-drawing');{more}</script>")
    given = options(site, drawing_s=drawing_s, forbidden=lambda url: "/hidden" in url)
    with closing(open_browser(given, clock, resolve=names)) as own:
        return own.capture(url, CaptureMode.FULL, folder, suppressed)


def test_a_browser_that_stops_drawing_is_replaced_and_the_capture_made_again(
    site: PageServer, names: Names, tmp_path: Path
) -> None:
    """Nothing is lost by it, and the log says that it happened."""
    report = undrawn(site, names, tmp_path, times=1, drawing_s=6.0)
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    assert picture(tmp_path).size == report.facts.picture_size
    log = (tmp_path / "log/events.jsonl").read_text()
    assert "this is the second try" in log


def test_a_page_that_is_never_drawn_keeps_its_words(site: PageServer, names: Names, tmp_path: Path) -> None:
    """The second browser draws nothing either, so the picture is missing, and that is said."""
    report = undrawn(site, names, tmp_path, times=2, drawing_s=3.0)
    assert CaptureOutcome.PARTIAL == report.outcome
    assert "the browser stopped drawing the page" in report.missing
    assert StepOutcome.FAILED == outcome_of(report, "picture")
    assert StepOutcome.DONE == outcome_of(report, "save files")
    assert {"page/text.txt", "page/dom.html"} <= files(tmp_path)
    assert not any(name.startswith("shots/") for name in files(tmp_path))


def test_what_the_second_try_finds_suppressed_leaves_nothing_of_the_first(
    site: PageServer, names: Names, tmp_path: Path
) -> None:
    """The first try read the words and would have kept them."""
    rules: list[str | None] = [None]
    report = undrawn(
        site, names, tmp_path, times=1, drawing_s=3.0, suppressed=lambda _: rules.pop() if rules else "A9"
    )
    assert (CaptureOutcome.SUPPRESSED, set()) == (report.outcome, files(tmp_path))


def test_a_page_that_is_suppressed_while_nothing_is_drawn_is_not_opened_again(
    site: PageServer, names: Names, tmp_path: Path
) -> None:
    """It leads to a suppressed post while the picture is waited for (R69)."""
    before = site.hits["/undrawn"]
    frame = "Object.assign(document.createElement('iframe'), {src: '/hidden'})"
    later = f"setTimeout(() => document.body.append({frame}), 5000)"
    report = undrawn(site, names, tmp_path, times=1, drawing_s=15.0, more=later)
    assert (CaptureOutcome.SUPPRESSED, set()) == (report.outcome, files(tmp_path))
    assert (before + 1, 0) == (site.hits["/undrawn"], site.hits["/hidden"])


def test_a_browser_is_replaced_after_so_many_captures(site: PageServer, names: Names, tmp_path: Path) -> None:
    """It grows with every capture, so it does not live for ever."""
    url = site.page("/calm", WORDS)
    before = {process.pid for process in chromiums(os.getpid())}
    own = open_browser(options(site, recycle_after=1), clock, resolve=names)
    lives: list[set[int]] = []
    try:
        for number in ("1", "2"):
            report = own.capture(url, CaptureMode.FULL, tmp_path / number, nothing_suppressed)
            assert CaptureOutcome.COMPLETE == report.outcome
            lives.append({process.pid for process in chromiums(os.getpid())} - before)
    finally:
        own.close()
    assert lives[0] and lives[1] and lives[0].isdisjoint(lives[1])


def test_nothing_stays_when_the_program_itself_is_killed(site: PageServer, tmp_path: Path) -> None:
    """A browser without its program ends by itself."""
    site.page("/calm", WORDS)
    program = (
        "import sys, time; from datetime import datetime, UTC; from pathlib import Path\n"
        "from monitor.browser import *; from monitor.model import CaptureMode\n"
        f"b = open_browser({options(site)!r}, lambda: datetime.now(UTC))\n"
        f"r = b.capture({site.url('/calm')!r}, CaptureMode.FULL, Path({str(tmp_path)!r}),"
        " lambda text: None)\n"
        "print(r.outcome, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert "complete" == child.stdout.readline().strip()
        started = psutil.Process(child.pid).children(recursive=True)
        assert started
        child.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(started, timeout=60)
    assert [] == [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_captures_asked_for_from_two_threads_take_turns(capture: Capture, site: PageServer) -> None:
    """One slot is what there is, unless more is asked for: the first page waits in vain for the second to be
    asked for as well (two slots: tests/test_browser_slots.py)."""
    urls = site.page("/turn-1", WORDS), site.page("/turn-2", WORDS)
    met = site.meet("/turn-1", "/turn-2", patience_s=2.0)
    with ThreadPoolExecutor(2) as threads:
        outcomes = [report.outcome for report in threads.map(capture, urls)]
    assert [CaptureOutcome.COMPLETE] * 2 == outcomes
    assert [False, True] == met


def test_a_missing_browser_is_told_with_what_to_type(site: PageServer, tmp_path: Path) -> None:
    """The operator is never left with a stack trace."""
    with pytest.raises(BrowserUnavailable, match="apt-get install chromium$"):
        open_browser(options(site, executable=str(tmp_path / "none")), clock).capture(
            site.page("/post", WORDS), CaptureMode.FULL, tmp_path, nothing_suppressed
        )


def test_a_browser_is_found_by_path_or_by_name() -> None:
    """One that is named is used or missed, never replaced; Playwright's own comes last."""
    assert sys.executable == find_browser(sys.executable)
    assert find_browser("", sys.executable) == find_browser()
    with pytest.raises(BrowserUnavailable):
        find_browser("/nowhere/browser", sys.executable)


def test_a_browser_is_tried_by_starting_it() -> None:
    """What doctor says was seen, not guessed."""
    assert "starts, version" in try_browser("")


@pytest.fixture(scope="module")
def careful(site: PageServer, names: Names) -> Iterator[Browser]:
    """A browser that may not go to a suppressed post."""
    opened = open_browser(options(site, forbidden=lambda url: "/suppressed" in url), clock, resolve=names)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "way",
    [
        "redirect",
        "<script>location = '/suppressed?x'</script>",
        "<script>setTimeout(() => { location.href = '/suppressed' }, 20)</script>",
        "<meta http-equiv=refresh content='0;url=/suppressed'>",
        "<form id=f action=/suppressed></form><script>f.submit()</script>",
        "<iframe src=/suppressed></iframe>",
    ],
)
@pytest.mark.parametrize("mode", [CaptureMode.FULL, CaptureMode.TEXT])
def test_no_page_leads_the_browser_to_a_suppressed_post(
    careful: Browser, site: PageServer, tmp_path: Path, way: str, mode: CaptureMode
) -> None:
    """R69: no request, whatever way leads there, and nothing of what led there is kept."""
    site.page("/suppressed", WORDS)
    if way == "redirect":
        site.routes["/leads"] = Answer(b"", status=302, headers={"Location": "/suppressed"})
    else:
        site.page("/leads", WORDS + way)
    before = site.hits["/suppressed"]
    report = careful.capture(site.url("/leads"), mode, tmp_path, nothing_suppressed)
    assert before == site.hits["/suppressed"]
    assert CaptureOutcome.SUPPRESSED == report.outcome
    assert set() == files(tmp_path)
    assert "suppressed" not in repr(report.steps) and () == report.missing


@pytest.mark.parametrize(
    "part",
    [
        "<img src=/suppressed/photo.png width=200 height=200>",
        "<script>fetch('/suppressed/words')</script>",
        "<link rel=stylesheet href=/suppressed/style.css>",
        "<script>new Worker('/suppressed/worker.js')</script>",
    ],
)
def test_no_part_of_a_page_is_fetched_from_a_suppressed_post(
    careful: Browser, site: PageServer, tmp_path: Path, part: str
) -> None:
    """S2 and A9: no request for the media or the links either; the rest is kept, and the gap is named."""
    for name in ("photo.png", "words", "style.css", "worker.js"):
        site.routes[f"/suppressed/{name}"] = Answer(b"", kind="text/plain")
    site.page("/beside", WORDS + part)
    report = careful.capture(site.url("/beside"), CaptureMode.FULL, tmp_path, nothing_suppressed)
    assert {} == {path: hits for path, hits in site.hits.items() if path.startswith("/suppressed/") and hits}
    assert CaptureOutcome.PARTIAL == report.outcome
    assert "a part of the page whose address may not be opened" in report.missing


def test_an_address_that_cannot_be_judged_is_not_opened(
    site: PageServer, names: Names, tmp_path: Path
) -> None:
    """The store may be busy: that is a failed capture, which is tried again, not a suppressed one."""

    def busy(url: str) -> bool:
        raise OSError("busy")

    url = site.page("/unjudged", WORDS)
    opened = open_browser(options(site, forbidden=busy), clock, resolve=names)
    try:
        report = opened.capture(url, CaptureMode.FULL, tmp_path, nothing_suppressed)
    finally:
        opened.close()
    assert CaptureOutcome.FAILED == report.outcome
    assert 0 == site.hits["/unjudged"]
