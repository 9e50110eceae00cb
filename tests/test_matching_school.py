"""Is the School meant? Its name, handle, domain or page says so, or a short form beside a cue (R37)."""

from __future__ import annotations

import pytest

from tests.invented_school import matcher

MEANT = [
    "Littleover Community School was on the radio",
    "littleover community school closed today",
    "LITTLEOVER COMMUNITY SCHOOL",
    "Littleover  Community-School fair",
    "#littleovercommunityschool",
    "#LittleoverCommunitySchool rocks",
    "follow @LittleoverLCS for news",
    "#LittleoverLCS trip",
    "see www.littleover.example/news for dates",
    "Littleover Communtiy School closed",
    "Litleover Community School closed",
    "Littleover Comunity Schol closed",
    "L!ttleover C0mmunity Sch00l",
    "Ｌｉｔｔｌｅｏｖｅｒ Ｃｏｍｍｕｎｉｔｙ Ｓｃｈｏｏｌ",
    "LCS Trips: ski week photos",
    "Littleover school gates are shut",
    "Littleover CS were great hosts",
    "nobody at littleover community would notice",
    "L!ttleover c0mm",
    "#LittleoverCS",
    "Year 9 at Littleover today",
    "y9 littleover are wild",
    "my teacher at LCS is off",
    "homework at LCS again",
    "LCS Littleover",
    "LCS in Derby has a new canteen",
    "uniform rules at Littleover changed",
    "GCSE results at LCS",
    "Ofsted came to Littleover",
    "parents' evening at Littleover was packed",
    "Littleover governors met",
    "Vandermolen at Littleover again",
    "Ms Quillfeather, Littleover",
    "cricket at Littleover school is on, letting parents in at two",
    "She's head girl!!! Littleover, you have made me proud",
    "Bus to Littlover school is late",
    "Friday 5th Littleover parents evening",
    "Happy School memories: Year 9 at Littleover",
]

NOT_MEANT = [
    "",
    "Littleover",
    "LCS",
    "Wedding fair at Littleover Lodge this Sunday, prosecco on arrival",
    "LCS finals last night were insane, best teamfight ever",
    "Littleover Cricket under-13s won",
    "meet at Littleover shops",
    "3-bed semi for sale in Littleover, close to schools",
    "Littleover village fete is on Saturday",
    "Littleover Community Centre quiz night",
    "Littleover Community Library is open",
    "bus to Littleover is late",
    "traffic on the road through Littleover",
    "LCS playoffs start tonight",
    "maths tutor in Littleover, GCSE and A level",
    "Pub quiz at the Half Moon, Littleover. I am a teacher",
    "34th Littleover Scouts need leaders, pupils of all schools",
    "A little over half of my pupils passed",
    "Larkfield Community Singers (LCS) term starts, rehearsals with a teacher",
    "Relay won by Year 9! #ListerCommunitySchool #LCS",
    "Littleover School of Motoring, students half price",
    "Derby High School in Littleover, Year 7 open day",
    "LCS split, teacher of the game Faker",
    "Littleover Primary School nativity play",
    "Littleover Junior Football",
    "my school in Mickleover Grange School near Littleover",
    "moved to Littleover last year",
    "Littleover Medical Centre parents evening for new mums",
    "the Littleover Methodist Church choir",
    "a community school somewhere else",
    "little over a community meal",
    "school is boring",
    "headteacher of the year award",
    "Littleover to let, 2 bedroom flat, students welcome",
]


@pytest.mark.parametrize("text", MEANT)
def test_the_school_is_meant(text: str) -> None:
    """A term that stands alone, or a short form with a cue; the term found is quoted."""
    [found] = matcher().scan([text])
    assert found.context
    assert all(match.confidence >= 0.5 and text[match.start : match.end].strip() for match in found.school)
    assert found.school


@pytest.mark.parametrize("text", NOT_MEANT)
def test_the_school_is_not_meant(text: str) -> None:
    """ "Littleover" alone and "LCS" alone never; other places, games and schools take away."""
    [found] = matcher().scan([text])
    assert (found.context, found.school) == (False, ())


def test_our_own_name_written_out_does_not_talk_its_letters_away() -> None:
    """ "LCS" beside "Littleover Community School" is the School too, spelt well or badly."""
    text = "LCS year 9 parents evening was chaos. Littleover Community Shcool never answers"
    [found] = matcher().scan([text])
    assert [text[one.start : one.end] for one in found.school] == ["LCS", "Littleover Community Shcool"]


def test_a_handle_that_begins_like_ours_is_shown_as_such() -> None:
    """So that triage can ask whether an account poses as the School."""
    [found] = matcher().scan(["@LittleoverLCS_Official2 is live"])
    assert [(match.rule, match.start, match.end) for match in found.school] == [
        ("school_handle_lookalike", 1, 24)
    ]
