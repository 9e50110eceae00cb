"""Posts that name nobody of the School, by kind. A careful reader would agree: nobody is to be flagged.

The words are in distractors.toml. Names come from the register under test, because that is where a wrong
flag hurts: a footballer, a plumber or another school's teacher of the same name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from random import Random

from monitor.model import Role
from tests.corpus.carriers import FOLDER, Post, ways_to_name_the_school
from tests.corpus.reader import distance, surname_readings
from tests.corpus.registers import School, backgrounds, plain
from tests.corpus.shapes import titled

_WORD_IN_BRACES = re.compile(r"\{(\w+)\}")

KINDS: Mapping[str, str] = {
    "ordinary": "ordinary posts, school not meant",
    "namesake": "namesakes elsewhere",
    "elsewhere": "full names, school not meant, nothing says who else it is",
    "namesake_here": "namesakes in a post about the school",
    "other_school": "another school's people",
    "other_school_and_ours": "another school's people, ours named too",
    "word": "ordinary words that are surnames, school meant",
    "mixed": "everyday talk, school named too",
    "forename": "forenames alone, school meant",
    "place": "places with somebody's surname, school meant",
    "famous": "people of books and history, school meant",
    "near_title": "title with another real surname close to one of ours, school meant",
}


def distractors(school: School, seed: int, kind: str, count: int) -> Iterator[Post]:
    """`count` different posts of one kind about nobody of this School; the same seed gives the same ones."""
    random = Random(f"{seed} {kind}")
    fill = _Filler(school, random)
    frames = _data()[kind]
    seen: set[str] = set()
    for _ in range(count * 30):
        text = fill.fill(random.choice(frames))
        if text and text not in seen:
            seen.add(text)
            yield Post(text=text, kind=kind)
        if len(seen) == count:
            return


def chatter(random: Random) -> str:
    """A sentence of everyday talk about nobody and no school."""
    data = _data()
    frame = random.choice(data["ordinary"])
    return _WORD_IN_BRACES.sub(lambda found: random.choice(data[found[1]]), frame)


class _Filler:
    """Replaces the words in braces."""

    def __init__(self, school: School, random: Random) -> None:
        self._school = school
        self._random = random
        self._adults = [one for one in school.people if one.role is not Role.PUPIL]
        self._special: dict[str, Callable[[], str]] = {
            "school": lambda: random.choice(ways_to_name_the_school()),
            "name": self._name,
            "title_name": self._title_name,
            "surname": lambda: random.choice(school.people).surname,
            "first": lambda: random.choice(school.people).forename,
            "near": self._near,
            "chatter": lambda: chatter(random),
        }
        self._near_names = _near_names(school)

    def fill(self, frame: str) -> str:
        """The frame with everything filled in, now and then with words around it or in capitals."""
        data = _data()
        other = self._random.choice(data["other"])  # the same school throughout one post

        def word(found: re.Match[str]) -> str:
            special = self._special.get(found[1])
            if special:
                return special()
            return other if found[1] == "other" else self._random.choice(data[found[1]])

        text = _WORD_IN_BRACES.sub(word, frame)
        text = self._random.choice(data["opener"]) + text + self._random.choice(data["closer"])
        chance = self._random.random()
        return text.upper() if chance < 0.03 else text.lower() if chance < 0.1 else text

    def _name(self) -> str:
        person = self._random.choice(self._school.people)
        return f"{person.forename} {person.surname}"

    def _title_name(self) -> str:
        person = self._random.choice(self._adults)
        return f"{titled(person, self._random)} {person.surname}"

    def _near(self) -> str:
        title, name = self._random.choice(self._near_names)
        return f"{title} {name}"


_BRITISH = {"english", "scottish", "welsh", "irish"}


def _near_names(school: School) -> Sequence[tuple[str, str]]:
    """Titles of adults with real surnames that nobody here has, a letter (two in seven or more) from theirs.

    Only surnames of these islands: "Ahmad" for "Ahmed" or "Kowalski" for Mrs Kowalska is the same name in
    another spelling, as are "Clark" for "Clarke" and "MacDonald" for "McDonald", and a reader would see it.
    """
    ours = {reading for one in school.people for reading in surname_readings(one.surname)}
    theirs = {
        plain(name): name
        for one in backgrounds()
        if one.name in _BRITISH
        for name in (*one.everyday, *one.surnames)
    }
    near = []
    for person in school.people:
        own = plain(person.surname)
        if person.role is Role.PUPIL or school.background[person.id] not in _BRITISH or len(own) < 4:
            continue
        title = titled(person, Random(person.id))
        for other, name in theirs.items():
            if abs(len(other) - len(own)) > 1 or other in ours or _same_name(own, other):
                continue
            if distance(own, other) <= (2 if len(own) >= 7 else 1):
                near.append((title, name))
    return near


def _same_name(one: str, other: str) -> bool:
    return one.rstrip("e") == other.rstrip("e") or one.replace("mac", "mc") == other.replace("mac", "mc")


@cache
def _data() -> Mapping[str, tuple[str, ...]]:
    read = tomllib.loads((FOLDER / "distractors.toml").read_text("utf-8"))
    return {name: tuple(listed) for name, listed in read.items()}
