"""What a site's answer tells about this machine's clock (R86). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from monitor.model import ClockCheck


def compare(
    headers: Mapping[str, str], host: str, *, asked_at: datetime, answered_at: datetime
) -> ClockCheck | None:
    """How far our clock was ahead of the site's, from the `Date` of its answer; None when it gave none.

    The answer was written between our two times, in the second that its `Date` names, so the truth lies
    between two ends: their middle is the offset. Where a cache gave the answer, `Age` is added, and a
    second of doubt (RFC 9111 5.1). Header names are lower case.
    """
    try:
        wrote_at = parsedate_to_datetime(headers["date"])
        age_s = int(headers.get("age", "0"))
    except (KeyError, ValueError, TypeError):
        return None
    if wrote_at.tzinfo is None or not 0 <= age_s < 10**7:
        return None
    wrote_at += timedelta(seconds=age_s)
    doubt_s = 1 + (1 if age_s else 0)
    least = (asked_at - wrote_at).total_seconds() - doubt_s
    most = (answered_at - wrote_at).total_seconds()
    source = f"the Date header of {host}" + (", from a cache" if age_s else "")
    return ClockCheck(round((least + most) / 2, 3), round(max(0.0, most - least) / 2, 3), source)
