"""The sealed exhibits, as a person sees them: listed, opened with their history, handed over, purged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.cases import custody
from monitor.cases.access import NotYours, Rules, Unknown, may_open, may_see_case
from monitor.cases.custody import Event, Happening
from monitor.errors import ArchiveError, MonitorError
from monitor.evidence import Archive
from monitor.model import SELF_TEST, Office, Seal
from monitor.store import Store
from monitor.store.rows import CaptureRow, CaseRow, CaseState, ExhibitRow, ExportState

ON_REQUEST = "R127"
"""The rule of an erasure that somebody asked for and a person decided; every other is a retention class."""


class NothingToHandOver(MonitorError):
    """The exhibit's content was erased."""


class NotPurged(MonitorError):
    """The exhibit may not be purged, or not like this; its content is untouched."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The first checkpoint that covers a seal; `times` are the authorities that gave it a time."""

    number: int
    at: datetime
    key: str
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """An exhibit opened by somebody who may: what was captured and what is missing, where it lies, what
    happened to it. `folder` is "" and `record` empty once its content was erased. `cases` and `on_hold` speak
    of the cases that the office may open, and of no other."""

    capture: CaptureRow
    finding: str | None
    seal: Seal
    folder: str
    record: Mapping[str, object]
    labels: tuple[str, ...]
    cases: tuple[str, ...]
    checkpoint: Bound | None
    on_hold: bool
    history: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge came to: the lines that it added to the history, and where it does not reach: the `packs`
    that were made with the exhibit in them, and the `finding` whose words stay in the database."""

    lines: tuple[Happening, ...]
    packs: tuple[str, ...]
    finding: str | None


def exhibits(store: Store, archive: Archive, *, limit: int = 100) -> list[ExhibitRow]:
    """The newest exhibits, newest first; `folder` is "" where the content was erased."""
    erased = archive.erasures()
    with store.transaction() as t:
        rows = t.exhibits(limit)
    return [replace(row, folder="") if row.exhibit_id in erased else row for row in rows]


def show_exhibit(
    store: Store,
    archive: Archive,
    exhibit_id: str,
    *,
    viewer: Office,
    reason: str,
    rules: Rules,
    now: datetime,
) -> Shown:
    """Open an exhibit's record and history; the look is in the chain before anything is returned.

    Raises `Unknown`, `NotYours` and `ArchiveError`.
    """
    opened = _opened(store, exhibit_id, viewer=viewer, rules=rules)
    seal = archive.find(exhibit_id)
    if seal is None:
        raise Unknown(_unsealed(exhibit_id))
    custody.enter(
        store,
        archive,
        exhibit_id,
        Event.VIEWED,
        by=viewer,
        phrase="its record and its history",
        reason=reason,
        now=now,
    )
    erased = _is_erased(archive, exhibit_id)
    with store.transaction() as t:
        labels = tuple(t.labels_of(exhibit_id))
    return Shown(
        capture=opened.capture,
        finding=opened.finding,
        seal=seal,
        folder="" if erased else str(archive.folder(exhibit_id)),
        record={} if erased else archive.record(exhibit_id),
        labels=labels,
        cases=tuple(case.reference for case in opened.seen),
        checkpoint=_bound(archive, seal.sequence),
        on_hold=any(case.state is CaseState.ON_HOLD for case in opened.seen),
        history=custody.history(store, archive, exhibit_id),
    )


def hand_over(
    store: Store,
    archive: Archive,
    exhibit_id: str,
    *,
    to: str,
    how: str,
    reason: str,
    by: Office,
    rules: Rules,
    now: datetime,
) -> Happening:
    """Write down that an exhibit is handed to somebody, before it is; returns the line of its history.

    The chain says which office and when; to whom, how and why stay in the database. Raises `Unknown`,
    `NotYours`, `NothingToHandOver` and `ArchiveError`.
    """
    if not to.strip() or not how.strip():
        raise NothingToHandOver("say to whom (--to) and how (--how), such as a sealed memory stick")
    _opened(store, exhibit_id, viewer=by, rules=rules)
    if archive.find(exhibit_id) is None:
        raise Unknown(_unsealed(exhibit_id))
    if _is_erased(archive, exhibit_id):
        raise NothingToHandOver(
            f"the content of {exhibit_id} was erased; its tombstone and history can be shown, nothing handed"
            f" over: school-monitor exhibits show {exhibit_id} --by {by.value}"
        )
    entry = custody.enter(
        store,
        archive,
        exhibit_id,
        Event.HANDED_OVER,
        by=by,
        phrase="",
        reason=reason.strip(),
        recipient=to.strip(),
        how=how.strip(),
        now=now,
    )
    (line,) = (
        each for each in custody.history(store, archive, exhibit_id) if each.sequence == entry.sequence
    )
    return line


def purge(
    store: Store,
    archive: Archive,
    exhibit_id: str,
    *,
    rule: str,
    reason: str,
    by: Office,
    rules: Rules,
    now: datetime,
) -> Purged:
    """Erase the content of an exhibit for good; who ordered it and under which rule is in the chain before.

    A tombstone stays. After an interrupted purge, calling again ends it. Whether the time of a retention
    class is over is for whoever orders it to know (R124). Raises `Unknown`, `NotYours`, `ArchiveError`, and
    `NotPurged`: without a reason, under no rule of the policy, for a self-test (R85), for what an open case
    needs or a legal hold keeps (R125), and for what is erased already.
    """
    known = (*rules.policy.retention, ON_REQUEST)
    if not reason.strip():
        raise NotPurged("say why it is purged: --reason; it stands in the custody log")
    if rule not in known:
        raise NotPurged(
            f"{rule!r} is no rule under which anything is erased here; give --rule one of {', '.join(known)}"
            f" ({ON_REQUEST}: somebody asked for it, and it was decided)"
        )
    opened = _opened(store, exhibit_id, viewer=by, rules=rules)
    if archive.find(exhibit_id) is None:
        raise Unknown(_unsealed(exhibit_id))
    if opened.capture.trigger == SELF_TEST:
        raise NotPurged(
            f"{exhibit_id} is a self-test: it shows for every exhibit of its day that captures worked, and"
            " stays as long as they do"
        )
    _refuse_needed(opened, exhibit_id, by=by)
    done = archive.history(exhibit_id)
    if any(entry.event == "erased" for entry in done):
        raise NotPurged(
            f"the content of {exhibit_id} was erased before; school-monitor exhibits show {exhibit_id}"
            f" --by {by.value} says when and under which rule"
        )
    if not any(entry.event == "erasing" for entry in done):
        custody.enter(
            store,
            archive,
            exhibit_id,
            Event.PURGE_ORDERED,
            by=by,
            phrase="",
            reason=reason.strip(),
            now=now,
        )
    archive.erase(exhibit_id, rule=rule, now=now)
    return Purged(
        lines=custody.history(store, archive, exhibit_id)[len(done) :],
        packs=_packs_with(store, archive, opened, exhibit_id),
        finding=opened.finding,
    )


def _refuse_needed(opened: _Opened, exhibit_id: str, *, by: Office) -> None:
    """Every case that holds the exhibit counts; one that the office may not open is not spoken of."""
    for case in opened.seen:
        if case.state is CaseState.ON_HOLD:
            raise NotPurged(
                f"{case.reference} is on legal hold, so nothing of it may be purged; when whoever asked for"
                f" the hold no longer needs it: school-monitor cases hold {case.reference} --lift"
            )
        if case.state is not CaseState.CLOSED:
            raise NotPurged(
                f"{case.reference} is open and holds {exhibit_id}; close it first: school-monitor cases close"
                f" {case.reference}"
            )
    if any(case.state is not CaseState.CLOSED for case in opened.cases):
        raise NotPurged(
            f"{exhibit_id} may not be purged now, for a reason that the {by.label} may not open; ask the"
            " Data Protection Officer"
        )


def _packs_with(store: Store, archive: Archive, opened: _Opened, exhibit_id: str) -> tuple[str, ...]:
    """Where the packs were written that this office may know of and that were made with the exhibit."""
    exported = {entry.at for entry in archive.history(exhibit_id) if entry.event == Event.EXPORTED.value}
    with store.transaction() as t:
        rows = [row for case in opened.seen for row in t.exports_of(case.id)]
    return tuple(row.path for row in rows if row.state is ExportState.DONE and row.at in exported)


@dataclass(frozen=True, slots=True)
class _Opened:
    """The capture behind an exhibit, its finding, the cases that hold it, and those of them that the office
    may open."""

    capture: CaptureRow
    finding: str | None
    cases: tuple[CaseRow, ...]
    seen: tuple[CaseRow, ...]


def _opened(store: Store, exhibit_id: str, *, viewer: Office, rules: Rules) -> _Opened:
    """An exhibit, for an office that may open it."""
    with store.transaction() as t:
        capture = t.capture(exhibit_id)
        if capture is None:
            raise Unknown(
                f"there is no exhibit {exhibit_id} that the database knows; `school-monitor exhibits` lists"
                " those it does"
            )
        finding = t.finding_by_id(capture.finding_id) if capture.finding_id else None
        in_cases = tuple(t.cases_with_exhibit(exhibit_id))
        seen = tuple(case for case in in_cases if may_see_case(t, case, viewer, rules=rules))
        if finding is None:
            allowed = capture.trigger in (viewer.value, SELF_TEST) or bool(seen)
        else:
            allowed = may_open(finding, t.alerts_of(finding.id), viewer, rules=rules)
    if not allowed:
        raise NotYours(
            f"the {viewer.label} may not open {exhibit_id};"
            f" `school-monitor findings --by {viewer.value}` lists what this office may open"
        )
    return _Opened(capture, finding.reference if finding else None, in_cases, seen)


def _bound(archive: Archive, sequence: int) -> Bound | None:
    for made in archive.checkpoints():
        if made.size >= sequence:
            times = tuple(authority for number, authority in archive.timestamped() if number == made.number)
            return Bound(made.number, made.at, made.key, times)
    return None


def _is_erased(archive: Archive, exhibit_id: str) -> bool:
    try:
        archive.folder(exhibit_id)
    except ArchiveError:
        if any(entry.event in ("erasing", "erased") for entry in archive.history(exhibit_id)):
            return True
        raise
    return False


def _unsealed(exhibit_id: str) -> str:
    return (
        f"{exhibit_id} is not sealed yet; the service makes it, and `school-monitor exhibits` lists it then"
    )
