"""What the demo's sites show: pages for eyes, feeds and answers for collectors, small pictures. Pure.

Each page holds its own post only, so that what is said about one says nothing about another.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from email.utils import format_datetime
from functools import cache
from html import escape
from zoneinfo import ZoneInfo

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from numpy.typing import NDArray

from monitor.demo.examples import Post

OWN_ACCOUNT = "LittleoverLCS"
BLOG_POST = 101
"""A post of the blog under which one of the examples stands as a comment; it names nobody."""

_LONDON = ZoneInfo("Europe/London")
_TALK_LINES = (
    "The plans for the new building were on show last week, and the tea was good.",
    "Tell us below what you made of them.",
)


@dataclass(frozen=True, slots=True)
class Theme:
    """How a site calls itself and looks."""

    name: str
    motto: str
    bar: str
    ground: str


FORUM = Theme("Derby Chatter", "what Derby talks about", "#27496d", "#f1f4f9")
NEWS = Theme("Littleover Local", "news, homes and what is on", "#7a2e2e", "#f7f4ef")
BLOG = Theme("Down by the Derwent", "notes from a riverside town", "#38593f", "#f4f5ef")
PHOTOS = Theme("Snapfolk", "pictures and people", "#5a3a78", "#f5f2f8")


def path(post: Post) -> str:
    """Where on the demo's server a post is shown, without a person's name in it."""
    return {
        "forum": f"/forum/post/{post.number}",
        "feed": f"/news/{post.number}",
        "blog": "/blog/the-new-building/" if _is_comment(post) else f"/blog/note-{post.number}/",
        "photo": f"/photos/p/{post.number}",
        "own": f"/photos/p/{post.number}",
    }[post.site]


def picture_path(number: int) -> str:
    """Where the picture of a post of the photo site lies."""
    return f"/photos/pictures/{number}.png"


def permalink(post: Post) -> str:
    """The path, and for a comment the place on its page."""
    return f"{path(post)}#comment-{post.number}" if _is_comment(post) else path(post)


def search(posts: Sequence[Post], query: str) -> tuple[Post, ...]:
    """The posts that share a word with the query, or nearly so, as the search of a forum would."""
    wanted = _words(query) - {"or"}
    return tuple(post for post in posts if any(_near(word, wanted) for word in _words(post.text)))


# --- pages for eyes -------------------------------------------------------------------------------


def page(post: Post, posts: Sequence[Post]) -> bytes:
    """The page of one post; of a comment, the page that it stands on."""
    if post.site == "blog":
        return blog_page(post, posts)
    name, theme = {"forum": ("forum", FORUM), "feed": ("news", NEWS)}.get(post.site, ("photo", PHOTOS))
    return _render(
        f"{name}.html.j2",
        post=post,
        theme=theme,
        board="Football" if post.number == 6 else "Around town",
        picture=picture_path(post.number),
    )


def blog_page(post: Post | None, posts: Sequence[Post]) -> bytes:
    """A note of the blog; without a post the one that takes comments."""
    if post is None or _is_comment(post):
        comments = [other for other in posts if _is_comment(other)]
        return _render(
            "blog.html.j2", title="The new building", lines=_TALK_LINES, comments=comments, theme=BLOG
        )
    lines = [post.text, f"Written by the {post.author}."]
    return _render("blog.html.j2", title="A note of thanks", lines=lines, comments=[], theme=BLOG)


def blog_front(address: str) -> bytes:
    """The front page of the blog, which names its API as WordPress does."""
    link = f'<link rel="https://api.w.org/" href="{address}/blog/wp-json/">'
    return f"<!doctype html><title>{BLOG.name}</title>{link}<h1>{BLOG.name}</h1><p>{BLOG.motto}</p>".encode()


@cache
def picture(number: int) -> bytes:
    """A small picture for a post, as PNG: a chess board, a crest, or a sun over hills."""
    down, across = np.mgrid[0:360, 0:480].astype(np.float64)
    if number == 31:
        dark = ((down // 45 + across // 60) % 2).astype(bool)
        return _png(_two_colours(dark, (94, 66, 46), (233, 214, 184)))
    if number == 27:
        side = np.abs(across - 240)
        shield = (down > 50) & (side < 110) & (side < 110 - np.clip(down - 180, 0, None) * 0.85)
        return _png(
            _two_colours(shield & ((side > 14) & (np.abs(down - 150) > 14)), (122, 27, 46), (222, 226, 236))
        )
    hue = number * 41 % 255
    sky = np.stack([255 - down / 3, 170 + down / 6 - hue / 8, 120 + hue / 3 - down / 8], axis=-1)
    hills = down > 230 + 40 * np.sin(across / 70 + number)
    sky[(across - 330) ** 2 + (down - 120) ** 2 < 2600] = (255, 246, 214)
    sky[hills] = (54, 84 + hue / 6, 78)
    return _png(np.clip(sky, 0, 255).astype(np.uint8))


# --- answers for collectors -------------------------------------------------------------------------


def atom(posts: Sequence[Post], address: str) -> bytes:
    """A feed in Atom (RFC 4287)."""
    newest = max((post.edited_at or post.at for post in posts), default=datetime(2026, 1, 1, tzinfo=UTC))
    return _render("forum.atom.j2", posts=posts, address=address, theme=FORUM, newest=newest)


def rss(posts: Sequence[Post], address: str) -> bytes:
    """A feed in RSS 2.0."""
    return _render("news.rss.j2", posts=posts, address=address, theme=NEWS)


def json_feed(posts: Sequence[Post], address: str) -> bytes:
    """A feed in JSON Feed 1.1 (jsonfeed.org)."""
    items = [
        {
            "id": f"{address}{path(post)}",
            "url": f"{address}{path(post)}",
            "content_text": post.text,
            "image": f"{address}{picture_path(post.number)}",
            "date_published": post.at.isoformat(),
            "authors": [{"name": post.author}],
        }
        for post in posts
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": PHOTOS.name,
        "home_page_url": f"{address}/photos/",
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False).encode()


def wordpress_entries(
    posts: Sequence[Post], kind: str, query: Mapping[str, str], address: str
) -> list[dict[str, object]]:
    """What `wp/v2/posts` or `wp/v2/comments` lists for a query."""
    chosen = [post for post in posts if _is_comment(post) == (kind == "comments")]
    if "include" in query:
        chosen = [post for post in chosen if str(post.number) in query["include"].split(",")]
    if phrase := query.get("search"):
        chosen = list(search(chosen, phrase))
    if after := query.get("modified_after") or query.get("after"):
        chosen = [post for post in chosen if (post.edited_at or post.at) > datetime.fromisoformat(after)]
    return [wordpress_entry(post, address) for post in sorted(chosen, key=lambda post: post.at)]


def wordpress_entry(post: Post, address: str) -> dict[str, object]:
    """One post or comment in WordPress's shape."""
    entry: dict[str, object] = {
        "id": post.number,
        "link": f"{address}{permalink(post)}",
        "date_gmt": _gmt(post.at),
        "content": {"rendered": f"<p>{escape(post.text)}</p>\n"},
    }
    if _is_comment(post):
        return entry | {"post": BLOG_POST, "parent": 0, "author_name": post.author}
    return entry | {"title": {"rendered": ""}, "modified_gmt": _gmt(post.edited_at or post.at)}


