"""Names, handles and words of posts stay where they belong: nowhere in logs, mail, names of files, faults,
digests, counters or requests; and what is kept is opened only by those who may, on the record.
"""

from __future__ import annotations

import io
import json
import logging
import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import structlog

from monitor import cases, jobs, logs
from monitor.alerts.mailbox import MailboxTransport
from monitor.bootstrap import open_session, register_key
from monitor.demo import examples
from monitor.errors import UnexpectedResponse
from monitor.matching import read_people
from monitor.model import Item, Office, Person, Register, Role, Told
from monitor.settings import Settings
from tests.conftest import START
from tests.reddit_server import RedditServer
from tests.school import forum_source, littleover, people_file
from tests.school_at_work import HEAD, INSULT, THREAT, AtWork, at_work, blog_source, own_source

EXAMPLES = examples.load()


@dataclass(frozen=True)
class Full:
    """A school that has taken in every worked example, and everything it logged meanwhile."""

    school: AtWork
    mailbox: Path
    log: str


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    """The 36 worked examples through whole cycles, with faults in between that quote names and words."""
    root = tmp_path_factory.mktemp("full")
    written, mailbox = io.StringIO(), root / "mailbox"
    handlers = logging.getLogger().handlers[:]
    logs.configure(written)
    school = at_work(
        root,
        sources=(forum_source(), own_source(), blog_source()),
        transport=MailboxTransport(mailbox),
    )
    for example in EXAMPLES:
        place = "own" if example.site == "own" else "forum"
        url = f"https://{place}.example/t/{example.number}"
        school.platforms[place].post(
            Item("feeds", f"e{example.number}", url, example.text, author=example.author, posted_at=START)
        )
    trouble: list[Exception] = [
        ValueError(f"Brackenhall {THREAT}"),
        UnexpectedResponse("blog", "the answer is not a feed", body=THREAT.encode()),
    ]
    school.platforms["blog"].fault = lambda: trouble[0]
    school.browser.trouble = _quoting
    school.cycle()
    school.platforms["blog"].fault = lambda: trouble[1]
    school.browser.trouble = lambda url: "page" if "12" not in url else "unreachable"
    school.forum.edit("e10", "Brackenhall at Littleover school is a worm, I know where he lives, he is dead")
    school.forum.remove("e21")
    # What nobody should write, in our own words and in a library's.
    structlog.get_logger().info(
        "careless", author="clockwatcher_x", text=THREAT, url="https://forum.example/"
    )
    logging.getLogger("urllib3").error(THREAT)
    for _ in range(4):
        school.cycle(hours=1)
    school.cycle(hours=24)
    yield Full(school, mailbox, written.getvalue())
    school.services.store.close()
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(logging.WARNING)


def _quoting(url: str) -> str:
    raise RuntimeError(f"{url}: {THREAT} said clockwatcher_x about Tamsin Quillfeather")


def names() -> list[str]:
    """What points to somebody on the register: surnames that are no ordinary words, and full names."""
    people = read_people(people_file().read_text("utf-8").splitlines()).people
    found = {f"{person.forename} {person.surname}" for person in people}
    found |= {person.surname for person in people if "common" not in person.flags}
    return sorted(found | {alias for person in people for alias in person.aliases})


def handles() -> list[str]:
    """Every account that wrote one of the examples; the School's own is no secret."""
    return sorted({example.author for example in EXAMPLES} - {"", "LittleoverLCS"})


_WORD = re.compile(r"[\w'’]+")


def fragments() -> list[str]:
    """Every four words in a row of an example."""
    found = set()
    for example in EXAMPLES:
        words = _WORD.findall(example.text.casefold())
        found |= {" ".join(words[at : at + 4]) for at in range(len(words) - 3)}
    return sorted(found)


def leaks(text: str) -> list[str]:
    """Everything of the examples and of the register that a text gives away."""
    folded = " ".join(_WORD.findall(text.casefold()))
    said = [
        name for name in names() if re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text.casefold())
    ]
    said += [handle for handle in handles() if handle.casefold() in text.casefold()]
    return said + [words for words in fragments() if f" {words} " in f" {folded} "]


def test_the_search_for_leaks_finds_some() -> None:
    """A search that finds nothing anywhere would prove nothing."""
    assert ["Quillfeather"] == leaks("Ms Quillfeather is")
    assert ["gravelvoice88"] == leaks("posted by gravelvoice88")
    assert leaks("It says: I know what time she leaves")
    assert [] == leaks("Possible threat. Littleover Community School. Open it today.")


