"""Invented posts: frames that carry a name, and posts that name nobody of the School.

The words are in carriers.toml and distractors.toml; here they are put together.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from monitor.model import Person, Role
from tests.corpus.reader import Written

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Carrier:
    """A post with a place for a name.

    `about` says of whom it can be ("adult", "pupil", "teacher", "governor"; "" of anybody), and `said`
    is the same where the words say so. `own_source`: it was posted where the School is meant anyway.
    """

    text: str
    about: str = ""
    said: str = ""
    own_source: bool = False

    def suits(self, person: Person) -> bool:
        """Whether the post can be about this Person."""
        return _IS[self.about](person)

    def narrows(self, register: Sequence[Person], allowed: set[str]) -> set[str]:
        """Those of `allowed` whom the words around the name leave."""
        return {one.id for one in register if one.id in allowed and _LEAVES[self.said](one)}


def _teaches(person: Person) -> bool:
    return person.role is Role.STAFF and person.job_title.startswith(("Teacher of", "Head of"))


_IS: dict[str, Callable[[Person], bool]] = {
    "": lambda person: True,
    "adult": lambda person: person.role is not Role.PUPIL,
    "pupil": lambda person: person.role is Role.PUPIL,
    "teacher": _teaches,
    "governor": lambda person: person.role is Role.GOVERNOR,
}
# Who is called a teacher may be an assistant or a cover supervisor.
_LEAVES = _IS | {"teacher": lambda person: person.role is Role.STAFF}


@dataclass(frozen=True, slots=True)
class Post:
    """A post with at most one mention: where it lies, whom it means, and whom its words allow.

    `companion` is somebody else of the School who is named plainly in the same post: from, to, and who.
    """

    text: str
    own_source: bool = False
    spans: tuple[tuple[int, int], ...] = ()
    person: str = ""
    allowed: frozenset[str] = frozenset()
    form: str = ""
    kind: str = ""
    background: str = ""
    companion: tuple[int, int, str] | None = None


_SAID = ("teacher", "governor", "pupil")


@cache
def _data() -> dict[str, tuple[str, ...]]:
    read = tomllib.loads((FOLDER / "carriers.toml").read_text("utf-8"))
    return {name: tuple(listed) for name, listed in read.items()}


@cache
def carriers() -> tuple[Carrier, ...]:
    """Every carrier with school context."""
    data = _data()
    return (
        *(Carrier(text) for text in data["anyone"]),
        *(Carrier(text, who) for who in ("adult", "pupil") for text in data[who]),
        *(Carrier(text, who, who) for who in _SAID for text in data[f"{who}_said"]),
        *(Carrier(text, own_source=True) for text in data["own"]),
    )  # fmt: skip


def ways_to_name_the_school() -> tuple[str, ...]:
    """The words of carriers.toml that stand for the School."""
    return _data()["school"]


def companion_sentences() -> tuple[str, ...]:
    """What is said about one more person."""
    return _data()["companion"]


def plant(carrier: Carrier, written: Written, random: Random) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The carrier's text with the mention in it, and the exact spans."""
    before, after = carrier.text.split("{who}")
    before, after = _with_school(before, random), _with_school(after, random)
    start = len(before)
    spans = tuple((start + first, start + last) for first, last in written.spans)
    return before + written.text + after, spans


def _with_school(text: str, random: Random) -> str:
    data = _data()
    while "{school}" in text:
        text = text.replace("{school}", random.choice(ways_to_name_the_school()), 1)
    return text.replace("{tag}", random.choice(data["tag"]))
