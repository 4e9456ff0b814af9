"""The two libraries that a program runs on, alike but for what the documentation says."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
from functools import partial
from typing import Any, NamedTuple

import trio
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.reports import leaves

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError, trio.Cancelled)


class Library(NamedTuple):
    task: type[Task]
    tasks: type[Tasks]
    going_on: Any  # with `continue_on_error`


class GoesOn(Tasks):
    """What `continue_on_error=True` does, made of Lilya's own."""

    async def __call__(self) -> None:
        failures: dict[int, BaseException] = {}

        async def run(place: int, task: Task) -> None:
            try:
                await task()
            except BaseException as error:
                if any(isinstance(each, CANCELLED) for each in leaves(error)):
                    raise
                failures[place] = error

        runs: Any = Tasks(as_group=self.as_group)
        runs.tasks = (partial(run, *each) for each in enumerate(self.tasks))  # with what is added
        await runs()
        if failures:
            message = f"{len(failures)} of {len(self.tasks)} background tasks failed"
            raise BaseExceptionGroup(message, [error for _, error in sorted(failures.items())])


def group(message: str) -> BaseException:
    return BaseExceptionGroup("group", [OSError(message)])


LILYA = Library(Task, Tasks, GoesOn)
OURS = Library(BackgroundTask, BackgroundTasks, partial(BackgroundTasks, continue_on_error=True))
