"""Kill a writer of the archive at every file operation, one after the other, and look at what is left.

Run as `python -m tests.evidence_kills FOLDER SCENARIO`: prints one JSON line a kill point. It lives in a
process of its own because an audit hook cannot be taken off again. Only the standard library is watched and
wrapped, never our code: each operation on files announces itself to the hook before it happens, and fsync
and pwrite, which do not, are wrapped. A write is cut in two, so that a torn line is among the points.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.evidence import Archive, open_archive, verify
from monitor.model import UnverifiedTime
from tests.sealed_archive import NOON, SIGNER, fill, record, seal
from tests.witnessed_archive import witness

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "os.truncate",
    "os.link",
    "os.symlink",
}
LATER = NOON + timedelta(minutes=20)


def prepare(root: Path, scenario: str = "") -> None:
    """An archive with one exhibit to erase, and a capture that waits to be sealed; or a checkpoint with a
    reply of an authority that waits to be kept."""
    archive = open_archive(root)
    seal(archive, "LM-1")
    if not scenario.startswith("timestamp"):
        fill(archive.scratch("LM-2"))
        return
    checkpoint(archive)
    with witness(root.parent / "authority") as asked:
        Asked.reply, Asked.certificates = asked.ask(archive)
    Asked.at = datetime.now(UTC)


def seal_capture(archive: Archive) -> None:
    archive.seal(record("LM-2"), now=LATER)


def capture_again_and_seal(archive: Archive) -> None:
    """What a job does that lost its lease: the whole capture again, at another time."""
    fill(archive.scratch("LM-2"), picture=b"another picture")
    archive.seal(record("LM-2", captured_at=NOON + timedelta(days=30)), now=LATER)


def erase(archive: Archive) -> None:
    archive.erase("LM-1", rule="dismissed", now=LATER)


def finish_erasures(archive: Archive) -> None:
    """What the service does at its start; an erasure that was never ordered is ordered by its job."""
    archive.finish_erasures(now=LATER)
    erase(archive)


def note(archive: Archive) -> None:
    archive.note("LM-1", "viewed", "headteacher", now=LATER)


def checkpoint(archive: Archive) -> None:
    archive.checkpoint(SIGNER, now=LATER)


def checkpoint_later(archive: Archive) -> None:
    """What the service does at its next run: the clock has moved on."""
    archive.checkpoint(SIGNER, now=LATER + timedelta(hours=1))


class Asked:
    """What an authority replied before anything was interrupted."""

    reply: UnverifiedTime
    certificates: bytes
    at: datetime


def timestamp(archive: Archive) -> None:
    archive.keep_time(1, "invented-time", Asked.reply, certificates=Asked.certificates, now=Asked.at)


Act = Callable[[Archive], None]

SCENARIOS: dict[str, tuple[Act, Act]] = {
    "seal, then seal": (seal_capture, seal_capture),
    "seal, then capture again": (seal_capture, capture_again_and_seal),
    "erase, then start": (erase, finish_erasures),
    "note, then seal": (note, seal_capture),
    "checkpoint, then checkpoint": (checkpoint, checkpoint_later),
    "timestamp, then timestamp": (timestamp, timestamp),
}
"""What is interrupted, and what happens afterwards."""


def main(folder: Path, scenario: str) -> None:
    """Print, for each kill point, what was left and what came of it."""
    act, again = SCENARIOS[scenario]
    os.fsync = no_fsync  # type: ignore[assignment]  # the kernel, not the disk, is what a kill spares
    template = folder / "template"
    prepare(template, scenario)
    undisturbed = folder / "undisturbed"
    shutil.copytree(template, undisturbed)
    act(open_archive(undisturbed))
    sys.stdout.write(json.dumps({"undisturbed": state(undisturbed)}) + "\n")

    point = 0
    while True:
        point += 1
        root = folder / str(point)
        shutil.copytree(template, root)
        if not killed_at(point, act, root):
            break
        left = [str(each) for each in verify.problems(root)]
        again(open_archive(root))
        end = {"left": left, "state": state(root), "problems": [str(each) for each in verify.problems(root)]}
        sys.stdout.write(json.dumps({"point": point} | end) + "\n")


def no_fsync(descriptor: int) -> None:
    """Spare the disk: a killed process loses nothing that the kernel has. A power cut would."""


def killed_at(point: int, act: Act, root: Path) -> bool:
    """Do it in a child that dies at its nth operation; False when it had fewer."""
    child = os.fork()
    if child == 0:
        every_operation(die_at(point))
        act(open_archive(root))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status) != 0:
        raise SystemExit(f"the child failed before point {point}")
    return False


def die_at(point: int) -> Callable[[], None]:
    """What to call at every point: this process dies at the nth."""
    left = point

    def reached() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


def every_operation(reached: Callable[[], None]) -> None:
    """Watch this process to its end: call it before every operation that changes files, and amid a write."""

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & WRITES):
            reached()

    write = os.pwrite

    def pwrite(descriptor: int, content: bytes, offset: int) -> int:
        reached()
        half = write(descriptor, content[: (len(content) + 1) // 2], offset)
        reached()
        return half

    def fsync(descriptor: int) -> None:
        reached()

    os.pwrite = pwrite  # type: ignore[assignment]  # the kill points
    os.fsync = fsync  # type: ignore[assignment]  # the kill points
    sys.addaudithook(watch)


def state(root: Path) -> dict[str, object]:
    """Everything that must be equal after a disturbed and an undisturbed run; the salt is random."""
    salted = {"bag-info.txt", "tagmanifest-sha256.txt", "ledger.jsonl"}
    files = {
        path.relative_to(root).as_posix(): "" if path.name in salted else path.read_text(errors="replace")
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
    entries = [json.loads(line) for line in (root / "ledger.jsonl").read_text().splitlines()]
    chain = [
        {key: value for key, value in entry.items() if key not in ("digest", "previous", "root")}
        for entry in entries
    ]
    writable = [
        path.relative_to(root).as_posix()
        for path in sorted(root.glob("20*/*/*/**/*"))
        if path.stat().st_mode & 0o222
    ]
    folders = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir())
    return {"files": files, "folders": folders, "chain": chain, "writable": writable}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
