"""Which addresses a browser may be sent to at all: public posts, never a person, never behind a door.

Rule: R22 (no profile, follower or timeline page of an individual), R24 (no closed systems), DOMAIN.md.
Pure; whether an address is private to a network is the outbound door's business.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

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
    """Whether opening `url` would be a request for this item or for something that it links to."""
    wanted = _bare(url)
    return wanted == _bare(item.url) or any(wanted == _bare(link) for link in _LINK.findall(item.text))


_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


def _bare(url: str) -> str:
    """The address without what does not change where it leads: scheme, www, fragment, last slash."""
    rest = url.strip().partition("#")[0].partition("://")[2].rstrip("/.,;:!?)")
    host, slash, path = rest.partition("/")
    return host.lower().removeprefix("www.") + slash + path


def _within(host: str, site: str) -> bool:
    return host == site or host.endswith(f".{site}")
