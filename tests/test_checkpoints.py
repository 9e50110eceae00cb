"""Promise 5 for the whole chain: signed checkpoints, and whoever changes one is found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import ArchiveError
from monitor.evidence import checkpoints, merkle, open_archive, verify
from tests.sealed_archive import NOON, SIGNER, checkpointed_archive, fast_folder, seal
from tests.test_verify import by_hand, commands_by_step


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Pytest's, but in memory."""
    with fast_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """An archive with two checkpoints, never written to by a test."""
    with fast_folder() as folder:
        checkpointed_archive(folder / "archive")
        yield folder / "archive"


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """A copy that may be tampered with."""
    shutil.copytree(made, tmp_path / "copy")
    for path in (*tmp_path.glob("copy/checkpoints/*"), *tmp_path.glob("copy/keys/*")):
        path.chmod(0o644)
    return tmp_path / "copy"


def test_an_archive_with_checkpoints_verifies_and_says_who_signed(made: Path) -> None:
    """How far the newest checkpoint reaches and whose it is; by hand comes to the same."""
    vouched = verify.check_archive(made).vouched

    assert (2, 10, SIGNER.public.fingerprint) == (vouched.checkpoints, vouched.covered, vouched.key)
    assert ((), (), ()) == (vouched.unfinished, vouched.not_checked, vouched.notes)
    done = {step: by_hand(made, command) for step, command in commands_by_step().items()}
    assert {step: (0, "") for step in done} == {s: (r.returncode, r.stderr) for s, r in done.items()}


def test_nothing_new_makes_no_checkpoint(made: Path, copy: Path) -> None:
    """A quiet week does not fill the disk: checkpoints and times of checkpoints are no news."""
    archive = open_archive(copy)

    assert archive.checkpoint(SIGNER, now=NOON) is None
    archive.note("LM-1", "viewed", "headteacher", now=NOON)
    third = archive.checkpoint(SIGNER, now=NOON + timedelta(days=31))
    assert third is not None
    assert (3, 12) == (third.number, third.size)


def test_one_exhibit_is_proved_without_the_others(made: Path) -> None:
    """Its entries lead to the tree of a signed checkpoint; their lines name no other exhibit."""
    archive = open_archive(made)
    proofs = archive.proofs({"LM-1"})

    assert ["sealed", "viewed"] == [json.loads(proof.line)["event"] for proof in proofs]
    for proof in proofs:
        checkpoint = checkpoints.parse((made / f"checkpoints/{proof.checkpoint}.json").read_bytes())
        digest = bytes.fromhex(json.loads(proof.line)["digest"])
        path = [bytes.fromhex(node) for node in proof.path]
        root = merkle.root_by_inclusion(digest, proof.sequence - 1, size=proof.size, path=path)
        assert (checkpoint.tree, checkpoint.size) == (root.hex(), proof.size)
    key = f"keys/{SIGNER.public.name}.pem"
    assert ("checkpoints/1.json", "checkpoints/1.sig", key) == archive.vouchers({1})


def test_what_no_checkpoint_covers_yet_cannot_be_proved(copy: Path) -> None:
    """It is refused in words rather than handed over unproved."""
    archive = open_archive(copy)
    seal(archive, "LM-7")

    with pytest.raises(ArchiveError, match="covered by no checkpoint yet"):
        archive.proofs({"LM-7"})
