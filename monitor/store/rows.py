"""What the store hands out: frozen values, never table rows, so that nobody outside knows a column."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.model import (
    AlertKind,
    AlertState,
    Assessment,
    CaptureMode,
    CaptureOutcome,
    CaptureState,
    Item,
    Matches,
    Message,
    Notice,
    Office,
    OperatorNotice,
    Routing,
    RunOutcome,
    Told,
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One poll as it ended. `detail` never holds names, handles or text of items."""

    source_key: str
    started_at: datetime
    finished_at: datetime
    outcome: RunOutcome
    detail: str
    items_seen: int
    items_kept: int


@dataclass(frozen=True, slots=True)
class KeptItem:
    """An item with a row. `version` counts from 1 and grows with each change that was seen."""

    id: int
    item: Item
    source_key: str
    official: bool
    text_digest: str
    fetched_at: datetime
    version: int
    rereads: int


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding with the newest view of it."""

    id: int
    reference: str
    found_at: datetime
    item: KeptItem
    assessment: Assessment
    matches: Matches
    routing: Routing
    decision: str | None


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """A capture that is wanted or was made. `finding` is None when a person asked for an address."""

    id: int
    exhibit_id: str
    finding_id: int | None
    version: int
    url: str
    mode: CaptureMode
    trigger: str
    requested_at: datetime
    attempts: int
    state: CaptureState
    outcome: CaptureOutcome | None
    detail: str
    missing: tuple[str, ...]
    sealed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SealedCapture:
    """A capture as its sealed record tells it, for an index that has lost it."""

    exhibit_id: str
    url: str
    mode: CaptureMode
    trigger: str
    requested_at: datetime
    outcome: CaptureOutcome
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertRow:
    """A message owed to somebody. `message` is None until it was frozen for the first attempt."""

    id: int
    key: str
    kind: AlertKind
    finding_id: int | None
    office: Office
    part: Told
    address: str
    message_id: str
    thread: str
    date: datetime
    state: AlertState
    attempts: int
    next_attempt_at: datetime
    facts: Notice | OperatorNotice
    message: Message | None
    receipt: str
    last_error: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert to be owed. `key` says it once: owing the same key again changes nothing."""

    key: str
    kind: AlertKind
    office: Office
    part: Told
    address: str
    message_id: str
    thread: str
    date: datetime
    not_before: datetime
    facts: Notice | OperatorNotice
    finding_id: int | None = None


@dataclass(frozen=True, slots=True)
class ExhibitRow:
    """The index entry of a sealed exhibit."""

    exhibit_id: str
    sequence: int
    root_digest: str
    sealed_at: datetime
    folder: str
    reference: str | None
    mode: CaptureMode | None
    outcome: CaptureOutcome | None


@dataclass(frozen=True, slots=True)
class CustodyRow:
    """Somebody looked at a finding, or decided about it."""

    at: datetime
    event: str
    by: Office
    reason: str


@dataclass(frozen=True, slots=True)
class CustodyWords:
    """The words to one custody entry of the chain: why, and for a hand-over to whom and how."""

    sequence: int
    exhibit_id: str
    at: datetime
    event: str
    by: Office
    reason: str
    recipient: str = ""
    how: str = ""


class CaseState(StrEnum):
    """How a case stands (R88). A case on hold is open, and nothing of it may be purged."""

    OPEN = "open"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case. `title` and `purpose` are what a person typed; `owner` is one office, never the subject."""

    id: int
    reference: str
    title: str
    purpose: str
    opened_at: datetime
    owner: Office
    state: CaseState
    held_since: datetime | None


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """What somebody did about a case, in that person's words."""

    at: datetime
    by: Office
    event: str
    words: str


class ExportState(StrEnum):
    """How the making of a pack ended; BEGUN for one that is being made, or was killed."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ExportRow:
    """A pack: for whom, by whom, why, where it was put, and the digest of the file."""

    at: datetime
    by: Office
    audience: str
    reason: str
    path: str
    state: ExportState
    sha256: str
    detail: str


@dataclass(frozen=True, slots=True)
class SealedRegister:
    """The Register as it lies in the database: encrypted, with counts for people to see."""

    version: str
    imported_at: datetime
    people: int
    pupils: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When the service started and last looked for work."""

    started_at: datetime
    ticked_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits, in numbers. `alerts_refused` are mails among `alerts` whose last attempt failed."""

    captures: int
    alerts: int
    alerts_refused: int
    alerts_failed: int
    captures_failed: int
    undecided: int
    oldest_alert_at: datetime | None
    oldest_capture_at: datetime | None
