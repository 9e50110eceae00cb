"""Names are found however they are written, with spans that quote the original exactly."""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import replace
from functools import cache
from random import Random
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.folding import read_batch
from monitor.matching import Matcher, compile, explains, rule_in_words
from monitor.matching.disguise import undisguised
from monitor.matching.glance import Glances
from monitor.matching.roll import compile_roll
from monitor.matching.spelling import key_of
from monitor.matching.words import words_of
from monitor.model import (
    Band,
    Matches,
    Office,
    OfficeMention,
    Person,
    PersonMatch,
    Role,
    SchoolMatch,
    SchoolTerms,
)
from tests.corpus import disguises
from tests.invented_school import TERMS, matcher, register

# What is written, whom it means. The brackets mark the exact span.
WRITTEN = [
    ("[Tamsin Quillfeather] at Littleover Community School", "s04"),
    ("[tamsin quillfeather] at littleover community school", "s04"),
    ("[TAMSIN QUILLFEATHER] AT LITTLEOVER COMMUNITY SCHOOL", "s04"),
    ("[Ms Quillfeather] at Littleover Community School", "s04"),
    ("[Miss Quillfeather] at Littleover Community School", "s04"),
    ("[Ms. Quillfeather] at Littleover Community School", "s04"),
    ("[Ms T Quillfeather] at Littleover Community School", "s04"),
    ("[T. Quillfeather] at Littleover Community School", "s04"),
    ("[Quillfeather, Tamsin] at Littleover Community School", "s04"),
    ("[Quillfeather, T.] at Littleover Community School", "s04"),
    ("[Tamsin Q] at Littleover Community School", "s04"),
    ("[Quillfeather] at Littleover Community School", "s04"),
    ("[Quillfeather]'s class at Littleover Community School", "s04"),
    ("[Quillfeather]s class at Littleover Community School", "s04"),
    ("[Miss Q] at Littleover Community School", "s04"),
    ("@[tamsin_quillfeather] Littleover Community School", "s04"),
    ("@[TamsinQuillfeather]99 Littleover Community School", "s04"),
    ("#JusticeFor[TamsinQuillfeather] Littleover Community School", "s04"),
    ("[tamsinquillfeather] Littleover Community School", "s04"),
    ("[Tamsin.Quillfeather] Littleover Community School", "s04"),
    ("[T a m s i n Q u i l l f e a t h e r] Littleover Community School", "s04"),
    ("[M r  S.m.i.t.h] in PE at Littleover Community School", "s03"),
    ("[T@msin Qui11fe@ther] at Littleover Community School", "s04"),
    ("[Mr Sm1th] in P.E @ L!ttleover c0mm", "s03"),
    ("[Ｔａｍｓｉｎ Ｑｕｉｌｌｆｅａｔｈｅｒ] at Littleover Community School", "s04"),
    ("[𝓣𝓪𝓶𝓼𝓲𝓷 𝓠𝓾𝓲𝓵𝓵𝓯𝓮𝓪𝓽𝓱𝓮𝓻] at Littleover Community School", "s04"),
    ("[Таmsin Quillfеаthеr] at Littleover Community School", "s04"),
    ("[Tam\u200bsin Quill\u200dfea\u00adther] at Littleover Community School", "s04"),
    ("[Tamsin Quilllllfeatherrrr] at Littleover Community School", "s04"),
    ("[Tamsin Quilfeather] at Littleover Community School", "s04"),
    ("[Tamsin 🔥 Quillfeather] at Littleover Community School", "s04"),
    ("[Mrs Farrow-Lindqvist] at Littleover Community School", "s08"),
    ("[Mrs Farrow Lindqvist] at Littleover Community School", "s08"),
    ("[Mrs Lindqvist] at Littleover Community School", "s08"),
    ("[Siân Farrow] at Littleover Community School", "s08"),
    ("[Sian FarrowLindqvist] at Littleover Community School", "s08"),
    ("[Cormac O'Dunnery] at Littleover Community School", "s09"),
    ("[Mr O’Dunnery] at Littleover Community School", "s09"),
    ("[Mr ODunnery] at Littleover Community School", "s09"),
    ("[Mr O Dunnery] at Littleover Community School", "s09"),
    ("[Miss Zarnowiecka] at Littleover Community School", "s10"),
    ("[Zofia Żarnowiecka] at Littleover Community School", "s10"),
    ("[Zofia Z\u0307arnowiecka] at Littleover Community School", "s10"),
    ("[Wilf Tandrake] at Littleover Community School", "s13"),
    ("[Jas Brackenhall] at Littleover Community School", "s05"),
    ("[Dr Ines Vandermolen] at Littleover Community School", "s01"),
    ("[zadie p] y9 littleover", "p01"),
    ("@[mr_brackenhall] Littleover CS", "s05"),
    ("is [Mr Tandrake] in? Littleover CS", "s13"),
    ("well [Lorna Achterberg] runs Littleover CS", "g01"),
    ("[Dan Smith] the PE teacher at Littleover Community School", "s03"),
    ("[Danny Smith] in year 8 at Littleover Community School", "p04"),
    # Slips of the pen, and names spelt as they sound.
    ("[Tamsin Quilfeathr] at Littleover Community School", "s04"),
    ("[Tasmin Quillfeather] at Littleover Community School", "s04"),
    ("[Tamsn Quilfaether] at Littleover Community School", "s04"),
    ("[Ms Quillfeahter] at Littleover Community School", "s04"),
    ("[Ms Kwillfether] at Littleover Community School", "s04"),
    ("[Mr Brackinhall] at Littleover Community School", "s05"),
    # Letters hidden, and signs for letters.
    ("[Ms Q*illfeather] at Littleover Community School", "s04"),
    ("[Ms Q*********r] at Littleover Community School", "s04"),
    ("[Tamsin Qu_llfeather] at Littleover Community School", "s04"),
    ("[Mr Br#%!enhall] at Littleover Community School", "s05"),
    ("[M5 Qu111f347h3r] at Littleover Community School", "s04"),
    ("[Ms Qllfthr] at Littleover Community School", "s04"),
    ("[Wlf Tndrk] at Littleover Community School", "s13"),
    ("[TamQuill] at Littleover Community School", "s04"),
    ("[Tamsquill] at Littleover Community School", "s04"),
    ("[Mrs Faro-Lindqvis] at Littleover Community School", "s08"),
    ("so [miss achterberg] runs Littleover Community School", "g01"),
    ("[Ms Quillfeather] at Littleover Communtiy School, for sale", "s04"),
    # Broken, turned and oddly set.
    ("[Ms Quill(feather)] at Littleover Community School", "s04"),
    ("[Mr(Brack)enhall] at Littleover Community School", "s05"),
    ("[Mr O\u02bc(Dunnery)] at Littleover Community School", "s09"),
    ("[MrO\u2019Dunnery] at Littleover Community School", "s09"),
    ("[CormacO Dunnery] at Littleover Community School", "s09"),
    ("[m.R b.R.a.C.k.e.N.h.A.l.l] at Littleover Community School", "s05"),
    ("[t·A·m·S·i·n·q·u·I·l·l·f·e·a·t·h·e·r] at Littleover Community School", "s04"),
    ("[Tamsin Quill-\nfeather] at Littleover Community School", "s04"),
    ("[Tamsin\nQuillfeather] at Littleover Community School", "s04"),
    ("[tAmSiN qUiLlFeAtHeR] at Littleover Community School", "s04"),
    ("[rehtaefllliuq] at Littleover Community School", "s04"),
    ("**[Tamsin Quillfeather]** at Littleover Community School", "s04"),
    # Pieces of names.
    ("[Mr Brack] at Littleover Community School", "s05"),
    ("[Ms Q] at Littleover Community School", "s04"),
    ("**[Ms Q]** at Littleover Community School", "s04"),
    ("[Ｍｓ Ｔａｍｓｉｎ] at Littleover Community School", "s04"),
    ("[tamsin dearbhla quillfeather] at Littleover Community School", "s04"),
    ("[Miss Tamsin] at Littleover Community School", "s04"),
    ("[Zadie 9B] at Littleover Community School", "p01"),
    ("[Zadie in Year 9] at Littleover Community School", "p01"),
    ("[Tamsin\nQ] at Littleover Community School", "s04"),
    ("ask [tamsin\nq] at Littleover Community School", "s04"),
    ("[QuillfeatherT]. at Littleover Community School", "s04"),
    ("[Miss Tamisn] at Littleover Community School", "s04"),
    ("[Zadei in Year 9] at Littleover Community School", "p01"),
    ("[Zadje 9B] at Littleover Community School", "p01"),
    ("[Tamsin Jane Quillfeather] at Littleover Community School", "s04"),
    ("[Mr and Mrs Brackenhall] at Littleover Community School", "s05"),
    ("the [Quillfeather]s at Littleover Community School", "s04"),
    ("#Sack[MrBrackenhall] Littleover Community School", "s05"),
    ("@[quillfeathert] Littleover Community School", "s04"),
    # What machines and keyboards make of a name.
    ("[Ms &#81;uillfeathe&#x72;] at Littleover Community School", "s04"),
    ("[Tamsin%20Quillfeather] at Littleover Community School", "s04"),
    ("[\\u0054amsin Quill\\u0066eather] at Littleover Community School", "s04"),
    ("[SiÃ¢n Farrow] at Littleover Community School", "s08"),
    ("[Ms Quill<b>feather]</b> at Littleover Community School", "s04"),
    ("[<i>Ta</i>msin <span>Q</span>uillfeather] at Littleover Community School", "s04"),
    ("[Ьы Йгшддауферук] at Littleover Community School", "s04"),
    # Codes.
    ("[Gnzfva Dhvyysrngure] at Littleover Community School", "s04"),
    ("[Vcoukp Swknnhgcvjgt] at Littleover Community School", "s04"),
    ("[Amsintay Uillfeatherquay] at Littleover Community School", "s04"),
    ("[20-1-13-19-9-14 17-21-9-12-12-6-5-1-20-8-5-18] at Littleover Community School", "s04"),
    ("[826746 784553328437] at Littleover Community School", "s04"),
    ("[cue you eye ell ell eff ee ay tee aitch ee ar] at Littleover Community School", "s04"),
    ("[--.- ..- .. .-.. .-.. ..-. . .- - .... . .-.] at Littleover Community School", "s04"),
    # Another script, pictures and numbers, by how they are said.
    ("[\u0258\u029e\u0252\u027fbn\u0252\u019a \u0287liw] at Littleover Community School", "s13"),
    ("[\u027f\u0258\u029c\u019a\u0252\u0258\u0287lliup \u01a8m] at Littleover Community School", "s04"),
    ("[4d73 51 75 69 6c 6c 66 65 61 74 68 65 72] at Littleover Community School", "s04"),
    ("[Тамсин Квилфетер] at Littleover Community School", "s04"),
    ("[Ms Quill🪶] at Littleover Community School", "s04"),
    ("[Ms Qu1i2l3l4f5e6a7t8h9e1r] at Littleover Community School", "s04"),
    # Something put in, left out or turned about.
    ("[Ms Quill-bloody-feather] at Littleover Community School", "s04"),
    ("[Tamsin bloody Quillfeather] at Littleover Community School", "s04"),
    ("[Ms Qu-Qu-Quillfeather] at Littleover Community School", "s04"),
    ("[Ms Qliluefahter] at Littleover Community School", "s04"),
    ("[Quillfeather (Ms)] at Littleover Community School", "s04"),
    ("[Frau Quillfeather] at Littleover Community School", "s04"),
    ("[Miss TQ] at Littleover Community School", "s04"),
    ("we call her [Mrs FL] at Littleover Community School", "s08"),
    ("[Dr B-O] spoke at Littleover Community School", "g03"),
    ("[Mr O'D] cried at Littleover Community School", "s09"),
    # Where they were seen does not make them somebody else.
    ("[Mr Tandrake] at the pub with a girl from Littleover Community School", "s13"),
    ("[Ms Quillfeather] at the hospital, Littleover Community School", "s04"),
    # First names with what they do.
    ("[Zofia from art] at Littleover Community School", "s10"),
    ("[Wilf the caretaker] at Littleover Community School", "s13"),
    ("our [maths teacher Tamsin] at Littleover Community School", "s04"),
    ("[caretaker Wilf] of Littleover Community School", "s13"),
    ("[Rukhsana baji from safeguarding] at Littleover Community School", "s02"),
    ("[Mr O'Dunnary] at Littleover Community School", "s09"),
]  # fmt: skip

