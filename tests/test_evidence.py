"""The archive as the jobs use it: seal, find, note, erase, and what happens when the disk says no."""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import ArchiveError
from monitor.evidence import Archive, open_archive, verify
from monitor.evidence.layout import utc_text, utc_time
from monitor.model import CaptureMode, ExhibitRecord
from tests.sealed_archive import NOON, fill, item, lines_of, record, seal, small_archive, write_lines

LATER = NOON + timedelta(minutes=20)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return open_archive(tmp_path / "archive")


# --- sealing ---------------------------------------------------------------------------------------


def test_an_exhibit_lies_where_the_design_says_and_says_what_the_record_says(archive: Archive) -> None:
    """One exhibit on disk: every field of the record, every step with its outcome, every file."""
    sealed = seal(archive, "LM-1")

    exhibit = archive.root / "2026/11/LM-1"
    assert sealed.folder == "2026/11/LM-1"
    assert sorted(path.relative_to(exhibit).as_posix() for path in exhibit.rglob("*") if path.is_file()) == [
        "bag-info.txt",
        "bagit.txt",
        "data/net/connections.jsonl",
        "data/page/dom.html",
        "data/page/text.txt",
        "data/record.json",
        "data/shots/full.png",
        "data/source/item.json",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
    ]
    said = archive.record("LM-1")
    assert set(said) - {"format", "item_file", "files"} == {
        field.name for field in dataclasses.fields(ExhibitRecord) if field.name != "item"
    }
    report = said["report"]
    assert isinstance(report, dict)
    assert [(step["name"], step["outcome"]) for step in report["steps"]] == [
        ("picture", "done"),
        ("connections", "failed"),
    ]
    assert report["missing"] == ["the certificate of forum.example"]
    assert json.loads((exhibit / "data/source/item.json").read_text())["text"] == item().text


def test_a_record_holds_no_category_and_no_opinion(archive: Archive) -> None:
    """R87: evidence files contain facts only."""
    seal(archive, "LM-1")

    text = (archive.root / "2026/11/LM-1/data/record.json").read_text()
    assert [
        word for word in ("category", "finding", "rule", "band", "urgency", "person") if word in text
    ] == []


def test_the_month_is_that_of_the_capture_in_utc(archive: Archive) -> None:
    """A capture just after midnight in summer London lies in the month that UTC says."""
    london = datetime(2026, 7, 1, 0, 30, tzinfo=ZoneInfo("Europe/London"))

    assert seal(archive, "LM-1", captured_at=london).folder == "2026/06/LM-1"


@pytest.mark.parametrize("mode", [CaptureMode.WORDS, CaptureMode.REFERENCE])
def test_where_no_page_was_opened_record_and_words_are_sealed(archive: Archive, mode: CaptureMode) -> None:
    """No scratch folder is needed for the modes that contact nothing."""
    archive.seal(record("LM-1", mode=mode), now=LATER)

    data = archive.root / "2026/11/LM-1/data"
    assert sorted(path.name for path in data.rglob("*") if path.is_file()) == ["item.json", "record.json"]
    assert archive.record("LM-1")["mode"] == mode.value


def test_sealing_again_changes_nothing(archive: Archive) -> None:
    """The same seal comes back, whatever has been captured since."""
    first = seal(archive, "LM-1")
    again = seal(archive, "LM-1", captured_at=NOON + timedelta(days=40))

    assert again == first
    assert list(archive.seals()) == [first]
    assert not (archive.root / ".scratch/LM-1").exists()


def test_a_folder_without_entry_is_sealed_as_it_lies(archive: Archive) -> None:
    """Killed between rename and append: the next seal binds the very same root digest."""
    first = seal(archive, "LM-1")
    write_lines(archive.root, [])
    reopened = open_archive(archive.root)

    assert list(reopened.seals()) == []
    again = seal(reopened, "LM-1", captured_at=NOON + timedelta(days=40))
    assert (again.root_digest, again.folder) == (first.root_digest, first.folder)
    assert list(reopened.seals()) == [again]
    assert verify.problems(archive.root) == ()


def test_a_folder_that_is_not_what_it_says_is_not_sealed(archive: Archive) -> None:
    """The chain must not vouch for what somebody put into the archive's place."""
    seal(archive, "LM-1")
    shutil.copytree(archive.root / "2026/11/LM-1", archive.root / "2026/11/LM-2")

    with pytest.raises(ArchiveError, match="another exhibit"):
        seal(archive, "LM-2")
    assert archive.find("LM-2") is None


