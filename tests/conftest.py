"""What many tests share: a clock moved by hand, the store on both databases, and the order of the files."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as examples
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from monitor.store import Store

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

LONGEST_FIRST = (
    "test_kills", "test_browser", "test_hostile_text", "test_ssrf", "test_cli", "test_service",
    "test_browser_hostile", "test_recorder", "test_browser_flags", "test_demo", "test_export", "test_tamper",
    "test_evidence_faults", "test_replay",
)  # fmt: skip
"""Files that take half a minute or more. Several processes take one file after the other (`make test`), and
end together when what is long does not come last."""

examples.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("busy machine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores, since a browser test waits for half of its time; four at most,
    since each may have a browser beside it."""
    return min(4, (os.cpu_count() or 1) + 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first; all else stays in its order."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> datetime:
        """Move forward by so many hours, minutes, seconds."""
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> HandClock:
    """Sunday 22 November 2026, 08:00 UTC, until moved."""
    return HandClock()


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A fresh PostgreSQL database on the server that `make test` started."""
    server = os.environ.get("TEST_POSTGRES_URL")
    if not server:
        if os.environ.get("CI"):
            pytest.fail("CI must run the store tests on PostgreSQL: TEST_POSTGRES_URL is not set")
        pytest.skip("no PostgreSQL: run through `make test`, or set TEST_POSTGRES_URL")
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store with its schema, once on each database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'monitor.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    opened = Store(url)
    opened.upgrade()
    yield opened
    opened.close()
