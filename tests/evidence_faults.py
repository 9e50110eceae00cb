"""Let the disk fail under a writer of the archive, at every operation, and look at what is left.

Run as `python -m tests.evidence_faults HOW FOLDER SCENARIO`: prints one JSON line for the undisturbed run and
one for each fault. SCENARIO is one of
`tests.evidence_kills`, `verify` for the check itself, or `pack` for a pack that is written. HOW is

- `eio`: one operation fails with an input/output error, reads too; the next ones work again;
- `enospc`: from one operation on, nothing more can be changed, not even put back; then there is room again;
- `pages`, `names`: FOLDER is a small file system of its own, really filled until so many pages or names
  are left. Nothing is injected.

The first two stand at the border to the operating system, in a process of their own: what announces itself to
an audit hook fails there, what does not is wrapped. Our own code is never touched.
"""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from monitor.errors import ArchiveError, VerificationError
from monitor.evidence import Archive, open_archive, verify
from monitor.evidence.pack import PackedExhibit, write_pack
from tests.evidence_kills import CHANGES, SCENARIOS, WRITES, Act, no_fsync, prepare, state
from tests.packs import INFO
from tests.sealed_archive import SIGNER, checkpointed_archive

READS = {"os.scandir", "os.listdir"}
UNHEARD = ("pwrite", "fsync", "stat", "lstat")
"""Functions of `os` that no audit hook hears of."""


class Disk:
    """The disk under this process: obeys until `fail_at`, and again after `heal`.

    `below` is the part of it that is looked at. `done` lists what was put on it for good, in order.
    """

    def __init__(self, below: Path) -> None:
        self._below = str(below)
        self._left = 0
        self._errno = 0
        self._lasting = False
        self.failed = False
        self.done: list[str] = []
        sys.addaudithook(self._watch)
        for name in UNHEARD:
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        real_open = io.open

        def opened(file: Any, *args: Any, **given: Any) -> Any:
            stream = real_open(file, *args, **given)
            return _Stream(stream, self) if self._place(file) else stream

        io.open = opened  # the border to the system

    def fail_at(self, point: int, number: int, *, lasting: bool) -> None:
        """Let the nth operation from now fail; `lasting` all changes after it too."""
        self._left, self._errno, self._lasting = point, number, lasting
        self.failed = False
        self.done.clear()

    def heal(self) -> bool:
        """Obey again; whether anything failed."""
        self._errno = 0
        return self.failed

    def touch(self, *, reads: bool) -> None:
        """An operation is about to happen. Raises `OSError` when it is to fail."""
        if not self._errno or (reads and self._lasting):
            return
        self._left -= 1
        if self._left == 0 or (self._left < 0 and self._lasting):
            self.failed = True
            raise OSError(self._errno, os.strerror(self._errno))

    def _place(self, target: object) -> str:
        """The path, when it is one to be looked at; below a folder held open, names are relative."""
        if isinstance(target, int):
            target = Path(f"/proc/self/fd/{target}").readlink()
        path = os.fspath(target) if isinstance(target, str | os.PathLike) else ""
        return path if path.startswith(self._below) or (path and not path.startswith("/")) else ""

    def _watch(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[2], int) and self._place(args[0]):
            self.touch(reads=not args[2] & WRITES)
        elif event in (*CHANGES, *READS) and self._place(args[0]):
            self.touch(reads=event in READS)
            if event == "os.rename":
                self.done.append(f"rename {args[1]}")

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(target: Any, *args: Any, **given: Any) -> Any:
            place = self._place(target)
            if place:
                self.touch(reads=name.endswith("stat"))
                self.done.append(f"{name} {place}")
            return real(target, *args, **given)

        return call


