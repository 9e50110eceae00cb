"""Names in disguise: in the escapes of machines, in codes, drawn with signs, in another script. Pure.

Each way of reading gives stretches of a text and the letters that they may stand for. But for escapes, a
stretch counts only where it makes a name of the Roll: ways of reading may be generous, as few words become
somebody's name by chance. What stands beside it the grammar asks (monitor.matching.grammar).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from functools import reduce
from itertools import islice
from operator import or_

from monitor.matching.codes import CODES
from monitor.matching.disguise.aloud import RARELY_SAID, spelt_aloud
from monitor.matching.disguise.escapes import ESCAPE, LETTERS_AS_BYTES, MOJIBAKE, OF_MOJIBAKE, unescaped
from monitor.matching.disguise.scripts import CYRILLIC, FOREIGN_WORD, in_other_scripts, on_russian_keys
from monitor.matching.disguise.signs import (
    BRAILLED,
    CHANGES_CASE,
    HAS_DIGITS,
    HAS_PICTURE,
    KEYPAD,
    LINES_OF_LETTERS,
    MAY_BE_DRAWN,
    MIRROR_ONLY,
    MIRRORED,
    NUMBERED,
    TAPPED,
    acrostic,
    brailled,
    counted,
    drawn,
    in_morse,
    keyed,
    mirrored,
    packed,
    pictured,
    with_numbers,
)
from monitor.matching.disguise.stretch import MOST_STRETCHES, Stretch, is_name
from monitor.matching.glance import TITLES, Glance, Glances, is_part
from monitor.matching.roll import Roll
from monitor.matching.spelling import key_of
from monitor.matching.traces import TRACE
from monitor.matching.words import Words


def undisguised(words: Words, glances: Glances, *, seen: Sequence[Glance]) -> Words | None:
    """The same text with names that were in disguise; None where there are none. `seen` is what the words may
    be by themselves."""
    roll = glances.roll
    found = list(_stretches(words, roll))
    base = words.leet or words
    base = base.with_readings(found) if found else base
    if not RARELY_SAID.isdisjoint(base.written):
        found += spelt_aloud(words, roll)
        base = (words.leet or words).with_readings(found) if found else words
    seen = seen if base is words else glances.of(base.written)
    if [one for one in seen if one.coded]:
        coded = _coded(base, glances, seen)
        found += coded
        base = (words.leet or words).with_readings(found)
    return base if found else None


def _stretches(words: Words, roll: Roll) -> Iterator[Stretch]:
    """What stretches of a text stand for by its signs."""
    text, traces = words.text, words.traces
    if not traces & _OF_STRETCHES:
        return
    escaped = bool(traces & _ESCAPED or (traces & _OF_ESCAPES and traces & _IN_HEX))
    if not escaped and traces & _IN_BYTES:
        escaped = not _DIGITS.isdisjoint(text) and bool(LETTERS_AS_BYTES.search(text))
    misread = traces & _MISREAD and not OF_MOJIBAKE.isdisjoint(text) and MOJIBAKE.search(text)
    if misread or (escaped and ESCAPE.search(text)):
        yield from unescaped(text)
    for trace, shape, needed, read in _STRETCHES:
        if traces & trace and (needed is None or not needed.isdisjoint(text)) and shape.search(text):
            yield from (one for one in islice(read(text), MOST_STRETCHES) if is_name(one.letters, roll))
    if traces & _FOREIGN and FOREIGN_WORD.search(text):
        yield from in_other_scripts(text, roll)
    if traces & _KEYED and KEYPAD.search(text):
        yield from keyed(text, roll)


def _coded(words: Words, glances: Glances, seen: Sequence[Glance]) -> list[Stretch]:
    """Words that are no English and no name, but become one by a code; and the words beside them."""
    written, roll = words.written, glances.roll
    found: dict[int, str] = {}
    for i, coded in [(i, one.coded) for i, one in enumerate(seen) if one.coded]:
        for code, letters in coded:
            found[i] = letters
            for beside in (i - 1, i + 1):
                if 0 <= beside < len(written) and beside not in found:
                    undone = list(CODES[code](written[beside]))
                    if not code:  # the alphabet is turned by the same number of places
                        turned = list(CODES[0](written[i])).index(letters)
                        undone = undone[turned : turned + 1]
                    other = next((one for one in undone if key_of(one) in TITLES or is_part(one, roll)), "")
                    if other:
                        found[beside] = other
    return [
        Stretch(*words.quote(words.starts[i], words.ends[i]), letters) for i, letters in sorted(found.items())
    ]


_DIGITS = frozenset("0123456789")
_OF_RUSSIAN = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ")
_ESCAPED, _OF_ESCAPES = TRACE["escaped"], TRACE["of_escapes"]
_IN_HEX, _IN_BYTES = TRACE["in_hex"], TRACE["in_bytes"]
_MISREAD, _FOREIGN, _KEYED = TRACE["misread"], TRACE["foreign"], TRACE["keyed"]
_STRETCHES: tuple[tuple[int, re.Pattern[str], Set[str] | None, Callable[[str], Iterator[Stretch]]], ...] = (
    (TRACE["drawn"], MAY_BE_DRAWN, None, drawn),
    (TRACE["numbered"], HAS_DIGITS, None, with_numbers),
    (TRACE["pictured"], HAS_PICTURE, None, pictured),
    (TRACE["counted"], NUMBERED, _DIGITS, counted),
    (TRACE["packed"], CHANGES_CASE, None, packed),
    (TRACE["foreign"], BRAILLED, None, brailled),
    (TRACE["mirrored"], MIRRORED, frozenset(MIRROR_ONLY), mirrored),
    (TRACE["tapped"], TAPPED, frozenset("-_\u2013\u2014"), in_morse),
    (TRACE["foreign"], CYRILLIC, _OF_RUSSIAN, on_russian_keys),
    (TRACE["lines"], LINES_OF_LETTERS, None, acrostic),
)
"""Ways of reading: the trace that each leaves, what a text has the shape of where it may be so written, signs
of which it then has one, and how to read it."""
_OF_STRETCHES = reduce(
    or_,
    (one[0] for one in _STRETCHES),
    _ESCAPED | _OF_ESCAPES | _IN_BYTES | _MISREAD | _FOREIGN | _KEYED,
)
