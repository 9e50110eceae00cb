"""`cases`: what a person decided belongs together: open, add, list, show, note, hold, close, give."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from monitor.cli import words
from monitor.cli.given import HERE, Config, Json, office_named, rules_of, services_in

app = typer.Typer(
    help="Cases: what a person decided belongs together. States: open, on hold, closed.",
    no_args_is_help=False,
)

By = Annotated[str, typer.Option("--by", help="The office that asks, such as headteacher.")]
Title = Annotated[str, typer.Option("--title", help="What the case is called, in words for its papers.")]
Purpose = Annotated[str, typer.Option("--purpose", help="What it is for, in words for its papers.")]


@app.callback(invoke_without_command=True)
def cases(
    context: typer.Context,
    by: Annotated[str, typer.Option("--by", help="The office that looks: lists what it may open.")] = "",
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """List the newest cases; without --by, by reference only."""
    if not context.invoked_subcommand:
        _list(by, config, as_json=as_json)


@app.command("list")
def cases_list(
    by: Annotated[str, typer.Option("--by", help="The office that looks: lists what it may open.")] = "",
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """List the newest cases; without --by, by reference only."""
    _list(by, config, as_json=as_json)


@app.command("open")
def cases_open(
    findings: Annotated[list[str], typer.Argument(help="The findings that belong together.")],
    by: By,
    title: Title = "",
    purpose: Purpose = "",
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Open a case with one or more findings. The office that opens it owns it."""
    from monitor import cases

    services = services_in(config)
    reference = cases.open_case(
        services.store, findings, title=title, purpose=purpose, **_asked(services, by)
    )
    if as_json:
        words.say_json({"case": reference})
        return
    words.say(
        f"{reference} is open, owned by the {office_named(by).label}.",
        f"Next: school-monitor cases show {reference} --by {by}",
    )


@app.command("add")
def cases_add(
    case: str,
    additions: Annotated[
        list[str], typer.Argument(help="Findings, or exhibits that this office asked for (`capture`).")
    ],
    by: By,
    config: Config = HERE,
) -> None:
    """Put more findings, or exhibits that belong to no finding, into a case."""
    from monitor import cases

    services = services_in(config)
    cases.add(services.store, case, additions, **_asked(services, by))
    words.say(f"{case}: {', '.join(additions)} added.")


@app.command("show")
def cases_show(case: str, by: By, config: Config = HERE, as_json: Json = False) -> None:
    """Show what is in a case, without the words of the posts. The look is recorded."""
    from monitor import cases
    from monitor.cli.case_words import case_document, case_words

    services = services_in(config)
    found = cases.look_into(
        services.store,
        case,
        viewer=office_named(by),
        rules=rules_of(services),
        now=services.clock(),
    )
    if as_json:
        words.say_json(case_document(found, services.settings.policy))
    else:
        words.say(*case_words(found, services.settings.policy, services.local))


@app.command("describe")
def cases_describe(
    case: str, by: By, title: Title = "", purpose: Purpose = "", config: Config = HERE
) -> None:
    """Say what a case is called and what it is for; its papers repeat the words."""
    from monitor import cases

    if not title and not purpose:
        words.fail("Say what to change: --title, --purpose or both.", code=2)
    services = services_in(config)
    cases.describe(services.store, case, title=title, purpose=purpose, **_asked(services, by))
    words.say(f"{case}: described.")


@app.command("note")
def cases_note(
    case: str,
    text: Annotated[str, typer.Argument(help="What was done or decided, and why.")],
    by: By,
    outside: Annotated[
        bool, typer.Option("--outside", help="A step towards somebody outside: a letter, a report.")
    ] = False,
    config: Config = HERE,
) -> None:
    """Write down what was done or decided, and why."""
    from monitor import cases

    services = services_in(config)
    cases.note(services.store, case, text, outside=outside, **_asked(services, by))
    words.say(f"{case}: noted.")


@app.command("hold")
def cases_hold(
    case: str,
    by: By,
    why: Annotated[str, typer.Option("--why", help="Who asked for it, or why it ends.")],
    lift: Annotated[bool, typer.Option("--lift", help="End the hold instead.")] = False,
    config: Config = HERE,
) -> None:
    """Put a case on legal hold: nothing of it may be purged."""
    from monitor import cases

    services = services_in(config)
    change = cases.lift_hold if lift else cases.hold
    change(services.store, case, why=why, **_asked(services, by))
    words.say(f"{case}: the legal hold has ended." if lift else f"{case}: on legal hold.")


@app.command("close")
def cases_close(
    case: str,
    by: By,
    outcome: Annotated[str, typer.Option("--outcome", help="How it ended, and the reasons.")],
    config: Config = HERE,
) -> None:
    """Close a case with its outcome in words."""
    from monitor import cases

    services = services_in(config)
    cases.close(services.store, case, outcome=outcome, **_asked(services, by))
    words.say(f"{case}: closed.")


@app.command("give")
def cases_give(
    case: str,
    to: Annotated[str, typer.Option("--to", help="The office that owns it from now on.")],
    by: By,
    config: Config = HERE,
) -> None:
    """Give a case another owner, who may open all of it."""
    from monitor import cases

    services = services_in(config)
    cases.give(services.store, case, office_named(to), **_asked(services, by))
    words.say(f"{case}: owned by the {office_named(to).label} now.")


def _list(by: str, config: Config, *, as_json: bool) -> None:
    from monitor import cases

    services = services_in(config)
    viewer = office_named(by) if by else None
    found = cases.cases(services.store, rules=rules_of(services), viewer=viewer)
    if as_json:
        words.say_json([words.plain(summary) for summary in found])
        return
    if not found:
        words.say("There is no case here. One is opened with: school-monitor cases open FINDING --by OFFICE")
        return
    rows = [
        (
            each.reference,
            each.state.value.replace("_", " "),
            f"{each.opened_at.astimezone(services.zone):%d %b %Y}",
            each.findings,
            *([] if viewer is None else [each.owner.label if each.owner else "", each.title]),
        )
        for each in found
    ]
    titles = ("Case", "State", "Opened", "Findings")
    words.table(titles if viewer is None else (*titles, "Owner", "Title"), rows)
    if viewer is None:
        words.say("What each is about is shown to whoever may open it: school-monitor cases --by OFFICE")


def _asked(services: Any, by: str) -> dict[str, Any]:
    return {"by": office_named(by), "rules": rules_of(services), "now": services.clock()}
