"""A capture that a person asks for."""

from __future__ import annotations

from datetime import datetime

from monitor.decisions import addresses
from monitor.errors import OutboundRefused
from monitor.model import CaptureMode, Office
from monitor.store import Store
from monitor.store.rows import CaptureRow


def ask_capture(
    store: Store, url: str, *, mode: CaptureMode, by: Office, exhibit_id: str, now: datetime
) -> None:
    """Ask for a capture of one address. Raises `OutboundRefused` for a page about a person, a closed
    system, or anything that is not a web address (R22, R24)."""
    why = addresses.refusal(url)
    if why:
        raise OutboundRefused(f"this address is not opened: {why}")
    with store.transaction() as t:
        if any(addresses.touches(url, item) for item in t.untouchable()):
            raise OutboundRefused(
                "this address is not opened: what is known of it forbids any request, and nobody can"
                " override that here; speak to the Designated Safeguarding Lead"
            )
        t.want_capture(exhibit_id, url, mode, trigger=by.value, now=now)


def capture_state(store: Store, exhibit_id: str) -> CaptureRow | None:
    """How a capture stands."""
    with store.transaction() as t:
        return t.capture(exhibit_id)
