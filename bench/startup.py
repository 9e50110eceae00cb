"""How soon the command line answers, against Python that does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, in_turns
from bench.processes import MONITOR, PYTHON, environment, run

ROUNDS = 15


def measure(scratch: Path) -> Iterator[Figure]:
    """`--help`, and beside it what the command line's library alone takes."""
    env = environment(scratch)
    for what, command in (
        ("`school-monitor --help`", (*MONITOR, "--help")),
        ("of that, `import typer`", (*PYTHON, "import typer")),
    ):
        yield Figure(
            what,
            "`python -c pass`",
            "s",
            *in_turns(
                lambda: run(command, env=env),  # noqa: B023 - done in this round
                lambda: run((*PYTHON, "pass"), env=env),
                rounds=ROUNDS,
            ),
        )
