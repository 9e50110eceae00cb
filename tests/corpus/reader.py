"""What a careful reader takes from a mention of somebody, and whom on the register that leaves possible.

`Written` is a mention as a `Form` writes it, with the `Clue` that says what is understood from it.
`consistent` gives everybody whom that allows, and `misread` says where the words happen to mean somebody
else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from monitor.model import Person, Role
from tests.corpus.registers import nicknames, plain


@dataclass(frozen=True, slots=True)
class Clue:
    """What a reader understands from a mention; "" and 0 say that it was not told.

    `given` and `surname` hold the name as read. `given_slips` and `surname_slips` are how far the writing
    is from the name that was meant. `surname_like` is a regular expression over plain letters where some
    of them cannot be read; `surname_start` is a surname cut short. `year` is a school year. `alias` is a
    name that the register gives beside the others ("Miss Q"). `otherwise` is what the words may as well mean:
    "Thomas G" is a Thomas, or somebody Thomas by surname.
    """

    title: str = ""
    given: str = ""
    given_initial: str = ""
    given_slips: int = 0
    surname: str = ""
    surname_initial: str = ""
    surname_start: str = ""
    surname_like: str = ""
    surname_slips: int = 0
    year: int = 0
    couple: bool = False
    alias: str = ""
    otherwise: Clue | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A mention as written, where the name lies in it, and other spans that are as exact."""

    text: str
    start: int
    end: int
    clue: Clue
    also: tuple[tuple[int, int], ...] = ()

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Every span that counts as exact."""
        return ((self.start, self.end), *self.also)


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing a name. `write` gives None where the Person's name cannot be written so."""

    name: str
    write: Callable[[Person, Random], Written | None]


_WOMEN, _MEN = {"mrs", "miss", "ms"}, {"mr"}


def consistent(register: Collection[Person], person: Person, form: Form, written: Written) -> set[str]:
    """Everybody on the register whom the words allow, as a careful reader would conclude.

    Where the words spell somebody's surname exactly, those with half of it, or with one a slip away, are
    not meant, unless `person` is one of them.
    """
    del form  # every form says what was understood in its clue
    fitting = _fitting(register, written.clue)
    exact = [one for one in fitting if _spelt_out(one, written.clue)]
    chosen = exact if exact and person in exact else fitting
    others = _fitting(register, written.clue.otherwise) if written.clue.otherwise else []
    return {one.id for one in (*chosen, *others)}


def misread(register: Collection[Person], person: Person, written: Written) -> bool:
    """Whether the words happen to spell out somebody else, so that no reader could see who was meant.

    So it is with a slip that makes another name, with half a name where somebody has just that one, with
    a nickname or a short name by which somebody else is known, and with "Mr Martin" for Martin Low where
    there is a Mr Martin.
    """
    clue = written.clue
    if clue.surname_start and f"{clue.title} {clue.surname_start}" in _aliases(register):
        return True
    read = replace(clue, surname_slips=0, given_slips=0)
    if clue.title and clue.given and not clue.surname:
        namesakes = _fitting(register, Clue(title=clue.title, surname=clue.given))
        return bool(namesakes)
    if clue.surname_slips or clue.given_slips:
        return any(one.id != person.id for one in _fitting(register, read))
    if clue.surname and not _spelt_out(person, clue):
        return any(_spelt_out(one, read) for one in _fitting(register, read))
    if clue.given and not _goes_by(person, clue):
        return any(_goes_by(one, read) for one in _fitting(register, read))
    return False


def _aliases(register: Collection[Person]) -> set[str]:
    return {alias for one in register for alias in one.aliases}


def _goes_by(person: Person, clue: Clue) -> bool:
    """Whether the forename was written as it is, or as the register says the person is known."""
    return plain(clue.given) in (plain(person.forename), plain(person.known_as))


def _fitting(register: Collection[Person], clue: Clue) -> list[Person]:
    surnames = {one.surname for one in register}
    fitting = {surname for surname in surnames if _surname_fits(surname, clue)}
    return [one for one in register if one.surname in fitting and _rest_fits(one, clue)]


def _rest_fits(person: Person, clue: Clue) -> bool:
    if clue.alias and clue.alias not in person.aliases:
        return False
    told_adult = bool(clue.title or clue.couple)
    if told_adult and (person.role is Role.PUPIL or not _sex_allows(person.title, clue.title)):
        return False
    if clue.year and person.year_group != f"Y{clue.year}":
        return False
    return _given_fits(person, clue)


def _sex_allows(title: str, written: str) -> bool:
    """A title tells the sex and nothing else, and Dr, Sir or Rev not even that."""
    mine, theirs = plain(title), plain(written)
    return not ((mine in _WOMEN and theirs in _MEN) or (mine in _MEN and theirs in _WOMEN))


def _given_fits(person: Person, clue: Clue) -> bool:
    own = [plain(name) for name in (person.forename, person.known_as) if name]
    if clue.given_initial:
        return any(name.startswith(plain(clue.given_initial)) for name in own)
    if not clue.given:
        return True
    read = plain(clue.given)
    if any(
        read == name or read in nicknames().get(name, ()) or name in nicknames().get(read, ()) for name in own
    ):
        return True
    parts = {plain(part) for part in re.split(r"[\s\-]", person.forename)}
    if read in parts:
        return True
    return bool(clue.given_slips) and any(_near(read, name, clue.given_slips) for name in own)


def _surname_fits(surname: str, clue: Clue) -> bool:
    own = surname_readings(surname)
    if clue.surname_initial:
        return any(name.startswith(plain(clue.surname_initial)) for name in own)
    if clue.surname_start:
        return own[0].startswith(plain(clue.surname_start))
    if clue.surname_like:
        return any(re.fullmatch(clue.surname_like, name) for name in own)
    if not clue.surname:
        return True
    read = plain(clue.surname)
    return read in own or (
        bool(clue.surname_slips) and any(_near(read, name, clue.surname_slips) for name in own)
    )


def _spelt_out(person: Person, clue: Clue) -> bool:
    """Whether the whole surname was written as it is."""
    return bool(clue.surname) and plain(clue.surname) == plain(person.surname)


@cache
def surname_readings(surname: str) -> tuple[str, ...]:
    """A surname in plain letters: whole, then its halves where it is double-barrelled."""
    halves = surname_halves(surname)
    return tuple(dict.fromkeys([plain(surname), *(plain(half) for half in halves)]))


@cache
def surname_halves(surname: str) -> tuple[str, ...]:
    """Both names of a double-barrelled surname; none for "O'Brien", "Al-Hassan" or "Abu-Zaid"."""
    halves = re.split(r"[\s\-]", surname)
    if len(halves) != 2 or min(len(plain(half)) for half in halves) < 3 or plain(halves[0]) == "abu":
        return ()
    return tuple(halves)


def _near(one: str, other: str, slips: int) -> bool:
    """Whether two names are at most so many slips apart; most are told apart by their letters alone."""
    if abs(len(one) - len(other)) > slips or len(set(one) ^ set(other)) > 2 * slips:
        return False
    return distance(one, other) <= slips


@cache
def distance(one: str, other: str) -> int:
    """Letters dropped, added, replaced or swapped with their neighbour (optimal string alignment)."""
    if abs(len(one) - len(other)) > 3:
        return 9
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
