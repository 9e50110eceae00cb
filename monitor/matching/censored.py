"""Names with letters starred out ("Q*illfeather", "Br#%!hall", "Ms Q****", "Q[redacted]"): where they stand,
and which surnames may be under the signs. Pure.

Nothing is made for a text without such signs, and no pattern for a name: the pieces that are shown are held
against the surnames that begin with the first of them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from monitor.matching.glance import LONGEST_GLUED
from monitor.matching.roll import Roll, Spelling
from monitor.matching.spelling import key_of
from monitor.matching.traces import TRACE
from monitor.matching.words import Words

_SAID_TO_BE_HIDDEN = (
    r"[\[(<](?:redacted|removed|deleted|hidden|censored|blank|bleep|snip|name|\.{2,4}|…)[\])>]"
)
_JOINERS_INSIDE = "[\u00ad\u200b-\u200e\u2060\ufeff\u0300-\u036f]"
# Begins with the signs to look for, so that the search skips to them.
_HIDES = re.compile(
    r"[*#%!$&?~^+_@.•█▇■…—–\[(<-](?:(?<=[^\W\d_][*#%_~^•█▇■…—–])|(?<=[^\W\d_].)[*#%!$&?~^+_@.•█▇■…—–-]"
    r"|(?<=[^\W\d_][\[(<])(?=[a-z. …]{1,10}[\])>]))"
)
_MAY_HIDE, _HIDES_FROM, _HIDES_TO = TRACE["hidden"], TRACE["hidden_from"], TRACE["hidden_to"]
_LETTERS = r"[^\W\d_](?:[^\W\d_]|" + _JOINERS_INSIDE + "){0,30}"
_SIGN = r"[*#%_~^•█▇■…—–]"
_ANY_SIGN = r"(?:[*#%!$&?~^+_@.•█▇■…—–-]" + _JOINERS_INSIDE + "?)"
_CENSORED = re.compile(
    rf"(?<![^\W_])(?<![#%@])(?:{_LETTERS}(?:{_ANY_SIGN}{{2,20}}|{_SIGN}{_JOINERS_INSIDE}?|{_SAID_TO_BE_HIDDEN})){{1,4}}"
    rf"(?:{_LETTERS}(?!{_SIGN}{{1,2}}\w)|(?<=[*█▇■]{{2}}))"
)
_SAID_HIDDEN = re.compile(_SAID_TO_BE_HIDDEN)
_MARKED = re.compile(r"[*_~]{1,2}$")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_SHOWN = re.compile(r"[^\W\d_](?:[^\W\d_]|" + _JOINERS_INSIDE + ")*")
_HIDDEN = re.compile(_SAID_TO_BE_HIDDEN + r"|[*#%!$&?~^+_@.•█▇■…—–-]+")
_OF_ANY_LENGTH = frozenset("…—–[(<")
_SEVERAL_HIDDEN = 3


class Starred(NamedTuple):
    """Letters and signs from `start` to `end` of the reading, and the surnames that may be under them. `head`
    are letters before a capital within ("LaceyW****n"), which belong to no surname; else ""."""

    start: int
    end: int
    head: str
    names: list[Spelling]
    shown: Sequence[str]
    """The pieces that are shown of it all."""
    hidden: Sequence[int]
    """How many signs stand after each."""

    def may_be(self, letters: str) -> bool:
        """Whether the signs may stand for the rest of these letters."""
        return _fits(letters, self.shown, [*map(_letters_under, self.hidden), range(1)][: len(self.shown)])


def starred(words: Words, roll: Roll) -> Iterator[Starred]:
    """Every place where letters of a name may be hidden; one place may be read in two ways."""
    traces = words.traces
    may_hide = traces & _MAY_HIDE or (traces & _HIDES_FROM and traces & _HIDES_TO)
    if not (may_hide and _HIDES.search(words.text)):
        return
    for hit in _CENSORED.finditer(words.text):
        marked = _MARKED.search(words.text, max(0, hit.start() - 2), hit.start())
        closed = len(marked.group()) if marked and hit.group().endswith(marked.group()) else 0
        place = hit.start(), hit.end() - closed
        start, end = (bisect_left(words.offsets, at) for at in place)
        shown = words.text
        if _SAID_HIDDEN.search(shown, *place):
            shown = _SAID_HIDDEN.sub(lambda said: "*" * len(said.group()), shown)
        pieces = [
            words.reading[bisect_left(words.offsets, part.start()) : bisect_left(words.offsets, part.end())]
            for part in _SHOWN.finditer(shown, *place)
        ]
        hidden = [part.group() for part in _HIDDEN.finditer(words.text, *place)]
        signs = [_SEVERAL_HIDDEN if sign[0] in _OF_ANY_LENGTH else len(sign) for sign in hidden]
        if len(signs) == len(pieces) and sum(map(len, pieces)) > 3:
            continue  # "**Quillfeather**" is no "Ms Q****"
        hump = _last_hump(hit.group(), pieces)
        if hump:
            behind = [pieces[0][hump:], *pieces[1:]]
            yield Starred(start, end, pieces[0][:hump], _hidden_names(behind, signs, roll), pieces, signs)
        yield Starred(start, end, "", _hidden_names(pieces, signs, roll), pieces, signs)


def _last_hump(original: str, pieces: Sequence[str]) -> int:
    """Where the last capital inside the first piece stands, if that is not in capitals altogether; else 0."""
    shown = _SHOWN.match(original)
    if not shown or shown.group().isupper():
        return 0
    humps = [at for at in range(2, len(pieces[0])) if shown.group()[at : at + 1].isupper()]
    return humps[-1] if humps else 0


def _hidden_names(shown: Sequence[str], hidden: Sequence[int], roll: Roll) -> list[Spelling]:
    """The surnames that pieces with letters hidden between them may stand for; those that fit sign by
    sign first."""
    if not shown or not shown[0].isalpha():
        return []
    shown = [_DRAWN_OUT.sub(r"\1", piece) for piece in shown]
    names = [spelling for key in roll.beginning(key_of(shown[0])) for spelling in roll.names[key].surnames]
    if not names:
        return []
    ends = [*hidden, 0][: len(shown)]
    exact, letters = list(map(_letters_under, ends)), sum(map(len, shown))
    sizes = range(letters + sum(map(min, exact)), letters + sum(map(max, exact)) + 1)
    found = [one for one in names if len(one.letters) in sizes and _fits(one.letters, shown, exact)]
    if found or letters < 4 or len(shown) > 4:
        return found if letters > 1 or len(found) == 1 else []
    anything = range(LONGEST_GLUED)
    loose = [anything] * (len(shown) - 1) + [anything if ends[-1] else range(1)]
    return [one for one in names if letters <= len(one.letters) and _fits(one.letters, shown, loose)]


def _letters_under(signs: int) -> range:
    """For how many letters signs stand: one for one, several for about as many."""
    return range(1, signs + 5) if signs > 1 else range(signs, signs + 1)


def _fits(letters: str, shown: Sequence[str], hidden: Sequence[range]) -> bool:
    """Whether letters are the pieces shown, each with so many letters after it."""
    if not letters.startswith(shown[0]) or not (hidden[-1].stop > 1 or letters.endswith(shown[-1])):
        return False
    reached = {0}
    for piece, numbers in zip(shown, hidden, strict=False):
        ends = [at + len(piece) for at in reached if letters.startswith(piece, at)]
        reached = {end + number for end in ends for number in numbers if end + number <= len(letters)}
        if not reached:
            return False
    return len(letters) in reached
