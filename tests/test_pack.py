"""Evidence packs: what goes in, that a stranger can check it by hand, and that there is never half of one."""

from __future__ import annotations

import ast
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from monitor.errors import ArchiveError, DigestMismatch, UnlistedFile, VerificationError
from monitor.evidence import open_archive, pack_check
from monitor.evidence.pack import DerivedCopy, PackedExhibit, write_pack
from monitor.evidence.standalone import verify as standalone
from tests.checkers import checker
from tests.packs import INFO, NAME, OTHERS_WORDS, OURS, PAPERS, School, files_of, school, script, unpack
from tests.sealed_archive import NOON, fast_folder, fill, open_up, record, seal

PASSPHRASE = "four random words: heron lamp"


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
    """A pack as a receiver has it; never written to by a test."""
    return unpack(zipped)


# --- what goes in ----------------------------------------------------------------------------------


def test_exhibits_go_in_byte_for_byte(hawthorn: School, unpacked: Path) -> None:
    """The folder in the pack is the folder in the archive, and gives the digest that was sealed."""
    for exhibit in OURS:
        packed = unpacked / "data/exhibits" / exhibit.exhibit_id
        sealed = hawthorn.archive.folder(exhibit.exhibit_id)
        subprocess.run(("diff", "--recursive", str(sealed), str(packed)), check=True)
        seal = hawthorn.archive.find(exhibit.exhibit_id)
        assert seal is not None
        root = hashlib.sha256((packed / "tagmanifest-sha256.txt").read_bytes()).hexdigest()
        assert seal.root_digest == root


def test_another_program_accepts_the_pack_and_each_exhibit_in_it(unpacked: Path) -> None:
    """The layout is BagIt 1.0, outside and inside."""
    for bag in (unpacked, *sorted((unpacked / "data/exhibits").iterdir())):
        subprocess.run((checker("bagit.py"), "--validate", str(bag)), capture_output=True, check=True)


def test_a_pack_holds_exactly_what_its_lists_name(unpacked: Path) -> None:
    """Papers, copies, exhibits, chain and nothing else."""
    listed = {
        line[66:]
        for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt")
        for line in (unpacked / manifest).read_text().splitlines()
    }
    found = set(files_of(unpacked))
    assert listed | {"tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig"} == found
    assert {f"data/papers/{name}" for name in PAPERS} == {name for name in found if "papers" in name}


def test_nothing_of_another_matter_is_inside(hawthorn: School, zipped: Path, unpacked: Path) -> None:
    """No reference, words, time, root digest or salt of an exhibit that is not of this pack, nor any of its
    files: only digests of entries, out of which none of that can be got (its salt stays here)."""
    told = {"OTHER-2", "OTHER-3", "OTHER-5", OTHERS_WORDS, "a phrase of the other one"}
    digests = set()
    for entry in map(json.loads, (hawthorn.archive.root / "ledger.jsonl").read_bytes().splitlines()):
        if entry.get("exhibit") in ("OTHER-2", "OTHER-3", "OTHER-5"):
            told |= {entry[key] for key in ("at", "captured_at", "root", "folder") if key in entry}
    for exhibit_id in ("OTHER-2", "OTHER-5"):
        place = hawthorn.archive.folder(exhibit_id)
        told |= {line[6:] for line in (place / "bag-info.txt").read_text().splitlines() if "Salt" in line}
        for name in ("data/record.json", "data/source/item.json", "manifest-sha256.txt", "bag-info.txt"):
            digests.add(hashlib.sha256((place / name).read_bytes()).hexdigest())
    assert len(told) > 15

    everything = [zipped.read_bytes(), *((unpacked / name).read_bytes() for name in files_of(unpacked))]
    names = "\n".join(files_of(unpacked))

    for word in told | digests:
        assert word not in names
        assert not any(word.encode() in content for content in everything), word


