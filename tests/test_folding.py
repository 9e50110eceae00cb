"""One reading of a text, whatever it was dressed up in, and the way back to what was written."""

from __future__ import annotations

import tracemalloc
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.folding import EITHER, Reading, read, read_batch, skeleton
from monitor.folding.letters import _LETTERS, _STYLES

NAME = "quillfeather"

ALPHABETS = {
    "full-width": "ｑｕｉｌｌｆｅａｔｈｅｒ",
    "bold": "𝐐𝐮𝐢𝐥𝐥𝐟𝐞𝐚𝐭𝐡𝐞𝐫",
    "script": "𝒬𝓊𝒾𝓁𝓁𝒻ℯ𝒶𝓉𝒽ℯ𝓇",
    "black letter": "𝔔𝔲𝔦𝔩𝔩𝔣𝔢𝔞𝔱𝔥𝔢𝔯",
    "double-struck": "ℚ𝕦𝕚𝕝𝕝𝕗𝕖𝕒𝕥𝕙𝕖𝕣",
    "circled": "ⓆⓊⒾⓁⓁⒻⒺⒶⓉⒽⒺⓇ",
    "circled, negative": "🅠🅤🅘🅛🅛🅕🅔🅐🅣🅗🅔🅡",
    "squared": "🅀🅄🄸🄻🄻🄵🄴🄰🅃🄷🄴🅁",
    "squared, negative": "🆀🆄🅸🅻🅻🅵🅴🅰🆃🅷🅴🆁",
    "parenthesised": "⒬⒰⒤⒧⒧⒡⒠⒜⒯⒣⒠⒭",
    "regional indicators": "🇶🇺🇮🇱🇱🇫🇪🇦🇹🇭🇪🇷",
    "small capitals": "ǫᴜɪʟʟꜰᴇᴀᴛʜᴇʀ",
    "superscript": "qᵘⁱˡˡᶠᵉᵃᵗʰᵉʳ",
    "letters turned round, in their order": "quᴉllɟǝɐʇɥǝɹ",
    "Cyrillic and Greek": "ԛυіllfеаtһеr",
    "Cherokee": "QᏌᎥᏞᏞfᎬᎪᎢhᎬᎡ",
    "borrowed from Russian": "Qцillfэдтhэя",
    "borrowed from Chinese and Japanese": "Ɋㄩ丨ㄥㄥ千乇卂ㄒ卄乇尺",
    "borrowed from Thai and Hebrew": "qยเllfєคՇђєг",
    "struck through": "Q̶u̶i̶l̶l̶f̶e̶a̶t̶h̶e̶r̶",
    "under heaps of marks": "".join(letter + "\u0321\u0337\u0352" * 5 for letter in NAME),
    "with zero-width signs": "\u200bQu\u200dill\ufefffea\u2060the\u00adr",
    "with direction marks": "\u202eQuill\u202cfea\u200fther",
    "with variation selectors and tags": "Qu\ufe0fill\U000e0100fea\U000e0061ther",
    "leet": "Qu1!lf34th3r",
    "leet signs": "Qu|llfe@ther",
    "money": "Qui££f€ather",
    "leet to the end": "Qu1llf3ath3r",
    "spaced": "q u i l l f e a t h e r",
    "spaced wide": "q  u  i  l  l  f  e  a  t  h  e  r",
    "dotted": "Q.u.i.l.l.f.e.a.t.h.e.r",
    "dashed": "q - u - i - l - l - f - e - a - t - h - e - r",
    "starred": "q*u*i*l*l*f*e*a*t*h*e*r",
    "with emoji between": "q🔥u🔥i🔥l🔥l🔥f🔥e🔥a🔥t🔥h🔥e🔥r",
    "one letter a line": "q\nu\ni\nl\nl\nf\ne\na\nt\nh\ne\nr",
    "spaced and leet": "q u i l l f 3 @ t h e r",
    "spaced and full-width": "ｑ ｕ ｉ ｌ ｌ ｆ ｅ ａ ｔ ｈ ｅ ｒ",
    "between bars": "q|u|i|l|l|f|e|a|t|h|e|r",
    "drawn out": "quillfeeeeeeather",
}


