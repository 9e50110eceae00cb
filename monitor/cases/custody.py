"""The custody log of an exhibit: who saw or moved it, when, why (R79).

An entry goes into the chain first, with the office, the event and a phrase of ours; then the words that a
person typed go into the database, by the number of that entry. Words may name somebody and can be erased;
the chain never is (docs/adr/0004-erasure.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.evidence import Archive, Entry
from monitor.model import Office
from monitor.store import Store
from monitor.store.rows import CustodyWords

Local = Callable[[datetime], str]


class Event(StrEnum):
    """What a person does with an exhibit. Sealing, and the erasure that a purge orders, write entries of
    their own."""

    VIEWED = "viewed"
    EXPORTED = "exported"
    EXPORT_FAILED = "export_failed"
    HANDED_OVER = "handed_over"
    PURGE_ORDERED = "purge_ordered"


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of an exhibit's history. `words` end no sentence and name no person, `reason` and `to` are
    what somebody typed; `sequence` is the entry of the chain."""

    sequence: int
    at: datetime
    event: str
    words: str
    reason: str = ""
    to: str = ""
    how: str = ""


def enter(
    store: Store,
    archive: Archive,
    exhibit_id: str,
    event: Event,
    *,
    by: Office,
    phrase: str,
    reason: str,
    now: datetime,
    recipient: str = "",
    how: str = "",
) -> Entry:
    """Write what is about to happen to an exhibit into the chain and then the words to it.

    Call it before anything is shown or handed out. Raises `ArchiveError`, and `StoreUnavailable` with the
    chain already saying it. `phrase` is one of ours and names nobody.
    """
    entry = archive.note(exhibit_id, event.value, by.value, now=now, reason=phrase)
    with store.transaction() as t:
        t.add_custody_words(
            CustodyWords(
                sequence=entry.sequence,
                exhibit_id=exhibit_id,
                at=now,
                event=event.value,
                by=by,
                reason=reason,
                recipient=recipient,
                how=how,
            )
        )
    return entry


def history(store: Store, archive: Archive, exhibit_id: str) -> tuple[Happening, ...]:
    """Everything that happened to an exhibit, as the chain has it, with the words that were typed."""
    with store.transaction() as t:
        words = t.custody_words(exhibit_id)
    return tuple(_happening(entry, words) for entry in archive.history(exhibit_id))


def _happening(entry: Entry, words: Mapping[int, CustodyWords]) -> Happening:
    typed = words.get(entry.sequence)
    if typed is not None and (typed.event, typed.exhibit_id) != (entry.event, entry.exhibit_id):
        typed = None  # of another archive under the same database: not the words to this entry
    return Happening(
        sequence=entry.sequence,
        at=entry.at,
        event=entry.event,
        words=_words(entry),
        reason=typed.reason if typed else "",
        to=typed.recipient if typed else "",
        how=typed.how if typed else "",
    )


def _words(entry: Entry) -> str:
    """An entry of the chain in words."""
    who = _office_words(entry.by)
    phrase = f" ({entry.reason})" if entry.reason else ""
    said = {
        "sealed": "captured, and sealed into the chain",
        "erasing": f"its erasure was ordered under rule {entry.rule}",
        "erased": f"its content was erased under rule {entry.rule}; the tombstone is kept",
        Event.VIEWED.value: f"{who} looked at it{phrase}",
        Event.EXPORTED.value: f"{who} put it into a pack{phrase}",
        Event.EXPORT_FAILED.value: f"the pack that {who} asked for was not made{phrase}",
        Event.HANDED_OVER.value: f"{who} handed it over{phrase}",
        Event.PURGE_ORDERED.value: f"{who} ordered its purge{phrase}",
    }
    return said.get(entry.event, f"{entry.event.replace('_', ' ')} by {who}{phrase}")


def _office_words(by: str) -> str:
    try:
        return f"the {Office(by).label}"
    except ValueError:
        return "somebody whose office is not known here"


def in_words(happening: Happening, local: Local) -> str:
    """One line of the history for a person: "Sun 22 Nov 2026, 14:03 GMT: the Headteacher looked at it"."""
    line = f"{local(happening.at)}: {happening.words}"
    if happening.to:
        line += f", to {happening.to}"
    if happening.how:
        line += f", {happening.how}"
    return f"{line}: {happening.reason}" if happening.reason else line
