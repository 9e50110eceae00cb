"""Promise 5, generated: whatever is done to whichever file or entry is named, and nothing else is."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import VerificationError
from monitor.evidence import SigningKey, new_signing_key, open_archive, verify
from monitor.model import CaptureMode
from tests.sealed_archive import (
    Line,
    fast_folder,
    lines_of,
    open_up,
    rebuild_bag,
    rebuild_chain,
    record,
    spelled,
    write_lines,
)
from tests.tamperings import (
    ENTRY_WAYS,
    EXHIBIT_WAYS,
    FILE_WAYS,
    ONE_OF,
    EntryWay,
    FileWay,
    Named,
    exhibits_of,
    files_of,
)
from tests.web_archives import small_package
from tests.witnessed_archive import GOLDEN, Witness, capture, mixed_archive, witness, witnessed_archive

FIRST_KEY, SECOND_KEY = SigningKey(new_signing_key()), SigningKey(new_signing_key())

some = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A place in memory for the archives of this module."""
    with fast_folder() as place:
        yield place


@pytest.fixture(scope="module")
def asked(folder: Path) -> Iterator[Witness]:
    """An authority that gives times."""
    with witness(folder / "authority") as running:
        yield running


@pytest.fixture(scope="module")
def untouched(folder: Path, asked: Witness) -> Sequence[Path]:
    """An archive with everything, and one that began in format 1; never written to by a test."""
    full, mixed = folder / "full", folder / "mixed"
    witnessed_archive(full, asked, signer=FIRST_KEY, next_signer=SECOND_KEY)
    mixed_archive(mixed)
    for root in (full, mixed):
        for part in root.iterdir():
            if part.is_dir():
                open_up(part)
    return (full, mixed)


def faults_after(untouched: Path, way: FileWay | EntryWay, target: str | int, chance: random.Random) -> None:
    """Do it to a copy: what must be named is, by the step that must find it."""
    with TemporaryDirectory(dir=untouched.parent) as place:
        copy = Path(place) / "copy"
        shutil.copytree(untouched, copy)
        named = way(copy, target, chance)  # type: ignore[arg-type]  # the way and its target belong together
        found = verify.problems(copy)
        tell(way, target, named, found)
        if named:
            with pytest.raises(VerificationError) as first:
                verify.check_archive(copy)
            assert str(first.value) == str(found[0])


def tell(
    way: FileWay | EntryWay, target: str | int, named: Named, found: Sequence[VerificationError]
) -> None:
    holds = [any(each.step in steps and words in str(each) for each in found) for steps, words in named]
    enough = any(holds) if way in ONE_OF else all(holds)
    assert not named or enough, (way.__name__, target, named, [str(each) for each in found])


# --- nothing done ------------------------------------------------------------------------------------


def test_an_untouched_archive_is_never_suspected(untouched: Sequence[Path]) -> None:
    """With erasure, custody, two keys and times; and one of two formats."""
    for root in untouched:
        assert () == verify.problems(root, inside=True)
    assert 2 == verify.check_archive(untouched[0]).web_archives


# --- every file, every way ---------------------------------------------------------------------------


@pytest.mark.parametrize("way", FILE_WAYS, ids=lambda way: way.__name__)
def test_whatever_is_done_to_any_file_is_named(untouched: Sequence[Path], way: FileWay) -> None:
    """Each way on each single file of both archives."""
    for root in untouched:
        for path in files_of(root):
            faults_after(root, way, path, random.Random(f"{way.__name__} {path}"))


@some
@given(way=st.sampled_from(FILE_WAYS), chance=st.randoms(use_true_random=False), data=st.data())
def test_whatever_is_done_anyhow_to_any_file_is_named(
    untouched: Sequence[Path], way: FileWay, chance: random.Random, data: st.DataObject
) -> None:
    """Other bytes, places and partners than those above."""
    root = data.draw(st.sampled_from(untouched))
    faults_after(root, way, data.draw(st.sampled_from(files_of(root))), chance)


