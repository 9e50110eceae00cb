"""The store's promises, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import StatementError

from monitor.errors import RegisterError, SchemaMismatch
from monitor.model import (
    AlertKind,
    Assessment,
    Band,
    CaptureMode,
    CaptureOutcome,
    Item,
    ItemState,
    Matches,
    Message,
    Office,
    OperatorNotice,
    Person,
    PersonMatch,
    Register,
    Role,
    Routing,
    RunOutcome,
    Seal,
    Source,
    Subject,
    Told,
    Urgency,
)
from monitor.store import Store
from monitor.store.register import new_key, open_register, seal_register
from monitor.store.rows import NewAlert, RunRecord
from monitor.store.tables import metadata
from tests.conftest import HandClock

MINUTE = timedelta(minutes=1)
SOURCE = Source("forum", "feeds", "https://forum.example/feed", timedelta(minutes=30))
ITEM = Item(
    "feeds",
    "t-1",
    "https://forum.example/t/1",
    "Brackenhall at Littleover school is useless",
    author="marigold_mum",
    posted_at=datetime(2026, 11, 21, 20, 15, tzinfo=UTC),
)
ASSESSMENT = Assessment(
    category="A1",
    also=(),
    urgency=Urgency.U2,
    capture=CaptureMode.FULL,
    band=Band.HIGH,
    reasons=(),
    subjects=(Subject(role=Role.STAFF, person_ids=("s4",)),),
)
MATCHES = Matches(people=(PersonMatch(0, 11, ("s4",), Role.STAFF, "surname", Band.HIGH, 0.93),), context=True)


def add_finding(store: Store, now: datetime, item: Item = ITEM) -> int:
    """One kept item with one finding; returns the finding's row id."""
    with store.transaction() as t:
        item_id = t.add_item(
            item, source_key="forum", official=False, text_digest="d1", now=now, next_reread_at=now + MINUTE
        )
        return t.add_finding(
            t.next_reference(2026),
            item_id,
            assessment=ASSESSMENT,
            matches=MATCHES,
            routing=Routing(told=()),
            retention="abuse",
            now=now,
        )


def an_alert(key: str, now: datetime, finding_id: int | None = None) -> NewAlert:
    """An operator's mail, due at once."""
    return NewAlert(
        key=key,
        kind=AlertKind.OPERATOR,
        office=Office.SYS_OPERATOR,
        part=Told.HANDLES,
        address="it@school.example",
        message_id=f"<{key}@school.example>",
        thread="",
        date=now,
        not_before=now,
        facts=OperatorNotice("School", "A fault", (("Source", "forum"),), "Run doctor.", practice=True),
        finding_id=finding_id,
    )


def test_a_source_is_claimed_by_one_and_comes_free_when_the_lease_ends(
    store: Store, clock: HandClock
) -> None:
    """Two workers never poll one source; a dead worker's source is taken up by itself."""
    with store.transaction() as t:
        t.adopt_sources([SOURCE], clock())
        until = clock() + 10 * MINUTE
        assert t.claim_source("forum", now=clock(), until=until)
        assert not t.claim_source("forum", now=clock(), until=until)
        assert t.claim_source("forum", now=until, until=until + MINUTE)


def test_a_source_that_is_not_due_cannot_be_claimed(store: Store, clock: HandClock) -> None:
    """The platform's own limits are kept in the row, not in somebody's memory."""
    with store.transaction() as t:
        t.adopt_sources([SOURCE], clock())
        run = RunRecord("forum", clock(), clock(), RunOutcome.FOUND, "", 3, 1)
        t.finish_run(run, clock() + 30 * MINUTE)
        assert not t.claim_source("forum", now=clock() + 29 * MINUTE, until=clock() + 40 * MINUTE)


def test_a_failed_run_never_looks_like_a_good_one(store: Store, clock: HandClock) -> None:
    """Promise 2: the last good run stays what it was, and failures count up."""
    with store.transaction() as t:
        t.adopt_sources([SOURCE], clock())
        t.finish_run(RunRecord("forum", clock(), clock(), RunOutcome.NOTHING_NEW, "", 0, 0), clock())
    good_at = clock()
    clock.move(hours=1)
    with store.transaction() as t:
        t.finish_run(RunRecord("forum", clock(), clock(), RunOutcome.UNAVAILABLE, "no answer", 0, 0), clock())
        state = t.source_states()["forum"]
    assert (good_at, 1, RunOutcome.UNAVAILABLE) == (state.last_good_at, state.failures, state.last_outcome)


def test_a_rolled_back_transaction_leaves_nothing(store: Store, clock: HandClock) -> None:
    """One commit writes all of it or none of it."""
    with pytest.raises(RuntimeError), store.transaction() as t:
        t.adopt_sources([SOURCE], clock())
        t.save_cursor("forum", "half")
        raise RuntimeError("killed")
    with store.transaction() as t:
        assert {} == t.source_states()


