"""Mail on its way: the same bytes on every attempt, a real SMTP conversation, the local mailbox."""

from __future__ import annotations

import email
import errno
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from monitor.alerts import build
from monitor.alerts.mailbox import MailboxTransport, file_name
from monitor.alerts.smtp import Security, SmtpOptions, SmtpTransport
from monitor.errors import (
    DeliveryError,
    MailSettingsRefused,
    PermanentDeliveryError,
    TemporaryDeliveryError,
)
from monitor.model import Envelope, Message
from tests.mail_server import Certificate, MailServer, certificate, serving

MAIL = Message(
    subject="Act now: possible threat, M-0147",
    text="Possible threat\n\nReference: M-2026-0147\n.\nA line with one dot stands above. – £38\n",
    html="<!DOCTYPE html>\n<html lang='en-GB'><body><p>Possible threat</p></body></html>\n",
    importance="high",
)
ENVELOPE = Envelope(
    message_id="<5f1c.headteacher.0@littleover.example>",
    date=datetime(2026, 11, 22, 8, 31, 5, tzinfo=UTC),
    sender="School Monitor <monitor@littleover.example>",
    recipient="headteacher@littleover.example",
    reply_to="safeguarding@littleover.example",
    thread="<root.M-2026-0147@littleover.example>",
)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(tls: Certificate) -> Iterator[MailServer]:
    """A mail server that insists on STARTTLS."""
    with serving(MailServer(), starttls=tls.context) as running:
        yield running


def options(server: MailServer, tls: Certificate, *, security: Security = Security.STARTTLS) -> SmtpOptions:
    return SmtpOptions(
        host="127.0.0.1", port=server.port, security=security, timeout_s=5, ca_file=tls.ca_file
    )


def parsed(content: bytes) -> EmailMessage:
    mail = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


# --- the bytes -----------------------------------------------------------------------------------


def test_the_headers_are_those_of_the_study() -> None:
    """Product study 4.6, every row; the language survives although parts were added."""
    mail = parsed(build(MAIL, ENVELOPE))
    expected = {
        "Message-ID": "<5f1c.headteacher.0@littleover.example>",
        "Date": "Sun, 22 Nov 2026 08:31:05 +0000",
        "In-Reply-To": "<root.M-2026-0147@littleover.example>",
        "References": "<root.M-2026-0147@littleover.example>",
        "Reply-To": "safeguarding@littleover.example",
        "Subject": "Act now: possible threat, M-0147",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": "en-GB",
        "Importance": "high",
        "Sensitivity": "Company-Confidential",
        "X-School-Monitor-Class": "bare",
        "List-Unsubscribe": None,
    }
    assert expected == {name: mail[name] for name in expected}
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == MAIL.text


def test_the_same_message_and_envelope_give_the_same_bytes() -> None:
    """Promise 4: a second attempt is the same mail; another recipient's is another."""
    other = replace(ENVELOPE, message_id="<5f1c.dsl.0@littleover.example>")
    assert build(MAIL, ENVELOPE) == build(replace(MAIL), replace(ENVELOPE))
    assert build(MAIL, ENVELOPE) != build(MAIL, other)
    assert build(MAIL, ENVELOPE).isascii()
    assert max(map(len, build(MAIL, ENVELOPE).split(b"\r\n"))) <= 998


@pytest.mark.parametrize("bad", ["a@b.example\r\nBcc: c@d.example", "a@b.example\nX: y"])
def test_an_address_cannot_bring_a_header_of_its_own(bad: str) -> None:
    """A line break in an address is refused, not written."""
    with pytest.raises(PermanentDeliveryError):
        build(MAIL, replace(ENVELOPE, recipient=bad))


# --- SMTP ----------------------------------------------------------------------------------------


def test_a_mail_travels_over_starttls(server: MailServer, tls: Certificate) -> None:
    """What arrives is what was built, encrypted; the receipt is the server's last reply."""
    receipt = SmtpTransport(options(server, tls)).deliver(MAIL, ENVELOPE)
    assert receipt == "250 2.0.0 Accepted as 7F3A"
    assert server.encrypted == [True]
    assert [build(MAIL, ENVELOPE)] == server.received


