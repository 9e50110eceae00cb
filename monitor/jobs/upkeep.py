"""What keeps the rest honest: catching up after a kill, telling of silence, forgetting digests."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

import monitor
from monitor.decisions import schedule
from monitor.errors import ArchiveError
from monitor.jobs import notices
from monitor.jobs.polling import message_id
from monitor.jobs.services import Services

log = structlog.get_logger()

FORGET_SEEN_AFTER = timedelta(days=60)
"""Twice the longest look-back (R16); after that an item cannot come again by itself."""


def recover(services: Services) -> int:
    """Bring archive and index together after a kill; returns how many exhibits the index caught up.

    No exhibit stays without a row: what the chain holds and the index does not is entered. No row
    stays without exhibit: a capture that was wanted still is, and is taken up by `capture_due`.
    """
    now = services.clock()
    with services.store.transaction() as t:
        t.started(monitor.__version__, now)
        indexed = t.indexed()
    try:
        services.archive.finish_erasures(now=now)
        services.archive.sweep(())
    except ArchiveError as error:
        log.error("archive_not_writable", error=type(error).__name__)
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
            if since is None or state.told_operator_at is not None:
                continue
            key = f"silent {source.key} {since.isoformat()}"
            t.owe(
                notices.operator_alert(
                    key,
                    f"{source.key} has not been checked",
                    [
                        ("Source", source.key),
                        ("Last checked", _when(services, state.last_good_at) or "never"),
                        ("What happened", state.last_detail or "it has not been tried yet"),
                    ],
                    "Run `school-monitor doctor`; it names the fault and its fix.",
                    settings=services.settings,
                    message_id=message_id(services, key),
                    now=now,
                )
            )
            t.told_operator(source.key, now)


def _when(services: Services, moment: datetime | None) -> str:
    return f"{moment.astimezone(services.zone):%a %d %b %Y, %H:%M}" if moment else ""
