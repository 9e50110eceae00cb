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
from itertools import pairwise

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
from monitor.triage.language import other_language
from monitor.triage.masking import keeps_masked, masked
from monitor.triage.reconsidering import (
    RESEMBLES,
    RESEMBLES_CLOSELY,
    Ruled,
    reconsidered,
    second_opinion,
)
from monitor.triage.resemblance import Opinion
from monitor.triage.rules import Possible, around, rule_book
from monitor.triage.weighing import ADULT_ROLES, Hit, praised, weigh, whose_imagery
from monitor.triage.wording import worded

__all__ = ["assess", "keeps_masked", "masked", "suppression"]

# What a finding is called first when several categories apply; the rest are named after it.
_RANK = (
    "S2", "A9", "S1", "S4", "S6", "A5", "S8", "S5", "A7", "A3", "S7", "S3", "A6", "O4", "A8", "O3", "A4",
    "W1", "A1", "T1", "K1", "K2", "O1", "O2", "O5",
)  # fmt: skip
# What the first says already, so that the second adds nothing and would only tell more people.
_SAYS = {
    "A5": {"A1", "A4", "K1", "K2", "S3", "S8", "T1", "W1"},
    "S2": {"A1", "K1", "K2", "S3", "S7", "A4", "O3"},
    "A9": {"A1", "K1", "O3", "A8", "O2"},
    "A3": {"K1", "K2"},
    "A4": {"A1", "K1", "K2", "T1"},
    "A6": {"K1", "K2", "T1"},
    "A7": {"K1", "K2", "O3"},
    "A1": {"K1", "K2"},
    "T1": {"K1", "K2"},
    "W1": {"K1", "A4"},
    "S1": {"K1", "K2", "S8"},
    "S3": {"K1", "K2", "A1"},
    "S6": {"K1", "K2"},
    "S7": {"K1", "K2"},
    "S8": {"K1", "K2", "S3"},
    "O4": {"K1", "O2"},
    "A8": {"O2", "K1"},
}
_RESEMBLING = (RESEMBLES, RESEMBLES_CLOSELY)
_A_FEW_SENTENCES = 300
_QUIET = ("P5", "P4", "P2", "P3", "P1")
_SIGN_IN_WORD = re.compile(r"(?<=[a-z])[._\-*~|/\\'^+=:;](?=[a-z])")


def suppression(text: str) -> str | None:
    """Name the S2 or A9 trigger that a text sets off, or None; prefers false alarms (R28).

    Usable on an item's words and on what a page says once it has loaded. Disguises are undone first;
    words broken by signs ("nu.des") are tried closed up as well.
    """
    reading = worded(text)
    hit = _imagery(reading, rule_book().possible(reading.text), ambiguous=True)
    return hit.rule.id if hit else None


def assess(
    item: Item,
    matches: Matches,
    register: Mapping[str, Person],
    policy: Policy,
    *,
    own_source: bool = False,
    own_channel: bool = False,
    second_reader: bool = True,
) -> Assessment:
    """Say what an Item is, whom it is or may be about, why, and how sure.

    `own_source`: the place gives school context by itself; `own_channel`: it is one of the School's
    own Channels; without `second_reader` the rules decide alone, by words that are not ambiguous. The
    author's handle is never held against the Register (R30). A2 is not decided here: it needs earlier
    findings. Raises KeyError when the policy lacks a category of the rules.
    """
    if not (matches.context or own_source or own_channel):
        return _assessment("P0", (), policy, band=Band.HIGH)
    reading = worded(item.text)
    possible = rule_book().possible(reading.text)
    facts = _facts(reading, possible, matches, own_channel=own_channel)
    foreign = other_language(item.text)
    opinion = second_opinion(reading, matches) if second_reader and not foreign else None
    # No request for it, whatever it turns out to be (R28).
    suppressed = _imagery(reading, possible, ambiguous=True) is not None
    # What nobody but the rules has read may mean the worst (R46).
    ambiguous = not opinion.is_harmless() if opinion else second_reader
    found = _found(reading, possible, facts, ambiguous=ambiguous)
    hits = weigh(found, item.text, reading, matches=matches, facts=facts)
    categories = _categories(hits, reading.text, facts)
    if opinion:
        ruled = Ruled(found, hits, categories)
        hits = reconsidered(ruled, opinion, reading.text, possible)
        categories = _categories(hits, reading.text, facts)
    if not categories:
        if foreign:
            return _unread(item.text, policy)
        return _quiet(hits, reading, policy, opinion, suppressed=suppressed)
    kept = tuple(sorted((hit for hit in hits if hit.category in categories), key=_order))
    asks = _asks_person(kept, reading, facts, policy, foreign=foreign)
    return _assessment(
        categories[0],
        categories[1:],
        policy,
        band=_band(categories[0], kept, matches, facts, asks=asks),
        reasons=tuple(_reason(hit, reading) for hit in kept),
        subjects=_subjects(matches, register, facts, categories),
        urgency=Urgency.U3 if asks else _urgency(kept, policy),
        asks_person=asks,
        suppressed=suppressed or "S2" in categories or "A9" in categories,
    )


