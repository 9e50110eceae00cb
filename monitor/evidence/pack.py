"""Write an evidence pack: whole exhibits and what vouches for them, as something that verifies without us.

One job: the files of a pack, as a BagIt 1.0 bag (RFC 8493), in a folder or a zip, under a passphrase if one
is given. What a reader does with them is standalone/VERIFY.md, and standalone/verify.py beside it does the
same; both go into the pack. Knows nothing of cases and people: papers come as bytes, by path.

A pack holds what the chain says about its own exhibits and nothing about others, except what cannot be
left out: digests on the way to the root of the tree, how many entries there were, when checkpoints were made.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import itertools
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

from monitor.errors import ArchiveError, DigestMismatch, MissingFile, UnlistedFile
from monitor.evidence import layout
from monitor.evidence.archive import Archive
from monitor.evidence.checkpoints import Proof
from monitor.evidence.keys import SigningKey
from monitor.evidence.layout import Measured
from monitor.evidence.ledger import Entry, parse_line, sync_folder
from monitor.evidence.seal import remove_folder
from monitor.evidence.standalone import verify as standalone

FORMAT = 1
PASSPHRASE_CHARACTERS = 12
_DEEPEST = 12
_LONGEST_LINE = 200
_UNFINISHED = ".pack.part"
STANDALONE = Path(standalone.__file__).parent

Progress = Callable[[int, int], None]
"""Told how many bytes are written, of about how many."""


@dataclass(frozen=True, slots=True)
class PackedExhibit:
    """An exhibit of the pack, with the label that a person gave it (R80; "" while there is none).

    Without `originals` the pack names it by its digest only: its sealing and its erasure, no file, and
    not who saw it.
    """

    exhibit_id: str
    label: str
    originals: bool = True


@dataclass(frozen=True, slots=True)
class DerivedCopy:
    """A copy that is not the original (R78): `original` is the file's path in its exhibit
    (`data/shots/full.png`), `changes` say in words what was done to it."""

    content: bytes
    exhibit_id: str
    original: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackInfo:
    """What the pack says of itself. `made_by` is an office; `organisation` the school; `tool` this program
    with its version. All are one printable line."""

    reference: str
    audience: str
    purpose: str
    made_at: datetime
    made_by: str
    organisation: str
    tool: str


@dataclass(frozen=True, slots=True)
class WrittenPack:
    """A pack in its place. `digest` is the SHA-256 of its tag manifest, which stands for the whole pack, with
    or without a passphrase; `sha256` that of the zip as it lies there, "" for a folder. `size_bytes` is what
    lies on the disk."""

    path: Path
    digest: str
    sha256: str
    files: int
    size_bytes: int


def write_pack(
    archive: Archive,
    exhibits: Sequence[PackedExhibit],
    *,
    papers: Mapping[str, bytes],
    derived: Mapping[str, DerivedCopy],
    info: PackInfo,
    signer: SigningKey,
    destination: Path,
    passphrase: str | None = None,
    progress: Progress = lambda done, total: None,
) -> WrittenPack:
    """Write the pack to `destination`: a zip when it is named so, else a folder; never half of one.

    `papers` and `derived` are by path, to lie in data/papers/ and data/derived/. Every exhibit is checked
    while it is copied. A checkpoint is made first if the chain has entries that none covers. The same
    inputs give the same bytes, except under a passphrase, where the zip lies in another one of which
    `WrittenPack.path` tells the name.

    Raises `ArchiveError` when it cannot be written or may not be called so, and `VerificationError` when an
    exhibit is not what was sealed: then there is no pack.
    """
    zipped = destination.suffix == ".zip"
    name = destination.stem if zipped else destination.name
    _refuse_unfit(exhibits, papers, derived, info=info, name=name)
    if passphrase is not None:
        _refuse_unfit_passphrase(passphrase, zipped=zipped)
        destination = destination.with_name(f"{name}-protected.zip")
    contents, facts = _contents(archive, exhibits, papers, derived, info=info, signer=signer)
    page = _page(contents, facts, name)

    def write(sink: _Sink) -> str:
        return _write(sink, contents, page, info, signer, progress)

    def write_zip(stream: IO[bytes]) -> str:
        with zipfile.ZipFile(stream, "w") as bag:
            return write(_ZipSink(bag, name, info.made_at))

    with _in_plain_words(destination), _workplace(destination) as place:
        made = place / destination.name
        if passphrase is not None:
            # No name, on the archive's own disk: what is not encrypted yet never lies at the destination.
            with tempfile.TemporaryFile(dir=archive.root / layout.SCRATCH) as inner:
                digest = write_zip(inner)
                _protect(inner, made, name, info, passphrase)
        elif zipped:
            with made.open("xb") as stream:
                digest = write_zip(stream)
        else:
            digest = write(_FolderSink(made))
        made.chmod(0o600 if zipped else 0o700)
        size = _flush(made)
        sha256 = layout.measure(made).sha256 if zipped else ""
        _put_in_place(made, destination)
    return WrittenPack(destination, digest, sha256, len(contents) + len(standalone.TAGS) + 2, size)


# --- what goes in ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A file of an exhibit, and the digest that was sealed."""

    path: Path
    sha256: str


