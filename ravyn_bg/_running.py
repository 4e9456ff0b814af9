"""How tasks run: alone, in order, side by side; and how a worker thread calls the sync ones."""

import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from contextvars import ContextVar, copy_context
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

# Seconds after which a trip to a thread gives that back, so that nobody waits long for one. What is
# saved by sharing a trip is some 0.0001.
SHARED = 0.01

LOOP = "This {} contains itself and would run for ever: give it BackgroundTasks(list(tasks.tasks))."
# How far a task has come that was taken: to a queue for a thread, or beyond.
QUEUED, BEGUN, OVER = "queued", "begun", "over"

current_run: ContextVar["Run"] = ContextVar("ravyn_bg.current_run")


class RunTask(Task):
    """A task that runs by itself, and says so if it is freed and never began."""

    _accounted = False  # whether it has begun, or a record has named it
    _built_in: CodeType | None = None
    _built_at = 0  # the instruction of that code

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # One that calls the function in its own way, or does not call it, accounts for itself.
        cls._accounted = cls.__call__ is not RunTask.__call__

    @override
    async def __call__(self) -> None:
        await Run([self]).in_order()

    def __getstate__(self) -> Any:
        """For copies and pickles. Of a task and its copies nobody can tell which is to run."""
        self._accounted = True
        slots = [name for kind in type(self).__mro__ for name in getattr(kind, "__slots__", ())]
        kept = {name: getattr(self, name) for name in slots if hasattr(self, name)}
        return {**vars(self), "_built_in": None}, kept  # code can be neither copied nor pickled

    def __del__(self, log_freed: Callable[[Any], None] = _reports.log_freed) -> None:
        if not self._accounted:
            log_freed(self)


class RunTasks(Tasks, RunTask):
    """Tasks that run in order or side by side."""

    continue_on_error = False
    _has_run = False

    @override
    async def run_single(self) -> None:
        if self.tasks:
            self._has_run = True
            tasks: list[Any] = self.tasks if isinstance(self.tasks, list) else list(self.tasks)
            if failures := await Run(tasks, self).in_order():
                raise together(failures, of=len(tasks))

    @override
    async def run_as_group(self) -> None:
        self._has_run = True
        runs: list[Run] = []
        runs += [Run([task], self, runs) for task in self.tasks]
        failures: list[list[BaseException]] = [[] for _ in runs]

        async def run_one(place: int) -> None:
            failures[place] = await runs[place].in_order()

        async with create_task_group() as group:
            for place in range(len(runs)):
                # With a name, which to find takes AnyIO microseconds.
                group.start_soon(run_one, place, name="background task")
        if found := [each.pop() for each in failures if each]:
            raise together(found, of=len(runs))

    def goes_on_after(self, error: BaseException) -> bool:
        return self.continue_on_error and failure_in(error) is error


