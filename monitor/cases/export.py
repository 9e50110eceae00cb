"""A case as an evidence pack: decided, written into the custody log, made, put in its place (R105).

In this order: who may have what; whether every exhibit is still what was sealed; the entries in the chain;
papers; pack. Whatever fails after the entries were made is said in the chain as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import monitor
from monitor.cases import covers, custody, gathering
from monitor.cases.access import Rules, open_to
from monitor.cases.cases import Contents, NotPossible, contents, put_on_hold
from monitor.cases.custody import Event
from monitor.cases.gathering import Known, Sealed
from monitor.errors import ArchiveError, MonitorError
from monitor.evidence import Archive
from monitor.evidence.keys import SigningKey
from monitor.evidence.pack import DerivedCopy, PackedExhibit, PackInfo, WrittenPack, write_pack
from monitor.model import Matches, Office
from monitor.papers.audiences import PaperRefused, Share, holdings, may_ever_hold, shared
from monitor.papers.facts import (
    Audience,
    CaseFacts,
    ComplaintFacts,
    CustodyFacts,
    ExhibitFacts,
    Matter,
    PlatformReport,
)
from monitor.papers.make import make
from monitor.papers.searching import PictureReader
from monitor.store import Store

Progress = Callable[[int, int], None]

_INITIALS = re.compile(r"[A-Z]{1,6}")
_HIDDEN = (Share.NOTHING, Share.REFUSED)


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks for. `initials` are those of the person who will produce the exhibits (R80), ""
    for papers with the place left blank; `place` is a file that ends in .zip. `marked` are the pictures that
    `by` looked at, for a reader of redacted copies, and the parts of them to be covered."""

    case: str
    audience: Audience
    by: Office
    reason: str
    place: Path
    initials: str = ""
    passphrase: str | None = None
    platform_report: PlatformReport | None = None
    complaint: ComplaintFacts | None = None
    marked: covers.Marked = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Means:
    """What an export works with. `match` finds the people of the register in a text; `contact` says whom an
    outsider asks, for the office that owns the case; `platforms` is what platforms are called. `reader` reads
    the words in redacted pictures; it gives None where that is not installed."""

    store: Store
    archive: Archive
    signer: SigningKey
    rules: Rules
    match: Callable[[str], Matches]
    school: str
    contact: Callable[[Office], str]
    platforms: Mapping[str, str]
    reader: Callable[[], AbstractContextManager[PictureReader | None]]


@dataclass(frozen=True, slots=True)
class Exported:
    """A pack in its place. `sha256` is that of the file, `digest` that of the bag in it, which is the same
    with and without a passphrase; `exhibits` are those that it tells of, with their labels. `waiting` are the
    exhibits and pictures that were left out because nobody looked at them yet."""

    path: Path
    sha256: str
    digest: str
    size_bytes: int
    protected: bool
    exhibits: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    waiting: tuple[tuple[str, str], ...]
    on_hold: bool


def _silent(_done: int, _of: int) -> None:
    """Tell nobody."""


