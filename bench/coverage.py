"""`python -m bench.coverage [--runs N]`: record the page that asks in every way, and lose nothing of it."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.browser import BrowserOptions, find_browser, open_browser
from monitor.evidence.wacz import Wacz
from monitor.evidence.wacz_check import faults
from monitor.model import CaptureMode
from tests.coverage_site import CoverageSite, lost


def main(runs: int) -> int:
    """Run by run; 1 as soon as anything was lost, with its name."""
    with closing(CoverageSite()) as site, closing(open_browser(_options(site), _now)) as browser:
        for number in range(1, runs + 1):
            with TemporaryDirectory(prefix="school-monitor-coverage-") as folder:
                report = browser.capture(site.url, CaptureMode.FULL, Path(folder), lambda _: None)
                package = Path(folder) / "web/capture.wacz"
                missing = [*report.missing, *lost(site, package.read_bytes()), *faults(package)]
            if missing:
                print(f"run {number}: {'; '.join(missing)}")
                return 1
        print(f"{runs} runs, {len(site.expected)} addresses each: all recorded, none empty")
    return 0


def _options(site: CoverageSite) -> BrowserOptions:
    return BrowserOptions(
        executable=find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", "")),
        contact="",
        page_s=45,
        total_s=120,
        max_height_px=20_000,
        max_page_bytes=100_000_000,
        allow_private=site.hosts,
        recycle_after=50,
        web_record=lambda: Wacz("school-monitor bench"),
    )


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--runs", type=int, default=100)
    sys.exit(main(arguments.parse_args().runs))
