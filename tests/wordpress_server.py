"""A WordPress site as far as its public REST API and feeds go (developer.wordpress.org/rest-api).

Even numbers are posts and odd ones are comments, so that every test meets both.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Any

from monitor.model import Source
from tests.platform_server import RECORDINGS, Answer, Asked, PlatformServer, Post, as_json


class WordPressServer(PlatformServer):
    """Serves the front page, `wp/v2/posts` and `comments`, and the feeds in query form."""

    doors = ("/",)

    def __init__(self) -> None:
        super().__init__()
        self.rest_closed = False
        self.closed_kinds: set[str] = set()

    def source(self) -> Source:
        return Source("elm-blog", "wordpress", f"{self.address}/", timedelta(minutes=30))

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/" and "feed" in asked.query:
            return self._feed(asked)
        if asked.path == "/":
            link = f'<{self.address}/wp-json/>; rel="https://api.w.org/"'
            return Answer(
                b"<!doctype html><title>Elm blog</title>", headers={"Link": link, "Content-Type": "text/html"}
            )
        route = asked.path.removeprefix("/wp-json/wp/v2/").split("/")
        if self.rest_closed or route[0] not in ("posts", "comments"):
            return Answer(b'{"code":"rest_no_route"}', 404)
        kind = route[0][:-1]
        if kind in self.closed_kinds:
            return Answer(b'{"code":"rest_forbidden"}', 401)
        if len(route) == 2:
            return self._one(kind, int(route[1]))
        return self._list(kind, asked.query)

    def edit(self, post: Post, text: str, at: datetime) -> None:
        """Comments have no time of change in WordPress; posts do."""
        super().edit(post, text, at if _kind(post) == "post" else post.changed_at)

    def _list(self, kind: str, query: Any) -> Answer:
        posts = [post for post in self.present if _kind(post) == kind]
        per_page, page = int(query.get("per_page", 10)), int(query.get("page", 1))
        if per_page > 100:
            return Answer(b'{"code":"rest_invalid_param"}', 400)
        if "include" in query:
            posts = [post for post in posts if str(post.number) in query["include"].split(",")]
        if phrase := query.get("search", "").lower():
            posts = [post for post in posts if phrase in post.text.lower()]
        if after := query.get("modified_after"):
            posts = [post for post in posts if post.changed_at > datetime.fromisoformat(after)]
        if after := query.get("after"):
            posts = [post for post in posts if post.at > datetime.fromisoformat(after)]
        posts.sort(key=lambda post: post.changed_at if query.get("orderby") == "modified" else post.at)
        if query.get("order", "desc") == "desc":
            posts.reverse()
        pages = -(-len(posts) // per_page)
        if page > max(pages, 1):
            return Answer(b'{"code":"rest_post_invalid_page_number"}', 400)
        shown = posts[(page - 1) * per_page : page * per_page]
        totals = {"X-WP-Total": str(len(posts)), "X-WP-TotalPages": str(pages)}
        return as_json([self._entry(post) for post in shown], **totals)

    def _one(self, kind: str, number: int) -> Answer:
        post = self.posts.get(number)
        if post is None or _kind(post) != kind:
            return Answer(b'{"code":"rest_post_invalid_id"}', 404)
        if post.gone:
            return Answer(b'{"code":"rest_forbidden"}', 401)
        return as_json(self._entry(post))

    def _entry(self, post: Post) -> dict[str, Any]:
        kind = _kind(post)
        entry: dict[str, Any] = json.loads((RECORDINGS / "wordpress" / f"{kind}.json").read_text())
        anchor = f"?p={post.number}" if kind == "post" else f"?p=2#comment-{post.number}"
        entry |= {"id": post.number, "link": f"{self.address}/{anchor}", "date_gmt": _gmt(post.at)}
        entry["content"] = {"rendered": f"<p>{escape(post.text)}</p>\n"}
        if kind == "post":
            entry |= {"modified_gmt": _gmt(post.changed_at), "title": {"rendered": f"Notice {post.number}"}}
        return entry

    def _feed(self, asked: Asked) -> Answer:
        kind = "comment" if asked.query["feed"] == "comments-rss2" else "post"
        items = "".join(
            f"<item><title>Notice {post.number}</title><link>{entry['link']}</link>"
            f"<guid isPermaLink='false'>{entry['link']}</guid>"
            f"<pubDate>{format_datetime(post.at)}</pubDate>"
            f"<description>{escape(entry['content']['rendered'])}</description></item>"
            for post in self.present
            if _kind(post) == kind
            for entry in (self._entry(post),)
        )
        return Answer(f"<rss version='2.0'><channel><title>Elm</title>{items}</channel></rss>".encode())


def _kind(post: Post) -> str:
    return "comment" if post.number % 2 else "post"


def _gmt(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