@pytest.mark.parametrize("way", EXHIBIT_WAYS, ids=lambda way: way.__name__)
def test_whatever_is_done_to_a_whole_exhibit_is_named(untouched: Sequence[Path], way: FileWay) -> None:
    """Each way on each exhibit, erased ones too."""
    for root in untouched:
        for exhibit in exhibits_of(root):
            faults_after(root, way, exhibit, random.Random(f"{way.__name__} {exhibit}"))


# --- every entry, every way --------------------------------------------------------------------------


@pytest.mark.parametrize("way", ENTRY_WAYS, ids=lambda way: way.__name__)
def test_whatever_is_done_to_any_entry_is_named(untouched: Sequence[Path], way: EntryWay) -> None:
    """Each way on each single entry, three times over, with and without a chain that fits again."""
    for root in untouched:
        for number in range(1, len(lines_of(root)) + 1):
            for turn in range(3):
                faults_after(root, way, number, random.Random(f"{way.__name__} {number} {turn}"))


@some
@given(way=st.sampled_from(ENTRY_WAYS), chance=st.randoms(use_true_random=False), data=st.data())
def test_whatever_is_done_anyhow_to_any_entry_is_named(
    untouched: Sequence[Path], way: EntryWay, chance: random.Random, data: st.DataObject
) -> None:
    """Other fields, values and places than those above."""
    root = data.draw(st.sampled_from(untouched))
    faults_after(root, way, data.draw(st.integers(1, len(lines_of(root)))), chance)


# --- those who vouch ---------------------------------------------------------------------------------


@pytest.fixture
def full(untouched: Sequence[Path], folder: Path) -> Iterator[Path]:
    """A copy of the archive with everything, to be tampered with."""
    with TemporaryDirectory(dir=folder) as place:
        shutil.copytree(untouched[0], Path(place) / "full")
        yield Path(place) / "full"


def last_of(root: Path, event: str) -> Line:
    entries: list[Line] = [json.loads(line) for line in lines_of(root)]
    return [entry for entry in entries if entry["event"] == event][-1]


def mend(root: Path, event: str, **changes: object) -> None:
    """Change the last such entry, and make the whole chain fit."""
    sequence = last_of(root, event)["sequence"]
    assert isinstance(sequence, int)
    rebuild_chain(root, lambda entries: entries[sequence - 1].update(changes))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def named(root: Path, *, key: str | None = None) -> list[tuple[int, str]]:
    return [(fault.step, fault.where) for fault in verify.problems(root, key=key)]


def newest(root: Path) -> int:
    """The number of the newest checkpoint: what the chain says of it is covered by none."""
    return len(list(root.glob("checkpoints/*.json")))


def test_a_stripped_signature_is_named_even_when_the_chain_forgets_it(full: Path) -> None:
    """The file gone; then also the entry that names it, with a chain that fits again."""
    number = newest(full)
    (full / f"checkpoints/{number}.sig").unlink()
    assert (10, f"checkpoints/{number}.sig") in named(full)

    made = last_of(full, "checkpointed")["sequence"]
    rebuild_chain(full, lambda entries: entries.__delitem__(slice(int(str(made)) - 1, int(str(made)) + 1)))
    assert (10, f"checkpoints/{number}.invented-time.tsr") in [
        (10, where) for step, where in named(full) if step in (10, 12)
    ]


def test_a_replaced_signature_is_named_even_when_the_chain_names_it(full: Path) -> None:
    """That of another checkpoint, or by another key; the entry and the chain made to fit."""
    number = newest(full)
    place = full / f"checkpoints/{number}.sig"
    stranger = SigningKey(new_signing_key()).sign((full / f"checkpoints/{number}.json").read_bytes())
    for other in ((full / "checkpoints/1.sig").read_bytes(), stranger, b"", bytes(64)):
        place.write_bytes(other)
        assert [(10, f"checkpoints/{number}.sig")] == named(full)
        mend(full, "checkpointed", signature=digest(place))
        assert [(11, f"checkpoints/{number}.sig")] == named(full)


