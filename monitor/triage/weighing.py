"""From words to categories: what a hit of a rule becomes once it is known about whom it speaks.

The same word is an insult, a complaint or nothing, by its target. Where grammar names nobody, or the
words are a question, somebody else's, or taken back in the next breath, a hit becomes weak: weak hits
alone ask a person in classes that prefer silence (R41, R46, R47).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from monitor.folding import Reading
from monitor.model import Matches, Role
from monitor.triage.about import IDENTIFIED, Mention, Scene, Whom
from monitor.triage.rules import Of, Rule, around, wordless

ADULT_ROLES = (Role.STAFF, Role.GOVERNOR, Role.VOLUNTEER)
_NEAR = 90
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff][\ufe0f\u200d\u2600-\u27bf\U0001f300-\U0001faff]*")
_SENTENCE_ENDS = re.compile(r"[.!?\n]")
_OPINION_REACH = 110
_LOOKS_BACK = 40
_AS_A_WHOLE = frozenset({Whom.SCHOOL, Whom.GROUP, Whom.THING, Whom.IT, Whom.NOBODY})
_PLACEHOLDERS = frozenset({Whom.SCHOOL, Whom.THING, Whom.IT, Whom.NOBODY})
_OTHERS = frozenset({Whom.ELSEWHERE, Whom.WHOEVER})
_AUTHORS_SIDE = frozenset({Whom.SELF, Whom.OWN_CHILD, Whom.PUPIL})
_WITHOUT_NAME = frozenset({Whom.POST, Whom.ROLE})


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fitted, by places in the reading. `weak` alone is no reason to tell anybody."""

    rule: Rule
    category: str
    start: int
    end: int
    weak: bool = False


def weigh(
    hits: Sequence[Hit], text: str, reading: Reading, *, matches: Matches, facts: frozenset[str]
) -> list[Hit]:
    """Turn the hits in the reading of a text into categories by what stands around them."""
    weighed: list[Hit] = []
    adults = [place_of(reading, *span) for span in _adult_spans(matches)]
    details = any(hit.category == "A7" for hit in hits)
    scene = None
    for hit in hits:
        if hit.rule.of is not Of.ANYTHING:
            scene = scene or Scene(reading.text, _known(reading, matches), _stops(text, reading))
            weighed += _targeted(hit, scene, facts)
            continue
        category = hit.category
        if category == "call":
            if not details:
                continue
            category = "A3"
        if category == "A6" and "adult" in facts and hit.rule.id == "hate_slur" and _near(hit, adults):
            weighed.append(replace(hit, category="A1"))
        if category == "A7" and not ("adult" in facts or "call_words" in facts):
            continue
        weak = hit.weak or (category == "T1" and "own_child" in facts)
        weighed.append(replace(hit, category=category, weak=weak))
    weighed = _mild_settled(weighed)
    if "own" in facts and "named_pupil" in facts:
        first = next(match for match in matches.people if match.role is Role.PUPIL)
        weighed.append(Hit(_NAMED_ON_OWN, "O1", *place_of(reading, first.start, first.end)))
    # A child's details without a complaint are no complaint about the child's schooling.
    if not {"K1", "P3"} & {hit.category for hit in weighed}:
        weighed = [hit for hit in weighed if hit.category != "K2"]
    return _without_lone_hints(weighed)


def praised(hits: Iterable[Hit], text: str) -> bool:
    """Whether praise is at least as plain as blame, and neither sarcasm nor taken back."""
    blame = [hit for hit in hits if hit.category in ("K1", "A1")]
    praise = [hit for hit in hits if hit.category == "P1"]
    if not praise or not blame:
        return False
    if all(hit.weak for hit in blame):
        return True
    strong = [hit for hit in blame if not hit.weak]
    last, ended = max(hit.start for hit in strong), max(hit.end for hit in praise)
    if last >= ended and around()["turns"].search(text, ended, last):
        return False
    first = min(hit.start for hit in praise)
    if (
        last > first
        and around()["sarcasm"].match(text, first)
        and not _SENTENCE_ENDS.search(text, first, last)
    ):
        return False
    if ended > last and around()["turns"].search(text, last, ended):
        return True
    # A plain insult is not made up for by one kind word.
    return len(praise) >= len(strong) + any(hit.category == "A1" for hit in strong)


def whose_imagery(facts: frozenset[str]) -> str:
    """An adult's imagery only when an adult is meant and no child is spoken of; else a child's."""
    return "A9" if "adult" in facts and "pupil" not in facts else "S2"


# --- one hit ------------------------------------------------------------------------------------------


