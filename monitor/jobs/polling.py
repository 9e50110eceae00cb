"""Poll a source, match, judge, and write what follows in one commit; look again at what is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from monitor import triage
from monitor.decisions import keeping, schedule
from monitor.decisions.routing import route
from monitor.decisions.schedule import SourceState
from monitor.errors import (
    CollectError,
    CredentialsRefused,
    NotConfigured,
    RateLimited,
    SourceGone,
    UnexpectedResponse,
    where_raised,
)
from monitor.jobs import notices
from monitor.jobs.services import Services
from monitor.model import (
    AlertKind,
    Assessment,
    CaptureMode,
    Item,
    ItemState,
    Matches,
    Page,
    Routing,
    RunOutcome,
    Source,
)
from monitor.store import Transaction
from monitor.store.rows import FindingRow, KeptItem, NewAlert, RunRecord

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
        if source.enabled and schedule.is_due(states[source.key], now):
            run = poll_source(services, source)
            if run:
                runs.append(run)
    return runs


def make_due(services: Services, sources: Sequence[Source]) -> None:
    """Make sources due at once, because a person asked for it."""
    now = services.clock()
    with services.store.transaction() as t:
        t.adopt_sources(sources, now)
        for source in sources:
            t.poll_now(source.key, now)


def poll_source(services: Services, source: Source) -> RunRecord | None:
    """One run of one source, whatever happens; None when somebody else has it or it is not due."""
    started = services.clock()
    token = services.token()
    with services.store.transaction() as t:
        if not t.claim_source(source.key, token, now=started, until=services.lease(started)):
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
    """Look again at kept items whose time has come; returns how many had changed."""
    changed = 0
    for source in services.settings.sources:
        if source.enabled and not services.stopping():
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


@dataclass(frozen=True, slots=True)
class _Judged:
    """One item with everything the pure rooms say about it."""

    item: Item
    text_digest: str
    matches: Matches
    assessment: Assessment


def _take_in(services: Services, source: Source, page: Page, run: RunRecord | None) -> int:
    """Write what a page means in one commit: items, findings, captures, alerts, counts, cursor and,
    when it is the last page, the run. Returns how many items were kept."""
    fresh, digests = _fresh(services, source, page.items)
    judged = _judge(services, source, fresh)
    now = services.clock()
    with services.store.transaction() as t:
        # Oldest first, whatever the order of the page: the later of two is the repetition (A2).
        in_order = sorted(judged, key=lambda one: one.item.posted_at or now)
        kept = _file_all(t, services, source, in_order, now)
        t.remember_seen([digests[item] for item in fresh if item.native_id not in kept], now)
        t.save_cursor(source.key, page.cursor)
        if run:
            t.finish_run(
                replace(run, items_kept=run.items_kept + len(kept)),
                schedule.next_poll(source, run.outcome, 0, now=now, jitter=services.jitter()),
            )
    return len(kept)


def _fresh(
    services: Services, source: Source, items: Sequence[Item]
) -> tuple[list[Item], Mapping[Item, str]]:
    """The items whose words were not taken in before, and the keyed digest of each."""
    digests = {
        item: services.fingerprint(f"{item.platform}\n{item.native_id}\n{item.text}") for item in items
    }
    with services.store.transaction() as t:
        unseen = t.unseen(list(digests.values()))
        kept = t.kept_items(source.platform, [item.native_id for item in items])
    fresh = []
    for item in {item.native_id: item for item in items}.values():
        known = kept.get(item.native_id)
        if known is None:
            if digests[item] in unseen and item.state is ItemState.PRESENT:
                fresh.append(item)
        elif item.state is not known.item.state or _words_changed(services, item, known):
            fresh.append(item)
    return fresh, digests


def _words_changed(services: Services, item: Item, known: KeptItem) -> bool:
    return item.state is ItemState.PRESENT and services.fingerprint(item.text) != known.text_digest


def _judge(services: Services, source: Source, items: Sequence[Item]) -> list[_Judged]:
    if not items:
        return []
    watch = services.watch()
    own = source.official or source.school_context
    found = watch.matcher.scan([item.text for item in items], [own] * len(items))
    return [
        _Judged(
            item=item,
            text_digest=services.fingerprint(item.text),
            matches=matches,
            assessment=triage.assess(
                item,
                matches,
                watch.people,
                services.settings.policy,
                own_source=own,
                own_channel=source.official,
            ),
        )
        for item, matches in zip(items, found, strict=True)
    ]


def _file_all(
    t: Transaction, services: Services, source: Source, judged: Sequence[_Judged], now: datetime
) -> set[str]:
    """Write items, each known by another native id, in this order; returns the ids of those kept."""
    # Asked once for all: most items concern nobody, and a question for each would cost more than the rest.
    known = t.kept_items(source.platform, [one.item.native_id for one in judged])
    return {
        one.item.native_id
        for one in judged
        if _file(t, services, source, one, known.get(one.item.native_id), now)
    }


def _file(
    t: Transaction,
    services: Services,
    source: Source,
    judged: _Judged,
    kept: KeptItem | None,
    now: datetime,
) -> bool:
    """Write one item and what follows from it; False when it concerns nobody and is not kept."""
    if judged.item.state is ItemState.REMOVED:
        if kept:
            t.change_item(kept, judged.item, text_digest=kept.text_digest, now=now)
        return kept is not None
    policy = services.settings.policy
    before = t.finding_of(kept.id) if kept else None
    assessment = _with_history(t, judged, before, policy_of=services, now=now)
    plan = keeping.keep(assessment, policy, source)
    if plan.count and kept is None:
        t.count(_week(now.astimezone(services.zone)), plan.count, source.key)
    if not plan.keep_item and kept is None:
        return False
    item = judged.item
    if plan.capture is CaptureMode.REFERENCE:
        # Private details are not even stored: masked before the first row (A7, S7, O3).
        item = replace(item, text=triage.masked(item.text, judged.matches))
    if kept is None:
        item_id = t.add_item(
            item,
            source_key=source.key,
            official=source.official,
            text_digest=judged.text_digest,
            now=now,
            next_reread_at=schedule.next_reread(now, 0) if plan.look_again else None,
        )
        version = 1
    else:
        changed = t.change_item(kept, item, text_digest=judged.text_digest, now=now)
        item_id, version = changed.id, changed.version
    if plan.finding or before:
        _find(t, services, replace(judged, item=item, assessment=assessment), item_id, version, before, now)
    return True


def _with_history(
    t: Transaction, judged: _Judged, before: FindingRow | None, *, policy_of: Services, now: datetime
) -> Assessment:
    """Add A2 when the same account wrote about the same person within a year (3.4, R48)."""
    people = {
        person
        for subject in judged.assessment.subjects
        if subject.certain and len(subject.person_ids) == 1
        for person in subject.person_ids
    }
    if not people or not judged.item.author or not keeping.repeats(judged.assessment):
        return judged.assessment
    earlier = t.earlier_findings(
        platform=judged.item.platform,
        author=judged.item.author,
        people=people,
        since=now - keeping.REPEAT_WITHIN,
        other_than=before.id if before else None,
    )
    counted = [
        reference
        for reference, codes in earlier.items()
        if keeping.REPEATED.intersection(codes) and _came_before(t, reference, before)
    ]
    return keeping.with_repetition(judged.assessment, policy_of.settings.policy, counted)


def _came_before(t: Transaction, reference: str, before: FindingRow | None) -> bool:
    """Whether a finding is older than the one that is judged again: an edit of the first of two must not
    make the first the repetition."""
    other = t.finding(reference)
    return before is None or (other is not None and other.id < before.id)


def _find(
    t: Transaction,
    services: Services,
    judged: _Judged,
    item_id: int,
    version: int,
    before: FindingRow | None,
    now: datetime,
) -> None:
    """Write the finding or a new view of it, ask for its capture, and owe its mails."""
    settings = services.settings
    assessment = judged.assessment
    routing = route(assessment, settings.policy, filled=services.filled, delegates=services.delegates)
    if before is None:
        reference = t.next_reference(now.astimezone(services.zone).year)
        finding_id = t.add_finding(
            reference,
            item_id,
            assessment=assessment,
            matches=judged.matches,
            routing=routing,
            retention=settings.policy.categories[assessment.category].retention,
            now=now,
        )
    else:
        reference, finding_id = before.reference, before.id
        t.add_assessment(
            finding_id,
            assessment,
            matches=judged.matches,
            routing=routing,
            by="machine",
            why="the words changed",
            now=now,
        )
    if assessment.capture is not CaptureMode.NONE:
        t.want_capture(
            f"{reference}-{version}",
            judged.item.url,
            keeping.openable(assessment.capture, judged.item.url),
            trigger="automatic",
            now=now,
            finding_id=finding_id,
            version=version,
        )
    if routing.unroutable:
        _tell_unroutable(t, services, reference, now)
    if keeping.tells_again(before.assessment if before else None, assessment):
        owe_mails(
            t, services, judged, routing, reference=reference, finding_id=finding_id, version=version, now=now
        )


def _tell_unroutable(t: Transaction, services: Services, reference: str, now: datetime) -> None:
    """Nobody independent is left to tell (R54): the matter stays sealed, and somebody must know that."""
    key = f"unroutable {reference}"
    t.owe(
        notices.operator_alert(
            key,
            "A finding could not be given to anybody",
            [("Reference", reference), ("Why", "every office that could be told is or may be concerned")],
            "Ask the Data Protection Officer or the local authority who is to handle it. Do not open it.",
            settings=services.settings,
            message_id=message_id(services, key),
            now=now,
        )
    )


def owe_mails(
    t: Transaction,
    services: Services,
    judged: _Judged,
    routing: Routing,
    *,
    reference: str,
    finding_id: int,
    version: int,
    now: datetime,
) -> None:
    """Owe one mail to each office that is told. The key makes a second call say nothing new."""
    settings = services.settings
    assessment = judged.assessment
    opens = assessment.capture is not CaptureMode.NONE
    hold = timedelta(seconds=settings.schedule.hold_for_capture_s) if opens else timedelta(0)
    not_before = schedule.mail_not_before(assessment.urgency, now=now, hold=hold, zone=services.zone)
    for telling in routing.told:
        key = f"{reference}/{version}/{telling.office.value}/{telling.part.value}"
        holder = settings.holders.get(telling.office)
        t.owe(
            NewAlert(
                key=key,
                kind=AlertKind.FINDING,
                office=telling.office,
                part=telling.part,
                address=(holder.address if holder else "") or notices.practice_address(telling.office),
                message_id=message_id(services, key),
                thread=message_id(services, reference),
                date=now,
                not_before=not_before,
                finding_id=finding_id,
                facts=notices.notice(
                    telling,
                    routing,
                    reference=reference,
                    assessment=assessment,
                    matches=judged.matches,
                    item=judged.item,
                    settings=settings,
                    now=now,
                ),
            )
        )


def message_id(services: Services, key: str) -> str:
    """A Message-ID (RFC 5322 3.6.4) that is the same for the same key, whenever it is asked for."""
    domain = services.settings.mail.sender.rpartition("@")[2] or "school-monitor.invalid"
    return f"<{services.fingerprint(f'mail {key}')}@{domain}>"


def _week(local: datetime) -> str:
    year, week, _ = local.isocalendar()
    return f"{year}-W{week:02d}"


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
    with services.store.transaction() as t:
        t.finish_run(run, next_at)
        if outcome in _TELL_AT_ONCE and before.told_operator_at is None:
            _tell_operator(t, services, source, run, next_at)
    return run


def _tell_operator(
    t: Transaction, services: Services, source: Source, run: RunRecord, next_at: datetime
) -> None:
    key = f"source {source.key} {run.started_at.isoformat()}"
    local = next_at.astimezone(services.zone)
    t.owe(
        notices.operator_alert(
            key,
            f"{source.key} could not be checked",
            [("Source", source.key), ("What happened", run.detail), ("Next try", f"{local:%a %d %b, %H:%M}")],
            "Run `school-monitor doctor`; it names the fault and its fix.",
            settings=services.settings,
            message_id=message_id(services, key),
            now=run.finished_at,
        )
    )
    t.told_operator(source.key, run.finished_at)


# --- looking again -------------------------------------------------------------------------------


def _reread(services: Services, source: Source, known: Sequence[KeptItem]) -> int:
    if not known:
        return 0
    try:
        seen = services.open_collector(source).reread(source, [kept.item for kept in known])
    except CollectError as error:
        # The poll of the same source reports the same fault; the items stay due.
        log.info("reread_failed", source=source.key, error=type(error).__name__)
        return 0
    changed, _digests = _fresh(services, source, seen)
    judged = _judge(services, source, changed)
    now = services.clock()
    with services.store.transaction() as t:
        _file_all(t, services, source, judged, now)
        for kept in known:
            t.reread(kept.id, schedule.next_reread(kept.fetched_at, kept.rereads + 1))
    return len(changed)