# --- reading ----------------------------------------------------------------------------------------


def _imagery(reading: Reading, possible: Possible, *, ambiguous: bool) -> Hit | None:
    """The first imagery trigger, also in the text without signs between letters ("nu.des", "nu_des")."""
    book = rule_book()
    for trigger in book.triggers:
        for start, end in trigger.uncovered(reading.text, possible, ambiguous=ambiguous):
            return Hit(trigger, "imagery", start, end)
    signs = {found.start() for found in _SIGN_IN_WORD.finditer(reading.text)}
    if signs:
        kept = [at for at in range(len(reading.text)) if at not in signs]
        closed = "".join(map(reading.text.__getitem__, kept))
        possible = book.possible(closed)
        for trigger in book.triggers:
            for start, end in trigger.uncovered(closed, possible, ambiguous=ambiguous):
                return Hit(trigger, "imagery", kept[start], kept[end - 1] + 1)
    return None


def _facts(reading: Reading, possible: Possible, matches: Matches, *, own_channel: bool) -> frozenset[str]:
    """What holds about a text besides its words; words/facts.toml lists the names."""
    facts = {name for name, words in rule_book().facts.items() if words.fit(reading.text, possible)}
    if any(match.role in ADULT_ROLES for match in matches.people) or matches.offices:
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


def _found(reading: Reading, possible: Possible, facts: frozenset[str], *, ambiguous: bool) -> list[Hit]:
    """Every rule that fits words and facts; if asked for, also by its ambiguous words, and what only hints at
    harm, once two different hints stand there."""
    hits: list[Hit] = []
    hints: list[list[Hit]] = []
    imagery = _imagery(reading, possible, ambiguous=ambiguous)
    if imagery:
        hits.append(Hit(imagery.rule, whose_imagery(facts), imagery.start, imagery.end))
    for rule in rule_book().worth_trying(possible):
        if rule.fits(facts):
            spans = rule.hits(reading.text, possible, ambiguous=ambiguous)
            hits += (Hit(rule, rule.category, start, end) for start, end in spans)
            hints += (
                [Hit(rule, rule.category, start, end) for start, end in spans]
                for spans in (rule.hinted(reading.text, possible) if ambiguous else ())
            )
    return hits + _side_by_side(hints)


def _side_by_side(hints: Iterable[list[Hit]]) -> list[Hit]:
    """The hits of different hints that follow one another within a few sentences."""
    ordered = sorted(
        ((hit, which) for which, found in enumerate(hints) for hit in found), key=lambda one: one[0].start
    )
    kept: list[Hit] = []
    for (hit, which), (following, other) in pairwise(ordered):
        if which != other and following.start - hit.end <= _A_FEW_SENTENCES:
            kept += (hit, following)
    return list(dict.fromkeys(kept))


# --- which category ---------------------------------------------------------------------------------


def _categories(hits: list[Hit], text: str, facts: frozenset[str]) -> tuple[str, ...]:
    """The categories of a finding, the main one first; none when it is no finding."""
    spoken = {hit.category for hit in hits}
    findings = spoken & set(_RANK)
    if "S2" in findings and not any(hit.category == "A9" and hit.rule in _RESEMBLING for hit in hits):
        findings.discard("A9")
    if {"A1", "A4"} <= findings and all(
        hit.rule.id == "accusation_slur" for hit in hits if hit.category == "A4"
    ):
        findings.discard("A4")
    if {"K1", "K2"} <= findings and _all_weak(hits, {"K1"}):
        findings.discard("K1")
    said = {hit.category for hit in hits if hit.rule is not RESEMBLES}
    for category in _RANK:
        if category in findings:
            # What is only resembled says nothing away that a rule has said.
            findings -= _SAYS.get(category, set()) - (set() if category in said else said)
    if findings <= {"K1", "K2", "A1"} and praised(hits, text):
        return ()
    if findings and findings <= {"O5", "O2", "T1"} and "P5" in spoken:
        return ()
    if _is_a_joke(hits, findings, facts):
        return ()
    return tuple(category for category in _RANK if category in findings)


def _is_a_joke(hits: Iterable[Hit], findings: set[str], facts: frozenset[str]) -> bool:
    """Laughter with nobody as its target, or with nothing sharper than a weak hit, in a class that
    prefers silence."""
    jokes = {hit.rule.id for hit in hits if hit.category == "P4"}
    if not jokes:
        return False
    if findings <= {"K1", "K2"} and ("hyperbole" in jokes or _all_weak(hits, findings)):
        return True
    return findings <= {"A1", "K2", "O5"} and not facts & {"adult", "named_pupil", "jigsaw"}


