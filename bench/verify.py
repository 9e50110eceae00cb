"""`verify` against `sha256sum` over the same bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.figures import Figure, in_turns, seconds
from bench.processes import MONITOR, environment, run
from monitor.evidence import open_archive
from monitor.evidence.verify import check_archive
from tests.sealed_archive import NOON, fill, record

EXHIBITS = 200
PICTURE_BYTES = 1_000_000
ROUNDS = 7


def measure(scratch: Path) -> Iterator[Figure]:
    """In this process and as a whole one; then against the digests alone, by the library that we use."""
    root = scratch / "archive"
    archive = open_archive(root)
    for number in range(EXHIBITS):
        exhibit_id = f"B-{number}"
        fill(archive.scratch(exhibit_id), picture=os.urandom(PICTURE_BYTES))
        archive.seal(record(exhibit_id), now=NOON)
    files = sorted(path for path in root.glob("20*/**/*") if path.is_file())
    size_mb = sum(path.stat().st_size for path in files) / 1e6
    env = environment(scratch)
    against = f"`sha256sum` of the same {len(files):,} files"

    def check() -> float:
        return seconds(lambda: check_archive(root))

    def sha256sum() -> float:
        return run(("sha256sum", *map(str, files)), env=env)

    def digests() -> float:
        return seconds(lambda: [_digest(path) for path in files])

    def verify() -> float:
        return run((*MONITOR, "verify", str(root)), env=env)

    for what, ours, other, baseline in (
        ("`verify`, whole process", verify, against, sha256sum),
        ("`check_archive`, in process", check, against, sha256sum),
        ("`check_archive`, in process", check, "`hashlib.file_digest` of the same files", digests),
    ):
        own, base = in_turns(ours, baseline, rounds=ROUNDS)
        note = f"{size_mb / median(own):,.0f} MB a second of {size_mb:,.0f} MB"
        yield Figure(what, other, "s", own, base, note)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
