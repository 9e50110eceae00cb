"""Pages that mean harm. Each costs one capture and nothing else: it ends, leaves no process and no
file behind that should not be there, and the next page is captured as if nothing had happened."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from monitor.browser import open_browser
from monitor.browser.memory import ProcessTree
from monitor.browser.page import OUT_OF_TIME
from monitor.model import CaptureMode, CaptureOutcome, CaptureReport
from monitor.ports import Browser
from tests.browsing import WORDS, Names, clock, nothing_suppressed, options
from tests.page_server import Answer, Handler, PageServer

PAGE_S, TOTAL_S = 1.5, 14.0
"""So little that a page which never comes to rest is soon given up; too little for a busy machine."""
PATIENT_PAGE_S, PATIENT_TOTAL_S = 30.0, 120.0
SHORT_OF_TIME = (
    OUT_OF_TIME,
    "did not answer",
    "could not be read",
    "longer than the time allowed",
    "scripts never paused",
)
"""What a capture says of a page that it could not wait for."""
MEMORY_BYTES = 700_000_000

Pages = dict[str, str | Callable[[Handler], None]]


def drip(handler: Handler) -> None:
    """A page whose end never comes."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.wfile.write(f"<title>Slow</title>{WORDS}".encode())
    for _ in range(3000):
        handler.wfile.write(b"<!-- more -->")
        handler.wfile.flush()
        time.sleep(0.1)


