"""Evidence packs: what goes in, that a stranger can check it, and that every change is named."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.evidence import Archive, SigningKey, new_signing_key
from monitor.evidence.pack import DerivedCopy, PackedExhibit, PackInfo, WrittenPack, write_pack
from tests.checkers import checker
from tests.sealed_archive import NOON, fast_folder, small_archive

INFO = PackInfo(
    reference="C-2026-0007",
    audience="solicitor",
    purpose="advice on what was written about a member of staff",
    made_at=NOON,
    made_by="headteacher",
    organisation="Hawthorn Vale School",
    tool="school-monitor 0.1.0",
)
PAPERS = {"1-cover.html": b"<p>What this pack holds</p>", "2-timeline.html": b"<p>In order</p>"}
COPIES = {"AB-1-redacted.png": DerivedCopy(b"\x89PNG", "LM-1", "data/shots/full.png", ("two boxes drawn",))}


@dataclass(frozen=True)
class School:
    """An archive with its key, and a way to make packs of it."""

    archive: Archive
    key: SigningKey

    def pack(self, destination: Path, *exhibits: PackedExhibit, passphrase: str | None = None) -> WrittenPack:
        return write_pack(
            self.archive,
            exhibits or (PackedExhibit("LM-1", "AB/1"), PackedExhibit("LM-4", "AB/2")),
            papers=PAPERS,
            derived=COPIES,
            info=INFO,
            signer=self.key,
            destination=destination,
            passphrase=passphrase,
        )


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with fast_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def school(folder: Path) -> School:
    return School(small_archive(folder / "archive"), SigningKey(new_signing_key()))


@pytest.fixture(scope="module")
def unpacked(school: School, folder: Path) -> Path:
    """A pack as a receiver has it after `unzip`; never written to by a test."""
    written = school.pack(folder / "C-2026-0007.zip")
    subprocess.run(("unzip", "-q", written.path.name), cwd=folder, check=True)
    return folder / "C-2026-0007"


def script(pack: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script that lies in the pack, as somebody who has nothing else."""
    return subprocess.run(
        (sys.executable, "-I", str(pack / "verify.py"), *arguments),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_in_the_pack_finds_no_fault_in_it(unpacked: Path) -> None:
    """An untouched pack raises no false alarm."""
    done = script(unpacked)

    assert (0, "") == (done.returncode, done.stderr), done.stdout


def test_another_program_accepts_the_pack_and_each_exhibit_in_it(unpacked: Path) -> None:
    """The layout is BagIt 1.0, outside and inside."""
    for bag in (unpacked, *sorted((unpacked / "data/exhibits").iterdir())):
        subprocess.run((checker("bagit.py"), "--validate", str(bag)), capture_output=True, check=True)


def test_exhibits_go_in_byte_for_byte(school: School, unpacked: Path) -> None:
    """The folder in the pack is the folder in the archive, and gives the digest that was sealed."""
    for exhibit_id in ("LM-1", "LM-4"):
        packed, sealed = unpacked / "data/exhibits" / exhibit_id, school.archive.folder(exhibit_id)
        subprocess.run(("diff", "--recursive", str(sealed), str(packed)), check=True)
        seal = school.archive.find(exhibit_id)
        assert seal is not None
        root = hashlib.sha256((packed / "tagmanifest-sha256.txt").read_bytes()).hexdigest()
        assert seal.root_digest == root


def test_an_exhibit_may_be_named_by_its_digest_only(school: School, folder: Path) -> None:
    """Who may not have the original gets no file of it, and not who looked at it."""
    written = write_pack(
        school.archive,
        [PackedExhibit("LM-1", "AB/1", originals=False)],
        papers=PAPERS,
        derived={},
        info=INFO,
        signer=school.key,
        destination=folder / "for-the-platform",
    )
    assert not (written.path / "data/exhibits").exists()
    entries = (written.path / "data/chain/entries.jsonl").read_bytes().splitlines()
    assert ["sealed"] == [json.loads(each)["event"] for each in entries]
    assert 0 == script(written.path).returncode
