"""How tasks run: alone, in order, side by side; and how a worker thread calls the sync ones."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from contextvars import Token, copy_context
from copy import copy
from inspect import CO_COROUTINE, isawaitable
from threading import Lock
from time import monotonic
from types import CodeType, FunctionType
from typing import Any, cast

from anyio import create_task_group, from_thread, to_thread
from lilya.background import Task, Tasks
from lilya.compat import is_async_callable

from ravyn_bg._naming import tasks_of, within
from ravyn_bg._reports import (
    Run,
    current_asyncio_task,
    current_run,
    failure_in,
    report_end,
    report_freed,
    report_left_behind,
    report_lost,
)

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

# Seconds after which a trip gives its thread back, so that nobody waits long for one. What is saved
# by sharing a trip is some 0.0001.
SHARED = 0.01

NO_TASK: Any = object()
ON_LOOP, IN_THREAD, BY_ITSELF = "on the event loop", "in a worker thread", "by itself"


class RunTask(Task):
    """A task that runs by itself, and says so if it is freed and never began."""

    _accounted = False  # whether it has begun, or a record has named it
    _built_in: CodeType | None = None
    _built_at = 0  # the instruction of that code
    _original: "Original | None" = None  # if it was copied, or is a copy

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # One that calls the function in its own way, or does not call it, accounts for itself.
        cls._accounted = cls.__call__ is not RunTask.__call__

    async def __call__(self) -> None:
        run, trip = Run(), None
        token = current_run.set(run)
        try:
            if way_to_call(self.func) is IN_THREAD:
                trip = Trip(run, self)
                await trip.make()
            else:
                self._accounted = True
                await self.func(*self.args, **self.kwargs)
        except BaseException as error:
            report(self, error, run, token, trip)
            leave(token)
            raise
        current_run.reset(token)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Copies of a task, pickled ones too, have one account: one of them is to run."""
        self._original = self._original or Original(self)
        return super().__reduce_ex__(protocol)

    def __del__(self, report_freed: Callable[[Any], None] = report_freed) -> None:
        if self._original is not None:
            self._original._accounted |= self._accounted
        elif not self._accounted:
            report_freed(self)


class Original(RunTask):
    """Stands for a task that was copied, and for all its copies: it is freed with the last."""

    def __init__(self, task: Any = None) -> None:
        self.func, self.args, self.kwargs = cast(Any, (getattr(task, "func", None), (), {}))
        self._accounted = getattr(task, "_accounted", True)
        if task is not None:
            # Off the task, since code can be neither copied nor pickled.
            self._built_in = vars(task).pop("_built_in", None)
            self._built_at = vars(task).pop("_built_at", 0)

    def __deepcopy__(self, memo: Any) -> "Original":
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        self._accounted = True  # what is pickled may run where nobody can tell
        return Original, ()


