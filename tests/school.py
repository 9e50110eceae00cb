"""The same invented school in every test: its settings, its people, its sources (domain study 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from monitor import settings
from monitor.model import Source
from monitor.settings import Settings

REPOSITORY = Path(__file__).parents[1]


def littleover(root: Path, *, sources: tuple[Source, ...] = ()) -> Settings:
    """The shipped configuration with data and archive under `root`, these sources, and no daily mail."""
    data = root / "data"
    database_url = f"sqlite:///{data / 'monitor.db'}"
    storage = replace(_shipped().storage, data=data, archive=root / "archive", database_url=database_url)
    nobody = replace(_shipped().evidence, head_mail_offices=())
    return replace(_shipped(), sources=sources, storage=storage, evidence=nobody)


@cache
def _shipped() -> Settings:
    return settings.load(REPOSITORY / "config", {})


def people_file() -> Path:
    """The register of the demo's school."""
    return REPOSITORY / "monitor" / "demo" / "people.csv"


def forum_source() -> Source:
    """A public search of a forum."""
    return Source("forum", "feeds", "https://forum.example/feed", timedelta(minutes=30))
