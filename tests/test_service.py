"""The service as a process of its own: it starts, works, stops on request, and comes back after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from sqlite3 import connect
from typing import Any

import psutil
import pytest

from monitor import jobs, settings
from monitor.bootstrap import assemble
from monitor.evidence import verify
from monitor.model import ItemState
from tests.feed_site import FeedSite
from tests.local_config import local_config
from tests.page_server import Handler
from tests.school import REPOSITORY, littleover
from tests.school_at_work import (
    ADDRESS,
    IMAGERY,
    INSULT,
    THANKS,
    THREAT,
    AtWork,
    at_work,
    import_register,
    post,
)

PATIENCE_S = 150.0
"""How long a machine under load may take for what usually takes two seconds."""
OF_POSTS = "FROM captures WHERE \"trigger\" = 'automatic'"
"""Not the day's self-test, which comes when it comes."""


@pytest.fixture
def site() -> Iterator[FeedSite]:
    """A small site with a feed."""
    serving = FeedSite()
    yield serving
    serving.close()


@pytest.fixture
def config(tmp_path: Path, site: FeedSite) -> Path:
    """A school that reads the site's feed and looks for work every second. A page has more time than any
    test, so that whoever waited for a page would be waited for in vain."""
    folder = local_config(
        tmp_path,
        {"talk": site.feed},
        allow=site.place,
        changes={
            "tick_s = 30": "tick_s = 1",
            "page_s = 45": "page_s = 400",
            "total_s = 120": "total_s = 500",
        },
    )
    services = assemble(settings.load(folder, {}))
    import_register(services)
    services.store.close()
    return folder


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "monitor", *map(str, words)]


