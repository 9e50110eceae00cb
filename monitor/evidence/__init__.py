"""Sealed evidence on disk: a folder for each exhibit, one chain, and a check that needs nothing else.

The public face of the room. The format and its numbered verification steps are in archive/README.md;
why it is so in docs/adr/0003-archive-is-truth.md and docs/adr/0004-erasure.md.
"""

from monitor.evidence import verify
from monitor.evidence.archive import Archive, open_archive
from monitor.evidence.checkpoints import Checkpoint, Proof, Standing
from monitor.evidence.keyring import Keyring
from monitor.evidence.keys import PublicKey, SigningKey, new_signing_key
from monitor.evidence.ledger import Entry
from monitor.evidence.tokens import check as check_time
from monitor.evidence.verify import VerifiedArchive

__all__ = [
    "Archive",
    "Checkpoint",
    "Entry",
    "Keyring",
    "Proof",
    "PublicKey",
    "SigningKey",
    "Standing",
    "VerifiedArchive",
    "check_time",
    "new_signing_key",
    "open_archive",
    "verify",
]
