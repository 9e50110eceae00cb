"""What the papers of a case are made from, gathered from its rows and its sealed exhibits.

The archive is the truth: what an exhibit says comes out of its folder, after that was checked against the
chain; from the rows come the finding, its matches, and what people did.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from pydantic import TypeAdapter, ValidationError

from monitor.cases import custody
from monitor.cases.access import Rules, may_open
from monitor.cases.cases import Contents
from monitor.decisions.routing import ALLEGATION
from monitor.errors import ArchiveError, CannotCheck
from monitor.evidence import Archive, checkpoints, layout, tokens
from monitor.evidence.sealed import check_exhibit
from monitor.model import (
    Assessment,
    CaptureMode,
    CaptureOutcome,
    CaptureReport,
    Category,
    Item,
    Matches,
    Office,
    Policy,
    Role,
    Seal,
)
from monitor.papers.compose import day, london_day
from monitor.papers.facts import (
    ActionFacts,
    CheckpointFacts,
    Clause,
    CustodyFacts,
    EarliestKnown,
    ExhibitFacts,
    FileFacts,
    LawNote,
    LinkedIncident,
    Matter,
    Mention,
    NotCaptured,
    Origin,
    PictureFacts,
    SealFacts,
    StepFacts,
    TokenFacts,
)
from monitor.store import Store, Transaction
from monitor.store.rows import CaptureRow, FindingRow

SUPPLIED = "intake"
"""What the record of an exhibit names as its collector when somebody handed the material in (R19, R104)."""

_OF_PUPILS = frozenset({"K2", "S7"})
_HANDLE = re.compile(r"(?<![\w@/])@\w[\w.]{1,60}")
_ROLES = {
    Role.STAFF: "a member of staff",
    Role.PUPIL: "a pupil",
    Role.GOVERNOR: "a governor",
    Role.VOLUNTEER: "a volunteer",
}
_WHOLE_PAGE = "data/shots/full.png"
_DONE = {
    "opened": "opened the case",
    "viewed": "looked into the case",
    "held": "put it on legal hold",
    "hold_lifted": "ended the legal hold",
    "given": "gave it another owner",
    "closed": "closed the case",
}
_ACTIONS = {
    "noted": "",
    "step_outside": "",
    "held": "put the case on legal hold: ",
    "hold_lifted": "ended the legal hold: ",
    "closed": "closed the case: ",
    "given": "gave the case ",
}


@dataclass(frozen=True, slots=True)
class Known:
    """One finding of the case with what only the rows know of it: every view ever taken of it counts for
    how it is protected, since an exhibit may hold an earlier wording."""

    finding: FindingRow
    matter: Matter
    allegation: bool
    handled_by: tuple[Office, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed exhibit of the case. `erased` is why there is no content, "" while there is."""

    capture: CaptureRow
    known: Known | None
    seal: Seal
    matter: Matter
    erased: str = ""


@dataclass(frozen=True, slots=True)
class _Record:
    """The part of data/record.json that papers repeat."""

    mode: CaptureMode
    captured_at: datetime
    trigger: str
    report: CaptureReport
    collected_by: str = ""
    collected_at: datetime | None = None
    tool_version: str = ""
    clock_offset_s: float | None = None


_RECORD = TypeAdapter(_Record)
_ITEM = TypeAdapter(Item)


def known(t: Transaction, contents: Contents, *, rules: Rules) -> tuple[Known, ...]:
    """Every finding of the case with what protects it."""
    return tuple(_known(t, finding, rules=rules) for finding in contents.findings)


def _known(t: Transaction, finding: FindingRow, *, rules: Rules) -> Known:
    views = t.assessments_of(finding.id)
    alerts = t.alerts_of(finding.id)
    matters = [matter_of(view, rules.policy) for view in views]
    return Known(
        finding=finding,
        matter=max(matters, key=list(Matter).index),
        allegation=any(ALLEGATION in view.categories for view in views),
        handled_by=tuple(each for each in Office if may_open(finding, alerts, each, rules=rules)),
    )


