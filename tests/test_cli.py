"""The command line as people type it: answers, exit codes, and what to do next when something is wrong."""

from __future__ import annotations

import io
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import structlog

from monitor import settings
from monitor.cli import main
from tests.feed_site import FeedSite
from tests.local_config import local_config
from tests.school import REPOSITORY, people_file
from tests.school_at_work import INSULT, NOT_US, THANKS
from tests.sealed_archive import (
    SIGNER,
    checkpointed_archive,
    lines_of,
    open_up,
    small_archive,
    write_lines,
)

SHIPPED = REPOSITORY / "config"


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its answer as data."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its answer as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Ran]


@pytest.fixture
def school_monitor(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Run a command line in this process, as its own start would."""

    def run(*words: object, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["school-monitor", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            main()
        except SystemExit as left:
            code = left.code
        else:
            code = 0
        out, err = capfd.readouterr()
        return Ran(code if isinstance(code, int) else 1 if code else 0, out, err)

    handlers = logging.getLogger().handlers[:]
    yield run
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture
def site() -> Iterator[FeedSite]:
    """A small site with a feed."""
    serving = FeedSite()
    yield serving
    serving.close()


@pytest.fixture
def config(tmp_path: Path, site: FeedSite) -> Path:
    """A school that reads the site's feed."""
    return local_config(tmp_path, {"talk": site.feed}, allow=site.place)


def line(**item: object) -> bytes:
    """One line for `scan`."""
    return json.dumps(item).encode() + b"\n"


# --- scan -----------------------------------------------------------------------------------------


def test_scan_answers_in_order_with_every_field_of_the_contract(school_monitor: Command) -> None:
    """DESIGN.md, Command line: one object a line, in the same order, ids as they were given."""
    ran = school_monitor(
        *("scan", "--config", SHIPPED, "--people", people_file()),
        stdin=line(id="a", text=INSULT, platform="forum", url="https://forum.example/1", author="x")
        + line(id=2, text=NOT_US)
        + line(id="c", text=THANKS, posted_at="2026-11-22T08:00:00Z", own_source=False),
    )

    assert (0, "") == (ran.code, ran.err)
    insult, other, thanks = ran.lines
    assert ["a", 2, "c"] == [found["id"] for found in ran.lines]
    assert "abuse_adult" == insult["category"]
    assert {"id", "school", "people", "category", "also", "urgency", "capture", "reasons"} <= set(insult)
    assert {"start", "end", "term", "rule", "confidence"} == set(insult["school"][0])
    person = {"start", "end", "person_ids", "role", "rule", "band", "score", "why"}
    assert person == set(insult["people"][0])
    assert (["s05"], "staff") == (insult["people"][0]["person_ids"], insult["people"][0]["role"])
    assert insult["people"][0]["band"] in ("low", "medium", "high")
    assert 0 <= insult["people"][0]["score"] <= 1
    assert ("U2", "full") == (insult["urgency"], insult["capture"])
    assert ("not_us", []) == (other["category"], other["people"])
    assert ("positive", ["s04"]) == (thanks["category"], thanks["people"][0]["person_ids"])


def test_scan_counts_code_points_of_the_text_as_given(school_monitor: Command) -> None:
    """An emoji before a name is one, as are its joiners; no normalising moves an offset."""
    text = "👩‍🏫🎉 Ms Quillfeather, Littleover Community School"
    (found,) = school_monitor(
        "scan", "--config", SHIPPED, "--people", people_file(), stdin=line(id=1, text=text)
    ).lines

    (person,) = found["people"]
    assert "Quillfeather" in text[person["start"] : person["end"]]
    school = found["school"][0]
    assert "Littleover Community School" == text[school["start"] : school["end"]]


def test_scan_names_everybody_whom_the_words_cannot_tell_apart(school_monitor: Command) -> None:
    """Mr Smith may be either of two teachers, and both are said."""
    (found,) = school_monitor(
        *("scan", "--config", SHIPPED, "--people", people_file()),
        stdin=line(id=1, text="Mr Smith at Littleover Community School is a useless clown"),
    ).lines

    assert {"s03", "s14"} <= {key for match in found["people"] for key in match["person_ids"]}


def test_scan_takes_the_place_as_context_where_it_is_told_to(school_monitor: Command) -> None:
    """`own_source: true` stands for the school's name; without it the same words are not about us."""
    text = "Brackenhall is a pathetic little man, useless waste of space"
    elsewhere, here = school_monitor(
        *("scan", "--config", SHIPPED, "--people", people_file()),
        stdin=line(id=1, text=text) + line(id=2, text=text, own_source=True),
    ).lines

    assert "not_us" == elsewhere["category"]
    assert ("abuse_adult", []) == (here["category"], here["school"])


def test_scan_reports_malformed_lines_by_number_and_goes_on(school_monitor: Command) -> None:
    """Exit 1 after the rest has been scanned; what a line holds is never repeated."""
    good = line(id="good", text=THANKS)
    bad = [
        b"{not json\n",
        b'["a list"]\n',
        b'{"id": "no text"}\n',
        b'{"text": "no id"}\n',
        b'{"id": {"a": 1}, "text": "x"}\n',
        b'{"id": 1, "text": 5}\n',
        b'{"id": 1, "text": "x", "own_source": "yes"}\n',
        b'{"id": 1, "text": "x", "author": 7}\n',
        b'\xff\xfe{"id": 1}\n',
        b"[" * 100_000 + b"\n",
        b'{"id": 1, "text": "' + b"x" * (5 * 1024 * 1024) + b'"}\n',
    ]
    ran = school_monitor("scan", "--config", SHIPPED, stdin=good + b"".join(bad) + b"\n" + good)

    assert 1 == ran.code
    assert ["good", "good"] == [found["id"] for found in ran.lines]
    numbers = [said.partition(":")[0] for said in ran.err.splitlines()]
    assert [f"line {number}" for number in range(2, 2 + len(bad))] == numbers
    assert "no text" not in ran.err and "a list" not in ran.err


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b""])
def test_scan_reads_what_other_systems_write(school_monitor: Command, end: bytes) -> None:
    """A byte order mark, line ends of Windows, no line end at all, half a surrogate pair, a NUL."""
    given = [b'{"id": "1", "text": "\\ud83d \\u0000 Littleover Community School"}', line(id=2, text=THANKS)]
    stdin = b"\xef\xbb\xbf" + given[0] + (end or b"\n") + given[1].strip() + end
    ran = school_monitor("scan", "--config", SHIPPED, stdin=stdin)

    assert (0, "") == (ran.code, ran.err)
    assert ["1", 2] == [found["id"] for found in ran.lines]
    assert 4 == ran.lines[0]["school"][0]["start"]


