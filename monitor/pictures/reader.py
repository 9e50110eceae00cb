"""Starts the reading process when there is a picture, ends it when there is none, and gives up in time.

One picture at a time, copied through a pipe in small pieces: it is never whole in this process's memory
unless it was handed over so. Whatever happens over there, here it is an outcome.
"""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from pydantic import TypeAdapter, ValidationError

from monitor.errors import PicturesUnavailable
from monitor.pictures.protocol import LONGEST_ANSWER, PIECE_BYTES, Answer, read_piece, write_piece
from monitor.pictures.text import PictureOutcome, PictureText, arranged
from monitor.ports import Suppressed

_ANSWER = TypeAdapter(Answer)
_QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
"""The whole environment of the process: the service's holds secrets."""


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """What one picture and the process that reads it may cost.

    A picture gets `picture_s` to be read: far more than it needs, because a busy machine lets the process
    wait. The process gets `start_s` to start, and ends after `idle_s` without a picture and after
    `recycle_after` pictures. `most_pixels` counts those that the file says it unfolds to.
    `most_memory_bytes` is address space, of which about half is ever used.
    """

    picture_s: int = 180
    start_s: int = 180
    idle_s: int = 60
    recycle_after: int = 200
    most_bytes: int = 25_000_000
    most_pixels: int = 40_000_000
    most_memory_bytes: int = 2 * 1024**3


