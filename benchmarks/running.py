"""What it costs to run tasks that do nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from anyio import create_task_group, to_thread

from benchmarks.packages import LIMIT, PACKAGES, async_function, sync_function
from benchmarks.rounds import Call, alternate_calls
from benchmarks.table import Row, row


def rows(rounds: int) -> Iterator[Row]:
    cases = [
        ("run 100 async tasks in order", 0.90, in_order(async_function, 100), awaits(100)),
        ("run 1 sync task", 1.05, one_alone(sync_function), hop(1)),
        ("run 3 sync tasks in order", 0.45, in_order(sync_function, 3), hop(3)),
        ("run 10 sync tasks in order", 0.20, in_order(sync_function, 10), hop(10)),
        ("run 100 sync tasks in order", 0.06, in_order(sync_function, 100), hop(100)),
        ("run 100 async tasks as a group", 1.05, in_group(async_function), awaits_in_group()),
        ("run 100 sync tasks as a group", 1.05, in_group(sync_function), hops_in_group()),
    ]
    for what, at_most, calls, limit in cases:
        yield row(what, alternate_calls(calls | {LIMIT: limit}, rounds), at_most)


def in_order(func: Callable[..., Any], count: int) -> dict[str, Call]:
    return {each.name: each.filled(func, count) for each in PACKAGES}


def one_alone(func: Callable[..., Any]) -> dict[str, Call]:
    return {
        each.name: each.task(func, 1) if each.task else each.filled(func, 1) for each in PACKAGES
    }


def in_group(func: Callable[..., Any]) -> dict[str, Call]:
    return {each.name: each.filled(func, 100, side_by_side=True) for each in PACKAGES if each.group}


def awaits(count: int) -> Call:
    async def call() -> None:
        for _ in range(count):
            await async_function(1)

    return call


def hop(count: int) -> Call:
    def in_thread() -> None:
        for _ in range(count):
            sync_function(1)

    async def call() -> None:
        await to_thread.run_sync(in_thread)

    return call


def awaits_in_group() -> Call:
    async def call() -> None:
        async with create_task_group() as group:
            for _ in range(100):
                group.start_soon(async_function, 1)

    return call


def hops_in_group() -> Call:
    in_thread = partial(sync_function, 1)

    async def call() -> None:
        async with create_task_group() as group:
            for _ in range(100):
                group.start_soon(to_thread.run_sync, in_thread)

    return call
