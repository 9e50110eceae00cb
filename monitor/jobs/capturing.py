"""Make the captures that are wanted: browser, seal, index; one commit at the end of each.

The archive is the truth: a capture found sealed there is only entered in the index, never made again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from pydantic import TypeAdapter

import monitor
from monitor import triage
from monitor.decisions import addresses, passages, schedule
from monitor.errors import ArchiveError, BrowserUnavailable, where_raised
from monitor.jobs import filing, notices, vouching
from monitor.jobs.services import Services
from monitor.model import (
    SELF_TEST,
    CaptureMode,
    CaptureOutcome,
    CaptureReport,
    ExhibitRecord,
    ItemState,
    Matches,
    PageFacts,
    Seal,
    Step,
    StepOutcome,
)
from monitor.store.rows import CaptureRow, FindingRow

log = structlog.get_logger()

MOST_ATTEMPTS = 3
"""How often a page that could not be reached is tried before the failure itself is sealed."""


MOST_CLOCK_OFFSET_S = 5.0
"""From where on a time is sealed as not verified. Rule: R86."""

_WORDS = tuple(mode for mode in CaptureMode if not mode.opens_page)
_PAGES = tuple(mode for mode in CaptureMode if mode.opens_page)


def capture_due(services: Services) -> int:
    """Make every capture that is due; returns how many ended. What needs no browser goes first, and is
    not held up by one that does not start."""
    ended = 0
    for modes in (_WORDS, _PAGES):
        while not services.stopping():
            row = _claim(services, modes=modes)
            if row is None or not _attempt(services, row):
                break
            ended += 1
    return ended


def capture_now(services: Services, exhibit_id: str) -> None:
    """Make the one capture that a person asked for; how it ended is in its row."""
    row = _claim(services, exhibit_id=exhibit_id)
    if row and _attempt(services, row):
        vouching.bind(services)  # the service may not be running to do it


def _claim(
    services: Services, *, exhibit_id: str = "", modes: tuple[CaptureMode, ...] = tuple(CaptureMode)
) -> CaptureRow | None:
    now = services.clock()
    with services.store.transaction() as t:
        return t.claim_capture(now=now, until=services.lease(now), exhibit_id=exhibit_id, modes=modes)


def _attempt(services: Services, row: CaptureRow) -> bool:
    """Try one capture, whatever happens; False when no other could succeed now either."""
    try:
        _capture(services, row)
    except ArchiveError as error:
        _postpone(services, row, str(error), "Captures stopped: archive")
        return False
    except BrowserUnavailable as error:
        _postpone(services, row, str(error), "Captures stopped: browser")
        return False
    except Exception as error:  # noqa: BLE001 - one hostile page must not stop the others
        log.error(
            "capture_crashed", exhibit=row.exhibit_id, error=type(error).__name__, where=where_raised(error)
        )
        _postpone(services, row, "a fault in this program; it was logged", "A capture crashed")
    return True


def _capture(services: Services, row: CaptureRow) -> None:
    """Make one capture, or put it off when the page could not be reached."""
    with services.store.transaction() as t:
        finding = t.finding_by_id(row.finding_id) if row.finding_id else None
        # An edit may have come in since: what is sealed are the words that this capture was wanted for.
        words = t.words(finding.item.id, row.version) if finding else ""
    # Killed after the rename or the chain entry: what lies in the archive is bound, never made again.
    seal = services.archive.adopt(row.exhibit_id, now=services.clock())
    if seal is None:
        row = _allowed(services, row, finding)
        report = _report(services, row, wanted=_wanted(finding, words))
        if report.outcome is CaptureOutcome.FAILED and row.mode.opens_page and row.attempts < MOST_ATTEMPTS:
            now = services.clock()
            with services.store.transaction() as t:
                t.postpone_capture(row.id, schedule.retry_at(row.attempts, now), report.facts.verdict)
            return
        seal = services.archive.seal(
            _record(services, row, finding, words=words, report=report), now=services.clock()
        )
    ended = _ENDED.validate_python(services.archive.record(row.exhibit_id)["report"])
    _finish(services, row, seal, ended)
    log.info(
        "capture_sealed",
        exhibit=row.exhibit_id,
        outcome=ended.outcome.value,
        mode=row.mode.value,
        sequence=seal.sequence,
    )


def _allowed(services: Services, row: CaptureRow, finding: FindingRow | None) -> CaptureRow:
    """The capture as it may be made now: no page, when a request for it has become forbidden since it was
    asked for, by an edit or by another post at the same address (S2, A9; DOMAIN.md)."""
    if not row.mode.opens_page:
        return row
    with services.store.transaction() as t:
        suppressed = finding is not None and finding.assessment.suppressed
        if not suppressed and not any(addresses.touches(row.url, item) for item in t.untouchable()):
            return row
        t.open_no_page(row.id)
    return replace(row, mode=CaptureMode.WORDS)


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a capture ended, as its sealed record says it: the archive is the truth."""

    outcome: CaptureOutcome
    missing: tuple[str, ...]


