"""Names in another script, by how they sound or by the keys that were pressed. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from monitor.matching.disguise.stretch import MOST_STRETCHES, Stretch
from monitor.matching.roll import Roll
from monitor.matching.spelling import Slip, bones

FOREIGN_WORD = re.compile(
    r"(?:[^\W\d_a-zA-Z\u00c0-\u024f][\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0980-\u0983\u09bc-\u09cd\u0a01-\u0a03\u0a3c-\u0a4d\u064b-\u0652\u05b0-\u05bd]*){2,30}"
)
CYRILLIC = re.compile(r"[а-яё]{2,30}", re.IGNORECASE)
_RUSSIAN = "a b v g d e e zh z i y k l m n o p r s t u f h ts ch sh sh - y - e yu ya"
_GREEK = "a v g d e z i th i k l m n x o p r s s t u f h ps o"
_AS_SAID = {
    **dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _RUSSIAN.split(), strict=True)),
    **dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", _GREEK.split(), strict=True)),
    "і": "i", "ї": "yi", "є": "ye", "ґ": "g",
}  # fmt: skip
_SPOKEN_TOGETHER = (("μπ", "b"), ("ντ", "d"), ("γκ", "g"), ("τζ", "j"), ("ου", "u"), ("дж", "j"), ("кс", "x"))
_RUSSIAN_KEYS = str.maketrans("йцукенгшщзфывапролдячсмить", "qwertyuiopasdfghjklzxcvbnm")
_SYLLABLES = ("HANGUL", "KATAKANA", "HIRAGANA")


@lru_cache(maxsize=1024)
def _said(sign: str) -> str:
    """How a letter of another alphabet sounds, by its name in Unicode."""
    if sign in _AS_SAID:
        return _AS_SAID[sign].strip("-")
    name = unicodedata.name(sign, "")
    script, _, rest = name.partition(" ")
    last = re.sub(r"[^a-z]", "", rest.split(" WITH ")[0].rpartition(" ")[2].lower())
    if script in _SYLLABLES or "VOWEL" in rest:
        return last
    begun = re.match(r"[^aeiou]+|[aeiou]+", last)
    return begun.group() if begun and "SIGN" not in rest else ""


def in_other_scripts(text: str, roll: Roll) -> Iterator[Stretch]:
    """ "Тамсин Квилфедер": by how it sounds, and only where both names of one person stand together."""
    heard = [
        (hit, _bones_of(hit.group().lower()))
        for hit in islice(FOREIGN_WORD.finditer(text), MOST_STRETCHES)
        if not _is_latin(hit.group())
    ]
    for (first, one), (second, other) in zip(heard, heard[1:], strict=False):
        if second.start() - first.end() > 2 or len(one) < 1 or len(other) < 2:
            continue
        for given, surname in ((one, other), (other, one)):
            place = roll.heard(given, surname)
            if place is not None:
                names = place if given is one else place[::-1]
                yield Stretch(*first.span(), names[0], Slip.SOUND)
                yield Stretch(*second.span(), names[1], Slip.SOUND)
                break


def _is_latin(word: str) -> bool:
    """Whether a word is in our own letters in other type, which folding reads ("𝓠uill", "ǫᴜɪʟʟ")."""
    return unicodedata.normalize("NFKC", word).isascii() or "LATIN" in unicodedata.name(word[0], "")


def on_russian_keys(text: str) -> Iterator[Stretch]:
    """ "Йгшддауферук": typed with the keyboard left in Russian."""
    for hit in CYRILLIC.finditer(text):
        yield Stretch(*hit.span(), hit.group().lower().translate(_RUSSIAN_KEYS))


def _bones_of(word: str) -> str:
    for pair, letters in _SPOKEN_TOGETHER:
        word = word.replace(pair, letters)
    return bones(
        "".join(sign if sign.isascii() else _said(sign) for sign in unicodedata.normalize("NFC", word))
    )
