"""What one request of a test may cost: little, and loopback only where a test says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from monitor.outbound import OutboundLimits

_LITTLE = OutboundLimits(
    connect_s=5, read_s=10, total_s=20, max_bytes=2_000_000, max_redirects=5, allow_private=()
)


def limits(**changed: Any) -> OutboundLimits:
    """Short limits and nothing private allowed, but for what is `changed`."""
    return replace(_LITTLE, **changed)
