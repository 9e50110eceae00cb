"""`python -m bench.cold URL FOLDER`: one capture by a process that has just started and does nothing else."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from monitor.browser import BrowserOptions, find_browser, open_browser
from monitor.evidence.wacz import Wacz
from monitor.model import CaptureMode
from monitor.ports import Browser


def named_browser() -> str:
    """The browser that both sides are measured with."""
    return find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", ""))


def opened(url: str, *, max_height_px: int, recycle_after: int = 50, slots: int = 1) -> Browser:
    """A browser as the service opens it, which may go to this address."""
    return open_browser(
        BrowserOptions(
            executable=named_browser(),
            contact="",
            page_s=45,
            total_s=120,
            max_height_px=max_height_px,
            max_page_bytes=100_000_000,
            allow_private=(url.split("/")[2],),
            recycle_after=recycle_after,
            slots=slots,
            web_record=lambda: Wacz("school-monitor bench"),
        ),
        lambda: datetime.now(UTC),
    )


def main(url: str, folder: Path) -> int:
    """1 when nothing could be kept."""
    with closing(opened(url, max_height_px=16_000)) as browser:
        browser.capture(url, CaptureMode.FULL, folder, lambda _: None)
    return 0 if (folder / "shots/full.png").is_file() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
