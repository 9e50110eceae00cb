"""What was found: listed without its words, opened on the record, decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from monitor.cases import custody
from monitor.cases.access import NotYours, Rules, Unknown, may_open, not_yours
from monitor.cases.cases import opened_by_decision
from monitor.cases.custody import Event
from monitor.evidence import Archive, Entry
from monitor.model import CaptureState, Office
from monitor.store import Store
from monitor.store.rows import AlertRow, CaptureRow, CustodyRow, FindingRow


class Decision(StrEnum):
    """The four things a person can decide about a finding (product study 5.1)."""

    OPEN_CASE = "open_case"
    KEEP_EYE = "keep_an_eye"
    FAIR_COMMENT = "fair_comment"
    NOT_US = "not_our_school"


@dataclass(frozen=True, slots=True)
class Summary:
    """A finding in a list. What would say something about it is empty for whoever may not open it."""

    reference: str
    platform: str
    found_at: datetime
    saved: str
    decision: str | None
    label: str = ""
    category: str = ""
    urgency: str = ""
    told: tuple[Office, ...] = ()
    asks_person: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A finding opened by somebody who may: the finding, its captures and mails, who looked at it before
    and now, and what the chain says about its exhibits."""

    finding: FindingRow
    captures: tuple[CaptureRow, ...]
    alerts: tuple[AlertRow, ...]
    custody: tuple[CustodyRow, ...]
    chain: tuple[Entry, ...]


def findings(store: Store, *, rules: Rules, viewer: Office | None = None, limit: int = 100) -> list[Summary]:
    """The newest findings, newest first, without their words.

    An office sees what it may open or was told of, and nothing of the rest. Without a `viewer` (the
    network manager) every reference is listed, with neither class nor urgency nor whoever was told:
    those alone would tell somebody that a matter is about them.
    """
    with store.transaction() as t:
        rows = t.findings(limit)
        captures = {row.id: t.captures_of(row.id) for row in rows}
        alerts = {row.id: t.alerts_of(row.id) for row in rows}
    if viewer is None:
        return [_bare_summary(row, captures[row.id]) for row in rows]
    return [
        replace(
            _bare_summary(row, captures[row.id]),
            label=rules.policy.categories[row.assessment.category].label,
            category=row.assessment.category,
            urgency=row.assessment.urgency.value,
            told=tuple(telling.office for telling in row.routing.told),
            asks_person=row.assessment.asks_person,
        )
        for row in rows
        if may_open(row, alerts[row.id], viewer, rules=rules)
    ]


def _bare_summary(row: FindingRow, captures: Sequence[CaptureRow]) -> Summary:
    return Summary(
        reference=row.reference,
        platform=row.item.item.platform,
        found_at=row.found_at,
        saved=_saved(captures),
        decision=row.decision,
    )


def open_finding(
    store: Store,
    archive: Archive,
    reference: str,
    *,
    viewer: Office,
    reason: str,
    rules: Rules,
    now: datetime,
) -> Opened:
    """Open one finding with its content, and write down who did and why; who did, in the chain too.

    Raises `Unknown`, and `NotYours` for an office that was not told, told in part only, or may be the
    subject. The custody entry is written before anything is returned.
    """
    with store.transaction() as t:
        finding = t.finding(reference)
        if finding is None:
            raise Unknown(f"there is no finding {reference}; `school-monitor findings` lists them")
        captures = tuple(t.captures_of(finding.id))
        alerts = tuple(t.alerts_of(finding.id))
    if not may_open(finding, alerts, viewer, rules=rules):
        raise NotYours(not_yours(viewer, reference))
    with store.transaction() as t:
        t.note_custody(finding.id, "viewed", by=viewer, reason=reason, now=now)
        looked = tuple(t.custody_of(finding.id))
    chain: list[Entry] = []
    for capture in captures:
        if capture.state is CaptureState.SEALED:
            custody.enter(
                store,
                archive,
                capture.exhibit_id,
                Event.VIEWED,
                by=viewer,
                phrase="the finding and its words",
                reason=reason,
                now=now,
            )
            chain += archive.history(capture.exhibit_id)
    return Opened(finding, captures, alerts, looked, tuple(chain))


def decide(
    store: Store, reference: str, decision: Decision, *, by: Office, rules: Rules, now: datetime
) -> str | None:
    """Note what a person decided; returns the reference of the case that `open_case` opened, or found open.

    Raises `Unknown` and `NotYours`.
    """
    with store.transaction() as t:
        finding = t.finding(reference)
        if finding is None:
            raise Unknown(f"there is no finding {reference}; `school-monitor findings` lists them")
        if not may_open(finding, t.alerts_of(finding.id), by, rules=rules):
            raise NotYours(not_yours(by, reference))
        if decision is Decision.OPEN_CASE:
            return opened_by_decision(t, finding, by=by, rules=rules, now=now)
        t.decide(finding.id, decision.value, by=by.value, now=now)
        t.note_custody(finding.id, "decided", by=by, reason=decision.value, now=now)
    return None


def _saved(captures: Sequence[CaptureRow]) -> str:
    if not captures:
        return "nothing saved"
    newest = captures[-1]
    return newest.outcome.value if newest.outcome else "waiting"
