"""TOML and environment into frozen settings; the only reader of the environment.

`load` reads a config folder (monitor.toml and policy.toml) and a given environment; nothing here
looks at the clock or the network. Secrets come from variables, or from the file that a variable with
`_FILE` names; they are never shown. Rooms: document (TOML with lines), policy, school, template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

from monitor.errors import ConfigError, ConfigProblem
from monitor.model import Channel, Holder, Office, Policy, SchoolTerms, Source
from monitor.settings.document import read, shape
from monitor.settings.policy import load_policy, shipped_policy
from monitor.settings.school import (
    COLLECTED,
    LISTED,
    NEEDED_SECRETS,
    NEEDED_TO_GO_LIVE,
    SECRET_NAMES,
    SchoolFile,
    school_faults,
    terms_of,
)
from monitor.settings.template import Answers, render

__all__ = [
    "PLATFORM_LABELS",
    "Answers",
    "Authority",
    "Capture",
    "Evidence",
    "Governance",
    "Mail",
    "Outbound",
    "Schedule",
    "Settings",
    "Storage",
    "load",
    "load_policy",
    "render",
    "shipped_policy",
]

PLATFORM_LABELS: Mapping[str, str] = MappingProxyType({**COLLECTED, **LISTED})
"""What each platform is called in front of people."""

PREFIX = "SCHOOL_MONITOR_"


@dataclass(frozen=True, slots=True)
class Schedule:
    """`tick_s`: how often the service looks at what is due. `hold_for_capture_s`: how long a mail
    waits for its saved copy at most. `lease_s`: when work that stopped halfway is taken up again."""

    tick_s: int
    hold_for_capture_s: int
    lease_s: int


@dataclass(frozen=True, slots=True)
class Mail:
    """How mail leaves.

    `transport` is "practice" (a local folder) or "smtp"; `security` is "starttls" or "tls", never plain
    (R123); `ca_file` "" trusts the system's authorities.
    """

    transport: str
    sender: str
    reply_to: str
    host: str
    port: int
    security: str
    username: str
    ca_file: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Capture:
    """`browser` is a path, "" to look for one. `recycle_after` captures a fresh browser is started. `slots`
    pages are saved at once, each in a browser of its own."""

    browser: str
    page_s: int
    total_s: int
    max_height_px: int
    recycle_after: int
    slots: int


@dataclass(frozen=True, slots=True)
class Outbound:
    """Who we say we are, and what one request may cost."""

    contact: str
    connect_s: int
    read_s: int
    total_s: int
    max_bytes: int
    max_redirects: int
    allow_private: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority (RFC 3161). `certificate` is the file with its root; `revocation_list` a
    file, an address or empty; `every` how long it is left in peace between two questions."""

    name: str
    url: str
    certificate: Path
    revocation_list: str
    every: timedelta


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who vouches for the archive: the authorities, and who is mailed the chain's head each day (R75),
    offices and addresses."""

    authorities: tuple[Authority, ...]
    head_mail_offices: tuple[Office, ...]
    head_mail_addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Governance:
    """The record that the School may run this at all (R1); dates are None until filled in."""

    dpia_reference: str
    dpia_date: date | None
    dpia_approver: str
    dpia_review_due: date | None
    privacy_notice_url: str
    staff_consulted: date | None
    policy_document: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Where things lie. `database_url` may hold a password and is never shown."""

    data: Path
    archive: Path
    database_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the program is told from outside, checked and frozen.

    `practice_reasons` says in plain words what is missing before the School can go live; empty means
    live. `secret_files` are the files that hold secrets; doctor looks at who may read them.
    """

    config_dir: Path
    school_name: str
    timezone: str
    terms: SchoolTerms
    channels: tuple[Channel, ...]
    holders: Mapping[Office, Holder]
    sources: tuple[Source, ...]
    schedule: Schedule
    mail: Mail
    capture: Capture
    outbound: Outbound
    governance: Governance
    evidence: Evidence
    storage: Storage
    policy: Policy
    practice_reasons: tuple[str, ...]
    may_import_pupils: bool
    secret_files: tuple[Path, ...] = ()
    source_secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def missing_secrets(self, source: Source) -> tuple[str, ...]:
        """The variables that a source cannot do without and that are not set."""
        return tuple(
            f"{PREFIX}{source.platform.upper()}_{name.upper()}"
            for name in NEEDED_SECRETS.get(source.platform, ())
            if name not in self.secrets(source.key)
        )

    def secrets(self, source_key: str) -> Mapping[str, str]:
        """The credentials of one source: `client_id`, `client_secret`, `token`, whichever are set."""
        return self.source_secrets.get(source_key, MappingProxyType({}))

    @property
    def practice(self) -> bool:
        """Whether mail goes to the local mailbox only."""
        return bool(self.practice_reasons)


def load(config_dir: Path, environ: Mapping[str, str]) -> Settings:
    """Read and check a config folder. Raises ConfigError with every fault of both files and the
    environment at once.

    Relative paths in monitor.toml count from the folder that holds `config_dir`. Variables:
    SCHOOL_MONITOR_DATA, _ARCHIVE, _DATABASE_URL, _BROWSER, _MAIL_PASSWORD, and _CLIENT_ID,
    _CLIENT_SECRET, _TOKEN behind the name of a platform or the key of a source; each also with _FILE.
    """
    config_dir = config_dir.absolute()
    problems: list[ConfigProblem] = []
    policy: Policy | None = None
    tables: SchoolFile | None = None
    try:
        policy = load_policy(config_dir / "policy.toml")
    except ConfigError as error:
        problems += error.problems
    try:
        document = read(config_dir / "monitor.toml")
    except ConfigError as error:
        raise ConfigError((*error.problems, *problems)) from error
    tables, faults = shape(document, SchoolFile)
    variables = _Variables(environ)
    if tables is not None:
        faults += school_faults(document, tables)
        password = variables.text("MAIL_PASSWORD")
        if tables.mail.username and not password and not variables.faults:
            hint = f"put it into a file and name that file in {PREFIX}MAIL_PASSWORD_FILE"
            faults.append(
                document.problem(("mail", "username"), "the password of this account is missing", hint)
            )
    problems = [*sorted(faults, key=lambda problem: problem.line or 0), *problems]
    for name in ("DATA", "ARCHIVE", "DATABASE_URL", "BROWSER"):
        variables.text(name)  # so that its faults are listed with the others
    if tables is None or policy is None or problems:
        raise ConfigError((*problems, *variables.faults))
    settings = _settings(config_dir, tables, policy, variables)
    if variables.faults:
        raise ConfigError(tuple(variables.faults))
    return settings


class _Variables:
    """The environment, read once per name; what was wrong with it is in `faults`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[ConfigProblem] = []
        self.files: list[Path] = []

    def text(self, name: str) -> str:
        """The value of a variable, or the first line of the file it names; "" when neither is set."""
        plain, file_name = PREFIX + name, f"{PREFIX}{name}_FILE"
        value, path = self._environ.get(plain, ""), self._environ.get(file_name, "")
        if value and path:
            self._fault(plain, f"{file_name} is set as well", "keep one of the two")
        if not path:
            return value
        try:
            text = Path(path).read_text("utf-8").strip()
        except (OSError, ValueError):
            self._fault(
                file_name, "the file that it names cannot be read", "correct the path or who may read it"
            )
            return ""
        if not text:
            self._fault(file_name, "the file that it names is empty", "write the secret into it")
        if Path(path) not in self.files:
            self.files.append(Path(path))
        return text

    def _fault(self, name: str, message: str, hint: str) -> None:
        problem = ConfigProblem("environment", None, name, message, hint)
        if problem not in self.faults:
            self.faults.append(problem)


