"""WordPress sites through their public REST API (collectors study 3.10, as of 2026-11-22, WordPress 6.1).

The platform's rules: `wp/v2/posts` and `comments` are public where the site has not closed them; 100
entries a page at most (101 is an error); a post in the bin answers 401, one that never was 404. The list
of users is often public too and is never asked for. A site without REST still has feeds, and those
are read by the collector that is given as `without_rest`.

A `Source` needs `base_url` (the site's front page); `search` phrases narrow it, without them all posts
and comments are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from monitor.errors import UnexpectedResponse
from monitor.markup import links, plain
from monitor.model import Item, ItemState, Page, Source
from monitor.ports import FIRST_LOOK_BACK, LATER_LOOK_BACK, Collector, CollectorTools

_OVERLAP = timedelta(hours=48)
_SECOND = timedelta(seconds=1)
_PER_PAGE = 100
_REST_RELATION = "https://api.w.org/"
_CLOSED_FOR = timedelta(days=1)
_CLOSED = (401, 403, 404, 405, 410, 501)
_FEED_ID = re.compile(r"(?:[?&]p=(\d+)|#comment-(\d+))$")


class WordPress:
    """Reads posts and comments, oldest first, so that what comes in meanwhile is never skipped."""

    def __init__(self, tools: CollectorTools, *, without_rest: Collector) -> None:
        self._session = tools.session
        self._clock = tools.clock
        self._without_rest = without_rest

    def poll(self, source: Source, cursor: str | None) -> Page:
        """Read one page of each stream (posts and comments, for each phrase).

        The cursor holds the API's address; in `places` for each stream the time of the newest change
        and whether more waits; in `closed` until when a kind is read by its feeds (the cursors in
        `feeds`) because the API refused it. After that the API is tried again.
        """
        now = self._clock()
        state: dict[str, Any] = json.loads(cursor) if cursor else {"places": {}, "feeds": {}, "closed": {}}
        closed = {
            kind: until for kind, until in state["closed"].items() if datetime.fromisoformat(until) > now
        }
        if "rest" not in state or len(closed) < len(state["closed"]):
            state["rest"] = self._find_rest(source)
        state["closed"] = closed
        pages: list[Page] = []
        for kind in ("post", "comment"):
            if kind not in closed:
                try:
                    pages.append(self._poll_rest(source, state, kind, now=now))
                    continue
                except requests.HTTPError as error:
                    if error.response.status_code not in _CLOSED:
                        raise
                    closed[kind] = (now + _CLOSED_FOR).isoformat()
            pages.append(self._poll_feeds(source, state, kind))
        for page in pages:
            part = json.loads(page.cursor)
            state = {**state, **{key: {**state[key], **part[key]} for key in part}}
        return Page(
            tuple(item for page in pages for item in page.items),
            json.dumps(state),
            more=any(page.more for page in pages),
            notes=tuple(note for page in pages for note in page.notes),
        )

    def reread(self, source: Source, known: Sequence[Item]) -> tuple[Item, ...]:
        """Ask for the items by id, and for each that is missing, once more alone.

        401 is WordPress's answer for a post in the bin, 404 for one that was purged; a comment that
        was unapproved answers 401 too. Without REST nothing can be told.
        """
        before = {item.native_id: item for item in known}
        site = site_of(source.base_url)
        rest = self._find_rest(source)
        found: list[Item] = []
        for kind, wanted in _by_kind(before, site).items():
            for start in range(0, len(wanted), _PER_PAGE):
                ids = wanted[start : start + _PER_PAGE]
                query = {"include": ",".join(ids), "per_page": str(_PER_PAGE)}
                try:
                    entries = self._read(source, _rest_address(rest, f"{kind}s", query))
                except requests.HTTPError as error:
                    if error.response.status_code in _CLOSED:
                        return ()
                    raise
                present = {
                    item.native_id: item
                    for item in parse_entries(entries, source.platform, kind=kind, site=site)
                }
                for number in ids:
                    native_id = f"{site}/{kind}/{number}"
                    if native_id not in present:
                        if self._is_gone(_rest_address(rest, f"{kind}s/{number}", {})):
                            found.append(replace(before[native_id], text="", state=ItemState.REMOVED))
                    elif present[native_id].text != before[native_id].text:
                        found.append(present[native_id])
        return tuple(found)

    def _poll_rest(self, source: Source, state: Mapping[str, Any], kind: str, *, now: datetime) -> Page:
        site = site_of(source.base_url)
        items: list[Item] = []
        places: dict[str, Any] = {}
        for phrase in source.search or ("",):
            stream = f"{kind}:{phrase}"
            place = state["places"].get(stream)
            start, page = _start(place, now=now)
            query = _query(kind, phrase=phrase, after=start, page=page)
            entries = self._read(source, _rest_address(state["rest"], f"{kind}s", query))
            items += parse_entries(entries, source.platform, kind=kind, site=site)
            places[stream] = _next_place(place, _changes(entries), start=start, page=page)
        more = any(place["more"] for place in places.values())
        return Page(tuple(items), json.dumps({"places": places}), more=more)

    def _poll_feeds(self, source: Source, state: Mapping[str, Any], kind: str) -> Page:
        items: list[Item] = []
        queries = _feed_queries(source, kind)
        instead = "its feeds were read instead" if queries else "no feed of the site can be searched for them"
        notes = [f"the site's own API is closed for {kind}s; {instead}"]
        cursors: dict[str, str] = {}
        site = site_of(source.base_url)
        for query in queries:
            feed = replace(source, base_url=f"{source.base_url}?{query}")
            page = self._without_rest.poll(feed, state["feeds"].get(query))
            items += (_as_rest(item, kind, site) for item in page.items)
            notes += page.notes
            cursors[query] = page.cursor
        return Page(tuple(items), json.dumps({"feeds": cursors}), notes=tuple(notes))

    def _find_rest(self, source: Source) -> str:
        """Ask the front page for the address of its API; the usual one if it does not say."""
        response = self._session.get(source.base_url)
        response.raise_for_status()
        named = response.links.get(_REST_RELATION, {}).get("url", "")
        if not named:
            found = (
                link.get("href", "") for link in links(response.content) if link.get("rel") == _REST_RELATION
            )
            named = next(found, "") or "wp-json/"
        try:
            return urljoin(response.url, named)
        except ValueError:
            return urljoin(response.url, "wp-json/")

    def _read(self, source: Source, address: str) -> list[dict[str, Any]]:
        response = self._session.get(address, headers={"Accept": "application/json"})
        if response.status_code == 400 and b"invalid_page_number" in response.content:
            return []  # The page after the last one.
        response.raise_for_status()
        try:
            entries: Any = response.json()
        except (ValueError, RecursionError):
            entries = None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise UnexpectedResponse(source.key, "the answer is not a list of entries", response.content)
        return entries

    def _is_gone(self, address: str) -> bool:
        response = self._session.get(address)
        if response.status_code not in (401, 404, 410):
            response.raise_for_status()
        return not response.ok


def site_of(base_url: str) -> str:
    """Name a site within all of WordPress: each counts its posts from 1, also two on one host."""
    parts = urlsplit(base_url)
    return f"{parts.netloc.rpartition('@')[2].lower()}{parts.path.rstrip('/')}"


def parse_entries(
    entries: Sequence[Mapping[str, Any]], platform: str, *, kind: str, site: str
) -> tuple[Item, ...]:
    """Read posts or comments (`kind`) as the REST API gives them; those without id or link are left
    out. A post has no author here, because its name would take the list of users. Pure."""
    items: list[Item] = []
    for entry in entries:
        number, link = entry.get("id"), entry.get("link")
        if (
            not isinstance(number, int)
            or not isinstance(link, str)
            or not link.startswith(("http://", "https://"))
        ):
            continue
        up = f"comment/{entry['parent']}" if entry.get("parent") else f"post/{entry.get('post')}"
        items.append(
            Item(
                platform=platform,
                native_id=f"{site}/{kind}/{number}",
                url=link,
                text=f"{_rendered(entry.get('title'))}\n{_rendered(entry.get('content'))}".strip(),
                author=(str(entry.get("author_name") or "") or None) if kind == "comment" else None,
                posted_at=_utc(entry.get("date_gmt")),
                reply_to=f"{site}/{up}" if kind == "comment" else None,
            )
        )
    return tuple(items)


def _start(place: Mapping[str, Any] | None, *, now: datetime) -> tuple[datetime, int]:
    """Where to read on: exactly there while more waits, else two days back and seven at most (R16)."""
    if place is None:
        return now - FIRST_LOOK_BACK, 1
    newest = datetime.fromisoformat(place["newest"])
    if place["more"]:
        return newest, place["page"]
    return max(newest - _OVERLAP, now - LATER_LOOK_BACK), 1


def _next_place(
    place: Mapping[str, Any] | None, changes: Sequence[datetime], *, start: datetime, page: int
) -> dict[str, Any]:
    """Where this stream stands after a page of entries changed at `changes`, oldest first.

    We go on by time, not by page number, because an edit between two pages moves entries across
    their border. Only if a whole page changed within one second is the next page number asked for.
    """
    if len(changes) >= _PER_PAGE:
        newest = changes[-1] - _SECOND
        on, next_page = (newest, 1) if newest > start else (start, page + 1)
        return {"newest": on.isoformat(), "page": next_page, "more": True}
    before = [datetime.fromisoformat(place["newest"])] if place else []
    return {"newest": max([start, *before, *changes]).isoformat(), "page": 1, "more": False}


def _query(kind: str, *, phrase: str, after: datetime, page: int) -> dict[str, str]:
    moment = after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = {"per_page": str(_PER_PAGE), "page": str(page), "order": "asc"}
    if kind == "post":
        query |= {"orderby": "modified", "modified_after": moment}
    else:
        query |= {"orderby": "date", "after": moment}
    return {**query, "search": phrase} if phrase else query


def _rest_address(rest: str, route: str, query: Mapping[str, str]) -> str:
    """Address a route, also on a site whose links are in query form (`?rest_route=/`)."""
    address = f"{rest.rstrip('/')}/wp/v2/{route}"
    return f"{address}{'&' if '?' in rest else '?'}{urlencode(query)}" if query else address


def _feed_queries(source: Source, kind: str) -> tuple[str, ...]:
    """Feeds in query form exist whatever form the site's links have; only posts can be searched."""
    if source.search:
        searches = tuple(urlencode({"feed": "rss2", "s": phrase}) for phrase in source.search)
        return searches if kind == "post" else ()
    return ("feed=rss2",) if kind == "post" else ("feed=comments-rss2",)


