"""What each sign of Unicode reads as: one byte, so that a whole batch is looked up at once.

Order of the questions: is it listed here, does Unicode decompose it into a letter or a digit, does it look
like a letter (lookalikes.csv, Unicode TR 39), what kind of sign is it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]

END_OF_TEXT = 1
SEPARATOR = "\x1e"
"""Put between texts and read as END_OF_TEXT. Bounds are counted, so one inside a text does no harm."""
JOINER = 0
"""Nothing at all to the eye: marks, zero-width and control characters, variation selectors, tags."""
OTHER = 0x7F
"""A letter of another alphabet."""
EURO, EITHER, POUND, COPYRIGHT, REGISTERED, CROSS, RING, UNSPACED = range(0x80, 0x88)
"""EITHER may be read as i or as l; the others are letters inside a word, and blanks elsewhere. UNSPACED is a
letter of an alphabet written without blanks between words: a name in ours may stand right beside it, so it
becomes a blank too."""
STYLED = 0xA0
"""This and the 25 above: a to z drawn with letters that people also read in their own right."""
FOREIGN = 0xC0
"""The same in Cyrillic or Greek that nobody takes for Latin unless Latin letters are about it."""
FLAG = 0xDA
"""This and the 25 above: regional indicators, two of which are a flag."""
SEVERAL = 0xF4
"""This and those above: one sign for what is written as `WRITTEN_OUT`."""
WRITTEN_OUT = (b"ff", b"fi", b"fl", b"ffi", b"ffl", b"st", b"ae", b"oe", b"ss", b"ij", b"ab", b"aa")
LONGEST = 3

_SEVERAL = ("ﬀ", "ﬁ", "ﬂ", "ﬃ", "ﬄ", "ﬅﬆ", "æÆǽǼᴁ", "œŒɶ", "ßẞ", "ĳĲ", "🆎", "ꜳꜲ")

# What people use and the other sources leave out or see otherwise: letters turned round (read in the order
# in which they stand), letters with a stroke, signs of money, phonetic letters.
_LETTERS = {
    "a": "ɒɐ∀Λλ₳ⱥȺаαɑᴀ", "b": "฿ɮʙ␢ьв", "c": "ɔƆ©ɕ₵сϲᴄ", "d": "Ԁ∂đðÐɗᗡԁᴅ", "e": "ɘǝƎəƏɛεЄєɇΞ∃℮еᴇ",
    "f": "ɟℲ₣ʄꜰƒ", "g": "ƃɢ₲ᵷ⅁ɡց", "h": "ɥⱨԋђһнħʜ", "i": "ᴉіıιɪ", "j": "ʝɈјᴊ", "k": "ʞкκ₭Ⱪᴋ",
    "l": "łŁӀꞁȽⱠⱡʟℓӏꓶ⅂", "m": "ɯмᴍ₥Ɯ", "n": "ᴎ₦пη∩ողռŋŊиɴ", "o": "ΌơϘ⊙☉оοօøσᴏ", "p": "₱þÞᴘрρ",
    "q": "զգϙǫǪԛ", "r": "ɿɹɾᴚʀягɌ", "s": "ƨꜱʂ₴§ѕ", "t": "ƚʇ₮тτ⊥Ʇէŧᴛ", "u": "υµμʊսᴜ", "v": "ʌʋνѵᴠ",
    "w": "ʍω₩ԝᴡ", "x": "хχӾ", "y": "ʎγ⅄уɎʏ", "z": "ȥʐɀᴢƶ",
}  # fmt: skip

# Whole alphabets of "fancy text" generators, a to z. The letters of other scripts among them are styled.
_STYLES = (
    "ค๒ς๔єŦﻮђเןкɭ๓ภ๏קợгรՇยשฬאץչ",
    "ค๖¢໓ēfງhiวkl๓ຖ໐p๑rŞtนงຟxฯຊ",
    "卂乃匚ᗪ乇千Ꮆ卄丨ﾌҜㄥ爪几ㄖ卩Ɋ尺丂ㄒㄩᐯ山乂ㄚ乙",
    "ﾑ乃ᄃり乇ｷムんﾉﾌズﾚﾶ刀のｱゐ尺丂ｲひvWﾒﾘ乙",
    "ꍏꌃꉓꀸꍟꎇꁅꃅꀤꀭꀘ꒒ꂵꈤꂦꉣꆰꋪꌗ꓄ꀎꃴꅏꊼꌩꁴ",
    "ልጌርዕቿቻኗዘጎጋጕረጠክዐየዒዪነፕሁሀሠሸሃጊ",
    "ᗩᗷᑕᗪEᖴGᕼIᒍKᒪᗰᑎOᑭᑫᖇSTᑌᐯᗯ᙭Yᘔ",
    "ᏗᏰፈᎴᏋᎦᎶᏂᎥᏠᏦᏝᎷᏁᎧᎮᎤᏒᏕᏖᏬᏉᏇጀᎩፚ",
    "ąҍçժҽƒցհìʝҟӀʍղօքզɾʂէմѵա×վՀ",
    "ǟɮƈɖɛʄɢɦɨʝӄʟʍռօքզʀֆȶʊʋաӼʏʐ",
    "ДБCDΞFGHIJҜLMИФPǪЯSΓЦVЩЖУZ",
    "ΛBᄃDΣFGΉIJKᄂMПӨPQЯƧTЦVЩXYZ",
    "дбсдэфгнийклмпо_яяс_цвшжчз",
)
_CYRILLIC_OR_GREEK = "ДБИФЯЦЩЖПЧШЭЮЗдбифяцщжчшэйзлΞΣΓΉΨ"
_WITHOUT_BLANKS = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x2E80, 0xA4CF),
    (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0xFF66, 0xFFDC), (0x17000, 0x18CFF),
)  # fmt: skip
"""Thai, Lao, Burmese, Korean, Khmer, Chinese, Japanese, Yi: a name in Latin letters may follow at once."""
_READ_BY_MANY = (
    *_WITHOUT_BLANKS, (0x0590, 0x0DFF), (0x0F00, 0x0FFF), (0x1200, 0x139F), (0xFB1D, 0xFDFF),
    (0xFE70, 0xFEFC), (0x11700, 0x1174F), (0x1EE00, 0x1EEFF),
)  # fmt: skip
"""And Hebrew, Arabic, the alphabets of India, Tibetan, Ethiopic: likenesses only in company."""

_PUNCTUATION = {
    "'": "‘’‚‛ʼʻʽʾʿˈ′‵՚ꞌ`´›‹＇ʹ", '"': "“”„‟«»″‶ˮ＂", "-": "–—‒―‐‑−⁃﹘﹣－➖⸺⸻", ".": "…。․",
    "*": "∗⁎✱✲✳＊٭", "/": "⁄∕⧸", "|": "∣⏐⏽ǀ│┃❘❙❚︱丨", "!": "❗❕", "$": "💲", "_": "‿﹍﹎﹏",
}  # fmt: skip
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x85\u2028\u2029"
_INVISIBLE_LETTERS = "\u115f\u1160\uffa0"
"""Fillers of Korean that Unicode calls letters and nobody sees."""
_BLANK_LETTERS = "\u3164\u2800"
_SIGNS = {"€": EURO, "£₤": POUND, "©": COPYRIGHT, "®": REGISTERED, "×✕✖❌⨯❎": CROSS, "○◯⭕●◉🔴⚪⚫🔵": RING}

_SIZE = 0x20000
_WORTH_ASKING = (
    (0x00, 0x33FF), (0xA490, 0xABFF), (0xF900, 0xFFFF), (0x10280, 0x1057F), (0x118A0, 0x118FF),
    (0x16F00, 0x16F9F), (0x1D200, 0x1D24F), (0x1D400, 0x1D7FF), (0x1EE00, 0x1EEFF), (0x1F100, 0x1F1FF),
    (0x1F700, 0x1F773), (0x1FBF0, 0x1FBFF),
)  # fmt: skip
"""Where Latin forms, marks or joiners lie; asking Unicode about every sign costs a tenth of a second."""


def codes_of(points: NDArray[np.uint32]) -> Codes:
    """What each code point reads as; never raises, whatever the number."""
    codes = _table()[np.minimum(points, _SIZE - 1)]
    beyond = points >= _SIZE
    if beyond.any():
        # Planes 2 and 3 hold rare Chinese, plane 14 tags and variation selectors, 15 and 16 private signs.
        planes = np.full(0x110000 >> 16, ord(" "), dtype=np.uint8)
        planes[2] = planes[3] = UNSPACED
        planes[14] = JOINER
        codes[beyond] = planes[np.minimum(points[beyond] >> 16, 16)]
    return codes


@cache
def ascii_codes() -> bytes:
    """The table for plain bytes, for `bytes.translate`."""
    return _table()[:128].tobytes() + bytes(range(128, 256))


@cache
def flags() -> NDArray[np.bool_]:
    """Which pairs of regional indicators are a flag, `[first, second]` counted from a."""
    pairs = np.zeros((26, 26), dtype=bool)
    for pair in _FLAGS.split():
        pairs[ord(pair[0]) - 97, ord(pair[1]) - 97] = True
    return pairs


def _own_alphabet(sign: str) -> bool:
    return any(first <= ord(sign) <= last for first, last in _READ_BY_MANY)


@cache
def _table() -> Codes:
    table = np.full(_SIZE, ord(" "), dtype=np.uint8)
    for first, last in _WITHOUT_BLANKS:
        table[first : last + 1] = OTHER
    alike = dict(_lookalikes())
    for first, last in _WORTH_ASKING:
        for point in range(first, last + 1):
            table[point] = _code(chr(point), alike)
    for first, last in _WITHOUT_BLANKS:
        block = table[first : last + 1]
        block[block == OTHER] = UNSPACED
    table[0x1F3FB:0x1F400] = JOINER  # skin tones
    for style in _STYLES:
        for step, sign in enumerate(style):
            if table[ord(sign)] in (OTHER, UNSPACED, ord(" ")) and sign != "_":
                own = sign in _CYRILLIC_OR_GREEK
                table[ord(sign)] = (FOREIGN if own else STYLED if _own_alphabet(sign) else 97) + step
    for step in range(26):
        for circled_or_squared in (0x1F110, 0x1F130, 0x1F150, 0x1F170):
            table[circled_or_squared + step] = 97 + step
        table[0x1F1E6 + step] = FLAG + step
    for number, signs in enumerate(_SEVERAL):
        table[[ord(sign) for sign in signs]] = SEVERAL + number
    for plain, signs in _PUNCTUATION.items():
        table[[ord(sign) for sign in signs]] = ord(plain)
    for signs, code in _SIGNS.items():
        table[[ord(sign) for sign in signs]] = code
    table[[ord(sign) for sign in _INVISIBLE_LETTERS]] = JOINER
    table[[ord(sign) for sign in _BLANK_LETTERS]] = ord(" ")
    table[[ord(sign) for sign in _LINE_ENDS]] = ord("\n")
    table[[ord("\t"), 0x1F]] = ord(" ")
    table[ord(SEPARATOR)] = END_OF_TEXT
    return table


def _code(sign: str, alike: dict[str, int]) -> int:
    category = unicodedata.category(sign)
    if category in ("Mn", "Me", "Cf", "Cc"):
        return JOINER
    if category == "Nd":
        return ord("0") + unicodedata.digit(sign)
    if sign in alike:
        return alike[sign]
    compatible = unicodedata.normalize("NFKD", sign).lower()
    if not sign.isascii() and compatible[0].isascii():
        return _code_of_compatible(compatible, category)
    if sign.isascii() or compatible[0] in alike:
        return alike.get(compatible[0], ord(compatible[0]))
    return OTHER if category[0] == "L" or category == "Mc" else ord(" ")


def _code_of_compatible(compatible: str, category: str) -> int:
    """The code of a sign that Unicode explains by others, the first of them ASCII."""
    letters = [part for part in compatible if part.isascii() and part.isalnum()]
    if letters and (compatible[0] in ("(", letters[0]) or category in ("So", "No", "Nl")):
        several = category == "So" and len(letters) > 1  # "\u2122" is a mark on a word, not two letters of it
        return ord(" ") if several else ord(letters[0])
    return ord(compatible[0]) if compatible[0].isprintable() else ord(" ")


def _lookalikes() -> Iterator[tuple[str, int]]:
    """Signs that read as a letter: what Unicode lists, then what is written here, which goes before."""
    text = resources.files(__package__).joinpath("lookalikes.csv").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        letter, _, points = line.partition(",")
        for point in points.split():
            sign = chr(int(point, 16))
            yield sign, ord(letter) - 97 + STYLED if _own_alphabet(sign) else ord(letter)
    for letter, signs in _LETTERS.items():
        for sign in signs:
            own = sign in _CYRILLIC_OR_GREEK
            yield sign, ord(letter) - 97 + FOREIGN if own else ord(letter)


_FLAGS = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw
by bz ca cc cd cf cg ch ci ck cl cm cn co cp cr cu cv cw cx cy cz de dg dj dk dm do dz ea ec ee eg eh er es
et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu ic id ie
il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc
md me mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe
pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv
sx sy sz ta tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug um un us uy uz va vc ve vg vi vn vu wf ws
xk ye yt za zm zw
"""