class PictureReader:
    """Reads the words in pictures. `read` may be called from any thread; pictures take turns. Use it as a
    context manager, or call `close` at the end."""

    def __init__(self, limits: ReaderLimits = ReaderLimits()) -> None:
        self._limits = limits
        self._turn = threading.Lock()
        self._process: _Process | None = None
        self._rest: threading.Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, picture: Path | BinaryIO | bytes, *, suppressed: Suppressed) -> PictureText:
        """Say what is written in a picture, or in which way that failed; never raises for a picture.

        Call it only for a picture lawfully in hand, and never for an item whose words set off an S2 or
        A9 trigger. `suppressed` (`proposals.suppression`) is asked about the words that were read: when it
        names a trigger, they are dropped at once (R28).
        """
        try:
            source = _as_file(picture)
        except OSError:
            return PictureText(PictureOutcome.NOT_FOUND)
        with self._turn:
            self._wake()
            try:
                answer = self._answer(source)
            finally:
                if isinstance(picture, Path):
                    source.close()
                self._fall_asleep()
        if answer.outcome not in (PictureOutcome.READ, PictureOutcome.READ_IN_PART):
            return PictureText(answer.outcome, engine=answer.engine, detail=answer.detail)
        read = arranged(answer.lines, outcome=answer.outcome, engine=answer.engine, detail=answer.detail)
        if rule := suppressed(read.text):
            return PictureText(PictureOutcome.SUPPRESSED, engine=answer.engine, detail=f"rule {rule} applies")
        return read

    def close(self) -> None:
        """End the process, if there is one; safe to call twice."""
        with self._turn:
            self._wake()
            self._end()

    def _answer(self, source: BinaryIO) -> Answer:
        limits = self._limits
        try:
            process = self._ready()
        except PicturesUnavailable as error:
            return Answer(PictureOutcome.UNAVAILABLE, detail=str(error))
        try:
            answer = process.ask(source, limits.picture_s, most_bytes=limits.most_bytes)
        except OSError:
            self._end()
            return Answer(PictureOutcome.NOT_FOUND)
        if not process.usable or process.read >= limits.recycle_after:
            self._end()
        return answer

    def _ready(self) -> _Process:
        if self._process is None:
            self._process = _Process(self._limits)
        return self._process

    def _wake(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _fall_asleep(self) -> None:
        """Give the memory back when no further picture comes for a while."""
        if self._process is None:
            return
        resting = self._process

        def end_if_idle() -> None:
            with self._turn:
                if self._process is resting and self._rest is timer:
                    self._end()

        timer = self._rest = threading.Timer(self._limits.idle_s, end_if_idle)
        timer.daemon = True
        timer.start()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()


def try_reader() -> str:
    """Start the reading process, say which engine it is, and stop it. Raises `PicturesUnavailable`."""
    process = _Process(ReaderLimits())
    process.end()
    return f"words in pictures can be read, by {process.engine}"


class _Process:
    """One reading process with its pipes. Starting it raises `PicturesUnavailable`."""

    def __init__(self, limits: ReaderLimits) -> None:
        self.read = 0
        self.usable = True
        self._process = subprocess.Popen(
            # -I: nothing of this process's environment or folder decides what is imported over there.
            [sys.executable, "-IB", "-m", "monitor.pictures.process", json.dumps(asdict(limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_QUIET,
            start_new_session=True,  # Ctrl-C is for us; we end it
        )
        first = self._timed(self._hear, limits.start_s)
        if first.outcome is not PictureOutcome.NO_WORDS:
            self.end()
            raise PicturesUnavailable(first.detail or "the reader did not start")
        self.engine = first.engine

    def ask(self, picture: BinaryIO, time_s: float, *, most_bytes: int) -> Answer:
        """Have one picture read. Raises `OSError` when the picture cannot be; the process is useless then."""
        self.read += 1

        def converse() -> Answer:
            self._send(picture, most_bytes)
            return self._hear()

        return self._timed(converse, time_s)

    def end(self) -> None:
        """Kill it; it holds nothing that could be lost."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was not sent yet cannot be any more
                    pipe.close()

    def _send(self, picture: BinaryIO, most_bytes: int) -> None:
        """Copy the picture over; of one that is too long, no more than shows that it is."""
        pipe = self._process.stdin
        if pipe is None:
            return
        sent = 0
        while sent <= most_bytes and (piece := picture.read(PIECE_BYTES)):
            sent += len(piece)
            with suppress(BrokenPipeError):  # it has ended; why is asked when its answer does not come
                write_piece(pipe, piece)
        with suppress(BrokenPipeError):
            write_piece(pipe, b"")
            pipe.flush()

    def _hear(self) -> Answer:
        pipe = self._process.stdout
        said = read_piece(pipe, longest=LONGEST_ANSWER) if pipe is not None else None
        if said is not None:
            with suppress(ValidationError):  # whoever speaks so is not our process any more
                return _ANSWER.validate_json(said)
        return Answer(PictureOutcome.FAILED)

    def _timed(self, work: Callable[[], Answer], time_s: float) -> Answer:
        """Do it within the time; after anything that went wrong the process is not used again."""
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self._process.kill()

        watch = threading.Timer(time_s, give_up)
        watch.daemon = True
        watch.start()
        try:
            answer = work()
        finally:
            watch.cancel()
        if answer.outcome in (PictureOutcome.FAILED, PictureOutcome.TOO_MUCH_MEMORY):
            self.usable = False
        if late.is_set():
            self.usable = False
            return Answer(PictureOutcome.TOO_SLOW)
        if answer.outcome is PictureOutcome.FAILED and not answer.detail:
            return Answer(_why_ended(self._process))
        return answer


def _why_ended(process: subprocess.Popen[bytes]) -> PictureOutcome:
    """What a process that gave no answer died of."""
    with suppress(subprocess.TimeoutExpired):
        code = process.wait(5)
        if code == -signal.SIGKILL:
            return PictureOutcome.TOO_MUCH_MEMORY  # the system's own limit: nobody else kills it but us
        if code == -signal.SIGALRM:
            return PictureOutcome.TOO_SLOW
    return PictureOutcome.FAILED


def _as_file(picture: Path | BinaryIO | bytes) -> BinaryIO:
    """The picture as something to be read in pieces. Raises `OSError`, also for what is no ordinary file."""
    if isinstance(picture, bytes):
        return io.BytesIO(picture)
    return open_regular(picture) if isinstance(picture, Path) else picture


def open_regular(path: Path | str, *, folder: int | None = None, flags: int = 0) -> BinaryIO:
    """An ordinary file (in the open `folder`) for reading; never waits for a writer, as a pipe would make us.
    Raises `OSError`."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileNotFoundError(errno.ENOENT, "not an ordinary file")
    return os.fdopen(handle, "rb")
