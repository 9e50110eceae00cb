"""The part of a page that matters: found by its words, pictured by itself, and proved to be seen."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from monitor.browser import open_browser
from monitor.model import CaptureMode, CaptureOutcome, CaptureReport, FlaggedPart, StepOutcome
from monitor.ports import Browser
from tests.browsing import WORDS, Names, clock, files, nothing_suppressed, options
from tests.page_server import Answer, PageServer
from tests.thread_page import FLAGGED, LARGE_PICTURES, LAZY_PICTURES, serve_thread

FLAG, DERIVED = "shots/flag-01.png", "shots/flag-01.declutter.png"
SAID = "Mr Bramwell left the gate open again"
POST = f"<p id=said>{SAID}</p>"
HARDLY = "a clear view of the flagged words, which can hardly be seen on the page"


@pytest.fixture(scope="module")
def site() -> Iterator[PageServer]:
    """Where the pages are."""
    server = PageServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def browser(site: PageServer) -> Iterator[Browser]:
    """One browser for all of them."""
    opened = open_browser(options(site), clock, resolve=Names())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def thread(
    browser: Browser, site: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[CaptureReport, Path]:
    """The demonstration page, captured once."""
    folder = tmp_path_factory.mktemp("thread")
    url = serve_thread(site)
    return browser.capture(url, CaptureMode.FULL, folder, nothing_suppressed, wanted=(FLAGGED,)), folder


def picture(folder: Path, name: str) -> Image.Image:
    """A picture, decoded by a library that the product does not use."""
    image = Image.open(BytesIO((folder / name).read_bytes()))
    image.load()
    return image.convert("RGB")


def seen(report: CaptureReport) -> FlaggedPart:
    """What is known of the flagged part."""
    assert report.facts.flagged is not None
    return report.facts.flagged


def test_the_flagged_comment_of_a_long_thread_is_pictured(thread: tuple[CaptureReport, Path]) -> None:
    """Other quotes, spaces, an ellipsis, a link inside and a sticky header do not keep it from being found;
    that it lies below the place where the full picture stops neither."""
    report, folder = thread
    part = seen(report)
    assert FLAGGED == part.words
    assert part.box[1] > report.facts.picture_size[1] == report.facts.height_limit
    assert (part.points, part.points > 0) == (part.clear, True)
    left, top, width, height = part.in_picture
    shown = picture(folder, FLAG)
    assert shown.size == report.facts.viewport
    assert 0 <= left and left + width <= shown.width and 50 <= top and top + height <= shown.height
    assert part.contrast > 60
    assert all("height limit" not in each and "stops after" in each for each in report.missing)


def test_what_dims_the_page_is_named_and_hidden_only_in_a_picture_that_says_so(
    thread: tuple[CaptureReport, Path],
) -> None:
    """The untouched pictures show the banner; the derived one says what was hidden and from what it comes."""
    report, folder = thread
    assert ("div#dim, position fixed",) == seen(report).seen_through
    (derived,) = report.facts.derived
    assert (DERIVED, FLAG) == (derived.picture, derived.derived_from)
    assert {"div#dim, position fixed", "div#cookies, position fixed"} <= set(derived.hidden)
    corner = (640, 790)
    assert (255, 255, 255) == picture(folder, FLAG).getpixel(corner), "the banner"
    x, y = 100, 300
    dimmed, plain = picture(folder, FLAG).getpixel((x, y)), picture(folder, DERIVED).getpixel((x, y))
    assert isinstance(dimmed, tuple) and isinstance(plain, tuple) and sum(dimmed) * 2 < sum(plain)
    assert "We value your privacy" in (folder / "page/text.txt").read_text()


def test_no_picture_of_a_long_thread_is_left_unloaded(thread: tuple[CaptureReport, Path]) -> None:
    """Those that load when scrolled to are there, the browser's own kind and the script's."""
    facts = thread[0].facts
    assert facts.images == facts.images_loaded > 0
    assert facts.scroll_stops >= facts.height_limit // facts.viewport[1]
    assert not any("pictures" in each for each in thread[0].missing)


def test_a_thread_that_grows_as_it_is_read_is_read_on(tmp_path: Path) -> None:
    """As social sites do it: the next comments are asked for when somebody comes to the end of those that
    are there. What was flagged stands in the third batch."""
    with closing(PageServer()) as site:
        url = serve_thread(site, grows=True)
        with closing(open_browser(options(site, max_height_px=12_000), clock, resolve=Names())) as browser:
            # On a machine that is far too busy the time allowed ends before the page does.
            for number in range(3):
                folder = tmp_path / str(number)
                report = browser.capture(url, CaptureMode.FULL, folder, nothing_suppressed, wanted=(FLAGGED,))
                if report.facts.picture_size[1] == 12_000:
                    break
    assert report.facts.picture_size[1] == 12_000
    assert report.facts.images == report.facts.images_loaded
    assert FLAGGED == seen(report).words
    assert "Priya 60" in (folder / "page/text.txt").read_text()


def test_a_page_without_an_end_is_read_to_the_height_limit(
    browser: Browser, site: PageServer, tmp_path: Path
) -> None:
    """It would go on for as long as somebody scrolls."""
    script = (
        "const end = document.getElementById('end');"
        "new IntersectionObserver(async (found, own) => { if (!found.at(-1).isIntersecting) return;"
        " own.unobserve(end); await fetch('/more');"
        " end.insertAdjacentHTML('beforebegin', '<p style=height:1500px>more</p>'); own.observe(end);"
        "}).observe(end)"
    )
    site.routes["/more"] = Answer(b"[]", "application/json")
    url = site.page("/endless", f"{WORDS}<p id=end>&nbsp;</p><script>{script}</script>")
    report = browser.capture(url, CaptureMode.FULL, tmp_path, nothing_suppressed)
    assert report.facts.picture_size[1] == report.facts.height_limit
    assert report.facts.page_size[1] < 3 * report.facts.height_limit
    assert [each for each in report.missing if "stops after" not in each] == []


def test_the_page_is_kept_in_one_file_with_its_pictures(thread: tuple[CaptureReport, Path]) -> None:
    """MHTML: the words, the style sheet and the pictures that were loaded; no script."""
    message = email.message_from_bytes((thread[1] / "page/page.mhtml").read_bytes())
    parts = [part for part in message.walk() if not part.is_multipart()]
    kinds = {part.get_content_type() for part in parts}
    assert {"text/html", "text/css", "image/jpeg", "image/png"} <= kinds
    html = b"".join(
        bytes(part.get_payload(decode=True) or b"")
        for part in parts
        if part.get_content_type() == "text/html"
    )
    assert b"school lets him" in html and b"<script" not in html
    jpegs = sum(part.get_content_type() == "image/jpeg" for part in parts)
    assert 1 < jpegs <= LARGE_PICTURES + LAZY_PICTURES


@pytest.mark.parametrize(
    "body",
    [
        "<p>Mr&nbsp;BRAMWELL <b>left</b> the\n gate\u2014open\u2026 <i>again</i> \U0001f621\ufe0f</p>",
        f"<p hidden>{SAID}</p><p style='visibility:hidden'>{SAID}</p>{POST}",
        f"<div style='height:300px;overflow:auto'><div style='height:4000px'></div>{POST}</div>",
        "<div id=h></div><script>h.attachShadow({mode:'open'}).innerHTML="
        f"'<p>{SAID}</p>'</script>",
        f"<div style='position:relative'>{POST}<a href=/x style='position:absolute;inset:0'></a></div>",
        f"<div style='height:30000px'></div>{POST}",
        "<p>Mr Bramwéll left the ｇａｔｅ open again</p>",
    ],
    ids=["typography", "hidden twice", "scroller", "shadow tree", "invisible link", "far down", "letters"],
)  # fmt: skip
def test_words_are_found_however_the_site_sets_them(
    browser: Browser, site: PageServer, tmp_path: Path, body: str
) -> None:
    """And nothing lies over them: an invisible layer covers nothing."""
    url = site.page("/set", WORDS + body)
    report = browser.capture(
        url, CaptureMode.FULL, tmp_path, nothing_suppressed, wanted=("nothing of the kind", SAID)
    )
    part = seen(report)
    assert (SAID, (), (), ()) == (part.words, part.covered_by, part.seen_through, part.veiled_by)
    assert (part.points, part.points > 0) == (part.clear, True)
    assert part.contrast > 200
    assert FLAG in files(tmp_path) and DERIVED not in files(tmp_path)
    assert not any("flagged" in each for each in report.missing)


OVER_ALL = "position:fixed;inset:0"
LAYER = f"{OVER_ALL};background:#eee"
SHADOW = (
    POST + "<div id=h style='%s'></div><script>h.attachShadow({mode:'%s'}).innerHTML="
    "'<section><div id=wall style=\"%s\"></div></section>'</script>"
)


@pytest.mark.parametrize(
    ("body", "covered_by"),
    [
        (f"{POST}<div id=wall style='{LAYER}'></div>", "div#wall, position fixed"),
        (f"{POST}<div id=wall style='{LAYER};pointer-events:none'></div>", "div#wall, position fixed"),
        (f"{POST}<dialog id=d style='inset:0;width:100%;height:100%'>Log in</dialog>"
         "<script>d.showModal()</script>", "dialog#d, position fixed"),
        (f"{POST}<div id=w style='position:absolute;inset:0'><p style='background:#fff;height:99vh'>x"
         "</p></div>",
         "p, position static"),
        (f"<style>#c::after{{content:'';position:absolute;inset:0;background:#fff}}</style>"
         f"<div id=c style='position:relative'>{POST}</div>", "div#c, position relative, drawn by its style"),
        (SHADOW % (OVER_ALL, "open", f"{LAYER};pointer-events:none"), "div#wall, position fixed"),
        (SHADOW % ("", "closed", LAYER), "div#h, position static"),
        (f"{POST}<style>#e::after{{content:'';{LAYER}}}</style><div id=e></div>", "div#e, position static"),
    ],
    ids=["layer", "layer that lets clicks through", "dialog", "layer's child", "drawn by a style",
         "shadow tree", "closed shadow tree", "drawn by an empty element's style"],
)  # fmt: skip
def test_words_under_something_are_not_called_seen(
    browser: Browser, site: PageServer, tmp_path: Path, body: str, covered_by: str
) -> None:
    """The capture is partial and names what lies over them; the words are proved to be in the page."""
    report = browser.capture(
        site.page("/under", WORDS + body), CaptureMode.FULL, tmp_path, nothing_suppressed, wanted=(SAID,)
    )
    part = seen(report)
    assert (SAID, 0) == (part.words, part.clear)
    assert covered_by in part.covered_by
    assert CaptureOutcome.PARTIAL == report.outcome
    assert any(
        each.startswith("a clear view of the flagged words, which are covered") for each in report.missing
    )
    assert {FLAG, DERIVED} <= files(tmp_path)
    if "drawn" not in covered_by:  # What an element draws over itself cannot be hidden without it.
        left, top, width, height = part.in_picture
        inside = (left, top, left + width, top + height)
        shown = picture(tmp_path, DERIVED).crop(inside).convert("L").getextrema()
        assert shown[0] < 60, "the words show once the layer is hidden"  # type: ignore[operator]


@pytest.mark.parametrize(
    "style", ["color:#fff", "color:transparent", "filter:blur(9px)", "opacity:.02"]
)  # fmt: skip
def test_words_that_cannot_be_made_out_are_not_called_seen(
    browser: Browser, site: PageServer, tmp_path: Path, style: str
) -> None:
    """Nothing lies over them, and still nobody could read them."""
    url = site.page("/faint", WORDS + f"<p style='{style}'>{SAID}</p>")
    report = browser.capture(url, CaptureMode.FULL, tmp_path, nothing_suppressed, wanted=(SAID,))
    assert SAID == seen(report).words
    assert HARDLY in report.missing


def test_words_that_are_not_there_are_missed(browser: Browser, site: PageServer, tmp_path: Path) -> None:
    """A page without the words that matter proves nothing about them."""
    url = site.page("/without", WORDS)
    report = browser.capture(url, CaptureMode.FULL, tmp_path, nothing_suppressed, wanted=(SAID, "…"))
    assert ("", 0) == (seen(report).words, seen(report).points)
    assert CaptureOutcome.PARTIAL == report.outcome
    assert ("the flagged words, which were not found on the page",) == report.missing
    assert FLAG not in files(tmp_path)


def test_a_text_capture_pictures_the_words_without_pictures(
    browser: Browser, site: PageServer, tmp_path: Path
) -> None:
    """R68 holds for every picture; the file that would hold pictures is left out, which is said."""
    url = site.page("/text", WORDS + POST)
    report = browser.capture(url, CaptureMode.TEXT, tmp_path, nothing_suppressed, wanted=(SAID,))
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    assert FLAG in files(tmp_path) and "page/page.mhtml" not in files(tmp_path)
    (step,) = [step for step in report.steps if step.name == "save MHTML"]
    assert (StepOutcome.SKIPPED, True) == (step.outcome, "pictures" in step.detail)


def test_a_trigger_that_appears_while_the_words_are_pictured_leaves_nothing(
    browser: Browser, site: PageServer, tmp_path: Path
) -> None:
    """Scrolling to them may bring it in: it is asked again after the last picture (R69)."""
    url = site.page(
        "/late",
        WORDS + f"<div style='height:9000px'></div>{POST}<script>let n=0;onscroll=()=>"
        "{if(scrollY>7000)document.body.append('zq-trigger')}</script>",
    )
    report = browser.capture(
        url,
        CaptureMode.FULL,
        tmp_path,
        lambda text: "S2" if "zq-trigger" in text else None,
        wanted=(SAID,),
    )
    assert CaptureOutcome.SUPPRESSED == report.outcome
    assert set() == files(tmp_path)


def test_a_picture_that_shows_next_to_nothing_is_named(
    browser: Browser, site: PageServer, tmp_path: Path
) -> None:
    """The words are in the page, the answer was 200, and nobody would have seen anything."""
    url = site.page("/pale", WORDS + "<style>body{background:#fff;color:#fff}</style>")
    report = browser.capture(url, CaptureMode.FULL, tmp_path, nothing_suppressed)
    assert ("blank", 200, CaptureOutcome.PARTIAL) == (
        report.facts.verdict,
        report.facts.status,
        report.outcome,
    )
    assert "the picture shows next to nothing" in report.missing


def test_the_record_says_how_the_page_was_looked_at(
    browser: Browser, site: PageServer, tmp_path: Path
) -> None:
    """Clock, place, versions: what an expert asks for first (R74, R86)."""
    report = browser.capture(site.page("/facts", WORDS), CaptureMode.FULL, tmp_path, nothing_suppressed)
    facts = report.facts
    assert facts.clock is not None
    assert "the Date header of 127.0.0.1" == facts.clock.compared_with
    assert abs(facts.clock.offset_s) <= facts.clock.within_s <= 0.5 + 5
    assert ("logged out", "en-GB", "Europe/London") == (facts.login, facts.locale, facts.timezone)
    assert facts.operating_system.startswith("Linux") and facts.playwright
