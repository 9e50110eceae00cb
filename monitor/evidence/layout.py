"""The on-disk format of the archive: its names, its canonical JSON, its manifests.

One job: what both the writer (`seal`, `erase`, `ledger`) and the verifier must agree on. The words for
a stranger are in archive/README.md; when the two differ, that page is right and this one has a fault.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = 2
"""What is written now. Format 1 knew no checkpoints; its archives go on in format 2, line after line."""

FORMATS = (1, 2)

LEDGER = "ledger.jsonl"
LOCK = ".lock"
SCRATCH = ".scratch"
README = "README.md"
CHECKPOINTS = "checkpoints"
KEYS = "keys"
AUTHORITIES = "keys/tsa"

BAG_DECLARATION = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
RECORD = "data/record.json"
ITEM = "data/source/item.json"
WEB_ARCHIVE = "data/web/capture.wacz"
TOMBSTONE = "tombstone.json"

BAG_DECLARATION_TEXT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
TAG_FILES = (BAG_INFO, BAG_DECLARATION, MANIFEST)
"""What the tag manifest lists, in its order."""

SEALED, ERASING, ERASED = "sealed", "erasing", "erased"
"""The events that only `seal` and `erase` write."""

KEYED, CHECKPOINTED, TIMESTAMPED = "keyed", "checkpointed", "timestamped"
"""The events about the chain itself, from format 2 on, written by `checkpoints`; they name no exhibit.
Every other event is a custody note."""

NOT_CUSTODY = (SEALED, ERASING, ERASED, KEYED, CHECKPOINTED, TIMESTAMPED)

NO_ENTRY = "0" * 64
"""What the first entry names as the one before it."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far this server's clock may be from an authority's before it is called wrong."""

BLOCK_BYTES = 1 << 20

EXHIBIT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SLUG = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
RULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.:/-]{0,63}")
HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
KEY = re.compile(r"[0-9a-f]{16}")
AUTHORITY = re.compile(r"[a-z][a-z0-9-]{0,39}")
YEAR, MONTH = re.compile(r"[0-9]{4}"), re.compile(r"0[1-9]|1[0-2]")

# Names that mean the same to BagIt, to sha256sum and to every file system: nothing needs escaping.
_NAME = r"[A-Za-z0-9][A-Za-z0-9._+=@-]{0,127}"
PAYLOAD_PATH = re.compile(rf"data(?:/{_NAME})+")
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  ([^\r\n]+)\n")


