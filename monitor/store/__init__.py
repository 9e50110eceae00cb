"""The database: `Store.transaction()` and named reads and writes; no SQL outside this package.

A transaction is short: it never spans network or browser time. It commits at the end of the `with`
block and rolls back when the block raises. Claims are conditional updates with a lease, so that two
workers never hold one row and a dead worker's row comes free by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from monitor.errors import SchemaMismatch, StoreUnavailable
from monitor.store.transaction import Transaction

__all__ = ["Store", "Transaction"]


class Store:
    """One school's database, SQLite with WAL by default, PostgreSQL where a school has grown."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One commit: everything in the block is written, or nothing is. Raises `StoreUnavailable`."""
        with _in_plain_words(), self._engine.begin() as connection:
            yield Transaction(connection)

    def upgrade(self) -> None:
        """Bring the schema to the one this program knows. Raises `SchemaMismatch` if it is newer, and
        `StoreUnavailable`."""
        with _in_plain_words(), self._engine.begin() as connection:
            if _unknown_revision(connection):
                raise SchemaMismatch(
                    "the database was written by a newer School Monitor; install that version, or restore"
                    " the backup made before the upgrade"
                )
            command.upgrade(_alembic(connection), "head")

    def schema_state(self) -> str:
        """`current`, `empty`, `behind` or `newer`. Raises `SchemaMismatch` when it cannot be read."""
        try:
            with self._engine.connect() as connection:
                found = MigrationContext.configure(connection).get_current_revision()
                if _unknown_revision(connection):
                    return "newer"
        except OperationalError as error:
            raise SchemaMismatch("the database cannot be opened") from error
        if found is None:
            return "empty"
        return "current" if found == _scripts().get_current_head() else "behind"

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    # Parameters are what people wrote: no error may quote them.
    engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # We begin transactions ourselves (below); FULL so that a power cut loses no commit.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE: a reader that later writes would otherwise fail instead of waiting its turn.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """Turn what the driver says into what a network manager can act on."""
    try:
        yield
    except OperationalError as error:
        reason = (str(error.orig).splitlines() or [type(error).__name__])[0]
        raise StoreUnavailable(
            f"the database cannot be used: {reason}; see `school-monitor doctor`"
        ) from error


def _alembic(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_alembic())


def _unknown_revision(connection: Connection) -> bool:
    found = MigrationContext.configure(connection).get_current_revision()
    return found is not None and found not in {script.revision for script in _scripts().walk_revisions()}
