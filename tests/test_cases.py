"""Cases and the custody log: what a person decided belongs together, and who saw or moved which exhibit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor import cases
from monitor.cases import Decision
from monitor.errors import ArchiveError
from monitor.evidence import open_archive, verify
from monitor.model import CaptureMode, Office
from monitor.settings import Settings
from monitor.store.rows import CaseState
from tests.school import littleover
from tests.school_at_work import HEAD, IMAGERY, INSULT, THREAT, AtWork, at_work, post

HEADTEACHER, CHAIR, DSL = Office.HEADTEACHER, Office.CHAIR, Office.DSL


@pytest.fixture
def school(tmp_path: Path) -> Iterator[AtWork]:
    """A school that found an insult, a threat, a post about the Headteacher and one about imagery."""
    yield from working(tmp_path, littleover(tmp_path))


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AtWork]:
    """The same school, once on each database."""
    settings = littleover(tmp_path)
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        settings = replace(settings, storage=replace(settings.storage, database_url=url))
    yield from working(tmp_path, settings)


def working(root: Path, settings: Settings) -> Iterator[AtWork]:
    made = at_work(root, settings=settings)
    for name, text in (("insult", INSULT), ("threat", THREAT), ("head", HEAD), ("imagery", IMAGERY)):
        made.forum.post(post(name, text))
    made.cycle()
    yield made
    made.services.store.close()


def asked(school: AtWork, by: Office = HEADTEACHER) -> dict[str, Any]:
    """Who asks, by which rules, when."""
    rules = cases.Rules(school.services.settings.policy, school.services.delegates)
    return {"by": by, "rules": rules, "now": school.clock()}


def found(school: AtWork, native_id: str) -> str:
    """The reference of the finding about a post."""
    (row,) = (row for row in school.findings() if row.item.item.native_id == native_id)
    return row.reference


def opened(school: AtWork, *native_ids: str, by: Office = HEADTEACHER) -> str:
    """A case with the findings about these posts."""
    references = [found(school, each) for each in native_ids]
    return cases.open_case(school.services.store, references, **asked(school, by))


def inside(school: AtWork, reference: str, viewer: Office = HEADTEACHER) -> cases.Contents:
    """What an office sees in a case."""
    given = asked(school, viewer)
    return cases.look_into(
        school.services.store, reference, viewer=viewer, rules=given["rules"], now=given["now"]
    )


def shown(school: AtWork, exhibit: str, viewer: Office = HEADTEACHER) -> cases.Shown:
    """An exhibit as an office sees it."""
    given = asked(school, viewer)
    return cases.show_exhibit(
        school.services.store,
        school.services.archive,
        exhibit,
        viewer=viewer,
        reason="Tamsin Quillfeather asked me",
        rules=given["rules"],
        now=given["now"],
    )


def chain(school: AtWork) -> list[dict[str, Any]]:
    """Every line of the chain."""
    ledger = school.services.archive.root / "ledger.jsonl"
    return [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]


# --- cases ------------------------------------------------------------------------------------------


def test_deciding_to_open_a_case_opens_one_that_the_office_owns(school: AtWork) -> None:
    """R88, R94: one case, one owner; deciding it twice opens no second."""
    reference = cases.decide(
        school.services.store, found(school, "insult"), Decision.OPEN_CASE, **asked(school)
    )
    again = cases.decide(school.services.store, found(school, "insult"), Decision.OPEN_CASE, **asked(school))

    assert "C-2026-0001" == reference == again
    contents = inside(school, "C-2026-0001")
    assert (HEADTEACHER, CaseState.OPEN) == (contents.case.owner, contents.case.state)
    assert [found(school, "insult")] == [each.reference for each in contents.findings]
    assert {"open_case"} == {each.decision for each in contents.findings}


def test_cases_are_numbered_within_the_year_and_no_number_comes_twice(on_both: AtWork) -> None:
    """A reference names one case for good, also after a case that came to nothing."""
    first = opened(on_both, "insult")
    with pytest.raises(cases.Unknown):
        cases.open_case(on_both.services.store, ["M-2026-9999"], **asked(on_both))
    second = opened(on_both, "threat")

    assert ("C-2026-0001", "C-2026-0002") == (first, second)


def test_an_office_barred_from_one_finding_sees_nothing_of_the_case(school: AtWork) -> None:
    """Promise 6: not in a list, not by its reference, in the same words as for a case that is not there."""
    reference = opened(school, "head", by=CHAIR)
    store, given = school.services.store, asked(school)

    assert [] == cases.cases(store, rules=given["rules"], viewer=HEADTEACHER)
    refusals = []
    for name in (reference, "C-2026-0999"):
        with pytest.raises(cases.Unknown) as refusal:
            inside(school, name)
        refusals.append(str(refusal.value).replace(name, "THE CASE"))
    assert refusals[0] == refusals[1]
    with pytest.raises(cases.Unknown):
        cases.add(store, reference, [found(school, "insult")], **given)
    with pytest.raises(cases.Unknown):
        cases.note(store, reference, "I should like to see this", **given)
    with pytest.raises(cases.Unknown):
        cases.close(store, reference, outcome="no", **given)
    with pytest.raises(cases.Unknown):
        cases.hold(store, reference, why="no", **given)
    with pytest.raises(cases.NotYours):
        cases.open_case(store, [found(school, "insult"), found(school, "head")], **given)
    assert [reference] == [each.reference for each in cases.cases(store, rules=given["rules"], viewer=CHAIR)]


def test_a_case_never_comes_to_hold_what_its_owner_may_not_open(school: AtWork) -> None:
    """R94: the owner is never the subject, and an edit that makes it one hides the case from it."""
    reference = opened(school, "insult")
    with pytest.raises(cases.NotYours):
        cases.add(school.services.store, reference, [found(school, "head")], **asked(school))
    with pytest.raises(cases.NotPossible, match="may not open all"):
        cases.give(school.services.store, reference, Office.DPO, **asked(school))

    school.forum.edit("insult", HEAD)
    school.cycle(minutes=31)

    with pytest.raises(cases.Unknown):
        inside(school, reference)
    assert reference == inside(school, reference, CHAIR).case.reference


def test_without_an_office_a_list_says_references_only(school: AtWork) -> None:
    """The network manager sees that there are cases, not whose and about what."""
    cases.open_case(
        school.services.store, [found(school, "insult")], title="Insults of Mr Brackenhall", **asked(school)
    )
    (listed,) = cases.cases(school.services.store, rules=asked(school)["rules"])

    assert ("C-2026-0001", "", None) == (listed.reference, listed.title, listed.owner)


def test_a_finding_may_lie_in_two_cases_and_each_holds_its_own(on_both: AtWork) -> None:
    """What belongs together is a person's decision; one case shows nothing of another."""
    one, two = opened(on_both, "insult", "threat"), opened(on_both, "threat")

    assert {found(on_both, "insult"), found(on_both, "threat")} == {
        each.reference for each in inside(on_both, one).findings
    }
    assert [found(on_both, "threat")] == [each.reference for each in inside(on_both, two).findings]
    assert {f"{found(on_both, 'threat')}-1"} == {each.exhibit_id for each in inside(on_both, two).exhibits}


