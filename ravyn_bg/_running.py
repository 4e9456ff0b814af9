"""How tasks run: one, several in order, several side by side.

Sync tasks that follow one another share a hop to a worker thread: the hop is where the time goes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import copy_context
from functools import cache
from inspect import CO_COROUTINE, isawaitable
from time import monotonic
from types import FunctionType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter, create_task_group, to_thread
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
    reports,
)

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

T = TypeVar("T")

# How a container runs a task: it awaits an async function, calls a sync one in a thread that tasks
# share, and lets a task of another class run itself.
AWAIT, HOP, CALL = "await", "hop", "call"

# Seconds after which a hop gives its thread back, so that nobody waits long for one. What is saved
# by sharing a hop is some 0.0001.
SHARED = 0.01


class RunTask(Task):
    """A task that runs by itself, and accounts for it if it never does."""

    __slots__ = ("_accounted",)

    _accounted: bool  # not set until it begins, or is named as lost
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
        line = Line(self.tasks, self)
        coming, failures = line.coming, []
        kind: Any = None
        func, way = kind, CALL
        for line.count, line.task in coming:
            task, line.since = line.task, reports.count
            try:
                if way is CALL or type(task) is not kind or task.func is not func:
                    # Looked up once for tasks that are alike, as they often are.
                    kind, func, way = type(task), getattr(task, "func", None), way_of(task)
                if way is AWAIT:
                    task._accounted = True  # `call` would do, for one more coroutine
                    await func(*task.args, **task.kwargs)
                elif way is HOP:
                    await line.hop()
                else:
                    await call(task, self)
            except BaseException as error:
                if not line.settle(error):
                    raise
                failures.append(error)
        if failures:
            raise together(failures, of=line.count)

    async def run_as_group(self) -> None:
        tasks, failures = list(self.tasks), {}

        async def run_one(task: Any, place: int) -> None:
            since = reports.count
            try:
                if (way := way_of(task)) is AWAIT:
                    task._accounted = True  # as above
                    await task.func(*task.args, **task.kwargs)
                else:
                    await (run(task) if way is HOP else call(task, self))
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
    line = Line(())
    line.task, line.since = task, reports.count
    try:
        if is_async(task.func):
            task._accounted = True
            await task.func(*task.args, **task.kwargs)
        elif returned := await in_thread(current_asyncio_task(), call_now, line):
            await returned[0]
    except BaseException as error:
        line.settle(error)
        raise


async def call(task: Any, container: Tasks) -> None:
    """Run a task of any kind, one of another class as that class says."""
    if way_of(task) is AWAIT:
        task._accounted = True
        await task.func(*task.args, **task.kwargs)
    elif any(each is container for each in within(task)):
        raise RuntimeError(
            f"This {type(container).__name__} contains itself and would run for ever. To run its "
            f"tasks again, give it a copy of them: BackgroundTasks(list(tasks.tasks))."
        )
    else:
        await task()


class Line:
    """Tasks that run in order: which one runs now, and which are still to come."""

    __slots__ = ("coming", "container", "count", "left", "since", "task")

    def __init__(self, tasks: Iterable[Any], container: Any = None) -> None:
        self.coming = enumerate(tasks, 1)
        self.container = container

    def settle(self, error: BaseException) -> bool:
        return settle(self.task, error, self.since, self.container, self.coming)

    async def hop(self) -> None:
        """Run this sync task, and those that follow it, in one worker thread."""
        self.left = False
        current = current_asyncio_task()
        asked = getattr(current, "cancelling", int)  # not before Python 3.11
        try:
            returned = await in_thread(current, self.run_in_thread, asked, asked())
        finally:
            self.left = True  # a task that asyncio itself cancels does not wait for its thread
        if returned is self:
            await call(self.task, self.container)
        elif returned:
            await returned[0]

    def run_in_thread(self, asked: Callable[[], int], before: int) -> Any:
        """What is to be awaited: a result, in a tuple, or the next task, if that is not sync."""
        until = monotonic() + SHARED
        while True:
            if returned := copy_context().run(call_now, self):
                return returned
            if monotonic() > until or not (following := next(self.coming, None)):
                return None
            (self.count, self.task), self.since = following, reports.count
            if way_of(self.task) is not HOP or self.left or asked() > before:
                return self
            cancellation_check()()


def call_now(line: Line) -> tuple[Any] | None:
    """Call a sync function, in a worker thread; what it returns is for the loop to await."""
    task = line.task
    task._accounted = True
    try:
        try:
            result = task.func(*task.args, **task.kwargs)
        except StopIteration as error:  # which no coroutine can raise
            raise RuntimeError("coroutine raised StopIteration") from error
    except Exception as error:
        line.settle(error)  # here, because nobody may be waiting for it any more
        raise
    # In a tuple, because Trio takes no coroutine from a thread.
    return (result,) if result is not None and isawaitable(result) else None


async def in_thread(current: asyncio.Task[Any] | None, func: Callable[..., T], *args: Any) -> T:
    limiter = thread_limiter(current.get_loop()) if current else None
    return await to_thread.run_sync(func, *args, limiter=limiter)


limiters: WeakKeyDictionary[object, CapacityLimiter] = WeakKeyDictionary()


def thread_limiter(loop: object) -> CapacityLimiter:
    """AnyIO's own, which AnyIO takes microseconds to find."""
    try:
        return limiters[loop]
    except KeyError:
        return limiters.setdefault(loop, to_thread.current_default_thread_limiter())


@cache
def cancellation_check() -> Callable[[], None]:
    from anyio.from_thread import check_cancelled  # slower to load than all of `ravyn_bg`

    return check_cancelled


def way_of(task: Any) -> str:
    """How a container runs a task."""
    if type(task).__call__ is not plain_call or isinstance(task.func, Task):
        return CALL
    return AWAIT if is_async(task.func) else HOP


def is_async(func: Any) -> bool:
    """Whether calling `func` gives something to await, as far as can be told without calling it."""
    if type(func) is FunctionType and not func.__dict__:
        # Nearly every task. `inspect` takes microseconds to say the same, and is needed only where
        # an attribute may mark the function (`inspect.markcoroutinefunction`).
        return bool(func.__code__.co_flags & CO_COROUTINE)
    with suppress(Exception):  # an object that refuses to be asked: calling it will tell
        # Calling a class makes an instance, however async that is to call.
        return not isinstance(func, type) and is_async_callable(func)
    return False


def settle(
    task: Any,
    error: BaseException,
    since: int,
    container: Any = None,
    coming: Iterable[tuple[int, Any]] = (),
) -> bool:
    """Report what failed, with what is lost by it; whether the tasks behind it run."""
    failure = failure_in(error)
    goes_on = failure is error and getattr(container, "continue_on_error", False)
    if failure is not None:
        lost: list[Any] = []
        if container is not None and not goes_on:
            lost = [each for each in leaves(task) if has_not_begun(each)]
            lost += [leaf for _, each in coming for leaf in leaves(each)]
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
