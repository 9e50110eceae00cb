"""Which parts of a name are written, in which order: what every form of writing it begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from monitor.model import Person, Role
from tests.corpus.reader import Clue, Written
from tests.corpus.registers import all_surnames, backgrounds, is_woman, plain


@dataclass(frozen=True, slots=True)
class Draft:
    """A mention being put together: `pieces` (title, given, surname ...) with what stands between them.

    `kinds[i]` says what piece i is. `before` and `after` belong to the text but not to the name.
    """

    pieces: tuple[str, ...]
    kinds: tuple[str, ...]
    clue: Clue
    gaps: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    inside: tuple[tuple[int, int], ...] = ()

    def written(self) -> Written:
        """The finished mention."""
        gaps = self.gaps or (" ",) * (len(self.pieces) - 1)
        name = self.pieces[0] + "".join(gap + piece for gap, piece in zip(gaps, self.pieces[1:], strict=True))
        start = len(self.before)
        also = tuple((start + first, start + last) for first, last in self.inside)
        return Written(self.before + name + self.after, start, start + len(name), self.clue, also)

    def where(self, kind: str) -> int:
        """The place of a kind of piece, or -1."""
        return self.kinds.index(kind) if kind in self.kinds else -1

    def put(self, place: int, piece: str) -> Draft:
        """The same with another piece there."""
        return replace(self, pieces=(*self.pieces[:place], piece, *self.pieces[place + 1 :]))


Step = Callable[[Draft, Person, Random], Draft | None]


def titled(person: Person, random: Random) -> str:
    """The title by which somebody writes of an adult: their own, or for a blank one what fits."""
    if person.role is Role.PUPIL:
        return ""
    if person.title:
        return person.title
    return random.choice(["Miss", "Mrs", "Ms"]) if is_woman(person.forename) else "Mr"


def called(person: Person, random: Random) -> str:
    """The forename or the name the person goes by."""
    return random.choice([person.forename, person.known_as]) if person.known_as else person.forename


Shape = Callable[[Person, Random], "Draft | None"]


def _full(person: Person, random: Random) -> Draft | None:
    given = called(person, random)
    return Draft((given, person.surname), ("given", "surname"), Clue(given=given, surname=person.surname))


def _title_surname(person: Person, random: Random) -> Draft | None:
    title = titled(person, random)
    if not title:
        return None
    return Draft((title, person.surname), ("title", "surname"), Clue(title=title, surname=person.surname))


def _title_full(person: Person, random: Random) -> Draft | None:
    title, given = titled(person, random), called(person, random)
    if not title:
        return None
    clue = Clue(title=title, given=given, surname=person.surname)
    return Draft((title, given, person.surname), ("title", "given", "surname"), clue)


def _title_initial_surname(person: Person, random: Random) -> Draft | None:
    title, initial = titled(person, random), person.forename[0]
    if not title:
        return None
    clue = Clue(title=title, given_initial=initial, surname=person.surname)
    dot = random.choice(["", "."])
    return Draft((title, initial + dot, person.surname), ("title", "initial", "surname"), clue)


def _initial_surname(person: Person, random: Random) -> Draft | None:
    initial = person.forename[0]
    return Draft(
        (initial + random.choice(["", "."]), person.surname),
        ("initial", "surname"),
        Clue(given_initial=initial, surname=person.surname),
    )


def _given_initial(person: Person, random: Random) -> Draft | None:
    given, initial = called(person, random), person.surname[0]
    if initial == "I":  # nobody could tell it from the word
        return None
    small = random.random() < 0.4 and initial != "A"
    pieces = (given.lower(), initial.lower()) if small else (given, initial)
    clue = Clue(given=given, surname_initial=initial, otherwise=Clue(given_initial=initial, surname=given))
    return Draft(pieces, ("given", "initial"), clue)


def _surname(person: Person, random: Random) -> Draft | None:
    return Draft((person.surname,), ("surname",), Clue(surname=person.surname))


def _transposed(person: Person, random: Random) -> Draft | None:
    given = called(person, random)
    clue = Clue(given=given, surname=person.surname)
    return Draft((person.surname, given), ("surname", "given"), clue, gaps=(", ",))


def _family_name_first(person: Person, random: Random) -> Draft | None:
    given = called(person, random)
    clue = Clue(given=given, surname=person.surname, otherwise=Clue(given=person.surname, surname=given))
    return Draft((person.surname, given), ("surname", "given"), clue)


def _surname_initial(person: Person, random: Random) -> Draft | None:
    initial = person.forename[0]
    gap, dot = random.choice([(" ", ""), (", ", ""), (", ", "."), (" ", ".")])
    reverse = None if "," in gap else Clue(given=person.surname, surname_initial=initial)
    clue = Clue(given_initial=initial, surname=person.surname, otherwise=reverse)
    return Draft((person.surname, initial + dot), ("surname", "initial"), clue, gaps=(gap,))


def _given_form(person: Person, random: Random) -> Draft | None:
    if not person.year_group:
        return None
    given, year = called(person, random), int(person.year_group[1:])
    group = random.choice("ABCDEF")
    said = random.choice(
        [
            f"{year}{group}",
            f"Y{year}",
            f"year {year}",
            f"yr{year}",
            f"{year}{group.lower()}",
            f"in year {year}",
        ]
    )
    clue = Clue(given=given, year=year)
    draft = Draft((given,), ("given",), clue, after=f" {said}")
    return replace(draft, inside=((0, len(given) + 1 + len(said)),))


def _title_initial(person: Person, random: Random) -> Draft | None:
    title, initial = titled(person, random), person.surname[0]
    if not title or initial == "I":
        return None
    return Draft((title, initial), ("title", "initial"), Clue(title=title, surname_initial=initial))


def _title_forename(person: Person, random: Random) -> Draft | None:
    title, given = titled(person, random), called(person, random)
    if not title or plain(given) in all_surnames():
        return None
    clue = Clue(title=title, given=given, otherwise=Clue(title=title, surname_start=given))
    return Draft((title, given), ("title", "given"), clue)


def _couple(person: Person, random: Random) -> Draft | None:
    if not titled(person, random):
        return None
    both = random.choice(["Mr & Mrs", "Mr and Mrs", "mr & mrs"])
    clue = Clue(couple=True, surname=person.surname)
    name = f"{both} {person.surname}"
    second = both.lower().rindex("mrs")
    return replace(Draft((both, person.surname), ("title", "surname"), clue), inside=((second, len(name)),))


def _plural(person: Person, random: Random) -> Draft | None:
    if person.surname[-1] in "szx" or len(plain(person.surname)) < 5:
        return None
    name = person.surname + "s"
    draft = Draft((name,), ("surname",), Clue(surname=person.surname), before="the ")
    return replace(draft, inside=((-4, len(name)), (0, len(name) - 1)))


def _middle(person: Person, random: Random) -> Draft | None:
    given = called(person, random)
    origin = random.choice(["english", "irish", "scottish"])
    pool = next(one for one in backgrounds() if one.name == origin)
    middle = random.choice(pool.women if is_woman(person.forename) else pool.men)
    clue = Clue(given=given, surname=person.surname)
    return Draft((given, middle, person.surname), ("given", "middle", "surname"), clue)


def _alias(person: Person, random: Random) -> Draft | None:
    if not person.aliases:
        return None
    alias = random.choice(person.aliases)
    title, short = alias.split()
    clue = Clue(alias=alias, otherwise=Clue(title=title, surname_start=short))
    return Draft((title, short), ("title", "alias"), clue)


SHAPES: Mapping[str, Shape] = {
    "full": _full,
    "title_surname": _title_surname,
    "title_full": _title_full,
    "title_initial_surname": _title_initial_surname,
    "initial_surname": _initial_surname,
    "given_initial": _given_initial,
    "surname_only": _surname,
    "transposed": _transposed,
    "family_name_first": _family_name_first,
    "surname_initial": _surname_initial,
    "given_form": _given_form,
    "title_initial": _title_initial,
    "title_forename": _title_forename,
    "couple": _couple,
    "plural": _plural,
    "middle_name": _middle,
    "alias": _alias,
}