def matter_of(assessment: Assessment, policy: Policy) -> Matter:
    """What protects an exhibit of such a finding: the most protective of its categories. Pure."""
    categories: list[Category] = [policy.categories[code] for code in assessment.categories]
    if assessment.suppressed or any(each.capture is CaptureMode.WORDS for each in categories):
        return Matter.SUPPRESSED
    if any(each.code == ALLEGATION for each in categories):
        return Matter.ALLEGATION
    if any(each.safeguarding or each.code in _OF_PUPILS for each in categories):
        return Matter.PUPIL
    return Matter.ORDINARY


def sealed(archive: Archive, contents: Contents, findings: Sequence[Known]) -> tuple[Sealed, ...]:
    """The sealed exhibits of a case in the order of the chain, each whole or erased.

    Raises `VerificationError` for one that is not what was sealed, before anything of it is read.
    """
    by_id = {each.finding.id: each for each in findings}
    found = []
    for capture in contents.exhibits:
        seal = archive.find(capture.exhibit_id)
        if seal is None:
            raise ArchiveError(
                f"The archive has no exhibit {capture.exhibit_id}, which the database knows. Nothing is"
                " exported without it: school-monitor verify"
            )
        own = by_id.get(capture.finding_id) if capture.finding_id else None
        matter = own.matter if own else Matter.ORDINARY
        if capture.mode is CaptureMode.WORDS or capture.outcome is CaptureOutcome.SUPPRESSED:
            matter = Matter.SUPPRESSED
        erased = next((e for e in archive.history(seal.exhibit_id) if e.event in ("erasing", "erased")), None)
        found.append(
            Sealed(
                capture,
                own,
                seal,
                matter,
                ""
                if erased is None
                else f"{seal.exhibit_id}: erased on {day(london_day(erased.at))} under rule {erased.rule}",
            )
        )
    return tuple(sorted(found, key=lambda each: each.seal.sequence))


def exhibit_facts(
    store: Store,
    archive: Archive,
    one: Sealed,
    *,
    label: str,
    concerned: frozenset[str],
    match: Callable[[str], Matches],
    platforms: Mapping[str, str],
) -> ExhibitFacts:
    """An exhibit that is not erased, as its sealed files say it.

    Raises `VerificationError` when a file is not what was sealed, `ArchiveError` for an unreadable record.
    """
    folder = archive.folder(one.seal.exhibit_id)
    files = check_exhibit(archive.root, one.seal)

    def content(path: str) -> bytes:
        return (folder / path).read_bytes() if path in files else b""

    try:
        record = _RECORD.validate_json(content(layout.RECORD))
        item = (
            _ITEM.validate_json(content("data/source/item.json"))
            if "data/source/item.json" in files
            else None
        )
    except ValidationError as error:
        raise ArchiveError(
            f"The record of {one.seal.exhibit_id} is not what this program writes. Nothing is exported"
            " without it: school-monitor verify"
        ) from error
    facts = record.report.facts
    frames = facts.flagged.frames if facts.flagged else ()
    words = item.text if item else content("data/page/text.txt").decode("utf-8", "replace")
    host = one.capture.url.partition("://")[2].partition("/")[0]
    supplied = record.collected_by == SUPPLIED
    return ExhibitFacts(
        reference=one.seal.exhibit_id,
        finding=one.known.finding.reference if one.known else "",
        matter=one.matter,
        mode=record.mode,
        outcome=record.report.outcome,
        requested_url=facts.requested_url or one.capture.url,
        captured_at=record.captured_at,
        platform=platforms.get(item.platform, item.platform) if item else host,
        words=words,
        handled_by=one.known.handled_by if one.known else (),
        seal=SealFacts(one.seal.sequence, one.seal.sealed_at, one.seal.root_digest, one.seal.digest),
        origin=Origin.SUPPLIED if supplied else Origin.CAPTURED,
        supplied_by=_office_label(record.trigger) if supplied else "",
        label=label,
        final_url=facts.final_url,
        frames=frames,
        redirects=facts.redirects,
        post_id=item.native_id if item else "",
        title=facts.title,
        author=(item.author or "") if item else "",
        posted_at=item.posted_at if item else None,
        collected_at=record.collected_at,
        requested_by=_office_label(record.trigger),
        steps=tuple(
            StepFacts(step.name, step.outcome, step.finished_at, step.detail) for step in record.report.steps
        ),
        missing=record.report.missing,
        http_status=facts.status,
        server_address=facts.server_address,
        clock_offset_s=record.clock_offset_s,
        tool=f"School Monitor {record.tool_version}".strip(),
        browser=facts.browser,
        user_agent=facts.user_agent,
        pictures_blocked=facts.pictures_blocked,
        truncated=facts.truncated,
        files=tuple(FileFacts(path, each.sha256, each.size_bytes) for path, each in sorted(files.items())),
        pictures=tuple(
            PictureFacts(path, content(path), _caption(path, frames))
            for path in sorted(
                files, key=lambda path: path.removesuffix(".png")
            )  # what is derived comes second
            if path.startswith("data/shots/") and path.endswith(".png")
        ),
        mentions=tuple(mentions(words, match(words), concerned)),
        custody=tuple(
            CustodyFacts(each.at, each.words, each.sequence)
            for each in custody.history(store, archive, one.seal.exhibit_id)
        ),
    )


