"""Let others vouch for the archive: sign a checkpoint, have its time confirmed, mail the chain's head.

Nothing here holds a capture back, and nothing waits for an authority: what did not come is asked for again
at the next run, and a person is told when it stays away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor.errors import ArchiveError, CannotCheck, TimestampError
from monitor.evidence import Checkpoint, Standing
from monitor.jobs import notices
from monitor.jobs.services import Services
from monitor.model import Office
from monitor.ports import TimeAuthority

log = structlog.get_logger()

PENDING_TOO_LONG = timedelta(hours=24)
"""How long a time may stay away before a person is told."""


@dataclass(frozen=True, slots=True)
class TimeStanding:
    """One authority: when its newest time came, and since when a checkpoint waits for one."""

    authority: str
    last_at: datetime | None
    pending_since: datetime | None


@dataclass(frozen=True, slots=True)
class EvidenceStanding:
    """How far the archive is vouched for. `fault` says why that is not known; else it is empty."""

    entries: int = 0
    covered: int = 0
    checkpoint: int = 0
    checkpoint_at: datetime | None = None
    key: str = ""
    times: tuple[TimeStanding, ...] = ()
    fault: str = ""


def vouch(services: Services) -> None:
    """Everything that is due: a checkpoint over what is new, its times, the day's mail."""
    if not bind(services):
        return
    for authority in services.authorities:
        if services.stopping():
            return
        _confirm(services, authority)
    _mail_head(services)


def bind(services: Services) -> bool:
    """Make a checkpoint if there is something new; False when the archive or the key cannot be used."""
    keyring, archive = services.keyring, services.archive
    try:
        if following := keyring.following():
            archive.hand_over(keyring.current(), following, now=services.clock())
            keyring.hand_over()
            log.info("signing_key_changed")
        made = archive.checkpoint(keyring.current(), now=services.clock())
    except ArchiveError as error:
        _tell(services, notices.ARCHIVE_STOPPED, str(error))
        return False
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds no key of this program"
        _tell(services, "The archive's signing key cannot be read", f"{keyring.file}: {why}")
        return False
    if made:
        log.info("checkpoint_made", sequence=made.size)
    return True


def standing(services: Services) -> EvidenceStanding:
    """How far the archive is vouched for now. Reads only."""
    try:
        found = services.archive.standing()
        times = tuple(_time_standing(services, found, authority.name) for authority in services.authorities)
    except ArchiveError as error:
        return EvidenceStanding(fault=str(error))
    newest = found.newest
    return EvidenceStanding(
        entries=found.entries,
        covered=newest.size if newest else 0,
        checkpoint=newest.number if newest else 0,
        checkpoint_at=newest.at if newest else None,
        key=newest.key if newest else "",
        times=times,
    )


def _time_standing(services: Services, found: Standing, authority: str) -> TimeStanding:
    waiting = services.archive.untimed(authority)
    last = found.times.get(authority)
    return TimeStanding(authority, last[1] if last else None, waiting[0].at if waiting else None)


def _confirm(services: Services, authority: TimeAuthority) -> None:
    """Ask for the time of the newest checkpoint: it covers all before it, so that no backlog is asked for."""
    archive, name = services.archive, authority.name
    waiting: tuple[Checkpoint, ...] = ()
    try:
        waiting = archive.untimed(name)
        last = archive.standing().times.get(name)
        if not waiting or (last and timedelta(0) <= services.clock() - last[1] < authority.every):
            return
        archive.keep_time(
            waiting[-1].number,
            name,
            authority.ask(waiting[-1].content),
            certificates=authority.certificates(),
            revocation_lists=authority.revocation_lists(),
            now=services.clock(),
        )
        log.info("time_confirmed", source=name, sequence=waiting[-1].size)
    except (ArchiveError, CannotCheck, TimestampError) as error:
        log.warning("time_not_confirmed", source=name, error=type(error).__name__)
        if waiting and services.clock() - waiting[0].at > PENDING_TOO_LONG:
            _tell(services, f"No time was confirmed by {name}", str(error))


def _mail_head(services: Services) -> None:
    """Once a day: whoever keeps these mails can show that the archive was not changed since (R75)."""
    settings, now = services.settings, services.clock()
    wanted = settings.evidence
    today = now.astimezone(services.zone).date().isoformat()
    to = [(office, notices.address(office, settings)) for office in wanted.head_mail_offices]
    to += [(Office.SYS_OPERATOR, address) for address in wanted.head_mail_addresses]
    try:
        found = services.archive.standing()
    except ArchiveError:
        return  # told by `bind` at the next run
    if found.newest is None:
        return
    announced = services.keyring.current().public
    for office, address in to:
        letter = notices.head_mail(services, f"head {today} {address}", found, announced, office, address)
        with services.store.transaction() as t:
            t.owe(letter)


def _tell(services: Services, headline: str, what: str) -> None:
    key = f"{headline} {services.clock().date().isoformat()}"
    with services.store.transaction() as t:
        t.owe(
            notices.operator_alert(
                services,
                key,
                headline,
                [("What happened", what)],
                "Run `school-monitor doctor`; it names the fault and its fix. Nothing is lost meanwhile.",
            )
        )
