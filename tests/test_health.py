"""What needs a person, in words: nothing that waits or failed looks calm (promise 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.decisions.schedule import SourceState
from monitor.jobs.health import SourceWord, faults, judge
from monitor.model import RunOutcome, Source
from monitor.store.rows import Waiting

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CALM = Waiting(
    captures=1,
    alerts=1,
    alerts_refused=0,
    alerts_failed=0,
    captures_failed=0,
    undecided=3,
    oldest_alert_at=NOW - timedelta(minutes=14),
    oldest_capture_at=NOW - timedelta(minutes=29),
)


def said(waiting: Waiting, *, ticked_at: datetime = NOW, running: bool = True) -> str:
    return " ".join(faults(ticked_at, (), waiting, now=NOW, running=running))


def test_work_in_hand_is_no_fault() -> None:
    """What waits for a few minutes needs nobody."""
    assert said(CALM) == ""


@pytest.mark.parametrize(
    ("waiting", "words"),
    [
        (replace(CALM, oldest_capture_at=NOW - timedelta(minutes=31)), "more than 30 minutes"),
        (replace(CALM, oldest_capture_at=NOW + timedelta(days=20)), "more than 30 minutes"),
        (replace(CALM, captures_failed=2), "2 pages could not be saved"),
        (replace(CALM, alerts_failed=2), "2 mails were refused for good"),
        (replace(CALM, oldest_alert_at=NOW - timedelta(minutes=16)), "more than 15 minutes"),
    ],
)
def test_what_waits_too_long_or_failed_is_said(waiting: Waiting, words: str) -> None:
    """Each fault names what to run next."""
    assert words in said(waiting)
    assert "Run `school-monitor" in said(waiting) or "`school-monitor" in said(waiting)


def test_a_tick_in_the_future_names_the_clock() -> None:
    """Starting the service would not mend that by itself."""
    assert "clock" in said(CALM, ticked_at=NOW + timedelta(days=20), running=False)
    assert "clock" not in said(CALM, ticked_at=NOW - timedelta(days=20), running=False)
    assert "not running" in said(CALM, ticked_at=NOW - timedelta(days=20), running=False)


def test_a_reading_noted_in_the_future_is_late() -> None:
    """A clock that was ahead must not call a source healthy until its day has come."""
    source = Source("forum", "feeds", "https://forum.example/", timedelta(minutes=30))
    ahead = NOW + timedelta(days=20)
    state = SourceState("forum", added_at=NOW, next_poll_at=NOW, last_run_at=ahead, last_good_at=ahead)
    health = judge(source, replace(state, last_outcome=RunOutcome.FOUND), NOW)
    assert health.word is SourceWord.LATE
    assert "clock" in health.why
