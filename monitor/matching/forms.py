"""How people write a name: every Form of every Person, as patterns for one automaton.

A Form knows the words it is made of, so that a hit in the skeleton can be held against the reading:
the skeleton forgets blanks, doubles and the difference between i and l; the Form's pattern does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from monitor.folding import EITHER, read
from monitor.matching.lexicon import lexicon
from monitor.model import Person, Role, SchoolTerms

Words = tuple[str, ...]

_GAP = r"[^a-z0-9\x7f\x81\n]"


@dataclass(frozen=True)
class Form:
    """One way to write something. `parts` are its words; `joints` says where names meet: the index
    of the first word of the second name, or 0 when the Form is one name only."""

    rule: str
    parts: Words
    joint: int = 0
    term: str = ""
    exact: bool = True

    @property
    def letters(self) -> int:
        """How many letters the Form has."""
        return sum(map(len, self.parts))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches a reading that is this Form: joined, blanked, dotted, spaced out or drawn out.

        Group 1 is what precedes the joint, group 2 the gap at it, group 3 the rest; when the letters
        are spaced out no group is set.
        """
        first, second = self.parts[: self.joint], self.parts[self.joint :]
        between = rf"{_GAP}{{0,4}}"
        joined = f"()()({between.join(map(_word, second))})"
        if first:
            joined = f"({between.join(map(_word, first))})({between})({between.join(map(_word, second))})"
        spaced = rf"{_GAP}{{1,3}}".join(_letter(c, loose=True) for word in self.parts for c in word)
        return re.compile(f"(?:{joined}|{spaced})")


def _word(word: str) -> str:
    """A word: doubles may be dropped or drawn out if it is long, drawn out only if it is short. A long
    word may be broken by single signs ("Quill.feather")."""
    loose = len(word) >= 6
    broken = rf"{_GAP}?" if len(word) >= 8 else ""
    runs = re.findall(r"((.)\2*)", word)
    if len(word) >= 5:
        return broken.join(_letter(c, loose=loose) + "+" for _, c in runs)
    return "".join(
        f"(?:{_letter(c, loose=loose)}{{{len(run)}}}|{_letter(c, loose=loose)}{{3,}})" for run, c in runs
    )


def _letter(c: str, *, loose: bool) -> str:
    if c in "il":
        return f"[il{EITHER}]" if loose else f"[{c}{EITHER}]"
    return re.escape(c)


def words_of(name: str) -> Words:
    """The words of a name as read, without titles or punctuation; none if it is not in Latin letters."""
    text = read(name).text
    if "\x7f" in text:
        return ()
    return tuple(re.findall(r"[a-z0-9]+", text))


def forms_of(person: Person, *, alone: bool) -> Iterator[Form]:
    """Every Form of one Person. `alone` says that the bare surname may stand for them."""
    surname, forenames = words_of(person.surname), tuple(_forenames(person))
    halves = tuple(_halves(person.surname))
    for alias in person.aliases:
        if len("".join(words := words_of(alias))) >= 3:
            yield Form("alias", words)
    for last, half in ((surname, False), *((half, True) for half in halves)):
        if not last:
            continue
        for first, given in forenames:
            yield Form("half_name" if half else given, (*first, *last), len(first))
            yield Form("transposed", (*last, *first), len(last))
        if person.role is not Role.PUPIL:
            for title in lexicon().titles:
                yield Form("title_half" if half else "title_surname", (title, *last), 1)
                for initial in _initials(forenames):
                    yield Form("title_initial_surname", (title, initial, *last), 2)
        for initial in _initials(forenames):
            yield Form("initial_surname", (initial, *last), 1)
            yield Form("transposed_initial", (*last, initial), len(last))
        if alone and len("".join(last)) >= 5:
            yield Form("surname", last)
    if surname:
        for first, _ in forenames:
            if len("".join(first)) >= 3:
                yield Form("forename_initial", (*first, surname[0][0]), len(first))


def _forenames(person: Person) -> Iterator[tuple[Words, str]]:
    """What may stand before the surname, each once, with the rule it is shown as."""
    seen: set[Words] = set()
    for name in (person.forename, person.known_as):
        words = words_of(name)
        for variant in dict.fromkeys((words, words[:1])):
            if variant and variant not in seen:
                seen.add(variant)
                yield variant, "full_name"
    for given in tuple(seen):
        for nickname in lexicon().nicknames.get(given[0], ()) if len(given) == 1 else ():
            if (nickname,) not in seen:
                seen.add((nickname,))
                yield (nickname,), "nickname"


def _initials(forenames: Sequence[tuple[Words, str]]) -> list[str]:
    return sorted({words[0][0] for words, rule in forenames if rule == "full_name"})


def _halves(surname: str) -> Iterator[Words]:
    """The halves of a double-barrelled name that can stand for it."""
    halves = [words_of(half) for half in re.split(r"[-‐‑–\s]+", surname)]
    if len(halves) > 1:
        yield from (half for half in halves if len("".join(half)) >= 4)


def school_forms(terms: SchoolTerms) -> Iterator[Form]:
    """Every Form of the School's own terms; long ones also with one slip of the pen."""
    for rule, values in (
        ("school_name", terms.names),
        ("school_handle", terms.handles),
        ("school_domain", terms.domains),
        ("school_page", terms.pages),
        ("school_short", terms.short),
    ):
        for value in values:
            words = words_of(value)
            if words:
                yield Form(rule, words, term=value)


def slips(letters: str) -> Iterable[str]:
    """Every word one slip away: a letter left out, doubled wrongly, swapped or replaced."""
    alphabet = "abcdefghijkmnopqrstuvwxyz"
    for at in range(len(letters)):
        yield letters[:at] + letters[at + 1 :]
        if at + 1 < len(letters):
            yield letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :]
        if at:
            for letter in alphabet:
                yield letters[:at] + letter + letters[at + 1 :]
                yield letters[:at] + letter + letters[at:]
