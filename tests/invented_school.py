"""The invented school of the worked examples (domain study 5), for tests that match and triage."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from monitor.matching import Matcher, compile, read_people
from monitor.model import Person, Policy, Register, SchoolTerms
from monitor.settings import load_policy

ROOT = Path(__file__).resolve().parent.parent

TERMS = SchoolTerms(
    names=("Littleover Community School",),
    handles=("LittleoverLCS",),
    domains=("littleover.example",),
    pages=("LCS Trips", "Littleover community School"),
    short=(
        "LCS",
        "Littleover",
        "Littleover CS",
        "Littleover Community",
        "Littleover Comm",
        "Littleover school",
    ),
    context=("Derby", "DE23"),
    not_us=("Littleover Lodge", "Littleover Cricket", "esports"),
    other_schools=("Mickleover Grange School", "Littleover Primary School"),
)


@cache
def register() -> Register:
    """The people of the demo."""
    return read_people((ROOT / "monitor" / "demo" / "people.csv").read_text("utf-8").splitlines())


@cache
def by_id() -> dict[str, Person]:
    """The same by id."""
    return {person.id: person for person in register().people}


@cache
def matcher() -> Matcher:
    """The matcher over both."""
    return compile(register().people, TERMS)


@cache
def policy() -> Policy:
    """The rules that ship."""
    return load_policy(ROOT / "config" / "policy.toml")
