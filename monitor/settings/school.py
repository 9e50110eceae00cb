"""config/monitor.toml: what the School fills in, and what may stand there.

The tables below are the file; `school_faults` is what no table alone can see: searches that hold
anything but School terms (R12), mailboxes that must not be (R8, R59), names that point nowhere. The
environment and the paths are the business of the package itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field

from monitor.errors import ConfigProblem
from monitor.model import Office, SchoolTerms
from monitor.settings.document import Document, KeyPath, Table, nearest

NEEDED_TO_GO_LIVE = (
    Office.HEADTEACHER,
    Office.DSL,
    Office.DEPUTY_DSL,
    Office.CHAIR,
    Office.VICE_CHAIR,
    Office.DPO,
    Office.SYS_OPERATOR,
)
"""The posts without which a finding could have nobody independent to go to (R8)."""

OWN_MAILBOX_ONLY = frozenset({Office.DSL, Office.DEPUTY_DSL, Office.CHAIR, Office.VICE_CHAIR})
"""Mailboxes that nobody else may open (R59)."""

COLLECTED: Mapping[str, str] = MappingProxyType(
    {
        "feeds": "News and web feeds",
        "wordpress": "WordPress site",
        "reddit": "Reddit",
        "instagram": "Instagram",
    }
)
"""The platforms that this version can read."""

LISTED: Mapping[str, str] = MappingProxyType(
    {
        "bluesky": "Bluesky",
        "facebook": "Facebook",
        "google_reviews": "Google reviews",
        "linkedin": "LinkedIn",
        "mastodon": "Mastodon",
        "mumsnet": "Mumsnet",
        "nextdoor": "Nextdoor",
        "pinterest": "Pinterest",
        "threads": "Threads",
        "tiktok": "TikTok",
        "tumblr": "Tumblr",
        "x": "X (Twitter)",
        "youtube": "YouTube",
    }
)
"""Platforms that may be listed, so that everybody sees that they are not checked, and why."""

NEVER_READ = frozenset({"whatsapp", "messenger", "snapchat", "discord"})
"""Private places (R24)."""

FREE_MAIL = frozenset(
    {
        *("gmail.com", "googlemail.com", "hotmail.com", "hotmail.co.uk", "outlook.com", "live.com"),
        *("live.co.uk", "msn.com", "yahoo.com", "yahoo.co.uk", "ymail.com", "icloud.com", "me.com"),
        *("mac.com", "aol.com", "aol.co.uk", "btinternet.com", "sky.com", "virginmedia.com", "gmx.com"),
        *("gmx.co.uk", "talktalk.net", "ntlworld.com", "proton.me", "protonmail.com", "mail.com"),
        *("tutanota.com", "zoho.com", "outlook.co.uk", "yandex.com", "fastmail.com"),
    }
)
"""Mail services for private persons (R8)."""

SHARED_MAILBOXES = frozenset(
    {"office", "admin", "info", "enquiries", "enquiry", "reception", "contact", "mail", "school", "staff"}
)

SECRET_NAMES = ("client_id", "client_secret", "token")
"""What a source may need, as the last part of the name of a variable."""

NEEDED_SECRETS: Mapping[str, tuple[str, ...]] = MappingProxyType({"reddit": ("client_id", "client_secret")})
"""Those that a platform cannot do without."""

TIMEZONE = "Europe/London"
"""The only one that mails honour."""

Minutes = Annotated[int, Field(ge=5)]
Seconds = Annotated[int, Field(ge=1)]


class SchoolTable(Table):
    name: str
    timezone: str = TIMEZONE
    mail_domains: list[str] = []


class TermsTable(Table):
    names: list[str]
    handles: list[str] = []
    domains: list[str] = []
    pages: list[str] = []
    short: list[str] = []
    context: list[str] = []
    not_us: list[str] = []
    other_schools: list[str] = []


class ChannelTable(Table):
    platform: str
    name: str
    master_role: str
    approved_posters: list[str]
    opened: str
    url: str = ""
    closed: str = ""


class HolderTable(Table):
    address: str = ""
    delegates: list[Annotated[Office, Field(strict=False)]] = []


class SourceTable(Table):
    platform: str
    base_url: str = ""
    auth_url: str = ""
    interval_minutes: Minutes = 30
    search: list[str] = []
    places: list[str] = []
    channel: str = ""
    school_context: bool = False
    enabled: bool = True
    pause: str = ""


class ScheduleTable(Table):
    tick_s: Seconds = 30
    hold_for_capture_s: Annotated[int, Field(ge=0, le=600)] = 180
    lease_s: Annotated[int, Field(ge=60)] = 600


class MailTable(Table):
    transport: Literal["practice", "smtp"] = "practice"
    sender: str = ""
    reply_to: str = ""
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls"] = "starttls"
    username: str = ""
    ca_file: str = ""


class CaptureTable(Table):
    browser: str = ""
    page_s: Seconds = 45
    total_s: Seconds = 120
    max_height_px: Annotated[int, Field(ge=1000)] = 20000
    recycle_after: Annotated[int, Field(ge=1)] = 50
    slots: Annotated[int, Field(ge=1, le=2)] = 1


class OutboundTable(Table):
    contact: str = ""
    connect_s: Seconds = 10
    read_s: Seconds = 20
    total_s: Seconds = 60
    max_bytes: Annotated[int, Field(ge=1024)] = 20_000_000
    max_redirects: Annotated[int, Field(ge=0, le=20)] = 5
    allow_private: list[str] = []


class AuthorityTable(Table):
    url: str
    certificate: str
    revocation_list: str = ""
    every_minutes: Annotated[int, Field(ge=0)] = 0


class EvidenceTable(Table):
    head_mail: list[str] = []


class GovernanceTable(Table):
    dpia_reference: str = ""
    dpia_date: date | None = None
    dpia_approver: str = ""
    dpia_review_due: date | None = None
    privacy_notice_url: str = ""
    staff_consulted: date | None = None
    policy_document: str = ""


class StorageTable(Table):
    data: str = "data"
    archive: str = "archive"
    database_url: str = ""


class SchoolFile(Table):
    school: SchoolTable
    terms: TermsTable
    channels: dict[str, ChannelTable] = {}
    holders: dict[str, HolderTable] = {}
    sources: dict[str, SourceTable] = {}
    schedule: ScheduleTable = ScheduleTable()
    mail: MailTable = MailTable()
    capture: CaptureTable = CaptureTable()
    outbound: OutboundTable = OutboundTable()
    governance: GovernanceTable = GovernanceTable()
    evidence: EvidenceTable = EvidenceTable()
    timestamps: dict[str, AuthorityTable] = {}
    storage: StorageTable = StorageTable()


def terms_of(table: TermsTable) -> SchoolTerms:
    """The School's terms as the matcher takes them."""
    return SchoolTerms(
        names=tuple(table.names),
        handles=tuple(handle.lstrip("@") for handle in table.handles),
        domains=tuple(table.domains),
        pages=tuple(table.pages),
        short=tuple(table.short),
        context=tuple(table.context),
        not_us=tuple(table.not_us),
        other_schools=tuple(table.other_schools),
    )


