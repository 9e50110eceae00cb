"""The papers of a pack: who may hold what, redaction, PDF/A, HTML that runs nothing, drafts left unsigned."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import font_source_serif_pro  # type: ignore[import-untyped]  # ships none
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from playwright.sync_api import Browser, sync_playwright
from pypdf import PdfReader

from monitor.browser import find_browser
from monitor.model import CaptureMode, CaptureOutcome, Office, StepOutcome
from monitor.papers.audiences import PaperRefused, Share, holdings
from monitor.papers.facts import (
    ActionFacts,
    Audience,
    CaseFacts,
    CheckpointFacts,
    Clause,
    ComplaintFacts,
    Cover,
    CustodyFacts,
    EarliestKnown,
    ExhibitFacts,
    FileFacts,
    LawNote,
    LinkedIncident,
    Matter,
    Mention,
    NotCaptured,
    Origin,
    PictureFacts,
    PlatformReport,
    SealFacts,
    StepFacts,
    TokenFacts,
)
from monitor.papers.legible import shown
from monitor.papers.make import Papers, make
from monitor.papers.masking import mask
from monitor.papers.pdf import pdf
from monitor.papers.pictures import OVERLAP, chunks, parts, redact
from monitor.papers.searching import WordsRemain, search
from monitor.papers.views import one_year_after, views
from monitor.pictures import PictureReader
from tests.checkers import checker

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
CAPTURED = datetime(2026, 6, 3, 18, 31, 5, tzinfo=UTC)
POST = (
    "Tamsin Quillfeather at LCS has no idea how to teach. My neighbour Oswin Thackerbury says the same"
    " and so does @thackers_dad \U0001f600"
)
NEIGHBOUR = "Oswin Thackerbury"


def drawn(*lines: str, width: int = 900, height: int = 700) -> bytes:
    """A picture with these lines of writing, from the top."""
    image = Image.new("RGB", (width, height), "white")
    font = ImageFont.truetype(font_source_serif_pro.SourceSerifProSemibold, 40)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((30, 30 + 90 * number), line, "black", font=font)
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def mention(words: str, name: str, what: str, *, concerned: bool = False) -> Mention:
    """Where the name stands in the words."""
    start = words.index(name)
    return Mention(start, start + len(name), what, concerned)


def picture(content: bytes | None = None, *, checked: bool = True, cover: bool = True) -> PictureFacts:
    """The picture of a post that names two people, the second covered."""
    return PictureFacts(
        path="data/shots/page.png",
        content=content or drawn("Tamsin Quillfeather has no idea", "says Oswin Thackerbury"),
        caption="The whole page",
        covers=(Cover(20, 110, 600, 80, "a neighbour's name", (NEIGHBOUR,)),) if cover else (),
        checked_by=Office.HEADTEACHER if checked else None,
    )


def exhibit(reference: str = "20260603-a1b2c3", **more: object) -> ExhibitFacts:
    """A capture of a post about a teacher that names a neighbour too."""
    facts = ExhibitFacts(
        reference=reference,
        finding="M-2026-0042",
        matter=Matter.ORDINARY,
        mode=CaptureMode.FULL,
        outcome=CaptureOutcome.PARTIAL,
        requested_url="https://forum.example/t/4711#p3",
        final_url="https://forum.example/t/4711",
        captured_at=CAPTURED,
        platform="forum.example",
        words=POST,
        handled_by=(Office.HEADTEACHER,),
        seal=SealFacts(12, CAPTURED + timedelta(seconds=9), "ab" * 32, "cd" * 32),
        label="AB/1",
        post_id="4711-3",
        title="Moaning corner",
        author="grumbler77",
        posted_at=CAPTURED - timedelta(hours=5),
        posted_at_shown="today, 14:31",
        audience_shown="34 comments",
        collected_at=CAPTURED - timedelta(minutes=3),
        steps=(
            StepFacts("load", StepOutcome.DONE, CAPTURED),
            StepFacts("picture", StepOutcome.DONE, CAPTURED + timedelta(seconds=2)),
            StepFacts("resources", StepOutcome.PARTIAL, CAPTURED, "1 of 14 did not load"),
        ),
        missing=("1 picture did not load: the server answered 404",),
        http_status=200,
        server_address="203.0.113.7",
        clock_offset_s=0.4,
        tool="School Monitor 0.1.0",
        browser="Chromium 156.0.8078.79",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) SchoolMonitor/0.1",
        files=(
            FileFacts("data/record.json", "01" * 32, 4_182),
            FileFacts("data/shots/page.png", "23" * 32, 1_200_000),
        ),
        pictures=(picture(),),
        mentions=(
            mention(POST, "Tamsin Quillfeather", "a member of staff", concerned=True),
            mention(POST, NEIGHBOUR, "another person"),
            mention(POST, "@thackers_dad", "a handle"),
        ),
        checkpoint=CheckpointFacts(
            3,
            CAPTURED + timedelta(minutes=1),
            40,
            "ef" * 32,
            "0123456789abcdef",
            (TokenFacts("tsa.example", CAPTURED + timedelta(minutes=1, seconds=2), "45" * 32),),
        ),
        custody=(
            CustodyFacts(CAPTURED + timedelta(seconds=9), "sealed by the program", 12),
            CustodyFacts(CAPTURED + timedelta(hours=14), "seen by the Headteacher", 57),
        ),
    )
    return replace(facts, **more)  # type: ignore[arg-type]  # the builder's callers name real fields


def suppressed(**more: object) -> ExhibitFacts:
    """A matter of which only the words were kept, for the Designated Safeguarding Lead alone."""
    words = "has anyone got the pictures of Perpetua Winterbourne from the trip"
    return exhibit(
        "20260604-d4e5f6",
        **{
            "finding": "M-2026-0043",
            "matter": Matter.SUPPRESSED,
            "mode": CaptureMode.WORDS,
            "requested_url": "https://forum.example/t/4800",
            "final_url": "",
            "captured_at": CAPTURED + timedelta(days=1),
            "words": words,
            "handled_by": (Office.DSL, Office.DEPUTY_DSL),
            "label": "",
            "author": "seeker_9",
            "pictures": (),
            "mentions": (mention(words, "Perpetua Winterbourne", "a pupil", concerned=True),),
        }
        | more,
    )


def case(*exhibits: ExhibitFacts, **more: object) -> CaseFacts:
    """A case of the Headteacher's with everything filled in."""
    facts = CaseFacts(
        reference="C-2026-0007",
        school="Littleover Community School",
        title="Posts about a teacher, June 2026",
        opened_at=CAPTURED + timedelta(days=1),
        owner=Office.HEADTEACHER,
        purpose="To protect staff",
        exported_by=Office.HEADTEACHER,
        export_reason="Asked for by the adviser on 20 November",
        exhibits=exhibits or (exhibit(),),
        actions=(
            ActionFacts(
                CAPTURED + timedelta(days=2), Office.HEADTEACHER, "Spoke to the teacher; offered support."
            ),
            ActionFacts(
                CAPTURED + timedelta(days=3), Office.HEADTEACHER, "Reported the post to the forum.", True
            ),
        ),
        not_captured=(
            NotCaptured(
                "M-2026-0050",
                "videos.example",
                CAPTURED + timedelta(days=4),
                "media not captured: videos are never saved",
                "https://videos.example/v/9",
            ),
        ),
        linked=(LinkedIncident("M-2026-0031", CAPTURED - timedelta(days=40), "forum.example"),),
        clauses=(Clause("8", "Inappropriate references to the School or staff"), Clause("9", "Complaints")),
        laws=(LawNote("Protection from Harassment Act 1997", "At least two occasions.", "2026-11-22"),),
        earliest=EarliestKnown(date(2026, 6, 3), "the time that the platform states for AB/1"),
        contact="Office of the Headteacher, telephone 01632 960123",
        hold_since=CAPTURED + timedelta(days=1),
        platform_report=PlatformReport("Harassment", "The post singles out one person with insults."),
        complaint=ComplaintFacts(
            "https://littleover.example/complaints",
            "Stage 1, informal",
            (("Stage 1 answered", date(2026, 6, 20)),),
        ),
        custody=(CustodyFacts(NOW, "this pack was made for the Headteacher"),),
    )
    return replace(facts, **more)  # type: ignore[arg-type]  # the builder's callers name real fields


