"""Which addresses a browser may be sent to at all: public posts, never a person, never behind a door.

Rule: R22 (no profile, follower or timeline page of an individual), R24 (no closed systems), DOMAIN.md.
Pure; whether an address is private to a network is the outbound door's business.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from monitor.model import Item

CLOSED = frozenset(
    {
        *("whatsapp.com", "wa.me", "messenger.com", "m.me", "snapchat.com", "discord.com", "discord.gg"),
        *("signal.group", "t.me", "web.telegram.org"),
    }
)
"""Systems that are private by nature; what they hold comes in through what people hand over."""

_PROFILES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("reddit.com", re.compile(r"^/(u|user)/")),
    ("instagram.com", re.compile(r"^/(?!p/|reel/|reels/|tv/|explore/)[^/]+/?$|^/stories/")),
    (
        "facebook.com",
        re.compile(r"^/(profile\.php|people/|groups/[^/]+/user/)|/(friends|followers|about)/?$"),
    ),
    ("x.com", re.compile(r"^/[^/]+/?$|^/[^/]+/(with_replies|media|likes|followers|following)")),
    ("twitter.com", re.compile(r"^/[^/]+/?$|^/[^/]+/(with_replies|media|likes|followers|following)")),
    ("tiktok.com", re.compile(r"^/@[^/]+/?$")),
    ("linkedin.com", re.compile(r"^/in/")),
    ("threads.net", re.compile(r"^/@[^/]+/?$")),
    ("bsky.app", re.compile(r"^/profile/[^/]+/?$")),
    ("youtube.com", re.compile(r"^/(@|user/|c/|channel/)")),
)


def refusal(url: str) -> str | None:
    """Why this address may not be opened, in words, or None."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().rstrip(".")
    except ValueError:
        return "it is not a web address"
    if parts.scheme not in ("http", "https") or not host:
        return "only http and https addresses can be opened"
    if parts.username or parts.password:
        return "an address with a name and password in it would be a log-in"
    if any(_within(host, closed) for closed in CLOSED):
        return "it is a private system; ask whoever was sent it to hand it over"
    if any(_within(host, site) and profile.search(parts.path) for site, profile in _PROFILES):
        return "it is a page about one person or account; only single posts may be opened"
    return None


def touches(url: str, item: Item) -> bool:
    """Whether opening `url` would be a request for this item or for something that it links to, however
    it is spelled: also what lies below it, and another site's copy that is named by the item's address.

    Errs to the side of asking nobody: case, session and tracking parts count for nothing. A short
    address that only its own server can unfold (bit.ly) is not known for what it leads to.
    """
    wanted = [place for place in map(_place, (url, *_LINK.findall(unquote(url)[8:]))) if place]
    kept = [place for place in map(_place, (item.url, *_LINK.findall(item.text))) if place]
    return any(_leads_into(place, forbidden) for place in wanted for forbidden in kept)


_LINK = re.compile(r"(?<![\w.@-])(?:https?://|(?:[\w-]++\.)++[a-z]{2,}+(?::\d+)?/)[^\s<>\"']+", re.IGNORECASE)
_SAME_SITE = frozenset({"www", "m", "mobile", "touch", "amp", "old", "new", "np"})
_SCRIPT = re.compile(
    r"\.(php\d?|aspx?|cgi|pl|jsp|do|cfm)$|^index\.\w+$"
    r"|^(watch|item|thread|showthread|topic|viewtopic|posts?|view|show|story|permalink|discussion|read)$"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an address leads: `path` in parts, `query` as given, both without what changes nothing."""

    host: str
    path: tuple[str, ...]
    query: frozenset[tuple[str, str]]

    @property
    def is_asked_by_query(self) -> bool:
        """Whether one path stands for many posts: a site's root, or a script."""
        return not self.path or _SCRIPT.search(self.path[-1]) is not None

    @property
    def is_a_posts_own(self) -> bool:
        """Whether what lies below belongs to the post: not so below `/` or `/blog`."""
        return len(self.path) > 1 or any(re.search(r"[\d_-]", part) for part in self.path)


def _leads_into(wanted: _Place, forbidden: _Place) -> bool:
    if wanted.host != forbidden.host:
        return False
    if forbidden.is_asked_by_query:
        same = wanted.query >= forbidden.query if forbidden.query else not wanted.query
        return wanted.path == forbidden.path and same
    depth = len(forbidden.path) if forbidden.is_a_posts_own else None
    return wanted.path[:depth] == forbidden.path


def _place(url: str) -> _Place | None:
    """Take an address apart as a browser would (URL Living Standard 4.4), and then some. None for what
    is no address."""
    scheme, colon, rest = url.strip().replace("\\", "/").partition("://")
    try:
        parts = urlsplit(f"http://{rest if colon else scheme}".rstrip("/.,;:!?)"))
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if not host:
        return None
    path: list[str] = []
    for part in unquote(parts.path).casefold().replace("\\", "/").split("/"):
        name = part.partition(";")[0].strip()
        if name == "..":
            path = path[:-1]
        elif name := name.rstrip(".,:!?)"):
            path.append(name)
    if host in ("reddit.com", "redd.it"):
        path = _thread(host, path)
        host = "reddit.com"
    query = frozenset((name.casefold(), value.casefold()) for name, value in parse_qsl(parts.query))
    query = frozenset((name, value) for name, value in query if not _TRACKING.search(name))
    return _Place(host if port in (None, 80, 443) else f"{host}:{port}", tuple(path), query)


_TRACKING = re.compile(
    r"^(utm_|fbclid$|gclid$|igshid$|igsh$|ref$|ref_|share|s?id_?session|phpsessid$|sid$|amp$)"
)


def _host(name: str) -> str:
    """One spelling for each host: IDNA in letters, no last dot, no label that only chooses a layout."""
    labels: list[str] = []
    for label in re.split(r"[.\u3002\uff0e\uff61]", unquote(name)):
        plain = unicodedata.normalize("NFKC", label).casefold()
        if plain.startswith("xn--"):
            with suppress(UnicodeError):
                plain = unicodedata.normalize("NFKC", plain[4:].encode("ascii").decode("punycode")).casefold()
        labels.append(plain)
    labels = [label for label in labels if label]
    while len(labels) > 2 and labels[0] in _SAME_SITE:
        labels = labels[1:]
    return ".".join(labels)


def _thread(host: str, path: list[str]) -> list[str]:
    """A Reddit thread by its id: the room and the title before and after it are decoration."""
    if host == "redd.it":
        return ["comments", *path[:1]]
    if "comments" in path[:-1]:
        at = path.index("comments")
        return path[at : at + 2]
    return path


def _within(host: str, site: str) -> bool:
    return host == site or host.endswith(f".{site}")
