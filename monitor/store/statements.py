"""How rows are read and written, whatever they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, RowMapping, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite


class Statements:
    """One connection, and the few ways in which everything in this package uses it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _rows(self, statement: Any) -> Sequence[RowMapping]:
        return self._connection.execute(statement).mappings().all()

    def _insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT; both dialects spell it alike."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        return dialect.insert(table)

    def _insert_new(self, table: Table, **values: Any) -> bool:
        """Insert unless the natural key is there already; True when a row was written."""
        statement = self._insert(table).values(**values).on_conflict_do_nothing()
        # RETURNING rather than rowcount: PostgreSQL's driver counts nothing for this statement.
        return self._connection.execute(statement.returning(*table.primary_key)).first() is not None

    def _insert_one(self, table: Table, **values: Any) -> int:
        statement = insert(table).values(**values).returning(table.c.id)
        row_id: int = self._connection.execute(statement).scalar_one()
        return row_id

    def _count_of(self, statement: Any) -> int:
        result: CursorResult[Any] = self._connection.execute(statement)
        return result.rowcount

    def _alone_in(self, table: Table) -> None:
        """Let nobody else write into a table until this transaction ends. SQLite has one writer anyway."""
        if self._connection.dialect.name == "postgresql":
            self._connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")

    def _changed(self, statement: Any) -> bool:
        return self._count_of(statement) == 1

    def _next_number(self, table: Table, year: int) -> int:
        """The next number of the year in a table of (year, last); none is ever given twice."""
        statement = self._insert(table).values(year=year, last=1)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["year"], set_={"last": table.c.last + 1})
        )
        last: int = self._connection.execute(select(table.c.last).where(table.c.year == year)).scalar_one()
        return last
