"""The learnt second reader adds what no rule says, cites its words, knows nobody, and asks a person."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from monitor.model import Assessment, CaptureMode, Item, Urgency
from monitor.triage import assess
from monitor.triage.resemblance import BLANK, blanked, features, model
from tests.invented_school import by_id, matcher, policy

SAFEGUARDING = {"A3", "A5", "S1", "S2", "S4", "S6", "S8"}
# Written for this test by nobody's pattern: the rules are silent on them.
ALLUSIVE = [
    "he keeps messaging the year 8 girls asking for pictures and says its our little secret",
    "cant see the point in waking up any more, nobody would miss me, im so tired of everything",
    "bringing a blade in tomorrow, he wont be laughing then, watch him bleed",
]


def judge(text: str) -> Assessment:
    [matches] = matcher().scan([text], [True])
    return assess(Item("forum", "1", "", text), matches, by_id(), policy(), own_source=True)


@pytest.mark.parametrize("text", ALLUSIVE)
def test_it_says_what_a_text_resembles_and_cites_the_words(text: str) -> None:
    """Each resemblance is one of the classes where a miss is worse, and its spans lie in the text."""
    found = model().look(text)
    assert found
    assert {one.category for one in found} <= SAFEGUARDING
    for one in found:
        assert 0.5 < one.sure < 1
        assert one.spans
        assert all(text[start:end].strip() for start, end in one.spans)


@pytest.mark.parametrize(
    "text",
    [
        "Sports day was lovely, well done everyone, thanks to the PTA for the ice lollies",
        "Lost: one navy blazer, age 13, left in the canteen on Tuesday",
        "Year 9 options evening has moved to Thursday at six",
        "Proud of our netball team, county champions again",
        "",
        "???",
    ],
)
def test_plain_school_talk_resembles_nothing(text: str) -> None:
    """No alarm where a school speaks of its days."""
    assert model().look(text) == []


def test_what_only_it_has_found_is_for_a_person_to_judge() -> None:
    """A finding that no rule supports is kept, shown, and wakes nobody: it waits for the morning."""
    texts = [one for one in _posts() if {reason.rule for reason in judge(one).reasons} == {"resembles"}]
    assert texts
    for text in texts:
        view = judge(text)
        assert set(view.categories) <= SAFEGUARDING | {"A9"}
        assert (True, Urgency.U3) == (view.asks_person, view.urgency)


def test_an_image_that_only_it_suspects_is_opened_by_nobody() -> None:
    """R28: no page and no picture of it is asked for, though no trigger has fired."""
    views = [judge(text) for text in _posts()]
    suspected = [
        view
        for view in views
        if {reason.rule for reason in view.reasons} == {"resembles"} and {"S2", "A9"} & set(view.categories)
    ]
    assert suspected
    assert {(True, CaptureMode.WORDS)} == {(view.suppressed, view.capture) for view in suspected}


def test_it_knows_nobody() -> None:
    """A name is blank before it looks: whoever is named, it says the same."""
    one, other = "Tamsin Quillfeather", "Jaspreet Brackenhall"
    text = "i will batter {} at the gates tomorrow and burn the place down"
    first, second = (blanked(text.format(name), [(14, 14 + len(name))]) for name in (one, other))
    assert BLANK in first
    assert [(r.category, r.sure) for r in model().look(first)] == [
        (r.category, r.sure) for r in model().look(second)
    ]


def test_the_weights_are_small_and_can_be_read() -> None:
    """One line a feature: the word or letters, how rare, and its weight for each class."""
    text = resources.files("monitor.triage").joinpath("resemblance.csv").read_text("utf-8")
    assert len(text) < 1_000_000
    assert set(model().categories) == SAFEGUARDING
    known = model().places
    assert {name for name, _ in features("our little secret")} & set(known)


def test_a_text_of_any_length_is_looked_at_in_part() -> None:
    """What is looked at does not grow with a text of a megabyte."""
    assert sum(1 for _ in features("stab " * 200_000)) < 60_000


def _posts() -> list[str]:
    folder = Path(__file__).parent / "corpus" / "training"
    lines = (folder / "others.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]
