"""HTML becomes the words that a reader would see."""

from __future__ import annotations

import time

import pytest

from monitor.markup import links, plain


@pytest.mark.parametrize(
    ("markup", "seen"),
    [
        ("No  markup,\n\n two   lines", "No markup,\ntwo lines"),
        ("<p>The first <b>bold</b> block</p><p>the second</p>", "The first bold block\nthe second"),
        ("Tea &amp; cake<br>at four", "Tea & cake\nat four"),
        ("<script>hidden()</script><style>p {}</style>Shown", "Shown"),
        ("<b>Kept</b> &amp; read <![%cut", "Kept & read"),
        ("Ms<div>Arrandale</div>is<br/>late", "Ms\nArrandale\nis\nlate"),
        ("<a title='3 > 2' href=\"/x\">Link</a> and I <3 you", "Link and I <3 you"),
        ("A<!-- b --><template>c<div>d</div></template><![CDATA[e]]>f", "Aef"),
        ("Words &#" + "9" * 5000 + "; on <y and never closed", "Words on and never closed"),
        ("<script>a</script>shown<STYLE>never closed", "shown"),
        ("&lt;b&gt; is shown", "<b> is shown"),
        ("", ""),
    ],
)
def test_markup_becomes_what_a_reader_would_see(markup: str, seen: str) -> None:
    """One line a block, no code, no tags, and never an error, however broken the page is."""
    assert seen == plain(markup)


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<br>",
        "<a ",
        "<!--",
        "<![CDATA[>",
        "</a ",
        '<a b="',
        "<a b='\"",
        "<link a",
        "<link a=",
        "<script></script ",
        "<template>",
        "&#",
    ],
)
def test_the_time_for_markup_grows_with_its_length_and_no_faster(piece: str) -> None:
    """Whoever can post into a feed could stop the service with 100 kB otherwise: four times the text
    may take about four times as long; it took sixteen and more."""

    def seconds(count: int) -> float:
        def once() -> float:
            began = time.process_time()
            plain(piece * count)
            list(links((piece * count).encode()))
            return time.process_time() - began

        return min(once() for _ in range(4))

    assert seconds(80_000) < 9 * seconds(20_000) + 0.05


def test_twenty_thousand_nested_blocks_are_read() -> None:
    """No recursion, and both borders of each block end a line."""
    assert plain("Before" + "<div>" * 20_000 + "deep" + "</div>" * 20_000 + "after") == "Before\ndeep\nafter"


def test_a_page_says_what_it_is_linked_with() -> None:
    """Quoted in any way or not at all; what is only a comment is no link."""
    page = b"""<!doctype html><!-- <link rel=x href=/no> -->
    <LINK REL='alternate' type="a/b"href=/feed?a=1&amp;b=2>
    <link rel="https://api.w.org/" href="/wp-json/" /><a rel=me href=/me>me</a><link """
    assert [
        {"rel": "alternate", "type": "a/b", "href": "/feed?a=1&b=2"},
        {"rel": "https://api.w.org/", "href": "/wp-json/"},
    ] == list(links(page))
