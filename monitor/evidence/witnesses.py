"""What signatures and times by others say of the chain: steps 10 to 13 of archive/README.md.

One job: those steps, called by `verify` in their order. Standard library only, but for the signatures and
tokens themselves: where the packages that check them are not installed, what was not checked is said.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from monitor.errors import (
    CannotCheck,
    ChainBroken,
    DigestMismatch,
    MalformedArchive,
    MissingFile,
    TimestampError,
    UnlistedFile,
    VerificationError,
)
from monitor.evidence import checkpoints, layout, tokens
from monitor.evidence.checkpoints import Checkpoint
from monitor.evidence.keys import PublicKey, public_key
from monitor.evidence.ledger import Entry

Fault = Callable[[VerificationError], None]

_MOST_BYTES = 1 << 20
"""No file that vouches for the chain comes near this size."""

_CHECKPOINT = re.compile(rf"{layout.CHECKPOINTS}/([1-9][0-9]{{0,9}})\.json")
_TOKEN = re.compile(rf"{layout.CHECKPOINTS}/([1-9][0-9]{{0,9}})\.({layout.AUTHORITY.pattern})\.tsr")
_AUTHORITY = re.compile(rf"{layout.AUTHORITIES}/({layout.AUTHORITY.pattern})\.pem")
_CERTIFICATES = re.compile(rb"(?:-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n)+")


@dataclass(frozen=True, slots=True)
class LatestTime:
    """The newest time that an authority gave: `covered` entries existed `at` that moment, at the latest."""

    authority: str
    at: datetime
    checkpoint: int
    covered: int


@dataclass(slots=True)
class Testimony:
    """What was found so far about those who vouch for the chain.

    `files` holds what could be read; `made` and `announced` the entries of checkpoints and keys. The rest is
    what held: `unfinished` are files in their place that no entry names yet, because the service was stopped
    in between (it ends that at its next run).
    """

    files: dict[str, bytes] = field(default_factory=dict)
    made: dict[int, Entry] = field(default_factory=dict)
    announced: dict[str, Entry] = field(default_factory=dict)
    keys: dict[str, PublicKey] = field(default_factory=dict)
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    times: dict[tuple[int, str], datetime] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def latest_times(self) -> tuple[LatestTime, ...]:
        """The newest time of each authority, by name."""
        newest: dict[str, LatestTime] = {}
        for (number, authority), moment in sorted(self.times.items()):
            newest[authority] = LatestTime(authority, moment, number, self.checkpoints[number].size)
        return tuple(newest[authority] for authority in sorted(newest))

    @property
    def latest(self) -> Checkpoint | None:
        """The newest checkpoint that the chain names and that agrees with it."""
        named = [number for number in self.checkpoints if number in self.made]
        return self.checkpoints[max(named)] if named else None


def check_files(root: Path, entries: Sequence[Entry], lying: Collection[str], fault: Fault) -> Testimony:
    """Step 10: the files that vouch are those that the chain names, and agree with it.

    `lying` are the files below checkpoints/ and keys/, as paths below the archive.
    """
    found = Testimony()
    wanted = _named_files(entries, found, fault)
    for name in sorted(lying):
        try:
            found.files[name] = _content(root / name)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            fault(MalformedArchive(10, name, f"it cannot be read: {why}"))
    for name, (sequence, digest) in wanted.items():
        if name not in lying:
            fault(MissingFile(10, name, f"entry {sequence} names this file; it is gone"))
        elif name in found.files and hashlib.sha256(found.files[name]).hexdigest() != digest:
            fault(DigestMismatch(10, name, f"not the file that entry {sequence} names"))
            del found.files[name]
    _check_keys(found, fault)
    _check_checkpoints(entries, found, fault)
    keys = {layout.key_file(name) for name in found.announced}
    _check_unnamed(found, set(lying) - wanted.keys() - keys, fault)
    return found


def check_signatures(found: Testimony, pinned: str | None, fault: Fault) -> None:
    """Step 11: each checkpoint is signed by its key; if a fingerprint was kept elsewhere, by that one."""
    for number, checkpoint in sorted(found.checkpoints.items()):
        name = layout.signature_file(number)
        if checkpoint.key not in found.keys or name not in found.files:
            continue  # named in step 10, or never signed
        try:
            found.keys[checkpoint.key].check(found.files[name], checkpoint.content)
        except ValueError as error:
            fault(DigestMismatch(11, name, str(error)))
        except CannotCheck as error:
            found.not_checked.append(f"The signatures were not checked. {error}")
            break
    _check_succession(found, pinned, fault)


def check_tokens(found: Testimony, fault: Fault) -> None:
    """Step 12: each time is over its checkpoint, by the authority whose certificates lie here."""
    refused: set[str] = set()
    for name in sorted(found.files):
        token = _TOKEN.fullmatch(name)
        if token is None:
            continue
        number, authority = int(token[1]), token[2]
        certificates = found.files.get(layout.authority_file(authority))
        checkpoint = found.checkpoints.get(number)
        if certificates is None or checkpoint is None:
            if name in found.unfinished:
                fault(
                    UnlistedFile(12, name, "no entry of the chain names this file, and nothing supports it")
                )
            continue  # named in step 10
        try:
            found.times[number, authority] = tokens.check(
                found.files[name], checkpoint.content, certificates=certificates
            )
        except TimestampError as error:
            fault(DigestMismatch(12, name, str(error)))
        except CannotCheck as error:
            refused.add(f"Times by {authority} were not checked. {error}")
    found.not_checked += sorted(refused)


def check_clock(entries: Sequence[Entry], found: Testimony, fault: Fault) -> None:
    """Step 13: what a time covers was written before it, and what names it was written after it."""
    tolerance = layout.CLOCK_TOLERANCE
    earliest: dict[int, datetime] = {}
    for (number, _authority), moment in found.times.items():
        size = found.checkpoints[number].size
        earliest[size] = min(moment, earliest.get(size, moment))
    named = {
        entry.sequence: found.times[entry.number, entry.authority]
        for entry in entries
        if entry.event == layout.TIMESTAMPED and (entry.number, entry.authority) in found.times
    }
    # From the end to the beginning: the earliest time that covers an entry is the one that binds it.
    not_after: dict[int, datetime] = {}
    bound: datetime | None = None
    for entry in reversed(entries):
        if entry.sequence in earliest:
            bound = min(earliest[entry.sequence], bound or earliest[entry.sequence])
        if bound is not None:
            not_after[entry.sequence] = bound
    not_before: datetime | None = None
    for entry in entries:
        where = f"{layout.LEDGER} entry {entry.sequence}"
        if entry.sequence in named:
            not_before = max(named[entry.sequence], not_before or named[entry.sequence])
        late = not_after.get(entry.sequence)
        if late is not None and entry.at - late > tolerance:
            why = f"written {layout.utc_text(entry.at)}, but covered by a time of {layout.utc_text(late)}"
            fault(ChainBroken(13, where, f"the clock was moved: {why}"))
        elif not_before is not None and not_before - entry.at > tolerance:
            why = f"written {layout.utc_text(entry.at)}, after a time of {layout.utc_text(not_before)}"
            fault(ChainBroken(13, where, f"the clock was moved: {why}"))


def _named_files(entries: Sequence[Entry], found: Testimony, fault: Fault) -> dict[str, tuple[int, str]]:
    """Every file that the chain names, with the entry that does and the digest that it gives."""
    wanted: dict[str, tuple[int, str]] = {}

    def names(entry: Entry, path: str, digest: str) -> None:
        if wanted.setdefault(path, (entry.sequence, digest))[1] != digest:
            where = f"{layout.LEDGER} entry {entry.sequence}"
            fault(ChainBroken(10, where, f"it names another {path} than entry {wanted[path][0]}"))

    for entry in entries:
        if not entry.about_the_chain:
            continue
        if entry.event == layout.KEYED:
            found.announced.setdefault(entry.key, entry)
        elif entry.event == layout.CHECKPOINTED:
            found.made.setdefault(entry.number, entry)
            names(entry, layout.checkpoint_file(entry.number), entry.checkpoint)
            names(entry, layout.signature_file(entry.number), entry.signature)
        else:
            names(entry, layout.token_file(entry.number, entry.authority), entry.token)
            names(entry, layout.authority_file(entry.authority), entry.certificate)
    return wanted


def _check_keys(found: Testimony, fault: Fault) -> None:
    """Each announced key lies there, and is the one that was announced."""
    for name, entry in found.announced.items():
        path = layout.key_file(name)
        if path not in found.files:
            fault(MissingFile(10, path, f"entry {entry.sequence} announced this key; its file is gone"))
            continue
        try:
            key = public_key(found.files[path])
        except ValueError as error:
            fault(MalformedArchive(10, path, str(error)))
            continue
        if (key.fingerprint, key.name) == (entry.fingerprint, name):
            found.keys[name] = key
        else:
            fault(DigestMismatch(10, path, f"not the key that entry {entry.sequence} announced"))


def _check_checkpoints(entries: Sequence[Entry], found: Testimony, fault: Fault) -> None:
    """Each checkpoint, named in the chain or not yet, is one of this chain."""
    read: dict[str, Checkpoint] = {}
    for path in sorted(found.files):
        if _CHECKPOINT.fullmatch(path):
            try:
                read[path] = checkpoints.parse(found.files[path])
            except (ValueError, RecursionError) as error:
                fault(MalformedArchive(10, path, f"not a checkpoint: {error}"))
    roots = checkpoints.roots_at(entries, {each.size for each in read.values()})
    for path, checkpoint in read.items():
        entry = found.made.get(checkpoint.number)
        announced = found.announced.get(checkpoint.key)
        if path != layout.checkpoint_file(checkpoint.number):
            fault(ChainBroken(10, path, f"it is checkpoint {checkpoint.number}, by another name"))
        elif why := checkpoints.disagreement(checkpoint, entries, roots):
            fault(ChainBroken(10, path, why))
        elif entry is not None and (checkpoint.key != entry.key or checkpoint.size >= entry.sequence):
            fault(ChainBroken(10, path, f"it does not fit entry {entry.sequence}, which names it"))
        elif announced is None or announced.sequence > checkpoint.size:
            fault(ChainBroken(10, path, f"its key {checkpoint.key} was not announced before it"))
        else:
            found.checkpoints[checkpoint.number] = checkpoint


def _check_unnamed(found: Testimony, unnamed: Collection[str], fault: Fault) -> None:
    """A file that no entry names is what an interrupted run leaves, one of each kind, or a stray."""
    following = len(found.made) + 1
    left = {layout.checkpoint_file(following), layout.signature_file(following)}
    if following not in found.checkpoints:
        left = set()
    for belongs in (_is_key, _is_certificate):
        left |= set([path for path in sorted(unnamed) if belongs(path, found)][:1])
    for path in sorted(unnamed):
        token = _TOKEN.fullmatch(path)
        if path in left or (token is not None and int(token[1]) in found.made):
            found.unfinished.append(path)  # a signature is looked at in step 11, a token in step 12
        else:
            fault(UnlistedFile(10, path, "no entry of the chain names this file"))


def _is_key(path: str, found: Testimony) -> bool:
    try:
        return path == layout.key_file(public_key(found.files[path]).name)
    except (KeyError, ValueError):
        return False


def _is_certificate(path: str, found: Testimony) -> bool:
    named = _AUTHORITY.fullmatch(path) is not None
    return named and _CERTIFICATES.fullmatch(found.files.get(path, b"")) is not None


def _check_succession(found: Testimony, pinned: str | None, fault: Fault) -> None:
    """A new key is vouched for by the one before, whose last checkpoint covers its announcement.

    The newest key vouches for all before it, so a pinned key must be that one, or have handed over to it.
    """
    signed = [found.checkpoints[number] for number in sorted(found.made) if number in found.checkpoints]
    held = False
    for earlier, later in zip([None, *signed], signed, strict=False):
        if earlier is None or earlier.key != later.key:
            announced = found.announced[later.key]
            if earlier is not None and announced.sequence > earlier.size:
                held = False
                found.notes.append(
                    f"From checkpoint {later.number} on another key signs, {later.key}, without the word of"
                    f" the one before, {earlier.key}. Ask the school why it was changed."
                )
            held = held or (pinned is not None and announced.fingerprint.startswith(pinned))
    if pinned is not None and not held:
        where = layout.key_file(signed[-1].key) if signed else layout.CHECKPOINTS
        fault(
            DigestMismatch(11, where, f"no unbroken line of keys leads here from the one you keep, {pinned}")
        )


def _content(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError("it is far too large to be what its name says")
    return content
