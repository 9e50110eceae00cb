"""Whether a text is in another language than English, so that a person is asked (R49): pure.

Own small lists instead of a library: a model of several megabytes did no better on fifty-five short posts,
and took seven of a thousand English ones, with names and slips of the pen, for something else. Writing in
another alphabet is seen by its letters; the rest by its small words, which are few, frequent and seldom
misspelt. Names prove nothing either way, and neither does a text of two words.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

_WORD = re.compile(r"(?<![^\W_])[^\W\d_]+(?:['’-][^\W\d_]+)*(?!\d)")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[@#]\S+")
_LATIN_LETTER = re.compile(
    r"[a-z\u00c0-\u024f\u1e00-\u1eff\uff21-\uff5a\U0001d400-\U0001d7ff]", re.IGNORECASE
)
_OTHER_ALPHABET = re.compile(
    "[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u0590-\u05ff\u0600-\u06ff\u0700-\u077f\u0780-\u07bf\u08a0-\u08ff"
    "\u0900-\u0dff\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u10a0-\u10ff\u1200-\u137f\u1780-\u17ff"
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\ufb50-\ufdff\ufe70-\ufeff]"
)
# Written without blanks: a sign is worth about half a word.
_SIGNS = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_UNENGLISH = re.compile(r"[ąćęłńśźżăâșțşţğıøåæœßñãõçěščřžýůőűạẹọṣàèìòùáéíóúäëïöüêîôû]")
_FEWEST_WORDS = 3
_LEAST_EVIDENCE = 2
_FEWEST_SIGNS = 4


def other_language(text: str) -> bool:
    """Whether most of a text is not English; false for short, mixed and unclear texts.

    Handles, tags and addresses do not count. Disguised English ("ｓｔａｂ", "ѕtab") is English: single
    letters of another alphabet inside a Latin word are no other language.
    """
    words = _WORD.findall(_ADDRESS.sub(" ", text))
    foreign = [word for word in words if _OTHER_ALPHABET.search(word) and not _LATIN_LETTER.search(word)]
    if foreign:
        signs = sum(len(_SIGNS.findall(word)) for word in foreign)
        weight = max(len(foreign), signs // 2)
        if weight > len(words) - len(foreign) and (len(foreign) >= _FEWEST_WORDS or signs >= _FEWEST_SIGNS):
            return True
    known = frozenset(foreign)
    return _small_words_say_so([word for word in words if word not in known])


def _small_words_say_so(words: list[str]) -> bool:
    """Whether small words of one other language outweigh those of English, by far if they are few."""
    if len(words) < _FEWEST_WORDS:
        return False
    plain = [_plain(word) for word in words]
    english_words, others = _small_words()
    # Accents count for words that are no name: those begin small.
    accented = sum(bool(_UNENGLISH.search(word)) and word[0].islower() for word in words)
    # "a" and "u" are words in half of Europe, but only where words have accents as well.
    english = sum(word in english_words and not (accented and word in ("a", "u")) for word in plain)
    tally = Counter(language for word in plain if len(word) > 1 for language in others.get(word, ()))
    best = max(tally.values(), default=0)
    evidence = best + accented
    return evidence >= _LEAST_EVIDENCE and best >= 1 and evidence > 2 * english and evidence * 5 >= len(words)


def _plain(word: str) -> str:
    """Lower case, without accents, with a straight apostrophe."""
    if word.isascii():
        return word.lower()
    letters = unicodedata.normalize(
        "NFKD", word.lower().replace("’", "'").replace("ł", "l").replace("ı", "i")
    )
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@cache
def _small_words() -> tuple[frozenset[str], Mapping[str, list[str]]]:
    """The small words of English, and for those that English does not use the languages that do."""
    data: Mapping[str, Any] = tomllib.loads(
        resources.files(__package__).joinpath("words", "languages.toml").read_text("utf-8")
    )
    english = frozenset(data["english"].split())
    others: dict[str, list[str]] = {}
    for language, words in data["other"].items():
        for word in set(words.split()) - english:
            others.setdefault(word, []).append(language)
    return english, others
