"""`doctor`: every seeded fault is named with its fix, and a good system gets no false one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from monitor.doctor import Check, Probes, State, examine
from monitor.errors import (
    BrowserUnavailable,
    DeliveryError,
    MailSettingsRefused,
    PicturesUnavailable,
    SchemaMismatch,
    TemporaryDeliveryError,
)
from monitor.outbound import open_session
from monitor.settings import Answers, Settings, load
from monitor.setup import write
from tests.limits import limits

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Website:
    """A website on loopback that answers every request with one status and one idea of the time."""

    def __init__(self) -> None:
        self.status = 200
        self.ahead = timedelta(0)
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_response_only(site.status)
                self.send_header("Date", format_datetime(NOW + site.ahead, usegmt=True))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.host = f"127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def website() -> Iterator[Website]:
    site = Website()
    yield site
    site.close()


@pytest.fixture
def settings(tmp_path: Path, website: Website) -> Settings:
    """A configuration as `init` writes it, with one source: the website."""
    return configured(tmp_path, website.host)


def configured(folder: Path, host: str, more: str = "", environ: dict[str, str] | None = None) -> Settings:
    """Load a configuration whose only source reads `host`, with `more` behind it."""
    target = folder / "config" / "monitor.toml"
    if not target.exists():
        write(Answers(school_name="Harrowmere Community School"), target.parent)
    written = target.read_text("utf-8")
    head, _, tail = written.partition("[sources.news]")
    rest = tail[tail.index("[mail]") :].replace("allow_private = []", f'allow_private = ["{host}"]')
    news = f'[sources.news]\nplatform = "feeds"\nbase_url = "http://{host}/feed"\n\n'
    target.write_text(head + news + rest + more, "utf-8")
    return load(target.parent, environ or {})


def probes(settings: Settings) -> Probes:
    """A world in which all is well."""
    return Probes(
        clock=lambda: NOW,
        session=open_session(
            limits(connect_s=20, read_s=20, total_s=60, allow_private=settings.outbound.allow_private), "test"
        ),
        browser=lambda: "Chromium 142 starts",
        pictures=lambda: "words in pictures can be read, by rapidocr 3.10.0",
        mail=lambda: "the mailbox folder can be written",
        schema_state=lambda: "current",
        collected=("feeds", "reddit"),
        signing_key=lambda: "5d" * 32,
        times={"local": lambda: "it confirms times"},
        free_bytes=lambda folder: 50_000_000_000,
    )


def bad(checks: tuple[Check, ...]) -> list[Check]:
    return [check for check in checks if check.state is State.FAULT]


def failing(error: Exception) -> Callable[[], str]:
    def probe() -> str:
        raise error

    return probe


def test_a_good_system_has_no_fault(settings: Settings) -> None:
    """Practice mode and overdue reviews are warnings; everything tried for real is fine."""
    checks = examine(settings, probes(settings))
    assert [] == bad(checks)
    named = {check.name for check in checks if check.state is State.OK}
    assert {
        "configuration", "permissions", "time zone", "clock", "data folder", "archive",
        "database", "browser", "pictures", "mail", "source news",
    } <= named  # fmt: skip
    warnings = [check for check in checks if check.state is State.WARNING]
    assert any("overdue since 2026-05" in check.found for check in warnings)
    assert any("practice mode" in check.found for check in warnings)
    assert all(check.fix for check in warnings)


def zone_without_summer(name: str) -> tzinfo:
    return timezone(timedelta(0)) if name == "Europe/London" else ZoneInfo(name)


def no_zones(name: str) -> tzinfo:
    raise ZoneInfoNotFoundError(name)


SEEDED: dict[str, tuple[Callable[[Probes], Probes], str, str, str]] = {
    # what: (how the world goes wrong, the check, words in what was found, words in the fix)
    "no browser": (
        lambda p: replace(p, browser=failing(BrowserUnavailable("no browser was found"))),
        "browser", "no browser", "apt install chromium",
    ),
    "a wrong password for mail": (
        lambda p: replace(p, mail=failing(MailSettingsRefused("the sign-in was refused"))),
        "mail", "refused", "SCHOOL_MONITOR_MAIL_PASSWORD_FILE",
    ),
    "no mail server in reach": (
        lambda p: replace(p, mail=failing(TemporaryDeliveryError("no connection"))),
        "mail", "no connection", "writable",
    ),
    "a database of another version": (
        lambda p: replace(p, schema_state=lambda: "newer"), "database", "newer version", "Install"
    ),
    "no database": (
        lambda p: replace(p, schema_state=failing(SchemaMismatch("the database cannot be opened"))),
        "database", "cannot be opened", "SCHOOL_MONITOR_DATABASE_URL_FILE",
    ),
    "a full disk": (
        lambda p: replace(p, free_bytes=lambda folder: 1000), "archive", "0.0 GB", "Free some room"
    ),
    "a file system without locks": (
        lambda p: replace(p, locks=lambda file: False), "archive", "locks do not hold", "disk of this"
    ),
    "no time zone files": (lambda p: replace(p, zone=no_zones), "time zone", "not known", "tzdata"),
    "a wrong clock change": (
        lambda p: replace(p, zone=zone_without_summer), "time zone", "29 March 2026", "tzdata"
    ),
    "a wrong clock": (
        lambda p: replace(p, clock=lambda: NOW + timedelta(minutes=2)),
        "clock", "120 seconds ahead", "set-ntp",
    ),
    "no collector": (
        lambda p: replace(p, collected=()), "source news", "cannot read", "enabled = false"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SEEDED)
def test_what_is_wrong_with_the_machine_is_named_with_its_fix(settings: Settings, what: str) -> None:
    """One fault in the world, at least that one in the list, nothing else dragged in."""
    change, name, found, fix = SEEDED[what]
    checks = bad(examine(settings, change(probes(settings))))
    assert [name] == [check.name for check in checks if check.name != "data folder"]
    check = next(check for check in checks if check.name == name)
    assert found in check.found
    assert fix in check.fix


def test_two_pages_at_once_on_a_small_machine_are_warned_of(settings: Settings) -> None:
    """A service that is ended for want of memory loses nothing, but a person should hear of it before."""
    small = replace(probes(settings), memory_bytes=lambda: 3_221_225_472)
    two = replace(settings, capture=replace(settings.capture, slots=2))

    (check,) = (check for check in examine(two, small) if check.name == "memory")

    assert State.WARNING is check.state
    assert "3.2 GB of memory" in check.found
    assert "slots = 1 in [capture]" in check.fix
    roomy = replace(small, memory_bytes=lambda: 8_000_000_000)
    assert not {"memory"} & {each.name for each in (*examine(settings, small), *examine(two, roomy))}


def test_a_machine_that_cannot_read_pictures_lacks_something_and_is_not_broken(settings: Settings) -> None:
    """The engine is an extra: without it is a warning, with the one line to type."""
    lacking = replace(probes(settings), pictures=failing(PicturesUnavailable("rapidocr is not installed")))
    (check,) = (check for check in examine(settings, lacking) if check.name == "pictures")

    assert State.WARNING is check.state
    assert "rapidocr is not installed" in check.found
    assert "requirements/pictures.txt" in check.fix


@pytest.mark.parametrize(
    ("status", "state", "found"),
    [
        (403, State.FAULT, "refuses us"),
        (404, State.FAULT, "nothing is at this address"),
        (503, State.WARNING, "busy"),
        (405, State.OK, "answers"),
    ],
)
def test_what_a_website_answers_is_told_apart(
    settings: Settings, website: Website, status: int, state: State, found: str
) -> None:
    """A refusal and a wrong address are faults; a busy site is a warning; no HEAD is no fault."""
    website.status = status
    check = next(c for c in examine(settings, probes(settings)) if c.name == "source news")
    assert state is check.state
    assert found in check.found
    assert check.fix or state is State.OK


def test_without_network_the_clock_is_not_compared(tmp_path: Path) -> None:
    """Not compared is a warning, never "fine"; the source is a fault (promise 2)."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        settings = configured(tmp_path, host)
        checks = examine(settings, probes(settings))
    clock = next(check for check in checks if check.name == "clock")
    assert State.WARNING is clock.state
    assert "not compared" in clock.found
    assert ["source news"] == [check.name for check in bad(checks)]


