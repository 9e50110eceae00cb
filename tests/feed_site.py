"""A small site on loopback: an RSS feed whose posts a test writes, and a page for each post."""

from __future__ import annotations

from html import escape

from tests.page_server import Answer, PageServer

LONG_ENOUGH = "<p>" + "The people of the village talk here about what happened this week. " * 8 + "</p>"


class FeedSite(PageServer):
    """Serves `/feed` and `/t/<id>`; what was asked for is counted by `hits`."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[str] = []
        self.publish()

    @property
    def feed(self) -> str:
        """The address of the feed."""
        return self.url("/feed")

    @property
    def place(self) -> str:
        """Host and port, as `allow_private` names them."""
        return f"{self.host}:{self.port}"

    def publish(self, **posts: str) -> None:
        """Add posts by id to the feed, each with a page."""
        for native_id, words in posts.items():
            link = self.page(f"/t/{native_id}", f"<article>{escape(words)}</article>{LONG_ENOUGH}")
            self._entries.append(
                f"<item><title/><guid isPermaLink='false'>{native_id}</guid><link>{link}</link>"
                f"<description>{escape(escape(words))}</description></item>"
            )
        body = (
            "<?xml version='1.0'?><rss version='2.0'><channel><title>Talk</title>"
            f"<link>{self.url('/')}</link>{''.join(self._entries)}</channel></rss>"
        )
        self.routes["/feed"] = Answer(body.encode(), "application/rss+xml")
