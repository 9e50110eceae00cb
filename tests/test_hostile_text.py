"""Text that somebody wrote to break the reading of it costs what its length costs, and is quoted exactly.

Whole texts are so long that what grows with their square would take minutes; they are cut off long before.
Single expressions are asked for a ratio: process time of four times the text to the text, the least of
several runs in turns, 4 where cost grows with the length, 16 with the square. No figure is a speed.
"""

from __future__ import annotations

import itertools
import re
import signal
import time
import tracemalloc
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import folding, matching, triage
from monitor.folding import read, skeleton
from monitor.matching import compile
from monitor.model import Assessment, Item, Matches, Person, Role, SchoolTerms
from monitor.triage.language import other_language
from tests.invented_school import TERMS, by_id, matcher, policy
from tests.pattern_bait import Bait, alternatives, endless_words, patterns_in

CARRIER = "Ms Quillfeather and the head at Littleover Community School "
NAME = "Tamsin Quillfeather"
LINEAR = 8.0
"""Twice what four times the text may cost, half of what it costs where cost grows with the square."""
ROUNDS = 15


def least_ratio(work: Callable[[str], object], small: str, large: str) -> float:
    """How many times the cost of `small` `large` costs; measures again while a busy machine may be why."""
    costs: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for kept, text in zip(costs, (small, large), strict=True):
            started = time.process_time()
            work(text)
            kept.append(time.process_time() - started)
        ratio = min(costs[1]) / max(min(costs[0]), 1e-9)
        if len(costs[0]) > 1 and ratio < LINEAR:
            break
    return ratio


# --- whole texts --------------------------------------------------------------------------------------

REPEATED: dict[str, str | Bait] = {
    "combining marks": "\u0301",
    "letters under many marks": "q" + "\u0301" * 40,
    "@": "@",
    "#": "#",
    "deep hashtags": "#Tamsin",
    "names in one hashtag": "TamsinQuillfeather",
    "the school in one hashtag": "LittleoverCommunitySchool",
    "handles that go on": "@LittleoverLCS_",
    "a short form in one token": "Littleover",
    "near-misses": "Tamsin Quillfeathes ",
    "near-misses in one token": "quillfeathe",
    "near-misses of the school": "Littleover Communtiy Schoo ",
    "names": NAME + " ",
    "titles and a widespread name": "Mr Smith ",
    "titles with initials": "Miss Q ",
    "initials": "T. Q. ",
    "titles": "mr ",
    "half of a short form": "little",
    "short forms": "LCS ",
    "a name among overrides": "\u202eQuillfeather\u202c ",
    "overrides": "\u202e\u2066",
    "zero-width signs": "\u200b\u200d",
    "lone surrogates": "\ud800",
    "pairs the wrong way round": "\udc00\ud800",
    "NULs": "\0",
    "a NUL in each name": "Quill\0feather ",
    "one letter": "q",
    "one letter that reads as two": "l",
    "a digit that reads as a letter": "1",
    "disguised names": "qu1llf3@th3r ",
    "spaced letters": "q u i l l ",
    "letters and signs": "q_u-i.",
    "stars": "Q*ill",
    "drawn out": "Quillllllllfeatherrrrrrr ",
    "other alphabets": "Тamsin ",
    "ideographs": "王",
    "emoji letters": "\U0001f1f9\U0001f1e6",
    "offices": "the head ",
    "offices in capitals": "HT ",
    "somebody who runs it": "the man who runs ",
    "governors": "governors ",
    "year groups": "Y9 9F ",
    "full stops": ".",
    "blanks": " ",
    "new lines": "\n",
    "quotation marks": "\"'",
    "sentences": "A. ",
    "addresses": "12 Hollow ",
    "telephone numbers": "0 7 ",
    "numbers in words": "one ",
    "mail addresses": "a.b@c.",
    "somebody's address": f"{NAME} lives at ",
    "details with no end": Bait(f"{NAME} lives at 12 ", "."),
    "insults": "pathetic useless liar ",
    "threats": "I'll kill ",
    "laughter": "lol haha ",
    "nude": "n u d e s ",
    "masked medical words": "adhd sen ",
}
SMALL = 4_000
LONG = 64_000
ENDLESS_S = 15.0
"""Processor time: fifteen times what any of these texts takes, a fraction of what its square would."""