NOBODY = [
    "Thanks Dan Smith Plumbing for sponsoring the Littleover Community School fete",
    "Dan Smith missed another sitter, sack him",
    "Jordan Smithson runs the Littleover Community School fete",
    "I miss green tea at Littleover Community School",
    "Thanks Dan. Smith and sons are coming to Littleover Community School",
    "Closed in May at Littleover Community School, may be open in June",
    "Joanna from Littleover Community School",
    "Quillfeathery hats at Littleover Community School",
    "Miss Quillfeather retires from her choir",
    "Smith again. Littleover Community School",
    "Miss Quillfeather of Bemrose Academy came to Littleover Community School",
    "Bemrose Academy's Miss Quillfeather came to Littleover Community School",
    "Mr Brackenhall, who coaches Bemrose Academy, watched Littleover Community School",
    "burst pipe on Brackenhall Road near Littleover Community School",
    "The Quillfeather Arms by Littleover Community School does lunch",
    "Kevin Brackenhall retired to Spain. Littleover Community School",
    "The Tamsin Quillfeather-Ward Trophy goes to Littleover Community School",
    "we miss green fields at Littleover Community School",
    "my son hasn't eaten, the canteen doesn't care. Littleover Community School",
    "who put that tr**ny in charge at Littleover Community School",
    "came out of Littleover Community School with a cuppa and a plan",
    "@zipellgroveria loves Littleover Community School",
    "ring 784553 or 07700 900123 about Littleover Community School, doors 17-21, 9 to 12",
    "oh why are you at the tea bar, see bee, Littleover Community School",
    "https://x.example/?q=100%25%20safe&amp;id=SGVsbG8gd29ybGQh Littleover Community School",
    "Привет всем из Дерби! Littleover Community School",
    "dr pepper at the Littleover Community School fete",
    "thanks Zadie\nP.E. kit is at Littleover Community School",
    "who is right, Zadie\nP) no\nQ) yes, Littleover Community School",
    "Sadie in Year 9 at Littleover Community School",
    "Trip for Year 9 at Littleover Community School",
    "ring 4667 5646 about Littleover Community School",
    "ON TO BEMROSE PARK HIGH'S MISS QUILLFEATHER, SAYS LITTLEOVER COMMUNITY SCHOOL",
    "miss world came to Littleover Community School - - - . . . not",
    "Mr Smith the butcher sponsors Littleover Community School",
    "my sister Zofia loves art at Littleover Community School",
    "Zofia from maths at Littleover Community School",
]


