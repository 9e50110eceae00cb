"""Which patterns can fit a text at all, found in one pass over it.

Most posts hold none of the words of most rules. Every pattern is taken apart once, into letters of which
any text that it fits must hold at least one; one automaton looks for all of them, and only patterns
whose letters turned up are tried. A gate never changes what a pattern finds, only what it costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from re import _constants as op  # type: ignore[attr-defined]  # no public way to read a pattern
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from ahocorasick_rs import AhoCorasick

_SHORTEST = 2
"""Letters that stand in every post ("a") would open the gate always and cost a hit each."""


class Gate:
    """Compiled patterns behind one automaton."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        letters: dict[str, list[int]] = {}
        self._always: list[int] = []
        for number, pattern in enumerate(patterns):
            needed = _letters(parser.parse(pattern.pattern))
            if needed is None:
                self._always.append(number)
            for run in needed or ():
                letters.setdefault(run, []).append(number)
        self._opens = [tuple(numbers) for numbers in letters.values()]
        self._automaton = AhoCorasick(list(letters))

    def possible(self, text: str) -> set[int]:
        """The numbers of the patterns that may fit somewhere in the text; all others cannot."""
        found = {which for which, _, _ in self._automaton.find_matches_as_indexes(text, overlapping=True)}
        return {number for which in found for number in self._opens[which]}.union(self._always)


def _letters(parsed: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    """Runs of letters of which every fit holds one, chosen so that the shortest is long; None for none."""
    best: frozenset[str] | None = None
    for found in _choices(parsed):
        if best is None or _worth(found) > _worth(best):
            best = found
    return best


def _choices(parsed: Iterable[tuple[Any, Any]]) -> Iterator[frozenset[str]]:
    """Each part of a sequence that every fit must hold, as the letters of which it holds one."""
    run = ""
    for code, argument in parsed:
        if code is op.LITERAL:
            run += chr(argument)
            continue
        if len(run) >= _SHORTEST:
            yield frozenset((run,))
        run = ""
        inner: frozenset[str] | None = None
        if code is op.SUBPATTERN:
            inner = _letters(argument[3])
        elif code is op.MAX_REPEAT and argument[0] > 0:
            inner = _letters(argument[2])
        elif code is op.BRANCH:
            branches = [_letters(branch) for branch in argument[1]]
            if None not in branches:
                inner = frozenset().union(*(branch for branch in branches if branch))
        if inner:
            yield inner
    if len(run) >= _SHORTEST:
        yield frozenset((run,))


def _worth(runs: frozenset[str]) -> tuple[int, int]:
    """How seldom one of these runs will turn up: long beats short, few beat many."""
    return min(map(len, runs)), -len(runs)