def export(
    means: Means,
    order: Order,
    *,
    now: datetime,
    drawn: Progress = _silent,
    written: Progress = _silent,
) -> Exported:
    """Make a pack of a case for one reader; `drawn` hears of documents, `written` of bytes.

    Raises `Unknown` for a case that is not this office's, `NotPossible` and `PaperRefused` for what may not
    be made, `VerificationError` when an exhibit is not what was sealed, `ArchiveError`: then there is no
    pack, and the chain says so if it had said that there would be.
    """
    _check_order(order)
    store, archive = means.store, means.archive
    with store.transaction() as t:
        case = open_to(t, order.case, by=order.by, rules=means.rules)
        inside = contents(t, case)
        findings = gathering.known(t, inside, rules=means.rules)
    _refuse(order, findings)
    everything = gathering.sealed(archive, inside, findings)
    gone = tuple(one for one in everything if one.erased)
    facts = _facts(means, order, inside, findings, everything)
    facts = covers.applied(facts, order.marked, audience=order.audience, by=order.by)
    goes = _those_that_go(order, facts, gone)

    with store.transaction() as t:
        if order.audience is Audience.POLICE:
            put_on_hold(t, case, why="a pack for the police is made", by=order.by, now=now)
        labels = {
            each: t.label(each, order.initials, by=order.by, now=now) if order.initials else ""
            for each in goes
        }
        export_id = t.begin_export(
            case.id,
            audience=order.audience.value,
            by=order.by,
            reason=order.reason,
            path=str(order.place),
            now=now,
        )
        held = t.case(case.reference)
    entered: list[str] = []
    pack: WrittenPack | None = None
    try:
        for each in goes:
            entered.append(
                each
            )  # before: the chain may have taken the entry when the database refuses its words
            _enter(means, order, each, Event.EXPORTED, now=now)
        archive.checkpoint(means.signer, now=now)
        facts = _completed(means, facts, labels, hold_since=held.held_since if held else None)
        with means.reader() if order.marked else nullcontext() as read_picture:
            papers = make(facts, order.audience, made_at=now, read_picture=read_picture, progress=drawn)
        pack = write_pack(
            archive,
            [PackedExhibit(each, labels[each], each in papers.originals) for each in goes],
            papers=papers.files,
            derived={
                name: DerivedCopy(copy.content, copy.exhibit, copy.original, copy.changes)
                for name, copy in papers.derived.items()
            },
            info=_info(means, order, now=now),
            signer=means.signer,
            destination=order.place,
            passphrase=order.passphrase,
            progress=written,
        )
        with store.transaction() as t:
            t.finish_export(export_id, path=str(pack.path), sha256=pack.sha256)
    except BaseException as error:
        _say_that_it_failed(means, order, export_id, entered, str(error) or type(error).__name__, now=now)
        if pack is not None:
            _take_away(pack.path)
        raise
    return Exported(
        path=pack.path,
        sha256=pack.sha256,
        digest=pack.digest,
        size_bytes=pack.size_bytes,
        protected=order.passphrase is not None,
        exhibits=tuple(labels.items()),
        left_out=papers.left_out,
        waiting=covers.waiting(facts, order.audience),
        on_hold=order.audience is Audience.POLICE,
    )


# --- what may go -----------------------------------------------------------------------------------


def _check_order(order: Order) -> None:
    if not order.reason.strip():
        raise NotPossible("say why the pack is made: --reason; it stands in the custody log")
    if order.initials and not _INITIALS.fullmatch(order.initials):
        raise NotPossible(
            f"{order.initials!r} are no initials; give those of the person who produces the exhibits, such"
            " as --label AB"
        )
    if order.place.suffix != ".zip":
        raise NotPossible(f"{order.place} is no name for a pack; it ends in .zip")
    if order.audience is Audience.PLATFORM and order.platform_report is None:
        raise NotPossible(
            "a report to a platform names the rule that may be broken and why: --rule and --why"
        )


def _refuse(order: Order, findings: Sequence[Known]) -> None:
    """R98 for the case as a whole, also where nothing was saved or more than that protects it."""
    if may_ever_hold(Matter.ALLEGATION, order.audience):
        return
    for each in findings:
        if each.allegation:
            allowed = [one.value for one in Audience if may_ever_hold(Matter.ALLEGATION, one)]
            raise PaperRefused(
                f"{order.case} holds an allegation about an adult and a child ({each.finding.reference}), so"
                f" no pack is made for {order.audience.value}; one may be made for {' or '.join(allowed)}."
                " Do not repeat the name of the person"
            )


def _those_that_go(order: Order, facts: CaseFacts, gone: Sequence[Sealed]) -> tuple[str, ...]:
    """The exhibits that the pack tells of, in the order of the chain. Raises `PaperRefused`."""
    shares = holdings()[order.audience].shares
    listed = {each.exhibit.reference for each in shared(facts, order.audience) if each.listed}
    listed |= {each.seal.exhibit_id for each in gone if shares[each.matter] not in _HIDDEN}
    if not listed:
        raise NotPossible(
            f"nothing that was saved in {order.case} may go to {order.audience.value};"
            f" school-monitor cases show {order.case} --by {order.by.value} says what there is"
        )
    order_of = {each.seal.exhibit_id: each.seal.sequence for each in gone}
    order_of |= {each.reference: each.seal.sequence for each in facts.exhibits}
    return tuple(sorted(listed, key=order_of.__getitem__))


