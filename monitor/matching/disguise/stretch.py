"""A stretch of a text that may stand for other letters, and whether those make somebody's name. Pure."""

from __future__ import annotations

from typing import NamedTuple

from monitor.matching.glance import GLUED_TITLES, TITLES, is_part
from monitor.matching.roll import Roll
from monitor.matching.spelling import Slip, key_of

MOST_STRETCHES = 400
"""How many stretches of one text are read: hostile text must not cost more than it is long."""


class Stretch(NamedTuple):
    """Code points `start` to `end` of a text, and what they may stand for."""

    start: int
    end: int
    letters: str
    slip: Slip = Slip.MASKED


def is_name(letters: str, roll: Roll) -> bool:
    """Whether letters are somebody's name, or a whole name in one word."""
    if key_of(letters) in TITLES:
        return True
    if is_part(letters, roll) or (len(letters) >= 7 and _is_whole(letters, roll)):
        return True
    return any(letters.startswith(title) and is_part(letters[len(title) :], roll) for title in GLUED_TITLES)


def _is_whole(letters: str, roll: Roll) -> bool:
    cuts = ((letters[:at], letters[at:]) for at in range(3, len(letters) - 2))
    return any(is_part(first, roll) and is_part(last, roll) for first, last in cuts)
