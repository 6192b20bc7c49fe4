"""How long a clinical model takes to answer for one patient, through its warm worker.

    python benchmarks/risks.py [--json]

For each clinical model: median and 95th percentile of the time from the question to the whole answer, that is
probability, interval, contribution of each field and range of each missing one, in ms; with 3, 7 and 11 fields known.
An edit in the window waits for this and for one repaint.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from lnm_desktop.app.models import Models
from lnm_desktop.inference.risks import RiskClient

RECORD = {
    "age": 52.0,
    "tumor_size": 31.0,
    "grade": "3",
    "menopausal_status": "postmenopausal",
    "er_status": "negative",
    "pr_status": "negative",
    "her2_status": "positive",
    "histology": "lobular",
    "clinical_t": "cT2",
    "er_percent": 0.0,
    "her2_ihc": "3+",
}
KNOWN = (3, 7, 11)
ROUNDS = 40


def main() -> None:
    """Ask every model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Models(Path(folder) / "log", Path(folder) / "cache") as models:
        ids = [model.spec.id for model in models.list() if model.spec.uses_clinical]
        found = {name: {str(count): times(models, name, count) for count in KNOWN} for name in ids}
    print(json.dumps(found, indent=1) if arguments.json else table(found))


def times(models: Models, name: str, count: int) -> dict[str, float]:
    """Median and 95th percentile in ms with so many fields known."""
    client = RiskClient(models.client(name), name)
    values = dict(list(RECORD.items())[:count])
    client.reasons(values)
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        client.reasons(values)
        taken.append(1000 * (time.perf_counter() - started))
    return {
        "median_ms": round(statistics.median(taken), 1),
        "p95_ms": round(statistics.quantiles(taken, n=20)[-1], 1),
    }


def table(found: dict[str, dict[str, dict[str, float]]]) -> str:
    """A line for each model."""
    lines = [f"{'model':22}" + "".join(f"{count:>10} known" for count in KNOWN)]
    for name, own in found.items():
        cells = [f"{item['median_ms']:.0f} / {item['p95_ms']:.0f} ms" for item in own.values()]
        lines.append(f"{name:22}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
