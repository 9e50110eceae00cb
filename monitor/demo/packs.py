"""The end of the demo: a case out of two of its findings, and a pack of it for each of two readers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor import bootstrap, cases
from monitor.cases.export import Order, export
from monitor.evidence import pack_check
from monitor.jobs import Services
from monitor.model import CaptureMode, CaptureOutcome, Office
from monitor.papers.facts import Audience

READERS = (Audience.POLICE, Audience.SOLICITOR)
OWNER = Office.HEADTEACHER
_IN_THE_CASE = 2


@dataclass(frozen=True, slots=True)
class Packed:
    """A pack of the demo's case; `faults` is what its check found, nothing when it verifies."""

    case: str
    audience: str
    path: Path
    sha256: str
    faults: tuple[str, ...]


def packs(services: Services, folder: Path, *, now: datetime) -> tuple[Packed, ...]:
    """The demo's packs, made unless an earlier run made them, and checked just now. Raises `MonitorError`."""
    case = _case(services, now=now)
    if case is None:
        return ()
    folder.mkdir(mode=0o700, exist_ok=True)
    return tuple(_pack(services, case, audience, folder, now=now) for audience in READERS)


def _case(services: Services, *, now: datetime) -> str | None:
    """The demo's case: the one there is, else a new one; None when nothing was found that it could hold."""
    rules = cases.Rules(services.settings.policy, services.delegates)
    known = cases.cases(services.store, rules=rules, viewer=OWNER)
    if known:
        return known[-1].reference
    policy = services.settings.policy
    fit = [
        each.reference
        for each in cases.findings(services.store, rules=rules, viewer=OWNER, limit=500)
        if each.told[:1] == (OWNER,) and policy.categories[each.category].capture is CaptureMode.FULL
        if each.saved == CaptureOutcome.COMPLETE
    ]
    if not fit:
        return None
    return cases.open_case(
        services.store,
        sorted(fit)[:_IN_THE_CASE],
        title="Posts found by the demo",
        purpose="To show what a pack looks like",
        by=OWNER,
        rules=rules,
        now=now,
    )


def _pack(services: Services, case: str, audience: Audience, folder: Path, *, now: datetime) -> Packed:
    path, sha256 = _made_before(services, case, audience)
    if path is None:
        order = Order(
            case=case,
            audience=audience,
            by=OWNER,
            reason="to show what a pack looks like",
            place=folder / f"{case}-{audience.value}-{now:%Y%m%d-%H%M%S}.zip",
            initials="DEMO",
        )
        made = export(bootstrap.pack_means(services), order, now=now)
        path, sha256 = made.path, made.sha256
    faults = tuple(str(fault) for fault in pack_check.problems(path, trusted_key=_fingerprint(services)))
    return Packed(case, audience.value, path, sha256, faults)


def _fingerprint(services: Services) -> str:
    return bootstrap.signing_keys(services.settings).current().public.fingerprint


def _made_before(services: Services, case: str, audience: Audience) -> tuple[Path | None, str]:
    with services.store.transaction() as t:
        row = t.case(case)
        for each in t.exports_of(row.id) if row else ():
            if (each.audience, each.state.value) == (audience.value, "done") and Path(each.path).is_file():
                return Path(each.path), each.sha256
    return None, ""
