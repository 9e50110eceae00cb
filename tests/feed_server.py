"""A site with a front page that names its Atom feed, with validators (RFC 9110 13.1)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from xml.sax.saxutils import escape

from monitor.model import Source
from tests.platform_server import RECORDINGS, Answer, Asked, PlatformServer

PAGE = b"""<!doctype html><html><head><title>Elm Lane</title>
<link rel="alternate" type="application/atom+xml" href="/feed.atom"></head><body>Hello</body></html>"""


class FeedServer(PlatformServer):
    """Serves `/` and `/feed.atom`, and whatever a test puts into `files`."""

    doors = ("/",)

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, Answer] = {}

    def source(self) -> Source:
        return Source("elm-lane", "feeds", f"{self.address}/", timedelta(minutes=30))

    def answer(self, asked: Asked) -> Answer:
        if asked.path in self.files:
            return self.files[asked.path]
        if asked.path == "/":
            return Answer(PAGE, headers={"Content-Type": "text/html; charset=utf-8"})
        if asked.path != "/feed.atom":
            return Answer(status=404)
        body = self.feed()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if asked.headers.get("If-None-Match") == etag:
            return Answer(status=304, headers={"ETag": etag})
        return Answer(body, headers={"Content-Type": "application/atom+xml", "ETag": etag})

    def feed(self) -> bytes:
        """The feed as it stands."""
        entry = (RECORDINGS / "feeds" / "entry.xml").read_text()
        entries = "".join(
            entry.format(
                number=post.number,
                text=escape(escape(post.text)),
                at=post.at.isoformat(),
                changed_at=post.changed_at.isoformat(),
            )
            for post in self.present
        )
        return (RECORDINGS / "feeds" / "feed.xml").read_text().format(entries=entries).encode()