@cache
def papers(audience: Audience) -> Papers:
    """The papers of the usual case, with a suppressed matter in it, for one reader; made once."""
    return make(case(exhibit(), suppressed()), audience, made_at=NOW)


def text_of(content: bytes) -> str:
    """The text of a PDF on one line, as any reading program finds it."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def everything(made: Papers) -> str:
    """Every word that a reader of these papers can come by, names of files included."""
    found = [*made.files, *made.derived, *made.left_out]
    for path, content in made.files.items():
        found.append(text_of(content) if path.endswith(".pdf") else content.decode("utf-8"))
    return "\n".join(found)


# --- who may hold what ------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", Audience)
def test_every_reader_has_a_row_that_protects_what_must_be_protected(audience: Audience) -> None:
    """R98; DOMAIN.md on S2 and A9: no picture, no words but by their route."""
    holding = holdings()[audience]
    assert holding.shares[Matter.SUPPRESSED] in (Share.ROUTE, Share.REFERENCE, Share.NOTHING)
    allowed = {Audience.POLICE, Audience.SOLICITOR}
    assert (holding.shares[Matter.ALLEGATION] is not Share.REFUSED) is (audience in allowed)
    templates = Path("monitor/papers/templates/cover")
    apart = {"custody", "sheets", "uco"}
    assert all((templates / f"{part}.html.j2").exists() for part in set(holding.parts) - apart)


@pytest.mark.parametrize(
    "audience", [each for each in Audience if each not in (Audience.POLICE, Audience.SOLICITOR)]
)
def test_an_allegation_is_exported_for_police_and_solicitor_only(audience: Audience) -> None:
    """R98: whoever asks for another pack is told who may have it."""
    with pytest.raises(PaperRefused, match="solicitor or police"):
        make(case(exhibit(matter=Matter.ALLEGATION)), audience, made_at=NOW)


def test_an_allegation_carries_the_warning_on_every_sheet() -> None:
    """R98: do not repeat a name."""
    made = make(case(exhibit(matter=Matter.ALLEGATION)), Audience.POLICE, made_at=NOW)
    for name in ("cover.pdf", "exhibits/AB-1.pdf"):
        assert "sections 141F and 141G" in text_of(made.files[name])


def test_the_school_holds_everything_of_the_case() -> None:
    """Both exhibits are named; the suppressed one keeps its words from an office that does not handle it."""
    made = papers(Audience.SCHOOL)
    assert ("20260603-a1b2c3", "20260604-d4e5f6") == made.exhibits
    assert ("20260603-a1b2c3",) == made.originals
    read = everything(made)
    assert NEIGHBOUR in read and "grumbler77" in read and "Spoke to the teacher" in read
    assert "statement-criminal-unsigned-draft.pdf" in made.files
    assert "statement-civil-unsigned-draft.pdf" in made.files


def test_governors_find_nobody_whom_the_case_is_not_about() -> None:
    """Names, handles, addresses and the suppressed words are in no file, attribute or file name."""
    made = papers(Audience.GOVERNORS)
    read = everything(made)
    hidden = ("Thackerbury", "thackers_dad", "grumbler77", "seeker_9", "Winterbourne", "forum.example/t")
    assert [] == [word for word in hidden if word.casefold() in read.casefold()]
    assert "Tamsin Quillfeather" in read and "[another person]" in read and "[a handle]" in read
    assert () == made.originals
    assert "case-uco.jsonld" not in made.files


def test_no_picture_of_a_pupil_goes_to_governors() -> None:
    """A checked picture of an ordinary matter goes as a redacted copy; one of a pupil matter never does."""
    assert ["AB-1-1.png"] == list(papers(Audience.GOVERNORS).derived)
    made = make(case(exhibit(matter=Matter.PUPIL)), Audience.GOVERNORS, made_at=NOW)
    assert {} == dict(made.derived)
    assert b"data:image" not in b"".join(made.files.values())
    assert any("a pupil is concerned" in line for line in made.left_out)


def test_a_picture_that_nobody_looked_at_goes_to_no_redacted_pack() -> None:
    """A machine cannot see whether it shows a pupil; the list of what was left out says so."""
    made = make(case(exhibit(pictures=(picture(checked=False),))), Audience.HR, made_at=NOW)
    assert {} == dict(made.derived)
    assert any("nobody has checked" in line for line in made.left_out)


def test_hr_gets_facts_clauses_and_what_is_not_known_and_no_data_of_others() -> None:
    """R106."""
    made = papers(Audience.HR)
    cover = text_of(made.files["cover.pdf"])
    for words in (
        "grumbler77",
        "Section 8: Inappropriate references",
        "Who wrote the posts",
        "Privacy settings",
    ):
        assert words in cover
    assert "Thackerbury" not in everything(made) and "Winterbourne" not in everything(made)


def test_the_solicitor_gets_the_chronology_and_the_one_year_date() -> None:
    """R96, R107: earliest known, one year on, who would claim, steps taken, how to check."""
    cover = text_of(papers(Audience.SOLICITOR).files["cover.pdf"])
    for words in (
        "Earliest known publication Wednesday 3 June 2026",
        "Thursday 3 June 2027",
        "Limitation Act 1980, section 4A",
        "claimant would normally be the individual",
        "Reported the post to the forum",
        "VERIFY.md",
    ):
        assert words in cover
    assert cover.index("posted, as the platform states") < cover.index("captured, in part")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 6, 3), date(2027, 6, 3)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2027, 2, 28), date(2028, 2, 28)),
    ],
)
def test_the_year_of_a_leap_day_ends_on_the_safe_side(first: date, last: date) -> None:
    """R96: nobody is a day late because of 29 February."""
    assert last == one_year_after(first)


def test_the_police_pack_begins_with_one_page_and_holds_what_r108_asks_for() -> None:
    """R108, R81."""
    made = papers(Audience.POLICE)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(made.files["cover.pdf"])).pages]
    assert "C-2026-0007" in pages[0] and "Contact for disclosure" not in pages[0]
    assert pages[1].startswith("Contact for disclosure")
    cover = text_of(made.files["cover.pdf"])
    for words in (
        "telephone 01632 960123",
        "https://forum.example/t/4711",
        "grumbler77",
        "4711-3",
        "Wed 3 June 2026, 19:31:05 BST",
        "2026-06-03 18:31:05 UTC",
        "ab" * 32,
        "M-2026-0031",
        "media not captured: videos are never saved",
        "Legal hold since",
    ):
        assert words in cover or words in cover.replace(" ", ""), words
    assert "seen by the Headteacher" in text_of(made.files["custody.pdf"])
    assert "statement-criminal-unsigned-draft.pdf" in made.files


def test_police_papers_without_a_legal_hold_say_so() -> None:
    """R108: nobody reads "nothing was deleted" where nothing prevents it."""
    cover = make(case(hold_since=None), Audience.POLICE, made_at=NOW).files["cover.html"].decode()
    assert "There is no legal hold on this case" in cover and "Legal hold since" not in cover


def test_a_platform_learns_the_post_and_the_rule_and_nothing_of_the_case() -> None:
    """R109: no history, no title, no name of the register."""
    made = papers(Audience.PLATFORM)
    assert {"report.html", "report.pdf"} == set(made.files)
    report = text_of(made.files["report.pdf"])
    assert "https://forum.example/t/4711" in report and "4711-3" in report and "Harassment" in report
    for word in ("Quillfeather", "Thackerbury", "Posts about a teacher", "Spoke to", "4800", "sealed"):
        assert word not in everything(made)


def test_a_platform_report_that_names_somebody_is_not_made() -> None:
    """R109: the reason is typed by a person, so it is searched as well."""
    named = PlatformReport("Harassment", "It insults our teacher Tamsin Quillfeather.")
    with pytest.raises(WordsRemain, match="the rule and the reason"):
        make(case(platform_report=named), Audience.PLATFORM, made_at=NOW)
    with pytest.raises(PaperRefused, match="type both"):
        make(case(platform_report=None), Audience.PLATFORM, made_at=NOW)


def test_the_complaint_pack_holds_what_was_said_and_where_the_complaint_stands() -> None:
    """R111: nothing about other families, no decisions, no protected matter."""
    made = papers(Audience.COMPLAINT)
    said = text_of(made.files["complaint.pdf"])
    for words in (
        "Tamsin Quillfeather at LCS",
        "littleover.example/complaints",
        "Stage 1, informal",
        "20 June 2026",
    ):
        assert words in said
    for word in ("Thackerbury", "Spoke to the teacher", "M-2026-0043", "20260604", "Winterbourne"):
        assert word not in everything(made)
    assert ("20260603-a1b2c3",) == made.exhibits


@pytest.mark.parametrize(("by", "readable"), [(Office.HEADTEACHER, False), (Office.DSL, True)])
def test_suppressed_words_leave_through_their_own_office_only(by: Office, readable: bool) -> None:
    """S2, A9: the words go to the police when an office of the route sends them, and to nobody else."""
    made = make(case(suppressed(), exported_by=by), Audience.POLICE, made_at=NOW)
    assert readable is ("Perpetua Winterbourne" in everything(made))
    assert readable is ("20260604-d4e5f6" in made.originals)


@pytest.mark.parametrize("audience", Audience)
def test_a_picture_of_a_suppressed_matter_goes_nowhere(audience: Audience) -> None:
    """Also when a page was opened before anybody knew: no picture, and not the folder that holds it."""
    late = suppressed(mode=CaptureMode.FULL, pictures=(picture(cover=False),))
    (view,) = views(case(late, exported_by=Office.DSL), audience)
    assert () == view.pictures and not view.shared.original
    if audience is Audience.POLICE:
        made = make(case(late, exported_by=Office.DSL), audience, made_at=NOW)
        assert {} == dict(made.derived) and b"data:image" not in b"".join(made.files.values())


def test_what_was_handed_in_is_never_produced_as_a_capture() -> None:
    """R104: a badge on the cover and on its sheet, and not in the draft statement."""
    handed_in = exhibit(
        "20260605-0f0f0f", origin=Origin.SUPPLIED, supplied_by="a parent, by hand", label="AB/2", author=""
    )
    made = make(case(exhibit(), handed_in), Audience.POLICE, made_at=NOW)
    assert "AB/2 handed in, not captured by this system" in text_of(made.files["cover.pdf"])
    assert "Handed in, not captured by this system" in text_of(made.files["exhibits/AB-2.pdf"])
    statement = text_of(made.files["statement-criminal-unsigned-draft.pdf"])
    assert "AB/1" in statement and "AB/2" not in statement


@pytest.mark.parametrize("label", ["Quillfeather/1", "ab/1", "AB1", "AB/", "/1", "AB/x"])
def test_a_label_is_initials_and_a_number(label: str) -> None:
    """R80."""
    if label == "Quillfeather/1":
        label = "quillfeather/1"
    with pytest.raises(PaperRefused, match="AB/1"):
        make(case(exhibit(label=label)), Audience.SCHOOL, made_at=NOW)


def test_two_exhibits_cannot_bear_one_label() -> None:
    """R80."""
    with pytest.raises(PaperRefused, match="two exhibits bear the label AB/1"):
        make(case(exhibit(), exhibit("20260609-999999")), Audience.SCHOOL, made_at=NOW)


# --- redaction --------------------------------------------------------------------------------------


def test_a_redacted_picture_is_new_pixels_and_nothing_else() -> None:
    """R78: black where it was covered, unchanged elsewhere, no chunk in which a name could stay."""
    marked = Image.open(io.BytesIO(picture().content))
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", f"shows {NEIGHBOUR}")
    written = io.BytesIO()
    marked.save(written, "PNG", pnginfo=note, dpi=(300, 300))
    original = picture(written.getvalue())
    copy = redact(original)
    assert {b"IHDR", b"IDAT", b"IEND"} == {kind for kind, _ in chunks(copy)}
    before, after = Image.open(io.BytesIO(original.content)), Image.open(io.BytesIO(copy))
    assert before.size == after.size and {} == after.info
    assert [(1, (0, 0, 0))] == [
        (1, colour) for _, colour in after.crop((20, 110, 620, 190)).getcolors() or []
    ]
    for rest in ((0, 0, 900, 110), (0, 190, 900, 700), (620, 0, 900, 700)):
        assert before.crop(rest).tobytes() == after.crop(rest).tobytes()
    assert b"Thackerbury" in original.content and b"Thackerbury" not in copy


def test_a_cover_beside_the_picture_is_a_mistake_that_is_told() -> None:
    """A box that covers nothing would look like a redaction."""
    with pytest.raises(PaperRefused, match="outside the picture"):
        redact(replace(picture(), covers=(Cover(5_000, 10, 20, 20, "a name"),)))


def test_a_derived_copy_names_its_parent_and_its_changes() -> None:
    """R78: the parent's digest and every box, in words that repeat nothing."""
    copy = papers(Audience.GOVERNORS).derived["AB-1-1.png"]
    assert ("20260603-a1b2c3", "data/shots/page.png") == (copy.exhibit, copy.original)
    assert hashlib.sha256(picture().content).hexdigest() == copy.original_sha256
    assert "600 by 80 pixels at column 20, row 110 painted black: a neighbour's name" in copy.changes
    cover = text_of(papers(Audience.GOVERNORS).files["cover.pdf"])
    assert "600 by 80 pixels at column 20, row 110 painted black" in cover
    assert "not read again by a machine" in cover


