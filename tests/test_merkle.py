"""Merkle trees: one entry can be proved to a stranger without showing him the others."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.evidence import merkle

# The entries and roots that implementations of Certificate Transparency test themselves with (RFC 6962).
KNOWN_ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)

lists = st.lists(st.binary(max_size=40), min_size=1, max_size=80)


def by_the_definition(contents: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not contents:
        return hashlib.sha256(b"").digest()
    if len(contents) == 1:
        return hashlib.sha256(b"\0" + contents[0]).digest()
    half = 1
    while half * 2 < len(contents):
        half *= 2
    halves = by_the_definition(contents[:half]) + by_the_definition(contents[half:])
    return hashlib.sha256(b"\1" + halves).digest()


@pytest.mark.parametrize("size", range(len(KNOWN_ROOTS)))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    """Programs of others come to the same roots."""
    assert KNOWN_ROOTS[size] == merkle.root(KNOWN_ENTRIES[:size]).hex()


@given(lists)
def test_every_root_of_a_growing_tree_is_that_of_the_definition(contents: list[bytes]) -> None:
    """A tree that grows has the right root after each entry, not only at the end."""
    tree = merkle.Tree()
    for size, content in enumerate(contents, start=1):
        tree.add(content)
        assert (size, by_the_definition(contents[:size])) == (tree.size, tree.root())


@given(lists)
def test_every_entry_is_proved_by_its_path(contents: list[bytes]) -> None:
    """And no entry by the path of another place, nor by one that was changed or cut."""
    size, root = len(contents), merkle.root(contents)
    for index, path in merkle.inclusions(contents, range(size)).items():
        content = contents[index]
        assert root == merkle.root_by_inclusion(content, index, size=size, path=path)
        assert root != merkle.root_by_inclusion(content + b"x", index, size=size, path=path)
        for wrong in (path[:-1], (*path, b"\0" * 32), tuple(reversed(path))):
            assert wrong == path or root != _led_to(content, index, size, wrong)


def _led_to(content: bytes, index: int, size: int, path: tuple[bytes, ...]) -> bytes | None:
    try:
        return merkle.root_by_inclusion(content, index, size=size, path=path)
    except ValueError:
        return None


@pytest.mark.parametrize(("index", "size", "nodes"), [(-1, 4, 2), (4, 4, 2), (0, 0, 0), (0, 4, 1), (0, 4, 3)])
def test_a_path_that_fits_no_such_tree_is_refused(index: int, size: int, nodes: int) -> None:
    """Neither an entry outside the tree, nor a path too short or too long for it."""
    with pytest.raises(ValueError, match="entry|path"):
        merkle.root_by_inclusion(b"x", index, size=size, path=[b"\0" * 32] * nodes)


def test_an_entry_that_is_not_there_has_no_path() -> None:
    """Asking for one is a fault of the caller, said at once."""
    with pytest.raises(IndexError, match="no entry 3 among 3"):
        merkle.inclusions([b"a", b"b", b"c"], [3])
