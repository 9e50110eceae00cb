"""`doctor` on a terminal: every check in a line, every fault with its fix."""

from __future__ import annotations

import os
from pathlib import Path

from monitor import bootstrap, doctor
from monitor.cli import words
from monitor.errors import ConfigError, ConfigProblem
from monitor.settings import load

_WORDS = {doctor.State.OK: "ok", doctor.State.WARNING: "LOOK AT", doctor.State.FAULT: "FAULT"}


def report(config: Path, *, as_json: bool) -> int:
    """Examine everything and print it; the exit code is 0 when there is no fault, 2 when the
    configuration itself cannot be used, else 1."""
    try:
        settings = load(config, os.environ)  # noqa: TID251 - handed over whole; settings reads it
    except ConfigError as error:
        checks = tuple(_fault(problem) for problem in error.problems)
        _show(checks, as_json=as_json)
        return 2
    with bootstrap.probes(settings) as probes:
        checks = doctor.examine(settings, probes)
    _show(checks, as_json=as_json)
    return 1 if any(check.state is doctor.State.FAULT for check in checks) else 0


def _fault(problem: ConfigProblem) -> doctor.Check:
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return doctor.Check(place, doctor.State.FAULT, f"{problem.key}: {problem.message}", problem.hint)


def _show(checks: tuple[doctor.Check, ...], *, as_json: bool) -> None:
    if as_json:
        words.say_json([words.plain(check) for check in checks])
        return
    for check in checks:
        words.say(f"{_WORDS[check.state]:8} {check.name}: {check.found}")
        if check.fix and check.state is not doctor.State.OK:
            words.say(f"{'':8} -> {check.fix}")