_Content = bytes | _Sealed


def _contents(
    archive: Archive,
    exhibits: Sequence[PackedExhibit],
    papers: Mapping[str, bytes],
    derived: Mapping[str, DerivedCopy],
    *,
    info: PackInfo,
    signer: SigningKey,
) -> tuple[dict[str, _Content], dict[str, Any]]:
    """The payload by name, and what data/pack.json says of it."""
    contents: dict[str, _Content] = {}
    archive.checkpoint(signer, now=info.made_at)
    proofs = _proofs(archive, exhibits)
    entries = [parse_line(each.line) for each in proofs]
    described = []
    for one in exhibits:
        own = [each for each in entries if each.exhibit_id == one.exhibit_id]
        seal = next(each for each in own if each.event == layout.SEALED)
        content = "whole" if one.originals else "named by digest"
        if any(each.event == layout.ERASING for each in own):
            content = "erased"
        elif one.originals:
            contents |= _exhibit_files(archive.folder(one.exhibit_id), seal)
        described.append(_described(one, seal, content, own))
    contents |= {f"data/papers/{name}": content for name, content in papers.items()}
    contents |= {f"data/derived/{name}": copy.content for name, copy in derived.items()}
    contents[standalone.ENTRIES] = b"".join(each.line for each in proofs)
    contents[standalone.PROOFS] = b"".join(_proof_line(each) for each in proofs)
    contents[f"data/chain/{layout.key_file(signer.public.name)}"] = signer.public.pem
    for name in archive.vouchers({each.checkpoint for each in proofs}):
        contents[f"data/chain/{name}"] = (archive.root / name).read_bytes()
    facts = {
        "audience": info.audience,
        "derived": [_label(archive, name, derived[name]) for name in sorted(derived)],
        "exhibits": described,
        "fingerprint": signer.public.fingerprint,
        "format": FORMAT,
        "key": signer.public.name,
        "made_at": layout.utc_text(info.made_at),
        "made_by": info.made_by,
        "organisation": info.organisation,
        "papers": [f"data/papers/{name}" for name in sorted(papers)],
        "purpose": info.purpose,
        "reference": info.reference,
        "tool": info.tool,
    }
    contents[standalone.FACTS] = _readable(facts)
    if len(contents) + len(standalone.TAGS) + 2 > standalone.MOST_FILES:
        raise ArchiveError(
            f"A pack holds at most {standalone.MOST_FILES:,} files, this one would hold {len(contents):,}."
            " Divide the exhibits between several packs."
        )
    return contents, facts


def _proofs(archive: Archive, exhibits: Sequence[PackedExhibit]) -> list[Proof]:
    whole = {each.exhibit_id: each.originals for each in exhibits}
    wanted = []
    for proof in archive.proofs(whole):
        entry = parse_line(proof.line)
        if whole[entry.exhibit_id] or entry.event in (layout.SEALED, layout.ERASING, layout.ERASED):
            wanted.append(proof)
    return sorted(wanted, key=lambda each: each.sequence)


def _proof_line(proof: Proof) -> bytes:
    return layout.canonical(
        {"checkpoint": proof.checkpoint, "entry": proof.sequence, "path": list(proof.path)}
    )


def _described(one: PackedExhibit, seal: Entry, content: str, own: Sequence[Entry]) -> dict[str, Any]:
    return {
        "captured_at": layout.utc_text(seal.captured_at) if seal.captured_at else None,
        "content": content,
        "entries": [each.sequence for each in own],
        "exhibit": one.exhibit_id,
        "label": one.label,
        "root": seal.root_digest,
        "sealed_at": layout.utc_text(seal.at),
    }


