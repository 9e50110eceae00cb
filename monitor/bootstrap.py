"""Settings to Services: the only file that names concrete adapters, the real clock and real chance.

Tests call the same `assemble` and pass replacements for the outside world.
"""

from __future__ import annotations

import hmac
import random
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import requests

import monitor
from monitor import browser, collectors, doctor, evidence, matching, outbound, pictures, timestamps
from monitor.alerts import compose as letters
from monitor.alerts.mailbox import MailboxTransport
from monitor.alerts.smtp import Security, SmtpOptions, SmtpTransport
from monitor.cases import Rules
from monitor.cases.export import Means
from monitor.decisions import addresses
from monitor.errors import ArchiveError, BrowserUnavailable, NotConfigured, PicturesUnavailable
from monitor.evidence.keyring import Keyring, kept
from monitor.evidence.wacz import Wacz
from monitor.jobs import Services, Watch
from monitor.model import CaptureOutcome, Item, Notice, Office, OperatorNotice, Register, Source
from monitor.model import Message as Mail
from monitor.pictures import PictureOutcome
from monitor.pictures.proposals import suppression
from monitor.ports import Browser, Clock, Collector, CollectorTools, Fingerprint, Transport
from monitor.settings import PLATFORM_LABELS, Settings
from monitor.store import Store
from monitor.store.register import new_key, open_register


def clock() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def assemble(
    settings: Settings,
    *,
    stopping: Callable[[], bool] = lambda: False,
    clock: Clock = clock,
    session: requests.Session | None = None,
    page_browser: Browser | None = None,
    transport: Transport | None = None,
    open_collector: Callable[[Source], Collector] | None = None,
    jitter: Callable[[], float] = random.random,
) -> Services:
    """Everything the jobs need, from settings. Makes the data folder, its keys and the database.

    Raises `SchemaMismatch`, `StoreUnavailable` and `OSError` when the data folder cannot be used.
    """
    data = settings.storage.data
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(settings.storage.database_url)
    store.upgrade()
    fingerprint = keyed_fingerprint(kept(data / "keys" / "fingerprint.key", new_key))
    door = session or open_session(settings)
    return Services(
        settings=settings,
        store=store,
        archive=_archive(settings.storage.archive),
        keyring=signing_keys(settings),
        authorities=time_authorities(settings, door),
        clock=clock,
        watch=_Watching(store, settings).current,
        open_collector=open_collector or _collector_opener(settings, door, clock, fingerprint),
        browser=page_browser or open_browser(settings, store, clock),
        transport=transport or open_transport(settings),
        compose=compose,
        fingerprint=fingerprint,
        jitter=jitter,
        stopping=stopping,
    )


def _archive(root: Path) -> evidence.Archive:
    """The archive. One that cannot be written to must not keep sources from being read and mail from
    leaving: each use of it fails in words, and `recover` has the network manager told."""
    try:
        return evidence.open_archive(root)
    except ArchiveError:
        return evidence.Archive(root)


@contextmanager
def probes(settings: Settings) -> Iterator[doctor.Probes]:
    """The world as `doctor` tries it: nothing is sent, polled or written but what a check needs."""
    session = open_session(settings)
    store = Store(settings.storage.database_url)
    try:
        yield doctor.Probes(
            clock=clock,
            session=session,
            browser=lambda: _try_browser(settings),
            pictures=pictures.try_reader,
            mail=open_transport(settings).check,
            schema_state=store.schema_state,
            collected=collectors.REGISTRY,
            signing_key=signing_keys(settings).fingerprint,
            times={
                authority.name: partial(_try_authority, authority)
                for authority in time_authorities(settings, session)
            },
        )
    finally:
        store.close()
        session.close()


def time_authorities(settings: Settings, session: requests.Session) -> tuple[timestamps.Authority, ...]:
    """The authorities that the settings name, asked through the one door."""
    return tuple(
        timestamps.Authority(
            name=wanted.name,
            url=wanted.url,
            certificate_file=wanted.certificate,
            revocation_list=wanted.revocation_list,
            every=wanted.every,
            session=session,
        )
        for wanted in settings.evidence.authorities
    )


