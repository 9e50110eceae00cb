"""Reading pictures: what people hand over is read, what is hostile costs only itself, nothing is fetched."""

from __future__ import annotations

import io
import json
import os
import random
import socket
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image, ImageDraw, ImageFont

from monitor.errors import PicturesUnavailable
from monitor.pictures import PictureOutcome, PictureReader, PictureText, ReaderLimits, try_reader
from monitor.pictures.proposals import propose, suppression
from tests.invented_school import matcher
from tests.pictured_posts import STYLES, draw

WORDS = "Tamsin Quillfeather"


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    """One reader for all, as the service has; none of the pictures may spoil it for the next."""
    with PictureReader() as opened:
        yield opened


def read(reader: PictureReader, picture: bytes | Path) -> PictureText:
    return reader.read(picture, suppressed=suppression)


def written(mode: str = "RGB", paper: Any = "white", ink: Any = "black") -> Image.Image:
    """A small picture with `WORDS` in it."""
    picture = Image.new(mode, (420, 90), paper)
    font = ImageFont.load_default(32)
    ImageDraw.Draw(picture).text((20, 24), WORDS, font=font, fill=ink)
    return picture


def saved(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


# --- what people hand over -----------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
def test_a_name_is_found_in_every_style_of_picture(reader: PictureReader, style: str) -> None:
    """The right person is among those proposed, marked as read from a picture, and nobody else is."""
    sentences = ("What is going on at Littleover Community School", f"Ms {WORDS} shouted at my son again")
    found = read(reader, draw(style, sentences, random.Random(3)))
    _matches, proposals = propose(matcher(), found, at_home=False)

    assert PictureOutcome.READ is found.outcome
    (proposal,) = proposals
    assert "s04" in proposal.match.person_ids
    assert 0.5 < proposal.confidence <= 1
    assert any("read from a picture" in why for why in proposal.match.why)
    assert proposal.boxes


def test_a_score_from_a_picture_is_that_of_the_words_times_that_of_the_letters(reader: PictureReader) -> None:
    """Bad letters make an unsure match, and its band says so."""
    found = read(
        reader, draw("low-res card", ("Littleover Community School", f"Ms {WORDS}"), random.Random(1))
    )
    plain = {match.start: match for match in matcher().scan([found.text])[0].people}
    _matches, proposals = propose(matcher(), found, at_home=False)

    assert proposals
    for proposal in proposals:
        expected = plain[proposal.match.start].score * proposal.confidence
        assert proposal.match.score == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(saved(written("RGBA", (0, 0, 0, 0), (255, 255, 255, 255))), id="white on nothing"),
        pytest.param(saved(written().convert("P")), id="palette"),
        pytest.param(saved(written("L", 255, 0)), id="grey"),
        pytest.param(saved(written("1", 1, 0)), id="one bit"),
        pytest.param(saved(written("I;16", 60000, 800)), id="sixteen bits"),
        pytest.param(saved(written("RGB").convert("CMYK"), "JPEG"), id="for print"),
        pytest.param(saved(written(), "WEBP"), id="webp"),
        pytest.param(saved(written(), "BMP"), id="bmp"),
        pytest.param(
            saved(written().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=bytes.fromhex(
                "45786966000049492a0008000000010012010300010000000600000000000000"
            )),
            id="held sideways",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_file_is_read(reader: PictureReader, content: bytes) -> None:
    """Transparent, grey, for print, turned by its EXIF: the same words, and boxes of the upright picture."""
    found = read(reader, content)

    assert (PictureOutcome.READ, WORDS) == (found.outcome, found.text)
    assert not found.detail
    (left, top), _, (right, bottom), _ = found.lines[0].box
    assert 0 <= left < right <= 420
    assert 0 <= top < bottom <= 90


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_picture_on_its_side_or_head_is_turned(reader: PictureReader, degrees: int) -> None:
    """A photograph of a screen may be held in any way and not say so."""
    sentences = ("What is going on here", f"Ms {WORDS} shouted at my son again")
    with Image.open(io.BytesIO(draw("post card", sentences, random.Random(4)))) as card:
        found = read(reader, saved(card.rotate(degrees, expand=True)))

    assert PictureOutcome.READ is found.outcome
    assert f"Ms {WORDS} shouted at my son again" in found.text


def test_a_scrolled_conversation_is_read_to_its_end(reader: PictureReader) -> None:
    """Six screens in one picture are read in strips; no line is lost or told twice where they meet."""
    picture = Image.new("RGB", (500, 3000), "white")
    pen = ImageDraw.Draw(picture)
    for row in range(30):
        pen.text((20, 100 * row + 30), f"message number {row}", font=ImageFont.load_default(30), fill="black")
    found = read(reader, saved(picture))

    assert [f"message number {row}" for row in range(30)] == found.text.splitlines()


def test_a_picture_that_moves_is_said_to_be_read_in_part(reader: PictureReader) -> None:
    """Promise 3: what later frames say was not looked at."""
    frames = [written(), Image.new("RGB", (420, 90), "red")]
    found = read(reader, saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=200))

    assert (PictureOutcome.READ_IN_PART, WORDS) == (found.outcome, found.text)


def test_a_picture_without_words_says_so(reader: PictureReader) -> None:
    """No words is an answer, and not the same as not having looked."""
    assert PictureOutcome.NO_WORDS is read(reader, saved(Image.new("RGB", (300, 200), "teal"))).outcome


# --- what is hostile -----------------------------------------------------------------------------


def chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def png(width: int, height: int, *chunks: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IEND", b"")


def bomb() -> bytes:
    """Black, complete and valid: half a megabyte that unfolds to nine hundred million pixels."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(30_000 * (30_000 // 8 + 1)), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def unfolding_text() -> bytes:
    """A comment that is small in the file and sixty million letters when unpacked."""
    return png(40, 40, chunk(b"zTXt", b"note\0\0" + zlib.compress(b"a" * 60_000_000, 9)))


HOSTILE: dict[str, tuple[Callable[[], bytes], PictureOutcome]] = {
    "nothing": (lambda: b"", PictureOutcome.NOT_A_PICTURE),
    "a page": (lambda: b"<!doctype html><img src=x onerror=alert(1)>", PictureOutcome.NOT_A_PICTURE),
    "a drawing": (
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://192.0.2.1/x"/></svg>',
        PictureOutcome.NOT_A_PICTURE,
    ),
    "a format nobody needs": (lambda: saved(written(), "TIFF"), PictureOutcome.NOT_A_PICTURE),
    "a program for a printer": (
        lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(x) run\n",
        PictureOutcome.NOT_A_PICTURE,
    ),
    "noise": (lambda: random.Random(1).randbytes(50_000), PictureOutcome.NOT_A_PICTURE),
    "half a PNG": (lambda: saved(written())[:900], PictureOutcome.DAMAGED),
    "half a JPEG": (lambda: saved(written(), "JPEG")[:2500], PictureOutcome.DAMAGED),
    "a PNG with no pixels": (lambda: png(300, 300), PictureOutcome.DAMAGED),
    "pixels that are no stream": (
        lambda: png(300, 300, chunk(b"IDAT", random.Random(2).randbytes(400))),
        PictureOutcome.DAMAGED,
    ),
    "a comment that unfolds": (unfolding_text, PictureOutcome.DAMAGED),
    "one pixel": (lambda: saved(Image.new("RGB", (1, 1))), PictureOutcome.TOO_SMALL),
    "a hair": (lambda: saved(Image.new("L", (3, 40_000))), PictureOutcome.TOO_SMALL),
    "no pixels": (lambda: png(0, 500), PictureOutcome.NOT_A_PICTURE),
    "a bomb": (bomb, PictureOutcome.TOO_LARGE),
    "a bomb by its word": (lambda: png(2**31 - 1, 2**31 - 1), PictureOutcome.TOO_LARGE),
    "too many bytes": (
        lambda: saved(written()) + bytes(ReaderLimits().most_bytes),
        PictureOutcome.TOO_LARGE,
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_costs_itself_only(reader: PictureReader, name: str) -> None:
    """It has its outcome in words, and the next picture is read by the same reader."""
    content, outcome = HOSTILE[name]
    found = read(reader, content())

    assert outcome is found.outcome
    assert ("", ()) == (found.text, found.lines)
    assert WORDS == read(reader, saved(written())).text


@pytest.mark.parametrize("shape", [(100, 300_000), (6_300, 6_300)], ids=str)
def test_the_largest_picture_that_is_allowed_fits_into_the_limits(
    reader: PictureReader, shape: tuple[int, int]
) -> None:
    """Forty million pixels in any shape are unfolded and read without meeting the limit of memory."""
    found = read(reader, saved(Image.new("RGB", shape, "white"), compress_level=1))

    assert found.outcome in (PictureOutcome.NO_WORDS, PictureOutcome.READ_IN_PART)


def test_what_is_no_file_is_not_found(reader: PictureReader, tmp_path: Path) -> None:
    """A missing file, a folder, and a pipe that nobody writes to: none is waited for."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "none.png", tmp_path, tmp_path / "pipe"):
        assert PictureOutcome.NOT_FOUND is read(reader, path).outcome


def test_a_picture_that_takes_too_long_is_given_up() -> None:
    """Its process is ended, and that is its outcome."""
    long = draw("post card", ("word " * 400,), random.Random(1))
    with PictureReader(ReaderLimits(picture_s=0)) as hasty:
        assert PictureOutcome.TOO_SLOW is read(hasty, long).outcome


def test_a_picture_that_needs_too_much_memory_is_given_up() -> None:
    """The limit holds for the process: the service's own memory is never at stake."""
    huge = saved(Image.new("RGB", (6_300, 6_300), "white"), compress_level=1)
    with PictureReader(ReaderLimits(most_memory_bytes=850_000_000)) as narrow:
        assert PictureOutcome.TOO_MUCH_MEMORY is read(narrow, huge).outcome


def reading_processes() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "monitor.pictures.process" in child.cmdline()
    ]


def test_the_process_gives_way_and_knows_no_secret(reader: PictureReader) -> None:
    """Lowest priority, and of the service's environment nothing."""
    assert WORDS == read(reader, saved(written())).text
    (process,) = reading_processes()

    assert 19 == process.nice()
    assert set(process.environ()) <= {
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MALLOC_ARENA_MAX",
        "LC_CTYPE",
    }


def test_the_process_is_there_only_while_there_are_pictures(reader: PictureReader) -> None:
    """Started by the first picture, gone after the last, back with the next; gone when the reader closes."""
    others = set(reading_processes())  # of the shared reader, and gone themselves after a while

    def started() -> set[psutil.Process]:
        return set(reading_processes()) - others

    with PictureReader(ReaderLimits(idle_s=0)) as restless:
        assert not started()
        assert WORDS == read(restless, saved(written())).text
        gone, alive = psutil.wait_procs(started(), timeout=30)
        assert not alive
        assert WORDS == read(restless, saved(written())).text
    assert not started()


# --- what it must never do -----------------------------------------------------------------------


def test_words_that_set_off_a_trigger_are_dropped_at_once(reader: PictureReader) -> None:
    """S2: the outcome says so, and nothing of what was read is left."""
    sentence = "selling nudes of Year 9 girls dm me"
    assert suppression(sentence)
    found = read(reader, draw("post card", (sentence,), random.Random(1)))

    assert PictureOutcome.SUPPRESSED is found.outcome
    assert ("", (), ()) == (found.text, found.lines, found.words)


def test_nothing_is_fetched_when_a_picture_is_read() -> None:
    """Starting the engine and reading a picture neither looks a name up nor connects to anything; the first
    attempt would end the process."""
    script = """
import os, sys
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg",
           "urllib.Request", "http.client.connect")
sys.addaudithook(lambda event, arguments: event in NETWORK and os._exit(7))
from monitor.pictures.engine import Engine
answer = Engine(most_bytes=10**7, most_pixels=10**7).read(sys.stdin.buffer.read())
sys.stdout.write(answer.lines[0].text)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], input=saved(written()), capture_output=True, check=False
    )

    assert (0, WORDS) == (done.returncode, done.stdout.decode())


def test_the_reading_process_cannot_open_a_connection() -> None:
    """Not even to this machine, whatever a hostile picture or a library makes it try."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = f"""
import socket
from monitor.pictures.process import leave_the_network
leave_the_network()
try:
    socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), timeout=5)