def test_a_torn_last_line_is_reported_then_cut_off_by_the_next_writer(archive: Archive) -> None:
    """Wherever the line was torn, readers leave it out, verify names it, and writing mends it."""
    seal(archive, "LM-1")
    seal(archive, "LM-2")
    whole = lines_of(archive.root)
    for length in range(1, len(whole[1]), 7):
        write_lines(archive.root, [whole[0], whole[1][:length]])
        reopened = open_archive(archive.root)

        assert reopened.find("LM-2") is None
        assert "torn" in str(verify.problems(archive.root)[0])
        reopened.seal(record("LM-2"), now=LATER)
        assert verify.problems(archive.root) == ()


def test_sealed_files_are_read_only(archive: Archive) -> None:
    """R76: write-once as far as the file system can say so; others of the machine see nothing."""
    seal(archive, "LM-1")

    exhibit = archive.root / "2026/11/LM-1"
    modes = {path.is_dir(): oct(path.stat().st_mode & 0o777) for path in [exhibit, *exhibit.rglob("*")]}
    assert modes == {True: "0o550", False: "0o440"}


def test_two_equal_captures_have_different_digests_in_the_chain(tmp_path: Path) -> None:
    """The salt: nobody can test a guess of the content against the chain."""
    one, other = (seal(open_archive(tmp_path / name), "LM-1") for name in ("one", "other"))

    assert one.root_digest != other.root_digest


def test_the_chain_holds_nothing_personal(tmp_path: Path) -> None:
    """No handle, no words, no address of a post, and no plain digest of any file that holds them."""
    archive = small_archive(tmp_path)
    text = (tmp_path / "ledger.jsonl").read_text()
    files = [
        path for path in (tmp_path / "2026").rglob("*") if path.is_file() and "tagmanifest" not in path.name
    ]

    for personal in ("invented_handle", "letter", "forum.example", "p-17"):
        assert personal not in text
    assert [path for path in files if hashlib.sha256(path.read_bytes()).hexdigest() in text] == []
    assert archive.find("LM-1") is not None


@pytest.mark.parametrize("name", ["shots/a b.png", "shots/a\nb", "shots/%0a", "shots/\u00e9.png", ".hidden"])
def test_a_file_name_that_tools_would_read_differently_is_refused(archive: Archive, name: str) -> None:
    """BagIt, sha256sum and file systems escape such names each in their own way."""
    path = archive.scratch("LM-1") / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")

    with pytest.raises(ArchiveError, match="name the archive does not take"):
        archive.seal(record("LM-1"), now=LATER)


def test_a_link_in_the_scratch_folder_is_refused(archive: Archive) -> None:
    """A hostile page must not have a file of the server sealed in."""
    (archive.scratch("LM-1") / "page").symlink_to("/etc")

    with pytest.raises(ArchiveError, match="not a plain file"):
        archive.seal(record("LM-1"), now=LATER)
    assert archive.adopt("LM-1", now=LATER) is None


@pytest.mark.parametrize("exhibit_id", ["", "../LM-1", "a/b", ".LM-1", "LM 1", "x" * 65])
def test_a_reference_that_is_no_folder_name_is_refused(archive: Archive, exhibit_id: str) -> None:
    """Nothing outside the archive can be named."""
    with pytest.raises(ArchiveError, match="cannot be the reference"):
        archive.scratch(exhibit_id)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(text=st.text(st.characters(exclude_categories=[])))
def test_whatever_the_words_are_they_come_back_exactly(archive: Archive, text: str) -> None:
    """Line ends, half surrogates, control characters, nothing at all: as collected."""
    exhibit_id = "LM-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    sealed = archive.seal(record(exhibit_id, mode=CaptureMode.WORDS, words=item(text)), now=LATER)

    assert json.loads((archive.root / sealed.folder / "data/source/item.json").read_bytes())["text"] == text


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_is_written_one_way_and_read_back(moment: datetime) -> None:
    """Microseconds included."""
    assert utc_time(utc_text(moment)) == moment


def test_a_time_without_zone_is_refused() -> None:
    """A local time in evidence could mean two moments."""
    with pytest.raises(ValueError, match="time zone"):
        utc_text(datetime(2026, 11, 22))  # noqa: DTZ001 (the fault that is tested)


# --- scratch, reading, custody -----------------------------------------------------------------------


def test_scratch_is_empty_whatever_was_left_over(archive: Archive) -> None:
    """Also when a capture died in it, and left folders that may not be written to."""
    left = archive.scratch("LM-1") / "shots"
    left.mkdir()
    (left / "full.png").write_bytes(b"half")
    left.chmod(0o500)

    assert list(archive.scratch("LM-1").iterdir()) == []


