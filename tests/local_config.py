"""The shipped configuration as a folder of its own, with sources on loopback instead of the world's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.school import REPOSITORY


def local_config(
    root: Path, sources: Mapping[str, str], *, allow: str = "", changes: Mapping[str, str] | None = None
) -> Path:
    """Write `root`/config with these feeds by key; data and archive lie beside it.

    `allow` is the one private address that may be read; `changes` are lines of monitor.toml and what
    stands there instead.
    """
    text = (REPOSITORY / "config" / "monitor.toml").read_text("utf-8")
    head, _, rest = text.partition("[sources.news]")
    tables = [
        f'[sources.{key}]\nplatform = "feeds"\nbase_url = "{address}"\n' for key, address in sources.items()
    ]
    text = "\n".join((head, *tables, "[schedule]" + rest.partition("[schedule]")[2]))
    # A test counts the mails that it causes; the daily one comes by itself.
    text = changed(text, 'head_mail = ["chair", "dpo"]', "head_mail = []")
    if allow:
        text = changed(text, "allow_private = []", f'allow_private = ["{allow}"]')
    for line, instead in (changes or {}).items():
        text = changed(text, line, instead)
    folder = root / "config"
    folder.mkdir(parents=True)
    (folder / "monitor.toml").write_text(text, "utf-8")
    (folder / "policy.toml").write_bytes((REPOSITORY / "config" / "policy.toml").read_bytes())
    return folder


def changed(text: str, line: str, instead: str) -> str:
    """The text with one line changed; an error when it is not there exactly once."""
    if text.count(f"{line}\n") != 1:
        raise ValueError(f"the shipped configuration does not hold once: {line}")
    return text.replace(f"{line}\n", f"{instead}\n")
