"""One capture of one address: open, settle, read, check, picture, save. Each step has an outcome.

Nothing is written before the words on the page have been checked, and they are checked again after the
picture was taken; so a suppressed page leaves no file and no word behind (R69). Nothing is clicked, no
certificate error is ignored, no login is attempted. The supervisor ends a capture that takes too long by
killing the browser under it: whatever call is waiting then fails, and the steps after it are skipped.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Dialog,
    Error,
    Frame,
    Page,
    Request,
    Response,
)
from playwright.sync_api import TimeoutError as Timeout

from monitor.browser.egress import PRIVATE, TOO_LARGE, UNKNOWN_NAME, Connection, Egress
from monitor.browser.recorder import Forbidden, Recorder
from monitor.browser.scripts import HIDE_PICTURES, NOTE, READ, SETTLE, SOURCE
from monitor.browser.verdict import WORDS, Reading, judge, png_size
from monitor.model import CaptureMode, CaptureOutcome, CaptureReport, PageFacts, Step, StepOutcome
from monitor.ports import Clock, Suppressed

VIEWPORT = (1280, 800)
_NEEDED_KINDS = frozenset({"image", "stylesheet", "font", "document", "script", "xhr", "fetch"})
_MAX_NAMED = 50
_T = TypeVar("_T")

OUT_OF_TIME = "the time allowed for a capture was over"
OUT_OF_MEMORY = "the page took more memory than is allowed"
CRASHED = "the page's own process crashed"


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What a page may cost: seconds for loading, seconds for everything, CSS pixels of height."""

    page_s: float
    total_s: float
    max_height_px: int


