"""Promise 4 for evidence on a failing disk: what is sealed is sealed, what is not is plainly not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.evidence_kills import SCENARIOS
from tests.sealed_archive import fast_folder

INTERRUPTED_SEAL = "no entry of the chain seals this exhibit"
A_SMALL_DISK = 'mount -t tmpfs -o size=4m,nr_inodes=300 small "$0" && exec "$@"'
FULL = "The disk that holds the archive"


@pytest.mark.parametrize("how", ["eio", "enospc"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_whichever_operation_the_disk_refuses_the_next_run_ends_as_if_nothing_had_happened(
    how: str, scenario: str
) -> None:
    """Each operation fails once (EIO), or everything from it on (ENOSPC). The error is said in words; in
    between the check names an interrupted seal or a torn line and nothing else; afterwards all is as after
    an undisturbed run, whether the same program goes on or another is started."""
    with fast_folder() as folder:
        undisturbed, points = run([sys.executable], how, folder, scenario)

    assert len(points) >= 4
    for point in points:
        look(scenario, point, undisturbed)
        if how == "enospc" and point["said"]:
            assert point["said"].startswith(FULL)


@pytest.mark.parametrize("how", ["pages", "names"])
@pytest.mark.parametrize(
    "scenario",
    ["seal, then seal", "erase, then start", "checkpoint, then checkpoint", "timestamp, then timestamp"],
)
def test_a_disk_that_is_really_full_is_told_and_nothing_is_lost(how: str, scenario: str) -> None:
    """A file system of our own, filled up to its last page or name, then to the last but one, and so on."""
    with fast_folder() as folder:
        small = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", A_SMALL_DISK, str(folder)]
        allowed = subprocess.run([*small, "true"], capture_output=True, check=False)
        if allowed.returncode != 0:
            pytest.skip("this machine lets no user mount a file system; the injected faults are tested")
        undisturbed, points = run([*small, sys.executable], how, folder, scenario)

    assert points
    for point in points:
        assert point["said"].startswith(FULL), point
        look(scenario, point, undisturbed)


def test_a_check_that_could_not_read_everything_never_says_that_all_is_good() -> None:
    """Each read of `verify` fails once: it names a fault, or it had read all the same."""
    with fast_folder() as folder:
        sound, points = run([sys.executable], "eio", folder, "verify")

    assert len(points) > 50
    for point in points:
        assert point["faults"] or point["said"] == sound, point
    assert sum(1 for point in points if point["faults"]) > 50


def test_a_pack_of_which_somebody_heard_that_it_failed_lies_nowhere() -> None:
    """One operation fails where the pack is to lie, up to the very last ones, after it has its name: either
    nothing is said and there is a pack, or it is said and there is none."""
    with fast_folder() as folder:
        _sound, points = run([sys.executable], "eio", folder, "pack")

    assert len(points) > 50
    for point in points:
        assert ([] if point["said"] else ["pack.zip"]) == point["left"], point
    assert sum(1 for point in points if point["said"]) > 50


@pytest.mark.parametrize("how", ["eio", "enospc"])
def test_a_capture_on_a_failing_disk_is_sealed_or_plainly_not_and_is_tried_again(how: str) -> None:
    """The whole service, one post for every sixth operation. A row never says sealed without its entry in
    the chain; one that is not sealed says why, somebody is told, and it is sealed a few hours later."""
    with fast_folder() as folder:
        *points, end = output([sys.executable, "-m", "tests.capture_faults", how, str(folder)])

    assert [] == end["problems"]
    assert len(points) > 8
    assert any("Captures stopped: archive" in subject for point in points for subject in point["told"])
    refused = 0
    for point in points:
        then, later = point["then"], point["later"]
        if then["state"] == "sealed":
            assert then["chained"] and then["indexed"], point
        else:
            refused += 1
            assert then["state"] == "wanted" and then["detail"] and not then["indexed"], point
        assert (later["state"], later["chained"], later["indexed"]) == ("sealed", True, True), point
        for left in point["left"]:
            assert INTERRUPTED_SEAL in left or "torn" in left, point
    assert refused > 6


def look(scenario: str, point: dict[str, Any], undisturbed: Any) -> None:
    """What must hold after whichever fault."""
    assert point["said"] or point["done"], point["point"]
    assert point["on_disk"], point["point"]
    for left in point["left"]:
        assert INTERRUPTED_SEAL in left or "torn" in left, (point["point"], left)
    for end in point["ends"]:
        assert end["problems"] == [], (point["point"], point["said"])
        events = [entry["event"] for entry in end["state"]["chain"]]
        if scenario == "seal, then capture again":
            lying = {name.split("/")[2] for name in end["state"]["files"] if name.startswith("20")}
            assert (events, lying) == (["sealed", "sealed"], {"LM-1", "LM-2"}), point["point"]
        elif scenario == "note, then seal":
            assert events in (["sealed", "viewed", "sealed"], ["sealed", "sealed"]), point["point"]
        elif scenario == "checkpoint, then checkpoint":
            assert set(end["state"]["files"]) == set(undisturbed["files"]), point["point"]
            assert events == ["sealed", "keyed", "checkpointed"], point["point"]
        else:
            assert end["state"] == undisturbed, point["point"]


def run(start: Sequence[str], how: str, folder: Path, scenario: str) -> tuple[Any, list[dict[str, Any]]]:
    """What came of an undisturbed run, and of each fault."""
    first, *points = output([*start, "-m", "tests.evidence_faults", how, str(folder), scenario])
    return first["undisturbed"], points


def output(command: Sequence[str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        command, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=7200, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]
