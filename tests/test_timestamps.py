"""Times by others: a real authority on this machine, and no reply is believed before it was checked."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from monitor import outbound, timestamps
from monitor.errors import TimestampError
from monitor.evidence import tokens
from tests.time_authority import TimeAuthority, time_authority, with_free_text

CONTENT = b"the bytes of a checkpoint\n"
PATIENT = outbound.OutboundLimits(5, 30, 60, 100_000, 2, ("127.0.0.1",))
HASTY = outbound.OutboundLimits(5, 0.5, 2, 100_000, 2, ("127.0.0.1",))
STRICT = outbound.OutboundLimits(5, 30, 60, 100_000, 2, ())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeAuthority]:
    """An authority with signers of several kinds."""
    with time_authority(tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """The one door to plain HTTP, that may reach this machine."""
    with outbound.open_session(PATIENT, "SchoolMonitor tests") as opened:
        yield opened


def ask(
    authority: TimeAuthority, session: requests.Session, kind: str, *, list_at: str = ""
) -> tuple[bytes, datetime]:
    """Ask and check, as the job does."""
    asked = timestamps.Authority(
        "local", authority.url(kind), authority.root_file, list_at, timedelta(0), session
    )
    unverified = asked.ask(CONTENT)
    moment = tokens.check(
        unverified.reply,
        CONTENT,
        certificates=asked.certificates(),
        nonce=unverified.nonce,
        revocation_lists=asked.revocation_lists(),
    )
    return unverified.reply, moment


def openssl_verify(authority: TimeAuthority, reply: bytes, *options: str) -> int:
    """What the program that everybody has says of the same reply; 0 is good."""
    (authority.folder / "reply").write_bytes(reply)
    (authority.folder / "asked").write_bytes(CONTENT)
    command = ("openssl", "ts", "-verify", "-in", "reply", "-data", "asked", "-CAfile", "trusted", *options)
    (authority.folder / "trusted").write_bytes(authority.root_file.read_bytes() + _list_as_pem(authority))
    return subprocess.run(command, cwd=authority.folder, capture_output=True, timeout=300).returncode


def _list_as_pem(authority: TimeAuthority) -> bytes:
    return timestamps._pem(authority.revocation_list)


@pytest.mark.parametrize("kind", ["good", "unsorted"])
def test_a_good_time_is_believed_by_both_programs(
    authority: TimeAuthority, session: requests.Session, kind: str
) -> None:
    """Also a reply whose certificates are not sorted, which one of the two libraries cannot read."""
    reply, moment = ask(authority, session, kind)

    assert abs(moment - datetime.now(UTC)) < timedelta(minutes=1)
    assert 0 == openssl_verify(authority, reply)


@pytest.mark.parametrize("kind", ["good", "unsorted"])
def test_a_time_is_read_off_what_is_signed_not_off_what_is_said_round_it(
    authority: TimeAuthority, session: requests.Session, kind: str
) -> None:
    """A reply has room for free text; lines in it that look like a time, and a grant, are no time."""
    reply, moment = ask(authority, session, kind)
    earlier = moment - timedelta(days=100)
    said = f"ok\nStatus: Granted.\n\nTST info:\nTime stamp: {earlier:%b %d %H:%M:%S %Y} GMT\n"
    talkative = with_free_text(reply, said)

    assert 0 == openssl_verify(authority, talkative)
    assert moment == tokens.check(talkative, CONTENT, certificates=authority.root_file.read_bytes())


def test_only_the_digest_leaves(authority: TimeAuthority, session: requests.Session) -> None:
    """The question holds the SHA-256 of the content, and not one byte run of the content."""
    ask(authority, session, "good")
    question = authority.questions[-1]

    assert hashlib.sha256(CONTENT).digest() in question
    assert all(CONTENT[at : at + 6] not in question for at in range(len(CONTENT) - 6))
    assert len(question) < 80


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("expired", "certificate has expired"),
        ("untrusted", "local issuer certificate"),
        ("not-critical", "unsuitable certificate purpose"),
        ("wrong-nonce", "Nonce mismatch"),
        ("wrong-imprint", "Mismatch between messages"),
        ("other-digest", "another kind of digest"),
        ("not-granted", "did not grant"),
        ("garbage", "no time that openssl accepts"),
        ("empty", "no time that openssl accepts"),
        ("error", "HTTP 500"),
    ],
)
def test_what_does_not_hold_is_refused_and_named(
    authority: TimeAuthority, session: requests.Session, kind: str, why: str
) -> None:
    """Each fault that an authority can have, in words for the network manager."""
    with pytest.raises(TimestampError, match=why):
        ask(authority, session, kind)


def test_an_authority_that_does_not_answer_is_left(authority: TimeAuthority) -> None:
    """Within the limits of every request; nobody waits for it longer."""
    with (
        outbound.open_session(HASTY, "SchoolMonitor tests") as session,
        pytest.raises(TimestampError, match="does not answer in time"),
    ):
        ask(authority, session, "slow")


@pytest.mark.parametrize("kind", ["expired", "untrusted", "not-critical", "wrong-imprint", "not-granted"])
def test_openssl_refuses_what_we_refuse(
    authority: TimeAuthority, session: requests.Session, kind: str
) -> None:
    """The two programs agree on bad replies too."""
    asked = timestamps.Authority("x", authority.url(kind), authority.root_file, "", timedelta(0), session)

    assert 0 != openssl_verify(authority, asked.ask(CONTENT).reply)


def test_a_revoked_certificate_is_refused_where_a_list_is_named(
    authority: TimeAuthority, session: requests.Session, tmp_path: Path
) -> None:
    """From an address or from a file, by us and by openssl; the good one passes the same list."""
    place = tmp_path / "revoked.crl"
    place.write_bytes(authority.revocation_list)

    for list_at in (authority.url("list"), str(place)):
        with pytest.raises(TimestampError, match="revoked"):
            ask(authority, session, "revoked", list_at=list_at)
        reply, _moment = ask(authority, session, "good", list_at=list_at)
        assert 0 == openssl_verify(authority, reply, "-crl_check")
    reply, _moment = ask(authority, session, "revoked")
    assert 0 != openssl_verify(authority, reply, "-crl_check")


def test_the_second_program_refuses_as_much_as_the_first(
    authority: TimeAuthority, session: requests.Session
) -> None:
    """A reply that only openssl can read is held to the same: content, nonce, root, list."""
    asked = timestamps.Authority(
        "x", authority.url("unsorted"), authority.root_file, "", timedelta(0), session
    )
    unverified, certificates = asked.ask(CONTENT), asked.certificates()

    with pytest.raises(TimestampError, match="message imprint mismatch"):
        tokens.check(unverified.reply, b"something else", certificates=certificates)
    with pytest.raises(TimestampError, match="nonce"):
        tokens.check(unverified.reply, CONTENT, certificates=certificates, nonce=unverified.nonce + 1)
    with pytest.raises(TimestampError, match="certificate verify error"):
        other = (authority.folder / "untrusted.pem").read_bytes()
        tokens.check(unverified.reply, CONTENT, certificates=other)
    with pytest.raises(TimestampError, match="certificate verify error"):
        # The list is not by the issuer of its certificate, so nobody knows whether that was revoked.
        lists = [_list_as_pem(authority)]
        tokens.check(unverified.reply, CONTENT, certificates=certificates, revocation_lists=lists)


def test_an_address_inside_the_network_is_not_asked(authority: TimeAuthority) -> None:
    """All goes through the one door, which refuses private addresses that nobody named."""
    before = authority.asked
    with (
        outbound.open_session(STRICT, "SchoolMonitor tests") as session,
        pytest.raises(TimestampError, match="must not be asked"),
    ):
        ask(authority, session, "good")

    assert before == authority.asked
