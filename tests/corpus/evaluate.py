"""Measures matching and triage on the corpus, and writes docs/quality.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.matching import Matcher
from monitor.model import PersonMatch
from tests.corpus.carriers import Post


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the matcher made of one post."""

    post: Post
    flags: tuple[PersonMatch, ...]
    context: bool

    def right(self, flag: PersonMatch) -> bool:
        """Whether a flag lies on the mention and names the person meant."""
        if not self.post.spans:
            return False
        first, last = self.post.spans[0]
        return flag.start < last and first < flag.end and self.post.person in flag.person_ids

    @property
    def hit(self) -> PersonMatch | None:
        """The flag that found the mention."""
        return next((flag for flag in self.flags if self.right(flag)), None)


def look(matcher: Matcher, posts: Sequence[Post]) -> list[Outcome]:
    """Scan the posts."""
    found = matcher.scan([post.text for post in posts], [post.own_source for post in posts])
    return [Outcome(post, one.people, one.context) for post, one in zip(posts, found, strict=True)]
