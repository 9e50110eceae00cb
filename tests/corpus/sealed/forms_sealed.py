"""Ways of writing a name that nobody tuned for: what a child, an angry parent or an evader would think of.

The same interface as the other forms: `FORMS`, and for each what a careful reader would underline.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from monitor.model import Person
from tests.corpus.forms import Clue, Form, Written, called, titled
from tests.corpus.registers import plain

_VOWELS = "aeiou"


def _lead(person: Person, random: Random) -> tuple[str, Clue]:
    """What stands before the surname: the title of an adult, else the forename."""
    title = titled(person, random)
    if title and random.random() < 0.7:
        return title, Clue(title=title, surname=person.surname)
    given = called(person, random)
    return given, Clue(given=given, surname=person.surname)


def _simple(person: Person, least: int) -> bool:
    """Whether the surname is one word of plain letters, long enough to play with."""
    return person.surname.isascii() and person.surname.isalpha() and len(person.surname) >= least


def _whole(lead: str, name: str, clue: Clue) -> Written:
    """A lead and a name, underlined together."""
    text = f"{lead} {name}"
    return Written(text, 0, len(text), clue)


def _cased(name: str, random: Random) -> str:
    return name if random.random() < 0.5 else name.lower()


# --- letters moved, taken out or put in -------------------------------------------------------------


def _backwards(person: Person, random: Random) -> Written | None:
    """Mr llahnekcarB."""
    if not _simple(person, 5) or plain(person.surname) == plain(person.surname)[::-1]:
        return None
    lead, clue = _lead(person, random)
    return _whole(lead, _cased(person.surname[::-1], random), clue)


def _without_vowels(person: Person, random: Random) -> Written | None:
    """Mr Brcknhll."""
    if not _simple(person, 6):
        return None
    first, rest = person.surname[0], person.surname[1:]
    left = first + "".join(letter for letter in rest if letter.lower() not in _VOWELS)
    if len(left) < 4 or len(left) == len(person.surname):
        return None
    like = f"[{_VOWELS}]*".join(plain(left)) + f"[{_VOWELS}]*"
    lead, clue = _lead(person, random)
    return _whole(lead, _cased(left, random), replace(clue, surname="", surname_like=like))


def _hangman(person: Person, random: Random) -> Written | None:
    """Mr Br_ck_nh_ll, as in the game."""
    name = person.surname
    hidden = [place for place, letter in enumerate(name) if place and letter.lower() in _VOWELS]
    if not _simple(person, 7) or len(hidden) < 2:
        return None
    said = "".join("_" if place in hidden else letter for place, letter in enumerate(name))
    like = "".join(f"[{_VOWELS}]" if place in hidden else letter for place, letter in enumerate(plain(name)))
    lead, clue = _lead(person, random)
    return _whole(lead, said, replace(clue, surname="", surname_like=like))


def _long_dash(person: Person, random: Random) -> Written | None:
    """Mr B——l, as newspapers and novels did."""
    if not _simple(person, 6):
        return None
    dash = random.choice(["——", "---", "–––", "——–"])
    first, last = person.surname[0], person.surname[-1]
    lead, clue = _lead(person, random)
    like = f"{first.lower()}.+{last.lower()}"
    return _whole(lead, f"{first}{dash}{last}", replace(clue, surname="", surname_like=like))


def _scrambled(person: Person, random: Random) -> Written | None:
    """Mr Barckehnall: the first and the last letter stay, and the eye reads on."""
    if not _simple(person, 8):
        return None
    letters = list(person.surname)
    places = [place for place in range(1, len(letters) - 2) if letters[place] != letters[place + 1]]
    first = random.choice(places)
    apart = [place for place in places if abs(place - first) > 1]
    if not apart:
        return None
    for place in (first, random.choice(apart)):
        letters[place], letters[place + 1] = letters[place + 1], letters[place]
    lead, clue = _lead(person, random)
    return _whole(lead, "".join(letters), clue)


def _every_letter_twice(person: Person, random: Random) -> Written | None:
    """Mr BBrraacckkeennhhaallll."""
    if not _simple(person, 5):
        return None
    lead, clue = _lead(person, random)
    return _whole(lead, _cased("".join(letter * 2 for letter in person.surname), random), clue)


def _stutter(person: Person, random: Random) -> Written | None:
    """Mr B-b-brackenhall, in mockery."""
    if not _simple(person, 5):
        return None
    lead, clue = _lead(person, random)
    first = random.choice([person.surname[0], person.surname[0].lower()])
    mocked = "-".join([first] * random.randint(1, 3) + [first + person.surname[1:]])
    written = _whole(lead, mocked, clue)
    return replace(written, also=((written.end - len(person.surname), written.end),))


def _spoonerism(person: Person, random: Random) -> Written | None:
    """Braspreet Jackenhall."""
    given = called(person, random)
    onset = re.compile(r"(qu|[bcdfghjklmnpqrstvwxz]+)(.+)", re.IGNORECASE)
    one, other = onset.fullmatch(given), onset.fullmatch(person.surname)
    if not (one and other and given.isascii() and person.surname.isascii()):
        return None
    if len(given) < 4 or len(person.surname) < 6 or one[1].lower() == other[1].lower():
        return None
    clue = Clue(given=given, surname=person.surname)
    return _whole(other[1].capitalize() + one[2], one[1].capitalize() + other[2], clue)


_TURNED = str.maketrans("abcdefghijklmnpqrtuvwy", "ɐqɔpǝɟƃɥᴉɾʞꞁɯudbɹʇnʌʍʎ")


def _upside_down(person: Person, random: Random) -> Written | None:
    """The whole name turned on its head, as a web page does it for children."""
    given = called(person, random)
    words = f"{plain(given)} {plain(person.surname)}"
    if len(words) < 10:
        return None
    turned = words.translate(_TURNED)[::-1]
    return Written(turned, 0, len(turned), Clue(given=given, surname=person.surname))


# --- letters set apart ------------------------------------------------------------------------------


def _down_the_page(person: Person, random: Random) -> Written | None:
    """One letter a line, so that the name is read downwards."""
    given = called(person, random)
    if not (_simple(person, 5) and given.isascii() and given.isalpha()):
        return None
    text = "\n\n".join("\n".join(word.upper()) for word in (given, person.surname))
    return Written(text, 0, len(text), Clue(given=given, surname=person.surname))


def _in_chunks(person: Person, random: Random) -> Written | None:
    """Mr Bra-cke-nha-ll."""
    if not _simple(person, 7):
        return None
    size = random.choice([2, 3])
    name = person.surname
    chunks = [name[place : place + size] for place in range(0, len(name), size)]
    if len(chunks[-1]) == 1:
        chunks[-2:] = [chunks[-2] + chunks[-1]]
    lead, clue = _lead(person, random)
    return _whole(lead, random.choice(["-", " ", ".", "/"]).join(chunks), clue)


_PICTURES = {
    "feather": "🪶", "bell": "🔔", "rose": "🌹", "wood": "🪵", "stone": "🪨", "wolf": "🐺", "fish": "🐟",
    "bird": "🐦", "star": "⭐", "moon": "🌙", "king": "👑", "hand": "✋", "bridge": "🌉", "house": "🏠",
    "church": "⛪", "castle": "🏰", "lock": "🔒", "corn": "🌽", "apple": "🍎", "bear": "🐻", "lion": "🦁",
    "snow": "❄️", "rain": "🌧️", "fire": "🔥", "ring": "💍", "swan": "🦢", "leaf": "🍃", "ball": "⚽",
    "horn": "📯", "well": "🕳️", "tree": "🌳", "ship": "🚢", "lamb": "🐑", "book": "📖", "bread": "🍞",
}  # fmt: skip


def _picture_inside(person: Person, random: Random) -> Written | None:
    """Ms Quill🪶: part of the name drawn."""
    low = person.surname.lower()
    able = [word for word in _PICTURES if word in low and len(low) - len(word) >= 3]
    if not able or not _simple(person, 7):
        return None
    word = max(able, key=len)
    place = low.index(word)
    said = person.surname[:place] + _PICTURES[word] + person.surname[place + len(word) :]
    lead, clue = _lead(person, random)
    return _whole(lead, said, clue)


# --- what is said before, between and after ---------------------------------------------------------


def _pet_name(person: Person, random: Random) -> Written | None:
    """Mr Brackers, Miss Quilly."""
    title = titled(person, random)
    clip = re.match(r"[^aeiouy]*[aeiouy]+[^aeiouy]{1,2}", person.surname.lower())
    if not title or not clip or not 4 <= len(clip[0]) <= len(person.surname) - 3 or not _simple(person, 7):
        return None
    start = person.surname[: len(clip[0])]
    ending = random.choice(["ers", "y", "o", "ster", "s"])
    return _whole(title, start + ending, Clue(title=title, surname_start=start))


_OATHS = ("bloody", "flipping", "effing", "f***ing", "so-called", "poxy", "flaming", "high and mighty", "fkn")


def _oath_after_title(person: Person, random: Random) -> Written | None:
    """Mr bloody Brackenhall."""
    title = titled(person, random)
    if not title:
        return None
    clue = Clue(title=title, surname=person.surname)
    written = _whole(title, f"{random.choice(_OATHS)} {person.surname}", clue)
    return replace(written, also=((written.end - len(person.surname), written.end),))


def _byname_between(person: Person, random: Random) -> Written | None:
    """Jaspreet 'Trenchfoot' Brackenhall, Jaspreet flaming Brackenhall."""
    given = called(person, random)
    name = random.choice(["'Trenchfoot'", '"Speedy"', "(aka Captain Detention)", "“Shouty”", *_OATHS])
    return _whole(given, f"{name} {person.surname}", Clue(given=given, surname=person.surname))


_SPELT = {
    "Mr": ("Mister", "mista", "Mistah", "Herr", "Monsieur"),
    "Mrs": ("Missus", "Missis", "Madame", "Mizzus"),
    "Miss": ("Mizz", "Madame", "Missy", "Señorita"),
    "Ms": ("Mizz", "Madame", "Mz"),
    "Dr": ("Doctor", "Doc", "Docta"),
}


def _title_spelt_out(person: Person, random: Random) -> Written | None:
    """Mister Brackenhall."""
    title = titled(person, random)
    if title not in _SPELT:
        return None
    clue = Clue(title=title, surname=person.surname)
    written = _whole(random.choice(_SPELT[title]), person.surname, clue)
    return replace(written, also=((written.end - len(person.surname), written.end),))


def _then_sir(person: Person, random: Random) -> Written | None:
    """Brackenhall sir, Quillfeather miss."""
    title = titled(person, random)
    if title not in ("Mr", "Mrs", "Miss", "Ms"):
        return None
    tail = "sir" if title == "Mr" else "miss"
    text = f"{_cased(person.surname, random)} {random.choice([tail, tail.title()])}"
    clue = Clue(title="Mr" if title == "Mr" else "Miss", surname=person.surname)
    return Written(text, 0, len(text), clue, also=((0, len(person.surname)),))


def _affixed(person: Person, random: Random) -> Written | None:
    """The anti-Brackenhall brigade, Brackenhallgate."""
    if not _simple(person, 7):
        return None
    before, after = random.choice(
        [("anti-", ""), ("pro-", ""), ("ex-", ""), ("post-", ""), ("", "gate"), ("", "-gate"), ("", "-esque"),
         ("", "-style"), ("", "itis"), ("", "-itis")]
    )  # fmt: skip
    text = f"{before}{person.surname}{after}"
    start = len(before)
    return Written(
        text, start, start + len(person.surname), Clue(surname=person.surname), also=((0, len(text)),)
    )


def _last_then_first(person: Person, random: Random) -> Written | None:
    """Brackenhall (Jaspreet)."""
    given = called(person, random)
    text = f"{person.surname} ({given})"
    clue = Clue(given=given, surname=person.surname)
    return Written(text, 0, len(text), clue, also=((0, len(text) - 1), (0, len(person.surname))))


def _as_on_a_payslip(person: Person, random: Random) -> Written | None:
    """BRACKENHALL, Mr J."""
    title = titled(person, random)
    if not title:
        return None
    name = random.choice([person.surname.upper(), person.surname])
    text = f"{name}, {title} {person.forename[0]}."
    clue = Clue(title=title, given_initial=person.forename[0], surname=person.surname)
    return Written(text, 0, len(text), clue, also=((0, len(text) - 1), (0, len(name))))


def _work_address(person: Person, random: Random) -> Written | None:
    """j.brackenhall@littleover.example."""
    if len(plain(person.surname)) < 5:
        return None
    initial, name = plain(person.forename)[:1], plain(person.surname)
    if not initial:
        return None
    if random.random() < 0.3:
        local, clue = f"{plain(person.forename)}.{name}", Clue(given=person.forename, surname=person.surname)
    else:
        local = random.choice([f"{initial}.{name}", f"{initial}{name}"])
        clue = Clue(given_initial=initial, surname=person.surname)
    ends = ((len(local) - len(name), len(local)), (0, len(local) + len("@littleover.example")))
    return Written(f"{local}@littleover.example", 0, len(local), clue, also=ends)


def _file_name(person: Person, random: Random) -> Written | None:
    """brackenhall_jaspreet_final.mp4."""
    given = called(person, random)
    joint = random.choice(["_", "-", ""])
    name = joint.join((plain(person.surname), plain(given)))
    if len(plain(person.surname)) < 5 or len(plain(given)) < 3:
        return None
    tail = random.choice(["", "_final", "_2", "(1)", "-edit"])
    text = f"{name}{tail}.{random.choice(['mp4', 'jpg', 'png', 'mov', 'docx'])}"
    clue = Clue(given=given, surname=person.surname)
    return Written(text, 0, len(name), clue, also=((0, len(name) + len(tail)), (0, len(text))))


_WRITERS: Sequence[tuple[str, Callable[[Person, Random], Written | None]]] = (
    ("backwards", _backwards),
    ("without_vowels", _without_vowels),
    ("hangman", _hangman),
    ("long_dash", _long_dash),
    ("scrambled", _scrambled),
    ("every_letter_twice", _every_letter_twice),
    ("stutter", _stutter),
    ("spoonerism", _spoonerism),
    ("upside_down", _upside_down),
    ("down_the_page", _down_the_page),
    ("in_chunks", _in_chunks),
    ("picture_inside", _picture_inside),
    ("pet_name", _pet_name),
    ("oath_after_title", _oath_after_title),
    ("byname_between", _byname_between),
    ("title_spelt_out", _title_spelt_out),
    ("then_sir", _then_sir),
    ("affixed", _affixed),
    ("last_then_first", _last_then_first),
    ("as_on_a_payslip", _as_on_a_payslip),
    ("work_address", _work_address),
    ("file_name", _file_name),
)

FORMS: tuple[Form, ...] = tuple(Form(name, write) for name, write in _WRITERS)