def test_the_chain_says_everything_of_these_exhibits(unpacked: Path) -> None:
    """Sealing and custody, each with a proof, each checkpoint with its signature, tokens and keys."""
    entries = [json.loads(line) for line in (unpacked / "data/chain/entries.jsonl").read_bytes().splitlines()]
    told = [(entry["exhibit"], entry["event"]) for entry in entries]

    assert [("E-1", "sealed"), ("E-4", "sealed"), ("E-1", "exported")] == told
    kinds = sorted(path.name for path in (unpacked / "data/chain/checkpoints").iterdir())
    stamped = [f"{n}.{kind}" for n in (1, 2) for kind in ("invented.tsr", "json", "sig")]
    assert [*stamped, "3.json", "3.sig"] == kinds


def test_an_exhibit_may_be_named_by_its_digest_only(hawthorn: School, folder: Path) -> None:
    """Who may not have the original gets no file of it, and not who looked at it."""
    written = hawthorn.pack(folder / "for-the-platform", PackedExhibit("E-1", "AB/1", originals=False))

    assert not (written.path / "data/exhibits").exists()
    entries = (written.path / "data/chain/entries.jsonl").read_bytes().splitlines()
    assert ["sealed"] == [json.loads(each)["event"] for each in entries]
    salt = (hawthorn.archive.folder("E-1") / "bag-info.txt").read_text().splitlines()[-1].encode()
    assert not any(salt in (written.path / name).read_bytes() for name in files_of(written.path))
    assert 0 == script(written.path).returncode


def test_an_erased_exhibit_is_shown_as_erased(hawthorn: School, folder: Path) -> None:
    """The chain still says when it was sealed and under which rule it went."""
    written = hawthorn.pack(folder / "erased", PackedExhibit("OTHER-3", "AB/9"))

    facts = json.loads((written.path / "data/pack.json").read_bytes())
    assert ["erased"] == [each["content"] for each in facts["exhibits"]]
    entries = (written.path / "data/chain/entries.jsonl").read_bytes().splitlines()
    assert ["sealed", "erasing", "erased"] == [json.loads(each)["event"] for each in entries]
    assert 0 == script(written.path).returncode


def test_a_derived_copy_says_of_what_it_is_one(hawthorn: School, unpacked: Path) -> None:
    """R78: the original's digest, taken from its own manifest, and the changes."""
    label = json.loads((unpacked / "data/pack.json").read_bytes())["derived"][0]
    original = hawthorn.archive.folder("E-1") / "data/shots/full.png"

    assert hashlib.sha256(original.read_bytes()).hexdigest() == label["parent"]["sha256"]
    assert ["two boxes drawn"] == label["changes"]


def test_the_same_inputs_give_the_same_bytes(hawthorn: School, zipped: Path, tmp_path: Path) -> None:
    """A pack can be made again and compared."""
    again = hawthorn.pack(tmp_path / zipped.name)

    assert zipped.read_bytes() == again.path.read_bytes()
    assert (
        again.digest
        == hashlib.sha256(zipfile.ZipFile(zipped).read(f"{NAME}/tagmanifest-sha256.txt")).hexdigest()
    )


# --- by hand ---------------------------------------------------------------------------------------


def commands(pack: Path) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", (pack / "VERIFY.md").read_text("utf-8"), re.S)


def by_hand(where: Path, blocks: list[str], tools: Path) -> subprocess.CompletedProcess[str]:
    """Type these, one after the other, where there is nothing but unzip, sha256sum and openssl."""
    tools.mkdir()
    for tool in ("unzip", "sha256sum", "openssl"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    return subprocess.run(
        (str(shutil.which("bash")), "-e", "-c", "".join(blocks)),
        cwd=where,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_page_is_followed_with_three_ordinary_programs(
    zipped: Path, unpacked: Path, tmp_path: Path
) -> None:
    """Exactly the commands of VERIFY.md, at most five, in an empty folder with the zip."""
    shutil.copy(zipped, tmp_path)
    blocks = commands(unpacked)

    done = by_hand(tmp_path, blocks, tmp_path / "tools")

    assert 5 == len(blocks)
    assert 0 == done.returncode, done.stderr
    assert 1 + 3 == done.stdout.count("Signature Verified Successfully")
    assert 2 == (done.stdout + done.stderr).count("Verification: OK")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("data/exhibits/E-1/data/page/text.txt", 1),
        ("verify.py", 1),
        ("tagmanifest-sha256.txt", 2),
        ("tagmanifest-sha256.txt.sig", 2),
        ("data/chain/checkpoints/1.json", 3),
        ("data/chain/checkpoints/2.sig", 3),
        ("data/chain/checkpoints/1.invented.tsr", 4),
        ("data/chain/checkpoints/2.json", 4),
    ],
)
def test_each_command_of_the_page_finds_its_kind_of_change(
    unpacked: Path, tmp_path: Path, name: str, command: int
) -> None:
    """The commands are not for show: with one byte changed the one meant for it fails."""
    shutil.copytree(unpacked, tmp_path / NAME)
    content = bytearray((tmp_path / NAME / name).read_bytes())
    content[-9] ^= 1
    (tmp_path / NAME / name).write_bytes(content)

    done = by_hand(tmp_path / NAME, [commands(unpacked)[command]], tmp_path / "tools")

    assert 0 != done.returncode, done.stdout


