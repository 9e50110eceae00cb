"""The practice mailbox: mail as `.eml` files in a local folder.

One job: write each mail where a person can find and open it. The name is made of time, reference,
role and a digest of the Message-ID, so that it sorts, says nothing personal, and a second delivery
of the same mail replaces the same file.
"""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC
from email.utils import parseaddr
from pathlib import Path

from monitor.alerts import build
from monitor.errors import TemporaryDeliveryError
from monitor.model import Envelope, Message, Office

_REFERENCE = re.compile(r"\b[A-Z]-\d{4}-\d+\b")


class MailboxTransport:
    """A `Transport` that writes each mail into a folder and sends nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, message: Message, envelope: Envelope) -> str:
        """Write the mail and return the path of its file, which is whole or absent at any moment.

        Delivering the same envelope again replaces the file. Only the owner can read it. Raises
        `TemporaryDeliveryError` when the folder cannot be written, `PermanentDeliveryError` when an
        address cannot be used.
        """
        content = build(message, envelope)
        path = self._folder / file_name(message, envelope)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(path, content)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise TemporaryDeliveryError(f"the mailbox folder cannot be written: {reason}") from error
        return str(path)

    def check(self) -> str:
        """Say in words that the folder can be written; leaves nothing behind."""
        probe = self._folder / f".check-{os.getpid()}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(probe, b"")
            probe.unlink()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise TemporaryDeliveryError(f"the mailbox folder cannot be written: {reason}") from error
        return f"Mail is written to the folder {self._folder}; nothing is sent"


def file_name(message: Message, envelope: Envelope) -> str:
    """The name of a mail's file, such as "2026-11-22T0831Z-M-2026-0147-headteacher-1a2b3c4d.eml".

    Time in UTC. Only an office's own word stands for the recipient: an address may hold a name.
    """
    local_part = parseaddr(envelope.recipient)[1].partition("@")[0].lower().replace("-", "_")
    role = local_part if local_part in Office.__members__.values() else "mailbox"
    found = _REFERENCE.search(message.text)
    reference = found[0] if found else "system"
    digest = hashlib.sha256(envelope.message_id.encode()).hexdigest()[:8]
    return f"{envelope.date.astimezone(UTC):%Y-%m-%dT%H%MZ}-{reference}-{role.replace('_', '-')}-{digest}.eml"


def _write(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves the old one, the new one or none, never a part."""
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
