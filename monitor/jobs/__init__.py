"""What the clock starts: recover, poll, look again, capture, vouch, deliver, watch.

Each job finds due rows, claims one, acts outside any transaction, and writes the outcome in one
commit. Doing a job twice changes nothing; a job killed at any moment is taken up again.
"""

from monitor.jobs.capturing import capture_due, capture_now
from monitor.jobs.delivering import deliver_due
from monitor.jobs.health import Health, SelfTestWord, SourceHealth, SourceWord, examine
from monitor.jobs.polling import (
    Collected,
    collect,
    make_due,
    poll_due,
    poll_source,
    reread_due,
    reread_source,
)
from monitor.jobs.self_testing import self_test_due
from monitor.jobs.services import Services, Watch
from monitor.jobs.upkeep import recover, upkeep
from monitor.jobs.vouching import EvidenceStanding, TimeStanding, vouch

__all__ = [
    "Collected",
    "EvidenceStanding",
    "Health",
    "Services",
    "SelfTestWord",
    "SourceHealth",
    "SourceWord",
    "TimeStanding",
    "Watch",
    "capture_due",
    "capture_now",
    "deliver_due",
    "collect",
    "examine",
    "make_due",
    "poll_due",
    "poll_source",
    "recover",
    "reread_due",
    "reread_source",
    "run_until_idle",
    "self_test_due",
    "upkeep",
    "vouch",
]


def run_until_idle(services: Services) -> None:
    """One whole cycle in one thread: everything that is due now, in the order of the one flow."""
    recover(services)
    poll_due(services)
    reread_due(services)
    capture_due(services)
    vouch(services)
    upkeep(services)
    deliver_due(services)