class Run:
    """One run of tasks in order: which of them is taken, and how far that has come.

    It holds no task once it is over: whatever a task starts may live for ever, and with it its
    context, where the run stands.
    """

    task: Any = None
    number = 0  # how many tasks are taken; the last of them is `task`
    state = BEGUN
    in_thread = False  # whether a thread is calling the task
    is_left = False  # whether nobody waits for the thread any more
    lock: Any = nullcontext()  # around what a thread and the event loop both change
    cut_off_inside = 0  # in which task another one was cut off, and has reported it

    def __init__(self, tasks: Any, whole: Any = None, group: Any = ()) -> None:
        self.tasks = tasks
        self.whole = whole  # the container, if there is one
        self.group = group  # all runs that go on side by side, if this is one of them
        self.outer = current_run.get(None)

    async def in_order(self) -> list[BaseException]:
        """Run the tasks, and give back the failures after which the container went on."""
        failures: list[BaseException] = []
        token = current_run.set(self)
        try:
            while self.number < len(self.tasks):  # to which a task may add
                self.task = task = self.tasks[self.number]
                self.state = BEGUN
                self.number += 1
                try:
                    if calls_async_function(task):  # as `call` does, in half the time
                        task._accounted = True
                        await task.func(*task.args, **task.kwargs)
                    else:
                        await self.call()
                except BaseException as error:
                    self.report(error)
                    if self.whole is None or not self.whole.goes_on_after(error):
                        raise
                    failures.append(error)
        finally:
            self.tasks = self.group = ()
            self.task = self.whole = self.outer = None
            if current_run.get(None) is self:  # not so if it is closed in another context
                current_run.reset(token)
        return failures

    async def call(self) -> None:
        """Call the function of a task that does no more than that, or let it run by itself."""
        if self.whole is not None and not calls_function(self.task):
            self.begin()
            if any(each is self.whole for each in within(self.task)):
                raise RuntimeError(LOOP.format(type(self.whole).__name__))
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
        """Call a sync task, and those that follow it, in a worker thread.

        Who does that waits for the thread, unless asyncio itself cancels it: then the thread ends
        what it is calling, alone, and begins nothing else.
        """
        self.lock = Lock()
        # What the thread brings back, if anything: one of both.
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
        # Raised and awaited here, where somebody waits, and not in the thread.
        if self.raised:
            raise self.raised.pop()
        if self.returned:
            await self.returned.pop()

    def call_tasks(self, cancelling: Callable[[], int], before: int) -> None:
        until = monotonic() + SHARED
        while self.takes_task():
            task = self.task
            try:
                returned = copy_context().run(task.func, *task.args, **task.kwargs)
            except BaseException as error:
                self.raised.append(error)
            else:
                self.returned += [returned] if returned and isawaitable(returned) else []
            with self.lock:
                self.in_thread = False
                if self.is_left:
                    self.report_left_behind(task)
                if self.raised or self.returned or self.is_left:
                    return
                self.state = OVER
            if monotonic() > until or cancelling() > before:
                return

    def takes_task(self) -> bool:
        """Whether there is one for this thread: the one that waits, and then those that follow."""
        with self.lock:
            if self.state is OVER and self.number < len(self.tasks) and not self.is_left:
                following = self.tasks[self.number]
                if calls_function(following) and not is_async(following.func):
                    from_thread.check_cancelled()
                    self.task, self.state = following, QUEUED
                    self.number += 1
            self.in_thread = self.state is QUEUED and not self.is_left
            if self.in_thread:
                self.begin()
            return self.in_thread

    def report_left_behind(self, task: Any) -> None:
        """Report what the function raised in a thread for which nobody waits any more."""
        while self.raised:
            failure, self.state = failure_in(self.raised.pop()), OVER
            if failure is not None and not _reports.is_reported(failure, self):
                _reports.log(ERROR, "failed", task, (), failure)

    def give_up(self) -> list[Any]:
        """The tasks that have not begun; now they never will."""
        with self.lock:
            is_queued = self.state is QUEUED
            behind = [*self.tasks[self.number - is_queued :]]
            self.tasks, self.is_left = (), self.is_left or is_queued
        return behind

    def report(self, error: BaseException) -> None:
        """Report how the task ended, and which tasks will not run because of it."""
        failure, task, whole, outer = failure_in(error), self.task, self.whole, self.outer
        behind: list[Any] = []
        if whole is not None and not whole.goes_on_after(error):
            # A cancellation does not keep what is new in a group from beginning, as in Lilya.
            runs = [each for each in (self, *self.group) if each.number or failure is not None]
            behind = [task for each in runs for task in each.give_up()]
        lost = [each for each in leaves(task) if self.state is BEGUN]
        lost = [each for each in lost if _reports.is_unaccounted(each)]
        lost += [leaf for each in behind for leaf in leaves(each)]
        _reports.account_for(*lost, *behind)
        if failure is not None:
            level, end, is_told = ERROR, "failed", _reports.is_reported(failure, self)
            _reports.pass_on(failure, self, outer)
        else:
            is_interrupt = any(isinstance(each, KeyboardInterrupt) for each in errors_in(error))
            level, end = WARNING, "was interrupted" if is_interrupt else "was cancelled"
            if self.in_thread:
                end += ", but goes on in its thread, where nobody waits for it any more"
            holds_tasks = bool(tasks_of(task)) or not calls_function(task)
            is_told = self.state is not BEGUN or (
                holds_tasks and self.cut_off_inside == self.number
            )
            if outer is not None:
                outer.cut_off_inside = outer.number
        if not is_told:
            _reports.log(level, end, task, lost, failure, whole)
        elif lost:
            _reports.log(level, end, task if whole is None else whole, lost)


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
    with suppress(Exception):  # an object that refuses to be asked: calling it will tell
        # Calling a class makes an instance, however async that is to call.
        return not isinstance(func, type) and is_async_callable(func)
    return False


def together(failures: list[BaseException], of: int) -> BaseException:
    # Of plain exceptions it makes an `ExceptionGroup`, which is an `Exception`.
    error = BaseExceptionGroup(f"{len(failures)} of {of} background tasks failed", failures.copy())
    failures.clear()  # or the exceptions, and the frame that holds them, would hold each other
    return error


def fresh_copy(task: Any) -> Any:
    """A copy of a task, and of the tasks in it, which accounts for itself."""
    new = copy(task)
    if isinstance(new, RunTask):
        new._accounted, new._built_in = type(new)._accounted, task._built_in
    if isinstance(new, Tasks):
        new.tasks = [fresh_copy(each) for each in task.tasks]
    elif isinstance(new.func, Task):
        new.func = fresh_copy(new.func)
    return new