class _Stream:
    """An open file whose reads and writes may fail."""

    def __init__(self, real: Any, disk: Disk) -> None:
        self._real = real
        self._disk = disk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *failure: object) -> None:
        self._real.close()

    def __iter__(self) -> Iterator[bytes]:
        for line in self._real:
            self._disk.touch(reads=True)
            yield line

    def read(self, *args: Any) -> Any:
        self._disk.touch(reads=True)
        return self._real.read(*args)

    def readinto(self, block: Any) -> Any:
        self._disk.touch(reads=True)
        return self._real.readinto(block)

    def write(self, content: Any) -> Any:
        # Half of it reaches the disk first, as it does when the disk fills up.
        half = self._real.write(content[: len(content) // 2])
        self._real.flush()
        self._disk.touch(reads=False)
        return half + self._real.write(content[half:])


# --- injected ----------------------------------------------------------------------------------------


def injected(folder: Path, scenario: str, number: int, *, lasting: bool) -> None:
    """One line for each operation that failed."""
    act, again = SCENARIOS[scenario]
    os.fsync = no_fsync  # type: ignore[assignment]  # no power is cut here
    template = folder / "template"
    prepare(template, scenario)
    undisturbed = _undisturbed(template, folder / "undisturbed", act)
    disk = Disk(folder)
    for point in count(1):
        root = folder / str(point)
        shutil.copytree(template, root)
        disk.fail_at(point, number, lasting=lasting)
        said, archive = attempt(root, act)
        if not disk.heal():
            break
        report(root, folder / f"{point}-anew", point, said, archive, again, undisturbed, disk.done)
        shutil.rmtree(root)


def attempt(root: Path, act: Act) -> tuple[str, Archive | None]:
    """Do it on a failing disk: what was said, empty when it was done, and the archive that goes on."""
    archive = None
    try:
        archive = open_archive(root)
        act(archive)
    except ArchiveError as error:
        return str(error), archive
    return "", archive


def report(
    root: Path,
    copy: Path,
    point: int,
    said: str,
    archive: Archive | None,
    again: Act,
    undisturbed: dict[str, object],
    done: Sequence[str] = (),
) -> None:
    """What was left; and what came of it, by one started anew and by the same program going on."""
    left = [str(each) for each in verify.problems(root)]
    told = {"point": point, "said": said, "left": left, "done": state(root) == undisturbed}
    shutil.copytree(root, copy)
    again(open_archive(copy))
    again(archive or open_archive(root))
    ends = [
        {"state": state(each), "problems": [str(problem) for problem in verify.problems(each)]}
        for each in (copy, root)
    ]
    shutil.rmtree(copy)
    sys.stdout.write(json.dumps(told | {"ends": ends, "on_disk": in_order(root, done)}) + "\n")


def in_order(root: Path, done: Sequence[str]) -> bool:
    """Whether every name that was moved into the archive was flushed before the chain was added to."""
    waiting: set[Path] = set()
    for operation, path in (each.split(" ", 1) for each in done):
        if operation == "rename" and Path(path).is_relative_to(root):
            waiting.add(Path(path).parent)
        elif operation == "fsync":
            waiting.discard(Path(path))
        elif operation == "pwrite" and Path(path).parent == root and waiting - {root / ".scratch"}:
            return False
    return True


def _undisturbed(template: Path, root: Path, act: Act) -> dict[str, object]:
    shutil.copytree(template, root)
    act(open_archive(root))
    end = state(root)
    sys.stdout.write(json.dumps({"undisturbed": end}) + "\n")
    return end


def verified(folder: Path) -> None:
    """The same for the check itself, which only reads: what it says when one read fails."""
    checkpointed_archive(folder / "archive")
    sound = str(verify.check_archive(folder / "archive"))
    sys.stdout.write(json.dumps({"undisturbed": sound}) + "\n")
    disk = Disk(folder)
    for point in count(1):
        disk.fail_at(point, errno.EIO, lasting=False)
        try:
            said, faults = str(verify.check_archive(folder / "archive")), []
        except VerificationError as error:
            said, faults = "", [str(error)]
        if not disk.heal():
            break
        sys.stdout.write(json.dumps({"point": point, "said": said, "faults": faults}) + "\n")


def packed(folder: Path) -> None:
    """The same for a pack, when one operation fails where it is to lie: what lies there in the end."""
    archive, out = checkpointed_archive(folder / "archive"), folder / "out"
    out.mkdir()
    disk = Disk(out)
    sys.stdout.write(json.dumps({"undisturbed": ["pack.zip"]}) + "\n")
    for point in count(1):
        disk.fail_at(point, errno.EIO, lasting=False)
        said = ""
        try:
            write_pack(
                archive,
                [PackedExhibit("LM-3", "")],
                papers={},
                derived={},
                info=INFO,
                signer=SIGNER,
                destination=out / "pack.zip",
            )
        except ArchiveError as error:
            said = str(error)
        if not disk.heal():
            break
        left = sorted(path.name for path in out.iterdir() if not path.name.startswith("."))
        sys.stdout.write(json.dumps({"point": point, "said": said, "left": left}) + "\n")
        (out / "pack.zip").unlink(missing_ok=True)


# --- real --------------------------------------------------------------------------------------------


def filled(folder: Path, scenario: str, fill_up: Callable[[Path, int], None]) -> None:
    """One line for each amount of room that was too little. `folder` is a small file system."""
    act, again = SCENARIOS[scenario]
    template = folder / "template"
    prepare(template, scenario)
    undisturbed = _undisturbed(template, folder / "undisturbed", act)
    shutil.rmtree(folder / "undisturbed")
    for room in count():
        root = folder / "archive"
        shutil.copytree(template, root)
        fill_up(folder / "filler", room)
        said, archive = attempt(root, act)
        shutil.rmtree(folder / "filler")
        if not said:
            break
        report(root, folder / "fresh", room, said, archive, again, undisturbed)
        shutil.rmtree(root)


def leave_pages(filler: Path, room: int) -> None:
    """Fill the disk until so many pages are left."""
    page = os.sysconf("SC_PAGE_SIZE")
    filler.mkdir()
    with (filler / "pages").open("wb", buffering=0) as stream:
        size = 0
        try:
            while True:
                size += stream.write(bytes(page))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        stream.truncate(max(0, size - room * page))


def leave_names(filler: Path, room: int) -> None:
    """Fill the disk with empty files until so many more can be made."""
    filler.mkdir()
    made: list[Path] = []
    try:
        for number in count():
            (filler / str(number)).touch()
            made.append(filler / str(number))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    for path in made[len(made) - room :]:
        path.unlink()


def main(how: str, folder: Path, scenario: str = "") -> None:
    """Print what came of each fault."""
    match how, scenario:
        case "eio", "verify":
            verified(folder)
        case "eio", "pack":
            packed(folder)
        case "eio", _:
            injected(folder, scenario, errno.EIO, lasting=False)
        case "enospc", _:
            injected(folder, scenario, errno.ENOSPC, lasting=True)
        case "pages", _:
            filled(folder, scenario, leave_pages)
        case "names", _:
            filled(folder, scenario, leave_names)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