def _settings(config_dir: Path, tables: SchoolFile, policy: Policy, variables: _Variables) -> Settings:
    holders = _holders(tables)
    missing_record = [*_missing_governance(tables), *_missing_holders(holders)]
    missing_mail = _missing_mail(tables)
    sources = tuple(_source(key, tables) for key in tables.sources)
    mail, outbound, governance = tables.mail, tables.outbound, tables.governance
    return Settings(
        config_dir=config_dir,
        school_name=tables.school.name,
        timezone=tables.school.timezone,
        terms=terms_of(tables.terms),
        channels=tuple(
            Channel(
                key=key,
                platform=row.platform,
                name=row.name,
                url=row.url,
                master_role=row.master_role,
                approved_posters=tuple(row.approved_posters),
                opened=row.opened,
                closed=row.closed,
            )
            for key, row in tables.channels.items()
        ),
        holders=holders,
        sources=sources,
        schedule=Schedule(**tables.schedule.model_dump()),
        mail=Mail(**mail.model_dump(), password=variables.text("MAIL_PASSWORD")),
        capture=Capture(
            **{**tables.capture.model_dump(), "browser": variables.text("BROWSER") or tables.capture.browser}
        ),
        outbound=Outbound(
            **{**outbound.model_dump(), "allow_private": tuple(outbound.allow_private)},
        ),
        governance=Governance(**governance.model_dump()),
        evidence=_evidence(config_dir, tables),
        storage=_storage(config_dir, tables, variables),
        policy=policy,
        practice_reasons=tuple([*missing_mail, *missing_record]),
        may_import_pupils=not missing_record,
        source_secrets=MappingProxyType(
            {source.key: _source_secrets(source, variables) for source in sources}
        ),
        secret_files=tuple(variables.files),
    )


