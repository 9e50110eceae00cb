"""Taking posts in (match, plan, commit) against one bare `executemany` a table of the same rows."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

import structlog

from bench.figures import Figure, in_turns, seconds
from bench.posts import posts
from monitor import cases, jobs, matching
from monitor.bootstrap import assemble, clock, register_key
from monitor.jobs import Services
from monitor.model import Item
from monitor.store import Store
from tests.fakes import ScriptedPlatform
from tests.school import forum_source, littleover, people_file

PAGES = 20
PAGE_ITEMS = 100
ROUNDS = 7
SOURCE = forum_source()
COMMITS = PAGES + 1
"""One claims the source, then one a page; the baseline makes as many."""

Rows = Mapping[str, list[tuple[object, ...]]]
"""What a run wrote, by table, values as they lie in the database."""


def measure(scratch: Path) -> Iterator[Figure]:
    """Posts of which hardly one is a finding, then posts of which one in twenty is."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for share, words in ((0.0, "ordinary ones"), (0.05, "5 % about the school")):
        items = [_item(post) for post in posts(PAGES * PAGE_ITEMS, about_the_school=share)]
        written = _written(scratch, items)
        ours, baseline = in_turns(
            lambda: _take_in(scratch, items),  # noqa: B023 - done in this round
            lambda: _write(scratch, written),  # noqa: B023
            rounds=ROUNDS,
        )
        rows = sum(map(len, written.values()))
        yield Figure(
            f"taking in {len(items):,} posts, {words}",
            f"`executemany` of the same {rows:,} rows in {COMMITS} commits",
            "s",
            ours,
            baseline,
            f"{len(items) / median(ours):,.0f} posts a second; findings: {len(written.get('findings', ()))}",
        )


def _item(post: Mapping[str, str]) -> Item:
    posted_at = datetime(2026, 11, 21, 20, tzinfo=UTC)
    return Item(SOURCE.platform, post["id"], post["url"], post["text"], post["author"], posted_at)


def _take_in(scratch: Path, items: list[Item]) -> float:
    """Seconds for one run over all pages, in a new database with the demo's register compiled."""
    services = _service(scratch, items)
    with closing(services.store):
        return seconds(lambda: jobs.poll_source(services, SOURCE))


def _service(scratch: Path, items: list[Item]) -> Services:
    root = Path(mkdtemp(dir=scratch))
    platform = ScriptedPlatform(items, page_size=PAGE_ITEMS)
    services = assemble(littleover(root, sources=(SOURCE,)), open_collector=lambda source: platform)
    with people_file().open(encoding="utf-8") as lines:
        register = matching.read_people(lines)
    key = register_key(services.settings)
    cases.import_people(services.store, register, key, may_import_pupils=True, now=clock())
    services.watch()
    jobs.make_due(services, [SOURCE])
    return services


def _written(scratch: Path, items: list[Item]) -> Rows:
    """Every row that a run adds; changed rows (the cursor) are not counted."""
    services = _service(scratch, items)
    database = services.settings.storage.data / "monitor.db"
    with closing(services.store), closing(sqlite3.connect(database)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        before = {table: _rows(connection, table) for table in tables}
        run = jobs.poll_source(services, SOURCE)
        if run is None or run.items_seen != len(items):
            raise RuntimeError("the run did not read every post")
        return {table: rows for table in tables if not before[table] and (rows := _rows(connection, table))}


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    return connection.execute(f"SELECT * FROM {table}").fetchall()


def _write(scratch: Path, rows: Rows) -> float:
    """Seconds to write the rows with the same durability and in as many commits; keys are not checked."""
    database = Path(mkdtemp(dir=scratch)) / "bare.db"
    with closing(Store(f"sqlite:///{database}")) as store:
        store.upgrade()
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return seconds(lambda: _commit_all(connection, rows))


def _commit_all(connection: sqlite3.Connection, rows: Rows) -> None:
    for number in range(COMMITS):
        connection.execute("BEGIN IMMEDIATE")
        for table, all_rows in rows.items():
            first, last = (len(all_rows) * place // COMMITS for place in (number, number + 1))
            if first < last:
                marks = ", ".join("?" * len(all_rows[0]))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", all_rows[first:last])
        connection.execute("COMMIT")
