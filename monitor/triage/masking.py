"""Private details out of words that are kept (A7, S7, O3)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from monitor.folding import read
from monitor.model import Assessment, Matches, Reason, Role

_MASK = "▇"
_MASKED = frozenset({"A7", "S7", "O3"})
_WHOLE = frozenset({"S2", "A9"})
_GIVES_DETAILS = frozenset({"private_details", "pupil_details"})
"""Rules after whose words the details themselves follow, however they are written."""
_SENTENCE_ENDS = re.compile(
    r"(?<!\s[a-z])(?<!\b(?:st|rd|no|mr|dr|ms))(?<!\b(?:ave|apt|mrs))[.!?]{1,4}(?=\s|$)|\n[^\S\n]{0,80}\n",
    re.IGNORECASE,
)
_NUMBER_WORD = (
    r"(?:oh?|zero|nought|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,5}teen|"
    r"twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|double|triple|treble|\d{1,4})"
)
_PRIVATE = re.compile(
    r"(?<![a-z0-9])(?:"
    r"(?:flat |no\.? ?)?\d{1,4}[a-z]?,? (?:[a-z']{1,30} ){1,4}"
    r"(?:road|rd|street|st|avenue|ave|close|lane|drive|dr|crescent|way|court|grove|terrace|gardens|place|hill|square)"
    r"|(?:[a-z']{1,30} ){1,2}(?:road|street|avenue|lane|drive|crescent|grove|terrace)"
    r"|\+?(?:44|0)(?:[ \-.()]{0,2}\d){9,10}|\d{5,}"
    r"|[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}"
    r"|[a-z]{2}\d{2} ?[a-z]{3}|[a-z]\d{1,3} ?[a-z]{3}"
    r"|[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,5}"
    r"|\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}"
    rf"|{_NUMBER_WORD}(?:[ ,.\-]{{1,3}}{_NUMBER_WORD}){{5,}}"
    r")(?![a-z0-9])"
)
_MEDICAL = re.compile(
    r"(?<![a-z0-9])(?:adhd|add|asd|autis\w+|asperger\w*|sen|send|ehcp|dyslexi\w|dyspraxi\w|epilep\w+|"
    r"diabet\w+|anorexi\w|bulimi\w|depress\w+|anxiety|self[ -]?harm\w*|medication|ritalin|camhs|"
    r"social (?:worker|services)|foster\w*|in care|pregnan\w+|hiv|aids|cancer|bipolar|tourette\w*|disab\w+|"
    r"special needs|mental health|psych\w+|therap\w+|counsell\w+|wheelchair|asthma\w*|allerg\w+|suicid\w+|"
    r"overdos\w+|abus\w+|alcoholi\w+|rehab|sectioned|hospital|diagnos\w+|tablets|pills)(?![a-z0-9])"
)


def keeps_masked(assessment: Assessment) -> bool:
    """Whether the words are kept with private details masked: in A7, S7 and O3, whatever else applies
    and however they are captured; not in S2 and A9, where the words are all that is ever kept."""
    categories = set(assessment.categories)
    return bool(categories & _MASKED) and not categories & _WHOLE


def masked(text: str, matches: Matches, reasons: Collection[Reason] = ()) -> str:
    """The text with private details as ▇, one for each character, so that offsets stay true.

    Addresses, telephone numbers, plates, postcodes, mail addresses, dates and medical words go
    always, pupils' names wherever matched. Where `reasons` say that details are given ("lives at"),
    these words go with all that follows to the end of the sentence: "Rose Cottage, red door" looks
    like no address. What the rules do not know stays: a person still reads it before it goes
    anywhere.
    """
    letters = list(text)
    for start, end in _spans(text, matches, reasons):
        for at in range(start, end):
            if not letters[at].isspace():
                letters[at] = _MASK
    return "".join(letters)


def _spans(text: str, matches: Matches, reasons: Collection[Reason]) -> Iterator[tuple[int, int]]:
    gone = 0
    for reason in sorted(reasons, key=lambda reason: reason.start):
        if reason.rule in _GIVES_DETAILS and reason.end > gone:
            stop = _SENTENCE_ENDS.search(text, reason.end)
            gone = stop.start() if stop else len(text)
            yield reason.start, gone
    reading = read(text)
    for pattern in (_PRIVATE, _MEDICAL):
        for found in pattern.finditer(reading.text):
            yield reading.span(*found.span())
    for match in matches.people:
        if match.role is Role.PUPIL:
            yield match.start, match.end