def test_an_edited_checkpoint_is_named_even_when_the_chain_names_it(full: Path) -> None:
    """Each field of the newest, with and without the entry that names it; the signature cannot follow."""
    number = newest(full)
    place = full / f"checkpoints/{number}.json"
    original = json.loads(place.read_text())
    for key, value in original.items():
        other = value + 1 if isinstance(value, int) else value[:-2] + ("0Z" if value[-2:] != "0Z" else "1Z")
        if key in ("head", "tree", "key"):
            other = value[:-1] + ("0" if value[-1] != "0" else "1")
        place.write_bytes(spelled(original | {key: other}))
        assert (10, f"checkpoints/{number}.json") in named(full), key
        mend(full, "checkpointed", checkpoint=digest(place))
        assert {step for step, _ in named(full)} <= {10, 11, 12}, key
        assert any(where.startswith(f"checkpoints/{number}.") for _, where in named(full)), key


def test_a_replaced_swapped_or_stripped_token_is_named(full: Path, asked: Witness) -> None:
    """Tokens exchanged between checkpoints, and one by an authority whose certificates are not here; then
    also with the entry and the chain made to fit."""
    number = newest(full)
    place = full / f"checkpoints/{number}.invented-time.tsr"
    content = (full / f"checkpoints/{number}.json").read_bytes()
    untrusted = asked.authority.reply("untrusted", asked.authority.query(content))
    for other in (
        (full / "checkpoints/1.invented-time.tsr").read_bytes(),
        untrusted,
        b"",
        b"0\x03\x02\x01\x00",
    ):
        place.write_bytes(other)
        assert [(10, f"checkpoints/{number}.invented-time.tsr")] == named(full)
        mend(full, "timestamped", token=digest(place))
        assert [(12, f"checkpoints/{number}.invented-time.tsr")] == named(full)
    place.unlink()
    assert [(10, f"checkpoints/{number}.invented-time.tsr")] == named(full)


def test_a_token_added_for_an_authority_that_nobody_knows_is_named(full: Path) -> None:
    """Copied to another name, so that it seems to be what an interrupted run left."""
    shutil.copy(full / "checkpoints/1.invented-time.tsr", full / "checkpoints/1.other-time.tsr")

    assert [(12, "checkpoints/1.other-time.tsr")] == named(full)


def test_replaced_keys_and_certificates_are_named(full: Path) -> None:
    """A key of one's own in the place of the school's; another authority's root; one for the other."""
    keys = [full / "keys" / f"{key.public.name}.pem" for key in (FIRST_KEY, SECOND_KEY)]
    originals = [path.read_bytes() for path in keys]
    for content in (SigningKey(new_signing_key()).public.pem, originals[1], b"", b"not a key"):
        keys[0].write_bytes(content)
        assert (10, f"keys/{keys[0].name}") in named(full)
    keys[0].write_bytes(originals[0])
    (full / "keys/tsa/invented-time.pem").write_bytes(originals[0])
    assert (10, "keys/tsa/invented-time.pem") in named(full)


