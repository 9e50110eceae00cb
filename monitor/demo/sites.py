"""The demo's web: a forum, a local news feed, a blog and a photo site on one loopback port.

Everything that is asked for is written into a log, so that anybody can see what was requested and what
never was. Serves while the context lasts.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from monitor.demo import pages
from monitor.demo.examples import Post
from monitor.errors import MonitorError


class PortTaken(MonitorError):
    """Another program listens where the demo's pages were served before."""


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    kind: str = "text/html; charset=utf-8"
    status: int = 200


_MISSING = _Answer(b"<!doctype html><title>Nothing here</title><p>There is no such page.</p>", status=404)
_ATOM, _RSS = "application/atom+xml; charset=utf-8", "application/rss+xml; charset=utf-8"
_JSON_FEED, _JSON = "application/feed+json; charset=utf-8", "application/json; charset=utf-8"


class Sites:
    """The posts given, served on 127.0.0.1. `handed_out` holds the numbers that a feed or an API gave."""

    def __init__(self, posts: Sequence[Post], *, port: int, log: Path) -> None:
        """Listen on `port`, or on any free one when it is 0. Raises `PortTaken`."""
        self._posts = tuple(posts)
        self._log = log
        self._writing = threading.Lock()
        self.handed_out: set[int] = set()
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        except OSError as error:
            raise PortTaken(
                f"Port {port} of this machine, where the demo's pages lay before, is taken."
                " Stop the program that has it, or take a new folder: school-monitor demo --folder FOLDER"
            ) from error
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.address = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, query: dict[str, str]) -> _Answer:
        match path.strip("/").split("/"):
            case ["forum", "search.atom"]:
                found = self._given(pages.search(self._of("forum"), query.get("q", "")))
                return _Answer(pages.atom(found, self.address), _ATOM)
            case ["news", "feed.rss"]:
                return _Answer(pages.rss(self._given(self._of("feed")), self.address), _RSS)
            case ["photos", "search.json"]:
                found = self._given(pages.search(self._of("photo"), query.get("q", "")))
                return _Answer(pages.json_feed(found, self.address), _JSON_FEED)
            case ["photos", pages.OWN_ACCOUNT, "feed.json"]:
                return _Answer(pages.json_feed(self._given(self._of("own")), self.address), _JSON_FEED)
            case ["photos", "pictures", name]:
                number = name.removesuffix(".png")
                if number.isdecimal() and any(post.number == int(number) for post in self._posts):
                    return _Answer(pages.picture(int(number)), "image/png")
                return _MISSING
            case ["blog"]:
                return _Answer(pages.blog_front(self.address))
            case ["blog", "wp-json", "wp", "v2", ("posts" | "comments") as kind, *rest]:
                return self._wordpress(kind, rest, query)
            case ["blog", "the-new-building"]:
                return _Answer(pages.blog_page(None, self._posts))
        post = next((post for post in self._posts if pages.path(post).strip("/") == path.strip("/")), None)
        return _Answer(pages.page(post, self._posts)) if post else _MISSING

    def _wordpress(self, kind: str, rest: list[str], query: dict[str, str]) -> _Answer:
        """One entry or the list; what is not there answers as a post in WordPress's bin does."""
        if rest:
            query = {"include": rest[0]}
        blog = self._of("blog")
        entries = pages.wordpress_entries(blog, kind, query, self.address)
        self._given([post for post in blog if any(entry["id"] == post.number for entry in entries)])
        if not rest:
            return _Answer(json.dumps(entries).encode(), _JSON)
        if entries:
            return _Answer(json.dumps(entries[0]).encode(), _JSON)
        return _Answer(b'{"code":"rest_forbidden","data":{"status":401}}', _JSON, 401)

    def _of(self, site: str) -> list[Post]:
        return [post for post in self._posts if post.site == site]

    def _given(self, posts: Sequence[Post]) -> Sequence[Post]:
        self.handed_out.update(post.number for post in posts)
        return posts

    def _note(self, path: str) -> None:
        with self._writing, self._log.open("a", encoding="utf-8") as file:
            file.write(f"{path}\n")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sites = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sites._note(self.path)
                parts = urlsplit(self.path)
                answer = sites._answer(parts.path, dict(parse_qsl(parts.query)))
                tag = f'"{hashlib.sha256(answer.body).hexdigest()[:20]}"'
                unchanged = self.headers.get("If-None-Match") == tag
                self.send_response(304 if unchanged else answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("ETag", tag)
                self.send_header("Content-Length", "0" if unchanged else str(len(answer.body)))
                self.end_headers()
                if not unchanged:
                    self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:
                """Standard error belongs to the demo's progress; `requests.log` holds what was asked."""

        return Handler


def times_asked(log: Path, path: str) -> int:
    """How often a path was asked for, in all runs of this demo."""
    if not log.exists():
        return 0
    return sum(
        urlsplit(line).path.rstrip("/") == path.rstrip("/") for line in log.read_text("utf-8").splitlines()
    )
