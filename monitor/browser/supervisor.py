"""Keeps a Chromium at hand for each slot and ends every capture on time, whatever the page does.

Playwright's synchronous interface belongs to the thread that started it, so it lives in a thread of its
own here (a lane). The caller's thread waits and counts the browser's memory; when time is up or a page
takes too much, it kills the browser's processes, which frees the lane, and if even that does not help it
kills the driver and leaves the lane behind. A slot is the right to one lane: two slots share no process,
so what a page does to its own browser, and what is done about it, never reaches the other's.
"""

from __future__ import annotations

import os
import queue
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession, Error, Playwright, sync_playwright

from monitor.browser import self_test
from monitor.browser.egress import Egress, Resolve, lookup
from monitor.browser.memory import ProcessTree
from monitor.browser.page import NOT_DRAWN, OUT_OF_MEMORY, OUT_OF_TIME, Attempt, PageLimits
from monitor.browser.recorder import Forbidden, RecordLimits
from monitor.browser.switches import SWITCHES
from monitor.errors import BrowserUnavailable
from monitor.model import CaptureMode, CaptureReport
from monitor.ports import Browser, Clock, Suppressed, WebRecord

MOST_SLOTS = 2
"""Four at once tripled the wait for each page and the memory, and saved a fifth more pages only (evidence
study 3.4)."""

_GRACE_S = 1.5
_LOOK_EVERY_S = 0.05
_LOOK_AT_FIRST_EVERY_S = 0.15
"""While the browser takes less than half of what it may: in this time a memory bomb takes a fifth of that."""
_LAUNCH_S = 30.0
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_INSTALL = "install one with: apt-get install chromium"


