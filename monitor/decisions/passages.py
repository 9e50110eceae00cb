"""Which words of an item to look for on its page, so that the picture shows the part that matters. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitor.model import Assessment, Matches

_WHOLE_CHARACTERS = 300
_WORDS_AROUND = 5
_FEWEST_WORDS = 3
_MOST = 12
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_WORD = re.compile(r"\S+")


def telling(text: str, assessment: Assessment, matches: Matches) -> tuple[str, ...]:
    """Wordings of what matters in an item's text, the most telling first; none when it says nothing.

    A site may cut a text, set it in pieces or mark it up, so after the whole come the sentences in which
    something was found, the words round it, and the first words of all. A name alone is never enough:
    it may stand anywhere on a page. The spans are those of this very text.
    """
    places = [(reason.start, reason.end) for reason in assessment.reasons if reason.start < reason.end]
    places += [(person.start, person.end) for person in matches.people]
    places += [(school.start, school.end) for school in matches.school]
    sentences = [(found.start(), found.end()) for found in _SENTENCE.finditer(text)]
    words = [(found.start(), found.end()) for found in _WORD.finditer(text)]
    chosen = [text] if len(text) <= _WHOLE_CHARACTERS else []
    for start, end in places:
        chosen += [text[a:b] for a, b in sentences if a < end and b > start]
    for start, end in places:
        near = [number for number, (a, b) in enumerate(words) if a < end and b > start]
        if near:
            chosen.append(_words(text, words[max(0, near[0] - _WORDS_AROUND) : near[-1] + 1 + _WORDS_AROUND]))
    chosen += sorted((text[a:b] for a, b in sentences), key=len, reverse=True)[:2]
    chosen.append(_words(text, words[: 2 * _WORDS_AROUND]))
    return _long_enough(chosen, whole=text)


def _words(text: str, words: list[tuple[int, int]]) -> str:
    return text[words[0][0] : words[-1][1]] if words else ""


def _long_enough(chosen: Iterable[str], *, whole: str) -> tuple[str, ...]:
    """In their order, once each, without what is too short to tell anything; a short text is itself."""
    found = dict.fromkeys(phrase.strip() for phrase in chosen)
    least = min(_FEWEST_WORDS, len(_WORD.findall(whole)))
    return tuple(phrase for phrase in found if phrase and len(_WORD.findall(phrase)) >= least)[:_MOST]
