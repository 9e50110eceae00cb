"""What a word may be by itself, whatever stands beside it: said once, then remembered. Pure but for that.

Nearly all words of a text are English and nobody's name, and the same few hundred make up most of what is
written. The grammar (monitor.matching.grammar) asks here first, and looks only at words that may be
something.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from monitor.matching.codes import CODES, steps
from monitor.matching.lexicon import lexicon
from monitor.matching.names import is_forename, is_surname, is_word
from monitor.matching.roll import BLENDED_GIVEN, BLENDED_SURNAME, HEAD, Name, Roll, Spelling
from monitor.matching.spelling import (
    Slip,
    blurs,
    distance,
    key_letters,
    key_of,
    same_key_slip,
    sound,
    sounds_alike,
)

TITLES = {
    "mr": "mr", "mister": "mr", "mrs": "mrs", "misus": "mrs", "mis": "miss", "ms": "ms", "mx": "mx",
    "dr": "dr", "doctor": "dr", "prof": "prof", "profesor": "prof", "sir": "sir", "rev": "rev",
    "reverend": "rev", "miz": "mrs", "mz": "mrs", "mises": "mrs", "misis": "mrs", "mrz": "mrs", "misy": "mrs",
    "mista": "mr", "msr": "mx",
    "mistah": "mr", "mestah": "mr", "mester": "mr", "mizter": "mr", "mistuh": "mr", "mizta": "mr",
    "misda": "mr", "mistr": "mr",
    "mw": "mr", "mws": "mrs", "mith": "mrs", "mithth": "mrs",
    "doc": "dr", "dok": "dr", "docter": "dr", "docta": "dr", "doktor": "dr", "professer": "prof",
}  # fmt: skip
"""Titles by key."""
GLUED_TITLES = ("mrs", "miss", "mr", "ms", "dr", "sir")
"""Those that people write in one word with a name."""
_OF_WOMEN = (
    "frau fraulein madame mme mlle senora senorita sra signora signorina sig pani mevrouw mevr doamna "
    "dna begum senhora bayan fru dona missus maam madam"
)
_OF_MEN = "herr monsieur senor signor pan meneer domnul dl senhor sr bay sahib ustad ustaad don"
_FOREIGN_TITLES = {**dict.fromkeys(_OF_WOMEN.split(), "mrs"), **dict.fromkeys(_OF_MEN.split(), "mr")}
"""Titles of other languages, and old ones of ours, as written: some have the key of an English word."""
LONGEST_SLIPPED = 24
LONGEST_GLUED = 60
_MOST_WORDS = 16_384
_UPSIDE_DOWN = str.maketrans("nubqdp", "unqbpd")
"""In writing turned upside down these are each other; folding reads the other letters of it."""
_IN_A_MIRROR = str.maketrans("bdpq", "dbqp")
_SAME_SHAPES = (("rn", "m"), ("cl", "d"), ("vv", "w"), ("ii", "u"))
_SHORTEST_NEAR, _SHORTEST_PLURAL, _SHORTEST_AROUND_NAME, _SHORTEST_CODED = 4, 5, 6, 4
_SHORTEST_BLURRED = 6
_SHORTEST_NEAR_KEY = 3
_SHORTEST_LENGTHENED = 9
_MOCKING = frozenset((
    "inator", "ator", "kins", "zilla", "itis", "bot", "face", "pants", "ster", "meister", "osaurus", "tron",
    "arama", "ette",
))  # fmt: skip
_SHORTEST_ALONE_INSIDE, _SHORTEST_MISSPELT_INSIDE = 7, 6


class Inside(NamedTuple):
    """Somebody named inside a longer word, from letter `first` to `last` of those written; `in_token`: only
    if the word is in a handle or hashtag; `cut`: only both names' beginnings, the surname's from there on;
    `misspelt`: the surname has a slip."""

    first: int
    last: int
    rule: str
    people: frozenset[int]
    spelling: Spelling
    given: str = ""
    title: str = ""
    in_token: bool = False
    cut: int = 0
    misspelt: bool = False


@dataclass(slots=True, eq=False)
class Glance:
    """What one word may be on the Roll; all of it empty for nearly every word of English.

    `word`: it is English. `matters`: it may be a name or a title by itself. `name` has its very key, and
    `surnames` are those of it that the letters fit. `given` are the forenames that they fit, be it backwards;
    `bearers`, all who have a forename of that key. A word that is neither English nor a name may be the
    surnames in `plural` with an s after them, else a slip of those in `nearest`, have those `inside` it, or
    be a name in a code (`coded`: which, and the name).
    `goes_on`: how a second word begins where both together are a key on the Roll. `opens`: a name of several
    words begins with it. `is_part`: it matters, or may with the next word.
    """

    word: bool
    matters: bool = False
    title: str = ""
    name: Name | None = None
    surnames: tuple[tuple[Spelling, Slip], ...] = ()
    given: tuple[tuple[Spelling, Slip], ...] = ()
    bearers: frozenset[int] = frozenset()
    plural: tuple[tuple[Spelling, Slip], ...] = ()
    nearest: tuple[tuple[Spelling, Slip], ...] = ()
    inside: tuple[Inside, ...] = ()
    coded: tuple[tuple[int, str], ...] = ()
    goes_on: frozenset[str] = frozenset()
    opens: bool = False
    is_part: bool = False


_ENGLISH, _STRANGE = Glance(word=True), Glance(word=False)


class Glances(dict[str, Glance]):
    """What each word, as written, may be on one Roll: filled as words come in, emptied when it is full.

    It remembers single words that people wrote, some thousands of them and none longer than a name can be, in
    this process and nowhere else; nothing of where they stood. Threads that meet here do the work twice at
    worst.
    """

    def __init__(self, roll: Roll) -> None:
        super().__init__()
        self.roll = roll

    def of(self, written: Iterable[str]) -> list[Glance]:
        """What each of some words may be."""
        return list(map(self.__getitem__, written))

    def __missing__(self, written: str) -> Glance:
        found = self._look(written, key_of(written))
        if len(written) <= LONGEST_GLUED:
            if len(self) >= _MOST_WORDS:
                self.clear()
            self[written] = found
        return found

    def _look(self, written: str, key: str) -> Glance:
        roll, word = self.roll, is_word(written)
        name, title, opens = _of_key(roll, written, key), title_of(written, key), key in roll.openings
        turned, known = (written, name) if name or word else _turned(roll, written, key)
        forenames = known.forenames if known else ()
        long_enough = len(written) >= _SHORTEST_NEAR and len(key) >= _SHORTEST_NEAR_KEY
        unknown = not (name or word) and long_enough and len(written) <= LONGEST_GLUED
        singular = _singular(roll, written, key) if unknown else None
        plural = tuple(_alike(written[:-1], singular.surnames)) if singular else ()
        slipped = unknown and not singular
        near = tuple(nearest(roll, written, key)) if slipped else ()
        inside = (*_inside(roll, written, key), *_blended(roll, written)) if slipped else ()
        if slipped and not inside:
            inside = tuple(_misspelt_inside(roll, written))
        surnames = tuple(_alike(written, name.surnames)) if name else ()
        named = name is not None and (surnames or name.forenames or name.aliases)
        coded = tuple(_coded(roll, written)) if slipped else ()
        matters = bool(named or title or opens or plural or near or inside)
        goes_on = self._goes_on(key)
        if not (matters or goes_on or forenames or coded):
            return _ENGLISH if word else _STRANGE
        return Glance(
            word=word,
            matters=matters,
            title=title,
            name=name,
            surnames=surnames,
            given=tuple(_alike(turned, forenames)),
            bearers=frozenset().union(*(one.people for one in forenames)),
            plural=plural,
            nearest=near,
            inside=inside,
            coded=coded,
            goes_on=goes_on,
            opens=opens,
            is_part=matters or bool(goes_on),
        )

    def begins(self, key: str) -> bool:
        """Whether some key on the Roll goes on after this one."""
        at = bisect_right(self._keys, key)
        return at < len(self._keys) and self._keys[at].startswith(key)

    def _goes_on(self, key: str) -> frozenset[str]:
        """How a second word begins that makes one key of the Roll with the first."""
        first = bisect_right(self._keys, key)
        last = bisect_left(self._keys, key + "{", first)
        rests = {longer[len(key) : len(key) + 2] for longer in self._keys[first:last]}
        return frozenset(rests | {key[-1] + rest[0] for rest in rests})

    @cached_property
    def _keys(self) -> list[str]:
        return sorted(self.roll.names)


def _of_key(roll: Roll, written: str, key: str) -> Name | None:
    """Everything on the Roll of the key of a word, if its letters fit any: "Gail" has the key of Gall."""
    name = roll.names.get(key)
    if name is None or any(_alike(written, (*name.surnames, *name.forenames, *name.aliases))):
        return name
    return None


def _turned(roll: Roll, written: str, key: str) -> tuple[str, Name | None]:
    """A word read backwards or upside down, and the name that it then is."""
    if len(key) > 2:
        for turned in (
            written[::-1],
            *(written[::-1].translate(table) for table in (_UPSIDE_DOWN, _IN_A_MIRROR)),
        ):
            if name := roll.names.get(key_of(turned)):
                return turned, name
    return written, None


def title_of(written: str, key: str) -> str:
    """The title that a word is, in short; "" for none."""
    return TITLES.get(key) or _FOREIGN_TITLES.get(written, "")


def is_part(letters: str, roll: Roll) -> bool:
    """Whether letters are a surname or forename on the Roll."""
    name = roll.names.get(key_of(letters)) if len(letters) > 2 else None
    return name is not None and any(
        same_key_slip(letters, one.letters) is not None for one in (*name.surnames, *name.forenames)
    )


def _coded(roll: Roll, written: str) -> Iterator[tuple[int, str]]:
    """The names that a word may be in a code, by the number of the code."""
    if not (written.isascii() and written.isalpha()):
        return
    turned = len(written) > _SHORTEST_CODED and steps(written) in roll.blurs
    for number, code in enumerate(CODES):
        if not (number or turned):
            continue
        for letters in code(written):
            if len(letters) >= _SHORTEST_CODED and is_part(letters, roll):
                yield number, letters
                break


def _singular(roll: Roll, written: str, key: str) -> Name | None:
    """The surname that a word is the plural of ("the Cloughs")."""
    if len(key) < _SHORTEST_PLURAL or not key[-1] == written[-1] == "s":
        return None
    name = roll.names.get(key[:-1])
    return name if name is not None and name.surnames else None


def _alike(written: str, spellings: Iterable[Spelling]) -> Iterator[tuple[Spelling, Slip]]:
    """Those names of one key that letters written with that key may be."""
    for spelling in spellings:
        slip = same_key_slip(written, spelling.letters)
        if slip is not None:
            yield spelling, slip


def nearest(roll: Roll, written: str, key: str) -> list[tuple[Spelling, Slip]]:
    """Surnames that a word may be a misspelling of: an edit away, spelt as said, without vowels,
    backwards."""
    found = list[tuple[Spelling, Slip]]()
    if len(key) > LONGEST_SLIPPED:
        return found
    turned = (key_of(written[::-1].translate(table)) for table in (_UPSIDE_DOWN, _IN_A_MIRROR))
    for other in (key[::-1], *turned) if len(key) > 4 else ():
        if (name := roll.names.get(other)) and name.surnames:
            return [(spelling, Slip.TURNED) for spelling in name.surnames]
    for shape, letter in _SAME_SHAPES:
        if shape in written and (name := roll.names.get(key_of(written.replace(shape, letter)))):
            found += [(spelling, Slip.EDIT) for spelling in name.surnames]
    for candidate in roll.near(key):
        name = roll.names.get(candidate)
        if name is None:
            continue
        for spelling in name.surnames:
            edits = distance(written, spelling.letters, most=2)
            if edits <= 1 or (edits == 2 and len(spelling.letters) >= 8):
                found.append((spelling, Slip.EDIT if edits <= 1 else Slip.EDITS))
    found += _lengthened(roll, written, key)
    for blur in blurs(written) if len(written) >= _SHORTEST_BLURRED else ():
        for letters in roll.blurs.get(blur, ()):
            name = roll.names.get(key_of(letters))
            for spelling in name.surnames if name else ():
                if spelling.letters == letters and all(spelling is not other for other, _ in found):
                    found.append((spelling, Slip.BLURRED))
    for table, form, slip in (
        (roll.sounds, sound(written), Slip.SOUND),
        (roll.consonants, written, Slip.VOWELS),
    ):
        for candidate in table.get(form, ()):
            name = roll.names.get(candidate)
            for spelling in name.surnames if name else ():
                meant = slip is Slip.VOWELS or sounds_alike(written, spelling.letters)
                if meant and all(spelling is not other for other, _ in found):
                    found.append((spelling, slip))
    return found


def _shared(first: str, second: str) -> int:
    """How many letters two words begin with in common."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(first), len(second)))


