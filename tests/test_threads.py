"""What threads do to one another, which is worth more where there is no GIL to keep them apart."""

from __future__ import annotations

import gc
import io
import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, suppress
from typing import Any

import anyio
import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import PATIENCE, Backend
from tests.reports import Records

THREADS, ROUNDS = 10, 20


def at_once(number: int, act: Callable[[], object]) -> None:
    """Call this in so many threads, none of which begins before all are there."""
    barrier = threading.Barrier(number)

    def wait_and_act() -> None:
        barrier.wait(PATIENCE)
        act()

    with ThreadPoolExecutor(number) as pool:
        for each in [pool.submit(wait_and_act) for _ in range(number)]:
            each.result(PATIENCE)


@pytest.mark.parametrize("as_group", [False, True], ids=["in order", "as group"])
def test_a_container_may_run_in_the_loops_of_two_threads(
    as_group: bool, anyio_backend: Backend, told: Records
) -> None:
    ran: list[int] = []

    async def note_async(number: int) -> None:
        await anyio.lowlevel.checkpoint()
        ran.append(number)

    tasks = BackgroundTasks(as_group=as_group)
    for number in range(0, 20, 2):
        tasks.add_task(ran.append, number)
        tasks.add_task(note_async, number + 1)
    for _ in range(ROUNDS):
        at_once(2, lambda: anyio.run(tasks, backend=anyio_backend))

    assert Counter(ran) == dict.fromkeys(range(20), 2 * ROUNDS)
    assert told == []


def test_a_task_that_is_freed_in_another_thread_says_once_that_it_never_ran(told: Records) -> None:
    said: list[str] = []
    for _ in range(ROUNDS):
        kept: list[Any] = [BackgroundTask(print) for _ in range(9 * THREADS)]
        kept += [BackgroundTasks([BackgroundTask(print)]) for _ in range(THREADS)]

        def free(kept: list[Any] = kept) -> None:
            with suppress(IndexError):
                while True:
                    kept.pop()

        with redirect_stderr(io.StringIO()) as printed:
            at_once(THREADS, free)
            gc.collect()
        # Without a GIL a thread frees what it has built, though others let go of it: if it is just
        # logging, it says so there.
        said += told.messages + re.findall(
            r"^(.*); not logged, as its thread was logging", printed.getvalue(), re.M
        )
        told.clear()

    assert len(said) == 10 * THREADS * ROUNDS
    assert all("builtins.print never ran" in each for each in said)


def test_threads_that_fail_at_once_with_one_exception_each_have_their_record(
    anyio_backend: Backend, told: Records
) -> None:
    """As ten do that wait for one future."""
    shared = ConnectionError("the bank is away")

    def fail(failing: threading.Barrier) -> None:
        failing.wait(PATIENCE)
        raise shared

    for _ in range(ROUNDS):
        failing = threading.Barrier(THREADS)

        def run(failing: threading.Barrier = failing) -> None:
            tasks = BackgroundTasks([BackgroundTask(fail, failing), BackgroundTask(print)])
            with suppress(ConnectionError):
                anyio.run(tasks, backend=anyio_backend)

        at_once(THREADS, run)

    assert told.lost == [["builtins.print"]] * THREADS * ROUNDS
    assert told.errors == [shared] * THREADS * ROUNDS
