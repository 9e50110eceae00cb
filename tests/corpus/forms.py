"""The ways in which people write a name, each with the exact span and with whom the words allow.

A `Form` writes one mention of a Person. Forms are put together from `Change`s: one shape (which parts of the
name, in which order), then changes of spelling, of letters, of what stands between them, and of what is put
around the name. `compose` makes a Form of any two changes.

A module with other forms needs `FORMS`, a tuple of `Form`. A Form may be made from a plain function:

    def backwards(person: Person, random: Random) -> Written | None:
        '''"Tamsin" as "nismaT": None where this Person's name cannot be written so.'''
        words = person.forename[::-1]
        return Written(words, 0, len(words), Clue(given=(person.forename,)))

    FORMS = (Form("backwards", backwards),)

`Written.start` and `end` bound what a careful reader would underline: the title and the name, without a
leading @ or #, without a possessive 's, without words glued around it. `Clue` says what the reader
understood, and `consistent` gives everybody whom that allows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from monitor.model import Person, Role
from tests.corpus.registers import (
    all_surnames,
    backgrounds,
    is_woman,
    nicknames,
    ordinary_words,
    plain,
)


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


# --- what a reader would conclude -------------------------------------------------------------------

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


# --- putting a mention together ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """A mention being put together: `pieces` (title, given, surname ...) with what stands between them.

    `kinds[i]` says what piece i is. `before` and `after` belong to the text but not to the name. `plain`
    is True while the name may still be changed letter by letter.
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


@dataclass(frozen=True, slots=True)
class Change:
    """One transformation. Of the same `kind` only one can be made; `stage` orders them."""

    name: str
    stage: int
    kind: str
    make: Step
    base: str = ""


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


# --- shapes: which parts of the name, in which order ------------------------------------------------

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


# --- spelling ---------------------------------------------------------------------------------------

_NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qsz", "s": "adwx", "d": "sfec", "f": "dgrv", "g": "fhtb", "h": "gjyn", "j": "hkum",
    "k": "jlim", "l": "kop", "z": "ax", "x": "zcs", "c": "xvd", "v": "cbf", "b": "vng", "n": "bmh", "m": "nk",
}  # fmt: skip
_SOUNDS = [
    ("ph", "f"), ("ck", "k"), ("ie", "y"), ("ey", "y"), ("ou", "ow"), ("ea", "ee"), ("ei", "ie"),
    ("ai", "ay"), ("oo", "u"), ("wh", "w"), ("gh", "g"), ("th", "t"), ("kh", "k"), ("dh", "d"),
    ("bh", "b"), ("sch", "sh"), ("cz", "ch"), ("sz", "sh"), ("rz", "z"), ("ts", "tz"), ("x", "ks"),
    ("qu", "kw"), ("que", "k"), ("cs", "x"), ("mac", "mc"), ("mc", "mac"), ("son", "sen"),
    ("er", "ar"), ("ar", "er"), ("ll", "l"), ("tt", "t"), ("ss", "s"), ("nn", "n"), ("rr", "r"),
    ("mm", "m"), ("pp", "p"), ("ff", "f"), ("oe", "o"), ("ew", "u"), ("igh", "y"), ("y", "i"),
    ("w", "v"), ("v", "w"), ("k", "c"), ("c", "k"), ("z", "s"), ("j", "y"), ("ee", "i"),
    ("aa", "a"), ("ow", "ou"), ("ay", "ai"), ("f", "ph"), ("dge", "ge"), ("tch", "ch"), ("kn", "n"),
    ("wr", "r"), ("ham", "am"),
]  # fmt: skip


def slip(name: str, random: Random) -> str:
    """One letter dropped, doubled, swapped with its neighbour, or hit beside its key; not the first."""
    place = random.randrange(1, len(name))
    letter = name[place]
    if not letter.isalpha():
        return name
    kind = random.choice(["dropped", "doubled", "swapped", "neighbour"])
    if kind == "dropped":
        return name[:place] + name[place + 1 :]
    if kind == "doubled":
        return name[:place] + letter + name[place:]
    if kind == "swapped" and place + 1 < len(name) and name[place + 1].isalpha():
        return name[:place] + name[place + 1] + letter + name[place + 2 :]
    near = _NEIGHBOURS.get(plain(letter))
    return name[:place] + random.choice(near) + name[place + 1 :] if near else name