def is_school_term(phrase: str, terms: SchoolTerms) -> bool:
    """Whether a phrase may leave in a query: a School term, or a short form beside its locality (R12).

    Case, spacing, quotation marks and a leading @ or # do not matter.
    """
    asked = _folded(phrase)
    alone = {_folded(term) for term in (*terms.names, *terms.handles, *terms.domains, *terms.pages)}
    if asked in alone:
        return True
    return any(
        asked in (f"{_folded(short)} {_folded(word)}", f"{_folded(word)} {_folded(short)}")
        for short in terms.short
        for word in terms.context
    )


def school_faults(document: Document, tables: SchoolFile) -> list[ConfigProblem]:
    """Every fault that lies between the tables."""
    return [
        *_school_table_faults(document, tables),
        *_channel_faults(document, tables),
        *_holder_faults(document, tables),
        *_source_faults(document, tables),
        *_mail_faults(document, tables.mail),
        *_evidence_faults(document, tables),
        *_address_faults(
            document, {("governance", "privacy_notice_url"): tables.governance.privacy_notice_url}
        ),
    ]


def _school_table_faults(document: Document, tables: SchoolFile) -> list[ConfigProblem]:
    problems: list[ConfigProblem] = []
    if not tables.school.name.strip():
        problems.append(document.problem(("school", "name"), "the name of the School must not be empty"))
    if tables.school.timezone != TIMEZONE:
        message = "the times in mails are British time, and no other can be chosen"
        problems.append(document.problem(("school", "timezone"), message, f'timezone = "{TIMEZONE}"'))
    if not any(name.strip() for name in tables.terms.names):
        hint = 'names = ["…"], the full name of the School'
        problems.append(document.problem(("terms", "names"), "must hold at least one name", hint))
    for key in TermsTable.model_fields:
        for at, term in enumerate(getattr(tables.terms, key)):
            if len(term.strip().lstrip("@#")) < 2:
                problems.append(document.problem(("terms", key, at), "is too short to search for"))
    return problems


