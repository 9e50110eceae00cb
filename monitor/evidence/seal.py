"""Turn a scratch folder into a sealed exhibit: a BagIt 1.0 bag (RFC 8493), on the disk, in its place.

One job: the files. The order that must hold (DESIGN.md, The one flow): every file and folder flushed,
then the folder renamed into the archive in one step, then, by `archive`, the chain entry. A process
killed at any moment leaves a scratch folder, or a whole folder without entry; never half an exhibit.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from monitor.errors import ArchiveError
from monitor.evidence import layout
from monitor.evidence.layout import Measured
from monitor.evidence.ledger import sync_folder
from monitor.model import ExhibitRecord, Item


def record_document(record: ExhibitRecord, files: Mapping[str, Measured]) -> dict[str, object]:
    """What data/record.json says: the whole record, the files beside it, and no opinion (R74, R87).

    The item's words are not repeated here: they lie in data/source/item.json, named by `item_file`.
    """
    facts = layout.plain_fields(record)
    del facts["item"]
    return facts | {
        "format": layout.FORMAT,
        "item_file": layout.ITEM if record.item is not None else None,
        "files": [
            {"path": path, "bytes": files[path].size_bytes, "sha256": files[path].sha256}
            for path in sorted(files)
        ],
    }


def item_document(item: Item) -> dict[str, object]:
    """What data/source/item.json says: the item as collected."""
    return layout.plain_fields(item) | {"format": layout.FORMAT}


def bag_info_text(record: ExhibitRecord, payload: Mapping[str, Measured], *, salt: str) -> str:
    """The bag's label. `Salt` is why the root digest in the chain cannot be guessed from the content."""
    total = sum(each.size_bytes for each in payload.values())
    return (
        f"Bag-Software-Agent: school-monitor\n"
        f"Bagging-Date: {layout.utc_text(record.captured_at)[:10]}\n"
        f"External-Identifier: {record.exhibit_id}\n"
        f"Payload-Oxum: {total}.{len(payload)}\n"
        f"Salt: {salt}\n"
    )


def make_bag(bag: Path, record: ExhibitRecord, *, salt: str) -> None:
    """Write record, item and manifests round the files under `bag`/data, and flush everything.

    May be called again on what an interrupted call left. Raises `ArchiveError` for a file that no
    exhibit may hold (a link, a name that needs escaping), `OSError` when the disk refuses.
    """
    data = bag / "data"
    data.mkdir(parents=True, exist_ok=True)
    for own in (layout.RECORD, layout.ITEM):
        (bag / own).unlink(missing_ok=True)
    _remove_empty_folders(data)
    if record.item is not None:
        _write(bag / layout.ITEM, layout.canonical(item_document(record.item)))

    found = layout.listing(data)
    if found.strange:
        raise ArchiveError(f"The capture left something that is not a plain file: data/{found.strange[0]}")
    payload: dict[str, Measured] = {}
    for path in sorted(f"data/{name}" for name in found.files):
        if not layout.PAYLOAD_PATH.fullmatch(path):
            raise ArchiveError(f"The capture left a file whose name the archive does not take: {path!r}")
        payload[path] = layout.measure(bag / path)
    _write(bag / layout.RECORD, layout.canonical(record_document(record, payload)))
    payload[layout.RECORD] = layout.measure(bag / layout.RECORD)

    manifest = layout.manifest_text({path: each.sha256 for path, each in payload.items()})
    tags = {
        layout.BAG_DECLARATION: layout.BAG_DECLARATION_TEXT.encode(),
        layout.BAG_INFO: bag_info_text(record, payload, salt=salt).encode(),
        layout.MANIFEST: manifest.encode(),
    }
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in tags.items()}
    for name, content in (tags | {layout.TAG_MANIFEST: layout.manifest_text(digests).encode()}).items():
        _write(bag / name, content)
    _flush(bag)


def put_in_place(bag: Path, destination: Path) -> None:
    """Rename a finished bag into the archive in one step; the new name is on the disk after `sync_names`."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    bag.rename(destination)


def sync_names(exhibit: Path, scratch: Path) -> None:
    """Put the name of an exhibit on the disk, and that it is in the scratch folder no more."""
    month = exhibit.parent
    for folder in (scratch, month, month.parent, month.parent.parent):
        sync_folder(folder)


def root_digest(exhibit: Path) -> str:
    """The one digest that stands for a whole exhibit: that of its tag manifest."""
    return layout.measure(exhibit / layout.TAG_MANIFEST).sha256


def read_record(exhibit: Path) -> dict[str, object]:
    """What data/record.json of this exhibit says. Raises `OSError` or `ValueError`."""
    found = json.loads((exhibit / layout.RECORD).read_bytes())
    if not isinstance(found, dict):
        raise ValueError("record.json is not a JSON object")
    return found


def captured_at(record: Mapping[str, object]) -> datetime:
    """When the exhibit was captured, of a record read back. Raises `ValueError`."""
    return layout.utc_time(str(record.get("captured_at")))


def make_read_only(folder: Path) -> None:
    """Take away the right to write from everything in a folder (R76); harmless when repeated."""
    _change_mode(folder, files=0o440, folders=0o550)


def make_removable(folder: Path) -> None:
    """Give back the right to remove what is in a folder."""
    _change_mode(folder, files=0o640, folders=0o750)


def remove_folder(folder: Path) -> None:
    """Remove a folder and everything in it, if it is there."""
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
        return
    make_removable(folder)
    shutil.rmtree(folder)


def write_and_flush(path: Path, content: bytes) -> None:
    """Write a file and put its bytes on the disk; its name is on the disk after `sync_folder`."""
    _write(path, content)
    _sync_file(path)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush(folder: Path) -> None:
    found = layout.listing(folder)
    for path in sorted(found.files):
        _sync_file(folder / path)
    for path in sorted(found.folders, reverse=True):
        sync_folder(folder / path)
    sync_folder(folder)


def _remove_empty_folders(folder: Path) -> None:
    # A manifest cannot name an empty folder, so the verifier could not tell one that was added.
    found = layout.listing(folder)
    for path in sorted(found.folders - layout.folders_needed((*found.files, *found.strange)), reverse=True):
        (folder / path).rmdir()


def _change_mode(folder: Path, *, files: int, folders: int) -> None:
    # Top down, since a folder must be open before its content can be listed; and only what differs.
    if stat.S_IMODE(folder.lstat().st_mode) != folders:
        folder.chmod(folders)
    for path in sorted(folder.iterdir()):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            _change_mode(path, files=files, folders=folders)
        elif stat.S_ISREG(mode) and stat.S_IMODE(mode) != files:
            path.chmod(files)
