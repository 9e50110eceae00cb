"""Words the figures: tables for a terminal and for docs/quality.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.corpus.carriers import Post
from tests.corpus.categories import Judged, by_category, contrasts, examples, silent
from tests.corpus.changes import CHANGES
from tests.corpus.distractors import KINDS
from tests.corpus.evaluate import (
    AGAIN_PER_PAIR,
    ENOUGH_PER_PAIR,
    Context,
    Names,
    Outcome,
    calibration_error,
    candidate_sets,
    exactness,
    macro,
    precision,
    recall,
    spread_by_chance,
    wrong_by_kind,
)

INTRODUCTION = """\
# How well names and categories are found

Every person and every post here is invented. A register of a whole school is made up by chance, with all
that real ones have: people who share a name, siblings, surnames that are words. Its names are written into
posts in every way of `tests/corpus/forms.py`; other posts name nobody of the school. What was found is held
against what is true. Invented posts are tidier than real ones: expect less from those.

A mention counts as found when a flag lies on it and names the person meant, alone or among those whom the
words cannot tell apart. Precision is the share of flags that are right in that sense. Not asked for: a bare
surname that others have or that is a word; a pupil with a very common name, or somebody marked `common`,
without a second cue such as a title or a year; initials that leave more than eight people possible.
"""

LIMITS = {"ordinary": 0.0001, "namesake": 0.01, "namesake_here": 0.01, "other_school": 0.0,
          "other_school_and_ours": 0.0, "word": 0.02, "mixed": 0.02, "near_title": 0.02}  # fmt: skip
SAFEGUARDING = ("A3", "S1", "S2", "S4")
PRECISE = ("A1", "A4", "K1", "T1")


def goal(name: str, figure: float, target: float, *, most: bool = False) -> str:
    """A row of a goal table; `target` is the least, or with `most` the most, that is asked."""
    met = figure <= target if most else figure >= target
    sign = "≤" if most else "≥"
    return f"| {name} | {sign} {target:g} | {figure:.4f} | {'yes' if met else 'no'} |"


def table(header: str, rows: Iterable[str]) -> list[str]:
    """A table in Markdown."""
    columns = header.count("|") - 1
    return [header, "|" + " --- |" * columns, *rows, ""]


def name_goals(names: Names) -> list[str]:
    """What the matcher must show, for one register."""
    forms = recall(names.planted, _form)
    wrong = wrong_by_kind(names.nobody)
    sets = candidate_sets(names.planted)
    error, _ = calibration_error((*names.planted, *names.nobody))
    lines = [
        f"### Register: {names.school} ({names.people} people, {len(names.planted)} mentions, "
        f"{len(names.nobody)} posts about nobody)",
        "",
    ]
    rows = [
        goal(f"recall, mean of {len(forms)} forms", macro(forms), 0.99),
        goal("recall, worst form", min(share for share, _ in forms.values()), 0.95),
        goal("precision, posts with a mention", precision(names.planted), 0.98),
        goal("spans exact", exactness(names.planted), 0.98),
        goal("people named per person whom the words allow", sets.ratio, 1.05, most=True),
        *(goal(f"wrongly flagged: {KINDS[kind]}", wrong[kind][0] / wrong[kind][1], limit, most=True)
          for kind, limit in LIMITS.items() if kind in wrong),
        goal("expected calibration error", error, 0.015, most=True),
        goal("flags whose rule fires again on the words it cites", names.explained, 1),
    ]  # fmt: skip
    if names.backgrounds:
        shares = [share for share, _ in recall(names.backgrounds, _background).values()]
        rows.append(goal("recall by background, best less worst", max(shares) - min(shares), 0.03, most=True))
    if names.composed:
        pairs = recall(names.composed, _form)
        rows.append(goal(f"recall, two changes at once, mean of {len(pairs)} pairs", macro(pairs), 0.7))
    if names.again:
        low = sum(share < ENOUGH_PER_PAIR for share, _ in recall(names.again, _form).values())
        rows.append(goal(f"pairs found less than {ENOUGH_PER_PAIR} of the time", low, 0, most=True))
    lines += table("| what | asked | measured | met |", rows)
    everything = precision((*names.planted, *names.nobody))
    unseen = sum(not one.context for one in names.planted)
    lines += [
        f"Of every 100 people whom the words allow, right flags leave out {100 * sets.left_out:.1f} "
        f"and add {100 * sets.too_many:.1f} others. Precision with the posts about nobody counted "
        f"in: {everything:.4f}. School context was not seen in {unseen} posts with a mention.",
        "",
    ]
    return lines


def forms_table(names: Names) -> list[str]:
    """Recall, exact spans and precision of each form."""
    groups: dict[str, list[Outcome]] = {}
    for one in names.planted:
        groups.setdefault(one.post.form, []).append(one)
    shares = recall(names.planted, _form)
    rows = []
    for form in sorted(groups, key=lambda name: shares[name][0]):
        found, count = shares[form]
        exact, right = exactness(groups[form]), precision(groups[form])
        rows.append(f"| {form} | {count} | {found:.3f} | {exact:.3f} | {right:.3f} |")
    return table("| form | mentions | found | exact span | precision |", rows)


def nobody_table(names: Names) -> list[str]:
    """Wrong flags by kind of distractor."""
    return table(
        "| posts about nobody | posts | flagged | share |",
        (
            f"| {KINDS[kind]} | {posts} | {flagged} | {flagged / posts:.4f} |"
            for kind, (flagged, posts) in wrong_by_kind(names.nobody).items()
        ),
    )


def rare_forms(planted: Sequence[Outcome]) -> list[str]:
    """Recall on forms of which less is asked, without saying which they are."""
    shares = recall(planted, _form)
    rows = [
        goal(f"recall, mean of {len(shares)} forms", macro(shares), 0.8),
        goal("recall, worst of them", min(share for share, _ in shares.values()), 0.3),
    ]
    low = sum(share < 0.8 for share, _ in shares.values())
    return [
        *table("| what | asked | measured | met |", rows),
        f"{len(planted)} mentions; {low} of the forms are below 0.8. Precision {precision(planted):.4f}, "
        f"exact spans {exactness(planted):.4f}.",
        "",
    ]


def recall_table(planted: Sequence[Outcome]) -> list[str]:
    """Recall of each form."""
    shares = sorted(recall(planted, _form).items(), key=lambda item: item[1])
    return table(
        "| form | mentions | found |",
        (f"| {name} | {count} | {share:.3f} |" for name, (share, count) in shares),
    )


def backgrounds_table(names: Names) -> list[str]:
    """Recall by background of the name."""
    recalls = recall(names.backgrounds, _background)
    shares = sorted(recalls.items(), key=lambda item: item[1])
    return [
        *table(
            "| background | mentions | found |",
            (f"| {name} | {count} | {share:.3f} |" for name, (share, count) in shares),
        ),
        f"If all were found alike, chance would set the best and the worst about "
        f"{spread_by_chance(recalls):.3f} apart.",
        "",
    ]


def composed_table(names: Names) -> list[str]:
    """Two changes at once: by change, over all its pairs."""
    found = [one.hit is not None for one in names.composed]
    again = recall(names.again, _form)
    low = sorted((share, name) for name, (share, _) in again.items() if share < ENOUGH_PER_PAIR)
    lines = [
        f"{len(recall(names.composed, _form))} pairs, {len(found)} mentions; "
        f"found {sum(found) / len(found):.4f}. "
        f"{len(again)} pairs looked low and were measured again with {AGAIN_PER_PAIR} mentions each; "
        f"{len(low)} of them stay below {ENOUGH_PER_PAIR}"
        + (": " + ", ".join(f"{name} ({share:.2f})" for share, name in low[:60]) if low else "")
        + ".",
        "",
    ]
    rows = []
    for change in CHANGES:
        mine = [one.hit is not None for one in names.composed if change.name in one.post.form.split(" + ")]
        if mine:
            rows.append(
                (sum(mine) / len(mine), f"| {change.name} | {len(mine)} | {sum(mine) / len(mine):.3f} |")
            )
    return lines + table("| one of the two | mentions | found |", (row for _, row in sorted(rows)))


def calibration_table(names: Names) -> list[str]:
    """Scores beside the shares that were right."""
    _, rows = calibration_error((*names.planted, *names.nobody))
    return table(
        "| flags | mean score | right |",
        (f"| {count} | {score:.3f} | {share:.3f} |" for count, score, share in rows),
    )


def context_lines(context: Context) -> list[str]:
    """How the school-context rows fared."""
    wrong = len(context.missed) + len(context.false)
    return [
        f"{context.rows} rows, {context.meant} of them about the school: {context.rows - wrong} right, "
        f"{len(context.missed)} missed, {len(context.false)} wrongly taken for the school.",
        "",
    ]


def category_goals(judged: Sequence[Judged]) -> list[str]:
    """What triage must show."""
    rows = []
    by = {one.code: one for one in by_category(judged)}
    rows += [
        goal(f"recall {code}", by[code].found / by[code].rows, 0.97)
        for code in SAFEGUARDING
        if code in by and by[code].rows
    ]
    rows += [
        goal(f"precision {code}", by[code].said_rightly / by[code].said, 0.9)
        for code in PRECISE
        if code in by and by[code].said
    ]
    kept, quiet = silent(judged)
    both = contrasts(judged)
    shown = examples(judged)
    if quiet:
        rows.append(goal("P classes kept silent", kept / quiet, 0.97))
    if both:
        rows.append(
            goal(
                "contrast pairs, both sides told apart",
                sum(a.told_apart and b.told_apart for a, b in both) / len(both),
                0.85,
            )
        )
    if shown:
        rows.append(
            goal(
                f"worked examples right (of {len(shown)} rows)",
                sum(one.right for one in shown) / len(shown),
                1,
            )
        )
    return table("| what | asked | measured | met |", rows)


def category_table(judged: Sequence[Judged]) -> list[str]:
    """Recall and precision of every category."""
    rows = []
    for one in by_category(judged):
        recalled = f"{one.as_main / one.rows:.2f} | {one.found / one.rows:.2f}" if one.rows else "– | –"
        said = f"{one.said_rightly / one.said:.2f}" if one.said else "–"
        mailing = f"{one.mailing_rightly / one.mailing:.2f}" if one.mailing else "–"
        rows.append(f"| {one.code} | {one.rows} | {recalled} | {one.said} | {said} | {mailing} |")
    return table(
        "| category | posts | main | found at all | said | rightly | rightly, where no person is asked |",
        rows,
    )


# --- for development: the worst of it, with text ----------------------------------------------------------


def worst_missed(planted: Sequence[Outcome], count: int) -> list[str]:
    """Mentions that were not found, with their text, spread over forms."""
    return [f"MISSED RARE {_shown(one)}" for one in _spread([one for one in planted if not one.hit], count)]


def worst_names(names: Names, count: int) -> list[str]:
    """Misses, wrong flags and wrong spans with their text, spread over forms and kinds."""
    missed = [one for one in names.planted if not one.hit]
    missed_pairs = [one for one in (*names.again, *names.composed) if not one.hit]
    lines = [f"MISSED {_shown(one)}" for one in _spread(missed, count)]
    lines += [f"MISSED PAIR {_shown(one)}" for one in _spread(missed_pairs, count)]
    wrong = [one for one in names.planted if any(not one.right(flag) for flag in one.flags)]
    lines += [f"WRONG {_shown(one)}" for one in _spread(wrong, count)]
    lines += [f"NOBODY {_shown(one)}" for one in _spread([one for one in names.nobody if one.flags], count)]
    inexact = [one for one in names.planted if one.hit and (one.hit.start, one.hit.end) not in one.post.spans]
    lines += [f"SPAN {_shown(one)}" for one in _spread(inexact, count)]
    wide = [one for one in names.planted if one.hit and set(one.hit.person_ids) - one.post.allowed]
    lines += [
        f"TOO MANY {_shown(one)} allowed {sorted(one.post.allowed)[:6]}" for one in _spread(wide, count)
    ]
    return lines


def worst_context(context: Context, count: int) -> list[str]:
    """School-context rows judged otherwise than meant."""
    return [f"CONTEXT MISSED {row['text']!r} ({row['why']})" for row in context.missed[:count]] + [
        f"CONTEXT FALSE {row['text']!r} ({row['why']})" for row in context.false[:count]
    ]


def worst_categories(judged: Sequence[Judged], count: int) -> list[str]:
    """Posts whose main category is not an acceptable one."""
    return [
        f"CATEGORY {'/'.join(one.wanted)} was {'+'.join(one.view.categories)} "
        f"{'asks ' if one.view.asks_person else ''}{one.row['id']} {one.row['text']!r}"
        for one in judged
        if not one.right
    ][:count]


def _spread(outcomes: Sequence[Outcome], count: int) -> list[Outcome]:
    """Some of them, one of each form or kind in turn."""
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(one.post.form or one.post.kind, []).append(one)
    turns = sorted(((turn, name) for name, ones in groups.items() for turn in range(len(ones))))
    return [groups[name][turn] for turn, name in turns[:count]]


def _shown(one: Outcome) -> str:
    text = one.post.text
    flags = [
        (text[flag.start : flag.end], flag.rule, f"{flag.score:.2f}", flag.person_ids[:4])
        for flag in one.flags
    ]
    wanted = text[slice(*one.post.spans[0])] if one.post.spans else ""
    context = "" if one.context else " (no school context)"
    return (
        f"{one.post.form or one.post.kind}: {text!r} wanted {wanted!r} {one.post.person} got {flags}{context}"
    )


def _form(post: Post) -> str:
    return post.form


def _background(post: Post) -> str:
    return post.background