def test_a_web_archive_made_anew_is_named_however_much_is_made_to_fit(full: Path) -> None:
    """Another page, every digest inside the package right, by somebody without the key: named by its
    digest; with the exhibit's record and lists made to fit, by the chain; with the chain, by a checkpoint."""
    exhibit = full / next(each for each in exhibits_of(full) if each.endswith("/E-1"))
    inner, before = "data/web/capture.wacz", lines_of(full)
    (exhibit / inner).write_bytes(small_package("somebody else"))
    path = exhibit.relative_to(full).as_posix()
    assert [(8, f"{path}/{inner}")] == named(full)

    told = json.loads((exhibit / "data/record.json").read_text())
    for each in told["files"]:
        each |= {"bytes": (exhibit / each["path"]).stat().st_size, "sha256": digest(exhibit / each["path"])}
    (exhibit / "data/record.json").write_bytes(spelled(told))
    rebuild_bag(exhibit)
    fitting = lines_of(full)
    write_lines(full, before)
    assert [(6, f"{path}/tagmanifest-sha256.txt")] == named(full)
    write_lines(full, fitting)
    assert (10, "checkpoints/1.json") in named(full)
    assert {10} == {step for step, _where in named(full)}


def test_a_clock_that_was_moved_is_named_by_its_entry(full: Path) -> None:
    """Our own code, on a machine set back by an hour after the last time by others; and one entry moved by
    somebody who mends the chain."""
    archive = open_archive(full)
    entry = archive.note("E-1", "viewed", "headteacher", now=datetime.now(UTC) - timedelta(hours=1))
    assert [(13, f"ledger.jsonl entry {entry.sequence}")] == named(full)

    earlier = "2001-01-01T00:00:00.000000Z"
    rebuild_chain(full, lambda entries: entries[2].update(at=earlier))
    assert (10, "checkpoints/1.json") in named(full)


# --- what cannot be found from inside ------------------------------------------------------------------


def resign(root: Path, signer: SigningKey) -> None:
    """Make checkpoints, signatures and chain anew with this key; the tokens cannot be had again."""
    shutil.rmtree(root / "checkpoints")
    shutil.rmtree(root / "keys")
    about = ("keyed", "checkpointed", "timestamped")
    rebuild_chain(
        root,
        lambda entries: entries.__setitem__(slice(None), [e for e in entries if e["event"] not in about]),
    )
    assert open_archive(root).checkpoint(signer, now=datetime.now(UTC)) is not None


def test_a_chain_rebuilt_with_another_key_shows_by_the_fingerprint_kept_elsewhere(full: Path) -> None:
    """The limit that archive/README.md states, and what shows it."""
    kept = SECOND_KEY.public.fingerprint
    assert [] == named(full, key=kept) == named(full, key=FIRST_KEY.public.fingerprint)
    stranger = SigningKey(new_signing_key())
    rebuild_chain(full, lambda entries: entries.pop())

    resign(full, stranger)

    assert [] == named(full)
    assert [(11, f"keys/{stranger.public.name}.pem")] == named(full, key=kept)


def test_a_chain_rebuilt_with_the_schools_own_key_shows_by_the_head_kept_elsewhere(full: Path) -> None:
    """Whoever has the key can make everything anew but the times: only the old head shows it, and that the
    times are gone."""
    before = verify.check_archive(full)
    rebuild_chain(full, lambda entries: entries.pop())

    resign(full, SECOND_KEY)

    after = verify.check_archive(full, key=SECOND_KEY.public.fingerprint)
    assert before.head.encode() not in b"".join(lines_of(full))
    assert before.vouched.times and not after.vouched.times


def test_lines_that_somebody_adds_at_the_end_pass_for_ours(full: Path) -> None:
    """The limit that archive/README.md states: with our own program or another, whoever may write here erases
    an exhibit so that everything holds, and only the database tells that nobody ordered it."""
    gone = exhibits_of(full)[-1].rpartition("/")[2]
    open_archive(full).erase(gone, rule="dismissed", now=datetime.now(UTC))

    assert [] == named(full)
    assert "purge_ordered" not in {entry.event for entry in open_archive(full).history(gone)}


