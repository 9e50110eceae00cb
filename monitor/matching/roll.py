"""A Register compiled for look-up: names by key, by slip, by sound, with who bears them. Pure.

Nobody's name is a pattern here. A list of every way to write every name has some fifty thousand entries
for one school and is incomplete all the same (ADR 12); this holds each name once, and the grammar in
monitor.matching.grammar knows how names are put together.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain, pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from monitor.folding import read_batch
from monitor.matching.codes import steps
from monitor.matching.lexicon import lexicon
from monitor.matching.spelling import Shape, blurs, bones, key_of, left_out, shape_of, sound, without_vowels
from monitor.model import Person, Role

_LETTERS = re.compile(r"[a-z]+")
_HALVES = re.compile(r"[-‐‑–\s]+")
_SHORTEST_HALF = 3
_PARTICLES = frozenset(
    {"van", "von", "den", "der", "del", "dos", "das", "bin", "ibn", "abu", "ben", "mac", "san"}
)
_SHORTEST_SLIP = 4
_SHORTEST_MISSPELT = 5
HEAD = 4
BLENDED_GIVEN, BLENDED_SURNAME, _SHORTEST_BLENDED = 3, 4, 6
"""Of a name made of the beginnings of two: how many letters of each there are at least, and of how many."""
_TELEPHONE = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_registered_key = lru_cache(maxsize=4096)(key_of)
"""Keys of names on a Register, nearly all of which somebody else has too; never of what people wrote."""
_MAN, _WOMAN = "man", "woman"
_MOST_CARE = (Role.PUPIL, Role.VOLUNTEER, Role.STAFF, Role.GOVERNOR)
_MOST_REMEMBERED = 4096
"""Of what is worked out for some people once: they are mostly all who bear one name."""
SEX_OF_TITLE = {"mr": _MAN, "mrs": _WOMAN, "miss": _WOMAN, "ms": _WOMAN}
"""Whom a title is for. Dr, Mx, Prof and Rev tell nobody apart, nor does Sir, as pupils use it."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """What the grammar and the judgement ask of one Person."""

    id: str
    role: Role
    sex: str
    surname: str
    given: Mapping[str, bool]
    """Forenames as read; True for a short form that nobody registered."""
    initials: frozenset[str]
    double: str
    """The first letters of a surname of two parts ("Farrow-Lindqvist", "O'Dunnery"), or ""."""
    year: str
    form: str
    subjects: frozenset[str]
    common: bool
    distinctive: bool
    keys: tuple[str, ...]
    """Keys of all their names."""

    @property
    def adult(self) -> bool:
        """Whether a title stands before their name."""
        return self.role is not Role.PUPIL


@dataclass(frozen=True, slots=True)
class Spelling:
    """One name as read, and who bears it (places on the Roll). `half`: of a double-barrelled one."""

    letters: str
    people: frozenset[int]
    half: bool = False


@dataclass(slots=True)
class Name:
    """Everything of one key: as a surname, as a forename, as an alias."""

    surnames: tuple[Spelling, ...] = ()
    forenames: tuple[Spelling, ...] = ()
    aliases: tuple[Spelling, ...] = ()


Called = tuple[str, Shape, tuple[int, ...]]
"""A forename as read, its shape, and the places of those who have it."""


@dataclass(frozen=True)
class Roll:
    """The Register for look-up. Immutable for whoever reads it; `with_people` makes another."""

    bearers: tuple[Bearer | None, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    names: dict[str, Name] = field(default_factory=dict)
    slips: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sounds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    consonants: dict[str, tuple[str, ...]] = field(default_factory=dict)
    initials: dict[str, frozenset[int]] = field(default_factory=dict)
    """Adults by the first letter of their surname."""
    openings: frozenset[str] = frozenset()
    """Keys of the first words of names of several words."""
    heads: frozenset[str] = frozenset()
    """How keys of surnames begin, by `HEAD` letters, those of people who left among them."""
    ordered: tuple[str, ...] = ()
    """Keys of surnames in order, for names cut short or censored."""

    @cached_property
    def adult_surnames(self) -> tuple[str, ...]:
        """Surnames of those before whose name a title stands."""
        return tuple({one.surname: None for one in self.bearers if one is not None and one.adult})

    @cached_property
    def adult_forenames(self) -> dict[str, frozenset[int]]:
        """Whose forename or name they go by is what, of those before whose name a title stands."""
        return self._forenames(one for one in enumerate(self.bearers) if one[1] and one[1].adult)

    @cached_property
    def _forenames_by_year(self) -> dict[str, dict[str, frozenset[int]]]:
        return {}

    def forenames_of_year(self, year: str) -> dict[str, frozenset[int]]:
        """The same of the pupils of one year."""
        known = self._forenames_by_year.get(year)
        if known is None:
            pupils = ((place, one) for place, one in enumerate(self.bearers) if one and one.year == year)
            known = self._forenames_by_year[year] = self._forenames(pupils)
        return known

    def _forenames(self, bearers: Iterable[tuple[int, Bearer | None]]) -> dict[str, frozenset[int]]:
        found: dict[str, set[int]] = {}
        for place, one in bearers:
            for letters, short in one.given.items() if one is not None else ():
                if not short:
                    found.setdefault(letters, set()).add(place)
        return {letters: frozenset(places) for letters, places in found.items()}

    def called_nearly(self, written: str, called: Mapping[str, frozenset[int]]) -> tuple[str, frozenset[int]]:
        """One of some forenames that are a slip from what was written, and whose they all are; "" and nobody
        if none is. Short ones are left out: too much is a slip from them."""
        found = process.extract(written, called.keys(), scorer=OSA.distance, score_cutoff=1, limit=8)
        near = [one for one in found if len(one[0]) >= _SHORTEST_MISSPELT]
        if not near:
            return "", frozenset()
        return near[0][0], frozenset().union(*(called[letters] for letters, _, _ in near))

    @cached_property
    def blurs(self) -> dict[str, tuple[str, ...]]:
        """Surnames by the keys that badly read ones share. Made when first asked for, as compiling fifty
        registers must not wait for it."""
        found: dict[str, tuple[str, ...]] = {}
        named = (one for name in self.names.values() for one in name.surnames)
        for letters in dict.fromkeys(one.letters for one in named):
            for blur in (*blurs(letters), steps(letters)):
                found[blur] = _plus(found.get(blur, ()), letters)
        return found

    @cached_property
    def blends(self) -> dict[str, tuple[int, ...]]:
        """Places by how the forename and the surname begin, for names made of both ("Tamsquill")."""
        found: dict[str, tuple[int, ...]] = {}
        for place, letters, surname in self._full_names():
            head = letters[:BLENDED_GIVEN] + surname[:BLENDED_SURNAME]
            long_enough = len(letters) > BLENDED_GIVEN and len(surname) >= _SHORTEST_BLENDED
            if long_enough and place not in found.get(head, ()):
                found[head] = (*found.get(head, ()), place)
        return found

    @cached_property
    def vowelless(self) -> dict[tuple[str, str], frozenset[int]]:
        """Places by the consonants of forename and surname."""
        found: dict[tuple[str, str], set[int]] = {}
        for place, letters, surname in self._full_names():
            found.setdefault((without_vowels(letters), without_vowels(surname)), set()).add(place)
        return {names: frozenset(places) for names, places in found.items()}

    @cached_property
    def vowelless_given(self) -> frozenset[str]:
        """The consonants of forenames."""
        return frozenset(given for given, _ in self.vowelless)

    def _full_names(self) -> Iterator[tuple[int, str, str]]:
        """Everybody's forenames and short forms, each with the surname."""
        for place, one in enumerate(self.bearers):
            if one is not None:
                yield from ((place, letters, one.surname) for letters in one.given)

    @cached_property
    def keyed(self) -> dict[str, tuple[str, ...]]:
        """Names by the keys of a telephone that write them."""
        found: dict[str, tuple[str, ...]] = {}
        for letters in self._parts:
            if len(letters) >= _SHORTEST_SLIP:
                keys = letters.translate(_TELEPHONE)
                found[keys] = (*found.get(keys, ()), letters)
        return found

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        """Every surname and forename."""
        named = (one for name in self.names.values() for one in (*name.surnames, *name.forenames))
        return tuple({one.letters: None for one in named})

    @cached_property
    def _by_bones(self) -> dict[str, list[int]]:
        """Places by the bones of the surname."""
        found: dict[str, list[int]] = {}
        for place, one in enumerate(self.bearers):
            if one is not None:
                found.setdefault(bones(one.surname), []).append(place)
        return found

    def heard(self, given: str, surname: str) -> tuple[str, str] | None:
        """The forename and surname of somebody whose names have such bones, or nearly."""
        best: tuple[float, str, str] | None = None
        near = process.extract(surname, self._by_bones.keys(), scorer=OSA.distance, score_cutoff=1, limit=20)
        for candidate, edits, _ in near:
            if edits and min(len(surname), len(candidate)) < 3:
                continue
            for place in self._by_bones[candidate]:
                for letters in self.bearer(place).given:
                    apart = OSA.distance(given, bones(letters))
                    known = apart == 0 if min(len(given), len(bones(letters))) < 3 else apart <= 1
                    if known and (best is None or edits + apart < best[0]):
                        best = (edits + apart, letters, self.bearer(place).surname)
        return best[1:] if best and len(given) + len(surname) > 3 else None

    @cached_property
    def _called(self) -> dict[frozenset[int], tuple[Called, ...]]:
        return {}

    def called(self, bearers: frozenset[int]) -> tuple[Called, ...]:
        """Every forename and short form of those who bear one surname, with its shape and whose it is.

        Remembered for each surname that is asked for, as what a text wrote is held against them all."""
        known = self._called.get(bearers)
        if known is None:
            whose: dict[str, list[int]] = {}
            for place in bearers:
                for letters in self.bearer(place).given:
                    whose.setdefault(letters, []).append(place)
            known = tuple((letters, shape_of(letters), tuple(places)) for letters, places in whose.items())
            self._called[bearers] = known
        return known

    def bearer(self, place: int) -> Bearer:
        """Who stands at a place that a Spelling gave."""
        found = self.bearers[place]
        if found is None:
            raise KeyError(place)
        return found

    def near(self, key: str) -> Iterable[str]:
        """Keys of names at most one edit from a key (and a few farther: hold each against the text)."""
        slips = self.slips
        found = [slips[part] for part in left_out(key) if part in slips]
        return dict.fromkeys(chain.from_iterable(found)) if found else ()

    def beginning(self, opening: str) -> Sequence[str]:
        """Keys of surnames that begin so."""
        first = bisect_left(self.ordered, opening)
        last = bisect_left(self.ordered, opening + "{", first)
        return self.ordered[first:last]

    def of_title(self, title: str, people: frozenset[int], *, also_pupils: bool) -> frozenset[int]:
        """Those whom a title may be for: by sex where it is known, never by the registered title
        ("Miss" is every woman who teaches)."""
        asked = (title, people, also_pupils)
        known = self._titled.get(asked)
        if known is None:
            if len(self._titled) >= _MOST_REMEMBERED:
                self._titled.clear()
            known = self._titled[asked] = self._of_title(title, people, also_pupils=also_pupils)
        return known

    def _of_title(self, title: str, people: frozenset[int], *, also_pupils: bool) -> frozenset[int]:
        wanted = SEX_OF_TITLE.get(title, "")
        everyone = [(place, self.bearer(place)) for place in people]
        those = [(place, one) for place, one in everyone if one.adult]
        fitting = frozenset([place for place, one in those if not wanted or one.sex in ("", wanted)])
        if not those and also_pupils:
            return people
        return fitting or frozenset([place for place, _ in those])

    @cached_property
    def _titled(self) -> dict[tuple[str, frozenset[int], bool], frozenset[int]]:
        return {}

    def told_of(self, people: frozenset[int]) -> tuple[tuple[str, ...], Role]:
        """The ids of some people, in order, and of their roles the one that needs most care."""
        known = self._told.get(people)
        if known is None:
            if len(self._told) >= _MOST_REMEMBERED:
                self._told.clear()
            bearers = [self.bearer(place) for place in people]
            role = min({bearer.role for bearer in bearers}, key=_MOST_CARE.index)
            known = self._told[people] = tuple(sorted([bearer.id for bearer in bearers])), role
        return known

    @cached_property
    def _told(self) -> dict[frozenset[int], tuple[tuple[str, ...], Role]]:
        return {}

    def with_initial(self, letter: str, people: Iterable[int]) -> frozenset[int]:
        """Those of some people whose forename begins with a letter."""
        return frozenset([place for place in people if letter in self.bearer(place).initials])

    def with_people(self, added: Sequence[Person], removed: Iterable[str]) -> Roll:
        """The Roll after some came and some went; somebody in both is replaced. Costs what they cost."""
        gone = {self.places[key] for key in removed if key in self.places}
        gone |= {self.places[person.id] for person in added if person.id in self.places}
        bearers = list(self.bearers)
        draft = _Draft(self)
        for place in gone:
            bearer = bearers[place]
            bearers[place] = None
            if bearer is not None:
                draft.remove(place, bearer)
        places = {key: place for key, place in self.places.items() if place not in gone}
        for person, entry in zip(added, _entries(added), strict=True):
            places[person.id] = len(bearers)
            draft.add(len(bearers), entry)
            bearers.append(entry.bearer)
        return draft.roll(tuple(bearers), places)


