"""A time-stamping authority on this machine: real certificates, real replies by `openssl ts`, over HTTP.

What it does wrong is chosen by its address: `authority.url("wrong-nonce")` and so on.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIG = """
[tsa]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class TimeAuthority:
    """Root, signers of several kinds, and a server. `asked` counts the questions that came in."""

    def __init__(self, folder: Path, port: int, *, until: datetime | None = None) -> None:
        self.folder = folder
        self.port = port
        self.asked = 0
        self.questions: list[bytes] = []
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
        now = datetime.now(UTC)
        year = timedelta(days=365)
        self._root_key, root = _certificate("Invented Root", now - year, until or now + 20 * year)
        _stranger_key, stranger = _certificate("Somebody Else", now - year, now + 20 * year)
        # The reply that carries both is not sorted (DER): the longer certificate comes first.
        inner_key, inner = _certificate(
            "Inner", now - year, now + 9 * year, issuer=(self._root_key, root), authority=True
        )
        long_name = "An Invented Time-Stamping Authority With A Rather Long Name"
        self._issue("good", "Invented Time", now - year, until or now + year, (self._root_key, root))
        self._issue("unsorted", long_name, now - year, now + year, (inner_key, inner))
        self._issue("expired", "Expired Time", now - 2 * year, now - year, (self._root_key, root))
        self._issue("revoked", "Revoked Time", now - year, now + year, (self._root_key, root))
        self._loosen("good", (self._root_key, root))
        self._issue("untrusted", "Somebody's Time", now - year, now + year, (_stranger_key, stranger))
        (folder / "inner.pem").write_bytes(inner.public_bytes(Encoding.PEM))
        self.root_file = folder / "root.pem"
        self.root_file.write_bytes(root.public_bytes(Encoding.PEM))
        revoked = x509.load_pem_x509_certificate((folder / "revoked.pem").read_bytes())
        self.revocation_list = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(root.subject)
            .last_update(now - timedelta(hours=1))
            .next_update(now + timedelta(days=7))
            .add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(revoked.serial_number)
                .revocation_date(now - timedelta(hours=1))
                .build()
            )
            .sign(self._root_key, hashes.SHA256())
            .public_bytes(Encoding.DER)
        )

    def issue_until(self, kind: str, ends: datetime) -> None:
        """A signer of its own, good until then."""
        root = x509.load_pem_x509_certificate(self.root_file.read_bytes())
        self._issue(kind, f"{kind} time", ends - timedelta(days=1), ends, (self._root_key, root))

    def url(self, kind: str = "good") -> str:
        """Where an authority of this kind answers."""
        return f"http://127.0.0.1:{self.port}/{kind}"

    def reply(self, kind: str, query: bytes) -> bytes:
        """What `openssl ts` answers to this question, signed by a certificate of this kind."""
        (self.folder / "query").write_bytes(query)
        chain = ("-chain", str(self.folder / "inner.pem")) if kind == "unsorted" else ()
        return self._openssl("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query",
            "-signer", f"{kind}.pem", "-inkey", f"{kind}.key", *chain)  # fmt: skip

    def query(self, content: bytes, *options: str) -> bytes:
        """A question of somebody else, over this content."""
        (self.folder / "content").write_bytes(content)
        return self._openssl("ts", "-query", "-data", "content", "-cert", *(options or ("-sha256",)))

    def answer(self, path: str, query: bytes) -> tuple[int, bytes]:
        """Status and body for a question that came to this path."""
        self.asked += 1
        self.questions.append(query)
        kind = path.strip("/")
        if kind == "error":
            return 500, b"out of order"
        if kind == "garbage":
            return 200, b"\x30\x82\x01\x00 this is no reply"
        if kind == "empty":
            return 200, b""
        if kind == "wrong-nonce":
            return 200, self.reply("good", _with_other_nonce(query))
        if kind == "wrong-imprint":
            return 200, self.reply("good", _with_other_digest(query))
        if kind == "other-digest":
            return 200, self.reply("good", self.query(b"x", "-sha512"))
        if kind == "not-critical":
            good, loose = (_der(self.folder / f"{each}.pem") for each in ("good", "not-critical"))
            reply = self.reply("good", query)
            assert good in reply
            return 200, reply.replace(good, loose)
        if kind == "not-granted":
            # A policy that it does not have: openssl answers with a rejection.
            content = self.query(b"x", "-sha256", "-tspolicy", "1.2.3.4.99")
            return 200, self.reply("good", content)
        return 200, self.reply(kind, query)

    def _issue(
        self,
        kind: str,
        name: str,
        begins: datetime,
        ends: datetime,
        issuer: tuple[ec.EllipticCurvePrivateKey, x509.Certificate],
        *,
        critical: bool = True,
    ) -> None:
        key, certificate = _certificate(name, begins, ends, issuer=issuer, critical=critical)
        (self.folder / f"{kind}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / f"{kind}.key").write_bytes(text)

    def _loosen(self, kind: str, issuer: tuple[ec.EllipticCurvePrivateKey, x509.Certificate]) -> None:
        """The certificate of this kind once more, as long as before, but not for times alone.

        `openssl ts` signs with no such certificate, so it is put into the reply afterwards.
        """
        strict = x509.load_pem_x509_certificate((self.folder / f"{kind}.pem").read_bytes())
        key = load_pem_private_key((self.folder / f"{kind}.key").read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        length = 0
        while length != len(strict.public_bytes(Encoding.DER)):  # ECDSA signatures differ in length
            _key, loose = _certificate(
                "Invented Time+++",  # three letters for the three bytes of `critical`
                strict.not_valid_before_utc,
                strict.not_valid_after_utc,
                issuer=issuer,
                critical=False,
                key=key,
                serial=strict.serial_number,
            )
            length = len(loose.public_bytes(Encoding.DER))
        (self.folder / "not-critical.pem").write_bytes(loose.public_bytes(Encoding.PEM))

    def _openssl(self, *arguments: str) -> bytes:
        done = subprocess.run(("openssl", *arguments), cwd=self.folder, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


def _certificate(
    name: str,
    begins: datetime,
    ends: datetime,
    *,
    issuer: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None = None,
    authority: bool = False,
    critical: bool = True,
    key: ec.EllipticCurvePrivateKey | None = None,
    serial: int | None = None,
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signing, signer_name = (issuer[0], issuer[1].subject) if issuer else (key, subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer_name)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=issuer is None or authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
    )
    if issuer is not None and not authority:
        use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(use, critical=critical)
    return key, builder.sign(signing, hashes.SHA256())


def _with_other_nonce(query: bytes) -> bytes:
    """The same question with the last bit of its nonce changed, before the 3 bytes of certReq at the end."""
    return query[:-4] + bytes([query[-4] ^ 1]) + query[-3:]


def _with_other_digest(query: bytes) -> bytes:
    """The same question about something else: the digest follows the only OCTET STRING of 32 bytes."""
    place = query.index(b"\x04\x20") + 2
    return query[:place] + bytes(32) + query[place + 32 :]


def _der(path: Path) -> bytes:
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


def with_free_text(reply: bytes, text: str) -> bytes:
    """The same reply with this text in its status, which nobody signs (RFC 3161 section 2.4.2)."""
    _status, token = _parts(_parts(reply)[0])
    said = _value(0x30, _value(0x0C, text.encode()))
    return _value(0x30, _value(0x30, _value(0x02, b"\0") + said) + token)


def _value(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([0x80 | len(octets)]) + octets) + content


def _parts(value: bytes) -> tuple[bytes, bytes]:
    """The content of the first value, and what follows it."""
    start, size = 2, value[1]
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(value[2:start], "big")
    return value[start : start + size], value[start + size :]


@contextmanager
def time_authority(folder: Path, *, until: datetime | None = None) -> Iterator[TimeAuthority]:
    """An authority that answers on loopback to the end of the block; its certificates hold `until` a day."""
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/slow":
                released.wait(30)
                return
            status, body = authority.answer(self.path, query)
            self._say(status, body)

        def do_GET(self) -> None:
            self._say(200, authority.revocation_list)

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority = TimeAuthority(folder, server.server_address[1], until=until)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield authority
    finally:
        released.set()
        server.shutdown()
        server.server_close()
        thread.join()
