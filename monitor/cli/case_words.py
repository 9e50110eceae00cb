"""Cases and exhibits in words, and as documents: never the words of a post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from monitor.cli.words import plain

if TYPE_CHECKING:
    from monitor.cases import CaseEvent, Contents, Shown
    from monitor.cli.words import Local
    from monitor.model import Policy

_EVENTS = {
    "opened": "opened",
    "added": "added",
    "noted": "note",
    "step_outside": "step towards somebody outside",
    "described": "described",
    "held": "put on legal hold",
    "hold_lifted": "legal hold ended",
    "closed": "closed",
    "given": "given",
    "viewed": "looked at",
}


def case_words(found: Contents, policy: Policy, local: Local) -> list[str]:
    """Everything in a case for somebody who may open all of it."""
    case = found.case
    state = case.state.value.replace("_", " ")
    since = f" since {local(case.held_since)}" if case.held_since else ""
    lines = [
        f"{case.reference}{f': {case.title}' if case.title else ''}",
        f"State:   {state}{since}",
        f"Owner:   {case.owner.label}",
        f"Opened:  {local(case.opened_at)}",
    ]
    if case.purpose:
        lines.append(f"Purpose: {case.purpose}")
    lines += ["", "Findings:"]
    for finding in found.findings:
        label = policy.categories[finding.assessment.category].label
        lines.append(
            f"  {finding.reference}  {label}, found {local(finding.found_at)},"
            f" {(finding.decision or 'not decided').replace('_', ' ')}"
        )
    lines += ["", "Exhibits:"]
    for capture in found.captures:
        how = capture.outcome.value if capture.outcome else "waiting, not saved yet"
        lines.append(f"  {capture.exhibit_id}  {capture.mode.value}, {how}")
        lines += [f"    missing: {part}" for part in capture.missing]
    if not found.captures:
        lines.append("  none")
    lines += ["", "Packs:"]
    for export in found.exports:
        ended = {"done": f"{export.path}, SHA-256 {export.sha256}", "begun": "not finished"}.get(
            export.state.value, f"FAILED: {export.detail}"
        )
        lines.append(f"  {local(export.at)}: for {export.audience}, by the {export.by.label}: {ended}")
    if not found.exports:
        lines.append("  none")
    lines += ["", "What was done:", *(f"  {_event(event, local)}" for event in found.log)]
    return lines


def _event(event: CaseEvent, local: Local) -> str:
    said = f": {event.words}" if event.words else ""
    return f"{local(event.at)}: {_EVENTS.get(event.event, event.event)} by the {event.by.label}{said}"


def case_document(found: Contents, policy: Policy) -> dict[str, Any]:
    """The same as data."""
    return {
        **plain(found.case),
        "findings": [
            {
                "reference": finding.reference,
                "category": finding.assessment.category,
                "label": policy.categories[finding.assessment.category].label,
                "found_at": finding.found_at.isoformat(),
                "decision": finding.decision,
            }
            for finding in found.findings
        ],
        "exhibits": [
            {
                "reference": capture.exhibit_id,
                "mode": capture.mode.value,
                "outcome": capture.outcome.value if capture.outcome else None,
                "missing": list(capture.missing),
            }
            for capture in found.captures
        ],
        "exports": [plain(export) for export in found.exports],
        "log": [plain(event) for event in found.log],
    }


def exhibit_words(shown: Shown, local: Local) -> list[str]:
    """An exhibit for somebody who may open it: what was captured and what not, where it lies, its history."""
    from monitor import cases

    capture, seal = shown.capture, shown.seal
    lines = [
        f"{capture.exhibit_id}: {capture.outcome.value if capture.outcome else 'not finished'}, kept as"
        f" {capture.mode.value}",
        f"Finding:  {shown.finding or 'none, it was asked for'}",
        f"Cases:    {', '.join(shown.cases) or 'none'}{' (on legal hold)' if shown.on_hold else ''}",
        f"Labels:   {', '.join(shown.labels) or 'none'}",
    ]
    if shown.record:
        facts = _facts(shown.record)
        lines += [
            f"Address:  {facts.get('final_url') or facts.get('requested_url') or 'none'}",
            *_frame(facts),
            f"Lies in:  {shown.folder}",
        ]
        files = shown.record.get("files")
        if isinstance(files, list):
            lines.append("Captured: " + (", ".join(str(each["path"]) for each in files) or "no file"))
    else:
        lines.append("Lies in:  nowhere: its content was erased, the tombstone is kept")
    lines += [f"Missing:  {part}" for part in capture.missing]
    lines += [
        f"Sealed:   {local(seal.sealed_at)}, entry {seal.sequence} of the chain",
        f"Root:     {seal.root_digest}",
        *_bound(shown, local),
        "",
        "History:",
        *(f"  {cases.in_words(each, local)}" for each in shown.history),
    ]
    return lines


def _bound(shown: Shown, local: Local) -> list[str]:
    made = shown.checkpoint
    if made is None:
        return ["Signed:   not yet; the service signs what is new after each capture"]
    times = (
        f"its time confirmed by {' and '.join(made.times)}"
        if made.times
        else "its time confirmed by nobody yet"
    )
    return [f"Signed:   checkpoint {made.number}, {local(made.at)}, with the key {made.key}; {times}"]


def _frame(facts: Mapping[str, Any]) -> list[str]:
    """Whose document the words stand in, when it is not the page's own."""
    frames = (facts.get("flagged") or {}).get("frames") or ()
    return [f"Words in: a frame embedded in it, of {frames[-1]}"] if frames else []


def _facts(record: Mapping[str, object]) -> Mapping[str, Any]:
    report = record.get("report")
    facts = report.get("facts") if isinstance(report, Mapping) else None
    return facts if isinstance(facts, Mapping) else {}


def exhibit_document(shown: Shown) -> dict[str, Any]:
    """The same as data."""
    return {
        "reference": shown.capture.exhibit_id,
        "finding": shown.finding,
        "cases": list(shown.cases),
        "on_hold": shown.on_hold,
        "labels": list(shown.labels),
        "mode": shown.capture.mode.value,
        "outcome": shown.capture.outcome.value if shown.capture.outcome else None,
        "missing": list(shown.capture.missing),
        "folder": shown.folder or None,
        "record": dict(shown.record) or None,
        "seal": plain(shown.seal),
        "checkpoint": plain(shown.checkpoint) if shown.checkpoint else None,
        "history": [plain(each) for each in shown.history],
    }
