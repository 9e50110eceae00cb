"""Flagged words in a frame: found in whatever document they stand, pictured, and proved up to the page."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from monitor.browser import open_browser
from monitor.model import CaptureMode, CaptureOutcome, CaptureReport, FlaggedPart
from monitor.ports import Browser
from tests.browsing import WORDS, Names, clock, files, nothing_suppressed, options
from tests.page_server import Answer, PageServer

FLAG, DERIVED = "shots/flag-01.png", "shots/flag-01.declutter.png"
SAID = "Mr Bramwell left the gate open again"
GREEN = (0, 255, 128)
POST = f"<mark style='background:rgb{GREEN};font:20px sans-serif'>{SAID}</mark>"
FAR_DOWN = f"<div style='height:3000px'></div>{POST}<div style='height:3000px'></div>"
WALL = "<div id=wall style='position:fixed;inset:0;background:#eee'></div>"


class Sites:
    """A page and a comment service: two hosts, so two sites for a browser, and a process for each."""

    def __init__(self) -> None:
        self.near = PageServer()
        self.far = PageServer("127.0.0.2", self.near.port)
        self.hosts = (f"127.0.0.1:{self.near.port}", f"127.0.0.2:{self.near.port}")

    def framed(self, inner: str, *, far: bool = True, style: str = "", around: str = "%s") -> str:
        """A page with a frame far down that holds `inner`; its address."""
        where = (self.far if far else self.near).page("/comments", inner)
        frame = f"<iframe id=talk src='{where}' style='width:600px;height:300px;{style}'></iframe>"
        return self.near.page("/page", f"{WORDS}<div style='height:2000px'></div>{around % frame}")

    def close(self) -> None:
        """Stop both."""
        self.near.close()
        self.far.close()


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    """Where the pages are."""
    both = Sites()
    yield both
    both.close()


@pytest.fixture(scope="module")
def browser(sites: Sites) -> Iterator[Browser]:
    """One browser for all of them."""
    opened = open_browser(options(sites.near, allow_private=sites.hosts), clock, resolve=Names())
    yield opened
    opened.close()


def capture(browser: Browser, url: str, folder: Path) -> tuple[CaptureReport, FlaggedPart]:
    """The page with these words looked for."""
    report = browser.capture(
        url, CaptureMode.FULL, folder, nothing_suppressed, wanted=("no such words", SAID)
    )
    assert report.facts.flagged is not None
    return report, report.facts.flagged


def green(folder: Path, name: str = FLAG) -> tuple[int, int, int, int] | None:
    """Where the words' own colour is in a picture: left, top, right, bottom; None where it is nowhere."""
    image = Image.open(BytesIO((folder / name).read_bytes())).convert("RGB")
    distance = ImageChops.difference(image, Image.new("RGB", image.size, GREEN)).convert("L")
    return distance.point(lambda value: 255 if value < 3 else 0).getbbox()


def agrees(part: FlaggedPart, shown: tuple[int, int, int, int] | None) -> bool:
    """Whether the words are in the picture where the facts say."""
    left, top, width, height = part.in_picture
    said = (left, top, left + width, top + height)
    return shown is not None and all(abs(ours - there) <= 2 for ours, there in zip(said, shown, strict=True))


@pytest.mark.parametrize(
    ("inner", "style", "far"),
    [
        (POST, "", False),
        (FAR_DOWN, "", True),
        (FAR_DOWN, "height:3500px", False),
        (FAR_DOWN, "height:3500px", True),
        (FAR_DOWN, "border:9px solid #000;padding:5px 17px;transform:scale(.8) translateX(70px)", True),
    ],
    ids=["in view", "scrolled out", "a tall frame", "a tall frame of another site", "edged and scaled"],
)
def test_words_in_a_frame_are_pictured_and_proved(
    browser: Browser, sites: Sites, tmp_path: Path, inner: str, style: str, far: bool
) -> None:
    """The capture is complete, the words stand in the picture where the facts say, and the facts say in whose
    document they stand."""
    report, part = capture(browser, sites.framed(inner, far=far, style=style), tmp_path)
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    address = (sites.far if far else sites.near).url("/comments")
    assert (SAID, (address,)) == (part.words, part.frames)
    assert ((), (), (), ()) == (part.covered_by, part.seen_through, part.veiled_by, part.cut_by)
    assert (part.points, 5 <= part.points <= 60) == (part.clear, True)
    assert part.contrast > 120
    assert agrees(part, green(tmp_path)), part
    assert part.box[1] > 2000 and DERIVED not in files(tmp_path)
    (step,) = [step for step in report.steps if step.name == "flagged part"]
    assert address in step.detail


