"""What commands are given: the options that many share, and what is opened from them.

Heavy rooms are imported only when a command asks for them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli import words

if TYPE_CHECKING:
    from monitor.cases import Rules
    from monitor.evidence.verify import Sample
    from monitor.jobs import Services
    from monitor.model import Office
    from monitor.settings import Settings

Config = Annotated[Path, typer.Option("--config", help="The folder with monitor.toml and policy.toml.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of words.")]
By = Annotated[str, typer.Option("--by", help="The office that asks, such as headteacher.")]
HERE = Path("config")


def settings_in(config: Path) -> Settings:
    """The settings of a folder. Raises `ConfigError`."""
    from monitor import settings

    return settings.load(config, os.environ)  # noqa: TID251 - handed over whole; settings reads it


def services_in(config: Path) -> Services:
    """Everything a command may use, assembled from the settings of a folder."""
    from monitor import bootstrap, logs

    logs.configure()
    return bootstrap.assemble(settings_in(config))


def people_from(file: Path) -> Any:
    """The register that a people file holds; every row that was left out is complained about."""
    from monitor import matching

    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            register = matching.read_people(lines)
    except OSError as error:
        words.fail(f"{file} cannot be read: {error.strerror}.", code=2)
    for fault in register.faults:
        words.complain(f"{file.name}:{fault.line}: {fault.message}; this row was left out")
    return register


def rules_of(services: Services) -> Rules:
    """What decides who may open what."""
    from monitor import cases

    return cases.Rules(services.settings.policy, services.delegates)


def office_named(name: str) -> Office:
    """The office of this name; a wrong one ends the command with the right ones."""
    from monitor.model import Office

    try:
        return Office(name)
    except ValueError:
        words.fail(f"There is no office {name}. Offices: {', '.join(Office)}.", code=2)


def sampling(given: str) -> Sample:
    """`--sample 100` or `--sample 1%`: as many exhibits, chosen at random; the same when asked again."""
    from random import SystemRandom

    number, percent, rest = given.strip().partition("%")
    if (
        not number.isascii()
        or not number.isdigit()
        or rest
        or int(number) == 0
        or (percent and int(number) > 100)
    ):
        words.fail(f"--sample {given}: give a number of exhibits such as 100, or a share such as 1%.", code=2)
    chosen: list[str] = []

    def choose(folders: Sequence[str]) -> list[str]:
        wanted = -(-len(folders) * int(number) // 100) if percent else int(number)
        if not chosen:
            chosen.extend(SystemRandom().sample(folders, min(wanted, len(folders))))
        return chosen

    return choose
