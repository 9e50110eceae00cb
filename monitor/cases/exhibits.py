"""The sealed exhibits, as a person sees them: listed, opened with their history, handed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.cases import custody
from monitor.cases.access import NotYours, Rules, Unknown, may_open, may_see_case
from monitor.cases.custody import Event, Happening
from monitor.errors import ArchiveError, MonitorError
from monitor.evidence import Archive
from monitor.model import SELF_TEST, Office, Seal
from monitor.store import Store
from monitor.store.rows import CaptureRow, CaseRow, CaseState, ExhibitRow


class NothingToHandOver(MonitorError):
    """The exhibit's content was erased."""


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
    happened to it. `folder` is "" and `record` empty once its content was erased."""

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


def exhibits(store: Store, *, limit: int = 100) -> list[ExhibitRow]:
    """The newest exhibits, newest first."""
    with store.transaction() as t:
        return t.exhibits(limit)


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
    capture, finding, in_cases = _opened(store, exhibit_id, viewer=viewer, rules=rules)
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
        capture=capture,
        finding=finding,
        seal=seal,
        folder="" if erased else str(archive.folder(exhibit_id)),
        record={} if erased else archive.record(exhibit_id),
        labels=labels,
        cases=tuple(case.reference for case in in_cases),
        checkpoint=_bound(archive, seal.sequence),
        on_hold=any(case.state is CaseState.ON_HOLD for case in in_cases),
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


def _opened(
    store: Store, exhibit_id: str, *, viewer: Office, rules: Rules
) -> tuple[CaptureRow, str | None, tuple[CaseRow, ...]]:
    """The capture behind an exhibit, its finding and its cases, for an office that may open it."""
    with store.transaction() as t:
        capture = t.capture(exhibit_id)
        if capture is None:
            raise Unknown(
                f"there is no exhibit {exhibit_id} that the database knows; `school-monitor exhibits` lists"
                " those it does"
            )
        finding = t.finding_by_id(capture.finding_id) if capture.finding_id else None
        in_cases = tuple(t.cases_with_exhibit(exhibit_id))
        if finding is None:
            allowed = capture.trigger in (viewer.value, SELF_TEST) or any(
                may_see_case(t, case, viewer, rules=rules) for case in in_cases
            )
        else:
            allowed = may_open(finding, t.alerts_of(finding.id), viewer, rules=rules)
    if not allowed:
        raise NotYours(
            f"the {viewer.label} may not open {exhibit_id};"
            f" `school-monitor findings --by {viewer.value}` lists what this office may open"
        )
    return capture, finding.reference if finding else None, in_cases


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
