"""One contract for every platform in the registry, against real local servers speaking its shapes."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.collectors import REGISTRY, open_collector
from monitor.errors import (
    CollectError,
    CredentialsRefused,
    NotConfigured,
    RateLimited,
    SourceGone,
    SourceUnavailable,
    UnexpectedResponse,
)
from monitor.model import Item, ItemState, Page, Source
from monitor.outbound import open_session
from monitor.ports import Collector, CollectorTools
from tests.feed_server import FeedServer
from tests.instagram_server import InstagramServer
from tests.limits import limits
from tests.platform_server import Answer, PlatformServer
from tests.reddit_server import RedditServer
from tests.wordpress_server import WordPressServer

SERVERS: dict[str, type[PlatformServer]] = {
    "feeds": FeedServer,
    "wordpress": WordPressServer,
    "reddit": RedditServer,
    "instagram": InstagramServer,
}
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
USER_AGENT = "SchoolMonitor/0.1 (Elm Lane School; office@elmlane.example)"
LIMITS = limits(connect_s=20, read_s=20, total_s=60, allow_private=("127.0.0.1",))


class Reader:
    """One collector, its server, and a clock that is moved by hand."""

    def __init__(self, platform: str, server: PlatformServer) -> None:
        self.server = server
        self.now = NOW
        self.sent = 0
        self.tools = CollectorTools(
            session=open_session(LIMITS, USER_AGENT),
            clock=lambda: self.now,
            fingerprint=lambda text: hmac.new(b"test", text.encode(), hashlib.sha256).hexdigest(),
            user_agent=USER_AGENT,
            secrets=server.secrets,
        )
        self.tools.session.hooks["response"].append(self._count)
        self.collector: Collector = open_collector(platform, self.tools)
        self.source: Source = server.source()

    def poll(self, cursor: str | None = None) -> tuple[list[Item], str]:
        """Poll until nothing more waits; the items of all pages."""
        items: list[Item] = []
        for _ in range(20):
            page = self.collector.poll(self.source, cursor)
            items += page.items
            cursor = page.cursor
            if not page.more:
                return items, cursor
        raise AssertionError("the pages never end")

    def _count(self, response: requests.Response, *args: object, **kwargs: object) -> None:
        self.sent += 1


@pytest.fixture(params=sorted(REGISTRY))
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    """Every platform of the registry; one without a server fails here."""
    with SERVERS[request.param]() as server:
        yield Reader(request.param, server)


def texts(items: list[Item]) -> list[str]:
    return sorted(item.text for item in items)


def holds(found: list[Item], *words: str) -> bool:
    """Whether exactly these posts were found; titles that a platform adds do not count."""
    return sorted(item.text.splitlines()[-1] for item in found) == sorted(words)


def test_an_item_is_known_by_a_stable_id_a_permalink_and_a_time(reader: Reader) -> None:
    """Rule: DESIGN.md, Collector contract."""
    for number in range(4):
        reader.server.add(f"Words {number}", NOW - timedelta(hours=number + 1))
    first, _ = reader.poll()
    again, _ = reader.poll()
    assert len(first) == 4
    assert sorted(first, key=str) == sorted(again, key=str)
    assert len({item.native_id for item in first}) == 4
    for item in first:
        assert item.platform == reader.source.platform
        assert urlsplit(item.url).scheme in ("http", "https") and urlsplit(item.url).hostname
        assert item.posted_at is not None and item.posted_at.utcoffset() == timedelta(0)
        assert item.posted_at <= NOW


def test_no_item_is_dated_after_it_was_fetched(reader: Reader) -> None:
    """A post dated ahead is taken as posted now, and comes once."""
    reader.server.add("From tomorrow", NOW + timedelta(days=1))
    reader.server.add("From tomorrow too", NOW + timedelta(days=1))
    found, cursor = reader.poll()
    assert [item.posted_at for item in found] == [NOW, NOW]
    assert reader.poll(cursor) == ([], cursor)


def test_polling_again_gives_nothing_twice_and_skips_nothing(reader: Reader) -> None:
    """Over several rounds with posts coming in between, and pages where the platform has them."""
    count = min(250, reader.server.holds - 3)
    for number in range(count):
        reader.server.add(f"Old {number}", NOW - timedelta(days=20) + timedelta(minutes=number * 90))
    found, cursor = reader.poll()
    assert holds(found, *(f"Old {number}" for number in range(count)))
    reader.now += timedelta(minutes=30)
    late = reader.server.add("Came in late, dated before the others", NOW - timedelta(hours=20))
    reader.server.add("New", reader.now - timedelta(minutes=5))
    found, cursor = reader.poll(cursor)
    assert holds(found, "New", late.text)
    reader.now += timedelta(minutes=30)
    assert reader.poll(cursor)[0] == []
    reader.server.add("Newer", reader.now - timedelta(minutes=1))
    found, cursor = reader.poll(cursor)
    assert holds(found, "Newer")


def test_an_empty_page_keeps_the_cursor(reader: Reader) -> None:
    """Nothing new moves nothing."""
    reader.server.add("One", NOW - timedelta(hours=1))
    _, cursor = reader.poll()
    for _ in range(2):
        reader.now += timedelta(minutes=30)
        page = reader.collector.poll(reader.source, cursor)
        assert page.items == () and page.cursor == cursor and not page.more


def test_an_edited_item_comes_again_with_its_new_text(reader: Reader) -> None:
    """And only once more."""
    posts = [reader.server.add(f"First words {number}", NOW - timedelta(hours=2)) for number in range(4)]
    before, cursor = reader.poll()
    reader.now += timedelta(minutes=30)
    for post in posts[:2]:
        reader.server.edit(post, f"Other words {post.number}", reader.now)
    found, cursor = reader.poll(cursor)
    assert holds(found, "Other words 1", "Other words 2")
    assert {item.native_id for item in found} < {item.native_id for item in before}
    assert reader.poll(cursor) == ([], cursor)


def test_the_first_poll_looks_back_thirty_days_and_later_ones_seven(reader: Reader) -> None:
    """Rule: R16."""
    reader.server.add("Too old", NOW - timedelta(days=31))
    reader.server.add("Too old as well", NOW - timedelta(days=31))
    reader.server.add("Three weeks", NOW - timedelta(days=21))
    found, cursor = reader.poll()
    assert holds(found, "Three weeks")
    reader.server.add("Turned up late", NOW - timedelta(days=8))
    reader.server.add("Fresh", NOW - timedelta(hours=1))
    found, _ = reader.poll(cursor)
    assert holds(found, "Fresh")


def test_what_an_outage_longer_than_the_look_back_left_unread_is_said(reader: Reader) -> None:
    """Posts that nobody will ever read are no calm (promise 2); a quiet source is no outage."""
    reader.server.add("Before", NOW - timedelta(hours=1))
    _, cursor = reader.poll()
    for _ in range(9):
        reader.now += timedelta(days=1)
        page = reader.collector.poll(reader.source, cursor)
        cursor = page.cursor
        assert not any("were not read" in note for note in page.notes)
    reader.server.broken = Answer(b"", 503)
    reader.now += timedelta(days=10)
    with pytest.raises(SourceUnavailable):
        reader.collector.poll(reader.source, cursor)
    reader.server.broken = None
    page = reader.collector.poll(reader.source, cursor)
    assert "posts between 1 December 2026 and 4 December 2026 were not read" in "; ".join(page.notes)
    again = reader.collector.poll(reader.source, page.cursor)
    assert not any("were not read" in note for note in again.notes)


def test_a_cursor_tells_nobody_what_was_read(reader: Reader) -> None:
    """An item of a search that concerns nobody leaves only a keyed digest (DESIGN.md, Forget by default)."""
    for number in range(120):
        reader.server.add(f"Private words {number}", NOW - timedelta(hours=number))
    cursor: str | None = None
    more = True
    while more:
        page = reader.collector.poll(reader.source, cursor)
        cursor, more = page.cursor, page.more
        for item in page.items:
            assert item.text not in cursor
            assert f'"{item.native_id}"' not in cursor and item.url not in cursor


def test_looking_again_finds_edits_and_deletions_and_invents_none(reader: Reader) -> None:
    """What the platform does not mention any more for another reason is left out."""
    posts = [reader.server.add(f"Words {number}", NOW - timedelta(hours=10 - number)) for number in range(6)]
    known, _ = reader.poll()
    assert reader.collector.reread(reader.source, known) == ()
    for post in posts[2:4]:
        reader.server.remove(post)
    for post in posts[4:]:
        reader.server.edit(post, f"Changed {post.number}", NOW)
    found = list(reader.collector.reread(reader.source, known))
    removed = [item for item in found if item.state is ItemState.REMOVED]
    changed = [item for item in found if item.state is ItemState.PRESENT]
    words = {item.native_id: item.text.splitlines()[-1] for item in known}
    assert sorted(words[item.native_id] for item in removed) == ["Words 2", "Words 3"]
    assert {""} == {item.text for item in removed}
    assert holds(changed, "Changed 5", "Changed 6")


def test_a_cursor_that_was_damaged_starts_anew(reader: Reader) -> None:
    """The items come again, which the store can bear; nothing is lost."""
    reader.server.add("One", NOW - timedelta(hours=1))
    for damaged in ("", "{", "[]", '{"inner":1}', '{"inner":"{}","seen":5,"first":true}'):
        assert holds(list(reader.collector.poll(reader.source, damaged).items), "One")


@pytest.mark.parametrize("doors_open", [False, True], ids=["from the start", "behind the way in"])
@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (401, {}, CredentialsRefused),
        (403, {}, CredentialsRefused),
        (404, {}, SourceGone),
        (410, {}, SourceGone),
        (429, {"Retry-After": "120"}, RateLimited),
        (500, {}, SourceUnavailable),
        (503, {}, SourceUnavailable),
        (504, {}, SourceUnavailable),
        (418, {}, UnexpectedResponse),
    ],
)
def test_every_refusal_says_what_to_do(
    reader: Reader,
    doors_open: bool,
    status: int,
    headers: dict[str, str],
    expected: type[CollectError],
) -> None:
    """An error is never "nothing new", neither in a poll nor when looking again (promise 2)."""
    posts = [reader.server.add(f"Words {number}", NOW - timedelta(hours=1)) for number in range(2)]
    known, cursor = reader.poll()
    reader.server.broken = Answer(b"no", status, headers)
    reader.server.doors_open = doors_open
    for position in (None, cursor):
        with pytest.raises(CollectError) as caught:
            reader.collector.poll(reader.source, position)
        assert expected is type(caught.value)
        assert all(post.text not in str(caught.value) for post in posts)
    if isinstance(caught.value, RateLimited):
        assert NOW + timedelta(seconds=120) == caught.value.until


def test_a_wait_may_be_given_as_a_date(reader: Reader) -> None:
    """RFC 9110 10.2.3; nonsense is no time at all."""
    until = NOW + timedelta(hours=3)
    for value, expected in ((format_datetime(until, usegmt=True), until), ("soon", None), ("9" * 400, None)):
        reader.server.broken = Answer(b"", 429, {"Retry-After": value})
        with pytest.raises(RateLimited) as caught:
            reader.collector.poll(reader.source, None)
        if expected is not None or value == "soon":
            assert expected == caught.value.until


def test_no_connection_is_unavailable(reader: Reader) -> None:
    """A server that is not there."""
    reader.server.__exit__(None, None, None)
    with pytest.raises(SourceUnavailable):
        reader.collector.poll(reader.source, None)


def test_an_address_inside_is_not_contacted_unless_named(reader: Reader) -> None:
    """And the operator reads which setting would allow it."""
    tools = replace(reader.tools, session=open_session(limits(), USER_AGENT))
    collector = open_collector(reader.source.platform, tools)
    with pytest.raises(NotConfigured, match="allow_private"):
        collector.poll(reader.source, None)
    assert reader.server.asked == []


def test_every_request_goes_through_the_session_under_our_name(reader: Reader) -> None:
    """Whatever the library behind would rather do (R7)."""
    for number in range(3):
        reader.server.add(f"Words {number}", NOW - timedelta(hours=1))
    known, cursor = reader.poll()
    reader.poll(cursor)
    reader.collector.reread(reader.source, known)
    assert reader.sent == len(reader.server.asked) > 0
    assert {USER_AGENT} == {asked.headers.get("User-Agent") for asked in reader.server.asked}
    assert reader.tools.session.headers["User-Agent"] == USER_AGENT


ODD_BODIES = [
    b"",
    b"\x00\xff\xfe" * 50,
    b"null",
    b"[]",
    b"{}",
    b"123",
    b'"words"',
    b"[[1]]",
    b'[{"id": 1}]',
    b'{"data": {"children": [1, null, {"kind": "t3"}, {"kind": "t3", "data": {"id": 5}}]}}',
    b'{"data": {"children": {}}}',
    b'{"items": [null, {"id": {}, "url": 7, "date_published": []}]}',
    b'{"items"',
    b"<html>",
    b"<?xml version='1.0'?><rss",
    b"[" * 100_000,
    b'{"a":' * 50_000,
]


@pytest.mark.parametrize("doors_open", [False, True], ids=["from the start", "behind the way in"])
def test_nothing_but_our_errors_escapes_odd_answers(reader: Reader, doors_open: bool) -> None:
    """A platform may send anything with status 200."""
    reader.server.add("One", NOW - timedelta(hours=1))
    known, _ = reader.poll()
    reader.server.doors_open = doors_open
    for body in ODD_BODIES:
        reader.server.mangle = lambda _, body=body: body
        for call in (
            lambda: reader.collector.poll(reader.source, None),
            lambda: reader.collector.reread(reader.source, known),
        ):
            try:
                call()
            except CollectError as error:
                assert reader.source.key in str(error)


def test_nonsense_is_kept_for_the_operator(reader: Reader) -> None:
    """The platform changed: somebody has to see what it says now."""
    reader.server.doors_open = True
    reader.server.mangle = lambda _: b"Something else entirely"
    with pytest.raises(UnexpectedResponse) as caught:
        reader.collector.poll(reader.source, None)
    assert caught.value.body == b"Something else entirely"


ODD_VALUES: list[Any] = [
    "half a \ud800 pair\x00",
    None,
    True,
    -1,
    10**400,
    1e308,
    "",
    "x",
    [],
    {},
    [None],
    {"a": None},
    "9999-99-99T99:99:99",
]


def with_one_odd_value(body: bytes, where: int, value: Any) -> bytes:
    """Replace one value anywhere in a JSON answer, or a few bytes of another."""
    try:
        document = json.loads(body)
    except ValueError:
        if not body:
            return body
        at = where % len(body)
        return body[:at] + json.dumps(value).encode() + body[at + where % 7 :]
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in (
            list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        ):
            places.append((node, key))
            walk(node[key])

    walk(document)
    if not places:
        return json.dumps(value).encode()
    node, key = places[where % len(places)]
    node[key] = value
    return json.dumps(document).encode()


@settings(
    max_examples=35,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(where=st.integers(0, 5000), value=st.sampled_from(ODD_VALUES))
def test_one_odd_value_anywhere_brings_nothing_down(reader: Reader, where: int, value: Any) -> None:
    """Wrong types, missing fields and huge numbers, in every place of every answer."""
    if not reader.server.posts:
        for number in range(2):
            reader.server.add(f"Words {number}", NOW - timedelta(hours=1))
    reader.server.mangle = lambda body: with_one_odd_value(body, where, value)
    try:
        page = reader.collector.poll(reader.source, None)
    except CollectError:
        return
    assert isinstance(page, Page)
    for item in page.items:
        assert item.posted_at is None or item.posted_at <= NOW
        assert urlsplit(item.url).scheme in ("http", "https")
        for text in (item.native_id, item.url, item.text, item.author or "", item.reply_to or ""):
            assert b"\x00" not in text.encode()  # Half a surrogate pair could not be encoded.


NAMES = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyzéßøäñ'-", min_size=4, max_size=12).filter(
        lambda name: name.strip("'-")
    ),
    min_size=1,
    max_size=30,
    unique=True,
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(names=NAMES, seed=st.integers(0, 2**32))
def test_no_name_of_the_register_ever_leaves_the_house(reader: Reader, names: list[str], seed: int) -> None:
    """Queries come from the source's school terms and places only (promise 1, R12).

    The posts that come back are full of names, so that a collector which followed them up would show.
    """
    server = reader.server
    server.posts.clear()
    server.asked.clear()
    chance = random.Random(seed)
    marked = [f"zq{name}" for name in names]  # Never a part of a school term or of a protocol word.
    for number in range(4):
        server.add(
            f"{chance.choice(marked)} and @{chance.choice(marked)} {number}", NOW - timedelta(hours=number)
        )
    known, cursor = reader.poll()
    reader.poll(cursor)
    reader.collector.reread(reader.source, known)
    assert len(known) == 4
    outgoing = "\n".join(asked.everything for asked in server.asked).casefold()
    assert [name for name in marked if name.casefold() in outgoing] == []
