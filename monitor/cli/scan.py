"""`scan`: JSON Lines of items in, JSON Lines of findings out, in the same order, in constant memory.

Touches no database and no network. The contract is in DESIGN.md, Command line; `pictures` (a list of names of
files in one folder) is an addition to it, answered as `monitor.cli.pictured` says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, TextIO

from monitor import triage
from monitor.cli.pictured import Pictures
from monitor.matching import Matcher
from monitor.model import Assessment, Item, Matches, Person, Policy

BATCH = 512
"""Items matched at once: large enough for the matcher's stride, small enough to stay in cache."""

LONGEST_LINE = 4 * 1024 * 1024
"""A longer line is malformed: an item is a post, and memory must not grow with the file."""


class Malformed(ValueError):
    """A line that is not an item; the message says what is wrong with it, without quoting it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as read: an item, or what is wrong."""

    number: int
    id: object
    item: Item
    own_source: bool
    pictures: tuple[str, ...] | None = None
    fault: str = ""


_NO_FOLDER = 'it has "pictures"; name the folder they lie in: scan --pictures FOLDER'
_NOTHING = Item("", "", "", "")


def scan(
    lines: BinaryIO,
    out: TextIO,
    complain: Callable[[int, str], None],
    *,
    matcher: Matcher,
    people: Mapping[str, Person],
    policy: Policy,
    pictures: Pictures | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[int, int]:
    """Scan every line; returns how many were scanned and how many were malformed. A malformed line is
    given to `complain` with its number, counted from 1, and the rest goes on. An item's pictures are
    read by `pictures`; without it a line that names some is malformed."""
    scanned = malformed = 0
    reader = read(lines)
    while batch := list(islice(reader, BATCH)):
        good = []
        for line in batch:
            fault = line.fault or (_NO_FOLDER if line.pictures is not None and pictures is None else "")
            if fault:
                malformed += 1
                complain(line.number, fault)
            else:
                good.append(line)
        found = matcher.scan([line.item.text for line in good], [line.own_source for line in good])
        for line, matches in zip(good, found, strict=True):
            assessment = triage.assess(line.item, matches, people, policy, own_source=line.own_source)
            found_here = answer(line.id, matches, assessment, policy)
            if pictures is not None and line.pictures is not None:
                found_here["pictures"] = pictures.answers(line.pictures, line.item, matches, assessment)
            out.write(json.dumps(found_here))
            out.write("\n")
        scanned += len(good)
        progress(scanned)
    return scanned, malformed


def read(lines: BinaryIO) -> Iterator[Line]:
    """Every line of the input, malformed ones included; blank lines are passed over."""
    number = 0
    while raw := lines.readline(LONGEST_LINE):
        number += 1
        if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
            while (rest := lines.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield Line(number, None, _NOTHING, own_source=False, fault="the line is longer than 4 MiB")
            continue
        if not raw.strip():
            continue
        try:
            yield parse(number, raw)
        except Malformed as error:
            yield Line(number, None, _NOTHING, own_source=False, fault=str(error))


def parse(number: int, raw: bytes) -> Line:
    """One line as an item. Raises `Malformed`."""
    try:
        found = json.loads(raw)
    except RecursionError:
        raise Malformed("it is nested too deeply") from None
    except ValueError:
        raise Malformed("it is not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("it is not a JSON object")
    if found.get("id") is None or isinstance(found["id"], (dict, list)):
        raise Malformed('"id" is missing, or is not a text or number')
    if not isinstance(found.get("text"), str):
        raise Malformed('"text" is missing, or is not a text')
    for key in ("platform", "url", "author", "posted_at"):
        if not isinstance(found.get(key), (str, type(None))):
            raise Malformed(f'"{key}" is not a text')
    if not isinstance(found.get("own_source", False), bool):
        raise Malformed('"own_source" is not true or false')
    pictures = found.get("pictures")
    if pictures is not None and not (
        isinstance(pictures, list) and all(isinstance(p, str) for p in pictures)
    ):
        raise Malformed('"pictures" is not a list of texts')
    item = Item(
        platform=found.get("platform") or "",
        native_id=str(found["id"]),
        url=found.get("url") or "",
        text=found["text"],
        author=found.get("author"),
    )
    return Line(
        number,
        found["id"],
        item,
        own_source=found.get("own_source", False),
        pictures=None if pictures is None else tuple(pictures),
    )


def answer(identity: object, matches: Matches, assessment: Assessment, policy: Policy) -> dict[str, object]:
    """One finding as `scan` writes it. Offsets are code points of the text as given."""
    slugs = {code: policy.categories[code].slug for code in assessment.categories}
    return {
        "id": identity,
        "school": [
            {"start": m.start, "end": m.end, "term": m.term, "rule": m.rule, "confidence": m.confidence}
            for m in matches.school
        ],
        "people": [
            {
                "start": m.start,
                "end": m.end,
                "person_ids": list(m.person_ids),
                "role": m.role.value,
                "rule": m.rule,
                "band": m.band.value,
                "score": m.score,
                "why": list(m.why),
            }
            for m in matches.people
        ],
        "category": slugs[assessment.category],
        "code": assessment.category,
        "also": [slugs[code] for code in assessment.also],
        "urgency": assessment.urgency.value,
        "capture": assessment.capture.value,
        "asks_person": assessment.asks_person,
        "reasons": [
            {"category": r.category, "rule": r.rule, "start": r.start, "end": r.end}
            for r in assessment.reasons
        ],
    }
