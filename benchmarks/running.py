"""What does it cost to run tasks, and how long do others wait for a thread meanwhile?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter
from typing import Any

import anyio
from anyio import create_task_group, to_thread

from benchmarks.packages import OURS, PACKAGES, TRIP, Package, different, lasting
from benchmarks.rounds import Call, Turns, alternate, alternate_calls
from benchmarks.table import Row, row

Function = Callable[..., Any]

CONTAINERS_AT_ONCE = 60  # more than AnyIO has threads


def rows(rounds: int) -> Iterator[Row]:
    alone = alternate_calls(one_alone(different("sync", 1)), rounds)
    yield row("run 1 sync task", alone, 1.05, against=["Lilya", "Starlette"])
    for count in (3, 10):
        functions = different("sync", count)
        calls = in_order(functions) | {TRIP: trip(functions)}
        taken = alternate_calls(calls, rounds)
        yield row(f"run {count} sync tasks, to one bare trip", taken, 1.3, against=[TRIP])
    hundred = different("sync", 100), different("async", 100)
    cases = [
        ("run 100 sync tasks in order", 0.06, in_order(hundred[0])),
        ("run 3 sync tasks of 1 ms in order", 0.97, in_order([lasting(1)] * 3)),
        ("run 100 async tasks as a group", 1.05, in_group(hundred[1])),
        ("run 40 sync tasks of 5 ms as a group", 1.05, in_group([lasting(5)] * 40)),
    ]
    for what, at_most, calls in cases:
        yield row(what, alternate_calls(calls, rounds), at_most)
    two = [each for each in PACKAGES if each.name in (OURS, "Lilya")]
    waits: Turns = {each.name: partial(worst_wait, each) for each in two}
    what = f"worst wait for a thread, {CONTAINERS_AT_ONCE} x 5 tasks of 10 ms"
    yield row(what, anyio.run(alternate, waits, max(rounds // 4, 5)), 1.2)


def gains(rounds: int) -> Iterator[Row]:
    """What is left of the gain over Lilya where tasks take their time; no bound is set to it."""
    for count in (3, 10):
        for length in (0, 1, 10):
            functions = [lasting(length)] * count if length else different("sync", count)
            everyone = in_order(functions)
            calls = {name: everyone[name] for name in (OURS, "Lilya")}
            yield row(
                f"{count} sync tasks of {length} ms in order", alternate_calls(calls, rounds // 4)
            )


def one_alone(functions: list[Function]) -> dict[str, Call]:
    return {
        each.name: each.task(functions[0], 1) if each.task else each.filled(functions)
        for each in PACKAGES
    }


def in_order(functions: list[Function]) -> dict[str, Call]:
    return {each.name: each.filled(functions) for each in PACKAGES}


def in_group(functions: list[Function]) -> dict[str, Call]:
    return {each.name: each.filled(functions, side_by_side=True) for each in PACKAGES if each.group}


def trip(functions: list[Function]) -> Call:
    """One bare trip of AnyIO's to a thread, which makes all of the calls."""

    def in_thread() -> None:
        for function in functions:
            function("a@b.c")

    async def call() -> None:
        await to_thread.run_sync(in_thread)

    return call


async def worst_wait(package: Package) -> float:
    """How long a call that has nothing to do with them waits beside many containers."""
    waits: list[float] = []

    async def unrelated() -> None:
        while True:
            start = perf_counter()
            await to_thread.run_sync(int)
            waits.append(perf_counter() - start)

    async with create_task_group() as beside:
        beside.start_soon(unrelated)
        async with create_task_group() as group:
            for _ in range(CONTAINERS_AT_ONCE):
                group.start_soon(package.filled([lasting(10)] * 5))
        beside.cancel_scope.cancel()
    return max(waits)
