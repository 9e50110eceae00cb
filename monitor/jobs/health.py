"""One health function for every face: `status`, the container's check, later the console and mails.

If two faces could disagree, they would. It says what is healthy, what is not checked, what waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.decisions import schedule
from monitor.decisions.schedule import SourceState
from monitor.jobs import vouching
from monitor.jobs.services import Services
from monitor.jobs.vouching import EvidenceStanding
from monitor.model import CaptureOutcome, Source
from monitor.store.rows import Waiting

CAPTURES_WAIT = timedelta(minutes=30)
"""Three attempts at a page take less; whatever waits longer is held up by something else."""


RECENT = timedelta(days=7)
"""How long a mail or a page that failed for good stays a fault that needs a person."""


class SourceWord(StrEnum):
    """The state of a source in one word."""

    HEALTHY = "healthy"
    LATE = "late"
    NOT_CHECKED = "not checked"
    OFF = "switched off"


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source: its word, and why."""

    key: str
    platform: str
    word: SourceWord
    why: str
    last_good_at: datetime | None
    next_poll_at: datetime | None


@dataclass(frozen=True, slots=True)
class SelfTestWord:
    """The last self-test of captures (R85): its exhibit and when it was sealed, "" and None when none was
    made yet; `passed` is None then."""

    exhibit_id: str = ""
    at: datetime | None = None
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """The whole service in words. `faults` is empty when nothing needs a person."""

    running: bool
    ticked_at: datetime | None
    practice_reasons: tuple[str, ...]
    sources: tuple[SourceHealth, ...]
    waiting: Waiting
    people: int
    self_test: SelfTestWord
    evidence: EvidenceStanding
    faults: tuple[str, ...]


def examine(services: Services) -> Health:
    """Look at the rows and say how things are. Reads only."""
    now = services.clock()
    with services.store.transaction() as t:
        states = t.source_states()
        waiting = t.waiting(since=now - RECENT)
        beat = t.heartbeat()
        register = t.register()
        tested = t.newest_page(self_test=True)
    self_test = (
        SelfTestWord(tested.exhibit_id, tested.sealed_at, tested.outcome is CaptureOutcome.COMPLETE)
        if tested
        else SelfTestWord()
    )
    evidence = vouching.standing(services)
    sources = tuple(judge(source, states.get(source.key), now) for source in services.settings.sources)
    quiet = timedelta(seconds=3 * services.settings.schedule.tick_s + 120)
    running = beat is not None and schedule.is_alive(beat.ticked_at, now, quiet=quiet)
    return Health(
        running=running,
        ticked_at=beat.ticked_at if beat else None,
        practice_reasons=services.settings.practice_reasons,
        sources=sources,
        waiting=waiting,
        people=register.people if register else 0,
        self_test=self_test,
        evidence=evidence,
        faults=(
            *faults(beat.ticked_at if beat else None, sources, waiting, now=now, running=running),
            *untrusted(self_test),
            *evidence_faults(evidence, now),
        ),
    )


def judge(source: Source, state: SourceState | None, now: datetime) -> SourceHealth:
    """The word for one source. Pure."""
    good = state.last_good_at if state else None

    def says(word: SourceWord, why: str) -> SourceHealth:
        return SourceHealth(
            source.key, source.platform, word, why, good, state.next_poll_at if state else None
        )

    if not source.enabled:
        return says(SourceWord.OFF, source.pause or "it is switched off in monitor.toml")
    if state is None or state.last_run_at is None:
        return says(SourceWord.NOT_CHECKED, "it has not been tried yet")
    if state.last_outcome is not None and not state.last_outcome.good:
        return says(SourceWord.NOT_CHECKED, state.last_detail or state.last_outcome.value.replace("_", " "))
    if schedule.silent_since(source, state, now):
        if good and schedule.lies_ahead(good, now):
            return says(
                SourceWord.LATE, "its last reading is noted in the future; check this machine's clock"
            )
        return says(SourceWord.LATE, "it has not been read for more than twice its interval")
    return says(SourceWord.HEALTHY, state.last_detail)


def untrusted(self_test: SelfTestWord) -> tuple[str, ...]:
    """That captures cannot be relied on, because the last self-test failed. Pure."""
    if self_test.passed is not False:
        return ()
    return (
        f"The last self-test of captures failed (exhibit {self_test.exhibit_id} says how). Run"
        " `school-monitor doctor`, which makes it again.",
    )


def evidence_faults(evidence: EvidenceStanding, now: datetime) -> tuple[str, ...]:
    """What about the archive's witnesses needs a person, each with what to do. Pure."""
    found = [evidence.fault] if evidence.fault else []
    for each in evidence.times:
        if each.pending_since is not None and now - each.pending_since > vouching.PENDING_TOO_LONG:
            hours = (now - each.pending_since) // timedelta(hours=1)
            found.append(
                f"{each.authority} has confirmed no time for {hours} hours. Run `school-monitor doctor`."
            )
    return tuple(found)


def faults(
    ticked_at: datetime | None,
    sources: tuple[SourceHealth, ...],
    waiting: Waiting,
    *,
    now: datetime,
    running: bool,
) -> tuple[str, ...]:
    """What needs a person, each with what to do. Pure."""
    found = []
    if not running and ticked_at and schedule.lies_ahead(ticked_at, now):
        found.append(
            "The service last looked for work at a time that lies ahead. Set this machine's clock, then"
            " start the service again with `school-monitor run`."
        )
    elif not running:
        found.append("The service is not running. Start it with `school-monitor run`.")
    unread = [source for source in sources if source.word in (SourceWord.NOT_CHECKED, SourceWord.LATE)]
    found += [f"{source.key} is not checked, because {source.why}." for source in unread]
    if waiting.alerts_refused:
        # Each has its next attempt in the future, so that it never looks overdue by itself.
        found.append(
            f"{waiting.alerts_refused} mails were not accepted yet and are tried again."
            " Run `school-monitor doctor`."
        )
    if waiting.oldest_alert_at and now - waiting.oldest_alert_at > timedelta(minutes=15):
        found.append("Mail has been waiting for more than 15 minutes. Run `school-monitor doctor`.")
    if waiting.alerts_failed:
        found.append(f"{waiting.alerts_failed} mails were refused for good. See `school-monitor doctor`.")
    if waiting.oldest_capture_at and (
        now - waiting.oldest_capture_at > CAPTURES_WAIT or schedule.lies_ahead(waiting.oldest_capture_at, now)
    ):
        found.append("Pages have waited to be saved for more than 30 minutes. Run `school-monitor doctor`.")
    if waiting.captures_failed:
        found.append(
            f"{waiting.captures_failed} pages could not be saved. `school-monitor exhibits` names them."
        )
    return tuple(found)