def _channel_faults(document: Document, tables: SchoolFile) -> list[ConfigProblem]:
    problems: list[ConfigProblem] = []
    for key, row in tables.channels.items():
        problems += _platform_faults(document, ("channels", key, "platform"), row.platform)
        for field in ("opened", "closed"):
            text = getattr(row, field)
            if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])(-\d{2})?", text) and (text or field == "opened"):
                path = ("channels", key, field)
                problems.append(document.problem(path, "a month is expected", 'such as "2019-11"'))
        problems += _address_faults(document, {("channels", key, "url"): row.url})
    return problems


def _holder_faults(document: Document, tables: SchoolFile) -> list[ConfigProblem]:
    problems: list[ConfigProblem] = []
    offices = [office.value for office in Office]
    approved = [domain.casefold().lstrip("@") for domain in tables.school.mail_domains]
    for key, row in tables.holders.items():
        if key not in offices:
            problems.append(document.problem(("holders", key), "no such post", nearest(key, offices)))
            continue
        path = ("holders", key, "address")
        alone = Office(key) in OWN_MAILBOX_ONLY
        if row.address:
            problems += _mailbox_faults(document, path, row.address, approved)
            if alone and row.address.split("@")[0].casefold() in SHARED_MAILBOXES:
                problems.append(
                    document.problem(
                        path, "a shared mailbox may not be used for this post", "use its own mailbox"
                    )
                )
        if alone and row.delegates:
            problems.append(
                document.problem(
                    ("holders", key, "delegates"), "nobody else may open this mailbox", "delegates = []"
                )
            )
    return problems + _collision_faults(document, tables.holders)


def _collision_faults(document: Document, holders: Mapping[str, HolderTable]) -> list[ConfigProblem]:
    """The Chair and the Vice Chair must be others than the Headteacher and each other (R8)."""
    problems: list[ConfigProblem] = []
    seen: dict[str, str] = {}
    for key in (Office.HEADTEACHER, Office.CHAIR, Office.VICE_CHAIR):
        address = holders[key].address.casefold() if key in holders else ""
        if address and address in seen:
            message = f"is the mailbox of the {Office(seen[address]).label} as well"
            hint = "a matter about one must be able to go to the other"
            problems.append(document.problem(("holders", key, "address"), message, hint))
        elif address:
            seen[address] = key
    return problems