_ENDED = TypeAdapter(_Ended)


def _wanted(finding: FindingRow | None, words: str) -> tuple[str, ...]:
    """What to look for on the page. Spans belong to the newest wording; an older one has none."""
    if finding is None:
        return ()
    newest = finding.item.item.text == words
    assessment = finding.assessment if newest else replace(finding.assessment, reasons=())
    return passages.telling(words, assessment, finding.matches if newest else Matches())


def _report(services: Services, row: CaptureRow, *, wanted: tuple[str, ...]) -> CaptureReport:
    folder = services.archive.scratch(row.exhibit_id)
    if not row.mode.opens_page:
        return _words_only(row, services.clock())
    try:
        if row.trigger == SELF_TEST:
            report = services.browser.self_test(folder)
        else:
            report = services.browser.capture(row.url, row.mode, folder, triage.suppression, wanted=wanted)
    except OSError as error:
        # The browser writes where the archive lies: a full disk shows here first.
        reason = error.strerror or type(error).__name__
        raise ArchiveError(f"The files of a capture cannot be written: {reason}.") from error
    if report.outcome is CaptureOutcome.COMPLETE and not (folder / "page" / "text.txt").is_file():
        # Promise 3, whoever took the files away: what is not there is never sealed as complete.
        raise ArchiveError("the files of a capture were gone before they could be sealed")
    return report


def _words_only(row: CaptureRow, now: datetime) -> CaptureReport:
    """The report of a capture that opens no page, because its class forbids it (DOMAIN.md)."""
    why = {
        CaptureMode.WORDS: "the rules for this class forbid any request; the words received are kept",
        CaptureMode.REFERENCE: "the rules for this class keep the words with private details masked",
    }[row.mode]
    step = Step("open page", StepOutcome.SKIPPED, now, now, why)
    return CaptureReport(
        CaptureOutcome.COMPLETE, (step,), PageFacts(requested_url=row.url, verdict="not_opened")
    )


def _record(
    services: Services, row: CaptureRow, finding: FindingRow | None, *, words: str, report: CaptureReport
) -> ExhibitRecord:
    began, ended = report.steps[0].started_at, report.steps[-1].finished_at
    clock = report.facts.clock
    return ExhibitRecord(
        exhibit_id=row.exhibit_id,
        school=services.settings.school_name,
        mode=CaptureMode.WORDS if report.outcome is CaptureOutcome.SUPPRESSED else row.mode,
        requested_at=row.requested_at,
        captured_at=began,
        trigger=row.trigger,
        report=report,
        item=replace(finding.item.item, text=words, state=ItemState.PRESENT) if finding else None,
        collected_by=finding.item.source_key if finding else "",
        collected_at=finding.item.fetched_at if finding else None,
        tool_version=monitor.__version__,
        clock_offset_s=clock.offset_s if clock else None,
        time_unverified=clock is None or abs(clock.offset_s) > MOST_CLOCK_OFFSET_S + clock.within_s,
        finished_at=ended,
        captured_at_local=_local(services, began),
        finished_at_local=_local(services, ended),
    )


def _local(services: Services, moment: datetime) -> str:
    local = moment.astimezone(services.zone)
    return f"{local.isoformat(timespec='milliseconds')} {services.zone.key}"


def _finish(services: Services, row: CaptureRow, seal: Seal, ended: _Ended) -> None:
    """Enter a sealed capture in the index and let the mails go that waited for it."""
    now = services.clock()
    with services.store.transaction() as t:
        t.finish_capture(row.id, outcome=ended.outcome, missing=ended.missing)
        t.add_exhibit(seal, row.id)
        if row.trigger == SELF_TEST and ended.outcome is not CaptureOutcome.COMPLETE:
            t.owe(
                notices.operator_alert(
                    services,
                    f"self-test {row.exhibit_id}",
                    "The self-test of captures failed",
                    [("Exhibit", row.exhibit_id), ("What is missing", "; ".join(ended.missing))],
                    "Captures of this day may be at fault in the same way. Run `school-monitor doctor`, which"
                    " makes the test again.",
                )
            )
        if row.finding_id:
            finding = t.finding_by_id(row.finding_id)
            if schedule.waits_for_capture(finding.assessment.urgency):
                t.release_alerts(row.finding_id, now)
            if ended.outcome is CaptureOutcome.SUPPRESSED:
                filing.note_suppressed_page(t, services, finding, now)


def _postpone(services: Services, row: CaptureRow, detail: str, headline: str) -> None:
    now = services.clock()
    until = schedule.retry_at(row.attempts, now)
    with services.store.transaction() as t:
        t.postpone_capture(row.id, until, detail)
        t.owe(
            notices.operator_alert(
                services,
                f"{headline} {now.date().isoformat()}",
                headline,
                [("What happened", detail), ("Next try", services.local(until))],
                "Run `school-monitor doctor`; it names the fault and its fix. Nothing is lost meanwhile.",
            )
        )