def test_a_tail_cut_off_before_the_next_checkpoint_shows_by_the_head_kept_elsewhere(full: Path) -> None:
    """With the folders of its exhibits; what a checkpoint covers cannot be cut off like that."""
    before = verify.check_archive(full)
    lines = lines_of(full)
    write_lines(full, lines[:-1])
    assert verify.check_archive(full).head != before.head  # a last note, gone without a trace
    write_lines(full, lines[:-2])
    assert [(4, exhibits_of(full)[-1])] == named(full)
    shutil.rmtree(full / exhibits_of(full)[-1])

    assert verify.check_archive(full).head != before.head
    assert before.head.encode() not in b"".join(lines_of(full))

    write_lines(full, lines[: before.vouched.covered - 1])
    assert (10, f"checkpoints/{newest(full)}.json") in named(full)


# --- no false alarm ------------------------------------------------------------------------------------

Operation = tuple[str, int]
operations = st.lists(
    st.tuples(
        st.sampled_from(
            ["seal", "words", "note", "erase", "half-erase", "checkpoint", "key", "time", "leave"]
        ),
        st.integers(0, 5),
    ),
    max_size=14,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(begun=st.booleans(), done=operations)
def test_whatever_the_program_itself_does_is_never_suspected(
    folder: Path, asked: Witness, begun: bool, done: list[Operation]
) -> None:
    """Any order of sealing, custody, erasure (also interrupted), checkpoints, new keys and times, from
    nothing or from an archive of format 1; then as a read-only copy in another place."""
    with TemporaryDirectory(dir=folder) as place:
        root = Path(place) / "archive"
        if begun:
            shutil.copytree(GOLDEN / "archive-format-1", root, ignore=shutil.ignore_patterns("HEAD"))
        history(root, done, None if begun else asked)
        assert () == verify.problems(root), done

        moved = Path(place) / "moved"
        shutil.copytree(root, moved, ignore=shutil.ignore_patterns(".lock", ".scratch"))
        root.rename(Path(place) / "renamed")
        subprocess.run(["chmod", "-R", "a-w", str(moved)], check=True)
        assert () == verify.problems(moved) == verify.problems(Path(place) / "renamed"), done
        subprocess.run(["chmod", "-R", "u+w", str(moved)], check=True)


def history(root: Path, done: Sequence[Operation], asked: Witness | None) -> None:
    """Do all this with our own code; `asked` is None where the clock of the archive is not today's."""
    archive, key = open_archive(root), FIRST_KEY
    sealed = [seal.exhibit_id for seal in archive.seals()]
    for number, (what, which) in enumerate(done):
        now = datetime.now(UTC) if asked else datetime(2026, 12, 24, tzinfo=UTC) + timedelta(hours=number)
        chosen = sealed[which % len(sealed)] if sealed else None
        whole = chosen is not None and "erasing" not in {e.event for e in archive.history(chosen)}
        match what:
            case "seal":
                capture(archive, f"H-{number}", now=now, waited=timedelta(days=9 * which))
                sealed.append(f"H-{number}")
            case "words":
                archive.seal(record(f"H-{number}", mode=CaptureMode.WORDS, captured_at=now), now=now)
                sealed.append(f"H-{number}")
            case "note" if chosen:
                archive.note(chosen, "viewed", "headteacher", now=now)
            case "erase" if chosen:
                archive.erase(chosen, rule="dismissed", now=now)
            case "half-erase" if chosen and whole:
                # Killed right after the order; then also after the folder was moved out of its place.
                place = archive.folder(chosen)
                archive.erase(chosen, rule="dismissed", now=now)
                write_lines(root, lines_of(root)[:-1])
                if which % 2:
                    open_up(place)
                    shutil.rmtree(place)
                archive = open_archive(root)
            case "checkpoint":
                archive.checkpoint(key, now=now)
            case "key":
                new = SECOND_KEY if key is FIRST_KEY else FIRST_KEY
                archive.hand_over(key, new, now=now)
                key = new
            case "time" if asked and archive.checkpoints():
                asked.timestamp(archive)
            case "leave":
                (archive.scratch(f"L-{number}") / "page.txt").write_text("a capture that was never sealed")
