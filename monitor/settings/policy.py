"""config/policy.toml into a Policy: which rules the School has adopted.

Everything that a rule, a route or a mail needs to know about the law and the School's policy is data
in that file (R4, R5, R39); this module only holds that the parts fit together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from monitor.errors import ConfigError, ConfigProblem
from monitor.model import (
    CaptureMode,
    Category,
    Contact,
    Law,
    Office,
    Policy,
    RetentionClass,
    Route,
    Urgency,
)
from monitor.settings.document import Document, KeyPath, Table, nearest, read, shape

VERDICTS = re.compile(
    r"\b(guilty|offenders?|breach(es|ed)?|defamatory|harassers?|criminals?|trolls?)\b", re.IGNORECASE
)
"""Words that the software never uses about a person (R11)."""

SUBJECTS = frozenset(
    {
        "pupil",
        "staff",
        "volunteer",
        "governor",
        "headteacher",
        "chair",
        "headteacher_and_chair",
        "dsl",
        "deputy_dsl",
        "deputy_head",
        "dpo",
        "sys_operator",
        "governance_professional",
        "institution",
        "unknown",
    }
)
"""The rows that the routing matrix must have (domain study 3.5)."""

CODES = frozenset(
    [
        "P0",
        "P1",
        "P2",
        "P3",
        "P4",
        "P5",
        "W1",
        "K1",
        "K2",
        "A1",
        "A2",
        "A3",
        "A4",
        "A5",
        "A6",
        "A7",
        "A8",
        "A9",
        "S1",
        "S2",
        "S3",
        "S4",
        "S5",
        "S6",
        "S7",
        "S8",
        "T1",
        "O1",
        "O2",
        "O3",
        "O4",
        "O5",
    ]
)
"""The categories that the rules can give (domain study 3.4)."""

NO_REQUEST = ("S2", "A9", "S5")
"""For these no page may ever be opened, whatever the file says (R28, R29, R69, DOMAIN.md)."""

OfficeName = Annotated[Office, Field(strict=False)]
UrgencyName = Annotated[Urgency, Field(strict=False)]
CaptureName = Annotated[CaptureMode, Field(strict=False)]
Days = Annotated[int, Field(ge=0)]


class PolicyTable(Table):
    version: str
    review_due: str
    unsure_capture: CaptureName
    emergency_text: str
    case_manager_text: str
    chain: list[OfficeName]


class CategoryTable(Table):
    slug: str
    label: str
    test: str
    tells: list[OfficeName]
    urgency: UrgencyName
    capture: CaptureName
    retention: str
    next_step: str
    policy_sections: list[str] = []
    laws: list[str] = []
    safeguarding: bool = False
    restricted: bool = False
    prefers: Literal["alarm", "silence"] = "silence"
    finding: bool = True
    counted: bool = False


class RouteTable(Table):
    told: list[OfficeName]
    told_safeguarding: list[OfficeName]
    notices: list[OfficeName] = []
    child_welfare: list[OfficeName] = []
    never: list[OfficeName] = []
    prompt: str = ""


class RetentionTable(Table):
    starts: str
    why: str
    content_days: Days | None = None
    stub_days: Days | None = None


class LawTable(Table):
    title: str
    test: str
    as_of: str
    note: str = ""


class ContactTable(Table):
    name: str
    detail: str
    verify_by: str
    hours: str = ""
    safeguarding: bool = False


class PolicyFile(Table):
    policy: PolicyTable
    categories: dict[str, CategoryTable]
    routes: dict[str, RouteTable]
    retention: dict[str, RetentionTable]
    laws: dict[str, LawTable]
    contacts: dict[str, ContactTable] = {}


def load_policy(path: Path) -> Policy:
    """Read the rules that the School has adopted. Raises ConfigError with every fault at once."""
    document = read(path)
    tables, problems = shape(document, PolicyFile)
    if tables is not None:
        problems += _faults(document, tables)
    if problems or tables is None:
        raise ConfigError(tuple(sorted(problems, key=lambda problem: problem.line or 0)))
    return _policy(tables)


def shipped_policy() -> Path:
    """The policy.toml that came with this program: beside this module when it was installed (the
    container image puts it there), else in `config/` of the checkout."""
    beside = Path(__file__).with_name("policy.toml")
    return beside if beside.exists() else Path(__file__).parents[2] / "config" / "policy.toml"


def _policy(tables: PolicyFile) -> Policy:
    head = tables.policy
    return Policy(
        version=head.version,
        review_due=head.review_due,
        categories=MappingProxyType({code: _category(code, row) for code, row in tables.categories.items()}),
        routes=MappingProxyType(
            {
                subject: Route(
                    subject=subject,
                    told=tuple(row.told),
                    told_safeguarding=tuple(row.told_safeguarding),
                    notices=tuple(row.notices),
                    child_welfare=tuple(row.child_welfare),
                    never=tuple(row.never),
                    prompt=row.prompt,
                )
                for subject, row in tables.routes.items()
            }
        ),
        chain=tuple(head.chain),
        retention=MappingProxyType(
            {
                key: RetentionClass(key, row.starts, row.content_days, row.stub_days, row.why)
                for key, row in tables.retention.items()
            }
        ),
        laws=MappingProxyType(
            {key: Law(key, row.title, row.test, row.as_of, row.note) for key, row in tables.laws.items()}
        ),
        unsure_capture=head.unsure_capture,
        emergency_text=head.emergency_text,
        case_manager_text=head.case_manager_text,
        contacts=tuple(
            Contact(key, row.name, row.detail, row.verify_by, row.hours, row.safeguarding)
            for key, row in tables.contacts.items()
        ),
    )


def _category(code: str, row: CategoryTable) -> Category:
    return Category(
        code=code,
        slug=row.slug,
        label=row.label,
        test=row.test,
        tells=tuple(row.tells),
        urgency=row.urgency,
        capture=row.capture,
        retention=row.retention,
        policy_sections=tuple(row.policy_sections),
        laws=tuple(row.laws),
        safeguarding=row.safeguarding,
        restricted=row.restricted,
        prefers=row.prefers,
        finding=row.finding,
        counted=row.counted,
        next_step=row.next_step,
    )


def _faults(document: Document, tables: PolicyFile) -> list[ConfigProblem]:
    """What each table alone cannot see: names that point nowhere, rows that are missing."""
    return [
        *_missing_rows(document, "categories", CODES),
        *_missing_rows(document, "routes", SUBJECTS),
        *_category_faults(document, tables.categories),
        *_route_faults(document, tables),
        *_date_faults(document, tables),
    ]


def _missing_rows(document: Document, table: str, wanted: Iterable[str]) -> list[ConfigProblem]:
    present, wanted = _keys(document, table), set(wanted)
    return [
        document.problem((table, name), "unknown name", nearest(name, wanted - present or wanted))
        for name in sorted(present - wanted)
    ] + [
        ConfigProblem(
            document.file, None, f"{table}.{name}", "this table is missing", f"add [{table}.{name}]"
        )
        for name in sorted(wanted - present)
    ]


def _category_faults(document: Document, categories: Mapping[str, CategoryTable]) -> list[ConfigProblem]:
    problems: list[ConfigProblem] = []

    def fault(path: KeyPath, message: str, hint: str = "") -> None:
        problems.append(document.problem(("categories", *path), message, hint))

    for code, row in categories.items():
        if row.retention not in _keys(document, "retention"):
            hint = nearest(row.retention, _keys(document, "retention"))
            fault((code, "retention"), f'no retention class is called "{row.retention}"', hint)
        for at, law in enumerate(row.laws):
            if law not in _keys(document, "laws"):
                fault((code, "laws", at), f'no law is called "{law}"', nearest(law, _keys(document, "laws")))
        for key in ("label", "next_step"):
            text = getattr(row, key)
            if not text.strip():
                fault((code, key), "must not be empty")
            elif found := VERDICTS.search(text):
                fault(
                    (code, key), f'must not say "{found[0]}": a verdict is for people', "say what is possible"
                )
        if len(row.label) > 40:
            fault((code, "label"), f"is {len(row.label)} characters long; a phone shows 40 at most")
        if not row.finding and (row.capture is not CaptureMode.NONE or row.tells):
            fault((code, "finding"), "a category that leaves nothing behind tells nobody and saves nothing")
        if code in NO_REQUEST and row.capture is not CaptureMode.WORDS:
            hint = 'capture = "words"'
            fault((code, "capture"), "no page may ever be opened for this category", hint)
        if code.startswith("S") and not row.safeguarding:
            fault(
                (code, "safeguarding"), "a matter about a pupil is always safeguarding", "safeguarding = true"
            )
        if code.startswith("S") and row.capture is CaptureMode.FULL:
            fault((code, "capture"), "pictures are never saved in a matter about a pupil", 'capture = "text"')
    return problems


def _route_faults(document: Document, tables: PolicyFile) -> list[ConfigProblem]:
    """Nobody stands both among those told and those never told; each office's own row excludes it."""
    problems: list[ConfigProblem] = []
    for subject, row in tables.routes.items():
        never = set(row.never)
        if subject in Office.__members__.values() and Office(subject) not in never:
            problems.append(
                document.problem(
                    ("routes", subject, "never"),
                    f'must hold "{subject}": the subject of a matter is never its recipient',
                )
            )
        for key in ("told", "told_safeguarding", "notices", "child_welfare"):
            problems += [
                document.problem(("routes", subject, key, at), f'"{office}" also stands in never')
                for at, office in enumerate(getattr(row, key))
                if office in never
            ]
    if not tables.policy.chain:
        problems.append(document.problem(("policy", "chain"), "must name at least one office"))
    return problems


def _date_faults(document: Document, tables: PolicyFile) -> list[ConfigProblem]:
    problems: list[ConfigProblem] = []
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", tables.policy.review_due):
        problems.append(
            document.problem(("policy", "review_due"), "a month is expected", 'such as "2027-05"')
        )
    dates = {("laws", key, "as_of"): law.as_of for key, law in tables.laws.items()}
    dates |= {("contacts", key, "verify_by"): contact.verify_by for key, contact in tables.contacts.items()}
    for path, text in dates.items():
        try:
            date.fromisoformat(text)
        except ValueError:
            problems.append(document.problem(path, f'"{text}" is not a date', 'such as "2026-09-01"'))
    return problems


def _keys(document: Document, table: str) -> set[str]:
    """The names in the file as it stands, also of rows that are at fault for another reason."""
    rows = document.data.get(table, {})
    return set(rows) if isinstance(rows, dict) else set()
