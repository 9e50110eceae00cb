"""The 36 worked examples of the domain study, section 5, as posts with dates, and what should follow.

All people in them are invented. Pure: files of this package in, frozen values out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import resources

from pydantic import TypeAdapter

from monitor.model import CaptureMode, Office, Urgency


@dataclass(frozen=True, slots=True)
class Expected:
    """What the school's policy wants done about one post."""

    category: str
    also: tuple[str, ...]
    mail: bool
    told: tuple[Office, ...]
    capture: CaptureMode
    urgency: Urgency
    asks_person: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example. `site` is forum, feed, blog, photo, own or intake."""

    number: int
    site: str
    author: str
    text: str
    expect: Expected


@dataclass(frozen=True, slots=True)
class Post:
    """A post as its site shows it now. `edited_at` is None while nobody changed it."""

    number: int
    site: str
    author: str
    text: str
    at: datetime
    edited_at: datetime | None = None


INTAKE = "intake"
"""The site of what no search can see: somebody hands it over (example 36)."""

SEARCH_CANNOT_FIND = 6
"""It names a person and not the School, and nobody's name is ever searched for (R12)."""

EDITED = 10
DELETED = 21

_SOFTENED = "Brackenhall at Littleover school is a pathetic little man, useless waste of space"

_HOURS_AGO = {10: 27 * 24, 11: 5, 12: 2, 16: 1, 34: 1, 31: 20, 32: 26}
"""Number 10 came weeks before number 11, by the same account about the same person."""


def load() -> tuple[Example, ...]:
    """Every example, by number."""
    lines = (resources.files("monitor.demo") / "examples.jsonl").read_text("utf-8").splitlines()
    reader = TypeAdapter(Example)
    return tuple(reader.validate_json(line) for line in lines if line)


def posted(examples: Sequence[Example], began: datetime) -> tuple[Post, ...]:
    """The posts as a first visitor finds them, newest first; `began` is when the demo first ran."""
    posts = (
        Post(example.number, example.site, example.author, example.text, began - _age(example.number))
        for example in examples
        if example.site != INTAKE
    )
    return tuple(sorted(posts, key=lambda post: post.at, reverse=True))


def changed(posts: Sequence[Post], began: datetime) -> tuple[Post, ...]:
    """The posts as every later visitor finds them: one was edited, one deleted."""
    return tuple(
        replace(post, text=_SOFTENED, edited_at=began) if post.number == EDITED else post
        for post in posts
        if post.number != DELETED
    )


def _age(number: int) -> timedelta:
    return timedelta(hours=_HOURS_AGO.get(number, 3 + number * 37 % 160), minutes=number * 13 % 60)
