"""What the world can throw at the service: each ends in a clear outcome on a row, the network manager is
told where due, the rest goes on, and nothing is lost. (A people file with bad rows: tests/test_cli.py.)
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from html import escape
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from monitor.alerts.smtp import Security, SmtpOptions, SmtpTransport
from monitor.bootstrap import open_browser, open_session
from monitor.errors import StoreUnavailable
from monitor.evidence import verify
from monitor.model import Item, Office, RunOutcome, Source
from monitor.outbound import OutboundLimits
from monitor.outbound import open_session as open_door
from monitor.settings import Settings
from monitor.store import Store
from tests.conftest import HandClock
from tests.feed_site import LONG_ENOUGH, FeedSite
from tests.mail_server import MailServer, certificate, serving
from tests.page_server import Answer, Handler, PageServer
from tests.school import littleover
from tests.school_at_work import INSULT, THREAT, AtWork, at_work, post


@pytest.fixture
def site() -> Iterator[FeedSite]:
    """A small site with a feed that works."""
    serving_site = FeedSite()
    yield serving_site
    serving_site.close()


def allowing(settings: Settings, place: str) -> Settings:
    """These settings with one address on loopback that may be read."""
    return replace(settings, outbound=replace(settings.outbound, allow_private=(place,)))


# --- sources --------------------------------------------------------------------------------------


def huge(handler: Handler) -> None:
    """A feed of 100 MB."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/rss+xml")
    handler.end_headers()
    handler.wfile.write(b"<rss version='2.0'><channel>")
    entries = b"<item><guid>1</guid><title>Words</title></item>" * 20_000
    for _ in range(100_000_000 // len(entries)):
        handler.wfile.write(entries)


def round_and_round(handler: Handler) -> None:
    """A redirect without end."""
    handler.send_response(302)
    handler.send_header("Location", handler.path.partition("?")[0] + "?again")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def half(handler: Handler) -> None:
    """An answer that breaks off."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b"<rss version='2.0'><channel><item>")
    handler.close_connection = True


def status(code: int) -> Answer:
    """An empty answer with this status."""
    return Answer(b"", status=code)


ROUTES: dict[str, tuple[Answer | Callable[[Handler], None], RunOutcome, str, bool]] = {
    "100 MB": (huge, RunOutcome.UNEXPECTED, "larger than 20 MB", True),
    "endless redirect": (round_and_round, RunOutcome.UNEXPECTED, "redirects without end", True),
    "no feed": (Answer(b"<p>hello"), RunOutcome.UNEXPECTED, "not a feed", True),
    "unpacked": (
        Answer(b"<rss version='2.0'></rss>", headers={"Content-Encoding": "gzip"}),
        RunOutcome.UNEXPECTED,
        "cannot be unpacked",
        True,
    ),
    "breaks off": (half, RunOutcome.UNAVAILABLE, "broke off", False),
    "closed": (status(403), RunOutcome.CREDENTIALS_REFUSED, "HTTP 403", True),
    "gone": (status(410), RunOutcome.GONE, "HTTP 410", True),
    "too many": (status(429), RunOutcome.RATE_LIMITED, "slow down", False),
    "broken": (status(500), RunOutcome.UNAVAILABLE, "HTTP 500", False),
}


@pytest.mark.parametrize("what", ROUTES)
def test_a_hostile_or_broken_source_is_named_and_the_other_is_read(
    tmp_path: Path, site: FeedSite, what: str
) -> None:
    """Real collectors over real HTTP: the run row has the word and the reason, what waiting does not mend
    is told to the network manager at once, and the good source's post is found in the same cycle."""
    route, outcome, why, told = ROUTES[what]
    site.routes["/bad"] = route
    school = reading(tmp_path, site, site.url("/bad"))

    school.cycle()

    run = school.newest_run("bad")
    assert (outcome, True) == (run.outcome, why in run.detail), run.detail
    assert (["System: bad could not be checked"] if told else []) == school.operator_mails()
    assert ["good"] == [finding.item.source_key for finding in school.findings()]
    school.cycle(hours=3)
    assert 1 == len(school.operator_mails())
    school.services.store.close()


def reading(tmp_path: Path, site: FeedSite, bad: str) -> AtWork:
    """A school that reads a bad address and a good one, in this order."""
    site.publish(insult=INSULT)
    settings = allowing(littleover(tmp_path), site.place)
    half_hour = timedelta(minutes=30)
    sources = (Source("bad", "feeds", bad, half_hour), Source("good", "feeds", site.feed, half_hour))
    return at_work(tmp_path, sources=sources, settings=settings, session=open_session(settings))


def test_an_entity_bomb_does_not_go_off(tmp_path: Path, site: FeedSite) -> None:
    """Eleven levels would be 400 GB: its entry is read like any other, and the row says that the feed is
    damaged."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    site.routes["/bad"] = Answer(
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "boom">{entities}]>'
        f"<rss version='2.0'><channel><title>&e11;</title><item><guid isPermaLink='false'>b1</guid>"
        f"<link>{site.url('/t/bomb')}</link><description>{escape(THREAT)} &e11;</description></item>"
        "</channel></rss>".encode(),
        "application/rss+xml",
    )
    school = reading(tmp_path, site, site.url("/bad"))

    school.cycle()

    assert {"bad", "good"} == {finding.item.source_key for finding in school.findings()}
    assert RunOutcome.FOUND is school.newest_run("bad").outcome
    assert "boomboom" not in str(school.rows("SELECT text FROM items"))
    school.services.store.close()


def test_an_id_or_a_name_without_end_costs_one_entry_nothing(tmp_path: Path, site: FeedSite) -> None:
    """PostgreSQL has room for 500 letters: a longer id is kept as its digest, is still the same post at
    the next look, and never stops its source."""
    site.routes["/bad"] = Answer(
        "<?xml version='1.0'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>"
        f"<title>Talk</title><item><guid isPermaLink='false'>{'long' * 2000}</guid>"
        f"<link>{site.url('/t/insult')}</link><dc:creator>{'Endless ' * 1000}</dc:creator>"
        f"<pubDate>Sun, 22 Nov 2026 07:00:00 GMT</pubDate><description>{INSULT}</description></item>"
        "</channel></rss>".encode(),
        "application/rss+xml",
    )
    school = reading(tmp_path, site, site.url("/bad"))

    school.cycle()
    for _ in range(4):
        school.cycle(hours=2)

    rows = school.rows(
        "SELECT length(native_id) <= 500, length(author) <= 500, state FROM items WHERE source_key = 'bad'"
    )
    assert [(1, 1, "present")] == rows
    assert [(1,)] == school.rows(
        "SELECT count(*) FROM item_versions JOIN items ON id = item_id WHERE source_key = 'bad'"
    )
    school.services.store.close()


def test_a_redirect_into_the_schools_network_is_not_followed(tmp_path: Path, site: FeedSite) -> None:
    """Not one request reaches the machine inside; the row names the setting that would allow it; the
    network manager hears of it as a source that is not checked."""
    inside = PageServer("127.0.0.2")
    site.routes["/bad"] = Answer(b"", status=302, headers={"Location": inside.url("/secret")})
    school = reading(tmp_path, site, site.url("/bad"))

    school.cycle()
    school.cycle(minutes=40)
    assert [] == school.operator_mails()
    school.cycle(minutes=40)

    run = school.newest_run("bad")
    assert RunOutcome.NOT_CHECKED is run.outcome and "[outbound] allow_private" in run.detail
    assert 0 == inside.connections
    assert ["System: bad has not been checked"] == school.operator_mails()
    assert ["good"] == [finding.item.source_key for finding in school.findings()]
    inside.close()
    school.services.store.close()


def test_a_name_that_points_into_the_schools_network_is_not_contacted(tmp_path: Path, site: FeedSite) -> None:
    """The same when DNS gives the address; the good source is named by address and read."""
    inside = PageServer("127.0.0.2")
    settings = allowing(littleover(tmp_path), site.place)

    def resolve(host: str, port: int, **kwargs: object) -> list[tuple[Any, ...]]:
        address = "127.0.0.2" if host == "news.example" else host
        return [(2, 1, 6, "", (address, port))]

    site.publish(insult=INSULT)
    half_hour = timedelta(minutes=30)
    school = at_work(
        tmp_path,
        sources=(
            Source("bad", "feeds", f"http://news.example:{inside.port}/feed", half_hour),
            Source("good", "feeds", site.feed, half_hour),
        ),
        settings=settings,
        session=open_door(
            OutboundLimits(10, 20, 60, 20_000_000, 5, settings.outbound.allow_private),
            "SchoolMonitor (test)",
            resolve=resolve,
        ),
    )

    school.cycle()

    assert RunOutcome.NOT_CHECKED is school.newest_run("bad").outcome
    assert 0 == inside.connections
    assert ["good"] == [finding.item.source_key for finding in school.findings()]
    inside.close()
    school.services.store.close()


# --- pages -----------------------------------------------------------------------------------------


def drip(handler: Handler) -> None:
    """A page whose end never comes."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.wfile.write(f"<title>Talk</title>{LONG_ENOUGH}".encode())
    for _ in range(300):
        handler.wfile.write(b"<!-- more -->")
        handler.wfile.flush()
        time.sleep(0.1)


def test_hostile_pages_end_as_exhibits_that_name_what_is_missing(tmp_path: Path, site: FeedSite) -> None:
    """A real Chromium through the capture job: the page that never ends is partial and says so, dialogs
    and downloads are refused and noted, the endless redirect fails; each mail still goes, and the page
    after them is captured whole."""
    site.routes["/drip"] = drip
    site.routes["/file.bin"] = Answer(b"0" * 1000, "application/octet-stream")
    site.routes["/round"] = round_and_round
    site.page(
        "/dialogs",
        LONG_ENOUGH + "<script>alert(1);confirm(2);prompt(3);onbeforeunload=()=>'stay';"
        "const a=document.createElement('a');a.href='/file.bin';a.download='x';"
        "document.body.append(a);a.click();setInterval(()=>alert(4),100)"
        "</script>",
    )
    site.page("/good", f"{LONG_ENOUGH}<p>{INSULT} (3)</p>")
    settings = allowing(littleover(tmp_path), site.place)
    settings = replace(settings, capture=replace(settings.capture, page_s=8, total_s=60))
    clock = HandClock()
    beside = Store(settings.storage.database_url)
    school = at_work(tmp_path, settings=settings, page_browser=open_browser(settings, beside, clock))
    for number, path in enumerate(("drip", "round", "dialogs", "good")):
        words = f"{INSULT} ({number})"
        school.forum.post(Item("feeds", path, site.url(f"/{path}"), words, author=f"account_{number}"))

    school.cycle()
    for _ in range(4):
        school.cycle(minutes=5)
    school.services.browser.close()
    beside.close()

    outcomes = {record["item"]: record["report"] for record in _records(school)}
    assert {"drip", "round", "dialogs", "good"} == set(outcomes)
    assert "partial" == outcomes["drip"]["outcome"] and outcomes["drip"]["missing"]
    assert "failed" == outcomes["round"]["outcome"] and outcomes["round"]["missing"]
    assert "complete" == outcomes["good"]["outcome"] and not outcomes["good"]["missing"]
    log = _events(school, "dialogs")
    assert "dialog dismissed" in log and "download refused" in log
    assert 4 == school.told().count("headteacher")
    assert () == verify.problems(school.services.settings.storage.archive)
    school.services.store.close()


def _records(school: AtWork) -> Iterator[dict[str, Any]]:
    """Each exhibit's record with the id of the post that it is of."""
    with school.services.store.transaction() as t:
        by_finding = {finding.reference: finding.item.item.native_id for finding in t.findings()}
    for exhibit, record in school.sealed().items():
        yield {"item": by_finding[exhibit.rpartition("-")[0]], "report": record["report"]}


def _events(school: AtWork, native_id: str) -> str:
    """The log of a capture."""
    (reference,) = (f.reference for f in school.findings() if f.item.item.native_id == native_id)
    archive = school.services.settings.storage.archive
    (events,) = archive.glob(f"20*/*/{reference}-1/data/log/events.jsonl")
    return events.read_text("utf-8")


# --- full disks ------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk, and not in every container")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@contextmanager
def no_room(disk: Path) -> Iterator[None]:
    """Fill what is left of the disk, to the last byte, for a while."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    yield
    filler.unlink()


def test_a_full_archive_disk_postpones_captures_and_loses_nothing(
    small_disk: Path, tmp_path: Path, site: FeedSite
) -> None:
    """The network manager is told once that the disk is full, the Headteacher is told in time that the
    copy is not there yet; once there is room the capture is made, and the archive verifies."""
    settings = allowing(littleover(tmp_path), site.place)
    settings = replace(settings, storage=replace(settings.storage, archive=small_disk / "archive"))
    site.publish(insult=INSULT)
    clock = HandClock()
    beside = Store(settings.storage.database_url)
    school = at_work(tmp_path, settings=settings, page_browser=open_browser(settings, beside, clock))
    school.forum.post(replace(post("insult", INSULT), url=site.url("/t/insult")))
    with no_room(small_disk):
        school.cycle()
        school.cycle(minutes=4)
        assert {} == school.sealed()
        (subject,) = school.operator_mails()
        assert "Captures" in subject
        said = " ".join(message.text for message, _ in school.mail.received)
        assert "is full" in said or "No space left" in said
        assert 1 == school.told().count("headteacher")

    school.cycle(hours=1)
    school.services.browser.close()
    beside.close()

    record = school.sealed()["M-2026-0001-1"]
    assert ("complete", []) == (record["report"]["outcome"], record["report"]["missing"])
    assert () == verify.problems(small_disk / "archive")
    assert 1 == len(school.operator_mails()) == school.told().count("headteacher")
    school.services.store.close()


def test_a_start_on_a_full_archive_disk_still_reads_and_tells(small_disk: Path, tmp_path: Path) -> None:
    """A restart must not turn a full disk into silence: sources are read and mail leaves, the network
    manager is told before the first capture is wanted, and all is sealed once there is room."""
    settings = littleover(tmp_path)
    settings = replace(settings, storage=replace(settings.storage, archive=small_disk / "archive"))
    with no_room(small_disk):
        school = at_work(tmp_path, settings=settings)
        school.cycle()
        assert ["System: Captures stopped: archive"] == school.operator_mails()
        school.forum.post(post("threat", THREAT))
        school.cycle(minutes=31)
        assert "headteacher" in school.told()
        assert {} == school.sealed()

    school.cycle(hours=1)

    assert ["M-2026-0001-1"] == list(school.sealed())
    assert () == verify.problems(small_disk / "archive")
    assert 1 == len(school.operator_mails())
    school.services.store.close()


def test_a_full_data_disk_is_said_and_spoils_nothing(small_disk: Path, tmp_path: Path) -> None:
    """SQLite without room: the job ends with a sentence and no part of a commit; the cursor has not moved;
    with room again every post is found, told once, and the database is sound."""
    settings = littleover(tmp_path)
    data = small_disk / "data"
    settings = replace(
        settings, storage=replace(settings.storage, data=data, database_url=f"sqlite:///{data}/monitor.db")
    )
    school = at_work(tmp_path, settings=settings)
    school.cycle()
    posts = [post(f"p{n}", f"{INSULT} ({n}) {'and so on ' * 300}", author=f"a{n}") for n in range(60)]
    school.forum.post(*posts, post("threat", THREAT))
    with no_room(small_disk):
        with pytest.raises(StoreUnavailable, match="full"):
            for _ in range(3):
                school.cycle(minutes=31)
        assert [] == school.mail.received

    school.cycle(hours=1)
    school.cycle(hours=1)

    assert 61 == len(school.findings()) == len(school.sealed())
    assert len(school.mail.received) == len({envelope.message_id for _, envelope in school.mail.received})
    assert 61 == school.told().count("headteacher")
    with closing(connect(data / "monitor.db")) as database:
        assert [("ok",)] == database.execute("PRAGMA integrity_check").fetchall()
    school.services.store.close()


# --- mail ------------------------------------------------------------------------------------------


def test_a_mail_server_that_drops_the_connection_after_data_gets_the_same_mail_again(tmp_path: Path) -> None:
    """Nobody can know whether it has the mail: so the second is the first to the byte, with the same
    Message-ID and Date, and every mail program shows one. TLS and the server are real."""
    tls = certificate(tmp_path)
    with serving(MailServer(hangs_up=["DATA"]), starttls=tls.context) as server:
        options = SmtpOptions(
            "127.0.0.1", server.port, security=Security.STARTTLS, timeout_s=10, ca_file=tls.ca_file
        )
        school = at_work(tmp_path, transport=SmtpTransport(options))
        school.forum.post(post("insult", INSULT))
        school.cycle()
        (owed,) = school.alerts()
        assert ("owed", 1) == (owed.state, len(server.received))
        assert "broke the connection" in owed.last_error

        school.cycle(minutes=2)
        school.cycle(hours=1)

    first, second = server.received
    assert first == second
    assert [True, True] == server.encrypted
    (sent,) = school.alerts()
    assert ("sent", Office.HEADTEACHER, 2) == (sent.state, sent.office, sent.attempts)
    assert sent.message_id.encode() in first and b"Date: Sun, 22 Nov 2026 08:00:00 +0000" in first
    school.services.store.close()
