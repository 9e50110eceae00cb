"""Promise 5: evidence verifies without us, and any change to it is found and named."""

# ruff: noqa: E501 (the table of tamperings reads across, one a line)

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import (
    ChainBroken,
    DigestMismatch,
    MalformedArchive,
    MissingFile,
    UnlistedFile,
    VerificationError,
)
from monitor.evidence import layout, open_archive, verify
from tests.sealed_archive import (
    NOON,
    Line,
    fast_folder,
    fill,
    lines_of,
    open_up,
    rebuild_bag,
    rebuild_chain,
    rebuild_tags,
    record,
    seal,
    small_archive,
    spelled,
    with_digest,
    write_lines,
)
from tests.web_archives import MUTATIONS, long_list, package, unpacked, zipped

README = Path(__file__).parents[1] / "archive" / "README.md"
GOLDEN = Path(__file__).parent / "golden"

FIRST, SECOND_ERASED, WORDS, DECEMBER = "2026/11/LM-1", "2026/11/LM-2", "2026/11/LM-3", "2026/12/LM-4"
PICTURE = f"{FIRST}/data/shots/full.png"


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Pytest's, but in memory."""
    with fast_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def sealed() -> Iterator[Path]:
    """An untouched archive, never written to by a test."""
    with fast_folder() as folder:
        small_archive(folder / "archive")
        yield folder / "archive"


@pytest.fixture
def copy(sealed: Path, tmp_path: Path) -> Path:
    """A copy that may be tampered with."""
    root = tmp_path / "copy"
    shutil.copytree(sealed, root, symlinks=True)
    for year in root.glob("20*"):
        open_up(year)
    return root


# --- what is found ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tampering:
    """One way to change an archive, and what must be said about it.

    `by_hand` is False where the commands of archive/README.md find it in another step than ours does.
    """

    name: str
    do: Callable[[Path], object]
    error: type[VerificationError]
    step: int
    where: str
    by_hand: bool = True