def test_scan_leaves_no_trace(school_monitor: Command, config: Path, site: FeedSite) -> None:
    """It touches no database and no network."""
    ran = school_monitor("scan", "--config", config, stdin=line(id=1, text=INSULT))

    assert 0 == ran.code
    assert ["config"] == [path.name for path in config.parent.iterdir()]
    assert 0 == site.connections


def test_scan_of_eighty_thousand_items_takes_no_more_memory_than_of_twenty_thousand(tmp_path: Path) -> None:
    """Memory does not grow with the file, not by the 70 bytes an item that a kept id would take; malformed
    lines are named; every other line is answered."""
    small, few = scanned(tmp_path, 20_000)
    large, many = scanned(tmp_path, 80_000)

    assert ([5_000, 15_000], [5_000, 15_000, *range(25_000, 80_000, 10_000)]) == (few, many)
    assert large - small < 4 * 1024 * 1024, f"{small / 1e6:.0f} MB grew to {large / 1e6:.0f} MB"


def scanned(folder: Path, items: int) -> tuple[int, list[int]]:
    """Scan so many generated items in a process of its own: its peak memory in bytes and the numbers
    of the lines that it refused. Every ten-thousandth line is broken, every twentieth about us."""
    path, answers, faults = folder / "items.jsonl", folder / "answers.jsonl", folder / "faults.txt"
    with path.open("wb") as file:
        for number in range(1, items + 1):
            broken = number % 10_000 == 5_000
            words = THANKS if number % 20 == 0 else "lovely weather today, and the buses ran on time"
            file.write(b"{broken\n" if broken else line(id=number, text=f"{words} {number}"))
    with path.open("rb") as given, answers.open("wb") as out, faults.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "scan", "--config", SHIPPED, "--people", people_file()],
            cwd=REPOSITORY,
            stdin=given,
            stdout=out,
            stderr=err,
        )
        peak = 0
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                peak = max(peak, watched.memory_info().rss)
                process.wait(0.05)
            except (psutil.Error, subprocess.TimeoutExpired):
                continue
    assert 1 == process.returncode, faults.read_text()
    said = [int(row.split(":")[0].removeprefix("line ")) for row in faults.read_text().splitlines()]
    with answers.open("rb") as found:
        ids = [json.loads(row)["id"] for row in found]
    assert [number for number in range(1, items + 1) if number % 10_000 != 5_000] == ids
    return peak, said


