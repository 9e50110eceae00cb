"""What keeps the rest honest: catching up after a kill, telling of silence, forgetting digests."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from monitor.decisions import schedule
from monitor.decisions.schedule import SourceState
from monitor.errors import ArchiveError
from monitor.evidence import open_archive
from monitor.jobs import notices
from monitor.jobs.services import Services

log = structlog.get_logger()

FORGET_SEEN_AFTER = timedelta(days=60)
"""Twice the longest look-back (R16); after that an item cannot come again by itself."""

REMIND_AFTER = timedelta(days=7)


def recover(services: Services) -> int:
    """Bring archive and index together after a kill; returns how many exhibits the index caught up.

    No exhibit stays without a row: what the chain holds and the index does not is entered. No row
    stays without exhibit: a capture that was wanted still is, and is taken up by `capture_due`.
    """
    now = services.clock()
    with services.store.transaction() as t:
        t.started(now)
        indexed = t.indexed()
        # A person's capture may be at work in another process right now.
        at_work = t.captures_at_work(now)
    try:
        open_archive(services.archive.root)  # Tries to write: the network manager hears of it now.
        services.archive.finish_erasures(now=now)
        services.archive.sweep(at_work)
    except ArchiveError as error:
        log.error("archive_not_writable", error=type(error).__name__)
        headline = notices.ARCHIVE_STOPPED
        with services.store.transaction() as t:
            t.owe(
                notices.operator_alert(
                    services,
                    f"{headline} {now.date().isoformat()}",
                    headline,
                    [("What happened", str(error))],
                    "Run `school-monitor doctor`; it names the fault and its fix. Nothing is lost meanwhile.",
                )
            )
        return 0
    caught_up = 0
    for seal in services.archive.seals():
        if seal.exhibit_id not in indexed:
            with services.store.transaction() as t:
                # A capture that still waits is finished by `capture_due`, with its outcome.
                if t.capture(seal.exhibit_id) is None:
                    t.add_exhibit(seal, None)
                    caught_up += 1
    return caught_up


def upkeep(services: Services) -> None:
    """Tell of sources nobody has heard from, note that the service lives, forget old digests."""
    now = services.clock()
    with services.store.transaction() as t:
        t.ticked(now)
        t.adopt_sources(services.settings.sources, now)
        states = t.source_states()
        t.forget_seen(now - FORGET_SEEN_AFTER)
        for source in services.settings.sources:
            state = states[source.key]
            since = schedule.silent_since(source, state, now)
            if since is None or not _due_to_tell(state, now):
                continue
            last = services.local(state.last_good_at) if state.last_good_at else "never"
            t.owe(
                notices.operator_alert(
                    services,
                    f"silent {source.key} {now.isoformat()}",
                    f"{source.key} has not been checked",
                    [
                        ("Source", source.key),
                        ("Last checked", last),
                        ("What happened", state.last_detail or "it has not been tried yet"),
                    ],
                    "Run `school-monitor doctor`; it names the fault and its fix.",
                )
            )
            t.told_operator(source.key, now)


def _due_to_tell(state: SourceState, now: datetime) -> bool:
    """Told once, and again every week while it lasts."""
    told = state.told_operator_at
    return told is None or schedule.lies_ahead(told, now) or now - told >= REMIND_AFTER
