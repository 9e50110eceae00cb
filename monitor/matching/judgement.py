"""Who is meant, and how sure: the Register's own statistics against the words around (R38, R42). Pure.

Log-odds that add up: a rule's weight, and that of each piece of evidence (weights.toml). The score is their
sum, so what is shown as the reason is the computation.
"""

from __future__ import annotations

import math
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from monitor.matching.clues import of_bearers, of_other_schools, of_slips, of_words
from monitor.matching.context import covering
from monitor.matching.grammar.mentions import Mention
from monitor.matching.roll import Roll, stands_alone
from monitor.matching.words import Words
from monitor.model import Band, PersonMatch

_NEEDS_CUE = frozenset(
    {"full_name", "nickname", "half_name", "transposed", "initial_surname", "transposed_initial"}
)
_NAMES_NOBODY_COMMON = frozenset(
    {"surname", "forename_initial", "title_initial", "title_initials", "title_forename"}
)
_TAKES_FOR_GRANTED = frozenset({"nickname", "half_name", "forename_form", "forename_job"})
_CAN_STAND_ALONE = frozenset({"full_name", "transposed"})


class Surroundings(NamedTuple):
    """What the rest of the text says that can tell people apart, read once for all names in it.

    Spans are places in the reading: of the School's own terms, and of other schools.
    """

    context: bool
    elsewhere: bool
    own_terms: Sequence[tuple[int, int]] = ()
    other_schools: Sequence[tuple[int, int]] = ()
    subjects: frozenset[str] = frozenset()
    years: frozenset[str] = frozenset()
    role: bool = False
    pupil: bool = False


class Judged(NamedTuple):
    """A mention with what speaks for and against it."""

    words: Words
    mention: Mention
    people: frozenset[int]
    evidence: tuple[str, ...]
    score: float

    def match(self, roll: Roll) -> PersonMatch:
        """The same for everybody else: by ids and code points of the original."""
        one = self.mention
        ids, role = roll.told_of(self.people)
        says = _weights().says
        return PersonMatch(
            *self.words.quote(one.start, one.end),
            ids,
            role,
            one.rule,
            band(self.score),
            self.score,
            tuple([says[name] for name in self.evidence if says.get(name)]),
        )


def judge(views: Iterable[tuple[Words, Iterable[Mention]]], roll: Roll, around: Surroundings) -> list[Judged]:
    """Everybody the text names, in its order; where two readings of the same words compete, the likelier.

    Without school context only a full name that can stand alone remains, and bearers flagged `common` need
    a second cue. Rule: R38.
    """
    likely: list[Judged] = []
    exact: list[tuple[int, int]] = []
    for words, mentions in views:
        for one in mentions:
            found = _judge(one, words, roll, around)
            if found is not None:
                likely.append(found)
            if _is_exact(one) and (found is not None or _lacks_a_cue(one, words, roll, around)):
                exact.append((one.start, one.end))
    if exact and likely:
        covered = covering(len(likely[0].words.reading), exact)
        likely = [one for one in likely if _is_as_exact(one.mention, covered)]
    if len(likely) > 1:
        sharing = [one for one in likely if "shared" in one.mention.notes]
        likely = _best([one for one in likely if "shared" not in one.mention.notes])
        ends = {one.mention.end for one in likely} if sharing else ()
        likely += [one for one in sharing if one.mention.end in ends]
    likely.sort(key=lambda one: one.mention.start)
    return likely


def _is_exact(one: Mention) -> bool:
    """Whether both names stand there as they are registered."""
    return one.rule == "full_name" and not (one.slips or one.notes)


def _lacks_a_cue(one: Mention, words: Words, roll: Roll, around: Surroundings) -> bool:
    """Whether nothing but a second cue is missing to name those who are called so, and flagged common."""
    decisive = _weights().decisive
    return all(roll.bearer(place).common for place in one.people) and decisive.isdisjoint(
        of_words(one, words, roll, around.own_terms)
    )


def _is_as_exact(one: Mention, covered: bytearray) -> bool:
    """Whether no exact name (where `covered` is 1) stands where this takes more for granted: "Jack Hall in
    Year 11" is no Henry, and the Harry Smith who needs a second cue is no Harriet Smith-Waring."""
    if one.title or "shared" in one.notes or not (one.slips or one.notes or one.rule in _TAKES_FOR_GRANTED):
        return True
    return 1 not in covered[one.start : one.end]


def band(score: float) -> Band:
    """The band of a score: `low` is wrong more often than one time in seven, `high` at most one in twenty."""
    if score >= 0.95:
        return Band.HIGH
    return Band.MEDIUM if score >= 0.85 else Band.LOW


