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
    states: dict[int, dict[str, Any]] = {}
    for share in shares:
        out, error = share.communicate(timeout=1500)
        assert share.returncode == 0, error[-2000:]
        states.update({state.pop("point"): state for state in map(json.loads, out.splitlines())})
    undisturbed = states.pop(0)
    assert undisturbed["faults"] == []
    assert undisturbed["mails that differ"] == 0
    assert undisturbed["sealed"] == undisturbed["folders"] == [row[0] for row in undisturbed["exhibits"]]
    assert len(undisturbed["mails"]) == len(undisturbed["alerts"]) > 5
    # Fewer points would mean that the watching broke: seven posts need about this many effects.
    assert len(states) > 300
    assert sorted(states) == list(range(1, len(states) + 1))
    for point, state in sorted(states.items()):
        for what, expected in undisturbed.items():
            assert expected == state[what], (point, what)
