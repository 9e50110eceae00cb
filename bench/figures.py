"""One figure: ours against a baseline that was measured in turns with it, and how it is written down."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

Measured = Callable[[], float]
"""Does the work once and returns what it cost, in seconds; preparing for it is not counted."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`ours[i]` and `baseline[i]` were measured one right after the other, both in `unit`."""

    what: str
    against: str
    unit: str
    ours: tuple[float, ...]
    baseline: tuple[float, ...]
    note: str = ""

    @property
    def ratios(self) -> tuple[float, ...]:
        """How often the baseline fits into ours, round by round, the smallest first."""
        return tuple(sorted(own / base for own, base in zip(self.ours, self.baseline, strict=True)))

    def row(self) -> str:
        """The row of a Markdown table under `TITLES`."""
        low, middle, high = self.ratios[0], median(self.ratios), self.ratios[-1]
        ratio = f"**{_number(middle)}**"
        if len(self.ratios) > 1:
            ratio += f" ({_number(low)} to {_number(high)})"
        cells = (self.what, self.against, ratio, self._spread(self.ours), self._spread(self.baseline))
        return f"| {' | '.join((*cells, str(len(self.ours)), self.note))} |"

    def document(self) -> dict[str, object]:
        """Everything that was measured, for a machine."""
        return {
            "what": self.what,
            "against": self.against,
            "unit": self.unit,
            "ratio": median(self.ratios),
            "ratios": self.ratios,
            "ours": self.ours,
            "baseline": self.baseline,
            "note": self.note,
        }

    def _spread(self, values: Sequence[float]) -> str:
        scale, unit = (1000.0, "ms") if self.unit == "s" and median(values) < 1 else (1.0, self.unit)
        low, middle, high = (_number(each * scale) for each in (min(values), median(values), max(values)))
        return f"{middle} {unit}" if len(values) == 1 else f"{middle} {unit} ({low} to {high})"


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A row that says why there is no figure."""

    what: str
    against: str
    why: str

    def row(self) -> str:
        """The row of a Markdown table under `TITLES`."""
        return f"| {self.what} | {self.against} | {self.why} | | | | |"

    def document(self) -> dict[str, object]:
        """The same, for a machine."""
        return {"what": self.what, "against": self.against, "why": self.why}


TITLES = (
    "| What | Against | Ratio: median (min to max) | Ours | Baseline | Rounds | |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)


def in_turns(
    ours: Measured, baseline: Measured, *, rounds: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Measure both in every round, each going first in every second one, so that a busy or a cold machine
    is the same for both. One round before is not counted: files, code and browser are then warm."""
    ours(), baseline()
    pairs = []
    for number in range(rounds):
        if number % 2:
            base, own = baseline(), ours()
        else:
            own, base = ours(), baseline()
        pairs.append((own, base))
    owned, based = zip(*pairs, strict=True)
    return owned, based


def seconds(work: Callable[[], object]) -> float:
    """How long the work took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def processor_seconds(work: Callable[[], object]) -> float:
    """How long this process worked on it, what the machine did for others left out."""
    started = time.process_time()
    work()
    return time.process_time() - started


def _number(value: float) -> str:
    """Three figures are all that a measurement on a shared machine can carry."""
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}".rstrip(".")
