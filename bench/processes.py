"""Whole processes as somebody would start them, and what they take from the machine (Linux)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

MONITOR = (str(Path(sys.executable).with_name("school-monitor")),)
PYTHON = (sys.executable, "-c")
NOTHING = Path(os.devnull)


def environment(scratch: Path, **more: str) -> dict[str, str]:
    """Compiled code is kept, as after the first start anywhere, also where this machine forbids it."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return {**inherited, "PYTHONPYCACHEPREFIX": str(scratch / "compiled"), **more}


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    given: Path | None = None,
    answers: Path | None = None,
    expected: int = 0,
) -> float:
    """Seconds from start to end. Raises `CalledProcessError` when it does not end as expected."""
    with (given or NOTHING).open("rb") as source, (answers or NOTHING).open("wb") as sink:
        started = time.perf_counter()
        done = subprocess.run(
            command, env=env, stdin=source, stdout=sink, stderr=subprocess.PIPE, check=False
        )
        took = time.perf_counter() - started
    if done.returncode != expected:
        raise subprocess.CalledProcessError(done.returncode, command, stderr=done.stderr)
    return took


class Taken(NamedTuple):
    """What a command took, with everything that it started."""

    wall_s: float
    processor_s: float


def watched(command: Sequence[str], *, env: Mapping[str, str]) -> Taken:
    """From start to end, looked at ten times a second: a little processor time is missed, none is invented.

    Raises `CalledProcessError` when it does not end well.
    """
    spent: dict[tuple[int, float], float] = {}
    started = time.perf_counter()
    process = psutil.Popen(command, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        with suppress(psutil.Error):
            for each in (process, *process.children(recursive=True)):
                with suppress(psutil.Error):
                    times = each.cpu_times()
                    spent[each.pid, each.create_time()] = times.user + times.system
        with suppress(psutil.TimeoutExpired):
            process.wait(0.1)
    took = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Taken(took, sum(spent.values()))


def peak_mib(
    command: Sequence[str], *, env: Mapping[str, str], given: Path, answers: Path, complaints: Path
) -> tuple[float, int]:
    """The most memory that was resident at once, and the exit code."""
    with given.open("rb") as source, answers.open("wb") as sink, complaints.open("wb") as errors:
        process = subprocess.Popen(command, env=env, stdin=source, stdout=sink, stderr=errors)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, peak_of(process.pid))
            time.sleep(0.05)
    return peak, process.returncode


def peak_of(pid: int) -> float:
    """The most that was resident at once so far, in MiB."""
    return _mib(pid, "VmHWM")


def resident_mib(pid: int) -> float:
    """What is resident now."""
    return _mib(pid, "VmRSS")


@contextmanager
def running(
    command: Sequence[str], *, env: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in the background, asked to stop at the end."""
    with log.open("wb") as errors:
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def spent_s() -> float:
    """Processor seconds of this process and all below it, those that have ended included."""
    own = psutil.Process()
    total = 0.0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
            if process.pid != own.pid:  # What ended below this process itself was none of the browsers'.
                total += times.children_user + times.children_system
    return total


def _mib(pid: int, name: str) -> float:
    """A line of /proc/PID/status; 0 when the process has just ended (its memory is gone by then)."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:")), 0.0)
