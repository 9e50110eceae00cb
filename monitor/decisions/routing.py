"""Who is told about a Finding, and why the others are not.

One job: turn triage's view and the school's policy into a `Routing`, before any message is built.
The subject of a matter is never its recipient (promise 6). Pure: no clock, no store, no mail.

Rules: domain study 3.4 (c), 3.5, R53, R54, R59, R60, R61; DOMAIN.md, "Who is told".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from monitor.model import (
    Assessment,
    Category,
    LeftOut,
    Office,
    Policy,
    Role,
    Route,
    Routing,
    Subject,
    Telling,
    Told,
)

ALLEGATION = "A5"
"""The category that makes a safeguarding matter an allegation against an adult (policy 7, R60)."""

WHISTLEBLOWING = "W1"
"""The category that goes round the Headteacher, whomever it names (policy 5(iii))."""

_BOTH = "headteacher_and_chair"
_UNKNOWN = "unknown"
_INSTITUTION = "institution"

_NOT_IN_THE_CHAIN = frozenset(
    {Office.DSL, Office.DEPUTY_DSL, Office.DEPUTY_HEAD, Office.WHISTLEBLOWING_CONTACT}
)
"""Offices that can take a matter on although they stand outside `policy.chain`."""

_GAVE_WAY = "gives way: somebody else handles a matter with this subject"

_NO_DELEGATES: Mapping[Office, Collection[Office]] = MappingProxyType({})


def route(
    assessment: Assessment,
    policy: Policy,
    *,
    filled: Collection[Office] | None = None,
    delegates: Mapping[Office, Collection[Office]] = _NO_DELEGATES,
) -> Routing:
    """Say who is told in which part, never naming an office that is, or may be, the subject.

    `filled` holds the offices somebody fills (None: all of them). `delegates` says who else can
    open an office's mailbox; they count as recipients (R59). The first office of the answer that
    can open the matter handles it, the rest are copied. A matter that only a person can judge
    (`asks_person`) and one that is no finding (R43) are told to nobody, which is not `unroutable`.
    Raises KeyError when the assessment names a category that the policy does not have.
    """
    categories = tuple(policy.categories[code] for code in assessment.categories)
    if assessment.asks_person or not any(category.finding for category in categories):
        return Routing(told=())
    rows = _rows(assessment, policy, categories)
    wanted = _wanted(categories, rows)
    gate = _gate(assessment, rows, filled, delegates)
    return _settle(
        wanted,
        gate,
        chain=_chain(categories, policy),
        policy=policy,
        prompts=_prompts(assessment, rows, policy),
    )


def barred(
    assessment: Assessment,
    policy: Policy,
    *,
    delegates: Mapping[Office, Collection[Office]] = _NO_DELEGATES,
) -> frozenset[Office]:
    """Every office that may neither be told nor open this matter, whatever it was told before (R53)."""
    categories = tuple(policy.categories[code] for code in assessment.categories)
    return frozenset(_gate(assessment, _rows(assessment, policy, categories), None, delegates))


def next_in_chain(
    office: Office,
    assessment: Assessment,
    policy: Policy,
    *,
    told: Collection[Office],
    filled: Collection[Office] | None = None,
    delegates: Mapping[Office, Collection[Office]] = _NO_DELEGATES,
) -> Office | None:
    """Say who is told instead when mail to `office` cannot be delivered (R63), or None for nobody.

    Nobody is named whom the matrix would not tell this matter. A child's safeguarding matter, and a
    lead's part in any other, stays with the safeguarding leads. Everything else goes up the chain, never
    below whoever handles it, and a concern of staff (W1) never to the Headteacher. Nobody who is or may
    be the subject, stands too close to them, or is in `told` already, is named (R53).
    """
    categories = tuple(policy.categories[code] for code in assessment.categories)
    rows = _rows(assessment, policy, categories)
    gate = _gate(assessment, rows, filled, delegates)
    for candidate in _stand_ins(office, categories, rows, policy):
        if candidate is not office and candidate not in gate and candidate not in told:
            return candidate
    return None


def _stand_ins(
    office: Office, categories: tuple[Category, ...], rows: tuple[Route, ...], policy: Policy
) -> tuple[Office, ...]:
    """Who could take over from an office, before anybody is excluded, the nearest first."""
    protected = any(category.safeguarding or category.restricted for category in categories)
    leads = (Office.DSL, Office.DEPUTY_DSL)
    if any(map(_about_a_child, categories)) or (protected and office in leads):
        return leads
    opens = [who for who, part in _wanted(categories, rows).parts.items() if part is Told.COPIED]
    chain = _chain(categories, policy)
    first = min((chain.index(who) for who in opens if who in chain), default=0)
    place = chain.index(office) if office in chain else -1
    if protected and place < first:
        return ()  # only a notice, or a part that nobody else is owed
    return chain[max(first, place + 1) :]


def _chain(categories: tuple[Category, ...], policy: Policy) -> tuple[Office, ...]:
    """Who may take a matter on when those named cannot: for a concern of staff from the Chair upward."""
    if any(category.code == WHISTLEBLOWING for category in categories) and Office.CHAIR in policy.chain:
        return policy.chain[policy.chain.index(Office.CHAIR) :]
    return policy.chain


# --- which rows of the matrix apply ------------------------------------------------------------


def _rows(assessment: Assessment, policy: Policy, categories: tuple[Category, ...]) -> tuple[Route, ...]:
    """The rows of matrix 3.5 that apply, the one with the most senior handler first.

    A child's safeguarding category brings the pupil's row even when no pupil was recognised.
    """
    keys: list[str] = []
    for subject in assessment.subjects:
        offices = [office.value for office in subject.offices if office.value in policy.routes]
        keys += offices or [subject.role.value if subject.role else _UNKNOWN]
    if {Office.HEADTEACHER, Office.CHAIR} <= set(keys) and _BOTH in policy.routes:
        keys = [_BOTH, *(key for key in keys if key not in (Office.HEADTEACHER, Office.CHAIR))]
    if any(_about_a_child(category) for category in categories):
        keys.append(Role.PUPIL.value)
    if not keys:
        keys = [_UNKNOWN if ALLEGATION in assessment.categories else _INSTITUTION]

    def seniority(row: Route) -> int:
        first = row.told[0] if row.told else None
        return policy.chain.index(first) if first in policy.chain else -1

    rows = [policy.routes[key] for key in dict.fromkeys(keys) if key in policy.routes]
    return tuple(sorted(rows, key=seniority, reverse=True))


def _about_a_child(category: Category) -> bool:
    """Whether the category is a child's own safeguarding matter, not an allegation about an adult."""
    return category.safeguarding and category.code != ALLEGATION


