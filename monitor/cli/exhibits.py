"""`exhibits`: the sealed copies: list, show with the custody history, hand over, purge, rebuild the list."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import words
from monitor.cli.given import HERE, Config, Json, office_named, rules_of, services_in

if TYPE_CHECKING:
    from monitor.cases import Purged, Rebuilt
    from monitor.cli.words import Local

app = typer.Typer(
    help="The sealed copies: list, show with their history, hand over, purge.", no_args_is_help=False
)


@app.callback(invoke_without_command=True)
def exhibits(context: typer.Context, config: Config = HERE, as_json: Json = False) -> None:
    """List the newest sealed exhibits."""
    if context.invoked_subcommand:
        return
    from monitor import cases

    services = services_in(config)
    found = cases.exhibits(services.store, services.archive)
    if as_json:
        words.say_json([words.plain(row) for row in found])
        return
    words.table(
        ("Exhibit", "Finding", "Kept", "Result", "Sealed", "Folder"),
        [
            (
                row.exhibit_id,
                row.reference or "asked for",
                row.mode.value if row.mode else "",
                row.outcome.value if row.outcome else "",
                f"{row.sealed_at.astimezone(services.zone):%d %b %Y %H:%M}",
                row.folder or "nowhere, purged",
            )
            for row in found
        ],
    )


@app.command("show")
def exhibits_show(
    exhibit: str,
    by: Annotated[str, typer.Option("--by", help="The office that looks, such as headteacher.")],
    reason: Annotated[
        str, typer.Option("--reason", help="Why; it is written down with the look.")
    ] = "to see what was saved and what happened to it",
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Show what was captured, what is missing, where it lies, and its whole history. The look is recorded."""
    from monitor import cases
    from monitor.cli.case_words import exhibit_document, exhibit_words

    services = services_in(config)
    shown = cases.show_exhibit(
        services.store,
        services.archive,
        exhibit,
        viewer=office_named(by),
        reason=reason,
        rules=rules_of(services),
        now=services.clock(),
    )
    if as_json:
        words.say_json(exhibit_document(shown))
    else:
        words.say(*exhibit_words(shown, services.local))


@app.command("hand-over")
def exhibits_hand_over(
    exhibit: str,
    to: Annotated[str, typer.Option("--to", help="Who receives it. Kept in the database only.")],
    how: Annotated[str, typer.Option("--how", help="By what way, such as a sealed memory stick.")],
    by: Annotated[str, typer.Option("--by", help="The office that hands it over.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Write down that an exhibit is handed to somebody, before it is."""
    from monitor import cases

    services = services_in(config)
    line = cases.hand_over(
        services.store,
        services.archive,
        exhibit,
        to=to,
        how=how,
        reason=reason,
        by=office_named(by),
        rules=rules_of(services),
        now=services.clock(),
    )
    if as_json:
        words.say_json(words.plain(line))
        return
    words.say(cases.in_words(line, services.local))


@app.command("purge")
def exhibits_purge(
    exhibit: str,
    by: Annotated[str, typer.Option("--by", help="The office that orders it, such as headteacher.")],
    rule: Annotated[
        str,
        typer.Option(
            "--rule",
            help="The retention class of policy.toml whose time is over, such as dismissed; or R127, when"
            " somebody asked for it and it was decided.",
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the custody log.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Erase the content of an exhibit for good. Its tombstone, its digests and its history stay."""
    from monitor import cases

    services = services_in(config)
    office = office_named(by)
    if not yes and not typer.confirm(
        f"Erase everything that was saved as {exhibit}? Nobody can bring it back.", err=True
    ):
        words.fail("Nothing was erased.", code=1)
    purged = cases.purge(
        services.store,
        services.archive,
        exhibit,
        rule=rule,
        reason=reason,
        by=office,
        rules=rules_of(services),
        now=services.clock(),
    )
    if as_json:
        words.say_json(words.plain(purged))
    else:
        words.say(*_purged_words(purged, services.local))


def _purged_words(purged: Purged, local: Local) -> list[str]:
    """What was done, and what a person has to see to, since no program of ours reaches it."""
    from monitor import cases

    left = [f"  {path}: a pack that was made with it" for path in purged.packs]
    if purged.finding:
        left.append(f"  {purged.finding}: the finding, with the words of the post, in the database")
    return [
        *(cases.in_words(line, local) for line in purged.lines),
        "NOT erased by this:",
        *left,
        "  back-ups of the archive, which must expire within 35 days, and whatever was handed over",
        "Next: school-monitor verify",
    ]


@app.command("rebuild")
def exhibits_rebuild(config: Config = HERE, as_json: Json = False) -> None:
    """Make the list of exhibits in the database anew from the archive. Exit 1 names what needs a person."""
    from monitor import cases

    services = services_in(config)
    rebuilt = cases.rebuild_index(services.store, services.archive, progress=words.progress("exhibits read"))
    if as_json:
        words.say_json(words.plain(rebuilt))
    else:
        words.say(*rebuilt_words(rebuilt))
    sys.exit(1 if rebuilt.faults else 0)


def rebuilt_words(rebuilt: Rebuilt) -> list[str]:
    """What came of it, and what to do next."""
    lines = [
        f"The archive holds {rebuilt.sealed} sealed exhibits, {rebuilt.erased} of them erased since.",
        f"Entered in the database: {rebuilt.entered}. Corrected there: {rebuilt.mended}.",
        *(f"LOOK AT {fault.exhibit_id}: {fault.why}" for fault in rebuilt.faults),
    ]
    if rebuilt.entered:
        lines.append(
            "Findings and cases are not in the archive: what came back without one is listed as asked for."
        )
    return [*lines, "Whether every file is as it was sealed is another question: school-monitor verify"]
