"""people.csv in, Register out: pure, tolerant of bad rows, strict about columns (DESIGN.md)."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping

from monitor.errors import RegisterError
from monitor.model import Person, Register, Role, RowFault

COLUMNS = (
    "id",
    "role",
    "title",
    "forename",
    "known_as",
    "surname",
    "aliases",
    "job_title",
    "year_group",
    "flags",
)


def read_people(lines: Iterable[str]) -> Register:
    """Read a people file; a row that cannot be used becomes a fault by line number, the rest goes on.

    Faults never repeat what the row says. The version is a digest of the people read, so it changes
    exactly when they do. Raises `RegisterError` when columns are missing or the file is empty.
    """
    reader = csv.DictReader(_without_mark(lines), skipinitialspace=True)
    try:
        header = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    except csv.Error as error:
        raise RegisterError(f"the people file cannot be read as a table ({error})") from error
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        wanted = ",".join(COLUMNS)
        raise RegisterError(f"the people file lacks {', '.join(missing)}; its first line must name {wanted}")
    reader.fieldnames = header
    people: dict[str, Person] = {}
    faults: list[RowFault] = []
    rows = iter(reader)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            faults.append(RowFault(reader.line_num, f"cannot be read as a row ({error})"))
            continue
        fault = _fault(row, people)
        if fault:
            faults.append(RowFault(reader.line_num, fault))
        else:
            person = _person(row)
            people[person.id] = person
    return Register(people=tuple(people.values()), version=_version(people), faults=tuple(faults))


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    """Drop a byte order mark and NUL characters, which spreadsheets and bad exports leave."""
    for number, line in enumerate(lines):
        cleaned = line.replace("\0", "")
        yield cleaned.lstrip("\ufeff") if number == 0 else cleaned


def _fault(row: Mapping[str | None, str | list[str] | None], people: Mapping[str, Person]) -> str:
    """Say in words why the row cannot be used, or ""."""
    if None in row:
        return "has more cells than the first line names; quote cells that hold a comma"
    if any(row[name] is None for name in COLUMNS):
        return "has fewer cells than the first line names"
    key = _cell(row, "id")
    if not key:
        return "has no id"
    if key in people:
        return "repeats an id that an earlier row has"
    if _cell(row, "role").lower() not in Role.__members__.values():
        return "has a role that is none of " + ", ".join(Role)
    if not _cell(row, "surname") and not _cell(row, "forename"):
        return "has neither forename nor surname"
    return ""


def _person(row: Mapping[str | None, str | list[str] | None]) -> Person:
    return Person(
        id=_cell(row, "id"),
        role=Role(_cell(row, "role").lower()),
        title=_cell(row, "title"),
        forename=_cell(row, "forename"),
        known_as=_cell(row, "known_as"),
        surname=_cell(row, "surname"),
        aliases=_several(_cell(row, "aliases")),
        job_title=_cell(row, "job_title"),
        year_group=_cell(row, "year_group"),
        flags=frozenset(flag.lower().replace(" ", "_") for flag in _several(_cell(row, "flags"))),
    )


def _cell(row: Mapping[str | None, str | list[str] | None], name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _version(people: Mapping[str, Person]) -> str:
    digest = hashlib.sha256()
    for key in sorted(people):
        person = people[key]
        cells = (person.id, person.role, person.title, person.forename, person.known_as, person.surname,
                 ";".join(person.aliases), person.job_title, person.year_group,
                 ";".join(sorted(person.flags)))  # fmt: skip
        digest.update("\x1f".join(cells).encode("utf-8", "surrogatepass") + b"\x1e")
    return digest.hexdigest()[:16]
