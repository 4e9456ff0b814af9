"""What a task costs before it runs: to build, to add, to keep."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.packages import LIMIT, PACKAGES, async_function, sync_function
from benchmarks.rounds import Call, alternate_calls
from benchmarks.table import Row, row

Build = Callable[..., object]


class Slots:
    """The limit: the least that can hold what a task holds."""

    __slots__ = ("args", "func", "kwargs")

    def __init__(self, func: object, /, *args: object, **kwargs: object) -> None:
        self.func = func
        self.args = args
        self.kwargs = kwargs


class SlotsList(list[Slots]):
    def add_task(self, func: object, /, *args: object, **kwargs: object) -> None:
        self.append(Slots(func, *args, **kwargs))


FUNCTIONS = {"sync": sync_function, "async": async_function}
TASKS: dict[str, Build] = {each.name: each.task for each in PACKAGES if each.task} | {LIMIT: Slots}
CONTAINERS: dict[str, Callable[[], Any]] = {
    each.name: each.tasks for each in PACKAGES if hasattr(each.tasks, "add_task")
} | {LIMIT: SlotsList}


def rows(rounds: int) -> Iterator[Row]:
    for kind, at_most in (("sync", 0.25), ("async", 0.45)):
        builds = {name: hundred(build, FUNCTIONS[kind]) for name, build in TASKS.items()}
        taken = alternate_calls(builds, rounds, times=10)
        yield row(f"build 100 tasks, {kind} function", taken, at_most)
    for kind, at_most in (("sync", 0.35), ("async", 0.58)):
        adds = {name: adding(tasks, FUNCTIONS[kind], 10) for name, tasks in CONTAINERS.items()}
        taken = alternate_calls(adds, rounds, times=100)
        yield row(f"add_task, ten calls, {kind} function", taken, at_most)
    for kind, at_most in (("sync", 0.78), ("async", 1.06)):
        kept = {name: [bytes_of_each(build, FUNCTIONS[kind])] for name, build in TASKS.items()}
        what = f"bytes of a waiting task, {kind} function"
        yield row(what, kept, at_most, against=["Lilya"], unit="")


def hundred(build: Build, func: Build) -> Call:
    async def call() -> object:
        return [build(func, "a@b.c", retries=3) for _ in range(100)]

    return call


def adding(container: Callable[[], Any], func: Build, count: int) -> Call:
    async def call() -> object:
        tasks = container()
        for _ in range(count):
            tasks.add_task(func, "a@b.c", retries=3)
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
