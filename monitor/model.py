"""The nouns (DESIGN.md, Nouns): frozen values and enums, nothing that needs a clock.

All times are aware and in UTC. Offsets into text count Unicode code points of the text as given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

# --- the School and its people -------------------------------------------------------------------


class Role(StrEnum):
    """Why a Person is on the Register."""

    STAFF = "staff"
    PUPIL = "pupil"
    GOVERNOR = "governor"
    VOLUNTEER = "volunteer"


class Office(StrEnum):
    """A post that decides who is told (domain study 3.1). A Person may hold several."""

    HEADTEACHER = "headteacher"
    DEPUTY_HEAD = "deputy_head"
    DSL = "dsl"
    DEPUTY_DSL = "deputy_dsl"
    CHAIR = "chair"
    VICE_CHAIR = "vice_chair"
    GOVERNANCE_PROFESSIONAL = "governance_professional"
    SAFEGUARDING_GOVERNOR = "safeguarding_governor"
    TRUST_CEO = "trust_ceo"
    DPO = "dpo"
    COMMS_LEAD = "comms_lead"
    WHISTLEBLOWING_CONTACT = "whistleblowing_contact"
    ON_CALL = "on_call"
    SYS_OPERATOR = "sys_operator"

    @property
    def label(self) -> str:
        """The office as people write it."""
        return _OFFICE_LABELS[self.value]


_OFFICE_LABELS = {
    "headteacher": "Headteacher",
    "deputy_head": "Deputy Headteacher",
    "dsl": "Designated Safeguarding Lead",
    "deputy_dsl": "Deputy Designated Safeguarding Lead",
    "chair": "Chair of Governors",
    "vice_chair": "Vice Chair of Governors",
    "governance_professional": "Clerk to the Governors",
    "safeguarding_governor": "Safeguarding Governor",
    "trust_ceo": "Chief Executive of the Trust",
    "dpo": "Data Protection Officer",
    "comms_lead": "Communications Lead",
    "whistleblowing_contact": "Whistleblowing Contact",
    "on_call": "Leader on call",
    "sys_operator": "Network Manager",
}


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the Register (people.csv).

    `flags` holds the offices the person fills (`headteacher`, `chair`, `dsl`, ...) and the marks
    `common` (never matched on a bare surname, R38) and `distinctive` (may be).
    """

    id: str
    role: Role
    title: str
    forename: str
    known_as: str
    surname: str
    aliases: tuple[str, ...] = ()
    job_title: str = ""
    year_group: str = ""
    flags: frozenset[str] = frozenset()

    @property
    def offices(self) -> frozenset[Office]:
        """The offices among the flags."""
        return frozenset(Office(flag) for flag in self.flags if flag in Office.__members__.values())


@dataclass(frozen=True, slots=True)
class SchoolTerms:
    """What may stand for the School in a text, and the only words that ever leave in a query (R12).

    `names` (full names), `handles` (without @), `domains` and `pages` stand alone. A `short` form
    ("LCS", "Littleover") counts only beside one of `context` words (locality or education cue) and
    never alone (R37). `not_us` words and `other_schools` subtract.
    """

    names: tuple[str, ...]
    handles: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    not_us: tuple[str, ...] = ()
    other_schools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """An official account, a row of the table in policy section 3. `closed` is "" while open."""

    key: str
    platform: str
    name: str
    url: str
    master_role: str
    approved_posters: tuple[str, ...]
    opened: str
    closed: str = ""


# --- what we poll and what comes back ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """One thing we poll.

    `search` holds School terms only, never a person's name (promise 1). `places` are subreddits or
    other rooms of the platform. `channel` names the official Channel this source reads; its items
    are kept even when they concern nobody, and it gives school context by itself, as does
    `school_context` for a room that is plainly about the School.
    `pause` is a reason why the source is not polled, shown as "not checked, because ...".
    """

    key: str
    platform: str
    base_url: str
    interval: timedelta
    search: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    auth_url: str = ""
    channel: str = ""
    school_context: bool = False
    enabled: bool = True
    pause: str = ""

    @property
    def official(self) -> bool:
        """Whether this source reads one of the School's own Channels."""
        return bool(self.channel)


