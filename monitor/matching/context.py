"""Is the School meant? The words themselves say so, or nothing does (R37)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.folding import Offsets
from monitor.matching.forms import Form
from monitor.matching.lexicon import lexicon
from monitor.model import SchoolMatch

_STANDS_ALONE = {
    "school_name": 0.95,
    "school_handle": 0.95,
    "school_handle_lookalike": 0.85,
    "school_domain": 0.95,
    "school_misspelt": 0.8,
    "school_page": 0.8,
}
_SHORT_WORD = 0.2
_SHORT_PHRASE = 0.55
_CUE = 0.35
_SECOND_SHORT = 0.35
_SOMEBODY_NAMED = 0.35
_ELSEWHERE = 0.5
_OTHER_SCHOOL = 0.45


class Standing(Protocol):
    """A Form as it stands in a reading (matcher.Found)."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def form(self) -> Form: ...
    @property
    def token(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Meant:
    """A school term that counts, by its place in the batch's reading."""

    start: int
    end: int
    term: str
    rule: str
    confidence: float

    def placed(self, offsets: Offsets) -> SchoolMatch:
        """The same by code points of the original."""
        first, last = int(offsets[self.start]), int(offsets[self.end - 1]) + 1
        return SchoolMatch(first, last, self.term, self.rule, self.confidence)


def find_school(
    found: Sequence[Standing],
    written: str,
    low: int,
    reading: str,
    *,
    terms_context: re.Pattern[str] | None,
    not_us: re.Pattern[str] | None,
    other_schools: re.Pattern[str] | None,
    people: Sequence[Standing],
) -> tuple[list[Meant], float]:
    """The school terms of one text, and how sure (0 to 1) that the School is meant; from 0.5 it is.

    `written` is the text's part of the batch's reading and begins at `low`; `reading` is the text
    read by itself. A name, handle, domain or page name stands alone. A short form of several words
    ("Littleover CS") needs no other cue unless something speaks against it; a short form of one word
    needs an education or locality cue, another short form, or somebody on the Register.
    """
    words = lexicon()
    meant: list[Meant] = []
    shorts: list[Standing] = []
    for one in _longest(found, low, len(written)):
        unsaid = "school" not in one.form.parts and one.form.rule in ("school_name", "school_misspelt")
        if unsaid and _names_another_place(one, written, low):
            continue
        if one.form.rule != "school_short":
            rule, end = one.form.rule, one.end
            if rule == "school_handle" and one.token and _goes_on(written, one.end - low):
                rule, end = "school_handle_lookalike", low + _token_end(written, one.end - low)
            meant.append(Meant(one.start, end, one.form.term, rule, _STANDS_ALONE[rule]))
        elif not _names_another_place(one, written, low):
            shorts.append(one)
    against = bool(words.elsewhere.search(reading)) or bool(not_us and not_us.search(reading))
    other = names_other_school(reading, other_schools)
    cut = _ELSEWHERE * against + _OTHER_SCHOOL * other
    strong = max((one.confidence for one in meant), default=0.0)
    if shorts:
        cues = 0.0
        if _cue_beside(reading, shorts, terms_context):
            cues += _CUE
        if len({one.form.parts for one in shorts}) > 1:
            cues += _SECOND_SHORT
        if any(one.form.rule not in ("forename_initial", "initial_surname") for one in people):
            cues += _SOMEBODY_NAMED
        for one in shorts:
            own = _SHORT_PHRASE if len(one.form.parts) > 1 else _SHORT_WORD
            sure = max(0.0, min(0.9, own + cues - cut))
            meant.append(Meant(one.start, one.end, one.form.term, "school_short", round(sure, 3)))
    # A page name is made of common words; a full name, handle or domain is not talked away.
    if meant and strong and all(one.rule in ("school_page", "school_short") for one in meant):
        strong = max(0.0, strong - cut)
    best = max([strong, *(one.confidence for one in meant if one.rule == "school_short")], default=0.0)
    kept = [one for one in meant if one.confidence >= 0.5]
    return sorted(kept, key=lambda one: one.start), best


def names_other_school(reading: str, other_schools: re.Pattern[str] | None) -> bool:
    """Whether the text names another school that the settings know."""
    return bool(other_schools and other_schools.search(reading))


def _names_another_place(one: Standing, written: str, low: int) -> bool:
    """Whether the words after a short form make it something else ("Littleover Lodge")."""
    words, end = lexicon(), one.end - low
    if one.token and not _goes_on(written, end):
        return False
    if words.other_school_kind.match(written, end):
        return True
    return "school" not in one.form.parts and bool(words.other_place.match(written, end))


def _cue_beside(reading: str, shorts: Sequence[Standing], locality: re.Pattern[str] | None) -> bool:
    """Whether anything but the short forms themselves speaks of education or of the place."""
    words = lexicon()
    own = {" ".join(one.form.parts) for one in shorts}
    for pattern in (words.education, words.year_group, locality):
        for cue in pattern.finditer(reading) if pattern else ():
            if not any(cue.group() in name.split() or cue.group() in name for name in own):
                return True
    return False


def _longest(found: Sequence[Standing], low: int, size: int) -> list[Standing]:
    """Of overlapping terms those spelt right, then the longest; of equals, the one that stands alone."""
    ranked = sorted(
        found,
        key=lambda one: (
            not one.form.exact,
            one.start - one.end,
            one.form.rule == "school_short",
            one.start,
        ),
    )
    kept: list[Standing] = []
    taken = bytearray(size)
    for one in ranked:
        if not any(taken[one.start - low : one.end - low]):
            kept.append(one)
            taken[one.start - low : one.end - low] = b"\1" * (one.end - one.start)
    return kept


def _goes_on(written: str, end: int) -> bool:
    return _token_end(written, end) > end


def _token_end(written: str, end: int) -> int:
    """Where the handle or hashtag that holds `end` ends."""
    found = re.compile(r"(?:[_.\-]*[a-z0-9\x81]+)*_?").match(written, end)
    return found.end() if found else end
