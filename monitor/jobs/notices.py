"""Facts about a finding put into the fixed words that a bare mail may say (R55). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.model import (
    AlertKind,
    Assessment,
    CaptureMode,
    CaptureOutcome,
    Item,
    Matches,
    Notice,
    Office,
    OperatorNotice,
    Policy,
    Role,
    Routing,
    SavedState,
    Telling,
    Told,
)
from monitor.settings import Settings
from monitor.store.rows import CaptureRow, NewAlert

PLATFORMS = {
    "feeds": "a website or news feed",
    "wordpress": "a website",
    "reddit": "Reddit",
    "instagram": "Instagram",
}
"""Platforms as people call them; anything else is shown by its own name."""

_LISTS = {
    Role.STAFF: "staff",
    Role.PUPIL: "pupil",
    Role.GOVERNOR: "governor",
    Role.VOLUNTEER: "volunteer",
}


def why(matches: Matches) -> str:
    """Why the item was noticed, without any name: which list, how near the school's name."""
    parts = [
        f"one name from the {_LISTS[role]} list" for role in dict.fromkeys(m.role for m in matches.people)
    ]
    if matches.offices:
        parts.append("a post at the school is mentioned")
    if not parts:
        parts.append("no name from the school's lists")
    near = "the school is named in the words" if matches.school else "it was posted where the school is meant"
    return f"{', '.join(parts)}; {near}"


def notice(
    telling: Telling,
    routing: Routing,
    *,
    reference: str,
    assessment: Assessment,
    matches: Matches,
    item: Item,
    settings: Settings,
    now: datetime,
) -> Notice:
    """What one office is told about one finding; what was saved is filled in when the mail leaves."""
    policy = settings.policy
    category = policy.categories[assessment.category]
    safeguarding = any(
        policy.categories[code].safeguarding or policy.categories[code].restricted
        for code in assessment.categories
    )
    return Notice(
        reference=reference,
        school=settings.school_name,
        category_label=category.label,
        urgency=assessment.urgency,
        part=telling.part,
        recipient_label=telling.office.label,
        platform_label=PLATFORMS.get(item.platform, item.platform),
        posted_at=item.posted_at,
        found_at=now,
        saved=SavedState.PENDING,
        saved_at=None,
        why=why(matches),
        band=assessment.band,
        others_told=tuple(other.office.label for other in routing.told if other.office is not telling.office),
        next_step=category.next_step,
        safeguarding=safeguarding,
        practice=bool(settings.practice_reasons),
        prompts=_prompts(telling, routing),
        contacts=_contacts(policy, safeguarding=safeguarding) if safeguarding else (),
        emergency=policy.emergency_text,
    )


def saved(captures: Sequence[CaptureRow]) -> tuple[SavedState, datetime | None, tuple[str, ...]]:
    """What can be said about the saved copy: its state, when it was sealed, what is missing."""
    if not captures:
        return SavedState.NOT_SAVED, None, ()
    newest = captures[-1]
    if newest.outcome is None:
        return SavedState.PENDING, None, ()
    if newest.outcome is CaptureOutcome.FAILED:
        return SavedState.FAILED, newest.sealed_at, newest.missing
    if newest.outcome is CaptureOutcome.SUPPRESSED or newest.mode in (
        CaptureMode.WORDS,
        CaptureMode.REFERENCE,
    ):
        return SavedState.WORDS_ONLY, newest.sealed_at, ()
    state = SavedState.COMPLETE if newest.outcome is CaptureOutcome.COMPLETE else SavedState.PARTIAL
    return state, newest.sealed_at, newest.missing


def operator_alert(
    key: str,
    headline: str,
    facts: Sequence[tuple[str, str]],
    next_step: str,
    *,
    settings: Settings,
    message_id: str,
    now: datetime,
) -> NewAlert:
    """A fault for the network manager: no content, no category, no person."""
    return NewAlert(
        key=key,
        kind=AlertKind.OPERATOR,
        office=Office.SYS_OPERATOR,
        part=Told.HANDLES,
        address=settings.mail.operator or practice_address(Office.SYS_OPERATOR),
        message_id=message_id,
        thread="",
        date=now,
        not_before=now,
        facts=OperatorNotice(
            school=settings.school_name,
            headline=headline,
            facts=tuple(facts),
            next_step=next_step,
            practice=bool(settings.practice_reasons),
        ),
    )


def practice_address(office: Office) -> str:
    """Where mail for an office goes while nobody's address is filled in; it can never leave (RFC 2606)."""
    return f"{office.value.replace('_', '-')}@practice.invalid"


def _prompts(telling: Telling, routing: Routing) -> tuple[str, ...]:
    """Only whoever handles a matter is told what to do about it."""
    return routing.prompts if telling.part in (Told.HANDLES, Told.COPIED) else ()


def _contacts(policy: Policy, *, safeguarding: bool) -> tuple[tuple[str, str], ...]:
    """Whom a person may call (R56); entries that the school has not filled in are left out."""
    return tuple(
        (contact.name, f"{contact.detail} ({contact.hours})" if contact.hours else contact.detail)
        for contact in policy.contacts
        if contact.detail and (safeguarding or not contact.safeguarding)
    )
