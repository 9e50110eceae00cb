"""The ways in which people write a name, each with the exact span and with whom the words allow.

A `Form` writes one mention of a Person. Forms are put together from `Change`s: one shape (shapes.py: which
parts of the name, in which order), then changes of spelling, of letters, of what stands between them, and of
what is put around the name (changes.py). `compose` makes a Form of any two changes.

A module with other forms needs `FORMS`, a tuple of `Form`. A Form may be made from a plain function:

    def backwards(person: Person, random: Random) -> Written | None:
        '''"Tamsin" as "nismaT": None where this Person's name cannot be written so.'''
        words = person.forename[::-1]
        return Written(words, 0, len(words), Clue(given=(person.forename,)))

    FORMS = (Form("backwards", backwards),)

`Written.start` and `end` bound what a careful reader would underline: the title and the name, without a
leading @ or #, without a possessive 's, without words glued around it. `Clue` says what the reader
understood, and `consistent` gives everybody whom that allows (reader.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from monitor.model import Person
from tests.corpus.changes import CHANGES, Change, each_piece, mis_heard, slip
from tests.corpus.reader import (
    Clue,
    Form,
    Written,
    consistent,
    distance,
    misread,
    surname_halves,
    surname_readings,
)
from tests.corpus.shapes import SHAPES, Draft, Shape, Step, called, titled

# The forms that were set aside unread take all that a form is made of from here.
__all__ = [
    "CHANGES", "FORMS", "SHAPES", "Change", "Clue", "Draft", "Form", "Shape", "Step", "Written", "called",
    "compose", "consistent", "distance", "each_piece", "mis_heard", "misread", "pairs", "slip",
    "surname_halves", "surname_readings", "titled",
]  # fmt: skip


def compose(name: str, changes: Iterable[Change], base: str = "") -> Form:
    """A Form that makes the changes in their order, upon `base` or upon what people write most."""
    ordered = sorted(changes, key=lambda change: change.stage)
    wanted = base or next((change.base for change in ordered if change.base), "")

    def write(person: Person, random: Random) -> Written | None:
        shape = wanted or ("title_surname" if titled(person, random) and random.random() < 0.45 else "full")
        draft = SHAPES[shape](person, random)
        for change in ordered:
            if draft is None:
                return None
            draft = change.make(draft, person, random)
        return draft.written() if draft else None

    return Form(name, write)


def pairs() -> tuple[Form, ...]:
    """Every two changes that can be made together and that leave a name a reader could still make out."""
    return tuple(
        compose(f"{one.name} + {other.name}", (one, other))
        for index, one in enumerate(CHANGES)
        for other in CHANGES[index + 1 :]
        if one.kind != other.kind and not _unreadable(one, other)
    )


_HIDES = {
    "truncated", "censored_letter", "censored_signs", "censored_gap", "censored_inside", "given_initial",
    "title_initial", "misspelt_twice", "plural", "couple",
}  # fmt: skip
_TOKENS = {"handle", "hashtag", "slogan"}
_RELETTERS = {"given", "surname"}


def _unreadable(one: Change, other: Change) -> bool:
    """Pairs that nobody writes or nobody could read: two that both hide letters, signs in a handle ..."""
    names = {one.name, other.name}
    if names & _TOKENS and (
        names
        & {
            "line_break",
            "emoji_between",
            "spaced",
            "dotted",
            "odd_gap",
            "broken_word",
            "given_form",
            "couple",
        }
        or any(name.startswith("censored") or name in _HIDES for name in names)
        or names & {"leet", "emoji_letters", "combining_marks", "zero_width", "transposed", "surname_initial"}
    ):
        return True
    if one.stage <= 1 and other.stage <= 1 and names & _HIDES and len(names & _HIDES) + (
        one.kind in _RELETTERS) + (other.kind in _RELETTERS) > 1:  # fmt: skip
        return True
    if "cut_given" in names and names & {"title_forename", "given_form", "middle_name"}:
        return True
    censored = any(name.startswith("censored") for name in names)
    if censored and names & {
        "leet",
        "spaced",
        "dotted",
        "combining_marks",
        "emoji_letters",
        "bracketed",
        "marked_up",
    }:
        return True
    short = names & {"given_initial", "title_initial", "truncated", "given_form", "title_forename"}
    if short and names & {
        "leet",
        "glued",
        "spaced",
        "dotted",
        "emoji_letters",
        "elongated",
        "broken_word",
        "bracketed",
    }:
        return True
    return bool(names & {"plural"} and names & {"possessive", "bracketed", "marked_surname"})


def _on(base: str, name: str, *changes: str) -> Form:
    known = {change.name: change for change in CHANGES}
    return compose(name, [known[change] for change in changes], base)


FORMS: tuple[Form, ...] = (
    _on("full", "full"),
    _on("title_surname", "title_surname"),
    *(_on(name, name) for name in SHAPES if name not in ("full", "title_surname", "alias")),
    *(compose(change.name, (change,)) for change in CHANGES if change.kind != "shape"),
    _on("full", "misspelt_both", "misspelt_given", "misspelt_surname"),
    _on("title_surname", "misspelt_after_title", "misspelt_surname"),
    _on("title_surname", "phonetic_after_title", "phonetic"),
    _on("title_surname", "glued_title", "glued"),
    _on("title_surname", "glued_title_handle", "handle"),
    _on("title_surname", "glued_title_slogan", "slogan"),
    _on("title_surname", "lower_title", "lower"),
    _on("alias", "alias"),
)