def _exhibit_files(folder: Path, seal: Entry) -> dict[str, _Content]:
    """Every file of the exhibit with the digest that it must have, from the root digest downwards."""
    sealed = {layout.TAG_MANIFEST: seal.root_digest}
    for manifest in (layout.TAG_MANIFEST, layout.MANIFEST):
        content = (folder / manifest).read_bytes()
        if hashlib.sha256(content).hexdigest() != sealed.get(manifest):
            raise _altered(f"{seal.folder}/{manifest}")
        sealed |= layout.parse_manifest(content)
    found = layout.listing(folder)
    for name in sorted({*found.files, *found.strange} ^ set(sealed)):
        where = f"{seal.folder}/{name}"
        if name in sealed:
            raise MissingFile(8, where, "the sealed file is gone; no pack is made of this exhibit")
        raise UnlistedFile(8, where, "no manifest names this; no pack is made of this exhibit")
    return {
        f"data/exhibits/{seal.exhibit_id}/{name}": _Sealed(folder / name, digest)
        for name, digest in sealed.items()
    }


def _altered(where: str) -> DigestMismatch:
    return DigestMismatch(8, where, "not the file that was sealed; no pack is made of this exhibit")


def _label(archive: Archive, name: str, copy: DerivedCopy) -> dict[str, Any]:
    manifest = layout.parse_manifest((archive.folder(copy.exhibit_id) / layout.MANIFEST).read_bytes())
    if copy.original not in manifest:
        raise ArchiveError(f"Exhibit {copy.exhibit_id} has no {copy.original} that a copy could be made of.")
    parent = {"exhibit": copy.exhibit_id, "path": copy.original, "sha256": manifest[copy.original]}
    return {"changes": list(copy.changes), "parent": parent, "path": f"data/derived/{name}"}


def _readable(document: object) -> bytes:
    """JSON for a person too: one value a line."""
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


# --- what may not be packed --------------------------------------------------------------------------


def _refuse_unfit(
    exhibits: Sequence[PackedExhibit],
    papers: Mapping[str, bytes],
    derived: Mapping[str, DerivedCopy],
    *,
    info: PackInfo,
    name: str,
) -> None:
    packed = {each.exhibit_id for each in exhibits}
    if not exhibits or len(packed) < len(exhibits):
        raise ArchiveError("A pack is made of one exhibit or more, each of them once.")
    labels = [each.label for each in exhibits if each.label]
    if len(set(labels)) < len(labels):
        raise ArchiveError("Two exhibits of this pack have the same label. Each needs its own (R80).")
    for path in (name, *papers, *derived):
        if not standalone.SAFE_NAME.fullmatch(path) or path.count("/") > _DEEPEST:
            raise ArchiveError(
                f"{path!r} cannot be the name of something in a pack. Use letters, digits, dots and hyphens."
            )
    for kind in (papers, derived):
        if len({path.lower() for path in kind}) < len(kind):
            raise ArchiveError("Two names in this pack differ by capital letters only. Rename one of them.")
    for copy in derived.values():
        if copy.exhibit_id not in packed or not copy.changes:
            raise ArchiveError(
                "A derived copy names an exhibit of this pack, and says what was changed (R78)."
            )
    for words in (*(each.label for each in exhibits), *_words(info).values()):
        if not words.isprintable() or len(words) > _LONGEST_LINE:
            raise ArchiveError(f"{words[:40]!r} is not one printable line of {_LONGEST_LINE} characters.")


def _refuse_unfit_passphrase(passphrase: str, *, zipped: bool) -> None:
    if not zipped:
        raise ArchiveError("Only a zip can be under a passphrase. Give the pack a name that ends in .zip.")
    # Programs disagree about the bytes of any other character, so that nobody could open the pack.
    if not (passphrase.isascii() and passphrase.isprintable()) or len(passphrase) < PASSPHRASE_CHARACTERS:
        raise ArchiveError(
            f"A passphrase has {PASSPHRASE_CHARACTERS} characters or more, of letters, digits, spaces and"
            " common signs without accents. Four random words are good."
        )


def _words(info: PackInfo) -> dict[str, str]:
    return {
        "External-Identifier": info.reference,
        "External-Description": f"Evidence pack for {info.audience}: {info.purpose}",
        "Source-Organization": info.organisation,
        "Contact-Name": info.made_by,
        "Bag-Software-Agent": info.tool,
    }


# --- how it is written -------------------------------------------------------------------------------


class _Sink(Protocol):
    """Where the files of a pack go, one after the other."""

    def add(self, name: str, size_bytes: int) -> IO[bytes]: ...


class _FolderSink:
    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir()

    def add(self, name: str, size_bytes: int) -> IO[bytes]:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


