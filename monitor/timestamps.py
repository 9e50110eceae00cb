"""Ask a time-stamping authority for the time of a digest (RFC 3161), over HTTP (its section 3.4).

One job: the question and the raw reply. Nothing is believed here: whether the reply holds is checked where
it is kept (`monitor.evidence`). Only the SHA-256 of the content and a random number leave this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests

from monitor.errors import OutboundRefused, TimestampError
from monitor.model import UnverifiedTime

_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority as the settings name it. `revocation_list` is a file, an address or empty; `every` is
    how long it is left in peace between two questions."""

    name: str
    url: str
    certificate_file: Path
    revocation_list: str
    every: timedelta
    session: requests.Session  # noqa: TID251  named, not made: it comes from the one door

    def certificates(self) -> bytes:
        """The root certificates that its times must lead to, as PEM. Raises `TimestampError`."""
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        try:
            found = x509.load_pem_x509_certificates(_file(self.certificate_file))
        except ValueError as error:
            raise TimestampError(f"{self.certificate_file} holds no certificate (PEM)") from error
        # Written anew: the archive takes one spelling, whatever stands between the certificates here.
        return b"".join(each.public_bytes(Encoding.PEM) for each in found)

    def revocation_lists(self) -> tuple[bytes, ...]:
        """Its list of revoked certificates as PEM, if one is named. Raises `TimestampError`."""
        if not self.revocation_list:
            return ()
        if self.revocation_list.startswith(("http://", "https://")):
            try:
                response = self.session.get(self.revocation_list)
            except (requests.RequestException, OutboundRefused) as error:
                raise TimestampError(
                    f"its list of revoked certificates cannot be fetched ({error})"
                ) from error
            if response.status_code != 200:
                raise TimestampError(
                    f"its list of revoked certificates is gone (HTTP {response.status_code})"
                )
            return (_pem(response.content),)
        return (_pem(_file(Path(self.revocation_list))),)

    def ask(self, content: bytes) -> UnverifiedTime:
        """Its reply to the digest of this content, as it came, and the nonce that must be in it.

        Raises `TimestampError` when none came.
        """
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

        question = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
        if question.nonce is None:
            raise TimestampError("the question has no nonce")
        try:
            response = self.session.post(
                self.url,
                data=question.as_bytes(),
                headers={"Content-Type": _QUERY, "Accept": _REPLY},
                # A redirected POST would arrive as a GET without its question.
                allow_redirects=False,
            )
        except (requests.RequestException, OutboundRefused) as error:
            raise TimestampError(_why(error)) from error
        if response.status_code != 200:
            raise TimestampError(f"it refuses to answer (HTTP {response.status_code})")
        return UnverifiedTime(reply=response.content, nonce=question.nonce)


def _why(error: requests.RequestException | OutboundRefused) -> str:
    if isinstance(error, OutboundRefused):
        return f"it must not be asked: {error}"
    return "it does not answer in time" if isinstance(error, requests.Timeout) else "it cannot be reached"


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TimestampError(f"{path} cannot be read: {error.strerror}") from error


def _pem(content: bytes) -> bytes:
    """A revocation list as PEM; lists mostly come as DER."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    if content.startswith(b"-----BEGIN"):
        return content
    try:
        return x509.load_der_x509_crl(content).public_bytes(Encoding.PEM)
    except ValueError as error:
        raise TimestampError("its list of revoked certificates cannot be understood") from error
