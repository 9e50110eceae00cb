"""Who is meant, and how sure: the register's own statistics against the words around (R38, R42)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.folding import Offsets
from monitor.matching.forms import Form, Words, words_of
from monitor.matching.lexicon import lexicon
from monitor.model import Band, Person, PersonMatch, Role

_BASE = {
    "full_name": 0.85,
    "nickname": 0.75,
    "half_name": 0.7,
    "transposed": 0.75,
    "title_surname": 0.85,
    "title_half": 0.7,
    "title_initial_surname": 0.9,
    "initial_surname": 0.65,
    "transposed_initial": 0.65,
    "forename_initial": 0.5,
    "alias": 0.75,
    "surname": 0.7,
}
_COMMON = 0.25
_ROLE_CUE = 0.1
_SEVERAL = 0.1
_OTHER_SCHOOL = 0.4
_STANDS_ALONE = 0.55
_LEAST = 0.35
_NEEDS_CUE = frozenset(
    {"full_name", "nickname", "half_name", "transposed", "initial_surname", "transposed_initial"}
)
_CAN_STAND_ALONE = frozenset({"full_name", "transposed"})
_TITLED = frozenset({"title_surname", "title_half", "title_initial_surname"})
_TITLES_THAT_ARE_WORDS = frozenset({"miss", "sir", "rev"})
_ADDRESSED: dict[Words, str] = {("mr",): "man", ("mrs",): "woman", ("miss",): "woman", ("ms",): "woman"}
"""Whom a title is for. Any other, such as Dr or Sir (which pupils say to every man), tells nobody apart."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name as it stands in the batch's reading, with everyone who bears it."""

    start: int
    end: int
    form: Form
    bearers: tuple[int, ...]
    capital: bool
    token: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rest of the text says that can tell people apart, read once for all names in it."""

    subjects: frozenset[str] = frozenset()
    years: frozenset[str] = frozenset()
    role: bool = False
    pupil: bool = False


_NOTHING_AROUND = Surroundings()


@dataclass(frozen=True, slots=True)
class Judged:
    """A name that counts, by its place in the batch's reading."""

    start: int
    end: int
    people: tuple[str, ...]
    role: Role
    rule: str
    score: float

    def placed(self, offsets: Offsets) -> PersonMatch:
        """The same by code points of the original."""
        first, last = int(offsets[self.start]), int(offsets[self.end - 1]) + 1
        return PersonMatch(first, last, self.people, self.role, self.rule, _band(self.score), self.score)


def judge(
    named: Sequence[Named],
    people: Sequence[Person],
    written: str,
    reading: str,
    low: int,
    high: int,
    *,
    context: bool,
    elsewhere: bool,
) -> list[Judged]:
    """Everybody the text names, in the order of the text.

    Without school context only a distinctive full name remains (R38). Entries flagged `common` need
    a second cue beside a full name. `elsewhere` says that another school is named.
    """
    judged: list[Judged] = []
    around = _surroundings(reading) if named else _NOTHING_AROUND
    for group in _groups(named, low, high):
        judgement = _judge_one(
            group, people, written, around, low, high, context=context, elsewhere=elsewhere
        )
        if judgement is not None:
            judged.append(judgement)
    return sorted(judged, key=lambda one: one.start)


def _groups(named: Sequence[Named], low: int, high: int) -> list[list[Named]]:
    """Names that stand in the same place, the longest first; what a longer one covers is gone."""
    groups: dict[tuple[int, int], list[Named]] = {}
    taken = bytearray(high - low)
    for one in sorted(named, key=lambda one: (one.start - one.end, one.start)):
        span = (one.start, one.end)
        if span in groups:
            groups[span].append(one)
        elif not any(taken[one.start - low : one.end - low]):
            groups[span] = [one]
            taken[one.start - low : one.end - low] = b"\1" * (one.end - one.start)
    return list(groups.values())