class _ZipSink:
    """Stored, not compressed: pictures and web archives would not shrink, and everything can read it."""

    def __init__(self, archive: zipfile.ZipFile, folder: str, moment: datetime) -> None:
        self._archive = archive
        self._folder = folder
        self._moment = moment.astimezone(UTC).timetuple()[:6]

    def add(self, name: str, size_bytes: int) -> IO[bytes]:
        return self._archive.open(_member(f"{self._folder}/{name}", self._moment, size_bytes), "w")


def _member(name: str, moment: tuple[int, ...], size_bytes: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, (*moment,))  # type: ignore[arg-type]
    member.create_system = 3  # Unix, wherever it is written: the same bytes
    member.external_attr = 0o100644 << 16
    member.file_size = size_bytes
    return member


def _write(
    sink: _Sink,
    contents: Mapping[str, _Content],
    page: bytes,
    info: PackInfo,
    signer: SigningKey,
    tell: Progress,
) -> str:
    """Write everything in the one order there is; returns the digest of the tag manifest."""
    buffer = memoryview(bytearray(layout.BLOCK_BYTES))
    total = sum(_size(each) for each in contents.values())
    done = 0
    payload: dict[str, Measured] = {}
    for name in sorted(contents):
        content = contents[name]
        payload[name] = _copy(content, sink.add(name, _size(content)), buffer)
        if isinstance(content, _Sealed) and payload[name].sha256 != content.sha256:
            raise _altered(name)
        done += payload[name].size_bytes
        tell(done, total)
    oxum = f"{done}.{len(payload)}"
    words = _words(info) | {"Bagging-Date": layout.utc_text(info.made_at)[:10], "Payload-Oxum": oxum}
    tags = {
        layout.BAG_DECLARATION: layout.BAG_DECLARATION_TEXT.encode(),
        layout.BAG_INFO: "".join(f"{label}: {words[label]}\n" for label in sorted(words)).encode(),
        layout.MANIFEST: layout.manifest_text({name: each.sha256 for name, each in payload.items()}).encode(),
        "VERIFY.md": page,
        "verify.py": (STANDALONE / "verify.py").read_bytes(),
    }
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in tags.items()}
    tag_manifest = layout.manifest_text(digests).encode()
    signature = signer.sign(tag_manifest)
    for name, content in sorted(
        (tags | {layout.TAG_MANIFEST: tag_manifest, standalone.SIGNATURE: signature}).items()
    ):
        _copy(content, sink.add(name, len(content)), buffer)
    return hashlib.sha256(tag_manifest).hexdigest()


def _size(content: _Content) -> int:
    return len(content) if isinstance(content, bytes) else content.path.stat().st_size


