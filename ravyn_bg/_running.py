"""How tasks run: one, several in order, several side by side.

Sync tasks that follow one another share a hop to a worker thread: the hop is where the time goes.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import copy_context
from inspect import CO_COROUTINE, isawaitable
from time import monotonic
from types import FunctionType
from typing import Any

from anyio import create_task_group, to_thread
from lilya.background import Task, Tasks
from lilya.compat import is_async_callable

from ravyn_bg import _reports
from ravyn_bg._naming import within
from ravyn_bg._reports import current_asyncio_task, reported, settle

# Seconds after which a hop gives its thread back, so that nobody waits long for one. What is saved
# by sharing a hop is some 0.0001.
SHARED = 0.01


class RunTask(Task):
    """A task that runs by itself, and accounts for it if it never does."""

    __slots__ = ("_accounted",)  # set when it begins, or is named as lost

    async def __call__(self) -> None:
        line = Line(())
        line.task, line.since = self, reported[0]
        try:
            if is_async(self.func):
                self._accounted = True
                await self.func(*self.args, **self.kwargs)
            elif returned := await to_thread.run_sync(call_now, line):
                await returned[0]
        except BaseException as error:
            line.settle(error)
            raise

    def __del__(self, tell: Callable[[Any], None] = _reports.never_ran) -> None:
        if not getattr(self, "_accounted", False):
            tell(self)


plain_call = RunTask.__call__


class RunTasks(Tasks):
    """Tasks that run in order or side by side, and are accounted for where one of them fails."""

    __slots__ = ("continue_on_error",)

    async def run_single(self) -> None:
        if not self.tasks:
            return
        line, failures = Line(self.tasks, self), []
        coming, kind, func, way = line.coming, None, None, None
        for line.count, line.task in coming:
            task, line.since = line.task, reported[0]
            try:
                if way is None or type(task) is not kind or task.func is not func:
                    # Looked up once for tasks that are alike, as they often are.
                    kind, func, way = type(task), getattr(task, "func", None), is_plain_async(task)
                if way:
                    task._accounted = True  # `call` would do, for one more coroutine
                    await task.func(*task.args, **task.kwargs)
                else:
                    await (call(task, self) if way is None else line.hop())
            except BaseException as error:
                if not line.settle(error):
                    raise
                failures.append(error)
        if failures:
            raise _reports.together(failures, of=line.count)

    async def run_as_group(self) -> None:
        tasks, failures = list(self.tasks), {}

        async def run_one(place: int, task: Any) -> None:
            since = reported[0]
            try:
                await call(task, self)
            except BaseException as error:
                goes_on = settle(task, error, since, self)
                _reports.mark(error, as_new=True)  # a sibling may raise the same object
                if not goes_on:
                    raise
                failures[place] = error

        try:
            async with create_task_group() as group:
                for place, task in enumerate(tasks):
                    # With a name, which to find takes AnyIO microseconds.
                    group.start_soon(run_one, place, task, name="background task")
        except BaseException as error:
            _reports.mark(error)
            raise
        if failures:
            raise _reports.together([failures.pop(i) for i in sorted(failures)], of=len(tasks))


LOOP = "This {} contains itself and would run for ever: give it BackgroundTasks(list(tasks.tasks))."


def is_plain_async(task: Any) -> bool | None:
    """Whether a container awaits a task's function, or calls it in a thread that tasks share.

    `None` for a task of another kind, which runs itself.
    """
    if type(task).__call__ is not plain_call or isinstance(task.func, Task):
        return None
    return is_async(task.func)


def call(task: Any, container: Tasks) -> Any:
    """What runs a task of any kind when it is awaited, one of another class as that class says."""
    way = is_plain_async(task)
    if way:
        task._accounted = True
        return task.func(*task.args, **task.kwargs)
    if way is None and any(each is container for each in within(task)):
        raise RuntimeError(LOOP.format(type(container).__name__))
    return task()


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


class Line:
    """Tasks that run in order: which one runs now, and which are still to come."""

    task: Any

    def __init__(self, tasks: Iterable[Any], container: Any = None) -> None:
        self.coming = enumerate(tasks, 1)
        self.container = container

    def settle(self, error: BaseException) -> bool:
        return settle(self.task, error, self.since, self.container, self.coming)

    async def hop(self) -> None:
        """Run this sync task, and those that follow it, in one worker thread."""
        self.left, current = False, current_asyncio_task()
        asked = getattr(current, "cancelling", int)  # not before Python 3.11
        try:
            returned = await to_thread.run_sync(self.run_in_thread, asked, asked())
        finally:
            self.left = True  # a task that asyncio itself cancels does not wait for its thread
        if returned:
            await (call(self.task, self.container) if returned is self else returned[0])

    def run_in_thread(self, asked: Callable[[], int], before: int) -> Any:
        """What is to be awaited: a result, in a tuple, or the next task, if that is not sync."""
        from anyio.from_thread import check_cancelled  # slower to load than all of `ravyn_bg`

        until = monotonic() + SHARED
        while True:
            if returned := copy_context().run(call_now, self):
                return returned
            if monotonic() > until or not (following := next(self.coming, None)):
                return None
            (self.count, self.task), self.since = following, reported[0]
            if is_plain_async(self.task) is not False or self.left or asked() > before:
                return self
            check_cancelled()


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
        # Known to this line alone until the loop has it: a sibling may raise the same object.
        line.since = -1
        _reports.mark(error, as_new=True)
        raise
    # In a tuple, because Trio takes no coroutine from a thread.
    return (result,) if result is not None and isawaitable(result) else None
