"""Somebody whom the words of a text may name, with the surname and the forename as they stand there. Pure."""

from __future__ import annotations

from typing import NamedTuple

from monitor.matching.roll import Spelling
from monitor.matching.spelling import Slip
from monitor.matching.words import Words


class Mention(NamedTuple):
    """Somebody may be named from `start` to `end` of the reading, words `first` to `last`.

    `people` are places on the Roll. `surname` and `given` are the names as registered where they were
    written, `typed` and `typed_given` as they were written, however badly; "" where they were not.
    """

    first: int
    last: int
    start: int
    end: int
    rule: str
    people: frozenset[int]
    surname: str = ""
    given: str = ""
    typed: str = ""
    typed_given: str = ""
    title: str = ""
    slips: tuple[Slip, ...] = ()
    half: bool = False
    inside: bool = False
    notes: tuple[str, ...] = ()


class Surname(NamedTuple):
    """A surname as it may stand at words `first` to `last`, from `start` to `end` of the reading."""

    first: int
    last: int
    start: int
    end: int
    spelling: Spelling
    slip: Slip


class Given(NamedTuple):
    """A forename, nickname or initial that some bearers of a surname have."""

    word: int
    people: frozenset[int]
    letters: str
    slip: Slip
    rule: str


def by_surname(
    words: Words,
    one: Surname,
    *,
    rule: str,
    people: frozenset[int],
    first: int,
    last: int | None = None,
    given: Given | None = None,
    title: str = "",
    notes: tuple[str, ...] = (),
    dotted: bool = False,
) -> Mention:
    """The mention that a surname makes with what stands from word `first` to `last`, or to its own end.
    `dotted`: the sign after `last` is part of it."""
    end = one.end if last is None else words.ends[last] + dotted
    slips = () if one.slip is Slip.NONE else (one.slip,)
    if given is not None and given.slip is not Slip.NONE:
        slips = (*slips, given.slip)
    typed = words.written[one.first]
    if one.first != one.last:
        typed = "".join(words.written[one.first : one.last + 1])
    return Mention(
        first,
        one.last if last is None else last,
        min(words.starts[first], one.start),
        end,
        rule,
        people,
        one.spelling.letters,
        given.letters if given else "",
        typed,
        words.written[given.word] if given else "",
        title,
        slips,
        one.spelling.half,
        False,
        notes,
    )


def without_surname(
    words: Words,
    rule: str,
    *,
    people: frozenset[int],
    first: int,
    last: int,
    title: str = "",
    given: str = "",
    typed: str = "",
    slip: Slip = Slip.NONE,
    notes: tuple[str, ...] = (),
) -> Mention:
    """The mention that words `first` to `last` make, no surname among them. `typed` is how the forename was
    written if that is a slip."""
    start, end = words.starts[first], words.ends[last]
    one = Mention(first, last, start, end, rule, people, title=title, given=given, notes=notes)
    return one if slip is Slip.NONE else one._replace(typed_given=typed, slips=(slip,))
