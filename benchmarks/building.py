"""What does a task cost before it runs: to build, to add, to keep?"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.packages import CONTAINERS, PACKAGES, different
from benchmarks.rounds import Call, alternate_calls
from benchmarks.table import Row, row

Build = Callable[..., object]


TASKS: dict[str, Build] = {each.name: each.task for each in PACKAGES if each.task}
BOUNDS = {"sync": (0.33, 0.45, 0.80), "async": (0.70, 0.85, 1.08)}


def rows(rounds: int) -> Iterator[Row]:
    for kind, (to_build, to_add, to_keep) in BOUNDS.items():
        [func], ten = different(kind, 1), different(kind, 10)
        builds = {name: hundred(build, func) for name, build in TASKS.items()}
        taken = alternate_calls(builds, rounds)
        yield row(f"build 100 tasks, {kind} function", taken, to_build)
        adds = {name: adding(each, ten) for name, each in CONTAINERS.items()}
        taken = alternate_calls(adds, rounds)
        yield row(f"ten calls of add_task, {kind} functions", taken, to_add)
        kept = {name: [bytes_of_each(build, func)] for name, build in TASKS.items()}
        what = f"bytes of a waiting task, {kind} function"
        yield row(what, kept, to_keep, against=["Lilya"], unit="")


def hundred(build: Build, func: Build) -> Call:
    async def call() -> object:
        return [build(func, "a@b.c", retries=3) for _ in range(100)]

    return call


def adding(container: Callable[[], Any], functions: list[Build]) -> Call:
    async def call() -> object:
        tasks = container()
        for function in functions:
            tasks.add_task(function, "a@b.c", retries=3)
        return tasks

    return call


def bytes_of_each(build: Build, func: Build, count: int = 1000) -> float:
    """With all that it holds on to, as the allocator sees it."""
    gc.collect()  # it empties the lists of freed objects, which would go uncounted when used again
    tracemalloc.start()
    kept = [build(func, "a@b.c", retries=3) for _ in range(count)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(kept)
