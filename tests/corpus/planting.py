"""Plants mentions of people into carriers: what is asked of the matcher, and the truth beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from random import Random

from monitor.model import Person, Role
from tests.corpus.carriers import Carrier, Post, carriers, companion_sentences, plant
from tests.corpus.distractors import chatter
from tests.corpus.reader import Form, Written, consistent, misread
from tests.corpus.registers import School, everyday_surnames, ordinary_words, plain
from tests.corpus.shapes import titled

TRIES = 400
MOST_POSSIBLE = 8
"""A mention that leaves more people possible than this tells a reader nothing; none is planted."""
Oracle = Callable[[Sequence[Person], Person, Form, Written], set[str]]


_WITH_COMPANION, _WITH_CHATTER = 0.1, 0.3


class Planter:
    """Plants mentions of the people of one School. The same seed gives the same posts."""

    def __init__(self, school: School, seed: int, oracle: Oracle = consistent) -> None:
        self.school = school
        self.seed = seed
        self._oracle = oracle
        self._bearers = Counter(plain(one.surname) for one in school.people)
        self._adults = [one for one in school.people if one.role is not Role.PUPIL]

    @cached_property
    def _by_background(self) -> dict[str, list[Person]]:
        groups: dict[str, list[Person]] = {}
        for one in self.school.people:
            groups.setdefault(self.school.background[one.id], []).append(one)
        return groups

    def posts(self, form: Form, count: int) -> Iterator[Post]:
        """Up to `count` posts in school context with one mention in this form, half of them of adults."""
        random = Random(f"{self.seed} {form.name}")
        people = self.school.people
        for _ in range(count):
            for _ in range(TRIES):
                chosen = random.choice(self._adults if random.random() < 0.5 else people)
                post = self._post(form, chosen, random)
                if post:
                    yield post
                    break

    def posts_about(self, background: str, forms: Sequence[Form], count: int) -> Iterator[Post]:
        """Up to `count` posts about people of one background, the forms in turn."""
        random = Random(f"{self.seed} {background}")
        people = self._by_background.get(background, [])
        for number in range(count if people else 0):
            for _ in range(TRIES):
                post = self._post(forms[number % len(forms)], random.choice(people), random)
                if post:
                    yield post
                    break

    def _post(self, form: Form, person: Person, random: Random) -> Post | None:
        written = form.write(person, random)
        if written is None or misread(self.school.people, person, written):
            return None
        carrier = random.choice(carriers())
        if not carrier.suits(person):
            return None
        allowed = carrier.narrows(self.school.people, self._oracle(self.school.people, person, form, written))
        if not self._can_be_asked(person, written, carrier, allowed):
            return None
        text, spans = plant(carrier, written, random)
        post = Post(
            text=text, own_source=carrier.own_source, spans=spans, person=person.id,
            allowed=frozenset(allowed), form=form.name, background=self.school.background[person.id],
        )  # fmt: skip
        if random.random() < _WITH_COMPANION:
            post = self._with_companion(post, person, random)
        if random.random() < _WITH_CHATTER and "{school}" in carrier.text:
            post = _with_chatter(post, random)
        return post

    def _with_companion(self, post: Post, person: Person, random: Random) -> Post:
        """The same post with somebody else named plainly at its end."""
        other = random.choice(self._adults)
        if plain(other.surname) == plain(person.surname):
            return post
        name = f"{titled(other, random)} {other.surname}"
        before, after = random.choice(companion_sentences()).split("{other}")
        start = len(post.text) + 1 + len(before)
        text = f"{post.text} {before}{name}{after}"
        return replace(post, text=text, companion=(start, start + len(name), other.id))

    def _can_be_asked(self, person: Person, written: Written, carrier: Carrier, allowed: set[str]) -> bool:
        """Whether the rules want this person found here (R38).

        A bare surname counts only where it is distinctive; who has a common name needs the School and a
        second cue: a title, a form, or words around the name that say who it is.
        """
        clue = written.clue
        second = bool(clue.title or clue.couple or clue.alias or clue.year or carrier.said)
        surname = plain(person.surname)
        common = "common" in person.flags or (person.role is Role.PUPIL and surname in everyday_surnames())
        if common and not second:
            return False
        told = bool(clue.given or clue.given_initial or clue.title or clue.couple or clue.year or clue.alias)
        if not told:
            return (
                self._bearers[surname] <= 2
                and len(surname) >= 6
                and surname not in ordinary_words() | everyday_surnames()
                and "common" not in person.flags
            )
        whole = bool((clue.given or clue.title) and clue.surname)
        return whole or len(allowed) <= MOST_POSSIBLE


def _with_chatter(post: Post, random: Random) -> Post:
    """The same post among talk of other things."""
    said, gap = chatter(random), random.choice([" ", "\n", ". ", "\n\n"])
    if random.random() < 0.5:
        return replace(post, text=post.text + gap + said)
    by = len(said + gap)
    spans = tuple((first + by, last + by) for first, last in post.spans)
    companion = post.companion
    if companion:
        companion = (companion[0] + by, companion[1] + by, companion[2])
    return replace(post, text=said + gap + post.text, spans=spans, companion=companion)