def people(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    [found] = matcher().scan([text])
    return tuple((text[match.start : match.end], match.person_ids) for match in found.people)


@pytest.mark.parametrize(("marked", "who"), WRITTEN, ids=[str(n) for n in range(len(WRITTEN))])
def test_a_name_is_found_however_it_is_written_and_its_span_quotes_it(marked: str, who: str) -> None:
    """R40: one span, exactly what is written, and nobody else."""
    start, end = marked.index("["), marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    assert people(text) == ((text[start:end], (who,)),)


@pytest.mark.parametrize("text", NOBODY, ids=[str(n) for n in range(len(NOBODY))])
def test_words_that_only_look_like_a_name_are_nobody(text: str) -> None:
    """R38: businesses, words, sentence ends, longer names, common names without a second cue."""
    assert people(text) == ()


def test_everybody_whom_the_words_cannot_tell_apart_is_named() -> None:
    """Two teachers are called Mr Smith; only a cue may choose."""
    assert people("Mr Smith at Littleover Community School") == (("Mr Smith", ("s03", "s14")),)
    assert people("Mr Smith in music at Littleover Community School") == (("Mr Smith", ("s14",)),)


def test_two_people_in_one_text_are_two_matches() -> None:
    """In the order of the text."""
    text = "Mr Brackenhall and Zadie Pellgrove, Littleover Community School"
    assert people(text) == (("Mr Brackenhall", ("s05",)), ("Zadie Pellgrove", ("p01",)))


def test_without_school_context_only_a_distinctive_full_name_remains() -> None:
    """R38: it is reported, but it does not make the School meant."""
    [alone] = matcher().scan(["Tamsin Quillfeather won a raffle"])
    assert [match.person_ids for match in alone.people] == [("s04",)]
    assert (alone.context, alone.school) == (False, ())
    assert matcher().scan(["Miss Quillfeather won a raffle", "Quillfeather!"]) == [Matches(), Matches()]


def test_another_schools_namesake_is_not_ours() -> None:
    """R37: other schools subtract."""
    assert people("Tamsin Quillfeather of Mickleover Grange School won") == ()


def test_the_band_says_how_sure() -> None:
    """R42: a plain name beside the School's is high, an initial is not."""
    texts = ["Ms Quillfeather at Littleover Community School", "zadie p at Littleover Community School"]
    bands = [found.people[0].band for found in matcher().scan(texts)]
    assert bands == [Band.HIGH, Band.MEDIUM]


OFFICES = [
    ("[The headteacher] of", Office.HEADTEACHER), ("the [head teacher] of", Office.HEADTEACHER),
    ("[the head] is", Office.HEADTEACHER), ("[the principal] of", Office.HEADTEACHER),
    ("[Head of the school] at", Office.HEADTEACHER), ("[Chair of Governors] at", Office.CHAIR),
    ("[the governors] of", Office.CHAIR), ("[deputy head] at", Office.DEPUTY_HEAD),
    ("[vice chair of governors] at", Office.VICE_CHAIR), ("[h3adteacher] at", Office.HEADTEACHER),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "office"), OFFICES)
