"""Which words of an item are looked for on its page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.decisions import passages
from monitor.model import Assessment, Band, CaptureMode, Matches, Reason, SchoolMatch, Urgency

LONG = (
    "The bus was late again on Monday and the driver would not say why. "
    "Mr Bramwell shouted at the whole of Year 8 by the bicycle sheds. "
    "Apart from that it was a quiet week, with rain on most days and a fire drill on Thursday. "
) * 2 + "That is all for now."


def assessed(*reasons: Reason) -> Assessment:
    """An assessment with these reasons."""
    return Assessment("conduct", (), Urgency.U2, CaptureMode.FULL, Band.HIGH, reasons)


def test_a_short_text_is_looked_for_as_a_whole() -> None:
    """It is what was said; its parts follow, for a site that sets it in pieces."""
    text = "Mr Bramwell shouted at my son. He is nine!"
    found = passages.telling(text, assessed(), Matches())
    assert text == found[0]
    assert "Mr Bramwell shouted at my son." in found


def test_of_a_long_text_the_sentence_that_matters_comes_first() -> None:
    """Reasons before people before the School: that is why somebody was told."""
    reason, place = LONG.index("shouted"), LONG.index("bus")
    school = SchoolMatch(place, place + 3, "bus", "name", 1.0)
    found = passages.telling(
        LONG, assessed(Reason("conduct", "rule", reason, reason + 7)), Matches(school=(school,))
    )
    assert "Mr Bramwell shouted at the whole of Year 8 by the bicycle sheds." == found[0]
    assert "The bus was late again on Monday and the driver would not say why." == found[1]
    assert "Mr Bramwell shouted at the whole of Year" in found[2]


def test_a_name_alone_is_never_enough() -> None:
    """It may stand anywhere on a page, so its being there would prove nothing."""
    start = LONG.index("Bramwell")
    found = passages.telling(LONG, assessed(Reason("conduct", "rule", start, start + 8)), Matches())
    assert all(len(phrase.split()) >= 3 for phrase in found)


def test_a_text_of_one_word_is_that_word() -> None:
    """There is nothing longer to look for; and no text is nothing."""
    assert ("Useless!",) == passages.telling("Useless!", assessed(), Matches())
    assert () == passages.telling(" \n", assessed(), Matches())


@given(st.text(max_size=400), st.integers(0, 400), st.integers(0, 40))
def test_every_wording_stands_in_the_text(text: str, start: int, length: int) -> None:
    """Word for word, whatever the text and the spans; and there are not too many to look for."""
    found = passages.telling(text, assessed(Reason("c", "r", start, start + length)), Matches())
    assert all(phrase in text for phrase in found)
    assert len(found) == len(set(found)) <= 12