def flip(path: str) -> Callable[[Path], object]:
    def do(root: Path) -> None:
        content = bytearray((root / path).read_bytes())
        content[len(content) // 2] ^= 1
        (root / path).write_bytes(content)

    return do


def append(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_bytes((root / path).read_bytes() + b"\0")


def replace(path: str, old: str, new: str) -> Callable[[Path], object]:
    def do(root: Path) -> None:
        content = (root / path).read_text()
        assert old in content
        (root / path).write_text(content.replace(old, new, 1))

    return do


def add(path: str, content: str = "x") -> Callable[[Path], object]:
    def do(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)

    return do


def remove(path: str) -> Callable[[Path], object]:
    return lambda root: shutil.rmtree(root / path) if (root / path).is_dir() else (root / path).unlink()


def rename(old: str, new: str) -> Callable[[Path], object]:
    def do(root: Path) -> None:
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        (root / old).rename(root / new)

    return do


def swap(one: str, other: str) -> Callable[[Path], object]:
    def do(root: Path) -> None:
        (root / one).rename(root / "between")
        (root / other).rename(root / one)
        (root / "between").rename(root / other)

    return do


def link(path: str, target: str) -> Callable[[Path], object]:
    """Move the real thing away and put a link to it in its place: every byte still reads the same."""

    def do(root: Path) -> None:
        (root / path).rename(root.parent / target)
        (root / path).symlink_to(root.parent / target)

    return do


def ledger(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], object]:
    return lambda root: write_lines(root, change(lines_of(root)))


def entry(number: int, **changes: object) -> Callable[[Path], object]:
    """Change one entry and make that line sound by itself again."""

    def do(root: Path) -> None:
        lines = lines_of(root)
        changed: Line = json.loads(lines[number - 1]) | changes
        lines[number - 1] = spelled(with_digest(changed))
        write_lines(root, lines)

    return do


def chain(change: Callable[[list[Line]], object]) -> Callable[[Path], object]:
    return lambda root: rebuild_chain(root, change)


def bag(
    path: str, *, before: Callable[[Path], object], manifest: str | None = None
) -> Callable[[Path], object]:
    """Change an exhibit, then make its manifests and the whole chain fit the change."""

    def do(root: Path) -> None:
        before(root)
        rebuild_bag(root / path, manifest)

    return do


def bag_but_not_chain(path: str, *, before: Callable[[Path], object]) -> Callable[[Path], object]:
    """Change an exhibit and make its manifests fit, by somebody who cannot write to the ledger."""

    def do(root: Path) -> None:
        lines = lines_of(root)
        bag(path, before=before)(root)
        write_lines(root, lines)

    return do


def in_record(path: str, **changes: object) -> Callable[[Path], object]:
    def do(root: Path) -> None:
        place = root / path / "data/record.json"
        place.write_bytes(spelled(json.loads(place.read_text()) | changes))

    return do


def nothing(root: Path) -> None:
    """No change of the files."""


ZEROS = "0" * 64

TAMPERINGS = (
    # the ledger as text
    Tampering("a torn last line", ledger(lambda ls: [*ls[:-1], ls[-1][:40]]), MalformedArchive, 1, "line 7"),
    Tampering("no last line feed", ledger(lambda ls: [*ls[:-1], ls[-1][:-1]]), MalformedArchive, 1, "line 7"),
    Tampering("an empty line", ledger(lambda ls: [ls[0], b"\n", *ls[1:]]), MalformedArchive, 1, "line 2"),
    Tampering("a line in another spelling", replace("ledger.jsonl", '","', '", "'), MalformedArchive, 1, "line 1"),
    Tampering("a key added", entry(4, note="x"), MalformedArchive, 1, "line 4", by_hand=False),
    Tampering("another format", entry(7, format=3), MalformedArchive, 1, "line 7"),
    Tampering("a time outside the calendar", entry(7, at="0001-01-01T00:00:00+14:00"), MalformedArchive, 1, "line 7"),
    Tampering("endless brackets", ledger(lambda ls: [*ls, b"[" * 200_000 + b"\n"]), MalformedArchive, 1, "line 8"),
    # the chain
    Tampering("an entry removed", ledger(lambda ls: [*ls[:3], *ls[4:]]), ChainBroken, 2, "entry 5"),
    Tampering("the first entry removed", ledger(lambda ls: ls[1:]), ChainBroken, 2, "entry 2"),
    Tampering("an entry doubled", ledger(lambda ls: [*ls[:4], ls[3], *ls[4:]]), ChainBroken, 2, "entry 4"),
    Tampering("two entries exchanged", ledger(lambda ls: [ls[1], ls[0], *ls[2:]]), ChainBroken, 2, "entry 2"),
    Tampering("an entry edited", replace("ledger.jsonl", "headteacher", "chair"), ChainBroken, 2, "entry 4"),
    Tampering("an entry edited soundly", entry(4, by="chair"), ChainBroken, 2, "entry 5"),
    Tampering("the last entry edited", replace("ledger.jsonl", '"at":"2026-12-22', '"at":"2026-12-23'), ChainBroken, 2, "entry 6"),
    Tampering("a time moved", entry(1, at="2026-11-21T12:00:00.000000Z"), ChainBroken, 2, "entry 2"),
    Tampering("an exhibit sealed twice", chain(lambda es: es.append(es[0])), ChainBroken, 3, "entry 8"),
    Tampering("an exhibit erased twice", chain(lambda es: es.append(es[-1])), ChainBroken, 3, "entry 8"),
    Tampering("an erasure never ordered", chain(lambda es: es.pop(5)), ChainBroken, 3, "entry 6"),
    Tampering("an erasure under another rule", chain(lambda es: es[6].update(rule="other")), ChainBroken, 3, "entry 7"),
    Tampering("an erasure of other content", chain(lambda es: es[5].update(root=ZEROS)), ChainBroken, 3, "entry 6"),
    Tampering("a view before the seal", chain(lambda es: es.insert(0, es.pop(3))), ChainBroken, 3, "entry 1"),
    Tampering("a folder outside the archive", chain(lambda es: es[0].update(folder="../LM-1")), ChainBroken, 3, "entry 1"),
    Tampering("a folder of another month", chain(lambda es: es[0].update(folder="2026/12/LM-1")), ChainBroken, 3, "entry 1"),
    # folders
    Tampering("the ledger removed", remove("ledger.jsonl"), UnlistedFile, 4, FIRST, by_hand=False),
    Tampering("the tail cut off, its folder left", ledger(lambda ls: ls[:4]), UnlistedFile, 4, DECEMBER),
    Tampering("an exhibit removed", remove(WORDS), MissingFile, 4, WORDS),
    Tampering("a tombstone removed with its folder", remove(SECOND_ERASED), MissingFile, 4, SECOND_ERASED),
    Tampering("an exhibit renamed", rename(FIRST, "2026/11/LM-9"), UnlistedFile, 4, "2026/11/LM-9"),
    Tampering("an exhibit moved to another month", rename(FIRST, "2026/12/LM-1"), UnlistedFile, 4, "2026/12/LM-1"),
    Tampering("an exhibit copied", lambda r: shutil.copytree(r / FIRST, r / "2026/11/LM-8"), UnlistedFile, 4, "LM-8"),
    Tampering("an exhibit replaced by a link", link(FIRST, "away"), UnlistedFile, 4, FIRST),
    Tampering("a year replaced by a link", link("2026", "away"), UnlistedFile, 4, "2026"),
    Tampering("a stray file in the archive", add("notes.txt"), UnlistedFile, 4, "notes.txt"),
    Tampering("a stray file in a month", add("2026/11/notes.txt"), UnlistedFile, 4, "2026/11/notes.txt"),
    Tampering("a picture replaced by a link", link(PICTURE, "away.png"), MalformedArchive, 4, PICTURE),
    Tampering("a pipe in an exhibit", lambda r: os.mkfifo(r / FIRST / "data/pipe"), MalformedArchive, 4, "data/pipe"),
    # tombstones
    Tampering("content beside a tombstone", add(f"{SECOND_ERASED}/data/x"), UnlistedFile, 5, SECOND_ERASED),
    Tampering("a tombstone edited", flip(f"{SECOND_ERASED}/tombstone.json"), DigestMismatch, 5, SECOND_ERASED),
    Tampering("a tombstone renamed", rename(f"{SECOND_ERASED}/tombstone.json", f"{SECOND_ERASED}/t.json"), UnlistedFile, 5, "t.json"),
    Tampering("a tombstone emptied", remove(f"{SECOND_ERASED}/tombstone.json"), MissingFile, 5, SECOND_ERASED),
    # tag files
    Tampering("two exhibits exchanged", swap(FIRST, DECEMBER), DigestMismatch, 6, FIRST),
    Tampering("a tag manifest edited", flip(f"{WORDS}/tagmanifest-sha256.txt"), DigestMismatch, 6, WORDS),
    Tampering("a tag manifest removed", remove(f"{WORDS}/tagmanifest-sha256.txt"), MissingFile, 6, WORDS),
    Tampering("a whole bag rebuilt, chain not", bag_but_not_chain(FIRST, before=flip(PICTURE)), DigestMismatch, 6, FIRST),
    Tampering("the salt edited", flip(f"{FIRST}/bag-info.txt"), DigestMismatch, 7, "bag-info.txt"),
    Tampering("the label removed", remove(f"{FIRST}/bag-info.txt"), MissingFile, 7, "bag-info.txt"),
    Tampering("a manifest edited", flip(f"{FIRST}/manifest-sha256.txt"), DigestMismatch, 7, "manifest-sha256.txt"),
    Tampering("a file beside the bag's own", add(f"{FIRST}/opinion.txt"), UnlistedFile, 7, "opinion.txt"),
    Tampering("a signature before its format", add(f"{FIRST}/seal/root.sig"), UnlistedFile, 7, "seal/root.sig"),
    Tampering("a hidden file", add(f"{FIRST}/.hidden"), UnlistedFile, 7, ".hidden"),
    Tampering("a tag manifest that lists nothing", lambda r: rebuild_tags(r / FIRST, ""), MalformedArchive, 7, "tagmanifest"),
    # payload
    Tampering("a byte of the picture flipped", flip(PICTURE), DigestMismatch, 8, PICTURE),
    Tampering("a byte of the words flipped", flip(f"{WORDS}/data/source/item.json"), DigestMismatch, 8, "item.json"),
    Tampering("the picture emptied", lambda r: (r / PICTURE).write_bytes(b""), DigestMismatch, 8, PICTURE),
    Tampering("a byte added to the picture", append(PICTURE), DigestMismatch, 8, PICTURE),
    Tampering("the picture removed", remove(PICTURE), MissingFile, 8, PICTURE),
    Tampering("the picture renamed", rename(PICTURE, f"{FIRST}/data/shots/part.png"), UnlistedFile, 8, "part.png"),
    Tampering("two files exchanged", swap(PICTURE, f"{FIRST}/data/page/text.txt"), DigestMismatch, 8, "text.txt"),
    Tampering("a file added", add(f"{FIRST}/data/shots/flag-01.png"), UnlistedFile, 8, "flag-01.png"),
    Tampering("an empty folder added", lambda r: (r / FIRST / "data/web").mkdir(), UnlistedFile, 8, "data/web"),
    Tampering("a manifest that leaves the exhibit", bag(FIRST, before=nothing, manifest=f"{ZEROS}  data/../../../../x\n"), MalformedArchive, 8, "manifest"),
    Tampering("a manifest with an absolute path", bag(FIRST, before=nothing, manifest=f"{ZEROS}  /etc/hostname\n"), MalformedArchive, 8, "manifest"),
    Tampering("a manifest that names a file twice", bag(FIRST, before=nothing, manifest=f"{ZEROS}  data/a\n" * 2), MalformedArchive, 8, "manifest"),
    # meaning
    Tampering("the record of another exhibit", bag(FIRST, before=in_record(FIRST, exhibit_id="LM-4")), MalformedArchive, 9, FIRST),
    Tampering("the record of another time", bag(FIRST, before=in_record(FIRST, captured_at="2026-11-22T12:00:00.000001Z")), MalformedArchive, 9, FIRST),
    Tampering("a record that leaves out a file", bag(FIRST, before=in_record(FIRST, files=[])), MalformedArchive, 9, FIRST),
    Tampering("a file sealed in later", bag(FIRST, before=add(f"{FIRST}/data/shots/flag-01.png")), MalformedArchive, 9, FIRST),
    Tampering("a record that is no JSON", bag(FIRST, before=lambda r: (r / FIRST / "data/record.json").write_text("{")), MalformedArchive, 9, FIRST),
    Tampering("no record", bag(FIRST, before=remove(f"{FIRST}/data/record.json")), MalformedArchive, 9, FIRST),
)  # fmt: skip

cases = pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda each: each.name.replace(" ", "-"))


