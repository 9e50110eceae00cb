"""Digits and signs that stand for letters: "M1ss", "Br@ckenh@ll", "$mith", "n0nc3".

A sign is a letter where it stands inside a word, where it begins or ends one in a way that nothing else does,
and where letters are spaced out. "1st", "9pm", "Y11", "9F", "U15s", "covid19" and "gr8" stay what they are.
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
_IS_IN_WORD = _IN_WORD.tobytes()
_BEGINS_A_WORD = _any_of("0134578$" + chr(EURO))
_ENDS_A_WORD = _any_of("@$")
_ENDS_A_DISGUISED_WORD = _any_of("0134578@$")
_VOWEL = _any_of("aeiou")
_SPACED = _any_of("0134578@$!" + chr(EURO))
_SPOKEN = _any_of("@!")
_LONE = _LETTER | _SPACED
_JOINS_DIGITS = _any_of(".,:-/")
_ENDS_A_SENTENCE = _any_of("!|")

_LONGEST_WORD = 24
_LONGEST_RUN = 8
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
_YEAR_GROUP = re.compile(  # "Y8s", "year9s", "y10b", "U15s", "KS3s"
    rb"(?<![a-z])(?:(?:[a-z]|ks|yr|year|under|grade|form|set|class)[0-9]+s|y(?:[789]|1[0-3])[a-z]|u1[0-9][a-z])[^a-z0-9]$"
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
    spaced = first[lone & _SPACED[head] & ~_IN_WORD[before] & ~_IN_WORD[after]]
    if spaced.size and _may_be_spaced(codes, spaced):
        spaced = _spaced(codes)
        codes[spaced] = _LETTER_OF[codes[spaced]]
    _read(codes, first, last, inside)
    before_word = before_letter | ((head == ord("0")) & (after == ord("'")))  # "0'Neill"
    beginning = np.flatnonzero(before_word & _BEGINS_A_WORD[head] & ~_WORDLIKE[before])
    if beginning.size:
        next_sign = first[np.minimum(beginning + 1, len(first) - 1)]
        begins = _are_beginning(codes, padded, first[beginning], last[beginning], next_sign)
        _read(codes, first, last, beginning[begins])
    ending = np.flatnonzero(after_letter & _ENDS_A_DISGUISED_WORD[head] & ~_WORDLIKE[after])
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
    are &= lengths <= _LONGEST_RUN
    classes = np.flatnonzero(_DIGIT[head] & ~_WORDLIKE[codes[last + 2]])
    if classes.size:
        spans = zip((first[classes] - _MARGIN).tolist(), (last[classes] + 3).tolist(), strict=True)
        are[classes] &= [_YEAR_GROUP.search(plain[max(0, a) : b]) is None for a, b in spans]
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
    bars = (lengths == 1) & (head == ord("|"))
    if bars.any():  # "q|u|i|l|l"
        are &= ~(bars & ((codes[first - 2] == ord("|")) | (codes[last + 2] == ord("|"))))
    opens = np.flatnonzero(head == ord("("))
    if opens.size:  # "child(ren)"
        stops = np.flatnonzero((codes == ord(")")) | (codes == END_OF_TEXT))  # the margin is one, too
        next_stop = stops[np.searchsorted(stops, last[opens])]
        closed = (codes[next_stop] == ord(")")) & (next_stop - last[opens] <= _LONGEST_WORD)
        are[opens] = ~closed & (lengths[opens] == 1)
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


def _may_be_spaced(codes: Codes, signs: Places) -> bool:
    """Whether any of these lone signs has a lone letter in step with it, and one more letter or sign."""

    def lone(at: Places) -> Truths:
        return _LONE[codes[at]] & ~_IN_WORD[codes[at - 1]] & ~_IN_WORD[codes[at + 1]]

    for step in (2, 3):
        # Nearly every sign is out of the question by what stands behind the place in step.
        open_left, open_right = ~_IN_WORD[codes[signs - step - 1]], ~_IN_WORD[codes[signs + step + 1]]
        letter = (open_left & _LETTER[codes[signs - step]]) | (open_right & _LETTER[codes[signs + step]])
        at = signs[letter]
        if at.size:
            left, right = lone(at - step), lone(at + step)
            both = (left & right) | (left & lone(at - 2 * step)) | (right & lone(at + 2 * step))
            if both.any():
                return True
    return False


def _spaced(codes: Codes) -> Places:
    """Lone signs among letters that are spaced out evenly: "m 1 s s", "p-4-t-e-l"."""
    in_word = np.frombuffer(codes.tobytes().translate(_IS_IN_WORD), dtype=bool)
    lone = in_word.copy()
    lone[1:-1] &= ~in_word[:-2] & ~in_word[2:]
    at = np.flatnonzero(lone)
    at = at[_LONE[codes[at]]]
    letter, spoken = _LETTER[codes[at]], _SPOKEN[codes[at]]
    found = np.zeros(len(at), dtype=bool)
    for gap in (2, 3):
        # Both signs of a gap are looked at: the second may be the end of one text of a batch.
        one_text = codes[np.minimum(at[:-1] + gap - 1, len(codes) - 1)] != END_OF_TEXT
        links = np.where((np.diff(at) == gap) & one_text, codes[at[:-1] + 1], np.uint8(END_OF_TEXT))
        breaks = links == END_OF_TEXT
        breaks[1:] |= (links[1:] != links[:-1]) & (links[:-1] != END_OF_TEXT)
        chain = np.concatenate(([0], np.cumsum(breaks)))
        length = np.bincount(chain)
        letters, said = np.bincount(chain, weights=letter), np.bincount(chain, weights=spoken)
        # "E @ L" and "8 e @ l" are places and times.
        word = (length >= 4) & (letters >= 2) & (3 * letters >= length)
        found |= (word & ((said == 0) | (2 * letters > length)))[chain]
    spaced: Places = at[found & _SPACED[codes[at]]]
    return spaced


def _are_beginning(codes: Codes, plain: bytes, first: Places, last: Places, next_sign: Places) -> Truths:
    """Which runs begin a word: one digit or $ before three letters that it does not count ("5mith"), some
    in a word that has signs further on ("74m51n"); `next_sign` is where the run after each begins."""
    lengths = last - first + 1
    known = lengths == 1
    word = first + (codes[first + 1] == ord("'"))
    for step in (1, 2, 3):
        known &= _LETTER[codes[word + step]]
    # "3.5litre" is a number, "5mins" counts. Nearly all words with a digit before them end here.
    known &= ~(_JOINS_DIGITS[codes[first - 1]] & _DIGIT[codes[first - 2]])
    maybe = np.flatnonzero(known)
    known[maybe] = [_COUNTED.match(plain, at + 1) is None for at in first[maybe].tolist()]
    disguised = (lengths <= 3) & _LETTER[codes[next_sign]] & _LETTER[codes[last + 1]]
    begins: Truths = known | _joined_by_letters(codes, disguised, last, next_sign)
    return begins


def _are_ending(codes: Codes, first: Places, last: Places, sign_before: Places) -> Truths:
    """Which runs end a word: @ and $ after three letters ("Angel@", "Bo$$"), and digits in a word that has
    signs in it already ("n0nc3"); `sign_before` is where the run before each ends."""
    head, lengths = codes[first], last - first + 1
    known = _ENDS_A_WORD[head] & (lengths == 1)
    for step in (2, 3):
        known &= _LETTER[codes[first - step]]
    known |= (head == ord("$")) & (codes[last] == ord("$")) & (lengths == 2)
    known |= _are_strokes(codes, first, last)
    disguised = (lengths <= 3) & _ENDS_A_DISGUISED_WORD[codes[last]] & _LETTER[codes[sign_before]]
    ends: Truths = known | _joined_by_letters(codes, disguised, sign_before, first)
    return ends


def _joined_by_letters(codes: Codes, asked: Truths, start: Places, end: Places) -> Truths:
    """Of those asked about, where nothing but letters stands between `start` and `end`."""
    joined: Truths = asked & (start < end) & (end - start <= _LONGEST_WORD)
    maybe = np.flatnonzero(joined)
    if maybe.size:
        start, end = start[maybe], end[maybe]
        alive = np.ones(len(maybe), dtype=bool)
        for step in range(1, int((end - start).max())):
            alive &= _LETTER[codes[end - step]] | (end - step <= start)
        joined[maybe] = alive
    return joined