def checkpoint_of(archive: Archive, sequence: int) -> CheckpointFacts | None:
    """The first checkpoint that covers an entry of the chain, with the times that others gave it."""
    for made in archive.checkpoints():
        if made.size >= sequence:
            times = tuple(_times(archive, made))
            return CheckpointFacts(made.number, made.at, made.size, made.head, made.key, times)
    return None


def _times(archive: Archive, made: checkpoints.Checkpoint) -> Iterator[TokenFacts]:
    """The times by others that hold for a checkpoint. Raises `TimestampError` for one that does not."""
    for number, authority in archive.timestamped():
        if number == made.number:
            reply = (archive.root / layout.token_file(number, authority)).read_bytes()
            roots = (archive.root / layout.authority_file(authority)).read_bytes()
            # Where it cannot be checked, the papers do not repeat it; the pack holds it all the same.
            with suppress(CannotCheck):
                stated = tokens.check(reply, made.content, certificates=roots)
                yield TokenFacts(authority, stated, hashlib.sha256(reply).hexdigest())


def _caption(path: str, frames: tuple[str, ...]) -> str:
    if path == _WHOLE_PAGE:
        return "The page from its top"
    if path.endswith(".declutter.png"):
        return "The same part of the page, with what lay over it hidden: a derived picture"
    where = ", in a frame embedded in it" if frames else ""
    return f"The part of the page where the words stand{where}"


def mentions(words: str, matches: Matches, concerned: frozenset[str]) -> Iterator[Mention]:
    """Where the words name somebody of the register, or a handle. Pure.

    A pupil is never one of those whom a redacted copy names, not even the one whom the case is about.
    """
    for match in matches.people:
        about = match.role is not Role.PUPIL and set(match.person_ids) <= concerned
        yield Mention(match.start, match.end, _ROLES[match.role], concerned=about)
    school = [(each.start, each.end) for each in matches.school]
    for found in _HANDLE.finditer(words):
        if not any(start < found.end() and found.start() < end for start, end in school):
            yield Mention(found.start(), found.end(), "a handle")


def concerned_in(contents: Contents) -> frozenset[str]:
    """The people on the register whom the case is plainly about."""
    return frozenset(person for each in contents.findings for person in each.assessment.identified)


