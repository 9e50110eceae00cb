"""What the mails say, and that they can be read on a telephone by anybody."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, sync_playwright

import monitor.alerts
from monitor.alerts.compose import OPENERS, SUBJECT_LIMIT, finding_mail, london, operator_mail
from monitor.model import Band, Message, Notice, SavedState, Told, Urgency
from tests.mail_notices import (
    ALLEGATION,
    CHILD_PART,
    COMPLAINT,
    COPIED,
    EXISTS,
    FAULT,
    FINDINGS,
    THREAT,
    WELFARE,
    every_mail,
)

ROOT = Path(__file__).parent.parent
FORBIDDEN = re.compile(r"\b(guilty|offender|breach|defamatory|harasser|criminal|troll)", re.IGNORECASE)
ADDRESS = re.compile(r"(?:https?:|mailto:|tel:|www\.|//)[^\s\"'<>]*", re.IGNORECASE)
SAFEGUARDING = {
    "welfare": WELFARE,
    "allegation": ALLEGATION,
    "child-part": CHILD_PART,
    "exists": EXISTS,
}


class _Words(HTMLParser):
    """The words of the body that a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words += data.split()


def read(html: str) -> str:
    parser = _Words()
    parser.feed(html)
    return " ".join(parser.words)


def flat(text: str) -> str:
    return " ".join(text.split())


# --- subjects ------------------------------------------------------------------------------------


def test_subjects_are_the_published_interface() -> None:
    """Product study 4.3, version 1: people filter on these lines, so a change must be meant."""
    assert {name: mail.subject for name, mail in every_mail().items()} == {
        "complaint": "Look today: possible complaint, M-0147",
        "threat": "Act now: possible threat, M-0148",
        "welfare": "Act now: safeguarding matter, M-0149",
        "allegation": "Look today: safeguarding matter, M-0150",
        "child-part": "Look today: safeguarding matter, M-0150",
        "exists": "For information: safeguarding matter, M-0149",
        "copied": "Look today: possible complaint, M-0151",
        "fault": "System: Instagram not checked since Fri 20 Nov",
    }


def test_every_shipped_category_fits_a_subject() -> None:
    """Under 50 characters, a fixed opener, no exclamation mark, the reference whole."""
    data = tomllib.loads((ROOT / "config" / "policy.toml").read_text(encoding="utf-8"))
    for row in data["categories"].values():
        notice = replace(
            COMPLAINT,
            reference="M-2026-10147",
            category_label=row["label"],
            urgency=Urgency(row["urgency"]),
            safeguarding=row.get("safeguarding", False),
        )
        subject = finding_mail(notice).subject
        opener, _, rest = subject.partition(": ")
        assert len(subject) <= SUBJECT_LIMIT < 50
        assert opener in OPENERS
        assert rest.endswith(", M-10147")
        assert "!" not in subject
        assert not re.search(r"\b(of|about|naming|to|our|own|with|in|a), M-", subject), subject


def test_only_act_now_is_marked_important() -> None:
    """Product study 4.6: it keeps its meaning."""
    important = {name for name, mail in every_mail().items() if mail.importance == "high"}
    assert important == {"threat", "welfare"}


# --- words ---------------------------------------------------------------------------------------


def test_nothing_says_what_only_a_court_could() -> None:
    """R11, in every template, in the fixed wording and in what is rendered of them."""
    package = Path(monitor.alerts.__file__).parent
    sources = [*package.glob("templates/*.j2"), package / "compose.py"]
    assert len(sources) == 3
    for source in sources:
        assert not FORBIDDEN.search(source.read_text(encoding="utf-8")), source.name
    for name, mail in every_mail().items():
        assert not FORBIDDEN.search(mail.subject + mail.text + mail.html), name


def test_the_only_address_in_a_mail_is_its_link() -> None:
    """R55: not a post's address, no remote content, no attachment, nothing to load."""
    for name, mail in every_mail().items():
        link = FINDINGS[name].link if name in FINDINGS else ""
        assert set(ADDRESS.findall(mail.text)) == ({link} if link else set()), name
        assert ADDRESS.findall(mail.html) == ([link] if link else []), name
        assert not re.search(
            r"<(img|script|link|iframe|form|video|object)\b|url\(|@import|\bon\w+=", mail.html
        )


def test_the_text_part_is_complete() -> None:
    """Product study 4.5: every word of the HTML stands in the text as well."""
    for name, mail in every_mail().items():
        text = flat(mail.text).casefold()
        missing = [word for word in read(mail.html).casefold().split() if word not in text]
        assert missing == [], name
        assert max(map(len, mail.text.splitlines())) <= 78, name