def test_an_office_is_named_by_what_it_is_called(marked: str, office: Office) -> None:
    """DOMAIN.md: "the head", "headteacher" and "principal" count as the Headteacher."""
    text = marked.replace("[", "").replace("]", "") + " Littleover Community School"
    [found] = matcher().scan([text])
    assert [mention.office for mention in found.offices] == [office]
    quoted, expected = text[found.offices[0].start : found.offices[0].end], marked[marked.index("[") + 1 :]
    assert quoted.lower().removeprefix("the ") == expected.split("]")[0].lower().removeprefix("the ")


MEANS_THE_HEAD = [
    "Littleover Community School's head is", "Littleover Community Schools head is", "LCS school's head is",
    "head of Littleover Community School is", "the head at Littleover Community School is",
    "ht at Littleover Community School is", "Littleover Community School HT is", "HT", "our ht",
    "the man who runs Littleover Community School", "woman that runs LCS school", "the boss of our school",
    "whoever is in charge of Littleover school", "Littleover Community School boss", "our head",
    "the boss at Littleover Community School", "the principle of Littleover Community School",
    "HT ignored us after HT ignored them",
]  # fmt: skip


@pytest.mark.parametrize("words", MEANS_THE_HEAD)
def test_the_headteacher_is_meant_however_the_post_is_called(words: str) -> None:
    """Promise 6: who runs the School is never told of what is said about who runs it."""
    [found] = matcher().scan([f"{words} messaging us, Littleover Community School"])
    assert {mention.office for mention in found.offices} == {Office.HEADTEACHER}


