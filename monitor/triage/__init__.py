"""Item and Matches in, category with its reasons out: pure (DESIGN.md).

The words are in the folder `words`. This module holds what a list of words cannot: whom they are about, which
category gives way to which, and when only a person can tell.

- Threat, self-harm, grooming, imagery and allegations prefer false alarms; criticism, complaint and
  insult prefer silence (R46).
- The most protective capture and the most urgent tier of all categories win (domain study 3.4 a, b).
- The suppression triggers stop every request for an item, its links and its media (DOMAIN.md, S2, A9).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from monitor.folding import Reading
from monitor.model import (
    Assessment,
    Band,
    CaptureMode,
    Item,
    Matches,
    Office,
    Person,
    Policy,
    Reason,
    Role,
    Subject,
    Urgency,
)
from monitor.triage.masking import keeps_masked, masked
from monitor.triage.rules import Rule, Words, around, rule_book
from monitor.triage.wording import worded

__all__ = ["assess", "keeps_masked", "masked", "suppression"]

# What a finding is called first when several categories apply; the rest are named after it.
_RANK = (
    "S2", "A9", "S1", "S4", "S6", "A5", "S8", "S5", "A7", "A3", "S7", "S3", "A6", "O4", "A8", "O3", "A4",
    "W1", "A1", "T1", "K2", "K1", "O1", "O2", "O5",
)  # fmt: skip
# What the first says already, so that the second adds nothing and would only tell more people.
_SAYS = {
    "A5": {"A1", "A4", "K1", "K2", "S3", "S8", "T1", "mild", "W1"},
    "S2": {"A1", "A9", "K1", "K2", "S3", "S4", "S7", "A4", "O3", "P1", "mild"},
    "A9": {"A1", "K1", "O3", "A8", "O2", "mild"},
    "A3": {"K1", "K2", "mild"},
    "A4": {"A1", "K1", "K2", "mild", "T1"},
    "A6": {"K1", "K2", "mild", "T1"},
    "A7": {"K1", "K2", "mild", "O3"},
    "A1": {"K1", "K2", "mild"},
    "T1": {"K1", "K2", "A1", "mild"},
    "W1": {"K1", "A4", "mild"},
    "S1": {"K1", "K2", "S8"},
    "S3": {"K1", "K2", "A1"},
    "S6": {"K1", "K2"},
    "S7": {"K1", "K2"},
    "S8": {"K1", "K2", "S3"},
    "O4": {"K1", "O2"},
    "A8": {"O2", "K1"},
    "K1": {"mild"},
}
_QUIET = ("P5", "P4", "P2", "P3", "P1")
_ADULTS = (Role.STAFF, Role.GOVERNOR, Role.VOLUNTEER)
_NEAR = 90
_SIGN_IN_WORD = re.compile(r"(?<=[a-z])[._\-*~|/\\'^+=:;](?=[a-z])")


@dataclass(frozen=True, slots=True)
class _Hit:
    """A rule that fitted, by places in the reading."""

    rule: Rule
    category: str
    start: int
    end: int


def suppression(text: str) -> str | None:
    """Name the S2 or A9 trigger that a text sets off, or None; prefers false alarms (R28).

    Usable on an item's words and on what a page says once it has loaded. Disguises are undone first;
    words broken by signs ("nu.des") are tried closed up as well.
    """
    reading = worded(text)
    hit = _imagery(reading)
    return hit.rule.id if hit else None


def assess(
    item: Item,
    matches: Matches,
    register: Mapping[str, Person],
    policy: Policy,
    *,
    own_source: bool = False,
    own_channel: bool = False,
) -> Assessment:
    """Say what an Item is, whom it is or may be about, why, and how sure.

    `own_source`: the place gives school context by itself; `own_channel`: it is one of the School's
    own Channels. The author's handle is never held against the Register (R30). A2 is not decided
    here: it needs earlier findings. Raises KeyError when the policy lacks a category of the rules.
    """
    if not (matches.context or own_source or own_channel):
        return _assessment("P0", (), policy, band=Band.HIGH)
    reading = worded(item.text)
    possible = rule_book().possible(reading.text)
    facts = _facts(reading, possible, matches, own_channel=own_channel)
    hits = _weigh(_found(reading, possible, facts), reading, matches, facts)
    categories = _categories(hits, facts)
    suppressed = "S2" in categories or "A9" in categories
    if not categories:
        return _quiet(hits, reading, policy)
    kept = tuple(sorted((hit for hit in hits if hit.category in categories), key=_order))
    asks = _asks_person(categories, kept, reading, facts, policy)
    subjects = _subjects(matches, register, facts, categories)
    return _assessment(
        categories[0],
        categories[1:],
        policy,
        band=_band(categories[0], kept, matches, facts, asks=asks),
        reasons=tuple(_reason(hit, reading) for hit in kept),
        subjects=subjects,
        asks_person=asks,
        suppressed=suppressed,
    )


# --- reading ----------------------------------------------------------------------------------------


def _imagery(reading: Reading) -> _Hit | None:
    """The first imagery trigger, also in the text with signs inside words taken out."""
    book = rule_book()
    closed = _closed_up(reading.text)
    for text in dict.fromkeys((reading.text, closed)):
        possible = book.possible(text)
        exact = text is reading.text
        for trigger in book.triggers:
            for start, end in trigger.uncovered(text, possible):
                return _Hit(trigger, "imagery", start if exact else 0, end if exact else 0)
    return None


def _closed_up(text: str) -> str:
    """The text without signs between letters, as in "nu.des" or "nu_des"."""
    return _SIGN_IN_WORD.sub("", text)


def _facts(
    reading: Reading, possible: Collection[int], matches: Matches, *, own_channel: bool
) -> frozenset[str]:
    """What holds about a text besides its words; words/facts.toml lists the names."""
    facts = {name for name, words in rule_book().facts.items() if words.fit(reading.text, possible)}
    if any(match.role in _ADULTS for match in matches.people) or matches.offices:
        facts |= {"adult"}
    if any(match.role is Role.PUPIL for match in matches.people):
        facts |= {"pupil", "named_pupil"}
    if any(match.rule == "school_handle_lookalike" for match in matches.school):
        facts.add("lookalike")
    if any(match.start <= 2 and ":" in reading.text[:80] for match in matches.school):
        facts.add("page")
    facts.add("own" if own_channel else "elsewhere")
    if facts & {"adult", "role", "jigsaw"}:
        facts.add("somebody")
    else:
        facts.add("nobody")
    return frozenset(facts)


def _found(reading: Reading, possible: Collection[int], facts: frozenset[str]) -> list[_Hit]:
    """Every rule that fits words and facts."""
    hits: list[_Hit] = []
    imagery = _imagery(reading)
    if imagery:
        hits.append(_Hit(imagery.rule, _whose_imagery(facts), imagery.start, imagery.end))
    for rule in rule_book().worth_trying(possible):
        if rule.fits(facts):
            hits += (
                _Hit(rule, rule.category, start, end) for start, end in rule.hits(reading.text, possible)
            )
    return hits


def _whose_imagery(facts: frozenset[str]) -> str:
    """An adult's imagery only when an adult is meant and no child is spoken of; else a child's."""
    return "A9" if "adult" in facts and "pupil" not in facts else "S2"


# --- whom it is about -------------------------------------------------------------------------------


def _weigh(hits: list[_Hit], reading: Reading, matches: Matches, facts: frozenset[str]) -> list[_Hit]:
    """Turn words into categories by what stands around them."""
    weighed: list[_Hit] = []
    adults = _places(reading, matches)
    mild = [hit for hit in hits if hit.category == "mild"]
    details = any(hit.category == "A7" for hit in hits)
    for hit in hits:
        category = hit.category
        if category == "mild":
            category = "A1" if len(mild) > 1 and "adult" in facts and _near(hit, adults) else "K1"
        if category == "call":
            if not details:
                continue
            category = "A3"
        if category == "A1" and "adult" in facts and adults and not _near(hit, adults):
            category = "K1"
        if category == "K1" and "adult" not in facts:
            category = "P3"
        if category == "A6" and "adult" in facts and hit.rule.id == "hate_slur" and _near(hit, adults):
            weighed.append(_Hit(hit.rule, "A1", hit.start, hit.end))
        if category == "A7" and not ("adult" in facts or "call_words" in facts):
            continue
        weighed.append(_Hit(hit.rule, category, hit.start, hit.end))
    if "own" in facts and "named_pupil" in facts:
        first = next(match for match in matches.people if match.role is Role.PUPIL)
        weighed.append(_Hit(_NAMED_ON_OWN, "O1", *_place(reading, first.start, first.end)))
    # A child's details without a complaint are no complaint about the child's schooling.
    if not {"K1", "P3"} & {hit.category for hit in weighed}:
        weighed = [hit for hit in weighed if hit.category != "K2"]
    return weighed


_NAMED_ON_OWN = Rule(
    id="pupil_named_on_own_channel",
    category="O1",
    needs=(),
    words=Words(()),
    unless=Words(()),
    weak=False,
    negation_cancels=False,
)


def _places(reading: Reading, matches: Matches) -> list[tuple[int, int]]:
    """Where adults are named, as places in the reading."""
    spans = [(match.start, match.end) for match in matches.people if match.role in _ADULTS]
    spans += [(mention.start, mention.end) for mention in matches.offices]
    return [_place(reading, *span) for span in spans]


def _place(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """Where a span of the original stands in the reading."""
    first, last = np.searchsorted(reading.offsets, (start, end))
    return int(first), int(last)


def _near(hit: _Hit, places: Iterable[tuple[int, int]]) -> bool:
    return any(hit.start - _NEAR <= end and start <= hit.end + _NEAR for start, end in places)


# --- which category ---------------------------------------------------------------------------------


def _categories(hits: list[_Hit], facts: frozenset[str]) -> tuple[str, ...]:
    """The categories of a finding, the main one first; none when it is no finding."""
    spoken = {hit.category for hit in hits}
    findings = spoken & set(_RANK)
    if "A9" in findings and "S2" in findings:
        findings.discard("A9")
    for category in _RANK:
        if category in findings:
            findings -= _SAYS.get(category, set())
    if findings == {"K1"} and _praise_outweighs(hits):
        return ()
    if findings <= {"A1", "O5", "O2", "T1"} and findings and "P5" in spoken and "A1" not in findings:
        return ()
    if _is_a_joke(hits, findings, facts):
        return ()
    return tuple(category for category in _RANK if category in findings)


def _praise_outweighs(hits: Iterable[_Hit]) -> bool:
    """Whether praise is at least as plain as complaint."""
    tally = {"K1": 0, "P1": 0}
    for hit in hits:
        if hit.category in tally:
            tally[hit.category] += 1
    return tally["P1"] >= tally["K1"] > 0


def _is_a_joke(hits: Iterable[_Hit], findings: set[str], facts: frozenset[str]) -> bool:
    """Laughter without anybody to be its target, in a class that prefers silence."""
    laughs = any(hit.category == "P4" for hit in hits)
    return laughs and findings <= {"A1", "K2", "O5"} and not facts & {"adult", "named_pupil", "jigsaw"}


def _quiet(hits: list[_Hit], reading: Reading, policy: Policy) -> Assessment:
    """The P class of a text that is no finding."""
    tally = {code: [hit for hit in hits if hit.category == code] for code in _QUIET}
    if len(tally["P1"]) > len(tally["P3"]) and tally["P2"] and not tally["P5"]:
        code = "P1" if len(tally["P1"]) > len(tally["P2"]) else "P2"
    elif tally["P1"] and len(tally["P1"]) > len(tally["P3"]) and not (tally["P5"] or tally["P4"]):
        code = "P1"
    else:
        code = next((code for code in _QUIET if tally[code]), "P2")
    return _assessment(
        code,
        (),
        policy,
        band=Band.MEDIUM if tally[code] else Band.LOW,
        reasons=tuple(_reason(hit, reading) for hit in tally[code]),
    )


def _asks_person(
    categories: tuple[str, ...],
    hits: Iterable[_Hit],
    reading: Reading,
    facts: frozenset[str],
    policy: Policy,
) -> bool:
    """Whether only a person can tell: nothing but weak, quoted or pointed-at words in classes that
    prefer silence (R41, R46, R47)."""
    if any(policy.categories[code].prefers == "alarm" for code in categories):
        return False
    strong = [
        hit
        for hit in hits
        if not hit.rule.weak and not _quoted(hit, reading) and (hit.category != "A1" or "adult" in facts)
    ]
    return not strong


def _quoted(hit: _Hit, reading: Reading) -> bool:
    """Whether the words are somebody else's, told with disapproval or in quotation marks."""
    before, text = reading.text[max(0, hit.start - 60) : hit.start], reading.text
    if hit.category not in ("A1", "A4", "A6"):
        return False
    in_marks = before.count('"') % 2 == 1 or (before.rfind(" '") > before.rfind("' "))
    told = bool(around()["quoted"].search(before))
    return told and (in_marks or bool(around()["disapproves"].search(text)))


