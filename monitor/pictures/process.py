"""The reading process: `python -m monitor.pictures.process LIMITS`, started and ended by `reader`.

Gives way to everything else on the machine, is the first to go when memory runs out, can reach no
network, knows no secret and writes no file. It holds one picture at a time, and none when it has answered.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from monitor.pictures.protocol import PIECE_BYTES, Answer, read_piece, write_piece
from monitor.pictures.text import PictureOutcome

_NEW_USER_AND_NETWORK = 0x10000000 | 0x40000000
_GRACE_S = 5
_ENDS_THE_PROCESS = frozenset({PictureOutcome.FAILED, PictureOutcome.TOO_MUCH_MEMORY})
"""After these nobody knows what state the engine is in."""


def main(limits: dict[str, int]) -> None:
    """Answer one picture after the other until the pipe is closed."""
    _give_way(limits["most_memory_bytes"])
    leave_the_network()
    pictures, answers = sys.stdin.buffer, _own_output()
    # Only now: what is imported here obeys the limits.
    try:
        from monitor.pictures.engine import Engine

        engine = Engine(most_bytes=limits["most_bytes"], most_pixels=limits["most_pixels"])
    except ModuleNotFoundError as error:
        return _say(answers, Answer(PictureOutcome.UNAVAILABLE, detail=f"{error.name} is not installed"))
    except Exception as error:  # noqa: BLE001 - whatever the engine raises, the service is told in words
        detail = f"the engine does not start ({type(error).__name__})"
        return _say(answers, Answer(PictureOutcome.UNAVAILABLE, detail=detail))
    _say(answers, Answer(PictureOutcome.NO_WORDS, engine=engine.version))
    while (picture := _receive(pictures, limits["most_bytes"])) is not None:
        # Should the service be gone, nobody else ends a picture that takes too long.
        signal.alarm(limits["picture_s"] + _GRACE_S)
        answer = engine.read(picture)
        signal.alarm(0)
        del picture
        gc.collect()
        _say(answers, answer)
        if answer.outcome in _ENDS_THE_PROCESS:
            break
    return None


def _receive(pictures: BinaryIO, most_bytes: int) -> bytearray | None:
    """The next picture; None when there will be none. Of one that is too long enough is kept to see that."""
    picture = bytearray()
    while piece := read_piece(pictures, longest=PIECE_BYTES):
        if len(picture) <= most_bytes:
            picture += piece
    return None if piece is None else picture


def _say(answers: BinaryIO, answer: Answer) -> None:
    write_piece(answers, json.dumps(asdict(answer)).encode())
    answers.flush()


def _own_output() -> BinaryIO:
    """The pipe to the service, for us alone: what a library prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    return answers


def _give_way(most_memory_bytes: int) -> None:
    """Lowest priority for processor and disk, a limit on memory, no dump of it, and first in line when the
    system must kill somebody."""
    resource.setrlimit(resource.RLIMIT_AS, (most_memory_bytes, most_memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    os.setpriority(os.PRIO_PROCESS, 0, 19)
    with suppress(OSError, psutil.Error, AttributeError):  # not every system has it
        psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def leave_the_network() -> None:
    """No socket can be opened from Python any more, whoever asks; and where the system lets a process have a
    network of its own, this one's has nobody in it, so that not even a hostile picture gets out."""
    sys.addaudithook(_refuse_sockets)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(_NEW_USER_AND_NETWORK)


def _refuse_sockets(event: str, _arguments: tuple[Any, ...]) -> None:
    if event.startswith("socket."):
        raise PermissionError("the reading process has no network")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
