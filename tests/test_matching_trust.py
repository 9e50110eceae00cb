"""A trust watches for many schools at once: a text goes to those that it may mean, and to no others."""

from __future__ import annotations

import json
from pathlib import Path

from monitor.matching import Schools
from monitor.model import SchoolTerms
from tests.invented_school import TERMS, matcher

OTHER = SchoolTerms(
    names=("Larkhill Cross School",),
    handles=("LarkhillCross",),
    short=("LCS", "Larkhill"),
    context=("Derby",),
)
SCHOOLS = Schools({"littleover": TERMS, "larkhill": OTHER})


def test_each_text_goes_to_the_schools_whose_terms_are_in_it() -> None:
    """Names, slips, disguises and handles count, short forms too, and a shared one means either school."""
    texts = [
        "Larkhill Cross School closed today",
        "L!ttleover Communtiy School and @larkhillcross play at home",
        "homework at LCS again",
        "the bus was late",
        "",
        "a LittleoverLCS trip",
    ]
    either = ("larkhill", "littleover")
    assert [("larkhill",), either, either, (), (), ("littleover",)] == SCHOOLS.meant(texts)


def test_no_text_that_means_a_school_is_kept_from_it() -> None:
    """Wherever the School's own Matcher finds it meant by the words, it is among the schools."""
    lines = (
        Path(__file__).with_name("corpus").joinpath("school_context.jsonl").read_text("utf-8").splitlines()
    )
    texts = [json.loads(line)["text"] for line in lines if line.strip()]
    meant = [text for text, matches in zip(texts, matcher().scan(texts), strict=True) if matches.school]
    assert len(meant) > 20
    assert all("littleover" in schools for schools in SCHOOLS.meant(meant))


def test_a_trust_without_schools_means_none() -> None:
    """As many answers as texts, whatever the settings."""
    assert [(), ()] == Schools({}).meant(["Larkhill Cross School", ""])
