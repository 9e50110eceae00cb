"""How people write the School's own terms: Forms for one automaton, each held against the text as written.

A Form knows the words it is made of, so that a hit in the skeleton can be held against the reading: the
skeleton forgets blanks, doubles and the difference between i and l; the Form's pattern does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from monitor.folding import EITHER, read, read_batch
from monitor.model import SchoolTerms

_GAP = r"[^a-z0-9\x7f\x81\n]"
_SLIP_LETTERS = 12
_SLIP_PART = 6
_SLIPPED = {
    "school_name": "school_misspelt",
    "school_handle": "school_misspelt",
    "school_domain": "school_misspelt",
    "school_short": "school_short",
}
"""The rule of a term with a slip of the pen in it, by the rule of the term."""


@dataclass(frozen=True)
class Form:
    """One way to write one of the School's terms. `exact` is False for a slip of the pen."""

    rule: str
    parts: tuple[str, ...]
    term: str
    exact: bool = True

    @cached_property
    def letters(self) -> int:
        """How many letters the Form has."""
        return sum(map(len, self.parts))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches a reading that is this Form: joined, blanked, dotted, spaced out or drawn out."""
        joined = rf"{_GAP}{{0,4}}".join(map(_word, self.parts))
        spaced = rf"{_GAP}{{1,3}}".join(_letter(c, loose=True) for word in self.parts for c in word)
        return re.compile(f"(?:{joined}|{spaced})")


def forms_of(terms: SchoolTerms) -> list[tuple[bytes, Form]]:
    """Every Form of the School's terms by skeleton, those with one slip of the pen last."""
    exact = list(dict.fromkeys(_forms(terms)))
    found = list(zip(_skeletons("".join(form.parts) for form in exact), exact, strict=True))
    known = {shape for shape, _ in found}
    for form in exact:
        letters = "".join(form.parts)
        if len(letters) >= _SLIP_LETTERS and form.rule in _SLIPPED and _is_long(form):
            slipped = Form(_SLIPPED[form.rule], form.parts, form.term, exact=False)
            for shape in dict.fromkeys(_skeletons(slips(letters))):
                if shape not in known:
                    known.add(shape)
                    found.append((shape, slipped))
    return [(shape, form) for shape, form in found if len(shape) >= 3]


def _is_long(form: Form) -> bool:
    """Whether a slip still looks like the Form: short parts turn into other words ("Littleover Co-op")."""
    return form.rule != "school_short" or min(map(len, form.parts)) >= _SLIP_PART


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


def _forms(terms: SchoolTerms) -> Iterator[Form]:
    for rule, values in (
        ("school_name", terms.names),
        ("school_handle", terms.handles),
        ("school_domain", terms.domains),
        ("school_page", terms.pages),
        ("school_short", terms.short),
    ):
        for value in values:
            text = read(value).text
            words = tuple(re.findall(r"[a-z0-9]+", text)) if "\x7f" not in text else ()
            if words:
                yield Form(rule, words, value)


def _skeletons(words: Iterable[str]) -> Sequence[bytes]:
    several = list(words)
    return read_batch(several).skeleton.split(b"\n")[:-1] if several else ()


def _word(word: str) -> str:
    """A word: doubles may be dropped or drawn out if it is long, drawn out only if it is short. A long
    word may be broken by single signs ("Little.over")."""
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