LEAKS: dict[str, tuple[Callable[[], CaseFacts], str]] = {
    "typed title": (lambda: case(title=f"Posts about {NEIGHBOUR}"), r"cover.pdf, page 1"),
    "other case": (lambda: case(purpose="oswin\nTHACKERBURY"), r"cover.html"),
    "reason of a cover": (
        lambda: case(
            exhibit(pictures=(replace(picture(), covers=(Cover(0, 0, 9, 9, f"hides {NEIGHBOUR}"),)),))
        ),
        r"the list of changes",
    ),
    "twice in the words": (
        lambda: case(exhibit(words=f"{POST} #OswinThackerbury")),
        r"exhibits/AB-1.pdf, page 1",
    ),
    "caption": (
        lambda: case(exhibit(pictures=(replace(picture(), caption=f"With {NEIGHBOUR}"),))),
        r"AB-1.html",
    ),
    "name of a file": (lambda: case(exhibit("20260603-grumbler77", label="")), r"the name of exhibits"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_masked_word_that_stands_elsewhere_stops_the_export(leak: str) -> None:
    """R78: searched afterwards; the message says where and does not repeat the word."""
    build, where = LEAKS[leak]
    with pytest.raises(WordsRemain, match=where) as caught:
        make(build(), Audience.GOVERNORS, made_at=NOW)
    assert "thackerbury" not in str(caught.value).casefold()


def of_may(extra: str = "", **more: object) -> CaseFacts:
    """A post made in May that names a neighbour who is called so, and a picture that nobody looked at."""
    words = f"Tamsin Quillfeather is as useless as May from next door.{extra}"
    return case(
        exhibit(
            words=words,
            pictures=(picture(checked=False),),
            mentions=(mention(words, "May", "another person"),),
            captured_at=datetime(2026, 5, 3, 9, 0, tzinfo=UTC),
            posted_at=datetime(2026, 5, 2, 9, 0, tzinfo=UTC),
        ),
        **more,
    )


def test_a_masked_name_that_is_an_ordinary_word_is_told_from_the_papers_own_words() -> None:
    """The month and "may show other people" are no leak, and the name is masked."""
    made = make(of_may(), Audience.GOVERNORS, made_at=NOW)
    cover = made.files["cover.html"].decode()
    assert "May 2026" in cover
    assert "since they may show other people" in cover
    assert "as useless as [another person] from next door" in made.files["exhibits/AB-1.html"].decode()


@pytest.mark.parametrize(
    "leaky",
    [
        lambda: of_may(" Ask May."),
        lambda: of_may(" Ask \uff2d\uff41\uff59."),
        lambda: of_may(" #m.a.y"),
        lambda: of_may(title="Posts about may"),
        lambda: of_may(purpose="what M-A-Y said"),
        lambda: of_may(reference="C-May-0007"),
    ],
    ids=["words", "wide letters", "hidden letters", "title", "purpose", "reference"],
)
def test_a_masked_name_that_is_an_ordinary_word_is_still_found_in_words_from_outside(
    leaky: Callable[[], CaseFacts],
) -> None:
    """One time more than the papers say it themselves is a leak."""
    with pytest.raises(WordsRemain, match=r"html"):
        make(leaky(), Audience.GOVERNORS, made_at=NOW)


def test_records_that_name_somebody_masked_are_left_out_by_themselves() -> None:
    """An address or a note of an action cannot be typed again, so it gives way and says so."""
    slug = exhibit(requested_url="https://forum.example/oswin-thackerbury", final_url="")
    spoke = ActionFacts(CAPTURED, Office.HEADTEACHER, f"Rang {NEIGHBOUR}.")
    made = make(case(slug, actions=(spoke,)), Audience.HR, made_at=NOW)
    assert "thackerbury" not in everything(made).casefold()
    assert 2 <= everything(made).count("it names somebody who is masked")


def test_the_sheet_names_the_frame_that_the_words_stand_in() -> None:
    """For readers who get addresses; the others learn as little of it as of the page's own."""
    framed = exhibit(frames=("https://comments.example/threads/17",))
    made = make(case(framed), Audience.SOLICITOR, made_at=NOW)
    assert "comments.example/threads/17" in everything(made)
    made = make(case(framed), Audience.GOVERNORS, made_at=NOW)
    assert "comments.example" not in everything(made)


def test_words_in_a_redacted_picture_are_found_by_reading_it() -> None:
    """The real reader, where it is installed: the cover holds, and a picture without it does not pass."""
    pytest.importorskip("rapidocr", reason="the extra `pictures` is not installed")
    with PictureReader() as reader:

        def read(content: bytes) -> str:
            return reader.read(content, suppressed=lambda text: None).text

        made = make(case(), Audience.GOVERNORS, made_at=NOW, read_picture=read)
        assert "were read again by a machine, and no masked word was found" in text_of(
            made.files["cover.pdf"]
        )
        forgotten = exhibit(pictures=(picture(cover=False),))
        with pytest.raises(WordsRemain, match=r"derived/AB-1-1.png, as a picture"):
            make(case(forgotten), Audience.GOVERNORS, made_at=NOW, read_picture=read)


@pytest.mark.parametrize(
    ("text", "removed", "found"),
    [
        ("OSWIN-\nthacker bury", NEIGHBOUR, True),
        ("\uff2f\uff53\uff57\uff49\uff4e Thackerbury", NEIGHBOUR, True),
        ("#oswinthackerbury2026", NEIGHBOUR, True),
        ("Oswin and Mrs Thackerbury", NEIGHBOUR, False),
        ("Mr Li came", "Mr Li", True),
        ("Mr Liptrot came", "Mr Li", False),
        ("seen by the Deputy Headteacher", "the deputy head teacher", False),
        ("nothing", "?", False),
    ],
)
def test_the_search_sees_through_spelling_and_raises_no_false_alarm(
    text: str, removed: str, found: bool
) -> None:
    """Case, width, breaks and joins make no difference; a short name counts where it stands alone."""
    files = {"a.html": f"<p>{text}</p>".encode(), "b.json": b"{}"}
    if found:
        with pytest.raises(WordsRemain, match=r"a\.html"):
            search(files, (removed,))
    else:
        search(files, (removed,))


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 70), st.integers(0, 30)), max_size=6))
def test_masking_takes_out_every_character_of_every_mention(words: str, spans: list[tuple[int, int]]) -> None:
    """Overlaps and ends beyond the text included: what stays is what lay outside all of them."""
    mentions = [Mention(start, start + length, "x") for start, length in spans]
    covered = {at for each in mentions for at in range(each.start, each.end)}
    kept = "".join(letter for at, letter in enumerate(words) if at not in covered)
    assert kept == mask(words, mentions).text.replace("[x]", "") or "[x]" in words


