"""The two classes; this module stands in for `ravyn.background` and `lilya.background`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from inspect import CO_COROUTINE
from types import FunctionType
from typing import Any, ParamSpec

from lilya.background import Task, Tasks

from ravyn_bg._callables import InThread, is_async
from ravyn_bg._naming import CallRepr, shown
from ravyn_bg._refusals import checked_tasks, no_flag, uncallable
from ravyn_bg._running import (
    is_called,
    plain_calls,
    plain_runs,
    run,
    run_in_order,
    run_side_by_side,
)

__all__ = ["BackgroundTask", "BackgroundTasks", "Task", "Tasks"]

P = ParamSpec("P")


class BackgroundTask(CallRepr, Task):
    """A function and its arguments, to be called once the response is out.

    Parameters:
        func: What to call: any callable, passed and not called, by position.
        *args: Positional arguments for `func`.
        **kwds: Keyword arguments for `func`, whatever their names. A type checker holds all
            arguments to the signature of `func`.

    Raises:
        TypeError: At once, if `func` is not callable.

    Running it (`await task()`, as a response does) awaits an async `func` on the event loop and
    calls any other in an AnyIO worker thread; an awaitable that such a call returns is awaited on
    the event loop. A `func` that raises is reported on the logger `ravyn_bg`, and the exception
    goes on to the caller. A task can run many times, at once too.

    Example:
        >>> from ravyn_bg import BackgroundTask, JSONResponse
        >>> def send_email(to: str, *, retries: int = 1) -> None: ...
        >>> task = BackgroundTask(send_email, "a@b.c", retries=3)
        >>> task
        BackgroundTask(send_email, 'a@b.c', retries=3)
        >>> response = JSONResponse({"status": "sent"}, background=task)
    """

    __slots__ = ()

    func: Callable[..., Awaitable[Any]]
    # Lilya says `P.args` and `P.kwargs`, which mean nothing on a class that is not generic.
    args: tuple[Any, ...]  # type: ignore[assignment]
    kwargs: dict[str, Any]  # type: ignore[assignment]

    # Not `**kwargs`: pyright takes an argument that is meant for a parameter of that name for it.
    # And `object`, not `Any`, as what a call returns: mypy then checks generic functions, too.
    def __init__(self, func: Callable[P, object], /, *args: P.args, **kwds: P.kwargs) -> None:
        self.func = as_async(func)
        self.args = args
        self.kwargs = kwds

    async def __call__(self) -> None:
        if is_called(self):
            # From a subclass's own `__call__`. What runs that one reports it.
            await self.func(*self.args, **self.kwargs)
        else:
            await run(self, None, plain=True)

    def _parts(self) -> Iterator[tuple[str | None, Any]]:
        yield None, shown(self.func)
        yield from ((None, arg) for arg in self.args)
        yield from self.kwargs.items()


class BackgroundTasks(CallRepr, Tasks):
    """Several tasks behind one response, run in order or side by side.

    Parameters:
        tasks: The tasks, in the order in which they run. Default: none yet.
        as_group: Run them side by side instead of one after another. Default: `False`.
        continue_on_error: Run every task, whatever the others do. When all have run, the failures
            are raised as one `ExceptionGroup`, in the order of the tasks. Default: `False`, where
            the first failure ends the rest, and cancels its siblings in a group.

    Raises:
        TypeError: At once, if `tasks` is not an iterable of tasks, or a flag is not a `bool`.

    Tasks run where `BackgroundTask` says. Sync tasks that follow one another run in one worker
    thread, each in its own copy of the context. Each failure is reported on the logger `ravyn_bg`
    when it happens, with the names of the tasks that will not run because of it.

    Example:
        >>> from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse
        >>> def send_email(to: str) -> None: ...
        >>> async def write_log(message: str) -> None: ...
        >>> tasks = BackgroundTasks([BackgroundTask(send_email, "a@b.c")], continue_on_error=True)
        >>> tasks.add_task(write_log, "registered")
        >>> response = JSONResponse({"status": "registered"}, background=tasks)
    """

    __slots__ = ("continue_on_error",)

    tasks: list[Task]
    as_group: bool
    continue_on_error: bool
    func: Callable[..., Awaitable[Any]]
    args: tuple[Any, ...]  # type: ignore[assignment]  # as above
    kwargs: dict[str, Any]  # type: ignore[assignment]  # as above

    def __init__(
        self,
        tasks: Iterable[Task] | None = None,
        as_group: bool = False,
        *,
        continue_on_error: bool = False,
    ) -> None:
        if type(as_group) is not bool:
            raise no_flag("as_group", as_group)
        if type(continue_on_error) is not bool:
            raise no_flag("continue_on_error", continue_on_error)
        self.tasks = [] if tasks is None else checked_tasks(tasks)
        self.as_group = as_group
        self.continue_on_error = continue_on_error

    # Lilya's `func` has no `/`, so that it cannot pass on a keyword of that name.
    def add_task(  # type: ignore[override]
        self, func: Callable[P, object], /, *args: P.args, **kwds: P.kwargs
    ) -> None:
        """Add a task that calls `func` with these arguments, which a type checker holds to it.

        Parameters:
            func: What to call: any callable, passed and not called, by position.
            *args: Positional arguments for `func`.
            **kwds: Keyword arguments for `func`, whatever their names.

        Raises:
            TypeError: At once, if `func` is not callable, or is this container.

        Runs where `BackgroundTask` says. A task may add tasks to the container that runs it in
        order; they run too.

        Example:
            >>> tasks = BackgroundTasks()
            >>> tasks.add_task(print, "done", flush=True)
        """
        if func is self:
            raise TypeError("A BackgroundTasks cannot contain itself: it would run for ever.")
        self.tasks.append(BackgroundTask(func, *args, **kwds))

    async def run_single(self) -> None:
        await run_in_order(self, None)

    async def run_as_group(self) -> None:
        await run_side_by_side(self, None)

    def _parts(self) -> Iterator[tuple[str | None, Any]]:
        yield None, self.tasks
        yield from (
            (flag, True) for flag in ("as_group", "continue_on_error") if getattr(self, flag)
        )


plain_calls.add(BackgroundTask.__call__)
plain_runs.add((Tasks.__call__, BackgroundTasks.run_single, BackgroundTasks.run_as_group))


def as_async(func: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    if type(func) is FunctionType:
        # Nearly every task. `inspect` takes microseconds to say the same, and is needed only where
        # an attribute may mark the function (`inspect.markcoroutinefunction`).
        if func.__code__.co_flags & CO_COROUTINE:
            return func
        if not func.__dict__:
            return InThread(func)
    if not callable(func):
        raise uncallable(func)
    return func if is_async(func) else InThread(func)
