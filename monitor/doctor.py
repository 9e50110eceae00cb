"""`doctor`: look at everything before going live; each fault with the one thing that mends it.

What must be tried for real (browser, mail, database, network) comes in as `Probes`, so that this file
knows no adapter. It makes the data and the archive folder where they are missing, as a start would, and
changes nothing else but one file that it writes into each and takes away again.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from enum import StrEnum
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from shutil import disk_usage
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psutil
import requests

from monitor.errors import (
    DeliveryError,
    MailSettingsRefused,
    MonitorError,
    OutboundRefused,
    PermanentDeliveryError,
    PicturesUnavailable,
)
from monitor.model import Source
from monitor.ports import Clock
from monitor.settings import PLATFORM_LABELS, Settings

CLOCK_TOLERANCE = timedelta(seconds=5)
"""Rule: R86."""

LEAST_ROOM = 1_000_000_000
LITTLE_ROOM = 5_000_000_000
"""Bytes free: below the first nothing should start, below the second somebody should act."""

MEMORY_FOR_TWO = 4_000_000_000
"""Bytes of memory for two pages at once: a page may bring its browser to 1.3 GB before it is stopped."""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and one command or sentence that mends it."""

    name: str
    state: State
    found: str
    fix: str = ""


def _free_bytes(folder: Path) -> int:
    return disk_usage(folder).free


