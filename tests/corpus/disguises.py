"""More ways to disguise or to mangle a name: codes, other scripts, signs for letters, faults of machines.

Measured by themselves, as inventive.py is. Ten of them, `HELD_BACK`, were drawn by lot before anything was
built. When the other fifty-five were found nine times in ten, those ten were found once in four (0.26, as
before). Then ways to read them were built, too: they no longer measure what nobody thought of.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from random import Random

from monitor.model import Person
from tests.corpus.changes import Change, each_piece
from tests.corpus.forms import compose
from tests.corpus.reader import Clue, Form, distance
from tests.corpus.registers import all_surnames, is_woman, ordinary_words, plain
from tests.corpus.shapes import Draft, Step, called, titled

_VOWELS = "aeiou"
_SMALL = "abcdefghijklmnopqrstuvwxyz"
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEYPAD = {letter: key for key, letters in {
    "2": "abc", "3": "def", "4": "ghi", "5": "jkl", "6": "mno", "7": "pqrs", "8": "tuv", "9": "wxyz",
}.items() for letter in letters}  # fmt: skip
_DOTS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- "
    "-.-- --.."
)
_MORSE = dict(zip(_SMALL, _DOTS.split(), strict=True))
_SPELT = (
    "Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliet Kilo Lima Mike November Oscar Papa "
    "Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu"
)
_SPELLING = dict(zip(_SMALL, _SPELT.split(), strict=True))
_BRAILLE = dict(zip(_SMALL, "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵", strict=True))
_RUSSIAN_KEYS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "йцукенгшщзфывапролдячсмить", strict=True))
_DRAWN_BOLDLY = {
    "m": ["|\\/|", "/\\/\\"], "n": ["|\\|", "/\\/"], "u": ["|_|", "(_)"], "h": ["|-|", "}{"], "k": ["|<"],
    "d": ["|)", "|>"], "w": ["\\/\\/", "vv"], "v": ["\\/"], "a": ["/\\", "4", "@",
    "/-\\"], "e": ["3"], "o": ["0", "()"],
    "t": ["7", "+"], "l": ["1", "|_"], "i": ["1", "!"], "s": ["5", "$"], "f": ["ph"], "b": ["8", "|3"],
    "c": ["(", "<"], "g": ["9"], "r": ["|2"], "x": ["><"], "p": ["|D"], "y": ["`/"],
}  # fmt: skip
_CYRILLIC = (
    ("shch", "щ"), ("sch", "ш"), ("sh", "ш"), ("ch", "ч"), ("kh", "х"), ("ts", "ц"), ("zh", "ж"), ("th",
    "т"), ("ph", "ф"),
    ("qu", "кв"), ("ya", "я"), ("yu", "ю"), ("ck", "к"), ("ee", "и"), ("oo", "у"), ("a", "а"), ("b", "б"),
    ("c", "к"), ("d", "д"), ("e", "е"),
    ("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"), ("j", "дж"), ("k", "к"), ("l", "л"), ("m", "м"), ("n",
    "н"), ("o", "о"),
    ("p", "п"), ("q", "к"), ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"), ("v", "в"), ("w", "в"), ("x",
    "кс"), ("y", "й"), ("z", "з"),
)  # fmt: skip
_GREEK = (
    ("th", "θ"), ("ph", "φ"), ("ch", "χ"), ("kh", "χ"), ("ps", "ψ"), ("qu", "κου"), ("oo", "ου"), ("sh",
    "σ"), ("a", "α"), ("b", "μπ"), ("c", "κ"),
    ("d", "ντ"), ("e", "ε"), ("f", "φ"), ("g", "γκ"), ("h", "χ"), ("i", "ι"), ("j", "τζ"), ("k", "κ"), ("l",
    "λ"), ("m", "μ"),
    ("n", "ν"), ("o", "ο"), ("p", "π"), ("q", "κ"), ("r", "ρ"), ("s", "σ"), ("t", "τ"), ("u", "ου"), ("v",
    "β"), ("w", "ου"),
    ("x", "ξ"), ("y", "υ"), ("z", "ζ"),
)  # fmt: skip
_DEVANAGARI = (
    ("sh", "श"), ("ch", "च"), ("kh", "ख"), ("th", "थ"), ("dh", "ध"), ("bh", "भ"), ("ph", "फ"), ("gh", "घ"),
    ("b", "ब"), ("c", "क"),
    ("d", "ड"), ("f", "फ"), ("g", "ग"), ("h", "ह"), ("j", "ज"), ("k", "क"), ("l", "ल"), ("m", "म"), ("n",
    "न"), ("p", "प"), ("q", "क"),
    ("r", "र"), ("s", "स"), ("t", "ट"), ("v", "व"), ("w", "व"), ("x", "क्स"), ("y", "य"), ("z", "ज"), ("a",
    "ा"), ("e", "े"),
    ("i", "ि"), ("o", "ो"), ("u", "ु"),
)  # fmt: skip
_NAMES = (
    "ay bee see dee ee eff gee aitch eye jay kay ell em en oh pee cue ar ess tee you vee doubleyou ex why zed"
)
_LETTER_NAMES = dict(zip(_SMALL, _NAMES.split(), strict=True))
_EMOJI_WORDS = {
    "fox": "🦊",
    "fish": "🐟",
    "wood": "🪵",
    "bell": "🔔",
    "king": "🤴",
    "bird": "🐦",
    "rose": "🌹",
    "hand": "✋",
    "star": "⭐",
    "moon": "🌙",
    "bear": "🐻",
    "wolf": "🐺",
    "lock": "🔒",
    "key": "🔑",
    "crown": "👑",
    "lion": "🦁",
    "bee": "🐝",
    "hammer": "🔨",
    "snow": "❄️",
    "book": "📖",
    "ball": "⚽",
    "feather": "🪶",
    "apple": "🍎",
    "house": "🏠",
    "castle": "🏰",
    "tree": "🌳",
    "cat": "🐱",
    "dog": "🐶",
    "pig": "🐷",
    "ham": "🍖",
    "man": "👨",
    "water": "💧",
    "fire": "🔥",
    "leaf": "🍃",
    "eagle": "🦅",
    "corn": "🌽",
}
_NUMBER_SOUNDS = (
    ("ford", "4d"),
    ("for", "4"),
    ("ate", "8"),
    ("ait", "8"),
    ("ten", "10"),
    ("to", "2"),
    ("won", "1"),
    ("nine", "9"),
    ("too", "2"),
)
_OCR = (
    ("in", "m"),
    ("m", "nn"),
    ("cl", "d"),
    ("d", "cl"),
    ("h", "b"),
    ("e", "c"),
    ("li", "h"),
    ("u", "ii"),
    ("l", "1"),
    ("o", "0"),
    ("n", "ri"),
    ("g", "q"),
    ("t", "f"),
)
_SWEARS = ("bloody", "effing", "flipping", "sodding", "frigging")
_FOREIGN = {
    True: (
        "Frau",
        "Madame",
        "Mme",
        "Señora",
        "Signora",
        "Pani",
        "Mevrouw",
        "Doamna",
        "Begum",
        "Senhora",
        "Sra.",
    ),
    False: ("Herr", "Monsieur", "Señor", "Signor", "Pan", "Meneer", "Domnul", "Senhor", "Sr."),
}
_MISSPELT_TITLES = {
    "Miss": ("Mizz", "Misss", "Mis", "Miz", "Misz", "Mees", "Missy"), "Mrs": ("Misses", "Missis", "Mrz",
    "Misus", "Mrss"),
    "Ms": ("Mz", "Mizz", "Mzz", "Miz"), "Mr": ("Mista", "Mistah", "Meester", "Mistr", "Mizter", "Misterr",
    "Misda"),
    "Dr": ("Docter", "Doc", "Dok", "Docta"),
}  # fmt: skip


# --- how a form is put together -------------------------------------------------------------------------


def _letters_as(sign: Callable[[str], str], joint: str, gap: str) -> Step:
    """Each letter of each piece by a sign of its own."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        if len(draft.pieces) > 1 and min(len(plain(piece)) for piece in draft.pieces) < 2:
            return None
        pieces = tuple(joint.join(map(sign, plain(piece))) for piece in draft.pieces)
        return replace(draft, pieces=pieces, gaps=(gap,) * (len(pieces) - 1), inside=())

    return make


