"""Who may open what (promise 6): the subject of a matter never, nor whoever stands too close."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from monitor.decisions.routing import barred
from monitor.errors import MonitorError
from monitor.model import Office, Policy, Told
from monitor.store.rows import AlertRow, FindingRow


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides who may open what: the policy, and who can open whose mailbox (R59)."""

    policy: Policy
    delegates: Mapping[Office, Collection[Office]]


class NotYours(MonitorError):
    """This office may not open this finding."""


class Unknown(MonitorError):
    """There is no finding with this reference."""


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
