"""A container that contains itself is refused; what recurses too deep is reported."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest
from lilya.background import Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import (
    Container,
    both_modes,
    error_of,
    full_name,
    leaves,
)

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


def itself() -> BackgroundTasks:
    tasks = BackgroundTasks()
    tasks.tasks.append(tasks)
    return tasks


def through_a_task() -> BackgroundTasks:
    tasks = BackgroundTasks()
    tasks.tasks.append(BackgroundTask(tasks))
    return tasks


def through_add_task() -> BackgroundTasks:
    tasks = BackgroundTasks()
    tasks.add_task(BackgroundTasks([tasks]))
    return tasks


def through_another_container() -> BackgroundTasks:
    tasks = BackgroundTasks()
    tasks.tasks.append(BackgroundTasks([BackgroundTasks([tasks])]))
    return tasks


def through_lilyas_container() -> BackgroundTasks:
    tasks = BackgroundTasks()
    tasks.tasks.append(Tasks([tasks]))
    return tasks


def as_a_subclass() -> BackgroundTasks:
    tasks = Container()
    tasks.tasks.append(tasks)
    return tasks


LOOPS = [
    itself,
    through_a_task,
    through_add_task,
    through_another_container,
    through_lilyas_container,
    as_a_subclass,
]


@both_modes
@pytest.mark.parametrize("loop", LOOPS)
async def test_a_container_that_contains_itself_is_refused_with_a_clear_error(
    loop: Callable[[], BackgroundTasks], as_group: bool, records: Records
) -> None:
    tasks = loop()
    tasks.as_group = as_group

    [error] = leaves(await error_of(tasks))

    assert type(error) is RuntimeError
    assert "contains itself and would run for ever" in str(error)
    assert len(traceback.extract_tb(error.__traceback__)) < 50
    assert records.errors == [error]


async def test_it_is_refused_deep_inside_others_as_well(records: Records) -> None:
    error = await error_of(BackgroundTasks([BackgroundTasks([BackgroundTasks([itself()])])]))

    assert "contains itself and would run for ever" in str(error)
    assert records.names == ["ravyn_bg.background.BackgroundTasks.__call__"]


async def test_tasks_around_a_container_that_contains_itself_run(records: Records) -> None:
    ran: list[str] = []
    tasks = BackgroundTasks([BackgroundTask(ran.append, "before")], continue_on_error=True)
    tasks.tasks.append(tasks)
    tasks.add_task(ran.append, "after")

    error = await error_of(tasks)

    assert ran == ["before", "after"]
    assert error.message == "1 of 3 background tasks failed"
