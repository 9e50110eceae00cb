"""What the matcher makes of the corpus: every figure of docs/quality.md about names and school context."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.matching import Matcher, compile, explains
from monitor.model import PersonMatch
from tests.corpus.carriers import Post
from tests.corpus.distractors import KINDS, distractors
from tests.corpus.forms import FORMS, pairs
from tests.corpus.planting import Oracle, Planter
from tests.corpus.reader import Form, consistent
from tests.corpus.registers import School
from tests.invented_school import TERMS

BINS = 10
ENOUGH_PER_PAIR, AGAIN_PER_PAIR = 0.7, 30
EVEN_FORMS = (
    "full", "title_surname", "title_full", "initial_surname", "given_form", "lower", "upper", "leet",
    "homoglyph", "spaced", "zero_width", "handle", "hashtag", "possessive", "transposed",
    "family_name_first", "misspelt_surname", "misspelt_given", "phonetic", "diacritics_dropped", "elongated",
)  # fmt: skip
"""Forms in which people of every background can be written, for the comparison of backgrounds."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many posts of each sort an evaluation makes; `distractors` of each kind."""

    form: int
    distractors: int
    ordinary: int
    pair: int
    background: int


FULL = Amount(form=200, distractors=600, ordinary=20_000, pair=5, background=300)
QUICK = Amount(form=50, distractors=150, ordinary=3_000, pair=1, background=40)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the matcher made of one post."""

    post: Post
    flags: tuple[PersonMatch, ...]
    context: bool

    def right(self, flag: PersonMatch) -> bool:
        """Whether a flag lies on a name and names the person meant by it."""
        return self._on_mention(flag) or (
            self.post.companion is not None and _lies_on(flag, *self.post.companion)
        )

    def _on_mention(self, flag: PersonMatch) -> bool:
        return bool(self.post.spans) and _lies_on(flag, *self.post.spans[0], self.post.person)

    @property
    def certain(self) -> bool:
        """Whether the truth is known: a bare full name without the School may be anybody's."""
        return self.post.kind != "elsewhere"

    @property
    def hit(self) -> PersonMatch | None:
        """The flag that found the mention; of several the one that quotes it exactly."""
        found = [flag for flag in self.flags if self._on_mention(flag)]
        exact = (flag for flag in found if (flag.start, flag.end) in self.post.spans)
        return next(exact, found[0] if found else None)


def _lies_on(flag: PersonMatch, start: int, end: int, person: str) -> bool:
    return flag.start < end and start < flag.end and person in flag.person_ids