def _mailbox_faults(
    document: Document, path: KeyPath, address: str, approved: Iterable[str] = ()
) -> list[ConfigProblem]:
    if not is_mail_address(address):
        return [document.problem(path, "this is not an e-mail address", 'such as "head@school.example"')]
    host = address.rsplit("@", 1)[1].casefold()
    if host in FREE_MAIL:
        return [
            document.problem(
                path, f"{host} is a private mail service", "use a mailbox of the School or trust"
            )
        ]
    approved = list(approved)
    if approved and host not in approved:
        return [document.problem(path, f"{host} is not in [school] mail_domains", nearest(host, approved))]
    return []


def is_mail_address(text: str) -> bool:
    """Whether this can be a mail address at all; whether anybody reads it is not checked."""
    local = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    label = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    return len(text) <= 254 and bool(re.fullmatch(rf"{local}@{label}(\.{label})+", text))


def _source_faults(document: Document, tables: SchoolFile) -> list[ConfigProblem]:
    problems: list[ConfigProblem] = []
    terms = terms_of(tables.terms)
    named = document.data.get("channels", {})
    channels = set(named) if isinstance(named, dict) else set()
    for key, row in tables.sources.items():
        here = ("sources", key)
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", key):
            hint = f"[sources.{re.sub(r'[^a-z0-9]+', '-', key.casefold()).strip('-') or 'a-name'}]"
            problems.append(document.problem(here, "small letters, digits and hyphens only", hint))
        problems += _platform_faults(document, (*here, "platform"), row.platform)
        problems += _query_faults(document, here, row, terms)
        problems += _address_faults(
            document, {(*here, "base_url"): row.base_url, (*here, "auth_url"): row.auth_url}
        )
        if row.channel and row.channel not in channels:
            message = f'no channel is called "{row.channel}"'
            problems.append(document.problem((*here, "channel"), message, nearest(row.channel, channels)))
        if not row.enabled and not row.pause.strip():
            hint = 'pause = "…", shown as: not checked, because …'
            problems.append(document.problem((*here, "enabled"), "say why it is switched off", hint))
        if row.enabled and row.pause.strip():
            problems.append(
                document.problem(
                    (*here, "pause"), "a source that is switched on has no reason not to be checked"
                )
            )
        if row.enabled and row.platform in LISTED:
            message = f"this version cannot read {LISTED[row.platform]} yet"
            problems.append(
                document.problem((*here, "enabled"), message, "enabled = false, and say why in pause")
            )
        wanted = ("base_url", "auth_url") if row.platform == "reddit" else ("base_url",)
        if row.enabled and row.platform in COLLECTED:
            problems += [
                document.problem((*here, field), "this address is missing", f'{field} = "https://…"')
                for field in wanted
                if not getattr(row, field)
            ]
        if row.platform == "instagram":
            problems += _instagram_faults(document, here, row, tables.channels)
    return problems


def _instagram_faults(
    document: Document, here: KeyPath, row: SourceTable, channels: Mapping[str, ChannelTable]
) -> list[ConfigProblem]:
    """Only the School's own profile is ever read (R20, R22)."""
    if not row.channel:
        hint = 'channel = "…", a key of [channels]'
        return [document.problem(here, "only the School's own Instagram Channel may be read", hint)]
    channel = channels.get(row.channel)
    read_name = urlsplit(row.base_url).path.strip("/").casefold() if "[" not in row.base_url else ""
    if channel and read_name and read_name != channel.name.lstrip("@").casefold():
        message = f"only the School's own Channel {channel.name} may be read, no other profile"
        return [document.problem((*here, "base_url"), message, 'base_url = "https://www.instagram.com/…/"')]
    return []


def _platform_faults(document: Document, path: KeyPath, platform: str) -> list[ConfigProblem]:
    if platform in COLLECTED or platform in LISTED:
        return []
    if platform in NEVER_READ:
        message = "private places are never read"
        return [document.problem(path, message, "remove it; staff can report what they were sent")]
    return [
        document.problem(
            path, f'no platform is called "{platform}"', nearest(platform, [*COLLECTED, *LISTED])
        )
    ]