def test_a_held_case_is_not_closed_and_a_closed_one_takes_nothing_more(on_both: AtWork) -> None:
    """R88, R92, R108: a hold is ended with a reason, a case closed with its outcome, and both are logged."""
    reference = opened(on_both, "insult")
    store = on_both.services.store
    cases.hold(store, reference, why="the police asked for it", **asked(on_both))
    with pytest.raises(cases.NotPossible, match="end the hold first"):
        cases.close(store, reference, outcome="apology", **asked(on_both))
    held = inside(on_both, reference).case
    assert (CaseState.ON_HOLD, on_both.clock()) == (held.state, held.held_since)
    cases.lift_hold(store, reference, why="the police ended it", **asked(on_both))
    with pytest.raises(cases.NotPossible, match="outcome"):
        cases.close(store, reference, outcome=" ", **asked(on_both))
    cases.close(store, reference, outcome="the author apologised", **asked(on_both))

    with pytest.raises(cases.NotPossible, match="closed"):
        cases.add(store, reference, [found(on_both, "threat")], **asked(on_both))
    told = [(each.event, each.words) for each in inside(on_both, reference).log if each.event != "viewed"]
    assert [
        ("opened", ""),
        ("added", found(on_both, "insult")),
        ("held", "the police asked for it"),
        ("hold_lifted", "the police ended it"),
        ("closed", "the author apologised"),
    ] == told


def test_only_the_office_that_asked_for_an_address_puts_its_exhibit_into_a_case(on_both: AtWork) -> None:
    """Such an exhibit has no finding that could say whom it is about; nobody else may vouch for it."""
    services = on_both.services
    cases.ask_capture(
        services.store,
        "https://forum.example/t/elsewhere",
        mode=CaptureMode.FULL,
        by=CHAIR,
        exhibit_id="H-1",
        now=on_both.clock(),
    )
    on_both.cycle()
    reference = opened(on_both, "insult")
    with pytest.raises(cases.NotYours, match="another office asked"):
        cases.add(services.store, reference, ["H-1"], **asked(on_both))
    with pytest.raises(cases.NotYours):
        shown(on_both, "H-1")

    assert "H-1" == shown(on_both, "H-1", CHAIR).capture.exhibit_id
    assert shown(on_both, "H-1", CHAIR).finding is None


# --- custody ----------------------------------------------------------------------------------------


