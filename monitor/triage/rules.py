"""The rules in the folder `words`, compiled once: data with names, no judgement."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import chain, count
from typing import Any

from monitor.triage.gate import Gate

_FILES = (
    "classes", "imagery", "self_harm", "children", "weapons", "extremism", "threats", "private_details",
    "allegations", "hate", "adults", "school", "quiet", "facts",
)  # fmt: skip
_MOST_HITS = 50
"""As many as a person could want to see; what a rule says does not grow with a text of a megabyte."""
_LOOKS_BACK = 40
_NEARBY = 110
"""As many characters as a long sentence has, on each side."""
_PRIVATE = 0xE000
"""The first of the code points that Unicode leaves to whoever needs some."""
_CLASS = re.compile(r"\{([a-z]\w*)\}")

Span = tuple[int, int]
Possible = Mapping[int, Sequence[re.Pattern[str]]]
"""The patterns that may fit a text, by the place of the Words that they belong to."""


@dataclass(frozen=True, slots=True)
class Words:
    """Patterns that speak for one thing, known by their place behind the gate."""

    place: int

    def each(self, text: str, possible: Possible) -> Iterator[Iterator[re.Match[str]]]:
        """The fits of each pattern that the gate let through."""
        return (pattern.finditer(text) for pattern in possible.get(self.place, ()))

    def spans(self, text: str, possible: Possible) -> list[Span]:
        """Where any pattern fits, in order of the text; of those that overlap the first, then the longest."""
        return _apart(self.every(text, possible))

    def every(self, text: str, possible: Possible) -> list[Span]:
        """Where each pattern fits, in order of the text, those that overlap as well."""
        found = [match.span() for matches in self.each(text, possible) for match in matches]
        found.sort(key=_first_then_longest)
        return found

    def fit(self, text: str, possible: Possible) -> bool:
        """Whether any pattern fits anywhere."""
        return any(pattern.search(text) for pattern in possible.get(self.place, ()))


class Of(StrEnum):
    """Of whom a rule's words speak, by where they stand (monitor/triage/about.py)."""

    DESCRIBED = "described"
    SUBJECT = "subject"
    OBJECT = "object"
    TOPIC = "topic"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a file in `words`. `needs` are facts that must all hold, each a set of alternatives.

    `ambiguous` words, and `hints` that stand two together, count only where the text is not plainly harmless
    to the second reader. `explains` are categories that such words bring to its mind for nothing: there it
    is heard only when it is beyond doubt.
    """

    id: str
    category: str
    needs: tuple[frozenset[str], ...]
    words: Words
    ambiguous: Words
    unless: Words
    weak: bool
    negation_cancels: bool
    hints: Words
    of: Of = Of.ANYTHING
    near: tuple[re.Pattern[str], ...] = ()
    not_near: re.Pattern[str] | None = None
    explains: tuple[str, ...] = ()

    def fits(self, facts: Collection[str]) -> bool:
        """Whether the facts that the rule needs hold."""
        return all(not either.isdisjoint(facts) for either in self.needs)

    def hits(self, text: str, possible: Possible, *, ambiguous: bool) -> list[Span]:
        """Where the rule's words stand in a reading, idioms and negated words left out; those that are
        ambiguous only if asked for."""
        spans = self.words.every(text, possible)
        if ambiguous and (more := self.ambiguous.every(text, possible)):
            spans = sorted([*spans, *more], key=_first_then_longest)
        return self._standing(spans, text, possible)

    def hinted(self, text: str, possible: Possible) -> Iterator[list[Span]]:
        """The same for each pattern of `hints` that stands anywhere, by itself."""
        for matches in self.hints.each(text, possible):
            if found := self._standing([match.span() for match in matches], text, possible):
                yield found

    def _standing(self, spans: Iterable[Span], text: str, possible: Possible) -> list[Span]:
        found = [span for span in spans if self._accompanied(text, span)]
        if found:
            # Idioms go before overlaps: what an idiom explains must not hide what stands beside it.
            found = _apart(_outside(found, _joined(self.unless.every(text, possible))))
        if found and self.negation_cancels:
            found = [hit for hit in found if not _negated(text, hit[0])]
        return found[:_MOST_HITS]

    def uncovered(self, text: str, possible: Possible, *, ambiguous: bool) -> Iterator[Span]:
        """Where a pattern stands and no idiom explains all of it, for triggers of imagery (S2, A9).

        Each pattern is tried by itself over the whole text, and an idiom takes away only a hit that it
        covers: "selling vids of the play" says nothing of the changing rooms that follow (R28). Those that
        are ambiguous are tried if asked for.
        """
        idioms = self.unless.spans(text, possible)
        begins = [start for start, _ in idioms]
        tried = (self.words, self.ambiguous) if ambiguous else (self.words,)
        for matches in chain.from_iterable(words.each(text, possible) for words in tried):
            for match in matches:
                # Idioms do not overlap, so only the last that begins before a hit can cover it.
                at = bisect_right(begins, match.start()) - 1
                if (at < 0 or idioms[at][1] < match.end()) and self._accompanied(text, match.span()):
                    yield match.span()

    def _accompanied(self, text: str, span: Span) -> bool:
        """Whether each pattern of `near` stands within a long sentence of the words, or in them, and none
        of `not_near` does."""
        if not (self.near or self.not_near):
            return True
        nearby = text[max(0, span[0] - _NEARBY) : span[1] + _NEARBY]
        if self.not_near and self.not_near.search(nearby):
            return False
        return all(pattern.search(nearby) for pattern in self.near)


def wordless(identity: str, category: str, *, weak: bool) -> Rule:
    """A rule for findings that no pattern makes: nothing of it stands behind the gate."""
    nothing = Words(-1)
    return Rule(
        identity,
        category,
        (),
        words=nothing,
        ambiguous=nothing,
        unless=nothing,
        weak=weak,
        negation_cancels=False,
        hints=nothing,
    )


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every rule and every fact, behind one gate."""

    rules: tuple[Rule, ...]
    triggers: tuple[Rule, ...]
    facts: Mapping[str, Words]
    gate: Gate
    patterns: tuple[tuple[int, str], ...]
    """Every pattern behind the gate as written, with the place of its Words."""
    _rules_by_words: Mapping[int, Rule]

    def possible(self, text: str) -> Possible:
        """The patterns that may fit."""
        found: dict[int, list[re.Pattern[str]]] = {}
        for number in self.gate.possible(text):
            place, written = self.patterns[number]
            found.setdefault(place, []).append(_compiled(written))
        return found

    def worth_trying(self, possible: Possible) -> list[Rule]:
        """The rules that may have a hit, in the order of the files."""
        rules = self._rules_by_words
        tried = {rules[place].words.place: rules[place] for place in sorted(possible) if place in rules}
        return [tried[place] for place in sorted(tried)]


