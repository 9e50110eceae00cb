"""`verify --sample 1%` of 10,000 exhibits against `sha256sum` of the files that it reads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from unittest.mock import patch

from bench.figures import Figure, in_turns
from bench.processes import MONITOR, environment, run
from monitor.evidence import open_archive
from tests.sealed_archive import NOON, SIGNER, fill, record

EXHIBITS = 10_000
IN_SAMPLE = EXHIBITS // 100
PICTURE_BYTES = 20_000
IN_BATCH = 100
"""How many captures one checkpoint covers."""
ROUNDS = 7


def measure(scratch: Path) -> Iterator[Figure]:
    """The whole chain, every signature, every list of files, and the files of one exhibit in a hundred."""
    root = scratch / "archive"
    with patch("os.fsync"):  # what is measured only reads; flushing 10,000 exhibits takes many minutes
        _fill(root)
    lists = [root / "ledger.jsonl", *root.glob("checkpoints/*"), *root.glob("20*/*/*/*.txt")]
    files = [path for number in range(IN_SAMPLE) for path in _exhibit(root, number).glob("data/**/*")]
    read = scratch / "read"
    read.write_bytes(b"\0".join(bytes(path) for path in (*lists, *files) if path.is_file()))
    env = environment(scratch)

    own, base = in_turns(
        lambda: run((*MONITOR, "verify", str(root), "--sample", "1%"), env=env),
        lambda: run(("xargs", "-0", "sha256sum"), env=env, given=read),
        rounds=ROUNDS,
    )
    against = f"`sha256sum` of the {len(lists) + len(files):,} files that it reads"
    signatures = len(list(root.glob("checkpoints/*.sig")))
    note = f"{EXHIBITS / median(own):,.0f} exhibits a second; {signatures} signatures"
    yield Figure("`verify --sample 1%` of 10,000 exhibits", against, "s", own, base, note)


def _fill(root: Path) -> None:
    archive = open_archive(root)
    for number in range(EXHIBITS):
        exhibit_id = f"B-{number}"
        fill(archive.scratch(exhibit_id), picture=os.urandom(PICTURE_BYTES))
        # Some thirty months, as after years of work.
        when = NOON + timedelta(hours=2 * number)
        archive.seal(record(exhibit_id, captured_at=when), now=when)
        if number % IN_BATCH == IN_BATCH - 1:
            archive.checkpoint(SIGNER, now=when)


def _exhibit(root: Path, number: int) -> Path:
    (folder,) = root.glob(f"20*/*/B-{number}")
    return folder
