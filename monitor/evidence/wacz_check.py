"""Judge a WACZ strictly: the standard validator passes packages that hold no record at all.

Standard library only, and nothing shared with the writer but how an address is looked up (`cdxj`). What
passes has one page that is in the index, an index in which every answer is found where it lies, digests
that are right all the way down, and nothing that is not accounted for. A package may come from anybody: what
would take more memory or time than any capture of ours is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from monitor.evidence import cdxj

_PACKAGE = "datapackage.json"
_DIGEST = "datapackage-digest.json"
_INDEX = "indexes/index.cdx"
_PAGES = "pages/pages.jsonl"
_WARC_FOLDER = "archive/"
_MAX_RECORD_BYTES = 64_000_000
_WINDOW_BYTES = 64 << 10
_MAX_HEAD_BYTES = 1_000_000
_MAX_FILE_BYTES = 256_000_000
_MAX_UNPACKED_BYTES = 512_000_000
_MAX_RECORDS = 50_000
_MAX_FILES = 1000
_MAX_LIST_BYTES = 1_000_000
_END_OF_ZIP, _END_BYTES = b"PK\x05\x06", 22
_HEADERS = frozenset(
    {
        "content-length",
        "warc-block-digest",
        "warc-date",
        "warc-payload-digest",
        "warc-record-id",
        "warc-target-uri",
        "warc-type",
    }
)


class _Fault(Exception):
    """Says what is wrong, beginning with the file it is wrong in. Stays in this module."""


@dataclass(frozen=True, slots=True)
class _Record:
    """One record of a WARC: where it lies, its headers by small name, and its block."""

    offset: int
    length: int
    headers: Mapping[str, str]
    block: bytes

    @property
    def payload(self) -> bytes:
        return self.block.partition(b"\r\n\r\n")[2]

    @property
    def status(self) -> str:
        return (self.block.split(b"\r\n", 1)[0].decode("latin-1").split(" ") + ["", ""])[1]

    @property
    def timestamp(self) -> str:
        return "".join(each for each in self.headers.get("warc-date", "") if each.isdigit())[:14]


def faults(package: Path | BinaryIO) -> tuple[str, ...]:
    """Everything that is wrong with a WACZ, each beginning with the file it is wrong in; empty when it is
    sound. Raises `OSError` when it cannot be read."""
    if isinstance(package, Path):
        with package.open("rb") as stream:
            return faults(stream)
    package.seek(0)
    content = package.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        return (f"the package is larger than {_MAX_FILE_BYTES} bytes",)
    if _list_bytes(content) > _MAX_LIST_BYTES:  # `zipfile` would take a list of any length into memory
        return (f"the package's list of files is longer than {_MAX_LIST_BYTES} bytes",)
    try:
        with zipfile.ZipFile(BytesIO(content)) as zipped:
            return tuple(_check(zipped))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        return (f"the package is not a sound ZIP file: {error}",)


def _list_bytes(content: bytes) -> int:
    """How long a zip says that its list of files is (APPNOTE.TXT 4.3.16), found as `zipfile` finds it."""
    place = len(content) - _END_BYTES
    if content[max(0, place) :][:4] != _END_OF_ZIP:
        place = content.rfind(_END_OF_ZIP)
    return int.from_bytes(content[place + 12 : place + 16], "little") if place >= 0 else 0


def _check(zipped: zipfile.ZipFile) -> Iterator[str]:
    entries = zipped.infolist()
    names = [entry.filename for entry in entries]
    if len(names) > _MAX_FILES:
        yield f"the package holds more than {_MAX_FILES} files"
        return
    yield from (f"{name}: it is there twice" for name in sorted({n for n in names if names.count(n) > 1}))
    if len(set(names)) != len(names):
        return
    if sum(entry.file_size for entry in entries) > _MAX_FILE_BYTES:
        yield f"the package unpacks to more than {_MAX_FILE_BYTES} bytes"
        return
    files = {entry.filename: zipped.read(entry) for entry in entries}
    for entry in entries:
        if entry.filename.startswith(_WARC_FOLDER) and entry.compress_type != zipfile.ZIP_STORED:
            yield f"{entry.filename}: it is compressed once more, so that no player can reach into it"
    yield from _check_digests(files)
    archives = sorted(name for name in files if name.startswith(_WARC_FOLDER) and name.endswith(".warc.gz"))
    if not archives:
        yield f"{_WARC_FOLDER}: there is no WARC"
    records: dict[tuple[str, int], _Record] = {}
    for name in archives:
        try:
            for record in _records(name, files[name]):
                yield from _check_record(name, record)
                if record.headers.get("warc-type") == "response":
                    place = (name.removeprefix(_WARC_FOLDER), record.offset)
                    records[place] = replace(record, block=record.block[:64])  # its status
        except _Fault as fault:
            yield str(fault)
    if archives and not records:
        yield f"{_WARC_FOLDER}: no WARC holds an answer"
    indexed: set[tuple[str, str]] = set()
    yield from _check_index(files, records, indexed)
    yield from _check_pages(files, indexed)


def _check_digests(files: Mapping[str, bytes]) -> Iterator[str]:
    """The digest names the package, the package names every other file, and all is as they say."""
    for name in (_PACKAGE, _DIGEST):
        if name not in files:
            yield f"{name}: it is not there"
    package, digest = _object(files.get(_PACKAGE)), _object(files.get(_DIGEST))
    if _PACKAGE not in files:
        return
    told = (digest.get("path"), digest.get("hash"))
    if _DIGEST in files and told != (_PACKAGE, _sha256(files[_PACKAGE])):
        yield f"{_DIGEST}: it is not the digest of {_PACKAGE}"
    if package.get("profile") != "data-package" or not str(package.get("wacz_version")).startswith("1."):
        yield f"{_PACKAGE}: it does not describe a WACZ of version 1"
    listed: set[str] = set()
    resources = package.get("resources")
    for resource in resources if isinstance(resources, list) else []:
        path = str(resource.get("path")) if isinstance(resource, dict) else ""
        if path in listed:
            yield f"{path}: it is listed twice"
        listed.add(path)
        if path not in files:
            yield f"{path}: it is listed and not there"
        elif resource.get("hash") != _sha256(files[path]) or resource.get("bytes") != len(files[path]):
            yield f"{path}: it is not the file that was listed"
    for name in sorted(set(files) - listed - {_PACKAGE, _DIGEST}):
        yield f"{name}: it is not listed"


def _records(name: str, content: bytes) -> Iterator[_Record]:
    """Every record, each in a compressed member of its own with nothing between them."""
    place = count = unpacked = 0
    while place < len(content):
        plain, length = _member(name, content, place)
        count, unpacked = count + 1, unpacked + len(plain)
        if count > _MAX_RECORDS or unpacked > _MAX_UNPACKED_BYTES:
            raise _Fault(f"{name}: it holds more than {_MAX_RECORDS} records or {_MAX_UNPACKED_BYTES} bytes")
        yield _record(name, place, length, plain)
        place += length


def _member(name: str, content: bytes, place: int) -> tuple[bytes, int]:
    """What the compressed member at this place holds, and how long it is.

    Fed window by window: what is left over is copied, and would be the rest of the file for each record.
    """
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    plain, at = bytearray(), place
    while not unpack.eof and at < len(content) and len(plain) < _MAX_RECORD_BYTES:
        window = content[at : at + _WINDOW_BYTES]
        try:
            plain += unpack.decompress(window, _MAX_RECORD_BYTES - len(plain))
        except zlib.error as error:
            raise _Fault(f"{name}: at byte {place} lies no record ({error})") from error
        at += len(window)
    if not unpack.eof:
        raise _Fault(f"{name}: the record at byte {place} is cut off or too large")
    return bytes(plain), at - len(unpack.unused_data) - place


def _record(name: str, offset: int, length: int, plain: bytes) -> _Record:
    head, _, rest = plain.partition(b"\r\n\r\n")
    if len(head) > _MAX_HEAD_BYTES:
        raise _Fault(f"{name}: the record at byte {offset} has no end of its headers")
    lines = head.decode("utf-8", "replace").split("\r\n")
    told = ((key.strip().lower(), value.strip()) for key, _, value in (e.partition(":") for e in lines[1:]))
    headers = {key: value for key, value in told if key in _HEADERS}
    size = headers.get("content-length", "")
    if lines[0] != "WARC/1.1" or not size.isascii() or not size.isdigit():
        raise _Fault(f"{name}: at byte {offset} lies no record of WARC 1.1")
    if rest[int(size) :] != b"\r\n\r\n":
        raise _Fault(f"{name}: the record at byte {offset} is not as long as it says")
    return _Record(offset, length, headers, rest[: int(size)])


def _check_record(name: str, record: _Record) -> Iterator[str]:
    where = f"{name}: the record at byte {record.offset}"
    if not record.headers.get("warc-record-id") or not record.headers.get("warc-date"):
        yield f"{where} has no name or no date"
    if not _is_digest_of(record.headers.get("warc-block-digest", ""), record.block):
        yield f"{where} is not what its digest says"
    kind = record.headers.get("warc-type")
    if kind in ("request", "response") and not _is_digest_of(
        record.headers.get("warc-payload-digest", ""), record.payload
    ):
        yield f"{where} holds another body than its digest says"


def _check_index(
    files: Mapping[str, bytes], records: Mapping[tuple[str, int], _Record], indexed: set[tuple[str, str]]
) -> Iterator[str]:
    """Each line leads to the answer it speaks of, and each answer has its line."""
    if _INDEX not in files:
        yield f"{_INDEX}: there is no index"
        return
    lines = files[_INDEX].decode("utf-8", "replace").splitlines()
    if lines != sorted(lines):
        yield f"{_INDEX}: the lines are not in order"
    reached: set[tuple[str, int]] = set()
    for number, line in enumerate(lines, start=1):
        where = f"{_INDEX}: line {number}"
        urlkey, _, rest = line.partition(" ")
        timestamp, _, text = rest.partition(" ")
        fields = _object(text.encode())
        url, offset = str(fields.get("url")), str(fields.get("offset"))
        place = (str(fields.get("filename")), int(offset) if offset.isascii() and offset.isdigit() else -1)
        record = records.get(place)
        if record is None:
            yield f"{where} leads to no answer"
            continue
        if place in reached:
            yield f"{where} leads where another line leads"
        reached.add(place)
        method, query = str(fields.get("method", "GET")), str(fields.get("requestBody", ""))
        expected = cdxj.key(url) if method == "GET" else cdxj.request_key(url, method=method, query=query)
        told = (timestamp, url, fields.get("status"), fields.get("digest"), fields.get("length"))
        found = (
            record.timestamp,
            record.headers.get("warc-target-uri"),
            record.status,
            record.headers.get("warc-payload-digest"),
            str(record.length),
        )
        if told != found or urlkey != expected:
            yield f"{where} speaks of another answer than the one it leads to"
        indexed.add((url, timestamp))
    for file, offset_of in sorted(set(records) - reached):
        yield f"{_INDEX}: the answer at byte {offset_of} of {file} is not in it"


def _check_pages(files: Mapping[str, bytes], indexed: set[tuple[str, str]]) -> Iterator[str]:
    if _PAGES not in files:
        yield f"{_PAGES}: there is no list of pages"
        return
    lines = [_object(line) for line in files[_PAGES].splitlines()]
    if not lines or not str(lines[0].get("format")).startswith("json-pages-"):
        yield f"{_PAGES}: it does not begin as a list of pages does"
    if len(lines) < 2:
        yield f"{_PAGES}: it names no page"
    for page in lines[1:]:
        timestamp = "".join(each for each in str(page.get("ts")) if each.isdigit())[:14]
        if (str(page.get("url")), timestamp) not in indexed:
            yield f"{_PAGES}: the page {page.get('url')!r} is not in the index at that time"


def _object(content: bytes | None) -> Mapping[str, object]:
    """A JSON object; one that is none is empty, so that whatever it should say is missing."""
    try:
        found = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _is_digest_of(text: str, content: bytes) -> bool:
    algorithm, _, value = text.partition(":")
    try:
        return algorithm == "sha256" and base64.b32decode(value) == hashlib.sha256(content).digest()
    except binascii.Error:
        return False