def test_an_untouched_archive_verifies(sealed: Path) -> None:
    """No false alarm, and the result says what was looked at."""
    checked = verify.check_archive(sealed)

    assert (checked.entries, checked.exhibits, checked.erased) == (7, 3, 1)
    assert checked.files == (2 * 6 + 2)
    assert json.loads(lines_of(sealed)[-1])["digest"] == checked.head
    assert checked.unfinished_erasures == ()
    assert verify.problems(sealed) == ()


@cases
def test_every_tampering_is_named_with_its_step(tampering: Tampering, copy: Path) -> None:
    """The first fault raised has the right kind, the right step and the right place."""
    tampering.do(copy)

    with pytest.raises(VerificationError) as raised:
        verify.check_archive(copy)

    assert (tampering.error, tampering.step) == (type(raised.value), raised.value.step), str(raised.value)
    assert tampering.where in raised.value.where
    assert str(raised.value) == str(verify.problems(copy)[0])


def test_every_fault_is_listed_not_only_the_first(copy: Path) -> None:
    """The operator's report names each of several faults in different exhibits."""
    flip(PICTURE)(copy)
    remove(f"{WORDS}/data/source/item.json")(copy)
    add("notes.txt")(copy)

    found = [(type(each), each.where) for each in verify.problems(copy)]

    assert [
        (UnlistedFile, "notes.txt"),
        (DigestMismatch, PICTURE),
        (MissingFile, f"{WORDS}/data/source/item.json"),
    ] == found