# --- below: how -------------------------------------------------------------------------------------


def _is_comment(post: Post) -> bool:
    return post.site == "blog" and post.number == 21


def _words(text: str) -> set[str]:
    letters = "".join(letter if letter.isalnum() else " " for letter in text.casefold())
    return set(letters.split())


def _near(word: str, wanted: set[str]) -> bool:
    tag = any(len(term) > 6 and term in word for term in wanted)  # "#littleovercommunityschool"
    return tag or bool(get_close_matches(word, wanted, n=1, cutoff=0.85))


def _gmt(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(_LONDON):%-d %B %Y, %H:%M}"


def _two_colours(
    first: NDArray[np.bool_], dark: tuple[int, int, int], light: tuple[int, int, int]
) -> NDArray[np.uint8]:
    return np.where(first[..., None], np.array(dark), np.array(light)).astype(np.uint8)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Red, green and blue rows as PNG, each row unfiltered (RFC 2083 6.1)."""
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 3)], axis=1)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows.tobytes()))
        + chunk(b"IEND", b"")
    )


def _render(name: str, **values: object) -> bytes:
    return _templates().get_template(name).render(**values).encode()


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.demo"),
        autoescape=select_autoescape(("html.j2", "atom.j2", "rss.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.globals["when"] = _when
    environment.globals["rfc_date"] = format_datetime
    return environment
