"""Letters said one by one, by their names or as in radio: "cue you eye", "Quebec Uniform". Pure."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.matching.disguise.stretch import Stretch, is_name
from monitor.matching.roll import Roll
from monitor.matching.words import Words

_SPOKEN_LETTERS = (
    "ay alpha alfa, bee bravo, cee see sea charlie, dee delta, ee echo, ef eff foxtrot, gee golf, aitch "
    "haitch hotel, eye india, jay juliet juliett, kay kilo, el ell lima, em mike, en november, oh "
    "oscar, pee pea papa, cue queue kew quebec, ar are romeo, ess es sierra, tee tea tango, you yew "
    "uniform, vee victor, doubleyou doubleu whiskey whisky, ex xray, why wye yankee, zed zee zulu"
)
_COMMON_WORDS = (
    "see sea are you why oh eye tea pea bee el em en ex es ar hotel golf india mike oscar charlie "
    "victor papa uniform echo romeo"
)
_SAID = {
    letter: said.split()
    for letter, said in zip(
        "abcdefghijklmnopqrstuvwxyz",
        _SPOKEN_LETTERS.split(", "),
        strict=True,
    )
}
_LETTER_SAID = {word: letter for letter, words in _SAID.items() for word in words}
RARELY_SAID = frozenset(_LETTER_SAID) - frozenset(_COMMON_WORDS.split()) | {"double"}
_LONGEST_SAID, _FEWEST_SAID = 24, 4


def spelt_aloud(words: Words, roll: Roll) -> Iterator[Stretch]:
    """ "cue you eye ell ell", "Quebec Uniform India", "Q U I double L"."""
    told: list[tuple[str, int]] = []
    for i, word in enumerate([*words.written, ""]):
        spaced = i < len(words.starts) and words.ends[i] - words.starts[i] > len(word)
        letters = word if len(word) == 1 or spaced else _LETTER_SAID.get(word, "")
        if letters or word == "double":
            told.append((letters, i))
            continue
        if sum(len(letters) for letters, _ in told) >= _FEWEST_SAID:
            yield from _told(told[:_LONGEST_SAID], words, roll)
        told = []


def _told(told: list[tuple[str, int]], words: Words, roll: Roll) -> Iterator[Stretch]:
    """The longest name among letters that were said."""
    for size in range(len(told), 2, -1):
        for begin in range(len(told) - size + 1):
            letters, double = "", False
            for one, _ in told[begin : begin + size]:
                letters += one[:1] * double + one
                double = not one
            if len(letters) >= _FEWEST_SAID and is_name(letters, roll):
                start, _ = words.quote(words.starts[told[begin][1]], words.ends[told[begin][1]])
                last = told[begin + size - 1][1]
                yield Stretch(start, words.quote(words.starts[last], words.ends[last])[1], letters)
                return
