"""Names in disguise: in the escapes of machines, in codes, drawn with signs, in another script. Pure.

Each way of reading gives stretches of a text and the letters that they may stand for. But for escapes, a
stretch counts only where it makes a name of the Roll: ways of reading may be generous, as few words become
somebody's name by chance. What stands beside it the grammar asks (monitor.matching.grammar).
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import lru_cache, reduce
from itertools import islice, product
from operator import or_
from typing import NamedTuple

from monitor.folding import read_batch
from monitor.matching.codes import CODES
from monitor.matching.glance import TITLES, Glance, Glances, is_part
from monitor.matching.roll import Roll
from monitor.matching.spelling import Slip, bones, key_of
from monitor.matching.traces import TRACE
from monitor.matching.words import Words, words_of

_MOST_READINGS = 32
_MOST_STRETCHES = 400
"""How many stretches of one text are read: hostile text must not cost more than it is long."""
_BEFORE = ("mr", "mrs", "miss", "ms", "dr")


class Stretch(NamedTuple):
    """Code points `start` to `end` of a text, and what they may stand for."""

    start: int
    end: int
    letters: str
    slip: Slip = Slip.MASKED


def undisguised(words: Words, glances: Glances, *, seen: Sequence[Glance]) -> Words | None:
    """The same text with names that were in disguise; None where there are none. `seen` is what the words may
    be by themselves."""
    roll = glances.roll
    found = list(_stretches(words, roll))
    base = words.leet or words
    base = base.with_readings(found) if found else base
    if not _RARELY_SAID.isdisjoint(base.written):
        found += _spelt_aloud(words, roll)
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
        escaped = not _DIGITS.isdisjoint(text) and bool(_LETTERS_AS_BYTES.search(text))
    misread = traces & _MISREAD and not _OF_MOJIBAKE.isdisjoint(text) and _MOJIBAKE.search(text)
    if misread or (escaped and _ESCAPE.search(text)):
        yield from _escaped(text)
    for trace, shape, needed, read in _STRETCHES:
        if traces & trace and (needed is None or not needed.isdisjoint(text)) and shape.search(text):
            yield from (one for one in islice(read(text), _MOST_STRETCHES) if _is_name(one.letters, roll))
    if traces & _FOREIGN and _FOREIGN_WORD.search(text):
        yield from _in_other_scripts(text, roll)
    if traces & _KEYED and _KEYPAD.search(text):
        yield from _keyed(text, roll)


def _is_name(letters: str, roll: Roll) -> bool:
    """Whether letters are somebody's name, or a whole name in one word."""
    if key_of(letters) in TITLES:
        return True
    if is_part(letters, roll) or (len(letters) >= 7 and _is_whole(letters, roll)):
        return True
    return any(letters.startswith(title) and is_part(letters[len(title) :], roll) for title in _BEFORE)


def _is_whole(letters: str, roll: Roll) -> bool:
    cuts = ((letters[:at], letters[at:]) for at in range(3, len(letters) - 2))
    return any(is_part(first, roll) and is_part(last, roll) for first, last in cuts)


# --- escapes of machines ----------------------------------------------------------------------------------