@cache
def rule_book() -> RuleBook:
    """What the files say, compiled."""
    data = _data()
    patterns: list[tuple[int, str]] = []
    written: list[str] = []
    places = count()

    def placed(words: Sequence[str]) -> Words:
        made = Words(next(places))
        patterns.extend((made.place, _spelled((word,))) for word in words)
        written.extend(map(_with_classes_by_letter, words))
        return made

    rules = tuple(
        Rule(
            id=row["id"],
            category=row["category"],
            needs=tuple(frozenset(either.split("|")) for either in row.get("needs", ())),
            words=placed(row.get("words", ())),
            ambiguous=placed(row.get("ambiguous", ())),
            unless=placed(row.get("unless", ())),
            weak=row.get("strength") == "weak",
            negation_cancels=row.get("negation") == "cancels",
            hints=placed(row.get("hints", ())),
            of=Of(row.get("of", "anything")),
            near=tuple(_pattern((words,)) for words in row.get("near", ())),
            not_near=_pattern(row["not_near"]) if "not_near" in row else None,
            explains=tuple(row.get("explains", ())),
        )
        for row in data["rules"]
    )
    facts = {name: placed(words) for name, words in data["facts"].items()}
    return RuleBook(
        rules=rules,
        triggers=tuple(rule for rule in rules if rule.category == "imagery"),
        facts=facts,
        gate=Gate(written, _classes_by_letter()),
        patterns=tuple(patterns),
        _rules_by_words={
            words.place: rule
            for rule in rules
            if rule.category != "imagery"
            for words in (rule.words, rule.ambiguous, rule.hints)
        },
    )


