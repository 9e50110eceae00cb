"""Reddit through its official API with praw 8 (collectors study 3.7, as of 2026-11-22).

The platform's rules: API credentials need Reddit's approval since November 2025; about 100 requests a
minute for each client; no user is re-identified and no author is linked to a person (Responsible
Builder Policy); what its author deleted is removed here too. Search finds submissions only, so the
comments of a few local places are read beside it. A listing ends after about 1,000 entries.

A `Source` needs `base_url` (the API, https://oauth.reddit.com), `auth_url` (the token service and the
permalinks, https://www.reddit.com), and `search` phrases or `places` (subreddits). The secrets are
`client_id` and `client_secret` of a read-only application; no person's account is ever used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import praw
from praw.exceptions import PRAWException
from prawcore.exceptions import BadJSON, OAuthException, PrawcoreException, Redirect
from prawcore.requestor import Requestor

from monitor.errors import CredentialsRefused, NotConfigured, RateLimited, SourceGone, UnexpectedResponse
from monitor.model import Item, ItemState, Page, Source
from monitor.ports import FIRST_LOOK_BACK, LATER_LOOK_BACK, CollectorTools

if TYPE_CHECKING:
    from requests import Response, Session  # noqa: TID251  # named only; outbound makes it

_OVERLAP = timedelta(hours=48)
_WINDOW = timedelta(minutes=10)
_PER_PAGE = 100
_PAGES = 10
_GONE = ("[deleted]", "[removed]")

_ODD = (AssertionError, AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError)
"""What praw, which checks little, raises for a token, a listing or a header in another shape."""


class Reddit:
    """Reads phrase searches and the comments of places."""

    def __init__(self, tools: CollectorTools) -> None:
        self._tools = tools

    def poll(self, source: Source, cursor: str | None) -> Page:
        """Return all that is newer than the newest of last time less 48 hours.

        The cursor is that time and names no post: a listing continued from a post that has itself been
        deleted yields nothing.
        """
        now = self._tools.clock()
        newest = datetime.fromisoformat(json.loads(cursor)["newest"]) if cursor else None
        since = now - FIRST_LOOK_BACK if newest is None else max(newest - _OVERLAP, now - LATER_LOOK_BACK)
        client = self._open(source)
        items: list[Item] = []
        notes: list[str] = []
        for path, query in _listings(source, span="month" if newest is None else "week"):
            found, complete = self._listing(client, source, path, query, since)
            items += found
            if not complete:
                notes.append("a search has more results than Reddit lists; the oldest were left out")
        latest = max([newest or since, *(item.posted_at for item in items if item.posted_at)])
        return Page(tuple(items), json.dumps({"newest": min(latest, now).isoformat()}), notes=tuple(notes))

    def reread(self, source: Source, known: Sequence[Item]) -> tuple[Item, ...]:
        """Ask about the items a hundred at a time; a deleted one comes back as a marker."""
        client = self._open(source)
        before = {item.native_id: item for item in known}
        found: list[Item] = []
        ids = list(before)
        for start in range(0, len(ids), _PER_PAGE):
            asked = ",".join(ids[start : start + _PER_PAGE])
            answer = self._get(client, source, "api/info", {"id": asked})
            for item in _items(source, answer):
                was = before.get(item.native_id)
                if was is not None and (was.text, was.state) != (item.text, item.state):
                    found.append(item)
        return tuple(found)

    def _listing(
        self, client: praw.Reddit, source: Source, path: str, query: Mapping[str, str], since: datetime
    ) -> tuple[list[Item], bool]:
        """Read a newest-first listing back to `since`; False if it ended before that was reached."""
        items: list[Item] = []
        after = ""
        for _ in range(_PAGES):
            answer = self._get(client, source, path, {**query, "limit": _PER_PAGE, "after": after})
            page = _items(source, answer)
            items += (item for item in page if item.state is ItemState.PRESENT)
            times = [item.posted_at for item in page if item.posted_at]
            after = _after(answer)
            if not after or not times or min(times) < since:
                return items, True
        return items, False

    def _open(self, source: Source) -> praw.Reddit:
        missing = [name for name in ("client_id", "client_secret") if not self._tools.secrets.get(name)]
        if missing:
            detail = f"Reddit's approval is needed first; missing: {', '.join(missing)}"
            raise NotConfigured(source.key, detail)
        if not source.auth_url:
            raise NotConfigured(source.key, "auth_url is missing (https://www.reddit.com)")
        # Every setting that praw would otherwise look for in praw.ini or the environment is given.
        return praw.Reddit(
            requestor_class=_OneAttempt,
            requestor_kwargs={"session": self._tools.session},
            check_for_updates=False,
            client_id=self._tools.secrets["client_id"],
            client_secret=self._tools.secrets["client_secret"],
            user_agent=self._tools.user_agent,
            username=None,
            password=None,
            refresh_token=None,
            oauth_url=source.base_url.rstrip("/"),
            reddit_url=source.auth_url.rstrip("/"),
        )

    def _get(self, client: praw.Reddit, source: Source, path: str, query: Mapping[str, str | int]) -> Any:
        """Make one call. Where praw would sleep because its budget is used up, say until when instead."""
        remaining: Any = client.auth.limits["remaining"]
        if remaining is not None and remaining <= 0:
            raise RateLimited(source.key, self._tools.clock() + _WINDOW)
        try:
            return client.request(method="GET", path=path, params={k: v for k, v in query.items() if v})
        except OAuthException as error:
            raise CredentialsRefused(source.key, "Reddit refused the application's credentials") from error
        except Redirect as error:
            raise SourceGone(source.key, "Reddit has no such place any more") from error
        except BadJSON as error:
            raise UnexpectedResponse(source.key, "the answer is not JSON", error.response.content) from error
        except (PrawcoreException, PRAWException, *_ODD) as error:
            raise UnexpectedResponse(source.key, "an answer praw does not know") from error


class _OneAttempt(Requestor):
    """Sends through our session, once: retrying is the schedule's business (style study 4.9)."""

    def __init__(self, *, session: Session, oauth_url: str, reddit_url: str, user_agent: str) -> None:
        # Not praw's own: that writes its name into the headers of the session, which others use too.
        self._http = session
        self.oauth_url = oauth_url
        self.reddit_url = reddit_url

    def request(self, *args: Any, **kwargs: Any) -> Response:
        """Send, and let what fails come out as `requests` says it."""
        response = self._http.request(*args, **kwargs)
        response.raise_for_status()
        return response


