"""What kind of page this is: the page that was asked for, or something a site shows instead. Pure.

A picture of a login wall must never pass for a picture of the post (promise 3), and no wall is worked
round (R25): it is named, and that is all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.model import FlaggedPart

_BLANK_CHARACTERS = 20
_SHORT_CHARACTERS = 1500

_LOGIN_PATH = re.compile(
    r"/(log-?in|sign-?in|signup|authwall|checkpoint|accounts/login|i/flow/login)\b", re.I
)
_LOGIN_WORDS = re.compile(
    r"(log|sign) ?in (or (sign up|register|create an account) )?to (continue|view|see|read)"
    r"|you (must|need to|have to) (log|sign) ?in"
    r"|(sign up|register|create an account) to (continue|view|see|read)"
    r"|see (more|posts|photos|this) .{0,40}(log|sign) ?in",
    re.I,
)
_CHALLENGE_WORDS = re.compile(
    r"just a moment|attention required|are you (a robot|human)|verify (that )?you are (a )?human"
    r"|(prove|confirm) (that )?you('re| are) (not a robot|human)|not a robot|unusual traffic"
    r"|checking your browser|complete the (security check|captcha)|enable javascript and cookies to continue",
    re.I,
)
_CONSENT_WORDS = re.compile(
    r"before you (continue|go on|proceed)|we (value|respect|care about) your privacy"
    r"|(accept|allow|agree to) (all )?(the )?(use of )?cookies|consent to (the|our) (use|processing)"
    r"|manage (your )?(cookie|privacy) (choices|preferences|settings)",
    re.I,
)
_GONE_WORDS = re.compile(
    r"page (was |could )?not (be )?found"
    r"|(page|post|content|video|profile) (isn.t|is not|is no longer) available"
    r"|this (page|post|account) (doesn.t|does not|no longer) exist|has been (deleted|removed)\b",
    re.I,
)

WORDS = {
    "login_wall": "the page asked for a login, so what lies behind it was not shown",
    "challenge": "the page asked whether a person is looking, so its content was not shown",
    "consent_wall": "the page asked for consent first, so its content was not shown",
    "error_page": "the site answered with an error page",
    "not_found": "the site said that the page is not there",
    "blank": "the page showed next to nothing",
    "unreachable": "the page could not be reached",
}
_ERRORS = {
    "ERR_CERT": "the site's certificate is not valid",
    "ERR_SSL": "the site's encryption is not valid",
    "ERR_TOO_MANY_REDIRECTS": "the address redirects without end",
    "ERR_UNSAFE_REDIRECT": "the address redirects to something that is not a web page",
    "ERR_BLOCKED_BY_CLIENT": "the address is not a page of the kind that may be opened",
    "Download is starting": "the address is a file to download, not a page",
    "ERR_CONNECTION": "the connection failed",
    "ERR_EMPTY_RESPONSE": "the site sent nothing",
    "ERR_PROXY": "the connection failed",
    "ERR_TUNNEL": "the connection failed",
    "Timeout": "the page did not answer in time",
}
_READABLE_CONTRAST = 24


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at a loaded page brought. Sizes are CSS pixels."""

    title: str
    text: str
    alts: tuple[str, ...]
    password: bool
    pictures: int
    size: tuple[int, int]
    url: str
    agent: str

    @property
    def words(self) -> str:
        """Everything a person could read: title, visible text, descriptions of pictures."""
        return "\n".join((self.title, self.text, *self.alts))


def judge(reading: Reading, requested_url: str, *, status: int | None) -> str:
    """Name what stands there: "page", or one of the keys of `WORDS`.

    Words count only on short pages: a long thread may well speak of logging in.
    """
    text = reading.text.strip()
    short = len(text) < _SHORT_CHARACTERS
    told = f"{reading.title}\n{text}" if short else reading.title
    if short and _CHALLENGE_WORDS.search(told):
        return "challenge"
    moved = urlsplit(reading.url).path != urlsplit(requested_url).path
    walled = moved and _LOGIN_PATH.search(urlsplit(reading.url).path)
    if status == 401 or walled or (short and (reading.password or _LOGIN_WORDS.search(told))):
        return "login_wall"
    if status in (404, 410):
        return "not_found"
    if status is not None and status >= 400:
        return "error_page"
    if len(text) < _SHORT_CHARACTERS // 3 and _CONSENT_WORDS.search(told):
        return "consent_wall"
    if len(text) < _BLANK_CHARACTERS and reading.pictures == 0:
        return "blank"
    if len(text) < _SHORT_CHARACTERS // 3 and _GONE_WORDS.search(told):
        return "not_found"
    return "page"


def unreachable(error: str, *, timed_out: bool) -> str:
    """Say in plain words why a page could not be opened, from what the browser says of it."""
    found = (words for sign, words in _ERRORS.items() if sign in error)
    return next(found, "the page did not answer" if timed_out else "the page could not be opened")


def flag_troubles(part: FlaggedPart) -> list[str]:
    """What keeps the flagged words from being proved by their picture."""
    if not part.words:
        return ["the flagged words, which were not found on the page"]
    found = []
    if part.points == 0 or part.clear * 2 < part.points:
        by = f" by: {'; '.join(part.covered_by)}" if part.covered_by else ""
        cut = f"cut off by: {'; '.join(part.cut_by)}" if part.cut_by and not by else f"covered{by}"
        found.append(f"a clear view of the flagged words, which are {cut}")
    if part.veiled_by or (not found and part.contrast < _READABLE_CONTRAST):
        found.append("a clear view of the flagged words, which can hardly be seen on the page")
    return found