def test_every_look_is_in_the_chain_before_anything_is_shown(school: AtWork) -> None:
    """R79: who, when and what in the chain; the words that may name somebody only in the database."""
    exhibit = f"{found(school, 'insult')}-1"
    seen = shown(school, exhibit)

    assert ("viewed", "headteacher") == tuple(chain(school)[-1][key] for key in ("event", "by"))
    assert chain(school)[-1]["sequence"] == seen.history[-1].sequence
    assert "Tamsin Quillfeather asked me" == seen.history[-1].reason
    assert "Quillfeather" not in (school.services.archive.root / "ledger.jsonl").read_text("utf-8")
    assert (
        "Sun 22 Nov 2026, 08:00 GMT: the Headteacher looked at it (its record and its history):"
        " Tamsin Quillfeather asked me"
    ) == cases.in_words(seen.history[-1], school.services.local)


def test_nothing_is_shown_that_cannot_be_written_into_the_chain(school: AtWork) -> None:
    """An archive that takes no entry shows no exhibit."""
    exhibit = f"{found(school, 'insult')}-1"
    ledger = school.services.archive.root / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b'"sealed"', b'"sea1ed"'))
    services = replace(school.services, archive=open_archive(ledger.parent))
    fresh = replace(school, services=services)

    with pytest.raises(ArchiveError):
        shown(fresh, exhibit)


def test_an_exhibit_is_opened_by_those_who_may_open_its_finding(school: AtWork) -> None:
    """Promise 6: a refused look leaves no entry, since nothing was seen."""
    exhibit = f"{found(school, 'head')}-1"
    before = len(chain(school))
    for refused in (HEADTEACHER, Office.SYS_OPERATOR):
        with pytest.raises(cases.NotYours):
            shown(school, exhibit, refused)
    assert before == len(chain(school))

    assert exhibit == shown(school, exhibit, CHAIR).capture.exhibit_id


def test_a_hand_over_says_to_whom_and_how_in_the_database_only(on_both: AtWork) -> None:
    """R79: handed over to whom, when, how; the chain, which is never erased, names no person."""
    exhibit = f"{found(on_both, 'insult')}-1"
    line = cases.hand_over(
        on_both.services.store,
        on_both.services.archive,
        exhibit,
        to="PC Ottoline Marchbanks",
        how="on a sealed memory stick",
        reason="she asked for it in writing",
        **asked(on_both),
    )

    assert (
        "Sun 22 Nov 2026, 08:00 GMT: the Headteacher handed it over, to PC Ottoline Marchbanks,"
        " on a sealed memory stick: she asked for it in writing"
    ) == cases.in_words(line, on_both.services.local)
    assert ("handed_over", exhibit) == tuple(chain(on_both)[-1][key] for key in ("event", "exhibit"))
    assert "Marchbanks" not in (on_both.services.archive.root / "ledger.jsonl").read_text("utf-8")
    verify.check_archive(on_both.services.archive.root)


def test_what_was_erased_keeps_its_history_and_is_handed_to_nobody(school: AtWork) -> None:
    """The tombstone and who saw it stay; promise 3: what is gone is said to be gone."""
    exhibit = f"{found(school, 'insult')}-1"
    shown(school, exhibit)
    school.services.archive.erase(exhibit, rule="R124", now=school.clock())
    seen = shown(school, exhibit)

    assert ("", {}) == (seen.folder, dict(seen.record))
    told = [each.words for each in seen.history]
    assert "its erasure was ordered under rule R124" in told
    assert "its content was erased under rule R124; the tombstone is kept" in told
    with pytest.raises(cases.NothingToHandOver):
        cases.hand_over(
            school.services.store,
            school.services.archive,
            exhibit,
            to="PC Ottoline Marchbanks",
            how="by hand",
            reason="",
            **asked(school),
        )


def purged(school: AtWork, exhibit: str, by: Office = HEADTEACHER, **given: Any) -> cases.Purged:
    """An exhibit purged as an office types it."""
    typed = {"rule": "dismissed", "reason": "Tamsin Quillfeather asked me", **asked(school, by), **given}
    return cases.purge(school.services.store, school.services.archive, exhibit, **typed)