# --- the answer -------------------------------------------------------------------------------------


def _subjects(
    matches: Matches, register: Mapping[str, Person], facts: frozenset[str], categories: tuple[str, ...]
) -> tuple[Subject, ...]:
    """Whom the finding is or may be about: the people and posts that the words name, nobody else.

    Somebody who holds a post is that post too, also when they are only one of several whom the words
    cannot tell apart: nobody who may be the subject may be told (promise 6).
    """
    subjects: dict[tuple[object, ...], Subject] = {}
    for match in matches.people:
        held = {office for key in match.person_ids if key in register for office in register[key].offices}
        offices = tuple(office for office in Office if office in held)
        sure = len(match.person_ids) == 1 and match.band is not Band.LOW
        subject = Subject(match.role, match.person_ids, offices, certain=sure)
        subjects.setdefault((match.role, match.person_ids), subject)
    named = {office for subject in subjects.values() for office in subject.offices}
    for mention in matches.offices:
        if mention.office not in named:
            role = Role.GOVERNOR if mention.office in _GOVERNORS else Role.STAFF
            holders = tuple(sorted(key for key, one in register.items() if mention.office in one.offices))
            # Whoever fills this post may fill others too, and is the subject in all of them.
            held = {mention.office, *(office for key in holders for office in register[key].offices)}
            offices = tuple(office for office in Office if office in held)
            subjects.setdefault((mention.office,), Subject(role, holders, offices))
    if "A8" in categories and "pupil" in facts and not any(s.role is Role.PUPIL for s in subjects.values()):
        subjects[("solicited",)] = Subject(Role.PUPIL, certain=False)
    if "A5" in categories and not facts & {"adult", "role"}:
        subjects[("unknown",)] = Subject(certain=False)
    if "T1" in categories and not subjects:
        subjects[("author",)] = Subject(Role.STAFF, certain=False)
    return tuple(subjects.values())


