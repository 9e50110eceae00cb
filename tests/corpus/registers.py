"""Invented registers of a whole school, with the collisions that real ones have.

The lists in backgrounds.toml were written for this corpus; the matcher's own statistics come from elsewhere,
so that neither flatters the other. Which half of the surnames a register draws from is its `Pool`.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from random import Random

from monitor.model import Person, Role

FOLDER = Path(__file__).parent
STAFF, GOVERNORS, VOLUNTEERS = 230, 20, 30
"""How many of 2,500 people; fewer people keep the proportions."""


class Pool(StrEnum):
    """Which half of every surname list a register draws from."""

    KNOWN = "known"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Background:
    """Forenames and surnames of one background, and its share of a register in parts per hundred.

    `coined` are surnames put together from halves of place names; some exist and some could.
    """

    name: str
    weight: int
    women: tuple[str, ...]
    men: tuple[str, ...]
    older_women: tuple[str, ...]
    older_men: tuple[str, ...]
    everyday: tuple[str, ...]
    surnames: tuple[str, ...]
    coined: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class School:
    """An invented Register with what it does not say: each person's background and form ("9B")."""

    people: tuple[Person, ...]
    background: Mapping[str, str]
    form: Mapping[str, str]


def development(people: int = 2500) -> School:
    """The register to develop against."""
    return generate(101, people)


def test(people: int = 2500) -> School:
    """Another register from the same lists."""
    return generate(202, people)


def never_seen(people: int = 2500) -> School:
    """A register whose surnames are the other half of every list, the most common ones apart."""
    return generate(303, people, pool=Pool.UNSEEN)


def unflagged(school: School) -> School:
    """The same people as a school gives them that marks nobody `common` or `distinctive`."""
    marks = {"common", "distinctive"}
    return replace(
        school, people=tuple(replace(person, flags=person.flags - marks) for person in school.people)
    )


