"""What of an item is kept, captured and told. Pure; here data minimisation lives (R36, R43).

An item of a public search that concerns nobody is not kept, only a keyed digest of its identity.
Items of official Channels are kept. P classes make no finding; P1 and P3 add one to a counter.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from monitor.decisions import addresses
from monitor.model import (
    Assessment,
    CaptureMode,
    Policy,
    Reason,
    Source,
    Urgency,
)

REPEAT_WITHIN = timedelta(days=365)
REPEATED = frozenset({"A1", "A3", "A4", "A5", "A6", "A7", "K1"})
"""The classes of which two by one handle about one person add A2 (3.4, A2)."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What happens to one item. `keep_item`: a row with its words; `finding`: somebody decides about
    it; `capture`: what may be preserved; `count`: the counter to add one to, "" for none;
    `look_again`: whether the platform may be asked about it later."""

    keep_item: bool
    finding: bool
    capture: CaptureMode
    count: str
    look_again: bool


def keep(assessment: Assessment, policy: Policy, source: Source) -> Keeping:
    """Decide for one assessed item. A suppressed item is never asked about again (S2, A9)."""
    category = policy.categories[assessment.category]
    capture = assessment.capture if category.finding else CaptureMode.NONE
    return Keeping(
        keep_item=category.finding or source.official,
        finding=category.finding,
        capture=capture,
        count=category.code if category.counted else "",
        look_again=not assessment.suppressed and capture is not CaptureMode.WORDS,
    )


def openable(capture: CaptureMode, url: str) -> CaptureMode:
    """The mode for this address: where no page may be opened (R22, R24) the words received are kept."""
    return CaptureMode.WORDS if capture.opens_page and addresses.refusal(url) else capture


def repeats(assessment: Assessment) -> bool:
    """Whether this is of a class whose repetition matters."""
    return bool(REPEATED.intersection(assessment.categories))


def with_repetition(assessment: Assessment, policy: Policy, earlier: Collection[str]) -> Assessment:
    """Add A2 when `earlier` (references of findings by the same handle about the same person within
    365 days) is not empty. It links findings that exist; nothing is looked up (R48)."""
    if not earlier or "A2" in assessment.categories or not repeats(assessment):
        return assessment
    category = policy.categories["A2"]
    return replace(
        assessment,
        also=(*assessment.also, "A2"),
        urgency=min(assessment.urgency, category.urgency),
        reasons=(*assessment.reasons, Reason("A2", "same account, same person, within a year", 0, 0)),
    )


def carried_on(before: Assessment | None, after: Assessment) -> Assessment:
    """An edit takes nothing back: whoever was the subject in an earlier version stays barred from the
    matter (promise 6), and what once set off S2 or A9 is never asked about again (DOMAIN.md)."""
    if before is None:
        return after
    subjects = tuple(dict.fromkeys((*after.subjects, *before.subjects)))
    if not (before.suppressed or after.suppressed):
        return replace(after, subjects=subjects)
    return replace(after, subjects=subjects, suppressed=True, capture=CaptureMode.WORDS)


def suppressed_by_page(assessment: Assessment) -> Assessment:
    """The matter once its page has said on loading what forbids any request (R69): a possible S2, the
    most protective reading, for a person to correct."""
    others = tuple(code for code in assessment.categories if code != "S2")
    return replace(
        assessment,
        category="S2",
        also=others,
        urgency=Urgency.U0,
        capture=CaptureMode.WORDS,
        reasons=(*assessment.reasons, Reason("S2", "what the page said when it was opened", 0, 0)),
        asks_person=False,
        suppressed=True,
    )


def tells_again(before: Assessment | None, after: Assessment) -> bool:
    """Whether an edited item is worth a new mail: it was no finding, it became more urgent, or it
    gained a category. Words that merely changed are kept and captured, not mailed."""
    if after.asks_person:
        return False
    if before is None or before.asks_person:
        return True
    return after.urgency < before.urgency or bool(set(after.categories) - set(before.categories))
