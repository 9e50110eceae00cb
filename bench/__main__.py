"""`python -m bench [NAME...]`: measure, print a table, keep the figures in bench/results/latest.json."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import (
    capture,
    idle,
    ingest,
    ledger,
    matching,
    packs,
    pictures,
    record,
    scan,
    startup,
    trust,
    verify,
)
from bench.figures import TITLES, Figure, NotMeasured

MEASURES: dict[str, Callable[[Path], Iterator[Figure] | Iterator[Figure | NotMeasured]]] = {
    "matching": matching.measure,
    "trust": trust.measure,
    "pictures": pictures.measure,
    "scan": scan.measure,
    "ingest": ingest.measure,
    "capture": capture.measure,
    "record": record.measure,
    "verify": verify.measure,
    "ledger": ledger.measure,
    "packs": packs.measure,
    "startup": startup.measure,
    "idle": idle.measure,
}
RESULTS = Path(__file__).parent / "results" / "latest.json"


def main(names: list[str]) -> None:
    """Run the measures named, or all. A figure is never a test: nothing fails for being slow."""
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        sys.exit(f"There is no measure {unknown[0]}. Measures: {', '.join(MEASURES)}.")
    print(f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC, {_machine()}\n\n{TITLES}", flush=True)
    for name in names or MEASURES:
        figures: list[Figure | NotMeasured] = []
        with TemporaryDirectory(prefix="school-monitor-bench-", ignore_cleanup_errors=True) as scratch:
            for figure in MEASURES[name](Path(scratch)):
                print(figure.row(), flush=True)
                figures.append(figure)
        _keep(name, figures)


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, load {load:.1f}"
    )


def _keep(name: str, figures: Sequence[Figure | NotMeasured]) -> None:
    """Replace the measure's figures; those of the others stay, each with its own date."""
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    kept[name] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "figures": [figure.document() for figure in figures],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
