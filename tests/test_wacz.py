"""The record as a file: judged by programs of others, and by our own check, which is stricter."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from monitor.evidence import cdxj
from monitor.evidence.wacz import ARCHIVE, INDEX, PAGES
from monitor.evidence.wacz_check import faults
from tests.checkers import checker
from tests.web_archives import (
    EXCHANGES,
    MUTATIONS,
    PAGE,
    changed,
    exchange,
    flipped,
    package,
    unpacked,
    zipped,
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on disk."""
    path = tmp_path_factory.mktemp("wacz") / "capture.wacz"
    path.write_bytes(package())
    return path


def test_the_same_exchanges_give_the_same_bytes() -> None:
    """Nothing in the file depends on when or where it is written."""
    assert package() == package()


def test_the_standard_programs_find_nothing_wrong(sound: Path, tmp_path: Path) -> None:
    """`wacz validate` takes the package, `warcio check` every digest in it."""
    subprocess.run([checker("wacz"), "validate", "-f", sound], check=True, timeout=300)
    warc = tmp_path / "data.warc.gz"
    warc.write_bytes(unpacked(sound.read_bytes())[ARCHIVE])
    subprocess.run([checker("warcio"), "check", warc], check=True, timeout=300)


def test_the_index_is_that_of_the_reference_indexer(sound: Path, tmp_path: Path) -> None:
    """Byte for byte, what was sent with a request included."""
    files = unpacked(sound.read_bytes())
    warc = tmp_path / "data.warc.gz"
    warc.write_bytes(files[ARCHIVE])
    told = subprocess.run(
        [checker("cdxj-indexer"), "-p", "-s", warc], check=True, timeout=300, capture_output=True
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


ENDLESS = """
import gzip, os
from io import BytesIO
from monitor.evidence import cdxj, wacz_check
from tests.web_archives import ARCHIVE, changed, package, unpacked, zipped

cdxj.key("https://school.example/?" + "cfid=" * 400_000)
part = b'--xx\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\nv\\r\\n'
cdxj.body_query("multipart/form-data; boundary=xx", part * 1_000_000 + b"--xx--")
cdxj.key("https://school.example" + ("/(" + "a" * 24 + ")") * 80_000 + "/x")
small, large = gzip.compress(b"x"), gzip.compress(os.urandom(40_000_000), 1)
info = gzip.compress(b"WARC/1.1\\r\\nContent-Length: 0\\r\\n\\r\\n\\r\\n\\r\\n")
many = changed(unpacked(package()), ARCHIVE, lambda _: info * 30_000 + large)
print(len(wacz_check.faults(BytesIO(zipped(many)))))
"""


def test_what_is_long_costs_its_length_and_not_its_square() -> None:
    """Addresses full of sessions, many records before a large one: cut off if it does not end."""
    done = subprocess.run(
        [sys.executable, "-c", ENDLESS], capture_output=True, text=True, timeout=100, check=True
    )
    assert int(done.stdout) > 30_000


def test_a_form_with_a_large_file_is_found_by_its_beginning() -> None:
    """As a player finds it, which cuts the same query at the same place."""
    head = b'--xx\r\nContent-Disposition: form-data; name="f"; filename="t"\r\n\r\n'
    sent = head + b"\xff" * 300_000 + b"\r\n" + head.replace(b'"f"', b'"g"') + b"v\r\n--xx--\r\n"
    assert ("f=" + "%FF" * 1366)[:4096] == cdxj.body_query("multipart/form-data; boundary=xx", sent)


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


@pytest.mark.parametrize("name", MUTATIONS)
def test_what_is_broken_is_named(name: str) -> None:
    """Also where the package's own lists were made to agree with the change."""
    mutate, expected = MUTATIONS[name]
    broken = BytesIO(zipped(mutate(unpacked(package()))))
    assert any(fault.startswith(expected) for fault in faults(broken)), faults(broken)


def test_a_body_changed_together_with_its_compression_is_named() -> None:
    """The digests in the records stand against someone who packs anew."""
    files = unpacked(package())
    lines = [json.loads(line.split(" ", 2)[2]) for line in files[INDEX].decode().splitlines()]
    page = next(line for line in lines if line["url"] == PAGE.url)
    start, end = int(page["offset"]), int(page["offset"]) + int(page["length"])
    forged = gzip.compress(gzip.decompress(files[ARCHIVE][start:end]).replace(b"lovely", b"horrid"))
    warc = files[ARCHIVE][:start] + forged + files[ARCHIVE][end:]
    found = faults(BytesIO(zipped(changed(files, ARCHIVE, lambda _: warc))))
    assert f"{ARCHIVE}: the record at byte {start} is not what its digest says" in found
    assert f"{ARCHIVE}: the record at byte {start} holds another body than its digest says" in found


def test_a_page_that_looks_like_a_long_zip_does_not_cost_its_own_record() -> None:
    """Whoever writes a page could else keep it from being recorded, by a few bytes a thousand times over."""
    packed = b"".join(b"PK\1\2" + bytes([number % 256, number // 256]) for number in range(3000))
    picture = exchange(1, "/x.zip", packed, headers=(("Content-Type", "application/zip"),))
    stored = BytesIO(package([PAGE, picture]))
    assert () == faults(stored)

    many = zipped({f"archive/{number}.txt": b"" for number in range(1001)})
    assert ("the package holds more than 1000 files",) == faults(BytesIO(many))


def test_what_is_packed_twice_or_is_no_package_is_named(sound: Path) -> None:
    """A WARC inside compression cannot be reached into; anything else is not even a ZIP file."""
    broken = BytesIO()
    with zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, content in unpacked(package()).items():
            packed.writestr(path, content)
    assert any("compressed once more" in fault for fault in faults(broken))
    with pytest.warns(UserWarning), zipfile.ZipFile(broken, "a") as packed:
        packed.writestr(PAGES, b"again")
    assert (f"{PAGES}: it is there twice",) == faults(broken)
    assert faults(BytesIO(b"no package"))[0].startswith("the package is not a sound ZIP file")
    assert faults(BytesIO(flipped(sound.read_bytes())))
