"""people.csv in, Register out: pure, tolerant of bad rows, strict about columns (DESIGN.md)."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from monitor.errors import RegisterError
from monitor.model import Office, Person, Register, Role, RowFault

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
        flags=_flags(row),
    )


def _flags(row: Mapping[str | None, str | list[str] | None]) -> frozenset[str]:
    """The row's own flags, and the offices that its job title says by itself: who forgot the flag must
    not have the Headteacher told about the Headteacher (promise 6)."""
    own = {flag.lower().replace(" ", "_") for flag in _several(_cell(row, "flags"))}
    if _cell(row, "role").lower() != Role.PUPIL:
        title = _cell(row, "job_title").lower()
        named = [_OFFICE_OF.get(_plain(part)) for part in _PARTS.split(title)]
        own |= {office.value for office in (*named, _BARE.get(_plain(title))) if office}
    return frozenset(own)


def _plain(title: str) -> str:
    """A job title without what says nothing of the office: "The Head-Teacher (acting)"."""
    words = re.findall(r"[a-z]+", title)
    return " ".join(word for word in words if word not in _SAYS_NOTHING)


_PARTS = re.compile(r"\band\b|[&/,;+()\[\]]|\s[-–—]\s")
_SAYS_NOTHING = frozenset({"the", "acting", "interim", "executive", "exec", "co"})
_TITLES = {
    Office.HEADTEACHER: "headteacher, head teacher, headmaster, headmistress, head master, head mistress,"
    " principal, head of school, school principal",
    Office.DEPUTY_HEAD: "deputy headteacher, deputy head teacher, deputy head, deputy principal,"
    " vice principal",
    Office.DSL: "designated safeguarding lead, dsl, safeguarding lead, lead dsl",
    Office.DEPUTY_DSL: "deputy designated safeguarding lead, deputy dsl, deputy safeguarding lead",
    Office.CHAIR: "chair of governors, chair of governing body, chair of governing board, chairman of"
    " governors, chairwoman of governors, chairperson of governors, chair of board of governors",
    Office.VICE_CHAIR: "vice chair of governors, vice chair of governing body, vice chair of governing board",
    Office.GOVERNANCE_PROFESSIONAL: "clerk to governors, clerk to governing body, governance professional",
    Office.SAFEGUARDING_GOVERNOR: "safeguarding governor",
    Office.TRUST_CEO: "chief executive of trust, trust chief executive, trust ceo",
    Office.DPO: "data protection officer, dpo",
    Office.SYS_OPERATOR: "network manager",
}
_OFFICE_OF = {title: office for office, titles in _TITLES.items() for title in titles.split(", ")}
_BARE = {"head": Office.HEADTEACHER, "chair": Office.CHAIR, "vice chair": Office.VICE_CHAIR}
"""These are an office only when nothing else is said: "Chair, Finance Committee" is none."""


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