def test_words_three_frames_deep_are_pictured_and_proved(
    browser: Browser, sites: Sites, tmp_path: Path
) -> None:
    """Frames of two sites in turn, one in a closed shadow tree, one in a box that scrolls: the words were out
    of view in each of them."""
    deep = sites.far.page("/deep", FAR_DOWN)
    within = (
        f"<div id=h></div><script>h.attachShadow({{mode:'closed'}}).innerHTML=`<iframe src={deep}>`</script>"
    )
    middle = sites.near.page("/middle", f"<div style='height:900px'></div>{within}")
    scroller = "<div style='height:200px;overflow:auto'><div style='height:2000px'></div>%s</div>"
    inner = scroller % f"<iframe src={middle} width=500 height=300></iframe>"
    report, part = capture(browser, sites.framed(inner), tmp_path)
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    assert (sites.far.url("/comments"), middle, deep) == part.frames
    assert (part.points, part.points > 0) == (part.clear, True)
    assert agrees(part, green(tmp_path)), part


@pytest.mark.parametrize(
    ("inner", "around", "covered_by", "far"),
    [
        (POST, f"%s{WALL}", "div#wall, position fixed", False),
        (
            POST,
            f"%s{WALL.replace('inset:0', 'inset:0;pointer-events:none')}",
            "div#wall, position fixed",
            True,
        ),
        (POST + WALL, "%s", "div#wall, position fixed, in the frame", False),
        (POST + WALL, "%s", "div#wall, position fixed, in the frame", True),
    ],
    ids=["from above", "by what lets clicks through", "inside", "inside, of another site"],
)
def test_words_in_a_frame_under_something_are_not_called_seen(
    browser: Browser, sites: Sites, tmp_path: Path, inner: str, around: str, covered_by: str, far: bool
) -> None:
    """In whichever document it lies. A second picture shows them, and says what was hidden for it."""
    report, part = capture(browser, sites.framed(inner, around=around, far=far), tmp_path)
    assert (SAID, 0, (covered_by,)) == (part.words, part.clear, part.covered_by)
    assert CaptureOutcome.PARTIAL == report.outcome
    assert (f"a clear view of the flagged words, which are covered by: {covered_by}",) == report.missing
    assert green(tmp_path) is None and agrees(part, green(tmp_path, DERIVED))
    assert [(DERIVED, FLAG)] == [(each.picture, each.derived_from) for each in report.facts.derived]
    assert covered_by in report.facts.derived[0].hidden


@pytest.mark.parametrize(
    ("style", "around", "cut_by"),
    [
        (
            "margin-top:-200px",
            "<div id=box style='overflow:clip;height:60px'>%s</div>",
            "the edge of div#box",
        ),
        ("height:4px", "%s", "the edge of the frame"),
        ("clip-path:inset(200px 0 0 0)", "%s", "the edge of iframe#talk"),
    ],
    ids=["by a box around it", "by its own size", "by a style"],
)
def test_words_that_a_frame_cuts_off_are_not_called_seen(
    browser: Browser, sites: Sites, tmp_path: Path, style: str, around: str, cut_by: str
) -> None:
    """They stand in the frame's document, and nothing lies over them; nobody sees them all the same."""
    report, part = capture(browser, sites.framed(POST, style=style, around=around), tmp_path)
    assert (SAID, 0, ()) == (part.words, part.clear, part.covered_by)
    assert part.points > 0
    assert [True] == [each.startswith(cut_by) for each in part.cut_by]
    assert (f"a clear view of the flagged words, which are cut off by: {part.cut_by[0]}",) == report.missing


def test_words_in_the_page_that_a_box_cuts_off_are_not_called_seen(
    browser: Browser, sites: Sites, tmp_path: Path
) -> None:
    """The same without a frame: what is drawn in their place is something else."""
    hidden = f"<div style='overflow:clip;height:30px'><div style='height:90px'></div><p>{SAID}</p></div>"
    url = sites.near.page("/cut", f"{hidden}<p>Other words stand where these would.</p>{WORDS * 3}")
    report, part = capture(browser, url, tmp_path)
    assert (SAID, 0, ()) == (part.words, part.clear, part.frames)
    assert CaptureOutcome.PARTIAL == report.outcome


@pytest.mark.parametrize("style", ["transform:rotate(9deg)", "opacity:.1", "filter:blur(9px)"])
def test_words_in_a_frame_that_can_hardly_be_seen_are_not_called_seen(
    browser: Browser, sites: Sites, tmp_path: Path, style: str
) -> None:
    """What is turned cannot be compared point by point, which is said rather than guessed."""
    report, part = capture(browser, sites.framed(POST, style=style), tmp_path)
    assert (SAID, 1) == (part.words, len(part.veiled_by))
    assert "a clear view of the flagged words, which can hardly be seen on the page" in report.missing


