"""The chain: one line for each event, each naming the digest of the line before it.

One job: read archive/ledger.jsonl and add to its end, one writer at a time. An entry holds salted
digests, references and offices; nothing that belongs to a person (docs/adr/0004-erasure.md).
What an entry means is decided by `seal`, `erase` and `archive`; whether the chain holds, by `verify`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from monitor.errors import ArchiveError
from monitor.evidence import layout
from monitor.model import Seal

LOCK_PATIENCE_S = 3.0
_LOCK_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the chain. `digest` is its own, `previous` that of the line before.

    `root_digest` is given for sealing and erasure; `folder` and `captured_at` for sealing only; `rule`
    for erasure; `by` (an office) and `reason` for custody events. About the chain itself: `key` with its
    `fingerprint` for a new key; `number` of a checkpoint with the SHA-256 of its files, `checkpoint` and
    `signature` beside `key` when it was made, `token` and `certificate` beside `authority` when its time
    came.
    """

    event: str
    at: datetime
    exhibit_id: str = ""
    sequence: int = 0
    previous: str = ""
    digest: str = ""
    format: int = layout.FORMAT
    root_digest: str = ""
    folder: str = ""
    captured_at: datetime | None = None
    rule: str = ""
    by: str = ""
    reason: str = ""
    number: int = 0
    key: str = ""
    fingerprint: str = ""
    checkpoint: str = ""
    signature: str = ""
    authority: str = ""
    token: str = ""
    certificate: str = ""

    @property
    def about_the_chain(self) -> bool:
        """Whether this is said of the chain itself, and of no exhibit."""
        return self.format > 1 and self.event in (layout.KEYED, layout.CHECKPOINTED, layout.TIMESTAMPED)

    @property
    def seal(self) -> Seal:
        """The entry of a sealing, as the rest of the program knows it."""
        return Seal(
            sequence=self.sequence,
            exhibit_id=self.exhibit_id,
            sealed_at=self.at,
            root_digest=self.root_digest,
            previous=self.previous,
            digest=self.digest,
            folder=self.folder,
        )


def document(entry: Entry) -> dict[str, object]:
    """The entry as JSON holds it, without its own digest."""
    shared: dict[str, object] = {
        "at": layout.utc_text(entry.at),
        "event": entry.event,
        "format": entry.format,
        "previous": entry.previous,
        "sequence": entry.sequence,
    }
    if entry.about_the_chain:
        return shared | _about_the_chain(entry)
    shared["exhibit"] = entry.exhibit_id
    if entry.event == layout.SEALED:
        if entry.captured_at is None:
            raise ValueError("a sealing names the time of its capture")
        captured = layout.utc_text(entry.captured_at)
        return shared | {"captured_at": captured, "folder": entry.folder, "root": entry.root_digest}
    if entry.event in (layout.ERASING, layout.ERASED):
        return shared | {"root": entry.root_digest, "rule": entry.rule}
    return shared | {"by": entry.by, "reason": entry.reason}


def _about_the_chain(entry: Entry) -> dict[str, object]:
    if entry.event == layout.KEYED:
        return {"fingerprint": entry.fingerprint, "key": entry.key}
    if entry.event == layout.CHECKPOINTED:
        files = {"checkpoint": entry.checkpoint, "signature": entry.signature}
        return files | {"key": entry.key, "number": entry.number}
    files = {"certificate": entry.certificate, "token": entry.token}
    return files | {"authority": entry.authority, "number": entry.number}


def own_digest(unsigned: dict[str, object]) -> str:
    """SHA-256 of the canonical line without its `digest`: binds a line even while it is the last."""
    return hashlib.sha256(layout.canonical(unsigned)).hexdigest()


def line(entry: Entry) -> bytes:
    """The line of the ledger that holds this entry."""
    return layout.canonical(document(entry) | {"digest": entry.digest})


