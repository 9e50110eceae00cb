"""Promise 4 for evidence: whatever moment the writer is killed at, nothing is lost and nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.evidence_kills import SCENARIOS
from tests.sealed_archive import fast_folder

INTERRUPTED_SEAL = "no entry of the chain seals this exhibit"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_at_every_file_operation_the_next_run_ends_as_if_nothing_had_happened(scenario: str) -> None:
    """All kill points, one after the other. In between, the archive is sound, or holds one whole exhibit
    without entry or a torn line, and the check names just that; an erasure is never called tampering."""
    with fast_folder() as folder:
        undisturbed, points = run(scenario, folder)

    assert len(points) >= 4
    for point in points:
        assert point["problems"] == [], point["point"]
        for left in point["left"]:
            assert INTERRUPTED_SEAL in left or "torn" in left, (point["point"], left)
        if scenario == "seal, then capture again":
            assert exhibits(point["state"]) == [("LM-1", 1), ("LM-2", 1)], point["point"]
            assert point["state"]["writable"] == []
        elif scenario == "note, then seal":
            # A custody note is not repeated by itself: it is in the chain whole, or not at all.
            events = [entry["event"] for entry in point["state"]["chain"]]
            assert events in (["sealed", "viewed", "sealed"], ["sealed", "sealed"]), point["point"]
        elif scenario == "checkpoint, then checkpoint":
            # Another time, when the first one did not get so far; but one checkpoint, and nothing beside it.
            events = [entry["event"] for entry in point["state"]["chain"]]
            assert events == ["sealed", "keyed", "checkpointed"], point["point"]
            assert set(undisturbed["files"]) == set(point["state"]["files"]), point["point"]
        else:
            assert point["state"] == undisturbed, point["point"]


def run(scenario: str, folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.evidence_kills", str(folder), scenario],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=7200,
    )
    assert done.returncode == 0, done.stderr
    first, *points = [json.loads(line) for line in done.stdout.splitlines()]
    return first["undisturbed"], points


def exhibits(state: dict[str, Any]) -> list[tuple[str, int]]:
    """Each exhibit that lies in the archive, with how often the chain seals it."""
    lying = sorted({name.split("/")[2] for name in state["files"] if name.startswith("20")})
    sealed = [entry["exhibit"] for entry in state["chain"] if entry["event"] == "sealed"]
    return [(exhibit, sealed.count(exhibit)) for exhibit in lying]
