"""Check an evidence pack, in a folder or a zip, whoever made it.

One job: bring a pack to the steps of standalone/verify.py, the same that lie in every pack, so that both
give one verdict, and then to step 10, which that script leaves to us: the web archives in the pack are sound
(`wacz_check`). The rest of what is here is for zips only: nothing is unpacked to the disk, nothing followed,
and a zip made to do harm is refused by step 1: names that lead elsewhere, links, doubled names, bombs, and
bytes that its list of contents does not account for, which another program might show as other files. Its
limits, beside those of that script: a list of contents of 8 MB, files stored or deflated, and all of them
together no more than 200 times the size of the zip.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, NoReturn, cast

from monitor.errors import ArchiveError, VerificationError
from monitor.evidence import layout, wacz_check
from monitor.evidence.standalone import verify as standalone
from monitor.evidence.standalone.verify import Check

Progress = Callable[[int, int], None]
"""Told how many bytes are checked, of how many."""

MOST_DIRECTORY_BYTES = 8 << 20
MOST_TIMES_ITS_SIZE = 200

_WEB_ARCHIVE = re.compile(rf"data/exhibits/[^/]+/{re.escape(layout.WEB_ARCHIVE)}")
_TAKEN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED, _DESCRIBED_AFTERWARDS = 1, 8  # bits of a member's flags
_LOCAL_HEADER_BYTES, _LONGEST_DESCRIPTION_BYTES = 30, 24
_HOW_TO_OPEN = "HOW-TO-OPEN.txt"
_NO_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    LookupError,
    NotImplementedError,
    struct.error,
)
"""What `zipfile` raises for a file that is none, or one that was made to do harm."""


@dataclass(frozen=True, slots=True)
class VerifiedPack:
    """What was checked and holds. Compare `fingerprint`, that of the key which signed the pack, with one kept
    elsewhere, unless that was given. `not_checked` is empty when everything was."""

    reference: str
    exhibits: int
    entries: int
    files: int
    size_bytes: int
    fingerprint: str
    says: tuple[str, ...]
    not_checked: tuple[str, ...]


def is_pack(path: Path) -> bool:
    """Whether this is meant as a pack rather than as an archive."""
    return path.is_file() or (
        (path / layout.BAG_DECLARATION).is_file() and not (path / layout.LEDGER).exists()
    )


def is_protected(path: Path) -> bool:
    """Whether a passphrase is needed to check this."""
    if path.is_dir():
        return False
    try:
        with _careful(path) as stream, zipfile.ZipFile(stream) as found:
            return any(each.flag_bits & _ENCRYPTED for each in found.infolist())
    except (*_NO_ZIP, OSError):
        return False  # whatever else it is, step 1 says so


def check_pack(
    path: Path, *, trusted_key: str = "", passphrase: str | None = None, progress: Progress | None = None
) -> VerifiedPack:
    """Every step of VERIFY.md holds for this pack, the tenth included; else the first fault is raised, a
    `VerificationError`.

    `trusted_key` is the fingerprint of the school's key from elsewhere; without it a pack made anew with
    another key looks good. Not checked: what VERIFY.md says under "What it does not show".

    Raises `ArchiveError` when the pack cannot be read, or the passphrase does not open it.
    """
    check = _checked(path, trusted_key, passphrase, progress)
    for fault in check.faults:
        raise VerificationError(*fault)
    return VerifiedPack(
        reference=str(check.facts["reference"]),
        exhibits=len(check.facts["exhibits"]),
        entries=len(check.entries),
        files=len(check.sizes),
        size_bytes=sum(check.sizes.values()),
        fingerprint=check.fingerprint,
        says=tuple(check.shown),
        not_checked=tuple(check.unchecked),
    )


def problems(
    path: Path, *, trusted_key: str = "", passphrase: str | None = None, progress: Progress | None = None
) -> tuple[VerificationError, ...]:
    """Every fault in the pack, for a report; empty when `check_pack` would return."""
    check = _checked(path, trusted_key, passphrase, progress)
    return tuple(VerificationError(*fault) for fault in check.faults)


def _checked(path: Path, trusted_key: str, passphrase: str | None, progress: Progress | None) -> Check:
    """The check of this pack, done. What a pack is made of never raises."""
    told = (trusted_key, progress or _silent)
    with ExitStack() as opened:
        try:
            if path.is_dir():
                return _run(standalone.folder_check(path, *told))
            stream = opened.enter_context(_careful(path))
        except OSError as error:
            raise ArchiveError(f"The pack {path} cannot be read: {error.strerror}. Name another.") from error
        try:
            if passphrase is not None:
                stream = opened.enter_context(_Careful(_unprotect(stream, passphrase)))
            check = _zip_check(opened.enter_context(zipfile.ZipFile(stream)), stream, told)
        except (*_NO_ZIP, OSError) as error:
            check = Check({}, _nothing, *told)
            check.fault(1, path.name, f"it is no zip that can be read ({error!r:.200})")
        return _run(check)


def _run(check: Check) -> Check:
    """Do every step; the tenth as well, unless the pack may not even be opened."""
    check.run()
    if not any(fault.step == 1 for fault in check.faults):
        records = sorted(name for name in check.sizes if _WEB_ARCHIVE.fullmatch(name))
        for name in records:
            check.guarded(10, name, lambda: _step_10(check, name))  # noqa: B023 (called at once)
        if records:
            check.shown.append(f"{len(records)} web archives, each sound from its digests to its index")
    return check


def _step_10(check: Check, name: str) -> None:
    """A web archive holds what its own index says, and every digest in it is right."""
    with check.open(name) as stream:
        for detail in wacz_check.faults(stream):
            check.fault(10, name, detail)


def _zip_check(bag: zipfile.ZipFile, stream: io.BufferedReader, told: tuple[str, Progress]) -> Check:
    """The check of a zip, with the faults that only a zip can have; they belong to step 1."""
    members: dict[str, zipfile.ZipInfo] = {}
    faults: list[tuple[str, str]] = []
    listed = bag.infolist()
    folder = listed[0].filename.partition("/")[0] if listed else ""
    for member in listed:
        top, _, name = member.filename.partition("/")
        kind = stat.S_IFMT(member.external_attr >> 16)
        if member.flag_bits & _ENCRYPTED:
            faults.append((member.filename, "it is under a passphrase, and none was given"))
        elif top != folder or member.orig_filename != member.filename:
            faults.append((repr(member.orig_filename), "it would be unpacked outside the pack's one folder"))
        elif member.is_dir() and not member.file_size and kind in (0, stat.S_IFDIR):
            if name and not standalone.SAFE_NAME.fullmatch(name.rstrip("/")):
                faults.append((repr(name), "no pack has a folder of such a name"))
            continue  # what packing programs add; a folder is nothing by itself
        elif kind not in (0, stat.S_IFREG):
            faults.append((name, "it is a link, or something else that is no plain file"))
        elif member.compress_type not in _TAKEN:
            faults.append((name, "it is compressed in a way that packs do not use"))
        elif name in members:
            faults.append((name, "two files of the zip have this name"))
        members[name] = member
    if sum(each.file_size for each in listed) > MOST_TIMES_ITS_SIZE * _size(stream):
        faults.append(("the zip", f"it would unpack to more than {MOST_TIMES_ITS_SIZE} times its size"))
    if _holds_more_than_it_lists(bag, stream):
        faults.append(("the zip", "it holds bytes that its list of contents does not account for"))
    sizes = {name: each.file_size for name, each in members.items()}
    check = Check(sizes, lambda name: cast(BinaryIO, bag.open(members[name])), *told)
    for where, detail in faults:
        check.fault(1, where, detail)
    return check


def _holds_more_than_it_lists(bag: zipfile.ZipFile, stream: IO[bytes] | io.BufferedReader) -> bool:
    """Whether anything lies before, between or after the listed files (APPNOTE.TXT 4.3.6): programs that read
    a zip from its front would find other files there than those that were checked."""
    end = slack = 0
    for member in sorted(bag.infolist(), key=lambda each: each.header_offset):
        if not end <= member.header_offset <= end + slack:
            return True
        stream.seek(member.header_offset + _LOCAL_HEADER_BYTES - 4)
        end = member.header_offset + _LOCAL_HEADER_BYTES + sum(struct.unpack("<HH", stream.read(4)))
        end += member.compress_size
        slack = _LONGEST_DESCRIPTION_BYTES if member.flag_bits & _DESCRIBED_AFTERWARDS else 0
    return bool(bag.comment) or not end <= bag.start_dir <= end + slack


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


def _nothing(name: str) -> NoReturn:
    raise FileNotFoundError(name)


class _Careful(io.BufferedReader):
    """A file of which nobody reads more than a list of contents may be long, at a time: `zipfile` would take
    a list of any length into memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        left = _size(self) - self.tell()
        if (left if size is None or size < 0 else min(left, size)) > MOST_DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"its list of contents is longer than {MOST_DIRECTORY_BYTES} bytes")
        return super().read(size)