def test_the_fingerprint_on_the_page_is_what_openssl_says(hawthorn: School, unpacked: Path) -> None:
    """The command beside it gives the same."""
    page = (unpacked / "VERIFY.md").read_text("utf-8")
    command = re.findall(r"`(openssl pkey .*)`", page)[0]

    done = subprocess.run(command, shell=True, cwd=unpacked, capture_output=True, text=True, check=True)

    assert hawthorn.key.public.fingerprint == done.stdout.split()[0]
    assert f"\n{hawthorn.key.public.fingerprint}\n" in page


# --- the script in the pack ------------------------------------------------------------------------


def test_the_script_in_the_pack_finds_no_fault_in_it(hawthorn: School, unpacked: Path) -> None:
    """An untouched pack raises no false alarm, and the authority's time is shown."""
    done = script(unpacked, "--key", hawthorn.key.public.fingerprint.upper())

    assert (0, "") == (done.returncode, done.stderr), done.stdout
    assert 2 == done.stdout.count("says invented")
    assert 9 == done.stdout.count(": holds: ")


def test_the_script_says_what_it_may_not_read(unpacked: Path, tmp_path: Path) -> None:
    """No verdict and no traceback: what could not be looked at is neither sound nor at fault."""
    shutil.copytree(unpacked, tmp_path / NAME)
    closed = tmp_path / NAME / "data/exhibits/E-1"
    closed.chmod(0)
    # Root reads everything unless it does without that power.
    powerless = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") if os.geteuid() == 0 else ()

    command = (*powerless, sys.executable, "-I", str(tmp_path / NAME / "verify.py"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    closed.chmod(0o700)

    assert (2, "") == (done.returncode, done.stdout)
    assert f"{closed} cannot be read (Permission denied); nothing was checked" in done.stderr


def test_the_script_shows_its_arithmetic(unpacked: Path) -> None:
    """Every hash on the way to a root can be done again with sha256sum."""
    done = script(unpacked, "--arithmetic")
    sums = re.findall(r"  ([0-9a-f]{64}) = SHA-256\(([0-9a-f ]+)\)", done.stdout)
    roots = {
        json.loads(path.read_bytes())["tree"] for path in (unpacked / "data/chain/checkpoints").glob("*.json")
    }

    assert all(hashlib.sha256(bytes.fromhex(parts)).hexdigest() == found for found, parts in sums)
    assert roots <= {found for found, _parts in sums}


def test_what_cannot_be_checked_is_said(unpacked: Path, tmp_path: Path) -> None:
    """Without openssl the timestamps are not passed off as good."""
    done = script(unpacked, env={"PATH": str(tmp_path)})

    assert 3 == done.returncode
    assert "Step 8: NOT CHECKED" in done.stdout
    assert "there is no openssl here" in done.stdout


def test_the_script_is_short_and_needs_nothing_of_ours() -> None:
    """It can be read by whoever does not trust it, and runs on Python 3.8 with the standard library."""
    text = Path(standalone.__file__).read_text("utf-8")
    tree = ast.parse(text, feature_version=(3, 8))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert names <= set(sys.stdlib_module_names)
    assert 430 > sum(bool(line.strip()) for line in text.splitlines())


def test_signatures_are_judged_as_openssl_judges_them() -> None:
    """The pure arithmetic of RFC 8032 agrees with a library, on good signatures and on changed ones."""
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    known = bytes.fromhex(  # RFC 8032 section 7.1, test 1: nothing, signed
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert standalone.is_signed(public, b"", known)
    tried = 0
    for round_ in range(8):
        key = Ed25519PrivateKey.generate()
        message = os.urandom(round_ * 37)
        public, good = key.public_key().public_bytes_raw(), key.sign(message)
        scalar = int.from_bytes(good[32:], "little") + standalone.ORDER
        changed = [
            good,
            good[:32] + scalar.to_bytes(32, "little"),  # the same number, spelt differently
            bytes(64),
            good[:-1],
            good[32:] + good[:32],
            *(good[:at] + bytes([good[at] ^ 1 << round_]) + good[at + 1 :] for at in (0, 31, 32, 63)),
        ]
        for signature in changed:
            for text in (message, message + b"."):
                assert _library(public, text, signature) == standalone.is_signed(public, text, signature)
                tried += 1
    assert 8 * 9 * 2 == tried


def _library(public: bytes, message: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


# --- there is never half a pack ----------------------------------------------------------------------


def test_a_changed_exhibit_makes_no_pack(hawthorn: School, tmp_path: Path) -> None:
    """What is not what was sealed is refused, whichever file it is, and nothing is left behind."""
    (tmp_path / "out").mkdir()
    copy = tmp_path / "archive"
    shutil.copytree(hawthorn.archive.root, copy)
    exhibit = copy / hawthorn.archive.folder("E-4").relative_to(hawthorn.archive.root)
    open_up(exhibit)
    changed = School(open_archive(copy), hawthorn.pem, hawthorn.authority)

    for name in files_of(exhibit):
        content = (exhibit / name).read_bytes()
        (exhibit / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(DigestMismatch, match="no pack is made"):
            changed.pack(tmp_path / "out" / "pack.zip")
        (exhibit / name).write_bytes(content)
    (exhibit / "data/stray").write_text("x")
    with pytest.raises(UnlistedFile, match="no pack is made"):
        changed.pack(tmp_path / "out" / "pack.zip")

    assert [] == list((tmp_path / "out").iterdir())


KILLED = """
import os, resource, signal, sys
from pathlib import Path
from monitor.errors import ArchiveError
from monitor.evidence import SigningKey, open_archive
from monitor.evidence.pack import PackedExhibit, write_pack
from tests.packs import INFO, OURS, PAPERS

root, key, destination, when, passphrase = sys.argv[1:]
calls = 0

def progress(done, total):
    global calls
    calls += 1
    if calls == int(when):
        os.kill(os.getpid(), signal.SIGKILL)

if when == "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
try:
    write_pack(open_archive(Path(root)), OURS, papers=PAPERS, derived={}, info=INFO,
        signer=SigningKey(Path(key).read_bytes()), destination=Path(destination),
        passphrase=passphrase or None, progress=progress)
except ArchiveError as error:
    sys.exit(str(error))
"""


def _interrupted(hawthorn: School, out: Path, name: str, when: int, passphrase: str = "") -> tuple[int, str]:
    key = out.parent / "key"
    key.write_bytes(hawthorn.pem)
    done = subprocess.run(
        (
            sys.executable,
            "-c",
            KILLED,
            str(hawthorn.archive.root),
            str(key),
            str(out / name),
            str(when),
            passphrase,
        ),
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(("name", "passphrase"), [("pack.zip", ""), ("pack", ""), ("pack.zip", PASSPHRASE)])
@pytest.mark.parametrize("when", [1, 17])
def test_a_killed_export_leaves_no_pack_and_no_rubbish(
    hawthorn: School, tmp_path: Path, name: str, passphrase: str, when: int
) -> None:
    """Nothing lies under the final name; the next run takes away what the killed one left."""
    out = tmp_path / "out"
    out.mkdir()

    code, said = _interrupted(hawthorn, out, name, when, passphrase)

    assert -signal.SIGKILL == code, said
    assert all(path.name.startswith(".") for path in out.iterdir())
    assert not passphrase or PAPERS["1-cover.html"] not in b"".join(
        path.read_bytes() for path in out.rglob("*") if path.is_file()
    )
    # Under another name, since the name that `export` gives holds the time.
    written = hawthorn.pack(out / f"next-{name}", passphrase=passphrase or None)
    assert [written.path] == list(out.iterdir())


@pytest.mark.parametrize("name", ["pack.zip", "pack"])
def test_a_full_disk_leaves_nothing(hawthorn: School, tmp_path: Path, name: str) -> None:
    """The person who exports is told, in words, what to do."""
    out = tmp_path / "out"
    out.mkdir()

    code, said = _interrupted(hawthorn, out, name, 0)

    assert (1, True) == (code, "the disk is full" in said), said
    assert [] == list(out.iterdir())


def test_a_pack_never_replaces_anything(hawthorn: School, tmp_path: Path) -> None:
    """What was handed over once stays what it is."""
    (tmp_path / "pack.zip").write_text("the one that was handed over")
    with pytest.raises(ArchiveError, match="Give the pack another name"):
        hawthorn.pack(tmp_path / "pack.zip")
    assert "the one that was handed over" == (tmp_path / "pack.zip").read_text()
    assert ["pack.zip"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exhibits": ()}, "one exhibit or more"),
        ({"exhibits": (*OURS, OURS[0])}, "each of them once"),
        ({"exhibits": (PackedExhibit("E-1", "AB/1"), PackedExhibit("E-4", "AB/1"))}, "the same label"),
        ({"papers": {"../cover.html": b""}}, "cannot be the name"),
        ({"papers": {"/cover.html": b""}}, "cannot be the name"),
        ({"papers": {"Cover.html": b"", "cover.html": b""}}, "capital letters only"),
        ({"papers": {"a\nb": b""}}, "cannot be the name"),
        (
            {"derived": {"x.png": DerivedCopy(b"", "OTHER-2", "data/shots/full.png", ("x",))}},
            "an exhibit of this",
        ),
        ({"derived": {"x.png": DerivedCopy(b"", "E-1", "data/shots/none.png", ("x",))}}, "has no data/shots"),
        ({"derived": {"x.png": DerivedCopy(b"", "E-1", "data/shots/full.png", ())}}, "what was changed"),
        ({"passphrase": "short"}, "12 characters or more"),
        ({"passphrase": "with an accent: é"}, "without accents"),
        ({"destination": Path("pack"), "passphrase": PASSPHRASE}, "ends in .zip"),
    ],
)
def test_what_cannot_be_packed_is_refused_in_words(
    hawthorn: School, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    """Before anything is written."""
    given: dict[str, object] = {"papers": PAPERS, "derived": {}, "destination": Path("pack.zip"), **change}
    given["destination"] = tmp_path / str(given["destination"])
    with pytest.raises(ArchiveError, match=words):
        write_pack(
            hawthorn.archive,
            given.pop("exhibits", OURS),  # type: ignore[arg-type]
            info=INFO,
            signer=hawthorn.key,
            **given,  # type: ignore[arg-type]
        )
    assert [] == list(tmp_path.iterdir())


# --- under a passphrase ------------------------------------------------------------------------------


def decrypted(path: Path, passphrase: str) -> bytes:
    """The protected file, opened by WinZip's own description of AE-2, with none of the writer's code."""
    with zipfile.ZipFile(path) as outer:
        secret = outer.infolist()[-1]
    raw = path.read_bytes()
    name_length, extra_length = struct.unpack_from("<HH", raw, secret.header_offset + 26)
    begin = secret.header_offset + 30 + name_length + extra_length
    sealed = raw[begin : begin + secret.compress_size]
    assert struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 0) in secret.extra  # AE-2, 256 bits, stored
    salt, verifier, body, code = sealed[:16], sealed[16:18], sealed[18:-10], sealed[-10:]
    keys = hashlib.pbkdf2_hmac("sha1", passphrase.encode(), salt, 1000, 66)
    assert keys[64:] == verifier
    assert hmac.new(keys[32:64], body, "sha1").digest()[:10] == code
    blocks = b"".join(n.to_bytes(16, "little") for n in range(1, len(body) // 16 + 2))
    stream = Cipher(algorithms.AES256(keys[:32]), modes.ECB()).encryptor().update(blocks)
    return bytes(a ^ b for a, b in zip(body, stream, strict=False))


def test_a_passphrase_hides_everything_and_changes_nothing(
    hawthorn: School, zipped: Path, tmp_path: Path
) -> None:
    """AES-256 as 7-Zip and WinZip open it; inside is the same pack, outside only how to open it."""
    written = hawthorn.pack(tmp_path / zipped.name, passphrase=PASSPHRASE)

    assert f"{NAME}-protected.zip" == written.path.name
    assert zipped.read_bytes() == decrypted(written.path, PASSPHRASE)
    with zipfile.ZipFile(written.path) as outer:
        assert ["HOW-TO-OPEN.txt", f"{NAME}.zip"] == outer.namelist()
        assert b"7-Zip" in outer.read("HOW-TO-OPEN.txt")
    for word in (PASSPHRASE, "E-1", "exhibits", "Hawthorn"):
        assert word.encode() not in written.path.read_bytes()


def test_a_protected_pack_is_verified_with_its_passphrase(hawthorn: School, tmp_path: Path) -> None:
    """The right one gives the verdict of the pack inside; another, none, or a changed byte do not."""
    path = hawthorn.pack(tmp_path / "pack.zip", passphrase=PASSPHRASE).path

    assert pack_check.is_protected(path)
    assert 2 == pack_check.check_pack(path, passphrase=PASSPHRASE).exhibits
    with pytest.raises(ArchiveError, match="does not open the pack"):
        pack_check.check_pack(path, passphrase="another passphrase")
    with pytest.raises(VerificationError, match="under a passphrase"):
        pack_check.check_pack(path)
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 1
    path.write_bytes(changed)
    with pytest.raises(VerificationError, match="step 1"):
        pack_check.check_pack(path, passphrase=PASSPHRASE)


def test_the_command_asks_for_the_passphrase(hawthorn: School, tmp_path: Path) -> None:
    """It is read from the prompt; nothing on the command line, nothing printed."""
    path = hawthorn.pack(tmp_path / "pack.zip", passphrase=PASSPHRASE).path

    done = subprocess.run(
        (sys.executable, "-m", "monitor", "verify", str(path), "--key", hawthorn.key.public.fingerprint),
        input=PASSPHRASE + "\n",
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
    assert "2 exhibits" in done.stdout
    assert PASSPHRASE not in done.stdout + done.stderr


# --- time goes by ------------------------------------------------------------------------------------


def test_a_certificate_that_expired_since_is_no_fault_and_is_said(hawthorn: School, tmp_path: Path) -> None:
    """What counts is that it was valid when it stamped."""
    ends = datetime.now(UTC) + timedelta(seconds=2)
    hawthorn.authority.issue_until("brief", ends)
    later = School(open_archive(tmp_path / "archive"), hawthorn.pem, hawthorn.authority)
    seal(later.archive, "E-1")
    later.archive.checkpoint(later.key, now=NOON)
    later.stamp(1, "brief")
    pack = later.pack(tmp_path / "pack", PackedExhibit("E-1", "AB/1")).path
    while datetime.now(UTC) < ends + timedelta(seconds=1):
        time.sleep(0.1)

    done = script(pack)

    assert 0 == done.returncode, done.stdout
    assert "certificate has expired since" in done.stdout
    assert "checkpoint 1 existed on" in done.stdout


# --- size --------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_exhibits(hawthorn: School, tmp_path: Path) -> None:
    """An exhibit of 40 MB is packed, protected and checked in a small part of that."""
    large = School(open_archive(tmp_path / "archive"), hawthorn.pem, hawthorn.authority)
    fill(large.archive.scratch("E-1"), picture=bytes(40_000_000))
    large.archive.seal(record("E-1"), now=NOON)
    tracemalloc.start()
    try:
        path = large.pack(tmp_path / "pack.zip", PackedExhibit("E-1", "AB/1"), passphrase=PASSPHRASE).path
        pack_check.check_pack(path, passphrase=PASSPHRASE)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 10_000_000 > peak
