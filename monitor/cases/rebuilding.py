"""Make the index of the exhibits anew from the archive, which is the truth about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from monitor.errors import ArchiveError
from monitor.evidence import Archive
from monitor.model import CaptureMode, CaptureOutcome, CaptureState, Seal
from monitor.store import Store
from monitor.store.rows import SealedCapture


@dataclass(frozen=True, slots=True)
class NotIndexed:
    """An exhibit of which the index does not say all that it should, and why."""

    exhibit_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it. `entered` and `mended` were missing from the index or wrong there; `erased` are
    sealed exhibits of which only the tombstone is left; `faults` is everything that needs a person."""

    sealed: int
    entered: int
    mended: int
    erased: int
    faults: tuple[NotIndexed, ...]


def rebuild_index(
    store: Store, archive: Archive, *, progress: Callable[[int, int], None] = lambda done, total: None
) -> Rebuilt:
    """Bring the index in line with the archive: one row for each sealed exhibit, with what was captured.

    What the index knows and the archive does not is named, and stays: it may be all that shows that
    something was cut off. Findings, cases and who was told are not in the archive and are not touched; a
    capture that the database has lost comes back without its finding. Raises `ArchiveError` when the chain
    itself cannot be read.
    """
    # What was before an entry is said by the chain only.
    seals = tuple(replace(seal, previous="") for seal in archive.seals())
    erased = archive.erasures()
    with store.transaction() as t:
        known = t.indexed_seals()
        captures = {seal.exhibit_id: t.capture(seal.exhibit_id) for seal in seals}
    faults: list[NotIndexed] = []
    lost: dict[str, SealedCapture] = {}
    for number, seal in enumerate(seals, start=1):
        if captures[seal.exhibit_id] is None and seal.exhibit_id not in erased:
            try:
                lost[seal.exhibit_id] = _as_sealed(archive, seal)
            except (ArchiveError, ValidationError) as error:
                why = str(error) if isinstance(error, ArchiveError) else "its record is not what we wrote"
                faults.append(NotIndexed(seal.exhibit_id, f"what was captured cannot be read: {why}"))
        progress(number, len(seals))

    in_archive = {seal.exhibit_id for seal in seals}
    strangers = {
        each.sequence: each.exhibit_id for each in known.values() if each.exhibit_id not in in_archive
    }
    due: list[Seal] = []
    for seal in seals:
        row = captures[seal.exhibit_id]
        if seal.sequence in strangers:
            why = f"in the index {strangers[seal.sequence]} stands as entry {seal.sequence} of the chain"
            faults.append(NotIndexed(seal.exhibit_id, why))
        elif row is not None and row.state is not CaptureState.SEALED:
            why = "its capture is not finished; the service ends it when it runs"
            faults.append(NotIndexed(seal.exhibit_id, why))
        elif known.get(seal.exhibit_id) != seal or seal.exhibit_id in lost:
            due.append(seal)
    with store.transaction() as t:
        for seal in due:
            t.forget_exhibit(seal.exhibit_id)  # all before the first comes back: two may have been exchanged
        for seal in due:
            row, found = captures[seal.exhibit_id], lost.get(seal.exhibit_id)
            t.add_exhibit(seal, row.id if row else t.enter_sealed(found) if found else None)
    mended = sum(seal.exhibit_id in known for seal in due)
    faults += [
        NotIndexed(exhibit_id, f"the index has it as entry {sequence} of the chain; the archive does not")
        for sequence, exhibit_id in sorted(strangers.items())
    ]
    return Rebuilt(
        sealed=len(seals),
        entered=len(due) - mended,
        mended=mended,
        erased=len(erased),
        faults=tuple(faults),
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    requested_url: str


@dataclass(frozen=True, slots=True)
class _Report:
    outcome: CaptureOutcome
    missing: tuple[str, ...]
    facts: _Facts


@dataclass(frozen=True, slots=True)
class _Record:
    mode: CaptureMode
    trigger: str
    requested_at: datetime
    report: _Report


_RECORD = TypeAdapter(_Record)


def _as_sealed(archive: Archive, seal: Seal) -> SealedCapture:
    record = _RECORD.validate_python(archive.record(seal.exhibit_id))
    return SealedCapture(
        exhibit_id=seal.exhibit_id,
        url=record.report.facts.requested_url,
        mode=record.mode,
        trigger=record.trigger,
        requested_at=record.requested_at,
        outcome=record.report.outcome,
        missing=record.report.missing,
    )
