"""The journal of one capture: each step with its outcome, what is missing, and what that makes of the whole.

Once a page was suppressed the journal forgets what was missing and takes no further step (R69).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.browser.saving import moment
from monitor.browser.verdict import WORDS
from monitor.model import CaptureOutcome, CaptureReport, PageFacts, Step, StepOutcome
from monitor.ports import Clock

FLAGGED_PART = "flagged part"
WITHOUT = {
    "open page": WORDS["unreachable"],
    "settle": "what loads only after a while",
    "read words": "the words on the page",
    "check words": "the check of the words",
    "save page source": "the page's source",
    "picture": "the picture",
    "save MHTML": "the page with its parts in one file",
    FLAGGED_PART: "a picture of the flagged words",
    "save files": "the saved files",
}
"""The steps that every capture has, in order, each with what is missing without it."""

_ALWAYS_NEEDED = {"read words", "check words", "save files"}
_MAX_EVENTS_OF_A_KIND = 20

Mark = tuple[tuple[Step, ...], tuple[str, ...]]
"""Where a journal stood."""


class Journal:
    """Written by the thread that makes the capture; `report` may be asked for from any thread."""

    def __init__(self, clock: Clock, *, flagged: bool) -> None:
        """`flagged` says whether there are words that want a picture of their own."""
        self._clock = clock
        self._expected = [name for name in WITHOUT if flagged or name != FLAGGED_PART]
        self._steps: list[Step] = []
        self._missing: dict[str, None] = {}
        self._events: list[dict[str, str]] = []
        self._counts: Counter[str] = Counter()
        self.suppressed = False

    # --- steps ------------------------------------------------------------------------------------

    def note(self, name: str, outcome: StepOutcome, started: datetime, detail: str = "") -> None:
        """A step is over."""
        if not self.suppressed:
            self._steps.append(Step(name, outcome, started, self._clock(), detail))

    def over(self, name: str, started: datetime, *told: str, troubles: Sequence[str] = ()) -> None:
        """A step is done, or partial where there were troubles, each of which names what is missing."""
        self.miss(*troubles)
        outcome = StepOutcome.PARTIAL if troubles else StepOutcome.DONE
        self.note(name, outcome, started, "; ".join([*told, *troubles]))

    def failed(self, name: str, started: datetime, why: str) -> None:
        """A step that every capture has failed, so what it brings is missing."""
        self.miss(WITHOUT[name])
        self.note(name, StepOutcome.FAILED, started, why)

    def miss(self, *parts: str, first: bool = False) -> None:
        """Name what is missing, once; `first` puts it before everything else."""
        named = dict.fromkeys(parts)
        self._missing = named | self._missing if first else self._missing | named

    def break_off(self, why: str) -> None:
        """The step that was under way failed, and nothing comes after it."""
        self.miss(why)
        self.skip_rest(why, first=StepOutcome.FAILED)

    def skip_rest(self, why: str, *, first: StepOutcome = StepOutcome.SKIPPED) -> None:
        """Name every step that will not happen, so that none is silently absent."""
        if self.suppressed:
            return
        now = self._clock()
        over = {step.name for step in self._steps}
        for name in self._expected:
            if name not in over:
                self._steps.append(Step(name, first, now, now, why))
                first = StepOutcome.SKIPPED
                self.miss(WITHOUT[name])

    def take_back(self, name: str) -> None:
        """A step that was counted as lost comes about after all."""
        self._steps = [step for step in self._steps if step.name != name]
        self._missing.pop(WITHOUT[name], None)

    def suppress(self, name: str, started: datetime, why: str) -> None:
        """Forget what was told and what is missing. From here on no step is noted."""
        self._steps = [replace(step, detail="") for step in self._steps]
        self.note(name, StepOutcome.FAILED, started, why)
        self.suppressed = True
        self._missing = {}

    def mark(self) -> Mark:
        """Where the journal stands, for `back_to`."""
        return tuple(self._steps), tuple(self._missing)

    def back_to(self, mark: Mark) -> None:
        """Take back the steps since then, because they are done again on another document."""
        self._steps, self._missing = [*mark[0]], dict.fromkeys(mark[1])

    # --- what the browser tells while it works ----------------------------------------------------

    def event(self, what: str) -> None:
        """Something happened that nobody asked for. Counted always, told with its time at first."""
        self._counts[what] += 1
        if self._counts[what] <= _MAX_EVENTS_OF_A_KIND:
            self._events.append({"at": moment(self._clock()), "event": what})

    def count(self, what: str, times: int = 1) -> None:
        """Something happened that is only counted."""
        self._counts[what] += times

    # --- how it ended -----------------------------------------------------------------------------

    def report(self, facts: PageFacts) -> CaptureReport:
        """Say how the capture ended, from the steps alone."""
        steps, missing = tuple(self._steps), tuple(self._missing)
        if self.suppressed:
            bare = PageFacts(requested_url=facts.requested_url)
            return CaptureReport(CaptureOutcome.SUPPRESSED, steps, bare)
        return CaptureReport(_outcome(steps, missing), steps, facts, missing)

    def log(self) -> Iterable[Mapping[str, object]]:
        """Everything in order of time, then the counts."""
        steps = [
            {
                "at": moment(step.started_at),
                "until": moment(step.finished_at),
                "step": step.name,
                "outcome": step.outcome.value,
                "detail": step.detail,
            }
            for step in self._steps
        ]
        counts = [{"count": count, "of": what} for what, count in sorted(self._counts.items()) if count]
        return [*sorted([*steps, *self._events], key=lambda line: line["at"]), *counts]


def _outcome(steps: Sequence[Step], missing: Sequence[str]) -> CaptureOutcome:
    kept = {step.name for step in steps if step.outcome in (StepOutcome.DONE, StepOutcome.PARTIAL)}
    if not kept >= _ALWAYS_NEEDED:
        return CaptureOutcome.FAILED
    # What was left out on purpose is no fault; what had to be left out is named in `missing`.
    good = all(step.outcome in (StepOutcome.DONE, StepOutcome.SKIPPED) for step in steps)
    return CaptureOutcome.COMPLETE if good and not missing else CaptureOutcome.PARTIAL
