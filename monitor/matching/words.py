"""A text as words with their places: what the names of a Register are held against. Pure.

Letters spaced out one by one are one word ("q u i l l"), and a word with capitals inside is several
("SackMrSmith"), so that whoever looks for names need not care.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitor.folding import EITHER, Batch, Offsets
from monitor.matching.spelling import Slip, key_of
from monitor.matching.traces import TRACE, traces_of

_LETTERS = f"abcdefghijklmnopqrstuvwxyz\x7f{EITHER}"
_DIGIT, _LETTER = 1, 2
_KINDS = bytes(
    _DIGIT * (chr(code) in "0123456789") + _LETTER * (chr(code) in _LETTERS) for code in range(256)
)
_ALIKE = bytes.maketrans(f"l{EITHER}".encode("latin-1"), b"ii")
_WORD = re.compile(f"[0-9]+|[{_LETTERS}]+")
_END = "\0"
"""Between readings that are cut at once; no reading has it."""
_UNSETTLED = re.compile(r"(?<![a-z0-9\x81])[a-z0-9]*\x81[a-z0-9\x81]*")
# These begin with the signs to look for, so that the search skips to them.
_HUMP = re.compile(
    r"[A-Z\U0001d400-\U0001d7ff\uff21-\uff5a](?:(?<=[^\W\d_A-Z][A-Z])|(?<=[A-Z])[A-Z][a-z]|(?<![A-Z]))"
)
_BROKEN = re.compile(r"[()\[\]{}\-](?:(?<=[a-z'][()\[\]{}])[a-z]|(?<=[a-z]-)[ \r]*\n)")
_MAY_BREAK, _MAY_BREAK_OFF, _LINES = TRACE["broken"], TRACE["broken_off"], TRACE["lines"]
_BREAK = re.compile(r"[()\[\]{}]|-[ \r]*\n[ \r]*")
_BREAK_AFTER_O = re.compile(r"'[(\[{]|'?[)\]}]'?")
"""In "O'(Dunnery)" and "(O')Dunnery"."""
_CLOSING = (")", "]", "}")
_BEFORE_APOSTROPHE = re.compile(r"[OD]['`\u2018\u2019\u02bc\u2032 ][A-Z]")
_MAY_BE_LEET = re.compile(r"[0-9$@|€!](?:(?<=[^\W\d_][0-9$@|€])|(?=[^\W\d_]))")
_HAS_LEET = TRACE["leet"]
_LEET_RUN = re.compile(r"(?<![\w@$#])(?=[\w@$!|€'-]*[013-9@$!|€])[\w@$!|€][\w@$!|€'-]+")
_LEET = dict(zip("013456789@$!|€", "oieasgtbgasiie", strict=True))
"""Signs for letters in words that folding leaves alone: nearly all is signs there ("W417ers", "M5")."""
_POSSESSIVE = re.compile(r"['-]+s?$")
_COUNTS = re.compile(r"(?:y|yr|year|u|ks|gcse|covid|no)?[0-9]{1,9}(?:[a-z]{0,3}|ths)")
_WIDEST_GAP = 5
_FEWEST_SPACED = 3
_MOST_NAMES = 3
"""More capitals than this among letters spaced out are no beginnings of names."""
_LONGEST_LEET = 40


@dataclass(slots=True)
class Words:
    """The words of one text, in order. Places count in `reading`; `offsets` leads to the original.

    `written[i]` are the letters of word `i` as read, `keys[i]` their key, and `capitals[i]` says whether it
    begins with a capital in the original, or with no letter at all.
    """

    text: str
    reading: str
    offsets: Sequence[int]
    written: list[str]
    keys: list[str]
    starts: list[int]
    ends: list[int]
    capitals: list[bool]
    traces: int
    """Of disguise, in `text` (monitor.matching.traces)."""
    leet: Words | None = None
    """The same text with more signs read as letters, where it has words of such signs ("Mr5 W417ers")."""
    whole: Words | None = None
    """The same text with no word cut at its capitals, where that makes a difference ("MALi THOMaS")."""
    differing: Sequence[int] = ()
    """In one of these two: the words that are others in the text as it is cut at first."""
    masks: Mapping[int, Slip] = field(default_factory=dict)
    """In words taken out of their disguise: which were in one, and of what kind."""

    def capital(self, i: int) -> bool:
        """Whether word `i` begins with a capital in the original."""
        return self.capitals[i]

    def shouted(self, i: int) -> bool:
        """Whether word `i` is in capitals altogether, which says nothing about names."""
        original = self.quoted(self.starts[i], self.ends[i])
        return len(original) > 1 and original.isupper()

    def quoted(self, start: int, end: int) -> str:
        """The original of places `start` to `end` of the reading."""
        return self.text[self.offsets[start] : self.offsets[end - 1] + 1]

    def quote(self, start: int, end: int) -> tuple[int, int]:
        """Where places `start` to `end` lie in the original, marks on the last letter included."""
        first, last = self.offsets[start], self.offsets[end - 1] + 1
        at, text = last, self.text
        if at < len(text) and text[at].isascii():
            return first, last
        while at < len(text) and (kind := unicodedata.category(text[at])) in ("Mn", "Me", "Cf"):
            at += 1
            last = last if kind == "Cf" else at  # a joiner may stand before a mark, but ends nothing
        return first, last

    def with_readings(self, stretches: Iterable[tuple[int, int, str, Slip]]) -> Words:
        """The same text with other letters for some stretches of the original; of two that overlap, the
        one that begins first, or is longer. What a stretch leaves of a word stays, as words of its own."""
        taken: list[_Word] = []
        slips: list[Slip] = []
        done = 0
        for first, last, letters, slip in sorted(stretches, key=lambda one: (one[0], -one[1])):
            start, end = bisect_left(self.offsets, first), bisect_left(self.offsets, last)
            if done <= start < end:
                taken.append((letters, start, end))
                slips.append(slip)
                done = end
        other = replace(self, whole=None, leet=None)
        other.differing = _read_as(other, taken)
        other.masks = dict(zip(other.differing, slips, strict=True))
        return other

    def gap(self, i: int) -> str:
        """What stands between word `i` and the next."""
        return self.reading[self.ends[i] : self.starts[i + 1]]

    def sign_before(self, i: int) -> str:
        """The character right before word `i`, or ""."""
        at = self.starts[i]
        return self.reading[at - 1] if at else ""

    def sign_after(self, i: int) -> str:
        """The character right after word `i`, or ""."""
        return self.reading[self.ends[i] : self.ends[i] + 1]


def words_of(batch: Batch, texts: Sequence[str], indices: Sequence[int]) -> Iterator[Words]:
    """Cut the texts at some places of a batch into words, all at once; handed out one by one."""
    lows = batch.bounds[indices].tolist()
    highs = (batch.bounds[np.add(indices, 1)] - 1).tolist()
    readings = [settled_reading(batch.reading[low:high]) for low, high in zip(lows, highs, strict=True)]
    joined = _END.join(readings)
    alike = joined.encode("latin-1").translate(_ALIKE)
    kinds = np.frombuffer(b"\0" + alike.translate(_KINDS) + b"\0", dtype=np.uint8)
    solid, changes = kinds[1:-1] > 0, kinds[1:] != kinds[:-1]
    starts = np.flatnonzero(solid & changes[:-1])
    ends = np.flatnonzero(solid & changes[1:]) + 1
    written = [joined[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    keys = _keys(alike, starts, ends)
    typed = b"\0".join([batch.typed[low:high] for low, high in zip(lows, highs, strict=True)])
    capitals, unsure, humped = _capitals(np.frombuffer(typed, dtype=np.uint8), starts, ends)
    sizes = np.array([len(reading) + 1 for reading in readings])
    origins = np.cumsum(sizes) - sizes
    cuts = np.searchsorted(starts, origins)
    origins = np.repeat(origins, np.diff(cuts, append=len(starts)))
    begins, finishes = (starts - origins).tolist(), (ends - origins).tolist()
    firsts = [*cuts.tolist(), len(starts)]

    def by_text(places: Offsets) -> dict[int, list[int]]:
        """These words by the text in which they stand."""
        owners = np.searchsorted(cuts, places, side="right") - 1
        found: dict[int, list[int]] = {}
        for owner, place in zip(owners.tolist(), places.tolist(), strict=True):
            found.setdefault(owner, []).append(place)
        return found

    not_ascii, inside = by_text(unsure), by_text(humped)
    spaced = by_text(_spaced_out(starts, ends, kinds))
    traces = traces_of([texts[index] for index in indices])
    for at, index in enumerate(indices):
        low, high, view = lows[at], highs[at], slice(firsts[at], firsts[at + 1])
        words = Words(
            texts[index],
            readings[at],
            batch.offsets[low:high].tolist(),
            written[view],
            keys[view],
            begins[view],
            finishes[view],
            capitals[view],
            traces[at],
        )
        for place in not_ascii.get(at, ()):
            words.capitals[place - firsts[at]] = _is_capital(words, begins[place])
        trace = traces[at]
        broken = trace & _MAY_BREAK or (trace & _LINES and trace & _MAY_BREAK_OFF)
        if broken and _BROKEN.search(words.reading):
            _mend(words)
        if at in spaced:
            _close_up(words)
        if at in inside and _HUMP.search(words.text):
            _split_humps(words, [begins[place] for place in inside[at]])
        if trace & _HAS_LEET and _MAY_BE_LEET.search(words.text):
            words.leet = _read_leet(words)
        yield words


def _capitals(
    typed: NDArray[np.uint8], starts: Offsets, ends: Offsets
) -> tuple[list[bool], Offsets, Offsets]:
    """Which words begin with a capital or no letter, as far as ASCII says; those where it does not; and those
    that may have capitals inside, but not throughout."""
    first, wide = typed[starts], typed == ord("?")
    upper = (typed >= ord("A")) & (typed <= ord("Z"))
    small = (first >= ord("a")) & (first <= ord("z"))

    def number(of: NDArray[np.bool_]) -> Offsets:
        """How many of these each word has."""
        counted = np.concatenate(([0], np.cumsum(of)))
        numbers: Offsets = counted[ends] - counted[starts]
        return numbers

    uppers, lengths = number(upper), ends - starts
    inside = (uppers > upper[starts]) & (uppers < lengths)
    humped = (inside | (number(wide) > 0)) & (lengths > 2)
    return (~small).tolist(), np.flatnonzero(wide[starts]), np.flatnonzero(humped)


def _is_capital(words: Words, start: int) -> bool:
    """Whether a capital, or no letter at all, stands at a place of the reading."""
    first = words.text[words.offsets[start]]
    return first.isupper() or not first.isalpha()


def _keys(alike: bytes, starts: Offsets, ends: Offsets) -> list[str]:
    """The key of each word: what `key_of` makes of it, for all of them in one pass."""
    codes = np.frombuffer(alike, dtype=np.uint8)
    fresh = np.ones(len(codes), dtype=bool)
    np.not_equal(codes[1:], codes[:-1], out=fresh[1:])
    fresh |= (codes < ord("a")) | (codes > ord("z"))
    text = codes[fresh].tobytes().decode("latin-1")
    places = np.cumsum(fresh)
    spans = zip((places[starts] - 1).tolist(), places[ends - 1].tolist(), strict=True)
    return [text[start:end] for start, end in spans]


def _spaced_out(starts: Offsets, ends: Offsets, kinds: NDArray[np.uint8]) -> Offsets:
    """Where three single letters follow each other, by where the first stands among the words."""
    single = (ends - starts == 1) & (kinds[starts + 1] == _LETTER)
    single[:-1] &= starts[1:] - ends[:-1] <= _WIDEST_GAP
    return np.flatnonzero(single[:-2] & single[1:-1] & (ends - starts == 1)[2:])


def settled_reading(reading: str) -> str:
    """The reading with i or l for each sign that may be either, as long as before."""
    if EITHER not in reading:
        return reading
    return _UNSETTLED.sub(lambda word: settled(word.group()), reading)


def _read_leet(words: Words) -> Words | None:
    """The words with each run of letters and signs read as letters; None if no run is a word."""
    read_so: list[_Word] = []
    for run in _LEET_RUN.finditer(words.text):
        core = _POSSESSIVE.sub("", run.group())
        if core[:1] == "@" or "_" in core:  # a handle: its digits are not letters
            continue
        signs = any(sign in _LEET for sign in core.rstrip("!"))
        letters = any(sign.isalpha() for sign in core)
        if not (signs and letters) or len(core) > _LONGEST_LEET or _COUNTS.fullmatch(core.lower()):
            continue
        start = bisect_left(words.offsets, run.start())
        end = bisect_left(words.offsets, run.start() + len(core))
        read = "".join(
            _LEET.get(words.text[words.offsets[place]], words.reading[place]) for place in range(start, end)
        )
        word = "".join(letter for letter in read if "a" <= letter <= "z")
        if len(word) > 1:
            read_so.append((word, start, end))
    if not read_so:
        return None
    other = replace(words, whole=None, leet=None)
    other.differing = _read_as(other, read_so)
    return other


def _close_up(words: Words) -> None:
    """Join runs of single letters."""
    written, starts, ends = words.written, words.starts, words.ends
    runs = []
    first = 0
    while first < len(written):
        last = first
        while (
            last + 1 < len(written)
            and len(written[last]) == len(written[last + 1]) == 1
            and not written[last + 1].isdigit()
            and not written[last].isdigit()
            and starts[last + 1] - ends[last] <= _WIDEST_GAP
            and "'" not in words.reading[ends[last] : starts[last + 1]]
        ):
            last += 1
        if last - first + 1 >= _FEWEST_SPACED:
            runs.append((first, last))
        first = last + 1
    if not runs:
        return
    out: list[_Word] = []
    whole: list[_Word] = []
    uncut: list[int] = []
    at = 0
    for first, last in runs:
        before = [(written[i], starts[i], ends[i]) for i in range(at, first)]
        out += before
        whole += before
        breaks, capitals = _breaks(words, first, last)
        out += _run(words, first, last, breaks + capitals)
        if capitals:
            uncut += range(len(whole), len(whole) + len(breaks) + 1)
        whole += _run(words, first, last, breaks)
        at = last + 1
    rest = [(written[i], starts[i], ends[i]) for i in range(at, len(written))]
    if uncut:
        words.whole = replace(words, differing=uncut)
        _replace(words.whole, whole + rest)
    _replace(words, out + rest)


def _breaks(words: Words, first: int, last: int) -> tuple[list[int], list[int]]:
    """After which of the single letters `first` to `last` a word ends: where the gap is wider, or else is a
    blank among signs; and after which others one may, as the next has a capital."""
    starts, ends = words.starts, words.ends
    gaps = [starts[i + 1] - ends[i] for i in range(first, last)]
    usual = min(gaps)
    signs = [words.text[words.offsets[ends[i]]] for i in range(first, last)]
    # One sign throughout: with several, a blank is one of them ("q-u i.l l").
    among_signs = usual == max(gaps) and len({sign for sign in signs if not sign.isspace()}) == 1
    breaks = [
        i
        for i, gap, sign in zip(range(first, last), gaps, signs, strict=True)
        if gap > usual or (among_signs and sign.isspace())
    ]
    capitals = [i for i in range(first, last) if _is_upper(words, i + 1) and not _is_upper(words, i)]
    if len(capitals) > _MOST_NAMES:
        return breaks, []
    return breaks, [i for i in capitals if i not in breaks]


def _run(words: Words, first: int, last: int, breaks: Sequence[int]) -> list[_Word]:
    """The words that single letters make, which end after `breaks`."""
    begins = [first, *(i + 1 for i in sorted(breaks))]
    finishes = [*sorted(breaks), last]
    return [
        ("".join(words.written[begin : end + 1]), words.starts[begin], words.ends[end])
        for begin, end in zip(begins, finishes, strict=True)
    ]


def _mend(words: Words) -> None:
    """Join what a bracket or the end of a line broke: "Quill(feather)", "Quill-" and "feather" below."""
    out = [(words.written[0], words.starts[0], words.ends[0])]
    for i in range(1, len(words.written)):
        word, start, end = out[-1]
        gap = words.reading[end : words.starts[i]]
        whole = word + words.written[i]
        if whole.isalpha() and _is_break(word, gap, words.reading[end - 1]):
            closed = words.sign_after(i) in _CLOSING
            opened = any(sign in words.reading[start : words.starts[i]] for sign in "([{")
            opens = start and words.reading[start - 1] in "([{" and not opened
            out[-1] = (whole, start - bool(opens), words.ends[i] + (closed and opened))
        else:
            out.append((words.written[i], words.starts[i], words.ends[i]))
    if len(out) != len(words.written):
        _replace(words, out)


def _is_break(word: str, gap: str, last: str) -> bool:
    """Whether what stands after a word that ends with the sign `last` only breaks a longer one: a bracket
    that opens or closes inside it, or the end of a line."""
    if not gap:
        return last in _CLOSING
    return bool((_BREAK_AFTER_O if len(word) == 1 and word in "od" else _BREAK).fullmatch(gap))


def _split_humps(words: Words, places: Sequence[int]) -> None:
    """Split those words that begin at these places at the capitals inside: "SackMrSmith", but neither "SMITH"
    nor "sMiTH"."""
    cut: dict[int, list[int]] = {}
    for start in places:
        i = bisect_left(words.starts, start)
        # A word longer than its letters is spaced out, and cut already.
        if (
            i == len(words.starts)
            or words.starts[i] != start
            or words.ends[i] - start != len(words.written[i])
        ):
            continue
        end = words.ends[i]
        upper = [words.text[at].isupper() for at in words.offsets[start:end]]
        humps = [start]
        for at in range(1, end - start):
            if upper[at] and (not upper[at - 1] or (at + 1 < len(upper) and not upper[at + 1])):
                humps.append(start + at)
        irish = _BEFORE_APOSTROPHE.match(words.text, words.offsets[humps[-1]])
        parts = (humps[:-1], humps[-1]) if irish else (humps, end)
        if len(humps) > 1 and not all(upper) and _are_words(*parts, upper):
            cut[i] = [*humps, end]
    if cut:
        words.whole = words.whole or replace(words, differing=tuple(cut))
        _change(
            words,
            [
                (i, i + 1, [(words.reading[start:end], start, end) for start, end in pairwise(places)])
                for i, places in cut.items()
            ],
        )


def _are_words(humps: Sequence[int], end: int, upper: Sequence[bool]) -> bool:
    """Whether the pieces between capitals look like words run together, not like a word in antic type."""
    sizes = [until - begin for begin, until in zip(humps, [*humps[1:], end], strict=True)]
    single = sizes[1:].count(1)
    if (single and (single > 1 or sizes[-1] < 3)) or (len(sizes) > 2 and max(sizes) < 4):
        return False
    return sizes[0] > 1 or upper[0]


def _is_upper(words: Words, i: int) -> bool:
    return words.text[words.offsets[words.starts[i]]].isupper()


_Word = tuple[str, int, int]
"""Letters as read, and from where to where in the reading they stand."""
_Change = tuple[int, int, Sequence[_Word]]
"""From which word to which others stand instead, and what they are."""


def _read_as(words: Words, stretches: Sequence[_Word]) -> list[int]:
    """Read stretches of a text, in order and apart, as words of their own; returns where those then stand.

    A stretch may cover only a part of a word: what it leaves ("-Topham") is words as well, so that whatever
    stands in the reading is in a word however it is read.
    """
    changes: list[_Change] = []
    among: list[int] = []
    cut = size = 0
    until = len(words.reading)
    for one, (_, following, _) in pairwise([*stretches, ("", until, until)]):
        _, start, end = one
        first, last = bisect_right(words.ends, start), bisect_left(words.starts, end)
        head, tail = list[_Word](), list[_Word]()
        if first < last:
            if first >= cut:  # else it is the rest of what the stretch before has cut
                head = _cut(words.reading, words.starts[first], start)
            tail = _cut(words.reading, end, min(words.ends[last - 1], following))
        changes.append((first, last, (*head, one, *tail)))
        among.append(size + len(head))
        size += len(head) + 1 + len(tail)
        cut = last
    places = _change(words, changes)
    return [places[at] for at in among]


def _cut(reading: str, start: int, end: int) -> list[_Word]:
    """The words between two places of a reading."""
    return [(word.group(), *word.span()) for word in _WORD.finditer(reading, start, end)]


def _change(words: Words, changes: Sequence[_Change]) -> list[int]:
    """Put other words in the place of some, in order; returns where they then stand."""
    written, keys, capitals = list[str](), list[str](), list[bool]()
    starts, ends, places = list[int](), list[int](), list[int]()
    at = 0
    for first, last, others in (*changes, (len(words.written), len(words.written), ())):
        kept = slice(at, max(at, first))
        at = max(at, last)
        written += words.written[kept]
        keys += words.keys[kept]
        starts += words.starts[kept]
        ends += words.ends[kept]
        capitals += words.capitals[kept]
        places += range(len(written), len(written) + len(others))
        for word, start, end in others:
            written.append(word)
            keys.append(key_of(word))
            starts.append(start)
            ends.append(end)
            capitals.append(_is_capital(words, start))
    words.written, words.keys, words.capitals = written, keys, capitals
    words.starts, words.ends = starts, ends
    return places


def _replace(words: Words, out: Sequence[_Word]) -> None:
    words.starts = [start for _, start, _ in out]
    words.ends = [end for _, _, end in out]
    known = dict(zip(words.written, words.keys, strict=True))
    words.written = [word for word, _, _ in out]
    words.capitals = [_is_capital(words, start) for start in words.starts]
    words.keys = [known.get(word) or key_of(word) for word in words.written]


def settled(word: str) -> str:
    """The word with signs that may be i or l read as one of them ("M1ss", "Wi11s")."""
    if EITHER not in word:
        return word
    doubled = EITHER * 2 in word
    return word.replace(EITHER, "l" if doubled or word[0] == EITHER else "i")