# --- what is told ----------------------------------------------------------------------------------


def _facts(
    means: Means,
    order: Order,
    inside: Contents,
    findings: Sequence[Known],
    everything: Sequence[Sealed],
) -> CaseFacts:
    """The case before its labels and its newest custody. Raises `VerificationError` and `ArchiveError`."""
    case = inside.case
    concerned = gathering.concerned_in(inside)
    shares = holdings()[order.audience].shares
    return CaseFacts(
        reference=case.reference,
        school=means.school,
        title=case.title,
        opened_at=case.opened_at,
        owner=case.owner,
        purpose=case.purpose,
        exported_by=order.by,
        export_reason=order.reason,
        exhibits=tuple(
            gathering.exhibit_facts(
                means.store,
                means.archive,
                one,
                label="",
                concerned=concerned,
                match=means.match,
                platforms=means.platforms,
            )
            for one in everything
            if not one.erased
        ),
        actions=gathering.actions(inside),
        not_captured=gathering.not_captured(findings, inside, means.platforms),
        linked=gathering.linked(inside, means.platforms),
        clauses=gathering.clauses(inside, means.rules.policy),
        laws=gathering.laws(inside, means.rules.policy),
        earliest=gathering.earliest(inside),
        contact=means.contact(case.owner),
        hold_since=case.held_since,
        erased=tuple(one.erased for one in everything if one.erased and shares[one.matter] not in _HIDDEN),
        platform_report=order.platform_report,
        complaint=order.complaint,
        custody=gathering.case_custody(inside),
    )


def _completed(
    means: Means, facts: CaseFacts, labels: Mapping[str, str], *, hold_since: datetime | None
) -> CaseFacts:
    """The same with labels, with the custody that now names this export, and with what covers each seal."""

    def completed(each: ExhibitFacts) -> ExhibitFacts:
        history = custody.history(means.store, means.archive, each.reference)
        return replace(
            each,
            label=labels.get(each.reference, ""),
            checkpoint=gathering.checkpoint_of(means.archive, each.seal.sequence),
            custody=tuple(CustodyFacts(one.at, one.words, one.sequence) for one in history),
        )

    return replace(facts, exhibits=tuple(map(completed, facts.exhibits)), hold_since=hold_since)


def _info(means: Means, order: Order, *, now: datetime) -> PackInfo:
    # Fixed words only: what a person typed may name somebody whom the papers mask.
    return PackInfo(
        reference=order.case,
        audience=order.audience.value,
        purpose=f"Case {order.case}, for {holdings()[order.audience].reads}",
        made_at=now,
        made_by=order.by.label,
        organisation=means.school,
        tool=f"School Monitor {monitor.__version__}",
    )


def _enter(means: Means, order: Order, exhibit_id: str, event: Event, *, now: datetime) -> None:
    custody.enter(
        means.store,
        means.archive,
        exhibit_id,
        event,
        by=order.by,
        phrase=f"for {order.audience.value}",  # not the case: another one's packs tell this, too
        reason=order.reason,
        now=now,
    )


def _say_that_it_failed(
    means: Means, order: Order, export_id: int, entered: Sequence[str], why: str, *, now: datetime
) -> None:
    """In the chain of each exhibit and in the row, as far as they can still be written to."""
    for each in entered:
        with suppress(MonitorError):
            _enter(means, order, each, Event.EXPORT_FAILED, now=now)
    with suppress(MonitorError), means.store.transaction() as t:
        t.fail_export(export_id, why)


def _take_away(pack: Path) -> None:
    """Remove a finished pack of which nobody was told."""
    try:
        pack.unlink(missing_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"The export failed after the pack was written, and {pack} cannot be removed"
            f" ({error.strerror}). Remove it by hand; the custody log says that there is none."
        ) from error
