"""The demo's outcome in plain words, as data, and its progress on a terminal.

Written for a Headteacher or a network manager; never a word of a post, never its author.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

from pydantic import TypeAdapter
from rich.console import Console
from rich.padding import Padding
from rich.status import Status
from rich.table import Table

from monitor.demo.check import Found
from monitor.demo.packs import OWNER, Packed
from monitor.model import CaptureMode, CaptureOutcome, Office, Told, Urgency

PLACES: Mapping[str, str] = MappingProxyType(
    {
        "forum": "Derby Chatter, a forum",
        "local-news": "Littleover Local, a news feed",
        "blog": "Down by the Derwent, a blog",
        "photos": "Snapfolk, a photo site",
        "own-photos": "the school's own account on Snapfolk",
    }
)
"""The demo's sources as people would call them."""

_SHORT = {
    Office.HEADTEACHER: "Head",
    Office.DSL: "DSL",
    Office.DEPUTY_DSL: "deputy DSL",
    Office.CHAIR: "Chair",
    Office.VICE_CHAIR: "Vice Chair",
    Office.GOVERNANCE_PROFESSIONAL: "Clerk",
    Office.DPO: "DPO",
    Office.COMMS_LEAD: "Comms",
    Office.ON_CALL: "on-call",
}
_LEGEND = (
    "DSL: Designated Safeguarding Lead. DPO: Data Protection Officer. Comms: Communications Lead.\n"
    "°: hears only that a safeguarding matter exists. *: gets the part about the child, not the adult."
)
_MARKS = {Told.NOTICE: "°", Told.CHILD_WELFARE: "*"}
_WHEN = {
    Urgency.U0: "Act now, at any hour",
    Urgency.U1: "Look within half an hour",
    Urgency.U2: "Look the same school day",
    Urgency.U3: "No mail: a person looks first",
}
_KEPT = {
    CaptureMode.FULL: "whole page",
    CaptureMode.TEXT: "no pictures",
    CaptureMode.REFERENCE: "words, masked",
    CaptureMode.WORDS: "words only",
    CaptureMode.NONE: "nothing",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One source: how many posts were new to us, and how many known ones had changed."""

    key: str
    name: str
    posts: int
    changed: int
    good: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One run of the demo. `differences` is by example number; `never_opened` counts requests by
    example number; `visits` counts the runs that were completed before."""

    folder: Path
    mailbox: Path
    visits: int
    places: tuple[Place, ...]
    found: tuple[Found, ...]
    news: tuple[Found, ...]
    edited: tuple[Found, ...]
    deleted: tuple[Found, ...]
    never_opened: Mapping[int, int]
    differences: Mapping[int, tuple[str, ...]]
    not_collected: Mapping[int, str]
    examples: int
    mails: int
    new_mails: int
    exhibits: int
    new_exhibits: int
    operator_mails: int
    waiting: int
    packs: tuple[Packed, ...]
    archive_faults: tuple[str, ...]
    head: str

    @property
    def good(self) -> bool:
        """Whether everything went as the policy wants."""
        faults = self.differences or self.archive_faults or self.waiting or self.operator_mails
        packs = self.packs and not any(pack.faults for pack in self.packs)
        return not faults and bool(packs) and all(place.good for place in self.places)

    @property
    def checked(self) -> int:
        """How many examples could be checked: all that can be collected."""
        return self.examples - len(self.not_collected)


def document(report: Report) -> dict[str, Any]:
    """The report as data."""
    data: dict[str, Any] = TypeAdapter(Report).dump_python(report, mode="json")
    return {"demo": True, "ok": report.good, **data}


def show(report: Report, console: Console) -> None:
    """The report on a terminal, about two screens."""
    for part in _parts(report):
        if isinstance(part, str) and str(report.folder) in part:
            # A path or a command is not broken across lines, so that it can be copied.
            console.print(part, soft_wrap=True)
        elif isinstance(part, str) and part.startswith("  "):
            console.print(Padding(part.strip(), (0, 0, 0, 2), expand=False))
        else:
            console.print(part)


def first_words(place: Place) -> str:
    """What was read at one place on the first visit."""
    return count(place.posts, "post") if place.good else _not_read(place)


def later_words(place: Place) -> str:
    """What was read at one place on a later visit."""
    if not place.good:
        return _not_read(place)
    parts = [f"{place.posts} new or edited"] if place.posts else []
    parts += [f"{place.changed} found changed or gone on a second look"] if place.changed else []
    return ", ".join(parts) or "nothing new"


def _not_read(place: Place) -> str:
    return f"not read, because {place.detail}"


# --- below: the words -------------------------------------------------------------------------------


def _parts(report: Report) -> Iterator[str | Table]:
    yield ""
    yield "[bold]School Monitor: a demonstration at an invented school[/bold]"
    yield "Everybody in it is invented. Practice mode: no mail left this machine."
    yield ""
    yield from _later_look(report) if report.visits else _first_look(report)
    yield ""
    yield from _proofs(report)
    yield ""
    yield from _where(report)
    yield from _faults(report)
    yield ""
    yield (
        "[bold]Next:[/bold] school-monitor init writes the settings of your school,"
        " school-monitor doctor checks them."
    )
    if not report.visits:
        yield "Run the demo again: one post was edited and one deleted meanwhile, and it notices."


def _first_look(report: Report) -> Iterator[str | Table]:
    read = sum(place.posts for place in report.places)
    found = len(report.found)
    yield f"[bold]{count(read, 'post')} read at {len(report.places)} places; {found} are worth a look[/bold]"
    yield from _findings(report.found)
    yield ""
    yield _LEGEND
    yield (
        f"The other {read - found} are praise, news, jokes, union news, criticism of nobody in particular,"
        " or another school. Nothing of them is kept."
    )
    yield ""
    yield "[bold]Who was not told, and why[/bold]"
    yield from _left_out(report.found)


def _later_look(report: Report) -> Iterator[str | Table]:
    """What a later run says: only what is new."""
    yield f"[bold]Run {report.visits + 1}: what is new since the last one[/bold]"
    for place in report.places:
        yield f"  {place.name}: {later_words(place)}"
    for title, found in (
        ("Newly found", report.news),
        ("Edited meanwhile; every wording is kept and saved", report.edited),
        ("Deleted meanwhile; what was saved before stays", report.deleted),
    ):
        if found:
            yield ""
            yield f"[bold]{title}[/bold]"
            yield from _findings(found)
    yield ""
    if not (report.news or report.edited or report.deleted):
        yield "Nothing changed."
    mails, exhibits = count(report.new_mails, "new mail"), count(report.new_exhibits, "new sealed exhibit")
    yield f"{mails.capitalize()} and {exhibits}: what was said before is not said again."


def _findings(found: tuple[Found, ...]) -> Iterator[Table]:
    """The most urgent first, one table for each urgency, with columns that line up."""
    wide = max(len(one.label) for one in found)
    for urgency in Urgency:
        table = Table(
            box=None,
            pad_edge=False,
            padding=(0, 2, 0, 0),
            show_header=False,
            title=_WHEN.get(urgency, urgency.value),
            title_justify="left",
            title_style="italic",
        )
        for width in (11, wide, 13, None):
            table.add_column(width=width, no_wrap=width is not None)
        for one in found:
            if one.urgency is urgency:
                table.add_row(one.reference, one.label, _saved(one), _told(one))
        if table.row_count:
            yield table


def _told(one: Found) -> str:
    told = ", ".join(f"{_short(telling.office)}{_MARKS.get(telling.part, '')}" for telling in one.told)
    return told or ("a person looks first" if one.asks_person else "nobody")


def _left_out(found: tuple[Found, ...]) -> Iterator[str]:
    """Each office with its reason, and the findings that it applies to."""
    reasons: dict[tuple[Office, str], list[str]] = defaultdict(list)
    for one in found:
        for left in one.left_out:
            reasons[left.office, left.why].append(one.reference)
    for (office, why), references in reasons.items():
        yield f"  {_short(office)} {why}: {', '.join(references)}"
    if unsure := [one.reference for one in found if one.asks_person]:
        yield f"  Nobody yet, because only a person can tell: {', '.join(unsure)}"


def _proofs(report: Report) -> Iterator[str]:
    requests = sum(report.never_opened.values())
    yield "[bold]Not opened, on purpose[/bold]"
    yield (
        f"  {count(len(report.never_opened), 'post')} may point to an intimate picture. The demo's own web"
        f" server counted {requests} requests for their pages and pictures."
    )
    yield (
        "  One post was never even fetched: it has a person's name and not the school's,"
        " and only the school is searched for."
    )
    yield ""
    right = report.checked - len(report.differences)
    yield "[bold]As the policy wants?[/bold]"
    yield f"  {right} of the {report.checked} worked examples that can be collected were handled so."
    for number, differs in report.differences.items():
        yield f"  Not example {number}: {'; '.join(differs)}."
    for number, why in report.not_collected.items():
        yield f"  Example {number} was not collected: {why}."


def _where(report: Report) -> Iterator[str]:
    archive, config = report.folder / "archive", report.folder / "config"
    yield "[bold]Where it lies[/bold]"
    yield f"  Mail:     {report.mailbox} ({count(report.mails, 'file')} for any mail program)"
    yield f"  Exhibits: {archive} ({report.exhibits}, sealed)"
    yield f"  Requests: {report.folder / 'requests.log'} (all that was asked of the demo's pages)"
    sample = next((one for one in report.found if one.exhibits and one.told), None)
    if sample:
        office = sample.told[0].office
        yield "  Open one, which is written into its chain of custody:"
        asked = f"{sample.reference} --by {office} --reason demo"
        yield f"  school-monitor findings show {asked} --config {config}"
    yield ""
    yield from _packs(report)
    faults = report.archive_faults
    checked = f"{len(faults)} faults" if faults else "every file is as it was sealed"
    yield f"[bold]Checked just now: {checked}[/bold]"
    yield from (f"  {fault}" for fault in faults)
    yield f"  Check again: school-monitor verify {archive}"


def _packs(report: Report) -> Iterator[str]:
    """Where the packs of the demo's case lie, and whether each verifies."""
    yield (
        f"[bold]{report.packs[0].case}, a case, as a pack for each reader[/bold]"
        if report.packs
        else ("[bold]No case could be made: nothing was found that it could hold.[/bold]")
    )
    for pack in report.packs:
        yield f"  For {pack.audience}: {pack.path}"
        yield from (f"  FAULT in it: {fault}" for fault in pack.faults)
    if report.packs:
        pack = report.packs[0]
        config = report.folder / "config"
        yield f"  Who had it: school-monitor cases show {pack.case} --by {OWNER} --config {config}"
        yield f"  Check one: school-monitor verify {pack.path}"
    yield ""


def _faults(report: Report) -> Iterator[str]:
    for place in report.places:
        if not place.good:
            yield f"[bold]{place.name} was {_not_read(place)}.[/bold]"
    if report.waiting:
        yield (
            f"[bold]Still waiting: {count(report.waiting, 'exhibit or mail', 'exhibits and mails')}."
            " Run the demo again in a few minutes.[/bold]"
        )
    if report.operator_mails:
        mails = count(report.operator_mails, "mail")
        yield f"[bold]{mails} to the network manager in the mailbox: something did not work.[/bold]"


def _short(office: Office) -> str:
    return _SHORT.get(office) or office.label


def _saved(one: Found) -> str:
    if one.saved is None and one.capture is not CaptureMode.NONE:
        return "not yet"
    part = {CaptureOutcome.PARTIAL: " (in part)", CaptureOutcome.FAILED: ": failed"}
    return _KEPT[one.capture] + (part.get(one.saved, "") if one.saved else "")


def count(number: int, noun: str, nouns: str = "") -> str:
    """A number with its noun: "no mails", "1 mail", "2 mails"."""
    return f"{number or 'no'} {noun if number == 1 else nouns or noun + 's'}"


# --- progress ---------------------------------------------------------------------------------------


class Progress:
    """Says what is being done: a moving line on a terminal, one line a finished step elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status = self._console.status("Starting")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def doing(self, words: str) -> None:
        """Shown while it lasts, on a terminal only."""
        if self._status:
            self._status.update(words)

    def done(self, words: str) -> None:
        """One line that stays."""
        self._console.print(f"  {words}")