def compile_roll(people: Sequence[Person]) -> Roll:
    """The Roll of a Register."""
    return Roll().with_people(people, ())


# --- one Person's names ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    bearer: Bearer
    surnames: tuple[tuple[str, bool], ...]
    openings: tuple[str, ...]
    aliases: tuple[str, ...]


def _entries(people: Sequence[Person]) -> list[_Entry]:
    """What the names of each Person come to. All are read at once: reading is done by the batch."""
    fields: list[str] = []
    for one in people:
        fields += (one.surname, one.forename, one.known_as, one.title, one.job_title, *one.aliases)
    read = _read(fields)
    return [_entry(one, [next(read) for _ in range(5 + len(one.aliases))]) for one in people]


def _read(fields: Sequence[str]) -> Iterator[list[str]]:
    """The words of each, as folding reads them."""
    batch = read_batch([" ".join(one.split()) for one in fields])
    return (_LETTERS.findall(line) for line in batch.reading.split("\n")[: len(fields)])


def _subjects(job: Sequence[str]) -> frozenset[str]:
    """What a job title says that somebody does, by one word or two: "Head of Biology" is science."""
    jobs = lexicon().jobs
    spoken = (*job, *(" ".join(two) for two in pairwise(job)))
    return frozenset().union(*(jobs.get(one, ()) for one in spoken), lexicon().subjects.intersection(job))


