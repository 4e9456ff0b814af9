"""`python -m benchmarks`: print the table, write results.json and the charts in the documents."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks import building, fresh, handlers, load, packages, running, waiting
from benchmarks.charts import draw_growth, draw_table
from benchmarks.growth import SIZES, growth
from benchmarks.machine import machine, versions
from benchmarks.table import HEADER, Row, line

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"

quick = "--quick" in sys.argv[1:]  # a look, in a minute: rough, so nothing is written
rounds = 20 if quick else 100
left_out = packages.LEFT_OUT + load.LEFT_OUT

for what, found in {**machine(), **versions()}.items():
    print(f"{what:12}{found}")
print(f"{'left out':12}{', '.join(left_out) or 'nothing'}\n\n{HEADER}")

rows: list[Row] = []
for measured in (
    building.rows(rounds),
    running.rows(rounds),
    running.gains(rounds // 4),
    waiting.rows(rounds // 4),
    handlers.rows(rounds),
    fresh.rows(rounds // 2),
    load.rows(rounds // 20),
):
    for row in measured:
        print(line(row), flush=True)
        rows.append(row)

if not quick:
    grown = growth(rounds // 10)
    results = {
        "machine": machine(),
        "versions": versions(),
        "left out": left_out,
        "rows": [asdict(row) for row in rows],
        "growth": {"sizes": SIZES, "seconds": grown},
    }
    (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    draw_table(rows, DOCS / "speed.svg")
    draw_growth(grown, DOCS / "growth.svg")
