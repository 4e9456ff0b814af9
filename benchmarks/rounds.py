"""Alternating rounds: all contestants take a turn in each, so that noise meets them alike."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter

import anyio

Turn = Callable[[], Awaitable[float]]
Turns = dict[str, Turn]
Call = Callable[[], Awaitable[object]]

SECONDS_OF_A_TURN = 0.005


async def alternate(turns: Turns, rounds: int) -> dict[str, list[float]]:
    """What each contestant's turns gave, round by round."""
    taken: dict[str, list[float]] = {name: [] for name in turns}
    order = list(turns)
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for name in order:
            taken[name].append(await turns[name]())
        order.reverse()
    gc.enable()
    return taken


def alternate_calls(calls: dict[str, Call], rounds: int) -> dict[str, list[float]]:
    """Seconds that one call of each contestant takes, all on one new event loop."""

    async def main() -> dict[str, list[float]]:
        turns = {name: await turn(call) for name, call in calls.items()}
        return await alternate(turns, rounds)

    return anyio.run(main)


async def turn(call: Call) -> Turn:
    """As many calls as fill it."""
    await seconds(call, 3)  # it starts the worker threads
    fill = max(1, round(SECONDS_OF_A_TURN / await seconds(call, 3)))
    return partial(seconds, call, fill)


async def seconds(call: Call, times: int) -> float:
    start = perf_counter()
    kept = [await call() for _ in range(times)]  # freeing what is built is not building
    return (perf_counter() - start) / len(kept)
