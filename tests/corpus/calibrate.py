"""Fit what turns a sum of evidence into a score, so that nine of ten flags of score 0.9 are right.

    .venv/bin/python -m tests.corpus.calibrate

prints the two numbers for `[calibration]` in monitor/matching/weights.toml. They are fitted on the
development register; `make eval` measures them on registers never seen. A logistic fit of two numbers (Platt
scaling): with as few wrong flags as there are, more numbers would fit chance.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from monitor.matching.judgement import raw
from tests.corpus import registers
from tests.corpus.evaluate import FULL, Names, look_at_names

STEPS = 30
DOUBT = 0.01
"""Of the flags that are right here, the share taken to be wrong: invented posts are tidier than real ones."""


def main() -> None:
    """Fit and print."""
    names = look_at_names("development", registers.development(), 7, FULL)
    scale, shift = fit(_flags(names))
    sys.stdout.write(f"[calibration]\nscale = {scale:.2f}\nshift = {shift:.2f}\n")


def _flags(names: Names) -> list[tuple[float, bool]]:
    """Every flag by its sum of evidence, and whether it was right."""
    outcomes = [*names.planted, *names.nobody, *names.composed]
    return [
        (raw(flag.score), outcome.right(flag))
        for outcome in outcomes
        if outcome.certain
        for flag in outcome.flags
    ]


def fit(flags: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """The scale and shift of a logistic curve through (sum, right), by Newton's method."""
    scale, shift = 1.0, 0.0
    for _ in range(STEPS):
        g0 = g1 = h00 = h01 = h11 = 0.0
        for total, right in flags:
            share = 1 / (1 + math.exp(-(scale * total + shift)))
            weight = share * (1 - share)
            aim = right * (1 - DOUBT)
            g0 += aim - share
            g1 += (aim - share) * total
            h00 += weight
            h01 += weight * total
            h11 += weight * total * total
        size = h00 * h11 - h01 * h01
        shift += (h11 * g0 - h01 * g1) / size
        scale += (h00 * g1 - h01 * g0) / size
    return scale, shift


if __name__ == "__main__":
    main()