# --- who would be told if nobody were excluded --------------------------------------------------


@dataclass(slots=True)
class _Wanted:
    """Offices in order of call, each in the part it would get, and those that gave way to others."""

    parts: dict[Office, Told] = field(default_factory=dict)
    gave_way: list[Office] = field(default_factory=list)

    def add(self, offices: Iterable[Office], part: Told) -> None:
        for office in offices:
            self.parts.setdefault(office, part)


def _wanted(categories: tuple[Category, ...], rows: tuple[Route, ...]) -> _Wanted:
    """Combine the matrix with what the categories themselves tell (domain study 3.4 (c))."""
    if any(category.code == ALLEGATION for category in categories):
        return _wanted_in_allegation(categories, rows)
    if any(category.safeguarding or category.restricted for category in categories):
        return _wanted_in_safeguarding(categories, rows)
    return _wanted_ordinarily(categories, rows)


def _wanted_ordinarily(categories: tuple[Category, ...], rows: tuple[Route, ...]) -> _Wanted:
    """In an ordinary matter "headteacher" in a category stands for whoever handles such a subject.

    So a complaint about a governor goes to the Chair instead of the Headteacher, while the others
    whom the category tells stay. A pupil adds the safeguarding leads and takes nobody's place; not
    in the O classes, which are about accounts and papers and tell whom they need by themselves.
    """
    wanted = _Wanted()
    handlers = _union(row.told for row in _adult(rows))
    for office in _union(category.tells for category in categories):
        if office is Office.HEADTEACHER and handlers:
            wanted.add(handlers, Told.COPIED)
            if office not in handlers:
                wanted.gave_way.append(office)
        else:
            wanted.add([office], Told.COPIED)
    if not all(category.code.startswith("O") for category in categories):
        wanted.add(_union(row.told for row in _pupil(rows)), Told.COPIED)
    return wanted


