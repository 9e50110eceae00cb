"""`verify` of a pack on a terminal: every fault in a line, or what holds and what is left to do."""

from __future__ import annotations

from pathlib import Path

import typer

from monitor.cli import words
from monitor.errors import VerificationError
from monitor.evidence import pack_check
from monitor.evidence.pack_check import VerifiedPack


def report(path: Path, *, trusted_key: str, as_json: bool) -> int:
    """Check a pack and print what was found: 0 all holds, 1 faults, 3 when something could not be checked.

    A passphrase is asked for, never taken from the command line, where others could read it.
    """
    passphrase = (
        typer.prompt("Passphrase of the pack", hide_input=True, err=True)
        if pack_check.is_protected(path)
        else None
    )
    progress = words.progress("bytes checked")
    verified: VerifiedPack | None = None
    found: tuple[VerificationError, ...] = ()
    try:
        verified = pack_check.check_pack(
            path, trusted_key=trusted_key, passphrase=passphrase, progress=progress
        )
    except VerificationError as first:
        # Only now for every fault: a good pack is read once.
        found = pack_check.problems(path, trusted_key=trusted_key, passphrase=passphrase) or (first,)
    if as_json:
        words.say_json(
            {
                "ok": not found,
                "faults": [{"step": f.step, "where": f.where, "detail": f.detail} for f in found],
                "checked": words.plain(verified) if verified else None,
            }
        )
    elif verified:
        words.say(*_words(verified, compared=bool(trusted_key)))
    else:
        words.say(*map(words.fault_line, found))
        words.say(f"{len(found)} faults. This is not the pack that was made, or not all of it.")
    if found:
        return 1
    return 3 if verified and verified.not_checked else 0


def _words(verified: VerifiedPack, *, compared: bool) -> list[str]:
    lines = [
        f"Pack {verified.reference}: {verified.exhibits} exhibits, {verified.entries} chain entries,"
        f" {verified.files} files, every one as listed, signed and sealed.",
        *verified.says,
        *(f"NOT CHECKED {each}" for each in verified.not_checked),
    ]
    if not compared:
        lines += [
            f"Key: {verified.fingerprint}",
            "Compare that with the school's fingerprint from elsewhere: anybody can sign with another key.",
        ]
    return lines
