"""A capture of a long thread, in the players of others, when the site is gone."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from monitor.browser import open_browser
from monitor.evidence.wacz import Wacz
from monitor.model import CaptureMode, CaptureOutcome
from tests.browsing import clock, nothing_suppressed, options
from tests.page_server import PageServer
from tests.players import PLAYERS, Player, shown
from tests.thread_page import LARGE_PICTURES, LAZY_PICTURES, serve_thread

COMMENTS = 64


class Captured(NamedTuple):
    """What lies in the archive of a page that nobody serves any more."""

    package: Path
    url: str
    words: str


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Captured:
    """Every face of the thread once or twice, pictures that load when scrolled to, a frame, two fonts."""
    folder = tmp_path_factory.mktemp("captured")
    with closing(PageServer()) as site:
        url = serve_thread(site, comments=COMMENTS, latency_s=0)
        wanted = options(
            site,
            page_s=60,
            total_s=180,
            max_height_px=16_000,
            web_record=lambda: Wacz("school-monitor test"),
        )
        with closing(open_browser(wanted, clock)) as browser:
            report = browser.capture(url, CaptureMode.FULL, folder, nothing_suppressed)
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    words = (folder / "page/text.txt").read_text("utf-8").removesuffix("\n")
    return Captured(folder / "web/capture.wacz", url, words)


@pytest.mark.parametrize("player", PLAYERS, ids=lambda player: player.__name__)
def test_a_player_shows_words_pictures_and_fonts_as_they_were_captured(
    player: Player, captured: Captured, tmp_path: Path
) -> None:
    """Issue 4: two players replay it; all is in the record, so nothing is asked of anybody else."""
    with player(captured.package, captured.url, tmp_path) as address:
        seen = shown(address, captured.url, awaited="41 people like this")
    assert captured.words == seen.words
    assert COMMENTS + LARGE_PICTURES + LAZY_PICTURES == len(seen.pictures)
    assert all(width and height for width, height in seen.pictures), seen.pictures
    assert {"Text", "Head"} == seen.fonts
    assert 0 == seen.asked_elsewhere
