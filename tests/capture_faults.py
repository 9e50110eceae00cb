"""Let the disk fail under the whole service while it captures, and look at what its rows say.

Run as `python -m tests.capture_faults HOW FOLDER`: prints one JSON line a fault and one at the end. HOW is
`eio` or `enospc`, as in `tests.evidence_faults`. A post for each fault; ours is the real thing, fakes are the
platform, the page and the mail server.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import structlog

from monitor.evidence import verify
from monitor.jobs import run_until_idle
from tests.evidence_faults import Disk
from tests.evidence_kills import no_fsync
from tests.school_at_work import INSULT, AtWork, at_work, post

STEP = 6
"""Which operations are tried; every single one is by `tests.evidence_faults`, without the service."""


def main(how: str, folder: Path) -> None:
    """One line for each operation that failed: how the row stood then, and after hours with a sound disk."""
    number, lasting = (errno.EIO, False) if how == "eio" else (errno.ENOSPC, True)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    os.fsync = no_fsync  # type: ignore[assignment]  # no power is cut here
    school = at_work(folder)
    archive = school.services.settings.storage.archive
    school.cycle()
    disk = Disk(archive)
    for point in count(1, STEP):
        school.forum.post(replace(post(f"insult-{point}", INSULT), posted_at=school.clock.now))
        school.clock.move(hours=1)
        disk.fail_at(point, number, lasting=lasting)
        run_until_idle(school.services)
        if not disk.heal():
            break
        told = {"point": point, "then": newest(school), "told": school.operator_mails()[-1:]}
        # Every exhibit is read each time: now and then is enough, and at the end.
        left = [str(each) for each in verify.problems(archive)] if point % 8 == 1 else []
        school.mail.received.clear()
        school.cycle(hours=3)
        sys.stdout.write(json.dumps(told | {"left": left, "later": newest(school)}) + "\n")
    sys.stdout.write(json.dumps({"problems": [str(each) for each in verify.problems(archive)]}) + "\n")


def newest(school: AtWork) -> dict[str, object]:
    """How the newest capture stands, in its row, in the index and in the chain."""
    ((exhibit, state_, detail),) = school.rows(
        "SELECT exhibit_id, state, detail FROM captures ORDER BY id DESC LIMIT 1"
    )
    indexed = school.rows(f"SELECT 1 FROM exhibits WHERE exhibit_id = '{exhibit}'")
    chained = school.services.archive.find(exhibit) is not None
    return {"state": state_, "detail": detail, "indexed": bool(indexed), "chained": chained}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
