"""Who is told: exhaustively, over every category and every set of subjects (R53, R54)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from monitor.decisions.routing import next_in_chain, route
from monitor.model import (
    Assessment,
    Band,
    CaptureMode,
    Category,
    Office,
    Policy,
    Role,
    Route,
    Routing,
    Subject,
    Told,
    Urgency,
)

ROOT = Path(__file__).parent.parent
OPENS = (Told.HANDLES, Told.COPIED)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The shipped rules, read plainly: the settings room has tests of its own."""
    data = tomllib.loads((ROOT / "config" / "policy.toml").read_text(encoding="utf-8"))
    categories = {code: _category(code, row) for code, row in data["categories"].items()}
    routes = {key: _route(key, row) for key, row in data["routes"].items()}
    return Policy(
        version="test",
        review_due="2026-05",
        categories=MappingProxyType(categories),
        routes=MappingProxyType(routes),
        chain=_offices(data["policy"]["chain"]),
        retention={},
        laws={},
        case_manager_text=data["policy"]["case_manager_text"],
    )


def _offices(names: list[str]) -> tuple[Office, ...]:
    return tuple(Office(name) for name in names)


def _category(code: str, row: dict[str, Any]) -> Category:
    return Category(
        code=code,
        slug=row["slug"],
        label=row["label"],
        test=row["test"],
        tells=_offices(row["tells"]),
        urgency=Urgency(row["urgency"]),
        capture=CaptureMode(row["capture"]),
        retention=row["retention"],
        safeguarding=row.get("safeguarding", False),
        restricted=row.get("restricted", False),
        finding=row.get("finding", True),
    )


def _route(key: str, row: dict[str, Any]) -> Route:
    groups = ("told", "told_safeguarding", "notices", "child_welfare", "never")
    return Route(
        subject=key,
        prompt=row.get("prompt", ""),
        **{group: _offices(row.get(group, [])) for group in groups},
    )


def assessment(category: str, *subjects: Subject, also: tuple[str, ...] = ()) -> Assessment:
    return Assessment(
        category=category,
        also=also,
        urgency=Urgency.U1,
        capture=CaptureMode.TEXT,
        band=Band.MEDIUM,
        reasons=(),
        subjects=subjects,
    )


def about(*offices: Office, role: Role = Role.STAFF, certain: bool = True) -> Subject:
    return Subject(role=role, offices=offices, certain=certain)


def told(routing: Routing) -> dict[Office, Told]:
    return {telling.office: telling.part for telling in routing.told}


STAFF = about()
GOVERNOR = about(role=Role.GOVERNOR)
PUPIL = about(role=Role.PUPIL)
HEAD = about(Office.HEADTEACHER)
CHAIR = about(Office.CHAIR, role=Role.GOVERNOR)
DSL = about(Office.DSL)


def every_set_of_subjects(largest: int) -> Iterator[tuple[Subject, ...]]:
    """Up to so many of: each office for certain, each office perhaps, each role."""
    single = [about(office) for office in Office]
    single += [about(office, certain=False) for office in (Office.HEADTEACHER, Office.CHAIR, Office.DSL)]
    single += [Subject(role=role) for role in Role]
    for size in range(largest + 1):
        yield from combinations(single, size)


@pytest.mark.parametrize("filled", [None, (Office.HEADTEACHER, Office.CHAIR, Office.DSL, Office.DPO)])
def test_no_subject_is_ever_told_and_somebody_always_is(
    policy: Policy, filled: tuple[Office, ...] | None
) -> None:
    """R53, R54: over every category and up to three subjects, or two where posts are vacant."""
    for subjects in every_set_of_subjects(3 if filled is None else 2):
        excluded = {office for subject in subjects for office in subject.offices}
        for code, category in policy.categories.items():
            routing = route(assessment(code, *subjects), policy, filled=filled)
            parts = told(routing)
            where = (code, sorted(excluded))
            assert excluded.isdisjoint(parts), where
            assert Office.SYS_OPERATOR not in parts, where
            assert parts.keys().isdisjoint(gap.office for gap in routing.left_out), where
            if filled is not None:
                assert parts.keys() <= set(filled), where
            if not category.finding:
                assert (routing.told, routing.unroutable) == ((), False), where
            elif routing.unroutable:
                able = set(policy.chain) & set(filled or Office)
                able -= {Office.HEADTEACHER} if code == "W1" else set()
                assert excluded.issuperset(able), where
                assert parts.get(Office.DPO) in ((None,) if Office.DPO in excluded else tuple(Told)), where
            else:
                assert [part for part in parts.values() if part is Told.HANDLES] == [Told.HANDLES], where


