"""What one reader sees of a case, decided: words masked, addresses left out, everything else in words.

Pure. `audiences` says how much may be shared; here that becomes text. Neighbour: `compose` lays it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from monitor.model import CaptureMode, CaptureOutcome
from monitor.papers.audiences import Holding, PaperRefused, Share, Shared, holdings, shared
from monitor.papers.facts import (
    Audience,
    CaseFacts,
    CustodyFacts,
    ExhibitFacts,
    NotCaptured,
    Origin,
    PictureFacts,
)
from monitor.papers.masking import mask
from monitor.papers.searching import holds

WORDS_SHOWN = 12_000
"""Characters of a post's words on paper; the rest stands in the exhibit's own file."""

NAMES_SOMEBODY = "[left out: it names somebody who is masked]"

_RESULTS = {
    CaptureOutcome.COMPLETE: "complete",
    CaptureOutcome.PARTIAL: "in part; what is missing is listed",
    CaptureOutcome.FAILED: "the page could not be captured",
    CaptureOutcome.SUPPRESSED: "stopped on purpose; nothing of the page was kept",
}
_MODES = {
    CaptureMode.FULL: "the whole page, with its pictures",
    CaptureMode.TEXT: "the page without pictures, video and fonts of others",
    CaptureMode.REFERENCE: "no page was opened; the words as collected, private details masked",
    CaptureMode.WORDS: "no page was opened, on purpose; the words as collected",
    CaptureMode.NONE: "nothing",
}


@dataclass(frozen=True, slots=True)
class View:
    """One exhibit as one reader sees it. `words` is None when they may not be seen.

    `removed` must be found nowhere in the finished papers; `changes` says what was masked instead.
    """

    exhibit: ExhibitFacts
    shared: Shared
    name: str
    file_name: str
    words: str | None
    cut: str
    changes: tuple[str, ...]
    removed: tuple[str, ...]
    address: str
    author: str
    post_id: str
    missing: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def supplied(self) -> bool:
        """Whether somebody handed it in, so that it is no capture of this system (R104)."""
        return self.exhibit.origin is Origin.SUPPLIED

    @property
    def masked(self) -> bool:
        """Whether this is a redacted copy."""
        return self.shared.masked

    @property
    def pictures(self) -> tuple[PictureFacts, ...]:
        """The pictures that may be shown; in redacted copies only those that a person looked at."""
        if not self.shared.pictures:
            return ()
        return tuple(each for each in self.exhibit.pictures if each.checked_by or not self.masked)

    @property
    def technical(self) -> bool:
        """Whether every step of the capture may be shown."""
        return self.shared.technical

    @property
    def result(self) -> str:
        """How the capture ended, in words."""
        return "" if self.supplied else _RESULTS[self.exhibit.outcome]

    @property
    def mode(self) -> str:
        """What kind of capture it was, in words."""
        return "" if self.supplied else _MODES[self.exhibit.mode]

    @property
    def requested_by(self) -> str:
        """Who or what started the capture."""
        return "the program" if self.exhibit.requested_by == "automatic" else self.exhibit.requested_by

    @property
    def sheet(self) -> str:
        """Where its own sheet lies in the papers."""
        return f"exhibits/{self.file_name}"

    @property
    def label(self) -> str:
        """The label typed by the producing person, or the place for it (R80)."""
        return self.exhibit.label or "______ /____"

    @property
    def did(self) -> str:
        """What the system did, for a statement."""
        if self.exhibit.mode.opens_page:
            return "opened this address, signed in nowhere, and recorded what it showed:"
        return "kept the words that it had received from this address, and opened no page:"

    @property
    def clock(self) -> str:
        """What is known about the clock of this computer (R86)."""
        offset = self.exhibit.clock_offset_s
        if offset is None:
            return "not compared with another clock"
        return f"{abs(offset):.1f} seconds {'ahead' if offset > 0 else 'behind'} when last compared"


def views(case: CaseFacts, audience: Audience) -> tuple[View, ...]:
    """Every exhibit of the case as this reader sees it, in the order of capture.

    Raises `PaperRefused`, also for a label that two exhibits bear or that is none (R80).
    """
    _check_labels(case)
    found = sorted(shared(case, audience), key=lambda each: each.exhibit.captured_at)
    masks = tuple(word for each in found for word in _removed(each, holdings()[audience]))
    return tuple(_view(each, masks) for each in found)


def _check_labels(case: CaseFacts) -> None:
    labels = [each.label for each in case.exhibits if each.label]
    for label in labels:
        initials, _, serial = label.partition("/")
        if not (initials.isascii() and initials.isalpha() and initials.isupper() and serial.isdecimal()):
            raise PaperRefused(f"{label!r} is no exhibit label; type initials and a number, such as AB/1")
        if labels.count(label) > 1:
            raise PaperRefused(f"two exhibits bear the label {label}; give each its own number")


def _removed(each: Shared, holding: Holding) -> tuple[str, ...]:
    """What of this exhibit must not be read anywhere in the papers."""
    exhibit = each.exhibit
    removed: tuple[str, ...] = ()
    if each.masked:
        removed += mask(exhibit.words, exhibit.mentions).removed
        removed += tuple(word for picture in exhibit.pictures for c in picture.covers for word in c.words)
        removed += (exhibit.author,) if not each.author else ()
        removed += _addresses(exhibit) if not each.address else ()
    elif not each.words and holding.shares[exhibit.matter] is not Share.ADDRESS:
        removed += tuple(line for line in exhibit.words.splitlines() if len(line) > 11)
        removed += tuple(exhibit.words[m.start : m.end] for m in exhibit.mentions)
        removed += (exhibit.author, *_addresses(exhibit))
    return removed


def _addresses(exhibit: ExhibitFacts) -> tuple[str, ...]:
    frames = (address for address in exhibit.frames if "://" in address)
    return (exhibit.requested_url, exhibit.final_url, *frames)


def _view(each: Shared, masks: Sequence[str]) -> View:
    exhibit = each.exhibit
    masked = mask(exhibit.words, exhibit.mentions if each.masked else ())
    text = masked.text
    removed = tuple(masks)
    return View(
        exhibit=exhibit,
        shared=each,
        name=exhibit.label or exhibit.reference,
        file_name=exhibit.label.replace("/", "-") or exhibit.reference,
        words=text[:WORDS_SHOWN] if each.words else None,
        cut=f"The first {WORDS_SHOWN} of {len(text)} characters." if len(text) > WORDS_SHOWN else "",
        changes=masked.changes,
        removed=removed,
        address=clear(exhibit.final_url or exhibit.requested_url, removed) if each.address else "",
        author=clear(exhibit.author, removed) if each.author else "",
        post_id=exhibit.post_id if each.address else "",
        missing=tuple(clear(line, removed) for line in exhibit.missing) if each.words else (),
        left_out=_left_out(each),
    )


def clear(text: str, removed: Sequence[str]) -> str:
    """The text, or that it was left out because it holds words that are masked elsewhere."""
    return NAMES_SOMEBODY if holds(text, removed) else text


def _left_out(each: Shared) -> tuple[str, ...]:
    lines: tuple[str, ...] = (f"Left out: {each.why}.",) if each.why else ()
    if each.masked and each.pictures:
        lines += tuple(
            f"Left out: {picture.path}: nobody has checked yet that it shows no pupil and nobody else who"
            " must not be seen."
            for picture in each.exhibit.pictures
            if picture.checked_by is None
        )
    return lines


def derived_name(view: View, picture: PictureFacts) -> str:
    """What the redacted copy of a picture is called."""
    return f"{view.file_name}-{view.exhibit.pictures.index(picture) + 1}.png"


def changes(picture: PictureFacts) -> tuple[str, ...]:
    """What was done to make the redacted copy of a picture, in words."""
    return (
        "everything but the pixels dropped",
        *(
            f"{cover.width} by {cover.height} pixels at column {cover.left}, row {cover.top} painted black:"
            f" {cover.why}"
            for cover in picture.covers
        ),
        *(
            (f"looked at by the {picture.checked_by.label}, who marked nothing else to be covered",)
            if picture.checked_by
            else ()
        ),
    )


# --- the case as a whole -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline. `outside` is text from outside, `view` the exhibit that shows it."""

    at: datetime
    what: str
    outside: str = ""
    view: View | None = None