def test_a_tail_cut_off_with_its_folders_shows_only_in_the_head(copy: Path) -> None:
    """The limit that archive/README.md states: only a head digest kept elsewhere shows this."""
    kept_elsewhere = verify.check_archive(copy).head
    write_lines(copy, lines_of(copy)[:4])
    shutil.rmtree(copy / "2026/12")
    shutil.rmtree(copy / SECOND_ERASED)
    seal_of_second = json.loads(lines_of(copy)[1])
    rebuild_chain(copy, lambda entries: entries.remove(seal_of_second))

    assert kept_elsewhere != verify.check_archive(copy).head


def test_a_folder_that_is_no_archive_is_not_called_sound(tmp_path: Path) -> None:
    """A mistyped path is a fault, not an empty archive."""
    with pytest.raises(MalformedArchive):
        verify.check_archive(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "name",
    ["ledger.jsonl", f"{FIRST}/tagmanifest-sha256.txt", f"{FIRST}/manifest-sha256.txt",
     f"{SECOND_ERASED}/tombstone.json"],
)  # fmt: skip
def test_a_file_without_end_is_a_fault_and_takes_no_memory(copy: Path, name: str) -> None:
    """Two terabytes of nothing, which take no room on the disk: named, and not read."""
    with (copy / name).open("r+b") as stream:
        stream.truncate(2 << 40)
    found = verify.problems(copy)
    assert any(each.where.startswith(name) and "larger than" in each.detail for each in found), found


