"""The labelled posts hold together: whatever is measured on them is measured on what they promise."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.corpus.reader import consistent
from tests.corpus.registers import plain
from tests.corpus.sealed.forms_sealed import FORMS
from tests.invented_school import policy, register

CORPUS = Path(__file__).parent / "corpus"
POSTS = CORPUS / "posts.jsonl"
SEALED = CORPUS / "sealed" / "posts_sealed.jsonl"
CONTEXT = CORPUS / "school_context.jsonl"
SEALED_CONTEXT = CORPUS / "sealed" / "school_context_sealed.jsonl"
Row = Mapping[str, Any]

OTHERS = {"Hebblewhite", "Pirouette", "Vile"}
"""People outside the School whom we made up, and a pun."""
TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Cllr)\.? ([A-ZÀ-Ž](?:[’']?[A-Za-zÀ-ž]){2,})\b")


@cache
def rows(path: Path) -> tuple[Row, ...]:
    """The lines of a file."""
    return tuple(json.loads(line) for line in path.read_text("utf-8").splitlines())


def codes(row: Row) -> list[str]:
    """The codes that would be right, the best first."""
    category = row["category"]
    return [category] if isinstance(category, str) else list(category)


def first_codes(path: Path) -> Counter[str]:
    """How many posts there are whose best code is this."""
    return Counter(codes(row)[0] for row in rows(path))


@pytest.mark.parametrize("path", [POSTS, SEALED], ids=["open", "sealed"])
def test_every_post_has_its_own_id_and_words(path: Path) -> None:
    """No post is counted twice, in either half."""
    both = [*rows(POSTS), *rows(SEALED)]
    assert len(both) == len({row["id"] for row in both}) == len({row["text"] for row in both})
    assert all(row["text"].strip() for row in rows(path))


@pytest.mark.parametrize("path", [POSTS, SEALED], ids=["open", "sealed"])
def test_every_code_is_one_of_the_policy(path: Path) -> None:
    """A label that the policy does not know could never be right. A2 links findings and labels no post."""
    known = set(policy().categories)
    for row in rows(path):
        assert set(codes(row)) <= known - {"A2"}, row["id"]
        assert set(row["also"]) <= known, row["id"]


@pytest.mark.parametrize("path", [POSTS, SEALED], ids=["open", "sealed"])
def test_every_pair_has_a_harmless_and_a_serious_side(path: Path) -> None:
    """Nearly the same words, and side a leaves nothing behind where side b is a finding."""
    sides: dict[str, dict[str, Row]] = {}
    for row in rows(path):
        if row["pair"]:
            assert row["side"] not in sides.setdefault(row["pair"], {}), row["id"]
            sides[row["pair"]][row["side"]] = row
    for pair, found in sides.items():
        assert set(found) == {"a", "b"}, pair
        assert codes(found["a"])[0].startswith("P") and not codes(found["b"])[0].startswith("P"), pair


def test_the_counts_are_as_promised() -> None:
    """Enough of each to measure with, in both halves."""
    open_posts, sealed = first_codes(POSTS), first_codes(SEALED)
    assert sum(open_posts.values()) >= 600 and sum(sealed.values()) >= 250
    assert set(policy().categories) - {"A2"} <= set(open_posts)
    assert min(open_posts[code] for code in ("A3", "S1", "S2", "S4", "A1", "A4", "K1", "T1", "A5")) >= 20
    assert min(sealed[code] for code in ("A3", "S1", "S2", "S4")) >= 20
    assert min(sealed[code] for code in ("A1", "A4", "K1", "T1")) >= 12
    assert quiet(open_posts) >= 120 and quiet(sealed) >= 70
    assert pairs(POSTS) >= 40 and pairs(SEALED) >= 20
    assert len(rows(CONTEXT)) >= 80 and len(rows(SEALED_CONTEXT)) >= 40


def quiet(counted: Mapping[str, int]) -> int:
    """How many of these leave nothing behind."""
    return sum(number for code, number in counted.items() if code.startswith("P"))


def pairs(path: Path) -> int:
    """How many contrast pairs there are."""
    return len({row["pair"] for row in rows(path)} - {""})


def test_every_worked_example_of_the_study_is_there() -> None:
    """Numbers 1 to 35; 36 comes in by the intake form and has no words of its own."""
    assert {row["example"] for row in rows(POSTS) if "example" in row} == set(range(1, 36))


@pytest.mark.parametrize("path", [CONTEXT, SEALED_CONTEXT], ids=["open", "sealed"])
def test_rows_for_school_context_say_why_and_hold_both_answers(path: Path) -> None:
    """Each row is for one reason, and neither answer is right for all."""
    assert all(row["why"] and row["text"] for row in rows(path))
    assert len({row["text"] for row in rows(path)}) == len(rows(path))
    answers = Counter(row["meant"] for row in rows(path))
    assert min(answers[True], answers[False]) * 3 >= len(rows(path))


def test_nobody_real_is_named_with_a_title() -> None:
    """Whoever has a title and a name here is on the invented register or invented for the purpose."""
    known = {
        plain(name)[:4] for one in register().people for name in (one.surname, one.forename, one.known_as)
    }
    for path in (POSTS, SEALED, CONTEXT, SEALED_CONTEXT):
        strangers = {name for name in named(path) if plain(name)[:4] not in known}
        assert strangers <= OTHERS, path.name


def named(path: Path) -> Iterator[str]:
    """The names after a title."""
    for row in rows(path):
        for found in TITLED.finditer(row["text"]):
            yield found[1]


def test_every_sealed_form_underlines_words_that_mean_the_person() -> None:
    """At least fourteen forms, each with a span inside its words and a reader who could tell who is meant."""
    random = Random(3)
    people = register().people
    assert len({form.name for form in FORMS}) == len(FORMS) >= 14
    for form in FORMS:
        written = [(one, form.write(one, random)) for one in people]
        told = [(one, mention) for one, mention in written if mention]
        assert told, form.name
        for one, mention in told:
            assert one.id in consistent(people, one, form, mention), form.name
            assert all(0 <= first < last <= len(mention.text) for first, last in mention.spans), form.name