def test_logs_say_what_happened_and_nothing_about_anybody(full: Full) -> None:
    """DOMAIN.md: also when a collector and a browser crash with an error that quotes a post."""
    lines = [json.loads(line) for line in full.log.splitlines()]

    events = {line["event"] for line in lines}
    assert {"source_polled", "source_crashed", "capture_crashed", "capture_sealed"} <= events
    assert {"alert_delivered", "careless"} <= events
    assert [] == leaks(full.log)
    assert "forum.example" not in full.log


def test_mail_says_nothing_that_a_post_says(full: Full) -> None:
    """R55: subject, every header, text, HTML and the file's own name; no address of a post, nothing
    attached."""
    files = sorted(full.mailbox.glob("*.eml"))
    assert len(files) > 20
    for file in files:
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        parts = [part for part in mail.walk() if not part.is_multipart()]
        said = "\n".join([file.name, *map(str, mail.values()), *(str(part.get_content()) for part in parts)])
        assert [] == leaks(said), file.name
        assert "forum.example" not in said and "own.example" not in said
        assert ["text/plain", "text/html"] == [part.get_content_type() for part in parts]


def test_faults_on_rows_quote_nothing(full: Full) -> None:
    """Runs, sources, captures and alerts keep words of ours about what went wrong."""
    said = full.school.rows(
        "SELECT detail FROM runs UNION SELECT last_detail FROM sources UNION SELECT detail FROM captures"
        " UNION SELECT last_error FROM alerts UNION SELECT receipt FROM alerts UNION SELECT key FROM alerts"
        " UNION SELECT message_id FROM alerts"
    )
    assert ("a fault in this program; it was logged",) in said
    assert [] == leaks(str(said))
    assert [] == leaks(str(jobs.examine(full.school.services)))


def test_what_is_remembered_of_nobody_is_a_digest_and_a_number(full: Full) -> None:
    """Rows about what concerned nobody cannot be read back, and no item row holds one of them."""
    digests = full.school.rows("SELECT digest FROM seen")
    assert all(re.fullmatch(r"[0-9a-f]{32}", digest) for (digest,) in digests)
    assert len(digests) > 8
    counters = full.school.rows("SELECT week, category, source_key FROM counters")
    assert {"P1", "P3"} == {category for _week, category, _source in counters}
    kept = {native_id for (native_id,) in full.school.rows("SELECT native_id FROM items")}
    nobodys = {f"e{example.number}" for example in EXAMPLES if example.expect.category.startswith("P")}
    assert set() == kept & nobodys


def test_names_of_files_and_the_chain_say_nothing(full: Full) -> None:
    """Exhibit folders, every file in them, the ledger, the data folder."""
    storage = full.school.services.settings.storage
    assert len(full.school.sealed()) > 15
    paths = [
        str(path.relative_to(root)) for root in (storage.archive, storage.data) for path in root.rglob("*")
    ]
    assert [] == leaks("\n".join(paths))
    assert [] == leaks((storage.archive / "ledger.jsonl").read_text("utf-8"))


def test_the_register_lies_in_no_file_in_clear(full: Full) -> None:
    """R44 as DOMAIN.md has it: encrypted at rest; a name that no kept post holds is nowhere on disk."""
    data = full.school.services.settings.storage.data
    stored = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    said = "\n".join(example.text for example in EXAMPLES)
    unsaid = [name for name in names() if name.split()[-1] not in said]
    assert len(unsaid) > 5
    assert [] == [name for name in unsaid if name.encode() in stored]


# --- who may open what ------------------------------------------------------------------------------


def test_nobody_opens_what_they_are_or_may_be_the_subject_of(full: Full) -> None:
    """Promise 6: for every finding and every office. Whoever handles it can open it; a subject, an office
    told in part only and one told nothing cannot; each look is written into the chain."""
    services, opened_by_handler = full.school.services, 0
    for finding in full.school.findings():
        subjects = {office for subject in finding.assessment.subjects for office in subject.offices}
        whole = {t.office for t in finding.routing.told if t.part in (Told.HANDLES, Told.COPIED)}
        assert not subjects & {telling.office for telling in finding.routing.told}
        for office in Office:
            looks = len(_looks(full, finding.reference, office))
            try:
                opened = cases.open_finding(
                    services.store,
                    services.archive,
                    finding.reference,
                    viewer=office,
                    reason="checking who may",
                    rules=cases.Rules(services.settings.policy, services.delegates),
                    now=full.school.clock(),
                )
            except cases.NotYours as refusal:
                assert office not in whole, (finding.reference, office)
                assert [] == leaks(str(refusal))
                assert looks == len(_looks(full, finding.reference, office))
            else:
                assert office not in subjects, (finding.reference, office)
                assert ("viewed", office) == (opened.custody[-1].event, opened.custody[-1].by)
                opened_by_handler += office in whole
                assert looks < len(_looks(full, finding.reference, office))
    assert opened_by_handler > 20


