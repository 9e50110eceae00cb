"""When: polling, looking again, retrying, mailing, and when silence is a fault. Pure.

Every `now` is aware UTC. Times that people live by (07:30) are given with their time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.model import RunOutcome, Source, Urgency

MORNING = time(7, 30)
"""When what can wait is mailed (domain study 3.3). Outside 01:00 to 02:00, which happens twice or
not at all when the clocks change."""

CLOCK_SLACK = timedelta(minutes=1)
"""How far ahead a time may be noted before a clock was wrong: machines are corrected by seconds."""

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)
LONGEST_BACK_OFF = timedelta(days=7)
REREADS = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
    timedelta(days=30),
)


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the rows say about one Source. `last_good_at` is None until it was read once."""

    key: str
    added_at: datetime
    next_poll_at: datetime
    last_run_at: datetime | None = None
    last_good_at: datetime | None = None
    last_outcome: RunOutcome | None = None
    last_detail: str = ""
    failures: int = 0
    told_operator_at: datetime | None = None

    @property
    def answers(self) -> bool:
        """Whether its last run was good, or it has not been tried yet."""
        return self.last_outcome is None or self.last_outcome.good


def is_due(state: SourceState, now: datetime) -> bool:
    """Whether the source may be polled now.

    Also when its plan was made by a clock that was ahead: else a source would rest until the day that
    clock thought it was. A time that the platform asked for stays (R15).
    """
    if state.next_poll_at <= now:
        return True
    return lies_ahead(state.last_run_at or state.added_at, now) and (
        state.last_outcome is not RunOutcome.RATE_LIMITED
    )


def lies_ahead(noted: datetime, now: datetime) -> bool:
    """Whether something is noted as done in the future: this machine's clock was ahead, or is behind."""
    return noted - now > CLOCK_SLACK


def is_alive(ticked_at: datetime, now: datetime, *, quiet: timedelta) -> bool:
    """Whether the service looked for work within the last `quiet`. A time that lies ahead proves nothing."""
    return now - ticked_at <= quiet and not lies_ahead(ticked_at, now)


def next_poll(
    source: Source,
    outcome: RunOutcome,
    failures: int,
    *,
    now: datetime,
    jitter: float,
    until: datetime | None = None,
) -> datetime:
    """When to poll again. `failures` counts the runs in a row that were not good, this one included;
    `jitter` is a number from 0 to 1 that spreads sources over a tenth of their interval; `until` is
    what the platform asked for, which always wins over an earlier time (R15)."""
    spread = source.interval * (0.1 * jitter)
    if outcome.good or outcome is RunOutcome.NOT_CHECKED:
        planned = now + source.interval + spread
    elif outcome in (RunOutcome.CREDENTIALS_REFUSED, RunOutcome.GONE):
        # Asking again at the usual pace would look like guessing at a locked door.
        planned = now + max(source.interval, timedelta(hours=6)) + spread
    else:
        planned = now + min(source.interval * (1 << min(max(failures - 1, 0), 20)), LONGEST_BACK_OFF) + spread
    return max(planned, until) if until else planned


def silent_since(source: Source, state: SourceState, now: datetime) -> datetime | None:
    """The time since which nobody knows what this source says, if that is longer than twice its
    interval (promise 2); None while it is fresh or deliberately switched off.

    A reading noted further ahead than the interval says nothing of when it was: the source counts as
    silent from now on. Nor may it rest for longer than its pace after a good reading."""
    if not source.enabled:
        return None
    since = state.last_good_at or state.added_at
    planned = state.next_poll_at if state.answers else now
    if since - now > source.interval or planned - now > 2 * source.interval:
        return min(since, now)
    return since if now - since > 2 * source.interval else None


def retry_at(attempts: int, now: datetime) -> datetime:
    """When to try a capture or a mail again after `attempts` failed ones: 1, 2, 4 ... 60 minutes."""
    return now + min(FIRST_RETRY * (1 << min(max(attempts - 1, 0), 10)), LONGEST_RETRY)


def next_reread(first_seen: datetime, rereads: int) -> datetime | None:
    """When to look again at an item we keep: 1 h, 6 h, 1, 3, 7 and 30 days after it was found."""
    return first_seen + REREADS[rereads] if rereads < len(REREADS) else None


def mail_not_before(urgency: Urgency, *, now: datetime, hold: timedelta, zone: ZoneInfo) -> datetime:
    """The earliest time for a mail. U0 never waits; U1 and U2 give the capture `hold` to finish; the
    rest waits for the next morning, 07:30 by the school's clock."""
    if urgency is Urgency.U0:
        return now
    if waits_for_capture(urgency):
        return now + hold
    return next_morning(now, zone)


def waits_for_capture(urgency: Urgency) -> bool:
    """Whether a mail waits for its saved copy and for nothing else, so that it may go once that is done."""
    return urgency in (Urgency.U1, Urgency.U2)


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """The next 07:30 on the school's clock strictly after `now`, as UTC."""
    local = now.astimezone(zone)
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, tzinfo=zone).astimezone(UTC)
