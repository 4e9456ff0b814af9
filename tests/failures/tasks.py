"""Tasks that fail, and all that they may be wrapped in."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

Wrap = Callable[[BackgroundTask], Any]
Kind = Callable[..., BackgroundTask]


class TaskError(Exception): ...


def fail() -> None:
    raise TaskError("from a worker thread")


async def fail_async() -> None:
    raise TaskError("on the event loop")


def succeed() -> None: ...


async def succeed_async() -> None: ...


class Subclass(BackgroundTask):
    async def __call__(self) -> None:
        await super().__call__()


class GroupOfItsOwn(BackgroundTask):
    async def __call__(self) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(super().__call__)


class Container(BackgroundTasks):
    async def __call__(self) -> None:
        await super().__call__()


class LilyasContainer(Tasks):
    async def __call__(self) -> None:
        await super().__call__()


def awaited(inner: Callable[[], Coroutine[Any, Any, None]]) -> BackgroundTask:
    async def func() -> None:
        await inner()

    return BackgroundTask(func)


def nested(task: BackgroundTask, depth: int, **flags: bool) -> BackgroundTasks:
    tasks = BackgroundTasks([task], **flags)
    for _ in range(depth - 1):
        tasks = BackgroundTasks([tasks], **flags)
    return tasks


SHAPES: dict[str, Wrap] = {
    "alone": lambda task: task,
    "in order": lambda task: BackgroundTasks([task]),
    "in a group": lambda task: BackgroundTasks([task], as_group=True),
    "where it continues": lambda task: BackgroundTasks([task], continue_on_error=True),
    "in a group that continues": lambda task: BackgroundTasks([task], True, continue_on_error=True),
    "nested 2 deep": lambda task: nested(task, 2),
    "nested 7 deep": lambda task: nested(task, 7),
    "in groups 3 deep": lambda task: nested(task, 3, as_group=True),
    "continuing 3 deep": lambda task: nested(task, 3, continue_on_error=True),
    "in continuing groups": lambda task: nested(task, 3, as_group=True, continue_on_error=True),
    "a task of a task": lambda task: BackgroundTask(task),
    "a task of a container": lambda task: BackgroundTask(BackgroundTasks([task])),
    "a task of a group": lambda task: BackgroundTask(BackgroundTasks([task], as_group=True)),
    "a task of a partial": lambda task: BackgroundTask(functools.partial(BackgroundTasks([task]))),
    "a task of a method": lambda task: BackgroundTask(BackgroundTasks([task]).__call__),
    "awaited by a function": awaited,
    "awaited in a container": lambda task: awaited(BackgroundTasks([task])),
    "awaited in a group": lambda task: awaited(BackgroundTasks([task], as_group=True)),
    "in a container of its own class": lambda task: Container([task]),
    "in a group of its own class": lambda task: Container([task], as_group=True),
    "in Lilya's container": lambda task: Tasks([task]),
    "in Lilya's group": lambda task: Tasks([task], as_group=True),
    "in a subclass of Lilya's": lambda task: LilyasContainer([task]),
    "in a group, a subclass of Lilya's": lambda task: LilyasContainer([task], as_group=True),
    "in Lilya's task": lambda task: Task(task),
}

KINDS: dict[str, Kind] = {
    "plain": BackgroundTask,
    "subclass": Subclass,
    "subclass with a group of its own": GroupOfItsOwn,
}

both_functions = pytest.mark.parametrize("func", [fail, fail_async], ids=["sync", "async"])
both_modes = pytest.mark.parametrize("as_group", [False, True], ids=["in order", "as group"])
every_shape = pytest.mark.parametrize("wrap", SHAPES.values(), ids=SHAPES)
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


async def error_of(task: Callable[[], Coroutine[Any, Any, None]]) -> Any:
    """What a task raises, which must be something."""
    with pytest.raises(BaseException) as raised:  # noqa: PT011  # tests look at what it is
        await task()
    return raised.value


def leaves(error: BaseException) -> list[BaseException]:
    """The errors in a group of errors, or the one that is none."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in leaves(each)]
    return [error]


def full_name(func: Callable[..., Any]) -> str:
    return f"{func.__module__}.{func.__qualname__}"
