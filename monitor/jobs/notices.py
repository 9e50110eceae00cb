"""Facts about a finding put into the fixed words that a bare mail may say (R55). Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from monitor.evidence import PublicKey, Standing
from monitor.jobs.services import Services
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
    Routing,
    SavedState,
    Telling,
    Told,
)
from monitor.settings import PLATFORM_LABELS, Settings
from monitor.store.rows import CaptureRow, NewAlert

ARCHIVE_STOPPED = "Captures stopped: archive"

_IN_A_SENTENCE = {"feeds": "a website or news feed", "wordpress": "a website"}
"""Platforms whose label reads badly in a mail."""


def why(matches: Matches) -> str:
    """Why the item was noticed, without any name: which list, how near the school's name."""
    parts = [f"one name from the {role.value} list" for role in dict.fromkeys(m.role for m in matches.people)]
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
        platform_label=_IN_A_SENTENCE.get(item.platform) or PLATFORM_LABELS.get(item.platform, item.platform),
        posted_at=item.posted_at,
        found_at=now,
        saved=SavedState.PENDING,
        saved_at=None,
        why=why(matches),
        band=assessment.band,
        others_told=tuple(other.office.label for other in routing.told if other.office is not telling.office),
        next_step=category.next_step,
        safeguarding=safeguarding,
        practice=settings.practice,
        prompts=_prompts(telling, routing),
        contacts=_contacts(policy, safeguarding=safeguarding),
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


def head_mail(
    services: Services, key: str, found: Standing, signing: PublicKey, office: Office, address_of: str
) -> NewAlert:
    """The head of the chain for somebody who keeps it: digests and counts, nothing of what was found."""
    newest = found.newest
    facts = [("Head", found.head), ("Entries", f"{found.entries}, {found.exhibits} of them exhibits")]
    if newest is not None:
        facts.append(("Checkpoint", f"number {newest.number}, over {newest.size} entries"))
        facts.append(("Its digest", hashlib.sha256(newest.content).hexdigest()))
    facts.append(("Signing key", signing.fingerprint))
    for authority, (number, at) in found.times.items():
        facts.append(("Confirmed by", f"{authority}: checkpoint {number}, {services.local(at)}"))
    headline = f"Evidence chain, {services.clock().astimezone(services.zone):%d %b %Y}"
    next_step = (
        "Keep this mail and do nothing else. If the saved evidence is ever doubted, this head must still be"
        " in its chain, and its checkpoints must be signed by this key. The command that looks:"
        f" school-monitor verify --key {signing.fingerprint}"
    )
    alert = operator_alert(services, key, headline, facts, next_step)
    notice = OperatorNotice(
        school=services.settings.school_name,
        headline=headline,
        facts=tuple(facts),
        next_step=next_step,
        practice=services.settings.practice,
        opening="With these figures it can be shown later that nothing in the archive was changed.",
        sent_to="those who keep the archive's head",
    )
    return replace(alert, office=office, address=address_of, facts=notice)


def operator_alert(
    services: Services, key: str, headline: str, facts: Sequence[tuple[str, str]], next_step: str
) -> NewAlert:
    """A fault for the network manager: no content, no category, no person."""
    settings, now = services.settings, services.clock()
    return NewAlert(
        key=key,
        kind=AlertKind.OPERATOR,
        office=Office.SYS_OPERATOR,
        part=Told.HANDLES,
        address=address(Office.SYS_OPERATOR, settings),
        message_id=message_id(services, key),
        thread="",
        date=now,
        not_before=now,
        facts=OperatorNotice(
            school=settings.school_name,
            headline=headline,
            facts=tuple(facts),
            next_step=next_step,
            practice=settings.practice,
        ),
    )


def nobody_left(services: Services, reference: str) -> NewAlert:
    """Nobody independent is left to tell (R54): the matter stays sealed, and somebody must know that."""
    return operator_alert(
        services,
        f"unroutable {reference}",
        "A finding could not be given to anybody",
        [("Reference", reference), ("Why", "everybody who could be told is concerned, or refuses mail")],
        "Ask the Data Protection Officer or the local authority who is to handle it. Do not open it.",
    )


def message_id(services: Services, key: str) -> str:
    """A Message-ID (RFC 5322 3.6.4) that is the same for the same key, whenever it is asked for."""
    domain = services.settings.mail.sender.rpartition("@")[2] or "school-monitor.invalid"
    return f"<{services.fingerprint(f'mail {key}')}@{domain}>"


def address(office: Office, settings: Settings) -> str:
    """The mailbox of an office; while nobody's is filled in, one that can never leave (RFC 2606)."""
    holder = settings.holders.get(office)
    return (holder.address if holder else "") or f"{office.value.replace('_', '-')}@practice.invalid"


def _prompts(telling: Telling, routing: Routing) -> tuple[str, ...]:
    """What to do is for those who can open the matter."""
    return routing.prompts if telling.part in (Told.HANDLES, Told.COPIED) else ()


def _contacts(policy: Policy, *, safeguarding: bool) -> tuple[tuple[str, str], ...]:
    """Whom a person may call (R56); entries that the school has not filled in are left out."""
    return tuple(
        (contact.name, f"{contact.detail} ({contact.hours})" if contact.hours else contact.detail)
        for contact in policy.contacts
        if contact.detail and (safeguarding or not contact.safeguarding)
    )
