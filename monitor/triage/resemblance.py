"""What a post resembles, learnt from invented posts of each kind: a second reader beside the rules.

It is for what no rule has a pattern for. It adds categories in which a miss is worse than a false alarm
(R46) and takes none of those away; in classes that prefer silence it may speak against a rule. It says
which words weighed most. Names and school terms are blanked before it looks: it knows nobody. Pure.

How sure it must be stands in `resemblance.toml`, which `scripts/train` writes.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitor.triage.encoder import ADULT, PUPIL, SCHOOL, Numbers, Read, Span, encoder, read, weighed_words

ALARMS = ("A3", "A5", "A7", "A9", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8")
"""What it may add although it is now and then wrong."""
SILENCE = ("A1", "A4", "A8", "K1", "K2", "T1", "W1")
"""What it adds only where it is hardly ever wrong (R46)."""
REFUTABLE = ("A1", "A4", "K1", "K2", "O4", "T1")
"""Where it may speak against a rule: no child is in danger, and silence is the smaller harm (R46)."""
_OF_CHILD_AND_ADULT = (("S2", "A9"), ("S7", "A7"))
"""The same harm to a child and to an adult."""
QUIET = "quiet"
_QUIET_CLASSES = ("P1", "P2", "P3", "P4", "P5")
_MOST_CITED = 3
_UNLIKELY = -3.0
"""A text with less than these log odds of being quiet is not."""
_NEVER_LEARNT = 3.0
"""As likely is a category that rules have found and that was not learnt."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """A text resembles posts of a category: if beyond doubt, and its weightiest words."""

    category: str
    sure: bool
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the second reader makes of one text."""

    read: Read
    log_odds: Mapping[str, float]

    def adds(self, found: Collection[str] = ()) -> list[Resemblance]:
        """The categories that the text resembles beyond their threshold and more than any already found, or
        beyond doubt.

        Of those that prefer silence only the likeliest: an insult that is more of a complaint is one; and of
        the same harm to a child and to an adult the likelier.
        """
        lines = _thresholds()
        least = max((self.log_odds.get(code, _NEVER_LEARNT) for code in found), default=-math.inf)
        reached = [
            category
            for category in (*ALARMS, *SILENCE)
            if self._is_sure(category)
            or (self._lean(category) >= lines["adds"][category] and self.log_odds[category] > least)
        ]
        likeliest = max(set(reached) & set(SILENCE), key=self.log_odds.__getitem__, default="")
        of_another = {min(pair, key=self.log_odds.__getitem__) for pair in _OF_CHILD_AND_ADULT}
        return [
            Resemblance(
                category,
                sure=self._is_sure(category),
                spans=self._cited(category),
            )
            for category in reached
            if (category in ALARMS and category not in of_another) or category == likeliest
        ]

    def refutes(self, category: str) -> bool:
        """Whether a rule that says this category is hardly ever right about such a text."""
        return category in REFUTABLE and self.log_odds[category] < _thresholds()["refutes"][category]

    def is_harmless(self) -> bool:
        """Whether the text, all of which was read, is so much more like a quiet post than like any alarm that
        ambiguous words in it speak for none."""
        return self.read.whole and max(map(self._lean, ALARMS)) < _thresholds()["harmless"]["alarms"]

    def is_quiet(self) -> bool:
        """Whether the text is more like a quiet post than like anything else."""
        findings = (
            odds for code, odds in self.log_odds.items() if code not in (*_QUIET_CLASSES, "P0", QUIET)
        )
        return self.log_odds[QUIET] > max(findings)

    def quiet_class(self) -> str:
        """The P class that the text is most like."""
        return max(_QUIET_CLASSES, key=lambda code: self.log_odds[code])

    def _is_sure(self, category: str) -> bool:
        return category in ALARMS and self._lean(category) >= _thresholds()["sure"][category]

    def _lean(self, category: str) -> float:
        return float(lean(self.log_odds[category], self.log_odds[QUIET]))

    def _cited(self, category: str) -> tuple[Span, ...]:
        heads = encoder().heads
        return tuple(
            sorted(weighed_words(self.read, heads.index(category), heads.index(QUIET), most=_MOST_CITED))
        )


def lean(odds: ArrayLike, quiet: ArrayLike) -> NDArray[np.float64]:
    """How much more a text is like a category than like a quiet post, from the log odds of both.

    Where it is like neither, the category must be likely by itself: what is no quiet post is not for
    that reason a threat.
    """
    return np.subtract(odds, np.maximum(quiet, _UNLIKELY), dtype=np.float64)


def opinion_of(text: str) -> Opinion | None:
    """What the second reader makes of a text as read, names blanked; None when it has no words."""
    found = read(text)
    if found is None:
        return None
    heads = encoder().heads
    most: Numbers = found.log_odds.max(axis=0)
    log_odds = dict(zip(heads, most.tolist(), strict=True))
    # A long text is as quiet as the least quiet part of it.
    log_odds[QUIET] = float(found.log_odds[:, heads.index(QUIET)].min())
    return Opinion(found, log_odds)


def blanked(
    text: str, *, adults: Iterable[Span] = (), pupils: Iterable[Span] = (), school: Iterable[Span] = ()
) -> str:
    """The text with the names of people and of the School blanked, as long as before.

    Of people it keeps only whether they are pupils: the same words about a child are another matter.
    """
    letters = np.array(list(text), dtype="U1")
    for sign, spans in ((SCHOOL, school), (PUPIL, pupils), (ADULT, adults)):
        for start, end in spans:
            letters[start:end] = sign
    return "".join(letters.tolist())


@cache
def _thresholds() -> Mapping[str, Mapping[str, float]]:
    return tomllib.loads(resources.files(__package__).joinpath("resemblance.toml").read_text("utf-8"))
