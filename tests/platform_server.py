"""A real HTTP server on loopback that plays one platform for the collector tests.

Each platform's own module says how it answers; this one listens, keeps a log of what was asked, and can
be told to fail. People and posts in it are invented.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from monitor.model import Source

RECORDINGS = Path(__file__).parent / "recordings"


@dataclass
class Post:
    """One invented post as the platform holds it."""

    number: int
    text: str
    at: datetime
    changed_at: datetime
    gone: bool = False


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it. `query` holds the address's and the form's fields."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str

    @property
    def everything(self) -> str:
        """All that left the house with this request."""
        return f"{self.path} {dict(self.query)} {dict(self.headers)} {self.body}"


@dataclass(frozen=True)
class Answer:
    """What the server says."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: object, **headers: str) -> Answer:
    """Answer with JSON."""
    return Answer(json.dumps(value).encode(), headers={"Content-Type": "application/json", **headers})


class PlatformServer:
    """The listening half. A platform gives `source`, `answer` and, if need be, `doors`."""

    holds = 10_000
    """How many posts the platform shows at once at most."""
    doors: tuple[str, ...] = ()
    """Paths of the way in (tokens, start pages): they can stay open while the rest fails."""
    secrets: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.posts: dict[int, Post] = {}
        self.asked: list[Asked] = []
        self.broken: Answer | None = None
        self.doors_open = False
        self.mangle: Callable[[bytes], bytes] | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def source(self) -> Source:
        """The source that reads this server."""
        raise NotImplementedError

    def answer(self, asked: Asked) -> Answer:
        """Answer as the platform would."""
        raise NotImplementedError

    def add(self, text: str, at: datetime) -> Post:
        """Somebody posts."""
        post = Post(len(self.posts) + 1, text, at, at)
        self.posts[post.number] = post
        return post

    def edit(self, post: Post, text: str, at: datetime) -> None:
        """Somebody changes a post."""
        post.text, post.changed_at = text, at

    def remove(self, post: Post) -> None:
        """Somebody deletes a post."""
        post.gone = True

    @property
    def present(self) -> list[Post]:
        """What a visitor sees, newest first."""
        return sorted((post for post in self.posts.values() if not post.gone), key=lambda post: post.at)[::-1]

    def reply(self, asked: Asked) -> Answer:
        """Answer, or fail as told."""
        behind_the_door = not (self.doors_open and asked.path in self.doors and "feed" not in asked.query)
        if self.broken is not None and behind_the_door:
            return self.broken
        answer = self.answer(asked)
        if self.mangle is not None and behind_the_door:
            return Answer(self.mangle(answer.body), answer.status, answer.headers)
        return answer

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode("utf-8", "replace")
                parts = urlsplit(self.path)
                fields = {**parse_qs(parts.query), **parse_qs(body)}
                query = {key: values[-1] for key, values in fields.items()}
                asked = Asked(self.command, parts.path, query, dict(self.headers), body)
                server.asked.append(asked)
                answer = server.reply(asked)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
