"""What a word beside a surname says of the forename of its bearers: the forename itself, a slip of it, a
nickname or an initial. Pure.
"""

from __future__ import annotations

from monitor.matching.grammar.mentions import Given
from monitor.matching.grammar.passage import Passage
from monitor.matching.names import is_forename
from monitor.matching.spelling import Slip, shape_of, slip_of_given, stem_of_nickname


def given_at(passage: Passage, i: int, *, among: frozenset[int]) -> Given | None:
    """What word `i`, right before a surname, says of the forename of some of its bearers."""
    found = exact_given(passage, i, among=among)
    if found is not None:
        return found
    words, seen = passage.words, passage.seen[i]
    written = words.written[i]
    if len(written) == 1:
        if words.sign_before(i) == "'":
            return None  # "Year 7's Ottilie"
        people = passage.roll.with_initial(written, among)
        if not people or (written in "ai" and not passage.is_initial(i)):
            return None
        return Given(i, people, written, Slip.NONE, "initial_surname")
    if len(written) < 3 or seen.title or (seen.word and not words.capital(i)):
        return None
    return misspelt_given(passage, i, among=among)


def exact_given(passage: Passage, i: int, *, among: frozenset[int]) -> Given | None:
    """Those of some people who have word `i` as a forename or nickname."""
    seen, roll = passage.seen[i], passage.roll
    for spelling, slip in seen.given:
        people = spelling.people & among
        if people:
            nick = all(roll.bearer(place).given.get(spelling.letters) for place in people)
            # One may be registered as Daniel and another as Dan: the words allow both.
            more = seen.bearers & among
            return Given(i, more, spelling.letters, slip, "nickname" if nick else "full_name")
    return None


def misspelt_given(passage: Passage, i: int, *, among: frozenset[int]) -> Given | None:
    """Those of some people from whose forename word `i` departs least, if it may be a slip of any."""
    written = passage.words.written[i]
    found: dict[int, tuple[int, Slip, str]] = {}
    shape, stem = shape_of(written), stem_of_nickname(written)
    for letters, registered, places in passage.roll.called(among):
        rank = slip_of_given(written, letters, shape, registered, stem=stem)
        if rank is not None:
            found |= {place: min(rank, found.get(place, rank)) for place in places}
    if not found:
        return None
    best = min(rank for rank, _, _ in found.values())
    people = frozenset(place for place, (rank, _, _) in found.items() if rank == best)
    _, slip, letters = min(found.values())
    return Given(i, people, letters, slip, "full_name")


def given_in_two(passage: Passage, i: int, *, among: frozenset[int]) -> Given | None:
    """A forename of two parts, at words `i` and the next ("Ka Ho Chu")."""
    words = passage.words
    if i < 0 or words.keys[i + 1][:2] not in passage.seen[i].goes_on or not passage.joins(i):
        return None
    both = words.written[i] + words.written[i + 1]
    people = frozenset(place for place in among if both in passage.roll.bearer(place).given)
    return Given(i, people, both, Slip.NONE, "full_name") if people else None


def given_before_middle(passage: Passage, i: int, *, among: frozenset[int]) -> Given | None:
    """The forename before word `i` when that is a middle name or initial ("Amy Shona Smedley")."""
    words, seen = passage.words, passage.seen[i - 1]
    if seen.word and not words.capital(i - 1):
        return None
    if not passage.adjoins(i - 1) or passage.seen[i].title:
        return None
    before, middle = words.written[i - 1], words.written[i]
    farther = exact_given(passage, i - 1, among=among) or _capitals(passage, i - 1, among=among)
    if farther is None and len(before) > 3 and words.capital(i - 1) and not seen.word:
        farther = misspelt_given(passage, i - 1, among=among)
    if farther is None or (len(before) == 1 < len(middle)):
        return None
    word = passage.seen[i].word
    if len(middle) == 1:
        return farther
    if words.capital(i):
        return farther if is_forename(middle) or not word else None
    return None if word else farther


def _capitals(passage: Passage, i: int, *, among: frozenset[int]) -> Given | None:
    """Those of some people whose forename begins as word `i` does, one or two capitals ("PC Smith")."""
    words, written = passage.words, passage.words.written[i]
    if (
        len(written) > 2
        or (len(written) == 2 and passage.seen[i].word)
        or not written.isalpha()
        or not words.quoted(words.starts[i], words.ends[i]).isupper()
    ):
        return None
    people = passage.roll.with_initial(written[0], among)
    return Given(i, people, written[0], Slip.NONE, "initial_surname") if people else None


def is_other_forename(passage: Passage, i: int) -> bool:
    """Whether somebody else's forename stands there ("Kevin Smith" where there is no Kevin)."""
    words, seen = passage.words, passage.seen[i]
    written = words.written[i]
    if len(written) < 2 or (seen.word and not words.capital(i)):
        return False
    if is_forename(written) or (seen.name is not None and seen.name.forenames):
        return True
    return (
        not seen.word
        and words.capital(i)
        and not words.shouted(i)
        and words.gap(i) in (" ", "-")
        and words.capital(i + 1)
    )
