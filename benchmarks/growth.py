"""How cost grows with the number of tasks."""

from __future__ import annotations

from statistics import median

from benchmarks.building import CONTAINERS, adding
from benchmarks.packages import LIMIT, OURS, PACKAGES, async_function, sync_function
from benchmarks.rounds import Call, alternate_calls
from benchmarks.running import awaits, hop

SIZES = (1, 10, 100, 1_000, 10_000)
SHOWN = [each for each in PACKAGES if each.name in (OURS, "Lilya")]

Growth = dict[str, dict[str, list[float]]]  # what is done, by whom, seconds for each size


def growth(rounds: int) -> Growth:
    grown: Growth = {}
    for size in SIZES:
        for what, calls in doing(size).items():
            for name, values in alternate_calls(calls, rounds).items():
                grown.setdefault(what, {}).setdefault(name, []).append(median(values))
    return grown


def doing(size: int) -> dict[str, dict[str, Call]]:
    adds = {name: adding(CONTAINERS[name], sync_function, size) for name in (OURS, "Lilya", LIMIT)}
    async_runs: dict[str, Call] = {each.name: each.filled(async_function, size) for each in SHOWN}
    sync_runs: dict[str, Call] = {each.name: each.filled(sync_function, size) for each in SHOWN}
    return {
        "add tasks": adds,
        "run async tasks in order": async_runs | {LIMIT: awaits(size)},
        "run sync tasks in order": sync_runs | {LIMIT: hop(sync_function, size)},
    }
