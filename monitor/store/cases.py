"""Cases: what a person decided belongs together, what was done about it, and where it went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from monitor.model import Office
from monitor.store import tables as t
from monitor.store.rows import CaseEvent, CaseRow, CaseState, ExportRow, ExportState
from monitor.store.statements import Statements


class CaseStatements(Statements):
    """Reads and writes of cases. The log and the exports of a case are append-only."""

    def add_case(self, *, title: str, purpose: str, owner: Office, now: datetime) -> CaseRow:
        """Open a case under the next reference of the year, C-2026-0001 and so on."""
        reference = f"C-{now.year}-{self._next_number(t.case_numbers, now.year):04d}"
        self._insert_one(
            t.cases,
            reference=reference,
            title=title,
            purpose=purpose,
            opened_at=now,
            owner=owner,
            state=CaseState.OPEN,
        )
        found = self.case(reference)
        assert found is not None  # noqa: S101 - written a line above, in this commit
        return found

    def case(self, reference: str) -> CaseRow | None:
        """The case with this reference."""
        for row in self._rows(select(t.cases).where(t.cases.c.reference == reference)):
            return _case(row)
        return None

    def cases(self, limit: int = 200) -> list[CaseRow]:
        """The newest cases, newest first."""
        return [_case(row) for row in self._rows(select(t.cases).order_by(t.cases.c.id.desc()).limit(limit))]

    def cases_with(self, finding_id: int) -> list[CaseRow]:
        """The cases that hold this finding, the oldest first."""
        chosen = (
            select(t.cases)
            .join(t.case_findings, t.case_findings.c.case_id == t.cases.c.id)
            .where(t.case_findings.c.finding_id == finding_id)
            .order_by(t.cases.c.id)
        )
        return [_case(row) for row in self._rows(chosen)]

    def cases_with_exhibit(self, exhibit_id: str) -> list[CaseRow]:
        """The cases that hold this exhibit by itself or through its finding, the oldest first."""
        own = select(t.case_exhibits.c.case_id).where(t.case_exhibits.c.exhibit_id == exhibit_id)
        through = (
            select(t.case_findings.c.case_id)
            .join(t.captures, t.captures.c.finding_id == t.case_findings.c.finding_id)
            .where(t.captures.c.exhibit_id == exhibit_id)
        )
        chosen = select(t.cases).where(t.cases.c.id.in_(own.union(through))).order_by(t.cases.c.id)
        return [_case(row) for row in self._rows(chosen)]

    def put_finding(self, case_id: int, finding_id: int, *, by: Office, now: datetime) -> bool:
        """Put a finding into a case; False when it is there already."""
        return self._insert_new(t.case_findings, case_id=case_id, finding_id=finding_id, added_at=now, by=by)

    def put_exhibit(self, case_id: int, exhibit_id: str, *, by: Office, now: datetime) -> bool:
        """Put an exhibit that belongs to no finding into a case; False when it is there already."""
        return self._insert_new(t.case_exhibits, case_id=case_id, exhibit_id=exhibit_id, added_at=now, by=by)

    def findings_in(self, case_id: int) -> list[int]:
        """The row ids of the findings of a case, the oldest first."""
        row = t.case_findings.c
        chosen = select(row.finding_id).where(row.case_id == case_id).order_by(row.finding_id)
        return list(self._connection.execute(chosen).scalars())

    def exhibits_put_in(self, case_id: int) -> list[str]:
        """The exhibits of a case that belong to no finding."""
        row = t.case_exhibits.c
        chosen = select(row.exhibit_id).where(row.case_id == case_id).order_by(row.exhibit_id)
        return list(self._connection.execute(chosen).scalars())

    def set_case_state(self, case_id: int, state: CaseState, *, held_since: datetime | None = None) -> None:
        """Note how a case stands now. A hold that is lifted leaves its time in the log only."""
        self._change_case(case_id, state=state, held_since=held_since)

    def describe_case(self, case_id: int, *, title: str, purpose: str) -> None:
        """Note what a case is called and what it is for."""
        self._change_case(case_id, title=title, purpose=purpose)

    def give_case(self, case_id: int, owner: Office) -> None:
        """Give a case another owner (R94)."""
        self._change_case(case_id, owner=owner)

    def log_case(self, case_id: int, event: str, *, by: Office, words: str, now: datetime) -> None:
        """Write down what somebody did about a case (R92)."""
        self._connection.execute(
            insert(t.case_log).values(case_id=case_id, at=now, by=by, event=event, words=words)
        )

    def case_log(self, case_id: int) -> list[CaseEvent]:
        """What was done about a case, in order."""
        chosen = select(t.case_log).where(t.case_log.c.case_id == case_id).order_by(t.case_log.c.id)
        return [
            CaseEvent(row["at"], Office(row["by"]), row["event"], row["words"]) for row in self._rows(chosen)
        ]

    def begin_export(
        self, case_id: int, *, audience: str, by: Office, reason: str, path: str, now: datetime
    ) -> int:
        """Note that a pack is being made; returns the row's id."""
        return self._insert_one(
            t.exports,
            case_id=case_id,
            at=now,
            by=by,
            audience=audience,
            reason=reason,
            path=path,
            state=ExportState.BEGUN,
        )

    def finish_export(self, export_id: int, *, path: str, sha256: str) -> None:
        """Note where a pack lies, and the digest of the file."""
        self._end_export(export_id, state=ExportState.DONE, path=path, sha256=sha256)

    def fail_export(self, export_id: int, why: str) -> None:
        """Note that there is no pack."""
        self._end_export(export_id, state=ExportState.FAILED, detail=why)

    def exports_of(self, case_id: int) -> Sequence[ExportRow]:
        """Every pack that was made of a case, or was not finished, in order."""
        chosen = select(t.exports).where(t.exports.c.case_id == case_id).order_by(t.exports.c.id)
        return [
            ExportRow(
                at=row["at"],
                by=Office(row["by"]),
                audience=row["audience"],
                reason=row["reason"],
                path=row["path"],
                state=ExportState(row["state"]),
                sha256=row["sha256"],
                detail=row["detail"],
            )
            for row in self._rows(chosen)
        ]

    def _end_export(self, export_id: int, **values: Any) -> None:
        self._connection.execute(update(t.exports).where(t.exports.c.id == export_id).values(**values))

    def _change_case(self, case_id: int, **values: Any) -> None:
        self._connection.execute(update(t.cases).where(t.cases.c.id == case_id).values(**values))


def _case(row: RowMapping) -> CaseRow:
    return CaseRow(
        id=row["id"],
        reference=row["reference"],
        title=row["title"],
        purpose=row["purpose"],
        opened_at=row["opened_at"],
        owner=Office(row["owner"]),
        state=CaseState(row["state"]),
        held_since=row["held_since"],
    )
