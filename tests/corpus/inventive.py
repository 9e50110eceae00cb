"""Rarer ways to write a name, by people who do not want to be found or who know their keyboard.

They are measured by themselves: what is asked of every form of forms.py would be too much here, but a reader
still sees at once who is meant.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from random import Random

from monitor.model import Person
from tests.corpus.changes import Change, each_piece
from tests.corpus.forms import compose
from tests.corpus.reader import Form
from tests.corpus.registers import is_woman, nicknames, plain
from tests.corpus.shapes import Draft, Step, called, titled

_VOWELS = "aeiou"
_UPSIDE_DOWN = dict(zip("abcdefghijklmnopqrstuvwxyz", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz", strict=True))
_RAISED = dict(zip("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True))
_PICTURES = {
    "o": "⭕🅾",
    "i": "❗ℹ",
    "a": "🅰",
    "b": "🅱",
    "s": "💲",
    "x": "❌✖",
    "p": "🅿",
    "m": "Ⓜ",
    "e": "€📧",
    "c": "©",
}
_DRAWN = {
    "m": "|\\/|",
    "n": "|\\|",
    "v": "\\/",
    "w": "\\/\\/",
    "k": "|<",
    "d": "|)",
    "h": "|-|",
    "o": "()",
    "l": "|_",
    "t": "+",
}
_SAME_SHAPE = {"m": "rn", "w": "vv", "d": "cl", "l": "I"}
_FIRST_SOUNDS = (
    ("Qu", "Kw"), ("Ph", "F"), ("Kn", "N"), ("Wr", "R"), ("C", "K"), ("K", "C"), ("Ch", "Tch"), ("G", "J"),
    ("J", "G"), ("Wh", "W"), ("S", "Z"), ("Z", "S"), ("X", "Z"), ("Sz", "Sh"), ("Cz", "Ch"), ("V", "W"),
    ("Y", "J"),
)  # fmt: skip


def _surname(
    how: Callable[[str, Random], str], like: Callable[[str], str] | None = None, *, least: int = 6
) -> Step:
    """Write the surname otherwise; `like` says which surnames a reader would take it for."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        place = draft.where("surname")
        name = person.surname
        if place < 0 or len(name) < least or not name.isalpha():
            return None
        said = how(name, random)
        if said == name:
            return None
        clue = replace(draft.clue, surname="", surname_like=like(plain(name))) if like else draft.clue
        return replace(draft.put(place, said), clue=clue)

    return make


def _whole(how: Callable[[Draft, Random], Draft | None]) -> Step:
    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        return how(draft, random)

    return make


def _without_vowels(name: str, random: Random) -> str:
    return name[0] + "".join(letter for letter in name[1:] if plain(letter) not in set(_VOWELS))


def _vowels_anywhere(name: str) -> str:
    return name[0] + f"[{_VOWELS}]*" + "".join(
        f"{letter}[{_VOWELS}]*" for letter in name[1:] if letter not in _VOWELS
    )  # fmt: skip


def _starred(name: str, random: Random) -> str:
    return name[0] + "".join("*" if plain(letter) in set(_VOWELS) else letter for letter in name[1:])


def _any_for_vowels(name: str) -> str:
    return name[0] + "".join("." if letter in _VOWELS else letter for letter in name[1:])


def _cut_in_two(sign: str) -> Callable[[str, Random], str]:
    def cut(name: str, random: Random) -> str:
        place = random.randint(3, len(name) - 3)
        rest = name[place:]
        return name[:place] + sign + (rest.title() if random.random() < 0.3 else rest)

    return cut


def _other_first_sound(name: str, random: Random) -> str:
    able = [(old, new) for old, new in _FIRST_SOUNDS if name.startswith(old)]
    if not able:
        return name
    old, new = random.choice(able)
    return new + name[len(old) :]


def _any_first(name: str) -> str:
    return ".{0,3}" + name[2:]


def _stutter(name: str, random: Random) -> str:
    return "-".join([name[0]] * random.randint(1, 3) + [name])


def _upside_down(draft: Draft, random: Random) -> Draft | None:
    if not all(plain(piece) == piece.lower() for piece in draft.pieces):
        return None
    turned = tuple(
        "".join(_UPSIDE_DOWN[letter] for letter in reversed(piece.lower())) for piece in draft.pieces
    )
    return replace(draft, pieces=turned[::-1], kinds=draft.kinds[::-1])


def _backwards(draft: Draft, random: Random) -> Draft | None:
    return replace(draft, pieces=tuple(piece[::-1] for piece in draft.pieces))


def _in_a_column(draft: Draft, random: Random) -> Draft | None:
    return replace(
        draft,
        pieces=tuple("\n".join(piece) for piece in draft.pieces),
        gaps=("\n",) * (len(draft.pieces) - 1),
    )


def _exchange(table: dict[str, str], chance: float) -> Step:
    def change(words: str, random: Random) -> str:
        return "".join(
            random.choice(table[letter.lower()])
            if letter.lower() in table and random.random() < chance
            else letter
            for letter in words
        )

    return each_piece(change)


def _redraw(table: dict[str, str], chance: float) -> Step:
    """As `_exchange`, for what takes several signs."""

    def change(words: str, random: Random) -> str:
        return "".join(
            table[letter.lower()] if letter.lower() in table and random.random() < chance else letter
            for letter in words
        )

    return each_piece(change)


def _same_shape(words: str, random: Random) -> str:
    return "".join(
        _SAME_SHAPE[letter] if letter in _SAME_SHAPE and random.random() < 0.8 else letter for letter in words
    )


def _every_letter_twice(words: str, random: Random) -> str:
    return "".join(letter * 2 for letter in words)


