"""A TOML file that knows on which line everything stands.

tomllib reads the values; a small scanner over the same text, which may rely on tomllib having
accepted it, adds the lines. `shape` then holds the values against a pydantic model and says every
fault in plain words, with the line and the nearest valid name. Neighbours: policy and school, which
say what the two files may hold.
"""

from __future__ import annotations

import copy
import difflib
import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from monitor.errors import ConfigError, ConfigProblem

KeyPath = tuple[str | int, ...]


class Table(BaseModel):
    """One TOML table: unknown keys are faults, and "30" is not 30."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


TableT = TypeVar("TableT", bound=Table)


@dataclass(frozen=True)
class Document:
    """The values of one file and the line of every key and list entry."""

    file: str
    text: str
    data: dict[str, Any]

    @cached_property
    def lines(self) -> dict[KeyPath, int]:
        """Only looked for when there is a fault to place: most files have none."""
        return lines_of(self.text)

    def line(self, path: KeyPath) -> int | None:
        """The line of `path`, or of the nearest table around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None

    def problem(self, path: KeyPath, message: str, hint: str = "") -> ConfigProblem:
        """A fault at `path`, as a person needs to see it."""
        return ConfigProblem(self.file, self.line(path), dotted(path), message, hint)


def read(path: Path) -> Document:
    """Read one TOML file. Raises ConfigError that names the line when it is not TOML."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            (
                ConfigProblem(
                    str(path), None, path.name, "the file does not exist", "run: school-monitor init"
                ),
            )
        ) from error
    except OSError as error:
        why = error.strerror or "unknown reason"
        raise ConfigError(
            (ConfigProblem(str(path), None, path.name, f"the file cannot be read: {why}"),)
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        hint = "save it again as UTF-8"
        raise ConfigError(
            (ConfigProblem(str(path), line, path.name, "the file is not UTF-8 text", hint),)
        ) from error
    # Python counts \r\n as one line end only in text mode; TOML allows both.
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError((_syntax_problem(str(path), text, str(error)),)) from error
    return Document(str(path), text, data)


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line of every key, table and list entry in a text that tomllib has accepted."""
    return _Scanner(text).lines()


def shape(document: Document, model: type[TableT]) -> tuple[TableT | None, list[ConfigProblem]]:
    """Hold the values against `model`. Returns what is usable and every fault.

    What is at fault is left out and the rest is tried again, so that the checks which come after
    this one can still list their own faults in the same go. None when nothing usable is left.
    """
    problems: list[ConfigProblem] = []
    data = copy.deepcopy(document.data)
    while True:
        try:
            return model.model_validate(data), problems
        except ValidationError as error:
            faults = error.errors(include_url=False)
        paths = [tuple(fault["loc"]) for fault in faults]
        if not problems:
            problems += [
                _fault_problem(document, model, path, fault)
                for path, fault in zip(paths, faults, strict=True)
            ]
        for path, fault in zip(paths, faults, strict=True):
            if not _prune(data, path[:-1] if fault["type"] == "missing" else path):
                return None, problems


def nearest(name: str, valid: Iterable[str]) -> str:
    """A hint with the nearest valid name, or with all of them when there are few, or ""."""
    names = sorted(set(valid))
    by_folded = {candidate.casefold(): candidate for candidate in names}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{by_folded[close[0]]}"?'
    if 0 < len(names) <= 16:
        return "one of: " + ", ".join(names)
    return ""