class Attempt:
    """One capture while it happens. `report` may be asked for at any time, from any thread."""

    def __init__(
        self,
        url: str,
        mode: CaptureMode,
        *,
        folder: Path,
        clock: Clock,
        limits: PageLimits,
        forbidden: Forbidden,
    ) -> None:
        self._url = url
        self._mode = mode
        self._folder = folder
        self._clock = clock
        self._limits = limits
        self._forbidden = forbidden
        self._began = monotonic()
        self._facts = PageFacts(requested_url=url, pictures_blocked=mode is CaptureMode.TEXT)
        self._steps: list[Step] = []
        self._events: list[dict[str, str]] = []
        self._missing: list[str] = []
        self._counts: Counter[str] = Counter()
        self._failed: dict[str, None] = {}
        self._last_navigation = url
        self._waiting: set[Request] = set()
        self._suppressed = False
        self._recorder: Recorder | None = None
        self._reading: Reading | None = None
        self._words = ""
        self._source = ""
        self._picture = b""
        self._picture_checked = False
        self._lock = threading.Lock()
        self._given_up = False
        self._stopped = ""

    # --- the steps, in order ----------------------------------------------------------------------

    def run(
        self, browser: Browser, gate: CDPSession, *, agent: str, egress: Egress, suppressed: Suppressed
    ) -> None:
        """Go through all steps and write what they brought. Raises nothing that a page can cause."""
        if urlsplit(self._url).scheme not in ("http", "https") or not urlsplit(self._url).hostname:
            self._note("open page", StepOutcome.FAILED, self._clock(), "only web addresses are opened")
            self._missing.append(WORDS["unreachable"])
            self._save_log(())
            return
        egress.open_log()
        self._recorder = recorder = Recorder(
            gate, self._mode, forbidden=self._forbidden, miss=self._miss, lead_astray=self._lead_astray
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
            self._break_off(self._stopped or "the browser stopped")
        finally:
            self._save(egress.close_log())

    def stop(self, why: str) -> None:
        """Say why the browser is about to be killed under this capture."""
        self._stopped = why

    def give_up(self) -> None:
        """Count the rest as failed and write nothing more: the thread that runs this hangs."""
        with self._lock:
            self._given_up = True
            self._break_off(self._stopped)

    def report(self) -> CaptureReport:
        """Say how it ended, from the steps alone."""
        if self._suppressed:
            bare = PageFacts(requested_url=self._url)
            return CaptureReport(CaptureOutcome.SUPPRESSED, tuple(self._steps), bare)
        missing = tuple(dict.fromkeys(self._missing))
        good = all(step.outcome is StepOutcome.DONE for step in self._steps)
        kept = {step.name for step in self._steps if step.outcome in (StepOutcome.DONE, StepOutcome.PARTIAL)}
        outcome = CaptureOutcome.PARTIAL
        if "read words" not in kept or "check words" not in kept or "save files" not in kept:
            outcome = CaptureOutcome.FAILED
        elif good and not missing:
            outcome = CaptureOutcome.COMPLETE
        return CaptureReport(outcome, tuple(self._steps), self._facts, missing)

    def _walk(self, context: BrowserContext, egress: Egress, suppressed: Suppressed) -> None:
        page = context.new_page()
        page.on("dialog", self._on_dialog)
        page.on("download", lambda _: self._event("download refused"))
        page.on("crash", lambda _: self._on_crash())
        page.on("console", lambda message: self._counts.update([f"console {message.type}"]))
        page.on("pageerror", lambda _: self._counts.update(["script error"]))
        page.on("request", self._on_request)
        page.on("requestfinished", lambda request: self._waiting.discard(request))
        page.on("requestfailed", self._on_failed)
        page.on("response", self._on_response)
        context.on("page", lambda other: self._close_pop_up(page, other))
        session = context.new_cdp_session(page)
        if not self._open(page, egress):
            self._skip_rest("the page could not be reached")
            return
        self._wake(page, session)
        self._settle(page, session, egress)
        if not self._read(page, session, egress) or not self._check("check words", suppressed):
            return
        self._judge()
        self._save_source(session)
        if self._reading is not None:
            self._take_picture(page, session, self._reading.size)
        if self._picture:
            self._read_again(page, session)
            self._picture_checked = self._check("check words again", suppressed)

    def _open(self, page: Page, egress: Egress) -> bool:
        started = self._clock()
        try:
            response = page.goto(self._url, wait_until="commit", timeout=self._left_ms(self._limits.page_s))
        except Error as error:
            self._missing.append(WORDS["unreachable"])
            self._note("open page", StepOutcome.FAILED, started, self._why_unreachable(error, egress))
            return False
        self._learn(page, response, egress)
        if response is None or urlsplit(page.url).scheme not in ("http", "https"):
            self._missing.append(WORDS["unreachable"])
            self._note("open page", StepOutcome.FAILED, started, "the address led to no web page")
            return False
        if egress.refused(urlsplit(response.url).hostname or "") and response.status == 403:
            self._missing.append(WORDS["unreachable"])
            self._note(
                "open page",
                StepOutcome.FAILED,
                started,
                egress.refused(urlsplit(response.url).hostname or ""),
            )
            return False
        try:
            page.wait_for_load_state("domcontentloaded", timeout=self._left_ms(self._limits.page_s))
        except Timeout:
            self._missing.append("the page had not finished loading")
            self._note("open page", StepOutcome.PARTIAL, started, "the page never finished loading")
            return True
        self._note("open page", StepOutcome.DONE, started, "")
        return True

    def _learn(self, page: Page, response: Response | None, egress: Egress) -> None:
        hops: list[str] = []
        request = response.request.redirected_from if response else None
        while request is not None:
            hops.insert(0, request.url)
            request = request.redirected_from
        self._facts = replace(
            self._facts,
            final_url=page.url,
            redirects=tuple(hops),
            status=response.status if response else None,
            headers=tuple((h["name"], h["value"]) for h in response.headers_array()) if response else (),
            server_address=egress.address_of(urlsplit(page.url).hostname or ""),
            viewport=VIEWPORT,
            playwright=version("playwright"),
        )

    def _wake(self, page: Page, session: CDPSession) -> None:
        """Stop a page whose scripts never pause; otherwise nothing of it could be read."""
        started = self._clock()
        try:
            page.wait_for_function("() => true", timeout=1000 * min(4.0, self._limits.page_s))
            return
        except Timeout:
            pass
        session.send("Emulation.setScriptExecutionDisabled", {"value": True})
        session.send("Runtime.terminateExecution")
        self._missing.append("the page's scripts never paused and were stopped")
        self._note("stop scripts", StepOutcome.PARTIAL, started, "the page's scripts never paused")

    def _settle(self, page: Page, session: CDPSession, egress: Egress) -> None:
        """Let the page finish by itself, then bring in what loads only when scrolled to. Bounded."""
        started = self._clock()
        spent = monotonic() - self._began
        limits = self._limits
        budget_s = max(1.0, min(limits.page_s - spent, 0.6 * limits.total_s - spent))
        troubles: list[str] = []
        with suppress(Timeout):
            page.wait_for_load_state("load", timeout=min(5000.0, 400 * budget_s))
        self._wait_until(page, lambda: not self._waiting, 2.0)
        try:
            found = self._ask(
                session,
                SETTLE
                % (
                    int(budget_s * 1000),
                    limits.max_height_px,
                    "true" if self._mode is CaptureMode.FULL else "false",
                ),
            )
        except _ScriptFailed:
            found = {"whole": False, "pending": 0, "broken": 0, "fonts": True}
        self._wait_until(page, lambda: not self._waiting, 2.0)
        if not found["whole"]:
            troubles.append("the page went on longer than the time allowed")
        if found["pending"]:
            troubles.append(f"pictures that had not arrived: {found['pending']}")
        if found["broken"]:
            troubles.append(f"pictures that could not be shown: {found['broken']}")
        if not found["fonts"]:
            troubles.append("a font had not arrived")
        if egress.overflowed():
            troubles.append(TOO_LARGE)
        if self._counts["needed resource missing"]:
            troubles.append(
                f"parts of the page that could not be loaded: {self._counts['needed resource missing']}"
            )
        self._missing.extend(troubles)
        self._note(
            "settle", StepOutcome.PARTIAL if troubles else StepOutcome.DONE, started, "; ".join(troubles)
        )

    def _read(self, page: Page, session: CDPSession, egress: Egress) -> bool:
        started = self._clock()
        try:
            reading, unread = self._look(page, session)
        except _ScriptFailed:
            self._note("read words", StepOutcome.FAILED, started, "the page could not be read")
            self._missing.append("the words on the page")
            self._skip_rest("the words could not be checked, so nothing was kept")
            return False
        if urlsplit(reading.url).scheme not in ("http", "https"):
            # The page moved on to something that could not be reached: what stands there now is the
            # browser's own error page, which is evidence of nothing.
            why = egress.refused(urlsplit(self._last_navigation).hostname or "")
            self._note("read words", StepOutcome.FAILED, started, why or "the page led nowhere")
            self._missing.append(WORDS["unreachable"])
            self._skip_rest("the page could not be reached")
            return False
        self._reading, self._words = reading, reading.words
        if unread:
            self._missing.append(f"embedded frames that could not be read: {unread}")
        self._note("read words", StepOutcome.PARTIAL if unread else StepOutcome.DONE, started, "")
        return True

    def _read_again(self, page: Page, session: CDPSession) -> None:
        """Look at the words once more, because the page may have changed while it was pictured."""
        try:
            again, _ = self._look(page, session)
        except _ScriptFailed:
            self._picture = b""
            self._missing.append("the picture, because the words behind it could not be checked again")
            return
        self._words = again.words

    def _look(self, page: Page, session: CDPSession) -> tuple[Reading, int]:
        found = self._ask(session, READ)
        texts, alts, unread = [str(found["text"])], [str(alt) for alt in found["alts"]], 0
        for frame in page.frames[1:]:
            try:
                inner = frame.evaluate(READ) if _shows(frame) else {"text": "", "alts": []}
                text, more = str(inner["text"]), [str(alt) for alt in inner["alts"]]
            except (Error, KeyError, TypeError):  # A frame answers in its own world and may say anything.
                unread += 1
                continue
            if text.strip():
                texts.append(f"--- embedded frame ---\n{text}")
            alts.extend(more)
        size = (int(found["width"]), int(found["height"]))
        reading = Reading(
            title=str(found["title"]),
            text="\n".join(texts),
            alts=tuple(alts),
            password=bool(found["password"]),
            pictures=int(found["pictures"]),
            size=size,
            url=str(found["url"]),
            agent=str(found["agent"]),
        )
        return reading, unread

    def _check(self, name: str, suppressed: Suppressed) -> bool:
        """Ask whether the words set off a trigger. If so, forget everything that was read."""
        if self._suppressed:
            return False
        started = self._clock()
        rule = suppressed(self._words)
        if rule is None:
            self._note(name, StepOutcome.DONE, started, "")
            return True
        self._suppress(name, started, f"rule {rule} applies: nothing of the page was kept")
        return False

    def _suppress(self, name: str, started: datetime, why: str) -> None:
        """Forget everything. From here on no step is noted and nothing is written."""
        self._steps = [replace(step, detail="") for step in self._steps]
        self._note(name, StepOutcome.FAILED, started, why)
        self._suppressed = True
        if self._recorder is not None:
            self._recorder.shut()
        self._reading, self._words, self._source, self._picture = None, "", "", b""
        self._missing.clear()

    def _save_source(self, session: CDPSession) -> None:
        started = self._clock()
        try:
            self._source = str(
                self._ask(session, SOURCE % ("true" if self._mode is CaptureMode.TEXT else "false"))
            )
        except _ScriptFailed:
            self._missing.append("the page's source")
            self._note("save page source", StepOutcome.FAILED, started, "the source could not be read")
            return
        self._note("save page source", StepOutcome.DONE, started, "")

    def _take_picture(self, page: Page, session: CDPSession, size: tuple[int, int]) -> None:
        started = self._clock()
        try:
            if self._mode is CaptureMode.TEXT:
                size = self._hide_pictures(page, session)
            width, height = min(size[0], 4096), min(size[1], self._limits.max_height_px)
            shot = session.send(
                "Page.captureScreenshot",
                {
                    "format": "png",
                    "optimizeForSpeed": True,
                    "captureBeyondViewport": True,
                    "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1},
                },
            )
            picture = base64.b64decode(shot["data"])
            if png_size(picture) != (width, height):
                raise ValueError("the size is wrong")
        except (_ScriptFailed, ValueError) as error:
            self._missing.append("the picture")
            self._note("picture", StepOutcome.FAILED, started, f"the picture was no good: {error}")
            return
        self._picture = picture
        cut = (width, height) != size
        self._facts = replace(self._facts, page_size=size, picture_size=(width, height), truncated=cut)
        if cut:
            self._missing.append(f"the picture stops after {height} of {size[1]} pixels; the words go on")
        self._note(
            "picture", StepOutcome.PARTIAL if cut else StepOutcome.DONE, started, f"{width} x {height}"
        )

    def _hide_pictures(self, page: Page, session: CDPSession) -> tuple[int, int]:
        """Hide what came without the network, and say on the picture that pictures were blocked (R68)."""
        self._ask(session, HIDE_PICTURES)
        for frame in page.frames[1:]:
            if _shows(frame):
                frame.evaluate(HIDE_PICTURES)
        size = self._ask(session, NOTE)
        return int(size["width"]), int(size["height"])

    def _judge(self) -> None:
        if self._reading is None:
            return
        verdict = judge(self._reading, self._url, status=self._facts.status)
        self._facts = replace(
            self._facts,
            verdict=verdict,
            title=self._reading.title,
            final_url=self._reading.url,
            user_agent=self._reading.agent,
        )
        if verdict in WORDS:
            self._missing.insert(0, WORDS[verdict])

    # --- what the browser tells while it works ----------------------------------------------------

    def _on_dialog(self, dialog: Dialog) -> None:
        self._event(f"dialog dismissed ({dialog.type})")
        with suppress(Error):
            dialog.dismiss()

    def _on_crash(self) -> None:
        self._event("the page crashed")
        self._stopped = self._stopped or CRASHED

    def _close_pop_up(self, page: Page, other: Page) -> None:
        if other != page:
            self._event("pop-up closed")
            with suppress(Error):
                other.close()

    def _on_request(self, request: Request) -> None:
        if request.resource_type in ("xhr", "fetch"):
            self._waiting.add(request)
        elif request.is_navigation_request() and request.frame.parent_frame is None:
            self._last_navigation = request.url

    def _on_failed(self, request: Request) -> None:
        self._waiting.discard(request)
        failure = request.failure or ""
        if "BLOCKED_BY_CLIENT" in failure:
            return  # Our own gate; it has counted it.
        if "ERR_ABORTED" in failure:
            return  # The page took its own request back.
        self._lost(request)

    def _on_response(self, response: Response) -> None:
        main = response.request.is_navigation_request() and response.frame.parent_frame is None
        if response.status >= 400 and not main:
            self._lost(response.request)

    def _lost(self, request: Request) -> None:
        if request.resource_type in _NEEDED_KINDS and request.url not in self._failed:
            self._counts["needed resource missing"] += 1
        self._failed[request.url] = None

    def _lead_astray(self) -> None:
        why = "the page leads to an address that may not be opened: nothing of it was kept"
        self._suppress("check addresses", self._clock(), why)

    def _miss(self, part: str) -> None:
        if part not in self._missing:
            self._missing.append(part)

    # --- small things -----------------------------------------------------------------------------

    def _context(self, browser: Browser, agent: str) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]},
            locale="en-GB",
            timezone_id="Europe/London",
            reduced_motion="reduce",
            accept_downloads=False,
            service_workers="block",
            permissions=[],
            ignore_https_errors=False,
            user_agent=agent,
        )
        context.set_default_timeout(self._limits.page_s * 1000)
        self._facts = replace(self._facts, browser=f"Chromium {browser.version}", user_agent=agent)
        return context

    def _ask(self, session: CDPSession, expression: str) -> Any:
        """Evaluate in a world of our own, where the page's scripts have changed nothing."""
        frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "capture"})
        answer = session.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": world["executionContextId"],
                "returnByValue": True,
                "awaitPromise": True,
            },
        )
        if "exceptionDetails" in answer or answer["result"].get("value") is None:
            raise _ScriptFailed("the page gave no answer")
        return answer["result"]["value"]

    def _wait_until(self, page: Page, done: Callable[[], bool], limit_s: float) -> None:
        end = monotonic() + limit_s
        while not done() and monotonic() < end:
            page.wait_for_timeout(50)

    def _left_ms(self, limit_s: float) -> float:
        return max(1.0, (limit_s - (monotonic() - self._began)) * 1000)

    def _why_unreachable(self, error: Error, egress: Egress) -> str:
        refused = egress.refused(urlsplit(self._last_navigation).hostname or "")
        text = str(error)
        if refused in (PRIVATE, UNKNOWN_NAME) or (refused and "ERR_" in text):
            return refused
        for sign, words in _ERRORS.items():
            if sign in text:
                return words
        return "the page did not answer" if isinstance(error, Timeout) else "the page could not be opened"

    def _event(self, what: str) -> None:
        self._counts[what] += 1
        if self._counts[what] <= 20:
            self._events.append({"at": _utc(self._clock()), "event": what})

    def _note(self, name: str, outcome: StepOutcome, started: datetime, detail: str) -> None:
        if not self._suppressed:
            self._steps.append(Step(name, outcome, started, self._clock(), detail))

    def _break_off(self, why: str) -> None:
        """The step that was under way failed, and nothing comes after it."""
        self._missing.append(why)
        self._skip_rest(why, first=StepOutcome.FAILED)

    def _skip_rest(self, why: str, *, first: StepOutcome = StepOutcome.SKIPPED) -> None:
        """Name every step that will not happen, so that none is silently absent."""
        if self._suppressed:
            return
        now = self._clock()
        done = {step.name for step in self._steps}
        for name in _STEPS:
            if name not in done:
                self._steps.append(Step(name, first, now, now, why))
                first = StepOutcome.SKIPPED
                self._missing.append(_NOT_THERE[name])

    # --- writing ----------------------------------------------------------------------------------

    def _save(self, connections: tuple[Connection, ...]) -> None:
        with self._lock:
            if self._given_up or self._suppressed:
                return
            if self._recorder is not None and self._recorder.blocked:
                self._counts["blocked by kind"] = self._recorder.blocked
            self._facts = replace(
                self._facts,
                failed_resources=tuple(self._failed)[:_MAX_NAMED],
                blocked_requests=self._counts["blocked by kind"] + sum(bool(c.blocked) for c in connections),
            )
            started = self._clock()
            files: dict[str, bytes] = {}
            if self._reading is not None and self._checked():
                files["page/text.txt"] = (self._reading.text.rstrip() + "\n").encode("utf-8", "replace")
                if self._source:
                    files["page/dom.html"] = (_dom_head(self._mode) + self._source).encode("utf-8", "replace")
                if self._picture and not self._picture_checked:
                    self._missing.append(
                        "the picture, because the words behind it could not be checked again"
                    )
                elif self._picture:
                    files["shots/full.png"] = self._picture
            for name, content in files.items():
                _write(self._folder / name, content)
            if files:
                self._note("save files", StepOutcome.DONE, started, f"{len(files)} files")
            self._save_log(connections)

    def _checked(self) -> bool:
        return any(step.name == "check words" and step.outcome is StepOutcome.DONE for step in self._steps)

    def _save_log(self, connections: tuple[Connection, ...]) -> None:
        _write(self._folder / "net/connections.jsonl", _lines(_connection(c) for c in connections))
        steps = [
            {
                "at": _utc(step.started_at),
                "until": _utc(step.finished_at),
                "step": step.name,
                "outcome": step.outcome.value,
                "detail": step.detail,
            }
            for step in self._steps
        ]
        counts = [{"count": count, "of": what} for what, count in sorted(self._counts.items())]
        told = sorted([*steps, *self._events], key=lambda line: line["at"])
        _write(self._folder / "log/events.jsonl", _lines([*told, *counts]))


