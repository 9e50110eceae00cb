"""The command line. Exit 0 ok, 1 a problem found, 2 usage or configuration; every error says what next.

Heavy rooms are imported inside the commands that use them: `--help` must answer at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from monitor.errors import ConfigError, MonitorError, VerificationError

if TYPE_CHECKING:
    from monitor.evidence.verify import VerifiedArchive
    from monitor.jobs import Health, Services
    from monitor.model import Policy, Reason
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
    try:
        app()
    except ConfigError as error:
        _fail("The configuration has faults:", *(str(problem) for problem in error.problems), code=2)
    except MonitorError as error:
        _fail(str(error), code=1)
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong, and Python must not complain at exit.
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:
        place = f"{error.filename} cannot be used" if error.filename else "The system refused"
        _fail(f"{place}: {error.strerror or type(error).__name__}.", "Next: school-monitor doctor", code=1)


# --- the service ---------------------------------------------------------------------------------


@app.command()
def run(config: Config = HERE) -> None:
    """Start the service. Stop it with Ctrl-C or SIGTERM."""
    import os
    import threading

    from monitor import bootstrap, logs, worker

    settings = _settings(config)
    logs.configure()
    _banner(settings)
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
        _print_json(health_document(health))
    elif not check:
        _print(*health_words(health, services))
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
    _print(f"Written: {setup.write(answers, config)}", "Next: school-monitor doctor")


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
        _fail(f"There is no source {unknown[0]}. Sources: {', '.join(known) or 'none'}.", code=2)
    chosen = [known[key] for key in sources or known]
    jobs.make_due(services, chosen)
    rows, good = [], True
    for source in chosen:
        if not source.enabled:
            rows.append(
                {
                    "source": source.key,
                    "outcome": "switched off",
                    "detail": source.pause,
                    "items": 0,
                    "kept": 0,
                }
            )
            continue
        done = jobs.poll_source(services, source)
        if done is None:
            rows.append(
                {
                    "source": source.key,
                    "outcome": "busy",
                    "detail": "the service is polling it",
                    "items": 0,
                    "kept": 0,
                }
            )
            continue
        changed = jobs.reread_source(services, source) if done.outcome.good else 0
        good &= done.outcome.good
        rows.append(
            {
                "source": source.key,
                "outcome": done.outcome.value,
                "detail": done.detail,
                "items": done.items_seen,
                "kept": done.items_kept,
                "changed": changed,
            }
        )
    if as_json:
        _print_json(rows)
    else:
        _table(
            ("Source", "Result", "Items", "Kept", "Detail"),
            [
                (r["source"], str(r["outcome"]).replace("_", " "), r["items"], r["kept"], r["detail"])
                for r in rows
            ],
        )
    sys.exit(0 if good else 1)


@app.command()
def scan(
    people: Annotated[Path | None, typer.Option("--people", help="A people file (CSV).")] = None,
    config: Config = HERE,
) -> None:
    """Read items as JSON Lines from standard input, write findings as JSON Lines."""
    from monitor import matching
    from monitor.cli.scan import scan as scan_lines  # by its full path: `scan` here is this command

    settings = _settings(config)
    register = _read_people(people) if people else None
    matcher = matching.compile(register.people if register else (), settings.terms)
    _scanned, malformed = scan_lines(
        sys.stdin.buffer,
        sys.stdout,
        lambda number, fault: print(f"line {number}: {fault}; it was left out", file=sys.stderr),  # noqa: T201 - the report
        matcher=matcher,
        people={person.id: person for person in register.people} if register else {},
        policy=settings.policy,
        progress=_progress("items scanned"),
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
        _print_json(document)
    elif seal is None:
        _print(f"Not captured yet: {document['detail'] or 'no answer'}. The service tries again.")
    else:
        _print(f"Capture {outcome}: {document['folder']}", *(f"  missing: {part}" for part in missing))
        _print(f"Root digest: {seal.root_digest}", "Next: school-monitor verify")
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
        _print_json(
            {"people": sealed.people, "pupils": sealed.pupils, "bad_rows": [f.line for f in register.faults]}
        )
    else:
        _print(
            f"{sealed.people} people are on the register, {sealed.pupils} of them pupils; it is encrypted."
        )
    sys.exit(1 if register.faults else 0)


@findings_app.callback(invoke_without_command=True)
def findings(context: typer.Context, config: Config = HERE, as_json: Json = False) -> None:
    """List the newest findings, without their content."""
    if context.invoked_subcommand:
        return
    from monitor import cases

    services = _services(config)
    found = cases.findings(services.store, services.settings.policy)
    if as_json:
        _print_json([_plain(summary) for summary in found])
        return
    if not found:
        _print("Nothing has been found. `school-monitor status` says whether every source was checked.")
        return
    _table(
        ("Reference", "What", "Urgency", "Told", "Saved", "Decided"),
        [
            (
                f.reference,
                f.label,
                f.urgency,
                ", ".join(office.label for office in f.told)
                or ("a person decides" if f.asks_person else "nobody"),
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
    reason: Annotated[str, typer.Option("--reason", help="Why; it is written into the chain of custody.")],
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Open one finding with its words and custody history. The look is recorded."""
    from monitor import cases
    from monitor.settings import PLATFORM_LABELS

    services = _services(config)
    opened = cases.open_finding(
        services.store, services.archive, reference, viewer=_office(by), reason=reason, now=services.clock()
    )
    if as_json:
        _print_json(_plain(opened))
        return
    finding, policy, zone = opened.finding, services.settings.policy, services.zone
    item = finding.item.item
    _print(
        f"{reference}: {policy.categories[finding.assessment.category].label}"
        f" ({finding.assessment.urgency.value}, how sure: {finding.assessment.band.value})",
        f"Where:  {PLATFORM_LABELS.get(item.platform, item.platform)}, {item.url}",
        f"Posted: {item.posted_at.astimezone(zone):%a %d %b %Y, %H:%M}"
        if item.posted_at
        else "Posted: not known",
        f"By:     displayed as {item.author or 'nobody'}",
        "",
        item.text,
        "",
        *dict.fromkeys(_why(reason, item.text, policy) for reason in finding.assessment.reasons),
        *(
            f"Told:   {told.office.label} ({told.part.value.replace('_', ' ')})"
            for told in finding.routing.told
        ),
        *(f"Left out: {left.office.label}: {left.why}" for left in finding.routing.left_out),
        *(f"Saved:  {c.exhibit_id}, {c.outcome.value if c.outcome else 'waiting'}" for c in opened.captures),
        *(
            f"Custody: {e.at.astimezone(zone):%d %b %Y %H:%M}, {e.event} by the {e.by.label}: {e.reason}"
            for e in opened.custody
        ),
        *(f"Chain:  {e.at.astimezone(zone):%d %b %Y %H:%M}, {e.exhibit_id} {e.event}" for e in opened.chain),
    )


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
        _fail(f"A decision is one of: {', '.join(cases.Decision)}.", code=2)
    cases.decide(services.store, reference, cases.Decision(decision), by=_office(by), now=services.clock())
    _print(f"{reference}: {decision.replace('_', ' ')}, decided by the {_office(by).label}.")


