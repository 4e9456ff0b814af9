"""How tasks run: one, several in order, several side by side.

Sync tasks that follow one another share one hop to a worker thread: the hop is where the time goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar, copy_context
from functools import cache
from types import FunctionType
from typing import Any

from anyio import create_task_group, to_thread
from lilya.background import Task, Tasks
from typing_extensions import Self

from ravyn_bg._callables import InThread, is_awaitable
from ravyn_bg._failures import failed_together, is_failure, report, was_reported
from ravyn_bg._naming import isinstance_of

# Classes whose `__call__` does what is done here for them. A subclass may do more: it is called.
plain_tasks: set[type[Task]] = {Task}
plain_containers: set[type[Tasks]] = {Tasks}
functions = frozenset({FunctionType, InThread})


async def run(task: Task, line: Line | None, plain: bool = False) -> None:
    """Run a task of any kind; if it fails, report it, unless what failed inside was reported."""
    with Place(line) as here:
        try:
            task, plain = innermost(task, plain or type(task) in plain_tasks)
            if plain:
                await task.func(*task.args, **task.kwargs)
                return
            if isinstance_of(task, Tasks):
                refuse_loop(task)
                if type(task) in plain_containers:
                    await (run_side_by_side if task.as_group else run_in_order)(task, line)
                    return
            here.task = task
            await task()
        except BaseException as error:
            here.settle(task, error, line)
            here.tell(error)
            raise


async def run_in_order(container: Tasks, outer: Line | None) -> None:
    goes_on = getattr(container, "continue_on_error", False)
    line = Line(container.tasks, outer, goes_on)
    failures: list[BaseException] = []
    with Place(outer) as here:
        coming = line.coming
        for line.position, line.task in coming:
            task = line.task
            try:
                if type(task) not in plain_tasks or type(task.func) not in functions:
                    await run(task, line)
                elif type(task.func) is InThread:
                    await line.hop()
                else:  # `run` would do, for one more coroutine
                    await task.func(*task.args, **task.kwargs)
            except BaseException as error:
                here.settle(line.task, error, line)
                here.told.clear()
                if not goes_on or not is_failure(error):
                    here.tell(error)
                    raise
                failures.append(error)
        if failures:
            here.tell(group := failed_together(failures, of=line.position + 1))
            raise group


async def run_side_by_side(container: Tasks, outer: Line | None) -> None:
    goes_on = getattr(container, "continue_on_error", False)
    failures: dict[int, BaseException] = {}
    started = 0
    with Place(outer) as here:

        async def run_one(task: Task, position: int) -> None:
            try:
                if type(task) not in plain_tasks or type(task.func) not in functions:
                    await run(task, outer)
                else:
                    await task.func(*task.args, **task.kwargs)
            except BaseException as error:
                here.settle(task, error, outer)
                if not goes_on or not is_failure(error):
                    raise
                failures[position] = error

        try:
            async with create_task_group() as group:
                for started, task in enumerate(container.tasks, 1):
                    group.start_soon(run_one, task, started)
            if failures:
                raise failed_together([failures[each] for each in sorted(failures)], of=started)
        except BaseException as error:
            here.tell(error)
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
            task: Any = self.task
            result = copy_context().run(task.func.__wrapped__, *task.args, **task.kwargs)
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
        rest = [] if self.goes_on else self.tasks[self.position + 1 :]
        return rest + self.outer.lost() if self.outer else rest


def runs_in_thread(task: Task) -> bool:
    return type(task) in plain_tasks and type(task.func) is InThread


@cache
def cancellation_check() -> Callable[[], None]:
    from anyio.from_thread import check_cancelled  # slower to load than all of `ravyn_bg`

    return check_cancelled


class Place:
    """Where something runs: the line it stands in, and which failures inside were reported."""

    __slots__ = ("line", "outside", "task", "told")

    outside: Place | None

    def __init__(self, line: Line | None) -> None:
        self.line = line
        self.task: Task | None = None
        self.told: list[tuple[BaseException, bool]] = []

    def __enter__(self) -> Self:
        self.outside = place.get()
        place.set(self)
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        place.set(self.outside)
        self.task = None
        told = [each for each, _ in self.told]
        if error is not None and self.outside is not None and was_reported(error, told):
            self.outside.told.append((error, self.line is not None))

    def settle(self, task: Task, error: BaseException, line: Line | None) -> None:
        """Report what failed, unless that was done inside with all the tasks lost by it."""
        lost = line.lost() if line else []
        told = [each for each, with_lost in self.told if with_lost or not lost]
        if is_failure(error) and not was_reported(error, told):
            report(task, error, lost)

    def tell(self, error: BaseException) -> None:
        """Let whoever runs what runs here know that `error` was reported."""
        self.told.append((error, True))


place: ContextVar[Place | None] = ContextVar("ravyn_bg.place", default=None)


def place_of(task: Task) -> Place | None:
    """Where `task` runs, if `run` called it and reports what fails in it."""
    here = place.get()
    return here if here is not None and here.task is task else None


def innermost(task: Task, plain: bool) -> tuple[Task, bool]:
    """The task that is run in the end, where a task has a task for its function."""
    seen: set[int] = set()
    while plain and isinstance_of(task.func, Task) and not task.args and not task.kwargs:
        if id(task) in seen:
            raise loop_error(task)
        seen.add(id(task))
        task = task.func
        plain = type(task) in plain_tasks
    return task, plain


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
        raise loop_error(container)


def loop_error(task: Task) -> RuntimeError:
    return RuntimeError(
        f"This {type(task).__name__} contains itself and would run for ever. To run its tasks "
        f"again, give it a copy of them: BackgroundTasks(list(tasks.tasks))."
    )