def _as_rest(item: Item, kind: str, site: str) -> Item:
    """Give an entry of a feed the id and the words that the API knows it by, so that both ways name one
    item and it is no edit when the API opens. Feeds put a title of their own before a comment."""
    found = _FEED_ID.search(item.native_id)
    if found is None:
        return item
    name = f"post/{found[1]}" if found[1] else f"comment/{found[2]}"
    words = item.text.partition("\n")[2] if kind == "comment" else ""
    return replace(item, native_id=f"{site}/{name}", text=words or item.text)


def _by_kind(native_ids: Mapping[str, Item], site: str) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {"post": [], "comment": []}
    for native_id in native_ids:
        kind, _, number = native_id.removeprefix(f"{site}/").partition("/")
        if kind in wanted and number.isdecimal():
            wanted[kind].append(number)
    return wanted


def _changes(entries: Sequence[Mapping[str, Any]]) -> list[datetime]:
    moments = (_utc(entry.get("modified_gmt") or entry.get("date_gmt")) for entry in entries)
    return sorted(moment for moment in moments if moment is not None)


def _rendered(value: object) -> str:
    return plain(str(value.get("rendered") or "")) if isinstance(value, dict) else ""


def _utc(value: object) -> datetime | None:
    """Read a `_gmt` time, which WordPress writes without a zone."""
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
    except ValueError:
        return None
