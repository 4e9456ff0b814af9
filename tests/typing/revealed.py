"""The types of what a task and a container hold and return."""

from collections.abc import Awaitable, Callable
from typing import Any

from lilya.background import Task
from typing_extensions import assert_type

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse


async def of_a_task(task: BackgroundTask) -> None:
    assert_type(task.func, Callable[..., Awaitable[Any]])
    assert_type(task.args, tuple[Any, ...])
    assert_type(task.kwargs, dict[str, Any])
    assert_type(await task(), None)


async def of_a_container(tasks: BackgroundTasks) -> None:
    assert_type(tasks.tasks, list[Task])
    assert_type(tasks.as_group, bool)
    assert_type(tasks.continue_on_error, bool)
    assert_type(tasks.add_task(print, "a"), None)
    assert_type(await tasks(), None)
    assert_type(tasks.func, Callable[..., Awaitable[Any]])
    assert_type(tasks.args, tuple[Any, ...])
    assert_type(tasks.kwargs, dict[str, Any])


def of_what_is_made() -> None:
    assert_type(BackgroundTask(print, "a"), BackgroundTask)
    assert_type([BackgroundTask(print), BackgroundTask(len, "a")], list[BackgroundTask])
    assert_type(JSONResponse({}).background, Task | None)