def test_sweep_removes_the_scratch_of_all_but_the_kept(archive: Archive) -> None:
    """Captures that nobody waits for leave no words behind."""
    kept, swept = archive.scratch("LM-1"), archive.scratch("LM-2")
    archive.sweep(["LM-1"])

    assert (kept.exists(), swept.exists()) == (True, False)


def test_the_index_can_be_read_back_from_the_archive(tmp_path: Path) -> None:
    """Another process sees the same seals, records and history."""
    archive = small_archive(tmp_path)
    other = open_archive(tmp_path)

    assert [each.exhibit_id for each in other.seals()] == ["LM-1", "LM-2", "LM-3", "LM-4"]
    assert other.find("LM-4") == archive.find("LM-4")
    assert other.find("LM-9") is None
    assert [(each.event, each.by) for each in other.history("LM-1")] == [
        ("sealed", ""),
        ("viewed", "headteacher"),
    ]
    assert other.head() == verify.check_archive(tmp_path).head


def test_a_reader_sees_what_another_process_adds(archive: Archive) -> None:
    """The chain is read on from where it was read to."""
    reader = open_archive(archive.root)
    assert reader.find("LM-1") is None
    sealed = seal(archive, "LM-1")

    assert reader.find("LM-1") == sealed


def test_many_writers_make_one_chain(tmp_path: Path) -> None:
    """One writer at a time: no number twice, no link broken."""

    def write(number: int) -> None:
        archive = open_archive(tmp_path)
        archive.seal(record(f"LM-{number}", mode=CaptureMode.WORDS), now=LATER)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))

    assert verify.check_archive(tmp_path).entries == 24


def test_threads_that_share_an_archive_make_one_chain(archive: Archive) -> None:
    """As the slots of the service do: each looks, seals, and reads back while the others are at it."""

    def write(number: int) -> object:
        exhibit_id = f"LM-{number}"
        assert archive.adopt(exhibit_id, now=LATER) is None
        seal(archive, exhibit_id)
        return archive.record(exhibit_id)["exhibit_id"]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, range(12)))

    assert [f"LM-{number}" for number in range(12)] == found
    assert verify.check_archive(archive.root).entries == 12


def test_a_living_archive_is_checked_without_false_alarm(tmp_path: Path) -> None:
    """The check looks between two seals, not into the middle of one."""
    archive = open_archive(tmp_path)

    def write() -> None:
        for number in range(30):
            archive.seal(record(f"LM-{number}", mode=CaptureMode.WORDS), now=LATER)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        seen = []
        while not writing.done():
            seen.append(verify.check_archive(tmp_path).exhibits)
        writing.result()

    assert seen == sorted(seen)
    assert verify.check_archive(tmp_path).exhibits == 30