def mis_heard(name: str, random: Random) -> str:
    """One sound written another way ("Kwillfeather", "Brakenhall")."""
    low = name.lower()
    able = [(old, new) for old, new in _SOUNDS if old in low[1:] or (low.startswith(old) and len(old) > 1)]
    if not able:
        return name
    old, new = random.choice(able)
    place = low.find(old, 0 if len(old) > 1 else 1)
    changed = name[:place] + new + name[place + len(old) :]
    return changed[0].upper() + changed[1:] if name[0].isupper() else changed


def _misspell(kind: str, edits: int, how: Callable[[str, Random], str], *, least: int) -> Step:
    """Misspell one part so that it is no other name that the lists know."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        place = draft.where(kind)
        if place < 0 or len(plain(draft.pieces[place])) < least:
            return None
        right = draft.pieces[place]
        for _ in range(12):
            wrong = right
            for _ in range(edits):
                wrong = how(wrong, random)
            far = distance(plain(wrong), plain(right))
            known = all_surnames() | ordinary_words() if kind == "surname" else _all_forenames()
            if 0 < far <= max(edits, 2) and plain(wrong) not in known and plain(wrong)[0] == plain(right)[0]:
                if kind == "surname":
                    clue = replace(draft.clue, surname=wrong, surname_slips=far)
                else:
                    clue = replace(draft.clue, given=wrong, given_slips=far)
                return replace(draft.put(place, wrong), clue=clue)
        return None

    return make


@cache
def _all_forenames() -> frozenset[str]:
    listed = (name for one in backgrounds() for name in one.women + one.men + one.older_women + one.older_men)
    short = (name for names in nicknames().values() for name in names)
    return frozenset(plain(name) for name in (*listed, *short, *nicknames()))


def _nickname(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("given")
    short = nicknames().get(plain(person.forename), ())
    if place < 0 or not short:
        return None
    said = random.choice(short).title()
    return replace(draft.put(place, said), clue=replace(draft.clue, given=said))


def _wrong_title(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("title")
    if place < 0 or draft.clue.couple:
        return None
    woman = {"Mrs", "Miss", "Ms"}
    others = woman - {person.title} if person.title in woman else set()
    if person.title in ("Dr", "Prof", "Rev"):
        others = woman if is_woman(person.forename) else {"Mr"}
    if not others:
        return None
    title = random.choice(sorted(others))
    return replace(draft.put(place, title), clue=replace(draft.clue, title=title))


def _truncated(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    if place < 0 or len(plain(person.surname)) < 8 or surname_halves(person.surname):
        return None
    size = random.randint(4, min(6, len(person.surname) - 3))
    start = person.surname[:size]
    if plain(start) in all_surnames() | ordinary_words() or not start.isalpha():
        return None
    reverse = Clue(title=draft.clue.title, given=start) if not draft.clue.given else None
    clue = replace(draft.clue, surname="", surname_start=start, otherwise=reverse)
    return replace(draft.put(place, start), clue=clue)


def _censor(pick: Callable[[str, Random], range], sign: str | None) -> Step:
    """Hide some letters of the surname behind signs."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        place = draft.where("surname")
        name = person.surname
        if place < 0 or len(name) < 5 or not name.isalpha() or draft.clue.surname_slips:
            return None
        hidden = pick(name, random)
        signs = [sign or random.choice("!*#%") for _ in hidden]
        said = "".join(
            signs[index - hidden.start] if index in hidden else letter for index, letter in enumerate(name)
        )
        size = len(hidden)  # few people count the signs they put for many letters
        some = f".{{{size - 2},{size + 2}}}" if size > 2 else "." * size
        like = plain(name[: hidden.start]) + some + plain(name[hidden.stop :])
        return replace(draft.put(place, said), clue=replace(draft.clue, surname="", surname_like=like))

    return make


def _one_inside(name: str, random: Random) -> range:
    vowels = [index for index, letter in enumerate(name[:-1]) if index and plain(letter) in "aeiou"]
    place = random.choice(vowels or list(range(1, len(name) - 1)))
    return range(place, place + 1)


def _few_inside(name: str, random: Random) -> range:
    size = 2 if len(name) < 8 else 3
    place = random.randrange(1, len(name) - size)
    return range(place, place + size)