def _best(judged: list[Judged]) -> list[Judged]:
    """Of overlapping ones the longest, of equals the surest; what the words cannot tell apart, together."""
    judged.sort(key=lambda one: (one.mention.start - one.mention.end, -one.score))
    starts: list[int] = []
    kept: list[Judged] = []
    for one in judged:
        start, end = one.mention.start, one.mention.end
        at = bisect_right(starts, start)
        before, after = kept[at - 1] if at else None, kept[at] if at < len(kept) else None
        if before is not None and before.mention.end > start:
            if (before.mention.start, before.mention.end) == (start, end) and _alike(before, one):
                kept[at - 1] = before._replace(people=before.people | one.people)
        elif after is None or after.mention.start >= end:
            starts.insert(at, start)
            kept.insert(at, one)
    return kept


def _alike(first: Judged, second: Judged) -> bool:
    """Whether two readings of the same words are as good as each other: half a name gives way to a whole."""
    if first.mention.rule != second.mention.rule:
        return False
    if first.mention.slips or second.mention.slips:
        return abs(first.score - second.score) < 0.05
    return True


def _judge(one: Mention, words: Words, roll: Roll, around: Surroundings) -> Judged | None:
    weights = _weights()
    evidence: list[str] = []
    for name in of_words(one, words, roll, around.own_terms):
        if name in weights.decisive:  # most of what looks like a name ends here, before anybody is thought of
            return None
        evidence.append(name)
    people, cues = _told_apart(one, roll, around)
    cue = bool(cues)
    bearers = [roll.bearer(place) for place in people]
    if not around.context:
        if around.elsewhere or one.rule not in _CAN_STAND_ALONE or one.slips or one.notes:
            return None
        if not any(stands_alone(bearer) for bearer in bearers):
            return None
        if one.rule == "transposed" and "," not in words.reading[one.start : one.end] and not one.inside:
            return None
        cues.append("no_context")
    common = [bearer.common for bearer in bearers]
    if True in common:
        if False not in common and not (cue or one.title):
            if one.rule in _NEEDS_CUE or one.rule in _NAMES_NOBODY_COMMON:
                return None
        elif one.rule == "surname":
            people = frozenset(place for place in people if not roll.bearer(place).common)
            bearers = [roll.bearer(place) for place in people]
            if not bearers:
                return None
    evidence = [*cues, *evidence, *of_bearers(one, words, bearers, cue=cue)]
    if one.slips:
        evidence += of_slips(one, words)
    if around.other_schools:
        evidence += of_other_schools(one, words, around.own_terms, around.other_schools)
    total = weights.rules[one.rule] + sum(map(weights.evidence.__getitem__, evidence))
    if total < 0:
        return None
    return Judged(words, one, people, tuple(evidence), _score(total))


@lru_cache(maxsize=1024)
def _score(total: float) -> float:
    """The share of flags with this sum of evidence, one of few, that were right where it was measured."""
    weights = _weights()
    return round(1 / (1 + math.exp(-(weights.scale * total + weights.shift))), 3)


def rule_in_words(rule: str) -> str:
    """What a rule for people rests on, in plain words ("title and surname")."""
    return _weights().rules_say[rule]


def raw(score: float) -> float:
    """The sum of evidence behind a score, for whoever fits the scale anew."""
    weights = _weights()
    score = min(0.999, max(0.001, score))
    return (math.log(score / (1 - score)) - weights.shift) / weights.scale


def _told_apart(one: Mention, roll: Roll, around: Surroundings) -> tuple[frozenset[int], list[str]]:
    """Those whom subject, year or role leave, and whether one of them spoke."""
    if not (around.subjects or around.years or around.role or around.pupil):
        return one.people, []
    strength: dict[int, int] = {}
    for place in one.people:
        bearer = roll.bearer(place)
        if bearer.adult:
            strength[place] = 2 if around.subjects & bearer.subjects else int(around.role)
        else:
            strength[place] = 2 if bearer.year and bearer.year in around.years else int(around.pupil)
    most = max(strength.values(), default=0)
    if most == 2 and len(one.people) > 1:
        fitting = frozenset(place for place, fit in strength.items() if fit == 2)
        return fitting, ["subject"]
    return one.people, ["subject"] if most == 2 else ["role"] if most else []


@dataclass(frozen=True, slots=True)
class _Weights:
    rules: dict[str, float]
    rules_say: dict[str, str]
    evidence: dict[str, float]
    says: dict[str, str]
    decisive: frozenset[str]
    """Evidence that no other can outweigh."""
    scale: float
    shift: float


@cache
def _weights() -> _Weights:
    data = tomllib.loads(resources.files(__package__).joinpath("weights.toml").read_text("utf-8"))
    rules = {name: one["weight"] for name, one in data["rules"].items()}
    evidence = {name: one["weight"] for name, one in data["evidence"].items()}
    most = max(rules.values()) + sum(weight for weight in evidence.values() if weight > 0)
    return _Weights(
        rules=rules,
        rules_say={name: one["says"] for name, one in data["rules"].items()},
        evidence=evidence,
        says={name: one["says"] for name, one in data["evidence"].items()},
        decisive=frozenset(name for name, weight in evidence.items() if weight + most < 0),
        **data["calibration"],
    )
