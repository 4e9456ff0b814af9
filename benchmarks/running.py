"""What it costs to run tasks: such as do nothing, and such as take their time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from anyio import create_task_group, to_thread

from benchmarks.packages import LIMIT, OURS, PACKAGES, async_function, lasting, sync_function
from benchmarks.rounds import Call, alternate_calls
from benchmarks.table import Row, row

Function = Callable[..., Any]


def rows(rounds: int) -> Iterator[Row]:
    alone = alternate_calls(one_alone(sync_function), rounds)
    yield row("run 1 sync task", alone, 1.05, against=["Lilya", "Starlette"])
    yield row("run 1 sync task, to a bare trip of AnyIO's", alone, 1.05, against=[LIMIT])

    cases = [
        ("run 100 async tasks in order", 0.90, in_order(async_function, 100)),
        ("run 3 sync tasks in order", 0.45, in_order(sync_function, 3)),
        ("run 10 sync tasks in order", 0.20, in_order(sync_function, 10)),
        ("run 100 sync tasks in order", 0.06, in_order(sync_function, 100)),
        ("run 3 sync tasks of 1 ms in order", 0.97, in_order(lasting(1), 3)),
        ("run 100 async tasks as a group", 1.05, in_group(async_function, 100)),
        ("run 40 sync tasks of 5 ms as a group", 1.05, in_group(lasting(5), 40)),
    ]
    for what, at_most, calls in cases:
        yield row(what, alternate_calls(calls, rounds), at_most)


def gains(rounds: int) -> Iterator[Row]:
    """What is left of the gain over Lilya where tasks take their time; no bound is set to it."""
    for count in (3, 10):
        for length in (0, 1, 10):
            everyone = in_order(lasting(length), count)
            calls = {name: everyone[name] for name in (OURS, LIMIT, "Lilya")}
            yield row(f"{count} sync tasks of {length} ms in order", alternate_calls(calls, rounds))


def one_alone(func: Function) -> dict[str, Call]:
    calls: dict[str, Call] = {
        each.name: each.task(func, 1) if each.task else each.filled(func, 1) for each in PACKAGES
    }
    return calls | {LIMIT: hop(func, 1)}


def in_order(func: Function, count: int) -> dict[str, Call]:
    calls: dict[str, Call] = {each.name: each.filled(func, count) for each in PACKAGES}
    return calls | {LIMIT: awaits(count) if func is async_function else hop(func, count)}


def in_group(func: Function, count: int) -> dict[str, Call]:
    calls: dict[str, Call] = {
        each.name: each.filled(func, count, side_by_side=True) for each in PACKAGES if each.group
    }
    alone: tuple[Any, ...] = (func, 1)
    if func is not async_function:
        alone = (to_thread.run_sync, func, 1)
    return calls | {LIMIT: side_by_side(count, *alone)}


def awaits(count: int) -> Call:
    async def call() -> None:
        for _ in range(count):
            await async_function(1)

    return call


def hop(func: Function, count: int) -> Call:
    def in_thread() -> None:
        for _ in range(count):
            func(1)

    async def call() -> None:
        await to_thread.run_sync(in_thread)

    return call


def side_by_side(count: int, func: Function, *args: object) -> Call:
    async def call() -> None:
        async with create_task_group() as group:
            for _ in range(count):
                group.start_soon(func, *args)

    return call