def _all_inside(name: str, random: Random) -> range:
    return range(1, len(name) - 1)


def _without_marks(draft: Draft, person: Person, random: Random) -> Draft | None:
    bare = tuple(_ascii(piece) for piece in draft.pieces)
    return replace(draft, pieces=bare) if bare != draft.pieces else None


@cache
def _ascii(words: str) -> str:
    """A name on a keyboard without accents, capitals kept."""
    swap = str.maketrans("łŁıİđĐøØ", "lLiIdDoO")
    apart = unicodedata.normalize("NFD", words.translate(swap))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _decomposed(draft: Draft, person: Person, random: Random) -> Draft | None:
    apart = tuple(unicodedata.normalize("NFD", piece) for piece in draft.pieces)
    return replace(draft, pieces=apart) if apart != draft.pieces else None


def _apostrophe(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    if place < 0 or "'" not in draft.pieces[place]:
        return None
    other = random.choice(["", "\u2019", "\u2018", " ", "`", "\u02bc", "\u2032"])
    return draft.put(place, draft.pieces[place].replace("'", other))


def _hyphen(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    if place < 0 or not re.search(r"[\-\s]", draft.pieces[place]):
        return None
    other = random.choice([" ", "", "\u2011", "\u2013", " - ", "-"])
    changed = re.sub(r"[\-\s]", other, draft.pieces[place])
    return draft.put(place, changed) if changed != draft.pieces[place] else None


def _half_name(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    halves = surname_halves(person.surname)
    if place < 0 or not halves:
        return None
    half = random.choice(halves)
    return replace(draft.put(place, half), clue=replace(draft.clue, surname=half))


def _cut_given(draft: Draft, person: Person, random: Random) -> Draft | None:
    """ "Tams Quillfeather": a forename cut short by somebody who types little."""
    place = draft.where("given")
    if place < 0 or len(plain(person.forename)) < 6 or not person.forename.isalpha():
        return None
    cut = person.forename[: random.randint(4, len(person.forename) - 2)]
    if plain(cut) in _all_forenames():
        return None
    return replace(draft.put(place, cut), clue=replace(draft.clue, given="", given_initial=cut))


# --- letters ----------------------------------------------------------------------------------------

_LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "l": "1", "g": "9", "b": "8"}
_LOOKALIKE = {
    "a": "а", "e": "е", "o": "оο", "p": "р", "c": "с", "x": "х", "y": "у", "i": "і", "s": "ѕ",
    "j": "ј", "v": "ν", "A": "АΑ", "B": "ВΒ", "E": "ЕΕ", "H": "НΗ", "I": "ІΙ", "K": "КΚ", "M": "МΜ",
    "N": "Ν", "O": "ОΟ", "P": "РΡ", "T": "ТΤ", "X": "Х", "C": "С", "S": "Ѕ", "Y": "Υ", "Z": "Ζ",
    "h": "һ", "d": "ԁ", "q": "ԛ", "w": "ԝ", "l": "ӏ",
}  # fmt: skip
_SMALL_CAPITALS = dict(zip("abcdefghijklmnopqrstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", strict=True))
_ALPHABETS = (0x1D400, 0x1D434, 0x1D468, 0x1D4D0, 0x1D56C, 0x1D5A0, 0x1D5D4, 0x1D608, 0x1D63C, 0x1D670)
"""Where mathematical alphabets begin: bold, italic, bold script, sans-serif, monospace ..."""


def each_piece(how: Callable[[str, Random], str]) -> Step:
    """A step that writes each piece otherwise; None where that changes nothing."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        seed = random.random()
        changed = tuple(how(piece, Random(f"{seed}{place}")) for place, piece in enumerate(draft.pieces))
        return replace(draft, pieces=changed, inside=()) if changed != draft.pieces else None

    return make


def _case(how: Callable[[str], str]) -> Step:
    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        changed = tuple(how(piece) for piece in draft.pieces)
        gaps = tuple(how(gap) for gap in draft.gaps)
        around = (how(draft.before), how(draft.after))
        return replace(draft, pieces=changed, gaps=gaps, before=around[0], after=around[1])

    return make


def _mixed_case(words: str, random: Random) -> str:
    return "".join(random.choice([letter.upper(), letter.lower()]) for letter in words)


def _leet(words: str, random: Random) -> str:
    able = [index for index, letter in enumerate(words) if letter.lower() in _LEET]
    # A first letter is seldom replaced, and some of the name stays readable as letters.
    able = [index for index in able if index or random.random() < 0.3]
    if not able or len(words) < 2:
        return words
    chosen = set(random.sample(able, random.randint(1, max(1, min(len(able), len(words) // 2)))))
    return "".join(
        random.choice(_LEET[letter.lower()]) if index in chosen else letter
        for index, letter in enumerate(words)
    )


def _lookalikes(words: str, random: Random) -> str:
    return "".join(
        random.choice(_LOOKALIKE[letter]) if letter in _LOOKALIKE and random.random() < 0.6 else letter
        for letter in words
    )


def _styled(draft: Draft, person: Person, random: Random) -> Draft | None:
    start = random.choice([*_ALPHABETS, 0x24B6, 0xFF21, 0])
    return replace(draft, pieces=tuple(_in_alphabet(_ascii(piece), start) for piece in draft.pieces))


def _in_alphabet(words: str, start: int) -> str:
    if not start:
        return "".join(_SMALL_CAPITALS.get(letter.lower(), letter) for letter in words)
    small = start + (32 if start == 0xFF21 else 26)
    drawn = "".join(
        chr(start + ord(letter) - 65)
        if "A" <= letter <= "Z"
        else chr(small + ord(letter) - 97)
        if "a" <= letter <= "z"
        else letter
        for letter in words
    )
    return drawn.replace("\U0001d455", "\u210e")  # Unicode has the italic h elsewhere


def _emoji_letters(draft: Draft, person: Person, random: Random) -> Draft | None:
    start = random.choice([0x1F170, 0x1F130, 0x1F150, 0x1F1E6])
    joint = random.choice([" ", "\u200b"]) if start == 0x1F1E6 else ""
    pieces = tuple(
        joint.join(
            chr(start + ord(letter) - 65) if "A" <= letter <= "Z" else letter
            for letter in _ascii(piece).upper()
        )
        for piece in draft.pieces
    )
    gaps = ("   ",) * (len(pieces) - 1) if joint == " " else draft.gaps
    return replace(draft, pieces=pieces, gaps=gaps)


def _elongated(words: str, random: Random) -> str:
    if len(words) < 3:
        return words
    able = [index for index, letter in enumerate(words) if index and plain(letter) in set("aeioulrsnmhy")]
    place = random.choice(able or [len(words) - 1])
    return words[:place] + words[place] * random.randint(2, 6) + words[place:]


# --- between the letters ----------------------------------------------------------------------------


def _spread(separators: Sequence[str], *, between: str) -> Step:
    """Every letter by itself."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        if any(len(piece) < 2 for piece in draft.pieces) or len("".join(draft.pieces)) < 6:
            return None
        sign = random.choice(separators)
        pieces = tuple(sign.join(_letters(piece)) for piece in draft.pieces)
        gap = random.choice([sign, between]) if sign.strip() or len(pieces) < 2 else between
        return replace(draft, pieces=pieces, gaps=(gap,) * (len(pieces) - 1), inside=())

    return make


def _letters(words: str) -> list[str]:
    """Letters with their combining marks and joiners."""
    return re.findall(r".[\u0300-\u036f\u200b-\u200d\u00ad]*", re.sub(r"[\s.\-]", "", words))


def _sprinkle(marks: Sequence[str], chance: float) -> Step:
    """Something invisible, or nearly, inside the words."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        def inside(piece: str) -> str:
            letters = _letters_kept(piece)
            return letters[0] + "".join(
                (random.choice(marks) if random.random() < chance else "") + letter for letter in letters[1:]
            )

        changed = tuple(inside(piece) for piece in draft.pieces)
        return replace(draft, pieces=changed, inside=()) if changed != draft.pieces else None

    return make


def _letters_kept(words: str) -> list[str]:
    return re.findall(r"(?s).[\u0300-\u036f]*", words)


def _combining(words: str, random: Random) -> str:
    marks = "\u0336\u0335\u0337\u0323\u0332\u0308\u0301\u0321\u0353"
    return "".join(
        letter + (random.choice(marks) * random.randint(1, 2) if letter.isalpha() else "") for letter in words
    )


def _gap(choices: Sequence[str]) -> Step:
    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        if len(draft.pieces) < 2 or draft.gaps:
            return None
        return replace(draft, gaps=tuple(random.choice(choices) for _ in draft.pieces[1:]), inside=())

    return make


def _glued(draft: Draft, person: Person, random: Random) -> Draft | None:
    if len(draft.pieces) < 2 or "," in "".join(draft.gaps) or len("".join(draft.pieces)) < 8:
        return None
    if any(len(piece) < 2 for piece in draft.pieces):
        return None
    return replace(draft, gaps=("",) * (len(draft.pieces) - 1), inside=())


def _broken_word(draft: Draft, person: Person, random: Random) -> Draft | None:
    """A long name cut by a hyphen and the end of a line, as in a pasted newsletter."""
    place = draft.where("surname")
    if place < 0 or len(draft.pieces[place]) < 8 or not draft.pieces[place].isalpha():
        return None
    cut = random.randint(3, len(draft.pieces[place]) - 3)
    name = draft.pieces[place]
    return replace(draft.put(place, f"{name[:cut]}-\n{name[cut:]}"), inside=())


# --- around the name --------------------------------------------------------------------------------


def _possessive(draft: Draft, person: Person, random: Random) -> Draft | None:
    tail = random.choice(["'s", "'s", "\u2019s", "s"])
    if draft.pieces[-1][-1] in "sS" and tail == "s":
        tail = "'"
    if draft.after or draft.before or draft.pieces[-1][-1] in ".":
        return None
    if tail.startswith("s") and (len(plain(person.surname)) < 6 or draft.kinds[-1] != "surname"):
        tail = "'s"
    thing = random.choice(["lesson", "class", "form", "room", "email", "detention list", "desk", "project"])
    return replace(draft, after=f"{tail} {thing}")


def _token_pieces(draft: Draft) -> tuple[str, ...]:
    return tuple(re.sub(r"[^\w]", "", piece) for piece in draft.pieces)


def _handle(draft: Draft, person: Person, random: Random) -> Draft | None:
    if draft.before or draft.after or any(not piece for piece in _token_pieces(draft)):
        return None
    joint = random.choice(["", "_", ".", "_"])
    pieces = tuple(_ascii(piece) for piece in _token_pieces(draft))
    if random.random() < 0.7:
        pieces = tuple(piece.lower() for piece in pieces)
    digits = random.choice(["", "", "", str(random.randint(1, 99)), f"_{random.randint(1, 9)}", "x", "_"])
    if digits == "x" and (joint == "" or len("".join(pieces)) < 12):
        digits = ""
    handle = replace(
        draft, pieces=pieces, gaps=(joint,) * (len(pieces) - 1), before="@", after=digits, inside=()
    )
    size = len(joint.join(pieces))  # a letter at the end may belong to it, a number does not
    return replace(handle, inside=((0, size + 1),)) if digits == "x" else handle


def _hashtag(draft: Draft, person: Person, random: Random) -> Draft | None:
    if draft.before or draft.after:
        return None
    pieces = tuple(piece[:1].upper() + piece[1:] for piece in _token_pieces(draft))
    if any(not piece for piece in pieces):
        return None
    return replace(draft, pieces=pieces, gaps=("",) * (len(pieces) - 1), before="#", inside=())


def _slogan(draft: Draft, person: Person, random: Random) -> Draft | None:
    tagged = _hashtag(draft, person, random)
    if tagged is None or not all(piece[0].isupper() for piece in tagged.pieces):
        return None
    before, after = random.choice(
        [("#Sack", ""), ("#JusticeFor", ""), ("#WeLove", ""), ("#Save", ""), ("#", "Out"), ("#Team", ""),
         ("#", "MustGo"), ("#ThankYou", ""), ("#Bring", "Back"), ("#", "ForHead")]
    )  # fmt: skip
    return replace(tagged, before=before, after=after)


def _marked_up(draft: Draft, person: Person, random: Random) -> Draft | None:
    if draft.before or draft.after:
        return None
    sign = random.choice(["**", "*", "_", "__", "~~", "`", '"', "\u201c", "[", "("])
    close = {"\u201c": "\u201d", "[": "]", "(": ")"}.get(sign, sign)
    return replace(draft, before=sign, after=close)


def _marked_surname(draft: Draft, person: Person, random: Random) -> Draft | None:
    """Ms **Quillfeather**: the closing signs may be underlined or not."""
    place = draft.where("surname")
    if place < 1 or place != len(draft.pieces) - 1 or draft.after:
        return None
    sign = random.choice(["**", "*", "_", "__", "~~"])
    changed = draft.put(place, sign + draft.pieces[place])
    name = changed.written()
    size = name.end - name.start
    return replace(changed, after=sign, inside=((0, size + len(sign)),))


def _bracketed(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    if place < 0 or len(draft.pieces[place]) < 6 or not draft.pieces[place].isalpha():
        return None
    name = draft.pieces[place]
    cut = random.randint(2, len(name) - 3)
    if random.random() < 0.5:
        changed = draft.put(place, f"{name[:cut]}({name[cut:]})")
        size = len(changed.written().text)
        return replace(changed, inside=((0, size - 1),))
    changed = draft.put(place, f"({name[:cut]}){name[cut:]}")
    return replace(changed, inside=((1, len(changed.written().text)),)) if place == 0 else changed


# --- the changes, and the forms made of them --------------------------------------------------------


def _shape(name: str) -> Change:
    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        return SHAPES[name](person, random)

    return Change(name, 0, "shape", make)


_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u200e")
_EMOJI = ("🔥", "💀", "😂", "🤡", "❤️", "✨", "🐍", "👏", "🙄", "🎉")

CHANGES: tuple[Change, ...] = (
    *(_shape(name) for name in SHAPES if name not in ("full", "title_surname", "alias")),
    Change("nickname", 1, "given", _nickname, "full"),
    Change("cut_given", 1, "given", _cut_given, "full"),
    Change("misspelt_given", 1, "given", _misspell("given", 1, slip, least=5), "full"),
    Change("wrong_title", 1, "title", _wrong_title, "title_surname"),
    Change("misspelt_surname", 1, "surname", _misspell("surname", 1, slip, least=5)),
    Change("misspelt_twice", 1, "surname", _misspell("surname", 2, slip, least=9)),
    Change("phonetic", 1, "surname", _misspell("surname", 1, mis_heard, least=5)),
    Change("truncated", 1, "surname", _truncated, "title_surname"),
    Change("censored_letter", 1, "surname", _censor(_one_inside, "*")),
    Change("censored_signs", 1, "surname", _censor(_few_inside, None)),
    Change("censored_gap", 1, "surname", _censor(_one_inside, "_")),
    Change("censored_inside", 1, "surname", _censor(_all_inside, "*")),
    Change("apostrophe", 1, "surname", _apostrophe),
    Change("hyphen", 1, "surname", _hyphen),
    Change("half_name", 1, "surname", _half_name),
    Change("diacritics_dropped", 2, "marks", _without_marks),
    Change("diacritics_apart", 2, "marks", _decomposed),
    Change("lower", 3, "case", _case(str.lower)),
    Change("upper", 3, "case", _case(str.upper)),
    Change("mixed_case", 3, "case", each_piece(_mixed_case)),
    Change("leet", 4, "letters", each_piece(_leet)),
    Change("homoglyph", 4, "letters", each_piece(_lookalikes)),
    Change("styled", 4, "letters", _styled),
    Change("emoji_letters", 4, "letters", _emoji_letters),
    Change("elongated", 4, "letters", each_piece(_elongated)),
    Change("spaced", 5, "between", _spread((" ",), between="  ")),
    Change("dotted", 5, "between", _spread((".", "-", "·"), between=" ")),
    Change("zero_width", 5, "between", _sprinkle(_INVISIBLE, 0.4)),
    Change("combining_marks", 5, "between", each_piece(_combining)),
    Change("emoji_between", 5, "between", _gap([f" {sign} " for sign in _EMOJI] + list(_EMOJI))),
    Change("line_break", 5, "between", _gap(["\n", " \n", "\r\n", "\n\n"])),
    Change("odd_gap", 5, "between", _gap(["  ", "   ", "\u00a0", "\t", "_", "-", ".", " - ", "\u2009", "/"])),
    Change("glued", 5, "between", _glued),
    Change("broken_word", 5, "between", _broken_word),
    Change("possessive", 6, "around", _possessive),
    Change("handle", 6, "around", _handle),
    Change("hashtag", 6, "around", _hashtag),
    Change("slogan", 6, "around", _slogan),
    Change("marked_up", 6, "around", _marked_up),
    Change("marked_surname", 6, "around", _marked_surname),
    Change("bracketed", 6, "around", _bracketed),
)


def compose(name: str, changes: Iterable[Change], base: str = "") -> Form:
    """A Form that makes the changes in their order, upon `base` or upon what people write most."""
    ordered = sorted(changes, key=lambda change: change.stage)
    wanted = base or next((change.base for change in ordered if change.base), "")

    def write(person: Person, random: Random) -> Written | None:
        shape = wanted or ("title_surname" if titled(person, random) and random.random() < 0.45 else "full")
        draft = SHAPES[shape](person, random)
        for change in ordered:
            if draft is None:
                return None
            draft = change.make(draft, person, random)
        return draft.written() if draft else None

    return Form(name, write)


def pairs() -> tuple[Form, ...]:
    """Every two changes that can be made together and that leave a name a reader could still make out."""
    return tuple(
        compose(f"{one.name} + {other.name}", (one, other))
        for index, one in enumerate(CHANGES)
        for other in CHANGES[index + 1 :]
        if one.kind != other.kind and not _unreadable(one, other)
    )


_HIDES = {
    "truncated", "censored_letter", "censored_signs", "censored_gap", "censored_inside", "given_initial",
    "title_initial", "misspelt_twice", "plural", "couple",
}  # fmt: skip
_TOKENS = {"handle", "hashtag", "slogan"}
_RELETTERS = {"given", "surname"}


def _unreadable(one: Change, other: Change) -> bool:
    """Pairs that nobody writes or nobody could read: two that both hide letters, signs in a handle ..."""
    names = {one.name, other.name}
    if names & _TOKENS and (
        names
        & {
            "line_break",
            "emoji_between",
            "spaced",
            "dotted",
            "odd_gap",
            "broken_word",
            "given_form",
            "couple",
        }
        or any(name.startswith("censored") or name in _HIDES for name in names)
        or names & {"leet", "emoji_letters", "combining_marks", "zero_width", "transposed", "surname_initial"}
    ):
        return True
    if one.stage <= 1 and other.stage <= 1 and names & _HIDES and len(names & _HIDES) + (
        one.kind in _RELETTERS) + (other.kind in _RELETTERS) > 1:  # fmt: skip
        return True
    if "cut_given" in names and names & {"title_forename", "given_form", "middle_name"}:
        return True
    censored = any(name.startswith("censored") for name in names)
    if censored and names & {
        "leet",
        "spaced",
        "dotted",
        "combining_marks",
        "emoji_letters",
        "bracketed",
        "marked_up",
    }:
        return True
    short = names & {"given_initial", "title_initial", "truncated", "given_form", "title_forename"}
    if short and names & {
        "leet",
        "glued",
        "spaced",
        "dotted",
        "emoji_letters",
        "elongated",
        "broken_word",
        "bracketed",
    }:
        return True
    return bool(names & {"plural"} and names & {"possessive", "bracketed", "marked_surname"})


def _on(base: str, name: str, *changes: str) -> Form:
    known = {change.name: change for change in CHANGES}
    return compose(name, [known[change] for change in changes], base)


FORMS: tuple[Form, ...] = (
    _on("full", "full"),
    _on("title_surname", "title_surname"),
    *(_on(name, name) for name in SHAPES if name not in ("full", "title_surname", "alias")),
    *(compose(change.name, (change,)) for change in CHANGES if change.kind != "shape"),
    _on("full", "misspelt_both", "misspelt_given", "misspelt_surname"),
    _on("title_surname", "misspelt_after_title", "misspelt_surname"),
    _on("title_surname", "phonetic_after_title", "phonetic"),
    _on("title_surname", "glued_title", "glued"),
    _on("title_surname", "glued_title_handle", "handle"),
    _on("title_surname", "glued_title_slogan", "slogan"),
    _on("title_surname", "lower_title", "lower"),
    _on("alias", "alias"),
)
