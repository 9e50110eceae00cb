"""What people do to a name as they write it: to its spelling, its letters, and to what stands around them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from monitor.model import Person
from tests.corpus.reader import Clue, distance, surname_halves
from tests.corpus.registers import all_surnames, backgrounds, is_woman, nicknames, ordinary_words, plain
from tests.corpus.shapes import SHAPES, Draft, Step


@dataclass(frozen=True, slots=True)
class Change:
    """One transformation. Of the same `kind` only one can be made; `stage` orders them."""

    name: str
    stage: int
    kind: str
    make: Step
    base: str = ""


# --- spelling ---------------------------------------------------------------------------------------

_NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qsz", "s": "adwx", "d": "sfec", "f": "dgrv", "g": "fhtb", "h": "gjyn", "j": "hkum",
    "k": "jlim", "l": "kop", "z": "ax", "x": "zcs", "c": "xvd", "v": "cbf", "b": "vng", "n": "bmh", "m": "nk",
}  # fmt: skip
_SOUNDS = [
    ("ph", "f"), ("ck", "k"), ("ie", "y"), ("ey", "y"), ("ou", "ow"), ("ea", "ee"), ("ei", "ie"),
    ("ai", "ay"), ("oo", "u"), ("wh", "w"), ("gh", "g"), ("th", "t"), ("kh", "k"), ("dh", "d"),
    ("bh", "b"), ("sch", "sh"), ("cz", "ch"), ("sz", "sh"), ("rz", "z"), ("ts", "tz"), ("x", "ks"),
    ("qu", "kw"), ("que", "k"), ("cs", "x"), ("mac", "mc"), ("mc", "mac"), ("son", "sen"),
    ("er", "ar"), ("ar", "er"), ("ll", "l"), ("tt", "t"), ("ss", "s"), ("nn", "n"), ("rr", "r"),
    ("mm", "m"), ("pp", "p"), ("ff", "f"), ("oe", "o"), ("ew", "u"), ("igh", "y"), ("y", "i"),
    ("w", "v"), ("v", "w"), ("k", "c"), ("c", "k"), ("z", "s"), ("j", "y"), ("ee", "i"),
    ("aa", "a"), ("ow", "ou"), ("ay", "ai"), ("f", "ph"), ("dge", "ge"), ("tch", "ch"), ("kn", "n"),
    ("wr", "r"), ("ham", "am"),
]  # fmt: skip


def slip(name: str, random: Random) -> str:
    """One letter dropped, doubled, swapped with its neighbour, or hit beside its key; not the first."""
    place = random.randrange(1, len(name))
    letter = name[place]
    if not letter.isalpha():
        return name
    kind = random.choice(["dropped", "doubled", "swapped", "neighbour"])
    if kind == "dropped":
        return name[:place] + name[place + 1 :]
    if kind == "doubled":
        return name[:place] + letter + name[place:]
    if kind == "swapped" and place + 1 < len(name) and name[place + 1].isalpha():
        return name[:place] + name[place + 1] + letter + name[place + 2 :]
    near = _NEIGHBOURS.get(plain(letter))
    return name[:place] + random.choice(near) + name[place + 1 :] if near else name


def mis_heard(name: str, random: Random) -> str:
    """One sound written another way ("Kwillfeather", "Brakenhall")."""
    low = name.lower()
    able = [(old, new) for old, new in _SOUNDS if old in low[1:] or (low.startswith(old) and len(old) > 1)]
    if not able:
        return name
    old, new = random.choice(able)
    place = low.find(old, 0 if len(old) > 1 else 1)
    changed = name[:place] + new + name[place + len(old) :]
    return changed[0].upper() + changed[1:] if name[0].isupper() else changed


def _misspell(kind: str, edits: int, how: Callable[[str, Random], str], *, least: int) -> Step:
    """Misspell one part so that it is no other name that the lists know."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        place = draft.where(kind)
        if place < 0 or len(plain(draft.pieces[place])) < least:
            return None
        right = draft.pieces[place]
        for _ in range(12):
            wrong = right
            for _ in range(edits):
                wrong = how(wrong, random)
            far = distance(plain(wrong), plain(right))
            known = all_surnames() | ordinary_words() if kind == "surname" else _all_forenames()
            if 0 < far <= max(edits, 2) and plain(wrong) not in known and plain(wrong)[0] == plain(right)[0]:
                if kind == "surname":
                    clue = replace(draft.clue, surname=wrong, surname_slips=far)
                else:
                    clue = replace(draft.clue, given=wrong, given_slips=far)
                return replace(draft.put(place, wrong), clue=clue)
        return None

    return make


