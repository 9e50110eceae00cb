"""Writes what a capture brought into its folder. That it stays on the disk is sealing's business."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from monitor.browser.egress import Connection
from monitor.model import CaptureMode

TEXT, SOURCE, MHTML = "page/text.txt", "page/dom.html", "page/page.mhtml"
_CONNECTIONS, _EVENTS = "net/connections.jsonl", "log/events.jsonl"


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their names. Raises OSError."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def text_file(text: str) -> bytes:
    """The words of the page."""
    return (text.rstrip() + "\n").encode("utf-8", "replace")


def source_file(source: str, mode: CaptureMode) -> bytes:
    """The page's source, with a head that says what was done to it and keeps it from contacting anybody."""
    pictures = " and pictures embedded in it" if mode is CaptureMode.TEXT else ""
    head = (
        f"<!-- The page as the browser held it, with scripts, event handlers{pictures} removed, and a policy "
        "added so that opening this file contacts nobody. -->\n"
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'\">\n"
    )
    return (head + source).encode("utf-8", "replace")


def write_log(
    folder: Path, connections: Iterable[Connection], happened: Iterable[Mapping[str, object]]
) -> None:
    """Write whom the capture contacted, and what happened when. Raises OSError."""
    write_files(
        folder,
        {_CONNECTIONS: _lines(_connection(each) for each in connections), _EVENTS: _lines(happened)},
    )


def moment(at: datetime) -> str:
    """A time as the log writes it."""
    return at.isoformat(timespec="milliseconds")


def _connection(connection: Connection) -> Mapping[str, object]:
    return asdict(connection) | {
        "started_at": moment(connection.started_at),
        "finished_at": moment(connection.finished_at),
    }


def _lines(rows: Iterable[Mapping[str, object]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows).encode()
