"""Where names stand in posts whose people are on no register, as far as their looks tell.

The second reader of triage sees nobody's name: a name on the register is blanked before it looks. The
invented authors of `training` named whom they liked, so `scripts/train` blanks what looks like a name,
now and then, as a register would. A guess that is wrong does no harm there; nothing else may use this.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from zlib import crc32

from monitor.matching.names import is_forename, is_word

Span = tuple[int, int]

_NAME = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_CAPITAL = r"[A-Z][^\W\d_]*(?:['’-][^\W\d_]+)*"
_TITLED = re.compile(rf"\b(?:mr|mrs|ms|miss|mx|dr|sir|prof)\.? ({_NAME})(?: ({_CAPITAL}))?", re.IGNORECASE)
_CAPITALS = re.compile(rf"(?<![\w@#])({_CAPITAL})(?: ({_CAPITAL}))?")
_ENDS = ("'s", "’s")
_SHORTEST = 3
_NOT_HERE = frozenset(("april", "august", "christmas", "easter", "sunday"))
"""Names that nearly always mean a time in posts."""


def likely_names(text: str, codes: Collection[str]) -> Iterator[tuple[Span, bool]]:
    """Where somebody is named, and whether it is an adult.

    Who has a title is an adult. Who has none is a pupil beside somebody with a title; else one or the other
    by what the post is about (`codes`). Of quiet posts, which do not tell, every second is about an adult:
    that a name is an adult's must not give away that something is wrong.
    """
    titled = list(_with_title(text))
    yield from ((span, True) for span in titled)
    adult = not titled and (_odd(text) if _quiet(codes) else any(code[0] in "AKT" for code in codes))
    for span in _without_title(text, titled):
        yield span, adult


def _quiet(codes: Collection[str]) -> bool:
    return all(code.startswith("P") for code in codes)


def _odd(text: str) -> bool:
    """A coin that falls the same way each time for one text."""
    return bool(crc32(text.encode()) & 1)


def _with_title(text: str) -> Iterator[Span]:
    for found in _TITLED.finditer(text):
        first, second = found.groups()
        name = _plain(first)
        if len(name) < _SHORTEST or (not first[0].isupper() and is_word(name)):
            continue
        end = found.end(2) if second and second[0].isupper() and is_forename(name) else found.end(1)
        yield _bare(text, found.start(), end)


def _without_title(text: str, taken: Collection[Span]) -> Iterator[Span]:
    """Forenames with a capital, and what follows with another one, unless both may be ordinary words."""
    if sum(letter.isupper() for letter in text) > len(text) / 2:
        return
    for found in _CAPITALS.finditer(text):
        if any(found.start() < end and start < found.end() for start, end in taken):
            continue
        first, second = found.groups()
        name = _plain(first)
        full = bool(second) and not is_word(_plain(second))
        begins = text[: found.start()].rstrip()[-1:] in ("", *".!?:")
        if (
            len(name) < _SHORTEST
            or name in _NOT_HERE
            or not is_forename(name)
            or (is_word(name) and (begins or not full))
        ):
            continue
        yield _bare(text, found.start(), found.end() if full else found.end(1))


def _plain(word: str) -> str:
    """The letters of a word as the lists of names have them."""
    return re.sub(r"[^a-z]", "", next((word[:-2] for end in _ENDS if word.endswith(end)), word).lower())


def _bare(text: str, start: int, end: int) -> Span:
    return start, end - 2 if text[start:end].endswith(_ENDS) else end
