"""The whole pipeline on an invented school: local pages, a local mailbox, a real browser.

The same jobs that the service runs, on sources that the demo serves itself. Rooms: examples (what is
posted and what should follow), pages and sites (the local web), check (were the 36 handled as the
policy wants), packs (a case, and packs of it), report (the outcome in plain words).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import TypeVar

import structlog
from pydantic import TypeAdapter
from rich.console import Console

from monitor import bootstrap, cases, jobs, logs, matching, worker
from monitor import settings as configuration
from monitor.demo import check, examples, packs, pages, report, sites
from monitor.demo.check import Asked, Found
from monitor.demo.examples import Example, Post
from monitor.demo.packs import Packed
from monitor.demo.report import Place, Report
from monitor.errors import BrowserUnavailable, MonitorError
from monitor.evidence import verify
from monitor.jobs import Services
from monitor.model import AlertKind, CaptureMode, CaptureReport, ItemState, Source
from monitor.ports import Browser, Suppressed
from monitor.settings import Settings

_T = TypeVar("_T")

_WAIT_AT_MOST = timedelta(seconds=100)
"""How long the demo waits for work that a killed run held (its lease ends after a minute)."""


class NotADemo(MonitorError):
    """The folder holds something else."""


def run(folder: Path, *, as_json: bool) -> int:
    """Run the demo in `folder` and print its report; 0 when everything went as the policy wants.

    A second run says nothing twice and notices what changed on the sites meanwhile; one that was
    interrupted is taken up where it stopped. Raises `MonitorError`.
    """
    console = Console(highlight=False)
    shown = report.Progress(Console(stderr=True, highlight=False))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(worker.only_one(folder / "data"))
        stack.enter_context(_logging_into(folder / "log.jsonl"))
        stop = stack.enter_context(_stopping_on_ctrl_c())
        stack.enter_context(shown)
        memory = _Memory.read(folder, bootstrap.clock())
        outcome = _visit(folder, memory, shown, stop)
    if outcome is None:
        console.print(f"Stopped half-way. Run it again and it goes on: school-monitor demo --folder {folder}")
        return 1
    if as_json:
        print(json.dumps(report.document(outcome), indent=2, ensure_ascii=False))  # noqa: T201 - the answer itself
    else:
        report.show(outcome, console)
    return 0 if outcome.good else 1


def start_over(folder: Path) -> None:
    """Remove what earlier runs left. Raises `NotADemo` for a folder that no demo made."""
    if not folder.exists():
        return
    if not (folder / _Memory.NAME).is_file():
        raise NotADemo(f"{folder} is not a folder of the demo; nothing was removed")
    for inside, _folders, _files in os.walk(folder):
        Path(inside).chmod(stat.S_IRWXU)  # sealed exhibits are read-only
    shutil.rmtree(folder)


# --- one visit ------------------------------------------------------------------------------------


def _visit(folder: Path, memory: _Memory, shown: report.Progress, stop: threading.Event) -> Report | None:
    """Serve the sites, run one cycle over them, and tell what came of it; None when it was stopped."""
    known = examples.load()
    posts = examples.posted(known, memory.began)
    if memory.visits:
        posts = examples.changed(posts, memory.began)
    started = bootstrap.clock()
    with sites.Sites(posts, port=memory.port, log=folder / "requests.log") as served:
        memory.port = served.port
        memory.write(folder)
        settings = _configure(folder, served.port)
        services = bootstrap.assemble(settings, stopping=stop.is_set)
        browser = _CountedBrowser(services.browser, shown)
        services = replace(services, browser=browser)
        try:
            _import_people(services, shown)
            places = _cycle(services, memory, shown, browser, stop)
            if stop.is_set():
                return None
            if browser.fault:
                raise BrowserUnavailable(
                    f"No page could be saved: {browser.fault}\nThen run the demo again; it goes on from here."
                )
            memory.given |= served.handed_out
            shown.doing("Making a case and its packs")
            packed = packs.packs(services, folder / "packs", now=services.clock())
            shown.done(f"Opened a case and made {report.count(len(packed), 'pack')} of it")
            outcome = _outcome(services, folder, memory, known, places=places, packed=packed, started=started)
        finally:
            browser.close()
            services.store.close()
    memory.visits += 1
    memory.told = {found.reference: [found.version, int(found.gone)] for found in outcome.found}
    memory.mails, memory.exhibits = outcome.mails, outcome.exhibits
    memory.write(folder)
    return outcome


def _cycle(
    services: Services,
    memory: _Memory,
    shown: report.Progress,
    browser: _CountedBrowser,
    stop: threading.Event,
) -> tuple[Place, ...]:
    """Everything that the service does on its clock, once, in the order of the one flow."""
    sources = services.settings.sources
    jobs.recover(services)
    jobs.make_due(services, sources)
    places = tuple(_read(services, source, memory, shown, stop) for source in sources)
    _finish(services, shown, browser, stop)
    jobs.upkeep(services)
    return places


def _read(
    services: Services, source: Source, memory: _Memory, shown: report.Progress, stop: threading.Event
) -> Place:
    """Poll one source, and look again at what is known of it when it was visited before."""
    name = report.PLACES[source.key]
    shown.doing(f"Reading {name}")
    done = _until(services, stop, lambda: jobs.poll_source(services, source))
    if done is None:
        return Place(source.key, name, 0, 0, good=False, detail="it was not read")
    if memory.visits:
        changed = jobs.reread_source(services, source) if done.outcome.good else 0
        place = Place(source.key, name, done.items_seen, changed, good=done.outcome.good, detail=done.detail)
        shown.done(f"Read {name}: {report.later_words(place)}")
    else:
        # A first visit that was interrupted counts with what it had read.
        with services.store.transaction() as t:
            posts = sum(run.items_seen for run in t.runs(source.key))
        place = Place(source.key, name, posts, 0, good=done.outcome.good, detail=done.detail)
        shown.done(f"Read {name}: {report.first_words(place)}")
    return place


def _finish(
    services: Services, shown: report.Progress, browser: _CountedBrowser, stop: threading.Event
) -> None:
    """Send what cannot wait, save the pages, send the rest; what a killed run held comes last."""
    sent = jobs.deliver_due(services)
    if sent:
        shown.done(f"Told at once what cannot wait: {report.count(sent, 'mail')}")

    def work() -> bool | None:
        nonlocal sent
        with services.store.transaction() as t:
            browser.expected = browser.made + t.waiting(since=services.clock()).captures
        jobs.capture_due(services)
        sent += jobs.deliver_due(services)
        with services.store.transaction() as t:
            waiting = t.waiting(since=services.clock())
        return None if (waiting.captures or waiting.alerts) and not browser.fault else True

    shown.doing("Saving what was found")
    _until(services, stop, work)
    shown.done(f"Saved and sealed what was found; the browser opened {report.count(browser.made, 'page')}")
    shown.done(f"Wrote {report.count(sent, 'mail')} into the local mailbox")


def _until(services: Services, stop: threading.Event, attempt: Callable[[], _T | None]) -> _T | None:
    """Try until there is an outcome; a killed run may hold rows until their lease ends."""
    give_up = services.clock() + _WAIT_AT_MOST
    while (outcome := attempt()) is None and not stop.is_set() and services.clock() < give_up:
        stop.wait(2)
    return outcome


# --- what came of it --------------------------------------------------------------------------------


def _outcome(
    services: Services,
    folder: Path,
    memory: _Memory,
    known: tuple[Example, ...],
    *,
    places: tuple[Place, ...],
    packed: tuple[Packed, ...],
    started: datetime,
) -> Report:
    posts = examples.posted(known, memory.began)
    found = _found(services, posts)
    by_number = {one.number: one for one in found}
    asked = {post.number: _asked(folder / "requests.log", post, memory) for post in posts}
    nothing = Asked(page=0, picture=0, given=False)
    differences = {
        example.number: differs
        for example in known
        if (
            differs := check.differences(
                example, by_number.get(example.number), asked.get(example.number, nothing)
            )
        )
    }
    with services.store.transaction() as t:
        waiting = t.waiting(since=services.clock())
        operator = sum(row.kind is AlertKind.OPERATOR and row.date >= started for row in t.alerts(500))
    faults = verify.problems(services.archive.root)
    return Report(
        folder=folder,
        mailbox=bootstrap.mailbox_folder(services.settings),
        visits=memory.visits,
        places=places,
        found=found,
        news=tuple(one for one in found if one.reference not in memory.told),
        edited=tuple(one for one in found if one.version - one.gone > memory.version(one.reference)),
        deleted=tuple(one for one in found if one.gone and not memory.gone(one.reference)),
        never_opened={
            example.number: asked[example.number].page + asked[example.number].picture
            for example in check.never_opened(known)
        },
        differences=differences,
        not_collected={
            example.number: "a parent hands it over, and taking that in comes with a later version"
            for example in known
            if example.site == examples.INTAKE
        },
        examples=len(known),
        mails=sum(len(one.mails) for one in found),
        new_mails=sum(len(one.mails) for one in found) - memory.mails,
        exhibits=sum(len(one.exhibits) for one in found),
        new_exhibits=sum(len(one.exhibits) for one in found) - memory.exhibits,
        operator_mails=operator,
        waiting=waiting.captures + waiting.alerts,
        packs=packed,
        archive_faults=tuple(str(fault) for fault in faults),
        head=services.archive.head(),
    )


def _found(services: Services, posts: tuple[Post, ...]) -> tuple[Found, ...]:
    """Every finding with what was done about it. Read past the custody log, which is for people who look
    at real content: nothing of a post or its author is taken from the rows."""
    numbers = {pages.permalink(post): post.number for post in posts}
    policy = services.settings.policy
    found = []
    with services.store.transaction() as t:
        for row in t.findings(500):
            captures = t.captures_of(row.id)
            sent = [alert for alert in t.alerts_of(row.id) if alert.state == "sent"]
            offices = {alert.office for alert in sent}
            newest = captures[-1] if captures else None
            found.append(
                Found(
                    number=numbers["/" + row.item.item.url.split("/", 3)[3]],
                    reference=row.reference,
                    category=row.assessment.category,
                    also=row.assessment.also,
                    label=policy.categories[row.assessment.category].label,
                    urgency=row.assessment.urgency,
                    asks_person=row.assessment.asks_person,
                    told=tuple(telling for telling in row.routing.told if telling.office in offices),
                    left_out=row.routing.left_out,
                    capture=newest.mode if newest else CaptureMode.NONE,
                    saved=newest.outcome if newest else None,
                    missing=newest.missing if newest else (),
                    exhibits=tuple(capture.exhibit_id for capture in captures if capture.state == "sealed"),
                    mails=tuple(alert.receipt for alert in sent),
                    version=row.item.version,
                    gone=row.item.item.state is ItemState.REMOVED,
                )
            )
    return tuple(sorted(found, key=lambda one: one.reference))


def _asked(log: Path, post: Post, memory: _Memory) -> Asked:
    return Asked(
        page=sites.times_asked(log, pages.path(post)),
        picture=sites.times_asked(log, pages.picture_path(post.number)),
        given=post.number in memory.given,
    )


# --- set-up ---------------------------------------------------------------------------------------


def _configure(folder: Path, port: int) -> Settings:
    """Write the demo's config and load it as the service would. Of the environment only the browser
    counts: a school's own data and archive must not be touched by a demo."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    template = (resources.files("monitor.demo") / "monitor.toml").read_text("utf-8")
    (config / "monitor.toml").write_text(template.replace("127.0.0.1:PORT", f"127.0.0.1:{port}"), "utf-8")
    shutil.copyfile(configuration.shipped_policy(), config / "policy.toml")
    environ = {name: value for name, value in os.environ.items() if "_MONITOR_BROWSER" in name}  # noqa: TID251 - handed over; settings reads it
    return configuration.load(config, environ)