def generate(seed: int, people: int = 2500, *, pool: Pool = Pool.KNOWN) -> School:
    """Make a register of `people` from a seed; the same seed gives the same register for ever."""
    random = Random(seed)
    drawn = _Drawer(random, pool)
    staff, governors, volunteers = (
        max(2, count * people // 2500) for count in (STAFF, GOVERNORS, VOLUNTEERS)
    )
    adults = [
        drawn.adult(f"{letter}{number:04d}", role)
        for letter, role, count in (
            ("s", Role.STAFF, staff),
            ("g", Role.GOVERNOR, governors),
            ("v", Role.VOLUNTEER, volunteers),
        )
        for number in range(1, count + 1)
    ]
    pupils = drawn.pupils(people - len(adults), adults)
    everyone = _flagged(_with_offices(adults) + pupils, random)
    return School(tuple(everyone), drawn.background, drawn.forms)


class _Drawer:
    """Draws people, and remembers what the Register does not say."""

    def __init__(self, random: Random, pool: Pool) -> None:
        self.random = random
        self.lists = {one.name: _half(one, pool) for one in backgrounds()}
        self.background: dict[str, str] = {}
        self.forms: dict[str, str] = {}

    def adult(self, key: str, role: Role) -> Person:
        """Somebody with a title, now and then without one."""
        origin = self._origin()
        woman = self.random.random() < 0.66
        titles = {"Mrs": 40, "Miss": 27, "Ms": 20} if woman else {"Mr": 87}
        titles |= {"Dr": 5, "": 6, "Rev" if role is Role.GOVERNOR else "Prof": 1}
        title = self.random.choices(list(titles), list(titles.values()))[0]
        forename = self.random.choice(self._forenames(origin, woman=woman, adult=True))
        job = self.random.choice(_JOBS[role])
        person = Person(
            id=key, role=role, title=title, forename=forename, known_as=self._known_as(forename),
            surname=self._surname(origin, woman=woman), job_title=job,
        )  # fmt: skip
        self.background[key] = origin
        if role is Role.STAFF and title and self.random.random() < 0.08:
            short = self.random.choice([forename[0] + person.surname[0], person.surname[:4].strip("' -")])
            person = replace(person, aliases=(f"{title} {short}",))
        return person

    def pupils(self, count: int, adults: Sequence[Person]) -> list[Person]:
        """Pupils with siblings, with staff children, and with names that others have too."""
        pupils: list[Person] = []
        for number in range(1, count + 1):
            key = f"p{number:04d}"
            origin, woman = self._origin(), self.random.random() < 0.5
            surname = self._surname(origin, woman=woman)
            chance = self.random.random()
            if pupils and chance < 0.17:
                sibling = self.random.choice(pupils[-60:])
                origin, surname = self.background[sibling.id], sibling.surname
            elif chance < 0.18:
                parent = self.random.choice(adults)
                origin, surname = self.background[parent.id], parent.surname
            forename = self.random.choice(self._forenames(origin, woman=woman, adult=False))
            if 0.18 <= chance < 0.19 and pupils:
                twin = self.random.choice(pupils)
                origin, forename, surname = self.background[twin.id], twin.forename, twin.surname
            elif 0.19 <= chance < 0.1935:
                teacher = self.random.choice(adults)
                origin, forename, surname = self.background[teacher.id], teacher.forename, teacher.surname
            year = self.random.randint(7, 13)
            person = Person(
                id=key, role=Role.PUPIL, title="", forename=forename, known_as=self._known_as(forename),
                surname=surname, year_group=f"Y{year}",
            )  # fmt: skip
            self.background[key] = origin
            self.forms[key] = f"{year}{self.random.choice('ABCDEF')}"
            pupils.append(person)
        return pupils

    def _origin(self) -> str:
        names = list(self.lists)
        return self.random.choices(names, [self.lists[name].weight for name in names])[0]

    def _forenames(self, origin: str, *, woman: bool, adult: bool) -> tuple[str, ...]:
        lists = self.lists[origin]
        if adult and lists.older_women and self.random.random() < 0.6:
            return lists.older_women if woman else lists.older_men
        return lists.women if woman else lists.men

    def _surname(self, origin: str, *, woman: bool) -> str:
        lists = self.lists[origin]
        chosen = self._plain_surname(lists)
        if origin == "polish" and woman and chosen.endswith(("ski", "cki")):
            chosen = chosen[:-1] + "a"
        if origin not in _SELDOM_DOUBLED and self.random.random() < 0.035:
            other = self._plain_surname(self.lists["english" if self.random.random() < 0.6 else origin])
            if other != chosen and "-" not in chosen + other:
                chosen += self.random.choice("---- ") + other
        return chosen

    def _plain_surname(self, lists: Background) -> str:
        often = len(lists.everyday)
        if often and self.random.random() < _EVERYDAY_SHARE:
            weights = [1 / (place + 3.5) for place in range(often)]
            return self.random.choices(lists.everyday, weights)[0]
        if often:
            return self.random.choice(lists.surnames + lists.coined)
        weights = [1 / (place + 6) for place in range(len(lists.surnames))]
        return self.random.choices(lists.surnames, weights)[0]

    def _known_as(self, forename: str) -> str:
        short = nicknames().get(plain(forename), ())
        return self.random.choice(short).title() if short and self.random.random() < 0.2 else ""


_EVERYDAY_SHARE = 0.3
_SELDOM_DOUBLED = {"punjabi", "urdu", "bengali", "somali", "chinese", "arabic"}
_SUBJECTS = (
    "Maths", "English", "Science", "History", "Geography", "Music", "Art", "Drama", "French", "German",
    "Spanish", "Computing", "PE", "RE", "Chemistry", "Physics", "Biology", "Economics", "Psychology",
    "Textiles",
)  # fmt: skip
_JOBS = {
    Role.STAFF: [
        *(f"Teacher of {subject}" for subject in _SUBJECTS),
        *(f"Head of {subject}" for subject in _SUBJECTS[:9]),
        *(f"Head of Year {year}" for year in range(7, 14)),
        *(["Teaching Assistant"] * 6),
        "Learning Support Assistant", "Cover Supervisor", "Receptionist", "Site Manager", "Caretaker",
        "Librarian", "Science Technician", "Exams Officer", "Attendance Officer", "Midday Supervisor", "Cook",
        "Bursar", "SENDCo", "School Nurse", "Network Manager", "Assistant Headteacher", "Pastoral Manager",
    ],
    Role.GOVERNOR: ["Parent Governor", "Staff Governor", "Co-opted Governor", "Local Authority Governor"],
    Role.VOLUNTEER: ["Reading Volunteer", "Club Volunteer", "Trip Volunteer", "Library Volunteer"],
}  # fmt: skip


def _with_offices(adults: Sequence[Person]) -> list[Person]:
    """The first people of each role hold the offices."""
    offices = {
        "s0001": ("Headteacher", "headteacher"), "s0002": ("Deputy Headteacher", "deputy_head"),
        "s0003": ("Designated Safeguarding Lead", "dsl"), "g0001": ("Chair of Governors", "chair"),
        "g0002": ("Vice Chair of Governors", "vice_chair"),
    }  # fmt: skip
    return [
        replace(person, job_title=offices[person.id][0], flags=frozenset({offices[person.id][1]}))
        if person.id in offices
        else person
        for person in adults
    ]


def _flagged(people: Sequence[Person], random: Random) -> list[Person]:
    """Mark a few, as a busy office does: some adults with names that many have, some with rare ones."""
    bearers = Counter(plain(person.surname) for person in people)
    marked = []
    for person in people:
        mark = ""
        count = bearers[plain(person.surname)]
        if person.role is not Role.PUPIL and count >= 8 and random.random() < 0.6:
            mark = "common"
        elif person.role is not Role.PUPIL and count == 1 and len(person.surname) > 6:
            mark = "distinctive" if random.random() < 0.25 else ""
        marked.append(replace(person, flags=person.flags | {mark}) if mark else person)
    return marked


def _half(one: Background, pool: Pool) -> Background:
    """The background with the half of its surnames that belongs to a pool."""
    first = 0 if pool is Pool.KNOWN else 1
    return replace(one, surnames=one.surnames[first::2], coined=one.coined[first::2])


@cache
def backgrounds() -> tuple[Background, ...]:
    """All of backgrounds.toml."""
    data = tomllib.loads((FOLDER / "backgrounds.toml").read_text("utf-8"))
    return tuple(
        Background(
            name=name, weight=row["weight"], women=_words(row["girls"]), men=_words(row["boys"]),
            older_women=_words(row.get("older_women", "")), older_men=_words(row.get("older_men", "")),
            everyday=_words(row.get("everyday", "")), surnames=_words(row["surnames"]), coined=_coined(row),
        )
        for name, row in data.items()
    )  # fmt: skip


def _coined(row: Mapping[str, str]) -> tuple[str, ...]:
    """Every third of the surnames that halves of place names make."""
    pairs = [
        first + second
        for first in _words(row.get("first_halves", ""))
        for second in _words(row.get("second_halves", ""))
        if first[-1] != second[0]
    ]
    return tuple(pairs[::3])


def _words(listed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.replace("_", " ") for word in listed.split()))