_GOVERNORS = frozenset({Office.CHAIR, Office.VICE_CHAIR, Office.SAFEGUARDING_GOVERNOR})


def _band(
    category: str, hits: Iterable[_Hit], matches: Matches, facts: frozenset[str], *, asks: bool
) -> Band:
    """How sure, in words: the rule's strength and how plainly somebody is named."""
    own = [hit for hit in hits if hit.category == category]
    if asks or all(hit.rule.weak for hit in own):
        return Band.LOW
    if category.startswith("A") and "adult" not in facts:
        return Band.LOW
    named = max((match.score for match in matches.people), default=0.0)
    return Band.HIGH if len(own) > 1 and named >= 0.75 else Band.MEDIUM


def _assessment(
    category: str,
    also: tuple[str, ...],
    policy: Policy,
    *,
    band: Band,
    reasons: tuple[Reason, ...] = (),
    subjects: tuple[Subject, ...] = (),
    asks_person: bool = False,
    suppressed: bool = False,
) -> Assessment:
    rows = [policy.categories[code] for code in (category, *also)]
    capture = max((row.capture for row in rows), key=lambda mode: mode.protection)
    urgency = min(row.urgency for row in rows)
    if asks_person:
        capture, urgency = policy.unsure_capture, Urgency.U3
    if suppressed:
        capture = max(capture, CaptureMode.WORDS, key=lambda mode: mode.protection)
    return Assessment(
        category=category,
        also=also,
        urgency=urgency,
        capture=capture,
        band=band,
        reasons=reasons,
        subjects=subjects,
        asks_person=asks_person,
        suppressed=suppressed,
    )


def _order(hit: _Hit) -> tuple[int, int]:
    return _RANK.index(hit.category), hit.start


def _reason(hit: _Hit, reading: Reading) -> Reason:
    return Reason(hit.category, hit.rule.id, *reading.span(hit.start, hit.end))
