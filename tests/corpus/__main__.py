"""Measure matching and triage on the corpus; `make eval` writes docs/quality.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.corpus import disguises, inventive, registers, report
from tests.corpus.categories import judge
from tests.corpus.evaluate import FULL, QUICK, look_at_context, look_at_forms, look_at_names
from tests.corpus.planting import Oracle
from tests.corpus.reader import consistent
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
    for measure in (
        _names,
        _inventive,
        _disguises,
        _context,
        _categories,
        *((_sealed,) if options.sealed else ()),
    ):
        part, worst = measure(options)
        told += part
        sys.stdout.write("\n".join([*part, *worst]) + "\n")
        sys.stdout.flush()
    if options.out:
        options.out.write_text("\n".join(told), encoding="utf-8")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--register", choices=REGISTERS, help="whose names to plant")
    parser.add_argument("--people", type=int, default=2500, help="how many people the registers have")
    parser.add_argument("--seed", type=int, default=1, help="which posts are made")
    parser.add_argument("--quick", action="store_true", help="fewer posts, one register")
    parser.add_argument(
        "--worst", type=int, default=0, metavar="N", help="show N of each sort that went wrong"
    )
    parser.add_argument("--sealed", action="store_true", help="measure what was set aside unread, too")
    parser.add_argument("--out", type=Path, help="write the report here too")
    parser.add_argument("--date", default="", help="the day to write into the report")
    return parser


def _head(options: argparse.Namespace) -> list[str]:
    given = " ".join(word for word in sys.argv[1:] if not word.startswith(("--out", "docs/")))
    command = f'make eval EVAL="{given}"' if given else "make eval"
    when = f" on {options.date}" if options.date else ""
    return [report.INTRODUCTION, f"Measured{when} with `{command}`.", ""]


def _names(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The part about names, and the worst of it."""
    amount = QUICK if options.quick else FULL
    chosen = options.register or ("development" if options.quick else "test")
    school = REGISTERS[chosen](options.people)
    first = last = look_at_names(chosen, school, options.seed, amount)
    runs = [first]
    if not options.quick:
        fewer = replace(amount, form=60, ordinary=3_000, distractors=300, pair=0, background=0)
        unmarked = registers.unflagged(school)
        last = look_at_names("never seen", registers.never_seen(options.people), options.seed, fewer)
        runs += [look_at_names(f"{chosen}, nobody flagged", unmarked, options.seed, fewer), last]
    told = [
        "## Names", "", *(line for run in runs for line in report.name_goals(run)),
        f"### Posts about nobody ({first.school})", "", *report.nobody_table(first),
        f"### Backgrounds ({first.school})", "", *report.backgrounds_table(first),
        f"### Scores ({last.school})", "", *report.calibration_table(last),
        f"### Forms ({first.school})", "", *report.forms_table(first),
        f"### Two changes at once ({first.school})", "", *report.composed_table(first),
    ]  # fmt: skip
    return told, report.worst_names(first, options.worst)


def _inventive(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The part about rarer ways to write a name."""
    school = registers.development(options.people) if options.quick else registers.test(options.people)
    count = 20 if options.quick else 60
    planted = look_at_forms(school, options.seed, inventive.FORMS, count=count)
    told = ["## Rarer ways to write a name", "", *report.rare_forms(planted), *report.recall_table(planted)]
    worst = report.worst_missed(planted, options.worst)
    return told, worst


def _disguises(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The part about disguises: those built for at once, and those held back until they had been measured."""
    school = registers.development(options.people) if options.quick else registers.test(options.people)
    count = 10 if options.quick else 60
    told, worst = ["## Disguises", ""], list[str]()
    for title, forms in (
        ("built for at once", [form for form in disguises.FORMS if form.name not in disguises.HELD_BACK]),
        (
            "built for after they had been measured",
            [form for form in disguises.FORMS if form.name in disguises.HELD_BACK],
        ),
    ):
        planted = look_at_forms(school, options.seed, forms, count=count)
        told += [f"### {title.capitalize()}", "", *report.rare_forms(planted), *report.recall_table(planted)]
        if title == "built for at once":
            worst = report.worst_missed(planted, options.worst)
    return told, worst


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


def _sealed(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The part about forms and posts that were set aside unread: figures only, so that they stay so."""
    module: Any = import_module("tests.corpus.sealed.forms_sealed")
    oracle: Oracle = getattr(module, "consistent", consistent)
    school = registers.never_seen(options.people)
    count = 20 if options.quick else 100
    planted = look_at_forms(school, options.seed, module.FORMS, count=count, oracle=oracle)
    context = look_at_context(matcher(), FOLDER / "sealed" / "school_context_sealed.jsonl")
    told = [
        "## Set aside: forms, posts and school context that nobody tuned for", "",
        *report.rare_forms(planted), *report.context_lines(context),
    ]  # fmt: skip
    for title, name in (
        ("Posts of the 22nd of November", "posts_sealed"),
        ("Posts of two examiners, of the 23rd", "posts_examiners"),
        ("Everyday posts of another examiner, of the 23rd", "posts_campion"),
    ):
        judged = judge(FOLDER / "sealed" / f"{name}.jsonl")
        told += [f"### {title} ({len(judged)})", "", *report.category_goals(judged)]
    return told, []


if __name__ == "__main__":
    main(sys.argv[1:])
