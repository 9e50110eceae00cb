"""What an item means, written down: kept or forgotten, a finding, its capture, the mails owed.

`fresh` and `judge` read and decide outside any transaction; `file_all` writes inside the caller's one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor import triage
from monitor.decisions import keeping, schedule
from monitor.decisions.routing import barred, route
from monitor.jobs import notices
from monitor.jobs.services import Services
from monitor.model import (
    AlertKind,
    Assessment,
    CaptureMode,
    Item,
    ItemState,
    Matches,
    Policy,
    Routing,
    Source,
    Telling,
)
from monitor.store import Transaction
from monitor.store.rows import FindingRow, KeptItem, NewAlert


@dataclass(frozen=True, slots=True)
class Judged:
    """One item with everything the pure rooms say about it."""

    item: Item
    text_digest: str
    matches: Matches
    assessment: Assessment


def fresh(services: Services, source: Source, items: Sequence[Item]) -> tuple[list[Item], Mapping[Item, str]]:
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


def judge(services: Services, source: Source, items: Sequence[Item]) -> list[Judged]:
    if not items:
        return []
    watch = services.watch()
    own = source.official or source.school_context
    found = watch.matcher.scan([item.text for item in items], [own] * len(items))
    return [
        Judged(
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


def file_all(
    t: Transaction, services: Services, source: Source, judged: Sequence[Judged], now: datetime
) -> set[str]:
    """Write items, each known by another native id, in this order; returns the ids of those kept."""
    # Asked once for all: most items concern nobody, and a question for each would cost more than the rest.
    known = t.kept_items(source.platform, [one.item.native_id for one in judged])
    return {
        one.item.native_id
        for one in judged
        if _file(t, services, source, judged=one, kept=known.get(one.item.native_id), now=now)
    }


def _file(
    t: Transaction,
    services: Services,
    source: Source,
    *,
    judged: Judged,
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
    assessment = _with_history(t, judged, before, policy=policy, now=now)
    assessment = keeping.carried_on(before.assessment if before else None, assessment)
    plan = keeping.keep(assessment, policy, source)
    if plan.count and kept is None:
        t.count(_week(now.astimezone(services.zone)), plan.count, source.key)
    if not plan.keep_item and kept is None:
        return False
    item = judged.item
    if triage.keeps_masked(assessment):
        # Private details are not even stored: masked before the first row (A7, S7, O3).
        item = replace(item, text=triage.masked(item.text, judged.matches, assessment.reasons))
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
        if not plan.look_again:
            t.stop_rereads(item_id)
    if plan.finding or before:
        filed = _Filed(replace(judged, item=item, assessment=assessment), item_id, version, before)
        _find(t, services, filed, now=now)
    return True


def _with_history(
    t: Transaction, judged: Judged, before: FindingRow | None, *, policy: Policy, now: datetime
) -> Assessment:
    """Add A2 when the same account wrote about the same person within a year (3.4, R48)."""
    people = judged.assessment.identified
    if not people or not judged.item.author or not keeping.repeats(judged.assessment):
        return judged.assessment
    earlier = t.earlier_findings(
        platform=judged.item.platform,
        author=judged.item.author,
        people=people,
        since=now - keeping.REPEAT_WITHIN,
        before_id=before.id if before else None,
    )
    # A displayed name is a handle only within one site: two blogs may each have a "Sarah".
    host = urlsplit(judged.item.url).netloc
    counted = [
        row.reference
        for row in earlier
        if keeping.repeats(row.assessment) and urlsplit(row.item.item.url).netloc == host
    ]
    return keeping.with_repetition(judged.assessment, policy, counted)


@dataclass(frozen=True, slots=True)
class _Filed:
    """A kept item on its way to a finding; `before` is the finding that an earlier version led to."""

    judged: Judged
    item_id: int
    version: int
    before: FindingRow | None


@dataclass(frozen=True, slots=True)
class _Matter:
    """What a mail is about. `edition` tells its mails from those about an earlier view of it."""

    reference: str
    finding_id: int
    edition: str
    item: Item
    assessment: Assessment
    matches: Matches
    routing: Routing


def _find(t: Transaction, services: Services, filed: _Filed, *, now: datetime) -> None:
    """Write the finding or a new view of it, ask for its capture, and owe its mails."""
    policy, judged, before = services.settings.policy, filed.judged, filed.before
    assessment = judged.assessment
    routing = route(assessment, policy, filled=services.filled, delegates=services.delegates)
    if before is None:
        reference = t.next_reference(now.astimezone(services.zone).year)
        finding_id = t.add_finding(
            reference,
            filed.item_id,
            assessment=assessment,
            matches=judged.matches,
            routing=routing,
            retention=policy.categories[assessment.category].retention,
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
            f"{reference}-{filed.version}",
            judged.item.url,
            keeping.openable(assessment.capture, judged.item.url),
            trigger="automatic",
            now=now,
            finding_id=finding_id,
            version=filed.version,
        )
    matter = _Matter(
        reference=reference,
        finding_id=finding_id,
        edition=str(filed.version),
        item=judged.item,
        assessment=assessment,
        matches=judged.matches,
        routing=routing,
    )
    _tell(t, services, matter, before, now=now)


def note_suppressed_page(t: Transaction, services: Services, finding: FindingRow, now: datetime) -> None:
    """The page said on loading what forbids any request: the matter becomes a possible S2, whoever
    leads on safeguarding is told, and nothing of it is asked about again (R69)."""
    t.stop_rereads(finding.item.id)
    if finding.assessment.suppressed:
        return
    assessment = keeping.suppressed_by_page(finding.assessment)
    routing = route(
        assessment, services.settings.policy, filled=services.filled, delegates=services.delegates
    )
    t.add_assessment(
        finding.id,
        assessment,
        matches=finding.matches,
        routing=routing,
        by="machine",
        why="what the page said when it was opened",
        now=now,
    )
    matter = _Matter(
        reference=finding.reference,
        finding_id=finding.id,
        edition=f"{finding.item.version}-page",
        item=finding.item.item,
        assessment=assessment,
        matches=finding.matches,
        routing=routing,
    )
    _tell(t, services, matter, finding, now=now)


def _tell(
    t: Transaction, services: Services, matter: _Matter, before: FindingRow | None, *, now: datetime
) -> None:
    """Owe the mails, and take back what is still owed to anybody who may no longer know."""
    nobody = barred(matter.assessment, services.settings.policy, delegates=services.delegates)
    t.withdraw_alerts(matter.finding_id, nobody)
    if matter.routing.unroutable:
        t.owe(notices.nobody_left(services, matter.reference))
    for telling in _to_tell(before, matter.assessment, matter.routing):
        _owe_mail(t, services, matter, telling, now=now)


def _to_tell(before: FindingRow | None, assessment: Assessment, routing: Routing) -> tuple[Telling, ...]:
    """Whom to mail: everybody about a new or graver matter, else only those whom an edit brings in."""
    if keeping.tells_again(before.assessment if before else None, assessment):
        return routing.told
    told = {telling.office for telling in before.routing.told} if before else set()
    return tuple(telling for telling in routing.told if telling.office not in told)


def _owe_mail(
    t: Transaction, services: Services, matter: _Matter, telling: Telling, *, now: datetime
) -> None:
    """Owe one office its mail. The key makes a second call say nothing new."""
    settings, assessment = services.settings, matter.assessment
    waits = assessment.capture is not CaptureMode.NONE
    hold = timedelta(seconds=settings.schedule.hold_for_capture_s) if waits else timedelta(0)
    key = f"{matter.reference}/{matter.edition}/{telling.office.value}/{telling.part.value}"
    t.owe(
        NewAlert(
            key=key,
            kind=AlertKind.FINDING,
            office=telling.office,
            part=telling.part,
            address=notices.address(telling.office, settings),
            message_id=notices.message_id(services, key),
            thread=notices.message_id(services, matter.reference),
            date=now,
            not_before=schedule.mail_not_before(assessment.urgency, now=now, hold=hold, zone=services.zone),
            finding_id=matter.finding_id,
            facts=notices.notice(
                telling,
                matter.routing,
                reference=matter.reference,
                assessment=assessment,
                matches=matter.matches,
                item=matter.item,
                settings=settings,
                now=now,
            ),
        )
    )


def _week(local: datetime) -> str:
    year, week, _ = local.isocalendar()
    return f"{year}-W{week:02d}"
