"""Memes and screenshots with words in them, drawn here: seven styles in which such pictures go round.

Drawn with Pillow's own scalable font (ASCII only) and with two fonts that come as development
dependencies, so that every machine draws the same picture whatever its system has installed.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]
_SERIF = ("font_source_serif_pro", "SourceSerifPro-Regular.ttf")
_BOLD = ("font_source_serif_pro", "SourceSerifPro-Bold.ttf")
_ROUND = ("font_fredoka_one", "FredokaOne-Regular.ttf")
_WHITE: Colour = (255, 255, 255)
_INK: Colour = (24, 26, 30)


def draw(style: str, sentences: Sequence[str], chance: Random) -> bytes:
    """A picture of these sentences in one of `STYLES`, as the file that somebody would hand over."""
    picture = STYLES[style](sentences, chance)
    out = io.BytesIO()
    if style in ("low-res card", "meme", "story"):
        picture.save(out, "JPEG", quality=chance.randint(38, 60) if style == "low-res card" else 78)
    else:
        picture.save(out, "PNG")
    return out.getvalue()


def _font(size: int, sentences: Sequence[str], chance: Random) -> ImageFont.FreeTypeFont:
    """A plain font that has all the letters."""
    if "".join(sentences).isascii() and chance.random() < 0.67:
        built_in = ImageFont.load_default(size)
        if isinstance(built_in, ImageFont.FreeTypeFont):
            return built_in
    return _carried(chance.choice((_SERIF, _BOLD)), size)


def _carried(font: tuple[str, str], size: int) -> ImageFont.FreeTypeFont:
    package, name = font
    return ImageFont.truetype(io.BytesIO((resources.files(package) / "files" / name).read_bytes()), size)


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """The text in lines no wider than this, broken between words."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _photograph(width: int, height: int, chance: Random) -> Image.Image:
    """Something that is not one colour: soft blobs of light and dark, as behind most captions."""
    small = Image.new("RGB", (9, 9))
    small.putdata([tuple(chance.randint(30, 190) for _ in range(3)) for _ in range(9 * 9)])
    return small.resize((width, height), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(6))


def _card(sentences: Sequence[str], chance: Random, *, size: int, dark: bool) -> Image.Image:
    """A post as its platform shows it: a round portrait, an account, the words, a row of counts."""
    paper, ink = (_INK, (230, 232, 236)) if dark else (_WHITE, _INK)
    width = size * 24
    font = _font(size, sentences, chance)
    lines = [line for sentence in sentences for line in _wrapped(sentence, font, width - 4 * size)]
    picture = Image.new("RGB", (width, int((len(lines) * 1.4 + 7) * size)), paper)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((size, size, 3.4 * size, 3.4 * size), fill=(90, 140, 200))
    pen.text((4 * size, 1.1 * size), "Derby Chat", font=font, fill=ink)
    pen.text((4 * size, 2.4 * size), "2 h", font=_font(int(size * 0.8), (), chance), fill=(130, 130, 130))
    for place, line in enumerate(lines):
        pen.text((2 * size, (4.4 + 1.4 * place) * size), line, font=font, fill=ink)
    counts = f"{chance.randint(2, 90)} likes    {chance.randint(1, 40)} comments"
    below = (4.9 + 1.4 * len(lines)) * size
    pen.text((2 * size, below), counts, font=_font(int(size * 0.8), (), chance), fill=(130, 130, 130))
    return picture


def _post_card(sentences: Sequence[str], chance: Random) -> Image.Image:
    return _card(sentences, chance, size=chance.randint(24, 34), dark=chance.random() < 0.4)


def _low_res_card(sentences: Sequence[str], chance: Random) -> Image.Image:
    """The same, sent on and shrunk until its letters are about eleven pixels high."""
    picture = _card(sentences, chance, size=28, dark=chance.random() < 0.4)
    share = 15 / 28
    return picture.resize(
        (int(picture.width * share), int(picture.height * share)), Image.Resampling.BILINEAR
    )


