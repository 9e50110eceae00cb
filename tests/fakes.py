"""The outside world in domain words: platforms, a browser, a mail server. Nothing of ours is faked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from monitor.model import (
    CaptureMode,
    CaptureOutcome,
    CaptureReport,
    Envelope,
    FlaggedPart,
    Item,
    ItemState,
    Message,
    Page,
    PageFacts,
    Source,
    Step,
    StepOutcome,
)
from monitor.ports import Clock, Suppressed


@dataclass
class ScriptedPlatform:
    """A platform whose posts the test writes. The cursor is how many of its events were read."""

    events: list[Item] = field(default_factory=list)
    page_size: int = 100
    fault: Callable[[], Exception] | None = None
    polls: int = 0
    rereads: int = 0

    def post(self, *items: Item) -> None:
        """Publish posts."""
        self.events.extend(items)

    def edit(self, native_id: str, text: str) -> None:
        """The author rewrites a post."""
        self.events.append(replace(self._newest(native_id), text=text))

    def remove(self, native_id: str) -> None:
        """The author deletes a post."""
        self.events.append(replace(self._newest(native_id), text="", state=ItemState.REMOVED))

    def _newest(self, native_id: str) -> Item:
        return next(item for item in reversed(self.events) if item.native_id == native_id)

    def poll(self, source: Source, cursor: str | None) -> Page:
        self.polls += 1
        if self.fault:
            raise self.fault()
        start = int(cursor or 0)
        end = min(start + self.page_size, len(self.events))
        read = tuple(item for item in self.events[start:end] if item.state is ItemState.PRESENT)
        return Page(read, str(end), more=end < len(self.events))

    def reread(self, source: Source, known: Sequence[Item]) -> tuple[Item, ...]:
        self.rereads += 1
        if self.fault:
            raise self.fault()
        newest = {item.native_id: self._newest(item.native_id) for item in known}
        return tuple(newest[item.native_id] for item in known if newest[item.native_id] != item)


@dataclass
class FakeBrowser:
    """Writes known bytes for every address. `trouble` may raise, or name what the page is; `unlike` is
    what a self-test misses; `frames` is where the words stand in each page."""

    clock: Clock
    trouble: Callable[[str], str] = lambda url: "page"
    words: str = "The page as a stranger sees it."
    unlike: tuple[str, ...] = ()
    tested: int = 0
    asked_for: list[tuple[str, ...]] = field(default_factory=list)
    picture: bytes = b"\x89PNG"
    frames: tuple[str, ...] = ()
    opened: list[tuple[str, CaptureMode]] = field(default_factory=list)

    def capture(
        self,
        url: str,
        mode: CaptureMode,
        folder: Path,
        suppressed: Suppressed,
        *,
        wanted: tuple[str, ...] = (),
    ) -> CaptureReport:
        self.opened.append((url, mode))
        self.asked_for.append(wanted)
        verdict = self.trouble(url)
        now = self.clock()
        if verdict != "page":
            step = Step("open page", StepOutcome.FAILED, now, now, verdict)
            return CaptureReport(
                CaptureOutcome.FAILED, (step,), PageFacts(url, verdict=verdict), ("the page",)
            )
        if rule := suppressed(self.words):
            step = Step("check words", StepOutcome.SKIPPED, now, now, rule)
            return CaptureReport(CaptureOutcome.SUPPRESSED, (step,), PageFacts(url))
        for name, content in (("shots/full.png", self.picture), ("page/text.txt", self.words.encode())):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        step = Step("open page", StepOutcome.DONE, now, now)
        facts = PageFacts(
            url, status=200, verdict="page", flagged=FlaggedPart("".join(wanted[:1]), frames=self.frames)
        )
        return CaptureReport(CaptureOutcome.COMPLETE, (step,), facts)

    def self_test(self, folder: Path) -> CaptureReport:
        self.tested += 1
        step = Step("open page", StepOutcome.DONE, self.clock(), self.clock())
        (folder / "page").mkdir(parents=True, exist_ok=True)
        (folder / "page/text.txt").write_text("The test page.")
        outcome = CaptureOutcome.PARTIAL if self.unlike else CaptureOutcome.COMPLETE
        return CaptureReport(outcome, (step,), PageFacts("self-test", verdict="page"), self.unlike)

    def close(self) -> None:
        pass


@dataclass
class FakeMailServer:
    """Keeps every mail it was given; `fault` is raised instead, as a server would refuse."""

    received: list[tuple[Message, Envelope]] = field(default_factory=list)
    fault: Callable[[Envelope], Exception | None] = lambda envelope: None

    def deliver(self, message: Message, envelope: Envelope) -> str:
        error = self.fault(envelope)
        if error:
            raise error
        self.received.append((message, envelope))
        return "250 accepted"

    def check(self) -> str:
        return "takes mail"

    @property
    def recipients(self) -> list[str]:
        """To whom mail went, in order."""
        return [envelope.recipient for _message, envelope in self.received]