def test_a_mail_travels_over_implicit_tls(tls: Certificate) -> None:
    """RFC 8314: encryption from the first byte, with a sign-in."""
    with serving(MailServer(password="a drill"), implicit=tls.context) as server:
        signed_in = replace(
            options(server, tls, security=Security.TLS), username="monitor", password="a drill"
        )
        SmtpTransport(signed_in).deliver(MAIL, ENVELOPE)
        words = SmtpTransport(signed_in).check()
    assert [build(MAIL, ENVELOPE)] == server.received
    assert "accepts the sign-in" in words
    assert "TLSv1" in words


def test_a_server_without_encryption_gets_nothing(tls: Certificate) -> None:
    """R123: plaintext is refused; not even the sender's address is said."""
    with serving(MailServer()) as server, pytest.raises(MailSettingsRefused, match="no encryption"):
        SmtpTransport(options(server, tls)).deliver(MAIL, ENVELOPE)
    assert server.received == []


def test_a_certificate_nobody_vouches_for_gets_nothing(server: MailServer, tls: Certificate) -> None:
    """R123: a stranger in the middle is not given the mail; a renewed certificate mends it."""
    with pytest.raises(TemporaryDeliveryError, match="certificate is not trusted"):
        SmtpTransport(replace(options(server, tls), ca_file="")).deliver(MAIL, ENVELOPE)
    assert server.received == []


def test_after_a_connection_lost_behind_data_the_second_attempt_is_the_same_mail(tls: Certificate) -> None:
    """Promise 4: the server may have it already, so identity must not change."""
    with serving(MailServer(hangs_up=["DATA"]), starttls=tls.context) as server:
        transport = SmtpTransport(options(server, tls))
        with pytest.raises(TemporaryDeliveryError, match="broke the connection|cannot be reached"):
            transport.deliver(MAIL, ENVELOPE)
        transport.deliver(MAIL, ENVELOPE)
    first, second = server.received
    assert first == second
    assert parsed(first)["Message-ID"] == parsed(second)["Message-ID"] == ENVELOPE.message_id
    assert parsed(first)["Date"] == parsed(second)["Date"]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT"])
def test_after_a_connection_lost_earlier_the_mail_arrives_once(tls: Certificate, stage: str) -> None:
    """A broken connection is tried later, whatever was being said."""
    with serving(MailServer(hangs_up=[stage]), starttls=tls.context) as server:
        transport = SmtpTransport(options(server, tls))
        with pytest.raises(TemporaryDeliveryError):
            transport.deliver(MAIL, ENVELOPE)
        transport.deliver(MAIL, ENVELOPE)
    assert server.received == [build(MAIL, ENVELOPE)]


NOT_NOW = "451 4.3.0 Try later headteacher@littleover.example"
NEVER = "550 5.1.1 No such user headteacher@littleover.example"


@pytest.mark.parametrize(
    ("stage", "reply", "kind"),
    [
        *((stage, NOT_NOW, TemporaryDeliveryError) for stage in ("MAIL", "RCPT", "DATA")),
        ("MAIL", NEVER, MailSettingsRefused),
        ("RCPT", NEVER, PermanentDeliveryError),
        ("DATA", NEVER, PermanentDeliveryError),
        ("RCPT", "530 5.7.0 Authentication required", MailSettingsRefused),
    ],
)
def test_only_what_concerns_one_mail_is_permanent(
    tls: Certificate, stage: str, reply: str, kind: type[DeliveryError]
) -> None:
    """RFC 5321 4.2.1: a recipient or words refused for good; what all mails meet alike waits (promise
    4). The error repeats the codes and never the server's words."""
    with (
        serving(MailServer(replies={stage: reply}), starttls=tls.context) as server,
        pytest.raises(DeliveryError) as caught,
    ):
        SmtpTransport(options(server, tls)).deliver(MAIL, ENVELOPE)
    assert type(caught.value) is kind
    assert reply[:9] in str(caught.value)
    assert "@" not in str(caught.value)


def test_an_address_is_permanent_only_if_it_is_the_recipients(server: MailServer, tls: Certificate) -> None:
    """The sender's is in the settings: every mail would be lost over it."""
    transport = SmtpTransport(options(server, tls))
    with pytest.raises(PermanentDeliveryError, match="recipient's address"):
        transport.deliver(MAIL, replace(ENVELOPE, recipient="headteacher"))
    with pytest.raises(MailSettingsRefused, match="sender's address"):
        transport.deliver(MAIL, replace(ENVELOPE, sender="School Monitor"))
    assert server.received == []