def parse_line(line: bytes) -> Entry:
    """The entry that a whole line holds, with everything in it as the format demands.

    Raises `ValueError` for any other line: unknown or missing keys, another spelling of the same JSON.
    Checks neither the line's own digest nor its place in the chain; that is `verify`, step 2.
    """
    found = json.loads(line)
    if not isinstance(found, dict) or layout.canonical(found) != line:
        raise ValueError("not one JSON object in canonical form")
    digest = found.pop("digest", "")
    numbers = {key: found[key] for key in ("format", "number", "sequence") if key in found}
    texts = {key: value for key, value in found.items() if key not in numbers}
    if not all(isinstance(value, str) for value in (digest, *texts.values())):
        raise ValueError("a value is not text")
    if not all(type(value) is int for value in numbers.values()):
        raise ValueError("a number is not a whole number")
    if numbers.get("format") not in layout.FORMATS:
        raise ValueError("it is of a format that this program does not know")
    captured = texts.get("captured_at")
    entry = Entry(
        event=texts.get("event", ""),
        at=layout.utc_time(texts.get("at", "")),
        exhibit_id=texts.get("exhibit", ""),
        sequence=numbers.get("sequence", 0),
        previous=texts.get("previous", ""),
        digest=digest,
        format=numbers["format"],
        root_digest=texts.get("root", ""),
        folder=texts.get("folder", ""),
        captured_at=None if captured is None else layout.utc_time(captured),
        rule=texts.get("rule", ""),
        by=texts.get("by", ""),
        reason=texts.get("reason", ""),
        number=numbers.get("number", 0),
        key=texts.get("key", ""),
        fingerprint=texts.get("fingerprint", ""),
        checkpoint=texts.get("checkpoint", ""),
        signature=texts.get("signature", ""),
        authority=texts.get("authority", ""),
        token=texts.get("token", ""),
        certificate=texts.get("certificate", ""),
    )
    if document(entry) != found:
        raise ValueError("the keys are not those of its event and format")
    if not _is_named(entry) or not layout.SLUG.fullmatch(entry.event):
        raise ValueError("what it is about is not named as the format demands")
    return entry


