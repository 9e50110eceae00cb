"""The record of what the network answered, by a real Chromium, of real local servers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.browser import BrowserOptions, find_browser, open_browser
from monitor.evidence.wacz import Wacz
from monitor.model import CaptureMode, CaptureOutcome
from monitor.ports import Browser
from tests.coverage_site import CoverageSite, lost


@pytest.fixture(scope="module")
def site() -> Iterator[CoverageSite]:
    """The page that asks in every way."""
    opened = CoverageSite()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def browser(site: CoverageSite) -> Iterator[Browser]:
    """One browser for all tests of this file."""
    opened = open_browser(
        BrowserOptions(
            executable=find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", "")),
            contact="",
            page_s=15,
            total_s=40,
            max_height_px=6000,
            max_page_bytes=60_000_000,
            allow_private=site.hosts,
            recycle_after=50,
            web_record=lambda: Wacz("school-monitor test"),
        ),
        lambda: datetime.now(UTC),
    )
    yield opened
    opened.close()


def nothing_suppressed(_: str) -> str | None:
    """No trigger fires."""
    return None


def test_everything_that_a_page_asks_for_is_in_the_record(
    browser: Browser, site: CoverageSite, tmp_path: Path
) -> None:
    """Frames of other sites, workers, fonts, beacons, redirects, what scripts send and never read."""
    report = browser.capture(site.url, CaptureMode.FULL, tmp_path, nothing_suppressed)
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    assert lost(site, (tmp_path / "web/capture.wacz").read_bytes()) == []
