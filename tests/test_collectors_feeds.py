"""What feeds look like in the wild, and what the feed collector makes of them."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from monitor.collectors import open_collector
from monitor.collectors.feeds import Feed, named_feed, parse_feed
from monitor.errors import UnexpectedResponse
from monitor.model import ItemState, Source
from monitor.outbound import open_session
from monitor.ports import Collector, CollectorTools
from tests.feed_server import FeedServer
from tests.limits import limits
from tests.platform_server import Answer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ADDRESS = "https://elm.example/news/feed.xml"


def collector(*, max_bytes: int = 2_000_000) -> Collector:
    wanted = limits(max_bytes=max_bytes, allow_private=("127.0.0.1",))
    return open_collector(
        "feeds",
        CollectorTools(
            session=open_session(wanted, "SchoolMonitor/0.1 (Elm Lane School)"),
            clock=lambda: NOW,
            fingerprint=lambda text: hashlib.sha256(text.encode()).hexdigest(),
            user_agent="SchoolMonitor/0.1 (Elm Lane School)",
            secrets={},
        ),
    )


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


def read(body: str | bytes) -> Feed:
    data = body.encode() if isinstance(body, str) else body
    feed = parse_feed(data, platform="feeds", address=ADDRESS, site="elm.example", content_type="")
    assert feed is not None
    return feed


def rss(*items: str, before: str = "") -> str:
    return (
        f"<?xml version='1.0'?>{before}<rss version='2.0'><channel><title>Elm</title>"
        f"<link>https://elm.example/</link>{''.join(items)}</channel></rss>"
    )


def test_an_rss_entry_becomes_plain_text_with_its_title_first() -> None:
    """Markup, scripts and entities go; paragraphs stay lines; addresses become absolute."""
    (item,) = read(
        rss(
            "<item><title>Bake &amp; sale</title><link>/news/1</link><guid isPermaLink='false'>n1</guid>"
            "<dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>Elm PTA</dc:creator>"
            "<pubDate>Sun, 22 Nov 2026 09:00:00 +0100</pubDate>"
            "<description>&lt;p&gt;Cakes by &lt;b&gt;Kit&lt;/b&gt; Arrandale&lt;/p&gt;"
            "&lt;script&gt;x()&lt;/script&gt;&lt;p&gt;Come &amp;amp; eat&lt;/p&gt;</description></item>"
        )
    ).items
    assert item.text == "Bake & sale\nCakes by Kit Arrandale\nCome & eat"
    assert (item.native_id, item.url, item.author) == (
        "elm.example n1",
        "https://elm.example/news/1",
        "Elm PTA",
    )
    assert item.posted_at == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_words_in_markup_that_no_parser_takes_are_kept() -> None:
    """An unfinished declaration makes the HTML parser give up; the words still count."""
    document = {
        "items": [{"id": "1", "url": "/1", "content_html": "<p>Before</p> <![if 0]> &amp; after <![x"}]
    }
    (item,) = read(json.dumps(document)).items
    assert "Before" in item.text and "& after" in item.text
    assert named_feed(b"<!doctype html><![x <link rel=alternate>", "text/html", ADDRESS) == ""


def test_one_impossible_letter_does_not_cost_the_whole_feed() -> None:
    """Whoever can post into a feed could silence it otherwise."""
    body = rss(
        "<item><guid>1</guid><link>/1</link><title>A &#99999999999999999999; b</title></item>",
        "<item><guid>2</guid><link>/2</link><title>Two & three</title></item>",
    )
    assert [item.text for item in read(body).items] == ["A b", "Two & three"]


def test_a_json_feed_reads_like_the_others() -> None:
    """JSON Feed 1.1, with ids that are numbers and entries that are nonsense."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "home_page_url": "https://elm.example/",
        "items": [
            {
                "id": 7,
                "url": "/a",
                "title": "Open day",
                "content_html": "<p>On <i>Friday</i></p>",
                "date_published": "2026-11-22T09:00:00+01:00",
                "authors": [{"name": "Elm PTA"}],
            },
            "nonsense",
            {"id": "b", "content_text": "No address"},
        ],
    }
    first, second = read(json.dumps(document)).items
    assert (first.native_id, first.url, first.author) == ("elm.example 7", "https://elm.example/a", "Elm PTA")
    assert first.text == "Open day\nOn Friday"
    assert first.posted_at == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    assert second.url == "https://elm.example/" and second.posted_at is None


