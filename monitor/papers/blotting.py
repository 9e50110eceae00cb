"""The same facts with every word from outside blotted out, to tell the papers' own words from those (R78).

A masked name may be an ordinary word: "May" stands in dates and in "may be". Papers of blotted facts hold the
papers' own words and nothing else, so whatever stands in the finished papers more often came from outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from monitor.papers.facts import CaseFacts, ExhibitFacts, LinkedIncident, NotCaptured

_IDENTIFIERS: dict[type, frozenset[str]] = {
    CaseFacts: frozenset({"reference"}),
    ExhibitFacts: frozenset({"reference", "finding", "label"}),
    NotCaptured: frozenset({"finding"}),
    LinkedIncident: frozenset({"finding", "exhibit"}),
}
"""What papers look things up by."""
_OURS: dict[type, frozenset[str]] = {CaseFacts: frozenset({"school", "clauses", "laws"})}
"""The School's own name and the words of policy and law: never from outside."""
_BARRIER, _BLOT = "\ua66e", "\u00b7"
"""The barrier is a letter, so that the words on both sides of a blot make no word together; there is only
one, since a single letter is never searched for, nor cleared away."""


def blotted(facts: Any) -> Any:
    """The facts with every letter and digit from outside gone, and everything else as it was. Pure."""
    if type(facts) is str:
        return _blot(facts)
    if isinstance(facts, tuple):
        return tuple(map(blotted, facts))
    if not is_dataclass(facts) or isinstance(facts, type):
        return facts
    kept = _IDENTIFIERS.get(type(facts), frozenset()) | _OURS.get(type(facts), frozenset())
    return replace(
        facts, **{f.name: blotted(getattr(facts, f.name)) for f in fields(facts) if f.name not in kept}
    )


def identifiers(case: CaseFacts) -> Iterator[str]:
    """What `blotted` leaves as it is, although somebody may have typed it."""
    for each in (case, *case.exhibits, *case.not_captured, *case.linked):
        for name in sorted(_IDENTIFIERS[type(each)]):
            yield str(getattr(each, name))


def _blot(text: str) -> str:
    blots = "".join(_BLOT if each.isalnum() else each for each in text)
    return blots.replace(_BLOT, _BARRIER, 1)