def _import_people(services: Services, shown: report.Progress) -> None:
    lines = (resources.files("monitor.demo") / "people.csv").read_text("utf-8").splitlines(keepends=True)
    sealed = cases.import_people(
        services.store,
        matching.read_people(lines),
        bootstrap.register_key(services.settings),
        may_import_pupils=services.settings.may_import_pupils,
        now=services.clock(),
    )
    shown.done(f"An invented school: {sealed.people} people on the register, {sealed.pupils} of them pupils")


@dataclass(slots=True)
class _Memory:
    """What one run tells the next: where the pages lay, how old the posts are, what was reported."""

    NAME = "demo.json"

    began: datetime
    port: int = 0
    visits: int = 0
    given: set[int] = field(default_factory=set)
    told: dict[str, list[int]] = field(default_factory=dict)
    mails: int = 0
    exhibits: int = 0

    @classmethod
    def read(cls, folder: Path, now: datetime) -> _Memory:
        file = folder / cls.NAME
        return TypeAdapter(cls).validate_json(file.read_bytes()) if file.exists() else cls(began=now)

    def write(self, folder: Path) -> None:
        part = folder / f"{self.NAME}.part"
        part.write_bytes(TypeAdapter(_Memory).dump_json(self, indent=1))
        part.replace(folder / self.NAME)

    def version(self, reference: str) -> int:
        """The wording last reported; a finding never reported has none to compare with."""
        version, gone = self.told.get(reference, (10**9, 0))
        return version - gone

    def gone(self, reference: str) -> bool:
        return bool(self.told.get(reference, (0, 0))[1])


