"""`scan` against reading and writing again the same JSON Lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.figures import Figure, in_turns, seconds
from bench.posts import json_lines, people_file
from bench.processes import MONITOR, PYTHON, environment, peak_mib, run
from monitor import matching
from monitor.cli.scan import scan
from monitor.model import Register
from tests.school import REPOSITORY, littleover
from tests.school import people_file as demo_people

ITEMS = 20_000
ITEMS_IN_PROCESS = 5_000
PEOPLE = 2_500
ROUNDS = 7
AGAINST = "`json.loads` and `json.dumps` of the same lines"
REWRITE = (
    "import json, sys\nfor line in sys.stdin.buffer: sys.stdout.write(json.dumps(json.loads(line)) + '\\n')"
)
SHARES = ((0.0, "ordinary posts"), (0.05, "5 % about the school"), (1.0, "all about the school"))


def measure(scratch: Path) -> Iterator[Figure]:
    """Time for whole processes and in this one; then whether memory grows with the file."""
    env = environment(scratch)
    command = (*MONITOR, "scan", "--people", str(demo_people()), "--config", str(REPOSITORY / "config"))
    answers = scratch / "answers.jsonl"
    demo = _register(demo_people().read_text("utf-8"))
    given = scratch / "items.jsonl"
    for share, words in SHARES[:2]:
        given.write_bytes(json_lines(ITEMS, about_the_school=share))
        ours, baseline = in_turns(
            lambda: run(command, env=env, given=given, answers=answers),
            lambda: run((*PYTHON, REWRITE), env=env, given=given, answers=answers),
            rounds=ROUNDS,
        )
        yield _figure(f"`scan`, {words}, whole process", ours, baseline, items=ITEMS)
    demo, large = _register(demo_people().read_text("utf-8")), _register(people_file(PEOPLE))
    for share, words in SHARES:
        yield _in_process(f"`scan`, {words}, in process", share, register=demo, scratch=scratch)
    share, words = SHARES[1]
    what = f"`scan`, {words}, in process, {PEOPLE:,} people"
    yield _in_process(what, share, register=large, scratch=scratch)
    yield _memory(command, scratch)


def _register(text: str) -> Register:
    return matching.read_people(text.splitlines())


def _in_process(what: str, share: float, *, register: Register, scratch: Path) -> Figure:
    content = json_lines(ITEMS_IN_PROCESS, about_the_school=share)
    settings = littleover(scratch)
    matcher = matching.compile(register.people, settings.terms)
    people = {person.id: person for person in register.people}

    def ours() -> None:
        scan(
            io.BytesIO(content),
            io.StringIO(),
            lambda number, fault: None,
            matcher=matcher,
            people=people,
            policy=settings.policy,
        )

    def baseline() -> None:
        out = io.StringIO()
        for line in io.BytesIO(content):
            out.write(json.dumps(json.loads(line)) + "\n")

    timed = in_turns(lambda: seconds(ours), lambda: seconds(baseline), rounds=ROUNDS)
    return _figure(what, *timed, items=ITEMS_IN_PROCESS)


def _figure(what: str, ours: tuple[float, ...], baseline: tuple[float, ...], *, items: int) -> Figure:
    note = f"{items / median(ours):,.0f} items a second"
    return Figure(what, AGAINST, "s", ours, baseline, note)


def _memory(command: tuple[str, ...], scratch: Path) -> Figure:
    """Peak memory with ten times the items, one line of them broken."""
    broken = 123_456
    lines = json_lines(10 * ITEMS, about_the_school=0.05).splitlines(keepends=True)
    lines[broken - 1] = b'{"id": "torn off\n'
    answers, complaints = scratch / "answers.jsonl", scratch / "complaints.txt"
    peaks = []
    for content, expected in ((lines[:ITEMS], 0), (lines, 1)):
        given = scratch / "items.jsonl"
        given.write_bytes(b"".join(content))
        peak, code = peak_mib(
            command, env=environment(scratch), given=given, answers=answers, complaints=complaints
        )
        with answers.open("rb") as found:
            answered = sum(1 for _ in found)
        if code != expected or answered != len(content) - expected:
            raise RuntimeError(f"scan of {len(content)} lines gave {answered} answers and ended with {code}")
        peaks.append(peak)
    return Figure(
        f"`scan`, peak memory with {len(lines):,} items",
        f"`scan`, peak memory with {ITEMS:,} items",
        "MiB",
        (peaks[1],),
        (peaks[0],),
        f"said of the broken line: {complaints.read_text().strip()}",
    )
