"""The sealed exhibits, as a person sees them."""

from __future__ import annotations

from monitor.store import Store
from monitor.store.rows import ExhibitRow


def exhibits(store: Store, *, limit: int = 100) -> list[ExhibitRow]:
    """The newest exhibits, newest first."""
    with store.transaction() as t:
        return t.exhibits(limit)