class _CountedBrowser:
    """The real browser, counting for the progress line. `fault` says why none could be started."""

    def __init__(self, inner: Browser, shown: report.Progress) -> None:
        self._inner = inner
        self._shown = shown
        self.made = 0
        self.expected = 0
        self.fault = ""

    def capture(
        self,
        url: str,
        mode: CaptureMode,
        folder: Path,
        suppressed: Suppressed,
        *,
        wanted: tuple[str, ...] = (),
    ) -> CaptureReport:
        self._shown.doing(f"Saving what was found: page {self.made + 1}, at most {self.expected}")
        try:
            saved = self._inner.capture(url, mode, folder, suppressed, wanted=wanted)
        except BrowserUnavailable as error:
            self.fault = str(error)
            raise
        self.made += 1
        return saved

    def self_test(self, folder: Path) -> CaptureReport:
        return self._inner.self_test(folder)

    def close(self) -> None:
        self._inner.close()


@contextmanager
def _logging_into(file: Path) -> Iterator[None]:
    """The log lines of the jobs go into a file: the terminal belongs to the progress."""
    before: Mapping[str, object] = structlog.get_config()
    with file.open("a", encoding="utf-8") as stream:
        logs.configure(stream)
        try:
            yield
        finally:
            structlog.configure(**before)  # type: ignore[arg-type]  # what it gave itself


@contextmanager
def _stopping_on_ctrl_c() -> Iterator[threading.Event]:
    """Ctrl-C asks for a stop after the step in hand; a second one stops at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.getsignal(signal.SIGINT)

    def asked(_number: int, _frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, asked)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
