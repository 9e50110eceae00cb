"""How the service and its reading process speak: a picture in pieces one way, one JSON answer the other.

A piece is its length (4 bytes, most significant first) and that many bytes; length 0 ends a picture. An
answer is its length and UTF-8 JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from monitor.pictures.text import FoundLine, PictureOutcome

PIECE_BYTES = 65536
LONGEST_ANSWER = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the process says: first that it is ready (outcome `no_words`) or why not (`unavailable`),
    then one for each picture."""

    outcome: PictureOutcome
    lines: tuple[FoundLine, ...] = ()
    engine: str = ""
    detail: str = ""


def write_piece(pipe: IO[bytes], content: bytes) -> None:
    """One piece of a picture, or a whole answer."""
    pipe.write(len(content).to_bytes(4, "big"))
    pipe.write(content)


def read_piece(pipe: IO[bytes], *, longest: int) -> bytes | None:
    """The next piece; None when the other side is gone or breaks the rules."""
    head = pipe.read(4)
    length = int.from_bytes(head, "big")
    if len(head) < 4 or length > longest:
        return None
    content = pipe.read(length)
    return content if len(content) == length else None