def _entry(person: Person, words: list[list[str]]) -> _Entry:
    surname, forename, known_as, title, job, *aliases = words
    given: dict[str, bool] = {}
    for name in (forename, known_as):
        if name:
            given.setdefault("".join(name), False)
            given.setdefault(name[0], False)
    for registered in tuple(given):
        for nickname in lexicon().nicknames.get(registered, ()):
            given.setdefault(nickname, True)
    year = re.search(r"(\d+)\s*([a-z]?)(?![a-z])", person.year_group.lower())
    whole = "".join(surname)
    halves = [half for half in _halves(person.surname, surname) if half != whole]
    surnames = (((whole, False),) if whole else ()) + tuple((half, True) for half in halves)
    known_by = tuple(alias for alias in map("".join, aliases) if len(alias) >= 3)
    bearer = Bearer(
        id=person.id,
        role=person.role,
        sex=SEX_OF_TITLE.get(title[0], "") if title else "",
        surname=whole,
        given=given,
        initials=frozenset(name[0] for name, short in given.items() if not short),
        double="".join(part[0] for part in surname) if len(surname) == 2 else "",
        year=year.group(1) if year else "",
        form=year.group(2) if year else "",
        subjects=_subjects(job) if person.role is not Role.PUPIL else frozenset(),
        common="common" in person.flags,
        distinctive="distinctive" in person.flags,
        keys=tuple(dict.fromkeys(map(_registered_key, (*(name for name, _ in surnames), *given, *known_by)))),
    )
    several = [*([surname] if len(surname) > 1 else []), *([forename] if len(forename) > 1 else [])]
    return _Entry(
        bearer,
        surnames,
        tuple(_registered_key(name[0]) for name in (*several, *aliases) if len(name) > 1),
        known_by,
    )


