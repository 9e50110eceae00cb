"""The second reader adds what no rule says, cites its words, knows nobody, and lowers no alarm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from monitor.model import Assessment, CaptureMode, Item, Urgency
from monitor.triage import assess
from monitor.triage.encoder import ADULT, PUPIL, WINDOW, encoder, pieces_of, read, weighed_words
from monitor.triage.resemblance import ALARMS, REFUTABLE, SILENCE, Opinion, blanked, opinion_of
from tests.corpus.likely_names import likely_names
from tests.invented_school import by_id, matcher, policy

# Written for this test by nobody's pattern: the rules are silent on them.
ALLUSIVE = [
    "he keeps messaging the year 8 girls asking for pictures and says its our little secret",
    "cant see the point in waking up any more, nobody would miss me, im so tired of everything",
    "bringing a blade in tomorrow, he wont be laughing then, watch him bleed",
]


def judge(text: str, *, second_reader: bool = True) -> Assessment:
    [matches] = matcher().scan([text], [True])
    item = Item("forum", "1", "", text)
    return assess(item, matches, by_id(), policy(), own_source=True, second_reader=second_reader)


def opinion(text: str) -> Opinion:
    found = opinion_of(text)
    assert found is not None
    return found


@pytest.mark.parametrize("text", ALLUSIVE)
def test_it_says_what_a_text_resembles_and_cites_the_words(text: str) -> None:
    """Each resemblance is one of the classes where a miss is worse, and its spans are words of the text."""
    found = opinion(text).adds()
    assert found
    assert {one.category for one in found} <= set(ALARMS)
    words = {span for span in _words(text)}
    for one in found:
        assert one.spans
        assert set(one.spans) <= words


@pytest.mark.parametrize(
    "text",
    [
        "Sports day was lovely, well done everyone, thanks to the PTA for the ice lollies",
        "Lost: one navy blazer, age 13, left in the canteen on Tuesday",
        "Year 9 options evening has moved to Thursday at six",
        "Proud of our netball team, county champions again",
        "Goodbye school, five happy years, off to college!",
        "???",
    ],
)
def test_plain_school_talk_resembles_nothing(text: str) -> None:
    """No alarm where a school speaks of its days."""
    assert opinion(text).adds() == []


def test_a_text_without_words_has_no_second_reading() -> None:
    """There is nothing to say of it."""
    assert opinion_of("") is None
    assert opinion_of(" \n ") is None


def test_what_only_it_has_found_is_for_a_person_to_judge_unless_beyond_doubt() -> None:
    """A finding that no rule supports wakes nobody; one that it is sure of counts like a rule."""
    by_doubt = {
        sure: [view for view in _views() if _rules(view) == {"resembles_closely" if sure else "resembles"}]
        for sure in (False, True)
    }
    assert all(by_doubt.values())
    assert {(view.asks_person, view.urgency) for view in by_doubt[False]} == {(True, Urgency.U3)}
    for view in by_doubt[True]:
        urgencies = [policy().categories[code].urgency for code in view.categories]
        assert (view.asks_person, view.urgency) == (False, min(urgencies))


def test_a_doubt_opens_no_page_that_certainty_would_not() -> None:
    """The most protective mode of all categories wins (domain study 3.4 a), also where a person is asked."""
    masked = [view for view in _views() if view.asks_person and {"A7", "S7"} & set(view.categories)]
    assert masked
    for view in _views():
        strictest = max(policy().categories[code].capture.protection for code in view.categories)
        assert view.capture.protection >= strictest
    assert not any(view.capture.opens_page for view in masked)


def test_an_image_that_only_it_suspects_is_opened_by_nobody() -> None:
    """R28: no page and no picture of it is asked for, though no trigger has fired."""
    suspected = [
        view for view in _views() if _rules(view) == {"resembles"} and {"S2", "A9"} & set(view.categories)
    ]
    assert suspected
    assert {(True, CaptureMode.WORDS)} == {(view.suppressed, view.capture) for view in suspected}


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Zadie Pellgrove is the one with seizures btw, ask the nurse", "S7"),
        ("Ms Quillfeather is the one with seizures btw, ask the nurse", "A7"),
        ("the whole of 9B's reports with the SEN notes got emailed to every parent", "S7"),
        ("the caretaker's phone number and his home address are on the year 11 chat", "A7"),
    ],
)
def test_private_details_are_a_pupils_or_an_adults(text: str, category: str) -> None:
    """By who is named, or by who is meant where nobody is."""
    assert {"A7", "S7"} & set(judge(text).categories) == {category}


def test_an_image_of_an_adult_that_rules_take_for_a_childs_is_said_to_be_one_too() -> None:
    """Where the rules see no adult named the more protective reading stands; the other is said beside it."""
    view = judge("There is a naked pic of sir doing the rounds, the whole of the sixth form has it")
    assert view.categories[:2] == ("S2", "A9")
    assert "A9" not in judge("There is a naked pic of a year 9 doing the rounds").categories


@pytest.mark.parametrize(("child", "adult"), [("S2", "A9"), ("S7", "A7")])
def test_of_the_same_harm_to_a_child_and_to_an_adult_it_adds_the_likelier(child: str, adult: str) -> None:
    """One picture is not of both."""
    found = read("lovely assembly")
    assert found is not None
    quiet = dict.fromkeys(encoder().heads, -9.0)
    for likelier, other in ((child, adult), (adult, child)):
        added = Opinion(found, {**quiet, likelier: 9.0, other: 8.0}).adds()
        assert [one.category for one in added] == [likelier]


def test_it_takes_no_safeguarding_category_away() -> None:
    """Whatever the rules say in a class that prefers alarms is said with a second reader too (R46)."""
    alarms = {code for code, row in policy().categories.items() if row.prefers == "alarm"}
    seen = 0
    for text in _posts():
        alone = set(judge(text, second_reader=False).categories) & alarms
        seen += bool(alone)
        assert alone <= set(judge(text).categories)
    assert seen > 5


AMBIGUOUS = [
    ("who has the vid of sir doing the worm at the leavers do, send it here", "S2"),
    ("has anyone still got the photo of the 1992 hockey team, send it to my dad, he was goalie", "S2"),
    ("kms this dinner queue is longer than the whole summer term", "S1"),
]


@pytest.mark.parametrize(("text", "category"), AMBIGUOUS)
def test_words_that_may_mean_harm_say_nothing_where_all_is_plainly_harmless(text: str, category: str) -> None:
    """By themselves they are no alarm, and nothing else in the text is."""
    assert category not in judge(text).categories
    assert category not in judge(text, second_reader=False).categories


@pytest.mark.parametrize(
    "text",
    [
        "kms. i cant do another term of this and nobody would notice",
        "Jak wszyscy wiedzą, dzieci wróciły do szkoły w poniedziałek i było bardzo zimno na dworze. kms",
    ],
    ids=["the rest is not harmless", "not read by the second reader"],
)
def test_the_same_words_count_anywhere_else(text: str) -> None:
    """R46: also where nobody but the rules has read them."""
    assert "self_harm" in _rules(judge(text))


@pytest.mark.parametrize(
    "times", [120, 500], ids=["more windows than are read", "more letters than are read"]
)
def test_the_same_words_count_in_a_part_that_it_has_not_read(times: int) -> None:
    """R46: who puts pages of harmless words before them hides nothing."""
    harmless = "Lost: one navy blazer in the hall, well done to the netball team. "
    text = harmless * times + "kms. " + harmless * times
    found = read(text.lower())
    assert found is not None and not found.whole
    assert "self_harm" in _rules(judge(text))
    assert opinion(harmless.lower()).is_harmless()


def test_what_may_be_an_image_is_asked_for_by_nobody_however_harmless() -> None:
    """R28: a trigger stops every request for an item, also where its words make no finding."""
    view = judge(AMBIGUOUS[0][0])
    assert not policy().categories[view.category].finding
    assert (view.suppressed, view.capture) == (True, CaptureMode.NONE)


def test_it_speaks_against_rules_only_where_silence_is_preferred() -> None:
    """However unlikely it finds something: an insult or a complaint it refutes (R46), no alarm ever."""
    found = read("lovely assembly")
    assert found is not None
    nothing = Opinion(found, dict.fromkeys(encoder().heads, -20.0))
    assert {code for code in encoder().heads if nothing.refutes(code)} == set(REFUTABLE)
    assert not set(REFUTABLE) & set(ALARMS)
    everything = Opinion(found, dict.fromkeys(encoder().heads, 20.0))
    assert not any(everything.refutes(code) for code in encoder().heads)


def test_it_knows_nobody() -> None:
    """A name is blank before it looks: whoever is named, it says the same."""
    text = "i will batter {} at the gates tomorrow and burn the place down"
    one, other = "Tamsin Quillfeather", "Jaspreet Brackenhall"
    first, second = (blanked(text.format(name), adults=[(14, 14 + len(name))]) for name in (one, other))
    assert ADULT in first
    assert opinion(first).log_odds == opinion(second).log_odds


def test_a_pupils_name_and_an_adults_are_blank_in_different_ways() -> None:
    """The same words about a child are another matter."""
    text = "who has seen pictures of tamsin"
    adult, pupil = blanked(text, adults=[(25, 31)]), blanked(text, pupils=[(25, 31)])
    assert (adult[25:], pupil[25:]) == (ADULT * 6, PUPIL * 6)
    assert opinion(adult).log_odds != opinion(pupil).log_odds


@pytest.mark.parametrize(
    ("text", "codes", "expected"),
    [
        ("Ms Okafor's class won", {"P1"}, {("Ms Okafor", True)}),
        ("ask mr brackenhall, or Jaspreet", {"A3"}, {("mr brackenhall", True), ("Jaspreet", False)}),
        ("what Tamsin Quillfeather did", {"A4"}, {("Tamsin Quillfeather", True)}),
        ("nobody sits with Jaspreet", {"S3"}, {("Jaspreet", False)}),
        ("May is here. Will you come on Easter Sunday?", {"A3"}, set()),
    ],
)
def test_what_looks_like_a_name_is_blank_while_it_learns(
    text: str, codes: set[str], expected: set[tuple[str, bool]]
) -> None:
    """The people of the invented posts are on no register."""
    assert {(text[start:end], adult) for (start, end), adult in likely_names(text, codes)} == expected


def test_whose_name_it_is_gives_no_alarm_away() -> None:
    """Quiet posts name nobody's role: half of them are read as if about an adult."""
    posts = [f"Jaspreet scored {goals} goals" for goals in range(200)]
    adults = [adult for text in posts for _, adult in likely_names(text, {"P1"})]
    assert 70 < sum(adults) < 130


