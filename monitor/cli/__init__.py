"""The command line. Exit 0 ok, 1 a problem found, 2 usage or configuration; every error says what next.

Heavy rooms are imported inside the commands that use them: `--help` must answer at once.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import cases, exhibits, export, findings, words
from monitor.cli.given import (
    HERE,
    Config,
    Json,
    office_named,
    people_from,
    sampling,
    services_in,
    settings_in,
)
from monitor.errors import ConfigError, MonitorError, VerificationError

if TYPE_CHECKING:
    from monitor.evidence import VerifiedArchive

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
app.add_typer(people_app, name="people")
app.add_typer(findings.app, name="findings")
app.add_typer(exhibits.app, name="exhibits")
app.add_typer(cases.app, name="cases")
app.command()(export.export)


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

    settings = settings_in(config)
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

    services = services_in(config)
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
    """Ask a few questions, write a valid config folder and make the key that signs the evidence."""
    from monitor import bootstrap, setup

    answers = setup.ask(lambda question, default="": str(typer.prompt(question, default=default)))
    words.say(f"Written: {setup.write(answers, config)}")
    settings = setup.written(config, os.environ)  # noqa: TID251 - handed over whole; settings reads it
    signing = bootstrap.signing_keys(settings).current().public
    words.say(
        "The key that signs the evidence was made. Its fingerprint:",
        f"  {signing.fingerprint}",
        "Keep it on paper or in another system: it shows that the archive is the School's own.",
        "Next: school-monitor doctor",
    )


@app.command()
def key(
    replace: Annotated[
        bool, typer.Option("--replace", help="Make a new key; the old one signs that it follows.")
    ] = False,
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Say the fingerprint of the key that signs the evidence, or make the next one."""
    from monitor import bootstrap

    keyring = bootstrap.signing_keys(settings_in(config))
    try:
        current, following = keyring.current(), keyring.make_following() if replace else keyring.following()
    except ValueError:
        fault = f"{keyring.file.parent} holds a key that cannot be read."
        words.fail(fault, "Next: school-monitor doctor", code=1)
    if as_json:
        follows = following.public.fingerprint if following else None
        words.say_json({"fingerprint": current.public.fingerprint, "following": follows})
        return
    words.say(f"Fingerprint: {current.public.fingerprint}")
    if following:
        words.say(
            f"Next key:    {following.public.fingerprint}",
            "The service takes it into use within five minutes, signed for by the one before. Keep both.",
        )


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

    services = services_in(config)
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

    settings = settings_in(config)
    register = people_from(people) if people else None
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

    services = services_in(config)
    now = services.clock()
    exhibit_id = f"H-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    mode = CaptureMode.TEXT if text_only else CaptureMode.FULL
    cases.ask_capture(services.store, url, mode=mode, by=office_named(by), exhibit_id=exhibit_id, now=now)
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


# --- people ------------------------------------------------------------------


@people_app.command("import")
def people_import(file: Path, config: Config = HERE, as_json: Json = False) -> None:
    """Replace the register with a CSV file; bad rows are reported by number, the rest is used."""
    from monitor import bootstrap, cases

    services = services_in(config)
    register = people_from(file)
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


@app.command()
def verify(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[ARCHIVE or PACK]",
            help="An archive folder, or a pack; the configured archive when none.",
        ),
    ] = None,
    key: Annotated[
        str,
        typer.Option("--key", help="The signing key's fingerprint that you kept (see the daily mail)."),
    ] = "",
    sample: Annotated[
        str, typer.Option(help="Read the files of so many exhibits only, chosen at random: 100, or 1%.")
    ] = "",
    inside: Annotated[
        bool,
        typer.Option(
            "--inside",
            help="Open the web archives too, and check every answer of the network in them. Takes longer;"
            " always done for a pack.",
        ),
    ] = False,
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Check every seal by the numbered steps of archive/README.md, or a pack by those of its VERIFY.md;
    exit 1 names every fault."""
    from monitor.evidence import pack_check
    from monitor.evidence import verify as verification

    key = key.lower().replace(":", "").replace(" ", "")
    if key and not re.fullmatch("[0-9a-f]{16,64}", key):
        words.fail("A fingerprint is 16 to 64 of the signs 0-9 and a-f, as in the daily mail.", code=2)
    if folder is not None and pack_check.is_pack(folder):
        from monitor.cli import packs

        sys.exit(packs.report(folder, trusted_key=key, as_json=as_json))

    root = folder or settings_in(config).storage.archive
    if not root.is_dir():
        words.fail(f"There is no archive folder {root}. Name it: school-monitor verify FOLDER", code=2)
    chosen = sampling(sample) if sample else None
    head: VerifiedArchive | None = None
    found: tuple[VerificationError, ...] = ()
    try:
        head = verification.check_archive(
            root, words.progress("exhibits checked"), key=key or None, sample=chosen, inside=inside
        )
    except VerificationError as first:
        # Only now for every fault: a good archive is read once. It may have been mended meanwhile.
        again = words.progress("exhibits checked")
        found = verification.problems(root, again, key=key or None, sample=chosen, inside=inside) or (first,)
    if as_json:
        words.say_json(
            {
                "ok": head is not None and head.entries > 0,
                "faults": [{"step": f.step, "where": f.where, "detail": f.detail} for f in found],
                "checked": words.plain(head) if head else None,
            }
        )
    elif found:
        words.say(*map(words.fault_line, found), f"{len(found)} faults. Step numbers: archive/README.md.")
    elif head:
        words.say(*words.verified_words(head))
    sys.exit(0 if head is not None and head.entries else 1)