def test_checking_changes_nothing_and_needs_no_right_to_write(sealed: Path) -> None:
    """A read-only copy verifies, and no name, content or mode in it has changed afterwards."""

    def state() -> list[tuple[str, int, int, int]]:
        found = sorted(path for path in sealed.rglob("*"))
        return [(str(p), s.st_mode, s.st_size, s.st_mtime_ns) for p in found for s in [p.lstat()]]

    before = state()
    verify.check_archive(sealed)

    assert before == state()


def test_progress_counts_the_exhibits(sealed: Path) -> None:
    """Whoever waits is told how far it is."""
    told: list[tuple[int, int]] = []

    verify.check_archive(sealed, lambda done, total: told.append((done, total)))

    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_sample_reads_the_files_of_some_and_the_lists_of_all(copy: Path) -> None:
    """A changed file is found where it is read; a missing or added one everywhere; the result says how many."""
    flip(PICTURE)(copy)
    assert verify.problems(copy, sample=lambda folders: [FIRST])
    assert 2 == verify.check_archive(copy, sample=lambda folders: [WORDS, DECEMBER]).sampled

    remove(f"{WORDS}/data/source/item.json")(copy)
    add(f"{DECEMBER}/data/note.txt")(copy)
    add(f"{SECOND_ERASED}/data/note.txt")(copy)
    found = {fault.where for fault in verify.problems(copy, sample=lambda folders: [])}
    assert {
        f"{WORDS}/data/source/item.json",
        f"{DECEMBER}/data/note.txt",
        f"{SECOND_ERASED}/data/note.txt",
    } <= found


# --- inside the web archives -------------------------------------------------------------------------


def web_archive_in(root: Path, exhibit_id: str, content: bytes) -> str:
    """Seal an exhibit with this web archive, whatever it holds; returns where it lies."""
    archive = open_archive(root)
    scratch = archive.scratch(exhibit_id)
    fill(scratch)
    (scratch / "web").mkdir()
    (scratch / "web" / "capture.wacz").write_bytes(content)
    return f"{archive.seal(record(exhibit_id), now=NOON).folder}/{layout.WEB_ARCHIVE}"