def _all_weak(hits: Iterable[Hit], categories: Collection[str]) -> bool:
    return all(hit.weak or hit.rule.weak for hit in hits if hit.category in categories)


def _unread(text: str, policy: Policy) -> Assessment:
    """What is said of a text in another language that no rule knows: a person reads it first (R49).

    It waits under K1, the mildest class that keeps an item; what it is, nobody has said yet.
    """
    whole = Reason("K1", "other_language", 0, len(text))
    return _assessment(
        "K1", (), policy, band=Band.LOW, reasons=(whole,), urgency=Urgency.U3, asks_person=True
    )


def _quiet(
    hits: list[Hit], reading: Reading, policy: Policy, opinion: Opinion | None, *, suppressed: bool
) -> Assessment:
    """The P class of a text that is no finding: by its words, else by what it is most like."""
    tally = {code: [hit for hit in hits if hit.category == code] for code in _QUIET}
    if len(tally["P1"]) > len(tally["P3"]) and tally["P2"] and not tally["P5"]:
        code = "P1" if len(tally["P1"]) > len(tally["P2"]) else "P2"
    elif tally["P1"] and len(tally["P1"]) > len(tally["P3"]) and not (tally["P5"] or tally["P4"]):
        code = "P1"
    else:
        likely = opinion.quiet_class() if opinion else "P2"
        code = next((code for code in _QUIET if tally[code]), likely)
    return _assessment(
        code,
        (),
        policy,
        band=Band.MEDIUM if tally[code] else Band.LOW,
        reasons=tuple(_reason(hit, reading) for hit in tally[code]),
        suppressed=suppressed,
    )


def _asks_person(
    hits: Iterable[Hit],
    reading: Reading,
    facts: frozenset[str],
    policy: Policy,
    *,
    foreign: bool,
) -> bool:
    """Whether only a person can tell: words of another language, or nothing but weak, quoted or
    pointed-at words, in classes that prefer silence (R41, R46, R47, R49); and what no rule has said."""
    hits = tuple(hits)
    said = {hit.category for hit in hits if hit.rule is not RESEMBLES}
    if any(policy.categories[code].prefers == "alarm" for code in said):
        return False
    if foreign:
        return True
    strong = [
        hit
        for hit in hits
        if not (hit.weak or hit.rule.weak)
        and not _quoted(hit, reading)
        and (hit.category != "A1" or "adult" in facts)
    ]
    return not strong


def _quoted(hit: Hit, reading: Reading) -> bool:
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


def _band(category: str, hits: Iterable[Hit], matches: Matches, facts: frozenset[str], *, asks: bool) -> Band:
    """How sure, in words: the rule's strength and how plainly somebody is named."""
    own = [hit for hit in hits if hit.category == category]
    if asks or all(hit.weak or hit.rule.weak for hit in own):
        return Band.LOW
    if category.startswith("A") and "adult" not in facts:
        return Band.LOW
    named = max((match.score for match in matches.people), default=0.0)
    return Band.HIGH if len(own) > 1 and named >= 0.75 else Band.MEDIUM


def _urgency(hits: Iterable[Hit], policy: Policy) -> Urgency:
    """The most urgent of what rules say or what is resembled beyond doubt; the rest waits for the morning."""
    said = {hit.category for hit in hits if hit.rule is not RESEMBLES}
    return min((policy.categories[code].urgency for code in said), default=Urgency.U3)


def _assessment(
    category: str,
    also: tuple[str, ...],
    policy: Policy,
    *,
    band: Band,
    reasons: tuple[Reason, ...] = (),
    subjects: tuple[Subject, ...] = (),
    urgency: Urgency | None = None,
    asks_person: bool = False,
    suppressed: bool = False,
) -> Assessment:
    rows = [policy.categories[code] for code in (category, *also)]
    modes = [row.capture for row in rows]
    if asks_person:
        modes.append(policy.unsure_capture)
    if suppressed and any(mode is not CaptureMode.NONE for mode in modes):
        modes.append(CaptureMode.WORDS)
    return Assessment(
        category=category,
        also=also,
        urgency=min(row.urgency for row in rows) if urgency is None else urgency,
        capture=max(modes, key=lambda mode: mode.protection),
        band=band,
        reasons=reasons,
        subjects=subjects,
        asks_person=asks_person,
        suppressed=suppressed,
    )


def _order(hit: Hit) -> tuple[int, int]:
    return _RANK.index(hit.category), hit.start


def _reason(hit: Hit, reading: Reading) -> Reason:
    return Reason(hit.category, hit.rule.id, *reading.span(hit.start, hit.end))
