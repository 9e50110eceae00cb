"""Make the golden archive of the present format: `python -m tests.golden_archive`, once for each new format.

It is written to tests/golden/archive-format-N and committed; later versions of the program must find it sound
for ever, so it is never made again. The signing keys are fixed and no secret (32 bytes of one value), the
authority's certificates are valid until 2110, and all that lies in it is invented.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from monitor.evidence import SigningKey, layout, verify
from tests.sealed_archive import fast_folder
from tests.witnessed_archive import GOLDEN, witness, witnessed_archive

UNTIL = datetime(2110, 1, 1, tzinfo=UTC)


def known_key(value: int) -> SigningKey:
    """A key that is no secret."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([value]) * 32)
    return SigningKey(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def main(root: Path) -> None:
    """Make it, with its head beside it."""
    with fast_folder() as folder, witness(folder / "authority", until=UNTIL) as asked:
        witnessed_archive(root, asked, signer=known_key(1), next_signer=known_key(2))
    for leftover in (root / layout.LOCK, root / layout.SCRATCH):
        subprocess.run(["rm", "-rf", str(leftover)], check=True)
    (root / "HEAD").write_text(verify.check_archive(root).head + "\n")


if __name__ == "__main__":
    place = GOLDEN / f"archive-format-{layout.FORMAT}"
    if place.exists():
        sys.exit(f"{place} is there already, and must stay as it is.")
    main(place)
