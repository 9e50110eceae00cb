"""About whom something is said: the words of a text by clause, and whom each of them stands for.

"Pathetic" says nothing by itself. "Brackenhall is pathetic", "that pathetic excuse for a bus", "I feel
pathetic" and "he told my son he was pathetic" are an insult, a grumble, a confession and a complaint.
This module finds, for a place in a reading, the nearest thing or person that grammar lets it speak of:
what follows it directly, then the subject before it, then what the sentence before was about. It knows
English word order, not meaning; where it finds nobody it says so.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from monitor.triage.rules import mention_words, scene


class Whom(Enum):
    """What a word or phrase stands for."""

    ADULT = auto()
    """Somebody on the Register, or a post that one person holds."""
    POST = auto()
    """Somebody without a name whose work only one person does ("the SENCO")."""
    ROLE = auto()
    """Somebody at the School without a name, or with one that is on no Register ("his maths teacher")."""
    SHE_OR_HE = auto()
    YOU = auto()
    WORK = auto()
    """What an adult does or has: "Mr Brackenhall's lessons"."""
    PUPIL = auto()
    OWN_CHILD = auto()
    SELF = auto()
    GROUP = auto()
    """Adults of the School together: "the teachers", "leadership", "they"."""
    SCHOOL = auto()
    ELSEWHERE = auto()
    """Another school, a council, a company."""
    THING = auto()
    IT = auto()
    """A thing, or all that was said before."""
    WHOEVER = auto()
    """Somebody who is only described by what they did: "whoever called her that"."""
    NOBODY = auto()


IDENTIFIED = frozenset({Whom.ADULT, Whom.POST, Whom.ROLE})
_PEOPLE = IDENTIFIED | {Whom.PUPIL, Whom.OWN_CHILD}
_NOT_DESCRIBED = (Whom.SELF, Whom.OWN_CHILD, Whom.YOU, Whom.GROUP, Whom.NOBODY)
_CAN_BE = _PEOPLE | {
    Whom.THING, Whom.IT, Whom.SHE_OR_HE, Whom.YOU, Whom.WORK, Whom.SCHOOL, Whom.ELSEWHERE,
}  # fmt: skip
_AUTHORS_SIDE = frozenset({Whom.SELF, Whom.OWN_CHILD, Whom.PUPIL})


@dataclass(frozen=True, slots=True)
class Mention:
    """A word or phrase that stands for somebody or something. `aside` is True behind a preposition."""

    start: int
    end: int
    whom: Whom
    aside: bool = False
    woman: bool | None = None


class Scene:
    """One reading, cut into sentences and clauses, with everything that it mentions.

    `stops` are places where a sentence ends although the reading does not show it (after an emoji).
    """

    def __init__(self, text: str, known: Iterable[Mention], stops: Iterable[int] = ()) -> None:
        self.text = text
        self._mentions = _mentions(text, known)
        self._begins = [mention.start for mention in self._mentions]
        ends = (found.end() for found in scene()["sentence_ends"].finditer(text))
        self._sentences = sorted({0, *ends, *stops})
        clauses = (found.end() for found in scene()["clause_ends"].finditer(text))
        self._clauses = sorted({*self._sentences, *clauses})

    # --- pieces of the text ---------------------------------------------------------------------

    def clause(self, at: int) -> tuple[int, int]:
        """The clause around a place."""
        return self._piece(self._clauses, at)

    def sentence(self, at: int) -> tuple[int, int]:
        """The sentence around a place."""
        return self._piece(self._sentences, at)

    def within(self, start: int, end: int) -> list[Mention]:
        """Everything mentioned between two places."""
        first = bisect_right(self._begins, start - 1)
        return [mention for mention in self._mentions[first : first + _MOST] if mention.end <= end]

    def asks(self, at: int) -> bool:
        """Whether the sentence is a plain question, not a rhetorical one."""
        start, end = self.sentence(at)
        sentence = self.text[start:end]
        return (
            "?" in sentence[-4:]
            and bool(scene()["asks"].match(sentence.lstrip()))
            and not scene()["rhetorical"].search(sentence)
        )

    # --- about whom -----------------------------------------------------------------------------

    def described(self, start: int, end: int) -> Whom:
        """Whom a quality or a name for somebody speaks of ("pathetic", "that worm")."""
        follows = self._follows(end)
        if follows is not None:
            return follows
        stands_alone = scene()["not_described"].match(self.text, end + 1) or self.text[end : end + 1] != " "
        # "Is a pathetic attention seeker" still says what its subject is.
        if not stands_alone and not scene()["predicate"].search(
            self.text[max(0, start - _LOOKS_BACK) : start]
        ):
            return Whom.THING
        return self.topic(start, end)

    def subject(self, start: int, end: int) -> Whom:
        """Who does what stands at a place; left out, it is the subject of the clause before."""
        low, _ = self.clause(start)
        sentence, _ = self.sentence(start)
        if low > sentence and not self.within(low, start):
            before, _ = self.clause(low - 1)
            straight = [one for one in self.within(before, low) if not one.aside]
            if straight and straight[0].whom in _AUTHORS_SIDE:
                return straight[0].whom
        return self.topic(start, end)

    def by_whom(self, end: int) -> Whom:
        """By whom something is done that is told in the passive: "ignored by Mr Smith"; else nobody."""
        _, high = self.clause(max(0, end - 1))
        found = next(iter(self.within(end, high)), None)
        between = self.text[end : found.start] if found else ""
        return self._settled(found) if found and between.split()[-1:] == ["by"] else Whom.NOBODY

    def topic(self, start: int, end: int) -> Whom:
        """What the words before a place were about, or whom a quality behind "is" belongs to."""
        low, high = self.clause(start)
        before = self.within(low, start)
        found = self._nearest(before)
        if found is None:
            found = next((one for one in self.within(end, high) if one.whom in _CAN_BE), None)
        sentence, stop = self.sentence(start)
        if found is None and low == sentence:
            found = next((one for one in self.within(end, stop) if one.whom in IDENTIFIED), None)
        if found is None:
            found = self._topic(low)
        if found is None:
            _, beyond = self.sentence(stop)
            found = next((one for one in self.within(stop, beyond) if one.whom in IDENTIFIED), None)
        return self._settled(found) if found else Whom.NOBODY

    def object(self, start: int, end: int) -> Whom:
        """Whom a feeling or an act is aimed at: what follows it, else what its sentence is about."""
        low, high = self.clause(start)
        for mention in self.within(end, high):
            if mention.whom is not Whom.SELF:
                return self._settled(mention)
        before = [one for one in self.within(low, start) if one.whom not in _AUTHORS_SIDE]
        found = self._nearest(before) or self._topic(low)
        return self._settled(found) if found and found.whom not in _AUTHORS_SIDE else Whom.NOBODY

    def speaks_of_adult(self, at: int) -> bool:
        """Whether somebody identified is mentioned in the clause before a place, or behind a preposition
        after it ("an awful lesson with Mr Smith"), by name or as "he" or "she"."""
        low, high = self.clause(at)
        return any(
            self._settled(mention) in IDENTIFIED
            for mention in self.within(low, high)
            if mention.aside or mention.start < at
        )

    def told_by(self, start: int) -> Whom:
        """Who is said to have said what stands at a place ("told my son he was thick"); else nobody."""
        low, _ = self.clause(start)
        tells = list(scene()["tells"].finditer(self.text, low, start))
        if not tells:
            return Whom.NOBODY
        before = self._nearest(self.within(low, tells[-1].start()))
        return self._settled(before) if before else Whom.NOBODY

    def _follows(self, end: int) -> Whom | None:
        """Whom a describing word stands directly before: "useless Mr Smith", "pathetic excuse"."""
        found = scene()["describes"].match(self.text, end)
        at = found.end() if found else end
        if at >= len(self.text) or self.text[at] != " ":
            return None
        at += 1
        first = bisect_right(self._begins, at - 1)
        if first < len(self._mentions) and self._mentions[first].start == at:
            whom = self._settled(self._mentions[first])
            return whom if whom not in _NOT_DESCRIBED else None
        return None

    def _nearest(self, before: list[Mention]) -> Mention | None:
        """The last of these that can be a subject; one behind a preposition only if there is no other."""
        straight = [mention for mention in before if not mention.aside] or before
        if straight and straight[0].whom is Whom.WHOEVER:
            return straight[0]
        return straight[-1] if straight else None

    def _topic(self, low: int) -> Mention | None:
        """What the clauses before a place were about: an adult there, else whatever stood first."""
        for _ in range(_CLAUSES_BACK):
            if low <= 0:
                break
            start, _ = self.clause(low - 1)
            mentions = self.within(start, low)
            straight = [mention for mention in mentions if not mention.aside] or mentions
            for wanted in (IDENTIFIED, {Whom.SHE_OR_HE, Whom.WORK}, set(Whom) - _AUTHORS_SIDE):
                for mention in straight if wanted is not IDENTIFIED else mentions:
                    if mention.whom in wanted:
                        return mention
            low = start
        return None

    def _settled(self, mention: Mention) -> Whom:
        """A pronoun as whom it stands for; anything else as it is."""
        if mention.whom is Whom.SHE_OR_HE:
            return self._antecedent(mention)
        if mention.whom is Whom.YOU:
            named = [one.whom for one in self._mentions[:_MOST] if one.whom in IDENTIFIED]
            return named[0] if named else Whom.SCHOOL
        return mention.whom

    def _antecedent(self, pronoun: Mention) -> Whom:
        people = [one for one in self._mentions[: _MOST * 2] if one.whom in _PEOPLE]
        fits = [one for one in people if None in (one.woman, pronoun.woman) or one.woman == pronoun.woman]
        earlier = [one for one in fits if one.end <= pronoun.start]
        for mention in reversed(earlier):
            if mention.whom in IDENTIFIED and not (mention.aside and earlier[-1].whom in _AUTHORS_SIDE):
                return mention.whom
        if earlier:
            return earlier[-1].whom
        return fits[0].whom if fits else Whom.NOBODY

    def _piece(self, cuts: list[int], at: int) -> tuple[int, int]:
        place = bisect_right(cuts, at) - 1
        return cuts[place], cuts[place + 1] if place + 1 < len(cuts) else len(self.text)


_MOST = 60
"""As many mentions as any decision looks at, so that a text of ten thousand names stays linear."""
_CLAUSES_BACK = 12
_LOOKS_BACK = 40
_TITLE_BEFORE = re.compile(r"\b(mr|mrs|miss|ms|sir) $")
_WOMAN = re.compile(r"\b(?:mrs|miss|ms|she|her|hers|herself|woman|lady|mum|daughter|girl|sister|niece)\b")
_MAN = re.compile(r"\b(?:mr|sir|he|him|his|himself|man|bloke|dad|son|boy|lad|brother|nephew)\b")


def _mentions(text: str, known: Iterable[Mention]) -> list[Mention]:
    """The known mentions and those that words alone tell, none inside another, in order."""
    kept: list[Mention] = []
    spans = sorted(known, key=lambda one: (one.start, -one.end))
    for mention in spans:
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    known_now, at = list(kept), 0
    for mention in _spoken(text):
        while at < len(known_now) and known_now[at].end <= mention.start:
            at += 1
        if at == len(known_now) or mention.end <= known_now[at].start:
            kept.append(mention)
    kept.sort(key=lambda one: one.start)
    placed: list[Mention] = []
    for mention in kept:
        if not placed or mention.start >= placed[-1].end:
            placed.append(_placed(text, mention))
    return placed


def _spoken(text: str) -> Iterator[Mention]:
    """What the mention patterns find, each pattern's group naming whom it stands for."""
    for found in mention_words().finditer(text):
        yield Mention(found.start(), found.end(), Whom[(found.lastgroup or "thing").upper()])


def _placed(text: str, mention: Mention) -> Mention:
    """The mention with what stands around it: a preposition, a possessive, a title."""
    before = text[max(0, mention.start - 24) : mention.start]
    words = text[mention.start : mention.end]
    title = _TITLE_BEFORE.search(before)
    told = f"{title[1]} {words}" if title else words
    woman = True if _WOMAN.search(told) else False if _MAN.search(told) else None
    whom, end = mention.whom, mention.end
    if whom in IDENTIFIED:
        owned = scene()["owns"].match(text, mention.end)
        if owned:
            whom, end = Whom.WORK, owned.end()
    aside = bool(scene()["preposition"].search(before))
    return Mention(mention.start, end, whom, aside, woman)