def test_a_busy_archive_is_said_after_a_few_seconds(archive: Archive) -> None:
    """Another writer that does not end is named, not waited for for ever."""
    seal(archive, "LM-1")
    descriptor = os.open(archive.root / ".lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with pytest.raises(ArchiveError, match="busy"):
            archive.note("LM-1", "viewed", "headteacher", now=LATER)
    finally:
        os.close(descriptor)
    assert archive.note("LM-1", "viewed", "headteacher", now=LATER).sequence == 2


@pytest.mark.parametrize(
    ("event", "by", "reason"),
    [
        ("sealed", "headteacher", ""),
        ("erased", "headteacher", ""),
        ("Viewed it", "headteacher", ""),
        ("viewed", "Mrs Okonkwo-Bell", ""),
        ("viewed", "headteacher", "two\nlines"),
        ("viewed", "headteacher", "x" * 201),
    ],
)
def test_a_note_that_is_not_an_event_by_an_office_is_refused(
    archive: Archive, event: str, by: str, reason: str
) -> None:
    """What goes into the chain stays for ever, so names and free words are kept out of it."""
    seal(archive, "LM-1")
    with pytest.raises(ArchiveError):
        archive.note("LM-1", event, by, now=LATER, reason=reason)

    assert len(archive.history("LM-1")) == 1


def test_nothing_is_added_to_a_ledger_that_was_tampered_with(archive: Archive) -> None:
    """The writer says which line, and how to look further, rather than build on it."""
    seal(archive, "LM-1")
    seal(archive, "LM-2")
    write_lines(archive.root, lines_of(archive.root)[1:])

    with pytest.raises(ArchiveError, match=r"Line 1 .*school-monitor verify"):
        open_archive(archive.root).note("LM-2", "viewed", "headteacher", now=LATER)


# --- erasure -----------------------------------------------------------------------------------------


def test_an_erased_exhibit_leaves_no_trace_of_its_content(tmp_path: Path) -> None:
    """R126: no file of the archive holds any of it any more, nor the salt; the chain verifies."""
    archive = open_archive(tmp_path)
    canary = "a canary sings in the quad"
    fill(archive.scratch("LM-1"), picture=canary.encode())
    sealed = archive.seal(record("LM-1", words=item(canary)), now=NOON)
    seal(archive, "LM-2")
    label = (tmp_path / sealed.folder / "bag-info.txt").read_text()
    salt = label.partition("Salt: ")[2].strip()
    assert len(salt) == 64

    erased = archive.erase("LM-1", rule="R124 dismissed", now=LATER)

    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert (canary.encode() in everything, salt.encode() in everything) == (False, False)
    assert [path.name for path in (tmp_path / sealed.folder).iterdir()] == ["tombstone.json"]
    assert (erased.event, erased.rule, erased.root_digest) == ("erased", "R124 dismissed", sealed.root_digest)
    assert verify.check_archive(tmp_path).erased == 1


def test_erasing_again_changes_nothing(tmp_path: Path) -> None:
    """The same entry comes back."""
    archive = small_archive(tmp_path)
    before = lines_of(tmp_path)

    assert archive.erase("LM-2", rule="other", now=LATER).rule == "dismissed"
    assert archive.finish_erasures(now=LATER) == ()
    assert lines_of(tmp_path) == before


def test_an_erased_exhibit_says_so_when_it_is_asked_for(tmp_path: Path) -> None:
    """Its seal stays known; its record is gone, and the words say when and why."""
    archive = small_archive(tmp_path)

    assert archive.find("LM-2") is not None
    with pytest.raises(ArchiveError, match=r"erased on 22 December 2026 \(UTC\) under rule dismissed"):
        archive.record("LM-2")


def test_an_erased_exhibit_cannot_be_sealed_again(tmp_path: Path) -> None:
    """A late job that captures it again leaves nothing behind."""
    archive = small_archive(tmp_path)
    seal(archive, "LM-2")

    assert verify.problems(tmp_path) == ()
    assert not (tmp_path / ".scratch/LM-2").exists()


def test_what_was_never_sealed_cannot_be_erased_or_noted(archive: Archive) -> None:
    """The words name the reference."""
    with pytest.raises(ArchiveError, match="LM-9"):
        archive.erase("LM-9", rule="dismissed", now=LATER)
    with pytest.raises(ArchiveError, match="LM-9"):
        archive.note("LM-9", "viewed", "headteacher", now=LATER)


# --- a place that cannot be used ---------------------------------------------------------------------


def test_a_file_is_not_an_archive(tmp_path: Path) -> None:
    """In words, not with a number."""
    (tmp_path / "file").write_text("x")

    with pytest.raises(ArchiveError, match="is not a folder"):
        open_archive(tmp_path / "file")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 512 kB of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_on_a_full_disk_sealing_says_so_and_succeeds_once_there_is_room(small_disk: Path) -> None:
    """Wherever the room runs out, nothing half is visible, and the same call then ends it."""
    root = small_disk / "archive"
    archive = open_archive(root)
    seal(archive, "LM-0")
    filler = small_disk / "filler"
    outcomes = []
    for pages in range(16):
        exhibit_id = f"LM-{pages + 1}"
        fill(archive.scratch(exhibit_id))
        fill_disk(filler, small_disk, leave=pages * 4096)
        try:
            archive.seal(record(exhibit_id), now=LATER)
            outcomes.append("sealed")
        except ArchiveError as error:
            assert "is full" in str(error)
            outcomes.append("full")
            for left in verify.problems(root):
                assert "no entry of the chain seals this exhibit" in str(left)
        filler.unlink()
        archive.seal(record(exhibit_id), now=LATER)
        assert verify.problems(root) == ()
        archive.erase(exhibit_id, rule="test", now=LATER)  # makes room for the next round

    assert {"full", "sealed"} == set(outcomes)
    assert verify.check_archive(root).erased == 16


def test_on_a_full_disk_the_archive_does_not_open(small_disk: Path) -> None:
    """Told at the start, not after a capture."""
    (small_disk / "archive/.scratch").mkdir(parents=True)
    fill_disk(small_disk / "filler", small_disk, leave=0)

    with pytest.raises(ArchiveError, match="is full"):
        open_archive(small_disk / "archive")


def fill_disk(filler: Path, disk: Path, *, leave: int) -> None:
    room = shutil.disk_usage(disk).free - leave
    assert room > 0
    with filler.open("wb") as stream:
        stream.write(bytes(room))
