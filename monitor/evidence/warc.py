"""What the network answered, as WARC 1.1 records (ISO 28500), each compressed by itself.

The bodies come from the browser, which has taken off compression and chunks; the headers that spoke of
them are kept under another name, so that no reader applies them again, and the first record says so.
"""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from urllib.parse import urlsplit

from warcio.recordbuilder import RecordBuilder
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from monitor.model import Exchange

ORIGINAL = "X-Orig-"
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_COMPRESSED = ("image/", "font/", "video/", "audio/", "application/font", "application/zip")
_NOT_COMPRESSED = ("image/svg", "image/bmp")
_LEVEL = 4  # Half the time of the usual 6, for a twentieth more bytes.
_SMALL_BYTES = 4096
_INFO = {
    "format": "WARC File Format 1.1",
    "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
    "description": (
        "Recorded inside the browser as it received them. Bodies are without content encoding and transfer"
        f" encoding; headers that spoke of these are kept with {ORIGINAL} before their name. Redirect answers"
        " carry no body. The version in a status line is HTTP/1.1 whatever was spoken. Request headers are"
        " those the page asked with; what the browser adds on the wire (Host, Cookie, Accept-Encoding) is not"
        " among them. Header characters outside ASCII are written with percent signs. WARC-Date of a request"
        " is when it was asked, of a response when its head arrived."
    ),
}


@dataclass(frozen=True, slots=True)
class Written:
    """Where a response record lies, in bytes from the start, and the digest of its payload."""

    offset: int
    length: int
    payload_digest: str


class Warc:
    """A WARC that grows in memory. The same exchanges in the same order give the same bytes."""

    def __init__(self, software: str) -> None:
        self._software = software
        self._out = BytesIO()
        self._writer = _Plain()
        self._count = 0

    def add(self, exchange: Exchange) -> Written:
        """Write response and request of one exchange; a record about the file comes before the first."""
        if not self._count:
            self._write(_info(self._writer, self._software, exchange.answered_at), level=_LEVEL)
        self._count += 1
        response = _response(self._writer, self._count, exchange)
        offset = self._out.tell()
        kind = value_of("content-type", exchange.headers).strip().lower()
        stored = kind.startswith(_COMPRESSED) and not kind.startswith(_NOT_COMPRESSED)
        self._write(response, level=0 if stored else _LEVEL)
        written = Written(
            offset, self._out.tell() - offset, response.rec_headers.get_header("WARC-Payload-Digest")
        )
        response_id = response.rec_headers.get_header("WARC-Record-ID")
        self._write(_request(self._writer, self._count, exchange, response_id), level=_LEVEL)
        return written

    def content(self) -> bytes:
        """The whole file."""
        return self._out.getvalue()

    def _write(self, record: ArcWarcRecord, *, level: int) -> None:
        plain = BytesIO()
        self._writer.out = plain
        self._writer.write_record(record)
        # To set up the usual window takes longer than to pack what would not fill an eighth of it.
        window, memory = (12, 5) if plain.tell() < _SMALL_BYTES else (zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL)
        squeeze = zlib.compressobj(level, zlib.DEFLATED, window | 16, memory)
        self._out.write(squeeze.compress(plain.getbuffer()) + squeeze.flush())


class _Plain(WARCWriter):  # type: ignore[misc]  # warcio ships no types
    """warcio's writer of single records, with SHA-256; compression is ours, which knows what is worth it."""

    def __init__(self) -> None:
        super().__init__(BytesIO(), gzip=False, warc_version=RecordBuilder.WARC_1_1)

    @staticmethod
    def _create_digester() -> Digester:
        return Digester("sha256")


def value_of(name: str, headers: Iterable[tuple[str, str]]) -> str:
    """The first value of a header, whose name is given in small letters; "" when it is not there."""
    return next((value for each, value in headers if each.lower() == name), "")


def _info(builder: RecordBuilder, software: str, at: datetime) -> ArcWarcRecord:
    content = "".join(f"{name}: {value}\r\n" for name, value in {"software": software, **_INFO}.items())
    headers = {"WARC-Record-ID": _name("warcinfo", content), "WARC-Date": _date(at)}
    return builder.create_warc_record(
        "",
        "warcinfo",
        payload=BytesIO(content.encode()),
        length=len(content.encode()),
        warc_headers_dict=headers,
        warc_content_type="application/warc-fields",
    )


def _response(builder: RecordBuilder, number: int, exchange: Exchange) -> ArcWarcRecord:
    digest = hashlib.sha256(exchange.body).hexdigest()
    headers = {
        "WARC-Record-ID": _name("response", str(number), exchange.url, _date(exchange.answered_at), digest),
        "WARC-Date": _date(exchange.answered_at),
    }
    if exchange.server_address:
        headers["WARC-IP-Address"] = exchange.server_address
    if exchange.truncated:
        headers["WARC-Truncated"] = exchange.truncated
    own = [
        (f"{ORIGINAL}{name}" if name.lower() in _OF_THE_WIRE else name, value)
        for name, value in _one_line(exchange.headers)
    ]
    own.append(("Content-Length", str(len(exchange.body))))
    return builder.create_warc_record(
        exchange.url,
        "response",
        payload=BytesIO(exchange.body),
        length=len(exchange.body),
        warc_headers_dict=headers,
        http_headers=StatusAndHeaders(_status(exchange), own, protocol="HTTP/1.1"),
    )


def _request(builder: RecordBuilder, number: int, exchange: Exchange, response_id: str) -> ArcWarcRecord:
    digest = hashlib.sha256(exchange.request_body).hexdigest()
    headers = {
        "WARC-Record-ID": _name("request", str(number), exchange.url, _date(exchange.asked_at), digest),
        "WARC-Date": _date(exchange.asked_at),
        "WARC-Concurrent-To": response_id,
    }
    parts = urlsplit(exchange.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    own = [each for each in _one_line(exchange.request_headers) if each[0].lower() != "content-length"]
    if not value_of("host", own):
        own.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    if exchange.request_body:
        own.append(("Content-Length", str(len(exchange.request_body))))
    return builder.create_warc_record(
        exchange.url,
        "request",
        payload=BytesIO(exchange.request_body),
        length=len(exchange.request_body),
        warc_headers_dict=headers,
        http_headers=StatusAndHeaders(f"{exchange.method} {target} HTTP/1.1", own, is_http_request=True),
    )


def _one_line(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Several values of one name come to us as lines of one value; a line break must not end a header."""
    return [
        (name, part.strip())
        for name, value in headers
        for part in value.replace("\r", "\n").replace("\0", "").split("\n")
        if part.strip() or not value
    ]


def _status(exchange: Exchange) -> str:
    reason = " ".join(exchange.reason.split())
    if not reason and exchange.status in HTTPStatus.__members__.values():
        reason = HTTPStatus(exchange.status).phrase
    return f"{exchange.status} {reason}"


def _name(*of: str) -> str:
    """A record's name, made from what it holds: the same record always has the same one."""
    digest = hashlib.sha256("\n".join(of).encode("utf-8", "surrogatepass")).digest()
    return f"<urn:uuid:{uuid.UUID(bytes=digest[:16], version=5)}>"


def _date(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
