"""Reddit's token service and the three listings we read (reddit.com/dev/api).

Even numbers are submissions, found by search; odd ones are comments in a subreddit. What was deleted
leaves the listings and is a marker when it is asked for by name. A listing continued from a deleted
entry is empty, as on Reddit.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from monitor.model import Source
from tests.platform_server import RECORDINGS, Answer, Asked, PlatformServer, Post, as_json


class RedditServer(PlatformServer):
    """Serves both of Reddit's addresses from one place."""

    doors = ("/api/v1/access_token",)
    secrets = {"client_id": "invented-id", "client_secret": "invented-secret"}

    def __init__(self) -> None:
        super().__init__()
        self.rate_headers: dict[str, str] = {}

    def source(self) -> Source:
        return Source(
            "reddit-school",
            "reddit",
            self.address,
            timedelta(minutes=30),
            search=("Elm Lane Notice",),
            places=("elmlane",),
            auth_url=self.address,
        )

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/api/v1/access_token":
            token = {"access_token": "invented", "token_type": "bearer", "expires_in": 86400, "scope": "*"}
            return as_json(token)
        if asked.headers.get("Authorization") != "bearer invented":
            return Answer(b"{}", 401)
        if asked.path == "/api/info":
            names = asked.query.get("id", "").split(",")
            assert len(names) <= 100
            return as_json(
                _listing([self._entry(post) for post in self.posts.values() if _name(post) in names])
            )
        kind = {"/search": "t3", "/r/elmlane/comments": "t1"}.get(asked.path)
        if kind is None:
            return Answer(b"{}", 404)
        posts = [post for post in self.present if _name(post).startswith(kind)]
        limit = min(int(asked.query.get("limit", 25)), 100)
        start = 0
        if after := asked.query.get("after"):
            places = [index for index, post in enumerate(posts) if _name(post) == after]
            start = places[0] + 1 if places else len(posts)
        shown = posts[start : start + limit]
        following = _name(shown[-1]) if start + limit < len(posts) else None
        return as_json(_listing([self._entry(post) for post in shown], following), **self.rate_headers)

    def _entry(self, post: Post) -> dict[str, Any]:
        kind = "comment" if post.number % 2 else "submission"
        entry: dict[str, Any] = json.loads((RECORDINGS / "reddit" / f"{kind}.json").read_text())
        words = "body" if kind == "comment" else "selftext"
        entry["data"] |= {
            "id": _name(post)[3:],
            "name": _name(post),
            "created_utc": post.at.timestamp(),
            "edited": post.changed_at.timestamp() if post.changed_at != post.at else False,
            "permalink": f"/r/elmlane/comments/x/{_name(post)[3:]}/",
            words: "[deleted]" if post.gone else post.text,
        }
        if post.gone:
            entry["data"]["author"] = None
        return entry


def _name(post: Post) -> str:
    return f"t{1 if post.number % 2 else 3}_x{post.number}"


def _listing(entries: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    return {
        "kind": "Listing",
        "data": {"after": after, "before": None, "children": entries, "dist": len(entries)},
    }
