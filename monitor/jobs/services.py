"""What the jobs are given: our own rooms, and the outside world behind `monitor.ports`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.evidence import Archive, Keyring
from monitor.matching import Matcher
from monitor.model import Message, Notice, Office, OperatorNotice, Person, Source
from monitor.ports import Browser, Clock, Collector, Fingerprint, TimeAuthority, Transport
from monitor.settings import Settings
from monitor.store import Store


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom and what matching looks for, compiled once for each version of the Register."""

    people: Mapping[str, Person]
    matcher: Matcher


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a job may use. `stopping` turns True when the service was asked to stop; `jitter`
    gives numbers from 0 to 1."""

    settings: Settings
    store: Store
    archive: Archive
    keyring: Keyring
    authorities: tuple[TimeAuthority, ...]
    clock: Clock
    watch: Callable[[], Watch]
    open_collector: Callable[[Source], Collector]
    browser: Browser
    transport: Transport
    compose: Callable[[Notice | OperatorNotice], Message]
    fingerprint: Fingerprint
    jitter: Callable[[], float]
    stopping: Callable[[], bool]

    @property
    def zone(self) -> ZoneInfo:
        """The zone that the school's people live by."""
        return ZoneInfo(self.settings.timezone)

    @property
    def delegates(self) -> Mapping[Office, tuple[Office, ...]]:
        """Who else can open an office's mailbox; they count as recipients (R59)."""
        return {office: holder.delegates for office, holder in self.settings.holders.items()}

    @property
    def filled(self) -> frozenset[Office] | None:
        """The offices that somebody fills; None, all of them, in practice mode (nobody's mail leaves)."""
        if self.settings.practice:
            return None
        return frozenset(office for office, holder in self.settings.holders.items() if holder.address)

    def local(self, moment: datetime) -> str:
        """A time as the school's people read it, with its zone."""
        return f"{moment.astimezone(self.zone):%a %d %b %Y, %H:%M %Z}"

    def lease(self, now: datetime) -> datetime:
        """Until when a row taken now is ours."""
        return now + timedelta(seconds=self.settings.schedule.lease_s)
