"""How much memory a browser takes, all its processes together: cheap enough to ask many times a second.

V8's own limit does not hold for array buffers, so a page can ask for 10 GB (evidence study 3.7); only
counting from outside stops it. Read from what any user may read of any process: a sandboxed renderer
hides its memory maps from the very user who started it.
"""

from __future__ import annotations

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
        for number in sorted(present - self._known):
            with suppress(psutil.Error):
                process = psutil.Process(number)
                if process.ppid() in self._members:
                    self._members[number] = process
        self._known = present
        self._members = {number: each for number, each in self._members.items() if number in present}
