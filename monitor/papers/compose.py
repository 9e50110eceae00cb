"""The papers of a pack as HTML: facts in, documents out. Pure: no clock, no network, no environment.

Each document stands alone: its style and its pictures are in it, and it forbids a browser to load or run
anything else. Fixed words of law come from wording.toml (R5), everything from outside goes through
`legible.shown` and is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor.papers import legible
from monitor.papers.audiences import Form, Holding, holdings
from monitor.papers.facts import Audience, CaseFacts, Matter, PictureFacts
from monitor.papers.pictures import Part, parts
from monitor.papers.views import (
    View,
    histories,
    not_captured,
    omissions,
    one_year_after,
    timeline,
    told_of,
)

_LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture for looking at: of which file it is made, and why it cannot be shown, "" if it can."""

    picture: PictureFacts
    source: str
    sha256: str
    thumbnail: bytes
    fault: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its page-high parts, cut when a page asks for them: a pack may hold thousands."""
        return () if self.fault else parts(self.picture)


@dataclass(frozen=True, slots=True)
class Document:
    """One document; `html` lays it out, only when asked: a pack may hold thousands of pictures."""

    name: str
    title: str
    html: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Pack:
    """What all documents of one pack are made from; `pictures` holds those of an exhibit by its reference."""

    case: CaseFacts
    audience: Audience
    seen: Sequence[View]
    pictures: Mapping[str, Sequence[Shown]]
    made_at: datetime
    pictures_read: bool = False

    @property
    def holding(self) -> Holding:
        """What this reader may hold."""
        return holdings()[self.audience]

    @property
    def listed(self) -> tuple[View, ...]:
        """The exhibits that this reader may know of."""
        return tuple(view for view in self.seen if view.shared.listed)


def documents(pack: Pack) -> tuple[Document, ...]:
    """The documents of a pack, the cover first."""
    parts = pack.holding.parts
    custody = [_document(pack, "custody", "Custody log", histories=histories(pack.case, pack.seen))]
    return (
        _cover(pack),
        *(custody if "custody" in parts else ()),
        *(_statement(pack, form) for form in pack.holding.forms),
        *(_sheet(pack, view) for view in (pack.listed if "sheets" in parts else ())),
    )


_COVERS = {"report": ("report", "Report of a post"), "complaint": ("complaint", "What was said")}


def _cover(pack: Pack) -> Document:
    case, listed = pack.case, pack.listed
    parts = [part for part in pack.holding.parts if part not in ("custody", "sheets", "uco")]
    name, title = _COVERS.get(parts[0], ("cover", "Cover sheet and timeline"))
    missing = not_captured(case, pack.audience, pack.seen)
    captured = [view.exhibit.captured_at for view in listed]
    return _document(
        pack,
        "cover",
        title,
        name=name,
        parts=parts,
        missing=missing,
        gaps=f"{len(missing)} entries, listed below" if missing else "nothing is known to be missing",
        omissions=omissions(pack.seen, pictures_read=pack.pictures_read),
        counted=_counted(listed),
        span=f"{london(min(captured))} and {london(max(captured))}" if captured else "",
        platforms=", ".join(dict.fromkeys(view.exhibit.platform for view in listed)),
        authors=", ".join(dict.fromkeys(view.author for view in listed if view.author)),
        whole=any(view.shared.original for view in listed),
        timeline=timeline(case, pack.seen),
        thumbnails={
            reference: _address(shown[0].thumbnail)
            for reference, shown in pack.pictures.items()
            if shown and shown[0].thumbnail
        },
        one_year=one_year_after(case.earliest.on) if case.earliest else None,
    )


def _counted(listed: Sequence[View]) -> str:
    supplied = sum(view.supplied for view in listed)
    captured = f"{len(listed) - supplied} captured by this system"
    return f"{captured}, {supplied} handed in" if supplied else captured


def _statement(pack: Pack, form: Form) -> Document:
    """A draft for one form. What was handed in is not produced as a capture of this system (R104)."""
    produced = [view for view in pack.listed if not view.supplied and view.words is not None]
    return _document(
        pack,
        "statement",
        "Unsigned draft of a production statement",
        name=f"statement-{form.value}-unsigned-draft",
        form=form.value,
        prescribed=wording()[form.value],
        produced=produced,
        labels=", ".join(view.label for view in produced),
        not_captured=[each for each in pack.case.not_captured if told_of(each, pack.audience)],
    )


def _sheet(pack: Pack, view: View) -> Document:
    pictures = pack.pictures.get(view.exhibit.reference, ())
    title = f"Exhibit {view.name}"
    return _document(pack, "sheet", title, name=view.sheet, view=view, pictures=pictures)


def _document(pack: Pack, template: str, title: str, *, name: str = "", **more: object) -> Document:
    style = (files("monitor.papers") / "templates" / "paper.css").read_text("utf-8")
    context = {
        "case": pack.case,
        "audience": pack.audience.value,
        "holding": pack.holding,
        "made_at": pack.made_at,
        "views": pack.listed,
        "allegation": any(each.matter is Matter.ALLEGATION for each in pack.case.exhibits),
        "masked": any(view.masked for view in pack.listed),
        "title": f"{pack.case.reference}: {title}",
        "foot": f"{pack.case.reference}, {pack.audience.value}, made {utc(pack.made_at)}",
        "style": Markup(style),  # noqa: S704  our own file
        "style_hash": "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
        "wording": wording(),
    }

    return Document(
        name or template,
        title,
        lambda: _templates().get_template(f"{template}.html.j2").render(context | more),
    )


@cache
def wording() -> Mapping[str, Mapping[str, object]]:
    """The fixed words of law and court rules, with the day they were last read."""
    return tomllib.loads((files("monitor.papers") / "wording.toml").read_text("utf-8"))


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.papers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    environment.filters |= {
        "shown": legible.shown,
        "london": london,
        "utc": utc,
        "machine": machine,
        "picture": _address,
        "day": day,
        "size": size,
    }
    return environment


def london(at: datetime) -> str:
    """A moment as people here say it: "Sun 22 November 2026, 08:31:05 GMT" (or BST)."""
    local = at.astimezone(_LONDON)
    return f"{local:%a} {local.day} {local:%B %Y, %H:%M:%S %Z}"


def london_day(at: datetime) -> date:
    """The day that it was here: an hour before midnight in universal time it may be the next one."""
    return at.astimezone(_LONDON).date()


def utc(at: datetime) -> str:
    """The same moment in universal time, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def machine(at: datetime) -> str:
    """The moment as metadata has it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(on: date) -> str:
    """A date in words."""
    return f"{on:%A} {on.day} {on:%B %Y}"


def size(count: int) -> str:
    """A number of bytes with its unit."""
    return f"{count:,} bytes"


def _address(content: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(content).decode("ascii")