def _wanted_in_safeguarding(categories: tuple[Category, ...], rows: tuple[Route, ...]) -> _Wanted:
    """A safeguarding matter opens on the safeguarding route only; the rest learn that it exists."""
    wanted = _Wanted()
    protected = (category for category in categories if category.safeguarding or category.restricted)
    wanted.add(_union(category.tells for category in protected), Told.COPIED)
    wanted.add(_union(row.told_safeguarding for row in _pupil(rows)), Told.COPIED)
    wanted.add(_union(row.told_safeguarding for row in _adult(rows)), Told.COPIED)
    _notice(wanted, categories, rows)
    return wanted


def _wanted_in_allegation(categories: tuple[Category, ...], rows: tuple[Route, ...]) -> _Wanted:
    """Whoever manages the case opens an allegation; the safeguarding leads get the child's part.

    The child's part leaves the adult out. While it is not known which adult is meant, the category
    itself says who opens it (worked example 24).
    """
    wanted = _Wanted()
    managers = _union(row.told_safeguarding for row in _adult(rows))
    own = _union(category.tells for category in categories if category.code == ALLEGATION)
    if not managers:
        wanted.add(own, Told.COPIED)
    wanted.add(managers, Told.COPIED)
    if Office.HEADTEACHER in own and Office.HEADTEACHER not in wanted.parts:
        wanted.gave_way.append(Office.HEADTEACHER)
    wanted.add(_union(row.child_welfare for row in rows), Told.CHILD_WELFARE)
    wanted.add((office for office in own if office not in wanted.gave_way), Told.CHILD_WELFARE)
    wanted.add(_union(row.told_safeguarding for row in _pupil(rows)), Told.CHILD_WELFARE)
    _notice(wanted, categories, rows)
    return wanted


def _notice(wanted: _Wanted, categories: tuple[Category, ...], rows: tuple[Route, ...]) -> None:
    """Everybody else whom a rule names learns only that a safeguarding matter exists."""
    wanted.add(_union(row.notices for row in rows), Told.NOTICE)
    wanted.add(_union(category.tells for category in categories if _about_a_child(category)), Told.NOTICE)
    others = _union(category.tells for category in categories)
    wanted.add((office for office in others if office not in wanted.gave_way), Told.NOTICE)


def _adult(rows: tuple[Route, ...]) -> tuple[Route, ...]:
    """The rows of known adults; not knowing whom it is about changes nobody's part."""
    return tuple(row for row in rows if row.subject not in (Role.PUPIL, _UNKNOWN, _INSTITUTION))


def _pupil(rows: tuple[Route, ...]) -> tuple[Route, ...]:
    return tuple(row for row in rows if row.subject == Role.PUPIL)


def _union(groups: Iterable[Iterable[Office]]) -> tuple[Office, ...]:
    """Each office once, in order of first call."""
    return tuple(dict.fromkeys(office for group in groups for office in group))


# --- who must not be told -----------------------------------------------------------------------


