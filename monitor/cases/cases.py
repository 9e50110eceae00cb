"""A case: what a person decided belongs together (R88, R94).

States built so far: open, on hold, closed; the others of R88 are not. Whoever may not open one of its
findings sees nothing of a case: not that it exists (promise 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.cases.access import NotYours, Rules, Unknown, may_open, may_see_case, not_yours, open_to
from monitor.errors import MonitorError
from monitor.model import CaptureState, Office
from monitor.store import Store, Transaction
from monitor.store.rows import CaptureRow, CaseEvent, CaseRow, CaseState, ExportRow, FindingRow

LONGEST_WORDS = 4000
"""How many characters a note or a title may have: words to a case, not a store of documents."""


class NotPossible(MonitorError):
    """The case does not stand so that this can be done; the message says what can."""


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A case in a list. For nobody in particular (the network manager) it says neither owner nor title."""

    reference: str
    state: CaseState
    opened_at: datetime
    findings: int
    title: str = ""
    owner: Office | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """A case with all that is in it. `captures` are those of its findings, the oldest first, and those
    that a person asked for and put in; `put_in` names the latter."""

    case: CaseRow
    findings: tuple[FindingRow, ...]
    captures: tuple[CaptureRow, ...]
    put_in: tuple[str, ...]
    log: tuple[CaseEvent, ...]
    exports: tuple[ExportRow, ...]

    @property
    def exhibits(self) -> tuple[CaptureRow, ...]:
        """The captures that were sealed."""
        return tuple(each for each in self.captures if each.state is CaptureState.SEALED)


def open_case(
    store: Store,
    references: Sequence[str],
    *,
    by: Office,
    rules: Rules,
    now: datetime,
    title: str = "",
    purpose: str = "",
) -> str:
    """Open a case with these findings; returns its reference. Whoever opens it owns it (R94).

    Raises `Unknown` and `NotYours`, and then nothing was written.
    """
    with store.transaction() as t:
        findings = [_finding(t, reference, by=by, rules=rules) for reference in dict.fromkeys(references)]
        case = t.add_case(title=_checked(title), purpose=_checked(purpose), owner=by, now=now)
        t.log_case(case.id, "opened", by=by, words=title, now=now)
        for finding in findings:
            _put(t, case, finding, by=by, now=now)
    return case.reference


def add(
    store: Store, reference: str, additions: Sequence[str], *, by: Office, rules: Rules, now: datetime
) -> None:
    """Put findings, or exhibits that a person asked for, into a case.

    Raises `Unknown`, `NotYours` (also when an addition is somebody else's), and `NotPossible` for a closed
    case and for a finding that the owner of the case may not open.
    """
    with store.transaction() as t:
        case = open_to(t, reference, by=by, rules=rules)
        if case.state is CaseState.CLOSED:
            raise NotPossible(f"{reference} is closed; open a new case for what came later")
        for addition in dict.fromkeys(additions):
            capture = t.capture(addition)
            if capture is not None and capture.finding_id is None:
                _put_asked_for(t, case, capture, by=by, now=now)
                continue
            finding = _finding(t, addition, by=by, rules=rules)
            if not may_open(finding, t.alerts_of(finding.id), case.owner, rules=rules):
                raise NotPossible(
                    f"{case.reference} is owned by the {case.owner.label}, who may not open {addition};"
                    " open another case for it, or give this one to an office that may open all of it"
                )
            _put(t, case, finding, by=by, now=now)


def cases(store: Store, *, rules: Rules, viewer: Office | None = None, limit: int = 200) -> list[CaseSummary]:
    """The newest cases, newest first: those that the viewer may open; without one, references only."""
    listed = []
    with store.transaction() as t:
        for case in t.cases(limit):
            summary = CaseSummary(case.reference, case.state, case.opened_at, len(t.findings_in(case.id)))
            if viewer is None:
                listed.append(summary)
            elif may_see_case(t, case, viewer, rules=rules):
                listed.append(
                    CaseSummary(
                        summary.reference,
                        summary.state,
                        summary.opened_at,
                        summary.findings,
                        case.title,
                        case.owner,
                    )
                )
    return listed


def look_into(store: Store, reference: str, *, viewer: Office, rules: Rules, now: datetime) -> Contents:
    """What is in a case, for an office that may open all of it; the look is written down.

    Holds words of the posts: whoever shows those writes the custody log first. Raises `Unknown` for a case
    that is not there or not this office's, in the same words.
    """
    with store.transaction() as t:
        case = open_to(t, reference, by=viewer, rules=rules)
        t.log_case(case.id, "viewed", by=viewer, words="", now=now)
        return contents(t, case)


def contents(t: Transaction, case: CaseRow) -> Contents:
    """Everything in a case."""
    findings = tuple(t.finding_by_id(number) for number in t.findings_in(case.id))
    put_in = tuple(t.exhibits_put_in(case.id))
    asked_for = [capture for capture in map(t.capture, put_in) if capture is not None]
    return Contents(
        case=case,
        findings=findings,
        captures=(*(c for finding in findings for c in t.captures_of(finding.id)), *asked_for),
        put_in=put_in,
        log=tuple(t.case_log(case.id)),
        exports=tuple(t.exports_of(case.id)),
    )


def note(
    store: Store,
    reference: str,
    text: str,
    *,
    by: Office,
    rules: Rules,
    now: datetime,
    outside: bool = False,
) -> None:
    """Write down what was done or decided and why (R92); `outside` for a step towards somebody outside."""
    if not text.strip():
        raise NotPossible('a note says what was done or decided; put it in quotation marks: "..."')
    with store.transaction() as t:
        case = open_to(t, reference, by=by, rules=rules)
        t.log_case(case.id, "step_outside" if outside else "noted", by=by, words=_checked(text), now=now)


