"""The demo, run for real: its own web pages, the jobs of the service, a real browser, a mailbox folder.

One run that is stopped half-way, then three whole ones, shared by all tests of this file.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from csv import DictReader
from dataclasses import dataclass
from importlib import resources
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from monitor import demo
from monitor.demo.sites import PortTaken
from monitor.errors import AlreadyRunning
from monitor.evidence import pack_check, verify
from monitor.evidence.keys import public_key
from monitor.worker import only_one

PACKAGE = resources.files("monitor.demo")
EXAMPLES = {
    example["number"]: example
    for example in map(json.loads, (PACKAGE / "examples.jsonl").read_text("utf-8").splitlines())
}
PEOPLE = list(DictReader((PACKAGE / "people.csv").read_text("utf-8").splitlines()))
COLLECTED = set(EXAMPLES) - {6, 36}  # 6 is found by no search for the School, 36 is handed over


@dataclass(frozen=True)
class Run:
    """One run as a person sees it: exit code, the report, and what lay in the folder afterwards."""

    code: int
    said: str
    mail: dict[str, bytes]
    requests: list[str]

    @property
    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.said)
        return document


@dataclass(frozen=True)
class Demo:
    """The folder, the run that was stopped, and the three that were not."""

    folder: Path
    stopped: subprocess.CompletedProcess[str]
    elsewhere: Path
    first: Run
    second: Run
    third: Run

    @property
    def references(self) -> dict[int, str]:
        return {found["number"]: found["reference"] for found in self.first.report["found"]}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo") / "here"
    elsewhere = folder.parent / "elsewhere"
    stopped = stopped_run(folder, elsewhere)
    yield Demo(
        folder=folder,
        stopped=stopped,
        elsewhere=elsewhere,
        first=run(folder, as_json=True),
        second=run(folder, as_json=True),
        third=run(folder, as_json=False),
    )


def stopped_run(folder: Path, elsewhere: Path) -> subprocess.CompletedProcess[str]:
    """Start the demo as its own process and press Ctrl-C when the browser opens its first page."""
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", "demo", "--folder", str(folder)],
        env=os.environ | {"SCHOOL_MONITOR_DATA": str(elsewhere), "SCHOOL_MONITOR_ARCHIVE": str(elsewhere)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 300
    while time.monotonic() < until and not any("/post/" in path for path in requests(folder)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said, progress = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, said, progress)


def run(folder: Path, *, as_json: bool) -> Run:
    said, progress = StringIO(), StringIO()
    with redirect_stdout(said), redirect_stderr(progress):
        code = demo.run(folder, as_json=as_json)
    mail = {file.name: file.read_bytes() for file in (folder / "data" / "mailbox").iterdir()}
    return Run(code, said.getvalue(), mail, requests(folder))


def requests(folder: Path) -> list[str]:
    log = folder / "requests.log"
    return log.read_text("utf-8").splitlines() if log.exists() else []


def words_of(mail: bytes) -> str:
    """Everything that somebody who opens the mail could read, headers too."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    parts = [str(part.get_content()) for part in message.walk() if not part.is_multipart()]
    return "\n".join([*map(str, message.values()), *parts])


def names() -> set[str]:
    """Every name and alias of the register, and every author, but for the School's own account and a
    surname that the date of a mail may hold."""
    people = {row[key] for row in PEOPLE for key in ("forename", "known_as", "surname", "aliases")}
    return (people | {example["author"] for example in EXAMPLES.values()}) - {"", "LittleoverLCS", "May"}