@contextmanager
def cut_off(after_s: float = ENDLESS_S) -> Iterator[None]:
    """End what does not come to an end: expressions, too, heed a signal."""

    def stop(*_: object) -> None:
        raise AssertionError(f"not done after {after_s:g} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, after_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def text_of(words: str | Bait, size: int) -> str:
    """A text that names people and the School and goes on with the words until it is so long."""
    token = "@" if isinstance(words, str) and words[0].isupper() and " " not in words else ""
    bait = words if isinstance(words, Bait) else Bait(token, words)
    return CARRIER + bait.text(size - len(CARRIER))


def look(text: str) -> Matches:
    """Everything in the text, posted where the School is meant."""
    [found] = matcher().scan([text], [True])
    return found


def assess(text: str, matches: Matches) -> Assessment:
    """What triage says of the text."""
    return triage.assess(Item("", "", "", text), matches, by_id(), policy())


@pytest.mark.parametrize("words", REPEATED.values(), ids=REPEATED.keys())
def test_a_long_text_comes_to_an_end(words: str | Bait) -> None:
    """Nobody can stop the service by writing much: matching, triage, suppression and masking all end."""
    text = text_of(words, LONG)
    with cut_off():
        matches = look(text)
    with cut_off():
        assessment = assess(text, matches)
    with cut_off():
        triage.suppression(text)
    with cut_off():
        triage.masked(text, matches, assessment.reasons)


def test_a_megabyte_in_two_alphabets_comes_to_an_end() -> None:
    """Each word is looked for among the foreign ones once."""
    with cut_off():
        assert not other_language("the a cat " * 70_000 + "мама " * 60_000)


def test_what_does_not_end_is_cut_off() -> None:
    """The test above can fail: an expression that takes the square of a text is stopped."""
    with pytest.raises(AssertionError, match="not done"), cut_off(0.5):
        search(re.compile(r"(?:q+)+x"), "q" * LONG)


@pytest.mark.parametrize("words", REPEATED.values(), ids=REPEATED.keys())
def test_memory_grows_with_the_text_and_no_faster(words: str | Bait) -> None:
    """Four times the text takes at most six times the memory: not the square of it."""

    def read_all(text: str) -> None:
        matches = look(text)
        triage.masked(text, matches, assess(text, matches).reasons)

    def peak(text: str) -> int:
        tracemalloc.start()
        try:
            read_all(text)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = text_of(words, SMALL), text_of(words, 4 * SMALL)
    read_all(small)  # what is kept for good is not counted
    assert peak(large) < 6 * peak(small)


def test_many_long_texts_need_no_more_memory_than_a_few() -> None:
    """A batch is cut by its length too: 32 posts of 200,000 signs, and the peak is that of 4 of them."""

    def peak(number: int) -> int:
        texts = [("near Quillfeathes " * 11_112)[:200_000]] * number
        tracemalloc.start()
        try:
            matcher().scan(texts)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    assert peak(32) < 1.5 * peak(4)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("\u0301", id="marks"),
        pytest.param("\u202e", id="overrides"),
        pytest.param("\0", id="NULs"),
        pytest.param("q", id="one token"),
        pytest.param("Tamsin Quillfeathes ", id="near-misses"),
        pytest.param("@", id="@"),
        pytest.param("\ud800", id="surrogates"),
    ],
)
def test_a_megabyte_hides_nobody_and_raises_nothing(words: str) -> None:
    """Whoever is named before and after a megabyte of noise is found, and quoted, in both places."""
    noise = (words * (1_000_000 // len(words) + 1))[:1_000_000]
    text = f"{NAME} at Littleover Community School {noise} Littleover Community School: {NAME}"
    found = look(text)
    quotations = quoted(text, found)
    assert (NAME, NAME) == (quotations[0], quotations[-1])
    assert (0, len(text)) == (found.people[0].start, found.people[-1].end)
    assert len(text) == len(triage.masked(text, found))


def test_ten_thousand_names_in_a_post_are_all_found() -> None:
    """No number of names is too many, and each is quoted."""
    text = "Littleover Community School: " + f"{NAME}, Zadie Pellgrove, " * 5_000
    assert [NAME, "Zadie Pellgrove"] * 5_000 == quoted(text, look(text))


def quoted(text: str, found: Matches) -> list[str]:
    """What the matches quote."""
    return [text[match.start : match.end] for match in found.people]


# --- the rules' own expressions -------------------------------------------------------------------------


def _over_whole_texts() -> dict[str, list[re.Pattern[str]]]:
    """By the list that they stand in; those that end in $ look back from a place, over a few dozen signs."""
    groups: dict[str, list[re.Pattern[str]]] = {}
    for package in (folding, matching, triage):
        for where, pattern in patterns_in(package).items():
            if not pattern.pattern.endswith("$"):
                groups.setdefault(re.sub(r"(\.patterns)?(\.\d+)+$", "", where), []).append(pattern)
    return groups


EXPRESSIONS = _over_whole_texts()
OF_RULES = [where for where in EXPRESSIONS if where.startswith("triage.rules.rule_book")]
RULES = [pattern for where in OF_RULES for pattern in EXPRESSIONS.pop(where)]
BAIT = 4_000
WORST = 4
SLOW_SIGN_S = 2e-5
MOST_ALTERNATIVES, MOST_BAITS = 40, 6
T = TypeVar("T")


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_no_expression_takes_the_square_of_a_text(where: str) -> None:
    """Each alternative of each expression, on texts made of what it repeats (tests/pattern_bait.py)."""
    makers = [make for pattern in EXPRESSIONS[where] for make in alternatives(pattern)]
    tried = [
        (*cost_per_sign(alternative, bait), alternative, bait)
        for alternative, baits in (make() for make in spread(makers, MOST_ALTERNATIVES))
        for bait in spread(as_read(where, baits), MOST_BAITS)
    ]
    slowest = sorted(tried, key=lambda one: one[0], reverse=True)
    for _, size, alternative, bait in slowest[:WORST]:
        ratio = least_ratio(partial(search, alternative), bait.text(size // 2), bait.text(2 * size))
        assert ratio < LINEAR, f"{where} on {bait}"


def test_no_rule_takes_the_square_of_a_text() -> None:
    """The same for each rule that repeats more than one sign without end; the others cannot."""
    square = [pattern.pattern for pattern in RULES if endless_words(pattern) and takes_the_square(pattern)]
    assert square == []


def takes_the_square(pattern: re.Pattern[str]) -> bool:
    """Whether one of its baits, repeated, costs more than its length."""
    for make in alternatives(pattern):
        alternative, baits = make()
        pumped = [bait for bait in as_read("triage.rules", baits) if not bait.head and bait.body[-1:] == " "]
        for bait in pumped[:MOST_BAITS]:
            small, large = (bait.text(size) for size in (BAIT // 8, BAIT // 2))
            if least_ratio(partial(search, alternative), small, large) >= LINEAR:
                return True
    return False


def as_read(where: str, baits: Sequence[Bait]) -> list[Bait]:
    """Rules are given no underscore and never two blanks (monitor/triage/wording.py)."""
    if not where.startswith("triage.rules"):
        return list(baits)
    return list(
        dict.fromkeys(
            Bait(*(re.sub(r"[ _]+", " ", words) for words in (bait.head, bait.body))) for bait in baits
        )
    )


def spread(several: Sequence[T], most: int) -> Sequence[T]:
    """At most so many of them, evenly spread."""
    return (
        [several[place * len(several) // most] for place in range(most)] if len(several) > most else several
    )


def cost_per_sign(pattern: re.Pattern[str], bait: Bait) -> tuple[float, int]:
    """What a sign of the longest bait costs that is worth trying, and how long that is: an expression that
    is slow on a short one already is not given a longer one."""
    for size in (BAIT // 16, BAIT // 4, BAIT):
        text = bait.text(size)
        started = time.process_time()
        search(pattern, text)
        cost_s = (time.process_time() - started) / len(text)
        if cost_s > SLOW_SIGN_S:
            break
    return cost_s, size


def search(pattern: re.Pattern[str], text: str) -> None:
    """Look for the expression everywhere."""
    for _ in pattern.finditer(text):
        pass


# --- the same post, encoded another way -----------------------------------------------------------------

PEOPLE = (
    Person("a", Role.STAFF, "Ms", "Tamsin", "", "Quillfeather"),
    Person("b", Role.PUPIL, "", "Zoë", "", "Żarnowiecka"),
    Person("c", Role.STAFF, "Mr", "Iwan", "", "Ffrêlych-Tandrake"),
    Person("d", Role.PUPIL, "", "Adébáyọ̀", "", "Ọlátúnjóyè"),
    Person("e", Role.STAFF, "Dr", "Oisín", "", "Ó Brannagáin"),
    Person("f", Role.STAFF, "Mrs", "Mireille", "", "Vandermolé"),
)
JOINERS = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\ufe0f"
BIDI = "\u200e\u200f\u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069\u061c"


def sprinkled(text: str, signs: str) -> str:
    """One of the signs after each letter, in turns."""
    return "".join(map("".join, zip(text, itertools.cycle(signs))))


def wide(text: str) -> str:
    """Full-width letters, as keyboards for Chinese and Japanese write them."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "NFC": partial(unicodedata.normalize, "NFC"),
    "NFD": partial(unicodedata.normalize, "NFD"),
    "NFKD": partial(unicodedata.normalize, "NFKD"),
    "full-width": wide,
    "zero-width": partial(sprinkled, signs=JOINERS),
    "bidi marks": partial(sprinkled, signs=BIDI),
    "overrides around": lambda text: f"\u202e{text}\u202c",
    "decomposed and zero-width": lambda text: sprinkled(unicodedata.normalize("NFD", text), JOINERS),
    "full-width and bidi marks": lambda text: sprinkled(wide(text), BIDI),
}


@cache
def small_school() -> matching.Matcher:
    """A register whose names carry marks of many alphabets."""
    return compile(PEOPLE, TERMS)


def core(text: str) -> str:
    """The text without signs at its ends that show nothing of their own."""
    return text.strip(JOINERS + BIDI)


NOISE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\u0301\u0323" + JOINERS + BIDI + "\ud800\udfff\0\u2028İßﬁ🏽👨‍👩‍👧é"),
    ),
    max_size=30,
)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=25, deadline=None)
@given(before=NOISE, after=NOISE)
def test_a_name_encoded_another_way_is_quoted_as_it_stands(encoding: str, before: str, after: str) -> None:
    """The quoted words are those of the post, sign for sign, whatever stands around them."""
    for who in PEOPLE:
        is_quoted(who, ENCODINGS[encoding], before, after)


def is_quoted(who: Person, encode: Callable[[str], str], before: str, after: str) -> None:
    """Whether the matcher quotes exactly the name that stands between the two."""
    name = encode(f"{who.forename} {who.surname}")
    text = f"{before} \n{encode('Littleover Community School')}: {name} - yes \n{after}"
    [found] = small_school().scan([text])
    [match] = [match for match in found.people if match.start >= len(before)][:1]
    assert (who.id,) == match.person_ids
    assert core(name) == core(text[match.start : match.end])
    assert skeleton(f"{who.forename} {who.surname}") == skeleton(text[match.start : match.end])


@pytest.mark.parametrize(
    ("name", "after"), [(NAME, " r u ok"), (NAME, " R"), ("Oisín Ó Brannagáin", ". \nN")]
)
def test_a_letter_by_itself_is_no_part_of_the_name_before_it(name: str, after: str) -> None:
    """ "Quillfeather r u ok" quotes the name, and not the r."""
    text = f"Littleover Community School: {name}{after}"
    [found] = small_school().scan([text])
    assert [name] == quoted(text, found)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(NOISE, min_size=1, max_size=5))
def test_every_sign_of_a_reading_knows_where_it_stood(texts: Sequence[str]) -> None:
    """Offsets rise, lie in the text, and the sign that stands there reads as what was read."""
    for text in texts:
        reading = read(text)
        offsets = reading.offsets.tolist()
        assert len(reading.text) == len(offsets)
        assert sorted(offsets) == offsets
        assert all(0 <= offset < len(text) for offset in offsets)


@settings(max_examples=60, deadline=None)
@given(noise=NOISE)
def test_nothing_that_is_written_around_it_hides_a_trigger(noise: str) -> None:
    """S2 prefers false alarms: what is read before the words changes nothing (R28)."""
    assert triage.suppression(f"{noise} \n send nudes \n{noise}") is not None


def test_a_school_without_terms_reads_hostile_text_too() -> None:
    """Before anything is set up nothing is found and nothing raises."""
    bare = compile((), SchoolTerms(names=()))
    assert [Matches()] * 3 == bare.scan(["\ud800" * 1000, "\u0301" * 1000, "\0" * 1000])
