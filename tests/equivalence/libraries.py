"""The two libraries that a program runs on, alike but for what the README says."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import anyio
import trio
from anyio import to_thread
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

CANCELLED = (asyncio.CancelledError, trio.Cancelled)

Function = Callable[..., Any]


class Library(NamedTuple):
    task: type[Task]
    tasks: type[Tasks]
    going_on: Callable[..., Tasks]
    awaits_returned: Callable[[Function], Function]
    any_keyword: Callable[[Function, dict[str, Any]], tuple[Function, dict[str, Any]]]


class GoesOn(Tasks):
    """What `continue_on_error=True` does."""

    async def run_single(self) -> None:
        failures = [error for task in self.tasks if (error := await failure_of(task))]
        raise_together(failures, of=len(self.tasks))

    async def run_as_group(self) -> None:
        failures: dict[int, BaseException | None] = {}

        async def settle(place: int, task: Task) -> None:
            failures[place] = await failure_of(task)

        async with anyio.create_task_group() as group:
            for place, task in enumerate(self.tasks):
                group.start_soon(settle, place, task)
        in_order = [error for _, error in sorted(failures.items()) if error]
        raise_together(in_order, of=len(self.tasks))


async def failure_of(task: Task) -> BaseException | None:
    try:
        await task()
    except BaseException as error:
        if not is_failure(error):
            raise
        return error
    return None


def is_failure(error: BaseException) -> bool:
    """Whether it is no cancellation, and has none in it."""
    return BaseExceptionGroup("", [error]).subgroup(CANCELLED) is None


def raise_together(failures: Sequence[BaseException], of: int) -> None:
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} of {of} background tasks failed", failures)


def awaits_returned(function: Function) -> Function:
    """What a task does with an awaitable that a sync function returns."""

    async def calls_and_awaits(*args: Any, **kwargs: Any) -> None:
        returned: list[Awaitable[Any]] = []
        call = partial(function, *args, **kwargs)
        await to_thread.run_sync(lambda: returned.append(call()))
        await returned[0]

    return calls_and_awaits


LILYA = Library(
    Task,
    Tasks,
    GoesOn,
    awaits_returned,
    # `Task` itself has parameters of the names `func` and `self`.
    lambda function, keywords: (partial(function, **keywords), {}),
)
OURS = Library(
    BackgroundTask,
    BackgroundTasks,
    partial(BackgroundTasks, continue_on_error=True),
    lambda function: function,
    lambda function, keywords: (function, keywords),
)
