"""One name as written against one name as registered: how alike, and by what kind of slip. Pure.

A *key* is the skeleton of a name as text: letters only, l as i, repeats collapsed (monitor.folding).
Everything here works on letters as read: lower case, without accents.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA, Postfix, Prefix

from monitor.folding import EITHER

_REPEAT = re.compile(r"([a-z\x81])\1")
_DRAWN_OUT = re.compile(r"([a-z\x81])\1\1")
_STAYS = frozenset("0123456789\x7f")
"""What no key collapses: digits, and letters that were not read."""
_OPENINGS = {"kn": "n", "gn": "n", "pn": "n", "wr": "r", "wh": "w", "hw": "w", "rh": "r"}
_AS_F = re.compile(r"ph|v+")
_AS_S = re.compile(r"sch|tch|ch|sh|cz|sz|zh")
_AS_K = re.compile(r"ck|qu|kw|q|ch|kh|c(?=[^eiy]|$)|gh(?=[aeiou])")
_SILENT = re.compile(r"gh|(?<=[aeiouy])h|h(?=[^aeiouy]|$)")
_AS_G = re.compile(r"dg|j|g(?=[eiy])")
_VOWELS = str.maketrans("", "", "aeiouwy")
_SPOKEN = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        ("^kn|^gn", "n"), ("^wr", "r"), ("^wh", "w"), ("ph", "f"), ("th", "t"),
        ("kh|gh|ck|qu|q|c(?=[^eiyh]|$)", "k"), ("c(?=[ei])|z", "s"),
        ("ee|ea|ie|ei|ey|y", "i"), ("ay|ai", "e"), ("ou|oo|ow|ew", "u"), ("e$", ""), ("(?<=m)p(?=s)", ""),
        ("[aeiou]{1,4}r(?=s?$)", "r"), ("s[eo]n$", "sn"),
    )
)  # fmt: skip
_BONES = (
    (re.compile(r"sch|tch|sh|ch|cz|sz|zh|rz|ts|tz|j|dg"), "s"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"th|dh|d"), "t"),
    (re.compile(r"qu|kh|gh|ck|q|g"), "k"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"c"), "k"),
    (re.compile(r"z"), "s"),
    (re.compile(r"b"), "p"),
    (re.compile(r"^[wyh]*[aeiou]+"), "\x01"),
    (re.compile(r"[aeiouywvh]|[^a-z\x01]"), ""),
    (re.compile(r"\x01"), "a"),
)


class Slip(StrEnum):
    """How a name as written departs from the name registered."""

    NONE = "none"
    DRAWN = "drawn"  # letters doubled, halved or drawn out; i for l
    EDIT = "edit"  # one letter
    EDITS = "edits"  # two letters of a long name
    SOUND = "sound"  # spelt as it is said
    CENSORED = "censored"
    CUT = "cut"  # "Mr Brack"
    TURNED = "turned"  # backwards
    VOWELS = "vowels"  # "Qllfthr"
    BLURRED = "blurred"  # letters jumbled, of the same shape, or as a small child says them
    MASKED = "masked"  # in a code, drawn with signs, or as a machine escaped it


def key_of(letters: str) -> str:
    """The key of letters as read."""
    return squeezed(letters.replace("l", "i").replace(EITHER, "i"))


def squeezed(letters: str) -> str:
    """The letters with repeats collapsed, i and l told apart; digits stay."""
    if _REPEAT.search(letters) is None:  # most words; replacing costs ten times as much as looking
        return letters
    fresh = [
        letter
        for letter, before in zip(letters, "\0" + letters, strict=False)
        if letter != before or letter in _STAYS
    ]
    return "".join(fresh)


def key_letters(letters: str) -> list[bool]:
    """For each letter whether it begins a letter of the key."""
    alike = letters.replace("l", "i").replace(EITHER, "i")
    return [letter != before or letter in _STAYS for letter, before in zip(alike, "\0" + alike, strict=False)]


def same_key_slip(written: str, letters: str) -> Slip | None:
    """What tells two names of one key apart, None if too much: short names share keys by chance ("Al" and
    "Ali"). Drawing a name out ("Smiiith") is no slip."""
    if written == letters:
        return Slip.NONE
    if squeezed(written) == squeezed(letters):
        if _DRAWN_OUT.search(written) and len(letters) > 1:
            return Slip.NONE
        return Slip.DRAWN if min(len(written), len(letters)) > 2 else None
    if min(len(written), len(letters)) < 5:
        return None
    return Slip.DRAWN if len(written) == len(letters) else Slip.EDIT


def distance(written: str, letters: str, *, most: int) -> int:
    """Edits between two names, a swap of neighbours being one; `most + 1` for anything farther.

    Doubled letters and i for l are no edits beside a real one.
    """
    edits: int = OSA.distance(written, letters, score_cutoff=most)
    return edits and min(edits, OSA.distance(key_of(written), key_of(letters), score_cutoff=most))


def sounds_alike(written: str, letters: str) -> bool:
    """Whether two names of one sound are written nearly enough alike to be meant for each other."""
    if abs(len(written) - len(letters)) > 3 or len(letters) < 4:
        return False
    return distance(written, letters, most=max(2, len(letters) // 2)) <= max(2, len(letters) // 2)


class Shape(NamedTuple):
    """A name without repeats, its key, how it sounds, and the letters of the key as bits: what tells whether
    two may be the same."""

    plain: str
    key: str
    said: str
    letters: int


def shape_of(letters: str) -> Shape:
    """The shape of a name as read."""
    key = key_of(letters)
    bits = 0
    for letter in key:
        bits |= 1 << (ord(letter) & 31)
    return Shape(squeezed(letters), key, sound(letters), bits)


@lru_cache(maxsize=4096)
def sound(letters: str) -> str:
    """A rough key of how a name is said in English: consonants by class, vowels only at the front."""
    said = squeezed(letters.replace("\x81", "i"))
    if said[:2] in _OPENINGS:
        said = _OPENINGS[said[:2]] + said[2:]
    said = _AS_F.sub("f", said)
    if "h" in said:
        said = said.replace("th", "f").replace("dh", "f")  # "feaver", as it is said
    said = _AS_S.sub("s", said.replace("x", "ks"))
    said = _AS_K.sub("k", said).replace("c", "s").replace("z", "s")
    if "h" in said:
        said = _SILENT.sub("", said)
    said = _AS_G.sub("g", said)
    if said.endswith("mb"):
        said = said[:-1]
    said = said.replace("d", "t")
    said = said[:1] + said[1:].translate(_VOWELS)
    if said and said[0] in "aeiouy":
        said = "a" + said[1:]
    return squeezed(said)


def spoken(letters: str) -> str:
    """A key that names share only if they are said alike, vowels and all ("Chima" and "Cheema")."""
    said = letters
    for pattern, instead in _SPOKEN:
        said = pattern.sub(instead, said)
    return squeezed(said)


@lru_cache(maxsize=4096)
def bones(letters: str) -> str:
    """What is left of a name in whatever script it is written by ear: consonants, and those alike as one."""
    said = letters
    for pattern, instead in _BONES:
        said = pattern.sub(instead, said)
    return squeezed(said)


_STROKES = tuple(
    (re.compile(pattern), strokes)
    for pattern, strokes in (
        ("rn|nn|in|ni|ri|m", "iii"), ("li", "h"), ("ii|[nu]", "ii"), ("vv|w", "vv"), ("cl|d", "ci"), ("[bh]",
        "h"), ("e|c", "c"), ("[gq]", "q"),
        ("[ft]", "t"), ("[lr1]", "i"),
    )
)  # fmt: skip
_AS_A_CHILD = str.maketrans("rlzcf", "wwsss")


def blurs(letters: str) -> tuple[str, str, str]:
    """Three keys of a name that is read badly: its letters in any order, the strokes that they have, and how
    a small child would say it."""
    strokes = letters
    for pattern, drawn in _STROKES:
        strokes = pattern.sub(drawn, strokes)
    lisped = letters.replace("th", "s").translate(_AS_A_CHILD)
    return (
        f"{''.join(sorted(letters))}~",
        f"{strokes}|",
        f"{squeezed(lisped)}&",
    )


def without_vowels(letters: str) -> str:
    """The first letter and the consonants, for names written without vowels."""
    return letters[:1] + re.sub(r"[aeiou\x81]", "", letters[1:])


def stem_of_nickname(written: str) -> str:
    """What is left of a pet form without its ending ("Marty", "Sammy", "Suley"): how the forename begins."""
    return re.sub(r"(?:[iey]+|o|s|z+[iey]*)$", "", squeezed(written))


_KEYS = ("qwertyuiop", " asdfghjkl", "  zxcvbnm")
"""The letters as they lie on a keyboard, each row half a key farther right than the one above."""
_BESIDE = frozenset(
    (one, other)
    for row, keys in enumerate(_KEYS)
    for place, one in enumerate(keys)
    for other in _KEYS[row][place + 1 : place + 2] + "".join(_KEYS[row + 1 :][:1])[place : place + 2]
)
_TAKEN_FOR_EACH_OTHER = ("aeiouy", "ckqgs", "xzs", "dt", "bp", "fvw", "mn", "gj", "il")


def is_usual_slip(written: str, letters: str) -> bool:
    """Whether hand or ear often makes the one of the other: a letter missing, doubled, swapped with its
    neighbour, or put for one that sounds alike or whose key lies beside; never the first letter."""
    head = Prefix.similarity(written, letters)
    tail = Postfix.similarity(written[head:], letters[head:])
    wrong, right = written[head : len(written) - tail], letters[head : len(letters) - tail]
    if not head:
        return False
    if not wrong:
        return True
    if not right:
        around = written[head - 1] + letters[head : head + 1]
        return all(letter in "aeiouyh" or any(_alike(letter, one) for one in around) for letter in wrong)
    if len(wrong) == len(right) == 1:
        return _alike(wrong, right)
    return wrong == right[::-1] or spoken(written) == spoken(letters)


def _alike(one: str, other: str) -> bool:
    return (
        one == other
        or (one, other) in _BESIDE
        or (other, one) in _BESIDE
        or any(one in group and other in group for group in _TAKEN_FOR_EACH_OTHER)
    )


def left_out(key: str) -> list[str]:
    """The key, and the key with each one letter left out: two keys one edit apart share one of these."""
    last = len(key) - 1
    parts = [
        # What is left is a key too: letters that meet and are alike are one.
        key[:at] + key[at + 2 if 0 < at < last and key[at - 1] == key[at + 1] else at + 1 :]
        for at in range(len(key))
    ]
    return [key, *parts]


def slip_of_given(
    written: str, letters: str, shape: Shape, registered: Shape, *, stem: str
) -> tuple[int, Slip, str] | None:
    """How a forename as written departs from one registered, ranked; None if it is another. The shapes are of
    both, the stem is what is left of the one written without the ending of a pet form."""
    # An edit takes one letter away, adds one, or both.
    apart = (shape.letters ^ registered.letters).bit_count()
    begins_alike = written[0] == letters[0]
    if apart > 4 and not begins_alike and shape.said != registered.said and not letters.endswith(written):
        return None  # as nearly all are
    if len(letters) < 3:
        return None
    if shape.plain == registered.plain:
        return 0, Slip.DRAWN, letters
    if apart <= (4 if len(letters) >= 7 else 2):
        edits = distance(written, letters, most=2)
        if edits <= 1 and len(letters) >= 4:
            return (1 if len(letters) > 4 else 2), Slip.EDIT, letters
        if edits == 2 and len(letters) >= 7:
            return 3, Slip.EDITS, letters
    if len(letters) >= 4 and shape.said == registered.said and sounds_alike(written, letters):
        return 2, Slip.SOUND, letters
    if len(written) > 2 and written == without_vowels(letters):
        return 2, Slip.VOWELS, letters
    if letters.endswith(written) and len(written) > 3:  # "Beth", "Xander"
        return 2, Slip.CUT, letters
    if letters.startswith(written) or (len(stem) >= 3 and registered.plain.startswith(stem)):
        return 2, Slip.CUT, letters
    return None
