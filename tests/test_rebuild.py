"""The archive is the truth and the database its index: the index can be made anew from it."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor import cases
from monitor.errors import ArchiveError
from monitor.evidence import Archive, open_archive
from monitor.model import CaptureMode, Office
from monitor.store import Store
from monitor.store.rows import ExhibitRow
from tests.conftest import START
from tests.school_at_work import INSULT, THREAT, AtWork, at_work, post
from tests.sealed_archive import NOON, fast_folder, lines_of, open_up, record, small_archive, write_lines


@pytest.fixture
def archive() -> Iterator[Archive]:
    """Four exhibits, one of them erased."""
    with fast_folder() as folder:
        yield small_archive(folder / "archive")


@pytest.fixture
def school(tmp_path: Path) -> AtWork:
    """The service after a day with three captures: two of findings, one that was asked for."""
    school = at_work(tmp_path)
    school.forum.post(post("insult", INSULT))
    school.forum.post(post("threat", THREAT))
    school.cycle()
    cases.ask_capture(
        school.services.store,
        "https://forum.example/t/asked",
        mode=CaptureMode.FULL,
        by=Office.DSL,
        exhibit_id="H-1",
        now=school.clock.now,
    )
    school.cycle(minutes=5)
    return school


def listed(store: Store) -> list[ExhibitRow]:
    with store.transaction() as t:
        return t.exhibits()


def test_rows_that_were_lost_come_back_as_they_were(school: AtWork) -> None:
    """With their finding, mode and result, since only the index of the exhibits was lost."""
    store, archive = school.services.store, school.services.archive
    before = listed(store)
    assert len(before) == 3
    with store.transaction() as t:
        for row in before:
            t.forget_exhibit(row.exhibit_id)

    rebuilt = cases.rebuild_index(store, archive)

    assert (3, 3, 0, ()) == (rebuilt.sealed, rebuilt.entered, rebuilt.mended, rebuilt.faults)
    assert before == listed(store)
    again = cases.rebuild_index(store, archive)
    assert (0, 0, ()) == (again.entered, again.mended, again.faults)


def test_a_fresh_database_lists_every_exhibit_again(store: Store, archive: Archive) -> None:
    """On both databases: what was captured, how it ended, where it lies; of erased ones that they were."""
    told: list[tuple[int, int]] = []

    rebuilt = cases.rebuild_index(store, archive, progress=lambda done, total: told.append((done, total)))

    assert (4, 4, 1, ()) == (rebuilt.sealed, rebuilt.entered, rebuilt.erased, rebuilt.faults)
    found = {row.exhibit_id: row for row in listed(store)}
    assert {seal.exhibit_id: seal.folder for seal in archive.seals()} == {
        k: r.folder for k, r in found.items()
    }
    assert (CaptureMode.WORDS, None) == (found["LM-3"].mode, found["LM-2"].mode)
    assert all(row.outcome is not None for row in found.values() if row.exhibit_id != "LM-2")
    assert [(1, 4), (2, 4), (3, 4), (4, 4)] == told


def test_a_whole_service_on_a_fresh_database_knows_its_exhibits(school: AtWork, tmp_path: Path) -> None:
    """Whoever asked for a capture may open it again; the rest have lost their finding and open to nobody."""
    fresh = at_work(tmp_path / "fresh")
    shutil.copytree(school.services.archive.root, fresh.services.archive.root, dirs_exist_ok=True)
    store, archive = fresh.services.store, open_archive(fresh.services.archive.root)

    cases.rebuild_index(store, archive)

    assert [row.exhibit_id for row in listed(school.services.store)] == [r.exhibit_id for r in listed(store)]
    rules = cases.Rules(fresh.services.settings.policy, fresh.services.delegates)

    def shown(exhibit_id: str) -> cases.Shown:
        now = START + timedelta(days=1)
        return cases.show_exhibit(
            store, archive, exhibit_id, viewer=Office.DSL, reason="to see", rules=rules, now=now
        )

    assert "H-1" == shown("H-1").seal.exhibit_id
    with pytest.raises(cases.NotYours):
        shown("M-2026-0001-1")


def test_a_row_that_says_otherwise_than_the_archive_is_corrected(store: Store, archive: Archive) -> None:
    """Two rows exchanged their entries; afterwards both are right."""
    first, second = list(archive.seals())[:2]
    with store.transaction() as t:
        t.add_exhibit(dataclasses.replace(first, sequence=2), None)
        t.add_exhibit(dataclasses.replace(second, sequence=1, folder="2001/01/LM-2"), None)

    rebuilt = cases.rebuild_index(store, archive)

    assert (2, 2, ()) == (rebuilt.entered, rebuilt.mended, rebuilt.faults)
    assert [seal.exhibit_id for seal in archive.seals()] == [r.exhibit_id for r in listed(store)[::-1]]


def test_what_the_index_knows_and_the_archive_does_not_is_named_and_kept(
    store: Store, archive: Archive
) -> None:
    """The tail of the chain cut off with its folder, and something else sealed in its place: the index may
    be all that shows it."""
    cases.rebuild_index(store, archive)
    write_lines(archive.root, lines_of(archive.root)[:4])
    open_up(archive.root / "2026/12")
    shutil.rmtree(archive.root / "2026/12")
    cut = open_archive(archive.root)

    cut.seal(record("LM-9", mode=CaptureMode.WORDS), now=NOON)

    rebuilt = cases.rebuild_index(store, cut)

    found = {fault.exhibit_id: fault.why for fault in rebuilt.faults}
    assert "the index has it as entry 5 of the chain; the archive does not" == found["LM-4"]
    assert "in the index LM-4 stands as entry 5 of the chain" == found["LM-9"]
    assert "LM-4" in {row.exhibit_id for row in listed(store)}


def test_what_cannot_be_read_is_named_and_the_rest_is_entered(store: Store, archive: Archive) -> None:
    """A record that is gone: the exhibit is listed as the chain knows it, and named."""
    open_up(archive.folder("LM-1"))
    (archive.folder("LM-1") / "data/record.json").unlink()
    open_up(archive.folder("LM-3"))
    (archive.folder("LM-3") / "data/record.json").write_text('{"captured_at":"2026-11-22T12:00:00.000000Z"}')

    rebuilt = cases.rebuild_index(store, archive)

    assert ["LM-1", "LM-3"] == [fault.exhibit_id for fault in rebuilt.faults]
    assert 4 == len(listed(store))


def test_a_chain_that_cannot_be_read_changes_nothing(store: Store, archive: Archive) -> None:
    """It is said which line, and what to do."""
    lines = lines_of(archive.root)
    write_lines(archive.root, [*lines[:2], b"{}\n", *lines[2:]])

    with pytest.raises(ArchiveError, match="Line 3"):
        cases.rebuild_index(store, open_archive(archive.root))
    assert [] == listed(store)


def test_a_capture_that_still_waits_is_left_to_the_service(store: Store, archive: Archive) -> None:
    """Its mails and its outcome are owed by the one who ends it."""
    with store.transaction() as t:
        t.want_capture("LM-1", "https://forum.example/p/17", CaptureMode.FULL, trigger="automatic", now=START)

    rebuilt = cases.rebuild_index(store, archive)

    assert [("LM-1", 3)] == [(fault.exhibit_id, rebuilt.entered) for fault in rebuilt.faults]