def _careful(path: Path) -> _Careful:
    return _Careful(io.FileIO(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)))


def _size(stream: IO[bytes] | io.BufferedReader) -> int:
    return os.fstat(stream.fileno()).st_size


def _unprotect(stream: io.BufferedReader, passphrase: str) -> io.FileIO:
    """The zip that lies in another one under a passphrase, as a file without a name."""
    import pyzipper

    inner: io.FileIO = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (closed below, or by the caller)
    try:
        with pyzipper.AESZipFile(stream) as outer:
            secret = [each for each in outer.infolist() if each.flag_bits & _ENCRYPTED]
            beside = [each.filename for each in outer.infolist() if not each.flag_bits & _ENCRYPTED]
            if len(secret) != 1 or secret[0].file_size > MOST_TIMES_ITS_SIZE * _size(stream):
                raise zipfile.BadZipFile("not one pack under a passphrase")
            if beside != [_HOW_TO_OPEN] or _holds_more_than_it_lists(outer, stream):
                raise zipfile.BadZipFile("something lies beside the pack, where no signature reaches")
            with outer.open(secret[0], pwd=passphrase.encode()) as source:
                shutil.copyfileobj(source, inner, layout.BLOCK_BYTES)
    except BaseException as error:
        inner.close()
        if isinstance(error, pyzipper.BadZipFile):
            raise zipfile.BadZipFile(str(error)) from error
        if isinstance(error, RuntimeError):
            raise ArchiveError("This passphrase does not open the pack. Ask for it again.") from error
        raise
    inner.seek(0)
    return inner