def test_a_message_is_owed_once_for_a_key(store: Store, clock: HandClock) -> None:
    """Promise 4: nothing is said twice."""
    with store.transaction() as t:
        assert t.owe(an_alert("k1", clock()))
        assert not t.owe(an_alert("k1", clock()))
        assert 1 == t.waiting(since=clock()).alerts


def test_a_message_is_frozen_and_sent_by_one_worker(store: Store, clock: HandClock) -> None:
    """What the mail says survives a crash between freezing and sending."""
    with store.transaction() as t:
        t.owe(an_alert("k1", clock()))
        row = t.claim_alert(now=clock(), until=clock() + MINUTE)
        assert row is not None
        assert t.claim_alert(now=clock(), until=clock() + MINUTE) is None
        t.freeze_message(row.id, Message("System: a fault", "text", "<p>text</p>"))
    clock.move(minutes=2)
    with store.transaction() as t:
        again = t.claim_alert(now=clock(), until=clock() + MINUTE)
        assert again is not None
        assert (2, "System: a fault") == (again.attempts, again.message and again.message.subject)
        t.mark_sent(again.id, "250 ok", clock())
        assert t.claim_alert(now=clock() + MINUTE, until=clock() + 2 * MINUTE) is None


def test_a_capture_is_asked_for_once_for_each_version_of_a_finding(store: Store, clock: HandClock) -> None:
    """Doing a step twice changes nothing."""
    finding = add_finding(store, clock())
    with store.transaction() as t:
        for exhibit in ("M-2026-0001-1", "M-2026-0001-1"):
            t.want_capture(
                exhibit, ITEM.url, CaptureMode.FULL, trigger="automatic", now=clock(), finding_id=finding
            )
        assert 1 == t.waiting(since=clock()).captures


def test_two_that_look_for_captures_at_one_moment_each_get_their_own(store: Store, clock: HandClock) -> None:
    """The second asks while the first has not committed yet: neither gets the other's, nor goes away with
    nothing while something waits."""
    now = clock()
    with store.transaction() as t:
        for name in ("H-1", "H-2"):
            t.want_capture(name, "https://forum.example/t/1", CaptureMode.FULL, trigger="manual", now=now)
    got: list[str] = []

    def claim() -> None:
        with store.transaction() as t:
            row = t.claim_capture(now=now, until=now + MINUTE)
            got.append(row.exhibit_id if row else "nothing")

    second = threading.Thread(target=claim)
    with store.transaction() as t:
        first = t.claim_capture(now=now, until=now + MINUTE)
        second.start()
        second.join(0.5)
    second.join(30)
    assert first is not None
    assert ["H-1", "H-2"] == [first.exhibit_id, *got]


def test_two_who_number_exhibits_at_one_moment_never_give_the_same_number(
    store: Store, clock: HandClock
) -> None:
    """The second waits for the first; neither is refused (R80)."""
    got: list[str] = []

    def produce() -> None:
        with store.transaction() as t:
            got.append(t.label("H-2", "MJB", by=Office.HEADTEACHER, now=clock()))

    second = threading.Thread(target=produce)
    with store.transaction() as t:
        first = t.label("H-1", "MJB", by=Office.DSL, now=clock())
        second.start()
        second.join(0.5)
    second.join(30)
    assert ["MJB/1", "MJB/2"] == [first, *got]


def test_a_sealed_capture_releases_its_mail_and_appears_in_the_index(store: Store, clock: HandClock) -> None:
    """A mail that waited for its saved copy goes as soon as the copy is there."""
    finding = add_finding(store, clock())
    later = clock() + 3 * MINUTE
    with store.transaction() as t:
        t.want_capture(
            "M-2026-0001-1", ITEM.url, CaptureMode.FULL, trigger="automatic", now=clock(), finding_id=finding
        )
        alert = an_alert("k1", clock(), finding)
        t.owe(NewAlert(**{**{f: getattr(alert, f) for f in alert.__dataclass_fields__}, "not_before": later}))
        row = t.claim_capture(now=clock(), until=later)
        assert row is not None
        assert t.claim_alert(now=clock(), until=later) is None
        seal = Seal(1, row.exhibit_id, clock(), "ab" * 32, "0" * 64, "cd" * 32, "2026/11/M-2026-0001-1")
        for _ in range(2):
            t.finish_capture(row.id, outcome=CaptureOutcome.COMPLETE)
            t.add_exhibit(seal, row.id)
        t.release_alerts(finding, clock())
        assert t.claim_alert(now=clock(), until=later) is not None
        (exhibit,) = t.exhibits()
    assert ("M-2026-0001", CaptureOutcome.COMPLETE) == (exhibit.reference, exhibit.outcome)


def test_changed_words_keep_the_earlier_ones_and_a_removal_keeps_both(store: Store, clock: HandClock) -> None:
    """Edits and deletions are seen, and what was said before is not lost."""
    add_finding(store, clock())
    with store.transaction() as t:
        kept = t.kept_items("feeds", ["t-1"])["t-1"]
        edited = Item("feeds", "t-1", ITEM.url, "softer words")
        changed = t.change_item(kept, edited, text_digest="d2", now=clock())
        gone = Item("feeds", "t-1", ITEM.url, "", state=ItemState.REMOVED)
        t.change_item(changed, gone, text_digest="d2", now=clock())
        now_kept = t.kept_items("feeds", ["t-1"])["t-1"]
    assert (3, "softer words", ItemState.REMOVED) == (
        now_kept.version,
        now_kept.item.text,
        now_kept.item.state,
    )


