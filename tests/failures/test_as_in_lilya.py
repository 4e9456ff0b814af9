"""What a failure does after it was reported is what it does in Lilya."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import SHAPES, TaskError, both_functions, error_of, leaves

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

pytestmark = pytest.mark.anyio


@both_functions
async def test_the_same_exception_goes_on_to_the_caller(
    func: Callable[[], Any], records: Records
) -> None:
    shapes = ("alone", "in order", "nested 7 deep", "a task of a container", "in Lilya's container")
    for each in shapes:
        error = await error_of(SHAPES[each](BackgroundTask(func)))
        assert type(error) is TaskError
        assert records[-1].exc_info[1] is error


@both_functions
async def test_the_rest_of_a_sequence_does_not_run(func: Callable[[], Any]) -> None:
    ran: list[str] = []
    tasks = BackgroundTasks(
        [
            BackgroundTask(ran.append, "before"),
            BackgroundTask(func),
            BackgroundTask(ran.append, "after"),
        ]
    )

    with pytest.raises(TaskError):
        await tasks()
    with pytest.raises(TaskError):
        await BackgroundTasks([tasks, BackgroundTask(ran.append, "after")])()

    assert ran == ["before", "before"]


@both_functions
async def test_the_siblings_in_a_group_are_cancelled(
    func: Callable[[], Any], records: Records
) -> None:
    ended: list[str] = []

    async def wait_for_ever() -> None:
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            ended.append("cancelled")
            raise

    siblings = [BackgroundTask(wait_for_ever), BackgroundTask(func), BackgroundTask(wait_for_ever)]
    error = await error_of(BackgroundTasks(siblings, as_group=True))

    assert ended == ["cancelled"] * 2
    assert isinstance(error, ExceptionGroup)
    assert [type(each) for each in error.exceptions] == [TaskError]
    assert records.errors == [*error.exceptions]


@both_functions
async def test_a_group_raises_what_lilyas_group_raises(func: Callable[[], Any]) -> None:
    ours = await error_of(BackgroundTasks([BackgroundTask(func)], as_group=True))
    lilyas = await error_of(Tasks([Task(func)], as_group=True))

    assert type(ours) is type(lilyas)
    assert str(ours) == str(lilyas)
    assert [repr(each) for each in leaves(ours)] == [repr(each) for each in leaves(lilyas)]
