"""Matching against searching for an exact list: ahocorasick_rs, and libraries that people would take first.

Speed is posts a second of processor time, so more is better. The list is in exact.py, the ordinary posts in
ordinary.py; the register and the planted mentions are those of tests/corpus.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from bench.exact import LIBRARIES, ExactList, Library, Spellings, finds, raw, spellings
from bench.figures import Figure, NotMeasured, in_turns, processor_seconds
from bench.ordinary import ordinary_posts
from monitor import matching
from monitor.matching import Matcher
from monitor.model import Person
from tests.corpus.carriers import Post
from tests.corpus.forms import FORMS
from tests.corpus.planting import Planter
from tests.corpus.registers import development
from tests.invented_school import TERMS

ROUNDS = 9
BATCH = 512
ORDINARY = 20_000
SCHOOL_SHARE = 20
"""One post in so many is about the School, in the second load."""
PLANTED_PER_FORM = 40
SPEED = "posts/s"


def measure(scratch: Path) -> Iterator[Figure | NotMeasured]:
    """Speed on three loads, then against other libraries, then what compiling costs."""
    people = development().people
    matcher = matching.compile(people, TERMS)
    means = spellings(people, TERMS)
    automaton = raw(list(means))
    ordinary = [Post(text) for text in ordinary_posts(ORDINARY)]
    planted = _planted()
    for words, posts in (
        ("ordinary posts", ordinary),
        ("one post in twenty about the school", _mixed(ordinary, planted)),
        ("all about the school, each with a name", planted),
    ):
        ours, baseline = in_turns(
            lambda: _match(matcher, posts),  # noqa: B023 - done in this round
            lambda: _search(automaton, posts),  # noqa: B023
            rounds=ROUNDS,
        )
        against = f"raw exact scan (ahocorasick_rs, str, a post at a time), {len(means):,} patterns"
        yield Figure(f"matching, {words}", against, SPEED, ours, baseline, f"{len(posts):,} posts")
    found = [_finds(matcher, post) for post in planted]
    for library in LIBRARIES:
        if library.version:
            yield _against(library, matcher, means, ordinary, planted=planted, found=found)
        else:
            yield NotMeasured("matching, ordinary posts", library.name, "not installed (bench/others.txt)")
    yield from _compiling(people, list(means))


def _planted() -> list[Post]:
    """The same number of posts in every form, the forms in turns."""
    planter = Planter(development(), seed=55)
    by_form = [list(planter.posts(form, PLANTED_PER_FORM)) for form in FORMS]
    return [posts[place] for place in range(PLANTED_PER_FORM) for posts in by_form if place < len(posts)]


def _mixed(ordinary: Sequence[Post], planted: Sequence[Post]) -> list[Post]:
    """The ordinary posts, every twentieth replaced by a planted one."""
    return [
        post if place % SCHOOL_SHARE else planted[place // SCHOOL_SHARE % len(planted)]
        for place, post in enumerate(ordinary)
    ]


def _match(matcher: Matcher, posts: Sequence[Post]) -> float:
    """Posts a second, in batches as `scan` and the service match them."""
    batches = [posts[first : first + BATCH] for first in range(0, len(posts), BATCH)]
    given = [([post.text for post in batch], [post.own_source for post in batch]) for batch in batches]

    def scan() -> None:
        for texts, owned in given:
            matcher.scan(texts, owned)

    return len(posts) / processor_seconds(scan)


def _search(built: ExactList, posts: Sequence[Post]) -> float:
    """Posts a second, one at a time."""
    texts = [post.text for post in posts]

    def scan() -> None:
        for text in texts:
            built.scan(text)

    return len(posts) / processor_seconds(scan)


def _against(
    library: Library,
    matcher: Matcher,
    means: Spellings,
    ordinary: Sequence[Post],
    *,
    planted: Sequence[Post],
    found: Sequence[bool],
) -> Figure:
    """Speed on ordinary posts beside a library that has the same list, and who finds the planted names."""
    made: list[ExactList] = []
    build_s = processor_seconds(lambda: made.append(library.build(list(means))))
    [built] = made
    ours, baseline = in_turns(
        lambda: _match(matcher, ordinary), lambda: _search(built, ordinary[: library.posts]), rounds=ROUNDS
    )
    asked = min(library.planted, len(planted))
    theirs = sum(
        finds(built, means, post.text, spans=post.spans, person=post.person) for post in planted[:asked]
    )
    note = (
        f"{library.posts:,} posts a round for it; of {asked:,} planted names it finds {theirs / asked:.0%},"
        f" we {sum(found[:asked]) / asked:.0%}; its list takes {build_s:.1f} s to build"
    )
    against = f"{library.name} {library.version}, the same patterns"
    return Figure("matching, ordinary posts", against, SPEED, ours, baseline, note)


def _finds(matcher: Matcher, post: Post) -> bool:
    """Whether a match lies on the mention and may mean its person."""
    [matches] = matcher.scan([post.text], [post.own_source])
    first, last = post.spans[0]
    return any(
        one.start < last and first < one.end and post.person in one.person_ids for one in matches.people
    )


def _compiling(people: Sequence[Person], patterns: Sequence[str]) -> Iterator[Figure]:
    """A whole register against building the list; then one person more or fewer against all of it."""

    def compile_all() -> float:
        return processor_seconds(lambda: matching.compile(people, TERMS))

    ours, baseline = in_turns(compile_all, lambda: processor_seconds(lambda: raw(patterns)), rounds=ROUNDS)
    more = median(own - base for own, base in zip(ours, baseline, strict=True))
    yield Figure(
        f"compiling {len(people):,} people",
        f"ahocorasick_rs over the {len(patterns):,} patterns",
        "s",
        ours,
        baseline,
        f"{more:.2f} s more",
    )
    without = matching.compile(people[1:], TERMS)
    matcher = matching.compile(people, TERMS)
    for what, change in (
        ("one person added", lambda: without.with_people(people[:1])),
        ("one person removed", lambda: matcher.with_people((), [people[0].id])),
    ):
        ours, baseline = in_turns(
            lambda: processor_seconds(change),  # noqa: B023 - done in this round
            compile_all,
            rounds=ROUNDS,
        )
        yield Figure(what, f"compiling {len(people):,} people", "s", ours, baseline)