def timeline(case: CaseFacts, seen: Sequence[View]) -> tuple[Happening, ...]:
    """What happened, in order: posts, captures, decisions and actions."""
    removed = tuple(word for view in seen for word in view.removed)
    found = [Happening(case.opened_at, f"Case {case.reference} opened.")]
    for view in (each for each in seen if each.shared.listed):
        exhibit = view.exhibit
        if exhibit.posted_at and view.words is not None:
            found.append(Happening(exhibit.posted_at, f"{view.name}: posted, as the platform states."))
        found.append(Happening(exhibit.captured_at, _captured(view), view=view))
    found += [
        Happening(each.at, f"{each.by.label}:", outside=clear(each.what, removed)) for each in case.actions
    ]
    return tuple(sorted(found, key=lambda each: each.at))


def _captured(view: View) -> str:
    if view.supplied:
        return f"{view.name}: handed in, not captured by this system."
    if view.exhibit.mode.opens_page:
        return f"{view.name}: captured, {view.result}."
    return f"{view.name}: words kept, no page opened."


@dataclass(frozen=True, slots=True)
class Missing:
    """What was not captured of one exhibit or finding."""

    name: str
    lines: tuple[str, ...]


def not_captured(case: CaseFacts, audience: Audience, seen: Sequence[View]) -> tuple[Missing, ...]:
    """What was not captured, and why; findings that this reader may not know of are left out."""
    holding = holdings()[audience]
    removed = tuple(word for view in seen for word in view.removed)
    found = [Missing(view.name, view.missing) for view in seen if view.missing and view.shared.listed]
    for each in case.not_captured:
        share = holding.shares[each.matter]
        if share in (Share.NOTHING, Share.REFUSED):
            continue
        known = holding.addresses and each.url and share is not Share.REFERENCE
        lines = (each.why, *((each.url,) if known else ()))
        found.append(
            Missing(f"Finding {each.finding}, {each.platform}", tuple(clear(x, removed) for x in lines))
        )
    return tuple(found)