def test_the_shipped_matrix_has_a_row_for_every_role(policy: Policy) -> None:
    """A role without a row would fall back to the Headteacher unseen."""
    assert {role.value for role in Role} | {"unknown", "institution"} <= policy.routes.keys()


EXAMPLE_SUBJECTS: dict[int, tuple[Subject, ...]] = {
    **dict.fromkeys((9, 10, 11, 12, 14, 15, 18, 28, 29, 33), (STAFF,)),
    **dict.fromkeys((16, 17, 27, 30, 31), (PUPIL,)),
    19: (HEAD,),
    20: (HEAD,),
    21: (GOVERNOR,),
    22: (CHAIR,),
    25: (Subject(role=Role.STAFF, certain=False),),
}


def test_the_worked_examples_reach_whom_the_study_says(policy: Policy) -> None:
    """Domain study 5: all 36. Where the safeguarding lead is told, deputies may be as well (R59)."""
    lines = (ROOT / "monitor" / "demo" / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 36
    for example in map(json.loads, lines):
        expect, number = example["expect"], example["number"]
        view = assessment(expect["category"], *EXAMPLE_SUBJECTS.get(number, ()), also=tuple(expect["also"]))
        routing = route(replace(view, asks_person=expect["asks_person"]), policy)
        expected = set(_offices(expect["told"]))
        got = set(told(routing))
        allowed = {Office.DEPUTY_DSL} if Office.DSL in expected else set()
        assert expected <= got <= expected | allowed, number
        assert not routing.unroutable, number


def test_a_complaint_about_the_head_goes_to_the_chair_with_the_vice_chair_copied(policy: Policy) -> None:
    """Policy 9; worked example 19."""
    routing = route(assessment("K1", HEAD), policy)
    assert told(routing) == {Office.CHAIR: Told.HANDLES, Office.VICE_CHAIR: Told.COPIED}
    assert {gap.office.value: gap.why for gap in routing.left_out} == {
        "headteacher": "is the subject of this matter"
    }


def test_words_that_may_mean_the_head_are_treated_as_the_head(policy: Policy) -> None:
    """Matrix 3.5, last row: "may be" excludes like "is"."""
    routing = route(assessment("A1", about(Office.HEADTEACHER, certain=False)), policy)
    assert Told.HANDLES is told(routing)[Office.CHAIR]
    assert Office.HEADTEACHER not in told(routing)
    assert "may be the subject of this matter" in [gap.why for gap in routing.left_out]


def test_an_allegation_about_the_head_gives_the_safeguarding_lead_only_the_childs_part(
    policy: Policy,
) -> None:
    """Worked example 20: the Chair is the case manager; the adult is not named to the lead."""
    routing = route(assessment("A5", HEAD, PUPIL, also=("S3",)), policy)
    assert Told.HANDLES is told(routing)[Office.CHAIR]
    assert Told.CHILD_WELFARE is told(routing)[Office.DSL]
    assert Told.CHILD_WELFARE is told(routing)[Office.DEPUTY_DSL]
    assert Office.HEADTEACHER not in told(routing)
    assert any("Do not investigate" in prompt for prompt in routing.prompts)
    assert any("LADO directly" in prompt for prompt in routing.prompts)


def test_an_allegation_about_somebody_unnamed_is_kept_from_the_head(policy: Policy) -> None:
    """Matrix 3.5, last row: the safeguarding lead is told, "anyone possibly meant" is not. Whoever is
    known to be some teacher is not the Headteacher (worked example 24)."""
    unnamed = route(assessment("A5", Subject(certain=False), PUPIL), policy)
    assert told(unnamed) == {Office.DSL: Told.HANDLES, Office.DEPUTY_DSL: Told.CHILD_WELFARE}
    assert "may be the subject of this matter" in [gap.why for gap in unnamed.left_out]
    assert Told.HANDLES is told(route(assessment("A5"), policy))[Office.HEADTEACHER]


def test_an_allegation_about_the_safeguarding_lead_gives_the_deputies_the_childs_part(
    policy: Policy,
) -> None:
    """Matrix 3.5, row DSL."""
    routing = route(assessment("A5", DSL), policy)
    assert told(routing) == {Office.HEADTEACHER: Told.HANDLES, Office.DEPUTY_DSL: Told.CHILD_WELFARE}


def test_a_childs_matter_opens_on_the_safeguarding_route_and_others_learn_that_it_exists(
    policy: Policy,
) -> None:
    """Domain study 3.4 (c); worked examples 16 and 34."""
    risk = told(route(assessment("S1", PUPIL), policy))
    assert risk == {
        Office.DSL: Told.HANDLES,
        Office.DEPUTY_DSL: Told.COPIED,
        Office.HEADTEACHER: Told.NOTICE,
    }
    weapon = told(route(assessment("S6", also=("O5",)), policy))
    assert (weapon[Office.DSL], weapon[Office.COMMS_LEAD]) == (Told.HANDLES, Told.NOTICE)
    assert Told.COPIED is weapon[Office.HEADTEACHER]


def test_a_governor_takes_a_matter_from_the_head_to_the_chair(policy: Policy) -> None:
    """Matrix 3.5, row governor: "headteacher" in a category stands for the handler."""
    routing = route(assessment("A4", GOVERNOR), policy)
    assert told(routing) == {Office.CHAIR: Told.HANDLES}
    assert [gap.office for gap in routing.left_out] == [Office.HEADTEACHER]


def test_a_mailbox_that_a_subject_can_open_is_not_written_to(policy: Policy) -> None:
    """R59: delegates count as recipients."""
    routing = route(
        assessment("K1", about(Office.DEPUTY_HEAD)),
        policy,
        delegates={Office.HEADTEACHER: (Office.DEPUTY_HEAD,)},
    )
    assert told(routing) == {Office.CHAIR: Told.HANDLES}
    assert any("shares a mailbox" in gap.why for gap in routing.left_out)


def test_with_nobody_independent_left_the_data_protection_officer_learns_only_that(
    policy: Policy,
) -> None:
    """R54: held, with a content-free alarm; not even that when the officer is a subject."""
    top = about(Office.HEADTEACHER, Office.CHAIR, Office.VICE_CHAIR, Office.GOVERNANCE_PROFESSIONAL)
    routing = route(assessment("K1", top), policy)
    assert routing.unroutable
    assert told(routing) == {Office.DPO: Told.NOTICE}
    silent = route(assessment("K1", top, about(Office.DPO)), policy)
    assert silent.unroutable
    assert silent.told == ()


def test_what_only_a_person_can_judge_is_mailed_to_nobody(policy: Policy) -> None:
    """R41: it waits in the list of findings, and that is not a fault of the route."""
    routing = route(replace(assessment("A1", STAFF), asks_person=True), policy)
    assert (routing.told, routing.unroutable) == ((), False)


def test_an_unfilled_post_hands_the_matter_up_the_chain(policy: Policy) -> None:
    """R54: a vacancy is no reason for silence, and is said."""
    routing = route(assessment("A1", STAFF), policy, filled={Office.CHAIR, Office.DSL})
    assert told(routing) == {Office.CHAIR: Told.HANDLES}
    assert "nobody holds this post yet" in [gap.why for gap in routing.left_out]


def test_who_stands_in_for_a_dead_mailbox_is_never_the_subject(policy: Policy) -> None:
    """R63 keeps R53: over every subject and office."""
    for subject in Office:
        for office in Office:
            view = assessment("A1", about(subject))
            stand_in = next_in_chain(office, view, policy, told=[office])
            assert stand_in not in (subject, office)


def test_a_concern_of_staff_goes_round_the_headteacher(policy: Policy) -> None:
    """Policy 5(iii): also while nobody holds the posts that the category names."""
    few = (Office.HEADTEACHER, Office.VICE_CHAIR, Office.DPO)
    assert told(route(assessment("W1"), policy, filled=few)) == {Office.VICE_CHAIR: Told.HANDLES}
    nobody = route(assessment("W1"), policy, filled=(Office.HEADTEACHER, Office.DPO))
    assert (nobody.unroutable, told(nobody)) == (True, {Office.DPO: Told.NOTICE})


def test_nobody_stands_in_whom_the_matrix_would_not_tell(policy: Policy) -> None:
    """R63: a dead mailbox widens nobody's part. None means that the operator is alarmed (R54)."""
    head, chair, vice, clerk = policy.chain
    dsl, deputy, contact = Office.DSL, Office.DEPUTY_DSL, Office.WHISTLEBLOWING_CONTACT
    for view, office, already, stand_in in (
        # A concern of staff goes round the Headteacher, whoever's mail comes back.
        (assessment("W1"), contact, (contact,), chair),
        (assessment("W1"), contact, (contact, chair), vice),
        (assessment("W1", also=("K1",)), contact, (contact, chair), vice),
        (assessment("W1"), head, (head,), chair),
        (assessment("W1"), clerk, (contact, chair, vice, clerk), None),
        # A child's matter stays with the safeguarding leads.
        (assessment("S1", PUPIL), dsl, (dsl,), deputy),
        (assessment("S1", PUPIL), deputy, (dsl, deputy, head), None),
        (assessment("S1", PUPIL), head, (dsl, deputy, head), None),
        (assessment("S6", also=("A3",)), head, (dsl, deputy, head), None),
        # An allegation: the case manager's part goes up, the child's part to the other leads.
        (assessment("A5", STAFF), head, (head, dsl), chair),
        (assessment("A5", STAFF), dsl, (head, dsl), deputy),
        (assessment("A5", STAFF), deputy, (head, dsl, deputy), None),
        (assessment("A5", GOVERNOR), head, (chair, dsl, head), None),
        (assessment("A5", Subject(certain=False)), deputy, (dsl, deputy), None),
        # Never below whoever handles it: the Headteacher gave way to the Chair.
        (assessment("O3", GOVERNOR), Office.DPO, (chair, Office.DPO), vice),
        (assessment("K1", STAFF), head, (head,), chair),
        (assessment("K1", HEAD), chair, (chair, vice), clerk),
        (assessment("O2"), Office.COMMS_LEAD, (Office.COMMS_LEAD,), head),
    ):
        found = next_in_chain(office, view, policy, told=already)
        assert found == stand_in, (view.categories, office)


def test_a_childs_matter_needs_no_recognised_pupil(policy: Policy) -> None:
    """Worked example 16: nobody is named, and the route is the same."""
    assert told(route(assessment("S1"), policy)) == told(route(assessment("S1", PUPIL), policy))


def test_of_several_handlers_the_most_senior_comes_first(policy: Policy) -> None:
    """A complaint about a teacher and a governor is handled by the Chair, the Headteacher copied."""
    routing = route(assessment("K1", STAFF, GOVERNOR), policy)
    assert told(routing) == {Office.CHAIR: Told.HANDLES, Office.HEADTEACHER: Told.COPIED}


def test_the_head_and_the_chair_together_have_a_row_of_their_own(policy: Policy) -> None:
    """Matrix 3.5: vice chair and clerk, straight to the LADO."""
    routing = route(assessment("A5", HEAD, CHAIR), policy)
    assert told(routing) == {
        Office.VICE_CHAIR: Told.HANDLES,
        Office.GOVERNANCE_PROFESSIONAL: Told.COPIED,
        Office.DSL: Told.CHILD_WELFARE,
    }
    assert 2 == len(routing.prompts)


def test_whoever_stands_too_close_to_the_subject_takes_nothing_over(policy: Policy) -> None:
    """Matrix 3.5, "excluded always": not even when they are the only one left in the chain."""
    close = replace(policy, chain=(Office.DEPUTY_HEAD, Office.CHAIR))
    routing = route(assessment("K1", HEAD), close, filled={Office.DEPUTY_HEAD, Office.DPO})
    assert routing.unroutable
    assert "stands too close to the subject of this matter" in [gap.why for gap in routing.left_out]


def test_whoever_runs_the_system_is_told_of_no_finding_even_if_a_rule_says_so(policy: Policy) -> None:
    """R114: a slip in the policy file does not open content to the network manager."""
    slip = replace(policy.categories["A1"], tells=(Office.SYS_OPERATOR, Office.HEADTEACHER))
    routing = route(assessment("A1"), replace(policy, categories={"A1": slip}))
    assert told(routing) == {Office.HEADTEACHER: Told.HANDLES}


def test_the_childs_part_reaches_a_safeguarding_lead_whoever_is_missing(policy: Policy) -> None:
    """The row gives it to the lead even if the category does not; a vacancy gives it to a deputy."""
    bare = replace(policy.categories["A5"], tells=(Office.HEADTEACHER,))
    by_row = route(assessment("A5", STAFF), replace(policy, categories={"A5": bare}))
    assert Told.CHILD_WELFARE is told(by_row)[Office.DSL]
    vacant = route(assessment("A5", STAFF), policy, filled={Office.HEADTEACHER, Office.DEPUTY_DSL})
    assert told(vacant) == {Office.HEADTEACHER: Told.HANDLES, Office.DEPUTY_DSL: Told.CHILD_WELFARE}
