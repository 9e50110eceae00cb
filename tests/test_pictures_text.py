"""Lines found in a picture become one text, in the order in which a person reads, and lead back to it."""

from __future__ import annotations

import math

import pytest

from monitor import triage
from monitor.pictures.proposals import suppression
from monitor.pictures.text import Box, FoundLine, FoundWord, PictureOutcome, PictureText, arranged


def box(left: float, top: float, width: float, height: float = 30, turned: float = 0) -> Box:
    """A box of this place and size, the whole picture turned by so many degrees about its corner."""
    cos, sin = math.cos(math.radians(turned)), math.sin(math.radians(turned))
    corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    a, b, c, d = ((round(x * cos - y * sin), round(x * sin + y * cos)) for x, y in corners)
    return (a, b, c, d)


def line(text: str, left: float, top: float, *, turned: float = 0, confidence: float = 0.9) -> FoundLine:
    """A line of ordinary print."""
    return FoundLine(text, confidence, box(left, top, 12 * len(text), turned=turned))


def read(*lines: FoundLine) -> PictureText:
    return arranged(lines, outcome=PictureOutcome.READ)


def test_a_name_that_is_broken_between_two_lines_stays_one_name() -> None:
    """Captions are wrapped anywhere; the next block of writing begins anew."""
    found = read(
        line("22 likes", 10, 200), line("Quillfeather again", 10, 45), line("it was Ms Tamsin", 10, 10)
    )

    assert "it was Ms Tamsin Quillfeather again\n22 likes" == found.text


def test_a_surname_broken_at_its_hyphen_is_put_together() -> None:
    """Browsers break a double-barrelled name after its hyphen."""
    assert "Siân Farrow-Lindqvist" == read(line("Siân Farrow-", 10, 10), line("Lindqvist", 10, 45)).text


def test_two_columns_are_read_one_after_the_other() -> None:
    """A name is never made of the end of one column and the beginning of the next."""
    left = (line("ask Tamsin", 10, 10), line("for it", 10, 45))
    right = (line("Brackenhall", 400, 12), line("is off sick", 400, 47))

    assert "ask Tamsin for it\nBrackenhall is off sick" == read(right[0], left[0], right[1], left[1]).text


def test_a_tilted_picture_is_read_along_its_own_lines() -> None:
    """At eleven degrees the end of a line stands lower than the beginning of the next."""
    lines = [line(text, 10, 10 + 35 * row, turned=11) for row, text in enumerate(("one " * 12, "two " * 12))]
    beside = line("end", 640, 10, turned=11)

    assert ("one " * 12).strip() in read(lines[1], beside, lines[0]).text
    assert read(lines[1], beside, lines[0]).text.index("end") < read(lines[1], beside, lines[0]).text.index(
        "two"
    )


def test_a_place_in_the_text_leads_back_to_its_words_in_the_picture() -> None:
    """A person is shown where it stands, and the confidence is that of these words alone."""
    words = (FoundWord(0, 2, 0.99, box(10, 10, 24)), FoundWord(3, 15, 0.6, box(46, 10, 144)))
    found = read(
        FoundLine("Ms Quillfeather", 0.8, box(10, 10, 180), words), line("shouted", 10, 45, confidence=1.0)
    )
    start = found.text.index("Quillfeather")

    assert (box(46, 10, 144),) == found.boxes_of(start, start + 12)
    assert 0.6 == found.confidence_of(start, start + 12)
    assert (box(46, 10, 144), box(10, 45, 84)) == found.boxes_of(start, len(found.text))
    assert 0.6 < found.confidence < 1


def test_no_words_are_no_text_and_no_confidence() -> None:
    """An empty picture is not an error."""
    assert ("", 0.0, ()) == (read().text, read().confidence, read().boxes_of(0, 9))


def test_every_outcome_has_words_for_a_person() -> None:
    """No code reaches a screen unexplained."""
    assert len({outcome.words for outcome in PictureOutcome}) == len(PictureOutcome)


@pytest.mark.parametrize("text", ["SENDNUDES", "who hasthenudesof her", "SELLINGNUDESOFYEAR 9 GIRLS DM ME"])
def test_a_trigger_is_seen_where_the_spaces_were_lost(text: str) -> None:
    """The engine may run words together; a rule for text would look past them."""
    assert triage.suppression(text) is None
    assert suppression(text)


@pytest.mark.parametrize(
    "text", ["twenty minutes late again", "the governors' minutes", "MS QUILLFEATHER CANCELLED ASSEMBLY"]
)
def test_ordinary_long_words_hide_no_trigger(text: str) -> None:
    """Nobody's picture is dropped because "minutes" can be cut in an unlucky place."""
    assert suppression(text) is None
