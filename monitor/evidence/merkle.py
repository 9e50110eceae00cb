"""Merkle trees as RFC 6962 section 2.1 (and RFC 9162 section 2.1) define them, over SHA-256.

One job: the root of a list, and the proof that one entry is in it, which shows nothing of the others.
Pure. What a checkpoint says about a root is `checkpoints`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


def leaf(content: bytes) -> bytes:
    """The hash of an entry. The byte in front keeps an inner node from passing for an entry."""
    return hashlib.sha256(b"\0" + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A tree that grows at its end: each entry and each root cost a few hashes, however many there are."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        """The roots of the whole subtrees so far, the largest first: one for each 1 bit of `size`."""

    def add(self, content: bytes) -> None:
        """Add one entry."""
        peak, whole = leaf(content), self.size
        while whole & 1:
            peak = _node(self._peaks.pop(), peak)
            whole >>= 1
        self._peaks.append(peak)
        self.size += 1

    def root(self) -> bytes:
        """The root over all entries so far; that of an empty tree is the hash of nothing."""
        if not self._peaks:
            return hashlib.sha256(b"").digest()
        found = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            found = _node(peak, found)
        return found


def root(contents: Iterable[bytes]) -> bytes:
    """The root over these entries."""
    tree = Tree()
    for content in contents:
        tree.add(content)
    return tree.root()


def inclusions(contents: Sequence[bytes], indexes: Iterable[int]) -> dict[int, tuple[bytes, ...]]:
    """For each index (from 0) its path from the entry up to the root; the tree is hashed once for all.

    Raises `IndexError` for an index that is not in the list.
    """
    levels = [[leaf(content) for content in contents]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_node(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        # A last node without a neighbour goes up as it is: that is the shape of RFC 6962.
        levels.append(above + below[len(above) * 2 :])
    paths: dict[int, tuple[bytes, ...]] = {}
    for index in indexes:
        if not 0 <= index < len(contents):
            raise IndexError(f"there is no entry {index} among {len(contents)}")
        path, place = [], index
        for level in levels[:-1]:
            if (place ^ 1) < len(level):
                path.append(level[place ^ 1])
            place >>= 1
        paths[index] = tuple(path)
    return paths


def root_by_inclusion(content: bytes, index: int, *, size: int, path: Sequence[bytes]) -> bytes:
    """The root that this path leads to from an entry; the caller compares it with the one he trusts.

    Raises `ValueError` when no tree of that size has such a path (RFC 9162 2.1.3.2).
    """
    if not 0 <= index < size:
        raise ValueError("the entry lies outside the tree")
    found, place, last = leaf(content), index, size - 1
    for neighbour in path:
        if last == 0:
            raise ValueError("the path is longer than the tree is high")
        if place & 1 or place == last:
            found = _node(neighbour, found)
            # Levels at which the last node has no neighbour add nothing to the path.
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, neighbour)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ValueError("the path is shorter than the tree is high")
    return found
