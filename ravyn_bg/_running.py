"""How tasks run: one, several in order, several side by side.

Sync tasks that follow one another share one hop to a worker thread: the hop is where the time goes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from functools import cache, partial
from types import FunctionType, MethodType
from typing import Any

from anyio import create_task_group, to_thread
from lilya.background import Task, Tasks
from typing_extensions import Self

from ravyn_bg._callables import InThread, is_awaitable
from ravyn_bg._event_loop import cancelling, default_limiter
from ravyn_bg._failures import Told, failed_together, is_failure, report, was_reported
from ravyn_bg._naming import isinstance_of, names_of

# The `__call__` of a task, and the three methods of a container, that do what is done here for
# them. A subclass with others may do more, and is called.
plain_calls: set[Any] = {Task.__call__}
plain_runs: set[Any] = {(Tasks.__call__, Tasks.run_single, Tasks.run_as_group)}


async def run(task: Task, line: Line | None, plain: bool = False) -> None:
    """Run a task of any kind; if it fails, report it, unless what failed inside was reported."""
    with Place(line) as here:
        try:
            plain = plain or type(task).__call__ in plain_calls
            if not plain or not is_function(task.func):
                refuse_loop(task)
                task, plain = innermost(task, plain)
            if plain:
                await task.func(*task.args, **task.kwargs)
            elif isinstance_of(task, Tasks) and runs_of(task) in plain_runs:
                await (run_side_by_side if task.as_group else run_in_order)(task, line)
            else:
                here.called = task
                await task()
        except BaseException as error:
            here.settle(task, error, line)
            raise


async def run_in_order(container: Tasks, outer: Line | None) -> None:
    failures: list[BaseException] = []
    kind, plain = None, False
    with Line(container, outer) as line:
        coming = line.coming
        for line.position, line.task in coming:
            task = line.task
            try:
                if type(task) is not kind:  # they are often of one kind
                    plain = type(task).__call__ in plain_calls
                    kind = type(task)
                func = type(task.func) if plain else None
                if func is FunctionType:  # `run` would do, for one more coroutine
                    await task.func(*task.args, **task.kwargs)
                elif func is InThread:
                    await line.hop()
                else:
                    await run(task, line)
            except BaseException as error:
                line.settle(line.task, error, line)
                if not line.goes_on or not is_failure(error):
                    raise
                line.forget(error)
                failures.append(error)
        if failures:
            line.tell(group := failed_together(failures, of=line.position + 1))
            raise group


async def run_side_by_side(container: Tasks, outer: Line | None) -> None:
    goes_on = getattr(container, "continue_on_error", False)
    failures: dict[int, BaseException] = {}
    started = 0
    with Place(outer) as here:

        async def run_one(task: Task, position: int) -> None:
            try:
                if type(task).__call__ in plain_calls and is_function(task.func):
                    await task.func(*task.args, **task.kwargs)
                else:
                    await run(task, outer)
            except BaseException as error:
                here.settle(task, error, outer)
                here.forget(error)
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


class Place:
    """Where something runs: in which line, and which failures inside it were reported."""

    called: Task | None = None
    outer: Line | None
    outside: Place | None
    told: Told = {}  # noqa: RUF012 - replaced, never changed

    def __init__(self, outer: Line | None) -> None:
        self.outer = outer

    def __enter__(self) -> Self:
        self.outside = place.get()
        place.set(self)
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        place.set(self.outside)
        self.called = None
        if error is not None and self.outside and was_reported(error, self.told):
            self.outside.tell(error, with_lost=self.outer is not None)

    def settle(self, task: Task, error: BaseException, line: Line | None) -> None:
        """Report what failed, unless that was done inside with all the tasks lost by it."""
        if is_failure(error):
            lost = names_of(line.lost()) if line else []
            known = was_reported(error, self.told, with_lost=bool(lost))
            if not known and not report(task, error, lost):
                return
        self.tell(error)

    def tell(self, error: BaseException, with_lost: bool = True) -> None:
        """Let whoever runs what runs here know that `error` was reported."""
        # Some, but not all for ever: a task may run for days and tasks may fail inside it.
        kept = list(self.told.items())[-99:]
        self.told = {**dict(kept), id(error): (error, with_lost)}

    def forget(self, error: BaseException) -> None:
        # Another task may raise the same object, and has failed then, too.
        self.told = {key: each for key, each in self.told.items() if key != id(error)}


place: ContextVar[Place | None] = ContextVar("ravyn_bg.place", default=None)


def is_called(task: Task) -> bool:
    """Whether `run` has called `task`, and reports what fails in it."""
    here = place.get()
    return here is not None and here.called is task


class Line(Place):
    """Tasks running in order: which one runs now, and which will not run if it fails."""

    task: Task
    position: int

    def __init__(self, container: Tasks, outer: Line | None) -> None:
        self.outer = outer
        self.container = container
        self.tasks = container.tasks if type(container.tasks) is list else list(container.tasks)
        self.coming = enumerate(self.tasks)

    @property
    def goes_on(self) -> bool:
        return getattr(self.container, "continue_on_error", False)

    async def hop(self) -> None:
        """Run this sync task, and those that follow it, in one worker thread."""
        self.left = False
        asked = cancelling()
        try:
            returned = await to_thread.run_sync(
                self.run_in_thread, asked, asked(), limiter=default_limiter()
            )
        finally:
            self.left = True  # a task that asyncio itself cancels does not wait for its thread
        if returned:
            await returned[0]

    def run_in_thread(self, asked: Callable[[], int], before: int) -> tuple[Any] | None:
        check_cancelled = cancellation_check()
        while True:
            result = copy_context().run(call, self.task)  # slower with `*args`
            if is_awaitable(result):
                return (result,)  # in a tuple, because Trio takes no coroutine from a thread
            following = self.position + 1
            if following >= len(self.tasks):
                return None
            task = self.tasks[following]
            if type(task).__call__ not in plain_calls or type(task.func) is not InThread:
                return None
            check_cancelled()
            if self.left or asked() > before:
                return None
            self.position, self.task = next(self.coming)

    def lost(self) -> list[Any]:
        rest = [] if self.goes_on else self.tasks[self.position + 1 :]
        return rest + self.outer.lost() if self.outer else rest


def call(task: Any) -> Any:
    return task.func.__wrapped__(*task.args, **task.kwargs)


@cache
def cancellation_check() -> Callable[[], None]:
    from anyio.from_thread import check_cancelled  # slower to load than all of `ravyn_bg`

    return check_cancelled


def is_function(func: object) -> bool:
    kind = type(func)  # a class need not be hashable, nor fair when compared
    return kind is FunctionType or kind is InThread


def runs_of(container: Tasks) -> tuple[Any, ...]:
    kind = type(container)
    return kind.__call__, kind.run_single, kind.run_as_group


def innermost(task: Task, plain: bool) -> tuple[Task, bool]:
    """The task that is run in the end, where a task has a task for its function."""
    seen: set[int] = set()
    while plain and isinstance_of(task.func, Task) and not task.args and not task.kwargs:
        if id(task) in seen:
            raise loop_error(task)
        seen.add(id(task))
        task = task.func
        plain = type(task).__call__ in plain_calls
    return task, plain


def refuse_loop(task: Task) -> None:
    if any(holds(inner, task) for inner in runs_within(task)):
        raise loop_error(task)


def holds(outer: Any, inner: Any) -> bool:
    """Whether `inner` is among the tasks that `outer` runs, however deep."""
    seen: set[int] = set()
    below = [outer]
    while below:
        each = below.pop()
        if each is inner:
            return True
        if id(each) not in seen:
            seen.add(id(each))
            below += runs_within(each)
    return False


def runs_within(outer: Any) -> list[Any]:
    """What runs when `outer` runs, as far as can be seen from outside."""
    if isinstance_of(outer, Tasks):
        return list(getattr(outer, "tasks", ()))
    if isinstance_of(outer, Task) or isinstance_of(outer, partial):
        return [getattr(outer, "func", None)]
    if isinstance_of(outer, InThread):
        return [outer.__wrapped__]
    if isinstance_of(outer, MethodType) and getattr(outer, "__name__", None) in RUNS:
        return [outer.__self__]
    return []


RUNS = ("__call__", "run_single", "run_as_group")


def loop_error(task: Task) -> RuntimeError:
    return RuntimeError(
        f"This {type(task).__name__} contains itself and would run for ever. To run its tasks "
        f"again, give it a copy of them: BackgroundTasks(list(tasks.tasks))."
    )
