"""`export`: a case as a pack for one reader, from real rows and a real archive, checked without us."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from monitor import bootstrap, cases
from monitor.cases import NotPossible, covers
from monitor.cases.export import Exported, Order, export
from monitor.errors import ArchiveError, StoreUnavailable, VerificationError
from monitor.evidence import pack_check, verify
from monitor.model import CaptureMode, Office
from monitor.papers.audiences import PaperRefused
from monitor.papers.facts import Audience, ComplaintFacts, PlatformReport
from monitor.papers.searching import WordsRemain
from monitor.store.rows import CaseState, ExportState
from tests.school import REPOSITORY, littleover
from tests.school_at_work import IMAGERY, INSULT, THREAT, AtWork, at_work, post
from tests.sealed_archive import open_up, record

HEADTEACHER, DSL = Office.HEADTEACHER, Office.DSL
NAMES_OTHERS = (
    "Brackenhall at Littleover Community School is a pathetic little man, useless waste of space, ask"
    " @thornbush_dad or Zadie Pellgrove in Year 9"
)
SHOWN = f"{INSULT}, ask @thornbush_dad"
COMMENTS = "https://comments.example/threads/17"
ALLEGED = "A teacher at Littleover Community School, Mr Brackenhall, touched a year 8 girl after class"


def picture() -> bytes:
    """A small picture that can be looked at."""
    drawn, written = Image.new("RGB", (320, 480), "white"), io.BytesIO()
    ImageDraw.Draw(drawn).text((20, 40), "what the page showed", fill="black")
    drawn.save(written, "PNG")
    return written.getvalue()


@pytest.fixture(params=["sqlite", "postgresql"])
def school(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AtWork]:
    """A school with an insult that names somebody else too, a threat, and a post about imagery."""
    settings = littleover(tmp_path)
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        settings = replace(settings, storage=replace(settings.storage, database_url=url))
    yield from working(tmp_path, settings, {"insult": NAMES_OTHERS, "threat": THREAT, "imagery": IMAGERY})


@pytest.fixture
def small(tmp_path: Path) -> Iterator[AtWork]:
    """The same on SQLite, where the database makes no difference."""
    posts = {"insult": NAMES_OTHERS, "threat": THREAT, "imagery": IMAGERY}
    yield from working(tmp_path, littleover(tmp_path), posts)


@pytest.fixture
def pictured(tmp_path: Path) -> Iterator[AtWork]:
    """A school with two posts whose pictures may go out with parts blacked out."""
    yield from working(tmp_path, littleover(tmp_path), {"shown": SHOWN, "threat": THREAT})


def working(root: Path, settings: Any, posts: dict[str, str]) -> Iterator[AtWork]:
    made = at_work(root, settings=settings)
    made.browser.picture = picture()
    made.browser.frames = (COMMENTS,)
    for name, text in posts.items():
        made.forum.post(post(name, text))
    made.cycle()
    yield made
    made.services.store.close()


def found(school: AtWork, native_id: str) -> str:
    """The reference of the finding about a post."""
    (row,) = (row for row in school.findings() if row.item.item.native_id == native_id)
    return row.reference


def opened(school: AtWork, *native_ids: str, by: Office = HEADTEACHER) -> str:
    """A case with the findings about these posts."""
    rules = cases.Rules(school.services.settings.policy, school.services.delegates)
    references = [found(school, each) for each in native_ids]
    return cases.open_case(
        school.services.store, references, title="Posts of November", by=by, rules=rules, now=school.clock()
    )


def packed(
    school: AtWork, case: str, audience: Audience, *, by: Office = HEADTEACHER, **more: Any
) -> Exported:
    """A pack of a case; `more` are fields of the order."""
    folder = school.services.settings.storage.data
    order = Order(
        case=case,
        audience=audience,
        by=by,
        reason="asked for in writing",
        place=folder / f"{case}-{audience.value}-{more.get('initials', 'x')}.zip",
        platform_report=PlatformReport("No insults", "it insults somebody by name"),
        complaint=ComplaintFacts(
            "https://school.example/complaints", "stage 2", (("received", date(2026, 11, 22)),)
        ),
    )
    return export(
        bootstrap.pack_means(school.services), replace(order, **more), now=school.clock.move(minutes=1)
    )


@dataclass
class Unpacked:
    """A pack that was unzipped, and all that can be read in it."""

    folder: Path

    @property
    def names(self) -> list[str]:
        return sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file())

    @property
    def text(self) -> str:
        """Every byte of every file that is text, and the names."""
        parts = [
            each.read_bytes().decode("utf-8", "ignore") for each in self.folder.rglob("*") if each.is_file()
        ]
        return "\n".join([*self.names, *parts])

    @property
    def facts(self) -> Any:
        return json.loads((self.folder / "data" / "pack.json").read_text("utf-8"))


def unpacked(exported: Exported, into: Path) -> Unpacked:
    """Unzip a pack as whoever receives it does."""
    into.mkdir()
    with zipfile.ZipFile(exported.path) as bag:
        bag.extractall(into)
    (folder,) = into.iterdir()
    return Unpacked(folder)


def chain(school: AtWork) -> list[dict[str, Any]]:
    """Every line of the chain that is about an exhibit."""
    ledger = school.services.archive.root / "ledger.jsonl"
    entries = [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]
    return [entry for entry in entries if "exhibit" in entry]


def inside(school: AtWork, case: str, viewer: Office = HEADTEACHER) -> cases.Contents:
    """What an office sees in a case."""
    rules = cases.Rules(school.services.settings.policy, school.services.delegates)
    return cases.look_into(school.services.store, case, viewer=viewer, rules=rules, now=school.clock())


# --- the whole way ----------------------------------------------------------------------------------


def test_a_case_goes_to_every_reader_in_a_pack_that_verifies(small: AtWork, tmp_path: Path) -> None:
    """R105: case, custody, papers, pack; checked by our command's check and by the pack's own script."""
    case = opened(small, "insult", "threat")
    for audience in Audience:
        exported = packed(small, case, audience)
        pack = unpacked(exported, tmp_path / audience.value)

        assert 0o600 == exported.path.stat().st_mode & 0o777
        ran = subprocess.run(
            [sys.executable, "-I", pack.folder / "verify.py"], capture_output=True, text=True, check=False
        )
        assert 0 == ran.returncode, (audience, ran.stdout, ran.stderr)
        assert {f"{found(small, 'insult')}-1", f"{found(small, 'threat')}-1"} == {
            each["exhibit"] for each in pack.facts["exhibits"]
        }
    verify.check_archive(small.services.archive.root)
    exports = inside(small, case).exports
    assert [audience.value for audience in Audience] == [each.audience for each in exports]
    assert {ExportState.DONE} == {each.state for each in exports}


def test_a_pack_holds_nothing_of_another_case_of_the_same_people(small: AtWork, tmp_path: Path) -> None:
    """R105: two cases share a person, a finding and its exhibit; each pack holds exactly its own."""
    one, two = opened(small, "insult", "threat"), opened(small, "threat")
    packed(small, one, Audience.SOLICITOR)
    exported = packed(small, two, Audience.POLICE)
    pack = unpacked(exported, tmp_path / "out")

    assert [f"{found(small, 'threat')}-1"] == [each["exhibit"] for each in pack.facts["exhibits"]]
    assert found(small, "insult") not in pack.text
    assert one not in pack.text
    assert "pathetic little man" not in pack.text
    assert found(small, "imagery") not in pack.text


# --- custody ----------------------------------------------------------------------------------------


def test_the_export_is_in_the_chain_and_in_the_pack_itself(small: AtWork, tmp_path: Path) -> None:
    """R79: exported, by whom, for whom; the reason, which may name somebody, stays out of the chain."""
    case = opened(small, "insult", "threat")
    exported = packed(small, case, Audience.SOLICITOR, reason="Mr Brackenhall's solicitor asked")
    entries = [entry for entry in chain(small) if entry["event"] == "exported"]

    assert {ref for ref, _label in exported.exhibits} == {entry["exhibit"] for entry in entries}
    assert {(HEADTEACHER.value, "for solicitor")} == {(e["by"], e["reason"]) for e in entries}
    assert "solicitor asked" not in (small.services.archive.root / "ledger.jsonl").read_text("utf-8")
    lines = (unpacked(exported, tmp_path / "out").folder / "data/chain/entries.jsonl").read_text("utf-8")
    assert 2 == lines.count('"event":"exported"')


def test_an_export_that_fails_says_so_in_the_chain_and_leaves_no_file(school: AtWork) -> None:
    """R79: what was said to be handed out and was not; promise 3."""
    case = opened(school, "insult")
    place = school.services.settings.storage.data / "nowhere" / "pack.zip"
    with pytest.raises(ArchiveError):
        packed(school, case, Audience.POLICE, place=place)

    events = [entry["event"] for entry in chain(school) if entry["exhibit"] == f"{found(school, 'insult')}-1"]
    assert ["sealed", "exported", "export_failed"] == events
    (row,) = inside(school, case).exports
    assert (ExportState.FAILED, "") == (row.state, row.sha256)
    assert "nowhere" in row.detail


def test_an_export_that_cannot_be_written_down_leaves_no_pack_either(small: AtWork) -> None:
    """Promise 3: the database fails when the pack is done, so it lies nowhere, the chain says
    for each exhibit that it was not made, and what was there before is still there."""
    case = opened(small, "insult", "threat")
    data = small.services.settings.storage.data
    (data / "older.zip").write_text("of last week")
    database = connect(data / "monitor.db")

    def lose_the_table(done: int, total: int) -> None:
        if done == total:
            database.execute("alter table exports rename to lost")
            database.commit()

    order = Order(case, Audience.POLICE, HEADTEACHER, "asked for in writing", data / "pack.zip")
    with pytest.raises(StoreUnavailable):
        export(
            bootstrap.pack_means(small.services),
            order,
            now=small.clock(),
            written=lose_the_table,
        )

    assert ["older.zip"] == [path.name for path in data.iterdir() if path.suffix in (".zip", ".part")]
    for name in ("insult", "threat"):
        own = [each["event"] for each in chain(small) if each["exhibit"] == f"{found(small, name)}-1"]
        assert ["sealed", "exported", "export_failed"] == own
    database.execute("alter table lost rename to exports")
    database.commit()
    assert [ExportState.BEGUN] == [each.state for each in inside(small, case).exports]


def test_an_export_whose_reason_cannot_be_kept_is_taken_back_in_the_chain(small: AtWork) -> None:
    """R79: the chain says it first; when the database then refuses the words, the chain says that too."""
    case = opened(small, "insult")
    database = connect(small.services.settings.storage.data / "monitor.db")
    database.execute(
        "create trigger refuse before insert on exhibit_custody begin insert into nowhere values (1); end"
    )
    database.commit()
    with pytest.raises(StoreUnavailable):
        packed(small, case, Audience.POLICE)

    own = [each["event"] for each in chain(small) if each["exhibit"] == f"{found(small, 'insult')}-1"]
    assert ["sealed", "exported", "export_failed"] == own


def test_an_exhibit_that_was_altered_stops_the_export_before_anything_is_said(small: AtWork) -> None:
    """Promise 5: a changed exhibit is named, no pack is made and no entry says that one was."""
    case = opened(small, "insult")
    seal = small.services.archive.find(f"{found(small, 'insult')}-1")
    assert seal
    folder = small.services.archive.root / seal.folder
    open_up(folder)
    (folder / "data" / "page" / "text.txt").write_text("other words")
    with pytest.raises(VerificationError, match="data/page/text.txt"):
        packed(small, case, Audience.POLICE)

    assert "exported" not in {entry["event"] for entry in chain(small)}
    assert () == tuple(inside(small, case).exports)
    assert CaseState.OPEN == inside(small, case).case.state


def test_an_exhibit_that_was_erased_is_named_on_the_cover(small: AtWork, tmp_path: Path) -> None:
    """Never silently: the pack holds its tombstone's entries, and the cover of every reader who would have
    had it says what is gone, why, and on which day it was here (R78, promise 3)."""
    case = opened(small, "insult", "threat")
    gone = f"{found(small, 'insult')}-1"
    small.services.archive.erase(gone, rule="R124", now=datetime(2027, 6, 30, 23, 30, tzinfo=UTC))
    for audience in set(Audience) - {Audience.PLATFORM}:
        pack = unpacked(packed(small, case, audience), tmp_path / audience.value)

        (cover,) = (name for name in pack.names if re.fullmatch(r"data/papers/(cover|complaint)\.html", name))
        told = (pack.folder / cover).read_text("utf-8")
        assert f"{gone}: erased on Thursday 1 July 2027 under rule R124" in told, audience
        assert "erased" == {each["exhibit"]: each["content"] for each in pack.facts["exhibits"]}[gone]
        assert not [name for name in pack.names if name.startswith(f"data/exhibits/{gone}/")]


# --- who may have what ------------------------------------------------------------------------------


def test_an_office_that_may_not_open_the_case_exports_nothing(small: AtWork) -> None:
    """Promise 6: nor learns that there is a case."""
    case = opened(small, "insult")
    for other in (Office.SYS_OPERATOR, Office.CHAIR):
        with pytest.raises(cases.Unknown):
            packed(small, case, Audience.SCHOOL, by=other)
    assert "exported" not in {entry["event"] for entry in chain(small)}


def test_a_redacted_copy_names_nobody_but_those_whom_the_case_is_about(small: AtWork, tmp_path: Path) -> None:
    """R106, R111: masked by kind, searched afterwards, listed; no picture and no original file."""
    case = opened(small, "insult")
    for audience in (Audience.GOVERNORS, Audience.HR, Audience.COMPLAINT):
        exported = packed(small, case, audience)
        pack = unpacked(exported, tmp_path / audience.value)
        sheet = (pack.folder / f"data/papers/exhibits/{found(small, 'insult')}-1.html").read_text("utf-8")

        assert "Brackenhall" in sheet
        assert {"[a pupil]", "[a handle]"} <= set(re.findall(r"\[a \w+\]", sheet))
        assert not re.search("Zadie|Pellgrove|thornbush", pack.text)
        assert not [name for name in pack.names if name.startswith("data/exhibits/")]
        assert not [name for name in pack.names if name.endswith(".png")]
        assert any("a pupil" in line for line in exported.left_out)
        assert (audience is Audience.GOVERNORS) == ("marigold_mum" not in pack.text)


def test_a_writer_called_may_is_left_out_of_papers_that_speak_of_may(tmp_path: Path) -> None:
    """R78: the month and the verb in the papers are no trace of the writer; her name in a title typed is."""
    for school in working(tmp_path, littleover(tmp_path), {}):
        in_may = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
        school.forum.post(replace(post("by_may", INSULT, author="May"), posted_at=in_may))
        school.cycle(hours=2)
        case = opened(school, "by_may")
        pack = unpacked(packed(school, case, Audience.GOVERNORS), tmp_path / "out")
        assert "May 2026" in (pack.folder / "data/papers/cover.html").read_text("utf-8")

        rules = cases.Rules(school.services.settings.policy, school.services.delegates)
        named = cases.open_case(
            school.services.store,
            [found(school, "by_may")],
            title="What May wrote",
            by=HEADTEACHER,
            rules=rules,
            now=school.clock(),
        )
        with pytest.raises(WordsRemain, match="cover"):
            packed(school, named, Audience.GOVERNORS)


def test_what_points_to_imagery_leaves_as_words_by_its_own_route_only(small: AtWork, tmp_path: Path) -> None:
    """S2: never a picture; its words go to the police through the lead, to a solicitor not at all."""
    case = opened(small, "imagery", by=DSL)
    police = unpacked(packed(small, case, Audience.POLICE, by=DSL), tmp_path / "police")
    assert "littleover nudes" in police.text
    assert not [name for name in police.names if name.endswith(".png")]

    solicitor = unpacked(packed(small, case, Audience.SOLICITOR, by=DSL), tmp_path / "solicitor")
    assert "nudes" not in solicitor.text
    assert not [name for name in solicitor.names if name.startswith("data/exhibits/")]
    with pytest.raises(NotPossible, match="nothing that was saved"):
        packed(small, case, Audience.PLATFORM, by=DSL)


def test_an_earlier_wording_keeps_its_protection(small: AtWork, tmp_path: Path) -> None:
    """An edit into something harmless does not let the first wording out."""
    case = opened(small, "imagery", by=DSL)
    small.forum.edit("imagery", INSULT)
    small.cycle(hours=2)
    assert "nudes" not in unpacked(packed(small, case, Audience.SOLICITOR, by=DSL), tmp_path / "out").text


def test_an_allegation_goes_to_police_and_solicitor_only(tmp_path: Path) -> None:
    """R98: the others are refused in plain words, before anything is written."""
    for school in working(tmp_path, littleover(tmp_path), {"alleged": ALLEGED}):
        (finding,) = school.findings()
        assert "A5" in finding.assessment.categories
        owner = finding.routing.told[0].office
        case = opened(school, "alleged", by=owner)
        for audience in Audience:
            if audience in (Audience.POLICE, Audience.SOLICITOR):
                packed(school, case, audience, by=owner)
            else:
                with pytest.raises(PaperRefused, match="solicitor or police"):
                    packed(school, case, audience, by=owner)
        exported = [entry["reason"] for entry in chain(school) if entry["event"] == "exported"]
        assert [f"for {each}" for each in ("solicitor", "police")] == exported


# --- pictures with parts blacked out ----------------------------------------------------------------


def marked(school: AtWork, native_id: str, parts: str, path: str = "shots/full.png") -> covers.Marked:
    """What a file says that marks these parts of the picture of a post."""
    return covers.read(f'[{found(school, native_id)}-1]\n"{path}" = {parts}\n'.encode())


def test_a_picture_that_somebody_looked_at_goes_with_its_parts_blacked_out(
    pictured: AtWork, tmp_path: Path
) -> None:
    """R78: black there and nowhere else, the original not in the pack, who looked is said, all verifies."""
    case = opened(pictured, "shown", "threat")
    exported = packed(
        pictured, case, Audience.GOVERNORS, marked=marked(pictured, "shown", "[[10, 30, 200, 40]]")
    )
    pack = unpacked(exported, tmp_path / "out")

    (copy,) = (name for name in pack.names if name.endswith(".png"))
    with Image.open(pack.folder / copy) as redacted, Image.open(io.BytesIO(picture())) as original:
        assert ((0, 0),) * 3 == redacted.crop((10, 30, 210, 70)).getextrema()
        for box in ((0, 0, 320, 30), (0, 70, 320, 480), (0, 30, 10, 70), (210, 30, 320, 70)):
            assert original.crop(box).tobytes() == redacted.crop(box).tobytes()
    assert hashlib.sha256(picture()).hexdigest() not in {
        hashlib.sha256((pack.folder / name).read_bytes()).hexdigest() for name in pack.names
    }
    (told,) = pack.facts["derived"]
    assert (copy, "data/shots/full.png") == (told["path"], told["parent"]["path"])
    assert "200 by 40 pixels at column 10, row 30 painted black: marked by the Headteacher" in told["changes"]
    assert "looked at by the Headteacher, who marked nothing else to be covered" in told["changes"]
    listed = (pack.folder / "data/papers/cover.html").read_text("utf-8")
    assert "looked at by the Headteacher" in listed
    assert ((f"{found(pictured, 'threat')}-1", "shots/full.png"),) == exported.waiting
    assert () == pack_check.problems(exported.path)


def test_an_empty_list_says_that_there_is_nothing_to_cover(pictured: AtWork, tmp_path: Path) -> None:
    """The copy still is one: new pixels, and the office that looked is named."""
    case = opened(pictured, "shown")
    exported = packed(pictured, case, Audience.HR, marked=marked(pictured, "shown", "[]"))
    pack = unpacked(exported, tmp_path / "out")

    (told,) = pack.facts["derived"]
    with Image.open(pack.folder / told["path"]) as copy, Image.open(io.BytesIO(picture())) as original:
        assert original.tobytes() == copy.tobytes()
    assert any("looked at by the Headteacher" in change for change in told["changes"])
    assert () == exported.waiting


def test_a_name_that_a_machine_still_reads_in_a_picture_stops_the_export(
    pictured: AtWork, tmp_path: Path
) -> None:
    """R78: with the real reader; covered it goes, and the papers say that it was read again."""
    pytest.importorskip("rapidocr", reason="the extra `pictures` is not installed")
    drawn, written = Image.new("RGB", (640, 200), "white"), io.BytesIO()
    font = ImageFont.load_default(32)
    ImageDraw.Draw(drawn).text((20, 40), "a man, ask @thornbush_dad", fill="black", font=font)
    drawn.save(written, "PNG")
    pictured.browser.picture = written.getvalue()
    pictured.forum.post(post("named", f"{SHOWN} today"))
    pictured.cycle(hours=2)
    case = opened(pictured, "named")

    with pytest.raises(WordsRemain, match="as a picture"):
        packed(pictured, case, Audience.GOVERNORS, marked=marked(pictured, "named", "[]"))
    covered = marked(pictured, "named", "[[0, 30, 640, 60]]")
    exported = packed(pictured, case, Audience.GOVERNORS, marked=covered, initials="TQ")
    assert any("read again by a machine, and no masked" in line for line in exported.left_out)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[E]\nshots/full.png = []", "line 2"),
        ('[E]\n"shots/full.png" = [[1, 2, 3, 4]', "cannot be read"),
        ('"shots/full.png" = []', "shots/full.png stands outside every exhibit"),
        ("[E]", "names no picture"),
        ('[E]\n"shots/full.png" = 3', "no list of parts"),
        ('[E]\n"shots/full.png" = [1, 2, 3, 4]', "part 1: this is no part"),
        ('[E]\n"shots/full.png" = [[1, 2, 3]]', "part 1: this is no part"),
        ('[E]\n"shots/full.png" = [[1, 2, 3, 4], [1, 2, 3.5, 4]]', "part 2: this is no part"),
        ('[E]\n"shots/full.png" = [[1, 2, true, 4]]', "part 1: this is no part"),
        ('[E]\n"shots/full.png" = [[1, 2, 0, 4]]', "1 or more"),
        ("\n\xe9", "line 2"),
        ("a = " + "[" * 100_000, "brackets"),
    ],
)
def test_a_covers_file_with_a_mistake_says_where_and_what_to_write(content: str, named: str) -> None:
    """Whoever typed it finds the place and the remedy in the message."""
    with pytest.raises(NotPossible, match=re.escape(named)):
        covers.read(content.encode("latin-1"))


@pytest.mark.parametrize(
    ("reference", "path", "parts", "named"),
    [
        ("M-2020-0001-1", "shots/full.png", "[]", "no exhibit of this name"),
        ("", "shots/other.png", "[]", "no such picture; there is shots/full.png"),
        ("", "data/shots/full.png", "[]", "no such picture"),
        ("", "shots/full.png", "[[0, 0, 320, 480], [0, 0, 321, 1]]", "part 2: it reaches outside"),
        ("", "shots/full.png", "[[-1, 0, 5, 5]]", "320 pixels wide and 480 high"),
        ("", "shots/full.png", "[[0, 480, 1, 1]]", "part 1: it reaches outside"),
    ],
)
def test_marks_that_fit_nothing_stop_the_export_before_anything_is_said(
    pictured: AtWork, reference: str, path: str, parts: str, named: str
) -> None:
    """A mark in the wrong place would leave what it was meant for in sight."""
    case = opened(pictured, "shown")
    content = f'[{reference or found(pictured, "shown") + "-1"}]\n"{path}" = {parts}'.encode()
    with pytest.raises(NotPossible, match=re.escape(named)):
        packed(pictured, case, Audience.GOVERNORS, marked=covers.read(content))
    assert "exported" not in {entry["event"] for entry in chain(pictured)}


def test_a_reader_who_gets_the_originals_gets_no_marks(pictured: AtWork) -> None:
    """Somebody who marks pictures for the police expects what would not happen."""
    case = opened(pictured, "shown")
    with pytest.raises(NotPossible, match="may go to police; it has none"):
        packed(pictured, case, Audience.POLICE, marked=marked(pictured, "shown", "[]"))


# --- labels, passphrase, papers ---------------------------------------------------------------------


def test_labels_belong_to_the_person_and_are_never_given_twice(school: AtWork) -> None:
    """R80: initials and a number; the same exhibit keeps its label, another never gets it. R108: a pack for
    the police, and no other, puts its case on hold."""
    one, two = opened(school, "insult", "threat"), opened(school, "threat")
    first = dict(packed(school, one, Audience.POLICE, initials="TQ").exhibits)
    second = dict(packed(school, two, Audience.SOLICITOR, initials="TQ").exhibits)
    other = dict(packed(school, two, Audience.HR, initials="RB").exhibits)
    insult, threat = f"{found(school, 'insult')}-1", f"{found(school, 'threat')}-1"

    assert {"TQ/1", "TQ/2"} == set(first.values())
    assert first[threat] == second[threat]
    assert {threat: "RB/1"} == other
    assert {insult, threat} == set(first)
    held = inside(school, one).case
    assert (CaseState.ON_HOLD, None) == (held.state, inside(school, two).case.held_since)
    assert held.held_since is not None
    with pytest.raises(NotPossible, match="initials"):
        packed(school, two, Audience.HR, initials="T.Q.")


def test_a_passphrase_hides_even_the_names(small: AtWork) -> None:
    """R105: what lies on the stick tells nothing without the passphrase, which lies nowhere."""
    case = opened(small, "insult")
    exported = packed(small, case, Audience.POLICE, passphrase="four plain words here")

    assert exported.protected
    with zipfile.ZipFile(exported.path) as outer:
        assert "HOW-TO-OPEN.txt" in outer.namelist()
        assert not any("exhibits" in name for name in outer.namelist())
    database = small.rows("select reason, path, detail from exports")
    assert "four plain words here" not in str(database)


def test_what_was_handed_in_is_marked_and_no_capture_of_ours(small: AtWork, tmp_path: Path) -> None:
    """R104: supplied material has its own badge, and no statement produces it as a capture."""
    case = opened(small, "insult")
    services = small.services
    cases.ask_capture(
        services.store,
        "https://forum.example/t/given",
        mode=CaptureMode.FULL,
        by=HEADTEACHER,
        exhibit_id="I-1",
        now=small.clock(),
    )
    scratch = services.archive.scratch("I-1")
    (scratch / "page").mkdir()
    (scratch / "page" / "text.txt").write_text("A chat that a parent printed.")
    services.archive.seal(
        replace(record("I-1"), item=None, trigger="headteacher", collected_by="intake"), now=small.clock()
    )
    small.cycle()
    rules = cases.Rules(services.settings.policy, services.delegates)
    cases.add(services.store, case, ["I-1"], by=HEADTEACHER, rules=rules, now=small.clock())
    pack = unpacked(packed(small, case, Audience.POLICE, initials="TQ"), tmp_path / "out")

    cover = (pack.folder / "data" / "papers" / "cover.html").read_text("utf-8")
    (statement,) = (name for name in pack.names if "statement" in name and name.endswith(".html"))
    assert "handed in" in cover
    produced = (pack.folder / statement).read_text("utf-8")
    assert "TQ/1" in produced
    assert "TQ/2" not in produced


# --- on a terminal ----------------------------------------------------------------------------------


def on_a_terminal(root: Path, *words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    """A command as a person types it, with what they answer."""
    return subprocess.run(
        [sys.executable, "-m", "monitor", *words],
        capture_output=True,
        text=True,
        check=False,
        input=answer,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "SCHOOL_MONITOR_DATA": str(root / "data"),
            "SCHOOL_MONITOR_ARCHIVE": str(root / "archive"),
        },
        cwd=REPOSITORY,
    )


def test_a_purge_asks_first_and_says_what_it_does_not_reach(small: AtWork, tmp_path: Path) -> None:
    """What the Data Protection Officer's request comes to: asked, refused, asked again, done, listed."""
    exhibit, case = f"{found(small, 'insult')}-1", opened(small, "insult")
    pack = packed(small, case, Audience.SOLICITOR)
    order = ("exhibits", "purge", exhibit, "--rule", "R127", "--reason", "the author asked", "--by")
    refused = on_a_terminal(tmp_path, *order, "headteacher", "--yes")
    assert (1, True) == (refused.returncode, f"{case} is open" in refused.stderr)
    rules = cases.Rules(small.services.settings.policy, small.services.delegates)
    cases.close(
        small.services.store, case, outcome="an apology", by=HEADTEACHER, rules=rules, now=small.clock()
    )
    for answer in ("n\n", ""):
        ran = on_a_terminal(tmp_path, *order, "headteacher", answer=answer)
        asked = "Nobody can bring it back" in ran.stderr
        assert (1, True, "") == (ran.returncode, asked, ran.stdout.strip())
    assert "erasing" not in {entry["event"] for entry in chain(small)}

    ran = on_a_terminal(tmp_path, *order, "headteacher", answer="y\n")
    assert 0 == ran.returncode
    for line in (
        "the Headteacher ordered its purge: the author asked",
        "its content was erased under rule R127; the tombstone is kept",
        f"{pack.path}: a pack that was made with it",
        f"{found(small, 'insult')}: the finding, with the words of the post",
    ):
        assert line in ran.stdout
    told = on_a_terminal(tmp_path, "exhibits").stdout
    assert "nowhere, purged" in next(line for line in told.splitlines() if exhibit in line)


