"""A school that makes evidence packs, for tests, and what somebody could do to a pack afterwards."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from monitor.evidence import Archive, SigningKey, new_signing_key, open_archive
from monitor.evidence.pack import DerivedCopy, PackedExhibit, PackInfo, WrittenPack, write_pack
from monitor.model import Item, UnverifiedTime
from tests.sealed_archive import fill, item, record
from tests.time_authority import TimeAuthority, time_authority

NAME = "C-2026-0007"
INFO = PackInfo(
    reference=NAME,
    audience="solicitor",
    purpose="advice on what was written about a member of staff",
    made_at=datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
    made_by="Headteacher",
    organisation="Hawthorn Vale School",
    tool="school-monitor 0.1.0",
)
PAPERS = {"1-cover.html": b"<p>What this pack holds</p>", "html/2-timeline.html": b"<p>In order</p>"}
COPIES = {
    "AB-1-redacted.png": DerivedCopy(b"\x89PNG boxes", "E-1", "data/shots/full.png", ("two boxes drawn",))
}
OURS = (PackedExhibit("E-1", "AB/1"), PackedExhibit("E-4", "AB/2"))
SEALED_AFTER = timedelta(seconds=20)
OTHERS_WORDS = "Mr Brackenbury was kind to our daughter"


@dataclass(frozen=True)
class School:
    """An archive of two matters with its key and a time-stamping authority, and a way to make packs."""

    archive: Archive
    pem: bytes
    authority: TimeAuthority

    @property
    def key(self) -> SigningKey:
        return SigningKey(self.pem)

    def pack(self, destination: Path, *exhibits: PackedExhibit, passphrase: str | None = None) -> WrittenPack:
        return write_pack(
            self.archive,
            exhibits or OURS,
            papers=PAPERS,
            derived=COPIES if not exhibits else {},
            info=INFO,
            signer=self.key,
            destination=destination,
            passphrase=passphrase,
        )

    def stamp(self, number: int, kind: str = "good") -> None:
        """Have the authority stamp a checkpoint, and keep the time."""
        content = self.archive.checkpoints()[number - 1].content
        query = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
        self.archive.keep_time(
            number,
            "invented",
            UnverifiedTime(self.authority.reply(kind, query.as_bytes()), query.nonce or 0),
            certificates=self.authority.root_file.read_bytes(),
            now=datetime.now(UTC),
        )


@contextmanager
def school(folder: Path) -> Iterator[School]:
    """Two exhibits of ours (E-1, E-4), three of another matter; two checkpoints, both stamped."""

    def at(day: int, minute: int) -> datetime:
        return datetime(2026, 11, day, 8, minute, 17, 123000 + minute, tzinfo=UTC)

    (folder / "authority").mkdir()
    with time_authority(folder / "authority") as authority:
        made = School(open_archive(folder / "archive"), new_signing_key(), authority)
        other = item(OTHERS_WORDS)

        def sealed(exhibit_id: str, moment: datetime, words: Item | None = None) -> None:
            fill(made.archive.scratch(exhibit_id))
            made.archive.seal(record(exhibit_id, captured_at=moment, words=words), now=moment + SEALED_AFTER)

        sealed("E-1", at(20, 1))
        sealed("OTHER-2", at(20, 2), other)
        made.archive.note("OTHER-2", "viewed", "clerk", now=at(20, 3), reason="a phrase of the other one")
        made.archive.checkpoint(made.key, now=at(20, 4))
        sealed("OTHER-3", at(21, 5), other)
        sealed("E-4", at(21, 6))
        made.archive.erase("OTHER-3", rule="dismissed", now=at(22, 7))
        made.archive.checkpoint(made.key, now=at(22, 8))
        made.stamp(1)
        made.stamp(2)
        sealed("OTHER-5", at(23, 9), other)
        made.archive.note("E-1", "exported", "headteacher", now=at(24, 10))
        yield made


def unpack(path: Path) -> Path:
    """What a receiver does first."""
    subprocess.run(("unzip", "-q", path.name), cwd=path.parent, check=True)
    return path.with_suffix("")


def script(pack: Path, *arguments: str, **given: Any) -> subprocess.CompletedProcess[str]:
    """Run the script that lies in the pack, as somebody who has nothing else."""
    return subprocess.run(
        (sys.executable, "-I", str(pack / "verify.py"), *arguments),
        capture_output=True,
        text=True,
        check=False,
        **given,
    )


def files_of(pack: Path) -> list[str]:
    return sorted(path.relative_to(pack).as_posix() for path in pack.rglob("*") if path.is_file())


# --- what somebody could do ------------------------------------------------------------------------


def rebuild(pack: Path, key: SigningKey | None = None) -> None:
    """Make the manifests fit whatever lies in the pack now; with a key, sign that too."""
    payload = [name for name in files_of(pack) if name.startswith("data/")]
    (pack / "manifest-sha256.txt").write_text(_manifest(pack, payload))
    own = ("tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig")
    tags = [name for name in files_of(pack) if not name.startswith("data/") and name not in own]
    (pack / own[0]).write_text(_manifest(pack, tags))
    if key is not None:
        (pack / own[1]).write_bytes(key.sign((pack / own[0]).read_bytes()))


def _manifest(pack: Path, names: list[str]) -> str:
    return "".join(f"{hashlib.sha256((pack / name).read_bytes()).hexdigest()}  {name}\n" for name in names)


def change_facts(pack: Path, change: Callable[[dict[str, Any]], object]) -> None:
    facts = json.loads((pack / "data/pack.json").read_bytes())
    change(facts)
    (pack / "data/pack.json").write_text(json.dumps(facts))


def change_lines(pack: Path, name: str, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the JSON lines of a file and spell them as they must be spelt."""
    lines = [json.loads(line) for line in (pack / name).read_bytes().splitlines()]
    change(lines)
    (pack / name).write_bytes(b"".join(map(canonical, lines)))


def canonical(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def made_anew(pack: Path, key: SigningKey) -> None:
    """Put another key in the place of the school's, everywhere, and sign everything with it."""
    old = json.loads((pack / "data/pack.json").read_bytes())["key"]
    (pack / f"data/chain/keys/{old}.pem").unlink()
    (pack / f"data/chain/keys/{key.public.name}.pem").write_bytes(key.public.pem)
    change_facts(pack, lambda facts: facts.update(key=key.public.name, fingerprint=key.public.fingerprint))
    for checkpoint in (pack / "data/chain/checkpoints").glob("*.json"):
        checkpoint.write_bytes(canonical(json.loads(checkpoint.read_bytes()) | {"key": key.public.name}))
        checkpoint.with_suffix(".sig").write_bytes(key.sign(checkpoint.read_bytes()))
    for token in (pack / "data/chain/checkpoints").glob("*.tsr"):
        token.unlink()  # they are over other bytes now
    rebuild(pack, key)
