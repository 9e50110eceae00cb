"""Where a surname stands, as it is registered or nearly: whole, in pieces, with a slip, with letters starred
out, or inside another word. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from monitor.matching.censored import Starred
from monitor.matching.glance import LONGEST_GLUED, TITLES, Inside, nearest
from monitor.matching.grammar.mentions import Mention, Surname
from monitor.matching.grammar.passage import Passage
from monitor.matching.lexicon import lexicon
from monitor.matching.names import is_word
from monitor.matching.roll import Name, Spelling
from monitor.matching.spelling import Slip, key_of, same_key_slip


def written(passage: Passage, i: int) -> Iterator[Surname]:
    """Word `i` as the surnames of its key, unless it is an English word among such."""
    if _is_among_words(passage, i):
        return
    words, one = passage.words, passage.seen[i]
    small = one.word and not words.capital(i)  # "was" is no Wass
    for spelling, slip in one.surnames:
        if slip is Slip.NONE or not small:
            yield Surname(i, i, words.starts[i], words.ends[i], spelling, slip)


def _is_among_words(passage: Passage, i: int) -> bool:
    """Whether word `i` is small and English, and so are those beside it, so that none is a name here."""
    words = passage.words
    if (
        not passage.seen[i].word
        or words.capital(i)
        or not (_is_plain(passage, i - 1) and _is_plain(passage, i + 1))
    ):
        return False
    return not i or not words.written[i].startswith(words.written[i - 1])


def _is_plain(passage: Passage, i: int) -> bool:
    """Whether word `i`, or the lack of it, makes nobody's name of the surname beside it."""
    if not 0 <= i < len(passage.seen):
        return True
    seen, letters = passage.seen[i], passage.words.written[i]
    named = (
        not seen.word or seen.given or seen.title or len(letters) == 1 or letters in lexicon().between_names
    )
    return not (named or passage.words.capital(i))


def slipped(passage: Passage, i: int) -> Iterator[Surname]:
    """What word `i`, neither English nor on the Roll, may be a plural or a slip of."""
    words, seen = passage.words, passage.seen[i]
    letters, start, end = words.written[i], words.starts[i], words.ends[i]
    if seen.plural:
        end = start + len(words.reading[start : end - 1].rstrip(" .-_*\u00b7"))
        for spelling, slip in seen.plural:
            yield Surname(i, i, start, end, spelling, slip)
        return
    for spelling, slip in seen.nearest:
        whole = letters.startswith(spelling.letters) and end - start == len(letters)  # "@mr_nasserx"
        yield Surname(i, i, start, start + len(spelling.letters) if whole else end, spelling, slip)


def inside(passage: Passage, i: int) -> Iterator[Mention]:
    """ "tamsinquillfeather", "mrsmithout", "justiceforquillfeather": a surname inside word `i`, with what
    precedes or follows it."""
    words = passage.words
    start, end = words.starts[i], words.ends[i]
    spaced = end - start != len(words.written[i])  # then places are not letters
    for one in passage.seen[i].inside:
        if one.in_token and not passage.in_token(i) and not _ends_in_initial(passage, i, one):
            continue
        places = (start, end) if spaced else (start + one.first, start + one.last)
        letters, half = one.spelling.letters, one.spelling.half
        mention = Mention(i, i, *places, one.rule, one.people, letters, one.given, title=one.title, half=half)
        if one.cut:
            capital = not spaced and words.quoted(start + one.cut, start + one.cut + 1).isupper()
            mention = mention._replace(slips=(Slip.CUT,), notes=() if capital else ("blended",))
        if one.misspelt:
            mention = mention._replace(slips=(Slip.EDIT,))
        yield mention._replace(inside=True)


def _ends_in_initial(passage: Passage, i: int, one: Inside) -> bool:
    """Whether a capital ends word `i`, a surname and an initial: "QuillfeatherT"."""
    last = passage.words.ends[i] - 1
    if one.rule != "transposed_initial" or passage.words.shouted(i):
        return False
    return passage.words.quoted(last, last + 1).isupper()


def in_pieces(passage: Passage, name: Name, *, first: int, last: int) -> Iterator[Surname]:
    """Words `first` to `last` as a surname of theirs altogether."""
    words = passage.words
    letters = "".join(words.written[first : last + 1])
    for spelling in name.surnames:
        slip = same_key_slip(letters, spelling.letters)
        if slip is not None:
            yield Surname(first, last, words.starts[first], words.ends[last], spelling, slip)


