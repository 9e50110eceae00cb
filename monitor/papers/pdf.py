"""HTML of ours into PDF/A-2u: every letter embedded and searchable, tagged, nothing fetched.

The one user of WeasyPrint. What the HTML asks for from outside is never loaded, since every picture in it
is in the page itself.
"""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from monitor.papers import legible
from monitor.papers.audiences import PaperRefused

VARIANT = "pdf/a-2u"
"""Level 2u (ISO 19005-2): for long keeping, with text that can be searched and read aloud."""

_MADE_AT = "SOURCE_DATE_EPOCH"


def pdf(html: str) -> bytes:
    """The document as PDF/A, the same bytes for the same HTML.

    A character that no font here draws would be an empty box, which PDF/A forbids: the document is laid
    out again with its number instead. Raises `PaperRefused` when that does not help.
    """
    content, missing = _written(html)
    if missing:
        content, missing = _written(legible.without_glyph(html, missing))
    if missing:
        raise PaperRefused("no font can show some letters of a paper; install fonts-liberation")
    return content


def _written(html: str) -> tuple[bytes, frozenset[str]]:
    """One attempt, and the characters that no font here draws."""
    import weasyprint  # takes half a second, and most commands make no papers
    from weasyprint.urls import URLFetcher

    told = _Told()
    logger = logging.getLogger("weasyprint")
    before = logger.level, logger.propagate
    # The service keeps the loggers of libraries quiet (monitor/logs.py): this one must speak, to us alone.
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logger.addHandler(told)
    try:
        with warnings.catch_warnings():
            # It leaves the file of its own colour profile for Python to close.
            warnings.simplefilter("ignore", ResourceWarning)
            with _no_clock():
                content = weasyprint.HTML(
                    string=html, url_fetcher=URLFetcher(allowed_protocols=("data",))
                ).write_pdf(
                    pdf_variant=VARIANT,
                    pdf_tags=True,
                    pdf_identifier=hashlib.sha256(html.encode("utf-8")).hexdigest()[:32].encode("ascii"),
                )
    finally:
        logger.removeHandler(told)
        logger.setLevel(before[0])
        logger.propagate = before[1]
    return bytes(content), frozenset(told.missing)


@contextmanager
def _no_clock() -> Iterator[None]:
    """Fonts that are embedded say when they were made: where one draws emoji in colour, that is now, unless
    this says otherwise (it is what whoever makes things twice and alike has agreed on)."""
    surroundings = os.environ  # noqa: TID251 - nothing is read: the library has no other way to be told
    before = surroundings.get(_MADE_AT)
    surroundings[_MADE_AT] = "0"
    try:
        yield
    finally:
        if before is None:
            del surroundings[_MADE_AT]
        else:
            surroundings[_MADE_AT] = before


class _Told(logging.Handler):
    """Hears which characters were drawn as empty boxes; there is no other way to learn it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.missing: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if ".notdef" in str(record.msg) and isinstance(record.args, tuple):
            self.missing.add(str(record.args[0]))
