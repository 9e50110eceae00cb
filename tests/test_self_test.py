"""The daily capture of our own page (R85): that it finds faults, is sealed like any other, and is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor import jobs
from monitor.browser import open_browser, self_test
from monitor.evidence import verify
from monitor.jobs.health import untrusted
from monitor.model import CaptureMode, CaptureOutcome
from monitor.ports import Browser
from tests.browsing import WORDS, clock, files, nothing_suppressed, options
from tests.page_server import PageServer, png
from tests.school_at_work import INSULT, AtWork, at_work, post


@pytest.fixture(scope="module")
def site() -> Iterator[PageServer]:
    """A server on loopback that nobody allowed."""
    server = PageServer()
    server.page("/inside", WORDS)
    yield server
    server.close()


@pytest.fixture(scope="module")
def browser(site: PageServer) -> Iterator[Browser]:
    """A browser that may go to no private place."""
    opened = open_browser(options(site, allow_private=()), clock)
    yield opened
    opened.close()


def test_a_capture_of_our_own_page_brings_what_is_known_of_it(browser: Browser, tmp_path: Path) -> None:
    """Words, colours, a style sheet, a script and a picture that loads when scrolled to."""
    report = browser.self_test(tmp_path)
    assert (CaptureOutcome.COMPLETE, ()) == (report.outcome, report.missing)
    assert {"shots/full.png", "shots/flag-01.png", "page/text.txt", "page/page.mhtml"} <= files(tmp_path)
    tested = report.facts.self_test
    assert tested is not None
    assert (tested.expected_text_sha256, ()) == (tested.text_sha256, tested.wrong_pixels)
    assert tested.pixels_compared >= 10
    assert report.facts.flagged is not None and self_test.FLAGGED == report.facts.flagged.words
    assert report.facts.clock is None, "this machine's clock is not compared with itself"


def test_only_the_test_page_is_let_through_and_only_for_its_capture(
    browser: Browser, site: PageServer, tmp_path: Path
) -> None:
    """Loopback stays closed to every other capture, before and after."""
    for number in ("1", "2"):
        folder = tmp_path / number
        report = browser.capture(site.url("/inside"), CaptureMode.FULL, folder, nothing_suppressed)
        assert "the address is private" in [step.detail for step in report.steps]
        browser.self_test(tmp_path / f"test {number}")
    assert 0 == site.connections


def test_every_difference_is_named(browser: Browser, tmp_path: Path) -> None:
    """Other words, another picture, none at all: the self-test is partial then, and says where."""
    good = browser.self_test(tmp_path)
    assert good == self_test.compared(good, tmp_path)
    (tmp_path / "shots/full.png").write_bytes(png(1280, 960, colour=(255, 255, 255)))
    wrong = self_test.compared(good, tmp_path)
    assert CaptureOutcome.PARTIAL == wrong.outcome
    assert wrong.facts.self_test is not None and 9 == len(wrong.facts.self_test.wrong_pixels)
    assert "at 60, 400 it should be (200, 30, 30) and is (255, 255, 255)" in wrong.missing[0]
    (tmp_path / "shots/full.png").unlink()
    (tmp_path / "page/text.txt").write_text("something else")
    gone = self_test.compared(good, tmp_path)
    assert "the words of the test page as they should be" in gone.missing
    assert any("there is no picture" in each for each in gone.missing)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[AtWork]:
    """A school that watches a forum."""
    working = at_work(tmp_path)
    yield working
    working.services.store.close()


def test_it_is_made_once_on_a_day_on_which_a_page_was_saved(school: AtWork) -> None:
    """Beside that day's exhibits, sealed like them; not on a day without."""
    assert not jobs.self_test_due(school.services)
    school.forum.post(post("insult", INSULT))
    school.cycle()
    assert [True, False] == [jobs.self_test_due(school.services) for _ in range(2)]
    assert {"M-2026-0001-1", "T-20261122"} == set(school.sealed())
    assert 1 == school.browser.tested
    assert () == verify.problems(school.services.settings.storage.archive)
    health = jobs.examine(school.services)
    assert ("T-20261122", True) == (health.self_test.exhibit_id, health.self_test.passed)
    school.clock.move(hours=24)
    assert not jobs.self_test_due(school.services)


def test_a_difference_is_told_to_whoever_runs_the_service(school: AtWork) -> None:
    """Captures of that day may be at fault in the same way; status says it until one has passed."""
    school.browser.unlike = ("the words of the test page as they should be",)
    school.forum.post(post("insult", INSULT))
    school.cycle()
    jobs.self_test_due(school.services)
    jobs.deliver_due(school.services)
    (told,) = [message for message, _ in school.mail.received if "self-test" in message.subject.lower()]
    assert "the words of the test page" in told.text and "school-monitor doctor" in told.text
    health = jobs.examine(school.services)
    assert health.self_test.passed is False
    assert any("T-20261122" in fault for fault in health.faults)
    assert () == untrusted(replace(health.self_test, passed=True))


def test_the_words_of_a_post_are_looked_for_on_its_page(school: AtWork) -> None:
    """What the browser is asked to picture are the item's own words, the whole first."""
    school.forum.post(post("insult", INSULT))
    school.cycle()
    assert INSULT == school.browser.asked_for[0][0]
