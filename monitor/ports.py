"""The outside world as a few small protocols. Adapters implement them; tests replace them.

Every method raises only the family of `monitor.errors` that its docstring names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import requests

from monitor.model import (
    CaptureMode,
    CaptureReport,
    Envelope,
    Exchange,
    Item,
    Message,
    Page,
    Source,
    UnverifiedTime,
)

Clock = Callable[[], datetime]
"""Returns the present as aware UTC."""

Fingerprint = Callable[[str], str]
"""A keyed digest (hex) of an identity: the key never leaves the data folder, so a cursor or a
`seen` row cannot be turned back into whom or what it was."""

Suppressed = Callable[[str], str | None]
"""Says which S2 or A9 trigger a text sets off (the rule's name), or None. Pure."""


@dataclass(frozen=True, slots=True)
class CollectorTools:
    """What a collector is given; it opens nothing else.

    Every request goes through `session`, which refuses private addresses, ends every call within
    its limits, and raises `OutboundRefused` or `requests` errors.
    """

    session: requests.Session
    clock: Clock
    fingerprint: Fingerprint
    user_agent: str
    secrets: Mapping[str, str]


FIRST_LOOK_BACK = timedelta(days=30)
"""How far a source that was never read is read back. Rule: R16."""

LATER_LOOK_BACK = timedelta(days=7)
"""How far a source is read back after an absence. Rule: R16."""


class Collector(Protocol):
    """One platform (DESIGN.md, Collector contract). Raises only `CollectError`."""

    def poll(self, source: Source, cursor: str | None) -> Page:
        """Read what is new since `cursor`; None is the first time. Looks back
        `FIRST_LOOK_BACK` at most then, `LATER_LOOK_BACK` afterwards (R16).

        Polling again from the returned cursor gives nothing twice and skips nothing; an edited item
        comes again with its new text; an empty page keeps the cursor, but for the time of the last
        reading every few hours. What an absence longer than the look-back left unread is a note.
        """

    def reread(self, source: Source, known: Sequence[Item]) -> tuple[Item, ...]:
        """Look again at items we keep. Returns those whose text changed, and, with state `removed`
        and empty text, those that the platform says are gone. Items it cannot tell about are left
        out: absence of an answer is not a deletion."""


class Browser(Protocol):
    """Turns an address into files and step outcomes."""

    def capture(
        self,
        url: str,
        mode: CaptureMode,
        folder: Path,
        suppressed: Suppressed,
        *,
        wanted: tuple[str, ...] = (),
    ) -> CaptureReport:
        """Preserve what a stranger would see at `url`, under `folder` (shots/, page/, net/, log/).

        `suppressed` is asked about what the page says once it has loaded; if a trigger fires, the
        files are removed and the outcome is `suppressed`. `wanted` are wordings of what matters on the
        page, the most telling first: the first that stands there is pictured on its own, with proof that
        it can be seen; that none does is named in the report. A failed step is a value in the report.
        Raises `BrowserUnavailable`, and `OSError` when the folder cannot be written.
        """

    def self_test(self, folder: Path) -> CaptureReport:
        """Capture a page of our own in the same way, and compare what it brought with what is known of it
        (R85): every difference is named in `missing`. Raises as `capture` does."""

    def close(self) -> None:
        """Stop the browser; safe to call twice."""


class WebRecord(Protocol):
    """Keeps what the network answered during one capture, in memory until it is asked for."""

    def add(self, exchange: Exchange) -> None:
        """Keep one exchange. They are numbered in the order they come."""

    def package(self, page: Exchange, title: str) -> bytes:
        """Give everything as one file (WACZ 1.1.1) that opens at `page`, one of those added.
        The same exchanges give the same bytes."""

    def faults(self, packaged: bytes) -> tuple[str, ...]:
        """What is wrong with such a file, each beginning with the place in it; nothing when it is sound."""


class TimeAuthority(Protocol):
    """Says when a digest was shown to it (RFC 3161). Each method raises `TimestampError` only."""

    @property
    def name(self) -> str:
        """What the settings and the archive call it."""

    @property
    def every(self) -> timedelta:
        """How long it wants to be left in peace between two questions."""

    def ask(self, content: bytes) -> UnverifiedTime:
        """Its reply to the digest of this content, not yet believed; nothing but the digest leaves."""

    def certificates(self) -> bytes:
        """The root certificates that its times must lead to, as PEM."""

    def revocation_lists(self) -> tuple[bytes, ...]:
        """Its lists of revoked certificates as PEM, if some are named."""


class Transport(Protocol):
    """Carries one mail to one mailbox."""

    def deliver(self, message: Message, envelope: Envelope) -> str:
        """Hand the mail over and return a receipt (the server's last reply, or the file written).

        Delivering the same envelope twice is the same mail twice. Raises `DeliveryError` only.
        """

    def check(self) -> str:
        """Say in words that mail can be handed over, sending nothing. Raises `DeliveryError`."""
