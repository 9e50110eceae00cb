"""What the repository promises about itself: pins, targets, dependencies and import contracts."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from monitor.logs import SAFE_KEYS

ROOT = Path(__file__).parent.parent
PINS = ["requirements/run.txt", "requirements/pictures.txt", "requirements/dev.txt"]


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in requirements}


def pinned(path: str) -> dict[str, set[str]]:
    """Each requirement of a pin file (name, version and marker) with its hashes."""
    text = (ROOT / path).read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line.split("--hash=") for line in text.splitlines() if line and not line.startswith("#")]
    return {entry[0].strip(): {digest.strip() for digest in entry[1:]} for entry in entries}


@pytest.mark.parametrize("path", PINS)
def test_every_pin_has_one_version_and_its_hashes(path: str) -> None:
    """Nothing can be installed but the very files that were locked."""
    for requirement, hashes in pinned(path).items():
        assert re.match(r"[A-Za-z0-9_.-]+==[^\s]+", requirement), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement


def test_what_npm_brings_has_one_version_and_its_digest() -> None:
    """The same for the player of web archives that tests run."""
    wanted, locked = (
        json.loads((ROOT / "requirements" / name).read_text(encoding="utf-8"))
        for name in ("package.json", "package-lock.json")
    )
    packages = {path: entry for path, entry in locked["packages"].items() if path}

    assert {f"node_modules/{name}": version for name, version in wanted["dependencies"].items()} == {
        path: entry["version"] for path, entry in packages.items()
    }
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", entry["version"]) for entry in packages.values())
    assert all(re.fullmatch(r"sha512-[\w+/]{86}==", entry["integrity"]) for entry in packages.values())


@pytest.mark.parametrize("path", [*PINS, "requirements/package-lock.json"])
def test_pins_name_no_index(path: str) -> None:
    """A school's own pip settings decide where files come from."""
    text = (ROOT / path).read_text(encoding="utf-8")

    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)


def test_tests_run_on_the_versions_that_schools_get() -> None:
    """The development pins hold every run-time pin unchanged, with pictures and without."""
    run, pictures, dev = (pinned(path) for path in PINS)

    assert run.items() <= pictures.items() <= dev.items()


def test_every_dependency_is_pinned() -> None:
    """A dependency added to pyproject.toml without `make lock` fails here, not on a school's server."""
    described = project()
    run, pictures, dev = ({normal(entry.split("==")[0]) for entry in pinned(path)} for path in PINS)

    assert required(described["project"]["dependencies"] + described["build-system"]["requires"]) <= run
    assert required(described["project"]["optional-dependencies"]["pictures"]) <= pictures
    assert required(described["project"]["optional-dependencies"]["dev"]) <= dev


def imported(package: str) -> set[str]:
    """The top-level names that the files of a package import, at any depth of the syntax."""
    names: set[str] = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names


def test_what_is_imported_is_what_is_declared() -> None:
    """No import rests on another package's dependency, and no dependency is carried for nothing."""
    described = project()["project"]
    declared = required(described["dependencies"] + described["optional-dependencies"]["pictures"])
    known = packages_distributions()
    types_only = {"_typeshed"}  # known to type checkers, never imported when running
    third_party = imported("monitor") - sys.stdlib_module_names - types_only - {"monitor"}
    used = {normal(name) for module in third_party for name in known.get(module, [module])}
    # Found by name at run time: by SQLAlchemy, by zoneinfo.
    unseen = {"psycopg", "tzdata"}

    assert used - {"psycopg-binary"} <= declared
    assert declared - unseen <= used


def test_every_import_contract_can_break(tmp_path: Path) -> None:
    """A contract that no import breaks protects nothing: one bad import for each, in a copy."""
    shutil.copytree(ROOT / "monitor", tmp_path / "monitor", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    bad = {
        "Layers point down": ("helpers.py", ""),
        "Rules are pure": ("model.py", "import sqlalchemy"),
        "Adapters hold no state of ours": ("outbound.py", "import monitor.settings"),
        "Evidence can be verified without us": ("evidence/__init__.py", "import requests"),
        "Collectors do not know each other": ("collectors/reddit.py", "import monitor.collectors.feeds"),
        "Personal data is read through two doors": ("worker.py", "import monitor.store"),
        "Evidence is opened through named doors": ("worker.py", "import monitor.evidence"),
        "Only entry points assemble the program": ("__main__.py", "import monitor.bootstrap"),
        "No cycles": ("model.py", "import monitor.ports"),
    }
    for path, line in bad.values():
        with (tmp_path / "monitor" / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")

    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    shown = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    broken = set(re.findall(r"^(.*) BROKEN", shown.stdout, re.MULTILINE))

    assert {contract["name"] for contract in project()["tool"]["importlinter"]["contracts"]} == set(bad)
    assert broken == set(bad), shown.stdout + shown.stderr
    assert shown.returncode == 1


def test_make_help_lists_every_target() -> None:
    """Who types `make` sees all that can be typed, and each of it exists."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split())
    shown = subprocess.run(["make", "-s"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    listed = set(re.findall(r"^  make ([a-z]+)", shown, re.MULTILINE))

    assert listed == phony
    assert {"run", "demo", "test", "check", "bench", "lock", "clean", "help"} <= listed
    assert {name for name in listed if re.search(rf"^{name}:", makefile, re.MULTILINE)} == listed


def test_a_stray_address_fails_the_check(tmp_path: Path) -> None:
    """What names a registry, a folder of one machine or a private key is found and named with its line."""
    repository = tmp_path / "repository"
    repository.mkdir()
    run: dict[str, Any] = {"cwd": repository, "capture_output": True, "text": True}
    subprocess.run(["git", "init", "-q"], check=True, **run)
    note = repository / "note.txt"
    outcomes = {}
    for text in ("nothing of note", "https://py" + "pi.org/simple", "see /ro" + "ot/x", "PRIVATE" + " KEY"):
        note.write_text(f"-----BEGIN {text}-----\n", encoding="utf-8")
        subprocess.run(["git", "add", "note.txt"], check=True, **run)
        done = subprocess.run([ROOT / "scripts" / "strays"], check=False, **run)
        outcomes[text] = (done.returncode, "note.txt:1:" in done.stdout)

    assert list(outcomes.values()) == [(0, False), (1, True), (1, True), (1, True)]


def test_a_log_line_may_say_only_what_some_line_says() -> None:
    """A key that nobody uses is a door left open; one that is missing is a line cut short."""
    said = {
        keyword.arg
        for path in (ROOT / "monitor").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "log"
        for keyword in node.keywords
    }

    assert said | {"event", "level", "timestamp"} == SAFE_KEYS
