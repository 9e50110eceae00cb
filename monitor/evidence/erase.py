"""Take an exhibit's content out of the archive and leave a tombstone that still verifies.

One job: the files; the two chain entries round them are written by `archive`. The order that must hold
(docs/adr/0004-erasure.md): the entry `erasing`; the whole folder moved away in one step; its files
removed; the tombstone moved in, in one step; the entry `erased`. At every moment the place of the
exhibit holds all of it, nothing, or the tombstone, and the chain says that an erasure is under way.
"""

from __future__ import annotations

from pathlib import Path

from monitor.evidence import layout
from monitor.evidence.ledger import Entry, sync_folder
from monitor.evidence.seal import make_read_only, remove_folder, write_and_flush

_LEAVING, _TOMBSTONE = ".erasing-", ".tombstone-"
"""Scratch folders of an erasure begin with a dot, so no exhibit can be called the same."""


def tombstone_document(sealed: Entry, erasing: Entry) -> dict[str, object]:
    """What stays of an erased exhibit: everything in it can be read off the chain."""
    return {
        "erasing_at": layout.utc_text(erasing.at),
        "exhibit": sealed.exhibit_id,
        "format": erasing.format,
        "root": sealed.root_digest,
        "rule": erasing.rule,
        "sealed_as": sealed.sequence,
    }


def remove_content(root: Path, sealed: Entry, erasing: Entry) -> None:
    """Bring the files to the end state of an erasure, from wherever an earlier attempt stopped."""
    exhibit = root / sealed.folder
    scratch = root / layout.SCRATCH
    leaving = scratch / (_LEAVING + sealed.exhibit_id)
    tombstone = scratch / (_TOMBSTONE + sealed.exhibit_id)

    remove_folder(leaving)
    if exhibit.is_dir() and [each.name for each in exhibit.iterdir()] != [layout.TOMBSTONE]:
        exhibit.chmod(0o750)  # a folder that may not be written to may not be moved to another parent
        exhibit.rename(leaving)
        sync_folder(exhibit.parent)
        sync_folder(scratch)
        remove_folder(leaving)
    remove_folder(scratch / sealed.exhibit_id)
    if not exhibit.exists():
        remove_folder(tombstone)
        tombstone.mkdir()
        content = layout.canonical(tombstone_document(sealed, erasing))
        write_and_flush(tombstone / layout.TOMBSTONE, content)
        sync_folder(tombstone)
        exhibit.parent.mkdir(parents=True, exist_ok=True)
        tombstone.rename(exhibit)
    sync_folder(exhibit.parent)
    sync_folder(scratch)
    make_read_only(exhibit)
