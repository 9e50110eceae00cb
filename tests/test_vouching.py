"""Others vouch for the archive: checkpoints are signed, authorities asked, the head mailed each day."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor import jobs
from monitor.evidence import open_archive, verify
from monitor.evidence.keyring import Keyring
from monitor.model import Office
from monitor.settings import Authority, Evidence
from tests.school import REPOSITORY, littleover
from tests.school_at_work import INSULT, AtWork, at_work, post
from tests.time_authority import TimeAuthority, time_authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeAuthority]:
    """Two authorities may be the same machine under two addresses; so they are here."""
    with time_authority(tmp_path_factory.mktemp("authority")) as running:
        yield running


def working(
    root: Path, authority: TimeAuthority, *kinds: str, every: timedelta = timedelta(0), mail: str = ""
) -> AtWork:
    """A school that asks authorities of these kinds, at the time that it really is."""
    asked = tuple(Authority(kind, authority.url(kind), authority.root_file, "", every) for kind in kinds)
    shipped = littleover(root)
    at = at_work(
        root,
        settings=replace(
            shipped,
            outbound=replace(shipped.outbound, allow_private=("127.0.0.1",), read_s=30),
            evidence=Evidence(asked, (Office.CHAIR,) if mail else (), (mail,) if mail else ()),
        ),
    )
    at.clock.now = datetime.now(UTC)
    return at


def test_what_is_saved_is_signed_and_its_time_confirmed(tmp_path: Path, authority: TimeAuthority) -> None:
    """One cycle seals an exhibit, signs over it and has two authorities confirm it; verify says so."""
    at = working(tmp_path, authority, "good", "unsorted")
    at.forum.post(post("insult", INSULT))
    at.cycle()
    key = at.services.keyring.current().public.fingerprint
    vouched = verify.check_archive(at.services.archive.root, key=key).vouched

    assert len(at.sealed()) == 1
    assert (1, key) == (vouched.checkpoints, vouched.key)
    assert ["good", "unsorted"] == [time.authority for time in vouched.times]
    standing = jobs.examine(at.services).evidence
    assert (1, vouched.covered, "") == (standing.checkpoint, standing.covered, standing.fault)
    assert [("good", None), ("unsorted", None)] == [(t.authority, t.pending_since) for t in standing.times]
    file = at.services.settings.storage.data / "keys" / "signing.pem"
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)


def test_an_authority_that_fails_holds_nothing_up_and_is_told_after_a_day(
    tmp_path: Path, authority: TimeAuthority
) -> None:
    """The other still confirms; the missing time is seen at once in status, and told once a day."""
    at = working(tmp_path, authority, "error", "good")
    jobs.vouch(at.services)
    begun = at.clock.now

    standing = jobs.examine(at.services).evidence
    assert [("error", begun), ("good", None)] == [(t.authority, t.pending_since) for t in standing.times]
    assert [] == at.operator_mails()
    at.cycle(hours=23)
    assert [] == at.operator_mails()
    at.cycle(hours=2)
    at.cycle(minutes=5)
    assert ["System: No time was confirmed by error"] == at.operator_mails()
    assert "HTTP 500" in next(m.text for m, _ in at.mail.received if "No time" in m.subject)
    assert (
        "error has confirmed no time for 25 hours. Run `school-monitor doctor`."
        in jobs.examine(at.services).faults
    )


def test_a_reply_that_does_not_hold_leaves_nothing_in_the_archive(
    tmp_path: Path, authority: TimeAuthority
) -> None:
    """Neither the reply nor the certificates; the archive is sound."""
    at = working(tmp_path, authority, "wrong-nonce", "untrusted", "expired", "garbage")
    jobs.vouch(at.services)
    root = at.services.archive.root

    assert {"1.json", "1.sig"} == {path.name for path in (root / "checkpoints").iterdir()}
    assert not (root / "keys" / "tsa").exists()
    assert () == verify.problems(root)


def test_an_authority_that_asks_for_restraint_is_left_in_peace(
    tmp_path: Path, authority: TimeAuthority
) -> None:
    """Asked once, then not before the hour is over; the newest checkpoint then covers all before it."""
    at = working(tmp_path, authority, "good", every=timedelta(hours=1))
    at.forum.post(post("insult", INSULT))
    before = authority.asked
    at.cycle()
    (exhibit,) = at.sealed()
    for _ in range(2):
        at.services.archive.note(exhibit, "viewed", "headteacher", now=at.clock.now)
        jobs.vouch(at.services)
    assert 1 == authority.asked - before
    assert 3 == jobs.examine(at.services).evidence.checkpoint

    at.clock.now -= timedelta(hours=2)  # a clock that was set back must not silence it for hours
    jobs.vouch(at.services)
    assert 2 == authority.asked - before


def test_the_head_is_mailed_once_a_day_and_holds_no_content(tmp_path: Path, authority: TimeAuthority) -> None:
    """To the office and the address that the settings name; digests, counts and the key, nothing else."""
    at = working(tmp_path, authority, "good", mail="archive@keeper.example")
    at.forum.post(post("insult", INSULT))
    at.cycle()
    at.cycle(minutes=1)

    mails = [(m, e.recipient) for m, e in at.mail.received if "Evidence chain" in m.subject]
    assert ["chair@practice.invalid", "archive@keeper.example"] == [to for _mail, to in mails]
    text = mails[0][0].text
    checked = verify.check_archive(at.services.archive.root)
    assert checked.vouched.key in text.replace("\n", "").replace(" ", "")
    assert all(word.lower() not in text.lower() for word in ("Brackenhall", "pathetic", "forum", "insult"))
    assert "PRACTICE" in text.upper()
    at.cycle(hours=24)
    assert 4 == len([m for m, _ in at.mail.received if "Evidence chain" in m.subject])


def test_a_new_key_takes_over_with_the_word_of_the_old_one(tmp_path: Path, authority: TimeAuthority) -> None:
    """Made by a person, taken into use by the next run; either fingerprint verifies the archive."""
    at = working(tmp_path, authority)
    jobs.vouch(at.services)
    old = at.services.keyring.current().public.fingerprint
    new = at.services.keyring.make_following().public.fingerprint
    jobs.vouch(at.services)
    at.forum.post(post("insult", INSULT))
    at.cycle()

    assert (new, None) == (at.services.keyring.current().public.fingerprint, at.services.keyring.following())
    for key in (old, new):
        assert new == verify.check_archive(at.services.archive.root, key=key).vouched.key


def test_a_broken_key_is_told_and_holds_nothing_up(tmp_path: Path, authority: TimeAuthority) -> None:
    """Evidence is sealed all the same, and the key is not written over: it may still be mended."""
    at = working(tmp_path, authority, "good", mail="archive@keeper.example")
    file = at.services.settings.storage.data / "keys" / "signing.pem"
    file.write_text("half a key")
    at.forum.post(post("insult", INSULT))
    at.cycle()

    assert 1 == len(at.sealed())
    assert ["System: The archive's signing key cannot be read"] == at.operator_mails()
    assert "half a key" == file.read_text()


def school_monitor(folder: Path, *words: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    """Type a command in this folder."""
    return subprocess.run(
        [sys.executable, "-m", "monitor", *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPOSITORY)},
        input=answers,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_init_makes_the_key_once_and_verify_holds_the_archive_against_it(tmp_path: Path) -> None:
    """Its fingerprint is said; it fits with verify; another does not, half a one is refused."""
    answers = "Harrowmere Community School" + "\n" * 30
    first = school_monitor(tmp_path, "init", answers=answers)
    fingerprint = re.findall(r"^  ([0-9a-f]{64})$", first.stdout, re.M)[0]
    file = tmp_path / "data" / "keys" / "signing.pem"
    before = file.read_bytes()
    again = school_monitor(tmp_path, "init", answers=answers)
    open_archive(tmp_path / "archive").checkpoint(
        Keyring(file.parent).current(), now=datetime(2026, 11, 22, tzinfo=UTC)
    )

    assert (0, 0o600) == (first.returncode, stat.S_IMODE(file.stat().st_mode))
    assert (2, before) == (again.returncode, file.read_bytes())
    fits = school_monitor(tmp_path, "verify", "--key", fingerprint)
    assert 0 == fits.returncode and f"by the key: {fingerprint}" in fits.stdout
    other = school_monitor(tmp_path, "verify", "--key", "0" * 64)
    assert 1 == other.returncode and "FAULT step 11" in other.stdout
    assert 2 == school_monitor(tmp_path, "verify", "--key", "half").returncode
    assert f"Fingerprint: {fingerprint}" in school_monitor(tmp_path, "key").stdout
