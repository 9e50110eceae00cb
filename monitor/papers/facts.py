"""What papers are made from: frozen facts, gathered by `monitor.cases` from the rows and the archive.

Nothing here needs a clock, a store or a file. All times are aware and in UTC; papers show London time
beside them. Text that people outside wrote (words, authors, titles, addresses) is given as it was
collected: the papers make it harmless, not whoever fills this in. Empty text and None mean "not known",
and the papers say so. No category and no opinion stands here (R87): `Matter` says only what protects
the people concerned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from monitor.model import CaptureMode, CaptureOutcome, Office, StepOutcome


class Audience(StrEnum):
    """Whom a pack is for. `audiences.toml` says what each may hold."""

    SCHOOL = "school"
    GOVERNORS = "governors"
    HR = "hr"
    SOLICITOR = "solicitor"
    POLICE = "police"
    PLATFORM = "platform"
    COMPLAINT = "complaint"


class Matter(StrEnum):
    """What protects an exhibit, the most protective of its finding's categories.

    `suppressed`: a class of capture mode `words` (S2, A9, S5; policy.toml): never a picture, and the
    words only for an office of its own route. `allegation`: A5 (R98). `pupil`: every other class that
    is `safeguarding`, and K2 and S7. `ordinary`: the rest.
    """

    ORDINARY = "ordinary"
    PUPIL = "pupil"
    ALLEGATION = "allegation"
    SUPPRESSED = "suppressed"


class Origin(StrEnum):
    """Whether this system captured an exhibit or somebody handed it in (R19, R104)."""

    CAPTURED = "captured"
    SUPPLIED = "supplied"


# --- one exhibit ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step of the capture as data/record.json has it; `name` and `detail` are shown as they are."""

    name: str
    outcome: StepOutcome
    finished_at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One sealed file: its path in the exhibit, the digest (hex) of its manifest, its size."""

    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Cover:
    """A rectangle of a picture to be blacked out, in pixels of that picture.

    `words` are the words below it, which must be found nowhere afterwards; `why` goes into the
    redaction list and must not repeat them.
    """

    left: int
    top: int
    width: int
    height: int
    why: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """One sealed picture to be looked at: where it lies, its bytes (PNG), what it shows.

    `covers` are black boxes that a person asked for, for readers who get redacted copies only.
    `checked_by` is the office that looked at this picture (with its covers) and said that it shows no
    pupil and nobody whom it should not; without it such readers do not get the picture at all.
    """

    path: str
    content: bytes
    caption: str
    covers: tuple[Cover, ...] = ()
    checked_by: Office | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """Where the words name somebody: `words[start:end]`, in code points.

    `concerned` is True for the people whom the case is about; everybody else is masked for readers who
    get redacted copies only. `what` stands in the mask and the redaction list ("a pupil", "another
    member of staff", "a handle") and never says who.
    """

    start: int
    end: int
    what: str
    concerned: bool = False


@dataclass(frozen=True, slots=True)
class SealFacts:
    """The chain entry of the exhibit. `root` is the SHA-256 of its tag manifest, `digest` the entry's."""

    sequence: int
    sealed_at: datetime
    root: str
    digest: str


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """An RFC 3161 token on a checkpoint: whose, the time it states, the digest (hex) of the token."""

    authority: str
    stated_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """The first checkpoint that covers the seal. `key` names the public key of its signature."""

    number: int
    at: datetime
    size: int
    head: str
    key: str
    tokens: tuple[TokenFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class CustodyFacts:
    """One thing that happened to the exhibit, in words ("seen by the Headteacher"), without names.

    `sequence` is its entry in the chain, None when it is kept in the register of the case only.
    """

    at: datetime
    words: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class ExhibitFacts:
    """One exhibit of the case.

    `reference` is the machine's (the folder's name), `finding` that of its finding (`M-2026-0042`).
    `label` is typed by the producing person (`AB/1`), never made up (R80); "" while there is none.
    `author`, `posted_at_shown` and `audience_shown` ("34 comments, 12 shares") are as displayed;
    `posted_at` is the platform's own machine-readable time. `handled_by` are the offices that handle
    the finding: the only ones through whom the words of a suppressed matter may leave. `frames` are the
    addresses of the documents embedded in the page that the words stand in, from the outermost.
    `outcome` and `mode` are the capture's. `mentions` point into `words`.
    """

    reference: str
    finding: str
    matter: Matter
    mode: CaptureMode
    outcome: CaptureOutcome
    requested_url: str
    captured_at: datetime
    platform: str
    words: str
    handled_by: tuple[Office, ...]
    seal: SealFacts
    origin: Origin = Origin.CAPTURED
    supplied_by: str = ""
    label: str = ""
    final_url: str = ""
    frames: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()
    post_id: str = ""
    title: str = ""
    author: str = ""
    posted_at: datetime | None = None
    posted_at_shown: str = ""
    audience_shown: str = ""
    collected_at: datetime | None = None
    requested_by: str = "automatic"
    steps: tuple[StepFacts, ...] = ()
    missing: tuple[str, ...] = ()
    http_status: int | None = None
    server_address: str = ""
    clock_offset_s: float | None = None
    tool: str = ""
    browser: str = ""
    user_agent: str = ""
    pictures_blocked: bool = False
    truncated: bool = False
    files: tuple[FileFacts, ...] = ()
    pictures: tuple[PictureFacts, ...] = ()
    mentions: tuple[Mention, ...] = ()
    checkpoint: CheckpointFacts | None = None
    custody: tuple[CustodyFacts, ...] = ()


# --- the case ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionFacts:
    """A decision or an action of a person: when, which office, what in the words that were typed.

    `external` is True for steps towards somebody outside (a report to the platform, a letter).
    """

    at: datetime
    by: Office
    what: str
    external: bool = False


@dataclass(frozen=True, slots=True)
class NotCaptured:
    """A finding of the case, or a part of one, of which nothing was saved, and why in plain words."""

    finding: str
    platform: str
    found_at: datetime
    why: str
    url: str = ""
    matter: Matter = Matter.ORDINARY


@dataclass(frozen=True, slots=True)
class LinkedIncident:
    """Another finding with the same displayed handle about the same person within a year (R48, R97)."""

    finding: str
    found_at: datetime
    platform: str
    exhibit: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the School's policy that may be engaged: typed by a person, or of the policy data."""

    section: str
    words: str


@dataclass(frozen=True, slots=True)
class LawNote:
    """An entry of the dated law register; shown as "may be relevant", never as more (R5, R11)."""

    title: str
    test: str
    as_of: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class EarliestKnown:
    """The earliest date of publication that is known (R96), and from what."""

    on: date
    basis: str


@dataclass(frozen=True, slots=True)
class PlatformReport:
    """What a person typed for a report to the platform (R109)."""

    rule: str
    reason: str
    impersonated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComplaintFacts:
    """Where a complaint stands: typed by a person (R111). `dates` are (what, when)."""

    procedure_url: str = ""
    stage: str = ""
    dates: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case as one office exports it, now.

    `title` and `purpose` are what a person typed. `owner` is never the subject (R94). `exported_by` is
    the office on whose behalf the papers are made; `export_reason` what it typed. `contact` is whom an
    outsider asks about disclosure ("Office of the Headteacher, telephone 01332 ..."). `hold_since` is
    when the legal hold began, None for no hold; `erased` names in words exhibits whose content was
    erased, with the rule. `correspondence` names letters and mails that a person lists.
    """

    reference: str
    school: str
    title: str
    opened_at: datetime
    owner: Office
    purpose: str
    exported_by: Office
    export_reason: str
    exhibits: tuple[ExhibitFacts, ...]
    actions: tuple[ActionFacts, ...] = ()
    not_captured: tuple[NotCaptured, ...] = ()
    linked: tuple[LinkedIncident, ...] = ()
    clauses: tuple[Clause, ...] = ()
    laws: tuple[LawNote, ...] = ()
    earliest: EarliestKnown | None = None
    contact: str = ""
    hold_since: datetime | None = None
    erased: tuple[str, ...] = ()
    correspondence: tuple[str, ...] = ()
    platform_report: PlatformReport | None = None
    complaint: ComplaintFacts | None = None
    custody: tuple[CustodyFacts, ...] = ()
