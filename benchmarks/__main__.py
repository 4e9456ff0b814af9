"""`python -m benchmarks`: print every figure of the documents, and keep them in `results.json`.

Some of them: `python -m benchmarks life type_checkers`. A look, in a minute: `--quick`.
"""

from __future__ import annotations

import json
import logging
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

# Tasks that are built to be timed, and never run, are no news; nor are a client's requests.
logging.disable(logging.WARNING)

RESULTS = Path(__file__).with_name("results.json")

quick = "--quick" in sys.argv
asked = [each for each in sys.argv[1:] if each != "--quick"] or [*QUESTIONS, "type_checkers"]
print(*(f"{what:10} {found}" for what, found in setting().items()), "", HEADER, sep="\n")

for question in asked:
    rows: list[Row] = []
    for measured in QUESTIONS.get(question, []):
        for row in measured(20 if quick else 100):
            print(line(row), flush=True)
            rows.append(row)
    if rows and not quick:
        results = json.loads(RESULTS.read_text())
        results[question] = {"setting": setting(), "rows": [asdict(row) for row in rows]}
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
if "type_checkers" in asked:
    type_checkers.main()