def _memory_bytes() -> int:
    """What this program may take: the machine's memory, or less where a container has a limit."""
    whole: int = psutil.virtual_memory().total
    with suppress(OSError, ValueError):  # No such file, or "max".
        return min(whole, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return whole


def _locks(file: Path) -> bool:
    """Whether a lock on this file keeps a second one out; some network file systems only say so."""
    # For writing, because NFS gives no exclusive lock on a file that is only read (flock(2)).
    with file.open("r+b") as first, file.open("r+b") as second, suppress(OSError):
        flock(first, LOCK_EX | LOCK_NB)
        try:
            flock(second, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Probes:
    """How to try the world for real. `browser`, `pictures` and `mail` say in words what they found; each
    raises MonitorError or OSError when that is a fault. `schema_state` says "current", "empty", "behind" or
    "newer". `collected` names the platforms that have a collector. `signing_key` gives the fingerprint of the
    archive's key; `times` tries each time-stamping authority."""

    clock: Clock
    session: requests.Session  # noqa: TID251  named in a contract; none is made here
    browser: Callable[[], str]
    pictures: Callable[[], str]
    mail: Callable[[], str]
    schema_state: Callable[[], str]
    collected: Collection[str]
    signing_key: Callable[[], str | None]
    times: Mapping[str, Callable[[], str]]
    free_bytes: Callable[[Path], int] = _free_bytes
    memory_bytes: Callable[[], int] = _memory_bytes
    locks: Callable[[Path], bool] = _locks
    zone: Callable[[str], tzinfo] = ZoneInfo


def examine(settings: Settings, probes: Probes) -> tuple[Check, ...]:
    """Check everything and list what was found, in the order in which a person would mend it."""
    sources, server_times = _sources(settings, probes)
    return (
        Check("configuration", State.OK, f"{settings.config_dir} can be used"),
        *_dates(settings, probes.clock().date()),
        *_permissions(settings),
        _time_zone(settings, probes),
        _clock(server_times),
        _folder("data folder", settings.storage.data, probes),
        _folder("archive", settings.storage.archive, probes),
        _signing_key(settings, probes),
        *_times(probes),
        _database(probes),
        _tried("browser", probes.browser, "Install a browser: apt install chromium"),
        *_memory(settings, probes),
        _pictures(probes),
        _mail(settings, probes),
        *sources,
        *_going_live(settings),
    )


def _dates(settings: Settings, today: date) -> Iterator[Check]:
    """What the School promised to look at again by a certain day (R4, R142)."""
    policy, record = settings.policy, settings.governance
    if today.strftime("%Y-%m") > policy.review_due:
        fix = "Review the Social Media Policy, then set version and review_due in policy.toml"
        yield Check("policy", State.WARNING, f"policy review overdue since {policy.review_due}", fix)
    if record.dpia_review_due and today > record.dpia_review_due:
        fix = "Review it, then set dpia_date and dpia_review_due in monitor.toml"
        found = f"the data protection impact assessment was due for review on {record.dpia_review_due}"
        yield Check("record of approval", State.WARNING, found, fix)
    for contact in policy.contacts:
        fix = f"Correct [contacts.{contact.key}] in policy.toml"
        if not contact.detail:
            yield Check("contacts", State.WARNING, f"no telephone number for: {contact.name}", fix)
        elif today > date.fromisoformat(contact.verify_by):
            found = f"{contact.name}: nobody has checked this entry since {contact.verify_by}"
            yield Check("contacts", State.WARNING, found, fix)


def _permissions(settings: Settings) -> Iterator[Check]:
    """Nobody else on this machine may read secrets or change the rules."""
    data = settings.storage.data
    private = [data, *sorted((data / "keys").glob("*")), *settings.secret_files]
    configured = [settings.config_dir / "monitor.toml", settings.config_dir / "policy.toml"]
    if urlsplit(settings.storage.database_url).password:
        private.append(configured[0])
    faults = 0
    for path in private:
        # A container's secrets are readable for all inside it, and nobody else is inside.
        if path.is_relative_to("/run/secrets"):
            continue
        if _mode(path) & (stat.S_IROTH | stat.S_IXOTH if path.is_dir() else stat.S_IROTH):
            faults += 1
            command = f"Run: chmod {'700' if path.is_dir() else '600'} {path}"
            yield Check("permissions", State.FAULT, f"everybody on this machine can read {path}", command)
    for path in (settings.config_dir, *configured):
        if _mode(path) & stat.S_IWOTH:
            faults += 1
            found = f"everybody on this machine can change {path}"
            yield Check("permissions", State.FAULT, found, f"Run: chmod o-w {path}")
    if not faults:
        yield Check("permissions", State.OK, "only the service's user can read the secrets")


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0  # nothing there yet: nothing to read


def _time_zone(settings: Settings, probes: Probes) -> Check:
    """Both clock changes of 2026 in London: forward on 29 March, back on 25 October, at 01:00 UTC."""
    fix = "Install the time zone files: pip install --upgrade tzdata"
    try:
        london = probes.zone(settings.timezone)
    except (KeyError, ValueError, OSError):
        return Check("time zone", State.FAULT, f"{settings.timezone} is not known here", fix)
    changes = [(datetime(2026, 3, 29, 1, tzinfo=UTC), 1), (datetime(2026, 10, 25, 1, tzinfo=UTC), 0)]
    for change, hours_after in changes:
        before = (change - timedelta(seconds=1)).astimezone(london).utcoffset()
        after = change.astimezone(london).utcoffset()
        if (before, after) != (timedelta(hours=1 - hours_after), timedelta(hours=hours_after)):
            return Check(
                "time zone", State.FAULT, f"the clock change of {change:%d %B %Y} is wrong here", fix
            )
    return Check("time zone", State.OK, f"{settings.timezone}; both clock changes of 2026 are right")


def _clock(offsets: list[timedelta]) -> Check:
    if not offsets:
        fix = "Connect this machine to the network and run doctor again"
        return Check("clock", State.WARNING, "not compared: no website could be asked for the time", fix)
    # The median, so that one wrong website does not decide.
    offset = sorted(offsets)[len(offsets) // 2]
    seconds = abs(offset.total_seconds())
    if abs(offset) > CLOCK_TOLERANCE:
        word = "ahead" if offset > timedelta(0) else "behind"
        fix = "Run: timedatectl set-ntp true"
        return Check("clock", State.FAULT, f"this machine's clock is {seconds:.0f} seconds {word}", fix)
    return Check("clock", State.OK, f"within {CLOCK_TOLERANCE.seconds} seconds of {len(offsets)} website(s)")


def _folder(name: str, folder: Path, probes: Probes) -> Check:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder) as file:
            file.write(b"doctor")
            file.flush()
            locks = probes.locks(Path(file.name))
        free = probes.free_bytes(folder)
    except OSError as error:
        found = f"{folder} cannot be written: {error.strerror or type(error).__name__}"
        return Check(name, State.FAULT, found, f"Run: chown -R $(whoami) {folder}")
    if not locks:  # Rule: docs/adr/0003-archive-is-truth.md
        fix = "Name a folder on a disk of this machine in [storage] of monitor.toml"
        return Check(name, State.FAULT, f"{folder} lies on a disk where locks do not hold", fix)
    found = f"{folder} can be written; {free / 1e9:.1f} GB are free"
    fix = f"Free some room on the disk of {folder}, or name a larger one in [storage] of monitor.toml"
    if free < LEAST_ROOM:
        return Check(name, State.FAULT, found, fix)
    if free < LITTLE_ROOM:
        return Check(name, State.WARNING, found, fix)
    return Check(name, State.OK, found)


def _tried(name: str, probe: Callable[[], str], fix: str) -> Check:
    try:
        return Check(name, State.OK, probe())
    except (MonitorError, OSError) as error:
        return Check(name, State.FAULT, str(error), fix)


def _memory(settings: Settings, probes: Probes) -> Iterator[Check]:
    """Only two browsers at once ask for more than any server has."""
    if settings.capture.slots > 1 and (found := probes.memory_bytes()) < MEMORY_FOR_TWO:
        fix = "Give it 5 GB (mem_limit, or the machine's own), or set slots = 1 in [capture] of monitor.toml"
        words = f"{found / 1e9:.1f} GB of memory are little for two pages at once"
        yield Check("memory", State.WARNING, words, fix)


def _signing_key(settings: Settings, probes: Probes) -> Check:
    """The key that vouches for the archive; its fingerprint is what a person keeps elsewhere (R75)."""
    place = settings.storage.data / "keys" / "signing.pem"
    fix = f"Bring {place} back from a backup; if it is lost, take the file away, and a new key is made"
    try:
        found = probes.signing_key()
        return Check(
            "signing key",
            State.OK,
            f"its fingerprint is {found}; keep that elsewhere" if found else "the first start makes it",
        )
    except (OSError, ValueError):
        return Check("signing key", State.FAULT, "the key that signs the archive cannot be read", fix)


def _times(probes: Probes) -> Iterator[Check]:
    """Authorities are asked for real; without any the archive is signed, and only our own clock dates it."""
    if not probes.times:
        fix = "Name one or two authorities in [timestamps] of monitor.toml"
        yield Check("times by others", State.WARNING, "nobody confirms when evidence was saved", fix)
    for name, probe in probes.times.items():
        fix = f"Correct [timestamps.{name}] in monitor.toml, or let this machine reach it"
        try:
            yield Check(f"time by {name}", State.OK, probe())
        except (MonitorError, OSError) as error:
            yield Check(f"time by {name}", State.FAULT, str(error), fix)


def _database(probes: Probes) -> Check:
    """What is empty or behind is brought up to date by the next start; only newer is beyond us."""
    fix = "Correct SCHOOL_MONITOR_DATABASE_URL_FILE, or start the database"
    check = _tried("database", probes.schema_state, fix)
    words = {
        "current": "its tables are those of this version",
        "empty": "it is empty; the first start makes its tables",
        "behind": "its tables are of an older version; the next start brings them up to date",
    }
    if check.state is State.OK and check.found not in words:
        fix = "Install the version of School Monitor that was used last, or a later one"
        return Check("database", State.FAULT, "a newer version of School Monitor has used it", fix)
    return Check("database", check.state, words.get(check.found, check.found), check.fix)


def _pictures(probes: Probes) -> Check:
    """Reading pictures is an extra: what lacks it is less, not broken."""
    try:
        return Check("pictures", State.OK, probes.pictures())
    except (PicturesUnavailable, OSError) as error:
        fix = "Run: pip install --require-hashes -r requirements/pictures.txt"
        found = f"words in pictures are not read ({error})"
        return Check("pictures", State.WARNING, found, fix)


def _mail(settings: Settings, probes: Probes) -> Check:
    try:
        return Check("mail", State.OK, probes.mail())
    except (MailSettingsRefused, PermanentDeliveryError) as error:
        fix = "Correct [mail] in monitor.toml, or the password in SCHOOL_MONITOR_MAIL_PASSWORD_FILE"
        return Check("mail", State.FAULT, str(error), fix)
    except (DeliveryError, OSError) as error:
        if settings.mail.host:
            fix = f"Let this machine reach {settings.mail.host} on port {settings.mail.port}"
        else:
            fix = f"Make {settings.storage.data} writable for the service's user"
        return Check("mail", State.FAULT, str(error), fix)


def _sources(settings: Settings, probes: Probes) -> tuple[list[Check], list[timedelta]]:
    """Each source, and how far this machine's clock is ahead of each website that answered."""
    checks: list[Check] = []
    offsets: list[timedelta] = []
    for source in settings.sources:
        name = f"source {source.key}"
        label = PLATFORM_LABELS.get(source.platform, source.platform)
        if not source.enabled:
            checks.append(Check(name, State.OK, f"switched off, because {source.pause}"))
        elif source.platform not in probes.collected:
            fix = f"Set enabled = false in [sources.{source.key}], and say why in pause"
            checks.append(Check(name, State.FAULT, f"this version cannot read {label}", fix))
        elif missing := settings.missing_secrets(source):
            variables = " and ".join(f"{variable}_FILE" for variable in missing)
            fix = f"Put the School's key into files and name them in {variables}, or switch it off"
            checks.append(Check(name, State.FAULT, f"{label} needs a key that is not set", fix))
        else:
            checks.append(_reach(name, source, settings, probes, offsets))
    if not any(source.enabled for source in settings.sources):
        fix = "Switch on at least one of [sources] in monitor.toml"
        checks.append(Check("sources", State.FAULT, "nothing is watched: no source is switched on", fix))
    return checks, offsets


def _reach(name: str, source: Source, settings: Settings, probes: Probes, offsets: list[timedelta]) -> Check:
    """One HEAD request. That a key is accepted is learnt at the first poll, not here."""
    host = urlsplit(source.base_url).netloc
    fix = f"Correct base_url in [sources.{source.key}] of monitor.toml"
    asked = probes.clock()
    try:
        response = probes.session.head(source.base_url, allow_redirects=True)
    except OutboundRefused as error:
        named = f"If that is meant, name {host} in [outbound] allow_private of monitor.toml"
        return Check(name, State.FAULT, str(error), named)
    except requests.exceptions.SSLError:
        found = f"the certificate of {host} is not trusted; a web filter may be opening the connection"
        return Check(name, State.FAULT, found, f"Ask the network team not to inspect traffic to {host}")
    except requests.Timeout:
        return Check(name, State.FAULT, f"{host} does not answer in time", f"Let this machine reach {host}")
    except requests.RequestException:
        found = f"{host or source.base_url} cannot be reached"
        return Check(
            name,
            State.FAULT,
            found,
            f"Let this machine reach {host} (network, DNS, firewall), or correct base_url",
        )
    answered = probes.clock()
    if server := _server_time(response):
        offsets.append(asked + (answered - asked) / 2 - server)
    status = response.status_code
    if status in (401, 403) and not settings.secrets(source.key):
        return Check(
            name, State.FAULT, f"{host} refuses us (HTTP {status})", "Switch it off, and say why in pause"
        )
    if status in (404, 410):
        return Check(name, State.FAULT, f"nothing is at this address (HTTP {status})", fix)
    if status >= 500 or status == 429:
        again = "Run doctor again in an hour"
        return Check(name, State.WARNING, f"{host} has a fault or is busy (HTTP {status})", again)
    return Check(name, State.OK, f"{host} answers")


def _server_time(response: requests.Response) -> datetime | None:
    """The present as the website sees it; a kept answer says how old it is (RFC 9111 5.1)."""
    try:
        said = parsedate_to_datetime(response.headers.get("Date", ""))
        age = timedelta(seconds=int(response.headers.get("Age", "0")))
    except (TypeError, ValueError, OverflowError):
        return None
    # The header cuts off the part of a second.
    return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC) + age + timedelta(milliseconds=500)


def _going_live(settings: Settings) -> Iterator[Check]:
    for reason in settings.practice_reasons:
        fix = f"Fill it in: {settings.config_dir / 'monitor.toml'}"
        yield Check("going live", State.WARNING, f"practice mode, because {reason}", fix)
    if not settings.practice_reasons:
        yield Check("going live", State.OK, "the record is complete; mail leaves")