def _halves(surname: str, read: Sequence[str]) -> Iterator[str]:
    """The parts of a double-barrelled name that can stand for it."""
    if len(read) > 1 and _HALVES.search(surname.strip()):
        yield from (part for part in read if len(part) >= _SHORTEST_HALF and part not in _PARTICLES)


# --- building ---------------------------------------------------------------------------------------


class _Draft:
    """The tables of a Roll while they change. Copies are shallow; an entry is replaced, never altered."""

    def __init__(self, roll: Roll) -> None:
        self._names = dict(roll.names)
        self._slips = dict(roll.slips)
        self._sounds = dict(roll.sounds)
        self._consonants = dict(roll.consonants)
        self._initials = dict(roll.initials)
        self._openings = set(roll.openings)
        self._heads = set(roll.heads)
        self._ordered = roll.ordered
        self._new: set[str] = set()
        self._gone: set[str] = set()

    def add(self, place: int, entry: _Entry) -> None:
        """Enter one Person."""
        bearer = entry.bearer
        for letters, half in entry.surnames:
            self._put("surnames", letters, place, half=half)
        for letters in bearer.given:
            self._put("forenames", letters, place, half=False)
        for letters in entry.aliases:
            self._put("aliases", letters, place, half=False)
        self._openings.update(entry.openings)
        if bearer.adult and bearer.surname:
            first = bearer.surname[0]
            self._initials[first] = self._initials.get(first, frozenset()) | {place}

    def remove(self, place: int, bearer: Bearer) -> None:
        """Strike one Person out."""
        for key in bearer.keys:
            name = self._names[key]
            left = Name(*(_without(ones, place) for ones in (name.surnames, name.forenames, name.aliases)))
            if left.surnames or left.forenames or left.aliases:
                self._names[key] = left
            else:
                del self._names[key]
            if name.surnames and not left.surnames:
                self._gone.add(key)
        if bearer.adult and bearer.surname:
            self._initials[bearer.surname[0]] -= {place}

    def _put(self, kind: str, letters: str, place: int, *, half: bool) -> None:
        key = _registered_key(letters)
        known = self._names.get(key)
        name = Name(known.surnames, known.forenames, known.aliases) if known else Name()
        spellings = getattr(name, kind)
        if kind == "surnames" and not spellings:
            self._new.add(key)
            self._heads.add(key[:HEAD])
        for at, one in enumerate(spellings):
            if one.letters == letters and one.half == half:
                grown = Spelling(letters, one.people | {place}, half)
                setattr(name, kind, (*spellings[:at], grown, *spellings[at + 1 :]))
                break
        else:
            setattr(name, kind, (*spellings, Spelling(letters, frozenset((place,)), half)))
        self._names[key] = name
        if known is None:
            self._enter(key, letters)

    def _enter(self, key: str, letters: str) -> None:
        """Make a new key findable by slip and by sound. Keys of people who left may stay: they are
        looked up among the names before they count."""
        if len(key) < _SHORTEST_SLIP:
            return
        for part in left_out(key):
            self._slips[part] = _plus(self._slips.get(part, ()), key)
        said = sound(letters)
        self._sounds[said] = _plus(self._sounds.get(said, ()), key)
        bones = without_vowels(letters)
        if len(bones) >= 4:
            self._consonants[bones] = _plus(self._consonants.get(bones, ()), key)

    def roll(self, bearers: tuple[Bearer | None, ...], places: Mapping[str, int]) -> Roll:
        """The finished Roll."""
        if len(self._new) > 50 or self._gone:
            ordered = tuple(sorted(key for key, name in self._names.items() if name.surnames))
        else:
            keys = list(self._ordered)
            for key in self._new:
                insort(keys, key)
            ordered = tuple(keys)
        return Roll(
            bearers,
            places,
            self._names,
            self._slips,
            self._sounds,
            self._consonants,
            self._initials,
            frozenset(self._openings),
            frozenset(self._heads),
            ordered,
        )


def _without(spellings: tuple[Spelling, ...], place: int) -> tuple[Spelling, ...]:
    left = (replace(one, people=one.people - {place}) for one in spellings)
    return tuple(one for one in left if one.people)


def _plus(keys: tuple[str, ...], key: str) -> tuple[str, ...]:
    return keys if key in keys else (*keys, key)


def stands_alone(bearer: Bearer) -> bool:
    """Whether a full name may be reported where nobody speaks of the School: only if the School says that
    nobody else bears it (R38). How rare a name is in the country is no reason: lists of names know those of
    newcomers least, and would have them followed most."""
    return bearer.distinctive and not bearer.common
