"""Times by others: whether the reply of a time-stamping authority may be believed (RFC 3161).

One job: check one reply against one content. It is checked by rfc3161-client; that library refuses some
replies whose sets are not sorted (DER), which other programs accept, and for those `openssl ts` is asked.
Neither package is needed by the rest of the room.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import CannotCheck, TimestampError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, CertificateRevocationList
    from rfc3161_client import TimeStampResponse

_SHA256 = "2.16.840.1.101.3.4.2.1"
_GRANTED = 0
_SAID_GRANTED = "Status info:\nStatus: Granted.\n"
_OPENSSL_PATIENCE_S = 20
_TIME = re.compile(r"^Time stamp: (\w{3} +\d+ \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", re.M)
_NONCE = re.compile(r"^Nonce: (?:0x)?([0-9A-Fa-f]+)$", re.M)
_ALGORITHM = re.compile(r"^Hash Algorithm: (\S+)$", re.M)


def check(
    reply: bytes,
    content: bytes,
    *,
    certificates: bytes,
    nonce: int | None = None,
    revocation_lists: Sequence[bytes] = (),
) -> datetime:
    """The time at which the authority had the digest of `content` before it, once everything holds.

    Holds: it was granted, for SHA-256 of this content; signed by a certificate that leads to one of
    `certificates` (PEM), was valid at that time and may be used for nothing but times; with our `nonce`, if
    one is given; and not on a list of revoked ones, if some are given (PEM). Raises `TimestampError` when
    something does not, and `CannotCheck` where neither program for it is installed.
    """
    try:
        import rfc3161_client
    except ImportError as error:
        raise CannotCheck("The package rfc3161-client is not installed here.") from error
    try:
        response = rfc3161_client.decode_timestamp_response(reply)
    except ValueError:
        return _check_by_openssl(
            reply,
            content,
            certificates=certificates,
            nonce=nonce,
            revocation_lists=revocation_lists,
        )
    return _check_by_library(
        response, content, certificates=certificates, nonce=nonce, revocation_lists=revocation_lists
    )


def _check_by_library(
    response: TimeStampResponse,
    content: bytes,
    *,
    certificates: bytes,
    nonce: int | None,
    revocation_lists: Sequence[bytes],
) -> datetime:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from rfc3161_client import VerificationError, VerifierBuilder

    if response.status != _GRANTED:
        said = "; ".join(str(each) for each in response.status_string) or f"status {response.status}"
        raise TimestampError(f"it did not grant a time ({said})")
    try:
        roots = x509.load_pem_x509_certificates(certificates)
        imprint = response.tst_info.message_imprint
        if imprint.hash_algorithm.dotted_string != _SHA256:
            raise TimestampError("its time is over another kind of digest than SHA-256")
        signers = list(response.signed_data.signer_infos)
        builder = VerifierBuilder(roots=roots, nonce=nonce)
        builder.build().verify_message(response, content)
        chain = [x509.load_der_x509_certificate(each) for each in response.signed_data.certificates]
        signed_by = [
            each
            for each in chain
            if (each.issuer, each.serial_number) == (signers[0].issuer, signers[0].serial_number)
        ]
        moment = response.tst_info.gen_time.astimezone(UTC)
        for text in revocation_lists:
            _check_not_revoked(signed_by[0], [*chain, *roots], x509.load_pem_x509_crl(text), moment)
    except VerificationError as error:
        # The library hands on the whole error stack of OpenSSL; one sentence of it is for people.
        inner = re.search(r"Verify error: ([^\"]+)", str(error))
        raise TimestampError(f"its time does not hold: {inner[1] if inner else error}") from error
    except (ValueError, TypeError, IndexError, UnsupportedAlgorithm) as error:
        raise TimestampError(f"what it needs to be checked cannot be understood: {error}") from error
    return moment


def _check_not_revoked(
    signer: Certificate, known: Sequence[Certificate], revoked: CertificateRevocationList, at: datetime
) -> None:
    issuers = [each for each in known if each.subject == signer.issuer]
    if revoked.issuer != signer.issuer or not any(
        revoked.is_signature_valid(each.public_key())  # type: ignore[arg-type]  # no list by X25519
        for each in issuers
    ):
        raise TimestampError("the list of revoked certificates is not by the issuer of its certificate")
    if revoked.next_update_utc is not None and revoked.next_update_utc < at:
        raise TimestampError("the list of revoked certificates is out of date")
    if revoked.get_revoked_certificate_by_serial_number(signer.serial_number) is not None:
        raise TimestampError("its certificate was revoked")


def _check_by_openssl(
    reply: bytes,
    content: bytes,
    *,
    certificates: bytes,
    nonce: int | None,
    revocation_lists: Sequence[bytes],
) -> datetime:
    if shutil.which("openssl") is None:
        raise CannotCheck("This reply can only be checked by openssl, which is not installed here.")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "reply").write_bytes(reply)
        (place / "content").write_bytes(content)
        (place / "trusted").write_bytes(b"\n".join([certificates, *revocation_lists]))
        # Read off the signed token alone: round it stands free text that nobody signed, lines and all.
        _openssl(place, "-reply", "-in", "reply", "-token_out", "-out", "token")
        said = _openssl(place, "-reply", "-in", "token", "-token_in", "-text")
        time = _TIME.search(said)
        granted = _openssl(place, "-reply", "-in", "reply", "-text").startswith(_SAID_GRANTED)
        if not granted or time is None:
            raise TimestampError("its reply is no time that was granted")
        moment = datetime.strptime(f"{time[1]} {time[2]}", "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        algorithm, found_nonce = _ALGORITHM.search(said), _NONCE.search(said)
        if algorithm is None or algorithm[1].lower() != "sha256":
            raise TimestampError("its time is over another kind of digest than SHA-256")
        if nonce is not None and (found_nonce is None or int(found_nonce[1], 16) != nonce):
            raise TimestampError("its time does not hold: it answers another question (nonce)")
        # The certificates must have been valid when the time was given; they may have expired since.
        at = ("-attime", str(int(moment.timestamp())))
        lists = ("-crl_check",) if revocation_lists else ()
        _openssl(place, "-verify", "-in", "reply", "-data", "content", "-CAfile", "trusted", *at, *lists)
    return moment


def _openssl(place: Path, *arguments: str) -> str:
    """What `openssl ts` says. Raises `TimestampError` with its last words when it refuses."""
    try:
        done = subprocess.run(
            ("openssl", "ts", *arguments),
            cwd=place,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_OPENSSL_PATIENCE_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotCheck("openssl does not answer here.") from error
    if done.returncode != 0:
        reasons = re.findall(r":error:[^:]*:[^:]*:[^:]*:([^:]*):", ":" + done.stderr.replace("\n", ":\n:"))
        why = f" ({'; '.join(reasons)})" if any(reasons) else ""
        raise TimestampError(f"its reply is no time that openssl accepts{why}")
    return done.stdout
