"""The two classes; this module stands in for `ravyn.background` and `lilya.background`."""

import sys
from collections.abc import Callable, Iterable, Iterator
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR
from reprlib import recursive_repr
from types import FrameType, FunctionType
from typing import Any, ParamSpec

from lilya.background import Task as LilyaTask

from ravyn_bg._naming import short_name
from ravyn_bg._refusals import check_container, check_function, checked_items, refuse_flags
from ravyn_bg._running import RunTask, RunTasks, running_copy

__all__ = ["BackgroundTask", "BackgroundTasks", "Task", "Tasks"]

GENERATOR = CO_GENERATOR | CO_ASYNC_GENERATOR

P = ParamSpec("P")


class BackgroundTask(RunTask):
    """A function and its arguments, to be called once the response is out.

    Parameters:
        func: What to call: any callable, passed and not called.
        *args: Positional arguments for `func`.
        **keywords_of_func: Keyword arguments for `func`. Type checkers check all arguments against
            the signature of `func`.

    Raises:
        TypeError: At once, if `func` is not callable.

    Running it (`await task()`, as a response does) awaits an async `func` on the event loop and
    calls any other in an AnyIO worker thread; an awaitable that such a call returns is awaited on
    the event loop. A task can run many times, also at the same time.

    If `func` raises, a record on the logger `ravyn_bg` says so, and the caller gets the exception.
    A task that is cancelled half-way, or is freed and never began, leaves a record there, too. Each
    record says where the task was built.

    Examples:
        >>> from ravyn_bg import BackgroundTask, JSONResponse
        >>> def send_email(to: str, *, retries: int = 1) -> None: ...
        >>> task = BackgroundTask(send_email, "a@b.c", retries=3)
        >>> task
        BackgroundTask(send_email, 'a@b.c', retries=3)
        >>> response = JSONResponse({"status": "sent"}, background=task)
    """

    func: Callable[..., Any]
    # Lilya says `P.args` and `P.kwargs`, which mean nothing on a class that is not generic.
    args: tuple[Any, ...]  # type: ignore[assignment]
    kwargs: dict[str, Any]  # type: ignore[assignment]

    # `**keywords_of_func` is a name that nobody uses, because pyright takes a keyword argument of
    # that name for the whole dict. And `func` returns `object`, not `Any`, so that mypy checks
    # generic functions, too.
    def __init__(
        self, func: Callable[P, object], *args: P.args, **keywords_of_func: P.kwargs
    ) -> None:
        caller = sys._getframe(1)
        if type(self) is not BackgroundTask:
            caller = building_frame(caller)
        fill(self, caller, func, args, keywords_of_func)

    # Lilya's own `repr` never ends if a container contains itself, its `str` has no commas, and
    # what Rich shows is wrong.
    @recursive_repr()
    def __repr__(self) -> str:
        return super().__repr__()

    def __str__(self) -> str:
        return repr(self)

    def __rich_repr__(self) -> Iterator[Any]:
        yield from self.__to_representation__()

    def __to_representation__(self) -> list[tuple[str | None, Any]]:
        values = ((None, each) for each in (short_name(self.func), *self.args))
        return [*values, *self.kwargs.items()]


