"""`exhibits`: the sealed copies."""

from __future__ import annotations

import typer

from monitor.cli import words
from monitor.cli.given import HERE, Config, Json, services_in

app = typer.Typer(help="The sealed copies.", no_args_is_help=False)


@app.callback(invoke_without_command=True)
def exhibits(context: typer.Context, config: Config = HERE, as_json: Json = False) -> None:
    """List the newest sealed exhibits."""
    if context.invoked_subcommand:
        return
    from monitor import cases

    services = services_in(config)
    found = cases.exhibits(services.store)
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
                row.folder,
            )
            for row in found
        ],
    )