def _try_authority(authority: timestamps.Authority) -> str:
    """Ask for the time of nothing in particular, and check the reply. Raises `MonitorError`."""
    content = b"school-monitor doctor\n"
    unverified = authority.ask(content)
    moment = evidence.check_time(
        unverified.reply,
        content,
        certificates=authority.certificates(),
        nonce=unverified.nonce,
        revocation_lists=authority.revocation_lists(),
    )
    return f"it confirms times; by its clock it is {moment:%d %b %Y, %H:%M} UTC"


def open_session(settings: Settings) -> requests.Session:
    """The one door to plain HTTP."""
    wanted = settings.outbound
    limits = outbound.OutboundLimits(
        connect_s=wanted.connect_s,
        read_s=wanted.read_s,
        total_s=wanted.total_s,
        max_bytes=wanted.max_bytes,
        max_redirects=wanted.max_redirects,
        allow_private=wanted.allow_private,
    )
    return outbound.open_session(limits, user_agent(settings))


def user_agent(settings: Settings) -> str:
    """Who we say we are, to everybody (R7): the project, the school, where to complain."""
    contact = settings.outbound.contact or "contact: the school office"
    return f"SchoolMonitor/{monitor.__version__} ({settings.school_name}; {contact})"


def _try_browser(settings: Settings) -> str:
    """Start the browser and let it capture our own page, in each slot at once. Raises `BrowserUnavailable`
    in words."""
    found = browser.try_browser(settings.capture.browser)
    tried = browser.open_browser(_browser_options(settings, forbidden=lambda url: False), clock)
    slots = settings.capture.slots
    with (
        tempfile.TemporaryDirectory(prefix="school-monitor-") as folder,
        closing(tried),
        ThreadPoolExecutor(slots) as threads,
    ):
        reports = list(threads.map(lambda slot: tried.self_test(Path(folder, str(slot))), range(slots)))
    for report in reports:
        if report.outcome is not CaptureOutcome.COMPLETE:
            raise BrowserUnavailable(
                f"{found}, but it did not capture a test page as it should ({'; '.join(report.missing)});"
                " install another version of Chromium"
            )
    said = "a test page" if slots == 1 else f"{slots} test pages at once"
    return f"{found}, and captured {said} as it should"


def open_browser(settings: Settings, store: Store, clock: Clock) -> Browser:
    """A browser that starts when it is first needed, and follows no page to a forbidden address."""
    known: list[Item] = []
    known_at: datetime | None = None

    def forbidden(url: str) -> bool:
        # Asked for every part of a page: the rows are read again once a second, not a hundred times.
        nonlocal known, known_at
        now = clock()
        if known_at is None or not timedelta(0) <= now - known_at < timedelta(seconds=1):
            with store.transaction() as t:
                known, known_at = t.untouchable(), now
        return any(addresses.touches(url, item) for item in known)

    return browser.open_browser(_browser_options(settings, forbidden=forbidden), clock)


def _browser_options(settings: Settings, *, forbidden: Callable[[str], bool]) -> browser.BrowserOptions:
    wanted = settings.capture
    return browser.BrowserOptions(
        executable=wanted.browser,
        contact=settings.outbound.contact,
        page_s=wanted.page_s,
        total_s=wanted.total_s,
        max_height_px=wanted.max_height_px,
        max_page_bytes=settings.outbound.max_bytes * 5,
        allow_private=settings.outbound.allow_private,
        recycle_after=wanted.recycle_after,
        slots=wanted.slots,
        forbidden=forbidden,
        web_record=lambda: Wacz(f"school-monitor {monitor.__version__}"),
    )


def open_transport(settings: Settings) -> Transport:
    """The local mailbox folder in practice mode, else the school's mail server."""
    if settings.practice or settings.mail.transport == "practice":
        return MailboxTransport(mailbox_folder(settings))
    mail = settings.mail
    return SmtpTransport(
        SmtpOptions(
            host=mail.host,
            port=mail.port,
            security=Security(mail.security),
            username=mail.username,
            password=mail.password,
            timeout_s=30,
            ca_file=mail.ca_file,
        )
    )


