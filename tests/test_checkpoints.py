"""Promise 5 for the whole chain: signed checkpoints, and whoever changes one is found and named."""

# ruff: noqa: E501 (the table of tamperings reads across, one a line)

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.errors import (
    ArchiveError,
    ChainBroken,
    DigestMismatch,
    MalformedArchive,
    MissingFile,
    TimestampError,
    UnlistedFile,
    VerificationError,
)
from monitor.evidence import (
    Archive,
    SigningKey,
    checkpoints,
    merkle,
    new_signing_key,
    open_archive,
    verify,
)
from monitor.model import UnverifiedTime
from tests.sealed_archive import (
    NOON,
    SIGNER,
    Line,
    checkpointed_archive,
    fast_folder,
    fill,
    open_up,
    rebuild_chain,
    record,
    seal,
    spelled,
)
from tests.test_verify import (
    Tampering,
    add,
    append,
    by_hand,
    chain,
    commands_by_step,
    flip,
    ledger,
    link,
    remove,
    swap,
)
from tests.time_authority import TimeAuthority, time_authority, with_free_text


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


# --- with times by others ----------------------------------------------------------------------------


def right_now() -> datetime:
    """The present: the authority's clock is the real one, so these archives are of this minute."""
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def authority() -> Iterator[TimeAuthority]:
    """An authority on this machine."""
    with fast_folder() as folder, time_authority(folder) as running:
        yield running


def stamp(archive: Archive, authority: TimeAuthority, number: int, name: str = "local") -> None:
    """Keep a real reply to a checkpoint, as the job does."""
    query = authority.query(archive.checkpoints()[number - 1].content)
    nonce = tokens_nonce(query)
    archive.keep_time(
        number,
        name,
        UnverifiedTime(authority.reply("good", query), nonce),
        certificates=authority.root_file.read_bytes(),
        now=right_now(),
    )


def tokens_nonce(query: bytes) -> int:
    """The nonce of a question: the INTEGER before certReq, which is the last 3 bytes."""
    body = query[:-3]
    for length in range(1, 10):
        if body[-length - 2 : -length] == bytes([2, length]):
            return int.from_bytes(body[-length:], "big")
    raise AssertionError("no nonce")


def sealed_today(root: Path) -> Archive:
    """One exhibit."""
    archive = open_archive(root)
    fill(archive.scratch("LM-1"))
    archive.seal(record("LM-1", captured_at=right_now() - timedelta(seconds=30)), now=right_now())
    return archive


@pytest.fixture(scope="module")
def timed(authority: TimeAuthority) -> Iterator[Path]:
    """keyed 2, checkpointed 3, two times 4 and 5, viewed 6, checkpointed 7, a time 8; never written to."""
    with fast_folder() as folder:
        archive = sealed_today(folder / "archive")
        archive.checkpoint(SIGNER, now=right_now())
        stamp(archive, authority, 1)
        stamp(archive, authority, 1, "second")
        archive.note("LM-1", "viewed", "headteacher", now=right_now())
        archive.checkpoint(SIGNER, now=right_now())
        stamp(archive, authority, 2)
        yield folder / "archive"


@pytest.fixture
def timed_copy(timed: Path, tmp_path: Path) -> Path:
    """A copy that may be tampered with."""
    shutil.copytree(timed, tmp_path / "copy")
    open_up(tmp_path / "copy" / "checkpoints")
    open_up(tmp_path / "copy" / "keys")
    return tmp_path / "copy"


def test_times_by_others_verify_and_are_said(timed: Path) -> None:
    """Each authority's newest time, and how much it covers; by hand, with openssl, comes to the same."""
    vouched = verify.check_archive(timed, key=SIGNER.public.fingerprint).vouched

    assert [("local", 2, 6), ("second", 1, 2)] == [
        (t.authority, t.checkpoint, t.covered) for t in vouched.times
    ]
    assert ((), (), ()) == (vouched.unfinished, vouched.not_checked, vouched.notes)
    done = {step: by_hand(timed, command) for step, command in commands_by_step().items()}
    assert {step: (0, "") for step in done} == {s: (r.returncode, r.stderr) for s, r in done.items()}