# --- the register -----------------------------------------------------------------------------------


def test_a_people_file_with_bad_rows_is_used_without_them(
    school_monitor: Command, config: Path, tmp_path: Path
) -> None:
    """Bad rows are named by number without what they say; the rest is imported; exit 1."""
    header, *rows = people_file().read_text("utf-8").splitlines()
    staff = [row for row in rows if ",staff," in row]
    bad = ["x1,caretaker,Mr,Wilhelmina,,Oddname,,,,", "x2,staff,Mr", staff[0]]
    given = tmp_path / "people.csv"
    given.write_text("\ufeff" + "\r\n".join([header, *staff, *bad]) + "\r\n", "utf-8")

    ran = school_monitor("people", "import", given, "--config", config, "--json")

    first_bad = len(staff) + 2
    assert 1 == ran.code
    assert {"people": len(staff), "pupils": 0, "bad_rows": [first_bad + n for n in range(3)]} == ran.document
    assert f"people.csv:{first_bad}:" in ran.err
    assert "Oddname" not in ran.err and "Vandermolen" not in ran.err
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("monitor.db*"))
    assert b"Quillfeather" not in stored


def test_pupils_wait_for_the_governance_record(school_monitor: Command, config: Path, tmp_path: Path) -> None:
    """DOMAIN.md: nothing is imported, and the error says which record is missing."""
    ran = school_monitor("people", "import", people_file(), "--config", config)

    assert 1 == ran.code
    assert "[governance]" in ran.err
    assert "Register: 0 people" in school_monitor("status", "--config", config).out


@pytest.mark.parametrize("content", [None, "", "name,role\nx,staff\n", "id,role\n"])
def test_a_people_file_that_cannot_be_used_changes_nothing(
    school_monitor: Command, config: Path, tmp_path: Path, content: str | None
) -> None:
    """No file, an empty one, one without the columns: a sentence, no traceback, exit 1 or 2."""
    given = tmp_path / "people.csv"
    if content is not None:
        given.write_text(content)

    ran = school_monitor("people", "import", given, "--config", config)

    assert ran.code in (1, 2)
    assert "people" in ran.err and "Traceback" not in ran.err


# --- collecting, findings, exhibits -----------------------------------------------------------------


@pytest.fixture
def staffed(school_monitor: Command, config: Path, tmp_path: Path) -> Path:
    """The same school with its adults on the register."""
    rows = [row for row in people_file().read_text("utf-8").splitlines() if ",pupil," not in row]
    (tmp_path / "people.csv").write_text("\n".join(rows), "utf-8")
    assert 0 == school_monitor("people", "import", tmp_path / "people.csv", "--config", config).code
    return config


