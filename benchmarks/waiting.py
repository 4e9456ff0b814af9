"""How long a call that has nothing to do with them waits for a thread beside many containers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import perf_counter

import anyio
from anyio import create_task_group, to_thread

from benchmarks.packages import OURS, PACKAGES, Package, lasting, sync_function
from benchmarks.rounds import Turns, alternate
from benchmarks.table import Row, row

CONTAINERS = 60  # more than AnyIO has threads


def rows(rounds: int) -> Iterator[Row]:
    turns: Turns = {
        each.name: partial(worst_wait, each) for each in PACKAGES if each.name in (OURS, "Lilya")
    }
    taken = anyio.run(alternate, turns, rounds)
    yield row(f"worst wait for a thread, {CONTAINERS} x 5 tasks of 10 ms", taken, 1.2)


async def worst_wait(package: Package) -> float:
    waits: list[float] = []

    async def unrelated() -> None:
        while True:
            start = perf_counter()
            await to_thread.run_sync(sync_function, 1)
            waits.append(perf_counter() - start)

    async with create_task_group() as beside:
        beside.start_soon(unrelated)
        async with create_task_group() as group:
            for _ in range(CONTAINERS):
                group.start_soon(package.filled(lasting(10), 5))
        beside.cancel_scope.cancel()
    return max(waits)
