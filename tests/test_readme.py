"""What the papers tell people to type, open and set exists; each check reads them as they stand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import monitor.cli
from monitor import settings
from monitor.collectors import REGISTRY
from monitor.settings import PLATFORM_LABELS

ROOT = Path(__file__).parent.parent
PAPERS = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
]
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def text_of(paper: str) -> str:
    return (ROOT / paper).read_text("utf-8")


def code(text: str) -> list[str]:
    """All that stands in backquotes, and every line of the fenced blocks."""
    blocks = [line.strip() for block in FENCED.findall(text) for line in block.splitlines()]
    return [*blocks, *re.findall(r"`([^`\n]+)`", FENCED.sub("", text))]


def program() -> dict[tuple[str, ...], set[str]]:
    """Every command, by the words that call it, with its options."""

    def below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], set[str]]]:
        yield words, {"--help", *(option for parameter in command.params for option in parameter.opts)}
        for name, inner in getattr(command, "commands", {}).items():
            yield from below(inner, (*words, name))

    return dict(below(typer.main.get_command(monitor.cli.app), ()))


def calls(text: str) -> list[list[str]]:
    """The words after `school-monitor` wherever a paper calls it with a command."""
    found = [re.search(r"(?:^|[\s/])school-monitor ([a-z].*)", line) for line in code(text)]
    return [shlex.split(match[1]) for match in found if match]


def read_from_the_environment() -> set[str]:
    """The variables that settings ask for with the shipped configuration."""

    class Asked(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            names.add(name)
            return default

    names: set[str] = set()
    settings.load(ROOT / "config", Asked())
    return names


@pytest.mark.parametrize("paper", PAPERS)
def test_every_command_that_is_named_can_be_typed(paper: str) -> None:
    """Who copies a line from a paper gets no "no such command" and no "no such option"."""
    known = program()
    for words in calls(text_of(paper)):
        called: tuple[str, ...] = ()
        while called + tuple(words[len(called) : len(called) + 1]) in known and len(called) < len(words):
            called += (words[len(called)],)
        options = {word.split("=")[0] for word in words if word.startswith("--")}

        assert called, words
        assert options <= known[called], words


def test_every_option_that_the_readme_names_by_itself_exists() -> None:
    """An option that is explained away from its command was not renamed either."""
    options = set().union(*program().values())
    named = {line.split()[0] for line in code(text_of("README.md")) if line.startswith("--")}

    assert named
    assert named <= options


def test_every_command_has_its_line_in_the_readme() -> None:
    """The table lists all that the program can do, and nothing else."""
    rows = re.findall(r"^\| `school-monitor ([a-z -]+)` \|", text_of("README.md"), re.MULTILINE)
    groups = {words[:-1] for words in program()}
    runnable = {words for words in program() if words and words not in groups} | {
        ("findings",),
        ("exhibits",),
        ("cases",),
    }

    assert runnable == {tuple(row.split()) for row in rows}


@pytest.mark.parametrize("paper", PAPERS)
def test_every_make_target_that_is_named_exists(paper: str) -> None:
    """`make` with a word from a paper does something."""
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = {match for line in code(text_of(paper)) for match in re.findall(r"\bmake ([a-z]+)", line)}

    assert named <= targets


@pytest.mark.parametrize("paper", PAPERS)
def test_every_link_leads_somewhere(paper: str) -> None:
    """Files are there, and so are the headings that a link jumps to."""
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", text_of(paper))):
        path, _, anchor = target.partition("#")
        page = (ROOT / paper).parent / path if path else ROOT / paper
        assert page.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in headings}


@pytest.mark.parametrize("paper", PAPERS)
def test_every_file_of_ours_that_is_named_is_there(paper: str) -> None:
    """A file that was moved or renamed is found in the papers too."""
    ours = re.compile(r"(?:config|deploy|docs|monitor|requirements|scripts|tests|\.ci)/[\w./-]*\w")
    made_later = {"config/people.csv"}
    named = {match for line in code(text_of(paper)) for match in ours.findall(line) if match in line.split()}

    assert [path for path in sorted(named - made_later) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_every_variable_that_is_named_is_read(paper: str) -> None:
    """Nobody sets a variable that the program does not look at."""
    named = set(re.findall(r"SCHOOL_MONITOR_[A-Z_]*[A-Z]", text_of(paper)))

    assert named <= read_from_the_environment()


def test_the_readme_names_each_platform_on_the_right_side() -> None:
    """What is read stands under "What it does"; what is not read yet is said to be so, and never both."""
    does = text_of("README.md").split("## What it does\n")[1].split("\n## ")[0].lower()
    not_yet = text_of("README.md").split("**It does not read yet**")[1].split(".")[0]
    label = {key: words.split(" (")[0].lower() for key, words in PLATFORM_LABELS.items()}
    said = {key for key, words in label.items() if re.search(rf"\b{re.escape(words)}\b", not_yet.lower())}

    assert [key for key in REGISTRY if label[key].removesuffix(" site") not in does] == []
    assert set(PLATFORM_LABELS) - set(REGISTRY) == said