def _targeted(hit: Hit, scene: Scene, facts: frozenset[str]) -> list[Hit]:
    """What one hit becomes by whom it speaks of; nothing when it speaks of nobody who matters."""
    of = hit.rule.of
    looks = {
        Of.DESCRIBED: scene.described,
        Of.SUBJECT: scene.subject,
        Of.OBJECT: scene.object,
        Of.TOPIC: scene.topic,
    }[of]
    whom = looks(hit.start, hit.end)
    if of is Of.TOPIC and any(one.whom in IDENTIFIED for one in scene.within(hit.start, hit.end)):
        whom = Whom.ADULT
    if of is Of.SUBJECT and hit.category in ("A4", "K1") and _is_passive(hit, scene):
        whom = scene.by_whom(hit.end)
        if whom is Whom.NOBODY:
            return []
    hit = replace(hit, weak=hit.weak or hit.rule.weak)
    if hit.category in ("A1", "mild") and scene.told_by(hit.start) in IDENTIFIED:
        # What somebody at the School says of a child is a complaint about who said it.
        return [replace(hit, category="K1")]
    taken_back = _taken_back(hit, scene)
    if hit.category != "A4" and _on_stage(hit, scene):
        return []
    if _of_another_school(hit, scene):
        return [replace(hit, weak=True)] if hit.category in ("A1", "A4") and whom is Whom.ADULT else []
    if scene.asks(hit.start) or taken_back:
        if hit.category not in ("A1", "A4") or (taken_back and hit.category == "A1"):
            return []
        hit = replace(hit, weak=True)
    judge = {"A4": _accusation, "A1": _insult, "mild": _mild, "K1": _complaint}[hit.category]
    return judge(hit, whom, scene, facts)


def _accusation(hit: Hit, whom: Whom, scene: Scene, facts: frozenset[str]) -> list[Hit]:
    if whom is Whom.ADULT:
        return [hit]
    if whom in _WITHOUT_NAME or whom is Whom.WORK or (whom is Whom.NOBODY and "jigsaw" in facts):
        return [replace(hit, weak=True)]
    if whom in _AS_A_WHOLE:
        named = "adult" in facts and _sentence_speaks(hit, scene)
        return [replace(hit, weak=True)] if named else [replace(hit, category="P3")]
    return []


def _insult(hit: Hit, whom: Whom, scene: Scene, facts: frozenset[str]) -> list[Hit]:
    if whom is Whom.ADULT:
        return [hit]
    if whom in _WITHOUT_NAME or (whom is Whom.NOBODY and facts & {"jigsaw", "role"}):
        return [replace(hit, weak=True)]
    if whom in _AS_A_WHOLE | {Whom.WORK} and around()["person_noun"].match(scene.text, hit.start):
        if "adult" in facts:
            return [hit]
        return [replace(hit, weak=True)] if "jigsaw" in facts else [replace(hit, category="P3")]
    if hit.rule.id == "insult_name" and whom in _PLACEHOLDERS and "adult" in facts:
        # "Absolute cretin." is said of people: nobody else being near, of whoever is named.
        return [replace(hit, weak=not _spoken_of(hit, scene))]
    if hit.rule.id == "insult_name" and whom in _PLACEHOLDERS and _spoken_of(hit, scene):
        return [replace(hit, weak=True)]
    return _as_complaint(hit, whom, scene, facts)


def _mild(hit: Hit, whom: Whom, scene: Scene, facts: frozenset[str]) -> list[Hit]:
    if whom is Whom.ADULT:
        return [hit]
    if whom in _WITHOUT_NAME:
        return [replace(hit, weak=True)]
    somebody = whom in _PLACEHOLDERS and around()["person_noun"].match(scene.text, hit.start)
    if somebody and _spoken_of(hit, scene):
        # "Worst teacher at the school" is somebody, whatever stands nearest.
        return [replace(hit, weak="adult" not in facts)]
    return _as_complaint(hit, whom, scene, facts)


def _as_complaint(hit: Hit, whom: Whom, scene: Scene, facts: frozenset[str]) -> list[Hit]:
    """Hard words about a thing: a complaint where somebody's work is meant, else nobody's matter."""
    if whom in _AUTHORS_SIDE or whom in _OTHERS:
        return []
    return _complaint(replace(hit, category="K1", weak=True), whom, scene, facts)


