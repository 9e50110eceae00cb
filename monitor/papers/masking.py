"""Words with people masked: a mask in their place, a list of what was masked, and what to search for.

Pure. The mask says what kind of person stood there and never who (R78, R106, R111).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.papers.facts import Mention


@dataclass(frozen=True, slots=True)
class Masked:
    """`text` with masks; `changes` for the redaction list; `removed`, which must be found nowhere."""

    text: str
    changes: tuple[str, ...]
    removed: tuple[str, ...]


def mask(words: str, mentions: Sequence[Mention]) -> Masked:
    """Mask every mention of somebody whom the case is not about.

    Overlapping mentions are masked as one, under the name of the first; a mention beyond the end is cut.
    Raises `ValueError` for one that starts before the text or ends before it starts.
    """
    if any(each.start < 0 or each.end < each.start for each in mentions):
        raise ValueError("a mention must start in the text and end after its start")
    text, removed, changes, at = "", [], [], 0
    for start, end, what in _joined([each for each in mentions if not each.concerned]):
        text += words[at:start] + f"[{what}]"
        removed.append(words[start:end])
        changes.append(what)
        at = end
    counted = [f"{what} ({changes.count(what)})" for what in dict.fromkeys(changes)]
    return Masked(text + words[at:], tuple(counted), tuple(dict.fromkeys(removed)))


def _joined(mentions: Sequence[Mention]) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for each in sorted(mentions, key=lambda mention: (mention.start, mention.end)):
        if spans and each.start < spans[-1][1]:
            start, end, what = spans[-1]
            spans[-1] = (start, max(end, each.end), what)
        else:
            spans.append((each.start, each.end, each.what))
    return spans
