"""What somebody who may write to an archive could do to it, and what must be said about it.

Each way takes the archive, its target and a source of chance, and returns what the check must name: pairs of
steps and words; one fault has to be of such a step and hold the words. Nothing returned: no change was made,
or one that archive/README.md says cannot be found from inside.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.sealed_archive import Line, lines_of, rebuild_chain, spelled, with_digest, write_lines

Named = list[tuple[set[int], str]]
FileWay = Callable[[Path, str, random.Random], Named]
EntryWay = Callable[[Path, int, random.Random], Named]

LEDGER = "ledger.jsonl"


def files_of(root: Path) -> list[str]:
    """Everything that is evidence, as paths below the archive."""
    found = (path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file())
    return [path for path in found if path != ".lock" and not path.startswith(".scratch")]


def step_of(path: str) -> set[int]:
    """The step that finds another content of this file."""
    if path == LEDGER:
        return {1, 2}
    if not path[0].isdigit():
        return {10}
    inner = path.split("/", 3)[3]
    if inner.startswith("data/"):
        return {8}
    return {"tombstone.json": {5}, "tagmanifest-sha256.txt": {6}}.get(inner, {7})


def stray_step_of(path: str) -> set[int]:
    """The step that finds a file that should not be here."""
    return step_of(path) | {7} if step_of(path) == {6} else step_of(path)


def covered(root: Path) -> int:
    """How many entries the newest checkpoint binds."""
    checkpoints = [json.loads(path.read_text()) for path in root.glob("checkpoints/*.json")]
    return max((each["size"] for each in checkpoints), default=0)


# --- one file ----------------------------------------------------------------------------------------


def _write(root: Path, path: str, content: bytes) -> Named:
    (root / path).write_bytes(content)
    return [(step_of(path), path)]


def flip_a_byte(root: Path, path: str, chance: random.Random) -> Named:
    content = bytearray((root / path).read_bytes())
    content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
    return _write(root, path, bytes(content))


def truncate(root: Path, path: str, chance: random.Random) -> Named:
    content = (root / path).read_bytes()
    kept = content[: chance.randrange(1, len(content))]
    # At the end of a line it would be a shorter chain: that is a way of its own.
    return _write(root, path, kept[:-1] if path == LEDGER and kept.endswith(b"\n") else kept)


def grow(root: Path, path: str, chance: random.Random) -> Named:
    return _write(root, path, (root / path).read_bytes() + chance.randbytes(chance.randrange(1, 9)))


def empty(root: Path, path: str, chance: random.Random) -> Named:
    named = _write(root, path, b"")
    return [({4, 10}, "")] if path == LEDGER else named


def copy_another_over(root: Path, path: str, chance: random.Random) -> Named:
    other = chance.choice(files_of(root))
    if other == path or (root / other).read_bytes() == (root / path).read_bytes():
        return []
    return _write(root, path, (root / other).read_bytes())


def remove(root: Path, path: str, chance: random.Random) -> Named:
    (root / path).unlink()
    return [({4, 10}, "")] if path == LEDGER else [(step_of(path), path)]


def rename(root: Path, path: str, chance: random.Random) -> Named:
    new = path + chance.choice(["x", ".old", "~", ".json"])
    (root / path).rename(root / new)
    if path == LEDGER:
        return [({4}, new)]
    return [(step_of(path), path), (stray_step_of(path) if step_of(path) != {6} else {6}, new[: len(path)])]


def replace_by_link(root: Path, path: str, chance: random.Random) -> Named:
    """Every byte still reads the same."""
    elsewhere = root.parent / f"elsewhere-{chance.random()}"
    (root / path).rename(elsewhere)
    (root / path).symlink_to(elsewhere)
    return [({4}, path)]


def replace_by_pipe(root: Path, path: str, chance: random.Random) -> Named:
    (root / path).unlink()
    os.mkfifo(root / path)
    return [({4}, path)]


def replace_by_folder(root: Path, path: str, chance: random.Random) -> Named:
    (root / path).unlink()
    (root / path).mkdir()
    return [({4}, path)] if path == LEDGER else [(step_of(path), path)]


def _exchange(root: Path, path: str, other: str) -> Named:
    one, two = (root / path).read_bytes(), (root / other).read_bytes()
    if LEDGER in (path, other) or one == two:
        return []
    named = _write(root, path, two) + _write(root, other, one)
    listing = {name for name in (path, other) if Path(name).name.endswith("manifest-sha256.txt")}
    same = Path(path).parts[:3] == Path(other).parts[:3]
    # What a listing says is not known any more once it was exchanged with a file that it lists.
    return [(steps | {8}, name) for steps, name in named if name in listing] if listing and same else named


def swap(root: Path, path: str, chance: random.Random) -> Named:
    return _exchange(root, path, chance.choice(files_of(root)))


def swap_between_captures(root: Path, path: str, chance: random.Random) -> Named:
    """The same file of another exhibit, another checkpoint or another key."""
    name = Path(path).name
    others = [
        each
        for each in files_of(root)
        if each != path and (Path(each).name == name or Path(each).parent == Path(path).parent)
    ]
    return _exchange(root, path, chance.choice(others or [path]))


def add_beside(root: Path, path: str, chance: random.Random) -> Named:
    new = str(Path(path).parent / chance.choice(["a.txt", "z.bin", "9.json", "0.sig", "full.jpg", "x.pem"]))
    (root / new).write_bytes(chance.randbytes(chance.randrange(9)))
    return [({4} if path == LEDGER else stray_step_of(path), new)]


def add_a_folder_beside(root: Path, path: str, chance: random.Random) -> Named:
    new = Path(path).parent / chance.choice(["more", "copy", "old"])
    (root / new).mkdir()
    steps = {4} if not path[0].isdigit() else {5} if step_of(path) == {5} else {8}
    return [(steps, str(new))]


FILE_WAYS: tuple[FileWay, ...] = (
    flip_a_byte,
    truncate,
    grow,
    empty,
    copy_another_over,
    remove,
    rename,
    replace_by_link,
    replace_by_pipe,
    replace_by_folder,
    swap,
    swap_between_captures,
    add_beside,
    add_a_folder_beside,
)


# --- one entry; `number` counts from 1 -----------------------------------------------------------------


def _at(number: int, *more: int) -> Named:
    """Named at this entry or one of those, as a line or as an entry."""
    return [({1, 2}, f"entry {each}") for each in (number, *more)] + [({1, 2}, f"line {number}")]


def _edited(entry: Line, chance: random.Random) -> Line:
    """One field changed to something of its own kind."""
    key = chance.choice([each for each in entry if each != "digest"])
    value = entry[key]
    if isinstance(value, int):
        return entry | {key: 3 - value if key == "format" else value + chance.choice([-1, 1, 7])}
    assert isinstance(value, str)
    if key in ("at", "captured_at"):
        return entry | {key: value[:18] + str((int(value[18]) + chance.randrange(1, 10)) % 10) + value[19:]}
    if len(value) in (16, 64) and set(value) <= set("0123456789abcdef"):
        place = chance.randrange(len(value))
        digit = chance.choice([each for each in "0123456789abcdef" if each != value[place]])
        return entry | {key: value[:place] + digit + value[place + 1 :]}
    return entry | {key: value + chance.choice(["x", "y", "2"])}


def remove_entry(root: Path, number: int, chance: random.Random) -> Named:
    lines = lines_of(root)
    if number == len(lines):
        return []  # a shorter chain is a way of its own
    write_lines(root, lines[: number - 1] + lines[number:])
    return [({2}, f"entry {number}")]


def double_entry(root: Path, number: int, chance: random.Random) -> Named:
    lines = lines_of(root)
    place = chance.randrange(number, len(lines) + 1)
    write_lines(root, lines[:place] + [lines[number - 1]] + lines[place:])
    return [({2}, f"entry {number}")]


def move_entry(root: Path, number: int, chance: random.Random) -> Named:
    lines = lines_of(root)
    moved = lines.pop(number - 1)
    place = chance.randrange(len(lines) + 1)
    if place == number - 1:
        return []
    write_lines(root, lines[:place] + [moved] + lines[place:])
    return [({2}, f"entry {number}")]


def edit_entry(root: Path, number: int, chance: random.Random) -> Named:
    lines = lines_of(root)
    lines[number - 1] = spelled(_edited(json.loads(lines[number - 1]), chance))
    write_lines(root, lines)
    return _at(number)


def edit_entry_and_its_digest(root: Path, number: int, chance: random.Random) -> Named:
    lines = lines_of(root)
    entry = json.loads(lines[number - 1])
    changed = _edited(entry, chance)
    if number == len(lines) and not {"sequence", "previous", "format"} & {
        key for key in entry if entry[key] != changed[key]
    }:
        return []  # nothing follows it: the same as a new last entry
    lines[number - 1] = spelled(with_digest(changed))
    write_lines(root, lines)
    return _at(number, number + 1)


def edit_entry_and_the_chain(root: Path, number: int, chance: random.Random) -> Named:
    """Every digest after it made to fit, as somebody would who knows the format."""
    bound = covered(root)
    lines = [json.loads(line) for line in lines_of(root)]
    changed = _edited(lines[number - 1], chance)
    if {key for key in changed if changed[key] != lines[number - 1][key]} <= {"sequence", "previous"}:
        return []  # these are made to fit again
    rebuild_chain(root, lambda entries: entries.__setitem__(number - 1, changed))
    if changed["format"] != lines[number - 1]["format"]:
        # The other format may know no such entry; if it does, only the checkpoint tells.
        return [({1}, f"line {number}"), ({10}, "checkpoints/")] if number <= bound else []
    return [({10}, "checkpoints/")] if number <= bound else []


def remove_entry_and_mend_the_chain(root: Path, number: int, chance: random.Random) -> Named:
    bound = covered(root)
    rebuild_chain(root, lambda entries: entries.pop(number - 1))
    return [({10}, "checkpoints/")] if number <= bound else []


def insert_entry_and_mend_the_chain(root: Path, number: int, chance: random.Random) -> Named:
    bound = covered(root)

    def change(entries: list[Line]) -> None:
        exhibit = next(entry["exhibit"] for entry in entries if "exhibit" in entry)
        at = entries[number - 1]["at"]
        note = {"at": at, "by": "dsl", "event": "viewed", "exhibit": exhibit, "format": 2, "reason": ""}
        entries.insert(number, note)

    rebuild_chain(root, change)
    return [({10}, "checkpoints/")] if number < bound else []


def swap_entries_and_mend_the_chain(root: Path, number: int, chance: random.Random) -> Named:
    bound = covered(root)
    other = chance.randrange(1, len(lines_of(root)) + 1)
    if other == number:
        return []

    def change(entries: list[Line]) -> None:
        entries[number - 1], entries[other - 1] = entries[other - 1], entries[number - 1]

    rebuild_chain(root, change)
    return [({10}, "checkpoints/")] if min(number, other) <= bound else []


ENTRY_WAYS: tuple[EntryWay, ...] = (
    remove_entry,
    double_entry,
    move_entry,
    edit_entry,
    edit_entry_and_its_digest,
    edit_entry_and_the_chain,
    remove_entry_and_mend_the_chain,
    insert_entry_and_mend_the_chain,
    swap_entries_and_mend_the_chain,
)

ONE_OF = (edit_entry, edit_entry_and_its_digest, edit_entry_and_the_chain)
"""Where one of the pairs is enough."""


# --- whole exhibits ------------------------------------------------------------------------------------


def exhibits_of(root: Path) -> list[str]:
    """Every exhibit folder, erased ones too."""
    return sorted(path.relative_to(root).as_posix() for path in root.glob("20*/*/*"))


def remove_exhibit(root: Path, exhibit: str, chance: random.Random) -> Named:
    shutil.rmtree(root / exhibit)
    return [({4}, exhibit)]


def move_exhibit(root: Path, exhibit: str, chance: random.Random) -> Named:
    new = f"2025/0{chance.randrange(1, 10)}/{Path(exhibit).name}"
    (root / new).parent.mkdir(parents=True)
    (root / exhibit).rename(root / new)
    return [({4}, exhibit), ({4}, new)]


def rename_exhibit(root: Path, exhibit: str, chance: random.Random) -> Named:
    (root / exhibit).rename(root / (exhibit + "0"))
    return [({4}, exhibit), ({4}, exhibit + "0")]


def swap_exhibits(root: Path, exhibit: str, chance: random.Random) -> Named:
    other = chance.choice([each for each in exhibits_of(root) if each != exhibit])
    (root / exhibit).rename(root.parent / "between")
    (root / other).rename(root / exhibit)
    (root.parent / "between").rename(root / other)
    return [({5, 6}, f"{exhibit}/"), ({5, 6}, f"{other}/")]


def copy_exhibit(root: Path, exhibit: str, chance: random.Random) -> Named:
    new = f"{Path(exhibit).parent.as_posix()}/COPY-{chance.randrange(9)}"
    shutil.copytree(root / exhibit, root / new)
    return [({4}, new)]


def replace_exhibit_by_another(root: Path, exhibit: str, chance: random.Random) -> Named:
    other = chance.choice([each for each in exhibits_of(root) if each != exhibit])
    shutil.rmtree(root / exhibit)
    shutil.copytree(root / other, root / exhibit)
    return [({5, 6}, f"{exhibit}/")]


def replace_exhibit_by_link(root: Path, exhibit: str, chance: random.Random) -> Named:
    (root / exhibit).rename(root.parent / "real")
    (root / exhibit).symlink_to(root.parent / "real")
    return [({4}, exhibit)]


def replace_exhibit_by_file(root: Path, exhibit: str, chance: random.Random) -> Named:
    shutil.rmtree(root / exhibit)
    (root / exhibit).write_bytes(chance.randbytes(9))
    return [({4}, exhibit)]


EXHIBIT_WAYS: Sequence[FileWay] = (
    remove_exhibit,
    move_exhibit,
    rename_exhibit,
    swap_exhibits,
    copy_exhibit,
    replace_exhibit_by_another,
    replace_exhibit_by_link,
    replace_exhibit_by_file,
)