def _lengthened(roll: Roll, written: str, key: str) -> Iterator[tuple[Spelling, Slip]]:
    """Surnames with a mocking end ("Quillfeatherinator"), or with a word put into them."""
    if len(written) < _SHORTEST_LENGTHENED:
        return
    for candidate in roll.beginning(key[:3]):
        if len(candidate) < _SHORTEST_BLURRED or len(candidate) > len(key) - 3:
            continue
        for spelling in roll.names[candidate].surnames:
            letters = spelling.letters
            head, tail = _shared(written, letters), _shared(written[::-1], letters[::-1])
            more = len(written) - len(letters)
            cuts = range(max(3, len(letters) - tail), min(head, len(letters) - 2) + 1)
            if (head == len(letters) and written[head:] in _MOCKING) or any(
                is_word(written[at : at + more]) for at in cuts
            ):
                yield spelling, Slip.EDIT


def _inside(roll: Roll, written: str, key: str) -> Iterator[Inside]:
    """Those whom a word names with letters before or after their surname."""
    names, heads, size = roll.names, roll.heads, len(key)
    if size < _SHORTEST_AROUND_NAME:
        return
    found = []
    for begin in range(size - HEAD + 1):
        if key[begin : begin + HEAD] not in heads:
            continue
        for end in range(begin + HEAD, size + 1 if begin else size):
            name = names.get(key[begin:end])
            if name is not None and name.surnames:
                found.append((begin, name))
    for length in range(2, HEAD):  # "masonhall", "jiayiliu"
        name = names.get(key[-length:])
        if name is not None and name.surnames:
            found.append((size - length, name))
    if not found:
        return
    # Where each letter of the key begins among those written, which may be doubled.
    at = [place for place, letter in enumerate(key_letters(written)) if letter]
    at.append(len(written))
    for begin, name in found:
        for spelling in name.surnames:
            for first in range(at[begin], at[begin + 1]):  # "tamsinnolan": either n may begin the name
                if written.startswith(spelling.letters, first):
                    yield from _with_letters_about(roll, written, first, spelling)
                    break


