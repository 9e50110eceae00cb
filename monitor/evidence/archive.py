"""One archive on disk, as the jobs use it: scratch, seal, find, note, erase.

One job: hold the order between files and chain. Every public method raises `ArchiveError`, in words that
can be shown to the network manager, and nothing else, when the disk or another writer is in the way.
"""

from __future__ import annotations

import errno
import secrets
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from monitor.errors import ArchiveError, TimestampError
from monitor.evidence import checkpoints, layout, tokens
from monitor.evidence.checkpoints import Checkpoint, Proof, Standing
from monitor.evidence.erase import remove_content
from monitor.evidence.keys import SigningKey
from monitor.evidence.ledger import Entry, Ledger, writing
from monitor.evidence.seal import (
    captured_at,
    make_bag,
    make_read_only,
    put_in_place,
    read_record,
    remove_folder,
    root_digest,
    sync_names,
)
from monitor.model import ExhibitRecord, Seal, UnverifiedTime

SALT_BYTES = 32
REASON_CHARACTERS = 200
PROBE_BYTES = 4096


def open_archive(root: Path) -> Archive:
    """The archive in this folder, made if it is not there. No lock is taken before something is written.

    Raises `ArchiveError` when it is not a folder, may not be written to, or its disk is full.
    """
    with _in_plain_words(root):
        root.mkdir(mode=0o750, parents=True, exist_ok=True)
        scratch = root / layout.SCRATCH
        scratch.mkdir(mode=0o750, exist_ok=True)
        # A permission bit does not show a read-only or full disk: try, with a file that never has a name.
        with tempfile.TemporaryFile(dir=scratch) as probe:
            probe.write(bytes(PROBE_BYTES))
    return Archive(root)


