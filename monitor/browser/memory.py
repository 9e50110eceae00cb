"""How much memory a browser takes, all its processes together: cheap enough to ask many times a second.

V8's own limit does not hold for array buffers, so a page can ask for 10 GB (evidence study 3.7); only
counting from outside stops it. Read from what any user may read of any process: a sandboxed renderer
hides its memory maps from the very user who started it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import psutil


class ProcessTree:
    """A process and everything that it started, found again as they come and go."""

    def __init__(self, root: psutil.Process) -> None:
        self._members = {root.pid: root}
        self._known: set[int] = set()

    def resident_bytes(self) -> int:
        """What is resident now: the private pages of each process, the shared ones once."""
        self._look_for_new()
        private, most_shared = 0, 0
        for process in self._members.values():
            with suppress(psutil.Error):
                memory = process.memory_info()
                shared = getattr(memory, "shared", 0)  # Linux only; elsewhere shared pages count each time.
                private += memory.rss - shared
                most_shared = max(most_shared, shared)
        return private + most_shared

    def _look_for_new(self) -> None:
        # Listing the numbers is cheap, and only new ones are asked for their parent.
        present = set(psutil.pids())
        new: dict[int, psutil.Process] = {}
        parents: dict[int, int] = {}
        for number in present - self._known:
            with suppress(psutil.Error):
                new[number] = psutil.Process(number)
                parents[number] = new[number].ppid()
        self._members |= {number: new[number] for number in descendants(parents, set(self._members))}
        self._known = present
        self._members = {number: each for number, each in self._members.items() if number in present}


def descendants(parents: Mapping[int, int], roots: set[int]) -> set[int]:
    """Which of these processes come from the roots, at any remove. Numbers start anew when they are used up,
    so they say nothing about who came first."""
    found: set[int] = set()
    while born := {n for n, parent in parents.items() if n not in found and parent in roots | found}:
        found |= born
    return found