_TAG = (
    r"</?(?:[a-z]{1,10}|h\d)(?:\s[^<>]{0,80})?/?>"
    r"|\[/?(?:b|i|u|s|em|strong|color|size|quote|spoiler)(?:=[^\]]{0,40})?\]"
)
_ESCAPE = re.compile(
    rf"&(?:\#x?[0-9a-f]{{1,6}}|[a-z]{{2,8}});|\\u(?:\{{[0-9a-f]{{1,6}}\}}|[0-9a-f]{{4}})|\\x[0-9a-f]{{2}}|\bu\+[0-9a-f]{{4,6}}(?:\s(?=u\+))?"
    rf"|%[0-9a-f]{{2}}|=(?:[0-9a-f]{{2}}|\r?\n)|{_TAG}"
    r"|\b[0-9a-f]{2}([ :-]?)(?:[0-9a-f]{2}\1){2,40}[0-9a-f]{2}\b(?![:-][0-9a-f]{2}\b)"
    r"|\b(?=[0-9:-]{0,8}[a-f])[4-7][0-9a-f]([:-]?)[4-7][0-9a-f](?:\2[4-7][0-9a-f])?\b(?=[ ][0-9a-f]{2})"
    r"|\b(?=[0-9 ]{0,8}[a-f])[4-7][0-9a-f][ ][4-7][0-9a-f](?:[ ][4-7][0-9a-f])?(?=[ ][0-9a-f]{2}[0-9a-f:-])",
    re.IGNORECASE,
)
_LETTERS_AS_BYTES = re.compile(r"[4-7][0-9A-Fa-f][ :-]?[4-7][0-9A-Fa-f]")
_OF_MOJIBAKE = frozenset("ÂÃÄÅÆÈÉÊËÌÐÑØÙâ√ƒГД≈")
_MOJIBAKE = re.compile(rf"[{''.join(sorted(_OF_MOJIBAKE))}][^\x00-\x7f]|[ÃÄÅ](?=[a-z])")
_CODEPAGES = ("cp1252", "mac-roman", "cp1251", "latin-1")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_HEX = re.compile(r"[0-9a-f]{2}", re.IGNORECASE)


class _Decoded:
    """A text with escapes undone, and where each of its characters comes from."""

    def __init__(self) -> None:
        self.signs: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.changed: list[bool] = []

    def put(self, signs: str, start: int, end: int, *, changed: bool = True) -> None:
        for at, sign in enumerate(signs):
            self.signs.append(sign)
            self.starts.append(start if changed else start + at)
            self.ends.append(end if changed else start + at + 1)
            self.changed.append(changed)

    def take(self, other: _Decoded, first: int, last: int) -> None:
        """The same characters as another has there."""
        self.signs += other.signs[first:last]
        self.starts += other.starts[first:last]
        self.ends += other.ends[first:last]
        self.changed += other.changed[first:last]


def _escaped(text: str) -> Iterator[Stretch]:
    """Every word that has escapes in it or beside it, as it was before something escaped it."""
    decoded, at = _Decoded(), 0
    raw: list[tuple[int, int, int]] = []
    tags: dict[int, tuple[int, int]] = {}
    """From where to where the tags were that stood before a letter."""

    def flush() -> None:
        """Bytes in a row are letters together."""
        if raw:
            for signs, first, last in _from_bytes(raw):
                decoded.put(signs, first, last)
            raw.clear()

    for hit in _ESCAPE.finditer(text):
        if hit.start() > at or hit.group()[0] not in "%\\=":
            flush()
        decoded.put(text[at : hit.start()], at, hit.start(), changed=False)
        said = hit.group()
        at = hit.end()
        if said[0] == "&":
            decoded.put(html.unescape(said.lower() if said[1] == "#" else said), *hit.span())
        elif said[0] in "<[" or said[0] == "=" and said[-1] == "\n":
            begun, _ = tags.get(len(decoded.signs), hit.span())
            tags[len(decoded.signs)] = begun, hit.end()
        elif said[:2] in ("\\u", "\\U") or said[:2] in ("U+", "u+"):
            point = int(re.sub(r"[^0-9a-fA-F]", "", said[2:]), 16)
            decoded.put(chr(point) if point < 0x110000 else " ", *hit.span())
        elif said[0] in "%\\=":
            raw.append((int(said[-2:], 16), *hit.span()))
        else:
            raw += [(int(two.group(), 16), *two.span()) for two in _HEX.finditer(text, *hit.span())]
            flush()
    flush()
    decoded.put(text[at:], at, len(text), changed=False)
    if _MOJIBAKE.search(text):
        decoded = _undo_mojibake(decoded)
    whole = "".join(decoded.signs)
    [words] = words_of(read_batch((whole,)), (whole,), [0])
    changed = decoded.changed
    for word, start, end in zip(words.written, words.starts, words.ends, strict=True):
        first, last = words.quote(start, end)
        if any(changed[max(0, first - 1) : last + 1]) or any(map(tags.__contains__, range(first, last + 1))):
            begun, until = tags.get(first, (0, 0))
            begins = begun if until == decoded.starts[first] else decoded.starts[first]
            yield Stretch(begins, decoded.ends[last - 1], word)


