"""Cancellation and the end of the program are no failures."""

from __future__ import annotations

import sys
from collections.abc import Generator

import anyio
import pytest
from lilya.background import Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import SHAPES, Subclass, both_modes, error_of, leaves

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

pytestmark = pytest.mark.anyio


class OwnBaseError(BaseException): ...


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("continue_on_error", [False, True], ids=["stops", "continues"])
async def test_the_end_of_the_program_passes_through_unreported(
    kind: type[BaseException], continue_on_error: bool, records: Records
) -> None:
    ran: list[str] = []
    end = kind()

    def stop() -> None:
        raise end

    async def stop_async() -> None:
        raise end

    for func in (stop, stop_async):
        assert await error_of(BackgroundTask(func)) is end
        assert await error_of(Subclass(func)) is end
        tasks = [BackgroundTask(func), BackgroundTask(ran.append, "after")]
        for each in (BackgroundTasks(tasks), Tasks(tasks), BackgroundTask(BackgroundTasks(tasks))):
            outer = BackgroundTasks([each], continue_on_error=continue_on_error)
            assert await error_of(outer) is end

    assert ran == []
    assert records == []


@pytest.mark.parametrize("as_group", [None, False, True], ids=["alone", "in order", "as group"])
@pytest.mark.parametrize("continue_on_error", [False, True], ids=["stops", "continues"])
async def test_cancellation_passes_through_unreported_and_stops_at_once(
    continue_on_error: bool, as_group: bool | None, records: Records
) -> None:
    ran: list[str] = []
    started = anyio.Event()

    async def wait_for_ever() -> None:
        started.set()
        await anyio.sleep_forever()

    task = BackgroundTask(wait_for_ever)
    inner = task if as_group is None else BackgroundTasks([task], as_group)
    last = BackgroundTask(ran.append, "after")
    tasks = BackgroundTasks([inner, last], continue_on_error=continue_on_error)
    async with anyio.create_task_group() as group:
        group.start_soon(tasks)
        await started.wait()
        group.cancel_scope.cancel()

    assert ran == []
    assert records == []


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
    assert [type(each) for each in leaves(records[0].exc_info[1])] == [OwnBaseError]
    assert [each.background_tasks_lost for each in records] == [[], ["list.append"]]


async def test_a_group_of_errors_without_it_is_a_failure(records: Records) -> None:
    fails = BaseExceptionGroup("", [OwnBaseError()])

    def fail() -> None:
        raise fails

    assert await error_of(BackgroundTask(fail)) is fails

    assert records.errors == [fails]


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


SHAPES_IN_ORDER = [each for each in SHAPES if "group" not in each]


@pytest.mark.parametrize("shape", SHAPES_IN_ORDER)
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
