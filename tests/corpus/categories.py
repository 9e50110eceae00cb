"""What triage makes of the invented posts: every figure of docs/quality.md about categories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.model import Assessment, Item
from monitor.triage import assess
from tests.corpus.evaluate import read_rows
from tests.invented_school import by_id, matcher, policy


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of a posts file and what triage said. The first of `wanted` is what the row is about."""

    row: dict[str, Any]
    view: Assessment

    @property
    def wanted(self) -> tuple[str, ...]:
        """The codes that are acceptable as the main category."""
        category = self.row["category"]
        return (category,) if isinstance(category, str) else tuple(category)

    @property
    def right(self) -> bool:
        """Whether the main category is an acceptable one."""
        return self.view.category in self.wanted

    @property
    def found(self) -> bool:
        """Whether an acceptable category is among all that were found."""
        return bool(set(self.wanted) & set(self.view.categories))

    @property
    def quiet(self) -> bool:
        """Whether every acceptable category is one that leaves nothing behind (R43)."""
        return all(code.startswith("P") for code in self.wanted)

    @property
    def told_apart(self) -> bool:
        """Whether a quiet row is left alone, or another is found for what it is: what a contrast is about.

        Which quiet class, and which of several categories is named first, changes nothing for anybody.
        """
        return self.kept_silent if self.quiet else self.found

    @property
    def kept_silent(self) -> bool:
        """Whether nothing is left behind."""
        return self.view.category.startswith("P")


@dataclass(frozen=True, slots=True)
class ByCategory:
    """Recall and precision of one category. `mailing` leaves out what waits for a person (no mail)."""

    code: str
    rows: int
    as_main: int
    found: int
    said: int
    said_rightly: int
    mailing: int
    mailing_rightly: int


def judge(path: Path) -> list[Judged]:
    """Match and judge every row of a posts file against the school of the worked examples."""
    rows = read_rows(path)
    here = [bool(row.get("own_source") or row.get("own_channel")) for row in rows]
    found = matcher().scan([row["text"] for row in rows], here)
    return [
        Judged(
            row,
            assess(
                Item("forum", str(number), f"https://forum.example/{number}", row["text"]), matches, by_id(),
                policy(), own_source=bool(row.get("own_source")), own_channel=bool(row.get("own_channel")),
            ),
        )
        for number, (row, matches) in enumerate(zip(rows, found, strict=True))
    ]  # fmt: skip


def by_category(judged: Sequence[Judged]) -> list[ByCategory]:
    """Each category that a row is about or that was said, by code."""
    codes = sorted({one.wanted[0] for one in judged} | {one.view.category for one in judged})
    return [_category(code, judged) for code in codes]


def _category(code: str, judged: Sequence[Judged]) -> ByCategory:
    about = [one for one in judged if one.wanted[0] == code]
    said = [one for one in judged if one.view.category == code]
    mailing = [one for one in said if not one.view.asks_person]
    return ByCategory(
        code=code,
        rows=len(about),
        as_main=sum(one.right for one in about),
        found=sum(one.found for one in about),
        said=len(said),
        said_rightly=_rightly(said),
        mailing=len(mailing),
        mailing_rightly=_rightly(mailing),
    )


def _rightly(said: Iterable[Judged]) -> int:
    return sum(one.right or one.view.category in one.row["also"] for one in said)


def silent(judged: Sequence[Judged]) -> tuple[int, int]:
    """Rows of the P classes of which nothing is kept, and how many rows there are."""
    quiet = [one for one in judged if one.quiet]
    return sum(one.kept_silent for one in quiet), len(quiet)


def contrasts(judged: Sequence[Judged]) -> list[tuple[Judged, Judged]]:
    """The pairs of posts that share words and mean different things."""
    sides: dict[str, dict[str, Judged]] = {}
    for one in judged:
        if one.row["pair"]:
            sides.setdefault(one.row["pair"], {})[one.row["side"]] = one
    return [(pair["a"], pair["b"]) for pair in sides.values() if pair.keys() >= {"a", "b"}]


def examples(judged: Sequence[Judged]) -> list[Judged]:
    """The worked examples of the domain study (section 5)."""
    return [one for one in judged if one.row.get("example")]
