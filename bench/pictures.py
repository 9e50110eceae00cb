"""Reading pictures against a plain call of rapidocr, and finding people in them against the words as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from subprocess import PIPE

import psutil

from bench.figures import Figure, seconds
from bench.posts import people_file
from bench.processes import PYTHON, environment, peak_of
from monitor import matching
from monitor.model import Person, PersonMatch
from monitor.pictures import PictureReader, PictureText
from monitor.pictures.proposals import propose, suppression
from tests.pictured_posts import STYLES, draw
from tests.school import littleover

PEOPLE = 2_500
OF_EACH_STYLE = 20
OF_NOBODY = 10
TIMED = 35
SCHOOL = "Littleover Community School"

_ABOUT = (
    f"What is going on at {SCHOOL}",
    f"Another week at {SCHOOL}, Derby",
    f"{SCHOOL} has done it again",
    f"So this is {SCHOOL} in 2026",
)
_SAID = (
    "{} shouted at my son again, third time this week",
    "has anybody else had trouble with {} this term?",
    "apparently {} said no and that was that",
    "ask {} where the trip money went",
    "thank you {} for a brilliant evening",
    "share if you think {} should say sorry",
)
_OF_NOBODY = (
    "the queue at the gate was down to the chip shop",
    "no heating in the hall for the third day running",
    "does anyone know what time the doors open on Friday",
    "lost: one blue water bottle, reward is a biscuit",
    "when the bell goes and it is still raining",
    "my daughter has left her coat on the number 4 bus",
)
_PLAIN = """
import sys, rapidocr
read = rapidocr.RapidOCR(params={"Global.log_level": "critical"})
for line in sys.stdin:
    read(line.rstrip("\\n"))
    print(flush=True)
"""


@dataclass(frozen=True, slots=True)
class Planted:
    """One picture: its style, its sentences, its file, and the id of whom it names ("" for nobody)."""

    style: str
    sentences: tuple[str, ...]
    file: Path
    person: str


@dataclass(slots=True)
class Told:
    """How often the person named was among those proposed, and how often somebody else was told."""

    right: int = 0
    wrong: int = 0

    def add(self, named: Sequence[PersonMatch], person: str) -> bool:
        """Count the matches of one picture; whether the right person was among them."""
        right = any(person in match.person_ids for match in named)
        self.right += right
        self.wrong += sum(person not in match.person_ids for match in named)
        return right


def measure(scratch: Path) -> Iterator[Figure]:
    """Who is found, who is told wrongly, what a picture costs in time, and the process in memory."""
    register = matching.read_people(people_file(PEOPLE).splitlines()).people
    matcher = matching.compile(register, littleover(scratch).terms)
    pictures = _pictures(register, scratch, Random(1122))
    planted = sum(bool(picture.person) for picture in pictures)
    as_text, as_picture, missed = Told(), Told(), []
    with PictureReader() as reader, _plain(scratch) as plain:
        for picture in pictures:
            (words,) = matcher.scan([". ".join(picture.sentences)])
            as_text.add(words.people, picture.person)
            _matches, proposals = propose(matcher, _read(reader, picture), at_home=False)
            if not as_picture.add([one.match for one in proposals], picture.person) and picture.person:
                missed.append(picture.style)
        what = f"right person proposed from {planted} memes and screenshots"
        by_style = ", ".join(f"{style} {missed.count(style)}" for style in STYLES if style in missed)
        note = f"{as_picture.right} of {planted}; missed: {by_style or 'none'}"
        yield _share(what, "right person in the same words as text", as_picture.right, as_text.right, note)
        note = f"{as_picture.wrong} from the pictures, {as_text.wrong} from the same words as text"
        yield _share("flags of anybody else", "pictures read", as_picture.wrong, len(pictures), note)
        yield from _cost(reader, plain, pictures[:: len(pictures) // TIMED][:TIMED])


def _cost(reader: PictureReader, plain: psutil.Popen, pictures: Sequence[Planted]) -> Iterator[Figure]:
    """Processor time, because ours gives way to everything else and so waits longer; then memory."""
    (process,) = (
        child for child in psutil.Process().children() if "monitor.pictures.process" in child.cmdline()
    )
    waited = []

    def ours(picture: Planted) -> float:
        before = _spent(process)
        waited.append(seconds(lambda: _read(reader, picture)))
        return _spent(process) - before

    def baseline(picture: Planted) -> float:
        before = _spent(plain)
        _read_plainly(plain, picture)
        return _spent(plain) - before

    baseline(pictures[0])  # it loads its models at its first picture
    pairs = []
    for number, picture in enumerate(pictures):
        if number % 2:
            base, own = baseline(picture), ours(picture)
        else:
            own, base = ours(picture), baseline(picture)
        pairs.append((own, base))
    note = f"waited for: {median(waited):.2f} s in the median, {max(waited):.2f} s at most"
    yield Figure(
        "one picture, processor time",
        "`rapidocr.RapidOCR()` of the same file",
        "s",
        tuple(own for own, _ in pairs),
        tuple(base for _, base in pairs),
        note,
    )
    yield Figure(
        "reading process, peak memory",
        "a process with `rapidocr.RapidOCR()`, the same files",
        "MiB",
        (peak_of(process.pid),),
        (peak_of(plain.pid),),
        f"ours has read {OF_EACH_STYLE * len(STYLES)} more",
    )


def _share(what: str, against: str, ours: int, baseline: int, note: str) -> Figure:
    return Figure(what, against, "", (float(ours),), (float(baseline),), note)


def _read(reader: PictureReader, picture: Planted) -> PictureText:
    return reader.read(picture.file, suppressed=suppression)


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def _plain(scratch: Path) -> Iterator[psutil.Popen]:
    """A process that reads each file whose path it is given, as the library's first example does."""
    process = psutil.Popen((*PYTHON, _PLAIN), env=environment(scratch), stdin=PIPE, stdout=PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _read_plainly(plain: psutil.Popen, picture: Planted) -> None:
    plain.stdin.write(f"{picture.file}\n")
    plain.stdin.flush()
    if not plain.stdout.readline():
        raise RuntimeError("plain rapidocr has ended")


def _pictures(register: Sequence[Person], scratch: Path, chance: Random) -> list[Planted]:
    """Of each style so many that name somebody, and some that name nobody."""
    pictures: list[Planted] = []
    for place in range(OF_EACH_STYLE + OF_NOBODY):
        for style in STYLES:
            person = chance.choice(register) if place < OF_EACH_STYLE else None
            said = (
                chance.choice(_SAID).format(_written(person, chance)) if person else chance.choice(_OF_NOBODY)
            )
            sentences = (chance.choice(_ABOUT), said)
            file = scratch / f"{len(pictures)}.picture"
            file.write_bytes(draw(style, sentences, chance))
            pictures.append(Planted(style, sentences, file, person.id if person else ""))
    return pictures


def _written(person: Person, chance: Random) -> str:
    """The name as people write it most: whole, or with a title where there is one."""
    full = f"{person.forename} {person.surname}"
    if not person.title:
        return full
    return chance.choice((full, f"{person.title} {person.surname}", f"{person.title} {full}"))
