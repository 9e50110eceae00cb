"""One exhibit, checked file by file against its root digest, before anything of it is read."""

from __future__ import annotations

import hashlib
from pathlib import Path

from monitor.errors import DigestMismatch, MalformedArchive, MissingFile, UnlistedFile
from monitor.evidence import layout
from monitor.evidence.layout import Measured
from monitor.model import Seal


def check_exhibit(root: Path, seal: Seal) -> dict[str, Measured]:
    """Every payload file of the exhibit, by path, when it is exactly what was sealed.

    Steps 6 to 8 of archive/README.md for one folder; whether the entry itself stands in the chain is not
    looked at. Raises `VerificationError`, also for what cannot be read.
    """
    folder = root / seal.folder
    try:
        sealed = {layout.TAG_MANIFEST: seal.root_digest}
        payload: dict[str, str] = {}
        for step, manifest in ((6, layout.TAG_MANIFEST), (8, layout.MANIFEST)):
            content = (folder / manifest).read_bytes()
            if hashlib.sha256(content).hexdigest() != sealed.get(manifest):
                raise DigestMismatch(step, f"{seal.folder}/{manifest}", "not the file that was sealed")
            payload = layout.parse_manifest(content)
            sealed |= payload
        lying = layout.listing(folder)
        for name in sorted({*lying.files, *lying.strange} - set(sealed)):
            raise UnlistedFile(8, f"{seal.folder}/{name}", "no manifest names this file")
        measured: dict[str, Measured] = {}
        for name in sorted(sealed):
            if name not in lying.files:
                raise MissingFile(8, f"{seal.folder}/{name}", "the sealed file is gone")
            measured[name] = layout.measure(folder / name)
            if measured[name].sha256 != sealed[name]:
                raise DigestMismatch(8, f"{seal.folder}/{name}", "not the file that was sealed")
    except FileNotFoundError as error:
        raise MissingFile(4, seal.folder, "the sealed exhibit, or part of it, is gone") from error
    except (OSError, ValueError) as error:
        raise MalformedArchive(4, seal.folder, f"it cannot be read: {error}") from error
    return {name: measured[name] for name in payload}
