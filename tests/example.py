"""The example in docs/example: one capture of the long thread, as a reader of this project can look at it.

`python -m tests.example docs/example` makes it anew: the pipeline captures the page and seals it, a case
becomes a pack for a solicitor, and pywb replays the record after the page's server has gone.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from monitor import bootstrap, cases
from monitor.browser import BrowserOptions, find_browser, open_browser
from monitor.cases.export import Order, export
from monitor.evidence.wacz import Wacz
from monitor.model import Office
from monitor.papers.facts import Audience
from tests.browsing import clock
from tests.page_server import PageServer
from tests.players import pywb
from tests.school_at_work import AtWork, at_work, post
from tests.thread_page import FLAGGED, serve_thread

CAP_PX = 16_000
WIDTH_PX = 480


def make(folder: Path) -> None:
    """Write picture, flagged part, words, replay and exhibit sheet into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        site = PageServer()
        url = serve_thread(site)
        school, data = captured(Path(scratch) / "school", url, f"127.0.0.1:{site.port}")
        site.close()
        small(Image.open(data / "shots/full.png"), WIDTH_PX).save(folder / "picture.jpg", quality=72)
        for shot, name in (("flag-01", "flagged-part"), ("flag-01.declutter", "flagged-part-uncovered")):
            small(Image.open(data / f"shots/{shot}.png"), 960).save(folder / f"{name}.png", optimize=True)
        shutil.copyfile(data / "page/text.txt", folder / "words.txt")
        (folder / "exhibit-sheet.pdf").write_bytes(sheet(school, Path(scratch)))
        replayed(data / "web/capture.wacz", url, Path(scratch)).save(folder / "replay.jpg", quality=72)


def captured(root: Path, url: str, allowed: str) -> tuple[AtWork, Path]:
    """The school at work after one cycle, and the data folder of the exhibit."""
    browser = open_browser(
        BrowserOptions(
            executable=find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", "")),
            contact="https://school.example/monitor",
            page_s=30,
            total_s=60,
            max_height_px=CAP_PX,
            max_page_bytes=60_000_000,
            allow_private=(allowed,),
            recycle_after=50,
            web_record=lambda: Wacz("school-monitor"),
        ),
        clock,
    )
    root.mkdir()
    school = at_work(root, page_browser=browser)
    school.forum.post(replace(post("thread", FLAGGED), url=url))
    school.cycle()
    browser.close()
    (record,) = school.services.settings.storage.archive.glob("20*/*/*/data/record.json")
    return school, record.parent


def sheet(school: AtWork, scratch: Path) -> bytes:
    """The exhibit's sheet as the solicitor's pack has it."""
    (finding,) = school.findings()
    rules = cases.Rules(school.services.settings.policy, school.services.delegates)
    case = cases.open_case(
        school.services.store,
        [finding.reference],
        title="A thread about the register",
        by=Office.HEADTEACHER,
        rules=rules,
        now=school.clock(),
    )
    order = Order(
        case=case,
        audience=Audience.SOLICITOR,
        by=Office.HEADTEACHER,
        reason="an example",
        place=scratch / "pack.zip",
        initials="EX",
    )
    written = export(bootstrap.pack_means(school.services), order, now=school.clock.move(minutes=1))
    with zipfile.ZipFile(written.path) as pack:
        (name,) = (name for name in pack.namelist() if name.endswith("papers/exhibits/EX-1.pdf"))
        return pack.read(name)


def replayed(package: Path, url: str, scratch: Path) -> Image.Image:
    """What pywb shows of the record, when nothing answers at the address any more."""
    with pywb(package, url, scratch) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", "")),
            chromium_sandbox=os.geteuid() != 0,
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 3000})
        page.goto(address, wait_until="networkidle")
        picture = Image.open(io.BytesIO(page.screenshot()))
        chromium.close()
    return small(picture, 720)


def small(picture: Image.Image, width: int) -> Image.Image:
    """The picture at this width."""
    height = round(picture.height * width / picture.width)
    return picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
