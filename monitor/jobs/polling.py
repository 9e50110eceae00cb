"""Poll a source, take in what it brings, say how the run ended; look again at what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from monitor.decisions import schedule
from monitor.decisions.schedule import SourceState
from monitor.errors import (
    CollectError,
    CredentialsRefused,
    NotConfigured,
    RateLimited,
    SourceGone,
    SourceUnavailable,
    UnexpectedResponse,
    where_raised,
)
from monitor.jobs import filing, notices
from monitor.jobs.services import Services
from monitor.model import Item, Page, RunOutcome, Source
from monitor.store import Transaction
from monitor.store.rows import KeptItem, RunRecord

log = structlog.get_logger()

MOST_PAGES = 50
"""How many pages one run reads; the cursor says where the next run goes on."""

_OUTCOMES: tuple[tuple[type[CollectError], RunOutcome], ...] = (
    (NotConfigured, RunOutcome.NOT_CHECKED),
    (RateLimited, RunOutcome.RATE_LIMITED),
    (CredentialsRefused, RunOutcome.CREDENTIALS_REFUSED),
    (SourceGone, RunOutcome.GONE),
    (UnexpectedResponse, RunOutcome.UNEXPECTED),
)

_TELL_AT_ONCE = frozenset(
    {RunOutcome.CREDENTIALS_REFUSED, RunOutcome.GONE, RunOutcome.UNEXPECTED, RunOutcome.CRASHED}
)
"""Faults that waiting does not mend; the others are told once the source is silent too long."""


def poll_due(services: Services) -> list[RunRecord]:
    """Poll every source that is due; returns the runs made."""
    now = services.clock()
    with services.store.transaction() as t:
        t.adopt_sources(services.settings.sources, now)
        states = t.source_states()
    runs = []
    for source in services.settings.sources:
        if services.stopping():
            break
        state = states[source.key]
        if source.enabled and schedule.is_due(state, now):
            if state.next_poll_at > now:
                # Planned by a clock that was ahead: the plan is wrong, not the source.
                make_due(services, [source])
            run = poll_source(services, source)
            if run:
                runs.append(run)
    return runs


def make_due(services: Services, sources: Sequence[Source]) -> None:
    """Make sources due at once, because a person asked for it; a time that the platform asked for stays."""
    now = services.clock()
    with services.store.transaction() as t:
        t.adopt_sources(sources, now)
        for source in sources:
            t.poll_now(source.key, now)


@dataclass(frozen=True, slots=True)
class Collected:
    """What asking one source now brought, in the words of whoever asked. `good` is False when it could
    not be read; one that is switched off is no fault."""

    source: str
    outcome: str
    detail: str
    items: int = 0
    kept: int = 0
    changed: int = 0
    good: bool = True


def collect(services: Services, source: Source) -> Collected:
    """Poll one source that is due, and look again at what is kept of it."""
    if not source.enabled:
        return Collected(source.key, "switched_off", source.pause)
    run = poll_source(services, source)
    if run is None:
        return Collected(source.key, "not_now", "it is being polled, or its platform asked us to wait")
    changed = reread_source(services, source) if run.outcome.good else 0
    return Collected(
        source=source.key,
        outcome=run.outcome.value,
        detail=run.detail,
        items=run.items_seen,
        kept=run.items_kept,
        changed=changed,
        good=run.outcome.good,
    )


def poll_source(services: Services, source: Source) -> RunRecord | None:
    """One run of one source, whatever happens; None when somebody else has it or it is not due."""
    started = services.clock()
    with services.store.transaction() as t:
        if not t.claim_source(source.key, now=started, until=services.lease(started)):
            return None
        cursor = t.cursor(source.key)
        before = t.source_states()[source.key]
    tally = _Tally()
    try:
        run = _read(services, source, cursor, started, tally)
    except CollectError as error:
        run = _failed_run(services, source, started, error, tally, before)
    except Exception as error:  # noqa: BLE001 - a bug in one source must not stop the others
        log.error("source_crashed", source=source.key, error=type(error).__name__, where=where_raised(error))
        run = _failed_run(services, source, started, error, tally, before)
    log.info(
        "source_polled",
        source=source.key,
        outcome=run.outcome.value,
        items_seen=tally.seen,
        items_kept=tally.kept,
    )
    return run


def reread_due(services: Services) -> int:
    """Look again at kept items whose time has come; returns how many had changed. A source that does
    not answer is not asked this either: its poll says when it may be (R15)."""
    changed = 0
    with services.store.transaction() as t:
        states = t.source_states()
    for source in services.settings.sources:
        state = states.get(source.key)
        if source.enabled and state and state.answers and not services.stopping():
            with services.store.transaction() as t:
                known = t.due_rereads(source.key, services.clock())
            changed += _reread(services, source, known)
    return changed


def reread_source(services: Services, source: Source) -> int:
    """Look again now at everything of this source that may be looked at; returns how many changed."""
    with services.store.transaction() as t:
        known = t.rereadable(source.key)
    return _reread(services, source, known)


# --- taking in a page ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """What a run has brought so far; it outlives the error that ends the run."""

    seen: int = 0
    kept: int = 0
    notes: tuple[str, ...] = ()


def _read(
    services: Services, source: Source, cursor: str | None, started: datetime, tally: _Tally
) -> RunRecord:
    """Read page after page, each taken in with its own commit, the last together with the run."""
    collector = services.open_collector(source)
    for number in range(1, MOST_PAGES + 1):
        page = collector.poll(source, cursor)
        cursor = page.cursor
        tally.seen += len(page.items)
        tally.notes = tuple(dict.fromkeys((*tally.notes, *page.notes)))
        last = not page.more or number == MOST_PAGES or services.stopping()
        run = _good_run(source, started, tally, services) if last else None
        tally.kept += _take_in(services, source, page, run)
        if run:
            return replace(run, items_kept=tally.kept)
    raise AssertionError("the last page always ends the run")


def _take_in(services: Services, source: Source, page: Page, run: RunRecord | None) -> int:
    """Write what a page means in one commit: items, findings, captures, alerts, counts, cursor and,
    when it is the last page, the run. Returns how many items were kept."""
    fresh, digests = filing.fresh(services, source, page.items)
    judged = filing.judge(services, source, fresh)
    now = services.clock()
    with services.store.transaction() as t:
        # Oldest first, whatever the order of the page: the later of two is the repetition (A2).
        in_order = sorted(judged, key=lambda one: one.item.posted_at or now)
        kept = filing.file_all(t, services, source, in_order, now)
        t.remember_seen([digests[item] for item in fresh if item.native_id not in kept], now)
        t.save_cursor(source.key, page.cursor)
        if run:
            t.finish_run(
                replace(run, items_kept=run.items_kept + len(kept)),
                schedule.next_poll(source, run.outcome, 0, now=now, jitter=services.jitter()),
            )
    return len(kept)


# --- how a run ended -----------------------------------------------------------------------------


def _good_run(source: Source, started: datetime, tally: _Tally, services: Services) -> RunRecord:
    return RunRecord(
        source_key=source.key,
        started_at=started,
        finished_at=services.clock(),
        outcome=RunOutcome.FOUND if tally.seen else RunOutcome.NOTHING_NEW,
        detail="; ".join(tally.notes),
        items_seen=tally.seen,
        items_kept=tally.kept,
    )


def _failed_run(
    services: Services,
    source: Source,
    started: datetime,
    error: Exception,
    tally: _Tally,
    before: SourceState,
) -> RunRecord:
    outcome = RunOutcome.UNAVAILABLE if isinstance(error, CollectError) else RunOutcome.CRASHED
    outcome = next((found for kind, found in _OUTCOMES if isinstance(error, kind)), outcome)
    detail = error.detail if isinstance(error, CollectError) else "a fault in this program; it was logged"
    now = services.clock()
    run = RunRecord(source.key, started, now, outcome, detail, tally.seen, tally.kept)
    until = error.until if isinstance(error, RateLimited) else None
    next_at = schedule.next_poll(
        source, outcome, before.failures + 1, now=now, jitter=services.jitter(), until=until
    )
    if isinstance(error, UnexpectedResponse):
        _keep_body(services, source, error.body)
    with services.store.transaction() as t:
        t.finish_run(run, next_at)
        if outcome in _TELL_AT_ONCE and before.told_operator_at is None:
            _tell_operator(t, services, source, run, next_at)
    return run


def _keep_body(services: Services, source: Source, body: bytes) -> None:
    """Keep the newest answer that made no sense, for whoever has to find out what the platform changed.
    It may hold what people wrote, so only the service's user can read it."""
    folder = services.settings.storage.data / "unexpected"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{source.key}.body"
    path.touch(mode=0o600)
    path.write_bytes(body)


