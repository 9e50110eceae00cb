"""Letters drawn with signs, counted, typed on a telephone, tapped, mirrored, or spread over lines. Pure."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice, product

from monitor.folding import read_batch
from monitor.matching.disguise.stretch import MOST_STRETCHES, Stretch
from monitor.matching.roll import Roll

_DRAWN = {
    "|\\/|": "m", "/\\/\\": "m", "/v\\": "m", "|v|": "m", "^^": "m", "|\\|": "n", "/\\/": "n", "|_|": "u",
    "(_)": "u",
    "\\_/": "u", "|-|": "h", "}{": "h", ")-(": "h", "[-]": "h", "#": "h", "|<": "k", "|{": "k", "|(": "k",
    "|)": "d", "|>": "dp",
    "[)": "d", "\\/\\/": "w", "\\^/": "w", "vv": "w", "uu": "w", "\\/": "v", "/\\": "a", "/-\\": "a",
    "()": "o", "[]": "o", "{}": "o",
    "<>": "o", "|_": "l", "|": "il", "!": "il", "1": "il", "][": "i", "|3": "b", "|8": "b", "(": "c",
    "<": "c", "{": "c", "[": "c",
    "|2": "r", "|?": "r", "|`": "r", "><": "x", ")(": "x", "|d": "p", "|o": "p", "|*": "p", "|=": "f",
    "`/": "y", "'/": "y",
    "\\|/": "y", "0": "o", "3": "e", "4": "a", "@": "a", "5": "s", "$": "s", "7": "t", "+": "t", "-|-": "t",
    "8": "b", "9": "g",
    "6": "bg", "2": "z", "7_": "z", "ph": "f", "rn": "m", "cl": "d", "€": "e", "£": "l", "¢": "c", "¥": "y",
    "(_,)": "q", "0_": "q", "_|": "j",
}  # fmt: skip
_LONGEST_DRAWN = max(map(len, _DRAWN))
_MOST_READINGS = 32
"""Of one stretch."""
MAY_BE_DRAWN = re.compile(r"[|\\/(){}<>\[\]+][^\s\w]|[\w@$!][|\\/({<\[+£¢¥][\w|\\/(){}<>@$!]|\w\)\w")
_CHUNK = re.compile(r"\S{3,60}")
_SOUND_OF_DIGIT = {
    "1": ("won", "one", "i", "l"), "2": ("to", "too", "two"), "4": ("for", "four", "a"), "6": ("six", "g"),
    "8": ("ate", "ait", "eight", "b"),
    "9": ("nine", "g"), "10": ("ten",), "0": ("o",), "3": ("three", "e"), "5": ("five", "s"), "7": ("seven",
    "t"),
}  # fmt: skip
HAS_DIGITS = re.compile(r"\d(?:(?<=[^\W\d_]\d)|[^\W\d_])")
_WITH_DIGITS = re.compile(r"(?<![^\W_])(?=[^\W\d_]*\d)[^\W_]{3,40}(?![^\W_])")
_PICTURE = r"[\u2600-\u27bf\U0001f300-\U0001faff][\ufe0f\u200d]{0,2}"
HAS_PICTURE = re.compile(rf"{_PICTURE}(?:(?<=[^\W\d_][\u2600-\u27bf\U0001f300-\U0001faff])|[^\W\d_])")
_PICTURED = re.compile(rf"(?:(?<![^\W_])[^\W\d_]{{1,20}})?(?:{_PICTURE}){{1,2}}[^\W\d_]{{0,20}}")
NUMBERED = re.compile(r"(?<!\d)\d{1,2}(?:([-., /])\d{1,2}){3,40}(?!\d)")
KEYPAD = re.compile(r"[2-9](?<![\w+.-][2-9])[2-9]{3,19}(?![\w.-]?\d)")
_PACKED = re.compile(r"(?<![\w/])[A-Za-z0-9+/]{8,60}={0,2}(?![\w/])")
CHANGES_CASE = re.compile(r"[A-Z](?<=[a-z0-9][A-Z])")
_LINE = re.compile(r"^[^\w\n]{0,3}([^\W_])[^\n]*", re.MULTILINE)
LINES_OF_LETTERS = re.compile(r"\n[^\n]{1,60}\n[^\n]{1,60}\n[^\n]{1,60}\n")
_MOST_LINES = 40
_TAP = r"[.\-\u2022\u00b7\u2013\u2014_]"
TAPPED = re.compile(rf"(?<![^\s\"'(]){_TAP}(?:{_TAP}|[ /|](?=[.\-\u2022\u00b7\u2013\u2014_ /|])){{6,400}}")
_DOTS_AND_DASHES = str.maketrans("\u2022\u00b7\u2013\u2014_", "..---")
_TAPS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- "
    "--.."
)
_MORSE = dict(zip(_TAPS.split(), "abcdefghijklmnopqrstuvwxyz", strict=True))
MIRROR_ONLY = "\u0252\u0254\u0258\u0287\u01eb\u029c\ua781\u029e\u027f\u01a8\u019a"
_MIRROR = str.maketrans(MIRROR_ONLY + "bdpq", "acefghjkrst" + "dbqp")
_LETTERS_OF_MIRROR = re.compile(rf"[a-z{MIRROR_ONLY}]+")
MIRRORED = re.compile(
    rf"(?<!\w)(?:[a-z]+ )?[a-z{MIRROR_ONLY}]*[\u0252\u0258\u027f\u01a8\u019a\u01eb][a-z{MIRROR_ONLY}]*"
    rf"(?: [a-z{MIRROR_ONLY}]+)?(?!\w)"
)
BRAILLED = re.compile(r"[\u2801-\u28ff]{2,40}")
_BRAILLE = dict(zip("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵", "abcdefghijklmnopqrstuvwxyz", strict=True))


def drawn(text: str) -> Iterator[Stretch]:
    """ "Qu1|_|_f3/\\7|-|3r": signs that are letters together."""
    for chunk in _CHUNK.finditer(text):
        said = chunk.group().lower()
        if not MAY_BE_DRAWN.search(said) or "://" in said:
            continue
        for size in {len(said), len(said.rstrip(".,;:!?)\"'")), len(re.sub(r"['’]s\W*$", "", said))}:
            for letters in (*_readings(said[:size]), said[:size].replace("|", "")):
                yield Stretch(chunk.start(), chunk.start() + size, letters)


def _readings(said: str) -> Iterable[str]:
    """Every word that signs may draw, the longest sign first; few, as signs for several letters are few."""
    beams: list[dict[str, None]] = [{} for _ in range(len(said) + 1)]
    beams[0][""] = None
    for at, beam in enumerate(beams[:-1]):
        for size in range(_LONGEST_DRAWN, 0, -1):
            sign = said[at : at + size]
            letters = _DRAWN.get(sign, "") if len(sign) == size else ""
            if size == 1 and sign.isalpha():
                letters += sign
            into = beams[at + size] if letters else {}
            for letter in letters:
                for head in beam:
                    if len(into) < _MOST_READINGS:
                        into[head + letter] = None
    return beams[-1]


def with_numbers(text: str) -> Iterator[Stretch]:
    """ "Staf4d", "Q1u2i3l4l5": digits as they are said, or only strewn in."""
    for hit in _WITH_DIGITS.finditer(text):
        said = hit.group().lower()
        if not HAS_DIGITS.search(said):
            continue
        parts = re.findall(r"10|\d|\D+", said)
        if len(core := said.strip("0123456789")) and not core.isalpha():
            start = hit.start() + said.index(core)
            yield Stretch(start, start + len(core), re.sub(r"\d", "", core))
        told = [_SOUND_OF_DIGIT.get(part, (part,)) for part in parts]
        if parts[-1].isdigit():  # a number after a name is one, unless it is said as a syllable
            told[-1] = tuple(letters for letters in told[-1] if len(letters) > 1)
        for letters in islice(product(*told), _MOST_READINGS):
            yield Stretch(*hit.span(), "".join(letters))


def pictured(text: str) -> Iterator[Stretch]:
    """ "Quill🪶": a picture for a part of the name, by the words that Unicode has for it."""
    for hit in _PICTURED.finditer(text):
        told = [
            (sign.lower(),) if sign.isalpha() else tuple(unicodedata.name(sign, "").lower().split()) or ("",)
            for sign in re.findall(r"[^\W\d_]+|[^\w\ufe0f\u200d]", hit.group())
        ]
        for letters in islice(product(*told), _MOST_READINGS):
            yield Stretch(*hit.span(), "".join(letters))


def counted(text: str) -> Iterator[Stretch]:
    """ "17-21-9-12-12": letters by their number in the alphabet."""
    for hit in NUMBERED.finditer(text):
        numbers = [int(one) for one in re.findall(r"\d+", hit.group())]
        if all(1 <= number <= 26 for number in numbers):
            yield Stretch(*hit.span(), "".join(chr(96 + number) for number in numbers))


def keyed(text: str, roll: Roll) -> Iterator[Stretch]:
    """ "78455": letters by their keys on a telephone."""
    for hit in islice(KEYPAD.finditer(text), MOST_STRETCHES):
        for letters in roll.keyed.get(hit.group(), ()):
            yield Stretch(*hit.span(), letters)


def packed(text: str) -> Iterator[Stretch]:
    """ "VGFtc2lu": base64."""
    if "=" not in text and len(CHANGES_CASE.findall(text)) < 2:
        return
    for hit in _PACKED.finditer(text):
        said = hit.group()
        if len(CHANGES_CASE.findall(said)) < 2 - said.endswith("="):
            continue
        try:
            told = base64.b64decode(said + "=" * (-len(said) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if told.isprintable():
            yield Stretch(*hit.span(), _folded(told))


def in_morse(text: str) -> Iterator[Stretch]:
    """ "--.- ..- .. .-.. .-..": letters apart by blanks, words by a stroke or more blanks."""
    for hit in TAPPED.finditer(text):
        at = hit.start()
        for word in re.split(r"(\s*[/|]\s*|\s{2,})", hit.group()):
            tapped = word.translate(_DOTS_AND_DASHES).split()
            letters = "".join(_MORSE.get(letter, "") for letter in tapped)
            if tapped and len(letters) == len(tapped):
                yield Stretch(at, at + len(word.rstrip()), letters)
            at += len(word)


def brailled(text: str) -> Iterator[Stretch]:
    for hit in BRAILLED.finditer(text):
        yield Stretch(*hit.span(), "".join(_BRAILLE.get(sign, "") for sign in hit.group()))


def mirrored(text: str) -> Iterator[Stretch]:
    """ "ɿɘʜƚɒɘʇlliuǫ niƨmɒƚ": each word read backwards, in a mirror."""
    for hit in MIRRORED.finditer(text):
        for word in _LETTERS_OF_MIRROR.finditer(text, *hit.span()):
            letters = word.group().translate(_MIRROR)[::-1]
            yield Stretch(*word.span(), letters)
            yield Stretch(*word.span(), letters.replace("g", "q"))


def acrostic(text: str) -> Iterator[Stretch]:
    """The first letters of lines, read downwards."""
    lines = list(islice(_LINE.finditer(text), _MOST_LINES))
    letters = "".join(line.group(1).lower() for line in lines)
    if len(letters) == len(lines):
        for begin in range(len(lines) - 4):
            for end in range(begin + 5, min(len(lines), begin + 16) + 1):
                yield Stretch(lines[begin].start(1), lines[end - 1].end(), letters[begin:end])


def _folded(words: str) -> str:
    """The letters of some words, as folding reads them."""
    return re.sub(r"[^a-z]", "", read_batch((words,)).reading)
