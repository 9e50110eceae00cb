"""One notice of each kind of mail, about the invented school, for the tests that read and look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from monitor.alerts.compose import finding_mail, operator_mail
from monitor.model import Band, Message, Notice, OperatorNotice, SavedState, Told, Urgency

COMPLAINT = Notice(
    reference="M-2026-0147",
    school="Littleover Community School",
    category_label="possible complaint naming somebody",
    urgency=Urgency.U2,
    part=Told.HANDLES,
    recipient_label="Headteacher",
    platform_label="Reddit",
    posted_at=datetime(2026, 11, 22, 8, 14, tzinfo=UTC),
    found_at=datetime(2026, 11, 22, 8, 31, tzinfo=UTC),
    saved=SavedState.COMPLETE,
    saved_at=datetime(2026, 11, 22, 8, 33, tzinfo=UTC),
    why="one name from the staff list, near the school's name",
    band=Band.MEDIUM,
    others_told=(),
    next_step=(
        "Consider inviting the person to the complaints procedure. Do not reply online. "
        "Tell the member of staff in person and offer support."
    ),
    safeguarding=False,
    practice=False,
)
THREAT = replace(
    COMPLAINT,
    reference="M-2026-0148",
    category_label="possible threat",
    urgency=Urgency.U0,
    saved=SavedState.PENDING,
    saved_at=None,
    band=Band.HIGH,
    others_told=("Designated Safeguarding Lead", "On call"),
    next_step=(
        "Decide now whether to call 999 or 101. Make sure that the person concerned is safe and knows. "
        "Do not reply to the post."
    ),
    practice=True,
)
WELFARE = replace(
    COMPLAINT,
    reference="M-2026-0149",
    category_label="possible risk to a young person",
    urgency=Urgency.U0,
    recipient_label="Designated Safeguarding Lead",
    others_told=("Deputy Designated Safeguarding Lead", "Headteacher, only that it exists"),
    why="words that may mean a risk to life, near the school's name",
    next_step="Read it and decide who the young person may be.",
    safeguarding=True,
    contacts=(
        ("Police, fire, ambulance", "999 in danger, 101 otherwise"),
        ("Children's social care, in and out of hours", "01332 555 0100"),
        ("Local Authority Designated Officer (LADO)", "01332 555 0101"),
        ("NSPCC helpline", "0808 800 5000"),
    ),
)
ALLEGATION = replace(
    WELFARE,
    reference="M-2026-0150",
    category_label="safeguarding matter about an adult",
    urgency=Urgency.U1,
    recipient_label="Chair of Governors",
    others_told=("Designated Safeguarding Lead, the child's part only",),
    prompts=(
        "Do not investigate. Do not speak to the person it is about. Speak to the Local Authority "
        "Designated Officer (LADO) the same working day. Keep the record safe and show it to nobody else.",
        "You handle this matter. Speak to the LADO directly the same working day.",
    ),
)
CHILD_PART = replace(
    ALLEGATION,
    part=Told.CHILD_WELFARE,
    recipient_label="Designated Safeguarding Lead",
    others_told=("Chair of Governors",),
)
EXISTS = replace(
    WELFARE,
    part=Told.NOTICE,
    recipient_label="Headteacher",
    others_told=("Designated Safeguarding Lead", "Deputy Designated Safeguarding Lead"),
)
COPIED = replace(
    COMPLAINT,
    reference="M-2026-0151",
    part=Told.COPIED,
    recipient_label="Vice Chair of Governors",
    posted_at=None,
    saved=SavedState.PARTIAL,
    missing=("the replies below the post", "two pictures"),
    others_told=("Chair of Governors",),
    band=Band.LOW,
    link="https://watch.littleover.example/m/M-2026-0151",
)
FAULT = OperatorNotice(
    school="Littleover Community School",
    headline="Instagram not checked since Fri 20 Nov",
    facts=(
        ("Source", "Instagram, own account"),
        ("Last read", "Fri 20 Nov 2026, 16:02 GMT"),
        ("Tried since", "96 times"),
        ("Why", "The site asks visitors to sign in"),
    ),
    next_step="Switch this source off, or check the account by hand each day until it works again.",
    practice=True,
)

FINDINGS: dict[str, Notice] = {
    "complaint": COMPLAINT,
    "threat": THREAT,
    "welfare": WELFARE,
    "allegation": ALLEGATION,
    "child-part": CHILD_PART,
    "exists": EXISTS,
    "copied": COPIED,
}


def every_mail() -> dict[str, Message]:
    """Each kind of mail by name."""
    mails = {name: finding_mail(notice) for name, notice in FINDINGS.items()}
    return mails | {"fault": operator_mail(FAULT)}
