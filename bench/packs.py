"""Evidence packs: writing one against `sha256sum` and `zip -0`, checking one against `sha256sum`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.figures import Figure, NotMeasured, in_turns, seconds
from bench.processes import MONITOR, environment, run
from monitor.evidence import SigningKey, new_signing_key, open_archive
from monitor.evidence.pack import PackedExhibit, PackInfo, write_pack
from tests.sealed_archive import NOON, fill, record

EXHIBITS = 200
PICTURE_BYTES = 2_000_000
ROUNDS = 5
PASSPHRASE = "four random words: heron lamp"


def measure(scratch: Path) -> Iterator[Figure | NotMeasured]:
    """A pack of 200 exhibits of 2 MB, each time anew."""
    if shutil.which("zip") is None or shutil.which("unzip") is None:
        yield NotMeasured("a pack", "`sha256sum` and `zip -0 -r`", "no zip and unzip on this machine")
        return
    archive = open_archive(scratch / "archive")
    for number in range(EXHIBITS):
        fill(archive.scratch(f"B-{number}"), picture=os.urandom(PICTURE_BYTES))
        archive.seal(record(f"B-{number}"), now=NOON)
    key = SigningKey(new_signing_key())
    archive.checkpoint(key, now=NOON)
    info = PackInfo("C-1", "solicitor", "a bench", NOON, "headteacher", "An invented school", "bench")
    exhibits = [PackedExhibit(f"B-{number}", "") for number in range(EXHIBITS)]
    env = environment(scratch)
    files = sorted(str(path) for path in archive.root.glob("20*/**/*") if path.is_file())
    size_mb = sum(Path(path).stat().st_size for path in files) / 1e6
    target = scratch / "pack.zip"

    def written(destination: Path, passphrase: str | None = None) -> float:
        for old in scratch.glob("pack*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        return seconds(
            lambda: write_pack(
                archive,
                exhibits,
                papers={},
                derived={},
                info=info,
                signer=key,
                destination=destination,
                passphrase=passphrase,
            )
        )

    def by_tools() -> float:
        target.unlink(missing_ok=True)
        summed = run(("sha256sum", *files), env=env, answers=scratch / "sums")
        return summed + run(("zip", "-q", "-0", "-r", str(target), str(archive.root)), env=env)

    def copied() -> float:
        shutil.rmtree(scratch / "pack-copy", ignore_errors=True)
        summed = run(("sha256sum", *files), env=env, answers=scratch / "sums")
        return summed + run(("cp", "-r", str(archive.root), str(scratch / "pack-copy")), env=env)

    for what, destination, passphrase, against, baseline in (
        ("a pack, zip", target, None, "`sha256sum` and `zip -0 -r`", by_tools),
        ("a pack, folder", scratch / "pack", None, "`sha256sum` and `cp -r`", copied),
        ("a pack under a passphrase", target, PASSPHRASE, "`sha256sum` and `zip -0 -r`", by_tools),
    ):

        def ours(destination: Path = destination, passphrase: str | None = passphrase) -> float:
            return written(destination, passphrase)

        own, base = in_turns(ours, baseline, rounds=ROUNDS)
        note = f"{EXHIBITS} exhibits, {size_mb:,.0f} MB in {median(own):.1f} s"
        yield Figure(what, f"{against} of the same files", "s", own, base, note)

    written(target)
    subprocess.run(("unzip", "-q", target.name), cwd=scratch, check=True)
    unpacked = [str(path) for path in (scratch / "pack").rglob("*") if path.is_file()]

    def sha256sum() -> float:
        return run(("sha256sum", *unpacked), env=env, answers=scratch / "sums")

    for what, command in (
        ("`verify` of the zip, whole process", (*MONITOR, "verify", str(target))),
        ("verify.py in the pack, whole process", (sys.executable, "-I", str(scratch / "pack/verify.py"))),
    ):

        def check(command: tuple[str, ...] = command) -> float:
            return run(command, env=env)

        own, base = in_turns(check, sha256sum, rounds=ROUNDS)
        yield Figure(what, f"`sha256sum` of its {len(unpacked):,} files", "s", own, base)
