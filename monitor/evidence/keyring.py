"""The private keys that sign checkpoints, in the data folder: one that signs, and one that may follow it.

One job: keep them safe on the disk. A key is written whole or not at all, readable by the service's user
only, and never over another: with a lost key goes the one thing that tells the archive from a copy
that somebody else made.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from monitor.evidence.keys import SigningKey, new_signing_key
from monitor.evidence.ledger import sync_folder

_CURRENT, _FOLLOWING = "signing.pem", "signing-next.pem"


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """What this file holds, made on first use; two first uses at once agree on one. Raises `OSError`."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
        Path(name).unlink()
        sync_folder(path.parent)
    return path.read_bytes()


class Keyring:
    """The keys in one folder, read anew each time: another process may have put the next one there."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / _CURRENT
        self._following = folder / _FOLLOWING

    def current(self) -> SigningKey:
        """The key that signs, made at the first use. Raises `OSError`, and `ValueError` for a broken file."""
        return SigningKey(kept(self.file, new_signing_key))

    def fingerprint(self) -> str | None:
        """The fingerprint of the key that signs; None while there is none. Raises as `current`."""
        return self.current().public.fingerprint if self.file.exists() else None

    def following(self) -> SigningKey | None:
        """The key that is to follow, if one was made. Raises as `current`."""
        return SigningKey(self._following.read_bytes()) if self._following.exists() else None

    def make_following(self) -> SigningKey:
        """Make the key that is to follow, unless one waits already. It signs once the chain knows it."""
        return SigningKey(kept(self._following, new_signing_key))

    def hand_over(self) -> None:
        """Put the following key in the place of the current one, which is gone for good."""
        self._following.replace(self.file)
        sync_folder(self.file.parent)