def test_a_short_form_and_head_are_the_headteacher_where_the_school_is_meant_anyway() -> None:
    """The place gives the context that "Littleover" lacks by itself (R37)."""
    [here] = matcher().scan(["Littleover's head is messaging us, LCS head too"], [True])
    assert [mention.office for mention in here.offices] == [Office.HEADTEACHER] * 2


NOT_THE_HEAD = [
    "head of year", "the head boy", "head lice", "the head of maths", "my head hurts", "head girl",
    "in principal parts", "headphones", "the head count", "Governor Tremlow", "roll on HT", "HT holidays",
    "Littleover Community School's head boy", "Littleover Community School's head of maths", "after HT",
    "she runs the school choir", "she runs the Littleover Community School choir",
    "the weight of it", "in principle we like school",
]  # fmt: skip


@pytest.mark.parametrize("words", NOT_THE_HEAD)
def test_other_heads_are_not_the_headteacher(words: str) -> None:
    """DOMAIN.md: "head of year", "head boy", "head lice" do not count."""
    [found] = matcher().scan([f"{words} at Littleover Community School"])
    assert found.offices == ()


ANY_TEXT = st.text(st.characters(), max_size=80)
CARRIER = "Ms Quillfeather and the head at Littleover Community School"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(ANY_TEXT, ANY_TEXT.map(lambda noise: noise + CARRIER + noise)), max_size=6))
def test_any_text_is_scanned_and_every_span_lies_in_it(texts: list[str]) -> None:
    """Length and order are kept, whatever Unicode a text holds, lone surrogates included."""
    results = matcher().scan(texts)
    assert len(results) == len(texts)
    for text, found in zip(texts, results, strict=True):
        spans: list[SchoolMatch | PersonMatch | OfficeMention] = [
            *found.school,
            *found.people,
            *found.offices,
        ]
        for one in spans:
            assert 0 <= one.start < one.end <= len(text)
        assert found == matcher().scan([text])[0]


DOUBLE_BARRELLED = Person("h1", Role.STAFF, "Mr", "Ashton", "", "Hatherby-Topham")
PEOPLE = (*register().people, DOUBLE_BARRELLED)
SIGNS = [*"-'/_.,%=&#@+*|!$()[]<>\\0145 \n", "20", "99", "é", "€", "\u200b", "\u0301", "🪶"]
ESCAPES = ["%20", "%2D", "=20", "=\n", "&#45;", "&#x20;", "&amp;", "\\u0020", "<b>", "</i>", "- \n"]
SAID = [
    "LittleoverCommunitySchool",
    "Littleover Community School",
    "@LittleoverLCS",
    "Mr",
    "Ms ",
    "9F",
    "the head",
]


@cache
def with_double_barrelled() -> tuple[Matcher, Glances]:
    """Whoever is invented, and somebody with two surnames."""
    return compile(PEOPLE, TERMS), Glances(compile_roll(PEOPLE))


@st.composite
def disguised(draw: st.DrawFn) -> str:
    """Somebody in one of the disguises of the corpus, or escaped where their name has no such form."""
    person = draw(st.sampled_from(PEOPLE))
    written = draw(st.sampled_from(disguises.FORMS)).write(person, Random(draw(st.integers(0, 99))))
    return written.text if written else f"{person.forename}%20{person.surname}"


GLUED = st.lists(st.one_of(disguised(), st.sampled_from([*SIGNS, *ESCAPES, *SAID])), max_size=9)


@settings(max_examples=150, deadline=None)
@given(pieces=GLUED)
@example(pieces=["Ashton%20Hatherby-Topham"])
@example(pieces=["हुगोजोहनसोन", "TANDRAKE"])
@example(pieces=["@=44", "\\U0072"])
def test_disguises_glued_to_anything_are_scanned_and_explained(pieces: list[str]) -> None:
    """Nothing raises, and every span lies in the text, whatever escapes, signs and digits stand between."""
    text, (finder, _) = "".join(pieces), with_double_barrelled()
    [found] = finder.scan([text], [True])
    spans: list[SchoolMatch | PersonMatch | OfficeMention] = [*found.school, *found.people, *found.offices]
    assert all(0 <= one.start < one.end <= len(text) for one in spans)
    for match in found.people:
        explains(finder, text, match)