def not_captured(
    findings: Sequence[Known], contents: Contents, platforms: Mapping[str, str]
) -> tuple[NotCaptured, ...]:
    """The findings of which nothing was saved, and the captures that failed or still wait."""
    found = []
    for each in findings:
        row = each.finding
        captures = [capture for capture in contents.captures if capture.finding_id == row.id]
        reasons = [] if captures else ["the rules for this class keep nothing"]
        for capture in captures:
            if capture.outcome is None:
                reasons.append(f"{capture.exhibit_id} is not made yet")
            elif capture.outcome is CaptureOutcome.FAILED:
                reasons.append(f"{capture.exhibit_id}: {capture.detail or 'the page could not be captured'}")
            elif capture.outcome is CaptureOutcome.SUPPRESSED:
                reasons.append(f"{capture.exhibit_id}: stopped on purpose, nothing of the page was kept")
        found += [
            NotCaptured(
                finding=row.reference,
                platform=platforms.get(row.item.item.platform, row.item.item.platform),
                found_at=row.found_at,
                why=why,
                url=row.item.item.url,
                matter=each.matter,
            )
            for why in reasons
        ]
    return tuple(found)


def linked(contents: Contents, platforms: Mapping[str, str]) -> tuple[LinkedIncident, ...]:
    """The findings of the case that share a handle and a person with another one of it (R48, R97).

    Only of this case: a pack holds nothing of any other (R105).
    """
    shared: set[int] = set()
    for one, other in combinations(contents.findings, 2):
        same = (one.item.item.platform, one.item.item.author) == (
            other.item.item.platform,
            other.item.item.author,
        )
        if same and one.item.item.author and one.assessment.identified & other.assessment.identified:
            shared |= {one.id, other.id}
    exhibits = {each.finding_id: each.exhibit_id for each in contents.exhibits}
    return tuple(
        LinkedIncident(
            finding=each.reference,
            found_at=each.found_at,
            platform=platforms.get(each.item.item.platform, each.item.item.platform),
            exhibit=exhibits.get(each.id, ""),
        )
        for each in contents.findings
        if each.id in shared
    )


def earliest(contents: Contents) -> EarliestKnown | None:
    """The earliest day on which anything of the case is known to have been public (R96)."""
    if not contents.findings:
        return None
    days = [
        (row.item.item.posted_at, f"the time that the platform gave for {row.reference}")
        if row.item.item.posted_at
        else (row.found_at, f"first seen by this system as {row.reference}")
        for row in contents.findings
    ]
    moment, basis = min(days, key=lambda each: each[0])
    return EarliestKnown(london_day(moment), basis)


def actions(contents: Contents) -> tuple[ActionFacts, ...]:
    """What people decided and did, as they wrote it down."""
    return tuple(
        ActionFacts(each.at, each.by, _ACTIONS[each.event] + each.words, each.event == "step_outside")
        for each in contents.log
        if each.event in _ACTIONS
    )


def case_custody(contents: Contents) -> tuple[CustodyFacts, ...]:
    """Who did what with the case, in words of ours: what people typed stands in the timeline only."""
    log = [
        CustodyFacts(each.at, f"the {each.by.label} {_DONE[each.event]}")
        for each in contents.log
        if each.event in _DONE
    ]
    packs = [
        CustodyFacts(each.at, f"the {each.by.label} had a pack made for {each.audience} ({each.state.value})")
        for each in contents.exports
    ]
    return tuple(sorted([*log, *packs], key=lambda each: each.at))


def clauses(contents: Contents, policy: Policy) -> tuple[Clause, ...]:
    """The sections of the School's policy that the policy data names for such findings."""
    sections = {
        section
        for row in contents.findings
        for code in row.assessment.categories
        for section in policy.categories[code].policy_sections
    }
    return tuple(Clause(section, "") for section in sorted(sections))


def laws(contents: Contents, policy: Policy) -> tuple[LawNote, ...]:
    """The entries of the law register that the policy data names for such findings (R5)."""
    keys = {
        key
        for row in contents.findings
        for code in row.assessment.categories
        for key in policy.categories[code].laws
    }
    return tuple(
        LawNote(law.title, law.test, law.as_of, law.note)
        for law in (policy.laws[key] for key in sorted(keys))
    )


def _office_label(trigger: str) -> str:
    return Office(trigger).label if trigger in Office.__members__.values() else trigger