def test_the_words_that_it_cites_are_the_ones_that_weigh() -> None:
    """A word that is cited says more for the category than one that is not: without it there is less."""
    text = "i am going to stab him outside the gates tomorrow morning"
    heads, found = encoder().heads, read(text)
    assert found is not None
    cited = weighed_words(found, heads.index("A3"), heads.index("quiet"), most=2)
    assert "stab" in [text[start:end] for start, end in cited]
    without = {word: opinion(text.replace(word, "greet")).log_odds["A3"] for word in ("stab", "morning")}
    assert without["stab"] < without["morning"]


def test_a_slip_of_the_pen_changes_little() -> None:
    """Posts are written in a hurry: neighbours swapped, a letter doubled, something behind it."""
    for text in ("nobody wuold miss me if i was gone", "cant see the poinnt in waking up any more lol"):
        assert {one.category for one in opinion(text).adds()} >= {"S1"}


def test_every_piece_is_of_a_word_and_a_long_text_is_read_in_windows() -> None:
    """What is far behind in a long text is read too; what is looked at is bounded."""
    ending = (
        "a man of thirty keeps messaging my daughter for pictures and told her to keep it their little secret"
    )
    text = "the assembly went on and on " * 20 + ending
    words, pieces, belongs = pieces_of(text, encoder().places)
    assert len(pieces) == len(belongs)
    assert set(belongs) == set(range(len(words)))
    found = read(text)
    assert found is not None
    assert found.rows.shape[1] == WINDOW
    assert set(found.belongs.ravel().tolist()) - {-1} == set(range(len(words)))
    cited = [span for one in opinion(text).adds() for span in one.spans]
    assert max(start for start, _ in cited) > text.index(ending)
    endless = read("stab " * 200_000)
    assert endless is not None
    assert endless.rows.size < 40 * WINDOW