def _evidence(config_dir: Path, tables: SchoolFile) -> Evidence:
    beside, wanted = config_dir.parent, tables.evidence.head_mail

    def place(named: str) -> str:
        return named if not named or "://" in named else str(beside / named)

    return Evidence(
        authorities=tuple(
            Authority(
                name=name,
                url=row.url,
                certificate=beside / row.certificate,
                revocation_list=place(row.revocation_list),
                every=timedelta(minutes=row.every_minutes),
            )
            for name, row in tables.timestamps.items()
        ),
        head_mail_offices=tuple(Office(who) for who in wanted if "@" not in who),
        head_mail_addresses=tuple(who for who in wanted if "@" in who),
    )


def _storage(config_dir: Path, tables: SchoolFile, variables: _Variables) -> Storage:
    beside = config_dir.parent
    data = beside / (variables.text("DATA") or tables.storage.data)
    archive = beside / (variables.text("ARCHIVE") or tables.storage.archive)
    database_url = variables.text("DATABASE_URL") or tables.storage.database_url
    return Storage(data, archive, database_url or f"sqlite:///{data / 'monitor.db'}")


def _holders(tables: SchoolFile) -> Mapping[Office, Holder]:
    """Who fills what. Offices that share a mailbox open each other's mail, so each counts as a
    delegate of the other when the subject of a matter is taken out (3.1, R59)."""
    rows = {Office(key): row for key, row in tables.holders.items() if key in Office.__members__.values()}

    def opened_by(office: Office) -> tuple[Office, ...]:
        address = rows[office].address.casefold()
        sharing = [other for other, row in rows.items() if address and row.address.casefold() == address]
        return tuple(
            dict.fromkeys(other for other in (*rows[office].delegates, *sharing) if other is not office)
        )

    return MappingProxyType(
        {office: Holder(office, row.address, opened_by(office)) for office, row in rows.items()}
    )


def _source(key: str, tables: SchoolFile) -> Source:
    row = tables.sources[key]
    return Source(
        key=key,
        platform=row.platform,
        base_url=row.base_url,
        interval=timedelta(minutes=row.interval_minutes),
        search=tuple(row.search),
        places=tuple(row.places),
        auth_url=row.auth_url,
        channel=row.channel,
        school_context=row.school_context,
        enabled=row.enabled,
        pause=row.pause,
    )


def _source_secrets(source: Source, variables: _Variables) -> Mapping[str, str]:
    """By the key of the source, else by its platform."""
    found: dict[str, str] = {}
    for name in SECRET_NAMES:
        for owner in (source.key, source.platform):
            value = variables.text(f"{owner.upper().replace('-', '_')}_{name.upper()}")
            if value:
                found[name] = value
                break
    return MappingProxyType(found)


def _missing_mail(tables: SchoolFile) -> list[str]:
    if tables.mail.transport == "practice":
        return ["no mail server is set up ([mail] transport)"]
    return []


def _missing_governance(tables: SchoolFile) -> list[str]:
    """What the record of approval lacks (R1, DESIGN.md)."""
    record = tables.governance
    assessment = "data protection impact assessment"
    wanted = {
        f"the date of the {assessment} is missing ([governance] dpia_date)": record.dpia_date,
        f"nobody has approved the {assessment} ([governance] dpia_approver)": record.dpia_approver.strip(),
        "the address of the privacy notice is missing ([governance] privacy_notice_url)": (
            record.privacy_notice_url
        ),
    }
    return [reason for reason, value in wanted.items() if not value]


def _missing_holders(holders: Mapping[Office, Holder]) -> list[str]:
    filled = {office for office, holder in holders.items() if holder.address}
    return [
        f"no mailbox is filled in for the {office.label} ([holders.{office}] address)"
        for office in NEEDED_TO_GO_LIVE
        if office not in filled
    ]
