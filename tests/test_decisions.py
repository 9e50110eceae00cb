"""When and what: tables over the pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decisions import addresses, schedule
from monitor.decisions.schedule import SourceState
from monitor.model import Item, RunOutcome, Source, Urgency

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SOURCE = Source("forum", "feeds", "https://forum.example/", timedelta(minutes=30))


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        # Clocks go forward on 29 March 2026 at 01:00 UTC: the night is an hour shorter.
        ("2026-03-28T20:00:00+00:00", "2026-03-29T06:30:00+00:00"),
        ("2026-03-29T00:30:00+00:00", "2026-03-29T06:30:00+00:00"),
        # They go back on 25 October 2026: 01:30 comes twice, 07:30 once.
        ("2026-10-24T20:00:00+00:00", "2026-10-25T07:30:00+00:00"),
        ("2026-10-25T00:30:00+00:00", "2026-10-25T07:30:00+00:00"),
        ("2026-10-25T01:30:00+00:00", "2026-10-25T07:30:00+00:00"),
        ("2026-10-25T07:30:00+00:00", "2026-10-26T07:30:00+00:00"),
        ("2026-07-01T06:29:59+00:00", "2026-07-01T06:30:00+00:00"),
        ("2026-07-01T06:30:00+00:00", "2026-07-02T06:30:00+00:00"),
    ],
)
def test_the_morning_is_half_past_seven_by_the_schools_clock(now: str, morning: str) -> None:
    """Across both clock changes a mail that can wait leaves once, at 07:30 London time."""
    found = schedule.next_morning(datetime.fromisoformat(now), LONDON)
    assert datetime.fromisoformat(morning) == found


YEARS = st.floats(0, 5 * 366).map(lambda days: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=days))


@given(YEARS)
def test_the_morning_always_comes_within_a_day_and_an_hour(now: datetime) -> None:
    """Whatever the clocks do, the next 07:30 is ahead, and no further than a long day."""
    morning = schedule.next_morning(now, LONDON)
    assert timedelta(0) < morning - now <= timedelta(hours=25)
    assert (7, 30) == (morning.astimezone(LONDON).hour, morning.astimezone(LONDON).minute)


def test_a_threat_never_waits_for_its_capture() -> None:
    """U0 leaves at once, U1 and U2 give the capture a few minutes, the rest waits for the morning."""
    hold = timedelta(minutes=3)

    def leaves(urgency: Urgency) -> datetime:
        return schedule.mail_not_before(urgency, now=NOW, hold=hold, zone=LONDON)

    assert [NOW, NOW + hold, NOW + hold] == [leaves(u) for u in (Urgency.U0, Urgency.U1, Urgency.U2)]
    assert datetime(2026, 11, 23, 7, 30, tzinfo=UTC) == leaves(Urgency.U3)


def poll_after(outcome: RunOutcome, failures: int = 0, until: datetime | None = None) -> timedelta:
    return schedule.next_poll(SOURCE, outcome, failures, now=NOW, jitter=0.0, until=until) - NOW


def test_a_source_that_fails_is_asked_less_and_less_often() -> None:
    """Back-off doubles from the interval and stops growing at a week."""
    waits = [poll_after(RunOutcome.UNAVAILABLE, failures) for failures in (1, 2, 3, 4, 40)]
    assert [timedelta(minutes=m) for m in (30, 60, 120, 240)] + [timedelta(days=7)] == waits


def test_what_the_platform_asks_for_always_wins() -> None:
    """Retry-After is never undercut (R15), and never shortens our own pace either."""
    assert timedelta(hours=5) == poll_after(RunOutcome.RATE_LIMITED, 1, NOW + timedelta(hours=5))
    assert timedelta(minutes=30) == poll_after(RunOutcome.RATE_LIMITED, 1, NOW + timedelta(minutes=1))


def test_a_refusal_is_not_knocked_at() -> None:
    """After 401, 403 or 404 the source rests for hours."""
    assert timedelta(hours=6) == poll_after(RunOutcome.CREDENTIALS_REFUSED, 1)


@given(st.floats(0, 1), st.sampled_from(RunOutcome), st.integers(0, 100))
def test_the_next_poll_is_never_before_the_interval(
    jitter: float, outcome: RunOutcome, failures: int
) -> None:
    """Chance only ever adds."""
    planned = schedule.next_poll(SOURCE, outcome, failures, now=NOW, jitter=jitter)
    assert planned - NOW >= SOURCE.interval


def state(**known: Any) -> SourceState:
    return replace(SourceState("forum", added_at=NOW, next_poll_at=NOW), **known)


def test_silence_is_a_fault_after_twice_the_interval() -> None:
    """Promise 2: also for a source that was never read, but not for one that is switched off."""
    after = NOW + timedelta(minutes=61)
    assert schedule.silent_since(SOURCE, state(), NOW + timedelta(minutes=60)) is None
    assert NOW == schedule.silent_since(SOURCE, state(), after)
    good = NOW + timedelta(minutes=30)
    assert schedule.silent_since(SOURCE, state(last_good_at=good), after) is None
    assert schedule.silent_since(replace(SOURCE, enabled=False), state(), after) is None


def test_a_clock_that_was_ahead_makes_no_source_rest() -> None:
    """Promise 2: after twenty days noted in advance a source is due and silent, not healthy. A longer
    rest that was decided on stays: back-off, and what the platform asked for (R15)."""
    ahead = NOW + timedelta(days=20)
    planned = state(last_run_at=ahead, last_good_at=ahead, next_poll_at=ahead + SOURCE.interval)
    for outcome in RunOutcome:
        noted = replace(planned, last_outcome=outcome)
        assert schedule.is_due(noted, NOW) is (outcome is not RunOutcome.RATE_LIMITED)
        assert schedule.silent_since(SOURCE, noted, NOW) == NOW
    assert schedule.is_due(state(added_at=ahead, next_poll_at=ahead), NOW)
    for outcome in (RunOutcome.RATE_LIMITED, RunOutcome.UNAVAILABLE):
        resting = state(last_run_at=NOW, last_good_at=NOW, next_poll_at=ahead, last_outcome=outcome)
        assert not schedule.is_due(resting, NOW)
        assert schedule.silent_since(SOURCE, resting, NOW) is None
    odd = state(last_run_at=NOW, last_good_at=NOW, next_poll_at=ahead, last_outcome=RunOutcome.FOUND)
    assert schedule.silent_since(SOURCE, odd, NOW) == NOW
    corrected = NOW + timedelta(seconds=20)
    usual = state(last_run_at=corrected, last_good_at=corrected, next_poll_at=corrected + SOURCE.interval)
    assert not schedule.is_due(usual, NOW)
    assert schedule.silent_since(SOURCE, usual, NOW) is None


def test_a_service_is_alive_by_a_tick_of_the_present_only() -> None:
    """A tick noted in the future would say "running" of a service that died long ago."""
    alive = {
        minutes: schedule.is_alive(NOW + timedelta(minutes=minutes), NOW, quiet=timedelta(minutes=4))
        for minutes in (-5, -4, 0, 1, 2, 30000)
    }
    assert alive == {-5: False, -4: True, 0: True, 1: True, 2: False, 30000: False}


@given(st.integers(1, 200))
def test_retries_never_go_backwards_and_end_at_an_hour(attempts: int) -> None:
    """1, 2, 4 ... 60 minutes."""
    first, second = schedule.retry_at(attempts, NOW), schedule.retry_at(attempts + 1, NOW)
    assert NOW < first <= second <= NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.reddit.com/user/somebody",
        "https://www.instagram.com/somebody/",
        "https://www.facebook.com/profile.php?id=1",
        "https://x.com/somebody",
        "https://www.tiktok.com/@somebody",
        "https://www.linkedin.com/in/somebody",
        "https://chat.whatsapp.com/abc",
        "https://discord.gg/abc",
        "https://name:password@school.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://[::1",
        "",
    ],
)
def test_a_page_about_a_person_or_behind_a_door_is_never_opened(url: str) -> None:
    """R22, R24: refused before any request."""
    assert addresses.refusal(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.reddit.com/r/derby/comments/abc/title/",
        "https://www.instagram.com/p/abc/",
        "https://x.com/somebody/status/1",
        "https://forum.example/t/1",
        "http://127.0.0.1:8000/post/1",
    ],
)
def test_a_single_public_post_may_be_opened(url: str) -> None:
    """The rule refuses people and doors, nothing else."""
    assert addresses.refusal(url) is None


def suppressed(url: str, text: str = "words") -> Item:
    return Item("feeds", "1", url, text)


HOSTS = (
    *("forum.example", "FORUM.example", "forum.example.", "www.forum.example", "m.forum.example"),
    *("forum.example:443", "forum.example:80", "%66orum.example", "forum\u3002example", "\uff46orum.example"),
)
PATHS = (
    *("/t/1", "/t/1/", "/t//1", "/t/./1", "/t/x/../1", "/t/%31", "/%74/1", "/T/1", "/t/1;s=2", "\\t\\1"),
    *("/t/1/photo.jpg", "/t/1/amp", "/t/%2e/1", "/t/1."),
)


@given(
    scheme=st.sampled_from(["http://", "https://", "HTTPS://"]),
    host=st.sampled_from(HOSTS),
    path=st.sampled_from(PATHS),
    after=st.sampled_from(["", "?ref=1", "?a=b&c", "#x", "?#", "?utm_source=x#y"]),
    before=st.sampled_from(["", "https://web.archive.example/web/2026/", "https://copy.example/?url="]),
)
def test_no_spelling_of_a_suppressed_address_gets_through(
    scheme: str, host: str, path: str, after: str, before: str
) -> None:
    """R69: no request of any kind for the item again, nor for what its words link to."""
    url = f"{before}{scheme}{host}{path}{after}"
    assert addresses.touches(url, suppressed("https://forum.example/t/1"))
    assert addresses.touches(url, suppressed("https://other.example/5", "look: http://forum.example/t/1!"))
    assert addresses.touches(url, suppressed("https://other.example/5", "look: forum.example/t/1"))


@pytest.mark.parametrize(
    ("url", "item"),
    [
        ("https://site.example/?p=12&ref=1", "https://site.example/?p=12"),
        ("http://site.example/viewtopic.php?s=9&T=1", "https://site.example/viewtopic.php?t=1"),
        ("https://xn--strae-oqa.example/9/a-b", "https://stra\u00dfe.example/9/a-b"),
        (
            "https://old.reddit.com/r/derby/comments/abc/",
            "https://www.reddit.com/r/derby/comments/abc/title/",
        ),
        ("https://redd.it/abc", "https://www.reddit.com/r/derby/comments/abc/title/def/"),
        ("https://site.example/", "https://site.example"),
    ],
)
def test_other_ways_to_a_suppressed_post_are_known(url: str, item: str) -> None:
    """Extra parameters, other names of a site, a thread by its number."""
    assert addresses.touches(url, suppressed(item))


@pytest.mark.parametrize(
    ("url", "item"),
    [
        ("https://forum.example/t/2", "https://forum.example/t/1"),
        ("https://forum.example/t/11", "https://forum.example/t/1"),
        ("https://forum.example/t/1", "https://forum.example/"),
        ("https://forum.example/blog/another", "https://forum.example/blog"),
        ("https://forum.example:8080/t/1", "https://forum.example/t/1"),
        ("https://site.example/?p=13", "https://site.example/?p=12"),
        ("https://site.example/", "https://site.example/?p=12"),
        ("https://site.example/viewtopic.php?t=2", "https://site.example/viewtopic.php?t=1"),
        ("https://other.example/t/1", "https://forum.example/t/1"),
    ],
)
def test_other_posts_of_the_same_site_are_left_alone(url: str, item: str) -> None:
    """A suppressed post must not end the reading of its whole site."""
    assert not addresses.touches(url, suppressed(item))
