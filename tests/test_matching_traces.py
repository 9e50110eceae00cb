"""What has no trace of a disguise is not looked at for one: so no trace may be missed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.folding import read_batch
from monitor.matching import censored, words
from monitor.matching.disguise import escapes, scripts, signs
from monitor.matching.traces import TRACE, traces_of

SIGNS = "aebfuxLQHZ012579 \n\r'-_.,;:?!*#%$&~^+@|\\/(){}<>[]=\""
BEYOND_ASCII = "’“…–—•█£€¢¥éÃſǫɘК金\u0301\u200b\u200d\ufe0f\0☎❌🪶🏽⠟№"
LOOKED_FOR: Mapping[str, tuple[re.Pattern[str], tuple[tuple[str, ...], ...]]] = {
    "letters hidden": (censored._CENSORED, (("hidden",), ("hidden_from", "hidden_to"))),
    "escapes": (escapes.ESCAPE, (("escaped",), ("of_escapes", "in_hex"), ("in_bytes",), ("in_hex",))),
    "letters as bytes": (escapes.LETTERS_AS_BYTES, (("in_bytes",),)),
    "another code page": (escapes.MOJIBAKE, (("misread",),)),
    "drawn": (signs.MAY_BE_DRAWN, (("drawn",),)),
    "digits": (signs.HAS_DIGITS, (("numbered",),)),
    "pictures": (signs.HAS_PICTURE, (("pictured",),)),
    "numbers": (signs.NUMBERED, (("counted",),)),
    "base64": (signs.CHANGES_CASE, (("packed",),)),
    "braille": (signs.BRAILLED, (("foreign",),)),
    "mirrored": (signs.MIRRORED, (("mirrored",),)),
    "morse": (signs.TAPPED, (("tapped",),)),
    "Russian keys": (scripts.CYRILLIC, (("foreign",),)),
    "other scripts": (scripts.FOREIGN_WORD, (("foreign",),)),
    "telephone keys": (signs.KEYPAD, (("keyed",),)),
    "lines": (signs.LINES_OF_LETTERS, (("lines",),)),
}
TEXTS = st.one_of(
    st.text(st.sampled_from(SIGNS + BEYOND_ASCII), min_size=1, max_size=12),
    st.text(st.sampled_from("aQ1-. *\n"), min_size=8, max_size=40),
)


@pytest.mark.parametrize("what", LOOKED_FOR)
@settings(max_examples=60, deadline=None)
@example(before="", text="17-21-9-12-12")
@example(before="Ms ", text="Q*illfeather")
@example(before="Ms ", text="Q[redacted]")
@example(before="", text="--.- ..- .. .-.. .-..")
@example(before="q", text="🪶")
@example(before="", text="a\nb\nc\nd\ne")
@given(before=st.text(max_size=3), text=TEXTS)
def test_what_a_closer_look_finds_leaves_a_trace(what: str, before: str, text: str) -> None:
    """However it is written: nobody is missed because a text was thought to be plain."""
    expression, ways = LOOKED_FOR[what]
    if expression.search(before + text):
        [_, traces] = traces_of(("", before + text))
        assert any(all(traces & TRACE[name] for name in way) for way in ways)


@settings(max_examples=150, deadline=None)
@example(text="Quill(feather)")
@example(text="Quill-\nfeather")
@given(text=TEXTS)
def test_a_word_that_is_broken_leaves_a_trace(text: str) -> None:
    """The same for what is looked for in the reading, where signs may have become letters."""
    if words._BROKEN.search(read_batch((text,)).reading[:-1]):
        [traces] = traces_of((text,))
        assert traces & TRACE["broken"] or (traces & TRACE["broken_off"] and traces & TRACE["lines"])


def test_plain_words_have_no_trace() -> None:
    """Nearly every post is plain, also with a name in it, with pictures or curly quotes."""
    plain = ("Mr Smith, don't you “think” so?", "Well done 🎉🎉 thanks, lovely!", "", "PARENTS EVENING.")
    assert [0] * len(plain) == traces_of(plain)


def test_each_text_has_its_own_traces() -> None:
    """Nothing reaches from one text into the next, nor from one of many."""
    texts = ["M1ss Smith", "plain", "7", "up", "Q", "*illfeather", *["plain"] * 100, "M1ss"]
    traces = traces_of(texts)
    assert [0, len(texts) - 1] == [place for place, found in enumerate(traces) if found & TRACE["leet"]]
    assert [] == [place for place, found in enumerate(traces) if found & TRACE["hidden"]]