def test_earlier_findings_need_the_same_account_and_the_same_person(store: Store, clock: HandClock) -> None:
    """A2 links what exists: another account, another person or an old matter does not count (R48)."""
    add_finding(store, clock())
    with store.transaction() as t:

        def earlier(author: str, person: str, since: datetime) -> set[str]:
            found = t.earlier_findings(
                platform="feeds", author=author, people=[person], since=since, before_id=None
            )
            return {row.reference for row in found}

        assert {"M-2026-0001"} == earlier("marigold_mum", "s4", clock() - MINUTE)
        assert set() == earlier("somebody_else", "s4", clock() - MINUTE)
        assert set() == earlier("marigold_mum", "s5", clock() - MINUTE)
        assert set() == earlier("marigold_mum", "s4", clock() + MINUTE)


def test_the_machines_first_view_is_never_overwritten(store: Store, clock: HandClock) -> None:
    """A person's view is appended and counts; the first one stays in the table (R51)."""
    finding = add_finding(store, clock())
    with store.transaction() as t:
        raised = Assessment("A5", (), Urgency.U1, CaptureMode.TEXT, Band.LOW, ())
        t.add_assessment(
            finding,
            raised,
            matches=MATCHES,
            routing=Routing(()),
            by="headteacher",
            why="checked",
            now=clock(),
        )
        assert "A5" == t.finding_by_id(finding).assessment.category
        assert 2 == t._connection.execute(text("SELECT count(*) FROM assessments")).scalar_one()


def test_digests_are_remembered_and_forgotten(store: Store, clock: HandClock) -> None:
    """What concerned nobody leaves a keyed digest, and only for a while."""
    digests = [f"{number:032x}" for number in range(1200)]
    with store.transaction() as t:
        t.remember_seen(digests, clock())
        t.remember_seen(digests[:5], clock())
        assert {"new"} == t.unseen([*digests, "new"])
        assert 1200 == t.forget_seen(clock() + MINUTE)


def test_counters_add_up_without_content(store: Store, clock: HandClock) -> None:
    """P1 and P3 leave a number by week, class and source (R43)."""
    with store.transaction() as t:
        for _ in range(3):
            t.count("2026-W47", "P3", "forum")
        assert {("P3", "forum"): 3} == t.counts("2026-W47")


def test_references_of_a_year_are_never_used_twice(store: Store) -> None:
    """Also not by two workers at once."""
    taken: list[str] = []

    def take() -> None:
        for _ in range(10):
            with store.transaction() as t:
                taken.append(t.next_reference(2026))

    workers = [threading.Thread(target=take) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [f"M-2026-{number:04d}" for number in range(1, 31)] == sorted(taken)


def test_a_start_frees_what_a_killed_process_held(store: Store, clock: HandClock) -> None:
    """Nobody waits for the lease of a process that is gone."""
    with store.transaction() as t:
        t.owe(an_alert("k1", clock()))
        t.claim_alert(now=clock(), until=clock() + 60 * MINUTE)
    with store.transaction() as t:
        t.started(clock())
        assert t.claim_alert(now=clock(), until=clock() + MINUTE) is not None


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    """A naive time is a guess about a zone."""
    with pytest.raises(StatementError), store.transaction() as t:
        t.started(datetime(2026, 11, 22, 8, 0))  # noqa: DTZ001 - the fault under test


def test_a_newer_schema_is_refused_and_an_empty_one_is_named(tmp_path: Path) -> None:
    """An older program must not touch a newer database."""
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    store = Store(url)
    assert "empty" == store.schema_state()
    store.upgrade()
    assert "current" == store.schema_state()
    with create_engine(url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer" == store.schema_state()
    with pytest.raises(SchemaMismatch, match="newer School Monitor"):
        store.upgrade()


def test_the_migrations_make_the_tables_that_the_program_uses(store: Store) -> None:
    """A table or column that no migration makes would be missed only in a school."""
    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert [] == compare_metadata(context, metadata)


def test_the_register_is_unreadable_without_its_key(tmp_path: Path, clock: HandClock) -> None:
    """A dump of the database says nothing about anybody (R44 as DOMAIN.md has it)."""
    person = Person("p1", Role.PUPIL, "", "Zadie", "", "Pellgrove", year_group="9")
    store = Store(f"sqlite:///{tmp_path / 'monitor.db'}")
    store.upgrade()
    key = new_key()
    with store.transaction() as t:
        t.save_register(seal_register(Register((person,), "v1"), key, clock()))
        stored = t.register()
    store.close()
    assert stored is not None
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Pellgrove" not in everything
    assert (person,) == open_register(stored, key).people
    with pytest.raises(RegisterError, match="does not open"):
        open_register(stored, new_key())