def test_a_finding_is_collected_listed_opened_and_decided(
    school_monitor: Command, staffed: Path, site: FeedSite
) -> None:
    """From a real feed to a decision; the list shows no content, opening shows it and is recorded."""
    site.publish(insult=INSULT, thanks=THANKS)
    collected = school_monitor("collect", "talk", "--config", staffed, "--json")
    assert 0 == collected.code
    (row,) = collected.document
    assert ("talk", "found", 2, 1) == (row["source"], row["outcome"], row["items"], row["kept"])

    listed = school_monitor("findings", "--config", staffed)
    assert 0 == listed.code
    assert "M-" in listed.out and "abuse" not in listed.out
    mine = school_monitor("findings", "--by", "headteacher", "--config", staffed)
    assert "possible abuse" in mine.out and "Headteacher" in mine.out
    assert "Brackenhall" not in mine.out and "pathetic" not in mine.out
    assert [] == school_monitor("findings", "--by", "chair", "--config", staffed, "--json").document
    (summary,) = school_monitor("findings", "--by", "headteacher", "--config", staffed, "--json").document
    assert ("A1", None) == (summary["category"], summary["decision"])

    reference = summary["reference"]
    opening = ("findings", "show", reference, "--reason", "I was told of it", "--config", staffed)
    shown = school_monitor(*opening, "--by", "headteacher")
    assert 0 == shown.code and INSULT in shown.out
    refused = school_monitor(*opening, "--by", "comms_lead")
    assert 1 == refused.code and "may not open" in refused.err and "pathetic" not in refused.err

    decide = ("findings", "decide", reference, "--by", "headteacher", "--config", staffed)
    assert 2 == school_monitor(*decide, "ignore").code
    assert 0 == school_monitor(*decide, "keep_an_eye").code
    (summary,) = school_monitor("findings", "--config", staffed, "--json").document
    assert "keep_an_eye" == summary["decision"]


def test_collecting_says_what_could_not_be_read(
    school_monitor: Command, config: Path, site: FeedSite
) -> None:
    """An error is never "nothing new": exit 1 and the reason, and an unknown source is a usage error."""
    del site.routes["/feed"]

    ran = school_monitor("collect", "--config", config)
    unknown = school_monitor("collect", "tlak", "--config", config)

    assert 1 == ran.code and "gone" in ran.out and "404" in ran.out
    assert 2 == unknown.code and "talk" in unknown.err


def test_an_address_inside_is_not_read_and_the_fix_is_named(
    school_monitor: Command, tmp_path: Path, site: FeedSite
) -> None:
    """Nothing is sent to it, the exit code is 1, and the setting that would allow it stands there whole."""
    ran = school_monitor("collect", "--config", local_config(tmp_path, {"talk": site.feed}))

    assert 1 == ran.code and "not checked" in ran.out
    assert "[outbound] allow_private" in ran.out
    assert 0 == site.connections


def test_an_empty_list_does_not_look_like_calm(school_monitor: Command, config: Path) -> None:
    """Promise 2: nothing found is said together with where to see whether anything was checked."""
    ran = school_monitor("findings", "--config", config)

    assert 0 == ran.code and "status" in ran.out
    assert [] == school_monitor("findings", "--config", config, "--json").document
    assert [] == school_monitor("exhibits", "--config", config, "--json").document


def test_the_list_of_exhibits_is_made_anew_from_the_archive(
    school_monitor: Command, config: Path, tmp_path: Path
) -> None:
    """A fresh database beside an old archive: everything is listed again; what cannot be is named, exit 1."""
    archive = small_archive(settings.load(config, {}).storage.archive)

    ran = school_monitor("exhibits", "rebuild", "--config", config)
    assert 0 == ran.code and "4 sealed exhibits, 1 of them erased" in ran.out and "verify" in ran.out
    assert 4 == len(school_monitor("exhibits", "--config", config, "--json").document)

    open_up(archive.root / "2026/12")
    shutil.rmtree(archive.root / "2026/12")
    write_lines(archive.root, lines_of(archive.root)[:4])
    ran = school_monitor("exhibits", "rebuild", "--config", config, "--json")
    assert 1 == ran.code
    assert "LM-4" in [fault["exhibit_id"] for fault in ran.document["faults"]]