def dotted(path: Sequence[str | int]) -> str:
    """`sources.reddit.search[1]`, counting list entries from 1 as people do."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _fault_problem(document: Document, model: type[Table], path: KeyPath, fault: Any) -> ConfigProblem:
    kind, ctx = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return document.problem(path, "unknown key", nearest(str(path[-1]), _names_at(model, path[:-1])))
    if kind == "missing":
        line_of = path[:-1]
        return ConfigProblem(
            document.file, document.line(line_of), dotted(path), "this key is missing", "add it to the table"
        )
    if kind in ("enum", "literal_error"):
        valid = re.findall(r"'([^']*)'", str(ctx.get("expected", "")))
        hint = nearest(str(fault["input"]), valid)
        return document.problem(path, f"{_shown(fault['input'])} is not known", hint)
    if kind == "value_error":
        return document.problem(path, str(ctx["error"]))
    message = {
        "string_type": 'text in quotes is expected, such as "…"',
        "int_type": "a whole number is expected, without quotes",
        "float_type": "a number is expected, without quotes",
        "bool_type": "true or false is expected, without quotes",
        "list_type": 'a list is expected, such as ["…", "…"]',
        "dict_type": "a table is expected",
        "model_type": "a table is expected",
        "date_type": "a date is expected, such as 2026-09-01, without quotes",
        "greater_than_equal": f"must be at least {ctx.get('ge')}",
        "less_than_equal": f"must be at most {ctx.get('le')}",
    }.get(kind, str(fault["msg"]))
    return document.problem(path, message, f"found {_shown(fault['input'])}")


def _shown(value: object) -> str:
    """The value as it stands in the file, cut short; these files hold no personal data."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _names_at(model: type[Table], path: KeyPath) -> list[str]:
    """The key names that are valid in the table at `path`."""
    here: Any = model
    for part in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            here = here.model_fields[str(part)].annotation
        elif get_origin(here) in (dict, list):
            here = get_args(here)[-1]
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def _prune(data: Any, path: KeyPath) -> bool:
    """Take out what stands at `path`. False when that would be everything."""
    if not path:
        return False
    for part in path[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return True  # a fault in the same round took out the table around it
    if isinstance(data, dict):
        data.pop(path[-1], None)
    elif isinstance(data, list):
        data[:] = [entry for at, entry in enumerate(data) if at != path[-1]]
    return True


def _syntax_problem(file: str, text: str, said: str) -> ConfigProblem:
    """What tomllib said, with the line taken out of its message."""
    rows = text.split("\n")
    found = re.search(r"\s*\(at line (\d+), column \d+\)$", said)
    line = int(found[1]) if found else max(1, len(text.rstrip("\n").split("\n")))
    row = rows[line - 1] if line <= len(rows) else ""
    key = re.split(r"[=#]", row, maxsplit=1)[0].strip().strip("[]") or "(this line)"
    message = re.sub(r"\s*\(at .*\)$", "", said)
    if "overwrite a value" in message:
        message = "this key stands here a second time"
    elif "twice" in message:
        message = "this table stands here a second time"
    else:
        message = f"this is not valid TOML: {message}"
    return ConfigProblem(file, line, key, message, "correct this line")


_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"([A-Za-z0-9_.-]+)[ \t]*[]=]")


class _Scanner:
    """Finds the line of every key and list entry in a text that tomllib has accepted."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._lines: dict[KeyPath, int] = {}
        self._entries: dict[KeyPath, int] = {}

    def lines(self) -> dict[KeyPath, int]:
        prefix: KeyPath = ()
        while self._skip_blank():
            if self._text.startswith("[", self._at):
                prefix = self._header()
            else:
                self._pair(prefix)
        return self._lines

    def _header(self) -> KeyPath:
        many = self._text.startswith("[[", self._at)
        start = self._at
        self._at += 2 if many else 1
        names = self._key("]")
        self._at += 2 if many else 1
        path: KeyPath = ()
        for index, name in enumerate(names):
            path += (name,)
            self._lines.setdefault(path, self._line(start))
            if many and index == len(names) - 1:
                self._entries[path] = self._entries.get(path, 0) + 1
            if path in self._entries:
                path += (self._entries[path] - 1,)
                self._lines.setdefault(path, self._line(start))
        return path

    def _pair(self, prefix: KeyPath) -> None:
        start = self._at
        for name in self._key("="):
            prefix += (name,)
            self._lines.setdefault(prefix, self._line(start))
        self._at += 1
        self._skip_blank()
        self._value(prefix)

    def _key(self, end: str) -> list[str]:
        """The parts of a dotted key; tomllib itself takes off the quotes."""
        start = self._at
        if bare := _BARE_KEY.match(self._text, start):
            self._at = bare.end() - 1
            if self._text[self._at] == end:
                return bare[1].split(".")
            self._at = start
        while self._text[self._at] != end:
            if self._text[self._at] in "\"'":
                self._string()
            else:
                self._at += 1
        parts: list[str] = []
        nested: Any = tomllib.loads(f"{self._text[start : self._at]} = 0")
        while isinstance(nested, dict):
            name, nested = next(iter(nested.items()))
            parts.append(name)
        return parts

    def _value(self, path: KeyPath) -> None:
        first = self._text[self._at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._inside("]", path)
        elif first == "{":
            self._inside("}", path)
        else:
            while self._at < len(self._text) and self._text[self._at] not in ",]}#\n":
                self._at += 1

    def _inside(self, end: str, path: KeyPath) -> None:
        """A list or an inline table."""
        self._at += 1
        entry = 0
        while self._skip_blank() and self._text[self._at] != end:
            if end == "}":
                self._pair(path)
            else:
                self._lines[(*path, entry)] = self._line(self._at)
                self._value((*path, entry))
                entry += 1
            self._skip_blank()
            if self._text[self._at] == ",":
                self._at += 1
        self._at += 1

    def _string(self) -> None:
        quote = self._text[self._at]
        mark = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        self._at += len(mark)
        while not self._text.startswith(mark, self._at):
            self._at += 2 if quote == '"' and self._text[self._at] == "\\" else 1
        self._at += len(mark)
        # A long string may end in one or two quotes of its own before the mark.
        while len(mark) == 3 and self._text.startswith(quote, self._at):
            self._at += 1

    def _skip_blank(self) -> bool:
        """Go to the next sign that means something; False at the end."""
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at < len(self._text)

    def _line(self, offset: int) -> int:
        return bisect_right(self._starts, offset)