def _story(sentences: Sequence[str], chance: Random) -> Image.Image:
    """A photograph held upright, with words on bands of colour across it."""
    picture = _photograph(720, 1280, chance)
    pen = ImageDraw.Draw(picture)
    font = _carried(_ROUND, 40) if chance.random() < 0.5 else _font(40, sentences, chance)
    below = chance.randint(250, 500)
    band, ink = chance.choice((((255, 255, 255), _INK), ((20, 20, 20), _WHITE), ((200, 30, 80), _WHITE)))
    for sentence in sentences:
        for line in _wrapped(sentence, font, 560):
            width = font.getlength(line)
            left = (720 - width) / 2
            pen.rounded_rectangle((left - 16, below - 6, left + width + 16, below + 52), 12, fill=band)
            pen.text((left, below), line, font=font, fill=ink)
            below += 62
        below += 24
    return picture


def _chat(sentences: Sequence[str], chance: Random) -> Image.Image:
    """A conversation: one bubble a sentence, left and right in turn, each with its time."""
    font = _font(26, sentences, chance)
    small = _font(16, (), chance)
    heights = [len(_wrapped(sentence, font, 400)) * 36 + 44 for sentence in sentences]
    picture = Image.new("RGB", (640, sum(heights) + 24 * len(heights) + 110), (236, 229, 221))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 640, 70), fill=(7, 94, 84))
    pen.text((80, 20), "Parents at the gate", font=_font(26, (), chance), fill=_WHITE)
    above = 90
    for place, (sentence, height) in enumerate(zip(sentences, heights, strict=True)):
        lines = _wrapped(sentence, font, 400)
        width = max(font.getlength(line) for line in lines) + 40
        left = 20 if place % 2 else 620 - width
        fill = _WHITE if place % 2 else (220, 248, 198)
        pen.rounded_rectangle((left, above, left + width, above + height), 16, fill=fill)
        for row, line in enumerate(lines):
            pen.text((left + 20, above + 10 + 36 * row), line, font=font, fill=_INK)
        at = f"{chance.randint(7, 22)}:{chance.randint(10, 59)}"
        pen.text((left + width - 60, above + height - 26), at, font=small, fill=(120, 120, 120))
        above += height + 24
    return picture


def _meme(sentences: Sequence[str], chance: Random) -> Image.Image:
    """White capitals with a black edge, above and below, on a photograph."""
    picture = _photograph(800, 640, chance)
    pen = ImageDraw.Draw(picture)
    font = _carried(_ROUND if chance.random() < 0.5 else _BOLD, 46)
    for sentence, top in zip(sentences[:2], (True, False), strict=False):
        lines = _wrapped(sentence.upper(), font, 740)
        below = 18 if top else 622 - 56 * len(lines)
        for line in lines:
            left = (800 - font.getlength(line)) / 2
            pen.text((left, below), line, font=font, fill=_WHITE, stroke_width=3, stroke_fill=(0, 0, 0))
            below += 56
    return picture


def _tilted(sentences: Sequence[str], chance: Random) -> Image.Image:
    """A card photographed askew, on a table."""
    card = _card(sentences, chance, size=26, dark=False)
    angle = chance.choice((-1, 1)) * chance.uniform(4, 11)
    turned = card.convert("RGBA").rotate(angle, Image.Resampling.BICUBIC, expand=True)
    table = _photograph(turned.width + 60, turned.height + 60, chance)
    table.paste(turned, (30, 30), turned)
    return table


def _tiny(sentences: Sequence[str], chance: Random) -> Image.Image:
    """Letters nine pixels high, as in a picture of a whole page."""
    font = _font(12, sentences, chance)
    lines = [line for sentence in sentences for line in _wrapped(sentence, font, 300)]
    picture = Image.new("RGB", (340, 24 + 17 * len(lines)), (246, 246, 246))
    pen = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        pen.text((14, 12 + 17 * row), line, font=font, fill=_INK)
    return picture


STYLES: Mapping[str, Callable[[Sequence[str], Random], Image.Image]] = {
    "post card": _post_card,
    "low-res card": _low_res_card,
    "story": _story,
    "chat": _chat,
    "meme": _meme,
    "tilted": _tilted,
    "tiny": _tiny,
}
"""The styles of the study, by name."""
