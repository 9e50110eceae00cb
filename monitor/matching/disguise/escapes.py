"""What machines make of letters: character references, escapes, bytes, tags, the wrong code page. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from monitor.folding import read_batch
from monitor.matching.disguise.stretch import Stretch
from monitor.matching.words import words_of

_TAG = (
    r"</?(?:[a-z]{1,10}|h\d)(?:\s[^<>]{0,80})?/?>"
    r"|\[/?(?:b|i|u|s|em|strong|color|size|quote|spoiler)(?:=[^\]]{0,40})?\]"
)
ESCAPE = re.compile(
    rf"&(?:\#x?[0-9a-f]{{1,6}}|[a-z]{{2,8}});|\\u(?:\{{[0-9a-f]{{1,6}}\}}|[0-9a-f]{{4}})|\\x[0-9a-f]{{2}}|\bu\+[0-9a-f]{{4,6}}(?:\s(?=u\+))?"
    rf"|%[0-9a-f]{{2}}|=(?:[0-9a-f]{{2}}|\r?\n)|{_TAG}"
    r"|\b[0-9a-f]{2}([ :-]?)(?:[0-9a-f]{2}\1){2,40}[0-9a-f]{2}\b(?![:-][0-9a-f]{2}\b)"
    r"|\b(?=[0-9:-]{0,8}[a-f])[4-7][0-9a-f]([:-]?)[4-7][0-9a-f](?:\2[4-7][0-9a-f])?\b(?=[ ][0-9a-f]{2})"
    r"|\b(?=[0-9 ]{0,8}[a-f])[4-7][0-9a-f][ ][4-7][0-9a-f](?:[ ][4-7][0-9a-f])?(?=[ ][0-9a-f]{2}[0-9a-f:-])",
    re.IGNORECASE,
)
LETTERS_AS_BYTES = re.compile(r"[4-7][0-9A-Fa-f][ :-]?[4-7][0-9A-Fa-f]")
OF_MOJIBAKE = frozenset("ÂÃÄÅÆÈÉÊËÌÐÑØÙâ√ƒГД≈")
MOJIBAKE = re.compile(rf"[{''.join(sorted(OF_MOJIBAKE))}][^\x00-\x7f]|[ÃÄÅ](?=[a-z])")
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


def unescaped(text: str) -> Iterator[Stretch]:
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

    for hit in ESCAPE.finditer(text):
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
    if MOJIBAKE.search(text):
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