def told_of(each: NotCaptured, audience: Audience) -> bool:
    """Whether a statement for this reader may mention the finding."""
    return holdings()[audience].shares[each.matter] in (Share.WHOLE, Share.ROUTE)


def omissions(seen: Sequence[View], *, pictures_read: bool) -> tuple[str, ...]:
    """The redaction list: what was left out, masked or covered, exhibit by exhibit, never repeating it.

    `pictures_read` is whether the words in redacted pictures are read again afterwards.
    """
    lines: list[str] = []
    for number, view in enumerate(seen, 1):
        name = view.name if view.shared.listed else f"Exhibit {number} of the case"
        lines += [f"{name}: {line}" for line in view.left_out]
        if view.masked and view.words is not None:
            if view.changes:
                lines.append(f"{name}: masked in the words: {', '.join(view.changes)}.")
            hidden = [what for what, there in _hidden(view) if not there]
            if hidden:
                lines.append(f"{name}: {' and '.join(hidden)} left out.")
        if view.masked:
            lines += [
                f"{name}: {each.path}: redacted copy derived/{derived_name(view, each)}:"
                f" {'; '.join(changes(each))}."
                for each in view.pictures
            ]
    if any(view.masked and view.pictures for view in seen):
        lines.append(_READ if pictures_read else _NOT_READ)
    return tuple(lines)


_READ = "Redacted pictures were read again by a machine, and no masked word was found in them."
_NOT_READ = (
    "Redacted pictures were not read again by a machine: the means are not installed. A person looked."
)


def _hidden(view: View) -> tuple[tuple[str, bool], ...]:
    return (
        ("the address and the number of the post", view.shared.address),
        ("the name or handle that was displayed", view.shared.author),
    )


def histories(case: CaseFacts, seen: Sequence[View]) -> tuple[tuple[str, tuple[CustodyFacts, ...]], ...]:
    """The custody log: the exhibits one by one, then the case."""
    exhibits = tuple((view.name, view.exhibit.custody) for view in seen if view.shared.listed)
    return (*exhibits, (f"Case {case.reference}", case.custody))


def one_year_after(day: date) -> date:
    """The same day a year later; of 29 February the day before, so that nobody is a day late (R96)."""
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