def test_a_sample_is_called_a_sample(school_monitor: Command, tmp_path: Path) -> None:
    """By number and by share; a share that is none is a usage error; a wrong key is a fault."""
    archive = checkpointed_archive(tmp_path / "sampled")

    ran = school_monitor("verify", archive.root, "--sample", "50%")
    assert 0 == ran.code and "ONLY A SAMPLE: the files of 3 exhibits" in ran.out
    assert (
        1 == school_monitor("verify", archive.root, "--sample", "1", "--json").document["checked"]["sampled"]
    )
    whole = school_monitor("verify", archive.root).out
    assert "SAMPLE" not in whole and "Erased: 1, each with its tombstone" in whole
    for nonsense in ("0", "x", "101%", "1%2", "-1"):
        assert 2 == school_monitor("verify", archive.root, f"--sample={nonsense}").code
    assert 0 == school_monitor("verify", archive.root, "--key", SIGNER.public.fingerprint).code
    assert 1 == school_monitor("verify", archive.root, "--key", "0" * 64).code


def test_a_page_is_captured_sealed_and_verified(
    school_monitor: Command, config: Path, site: FeedSite, tmp_path: Path
) -> None:
    """`capture`, `exhibits` and `verify` with a real browser; a changed byte is found and named."""
    site.publish(insult=INSULT)
    ran = school_monitor("capture", site.url("/t/insult"), "--config", config, "--json")
    assert (0, "complete", []) == (ran.code, ran.document["outcome"], ran.document["missing"])
    folder = Path(ran.document["folder"])
    assert "pathetic" in (folder / "data/page/text.txt").read_text("utf-8")
    (listed,) = school_monitor("exhibits", "--config", config, "--json").document
    assert (ran.document["exhibit"], ran.document["root_digest"]) == (
        listed["exhibit_id"],
        listed["root_digest"],
    )
    assert ran.document["exhibit"] in school_monitor("exhibits", "--config", config).out

    good = school_monitor("verify", "--config", config)
    assert 0 == good.code and "All good: 1 exhibits" in good.out
    assert school_monitor("verify", tmp_path / "archive", "--json").document["ok"] is True
    words = folder / "data/page/text.txt"
    words.chmod(0o600)
    words.write_text("nothing to see", "utf-8")
    bad = school_monitor("verify", tmp_path / "archive")
    assert 1 == bad.code and "FAULT" in bad.out and "data/page/text.txt" in bad.out
    document = school_monitor("verify", tmp_path / "archive", "--json").document
    assert not document["ok"] and any("text.txt" in str(fault) for fault in document["faults"])


def test_an_empty_archive_does_not_look_all_good(school_monitor: Command, tmp_path: Path) -> None:
    """Promise 2: the disk is not mounted, or somebody took everything away; exit 1, and what to look at."""
    ran = school_monitor("verify", tmp_path)

    assert (1, True, False) == (ran.code, "NOTHING TO CHECK" in ran.out, "good" in ran.out)
    assert school_monitor("verify", tmp_path, "--json").document["ok"] is False


def test_the_name_of_a_file_cannot_speak_for_the_command(school_monitor: Command, tmp_path: Path) -> None:
    """A line end in it does not begin a line of ours."""
    root = checkpointed_archive(tmp_path / "archive").root
    (root / "x\nAll good: 3 exhibits").write_text("")

    ran = school_monitor("verify", root)

    assert 1 == ran.code
    assert ["FAULT step 4: x", "1 faults. Step "] == [line[:15] for line in ran.out.splitlines()]


def test_verify_without_an_archive_is_a_usage_error(school_monitor: Command, tmp_path: Path) -> None:
    """Nothing checked must not look like all good."""
    ran = school_monitor("verify", tmp_path / "nowhere")

    assert 2 == ran.code and "nowhere" in ran.err


@pytest.mark.parametrize(
    "url",
    [
        "https://www.reddit.com/user/somebody",
        "https://www.instagram.com/somebody/",
        "https://chat.whatsapp.com/invite",
        "file:///etc/passwd",
        "not an address",
    ],
)
def test_a_page_about_a_person_is_not_captured(school_monitor: Command, config: Path, url: str) -> None:
    """R22, R24: refused with the reason, before a browser is started; nothing waits for later."""
    ran = school_monitor("capture", url, "--config", config)

    assert 1 == ran.code and "not opened" in ran.err
    assert "Waiting: 0 captures" in school_monitor("status", "--config", config).out


# --- setting up -------------------------------------------------------------------------------------