@cache
def _all_forenames() -> frozenset[str]:
    listed = (name for one in backgrounds() for name in one.women + one.men + one.older_women + one.older_men)
    short = (name for names in nicknames().values() for name in names)
    return frozenset(plain(name) for name in (*listed, *short, *nicknames()))


def _nickname(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("given")
    short = nicknames().get(plain(person.forename), ())
    if place < 0 or not short:
        return None
    said = random.choice(short).title()
    return replace(draft.put(place, said), clue=replace(draft.clue, given=said))


def _wrong_title(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("title")
    if place < 0 or draft.clue.couple:
        return None
    woman = {"Mrs", "Miss", "Ms"}
    others = woman - {person.title} if person.title in woman else set()
    if person.title in ("Dr", "Prof", "Rev"):
        others = woman if is_woman(person.forename) else {"Mr"}
    if not others:
        return None
    title = random.choice(sorted(others))
    return replace(draft.put(place, title), clue=replace(draft.clue, title=title))


def _truncated(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    if place < 0 or len(plain(person.surname)) < 8 or surname_halves(person.surname):
        return None
    size = random.randint(4, min(6, len(person.surname) - 3))
    start = person.surname[:size]
    if plain(start) in all_surnames() | ordinary_words() or not start.isalpha():
        return None
    reverse = Clue(title=draft.clue.title, given=start) if not draft.clue.given else None
    clue = replace(draft.clue, surname="", surname_start=start, otherwise=reverse)
    return replace(draft.put(place, start), clue=clue)


def _censor(pick: Callable[[str, Random], range], sign: str | None) -> Step:
    """Hide some letters of the surname behind signs."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        place = draft.where("surname")
        name = person.surname
        if place < 0 or len(name) < 5 or not name.isalpha() or draft.clue.surname_slips:
            return None
        hidden = pick(name, random)
        signs = [sign or random.choice("!*#%") for _ in hidden]
        said = "".join(
            signs[index - hidden.start] if index in hidden else letter for index, letter in enumerate(name)
        )
        size = len(hidden)  # few people count the signs they put for many letters
        some = f".{{{size - 2},{size + 2}}}" if size > 2 else "." * size
        like = plain(name[: hidden.start]) + some + plain(name[hidden.stop :])
        return replace(draft.put(place, said), clue=replace(draft.clue, surname="", surname_like=like))

    return make


def _one_inside(name: str, random: Random) -> range:
    vowels = [index for index, letter in enumerate(name[:-1]) if index and plain(letter) in "aeiou"]
    place = random.choice(vowels or list(range(1, len(name) - 1)))
    return range(place, place + 1)


def _few_inside(name: str, random: Random) -> range:
    size = 2 if len(name) < 8 else 3
    place = random.randrange(1, len(name) - size)
    return range(place, place + size)


def _all_inside(name: str, random: Random) -> range:
    return range(1, len(name) - 1)


def _without_marks(draft: Draft, person: Person, random: Random) -> Draft | None:
    bare = tuple(_ascii(piece) for piece in draft.pieces)
    return replace(draft, pieces=bare) if bare != draft.pieces else None


@cache
def _ascii(words: str) -> str:
    """A name on a keyboard without accents, capitals kept."""
    swap = str.maketrans("łŁıİđĐøØ", "lLiIdDoO")
    apart = unicodedata.normalize("NFD", words.translate(swap))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _decomposed(draft: Draft, person: Person, random: Random) -> Draft | None:
    apart = tuple(unicodedata.normalize("NFD", piece) for piece in draft.pieces)
    return replace(draft, pieces=apart) if apart != draft.pieces else None


def _apostrophe(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    if place < 0 or "'" not in draft.pieces[place]:
        return None
    other = random.choice(["", "\u2019", "\u2018", " ", "`", "\u02bc", "\u2032"])
    return draft.put(place, draft.pieces[place].replace("'", other))


def _hyphen(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    if place < 0 or not re.search(r"[\-\s]", draft.pieces[place]):
        return None
    other = random.choice([" ", "", "\u2011", "\u2013", " - ", "-"])
    changed = re.sub(r"[\-\s]", other, draft.pieces[place])
    return draft.put(place, changed) if changed != draft.pieces[place] else None


def _half_name(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    halves = surname_halves(person.surname)
    if place < 0 or not halves:
        return None
    half = random.choice(halves)
    return replace(draft.put(place, half), clue=replace(draft.clue, surname=half))


def _cut_given(draft: Draft, person: Person, random: Random) -> Draft | None:
    """ "Tams Quillfeather": a forename cut short by somebody who types little."""
    place = draft.where("given")
    if place < 0 or len(plain(person.forename)) < 6 or not person.forename.isalpha():
        return None
    cut = person.forename[: random.randint(4, len(person.forename) - 2)]
    if plain(cut) in _all_forenames():
        return None
    return replace(draft.put(place, cut), clue=replace(draft.clue, given="", given_initial=cut))


# --- letters ----------------------------------------------------------------------------------------

_LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "l": "1", "g": "9", "b": "8"}
_LOOKALIKE = {
    "a": "а", "e": "е", "o": "оο", "p": "р", "c": "с", "x": "х", "y": "у", "i": "і", "s": "ѕ",
    "j": "ј", "v": "ν", "A": "АΑ", "B": "ВΒ", "E": "ЕΕ", "H": "НΗ", "I": "ІΙ", "K": "КΚ", "M": "МΜ",
    "N": "Ν", "O": "ОΟ", "P": "РΡ", "T": "ТΤ", "X": "Х", "C": "С", "S": "Ѕ", "Y": "Υ", "Z": "Ζ",
    "h": "һ", "d": "ԁ", "q": "ԛ", "w": "ԝ", "l": "ӏ",
}  # fmt: skip
_SMALL_CAPITALS = dict(zip("abcdefghijklmnopqrstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", strict=True))
_ALPHABETS = (0x1D400, 0x1D434, 0x1D468, 0x1D4D0, 0x1D56C, 0x1D5A0, 0x1D5D4, 0x1D608, 0x1D63C, 0x1D670)
"""Where mathematical alphabets begin: bold, italic, bold script, sans-serif, monospace ..."""


def each_piece(how: Callable[[str, Random], str]) -> Step:
    """A step that writes each piece otherwise; None where that changes nothing."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        seed = random.random()
        changed = tuple(how(piece, Random(f"{seed}{place}")) for place, piece in enumerate(draft.pieces))
        return replace(draft, pieces=changed, inside=()) if changed != draft.pieces else None

    return make


def _case(how: Callable[[str], str]) -> Step:
    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        changed = tuple(how(piece) for piece in draft.pieces)
        gaps = tuple(how(gap) for gap in draft.gaps)
        around = (how(draft.before), how(draft.after))
        return replace(draft, pieces=changed, gaps=gaps, before=around[0], after=around[1])

    return make


def _mixed_case(words: str, random: Random) -> str:
    return "".join(random.choice([letter.upper(), letter.lower()]) for letter in words)


def _leet(words: str, random: Random) -> str:
    able = [index for index, letter in enumerate(words) if letter.lower() in _LEET]
    # A first letter is seldom replaced, and some of the name stays readable as letters.
    able = [index for index in able if index or random.random() < 0.3]
    if not able or len(words) < 2:
        return words
    chosen = set(random.sample(able, random.randint(1, max(1, min(len(able), len(words) // 2)))))
    return "".join(
        random.choice(_LEET[letter.lower()]) if index in chosen else letter
        for index, letter in enumerate(words)
    )


def _lookalikes(words: str, random: Random) -> str:
    return "".join(
        random.choice(_LOOKALIKE[letter]) if letter in _LOOKALIKE and random.random() < 0.6 else letter
        for letter in words
    )


def _styled(draft: Draft, person: Person, random: Random) -> Draft | None:
    start = random.choice([*_ALPHABETS, 0x24B6, 0xFF21, 0])
    return replace(draft, pieces=tuple(_in_alphabet(_ascii(piece), start) for piece in draft.pieces))


def _in_alphabet(words: str, start: int) -> str:
    if not start:
        return "".join(_SMALL_CAPITALS.get(letter.lower(), letter) for letter in words)
    small = start + (32 if start == 0xFF21 else 26)
    drawn = "".join(
        chr(start + ord(letter) - 65)
        if "A" <= letter <= "Z"
        else chr(small + ord(letter) - 97)
        if "a" <= letter <= "z"
        else letter
        for letter in words
    )
    return drawn.replace("\U0001d455", "\u210e")  # Unicode has the italic h elsewhere


def _emoji_letters(draft: Draft, person: Person, random: Random) -> Draft | None:
    start = random.choice([0x1F170, 0x1F130, 0x1F150, 0x1F1E6])
    joint = random.choice([" ", "\u200b"]) if start == 0x1F1E6 else ""
    pieces = tuple(
        joint.join(
            chr(start + ord(letter) - 65) if "A" <= letter <= "Z" else letter
            for letter in _ascii(piece).upper()
        )
        for piece in draft.pieces
    )
    gaps = ("   ",) * (len(pieces) - 1) if joint == " " else draft.gaps
    return replace(draft, pieces=pieces, gaps=gaps)


def _elongated(words: str, random: Random) -> str:
    if len(words) < 3:
        return words
    able = [index for index, letter in enumerate(words) if index and plain(letter) in set("aeioulrsnmhy")]
    place = random.choice(able or [len(words) - 1])
    return words[:place] + words[place] * random.randint(2, 6) + words[place:]


# --- between the letters ----------------------------------------------------------------------------


def _spread(separators: Sequence[str], *, between: str) -> Step:
    """Every letter by itself."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        if any(len(piece) < 2 for piece in draft.pieces) or len("".join(draft.pieces)) < 6:
            return None
        sign = random.choice(separators)
        pieces = tuple(sign.join(_letters(piece)) for piece in draft.pieces)
        gap = random.choice([sign, between]) if sign.strip() or len(pieces) < 2 else between
        return replace(draft, pieces=pieces, gaps=(gap,) * (len(pieces) - 1), inside=())

    return make


def _letters(words: str) -> list[str]:
    """Letters with their combining marks and joiners."""
    return re.findall(r".[\u0300-\u036f\u200b-\u200d\u00ad]*", re.sub(r"[\s.\-]", "", words))


def _sprinkle(marks: Sequence[str], chance: float) -> Step:
    """Something invisible, or nearly, inside the words."""

    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        def inside(piece: str) -> str:
            letters = _letters_kept(piece)
            return letters[0] + "".join(
                (random.choice(marks) if random.random() < chance else "") + letter for letter in letters[1:]
            )

        changed = tuple(inside(piece) for piece in draft.pieces)
        return replace(draft, pieces=changed, inside=()) if changed != draft.pieces else None

    return make


def _letters_kept(words: str) -> list[str]:
    return re.findall(r"(?s).[\u0300-\u036f]*", words)


def _combining(words: str, random: Random) -> str:
    marks = "\u0336\u0335\u0337\u0323\u0332\u0308\u0301\u0321\u0353"
    return "".join(
        letter + (random.choice(marks) * random.randint(1, 2) if letter.isalpha() else "") for letter in words
    )


def _gap(choices: Sequence[str]) -> Step:
    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        if len(draft.pieces) < 2 or draft.gaps:
            return None
        return replace(draft, gaps=tuple(random.choice(choices) for _ in draft.pieces[1:]), inside=())

    return make


def _glued(draft: Draft, person: Person, random: Random) -> Draft | None:
    if len(draft.pieces) < 2 or "," in "".join(draft.gaps) or len("".join(draft.pieces)) < 8:
        return None
    if any(len(piece) < 2 for piece in draft.pieces):
        return None
    return replace(draft, gaps=("",) * (len(draft.pieces) - 1), inside=())


def _broken_word(draft: Draft, person: Person, random: Random) -> Draft | None:
    """A long name cut by a hyphen and the end of a line, as in a pasted newsletter."""
    place = draft.where("surname")
    if place < 0 or len(draft.pieces[place]) < 8 or not draft.pieces[place].isalpha():
        return None
    cut = random.randint(3, len(draft.pieces[place]) - 3)
    name = draft.pieces[place]
    return replace(draft.put(place, f"{name[:cut]}-\n{name[cut:]}"), inside=())


# --- around the name --------------------------------------------------------------------------------


def _possessive(draft: Draft, person: Person, random: Random) -> Draft | None:
    tail = random.choice(["'s", "'s", "\u2019s", "s"])
    if draft.pieces[-1][-1] in "sS" and tail == "s":
        tail = "'"
    if draft.after or draft.before or draft.pieces[-1][-1] in ".":
        return None
    if tail.startswith("s") and (len(plain(person.surname)) < 6 or draft.kinds[-1] != "surname"):
        tail = "'s"
    thing = random.choice(["lesson", "class", "form", "room", "email", "detention list", "desk", "project"])
    return replace(draft, after=f"{tail} {thing}")


def _token_pieces(draft: Draft) -> tuple[str, ...]:
    return tuple(re.sub(r"[^\w]", "", piece) for piece in draft.pieces)


def _handle(draft: Draft, person: Person, random: Random) -> Draft | None:
    if draft.before or draft.after or any(not piece for piece in _token_pieces(draft)):
        return None
    joint = random.choice(["", "_", ".", "_"])
    pieces = tuple(_ascii(piece) for piece in _token_pieces(draft))
    if random.random() < 0.7:
        pieces = tuple(piece.lower() for piece in pieces)
    digits = random.choice(["", "", "", str(random.randint(1, 99)), f"_{random.randint(1, 9)}", "x", "_"])
    if digits == "x" and (joint == "" or len("".join(pieces)) < 12):
        digits = ""
    handle = replace(
        draft, pieces=pieces, gaps=(joint,) * (len(pieces) - 1), before="@", after=digits, inside=()
    )
    size = len(joint.join(pieces))  # a letter at the end may belong to it, a number does not
    return replace(handle, inside=((0, size + 1),)) if digits == "x" else handle


def _hashtag(draft: Draft, person: Person, random: Random) -> Draft | None:
    if draft.before or draft.after:
        return None
    pieces = tuple(piece[:1].upper() + piece[1:] for piece in _token_pieces(draft))
    if any(not piece for piece in pieces):
        return None
    return replace(draft, pieces=pieces, gaps=("",) * (len(pieces) - 1), before="#", inside=())


def _slogan(draft: Draft, person: Person, random: Random) -> Draft | None:
    tagged = _hashtag(draft, person, random)
    if tagged is None or not all(piece[0].isupper() for piece in tagged.pieces):
        return None
    before, after = random.choice(
        [("#Sack", ""), ("#JusticeFor", ""), ("#WeLove", ""), ("#Save", ""), ("#", "Out"), ("#Team", ""),
         ("#", "MustGo"), ("#ThankYou", ""), ("#Bring", "Back"), ("#", "ForHead")]
    )  # fmt: skip
    return replace(tagged, before=before, after=after)


def _marked_up(draft: Draft, person: Person, random: Random) -> Draft | None:
    if draft.before or draft.after:
        return None
    sign = random.choice(["**", "*", "_", "__", "~~", "`", '"', "\u201c", "[", "("])
    close = {"\u201c": "\u201d", "[": "]", "(": ")"}.get(sign, sign)
    return replace(draft, before=sign, after=close)


def _marked_surname(draft: Draft, person: Person, random: Random) -> Draft | None:
    """Ms **Quillfeather**: the closing signs may be underlined or not."""
    place = draft.where("surname")
    if place < 1 or place != len(draft.pieces) - 1 or draft.after:
        return None
    sign = random.choice(["**", "*", "_", "__", "~~"])
    changed = draft.put(place, sign + draft.pieces[place])
    name = changed.written()
    size = name.end - name.start
    return replace(changed, after=sign, inside=((0, size + len(sign)),))


def _bracketed(draft: Draft, person: Person, random: Random) -> Draft | None:
    place = draft.where("surname")
    if place < 0 or len(draft.pieces[place]) < 6 or not draft.pieces[place].isalpha():
        return None
    name = draft.pieces[place]
    cut = random.randint(2, len(name) - 3)
    if random.random() < 0.5:
        changed = draft.put(place, f"{name[:cut]}({name[cut:]})")
        size = len(changed.written().text)
        return replace(changed, inside=((0, size - 1),))
    changed = draft.put(place, f"({name[:cut]}){name[cut:]}")
    return replace(changed, inside=((1, len(changed.written().text)),)) if place == 0 else changed


# --- all of them ------------------------------------------------------------------------------------


def _shape(name: str) -> Change:
    def make(draft: Draft, person: Person, random: Random) -> Draft | None:
        return SHAPES[name](person, random)

    return Change(name, 0, "shape", make)


_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u200e")
_EMOJI = ("🔥", "💀", "😂", "🤡", "❤️", "✨", "🐍", "👏", "🙄", "🎉")

CHANGES: tuple[Change, ...] = (
    *(_shape(name) for name in SHAPES if name not in ("full", "title_surname", "alias")),
    Change("nickname", 1, "given", _nickname, "full"),
    Change("cut_given", 1, "given", _cut_given, "full"),
    Change("misspelt_given", 1, "given", _misspell("given", 1, slip, least=5), "full"),
    Change("wrong_title", 1, "title", _wrong_title, "title_surname"),
    Change("misspelt_surname", 1, "surname", _misspell("surname", 1, slip, least=5)),
    Change("misspelt_twice", 1, "surname", _misspell("surname", 2, slip, least=9)),
    Change("phonetic", 1, "surname", _misspell("surname", 1, mis_heard, least=5)),
    Change("truncated", 1, "surname", _truncated, "title_surname"),
    Change("censored_letter", 1, "surname", _censor(_one_inside, "*")),
    Change("censored_signs", 1, "surname", _censor(_few_inside, None)),
    Change("censored_gap", 1, "surname", _censor(_one_inside, "_")),
    Change("censored_inside", 1, "surname", _censor(_all_inside, "*")),
    Change("apostrophe", 1, "surname", _apostrophe),
    Change("hyphen", 1, "surname", _hyphen),
    Change("half_name", 1, "surname", _half_name),
    Change("diacritics_dropped", 2, "marks", _without_marks),
    Change("diacritics_apart", 2, "marks", _decomposed),
    Change("lower", 3, "case", _case(str.lower)),
    Change("upper", 3, "case", _case(str.upper)),
    Change("mixed_case", 3, "case", each_piece(_mixed_case)),
    Change("leet", 4, "letters", each_piece(_leet)),
    Change("homoglyph", 4, "letters", each_piece(_lookalikes)),
    Change("styled", 4, "letters", _styled),
    Change("emoji_letters", 4, "letters", _emoji_letters),
    Change("elongated", 4, "letters", each_piece(_elongated)),
    Change("spaced", 5, "between", _spread((" ",), between="  ")),
    Change("dotted", 5, "between", _spread((".", "-", "·"), between=" ")),
    Change("zero_width", 5, "between", _sprinkle(_INVISIBLE, 0.4)),
    Change("combining_marks", 5, "between", each_piece(_combining)),
    Change("emoji_between", 5, "between", _gap([f" {sign} " for sign in _EMOJI] + list(_EMOJI))),
    Change("line_break", 5, "between", _gap(["\n", " \n", "\r\n", "\n\n"])),
    Change("odd_gap", 5, "between", _gap(["  ", "   ", "\u00a0", "\t", "_", "-", ".", " - ", "\u2009", "/"])),
    Change("glued", 5, "between", _glued),
    Change("broken_word", 5, "between", _broken_word),
    Change("possessive", 6, "around", _possessive),
    Change("handle", 6, "around", _handle),
    Change("hashtag", 6, "around", _hashtag),
    Change("slogan", 6, "around", _slogan),
    Change("marked_up", 6, "around", _marked_up),
    Change("marked_surname", 6, "around", _marked_surname),
    Change("bracketed", 6, "around", _bracketed),
)
