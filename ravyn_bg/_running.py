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

# Seconds for which tasks may share one trip to a worker thread. Each that shares it saves some
# 0.0001 of them; but others may be waiting for a thread.
LONGEST_TRIP = 0.01

LOOP = "This {} contains itself and would run for ever: give it BackgroundTasks(list(tasks.tasks))."
# How far the task that a run has taken has come: it waits for a thread, runs, or has ended.
QUEUED, BEGUN, OVER = "queued", "begun", "over"

current_run: ContextVar["Run"] = ContextVar("ravyn_bg.current_run")


class RunTask(Task):
    """A task that runs by itself, and says so if it is freed and never began."""

    _accounted = False  # whether it has begun, or a record has named it
    _built_in: CodeType | None = None
    _built_at = 0  # the instruction of that code
    _response: Callable[[], Any] | None = None  # a weak reference to that whose background it is
    _instead_of: Any = None  # the background that it had before
    _copy_of: Any = None  # the fixed task of which it is one request's copy

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
        response: Any = self._response and self._response()
        if getattr(response, "background", None) is self:
            response.background = self._instead_of

    def __getstate__(self) -> Any:
        """For copies and pickles: nobody can tell which of them is meant to run."""
        self._accounted = True
        slots = [name for kind in type(self).__mro__ for name in getattr(kind, "__slots__", ())]
        kept = {name: getattr(self, name) for name in slots if hasattr(self, name)}
        # Code can be neither copied nor pickled; a response and a fixed container stay behind.
        return {**vars(self), "_built_in": None, "_response": None, "_copy_of": None}, kept

    def __del__(self, log_freed: Callable[[Any], None] = _reports.log_freed) -> None:
        if not self._accounted:
            log_freed(self)


class RunTasks(Tasks, RunTask):
    """Tasks that run in order or side by side."""

    continue_on_error = False
    _has_run = False
    _runs_once = False  # whether each of its tasks runs once, however often it is run
    _is_fixed = False  # whether it is a template, of which each request runs a copy

    @override
    async def run_single(self) -> None:
        if self.tasks:
            self.begin_run()
            tasks: list[Any] = self.tasks if isinstance(self.tasks, list) else list(self.tasks)
            if failures := await Run(tasks, self).in_order():
                raise together(failures, of=len(tasks))

    @override
    async def run_as_group(self) -> None:
        self.begin_run()
        runs: list[Run] = []
        runs += [Run([task], self, runs) for task in self.tasks]
        failures: list[list[BaseException]] = [[] for _ in runs]

        async def run_one(place: int) -> None:
            failures[place] = await runs[place].in_order()

        async with create_task_group() as group:
            for place in range(len(runs)):
                # Named here, because AnyIO takes microseconds to find a name.
                group.start_soon(run_one, place, name="background task")
        if found := [each.pop() for each in failures if each]:
            raise together(found, of=len(runs))

    def begin_run(self) -> None:
        if self._response is not None:
            self.leave_response()
        if self._has_run and self._runs_once:
            self.tasks = [each for each in self.tasks if _reports.is_unaccounted(each)]
        self._has_run = True

    def goes_on_after(self, error: BaseException) -> bool:
        return self.continue_on_error and failure_in(error) is error


