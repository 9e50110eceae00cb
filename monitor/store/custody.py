"""Who looked at what was found, and the words to the custody entries of the chain (R79)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select

from monitor.model import Office
from monitor.store import tables as t
from monitor.store.rows import CustodyRow, CustodyWords
from monitor.store.statements import Statements


class CustodyStatements(Statements):
    """Append-only: nothing here changes or removes a row."""

    def note_custody(self, finding_id: int, event: str, *, by: Office, reason: str, now: datetime) -> None:
        """Write down who looked at a finding or decided about it, and why (R79)."""
        self._connection.execute(
            insert(t.custody).values(finding_id=finding_id, at=now, event=event, by=by, reason=reason)
        )

    def custody_of(self, finding_id: int) -> list[CustodyRow]:
        """Who looked at a finding, in order."""
        chosen = select(t.custody).where(t.custody.c.finding_id == finding_id).order_by(t.custody.c.id)
        return [
            CustodyRow(row["at"], row["event"], Office(row["by"]), row["reason"])
            for row in self._rows(chosen)
        ]

    def add_custody_words(self, words: CustodyWords) -> None:
        """Keep the words to an entry of the chain; doing it again changes nothing."""
        self._insert_new(
            t.exhibit_custody, **{name: getattr(words, name) for name in CustodyWords.__dataclass_fields__}
        )

    def custody_words(self, exhibit_id: str) -> dict[int, CustodyWords]:
        """The words to this exhibit's custody entries, by their sequence in the chain."""
        row = t.exhibit_custody.c
        chosen = select(t.exhibit_custody).where(row.exhibit_id == exhibit_id).order_by(row.sequence)
        return {
            row["sequence"]: CustodyWords(
                sequence=row["sequence"],
                exhibit_id=row["exhibit_id"],
                at=row["at"],
                event=row["event"],
                by=Office(row["by"]),
                reason=row["reason"],
                recipient=row["recipient"],
                how=row["how"],
            )
            for row in self._rows(chosen)
        }

    def label(self, exhibit_id: str, initials: str, *, by: Office, now: datetime) -> str:
        """The label of this exhibit for this producing person: the one it has, else the next number (R80)."""
        row = t.exhibit_labels.c
        found = select(row.serial).where(row.initials == initials, row.exhibit_id == exhibit_id)
        serial = self._connection.execute(found).scalar_one_or_none()
        if serial is None:
            self._alone_in(t.exhibit_labels)  # Another office may be counting at this moment.
            last = select(func.max(row.serial)).where(row.initials == initials)
            serial = (self._connection.execute(last).scalar_one() or 0) + 1
            self._connection.execute(
                insert(t.exhibit_labels).values(
                    initials=initials, serial=serial, exhibit_id=exhibit_id, given_at=now, by=by
                )
            )
        return f"{initials}/{serial}"

    def labels_of(self, exhibit_id: str) -> list[str]:
        """Every label that this exhibit was ever produced under."""
        row = t.exhibit_labels.c
        chosen = select(t.exhibit_labels).where(row.exhibit_id == exhibit_id).order_by(row.given_at)
        return [f"{row['initials']}/{row['serial']}" for row in self._rows(chosen)]
