"""What does a task's whole life cost: to be built with `add_task`, to run, to be freed?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.packages import CONTAINERS, different
from benchmarks.rounds import Call, alternate_calls
from benchmarks.table import Row, row

BOUNDS = {"async": (1.6, 1.3, 1.2), "sync": (1.1, 0.45, 0.16)}


def rows(rounds: int) -> Iterator[Row]:
    for kind, bounds in BOUNDS.items():
        for count, bound in zip((1, 3, 10), bounds, strict=True):
            functions = different(kind, count)
            calls = {name: life(kept, functions) for name, kept in CONTAINERS.items()}
            taken = alternate_calls(calls, rounds)
            yield row(f"whole life of {count} {kind} task{'s' * (count > 1)}", taken, bound)


def life(container: Any, functions: list[Any]) -> Call:
    async def call() -> None:
        tasks = container()
        for function in functions:
            tasks.add_task(function, "a@b.c", retries=3)
        await tasks()

    return call
