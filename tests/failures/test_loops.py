"""A container that contains itself is refused; what recurses too deep is reported."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import Container, both_modes, error_of, full_name, leaves

pytestmark = pytest.mark.anyio


async def test_a_task_that_recurses_too_deep_is_reported(records: Records) -> None:
    ran: list[str] = []

    def recurse() -> None:
        recurse()

    async def recurse_async() -> None:
        await recurse_async()

    tasks = [BackgroundTask(each) for each in (recurse, recurse_async)]
    tasks.append(BackgroundTask(ran.append, "after"))
    error = await error_of(BackgroundTasks(tasks, continue_on_error=True))

    assert ran == ["after"]
    assert [type(each) for each in leaves(error)] == [RecursionError] * 2
    assert records.names == [full_name(recurse), full_name(recurse_async)]


LOOPS: dict[str, Callable[[BackgroundTasks], Task]] = {
    "itself": lambda tasks: tasks,
    "a task of it": lambda tasks: BackgroundTask(tasks),
    "another container": lambda tasks: BackgroundTasks([BackgroundTasks([tasks])]),
    "Lilya's container": lambda tasks: Tasks([tasks]),
}


@both_modes
@pytest.mark.parametrize("kind", [BackgroundTasks, Container])
@pytest.mark.parametrize("loop", LOOPS)
async def test_a_container_that_contains_itself_is_refused_with_a_clear_error(
    loop: str, kind: type[BackgroundTasks], as_group: bool, records: Records
) -> None:
    tasks = kind(as_group=as_group)
    tasks.tasks.append(LOOPS[loop](tasks))

    [error] = leaves(await error_of(BackgroundTasks([tasks])))

    assert type(error) is RuntimeError
    assert "contains itself and would run for ever" in str(error)
    assert len(traceback.extract_tb(error.__traceback__)) < 50
    assert [leaf for each in records.errors for leaf in leaves(each)] == [error]
    assert records.names[0].endswith(".__call__")


async def test_tasks_around_a_container_that_contains_itself_run() -> None:
    ran: list[str] = []
    tasks = BackgroundTasks([BackgroundTask(ran.append, "before")], continue_on_error=True)
    tasks.tasks.append(tasks)
    tasks.add_task(ran.append, "after")

    error = await error_of(tasks)

    assert ran == ["before", "after"]
    assert error.message == "1 of 3 background tasks failed"
