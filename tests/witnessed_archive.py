"""A sealed archive with everything in it: erasure, custody, two keys, checkpoints, tokens of an authority."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor import outbound, timestamps
from monitor.evidence import Archive, SigningKey, open_archive
from monitor.model import CaptureMode, UnverifiedTime
from tests.sealed_archive import SIGNER, fill, item, record
from tests.time_authority import TimeAuthority, time_authority
from tests.web_archives import small_package

GOLDEN = Path(__file__).parent / "golden"
_LIMITS = outbound.OutboundLimits(5, 30, 60, 100_000, 2, ("127.0.0.1",))


class Witness:
    """The authority that gives times, and how an archive asks it."""

    def __init__(self, authority: TimeAuthority, asked: timestamps.Authority) -> None:
        self.authority = authority
        self._asked = asked

    def ask(self, archive: Archive) -> tuple[UnverifiedTime, bytes]:
        """The authority's reply to the newest checkpoint, not checked yet, and its certificates."""
        return self._asked.ask(archive.checkpoints()[-1].content), self._asked.certificates()

    def timestamp(self, archive: Archive) -> None:
        """Ask for the newest checkpoint, check the reply and keep it."""
        reply, certificates = self.ask(archive)
        number, now = archive.checkpoints()[-1].number, datetime.now(UTC)
        archive.keep_time(number, "invented-time", reply, certificates=certificates, now=now)


@contextmanager
def witness(folder: Path, *, until: datetime | None = None) -> Iterator[Witness]:
    """An authority on this machine until the end of the block; `until` its certificates are valid."""
    folder.mkdir()
    with (
        time_authority(folder, until=until) as authority,
        outbound.open_session(_LIMITS, "SchoolMonitor tests") as session,
    ):
        asked = timestamps.Authority(
            "invented-time", authority.url(), authority.root_file, "", timedelta(0), session
        )
        yield Witness(authority, asked)


def capture(
    archive: Archive,
    exhibit_id: str,
    *,
    now: datetime,
    waited: timedelta = timedelta(0),
    web: bool = False,
) -> None:
    """Capture and seal one exhibit that differs from all others; with a web archive if wanted."""
    scratch = archive.scratch(exhibit_id)
    fill(scratch, picture=f"not a real picture of {exhibit_id}".encode())
    if web:
        (scratch / "web").mkdir()
        (scratch / "web" / "capture.wacz").write_bytes(small_package(exhibit_id))
    words = item(f"The Head is late again, says {exhibit_id}")
    archive.seal(record(exhibit_id, captured_at=now - waited, words=words), now=now)


def witnessed_archive(root: Path, asked: Witness, *, signer: SigningKey, next_signer: SigningKey) -> Archive:
    """Format 2 throughout; E-1, E-2 (erased) and E-4 have web archives. The last two entries are covered by
    no checkpoint yet, nor is the exhibit E-6."""
    archive, now = open_archive(root), datetime.now(UTC)
    capture(archive, "E-1", now=now, web=True)
    capture(archive, "E-2", now=now, web=True)
    archive.seal(record("E-3", mode=CaptureMode.WORDS, captured_at=now), now=now)
    archive.note("E-1", "viewed", "headteacher", now=now)
    archive.checkpoint(signer, now=now)
    asked.timestamp(archive)
    capture(archive, "E-4", now=now, waited=timedelta(days=40), web=True)
    archive.erase("E-2", rule="dismissed", now=now)
    archive.note("E-4", "exported", "dsl", now=now, reason="for the solicitor")
    archive.hand_over(signer, next_signer, now=now)
    capture(archive, "E-5", now=now)
    archive.checkpoint(next_signer, now=now)
    asked.timestamp(archive)
    capture(archive, "E-6", now=now)
    archive.note("E-1", "viewed", "chair_of_governors", now=now)
    return archive


def mixed_archive(root: Path, *, signer: SigningKey = SIGNER) -> Archive:
    """Format 1 as it was written by the first version, going on in format 2: 7 entries, then 5 more."""
    shutil.copytree(GOLDEN / "archive-format-1", root, ignore=shutil.ignore_patterns("HEAD"))
    archive, now = open_archive(root), datetime(2026, 12, 24, tzinfo=UTC)
    capture(archive, "E-1", now=now)
    archive.note("LM-1", "viewed", "headteacher", now=now)
    archive.checkpoint(signer, now=now)
    archive.note("LM-4", "viewed", "headteacher", now=now)
    return archive