def hold(store: Store, reference: str, *, why: str, by: Office, rules: Rules, now: datetime) -> None:
    """Put a case on legal hold: nothing of it may be purged (R108, R125). Holding it again only logs it."""
    with store.transaction() as t:
        put_on_hold(t, open_to(t, reference, by=by, rules=rules), why=_checked(why), by=by, now=now)


def put_on_hold(t: Transaction, case: CaseRow, *, why: str, by: Office, now: datetime) -> None:
    """Put a case on hold, a closed one too; the hold counts from its first day."""
    t.set_case_state(case.id, CaseState.ON_HOLD, held_since=case.held_since or now)
    t.log_case(case.id, "held", by=by, words=why, now=now)


def lift_hold(store: Store, reference: str, *, why: str, by: Office, rules: Rules, now: datetime) -> None:
    """End a legal hold; the case is open again. Raises `NotPossible` when there is none."""
    with store.transaction() as t:
        case = open_to(t, reference, by=by, rules=rules)
        if case.state is not CaseState.ON_HOLD:
            raise NotPossible(f"{reference} is not on hold")
        t.set_case_state(case.id, CaseState.OPEN)
        t.log_case(case.id, "hold_lifted", by=by, words=_checked(why), now=now)


def close(store: Store, reference: str, *, outcome: str, by: Office, rules: Rules, now: datetime) -> None:
    """Close a case with its outcome in words (R92). Raises `NotPossible` for one on hold or without words."""
    if not outcome.strip():
        raise NotPossible("a case is closed with its outcome and the reasons in words: --outcome")
    with store.transaction() as t:
        case = open_to(t, reference, by=by, rules=rules)
        if case.state is not CaseState.OPEN:
            lift = f"; end the hold first: school-monitor cases hold {reference} --lift"
            raise NotPossible(
                f"{reference} is {case.state.value.replace('_', ' ')}"
                + (lift if case.state is CaseState.ON_HOLD else " already")
            )
        t.set_case_state(case.id, CaseState.CLOSED)
        t.log_case(case.id, "closed", by=by, words=_checked(outcome), now=now)


def give(store: Store, reference: str, to: Office, *, by: Office, rules: Rules, now: datetime) -> None:
    """Give a case another owner, who may open all of it (R94). Raises `NotPossible` for any other."""
    with store.transaction() as t:
        case = open_to(t, reference, by=by, rules=rules)
        if not may_see_case(t, case, to, rules=rules):
            raise NotPossible(f"the {to.label} may not open all of {reference} and cannot own it")
        t.give_case(case.id, to)
        t.log_case(case.id, "given", by=by, words=f"to the {to.label}", now=now)


def describe(
    store: Store, reference: str, *, title: str, purpose: str, by: Office, rules: Rules, now: datetime
) -> None:
    """Say what a case is called and what it is for, in words that its papers repeat."""
    with store.transaction() as t:
        case = open_to(t, reference, by=by, rules=rules)
        t.describe_case(
            case.id, title=_checked(title) or case.title, purpose=_checked(purpose) or case.purpose
        )
        t.log_case(case.id, "described", by=by, words=title, now=now)


def opened_by_decision(
    t: Transaction, finding: FindingRow, *, by: Office, rules: Rules, now: datetime
) -> str:
    """The case of a finding about which `open_case` was just decided: the one it is in, else a new one."""
    for case in t.cases_with(finding.id):
        # One that this office may not see stays unknown to it.
        if case.state is not CaseState.CLOSED and may_see_case(t, case, by, rules=rules):
            _decided(t, case, finding, by=by, now=now)
            return case.reference
    case = t.add_case(title="", purpose="", owner=by, now=now)
    t.log_case(case.id, "opened", by=by, words="", now=now)
    _put(t, case, finding, by=by, now=now)
    return case.reference


# --- below: how ----------------------------------------------------------------------------------


def _finding(t: Transaction, reference: str, *, by: Office, rules: Rules) -> FindingRow:
    finding = t.finding(reference)
    if finding is None:
        raise Unknown(f"there is no finding {reference}; `school-monitor findings` lists them")
    if not may_open(finding, t.alerts_of(finding.id), by, rules=rules):
        raise NotYours(not_yours(by, reference))
    return finding


def _put(t: Transaction, case: CaseRow, finding: FindingRow, *, by: Office, now: datetime) -> None:
    if t.put_finding(case.id, finding.id, by=by, now=now):
        t.log_case(case.id, "added", by=by, words=finding.reference, now=now)
        _decided(t, case, finding, by=by, now=now)


def _decided(t: Transaction, case: CaseRow, finding: FindingRow, *, by: Office, now: datetime) -> None:
    t.decide(finding.id, "open_case", by=by.value, now=now)
    t.note_custody(finding.id, "decided", by=by, reason=f"open_case: {case.reference}", now=now)


def _put_asked_for(t: Transaction, case: CaseRow, capture: CaptureRow, *, by: Office, now: datetime) -> None:
    """An address that somebody asked for has no finding that could say whom it is about; so only that office
    may say that it belongs to a case."""
    if capture.trigger != by.value:
        raise NotYours(
            f"another office asked for {capture.exhibit_id}; only that office can add it to a case"
        )
    if t.put_exhibit(case.id, capture.exhibit_id, by=by, now=now):
        t.log_case(case.id, "added", by=by, words=capture.exhibit_id, now=now)


def _checked(words: str) -> str:
    if len(words) > LONGEST_WORDS:
        raise NotPossible(f"that is longer than {LONGEST_WORDS} characters; say it more briefly")
    return words.strip()
