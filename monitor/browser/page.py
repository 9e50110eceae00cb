"""One capture of one address: open, settle, read, check, picture, save. Each step has an outcome.

Nothing is written before the words on the page have been checked, and they are checked again after the
picture was taken; so a suppressed page leaves no file and no word behind (R69). Nothing is clicked, no
certificate error is ignored, no login is attempted. The supervisor ends a capture that takes too long by
killing the browser under it: whatever call is waiting then fails, and the steps after it are skipped.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from urllib.parse import urldefrag, urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Dialog,
    Error,
    Page,
    Response,
)
from playwright.sync_api import TimeoutError as Timeout

from monitor.browser import frames, othertime, saving, shots
from monitor.browser.certificates import Certificates, file_name
from monitor.browser.egress import PRIVATE, TOO_LARGE, UNKNOWN_NAME, Connection, Egress
from monitor.browser.journal import FLAGGED_PART, Journal
from monitor.browser.reading import look, take_out_frozen
from monitor.browser.recorder import Forbidden, Recorder, RecordLimits
from monitor.browser.scripts import BEGUN, SOURCE
from monitor.browser.settling import settle
from monitor.browser.verdict import WORDS, Reading, flag_troubles, judge, unreachable
from monitor.browser.world import ScriptFailed, World
from monitor.model import (
    CaptureMode,
    CaptureReport,
    DerivedPicture,
    FlaggedPart,
    PageFacts,
    StepOutcome,
    TlsFacts,
)
from monitor.ports import Clock, Suppressed, WebRecord

VIEWPORT = (1280, 800)
_MAX_NAMED = 50
_LOCALE, _TIMEZONE = "en-GB", "Europe/London"
_PATIENCE_S = 4.0

OUT_OF_TIME = "the time allowed for a capture was over"
OUT_OF_MEMORY = "the page took more memory than is allowed"
NOT_DRAWN = "the browser stopped drawing the page"
CRASHED = "the page's own process crashed"


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What a page may cost: seconds for loading, seconds for everything, CSS pixels of height."""

    page_s: float
    total_s: float
    max_height_px: int


