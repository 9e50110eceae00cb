"""Kill the whole service after every side effect, one after the other, and start it again.

Run as `python -m tests.service_kills FOLDER`: prints one JSON line for the undisturbed run and one for each
kill point. Points are every operation on files (see `tests.evidence_kills`, which watches the standard
library), every commit of the database driver and every mail handed over. A point at which the disk holds
what it held at the one before (after a mere look into the database, say) is passed over: a kill leaves the
same there. Ours is the real thing: settings, store, matcher, triage, archive, composed mail; fakes are the
platform, the page and the mail server.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from monitor import cases, matching
from monitor.bootstrap import assemble, register_key
from monitor.evidence import verify
from monitor.jobs import Services, run_until_idle
from monitor.model import Envelope, Item, Message
from tests.conftest import START, HandClock
from tests.evidence_kills import die_at, every_operation, no_fsync
from tests.fakes import FakeBrowser, ScriptedPlatform
from tests.school import forum_source, littleover, people_file

CYCLES = (0, 5, 70)
"""Minutes after the start at which the service looks for work; the last is past the first reread."""

AGAIN = (75, 150)
"""The same after it was killed and started again."""


def script() -> ScriptedPlatform:
    """Posts that between them need every kind of side effect."""
    platform = ScriptedPlatform(page_size=4)
    posts = {
        "praise": "Massive thank you to Ms Quillfeather at Littleover Community School, a star",
        "insult": "Brackenhall at Littleover school is a pathetic little man, useless waste of space",
        "threat": "I know what time Quillfeather leaves Littleover school. She's getting it tomorrow.",
        "never": "whos got the zadie p y9 littleover nudes?? dm me",
        "address": "Brackenhall lives at 12 Hollow Road, red door, pop round and tell him #LittleoverCS",
        "nobody": "LCS finals last night were insane, best teamfight ever",
    }
    for native_id, words in posts.items():
        platform.post(
            Item(
                "feeds",
                native_id,
                f"https://forum.example/t/{native_id}",
                words,
                author="marigold_mum",
                posted_at=datetime(2026, 11, 21, 20, 0, tzinfo=UTC),
            )
        )
    platform.edit("insult", "Brackenhall at Littleover school is a pathetic worm, I will get him, he is dead")
    return platform


class MailLog:
    """A mail server that writes down every mail it takes, as its own disk would."""

    def __init__(self, log: Path, handed_over: Callable[[], None]) -> None:
        self._log = log
        self._handed_over = handed_over

    def deliver(self, message: Message, envelope: Envelope) -> str:
        with self._log.open("a") as log:
            log.write(
                json.dumps([envelope.message_id, envelope.date.isoformat(), envelope.recipient, message.text])
                + "\n"
            )
        self._handed_over()
        return "250 accepted"

    def check(self) -> str:
        return "takes mail"


def start(root: Path, clock: HandClock, passed: Callable[[], None]) -> tuple[Services, ScriptedPlatform]:
    """The service as bootstrap builds it, around the scripted outside world."""
    platform = script()
    services = assemble(
        littleover(root, sources=(forum_source(),)),
        clock=clock,
        page_browser=FakeBrowser(clock),
        transport=MailLog(root / "mail.log", passed),
        open_collector=lambda source: platform,
        jitter=lambda: 0.0,
    )
    return services, platform


def work(root: Path, cycles: tuple[int, ...], passed: Callable[[], None] = lambda: None) -> None:
    """Run the cycles as one life of the service; after an hour the threat is deleted by its author."""
    clock = HandClock(START + timedelta(minutes=cycles[0]))
    services, platform = start(root, clock, passed)
    for minutes in cycles:
        clock.now = START + timedelta(minutes=minutes)
        if minutes > 60:
            platform.remove("threat")
        run_until_idle(services)
    services.store.close()


def prepare(root: Path) -> None:
    """A data folder with a register in it, as a school has before its first poll."""
    services, _source = start(root, HandClock(), lambda: None)
    with people_file().open(encoding="utf-8") as lines:
        register = matching.read_people(lines)
    key = register_key(services.settings)
    cases.import_people(services.store, register, key, may_import_pupils=True, now=START)
    services.store.close()


def main(folder: Path) -> None:
    """Print the undisturbed end state with all points, then what each of them ended in."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    os.fsync = no_fsync  # type: ignore[assignment]  # the kernel, not the disk, is what a kill spares
    template = folder / "template"
    template.mkdir(parents=True)
    prepare(template)
    undisturbed = folder / "undisturbed"
    shutil.copytree(template, undisturbed)
    work(undisturbed, (*CYCLES, *AGAIN))
    gc.freeze()  # rules and libraries stay: no life looks through them for what may go
    points = telling_points(fresh(template, folder))
    sys.stdout.write(json.dumps({"points": points} | state(undisturbed)) + "\n")
    for point in points:
        root = fresh(template, folder)
        if not killed_at(point, root):
            raise SystemExit(f"the child had ended before point {point}")
        work(root, AGAIN)
        sys.stdout.write(json.dumps({"point": point} | state(root)) + "\n")