def _listings(source: Source, *, span: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The addresses to read: school phrases and places, nothing else (R12)."""
    for phrase in source.search:
        query = '"' + phrase.replace('"', " ") + '"'
        yield "search", {"q": query, "sort": "new", "type": "link", "t": span, "restrict_sr": "false"}
    for place in source.places:
        yield f"r/{place.removeprefix('r/')}/comments", {}


def _items(source: Source, answer: object) -> tuple[Item, ...]:
    items = parse_listing(answer, platform=source.platform, site=source.auth_url.rstrip("/"))
    if items is None:
        body = json.dumps(answer, default=str).encode()
        raise UnexpectedResponse(source.key, "the answer is not a listing", body)
    return items


def parse_listing(answer: object, *, platform: str, site: str) -> tuple[Item, ...] | None:
    """Read a listing of submissions (t3) and comments (t1). None if it is no listing. Pure.

    A deleted or moderated entry has the state `removed` and no text. Entries of other kinds are
    left out; no field is taken for granted, as older entries lack some.
    """
    data = answer.get("data") if isinstance(answer, dict) else None
    children = data.get("children") if isinstance(data, dict) else None
    if not isinstance(children, list):
        return None
    found = (_item(child, platform=platform, site=site) for child in children)
    return tuple(item for item in found if item is not None)


def _item(child: object, *, platform: str, site: str) -> Item | None:
    kind, entry = (child.get("kind"), child.get("data")) if isinstance(child, dict) else (None, None)
    if kind not in ("t1", "t3") or not isinstance(entry, dict):
        return None
    name, permalink = entry.get("id"), entry.get("permalink")
    if not isinstance(name, str) or not isinstance(permalink, str) or not permalink.startswith("/"):
        return None
    words = str(entry.get("body" if kind == "t1" else "selftext") or "")
    title = str(entry.get("title") or "") if kind == "t3" else ""
    gone = words.strip() in _GONE or bool(entry.get("removed_by_category"))
    author = entry.get("author")
    return Item(
        platform=platform,
        native_id=f"{kind}_{name}",
        url=site + permalink,
        text="" if gone else f"{title}\n{words}".strip(),
        author=author if isinstance(author, str) and author not in _GONE else None,
        posted_at=_moment(entry.get("created_utc")),
        reply_to=entry["parent_id"] if isinstance(entry.get("parent_id"), str) else None,
        state=ItemState.REMOVED if gone else ItemState.PRESENT,
    )


def _after(answer: Any) -> str:
    after = answer["data"].get("after")
    return after if isinstance(after, str) else ""


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else None
    except (ValueError, OverflowError, OSError):
        return None
