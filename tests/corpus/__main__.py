"""Measure matching and triage on the corpus; `make eval` writes docs/quality.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.corpus import registers, report
from tests.corpus.categories import judge
from tests.corpus.evaluate import FULL, QUICK, look_at_context, look_at_names
from tests.invented_school import matcher

FOLDER = Path(__file__).parent
REGISTERS = {
    "development": registers.development,
    "test": registers.test,
    "never seen": registers.never_seen,
}


def main(arguments: Sequence[str]) -> None:
    """Measure, print each part when it is known, and write the report where `--out` says."""
    options = _options().parse_args(arguments)
    told = _head(options)
    for measure in (_names, _context, _categories):
        part, worst = measure(options)
        told += part
        sys.stdout.write("\n".join([*part, *worst]) + "\n")
        sys.stdout.flush()
    if options.out:
        options.out.write_text("\n".join(told), encoding="utf-8")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--register", choices=REGISTERS, default="development", help="whose names to plant")
    parser.add_argument("--people", type=int, default=2500, help="how many people the registers have")
    parser.add_argument("--seed", type=int, default=1, help="which posts are made")
    parser.add_argument("--quick", action="store_true", help="fewer posts, one register")
    parser.add_argument(
        "--worst", type=int, default=0, metavar="N", help="show N of each sort that went wrong"
    )
    parser.add_argument("--out", type=Path, help="write the report here too")
    parser.add_argument("--date", default="", help="the day to write into the report")
    return parser


def _head(options: argparse.Namespace) -> list[str]:
    command = "make eval" if options.out else f"python -m tests.corpus {' '.join(sys.argv[1:])}".strip()
    when = f" on {options.date}" if options.date else ""
    return ["# How well names and categories are found", "", f"Measured{when} with `{command}`.", ""]


def _names(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The part about names, and the worst of it."""
    amount = QUICK if options.quick else FULL
    school = REGISTERS[options.register](options.people)
    first = last = look_at_names(options.register, school, options.seed, amount)
    runs = [first]
    if not options.quick:
        fewer = replace(amount, form=60, ordinary=3_000, distractors=300, pair=0, background=0)
        unmarked = registers.unflagged(school)
        last = look_at_names("never seen", registers.never_seen(options.people), options.seed, fewer)
        runs += [look_at_names(f"{options.register}, nobody flagged", unmarked, options.seed, fewer), last]
    told = [
        "## Names", "", *(line for run in runs for line in report.name_goals(run)),
        f"### Posts about nobody ({first.school})", "", *report.nobody_table(first),
        f"### Backgrounds ({first.school})", "", *report.backgrounds_table(first),
        f"### Scores ({last.school})", "", *report.calibration_table(last),
        f"### Forms ({first.school})", "", *report.forms_table(first),
        f"### Two changes at once ({first.school})", "", *report.composed_table(first),
    ]  # fmt: skip
    return told, report.worst_names(first, options.worst)


def _context(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The part about school context."""
    context = look_at_context(matcher(), FOLDER / "school_context.jsonl")
    told = ["## School context", "", *report.context_lines(context)]
    return told, report.worst_context(context, options.worst)


def _categories(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The part about triage."""
    judged = judge(FOLDER / "posts.jsonl")
    told = ["## Categories", "", *report.category_goals(judged), *report.category_table(judged)]
    return told, report.worst_categories(judged, options.worst)


if __name__ == "__main__":
    main(sys.argv[1:])
