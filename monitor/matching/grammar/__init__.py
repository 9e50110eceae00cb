"""How English puts a name together, and where a text does so: titles, forenames, initials, surnames.

Pure. Finds every place that may name somebody on the Roll, with everyone whom the words allow; how sure
that is, monitor.matching.judgement says. Words that are no names cost one look-up each.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.matching.censored import starred
from monitor.matching.glance import Glance, Glances
from monitor.matching.grammar import forenames, surnames, titles
from monitor.matching.grammar.beside import around, sharing
from monitor.matching.grammar.mentions import Mention, Surname
from monitor.matching.grammar.passage import FARTHEST, Passage
from monitor.matching.lexicon import YEARS
from monitor.matching.roll import Name
from monitor.matching.spelling import key_of
from monitor.matching.words import Words

_REACH = range(-FARTHEST, FARTHEST + 1)


def find(words: Words, glances: Glances, *, seen: Sequence[Glance]) -> list[Mention]:
    """Every mention that the words allow of people on the Roll that is glanced at; they may overlap. `seen`
    is what the words may be by themselves."""
    passage = Passage(words, glances.roll, seen)
    looked_at = _looked_at(passage)
    standing, found = _standing(passage, glances, looked_at)
    if not YEARS.isdisjoint(words.written):
        found += forenames.misspelt_with_form(passage)
    if not (words.differing or passage.roll.vowelless_given.isdisjoint(words.written)):
        found += forenames.without_vowels(passage)
    if not words.masks:
        hidden = list(starred(words, passage.roll))
        for place in hidden:
            if place.head:
                found += surnames.censored_behind(passage, place)
            else:
                standing += surnames.censored(passage, place)
        found += surnames.behind_censored(passage, hidden, standing)
    for one in standing:
        if mention := around(passage, one):
            found += [mention, *sharing(passage, one, mention)]
    for i in looked_at:
        if seen[i].title and i + 1 < len(seen):
            found += titles.after_title(passage, i + 1)
    for i in looked_at:
        if (name := seen[i].name) and name.forenames:
            found += forenames.with_cue(passage, i)
            found += forenames.with_slip(passage, i)
            found += forenames.behind_year(passage, i)
    return _of_this_view(words, found) if words.differing else found


def _looked_at(passage: Passage) -> list[int]:
    """The words to look at: all others are nobody's name, neither by themselves nor with the next."""
    words, seen, keys = passage.words, passage.seen, passage.words.keys
    found = [
        i
        for i in [i for i, one in enumerate(seen) if one.is_part]
        if seen[i].matters or (i + 1 < len(keys) and keys[i + 1][:2] in seen[i].goes_on)
    ]
    if "-" in words.reading:
        hyphened = [i for i in range(len(seen) - 1) if words.gap(i) == "-"]
        found = sorted({*found, *hyphened})
    if words.differing:
        # What is far from a word that differs is found in the text as it is cut at first.
        beside = {i + step for i in words.differing for step in _REACH}
        found = [i for i in found if i in beside]
    return found


def _standing(
    passage: Passage, glances: Glances, looked_at: Sequence[int]
) -> tuple[list[Surname], list[Mention]]:
    """Where surnames stand; and whom an alias, or more than a surname in one word, names by itself."""
    words, seen, names = passage.words, passage.seen, passage.roll.names
    hyphens, apostrophes = "-" in words.reading, "'" in words.reading
    standing: list[Surname] = []
    found: list[Mention] = []
    for i in looked_at:
        one = seen[i]
        if one.name is not None:
            if one.surnames:
                standing += surnames.written(passage, i)
            if one.name.aliases:
                found += forenames.aliases(passage, one.name, first=i, last=i)
        elif (one.plural or one.nearest or one.inside) and not passage.contracted(i):
            found += surnames.inside(passage, i)
            standing += surnames.slipped(passage, i)
        if i + 1 == len(seen):
            break
        pieces: list[tuple[int, Name]] = []
        whole = names.get(passage.pair(i)) if words.keys[i + 1][:2] in one.goes_on else None
        if whole is not None and passage.joins(i):
            pieces.append((i + 1, whole))
        elif (hyphens and words.gap(i) == "-") or (apostrophes and passage.begins_with_apostrophe(i)):
            standing += surnames.hyphenated(passage, i)
        if one.opens and glances.begins(passage.pair(i)):
            pieces += _longer(passage, i)
        for last, name in pieces:
            found += forenames.aliases(passage, name, first=i, last=last)
            standing += surnames.in_pieces(passage, name, first=i, last=last)
    return standing, found


def _longer(passage: Passage, i: int) -> list[tuple[int, Name]]:
    """The names that word `i` makes with two or three after it, each with its last word."""
    words = passage.words
    found = []
    for last in range(i + 2, min(i + 4, len(words.keys))):
        whole = passage.roll.names.get(key_of("".join(words.written[i : last + 1])))
        if whole is not None and all(map(passage.joins, range(i, last))):
            found.append((last, whole))
    return found


def _of_this_view(words: Words, found: Sequence[Mention]) -> list[Mention]:
    """The mentions with a word in them that is another in the text as it is cut at first, as all others are
    found there; that a word was in disguise is a slip."""
    differing = [one for one in found if any(one.first <= i <= one.last for i in words.differing)]
    return [_masked(one, words) for one in differing] if words.masks else differing


def _masked(one: Mention, words: Words) -> Mention:
    """The mention with what its words were disguised by."""
    slips = {words.masks[i] for i in range(one.first, one.last + 1) if i in words.masks}
    return one._replace(slips=(*one.slips, *sorted(slips)))
