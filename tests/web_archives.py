"""Web archives (WACZ) for tests: a sound one, others that look alike, and what can be wrong with one."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO

from monitor.evidence.wacz import ARCHIVE, DIGEST, INDEX, PACKAGE, PAGES, Wacz
from monitor.model import Exchange

START = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
Files = dict[str, bytes]


def exchange(second: int, url: str, body: bytes = b"ok", **changed: object) -> Exchange:
    """An answer that came compressed, `second` seconds after the start."""
    facts: dict[str, object] = {
        "url": f"https://www.school.example{url}",
        "method": "GET",
        "request_headers": (("User-Agent", "SchoolMonitor"),),
        "request_body": b"",
        "asked_at": START + timedelta(seconds=second),
        "status": 200,
        "reason": "",
        "headers": (
            ("Content-Type", "text/html; charset=utf-8"),
            ("content-encoding", "gzip"),
            ("Content-Length", "17"),
            ("Set-Cookie", "fete=1\nraffle=2"),
            ("X-Head", "caf\u00e9\r\nInjected: yes"),
        ),
        "body": body,
        "answered_at": START + timedelta(seconds=second, milliseconds=500),
        "server_address": "93.184.216.34",
    }
    return Exchange(**(facts | changed))  # type: ignore[arg-type]


def post(second: int, url: str, kind: str, sent: bytes) -> Exchange:
    """Something sent."""
    return exchange(second, url, method="POST", request_headers=(("Content-Type", kind),), request_body=sent)


PAGE = exchange(0, "/Fete?stall=2&b=1", b"<p>The summer fete was a lovely day.</p>")
EXCHANGES = (
    PAGE,
    exchange(1, "/gone", b"", status=302, headers=(("Location", "/fete"),)),
    exchange(2, "/field.png", b"\x89PNG" * 500, headers=(("Content-Type", "image/png"),)),
    exchange(3, "/cut", b"so far", truncated="length"),
    post(4, "/api", "application/json", b'{"day":{"stalls":[1,2,"tea"]},"dry":"yes","price":1.5}'),
    post(5, "/form?x=1", "application/x-www-form-urlencoded", b"name=a+b&day=6%20"),
    post(6, "/bytes", "application/octet-stream", b"\xff\x00"),
    post(
        7,
        "/upload",
        "multipart/form-data; boundary=xx",
        b'--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\nv 1\r\n'
        b'--xx\r\nContent-Disposition: form-data; name="f"; filename="t"\r\n\r\n\xff\xfe\r\n--xx--\r\n',
    ),
)


def package(exchanges: Sequence[Exchange] = EXCHANGES) -> bytes:
    """A package of these, opened at the first."""
    record = Wacz("school-monitor 1.2.3")
    for each in exchanges:
        record.add(each)
    return record.package(exchanges[0], "The fête")


def small_package(of: str) -> bytes:
    """A package of one short answer, different for each `of`."""
    return package([exchange(0, "/", f"<p>The summer fete, says {of}.</p>".encode())])


def unpacked(content: bytes) -> Files:
    """The files of a package."""
    with zipfile.ZipFile(BytesIO(content)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def zipped(files: Files) -> bytes:
    """A package of these files, stored."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for path, content in files.items():
            package.writestr(path, content)
    return made.getvalue()


def changed(files: Files, name: str, change: Callable[[bytes], bytes]) -> Files:
    """One file changed, and everything that vouches for it made to agree."""
    return vouched(files | {name: change(files[name])})


def vouched(files: Files) -> Files:
    """The package's own lists and digests, of the files as they are now."""
    told = json.loads(files[PACKAGE])
    told["resources"] = [
        {"name": path, "path": path, "hash": digest(files[path]), "bytes": len(files[path])}
        for path in files
        if path not in (PACKAGE, DIGEST)
    ]
    files = files | {PACKAGE: json.dumps(told).encode()}
    return files | {DIGEST: json.dumps({"path": PACKAGE, "hash": digest(files[PACKAGE])}).encode()}


def digest(content: bytes) -> str:
    """As a package writes it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def flipped(content: bytes) -> bytes:
    """One bit changed, in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def without(files: Files, *names: str) -> Files:
    """Some files less."""
    return {name: content for name, content in files.items() if name not in names}


