"""HTML of ours into PDF/A-2u: every letter embedded and searchable, tagged, nothing fetched.

The one user of WeasyPrint. What the HTML asks for from outside is never loaded, since every picture in it
is in the page itself.
"""

from __future__ import annotations

import hashlib
import logging
import warnings

from monitor.papers import legible
from monitor.papers.audiences import PaperRefused

VARIANT = "pdf/a-2u"
"""Level 2u (ISO 19005-2): for long keeping, with text that can be searched and read aloud."""


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


class _Told(logging.Handler):
    """Hears which characters were drawn as empty boxes; there is no other way to learn it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.missing: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if ".notdef" in str(record.msg) and isinstance(record.args, tuple):
            self.missing.add(str(record.args[0]))