def mailbox_folder(settings: Settings) -> Path:
    """Where practice mail lies as .eml files."""
    return settings.storage.data / "mailbox"


def register_key(settings: Settings) -> bytes:
    """The key of the Register, made at the first use, readable by the service's user only."""
    return kept(settings.storage.data / "keys" / "register.key", new_key)


def signing_keys(settings: Settings) -> Keyring:
    """The private keys that sign checkpoints of the archive."""
    return Keyring(settings.storage.data / "keys")


def pack_means(services: Services) -> Means:
    """What a case is exported with. Raises `ArchiveError` when there is no key to sign with."""
    settings = services.settings
    try:
        signer = signing_keys(settings).current()
    except (OSError, ValueError) as error:
        raise ArchiveError(
            "The key that signs packs cannot be read. Next: school-monitor doctor, which names the fault"
        ) from error

    def contact(owner: Office) -> str:
        holder = settings.holders.get(owner)
        address = f", {holder.address}" if holder and holder.address else ""
        return f"Office of the {owner.label}, {settings.school_name}{address}"

    return Means(
        store=services.store,
        archive=services.archive,
        signer=signer,
        rules=Rules(settings.policy, services.delegates),
        # As if the words stood in a place of the School's own: a name too many is masked rather than shown.
        match=lambda text: services.watch().matcher.scan([text], [True])[0],
        school=settings.school_name,
        contact=contact,
        platforms=PLATFORM_LABELS,
        reader=picture_reader,
    )


@contextmanager
def picture_reader() -> Iterator[Callable[[bytes], str] | None]:
    """What reads the words in a picture; None where the extra `pictures` is not installed.

    It raises `PicturesUnavailable` for a picture that cannot be read whole, or must not be (R28).
    """
    with pictures.PictureReader() as reader:

        def words_in(content: bytes) -> str:
            read = reader.read(content, suppressed=suppression)
            if read.outcome not in _READ_WHOLE:
                raise PicturesUnavailable(read.outcome.words)
            return read.text

        tried = reader.read(b"", suppressed=suppression)
        yield None if tried.outcome is PictureOutcome.UNAVAILABLE else words_in


_READ_WHOLE = (PictureOutcome.READ, PictureOutcome.NO_WORDS, PictureOutcome.TOO_SMALL)


def compose(facts: Notice | OperatorNotice) -> Mail:
    """The words of a mail."""
    return letters.finding_mail(facts) if isinstance(facts, Notice) else letters.operator_mail(facts)


def keyed_fingerprint(key: bytes) -> Fingerprint:
    """A digest that nobody without the key can compute or look up: HMAC-SHA256, 128 bits, hex."""

    def fingerprint(text: str) -> str:
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()

    return fingerprint


class _Watching:
    """The matcher for the Register as it is now; compiled again only when the Register changed."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._version: str | None = None
        self._watch: Watch | None = None

    def current(self) -> Watch:
        with self._store.transaction() as t:
            sealed = t.register()
        version = sealed.version if sealed else ""
        if self._watch is None or version != self._version:
            register = open_register(sealed, register_key(self._settings)) if sealed else Register()
            self._watch = Watch(
                people={person.id: person for person in register.people},
                matcher=matching.compile(register.people, self._settings.terms),
            )
            self._version = version
        return self._watch


def _collector_opener(
    settings: Settings, session: requests.Session, clock: Clock, fingerprint: Fingerprint
) -> Callable[[Source], Collector]:
    def open_collector(source: Source) -> Collector:
        if source.platform not in collectors.REGISTRY:
            raise NotConfigured(source.key, f"this version cannot read {source.platform}")
        tools = CollectorTools(
            session=session,
            clock=clock,
            fingerprint=fingerprint,
            user_agent=user_agent(settings),
            secrets=settings.secrets(source.key),
        )
        return collectors.open_collector(source.platform, tools)

    return open_collector
