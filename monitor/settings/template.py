"""Answers of a person into the text of a monitor.toml that loads.

Pure; `monitor.setup` asks and writes. What nobody is asked keeps its default and is written out all
the same, with its comment, so that the file names every key. The wording is that of config/monitor.toml.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from monitor.model import Channel, Office
from monitor.settings.school import LISTED, NEEDED_TO_GO_LIVE


@dataclass(frozen=True, slots=True)
class Answers:
    """What `init` learns. Everything but the name may stay empty: the service then says what is
    missing and runs in practice mode. `mail_host` "" means practice."""

    school_name: str
    places: tuple[str, ...] = ()
    short_names: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    website: str = ""
    channels: tuple[Channel, ...] = ()
    mailboxes: Mapping[Office, str] = field(default_factory=dict)
    mail_host: str = ""
    mail_sender: str = ""
    mail_username: str = ""
    contact: str = ""
    dpia_date: date | None = None
    dpia_approver: str = ""
    privacy_notice_url: str = ""


def render(answers: Answers) -> str:
    """The text of monitor.toml for these answers."""
    sections = [
        _HEAD,
        _school(answers),
        *(_channel(channel) for channel in answers.channels),
        _HOLDERS,
        *(_holder(office, answers.mailboxes.get(office, "")) for office in _offices()),
        _SOURCES,
        *_sources(answers),
        _mail(answers),
        _outbound(answers),
        _governance(answers),
        _REST,
    ]
    return "\n".join(section.strip("\n") + "\n" for section in sections)


def _school(answers: Answers) -> str:
    domain = answers.website.split("//", 1)[-1].split("/", 1)[0].removeprefix("www.")
    return f"""
[school]
# The full name of the School, as people are shown it.
name = {_value(answers.school_name)}
# Times in mails and on screens are British time. Inside, everything is kept in UTC.
timezone = "Europe/London"
# The mail domains of the School or trust, such as ["school.example"]. Once filled in, no other
# address may be given to a post below.
mail_domains = []

# What may stand for the School: the only words that ever leave in a search. Never a person's name.
[terms]
# Full names: each is enough by itself.
names = {_value([answers.school_name])}
# Official handles without the @, web addresses without https://, names of official pages.
handles = {_value(answers.handles)}
domains = {_value([domain] if domain else [])}
pages = {_value([c.name for c in answers.channels if not c.name.startswith("@")])}
# Short forms count only beside a place of `context` or a word of school life.
short = {_value(answers.short_names)}
context = {_value(answers.places)}
# Words that show that something else is meant, and schools with a name close to yours.
not_us = []
other_schools = []

# The official accounts, as in the School's Social Media Policy: one [channels.NAME] for each, with
# platform, name, url, master_role, approved_posters, opened and, when it is over, closed.
"""


def _channel(channel: Channel) -> str:
    return f"""
[channels.{channel.key}]
platform = {_value(channel.platform)}
name = {_value(channel.name)}
url = {_value(channel.url)}
master_role = {_value(channel.master_role)}
approved_posters = {_value(channel.approved_posters)}
opened = {_value(channel.opened)}
"""


def _offices() -> list[Office]:
    """Those needed to go live first, then the others."""
    return sorted(Office, key=lambda office: office not in NEEDED_TO_GO_LIVE)


def _holder(office: Office, address: str) -> str:
    return f"""
[holders.{office}]
# {office.label}
address = {_value(address)}
"""


def _sources(answers: Answers) -> list[str]:
    name = answers.school_name
    phrase = name.replace('"', " ")
    query = urlencode({"q": f'"{phrase}" when:30d', "hl": "en-GB", "gl": "GB", "ceid": "GB:en"})
    sources = [
        f"""
[sources.news]
# News articles that name the School.
platform = "feeds"
base_url = {_value(f"https://news.google.com/rss/search?{query}")}
interval_minutes = 60
""",
        f"""
[sources.reddit]
# Needs the School's own key: SCHOOL_MONITOR_REDDIT_CLIENT_ID and SCHOOL_MONITOR_REDDIT_CLIENT_SECRET.
platform = "reddit"
base_url = "https://oauth.reddit.com"
auth_url = "https://www.reddit.com"
search = {_value([name])}
""",
    ]
    if answers.website:
        sources.append(f"""
[sources.website]
# Posts and comments on the School's own site.
platform = "wordpress"
base_url = {_value(answers.website)}
school_context = true
""")
    for channel in answers.channels:
        reading = LISTED.get(channel.platform)
        pause = (
            f"this version cannot read {reading} yet"
            if reading
            else "it is switched on only after the Data Protection Officer agrees"
        )
        sources.append(f"""
[sources.{channel.key}]
platform = {_value(channel.platform)}
base_url = {_value(channel.url)}
channel = {_value(channel.key)}
enabled = false
pause = {_value(pause)}
""")
    return sources


def _mail(answers: Answers) -> str:
    return f"""