@settings(max_examples=150, deadline=None)
@given(pieces=GLUED)
@example(pieces=["Ashton%20Hatherby-Topham"])
@example(pieces=["Ashton%20Hatherby%2DTopham-Hatherby"])
@example(pieces=["99Qu1llfeather99"])
@example(pieces=["हुगोजोहनसोन", "QUILLFEATHER"])
def test_no_way_of_reading_a_text_loses_a_word(pieces: list[str]) -> None:
    """A reading that replaces a part of a word leaves the rest of it in its place ("Hatherby", "-Topham")."""
    text, (_, glances) = "".join(pieces), with_double_barrelled()
    [words] = words_of(read_batch((text,)), (text,), [0])
    seen = glances.of(words.written)
    for view in (words, words.whole, words.leet, undisguised(words, glances, seen=seen)):
        if view is None:
            continue
        places = [place for word in zip(view.starts, view.ends, strict=True) for place in word]
        assert sorted(places) == places
        between = zip([0, *view.ends], [*view.starts, len(view.reading)], strict=True)
        assert not re.findall("[a-z0-9]", " ".join(view.reading[end:start] for end, start in between))
        assert len(view.starts) == len(view.written) == len(view.capitals)
        assert view.keys == [key_of(word) for word in view.written]
        assert all(place < len(view.written) for place in (*view.differing, *view.masks))


def test_what_stands_behind_an_escaped_part_of_a_name_belongs_to_it() -> None:
    """The escape is before the first of two surnames only; both are quoted."""
    finder, _ = with_double_barrelled()
    text = "#LittleoverCommunitySchool check on Ashton%20Hatherby-Topham"
    [[match]] = [found.people for found in finder.scan([text])]
    assert (match.person_ids, text[match.start : match.end]) == (("h1",), "Ashton%20Hatherby-Topham")


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
def test_a_text_encoded_another_way_gives_offsets_that_quote_it(form: Literal["NFC", "NFD", "NFKD"]) -> None:
    """Decomposed accents move every later offset; the quotation stays right."""
    text = unicodedata.normalize(form, "é̂ é Zofia Żarnowiecka and Siân Farrow, Littleover Community School")
    assert [quote for quote, _ in people(text)] == [
        unicodedata.normalize(form, name) for name in ("Zofia Żarnowiecka", "Siân Farrow")
    ]


