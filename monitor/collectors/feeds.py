"""RSS, Atom and JSON Feed, and the pages that name one (collectors study 4, as of 2026-11-22).

The site's rules: feeds are published to be polled; we poll with an honest name, not more often than
every 15 minutes (R15), and conditionally, so that an unchanged feed costs its publisher one 304
(RFC 9110 13.1). What a publisher leaves out of a feed has merely scrolled away: only an item that is
missing while older ones are still there counts as removed.

A `Source` needs `base_url`: a feed, or a page with `<link rel="alternate">` to one.
"""

from __future__ import annotations

import calendar
import hashlib
import io
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser
import requests

from monitor.errors import UnexpectedResponse
from monitor.markup import links, plain
from monitor.model import Item, ItemState, Page, Source
from monitor.ports import CollectorTools

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.5"
)
_FEED_TYPES = ("application/atom+xml", "application/rss+xml", "application/feed+json")
_HARMFUL = re.compile(rb"<!ENTITY[^<>]*+>?|&#(?:\d{8,}|[xX][0-9a-fA-F]{7,});?")
_LONGEST_ID = 200
_WORLDWIDE = re.compile(r"(https?://[^/\s]|tag:|urn:)", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*>")


@dataclass(frozen=True, slots=True)
class Feed:
    """What one answer held. `faults` says in words what could not be read."""

    items: tuple[Item, ...]
    faults: tuple[str, ...] = ()


class Feeds:
    """Reads one feed per source."""

    def __init__(self, tools: CollectorTools) -> None:
        self._session = tools.session

    def poll(self, source: Source, cursor: str | None) -> Page:
        """Return every item of the feed; none if it has not changed since `cursor`.

        The cursor holds the feed's address, if a page named it, and its validators.
        """
        state: dict[str, str] = json.loads(cursor) if cursor else {}
        try:
            response = self._read(state.get("feed") or source.base_url, state)
        except requests.HTTPError as error:
            if "feed" not in state or error.response.status_code not in (404, 410):
                raise
            state = {}  # The feed has moved; its page may name the new one.
            response = self._read(source.base_url, state)
        if response.status_code == 304:
            return Page((), cursor or "{}")
        if named := named_feed(response.content, response.headers.get("Content-Type", ""), response.url):
            response = self._read(named, {})
            state = {"feed": named}
        feed = _parsed(source, response)
        validators = {
            "etag": response.headers.get("ETag", ""),
            "modified": response.headers.get("Last-Modified", ""),
        }
        kept = {key: value for key, value in {"feed": state.get("feed", ""), **validators}.items() if value}
        return Page(feed.items, json.dumps(kept), notes=feed.faults)

    def reread(self, source: Source, known: Sequence[Item]) -> tuple[Item, ...]:
        """Fetch the feed again and compare. Items older than all that it still holds are left out."""
        response = self._read(source.base_url, {})
        if named := named_feed(response.content, response.headers.get("Content-Type", ""), response.url):
            response = self._read(named, {})
        return compare(known, _parsed(source, response).items)

    def _read(self, address: str, validators: Mapping[str, str]) -> requests.Response:
        headers = {"Accept": _ACCEPT}
        if etag := validators.get("etag"):
            headers["If-None-Match"] = etag
        if modified := validators.get("modified"):
            headers["If-Modified-Since"] = modified
        response = self._session.get(address, headers=headers)
        response.raise_for_status()
        return response


def compare(known: Sequence[Item], present: Sequence[Item]) -> tuple[Item, ...]:
    """Say which known items changed or are gone, as far as a feed can tell."""
    by_id = {item.native_id: item for item in present}
    oldest = min((item.posted_at for item in present if item.posted_at is not None), default=None)
    found: list[Item] = []
    for item in known:
        now = by_id.get(item.native_id)
        if now is not None:
            if now.text != item.text:
                found.append(now)
        elif oldest is not None and item.posted_at is not None and item.posted_at > oldest:
            found.append(replace(item, text="", state=ItemState.REMOVED))
    return tuple(found)


def named_feed(body: bytes, content_type: str, address: str) -> str:
    """Return the feed that an HTML page names for itself, or "" if there is none or it is no page."""
    body = _XML_DECLARATION.sub(b"", body)
    start = body[:512].lstrip().lower()
    if not (start.startswith((b"<!doctype html", b"<html")) or "text/html" in content_type):
        return ""
    if start.startswith((b"<rss", b"<feed", b"<rdf", b"<!doctype rss", b"{")):
        return ""  # Many servers send feeds as text/html.
    for link in links(body):
        kind = link.get("type", "").split(";")[0].strip().lower()
        if "alternate" in link.get("rel", "").lower().split() and kind in _FEED_TYPES and "href" in link:
            return _web_address(link["href"], address)
    return ""


def _parsed(source: Source, response: requests.Response) -> Feed:
    feed = parse_feed(
        response.content,
        platform=source.platform,
        address=response.url,
        site=urlsplit(source.base_url).netloc.rpartition("@")[2].lower(),
        content_type=response.headers.get("Content-Type", ""),
    )
    if feed is None:
        raise UnexpectedResponse(source.key, "the answer is not a feed", response.content)
    return feed


def parse_feed(body: bytes, *, platform: str, address: str, site: str, content_type: str) -> Feed | None:
    """Read RSS, Atom or JSON Feed, also when it is broken. None if it is no feed at all. Pure.

    `site` is the host (and port) that ids are scoped with which mean something to one publisher only.
    """
    if body.lstrip()[:1] == b"{":
        return _parse_json(body, platform=platform, address=address, site=site)
    headers = {"content-type": content_type, "content-location": address}
    try:
        # A stream, because feedparser would open a name or an address that it is given as text.
        # Nothing is sanitised: `plain` leaves no markup, and unfinished comments hold the sanitiser up.
        parsed = feedparser.parse(
            io.BytesIO(_defused(body)),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (
        AssertionError,
        AttributeError,
        LookupError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ):
        return None  # Its reader for damaged feeds checks little.
    if not parsed.entries and not parsed.get("version"):
        return None
    home = _web_address(parsed.feed.get("link"), address) or address
    entries = (_xml_entry(entry, address) for entry in parsed.entries)
    feed = _chosen(entries, platform=platform, home=home, site=site)
    harmless = feedparser.exceptions.ThingsNobodyCaresAboutButMe
    if parsed.bozo and not isinstance(parsed.bozo_exception, harmless):
        damage = "the feed is damaged; what could be read was taken"
        feed = replace(feed, faults=(*feed.faults, damage))
    return feed


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry as its publisher gives it; `given_id`, `link` and `author` are "" where nothing is given."""

    given_id: str
    link: str
    text: str
    author: str
    posted_at: datetime | None


def _xml_entry(entry: Mapping[str, Any], address: str) -> _Entry:
    bodies = [str(part.get("value") or "") for part in entry.get("content", ())]
    body = max((*bodies, str(entry.get("summary") or "")), key=len)
    return _Entry(
        given_id=str(entry.get("id") or ""),
        link=_web_address(entry.get("link"), address),
        text=_titled(plain(str(entry.get("title") or "")), plain(body)),
        author=str(entry.get("author") or ""),
        posted_at=_moment(entry.get("published_parsed") or entry.get("updated_parsed")),
    )


def _defused(body: bytes) -> bytes:
    """Drop entity declarations, which no feed needs and which, nested, cost seconds before expat stops,
    and references to characters that cannot be, at which feedparser gives up the whole feed."""
    if b"\x00" in body[:512]:
        body = body.decode("utf-16", "replace").encode()
    return _HARMFUL.sub(b"", body)


def _parse_json(body: bytes, *, platform: str, address: str, site: str) -> Feed | None:
    """Read JSON Feed 1 and 1.1 (jsonfeed.org)."""
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return None
    home = _web_address(document.get("home_page_url"), address) or address
    entries = (_json_entry(entry, address) for entry in document["items"] if isinstance(entry, dict))
    return _chosen(entries, platform=platform, home=home, site=site)


def _json_entry(entry: Mapping[str, Any], address: str) -> _Entry:
    words = str(entry.get("content_text") or "") or plain(str(entry.get("content_html") or ""))
    authors = entry.get("authors")
    author = authors[0] if isinstance(authors, list) and authors else entry.get("author")
    return _Entry(
        given_id=str(entry.get("id") or ""),
        link=_web_address(entry.get("url"), address) or _web_address(entry.get("external_url"), address),
        text=_titled(str(entry.get("title") or "").strip(), words or str(entry.get("summary") or "")),
        author=str(author.get("name") or "") if isinstance(author, dict) else "",
        posted_at=_iso(entry.get("date_published")),
    )


def _chosen(entries: Iterable[_Entry], *, platform: str, home: str, site: str) -> Feed:
    """Choose an id and an address for each entry that says anything, and count where none was given."""
    telling = [entry for entry in entries if entry.text or entry.link or entry.given_id]
    urls = [entry.link or _web_address(entry.given_id, "") or home for entry in telling]
    items = tuple(
        Item(
            platform=platform,
            native_id=_native_id(
                entry.given_id or entry.link or _derived_id(entry.posted_at, entry.text), site
            ),
            url=url,
            text=entry.text,
            author=entry.author or None,
            posted_at=entry.posted_at,
        )
        for entry, url in zip(telling, urls, strict=True)
    )
    return Feed(items, _faults(sum(not entry.given_id for entry in telling), urls.count(home)))


def _faults(without_id: int, without_address: int) -> tuple[str, ...]:
    faults: list[str] = []
    if without_id:
        faults.append(f"entries without an id: {without_id} (one was made from the address or the words)")
    if without_address:
        faults.append(f"entries without an address: {without_address} (the feed's own is given instead)")
    return tuple(faults)


def _titled(title: str, words: str) -> str:
    """The title is the first line, once."""
    words = words.strip()
    return words if not title or words.startswith(title) else f"{title}\n{words}".strip()


def _web_address(value: object, base: str) -> str:
    """Make an address absolute; "" if it is not one that a browser could open."""
    try:
        address = urljoin(base, str(value)) if value else ""
        return address if urlsplit(address).scheme in ("http", "https") and urlsplit(address).hostname else ""
    except ValueError:
        return ""


def _native_id(given: str, site: str) -> str:
    """The id as given if it is meant for the whole world, else with the site it is unique on (RSS asks
    for no more: many count from 1). Of one that no database has room for, the beginning and a digest."""
    name = given if _WORLDWIDE.match(given) else f"{site} {given}"
    if len(name) <= _LONGEST_ID:
        return name
    return f"{name[:100]} digest:{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()}"


def _derived_id(posted_at: datetime | None, text: str) -> str:
    """Name an entry that has neither id nor address by its time and first line."""
    basis = f"{posted_at.isoformat() if posted_at else ''}\n{text.partition(chr(10))[0]}"
    return "derived:" + hashlib.sha256(basis.encode("utf-8", "replace")).hexdigest()[:32]


def _moment(value: time.struct_time | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromtimestamp(calendar.timegm(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _iso(value: object) -> datetime | None:
    """Read an RFC 3339 time; one without a zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
