"""A task that a cancellation ends half-way says so, once, and names what it costs, at once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from contextvars import copy_context
from typing import Any

import anyio
import anyio.from_thread
import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import PATIENCE
from tests.failures.tasks import TaskError, Wrap, fail_async, full_name, succeed
from tests.reports import Records
from tests.test_cancellation import Held
from tests.test_running import one_token

pytestmark = pytest.mark.anyio

Way = Callable[[Task], Awaitable[None]]

FOREVER, LOST = full_name(anyio.sleep_forever), full_name(succeed)
OURS = "ravyn_bg.background.BackgroundTasks.__call__"


async def by_a_scope(task: Task) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(task)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()


async def by_a_sibling(task: Task) -> None:
    async def fail_later() -> None:
        await anyio.wait_all_tasks_blocked()
        await fail_async()

    with suppress(Exception):
        await BackgroundTasks([task, fail_later], as_group=True)()


async def by_asyncio(task: Task) -> None:
    running = asyncio.ensure_future(task())
    await anyio.wait_all_tasks_blocked()
    running.cancel()
    await asyncio.wait([running])


async def by_a_timeout_of_asyncio(task: Task) -> None:
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(task(), 0.01)


async def by_being_closed(task: Task) -> None:
    coroutine = task()
    running = asyncio.ensure_future(coroutine)
    await anyio.wait_all_tasks_blocked()
    coroutine.close()
    with suppress(RuntimeError):  # which asyncio says of a coroutine that somebody else closes
        await running


WAYS: list[tuple[Way, str]] = [(each, "asyncio") for each in (by_asyncio, by_a_timeout_of_asyncio)]
WAYS += [(each, backend) for each in (by_a_scope, by_a_sibling) for backend in ("asyncio", "trio")]


@pytest.mark.parametrize(("way", "anyio_backend"), WAYS)
async def test_whatever_cancels_it_and_whatever_it_is_wrapped_in(
    way: Way, wrap: Wrap, told: Records
) -> None:
    await way(BackgroundTasks([wrap(BackgroundTask(anyio.sleep_forever)), succeed]))

    cut_off = [each for each in told if "was cancelled" in each.getMessage()]
    names = [each.background_task for each in cut_off]
    assert names.count(FOREVER) == 1
    assert {*names} <= {FOREVER, OURS, "tests.failures.tasks.awaited.<locals>.func"}
    assert {(each.levelname, each.exc_info) for each in cut_off} == {("WARNING", None)}
    assert [name for each in cut_off for name in each.background_tasks_lost] == [LOST]


async def test_a_timeout_inside_its_own_function_is_none(told: Records) -> None:
    async def waits_a_little() -> None:
        with anyio.move_on_after(0):
            await anyio.sleep_forever()

    await BackgroundTasks([waits_a_little, succeed])()

    assert told == []


async def test_a_sync_task_that_anyio_waits_for_ran_and_only_those_behind_it_are_lost(
    told: Records, trace: Any
) -> None:
    held = Held(trace)
    async with anyio.create_task_group() as group:
        group.start_soon(BackgroundTasks([held, succeed, fail_async]))
        await held.started.wait()
        group.cancel_scope.cancel()
        held.let_go.set()

    assert trace.names == ["to its end"]
    assert (told.names, told.lost) == ([OURS], [[LOST, full_name(fail_async)]])


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in order"])
@pytest.mark.parametrize("error", [None, TaskError(), KeyboardInterrupt()], ids=repr)
def test_a_sync_task_that_asyncio_leaves_behind_in_its_thread(
    error: BaseException | None, alone: bool, told: Records
) -> None:
    async def cancel_while_it_runs() -> threading.Thread:
        started, let_go, threads = asyncio.Event(), threading.Event(), []

        def held() -> None:
            threads.append(threading.current_thread())
            anyio.from_thread.run_sync(started.set)
            assert let_go.wait(PATIENCE)
            if error:
                raise error

        tasks = BackgroundTask(held) if alone else BackgroundTasks([held, succeed])
        running = asyncio.ensure_future(tasks())
        await started.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        let_go.set()
        return threads[0]

    anyio.run(cancel_while_it_runs, backend="asyncio").join(PATIENCE)

    message = told.messages[0].partition("; ")[0]
    assert ".held was cancelled, but goes on in its thread, where nobody waits" in message
    failures = [error] if isinstance(error, TaskError) else []
    assert told.lost == [[] if alone else [LOST], *([] for _ in failures)]
    assert [each.levelname for each in told] == ["WARNING", *("ERROR" for _ in failures)]


# What is lost, by what holds it: all of it is named at once, although something keeps the tasks.
HOLDING: dict[str, tuple[Callable[[list[Any], Any], Task], list[list[str]]]] = {
    "in order": (lambda two, end: BackgroundTasks([end, *two]), [[LOST, LOST]]),
    "nested": (
        lambda two, end: BackgroundTasks([BackgroundTasks([end, two[0]]), two[1]]),
        [[LOST], [LOST]],
    ),
    "in containers behind it": (
        lambda two, end: BackgroundTasks([end, BackgroundTasks([Tasks([two[0]]), two[1]])]),
        [[LOST, LOST]],
    ),
    "in Lilya's container": (
        lambda two, end: BackgroundTasks([Tasks([end, two[0]]), two[1]]),
        [[], [LOST, LOST]],
    ),
    "beside it in a group": (
        lambda two, end: BackgroundTasks(
            [BackgroundTasks([anyio.sleep_forever, *two]), BackgroundTasks([others_wait, end])],
            as_group=True,
        ),
        [[], [LOST, LOST]],
    ),
}


async def others_wait() -> None:
    await anyio.wait_all_tasks_blocked()


@pytest.mark.parametrize("end", [fail_async, anyio.sleep_forever], ids=["fails", "cancelled"])
@pytest.mark.parametrize(("hold", "lost"), HOLDING.values(), ids=HOLDING)
async def test_what_it_costs_is_named_at_once(
    hold: Callable[[list[Any], Any], Task], lost: list[list[str]], end: Any, told: Records
) -> None:
    kept = [BackgroundTask(succeed), BackgroundTask(succeed)]

    with anyio.move_on_after(PATIENCE if end is fail_async else 0.05), suppress(Exception):
        await hold(kept, BackgroundTask(end))()

    assert sorted(told.lost) == sorted(lost)
    told.clear()
    del kept
    assert told == []


async def test_siblings_that_never_began_are_named_by_what_ended_the_group(told: Records) -> None:
    async with one_token() as limiter, limiter:  # so that sync tasks wait for a thread
        with suppress(Exception):
            await BackgroundTasks([succeed, fail_async, succeed], as_group=True)()
        with anyio.move_on_after(0.01):
            await BackgroundTasks([succeed, succeed], as_group=True)()

    assert told.names == [full_name(fail_async), OURS]
    assert told.lost == [[LOST, LOST]] * 2


def test_a_program_that_cancels_a_group_and_ends_names_every_task() -> None:
    program = """
import os, anyio, time, logging
from ravyn_bg import BackgroundTasks
def slow(): time.sleep(0.1)
async def waits(): await anyio.sleep(60)
def first(): ...
def second(): ...
def third(): ...
async def main():
    two = [BackgroundTasks([waits, first]), BackgroundTasks([slow, second, third])]
    with anyio.move_on_after(0.05):
        await BackgroundTasks(two, as_group=True)()
    os._exit(0)
logging.basicConfig()
anyio.run(main)
"""
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, check=True)

    for name in ("waits", "first", "second", "third"):
        assert f"__main__.{name}" in done.stderr.decode()


class Once:
    def __await__(self) -> Generator[None, None, None]:
        yield


async def wait_once() -> None:
    await Once()


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_task_may_end_in_another_context(is_closed: bool, told: Records) -> None:
    """As where the garbage collector closes what no event loop will ever resume."""
    running = BackgroundTask(wait_once)()
    copy_context().run(running.send, None)
    with suppress(StopIteration):
        running.close() if is_closed else running.send(None)

    assert told.of("was cancelled") == told.names == [full_name(wait_once)] * is_closed
