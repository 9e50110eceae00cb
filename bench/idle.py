"""What the service keeps in memory while nothing happens, against Python that sleeps."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from html import escape
from pathlib import Path
from tempfile import mkdtemp

from bench.figures import Figure, in_turns
from bench.posts import people_file, posts
from bench.processes import MONITOR, PYTHON, environment, resident_mib, run, running
from tests.page_server import Answer, PageServer
from tests.school import REPOSITORY

ROUNDS = 3
REST_S = 10
"""Long enough for several looks at what is due: `TICK_S` is short here."""
TICK_S = 2
STARTED_WITHIN_S = 60
PEOPLE = 2500
OFF = 'enabled = false\npause = "the service is measured at rest"\n'
SLEEP = "import time; time.sleep(600)"


def measure(scratch: Path) -> Iterator[Figure]:
    """With no source, then after a poll that had a whole school's register compiled."""
    env = environment(scratch)
    with closing(PageServer()) as server:
        server.routes["/feed"] = Answer(_feed(), kind="application/rss+xml")
        address = f"{server.host}:{server.port}"
        for what, switch, people in (
            ("service at rest, no source, nobody on the register", OFF, 0),
            (f"service at rest after a poll, {PEOPLE:,} people", "", PEOPLE),
        ):
            yield Figure(
                what,
                "`python -c 'import time; time.sleep(600)'`",
                "MiB",
                *in_turns(
                    lambda: _at_rest(_config(scratch, address, switch), people, env=env),  # noqa: B023 - in this round
                    lambda: _sleeping(scratch, env),
                    rounds=ROUNDS,
                ),
                "resident",
            )


def _config(scratch: Path, address: str, switch: str) -> Path:
    """The demo's configuration, with its governance record, and one source of ours in place of its own."""
    folder = Path(mkdtemp(dir=scratch)) / "config"
    folder.mkdir()
    shutil.copy(REPOSITORY / "config" / "policy.toml", folder)
    text = (REPOSITORY / "monitor" / "demo" / "monitor.toml").read_text("utf-8")
    before, after = text.partition("[sources.")[0], text.partition("[schedule]\n")[2]
    source = f'[sources.feed]\nplatform = "feeds"\nbase_url = "http://{address}/feed"\n{switch}'
    written = f"{before}{source}\n[schedule]\ntick_s = {TICK_S}\n{after}".replace("127.0.0.1:PORT", address)
    (folder / "monitor.toml").write_text(written, "utf-8")
    return folder


def _feed() -> bytes:
    """Twenty posts that concern nobody, so that no browser is started."""
    entries = "".join(
        f"<item><guid>{post['id']}</guid><link>{post['url']}</link>"
        f"<description>{escape(post['text'])}</description></item>"
        for post in posts(20, about_the_school=0)
    )
    return f'<rss version="2.0"><channel><title>Talk</title>{entries}</channel></rss>'.encode()


def _at_rest(config: Path, people: int, *, env: Mapping[str, str]) -> float:
    """MiB resident once the service has looked for work several times."""
    if people:
        register = config / "people.csv"
        register.write_text(people_file(people), "utf-8")
        run((*MONITOR, "people", "import", str(register), "--config", str(config)), env=env)
    with running((*MONITOR, "run", "--config", str(config)), env=env, log=config / "service.log") as service:
        _wait_until_looked(config.parent / "data" / "monitor.db", polled=bool(people))
        time.sleep(REST_S)
        return resident_mib(service.pid)


def _wait_until_looked(database: Path, *, polled: bool) -> None:
    """Return once the service has looked for work and, where there is some, read its source."""
    query = "SELECT count(*) FROM runs WHERE items_seen > 0" if polled else "SELECT count(*) FROM heartbeat"
    for _ in range(STARTED_WITHIN_S):
        time.sleep(1)
        try:
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
                if connection.execute(query).fetchone()[0]:
                    return
        except sqlite3.OperationalError:
            continue  # the service has not made it yet
    raise RuntimeError("the service did not start")


def _sleeping(scratch: Path, env: Mapping[str, str]) -> float:
    with running((*PYTHON, SLEEP), env=env, log=scratch / "sleep.log") as process:
        time.sleep(1)
        return resident_mib(process.pid)
