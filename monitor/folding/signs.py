"""Digits and signs that stand for letters: "M1ss", "Br@ckenh@ll", "$mith", "n0nc3".

A sign is a letter where it stands inside a word, where it begins or ends one in a way that nothing else does,
and where letters are spaced out. "1st", "9pm", "Y11", "9F", "£5", "covid19" and "gr8" stay what they are.
Only the signs are looked at, as arrays of their positions; each rule is one step over all of them.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from monitor.folding.letters import (
    COPYRIGHT,
    CROSS,
    EITHER,
    END_OF_TEXT,
    EURO,
    OTHER,
    POUND,
    REGISTERED,
    RING,
    Codes,
)

Places = NDArray[np.intp]
Truths = NDArray[np.bool_]

_AS_LETTER = {
    "0": ord("o"), "1": EITHER, "3": ord("e"), "4": ord("a"), "5": ord("s"), "7": ord("t"), "8": ord("b"),
    "9": ord("g"), "@": ord("a"), "$": ord("s"), "!": EITHER, "|": EITHER, "(": ord("c"),
    chr(EURO): ord("e"), chr(POUND): ord("l"), chr(COPYRIGHT): ord("c"), chr(REGISTERED): ord("r"),
    chr(CROSS): ord("x"), chr(RING): ord("o"),
}  # fmt: skip


def _table(values: dict[str, int]) -> bytes:
    return bytes(values.get(chr(code), 0) for code in range(256))


def _any_of(signs: str) -> Truths:
    return np.frombuffer(_table(dict.fromkeys(signs, 1)), dtype=bool)


_LETTER_OF = np.frombuffer(_table(_AS_LETTER), dtype=np.uint8)
_IS_SIGN = _table(dict.fromkeys(_AS_LETTER, 1))
_LETTER = _any_of("abcdefghijklmnopqrstuvwxyz" + chr(EITHER))
_DIGIT = _any_of("0123456789")
_WORDLIKE = _LETTER | _DIGIT | _any_of(chr(OTHER))
_IN_WORD = _WORDLIKE | _any_of("".join(_AS_LETTER))
_BEGINS_A_WORD = _any_of("0134578$" + chr(EURO))
_ENDS_A_WORD = _any_of("@$")
_ENDS_A_DISGUISED_WORD = _any_of("03457@$")
_ENDS_SOMETIMES = _ENDS_A_DISGUISED_WORD | _any_of("1")
_VOWEL = _any_of("aeiou")
_SPACED = _any_of("0134578@$!" + chr(EURO))
_LONE = _LETTER | _SPACED
_SPACER = _any_of(" .-_*/~\n")
_JOINS_DIGITS = _any_of(".,:-/")
_ENDS_A_SENTENCE = _any_of("!|")

_LONGEST_WORD = 24
_MARGIN = 8
_MAIL_HOST = re.compile(
    rb"@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,5}"
    rb"\.(?:com|org|net|info|example|test|invalid|edu|gov|sch|uk|eu|ie|io|co|me|school|academy|app|ac)"
    rb"(?![a-z0-9])"
)
_NUMBERED = re.compile(
    rb"(?:[@#_0-9][a-z0-9_.-]*|(?<![a-z])(?:some|any|every|no|the|to|me|we|year|grade|stage|page|phase|line|table|"
    rb"game|zone|space|house|age|date|route|size|june|area|site|course|exercise|module|theme|style|"
    rb"type|title|issue|figure|slide|place|queue|case|rule|note|node|code|file|die|wave|date|leve))$"
)
_COUNTED = re.compile(
    rb"(?:st|nd|rd|th|am|pm|ish|plus|odd|some|x|k|kg|km|cm|mm|ml|mg|mph|mbps?|gb|kb|tb|hz|fps|px|"
    rb"bn|grand|quid|pounds?|pence|euros?|dollars?|bucks?|million|billion|thousand|hundred|percent|"
    rb"secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|nights?|wks?|weeks?|months?|yrs?|years?|oclock|"
    rb"stars?|points?|pts|goals?|runs?|laps?|rounds?|sets?|reps?|marks?|miles?|metres?|meters?|inch|inches|feet|foot|"
    rb"litres?|stone|ounces?|pack|packs|pcs|piece|times?|way|ways|wheels?|wheeler|doors?|beds?|bedrooms?|man|men|"
    rb"people|person|kids?|boys?|girls?|pupils?|students?|teachers?|form|forms|figure|digit|ever|eva|got|give|get|"
    rb"most|year|yo|life|lyf|real|sure|free|trees?|maths?|english|science|french|history|geog|set|tutor|class)"
    rb"(?![a-z])"
)


def read_signs(plain: bytes, written: bytes, sources: Places | None) -> bytes:
    """The codes with signs read as letters where they are some; as long as before.

    `written` has the text as typed, a `?` for what is not ASCII, and `sources` where each code stands in it
    (None: at the same place).
    """
    margin = bytes((END_OF_TEXT,)) * _MARGIN  # so that no look to the left or right leaves the array
    padded = margin + plain + margin
    signs = np.flatnonzero(np.frombuffer(padded.translate(_IS_SIGN), dtype=bool))
    if not signs.size:
        return plain
    begins = np.ones(len(signs), dtype=bool)
    np.not_equal(signs[1:], signs[:-1] + 1, out=begins[1:])
    starts = np.flatnonzero(begins)
    first = signs[starts]
    last = signs[np.append(starts[1:], len(signs)) - 1]
    codes = np.frombuffer(bytearray(padded), dtype=np.uint8)
    before, after = codes[first - 1], codes[last + 1]
    after_letter, before_letter = _LETTER[before], _LETTER[after]

    head, lone = codes[first], first == last
    # Each step finds the few runs that come into question, and only then asks closer.
    inside = np.flatnonzero(after_letter & before_letter)
    if inside.size:
        inside = inside[_are_inside(codes, padded, written, sources, first[inside], last[inside])]
    spaced = np.flatnonzero(lone & _SPACED[head] & (_SPACER[before] | _SPACER[after]))
    if spaced.size:
        spaced = spaced[_are_spaced(codes, first[spaced])]
    _read(codes, first, last, np.append(inside, spaced))
    before_word = before_letter | ((head == ord("0")) & (after == ord("'")))  # "0'Neill"
    beginning = np.flatnonzero(before_word & lone & _BEGINS_A_WORD[head] & ~_WORDLIKE[before])
    if beginning.size:
        _read(codes, first, last, beginning[_are_beginning(codes, padded, first[beginning])])
    ending = np.flatnonzero(after_letter & _ENDS_SOMETIMES[head] & ~_WORDLIKE[after])
    if ending.size:
        sign_before = last[np.maximum(ending - 1, 0)]
        _read(codes, first, last, ending[_are_ending(codes, first[ending], last[ending], sign_before)])
    return codes[_MARGIN:-_MARGIN].tobytes()


def _are_strokes(codes: Codes, first: Places, last: Places) -> Truths:
    """Which runs are the l that a word ends in: "Rache1", "Mitche11", but not "phase1" or "@chloe11"."""
    lengths = last - first + 1
    ones: Truths = (
        (codes[first] == ord("1")) & (codes[last] == ord("1")) & (lengths <= 2) & _VOWEL[codes[first - 1]]
    )
    ones &= _LETTER[codes[first - 2]] & ((lengths == 2) | _LETTER[codes[first - 3]])
    maybe = np.flatnonzero(ones)
    if maybe.size:
        codes_before = [codes[max(0, at - _LONGEST_WORD) : at].tobytes() for at in first[maybe].tolist()]
        ones[maybe] = [_NUMBERED.search(before) is None for before in codes_before]
    return ones


def _read(codes: Codes, first: Places, last: Places, runs: Places) -> None:
    """Read every sign of these runs as the letter it stands for."""
    if not runs.size:
        return
    first, last = first[runs], last[runs]
    for step in range(int((last - first).max()) + 1):
        at = first[first + step <= last] + step
        codes[at] = _LETTER_OF[codes[at]]


def _are_inside(
    codes: Codes, plain: bytes, written: bytes, sources: Places | None, first: Places, last: Places
) -> Truths:
    """Which runs of signs with a letter on both sides mean letters: "M1ss", "Qui11fe@ther"."""
    lengths = last - first + 1
    head = codes[first]
    # A year or a longer number is a number: "smith1987jones".
    are = ~(_DIGIT[head] & ((lengths > 4) | ((lengths > 1) & _has_nine(plain, first, last))))
    ends = np.flatnonzero(_ENDS_A_SENTENCE[head])
    if ends.size:
        # "nasty!She", "Smith|Jones": a capital after a small letter begins a sentence or name.
        before, after = first[ends] - 1 - _MARGIN, last[ends] + 1 - _MARGIN
        if sources is not None:
            before, after = sources[before], sources[after]
        typed = np.frombuffer(written, dtype=np.uint8)
        capital = (typed[after] >= ord("A")) & (typed[after] <= ord("Z"))
        small = (typed[before] >= ord("a")) & (typed[before] <= ord("z"))
        are[ends] = ~(capital & small) & (lengths[ends] < 3)
    opens = np.flatnonzero(head == ord("("))
    if opens.size:  # "child(ren)"
        closings = np.append(np.flatnonzero(codes == ord(")")), len(codes) + _LONGEST_WORD)
        until = closings[np.searchsorted(closings, last[opens])] - last[opens]
        are[opens] = (until > _LONGEST_WORD) & (lengths[opens] == 1)
    ats = np.flatnonzero(head == ord("@"))
    if ats.size:
        are[ats] = [_MAIL_HOST.match(plain, at) is None for at in first[ats].tolist()]
    return are


def _has_nine(plain: bytes, first: Places, last: Places) -> Truths:
    """Which runs have a 9 in them; that one is a letter only by itself ("Ni9el")."""
    if b"9" not in plain:
        return np.zeros(len(first), dtype=bool)
    nines = np.flatnonzero(np.frombuffer(plain, dtype=np.uint8) == ord("9"))
    has: Truths = np.searchsorted(nines, first) < np.searchsorted(nines, last, side="right")
    return has


def _are_spaced(codes: Codes, signs: Places) -> Truths:
    """Which lone signs stand among letters that are spaced out: "m 1 s s", "p-4-t-e-l"."""

    def near(step: int) -> Codes:
        return codes[signs + step]

    are = np.zeros(len(signs), dtype=bool)
    left = _SPACER[near(-1)] & _LONE[near(-2)] & ~_IN_WORD[near(-3)]
    right = _SPACER[near(1)] & _LONE[near(2)] & ~_IN_WORD[near(3)]
    maybe = np.flatnonzero((left & _LETTER[near(-2)]) | (right & _LETTER[near(2)]))
    if not maybe.size:
        return are
    signs, left, right = signs[maybe], left[maybe], right[maybe]
    longer = _LETTER[near(-4)] & (near(-3) == near(-1)) & ~_IN_WORD[near(-5)]
    longer |= _LETTER[near(4)] & (near(3) == near(1)) & ~_IN_WORD[near(5)]
    between = left & right & (near(-1) == near(1)) & longer  # "E @ L" is too short for that
    ends = left & ~_WORDLIKE[near(1)]
    begins = right & ~_WORDLIKE[near(-1)]
    for step in (-3, -5):
        ends &= (near(step) == near(-1)) & _LETTER[near(step - 1)]
        begins &= (near(-step) == near(1)) & _LETTER[near(1 - step)]
    ends &= ~_WORDLIKE[near(-7)] & _LETTER[near(-2)]
    begins &= ~_WORDLIKE[near(7)] & _LETTER[near(2)]
    are[maybe] = between | ends | begins
    return are


def _are_beginning(codes: Codes, plain: bytes, first: Places) -> Truths:
    """Which digits and $ begin a word of three more letters that they do not count: "5mith"."""
    are = np.ones(len(first), dtype=bool)
    word = first + (codes[first + 1] == ord("'"))
    for step in (1, 2, 3):
        are &= _LETTER[codes[word + step]]
    # "3.5litre" is a number, "5mins" counts. Nearly all words with a digit before them end here.
    are &= ~(_JOINS_DIGITS[codes[first - 1]] & _DIGIT[codes[first - 2]])
    maybe = np.flatnonzero(are)
    are[maybe] = [_COUNTED.match(plain, at + 1) is None for at in first[maybe].tolist()]
    return are


def _are_ending(codes: Codes, first: Places, last: Places, sign_before: Places) -> Truths:
    """Which runs end a word: @ and $ after three letters ("Angel@", "Bo$$"), and digits in a word that has
    signs in it already ("n0nc3"); `sign_before` is where the run before each ends."""
    head, lengths = codes[first], last - first + 1
    known = _ENDS_A_WORD[head] & (lengths == 1)
    for step in (2, 3):
        known &= _LETTER[codes[first - step]]
    known |= (head == ord("$")) & (codes[last] == ord("$")) & (lengths == 2)
    known |= _are_strokes(codes, first, last)
    disguised = (
        (lengths <= 2)
        & _ENDS_A_DISGUISED_WORD[head]
        & _ENDS_A_DISGUISED_WORD[codes[last]]
        & _LETTER[codes[sign_before]]
    )
    disguised &= (sign_before < first) & (first - sign_before <= _LONGEST_WORD)
    maybe = np.flatnonzero(disguised)
    if maybe.size:
        ends_at, began_at = first[maybe], sign_before[maybe]
        alive = np.ones(len(maybe), dtype=bool)
        for step in range(1, int((ends_at - began_at).max())):
            alive &= _LETTER[codes[ends_at - step]] | (ends_at - step <= began_at)
        disguised[maybe] = alive
    ending: Truths = known | disguised
    return ending
