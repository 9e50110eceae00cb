"""The command line. Exit 0 ok, 1 a problem found, 2 usage or configuration; every error says what next.

Heavy rooms are imported inside the commands that use them: `--help` must answer at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli import words
from monitor.errors import ConfigError, MonitorError, VerificationError

if TYPE_CHECKING:
    from monitor.cases import Rules
    from monitor.evidence import VerifiedArchive
    from monitor.jobs import Services
    from monitor.settings import Settings

app = typer.Typer(
    help="Watch what is publicly said about a school, keep the evidence, and stay within the law.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
people_app = typer.Typer(
    help="The register of staff, pupils, governors and volunteers.", no_args_is_help=True
)
findings_app = typer.Typer(help="What was found: list, open, decide.", no_args_is_help=False)
app.add_typer(people_app, name="people")
app.add_typer(findings_app, name="findings")

Config = Annotated[Path, typer.Option("--config", help="The folder with monitor.toml and policy.toml.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of words.")]
HERE = Path("config")


def main() -> None:
    """Run the command line; the only place that turns errors into exit codes."""
    # Whatever this program writes (database, mailbox, keys) is for its own user only.
    os.umask(0o077)
    try:
        app()
    except ConfigError as error:
        words.fail("The configuration has faults:", *(str(problem) for problem in error.problems), code=2)
    except MonitorError as error:
        words.fail(str(error), code=1)
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong, and Python must not complain at exit.
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:
        place = f"{error.filename} cannot be used" if error.filename else "The system refused"
        words.fail(
            f"{place}: {error.strerror or type(error).__name__}.", "Next: school-monitor doctor", code=1
        )


# --- the service ---------------------------------------------------------------------------------


@app.command()
def run(config: Config = HERE) -> None:
    """Start the service. Stop it with Ctrl-C or SIGTERM."""
    import threading

    from monitor import bootstrap, logs, worker

    settings = _settings(config)
    logs.configure()
    words.complain(*words.banner(settings))
    stop = threading.Event()
    worker.stop_on_signals(stop)
    with worker.only_one(settings.storage.data):
        services = bootstrap.assemble(settings, stopping=stop.is_set)
        if not worker.run(services, stop):
            # A capture would not end: leave at once; its lease brings it back at the next start.
            os._exit(0)


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the demo keeps its data, mail and exhibits.")
    ] = Path("data/demo"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget earlier runs and start over.")] = False,
    as_json: Json = False,
) -> None:
    """Show the whole pipeline on an invented school: local pages, local mailbox, real browser."""
    from monitor import demo as demonstration

    if fresh:
        demonstration.start_over(folder.absolute())
    sys.exit(demonstration.run(folder.absolute(), as_json=as_json))


@app.command()
def status(
    config: Config = HERE,
    check: Annotated[bool, typer.Option("--check", help="Say only whether the service works.")] = False,
    as_json: Json = False,
) -> None:
    """Say what is healthy, what is not checked, and what waits. Exit 1 when a person is needed."""
    from monitor import jobs

    services = _services(config)
    health = jobs.examine(services)
    if as_json:
        words.say_json(words.plain(health))
    elif not check:
        words.say(*words.health_words(health, services.local))
    if check:
        sys.exit(0 if health.running else 1)
    sys.exit(1 if health.faults else 0)


@app.command()
def doctor(config: Config = HERE, as_json: Json = False) -> None:
    """Check everything before going live; each fault comes with its fix."""
    from monitor.cli import check

    sys.exit(check.report(config, as_json=as_json))


@app.command()
def init(
    config: Annotated[Path, typer.Option("--config", help="The folder to write.")] = HERE,
) -> None:
    """Ask a few questions and write a valid config folder."""
    from monitor import setup

    answers = setup.ask(lambda question, default="": str(typer.prompt(question, default=default)))
    words.say(f"Written: {setup.write(answers, config)}", "Next: school-monitor doctor")


# --- collecting and capturing --------------------------------------------------------------------


@app.command()
def collect(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Sources by key; all when none is named.")
    ] = None,
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Poll sources once, now, and say what was found."""
    from monitor import jobs

    services = _services(config)
    known = {source.key: source for source in services.settings.sources}
    unknown = [key for key in sources or () if key not in known]
    if unknown:
        words.fail(f"There is no source {unknown[0]}. Sources: {', '.join(known) or 'none'}.", code=2)
    chosen = [known[key] for key in sources or known]
    jobs.make_due(services, chosen)
    found = [jobs.collect(services, source) for source in chosen]
    if as_json:
        words.say_json([words.plain(one) for one in found])
    else:
        words.table(
            ("Source", "Result", "Items", "Kept", "Changed", "Detail"),
            [(c.source, c.outcome.replace("_", " "), c.items, c.kept, c.changed, c.detail) for c in found],
        )
    sys.exit(0 if all(one.good for one in found) else 1)