@pytest.mark.parametrize(
    "hostile",
    ["a\u200b", "@", "s", "Tamsin Quillfeather at Littleover school ", "\u0301", "\u202e", "a b ", "1"],
)
def test_a_text_of_any_length_costs_in_proportion(hostile: str) -> None:
    """Twice the text takes about twice the work: counted by the best of three runs."""

    def cost(size: int) -> float:
        text = CARRIER + hostile * (size // len(hostile))
        started = time.process_time()
        matcher().scan([text])
        return time.process_time() - started

    cost(1000)
    small, large = min(cost(5_000) for _ in range(3)), min(cost(20_000) for _ in range(3))
    assert large < 12 * small + 0.05


@cache
def another_school() -> Matcher:
    """A school with a park in its name, siblings, short surnames, and people whom many are called like."""
    pupil, staff = Role.PUPIL, Role.STAFF
    common = frozenset({"common"})
    people = (
        Person("p1", pupil, "", "Zadie", "", "Pellgrove", year_group="9"),
        Person("p2", pupil, "", "Amara", "", "Pellgrove", year_group="11"),
        Person("p3", pupil, "", "Rhoswen", "", "Pellgrove", year_group="8"),
        Person("p4", pupil, "", "Isabelle", "", "Wood", year_group="7"),
        Person("p5", pupil, "", "Jiayi", "", "Liu", year_group="10"),
        Person("p6", pupil, "", "Harry", "", "Smith", year_group="9", flags=common),
        Person("p7", pupil, "", "Harriet", "", "Smith-Waring", year_group="10"),
        Person("p8", pupil, "", "Jack", "", "Hall", year_group="11"),
        Person("p9", pupil, "", "Henry", "", "Wadmore", year_group="11"),
        Person("p10", pupil, "", "Matilda", "", "Thompson", year_group="7"),
        Person("p11", pupil, "", "Gemma", "", "Thompson", year_group="7"),
        Person("p12", pupil, "", "George", "", "Baker", year_group="7"),
        Person("p14", pupil, "", "Emily", "", "Brown", year_group="8"),
        Person("p15", pupil, "", "Emily", "", "Brown-Ostler", year_group="8"),
        Person("p13", pupil, "", "Lauren", "", "Netherby", year_group="8"),
        Person("s1", staff, "Mr", "Logan", "", "Simmonds", aliases=("Mr S",), job_title="Exams Officer"),
        Person("s2", staff, "Mr", "Haroon", "", "Shafiq", job_title="Receptionist"),
        Person("s3", staff, "Mrs", "Elif", "", "Harrison", job_title="Teacher of Chemistry"),
        Person("s4", staff, "Ms", "Katarzyna", "", "Netherby", job_title="Head of Year 8"),
        Person("s5", staff, "Dr", "Ciara", "", "Loughlin", job_title="Head of Biology"),
    )
    return compile(people, SchoolTerms(names=("Ashdene Park High School",), handles=("AshdeneParkHS",)))


@pytest.mark.parametrize(
    ("marked", "who"),
    [
        # The School's own name behind a name is no business of theirs.
        ("Well done [Zadie Pellgrove] Ashdene Park High School", {"p1"}),
        ("[amara pellgrove] ashdene park high school lol", {"p2"}),
        # Short surnames behind a forename, in one word.
        ("ask @[isabellewood]", {"p4"}),
        ("ask @[jiayiliu]99", {"p5"}),
        ("[isabellewood] was there", {"p4"}),
        ("ask @[zadiepelgrove]", {"p1"}),
        ("ask @[amarapellgruve]", {"p2"}),
        # A year before the name.
        ("why is [Year 9 Zadie] always in trouble", {"p1"}),
        ("[Year 10's Jiayi] won", {"p5"}),
        ("saw [year 9 pupil Zadie] there", {"p1"}),
        # What somebody does, before the name or behind it.
        ("the [receptionist Shafiq] was rude", {"s2"}),
        ("our [chemistry teacher Harrison] again", {"s3"}),
        ("chemistry teacher [Elif Harrison] again", {"s3"}),
        ("my old teacher [E. Harrison] again", {"s3"}),
        ("[exams officer Logan] lost the papers", {"s1"}),
        ("[Ciara the head of biology] left", {"s5"}),
        ("[Mr S] lost the papers", {"s1"}),
        # Both names with letters starred out.
        ("[Geo*ge Ba*er] did it", {"p12"}),
        ("[Geo*ge Baker] did it", {"p12"}),
        # What stands there in full is meant, and nothing that takes more for granted.
        ("[Jack Hall] in Year 11 won", {"p8"}),
        ("I met Mum. Met [Thompson, Gemma] there", {"p11"}),
        ("[Emily Brown-Osler] won", {"p15"}),
        ("[Emily Brown] won", {"p14"}),
        ("head of year 8 [Netherby]", {"p13", "s4"}),
    ],
)
def test_what_another_examiner_wrote_is_found(marked: str, who: set[str]) -> None:
    text = marked.replace("[", "").replace("]", "")
    start = marked.index("[")
    [found] = another_school().scan([text], [True])
    [one] = found.people
    assert (start, marked.index("]") - 1) == (one.start, one.end)
    assert who == set(one.person_ids)
    assert explains(another_school(), text, one)


@pytest.mark.parametrize("text", ["Mrs Hinch is on tv", "Harry Smith is here", "Woooood for the fire"])
def test_what_another_examiner_wrote_about_nobody(text: str) -> None:
    """ "Mrs" is not "Mr S"; who is flagged common needs a second cue, and nobody else is named instead."""
    [found] = another_school().scan([f"{text} #AshdeneParkHighSchool"], [True])
    assert not found.people


def test_siblings_share_the_surname_behind_the_last() -> None:
    text = "Rhoswen, Zadie and Amara Pellgrove of Ashdene Park High School"
    [found] = another_school().scan([text])
    said = {(text[one.start : one.end], one.person_ids) for one in found.people}
    assert said == {
        ("Rhoswen, Zadie and Amara Pellgrove", ("p3",)),
        ("Zadie and Amara Pellgrove", ("p1",)),
        ("Amara Pellgrove", ("p2",)),
    }
    assert all(explains(another_school(), text, one) for one in found.people)


def test_two_names_on_two_lines_are_two_people() -> None:
    text = "Gemma Thompson\nHarriet Smith-Waring\nJack Hall at Ashdene Park High School"
    [found] = another_school().scan([text])
    assert [("p11",), ("p7",), ("p8",)] == [one.person_ids for one in found.people]


def test_what_follows_a_name_does_not_hide_it() -> None:
    """A name, or the School's, before thousands of signs is still one."""
    text = "Tamsin Quillfeather" + "!" * 5000 + " Littleover Community School" + "@ " * 5000
    assert people(text) == (("Tamsin Quillfeather", ("s04",)),)


def test_own_source_gives_context_by_itself() -> None:
    """A school's own page needs no school name in every caption."""
    [found, other] = matcher().scan(["Well done Zadie Pellgrove, 9F", "nothing here"], [True, False])
    assert (found.context, [match.role for match in found.people]) == (True, [Role.PUPIL])
    assert other == Matches()
    with pytest.raises(ValueError, match="as long as texts"):
        matcher().scan(["a", "b"], [True])


def test_an_empty_register_and_no_terms_still_scan() -> None:
    """Before the first import nothing is known, and nothing breaks."""
    bare = compile((), SchoolTerms(names=()))
    assert bare.scan(["Littleover Community School"]) == [Matches()]
    nameless = Person("x", Role.STAFF, "", "王", "", "芳")
    assert compile((nameless,), SchoolTerms(names=("S",))).scan(["王芳"]) == [Matches()]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Mr Tandrake", ("a", "c")),
        ("Mrs Tandrake", ("b", "c")),
        ("Miss Tandrake", ("b", "c")),
        ("Dr Tandrake", ("a", "b", "c")),
        ("Sir Tandrake", ("a", "b", "c")),
        ("Mr Sollow", ("d",)),
    ],
)
def test_a_title_tells_apart_only_those_who_share_a_surname(words: str, meant: tuple[str, ...]) -> None:
    """Nobody is left out where the register gives another title, or where the writer may be wrong."""
    people = [
        ("a", "Mr", "Tandrake"),
        ("b", "Ms", "Tandrake"),
        ("c", "Dr", "Tandrake"),
        ("d", "Mrs", "Sollow"),
    ]
    register = [
        Person(key, Role.STAFF, title, forename="", known_as="", surname=name) for key, title, name in people
    ]
    found = compile(register, SchoolTerms(("Littleover Community School",))).scan(
        [f"{words} at Littleover Community School"]
    )
    assert [meant] == [match.person_ids for match in found[0].people]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("Ms Quillfeather", ()),
        ("Ms Quillfeahter", ("one letter differs",)),
        ("Ms Q*illfeather", ("letters are hidden",)),
        ("Mr Brackenh", ("the name is cut short",)),
    ],
)
def test_a_match_says_in_plain_words_why_it_is_not_surer(words: str, why: tuple[str, ...]) -> None:
    """R42: no single opaque score; each doubt has its sentence, and costs certainty."""
    [[match]] = [found.people for found in matcher().scan([f"{words} at Littleover Community School"])]
    assert why == match.why
    [[sure]] = [found.people for found in matcher().scan(["Ms Quillfeather at Littleover Community School"])]
    assert match.score < sure.score or not why
    assert rule_in_words(match.rule) == "title and surname"


