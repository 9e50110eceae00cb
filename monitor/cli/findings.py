"""`findings`: what was found, listed without its words, opened on the record, decided."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli import words
from monitor.cli.given import HERE, Config, Json, office_named, rules_of, services_in

app = typer.Typer(help="What was found: list, open, decide.", no_args_is_help=False)


@app.callback(invoke_without_command=True)
def findings(
    context: typer.Context,
    by: Annotated[str, typer.Option("--by", help="The office that looks: lists what it may open.")] = "",
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """List the newest findings, without their words; without --by, by reference only."""
    if context.invoked_subcommand:
        return
    from monitor import cases

    services = services_in(config)
    viewer = office_named(by) if by else None
    found = cases.findings(services.store, rules=rules_of(services), viewer=viewer)
    if as_json:
        words.say_json([words.plain(summary) for summary in found])
        return
    if not found:
        words.say("Nothing has been found. `school-monitor status` says whether every source was checked.")
        return
    if viewer is None:
        words.table(
            ("Reference", "Found", "Saved", "Decided"),
            [(f.reference, services.local(f.found_at), f.saved, f.decision or "") for f in found],
        )
        words.say("What each is about is shown to whoever may open it: school-monitor findings --by OFFICE")
        return
    words.table(
        ("Reference", "What", "Urgency", "Told", "Saved", "Decided"),
        [
            (
                f.reference,
                f.label,
                f.urgency,
                ", ".join(office.label for office in f.told) or "a person decides",
                f.saved,
                f.decision or "",
            )
            for f in found
        ],
    )


@app.command("show")
def findings_show(
    reference: str,
    by: Annotated[str, typer.Option("--by", help="The office that looks, such as headteacher.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is written down with the look.")],
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Open one finding with its words and custody history. The look is recorded."""
    from monitor import cases

    services = services_in(config)
    opened = cases.open_finding(
        services.store,
        services.archive,
        reference,
        viewer=office_named(by),
        reason=reason,
        rules=rules_of(services),
        now=services.clock(),
    )
    if as_json:
        words.say_json(words.plain(opened))
        return
    words.say(*words.finding_words(opened, services.settings.policy, services.local))


@app.command("decide")
def findings_decide(
    reference: str,
    decision: Annotated[str, typer.Argument(help="open_case, keep_an_eye, fair_comment or not_our_school")],
    by: Annotated[str, typer.Option("--by", help="The office that decides.")],
    config: Config = HERE,
) -> None:
    """Note what a person decided about a finding."""
    from monitor import cases

    services = services_in(config)
    if decision not in list(cases.Decision):
        words.fail(f"A decision is one of: {', '.join(cases.Decision)}.", code=2)
    case = cases.decide(
        services.store,
        reference,
        cases.Decision(decision),
        by=office_named(by),
        rules=rules_of(services),
        now=services.clock(),
    )
    words.say(f"{reference}: {decision.replace('_', ' ')}, decided by the {office_named(by).label}.")
    if case:
        words.say(f"The case is {case}. Next: school-monitor cases show {case} --by {by}")