class RunTasks(Tasks, RunTask):
    """Tasks that run in order or side by side."""

    continue_on_error = False

    async def run_single(self) -> None:
        failures: list[BaseException] = []
        left_over: list[Any] = []
        run = Run()
        token = current_run.set(run)
        coming = in_turn(self.tasks, left_over)
        try:
            for task in coming:
                run.position += 1
                trip, way = None, way_to_run(task)
                try:
                    if way is ON_LOOP:
                        task._accounted = True  # `await task()` would do, for one more coroutine
                        await task.func(*task.args, **task.kwargs)
                    elif way is IN_THREAD:
                        trip = Trip(run, task, coming, left_over)
                        await trip.make()
                    else:
                        await run_by_itself(task, run, self)
                except BaseException as error:
                    if not self.goes_on_after(error):
                        report(task, error, run, token, trip, self, [*coming])
                        raise
                    report(task, error, run, token, trip, self)
                    failures.append(error)
        except BaseException:
            leave(token)
            raise
        current_run.reset(token)
        if failures:
            raise together(failures, of=run.position)

    async def run_as_group(self) -> None:
        tasks = list(self.tasks)
        # Those that have not begun. A task begins, or is named as lost, when it is taken out.
        waiting = dict(enumerate(tasks))
        failures: dict[int, BaseException] = {}

        async def run_one(place: int, task: Any) -> None:
            def may_begin() -> bool:
                return waiting.pop(place, NO_TASK) is not NO_TASK

            run, trip, way = Run(), None, way_to_run(task)
            token = current_run.set(run)  # in the context of this child alone
            try:
                if way is IN_THREAD:
                    trip = Trip(run, task)
                    await trip.make(may_begin)
                elif not may_begin():
                    return
                elif way is ON_LOOP:
                    task._accounted = True
                    await task.func(*task.args, **task.kwargs)
                else:
                    await run_by_itself(task, run, self)
            except BaseException as error:
                if failure_in(error) is None:
                    if trip is None or trip.began:
                        report(task, error, run, token, trip, self)
                    raise
                waiting.pop(place, None)
                if not self.goes_on_after(error):
                    siblings = [waiting.pop(each, NO_TASK) for each in list(waiting)]
                    lost = [each for each in siblings if each is not NO_TASK]
                    report(task, error, run, token, trip, self, lost)
                    raise
                report(task, error, run, token, trip, self)
                failures[place] = error

        try:
            async with create_task_group() as group:
                for place, task in enumerate(tasks):
                    # With a name, which to find takes AnyIO microseconds.
                    group.start_soon(run_one, place, task, name="background task")
        except BaseException as error:
            report_lost(self, error, waiting.values())
            raise
        if failures:
            raise together([failures.pop(each) for each in sorted(failures)], of=len(tasks))

    def goes_on_after(self, error: BaseException) -> bool:
        return self.continue_on_error and failure_in(error) is error


def in_turn(tasks: Iterable[Any], left_over: list[Any]) -> Iterator[Any]:
    """Each task; and what somebody took, and left over, before all others."""
    for task in tasks:
        yield task
        while left_over:
            yield left_over.pop()


plain_call = RunTask.__call__


def way_to_run(task: Any) -> str:
    """How a container has to run a task: call the function itself, where that belongs, or not.

    `BY_ITSELF`: another container, a subclass with a `__call__` of its own, a task of Lilya's.
    """
    return way_to_call(task.func) if type(task).__call__ is plain_call else BY_ITSELF


def way_to_call(func: Any) -> str:
    """Where `func` belongs: calling it gives something to await, or may block."""
    if type(func) is FunctionType:
        # Nearly every task. `inspect` takes microseconds to say the same, and is needed only where
        # an attribute may mark the function (`inspect.markcoroutinefunction`).
        if func.__code__.co_flags & CO_COROUTINE:
            return ON_LOOP
        if not func.__dict__:
            return IN_THREAD
    if isinstance(func, Task):
        return BY_ITSELF
    with suppress(Exception):  # an object that refuses to be asked: calling it will tell
        # Calling a class makes an instance, however async that is to call.
        return ON_LOOP if is_async_callable(func) and not isinstance(func, type) else IN_THREAD
    return IN_THREAD


LOOP = "This {} contains itself and would run for ever: give it BackgroundTasks(list(tasks.tasks))."


async def run_by_itself(task: Any, run: Run, container: Tasks) -> None:
    if any(each is container for each in within(task)):
        raise RuntimeError(LOOP.format(type(container).__name__))
    if isinstance(task, RunTask):
        task._accounted = True
    run.cut_off_inside = False
    await task()