def school_monitor(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*words), cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@contextmanager
def running(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The service on this configuration; whatever is left of it and of its browser goes at the end."""
    with (config.parent / "service.log").open("ab") as log:
        service = subprocess.Popen(command("run", "--config", config), cwd=REPOSITORY, stdout=log, stderr=log)
    family = psutil.Process(service.pid)
    try:
        yield service
    finally:
        with suppress(psutil.Error):
            for process in (*family.children(recursive=True), family):
                with suppress(psutil.Error):
                    process.kill()
        service.wait(PATIENCE_S)


def comes_true(what: Callable[[], object], service: subprocess.Popen[bytes] | None = None) -> bool:
    """Wait until it is so; False when patience or the service has ended."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if what():
            return True
        if service is not None and service.poll() is not None:
            return bool(what())
        time.sleep(0.1)
    return False


def rows(config: Path, query: str) -> list[tuple[Any, ...]]:
    """What lies in the service's database."""
    with closing(connect(config.parent / "data" / "monitor.db", timeout=30)) as database:
        try:
            return database.execute(query).fetchall()
        except Exception as error:
            if "no such table" in str(error):
                return []
            raise


def mails(config: Path) -> list[EmailMessage]:
    """The mail in the practice mailbox."""
    files = sorted((config.parent / "data" / "mailbox").glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]


def stopped(service: subprocess.Popen[bytes]) -> int:
    """Ask the service to stop; its exit code."""
    service.send_signal(signal.SIGTERM)
    return service.wait(PATIENCE_S)


def test_the_service_finds_saves_and_tells_and_stops_when_asked(config: Path, site: FeedSite) -> None:
    """`run` on a real feed: sealed exhibit, mail in the practice mailbox, `status` in words and as data;
    a second instance is refused; SIGTERM ends it with exit 0 and the archive verifies."""
    site.publish(insult=INSULT, thanks=THANKS)
    before = school_monitor("status", "--config", config)
    assert 1 == before.returncode
    assert "talk: not checked, because it has not been tried yet" in before.stdout
    assert "NEEDS YOU: The service is not running" in before.stdout

    with running(config) as service:
        assert comes_true(lambda: mails(config), service), (config.parent / "service.log").read_text()

        second = school_monitor("run", "--config", config)
        assert 1 == second.returncode
        assert "already works on" in second.stderr and "Traceback" not in second.stderr
        status = school_monitor("status", "--config", config)
        assert (0, True) == (status.returncode, "Service: running" in status.stdout), status.stdout
        assert "talk: healthy" in status.stdout and "PRACTICE MODE" in status.stdout
        assert "Waiting: 0 captures, 0 mails, 1 decisions" in status.stdout
        assert "Nothing needs you." in status.stdout
        document = json.loads(school_monitor("status", "--config", config, "--json").stdout)
        assert (True, ["healthy"]) == (document["running"], [s["word"] for s in document["sources"]])
        assert 0 == school_monitor("status", "--check", "--config", config).returncode
        code = stopped(service)

    assert 0 == code
    (mail,) = mails(config)
    assert "headteacher@practice.invalid" == mail["To"].addresses[0].addr_spec
    assert [("complete",)] == rows(config, f"SELECT outcome {OF_POSTS}")
    assert () == verify.problems(config.parent / "archive")
    with closing(connect(config.parent / "data" / "monitor.db")) as database, database:
        database.execute("UPDATE heartbeat SET ticked_at = '2026-11-01 08:00:00'")
    assert 1 == school_monitor("status", "--check", "--config", config).returncode
    log = (config.parent / "service.log").read_text()
    assert "PRACTICE MODE" in log and '"service_stopped"' in log and "at rest" in log


def test_it_stops_in_time_while_a_page_never_ends(config: Path, site: FeedSite) -> None:
    """SIGTERM in the middle of a capture: the page is not waited for, exit 0, no process left, nothing lost:
    the capture waits for the next start and is made then."""
    held = [True]

    def never_ends(handler: Handler) -> None:
        if not held[0]:
            body = f"<!doctype html><title>Talk</title><p>{INSULT}<p>{'Here at last it is. ' * 40}".encode()
            handler.send_response(200)
            handler.send_header("Content-Type", "text/html")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        while held[0]:
            handler.wfile.write(b"<p>and then</p>")
            handler.wfile.flush()
            time.sleep(0.2)

    site.publish(insult=INSULT)
    site.routes["/t/insult"] = never_ends
    with running(config) as service:
        assert comes_true(lambda: site.hits["/t/insult"], service)
        family = psutil.Process(service.pid).children(recursive=True)
        code = stopped(service)
        assert 0 == code
        _gone, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
        assert [] == [process.name() for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    assert [("wanted",)] == rows(config, f"SELECT state {OF_POSTS}")
    assert [] == list((config.parent / "archive").glob("20*/*/*"))

    held[0] = False
    with running(config) as service:
        assert comes_true(lambda: mails(config), service)
        stopped(service)
    assert [("sealed", "complete")] == rows(config, f"SELECT state, outcome {OF_POSTS}")
    assert 1 == len(mails(config))
    assert () == verify.problems(config.parent / "archive")


def test_with_two_slots_two_pages_are_saved_at_once(tmp_path: Path, site: FeedSite) -> None:
    """Neither page is answered before both were asked for: stopped meanwhile, the service comes to rest in
    time with both still wanted; started again, each is sealed once, in one chain that verifies."""
    changes = {"tick_s = 30": "tick_s = 1", "slots = 1": "slots = 2"}
    config = local_config(tmp_path, {"talk": site.feed}, allow=site.place, changes=changes)
    services = assemble(settings.load(config, {}))
    import_register(services)
    services.store.close()
    site.publish(**{f"p{number}": f"{INSULT} ({number})" for number in range(3)})
    released, both_asked = threading.Event(), threading.Barrier(3)

    def hold() -> None:
        both_asked.wait(PATIENCE_S)
        released.wait(PATIENCE_S)

    site.held = {f"/t/p{number}": hold for number in range(3)}
    with running(config) as service:
        both_asked.wait(PATIENCE_S)
        family = psutil.Process(service.pid).children(recursive=True)
        code = stopped(service)
        assert 0 == code
        _gone, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
        assert [] == [process.name() for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    assert [("wanted", 3)] == rows(config, f"SELECT state, count(*) {OF_POSTS} GROUP BY state")
    released.set()
    site.held = {}

    met = site.meet("/t/p0", "/t/p1", patience_s=PATIENCE_S)
    with running(config) as service:
        done = f"SELECT state, outcome, count(*) {OF_POSTS} GROUP BY state, outcome"
        assert comes_true(lambda: rows(config, done) == [("sealed", "complete", 3)], service)
        assert 0 == stopped(service)
    assert [True, True] == met
    assert 3 == len({path.name for path in (config.parent / "archive").glob("20*/*/M-*")})
    assert () == verify.problems(config.parent / "archive")


def test_killed_in_the_middle_and_started_again_nothing_is_lost(config: Path, site: FeedSite) -> None:
    """SIGKILL once the findings are written, once a page is sealed, once a mail has left: at the end each
    finding has one exhibit, each office one mail under one Message-ID, and the archive verifies."""
    site.publish(**{f"p{number}": f"{INSULT} ({number})" for number in range(3)} | {"threat": THREAT})
    data = config.parent / "data"
    for reached in (
        lambda: rows(config, "SELECT 1 FROM findings"),
        lambda: list((config.parent / "archive").glob("20*/*/*")),
        lambda: list((data / "mailbox").glob("*.eml")),
    ):
        with running(config) as service:
            assert comes_true(reached, service)
            os.kill(service.pid, signal.SIGKILL)
            service.wait(PATIENCE_S)
    with running(config) as service:
        done = f"SELECT count(*) {OF_POSTS} AND state = 'sealed'"
        owed = "SELECT count(*) FROM alerts WHERE state != 'sent'"
        assert comes_true(lambda: rows(config, done) == [(4,)] and rows(config, owed) == [(0,)], service), (
            config.parent / "service.log"
        ).read_text()[-3000:]
        assert 0 == stopped(service)

    exhibits = f"SELECT count(*) FROM exhibits WHERE capture_id IN (SELECT id {OF_POSTS})"
    assert [(4, 4)] == rows(config, f"SELECT (SELECT count(*) FROM findings), ({exhibits})")
    identities = [mail["Message-ID"] for mail in mails(config)]
    assert len(identities) == len(set(identities))
    assert sorted(identities) == sorted(row[0] for row in rows(config, "SELECT message_id FROM alerts"))
    assert () == verify.problems(config.parent / "archive")


def test_the_same_work_is_done_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    """What a trust grows into: findings, seals, mail, an edit and a removal, and nothing said twice."""
    settings_ = littleover(tmp_path)
    storage = replace(settings_.storage, database_url=postgres_url)
    school = at_work(tmp_path, settings=replace(settings_, storage=storage))
    posts = {"insult": INSULT, "never": IMAGERY, "door": ADDRESS, "thanks": THANKS}
    school.forum.post(*(post(native_id, words, author=native_id) for native_id, words in posts.items()))
    school.cycle()
    told = school.told()
    school.forum.edit("insult", INSULT + " Really.")
    school.forum.remove("door")
    school.cycle(hours=2)
    school.cycle(hours=2)

    by_post = {finding.item.item.native_id: finding for finding in school.findings()}
    assert {"insult", "never", "door"} == set(by_post)
    assert (2, 2) == (by_post["insult"].item.version, by_post["door"].item.version)
    assert ItemState.REMOVED is by_post["door"].item.item.state
    assert "Hollow" not in by_post["door"].item.item.text
    assert 4 == len(school.sealed())
    assert "dsl" in told and told == school.told()
    assert {"sent"} == {alert.state for alert in school.alerts()}
    health = jobs.examine(school.services)
    assert (True, ()) == (health.running, health.faults)
    assert () == verify.problems(settings_.storage.archive)
    school.services.store.close()


# --- times that people live by ----------------------------------------------------------------------


RUMOUR = "Anyone know why there are police outside Littleover Community School this morning?"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[AtWork]:
    """A school whose clock a test sets."""
    working = at_work(tmp_path)
    yield working
    working.services.store.close()


@pytest.mark.parametrize(
    ("found", "morning", "shown"),
    [
        # The night in March in which 01:00 to 02:00 does not come, before and after it.
        ("2026-03-29T00:30Z", "2026-03-29T06:30Z", "Sun 29 Mar 2026, 00:30 GMT"),
        ("2026-03-29T01:30Z", "2026-03-29T06:30Z", "Sun 29 Mar 2026, 02:30 BST"),
        # The hour in October that comes twice, both times.
        ("2026-10-25T00:30Z", "2026-10-25T07:30Z", "Sun 25 Oct 2026, 01:30 BST"),
        ("2026-10-25T01:30Z", "2026-10-25T07:30Z", "Sun 25 Oct 2026, 01:30 GMT"),
        # The evening before each.
        ("2026-03-28T22:00Z", "2026-03-29T06:30Z", "Sat 28 Mar 2026, 22:00 GMT"),
        ("2026-10-24T22:00Z", "2026-10-25T07:30Z", "Sat 24 Oct 2026, 23:00 BST"),
    ],
)
def test_what_can_wait_is_mailed_at_half_past_seven_by_the_schools_clock(
    school: AtWork, found: str, morning: str, shown: str
) -> None:
    """Both clock changes of 2026, and although the page is saved at once: not a second early, once, with
    times that name their zone."""
    school.clock.now = datetime.fromisoformat(found)
    school.forum.post(post("rumour", RUMOUR))
    school.cycle()
    assert ["M-2026-0001-1"] == list(school.sealed())

    school.clock.now = datetime.fromisoformat(morning) - timedelta(seconds=1)
    school.cycle()
    assert [] == school.mail.received
    school.cycle(seconds=1)
    school.cycle(hours=1)

    assert len(school.told()) == len(set(school.told())) > 0
    assert all(shown in message.text for message, _ in school.mail.received)


def test_weeks_and_years_begin_at_the_schools_midnight(school: AtWork) -> None:
    """A Monday and a summer's night: 23:30 UTC on Sunday is Monday in the school, and counts there."""
    school.clock.now = datetime(2026, 6, 14, 23, 30, tzinfo=UTC)
    school.forum.post(post("thanks", THANKS))
    school.cycle()

    with school.services.store.transaction() as t:
        assert ({}, {("P1", "forum"): 1}) == (t.counts("2026-W24"), t.counts("2026-W25"))

    school.clock.now = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    school.forum.post(post("old", INSULT))
    school.cycle()
    school.forum.post(post("new", INSULT, author="somebody_else"))
    school.cycle(hours=1)
    assert ["M-2026-0001", "M-2027-0001"] == [finding.reference for finding in school.findings()]


def test_polling_goes_on_at_its_pace_through_both_clock_changes(school: AtWork) -> None:
    """Inside everything is UTC: 25 hours or 23 hours a day, the source is asked every half hour."""
    for night in (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, 0, tzinfo=UTC)):
        school.clock.now = night
        school.cycle()
        polls = school.forum.polls
        for _ in range(6):
            school.cycle(minutes=30)
        assert polls + 6 == school.forum.polls
        assert school.newest_run().outcome.good
