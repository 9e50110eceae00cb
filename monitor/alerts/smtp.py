"""Mail over SMTP, encrypted or not at all (R123; RFC 5321, RFC 3207, RFC 8314).

One job: carry the bytes of `monitor.alerts.build` to one mail server and say how it went. What the
server says is never repeated in an error, only its reply codes: it may hold an address.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from enum import StrEnum

from monitor.alerts import build
from monitor.errors import (
    DeliveryError,
    MailSettingsRefused,
    PermanentDeliveryError,
    TemporaryDeliveryError,
)
from monitor.model import Envelope, Message

_WANTS_SIGN_IN = frozenset({530, 534, 535, 538})


class Security(StrEnum):
    """How the connection is encrypted: upgraded after it opens (port 587), or at once (port 465)."""

    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class SmtpOptions:
    """Where the school's mail server is and how to sign in.

    `username` "" sends without signing in (a relay that knows us by address). `ca_file` "" trusts
    the system's authorities. `timeout_s` bounds each step of the conversation.
    """

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 30.0
    ca_file: str = ""


class SmtpTransport:
    """A `Transport` that hands each mail to one mail server."""

    def __init__(self, options: SmtpOptions) -> None:
        self._options = options

    def deliver(self, message: Message, envelope: Envelope) -> str:
        """Hand the mail over and return the server's last reply.

        Raises `PermanentDeliveryError` only for what concerns this one mail: a 5xx reply to RCPT or
        DATA, or a recipient's address that cannot be used. Everything else is a
        `TemporaryDeliveryError`, since every mail meets it alike and none may be lost over it: no
        connection, a 4xx reply, a connection that broke at any point, also after DATA (the server
        may then have the mail, and the next attempt carries the same Message-ID, Date and bytes);
        as `MailSettingsRefused` what only the operator can mend: no encryption, a sign-in or sender
        refused, an unreadable `ca_file`.
        """
        content = build(message, envelope)
        recipient = _address(envelope.recipient)
        if recipient is None:
            raise PermanentDeliveryError("the recipient's address cannot be used")
        sender = _address(envelope.sender)
        if sender is None:
            raise MailSettingsRefused("the sender's address cannot be used")
        with self._conversation() as server:
            _expect(server.mail(sender), "the sender")
            _expect_of_this_mail(server.rcpt(recipient), "the recipient")
            try:
                reply = server.data(content)
            except smtplib.SMTPDataError as error:
                reply = (error.smtp_code, _bytes(error.smtp_error))
            _expect_of_this_mail(reply, "the mail")
        return _printable(reply)

    def check(self) -> str:
        """Say in words that the server answers, encrypted, and accepts the sign-in; send nothing."""
        options = self._options
        with self._conversation() as server:
            _expect(server.noop(), "a greeting")
            version = server.sock.version() if isinstance(server.sock, ssl.SSLSocket) else None
        signed_in = "and accepts the sign-in" if options.username else "without a sign-in"
        return f"The mail server {options.host}:{options.port} answers over {version} {signed_in}"

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        """An encrypted, signed-in connection; everything that can go wrong becomes `DeliveryError`."""
        try:
            server = self._connect()
            try:
                self._sign_in(server)
                yield server
                # The mail is accepted by now: a quarrel over goodbye must not look like a failure.
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
            finally:
                server.close()
        except DeliveryError:
            raise
        except smtplib.SMTPNotSupportedError as error:
            raise MailSettingsRefused("the mail server does not offer what is needed") from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, _bytes(error.smtp_error), "the conversation") from error
        except smtplib.SMTPServerDisconnected as error:
            raise TemporaryDeliveryError("the mail server broke the connection") from error
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message
            raise TemporaryDeliveryError(f"the mail server's certificate is not trusted: {reason}") from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise TemporaryDeliveryError(f"the mail server cannot be reached: {reason}") from error
        except (smtplib.SMTPException, UnicodeError, ValueError) as error:
            raise MailSettingsRefused("the mail server cannot be used") from error

    def _connect(self) -> smtplib.SMTP:
        options, context = self._options, self._context()
        if options.security == Security.TLS:
            return smtplib.SMTP_SSL(options.host, options.port, timeout=options.timeout_s, context=context)
        server = smtplib.SMTP(options.host, options.port, timeout=options.timeout_s)
        try:
            server.ehlo_or_helo_if_needed()
            if not server.has_extn("starttls"):
                raise MailSettingsRefused("the mail server offers no encryption, so nothing was sent")
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self._options.ca_file or None)
        except OSError as error:
            raise MailSettingsRefused("the file of trusted authorities (ca_file) cannot be used") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _sign_in(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if not self._options.username:
            return
        try:
            server.login(self._options.username, self._options.password)
        except smtplib.SMTPNotSupportedError as error:
            raise MailSettingsRefused(
                "the mail server offers no sign-in; leave the user name empty"
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            raise _refused(error.smtp_code, _bytes(error.smtp_error), "the user name or password") from error


def _address(mailbox: str) -> str | None:
    """The bare address in a mailbox such as "School Monitor <monitor@school.example>", if it has one."""
    address = parseaddr(mailbox)[1]
    return address if re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", address) else None


def _expect(reply: tuple[int, bytes], what: str) -> None:
    code, text = reply
    if not 200 <= code < 300:
        raise _refused(code, text, what)


def _expect_of_this_mail(reply: tuple[int, bytes], what: str) -> None:
    """As `_expect`, where a 5xx reply says that this mail will never be taken; unless what the server
    wants is a sign-in (RFC 4954 6), which it wants for every mail."""
    code, text = reply
    if 500 <= code < 600 and code not in _WANTS_SIGN_IN:
        raise PermanentDeliveryError(f"the mail server refused {what} ({_codes(code, text)})")
    _expect(reply, what)


def _refused(code: int, text: bytes, what: str) -> TemporaryDeliveryError:
    """The reply as an error: 5xx waits for the operator, everything else may change by itself."""
    if 500 <= code < 600:
        return MailSettingsRefused(f"the mail server refused {what} ({_codes(code, text)})")
    return TemporaryDeliveryError(f"the mail server put off {what} ({_codes(code, text)})")


def _codes(code: int, text: bytes) -> str:
    """The reply's codes without its words: they may hold an address (RFC 3463)."""
    detail = re.match(rb"[245]\.\d{1,3}\.\d{1,3}\b", text)
    return f"{code} {detail[0].decode('ascii')}" if detail else str(code)


def _bytes(text: bytes | str) -> bytes:
    return text.encode("utf-8", "replace") if isinstance(text, str) else text


def _printable(reply: tuple[int, bytes]) -> str:
    code, text = reply
    words = " ".join(text.decode("ascii", "replace").split())
    return f"{code} {words}"[:200]
