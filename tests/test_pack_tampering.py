"""What somebody could do to a pack: every change is named, and a pack made to do harm is refused unharmed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import stat
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.errors import VerificationError
from monitor.evidence import SigningKey, new_signing_key, open_archive, pack_check
from monitor.evidence.pack import PackedExhibit, write_pack
from monitor.evidence.standalone import verify as standalone
from tests.packs import (
    INFO,
    NAME,
    PAPERS,
    School,
    change_facts,
    change_lines,
    files_of,
    made_anew,
    rebuild,
    school,
    script,
    unpack,
)
from tests.sealed_archive import NOON, fast_folder, fill, record, seal
from tests.time_authority import with_free_text
from tests.web_archives import long_list
from tests.web_archives import package as web_record

ENTRIES, PROOFS = "data/chain/entries.jsonl", "data/chain/proofs.jsonl"
CHECKPOINTS = "data/chain/checkpoints"
TEXT = "data/exhibits/E-1/data/page/text.txt"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with fast_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def hawthorn(folder: Path) -> Iterator[School]:
    with school(folder) as made:
        yield made


@pytest.fixture(scope="module")
def zipped(hawthorn: School, folder: Path) -> Path:
    return hawthorn.pack(folder / f"{NAME}.zip").path


@pytest.fixture(scope="module")
def unpacked(zipped: Path) -> Path:
    return unpack(zipped)


@pytest.fixture(scope="module")
def small(hawthorn: School, folder: Path) -> Path:
    """A zipped pack of one exhibit, without timestamps: to be checked many times."""
    lone = School(open_archive(folder / "lone"), hawthorn.pem, hawthorn.authority)
    seal(lone.archive, "E-1")
    return lone.pack(folder / "small.zip", PackedExhibit("E-1", "AB/1")).path


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Pytest's, but in memory."""
    with fast_folder() as folder:
        yield folder


@pytest.fixture
def copy(unpacked: Path, tmp_path: Path) -> Path:
    """A pack that may be tampered with."""
    return Path(shutil.copytree(unpacked, tmp_path / NAME))


def named(path: Path) -> set[tuple[int, str]]:
    """Step and file of every fault, by the command of ours."""
    return {(fault.step, fault.where) for fault in pack_check.problems(path)}


def named_by_script(pack: Path, judge: Path) -> tuple[int, set[tuple[int, str]]]:
    """The same by an untouched copy of the script, run by itself."""
    done = script(judge, str(pack))
    assert "" == done.stderr
    faults = re.findall(r"^FAULT step (\d): (.*?): ", done.stdout, re.M)
    return done.returncode, {(int(step), where) for step, where in faults}


# --- one change --------------------------------------------------------------------------------------

Change = Callable[[Path, School], object]


@dataclass(frozen=True)
class Tampering:
    """One change and where it must be found. `refit` makes everything else fit again: "" nothing, "lists" the
    manifests, "key" the manifests and their signature by the school's own key, as an insider could."""

    name: str
    do: Change
    step: int
    where: str
    refit: str = ""


