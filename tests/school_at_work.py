"""The invented school with the whole service around it: our own rooms are real, the outside world is
scripted. Made by `at_work`; a test publishes posts, moves the clock and runs cycles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect
from typing import Any

import requests

from monitor import cases, matching
from monitor.bootstrap import assemble, register_key
from monitor.jobs import Services, run_until_idle
from monitor.model import Item, Office, Source
from monitor.ports import Browser, Transport
from monitor.settings import Settings
from monitor.store.rows import AlertRow, FindingRow, RunRecord
from tests.conftest import START, HandClock
from tests.fakes import FakeBrowser, FakeMailServer, ScriptedPlatform
from tests.school import forum_source, littleover, people_file

THANKS = "Massive thank you to Ms Quillfeather at Littleover Community School, a star"
INSULT = "Brackenhall at Littleover school is a pathetic little man, useless waste of space"
THREAT = "I know what time Quillfeather leaves Littleover school. She's getting it tomorrow."
IMAGERY = "whos got the zadie p y9 littleover nudes?? dm me"
ADDRESS = "Brackenhall lives at 12 Hollow Road, red door, pop round and tell him #LittleoverCS"
HEAD = "The headteacher of Littleover Community School bullies her staff, three left this term"
GRUMBLE = "Littleover Community School's new uniform rule is a joke and leadership don't listen"
NOT_US = "LCS finals last night were insane, best teamfight ever"


def post(native_id: str, text: str, *, author: str = "marigold_mum", platform: str = "feeds") -> Item:
    """A post of the evening before, as a collector would give it."""
    address = f"https://forum.example/t/{native_id}"
    return Item(platform, native_id, address, text, author=author, posted_at=START - timedelta(hours=12))


def blog_source() -> Source:
    """A second public source, so that one can fail while the other goes on."""
    return Source("blog", "feeds", "https://blog.example/feed", timedelta(minutes=30))


def own_source() -> Source:
    """One of the School's own Channels."""
    return Source("own", "feeds", "https://own.example/feed", timedelta(minutes=30), channel="instagram")


@dataclass
class AtWork:
    """One school's service, and everything a test wants to know about it."""

    services: Services
    clock: HandClock
    platforms: dict[str, ScriptedPlatform]
    browser: FakeBrowser
    mail: FakeMailServer

    @property
    def forum(self) -> ScriptedPlatform:
        """The platform behind `forum_source`."""
        return self.platforms["forum"]

    def cycle(self, **by: float) -> None:
        """Let so many minutes or hours pass, then do everything that is due."""
        self.clock.move(**by)
        run_until_idle(self.services)

    def findings(self) -> list[FindingRow]:
        """Every finding, oldest first."""
        with self.services.store.transaction() as t:
            return t.findings()[::-1]

    def alerts(self) -> list[AlertRow]:
        """Every message owed or sent, oldest first."""
        with self.services.store.transaction() as t:
            return t.alerts()[::-1]

    def newest_run(self, key: str = "forum") -> RunRecord:
        """How the last poll of a source ended."""
        with self.services.store.transaction() as t:
            return t.runs(key)[0]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What lies in the database, column by column."""
        with closing(connect(self.services.settings.storage.data / "monitor.db")) as database:
            return database.execute(query).fetchall()

    def told(self) -> list[str]:
        """Which offices got mail, in order, by their practice address."""
        return [recipient.partition("@")[0].replace("-", "_") for recipient in self.mail.recipients]

    def operator_mails(self) -> list[str]:
        """The subjects of what the network manager was told."""
        operator = Office.SYS_OPERATOR.value.replace("_", "-")
        return [m.subject for m, envelope in self.mail.received if envelope.recipient.startswith(operator)]

    def sealed(self) -> dict[str, dict[str, Any]]:
        """The records of every exhibit in the archive, by reference."""
        return {
            path.parents[1].name: json.loads(path.read_text("utf-8"))
            for path in sorted(self.services.settings.storage.archive.glob("20*/*/*/data/record.json"))
        }

    def sealed_words(self, exhibit_id: str) -> str:
        """The collected words as the exhibit keeps them."""
        (path,) = self.services.settings.storage.archive.glob(f"20*/*/{exhibit_id}/data/source/item.json")
        words: str = json.loads(path.read_text("utf-8"))["text"]
        return words


def at_work(
    root: Path,
    *,
    sources: Sequence[Source] = (),
    settings: Settings | None = None,
    page_browser: Browser | None = None,
    transport: Transport | None = None,
    session: requests.Session | None = None,
) -> AtWork:
    """Assemble the service on `root` as bootstrap does, with the demo's register in it.

    With a `session` the real collectors read the sources through it, else `platforms` answer. A real
    browser and a real transport may be given in place of the scripted ones.
    """
    clock = HandClock()
    watched = tuple(sources) or (forum_source(),)
    settings = replace(settings or littleover(root), sources=watched)
    platforms = {source.key: ScriptedPlatform() for source in watched}
    browser, mail = FakeBrowser(clock), FakeMailServer()
    services = assemble(
        settings,
        clock=clock,
        page_browser=page_browser or browser,
        transport=transport or mail,
        session=session,
        open_collector=None if session else lambda source: platforms[source.key],
        jitter=lambda: 0.0,
    )
    import_register(services)
    return AtWork(services, clock, platforms, browser, mail)


def import_register(services: Services) -> None:
    """Put the demo's people on the register, pupils included."""
    with people_file().open(encoding="utf-8") as lines:
        register = matching.read_people(lines)
    key = register_key(services.settings)
    cases.import_people(services.store, register, key, may_import_pupils=True, now=START)