def test_the_commands_lead_from_a_finding_to_a_pack_handed_over(small: AtWork, tmp_path: Path) -> None:
    """What a Headteacher types: decide, export, verify, hand over, read the history."""
    finding = found(small, "insult")
    (tmp_path / "passphrase").write_text("four plain words here\n")

    def typed(*words: str) -> str:
        ran = on_a_terminal(tmp_path, *words)
        assert (0, "") == (ran.returncode, ran.stderr), words
        return ran.stdout

    assert "The case is C-2026-0001" in typed(
        "findings", "decide", finding, "open_case", "--by", "headteacher"
    )
    asked = ("--for", "police", "--by", "headteacher", "--reason", "the police asked", "--label", "TQ")
    exported = json.loads(
        typed(
            *("export", "C-2026-0001", *asked, "--to", str(tmp_path), "--json"),
            *("--passphrase-file", str(tmp_path / "passphrase")),
        )
    )
    pack = Path(exported["path"])
    assert (tmp_path, 0o600, True) == (pack.parent, pack.stat().st_mode & 0o777, exported["protected"])
    assert hashlib.sha256(pack.read_bytes()).hexdigest() == exported["sha256"]
    assert [[f"{finding}-1", "TQ/1"]] == exported["exhibits"]
    typed(
        *("exhibits", "hand-over", f"{finding}-1", "--to", "PC Ottoline Marchbanks"),
        *("--how", "memory stick", "--by", "headteacher"),
    )
    governors = ("--for", "governors", "--by", "headteacher", "--reason", "they asked")
    typed("cases", "add", "C-2026-0001", f"{found(small, 'threat')}", "--by", "headteacher")
    told = typed("export", "C-2026-0001", *governors, "--to", str(tmp_path / "without.zip"))
    assert "1 picture was left out" in told
    lines = f'[{found(small, "threat")}-1]\n"shots/full.png" = []\n'
    assert lines in told.replace("       ", "")
    (tmp_path / "covers.txt").write_text(lines)
    told = typed(
        *("export", "C-2026-0001", *governors, "--to", str(tmp_path / "with.zip")),
        *("--covers", str(tmp_path / "covers.txt")),
    )
    assert "shots/full.png: redacted copy derived/" in told
    assert "picture was left out" not in told
    told = typed("exhibits", "show", f"{finding}-1", "--by", "headteacher")
    for line in (
        "the Headteacher put it into a pack (for police): the police asked",
        "the Headteacher handed it over, to PC Ottoline Marchbanks, memory stick",
        "Labels:   TQ/1",
        f"Words in: a frame embedded in it, of {COMMENTS}",
        "Cases:    C-2026-0001 (on legal hold)",
        "Signed:   checkpoint 1",
    ):
        assert line in told
    assert exported["sha256"] in typed("cases", "show", "C-2026-0001", "--by", "headteacher")
    assert "four plain words" not in told
