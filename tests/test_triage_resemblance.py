"""The learnt second reader adds what no rule says, cites its words, knows nobody, and asks a person."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from monitor.model import Assessment, CaptureMode, Item, Urgency
from monitor.triage import assess
from monitor.triage.phrases import features, phrases
from monitor.triage.resemblance import BLANK, HEADS, blanked, resembled
from monitor.triage.senses import senses, tokens
from tests.invented_school import by_id, matcher, policy

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
    found = resembled(text)
    assert found
    assert {one.category for one in found} <= set(HEADS)
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
    assert resembled(text) == []


def test_what_only_it_has_found_is_for_a_person_to_judge() -> None:
    """A finding that no rule supports is kept, shown, and wakes nobody: it waits for the morning."""
    texts = [one for one in _posts()[::50] if {reason.rule for reason in judge(one).reasons} == {"resembles"}]
    assert texts
    for text in texts:
        view = judge(text)
        assert set(view.categories) <= set().union(*HEADS.values())
        assert (True, Urgency.U3) == (view.asks_person, view.urgency)


def test_an_image_that_only_it_suspects_is_opened_by_nobody() -> None:
    """R28: no page and no picture of it is asked for, though no trigger has fired."""
    views = [judge(text) for text in _posts()[::50]]
    suspected = [
        view
        for view in views
        if {reason.rule for reason in view.reasons} == {"resembles"} and {"S2", "A9"} & set(view.categories)
    ]
    assert suspected
    assert {(True, CaptureMode.WORDS)} == {(view.suppressed, view.capture) for view in suspected}


@pytest.mark.parametrize(("who", "category"), [("Zadie Pellgrove", "S7"), ("Ms Quillfeather", "A7")])
def test_private_details_are_a_pupils_or_an_adults(who: str, category: str) -> None:
    """What it does not tell apart is told by who is named: a pupil's illness is a pupil's."""
    view = judge(f"{who} is the one with seizures btw, ask the nurse")
    assert ({reason.rule for reason in view.reasons}, view.categories) == ({"resembles"}, (category,))


def test_it_is_not_asked_where_a_rule_has_spoken() -> None:
    """It takes nothing away and adds nothing to what can be explained by a rule."""
    views = [judge(text) for text in _posts()[::50]]
    by_rule = [
        {reason.rule for reason in view.reasons}
        for view in views
        if policy().categories[view.category].finding
    ]
    assert {"resembles"} in by_rule
    assert any("resembles" not in rules for rules in by_rule)
    assert all(rules == {"resembles"} or "resembles" not in rules for rules in by_rule)


def test_it_knows_nobody() -> None:
    """A name is blank before it looks: whoever is named, it says the same."""
    one, other = "Tamsin Quillfeather", "Jaspreet Brackenhall"
    text = "i will batter {} at the gates tomorrow and burn the place down"
    first, second = (blanked(text.format(name), [(14, 14 + len(name))]) for name in (one, other))
    assert BLANK in first
    assert [(r.category, r.sure) for r in resembled(first)] == [
        (r.category, r.sure) for r in resembled(second)
    ]


def test_each_word_of_a_resemblance_adds_its_share() -> None:
    """What is cited is what was added up: the shares of the words make the whole, in both models."""
    for text in ALLUSIVE:
        spans, added = senses().look(text)
        assert [text[start:end] for start, end in spans] == [text[a:b] for _, (a, b) in tokens(text)]
        assert added.shape == (len(spans), len(HEADS))
        cited, shares = phrases().look(text)
        assert shares.shape == (len(cited), len(HEADS))
        total = phrases().biases + added.sum(axis=0) + shares.sum(axis=0)
        over = {head for head, sum_, at in zip(HEADS, total, phrases().thresholds, strict=True) if sum_ >= at}
        assert over == {one.category for one in resembled(text)}


def test_a_word_never_learnt_means_what_words_used_like_it_mean() -> None:
    """No post that it learnt from has the word; its neighbours in use lend it their sense."""
    known = " ".join(_posts())
    neighbours = [word for word in ("assassinate", "maim", "bludgeon", "incinerate") if word not in known]
    assert neighbours
    harmless = "i want to applaud the teachers tomorrow"
    for word in neighbours:
        threat = harmless.replace("applaud", word)
        assert _said("A3", threat) > _said("A3", harmless)


def test_the_weights_are_small_and_the_phrases_can_be_read() -> None:
    """One line a phrase: the words or letters, how rare, and a weight for each class."""
    folder = resources.files("monitor.triage")
    assert len(folder.joinpath("phrases.csv").read_text("utf-8")) < 1_000_000
    assert len(folder.joinpath("senses.npz").read_bytes()) < 3_000_000
    assert set(phrases().categories) == set(HEADS)
    known = phrases().places
    assert {name for name, _ in features("our little secret")} & set(known)


def test_a_text_of_any_length_is_looked_at_in_part() -> None:
    """What is looked at does not grow with a text of a megabyte."""
    assert sum(1 for _ in features("stab " * 200_000)) < 60_000
    assert len(tokens("stab " * 200_000)) < 1_000


def _said(category: str, text: str) -> float:
    """What the word vectors add to a category."""
    _, added = senses().look(text)
    return float(added.sum(axis=0)[list(HEADS).index(category)])


def _posts() -> list[str]:
    """Every post that was learnt from."""
    folder = Path(__file__).parent / "corpus" / "training"
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [json.loads(line)["text"] for line in lines]