def hyphenated(passage: Passage, i: int) -> Iterator[Surname]:
    """A double-barrelled name, or one with an apostrophe, in the plural or with a slip in it."""
    words, roll = passage.words, passage.roll
    whole = words.written[i] + words.written[i + 1]
    if len(whole) < 5 or not whole.isalpha() or len(whole) > LONGEST_GLUED:
        return
    start, end = words.starts[i], words.ends[i + 1]
    if i + 2 < len(words.written) and words.gap(i + 1) == words.gap(i) == "-":
        yield from _with_word_inside(passage, i)
    if whole[-1] == "s" and (name := roll.names.get(key_of(whole[:-1]))):
        for spelling in name.surnames:
            yield Surname(i, i + 1, start, end - 1, spelling, Slip.NONE)
        return
    if is_word(words.written[i]) and is_word(words.written[i + 1]) and not words.capital(i + 1):
        return
    yield from _both_misspelt(passage, i)
    for spelling, slip in nearest(roll, whole, key_of(whole)):
        yield Surname(i, i + 1, start, end, spelling, slip)


def _with_word_inside(passage: Passage, i: int) -> Iterator[Surname]:
    """ "Quill-bloody-feather"."""
    words = passage.words
    letters = words.written[i] + words.written[i + 2]
    name = passage.roll.names.get(key_of(letters))
    for spelling in name.surnames if name else ():
        if spelling.letters == letters:
            yield Surname(i, i + 2, words.starts[i], words.ends[i + 2], spelling, Slip.EDIT)


def _both_misspelt(passage: Passage, i: int) -> Iterator[Surname]:
    """ "Farow-Lindquist": a slip in each half of a double-barrelled name."""
    words, roll = passage.words, passage.roll
    first, second = (
        [spelling for spelling, _ in passage.seen[at].nearest if spelling.half] for at in (i, i + 1)
    )
    for one, other in product(first, second):
        letters = one.letters + other.letters
        people = frozenset(
            place for place in one.people & other.people if roll.bearer(place).surname == letters
        )
        if people:
            start, end = words.starts[i], words.ends[i + 1]
            yield Surname(i, i + 1, start, end, Spelling(letters, people), Slip.EDITS)


def censored(passage: Passage, one: Starred) -> Iterator[Surname]:
    """A name with letters starred out, if a word begins where it does."""
    starts = passage.words.starts
    first, last = bisect_left(starts, one.start), bisect_left(starts, one.end) - 1
    if first < len(starts) and starts[first] == one.start:
        for spelling in one.names:
            yield Surname(first, last, one.start, one.end, spelling, Slip.CENSORED)


def behind_censored(
    passage: Passage, hidden: Sequence[Starred], standing: Iterable[Surname]
) -> Iterator[Mention]:
    """ "Z*die Pellgrove", "Za*ie Pell***ve": a surname right behind a forename with letters starred out."""
    starts, roll = passage.words.starts, passage.roll
    ends = {one.end + 1: one for one in hidden if not one.head}
    for surname in standing if ends else ():
        before = ends.get(surname.start)
        first = bisect_left(starts, before.start) if before else 0
        if before is None or starts[first] != before.start:
            continue
        called = [
            (place, letters)
            for place in surname.spelling.people
            for letters in roll.bearer(place).given
            if len(letters) > 2 and before.may_be(letters)
        ]
        if called:
            slips = (Slip.CENSORED,) if surname.slip is Slip.NONE else (surname.slip, Slip.CENSORED)
            people = frozenset(place for place, _ in called)
            rule = "half_name" if surname.spelling.half else "full_name"
            yield Mention(
                first, surname.last, before.start, surname.end, rule, people,
                surname.spelling.letters, called[0][1], slips=slips, half=surname.spelling.half,
            )  # fmt: skip


def censored_behind(passage: Passage, one: Starred) -> Iterator[Mention]:
    """ "LaceyW****n", "MsQ****r": what stands before the last capital is a forename or title."""
    roll = passage.roll
    i = max(0, bisect_left(passage.words.starts, one.start + 1) - 1)
    title = TITLES.get(one.head, "")
    given, rule = ("", "title_surname") if title else (one.head, "full_name")
    for spelling in one.names:
        if title:
            people = roll.of_title(title, spelling.people, also_pupils=False)
        else:
            people = frozenset(place for place in spelling.people if given in roll.bearer(place).given)
        if people:
            mention = Mention(i, i, one.start, one.end, rule, people, spelling.letters, given)
            yield mention._replace(slips=(Slip.CENSORED,), inside=True)
