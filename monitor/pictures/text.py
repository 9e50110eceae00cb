"""What was read from one picture: lines as found, put into reading order, and the way back to their places.

Pure. Places are pixels of the picture held upright (as its EXIF says, or as it had to be turned to be read,
which is then in `detail`), four corners from the top left clockwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]


class PictureOutcome(StrEnum):
    """How reading one picture ended. No words, and words that could not be looked for, are different."""

    READ = "read"
    READ_IN_PART = "read_in_part"
    NO_WORDS = "no_words"
    SUPPRESSED = "suppressed"
    NOT_A_PICTURE = "not_a_picture"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    FAILED = "failed"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"

    @property
    def words(self) -> str:
        """The outcome for a person."""
        return _WORDS[self.value]


_WORDS = {
    "read": "the words in the picture were read",
    "read_in_part": "only a part of the picture was read",
    "no_words": "no words were found in the picture",
    "suppressed": "the rules forbid looking into this picture; nothing read from it was kept",
    "not_a_picture": "this is not a picture in a form that can be read (PNG, JPEG, GIF, WebP, AVIF, BMP)",
    "damaged": "the picture is damaged or not complete",
    "too_large": "the picture is too large to be read safely",
    "too_small": "the picture is too small to hold words",
    "too_slow": "reading took too long and was stopped",
    "too_much_memory": "reading needed too much memory and was stopped",
    "failed": "the reader failed at this picture",
    "not_found": "there is no such file in the folder of pictures",
    "unavailable": "this installation cannot read pictures (school-monitor doctor names the fix)",
}


@dataclass(frozen=True, slots=True)
class FoundWord:
    """One word of a line: `line.text[start:end]`."""

    start: int
    end: int
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class FoundLine:
    """One line as the engine found it. `words` is empty when they could not be told apart."""

    text: str
    confidence: float
    box: Box
    words: tuple[FoundWord, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureText:
    """Everything that is known about the words of one picture.

    `text` is the lines in reading order: lines of one block follow each other with a space, because a
    name may be broken between them, and blocks begin anew. `words` are its words with their places in
    `text`. Both are empty unless the outcome is `read` or `read_in_part`. `engine` names what read it,
    with versions. `confidence` is how sure the engine is of the letters, 0 to 1.
    """

    outcome: PictureOutcome
    lines: tuple[FoundLine, ...] = ()
    text: str = ""
    words: tuple[FoundWord, ...] = ()
    engine: str = ""
    detail: str = ""

    @property
    def confidence(self) -> float:
        """How sure the engine is of all letters together."""
        return self.confidence_of(0, len(self.text))

    def confidence_of(self, start: int, end: int) -> float:
        """How sure the engine is of the words that `text[start:end]` touches, long ones counting more."""
        touched = self._touched(start, end)
        letters = sum(word.end - word.start for word in touched)
        return (
            sum(word.confidence * (word.end - word.start) for word in touched) / letters if letters else 0.0
        )

    def boxes_of(self, start: int, end: int) -> tuple[Box, ...]:
        """Where in the picture the words stand that `text[start:end]` touches, in the order of the text."""
        return tuple(word.box for word in self._touched(start, end))

    def _touched(self, start: int, end: int) -> list[FoundWord]:
        return [word for word in self.words if word.start < end and start < word.end]


def arranged(
    lines: Sequence[FoundLine], *, outcome: PictureOutcome, engine: str = "", detail: str = ""
) -> PictureText:
    """The lines in the order in which a person reads them, as one text."""
    pieces: list[str] = []
    words: list[FoundWord] = []
    ordered: list[FoundLine] = []
    length = 0
    for block in _blocks(lines):
        for place, line in enumerate(block):
            gap = "" if not pieces else "\n" if place == 0 else _gap(pieces[-1])
            length += len(gap)
            parts = line.words or (FoundWord(0, len(line.text), line.confidence, line.box),)
            words += (FoundWord(length + w.start, length + w.end, w.confidence, w.box) for w in parts)
            pieces += (gap, line.text)
            ordered.append(line)
            length += len(line.text)
    return PictureText(outcome, tuple(ordered), "".join(pieces), tuple(words), engine, detail)


def _gap(before: str) -> str:
    """What stands between two lines of one block: nothing, where a word was broken at its hyphen."""
    return "" if len(before) > 1 and before[-1] in "-\u2010" and before[-2].isalpha() else " "


# --- reading order ----------------------------------------------------------------------------------

_MOST_TILT = math.radians(40)
"""A line that leans more stands upright on purpose, and says nothing about how the picture was held."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line by its place once the picture is held straight."""

    line: FoundLine
    left: float
    right: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return max(self.bottom - self.top, 1.0)

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def _blocks(lines: Sequence[FoundLine]) -> list[list[FoundLine]]:
    """Lines that belong together, each block in rows from the top, blocks from the top."""
    placed = sorted(_straightened(lines), key=lambda one: (one.top, one.left))
    block_of = list(range(len(placed)))

    def root(place: int) -> int:
        while block_of[place] != place:
            block_of[place] = block_of[block_of[place]]
            place = block_of[place]
        return place

    for place, upper in enumerate(placed):
        for later in range(place + 1, len(placed)):
            if placed[later].top > upper.bottom + upper.height:
                break
            if _together(upper, placed[later]):
                first, second = sorted((root(place), root(later)))
                block_of[second] = first
    blocks: dict[int, list[_Placed]] = {}
    for place, one in enumerate(placed):
        blocks.setdefault(root(place), []).append(one)
    return [[one.line for one in _in_rows(block)] for block in blocks.values()]