def _with_letters_about(roll: Roll, written: str, first: int, spelling: Spelling) -> Iterator[Inside]:
    """What the letters before and after a surname inside a word make of it."""
    last = first + len(spelling.letters)
    head, tail = written[:first], written[last:]
    for place in spelling.people if len(head) > 1 or len(tail) > 1 else ():
        for letters, short in roll.bearer(place).given.items():
            if len(letters) < (2 if len(spelling.letters) >= HEAD else 3):
                continue
            one = frozenset((place,))
            if head.endswith(letters):
                rule = "half_name" if spelling.half else "nickname" if short else "full_name"
                yield Inside(first - len(letters), last, rule, one, spelling, letters)
            elif tail.startswith(letters):
                yield Inside(first, last + len(letters), "transposed", one, spelling, letters)
    long_enough = len(spelling.letters) >= 5
    title = next((title for title in GLUED_TITLES if head.endswith(title)), "")
    if title and (long_enough or head == title):
        people = roll.of_title(title, spelling.people, also_pupils=False)
        if people:
            rule = "title_half" if spelling.half else "title_surname"
            yield Inside(first - len(title), last, rule, people, spelling, title=title)
    if len(head) == 1 and not tail and long_enough:
        people = roll.with_initial(head, spelling.people)
        if people:
            yield Inside(0, last, "initial_surname", people, spelling, head)
    if not head and len(tail) == 1 and long_enough:
        people = roll.with_initial(tail, spelling.people)
        if people:
            yield Inside(first, len(written), "transposed_initial", people, spelling, tail, in_token=True)
    alone = len(spelling.letters) >= _SHORTEST_ALONE_INSIDE and not is_word(spelling.letters)
    if alone and _are_words(head) and _are_words(tail):
        yield Inside(first, last, "surname", spelling.people, spelling, in_token=True)