def test_a_purge_is_ordered_in_the_chain_and_leaves_a_tombstone_only(on_both: AtWork) -> None:
    """R79, R126: who ordered it and under which rule; no word is left in the archive, which verifies."""
    exhibit, canary = f"{found(on_both, 'insult')}-1", b"useless waste of space"
    root = on_both.services.archive.root
    assert any(canary in path.read_bytes() for path in root.rglob("*") if path.is_file())
    done = purged(on_both, exhibit)

    assert found(on_both, "insult") == done.finding
    assert [
        "Sun 22 Nov 2026, 08:00 GMT: the Headteacher ordered its purge: Tamsin Quillfeather asked me",
        "Sun 22 Nov 2026, 08:00 GMT: its erasure was ordered under rule dismissed",
        "Sun 22 Nov 2026, 08:00 GMT: its content was erased under rule dismissed; the tombstone is kept",
    ] == [cases.in_words(line, on_both.services.local) for line in done.lines]
    own = [line for line in chain(on_both) if line.get("exhibit") == exhibit]
    assert ["sealed", "purge_ordered", "erasing", "erased"] == [line["event"] for line in own]
    assert "headteacher" == own[1]["by"]
    assert not any(canary in path.read_bytes() for path in root.rglob("*") if path.is_file())
    assert 1 == verify.check_archive(root).erased
    assert list(done.lines) == list(shown(on_both, exhibit).history[1:4])
    (row,) = (
        each
        for each in cases.exhibits(on_both.services.store, on_both.services.archive)
        if each.exhibit_id == exhibit
    )
    assert "" == row.folder
    with pytest.raises(cases.NotPurged, match="erased before"):
        purged(on_both, exhibit)


def test_what_a_case_needs_or_a_legal_hold_keeps_is_not_purged(school: AtWork) -> None:
    """R125: not while a case that holds it is open or on hold, whoever may open that case; then it is."""
    exhibit, store = f"{found(school, 'insult')}-1", school.services.store
    reference = opened(school, "insult", "threat")
    with pytest.raises(cases.NotPurged, match=f"{reference} is open"):
        purged(school, exhibit)
    cases.close(store, reference, outcome="the author apologised", **asked(school))
    elsewhere = opened(school, "insult")
    cases.hold(store, elsewhere, why="the police asked", **asked(school))
    with pytest.raises(cases.NotPurged, match=f"{elsewhere} is on legal hold"):
        purged(school, exhibit)
    assert "purge_ordered" not in {line["event"] for line in chain(school)}
    assert shown(school, exhibit).folder

    cases.lift_hold(store, elsewhere, why="the police ended it", **asked(school))
    cases.close(store, elsewhere, outcome="no charge", **asked(school))
    purged(school, exhibit)
    assert not shown(school, exhibit).folder


def test_a_case_that_an_office_may_not_open_is_not_betrayed_by_its_exhibit(school: AtWork) -> None:
    """Promise 6: neither its number, nor its hold, nor why it keeps what lies in it, nor whom it was packed
    for in its name; all the same nothing of it is purged."""
    exhibit, store = f"{found(school, 'threat')}-1", school.services.store
    reference = opened(school, "insult", "threat")
    cases.hold(store, reference, why="the police asked", **asked(school))
    school.forum.edit("insult", HEAD)
    school.cycle(minutes=31)

    seen = shown(school, exhibit)
    assert ((), False) == (seen.cases, seen.on_hold)
    with pytest.raises(cases.NotPurged, match="Data Protection Officer") as refused:
        purged(school, exhibit)
    assert reference not in str(refused.value) and "hold" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"rule": "Mr Brackenhall"}, "dismissed, .*R127"),
        ({"reason": " "}, "say why"),
        ({"by": Office.SYS_OPERATOR}, "may not open"),
    ],
)
def test_a_purge_that_may_not_be_leaves_everything(school: AtWork, given: dict[str, Any], why: str) -> None:
    """No rule but those of the policy, no purge without a reason, none by an office that may not open it."""
    exhibit, before = f"{found(school, 'insult')}-1", chain(school)
    with pytest.raises((cases.NotPurged, cases.NotYours), match=why):
        purged(school, exhibit, **given)
    assert before == chain(school)


def test_an_interrupted_purge_is_ended_by_asking_again(school: AtWork) -> None:
    """Killed after it was ordered: the second time says no more than what was left to do."""
    exhibit, root = f"{found(school, 'insult')}-1", school.services.archive.root
    purged(school, exhibit)
    ledger = (root / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    (root / "ledger.jsonl").write_bytes(b"".join(ledger[:-1]))
    again = replace(school, services=replace(school.services, archive=open_archive(root)))

    assert ["erased"] == [line.event for line in purged(again, exhibit).lines]
    assert 1 == [line["event"] for line in chain(again)].count("purge_ordered")
    verify.check_archive(root)


def test_a_look_at_a_finding_is_in_the_history_of_its_exhibit(school: AtWork) -> None:
    """One history for each exhibit, whichever command opened it."""
    given = asked(school)
    cases.open_finding(
        school.services.store,
        school.services.archive,
        found(school, "insult"),
        viewer=HEADTEACHER,
        reason="the mail told me",
        rules=given["rules"],
        now=given["now"],
    )
    seen = shown(school, f"{found(school, 'insult')}-1")

    assert ["sealed", "viewed", "viewed"] == [each.event for each in seen.history]
    assert "the mail told me" == seen.history[1].reason