@pytest.mark.parametrize("dressed", ALPHABETS.values(), ids=ALPHABETS)
def test_a_name_reads_the_same_whatever_it_is_dressed_up_in(dressed: str) -> None:
    """The reading of a text shows the name, the skeleton of a batch has it, and the span is all of it."""
    text = f"Well: {dressed}, again."
    reading = read(text)

    assert skeleton(NAME) in read_batch([text]).skeleton
    assert f"well: {NAME}, again." == reading.text.replace("  ", " ")
    start = reading.text.index("q")
    end = reading.text.rindex("r") + 1
    quoted = text[slice(*reading.span(start, end))]
    assert quoted[0] == dressed.lstrip("\u200b\u202e")[0]
    assert dressed.startswith(quoted.rstrip("\u0321\u0337\u0352\u0336"), dressed.index(quoted[0]))


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("M1ss 5mith", "miss smith"),
        ("$mith", "smith"),
        ("n0nc3", "nonce"),
        ("5w1f7, 74m51n 0w3n", "swift, tamsin owen"),
        ("0 w 3 n  8 r 4 d 5 h 4 w", "owen  bradshaw"),
        ("p4t3l", "patel"),
        ("Br@ckenh@ll", "brackenhall"),
        ("Angel@ and Jone$", "angela and jones"),
        ("Ni9el", "nigel"),
        ("0'Neill", "o'neill"),
        ("p43do", "paedo"),
        ("ki11, k!ll, M1tche11, Tay1or, Rache1", "kill, kill, mitchell, taylor, rachel"),
        ("B111y W1111ams, 1mran, 1oser", "billy williams, imran, loser"),
        ("vvilliams, Brovvn, Hovvard", "williams, brown, howard"),
        ("Griﬃths, Cæsar, Weiß", "griffiths, caesar, weiss"),
    ],
)
def test_signs_that_stand_for_letters_are_read_as_letters(written: str, means: str) -> None:
    """Inside a word, at its beginning and at its end."""
    assert means == read(written).text


THEMSELVES = (
    *(
        "1st",
        "3rd",
        "9pm",
        "y11",
        "9f",
        "10b",
        "a+",
        "covid19",
        "gr8",
        "5mins",
        "20mins",
        "3.5litre",
        "8maths",
    ),
    *("4ever", "smith_1987", "smith1987jones", "at 7 tonight", "room 7 b", "we won 3-1", "no!!!", "wow!"),
    *(
        "child(ren)",
        "nasty!She",
        "ask office@school.example now",
        "@andrew",
        "mp3",
        "4k",
        "us$ 5",
        "e.g. this",
    ),
    *(
        "savvy, revved and chavvy",
        "class 8 e @ l",
        "maths+english",
        "the u15s, y8s and year9s of y10b",
        "@chloe11",
        "some1",
        "phase1",
    ),
)


@pytest.mark.parametrize("written", THEMSELVES)
def test_signs_that_mean_themselves_stay(written: str) -> None:
    """Years, times, classes, counts, handles, mail addresses and exclamations are not disguises."""
    assert written.lower() == read(written).text


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("Quillfeather🇬🇧", "quillfeather  "),
        ("Go 🇬🇧🇮🇪!", "go     !"),
        ("我讨厌Quillfeather老师", "   quillfeather  "),
        ("Smith™ and Smith❌", "smith  and smith "),
        ("£5 or €5", " 5 or  5"),
    ],
)
def test_what_decorates_a_name_is_no_part_of_it(written: str, means: str) -> None:
    """A flag, a mark or a script without blanks beside a name leaves it a word by itself."""
    assert means == read(written).text


def test_another_language_is_not_taken_for_dressed_up_english() -> None:
    """Letters that only look like ours are ours in their company; alone they are a word of theirs."""
    assert "\x7f\x7f\x7f\x7f" == read("יקרה").text
    assert not set("abcdefghijklmnopqrstuvwxyz") & set(read("山川").text)
    assert "\x7f" in read("ненавижу").text


def test_letters_of_the_tables_are_listed_once() -> None:
    """A sign that stood for two letters would be read by chance, and a style has its 26 letters."""
    signs = "".join(_LETTERS.values())

    assert sorted(set(signs)) == sorted(signs)
    assert {26} == {len(style) for style in _STYLES}


def test_every_accented_latin_letter_reads_as_its_letter() -> None:
    """Whatever language of Europe or Vietnam a name comes from (Equality Act)."""
    unread = [
        chr(point)
        for point in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
        if unicodedata.normalize("NFKD", chr(point))[0].isascii()
        and unicodedata.category(chr(point))[0] == "L"
        and chr(point) not in "ǫǪ"  # the q of small capitals
        and read(chr(point)).text[:1] != unicodedata.normalize("NFKD", chr(point))[0].lower()
    ]

    assert [] == unread