class BackgroundTasks(RunTasks, BackgroundTask):
    """Several tasks behind one response, run in order or side by side.

    Parameters:
        tasks: The tasks, in the order in which they run. Default: none yet.
        as_group: Run them side by side instead of one after another. Default: `False`.
        continue_on_error: Run every task, whatever the others do. When all have run, the failures
            are raised as one `ExceptionGroup`, in the order of the tasks. Default: `False`, where
            the first failure ends the rest, and cancels its siblings in a group.

    Raises:
        TypeError: At once, if `tasks` is not an iterable of tasks, or a flag is not a `bool`.

    Each task runs as a `BackgroundTask` does. Sync tasks that follow one another share a worker
    thread for up to 10 ms, each in its own copy of the context. When a task fails or is cancelled,
    a record on the logger `ravyn_bg` names the tasks that will not run because of it.

    Examples:
        >>> from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse
        >>> def send_email(to: str) -> None: ...
        >>> async def write_log(message: str) -> None: ...
        >>> tasks = BackgroundTasks([BackgroundTask(send_email, "a@b.c")], continue_on_error=True)
        >>> tasks.add_task(write_log, "registered")
        >>> response = JSONResponse({"status": "registered"}, background=tasks)
    """

    # Lilya's own tasks may be in it, too.
    tasks: list[BackgroundTask]  # type: ignore[assignment]  # Lilya says `list[Task]`
    as_group: bool

    def __init__(
        self,
        tasks: Iterable[LilyaTask | Callable[[], object]] | None = None,
        as_group: bool = False,
        *,
        continue_on_error: bool = False,
    ) -> None:
        if type(as_group) is not bool or type(continue_on_error) is not bool:
            refuse_flags(as_group=as_group, continue_on_error=continue_on_error)
        self.as_group = as_group
        if continue_on_error:
            self.continue_on_error = True
        self.tasks = []
        caller = sys._getframe(1)
        if type(self) is not BackgroundTasks:
            caller = building_frame(caller)
        self._built_in, self._built_at = caller.f_code, caller.f_lasti
        if tasks is not None:
            self.tasks += [as_task(each, self) for each in checked_items(tasks)]

    def add_task(
        self, func: Callable[P, object], *args: P.args, **keywords_of_func: P.kwargs
    ) -> None:
        """Add a task that calls `func` with these arguments, which type checkers check.

        Parameters:
            func: What to call: any callable, passed and not called.
            *args: Positional arguments for `func`.
            **keywords_of_func: Keyword arguments for `func`.

        Raises:
            TypeError: At once, if `func` is not callable, or is this container.

        It runs as a `BackgroundTask` does. A task may add more tasks to the container that is
        running it in order. They run, too.

        Examples:
            >>> tasks = BackgroundTasks()
            >>> tasks.add_task(print, "done", flush=True)
        """
        caller, task = sys._getframe(1), BackgroundTask.__new__(BackgroundTask)
        if type(self) is not BackgroundTasks:
            check_container(self)
            caller = building_frame(caller)
        if func is self:
            raise TypeError("A BackgroundTasks cannot contain itself: it would run for ever.")
        fill(task, caller, func, args, keywords_of_func)
        container = running_copy(self) if self._is_fixed else self
        container.tasks.append(task)

    def __to_representation__(self) -> list[tuple[str | None, Any]]:
        flags = [each for each in ("as_group", "continue_on_error") if getattr(self, each)]
        return [(None, self.tasks), *((each, True) for each in flags)]


def fill(task: BackgroundTask, caller: FrameType, func: Any, args: Any, keywords: Any) -> None:
    """Give a new task its function, which is checked, its arguments, and where it was built."""
    if type(func) is not FunctionType or func.__code__.co_flags & GENERATOR:
        check_function(func)
    task.func, task.args, task.kwargs = func, args, keywords
    # The line is looked up only when a record is written.
    task._built_in, task._built_at = caller.f_code, caller.f_lasti


def as_task(item: Any, container: BackgroundTasks) -> Any:
    """A task as it is, or a bare function as a task that was built where its container was."""
    if isinstance(item, LilyaTask):
        return item
    task = BackgroundTask(item)
    task._built_in, task._built_at = container._built_in, container._built_at
    return task


def building_frame(frame: FrameType) -> FrameType:
    """The frame that builds a task, outside the methods of subclasses that call ours."""
    while frame.f_code.co_name in ("__init__", "__post_init__", "add_task") and frame.f_back:
        parameters = frame.f_code.co_varnames[:1]
        if not any(isinstance(frame.f_locals.get(each), LilyaTask) for each in parameters):
            break
        frame = frame.f_back
    return frame


Task = BackgroundTask
Tasks = BackgroundTasks
