"""Promise 4: whatever moment the service is killed at, nothing is lost and nothing is said twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.school import REPOSITORY

SHARES = 2
"""Processes side by side, one for each core of a small machine."""


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a killed process loses nothing that the kernel has, so the
    disk's own speed would only be waited for."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def test_killed_after_every_side_effect_the_end_state_equals_an_undisturbed_run(quick_folder: Path) -> None:
    """Every commit, file operation and mail is a point, none is sampled; after each the service is
    started again and must end where an undisturbed one ends."""
    shares = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.service_kills",
                str(quick_folder / str(share)),
                str(share),
                str(SHARES),
            ],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for share in range(1, SHARES + 1)
    ]
    points: list[int] = []
    for share in shares:
        out, error = share.communicate(timeout=1500)
        assert share.returncode == 0, error[-2000:]
        # Each share has keys of its own, so it is held to its own undisturbed run.
        undisturbed, *killed = [json.loads(line) for line in out.splitlines()]
        assert_sound(undisturbed)
        for state in killed:
            points.append(state.pop("point"))
            for what, found in state.items():
                assert undisturbed[what] == found, (points[-1], what)
    # None is left out; and fewer would mean that the watching broke: six posts need about this many.
    assert list(range(1, len(points) + 1)) == sorted(points)
    assert len(points) > 300


def assert_sound(state: dict[str, Any]) -> None:
    """What an undisturbed run must have done for the comparison to mean anything."""
    assert state["faults"] == []
    assert state["mails that differ"] == 0
    assert state["sealed"] == state["folders"] == [row[0] for row in state["exhibits"]]
    assert len(state["mails"]) == len(state["alerts"]) > 5
    assert ["threat", "", "removed"] in [[row[0], row[2], row[3]] for row in state["versions"]]
