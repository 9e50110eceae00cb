"""The same invented school in every test: its settings, its people, its sources (domain study 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from monitor import settings
from monitor.model import Source
from monitor.settings import Settings

REPOSITORY = Path(__file__).parents[1]


def littleover(root: Path, *, sources: tuple[Source, ...] = ()) -> Settings:
    """The shipped configuration with data and archive under `root`, and these sources."""
    loaded = settings.load(
        REPOSITORY / "config",
        {"SCHOOL_MONITOR_DATA": str(root / "data"), "SCHOOL_MONITOR_ARCHIVE": str(root / "archive")},
    )
    return replace(loaded, sources=sources)


def people_file() -> Path:
    """The register of the demo's school."""
    return REPOSITORY / "monitor" / "demo" / "people.csv"


def forum_source() -> Source:
    """A public search of a forum."""
    return Source("forum", "feeds", "https://forum.example/feed", timedelta(minutes=30))
