"""How tasks run: alone, in order, side by side; and how a worker thread calls the sync ones."""

import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from contextvars import ContextVar, Token, copy_context
from copy import copy
from inspect import CO_COROUTINE, isawaitable
from logging import ERROR, WARNING
from threading import Lock
from time import monotonic
from types import CodeType, FunctionType
from typing import Any

from anyio import create_task_group, from_thread, to_thread
from lilya.background import Task, Tasks
from lilya.compat import is_async_callable
from typing_extensions import override

from ravyn_bg import _reports
from ravyn_bg._naming import leaves, tasks_of, within
from ravyn_bg._reports import errors_in, failure_in

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

# How many seconds sync tasks may share one trip to a worker thread. Each that shares one saves some
# 0.1 ms. But threads are few, and others may be waiting for one.
LONGEST_TRIP = 0.01

LOOP = "This {} contains itself and would run for ever: give it BackgroundTasks(list(tasks.tasks))."
# What the task of a run is doing: it waits for a thread, runs, or has ended.
WAITING, RUNNING, OVER = "waiting", "running", "over"

current_run: ContextVar["Run"] = ContextVar("ravyn_bg.current_run")


class RunTask(Task):
    """How a task runs, and what it remembers for its records and its response."""

    _accounted = False  # needs no record if freed: it began, was named in one, or need not run
    _built_in: CodeType | None = None
    _built_at = 0  # the instruction in that code
    _response: Any = None  # a weak reference to the response it is on
    _replaced: Any = None  # the background that the response had before
    _copy_of: Any = None  # the fixed task, if this is one request's copy

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # A subclass with a `__call__` of its own may never call ours: it accounts for itself.
        cls._accounted = cls.__call__ is not RunTask.__call__

    @override
    async def __call__(self) -> None:
        if self._response is not None:
            self.leave_response()
        await Run([self]).in_order()

    def leave_response(self) -> None:
        """Give the response its own background back: it may answer other requests, too."""
        response = self._response()
        if getattr(response, "background", None) is self:
            response.background = self._replaced

    def __getstate__(self) -> Any:
        """For copies and pickles. None is reported from now on: only one may be meant to run."""
        self._accounted = True
        slots = [name for kind in type(self).__mro__ for name in getattr(kind, "__slots__", ())]
        kept = {name: getattr(self, name) for name in slots if hasattr(self, name)}
        # Code can be neither copied nor pickled. The others belong to this one task.
        return {**vars(self), "_built_in": None, "_response": None, "_copy_of": None}, kept

    def __del__(self, log_freed: Callable[[Any], None] = _reports.log_freed) -> None:
        if not self._accounted:
            log_freed(self)


class RunTasks(Tasks, RunTask):
    """Tasks that run in order or side by side."""

    tasks: list[Any]
    continue_on_error = False
    _has_run = False
    _runs_once = False  # whether it leaves out tasks that have begun, if it is run again
    _is_fixed = False  # whether it is a template, and each request runs a copy

    @override
    async def run_single(self) -> None:
        if self.tasks:
            self.begin_run()
            tasks: list[Any] = self.tasks if isinstance(self.tasks, list) else list(self.tasks)
            if failures := await Run(tasks, self).in_order():
                raise failure_group(failures, of=len(tasks))

    @override
    async def run_as_group(self) -> None:
        self.begin_run()
        runs: list[Run] = []  # filled after it is passed, so that each run knows all of them
        runs += [Run([task], self, runs) for task in self.tasks]
        failures: list[list[BaseException]] = [[] for _ in runs]

        async def run_one(place: int) -> None:
            failures[place] = await runs[place].in_order()

        async with create_task_group() as group:
            for place in range(len(runs)):
                # With a name, because AnyIO takes microseconds to make one up.
                group.start_soon(run_one, place, name="background task")
        if found := [each.pop() for each in failures if each]:
            raise failure_group(found, of=len(runs))

    def begin_run(self) -> None:
        if self._response is not None:
            self.leave_response()
        if self._has_run and self._runs_once:
            self.tasks = [each for each in self.tasks if _reports.is_unaccounted(each)]
        self._has_run = True