def _from_bytes(raw: list[tuple[int, int, int]]) -> Iterator[tuple[str, int, int]]:
    """The letters of some bytes, with where each stood."""
    told = bytes(byte for byte, _, _ in raw)
    try:
        signs = told.decode("utf-8")
    except UnicodeDecodeError:
        signs = told.decode("latin-1")
        sizes = [1] * len(signs)
    else:
        sizes = [len(sign.encode()) for sign in signs]
    at = 0
    for sign, size in zip(signs, sizes, strict=True):
        yield sign, raw[at][1], raw[at + size - 1][2]
        at += size


def _undo_mojibake(decoded: _Decoded) -> _Decoded:
    """The same with letters that were read in the wrong code page as they were before ("GÃ¼neÅŸ")."""
    whole, done, at = "".join(decoded.signs), _Decoded(), 0
    for run in _NOT_ASCII.finditer(whole):
        told = _rightly_decoded(run.group())
        if told is not None:
            done.take(decoded, at, run.start())
            at = run.start()
            for sign, size in told:
                done.put(sign, decoded.starts[at], decoded.ends[at + size - 1])
                at += size
    done.take(decoded, at, len(whole))
    return done


def _rightly_decoded(run: str) -> list[tuple[str, int]] | None:
    """The letters that a run was before and how long each is now; None if it was always so. A first byte by
    itself, whose second was lost, is nothing."""
    if run in ("Ã", "Ä", "Å"):
        return [("", 1)]
    for page in _CODEPAGES:
        told = b"".join(_byte(sign, page) for sign in run)
        if len(told) == len(run):
            try:
                return [(sign, len(sign.encode())) for sign in told.decode("utf-8")]
            except UnicodeDecodeError:
                continue
    return None


def _byte(sign: str, page: str) -> bytes:
    try:
        return sign.encode(page)
    except UnicodeEncodeError:
        return sign.encode("latin-1") if ord(sign) < 256 else b""


