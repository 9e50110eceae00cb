"""The pictures of an item given to `scan`: opened from one folder only, read, matched, and proposed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from monitor import triage
from monitor.matching import Matcher
from monitor.model import Assessment, Item, Matches, Person, Policy
from monitor.pictures import PictureOutcome, PictureReader, PictureText
from monitor.pictures.proposals import Proposal, propose, suppression
from monitor.pictures.reader import open_regular

Answer = dict[str, object]


class Folder:
    """The one folder that pictures are taken from. No name leads out of it, by whatever way: no `..`, no
    absolute path, and no symbolic link at any step. Raises `OSError` when it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)

    def open(self, name: str) -> BinaryIO:
        """The ordinary file of this name. Raises `OSError` or `ValueError` when the folder has none."""
        *folders, last = name.split("/")
        if any(part in ("", ".", "..") for part in (*folders, last)):
            raise FileNotFoundError(name)
        here = os.dup(self._handle)
        try:
            for part in folders:
                below = os.open(
                    part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here
                )
                os.close(here)
                here = below
            return open_regular(last, folder=here, flags=os.O_NOFOLLOW)
        finally:
            os.close(here)


class Pictures:
    """Reads the pictures of one item after the other."""

    def __init__(
        self,
        folder: Folder,
        reader: PictureReader,
        *,
        matcher: Matcher,
        people: Mapping[str, Person],
        policy: Policy,
    ) -> None:
        self._folder = folder
        self._reader = reader
        self._matcher = matcher
        self._people = people
        self._policy = policy

    def answers(
        self, names: tuple[str, ...], item: Item, matches: Matches, assessment: Assessment
    ) -> list[Answer]:
        """What each picture of an item says, in the order given.

        None is opened when the item's own words set off an S2 or A9 trigger, and nothing of any of them
        is told once the words of one do (R28).
        """
        if assessment.suppressed or triage.suppression(item.text):
            return [_suppressed(name) for name in names]
        told = []
        for name in names:
            answer = self._answer(name, item, at_home=matches.context)
            if answer["outcome"] == PictureOutcome.SUPPRESSED.value:
                return [_suppressed(name) for name in names]
            told.append(answer)
        return told

    def _answer(self, name: str, item: Item, *, at_home: bool) -> Answer:
        try:
            with self._folder.open(name) as file:
                read = self._reader.read(file, suppressed=suppression)
        except (OSError, ValueError):
            read = PictureText(PictureOutcome.NOT_FOUND)
        if not read.text:
            return _answer(name, read)
        matches, proposals = propose(self._matcher, read, at_home=at_home)
        assessment = triage.assess(
            replace(item, text=read.text), matches, self._people, self._policy, own_source=at_home
        )
        if assessment.suppressed:
            return _suppressed(name)
        return _answer(name, read, proposals, self._policy.categories[assessment.category].slug)


def _suppressed(name: str) -> Answer:
    return _answer(name, PictureText(PictureOutcome.SUPPRESSED))


def _answer(
    name: str, read: PictureText, proposals: tuple[Proposal, ...] = (), category: str | None = None
) -> Answer:
    """One picture as `scan` writes it. Offsets are code points of its `text`; boxes are corners in pixels of
    the picture held upright. `category` is null where nothing was read."""
    return {
        "picture": name,
        "outcome": read.outcome.value,
        "why": f"{read.outcome.words}: {read.detail}" if read.detail else read.outcome.words,
        "text": read.text,
        "confidence": round(read.confidence, 3),
        "people": [
            {
                "start": proposal.match.start,
                "end": proposal.match.end,
                "person_ids": list(proposal.match.person_ids),
                "role": proposal.match.role.value,
                "rule": proposal.match.rule,
                "band": proposal.match.band.value,
                "score": proposal.match.score,
                "why": list(proposal.match.why),
                "read_from_picture": True,
                "proposed": True,
                "boxes": [[list(corner) for corner in box] for box in proposal.boxes],
            }
            for proposal in proposals
        ],
        "category": category,
    }