def test_what_an_authority_says_beside_its_time_is_no_time(tmp_path: Path, authority: TimeAuthority) -> None:
    """Free text round a token that reads like an earlier time: neither we nor the commands by hand believe it."""
    archive = sealed_today(tmp_path / "archive")
    checkpoint = archive.checkpoint(SIGNER, now=right_now())
    assert checkpoint is not None
    query = authority.query(checkpoint.content)
    said = f"\nTime stamp: {right_now() - timedelta(days=90):%b %d %H:%M:%S %Y} GMT\n"
    for name in ("good", "unsorted"):
        reply = with_free_text(authority.reply(name, query), said)
        archive.keep_time(
            1,
            name,
            UnverifiedTime(reply, tokens_nonce(query)),
            certificates=authority.root_file.read_bytes(),
            now=right_now(),
        )

    for time in verify.check_archive(archive.root).vouched.times:
        assert abs(time.at - right_now()) < timedelta(minutes=1)
    done = {step: by_hand(archive.root, command) for step, command in commands_by_step().items()}
    assert {step: (0, "") for step in done} == {s: (r.returncode, r.stderr) for s, r in done.items()}


def test_a_time_is_kept_once_and_its_authority_keeps_its_certificates(
    timed_copy: Path, authority: TimeAuthority
) -> None:
    """Asking again changes nothing; other certificates under the same name are refused in words."""
    archive = open_archive(timed_copy)
    before = (timed_copy / "ledger.jsonl").read_bytes()
    stamp(archive, authority, 1)
    assert before == (timed_copy / "ledger.jsonl").read_bytes()

    archive.note("LM-1", "viewed", "headteacher", now=right_now())
    archive.checkpoint(SIGNER, now=right_now())
    authority.root_file.write_bytes(authority.root_file.read_bytes() * 2)
    try:
        with pytest.raises(ArchiveError, match="Give the authority another name"):
            stamp(archive, authority, 3)
    finally:
        content = authority.root_file.read_bytes()
        authority.root_file.write_bytes(content[: len(content) // 2])


def test_a_time_far_from_our_clock_is_not_kept(timed_copy: Path, authority: TimeAuthority) -> None:
    """One of the two clocks is wrong, and a person must find out which; nothing is kept meanwhile."""
    archive = sealed_today(timed_copy.parent / "fresh")
    checkpoint = archive.checkpoint(SIGNER, now=right_now())
    assert checkpoint is not None
    query = authority.query(checkpoint.content)
    unverified = UnverifiedTime(authority.reply("good", query), tokens_nonce(query))

    with pytest.raises(TimestampError, match="this machine's"):
        archive.keep_time(
            1,
            "local",
            unverified,
            certificates=authority.root_file.read_bytes(),
            now=right_now() + timedelta(minutes=6),
        )
    assert {} == archive.timestamped()


def test_a_moved_clock_is_named(tmp_path: Path, authority: TimeAuthority) -> None:
    """An entry dated later than the time that covers it, and one dated before a time that it follows."""
    ahead = sealed_today(tmp_path / "ahead")
    ahead.note("LM-1", "viewed", "headteacher", now=right_now() + timedelta(hours=2))
    ahead.checkpoint(SIGNER, now=right_now())
    stamp(ahead, authority, 1)
    behind = sealed_today(tmp_path / "behind")
    behind.checkpoint(SIGNER, now=right_now())
    stamp(behind, authority, 1)
    behind.note("LM-1", "viewed", "headteacher", now=right_now() - timedelta(hours=2))

    for archive, entry in ((ahead, 2), (behind, 5)):
        found = verify.problems(archive.root)
        assert [(13, f"ledger.jsonl entry {entry}")] == [(fault.step, fault.where) for fault in found]
        assert "the clock was moved" in found[0].detail
        assert by_hand(archive.root, commands_by_step()[13]).returncode != 0


def rechain(change: Callable[[Path, list[Line]], object]) -> Callable[[Path], object]:
    """Change files and entries, then make the chain sound again."""
    return lambda root: rebuild_chain(root, lambda entries: change(root, entries))


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def forge_signature(root: Path, entries: list[Line]) -> None:
    (root / "checkpoints/2.sig").write_bytes(bytes(64))
    entries[6]["signature"] = sha256_of(root / "checkpoints/2.sig")


def forge_token(root: Path, entries: list[Line]) -> None:
    shutil.copyfile(root / "checkpoints/1.local.tsr", root / "checkpoints/2.local.tsr")
    entries[7]["token"] = sha256_of(root / "checkpoints/2.local.tsr")


def forge_checkpoint(root: Path, entries: list[Line]) -> None:
    place = root / "checkpoints/2.json"
    place.write_bytes(spelled(json.loads(place.read_text()) | {"at": "2026-01-01T00:00:00.000000Z"}))
    entries[6]["checkpoint"] = sha256_of(place)


def forge_key(root: Path, entries: list[Line]) -> None:
    other = SigningKey(new_signing_key()).public
    (root / f"keys/{SIGNER.public.name}.pem").unlink()
    (root / f"keys/{other.name}.pem").write_bytes(other.pem)
    entries[1].update(key=other.name, fingerprint=other.fingerprint)


def cut(lines: int) -> Callable[[Path], object]:
    return ledger(lambda all_lines: all_lines[:lines])


C, K = "checkpoints", f"keys/{SIGNER.public.name}.pem"
TAMPERINGS = (
    Tampering("a checkpoint edited", flip(f"{C}/1.json"), DigestMismatch, 10, f"{C}/1.json"),
    Tampering("a checkpoint removed", remove(f"{C}/1.json"), MissingFile, 10, f"{C}/1.json"),
    Tampering("a checkpoint added", add(f"{C}/3.json", "{}"), MalformedArchive, 10, f"{C}/3.json"),
    Tampering("a checkpoint copied", lambda r: shutil.copyfile(r / f"{C}/2.json", r / f"{C}/3.json"), ChainBroken, 10, f"{C}/3.json"),
    Tampering("two checkpoints exchanged", swap(f"{C}/1.json", f"{C}/2.json"), DigestMismatch, 10, f"{C}/1.json"),
    Tampering("a checkpoint changed with its entry", rechain(forge_checkpoint), DigestMismatch, 11, f"{C}/2.sig"),
    Tampering("a signature edited", flip(f"{C}/1.sig"), DigestMismatch, 10, f"{C}/1.sig"),
    Tampering("a signature stripped", remove(f"{C}/2.sig"), MissingFile, 10, f"{C}/2.sig"),
    Tampering("a signature replaced with its entry", rechain(forge_signature), DigestMismatch, 11, f"{C}/2.sig"),
    Tampering("a signature without checkpoint", add(f"{C}/3.sig"), UnlistedFile, 10, f"{C}/3.sig"),
    Tampering("a token edited", flip(f"{C}/1.local.tsr"), DigestMismatch, 10, f"{C}/1.local.tsr"),
    Tampering("a token removed", remove(f"{C}/1.second.tsr"), MissingFile, 10, f"{C}/1.second.tsr"),
    Tampering("a token of another checkpoint", swap(f"{C}/1.local.tsr", f"{C}/2.local.tsr"), DigestMismatch, 10, f"{C}/1.local.tsr"),
    Tampering("a token replaced with its entry", rechain(forge_token), DigestMismatch, 12, f"{C}/2.local.tsr"),
    Tampering("a token of nobody", add(f"{C}/2.second.tsr"), DigestMismatch, 12, f"{C}/2.second.tsr", by_hand=False),
    Tampering("a key edited", append(K), MalformedArchive, 10, K),
    Tampering("a key removed", remove(K), MissingFile, 10, K),
    Tampering("a key replaced with its entry", rechain(forge_key), ChainBroken, 3, "entry 3"),
    Tampering("certificates edited", flip("keys/tsa/local.pem"), DigestMismatch, 10, "keys/tsa/local.pem"),
    Tampering("certificates removed", remove("keys/tsa/second.pem"), MissingFile, 10, "keys/tsa/second.pem"),
    Tampering("a stray file beside the checkpoints", add(f"{C}/notes.txt"), UnlistedFile, 10, f"{C}/notes.txt"),
    Tampering("a stray file beside the keys", add("keys/notes.pem"), UnlistedFile, 10, "keys/notes.pem"),
    Tampering("a folder beside the checkpoints", add(f"{C}/old/1.json"), UnlistedFile, 4, f"{C}/old"),
    Tampering("checkpoints replaced by a link", link(C, "away"), UnlistedFile, 4, C, by_hand=False),
    Tampering("the tail cut off below a checkpoint", cut(5), ChainBroken, 10, f"{C}/2.json"),
    Tampering("the entry of a time removed", ledger(lambda lines: [*lines[:4], *lines[5:]]), ChainBroken, 2, "entry 6"),
    Tampering("a custody entry changed, chain rebuilt", chain(lambda es: es[5].update(by="chair")), ChainBroken, 10, f"{C}/2.json"),
    Tampering("an entry before the times changed, chain rebuilt", chain(lambda es: es[0].update(at="2026-01-01T00:00:00.000000Z")), ChainBroken, 10, f"{C}/1.json"),
    Tampering("a time said of no checkpoint", chain(lambda es: es[7].update(number=3)), ChainBroken, 3, "entry 8"),
    Tampering("a checkpoint said twice", chain(lambda es: es.append(es[6])), ChainBroken, 3, "entry 9"),
)  # fmt: skip

cases = pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda each: each.name.replace(" ", "-"))


@cases
def test_every_tampering_with_those_who_vouch_is_named(tampering: Tampering, timed_copy: Path) -> None:
    """The first fault raised has the right kind, the right step and the right place."""
    tampering.do(timed_copy)

    with pytest.raises(VerificationError) as raised:
        verify.check_archive(timed_copy)

    assert (tampering.error, tampering.step) == (type(raised.value), raised.value.step), str(raised.value)
    assert tampering.where in raised.value.where
    assert str(raised.value) == str(verify.problems(timed_copy)[0])


@cases
def test_the_commands_of_the_readme_find_it_too(tampering: Tampering, timed_copy: Path) -> None:
    """The same step by hand ends with an error; where it is another step, some step does."""
    tampering.do(timed_copy)
    commands = commands_by_step()
    wanted = [commands[tampering.step]] if tampering.by_hand else list(commands.values())

    assert any(by_hand(timed_copy, command).returncode != 0 for command in wanted)


# --- keys --------------------------------------------------------------------------------------------


def test_an_archive_rebuilt_with_another_key_shows_against_the_fingerprint_kept_elsewhere(
    tmp_path: Path,
) -> None:
    """Everything in it is sound, but for the one thing that its maker cannot have."""
    archive = sealed_today(tmp_path)
    archive.checkpoint(SigningKey(new_signing_key()), now=right_now())

    assert () == verify.problems(tmp_path)
    with pytest.raises(DigestMismatch, match="step 11"):
        verify.check_archive(tmp_path, key=SIGNER.public.fingerprint)
    with pytest.raises(DigestMismatch, match="step 11"):
        verify.check_archive(sealed_today(tmp_path / "unsigned").root, key=SIGNER.public.fingerprint)


def test_a_key_hands_over_to_the_next(tmp_path: Path) -> None:
    """The old key covers the announcement of the new one, so either fingerprint leads to it."""
    archive, second = sealed_today(tmp_path), SigningKey(new_signing_key())
    archive.checkpoint(SIGNER, now=right_now())
    archive.hand_over(SIGNER, second, now=right_now())
    archive.hand_over(SIGNER, second, now=right_now())
    archive.note("LM-1", "viewed", "headteacher", now=right_now())
    archive.checkpoint(second, now=right_now())

    for key in (SIGNER, second):
        vouched = verify.check_archive(tmp_path, key=key.public.fingerprint).vouched
        assert (3, second.public.fingerprint, ()) == (vouched.checkpoints, vouched.key, vouched.notes)
    done = [by_hand(tmp_path, command) for command in commands_by_step().values()]
    assert {0} == {each.returncode for each in done}, [each.stderr for each in done]


def test_a_key_that_nobody_handed_over_is_said_and_fails_against_the_old_fingerprint(tmp_path: Path) -> None:
    """A lost key is no tampering, a stolen archive may be: a person must ask."""
    archive, second = sealed_today(tmp_path), SigningKey(new_signing_key())
    archive.checkpoint(SIGNER, now=right_now())
    archive.note("LM-1", "viewed", "headteacher", now=right_now())
    archive.checkpoint(second, now=right_now())

    assert "without the word of the one before" in verify.check_archive(tmp_path).vouched.notes[0]
    with pytest.raises(DigestMismatch, match="step 11"):
        verify.check_archive(tmp_path, key=SIGNER.public.fingerprint)


def test_without_the_packages_what_was_not_checked_is_said(timed: Path) -> None:
    """On a machine with nothing but Python the rest is checked, and the report does not look whole."""
    program = (
        "import sys; sys.modules['cryptography'] = sys.modules['rfc3161_client'] = None\n"
        "from pathlib import Path; from monitor.evidence import verify\n"
        "print(*verify.check_archive(Path(sys.argv[1])).vouched.not_checked, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(timed)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert [
        "The signatures were not checked. The package cryptography is not installed here.",
        "Times by local were not checked. The package rfc3161-client is not installed here.",
        "Times by second were not checked. The package rfc3161-client is not installed here.",
    ] == done.stdout.splitlines()


def test_an_archive_begun_in_format_1_goes_on_in_format_2(tmp_path: Path) -> None:
    """Nothing that was written before changes; the first checkpoint covers it all."""
    golden = Path(__file__).parent / "golden" / "archive-format-1"
    shutil.copytree(golden, tmp_path / "archive", ignore=shutil.ignore_patterns("HEAD"))
    before = (golden / "ledger.jsonl").read_bytes()
    archive = open_archive(tmp_path / "archive")
    seal(archive, "LM-9")
    archive.checkpoint(SIGNER, now=NOON)

    assert (archive.root / "ledger.jsonl").read_bytes().startswith(before)
    assert 9 == verify.check_archive(archive.root).vouched.covered
    done = [by_hand(archive.root, command) for command in commands_by_step().values()]
    assert {0} == {each.returncode for each in done}, [each.stderr for each in done]
