"""Invented posts as a town writes them in public all day: nothing in them is about the School."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

_HANDLE_PARTS = (
    "sunny", "real", "the", "_", "northern", "gamer", "mum", "of", "two", "runs", "bakes", "x", "official",
    "music", "daily", "cat", "london", "derby", "jay", "mo", "kat", "ben", "life", "87", "01", "news", "fan",
)  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}")


def ordinary_posts(number: int, *, seed: int = 53) -> Iterator[str]:
    """As many posts, about 90 signs each; the same seed gives the same ones for ever."""
    words = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    chance = Random(seed)
    for _ in range(number):
        frames = " ".join(chance.sample(words["frames"], chance.choice((1, 1, 2))))
        text = _SLOT.sub(lambda slot: _fill(slot[1], words, chance), frames).strip()
        if chance.random() < 0.4:
            text = text.replace("'", "’").replace("...", "…")
        yield text.lower() if chance.random() < 0.25 else text.upper() if chance.random() < 0.03 else text


def _fill(slot: str, words: Mapping[str, Sequence[str]], chance: Random) -> str:
    match slot:
        case "handle":
            return "".join(chance.sample(_HANDLE_PARTS, chance.randint(2, 4)))
        case "code":
            return "".join(chance.choices("abcdefghijkmnpqrstuvwxyz23456789", k=8))
        case "number":
            return str(chance.randint(2, 90))
    return chance.choice(words[slot])
