"""Pages that do not stay where they are: followed while they settle, then held still, which is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from monitor.browser import open_browser
from monitor.evidence.wacz import Wacz
from monitor.model import CaptureMode, CaptureOutcome
from monitor.ports import Browser
from tests.browsing import WORDS, Names, clock, files, nothing_suppressed, options
from tests.page_server import PageServer

HELD = "what the page went on to: it opened itself or another address anew and was held still"
TALL = "<div style='height:5000px'></div>"


@pytest.fixture(scope="module")
def site() -> Iterator[PageServer]:
    """Where the pages are, and where they lead."""
    server = PageServer()
    server.page("/landed", WORDS + "<p>This is where everybody ends up.</p>", title="Landed")
    yield server
    server.close()


@pytest.fixture(scope="module")
def browser(site: PageServer) -> Iterator[Browser]:
    """One browser for all of them; what it is kept from is any address with "hidden" in it."""
    wanted = options(site, forbidden=lambda url: "/hidden" in url, web_record=lambda: Wacz("test"))
    opened = open_browser(wanted, clock, resolve=Names())
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "moving",
    [
        "<script>setInterval(()=>location.reload(),40)</script>",
        "<meta http-equiv=refresh content=0>",
        "<script>setInterval(()=>location.replace('?'+Math.random()),40)</script>",
        "<form id=f method=post></form><script>setInterval(()=>f.submit(),40)</script>",
    ],
    ids=["reload", "refresh", "another address each time", "form"],
)
def test_a_page_that_never_stays_is_held_still_and_kept(
    browser: Browser, site: PageServer, tmp_path: Path, moving: str
) -> None:
    """All files are there and belong to the document that stood; that more came is named: partial."""
    url = site.page("/moving", WORDS + TALL + moving)
    report = browser.capture(url, CaptureMode.FULL, tmp_path, nothing_suppressed, wanted=("summer fete",))
    assert (CaptureOutcome.PARTIAL, (HELD,)) == (report.outcome, report.missing)
    assert {"shots/full.png", "shots/flag-01.png", "page/page.mhtml", "web/capture.wacz"} <= files(tmp_path)
    assert "summer fete" in (tmp_path / "page/text.txt").read_text()
    assert url == report.facts.final_url.partition("?")[0]
    told = (tmp_path / "log/events.jsonl").read_text()
    assert "navigation held back" in told and "stop scripts" not in told


LATE = (
    TALL + "<p id=end>The end of the page</p><script>let back=0;onscroll=()=>{if(scrollY<9)back=1;"
    "else if(back&&scrollY>3000)location.href='%s'}</script>"
)
"""Goes on only when the page has settled, at the top again, and its last words are looked for."""


@pytest.mark.parametrize(
    "sending",
    [
        "<script>setTimeout(()=>location.href='/landed',0)</script>",
        f"{TALL}<script>onscroll=()=>location.href='/landed'</script>",
        LATE % "/landed",
    ],
    ids=["at once", "while it settles", "when it had settled"],
)
def test_a_page_that_sends_its_visitors_on_is_captured_where_they_land(
    browser: Browser, site: PageServer, tmp_path: Path, sending: str
) -> None:
    """Once, by a script: the capture is complete, and of the page that a visitor would have seen."""
    url = site.page("/sending", WORDS + sending)
    report = browser.capture(
        url, CaptureMode.FULL, tmp_path, nothing_suppressed, wanted=("The end of the page", "fete")
    )
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    assert (site.url("/landed"), "Landed") == (report.facts.final_url, report.facts.title)
    for name in ("page/text.txt", "page/dom.html", "page/page.mhtml"):
        assert "everybody ends up" in (tmp_path / name).read_text(), name
    with ZipFile(BytesIO((tmp_path / "web/capture.wacz").read_bytes())) as package:
        pages = package.read("pages/pages.jsonl").decode().splitlines()
    assert site.url("/landed") in [json.loads(line).get("url") for line in pages]


def test_a_page_is_followed_once_only(browser: Browser, site: PageServer, tmp_path: Path) -> None:
    """The second time it is held still where it is, and that is said."""
    second = site.page("/second", WORDS + "<p>Halfway</p>" + LATE % "/landed")
    url = site.page("/first", WORDS + LATE % "/second")
    before = site.hits["/landed"]
    report = browser.capture(
        url, CaptureMode.FULL, tmp_path, nothing_suppressed, wanted=("The end of the page",)
    )
    assert (CaptureOutcome.PARTIAL, (HELD,)) == (report.outcome, report.missing)
    assert (second, before) == (report.facts.final_url, site.hits["/landed"])
    assert "Halfway" in (tmp_path / "page/text.txt").read_text()


@pytest.mark.parametrize("to", ["/hidden", "/told"])
def test_a_page_that_leads_to_what_is_suppressed_later_on_leaves_nothing(
    browser: Browser, site: PageServer, tmp_path: Path, to: str
) -> None:
    """R69 holds for where a page goes once it has settled, by its address and by its words."""
    site.page("/hidden", WORDS)
    site.page("/told", WORDS + "zq-trigger")
    report = browser.capture(
        site.page("/leading", WORDS + LATE % to),
        CaptureMode.FULL,
        tmp_path,
        lambda text: "S2" if "zq-trigger" in text else None,
        wanted=("The end of the page",),
    )
    assert (CaptureOutcome.SUPPRESSED, 0) == (report.outcome, site.hits["/hidden"])
    assert set() == files(tmp_path)


def test_a_page_that_only_changes_what_its_address_shows_goes_nowhere(
    browser: Browser, site: PageServer, tmp_path: Path
) -> None:
    """Marks and histories are no other document."""
    moving = "<script>let n=0;setInterval(()=>{location.hash=n++;history.pushState(0,'','?'+n)},40)</script>"
    report = browser.capture(
        site.page("/marks", WORDS + moving), CaptureMode.FULL, tmp_path, nothing_suppressed
    )
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
