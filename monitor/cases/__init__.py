"""What a person starts: the register, looking at findings, deciding, asking for a capture.

Every look at content is written into the chain as a custody event, and whoever is, or may be, the
subject of a finding cannot open it (promise 6, R53, R116). Lists carry no content.

Rooms: access (who may open what), findings, captures (asked for by a person), cases, exhibits, custody (the
log of each exhibit), rebuilding (the index of the exhibits), people (the register); and gathering and export
(a case as a pack), which are imported by their own names, since few commands need them.
"""

from monitor.cases.access import NotYours, Rules, Unknown, may_open
from monitor.cases.captures import ask_capture, capture_state
from monitor.cases.cases import (
    CaseSummary,
    Contents,
    NotPossible,
    add,
    cases,
    close,
    describe,
    give,
    hold,
    lift_hold,
    look_into,
    note,
    open_case,
)
from monitor.cases.custody import Happening, in_words
from monitor.cases.exhibits import (
    NothingToHandOver,
    NotPurged,
    Purged,
    Shown,
    exhibits,
    hand_over,
    purge,
    show_exhibit,
)
from monitor.cases.findings import Decision, Opened, Summary, decide, findings, open_finding
from monitor.cases.people import import_people
from monitor.cases.rebuilding import NotIndexed, Rebuilt, rebuild_index
from monitor.store.rows import CaseEvent

__all__ = [
    "CaseEvent",
    "CaseSummary",
    "Contents",
    "Decision",
    "Happening",
    "NotPossible",
    "NotPurged",
    "NotYours",
    "NotIndexed",
    "NothingToHandOver",
    "Opened",
    "Purged",
    "Rebuilt",
    "Rules",
    "Shown",
    "Summary",
    "Unknown",
    "add",
    "ask_capture",
    "capture_state",
    "cases",
    "close",
    "decide",
    "describe",
    "exhibits",
    "findings",
    "give",
    "hand_over",
    "hold",
    "import_people",
    "in_words",
    "lift_hold",
    "look_into",
    "may_open",
    "note",
    "open_case",
    "open_finding",
    "purge",
    "rebuild_index",
    "show_exhibit",
]