@pytest.mark.parametrize(
    "marked", [marked for marked, _ in WRITTEN], ids=[str(n) for n in range(len(WRITTEN))]
)
def test_the_cited_rule_fires_again_on_the_cited_words(marked: str) -> None:
    """R42: whoever doubts a match can try its rule on the very words it quotes, and on nothing else."""
    text = marked.replace("[", "").replace("]", "")
    [found] = matcher().scan([text])
    assert all(explains(matcher(), text, match) for match in found.people)
    assert not any(explains(matcher(), "#" + text, match) for match in found.people if match.start)


def test_people_who_come_and_go_cost_no_new_matcher() -> None:
    """A change of the Register: new names are found, old ones not, and the old matcher stays as it was."""
    came = Person("n1", Role.STAFF, "Mr", "Ottoline", "", "Marchbanks", flags=frozenset({"distinctive"}))
    changed = matcher().with_people([came], ["s04"])
    texts = ["Ottoline Marchbanks and Tamsin Quillfeather met at Littleover Community School"]
    [before], [after] = matcher().scan(texts), changed.scan(texts)
    assert [("s04",)] == [match.person_ids for match in before.people]
    assert [("n1",)] == [match.person_ids for match in after.people]
    [alone] = changed.scan(["Ottoline Marchbanks won a raffle"])
    assert [("n1",)] == [match.person_ids for match in alone.people]
    again = changed.with_people([replace(came, surname="Underhay")])
    assert [()] == [found.people for found in again.scan([texts[0].replace("Tamsin Quillfeather", "we")])]


@pytest.mark.parametrize(
    ("registered", "written", "slips"),
    [
        ("Harvey", "Mr Harley", 0),
        ("Walker", "Mr Waller", 0),
        ("Chadwick", "Mr Caddick", 0),
        ("Bramlow", "Mr Tremlow", 0),
        ("Atkin", "Mr Atkins", 0),
        ("Howells", "Mr Howell is back and", 0),
        ("Callaghan", "Mr O'Callaghan", 0),
        ("Burton", "Lord Burton's ghost", 0),
        ("Popescu", "Popescu's Bakery", 0),
        ("Hewitt", "Hewitts Estate Agents", 0),
        ("Rice", "Rice and peas for all", 0),
        ("Hewitt", "Hewitts lesson", 1),
        ("Choudhury", "Mr Chowdhury", 1),
        ("Choudhury", "Mr Chaudhry", 1),
        ("Hussain", "Mr Hussein", 1),
        ("Rehman", "Mr Rahman", 1),
        ("Pellgrove", "Mr Pellgreve is back and Mr Pelgrave", 2),
        ("Hughes", "Mr Huges", 1),
    ],
)
def test_somebody_elses_surname_is_no_misspelling_and_another_spelling_of_ours_is_ours(
    registered: str, written: str, slips: int
) -> None:
    """A real surname that is close to a registered one belongs to whoever bears it, not to our Mr Harvey;
    what nobody is called, or hardly anybody, is a slip, and another way to write his name is his (Equality
    Act). Shops, lords and food are nobody of ours."""
    person = Person(
        id="s1", role=Role.STAFF, title="Mr", forename="Aldous", known_as="", surname=registered
    )  # fmt: skip

    found = compile([person], TERMS).scan([f"{written} at Littleover Community School"])[0].people

    assert slips == len(found)
