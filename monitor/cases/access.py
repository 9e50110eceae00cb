"""Who may open what (promise 6): the subject of a matter never, nor whoever stands too close."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from monitor.decisions.routing import barred
from monitor.errors import MonitorError
from monitor.model import Office, Policy, Told
from monitor.store import Transaction
from monitor.store.rows import AlertRow, CaseRow, FindingRow


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides who may open what: the policy, and who can open whose mailbox (R59)."""

    policy: Policy
    delegates: Mapping[Office, Collection[Office]]


class NotYours(MonitorError):
    """This office may not open this finding or exhibit."""


class Unknown(MonitorError):
    """There is nothing with this reference, or nothing that this office may know of."""


def may_open(finding: FindingRow, alerts: Sequence[AlertRow], viewer: Office, *, rules: Rules) -> bool:
    """Whether an office may see the content: it handles, was copied, or was told in somebody's stead; a
    finding that only a person can judge waits for whoever would handle its class. Never an office that
    is, may be, or stands too close to the subject, in any version of the words. Pure."""
    if viewer in barred(finding.assessment, rules.policy, delegates=rules.delegates):
        return False
    opens = (Told.HANDLES, Told.COPIED)
    told = {telling.office for telling in finding.routing.told if telling.part in opens}
    told |= {alert.office for alert in alerts if alert.part in opens}
    if finding.assessment.asks_person:
        told |= {Office.HEADTEACHER, Office.DSL}
    return viewer in told


def not_yours(office: Office, reference: str) -> str:
    """What somebody is told who may not open a finding."""
    return (
        f"the {office.label} may not open or decide {reference};"
        f" `school-monitor findings --by {office.value}` lists what this office may open"
    )


def may_see_case(t: Transaction, case: CaseRow, viewer: Office, *, rules: Rules) -> bool:
    """Whether an office may open everything in a case: one finding that is not its own hides the whole."""
    findings = [t.finding_by_id(number) for number in t.findings_in(case.id)]
    return bool(findings) and all(
        may_open(finding, t.alerts_of(finding.id), viewer, rules=rules) for finding in findings
    )


def open_to(t: Transaction, reference: str, *, by: Office, rules: Rules) -> CaseRow:
    """The case with this reference, for an office that may see it.

    Raises `Unknown`, in the same words whether there is none or it is not this office's: whoever may be the
    subject of a case must not learn that it exists.
    """
    case = t.case(reference)
    if case is None or not may_see_case(t, case, by, rules=rules):
        raise Unknown(
            f"there is no case {reference} that the {by.label} may open;"
            f" `school-monitor cases --by {by.value}` lists those it may"
        )
    return case
