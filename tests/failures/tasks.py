"""Tasks that fail, and all that they may be wrapped in."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks

Function = Callable[[], Any]
Wrap = Callable[[BackgroundTask], Any]
Kind = Callable[..., BackgroundTask]


class TaskError(Exception): ...


def fail() -> None:
    raise TaskError("from a worker thread")


async def fail_async() -> None:
    raise TaskError("on the event loop")


def succeed() -> None: ...


async def succeed_async() -> None: ...


class GroupOfItsOwn(BackgroundTask):
    async def __call__(self) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(super().__call__)


def awaited(inner: Callable[[], Coroutine[Any, Any, None]]) -> BackgroundTask:
    async def func() -> None:
        await inner()

    return BackgroundTask(func)


SHAPES: dict[str, Wrap] = {
    "alone": lambda task: task,
    "in order": lambda task: BackgroundTasks([task]),
    "in a group": lambda task: BackgroundTasks([task], as_group=True),
    "where it continues": lambda task: BackgroundTasks([task], continue_on_error=True),
    "in a group that continues": lambda task: BackgroundTasks([task], True, continue_on_error=True),
    "nested": lambda task: BackgroundTasks([BackgroundTasks([BackgroundTasks([task])])]),
    "a task of a task": lambda task: BackgroundTask(task),
    "a task of a container": lambda task: BackgroundTask(BackgroundTasks([task])),
    "a task of a partial": lambda task: BackgroundTask(functools.partial(BackgroundTasks([task]))),
    "awaited by a function": awaited,
    "awaited in a group": lambda task: awaited(BackgroundTasks([task], as_group=True)),
    "in Lilya's container": lambda task: Tasks([task]),
    "in Lilya's group": lambda task: Tasks([task], as_group=True),
    "in Lilya's task": lambda task: Task(task),
}


async def error_of(task: Callable[[], Coroutine[Any, Any, None]]) -> Any:
    """What a task raises, which must be something."""
    with pytest.raises(BaseException) as raised:  # noqa: PT011  # tests look at what it is
        await task()
    return raised.value


def full_name(func: Callable[..., Any]) -> str:
    return f"{func.__module__}.{func.__qualname__}"