def _tell_operator(
    t: Transaction, services: Services, source: Source, run: RunRecord, next_at: datetime
) -> None:
    t.owe(
        notices.operator_alert(
            services,
            f"source {source.key} {run.started_at.isoformat()}",
            f"{source.key} could not be checked",
            [
                ("Source", source.key),
                ("What happened", run.detail),
                ("Next try", services.local(next_at)),
            ],
            "Run `school-monitor doctor`; it names the fault and its fix.",
        )
    )
    t.told_operator(source.key, run.finished_at)


# --- looking again -------------------------------------------------------------------------------


def _reread(services: Services, source: Source, known: Sequence[KeptItem]) -> int:
    if not known:
        return 0
    try:
        seen = services.open_collector(source).reread(source, [kept.item for kept in known])
        return _take_in_changes(services, source, known, seen)
    except Exception as error:  # noqa: BLE001 - a bug in one source must not stop the others
        log.error("reread_failed", source=source.key, error=type(error).__name__, where=where_raised(error))
        _put_off(services, source, known, error)
        return 0


def _put_off(services: Services, source: Source, known: Sequence[KeptItem], error: Exception) -> None:
    """The items wait; what waiting does not mend is told once a day, for the polls may still be good."""
    now = services.clock()
    until = now + source.interval
    if isinstance(error, RateLimited) and error.until:
        until = max(until, error.until)
    with services.store.transaction() as t:
        t.put_off_rereads([kept.id for kept in known], until)
        if not isinstance(error, (SourceUnavailable, RateLimited)):
            detail = error.detail if isinstance(error, CollectError) else "a fault in this program"
            t.owe(
                notices.operator_alert(
                    services,
                    f"reread {source.key} {now.date().isoformat()}",
                    f"{source.key}: edits are not seen",
                    [("Source", source.key), ("What happened", detail)],
                    "New posts are still read. Run `school-monitor doctor`.",
                )
            )


def _take_in_changes(
    services: Services, source: Source, known: Sequence[KeptItem], seen: Sequence[Item]
) -> int:
    changed, _digests = filing.fresh(services, source, seen)
    judged = filing.judge(services, source, changed)
    now = services.clock()
    with services.store.transaction() as t:
        filing.file_all(t, services, source, judged, now)
        for kept in known:
            t.reread(kept.id, schedule.next_reread(kept.fetched_at, kept.rereads + 1))
    return len(changed)