LIES = (
    "<script>Document.prototype.elementsFromPoint=()=>[];Range.prototype.getClientRects=()=>[];"
    "Range.prototype.getBoundingClientRect=Element.prototype.getBoundingClientRect=()=>new DOMRect(1,1,9,9);"
    "Element.prototype.checkVisibility=()=>true;Document.prototype.createTreeWalker=()=>null;"
    "Element.prototype.scrollIntoView=()=>0;window.getComputedStyle=()=>({opacity:1});"
    "Object.defineProperty(window,'innerHeight',{get:()=>9e9});JSON.stringify=()=>'lie';"
    "Array.prototype.map=()=>[];window.requestAnimationFrame=()=>0</script>"
)


@pytest.mark.parametrize("far", [False, True], ids=["same site", "another site"])
def test_a_frame_that_lies_is_not_believed(browser: Browser, sites: Sites, tmp_path: Path, far: bool) -> None:
    """Neither it nor the page around it: what they replaced is not what is asked."""
    report, part = capture(browser, sites.framed(FAR_DOWN + LIES, far=far, around=f"%s{LIES}"), tmp_path)
    assert (CaptureOutcome.COMPLETE, part.points) == (report.outcome, part.clear)
    assert agrees(part, green(tmp_path))
    url = sites.framed(FAR_DOWN + WALL + LIES, far=far, around=f"%s{LIES}")
    report, part = capture(browser, url, tmp_path / "walled")
    assert (0, ("div#wall, position fixed, in the frame",)) == (part.clear, part.covered_by)


@pytest.mark.parametrize("far", [False, True], ids=["same site", "another site"])
def test_a_frame_that_vanishes_costs_the_picture_of_the_words_only(
    browser: Browser, sites: Sites, tmp_path: Path, far: bool
) -> None:
    """It goes as soon as it is scrolled: no words are claimed, and the rest is kept."""
    going = f"{FAR_DOWN}<script>onscroll=()=>parent.postMessage('go','*')</script>"
    url = sites.framed(going, far=far, around="%s<script>onmessage=()=>talk.remove()</script>")
    report = browser.capture(url, CaptureMode.FULL, tmp_path, nothing_suppressed, wanted=(SAID,))
    assert CaptureOutcome.PARTIAL == report.outcome and report.missing
    assert report.facts.flagged is None or not report.facts.flagged.words
    assert FLAG not in files(tmp_path) and "shots/full.png" in files(tmp_path)


def test_a_frame_whose_scripts_never_pause_costs_itself_only(
    browser: Browser, sites: Sites, tmp_path: Path
) -> None:
    """Nothing that is asked of it would be answered, so it is taken out and named. One that has no scripts
    and is no web page either answers all the same."""
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='90' height='90' fill='red'/></svg>"
    sites.far.routes["/drawing"] = Answer(drawing, "image/svg+xml")
    drawn = sites.near.page("/drawn", f"{WORDS}<iframe src='{sites.far.url('/drawing')}'></iframe>")
    report = browser.capture(drawn, CaptureMode.FULL, tmp_path / "drawn", nothing_suppressed)
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    busy = f"{POST}<script>onload=()=>setTimeout(()=>{{while(true){{}}}},0)</script>"
    report = browser.capture(sites.framed(busy), CaptureMode.FULL, tmp_path, nothing_suppressed)
    taken_out = "embedded frames whose scripts never paused, which were taken out: 1"
    assert (CaptureOutcome.PARTIAL, (taken_out,)) == (report.outcome, report.missing)
    assert {"shots/full.png", "page/page.mhtml"} <= files(tmp_path)


@pytest.mark.parametrize("style", ["display:none", "visibility:hidden"])
def test_a_frame_that_is_not_shown_holds_no_words(
    browser: Browser, sites: Sites, tmp_path: Path, style: str
) -> None:
    """Those in the next frame are taken, though it comes later; with none, they are missed."""
    hidden = sites.framed(POST, style=style)
    report, part = capture(browser, hidden, tmp_path / "hidden")
    assert ("", ("the flagged words, which were not found on the page",)) == (part.words, report.missing)
    other = sites.near.page("/other", POST)
    url = sites.framed(POST, style=style, around=f"%s<iframe src='{other}'></iframe>")
    report, part = capture(browser, url, tmp_path / "shown")
    assert (SAID, (other,)) == (part.words, part.frames)
    assert CaptureOutcome.COMPLETE == report.outcome


def test_words_in_the_page_itself_come_before_those_in_a_frame(
    browser: Browser, sites: Sites, tmp_path: Path
) -> None:
    """Then no frame is named."""
    _, part = capture(browser, sites.framed(POST, around=f"%s<p>{POST}</p>"), tmp_path)
    assert (SAID, ()) == (part.words, part.frames)
    assert agrees(part, green(tmp_path)) or part.points == part.clear > 0
