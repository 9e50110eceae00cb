"""people.csv: bad rows are faults by line number, the rest is read; missing columns stop it."""

from __future__ import annotations

import pytest

from monitor.errors import RegisterError
from monitor.matching import read_people
from monitor.model import Office, Person, Role, RowFault
from tests.invented_school import ROOT, register

HEAD = "id,role,title,forename,known_as,surname,aliases,job_title,year_group,flags"


def test_every_column_is_read() -> None:
    """Aliases and flags are separated by semicolons; offices are among the flags."""
    row = 's1,Staff,Dr,Ines,,Vandermolen,"Dr V;The Boss",Headteacher,,headteacher; Distinctive'
    expected = Person(
        id="s1",
        role=Role.STAFF,
        title="Dr",
        forename="Ines",
        known_as="",
        surname="Vandermolen",
        aliases=("Dr V", "The Boss"),
        job_title="Headteacher",
        flags=frozenset({"headteacher", "distinctive"}),
    )
    [person] = read_people([HEAD, row]).people
    assert person == expected
    assert person.offices == {Office.HEADTEACHER}


@pytest.mark.parametrize(
    ("title", "offices"),
    [
        ("Headteacher", {Office.HEADTEACHER}),
        ("HEAD TEACHER (Acting)", {Office.HEADTEACHER}),
        ("Principal", {Office.HEADTEACHER}),
        ("Head of School", {Office.HEADTEACHER}),
        ("Headteacher and Designated Safeguarding Lead", {Office.HEADTEACHER, Office.DSL}),
        ("Chair of the Governing Body", {Office.CHAIR}),
        ("Chair", {Office.CHAIR}),
        ("Chair, Finance Committee", set()),
        ("Assistant Headteacher / DSL", {Office.DSL}),
        ("Deputy Headteacher", {Office.DEPUTY_HEAD}),
        ("Deputy Designated Safeguarding Lead", {Office.DEPUTY_DSL}),
        ("Headteacher (maternity cover)", {Office.HEADTEACHER}),
        ("Headteacher – DSL", {Office.HEADTEACHER, Office.DSL}),
        ("Head Master", {Office.HEADTEACHER}),
        ("Chair of the Board of Governors (parent governor)", {Office.CHAIR}),
        ("Head of Year 9", set()),
        ("Head of Science", set()),
        ("PA to the Headteacher", set()),
        ("Former Headteacher", set()),
        ("Principal Teacher of Music", set()),
    ],
)
def test_a_well_known_job_title_is_an_office_without_its_flag(title: str, offices: set[Office]) -> None:
    """Promise 6: a forgotten flag tells nobody about themselves; a title that only sounds alike is none."""
    [person] = read_people([HEAD, f's1,staff,Mrs,Ines,,Vandermolen,,"{title}",,distinctive']).people
    assert person.offices == frozenset(offices)
    assert "distinctive" in person.flags
    [pupil] = read_people([HEAD, f'p1,pupil,,Zadie,,Pellgrove,,"{title}",Y9,']).people
    assert pupil.offices == frozenset()


def test_a_bad_row_is_named_by_line_and_the_rest_is_read() -> None:
    """A fault never repeats what the row says."""
    lines = [
        "\ufeff" + HEAD,
        "s1,staff,Ms,Tamsin,,Quillfeather,,,,",
        "s2,wizard,Mr,A,,B,,,,",
        "s1,staff,Mr,A,,B,,,,",
        "s3,staff",
        ",staff,Mr,A,,B,,,,",
        "s4,staff,Mr,A,,B,x,y,z,f,too many",
        "s5,staff,Mr,,,,,,,",
        '"s6",pupil,,"Zadie",,"Pellgrove",,,Y9,',
    ]
    read = read_people(line + "\r\n" for line in lines)
    assert [person.id for person in read.people] == ["s1", "s6"]
    assert [fault.line for fault in read.faults] == [3, 4, 5, 6, 7, 8]
    assert RowFault(4, "repeats an id that an earlier row has") in read.faults
    assert not any("wizard" in fault.message for fault in read.faults)


def test_missing_columns_are_named() -> None:
    """Without them nothing can be read, and the message says which."""
    with pytest.raises(RegisterError, match=r"lacks surname, flags"):
        read_people(["id,role,title,forename,known_as,aliases,job_title,year_group"])
    with pytest.raises(RegisterError, match="lacks id, role"):
        read_people([])


def test_the_version_changes_exactly_when_the_people_do() -> None:
    """Order of rows and columns is nothing; a changed cell is something."""
    first = [HEAD, "a,staff,Mr,Kit,,Ash,,,,", "b,staff,Ms,Ann,,Oak,,,,"]
    assert read_people(first).version == read_people([first[0], first[2], first[1]]).version
    assert read_people(first).version != read_people([*first[:2], "b,staff,Ms,Anne,,Oak,,,,"]).version


def test_the_people_that_ship_are_read_without_a_fault() -> None:
    """The demo's register and the sample for a school."""
    sample = read_people((ROOT / "config" / "people.example.csv").read_text("utf-8").splitlines())
    assert (register().faults, sample.faults, len(sample.people)) == ((), (), 4)
    assert {office for person in register().people for office in person.offices} >= {
        Office.HEADTEACHER,
        Office.DSL,
        Office.CHAIR,
    }