@cache
def around() -> Mapping[str, re.Pattern[str]]:
    """The patterns that are tried at a place only, by name; those that end in $ look backwards."""
    return {name: _pattern(words) for name, words in _data()["around"].items()}


@cache
def scene() -> Mapping[str, re.Pattern[str]]:
    """The patterns that cut a text into pieces and read what stands around a mention, as written."""
    return {name: re.compile("|".join(words).replace("’", "'?")) for name, words in _data()["scene"].items()}


@cache
def mention_words() -> re.Pattern[str]:
    """What words alone tell of whom somebody speaks; the group that fits is named after it."""
    groups = (
        f"(?P<{name}>{'|'.join(_written(word) for word in words)})"
        for name, words in _data()["mentions"].items()
    )
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(groups)})(?![a-z0-9])")


def _negated(text: str, start: int) -> bool:
    """Whether "not", "never", "no" stand before a place and mean it."""
    before = text[max(0, start - _LOOKS_BACK) : start]
    return bool(around()["negation"].search(before)) and not around()["no_negation"].search(before)


def _first_then_longest(span: Span) -> tuple[int, int]:
    return span[0], -span[1]


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Of spans in order those that overlap no earlier one."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, with those that overlap made one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _outside(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """The spans that overlap none of the others; both come in order, the others apart, so one pass does."""
    kept: list[Span] = []
    at = 0
    for start, end in spans:
        while at < len(others) and others[at][1] <= start:
            at += 1
        if at == len(others) or others[at][0] >= end:
            kept.append((start, end))
    return kept


@cache
def _data() -> dict[str, Any]:
    folder = resources.files(__package__).joinpath("words")
    files = [tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8")) for name in _FILES]
    merged: dict[str, Any] = {"rules": [row for file in files for row in file.get("rules", ())]}
    for part in ("facts", "around", "classes", "scene", "mentions"):
        merged[part] = {name: words for file in files for name, words in file.get(part, {}).items()}
    return merged


def _spelled_out(words: str) -> str:
    """The pattern with every {class} replaced by the words of the class; a class may name others."""
    classes: Mapping[str, Sequence[str]] = _data()["classes"]
    while _CLASS.search(words):
        words = _CLASS.sub(lambda found: f"(?:{'|'.join(classes[found[1]])})", words)
    return words


def _with_classes_by_letter(words: str) -> str:
    """The pattern with a letter of its own for each {class}: the gate takes each class apart once."""
    return _apostrophes(_CLASS.sub(lambda found: _letters_of_classes()[found[1]], words))


def _classes_by_letter() -> dict[str, str]:
    classes: Mapping[str, Sequence[str]] = _data()["classes"]
    return {
        _letters_of_classes()[name]: _with_classes_by_letter(f"(?:{'|'.join(words)})")
        for name, words in classes.items()
    }


@cache
def _letters_of_classes() -> dict[str, str]:
    """From among those that no text and no rule uses."""
    return {name: chr(_PRIVATE + number) for number, name in enumerate(_data()["classes"])}


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(_spelled(words))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Only once a text may need it: most of the thousands of patterns are never tried in one run."""
    return re.compile(pattern)


def _spelled(words: Sequence[str]) -> str:
    """Whole words only."""
    parts = list(map(_written, words))
    ends = "" if all(part.endswith("$") for part in parts) else r"(?![a-z0-9])"
    return rf"(?<![a-z0-9])(?:{'|'.join(parts)}){ends}"


def _written(word: str) -> str:
    """A pattern as the files write it: classes by name, and the apostrophe may be left out."""
    return _apostrophes(_spelled_out(word))


def _apostrophes(word: str) -> str:
    word = re.sub(r"\[\\w’", r"[\\w'", word)
    return re.sub(r"’(?![^\[\]]*\])", "'?", word).replace("’", "'")
