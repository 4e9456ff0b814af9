"""A task that a cancellation ends half-way says so, once, and names what it costs, at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from contextvars import copy_context

import anyio
import pytest
from lilya.background import Task

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.tasks import Wrap, fail, fail_async, full_name, succeed
from tests.reports import Records
from tests.test_cancellation import leave_in_its_thread
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


WAYS: list[tuple[Way, str]] = [(by_asyncio, "asyncio")]
WAYS += [(each, backend) for each in (by_a_scope, by_a_sibling) for backend in ("asyncio", "trio")]


@pytest.mark.parametrize(("way", "anyio_backend"), WAYS)
async def test_whatever_cancels_it_and_whatever_it_is_wrapped_in(
    way: Way, wrap: Wrap, goes_on: bool, told: Records
) -> None:
    task = wrap(BackgroundTask(anyio.sleep_forever))
    await way(BackgroundTasks([task, succeed], continue_on_error=goes_on))

    names = told.of("was cancelled")
    assert names.count(FOREVER) == 1
    assert {*names} <= {FOREVER, OURS, "tests.failures.tasks.awaited.<locals>.func"}
    assert [name for each in told.lost for name in each] == [LOST]
    failed = [each for each in told if each.exc_info]
    assert len(told) - len(names) == len(failed) == (way is by_a_sibling)


async def test_a_timeout_inside_its_own_function_is_none(told: Records) -> None:
    async def waits_a_little() -> None:
        with anyio.move_on_after(0):
            await anyio.sleep_forever()

    await BackgroundTasks([waits_a_little, succeed])()

    assert told == []


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in order"])
@pytest.mark.parametrize("then", [fail, interrupt, succeed])
def test_a_sync_task_that_asyncio_leaves_behind_in_its_thread(
    then: Callable[[], None], alone: bool, told: Records
) -> None:
    fails = then is fail
    thread = leave_in_its_thread(
        lambda held: BackgroundTask(held) if alone else BackgroundTasks([held, succeed]), then
    )

    assert ".Held.__call__ was cancelled, but goes on in its thread" in told.messages[0]
    assert told.lost == [[] if alone else [LOST], *([[]] if fails else [])]
    assert [each.levelname for each in told] == ["WARNING", *(["ERROR"] if fails else [])]
    assert not fails or told[1].thread == thread.ident


async def test_siblings_that_never_began_are_named_by_what_ended_the_group(told: Records) -> None:
    async with one_token() as limiter, limiter:  # so that sync tasks wait for a thread
        with suppress(Exception):
            await BackgroundTasks([succeed, fail_async, succeed], as_group=True)()
        with anyio.move_on_after(0.01):
            await BackgroundTasks([succeed, succeed], as_group=True)()

    assert told.names == [full_name(fail_async), OURS]
    assert told.lost == [[LOST, LOST]] * 2


async def test_what_a_sibling_adds_to_its_group_is_named_with_that(told: Records) -> None:
    async def add_another() -> None:
        tasks.add_task(succeed)

    tasks = BackgroundTasks([add_another, fail_late], as_group=True)

    with suppress(Exception):
        await tasks()

    assert told.lost == [[LOST]]


async def fail_late() -> None:
    await anyio.wait_all_tasks_blocked()
    await fail_async()


async def test_a_single_task_that_waits_for_a_thread_says_at_once_that_it_never_ran(
    told: Records,
) -> None:
    task = BackgroundTask(succeed)
    async with one_token() as limiter, limiter, anyio.create_task_group() as group:
        group.start_soon(task)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()

    assert told.of("never ran") == told.names == [LOST]


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