def flip(name: str) -> Change:
    def do(pack: Path, _school: School) -> None:
        content = bytearray((pack / name).read_bytes())
        content[len(content) // 2] ^= 1
        (pack / name).write_bytes(content)

    return do


def remove(name: str) -> Change:
    return lambda pack, _school: (pack / name).unlink()


def put(name: str, content: bytes = b"x") -> Change:
    def do(pack: Path, _school: School) -> None:
        (pack / name).parent.mkdir(parents=True, exist_ok=True)
        (pack / name).write_bytes(content)

    return do


def rename(old: str, new: str) -> Change:
    return lambda pack, _school: (pack / old).rename(pack / new)


def swap(one: str, other: str) -> Change:
    def do(pack: Path, _school: School) -> None:
        (pack / one).rename(pack / "between")
        (pack / other).rename(pack / one)
        (pack / "between").rename(pack / other)

    return do


def lines(name: str, change: Callable[[list[dict[str, object]]], object]) -> Change:
    return lambda pack, _school: change_lines(pack, name, change)


def facts(change: Callable[[dict[str, list[dict[str, object]]]], object]) -> Change:
    return lambda pack, _school: change_facts(pack, change)


def other_token(pack: Path, school: School) -> None:
    """A good token of the same authority, over other bytes."""
    reply = school.authority.reply("good", school.authority.query(b"another content"))
    (pack / f"{CHECKPOINTS}/1.invented.tsr").write_bytes(reply)


def strangers_token(pack: Path, school: School) -> None:
    """A token over the right bytes, of an authority that nobody trusts."""
    content = (pack / f"{CHECKPOINTS}/1.json").read_bytes()
    reply = school.authority.reply("untrusted", school.authority.query(content))
    (pack / f"{CHECKPOINTS}/1.invented.tsr").write_bytes(reply)


def expired_token(pack: Path, school: School) -> None:
    """A token by a certificate that was not valid any more when it stamped."""
    content = (pack / f"{CHECKPOINTS}/1.json").read_bytes()
    reply = school.authority.reply("expired", school.authority.query(content))
    (pack / f"{CHECKPOINTS}/1.invented.tsr").write_bytes(reply)


def other_key(pack: Path, _school: School) -> None:
    """Another public key under the school's name."""
    name = json.loads((pack / "data/pack.json").read_bytes())["key"]
    (pack / f"data/chain/keys/{name}.pem").write_bytes(SigningKey(new_signing_key()).public.pem)


def resealed(pack: Path, _school: School) -> None:
    """An exhibit changed, with manifests of its own that fit."""
    exhibit = pack / "data/exhibits/E-1"
    (exhibit / "data/page/text.txt").write_text("He never said that.\n")
    rebuild(exhibit)


def everywhere(pack: Path, school: School) -> None:
    """The same, and the new root digest in data/pack.json and in the chain, with a fitting digest."""
    resealed(pack, school)
    root = hashlib.sha256((pack / "data/exhibits/E-1/tagmanifest-sha256.txt").read_bytes()).hexdigest()
    change_facts(pack, lambda found: found["exhibits"][0].update(root=root))

    def change(entries: list[dict[str, object]]) -> None:
        entries[0]["root"] = root
        unsigned = {key: value for key, value in entries[0].items() if key != "digest"}
        text = json.dumps(unsigned, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        entries[0]["digest"] = hashlib.sha256(text).hexdigest()

    change_lines(pack, ENTRIES, change)


TAMPERINGS = [
    Tampering("a byte of an exhibit", flip(TEXT), 2, TEXT),
    Tampering("a byte of a paper", flip("data/papers/1-cover.html"), 2, "data/papers/1-cover.html"),
    Tampering("a file removed", remove(TEXT), 2, TEXT),
    Tampering("a file added", put("data/exhibits/E-1/data/x.txt"), 2, "data/exhibits/E-1/data/x.txt"),
    Tampering("a file added beside data", put("README.txt"), 2, "README.txt"),
    Tampering("a file renamed", rename(TEXT, TEXT + "2"), 2, TEXT + "2"),
    Tampering("two files swapped", swap(TEXT, "data/exhibits/E-1/data/record.json"), 2, TEXT),
    Tampering("a paper removed from the list", flip("manifest-sha256.txt"), 2, "manifest-sha256.txt"),
    Tampering("the script changed", flip("verify.py"), 2, "verify.py"),
    Tampering("the page removed", remove("VERIFY.md"), 2, "VERIFY.md", "lists"),
    Tampering("the signature stripped", remove("tagmanifest-sha256.txt.sig"), 3,
        "tagmanifest-sha256.txt.sig"),
    Tampering("lists made to fit", flip(TEXT), 3, "tagmanifest-sha256.txt.sig", "lists"),
    Tampering("the key replaced", other_key, 3, "data/chain/keys/{key}.pem", "key"),
    Tampering("the fingerprint of another key told",
        lambda pack, _: change_facts(pack, lambda all_: all_.update(fingerprint="0" * 64)), 3,
        "data/pack.json", "key"),
    Tampering("the insider's byte", flip(TEXT), 4, TEXT, "key"),
    Tampering("the insider's new seal", resealed, 4, "data/exhibits/E-1/tagmanifest-sha256.txt", "key"),
    Tampering("an exhibit too many", put("data/exhibits/E-9/a"), 4, "data/exhibits/E-9", "key"),
    Tampering("the exhibits swapped", swap("data/exhibits/E-1", "data/exhibits/E-4"), 4,
        "data/exhibits/E-1/tagmanifest-sha256.txt", "key"),
    Tampering("an entry altered", lines(ENTRIES, lambda all_: all_[2].update(by="clerk")), 5, ENTRIES, "key"),
    Tampering("an entry removed", lines(ENTRIES, lambda all_: all_.pop()), 5, ENTRIES, "key"),
    Tampering("an entry doubled", lines(ENTRIES, lambda all_: all_.append(all_[-1])), 5, ENTRIES, "key"),
    Tampering("the entries reordered", lines(ENTRIES, lambda all_: all_.reverse()), 5, ENTRIES, "key"),
    Tampering("another time of capture",
        facts(lambda all_: all_["exhibits"][0].update(captured_at="2026-11-19T08:00:00.000000Z")),
        5, "data/pack.json", "key"),
    Tampering("another root", facts(lambda all_: all_["exhibits"][0].update(root="0" * 64)), 5,
        "data/pack.json", "key"),
    Tampering("an exhibit passed off as erased",
        facts(lambda all_: all_["exhibits"][0].update(content="erased")), 5, "data/pack.json", "key"),
    Tampering("a chain made to fit", everywhere, 6, PROOFS, "key"),
    Tampering("a proof altered", lines(PROOFS, lambda all_: all_[0].update(path=[])), 6, PROOFS, "key"),
    Tampering("a proof for another entry", lines(PROOFS, lambda all_: all_[1].update(entry=1)), 6, PROOFS,
        "key"),
    Tampering("a proof removed", lines(PROOFS, lambda all_: all_.pop()), 6, PROOFS, "key"),
    Tampering("a checkpoint altered", lines(f"{CHECKPOINTS}/1.json", lambda all_: all_[0].update(size=9)), 7,
        f"{CHECKPOINTS}/1.sig", "key"),
    Tampering("a checkpoint's signature removed", remove(f"{CHECKPOINTS}/2.sig"), 7,
        f"{CHECKPOINTS}/2.sig", "key"),
    Tampering("a checkpoint's signature replaced", swap(f"{CHECKPOINTS}/1.sig", f"{CHECKPOINTS}/2.sig"), 7,
        f"{CHECKPOINTS}/1.sig", "key"),
    Tampering("a checkpoint of another number", rename(f"{CHECKPOINTS}/1.json", f"{CHECKPOINTS}/9.json"), 6,
        f"{CHECKPOINTS}/9.json", "key"),
    Tampering("a token replaced", other_token, 8, f"{CHECKPOINTS}/1.invented.tsr", "key"),
    Tampering("a stranger's token", strangers_token, 8, f"{CHECKPOINTS}/1.invented.tsr", "key"),
    Tampering("an expired token", expired_token, 8, f"{CHECKPOINTS}/1.invented.tsr", "key"),
    Tampering("a token broken", flip(f"{CHECKPOINTS}/1.invented.tsr"), 8,
        f"{CHECKPOINTS}/1.invented.tsr", "key"),
    Tampering("the authority's certificate removed", remove("data/chain/keys/tsa/invented.pem"), 8,
        f"{CHECKPOINTS}/1.invented.tsr", "key"),
    Tampering("an unlabelled copy", put("data/derived/other.png"), 9, "data/derived/other.png", "key"),
    Tampering("another parent",
        facts(lambda all_: all_["derived"][0].update(
            parent={"exhibit": "E-1", "path": "data/page/text.txt", "sha256": "0" * 64})),
        9, "data/derived/AB-1-redacted.png", "key"),
    Tampering("a copy without its changes", facts(lambda all_: all_["derived"][0].update(changes=[])), 9,
        "data/derived/AB-1-redacted.png", "key"),
]  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda each: each.name)
def test_every_change_is_named_by_step_and_file(
    tampering: Tampering, hawthorn: School, unpacked: Path, copy: Path
) -> None:
    """By the script alone and by our own command, which say the same; exit 1."""
    tampering.do(copy, hawthorn)
    if tampering.refit:
        rebuild(copy, hawthorn.key if tampering.refit == "key" else None)

    code, found = named_by_script(copy, unpacked)

    assert 1 == code
    assert (tampering.step, tampering.where.format(key=hawthorn.key.public.name)) in found
    assert named(copy) == found


def test_any_byte_of_any_file_counts(small: Path, tmp_path: Path) -> None:
    """A byte of every file, at the beginning of one and the end of the next: found, and its file named."""
    copy = unpack(Path(shutil.copy(small, tmp_path)))
    tried = 0
    for name in files_of(copy):
        content = (copy / name).read_bytes()
        at = (0, len(content) // 2, len(content) - 1)[tried % 3]
        (copy / name).write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        found = {where for _step, where in named(copy)}
        assert name in found or (name.startswith("tagmanifest") and found), (name, at)
        tried += 1
        (copy / name).unlink()
        assert name in {where for _step, where in named(copy)}
        (copy / name).write_bytes(content)
    assert tried > 20
    assert set() == named(copy)


def test_a_pack_made_anew_with_another_key_shows_only_by_the_fingerprint(
    hawthorn: School, unpacked: Path, copy: Path
) -> None:
    """Why the key must be compared: everything else holds."""
    (copy / "data/papers/1-cover.html").write_text("Another story")
    stranger = SigningKey(new_signing_key())
    made_anew(copy, stranger)

    assert 0 == script(unpacked, str(copy)).returncode
    done = script(unpacked, str(copy), "--key", hawthorn.key.public.fingerprint)
    assert 1 == done.returncode
    assert f"not the key that you named, but {stranger.public.fingerprint}" in done.stdout
    with pytest.raises(VerificationError, match="not the key that you named"):
        pack_check.check_pack(copy, trusted_key=hawthorn.key.public.fingerprint)


def test_a_time_that_is_only_said_beside_the_token_is_not_repeated(
    hawthorn: School, unpacked: Path, copy: Path
) -> None:
    """The school itself cannot date its evidence back: the free text of a reply is signed by nobody."""
    token = copy / f"{CHECKPOINTS}/1.invented.tsr"
    said = "ok\nTime stamp: Jan  1 00:00:00 2020 GMT\n"
    token.write_bytes(with_free_text(token.read_bytes(), said))
    rebuild(copy, hawthorn.key)

    done = script(unpacked, str(copy))

    assert (0, True) == (done.returncode, "checkpoint 1 existed on" in done.stdout)
    assert "2020" not in done.stdout


def test_what_a_pack_says_of_itself_neither_ends_a_line_nor_drives_a_terminal(
    hawthorn: School, unpacked: Path, copy: Path
) -> None:
    """Names and labels with escape sequences and line ends, in faults as in what holds."""
    evil = "AB/1 \x1b[2J\nStep 9: holds: \u202e\u00e9"
    change_facts(copy, lambda found: found["exhibits"][0].update(label=evil))
    rebuild(copy, hawthorn.key)
    done = script(unpacked, str(copy), env={"PYTHONIOENCODING": "ascii", "PATH": os.environ["PATH"]})
    assert (0, "") == (done.returncode, done.stderr)
    assert r"AB/1 \x1b[2J\nStep 9: holds: \u202e\xe9: whole" in done.stdout

    change_facts(copy, lambda found: found["derived"][0].update(path=f"data/derived/{evil}"))
    rebuild(copy, hawthorn.key)
    done = script(unpacked, str(copy))
    assert (1, True) == (done.returncode, done.stdout.isascii())
    assert "\x1b" not in done.stdout and 1 == done.stdout.count("\nStep 9:")


@pytest.mark.parametrize("key", ["xyz", "ask the school", "abc", "0" * 65])
def test_a_fingerprint_that_is_none_is_never_taken_for_no_fingerprint(unpacked: Path, key: str) -> None:
    """Else a typing mistake would leave the comparison out, and nothing would say so."""
    done = script(unpacked, "--key", key)
    assert (2, True) == (done.returncode, "a fingerprint is 16 to 64" in done.stderr)
    with pytest.raises(VerificationError, match="not the key that you named"):
        pack_check.check_pack(unpacked, trusted_key=key)


def test_the_beginning_of_a_fingerprint_is_enough(hawthorn: School, unpacked: Path) -> None:
    """As for an archive: people read sixteen signs over the telephone, with spaces and capital letters."""
    whole = hawthorn.key.public.fingerprint
    for key in (whole[:16], whole.upper(), f"{whole[:8]} {whole[8:20]}", f"{whole[:8]}:{whole[8:16]}"):
        assert 0 == script(unpacked, "--key", key).returncode
        pack_check.check_pack(unpacked, trusted_key=key)
    assert 1 == script(unpacked, "--key", "0" * 16).returncode


def test_a_zip_and_its_folder_have_one_verdict(
    hawthorn: School, zipped: Path, unpacked: Path, copy: Path
) -> None:
    """Good and bad, packed by us or by another program, stored or deflated."""
    assert set() == named(zipped) == named(unpacked)
    flip(TEXT)(copy, hawthorn)
    shutil.make_archive(str(copy), "zip", copy.parent, NAME)

    assert named(copy) == named(copy.with_suffix(".zip")) != set()


# --- packs made to do harm ---------------------------------------------------------------------------


def member(
    name: str, *, kind: int = 0, compress: int = zipfile.ZIP_STORED, comment: bytes = b""
) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.filename = name  # also what `ZipInfo` would cut off
    made.external_attr = (kind | 0o644) << 16
    made.compress_type = compress
    made.comment = comment
    return made


HOSTILE: dict[str, tuple[list[tuple[zipfile.ZipInfo, bytes]], str]] = {
    "a name that climbs": ([(member("p/../../x"), b"")], "no pack has a file of such a name"),
    "an absolute name": ([(member("p/a"), b""), (member("/etc/x"), b"")], "outside the pack's one folder"),
    "a name on another drive": ([(member("p/C:\\x"), b"")], "no pack has a file of such a name"),
    "another folder": ([(member("p/a"), b""), (member("q/a"), b"")], "outside the pack's one folder"),
    "a name that ends early": ([(member("p/a"), b""), (member("p/b\0.txt"), b"")], "the pack's one folder"),
    "a folder that climbs": ([(member("p/../../x/"), b"")], "no pack has a folder of such a name"),
    "a hidden name": ([(member("p/.bashrc"), b"")], "no pack has a file of such a name"),
    "a doubled name": ([(member("p/a"), b"1"), (member("p/a"), b"2")], "two files of the zip have this name"),
    "one name in two spellings": ([(member("p/a"), b""), (member("p/A"), b"")], "by capital letters only"),
    "a link": ([(member("p/a", kind=stat.S_IFLNK), b"/etc/passwd")], "it is a link"),
    "a device": ([(member("p/a", kind=stat.S_IFCHR), b"")], "it is a link, or something else"),
    "a bomb": ([(member("p/a", compress=zipfile.ZIP_DEFLATED), bytes(30_000_000))], "times its size"),
    "an odd compression": (
        [(member("p/a", compress=zipfile.ZIP_LZMA), b"x")],
        "in a way that packs do not use",
    ),
    "too long a list": (
        [(member(f"p/{n}", comment=bytes(60_000)), b"") for n in range(150)],
        "list of contents",
    ),
    "nothing at all": ([], "it is missing"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_zip_is_refused_unharmed(kind: str, tmp_path: Path) -> None:
    """Nothing is written, nothing followed; the reason is said."""
    contents, why = HOSTILE[kind]
    path = tmp_path / "hostile.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as made:
        warnings.simplefilter("ignore")  # Python's own about doubled names
        for info, content in contents:
            made.writestr(info, content)

    found = pack_check.problems(path)

    assert any(why in fault.detail for fault in found), found[:3]
    assert [path] == list(tmp_path.iterdir())


def test_a_zip_holds_nothing_that_its_list_does_not_name(small: Path, tmp_path: Path) -> None:
    """Before, between and after the files, and in the comment: a program that reads from the front, as some
    do, would show another cover than the one that was checked."""
    content, path = small.read_bytes(), tmp_path / "more.zip"
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as made:
        made.writestr(member("C-2026-0007/data/papers/1-cover.html"), b"Another story")
    hidden = other.getvalue()[: other.getvalue().rindex(b"PK\1\2")]
    end = content.rindex(b"PK\5\6")
    start = int.from_bytes(content[end + 16 : end + 20], "little")
    before_list = content[:start] + hidden + content[start:]
    moved = before_list.rindex(b"PK\5\6")
    for changed in (
        hidden + content,
        before_list[: moved + 16] + (start + len(hidden)).to_bytes(4, "little") + before_list[moved + 20 :],
        content[:-2] + len(hidden).to_bytes(2, "little") + hidden,
    ):
        path.write_bytes(changed)
        with zipfile.ZipFile(path) as opened:
            assert opened.testzip() is None  # sound for Python, as for most
        found = pack_check.problems(path)
        assert [(1, "the zip")] == [(fault.step, fault.where) for fault in found], found
    assert () == pack_check.problems(small)


def test_nothing_lies_beside_a_pack_under_a_passphrase(hawthorn: School, tmp_path: Path) -> None:
    """What is outside the passphrase is signed by nobody, and would be taken for part of the pack."""
    words = "four plain words here"
    pack = hawthorn.pack(tmp_path / f"{NAME}.zip", passphrase=words).path
    assert () == pack_check.problems(pack, passphrase=words)

    with zipfile.ZipFile(pack, "a") as outer:
        outer.writestr("READ-FIRST.pdf", b"Another story")

    (fault,) = pack_check.problems(pack, passphrase=words)
    assert (1, True) == (fault.step, "beside the pack" in fault.detail)


def test_a_broken_zip_is_a_fault_wherever_it_breaks(small: Path, tmp_path: Path) -> None:
    """Cut off anywhere, or with a wrong byte in its own structures: never another error, never a pass."""
    content = small.read_bytes()
    directory = content.rindex(b"PK\x01\x02", 0, content.rindex(b"PK\x05\x06"))
    path = tmp_path / "broken.zip"
    for length in range(0, len(content), len(content) // 15):
        path.write_bytes(content[:length])
        assert pack_check.problems(path), length
    ours = 0
    for at in range(directory, len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        ours += bool(pack_check.problems(path))
    # Some bytes of a zip mean nothing (who packed it, when): the files themselves are then still whole.
    assert ours > 20


def flipped(record: bytes) -> bytes:
    """The same with one bit of an answer's compressed bytes changed."""
    with zipfile.ZipFile(io.BytesIO(record)) as found:
        place = found.infolist()[0].header_offset + 400
    return record[:place] + bytes([record[place] ^ 1]) + record[place + 1 :]


@pytest.mark.parametrize("as_folder", [True, False], ids=["folder", "zip"])
def test_a_web_archive_that_is_not_sound_is_named_by_step_10(tmp_path: Path, as_folder: bool) -> None:
    """Sealed like that, so that every digest of the pack holds: only a look inside shows it."""
    archive, key = open_archive(tmp_path / "archive"), SigningKey(new_signing_key())
    records = {"E-1": web_record(), "E-2": flipped(web_record()), "E-3": long_list(), "E-4": b"none"}
    for exhibit_id, content in records.items():
        fill(archive.scratch(exhibit_id))
        place = archive.scratch(exhibit_id) / "web" / "capture.wacz"
        place.parent.mkdir()
        place.write_bytes(content)
        archive.seal(record(exhibit_id), now=NOON)
    archive.checkpoint(key, now=NOON)

    def checked(*exhibits: str) -> tuple[Path, list[VerificationError]]:
        written = write_pack(
            archive,
            [PackedExhibit(each, "") for each in exhibits],
            papers=PAPERS,
            derived={},
            info=INFO,
            signer=key,
            destination=tmp_path / f"{'-'.join(exhibits)}.zip",
        )
        pack = unpack(written.path) if as_folder else written.path
        return pack, list(pack_check.problems(pack))

    pack, found = checked("E-1")
    assert [] == found
    assert "1 web archives, each sound from its digests to its index" in pack_check.check_pack(pack).says

    pack, found = checked(*records)
    unsound = [f"data/exhibits/{each}/data/web/capture.wacz" for each in ("E-2", "E-3", "E-4")]
    assert [(10, name) for name in unsound] == list(dict.fromkeys((f.step, f.where) for f in found))
    assert "list of files is longer than" in str(found)
    with pytest.raises(VerificationError, match=r"step 10.*capture\.wacz"):
        pack_check.check_pack(pack)
    if as_folder:
        assert 0 == script(pack).returncode  # VERIFY.md says that the tenth step is not its own


def test_links_and_pipes_in_a_folder_are_never_followed(copy: Path, unpacked: Path) -> None:
    """A link to the very same bytes is named as well: tomorrow it may lead elsewhere."""
    (copy / TEXT).unlink()
    (copy / TEXT).symlink_to(unpacked / TEXT)
    os.mkfifo(copy / "data/pipe")
    (copy / "data/loop").symlink_to(copy)

    code, found = named_by_script(copy, unpacked)

    assert (1, {(1, f"'{name}'") for name in (TEXT, "data/pipe", "data/loop")}) == (code, found)
    assert named(copy) == found


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"[" * 100_000,
        b'{"format":1}',
        b"\xff",
        b'{"format":1,"exhibits":3,"key":[]}',
    ],
    ids=lambda content: repr(content[:20]),
)
@pytest.mark.parametrize("name", ["data/pack.json", ENTRIES, PROOFS, f"{CHECKPOINTS}/1.json"])
def test_nonsense_is_a_fault_and_nothing_worse(
    hawthorn: School, copy: Path, name: str, content: bytes
) -> None:
    """Even in a pack that is signed and listed as it must be."""
    (copy / name).write_bytes(content)
    rebuild(copy, hawthorn.key)

    assert named(copy)


def test_too_many_files_are_not_even_opened() -> None:
    """However small they are."""
    check = standalone.Check(
        dict.fromkeys(map(str, range(50_001)), 0), pytest.fail, "", lambda done, total: None
    )
    check.run()
    assert ["it holds more than 50000 files or 68719476736 bytes"] == [fault.detail for fault in check.faults]


def test_the_limits_are_those_that_are_written_down() -> None:
    """In the first lines of both files: a change of one is noticed here."""
    assert (50_000, 64 << 30, 64 << 20) == (
        standalone.MOST_FILES,
        standalone.MOST_BYTES,
        standalone.MOST_TEXT_BYTES,
    )
    assert (8 << 20, 200) == (pack_check.MOST_DIRECTORY_BYTES, pack_check.MOST_TIMES_ITS_SIZE)
