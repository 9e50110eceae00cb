"""Whether each of the 36 examples was handled as the school's policy wants. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.demo.examples import INTAKE, SEARCH_CANNOT_FIND, Example
from monitor.model import CaptureMode, CaptureOutcome, LeftOut, Office, Telling, Urgency


@dataclass(frozen=True, slots=True)
class Found:
    """One finding as the rows tell it, without a word of the post or its author. `told` holds the
    offices whose mail was really handed over; `version` counts the wordings that were seen."""

    number: int
    reference: str
    category: str
    also: tuple[str, ...]
    label: str
    urgency: Urgency
    asks_person: bool
    told: tuple[Telling, ...]
    left_out: tuple[LeftOut, ...]
    capture: CaptureMode
    saved: CaptureOutcome | None
    missing: tuple[str, ...]
    exhibits: tuple[str, ...]
    mails: tuple[str, ...]
    version: int
    gone: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What the demo's own web server was asked for: a post's page, its picture, and whether a feed or
    an API gave it out."""

    page: int
    picture: int
    given: bool


def differences(example: Example, found: Found | None, asked: Asked) -> tuple[str, ...]:
    """What differs from the policy for one example, in words; empty when nothing does."""
    wanted = example.expect
    if example.site == INTAKE:
        return ()
    if example.number == SEARCH_CANNOT_FIND:
        return ("it was fetched, which no search for the School should do",) if asked.given else ()
    if not asked.given:
        return ("it was not read",)
    differs = [*_requests(wanted.capture, asked)]
    leaves_nothing = wanted.capture is CaptureMode.NONE
    if found is None:
        return (
            *differs,
            *(() if leaves_nothing else (f"nothing was found, but {wanted.category} is meant",)),
        )
    if leaves_nothing:
        return (*differs, f"it was taken for {found.category}, but {wanted.category} is meant")
    if found.category != wanted.category:
        differs.append(f"it was taken for {found.category}, but {wanted.category} is meant")
    if found.urgency is not wanted.urgency:
        differs.append(f"urgency {found.urgency} instead of {wanted.urgency}")
    if found.asks_person is not wanted.asks_person:
        differs.append("a person is asked first" if found.asks_person else "no person was asked first")
    told = {telling.office for telling in found.told}
    if told - _may_be_told(wanted.told) != set(wanted.told):
        differs.append(f"told: {offices(told)}; instead of: {offices(wanted.told)}")
    if found.capture is not wanted.capture:
        differs.append(f"saved as {found.capture} instead of {wanted.capture}")
    elif found.saved is not CaptureOutcome.COMPLETE:
        missing = f" ({', '.join(found.missing)})" if found.missing else ""
        differs.append(f"the saved copy is {found.saved or 'still being made'}{missing}")
    return tuple(differs)


def never_opened(examples: Sequence[Example]) -> tuple[Example, ...]:
    """The examples that the policy forbids to contact at all (S2, A9)."""
    return tuple(example for example in examples if example.expect.capture is CaptureMode.WORDS)


def offices(those: Sequence[Office] | set[Office]) -> str:
    """Offices in a fixed order, as a list in words."""
    return ", ".join(office.label for office in Office if office in those) or "nobody"


def _may_be_told(told: Sequence[Office]) -> set[Office]:
    """Matrix 3.5 says "dsl + deputies" for a pupil; the examples mostly name the lead alone."""
    deputy = Office.DEPUTY_DSL
    return {deputy} if Office.DSL in told and deputy not in told else set()


def _requests(capture: CaptureMode, asked: Asked) -> list[str]:
    differs = []
    if asked.page and not capture.opens_page:
        differs.append("its page was requested, which the policy forbids")
    if asked.picture and capture is not CaptureMode.FULL:
        differs.append("its picture was requested, which the policy forbids")
    return differs