def test_a_private_address_that_nobody_named_is_refused(tmp_path: Path, website: Website) -> None:
    """The fix names the key that would allow it."""
    settings = configured(tmp_path, website.host)
    closed = replace(settings, outbound=replace(settings.outbound, allow_private=()))
    check = bad(examine(closed, probes(closed)))[0]
    assert "[outbound] allow_private" in check.fix


def test_a_source_without_its_key_names_the_variables(tmp_path: Path, website: Website) -> None:
    """Reddit without credentials: both variables are named, and no request is made."""
    reddit = '[sources.reddit]\nplatform = "reddit"\n'
    reddit += "".join(f'{key} = "http://{website.host}"\n' for key in ("base_url", "auth_url"))
    settings = configured(tmp_path, website.host, reddit)
    check = bad(examine(settings, probes(settings)))[0]
    assert "source reddit" == check.name
    assert "SCHOOL_MONITOR_REDDIT_CLIENT_ID_FILE" in check.fix
    assert "SCHOOL_MONITOR_REDDIT_CLIENT_SECRET_FILE" in check.fix


def test_nothing_switched_on_is_a_fault(tmp_path: Path, website: Website) -> None:
    """Silence never looks like calm."""
    settings = configured(tmp_path, website.host)
    off = replace(settings, sources=tuple(replace(s, enabled=False, pause="x") for s in settings.sources))
    assert ["nothing is watched: no source is switched on"] == [
        c.found for c in bad(examine(off, probes(off)))
    ]


