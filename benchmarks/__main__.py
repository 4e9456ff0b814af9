"""`python -m benchmarks`: print every figure of the documents, and write `results.json`.

Some of them: `python -m benchmarks life type_checkers`. A look, in a minute: `--quick`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks import building, fresh, life, load, requests, running, type_checkers
from benchmarks.table import HEADER, Row, line, setting

# Each module answers one question.
QUESTIONS: dict[str, list[Callable[[int], Iterator[Row]]]] = {
    "life": [life.rows],
    "building": [building.rows],
    "running": [running.rows, running.gains],
    "requests": [requests.rows],
    "fresh": [fresh.rows],
    "load": [load.rows],
}

quick = "--quick" in sys.argv[1:]
asked = [each for each in sys.argv[1:] if each != "--quick"] or [*QUESTIONS, "type_checkers"]

print(*(f"{what:10} {found}" for what, found in setting().items()), "", HEADER, sep="\n")

rows: list[Row] = []
for question in asked:
    for measured in QUESTIONS.get(question, []):
        for row in measured(20 if quick else 100):
            print(line(row), flush=True)
            rows.append(row)
if asked == [*QUESTIONS, "type_checkers"] and not quick:
    results = {"setting": setting(), "rows": [asdict(row) for row in rows]}
    Path(__file__).with_name("results.json").write_text(json.dumps(results, indent=2) + "\n")
if "type_checkers" in asked and not quick:
    print()
    type_checkers.main()