def look(matcher: Matcher, posts: Iterable[Post]) -> list[Outcome]:
    """Scan posts."""
    several = list(posts)
    found = matcher.scan([post.text for post in several], [post.own_source for post in several])
    return [Outcome(post, one.people, one.context) for post, one in zip(several, found, strict=True)]


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that was looked at with one register. `again`: more of the pairs that looked too low."""

    school: str
    people: int
    planted: tuple[Outcome, ...]
    nobody: tuple[Outcome, ...]
    explained: float
    composed: tuple[Outcome, ...] = ()
    again: tuple[Outcome, ...] = ()
    backgrounds: tuple[Outcome, ...] = ()


def look_at_forms(
    school: School, seed: int, forms: Sequence[Form], *, count: int, oracle: Oracle = consistent
) -> list[Outcome]:
    """Plant `count` mentions in each form and scan them."""
    planter = Planter(school, seed, oracle)
    matcher = compile(school.people, TERMS)
    return look(matcher, (post for form in forms for post in planter.posts(form, count)))


def look_at_names(name: str, school: School, seed: int, amount: Amount) -> Names:
    """Plant names and distractors for one register and scan them."""
    matcher = compile(school.people, TERMS)
    planter = Planter(school, seed)
    even = [form for form in FORMS if form.name in EVEN_FORMS]
    origins = sorted(set(school.background.values()))
    composed = look(matcher, (post for pair in pairs() for post in planter.posts(pair, amount.pair)))
    doubtful = {name for name, (share, _) in recall(composed, _form).items() if share < ENOUGH_PER_PAIR}
    more = Planter(school, seed + 1)
    again = look(
        matcher,
        (
            post
            for pair in pairs()
            if pair.name in doubtful and amount.pair > 1
            for post in more.posts(pair, AGAIN_PER_PAIR)
        ),
    )
    planted = look(matcher, (post for form in FORMS for post in planter.posts(form, amount.form)))
    nobody = look(
        matcher,
        (
            post
            for kind in KINDS
            for post in distractors(
                school, seed, kind, amount.ordinary if kind == "ordinary" else amount.distractors
            )
        ),
    )
    return Names(
        school=name,
        people=len(school.people),
        planted=tuple(planted),
        nobody=tuple(nobody),
        composed=tuple(composed),
        again=tuple(again),
        backgrounds=tuple(
            look(
                matcher,
                (post for one in origins for post in planter.posts_about(one, even, amount.background)),
            )
        ),
        explained=explained(matcher, [*planted, *nobody]),
    )


# --- figures ------------------------------------------------------------------------------------------


def recall(outcomes: Iterable[Outcome], group: Callable[[Post], str]) -> dict[str, tuple[float, int]]:
    """Share of mentions found, and how many there were, by group."""
    groups: dict[str, list[bool]] = {}
    for outcome in outcomes:
        groups.setdefault(group(outcome.post), []).append(outcome.hit is not None)
    return {name: (sum(hits) / len(hits), len(hits)) for name, hits in groups.items()}


def _form(post: Post) -> str:
    return post.form


def macro(recalls: Mapping[str, tuple[float, int]]) -> float:
    """The mean over groups."""
    return sum(share for share, _ in recalls.values()) / max(1, len(recalls))


def spread_by_chance(recalls: Mapping[str, tuple[float, int]]) -> float:
    """How far the best and the worst of these groups would lie apart if all were alike: about 3.5 deviations.

    That is the expected range of sixteen equal groups.
    """
    share, size = macro(recalls), min(count for _, count in recalls.values())
    return 3.5 * math.sqrt(share * (1 - share) / size)


def precision(outcomes: Iterable[Outcome]) -> float:
    """Share of flags that name the person meant where they are named."""
    verdicts = [one.right(flag) for one in outcomes if one.certain for flag in one.flags]
    return sum(verdicts) / max(1, len(verdicts))


def explained(matcher: Matcher, outcomes: Iterable[Outcome]) -> float:
    """Share of flags whose rule, run again on the words it cites, fires."""
    verdicts = [explains(matcher, one.post.text, flag) for one in outcomes for flag in one.flags]
    return sum(verdicts) / max(1, len(verdicts))


def exactness(outcomes: Iterable[Outcome]) -> float:
    """Share of found mentions whose span is exact."""
    hits = [(one.hit.start, one.hit.end) in one.post.spans for one in outcomes if one.hit]
    return sum(hits) / max(1, len(hits))


@dataclass(frozen=True, slots=True)
class Sets:
    """People named by right flags: per person whom the words allow, too many, and left out."""

    ratio: float
    too_many: float
    left_out: float


def candidate_sets(outcomes: Iterable[Outcome]) -> Sets:
    """How the sets of possible people compare with those whom the words allow."""
    named = allowed = extra = missing = 0
    for one in outcomes:
        if one.hit:
            ids = set(one.hit.person_ids)
            named += len(ids)
            allowed += len(one.post.allowed)
            extra += len(ids - one.post.allowed)
            missing += len(one.post.allowed - ids)
    total = max(1, allowed)
    return Sets(named / total, extra / total, missing / total)


def wrong_by_kind(outcomes: Iterable[Outcome]) -> dict[str, tuple[int, int]]:
    """Posts of each distractor kind with any flag, and how many posts there were."""
    kinds: dict[str, list[bool]] = {}
    for outcome in outcomes:
        kinds.setdefault(outcome.post.kind, []).append(bool(outcome.flags))
    return {kind: (sum(flagged), len(flagged)) for kind, flagged in kinds.items()}


def calibration_error(outcomes: Iterable[Outcome]) -> tuple[float, list[tuple[int, float, float]]]:
    """Expected calibration error of `score`, and each tenth of it: flags, mean score, share right."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for outcome in outcomes:
        for flag in outcome.flags if outcome.certain else ():
            bins[min(BINS - 1, int(flag.score * BINS))].append((flag.score, outcome.right(flag)))
    total = sum(len(one) for one in bins)
    rows = [
        (len(one), sum(score for score, _ in one) / len(one), sum(good for _, good in one) / len(one))
        for one in bins
        if one
    ]
    error = sum(count * abs(score - share) for count, score, share in rows) / max(1, total)
    return error, rows


# --- school context -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Context:
    """The school-context rows that were judged otherwise than they are meant."""

    rows: int
    meant: int
    missed: tuple[Mapping[str, Any], ...] = ()
    false: tuple[Mapping[str, Any], ...] = field(default=())


def look_at_context(matcher: Matcher, path: Path) -> Context:
    """Judge the rows of a school-context file."""
    rows = read_rows(path)
    found = matcher.scan([row["text"] for row in rows], [bool(row.get("own_source")) for row in rows])
    judged = [(row, one.context) for row, one in zip(rows, found, strict=True)]
    return Context(
        rows=len(rows),
        meant=sum(bool(row["meant"]) for row in rows),
        missed=tuple(row for row, context in judged if row["meant"] and not context),
        false=tuple(row for row, context in judged if context and not row["meant"]),
    )


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file with one JSON object a line."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