def test_a_mail_says_all_that_a_bare_mail_may() -> None:
    """DOMAIN.md, Bare: reference, category, platform, times, why, how sure, saved, who else, what next."""
    text = flat(finding_mail(THREAT).text)
    for words in (
        "Practice: this mail was not sent.",
        "Possible threat",
        "public post on Reddit",
        "Reference: M-2026-0148",
        "Posted: Sun 22 Nov 2026, 08:14 GMT",
        "Found: Sun 22 Nov 2026, 08:31 GMT",
        "Saved: Not yet. The copy is still being made.",
        "Why: One name from the staff list, near the school's name.",
        "How sure: Very sure.",
        "Also told: Designated Safeguarding Lead; On call",
        "Decide now whether to call 999 or 101.",
        "Ask the network manager to open it with you",
        "If anyone may be in danger now, call 999.",
        "Littleover Community School",
    ):
        assert words in text, words
    assert "Practice" not in finding_mail(COMPLAINT).text
    own = finding_mail(replace(THREAT, emergency="Ring 999 first.")).text
    assert "Ring 999 first." in own
    assert "call 999." not in own


def test_what_is_missing_from_a_saved_page_is_named() -> None:
    """Promise 3: partial never looks complete."""
    text = flat(finding_mail(COPIED).text)
    assert "Saved: In part, 08:33 GMT. Missing: the replies below the post; two pictures." in text
    for state in SavedState:
        saved = flat(finding_mail(replace(COMPLAINT, saved=state, missing=())).text)
        assert ("Complete" in saved) == (state is SavedState.COMPLETE)


