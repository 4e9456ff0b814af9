"""Cancellation and the end of the program are no failures; what fails beside them is."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

import anyio
import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.tasks import SHAPES, TaskError, error_of, full_name
from tests.reports import Records, leaves

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

pytestmark = pytest.mark.anyio

without_a_group = pytest.mark.parametrize("shape", [each for each in SHAPES if "group" not in each])


@without_a_group
async def test_the_end_of_the_program_is_no_failure_and_ends_everything(
    shape: str, goes_on: bool, told: Records
) -> None:
    ran: list[str] = []
    end = KeyboardInterrupt()

    def stop() -> None:
        raise end

    async def stop_async() -> None:
        raise end

    for each in (stop, stop_async):
        tasks = [SHAPES[shape](BackgroundTask(each)), BackgroundTask(ran.append, "after")]
        assert await error_of(BackgroundTasks(tasks, continue_on_error=goes_on)) is end

        assert ran == []
        assert f"Background task {full_name(each)} was interrupted" in str(told.messages)
        assert [name for each in told.lost for name in each] == ["list.append"]
        assert {each.levelname for each in told} == {"WARNING"}
        told.clear()


async def test_a_failure_beside_cancellation_in_a_group_is_reported(
    goes_on: bool, told: Records
) -> None:
    ran: list[str] = []

    async def fail_when_cancelled() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise TaskError

    both = [BackgroundTask(anyio.sleep_forever), BackgroundTask(fail_when_cancelled)]
    inner = BackgroundTasks(both, as_group=True, continue_on_error=goes_on)
    outer = BackgroundTasks([inner, BackgroundTask(ran.append, "")], continue_on_error=goes_on)

    with suppress(BaseExceptionGroup):  # where it goes on, the cancellation is all that is left
        async with anyio.create_task_group() as group:
            group.start_soon(outer)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

    assert told.of("failed")[0] == full_name(fail_when_cancelled)
    assert [type(each) for each in told.errors] == [TaskError]
    assert ran == []


async def test_a_group_with_the_end_of_the_program_in_it_passes_and_what_else_failed_is_reported(
    as_group: bool, told: Records
) -> None:
    ran: list[str] = []
    ends = BaseExceptionGroup("", [TaskError(), BaseExceptionGroup("", [KeyboardInterrupt()])])

    async def stop() -> None:
        raise ends

    inner = BackgroundTasks([BackgroundTask(stop)], as_group, continue_on_error=True)
    last = BackgroundTask(ran.append, "after")
    error = await error_of(BackgroundTasks([inner, last], continue_on_error=True))

    assert [type(each) for each in leaves(error)] == [TaskError, KeyboardInterrupt]
    assert "background tasks failed" not in str(error)
    assert ran == []
    assert [type(each) for each in told.errors] == [TaskError]
    assert told.lost == [[], ["list.append"]]


if sys.version_info >= (3, 11):

    @pytest.mark.parametrize("anyio_backend", ["asyncio"])
    async def test_a_cancellation_that_nobody_asked_for_is_a_failure(
        as_group: bool, told: Records
    ) -> None:
        ran: list[str] = []

        async def wait_for_what_is_cancelled() -> None:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            future.cancel()
            await future

        two = [BackgroundTask(wait_for_what_is_cancelled), BackgroundTask(ran.append, "after")]
        error = await error_of(BackgroundTasks(two, as_group, continue_on_error=True))

        assert [type(each) for each in leaves(error)] == [asyncio.CancelledError]
        assert told.names == [full_name(wait_for_what_is_cancelled)]
        assert ran == ["after"]


def test_what_is_raised_where_no_loop_runs_is_a_failure(told: Records) -> None:
    class Stopped(BaseException): ...

    async def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        BackgroundTask(stop)().send(None)

    assert told.names == [full_name(stop)]
