"""Mail about findings and faults: what it says, its bytes, and how it travels.

`compose` words it (pure), `build` here turns it into RFC 5322 bytes, `smtp` and `mailbox` carry it.
"""

from __future__ import annotations

import hashlib
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from monitor.errors import PermanentDeliveryError
from monitor.model import Envelope, Message


def build(message: Message, envelope: Envelope) -> bytes:
    """Turn a message into RFC 5322 bytes, the same bytes for the same message and envelope.

    Message-ID and Date come from the envelope, and the MIME boundary follows from the Message-ID,
    so a second attempt is the same mail (product study 4.6: Exchange compares Message-ID and date).
    There is no List-Unsubscribe: a safety alert is not cancelled by a link. Raises
    `PermanentDeliveryError` when the envelope cannot stand in a header.
    """
    try:
        return _build(message, envelope)
    except (ValueError, IndexError) as error:  # the standard library's parser raises either
        raise PermanentDeliveryError("an address or header of this mail cannot be used") from error


def _build(message: Message, envelope: Envelope) -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    mail["Message-ID"] = _bracketed(envelope.message_id)
    mail["Date"] = format_datetime(envelope.date)
    mail["From"] = envelope.sender
    mail["To"] = envelope.recipient
    if envelope.reply_to:
        mail["Reply-To"] = envelope.reply_to
    if envelope.thread:
        mail["In-Reply-To"] = _bracketed(envelope.thread)
        mail["References"] = _bracketed(envelope.thread)
    mail["Subject"] = message.subject
    mail["Auto-Submitted"] = "auto-generated"
    # Not "All": that would also suppress the non-delivery reports, which we need (MS-OXCMAIL).
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail["Importance"] = message.importance
    mail["Sensitivity"] = "Company-Confidential"
    mail["X-School-Monitor-Class"] = "bare"
    mail.set_content(message.text, charset="utf-8", cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", charset="utf-8", cte="quoted-printable")
    digest = hashlib.sha256(envelope.message_id.encode()).hexdigest()
    mail.set_boundary(f"=_school_monitor_{digest[:32]}")
    # Last: the standard library drops it when parts are added afterwards.
    mail["Content-Language"] = "en-GB"
    return mail.as_bytes()


def _bracketed(identifier: str) -> str:
    return f"<{identifier.strip().strip('<>')}>"
