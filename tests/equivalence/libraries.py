"""The two libraries that a program runs on, alike but for what the README says."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
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


class Library(NamedTuple):
    task: type[Task]
    tasks: type[Tasks]
    going_on: Callable[..., Tasks]


class GoesOn(Tasks):
    """What `continue_on_error=True` does."""

    async def __call__(self) -> None:
        failures: dict[int, BaseException] = {}

        async def run(place: int, task: Task) -> None:
            try:
                await task()
            except BaseException as error:
                if any(isinstance(each, CANCELLED) for each in leaves(error)):
                    raise
                failures[place] = error

        if self.as_group:
            async with anyio.create_task_group() as group:
                for place, task in enumerate(self.tasks):
                    group.start_soon(run, place, task)
        else:
            for place, task in enumerate(self.tasks):
                await run(place, task)
        if in_order := [error for _, error in sorted(failures.items())]:
            message = f"{len(in_order)} of {len(self.tasks)} background tasks failed"
            raise BaseExceptionGroup(message, in_order)


def leaves(error: BaseException | None) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in leaves(each)]
    return [error] if error is not None else []


def as_lilya_takes_it(function: Any, awaits: bool, keywords: dict[str, int]) -> Any:
    """A function that does, on Lilya, what it does as it is on `ravyn_bg`.

    There an awaitable that it returns is awaited, and a keyword may have the name of one of
    Lilya's own parameters.
    """

    async def calls_and_awaits(*args: Any, **kwargs: Any) -> None:
        returned: list[Any] = []
        call = partial(function, *args, **kwargs)
        await to_thread.run_sync(lambda: returned.append(call()))
        await returned[0]

    called = calls_and_awaits if awaits else function
    return partial(called, **keywords) if keywords else called


LILYA = Library(Task, Tasks, GoesOn)
OURS = Library(BackgroundTask, BackgroundTasks, partial(BackgroundTasks, continue_on_error=True))
