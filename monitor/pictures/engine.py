"""Bytes in, lines out: Pillow opens the picture, rapidocr reads it. Runs in the reading process only.

The models are the files inside the rapidocr package, named one by one, so that it never looks for others
(it would fetch them).
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rapidocr
from PIL import AvifImagePlugin, Image, ImageOps, UnidentifiedImageError, WebPImagePlugin

from monitor.pictures.protocol import Answer
from monitor.pictures.text import Box, FoundLine, FoundWord, PictureOutcome

_FORMATS = (
    "PNG",
    "JPEG",
    "GIF",
    "BMP",
    WebPImagePlugin.WebPImageFile.format,
    AvifImagePlugin.AvifImageFile.format,
)
"""What people hand over. Each further format would be one more decoder for a hostile file to break. The last
two are not known to Pillow until their modules are imported, and no others shall be."""

_LEAST_SIDE = 8
_LONGEST_SIDE = 2000
_SMALL_SIDE = 640
"""Pixels. Smaller than the first holds no word; larger than the second is reduced; a longer side below the
third is enlarged twofold."""

_TALL = 2.5
_STRIP_WIDTH = 1000
_STRIP = 2.0
_OVERLAP = 0.15
_MOST_STRIPS = 8
"""A picture so much taller than wide (a scrolled conversation) is read in strips, twice as tall as wide."""

_LEAST_CONFIDENCE = 0.5
_DOUBT = 0.8
"""A line below the first is not told; a picture whose letters are below the second may stand on its head."""

_DETECTION_SIDE = 1280
"""rapidocr's own rule, 736 pixels at the shorter side, makes wide pictures huge: twice the memory and the
time for the same words (docs/adr/0011-pictures.md)."""


class _Unreadable(Exception):
    """This picture is not read; `outcome` says why."""

    def __init__(self, outcome: PictureOutcome) -> None:
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class _Strip:
    """Rows `top` to `bottom`, of which those from `first` to before `last` are this strip's to tell."""

    top: int
    bottom: int
    first: float
    last: float


class Engine:
    """rapidocr with its own models, in one thread. Raises what the libraries raise when it cannot start."""

    def __init__(self, *, most_bytes: int, most_pixels: int) -> None:
        self._most_bytes = most_bytes
        self._most_pixels = most_pixels
        self.version = f"rapidocr {version('rapidocr')}, onnxruntime {version('onnxruntime')}"
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = most_pixels
        cv2.setNumThreads(1)
        models = Path(rapidocr.__file__).parent / "models"
        self._ocr: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.text_score": 0.0,  # what is doubtful is our own question, see _upright
                "Global.use_cls": False,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
                "Det.limit_type": "max",
                "Det.limit_side_len": _DETECTION_SIDE,
                "Cls.model_path": str(models / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
                "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
                # Line by line: several at once would each be padded to the width of the longest.
                "Rec.rec_batch_num": 1,
            }
        )
        # Its models are loaded before the first picture's time runs.
        blank = np.full((48, 320, 3), 255, dtype=np.uint8)
        self._ocr(blank, use_det=True)
        self._ocr(blank, use_det=False)

    def read(self, picture: bytes | bytearray) -> Answer:
        """The words of one picture; whatever is wrong with it is an outcome."""
        try:
            image, scale, whole = self._opened(picture)
        except _Unreadable as unreadable:
            return Answer(unreadable.outcome, engine=self.version)
        try:
            lines, turn, to_the_end = self._upright(image, scale)
        except MemoryError:
            return Answer(PictureOutcome.TOO_MUCH_MEMORY, engine=self.version)
        except Exception as error:  # noqa: BLE001 - the libraries' own errors have no common root
            short = "alloc" in str(error) or "nsufficient memory" in str(error)
            outcome = PictureOutcome.TOO_MUCH_MEMORY if short else PictureOutcome.FAILED
            return Answer(outcome, engine=self.version, detail=type(error).__name__)
        detail = "" if whole else "it moves, and its first frame was read"
        if not to_the_end:
            detail = "it is very tall, and its upper part was read"
        if detail:
            return Answer(PictureOutcome.READ_IN_PART, lines, self.version, detail)
        outcome = PictureOutcome.READ if lines else PictureOutcome.NO_WORDS
        return Answer(
            outcome, lines, self.version, f"it was turned by {turn} degrees" if turn and lines else ""
        )

    def _upright(self, image: Image.Image, scale: float) -> tuple[tuple[FoundLine, ...], int, bool]:
        """The lines, by how many degrees the picture was turned to read them, and whether that is all.

        A picture on its side or on its head is read as it stands first: the places of the lines, or the
        doubts of the engine, show that it must be turned. rapidocr has a model that decides it line by
        line; it turned good lines of small print upside down.
        """
        lines, to_the_end = self._all(image, scale)
        best, turn = lines, 0
        on_its_side = _on_its_side(lines)
        if on_its_side or (lines and _confidence(lines) < _DOUBT):
            for degrees in (90, 270) if on_its_side else (180,):
                turned, all_of_it = self._all(image.rotate(degrees, expand=True), scale)
                if _confidence(turned) > _confidence(best):
                    best, turn, to_the_end = turned, degrees, all_of_it
        return tuple(line for line in best if line.confidence >= _LEAST_CONFIDENCE), turn, to_the_end

    def _all(self, image: Image.Image, scale: float) -> tuple[list[FoundLine], bool]:
        strips = list(_strips(*image.size))
        lines = [line for strip in strips[:_MOST_STRIPS] for line in self._lines(image, strip, scale)]
        return lines, len(strips) <= _MOST_STRIPS

    def _opened(self, picture: bytes | bytearray) -> tuple[Image.Image, float, bool]:
        """The picture upright and of a size to be read, how much it was enlarged for that, and whether that
        is all of it. Raises `_Unreadable`."""
        if len(picture) > self._most_bytes:
            raise _Unreadable(PictureOutcome.TOO_LARGE)
        try:
            image: Image.Image = Image.open(io.BytesIO(picture), formats=_FORMATS)
            # The header has been read, no pixel has: this is where a decompression bomb ends.
            width, height = image.size
            if width * height > self._most_pixels:
                raise _Unreadable(PictureOutcome.TOO_LARGE)
            if min(width, height) < _LEAST_SIDE:
                raise _Unreadable(PictureOutcome.TOO_SMALL)
            # A photograph held in a format of two pictures (one for each eye) does not move.
            whole = image.format == "MPO" or not getattr(image, "is_animated", False)
            image.draft(None, (_LONGEST_SIDE, _LONGEST_SIDE))
            image = _flat(ImageOps.exif_transpose(image))
            # By now it may have been turned, and decoded at half its size or less.
            across = max(width, height) if image.width >= image.height else min(width, height)
            wanted = _wanted_width(*image.size)
            image = image.resize(
                (wanted, max(1, round(image.height * wanted / image.width))), Image.Resampling.BICUBIC
            )
        except UnidentifiedImageError:
            raise _Unreadable(PictureOutcome.NOT_A_PICTURE) from None
        except Image.DecompressionBombError:
            raise _Unreadable(PictureOutcome.TOO_LARGE) from None
        except MemoryError:
            raise _Unreadable(PictureOutcome.TOO_MUCH_MEMORY) from None
        except _Unreadable:
            raise
        except Exception:  # noqa: BLE001 - decoders raise whatever a broken file makes them trip over
            raise _Unreadable(PictureOutcome.DAMAGED) from None
        return image, wanted / across, whole

    def _lines(self, image: Image.Image, strip: _Strip, scale: float) -> Iterator[FoundLine]:
        """The lines of one strip, placed in the picture as it was given."""
        pixels = np.asarray(image.crop((0, strip.top, image.width, strip.bottom)))
        if pixels.shape[2] == 3:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        found = self._found(pixels)
        texts = found.txts or ()
        words = found.word_results if len(found.word_results) == len(texts) else ((),) * len(texts)

        def placed(corners: Any) -> Box:
            at = [(round(float(x) / scale), round((float(y) + strip.top) / scale)) for x, y in corners]
            return (at[0], at[1], at[2], at[3])

        for text, confidence, corners, parts in zip(
            texts, found.scores or (), found.boxes if texts else (), words, strict=True
        ):
            middle = strip.top + sum(float(y) for _, y in corners) / 4
            if strip.first <= middle < strip.last:
                in_line = _words(text, parts)
                yield FoundLine(
                    text,
                    round(float(confidence), 3),
                    placed(corners),
                    tuple(FoundWord(a, b, round(float(sure), 3), placed(box)) for a, b, sure, box in in_line),
                )

    def _found(self, pixels: Any) -> Any:
        """With the words' own places where rapidocr can tell them; it trips over some lines."""
        try:
            return self._ocr(pixels, use_det=True, return_word_box=True)
        except (IndexError, ValueError):
            return self._ocr(pixels, use_det=True, return_word_box=False)


