"""The School's own public Instagram profile, logged out, with instaloader 4.16 (collectors study 3.5,
as of 2026-11-22).

The platform's rules: automated collection is not welcome, so this is opt-in, for our own Channel only,
once a day at most, and it stops at the first sign of refusal; it never logs in and never goes round a
wall (R22, R23, R25). Instagram breaks it a few times a year; the official way is the Graph API.
Instaloader is held to one attempt, no sleep, no file, no session, no picture: it only asks for the page
and for the details of the dozen posts on it, all through our session and under our own name.

A `Source` needs `base_url` (https://www.instagram.com/<name>/) and `channel`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import requests
from instaloader import InstaloaderContext, Post, Profile, RateController
from instaloader.exceptions import (
    AbortDownloadException,
    InstaloaderException,
    LoginRequiredException,
)

from monitor.errors import CredentialsRefused, NotConfigured, RateLimited, UnexpectedResponse
from monitor.model import Item, ItemState, Page, Source
from monitor.ports import Clock, CollectorTools

if TYPE_CHECKING:
    from requests import Response, Session  # noqa: TID251  # named only; outbound makes it

_SITE = "https://www.instagram.com"
_POSTS = 12
"""As many as the profile's page shows; no further page is asked for."""

_ODD = (AssertionError, AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError)
"""What instaloader, which checks little, raises when the page is built otherwise than it knows."""


class Instagram:
    """Reads the latest posts of the School's own profile."""

    def __init__(self, tools: CollectorTools) -> None:
        self._session = tools.session
        self._clock = tools.clock

    def poll(self, source: Source, cursor: str | None) -> Page:
        """Return the posts on the profile's page, always all of them; the cursor says nothing."""
        return Page(self._read(source), cursor or "{}")

    def reread(self, source: Source, known: Sequence[Item]) -> tuple[Item, ...]:
        """Read the page again. Missing while older posts are there is gone; older ones are left out."""
        present = {item.native_id: item for item in self._read(source)}
        oldest = min((item.posted_at for item in present.values() if item.posted_at), default=None)
        found: list[Item] = []
        for item in known:
            now = present.get(item.native_id)
            if now is not None and now.text != item.text:
                found.append(now)
            elif now is None and oldest and item.posted_at and item.posted_at > oldest:
                found.append(replace(item, text="", state=ItemState.REMOVED))
        return tuple(found)

    def _read(self, source: Source) -> tuple[Item, ...]:
        site, _, name = source.base_url.rstrip("/").rpartition("/")
        if not source.channel:
            raise NotConfigured(source.key, "only the School's own profile is read: name its channel")
        if site.count("/") != 2 or not site.startswith(("http://", "https://")):
            raise NotConfigured(source.key, "base_url must be the profile's address")
        context = _Context(self._session, site, self._clock)
        try:
            posts = islice(Profile.from_username(context, name).get_posts(), _POSTS)
            return tuple(parse_post(post, platform=source.platform, site=site) for post in posts)
        except _Stop as stop:
            raise stop.reason from None
        except _MustWait as wait:
            raise RateLimited(source.key, wait.until) from wait
        except (LoginRequiredException, AbortDownloadException) as error:
            raise CredentialsRefused(source.key, "Instagram asked for a login; not checked") from error
        except (InstaloaderException, *_ODD) as error:
            detail = "Instagram's page is not built as we know it"
            raise UnexpectedResponse(source.key, detail, context.last_body) from error


def parse_post(post: Post, *, platform: str, site: str) -> Item:
    """Read a post whose details instaloader has fetched. Touches no network."""
    return Item(
        platform=platform,
        native_id=post.shortcode,
        url=f"{site}/p/{post.shortcode}/",
        text=str(post.caption or ""),
        author=post.owner_username,
        posted_at=post.date_utc.replace(tzinfo=UTC),
    )


class _Stop(Exception):
    """Carries a refusal past instaloader, which would otherwise read it as something else."""

    def __init__(self, reason: requests.RequestException) -> None:
        super().__init__()
        self.reason = reason


class _MustWait(Exception):
    """Instaloader wanted to sleep."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class _NoSleep(RateController):
    """Raises where instaloader would sleep, up to eleven minutes, inside the call."""

    def __init__(self, context: InstaloaderContext, clock: Clock) -> None:
        super().__init__(context)
        self._clock = clock

    def sleep(self, secs: float) -> None:
        """Say until when to wait."""
        raise _MustWait(self._clock() + timedelta(seconds=secs))


class _Lent(requests.Session):  # noqa: TID251  # opens nothing itself: see `request`
    """Looks like a session to instaloader and hands every request to ours."""

    def __init__(self, ours: Session, site: str) -> None:
        super().__init__()
        self._ours = ours
        self._site = site
        self.last_body = b""

    def request(self, method: Any, url: Any, **settings: Any) -> Response:  # type: ignore[override]  # fewer names
        """Send through our session, to the site that the source names."""
        address = str(url).replace(_SITE, self._site, 1)
        headers = {**self.headers, **(settings.pop("headers", None) or {})}
        try:
            response = self._ours.request(method, address, headers=headers, cookies=self.cookies, **settings)
        except requests.RequestException as error:
            raise _Stop(error) from error
        self.cookies.update(response.cookies)  # For this one reading: instaloader wants its own token back.
        self.last_body = response.content
        if response.status_code > 400:  # 400 can mean "challenge required", which instaloader tells apart.
            raise _Stop(requests.HTTPError(response=response))
        return response


class _Context(InstaloaderContext):
    """Instaloader's connection, made of our session only; says nothing and keeps nothing."""

    def __init__(self, ours: Session, site: str, clock: Clock) -> None:
        self._lent = _Lent(ours, site)  # First: the constructor below asks for it.
        super().__init__(
            sleep=False,
            quiet=True,
            max_connection_attempts=1,
            rate_controller=lambda context: _NoSleep(context, clock),
            iphone_support=False,
        )

    @property
    def last_body(self) -> bytes:
        """What the last answer said, for the operator."""
        return self._lent.last_body

    def get_anonymous_session(self) -> requests.Session:  # noqa: TID251  # its declared type
        """Lend our session."""
        self._lent.headers.update(self._default_http_header(empty_session_only=True))
        self._lent.headers.pop("Content-Length", None)
        return self._lent

    @contextmanager
    def _graphql_session(
        self, referer: str | None, csrf: str | None = None, lsd: str | None = None
    ) -> Iterator[Session]:
        """Lend our session with the headers that a query needs; instaloader would copy it into its own."""
        named = {"Accept": "*/*", "X-CSRFToken": csrf, "Referer": referer, "X-FB-LSD": lsd}
        self._lent.headers.update({key: value for key, value in named.items() if value})
        yield self._lent

    def error(self, msg: object, repeat_at_end: bool = True) -> None:
        """Print nothing: the message may hold addresses and handles."""
