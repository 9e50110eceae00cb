"""What a person starts: the register, looking at findings, deciding, asking for a capture.

Every look at content is written into the chain as a custody event, and whoever is, or may be, the
subject of a finding cannot open it (promise 6, R53, R116). Lists carry no content.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from monitor.decisions import addresses
from monitor.decisions.routing import barred
from monitor.errors import MonitorError, OutboundRefused, RegisterError
from monitor.evidence import Archive, Entry
from monitor.model import CaptureMode, CaptureState, Office, Policy, Register, Role, Told
from monitor.store import Store
from monitor.store.register import seal_register
from monitor.store.rows import AlertRow, CaptureRow, CustodyRow, ExhibitRow, FindingRow, SealedRegister


class Decision(StrEnum):
    """The four things a person can decide about a finding (product study 5.1)."""

    OPEN_CASE = "open_case"
    KEEP_EYE = "keep_an_eye"
    FAIR_COMMENT = "fair_comment"
    NOT_US = "not_our_school"


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides who may open what: the policy, and who can open whose mailbox (R59)."""

    policy: Policy
    delegates: Mapping[Office, Collection[Office]]


class NotYours(MonitorError):
    """This office may not open this finding."""


class Unknown(MonitorError):
    """There is no finding with this reference."""


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


def import_people(
    store: Store, register: Register, key: bytes, *, may_import_pupils: bool, now: datetime
) -> SealedRegister:
    """Replace the Register, encrypted at rest. Raises `RegisterError` when there is nobody in it, or
    when it holds pupils before the governance record allows that (DOMAIN.md, R1 row)."""
    if not register.people:
        raise RegisterError("no row of the file could be used; the register stays as it was")
    if not may_import_pupils and any(person.role is Role.PUPIL for person in register.people):
        raise RegisterError(
            "pupils may be imported only once the governance record in monitor.toml is filled in"
            " ([governance]: DPIA date and approver, privacy notice); leave them out, or fill it in"
        )
    sealed = seal_register(register, key, now)
    with store.transaction() as t:
        t.save_register(sealed)
    return sealed


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
        raise NotYours(_not_yours(viewer, reference))
    with store.transaction() as t:
        t.note_custody(finding.id, "viewed", by=viewer, reason=reason, now=now)
        custody = tuple(t.custody_of(finding.id))
    chain: list[Entry] = []
    for capture in captures:
        if capture.state is CaptureState.SEALED:
            # Without the reason: a person's own words may name somebody, and the chain is never erased.
            archive.note(capture.exhibit_id, "viewed", viewer.value, now=now)
            chain += archive.history(capture.exhibit_id)
    return Opened(finding, captures, alerts, custody, tuple(chain))


def may_open(finding: FindingRow, alerts: Sequence[AlertRow], viewer: Office, *, rules: Rules) -> bool:
    """Whether an office may see the content: it handles, was copied, or was told in somebody's stead; a
    finding that only a person can judge waits for whoever would handle its class. Never an office that
    is, may be, or stands too close to the subject, in any version of the words. Pure."""
    if viewer in barred(finding.assessment, rules.policy, delegates=rules.delegates):
        return False
    opens = (Told.HANDLES, Told.COPIED)
    told = {telling.office for telling in finding.routing.told if telling.part in opens}
    told |= {alert.office for alert in alerts if alert.part in opens}
    if finding.assessment.asks_person:
        told |= {Office.HEADTEACHER, Office.DSL}
    return viewer in told


def decide(
    store: Store, reference: str, decision: Decision, *, by: Office, rules: Rules, now: datetime
) -> None:
    """Note what a person decided. Raises `Unknown` and `NotYours`."""
    with store.transaction() as t:
        finding = t.finding(reference)
        if finding is None:
            raise Unknown(f"there is no finding {reference}; `school-monitor findings` lists them")
        if not may_open(finding, t.alerts_of(finding.id), by, rules=rules):
            raise NotYours(_not_yours(by, reference))
        t.decide(finding.id, decision.value, by=by.value, now=now)
        t.note_custody(finding.id, "decided", by=by, reason=decision.value, now=now)


def _not_yours(office: Office, reference: str) -> str:
    return (
        f"the {office.label} may not open or decide {reference};"
        f" `school-monitor findings --by {office.value}` lists what this office may open"
    )


def ask_capture(
    store: Store, url: str, *, mode: CaptureMode, by: Office, exhibit_id: str, now: datetime
) -> None:
    """Ask for a capture of one address. Raises `OutboundRefused` for a page about a person, a closed
    system, or anything that is not a web address (R22, R24)."""
    why = addresses.refusal(url)
    if why:
        raise OutboundRefused(f"this address is not opened: {why}")
    with store.transaction() as t:
        if any(addresses.touches(url, item) for item in t.untouchable()):
            raise OutboundRefused(
                "this address is not opened: what is known of it forbids any request, and nobody can"
                " override that here; speak to the Designated Safeguarding Lead"
            )
        t.want_capture(exhibit_id, url, mode, trigger=by.value, now=now)


def capture_state(store: Store, exhibit_id: str) -> CaptureRow | None:
    """How a capture stands."""
    with store.transaction() as t:
        return t.capture(exhibit_id)


def exhibits(store: Store, *, limit: int = 100) -> list[ExhibitRow]:
    """The newest exhibits, newest first."""
    with store.transaction() as t:
        return t.exhibits(limit)


def _saved(captures: Sequence[CaptureRow]) -> str:
    if not captures:
        return "nothing saved"
    newest = captures[-1]
    return newest.outcome.value if newest.outcome else "waiting"
