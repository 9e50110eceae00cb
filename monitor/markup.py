"""What a reader would see of a piece of HTML, as plain text. One job; the text around it is not parsed."""

from __future__ import annotations

import re
from html import unescape

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

_BLOCKS = ("br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4", "pre")


def plain(markup: str) -> str:
    """Return what a reader would see, one line a block. Any text is taken, be it markup or not."""
    if "<" in markup or "&" in markup:
        try:
            soup = BeautifulSoup(markup, "html.parser")
        except ParserRejectedMarkup:  # An unfinished "<![": no reader would see a page; leave the words only.
            return " ".join(unescape(re.sub(r"<[^>]*>?", " ", markup)).split())
        for unseen in soup(["script", "style", "template"]):
            unseen.decompose()
        for block in soup(_BLOCKS):
            block.append("\n")
        markup = soup.get_text()
    return "\n".join(line for line in (" ".join(part.split()) for part in markup.splitlines()) if line)