def _query_faults(
    document: Document, here: KeyPath, row: SourceTable, terms: SchoolTerms
) -> list[ConfigProblem]:
    """Search for the School, never for a person (promise 1, R12, R22)."""
    rule = "only School terms may be searched for, never a person's name"
    hint = "use a phrase of [terms] names, handles, domains or pages, or a short form with its locality"
    problems = [
        document.problem((*here, "search", at), rule, hint)
        for at, phrase in enumerate(row.search)
        if not is_school_term(phrase, terms)
    ]
    for name, value in parse_qsl(row.base_url.partition("?")[2]):
        if name in ("q", "query", "search", "s", "term", "terms", "keyword", "keywords"):
            quoted = re.findall(r'"([^"]*)"', value)
            rest = re.sub(r'"[^"]*"|\bwhen:\w+|\bsite:\S+|\bOR\b', " ", value).strip()
            phrases = [*quoted, *([rest] if rest else [])]
            if not all(is_school_term(phrase, terms) for phrase in phrases):
                problems.append(document.problem((*here, "base_url"), rule, hint))
    for at, place in enumerate(row.places):
        if re.match(r"/?(u|user)[_/]", place.casefold()):
            message = "a person's own page is never read"
            problems.append(document.problem((*here, "places", at), message, "name a public room"))
    return problems


def _mail_faults(document: Document, mail: MailTable) -> list[ConfigProblem]:
    problems: list[ConfigProblem] = []
    for key in ("sender", "reply_to"):
        if address := getattr(mail, key):
            problems += _mailbox_faults(document, ("mail", key), address)
    if mail.transport == "smtp":
        problems += [
            document.problem(("mail", key), 'must be filled in when transport is "smtp"')
            for key in ("host", "sender")
            if not getattr(mail, key)
        ]
    return problems


def _evidence_faults(document: Document, tables: SchoolFile) -> list[ConfigProblem]:
    problems: list[ConfigProblem] = []
    offices = [office.value for office in Office]
    approved = [domain.casefold().lstrip("@") for domain in tables.school.mail_domains]
    for at, who in enumerate(tables.evidence.head_mail):
        path = ("evidence", "head_mail", at)
        if "@" in who:
            problems += _mailbox_faults(document, path, who, approved)
        elif who not in offices:
            problems.append(document.problem(path, "no such post", nearest(who, offices)))
    for name, row in tables.timestamps.items():
        here = ("timestamps", name)
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name):
            hint = f"[timestamps.{re.sub(r'[^a-z0-9]+', '-', name.casefold()).strip('-') or 'a-name'}]"
            problems.append(document.problem(here, "small letters, digits and hyphens only", hint))
        problems += _address_faults(document, {(*here, "url"): row.url or "empty"})
        if row.revocation_list.startswith(("http://", "https://")):
            problems += _address_faults(document, {(*here, "revocation_list"): row.revocation_list})
        if not row.certificate.strip():
            message = "name the file with its root certificate; without it no time can be believed"
            problems.append(document.problem((*here, "certificate"), message, 'certificate = "config/….pem"'))
    return problems


def _address_faults(document: Document, addresses: Mapping[KeyPath, str]) -> list[ConfigProblem]:
    problems: list[ConfigProblem] = []
    for path, address in addresses.items():
        if not address:
            continue
        try:
            parts = urlsplit(address)
        except ValueError:  # such as a square bracket that is never closed
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            problems.append(
                document.problem(path, "this is not a web address", 'such as "https://school.example"')
            )
        elif parts.username or parts.password:
            problems.append(document.problem(path, "a web address here holds no user name or password"))
    return problems


def _folded(text: str) -> str:
    words = re.sub(r'["“”]', " ", text.casefold()).split()
    return " ".join(words).strip(" '@#")