class ItemState(StrEnum):
    """What the platform last said about an Item."""

    PRESENT = "present"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Item:
    """One public post, comment, review or article, known by platform and native id (R13).

    `author` is the handle as displayed, never resolved to a person (R30). `posted_at` is None when
    the platform gives no time. `text` is plain text; a title, if any, is its first line.
    """

    platform: str
    native_id: str
    url: str
    text: str
    author: str | None = None
    posted_at: datetime | None = None
    reply_to: str | None = None
    state: ItemState = ItemState.PRESENT


@dataclass(frozen=True, slots=True)
class Page:
    """What one poll brought: items, where to go on, whether more waits.

    `cursor` is opaque text for the same collector. `notes` say in words what could not be read
    ("2 entries had no address"); they never hold names, handles or text of items.
    """

    items: tuple[Item, ...]
    cursor: str
    more: bool = False
    notes: tuple[str, ...] = ()


class RunOutcome(StrEnum):
    """How one poll of one Source ended. Nothing new and not checked are different words."""

    FOUND = "found"
    NOTHING_NEW = "nothing_new"
    NOT_CHECKED = "not_checked"
    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    CREDENTIALS_REFUSED = "credentials_refused"
    GONE = "gone"
    UNEXPECTED = "unexpected"
    CRASHED = "crashed"

    @property
    def good(self) -> bool:
        """Whether the source was really read."""
        return self in (RunOutcome.FOUND, RunOutcome.NOTHING_NEW)


# --- what matching and triage say ----------------------------------------------------------------


