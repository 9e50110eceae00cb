"""How the command line speaks: lines, tables, JSON, and the longer answers in words.

What people wrote is shown without control characters: a post must not be able to drive a terminal.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from monitor.cases import Opened
    from monitor.errors import VerificationError
    from monitor.evidence import VerifiedArchive
    from monitor.jobs import EvidenceStanding, Health, SelfTestWord
    from monitor.model import PersonMatch, Policy, Reason
    from monitor.settings import Settings

Local = Callable[[datetime], str]


def say(*lines: str) -> None:
    """Lines on standard output."""
    for line in lines:
        typer.echo(harmless(line))


def complain(*lines: str) -> None:
    """Lines on standard error."""
    for line in lines:
        typer.echo(harmless(line), err=True)


def fail(*lines: str, code: int) -> NoReturn:
    """Say what is wrong and what to do next, and leave."""
    complain(*lines)
    raise SystemExit(code)


def say_json(document: object) -> None:
    """A document as JSON; everything outside ASCII is escaped."""
    typer.echo(json.dumps(document, indent=2))


def plain(value: object) -> Any:
    """A value of the model as JSON knows it."""
    from pydantic import TypeAdapter

    return TypeAdapter(type(value)).dump_python(value, mode="json")


def harmless(text: str) -> str:
    """The text without control and direction characters, which could rewrite what a terminal shows."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _drives(char) else char for char in text)


def _drives(char: str) -> bool:
    if char in "\n\t":
        return False
    return unicodedata.category(char) in ("Cc", "Cs") or char in _DIRECTIONS


_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embedding, override and isolate marks (UAX 9): they can make a line read as something else."""


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table without lines."""
    from rich.console import Console
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for number, title in enumerate(titles):
        # What a row is known by stays whole: it is what a person copies into the next command.
        grid.add_column(title, overflow="fold", no_wrap=number == 0)
    for row in rows:
        grid.add_row(*(harmless(str(cell)) for cell in row))
    # Words in square brackets are words; a file or a pipe has no edge to fold at.
    width = None if sys.stdout.isatty() else 1000
    Console(width=width, markup=False, emoji=False, highlight=False).print(grid)


def progress(what: str) -> Callable[..., None]:
    """A counter on a terminal's standard error; silent elsewhere."""
    if not sys.stderr.isatty():
        return lambda done, *_total: None

    def show(done: int, *total: int) -> None:
        of = f" of {total[0]:,}" if total else ""
        sys.stderr.write(f"\r{done:,}{of} {what}")
        sys.stderr.flush()

    return show


def health_words(health: Health, local: Local) -> list[str]:
    """The whole service in words."""
    from monitor.jobs import SourceWord

    def when(moment: datetime | None) -> str:
        return local(moment) if moment else "never"

    lines = []
    if health.practice_reasons:
        lines += ["PRACTICE MODE: mail goes to the local mailbox folder only, because:"]
        lines += [f"  - {reason}" for reason in health.practice_reasons] + [""]
    lines.append(
        f"Service: {'running' if health.running else 'not running'}, last looked {when(health.ticked_at)}"
    )
    lines.append(f"Register: {health.people} people")
    lines += ["", *_evidence_words(health.evidence, when), "", "Sources:"]
    for source in health.sources:
        because = f", because {source.why}" if source.word in (SourceWord.NOT_CHECKED, SourceWord.OFF) else ""
        because = because or (f" ({source.why})" if source.why else "")
        read = "" if source.word is SourceWord.OFF else f"; last read {when(source.last_good_at)}"
        lines.append(f"  {source.key}: {source.word.value}{because}{read}")
    waiting = health.waiting
    lines += [
        "",
        f"Waiting: {waiting.captures} captures, {waiting.alerts} mails, {waiting.undecided} decisions",
        f"Pages that could not be saved: {waiting.captures_failed}",
        f"Self-test of captures: {_tested(health.self_test, when)}",
        "We cannot see private groups, WhatsApp, Snapchat or deleted posts.",
        "",
    ]
    lines += [f"NEEDS YOU: {fault}" for fault in health.faults] or ["Nothing needs you."]
    return lines


def _tested(last: SelfTestWord, when: Callable[[datetime | None], str]) -> str:
    if last.passed is None:
        return "not made yet; it follows the first page of a day"
    return f"{'passed' if last.passed else 'FAILED'}, {when(last.at)}, exhibit {last.exhibit_id}"


def _evidence_words(evidence: EvidenceStanding, when: Callable[[datetime | None], str]) -> list[str]:
    """How far the archive is vouched for."""
    if not evidence.checkpoint:
        return [f"Evidence: {evidence.entries} chain entries, not signed yet"]
    lines = [
        f"Evidence: signed up to entry {evidence.covered} of {evidence.entries}"
        f" (checkpoint {evidence.checkpoint}, {when(evidence.checkpoint_at)}, key {evidence.key})"
    ]
    for each in evidence.times:
        waits = f"; pending since {when(each.pending_since)}" if each.pending_since else ""
        lines.append(f"  time by {each.authority}: {when(each.last_at)}{waits}")
    return lines if evidence.times else [*lines, "  time by others: no authority is named in [timestamps]"]


def fault_line(fault: VerificationError) -> str:
    """A fault in one line, whatever stands in the name of the file: nothing below it may seem to be ours."""
    return harmless(f"FAULT {fault}".replace("\n", "\N{REPLACEMENT CHARACTER}"))


