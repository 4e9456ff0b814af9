"""Cancellation and the end of the program are no failures; what fails beside them is."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Generator
from contextlib import suppress

import anyio
import anyio.from_thread
import pytest
from lilya.background import Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import (
    SHAPES,
    Function,
    Subclass,
    TaskError,
    both_modes,
    error_of,
    full_name,
    leaves,
    three_ways,
)

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

pytestmark = pytest.mark.anyio

stops_or_not = pytest.mark.parametrize("goes_on", [False, True], ids=["stops", "goes on"])


class OwnBaseError(BaseException): ...


@stops_or_not
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
async def test_the_end_of_the_program_passes_through_unreported(
    kind: type[BaseException], goes_on: bool, records: Records
) -> None:
    ran: list[str] = []
    end = kind()

    def stop() -> None:
        raise end

    async def stop_async() -> None:
        raise end

    for function in (stop, stop_async):
        assert await error_of(BackgroundTask(function)) is end
        assert await error_of(Subclass(function)) is end
        tasks = [BackgroundTask(function), BackgroundTask(ran.append, "after")]
        for each in (BackgroundTasks(tasks), Tasks(tasks), BackgroundTask(BackgroundTasks(tasks))):
            assert await error_of(BackgroundTasks([each], continue_on_error=goes_on)) is end

    assert ran == []
    assert records == []


@three_ways
@stops_or_not
async def test_cancellation_passes_through_unreported_and_stops_at_once(
    goes_on: bool, as_group: bool | None, records: Records
) -> None:
    ran: list[str] = []
    started = anyio.Event()

    async def wait_for_ever() -> None:
        started.set()
        await anyio.sleep_forever()

    task = BackgroundTask(wait_for_ever)
    inner = task if as_group is None else BackgroundTasks([task], as_group)
    tasks = BackgroundTasks([inner, BackgroundTask(ran.append, "")], continue_on_error=goes_on)
    async with anyio.create_task_group() as group:
        group.start_soon(tasks)
        await started.wait()
        group.cancel_scope.cancel()

    assert ran == []
    assert records == []


@stops_or_not
async def test_cancellation_between_two_sync_tasks_is_no_failure(
    goes_on: bool, records: Records
) -> None:
    ran: list[str] = []
    tasks = BackgroundTasks(continue_on_error=goes_on)
    async with anyio.create_task_group() as group:
        tasks.add_task(lambda: anyio.from_thread.run_sync(group.cancel_scope.cancel))
        tasks.add_task(ran.append, "after")
        group.start_soon(tasks)

    assert ran == []
    assert records == []


@stops_or_not
async def test_a_failure_beside_cancellation_in_a_group_is_reported(
    goes_on: bool, records: Records
) -> None:
    ran: list[str] = []
    started = anyio.Event()

    async def fail_when_cancelled() -> None:
        started.set()
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
            await started.wait()
            group.cancel_scope.cancel()

    assert records.names[0] == full_name(fail_when_cancelled)
    assert [type(leaf) for each in records.errors for leaf in leaves(each)] == [TaskError]
    assert ran == []


@both_modes
async def test_a_group_with_the_end_of_the_program_in_it_passes_and_what_else_failed_is_reported(
    as_group: bool, records: Records
) -> None:
    ran: list[str] = []
    ends = BaseExceptionGroup("", [OwnBaseError(), BaseExceptionGroup("", [SystemExit()])])

    async def stop() -> None:
        raise ends

    inner = BackgroundTasks([BackgroundTask(stop)], as_group, continue_on_error=True)
    last = BackgroundTask(ran.append, "after")
    error = await error_of(BackgroundTasks([inner, last], continue_on_error=True))

    assert [type(each) for each in leaves(error)] == [OwnBaseError, SystemExit]
    assert "background tasks failed" not in str(error)
    assert ran == []
    assert [[type(leaf) for leaf in leaves(each)] for each in records.errors] == [[OwnBaseError]]
    assert records.lost == [[], ["list.append"]]


if sys.version_info >= (3, 11):

    async def raises_it() -> None:
        raise asyncio.CancelledError

    async def waits_for_what_is_cancelled() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    @pytest.mark.parametrize("anyio_backend", ["asyncio"])
    @pytest.mark.parametrize("function", [raises_it, waits_for_what_is_cancelled])
    @three_ways
    async def test_a_cancellation_that_nobody_asked_for_is_a_failure(
        function: Function, as_group: bool | None, records: Records
    ) -> None:
        ran: list[str] = []
        two = [BackgroundTask(function), BackgroundTask(ran.append, "after")]
        tasks = BackgroundTasks(two, bool(as_group), continue_on_error=True)
        error = await error_of(two[0] if as_group is None else tasks)

        assert [type(each) for each in leaves(error)] == [asyncio.CancelledError]
        assert records.names == [full_name(function)]
        assert ran == ([] if as_group is None else ["after"])


async def test_a_scope_that_a_task_cancels_itself_is_its_own_affair(records: Records) -> None:
    ran: list[str] = []

    async def gives_up() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await anyio.sleep_forever()
        ran.append("gave up")

    await BackgroundTasks([BackgroundTask(gives_up), BackgroundTask(ran.append, "after")])()

    assert ran == ["gave up", "after"]
    assert records == []


@pytest.mark.parametrize("shape", [each for each in SHAPES if "group" not in each])
def test_a_task_that_is_closed_when_no_loop_runs_any_more_is_no_failure(
    shape: str, records: Records
) -> None:
    class Pause:
        def __await__(self) -> Generator[None, None, None]:
            yield

    async def wait() -> None:
        await Pause()

    running = SHAPES[shape](BackgroundTask(wait))()
    running.send(None)
    running.close()

    assert records == []