_STEPS = ("open page", "settle", "read words", "check words", "save page source", "picture", "save files")
_NOT_THERE = {
    "open page": WORDS["unreachable"],
    "settle": "what loads only after a while",
    "read words": "the words on the page",
    "check words": "the check of the words",
    "save page source": "the page's source",
    "picture": "the picture",
    "save files": "the saved files",
}
_ERRORS = {
    "ERR_CERT": "the site's certificate is not valid",
    "ERR_SSL": "the site's encryption is not valid",
    "ERR_TOO_MANY_REDIRECTS": "the address redirects without end",
    "ERR_UNSAFE_REDIRECT": "the address redirects to something that is not a web page",
    "ERR_BLOCKED_BY_CLIENT": "the address is not a page of the kind that may be opened",
    "Download is starting": "the address is a file to download, not a page",
    "ERR_CONNECTION": "the connection failed",
    "ERR_EMPTY_RESPONSE": "the site sent nothing",
    "ERR_PROXY": "the connection failed",
    "ERR_TUNNEL": "the connection failed",
    "Timeout": "the page did not answer in time",
}


class _ScriptFailed(Exception):
    """The page could not be asked. Stays in this module."""


def _shows(frame: Frame) -> bool:
    return not frame.is_detached() and urlsplit(frame.url).scheme in (
        "http",
        "https",
        "about",
        "data",
        "blob",
    )


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _connection(connection: Connection) -> dict[str, Any]:
    line = asdict(connection)
    return line | {"started_at": _utc(connection.started_at), "finished_at": _utc(connection.finished_at)}


def _lines(rows: Any) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows).encode()


def _dom_head(mode: CaptureMode) -> str:
    pictures = " and pictures embedded in it" if mode is CaptureMode.TEXT else ""
    return (
        f"<!-- The page as the browser held it, with scripts, event handlers{pictures} removed, and a policy "
        "added so that opening this file contacts nobody. -->\n"
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'\">\n"
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file and do not return before it is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
