"""Small sealed archives for tests, and what somebody with write access could do to them."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.evidence import Archive, SigningKey, new_signing_key, open_archive
from monitor.model import (
    CaptureMode,
    CaptureOutcome,
    CaptureReport,
    ExhibitRecord,
    Item,
    PageFacts,
    Seal,
    Step,
    StepOutcome,
)

IN_MEMORY = Path("/dev/shm")  # where flushing costs nothing, so that hundreds of archives can be tried
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Line = dict[str, object]


@contextmanager
def fast_folder() -> Iterator[Path]:
    """A temporary folder, in memory where the machine has such a place."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None) as folder:
        yield Path(folder)


def item(text: str = "The Head\u2019s letter \U0001f642 is late again") -> Item:
    return Item("forum", "p-17", "https://forum.example/p/17", text, "invented_handle", NOON)


def record(
    exhibit_id: str,
    *,
    mode: CaptureMode = CaptureMode.FULL,
    captured_at: datetime = NOON,
    words: Item | None = None,
) -> ExhibitRecord:
    """A record with one finished and one failed step."""
    return ExhibitRecord(
        exhibit_id=exhibit_id,
        school="hawthorn-vale",
        mode=mode,
        requested_at=captured_at - timedelta(seconds=9),
        captured_at=captured_at,
        trigger="automatic",
        report=CaptureReport(
            outcome=CaptureOutcome.PARTIAL,
            steps=(
                Step("picture", StepOutcome.DONE, captured_at, captured_at + timedelta(seconds=1)),
                Step(
                    "connections",
                    StepOutcome.FAILED,
                    captured_at,
                    captured_at,
                    "the certificate was not given",
                ),
            ),
            facts=PageFacts("https://forum.example/p/17", status=200, verdict="page", viewport=(1280, 800)),
            missing=("the certificate of forum.example",),
        ),
        item=words if words is not None else item(),
        collected_by="feeds",
        collected_at=captured_at,
        tool_version="0.1.0",
    )


def fill(scratch: Path, picture: bytes = b"\x89PNG not a real picture") -> None:
    """What a capture leaves in the scratch folder."""
    for name, content in {
        "shots/full.png": picture,
        "page/text.txt": "The Head\u2019s letter is late again\n".encode(),
        "page/dom.html": b"<p>The Head&rsquo;s letter is late again</p>\n",
        "net/connections.jsonl": b'{"host":"forum.example"}\n',
    }.items():
        path = scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (scratch / "log").mkdir()


def seal(archive: Archive, exhibit_id: str, **given: Any) -> Seal:
    """Capture and seal one exhibit."""
    fill(archive.scratch(exhibit_id))
    return archive.seal(record(exhibit_id, **given), now=NOON + timedelta(seconds=20))


def small_archive(root: Path) -> Archive:
    """Three exhibits of November, one of December, one of them erased, one viewed: seven entries."""
    archive = open_archive(root)
    seal(archive, "LM-1")
    seal(archive, "LM-2")
    archive.seal(record("LM-3", mode=CaptureMode.WORDS), now=NOON)
    archive.note("LM-1", "viewed", "headteacher", now=NOON + timedelta(hours=1))
    seal(archive, "LM-4", captured_at=datetime(2026, 12, 1, 0, 0, tzinfo=UTC))
    archive.erase("LM-2", rule="dismissed", now=NOON + timedelta(days=30))
    return archive


SIGNER = SigningKey(new_signing_key())


def checkpointed_archive(root: Path) -> Archive:
    """The same, with a checkpoint over its seven entries and the key's, and one over an exhibit after it."""
    archive = small_archive(root)
    archive.checkpoint(SIGNER, now=NOON + timedelta(days=30, minutes=1))
    seal(archive, "LM-5")
    archive.checkpoint(SIGNER, now=NOON + timedelta(days=30, minutes=2))
    return archive


# --- what somebody with write access could do ------------------------------------------------------


def lines_of(root: Path) -> list[bytes]:
    return (root / "ledger.jsonl").read_bytes().splitlines(keepends=True)


def write_lines(root: Path, lines: list[bytes]) -> None:
    (root / "ledger.jsonl").write_bytes(b"".join(lines))


def spelled(entry: Line) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def with_digest(entry: Line) -> Line:
    unsigned = {key: value for key, value in entry.items() if key != "digest"}
    return unsigned | {"digest": hashlib.sha256(spelled(unsigned)).hexdigest()}


def rebuild_chain(root: Path, change: Callable[[list[Line]], object]) -> None:
    """Change the entries and make the chain sound again, as an attacker who knows the format would."""
    entries: list[Line] = [json.loads(line) for line in lines_of(root)]
    change(entries)
    before = "0" * 64
    signed_lines = []
    for number, entry in enumerate(entries, start=1):
        signed = with_digest(entry | {"sequence": number, "previous": before})
        before = str(signed["digest"])
        signed_lines.append(spelled(signed))
    write_lines(root, signed_lines)


def open_up(folder: Path) -> None:
    """Make a sealed folder writable."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def rebuild_bag(exhibit: Path, manifest: str | None = None) -> None:
    """Make manifests that fit whatever lies in the exhibit now (or this manifest), and the chain too."""
    payload = sorted(
        path.relative_to(exhibit).as_posix() for path in (exhibit / "data").rglob("*") if path.is_file()
    )
    fitting = manifest if manifest is not None else manifest_of(exhibit, payload)
    (exhibit / "manifest-sha256.txt").write_text(fitting)
    rebuild_tags(exhibit, manifest_of(exhibit, ["bag-info.txt", "bagit.txt", "manifest-sha256.txt"]))


def manifest_of(exhibit: Path, names: list[str]) -> str:
    """The true manifest lines of these files."""
    return "".join(f"{hashlib.sha256((exhibit / name).read_bytes()).hexdigest()}  {name}\n" for name in names)


def rebuild_tags(exhibit: Path, tag_manifest: str) -> None:
    """Write this tag manifest and make the chain fit it."""
    (exhibit / "tagmanifest-sha256.txt").write_text(tag_manifest)
    root = hashlib.sha256(tag_manifest.encode()).hexdigest()

    def change(entries: list[Line]) -> None:
        for entry in entries:
            if entry.get("exhibit") == exhibit.name and "root" in entry:
                entry["root"] = root

    rebuild_chain(exhibit.parents[2], change)
