"""What a reader would see of a piece of HTML, as plain text, and what a page says it is linked with.

No tree is built and no parser of the library is used: whoever can write a post chooses the markup, and
html.parser (Python 3.11) needs minutes for 100 kB of unfinished tags. Here every letter is passed once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

_BLOCKS = frozenset({"br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4", "pre"})
_UNSEEN = frozenset({"script", "style", "template"})

# Both either match or have come to the end of the text, and nothing is tried again (possessive `*+`):
# that keeps the time in proportion to the length. HTML Living Standard 13.2.5, tokenization.
_TAG = re.compile(r"""<(/?)([a-z][^\s/>]*+)(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?)*+>""", re.IGNORECASE)
_ASIDE = re.compile(r"<!--.*?-->|<!\[CDATA\[|<[!?/][^>]*+>", re.DOTALL)

_ATTRIBUTE = re.compile(r"""(?<=[\s"'/])([^\s=>"'/]++)\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s>"']++)""")

_OPENS = re.compile(r"<[a-z!?/]", re.IGNORECASE)
_STUB = re.compile(r"<[^<>\s]*+>?")
_END_OF_CODE = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style")}
_IMPOSSIBLE = re.compile(r"&#(?:\d{8,}|x[0-9a-f]{7,});?", re.IGNORECASE)


def plain(markup: str) -> str:
    """Return what a reader would see, one line a block. Any text is taken, be it markup or not."""
    if "<" in markup or "&" in markup:
        markup = "".join(_seen(markup))
    return "\n".join(line for line in (" ".join(part.split()) for part in markup.splitlines()) if line)


def links(page: bytes) -> Iterator[dict[str, str]]:
    """The attributes of each `<link>` of a page, in order, names in lower case."""
    markup = page.decode("utf-8", "replace")
    place = 0
    while opening := _OPENS.search(markup, place):
        found = _TAG.match(markup, opening.start())
        token = found or _ASIDE.match(markup, opening.start())
        if token is None:
            return
        place = token.end()
        if found and found[2].lower() == "link":
            yield {
                name.lower(): unescape(_IMPOSSIBLE.sub("", value.strip("\"'")))
                for name, value in _ATTRIBUTE.findall(found[0])
            }


def _seen(markup: str) -> Iterator[str]:
    """The words in order, with a line's end at both borders of each block.

    Of what is never finished, the words are kept: whoever reads the raw text would see them.
    """
    place = hidden = 0
    while opening := _OPENS.search(markup, place):
        start = opening.start()
        if not hidden:
            yield _words(markup[place:start])
        found = _TAG.match(markup, start)
        token = found or _ASIDE.match(markup, start)
        if token is None:
            place = start
            break
        place = token.end()
        if found is None:
            continue
        name, closes = found[2].lower(), bool(found[1])
        if name in _BLOCKS and not hidden:
            yield "\n"
        elif name in _UNSEEN:
            hidden = max(0, hidden - 1) if closes else hidden + 1
            if not closes and name in _END_OF_CODE:
                end = _END_OF_CODE[name].search(markup, place)
                place = end.start() if end else len(markup)
    if not hidden:
        rest = markup[place:]
        yield _words(_STUB.sub(" ", rest) if _OPENS.match(rest) else rest)


def _words(text: str) -> str:
    return unescape(_IMPOSSIBLE.sub("", text.replace("]]>", "")))