def test_a_sound_web_archive_is_looked_into_when_asked_for(tmp_path: Path) -> None:
    """No false alarm, by hand neither; what was not opened is not said to have been."""
    root = tmp_path / "archive"
    web_archive_in(root, "LM-1", package())
    seal(open_archive(root), "LM-2")

    for inside in (False, True):
        checked = verify.check_archive(root, inside=inside)
        assert (1, inside) == (checked.web_archives, checked.inside)
    assert 0 == verify.check_archive(root, sample=lambda folders: ["2026/11/LM-2"]).web_archives
    done = by_hand(root, commands_by_step()[14])
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_web_archive_that_was_unsound_when_it_was_sealed_is_named_by_step_14(
    name: str, tmp_path: Path
) -> None:
    """Every digest of the archive holds, so only a look inside shows it: ours, and the one by hand."""
    mutate, expected = MUTATIONS[name]
    root = tmp_path / "archive"
    where = web_archive_in(root, "LM-1", zipped(mutate(unpacked(package()))))
    assert () == verify.problems(root) == verify.problems(root, inside=True, sample=lambda folders: [])

    found = verify.problems(root, inside=True)

    assert {(14, where)} == {(fault.step, fault.where) for fault in found}
    assert any(fault.detail.startswith(expected) for fault in found)
    if name != "another version":
        assert 0 != by_hand(root, commands_by_step()[14]).returncode


def test_a_web_archive_made_to_do_harm_is_a_fault_and_nothing_worse(tmp_path: Path) -> None:
    """No zip at all, a list without end, a bomb: named, and the next one is still looked at."""
    root, bomb = tmp_path / "archive", BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("archive/data.warc.gz", bytes(300_000_000))
    hostile = [b"none", long_list(), bomb.getvalue(), zipped({"archive/a.warc.gz": b"\x1f\x8b"})]
    places = [web_archive_in(root, f"LM-{number}", content) for number, content in enumerate(hostile)]

    found = verify.problems(root, inside=True)

    assert places == list(dict.fromkeys(fault.where for fault in found))


# --- any single byte ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def laid_open() -> Iterator[Path]:
    with fast_folder() as folder:
        root = folder / "archive"
        small_archive(root)
        for year in root.glob("20*"):
            open_up(year)
        yield root


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_single_byte_changed_is_detected(laid_open: Path, data: st.DataObject) -> None:
    """Whatever byte of whatever sealed file or of the ledger takes whatever other value."""
    files = sorted(p for p in laid_open.rglob("*") if p.is_file() and p.name != ".lock")
    path = data.draw(st.sampled_from(files), label="file")
    original = path.read_bytes()
    place = data.draw(st.integers(0, len(original) - 1), label="place")
    value = data.draw(st.integers(0, 255).filter(lambda each: each != original[place]), label="value")
    path.write_bytes(original[:place] + bytes([value]) + original[place + 1 :])
    try:
        with pytest.raises(VerificationError):
            verify.check_archive(laid_open)
        assert verify.problems(laid_open)
    finally:
        path.write_bytes(original)


def test_every_byte_of_the_last_entry_counts(laid_open: Path) -> None:
    """The last line has no successor to bind it, so each of its bytes is tried."""
    path = laid_open / "ledger.jsonl"
    original = path.read_bytes()
    start = original[:-1].rfind(b"\n") + 1
    try:
        for place in range(start, len(original)):
            changed = bytearray(original)
            changed[place] ^= 1 << (place % 8)
            path.write_bytes(changed)
            assert verify.problems(laid_open), place
    finally:
        path.write_bytes(original)


# --- by hand -----------------------------------------------------------------------------------------


def commands_by_step() -> dict[int, str]:
    """The blocks that archive/README.md tells a stranger to type."""
    text = README.read_text()
    return {
        int(number): command
        for number, command in re.findall(r"^### Step (\d+):.*?```sh\n(.*?)```", text, flags=re.M | re.S)
    }


def by_hand(root: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Type it in bash, in the archive, with the tools of an ordinary machine."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return subprocess.run(
        ["bash", "-c", command], cwd=root, env={"PATH": path}, capture_output=True, text=True, timeout=300
    )