# --- drawn and counted ------------------------------------------------------------------------------------

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
_MAY_BE_DRAWN = re.compile(r"[|\\/(){}<>\[\]+][^\s\w]|[\w@$!][|\\/({<\[+£¢¥][\w|\\/(){}<>@$!]|\w\)\w")
_CHUNK = re.compile(r"\S{3,60}")
_SOUND_OF_DIGIT = {
    "1": ("won", "one", "i", "l"), "2": ("to", "too", "two"), "4": ("for", "four", "a"), "6": ("six", "g"),
    "8": ("ate", "ait", "eight", "b"),
    "9": ("nine", "g"), "10": ("ten",), "0": ("o",), "3": ("three", "e"), "5": ("five", "s"), "7": ("seven",
    "t"),
}  # fmt: skip
_HAS_DIGITS = re.compile(r"\d(?:(?<=[^\W\d_]\d)|[^\W\d_])")
_WITH_DIGITS = re.compile(r"(?<![^\W_])(?=[^\W\d_]*\d)[^\W_]{3,40}(?![^\W_])")
_PICTURE = r"[\u2600-\u27bf\U0001f300-\U0001faff][\ufe0f\u200d]{0,2}"
_HAS_PICTURE = re.compile(rf"{_PICTURE}(?:(?<=[^\W\d_][\u2600-\u27bf\U0001f300-\U0001faff])|[^\W\d_])")
_PICTURED = re.compile(rf"(?:(?<![^\W_])[^\W\d_]{{1,20}})?(?:{_PICTURE}){{1,2}}[^\W\d_]{{0,20}}")
_NUMBERED = re.compile(r"(?<!\d)\d{1,2}(?:([-., /])\d{1,2}){3,40}(?!\d)")
_KEYPAD = re.compile(r"[2-9](?<![\w+.-][2-9])[2-9]{3,19}(?![\w.-]?\d)")
_PACKED = re.compile(r"(?<![\w/])[A-Za-z0-9+/]{8,60}={0,2}(?![\w/])")
_CHANGES_CASE = re.compile(r"[A-Z](?<=[a-z0-9][A-Z])")
_LINE = re.compile(r"^[^\w\n]{0,3}([^\W_])[^\n]*", re.MULTILINE)
_LINES_OF_LETTERS = re.compile(r"\n[^\n]{1,60}\n[^\n]{1,60}\n[^\n]{1,60}\n")
_MOST_LINES = 40
_CYRILLIC = re.compile(r"[а-яё]{2,30}", re.IGNORECASE)
_TAP = r"[.\-\u2022\u00b7\u2013\u2014_]"
_TAPPED = re.compile(rf"(?<![^\s\"'(]){_TAP}(?:{_TAP}|[ /|](?=[.\-\u2022\u00b7\u2013\u2014_ /|])){{6,400}}")
_DOTS_AND_DASHES = str.maketrans("\u2022\u00b7\u2013\u2014_", "..---")
_TAPS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- "
    "--.."
)
_MORSE = dict(zip(_TAPS.split(), "abcdefghijklmnopqrstuvwxyz", strict=True))
_MIRROR_ONLY = "\u0252\u0254\u0258\u0287\u01eb\u029c\ua781\u029e\u027f\u01a8\u019a"
_MIRROR = str.maketrans(_MIRROR_ONLY + "bdpq", "acefghjkrst" + "dbqp")
_LETTERS_OF_MIRROR = re.compile(rf"[a-z{_MIRROR_ONLY}]+")
_MIRRORED = re.compile(
    rf"(?<!\w)(?:[a-z]+ )?[a-z{_MIRROR_ONLY}]*[\u0252\u0258\u027f\u01a8\u019a\u01eb][a-z{_MIRROR_ONLY}]*"
    rf"(?: [a-z{_MIRROR_ONLY}]+)?(?!\w)"
)
_BRAILLED = re.compile(r"[\u2801-\u28ff]{2,40}")
_BRAILLE = dict(zip("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵", "abcdefghijklmnopqrstuvwxyz", strict=True))


def _drawn(text: str) -> Iterator[Stretch]:
    """ "Qu1|_|_f3/\\7|-|3r": signs that are letters together."""
    for chunk in _CHUNK.finditer(text):
        said = chunk.group().lower()
        if not _MAY_BE_DRAWN.search(said) or "://" in said:
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


def _with_numbers(text: str) -> Iterator[Stretch]:
    """ "Staf4d", "Q1u2i3l4l5": digits as they are said, or only strewn in."""
    for hit in _WITH_DIGITS.finditer(text):
        said = hit.group().lower()
        if not _HAS_DIGITS.search(said):
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


def _pictured(text: str) -> Iterator[Stretch]:
    """ "Quill🪶": a picture for a part of the name, by the words that Unicode has for it."""
    for hit in _PICTURED.finditer(text):
        told = [
            (sign.lower(),) if sign.isalpha() else tuple(unicodedata.name(sign, "").lower().split()) or ("",)
            for sign in re.findall(r"[^\W\d_]+|[^\w\ufe0f\u200d]", hit.group())
        ]
        for letters in islice(product(*told), _MOST_READINGS):
            yield Stretch(*hit.span(), "".join(letters))