def fresh(template: Path, folder: Path) -> Path:
    """The data folder of a school to which nothing has happened yet."""
    root = folder / "run"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(template, root)
    return root


def telling_points(root: Path) -> list[int]:
    """The points at which the disk holds another thing than at the point before."""
    telling: list[int] = []
    passed, last = 0, b""

    def look() -> None:
        nonlocal passed, last
        passed += 1
        last, before = on_disk(root), last
        if last != before:
            telling.append(passed)

    def observe() -> None:
        work(root, CYCLES, every_side_effect(look))
        (root.parent / "points.json").write_text(json.dumps(telling))

    if in_child(observe) != 0:
        raise SystemExit("the observed child failed")
    found: list[int] = json.loads((root.parent / "points.json").read_text())
    return found


def on_disk(root: Path) -> bytes:
    """A digest of everything that would be left here. SQLite's own shared memory (-shm) is not: whoever
    opens the database after a kill makes it anew."""
    digest = hashlib.blake2b()
    for path in sorted(root.rglob("*")):
        if not path.name.endswith("-shm"):
            digest.update(f"{path} {path.stat().st_mode}\n".encode())
            digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.digest()


def killed_at(point: int, root: Path) -> bool:
    """Work in a child that dies at its nth point; False when it had fewer."""
    status = in_child(lambda: work(root, CYCLES, every_side_effect(die_at(point))))
    if status > 0:
        raise SystemExit(f"the child failed before point {point}")
    return status < 0


def in_child(do: Callable[[], None]) -> int:
    """Do it in a child of everything that is loaded; 0, or the signal that killed it as a negative number."""
    child = os.fork()
    if child == 0:
        try:
            do()
        except BaseException:  # noqa: BLE001 - whatever it is, this child must not run on as its parent
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def every_side_effect(reached: Callable[[], None]) -> Callable[[], None]:
    """Call it at every operation on files and after every commit; returned for what is handed over."""
    every_operation(reached)
    commit: Any = SQLiteDialect_pysqlite.do_commit

    def do_commit(dialect: SQLiteDialect_pysqlite, connection: object) -> None:
        commit(dialect, connection)
        reached()

    SQLiteDialect_pysqlite.do_commit = do_commit  # type: ignore[assignment, method-assign]  # watched
    return reached


def state(root: Path) -> dict[str, object]:
    """Everything that must be equal after a killed and an undisturbed life. Times are left out."""
    engine = create_engine(f"sqlite:///{root / 'data' / 'monitor.db'}")
    with engine.connect() as connection:

        def rows(query: str) -> list[list[object]]:
            return [list(row) for row in connection.execute(text(query))]

        found: dict[str, object] = {
            "items": rows("SELECT native_id, text, state FROM items ORDER BY native_id"),
            "versions": rows(
                "SELECT native_id, number, v.text, v.state FROM item_versions v"
                " JOIN items i ON i.id = v.item_id ORDER BY native_id, number"
            ),
            "findings": rows(
                "SELECT reference, native_id FROM findings f JOIN items i ON i.id = f.item_id ORDER BY 1"
            ),
            "views": rows("SELECT finding_id, number, assessment, routing FROM assessments ORDER BY 1, 2"),
            "captures": rows("SELECT exhibit_id, mode, state, outcome FROM captures ORDER BY 1"),
            "exhibits": rows("SELECT exhibit_id, capture_id IS NOT NULL FROM exhibits ORDER BY 1"),
            "alerts": rows("SELECT key, office, part, message_id, state FROM alerts ORDER BY 1"),
            "counters": rows("SELECT category, source_key, count FROM counters ORDER BY 1"),
            "seen": rows("SELECT count(*) FROM seen"),
        }
    engine.dispose()
    archive = root / "archive"
    mails = [json.loads(line) for line in (root / "mail.log").read_text().splitlines()]
    return found | {
        "sealed": sorted(
            entry["exhibit"]
            for entry in map(json.loads, (archive / "ledger.jsonl").read_text().splitlines())
            if entry["event"] == "sealed"
        ),
        "folders": sorted(path.name for path in archive.glob("20*/*/*")),
        "scratch": sorted(path.name for path in (archive / ".scratch").iterdir()),
        "faults": [str(fault) for fault in verify.problems(archive)],
        "mails": sorted({(message_id, recipient) for message_id, _date, recipient, _text in mails}),
        # The same Message-ID may come twice, but then it is the same mail to the letter.
        "mails that differ": len({json.dumps(mail) for mail in mails}) - len({mail[0] for mail in mails}),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