class Attempt:
    """One capture while it happens: `run` in the browser's own thread, `save` when that is over, by whoever
    waited for it. Everything else may be asked at any time, from any thread."""

    def __init__(
        self,
        url: str,
        mode: CaptureMode,
        *,
        folder: Path,
        clock: Clock,
        limits: PageLimits,
        forbidden: Forbidden,
        record: WebRecord | None,
        record_limits: RecordLimits,
        wanted: tuple[str, ...] = (),
        allow_private: tuple[str, ...] = (),
    ) -> None:
        self._url = url
        self._mode = mode
        self._folder = folder
        self._clock = clock
        self._limits = limits
        self._forbidden = forbidden
        self._record = record
        self._record_limits = record_limits
        self._began = monotonic()
        self._wanted = wanted
        self._allow_private = allow_private
        self._facts = PageFacts(
            requested_url=url,
            pictures_blocked=mode is CaptureMode.TEXT,
            height_limit=limits.max_height_px,
            operating_system=platform.platform(),
        )
        self._journal = Journal(clock, flagged=bool(wanted))
        self._recorder: Recorder | None = None
        self._certificates: Certificates | None = None
        self._proved: tuple[tuple[TlsFacts, bytes], ...] = ()
        self._reading: Reading | None = None
        self._words = ""
        self._files: dict[str, bytes] = {}
        self._checked, self._checked_again = False, False
        self._connections: tuple[Connection, ...] = ()
        self._drawing_since: float | None = None
        self._given_up = False
        self._stopped = ""

    # --- the steps, in order ----------------------------------------------------------------------

    def run(
        self, browser: Browser, gate: CDPSession, *, agent: str, egress: Egress, suppressed: Suppressed
    ) -> None:
        """Go through all steps, and write nothing. Raises nothing that a page can cause."""
        if urlsplit(self._url).scheme not in ("http", "https") or not urlsplit(self._url).hostname:
            self._journal.failed("open page", self._clock(), "only web addresses are opened")
            return
        egress.open_log(self._allow_private)
        self._recorder = recorder = Recorder(
            gate,
            self._mode,
            forbidden=self._forbidden,
            miss=self._journal.miss,
            lead_astray=self._lead_astray,
            record=self._record,
            limits=self._record_limits,
            clock=self._clock,
            address_of=egress.address_of,
            is_own=egress.is_own,
            on_secure=self._listen_for_certificates,
        )
        context: BrowserContext | None = None
        try:
            with recorder.watching():
                try:
                    context = self._context(browser, agent)
                    self._walk(context, egress, suppressed)
                finally:
                    # Before the gate opens: that would let go what waits at it.
                    if context is not None:
                        with suppress(Error):
                            context.close()
        except Error:
            self._journal.break_off(self._stopped or "the browser stopped")
        finally:
            self._connections = egress.close_log()

    def stop(self, why: str) -> None:
        """Say why the browser is about to be killed under this capture."""
        self._stopped = why

    def give_up(self) -> None:
        """Count the rest as failed and keep nothing: the thread that runs this hangs."""
        self._given_up = True
        self._journal.break_off(self._stopped)

    def tell(self, what: str) -> None:
        """Say something about this capture in its log."""
        self._journal.event(what)

    def left_s(self) -> float:
        """How much of its time is left."""
        return self._limits.total_s - (monotonic() - self._began)

    def drawing_s(self) -> float:
        """For how long the browser has been at the picture that it makes now."""
        since = self._drawing_since
        return 0.0 if since is None else monotonic() - since

    def suppressed(self) -> bool:
        """Whether nothing of the page may be kept."""
        return self._journal.suppressed

    def brought(self) -> bool:
        """Whether it came as far as to words that were checked, or must not be kept."""
        return self.suppressed() or (self._checked and not self._given_up)

    def report(self) -> CaptureReport:
        """Say how it ended, from the steps alone."""
        return self._journal.report(self._facts)

    def _walk(self, context: BrowserContext, egress: Egress, suppressed: Suppressed) -> None:
        page = context.new_page()
        page.on("dialog", self._on_dialog)
        page.on("download", lambda _: self._journal.event("download refused"))
        page.on("crash", lambda _: self._on_crash())
        page.on("console", lambda message: self._journal.count(f"console {message.type}"))
        page.on("pageerror", lambda _: self._journal.count("script error"))
        context.on("page", lambda other: self._close_pop_up(page, other))
        session = context.new_cdp_session(page)
        self._certificates = Certificates(session)
        if not self._open(page, egress):
            self._journal.skip_rest("the page could not be reached")
            return
        world = World(session)
        opened = self._facts, self._journal.mark()
        if not self._preserve(page, session, world, egress=egress, suppressed=suppressed):
            return
        if (elsewhere := self._wanted_to_go()) and not self._journal.suppressed:
            self._facts = opened[0]
            self._journal.back_to(opened[1])
            self._follow(page, world, elsewhere)
            if not self._preserve(page, session, world, egress=egress, suppressed=suppressed):
                return
        self._proved = self._certificates.gather()
        if self._recorder is not None:
            self._recorder.finish(lambda seconds: page.wait_for_timeout(seconds * 1000), 2.0)
        if any(name.startswith("shots/") or name == saving.MHTML for name in self._files):
            self._read_again(page, world)
            self._checked_again = self._check("check words again", suppressed)

    def _preserve(
        self, page: Page, session: CDPSession, world: World, *, egress: Egress, suppressed: Suppressed
    ) -> bool:
        """Keep the document that stands, from its settling to its pictures."""
        self._wake(session, world)
        self._settle(page, world, egress)
        if not self._read(page, world, egress):
            return False
        self._checked = self._check("check words", suppressed)
        if not self._checked or self._reading is None:
            return False
        self._judge(self._reading)
        self._save_source(world)
        self._take_picture(page, session, world, self._reading.size)
        self._save_mhtml(session)
        self._picture_flagged(page, session, world)
        return True

    def _wanted_to_go(self) -> str:
        """Where the page would have gone to if it had not been held still, "" when only to itself again."""
        wanted = self._recorder.held_back if self._recorder else ()
        stands = urldefrag(self._facts.final_url).url
        return next((url for url in wanted if urldefrag(url).url != stands), "")

    def _follow(self, page: Page, world: World, address: str) -> None:
        """Let the page go on after all, once: what it sends its visitors to is what they see."""
        started = self._clock()
        if self._recorder is not None:
            self._recorder.let_go()
        self._files.clear()
        self._listen_for_certificates()
        limit_ms = self._left_ms(self._limits.page_s)
        with suppress(Error, ScriptFailed), page.expect_navigation(wait_until="commit", timeout=limit_ms):
            world.ask(f"location.assign({json.dumps(address)}) || true")
        self._journal.over("follow page", started, "the page sent its visitor on after a while")

    def _open(self, page: Page, egress: Egress) -> bool:
        started = self._clock()
        try:
            response = self._go(page)
        except Error as error:
            self._journal.failed("open page", started, self._why_unreachable(error, egress))
            return False
        self._learn(page, response, egress, asked_at=started)
        if response is None or urlsplit(page.url).scheme not in ("http", "https"):
            # It may have moved on already, to the browser's own page about what could not be reached.
            why = egress.refused(urlsplit(self._led_to()).hostname or "")
            self._journal.failed("open page", started, why or "the address led to no web page")
            return False
        refused = egress.refused(urlsplit(response.url).hostname or "")
        if refused and response.status == 403:
            self._journal.failed("open page", started, refused)
            return False
        if self._certificates is not None and urlsplit(page.url).scheme == "http":
            self._certificates.rest()
        troubles = []
        try:
            page.wait_for_load_state("domcontentloaded", timeout=self._left_ms(self._limits.page_s))
        except Timeout:
            troubles.append("the page had not finished loading")
        self._journal.over("open page", started, troubles=troubles)
        return True

    def _go(self, page: Page) -> Response | None:
        """Open the page. One whose answer does not end is opened again without waiting for the end of it."""
        limit_s = self._limits.page_s
        try:
            first_s = limit_s if self._record is None else limit_s / 2
            return page.goto(self._url, wait_until="commit", timeout=self._left_ms(first_s))
        except Timeout:
            if self._recorder is None or not self._recorder.holds_page():
                raise
            self._recorder.let_pages_through()
            # The first attempt must be over, or the browser takes the second one back with it.
            page.goto("about:blank", wait_until="commit", timeout=self._left_ms(limit_s))
            return page.goto(self._url, wait_until="commit", timeout=self._left_ms(limit_s))

    def _learn(self, page: Page, response: Response | None, egress: Egress, *, asked_at: datetime) -> None:
        answered_at = self._clock()
        hops: list[str] = []
        request = response.request.redirected_from if response else None
        while request is not None:
            hops.insert(0, request.url)
            request = request.redirected_from
        headers = tuple((h["name"], h["value"]) for h in response.headers_array()) if response else ()
        host = urlsplit(page.url).hostname or ""
        self._facts = replace(
            self._facts,
            final_url=page.url,
            redirects=tuple(hops),
            status=response.status if response else None,
            headers=headers,
            clock=othertime.compare(
                {name.lower(): value for name, value in headers},
                host,
                asked_at=asked_at,
                answered_at=answered_at,
            ),
            server_address=egress.address_of(host),
            viewport=VIEWPORT,
            playwright=version("playwright"),
        )

    def _wake(self, session: CDPSession, world: World) -> None:
        """Stop a page whose scripts never pause; otherwise nothing of it could be read."""
        started = self._clock()
        try:
            world.ask(BEGUN, patience_s=min(_PATIENCE_S, self._limits.page_s))
            return
        except ScriptFailed:
            return  # It answers, but moves on all the time.
        except Timeout:
            pass
        session.send("Emulation.setScriptExecutionDisabled", {"value": True})
        session.send("Runtime.terminateExecution")
        troubles = ["the page's scripts never paused and were stopped"]
        self._journal.over("stop scripts", started, troubles=troubles)

    def _settle(self, page: Page, world: World, egress: Egress) -> None:
        """Let the page finish, and hold it still from then on."""
        started = self._clock()
        spent, limits = monotonic() - self._began, self._limits
        settled = settle(
            page,
            world,
            budget_s=max(1.0, min(limits.page_s - spent, 0.6 * limits.total_s - spent)),
            max_height_px=limits.max_height_px,
            wait_for_pictures=self._mode is CaptureMode.FULL,
            calls_ended=self._calls_ended,
            hold_still=self._hold_still,
        )
        self._facts = replace(
            self._facts, scroll_stops=settled.stops, images=settled.images, images_loaded=settled.loaded
        )
        self._hold_still()
        troubles = settled.troubles()
        if egress.overflowed():
            troubles.append(TOO_LARGE)
        if self._recorder is not None and (lost := self._recorder.needed_lost()):
            troubles.append(f"parts of the page that could not be loaded: {lost}")
        self._journal.over("settle", started, troubles=troubles)

    def _hold_still(self) -> None:
        """Keep the document that stands: what is read, pictured and proved from here on is one document."""
        if self._recorder is not None:
            self._recorder.hold_still()

    def _read(self, page: Page, world: World, egress: Egress) -> bool:
        started = self._clock()
        if frozen := take_out_frozen(page, min(_PATIENCE_S, self._limits.page_s)):
            self._journal.miss(f"embedded frames whose scripts never paused, which were taken out: {frozen}")
        try:
            reading, unread = look(page, world)
        except ScriptFailed as error:
            self._journal.failed("read words", started, f"the page could not be read: {error}")
            self._journal.skip_rest("the words could not be checked, so nothing was kept")
            return False
        if urlsplit(reading.url).scheme not in ("http", "https"):
            # The page moved on to something that could not be reached: what stands there now is the
            # browser's own error page, which is evidence of nothing.
            why = egress.refused(urlsplit(self._led_to()).hostname or "")
            self._journal.note("read words", StepOutcome.FAILED, started, why or "the page led nowhere")
            self._journal.miss(WORDS["unreachable"])
            self._journal.skip_rest("the page could not be reached")
            return False
        self._reading, self._words = reading, reading.words
        troubles = [f"embedded frames that could not be read: {unread}"] if unread else []
        self._journal.over("read words", started, troubles=troubles)
        return True

    def _read_again(self, page: Page, world: World) -> None:
        """Look at the words once more, because the page may have changed while it was pictured."""
        try:
            again, _ = look(page, world)
        except ScriptFailed:
            self._journal.miss(_UNCHECKED)
            self._files = {name: data for name, data in self._files.items() if name == saving.SOURCE}
            return
        self._words = again.words

    def _check(self, name: str, suppressed: Suppressed) -> bool:
        """Ask whether the words set off a trigger. If so, forget everything that was read."""
        if self._journal.suppressed:
            return False
        started = self._clock()
        rule = suppressed(self._words)
        if rule is None:
            self._journal.over(name, started)
            return True
        self._suppress(name, started, f"rule {rule} applies: nothing of the page was kept")
        return False

    def _suppress(self, name: str, started: datetime, why: str) -> None:
        """Forget everything. From here on no step is noted and nothing is written."""
        self._journal.suppress(name, started, why)
        if self._recorder is not None:
            self._recorder.shut()
        self._reading, self._words = None, ""
        self._files.clear()

    def _judge(self, reading: Reading) -> None:
        verdict = judge(reading, self._url, status=self._facts.status)
        self._facts = replace(
            self._facts,
            verdict=verdict,
            title=reading.title,
            final_url=reading.url,
            user_agent=reading.agent,
        )
        if verdict in WORDS:
            self._journal.miss(WORDS[verdict], first=True)

    def _save_source(self, world: World) -> None:
        started = self._clock()
        try:
            source = str(world.ask(SOURCE % ("true" if self._mode is CaptureMode.TEXT else "false")))
        except ScriptFailed:
            self._journal.failed("save page source", started, "the source could not be read")
            return
        self._files[saving.SOURCE] = saving.source_file(source, self._mode)
        self._journal.over("save page source", started)

    def _take_picture(self, page: Page, session: CDPSession, world: World, size: tuple[int, int]) -> None:
        started = self._clock()
        text_only = self._mode is CaptureMode.TEXT
        try:
            if text_only:
                size = shots.hide_pictures(page, world)
            with self._drawing():
                whole = shots.whole_page(
                    session, size, max_height_px=self._limits.max_height_px, without_pictures=text_only
                )
        except (ScriptFailed, ValueError) as error:
            self._journal.failed("picture", started, f"the picture was no good: {error}")
            return
        self._files[shots.FULL] = whole.png
        cut = whole.size != size
        self._facts = replace(self._facts, page_size=size, picture_size=whole.size, truncated=cut)
        troubles = []
        if cut:
            troubles.append(f"the picture stops after {whole.size[1]} of {size[1]} pixels; the words go on")
        if whole.blank and self._facts.verdict == "page":
            self._facts = replace(self._facts, verdict="blank")
            troubles.append(_BLANK_PICTURE)
        self._journal.over("picture", started, f"{whole.size[0]} x {whole.size[1]}", troubles=troubles)

    def _save_mhtml(self, session: CDPSession) -> None:
        """Keep the page with its parts in one file that any Chromium opens."""
        started = self._clock()
        if self._mode is CaptureMode.TEXT:
            why = "it would hold pictures, which this mode does not keep"
            self._journal.note("save MHTML", StepOutcome.SKIPPED, started, why)
            return
        archive = str(session.send("Page.captureSnapshot", {"format": "mhtml"})["data"])
        self._files[saving.MHTML] = archive.encode("utf-8", "replace")
        self._journal.over("save MHTML", started)

    def _picture_flagged(self, page: Page, session: CDPSession, world: World) -> None:
        """Picture the words that matter, and prove that they stand there; then, if something lies over
        them, once more without it."""
        if not self._wanted:
            return
        started = self._clock()
        try:
            spot = frames.find(page, session, world, wanted=self._wanted)
            part = FlaggedPart("")
            if spot is not None:
                with self._drawing():
                    part, self._files[shots.FLAG] = shots.flagged_part(
                        session, spot, self._wanted[spot.number]
                    )
            self._facts = replace(self._facts, flagged=part)
        except (ScriptFailed, ValueError) as error:
            self._journal.failed(FLAGGED_PART, started, f"it could not be pictured: {error}")
            return
        troubles = flag_troubles(part)
        if spot is not None and (part.covered_by or part.seen_through):
            try:
                with self._drawing():
                    hidden, self._files[shots.DECLUTTERED] = shots.without_covers(session, spot)
                derived = DerivedPicture(shots.DECLUTTERED, shots.FLAG, hidden)
                self._facts = replace(self._facts, derived=(derived,))
            except (ScriptFailed, ValueError):
                troubles.append(_NO_DERIVED)
        where = [f"in an embedded frame: {part.frames[-1]}"] if part.frames else []
        self._journal.over(FLAGGED_PART, started, *where, troubles=troubles)

    # --- what the browser tells while it works ----------------------------------------------------

    def _on_dialog(self, dialog: Dialog) -> None:
        self._journal.event(f"dialog dismissed ({dialog.type})")
        with suppress(Error):
            dialog.dismiss()

    def _on_crash(self) -> None:
        self._journal.event("the page crashed")
        self._stopped = self._stopped or CRASHED

    def _close_pop_up(self, page: Page, other: Page) -> None:
        if other != page:
            self._journal.event("pop-up closed")
            with suppress(Error):
                other.close()

    def _lead_astray(self) -> None:
        why = "the page leads to an address that may not be opened: nothing of it was kept"
        self._suppress("check addresses", self._clock(), why)

    def _listen_for_certificates(self) -> None:
        if self._certificates is not None:
            self._certificates.listen()

    def _calls_ended(self) -> bool:
        return self._recorder is None or self._recorder.calls_ended()

    def _led_to(self) -> str:
        return (self._recorder.address if self._recorder else "") or self._url

    @contextmanager
    def _drawing(self) -> Iterator[None]:
        self._drawing_since = monotonic()
        try:
            yield
        finally:
            self._drawing_since = None

    # --- small things -----------------------------------------------------------------------------

    def _context(self, browser: Browser, agent: str) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]},
            locale=_LOCALE,
            timezone_id=_TIMEZONE,
            reduced_motion="reduce",
            accept_downloads=False,
            service_workers="block",
            permissions=[],
            ignore_https_errors=False,
            user_agent=agent,
        )
        context.set_default_timeout(self._limits.page_s * 1000)
        self._facts = replace(
            self._facts,
            browser=f"Chromium {browser.version}",
            user_agent=agent,
            locale=_LOCALE,
            timezone=_TIMEZONE,
        )
        return context

    def _left_ms(self, limit_s: float) -> float:
        return max(1.0, (limit_s - (monotonic() - self._began)) * 1000)

    def _why_unreachable(self, error: Error, egress: Egress) -> str:
        refused = egress.refused(urlsplit(self._led_to()).hostname or "")
        text = str(error)
        if refused in (PRIVATE, UNKNOWN_NAME) or (refused and "ERR_" in text):
            return refused
        return unreachable(text, timed_out=isinstance(error, Timeout))

    # --- writing ----------------------------------------------------------------------------------

    def save(self) -> None:
        """Write what `run` brought. Raises OSError."""
        if self._given_up or self._journal.suppressed:
            return
        by_kind = self._recorder.blocked if self._recorder else 0
        self._journal.count("blocked by kind", by_kind)
        if self._recorder is not None:
            self._journal.count("call of a script without an answer", self._recorder.calls_open())
            self._journal.count("navigation held back", len(self._recorder.held_back))
            if self._recorder.held_back:
                self._journal.miss(_HELD_BACK)
        self._facts = replace(
            self._facts,
            failed_resources=tuple(self._recorder.lost)[:_MAX_NAMED] if self._recorder else (),
            blocked_requests=by_kind + sum(bool(c.blocked) for c in self._connections),
        )
        started = self._clock()
        files: dict[str, bytes] = {}
        if self._reading is not None and self._checked:
            files = {saving.TEXT: saving.text_file(self._reading.text)}
            if self._checked_again or set(self._files) <= {saving.SOURCE}:
                files |= self._files | self._network_files()
            else:
                self._journal.miss(_UNCHECKED)
                files |= {name: data for name, data in self._files.items() if name == saving.SOURCE}
        saving.write_files(self._folder, files)
        if files:
            self._journal.take_back("save files")  # A capture that was broken off keeps what it had.
            self._journal.over("save files", started, f"{len(files)} files")
        saving.write_log(self._folder, self._connections, self._journal.log())

    def _network_files(self) -> dict[str, bytes]:
        """The record of what the network answered, and who the servers proved to be."""
        files = {f"net/tls/{file_name(facts.origin)}": pem for facts, pem in self._proved if pem}
        self._facts = replace(self._facts, tls=tuple(facts for facts, _ in self._proved))
        if self._record is not None and self._recorder is not None and self._recorder.page is not None:
            packaged = self._record.package(self._recorder.page, self._facts.title)
            if wrong := self._record.faults(packaged):
                # Promise 3: a record that our own check refuses is not kept as if it were one.
                self._journal.miss(f"{_RECORD}, which is not sound: {wrong[0]:.200}")
            else:
                files["web/capture.wacz"] = packaged
        elif self._record is not None:
            self._journal.miss(_RECORD)
        return files


_UNCHECKED = "the pictures, because the words behind them could not be checked again"
_RECORD = "the record of what the network answered"
_HELD_BACK = "what the page went on to: it opened itself or another address anew and was held still"
_NO_DERIVED = "a picture of the flagged words without what lies over them"
_BLANK_PICTURE = "the picture shows next to nothing"
