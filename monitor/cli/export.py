"""`export`: a case as a pack for one reader, under a passphrase that goes another way."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import words
from monitor.cli.given import HERE, Config, Json, office_named, services_in

if TYPE_CHECKING:
    from monitor.cases.covers import Marked
    from monitor.cases.export import Exported
    from monitor.jobs import Services
    from monitor.model import Office


def export(
    case: Annotated[str, typer.Argument(help="The case, such as C-2026-0001.")],
    audience: Annotated[
        str,
        typer.Option(
            "--for", help="school, governors, hr, solicitor, police, platform or complaint: who will read it."
        ),
    ],
    by: Annotated[str, typer.Option("--by", help="The office that makes the pack.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the custody log.")],
    to: Annotated[Path | None, typer.Option("--to", help="A folder, or a file that ends in .zip.")] = None,
    label: Annotated[
        str, typer.Option("--label", help="Initials of the person who will produce the exhibits: AB.")
    ] = "",
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="A file whose first line is the passphrase.")
    ] = None,
    rule: Annotated[str, typer.Option("--rule", help="For a platform: its rule that may be broken.")] = "",
    why: Annotated[str, typer.Option("--why", help="For a platform: how, in a sentence.")] = "",
    stage: Annotated[str, typer.Option("--stage", help="For a complaint: the stage it has reached.")] = "",
    procedure: Annotated[
        str, typer.Option("--procedure", help="For a complaint: where the procedure can be read.")
    ] = "",
    received: Annotated[
        str, typer.Option("--received", help="For a complaint: the day it came, as 2026-11-22.")
    ] = "",
    covers: Annotated[
        Path | None,
        typer.Option(
            "--covers",
            help="For governors, hr or complaint: a file that says which pictures you looked at, and what in"
            " them to black out. Other pictures are left out; the command says at its end how to add them.",
        ),
    ] = None,
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Make an evidence pack of a case for one reader. It is in the custody log of every exhibit."""
    from monitor import bootstrap
    from monitor.cases import export as packing
    from monitor.papers.facts import Audience, ComplaintFacts, PlatformReport

    if audience not in list(Audience):
        words.fail(f"There is no reader {audience}. Readers: {', '.join(Audience)}.", code=2)
    services = services_in(config)
    now = services.clock()
    order = packing.Order(
        case=case,
        audience=Audience(audience),
        by=office_named(by),
        reason=reason,
        place=_place(services, to, f"{case}-{audience}-{now:%Y%m%d-%H%M%S}.zip"),
        initials=label,
        passphrase=_passphrase(passphrase_file),
        platform_report=PlatformReport(rule, why) if rule and why else None,
        complaint=ComplaintFacts(procedure, stage, (("received", _day(received)),) if received else ())
        if procedure or stage or received
        else None,
        marked=_marked(covers) if covers else {},
    )
    exported = packing.export(
        bootstrap.pack_means(services),
        order,
        now=now,
        drawn=words.progress("documents drawn"),
        written=words.progress("bytes written"),
    )
    if sys.stderr.isatty():
        words.complain("")
    if as_json:
        words.say_json(words.plain(exported))
    else:
        words.say(*_words(exported, order.case, office_named(by)))


def _place(services: Services, to: Path | None, name: str) -> Path:
    if to is None:
        to = services.settings.storage.data / "packs"
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = (to / name if to.is_dir() else to).absolute()
    if not place.parent.is_dir():
        words.fail(f"There is no folder {place.parent}. Make it, or name another with --to.", code=2)
    return place


def _passphrase(file: Path | None) -> str | None:
    """What opens the pack: the first line of the file, else what is typed on a terminal, else nothing."""
    if file is not None:
        try:
            lines = file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            words.fail(f"{file} cannot be read. Write the passphrase in its first line.", code=2)
        if not lines or not lines[0]:
            words.fail(f"The first line of {file} is empty. Write the passphrase there.", code=2)
        return lines[0]
    if not sys.stdin.isatty():
        return None
    typed: str = typer.prompt(
        "Passphrase (none: press Enter)", default="", hide_input=True, show_default=False, err=True
    )
    if typed and typer.prompt("Once more", hide_input=True, err=True) != typed:
        words.fail("The two are not the same. Nothing was made.", code=2)
    return typed or None


def _marked(file: Path) -> Marked:
    from monitor.cases import covers

    try:
        return covers.read(file.read_bytes())
    except OSError as error:
        words.fail(f"{file} cannot be read: {error.strerror}. Name another file with --covers.", code=2)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        words.fail(f"{text} is no day. Write it as 2026-11-22.", code=2)


def _waiting(pictures: tuple[tuple[str, str], ...]) -> list[str]:
    """What to do so that pictures go along, for somebody who never wrote such a file."""
    if not pictures:
        return []
    count = "1 picture was" if len(pictures) == 1 else f"{len(pictures)} pictures were"
    lines = [
        f"{count} left out, because nobody has said yet what must not be seen. To put pictures in:",
        "  1. Look at each. `school-monitor exhibits show EXHIBIT --by OFFICE` says in which folder it lies;",
        "     the pictures are there under data.",
        "  2. Write a text file, covers.txt, with these lines, or add them to yours:",
    ]
    for exhibit in dict.fromkeys(exhibit for exhibit, _ in pictures):
        lines += ["", f"       [{exhibit}]"]
        lines += [f'       "{path}" = []' for of, path in pictures if of == exhibit]
    return [
        *lines,
        "",
        "     [] says that everything in the picture may be seen. To black something out, write where it is,",
        "     such as [[40, 200, 300, 32]]: 40 pixels from the left, 200 from the top, 300 wide, 32 high.",
        "     Most drawing programs show these numbers. For more: [[40, 200, 300, 32], [40, 610, 120, 32]].",
        "     Take out the line of a picture that must not go.",
        "  3. Type this command again with --covers covers.txt at its end.",
    ]


def _words(exported: Exported, case: str, by: Office) -> list[str]:
    path = exported.path
    named = ", ".join(f"{label} ({ref})" if label else ref for ref, label in exported.exhibits)
    lines = [
        f"The pack: {path}",
        f"SHA-256:  {exported.sha256}",
        f"Bag:      {exported.digest}, the same with and without a passphrase",
        f"Tells of: {named}",
        *(f"Left out: {line.replace(': Left out: ', ': ')}" for line in exported.left_out),
    ]
    lines += _waiting(exported.waiting)
    if exported.on_hold:
        lines.append(f"{case} is on legal hold now: nothing of it may be purged.")
    if exported.protected:
        lines.append("Send the passphrase by another way than the pack: say it by telephone, do not mail it.")
    else:
        lines.append(
            "There is NO passphrase on it: give it from hand to hand only, or make it again with"
            " --passphrase-file."
        )
    return [
        *lines,
        f"Check it:  school-monitor verify {path}",
        "When you hand it over, write down to whom, for each exhibit:",
        f"  school-monitor exhibits hand-over EXHIBIT --to WHOM --how HOW --by {by.value}",
        "Tell whoever receives it the SHA-256 by another way too, so that they can see that it is this file.",
    ]