def test_times_are_those_of_the_school_on_both_sides_of_a_clock_change() -> None:
    """Europe/London with the zone said: half past one happens twice on 25 October 2026."""
    assert london(datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == "Sun 25 Oct 2026, 01:30 BST"
    assert london(datetime(2026, 10, 25, 1, 30, tzinfo=UTC)) == "Sun 25 Oct 2026, 01:30 GMT"
    assert london(datetime(2026, 3, 29, 1, 0, tzinfo=UTC)) == "Sun 29 Mar 2026, 02:00 BST"


# --- safeguarding --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAFEGUARDING)
def test_a_safeguarding_mail_says_only_that(name: str) -> None:
    """R56: neither category, platform, reasons, category's advice nor how sure; 999 always."""
    notice = SAFEGUARDING[name]
    mail = finding_mail(notice)
    content = flat(mail.subject + mail.text) + read(mail.html)
    for field in (notice.category_label, notice.platform_label, notice.why, notice.next_step):
        assert field.casefold() not in content.casefold(), field
    assert "How sure" not in content
    assert "safeguarding matter" in content.casefold()
    assert "call 999" in content
    assert ("0808 800 5000" in content) == (notice.part is not Told.NOTICE)


def test_only_who_handles_an_allegation_hears_that_it_is_one() -> None:
    """R60: the case manager's prompts come first; the child's part and the notice have none."""
    handled = finding_mail(ALLEGATION).text
    assert "Do not investigate." in handled
    assert handled.index("Do not investigate.") < handled.index("HOW TO SEE IT")
    for part in (Told.CHILD_WELFARE, Told.NOTICE):
        other = finding_mail(replace(ALLEGATION, part=part))
        assert "investigate" not in other.text + other.html
        assert "LADO directly" not in other.text + other.html


@pytest.mark.parametrize("part", [Told.CHILD_WELFARE, Told.NOTICE])
def test_who_may_not_open_a_matter_is_shown_no_way_in(part: Told) -> None:
    """R53: no link and no advice on opening, even if the notice carries a link."""
    mail = finding_mail(replace(ALLEGATION, part=part, link="https://watch.littleover.example/m/1"))
    assert "watch.littleover.example" not in mail.text + mail.html
    assert "network manager" not in mail.text


def test_an_ordinary_mail_marked_safeguarding_for_one_reader_stays_bare_for_all() -> None:
    """A notice part is safeguarding wording even when the flag was not set."""
    mail = finding_mail(replace(COMPLAINT, part=Told.NOTICE))
    assert COMPLAINT.category_label not in (mail.subject + mail.text).casefold()


def test_operator_mail_says_the_fault_and_the_mend() -> None:
    """Promise 2: no content, no category; what is wrong, since when, what to do."""
    mail = operator_mail(FAULT)
    assert "Instagram not checked since Fri 20 Nov" in mail.text
    assert "Tried since" in mail.text
    assert "Switch this source off" in flat(mail.text)
    assert mail.importance == "normal"


# --- anything else -------------------------------------------------------------------------------

_WORDS = st.text(alphabet="abc <&>\"'{}%\n-#é", min_size=1, max_size=60)


_TAGS = re.compile(r"<(/?\w+)")


@settings(max_examples=60, deadline=None)
@given(
    label=_WORDS,
    why=_WORDS,
    step=_WORDS,
    told=st.lists(_WORDS, max_size=3),
    urgency=st.sampled_from(Urgency),
    part=st.sampled_from(Told),
    saved=st.sampled_from(SavedState),
    band=st.sampled_from(Band),
)
def test_no_field_can_break_the_page_or_the_subject(
    label: str,
    why: str,
    step: str,
    told: list[str],
    urgency: Urgency,
    part: Told,
    saved: SavedState,
    band: Band,
) -> None:
    """A field is words: never markup, never a template, never a second line of the subject."""
    notice = replace(
        COMPLAINT,
        category_label=label,
        why=why,
        next_step=step,
        others_told=tuple(told),
        urgency=urgency,
        part=part,
        saved=saved,
        band=band,
    )
    mail = finding_mail(notice)
    assert set(_TAGS.findall(mail.html)) <= set(_TAGS.findall(finding_mail(COMPLAINT).html)) | {
        "ul",
        "/ul",
        "li",
        "/li",
    }
    assert len(mail.subject) <= SUBJECT_LIMIT
    assert mail.subject.isprintable()


def test_a_notice_has_no_room_for_what_must_not_be_said() -> None:
    """R55: whoever adds a field for text, author or a post's address must change this list first."""
    assert {field.name for field in fields(Notice)} == {
        *("reference", "school", "category_label", "urgency", "part", "recipient_label"),
        *("platform_label", "posted_at", "found_at", "saved", "saved_at", "why", "band"),
        *("others_told", "next_step", "safeguarding", "practice", "prompts", "contacts", "link", "missing"),
        "emergency",
    }


# --- looks ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_mail_is_accessible(browser: Browser, scheme: Any, width: int) -> None:
    """WCAG 2.2 by axe with contrast 7:1, on a telephone and a desk, in both colour schemes."""
    page = browser.new_page(viewport={"width": width, "height": 780}, color_scheme=scheme)
    rules = {"rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}}}
    for name, mail in every_mail().items():
        page.set_content(mail.html)
        found = Axe().run(page, options=rules)
        assert [problem["id"] for problem in found.response["violations"]] == [], name
        checked = {rule["id"] for rule in found.response["passes"]}
        assert {"color-contrast-enhanced", "region", "html-has-lang"} <= checked
    page.close()


def test_nothing_lies_outside_the_smallest_telephone(browser: Browser) -> None:
    """At 320 pixels nothing is cut off, body text is 18 px, and the button is large enough to hit."""
    page = browser.new_page(viewport={"width": 320, "height": 640})
    for name, mail in _with_a_long_word().items():
        page.set_content(mail.html)
        outside = page.evaluate(
            """() => [...document.body.querySelectorAll('*')]
                .filter(e => e.getBoundingClientRect().right > 320.5).map(e => e.outerHTML)"""
        )
        assert outside == [], name
        assert page.evaluate("getComputedStyle(document.querySelector('p')).fontSize") == "18px"
    page.set_content(finding_mail(COPIED).html)
    box = page.get_by_role("link", name="Open securely").bounding_box()
    assert box is not None
    assert min(box["height"], box["width"]) >= 44
    page.close()


def test_when_it_matters_the_emergency_line_is_on_the_first_screen(browser: Browser) -> None:
    """On a telephone of 390 by 780 nobody scrolls to read "call 999" in a mail that says act now."""
    page = browser.new_page(viewport={"width": 390, "height": 780})
    for notice in (THREAT, replace(THREAT, link=COPIED.link), WELFARE):
        page.set_content(finding_mail(notice).html)
        box = page.locator(".emergency").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 400
        if notice.link:
            button = page.get_by_role("link", name="Open securely").bounding_box()
            assert button is not None
            assert button["y"] + button["height"] < 500
    page.close()


def _with_a_long_word() -> dict[str, Message]:
    return every_mail() | {"long": finding_mail(replace(COMPLAINT, platform_label="w" * 80))}