class Run:
    """One run of tasks in order: which task it has come to, and how far that task has come.

    When it is over it holds no task. A task may have started something that lives for ever, and
    that keeps its context, in which this run stands.
    """

    task: Any = None
    number = 0  # of `task`, counted from 1
    state = BEGUN  # of `task`
    in_thread = False  # whether a thread is calling `task`
    is_left = False  # whether nobody waits for that thread any more
    lock: Any = nullcontext()  # around what the thread and the event loop both change
    cut_off_inside = 0  # the number of the task in which another run has reported a cancellation

    def __init__(self, tasks: Any, container: Any = None, group: Any = ()) -> None:
        self.tasks = tasks
        self.container = container  # of the tasks, unless it is one task that runs alone
        self.group = group  # all runs that go on side by side, if this is one of them

    async def in_order(self) -> list[BaseException]:
        """Run the tasks, and return the failures after which the container went on."""
        failures: list[BaseException] = []
        token = current_run.set(self)
        try:
            while self.number < len(self.tasks):  # to which a task may add
                self.task = task = self.tasks[self.number]
                self.state = BEGUN
                self.number += 1
                try:
                    if calls_async_function(task):  # what `call` does, in half the time
                        task._accounted = True
                        await task.func(*task.args, **task.kwargs)
                    else:
                        await self.call()
                except BaseException as error:
                    outer = token.old_value  # which is faster than to ask before each run
                    self.report(error, outer=None if outer is Token.MISSING else outer)
                    if self.container is None or not self.container.goes_on_after(error):
                        raise
                    failures.append(error)
        finally:
            self.tasks = self.group = ()
            self.task = self.container = None
            if current_run.get(None) is self:  # unless it is closed from another context
                current_run.reset(token)
        return failures

    async def call(self) -> None:
        """Call the task's function where that belongs; a task that does more runs by itself."""
        if self.container is not None and not calls_function(self.task):
            self.begin()
            if any(each is self.container for each in within(self.task)):
                raise RuntimeError(LOOP.format(type(self.container).__name__))
            await self.task()
        elif is_async(self.task.func):
            self.begin()
            await self.task.func(*self.task.args, **self.task.kwargs)
        else:
            self.state = QUEUED
            await self.call_in_thread()

    def begin(self) -> None:
        self.state = BEGUN
        if isinstance(self.task, RunTask):
            self.task._accounted = True

    async def call_in_thread(self) -> None:
        """Call a sync task, and the sync tasks that follow it, in a worker thread.

        This waits for the thread. Only a cancellation by asyncio itself ends the wait: then the
        thread finishes the call that it is in, and begins no other.
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
                self.is_left = True
                self.report_left_behind(self.task)
            raise
        # Here, and not in the thread: errors are reported in the context of who waits for them.
        if self.raised:
            raise self.raised.pop()
        if self.returned:
            await self.returned.pop()

    def call_tasks(self, cancelling: Callable[[], int], before: int) -> None:
        until = monotonic() + LONGEST_TRIP
        with self.lock:
            self.in_thread = not self.is_left
            if self.in_thread:
                self.begin()
        while self.in_thread:
            task = self.task
            try:
                returned = copy_context().run(task.func, *task.args, **task.kwargs)
            except BaseException as error:
                self.raised.append(error)
            else:
                self.returned += [returned] if returned and isawaitable(returned) else []
            is_time = monotonic() > until or cancelling() > before
            with self.lock:
                self.in_thread = False
                if self.is_left:
                    self.report_left_behind(task)
                elif not self.raised and not self.returned:
                    self.state = OVER
                    if not is_time and self.number < len(self.tasks):
                        self.take_next()

    def take_next(self) -> None:
        """Take the next task along on this trip, if that is a sync one, too."""
        following = self.tasks[self.number]
        if calls_function(following) and not is_async(following.func):
            from_thread.check_cancelled()
            self.task, self.state, self.in_thread = following, BEGUN, True
            self.number += 1
            following._accounted = True

    def report_left_behind(self, task: Any) -> None:
        """Report a failure in a thread for which nobody waits any more."""
        while self.raised:
            failure, self.state = failure_in(self.raised.pop()), OVER
            if failure is not None and not _reports.is_reported(failure, self):
                _reports.log(ERROR, "failed", task, (), failure)

    def give_up(self) -> list[Any]:
        """Begin no more tasks, and return those that have not begun."""
        with self.lock:
            is_queued = self.state is QUEUED
            behind = [*self.tasks[self.number - is_queued :]]
            self.tasks, self.is_left = (), self.is_left or is_queued
        return behind

    def report(self, error: BaseException, outer: Any) -> None:
        """Report how the task ended, and which tasks will not run because of it.

        `outer` is the run whose task has started this one, if there is one.
        """
        failure, task, container = failure_in(error), self.task, self.container
        lost = self.lose_tasks(error, failure)
        if failure is not None:
            level, end, is_told = ERROR, "failed", _reports.is_reported(failure, self)
            _reports.pass_on(failure, self, outer)
        else:
            is_interrupt = any(isinstance(each, KeyboardInterrupt) for each in errors_in(error))
            level, end = WARNING, "was interrupted" if is_interrupt else "was cancelled"
            if self.in_thread:
                end += ", but goes on in its thread, where nobody waits for it any more"
            only_runs_tasks = not calls_function(task) or bool(tasks_of(task))
            is_told_inside = only_runs_tasks and self.cut_off_inside == self.number
            is_told = is_told_inside or self.state is not BEGUN
            if outer is not None:
                outer.cut_off_inside = outer.number
        if not is_told:
            _reports.log(level, end, task, lost, failure, container)
        elif lost and container is None:  # it was cancelled while it waited for a thread
            _reports.log(level, "never ran", lost[0], lost[1:])
        elif lost:
            _reports.log(level, end, container, lost)

    def lose_tasks(self, error: BaseException, failure: BaseException | None) -> list[Any]:
        """The tasks that will not run because of this error; they count as reported from now on."""
        behind: list[Any] = []
        container, is_unaccounted = self.container, _reports.is_unaccounted
        if is_unaccounted(self.task) if container is None else not container.goes_on_after(error):
            # A cancellation does not keep what is new in a group from beginning, as in Lilya.
            runs = [each for each in (self, *self.group) if each.number or failure is not None]
            behind = [task for each in runs for task in each.give_up()]
            if container is not None and self.group:  # to which tasks may have been added
                added = [*container.tasks][len(self.group) :]
                behind += [each for each in added if is_unaccounted(each)]
        inside = leaves(self.task) if self.state is BEGUN else []
        lost = [leaf for leaf in inside if is_unaccounted(leaf)]
        lost += [leaf for each in behind for leaf in leaves(each)]
        _reports.account_for(*lost, *behind)
        return lost


plain_call = RunTask.__call__


def calls_function(task: Any) -> bool:
    """Whether a task does nothing but call its function, so that others can do that for it.

    Not so a container, a subclass with a `__call__` of its own, a task of Lilya's.
    """
    return type(task).__call__ is plain_call and not isinstance(task.func, Task)


def calls_async_function(task: Any) -> bool:
    """Whether that is an `async def` function, as it is for nearly every async task."""
    func = task.func if type(task).__call__ is plain_call else None
    return type(func) is FunctionType and bool(func.__code__.co_flags & CO_COROUTINE)


def is_async(func: Any) -> bool:
    """Whether calling `func` gives something to await, as far as can be told without calling it."""
    if type(func) is FunctionType and not func.__dict__:  # nobody has marked it: asking takes long
        return bool(func.__code__.co_flags & CO_COROUTINE)
    with suppress(Exception):  # an object that refuses to be asked: calling it will tell
        # Calling a class makes an instance, however async that is to call.
        return not isinstance(func, type) and is_async_callable(func)
    return False


def together(failures: list[BaseException], of: int) -> BaseException:
    # Of plain exceptions it makes an `ExceptionGroup`, which is an `Exception`.
    error = BaseExceptionGroup(f"{len(failures)} of {of} background tasks failed", failures.copy())
    failures.clear()  # or the exceptions, and the frame that holds them, would hold each other
    return error


def running_copy(container: Any) -> Any:
    """The copy of a fixed container that runs here: what its own task adds belongs to that."""
    running = getattr(current_run.get(None), "container", None)
    return running if getattr(running, "_copy_of", None) is container else container


def fresh_copy(task: Any) -> Any:
    """A copy of a task, and of the tasks in it, which accounts for itself."""
    new = copy(task)
    if isinstance(new, RunTask):
        new._accounted, new._built_in = type(new)._accounted, task._built_in
        new._copy_of = task
    if isinstance(new, Tasks):
        new.tasks = [fresh_copy(each) for each in task.tasks]
    elif isinstance(new.func, Task):
        new.func = fresh_copy(new.func)
    return new
