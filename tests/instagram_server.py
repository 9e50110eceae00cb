"""The three addresses of www.instagram.com that a logged-out look at a profile needs (instaloader 4.16)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from monitor.model import Source
from tests.platform_server import RECORDINGS, Answer, Asked, PlatformServer, Post, as_json

START = b'<html><script>["LSD",[],{"token":"invented"},1]; {"IG_USER_EIMU":"0"}</script></html>'


class InstagramServer(PlatformServer):
    """Serves the start page, the profile's page with its data embedded, and the details of a post."""

    holds = 12
    doors: tuple[str, ...] = ("/",)

    def source(self) -> Source:
        address = f"{self.address}/littleoverlcs/"
        return Source("our-instagram", "instagram", address, timedelta(days=1), channel="instagram-lcs")

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/":
            return Answer(START, headers={"Set-Cookie": "csrftoken=invented; Path=/"})
        if asked.path == "/littleoverlcs/":
            return Answer(self._page())
        if asked.path == "/api/graphql":
            code = json.loads(asked.query["variables"]).get("shortcode")
            items = [self._media(post) for post in self.present if _code(post) == code]
            return as_json({"data": {"xdt_api__v1__media__shortcode__web_info": {"items": items}}})
        return Answer(status=404)

    def _page(self) -> bytes:
        user: dict[str, Any] = json.loads((RECORDINGS / "instagram" / "profile.json").read_text())
        edges = [{"node": {"code": _code(post)}} for post in self.present[: self.holds]]
        timeline = {"edges": edges, "page_info": {"has_next_page": False, "end_cursor": None}}
        user["polaris_ordered_timeline_connection"] = timeline
        embedded = {"require": [[{"__bbox": {"result": {"data": {"xig_user_by_username": user}}}}]]}
        return f'<html><script type="application/json" data-x>{json.dumps(embedded)}</script></html>'.encode()

    def _media(self, post: Post) -> dict[str, Any]:
        media: dict[str, Any] = json.loads((RECORDINGS / "instagram" / "media.json").read_text())
        media |= {
            "code": _code(post),
            "pk": str(3 * 10**18 + post.number),
            "taken_at": int(post.at.timestamp()),
        }
        media["caption"]["text"] = post.text
        return media


def _code(post: Post) -> str:
    return f"Cx{post.number}"
