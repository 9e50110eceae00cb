"""What Chromium is started with: everything that Playwright switches off, and no pages beside ours."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import psutil
from playwright.sync_api import CDPSession, sync_playwright

from monitor.browser import find_browser
from monitor.browser.switches import SWITCHES

_OFF = "--disable-features="


def test_what_playwright_switches_off_stays_off() -> None:
    """A list of ours replaces Playwright's, so a newer Playwright with a longer list fails here."""
    theirs, ours = _switched_off(()), _switched_off(SWITCHES)
    assert theirs
    assert theirs < ours


def test_no_page_is_made_beside_the_one_that_is_captured() -> None:
    """Chromium's own pages (suggestions under its address bar) cost what loading a long thread costs."""
    with _started(SWITCHES) as gate:
        made = gate.send("Target.getTargets", {"filter": [{}]})["targetInfos"]
        assert {target["url"] for target in made} == {"about:blank"}


def _switched_off(switches: Sequence[str]) -> set[str]:
    """The features that a browser started with these has off, by the last list it was given."""
    with _started(switches) as gate:
        processes = gate.send("SystemInfo.getProcessInfo")["processInfo"]
        number = next(process["id"] for process in processes if process["type"] == "browser")
        lists = [each for each in psutil.Process(number).cmdline() if each.startswith(_OFF)]
    return set(lists[-1].removeprefix(_OFF).split(","))


@contextmanager
def _started(switches: Sequence[str]) -> Iterator[CDPSession]:
    """A browser with one empty page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", "")),
            chromium_sandbox=os.geteuid() != 0,
            args=list(switches),
        )
        with closing(browser):
            browser.new_context().new_page()
            yield browser.new_browser_cdp_session()