def _letters_in_brackets(words: str, random: Random) -> str:
    opening, closing = random.choice([("(", ")"), ("[", "]"), ("{", "}")])
    return "".join(f"{opening}{letter}{closing}" for letter in words)


def _any_separator(words: str, random: Random) -> str:
    return "".join(letter + random.choice("_-.*~ ") for letter in words[:-1]) + words[-1]


def _spoonerism(draft: Draft, random: Random) -> Draft | None:
    first, last = draft.pieces
    if first[0].lower() in _VOWELS or last[0].lower() in _VOWELS or first[0] == last[0]:
        return None
    return replace(draft, pieces=(last[0] + first[1:], first[0] + last[1:]))


def _quoted_nickname(draft: Draft, person: Person, random: Random) -> Draft | None:
    short = nicknames().get(plain(person.forename), ("Ace", "Duke", "Fish", "Tank", "Pixie"))
    opening, closing = random.choice([('"', '"'), ("\u201c", "\u201d"), ("'", "'"), ("(", ")")])
    said = opening + random.choice(short).title() + closing
    return replace(
        draft, pieces=(person.forename, said, person.surname), kinds=("given", "middle", "surname")
    )


def _two_initials(draft: Draft, person: Person, random: Random) -> Draft | None:
    dot = random.choice(["", "."])
    initials = f"{person.forename[0]}{dot}{random.choice(['', ' '])}{random.choice('ABCDEJKLMRST')}{dot}"
    clue = replace(draft.clue, given="", given_initial=person.forename[0])
    return replace(draft, pieces=(initials, person.surname), kinds=("initial", "surname"), clue=clue)


def _title_word(draft: Draft, person: Person, random: Random) -> Draft | None:
    words = (
        ("Missus", "Madam", "Teacher", "Coach")
        if is_woman(person.forename)
        else ("Mister", "Sir", "Teacher", "Coach")
    )
    said = random.choice(words)
    return replace(draft.put(0, said), inside=((len(said) + 1, len(said) + 1 + len(person.surname)),))


def _title_behind(draft: Draft, person: Person, random: Random) -> Draft | None:
    title = titled(person, random)
    said = random.choice([f" ({title})", f", {title}", " miss" if title in ("Miss", "Mrs", "Ms") else " sir"])
    name = person.surname
    return replace(draft, pieces=(name + said,), kinds=("surname",), inside=((0, len(name)),))


def _address(draft: Draft, person: Person, random: Random) -> Draft | None:
    given, name = plain(person.forename), plain(person.surname)
    said = random.choice([f"{given}.{name}", f"{given[0]}.{name}", f"{given}_{name}"])
    if len(name) < 5:
        return None
    return replace(
        draft,
        pieces=(said,),
        kinds=("surname",),
        after=random.choice(["@littleover.example", "@mail.example"]),
    )


def _slug(draft: Draft, person: Person, random: Random) -> Draft | None:
    said = f"{plain(called(person, random))}-{plain(person.surname)}"
    before = random.choice(
        ["littleover.example/staff/", "https://news.example/2026/", "/people/", "www.rate.example/t/"]
    )
    return replace(draft, pieces=(said,), kinds=("surname",), before=before)


def _after_a_word(draft: Draft, person: Person, random: Random) -> Draft | None:
    word = random.choice(["thanks", "hello", "bye", "sorry", "hi", "dear"])
    return replace(draft, gaps=("",) * (len(draft.pieces) - 1), before=word)


def _mojibake(words: str, random: Random) -> str:
    return words.encode("utf-8").decode("cp1252", errors="ignore")


def _entities(words: str, random: Random) -> str:
    escaped = html.escape(words).replace("&#x27;", "&#39;")
    return escaped.encode("ascii", errors="xmlcharrefreplace").decode("ascii")


def _percent(draft: Draft, random: Random) -> Draft | None:
    return replace(draft, gaps=(random.choice(["%20", "+", "%2B", "&nbsp;"]),) * (len(draft.pieces) - 1))


def _form(name: str, make: Step, base: str = "") -> Form:
    return compose(name, (Change(name, 1, "inventive", make, base),))


FORMS: tuple[Form, ...] = (
    _form("vowels_dropped", _surname(_without_vowels, _vowels_anywhere)),
    _form("vowels_starred", _surname(_starred, _any_for_vowels)),
    _form("split_by_blank", _surname(_cut_in_two(" "), least=7)),
    _form("split_by_hyphen", _surname(_cut_in_two("-"), least=7)),
    _form("first_sound", _surname(_other_first_sound, _any_first)),
    _form("stutter", _surname(_stutter, least=4)),
    _form("upside_down", _whole(_upside_down), "full"),
    _form("backwards", _whole(_backwards), "full"),
    _form("column", _whole(_in_a_column), "full"),
    _form("pictures", _exchange(_PICTURES, 0.6)),
    _form("drawn_letters", _redraw(_DRAWN, 0.4)),
    _form("raised", _exchange(_RAISED, 1.0)),
    _form("same_shape", each_piece(_same_shape)),
    _form("every_letter_twice", each_piece(_every_letter_twice), "full"),
    _form("letters_in_brackets", each_piece(_letters_in_brackets), "full"),
    _form("any_separator", each_piece(_any_separator), "full"),
    _form("spoonerism", _whole(_spoonerism), "full"),
    _form("quoted_nickname", _quoted_nickname, "full"),
    _form("two_initials", _two_initials, "full"),
    _form("title_word", _title_word, "title_surname"),
    _form("title_behind", _title_behind, "title_surname"),
    _form("mail_address", _address, "full"),
    _form("web_address", _slug, "full"),
    _form("after_a_word", _after_a_word, "title_surname"),
    _form("wrongly_decoded", each_piece(_mojibake)),
    _form("entities", each_piece(_entities)),
    _form("percent", _whole(_percent)),
)