@cache
def nicknames() -> Mapping[str, tuple[str, ...]]:
    """Short forms by forename in plain letters."""
    data = tomllib.loads((FOLDER / "nicknames.toml").read_text("utf-8"))
    return {name.strip("_"): tuple(short.split()) for name, short in data.items()}


@cache
def everyday_surnames() -> frozenset[str]:
    """Surnames so common that many people of a town have them, in plain letters."""
    often = [name for one in backgrounds() for name in one.everyday]
    often += [name for one in backgrounds() if not one.everyday for name in one.surnames[:6]]
    return frozenset(plain(name) for name in often)


@cache
def all_surnames() -> frozenset[str]:
    """Every surname of every list, in plain letters."""
    return frozenset(
        plain(name) for one in backgrounds() for name in (*one.everyday, *one.surnames, *one.coined)
    )


@cache
def is_woman(forename: str) -> bool:
    """Whether the lists know a forename as a woman's; those of both count as a woman's."""
    key = plain(forename)
    return any(key == plain(name) for one in backgrounds() for name in (*one.women, *one.older_women))


@cache
def ordinary_words() -> frozenset[str]:
    """Words that are surnames too, and some that surnames begin with."""
    return frozenset((FOLDER / "words.txt").read_text("utf-8").split())


_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae"})


@cache
def plain(name: str) -> str:
    """A name in small letters a to z, nothing else."""
    apart = unicodedata.normalize("NFD", name.lower().translate(_PLAIN))
    return "".join(letter for letter in apart if "a" <= letter <= "z")