def test_whoever_becomes_the_subject_can_open_it_no_more(tmp_path: Path) -> None:
    """An edit can turn a matter against the very person who was told of it first."""
    school = at_work(tmp_path)
    school.forum.post(Item("feeds", "turn", "https://forum.example/t/turn", INSULT, author="gravelvoice88"))
    school.cycle()
    assert INSULT == _opened(school, Office.HEADTEACHER).finding.item.item.text
    school.forum.edit("turn", HEAD)
    school.cycle(minutes=31)

    with pytest.raises(cases.NotYours):
        _opened(school, Office.HEADTEACHER)
    assert HEAD == _opened(school, Office.CHAIR).finding.item.item.text
    # The reason is a person's own words and may name somebody; the chain can never be erased.
    assert "I was told of it" not in (school.services.archive.root / "ledger.jsonl").read_text()
    school.services.store.close()


def _opened(school: AtWork, viewer: Office) -> cases.Opened:
    (finding,) = school.findings()
    return cases.open_finding(
        school.services.store,
        school.services.archive,
        finding.reference,
        viewer=viewer,
        reason="I was told of it",
        rules=cases.Rules(school.services.settings.policy, school.services.delegates),
        now=school.clock(),
    )


def _looks(full: Full, reference: str, office: Office) -> list[object]:
    """What the chain says about this office looking at the exhibits of a finding."""
    ledger = full.school.services.settings.storage.archive / "ledger.jsonl"
    entries = [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]
    return [
        entry
        for entry in entries
        if entry["event"] == "viewed"
        and entry["by"] == office
        and entry["exhibit"].startswith(f"{reference}-")
    ]


def test_lists_hold_no_content(full: Full) -> None:
    """What anybody may see of findings and exhibits."""
    services = full.school.services
    rules = cases.Rules(services.settings.policy, services.delegates)
    listed = cases.findings(services.store, rules=rules)
    assert len(listed) > 15
    assert [] == leaks(str(listed)) == leaks(str(cases.exhibits(services.store, services.archive)))
    assert {("", "", ())} == {(one.label, one.urgency, one.told) for one in listed}


def test_a_list_does_not_tell_somebody_that_a_matter_is_about_them(full: Full) -> None:
    """Promise 6: an office is shown only what it may open, not even the class or urgency of the rest."""
    services = full.school.services
    rules = cases.Rules(services.settings.policy, services.delegates)
    for office in Office:
        listed = {one.reference for one in cases.findings(services.store, rules=rules, viewer=office)}
        about = {
            finding.reference
            for finding in full.school.findings()
            if any(office in subject.offices for subject in finding.assessment.subjects)
        }
        assert not listed & about, office
    assert cases.findings(services.store, rules=rules, viewer=Office.CHAIR)


# --- what leaves ------------------------------------------------------------------------------------


def test_no_request_of_a_collector_holds_a_name_whatever_the_register(tmp_path: Path) -> None:
    """Promise 1, R12, with registers made by chance: searches carry the School's terms, also while posts
    that name the people come back and are looked at again."""
    chance = random.Random(20261122)
    with RedditServer() as server:
        settings = _reaching(littleover(tmp_path), server)
        source = server.source()
        school = at_work(tmp_path, sources=(source,), settings=settings, session=open_session(settings))
        for _ in range(4):
            register = _register(chance)
            cases.import_people(
                school.services.store,
                register,
                register_key(school.services.settings),
                may_import_pupils=True,
                now=school.clock(),
            )
            for person in register.people:
                words = f"{person.title} {person.surname} at Littleover Community School is a useless clown"
                server.add(words, school.clock() - timedelta(minutes=1))
            school.cycle(hours=7)
            assert school.newest_run(source.key).outcome.good, school.newest_run(source.key)
            left = "\n".join(asked.everything for asked in server.asked).casefold()
            for person in register.people:
                assert person.surname.casefold() not in left and person.forename.casefold() not in left
        assert len(school.findings()) > 4
        assert "littleover" in left
        school.services.store.close()


def _reaching(settings: Settings, server: RedditServer) -> Settings:
    place = server.address.removeprefix("http://")
    return replace(
        settings,
        outbound=replace(settings.outbound, allow_private=(place,)),
        source_secrets={server.source().key: server.secrets},
    )


def _register(chance: random.Random) -> Register:
    def name() -> str:
        return "".join(chance.choices(string.ascii_lowercase, k=9)).capitalize()

    return Register(
        tuple(
            Person(f"r{n}", Role.STAFF, "Mr", name(), "", name(), flags=frozenset({"distinctive"}))
            for n in range(3)
        ),
        version=name(),
    )