def _confidence(lines: Sequence[FoundLine]) -> float:
    letters = sum(len(line.text) for line in lines)
    return sum(line.confidence * len(line.text) for line in lines) / letters if letters else 0.0


def _on_its_side(lines: Sequence[FoundLine]) -> bool:
    """Whether most letters stand in lines that run up or down."""
    upright = sum(len(line.text) * (1 if _runs_across(line.box) else -1) for line in lines)
    return upright < 0


def _runs_across(box: Box) -> bool:
    (x0, y0), (x1, y1), _, (x3, y3) = box
    return math.hypot(x1 - x0, y1 - y0) * 1.5 > math.hypot(x3 - x0, y3 - y0)


def _words(text: str, parts: Any) -> list[tuple[int, int, float, Any]]:
    """The words of a line with their places in it; none when they are not those of the text."""
    placed = []
    after = 0
    for word, confidence, corners in parts:
        start = text.find(word, after)
        if start < 0 or text[after:start].strip():
            return []
        after = start + len(word)
        placed.append((start, after, confidence, corners))
    return [] if text[after:].strip() else placed


def _flat(image: Image.Image) -> Image.Image:
    """As colours of eight bits, with their transparency where there is any: rapidocr puts the paper of the
    better contrast under it."""
    if image.mode.startswith(("I", "F")):
        levels = np.asarray(image, dtype=np.float64)
        span = float(np.ptp(levels)) or 1.0
        return Image.fromarray(((levels - levels.min()) / span * 255).astype(np.uint8)).convert("RGB")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _wanted_width(width: int, height: int) -> int:
    """The width at which this picture is read."""
    longer = max(width, height)
    if longer < _SMALL_SIDE:
        return 2 * width
    most = _STRIP_WIDTH / width if height > _TALL * width else _LONGEST_SIDE / longer
    return max(1, round(width * min(1.0, most)))


def _strips(width: int, height: int) -> Iterator[_Strip]:
    """The whole picture, or a tall one in strips that overlap, so that no line is cut in each of them."""
    if height <= _TALL * width:
        yield _Strip(0, height, float("-inf"), float("inf"))
        return
    tall, shared = int(_STRIP * width), int(_OVERLAP * width)
    top, first = 0, float("-inf")
    while top + tall < height:
        last = top + tall - shared / 2
        yield _Strip(top, top + tall, first, last)
        top, first = top + tall - shared, last
    yield _Strip(top, height, first, float("inf"))
