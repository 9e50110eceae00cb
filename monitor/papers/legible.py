"""Text from outside, made harmless to look at: nothing hidden, nothing turned round, nothing lost.

A post may hold marks that reverse the order of letters, hide text or are no letters at all. In a paper
each is shown by its number instead, so that a reader sees that it was there. Pure.
"""

from __future__ import annotations

import re
import unicodedata

_JOINERS = frozenset("\u200c\u200d")
"""Needed to write Persian and to join emoji; they hide nothing."""
_PLAIN = frozenset("\n\t")


def shown(text: str) -> str:
    """The text with every control, format, private and unassigned character as [U+XXXX].

    Line ends of every kind become line feeds, and marks that sit on a letter stay, at most three.
    """
    text = re.sub("\r\n|[\r\x0b\x0c\x85\u2028\u2029]", "\n", text)
    return _piled.sub(lambda pile: pile[1] + _numbered(pile[2]), "".join(map(_shown, text)))


def without_glyph(text: str, unknown: frozenset[str]) -> str:
    """The text with each of these characters as [U+XXXX]: no font here draws them."""
    return "".join(_number(each) if each in unknown else each for each in text)


_piled = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+)"
)


def _shown(character: str) -> str:
    if character in _PLAIN or character in _JOINERS:
        return character
    return _number(character) if unicodedata.category(character)[0] == "C" else character


def _numbered(text: str) -> str:
    return "".join(map(_number, text))


def _number(character: str) -> str:
    return f"[U+{ord(character):04X}]"