def _gate(
    assessment: Assessment,
    rows: tuple[Route, ...],
    filled: Collection[Office] | None,
    delegates: Mapping[Office, Collection[Office]],
) -> Mapping[Office, str]:
    """Every office that must not be told, with the reason in plain words (R53, R59, R61)."""
    subjects: dict[Office, bool] = {}
    for subject in assessment.subjects:
        for office in subject.offices:
            subjects[office] = subjects.get(office, False) or subject.certain
    if ALLEGATION in assessment.categories and any(map(_may_be_anybody, assessment.subjects)):
        subjects.setdefault(Office.HEADTEACHER, False)
    never = {office for row in rows for office in row.never}
    gate: dict[Office, str] = {}
    for office in Office:
        if office in subjects:
            sure = subjects[office]
            gate[office] = "is the subject of this matter" if sure else "may be the subject of this matter"
        elif not subjects.keys().isdisjoint(delegates.get(office, ())):
            gate[office] = "shares a mailbox with somebody who is or may be the subject of this matter"
        elif office in never:
            gate[office] = "stands too close to the subject of this matter"
        elif office is Office.SYS_OPERATOR:
            gate[office] = "runs the system and is told nothing about findings"
        elif filled is not None and office not in filled:
            gate[office] = "nobody holds this post yet"
    return gate


def _may_be_anybody(subject: Subject) -> bool:
    """Whether the words name nobody, not even what work they do: it may be the Headteacher (matrix 3.5,
    last row: "anyone possibly meant" is excluded), and the safeguarding leads are told."""
    return subject.role is None and not subject.offices


def _settle(
    wanted: _Wanted,
    gate: Mapping[Office, str],
    *,
    chain: tuple[Office, ...],
    policy: Policy,
    prompts: tuple[str, ...],
) -> Routing:
    """Take the gated offices out; if nobody is left who can take the matter on, go up the chain."""
    parts = {office: part for office, part in wanted.parts.items() if office not in gate}
    left_out = {office: _GAVE_WAY for office in wanted.gave_way if office not in wanted.parts}
    for office in (*wanted.gave_way, *wanted.parts):
        if office in gate:
            left_out[office] = gate[office]
    if Told.CHILD_WELFARE in wanted.parts.values() and Told.CHILD_WELFARE not in parts.values():
        spare = (office for office in (Office.DSL, Office.DEPUTY_DSL) if office not in gate)
        parts |= {office: Told.CHILD_WELFARE for office in spare if office not in parts}
    unroutable = False
    if _needs_a_handler(parts, left_out, policy):
        for office in chain:
            if office not in gate:
                parts = {office: Told.COPIED} | {who: part for who, part in parts.items() if who != office}
                left_out.pop(office, None)
                break
            left_out[office] = gate[office]
        else:
            unroutable = True
            if Office.DPO in gate:
                left_out[Office.DPO] = gate[Office.DPO]
            else:
                parts.setdefault(Office.DPO, Told.NOTICE)
    return Routing(
        told=_first_handles(parts),
        left_out=tuple(LeftOut(office, why) for office, why in left_out.items()),
        prompts=prompts,
        unroutable=unroutable,
    )


def _needs_a_handler(parts: Mapping[Office, Told], left_out: Mapping[Office, str], policy: Policy) -> bool:
    """Whether nobody can take the matter on, and it is not that the policy wanted it so (O2)."""
    opens = {office for office, part in parts.items() if part is Told.COPIED}
    if not opens:
        return True
    return bool(left_out) and opens.isdisjoint(_NOT_IN_THE_CHAIN.union(policy.chain))


def _first_handles(parts: Mapping[Office, Told]) -> tuple[Telling, ...]:
    """The first office that opens the matter handles it; those who open it come first."""
    order = (Told.COPIED, Told.CHILD_WELFARE, Told.NOTICE)
    sorted_parts = sorted(parts.items(), key=lambda told: order.index(told[1]))
    return tuple(
        Telling(office, Told.HANDLES if place == 0 and part is Told.COPIED else part)
        for place, (office, part) in enumerate(sorted_parts)
    )


def _prompts(assessment: Assessment, rows: tuple[Route, ...], policy: Policy) -> tuple[str, ...]:
    """What the case manager of an allegation must hear before doing anything (R60)."""
    if ALLEGATION not in assessment.categories:
        return ()
    said = (policy.case_manager_text, *(row.prompt for row in rows))
    return tuple(dict.fromkeys(text for text in said if text))