class Trip:
    """A trip to a worker thread, which calls a sync task and those that follow it.

    Whoever makes it waits for the thread, unless asyncio itself cancels that: then the thread ends
    what it is calling, alone, and begins nothing else. What both sides change stands under a lock.
    """

    def __init__(
        self,
        run: Run,
        task: Any,
        coming: Iterator[Any] | None = None,
        left_over: list[Any] | None = None,
    ) -> None:
        self.run, self.task = run, task
        self.coming = coming or iter(())
        self.left_over = [] if left_over is None else left_over
        self.lock = Lock()
        self.began = self.is_calling = self.is_over = self.is_left = False
        self.error: BaseException | None = None
        self.returned: Any = None

    async def make(self, may_begin: Callable[[], bool] = lambda: True) -> None:
        cancelling = getattr(current_asyncio_task(), "cancelling", int)  # not before Python 3.11
        try:
            await to_thread.run_sync(self.call_tasks, may_begin, cancelling, cancelling())
        except BaseException:
            self.leave()
            raise
        # Raised and awaited here, where somebody waits, and not in the thread.
        if self.error is not None:
            error, self.error = self.error, None
            try:
                raise error
            finally:
                del error  # which holds this frame
        if self.returned is not None:
            await self.returned

    def leave(self) -> None:
        with self.lock:
            self.is_left = True
            error, self.error = self.error, None
            self.is_over = self.is_over or error is not None
        if error is not None:
            report_left_behind(self.task, error, self.run)

    # In the thread

    def call_tasks(
        self, may_begin: Callable[[], bool], cancelling: Callable[[], int], before: int
    ) -> None:
        until = monotonic() + SHARED
        with self.lock:
            if self.is_left or not may_begin():
                return
            self.began = self.is_calling = self.task._accounted = True
        copy_context().run(self.call)
        while self.error is None and self.returned is None and monotonic() < until:
            if not self.take_next(lambda: cancelling() > before or is_cancelled()):
                return
            copy_context().run(self.call)

    def call(self) -> None:
        error = returned = None
        try:
            returned = self.task.func(*self.task.args, **self.task.kwargs)
        except BaseException as raised:
            error = raised
        with self.lock:
            self.is_calling = False
            if not self.is_left:
                self.error, error = error, None
                self.returned = returned if returned is not None and isawaitable(returned) else None
                self.is_over = self.error is None and self.returned is None
        if error is not None:  # and nobody waits any more
            report_left_behind(self.task, error, self.run)
            del error

    def take_next(self, is_cancelled: Callable[[], bool]) -> bool:
        with self.lock:
            task = NO_TASK if self.is_left else next(self.coming, NO_TASK)
            if task is NO_TASK:
                return False
            if way_to_run(task) is not IN_THREAD or is_cancelled():
                self.left_over.append(task)
                return False
            self.task = task
            self.is_calling = task._accounted = True
            self.is_over = False
            self.run.position += 1
            return True


def is_cancelled() -> bool:
    """Whether AnyIO has cancelled whoever waits for this thread."""
    try:
        from_thread.check_cancelled()
    except BaseException:
        return True
    return False


def report(
    task: Any,
    error: BaseException,
    run: Run,
    token: Token[Run],
    trip: Trip | None,
    container: Any = None,
    coming: Sequence[Any] = (),
) -> None:
    began, in_thread = True, False
    if trip is not None:
        task, began, in_thread, cut_off = trip.task, trip.began, trip.is_calling, not trip.is_over
    elif way_to_run(task) is BY_ITSELF:
        cut_off = not run.cut_off_inside
    else:
        cut_off = not tasks_of(task)
    report_end(
        task,
        error,
        run,
        token.old_value,
        container=container,
        coming=coming,
        began=began,
        cut_off=cut_off,
        in_thread=in_thread,
    )


def leave(token: Token[Run]) -> None:
    with suppress(ValueError):  # a coroutine that is closed in another context
        current_run.reset(token)


def together(failures: list[BaseException], of: int) -> BaseException:
    # Of plain exceptions it makes an `ExceptionGroup`, which is an `Exception`.
    message = f"{len(failures)} of {of} background tasks failed"
    error = BaseExceptionGroup(message, failures.copy())
    failures.clear()  # or the exceptions, and the frame that holds them, would hold each other
    return error


def fresh_copy(task: Any) -> Any:
    """A copy of a task, and of all tasks in it, which accounts for itself."""
    new = copy(task)
    if isinstance(new, RunTask) and new._original is not None:
        place = new._original
        vars(new).update(
            _accounted=type(new)._accounted,
            _built_in=place._built_in,
            _built_at=place._built_at,
            _original=None,
        )
    if isinstance(new, Tasks):
        new.tasks = [fresh_copy(each) for each in task.tasks]
    elif isinstance(new.func, Task):
        new.func = fresh_copy(new.func)
    return new