[mail]
# "practice": mail goes to a folder on this machine only. "smtp": mail leaves through your server.
transport = {_value("smtp" if answers.mail_host else "practice")}
# From whom, and where answers go: mailboxes of the School.
sender = {_value(answers.mail_sender)}
reply_to = ""
# Your mail server. "starttls" (mostly port 587) or "tls" (mostly port 465); never without.
host = {_value(answers.mail_host)}
port = 587
security = "starttls"
# The account, if the server wants one. Its password: SCHOOL_MONITOR_MAIL_PASSWORD_FILE.
username = {_value(answers.mail_username)}
# A file with the certificate of your own authority, if the server's was not issued by a public one.
ca_file = ""
"""


def _outbound(answers: Answers) -> str:
    return f"""
[outbound]
# Told to every site that is read, so that its owner can reach you: a page or a mailbox of the School.
contact = {_value(answers.contact)}
# Seconds to connect, between two pieces, and for one answer as a whole; its size; its redirects.
connect_s = 10
read_s = 20
total_s = 60
max_bytes = 20000000
max_redirects = 5
# Addresses inside your network, this machine's own among them, that may be read, such as
# "intranet.example:8080". All others are refused.
allow_private = []
"""


def _governance(answers: Answers) -> str:
    day = answers.dpia_date.isoformat() if answers.dpia_date else ""
    return f"""
# The record of approval. Without dpia_date, dpia_approver, privacy_notice_url and the mailboxes above
# the service runs in practice mode, and no pupils can be imported. Dates without quotes.
[governance]
# Data protection impact assessment: its reference, date, who approved it (a post), next review.
dpia_reference = ""
{f"dpia_date = {day}" if day else "# dpia_date = 2026-09-01"}
dpia_approver = {_value(answers.dpia_approver)}
# dpia_review_due = 2027-09-01
# Where the public reads what is done here.
privacy_notice_url = {_value(answers.privacy_notice_url)}
# When staff were consulted, and the reference of the appropriate policy document.
# staff_consulted = 2026-09-01
policy_document = ""
"""


def _value(value: str | Sequence[str]) -> str:
    """A TOML value. JSON's quoting of text is TOML's, but for DEL, which nobody types."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return "[" + ", ".join(_value(entry) for entry in value) + "]"


_HEAD = """
# Written by: school-monitor init. Change what you like; a fault is refused with its line.
# Secrets never stand here: they come from the environment or from files that it names.
# After a change run: school-monitor doctor
"""

_HOLDERS = """
# Posts and their mailboxes: of the School or trust, never private ones. The first seven are needed
# before mail can leave. delegates = ["…"] names other posts that can open the same mailbox.
"""

_SOURCES = """
# What is watched: one [sources.NAME] for each. platform is "feeds", "wordpress", "reddit" or
# "instagram"; others may be listed, switched off, so that everybody sees that they are not checked.
# Also: auth_url (where to sign in), interval_minutes (30, never under 5), search (School terms only),
# places (public rooms), channel (a name from above), school_context, enabled, and pause, the reason
# why it is off.
"""

_REST = """
[schedule]
# Seconds between two looks at what is due.
tick_s = 30
# How long a mail waits for the saved copy, so that it can say how that went. Never longer.
hold_for_capture_s = 180
# After how many seconds work that stopped halfway is taken up again.
lease_s = 600

[capture]
# The path of Chromium or Chrome; empty looks for one.
browser = ""
# Seconds for a page to load, and for everything together.
page_s = 45
total_s = 120
# A longer page is cut here, and the record says so.
max_height_px = 20000
# After so many pages a fresh browser is started.
recycle_after = 50
# How many pages are saved at once, each in a browser of its own: 1, or 2 where many wait. Two need a machine
# with 4 GB and more; raise the service's limit on memory (MemoryMax, mem_limit) from 3 GB to 5 GB then.
slots = 1

[evidence]
# Who is mailed the newest head of the archive's chain each day: posts from above, or mailboxes of the
# School. The mail holds digests and counts only. Whoever keeps it can show later that nothing was changed.
head_mail = ["chair", "dpo"]

# Authorities that confirm the time of each checkpoint of the archive (RFC 3161): one [timestamps.NAME]
# for each, with url, certificate (a PEM file with its root, fetched from its own website), revocation_list
# (a file or an address, or empty) and every_minutes (0 asks for each checkpoint; 60 at most once an
# hour, where it asks for restraint). Only a digest leaves. Two are better than one. When its root
# changes, give it a new NAME.

[storage]
# Folders; a relative one counts from the folder that holds this config folder.
data = "data"
archive = "archive"
# Empty: a database file in the data folder. PostgreSQL: set SCHOOL_MONITOR_DATABASE_URL_FILE.
database_url = ""
"""
