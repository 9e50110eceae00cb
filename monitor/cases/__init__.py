"""What a person starts: the register, looking at findings, deciding, asking for a capture.

Every look at content is written into the chain as a custody event, and whoever is, or may be, the
subject of a finding cannot open it (promise 6, R53, R116). Lists carry no content.

Rooms: access (who may open what), findings, captures and exhibits, people (the register).
"""

from monitor.cases.access import NotYours, Rules, Unknown, may_open
from monitor.cases.captures import ask_capture, capture_state
from monitor.cases.exhibits import exhibits
from monitor.cases.findings import Decision, Opened, Summary, decide, findings, open_finding
from monitor.cases.people import import_people

__all__ = [
    "Decision",
    "NotYours",
    "Opened",
    "Rules",
    "Summary",
    "Unknown",
    "ask_capture",
    "capture_state",
    "decide",
    "exhibits",
    "findings",
    "import_people",
    "may_open",
    "open_finding",
]