@pytest.mark.parametrize(
    ("replies", "kind"),
    [({}, MailSettingsRefused), ({"AUTH": "454 4.7.0 Not now"}, TemporaryDeliveryError)],
)
def test_a_refused_sign_in_says_so(
    tls: Certificate, replies: Mapping[str, str], kind: type[DeliveryError]
) -> None:
    """A wrong password waits for the operator, a server that cannot check it now for itself; either
    way the mail waits (535 is the operator's to mend, RFC 4954 6)."""
    with serving(MailServer(password="right", replies=replies), starttls=tls.context) as server:
        wrong = replace(options(server, tls), username="monitor", password="wrong")
        for attempt in (SmtpTransport(wrong).check, lambda: SmtpTransport(wrong).deliver(MAIL, ENVELOPE)):
            with pytest.raises(DeliveryError, match="user name or password") as caught:
                attempt()
            assert type(caught.value) is kind
            assert "wrong" not in f"{caught.value} {wrong}"


def test_an_unreadable_list_of_authorities_loses_no_mail(
    server: MailServer, tls: Certificate, tmp_path: Path
) -> None:
    """A file that the operator moved is put back, and the mail that waited goes."""
    moved = replace(options(server, tls), ca_file=str(tmp_path / "moved.pem"))
    with pytest.raises(MailSettingsRefused, match="ca_file"):
        SmtpTransport(moved).deliver(MAIL, ENVELOPE)


def test_no_server_and_a_server_that_hangs_up_are_tried_later(tls: Certificate) -> None:
    """Before the conversation begins nothing is lost by trying again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        with pytest.raises(TemporaryDeliveryError):
            SmtpTransport(SmtpOptions(host="127.0.0.1", port=port, timeout_s=5)).check()
    with pytest.raises(TemporaryDeliveryError, match="cannot be reached"):
        SmtpTransport(SmtpOptions(host="127.0.0.1", port=port, timeout_s=5)).check()


def test_a_silent_server_is_given_up_after_its_time() -> None:
    """A server that accepts and never speaks ends in a temporary error, not in a wait."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(TemporaryDeliveryError):
            SmtpTransport(SmtpOptions(host="127.0.0.1", port=port, timeout_s=0.3)).check()


# --- the practice mailbox ------------------------------------------------------------------------


def test_a_mail_in_the_mailbox_can_be_found_and_opened(tmp_path: Path) -> None:
    """The name sorts by time and says reference and role; only the owner can read the file."""
    receipt = MailboxTransport(tmp_path / "mail").deliver(MAIL, ENVELOPE)
    (file,) = (tmp_path / "mail").iterdir()
    assert receipt == str(file)
    assert file.name.startswith("2026-11-22T0831Z-M-2026-0147-headteacher-")
    assert build(MAIL, ENVELOPE) == file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_mail_delivered_twice_looks_once(tmp_path: Path) -> None:
    """Promise 4: the second delivery replaces the same file, and nothing is left half-written."""
    transport = MailboxTransport(tmp_path)
    assert transport.deliver(MAIL, ENVELOPE) == transport.deliver(MAIL, ENVELOPE)
    transport.deliver(MAIL, replace(ENVELOPE, message_id="<other@littleover.example>"))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_name_in_an_address_never_becomes_a_file_name() -> None:
    """Only an office's own word stands in the name; the rest of an address may be a person."""
    name = file_name(MAIL, replace(ENVELOPE, recipient="Ines <ines.vandermolen@littleover.example>"))
    assert "vandermolen" not in name
    assert "-mailbox-" in name
    assert "-deputy-dsl-" in file_name(MAIL, replace(ENVELOPE, recipient="deputy-dsl@school.example"))
    assert "-system-" in file_name(replace(MAIL, text="Instagram not checked"), ENVELOPE)


def test_a_mailbox_that_cannot_be_written_is_tried_later(tmp_path: Path) -> None:
    """The error says what is wrong without naming anybody; check says the same beforehand."""
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    transport = MailboxTransport(blocked / "mail")
    with pytest.raises(TemporaryDeliveryError, match=os.strerror(errno.ENOTDIR)):
        transport.deliver(MAIL, ENVELOPE)
    with pytest.raises(TemporaryDeliveryError, match=os.strerror(errno.ENOTDIR)):
        transport.check()
    assert "nothing is sent" in MailboxTransport(tmp_path / "good").check()
    assert list((tmp_path / "good").iterdir()) == []
