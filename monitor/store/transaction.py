"""Named reads and writes inside one commit. Every time is aware UTC and passed in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    RowMapping,
    Table,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from monitor.decisions.schedule import SourceState
from monitor.model import (
    SELF_TEST,
    AlertKind,
    AlertState,
    Assessment,
    CaptureMode,
    CaptureOutcome,
    CaptureState,
    Item,
    ItemState,
    Matches,
    Message,
    Notice,
    Office,
    OperatorNotice,
    Routing,
    RunOutcome,
    Seal,
    Source,
    Told,
)
from monitor.store import tables as t
from monitor.store.cases import CaseStatements
from monitor.store.custody import CustodyStatements
from monitor.store.rows import (
    AlertRow,
    CaptureRow,
    ExhibitRow,
    FindingRow,
    Heartbeat,
    KeptItem,
    NewAlert,
    RunRecord,
    SealedCapture,
    SealedRegister,
    Waiting,
)

_ASSESSMENT = TypeAdapter(Assessment)
_MATCHES = TypeAdapter(Matches)
_ROUTING = TypeAdapter(Routing)
_MESSAGE = TypeAdapter(Message)
_FACTS = {
    AlertKind.FINDING: TypeAdapter[Notice | OperatorNotice](Notice),
    AlertKind.OPERATOR: TypeAdapter[Notice | OperatorNotice](OperatorNotice),
}

_CHUNK = 500
"""How many values one IN list holds; SQLite and PostgreSQL both take far more."""


class Transaction(CaseStatements, CustodyStatements):
    """One commit's worth of reads and writes. Get one from `Store.transaction()`."""

    # --- sources and runs ------------------------------------------------------------------------

    def adopt_sources(self, sources: Iterable[Source], now: datetime) -> None:
        """Give every configured source a row; what is known of it already stays."""
        for source in sources:
            self._insert_new(
                t.sources, key=source.key, added_at=now, next_poll_at=now, last_detail="", failures=0
            )

    def source_states(self) -> dict[str, SourceState]:
        """Every source that ever had a row, by key."""
        return {row["key"]: _source_state(row) for row in self._rows(select(t.sources))}

    def claim_source(self, key: str, *, now: datetime, until: datetime) -> bool:
        """Take a due source until the lease ends. False when it is not due or somebody has it."""
        row = t.sources.c
        return self._changed(
            update(t.sources)
            .where(row.key == key, row.next_poll_at <= now, _free(t.sources, now))
            .values(lease_until=until)
        )

    def cursor(self, key: str) -> str | None:
        """Where the source's collector stopped last time."""
        found: str | None = self._connection.execute(
            select(t.sources.c.cursor).where(t.sources.c.key == key)
        ).scalar_one()
        return found

    def save_cursor(self, key: str, cursor: str) -> None:
        """Remember where to go on; always in the commit that writes the items before it."""
        self._connection.execute(update(t.sources).where(t.sources.c.key == key).values(cursor=cursor))

    def finish_run(self, run: RunRecord, next_poll_at: datetime) -> None:
        """Write the run and set the source free until `next_poll_at`."""
        self._insert_new(
            t.runs,
            source_key=run.source_key,
            started_at=run.started_at,
            finished_at=run.finished_at,
            outcome=run.outcome,
            detail=run.detail,
            items_seen=run.items_seen,
            items_kept=run.items_kept,
        )
        values: dict[str, Any] = {
            "last_run_at": run.finished_at,
            "last_outcome": run.outcome,
            "last_detail": run.detail,
            "next_poll_at": next_poll_at,
            "lease_until": None,
        }
        if run.outcome.good:
            values |= {"last_good_at": run.finished_at, "failures": 0, "told_operator_at": None}
        else:
            values["failures"] = t.sources.c.failures + 1
        self._connection.execute(update(t.sources).where(t.sources.c.key == run.source_key).values(values))

    def told_operator(self, key: str, now: datetime) -> None:
        """Remember that the operator was told of this source's silence; forgotten at its next good run."""
        self._connection.execute(update(t.sources).where(t.sources.c.key == key).values(told_operator_at=now))

    def poll_now(self, key: str, now: datetime) -> None:
        """Make a source due at once, because a person asked for it. A platform that asked us to wait is
        not asked sooner for that (R15)."""
        row = t.sources.c
        waits = and_(row.last_outcome == RunOutcome.RATE_LIMITED, row.next_poll_at > now)
        self._connection.execute(
            update(t.sources).where(row.key == key, waits.is_not(true())).values(next_poll_at=now)
        )

    def runs(self, key: str, limit: int = 20) -> list[RunRecord]:
        """The newest runs of a source, newest first."""
        chosen = (
            select(t.runs).where(t.runs.c.source_key == key).order_by(t.runs.c.started_at.desc()).limit(limit)
        )
        return [
            RunRecord(
                source_key=row["source_key"],
                started_at=row["started_at"],
                finished_at=row["finished_at"],
                outcome=RunOutcome(row["outcome"]),
                detail=row["detail"],
                items_seen=row["items_seen"],
                items_kept=row["items_kept"],
            )
            for row in self._rows(chosen)
        ]

    # --- what concerns nobody --------------------------------------------------------------------

    def unseen(self, digests: Sequence[str]) -> set[str]:
        """Those of the keyed digests that were not remembered before."""
        known: set[str] = set()
        for start in range(0, len(digests), _CHUNK):
            part = digests[start : start + _CHUNK]
            known.update(
                self._connection.execute(select(t.seen.c.digest).where(t.seen.c.digest.in_(part))).scalars()
            )
        return set(digests) - known

    def remember_seen(self, digests: Collection[str], now: datetime) -> None:
        """Remember keyed digests of what concerned nobody, and nothing else about it."""
        if digests:
            self._connection.execute(
                self._insert(t.seen).on_conflict_do_nothing(),
                [{"digest": digest, "seen_at": now} for digest in digests],
            )

    def forget_seen(self, before: datetime) -> int:
        """Drop digests older than `before`; returns how many."""
        return self._count_of(delete(t.seen).where(t.seen.c.seen_at < before))

    def count(self, week: str, category: str, source_key: str, by: int = 1) -> None:
        """Add to a weekly counter (R43): no names, no text."""
        statement = self._insert(t.counters).values(
            week=week, category=category, source_key=source_key, count=by
        )
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["week", "category", "source_key"],
                set_={"count": t.counters.c.count + by},
            )
        )

    def counts(self, week: str) -> dict[tuple[str, str], int]:
        """The week's counters by (category, source)."""
        rows = self._rows(select(t.counters).where(t.counters.c.week == week))
        return {(row["category"], row["source_key"]): row["count"] for row in rows}

    # --- items -----------------------------------------------------------------------------------

    def kept_items(self, platform: str, native_ids: Sequence[str]) -> dict[str, KeptItem]:
        """Those of the items that have a row, by native id."""
        found: dict[str, KeptItem] = {}
        row = t.items.c
        for start in range(0, len(native_ids), _CHUNK):
            part = native_ids[start : start + _CHUNK]
            for kept in self._kept_items(and_(row.platform == platform, row.native_id.in_(part)), _CHUNK):
                found[kept.item.native_id] = kept
        return found

    def add_item(
        self,
        item: Item,
        *,
        source_key: str,
        official: bool,
        text_digest: str,
        now: datetime,
        next_reread_at: datetime | None,
    ) -> int:
        """Keep a new item and its first version; returns the row's id."""
        item_id = self._insert_one(
            t.items,
            platform=item.platform,
            native_id=item.native_id,
            source_key=source_key,
            url=item.url,
            author=item.author,
            text=item.text,
            posted_at=item.posted_at,
            reply_to=item.reply_to,
            state=item.state,
            fetched_at=now,
            official=official,
            text_digest=text_digest,
            next_reread_at=next_reread_at,
            rereads=0,
        )
        self._add_version(item_id, 1, item, now)
        return item_id

    def change_item(self, kept: KeptItem, item: Item, *, text_digest: str, now: datetime) -> KeptItem:
        """Note new words, or that the item is gone; the earlier words stay as a version."""
        gone = item.state is ItemState.REMOVED
        values: dict[str, Any] = {"state": item.state}
        if not gone:
            values |= {"text": item.text, "text_digest": text_digest}
        else:
            values["next_reread_at"] = None
        self._connection.execute(update(t.items).where(t.items.c.id == kept.id).values(values))
        self._add_version(kept.id, kept.version + 1, item, now)
        changed = replace(kept.item, state=item.state) if gone else replace(kept.item, text=item.text)
        return replace(
            kept,
            item=changed,
            text_digest=kept.text_digest if gone else text_digest,
            version=kept.version + 1,
        )

    def words(self, item_id: int, version: int) -> str:
        """What an item said in one of its versions."""
        row = t.item_versions.c
        found: str = self._connection.execute(
            select(row.text).where(row.item_id == item_id, row.number == version)
        ).scalar_one()
        return found

    def due_rereads(self, source_key: str, now: datetime, limit: int = 200) -> list[KeptItem]:
        """Items of a source that it is time to look at again."""
        row = t.items.c
        return self._kept_items(
            and_(row.source_key == source_key, row.next_reread_at <= now, row.state == ItemState.PRESENT),
            limit,
        )

    def rereadable(self, source_key: str, limit: int = 200) -> list[KeptItem]:
        """Items of a source that may be looked at again at all, the newest first."""
        row = t.items.c
        return self._kept_items(
            and_(
                row.source_key == source_key, row.next_reread_at.is_not(None), row.state == ItemState.PRESENT
            ),
            limit,
        )

    def reread(self, item_id: int, next_reread_at: datetime | None) -> None:
        """Note that an item was looked at again. One that may not be asked about any more stays so."""
        row = t.items.c
        self._connection.execute(
            update(t.items)
            .where(row.id == item_id, row.next_reread_at.is_not(None))
            .values(next_reread_at=next_reread_at, rereads=row.rereads + 1)
        )

    def put_off_rereads(self, item_ids: Sequence[int], until: datetime) -> None:
        """The platform did not answer: look again at these items, but not before `until`."""
        row = t.items.c
        self._connection.execute(
            update(t.items)
            .where(row.id.in_(item_ids), row.next_reread_at < until)
            .values(next_reread_at=until)
        )

    def stop_rereads(self, item_id: int) -> None:
        """Never ask about this item again (S2, A9)."""
        self._connection.execute(update(t.items).where(t.items.c.id == item_id).values(next_reread_at=None))

    # --- findings --------------------------------------------------------------------------------

    def next_reference(self, year: int) -> str:
        """The next reference of the year, M-2026-0001 and so on; a number is never used twice."""
        return f"M-{year}-{self._next_number(t.references, year):04d}"

    def add_finding(
        self,
        reference: str,
        item_id: int,
        *,
        assessment: Assessment,
        matches: Matches,
        routing: Routing,
        retention: str,
        now: datetime,
    ) -> int:
        """Write a finding with the machine's first view; returns the row's id."""
        finding_id = self._insert_one(
            t.findings,
            reference=reference,
            item_id=item_id,
            found_at=now,
            retention=retention,
        )
        self.add_assessment(
            finding_id, assessment, matches=matches, routing=routing, by="machine", why="", now=now
        )
        return finding_id

    def add_assessment(
        self,
        finding_id: int,
        assessment: Assessment,
        *,
        matches: Matches,
        routing: Routing,
        by: str,
        why: str,
        now: datetime,
    ) -> None:
        """Append a view of a finding; earlier views stay (R51)."""
        table = t.assessments
        last = self._connection.execute(
            select(func.max(table.c.number)).where(table.c.finding_id == finding_id)
        ).scalar_one()
        self._connection.execute(
            insert(table).values(
                finding_id=finding_id,
                number=(last or 0) + 1,
                at=now,
                by=by,
                why=why,
                assessment=_ASSESSMENT.dump_python(assessment, mode="json"),
                matches=_MATCHES.dump_python(matches, mode="json"),
                routing=_ROUTING.dump_python(routing, mode="json"),
            )
        )
        for person in sorted(assessment.identified):
            self._insert_new(t.finding_people, finding_id=finding_id, person_id=person)

    def assessments_of(self, finding_id: int) -> list[Assessment]:
        """Every view that was ever taken of a finding, the first one first."""
        row = t.assessments.c
        chosen = select(row.assessment).where(row.finding_id == finding_id).order_by(row.number)
        return [_ASSESSMENT.validate_python(each["assessment"]) for each in self._rows(chosen)]

    def finding_of(self, item_id: int) -> FindingRow | None:
        """The finding about an item."""
        found = self._findings(t.findings.c.item_id == item_id)
        return found[0] if found else None

    def finding(self, reference: str) -> FindingRow | None:
        """The finding with this reference."""
        found = self._findings(t.findings.c.reference == reference)
        return found[0] if found else None

    def finding_by_id(self, finding_id: int) -> FindingRow:
        """The finding with this row id."""
        return self._findings(t.findings.c.id == finding_id)[0]

    def findings(self, limit: int = 100) -> list[FindingRow]:
        """The newest findings, newest first."""
        return self._findings(t.findings.c.id > 0, limit)

    def earlier_findings(
        self, *, platform: str, author: str, people: Collection[str], since: datetime, before_id: int | None
    ) -> list[FindingRow]:
        """Findings by the same handle about one of these people, made before
        the one with `before_id` (A2, R48): an edit of the first of two does not make it the repetition."""
        chosen = (
            select(t.findings.c.id)
            .join(t.items, t.items.c.id == t.findings.c.item_id)
            .join(t.finding_people, t.finding_people.c.finding_id == t.findings.c.id)
            .where(
                t.items.c.platform == platform,
                t.items.c.author == author,
                t.finding_people.c.person_id.in_(sorted(people)),
                t.findings.c.found_at >= since,
                true() if before_id is None else t.findings.c.id < before_id,
            )
        )
        return self._findings(t.findings.c.id.in_(chosen), 100)

    def decide(self, finding_id: int, decision: str, *, by: str, now: datetime) -> None:
        """Note what a person decided."""
        self._connection.execute(
            update(t.findings)
            .where(t.findings.c.id == finding_id)
            .values(decision=decision, decided_by=by, decided_at=now)
        )

    def untouchable(self) -> list[Item]:
        """Every version of the items for which, or for whose links, no request may be made: S2, A9, S5,
        and addresses whose page turned out so (DOMAIN.md). The latter have no words."""
        forbidden = or_(
            t.captures.c.mode == CaptureMode.WORDS, t.captures.c.outcome == CaptureOutcome.SUPPRESSED
        )
        chosen = (
            select(t.items.c.url, t.item_versions.c.text)
            .join(t.item_versions, t.item_versions.c.item_id == t.items.c.id)
            .join(t.findings, t.findings.c.item_id == t.items.c.id)
            .join(t.captures, t.captures.c.finding_id == t.findings.c.id)
            .where(forbidden)
            .union(select(t.captures.c.url, literal("")).where(forbidden, t.captures.c.finding_id.is_(None)))
        )
        return [Item("", "", row["url"], row["text"]) for row in self._rows(chosen)]

    # --- captures and exhibits -------------------------------------------------------------------

    def want_capture(
        self,
        exhibit_id: str,
        url: str,
        mode: CaptureMode,
        *,
        trigger: str,
        now: datetime,
        finding_id: int | None = None,
        version: int = 1,
    ) -> None:
        """Ask for a capture; asking again for the same version of a finding changes nothing."""
        self._insert_new(
            t.captures,
            exhibit_id=exhibit_id,
            finding_id=finding_id,
            version=version,
            url=url,
            mode=mode,
            trigger=trigger,
            requested_at=now,
            state=CaptureState.WANTED,
            detail="",
            missing=[],
            attempts=0,
            next_attempt_at=now,
        )

    def claim_capture(
        self,
        *,
        now: datetime,
        until: datetime,
        exhibit_id: str = "",
        modes: Collection[CaptureMode] = tuple(CaptureMode),
    ) -> CaptureRow | None:
        """Take the capture of these modes that waits longest, or the one named, or None."""
        wanted = and_(t.captures.c.state == CaptureState.WANTED, t.captures.c.mode.in_(sorted(modes)))
        if exhibit_id:
            wanted = and_(wanted, t.captures.c.exhibit_id == exhibit_id)
        row = self._claim(t.captures, wanted, now=now, until=until)
        return _capture(row) if row else None

    def capture(self, exhibit_id: str) -> CaptureRow | None:
        """The capture with this exhibit id."""
        rows = self._captures(t.captures.c.exhibit_id == exhibit_id)
        return rows[0] if rows else None

    def newest_page(self, *, self_test: bool) -> CaptureRow | None:
        """The page that was sealed last: by a self-test, or for any other reason."""
        row = t.captures.c
        statement = (
            select(row.exhibit_id)
            .where(
                row.state == CaptureState.SEALED,
                row.mode.in_(sorted(mode for mode in CaptureMode if mode.opens_page)),
                row.trigger == SELF_TEST if self_test else row.trigger != SELF_TEST,
            )
            .order_by(row.id.desc())
            .limit(1)
        )
        newest = self._connection.execute(statement).scalar()
        return self.capture(newest) if newest else None

    def captures_of(self, finding_id: int) -> list[CaptureRow]:
        """The captures of a finding, the oldest first."""
        return self._captures(t.captures.c.finding_id == finding_id)

    def open_no_page(self, capture_id: int) -> None:
        """Something that came in since forbids any request: keep the words instead."""
        self._connection.execute(
            update(t.captures).where(t.captures.c.id == capture_id).values(mode=CaptureMode.WORDS)
        )

    def captures_at_work(self, now: datetime) -> list[str]:
        """Exhibit ids of captures that somebody holds right now."""
        row = t.captures.c
        return list(self._connection.execute(select(row.exhibit_id).where(row.lease_until > now)).scalars())

    def finish_capture(
        self,
        capture_id: int,
        *,
        outcome: CaptureOutcome,
        detail: str = "",
        missing: Sequence[str] = (),
    ) -> None:
        """Note how a capture ended and set its row free."""
        self._connection.execute(
            update(t.captures)
            .where(t.captures.c.id == capture_id)
            .values(
                state=CaptureState.SEALED,
                outcome=outcome,
                detail=detail,
                missing=list(missing),
                lease_until=None,
            )
        )

    def postpone_capture(self, capture_id: int, until: datetime, detail: str) -> None:
        """Try this capture again later."""
        self._connection.execute(
            update(t.captures)
            .where(t.captures.c.id == capture_id)
            .values(next_attempt_at=until, detail=detail, lease_until=None)
        )

    def add_exhibit(self, seal: Seal, capture_id: int | None) -> None:
        """Index a sealed exhibit; doing it again changes nothing."""
        self._insert_new(
            t.exhibits,
            exhibit_id=seal.exhibit_id,
            capture_id=capture_id,
            sequence=seal.sequence,
            root_digest=seal.root_digest,
            digest=seal.digest,
            sealed_at=seal.sealed_at,
            folder=seal.folder,
        )

    def indexed(self) -> set[str]:
        """The exhibit ids that the index knows."""
        return set(self._connection.execute(select(t.exhibits.c.exhibit_id)).scalars())

    def indexed_seals(self) -> dict[str, Seal]:
        """Every exhibit that the index knows, as the chain would say it but for the entry before."""
        return {row["exhibit_id"]: _seal(row) for row in self._rows(select(t.exhibits))}

    def enter_sealed(self, capture: SealedCapture) -> int:
        """Enter a capture that the database has lost, sealed and without a finding; returns its id."""
        return self._insert_one(
            t.captures,
            exhibit_id=capture.exhibit_id,
            finding_id=None,
            version=1,
            url=capture.url,
            mode=capture.mode,
            trigger=capture.trigger,
            requested_at=capture.requested_at,
            state=CaptureState.SEALED,
            outcome=capture.outcome,
            detail="",
            missing=list(capture.missing),
            attempts=0,
            next_attempt_at=capture.requested_at,
        )

    def forget_exhibit(self, exhibit_id: str) -> None:
        """Take an exhibit out of the index; it stays in the archive."""
        self._connection.execute(delete(t.exhibits).where(t.exhibits.c.exhibit_id == exhibit_id))

    def exhibits(self, limit: int = 100) -> list[ExhibitRow]:
        """The newest exhibits, newest first."""
        chosen = (
            select(t.exhibits, t.captures.c.mode, t.captures.c.outcome, t.findings.c.reference)
            .outerjoin(t.captures, t.captures.c.id == t.exhibits.c.capture_id)
            .outerjoin(t.findings, t.findings.c.id == t.captures.c.finding_id)
            .order_by(t.exhibits.c.sequence.desc())
            .limit(limit)
        )
        return [
            ExhibitRow(
                exhibit_id=row["exhibit_id"],
                sequence=row["sequence"],
                root_digest=row["root_digest"],
                sealed_at=row["sealed_at"],
                folder=row["folder"],
                reference=row["reference"],
                mode=CaptureMode(row["mode"]) if row["mode"] else None,
                outcome=CaptureOutcome(row["outcome"]) if row["outcome"] else None,
            )
            for row in self._rows(chosen)
        ]

    # --- alerts ----------------------------------------------------------------------------------

    def owe(self, alert: NewAlert) -> bool:
        """Owe a message. False when this key was owed before: nothing is said twice."""
        return self._insert_new(
            t.alerts,
            key=alert.key,
            kind=alert.kind,
            finding_id=alert.finding_id,
            office=alert.office,
            part=alert.part,
            address=alert.address,
            message_id=alert.message_id,
            thread=alert.thread,
            date=alert.date,
            state=AlertState.OWED,
            facts=_FACTS[alert.kind].dump_python(alert.facts, mode="json"),
            receipt="",
            last_error="",
            attempts=0,
            next_attempt_at=alert.not_before,
        )

    def release_alerts(self, finding_id: int, now: datetime) -> None:
        """The capture is done: mails that only waited for it may go now."""
        row = t.alerts.c
        self._connection.execute(
            update(t.alerts)
            .where(
                row.finding_id == finding_id,
                row.state == AlertState.OWED,
                row.attempts == 0,
                row.next_attempt_at > now,
            )
            .values(next_attempt_at=now)
        )

    def withdraw_alerts(self, finding_id: int, offices: Collection[Office]) -> None:
        """Do not send what is still owed to these offices about this finding."""
        row = t.alerts.c
        self._connection.execute(
            update(t.alerts)
            .where(
                row.finding_id == finding_id, row.state == AlertState.OWED, row.office.in_(sorted(offices))
            )
            .values(state=AlertState.WITHDRAWN)
        )

    def claim_alert(self, *, now: datetime, until: datetime) -> AlertRow | None:
        """Take the message that waits longest, or None."""
        row = self._claim(t.alerts, t.alerts.c.state == AlertState.OWED, now=now, until=until)
        return _alert(row) if row else None

    def freeze_message(self, alert_id: int, message: Message) -> None:
        """Fix what the mail says, before its first attempt."""
        self._connection.execute(
            update(t.alerts)
            .where(t.alerts.c.id == alert_id)
            .values(message=_MESSAGE.dump_python(message, mode="json"))
        )

    def mark_sent(self, alert_id: int, receipt: str, now: datetime) -> None:
        """The message was accepted."""
        self._finish_alert(alert_id, state=AlertState.SENT, receipt=receipt, sent_at=now, last_error="")

    def mark_failed(self, alert_id: int, error: str) -> None:
        """Trying again cannot help."""
        self._finish_alert(alert_id, state=AlertState.FAILED, last_error=error)

    def postpone_alert(self, alert_id: int, until: datetime, error: str) -> None:
        """Try this message again later."""
        self._finish_alert(alert_id, next_attempt_at=until, last_error=error)

    def alerts_of(self, finding_id: int) -> list[AlertRow]:
        """Every message about a finding, in the order owed."""
        chosen = select(t.alerts).where(t.alerts.c.finding_id == finding_id).order_by(t.alerts.c.id)
        return [_alert(row) for row in self._rows(chosen)]

    def alerts(self, limit: int = 200) -> list[AlertRow]:
        """The newest messages, newest first."""
        return [
            _alert(row) for row in self._rows(select(t.alerts).order_by(t.alerts.c.id.desc()).limit(limit))
        ]

    # --- the rest --------------------------------------------------------------------------------

    def save_register(self, register: SealedRegister) -> None:
        """Replace the Register; only the newest is kept."""
        self._connection.execute(delete(t.register))
        self._connection.execute(
            insert(t.register).values(
                version=register.version,
                imported_at=register.imported_at,
                people=register.people,
                pupils=register.pupils,
                sealed=register.sealed,
            )
        )

    def register(self) -> SealedRegister | None:
        """The Register as stored, still encrypted."""
        for row in self._rows(select(t.register)):
            return SealedRegister(**{name: row[name] for name in SealedRegister.__dataclass_fields__})
        return None

    def started(self, now: datetime) -> None:
        """The service starts: note it, and set free what a killed one held.

        One process holds a data folder, so leases of the service itself are a dead one's. A capture that
        a person asked for may be another process's, at work right now: it comes free with its lease."""
        values = {"started_at": now, "ticked_at": now}
        statement = self._insert(t.heartbeat).values(id=1, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
        for table, ours in (
            (t.sources, true()),
            (t.alerts, true()),
            (t.captures, t.captures.c.trigger.in_(("automatic", SELF_TEST))),
        ):
            self._connection.execute(update(table).where(ours).values(lease_until=None))

    def ticked(self, now: datetime) -> None:
        """The service looked for work."""
        self._connection.execute(update(t.heartbeat).values(ticked_at=now))

    def heartbeat(self) -> Heartbeat | None:
        """When the service started and last looked for work; None when it never ran."""
        for row in self._rows(select(t.heartbeat)):
            return Heartbeat(row["started_at"], row["ticked_at"])
        return None

    def waiting(self, since: datetime) -> Waiting:
        """What waits, in numbers; of what failed for good only what is newer than `since`."""

        def number(table: Table, *where: Any) -> int:
            found: int = self._connection.execute(
                select(func.count()).select_from(table).where(*where)
            ).scalar_one()
            return found

        return Waiting(
            captures=number(t.captures, t.captures.c.state == CaptureState.WANTED),
            alerts=number(t.alerts, t.alerts.c.state == AlertState.OWED),
            alerts_refused=number(t.alerts, t.alerts.c.state == AlertState.OWED, t.alerts.c.last_error != ""),
            alerts_failed=number(t.alerts, t.alerts.c.state == AlertState.FAILED, t.alerts.c.date >= since),
            captures_failed=number(
                t.captures,
                t.captures.c.outcome == CaptureOutcome.FAILED,
                t.captures.c.requested_at >= since,
            ),
            undecided=number(t.findings, t.findings.c.decision.is_(None)),
            oldest_capture_at=self._connection.execute(
                select(func.min(t.captures.c.requested_at)).where(t.captures.c.state == CaptureState.WANTED)
            ).scalar_one(),
            oldest_alert_at=self._connection.execute(
                select(func.min(t.alerts.c.next_attempt_at)).where(t.alerts.c.state == AlertState.OWED)
            ).scalar_one(),
        )

    # --- below: how, not what --------------------------------------------------------------------

    def _claim(self, table: Table, wanted: Any, *, now: datetime, until: datetime) -> RowMapping | None:
        row = table.c
        due = and_(wanted, row.next_attempt_at <= now, _free(table, now))
        candidate = self._connection.execute(
            select(row.id)
            .where(due)
            .order_by(row.next_attempt_at, row.id)
            .limit(1)
            # PostgreSQL only: whoever looks at the same moment gets the next row, not none.
            .with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if candidate is None or not self._changed(
            update(table).where(row.id == candidate, due).values(lease_until=until, attempts=row.attempts + 1)
        ):
            return None
        return self._connection.execute(select(table).where(row.id == candidate)).mappings().one()

    def _add_version(self, item_id: int, number: int, item: Item, now: datetime) -> None:
        self._connection.execute(
            insert(t.item_versions).values(
                item_id=item_id, number=number, seen_at=now, state=item.state, text=item.text
            )
        )

    def _kept_items(self, where: Any, limit: int) -> list[KeptItem]:
        chosen = select(t.items, _versions()).where(where).order_by(t.items.c.id.desc()).limit(limit)
        return [_kept(row) for row in self._rows(chosen)]

    def _captures(self, where: Any) -> list[CaptureRow]:
        chosen = (
            select(t.captures, t.exhibits.c.sealed_at)
            .outerjoin(t.exhibits, t.exhibits.c.capture_id == t.captures.c.id)
            .where(where)
            .order_by(t.captures.c.id)
        )
        return [_capture(row) for row in self._rows(chosen)]

    def _findings(self, where: Any, limit: int = 1) -> list[FindingRow]:
        newest = (
            select(func.max(t.assessments.c.number))
            .where(t.assessments.c.finding_id == t.findings.c.id)
            .correlate(t.findings)
            .scalar_subquery()
        )
        chosen = (
            select(
                t.items,
                _versions(),
                t.findings.c.id.label("finding_id"),
                t.findings.c.reference,
                t.findings.c.found_at,
                t.findings.c.decision,
                t.assessments.c.assessment,
                t.assessments.c.matches,
                t.assessments.c.routing,
            )
            .join(t.items, t.items.c.id == t.findings.c.item_id)
            .join(
                t.assessments,
                and_(t.assessments.c.finding_id == t.findings.c.id, t.assessments.c.number == newest),
            )
            .where(where)
            .order_by(t.findings.c.id.desc())
            .limit(limit)
        )
        return [
            FindingRow(
                id=row["finding_id"],
                reference=row["reference"],
                found_at=row["found_at"],
                item=_kept(row),
                assessment=_ASSESSMENT.validate_python(row["assessment"]),
                matches=_MATCHES.validate_python(row["matches"]),
                routing=_ROUTING.validate_python(row["routing"]),
                decision=row["decision"],
            )
            for row in self._rows(chosen)
        ]

    def _finish_alert(self, alert_id: int, **values: Any) -> None:
        self._connection.execute(
            update(t.alerts).where(t.alerts.c.id == alert_id).values(lease_until=None, **values)
        )


def _free(table: Table, now: datetime) -> Any:
    return or_(table.c.lease_until.is_(None), table.c.lease_until <= now)


def _versions() -> Any:
    table = t.item_versions
    return (
        select(func.max(table.c.number))
        .where(table.c.item_id == t.items.c.id)
        .correlate(t.items)
        .scalar_subquery()
        .label("version")
    )


def _source_state(row: RowMapping) -> SourceState:
    return SourceState(
        key=row["key"],
        added_at=row["added_at"],
        next_poll_at=row["next_poll_at"],
        last_run_at=row["last_run_at"],
        last_good_at=row["last_good_at"],
        last_outcome=RunOutcome(row["last_outcome"]) if row["last_outcome"] else None,
        last_detail=row["last_detail"],
        failures=row["failures"],
        told_operator_at=row["told_operator_at"],
    )


def _kept(row: RowMapping) -> KeptItem:
    return KeptItem(
        id=row["id"],
        item=Item(
            platform=row["platform"],
            native_id=row["native_id"],
            url=row["url"],
            text=row["text"],
            author=row["author"],
            posted_at=row["posted_at"],
            reply_to=row["reply_to"],
            state=ItemState(row["state"]),
        ),
        source_key=row["source_key"],
        official=row["official"],
        text_digest=row["text_digest"],
        fetched_at=row["fetched_at"],
        version=row["version"],
        rereads=row["rereads"],
    )


def _seal(row: RowMapping) -> Seal:
    return Seal(
        sequence=row["sequence"],
        exhibit_id=row["exhibit_id"],
        sealed_at=row["sealed_at"],
        root_digest=row["root_digest"],
        previous="",
        digest=row["digest"],
        folder=row["folder"],
    )


def _capture(row: RowMapping) -> CaptureRow:
    return CaptureRow(
        id=row["id"],
        exhibit_id=row["exhibit_id"],
        finding_id=row["finding_id"],
        version=row["version"],
        url=row["url"],
        mode=CaptureMode(row["mode"]),
        trigger=row["trigger"],
        requested_at=row["requested_at"],
        attempts=row["attempts"],
        state=CaptureState(row["state"]),
        outcome=CaptureOutcome(row["outcome"]) if row["outcome"] else None,
        detail=row["detail"],
        missing=tuple(row["missing"]),
        sealed_at=row.get("sealed_at"),
    )


def _alert(row: RowMapping) -> AlertRow:
    kind = AlertKind(row["kind"])
    return AlertRow(
        id=row["id"],
        key=row["key"],
        kind=kind,
        finding_id=row["finding_id"],
        office=Office(row["office"]),
        part=Told(row["part"]),
        address=row["address"],
        message_id=row["message_id"],
        thread=row["thread"],
        date=row["date"],
        state=AlertState(row["state"]),
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"],
        facts=_FACTS[kind].validate_python(row["facts"]),
        message=_MESSAGE.validate_python(row["message"]) if row["message"] else None,
        receipt=row["receipt"],
        last_error=row["last_error"],
        sent_at=row["sent_at"],
    )
