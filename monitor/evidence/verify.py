"""Check an archive against itself: nothing but the folder is needed, and nothing in it is changed.

One job: the numbered steps of archive/README.md, in their order. Standard library only; works on a
read-only copy. It shares with the writer how things are spelt: the format (`layout`), a line of the
chain and its digest (`ledger`) and a tombstone (`erase.tombstone_document`). It calls nothing that writes.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

from monitor.errors import (
    ChainBroken,
    DigestMismatch,
    MalformedArchive,
    MissingFile,
    UnlistedFile,
    VerificationError,
)
from monitor.evidence import layout, wacz_check, witnesses
from monitor.evidence.erase import tombstone_document
from monitor.evidence.ledger import Entry, document, own_digest, parse_line
from monitor.evidence.witnesses import LatestTime

MOST_LEDGER_BYTES = 1 << 30
MOST_LIST_BYTES = 64 << 20
"""Of a file of an exhibit that is read whole: its lists, its record, its tombstone."""

Progress = Callable[[int, int], None]
"""Told how many exhibits are checked, of how many."""

Sample = Callable[[Sequence[str]], Collection[str]]
"""Given the folders of all exhibits, the ones whose files are to be read."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who vouches for the chain, and how far. Compare `key`, the SHA-256 of the public key of the newest
    checkpoint, with the fingerprint kept elsewhere.

    `covered` entries lie under the newest checkpoint; `uncovered_exhibits` were sealed after it. `times` is
    the newest of each authority. `unfinished` are files of a checkpoint that was interrupted; the service
    ends it at its next run. `not_checked` is what this machine could not check, `notes` what a person should
    know, in words.
    """

    checkpoints: int = 0
    covered: int = 0
    uncovered_exhibits: int = 0
    key: str = ""
    times: tuple[LatestTime, ...] = ()
    unfinished: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifiedArchive:
    """What was checked and holds. Compare `head` with the one kept elsewhere: see archive/README.md.

    `unfinished_erasures` are exhibits whose erasure is ordered but was interrupted; the service ends it
    at its next start. `sampled` is None when every file was read; otherwise only those of so many exhibits
    were, and of the others no more than which files there are. `web_archives` lie in the exhibits that were
    read; `inside` says whether they were opened as well.
    """

    entries: int
    exhibits: int
    erased: int
    files: int
    size_bytes: int
    head: str
    unfinished_erasures: tuple[str, ...] = ()
    vouched: Vouched = Vouched()
    sampled: int | None = None
    web_archives: int = 0
    inside: bool = False


def check_archive(
    root: Path,
    progress: Progress | None = None,
    *,
    key: str | None = None,
    sample: Sample | None = None,
    inside: bool = False,
) -> VerifiedArchive:
    """Every step holds for this archive, or the first fault is raised as a `VerificationError`.

    A living archive may be checked while exhibits are sealed; one that is erased meanwhile may be named.
    `key` is the fingerprint of the signing key that was kept elsewhere, as hex, or the beginning of it.
    With a `sample` steps 1 to 7 and 10 to 13 are whole, and of step 8 the lists; digests of the files under
    data/, and step 9, only for the exhibits that it chooses. Step 14 is done when `inside` is asked for, for
    the exhibits whose files are read: it takes about a dozen times as long as their digests.

    Not checked: whether the tail of the chain was cut off together with its folders (compare `head`),
    and whether the clock was right. A file that cannot be read, or is far larger than any of ours, is a
    fault, not an error of another kind.
    """
    return _check(root, _raise, progress, key, sample, inside=inside)


def problems(
    root: Path,
    progress: Progress | None = None,
    *,
    key: str | None = None,
    sample: Sample | None = None,
    inside: bool = False,
) -> tuple[VerificationError, ...]:
    """Every fault in the archive, for a report; empty when `check_archive` would return.

    One cause may show more than once: a changed file is also a changed exhibit.
    """
    found: list[VerificationError] = []
    _check(root, found.append, progress, key, sample, inside=inside)
    return tuple(found)


def _raise(fault: VerificationError) -> NoReturn:
    raise fault


def _check(
    root: Path,
    fault: Callable[[VerificationError], None],
    progress: Progress | None,
    key: str | None,
    sample: Sample | None,
    *,
    inside: bool,
) -> VerifiedArchive:
    """The numbered verification steps of archive/README.md.

    1. The ledger is whole lines of canonical JSON, each an entry of format 1 or 2.
    2. The entries are numbered from 1; each names its own digest and that of the entry before it.
    3. The entries make sense together: an exhibit is sealed once, in a folder of its own, before anything
       else is said of it; it is erased at most once, under one rule, after that was ordered. Checkpoints
       are numbered from 1, each by a key that was announced; a time is said of a checkpoint that was made.
    4. The archive holds a folder for each sealed exhibit and nothing else.
    5. An erased exhibit is exactly the tombstone that the chain describes.
    6. The digest of the exhibit's tag manifest is the root digest in its entry.
    7. The tag manifest lists exactly the three tag files, each with its digest.
    8. The manifest lists exactly the files under data/, each with its digest, and nothing else is there.
    9. The record names the exhibit, the time and the files that the entry and the manifest name.
    10. The checkpoints and keys are exactly those that the chain names, and agree with it.
    11. Each checkpoint is signed by the key that it names.
    12. Each time by others is over its checkpoint, and leads to the certificates kept here.
    13. This server's clock agrees with the times by others.
    14. Each web archive is sound from within; only when `inside` is asked for.

    `fault` is given each fault as it is found; when it returns, checking goes on as far as it can.
    """
    ledger = b""
    present: tuple[str, ...] = ()
    astray: tuple[str, ...] = ()
    vouching: frozenset[str] = frozenset()
    try:
        with _writer_held_off(root):
            ledger, present, astray, vouching = _look(root)
    except OSError as error:
        fault(MalformedArchive(1, layout.LEDGER, f"the archive cannot be read: {error.strerror}"))

    # Step 1: the ledger is whole lines of canonical JSON, each an entry of format 1 or 2.
    entries: list[Entry] = []
    for number, line in enumerate(ledger.splitlines(keepends=True), start=1):
        where = f"{layout.LEDGER} line {number}"
        if not line.endswith(b"\n"):
            fault(MalformedArchive(1, where, "the line is torn: it does not end in a line feed"))
            continue
        try:
            entries.append(parse_line(line))
        except (ValueError, RecursionError) as error:
            fault(MalformedArchive(1, where, f"not an entry: {error}"))

    # Step 2: numbered from 1; each names its own digest and that of the entry before it.
    before = layout.NO_ENTRY
    for number, entry in enumerate(entries, start=1):
        where = f"{layout.LEDGER} entry {entry.sequence}"
        if entry.sequence != number:
            fault(ChainBroken(2, where, f"entry {number} is expected here: one is missing, moved or doubled"))
        elif entry.previous != before:
            fault(ChainBroken(2, where, "it does not name the digest of the entry before it"))
        elif entry.digest != own_digest(document(entry)):
            fault(ChainBroken(2, where, "it is not what its own digest says: it was altered"))
        before = entry.digest

    # Step 3: the entries make sense together.
    sealed: dict[str, Entry] = {}
    erasing: dict[str, Entry] = {}
    erased: dict[str, Entry] = {}
    announced: set[str] = set()
    made: set[int] = set()
    timed: set[tuple[int, str]] = set()
    for entry in entries:
        where = f"{layout.LEDGER} entry {entry.sequence}"
        exhibit = entry.exhibit_id
        if entry.about_the_chain:
            if entry.event == layout.KEYED:
                if entry.key in announced:
                    fault(ChainBroken(3, where, f"the key {entry.key} is announced a second time"))
                announced.add(entry.key)
            elif entry.event == layout.CHECKPOINTED:
                if entry.number != len(made) + 1:
                    fault(ChainBroken(3, where, f"checkpoint {len(made) + 1} is expected here"))
                if entry.key not in announced:
                    fault(ChainBroken(3, where, f"the key {entry.key} was not announced before this"))
                made.add(entry.number)
            else:
                if entry.number not in made:
                    fault(ChainBroken(3, where, f"checkpoint {entry.number} was not made before this"))
                if (entry.number, entry.authority) in timed:
                    fault(ChainBroken(3, where, f"{entry.authority} gives its time a second time"))
                timed.add((entry.number, entry.authority))
        elif entry.event == layout.SEALED:
            if exhibit in sealed:
                fault(ChainBroken(3, where, f"{exhibit} is sealed a second time"))
                continue
            if entry.captured_at is None or entry.folder != layout.exhibit_folder(exhibit, entry.captured_at):
                fault(ChainBroken(3, where, f"{exhibit} cannot lie in the folder {entry.folder!r}"))
                continue
            if not layout.HEX_DIGEST.fullmatch(entry.root_digest):
                fault(ChainBroken(3, where, "the root is not a SHA-256 digest"))
                continue
            sealed[exhibit] = entry
        elif exhibit not in sealed:
            fault(ChainBroken(3, where, f"{exhibit} was not sealed before this"))
        elif entry.event in (layout.ERASING, layout.ERASED):
            stage = erasing if entry.event == layout.ERASING else erased
            if exhibit in stage:
                fault(ChainBroken(3, where, f"{exhibit} is erased a second time"))
            elif entry.root_digest != sealed[exhibit].root_digest:
                fault(ChainBroken(3, where, f"it erases something that was not sealed as {exhibit}"))
            elif stage is erased and (exhibit not in erasing or erasing[exhibit].rule != entry.rule):
                fault(ChainBroken(3, where, f"the erasure of {exhibit} was not ordered under this rule"))
            else:
                stage[exhibit] = entry

    # Step 4: a folder for each sealed exhibit and nothing else.
    for path in astray:
        fault(UnlistedFile(4, path, "nothing in the chain names this"))
    places = {entry.folder: entry for entry in sealed.values()}
    for path in present:
        if path not in places:
            fault(UnlistedFile(4, path, "no entry of the chain seals this exhibit"))
    lying = frozenset(present)
    for path, entry in places.items():
        # Between the two moves of an interrupted erasure nothing lies here, and that is known.
        if path not in lying and (entry.exhibit_id not in erasing or entry.exhibit_id in erased):
            fault(MissingFile(4, path, f"entry {entry.sequence} sealed this exhibit; its folder is gone"))

    buffer = memoryview(bytearray(layout.BLOCK_BYTES))
    file_count = byte_count = 0
    to_check = [(path, entry) for path, entry in places.items() if path in lying]
    lists = [path for path, _entry in to_check]
    chosen = frozenset(lists if sample is None else sample(lists))
    web_archives: list[str] = []
    for done, (path, entry) in enumerate(to_check, start=1):
        folder = f"{root}/{path}"  # plain text from here: joining paths costs more than a small file's digest
        try:
            found = layout.listing(folder)
            order = erasing.get(entry.exhibit_id)
            for strange in found.strange:
                fault(MalformedArchive(4, f"{path}/{strange}", "neither a file nor a folder; never followed"))

            # Step 5: an erased exhibit is exactly the tombstone that the chain describes.
            if order is not None and (entry.exhibit_id in erased or layout.TOMBSTONE in found.files):
                for name in sorted((found.files | found.folders) - {layout.TOMBSTONE}):
                    fault(UnlistedFile(5, f"{path}/{name}", "content lies in an exhibit that was erased"))
                if layout.TOMBSTONE not in found.files:
                    fault(MissingFile(5, f"{path}/{layout.TOMBSTONE}", "the tombstone is gone"))
                elif _content(f"{folder}/{layout.TOMBSTONE}") != layout.canonical(
                    tombstone_document(entry, order)
                ):
                    fault(DigestMismatch(5, f"{path}/{layout.TOMBSTONE}", "not the tombstone of the chain"))
                continue

            # Step 6: the digest of the tag manifest is the root digest in the entry.
            listed: dict[str, str] | None = None
            if layout.TAG_MANIFEST not in found.files:
                fault(MissingFile(6, f"{path}/{layout.TAG_MANIFEST}", "the sealed file is gone"))
            else:
                tag_manifest = _content(f"{folder}/{layout.TAG_MANIFEST}")
                byte_count += len(tag_manifest)
                if hashlib.sha256(tag_manifest).hexdigest() != entry.root_digest:
                    fault(
                        DigestMismatch(
                            6, f"{path}/{layout.TAG_MANIFEST}", f"not what entry {entry.sequence} sealed"
                        )
                    )
                # Even so the files are held against it: what else was changed is named as well.
                listed = _manifest(7, f"{path}/{layout.TAG_MANIFEST}", tag_manifest, fault)

            # Step 7: the tag manifest lists exactly the three tag files, each with its digest.
            if listed is not None and tuple(sorted(listed)) != layout.TAG_FILES:
                fault(
                    MalformedArchive(
                        7, f"{path}/{layout.TAG_MANIFEST}", "it does not list the three tag files"
                    )
                )
            own = {layout.TAG_MANIFEST, *layout.TAG_FILES}
            for name in sorted(
                each for each in found.files if not each.startswith("data/") and each not in own
            ):
                fault(UnlistedFile(7, f"{path}/{name}", "no manifest names this file"))
            for name in layout.TAG_FILES:
                if name not in found.files:
                    fault(MissingFile(7, f"{path}/{name}", "the sealed file is gone"))
                    continue
                if listed is None or name not in listed:
                    continue
                tags = _content(f"{folder}/{name}")
                byte_count += len(tags)
                if hashlib.sha256(tags).hexdigest() != listed[name]:
                    fault(DigestMismatch(7, f"{path}/{name}", "not the file that was sealed"))

            # Step 8: the manifest lists exactly the files under data/, each with its digest.
            if layout.MANIFEST not in found.files:
                continue  # named in step 7
            manifest = _content(f"{folder}/{layout.MANIFEST}")
            payload = _manifest(8, f"{path}/{layout.MANIFEST}", manifest, fault)
            if payload is None:
                continue
            for name in payload:
                if not layout.PAYLOAD_PATH.fullmatch(name):
                    fault(
                        MalformedArchive(8, f"{path}/{layout.MANIFEST}", f"it names {name!r}, outside data/")
                    )
            for name in sorted(each for each in found.files if each.startswith("data/")):
                if name not in payload:
                    fault(UnlistedFile(8, f"{path}/{name}", "the manifest does not name this file"))
            for name in sorted(found.folders - layout.folders_needed((*found.files, *payload))):
                fault(UnlistedFile(8, f"{path}/{name}/", "an empty folder that was not sealed"))
            sizes: dict[str, int] = {}
            for name in sorted(payload):
                if name not in found.files:
                    fault(MissingFile(8, f"{path}/{name}", "the sealed file is gone"))
                    continue
                if path not in chosen:
                    continue
                measured = layout.measure(f"{folder}/{name}", buffer)
                file_count += 1
                byte_count += measured.size_bytes
                if measured.sha256 == payload[name]:
                    sizes[name] = measured.size_bytes
                else:
                    fault(DigestMismatch(8, f"{path}/{name}", "not the file that was sealed"))

            if path not in chosen:
                continue  # only its lists were asked for

            # Step 9: the record names the exhibit, the time and the files of the entry and the manifest.
            where = f"{path}/{layout.RECORD}"
            if layout.RECORD not in payload:
                fault(MalformedArchive(9, where, "the exhibit has no record"))
                continue
            if layout.WEB_ARCHIVE in sizes:
                web_archives.append(f"{path}/{layout.WEB_ARCHIVE}")
            if len(sizes) != len(payload):
                continue  # named in step 8
            record = _record(where, _content(f"{folder}/{layout.RECORD}"), fault)
            if record is None:
                continue
            if record.get("exhibit_id") != entry.exhibit_id:
                fault(
                    MalformedArchive(
                        9, where, f"the record is of another exhibit than entry {entry.sequence}"
                    )
                )
            if entry.captured_at is None or record.get("captured_at") != layout.utc_text(entry.captured_at):
                fault(
                    MalformedArchive(9, where, f"the record gives another time than entry {entry.sequence}")
                )
            if record.get("files") != [
                {"path": name, "bytes": sizes[name], "sha256": payload[name]}
                for name in sorted(payload)
                if name != layout.RECORD
            ]:
                fault(
                    MalformedArchive(
                        9, where, "the record lists other files than the manifest, or other sizes"
                    )
                )
        except OSError as error:
            name = os.path.relpath(error.filename, root) if error.filename else path
            fault(MalformedArchive(4, name, f"it cannot be read: {error.strerror}"))
        finally:
            if progress is not None:
                progress(done, len(to_check))

    # Step 10: the checkpoints and keys are exactly those that the chain names, and agree with it.
    testimony = witnesses.check_files(root, entries, vouching, fault)

    # Step 11: each checkpoint is signed by the key that it names.
    witnesses.check_signatures(testimony, key, fault)

    # Step 12: each time by others is over its checkpoint, and leads to the certificates kept here.
    witnesses.check_tokens(testimony, fault)

    # Step 13: this server's clock agrees with the times by others.
    witnesses.check_clock(entries, testimony, fault)

    # Step 14: each web archive is sound from within.
    for where in web_archives if inside else ():
        try:
            with _opened(f"{root}/{where}") as package:
                for detail in wacz_check.faults(package):
                    fault(MalformedArchive(14, where, detail))
        except OSError as error:
            fault(MalformedArchive(14, where, f"it cannot be read: {error.strerror}"))

    latest = testimony.latest
    covered = latest.size if latest else 0
    return VerifiedArchive(
        entries=len(entries),
        exhibits=len(sealed) - len(erasing),
        erased=len(erased),
        files=file_count,
        size_bytes=byte_count,
        head=before,
        unfinished_erasures=tuple(each for each in erasing if each not in erased),
        vouched=Vouched(
            checkpoints=len(made),
            covered=covered,
            uncovered_exhibits=sum(entry.sequence > covered for entry in sealed.values()),
            key=testimony.announced[latest.key].fingerprint if latest else "",
            times=testimony.latest_times(),
            unfinished=tuple(testimony.unfinished),
            not_checked=tuple(testimony.not_checked),
            notes=tuple(testimony.notes),
        ),
        sampled=None if sample is None else len(chosen),
        web_archives=len(web_archives),
        inside=inside,
    )


def _look(root: Path) -> tuple[bytes, tuple[str, ...], tuple[str, ...], frozenset[str]]:
    """The ledger, the exhibit folders, what else lies in the archive above them, and the files that vouch."""
    present = tuple(layout.exhibit_folders(root))
    known = {*present, *(path.rpartition("/")[0] for path in present), *(path[:4] for path in present)}
    astray: list[str] = []
    vouching: set[str] = set()
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(root / below) as found:
            for each in found:
                path = below + each.name
                if below == "" and each.name == layout.SCRATCH and each.is_dir(follow_symlinks=False):
                    continue
                if path in (layout.CHECKPOINTS, layout.KEYS) and each.is_dir(follow_symlinks=False):
                    lying = layout.listing(root / path)
                    vouching |= {f"{path}/{name}" for name in lying.files}
                    # An empty keys/tsa is what a run leaves that was stopped at its first token.
                    strange = (*lying.strange, *lying.folders)
                    astray += [f"{path}/{name}" for name in strange if f"{path}/{name}" != layout.AUTHORITIES]
                    continue
                if below == "" and each.name in (layout.LEDGER, layout.LOCK, layout.README):
                    if not each.is_file(follow_symlinks=False):
                        astray.append(path)
                elif path in known:
                    if path not in present:
                        waiting.append(path + "/")
                elif not _is_empty_place(Path(each.path), path):
                    astray.append(path)
    # A new archive has none; any exhibit in it is then named in step 4. What is no plain file is named
    # there too, and not opened: a pipe would be waited for without end.
    place = root / layout.LEDGER
    is_there = place.is_file() and not place.is_symlink()
    ledger = _content(str(place), most_bytes=MOST_LEDGER_BYTES) if is_there else b""
    return ledger, present, tuple(sorted(astray)), frozenset(vouching)


def _is_empty_place(folder: Path, path: str) -> bool:
    """Whether this is a year or month made for an exhibit that then was not put there."""
    year, _, month = path.partition("/")
    if folder.is_symlink() or not folder.is_dir() or not layout.YEAR.fullmatch(year):
        return False
    if month:
        return layout.MONTH.fullmatch(month) is not None and not any(folder.iterdir())
    return all(_is_empty_place(each, f"{path}/{each.name}") for each in folder.iterdir())


@contextmanager
def _writer_held_off(root: Path) -> Iterator[None]:
    """Look between two seals of a living archive, not in the middle of one. A copy has no writer."""
    try:
        descriptor = os.open(root / layout.LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):  # a file system without locks; then there is no writer of ours either
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _opened(path: str) -> BinaryIO:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return cast(BinaryIO, os.fdopen(descriptor, "rb", buffering=0))


def _content(path: str, *, most_bytes: int = MOST_LIST_BYTES) -> bytes:
    with _opened(path) as stream:
        if os.fstat(stream.fileno()).st_size > most_bytes:
            raise OSError(errno.EFBIG, f"it is larger than {most_bytes} bytes", path)
        return stream.read()


def _manifest(
    step: int, where: str, content: bytes, fault: Callable[[VerificationError], None]
) -> dict[str, str] | None:
    try:
        return layout.parse_manifest(content)
    except ValueError as error:
        fault(MalformedArchive(step, where, f"not a manifest: {error}"))
        return None


def _record(
    where: str, content: bytes, fault: Callable[[VerificationError], None]
) -> dict[str, object] | None:
    try:
        found = json.loads(content)
        if isinstance(found, dict):
            return found
        fault(MalformedArchive(9, where, "the record is not a JSON object"))
    except (ValueError, RecursionError) as error:
        fault(MalformedArchive(9, where, f"the record is not JSON: {error}"))
    return None
