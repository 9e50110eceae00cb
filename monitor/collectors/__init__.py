"""The platforms we read, by name, and the promises that are kept for all of them in one place.

A platform's own file reads the wire and parses it. Around each stands `_Keeper`, which owns what
`monitor.ports.Collector` promises whatever the platform is like: nothing twice, edits again, nothing
older than the look-back, no time after the fetch, and no exception but `CollectError`.

To add a platform: one file here, one line in `REGISTRY`, one server in `tests/` and its recording.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

import requests

from monitor.errors import (
    CollectError,
    CredentialsRefused,
    NotConfigured,
    OutboundRefused,
    RateLimited,
    SourceGone,
    SourceUnavailable,
    UnexpectedResponse,
)
from monitor.model import Item, Page, Source
from monitor.outbound import ResponseTooLarge
from monitor.ports import FIRST_LOOK_BACK, LATER_LOOK_BACK, Collector, CollectorTools

_LONGEST_AUTHOR = 200
_LONGEST_ID = 200
_LONGEST_URL = 2000
_READ_AT_KEPT_TO = timedelta(hours=6)
_REMEMBERED = 2000


def open_collector(platform: str, tools: CollectorTools) -> Collector:
    """Return the collector of a platform. Raises `KeyError` for one that is not in `REGISTRY`."""
    return REGISTRY[platform](tools)


class _Keeper:
    """A collector that keeps the contract around one that only reads its platform.

    The inner collector may return an item again and again; its cursor says where to go on, and need not
    know what was seen. The outer cursor is JSON: `inner` is that cursor, `seen` maps a keyed digest of
    each identity to a keyed digest of its text, so the cursor tells nobody what was read, `first` is
    true while the first look back has more pages to come, and `read_at` is when the source was last
    read, kept to six hours so that a quiet source does not change its cursor at every poll.
    """

    def __init__(self, inner: Collector, tools: CollectorTools) -> None:
        self._inner = inner
        self._tools = tools

    def poll(self, source: Source, cursor: str | None) -> Page:
        """Keep `monitor.ports.Collector.poll`."""
        now = self._tools.clock()
        inner_cursor, seen, first, read_at = _read_cursor(cursor)
        with _collect_errors(source, now):
            page = self._inner.poll(source, inner_cursor)
        horizon = now - (FIRST_LOOK_BACK if first else LATER_LOOK_BACK)
        notes = (*page.notes, *_unread(read_at, horizon), *_unkept_addresses(page.items))
        fresh: list[Item] = []
        for found in page.items:
            item = _storable(found, now, home=source.base_url)
            identity, text = self._digests(item)
            known_text = seen.pop(identity, None)
            if known_text is None and item.posted_at is not None and item.posted_at < horizon:
                continue
            seen[identity] = text  # Popped and set again: the last seen stay longest.
            if known_text != text:
                fresh.append(item)
        lately = read_at is not None and now - read_at < _READ_AT_KEPT_TO
        if cursor is not None and lately and not (fresh or page.more or first):
            return replace(page, items=(), cursor=cursor, notes=notes)
        kept = dict(list(seen.items())[-max(_REMEMBERED, len(page.items)) :])
        state = {
            "inner": page.cursor,
            "first": first and page.more,
            "read_at": now.isoformat(),
            "seen": kept,
        }
        cursor = json.dumps(state, separators=(",", ":"))
        return replace(page, items=tuple(fresh), cursor=cursor, notes=notes)

    def reread(self, source: Source, known: Sequence[Item]) -> tuple[Item, ...]:
        """Keep `monitor.ports.Collector.reread`."""
        now = self._tools.clock()
        with _collect_errors(source, now):
            found = self._inner.reread(source, known)
        return tuple(_storable(item, now, home=source.base_url) for item in found)

    def _digests(self, item: Item) -> tuple[str, str]:
        # 64 bits tell a few thousand identities apart; 32 bits tell one text from its next version.
        identity = self._tools.fingerprint(f"{item.platform}\n{item.native_id}")
        return identity[:16], self._tools.fingerprint(item.text)[:8]


def _read_cursor(cursor: str | None) -> tuple[str | None, dict[str, str], bool, datetime | None]:
    """Take a cursor apart. A damaged one starts anew: the store knows its items, nothing is lost."""
    try:
        state: Any = json.loads(cursor or "null")
        read_at = datetime.fromisoformat(state["read_at"]).astimezone(UTC) if "read_at" in state else None
        return str(state["inner"]), dict(state["seen"]), bool(state["first"]), read_at
    except (ValueError, KeyError, TypeError):
        return None, {}, True, None


def _unread(read_at: datetime | None, horizon: datetime) -> tuple[str, ...]:
    """Say which posts nobody will ever read, after an absence longer than the look-back (promise 2)."""
    if read_at is None or read_at >= horizon:
        return ()
    start, end = (f"{day.day} {day:%B %Y}" for day in (read_at, horizon))
    return (f"posts between {start} and {end} were not read: the source was away for too long",)


def _unkept_addresses(items: Sequence[Item]) -> tuple[str, ...]:
    count = sum(len(item.url) > _LONGEST_URL for item in items)
    return (f"entries with an endless address: {count} (the source's own is given instead)",) if count else ()


def _storable(item: Item, now: datetime, *, home: str) -> Item:
    """Take out what a wire can carry and a database cannot: half a surrogate pair, a NUL, the future, an
    id or author without end. An address without end gives way to `home`, the source's own.

    A platform's clock, or a post dated ahead, must not put an item after its own fetch.
    """
    return replace(
        item,
        native_id=_short(_clean(item.native_id)),
        url=_clean(item.url) if len(item.url) <= _LONGEST_URL else home,
        text=_clean(item.text),
        author=None if item.author is None else _clean(item.author)[:_LONGEST_AUTHOR],
        posted_at=None if item.posted_at is None else min(item.posted_at, now),
        reply_to=None if item.reply_to is None else _short(_clean(item.reply_to)),
    )


def _short(name: str) -> str:
    """An id that a database has room for: of a longer one the beginning and a digest."""
    if len(name) <= _LONGEST_ID:
        return name
    return f"{name[:100]} digest:{hashlib.sha256(name.encode()).hexdigest()}"


def _clean(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


@contextmanager
def _collect_errors(source: Source, now: datetime) -> Iterator[None]:
    """Turn what HTTP can do to us into the `CollectError` that says what the caller should do."""
    try:
        yield
    except OutboundRefused as error:
        detail = f"{error}; if that is meant, name it in [outbound] allow_private"
        raise NotConfigured(source.key, detail) from error
    except requests.HTTPError as error:
        raise _for_status(source, error.response, now) from error
    except ResponseTooLarge as error:
        raise UnexpectedResponse(source.key, str(error)) from error
    except requests.TooManyRedirects as error:
        raise UnexpectedResponse(source.key, "the address redirects without end") from error
    except requests.exceptions.InvalidHeader as error:
        raise UnexpectedResponse(source.key, "the address redirects to what is no address") from error
    except requests.exceptions.ContentDecodingError as error:
        raise UnexpectedResponse(source.key, "the answer cannot be unpacked") from error
    except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
        raise NotConfigured(source.key, "the address of this source is not a web address") from error
    except requests.Timeout as error:
        raise SourceUnavailable(source.key, "no answer in time") from error
    except requests.RequestException as error:
        raise SourceUnavailable(source.key, "no connection, or it broke off") from error


def _for_status(source: Source, response: requests.Response | None, now: datetime) -> CollectError:
    """Rule: DESIGN.md, Collector contract."""
    if response is None:
        return SourceUnavailable(source.key, "no answer")
    status = response.status_code
    if status in (401, 403):
        return CredentialsRefused(source.key, f"the platform refused us (HTTP {status})")
    if status in (404, 410, 451):
        return SourceGone(source.key, f"nothing is there any more (HTTP {status})")
    if status == 429:
        return RateLimited(source.key, _retry_after(response.headers.get("Retry-After", ""), now))
    if status >= 500:
        return SourceUnavailable(source.key, f"the platform has a fault (HTTP {status})")
    return UnexpectedResponse(source.key, f"an answer we do not know (HTTP {status})", response.content)


def _retry_after(value: str, now: datetime) -> datetime | None:
    """Read Retry-After, seconds or a date (RFC 9110 10.2.3); None when it says nothing sensible."""
    try:
        if value.strip().isdecimal():
            return now + timedelta(seconds=min(int(value), 31 * 86400))
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# Each platform's library is loaded when a source needs it: praw and instaloader take half a second.


def _feeds(tools: CollectorTools) -> Collector:
    from monitor.collectors.feeds import Feeds

    return _Keeper(Feeds(tools), tools)


def _wordpress(tools: CollectorTools) -> Collector:
    from monitor.collectors.feeds import Feeds
    from monitor.collectors.wordpress import WordPress

    return _Keeper(WordPress(tools, without_rest=Feeds(tools)), tools)


def _reddit(tools: CollectorTools) -> Collector:
    from monitor.collectors.reddit import Reddit

    return _Keeper(Reddit(tools), tools)


def _instagram(tools: CollectorTools) -> Collector:
    from monitor.collectors.instagram import Instagram

    return _Keeper(Instagram(tools), tools)


REGISTRY: Mapping[str, Callable[[CollectorTools], Collector]] = MappingProxyType(
    {"feeds": _feeds, "wordpress": _wordpress, "reddit": _reddit, "instagram": _instagram}
)