def no_answer(content: bytes) -> bytes:
    """The WARC's first record only, which is about the file."""
    lines = unpacked(package())[INDEX].decode().splitlines()
    first = min(int(json.loads(line.split(" ", 2)[2])["offset"]) for line in lines)
    return content[:first]


def swapped(content: bytes) -> bytes:
    """Two lines of the index lead where the other one should."""
    lines = content.decode().splitlines(keepends=True)
    heads, tails = zip(*(line.split(" {", 1) for line in lines), strict=True)
    return (f"{heads[0]} {{{tails[1]}{heads[1]} {{{tails[0]}" + "".join(lines[2:])).encode()


def long_list() -> bytes:
    """A zip of nothing that says that its list of files is longer than any."""
    return b"PK\5\6" + bytes(8) + (2_000_000).to_bytes(4, "little") + bytes(6)


MUTATIONS: dict[str, tuple[Callable[[Files], Files], str]] = {
    "no WARC": (lambda f: vouched(without(f, ARCHIVE)), "archive/: there is no WARC"),
    "a WARC without an answer": (
        lambda f: changed(f, ARCHIVE, no_answer),
        "archive/: no WARC holds an answer",
    ),
    "no index": (lambda f: vouched(without(f, INDEX)), f"{INDEX}: there is no index"),
    "an empty index": (lambda f: changed(f, INDEX, lambda _: b""), f"{INDEX}: the answer at byte"),
    "a line of the index less": (
        lambda f: changed(f, INDEX, lambda c: c[c.index(b"\n") + 1 :]),
        f"{INDEX}: the answer at byte",
    ),
    "an offset moved": (
        lambda f: changed(f, INDEX, lambda c: c.replace(b'"offset": "', b'"offset": "1', 1)),
        f"{INDEX}: line 1 leads to no answer",
    ),
    "answers swapped": (lambda f: changed(f, INDEX, swapped), f"{INDEX}: line 1 speaks of another"),
    "a status changed in the index": (
        lambda f: changed(f, INDEX, lambda c: c.replace(b'"status": "200"', b'"status": "201"', 1)),
        f"{INDEX}: line",
    ),
    "the index out of order": (
        lambda f: changed(f, INDEX, lambda c: b"".join(reversed(c.splitlines(keepends=True)))),
        f"{INDEX}: the lines are not in order",
    ),
    "no list of pages": (lambda f: vouched(without(f, PAGES)), f"{PAGES}: there is no list"),
    "no page": (
        lambda f: changed(f, PAGES, lambda c: c.splitlines(keepends=True)[0]),
        f"{PAGES}: it names no page",
    ),
    "a page that was not captured": (
        lambda f: changed(f, PAGES, lambda c: c.replace(b"Fete", b"Fair")),
        f"{PAGES}: the page",
    ),
    "a page at another time": (
        lambda f: changed(f, PAGES, lambda c: c.replace(b"08:00:00", b"09:00:00")),
        f"{PAGES}: the page",
    ),
    "a file changed": (lambda f: f | {PAGES: f[PAGES] + b"\n"}, f"{PAGES}: it is not the file"),
    "a file that is not listed": (
        lambda f: f | {"archive/more.txt": b"x"},
        "archive/more.txt: it is not listed",
    ),
    "a file that is listed and gone": (lambda f: without(f, PAGES), f"{PAGES}: it is listed and not there"),
    "no list of files": (lambda f: without(f, PACKAGE), f"{PACKAGE}: it is not there"),
    "no digest": (lambda f: without(f, DIGEST), f"{DIGEST}: it is not there"),
    "the list changed": (lambda f: f | {PACKAGE: f[PACKAGE] + b" "}, f"{DIGEST}: it is not the digest"),
    "another version": (
        lambda f: changed(f, PACKAGE, lambda c: c.replace(b'"1.1.1"', b'"0.1.0"')),
        f"{PACKAGE}: it does not describe",
    ),
    "the WARC cut off": (lambda f: changed(f, ARCHIVE, lambda c: c[:-9]), f"{ARCHIVE}: the record at byte"),
    "the WARC's bytes changed": (lambda f: changed(f, ARCHIVE, flipped), f"{ARCHIVE}: at byte"),
}
