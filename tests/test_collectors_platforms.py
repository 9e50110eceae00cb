"""What is particular to WordPress, Reddit and Instagram, beyond the contract they share."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.collectors import open_collector
from monitor.errors import CredentialsRefused, NotConfigured, RateLimited, UnexpectedResponse
from monitor.model import Item
from monitor.outbound import open_session
from monitor.ports import Clock, Collector, CollectorTools
from tests.instagram_server import InstagramServer
from tests.limits import limits
from tests.platform_server import Answer
from tests.reddit_server import RedditServer
from tests.wordpress_server import WordPressServer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
USER_AGENT = "SchoolMonitor/0.1 (Elm Lane School; office@elmlane.example)"


def collector(platform: str, secrets: Mapping[str, str], *, clock: Clock = lambda: NOW) -> Collector:
    return open_collector(
        platform,
        CollectorTools(
            session=open_session(limits(allow_private=("127.0.0.1",)), USER_AGENT),
            clock=clock,
            fingerprint=lambda text: hashlib.sha256(text.encode()).hexdigest(),
            user_agent=USER_AGENT,
            secrets=secrets,
        ),
    )


# --- WordPress -----------------------------------------------------------------------------------


def test_a_site_without_rest_is_read_by_its_feeds_under_the_same_ids() -> None:
    """And the page says so. When the API closes later, known items do not come again."""
    with WordPressServer() as server:
        for number in range(6):
            server.add(f"Words {number}", NOW - timedelta(hours=number))
        reader = collector("wordpress", {})
        by_rest = reader.poll(server.source(), None)
        server.rest_closed = True
        by_feed = reader.poll(server.source(), None)
        assert {item.native_id for item in by_rest.items} == {item.native_id for item in by_feed.items}
        assert {item.text for item in by_rest.items} == {item.text for item in by_feed.items}
        assert any("feeds were read instead" in note for note in by_feed.notes)
        server.add("New while closed", NOW)
        server.add("New while closed too", NOW)
        again = reader.poll(server.source(), by_feed.cursor)
        assert len(again.items) == 2


def test_two_sites_never_share_an_id() -> None:
    """Each WordPress counts from 1: what one site says must not overwrite what another said."""
    with WordPressServer() as one, WordPressServer() as other:
        found: list[Item] = []
        for server in (one, other):
            server.add("A comment", NOW)
            server.add("A post", NOW)
            found += collector("wordpress", {}).poll(server.source(), None).items
            assert {item.native_id for item in found[-2:]} == {
                f"{server.address.partition('://')[2]}/{kind}" for kind in ("comment/1", "post/2")
            }
        assert len({item.native_id for item in found}) == 4


def test_a_closed_api_is_tried_again_after_a_day_and_each_kind_by_itself() -> None:
    """One refusal of the comments, from a firewall on a bad day, must not cost the posts, nor last."""
    with WordPressServer() as server:
        now = [NOW]
        reader = collector("wordpress", {}, clock=lambda: now[0])
        server.closed_kinds = {"comment"}
        page = reader.poll(server.source(), None)
        paths = [asked.path for asked in server.asked]
        assert any("comments;" in note for note in page.notes)
        assert "/wp-json/wp/v2/posts" in paths
        assert not any("posts;" in note for note in page.notes)

        server.closed_kinds = set()
        for hours, tried in ((23, False), (25, True)):
            server.asked.clear()
            now[0] = NOW + timedelta(hours=hours)
            server.add("Words", now[0])
            page = reader.poll(server.source(), page.cursor)
            assert tried == ("/wp-json/wp/v2/comments" in [asked.path for asked in server.asked])
            assert tried != bool(page.notes)
            assert len(page.items) == 1


def test_a_hundred_posts_of_one_second_do_not_stop_the_reading() -> None:
    """A bulk import: going on by time alone would ask for the same page for ever."""
    with WordPressServer() as server:
        for number in range(420):
            server.add(f"Words {number}", NOW - timedelta(days=3))
        reader = collector("wordpress", {})
        page = reader.poll(server.source(), None)
        found = list(page.items)
        for _ in range(10):
            if page.more:
                page = reader.poll(server.source(), page.cursor)
                found += page.items
        assert not page.more
        assert len({item.native_id for item in found}) == len(found) == 420


def test_an_edit_between_two_pages_skips_nothing() -> None:
    """The edited post moves to the end, and everything behind it moves one place forward."""
    with WordPressServer() as server:
        posts = [
            server.add(f"Words {number}", NOW - timedelta(days=9, minutes=-number)) for number in range(400)
        ]
        reader = collector("wordpress", {})
        page = reader.poll(server.source(), None)
        assert page.more
        found = list(page.items)
        server.edit(posts[1], "Edited", NOW - timedelta(hours=1))
        server.edit(posts[3], "Edited as well", NOW - timedelta(hours=1))
        for _ in range(10):
            page = reader.poll(server.source(), page.cursor)
            found += page.items
        assert {item.native_id.rpartition("/")[2] for item in found} == {str(post.number) for post in posts}


def test_the_list_of_users_is_never_asked_for() -> None:
    """Only the posts, the comments and the front page (collectors study 3.10); school phrases only."""
    with WordPressServer() as server:
        server.add("Elm Lane", NOW)
        source = replace(server.source(), search=("Elm Lane", "ELS"))
        reader = collector("wordpress", {})
        known = reader.poll(source, None).items
        reader.reread(source, known)
        assert {asked.path for asked in server.asked} <= {
            "/", "/wp-json/wp/v2/posts", "/wp-json/wp/v2/comments",
        }  # fmt: skip
        assert {asked.query["search"] for asked in server.asked if "search" in asked.query} == {
            "Elm Lane",
            "ELS",
        }


# --- Reddit --------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_reddit_without_credentials_is_not_configured(missing: str) -> None:
    """And the reason names what is missing; nothing is asked."""
    with RedditServer() as server:
        secrets = {name: value for name, value in server.secrets.items() if name != missing}
        with pytest.raises(NotConfigured, match=missing):
            collector("reddit", secrets).poll(server.source(), None)
        assert server.asked == []


def test_reddit_is_never_entered_as_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither praw.ini nor the environment can add an account (R23)."""
    (tmp_path / "praw.ini").write_text("[DEFAULT]\nusername=someone\npassword=secret\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("praw_username", "someone")
    monkeypatch.setenv("praw_password", "secret")
    with RedditServer() as server:
        server.add("Words", NOW)
        assert len(collector("reddit", server.secrets).poll(server.source(), None).items) == 1
        assert "grant_type=client_credentials" in server.asked[0].body
        assert all("someone" not in asked.everything for asked in server.asked)


def test_reddit_searches_the_phrase_newest_first() -> None:
    """As a quoted phrase, submissions only, and the comments of the places."""
    with RedditServer() as server:
        server.add("Words", NOW)
        collector("reddit", server.secrets).poll(server.source(), None)
        searches = [asked for asked in server.asked if asked.path == "/search"]
        assert [asked.query["q"] for asked in searches] == ['"Elm Lane Notice"']
        assert [asked.query["sort"] for asked in searches] == ["new"]
        assert [asked.path for asked in server.asked if "comments" in asked.path] == ["/r/elmlane/comments"]


def test_a_used_up_budget_is_said_and_not_slept_through() -> None:
    """praw alone would sleep until the reset, up to ten minutes."""
    with RedditServer() as server:
        server.add("Words", NOW)
        server.rate_headers = {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-used": "600",
            "x-ratelimit-reset": "540",
        }
        began = time.monotonic()
        with pytest.raises(RateLimited) as caught:
            collector("reddit", server.secrets).poll(server.source(), None)
        assert time.monotonic() - began < 300
        assert caught.value.until == NOW + timedelta(minutes=10)


def test_a_deleted_newest_post_does_not_silence_the_search() -> None:
    """A listing continued from a deleted post is empty, so the cursor is a time (collectors study 3.7)."""
    with RedditServer() as server:
        for number in range(4):
            server.add(f"Words {number}", NOW - timedelta(hours=5 - number))
        reader = collector("reddit", server.secrets)
        cursor = reader.poll(server.source(), None).cursor
        server.remove(server.posts[4])
        server.remove(server.posts[3])
        server.add("After the deletion", NOW - timedelta(minutes=1))
        assert [item.text for item in reader.poll(server.source(), cursor).items] == ["After the deletion"]


def test_many_known_items_are_asked_for_in_hundreds() -> None:
    """The server refuses more at once."""
    with RedditServer() as server:
        for number in range(250):
            server.add(f"Words {number}", NOW - timedelta(hours=number))
        reader = collector("reddit", server.secrets)
        known = reader.poll(server.source(), None).items
        server.remove(server.posts[200])
        assert len(reader.reread(server.source(), known)) == 1
        assert len([asked for asked in server.asked if asked.path == "/api/info"]) == 3


# --- Instagram -----------------------------------------------------------------------------------


def test_instagram_reads_our_own_channel_only() -> None:
    """A source without a channel might be anybody's profile (R22)."""
    with InstagramServer() as server:
        with pytest.raises(NotConfigured, match="channel"):
            collector("instagram", {}).poll(replace(server.source(), channel=""), None)
        assert server.asked == []


@pytest.mark.parametrize("message", ["feedback_required", "checkpoint_required", "challenge_required"])
def test_a_challenge_ends_the_reading_at_once(message: str) -> None:
    """One request, no second attempt, and a reason for the operator (R25)."""
    with InstagramServer() as server:
        server.add("Words", NOW - timedelta(hours=1))
        server.doors = ("/", "/littleoverlcs/")
        server.doors_open = True
        server.broken = Answer(b'{"message": "%s", "status": "fail"}' % message.encode(), 400)
        with pytest.raises(CredentialsRefused, match="asked for a login; not checked"):
            collector("instagram", {}).poll(server.source(), None)
        assert len([asked for asked in server.asked if asked.path == "/api/graphql"]) == 1


def test_a_redirect_to_the_login_is_not_followed() -> None:
    """A wall is an outcome, not an obstacle."""
    with InstagramServer() as server:
        wall = {"Location": "https://www.instagram.com/accounts/login/?next=/littleoverlcs/"}
        server.broken = Answer(b"", 302, wall)
        with pytest.raises(CredentialsRefused, match="asked for a login; not checked"):
            collector("instagram", {}).poll(server.source(), None)
        assert len(server.asked) == 1


def test_a_profile_without_posts_in_the_page_is_unexpected() -> None:
    """The page changed: the body is kept."""
    with InstagramServer() as server:
        server.broken = Answer(b"<html>Another page</html>")
        with pytest.raises(UnexpectedResponse) as caught:
            collector("instagram", {}).poll(server.source(), None)
        assert caught.value.body == b"<html>Another page</html>"


def test_instagram_leaves_no_file_says_nothing_and_fetches_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """No session, no download (R27), and no handle on the terminal or in a log."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with InstagramServer() as server:
        for number in range(12):
            server.add(f"Words {number}", NOW - timedelta(hours=number))
        found = collector("instagram", {}).poll(server.source(), None).items
        assert len(found) == 12
        assert {asked.path for asked in server.asked} == {"/", "/littleoverlcs/", "/api/graphql"}
        assert len([asked for asked in server.asked if asked.path == "/"]) <= 2
    assert list(tmp_path.iterdir()) == []
    said = capfd.readouterr()
    assert said.out + said.err == ""