def test_secrets_that_everybody_can_read_are_found(tmp_path: Path, website: Website) -> None:
    """Data folder, key file, secret file, a configuration with a password, rules anybody can change."""
    secret = tmp_path / "secret"
    secret.write_text("x", "utf-8")
    environ = {"SCHOOL_MONITOR_REDDIT_CLIENT_ID_FILE": str(secret)}
    more = f'[sources.r]\nplatform = "reddit"\nenabled = false\npause = "x"\nbase_url = "http://{website.host}"\n'
    settings = configured(tmp_path, website.host, more, environ)
    text = (settings.config_dir / "monitor.toml").read_text("utf-8")
    text = text.replace('database_url = ""', 'database_url = "postgresql://u:p@db.example/x"')
    (settings.config_dir / "monitor.toml").write_text(text, "utf-8")
    settings = load(settings.config_dir, environ)
    keys = settings.storage.data / "keys"
    keys.mkdir(parents=True)
    (keys / "register.key").write_bytes(b"x")
    loose = [settings.storage.data, keys / "register.key", secret, settings.config_dir / "monitor.toml"]
    for path in loose:
        path.chmod(0o755 if path.is_dir() else 0o644)
    rules = settings.config_dir / "policy.toml"
    rules.chmod(0o646)
    fixes = [check.fix for check in bad(examine(settings, probes(settings))) if check.name == "permissions"]
    assert {
        *(f"Run: chmod {'700' if path.is_dir() else '600'} {path}" for path in loose),
        f"Run: chmod o-w {rules}",
    } == set(fixes)
    for path in [*loose, rules]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert [] == bad(examine(settings, probes(settings)))


def test_an_archive_that_cannot_be_written_is_a_fault(settings: Settings) -> None:
    """A file stands where the folder should be: true for root as well."""
    settings.storage.archive.write_text("in the way", "utf-8")
    check = bad(examine(settings, probes(settings)))[0]
    assert ("archive", True) == (check.name, "cannot be written" in check.found)
    assert check.fix


def test_nothing_that_doctor_says_holds_a_secret(tmp_path: Path, website: Website) -> None:
    """Not even when mail and database fail."""
    environ = {
        "SCHOOL_MONITOR_MAIL_PASSWORD": "hidden-1",
        "SCHOOL_MONITOR_DATABASE_URL": "postgresql://u:hidden-2@db.example/x",
    }
    settings = configured(tmp_path, website.host, environ=environ)
    broken = replace(
        probes(settings),
        mail=failing(DeliveryError("no")),
        schema_state=failing(SchemaMismatch("the database cannot be reached")),
    )
    assert "hidden" not in str(examine(settings, broken))