def _copy(content: _Content, target: IO[bytes], buffer: memoryview) -> Measured:
    """Copy and digest in one go, block by block."""
    with target:
        if isinstance(content, bytes):
            target.write(content)
            return Measured(hashlib.sha256(content).hexdigest(), len(content))
        hasher, size = hashlib.sha256(), 0
        descriptor = os.open(content.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", buffering=0) as source:
            while count := source.readinto(buffer):
                hasher.update(buffer[:count])
                target.write(buffer[:count])
                size += count
        return Measured(hasher.hexdigest(), size)


def _protect(inner: IO[bytes], target: Path, folder: str, info: PackInfo, passphrase: str) -> None:
    """Put a zip into another one under AES-256 (WinZip AE-2), so that its names are hidden too.

    The passphrase is used here and goes nowhere else. What is readable without it says how to open it.
    """
    import pyzipper

    moment = info.made_at.astimezone(UTC).timetuple()[:6]
    size = inner.seek(0, os.SEEK_END)
    inner.seek(0)
    with pyzipper.AESZipFile(target, "x", compression=pyzipper.ZIP_STORED) as outer:
        how = (STANDALONE / "HOW-TO-OPEN.txt").read_text("utf-8").format(name=f"{folder}.zip")
        plain = pyzipper.zipfile_aes.AESZipInfo("HOW-TO-OPEN.txt", moment)
        outer.writestr(plain, how.encode())
        outer.setpassword(passphrase.encode("ascii"))
        outer.encryption = pyzipper.WZ_AES
        secret = pyzipper.zipfile_aes.AESZipInfo(f"{folder}.zip", moment)
        secret.file_size = size
        with outer.open(secret, "w") as stream:
            shutil.copyfileobj(inner, stream, layout.BLOCK_BYTES)


@contextmanager
def _workplace(destination: Path) -> Iterator[Path]:
    """A folder beside the destination, on its disk, for this pack only; removed whatever happens.

    What killed runs left there, for packs of whatever name, is removed first. If it cannot be removed in the
    end, the next run does.
    """
    _sweep(destination.parent)
    place = destination.with_name(f".{destination.name}{_UNFINISHED}")
    place.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveError(
                f"Another program is writing {destination} now. Wait until it is done."
            ) from error
        try:
            _refuse_taken(destination)
            yield place
        finally:
            with suppress(OSError):  # whether there is a pack was decided before
                remove_folder(place)
    finally:
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove what lies here of packs that nobody writes any more: it may be most of one, and nobody asks for
    a pack of that name again."""
    for left in folder.glob(f".*{_UNFINISHED}"):
        with suppress(OSError):  # somebody writes it now, or it is not ours to remove
            descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_folder(left)
            finally:
                os.close(descriptor)


def _refuse_taken(destination: Path) -> None:
    if os.path.lexists(destination):
        raise ArchiveError(f"There is something at {destination} already. Give the pack another name.")


def _put_in_place(made: Path, destination: Path) -> None:
    """Give a finished pack its name, the last thing of all; taken away if the disk does not keep it."""
    _refuse_taken(destination)  # again: writing may have taken minutes
    made.rename(destination)
    try:
        sync_folder(destination.parent)
    except BaseException:
        remove_folder(destination)
        raise


def _flush(path: Path) -> int:
    """Put a file, or everything in a folder, on the disk; returns the bytes there."""
    if not path.is_dir():
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
    size = sum(_flush(each) for each in path.iterdir())
    sync_folder(path)
    return size


@contextmanager
def _in_plain_words(destination: Path) -> Iterator[None]:
    """Turn what the system says into what the person who exports can act on."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            why = "the disk is full, or takes no file so large"
        raise ArchiveError(
            f"The pack cannot be written to {destination}: {why}. Nothing is left there; try another place."
        ) from error


# --- the page for whoever checks it ------------------------------------------------------------------


def _page(contents: Mapping[str, _Content], facts: Mapping[str, Any], folder: str) -> bytes:
    """VERIFY.md for this pack: the commands with its own names in them."""
    numbers: dict[str, list[int]] = {}
    stamped: dict[str, list[int]] = {}
    for name, content in contents.items():
        if not name.startswith(standalone.CHECKPOINTS) or not isinstance(content, bytes):
            continue
        number, _, kind = name.removeprefix(standalone.CHECKPOINTS).partition(".")
        if kind == "json":
            numbers.setdefault(json.loads(content)["key"], []).append(int(number))
        elif kind.endswith(".tsr"):
            stamped.setdefault(kind.removesuffix(".tsr"), []).append(int(number))
    unstamped = sorted({*itertools.chain(*numbers.values())} - {*itertools.chain(*stamped.values())})
    return (
        (STANDALONE / "VERIFY.md")
        .read_text("utf-8")
        .format(
            **{key: facts[key] for key in ("reference", "audience", "organisation", "fingerprint", "key")},
            folder=folder,
            checkpoints="\n".join(
                _SIGNED.format(key=key, numbers=_each(numbers[key])) for key in sorted(numbers)
            ),
            timestamps="\n".join(
                _STAMPED.format(authority=name, numbers=_each(stamped[name])) for name in sorted(stamped)
            )
            or _NO_COMMAND,
            unstamped=_UNSTAMPED.format(numbers=_each(unstamped)) if unstamped else "",
            exhibits="\n".join(
                f"| {each['label'] or '-'} | {each['exhibit']} | {each['content']} | `{each['root']}` |"
                for each in facts["exhibits"]
            ),
        )
        .encode()
    )


def _each(numbers: Sequence[int]) -> str:
    return " ".join(map(str, sorted(numbers)))


_SIGNED = (
    "for n in {numbers}; do openssl pkeyutl -verify -pubin -inkey data/chain/keys/{key}.pem -rawin"
    " -in data/chain/checkpoints/$n.json -sigfile data/chain/checkpoints/$n.sig; done"
)
_STAMPED = (
    "for n in {numbers}; do openssl ts -verify -data data/chain/checkpoints/$n.json"
    " -in data/chain/checkpoints/$n.{authority}.tsr -CAfile data/chain/keys/tsa/{authority}.pem; done"
)
_NO_COMMAND = "echo 'This pack has no timestamps.'"
_UNSTAMPED = (
    "\nNot timestamped by an authority: checkpoint {numbers}. For what only that covers, the time is the"
    " school's own clock.\n"
)