def _words_as(how: Callable[[str, Random], str]) -> Step:
    """Each word in plain letters, changed; the capital kept."""

    def change(words: str, random: Random) -> str:
        said = how(plain(words), random)
        return said[:1].upper() + said[1:] if words[0].isupper() else said

    return each_piece(change)


def _surname(
    how: Callable[[str, Random], str], *, least: int = 6, like: Callable[[str], str] | None = None
) -> Step:
    """The surname changed; `like` says what it may be where letters are missing."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        place = draft.where("surname")
        name = person.surname
        if place < 0 or len(name) < least or not name.isalpha() or not name.isascii():
            return None
        said = how(name, random)
        if said in ("", name) or plain(said) in all_surnames() | ordinary_words():
            return None
        clue = replace(draft.clue, surname="", surname_like=like(said)) if like else draft.clue
        return replace(draft.put(place, said), clue=clue)

    return make


def _drafted(how: Callable[[Draft, Random], Draft | None]) -> Step:
    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        return how(draft, random)

    return make


def _form(name: str, make: Step, base: str = "") -> Form:
    return compose(name, (Change(name, 1, "disguise", make, base),))


# --- faults of machines ----------------------------------------------------------------------------------


def _numeric_entities(words: str, random: Random) -> str:
    seen = random.choice(["&#{};", "&#x{:x};", "&#x{:04X};"])
    return "".join(seen.format(ord(letter)) for letter in words)


def _unicode_escapes(words: str, random: Random) -> str:
    seen = random.choice(["\\u{:04x}", "\\u{:04X}", "\\x{:02x}", "U+{:04X} "])
    if "U+" in seen:
        return " ".join(f"U+{ord(letter):04X}" for letter in words)
    if "x{" in seen and not words.isascii():
        seen = "\\u{:04x}"
    every = random.random() < 0.5
    return "".join(
        seen.format(ord(c)) if every or i % 3 == 1 or ord(c) > 127 else c for i, c in enumerate(words)
    )


def _percent_bytes(words: str, random: Random) -> str:
    every = random.random() < 0.5
    return "".join(
        "".join(f"%{byte:02X}" for byte in c.encode()) if every or i % 2 or ord(c) > 127 else c
        for i, c in enumerate(words)
    )


def _quoted_printable(words: str, random: Random) -> str:
    at = random.randrange(1, len(words))
    seen = "".join("".join(f"={byte:02X}" for byte in c.encode()) if ord(c) > 127 else c for c in words)
    if len(words) > 4 and words.isascii():
        return (
            words[:at] + "=\n" + words[at:]
            if random.random() < 0.5
            else words[:at] + f"={ord(words[at]):02X}" + words[at + 1 :]
        )
    return seen


def _tags_inside(words: str, random: Random) -> str:
    if len(words) < 4:
        return words
    at = random.randrange(1, len(words) - 1)
    start, end = random.choice(
        [
            ("<b>", "</b>"),
            ("<i>", "</i>"),
            ("[b]", "[/b]"),
            ("<span>", "</span>"),
            ("<em>", "</em>"),
            ("[u]", "[/u]"),
        ]
    )
    return (
        f"{start}{words[:at]}{end}{words[at:]}"
        if random.random() < 0.5
        else f"{words[:at]}{start}{words[at:]}{end}"
    )


def _other_codepage(words: str, random: Random) -> str:
    page = random.choice(["latin-1", "mac-roman", "cp1251"])
    return words.encode("utf-8").decode(page, errors="ignore")


def _hex_bytes(words: str, random: Random) -> str:
    seen = random.choice([" ", "", "-"])
    return seen.join(f"{byte:02x}" for byte in words.encode())


def _base64(draft: Draft, random: Random) -> Draft | None:
    said = base64.b64encode(" ".join(draft.pieces).encode()).decode()
    return replace(draft, pieces=(said,), kinds=("surname",), gaps=(), inside=())


# --- codes -----------------------------------------------------------------------------------------------


def _turned(steps: int) -> Callable[[str], str]:
    return lambda word: "".join(_SMALL[(_SMALL.index(c) + steps) % 26] if c in _SMALL else c for c in word)


def _caesar(draft: Draft, random: Random) -> Draft | None:
    turn = _turned(random.choice([1, 25, 2, 3, 23, 5]))
    return replace(draft, pieces=tuple(turn(plain(piece)).capitalize() for piece in draft.pieces), inside=())


def _alphabet_numbers(word: str, random: Random) -> str:
    return random.choice(["-", " ", ".", ","]).join(str(_SMALL.index(c) + 1) for c in word if c in _SMALL)


def _pig_latin(word: str, random: Random) -> str:
    if word[0] in _VOWELS:
        return word + random.choice(["way", "yay", "ay"])
    at = re.match(r"qu|[^aeiouy]*qu|[^aeiouy]+|y", word)
    head = at.group() if at else word[0]
    return word[len(head) :] + head + "ay"


def _egg_language(sound: str) -> Callable[[str, Random], str]:
    def change(word: str, random: Random) -> str:
        return re.sub(r"(?:(?<=q)u)?[aeiouy]+(?!$)|[aiouy]+$|e$", lambda found: sound + found.group(), word)

    return change


def _hand_shifted(draft: Draft, random: Random) -> Draft | None:
    step = random.choice([1, -1])
    table = {
        letter: row[(index + step) % len(row)] if 0 <= index + step < len(row) else ";["[step > 0]
        for row in _ROWS for index, letter in enumerate(row)
    }  # fmt: skip
    words = tuple("".join(table[c] for c in plain(piece)) for piece in draft.pieces)
    return replace(draft, pieces=words, inside=()) if all(word.isalpha() for word in words) else None


# --- other scripts ---------------------------------------------------------------------------------------


def _in_script(table: tuple[tuple[str, str], ...]) -> Callable[[str, Random], str]:
    def change(word: str, random: Random) -> str:
        said, at = "", 0
        while at < len(word):
            old, new = next(((old, new) for old, new in table if word.startswith(old, at)), (word[at], ""))
            said, at = said + new, at + len(old)
        return said

    return change


def _devanagari(word: str, random: Random) -> str:
    alone = {"a": "अ", "e": "ए", "i": "इ", "o": "ओ", "u": "उ"}
    said = _in_script(_DEVANAGARI)(word, random)
    return alone[word[0]] + said[1:] if word[0] in alone else said


# --- drawn, and by picture ---------------------------------------------------------------------------------


def _drawn_boldly(words: str, random: Random) -> str:
    return "".join(
        random.choice(_DRAWN_BOLDLY[c.lower()]) if c.lower() in _DRAWN_BOLDLY and random.random() < 0.6 else c
        for c in words
    )


def _picture_word(name: str, random: Random) -> str:
    low = name.lower()
    able = [word for word in _EMOJI_WORDS if word in low]
    if not able:
        return ""
    word = max(able, key=len)
    at = low.index(word)
    return name[:at] + _EMOJI_WORDS[word] + name[at + len(word) :]


def _number_sound(name: str, random: Random) -> str:
    old, new = next(((old, new) for old, new in _NUMBER_SOUNDS if old in name.lower()[1:]), ("", ""))
    at = name.lower().find(old, 1)
    return name[:at] + new + name[at + len(old) :] if old else ""


def _read_by_machine(name: str, random: Random) -> str:
    able = [(old, new) for old, new in _OCR if old in name[1:]]
    random.shuffle(able)
    for old, new in able[:2]:
        at = name.find(old, 1)
        name = name[:at] + new + name[at + len(old) :] if at > 0 else name
    return name


def _emoji_each(words: str, random: Random) -> str:
    return random.choice(["🔥", "👏", "💀", "✨", "❤️", "😂"]).join(words)


def _emoji_inside(name: str, random: Random) -> str:
    at = random.randint(2, len(name) - 2)
    return name[:at] + random.choice(["🔥", "💩", "🤡", "❤️"]) + name[at:]


# --- by ear ---------------------------------------------------------------------------------------------


def _letters_said(word: str, random: Random) -> str:
    return " ".join(_LETTER_NAMES.get(c, c) for c in word)


def _double_said(draft: Draft, person: Person, random: Random) -> Draft | None:
    name = plain(person.surname)
    if not re.search(r"(.)\1", name) or len(name) < 5:
        return None
    said = re.sub(r"([a-z]) \1", r"double \1", " ".join(name))
    said = said.upper().replace("DOUBLE", "double")
    return draft.put(draft.where("surname"), said)


def _dictated(draft: Draft, person: Person, random: Random) -> Draft | None:
    name = plain(person.surname)
    if len(name) < 7:
        return None
    full = {"Mr": "mister", "Mrs": "missus", "Miss": "miss", "Ms": "miss", "Dr": "doctor"}
    title = full.get(titled(person, random), "")
    if not title:
        return None
    at = random.randint(3, len(name) - 3)
    return replace(draft, pieces=(title, f"{name[:at]} {name[at:]}"), inside=())


def _baby_talk(word: str, random: Random) -> str:
    return (
        word.replace("s", "th").replace("r", "w")
        if random.random() < 0.5
        else word.replace("r", "w").replace("l", "w")
    )


def _stuttered(name: str, random: Random) -> str:
    found = re.match(r"[^aeiouy]*[aeiouy]?", name.lower())
    head = name[: max(2, len(found.group()) if found else 2)]
    return random.choice(["-", " ", "... "]).join([head] * random.randint(1, 3) + [name])


def _rhymed(draft: Draft, person: Person, random: Random) -> Draft | None:
    name = person.surname
    tail = re.sub(r"^[^aeiouy]+", "", plain(name))
    if len(name) < 5 or not name.isalpha() or not tail:
        return None
    return replace(draft, after=random.choice(["-", " "]) + random.choice(["Schm", "shm"]) + tail)


def _autocorrected(name: str, random: Random) -> str:
    low = plain(name)
    able = sorted(
        word
        for word in ordinary_words()
        if abs(len(word) - len(low)) <= 1 and word[0] == low[0] and len(word) > 4 and distance(word, low) == 2
    )
    return random.choice(able).capitalize() if able else ""


# --- order ----------------------------------------------------------------------------------------------


def _syllables_swapped(name: str, random: Random) -> str:
    low = name.lower()
    cuts = [
        found.end()
        for found in re.finditer(
            r"[aeiouy][^aeiouy](?=[^aeiouy][aeiouy])|[aeiouy](?=[^aeiouy][aeiouy])", low[:-2]
        )
    ]
    cuts = [at for at in cuts if at >= 2 and len(low) - at >= 3]
    if not cuts:
        return ""
    at = random.choice(cuts)
    return (low[at:] + low[:at]).capitalize()


def _jumbled(name: str, random: Random) -> str:
    inner = list(name[1:-1])
    random.shuffle(inner)
    return name[0] + "".join(inner) + name[-1]


def _gap_misplaced(draft: Draft, random: Random) -> Draft | None:
    first, last = draft.pieces
    if len(first) < 3 or len(last) < 4:
        return None
    pieces = (first[:-1], first[-1] + last) if random.random() < 0.5 else (first + last[0], last[1:])
    return replace(draft, pieces=pieces, inside=())


@cache
def _words_with(first: str) -> tuple[str, ...]:
    return tuple(sorted(word for word in ordinary_words() if word[0] == first and 3 < len(word) < 8))


def _acrostic(draft: Draft, person: Person, random: Random) -> Draft | None:
    name = plain(person.surname)
    if len(name) < 6:
        return None
    words = [_words_with(letter) for letter in name]
    if not all(words):
        return None
    lines = [
        f"{random.choice(some).capitalize()} {random.choice(['it', 'we', 'them', 'all', 'to', 'so'])}"
        for some in words
    ]
    return Draft(("\n".join(lines),), ("surname",), Clue(surname=person.surname), before="\n", after="\n")


def _filled_up(name: str, random: Random) -> str:
    return random.choice(["x", "z", "7", "xx"]).join(name)


# --- left out ----------------------------------------------------------------------------------------------


def _only_ends(name: str, random: Random) -> str:
    sign = random.choice(["———", "—", "---", "–––", "……", "...."])
    return name[0] + sign + name[-1]


def _ends_like(said: str) -> str:
    return plain(said[0]) + ".{2,}" + plain(said[-1])


def _broken_off(name: str, random: Random) -> str:
    return name[: random.randint(max(3, len(name) // 2), len(name) - 2)] + random.choice(
        ["...", "…", "—", "-", "***", ".."]
    )


def _begins_like(said: str) -> str:
    return plain(said) + ".*"


def _hangman(name: str, random: Random) -> str:
    hidden = set(random.sample(range(1, len(name)), len(name) // 2))
    return " ".join("_" if index in hidden else letter for index, letter in enumerate(name))


def _hangman_like(said: str) -> str:
    return said.lower().replace(" ", "").replace("_", ".")


def _redacted(name: str, random: Random) -> str:
    at = random.randint(2, len(name) - 4)
    return name[:at] + random.choice(["[redacted]", "[...]", "(...)", "[snip]", "<blank>"]) + name[at + 2 :]


def _redacted_like(said: str) -> str:
    head, tail = re.split(r"[\[(<].*?[\])>]", said)
    return plain(head) + ".{1,4}" + plain(tail)


def _consonants(word: str, random: Random) -> str:
    return word[0] + "".join(c for c in word[1:] if c not in _VOWELS) if len(word) > 3 else word


def _syllable_lost(name: str, random: Random) -> str:
    cuts = [found.span() for found in re.finditer(r"[^aeiouy][aeiouy]+(?=[^aeiouy])", name[1:-1].lower())]
    if not cuts or len(name) < 8:
        return ""
    start, end = random.choice(cuts)
    return name[: start + 1] + name[end + 1 :]


def _blended(draft: Draft, person: Person, random: Random) -> Draft | None:
    given, name = called(person, random), person.surname
    if len(given) < 4 or len(name) < 7 or not (given + name).isalpha():
        return None
    first, last = given[: random.randint(3, 4)], name[: random.randint(4, 5)]
    clue = Clue(given_initial=first, surname_start=last)
    return Draft((first + random.choice([last, last.lower()]),), ("surname",), clue)


# --- added ----------------------------------------------------------------------------------------------


def _nick_ending(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    name = person.surname
    if len(name) < 7 or not name.isalpha() or not name.isascii():
        return None
    found = re.match(r"(?i)[^aeiouy]*(?:qu)?[aeiouy]+[^aeiouy]{1,2}", name)
    stem = found.group() if found else name[:4]
    if len(stem) < 4:
        stem = name[:4]
    said = stem + random.choice(["y", "ster", "o", "z", "ers", "ie", "meister", "zy"])
    if plain(said) in ordinary_words() | all_surnames() or len(stem) > len(name) - 2:
        return None
    clue = replace(draft.clue, surname="", surname_start=stem)
    return replace(draft.put(place, said), clue=clue)


def _word_inside(name: str, random: Random) -> str:
    at = random.randint(3, len(name) - 3)
    return f"{name[:at]}-{random.choice(_SWEARS)}-{name[at:]}"


def _syllable_doubled(name: str, random: Random) -> str:
    found = [one.span() for one in re.finditer(r"[^aeiouy][aeiouy]", name.lower())]
    if not found:
        return ""
    start, end = random.choice(found)
    return name[:end] + name[start:end].lower() + name[end:]


def _digits_between(name: str, random: Random) -> str:
    return "".join(letter + str(index % 10) for index, letter in enumerate(name, 1))


def _with_marks(words: str, random: Random) -> str:
    marks = {
        "a": "äåáà",
        "e": "ëéèê",
        "i": "ïîí",
        "o": "öôõ",
        "u": "üûú",
        "n": "ñ",
        "c": "ç",
        "y": "ÿ",
        "s": "š",
        "z": "ž",
    }
    return "".join(random.choice(marks[c]) if c in marks else c for c in words)


def _hung_on(draft: Draft, person: Person, random: Random) -> Draft | None:
    name = person.surname
    if len(name) < 6 or not name.isalpha():
        return None
    return replace(draft, after=random.choice(["-face", "inator", "kins", "-bot", "zilla", "-pants", "itis"]))


# --- around ---------------------------------------------------------------------------------------------


def _foreign_title(draft: Draft, person: Person, random: Random) -> Draft | None:
    said = random.choice(_FOREIGN[is_woman(person.forename)])
    name = draft.put(0, said)
    return replace(name, inside=((len(said) + 1, len(said) + 1 + len(person.surname)),))


def _misspelt_title(draft: Draft, person: Person, random: Random) -> Draft | None:
    others = _MISSPELT_TITLES.get(draft.pieces[0])
    return draft.put(0, random.choice(others)) if others else None


def _numbered(draft: Draft, person: Person, random: Random) -> Draft | None:
    return replace(
        draft, after=random.choice([" the 2nd", " Jr", " III", " the third", " Snr", " v2", " 2.0"])
    )


def _file_name(draft: Draft, person: Person, random: Random) -> Draft | None:
    given, name = plain(person.forename), plain(person.surname)
    said = random.choice(
        [f"{name}_{given}", f"{given}{name}", f"{given}-{name}", f"{name.title()}{given.title()}"]
    )
    before, after = random.choice(
        [
            ("", "_2026.pdf"),
            ("IMG_", ".jpg"),
            ("", "(1).docx"),
            ("report-", "-final.xlsx"),
            ("/home/", "/notes.txt"),
        ]
    )
    return Draft((said,), ("surname",), draft.clue, before=before, after=after)


def _as_code(draft: Draft, random: Random) -> Draft | None:
    first, last = (plain(piece) for piece in draft.pieces)
    said = random.choice([
        f"{first}{last.title()}", f"{first}-{last}", f"{first.upper()}_{last.upper()}", f"{first}::{last}",
        f"{first}->{last}",
        f"{first}/{last}", f"{first}|{last}", f"{first}+{last}", f"{first}={last}", f"{first}\\{last}",
    ])  # fmt: skip
    return replace(draft, pieces=(said,), kinds=("surname",), gaps=(), inside=())


def _given_in_brackets(draft: Draft, random: Random) -> Draft | None:
    first, last = draft.pieces
    said = random.choice([f"{last} ({first})", f"{last} [{first}]", f"({first}) {last}"])
    return replace(
        draft, pieces=(said,), kinds=("surname",), gaps=(), inside=((0, len(said) - 1), (1, len(said)))
    )


def _title_in_the_middle(draft: Draft, person: Person, random: Random) -> Draft | None:
    title, given, name = draft.pieces
    said = random.choice(
        [
            f"{given} ({title}) {name}",
            f"{name}, {title} {given}",
            f"{name} {title} {given}",
            f"{name}, {title} {given[0]}",
            f"{name} {title} {given[0]}.",
        ]
    )
    return replace(
        draft,
        pieces=(said,),
        kinds=("surname",),
        gaps=(),
        inside=((0, len(said.rstrip("."))), (0, len(name))),
    )


def _born_as(draft: Draft, random: Random) -> Draft | None:
    return replace(draft, gaps=(random.choice([" née ", " nee ", " (née) ", " aka ", " formerly "]),))


def _no_blanks(draft: Draft, random: Random) -> Draft | None:
    if len("".join(draft.pieces)) < 10:
        return None
    before = random.choice(["iheard", "everyoneknows", "sosaid", "howcan", "didyousee", "nobodylikes"])
    after = random.choice(["left", "again", "today", "isback", "wasthere", "did"])
    words = tuple(plain(piece) for piece in draft.pieces)
    return replace(draft, pieces=words, gaps=("",) * (len(words) - 1), before=before, after=after, inside=())


def _sworn_between(draft: Draft, random: Random) -> Draft | None:
    return replace(draft, gaps=(f" {random.choice(_SWEARS)} ",) * (len(draft.pieces) - 1), inside=())


def _epithet(draft: Draft, random: Random) -> Draft | None:
    said = random.choice(
        ['"the witch"', "'i hate kids'", "the legend", "(the legend)", '"no fun"', "'two jobs'"]
    )
    return replace(draft, gaps=(f" {said} ",), inside=())


def _initials(draft: Draft, person: Person, random: Random) -> Draft | None:
    title, given, name = titled(person, random), person.forename, person.surname
    if not title or given[0] in "AI":
        return None
    said = random.choice([f"{given[0]}{name[0]}", f"{given[0]}.{name[0]}.", f"{given[0]} {name[0]}"])
    clue = Clue(title=title, given_initial=given[0], surname_initial=name[0])
    return replace(
        Draft((title, said), ("title", "initial"), clue),
        inside=((0, len(title) + 1 + len(said.rstrip("."))),),
    )


_MIRRORED: Mapping[str, str] = dict(
    zip("abcdefghijklmnopqrstuvwxyz", "ɒdɔbɘʇǫʜiꞁʞlmnoqpɿƨƚuvwxyz", strict=True)
)


def _mirrored(draft: Draft, random: Random) -> Draft | None:
    pieces = tuple("".join(_MIRRORED.get(c, c) for c in reversed(plain(piece))) for piece in draft.pieces)
    return replace(draft, pieces=pieces[::-1], kinds=draft.kinds[::-1], inside=())


FORMS: tuple[Form, ...] = (
    _form("numeric_entities", each_piece(_numeric_entities)),
    _form("unicode_escapes", each_piece(_unicode_escapes)),
    _form("percent_bytes", each_piece(_percent_bytes)),
    _form("quoted_printable", each_piece(_quoted_printable)),
    _form("tags_inside", each_piece(_tags_inside)),
    _form("other_codepage", each_piece(_other_codepage)),
    _form("hex_bytes", each_piece(_hex_bytes)),
    _form("base64", _drafted(_base64)),
    _form("rot13", _words_as(lambda word, random: _turned(13)(word))),
    _form("caesar", _drafted(_caesar)),
    _form("alphabet_numbers", _words_as(_alphabet_numbers), "full"),
    _form("morse", _letters_as(lambda c: _MORSE.get(c, ""), " ", " / ")),
    _form("spelling_alphabet", _letters_as(lambda c: _SPELLING.get(c, ""), " ", " "), "surname_only"),
    _form("keypad", _words_as(lambda word, random: "".join(_KEYPAD.get(c, "") for c in word)), "full"),
    _form("braille", _letters_as(lambda c: _BRAILLE.get(c, ""), "", " ")),
    _form("pig_latin", _words_as(_pig_latin), "full"),
    _form("egg_language", _words_as(_egg_language("egg")), "full"),
    _form("hand_shifted", _drafted(_hand_shifted)),
    _form("russian_keys", _words_as(lambda word, random: "".join(_RUSSIAN_KEYS.get(c, c) for c in word))),
    _form("cyrillic", _words_as(_in_script(_CYRILLIC)), "full"),
    _form("greek", _words_as(_in_script(_GREEK)), "full"),
    _form("devanagari", _words_as(_devanagari), "full"),
    _form("drawn_boldly", each_piece(_drawn_boldly)),
    _form("picture_word", _surname(_picture_word, least=4)),
    _form("number_sound", _surname(_number_sound, least=5)),
    _form("read_by_machine", _surname(_read_by_machine)),
    _form("emoji_each", each_piece(_emoji_each)),
    _form("emoji_inside", _surname(_emoji_inside)),
    _form("letters_said", _words_as(_letters_said), "surname_only"),
    _form("double_said", _double_said),
    _form("dictated", _dictated, "title_surname"),
    _form("baby_talk", _words_as(_baby_talk)),
    _form("stuttered", _surname(_stuttered)),
    _form("rhymed", _rhymed),
    _form("autocorrected", _surname(_autocorrected), "full"),
    _form("syllables_swapped", _surname(_syllables_swapped, least=7)),
    _form("jumbled", _surname(_jumbled)),
    _form("gap_misplaced", _drafted(_gap_misplaced), "full"),
    _form("acrostic", _acrostic, "surname_only"),
    _form("filled_up", each_piece(_filled_up)),
    _form("only_ends", _surname(_only_ends, like=_ends_like)),
    _form("broken_off", _surname(_broken_off, like=_begins_like, least=7)),
    _form("hangman", _surname(_hangman, like=_hangman_like)),
    _form("redacted", _surname(_redacted, like=_redacted_like, least=8)),
    _form("consonants", _words_as(_consonants), "full"),
    _form("syllable_lost", _surname(_syllable_lost)),
    _form("blended", _blended, "full"),
    _form("nick_ending", _nick_ending, "title_surname"),
    _form("word_inside", _surname(_word_inside, least=7)),
    _form("syllable_doubled", _surname(_syllable_doubled)),
    _form("digits_between", _surname(_digits_between)),
    _form("with_marks", each_piece(_with_marks)),
    _form("hung_on", _hung_on),
    _form("foreign_title", _foreign_title, "title_surname"),
    _form("misspelt_title", _misspelt_title, "title_surname"),
    _form("numbered", _numbered),
    _form("file_name", _file_name, "full"),
    _form("as_code", _drafted(_as_code), "full"),
    _form("given_in_brackets", _drafted(_given_in_brackets), "full"),
    _form("title_in_the_middle", _title_in_the_middle, "title_full"),
    _form("born_as", _drafted(_born_as), "full"),
    _form("no_blanks", _drafted(_no_blanks)),
    _form("sworn_between", _drafted(_sworn_between)),
    _form("epithet", _drafted(_epithet), "full"),
    _form("initials", _initials, "full"),
    _form("mirrored", _drafted(_mirrored), "full"),
)

HELD_BACK = frozenset({
    "caesar", "filled_up", "hangman", "hung_on", "misspelt_title", "morse", "sworn_between",
    "syllables_swapped",
    "title_in_the_middle", "word_inside",
})  # fmt: skip
"""Drawn with the seed 3339056089 before anything was built for any form of this module."""