def verified_words(head: VerifiedArchive) -> list[str]:
    """What a clean verification says: what was checked by whom, and what to compare with what was kept."""
    if not head.entries:
        return [
            "NOTHING TO CHECK: no exhibit and no entry of a chain lies here.",
            "If anything was ever saved, this is not its folder, or it was emptied: look at the disk, and at",
            "the head of the chain in the daily mail.",
        ]
    every = "every file as it was sealed"
    if head.sampled is not None:
        every = "every list of files whole, and every file that was read as it was sealed"
    lines = [f"All good: {head.exhibits} exhibits, {head.entries} chain entries, {every}."]
    if head.sampled is not None:
        lines.append(
            f"ONLY A SAMPLE: the files of {head.sampled} exhibits were read, chosen at random."
            " Without --sample all are."
        )
    if head.erased:
        lines.append(f"Erased: {head.erased}, each with its tombstone; the chain says under which rule.")
    if head.web_archives:
        looked = (
            "every answer in them has its digest, and is in their index"
            if head.inside
            else "not opened; their bytes are those that were sealed. --inside opens them"
        )
        lines.append(f"Web archives: {head.web_archives}, {looked}.")
    lines.append(f"Head of the chain: {head.head}")
    vouched = head.vouched
    if vouched.key:
        lines += [
            f"Signed: {vouched.checkpoints} checkpoints; the newest covers {vouched.covered} entries",
            f"  by the key: {vouched.key}",
        ]
    else:
        lines.append("Signed: nothing; this archive has no checkpoint yet")
    lines += [
        f"Confirmed: {time.covered} entries existed at {time.at:%d %b %Y %H:%M:%S} UTC, says {time.authority}"
        for time in vouched.times
    ] or ["Confirmed: no time by others; all times are those of this server's own clock"]
    lines += [f"NOT CHECKED: {what}" for what in vouched.not_checked]
    if vouched.key and vouched.uncovered_exhibits:
        lines.append(f"NOTE: {vouched.uncovered_exhibits} exhibits are newer than that and not signed yet.")
    lines += [f"NOTE: {what}" for what in vouched.notes]
    lines += [
        f"NOTE: {path} is not named in the chain yet; the service does that." for path in vouched.unfinished
    ]
    lines += [f"NOTE: the erasure of {each} was interrupted." for each in head.unfinished_erasures]
    lines += [
        "",
        "Compare the head and the key with those kept elsewhere, such as in the daily mail: only so does it",
        "show when an end was cut off, or the whole archive was made anew by somebody with another key.",
    ]
    return lines


def finding_words(opened: Opened, policy: Policy, local: Local) -> list[str]:
    """One finding as whoever may open it sees it: words, reasons, who was told, who looked."""
    from monitor.settings import PLATFORM_LABELS

    finding, item = opened.finding, opened.finding.item.item
    assessment = finding.assessment
    category = policy.categories[assessment.category]
    lines = [
        f"{finding.reference}: {category.label}"
        f" ({assessment.urgency.value}, how sure: {assessment.band.value})",
        f"Where:  {PLATFORM_LABELS.get(item.platform, item.platform)}, {item.url}",
        f"Posted: {local(item.posted_at) if item.posted_at else 'not known'}",
        f"By:     displayed as {item.author or 'nobody'}",
        "",
        item.text,
        "",
        *dict.fromkeys(_why(reason, item.text, policy) for reason in assessment.reasons),
        *(_named(match, item.text) for match in finding.matches.people),
    ]
    if category.policy_sections:
        lines.append(f"Policy: section {', '.join(category.policy_sections)}")
    lines += [
        f"May be relevant: {law.title} (as of {law.as_of})"
        for law in (policy.laws[key] for key in category.laws)
    ]
    lines += [
        f"Told:   {told.office.label} ({told.part.value.replace('_', ' ')})" for told in finding.routing.told
    ]
    lines += [f"Left out: {left.office.label}: {left.why}" for left in finding.routing.left_out]
    lines += [
        f"Saved:  {c.exhibit_id}, {c.outcome.value if c.outcome else 'waiting'}" for c in opened.captures
    ]
    lines += [f"Looked: {local(e.at)}, {e.event} by the {e.by.label}: {e.reason}" for e in opened.custody]
    lines += [f"Chain:  {local(e.at)}, {e.exhibit_id} {e.event}" for e in opened.chain]
    return lines


def _why(reason: Reason, text: str, policy: Policy) -> str:
    """A reason in words: what was said, and which class that suggests."""
    label = policy.categories[reason.category].label if reason.category in policy.categories else ""
    said = " ".join(text[reason.start : reason.end].split())
    return f"Why:    {f'“{said}”' if said else reason.rule} ({label or 'for context'})"


def _named(match: PersonMatch, text: str) -> str:
    """Whom the words may mean: entries of the register, by which rule, how sure, and why not surer (R42)."""
    from monitor.matching import rule_in_words

    said = " ".join(text[match.start : match.end].split())
    entries = " or ".join(match.person_ids)
    sure = "; but ".join([match.band.value, *([", and ".join(match.why)] if match.why else [])])
    rule = rule_in_words(match.rule)
    return f"Names:  “{said}”, by {rule}: register entry {entries} (how sure: {sure})"


def banner(settings: Settings) -> list[str]:
    """What the service says when it starts, on a face that everybody sees."""
    lines = [f"School Monitor for {settings.school_name}"]
    if settings.practice:
        lines.append("PRACTICE MODE: mail goes to the local mailbox folder only, because:")
        lines += [f"  - {reason}" for reason in settings.practice_reasons]
        lines.append(f"Mailbox: {settings.storage.data / 'mailbox'}")
    return lines
