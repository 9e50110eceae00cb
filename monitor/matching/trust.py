"""Which of many schools a text may mean, for a trust that watches for all of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ahocorasick_rs import BytesAhoCorasick

from monitor.folding import read_batch
from monitor.matching.hits import batches, hits_in, written_there
from monitor.matching.terms import Form, forms_of
from monitor.model import SchoolTerms


class Schools:
    """The terms of many schools in one automaton: a text is read once, however many there are.

    It knows no names: a text posted where one school is meant anyway, and names that stand alone, are for
    that school's Matcher.
    """

    def __init__(self, terms: Mapping[str, SchoolTerms]) -> None:
        shapes: dict[bytes, dict[str, tuple[Form, ...]]] = {}
        for school, own in terms.items():
            for shape, form in forms_of(own):
                schools = shapes.setdefault(shape, {})
                schools[school] = (*schools.get(school, ()), form)
        self._forms = tuple(shapes.values())
        self._automaton = BytesAhoCorasick(list(shapes)) if shapes else None

    def meant(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The schools that each text may mean, in order: those with a term in it, be it a short form that
        proves nothing. No other school's Matcher finds its school by the words of the text. Rule: R37."""
        found: list[tuple[str, ...]] = []
        for first, last in batches(texts):
            found += self._meant(texts[first:last])
        return found

    def _meant(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        batch = read_batch(texts)
        meant: list[set[str]] = [set() for _ in texts]
        for hit in hits_in(self._automaton, batch):
            known = meant[hit.text]
            for school, forms in self._forms[hit.pattern].items():
                if school not in known and any(written_there(texts[hit.text], batch, hit, forms)):
                    known.add(school)
        return [tuple(sorted(schools)) for schools in meant]
