"""HTML becomes the words that a reader would see."""

from __future__ import annotations

import pytest

from monitor.markup import plain


@pytest.mark.parametrize(
    ("markup", "seen"),
    [
        ("No  markup,\n\n two   lines", "No markup,\ntwo lines"),
        ("<p>The first <b>bold</b> block</p><p>the second</p>", "The first bold block\nthe second"),
        ("Tea &amp; cake<br>at four", "Tea & cake\nat four"),
        ("<script>hidden()</script><style>p {}</style>Shown", "Shown"),
        ("<b>Kept</b> &amp; read <![%cut", "Kept & read"),
        ("", ""),
    ],
)
def test_markup_becomes_what_a_reader_would_see(markup: str, seen: str) -> None:
    """One line a block, no code, no tags, and never an error, however broken the page is."""
    assert seen == plain(markup)