class Run:
    """One run of tasks in order: which task it has come to, and how far that task has come.

    It holds no task once it is over, because it may be kept for ever: whatever a task has started
    keeps the task's context, which refers to this run.
    """

    task: Any = None
    number = 0  # of `task`, counted from 1
    state = RUNNING  # of `task`
    in_thread = False  # whether a thread is calling `task`
    is_abandoned = False  # whether nobody waits for the thread: then it begins no task
    lock: Any = nullcontext()  # around what the thread and the event loop both change
    cut_off_inside = 0  # the number of the task in which a run inside has met a cancellation

    def __init__(self, tasks: Any, container: Any = None, group: Any = ()) -> None:
        self.tasks = tasks
        self.container = container  # `None` for a task that runs alone
        self.group = group  # the runs of all its tasks, if they run side by side

    async def in_order(self) -> list[BaseException]:
        """Run the tasks, and return the failures after which the container went on."""
        failures: list[BaseException] = []
        token = current_run.set(self)
        try:
            while self.number < len(self.tasks):  # a task may add to them
                self.task = task = self.tasks[self.number]
                self.state = RUNNING
                self.number += 1
                try:
                    if calls_async_function(task):  # as `call` does, in half the time
                        task._accounted = True
                        await task.func(*task.args, **task.kwargs)
                    else:
                        await self.call()
                except BaseException as error:
                    outer = token.old_value  # faster than a look-up before each run
                    if not self.report(error, outer=None if outer is Token.MISSING else outer):
                        raise
                    failures.append(error)
        finally:
            self.tasks = self.group = ()
            self.task = self.container = None
            if current_run.get(None) is self:  # not if another context closes the coroutine
                current_run.reset(token)
        return failures

    async def call(self) -> None:
        """Call the task's function on the event loop or in a thread, or let the task run itself."""
        # A task that runs alone has come from its own `__call__`, and must not go back there.
        if self.container is not None and not calls_function(self.task):
            self.begin()
            if any(each is self.container for each in within(self.task)):
                raise RuntimeError(LOOP.format(type(self.container).__name__))
            await self.task()
        elif is_async(self.task.func):
            self.begin()
            await self.task.func(*self.task.args, **self.task.kwargs)
        else:
            self.state = WAITING
            await self.call_in_thread()

    def begin(self) -> None:
        self.state = RUNNING
        if isinstance(self.task, RunTask):
            self.task._accounted = True

    async def call_in_thread(self) -> None:
        """Call a sync task, and the sync tasks that follow it, in a worker thread.

        Waits for the thread. Only a cancellation by asyncio itself ends that wait. The thread then
        finishes the call that it is in, and begins no other.
        """
        self.lock = Lock()
        # What the thread brings back: one exception, or one awaitable, or nothing.
        self.raised: list[BaseException] = []
        self.returned: list[Any] = []
        cancelling = getattr(_reports.current_asyncio_task(), "cancelling", int)  # from 3.11 on
        try:
            await to_thread.run_sync(self.call_tasks, cancelling, cancelling())
        except BaseException:
            with self.lock:
                self.is_abandoned = True
                self.report_abandoned(self.task)
            raise
        # Not in the thread, so that the record is written in the context of the code that waits.
        if self.raised:
            raise self.raised.pop()
        if self.returned:
            await self.returned.pop()

    def call_tasks(self, cancelling: Callable[[], int], before: int) -> None:
        """In the worker thread: call tasks until one brings something back, or the time is up.

        `cancelling` counts requests to cancel the asyncio task, of which there were `before`.
        """
        until = monotonic() + LONGEST_TRIP
        with self.lock:
            self.in_thread = not self.is_abandoned
            if self.in_thread:  # pragma: no branch - unless it starts later than it is abandoned
                self.begin()
        while self.in_thread:
            task = self.task
            try:
                returned = copy_context().run(task.func, *task.args, **task.kwargs)
            except BaseException as error:
                self.raised.append(error)
            else:
                self.returned += [returned] if returned and isawaitable(returned) else []
            is_trip_over = monotonic() > until or cancelling() > before
            with self.lock:
                self.in_thread = False
                if self.is_abandoned:
                    self.report_abandoned(task)
                elif not self.raised and not self.returned:
                    self.state = OVER
                    if not is_trip_over and self.number < len(self.tasks):
                        self.take_next()

    def take_next(self) -> None:
        """Take the next task along on this trip, if that is a sync one, too."""
        following = self.tasks[self.number]
        if calls_function(following) and not is_async(following.func):
            from_thread.check_cancelled()
            self.task, self.state, self.in_thread = following, RUNNING, True
            self.number += 1
            following._accounted = True

    def report_abandoned(self, task: Any) -> None:
        """Report what a thread has raised, if nobody waits for that thread any more."""
        while self.raised:
            failure, self.state = failure_in(self.raised.pop()), OVER
            if failure is not None and not _reports.is_reported(failure, self):
                _reports.log(ERROR, "failed", task, (), failure)

    def give_up(self) -> list[Any]:
        """Begin no more tasks, and return those that have not begun."""
        with self.lock:
            is_waiting = self.state is WAITING  # then the current task has not begun either
            behind = [*self.tasks[self.number - is_waiting :]]
            self.tasks, self.is_abandoned = (), self.is_abandoned or is_waiting
        return behind

    def report(self, error: BaseException, outer: Any) -> bool:
        """Report how the task ended, and which tasks will not run because of it.

        `outer` is the run whose task has started this one, if there is one. Returns whether the
        container goes on after the error.
        """
        failure, task, container = failure_in(error), self.task, self.container
        goes_on = failure is error and container is not None and container.continue_on_error
        lost = self.lose_tasks(goes_on, is_failure=failure is not None)
        # It is told already if a run inside of the task, or the thread, has reported it.
        if failure is not None:
            level, end, is_told = ERROR, "failed", _reports.is_reported(failure, self)
            _reports.note_reported(failure, self, outer)
        else:
            is_interrupt = any(isinstance(each, KeyboardInterrupt) for each in errors_in(error))
            level, end = WARNING, "was interrupted" if is_interrupt else "was cancelled"
            if self.in_thread:
                end += ", but goes on in its thread, where nobody waits for it any more"
            only_runs_tasks = not calls_function(task) or bool(tasks_of(task))
            is_told_inside = only_runs_tasks and self.cut_off_inside == self.number
            # A task that waits has not begun; of one that is over, only later ones were cut off.
            is_told = is_told_inside or self.state is not RUNNING
            if outer is not None:
                outer.cut_off_inside = outer.number
        if not is_told:
            _reports.log(level, end, task, lost, failure, container)
        elif lost and container is None:  # a single task that got no thread: it is in `lost` itself
            _reports.log(level, "never ran", lost[0], lost[1:])
        elif lost:
            _reports.log(level, end, container, lost)
        return goes_on

    def lose_tasks(self, goes_on: bool, is_failure: bool) -> list[Any]:
        """The tasks that will not run because of an error; they count as reported from now on."""
        behind: list[Any] = []
        # A task that runs alone loses itself, if it was cancelled while it waited for a thread.
        if not goes_on and (self.container is not None or _reports.is_unaccounted(self.task)):
            # In a group that is cancelled, tasks that have not begun still begin, as in Lilya.
            runs = [each for each in (self, *self.group) if each.number or is_failure]
            behind = [task for each in runs for task in each.give_up()]
            if self.container is not None and self.group:  # tasks added since have no run
                added = [*self.container.tasks][len(self.group) :]
                behind += [each for each in added if _reports.is_unaccounted(each)]
        lost = _reports.unaccounted_leaves(self.task) if self.state is RUNNING else []
        lost += [leaf for each in behind for leaf in leaves(each)]
        _reports.account_for(*lost, *behind)
        return lost