def test_a_word_of_no_known_letters_is_one_sign() -> None:
    """Letters that it has never seen, and words without end, cost one sign each."""
    for word in ("ⴰⵎⴰⵣⵉⵖ", "a" * 500):
        assert len(pieces_of(word, encoder().places)[1]) == 1


def test_texts_read_together_say_what_each_says_alone() -> None:
    """Rows of one length do not touch one another."""
    texts = ["he will be sorry tomorrow", "she will be happy tomorrow"]
    rows = np.concatenate([found.rows for text in texts if (found := read(text))])
    together = encoder().log_odds(rows)
    alone = np.concatenate([found.log_odds for text in texts if (found := read(text))])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_what_ships_is_small_and_says_where_it_comes_from() -> None:
    """Bytes instead of numbers; the licence of what it began as lies beside it."""
    folder = resources.files("monitor.triage")
    assert len(folder.joinpath("encoder.onnx").read_bytes()) < 23_000_000
    licence = folder.joinpath("encoder-licence.txt").read_text("utf-8")
    assert "Apache License" in licence
    assert "all-MiniLM-L6-v2" in licence
    assert {*ALARMS, *SILENCE} <= set(encoder().heads)


def _rules(view: Assessment) -> set[str]:
    return {reason.rule for reason in view.reasons}


def _words(text: str) -> Iterator[tuple[int, int]]:
    words, _, _ = pieces_of(text, encoder().places)
    yield from words


@cache
def _views() -> list[Assessment]:
    """What is made of some of the posts."""
    return [judge(text) for text in _posts()]


@cache
def _posts() -> list[str]:
    """Some posts of two authors from whom nothing was learnt."""
    folder = Path(__file__).parent / "corpus" / "training"
    texts = [(folder / f"{name}.jsonl").read_text("utf-8") for name in ("elm", "quince")]
    return [json.loads(line)["text"] for text in texts for line in text.splitlines()[::4]]
