"""Checkpoints: from time to time the whole chain so far is bound into one small file, which is signed.

One job: the files in checkpoints/ and keys/, and the chain entries that name them. A checkpoint names the
head of the chain and the root of a Merkle tree over it, as in Certificate Transparency (why:
docs/adr/0014-checkpoints.md). The order that must hold: a file whole in its place, its folder flushed,
then the chain entry with its digest. A process killed in between leaves files that no entry names yet;
the next call adopts them when they fit and replaces them when they do not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.errors import ArchiveError
from monitor.evidence import layout, merkle
from monitor.evidence.keys import PublicKey, SigningKey
from monitor.evidence.ledger import Entry, Ledger, line, sync_folder
from monitor.evidence.seal import write_and_flush


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says: the chain had `size` entries, the last of them with the digest `head`, and
    `tree` is the Merkle root over all their digests (RFC 6962); `key` signed it."""

    number: int
    at: datetime
    size: int
    head: str
    tree: str
    key: str
    format: int = layout.FORMAT

    @property
    def content(self) -> bytes:
        """The bytes of its file: what is signed, and whose SHA-256 is timestamped."""
        return layout.canonical(layout.plain_fields(self))


def parse(content: bytes) -> Checkpoint:
    """The checkpoint that a file holds. Raises `ValueError` unless it is in its one spelling."""
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("it is not one JSON object")
    numbers, texts = ("number", "size", "format"), ("at", "head", "tree", "key")
    if not all(type(found.get(key)) is int for key in numbers) or not all(
        isinstance(found.get(key), str) for key in texts
    ):
        raise ValueError("a value is missing or of another kind")
    checkpoint = Checkpoint(
        number=found["number"],
        at=layout.utc_time(found["at"]),
        size=found["size"],
        head=found["head"],
        tree=found["tree"],
        key=found["key"],
        format=found["format"],
    )
    if checkpoint.content != content or checkpoint.format not in layout.FORMATS[1:]:
        raise ValueError("it is not in its one spelling")
    return checkpoint


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a chain of so many `entries` (`exhibits` of them sealings) is vouched for.

    `times` is, for each authority, the number of the newest checkpoint that got its time, and when that was
    written into the chain.
    """

    entries: int
    exhibits: int
    head: str
    newest: Checkpoint | None
    times: Mapping[str, tuple[int, datetime]]


@dataclass(frozen=True, slots=True)
class Proof:
    """That one entry of the chain is covered by a checkpoint, without showing any other entry.

    `line` is the entry's line of the ledger; `path` leads from its digest to the checkpoint's `tree`
    (`merkle.root_by_inclusion` with the index `sequence` - 1 and the checkpoint's `size`).
    """

    sequence: int
    line: bytes
    checkpoint: int
    size: int
    path: tuple[str, ...]


def leaf(entry: Entry) -> bytes:
    """What the tree is made of: the own digest of an entry as 32 bytes (none if it is no digest)."""
    return bytes.fromhex(entry.digest) if layout.HEX_DIGEST.fullmatch(entry.digest) else b""


def make(root: Path, ledger: Ledger, signer: SigningKey, *, now: datetime) -> Checkpoint | None:
    """Bind all entries so far into the next checkpoint; None when the last one covers all that matters.

    Announces the key first, when the chain does not know it. The caller holds `writing`. Called again
    after a kill, it ends what was begun.
    """
    announce(root, ledger, signer.public, now=now)
    entries = ledger.entries()
    number = len(ledger.checkpointed()) + 1
    checkpoint = _left_behind(root, number, entries, key=signer.public.name)
    if checkpoint is None:
        if not _has_news(root, ledger, entries):
            return None
        checkpoint = Checkpoint(
            number=number,
            at=now,
            size=len(entries),
            head=entries[-1].digest,
            tree=roots_at(entries, {len(entries)})[len(entries)],
            key=signer.public.name,
        )
        # A signature without its file would vouch for the wrong one if we died between the two.
        (root / layout.signature_file(number)).unlink(missing_ok=True)
        put(root, layout.checkpoint_file(number), checkpoint.content)
    signature = signer.sign(checkpoint.content)
    put(root, layout.signature_file(number), signature)
    ledger.append(
        Entry(
            layout.CHECKPOINTED,
            now,
            number=number,
            checkpoint=hashlib.sha256(checkpoint.content).hexdigest(),
            signature=hashlib.sha256(signature).hexdigest(),
            key=checkpoint.key,
        )
    )
    return checkpoint


def announce(root: Path, ledger: Ledger, public: PublicKey, *, now: datetime) -> None:
    """Put a public key in its place and say so in the chain, unless the chain knows it."""
    if public.name not in ledger.announced():
        put(root, layout.key_file(public.name), public.pem)
        ledger.append(Entry(layout.KEYED, now, key=public.name, fingerprint=public.fingerprint))


def keep_token(
    root: Path,
    ledger: Ledger,
    number: int,
    *,
    authority: str,
    reply: bytes,
    certificates: bytes,
    now: datetime,
) -> None:
    """Put the reply of an authority, which was checked, beside its checkpoint; the first one stays.

    What it leads to must lie in the archive too, or nobody could check it later: the certificates come
    first. Raises `ArchiveError` when the authority's name stands for others already.
    """
    if (number, authority) in ledger.timestamped():
        return
    place = root / layout.authority_file(authority)
    if place.exists() and place.read_bytes() != certificates:
        raise ArchiveError(
            f"The archive holds other certificates for {authority} than the settings name, and they must stay"
            " for its earlier times. Give the authority another name in [timestamps], such as"
            f" {authority}-2."
        )
    if authority not in {name for _number, name in ledger.timestamped()}:
        # Also when it lies there: an earlier run may have been refused before its name was on the disk.
        put(root, layout.authority_file(authority), certificates)
    put(root, layout.token_file(number, authority), reply)
    ledger.append(
        Entry(
            layout.TIMESTAMPED,
            now,
            number=number,
            authority=authority,
            token=hashlib.sha256(reply).hexdigest(),
            certificate=hashlib.sha256(certificates).hexdigest(),
        )
    )


def read(root: Path, ledger: Ledger, number: int) -> Checkpoint:
    """A checkpoint that the chain names. Raises `ArchiveError` when it is not there, or another."""
    entry = ledger.checkpointed().get(number)
    try:
        content = (root / layout.checkpoint_file(number)).read_bytes()
        if entry is None or hashlib.sha256(content).hexdigest() != entry.checkpoint:
            raise ValueError("the chain names another")
        return parse(content)
    except (FileNotFoundError, ValueError) as error:
        raise ArchiveError(
            f"Checkpoint {number} of {root} is gone or was changed. Check with: school-monitor verify"
        ) from error


def put(root: Path, name: str, content: bytes) -> None:
    """Bring a file whole into its place below the archive, read-only and on the disk; replaces another."""
    draft = root / layout.SCRATCH / ("." + name.replace("/", "."))
    draft.unlink(missing_ok=True)
    write_and_flush(draft, content)
    draft.chmod(0o440)
    folder = (root / name).parent
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    draft.replace(root / name)
    while folder != root:
        sync_folder(folder)
        folder = folder.parent
    sync_folder(root)


def _left_behind(root: Path, number: int, entries: Sequence[Entry], *, key: str) -> Checkpoint | None:
    """The checkpoint that an interrupted call left, if it is true of this chain and ours to sign."""
    with suppress(FileNotFoundError, ValueError):
        found = parse((root / layout.checkpoint_file(number)).read_bytes())
        if (found.number, found.key) == (number, key) and disagreement(
            found, entries, roots_at(entries, {found.size})
        ) is None:
            return found
    return None


def roots_at(entries: Sequence[Entry], sizes: Collection[int]) -> dict[int, str]:
    """The Merkle root over the first so many entries, for each of these sizes; the chain is read once."""
    tree, roots = merkle.Tree(), {}
    for entry in entries:
        tree.add(leaf(entry))
        if tree.size in sizes:
            roots[tree.size] = tree.root().hex()
    return roots


def disagreement(checkpoint: Checkpoint, entries: Sequence[Entry], roots: Mapping[int, str]) -> str | None:
    """Why this checkpoint cannot be one of this chain, in words; None when it can. `roots` knows its size."""
    if not 0 < checkpoint.size <= len(entries):
        return f"it covers {checkpoint.size} entries, the chain has {len(entries)}: its tail was cut off"
    if checkpoint.head != entries[checkpoint.size - 1].digest:
        return f"entry {checkpoint.size} of the chain is not the one that it names"
    if checkpoint.tree != roots[checkpoint.size]:
        return "the tree over the chain has another root than it names"
    return None


def _has_news(root: Path, ledger: Ledger, entries: Sequence[Entry]) -> bool:
    """Whether anything but checkpoints and their times was written since the last one."""
    numbers = ledger.checkpointed()
    covered = read(root, ledger, len(numbers)).size if numbers else 0
    return any(not entry.about_the_chain or entry.event == layout.KEYED for entry in entries[covered:])


def standing(root: Path, ledger: Ledger) -> Standing:
    """See `Archive.standing`."""
    entries, made = ledger.entries(), ledger.checkpointed()
    return Standing(
        entries=len(entries),
        exhibits=len(ledger.sealed()),
        head=ledger.head(),
        newest=read(root, ledger, len(made)) if made else None,
        times={who: (number, said.at) for (number, who), said in sorted(ledger.timestamped().items())},
    )


def untimed(root: Path, ledger: Ledger, authority: str) -> tuple[Checkpoint, ...]:
    """See `Archive.untimed`."""
    last = max((number for number, who in ledger.timestamped() if who == authority), default=0)
    return tuple(read(root, ledger, number) for number in ledger.checkpointed() if number > last)


def proofs(root: Path, ledger: Ledger, exhibit_ids: Collection[str]) -> tuple[Proof, ...]:
    """See `Archive.proofs`."""
    entries = ledger.entries()
    made = [read(root, ledger, number) for number in ledger.checkpointed()]
    timed = {number for number, _authority in ledger.timestamped()}
    covered_by: dict[Checkpoint, list[Entry]] = {}
    for entry in entries:
        if entry.exhibit_id in exhibit_ids:
            covering = [each for each in made if each.size >= entry.sequence]
            # An authority may be asked for every tenth checkpoint only; that one proves when, too.
            timely = next((each for each in covering if each.number in timed), None)
            first = timely or (covering[0] if covering else None)
            if first is None:
                raise ArchiveError(
                    f"Entry {entry.sequence} of the chain is covered by no checkpoint yet. Try again in a"
                    " minute; the service makes one after each capture."
                )
            covered_by.setdefault(first, []).append(entry)
    found = []
    for checkpoint, wanted in covered_by.items():
        paths = merkle.inclusions(
            [leaf(entry) for entry in entries[: checkpoint.size]], [entry.sequence - 1 for entry in wanted]
        )
        for entry in wanted:
            path = tuple(node.hex() for node in paths[entry.sequence - 1])
            found.append(Proof(entry.sequence, line(entry), checkpoint.number, checkpoint.size, path))
    return tuple(found)


def vouchers(ledger: Ledger, numbers: Collection[int]) -> tuple[str, ...]:
    """See `Archive.vouchers`."""
    names: list[str] = []
    for number in sorted(numbers):
        made = ledger.checkpointed()[number]
        names += [layout.checkpoint_file(number), layout.signature_file(number), layout.key_file(made.key)]
    for number, authority in ledger.timestamped():
        if number in numbers:
            names += [layout.token_file(number, authority), layout.authority_file(authority)]
    return tuple(dict.fromkeys(names))
