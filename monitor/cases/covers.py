"""What a person marked in pictures before a pack is made: which parts of which picture are covered (R78).

    [M-2026-0001-1]
    "shots/full.png" = [[40, 200, 300, 32], [40, 610, 120, 32]]
    "shots/part-1.png" = []

A part is [from the left, from the top, width, height], in pixels of the picture. An empty list says that
somebody looked and found nothing to cover; a picture that is not named is left out. Pure.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace

from monitor.cases.cases import NotPossible
from monitor.model import Office
from monitor.papers.audiences import shared
from monitor.papers.facts import Audience, CaseFacts, Cover, ExhibitFacts, PictureFacts
from monitor.papers.pictures import size

Part = tuple[int, int, int, int]
Marked = Mapping[str, Mapping[str, tuple[Part, ...]]]
"""By exhibit and by picture, as the file has them."""

_DATA = "data/"
_EXAMPLE = "write [from the left, from the top, width, height] in whole pixels, such as [40, 200, 300, 32]"


def read(content: bytes) -> Marked:
    """What a covers file says. Raises `NotPossible`, naming the line or the key and what to do."""
    try:
        tables = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise NotPossible(f"line {line} of the covers file is no plain text; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise NotPossible(
            f"the covers file cannot be read: {error}. Under a line such as [M-2026-0001-1] write a line for"
            ' each picture, such as "shots/full.png" = [[40, 200, 300, 32]], with the quotation marks'
        ) from error
    except RecursionError as error:
        raise NotPossible("the covers file has too many brackets in brackets; " + _EXAMPLE) from error
    return {exhibit: _pictures(exhibit, table) for exhibit, table in tables.items()}


def _pictures(exhibit: str, table: object) -> Mapping[str, tuple[Part, ...]]:
    if not isinstance(table, dict):
        raise NotPossible(
            f"{exhibit} stands outside every exhibit; write the line [EXHIBIT] above its pictures, such as"
            " [M-2026-0001-1]"
        )
    if not table:
        raise NotPossible(f"[{exhibit}] names no picture; write a line for each, or take [{exhibit}] out")
    return {path: _parts(f"[{exhibit}] {path}", parts) for path, parts in table.items()}


def _parts(where: str, parts: object) -> tuple[Part, ...]:
    if not isinstance(parts, list):
        raise NotPossible(
            f"{where}: this is no list of parts; {_EXAMPLE}, in one more pair of brackets around all of them,"
            " or [] when there is nothing to cover"
        )
    return tuple(_part(f"{where}, part {number}", part) for number, part in enumerate(parts, 1))


def _part(where: str, part: object) -> Part:
    if not isinstance(part, list) or len(part) != 4 or any(type(each) is not int for each in part):
        raise NotPossible(f"{where}: this is no part of a picture; {_EXAMPLE}")
    left, top, width, height = part
    if width < 1 or height < 1:
        raise NotPossible(f"{where}: its width and its height must be 1 or more; {_EXAMPLE}")
    return left, top, width, height


def applied(facts: CaseFacts, marked: Marked, *, audience: Audience, by: Office) -> CaseFacts:
    """The case with what was marked, looked at by this office. Raises `NotPossible` for an exhibit or a
    picture that there is not, or that this reader gets whole or never, and for a part outside its picture."""
    open_to = {
        each.exhibit.reference
        for each in shared(facts, audience)
        if each.masked and each.pictures and each.exhibit.pictures
    }
    for exhibit in marked:
        if exhibit not in open_to:
            raise NotPossible(
                f"[{exhibit}]: {facts.reference} has no exhibit of this name whose covered pictures may go to"
                f" {audience.value}; it has {', '.join(sorted(open_to)) or 'none'}. Take [{exhibit}] out, or"
                " write its name as it stands there"
            )
    exhibits = tuple(
        _covered(each, marked[each.reference], by=by) if each.reference in marked else each
        for each in facts.exhibits
    )
    return replace(facts, exhibits=exhibits)


def _covered(exhibit: ExhibitFacts, marked: Mapping[str, tuple[Part, ...]], *, by: Office) -> ExhibitFacts:
    names = [short(each) for each in exhibit.pictures]
    for path in marked:
        if path not in names:
            raise NotPossible(
                f"[{exhibit.reference}] {path}: there is no such picture; there is {', '.join(names)}"
            )
    return replace(
        exhibit,
        pictures=tuple(
            _checked(exhibit.reference, each, marked[short(each)], by=by) if short(each) in marked else each
            for each in exhibit.pictures
        ),
    )


def _checked(exhibit: str, picture: PictureFacts, parts: tuple[Part, ...], *, by: Office) -> PictureFacts:
    across, down = size(picture.content)
    for number, (left, top, width, height) in enumerate(parts, 1):
        if left < 0 or top < 0 or left + width > across or top + height > down:
            raise NotPossible(
                f"[{exhibit}] {short(picture)}, part {number}: it reaches outside the picture, which is"
                f" {across} pixels wide and {down} high; measure it again"
            )
    why = f"marked by the {by.label}"
    return replace(picture, covers=tuple(Cover(*part, why) for part in parts), checked_by=by)


def waiting(facts: CaseFacts, audience: Audience) -> tuple[tuple[str, str], ...]:
    """The exhibits and pictures that this reader would get if somebody had looked at them."""
    return tuple(
        (each.exhibit.reference, short(picture))
        for each in shared(facts, audience)
        if each.masked and each.pictures
        for picture in each.exhibit.pictures
        if picture.checked_by is None
    )


def short(picture: PictureFacts) -> str:
    """What a covers file calls a picture."""
    return picture.path.removeprefix(_DATA)