def _straightened(lines: Sequence[FoundLine]) -> list[_Placed]:
    """Every line's place, turned back by the angle at which most of the writing leans."""
    angle = _tilt(lines)
    cos, sin = math.cos(-angle), math.sin(-angle)
    placed = []
    for line in lines:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = ((x * cos - y * sin, x * sin + y * cos) for x, y in line.box)
        placed.append(_Placed(line, min(x0, x3), max(x1, x2), (y0 + y1) / 2, (y2 + y3) / 2))
    return placed


def _tilt(lines: Sequence[FoundLine]) -> float:
    """The angle of the line in the middle, when lines are put in order of their angle by their length."""
    angles = []
    for line in lines:
        (x0, y0), (x1, y1) = line.box[:2]
        angle = math.atan2(y1 - y0, x1 - x0)
        if abs(angle) <= _MOST_TILT:
            angles.append((angle, math.hypot(x1 - x0, y1 - y0)))
    half = sum(length for _, length in angles) / 2
    passed = 0.0
    for angle, length in sorted(angles):
        passed += length
        if passed >= half:
            return angle
    return 0.0


def _together(upper: _Placed, lower: _Placed) -> bool:
    """Whether two lines are of one block: side by side in a row, or one under the other, of one size."""
    small, large = sorted((upper.height, lower.height))
    if large > 1.7 * small:
        return False
    if abs(upper.middle - lower.middle) < 0.5 * small:
        return max(upper.left, lower.left) - min(upper.right, lower.right) < 1.2 * small
    shared = min(upper.right, lower.right) - max(upper.left, lower.left)
    narrow = min(upper.right - upper.left, lower.right - lower.left)
    return lower.top - upper.bottom < 0.5 * small and shared > 0.3 * narrow


def _in_rows(block: Sequence[_Placed]) -> list[_Placed]:
    """From the top, and from the left within a row."""
    rows: list[list[_Placed]] = []
    for one in sorted(block, key=lambda one: one.middle):
        if rows and one.middle - rows[-1][0].middle < 0.5 * min(one.height, rows[-1][0].height):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [one for row in rows for one in sorted(row, key=lambda one: one.left)]