def test_a_batch_holds_each_text_apart() -> None:
    """Bounds, offsets and places of a batch lead from the skeleton to the text that was given."""
    texts = ["", "Ｍiss Q", "\ufe0f", "ﬃx\u200b!", "a\nb", "\x1eseparated"]
    batch = read_batch(texts)

    readings = [batch.reading[a : b - 1] for a, b in zip(batch.bounds[:-1], batch.bounds[1:], strict=True)]

    assert ["", "miss q", "", "ffix!", "a\nb", "\nseparated"] == readings
    assert b"\nmisq\n\nfix\nab\n\nseparated\n" == batch.skeleton
    assert [batch.reading[place] for place in batch.places] == [*"\nmisq\n\nfix\nab\n\nseparated\n"]
    assert [0, 0, 0, 1, 3, 4] == batch.offsets[batch.bounds[3] : batch.bounds[4]].tolist()


def test_a_sign_may_be_i_or_l_until_somebody_knows() -> None:
    """A batch leaves that open, since only a register can tell "Tay1or" from "M1ss"."""
    assert f"tay{EITHER}or m{EITHER}ss\n" == read_batch(["Tay1or M1ss"]).reading


WRITING = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("abcilsv  ..\n01457@$!|(£€'\u0301\u200b\ud800\x00\x1e\ufe0fﬃ🇬🇧🔥ЯΣ千א❌"),
    )
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WRITING, max_size=6))
@example(["0:\x85A:", "0:\x85A"])
@example(["A(A", ")"])
def test_reading_alone_and_in_a_batch_is_the_same(texts: list[str]) -> None:
    """What stands beside a text in a batch never changes it, and every offset lies in it."""
    batch = read_batch(texts)

    for index, text in enumerate(texts):
        alone = read_batch([text])
        low, high = batch.bounds[index], batch.bounds[index + 1]
        assert alone.reading == batch.reading[low:high]
        assert alone.offsets.tolist() == batch.offsets[low:high].tolist()
        reading = read(text)
        offsets = reading.offsets.tolist()
        assert len(reading.text) == len(offsets)
        assert sorted(offsets) == offsets
        assert all(0 <= offset < len(text) for offset in offsets)
    assert len(batch.skeleton) == len(batch.places)
    assert batch.reading.count("\n") >= len(texts)


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def full_width(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def direction_marks(text: str) -> str:
    return "".join(f"\u200e{sign}\u200f" for sign in text)


@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize("encoded", [nfd, full_width, direction_marks])
@given(
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    name=st.sampled_from(["Quillfeather", "Zoë Ó Briain"]),
)
def test_a_span_quotes_the_original_exactly(
    encoded: Callable[[str], str], before: str, after: str, name: str
) -> None:
    """However a post is encoded, the span of a name in the reading is that name in the post."""
    text = encoded(f"{before} | {name} | {after}")
    wanted = encoded(name).strip("\u200e\u200f")
    reading = read(text)

    spans = [text[slice(*span)] for span in _spans(reading, read(name).text)]

    assert wanted in [span.strip("\u200e\u200f") for span in spans]


def _spans(reading: Reading, word: str) -> list[tuple[int, int]]:
    found, at = [], reading.text.find(word)
    while at >= 0:
        found.append(reading.span(at, at + len(word)))
        at = reading.text.find(word, at + 1)
    return found


@pytest.mark.parametrize(
    "heap",
    [
        "\u0301",
        "\ud800",
        "\x00",
        "\u202e",
        "a\u0334",
        "@",
        "a@",
        "1a",
        "5abc ",
        "a 1 ",
        "a(",
        "v",
        "\U0001f1ec",
        "千",
        "я1",
        "ﬃ",
        "a b ",
        "a@b.c",
        "'0",
    ],
    ids=lambda heap: ascii(heap).strip("'"),
)
def test_a_heap_of_anything_takes_memory_in_proportion(heap: str) -> None:
    """A megabyte of one thing is read within some dozens of bytes a sign, and is given back."""
    text = heap * (200_000 // len(heap))
    read_batch(["warm"])
    tracemalloc.start()
    try:
        batch = read_batch([text])
        reading = read(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(batch.skeleton) <= 3 * len(text) + 1
    assert len(reading.text) <= 3 * len(text)
    assert peak < 250 * len(text)
