"""The rules in the folder `words`, compiled once: data with names, no judgement."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_FILES = ("safeguarding", "adults", "school", "quiet", "facts")
_MOST_HITS = 50
"""As many as a person could want to see; what a rule says does not grow with a text of a megabyte."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a file in `words`. `needs` are facts that must all hold, each a set of alternatives."""

    id: str
    category: str
    needs: tuple[frozenset[str], ...]
    words: re.Pattern[str]
    unless: re.Pattern[str] | None
    weak: bool
    negation_cancels: bool

    def fits(self, facts: Collection[str]) -> bool:
        """Whether the facts that the rule needs hold."""
        return all(any(fact in facts for fact in either) for either in self.needs)

    def hits(self, text: str) -> list[tuple[int, int]]:
        """Where the rule's words stand in a reading, idioms and negated words left out."""
        found = [match.span() for match in self.words.finditer(text)]
        if found and self.unless is not None:
            found = _outside(found, [match.span() for match in self.unless.finditer(text)])
        if found and self.negation_cancels:
            found = [hit for hit in found if not cues()["negation"].search(text, max(0, hit[0] - 40), hit[0])]
        return found[:_MOST_HITS]


@dataclass(frozen=True, slots=True)
class Trigger:
    """An imagery rule (S2, A9), read so that a harmless phrase cannot hide what stands beside it.

    Each pattern is tried by itself over the whole text, and an idiom takes away only a hit that it
    covers: "selling vids of the play" says nothing of the changing rooms that follow (R28).
    """

    rule: Rule
    words: tuple[re.Pattern[str], ...]

    def hits(self, text: str) -> Iterator[tuple[int, int]]:
        """Where a pattern stands in a reading and no idiom explains all of it."""
        unless = self.rule.unless
        idioms = [match.span() for match in unless.finditer(text)] if unless else []
        begins = [start for start, _ in idioms]
        for pattern in self.words:
            for match in pattern.finditer(text):
                # Idioms do not overlap, so only the last that begins before a hit can cover it.
                at = bisect_right(begins, match.start()) - 1
                if at < 0 or idioms[at][1] < match.end():
                    yield match.span()


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the files."""
    return tuple(
        Rule(
            id=row["id"],
            category=row["category"],
            needs=tuple(frozenset(either.split("|")) for either in row.get("needs", ())),
            words=_pattern(row["words"]),
            unless=_pattern(row["unless"]) if "unless" in row else None,
            weak=row.get("strength") == "weak",
            negation_cancels=row.get("negation") == "cancels",
        )
        for row in _data()["rules"]
    )


@cache
def triggers() -> tuple[Trigger, ...]:
    """The rules that stop every request (S2 and A9)."""
    patterns = {row["id"]: tuple(_pattern([words]) for words in row["words"]) for row in _data()["rules"]}
    return tuple(Trigger(rule, patterns[rule.id]) for rule in rules() if rule.category == "imagery")


@cache
def cues() -> Mapping[str, re.Pattern[str]]:
    """The patterns of facts that no match tells, by name; those that end in $ look backwards."""
    return {name: _pattern(words) for name, words in _data()["cues"].items()}


def _outside(spans: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans that overlap none of the others; both come in order of the text, so one pass does."""
    kept: list[tuple[int, int]] = []
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
    return {
        "rules": [row for file in files for row in file.get("rules", ())],
        "cues": {name: words for file in files for name, words in file.get("cues", {}).items()},
    }


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    """Whole words only; an apostrophe may be left out, and a blank may be any run of blanks."""
    parts = [re.sub(r"\[\\w’", r"[\\w'", word) for word in words]
    parts = [re.sub(r"’(?![^\[\]]*\])", "'?", part).replace("’", "'") for part in parts]
    ends = "" if all(part.endswith("$") for part in parts) else r"(?![a-z0-9])"
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(parts)}){ends}")