def test_the_commands_of_the_readme_pass_on_an_untouched_archive(sealed: Path) -> None:
    """A stranger with bash, sha256sum and python3 comes to our result."""
    commands = commands_by_step()
    results = {step: by_hand(sealed, command) for step, command in commands.items()}

    assert list(range(1, 15)) == list(results)
    assert {step: (0, "") for step in results} == {s: (r.returncode, r.stderr) for s, r in results.items()}
    assert f"head digest: {verify.check_archive(sealed).head}\n" == results[2].stdout
    assert "".join(result.stdout for step, result in results.items() if step != 2) == ""


@cases
def test_the_commands_of_the_readme_find_what_we_find(tampering: Tampering, copy: Path) -> None:
    """The same step by hand ends with an error; where it is another step, some step does."""
    tampering.do(copy)
    commands = commands_by_step()
    wanted = [commands[tampering.step]] if tampering.by_hand else list(commands.values())

    assert any(by_hand(copy, command).returncode != 0 for command in wanted)


def test_the_steps_of_the_readme_are_the_steps_of_the_code() -> None:
    """One numbering: the page's headings, the list at the top of the function, the labels of its blocks."""
    text = Path(verify.__file__).read_text()
    headings = re.findall(r"^### Step (\d+):", README.read_text(), flags=re.M)
    listed = re.findall(r"^    (\d+)\. ", text, flags=re.M)
    labelled = re.findall(r"^ +# Step (\d+): ", text, flags=re.M)

    assert headings == listed == labelled == [str(number) for number in range(1, 15)]


def test_sha256sum_alone_accepts_each_exhibit(sealed: Path) -> None:
    """A single exhibit, handed over, is checked with one command (RFC 8493 manifests)."""
    for exhibit in (FIRST, WORDS, DECEMBER):
        done = subprocess.run(
            ["sha256sum", "--check", "--strict", "tagmanifest-sha256.txt", "manifest-sha256.txt"],
            cwd=sealed / exhibit,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert (
            done.stdout.count(": OK")
            == 3 + len((sealed / exhibit / "manifest-sha256.txt").read_text().split("\n")) - 1
        )


# --- for ever ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("archive-format-*")), ids=lambda path: path.name)
def test_archives_of_earlier_formats_verify_for_ever(golden: Path, tmp_path: Path) -> None:
    """What was sealed once must be found sound by every later version, digest for digest."""
    expected = (golden / "HEAD").read_text().strip()
    root = tmp_path / "archive"
    shutil.copytree(golden, root, ignore=shutil.ignore_patterns("HEAD"))

    checked = verify.check_archive(root)

    assert expected == checked.head
    if golden.name != "archive-format-1":
        assert checked.vouched.checkpoints and checked.vouched.times


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("archive-format-*")), ids=lambda path: path.name)
def test_archives_of_earlier_formats_verify_by_hand_for_ever(golden: Path, tmp_path: Path) -> None:
    """With the commands of archive/README.md as it is today."""
    root = tmp_path / "archive"
    shutil.copytree(golden, root, ignore=shutil.ignore_patterns("HEAD"))

    done = {step: by_hand(root, command) for step, command in commands_by_step().items()}

    assert {step: (0, "") for step in done} == {s: (r.returncode, r.stderr) for s, r in done.items()}


def test_a_golden_archive_of_every_format_is_kept() -> None:
    """The tests above cannot fail on an empty folder; this one can."""
    kept = {int(path.parent.name.rpartition("-")[2]) for path in GOLDEN.glob("archive-format-*/ledger.jsonl")}

    assert set(layout.FORMATS) == kept


def test_an_unfinished_erasure_is_said_and_not_called_tampering(tmp_path: Path) -> None:
    """Killed between order and removal: content lies there whole, and the result names the exhibit."""
    archive = small_archive(tmp_path)
    seal(archive, "LM-5")
    archive.erase("LM-5", rule="dismissed", now=NOON)
    write_lines(tmp_path, lines_of(tmp_path)[:-1])

    assert verify.check_archive(tmp_path).unfinished_erasures == ("LM-5",)
