"""The key that vouches for the chain: Ed25519 (RFC 8032), public half in the archive, private half not.

One job: sign, check a signature, and spell a public key. Only signing and checking need `cryptography`,
which is imported there, so that the rest of the room works where it is not installed.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from monitor.errors import CannotCheck

_PEM_BEGIN, _PEM_END = b"-----BEGIN PUBLIC KEY-----\n", b"\n-----END PUBLIC KEY-----\n"
_DER_OF_ED25519 = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of the key itself (RFC 8410 section 4)."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key as DER (SubjectPublicKeyInfo)."""

    der: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key, hex: what is kept elsewhere and compared."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def name(self) -> str:
        """How the archive calls the key: the beginning of its fingerprint."""
        return self.fingerprint[:16]

    @property
    def pem(self) -> bytes:
        """The key as `openssl pkey -pubin` reads it."""
        return _PEM_BEGIN + base64.b64encode(self.der) + _PEM_END

    def check(self, signature: bytes, content: bytes) -> None:
        """Nothing, when this key signed exactly this. Raises `ValueError` when it did not, and `CannotCheck`
        where the package for it is not installed."""
        try:
            from cryptography.exceptions import InvalidSignature
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        except ImportError as error:
            raise CannotCheck("The package cryptography is not installed here.") from error

        raw = self.der.removeprefix(_DER_OF_ED25519)
        try:
            Ed25519PublicKey.from_public_bytes(raw).verify(signature, content)
        except InvalidSignature as error:
            raise ValueError(f"it is not a signature by the key {self.name} over this file") from error


def public_key(pem: bytes) -> PublicKey:
    """The key that a file of the archive holds. Raises `ValueError` for any other spelling or kind of key."""
    body = pem.removeprefix(_PEM_BEGIN).removesuffix(_PEM_END)
    key = PublicKey(base64.b64decode(body, validate=True))
    if key.pem != pem or not key.der.startswith(_DER_OF_ED25519) or len(key.der) != len(_DER_OF_ED25519) + 32:
        raise ValueError("not an Ed25519 public key as this archive spells it")
    return key


class SigningKey:
    """The private half. Lies in the data folder, never in the archive."""

    def __init__(self, pem: bytes) -> None:
        """Read a key that `new_signing_key` made. Raises `ValueError` for anything else."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

        private = load_pem_private_key(pem, password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("not an Ed25519 key")
        self._private = private
        self.public = PublicKey(
            private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        )

    def sign(self, content: bytes) -> bytes:
        """64 bytes: the signature over exactly this content, always the same for the same content."""
        return self._private.sign(content)


def new_signing_key() -> bytes:
    """A new private key as PEM (PKCS 8), to be kept where only the service's user can read it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