def _blended(roll: Roll, written: str) -> Iterator[Inside]:
    """Those whose forename and surname a word begins as, one after the other ("Tamsquill")."""
    if is_surname(written) or is_forename(written):
        return
    for cut in range(BLENDED_GIVEN, BLENDED_GIVEN + 2):
        head, tail = written[:cut], written[cut:]
        if not BLENDED_SURNAME <= len(tail) <= BLENDED_SURNAME + 1:
            continue
        for place in roll.blends.get(head[:BLENDED_GIVEN] + tail[:BLENDED_SURNAME], ()):
            one = roll.bearer(place)
            if one.surname.startswith(tail) and any(letters.startswith(head) for letters in one.given):
                people = frozenset((place,))
                spelling = Spelling(one.surname, people)
                yield Inside(0, len(written), "full_name", people, spelling, head, cut=cut)


def _misspelt_inside(roll: Roll, written: str) -> Iterator[Inside]:
    """Those whose forename a word is and then their surname with one letter wrong ("zadiepelgrive")."""
    for cut in range(3, len(written) - _SHORTEST_MISSPELT_INSIDE + 2):
        given, tail = written[:cut], written[cut:]
        name = roll.names.get(key_of(given))
        if name is None or not name.forenames or is_surname(tail) or is_word(tail):
            continue
        for place in frozenset().union(*(one.people for one in name.forenames if one.letters == given)):
            surname = roll.bearer(place).surname
            if len(surname) >= _SHORTEST_MISSPELT_INSIDE and distance(tail, surname, most=1) <= 1:
                people = frozenset((place,))
                spelling = Spelling(surname, people)
                yield Inside(0, len(written), "full_name", people, spelling, given, misspelt=True)


def _are_words(letters: str) -> bool:
    """Whether letters are words run together, or nothing ("justicefor", "maths", but not "offici")."""
    reached, jobs = {0}, lexicon().jobs
    for end in range(1, len(letters) + 1):
        pieces = (letters[start:end] for start in range(max(0, end - 12), end) if start in reached)
        if any(is_word(piece) or piece in jobs for piece in pieces):
            reached.add(end)
    return len(letters) in reached