def holds(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def sealed(folder: Path, exhibit_id: str, file: str) -> dict[str, Any]:
    (found,) = folder.glob(f"archive/*/*/{exhibit_id}/data/{file}")
    document: dict[str, Any] = json.loads(found.read_text("utf-8"))
    return document


def test_every_example_is_handled_as_the_policy_wants(ran: Demo) -> None:
    """Exit 0 and a report without a difference; number 36 is named as not collected, not as handled."""
    assert {} == ran.first.report["differences"]
    assert ["36"] == list(ran.first.report["not_collected"])
    assert 0 == ran.first.code
    assert all(place["good"] for place in ran.first.report["places"])
    assert len(COLLECTED) == sum(place["posts"] for place in ran.first.report["places"])


def test_the_mailbox_holds_a_mail_for_exactly_those_who_must_be_told(ran: Demo) -> None:
    """Read from the .eml files, not from the report. Matrix 3.5 lets the deputy stand beside the lead."""
    told: dict[str, set[str]] = defaultdict(set)
    for name, mail in ran.first.mail.items():
        message = email.message_from_bytes(mail, policy=email.policy.default)
        reference = re.search(r"M-\d{4}-\d+", name)
        assert reference, "no mail about a fault of the system"
        told[reference[0]].add(message["To"].split("@")[0])

    for number in COLLECTED:
        wanted = set(EXAMPLES[number]["expect"]["told"])
        deputy = {"deputy_dsl"} - wanted if "dsl" in wanted else set()
        assert wanted == told[ran.references.get(number, "")] - deputy, number


def test_each_exhibit_is_sealed_in_the_mode_of_its_category(ran: Demo) -> None:
    """Read from the sealed records: complete, and neither more nor less than the policy allows."""
    modes = {
        number: record["mode"]
        for number, reference in ran.references.items()
        for record in [sealed(ran.folder, f"{reference}-1", "record.json")]
        if record["report"]["outcome"] == "complete"
    }

    assert modes == {
        number: EXAMPLES[number]["expect"]["capture"]
        for number in COLLECTED
        if EXAMPLES[number]["expect"]["capture"] != "none"
    }


def test_nothing_is_asked_of_what_may_show_an_intimate_picture(ran: Demo) -> None:
    """S2 and A9: not the page, not the picture, in no run; nor the picture of what is saved without."""
    asked = set(ran.third.requests)

    assert {"/forum/post/12", "/photos/p/25", "/photos/pictures/25.png", "/photos/p/29"} <= asked
    assert asked.isdisjoint({"/forum/post/17", "/photos/p/18", "/photos/pictures/18.png"})
    assert asked.isdisjoint({"/photos/pictures/29.png"})
    assert {"17": 0, "18": 0} == ran.first.report["never_opened"]


def test_no_page_is_opened_of_what_concerns_nobody(ran: Demo) -> None:
    """Praise, news, jokes and other schools leave no request, no row of theirs and no exhibit."""
    left_alone = {n for n in COLLECTED if EXAMPLES[n]["expect"]["capture"] == "none"}
    opened = {
        int(path.rsplit("/", 1)[1]) for path in ran.third.requests if re.search(r"/(post|p)/\d+$", path)
    }

    assert left_alone
    assert opened.isdisjoint(left_alone | {6})
    assert left_alone.isdisjoint(ran.references)


def test_the_archive_verifies(ran: Demo) -> None:
    """What the report says of the archive is what the numbered check says."""
    checked = verify.check_archive(ran.folder / "archive")

    assert [] == ran.first.report["archive_faults"]
    assert len(ran.references) + 1 == checked.exhibits
    assert ran.second.report["head"] == checked.head


def test_a_case_is_made_and_its_packs_verify(ran: Demo) -> None:
    """One pack for the police, one for a solicitor, made once; what the report says of them is so."""
    packs = ran.first.report["packs"]
    key = (ran.folder / "archive" / "keys").glob("*.pem")
    trusted = {public_key(pem.read_bytes()).fingerprint for pem in key}

    assert ["police", "solicitor"] == [pack["audience"] for pack in packs]
    assert [[], []] == [pack["faults"] for pack in packs]
    for pack in packs:
        (fingerprint,) = trusted
        checked = pack_check.check_pack(Path(pack["path"]), trusted_key=fingerprint)
        assert pack["case"] == checked.reference
    assert packs == ran.second.report["packs"]
    assert packs[0]["path"] in ran.third.said


def test_a_stopped_run_is_taken_up_where_it_stopped(ran: Demo) -> None:
    """Ctrl-C ends it with 1 and a word on how to go on; what was done is not done again."""
    assert 1 == ran.stopped.returncode
    assert "Run it again" in ran.stopped.stdout
    assert ran.first.requests.count("/forum/post/12") == 1
    assert len(ran.first.mail) == ran.first.report["mails"]


def test_a_second_run_says_nothing_twice_and_notices_what_changed(ran: Demo) -> None:
    """One post was edited, one deleted; every mail and exhibit of the first run is as it was."""
    second = ran.second.report

    assert 0 == ran.second.code
    assert [10] == [found["number"] for found in second["edited"]]
    assert [21] == [found["number"] for found in second["deleted"]]
    assert [] == second["news"]
    assert ran.first.mail == ran.second.mail
    assert 1 == second["new_exhibits"]
    first, edited = (
        sealed(ran.folder, f"{ran.references[10]}-{version}", "source/item.json")["text"]
        for version in (1, 2)
    )
    assert EXAMPLES[10]["text"] == first != edited


def test_a_third_run_has_nothing_to_say(ran: Demo) -> None:
    """No page is opened, no mail written, and the report says in words that nothing changed."""
    later = ran.third.requests[len(ran.second.requests) :]

    assert 0 == ran.third.code
    assert "Nothing changed." in ran.third.said
    assert "No new mails and no new sealed exhibits" in ran.third.said
    assert ran.third.mail == ran.first.mail
    assert not [path for path in later if re.search(r"/(post|p)/\d+", path)]


def test_no_log_mail_report_or_request_holds_a_name_a_handle_or_a_text(ran: Demo) -> None:
    """Neither what the jobs log, nor what people are mailed or shown, nor what leaves in a request."""
    places = {
        "log": (ran.folder / "log.jsonl").read_text("utf-8"),
        "mail": "\n".join(map(words_of, ran.first.mail.values())),
        "requests": unquote_plus("\n".join(ran.third.requests)),
        "reports": ran.first.said
        + ran.second.said
        + ran.third.said
        + ran.stopped.stdout
        + ran.stopped.stderr,
    }

    assert "source_polled" in places["log"]
    assert "Possible threat" in places["mail"]
    for place, text in places.items():
        assert [] == [name for name in names() if holds(text, name)], place
        assert [] == [n for n, example in EXAMPLES.items() if example["text"] in text], place


def test_the_school_of_the_environment_is_left_alone(ran: Demo) -> None:
    """Whoever tries the demo on a live server must not find invented findings among real ones."""
    assert not ran.elsewhere.exists()


def test_a_taken_port_or_folder_is_said(ran: Demo) -> None:
    """The pages must keep their addresses, and two runs must not share a folder."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the demo has only just left it
        other.bind(("127.0.0.1", json.loads((ran.folder / "demo.json").read_bytes())["port"]))
        other.listen()
        with pytest.raises(PortTaken, match="--folder"):
            run(ran.folder, as_json=True)
    with only_one(ran.folder / "data"), pytest.raises(AlreadyRunning):
        run(ran.folder, as_json=True)


def test_starting_over_removes_a_demo_and_nothing_else(ran: Demo, tmp_path: Path) -> None:
    """A folder that no demo made is never touched."""
    shutil.copytree(ran.folder, tmp_path / "copy")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("kept")

    demo.start_over(tmp_path / "copy")
    with pytest.raises(demo.NotADemo):
        demo.start_over(tmp_path / "mine")

    assert ["kept.txt"] == [file.name for file in (tmp_path / "mine").iterdir()]
    assert not (tmp_path / "copy").exists()
