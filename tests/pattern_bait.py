"""Texts that make a backtracking regular expression work hardest, made from the expression itself.

Whatever an expression repeats is repeated here, alone and after what must stand before it, and nothing
that it wants stands at the end: an expression whose cost grows with the square of a text shows it on one
of these. Python's own parser reads the expression, so the baits follow every change of the rules.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import ModuleType
from typing import Any

_PARSER = importlib.import_module("re._parser")
_COMPILER = importlib.import_module("re._compiler")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_MOST_VARIANTS = 6
_SIGNS = "a1 _.-',!" + "".join(map(chr, range(32, 127)))

Tree = Sequence[tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Bait:
    """`head`, then `body` as often as a length asks for, then a sign that no rule wants."""

    head: str
    body: str

    def text(self, size: int) -> str:
        """About `size` characters of it."""
        return self.head + self.body * max(1, (size - len(self.head)) // len(self.body)) + "\x81"


def alternatives(pattern: re.Pattern[str]) -> list[Callable[[], tuple[re.Pattern[str], list[Bait]]]]:
    """Each alternative of an expression by itself, between what stands before and after them all, with
    the baits for it, made when asked for. One is quicker to try than all, and the slow one is named."""
    tree = _parsed(pattern)
    items = list(tree)
    for place, (kind, argument) in enumerate(items):
        branches = _branches(kind, argument)
        if branches:
            each = [[*items[:place], *branch, *items[place + 1 :]] for branch in branches]
            break
    else:
        each = [items]

    def alone(one: Tree) -> tuple[re.Pattern[str], list[Bait]]:
        return _COMPILER.compile(_PARSER.SubPattern(tree.state, one)), list(dict.fromkeys(_baits_of(one)))

    return [functools.partial(alone, one) for one in each]


def endless_words(pattern: re.Pattern[str]) -> bool:
    """Whether the expression repeats more than one sign without end, as in `(?: \\w+)*`."""
    return any(len(body) > 1 or not _one_sign(*body[0]) for body in _endless_bodies(_parsed(pattern)))


def _parsed(pattern: re.Pattern[str]) -> Any:
    return _PARSER.parse(pattern.pattern, pattern.flags & ~re.UNICODE)


def _endless_bodies(tree: Tree) -> Iterator[Tree]:
    for kind, argument in tree:
        for inner in _inside(str(kind), argument):
            yield from _endless_bodies(inner)
        if str(kind) in _REPEATS and argument[1] == _PARSER.MAXREPEAT:
            yield argument[2]


def _inside(kind: str, argument: Any) -> Sequence[Tree]:
    match kind:
        case "BRANCH":
            return list(argument[1])
        case "SUBPATTERN":
            return [argument[3]]
        case "ATOMIC_GROUP":
            return [argument]
        case name if name in _REPEATS:
            return [argument[2]]
    return []


def _one_sign(kind: object, argument: Any) -> bool:
    if str(kind) == "SUBPATTERN":
        return len(argument[3]) == 1 and _one_sign(*argument[3][0])
    return str(kind) in ("IN", "LITERAL", "NOT_LITERAL", "ANY")


def patterns_in(package: ModuleType) -> dict[str, re.Pattern[str]]:
    """Every expression that the modules of a package hold or their cached loaders return, by where it is."""
    names = [package.__name__]
    if hasattr(package, "__path__"):
        names += [found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    found: dict[str, re.Pattern[str]] = {}
    for module in map(importlib.import_module, names):
        for name, value in vars(module).items():
            where = f"{module.__name__.removeprefix('monitor.')}.{name}"
            held = value() if callable(value) and _loads(value, module) else value
            for path, pattern in _held(held, where):
                if pattern not in found.values():
                    found[path] = pattern
    return found


def _loads(value: Callable[..., object], module: ModuleType) -> bool:
    """Whether it is a cached function of this module that wants nothing."""
    cached = isinstance(value, functools._lru_cache_wrapper)
    return cached and value.__module__ == module.__name__ and not inspect.signature(value).parameters


def _held(value: object, where: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield where, value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _held(getattr(value, field.name), f"{where}.{field.name}")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _held(one, f"{where}.{key}")
    elif isinstance(value, Collection) and not isinstance(value, str | bytes):
        for number, one in enumerate(value):
            yield from _held(one, f"{where}.{getattr(one, 'id', number)}")


def _branches(kind: object, argument: Any) -> list[Tree]:
    """The alternatives of a branch, also in a group that holds nothing else."""
    if str(kind) == "BRANCH":
        return list(argument[1])
    if str(kind) == "SUBPATTERN" and len(argument[3]) == 1:
        return _branches(*argument[3][0])
    return []


def _baits_of(tree: Tree) -> Iterator[Bait]:
    """Only what may be repeated without end can cost more than its length."""
    for head, body in _endless(tree, ""):
        alone = (body, body + " ", head + body, head + body + " ", head + " ", head + "_")
        yield from (Bait("", pumped) for pumped in alone if pumped)
        yield from (Bait(head, pumped) for pumped in (body, body + " ", " " + body) if pumped)


def _endless(tree: Tree, head: str) -> Iterator[tuple[str, str]]:
    """What the expression repeats without end, with an example of all that must stand before it."""
    for place, (kind, argument) in enumerate(tree):
        before = head + _example(tree[:place])
        match str(kind):
            case "BRANCH":
                for one in argument[1]:
                    yield from _endless(one, before)
            case "SUBPATTERN":
                yield from _endless(argument[3], before)
            case "ATOMIC_GROUP":
                yield from _endless(argument, before)
            case name if name in _REPEATS:
                _, most, body = argument
                yield from _endless(body, before)
                if most == _PARSER.MAXREPEAT:
                    yield from ((before, variant) for variant in _variants(body))


def _variants(tree: Tree) -> Iterator[str]:
    """A few examples, for an expression that may go wrong on one of its alternatives only."""
    yield from itertools.islice(dict.fromkeys(_all_variants(tree)), _MOST_VARIANTS)


def _all_variants(tree: Tree) -> Iterator[str]:
    yield _example(tree)
    for place, (kind, argument) in enumerate(tree):
        inner: Iterator[str] = iter(())
        match str(kind):
            case "BRANCH":
                inner = itertools.chain.from_iterable(map(_variants, argument[1]))
            case "SUBPATTERN":
                inner = _variants(argument[3])
            case name if name in _REPEATS:
                inner = iter([_example(argument[2]) * 3])
        for variant in inner:
            yield _example(tree[:place]) + variant + _example(tree[place + 1 :])


def _example(tree: Tree) -> str:
    """A short text that the expression matches, what it only looks at left out."""
    return "".join(_piece(str(kind), argument) for kind, argument in tree)


def _piece(kind: str, argument: Any) -> str:
    match kind:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return "y" if argument == ord("x") else "x"
        case "ANY":
            return "x"
        case "IN":
            return _sign(argument)
        case "BRANCH":
            return _example(argument[1][0])
        case "SUBPATTERN":
            return _example(argument[3])
        case "ATOMIC_GROUP":
            return _example(argument)
        case name if name in _REPEATS:
            least, _, body = argument
            return _example(body) * int(least)
    return ""


def _sign(members: Tree) -> str:
    """A sign that the class holds."""
    wanted = not any(str(kind) == "NEGATE" for kind, _ in members)
    holds = [_HOLDS[str(kind)](argument) for kind, argument in members if str(kind) in _HOLDS]
    return next((sign for sign in _SIGNS if any(each(sign) for each in holds) is wanted), "")


def _in_category(argument: object) -> Callable[[str], bool]:
    negated, name = "_NOT_" in str(argument), str(argument).rpartition("_")[2]
    known = {"WORD": r"\w", "DIGIT": r"\d", "SPACE": r"\s"}[name]
    return lambda sign: (re.match(known, sign) is not None) is not negated


_HOLDS: Mapping[str, Callable[[Any], Callable[[str], bool]]] = {
    "LITERAL": lambda point: lambda sign: ord(sign) == point,
    "RANGE": lambda ends: lambda sign: ends[0] <= ord(sign) <= ends[1],
    "CATEGORY": _in_category,
}