def _judge_one(
    group: Sequence[Named],
    people: Sequence[Person],
    written: str,
    around: Surroundings,
    low: int,
    high: int,
    *,
    context: bool,
    elsewhere: bool,
) -> Judged | None:
    words = lexicon()
    best = max(group, key=lambda one: _BASE[one.form.rule])
    rule = best.form.rule
    if _reads_as_words(best):
        return None
    if words.trades.match(written, best.end, high):
        return None
    bearers = sorted({person for one in group for person in one.bearers})
    if rule in _TITLED:
        bearers = _of_title(best.form.parts[:1], bearers, people)
    bearers, cue = _told_apart(bearers, people, around)
    common = all("common" in people[place].flags or _widespread(people[place]) for place in bearers)
    flagged = all("common" in people[place].flags for place in bearers)
    titled = rule in _TITLED or _title_before(written, best.start, low) > 0
    if not context:
        distinctive = any("distinctive" in people[place].flags for place in bearers)
        if (
            elsewhere
            or rule not in _CAN_STAND_ALONE
            or not (distinctive or (len(bearers) == 1 and not common))
        ):
            return None
        if rule == "transposed" and not best.token and "," not in written[best.start : best.end]:
            return None
        score = _STANDS_ALONE if distinctive else _STANDS_ALONE - 0.1
    else:
        if flagged and rule in _NEEDS_CUE and not (cue or titled):
            return None
        if rule == "forename_initial" and common and not cue:
            return None
        score = _BASE[rule] + _ROLE_CUE * cue - _OTHER_SCHOOL * elsewhere
        if common and not cue:
            score -= _COMMON if not titled else _COMMON / 2
        if len(bearers) > 1:
            score -= _SEVERAL
    if score < _LEAST:
        return None
    start = best.start - (_title_before(written, best.start, low) if rule not in _TITLED else 0)
    return Judged(
        start=start,
        end=best.end,
        people=tuple(sorted(people[place].id for place in bearers)),
        role=_role(people[place].role for place in bearers),
        rule=rule,
        score=round(min(score, 0.97), 3),
    )


def _reads_as_words(one: Named) -> bool:
    """Whether what looks like a name may as well be words ("I miss green tea", "will may")."""
    if one.capital or one.token:
        return False
    words = lexicon().ordinary_words
    if one.form.rule in _TITLED:
        return one.form.parts[0] in _TITLES_THAT_ARE_WORDS and one.form.parts[-1] in words
    names = [part for part in one.form.parts if len(part) > 1]
    return bool(names) and all(part in words for part in names)


def _widespread(person: Person) -> bool:
    return bool(lexicon().common_surnames & set(words_of(person.surname)))


def _of_title(title: Words, bearers: Sequence[int], people: Sequence[Person]) -> list[int]:
    """Those whom a title leaves: "Mr Smith" is not Mrs Smith where there is a Mr Smith, else anybody."""
    wanted = _ADDRESSED.get(title)
    known = {place: _ADDRESSED.get(words_of(people[place].title)) for place in bearers}
    if wanted is None or wanted not in known.values():
        return list(bearers)
    return [place for place in bearers if known[place] in (wanted, None)]


def _told_apart(
    bearers: Sequence[int], people: Sequence[Person], around: Surroundings
) -> tuple[list[int], bool]:
    """Those whom the words leave, and whether a second cue (subject, role, year) was among the words."""
    evidence = {place: _evidence(people[place], around) for place in bearers}
    most = max(evidence.values(), default=0)
    if most >= 2:
        bearers = [place for place in bearers if evidence[place] == most]
    return list(bearers), most >= 1


def _evidence(person: Person, around: Surroundings) -> int:
    """2 for what fits this Person and few others (subject, year group), 1 for the role."""
    if person.role is Role.PUPIL:
        year = re.search(r"\d+", person.year_group)
        return 2 if year and year.group() in around.years else int(around.pupil)
    return 2 if around.subjects & set(words_of(person.job_title)) else int(around.role)


def _surroundings(reading: str) -> Surroundings:
    words = lexicon()
    return Surroundings(
        subjects=frozenset(name for name, pattern in words.subjects if pattern.search(reading)),
        years=frozenset(re.findall(r"\d+", " ".join(words.year_group.findall(reading)))),
        role=bool(words.role_cues.search(reading)),
        pupil=bool(words.pupil_cues.search(reading)),
    )


def _title_before(written: str, start: int, low: int) -> int:
    """How many characters before `start` are a title and its gap, 0 for none."""
    ahead = written[max(low, start - 12) : start]
    found = re.search(rf"(?<![a-z0-9])(?:{'|'.join(lexicon().titles)})[. ]{{1,2}}$", ahead)
    return len(found.group()) if found else 0


def _role(roles: Iterable[Role]) -> Role:
    """One role for several people: the most protected of them, a pupil before a volunteer."""
    order = (Role.PUPIL, Role.VOLUNTEER, Role.STAFF, Role.GOVERNOR)
    return min(roles, key=order.index)


def _band(score: float) -> Band:
    if score >= 0.75:
        return Band.HIGH
    return Band.MEDIUM if score >= 0.5 else Band.LOW