def _nothing_forbidden(url: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class BrowserOptions:
    """How the browser is to behave.

    `executable` is the path of Chromium or Chrome, "" to look for one. `contact` (an address a site's owner
    can turn to) is added to the browser's own User-Agent, which is otherwise left as it is (R7). `page_s` is
    the time a page gets to load, `total_s` the time for a whole capture; capture always returns within
    `total_s` and three seconds more. `max_page_bytes` counts what all connections of one capture receive.
    `allow_private` is written as for `monitor.outbound`. A new browser is started after `recycle_after`
    captures, and after one that left it with more than `recycle_bytes` of memory; a page that brings it to
    `max_memory_bytes` is stopped. `slots` captures, one or two, may run at once, each in a browser of its own
    with these limits. `forbidden` is asked about every address that a page or a frame in it goes to (links of
    its scripts, redirects, refreshes; the first too), before it is asked for and in the browser's own thread;
    one that is forbidden ends the capture as suppressed (R69).
    `web_record` makes what a capture keeps its exchanges with the network in; without it none are kept.
    A picture takes two seconds, ten on a very busy machine; a browser that is at one for `drawing_s` has
    stopped drawing, as happens about once in a thousand captures (bench/README.md). It is replaced, and the
    capture is made again once, if a third of its time is left.
    """

    executable: str
    contact: str
    page_s: float
    total_s: float
    max_height_px: int
    max_page_bytes: int
    allow_private: tuple[str, ...]
    recycle_after: int
    forbidden: Forbidden = field(default=_nothing_forbidden, repr=False)
    web_record: Callable[[], WebRecord] | None = field(default=None, repr=False)
    record_limits: RecordLimits = field(default=RecordLimits(), repr=False)
    max_memory_bytes: int = 1_150_000_000
    recycle_bytes: int = 700_000_000
    slots: int = 1
    drawing_s: float = 30.0

    def __post_init__(self) -> None:
        if self.slots not in (1, MOST_SLOTS):
            raise ValueError(f"slots is {self.slots!r}; it can be 1 or {MOST_SLOTS}")


def find_browser(named: str = "", own: str = "") -> str:
    """Find Chromium or Chrome: the one `named`, else a usual name on the PATH, else Playwright's `own`.

    One that is named must be there. Raises `BrowserUnavailable`, which ends with what to type.
    """
    for candidate in (named,) if named else (*_NAMES, own):
        if candidate and (found := shutil.which(candidate)):
            return found
    missing = f"{named} is not there" if named else "no Chromium or Chrome was found"
    raise BrowserUnavailable(f"{missing}; {_INSTALL}")


def try_browser(named: str) -> str:
    """Start the browser, say which it is, and stop it. Raises `BrowserUnavailable`."""
    try:
        with sync_playwright() as playwright:
            path = find_browser(named, playwright.chromium.executable_path)
            chromium = playwright.chromium.launch(
                executable_path=path, chromium_sandbox=os.geteuid() != 0, timeout=_LAUNCH_S * 1000
            )
            version = chromium.version
            chromium.close()
    except Error as error:
        first = str(error).splitlines()[0]
        raise BrowserUnavailable(f"the browser could not be started ({first}); {_INSTALL}") from error
    return f"{path} starts, version {version}"


def open_browser(options: BrowserOptions, clock: Clock, *, resolve: Resolve = lookup) -> Browser:
    """Give a browser that starts at its first capture. `capture` may be called from any thread; as many run
    at once as there are slots, the others wait for one. Call `close` at the end."""
    return _Supervisor(options, clock, resolve)


class _Supervisor:
    """The `Browser` of `monitor.ports`."""

    def __init__(self, options: BrowserOptions, clock: Clock, resolve: Resolve) -> None:
        self._options = options
        self._clock = clock
        self._resolve = resolve
        # The free slots, the one used last on top; None where no browser runs.
        self._free: queue.LifoQueue[_Lane | None] = queue.LifoQueue()
        for _ in range(options.slots):
            self._free.put(None)
        self._closing = threading.Lock()

    def capture(
        self,
        url: str,
        mode: CaptureMode,
        folder: Path,
        suppressed: Suppressed,
        *,
        wanted: tuple[str, ...] = (),
    ) -> CaptureReport:
        """Preserve what a stranger would see at `url`. See `monitor.ports.Browser`.

        Raises ValueError for a mode that opens no page, and `BrowserUnavailable`.
        """
        if not mode.opens_page:
            raise ValueError(f"mode {mode.value} opens no page")
        return self._capture(url, mode, folder, suppressed, wanted=wanted)

    def self_test(self, folder: Path) -> CaptureReport:
        """Capture our own page. See `monitor.ports.Browser`. Raises `BrowserUnavailable`."""
        with self_test.served() as page:
            report = self._capture(
                page.url,
                CaptureMode.FULL,
                folder,
                lambda text: None,
                wanted=(self_test.FLAGGED,),
                allow_private=(page.place,),
            )
        return self_test.compared(report, folder)

    def _capture(
        self,
        url: str,
        mode: CaptureMode,
        folder: Path,
        suppressed: Suppressed,
        *,
        wanted: tuple[str, ...],
        allow_private: tuple[str, ...] = (),
    ) -> CaptureReport:

        def attempt(seconds: float) -> Attempt:
            return self._attempt(
                url, mode, folder, seconds=seconds, wanted=wanted, allow_private=allow_private
            )

        slot = _Slot(self._free.get())
        try:
            made, why = self._try(slot, suppressed, lambda: attempt(self._options.total_s))
            # What turned out to be suppressed meanwhile must not be opened again (R69).
            again = why == NOT_DRAWN and not made.suppressed()
            if again and made.left_s() > self._options.total_s / 3:
                made = self._try_again(slot, suppressed, made, lambda: attempt(made.left_s()))
        finally:
            self._free.put(slot.lane)
        made.save()
        return made.report()

    def _try(self, slot: _Slot, suppressed: Suppressed, make: Callable[[], Attempt]) -> tuple[Attempt, str]:
        """Let an attempt run to its end, or say why it was stopped before."""
        found, slot.lane = slot.lane, None
        slot.lane = lane = self._ready(found)
        attempt = make()  # Only now: its time begins here, not while it waited for a slot.
        errand = lane.hand_in(lambda: lane.walk(attempt, suppressed))
        why = self._watch(errand, lane, attempt)
        if why:
            attempt.stop(why)
            lane.kill_browser()
            if not errand.done.wait(_GRACE_S):
                attempt.give_up()
                lane.abandon()
                slot.lane = None
        if errand.error is not None:
            raise errand.error
        return attempt, why

    def _try_again(
        self, slot: _Slot, suppressed: Suppressed, first: Attempt, make: Callable[[], Attempt]
    ) -> Attempt:
        """Let another browser try. Returns the attempt that brought more."""
        with suppress(BrowserUnavailable):
            second, _ = self._try(slot, suppressed, make)
            second.tell("this is the second try: in the first one the browser stopped drawing the page")
            return second if second.brought() else first
        return first

    def _attempt(
        self,
        url: str,
        mode: CaptureMode,
        folder: Path,
        *,
        seconds: float,
        wanted: tuple[str, ...],
        allow_private: tuple[str, ...],
    ) -> Attempt:
        options = self._options
        return Attempt(
            url,
            mode,
            folder=folder,
            clock=self._clock,
            limits=PageLimits(min(options.page_s, seconds), seconds, options.max_height_px),
            forbidden=options.forbidden,
            wanted=wanted,
            record=options.web_record() if options.web_record else None,
            record_limits=options.record_limits,
            allow_private=allow_private,
        )

    def _watch(self, errand: _Errand, lane: _Lane, attempt: Attempt) -> str:
        """Wait until the errand is done, and say "", or why it must be stopped before."""
        taken = 0
        while not errand.done.wait(
            _LOOK_EVERY_S if 2 * taken > self._options.max_memory_bytes else _LOOK_AT_FIRST_EVERY_S
        ):
            taken = lane.memory_bytes()
            if taken > self._options.max_memory_bytes:
                return OUT_OF_MEMORY
            if attempt.left_s() <= 0:
                return OUT_OF_TIME
            if attempt.drawing_s() > self._options.drawing_s:
                return NOT_DRAWN
        return ""

    def close(self) -> None:
        """Stop each browser, once its capture is over, and all that belongs to it; safe to call twice."""
        with self._closing:  # Two that each hold a slot would wait for one another.
            for lane in [self._free.get() for _ in range(self._options.slots)]:
                if lane is not None:
                    lane.stop()
                self._free.put(None)

    def _ready(self, lane: _Lane | None) -> _Lane:
        """This lane, or a new one in its place, with a browser that answers."""
        if lane is not None and self._is_spent(lane):
            lane.stop()
            lane = None
        if lane is None:
            lane = _Lane(self._options, self._clock, self._resolve)
        errand = lane.hand_in(lane.ready)
        if not errand.done.wait(_LAUNCH_S):
            lane.abandon()
            raise BrowserUnavailable(f"the browser did not start within {_LAUNCH_S:g} s; {_INSTALL}")
        if errand.error is not None:
            lane.stop()
            raise errand.error
        return lane

    def _is_spent(self, lane: _Lane) -> bool:
        # Driver and browser both grow by about 3 MB a capture (evidence study 3.7).
        return (
            not lane.usable
            or lane.captures >= self._options.recycle_after
            or lane.memory_bytes() > self._options.recycle_bytes
        )


@dataclass(slots=True)
class _Slot:
    """The right to one lane, and the lane that runs now; None where there is none."""

    lane: _Lane | None


class _Errand:
    """Something to do in the lane's thread, and how it went."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.done = threading.Event()
        self.error: BaseException | None = None


class _Lane:
    """One thread with its Playwright, its Chromium and its proxy."""

    def __init__(self, options: BrowserOptions, clock: Clock, resolve: Resolve) -> None:
        self._options = options
        self._egress = Egress(
            clock=clock,
            resolve=resolve,
            allow_private=options.allow_private,
            max_bytes=options.max_page_bytes,
        )
        self._errands: queue.SimpleQueue[_Errand | None] = queue.SimpleQueue()
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None
        self._gate: CDPSession | None = None
        self._agent = ""
        self._processes: tuple[psutil.Process, ...] = ()
        self._tree: ProcessTree | None = None
        self.captures = 0
        self.usable = True
        self._thread = threading.Thread(target=self._live, name="browser-lane", daemon=True)
        self._thread.start()

    # --- called from outside ----------------------------------------------------------------------

    def hand_in(self, work: Callable[[], None]) -> _Errand:
        """Queue work for the lane's thread."""
        errand = _Errand(work)
        self._errands.put(errand)
        return errand

    def memory_bytes(self) -> int:
        """What driver and browser take now."""
        return self._tree.resident_bytes() if self._tree else 0

    def kill_browser(self) -> None:
        """Kill Chromium and all its processes; whatever waits for it fails at once."""
        self.usable = False
        for process in self._processes[:1]:
            _kill_tree(process)

    def abandon(self) -> None:
        """Kill the driver as well and never come back to this lane."""
        self.kill_browser()
        for process in self._processes[1:]:
            _kill_tree(process)
        self._errands.put(None)

    def stop(self) -> None:
        """End in good order; with force after a few seconds."""
        self._errands.put(None)
        self._thread.join(5)
        if self._thread.is_alive():
            self.abandon()
        for process in reversed(self._processes):
            _kill_tree(process)

    # --- called in the lane's thread --------------------------------------------------------------

    def ready(self) -> None:
        """Have a Chromium that is connected."""
        if self._chromium is not None and self._chromium.is_connected() and self._answers():
            return
        try:
            if self._playwright is None:
                self._playwright = sync_playwright().start()
            self._chromium = self._launch(self._playwright)
            self._gate = self._chromium.new_browser_cdp_session()
            own = str(self._gate.send("Browser.getVersion")["userAgent"])
            contact = " ".join(self._options.contact.split())
            self._agent = f"{own} SchoolMonitor (+{contact})" if contact else own
            self._processes = _processes(self._gate)
            self._tree = ProcessTree(self._processes[-1]) if self._processes else None
        except Error as error:
            self.usable = False
            first = str(error).splitlines()[0]
            raise BrowserUnavailable(f"the browser could not be started ({first}); {_INSTALL}") from error

    def _answers(self) -> bool:
        """Whether Chromium is there: its driver may not have noticed yet that it was killed."""
        with suppress(Error):
            return self._gate is not None and bool(self._gate.send("Browser.getVersion"))
        return False

    def walk(self, attempt: Attempt, suppressed: Suppressed) -> None:
        """Make one capture."""
        if self._chromium is None or self._gate is None:
            raise BrowserUnavailable(f"the browser is not running; {_INSTALL}")
        self.captures += 1
        attempt.run(self._chromium, self._gate, agent=self._agent, egress=self._egress, suppressed=suppressed)

    def _launch(self, playwright: Playwright) -> Chromium:
        return playwright.chromium.launch(
            executable_path=find_browser(self._options.executable, playwright.chromium.executable_path),
            headless=True,
            # Chromium refuses to use its sandbox as root, so root (a container) runs without it;
            # everybody else keeps it.
            chromium_sandbox=os.geteuid() != 0,
            args=list(SWITCHES),
            proxy={"server": self._egress.url},
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            timeout=_LAUNCH_S * 1000,
        )

    def _live(self) -> None:
        while (errand := self._errands.get()) is not None:
            try:
                errand.work()
            except BaseException as error:  # noqa: BLE001  handed to the waiting thread, which raises it.
                errand.error = error
            finally:
                errand.done.set()
        with suppress(Exception):  # The driver may be dead already; its processes are killed after this.
            if self._chromium is not None:
                self._chromium.close()
        with suppress(Exception):
            if self._playwright is not None:
                self._playwright.stop()
        self._egress.close()


def _processes(gate: CDPSession) -> tuple[psutil.Process, ...]:
    """Chromium's first process, then those between it and us (Playwright's driver)."""
    found = gate.send("SystemInfo.getProcessInfo")["processInfo"]
    chain: list[psutil.Process] = []
    with suppress(psutil.Error):
        process: psutil.Process | None = psutil.Process(
            next(entry["id"] for entry in found if entry["type"] == "browser")
        )
        while process is not None and process.pid not in (os.getpid(), 1):
            chain.append(process)
            process = process.parent()
    return tuple(chain)


def _kill_tree(process: psutil.Process) -> None:
    with suppress(psutil.Error):
        if process.is_running():
            for part in (*process.children(recursive=True), process):
                with suppress(psutil.Error):
                    part.kill()
