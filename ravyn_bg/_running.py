"""How tasks run: one, several in order, several side by side.

Sync tasks that follow one another share one hop to a worker thread: the hop is where the time goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar, copy_context
from functools import cache
from types import FunctionType
from typing import Any, cast

from anyio import create_task_group, to_thread
from lilya.background import Task, Tasks

from ravyn_bg._callables import InThread, is_awaitable
from ravyn_bg._failures import failed_together, is_failure, report
from ravyn_bg._naming import isinstance_of

# Classes whose `__call__` does no more than call `func`. A subclass may do more: it is called.
plain_types: set[type[Task]] = {Task}
function_types = frozenset({FunctionType, InThread})


async def run(task: Task, line: Line | None) -> None:
    """Run a task of any kind; report it if it fails, unless what failed in it has been reported."""
    if type(task) not in plain_types:
        await run_called(task, line)
    elif isinstance_of(task.func, Task) and not task.args and not task.kwargs:
        await run(task.func, line)
    else:
        try:
            await task.func(*task.args, **task.kwargs)
        except BaseException as error:
            failed(task, error, line)
            raise


async def run_in_order(container: Tasks, outer: Line | None) -> None:
    goes_on = getattr(container, "continue_on_error", False)
    line = Line(container.tasks, outer, goes_on)
    failures: list[BaseException] = []
    coming = line.coming
    for line.position, line.task in coming:
        task = line.task
        # What nearly all tasks call is called from here, which saves a coroutine for each.
        here = type(task) in plain_types and type(task.func) in function_types
        try:
            if not here:
                await run(task, line)
            elif type(task.func) is InThread:
                await line.hop()
            else:
                await task.func(*task.args, **task.kwargs)
        except BaseException as error:
            if here:
                failed(line.task, error, line)
            if not goes_on or not is_failure(error):
                raise
            failures.append(error)
    if failures:
        raise told(failed_together(failures, of=line.position + 1))


async def run_side_by_side(container: Tasks, outer: Line | None) -> None:
    goes_on = getattr(container, "continue_on_error", False)
    failures: dict[int, BaseException] = {}

    async def settle(position: int, task: Task) -> None:
        try:
            await run(task, None)
        except BaseException as error:
            if not is_failure(error):
                raise
            failures[position] = error

    started = 0
    try:
        async with create_task_group() as group:
            for started, task in enumerate(container.tasks, 1):
                if goes_on:
                    group.start_soon(settle, started, task)
                else:
                    group.start_soon(run, task, outer)
        if failures:
            raise failed_together([failures[each] for each in sorted(failures)], of=started)
    except BaseException as error:
        told(error)
        raise


class Line:
    """Tasks running in order: which one runs now, and which will not run if it fails."""

    __slots__ = ("coming", "goes_on", "left", "outer", "position", "task", "tasks")

    task: Task

    def __init__(self, tasks: Iterable[Task], outer: Line | None, goes_on: bool) -> None:
        self.tasks = tasks if isinstance(tasks, list) else list(tasks)
        self.coming = enumerate(self.tasks)
        self.position = 0
        self.outer = outer
        self.goes_on = goes_on
        self.left = False

    async def hop(self) -> None:
        """Run this sync task, and those that follow it, in one worker thread."""
        self.left = False
        try:
            returned = await to_thread.run_sync(self.run_in_thread)
        finally:
            self.left = True  # a task that asyncio itself cancels does not wait for its thread
        if returned:
            await returned[0]

    def run_in_thread(self) -> tuple[Any] | None:
        check_cancelled = cancellation_check()
        while True:
            task, func = self.task, cast(InThread, self.task.func)
            result = copy_context().run(func.__wrapped__, *task.args, **task.kwargs)
            if is_awaitable(result):
                return (result,)  # in a tuple, because Trio takes no coroutine from a thread
            following = self.position + 1
            if following >= len(self.tasks) or not runs_in_thread(self.tasks[following]):
                return None
            check_cancelled()
            if self.left:
                return None
            self.position, self.task = next(self.coming)

    def lost(self) -> list[Task]:
        if self.goes_on:
            return []
        return self.tasks[self.position + 1 :] + (self.outer.lost() if self.outer else [])


def runs_in_thread(task: Task) -> bool:
    return type(task) in plain_types and type(task.func) is InThread


@cache
def cancellation_check() -> Callable[[], None]:
    from anyio.from_thread import check_cancelled  # slower to load than all of `ravyn_bg`

    return check_cancelled


async def run_called(task: Task, line: Line | None) -> None:
    """Run a container, or a task with a `__call__` of its own, and know what failed inside it."""
    outside, here = place.get(), Place(task, line)
    place.set(here)
    try:
        if isinstance_of(task, Tasks):
            refuse_loop(task)
        if type(task) is Tasks:
            await (run_side_by_side if task.as_group else run_in_order)(task, line)
        else:
            await task()
    except BaseException as error:
        place.set(outside)
        if error is here.told:
            told(error)
        else:
            failed(task, error, line)
        raise
    finally:
        place.set(outside)
        here.task = None


class Place:
    """Where a task runs that has code of its own around what it calls, and what it left word of."""

    __slots__ = ("line", "task", "told")

    def __init__(self, task: Task, line: Line | None) -> None:
        self.task: Task | None = task
        self.line = line
        self.told: BaseException | None = None


place: ContextVar[Place | None] = ContextVar("ravyn_bg.place", default=None)


def outer_line(container: Tasks) -> Line | None:
    here = place.get()
    return here.line if here is not None and here.task is container else None


def failed(task: Task, error: BaseException, line: Line | None) -> None:
    if is_failure(error):
        report(task, error, line.lost() if line else [])
    told(error)


def told(error: BaseException) -> BaseException:
    """Leave word, for whoever runs what is running here, that `error` has been reported."""
    here = place.get()
    if here is not None:
        here.told = error
    return error


def holds(outer: Any, inner: Task) -> bool:
    """Whether `inner` is among the tasks that `outer` runs, however deep."""
    seen: set[int] = set()
    below = [outer]
    while below:
        each = below.pop()
        if each is inner:
            return True
        if isinstance_of(each, Task) and id(each) not in seen:
            seen.add(id(each))
            below += each.tasks if isinstance_of(each, Tasks) else [each.func]
    return False


def refuse_loop(container: Tasks) -> None:
    if any(holds(task, container) for task in container.tasks):
        raise RuntimeError(
            f"This {type(container).__name__} contains itself and would run for ever. "
            f"Give it a copy of its tasks instead: BackgroundTasks(list(tasks.tasks))."
        )