def flood(handler: Handler) -> None:
    """256 MB of page."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.wfile.write(f"<title>Flood</title>{WORDS}".encode())
    for _ in range(4096):
        handler.wfile.write(b"<!--" + b"x" * 65529 + b"-->")


def silent(handler: Handler) -> None:
    """No answer at all."""
    time.sleep(20)


READABLE: Pages = {
    "/busy": "<script>onload=()=>setTimeout(()=>{while(true){}},0)</script>",
    "/busy-at-once": "<script>while(true){}</script>",
    "/endless": "<div id=e style='min-height:2000px'></div>"
    "<script>onscroll=()=>{const d=document.createElement('div');"
    "d.style.height='3000px';d.textContent='more';e.append(d)}</script>",
    "/still": "<img src=/silent.png width=10 height=10>",
    "/jumps": "<script>setTimeout(()=>location.replace('/jumps?'+Math.random()),30)</script>",
    "/refresh": "<meta http-equiv=refresh content='0'>",
    "/drip": drip,
    "/flood": flood,
}
"""The words are there for whoever looks; only the page never comes to rest, never stays, or never ends."""

HARMLESS: Pages = {
    "/dialogs": "<script>alert(1);confirm(2);prompt(3);for(let i=0;i<10;i++){open('/popup'+i);}"
    "onbeforeunload=()=>'stay';for(let i=0;i<5;i++){const a=document.createElement('a');a.href='/file.bin';"
    "a.download='x';document.body.append(a);a.click()}print();setInterval(()=>alert(4),100)</script>",
    "/liar": "<script>document.querySelectorAll=()=>[];document.createTreeWalker=()=>null;"
    "Object.defineProperty(document,'title',{get:()=>'lie'});"
    "Object.defineProperty(document,'images',{get:()=>{throw 1}});"
    "Object.defineProperty(HTMLElement.prototype,'innerText',{get:()=>'lie'});"
    "Object.defineProperty(Element.prototype,'shadowRoot',{get(){return document}});"
    "Document.prototype.elementsFromPoint=()=>[];Range.prototype.getClientRects=()=>[];"
    "String.prototype.normalize=()=>'lie';Promise.race=()=>new Promise(()=>0);"
    "Array.prototype.map=()=>[];window.requestAnimationFrame=()=>0;JSON.stringify=()=>'lie'</script>",
    "/nested": "<script>document.write(`<iframe src='/nested?${Math.random()}' width=900 height=700>"
    "</iframe>`)</script>",
    "/leaving": "<script>onbeforeunload=e=>{e.preventDefault();return 'stay'};"
    "onunload=()=>{const t=Date.now();while(Date.now()-t<3000);};setInterval(()=>print(),50)</script>",
}
"""What they try is refused or does not reach us: a capture of them may well be complete."""

LOST: Pages = {
    "/silent": silent,
    "/back": "<script>onload=()=>{setInterval(()=>{history.pushState(0,'','?'+Math.random());"
    "history.go(-1);location.reload()},5)}</script>",
    "/writes": "<script>setInterval(()=>{document.open();document.write('<p>again'.repeat(9999));"
    "document.close()},1)</script>",
    "/canvas": "<script>setInterval(()=>{for(let i=0;i<20;i++){const c=document.createElement('canvas');"
    "c.width=c.height=8000;const g=c.getContext(i%2?'webgl':'2d');"
    "if(g&&g.fillRect)g.fillRect(0,0,8000,8000);document.body.append(c)}},10)</script>",
    # In small bites: where memory comes slowly, one big one would be a script that never pauses.
    "/bomb": "<script>const k=[];setInterval(()=>{const a=new Uint8Array(1<<26);"
    "a.fill(7);k.push(a)},1)</script>",
    "/strings": "<script>const k=[],s='x'.repeat(1e6);setInterval(()=>{for(let i=0;i<40;i++)"
    "k.push((s+i).split(''))},10)</script>",
}
"""There may be nothing left to read, or nothing that stands still."""

HEAVY: Pages = {
    "/huge": "<script>let s='';for(let i=0;i<40000;i++)s+='<b>x</b><i></i>';"
    "const d=document.createElement('div');d.innerHTML=s;document.body.append(d)</script>",
    "/workers": "<script>const u=URL.createObjectURL(new Blob(['for(;;){}']));"
    "for(let i=0;i<12;i++)new Worker(u)</script>",
}
"""How far a capture of them comes depends on the machine."""

HOSTILE = READABLE | HARMLESS | LOST | HEAVY


@pytest.fixture(scope="module")
def site() -> Iterator[PageServer]:
    """Where the harm comes from, and one calm page."""
    server = PageServer()
    server.page("/calm", WORDS)
    server.routes["/silent.png"] = silent
    server.routes["/file.bin"] = Answer(b"0" * 100, "application/octet-stream")
    for path, what in HOSTILE.items():
        if isinstance(what, str):
            server.page(path, WORDS + what)
        else:
            server.routes[path] = what
    yield server
    server.close()


@pytest.fixture(scope="module")
def impatient(site: PageServer) -> Iterator[Browser]:
    """One browser for all of them, with little time and memory for each."""
    small = options(site, page_s=PAGE_S, total_s=TOTAL_S, max_memory_bytes=MEMORY_BYTES)
    opened = open_browser(small, clock, resolve=Names())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def patient(site: PageServer) -> Iterator[Browser]:
    """One that waits as long as a busy machine may need, for what the other one was too hasty for."""
    small = options(site, page_s=PATIENT_PAGE_S, total_s=PATIENT_TOTAL_S, max_memory_bytes=MEMORY_BYTES)
    opened = open_browser(small, clock, resolve=Names())
    yield opened
    opened.close()


@pytest.mark.parametrize("path", sorted(HOSTILE))
def test_a_hostile_page_costs_one_capture_and_nothing_else(
    impatient: Browser, patient: Browser, site: PageServer, tmp_path: Path, path: str
) -> None:
    """It ends and is not called complete unless it is. The next page of this list is captured by the same
    browser, so none of them can have spoilt it. Where time was short, plenty of it decides."""
    hasty, waited = tmp_path / "hasty", tmp_path / "waited"
    report = impatient.capture(site.url(path), CaptureMode.FULL, hasty, nothing_suppressed)
    try:
        costs_itself_only(path, report, hasty)
    except (AssertionError, FileNotFoundError):
        if not short_of_time(report):
            raise
        report = patient.capture(site.url(path), CaptureMode.FULL, waited, nothing_suppressed)
        costs_itself_only(path, report, waited)


def short_of_time(report: CaptureReport) -> bool:
    """Whether the capture says that there was too little time."""
    return any(words in step.detail for step in report.steps for words in SHORT_OF_TIME)


def costs_itself_only(path: str, report: CaptureReport, folder: Path) -> None:
    """What must hold of the capture of each page."""
    if path in READABLE | LOST:
        assert CaptureOutcome.COMPLETE != report.outcome
        assert report.missing
    if path in READABLE | HARMLESS:
        assert "summer fete" in (folder / "page/text.txt").read_text()
        assert "page" == report.facts.verdict
    if path == "/dialogs":
        told = (folder / "log/events.jsonl").read_text()
        assert "dialog dismissed (confirm)" in told and "download refused" in told
    if path == "/liar":
        assert ("Littleover Talk", CaptureOutcome.COMPLETE) == (report.facts.title, report.outcome)
    if path in ("/bomb", "/strings"):
        assert "the page took more memory than is allowed" in report.missing


def test_after_all_of_them_a_page_is_captured_as_ever(
    impatient: Browser, site: PageServer, tmp_path: Path
) -> None:
    """By what they left of the browser; as often as a busy machine lets it have too little time."""
    for attempt in range(30):
        folder = tmp_path / str(attempt)
        report = impatient.capture(site.url("/calm"), CaptureMode.FULL, folder, nothing_suppressed)
        if not short_of_time(report):
            break
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)


def test_a_memory_bomb_is_stopped_below_a_gigabyte_and_a_half(site: PageServer, tmp_path: Path) -> None:
    """With the limit that ships, measured from outside, all processes together; and nothing stays."""
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    opened = open_browser(options(site), clock, resolve=Names())
    peak, over = 0, threading.Event()

    def look() -> None:
        nonlocal peak
        tree = ProcessTree(psutil.Process())
        while not over.wait(0.02):
            peak = max(peak, tree.resident_bytes())

    watcher = threading.Thread(target=look)
    own = ProcessTree(psutil.Process()).resident_bytes()
    watcher.start()
    try:
        report = opened.capture(site.url("/bomb"), CaptureMode.FULL, tmp_path, nothing_suppressed)
    finally:
        over.set()
        watcher.join()
        opened.close()
    assert "the page took more memory than is allowed" in report.missing
    assert 900_000_000 < peak - own < 1_500_000_000
    left = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
    running = []
    for process in left:
        with suppress(psutil.NoSuchProcess):
            running += [process] if process.status() != psutil.STATUS_ZOMBIE else []
    assert [] == running


def test_a_browser_that_grew_is_replaced(site: PageServer, tmp_path: Path) -> None:
    """Not only after so many captures: also as soon as one leaves it with too much memory."""
    lives: list[set[int]] = []
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    opened = open_browser(options(site, recycle_bytes=1_000_000), clock, resolve=Names())
    try:
        for number in ("1", "2"):
            folder = tmp_path / number
            report = opened.capture(site.url("/calm"), CaptureMode.FULL, folder, nothing_suppressed)
            assert CaptureOutcome.COMPLETE == report.outcome
            lives.append({p.pid for p in psutil.Process().children(recursive=True)} - before)
    finally:
        opened.close()
    assert lives[0] and lives[1] and lives[0].isdisjoint(lives[1])