@app.command()
def scan(
    people: Annotated[Path | None, typer.Option("--people", help="A people file (CSV).")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--pictures", help="The folder in which the pictures lie that items name."),
    ] = None,
    config: Config = HERE,
) -> None:
    """Read items as JSON Lines from standard input, write findings as JSON Lines."""
    from contextlib import ExitStack

    from monitor import matching
    from monitor.cli.pictured import Folder, Pictures
    from monitor.cli.scan import scan as scan_lines  # by its full path: `scan` here is this command
    from monitor.pictures import PictureReader

    settings = _settings(config)
    register = _read_people(people) if people else None
    matcher = matching.compile(register.people if register else (), settings.terms)
    by_id = {person.id: person for person in register.people} if register else {}
    with ExitStack() as opened:
        pictures = None
        if folder:
            place, reader = opened.enter_context(Folder(folder)), opened.enter_context(PictureReader())
            pictures = Pictures(place, reader, matcher=matcher, people=by_id, policy=settings.policy)
        _scanned, malformed = scan_lines(
            sys.stdin.buffer,
            sys.stdout,
            lambda number, fault: words.complain(f"line {number}: {fault}; it was left out"),
            matcher=matcher,
            people=by_id,
            policy=settings.policy,
            pictures=pictures,
            progress=words.progress("items scanned"),
        )
    faulty = malformed or (register is not None and register.faults)
    sys.exit(1 if faulty else 0)