class Band(StrEnum):
    """How sure, in the words people are shown (R42)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class SchoolMatch:
    """The text refers to the School: `text[start:end]` is `term` by `rule`. confidence is 0 to 1."""

    start: int
    end: int
    term: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """The text refers to somebody on the Register.

    `person_ids` holds everyone whom the words cannot tell apart, sorted. `score` (0 to 1) is the
    number behind `band`, `why` in plain words what keeps it from being surer (R42). Two spans overlap
    only where people share a surname that is said once ("Zadie and Amara Pellgrove").
    """

    start: int
    end: int
    person_ids: tuple[str, ...]
    role: Role
    rule: str
    band: Band
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfficeMention:
    """The text names an office, not a person: "the head", "Chair of Governors" (DOMAIN.md)."""

    start: int
    end: int
    office: Office
    rule: str


@dataclass(frozen=True, slots=True)
class Matches:
    """Everything matching found in one text. `context` is True when the School is meant, be it by
    the words (`school`) or by where they were posted."""

    school: tuple[SchoolMatch, ...] = ()
    people: tuple[PersonMatch, ...] = ()
    offices: tuple[OfficeMention, ...] = ()
    context: bool = False


class Urgency(StrEnum):
    """How soon somebody must know (domain study 3.3). U0 any hour ... U4 counted, U5 nothing."""

    U0 = "U0"
    U1 = "U1"
    U2 = "U2"
    U3 = "U3"
    U4 = "U4"
    U5 = "U5"


class CaptureMode(StrEnum):
    """How much of a page may be preserved (DOMAIN.md).

    `full`: the page with its pictures. `text`: pictures, video and fonts blocked at the network.
    `reference`: no page opened; the words kept with private details masked. `words`: no request of
    any kind; the words already received are kept. `none`: nothing.
    """

    NONE = "none"
    FULL = "full"
    TEXT = "text"
    REFERENCE = "reference"
    WORDS = "words"

    @property
    def protection(self) -> int:
        """Higher protects more; of several categories the most protective wins."""
        return list(CaptureMode).index(self)

    @property
    def opens_page(self) -> bool:
        """Whether a browser may contact the item's address at all."""
        return self in (CaptureMode.FULL, CaptureMode.TEXT)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a category applies: `text[start:end]` met `rule`. start == end when it is about the whole."""

    category: str
    rule: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a Finding is or may be about. `office` is set when the words name an office or the
    person holds one; `certain` is False for "may be"."""

    role: Role | None = None
    person_ids: tuple[str, ...] = ()
    offices: tuple[Office, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Assessment:
    """Triage's view of one Item: what it is, whom it is about, why, and how sure.

    `asks_person` is True when only a person can tell (low confidence in a class that prefers
    silence): no mail leaves, it waits in the list of findings at U3. `suppressed` is True when an
    S2 or A9 trigger fired: no request of any kind is made for the item again.
    """

    category: str
    also: tuple[str, ...]
    urgency: Urgency
    capture: CaptureMode
    band: Band
    reasons: tuple[Reason, ...]
    subjects: tuple[Subject, ...] = ()
    asks_person: bool = False
    suppressed: bool = False

    @property
    def identified(self) -> frozenset[str]:
        """The people whom this is plainly about. Who only may be meant is not linked to anybody until a
        person confirms it (R41)."""
        return frozenset(
            subject.person_ids[0]
            for subject in self.subjects
            if subject.certain and len(subject.person_ids) == 1
        )

    @property
    def categories(self) -> tuple[str, ...]:
        """The main category, then the others that also apply."""
        return (self.category, *self.also)


# --- policy as data (config/policy.toml) ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Category:
    """One row of the category table (domain study 3.4 with DOMAIN.md's overrides).

    `label` is the fixed plain wording for mail and screens. `tells` are the offices of the default
    route, before the routing matrix. `safeguarding` forces bare wording and the safeguarding route.
    `prefers` is "alarm" or "silence" (R46). `finding` is False for the P classes, which leave
    nothing behind. `counted` adds one to a weekly counter without content (P1, P3).
    """

    code: str
    slug: str
    label: str
    test: str
    tells: tuple[Office, ...]
    urgency: Urgency
    capture: CaptureMode
    retention: str
    policy_sections: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()
    safeguarding: bool = False
    restricted: bool = False
    prefers: str = "silence"
    finding: bool = True
    counted: bool = False
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the routing matrix (domain study 3.5): for a subject, who is told, who never.

    `subject` is an Office, a Role, `institution` or `unknown`. `told_safeguarding` replaces `told`
    when a safeguarding or restricted category applies; `notices` are told only that a safeguarding
    matter exists; `child_welfare` gets the child-welfare note without the adult.
    """

    subject: str
    told: tuple[Office, ...]
    told_safeguarding: tuple[Office, ...]
    notices: tuple[Office, ...] = ()
    child_welfare: tuple[Office, ...] = ()
    never: tuple[Office, ...] = ()
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """How long content and its stub stay (domain study 4I). `days` None: until a person decides."""

    key: str
    starts: str
    content_days: int | None
    stub_days: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Law:
    """An entry of the dated law register; shown beside a category as "may be relevant" (R5, R11)."""

    key: str
    title: str
    test: str
    as_of: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """An outside body that a person may call; never a recipient (R142). `detail` is "" until the
    school fills it in. Past `verify_by` (ISO date) somebody must check the entry."""

    key: str
    name: str
    detail: str
    verify_by: str
    hours: str = ""
    safeguarding: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """config/policy.toml: which rules this School has adopted, with versions and review dates."""

    version: str
    review_due: str
    categories: Mapping[str, Category]
    routes: Mapping[str, Route]
    chain: tuple[Office, ...]
    retention: Mapping[str, RetentionClass]
    laws: Mapping[str, Law]
    unsure_capture: CaptureMode = CaptureMode.TEXT
    emergency_text: str = ""
    case_manager_text: str = ""
    contacts: tuple[Contact, ...] = ()


# --- who is told ---------------------------------------------------------------------------------


class Told(StrEnum):
    """In what part somebody is told."""

    HANDLES = "handles"
    COPIED = "copied"
    NOTICE = "notice"
    CHILD_WELFARE = "child_welfare"


@dataclass(frozen=True, slots=True)
class Telling:
    """One office that is told, in which part."""

    office: Office
    part: Told


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One office that would have been told but is not, with the reason in plain words."""

    office: Office
    why: str


@dataclass(frozen=True, slots=True)
class Routing:
    """Who is told, and why not the others (R53). `unroutable`: nobody independent is left (R54)."""

    told: tuple[Telling, ...]
    left_out: tuple[LeftOut, ...] = ()
    prompts: tuple[str, ...] = ()
    unroutable: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """Who fills an Office: a role mailbox, never a person's name. `delegates` can open it too and
    count as recipients for subject exclusion (R59). `address` is "" until the school fills it in."""

    office: Office
    address: str = ""
    delegates: tuple[Office, ...] = ()


# --- capture -------------------------------------------------------------------------------------


class CaptureOutcome(StrEnum):
    """How a capture as a whole ended. Partial never looks complete (promise 3)."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class StepOutcome(StrEnum):
    """How one step of a capture ended."""

    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a capture: what it was, how it ended, in words why."""

    name: str
    outcome: StepOutcome
    started_at: datetime
    finished_at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """This machine's clock against another (R86): `offset_s` is how far ours was ahead, give or take
    `within_s`; `compared_with` says with what."""

    offset_s: float
    within_s: float
    compared_with: str


@dataclass(frozen=True, slots=True)
class FlaggedPart:
    """Where the words that matter stood, and whether they could be seen.

    `words` are those looked for and found, letter for letter but for case, spaces and signs; "" when
    none were. `box` is left, top, width, height on the page, `in_picture` the same in `picture`, both
    in CSS pixels. At `points` places of the box the browser was asked what lies on top: at `clear` of
    them nothing did; `covered_by` and `seen_through` name what did, opaque or not. `veiled_by` names
    what makes them hard to see otherwise, `cut_by` at whose edge they end. `contrast` is the span of
    brightness there, 0 to 255. `frames` are the addresses of the documents embedded in the page that the
    words stand in, from the outermost to theirs; none when they stand in the page itself.
    """

    words: str
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    in_picture: tuple[int, int, int, int] = (0, 0, 0, 0)
    points: int = 0
    clear: int = 0
    covered_by: tuple[str, ...] = ()
    seen_through: tuple[str, ...] = ()
    veiled_by: tuple[str, ...] = ()
    cut_by: tuple[str, ...] = ()
    contrast: int = 0
    picture: str = ""
    frames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DerivedPicture:
    """A picture that does not show the page as served: what it was derived from, and what was hidden."""

    picture: str
    derived_from: str
    hidden: tuple[str, ...]


SELF_TEST = "self-test"
"""The trigger of the daily capture of a page of our own. Rule: R85."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a capture of our own page brought, beside what it should have brought (R85). `wrong_pixels`
    says in words where the picture differs; `text_sha256` is "" when there were no words."""

    expected_text_sha256: str
    text_sha256: str
    pixels_compared: int
    wrong_pixels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What a server proved on the connection the page came over; its certificates lie in net/tls/."""

    origin: str
    protocol: str
    cipher: str
    key_exchange: str
    subject: str
    issuer: str
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the browser saw, facts only (R87). Empty values mean that it was never learnt.

    `verdict` is "page", "login_wall", "challenge", "consent_wall", "error_page", "not_found", "blank" or
    "unreachable". Sizes are CSS pixels; `height_limit` is where pictures stop. `scroll_stops` counts the
    places the page was scrolled to, `images` those that it showed within the limit, `images_loaded` those
    of them that were really there.
    """

    requested_url: str
    final_url: str = ""
    redirects: tuple[str, ...] = ()
    status: int | None = None
    verdict: str = "unreachable"
    title: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    server_address: str = ""
    browser: str = ""
    playwright: str = ""
    user_agent: str = ""
    viewport: tuple[int, int] = (0, 0)
    page_size: tuple[int, int] = (0, 0)
    picture_size: tuple[int, int] = (0, 0)
    truncated: bool = False
    pictures_blocked: bool = False
    blocked_requests: int = 0
    failed_resources: tuple[str, ...] = ()
    height_limit: int = 0
    scroll_stops: int = 0
    images: int = 0
    images_loaded: int = 0
    flagged: FlaggedPart | None = None
    derived: tuple[DerivedPicture, ...] = ()
    clock: ClockCheck | None = None
    login: str = "logged out"
    locale: str = ""
    timezone: str = ""
    operating_system: str = ""
    self_test: SelfTest | None = None
    tls: tuple[TlsFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a page and the answer to it, as the browser saw them.

    `body` is decoded: without the compression or the chunks it came in. `truncated` says why it is not
    whole: "length" (over a limit of ours), "time", "disconnect", "unspecified" (left out by rule), or ""
    when it is whole. `server_address` is empty when it is not known. Times are aware UTC.
    """

    url: str
    method: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes
    asked_at: datetime
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    answered_at: datetime
    server_address: str = ""
    truncated: str = ""


@dataclass(frozen=True, slots=True)
class CaptureReport:
    """What one attempt brought. Files lie in the folder that was given, under the names that
    DESIGN.md's exhibit layout uses; `missing` names in plain words what is not there."""

    outcome: CaptureOutcome
    steps: tuple[Step, ...]
    facts: PageFacts
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExhibitRecord:
    """The meaning that is sealed with the files: what, when, how. Facts only, no category (R87).

    `trigger` is "automatic", "self-test", or the office of the person who asked. `clock_offset_s` is None
    when the clock was not compared with anything; `time_unverified` says so too, and when the clocks
    disagree by more than five seconds (R86). The local times are those of the School, to the millisecond.
    """

    exhibit_id: str
    school: str
    mode: CaptureMode
    requested_at: datetime
    captured_at: datetime
    trigger: str
    report: CaptureReport
    item: Item | None = None
    collected_by: str = ""
    collected_at: datetime | None = None
    tool_version: str = ""
    clock_offset_s: float | None = None
    time_unverified: bool = True
    finished_at: datetime | None = None
    captured_at_local: str = ""
    finished_at_local: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """The chain entry that binds an exhibit's files, meaning and time to the entry before it."""

    sequence: int
    exhibit_id: str
    sealed_at: datetime
    root_digest: str
    previous: str
    digest: str
    folder: str


@dataclass(frozen=True, slots=True)
class UnverifiedTime:
    """What a time-stamping authority replied, as it came, and the nonce that it must hold (RFC 3161)."""

    reply: bytes
    nonce: int


class CaptureState(StrEnum):
    """Where a capture stands: still to be made, or sealed (however it ended)."""

    WANTED = "wanted"
    SEALED = "sealed"


# --- alerts --------------------------------------------------------------------------------------


class AlertKind(StrEnum):
    """What a mail is about. OPERATOR mail never carries content or a category."""

    FINDING = "finding"
    OPERATOR = "operator"


class AlertState(StrEnum):
    """Where a message stands. FAILED: trying again cannot help. WITHDRAWN: before it left, an edit made
    whoever it was for a subject of the matter."""

    OWED = "owed"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class SavedState(StrEnum):
    """What can be said about the saved copy when a mail leaves."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    PENDING = "pending"
    WORDS_ONLY = "words_only"
    NOT_SAVED = "not_saved"


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything a bare mail about a finding may say; nothing else reaches `alerts.compose` (R55).

    No text, no name, no handle, no address of a post. `why` is fixed wording without names.
    `others_told` are office labels in the order of `Routing.told`. `emergency` is the policy's own
    emergency text, "" for the shipped one. Times are aware UTC; the mail shows Europe/London.
    """

    reference: str
    school: str
    category_label: str
    urgency: Urgency
    part: Told
    recipient_label: str
    platform_label: str
    posted_at: datetime | None
    found_at: datetime
    saved: SavedState
    saved_at: datetime | None
    why: str
    band: Band
    others_told: tuple[str, ...]
    next_step: str
    safeguarding: bool
    practice: bool
    prompts: tuple[str, ...] = ()
    contacts: tuple[tuple[str, str], ...] = ()
    link: str = ""
    missing: tuple[str, ...] = ()
    emergency: str = ""


@dataclass(frozen=True, slots=True)
class OperatorNotice:
    """What the network manager must know, mostly a fault: no content, no category (promise 2)."""

    school: str
    headline: str
    facts: tuple[tuple[str, str], ...]
    next_step: str
    practice: bool
    opening: str = "Until this is put right, something may be missed."
    sent_to: str = "whoever runs the system"


@dataclass(frozen=True, slots=True)
class Message:
    """A composed mail: what people read. Headers that identify it come from the outbox row."""

    subject: str
    text: str
    html: str
    importance: str = "normal"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The frozen identity of a mail: the same on every attempt (product study 4.6).

    `date` is aware UTC. `thread` is the synthetic root that follow-ups refer to, "" for none.
    """

    message_id: str
    date: datetime
    sender: str
    recipient: str
    reply_to: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class RowFault:
    """One row of a file that could not be used; the rest was. `line` counts from 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Register:
    """The people of the School in memory, with a version that changes when they change."""

    people: tuple[Person, ...] = ()
    version: str = ""
    faults: tuple[RowFault, ...] = field(default=(), compare=False)