class Archive:
    """The sealed exhibits of one school. Get it from `open_archive`. Threads may share one: they take turns,
    and wait for each other however long a sealing takes; only another program is waited for briefly."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ledger = Ledger(root)
        self._lock = threading.Lock()

    # --- from capture to seal ---

    def scratch(self, exhibit_id: str) -> Path:
        """An empty folder for the files of a capture, on the archive's own disk; leftovers are removed."""
        with self._turn():
            bag = self._scratch_bag(exhibit_id)
            remove_folder(bag)
            data = bag / "data"
            data.mkdir(parents=True)
            return data

    def sweep(self, keep: Collection[str]) -> None:
        """Remove the scratch folders of all exhibits but these."""
        with self._turn():
            for folder in sorted((self.root / layout.SCRATCH).iterdir()):
                # Those with a dot belong to erasures, which `finish_erasures` ends.
                if folder.name not in keep and not folder.name.startswith("."):
                    remove_folder(folder)

    def seal(self, record: ExhibitRecord, *, now: datetime) -> Seal:
        """Bind the scratch folder's files and this record into the chain, once and for all.

        Whatever moment an earlier call was killed at, calling again gives one folder and one entry. An
        exhibit that already lies in the archive is sealed as it lies, with its own record and time.
        """
        with self._turn():
            bag = self._scratch_bag(record.exhibit_id)
            with writing(self.root):
                entry = self._ledger.sealed().get(record.exhibit_id)
                if entry is None:
                    folder = self._folder_in_place(record.exhibit_id)
                    if folder is None:
                        folder = layout.exhibit_folder(record.exhibit_id, record.captured_at)
                        make_bag(bag, record, salt=secrets.token_hex(SALT_BYTES))
                        put_in_place(bag, self.root / folder)
                    entry = self._bind(record.exhibit_id, folder, now)
                remove_folder(bag)
                return entry.seal

    def adopt(self, exhibit_id: str, *, now: datetime) -> Seal | None:
        """The seal of what already lies in the archive of this exhibit, bound now if it was not; None
        when nothing does. Ask before capturing again what an interrupted run may have left."""
        with self._turn():
            entry = self._ledger.sealed().get(exhibit_id)
            if entry is None:
                folder = self._folder_in_place(exhibit_id)
                if folder is None:
                    return None
                with writing(self.root):
                    entry = self._ledger.sealed().get(exhibit_id) or self._bind(exhibit_id, folder, now)
            return entry.seal

    # --- reading ---

    def find(self, exhibit_id: str) -> Seal | None:
        """The seal of this exhibit, erased or not; None when it was never sealed."""
        with self._turn():
            entry = self._ledger.sealed().get(exhibit_id)
            return None if entry is None else entry.seal

    def seals(self) -> Iterator[Seal]:
        """Every seal in the order of the chain, those of erased exhibits too."""
        with self._turn():
            entries = tuple(self._ledger.sealed().values())
        yield from (entry.seal for entry in entries)

    def erasures(self) -> frozenset[str]:
        """The exhibits whose content is erased, or ordered to be."""
        with self._turn():
            return frozenset(self._ledger.erasing())

    def history(self, exhibit_id: str) -> tuple[Entry, ...]:
        """Everything the chain says about this exhibit, in order (R79)."""
        with self._turn():
            return tuple(each for each in self._ledger.entries() if each.exhibit_id == exhibit_id)

    def head(self) -> str:
        """The digest of the last entry, to be kept elsewhere: it alone shows a tail that was cut off."""
        with self._turn():
            return self._ledger.head()

    def folder(self, exhibit_id: str) -> Path:
        """Where the exhibit lies. Raises `ArchiveError` when it was never sealed, or is erased."""
        with self._turn():
            entry = self._sealed_entry(exhibit_id)
            erasing = self._ledger.erasing().get(exhibit_id)
            if erasing is not None:
                raise ArchiveError(
                    f"{exhibit_id} was erased on {erasing.at:%d %B %Y} (UTC) under rule {erasing.rule}; "
                    "only its tombstone is kept."
                )
            return self.root / entry.folder

    def record(self, exhibit_id: str) -> Mapping[str, object]:
        """What was sealed about the exhibit: its data/record.json. Raises `ArchiveError`, see `folder`."""
        folder = self.folder(exhibit_id)
        with self._turn():
            return _readable_record(folder)

    # --- custody and erasure ---

    def note(self, exhibit_id: str, event: str, by: str, *, now: datetime, reason: str = "") -> Entry:
        """Write into the chain that an office viewed, exported or handed over this exhibit (R79).

        `event` and `by` are words such as `viewed` and `headteacher`; `reason` is one printable line
        of up to 200 characters. None may hold anything personal: the chain is never erased.
        """
        with self._turn():
            if not layout.SLUG.fullmatch(event) or event in layout.NOT_CUSTODY:
                raise ArchiveError(f"{event!r} is not a custody event.")
            if not layout.SLUG.fullmatch(by):
                raise ArchiveError("A custody entry names an office, such as headteacher, never a person.")
            if len(reason) > REASON_CHARACTERS or not reason.isprintable():
                raise ArchiveError(f"A custody reason is one line of up to {REASON_CHARACTERS} characters.")
            with writing(self.root):
                self._sealed_entry(exhibit_id)
                return self._ledger.append(Entry(event, now, exhibit_id, by=by, reason=reason))

    def erase(self, exhibit_id: str, *, rule: str, now: datetime) -> Entry:
        """Remove the content of an exhibit under a numbered retention rule, for good (R126).

        Leaves a tombstone; the chain still verifies. Calling again changes nothing and returns the same
        entry. Whether the rule applies and no legal hold forbids it is decided before.
        """
        with self._turn():
            if not layout.RULE.fullmatch(rule):
                raise ArchiveError("An erasure names the retention rule that orders it, and nothing else.")
            with writing(self.root):
                sealed = self._sealed_entry(exhibit_id)
                if exhibit_id not in self._ledger.erasing():
                    root = sealed.root_digest
                    self._ledger.append(Entry(layout.ERASING, now, exhibit_id, root_digest=root, rule=rule))
                return self._finish_erasure(exhibit_id, now)

    def finish_erasures(self, *, now: datetime) -> tuple[str, ...]:
        """End every erasure that was interrupted; returns the exhibits. Call it when the service starts."""
        with self._turn(), writing(self.root):
            open_ones = tuple(each for each in self._ledger.erasing() if each not in self._ledger.erased())
            for exhibit_id in open_ones:
                self._finish_erasure(exhibit_id, now)
            return open_ones

    # --- what others vouch for ---

    def checkpoint(self, signer: SigningKey, *, now: datetime) -> Checkpoint | None:
        """Bind the chain so far into a signed checkpoint; None when there is nothing new to bind.

        Whatever moment an earlier call was killed at, calling again ends it. A key that the chain does
        not know yet is announced in it first.
        """
        with self._turn(), writing(self.root):
            return checkpoints.make(self.root, self._ledger, signer, now=now)

    def hand_over(self, old: SigningKey, new: SigningKey, *, now: datetime) -> None:
        """Announce a new key, and let the old one sign one last checkpoint, which covers the announcement.

        From then on checkpoints are made with the new key. Calling again changes nothing.
        """
        with self._turn(), writing(self.root):
            checkpoints.announce(self.root, self._ledger, new.public, now=now)
            checkpoints.make(self.root, self._ledger, old, now=now)

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Every checkpoint that the chain names, in order."""
        with self._turn():
            return tuple(
                checkpoints.read(self.root, self._ledger, number) for number in self._ledger.checkpointed()
            )

    def timestamped(self) -> Mapping[tuple[int, str], datetime]:
        """Which checkpoints got a time by which authority, and when that was written into the chain."""
        with self._turn():
            return {which: entry.at for which, entry in self._ledger.timestamped().items()}

    def standing(self) -> Standing:
        """How far the chain is vouched for: its newest checkpoint, and the newest time of each authority."""
        with self._turn():
            return checkpoints.standing(self.root, self._ledger)

    def untimed(self, authority: str) -> tuple[Checkpoint, ...]:
        """The checkpoints since the newest one to which this authority gave a time, in order."""
        with self._turn():
            return checkpoints.untimed(self.root, self._ledger, authority)

    def keep_time(
        self,
        number: int,
        authority: str,
        unverified: UnverifiedTime,
        *,
        certificates: bytes,
        revocation_lists: Sequence[bytes] = (),
        now: datetime,
    ) -> datetime:
        """Keep the reply of an authority to a checkpoint once it has been checked; returns the time in it.

        Raises `TimestampError` when it does not hold, or differs from `now` by more than `CLOCK_TOLERANCE`;
        `CannotCheck` where it cannot be checked. Then nothing is kept. Calling again keeps the first.
        """
        with self._turn():
            checkpoint = checkpoints.read(self.root, self._ledger, number)
            moment = tokens.check(
                unverified.reply,
                checkpoint.content,
                certificates=certificates,
                nonce=unverified.nonce,
                revocation_lists=revocation_lists,
            )
            if abs(moment - now) > layout.CLOCK_TOLERANCE:
                raise TimestampError(
                    f"its time is {layout.utc_text(moment)}, this machine's {layout.utc_text(now)}"
                )
            with writing(self.root):
                checkpoints.keep_token(
                    self.root,
                    self._ledger,
                    number,
                    authority=authority,
                    reply=unverified.reply,
                    certificates=certificates,
                    now=now,
                )
            return moment

    def proofs(self, exhibit_ids: Collection[str]) -> tuple[Proof, ...]:
        """For every entry about these exhibits, the proof that a checkpoint covers it: the first that does.

        Raises `ArchiveError` when an entry is not covered yet: make a checkpoint before.
        """
        with self._turn():
            return checkpoints.proofs(self.root, self._ledger, exhibit_ids)

    def vouchers(self, numbers: Collection[int]) -> tuple[str, ...]:
        """The files, below the archive, that vouch for these checkpoints: each checkpoint, its signature and
        tokens, the public keys and the authorities' certificates."""
        with self._turn():
            return checkpoints.vouchers(self._ledger, numbers)

    # --- the steps, under the lock ---

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock, _in_plain_words(self.root):
            yield

    def _scratch_bag(self, exhibit_id: str) -> Path:
        if not layout.EXHIBIT_ID.fullmatch(exhibit_id):
            raise ArchiveError(f"{exhibit_id!r} cannot be the reference of an exhibit.")
        return self.root / layout.SCRATCH / exhibit_id

    def _folder_in_place(self, exhibit_id: str) -> str | None:
        # A capture repeated after a kill may carry another time, even another month: look in all.
        for month in layout.month_folders(self.root):
            if (self.root / month / exhibit_id).is_dir():
                return f"{month}/{exhibit_id}"
        return None

    def _bind(self, exhibit_id: str, folder: str, now: datetime) -> Entry:
        place = self.root / folder
        record = _readable_record(place)
        captured = captured_at(record)
        # Only somebody else can have put it there like this; the chain must not vouch for it.
        if record.get("exhibit_id") != exhibit_id or folder != layout.exhibit_folder(exhibit_id, captured):
            raise ArchiveError(f"{place} holds the record of another exhibit; it is not sealed.")
        # Here, not after the rename: an earlier run may have been stopped, or refused, between the two.
        sync_names(place, self.root / layout.SCRATCH)
        make_read_only(place)
        digest = root_digest(place)
        return self._ledger.append(
            Entry(layout.SEALED, now, exhibit_id, root_digest=digest, folder=folder, captured_at=captured)
        )

    def _sealed_entry(self, exhibit_id: str) -> Entry:
        entry = self._ledger.sealed().get(exhibit_id)
        if entry is None:
            raise ArchiveError(f"There is no sealed exhibit {exhibit_id!r} in {self.root}.")
        return entry

    def _finish_erasure(self, exhibit_id: str, now: datetime) -> Entry:
        done = self._ledger.erased().get(exhibit_id)
        if done is not None:
            return done
        sealed, erasing = self._ledger.sealed()[exhibit_id], self._ledger.erasing()[exhibit_id]
        remove_content(self.root, sealed, erasing)
        return self._ledger.append(
            Entry(layout.ERASED, now, exhibit_id, root_digest=sealed.root_digest, rule=erasing.rule)
        )


def _readable_record(exhibit: Path) -> Mapping[str, object]:
    try:
        found = read_record(exhibit)
        captured_at(found)
    except ValueError as error:
        raise ArchiveError(
            f"The record of {exhibit.name} is not what this program wrote: {error}."
        ) from error
    return found


@contextmanager
def _in_plain_words(root: Path) -> Iterator[None]:
    """Turn what the system says into what a network manager can act on."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(_plain_words(root, error)) from error


def _plain_words(root: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk that holds the archive {root} is full. Make room; nothing is lost meanwhile."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"The archive {root} cannot be written to. Give this program's user the right to write there."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"The archive {root} is not a folder. Name a folder in the settings."
    return f"The archive {root} cannot be used: {error.strerror or error}."