# --- text from outside ------------------------------------------------------------------------------

HOSTILE = (
    "<script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"
    "</td></table></body><style>body{display:none}</style> \u202egnp.exe\u202c \x00\x1b zero\u200bwidth"
    " \U000e0041 Z" + "\u0334\u0335\u0336" * 20 + " {{ 7 * 7 }} " + "A" * 3_000
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One real browser for the tests that open papers."""
    with sync_playwright() as playwright:
        program = find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", ""))
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_hostile_words_neither_run_nor_load_nor_break_the_page(
    chromium: Browser, tmp_path: Path, width: int
) -> None:
    """Opened by a person in a real browser, on a telephone and on a desk."""
    evil = exhibit(
        words=HOSTILE, author=HOSTILE, title=HOSTILE, requested_url=HOSTILE, final_url="", mentions=()
    )
    made = make(case(evil, title=HOSTILE[:200]), Audience.POLICE, made_at=NOW)
    asked: list[str] = []
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.on("request", lambda request: asked.append(request.url))
    for name in ("cover.html", "exhibits/AB-1.html", "statement-criminal-unsigned-draft.html"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(made.files[name])
        page.goto(path.as_uri())
        assert "ran" != page.title()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("body").is_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily").startswith(
            '"Liberation Sans"'
        )
        assert page.evaluate("[...document.images].every(each => each.naturalWidth > 0)")
        assert {"file", "data"} >= {url.split(":")[0] for url in asked}
        assert "[U+202E]gnp.exe[U+202C]" in page.inner_text("body") or name.startswith("statement")
    page.close()


@given(st.text(max_size=80))
def test_nothing_invisible_survives(text: str) -> None:
    """No control, format or unassigned character reaches a paper except joiners and line ends."""
    kept = {"\n", "\t", "\u200c", "\u200d"}
    assert all(unicodedata.category(each)[0] != "C" for each in set(shown(text)) - kept)
    plain = "".join(each for each in text if each.isascii() and each.isprintable())
    assert plain == shown(plain)


def test_a_letter_that_no_font_has_is_shown_by_its_number() -> None:
    """PDF/A knows no empty boxes; also in the service, where the loggers of libraries are kept quiet."""
    html = "<html lang=en><title>t</title><p>before \U0010fffd after"
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.CRITICAL + 1)
    try:
        assert "before [U+10FFFD] after" in text_of(pdf(html))
    finally:
        root.setLevel(before)


# --- pictures to look at ----------------------------------------------------------------------------


def test_a_tall_picture_is_cut_into_page_high_parts_that_miss_no_row() -> None:
    """16,000 pixels become parts that overlap, each fitting one page, each with its caption."""
    tall = Image.new("RGB", (1280, 16_000), "white")
    draw = ImageDraw.Draw(tall)
    for row in range(0, 16_000, 100):
        draw.line((0, row, 1280, row), (row // 100, 0, 0), width=3)
    written = io.BytesIO()
    tall.save(written, "PNG")
    whole = picture(written.getvalue(), cover=False)
    cut = parts(whole)
    assert (0, 16_000) == (cut[0].top, cut[-1].bottom)
    assert all(after.top == before.bottom - OVERLAP for before, after in zip(cut, cut[1:], strict=False))
    assert list(range(1, cut[0].of + 1)) == [part.number for part in cut]
    sheet = make(case(exhibit(pictures=(whole,))), Audience.POLICE, made_at=NOW).files["exhibits/AB-1.pdf"]
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(sheet)).pages]
    digest = hashlib.sha256(whole.content).hexdigest()
    for part in cut:
        shown_on = [page for page in pages if f"AB/1, part {part.number} of {part.of} " in page]
        assert 1 == len(shown_on)
        assert digest in shown_on[0].replace(" ", "") and "captured 2026-06-03 18:31:05 UTC" in shown_on[0]


def test_a_picture_that_cannot_be_opened_is_named_instead_of_shown() -> None:
    """Promise 3: a gap is told."""
    broken = picture(b"\x89PNG\r\n\x1a\n nothing", cover=False)
    made = make(case(exhibit(pictures=(broken,))), Audience.POLICE, made_at=NOW)
    assert "cannot be opened as a picture" in text_of(made.files["exhibits/AB-1.pdf"])


# --- statements and wording -------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["criminal", "civil"])
def test_a_statement_is_an_unsigned_draft_with_blanks_for_what_only_the_witness_knows(form: str) -> None:
    """R81: watermark on every page, the prescribed words, no name, no role, no belief filled in."""
    content = papers(Audience.SCHOOL).files[f"statement-{form}-unsigned-draft.pdf"]
    for page in PdfReader(io.BytesIO(content)).pages:
        assert "UNSIGNED DRAFT" in page.extract_text()
        assert "Signature: ____" in page.extract_text()
    statement = text_of(content)
    for blank in ("[full name]", "[post or role]", "[address of work]", "I was told this by"):
        assert blank in statement
    prescribed = {
        "criminal": "liable to prosecution if I have wilfully stated in it anything which I know to be false",
        "civil": "proceedings for contempt of court may be brought against anyone who makes",
    }
    assert prescribed[form] in statement
    assert prescribed["civil" if form == "criminal" else "criminal"] not in statement
    for fact in ("AB/1", "2026-06-03 18:31:05 UTC", "https://forum.example/t/4711", "1 picture did not load"):
        assert fact in statement
    assert "seen by the Headteacher" in statement
    assert "Headteacher at" not in statement


VERDICTS = re.compile(
    r"\b(guilty|offender|breach|defamatory|harasser|criminals?|troll|perpetrator|culprit)\b", re.I
)


def test_no_fixed_word_of_the_papers_is_a_verdict() -> None:
    """R11. The names of the criminal courts' own rules and Acts are not about a person."""
    room = Path("monitor/papers")
    for path in sorted([*room.rglob("*.j2"), *room.glob("*.toml")]):
        text = re.sub(
            r"Criminal (Justice Act|Procedure Rules)|\[?\W\bcriminal\b\W", " ", path.read_text("utf-8")
        )
        assert VERDICTS.findall(text) == [], path


# --- formats ----------------------------------------------------------------------------------------

_JUDGE = """
import sys, pikepdf
for path in sys.argv[1:]:
    pdf = pikepdf.open(path)
    with pdf.open_metadata() as found:
        assert found.pdfa_status == "2U", found.pdfa_status
    root = pdf.Root
    assert not pdf.is_encrypted
    assert root.OutputIntents[0].S == "/GTS_PDFA1" and root.OutputIntents[0].DestOutputProfile is not None
    assert root.MarkInfo.Marked and "/StructTreeRoot" in root and str(root.Lang) == "en-GB"
    assert not pdf.check_pdf_syntax(), pdf.check_pdf_syntax()
    assert "/ID" in pdf.trailer and "/AcroForm" not in root and "/Names" not in root
    for one in pdf.objects:
        if not isinstance(one, (pikepdf.Dictionary, pikepdf.Stream)):
            continue
        assert one.get("/S") not in ("/JavaScript", "/Launch") and "/JS" not in one
        if one.get("/Type") == "/Font":
            inner = one.get("/DescendantFonts", [one])[0]
            described = inner.get("/FontDescriptor")
            assert any(f"/FontFile{n}" in described for n in ("", 2, 3)), one.get("/BaseFont")
            assert one.get("/Subtype") != "/Type0" or "/ToUnicode" in one
        if one.get("/Subtype") == "/Image":
            # Level 2 allows what is transparent, as coloured emoji are where a font for them is installed.
            assert one.get("/Interpolate", False) == False
        if one.get("/Type") == "/Annot":
            assert int(one.F) & 4
print(len(sys.argv) - 1)
"""


def test_every_pdf_is_pdf_a_by_the_eyes_of_another_library(tmp_path: Path) -> None:
    """PDF/A-2u: declared, fonts embedded with their letters, colours defined, tagged, nothing that runs."""
    judge = checker("python")
    paths = []
    for audience in Audience:
        for name, content in papers(audience).files.items():
            if name.endswith(".pdf"):
                paths.append(tmp_path / f"{audience.value}-{name.replace('/', '-')}")
                paths[-1].write_bytes(content)
    judged = subprocess.run(
        [judge, "-c", _JUDGE, *map(str, paths)], capture_output=True, text=True, timeout=300
    )
    assert (str(len(paths)), "") == (judged.stdout.strip(), judged.stderr)


def test_case_validate_accepts_the_case_in_the_words_of_case_and_uco(tmp_path: Path) -> None:
    """CASE 1.5: exit 0; files with their digests, captures, seals and the export stand in it."""
    path = tmp_path / "case.jsonld"
    path.write_bytes(papers(Audience.POLICE).files["case-uco.jsonld"])
    text = path.read_text("utf-8")
    for words in (
        "Investigation",
        "ProvenanceRecord",
        "AB/1",
        "data/shots/page.png",
        '"capture"',
        '"seal"',
        "export of",
    ):
        assert words in text
    judged = subprocess.run([checker("case_validate"), path], capture_output=True, text=True, timeout=300)
    assert 0 == judged.returncode, judged.stdout


def digest_of(made: Papers) -> str:
    """One number for all that was made."""
    pieces = [*made.files.items(), *((name, copy.content) for name, copy in made.derived.items())]
    return hashlib.sha256(b"".join(name.encode() + content for name, content in pieces)).hexdigest()


def test_the_same_facts_and_time_give_the_same_bytes() -> None:
    """No wall clock, no random number, no order of sets: another process, elsewhere, agrees on every file."""
    code = "from tests.test_papers import *; print(digest_of(papers(Audience.GOVERNORS)))"
    elsewhere = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert digest_of(papers(Audience.GOVERNORS)) == elsewhere.stdout.strip()


def test_progress_is_told_document_by_document() -> None:
    """A long pack shows how far it is."""
    told: list[Any] = []
    make(case(), Audience.PLATFORM, made_at=NOW, progress=lambda done, of: told.append((done, of)))
    assert [(0, 1), (1, 1)] == told