plain_call = RunTask.__call__  # saves a look-up for each task


def calls_function(task: Any) -> bool:
    """Whether a task does nothing but call its function, so that a run can do that in its place.

    It is not so with a container, a task of Lilya's, and a subclass with a `__call__` of its own.
    """
    return type(task).__call__ is plain_call and not isinstance(task.func, Task)


def calls_async_function(task: Any) -> bool:
    """Whether it calls an `async def` function: a quick test that finds nearly all async tasks."""
    func = task.func if type(task).__call__ is plain_call else None
    return type(func) is FunctionType and bool(func.__code__.co_flags & CO_COROUTINE)


def is_async(func: Any) -> bool:
    """Whether a call of `func` returns an awaitable, as far as can be told without calling it."""
    if type(func) is FunctionType and not func.__dict__:  # a shortcut, if nothing has marked it
        return bool(func.__code__.co_flags & CO_COROUTINE)
    with suppress(Exception):  # an object may raise when it is asked: then the call will show
        # A call of a class makes an instance, even if calls of that instance are async.
        return not isinstance(func, type) and is_async_callable(func)
    return False


def failure_group(failures: list[BaseException], of: int) -> BaseException:
    # With nothing but `Exception`s in it, this makes an `ExceptionGroup`.
    error = BaseExceptionGroup(f"{len(failures)} of {of} background tasks failed", failures.copy())
    failures.clear()  # or the exceptions, and the frame that holds them, would hold each other
    return error


def running_copy(container: Any) -> Any:
    """Of a fixed container, the copy that is running here: what its own tasks add belongs there."""
    running = getattr(current_run.get(None), "container", None)
    return running if getattr(running, "_copy_of", None) is container else container


def fresh_copy(task: Any) -> Any:
    """One request's copy of a fixed task, and of the tasks in it: reported if it never runs."""
    new = copy(task)
    if isinstance(new, RunTask):
        new._accounted, new._built_in = type(new)._accounted, task._built_in
        new._copy_of = task
    if isinstance(new, Tasks):
        new.tasks = [fresh_copy(each) for each in task.tasks]
    elif isinstance(new.func, Task):
        new.func = fresh_copy(new.func)
    return new
