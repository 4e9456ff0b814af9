"""How tasks run: one, several in order, several side by side.

Sync tasks that follow one another share a hop to a worker thread: the hop is where the time goes.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from contextvars import copy_context
from inspect import CO_COROUTINE, isawaitable
from time import monotonic
from types import FunctionType
from typing import Any

from anyio import create_task_group, to_thread
from lilya.background import Task, Tasks
from lilya.compat import is_async_callable

from ravyn_bg._naming import leaves, within
from ravyn_bg._reports import (
    current_asyncio_task,
    failure_in,
    forget,
    mark,
    never_ran,
    report,
    tick,
)

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

# Seconds after which a hop gives its thread back, so that nobody waits long for one. What is saved
# by sharing a hop is some 0.0001.
HOP = 0.01

END: Any = object()


class RunTask(Task):
    """A task that runs by itself, and accounts for it if it never does."""

    __slots__ = ("_accounted",)  # set when it begins, or is named as lost

    func: Callable[..., Any]  # Lilya's is one that returns an awaitable

    async def __call__(self) -> None:
        await run(self)

    def __del__(self, tell: Callable[[Any], None] = never_ran) -> None:
        if not hasattr(self, "_accounted"):
            tell(self)


plain_call = RunTask.__call__


class RunTasks(Tasks):
    """Tasks that run in order or side by side, and are accounted for where one of them fails."""

    __slots__ = ("continue_on_error",)

    continue_on_error: bool

    async def run_single(self) -> None:
        line, failures = Line(self.tasks, self), []
        while line.take():
            task = line.task
            try:
                if type(task).__call__ is not plain_call or isinstance(task.func, Task):
                    await call(task, self)
                elif is_async(task.func):
                    task._accounted = True
                    await task.func(*task.args, **task.kwargs)
                else:
                    await line.hop()
            except BaseException as error:
                if not line.settle(error):
                    raise
                failures.append(error)
        if failures:
            raise together(failures, of=line.count)

    async def run_as_group(self) -> None:
        tasks, failures = list(self.tasks), {}

        async def run_one(task: Any, place: int) -> None:
            since = tick()
            try:
                if type(task).__call__ is not plain_call or isinstance(task.func, Task):
                    await call(task, self)
                else:
                    await run(task)
            except BaseException as error:
                goes_on = settle(task, error, since, self)
                forget(error)  # a sibling may raise the same object
                if not goes_on:
                    raise
                failures[place] = error

        try:
            async with create_task_group() as group:
                for place, task in enumerate(tasks):
                    group.start_soon(run_one, task, place)
        except BaseException as error:
            if (failure := failure_in(error)) is not None:
                mark(failure)
            raise
        if failures:
            raise together([failures.pop(place) for place in sorted(failures)], of=len(tasks))


async def run(task: Any) -> None:
    """Call the function of one task, and report it if it fails."""
    since = tick()
    try:
        if is_async(task.func):
            task._accounted = True
            await task.func(*task.args, **task.kwargs)
        else:
            line = Line((task,))
            line.take()
            await line.hop()
    except BaseException as error:
        settle(task, error, since)
        raise


async def call(task: Any, container: Tasks) -> None:
    """Run a task of another class as that class says."""
    if any(each is container for each in within(task)):
        raise RuntimeError(
            f"This {type(container).__name__} contains itself and would run for ever. To run its "
            f"tasks again, give it a copy of them: BackgroundTasks(list(tasks.tasks))."
        )
    await task()


class Line:
    """Tasks that run in order: which one runs now, and which are still to come."""

    __slots__ = ("coming", "container", "count", "left", "since", "taken", "task")

    def __init__(self, tasks: Iterable[Any], container: Any = None) -> None:
        self.coming = iter(tasks)
        self.container = container
        self.count = 0
        self.taken = False

    def take(self) -> bool:
        """Make the next task the one that runs now, if there is one."""
        if not self.taken:
            self.task = next(self.coming, END)
            self.count += self.task is not END
        self.taken = False
        self.since = tick()
        return self.task is not END

    def settle(self, error: BaseException) -> bool:
        return settle(self.task, error, self.since, self.container, self.coming)

    async def hop(self) -> None:
        """Run this sync task, and those that follow it, in one worker thread."""
        self.left = False
        asked = getattr(current_asyncio_task(), "cancelling", int)  # not before Python 3.11
        try:
            returned = await to_thread.run_sync(self.run_in_thread, asked, asked())
        finally:
            self.left = True  # a task that asyncio itself cancels does not wait for its thread
        if returned:
            await returned[0]

    def run_in_thread(self, asked: Callable[[], int], before: int) -> tuple[Any] | None:
        until = monotonic() + HOP
        while True:
            try:
                result = copy_context().run(call_now, self.task)
            except Exception as error:
                self.settle(error)  # here, because nobody may be waiting for it any more
                raise
            if result is not None and isawaitable(result):
                return (result,)  # in a tuple, because Trio takes no coroutine from a thread
            if monotonic() > until or self.left or asked() > before or not self.take():
                return None
            if type(self.task).__call__ is not plain_call or is_async(self.task.func):
                self.taken = True
                return None
            check_cancelled()


def call_now(task: Any) -> Any:
    task._accounted = True
    try:
        return task.func(*task.args, **task.kwargs)
    except StopIteration as error:  # which no coroutine can raise
        raise RuntimeError("coroutine raised StopIteration") from error


def check_cancelled() -> None:
    from anyio.from_thread import check_cancelled  # slower to load than all of `ravyn_bg`

    check_cancelled()


def is_async(func: Any) -> bool:
    """Whether calling `func` gives something to await, as far as can be told without calling it."""
    if type(func) is FunctionType:
        # Nearly every task. `inspect` takes microseconds to say the same, and is needed only where
        # an attribute may mark the function (`inspect.markcoroutinefunction`).
        if func.__code__.co_flags & CO_COROUTINE or not func.__dict__:
            return bool(func.__code__.co_flags & CO_COROUTINE)
    with suppress(Exception):  # an object that refuses to be asked: calling it will tell
        # Calling a class makes an instance, however async that is to call.
        return not isinstance(func, type) and is_async_callable(func)
    return False


def settle(
    task: Any, error: BaseException, since: int, container: Any = None, coming: Iterable[Any] = ()
) -> bool:
    """Report what failed, with what is lost by it; whether the tasks behind it run."""
    failure = failure_in(error)
    goes_on = failure is error and getattr(container, "continue_on_error", False)
    if failure is not None:
        lost: list[Any] = []
        if container is not None and not goes_on:
            lost = [each for each in leaves(task) if has_not_begun(each)]
            lost += [leaf for each in coming for leaf in leaves(each)]
            account_for(lost)
        report(task, failure, since, lost, container)
    return goes_on


def has_not_begun(task: Any) -> bool:
    return isinstance(task, RunTask) and not hasattr(task, "_accounted")


def account_for(tasks: Iterable[Any]) -> None:
    for each in tasks:
        if isinstance(each, RunTask):
            each._accounted = True


def together(failures: list[BaseException], of: int) -> BaseException:
    # Of plain exceptions it makes an `ExceptionGroup`, which is an `Exception`.
    error = BaseExceptionGroup(f"{len(failures)} of {of} background tasks failed", failures)
    failures.clear()  # or the exceptions, and the frame that holds them, would hold each other
    mark(error)
    return error
