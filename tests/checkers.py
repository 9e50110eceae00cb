"""Programs that none of us wrote, which judge what we write; `make test` installs them beside our own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

_FOLDER = Path(sys.prefix) / "checkers"


def checker(name: str) -> str:
    """The path of one such program, such as `wacz`. In CI its absence is a failure, elsewhere a skip."""
    return str(_there(_FOLDER / "bin" / name, "run through `make test`"))


def checker_page(package: str, name: str) -> bytes:
    """A file of one that runs in a browser. In CI its absence is a failure, elsewhere a skip."""
    path = _FOLDER / "node_modules" / package / name
    return _there(path, "install npm, then run through `make test`").read_bytes()


def _there(path: Path, otherwise: str) -> Path:
    if path.exists():
        return path
    if os.environ.get("CI"):
        pytest.fail(f"CI must be judged by {path.relative_to(_FOLDER)}: {otherwise}")
    pytest.skip(f"no {path.relative_to(_FOLDER)}: {otherwise}")