@app.command()
def exhibits(config: Config = HERE, as_json: Json = False) -> None:
    """List the newest sealed exhibits."""
    from monitor import cases

    services = _services(config)
    found = cases.exhibits(services.store)
    if as_json:
        _print_json([_plain(row) for row in found])
        return
    _table(
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
        _fail(f"There is no archive folder {root}. Name it: school-monitor verify FOLDER", code=2)
    head: VerifiedArchive | None = None
    found: tuple[VerificationError, ...] = ()
    try:
        head = verification.check_archive(root, _progress("exhibits checked"))
    except VerificationError as first:
        # Only now for every fault: a good archive is read once. It may have been mended meanwhile.
        found = verification.problems(root, _progress("exhibits checked")) or (first,)
    if as_json:
        _print_json(
            {
                "ok": not found,
                "faults": [{"step": f.step, "where": f.where, "detail": f.detail} for f in found],
                "checked": _plain(head) if head else None,
            }
        )
    elif found:
        _print(
            *(f"FAULT {fault}" for fault in found), f"{len(found)} faults. Step numbers: archive/README.md."
        )
    elif head:
        _print(*verified_words(head))
    sys.exit(1 if found else 0)


# --- words ---------------------------------------------------------------------------------------


def health_words(health: Health, services: Services) -> list[str]:
    """The whole service in words."""
    zone = services.zone

    def when(moment: Any) -> str:
        return f"{moment.astimezone(zone):%a %d %b, %H:%M}" if moment else "never"

    lines = []
    if health.practice_reasons:
        lines += ["PRACTICE MODE: mail goes to the local mailbox folder only, because:"]
        lines += [f"  - {reason}" for reason in health.practice_reasons] + [""]
    lines.append(
        f"Service: {'running' if health.running else 'not running'}, last looked {when(health.ticked_at)}"
    )
    lines.append(f"Register: {health.people} people")
    lines += ["", "Sources:"]
    for source in health.sources:
        because = f", because {source.why}" if source.word.value in ("not checked", "switched off") else ""
        because = because or (f" ({source.why})" if source.why else "")
        read = "" if source.word.value == "switched off" else f"; last read {when(source.last_good_at)}"
        lines.append(f"  {source.key}: {source.word.value}{because}{read}")
    waiting = health.waiting
    lines += [
        "",
        f"Waiting: {waiting.captures} captures, {waiting.alerts} mails, {waiting.undecided} decisions",
        "We cannot see private groups, WhatsApp, Snapchat or deleted posts.",
        "",
    ]
    lines += [f"NEEDS YOU: {fault}" for fault in health.faults] or ["Nothing needs you."]
    return lines


def health_document(health: Health) -> object:
    """The same as data."""
    return _plain(health)


def verified_words(head: Any) -> list[str]:
    """What a clean verification says, with the head digest to compare with the one kept elsewhere."""
    return [
        f"All good: {head.exhibits} exhibits, {head.entries} chain entries, every file as it was sealed.",
        f"Head of the chain: {head.head}",
        "Compare that digest with one kept elsewhere: only so can a cut-off end be noticed.",
    ]


# --- below: how ----------------------------------------------------------------------------------


def _settings(config: Path) -> Settings:
    import os

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
        _fail(f"{file} cannot be read: {error.strerror}.", code=2)
    for fault in register.faults:
        print(f"{file.name}:{fault.line}: {fault.message}; this row was left out", file=sys.stderr)  # noqa: T201
    return register


def _office(name: str) -> Any:
    from monitor.model import Office

    try:
        return Office(name)
    except ValueError:
        _fail(f"There is no office {name}. Offices: {', '.join(Office)}.", code=2)


def _why(reason: Reason, text: str, policy: Policy) -> str:
    """A reason in words: what was said, and which class that suggests."""
    label = policy.categories[reason.category].label if reason.category in policy.categories else ""
    said = " ".join(text[reason.start : reason.end].split())
    return f"Why:    {f'“{said}”' if said else reason.rule} ({label or 'for context'})"


def _banner(settings: Settings) -> None:
    print(f"School Monitor for {settings.school_name}", file=sys.stderr)  # noqa: T201 - a face
    if settings.practice:
        print("PRACTICE MODE: mail goes to the local mailbox folder only, because:", file=sys.stderr)  # noqa: T201
        for reason in settings.practice_reasons:
            print(f"  - {reason}", file=sys.stderr)  # noqa: T201
        print(f"Mailbox: {settings.storage.data / 'mailbox'}", file=sys.stderr)  # noqa: T201


def _progress(what: str) -> Any:
    """A counter on a terminal's standard error; silent elsewhere."""
    if not sys.stderr.isatty():
        return lambda done, *_total: None

    def show(done: int, *total: int) -> None:
        of = f" of {total[0]:,}" if total else ""
        sys.stderr.write(f"\r{done:,}{of} {what}")
        sys.stderr.flush()

    return show


def _plain(value: object) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(type(value)).dump_python(value, mode="json")


def _print(*lines: str) -> None:
    for line in lines:
        typer.echo(line)


def _print_json(document: object) -> None:
    typer.echo(json.dumps(document, indent=2))


def _table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, title in enumerate(titles):
        # What a row is known by stays whole: it is what a person copies into the next command.
        table.add_column(title, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    # Words in square brackets are words; a file or a pipe has no edge to fold at.
    width = None if sys.stdout.isatty() else 1000
    Console(width=width, markup=False, emoji=False, highlight=False).print(table)


def _fail(*lines: str, code: int) -> NoReturn:
    for line in lines:
        typer.echo(line if line.startswith("  ") else f"{line}", err=True)
    raise SystemExit(code)
