"""A container that contains itself is refused, which costs no other task."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from lilya.background import Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.tasks import error_of, fail
from tests.reports import Records, leaves

pytestmark = pytest.mark.anyio

LOOPS: dict[str, Callable[[BackgroundTasks], Any]] = {
    "itself": lambda tasks: tasks,
    "a task of it": lambda tasks: BackgroundTask(tasks),
    "another container": lambda tasks: BackgroundTasks([BackgroundTasks([tasks])]),
    "Lilya's container": lambda tasks: Tasks([tasks]),
}


@pytest.mark.parametrize("loop", LOOPS)
async def test_a_container_that_contains_itself_is_refused_with_a_clear_error(
    loop: str, as_group: bool, told: Records
) -> None:
    ran: list[str] = []
    tasks = BackgroundTasks([BackgroundTask(ran.append, "")], as_group, continue_on_error=True)
    tasks.tasks.append(LOOPS[loop](tasks))
    tasks.add_task(ran.append, "")

    [error] = leaves(await error_of(tasks))

    assert ran == ["", ""]
    assert type(error) is RuntimeError
    assert str(error).startswith("This BackgroundTasks contains itself and would run for ever: ")
    assert len(traceback.extract_tb(error.__traceback__)) < 50
    assert told.errors == [error]
    assert told.names[0].endswith(".__call__")

    await error_of(BackgroundTasks([BackgroundTask(fail), tasks]))

    assert told.lost[-1] == ["list.append"] * 2
