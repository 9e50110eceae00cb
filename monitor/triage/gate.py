"""Which patterns can fit a text at all, found in one pass over it.

Most posts hold none of the words of most rules. Every pattern is taken apart once, into sets of letters of
which any text that it fits must hold one each; one automaton looks for all of them, and only patterns
with something of every set are tried. A gate never changes what a pattern finds, only what it costs.

Signs count as blanks on both sides, so that "mean" stands for the word and not for a part of "meaning".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from re import _constants as op  # type: ignore[attr-defined]  # no public way to read a pattern
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from ahocorasick_rs import AhoCorasick

_SHORTEST = 3
"""Shorter runs stand in every post: they would open the gate always and cost a hit each."""
_NONE: frozenset[int] = frozenset()
_NOTHING: frozenset[str] = frozenset(("",))
_MOST_RUNS = 40
"""More spellings of one run than this are cheaper to look for piece by piece."""
_DIGIT = list(parser.parse(r"\d"))[0][1]
_WORD_MARK = list(parser.parse("[a-z0-9]"))
"""What must not stand beside a whole word (monitor/triage/rules.py)."""
_SIGNS = {code: " " for code in range(256) if not (chr(code).isascii() and chr(code).isalnum())}
_BLANK = frozenset((" ",))
_Tree = Sequence[tuple[Any, Any]]


class Gate:
    """Patterns behind one automaton. They must read lower case ASCII (monitor.folding)."""

    def __init__(self, patterns: Sequence[str], classes: Mapping[str, str]) -> None:
        """Each pattern is whole words unless it ends in $. A letter in `classes` stands in it for a pattern
        in brackets, which may have such letters too."""
        parts = _Parts(classes)
        sets: dict[frozenset[str], int] = {}
        self._always: list[int] = []
        opens: list[list[int]] = []
        self._needs: list[int] = []
        for number, pattern in enumerate(patterns):
            needed = sorted(parts.needed(pattern), key=_worth)
            places = [sets.setdefault(runs, len(sets)) for runs in needed]
            self._needs.append(sum(1 << place for place in set(places)))
            opens += ([] for _ in range(len(sets) - len(opens)))
            if places:
                opens[places[-1]].append(number)
            else:
                self._always.append(number)
        letters: dict[str, list[int]] = {}
        for runs, place in sets.items():
            for run in runs:
                letters.setdefault(run, []).append(place)
        self._bits = [sum(1 << place for place in places) for places in letters.values()]
        self._opened = [
            frozenset(number for place in places for number in opens[place]) for places in letters.values()
        ]
        self._automaton = AhoCorasick(list(letters))

    def possible(self, text: str) -> set[int]:
        """The numbers of the patterns that may fit somewhere in the text; all others cannot."""
        plain = f" {text.translate(_SIGNS)} "
        found = {which for which, _, _ in self._automaton.find_matches_as_indexes(plain, overlapping=True)}
        here = 0
        for which in found:
            here |= self._bits[which]
        needs = self._needs
        maybe = _NONE.union(*[self._opened[which] for which in found])
        passed = {number for number in maybe if needs[number] & here == needs[number]}
        passed.update(self._always)
        return passed


class _Parts:
    """Takes patterns apart. What they share, as most of the longest words do, is taken apart once."""

    def __init__(self, classes: Mapping[str, str]) -> None:
        self._trees: dict[int, _Tree] = {ord(name): list(parser.parse(one)) for name, one in classes.items()}
        self._shared = {id(argument) for tree in self._trees.values() for _, argument in tree}
        self._known: dict[tuple[int, frozenset[str], frozenset[str]], list[frozenset[str]]] = {}

    def needed(self, pattern: str) -> list[frozenset[str]]:
        """Runs of letters of which any fit of the pattern holds one of each set."""
        return self._choices(parser.parse(pattern), _BLANK, _NOTHING if pattern.endswith("$") else _BLANK)

    def _choices(
        self, parsed: _Tree, before: frozenset[str] = _NOTHING, after: frozenset[str] = _NOTHING
    ) -> list[frozenset[str]]:
        """For each part of a sequence that every fit must hold: runs of letters of which it holds one.

        `before` and `after` are what surely stands beside the sequence: one of some characters, or nothing
        that is known.
        """
        nodes = self._filled(parsed)
        found: list[frozenset[str]] = []
        runs = before
        for at, (code, argument) in enumerate(nodes):
            letters = _letters(code, argument) or self._perhaps(code, argument)
            longer = frozenset(run + letter for run in runs for letter in letters)
            if letters and len(longer) <= _MOST_RUNS:
                runs = longer
                continue
            _keep(found, runs)
            if letters:
                runs = letters
                continue
            follows = _letters(*nodes[at + 1]) if at + 1 < len(nodes) else after
            found += self._inside(code, argument, frozenset(run[-1:] for run in runs), follows or _NOTHING)
            runs = _NOTHING
        _keep(found, frozenset(run + letter for run in runs for letter in after))
        return found

    def _filled(self, parsed: _Tree) -> _Tree:
        """A sequence with what the letters stand for that are names of classes."""
        nodes: list[tuple[Any, Any]] = []
        for code, argument in parsed:
            if code is op.LITERAL and argument in self._trees:
                nodes += self._trees[argument]
            elif code is op.IN and any(kind is op.LITERAL and one in self._trees for kind, one in argument):
                nodes.append((op.BRANCH, (None, [[one] for one in argument])))
            else:
                nodes.append((code, argument))
        return nodes

    def _inside(
        self, code: Any, argument: Any, before: frozenset[str], after: frozenset[str]
    ) -> list[frozenset[str]]:
        """What a group, a repetition or a choice between branches must hold."""
        if code is op.SUBPATTERN:
            return self._choices(argument[3], before, after)
        if code is op.MAX_REPEAT and argument[0] > 0:
            return self._choices(argument[2])
        if code is not op.BRANCH:
            return []
        asked = (id(argument), before, after)  # those that are shared live as long as this does
        known = self._known.get(asked)
        if known is None:
            known = self._either(argument[1], before, after)
            if id(argument) in self._shared:
                self._known[asked] = known
        return known

    def _either(
        self, branches: Iterable[_Tree], before: frozenset[str], after: frozenset[str]
    ) -> list[frozenset[str]]:
        best = [max(self._choices(branch, before, after), key=_worth, default=None) for branch in branches]
        return [] if None in best else [frozenset().union(*(runs for runs in best if runs))]

    def _perhaps(self, code: Any, argument: Any) -> frozenset[str]:
        """The letters for a character that may be left out ("i'?m"): it, or nothing."""
        if code is op.MAX_REPEAT and tuple(argument[:2]) == (0, 1):
            inside = self._filled(argument[2])
            letters = _letters(*inside[0]) if len(inside) == 1 else frozenset()
            return letters | _NOTHING if letters else letters
        return frozenset()


def _letters(code: Any, argument: Any) -> frozenset[str]:
    """The characters of which a node stands for one, as the gate reads them; a whole-word mark is a blank."""
    if code is op.LITERAL:
        return frozenset((_plain(argument),))
    if code is op.IN and all(kind is op.LITERAL for kind, _ in argument):
        return frozenset(_plain(letter) for _, letter in argument)
    if code is op.IN and argument == _DIGIT:
        return frozenset("0123456789")
    return frozenset((" ",)) if code is op.ASSERT_NOT and list(argument[1]) == _WORD_MARK else frozenset()


def _plain(code: int) -> str:
    letter = chr(code)
    return letter if letter.isascii() and letter.isalnum() else " "


def _keep(found: list[frozenset[str]], runs: frozenset[str]) -> None:
    if min(map(len, runs)) >= _SHORTEST:
        found.append(runs)


def _worth(runs: frozenset[str]) -> tuple[int, int]:
    """How seldom one of these runs will turn up: long beats short, few beat many."""
    return min(map(len, runs)), -len(runs)
