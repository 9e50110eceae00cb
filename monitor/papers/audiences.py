"""What each reader of a pack may hold: the table `audiences.toml`, read once, and decided for one case.

Pure but for reading that file. Rules: R98, R105 to R111; S2 and A9 as DOMAIN.md has them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files

from monitor.errors import MonitorError
from monitor.model import CaptureMode
from monitor.papers.facts import Audience, CaseFacts, ExhibitFacts, Matter


class PaperRefused(MonitorError):
    """A pack that must not be made for this reader, or not yet; the message ends with what to do."""


class Share(StrEnum):
    """How much of one exhibit a reader may hold; the words are explained in audiences.toml."""

    WHOLE = "whole"
    MASKED = "masked"
    WORDS = "words"
    ROUTE = "route"
    REFERENCE = "reference"
    ADDRESS = "address"
    NOTHING = "nothing"
    REFUSED = "refused"


class Form(StrEnum):
    """The two forms of a production statement (R81)."""

    CRIMINAL = "criminal"
    CIVIL = "civil"


@dataclass(frozen=True, slots=True)
class Holding:
    """One table of audiences.toml."""

    reads: str
    note: str
    shares: Mapping[Matter, Share]
    authors: bool
    addresses: bool
    technical: bool
    parts: tuple[str, ...]
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """What of one exhibit goes to one reader. `why` says in words what was left out, "" for nothing.

    `masked` is True when names in the words are masked and pictures go as redacted copies only.
    `original` is True when the exhibit's whole sealed folder goes. `listed` is False when not even its
    existence is told outside the list of what was left out.
    """

    exhibit: ExhibitFacts
    words: bool = False
    masked: bool = False
    pictures: bool = False
    original: bool = False
    address: bool = False
    author: bool = False
    technical: bool = False
    listed: bool = True
    why: str = ""


@cache
def holdings() -> Mapping[Audience, Holding]:
    """The whole table; every reader has a row, every matter a share."""
    table = tomllib.loads((files("monitor.papers") / "audiences.toml").read_text("utf-8"))
    return {audience: _holding(table[audience.value]) for audience in Audience}


def _holding(row: Mapping[str, object]) -> Holding:
    def texts(key: str) -> tuple[str, ...]:
        entries = row[key]
        assert isinstance(entries, list)  # noqa: S101  our own file, which a test reads whole
        return tuple(str(each) for each in entries)

    return Holding(
        reads=str(row["reads"]),
        note=str(row["note"]),
        shares={matter: Share(str(row[matter.value])) for matter in Matter},
        authors=row["authors"] is True,
        addresses=row["addresses"] is True,
        technical=row["technical"] is True,
        parts=texts("parts"),
        forms=tuple(Form(each) for each in texts("forms")),
    )


def shared(case: CaseFacts, audience: Audience) -> tuple[Shared, ...]:
    """What of each exhibit of the case goes to this reader, those left out altogether included.

    Raises `PaperRefused` when no pack of this case may be made for the reader (R98).
    """
    holding = holdings()[audience]
    for exhibit in case.exhibits:
        if holding.shares[exhibit.matter] is Share.REFUSED:
            allowed = [each.value for each in Audience if may_ever_hold(exhibit.matter, each)]
            raise PaperRefused(
                f"{case.reference} holds an allegation about an adult and a child ({exhibit.finding}), so"
                f" no pack may be made for {audience.value}; it may go to {' or '.join(allowed)} only"
            )
    return tuple(_decided(case, exhibit, holding) for exhibit in case.exhibits)


def may_ever_hold(matter: Matter, audience: Audience) -> bool:
    """Whether a pack for this reader can exist for a case with such a matter."""
    return holdings()[audience].shares[matter] is not Share.REFUSED


def _decided(case: CaseFacts, exhibit: ExhibitFacts, holding: Holding) -> Shared:
    share = holding.shares[exhibit.matter]
    open_to = Shared(exhibit, address=holding.addresses, author=holding.authors, technical=holding.technical)
    if share is Share.WHOLE:
        return replace(open_to, words=True, pictures=True, original=True)
    if share is Share.MASKED:
        why = "the original files, since they may show other people"
        return replace(open_to, words=True, masked=True, pictures=True, why=why)
    if share is Share.WORDS:
        why = "every picture and the original files, since a pupil is concerned"
        return replace(open_to, words=True, masked=True, why=why)
    if share is Share.ADDRESS:
        return open_to
    if share is Share.ROUTE and case.exported_by in exhibit.handled_by:
        return _by_its_route(open_to)
    if share is Share.NOTHING:
        return Shared(exhibit, listed=False, why="the whole exhibit, since the matter is protected")
    return Shared(exhibit, why="the words, the address and every file, since the matter is protected")


def _by_its_route(open_to: Shared) -> Shared:
    """The words of a suppressed matter; its folder only if that holds words and nothing else (R71)."""
    exhibit = open_to.exhibit
    if exhibit.mode is CaptureMode.WORDS and not exhibit.pictures:
        return replace(open_to, words=True, original=True, why="pictures: none was ever opened, on purpose")
    return replace(open_to, words=True, why="every file, since a page was opened before the matter was known")