def test_entries_without_id_or_address_are_kept_and_counted() -> None:
    """Their derived id is the same next time; the note holds no words of theirs."""
    body = rss(
        "<item><title>No id at all</title><description>One</description></item>",
        "<item><title>Only an address</title><link>https://elm.example/2</link></item>",
    )
    feed = read(body)
    assert [item.text for item in feed.items] == ["No id at all\nOne", "Only an address"]
    assert [item.url for item in feed.items] == ["https://elm.example/", "https://elm.example/2"]
    assert [item.native_id for item in feed.items] == [item.native_id for item in read(body).items]
    assert len({item.native_id for item in feed.items}) == 2
    assert feed.faults[0].startswith("entries without an id: 2")
    assert feed.faults[1].startswith("entries without an address: 1")


def test_a_feed_that_breaks_off_gives_what_is_readable() -> None:
    """And says that it was damaged, so that calm is not mistaken for silence."""
    whole = rss(*(f"<item><guid>g{n}</guid><link>/{n}</link><title>T{n}</title></item>" for n in range(5)))
    feed = read(whole[: whole.index("<title>T3")])
    assert [item.text for item in feed.items][:3] == ["T0", "T1", "T2"]
    assert any("damaged" in fault for fault in feed.faults)
    assert read(whole).faults == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_entity_bomb_does_not_go_off(encoding: str) -> None:
    """A few hundred bytes that would unfold to ten thousand million words."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 11))
    body = rss(
        "<item><guid>1</guid><link>/1</link><title>&e10;</title></item>",
        before=f'<!DOCTYPE rss [<!ENTITY e0 "boom">{levels}]>',
    )
    tracemalloc.start()
    try:
        feed = read(body.encode(encoding))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000
    assert all("boom" not in item.text for item in feed.items)


def test_no_file_is_read_through_an_entity(tmp_path: Path) -> None:
    """Nor through text that looks like the name of one."""
    secret = tmp_path / "secret.txt"
    secret.write_text("words of ours")
    body = rss(
        "<item><guid>1</guid><link>/1</link><title>T &x;</title></item>",
        before=f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>',
    )
    assert all("words of ours" not in item.text for item in read(body).items)
    feed = parse_feed(
        str(secret).encode(), platform="feeds", address=ADDRESS, site="elm.example", content_type=""
    )
    assert feed is None


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"<html><body>hi</body></html>", b"\x89PNG\r\n\x1a\n", b"{}", b"[1]"]
)
def test_what_is_no_feed_is_none(body: bytes) -> None:
    """Nonsense is not an empty feed."""
    assert parse_feed(body, platform="feeds", address=ADDRESS, site="elm.example", content_type="") is None


def test_an_empty_feed_is_a_feed() -> None:
    """Nothing posted yet is not nonsense."""
    assert read(rss()) == Feed(())


def test_a_page_names_its_feed_and_a_feed_is_no_page() -> None:
    """Also when a server calls its feed a page."""
    page = b"<!doctype html><link rel='alternate' type='application/rss+xml' href='../rss'>"
    assert named_feed(page, "text/html", "https://elm.example/a/b/") == "https://elm.example/a/rss"
    assert named_feed(rss().encode(), "text/html", ADDRESS) == ""
    assert named_feed(b"<html>nothing</html>", "text/html", ADDRESS) == ""
    xhtml = b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'>" + page
    assert named_feed(xhtml, "", "https://elm.example/a/b/") == "https://elm.example/a/rss"


def test_an_unchanged_feed_costs_one_small_request(server: FeedServer) -> None:
    """The page is asked once; afterwards only the feed, with its validator."""
    server.add("One", NOW - timedelta(hours=1))
    reader = collector()
    page = reader.poll(server.source(), None)
    assert [asked.path for asked in server.asked] == ["/", "/feed.atom"]
    again = reader.poll(server.source(), page.cursor)
    assert [asked.path for asked in server.asked][2:] == ["/feed.atom"]
    assert server.asked[2].headers["If-None-Match"].startswith('"')
    assert again.items == () and again.cursor == page.cursor


def test_a_feed_that_moved_is_found_again(server: FeedServer) -> None:
    """Its page is asked once more before the source counts as gone."""
    server.add("One", NOW - timedelta(hours=1))
    reader = collector()
    cursor = reader.poll(server.source(), None).cursor
    server.add("Two", NOW - timedelta(minutes=1))
    server.files["/new.atom"] = Answer(server.feed(), headers={"Content-Type": "application/atom+xml"})
    server.files["/feed.atom"] = Answer(status=404)
    server.files["/"] = Answer(
        b"<!doctype html><link rel=alternate type=application/atom+xml href=/new.atom>",
        headers={"Content-Type": "text/html"},
    )
    page = reader.poll(server.source(), cursor)
    assert [item.text for item in page.items] == ["Notice 2\nTwo"]
    assert reader.poll(server.source(), page.cursor).items == ()


def test_what_has_scrolled_out_of_a_feed_is_not_called_removed(server: FeedServer) -> None:
    """Only an item that is missing while older ones are still there is gone."""
    posts = [server.add(f"Words {number}", NOW - timedelta(hours=10 - number)) for number in range(4)]
    reader = collector()
    known = reader.poll(server.source(), None).items
    server.remove(posts[0])
    server.remove(posts[2])
    (removed,) = reader.reread(server.source(), known)
    assert removed.state is ItemState.REMOVED and removed.text == ""
    assert removed.native_id == next(item.native_id for item in known if "Words 2" in item.text)


def test_a_page_without_a_feed_is_said_to_be_none(server: FeedServer) -> None:
    """With its body, so that the operator sees where the address leads."""
    server.files["/"] = Answer(b"<!doctype html><p>Closed</p>", headers={"Content-Type": "text/html"})
    with pytest.raises(UnexpectedResponse) as caught:
        collector().poll(server.source(), None)
    assert b"Closed" in caught.value.body


def test_a_feed_of_a_hundred_megabytes_is_an_outcome_not_a_crash() -> None:
    """It stops at the limit with a clear word, and memory stays near the limit."""

    class Endless(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.end_headers()
            self.wfile.write(b"<rss version='2.0'><channel>")
            entries = b"<item><guid>1</guid><title>Words</title></item>" * 2000
            for _ in range(100_000_000 // len(entries)):
                self.wfile.write(entries)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    server.daemon_threads = True
    server.handle_error = lambda *args: None  # type: ignore[method-assign]  # we hang up on it
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    source = Source("big", "feeds", f"http://127.0.0.1:{server.server_port}/feed", timedelta(minutes=30))
    tracemalloc.start()
    try:
        with pytest.raises(UnexpectedResponse, match="larger than 2 MB"):
            collector(max_bytes=2_000_000).poll(source, None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        server.shutdown()
        server.server_close()
    assert peak < 12_000_000


def test_a_feed_that_redirects_without_end_is_unexpected(server: FeedServer) -> None:
    """A clear outcome on the run."""
    server.files["/"] = Answer(status=302, headers={"Location": "/"})
    with pytest.raises(UnexpectedResponse, match="redirects without end"):
        collector().poll(server.source(), None)


def test_a_feed_that_cannot_be_unpacked_is_unexpected(server: FeedServer) -> None:
    """It says that it is packed and is not."""
    packed = {"Content-Type": "application/rss+xml", "Content-Encoding": "gzip"}
    server.files["/"] = Answer(rss().encode(), headers=packed)
    with pytest.raises(UnexpectedResponse, match="cannot be unpacked"):
        collector().poll(server.source(), None)


def test_an_id_names_one_entry_of_the_whole_world() -> None:
    """Many publishers count from 1; an address or a tag: URI is unique already; an endless one is cut."""
    guids = ("1", "https://elm.example/1", "tag:elm.example,2026:1", "x" * 5000)
    body = rss(*(f"<item><guid isPermaLink='false'>{guid}</guid><title>T</title></item>" for guid in guids))
    first, second, third, fourth = (item.native_id for item in read(body).items)
    assert (first, second, third) == ("elm.example 1", *guids[1:3])
    assert fourth.startswith("elm.example xxx") and len(fourth) <= 200
    assert fourth == read(body).items[3].native_id


def test_an_entry_without_end_is_kept_as_far_as_a_database_can(server: FeedServer) -> None:
    """PostgreSQL would refuse it, and the source would be dead for good."""
    entry = (
        f"<item><guid isPermaLink='false'>{'g' * 5000}</guid><title>Words</title>"
        f"<link>https://elm.example/{'l' * 5000}</link><author>{'a' * 9000}</author></item>"
    )
    server.files["/"] = Answer(rss(entry).encode(), headers={"Content-Type": "application/rss+xml"})
    page = collector().poll(server.source(), None)
    (item,) = page.items
    assert len(item.native_id) <= 200 and len(item.author or "") <= 200
    assert item.url == server.source().base_url
    assert any("endless address: 1" in note for note in page.notes)
    assert collector().reread(server.source(), [item]) == ()


@pytest.mark.parametrize("piece", ["<div>", "<!--", "<a ", "</a ", "&#"])
def test_the_time_for_an_entry_grows_with_its_length_and_no_faster(piece: str) -> None:
    """Four times the words may take about four times as long; unfinished comments took sixteen."""

    def seconds(count: int) -> float:
        body = rss(f"<item><guid>1</guid><description>{escape(piece * count)}</description></item>")

        def once() -> float:
            began = time.process_time()
            read(body)
            return time.process_time() - began

        return min(once() for _ in range(3))

    assert seconds(32_000) < 9 * seconds(8_000) + 0.05
