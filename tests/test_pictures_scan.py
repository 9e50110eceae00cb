"""`scan` with pictures: only from the folder that was named, never where the rules forbid it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.pictured import Folder
from tests.pictured_posts import draw
from tests.school import REPOSITORY, people_file

SCHOOL = "Littleover Community School"
NAMED = (SCHOOL, "Brackenhall is a pathetic little man, useless waste of space")


@dataclass(frozen=True)
class Ran:
    """What `scan` answered."""

    code: int
    lines: list[dict[str, Any]]
    err: str


def scan(*items: Mapping[str, object], pictures: Path | None) -> Ran:
    """Run `scan` as a person would, with these items on standard input."""
    command = [str(Path(sys.executable).with_name("school-monitor")), "scan"]
    command += ["--config", str(REPOSITORY / "config"), "--people", str(people_file())]
    command += ["--pictures", str(pictures)] if pictures else []
    given = "".join(json.dumps(dict(item)) + "\n" for item in items)
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    return Ran(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures, with ways out of it that somebody laid."""
    root = tmp_path_factory.mktemp("handed-in")
    folder = root / "pictures"
    (folder / "week 47").mkdir(parents=True)
    chance = random.Random(5)
    (folder / "week 47" / "post.png").write_bytes(draw("post card", NAMED, chance))
    (folder / "name only.png").write_bytes(draw("chat", (NAMED[1],), chance))
    (folder / "trigger.png").write_bytes(
        draw("post card", (SCHOOL, "selling nudes of Year 9 girls dm me"), chance)
    )
    (root / "outside.png").write_bytes(draw("post card", NAMED, chance))
    (folder / "link.png").symlink_to(root / "outside.png")
    (folder / "way out").symlink_to(root)
    return folder


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, dict[str, Any]]:
    """What one run answers to these items, by id."""
    about_us = f"this from {SCHOOL} today"
    items: dict[str, tuple[str, list[str] | None]] = {
        "plain": ("look what is going round", None),
        "pictured": ("look what is going round", ["week 47/post.png"]),
        "alone": ("haha", ["name only.png"]),
        "beside": (about_us, ["name only.png"]),
        "forbidden": (f"selling nudes of Year 9 girls at {SCHOOL}, dm me", ["no such.png"]),
        "trigger last": ("look", ["week 47/post.png", "trigger.png"]),
        "trigger first": ("look", ["trigger.png", "week 47/post.png"]),
        "way out": ("look", ["link.png", "week 47/post.png"]),
    }
    lines = [
        {"id": key, "text": text} | ({"pictures": names} if names else {})
        for key, (text, names) in items.items()
    ]
    ran = scan(*lines, pictures=folder)

    assert (0, "") == (ran.code, ran.err)
    assert list(items) == [line["id"] for line in ran.lines]
    return {line["id"]: line for line in ran.lines}


def test_scan_proposes_whom_a_picture_names(answers: dict[str, dict[str, Any]]) -> None:
    """The picture has its own words, confidence and category; the item's answer is what it always was."""
    (picture,) = answers["pictured"]["pictures"]

    assert ("week 47/post.png", "read", "abuse_adult") == (
        picture["picture"],
        picture["outcome"],
        picture["category"],
    )
    (person,) = picture["people"]
    assert ["s05"] == person["person_ids"]
    assert (True, True) == (person["proposed"], person["read_from_picture"])
    assert any("a person must confirm it" in why for why in person["why"])
    assert "Brackenhall" in picture["text"][person["start"] : person["end"]]
    assert 0 < person["score"] <= picture["confidence"] <= 1
    assert all(len(corner) == 2 for box in person["boxes"] for corner in box)


def test_an_item_is_answered_as_ever_whatever_its_pictures_say(answers: dict[str, dict[str, Any]]) -> None:
    """The contract of `scan` is unchanged: pictures only add their own key."""
    pictured = {key: value for key, value in answers["pictured"].items() if key != "pictures"}

    assert {**answers["plain"], "id": "pictured"} == pictured


def test_the_words_beside_a_picture_say_which_school_is_meant(answers: dict[str, dict[str, Any]]) -> None:
    """A surname in a meme names nobody by itself; under a post about the school it does."""
    first, second = (answers[key]["pictures"][0] for key in ("alone", "beside"))

    assert ("not_us", []) == (first["category"], first["people"])
    assert "abuse_adult" == second["category"]
    assert ["s05"] == second["people"][0]["person_ids"]


def test_no_picture_is_opened_where_the_words_set_off_a_trigger(answers: dict[str, dict[str, Any]]) -> None:
    """R28: a picture that is not even there is called suppressed, so nobody looked."""
    assert ["suppressed"] == [picture["outcome"] for picture in answers["forbidden"]["pictures"]]


@pytest.mark.parametrize("order", ["trigger first", "trigger last"])
def test_a_trigger_in_one_picture_silences_all_of_its_item(
    answers: dict[str, dict[str, Any]], order: str
) -> None:
    """Nothing read from any of them is told, in whatever order they come."""
    pictures = answers[order]["pictures"]

    assert 2 == len(pictures)
    for picture in pictures:
        said = (picture["outcome"], picture["text"], picture["people"], picture["category"])
        assert ("suppressed", "", [], None) == said


def test_a_way_out_costs_that_picture_only(answers: dict[str, dict[str, Any]]) -> None:
    """The item is answered, and so is the next picture."""
    assert ["not_found", "read"] == [picture["outcome"] for picture in answers["way out"]["pictures"]]


WAYS_OUT = (
    "../outside.png",
    "week 47/../../outside.png",
    "link.png",
    "way out/outside.png",
    "/etc/hostname",
    "week 47",
    "",
    ".",
    "nul\0byte.png",
    "week 47//post.png",
)


@pytest.mark.parametrize("name", WAYS_OUT)
def test_nothing_outside_the_folder_is_opened(folder: Path, name: str) -> None:
    """Not by `..`, not by a whole path, not by a symbolic link at any step."""
    with Folder(folder) as pictures, pytest.raises((OSError, ValueError)):
        pictures.open(name)


def test_what_lies_in_the_folder_is_opened(folder: Path) -> None:
    """The same door lets the right files through."""
    with Folder(folder) as pictures, pictures.open("week 47/post.png") as file:
        assert b"PNG" == file.read(4)[1:]


def test_pictures_without_their_folder_are_refused_line_by_line() -> None:
    """Who forgot the option is told so; the other lines are answered."""
    ran = scan(
        {"id": 1, "text": "a", "pictures": ["x.png"]},
        {"id": 2, "text": "b"},
        {"id": 3, "text": "c", "pictures": "x.png"},
        pictures=None,
    )

    assert (1, [2]) == (ran.code, [line["id"] for line in ran.lines])
    first, second = ran.err.splitlines()
    assert first.startswith("line 1: ") and "--pictures" in first
    assert second.startswith("line 3: ") and "not a list of texts" in second
