"""The tick: APScheduler wakes the jobs; the rows say what is due. One instance a data folder.

Four clocks: poll and upkeep, mail, captures, what vouches for the archive. Captures have a thread for each
slot of the browser; each takes the next row that nobody holds, and only sealing takes turns. A stop lets each
job finish the row it holds, for eight seconds at most; what is cut off then is found by its lease at the next
start.
"""

from __future__ import annotations

import fcntl
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

import monitor
from monitor import jobs
from monitor.errors import AlreadyRunning, where_raised
from monitor.jobs import Services

log = structlog.get_logger()

STOP_WITHIN_S = 8.0
MAIL_EVERY_S = 10
VOUCH_EVERY_S = 300
"""So long an exhibit may wait for its checkpoint, and an authority that refused is left in peace."""


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Hold this data folder. Raises `AlreadyRunning` when another process holds it; a killed process
    holds nothing, for the lock is the kernel's."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(
                f"School Monitor already works on {data}. Stop it first, or use another data folder."
            ) from None
        yield


def run(services: Services, stop: threading.Event) -> bool:
    """Work until `stop` is set. True when everything came to rest in time."""
    settings = services.settings
    slots = settings.capture.slots
    jobs.recover(services)
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(4), "browser": ThreadPoolExecutor(slots)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    tick = settings.schedule.tick_s
    _every(scheduler, "poll", tick, lambda: _look(services), services)
    _every(scheduler, "upkeep", tick, lambda: jobs.upkeep(services), services)
    _every(scheduler, "mail", min(tick, MAIL_EVERY_S), lambda: jobs.deliver_due(services), services)
    for slot in range(1, slots + 1):
        often = min(tick, MAIL_EVERY_S)
        _every(scheduler, f"capture {slot}", often, lambda: _save(services), services, "browser")
    _every(scheduler, "vouch", max(tick, VOUCH_EVERY_S), lambda: jobs.vouch(services), services)
    scheduler.start()
    log.info(
        "service_started",
        version=monitor.__version__,
        practice=settings.practice,
        sources=sum(source.enabled for source in settings.sources),
    )
    stop.wait()
    return _come_to_rest(scheduler, services)


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT ask for a graceful stop."""

    def asked(number: int, _frame: object) -> None:
        log.info("stop_asked", signal=signal.Signals(number).name)
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)


def _look(services: Services) -> None:
    jobs.poll_due(services)
    jobs.reread_due(services)


def _save(services: Services) -> None:
    jobs.capture_due(services)
    if not services.stopping():
        jobs.self_test_due(services)


def _every(
    scheduler: BackgroundScheduler,
    name: str,
    seconds: int,
    job: Callable[[], object],
    services: Services,
    executor: str = "default",
) -> None:
    def guarded() -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - the next tick must come whatever this one met
            log.error("tick_failed", kind=name, error=type(error).__name__, where=where_raised(error))

    first = services.clock() + timedelta(seconds=0 if name == "poll" else 2)
    scheduler.add_job(guarded, "interval", seconds=seconds, id=name, executor=executor, next_run_time=first)


def _come_to_rest(scheduler: BackgroundScheduler, services: Services) -> bool:
    for job in scheduler.get_jobs():
        job.remove()
    rested = threading.Event()

    def close() -> None:
        services.browser.close()
        rested.set()

    # In the threads of the captures, all of them: each comes once the row that it holds is finished.
    slots = services.settings.capture.slots
    all_done = threading.Barrier(slots, close)
    for _ in range(slots):
        scheduler.add_job(all_done.wait, executor="browser")
    in_time = rested.wait(STOP_WITHIN_S)
    scheduler.shutdown(wait=in_time)
    services.store.close()
    log.info("service_stopped", outcome="at rest" if in_time else "cut off")
    return in_time
