"""What the second reader changes about what the rules have found.

It adds to every class in which a miss is worse than a false alarm and takes nothing from it; in classes
that prefer silence it may also speak against a rule (R46). What rules explain as harmless it opens again
only where it is beyond doubt.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.folding import Reading
from monitor.model import Matches, Role
from monitor.triage.encoder import Span
from monitor.triage.resemblance import Opinion, blanked, opinion_of
from monitor.triage.rules import Possible, rule_book, wordless
from monitor.triage.weighing import Hit, place_of

RESEMBLES = wordless("resembles", "", weak=True)
"""What only the second reader has found: a person is asked, and nobody is woken."""
RESEMBLES_CLOSELY = wordless("resembles_closely", "", weak=False)
_ABOUT_ADULTS = frozenset({"A1", "A4", "A5", "K1", "T1"})
_SENTENCE_ENDS = re.compile(r"[.!?\n]")


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rules make of a text: which fitted, what became of them, and the categories in the end."""

    found: Sequence[Hit]
    hits: Sequence[Hit]
    categories: Collection[str]


def second_opinion(reading: Reading, matches: Matches) -> Opinion | None:
    """What the second reader makes of a reading without the names that matching found; None when it has no
    words."""
    placed = [(match.role, place_of(reading, match.start, match.end)) for match in matches.people]
    unnamed = blanked(
        reading.text,
        adults=[place for role, place in placed if role is not Role.PUPIL],
        pupils=[place for role, place in placed if role is Role.PUPIL],
        school=[place_of(reading, match.start, match.end) for match in matches.school],
    )
    return opinion_of(unnamed)


def reconsidered(ruled: Ruled, opinion: Opinion, text: str, possible: Possible) -> list[Hit]:
    """The hits of rules that the second reader does not speak against, and what it adds.

    What it finds unlikely it speaks against only for something else, or for silence; what the rules
    have settled, or explain where it is said, it opens again only where it is beyond doubt.
    """
    settled, explained = _settled(ruled, text, possible), _explained(ruled.found, text)

    def silenced(category: str, spans: Iterable[Span]) -> bool:
        sentences = explained.get(category, ())
        return category in settled or all(
            any(first <= start and end <= last for first, last in sentences) for start, end in spans
        )

    refuted = {category for category in ruled.categories if opinion.refutes(category)}
    stay = [category for category in ruled.categories if category not in refuted]
    added = [
        Hit(RESEMBLES_CLOSELY if found.sure else RESEMBLES, found.category, *span)
        for found in opinion.adds(stay)
        if found.sure or not silenced(found.category, found.spans)
        for span in found.spans
    ]
    if not (stay or added or opinion.is_quiet()):
        refuted = set()
    return [*(hit for hit in ruled.hits if hit.category not in refuted), *added]


def _settled(ruled: Ruled, text: str, possible: Possible) -> Collection[str]:
    """The classes about adults of which the rules know the words and have found them harmless (an idiom, or
    asked, taken back, said of somebody else)."""
    spoken = {"K1" if hit.category == "mild" else hit.category for hit in ruled.found}
    if spoken & _ABOUT_ADULTS and not {hit.category for hit in ruled.hits} & (_ABOUT_ADULTS | {"P3"}):
        return _ABOUT_ADULTS
    return {
        rule.category
        for rule in rule_book().worth_trying(possible)
        if rule.category in _ABOUT_ADULTS and rule.unless.fit(text, possible)
    }


def _explained(found: Iterable[Hit], text: str) -> Mapping[str, Collection[Span]]:
    """The sentences in which a rule explains what else might be heard there, by category: what the next
    sentence says is another matter."""
    explaining = [hit for hit in found if hit.rule.explains]
    if not explaining:
        return {}
    ends = [0, *(end.end() for end in _SENTENCE_ENDS.finditer(text)), len(text)]
    explained: dict[str, set[Span]] = {}
    for hit in explaining:
        sentence = ends[bisect_right(ends, hit.start) - 1], ends[bisect_left(ends, hit.end)]
        for category in hit.rule.explains:
            explained.setdefault(category, set()).add(sentence)
    return explained
