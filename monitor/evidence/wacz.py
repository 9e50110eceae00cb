"""A WARC with its index and its page in one file that players open: WACZ 1.1.1 (Webrecorder).

Everything is made in memory: nothing may touch the disk before the words of the page were checked (R69).
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO

from monitor.evidence import cdxj, wacz_check
from monitor.evidence.warc import Warc, value_of
from monitor.model import Exchange

ARCHIVE = "archive/data.warc.gz"
INDEX = "indexes/index.cdx"  # One player does not look for the ending .cdxj (evidence study 3.2).
PAGES = "pages/pages.jsonl"
PACKAGE = "datapackage.json"
DIGEST = "datapackage-digest.json"
VERSION = "1.1.1"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # The time in the file is that in the package, not that of its making.
_END_OF_KIND = re.compile(r"[;\s]")


class Wacz:
    """The `WebRecord` of `monitor.ports`. `software` is named in the file as its maker."""

    def __init__(self, software: str) -> None:
        self._software = software
        self._warc = Warc(software)
        self._lines: list[str] = []

    def add(self, exchange: Exchange) -> None:
        """Keep one exchange."""
        written = self._warc.add(exchange)
        kind = _END_OF_KIND.split(value_of("content-type", exchange.headers).strip(), maxsplit=1)[0]
        fields = {
            "url": exchange.url,
            **({"mime": kind} if kind else {}),
            "status": str(exchange.status),
            "digest": written.payload_digest,
            "length": str(written.length),
            "offset": str(written.offset),
            "filename": ARCHIVE.rpartition("/")[2],
        }
        urlkey, method = cdxj.key(exchange.url), exchange.method.upper()
        if method in ("POST", "PUT"):
            query = cdxj.body_query(value_of("content-type", exchange.request_headers), exchange.request_body)
            fields |= {"requestBody": query, "method": method}
            urlkey = cdxj.request_key(exchange.url, method=method, query=query)
        elif method != "GET":
            fields["method"] = method
            urlkey = cdxj.request_key(exchange.url, method=method, query="")
        self._lines.append(cdxj.line(urlkey, exchange.answered_at, fields))

    def package(self, page: Exchange, title: str) -> bytes:
        """Give everything as one file that opens at `page`."""
        at = _time(page.answered_at)
        header = {"format": "json-pages-1.0", "id": "pages", "title": "Captured page"}
        name = hashlib.sha256(f"{page.url}\n{at}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        opened = {"id": name, "url": page.url, "ts": at, "title": title}
        files = {
            ARCHIVE: self._warc.content(),
            INDEX: "".join(sorted(self._lines)).encode("utf-8"),
            PAGES: f"{json.dumps(header)}\n{json.dumps(opened)}\n".encode(),
        }
        described = {
            "profile": "data-package",
            "wacz_version": VERSION,
            "software": self._software,
            "created": at,
            "title": title,
            "mainPageUrl": page.url,
            "mainPageDate": at,
            "resources": [
                {
                    "name": path.rpartition("/")[2],
                    "path": path,
                    "hash": _digest(content),
                    "bytes": len(content),
                }
                for path, content in files.items()
            ],
        }
        files[PACKAGE] = json.dumps(described, indent=2).encode()
        signed = {"path": PACKAGE, "hash": _digest(files[PACKAGE])}
        files[DIGEST] = json.dumps(signed, indent=2).encode()
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as zipped:
            for path, content in files.items():
                zipped.writestr(zipfile.ZipInfo(path, _ZIP_EPOCH), content)
        return out.getvalue()

    def faults(self, packaged: bytes) -> tuple[str, ...]:
        """What our own strict check finds wrong with a package, which is what will be found in packs."""
        return wacz_check.faults(BytesIO(packaged))


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
