"""Once a day on which a page was saved: capture a page of our own, and seal it beside that day's (R85)."""

from __future__ import annotations

from datetime import datetime

from monitor.jobs.capturing import capture_now
from monitor.jobs.services import Services
from monitor.model import SELF_TEST, CaptureMode

_ADDRESS = "a page of School Monitor's own"


def self_test_due(services: Services) -> bool:
    """Make the day's self-test when a page was saved today and none was made; say whether one was.

    The exhibit is named by the day, so a second one cannot be wanted, whatever moment this is killed at.
    """
    now = services.clock()
    exhibit_id = f"T-{_day(services, now)}"
    with services.store.transaction() as t:
        newest = t.newest_page(self_test=False)
        if newest is None or newest.sealed_at is None or t.capture(exhibit_id) is not None:
            return False
        if _day(services, newest.sealed_at) != _day(services, now):
            return False
        t.want_capture(exhibit_id, _ADDRESS, CaptureMode.FULL, trigger=SELF_TEST, now=now)
    capture_now(services, exhibit_id)
    return True


def _day(services: Services, moment: datetime) -> str:
    return f"{moment.astimezone(services.zone):%Y%m%d}"