def utc_text(moment: datetime) -> str:
    """The one way a time is written: UTC, microseconds, Z. Raises `ValueError` for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a time in the archive must carry its time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def utc_time(text: str) -> datetime:
    """The time written as `text`. Raises `ValueError` unless it is exactly in the form of `utc_text`."""
    moment = datetime.fromisoformat(text)
    # The form first: a time with another zone may lie outside the calendar when it is brought to UTC.
    if not text.endswith("Z") or utc_text(moment) != text:
        raise ValueError("not in the archive's form of a time")
    return moment


def canonical(document: object) -> bytes:
    """The one spelling of a JSON document: ASCII, keys sorted, no spaces, a line feed at the end.

    The same bytes as `jq -caS .` writes for the documents of this archive.
    """
    text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii") + b"\n"


def plain_fields(value: DataclassInstance) -> dict[str, object]:
    """A dataclass as JSON knows it: an object of its fields, times by `utc_text`."""
    return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return utc_text(value)
    if is_dataclass(value) and not isinstance(value, type):
        return plain_fields(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return value


def exhibit_folder(exhibit_id: str, captured_at: datetime) -> str:
    """Where an exhibit lies below the archive: year and month of the capture in UTC."""
    return f"{captured_at.astimezone(UTC):%Y/%m}/{exhibit_id}"


def checkpoint_file(number: int) -> str:
    """Where a checkpoint lies below the archive."""
    return f"{CHECKPOINTS}/{number}.json"


def signature_file(number: int) -> str:
    """Where the signature of a checkpoint lies: 64 raw bytes of Ed25519 (RFC 8032)."""
    return f"{CHECKPOINTS}/{number}.sig"


def token_file(number: int, authority: str) -> str:
    """Where the reply of an authority to a checkpoint lies: a TimeStampResp of RFC 3161."""
    return f"{CHECKPOINTS}/{number}.{authority}.tsr"


def key_file(key: str) -> str:
    """Where a public key lies, as PEM."""
    return f"{KEYS}/{key}.pem"


def authority_file(authority: str) -> str:
    """Where the root certificates of an authority lie, as PEM."""
    return f"{AUTHORITIES}/{authority}.pem"


def month_folders(root: Path) -> Iterator[str]:
    """Every YYYY/MM that lies in the archive, in order."""
    for year in _folders_named(root, YEAR):
        for month in _folders_named(root / year, MONTH):
            yield f"{year}/{month}"


def exhibit_folders(root: Path) -> Iterator[str]:
    """Every exhibit folder that lies in the archive, as YYYY/MM/<exhibit-id>, in order of name."""
    for month in month_folders(root):
        for exhibit in _folders_named(root / month, EXHIBIT_ID):
            yield f"{month}/{exhibit}"


def _folders_named(folder: Path, name: re.Pattern[str]) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(
            each.name for each in entries if name.fullmatch(each.name) and each.is_dir(follow_symlinks=False)
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies below a folder, as paths with forward slashes; links are never followed.

    `strange` is everything that is neither a plain file nor a folder: links, pipes, devices.
    """

    files: frozenset[str]
    folders: frozenset[str]
    strange: tuple[str, ...]


def listing(folder: Path | str) -> Listing:
    """Everything below `folder`. Raises `OSError` when part of it cannot be read."""
    files: list[str] = []
    folders: list[str] = []
    strange: list[str] = []
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(f"{folder}/{below}") as entries:
            for entry in entries:
                path = below + entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                    waiting.append(path + "/")
                elif entry.is_file(follow_symlinks=False):
                    files.append(path)
                else:
                    strange.append(path)
    return Listing(frozenset(files), frozenset(folders), tuple(sorted(strange)))


def folders_needed(files: Iterable[str]) -> frozenset[str]:
    """Every folder that one of these paths lies in."""
    needed: set[str] = set()
    for path in files:
        while "/" in path:
            path = path.rpartition("/")[0]
            needed.add(path)
    return frozenset(needed)


@dataclass(frozen=True, slots=True)
class Measured:
    """The SHA-256 (hex) and the size of a file's bytes."""

    sha256: str
    size_bytes: int


def measure(path: Path | str, buffer: memoryview | None = None) -> Measured:
    """Digest a plain file in blocks, so that its size does not matter; a link is refused.

    `buffer` may be lent by a caller who measures many files. Raises `OSError`.
    """
    block = buffer if buffer is not None else memoryview(bytearray(BLOCK_BYTES))
    hasher = hashlib.sha256()
    size = 0
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        while count := stream.readinto(block):
            hasher.update(block[:count])
            size += count
    return Measured(hasher.hexdigest(), size)


def manifest_text(digests: Mapping[str, str]) -> str:
    """The digests as `sha256sum` writes and reads them, sorted by path."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests))


def parse_manifest(content: bytes) -> dict[str, str]:
    """Path to digest, of a manifest exactly as `manifest_text` writes it.

    Anything else raises `ValueError`: another order, a path named twice, a stray space, other encodings.
    """
    digests: dict[str, str] = {}
    for line in content.decode("utf-8").splitlines(keepends=True):
        match = _MANIFEST_LINE.fullmatch(line)
        if match is None:
            raise ValueError("a line is not a digest, two spaces and a path")
        digests[match[2]] = match[1]
    if manifest_text(digests).encode("utf-8") != content:
        raise ValueError("the lines are not sorted by path, or a path is named twice")
    return digests