def _complaint(hit: Hit, whom: Whom, scene: Scene, facts: frozenset[str]) -> list[Hit]:
    if whom in (Whom.ADULT, Whom.WORK, Whom.POST):
        return [hit]
    if hit.rule.weak:
        return []
    if whom is Whom.ROLE:
        return [replace(hit, weak=True)]
    if whom in _OTHERS:
        return []
    if scene.speaks_of_adult(hit.start):
        return [replace(hit, weak=hit.weak or whom in _AUTHORS_SIDE)]
    if "adult" in facts and whom in (Whom.IT, Whom.NOBODY) and _sentence_speaks(hit, scene):
        return [replace(hit, weak=True)]
    return [replace(hit, category="P3")]


def _sentence_speaks(hit: Hit, scene: Scene) -> bool:
    low, high = scene.sentence(hit.start)
    return any(mention.whom in IDENTIFIED or mention.whom is Whom.WORK for mention in scene.within(low, high))


def _on_stage(hit: Hit, scene: Scene) -> bool:
    """Whether the sentence speaks of a part in a play or a costume."""
    return bool(around()["stage"].search(scene.text, *scene.sentence(hit.start)))


def _spoken_of(hit: Hit, scene: Scene) -> bool:
    """Whether somebody identified is mentioned in the sentence of a hit or the one before."""
    low, high = scene.sentence(hit.start)
    start, _ = scene.sentence(max(0, low - 1))
    return any(mention.whom in IDENTIFIED for mention in scene.within(start, high))


def _taken_back(hit: Hit, scene: Scene) -> bool:
    """Whether the words are what others say or once thought, and the author disagrees."""
    low, high = scene.sentence(hit.start)
    before = scene.text[max(low, hit.start - _OPINION_REACH) : hit.start]
    if not around()["opinion"].search(before):
        return False
    return bool(
        around()["turns_round"].search(scene.text, hit.end, high) or around()["disagrees"].search(scene.text)
    )


def _is_passive(hit: Hit, scene: Scene) -> bool:
    """Whether something is done to the subject: "was robbed", "had his bike stolen"."""
    words = scene.text[hit.start : hit.end]
    before = scene.text[max(0, hit.start - _LOOKS_BACK) : hit.start]
    if hit.category == "K1" and around()["begun_passive"].match(words):
        return True
    return bool(around()["participle"].match(words)) and bool(around()["passive"].search(before))


def _of_another_school(hit: Hit, scene: Scene) -> bool:
    """Whether the sentence has turned to another school before the hit: "my old school, where ..."."""
    low, _ = scene.sentence(hit.start)
    return bool(around()["other_school"].search(scene.text, low, hit.start))


def _mild_settled(hits: list[Hit]) -> list[Hit]:
    """Two mild insults in one text are an insult; one is a hint at a complaint."""
    mild = [hit for hit in hits if hit.category == "mild"]
    becomes = ("A1", False) if mild[1:] else ("K1", True)
    settled = [replace(hit, category=becomes[0], weak=hit.weak or becomes[1]) for hit in mild]
    return [hit for hit in hits if hit.category != "mild"] + settled


def _without_lone_hints(hits: list[Hit]) -> list[Hit]:
    """Hints alone are no complaint ("the wrong date", "a slow class"): it takes what was or was not done."""
    if any(hit.category == "K1" and not hit.weak for hit in hits):
        return hits
    return [replace(hit, category="P3") if hit.category == "K1" else hit for hit in hits]


# --- places ---------------------------------------------------------------------------------------------


_NAMED_ON_OWN = wordless("pupil_named_on_own_channel", "O1", weak=False)


def _adult_spans(matches: Matches) -> list[tuple[int, int]]:
    spans = [(match.start, match.end) for match in matches.people if match.role in ADULT_ROLES]
    return spans + [(mention.start, mention.end) for mention in matches.offices]


def _known(reading: Reading, matches: Matches) -> list[Mention]:
    """What matching found, as mentions in the reading."""
    known = [Mention(*place_of(reading, *span), Whom.ADULT) for span in _adult_spans(matches)]
    known += [
        Mention(*place_of(reading, match.start, match.end), Whom.PUPIL)
        for match in matches.people
        if match.role is Role.PUPIL
    ]
    known += [Mention(*place_of(reading, match.start, match.end), Whom.SCHOOL) for match in matches.school]
    return known


def _stops(text: str, reading: Reading) -> list[int]:
    """Where the reading goes on after emoji, which end a sentence as often as a full stop does."""
    if text.isascii():
        return []
    return [place_of(reading, found.end(), found.end())[0] for found in _EMOJI.finditer(text)]


def place_of(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """Where a span of the original stands in the reading."""
    first, last = np.searchsorted(reading.offsets, (start, end))
    return int(first), int(last)


def _near(hit: Hit, places: Iterable[tuple[int, int]]) -> bool:
    return any(hit.start - _NEAR <= end and start <= hit.end + _NEAR for start, end in places)