except PermissionError as refused:
    print(refused)
"""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "the reading process has no network\n" == done.stdout


def test_without_the_engine_it_says_what_is_missing() -> None:
    """The extra is optional: its absence is an outcome with a name."""
    script = """
import json, sys
sys.modules["rapidocr"] = None
from monitor.pictures import process
process.main(json.loads(sys.argv[1]))
"""
    limits = json.dumps(asdict(ReaderLimits()))
    done = subprocess.run([sys.executable, "-c", script, limits], capture_output=True, check=True)
    answer = json.loads(done.stdout[4:])

    assert ("unavailable", "rapidocr is not installed") == (answer["outcome"], answer["detail"])


def test_an_engine_that_does_not_start_says_so() -> None:
    """With too little memory to load the models every picture is `unavailable`, in words."""
    with PictureReader(ReaderLimits(most_memory_bytes=200_000_000)) as starved:
        found = read(starved, saved(written()))

    assert PictureOutcome.UNAVAILABLE is found.outcome
    assert "does not start" in found.detail or "did not start" in found.detail
    assert "doctor" in found.outcome.words


def test_doctor_learns_which_engine_reads() -> None:
    """The probe starts the real process and stops it."""
    try:
        said = try_reader()
    except PicturesUnavailable as error:
        pytest.fail(str(error))

    assert "rapidocr 3.10" in said