def _counted(text: str) -> Iterator[Stretch]:
    """ "17-21-9-12-12": letters by their number in the alphabet."""
    for hit in _NUMBERED.finditer(text):
        numbers = [int(one) for one in re.findall(r"\d+", hit.group())]
        if all(1 <= number <= 26 for number in numbers):
            yield Stretch(*hit.span(), "".join(chr(96 + number) for number in numbers))


def _keyed(text: str, roll: Roll) -> Iterator[Stretch]:
    """ "78455": letters by their keys on a telephone."""
    for hit in islice(_KEYPAD.finditer(text), _MOST_STRETCHES):
        for letters in roll.keyed.get(hit.group(), ()):
            yield Stretch(*hit.span(), letters)


def _packed(text: str) -> Iterator[Stretch]:
    """ "VGFtc2lu": base64."""
    if "=" not in text and len(_CHANGES_CASE.findall(text)) < 2:
        return
    for hit in _PACKED.finditer(text):
        said = hit.group()
        if len(_CHANGES_CASE.findall(said)) < 2 - said.endswith("="):
            continue
        try:
            told = base64.b64decode(said + "=" * (-len(said) % 4), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if told.isprintable():
            yield Stretch(*hit.span(), _folded(told))


def _in_morse(text: str) -> Iterator[Stretch]:
    """ "--.- ..- .. .-.. .-..": letters apart by blanks, words by a stroke or more blanks."""
    for hit in _TAPPED.finditer(text):
        at = hit.start()
        for word in re.split(r"(\s*[/|]\s*|\s{2,})", hit.group()):
            tapped = word.translate(_DOTS_AND_DASHES).split()
            letters = "".join(_MORSE.get(letter, "") for letter in tapped)
            if tapped and len(letters) == len(tapped):
                yield Stretch(at, at + len(word.rstrip()), letters)
            at += len(word)


def _brailled(text: str) -> Iterator[Stretch]:
    for hit in _BRAILLED.finditer(text):
        yield Stretch(*hit.span(), "".join(_BRAILLE.get(sign, "") for sign in hit.group()))


def _mirrored(text: str) -> Iterator[Stretch]:
    """ "ɿɘʜƚɒɘʇlliuǫ niƨmɒƚ": each word read backwards, in a mirror."""
    for hit in _MIRRORED.finditer(text):
        for word in _LETTERS_OF_MIRROR.finditer(text, *hit.span()):
            letters = word.group().translate(_MIRROR)[::-1]
            yield Stretch(*word.span(), letters)
            yield Stretch(*word.span(), letters.replace("g", "q"))


def _acrostic(text: str) -> Iterator[Stretch]:
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


_SPOKEN_LETTERS = (
    "ay alpha alfa, bee bravo, cee see sea charlie, dee delta, ee echo, ef eff foxtrot, gee golf, aitch "
    "haitch hotel, eye india, jay juliet juliett, kay kilo, el ell lima, em mike, en november, oh "
    "oscar, pee pea papa, cue queue kew quebec, ar are romeo, ess es sierra, tee tea tango, you yew "
    "uniform, vee victor, doubleyou doubleu whiskey whisky, ex xray, why wye yankee, zed zee zulu"
)
_COMMON_WORDS = (
    "see sea are you why oh eye tea pea bee el em en ex es ar hotel golf india mike oscar charlie "
    "victor papa uniform echo romeo"
)
_SAID = {
    letter: said.split()
    for letter, said in zip(
        "abcdefghijklmnopqrstuvwxyz",
        _SPOKEN_LETTERS.split(", "),
        strict=True,
    )
}
_LETTER_SAID = {word: letter for letter, words in _SAID.items() for word in words}
_RARELY_SAID = frozenset(_LETTER_SAID) - frozenset(_COMMON_WORDS.split()) | {"double"}
_LONGEST_SAID, _FEWEST_SAID = 24, 4


def _spelt_aloud(words: Words, roll: Roll) -> Iterator[Stretch]:
    """ "cue you eye ell ell", "Quebec Uniform India", "Q U I double L"."""
    told: list[tuple[str, int]] = []
    for i, word in enumerate([*words.written, ""]):
        spaced = i < len(words.starts) and words.ends[i] - words.starts[i] > len(word)
        letters = word if len(word) == 1 or spaced else _LETTER_SAID.get(word, "")
        if letters or word == "double":
            told.append((letters, i))
            continue
        if sum(len(letters) for letters, _ in told) >= _FEWEST_SAID:
            yield from _told(told[:_LONGEST_SAID], words, roll)
        told = []


def _told(told: list[tuple[str, int]], words: Words, roll: Roll) -> Iterator[Stretch]:
    """The longest name among letters that were said."""
    for size in range(len(told), 2, -1):
        for begin in range(len(told) - size + 1):
            letters, double = "", False
            for one, _ in told[begin : begin + size]:
                letters += one[:1] * double + one
                double = not one
            if len(letters) >= _FEWEST_SAID and _is_name(letters, roll):
                start, _ = words.quote(words.starts[told[begin][1]], words.ends[told[begin][1]])
                last = told[begin + size - 1][1]
                yield Stretch(start, words.quote(words.starts[last], words.ends[last])[1], letters)
                return


# --- other scripts ------------------------------------------------------------------------------------------

_FOREIGN_WORD = re.compile(
    r"(?:[^\W\d_a-zA-Z\u00c0-\u024f][\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0980-\u0983\u09bc-\u09cd\u0a01-\u0a03\u0a3c-\u0a4d\u064b-\u0652\u05b0-\u05bd]*){2,30}"
)
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


def _in_other_scripts(text: str, roll: Roll) -> Iterator[Stretch]:
    """ "Тамсин Квилфедер": by how it sounds, and only where both names of one person stand together."""
    heard = [
        (hit, _bones_of(hit.group().lower()))
        for hit in islice(_FOREIGN_WORD.finditer(text), _MOST_STRETCHES)
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


def _on_russian_keys(text: str) -> Iterator[Stretch]:
    """ "Йгшддауферук": typed with the keyboard left in Russian."""
    for hit in _CYRILLIC.finditer(text):
        yield Stretch(*hit.span(), hit.group().lower().translate(_RUSSIAN_KEYS))


def _bones_of(word: str) -> str:
    for pair, letters in _SPOKEN_TOGETHER:
        word = word.replace(pair, letters)
    return bones(
        "".join(sign if sign.isascii() else _said(sign) for sign in unicodedata.normalize("NFC", word))
    )


# --- words in a code ------------------------------------------------------------------------------------


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
    (TRACE["drawn"], _MAY_BE_DRAWN, None, _drawn),
    (TRACE["numbered"], _HAS_DIGITS, None, _with_numbers),
    (TRACE["pictured"], _HAS_PICTURE, None, _pictured),
    (TRACE["counted"], _NUMBERED, _DIGITS, _counted),
    (TRACE["packed"], _CHANGES_CASE, None, _packed),
    (TRACE["foreign"], _BRAILLED, None, _brailled),
    (TRACE["mirrored"], _MIRRORED, frozenset(_MIRROR_ONLY), _mirrored),
    (TRACE["tapped"], _TAPPED, frozenset("-_\u2013\u2014"), _in_morse),
    (TRACE["foreign"], _CYRILLIC, _OF_RUSSIAN, _on_russian_keys),
    (TRACE["lines"], _LINES_OF_LETTERS, None, _acrostic),
)
"""Ways of reading: the trace that each leaves, what a text has the shape of where it may be so written, signs
of which it then has one, and how to read it."""
_OF_STRETCHES = reduce(
    or_,
    (one[0] for one in _STRETCHES),
    _ESCAPED | _OF_ESCAPES | _IN_BYTES | _MISREAD | _FOREIGN | _KEYED,
)
