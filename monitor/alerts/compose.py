"""What a mail says: a `Notice` in, a `Message` out, always at the bare level.

Nothing reaches a reader that is not fixed wording here or a field of the notice, so no name, handle,
text or address of a post can (R55, DOMAIN.md "Bare"). Pure: no clock, no network, no environment.
Neighbours: `monitor.decisions.routing` says who gets which part; `monitor.alerts` builds the bytes.

Subject lines are a public interface, version 1 (product study 4.3): people filter on them. They are
"OPENER: WORDS, REFERENCE", shorter than 50 characters, where OPENER is one of `OPENERS`.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from monitor.model import Band, Message, Notice, OperatorNotice, SavedState, Told, Urgency

OPENERS = ("Act now", "Look today", "For information", "System")
SUBJECT_LIMIT = 49

_OPENER = {
    Urgency.U0: "Act now",
    Urgency.U1: "Look today",
    Urgency.U2: "Look today",
    Urgency.U3: "For information",
    Urgency.U4: "For information",
    Urgency.U5: "For information",
}
_SURE = {
    Band.LOW: "Not very sure. It may be something else. Please check that it is your school.",
    Band.MEDIUM: "Fairly sure. Please check that it is your school.",
    Band.HIGH: "Very sure. Please check all the same.",
}
_SAVED = {
    SavedState.COMPLETE: "Complete and sealed",
    SavedState.PARTIAL: "In part",
    SavedState.FAILED: "No. The page could not be saved. Only the words that were found are kept",
    SavedState.PENDING: "Not yet. The copy is still being made",
    SavedState.WORDS_ONLY: "Only the words that were found. Nothing of the page is kept, on purpose",
    SavedState.NOT_SAVED: "No. A page of this kind is not saved",
}
_SAFEGUARDING = "safeguarding matter"
_PRACTICE = "Practice: this mail was not sent. It stayed on the school's own computer."
_DO_NOT_SPREAD = "Do not look for the post yourself, and do not copy or forward anything."
_EMERGENCY = (
    "If anyone may be in danger now, call 999. Do not wait for this system. "
    "It looks at intervals and is not an emergency service."
)
_LONDON = "Europe/London"
_DANGLING = frozenset(
    {"a", "an", "the", "of", "or", "and", "at", "to", "in", "on", "by", "for", "with", "from", "since"}
    | {"about", "naming", "using", "our", "own", "look"}
)
"""Words that a subject must not end on when it was cut."""


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    entries: tuple[str, ...]
    listed: bool = False


@dataclass(frozen=True, slots=True)
class _Letter:
    """What both templates show, in order (product study 4.4).

    `urgent` lifts the emergency line, the way in and the steps above the facts: when it matters,
    they are on the first screen of a telephone. Help stays below.
    """

    heading: str
    opening: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    steps: tuple[_Section, ...]
    footer: tuple[str, ...]
    banner: str = ""
    link: str = ""
    help: tuple[_Section, ...] = ()
    emergency: str = ""
    urgent: bool = False


# --- a finding ----------------------------------------------------------------------------------


def finding_mail(notice: Notice) -> Message:
    """Compose the mail about one finding for one recipient, in the part that recipient is told.

    A safeguarding matter is called only that (R56), whatever `category_label`, `why` and
    `next_step` say. `others_told` comes in the order of `Routing.told`. Times are shown for
    Europe/London with the zone named.
    """
    opener = "For information" if notice.part is Told.NOTICE else _OPENER[notice.urgency]
    words = _SAFEGUARDING if _is_safeguarding(notice) else notice.category_label
    letter = _Letter(
        heading=_heading(notice),
        opening=_opening(notice),
        facts=tuple(_facts(notice)),
        steps=tuple(_steps(notice)),
        help=_help(notice),
        footer=_finding_footer(notice),
        banner=_PRACTICE if notice.practice else "",
        link=notice.link if _opens(notice) else "",
        emergency=notice.emergency or _EMERGENCY,
        urgent=opener == "Act now",
    )
    return _message(_subject(opener, words, notice.reference), letter)


def _is_safeguarding(notice: Notice) -> bool:
    return notice.safeguarding or notice.part in (Told.NOTICE, Told.CHILD_WELFARE)


def _opens(notice: Notice) -> bool:
    """Whether this recipient may open the matter; the others get no way in (R53)."""
    return notice.part in (Told.HANDLES, Told.COPIED)


def _heading(notice: Notice) -> str:
    if notice.part is Told.NOTICE:
        return "A safeguarding matter exists"
    if notice.part is Told.CHILD_WELFARE:
        return "Safeguarding matter: a child's welfare"
    if notice.safeguarding:
        return "Safeguarding matter"
    return notice.category_label[:1].upper() + notice.category_label[1:]


def _opening(notice: Notice) -> tuple[str, ...]:
    if notice.part is Told.NOTICE:
        return ("You are told that it exists, and nothing more. You do not need to do anything.",)
    if notice.part is Told.CHILD_WELFARE:
        return (
            "A child may need help. This note is for the child's welfare only; "
            "somebody else handles the rest of the matter.",
            _DO_NOT_SPREAD,
        )
    if notice.safeguarding:
        return (f"Please open it {_soon(notice)}.", _DO_NOT_SPREAD)
    return (f"Found in a public post on {notice.platform_label}. Nobody has looked at it yet.",)


def _soon(notice: Notice) -> str:
    return "now" if notice.urgency is Urgency.U0 else "today"


def _facts(notice: Notice) -> list[tuple[str, str]]:
    facts = [("Reference", notice.reference)]
    if not _is_safeguarding(notice):
        posted = london(notice.posted_at) if notice.posted_at else "The site gives no time"
        facts.append(("Posted", posted))
    facts.append(("Found", london(notice.found_at)))
    if not _is_safeguarding(notice):
        facts.append(("Saved", _saved(notice)))
        facts.append(("Why", _sentence(notice.why)))
        facts.append(("How sure", _SURE[notice.band]))
    if notice.part is Told.COPIED:
        whom = f"the {notice.others_told[0]}" if notice.others_told else "somebody else"
        check = " Check that they know." if notice.urgency is Urgency.U0 else ""
        facts.append(("Your part", f"You are copied; {whom} handles it.{check}"))
    also = "; ".join(notice.others_told) if notice.others_told else "Nobody else"
    facts.append(("Also told", also))
    return facts


def _saved(notice: Notice) -> str:
    state = _SAVED[notice.saved]
    if notice.saved_at and notice.saved in (SavedState.COMPLETE, SavedState.PARTIAL):
        same_day = london(notice.saved_at).split(",")[0] == london(notice.found_at).split(",")[0]
        state += f", {london(notice.saved_at).split(', ')[1] if same_day else london(notice.saved_at)}"
    missing = f" Missing: {'; '.join(notice.missing)}." if notice.missing else ""
    return f"{_sentence(state)}{missing}"


def _steps(notice: Notice) -> list[_Section]:
    steps: list[_Section] = []
    if _opens(notice):
        if notice.prompts:
            steps.append(_Section("Before you do anything else", notice.prompts, listed=True))
        if not notice.safeguarding and notice.next_step:
            steps.append(_Section("What to do next", (notice.next_step,)))
        if not notice.link:
            steps.append(_Section("How to see it", (_callback(notice),)))
    elif notice.part is Told.CHILD_WELFARE:
        # The first of the others handles the matter: that is the order of `Routing.told`.
        whom = notice.others_told[0] if notice.others_told else "Data Protection Officer"
        step = f"Speak {_soon(notice)}, in person or by telephone, to the {whom}. Quote the reference."
        steps.append(_Section("What to do next", (step,)))
    return steps


def _help(notice: Notice) -> tuple[_Section, ...]:
    if not notice.contacts or notice.part is Told.NOTICE:
        return ()
    lines = tuple(f"{name}: {detail}" for name, detail in notice.contacts)
    return (_Section("Who can help", lines, listed=True),)


def _callback(notice: Notice) -> str:
    """How to see a finding while there is no page to sign in to (product study 4.2, callback)."""
    alone = " Be there yourself, and in private." if notice.safeguarding else ""
    return (
        f"Ask the network manager to open it with you on the monitor's computer. Quote the reference.{alone}"
    )


def _finding_footer(notice: Notice) -> tuple[str, ...]:
    return (
        f"School Monitor, {notice.school}. Sent to: {notice.recipient_label}.",
        "A machine wrote this and can be wrong. What it means is for you to judge.",
    )


# --- a fault ------------------------------------------------------------------------------------


def operator_mail(notice: OperatorNotice) -> Message:
    """Compose the mail about the system itself: no content and no category (promise 2)."""
    letter = _Letter(
        heading=notice.headline,
        opening=(notice.opening,),
        facts=notice.facts,
        steps=(_Section("What to do next", (notice.next_step,)),),
        footer=(f"School Monitor, {notice.school}. Sent to {notice.sent_to}.",),
        banner=_PRACTICE if notice.practice else "",
    )
    return _message(_subject("System", notice.headline, ""), letter)


# --- wording and rendering ----------------------------------------------------------------------


def london(moment: datetime) -> str:
    """A moment as people in the school say it: "Sun 22 Nov 2026, 08:31 GMT" (or BST)."""
    local = moment.astimezone(ZoneInfo(_LONDON))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def _subject(opener: str, words: str, reference: str) -> str:
    """Fit opener, words and the reference without its year.

    Words that do not fit are dropped from the end, and then those that would dangle.
    """
    short = re.sub(r"^(\w+)-\d{4}-(\w+)$", r"\1-\2", reference)
    tail = f", {short}" if short else ""
    room = SUBJECT_LIMIT - len(f"{opener}: {tail}")
    words = " ".join(words.split())
    if opener != "System" and words[1:2].islower():
        words = words[:1].lower() + words[1:]
    if len(words) > room:
        kept = textwrap.shorten(words, room, placeholder="").split()
        while len(kept) > 1 and kept[-1] in _DANGLING:
            kept.pop()
        words = " ".join(kept).rstrip(",:;")
    return f"{opener}: {words}{tail}"


def _sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".") if text else ""


def _message(subject: str, letter: _Letter) -> Message:
    return Message(
        subject=subject,
        text=_template("mail.txt.j2").render(letter=letter).strip() + "\n",
        html=_template("mail.html.j2").render(letter=letter, subject=subject),
        importance="high" if subject.startswith("Act now:") else "normal",
    )


@cache
def _template(name: str) -> Template:
    """One of the package's own templates, read once; HTML is escaped, text is not."""
    environment = Environment(
        loader=PackageLoader("monitor.alerts"),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["fold"] = _fold
    return environment.get_template(name)


def _fold(text: str, width: int) -> list[str]:
    """Lines of at most `width`, so that no mail program folds them for us; addresses stay whole."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
