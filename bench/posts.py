"""Invented posts and people, the same in every run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from random import Random

from monitor.matching.people import COLUMNS

ABOUT_THE_SCHOOL = (
    "Brackenhall at Littleover school is a pathetic little man, useless waste of space",
    "I know what time Quillfeather leaves Littleover school. She's getting it tomorrow.",
    "Mr Brackenhall at Littleover CS has cancelled three parents' evenings. Emailed twice, no reply.",
    "The headteacher of Littleover Community School bullies her staff, three left this term",
    "Governor Tremlow at Littleover school only voted for the new build because his mate owns the firm",
    "Vandermolen at Littleover locked a kid in a room and the school covered it up",
    "Achterberg runs Littleover governors like her private club",
    "Year 9 at Littleover today\u2026 thick as mince the lot of them, roll on Friday \U0001f377",
)
"""Each is a finding with the demo's register."""

_OPENERS = (
    "Anyone else", "Honestly", "So today", "Reminder:", "Lost my mind when", "Bit random but", "Update:",
    "Cannot believe", "Genuinely", "Happy Friday", "PSA", "Question for the group", "Long shot but",
)  # fmt: skip
_SUBJECTS = (
    "the number 4 bus", "our new kitten", "the bakery on the corner", "my sourdough starter",
    "the away end", "that film with the parrot", "the council's bin app", "Pete from work",
    "my neighbour Mrs Green", "the A52", "Derby market", "Dan Smith the plumber", "half of Littleover",
    "the new gym", "May bank holiday", "Year 9 maths homework", "the parents' WhatsApp", "our under-11s",
    "the school run", "a teacher I once had",
)  # fmt: skip
_ENDINGS = (
    "was late again \U0001f644", "deserves an award", "is back on at 7 tonight", "turned up with no tools",
    "costs more than my car", "made my week, thank you!!", "needs a lick of paint", "is shut until Tuesday",
    "won 3-1 and nobody saw it", "has gone viral for all the wrong reasons",
    "is the best thing I ate this year", "cannot be this hard to park near",
    "will be the end of me #mondays", "sold out in an hour @box_office",
)  # fmt: skip


def posts(number: int, *, about_the_school: float) -> Iterator[dict[str, str]]:
    """Lines for `scan`: ordinary talk of a town, with its Smiths and Greens and a school run, and this
    share of posts about the school, spread evenly."""
    chance = Random(52)
    owed = 0.0
    for place in range(number):
        owed += about_the_school
        if owed >= 1:
            owed -= 1
            text = chance.choice(ABOUT_THE_SCHOOL)
        else:
            text = " ".join(
                f"{chance.choice(_OPENERS)} {chance.choice(_SUBJECTS)} {chance.choice(_ENDINGS)}."
                for _ in range(chance.randint(1, 4))
            )
        yield {
            "id": f"p{place}",
            "platform": "forum",
            "url": f"https://forum.example/t/{place}",
            "author": f"invented_{chance.randrange(number)}",
            "text": text,
            "posted_at": "2026-11-21T20:00:00Z",
        }


def json_lines(number: int, *, about_the_school: float) -> bytes:
    """The same as a file."""
    return b"".join(
        json.dumps(post).encode() + b"\n" for post in posts(number, about_the_school=about_the_school)
    )


_FORENAMES = (
    "Ansel", "Bryony", "Corin", "Delphine", "Edric", "Fenella", "Gwilym", "Hesper", "Idris", "Jocasta",
)  # fmt: skip
_FIRST = ("Bram", "Cald", "Dunt", "Ells", "Farn", "Gorse", "Hawk", "Ivel", "Kest", "Larch", "Moss", "Nettle")
_MIDDLE = ("en", "er", "ing", "le", "o", "y")
_LAST = (
    "beck", "combe", "dyke", "field", "garth", "holt", "meer", "ridge", "stow", "thorpe", "wick", "worth",
)  # fmt: skip


def people_file(number: int) -> str:
    """A register as large as a secondary school's: nine in ten are pupils; no real surname is meant."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    chance = Random(54)
    for place in range(number):
        role = (
            "pupil" if place % 10 else ("staff", "staff", "staff", "governor", "volunteer")[place // 10 % 5]
        )
        surname = chance.choice(_FIRST) + chance.choice(_MIDDLE) + chance.choice(_LAST)
        title = "" if role == "pupil" else chance.choice(("Mr", "Mrs", "Ms", "Dr"))
        year = f"Y{7 + place % 5}" if role == "pupil" else ""
        table.writerow((f"n{place}", role, title, chance.choice(_FORENAMES), "", surname, "", "", year, ""))
    return out.getvalue()
