"""What every test of the browser starts from: patience for a busy machine, one allowed
address, names that a test decides."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.browser import BrowserOptions, find_browser
from tests.page_server import PageServer

PAGE_S, TOTAL_S = 25.0, 90.0
WORDS = "<p>" + "The summer fete of Littleover Community School was a lovely day for everyone. " * 8 + "</p>"


class Names:
    """A resolver whose answers a test decides; each list is used up one answer at a time."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[str, ...]]] = {}

    def __call__(self, host: str, port: int) -> tuple[str, ...]:
        if host not in self.answers:
            if host[0].isdigit():
                return (host,)
            raise OSError("no such name")
        answers = self.answers[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def options(site: PageServer, **changed: Any) -> BrowserOptions:
    """Times for a busy machine, one allowed address."""
    settings: dict[str, Any] = {
        "executable": find_browser(),
        "contact": "https://school.example/monitor",
        "page_s": PAGE_S,
        "total_s": TOTAL_S,
        "max_height_px": 6000,
        "max_page_bytes": 8_000_000,
        "allow_private": (f"127.0.0.1:{site.port}",),
        "recycle_after": 50,
    }
    return BrowserOptions(**(settings | changed))


def clock() -> datetime:
    """The present."""
    return datetime.now(UTC)


def nothing_suppressed(_: str) -> str | None:
    """No trigger fires."""
    return None


def files(folder: Path) -> set[str]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
