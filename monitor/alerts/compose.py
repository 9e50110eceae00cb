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

SUBJECT_VERSION = 1
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
    Band.LOW: "Not very. It may be something else. Please check that it is your school.",
    Band.MEDIUM: "Fairly. Please check that it is your school.",
    Band.HIGH: "Very, but a machine chose it. Please check.",
}
_SAVED = {
    SavedState.COMPLETE: "Complete and sealed",
    SavedState.PARTIAL: "In part",
    SavedState.FAILED: "No. The page could not be saved. Only the words that were found are kept",
    SavedState.PENDING: "Not yet. The copy is still being made",
    SavedState.WORDS_ONLY: "Only the words that were found. The page was not opened, on purpose",
    SavedState.NOT_SAVED: "No. Nothing is saved for this kind of matter",
}
_SAFEGUARDING = "safeguarding matter"
_PRACTICE = "Practice mode. This mail stayed on the school's own computer. Nobody was sent anything."
_DO_NOT_SPREAD = "Do not look for the post yourself, and do not copy or forward anything."
_EMERGENCY = "If anyone may be in danger now, call 999. Do not wait for this system."
_LONDON = "Europe/London"


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    entries: tuple[str, ...]
    listed: bool = False


@dataclass(frozen=True, slots=True)
class _Letter:
    """What both templates show, in order (product study 4.4)."""

    heading: str
    opening: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    sections: tuple[_Section, ...]
    footer: tuple[str, ...]
    banner: str = ""
    link: str = ""
    emergency: str = ""


# --- a finding ----------------------------------------------------------------------------------


def finding_mail(notice: Notice) -> Message:
    """Compose the mail about one finding for one recipient, in the part that recipient is told.

    A safeguarding matter is called only that (R56), whatever `category_label`, `why` and
    `next_step` say. Times are shown for Europe/London with the zone named.
    """
    opener = "For information" if notice.part is Told.NOTICE else _OPENER[notice.urgency]
    words = _SAFEGUARDING if _is_safeguarding(notice) else notice.category_label
    letter = _Letter(
        heading=_heading(notice),
        opening=_opening(notice),
        facts=tuple(_facts(notice)),
        sections=tuple(_sections(notice)),
        footer=_finding_footer(notice),
        banner=_PRACTICE if notice.practice else "",
        link=notice.link if _opens(notice) else "",
        emergency=_EMERGENCY,
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
        return (f"Please open it {'now' if notice.urgency is Urgency.U0 else 'today'}.", _DO_NOT_SPREAD)
    return (f"Found in a public post on {notice.platform_label}. A person has not looked at it yet.",)


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
        facts.append(("Your part", "You are copied. Somebody else handles it."))
    also = "; ".join(notice.others_told) if notice.others_told else "Nobody else"
    facts.append(("Also told", also))
    return facts


def _saved(notice: Notice) -> str:
    state = _SAVED[notice.saved]
    if notice.saved_at and notice.saved in (SavedState.COMPLETE, SavedState.PARTIAL):
        state += f", {london(notice.saved_at)}"
    missing = f" Missing: {'; '.join(notice.missing)}." if notice.missing else ""
    return f"{_sentence(state)}{missing}"


def _sections(notice: Notice) -> list[_Section]:
    sections: list[_Section] = []
    if _opens(notice):
        if notice.prompts:
            sections.append(_Section("Before you do anything else", notice.prompts, listed=True))
        if not notice.safeguarding and notice.next_step:
            sections.append(_Section("What to do next", (notice.next_step,)))
        if not notice.link:
            sections.append(_Section("How to see it", (_callback(notice),)))
    elif notice.part is Told.CHILD_WELFARE:
        whom = "; ".join(notice.others_told) or "the Data Protection Officer"
        step = f"Speak today, in person or by telephone, to: {whom}. Quote {notice.reference}."
        sections.append(_Section("What to do next", (step,)))
    if notice.contacts and notice.part is not Told.NOTICE:
        lines = tuple(f"{name}: {detail}" for name, detail in notice.contacts)
        sections.append(_Section("Who can help", lines, listed=True))
    return sections


def _callback(notice: Notice) -> str:
    """How to see a finding while there is no page to sign in to (product study 4.2, callback)."""
    alone = " Be there yourself, and in private." if notice.safeguarding else ""
    return f"Ask the network manager to open {notice.reference} with you on the monitor's computer.{alone}"


def _finding_footer(notice: Notice) -> tuple[str, ...]:
    return (
        f"School Monitor, {notice.school}. Sent to: {notice.recipient_label}.",
        "It looks at public posts at intervals and is not an emergency service. "
        "It can be wrong: a person decides.",
    )


# --- a fault ------------------------------------------------------------------------------------


def operator_mail(notice: OperatorNotice) -> Message:
    """Compose the mail about a fault of the system: no content and no category (promise 2)."""
    letter = _Letter(
        heading=notice.headline,
        opening=("While this lasts, something may be missed. Nobody else is told by this mail.",),
        facts=notice.facts,
        sections=(_Section("What to do next", (notice.next_step,)),),
        footer=(f"School Monitor, {notice.school}. Sent to whoever runs the system.",),
        banner=_PRACTICE if notice.practice else "",
    )
    return _message(_subject("System", notice.headline, ""), letter)


# --- wording and rendering ----------------------------------------------------------------------


def london(moment: datetime) -> str:
    """A moment as people in the school say it: "Sun 22 Nov 2026, 08:31 GMT" (or BST)."""
    local = moment.astimezone(ZoneInfo(_LONDON))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def _subject(opener: str, words: str, reference: str) -> str:
    """Fit opener, words and the reference without its year; only whole words are dropped."""
    short = re.sub(r"^(\w+)-\d{4}-(\w+)$", r"\1-\2", reference)
    tail = f", {short}" if short else ""
    room = SUBJECT_LIMIT - len(f"{opener}: {tail}")
    if opener != "System" and words[1:2].islower():
        words = words[:1].lower() + words[1:]
    if len(words) > room:
        words = textwrap.shorten(words, room, placeholder="")
        words = re.sub(r"[\s,:;]*(\b(a|an|the|of|or|and|to|in|on|by|for|with|since)\b)?$", "", words)
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