def test_init_writes_what_doctor_can_read(school_monitor: Command, tmp_path: Path, site: FeedSite) -> None:
    """The School's name is enough for a start; with a source that can be read doctor finds no fault in
    what was written; a second `init` overwrites nothing."""
    folder = tmp_path / "config"
    answers = b"Harrowmere Community School\n" + b"\n" * 60
    ran = school_monitor("init", "--config", folder, stdin=answers)
    assert 0 == ran.code and "school-monitor doctor" in ran.out
    again = school_monitor("init", "--config", folder, stdin=answers)
    assert 2 == again.code and "not overwritten" in again.err
    # Its own sources are out in the world, where no test goes.
    written = (folder / "monitor.toml").read_text("utf-8")
    head, _, tail = written.partition("[sources.news]")
    tail = tail[tail.index("[mail]") :].replace("allow_private = []", f'allow_private = ["{site.place}"]')
    source = f'[sources.news]\nplatform = "feeds"\nbase_url = "{site.feed}"\n\n'
    (folder / "monitor.toml").write_text(head + source + tail, "utf-8")

    checked = school_monitor("doctor", "--config", folder, "--json")

    states = {check["name"]: check["state"] for check in checked.document}
    assert "ok" == states["configuration"]
    assert any("news" in name for name in states)
    assert (1 if "fault" in states.values() else 0) == checked.code
    assert all(check["fix"] for check in checked.document if check["state"] == "fault")


def test_a_fault_in_the_configuration_is_named_with_file_line_and_nearest_name(
    school_monitor: Command, config: Path
) -> None:
    """Every command stops with exit 2 before it does anything."""
    file = config / "monitor.toml"
    file.write_text(file.read_text("utf-8").replace("tick_s = 30", "tick_seconds = 30"), "utf-8")

    for words in (["status"], ["scan"], ["findings"], ["collect"], ["run"], ["doctor"]):
        ran = school_monitor(*words, "--config", config)
        assert 2 == ran.code, words
        said = ran.out + ran.err
        assert "monitor.toml:" in said and "tick_seconds" in said and "tick_s" in said, words
    assert ["config"] == [path.name for path in config.parent.iterdir()]


def test_a_data_folder_that_cannot_be_used_is_a_sentence(
    school_monitor: Command, config: Path, tmp_path: Path
) -> None:
    """No traceback: which folder, and what is the matter with it."""
    (tmp_path / "data").write_text("not a folder")

    ran = school_monitor("status", "--config", config)

    assert 1 == ran.code
    assert str(tmp_path / "data") in ran.err and "Traceback" not in ran.err


COMMANDS = (
    *("run", "demo", "status", "doctor", "init", "collect", "scan", "capture", "people", "people import"),
    *("findings", "findings show", "findings decide", "exhibits", "exhibits rebuild", "verify"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(school_monitor: Command, command: str) -> None:
    """`--help` answers, with more than the bare options."""
    ran = school_monitor(*command.split(), "--help")

    assert 0 == ran.code
    assert "Usage:" in ran.out and len(ran.out.splitlines()) > 4


@pytest.mark.parametrize(
    "words", [["watch"], ["capture"], ["findings", "show", "M-1"], ["status", "--jason"], ["scan", "extra"]]
)
def test_what_cannot_be_meant_is_a_usage_error(school_monitor: Command, words: list[str]) -> None:
    """Exit 2, and how to ask for help."""
    ran = school_monitor(*words)

    assert 2 == ran.code and "--help" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ["findings", "show", "M-2026-0009", "--by", "headteacher", "--reason", "why not"],
        ["findings", "show", "M-2026-0009", "--by", "headmaster", "--reason", "why not"],
        ["findings", "decide", "M-2026-0009", "keep_an_eye", "--by", "headteacher"],
    ],
)
def test_errors_end_with_what_to_do_next(school_monitor: Command, config: Path, words: list[str]) -> None:
    """An unknown finding or office: what there is instead."""
    ran = school_monitor(*words, "--config", config)

    assert ran.code in (1, 2)
    assert "school-monitor findings" in ran.err or "deputy_head" in ran.err