@app.command()
def capture(
    url: Annotated[str, typer.Argument(help="The address of one public post or page.")],
    text_only: Annotated[
        bool, typer.Option("--text-only", help="Block pictures, video and fonts (always so for pupils).")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", help="The office that asks, such as headteacher.")
    ] = "headteacher",
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Capture and seal one address now."""
    import secrets

    from monitor import cases, jobs
    from monitor.model import CaptureMode

    services = _services(config)
    now = services.clock()
    exhibit_id = f"H-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    mode = CaptureMode.TEXT if text_only else CaptureMode.FULL
    cases.ask_capture(services.store, url, mode=mode, by=_office(by), exhibit_id=exhibit_id, now=now)
    try:
        jobs.capture_now(services, exhibit_id)
    finally:
        services.browser.close()
    row = cases.capture_state(services.store, exhibit_id)
    seal = services.archive.find(exhibit_id)
    outcome = row.outcome.value if row and row.outcome else "waiting"
    missing = row.missing if row else ()
    document = {
        "exhibit": exhibit_id,
        "outcome": outcome,
        "missing": list(missing),
        "detail": row.detail if row else "",
        "folder": str(services.archive.root / seal.folder) if seal else None,
        "root_digest": seal.root_digest if seal else None,
    }
    if as_json:
        words.say_json(document)
    elif seal is None:
        words.say(f"Not captured yet: {document['detail'] or 'no answer'}. The service tries again.")
    else:
        words.say(f"Capture {outcome}: {document['folder']}", *(f"  missing: {part}" for part in missing))
        words.say(f"Root digest: {seal.root_digest}", "Next: school-monitor verify")
    sys.exit(0 if outcome == "complete" else 1)


# --- people, findings, exhibits ------------------------------------------------------------------


@people_app.command("import")
def people_import(file: Path, config: Config = HERE, as_json: Json = False) -> None:
    """Replace the register with a CSV file; bad rows are reported by number, the rest is used."""
    from monitor import bootstrap, cases

    services = _services(config)
    register = _read_people(file)
    sealed = cases.import_people(
        services.store,
        register,
        bootstrap.register_key(services.settings),
        may_import_pupils=services.settings.may_import_pupils,
        now=services.clock(),
    )
    if as_json:
        words.say_json(
            {"people": sealed.people, "pupils": sealed.pupils, "bad_rows": [f.line for f in register.faults]}
        )
    else:
        words.say(
            f"{sealed.people} people are on the register, {sealed.pupils} of them pupils; it is encrypted."
        )
    sys.exit(1 if register.faults else 0)


@findings_app.callback(invoke_without_command=True)
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

    services = _services(config)
    viewer = _office(by) if by else None
    found = cases.findings(services.store, rules=_rules(services), viewer=viewer)
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


@findings_app.command("show")
def findings_show(
    reference: str,
    by: Annotated[str, typer.Option("--by", help="The office that looks, such as headteacher.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is written down with the look.")],
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Open one finding with its words and custody history. The look is recorded."""
    from monitor import cases

    services = _services(config)
    opened = cases.open_finding(
        services.store,
        services.archive,
        reference,
        viewer=_office(by),
        reason=reason,
        rules=_rules(services),
        now=services.clock(),
    )
    if as_json:
        words.say_json(words.plain(opened))
        return
    words.say(*words.finding_words(opened, services.settings.policy, services.local))


@findings_app.command("decide")
def findings_decide(
    reference: str,
    decision: Annotated[str, typer.Argument(help="open_case, keep_an_eye, fair_comment or not_our_school")],
    by: Annotated[str, typer.Option("--by", help="The office that decides.")],
    config: Config = HERE,
) -> None:
    """Note what a person decided about a finding."""
    from monitor import cases

    services = _services(config)
    if decision not in list(cases.Decision):
        words.fail(f"A decision is one of: {', '.join(cases.Decision)}.", code=2)
    cases.decide(
        services.store,
        reference,
        cases.Decision(decision),
        by=_office(by),
        rules=_rules(services),
        now=services.clock(),
    )
    words.say(f"{reference}: {decision.replace('_', ' ')}, decided by the {_office(by).label}.")


@app.command()
def exhibits(config: Config = HERE, as_json: Json = False) -> None:
    """List the newest sealed exhibits."""
    from monitor import cases

    services = _services(config)
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


@app.command()
def verify(
    folder: Annotated[
        Path | None, typer.Argument(help="An archive folder; the configured one when none.")
    ] = None,
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Check every seal by the numbered steps of archive/README.md; exit 1 names every fault."""
    from monitor.evidence import verify as verification

    root = folder or _settings(config).storage.archive
    if not root.is_dir():
        words.fail(f"There is no archive folder {root}. Name it: school-monitor verify FOLDER", code=2)
    head: VerifiedArchive | None = None
    found: tuple[VerificationError, ...] = ()
    try:
        head = verification.check_archive(root, words.progress("exhibits checked"))
    except VerificationError as first:
        # Only now for every fault: a good archive is read once. It may have been mended meanwhile.
        found = verification.problems(root, words.progress("exhibits checked")) or (first,)
    if as_json:
        words.say_json(
            {
                "ok": not found,
                "faults": [{"step": f.step, "where": f.where, "detail": f.detail} for f in found],
                "checked": words.plain(head) if head else None,
            }
        )
    elif found:
        words.say(
            *(f"FAULT {fault}" for fault in found), f"{len(found)} faults. Step numbers: archive/README.md."
        )
    elif head:
        words.say(*words.verified_words(head))
    sys.exit(1 if found else 0)


# --- below: how ----------------------------------------------------------------------------------


def _settings(config: Path) -> Settings:
    from monitor import settings

    return settings.load(config, os.environ)  # noqa: TID251 - handed over whole; settings reads it


def _services(config: Path) -> Services:
    from monitor import bootstrap, logs

    logs.configure()
    return bootstrap.assemble(_settings(config))


def _read_people(file: Path) -> Any:
    from monitor import matching

    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            register = matching.read_people(lines)
    except OSError as error:
        words.fail(f"{file} cannot be read: {error.strerror}.", code=2)
    for fault in register.faults:
        words.complain(f"{file.name}:{fault.line}: {fault.message}; this row was left out")
    return register


def _rules(services: Services) -> Rules:
    from monitor import cases

    return cases.Rules(services.settings.policy, services.delegates)


def _office(name: str) -> Any:
    from monitor.model import Office

    try:
        return Office(name)
    except ValueError:
        words.fail(f"There is no office {name}. Offices: {', '.join(Office)}.", code=2)
