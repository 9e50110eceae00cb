"""The record as a file: judged by programs of others, and by our own check, which is stricter."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from monitor.evidence import cdxj
from monitor.evidence.wacz import ARCHIVE, DIGEST, INDEX, PACKAGE, PAGES, Wacz
from monitor.evidence.wacz_check import faults
from monitor.model import Exchange
from tests.checkers import checker

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


def package() -> bytes:
    """A package of all of these."""
    record = Wacz("school-monitor 1.2.3")
    for each in EXCHANGES:
        record.add(each)
    return record.package(PAGE, "The fête")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on disk."""
    path = tmp_path_factory.mktemp("wacz") / "capture.wacz"
    path.write_bytes(package())
    return path


def unpacked(content: bytes) -> Files:
    """The files of a package."""
    with zipfile.ZipFile(BytesIO(content)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def test_the_same_exchanges_give_the_same_bytes() -> None:
    """Nothing in the file depends on when or where it is written."""
    assert package() == package()


def test_the_standard_programs_find_nothing_wrong(sound: Path, tmp_path: Path) -> None:
    """`wacz validate` takes the package, `warcio check` every digest in it."""
    subprocess.run([checker("wacz"), "validate", "-f", sound], check=True, timeout=60)
    warc = tmp_path / "data.warc.gz"
    warc.write_bytes(unpacked(sound.read_bytes())[ARCHIVE])
    subprocess.run([checker("warcio"), "check", warc], check=True, timeout=60)


def test_the_index_is_that_of_the_reference_indexer(sound: Path, tmp_path: Path) -> None:
    """Byte for byte, what was sent with a request included."""
    files = unpacked(sound.read_bytes())
    warc = tmp_path / "data.warc.gz"
    warc.write_bytes(files[ARCHIVE])
    told = subprocess.run(
        [checker("cdxj-indexer"), "-p", "-s", warc], check=True, timeout=60, capture_output=True
    )
    assert told.stdout.decode() == files[INDEX].decode()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/a", "1,0,0,127:8080)/a"),
        (
            "https://www2.School.example:443/A/B/../C//d/./e/?b=2&a=1&A=0",
            "example,school)/a/c/d/e?a=0&a=1&b=2",
        ),
        (
            "https://u:p@school.example/%257Efoo%2Fbar/%E2%82%AC%20x#end",
            "example,school)/~foo/bar/%e2%82%ac%20x",
        ),
        ("https://school.example/x?", "example,school)/x"),
        (f"https://school.example/?a=1&sid={'0' * 32}&b=2", "example,school)/?a=1&b=2"),
        (f"https://school.example/(S({'a' * 24}))/page.aspx", "example,school)/page.aspx"),
        ("https://[2001:db8::1]:8080/x", "2001:db8::1:8080)/x"),
        ("https://school.example/?&&a==b&", "example,school)/?&&&a==b"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_addresses_are_found_by_the_keys_that_players_make(url: str, expected: str) -> None:
    """The expected keys are those of the reference implementation."""
    assert expected == cdxj.key(url)


def test_a_hostile_address_costs_no_more_than_a_long_one() -> None:
    """Percent signs of percent signs are not followed to their end, nor bodies that nest deeply."""
    assert cdxj.key("https://school.example/%" + "25" * 50_000).startswith("example,school)/%")
    assert cdxj.body_query("application/json", b"[" * 100_000) == ""
    assert cdxj.body_query("multipart/form-data", b"no boundary").startswith("__wb_post_data=")


def test_records_say_what_was_asked_and_what_came() -> None:
    """The server's address, both times, what was sent, each cookie, what the wire's headers said."""
    files = unpacked(package())
    records = [
        (record.rec_headers, record.http_headers, record.content_stream().read())
        for record in ArchiveIterator(BytesIO(files[ARCHIVE]))
    ]
    info, (told, page, body), (asked, request, _) = records[:3]
    assert b"content encoding" in info[2] and b"X-Orig-" in info[2]
    assert "WARC/1.1" == told.protocol
    assert "93.184.216.34" == told.get_header("WARC-IP-Address")
    assert "2026-11-22T08:00:00.623456Z" == told.get_header("WARC-Date")
    assert "2026-11-22T08:00:00.123456Z" == asked.get_header("WARC-Date")
    assert told.get_header("WARC-Record-ID") == asked.get_header("WARC-Concurrent-To")
    assert (PAGE.body, "200 OK") == (body, page.statusline)
    assert ["gzip", "17", str(len(PAGE.body))] == [
        page.get_header(name)
        for name in ("X-Orig-content-encoding", "X-Orig-Content-Length", "Content-Length")
    ]
    assert ["fete=1", "raffle=2"] == [value for name, value in page.headers if name == "Set-Cookie"]
    assert page.get_header("Injected") is None
    assert ("GET", "/Fete?stall=2&b=1 HTTP/1.1") == (request.protocol, request.statusline)
    cut = next(each for each in records if each[2] == b"so far")
    assert "length" == cut[0].get_header("WARC-Truncated")
    assert EXCHANGES[4].request_body in [each[2] for each in records]


def test_a_sound_package_has_no_fault(sound: Path) -> None:
    """No false alarm, from a path or from memory."""
    assert () == faults(sound) == faults(BytesIO(package()))


# --- what is broken is named ------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", MUTATIONS)
def test_what_is_broken_is_named(name: str) -> None:
    """Also where the package's own lists were made to agree with the change."""
    mutate, expected = MUTATIONS[name]
    broken = BytesIO()
    with zipfile.ZipFile(broken, "w") as zipped:
        for path, content in mutate(unpacked(package())).items():
            zipped.writestr(path, content)
    assert any(fault.startswith(expected) for fault in faults(broken)), faults(broken)


def test_a_body_changed_together_with_its_compression_is_named() -> None:
    """The digests in the records stand against someone who packs anew."""
    files = unpacked(package())
    lines = [json.loads(line.split(" ", 2)[2]) for line in files[INDEX].decode().splitlines()]
    page = next(line for line in lines if line["url"] == PAGE.url)
    start, end = int(page["offset"]), int(page["offset"]) + int(page["length"])
    forged = gzip.compress(gzip.decompress(files[ARCHIVE][start:end]).replace(b"lovely", b"horrid"))
    warc = files[ARCHIVE][:start] + forged + files[ARCHIVE][end:]
    broken = BytesIO()
    with zipfile.ZipFile(broken, "w") as zipped:
        for path, content in changed(files, ARCHIVE, lambda _: warc).items():
            zipped.writestr(path, content)
    found = faults(broken)
    assert f"{ARCHIVE}: the record at byte {start} is not what its digest says" in found
    assert f"{ARCHIVE}: the record at byte {start} holds another body than its digest says" in found


def test_what_is_packed_twice_or_is_no_package_is_named(sound: Path) -> None:
    """A WARC inside compression cannot be reached into; anything else is not even a ZIP file."""
    broken = BytesIO()
    with zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path, content in unpacked(package()).items():
            zipped.writestr(path, content)
    assert any("compressed once more" in fault for fault in faults(broken))
    with pytest.warns(UserWarning), zipfile.ZipFile(broken, "a") as zipped:
        zipped.writestr(PAGES, b"again")
    assert (f"{PAGES}: it is there twice",) == faults(broken)
    assert faults(BytesIO(b"no package"))[0].startswith("the package is not a sound ZIP file")
    assert faults(BytesIO(flipped(sound.read_bytes())))