def _is_named(entry: Entry) -> bool:
    """Whether what the entry is about can be looked for on the disk by its name."""
    if not entry.about_the_chain:
        return layout.EXHIBIT_ID.fullmatch(entry.exhibit_id) is not None
    if entry.event == layout.TIMESTAMPED:
        return entry.number > 0 and layout.AUTHORITY.fullmatch(entry.authority) is not None
    return layout.KEY.fullmatch(entry.key) is not None and (entry.number > 0) == (
        entry.event == layout.CHECKPOINTED
    )


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Hold the archive's only writing place; another writer is waited for a few seconds.

    Raises `ArchiveError` when it stays busy. The system frees the lock if this process dies.
    """
    descriptor = os.open(root / layout.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        patient_until = time.monotonic() + LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > patient_until:
                    raise ArchiveError(
                        "The archive is busy: another program has been writing to it for "
                        f"{LOCK_PATIENCE_S:.0f} seconds. Try again in a minute."
                    ) from None
                time.sleep(_LOCK_PAUSE_S)  # noqa: TID251 (flock has no time-out; seconds at most)
        yield
    finally:
        os.close(descriptor)


class Ledger:
    """The chain of one archive as this process knows it; reads only what was added since last time.

    A last line without its line feed was never finished: readers leave it out, the next writer cuts it
    off. Not to be shared between threads.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = root / layout.LEDGER
        self._forget()

    def _forget(self) -> None:
        self._entries: list[Entry] = []
        self._sealed: dict[str, Entry] = {}
        self._erasing: dict[str, Entry] = {}
        self._erased: dict[str, Entry] = {}
        self._keys: dict[str, Entry] = {}
        self._checkpointed: dict[int, Entry] = {}
        self._timestamped: dict[tuple[int, str], Entry] = {}
        self._read_bytes = 0
        self._file_id = (0, 0)

    def entries(self) -> tuple[Entry, ...]:
        """Every entry, in order."""
        self._catch_up()
        return tuple(self._entries)

    def sealed(self) -> dict[str, Entry]:
        """Exhibit to the entry that sealed it, in order."""
        self._catch_up()
        return self._sealed

    def erasing(self) -> dict[str, Entry]:
        """Exhibit to the entry that ordered its erasure."""
        self._catch_up()
        return self._erasing

    def erased(self) -> dict[str, Entry]:
        """Exhibit to the entry that says its erasure is done."""
        self._catch_up()
        return self._erased

    def head(self) -> str:
        """The digest of the last entry; zeros while there is none."""
        self._catch_up()
        return self._entries[-1].digest if self._entries else layout.NO_ENTRY

    def announced(self) -> dict[str, Entry]:
        """Key to the entry that announced it, in order."""
        self._catch_up()
        return self._keys

    def checkpointed(self) -> dict[int, Entry]:
        """The number of a checkpoint to the entry that says that it was made, in order."""
        self._catch_up()
        return self._checkpointed

    def timestamped(self) -> dict[tuple[int, str], Entry]:
        """The number of a checkpoint and an authority to the entry that says that its token came."""
        self._catch_up()
        return self._timestamped

    def append(self, said: Entry) -> Entry:
        """Add this to the end, in its place in the chain, and flush it; the caller holds `writing`.

        Raises `OSError` with the ledger as it was before.
        """
        self._catch_up()
        previous = self._entries[-1].digest if self._entries else layout.NO_ENTRY
        unsigned = document(replace(said, sequence=len(self._entries) + 1, previous=previous))
        line = layout.canonical(unsigned | {"digest": own_digest(unsigned)})
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.ftruncate(descriptor, self._read_bytes)  # cuts off what a killed writer left unfinished
            try:
                written = 0
                while written < len(line):
                    written += os.pwrite(descriptor, line[written:], self._read_bytes + written)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, self._read_bytes)
                raise
        finally:
            os.close(descriptor)
        sync_folder(self._root)  # the name of a new ledger must be on the disk too
        self._catch_up()
        return self._entries[-1]

    def _catch_up(self) -> None:
        try:
            stream = self._path.open("rb")
        except FileNotFoundError:
            self._forget()
            return
        with stream:
            status = os.fstat(stream.fileno())
            if self._file_id != (status.st_dev, status.st_ino) or status.st_size < self._read_bytes:
                self._forget()
                self._file_id = (status.st_dev, status.st_ino)
            stream.seek(self._read_bytes)
            for line in stream:
                if not line.endswith(b"\n"):
                    break
                self._admit(line)

    def _admit(self, line: bytes) -> None:
        number = len(self._entries) + 1
        try:
            entry = parse_line(line)
        except ValueError as error:
            raise self._unreadable(number, str(error)) from error
        if entry.sequence != number or entry.previous != (
            self._entries[-1].digest if self._entries else layout.NO_ENTRY
        ):
            raise self._unreadable(number, "it does not follow the line before it")
        self._entries.append(entry)
        self._read_bytes += len(line)
        if entry.about_the_chain:
            self._keep_about_the_chain(entry)
        events = {layout.SEALED: self._sealed, layout.ERASING: self._erasing, layout.ERASED: self._erased}
        if entry.event in events:
            events[entry.event].setdefault(entry.exhibit_id, entry)

    def _keep_about_the_chain(self, entry: Entry) -> None:
        if entry.event == layout.KEYED:
            self._keys.setdefault(entry.key, entry)
        elif entry.event == layout.CHECKPOINTED:
            self._checkpointed.setdefault(entry.number, entry)
        else:
            self._timestamped.setdefault((entry.number, entry.authority), entry)

    def _unreadable(self, number: int, why: str) -> ArchiveError:
        return ArchiveError(
            f"Line {number} of {self._path} is not what this program wrote ({why}). Nothing more is "
            "sealed until it is put right. Check the archive with: school-monitor verify"
        )


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk: a file is not safe before its name is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
