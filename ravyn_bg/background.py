"""The two classes; this module stands in for `ravyn.background` and `lilya.background`."""

from collections.abc import Callable, Iterable
from typing import Any, ParamSpec

from lilya.background import Task as LilyaTask

from ravyn_bg._naming import CallRepr, Parts, parts
from ravyn_bg._refusals import BY_NAME, checked_flag, checked_tasks, given
from ravyn_bg._running import RunTask, RunTasks

__all__ = ["BackgroundTask", "BackgroundTasks", "Task", "Tasks"]

P = ParamSpec("P")


class BackgroundTask(CallRepr, RunTask):
    """A function and its arguments, to be called once the response is out.

    Parameters:
        func: What to call: any callable, passed and not called.
        *args: Positional arguments for `func`.
        **kwds: Keyword arguments for `func`, whatever their names. A type checker holds all
            arguments to the signature of `func`.

    Raises:
        TypeError: At once, if `func` is not callable.

    Running it (`await task()`, as a response does) awaits an async `func` on the event loop and
    calls any other in an AnyIO worker thread; an awaitable that such a call returns is awaited on
    the event loop. A `func` that raises is reported on the logger `ravyn_bg`, and the exception
    goes on to the caller. A task that is gone and never began is reported there, too. A task can
    run many times, at once too.

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

    # Not `**kwargs`: pyright takes an argument that is meant for a parameter of that name for it.
    # And `object`, not `Any`, as what a call returns: mypy then checks generic functions, too.
    def __init__(self, func: Callable[P, object], /, *args: P.args, **kwds: P.kwargs) -> None:
        self.func = func if callable(func) else given(func, kwds)
        self.args = args
        self.kwargs = kwds

    def __to_representation__(self) -> Parts:
        return parts(self.func, self.args, self.kwargs)


class BackgroundTasks(CallRepr, RunTasks):
    """Several tasks behind one response, run in order or side by side.

    Parameters:
        tasks: The tasks, in the order in which they run. Default: none yet.
        as_group: Run them side by side instead of one after another. Default: `False`.
        continue_on_error: Run every task, whatever the others do. When all have run, the failures
            are raised as one `ExceptionGroup`, in the order of the tasks. Default: `False`, where
            the first failure ends the rest, and cancels its siblings in a group.

    Raises:
        TypeError: At once, if `tasks` is not an iterable of tasks, or a flag is not a `bool`.

    Tasks run where `BackgroundTask` says. Sync tasks that follow one another share a worker thread
    for up to 10 ms, each in its own copy of the context. Each failure is reported on the logger
    `ravyn_bg` when it happens, with the names of the tasks that will not run because of it.

    Examples:
        >>> from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse
        >>> def send_email(to: str) -> None: ...
        >>> async def write_log(message: str) -> None: ...
        >>> tasks = BackgroundTasks([BackgroundTask(send_email, "a@b.c")], continue_on_error=True)
        >>> tasks.add_task(write_log, "registered")
        >>> response = JSONResponse({"status": "registered"}, background=tasks)
    """

    tasks: list[LilyaTask]
    as_group: bool
    continue_on_error: bool

    def __init__(
        self,
        tasks: Iterable[LilyaTask] | None = None,
        as_group: bool = False,
        *,
        continue_on_error: bool = False,
    ) -> None:
        self.as_group = checked_flag("as_group", as_group)
        self.continue_on_error = checked_flag("continue_on_error", continue_on_error)
        self.tasks = [] if tasks is None else checked_tasks(tasks)

    # Lilya's `func` has no `/`, so that it cannot pass on a keyword of that name.
    def add_task(  # type: ignore[override]
        self, func: Callable[P, object], /, *args: P.args, **kwds: P.kwargs
    ) -> None:
        """Add a task that calls `func` with these arguments, which a type checker holds to it.

        Parameters:
            func: What to call: any callable, passed and not called.
            *args: Positional arguments for `func`.
            **kwds: Keyword arguments for `func`, whatever their names.

        Raises:
            TypeError: At once, if `func` is not callable, or is this container.

        Runs where `BackgroundTask` says. A task may add tasks to the container that runs it in
        order; they run too.

        Examples:
            >>> tasks = BackgroundTasks()
            >>> tasks.add_task(print, "done", flush=True)
        """
        if func is self:
            raise TypeError("A BackgroundTasks cannot contain itself: it would run for ever.")
        self.tasks.append(BackgroundTask(func, *args, **kwds))

    def __to_representation__(self) -> Parts:
        flags = [each for each in ("as_group", "continue_on_error") if getattr(self, each)]
        return [(None, self.tasks), *((each, True) for each in flags)]


# At run time `func` may be given by name, as in Lilya. Checkers go on asking for it by position,
# where they can hold the arguments to it.
for _method in (BackgroundTask.__init__, BackgroundTasks.add_task):
    _method.__defaults__ = (BY_NAME,)

Task = BackgroundTask
Tasks = BackgroundTasks
