"""Write the tables of `docs/speed.md` from what `python -m benchmarks` has measured last.

python tools/speed.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "speed.md"
RESULTS = json.loads((ROOT / "benchmarks" / "results.json").read_text())
LIFE = re.compile(r"whole life of (\d+ \w+ tasks?)")
GAIN = re.compile(r"(\d+) sync tasks of (\d+) ms in order")


def page() -> str:
    """The page as it should be: each table stands behind a comment with its name."""
    text = PAGE.read_text()
    for name, table in (("gains", gains()), ("lives", lives())):
        before, mark, behind = text.partition(f"<!-- {name} -->\n\n")
        text = before + mark + "\n".join(table) + "\n\n" + behind.partition("\n\n")[2]
    return text


def gains() -> Iterator[str]:
    yield "| tasks | with Lilya | with `ravyn_bg` | gain |"
    yield "| --- | ---: | ---: | ---: |"
    for row in RESULTS["running"]["rows"]:
        if GAIN.fullmatch(row["what"]):
            theirs, ours = (1000 * row["medians"][name] for name in ("Lilya", "ravyn_bg"))
            what = row["what"].removesuffix(" in order")
            yield f"| {what} | {theirs:.2f} ms | {ours:.2f} ms | {1 / row['ratio']:.2f} |"


def lives() -> Iterator[str]:
    names = ("ravyn_bg", "Lilya", "Starlette", "FastAPI")
    yield f"| tasks, each with a function of its own | `ravyn_bg` | {' | '.join(names[1:])} |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for row in RESULTS["life"]["rows"]:
        if found := LIFE.fullmatch(row["what"]):
            cells = (f"{1_000_000 * row['medians'][name]:,.1f}" for name in names)
            yield f"| {found[1]} | {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page())
