"""One cycle and the next: what a post leads to, what is kept, who is told, and that faults are said.

The service is the one that bootstrap assembles; fakes are the platform, the page and the mail server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect

import pytest

from monitor import cases, jobs
from monitor.errors import (
    BrowserUnavailable,
    CollectError,
    CredentialsRefused,
    NotConfigured,
    PermanentDeliveryError,
    RateLimited,
    SourceGone,
    SourceUnavailable,
    TemporaryDeliveryError,
    UnexpectedResponse,
)
from monitor.evidence import verify
from monitor.model import AlertState, CaptureMode, CaptureOutcome, ItemState, Office, RunOutcome
from tests.conftest import START
from tests.school import forum_source
from tests.school_at_work import (
    ADDRESS,
    GRUMBLE,
    HEAD,
    IMAGERY,
    INSULT,
    NOT_US,
    THANKS,
    THREAT,
    AtWork,
    at_work,
    blog_source,
    own_source,
    post,
)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[AtWork]:
    """A school that watches a forum, a blog and a Channel of its own."""
    working = at_work(tmp_path, sources=(forum_source(), blog_source(), own_source()))
    yield working
    working.services.store.close()


# --- what a post leads to ------------------------------------------------------------------------


def test_an_insult_is_found_sealed_and_told_to_the_headteacher(school: AtWork) -> None:
    """The one flow, end to end in one cycle: finding, page preserved and sealed, mail that says so."""
    school.forum.post(post("insult", INSULT))

    school.cycle()

    (finding,) = school.findings()
    assert finding.assessment.category == "A1"
    assert school.browser.opened == [("https://forum.example/t/insult", CaptureMode.FULL)]
    assert {"M-2026-0001-1"} == set(school.sealed())
    assert INSULT == school.sealed_words("M-2026-0001-1")
    assert ["headteacher"] == school.told()
    ((message, _envelope),) = school.mail.received
    assert "Saved" in message.text and "Complete" in message.text
    assert () == verify.problems(school.services.settings.storage.archive)


def test_the_subject_of_a_matter_is_never_told(school: AtWork) -> None:
    """Promise 6: a post about the Headteacher goes to the Chair, the Vice Chair is copied, and the
    Headteacher neither hears of it nor can open it."""
    school.forum.post(post("head", HEAD))

    school.cycle()

    assert ["chair", "vice_chair"] == school.told()
    (finding,) = school.findings()
    assert Office.HEADTEACHER not in {telling.office for telling in finding.routing.told}


def test_what_concerns_nobody_leaves_a_digest_and_at_most_a_count(school: AtWork) -> None:
    """DESIGN.md, forget by default: no row with words, no author, nothing to trace it back by; praise
    and criticism of nobody in particular add one to the week (R43)."""
    school.forum.post(post("thanks", THANKS), post("grumble", GRUMBLE), post("lol", NOT_US))

    school.cycle()

    assert (0, 3) == school.rows("SELECT (SELECT count(*) FROM items), (SELECT count(*) FROM seen)")[0]
    with school.services.store.transaction() as t:
        assert {("P1", "forum"): 1, ("P3", "forum"): 1} == t.counts("2026-W47")
    assert ([], []) == (school.findings(), school.mail.received)
    assert (3, 0) == (school.newest_run().items_seen, school.newest_run().items_kept)
    kept = (school.services.settings.storage.data / "monitor.db").read_bytes()
    kept += (school.services.settings.storage.data / "monitor.db-wal").read_bytes()
    assert b"marigold" not in kept and b"Quillfeather" not in kept and b"teamfight" not in kept


def test_what_our_own_channel_says_is_kept(school: AtWork) -> None:
    """Items of official Channels are kept also when they concern nobody; no finding, no mail."""
    school.platforms["own"].post(post("fete", "The summer fete is on Saturday", author="LittleoverLCS"))

    school.cycle()

    assert [("fete", 1)] == school.rows("SELECT native_id, official FROM items")
    assert ([], []) == (school.findings(), school.mail.received)


def test_a_possible_picture_of_a_child_is_asked_for_by_nobody(school: AtWork) -> None:
    """R28, R69: no browser, no second look, ever; the words received are sealed and the Designated
    Safeguarding Lead is told at once."""
    school.forum.post(post("never", IMAGERY))

    jobs.poll_due(school.services)
    jobs.deliver_due(school.services)

    (finding,) = school.findings()
    assert ("S2", True) == (finding.assessment.category, finding.assessment.suppressed)
    assert "dsl" in school.told()
    school.cycle()
    assert [] == school.browser.opened
    assert {"M-2026-0001-1": "words"} == {key: record["mode"] for key, record in school.sealed().items()}
    assert IMAGERY == school.sealed_words("M-2026-0001-1")
    assert [(None,)] == school.rows("SELECT next_reread_at FROM items")
    with school.services.store.transaction() as t:
        assert [] == t.rereadable("forum") == t.due_rereads("forum", START + timedelta(days=400))


def test_a_quiet_post_that_speaks_of_such_pictures_is_asked_for_by_nobody_either(school: AtWork) -> None:
    """Decision 17: the second reader may silence words that have another sense, but the platform is asked
    no more about a post that has them."""
    quiet = "Assembly this week is on sextortion and what to do if anyone asks you for pictures"
    school.platforms["own"].post(post("assembly", quiet), post("fete", "The summer fete is on Saturday"))

    school.cycle()

    assert ([], [], []) == (school.findings(), school.mail.received, school.browser.opened)
    assert [("assembly", None)] == school.rows(
        "SELECT native_id, next_reread_at FROM items WHERE next_reread_at IS NULL"
    )
    with school.services.store.transaction() as t:
        again = t.due_rereads("own", START + timedelta(days=400))
        assert ["fete"] == [kept.item.native_id for kept in again]


def test_an_address_is_masked_before_it_is_stored(school: AtWork) -> None:
    """DOMAIN.md, `reference`: private details are neither in a row, nor in a version, nor sealed, not
    even after the author has changed the words."""
    school.forum.post(post("door", ADDRESS))
    school.cycle()
    school.forum.edit("door", ADDRESS.replace("red door", "blue door, phone 07700 900123"))
    school.cycle(minutes=31)

    kept = [words for (words,) in school.rows("SELECT text FROM items UNION SELECT text FROM item_versions")]
    sealed = [school.sealed_words(exhibit) for exhibit in school.sealed()]
    assert (2, 2) == (len(kept), len(sealed))
    assert [] == [words for words in (*kept, *sealed) if "Hollow" in words or "900123" in words]
    assert [] == school.browser.opened


def test_an_edit_makes_a_new_version_and_a_mail_only_if_it_is_worse(school: AtWork) -> None:
    """Earlier words stay; each version is captured; the office hears again only of what is more urgent
    or of another kind."""
    school.forum.post(post("insult", INSULT))
    school.cycle()
    school.forum.edit("insult", INSULT + " Really.")
    school.cycle(minutes=31)

    assert ["headteacher"] == school.told()
    assert {"M-2026-0001-1", "M-2026-0001-2"} == set(school.sealed())

    school.forum.edit("insult", "Brackenhall at Littleover school: I know where you live, you are dead")
    school.cycle(minutes=31)

    assert "A3" in school.findings()[0].assessment.categories
    assert {"headteacher", "dsl", "on_call"} == set(school.told()[1:])
    versions = school.rows("SELECT number, text FROM item_versions ORDER BY number")
    assert [(1, INSULT), (2, INSULT + " Really.")] == versions[:2] and len(versions) == 3


def test_a_removal_is_noticed_and_the_words_stay(school: AtWork) -> None:
    """What was deleted is marked as gone; the words as found and their exhibit are evidence."""
    school.forum.post(post("insult", INSULT))
    school.cycle()
    school.forum.remove("insult")

    school.cycle(hours=2)

    assert [("removed", INSULT)] == school.rows("SELECT state, text FROM items")
    assert ItemState.REMOVED is school.findings()[0].item.item.state
    assert ["M-2026-0001-1"] == list(school.sealed())
    assert ["headteacher"] == school.told()


def test_the_second_matter_by_one_account_about_one_person_is_called_repeated(school: AtWork) -> None:
    """A2 links findings that exist (R48): same handle and same person within 365 days; another handle
    or another person adds nothing."""
    other = "Ostlerby at Littleover school is a pathetic little man, useless waste of space"
    school.forum.post(
        post("first", INSULT, author="gravelvoice88"),
        post("stranger", INSULT, author="somebody_else"),
        post("other", other, author="gravelvoice88"),
    )
    school.cycle()
    again = "Still that worm Brackenhall teaching at Littleover CS, a pathetic waste of space"
    school.forum.post(post("again", again, author="gravelvoice88"))
    school.cycle(hours=1)

    repeated = {f.item.item.native_id: "A2" in f.assessment.categories for f in school.findings()}
    assert {"first": False, "stranger": False, "other": False, "again": True} == repeated


def test_after_a_year_a_matter_is_not_a_repetition(school: AtWork) -> None:
    """365 days and no longer."""
    school.forum.post(post("first", INSULT))
    school.cycle()
    school.forum.post(post("again", INSULT + " Still."))
    school.cycle(hours=366 * 24)

    assert 2 == len(school.findings())
    assert "A2" not in school.findings()[1].assessment.categories


def test_a_second_cycle_says_and_does_nothing_twice(school: AtWork) -> None:
    """Promise 4, in the ordinary case: the same posts once more change nothing at all."""
    school.forum.post(post("insult", INSULT), post("never", IMAGERY), post("thanks", THANKS))
    school.cycle()
    mails, sealed = list(school.mail.received), set(school.sealed())
    seen_again = school.forum.events[:]
    school.forum.post(*seen_again)

    school.cycle(minutes=31)

    assert mails == school.mail.received
    assert sealed == set(school.sealed())
    assert 2 == len(school.findings())
    assert (3, 0) == (school.newest_run().items_seen, school.newest_run().items_kept)
    with school.services.store.transaction() as t:
        assert {("P1", "forum"): 1} == t.counts("2026-W47")


# --- mail does not wait for pictures -----------------------------------------------------------------


def test_a_threat_is_told_before_anything_is_captured(school: AtWork) -> None:
    """U0: within the minute, whatever the browser does."""
    school.forum.post(post("threat", THREAT))

    jobs.poll_due(school.services)
    jobs.deliver_due(school.services)

    assert {"headteacher", "dsl", "on_call"} == set(school.told())
    assert {} == school.sealed()
    assert all(message.subject.startswith("Act now:") for message, _ in school.mail.received)


def test_a_mail_waits_for_its_capture_no_longer_than_it_may(school: AtWork) -> None:
    """`hold_for_capture_s`: with no browser to be had the mail leaves after three minutes and does not
    claim that anything was saved; the network manager is told; nothing is lost."""

    def no_browser(_url: str) -> str:
        raise BrowserUnavailable("no Chromium or Chrome was found; install one")

    school.browser.trouble = no_browser
    school.forum.post(post("insult", INSULT))
    school.cycle()
    school.cycle(seconds=170)
    assert "headteacher" not in school.told()

    school.cycle(seconds=20)

    (mail,) = [m for m, e in school.mail.received if e.recipient.startswith("headteacher")]
    assert "Complete" not in mail.text
    (told,) = school.operator_mails()
    assert told.startswith("System: Captures")
    school.browser.trouble = lambda url: "page"
    school.cycle(hours=1)
    assert ["M-2026-0001-1"] == list(school.sealed())
    assert 1 == school.told().count("headteacher")


def test_a_page_that_cannot_be_reached_is_tried_thrice_and_its_failure_sealed(school: AtWork) -> None:
    """Promise 3: three attempts, then the failure itself is evidence, and the mail says that it failed."""
    school.browser.trouble = lambda url: "unreachable"
    school.forum.post(post("insult", INSULT))
    school.cycle()
    school.cycle(minutes=1)
    assert (2, {}) == (len(school.browser.opened), school.sealed())

    school.cycle(minutes=2)

    record = school.sealed()["M-2026-0001-1"]
    assert (3, "failed") == (len(school.browser.opened), record["report"]["outcome"])
    assert ["the page"] == record["report"]["missing"]
    ((message, _),) = school.mail.received
    assert "the page" in message.text and "Complete" not in message.text
    school.cycle(hours=2)
    assert 3 == len(school.browser.opened)


def test_a_page_that_turns_out_to_be_forbidden_leaves_nothing_of_itself(school: AtWork) -> None:
    """R69: what the page says once it has loaded may forbid keeping it and every further request."""
    school.browser.words = "leaked nudes of a Year 9 girl, Littleover"
    school.forum.post(post("insult", INSULT))

    school.cycle()

    record = school.sealed()["M-2026-0001-1"]
    assert ("words", "suppressed") == (record["mode"], record["report"]["outcome"])
    (exhibit,) = school.services.settings.storage.archive.glob("20*/*/M-2026-0001-1")
    assert {"record.json", "source"} == {path.name for path in (exhibit / "data").iterdir()}
    assert [(None,)] == school.rows("SELECT next_reread_at FROM items")
    # Whoever leads on safeguarding hears of it, although the post itself was only an insult.
    assert {"headteacher", "dsl", "deputy_dsl"} == set(school.told())
    assert "S2" == school.findings()[0].assessment.category
    school.forum.edit("insult", THANKS)
    school.cycle(minutes=31)
    assert 1 == len(school.browser.opened)


# --- edits that change what may be done ---------------------------------------------------------------


def test_an_edit_never_lets_the_first_subject_in(school: AtWork) -> None:
    """Promise 6 over time: what was about the Headteacher stays closed to the Headteacher, although the
    words now name somebody else."""
    school.forum.post(post("grudge", HEAD))
    school.cycle()
    school.forum.edit("grudge", INSULT)
    school.cycle(minutes=31)

    assert {"chair", "vice_chair"} == set(school.told())
    (finding,) = school.findings()
    rules = cases.Rules(school.services.settings.policy, school.services.delegates)
    assert not cases.may_open(finding, school.alerts(), Office.HEADTEACHER, rules=rules)


def test_mail_still_owed_to_whom_an_edit_makes_the_subject_is_withdrawn(school: AtWork) -> None:
    """The mail server is down while the words change: the Headteacher never hears, the Chair does."""
    school.mail.fault = lambda envelope: TemporaryDeliveryError("the mail server cannot be reached")
    school.forum.post(post("grudge", INSULT))
    school.cycle()
    school.forum.edit("grudge", HEAD)
    school.cycle(minutes=31)
    school.mail.fault = lambda envelope: None
    school.cycle(hours=2)

    assert {"chair", "vice_chair"} == set(school.told()) - {"sys_operator"}
    assert AlertState.WITHDRAWN in {alert.state for alert in school.alerts()}


def test_an_edit_that_brings_in_somebody_else_tells_them(school: AtWork) -> None:
    """As grave as before, but now for the safeguarding lead too."""
    school.forum.post(post("grudge", INSULT))
    school.cycle()
    school.forum.edit("grudge", f"{INSULT} and he hit Zadie Pellgrove of year 9, she is covered in bruises")
    school.cycle(minutes=31)

    assert "dsl" in school.told()


@pytest.mark.parametrize(
    "before_the_capture",
    [
        pytest.param([("edit", IMAGERY)], id="an edit makes it S2 while its capture waits"),
        pytest.param([("edit", IMAGERY), ("edit", INSULT)], id="harmless words come back"),
        pytest.param([("beside", IMAGERY)], id="another post at the same address is S2"),
    ],
)
def test_no_page_is_opened_that_has_become_forbidden(
    school: AtWork, before_the_capture: list[tuple[str, str]]
) -> None:
    """S2 and A9 (DOMAIN.md): no request of any kind, whatever order things come in."""
    school.forum.page_size = 1
    school.forum.post(post("one", INSULT))
    for what, words in before_the_capture:
        if what == "edit":
            school.forum.edit("one", words)
        else:
            school.forum.post(replace(post("two", words), url="https://forum.example/t/one#reply"))
    jobs.poll_due(school.services)
    school.clock.move(minutes=31)

    school.cycle()

    assert [] == school.browser.opened
    assert {"words"} == {record["mode"] for record in school.sealed().values()}


# --- mail that is not accepted ----------------------------------------------------------------------


def test_mail_waits_for_its_server_and_then_goes_once(school: AtWork) -> None:
    """Nothing lost, nothing twice; after three refusals the network manager's mail waits with it, and
    `status` says what is wrong."""
    school.mail.fault = lambda envelope: TemporaryDeliveryError("the mail server cannot be reached")
    school.forum.post(post("insult", INSULT))
    school.cycle()
    for _ in range(3):
        school.cycle(minutes=5)
    assert [] == school.mail.received
    faults = " ".join(jobs.examine(school.services).faults)
    assert "mails were not accepted yet" in faults
    school.mail.fault = lambda envelope: None

    school.cycle(hours=1)
    school.cycle(hours=1)

    assert ["headteacher"] == [who for who in school.told() if who != "sys_operator"]
    assert ["System: Mail is not being accepted"] == school.operator_mails()
    assert () == jobs.examine(school.services).faults


def test_one_refusal_for_good_sends_the_matter_up_the_chain(school: AtWork) -> None:
    """R63: the next who may be told gets it, the network manager hears that a mailbox refuses, and the
    stand-in can open what the other could."""

    def refuse_headteacher(envelope: object) -> Exception | None:
        refused = getattr(envelope, "recipient", "").startswith("headteacher")
        return PermanentDeliveryError("the mail server refused the recipient (550)") if refused else None

    school.mail.fault = refuse_headteacher
    school.forum.post(post("insult", INSULT))
    school.cycle()
    school.cycle(minutes=31)

    assert {"chair", "sys_operator"} == set(school.told())
    (finding,) = school.findings()
    opened = cases.open_finding(
        school.services.store,
        school.services.archive,
        finding.reference,
        viewer=Office.CHAIR,
        reason="told in the Headteacher's stead",
        rules=cases.Rules(school.services.settings.policy, school.services.delegates),
        now=school.clock(),
    )
    assert INSULT == opened.finding.item.item.text


def test_mail_owed_to_nobody_new_ends_at_the_operator(school: AtWork) -> None:
    """When every mailbox refuses, each office of the chain was tried once and the faults are counted."""
    school.mail.fault = lambda envelope: PermanentDeliveryError("the mail server refused the mail (554)")
    school.forum.post(post("insult", INSULT))
    for _ in range(6):
        school.cycle(minutes=31)

    offices = [alert.office for alert in school.alerts() if alert.finding_id]
    assert [Office.HEADTEACHER, Office.CHAIR, Office.VICE_CHAIR] == offices[:3]
    assert len(offices) == len(set(offices))
    assert {"failed"} == {alert.state for alert in school.alerts()}
    assert any("refused for good" in fault for fault in jobs.examine(school.services).faults)


# --- sources that fail ------------------------------------------------------------------------------

FAULTS = {
    "not set up": (NotConfigured("forum", "no key"), RunOutcome.NOT_CHECKED, False),
    "down": (SourceUnavailable("forum", "it did not answer in time"), RunOutcome.UNAVAILABLE, False),
    "busy": (RateLimited("forum"), RunOutcome.RATE_LIMITED, False),
    "refused": (CredentialsRefused("forum", "the key was refused"), RunOutcome.CREDENTIALS_REFUSED, True),
    "gone": (SourceGone("forum", "the page is gone"), RunOutcome.GONE, True),
    "odd": (UnexpectedResponse("forum", "this is no feed"), RunOutcome.UNEXPECTED, True),
    "a bug": (ValueError(THREAT), RunOutcome.CRASHED, True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_source_has_its_own_word_and_stops_nobody_else(school: AtWork, fault: str) -> None:
    """Promise 2: the run row says what happened, in words and without content; what waiting does not
    mend is told at once and once; the other source is read all the same; recovery clears it."""
    error, outcome, at_once = FAULTS[fault]
    school.forum.fault = lambda: error
    school.platforms["blog"].post(post("insult", INSULT))

    school.cycle()
    school.clock.move(seconds=1)
    jobs.make_due(school.services, school.services.settings.sources)
    school.cycle()

    run = school.newest_run()
    assert outcome is run.outcome
    expected = error.detail if isinstance(error, CollectError) else "a fault in this program; it was logged"
    assert expected == run.detail
    assert (["System: forum could not be checked"] if at_once else []) == school.operator_mails()
    assert 1 == len(school.findings())
    health = {source.key: source.word.value for source in jobs.examine(school.services).sources}
    assert ("not checked", "healthy") == (health["forum"], health["blog"])
    school.forum.fault = None
    school.cycle(hours=7)
    assert RunOutcome.NOTHING_NEW is school.newest_run().outcome


def test_a_refusal_after_another_fault_is_told_at_once_too(school: AtWork) -> None:
    """A key that is withdrawn while the platform has trouble is no less a matter for today."""
    school.forum.fault = lambda: SourceUnavailable("forum", "it did not answer in time")
    school.cycle()
    school.forum.fault = lambda: CredentialsRefused("forum", "the key was refused")
    school.cycle(minutes=31)

    assert ["System: forum could not be checked"] == school.operator_mails()


def test_silence_is_told_once_and_again_only_after_it_had_ended(school: AtWork) -> None:
    """Promise 2: a source not heard from for twice its interval is one mail, not one an hour."""
    down = SourceUnavailable("forum", "it did not answer in time")
    school.cycle()
    school.forum.fault = lambda: down
    for _ in range(2):
        school.cycle(minutes=29)
    assert [] == school.operator_mails()
    for _ in range(10):
        school.cycle(minutes=31)
    assert ["System: forum has not been checked"] == school.operator_mails()
    ((message, _),) = school.mail.received
    assert "Sun 22 Nov 2026, 08:00" in message.text and "it did not answer in time" in message.text

    school.forum.fault = None
    school.cycle(hours=17)
    assert school.newest_run().outcome.good
    school.forum.fault = lambda: down
    for _ in range(5):
        school.cycle(minutes=31)
    assert 2 == len(school.operator_mails())


def test_the_time_that_a_platform_asks_for_is_kept(school: AtWork) -> None:
    """R15: not one request before the moment it named."""
    school.forum.fault = lambda: RateLimited("forum", START + timedelta(hours=3))
    school.cycle()
    for _ in range(5):
        school.cycle(minutes=35)
    assert 1 == school.forum.polls
    school.forum.fault = None

    school.cycle(minutes=10)

    assert (2, RunOutcome.NOTHING_NEW) == (school.forum.polls, school.newest_run().outcome)


def test_what_a_failing_source_still_owes_comes_later(school: AtWork) -> None:
    """The cursor moves with the commit and never before it: posts made during the trouble are found."""
    school.forum.fault = lambda: SourceUnavailable("forum", "it did not answer in time")
    school.forum.post(post("insult", INSULT))
    school.cycle()
    assert [] == school.findings()
    school.forum.fault = None

    school.cycle(hours=1)

    assert 1 == len(school.findings())


# --- after a kill -----------------------------------------------------------------------------------


def forget(school: AtWork, *statements: str) -> None:
    """Take back what a kill would have kept from being committed."""
    with closing(connect(school.services.settings.storage.data / "monitor.db")) as database, database:
        for statement in statements:
            database.execute(statement)


def test_a_sealed_exhibit_without_row_is_entered_in_the_index(school: AtWork) -> None:
    """The archive is the truth, the database its index: it can be rebuilt from it."""
    school.forum.post(post("insult", INSULT))
    school.cycle()
    forget(school, "DELETE FROM exhibits", "UPDATE alerts SET finding_id = NULL", "DELETE FROM captures")

    assert 1 == jobs.recover(school.services)

    with school.services.store.transaction() as t:
        (exhibit,) = t.exhibits()
    assert ("M-2026-0001-1", 1, None) == (exhibit.exhibit_id, exhibit.sequence, exhibit.mode)
    assert 0 == jobs.recover(school.services)


def test_a_seal_whose_commit_was_lost_is_never_made_again(school: AtWork) -> None:
    """Killed between the chain entry and the commit: the capture is bound to the seal that exists, with
    the outcome that was sealed, and the page is not opened a second time."""
    school.forum.post(post("insult", INSULT))
    school.cycle()
    forget(
        school,
        "DELETE FROM exhibits",
        "UPDATE captures SET state = 'wanted', outcome = NULL, lease_until = '2026-11-22 23:00:00'",
    )

    school.cycle()

    with school.services.store.transaction() as t:
        (exhibit,) = t.exhibits()
    assert (CaptureMode.FULL, CaptureOutcome.COMPLETE) == (exhibit.mode, exhibit.outcome)
    assert 1 == len(school.browser.opened) == len(school.sealed())
    assert ["headteacher"] == school.told()


def test_what_was_sealed_before_an_edit_forbade_it_is_indexed_as_it_was_sealed(school: AtWork) -> None:
    """The index never says otherwise than the archive, also when the commit was lost and the words have
    become S2 meanwhile; and the page is not asked for again."""
    school.forum.post(post("insult", INSULT))
    school.cycle()
    forget(
        school,
        "DELETE FROM exhibits",
        "UPDATE captures SET state = 'wanted', outcome = NULL, lease_until = NULL",
    )
    school.forum.edit("insult", IMAGERY)

    school.cycle(minutes=31)

    with school.services.store.transaction() as t:
        modes = {exhibit.exhibit_id: exhibit.mode for exhibit in t.exhibits()}
    assert {"M-2026-0001-1": CaptureMode.FULL, "M-2026-0001-2": CaptureMode.WORDS} == modes
    assert modes == {name: CaptureMode(str(record["mode"])) for name, record in school.sealed().items()}
    assert 1 == len(school.browser.opened)


def test_a_capture_is_made_once_although_two_look_for_work(school: AtWork) -> None:
    """`school-monitor capture` beside the service: one capture is made by one of them."""
    beside = school.services
    cases.ask_capture(
        school.services.store,
        "https://forum.example/t/one",
        mode=CaptureMode.FULL,
        by=Office.HEADTEACHER,
        exhibit_id="H-1",
        now=school.clock(),
    )
    inside: list[int] = []

    def look_again(_url: str) -> str:
        inside.append(jobs.capture_due(beside))
        return "page"

    school.browser.trouble = look_again
    jobs.capture_now(school.services, "H-1")

    assert [0] == inside
    assert 1 == len(school.sealed())
