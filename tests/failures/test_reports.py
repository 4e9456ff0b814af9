"""A task that fails is reported by name, and so is what will not run because of it."""

from __future__ import annotations

import functools
import gc
import logging
import weakref
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any

import anyio
import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.tasks import (
    Function,
    TaskError,
    error_of,
    fail,
    fail_async,
    full_name,
    succeed,
    succeed_async,
)
from tests.reports import Records, reports_kept

pytestmark = pytest.mark.anyio

HERE = "tests.failures.test_reports"


async def test_a_task_that_fails_is_reported_by_name_with_the_traceback(
    function: Function, told: Records
) -> None:
    error = await error_of(BackgroundTask(function))

    [record] = told
    assert (record.name, record.levelno) == ("ravyn_bg", logging.ERROR)
    assert record.exc_info[:2] == (TaskError, error)
    assert told.names == [full_name(function)]
    assert told.messages == [f"Background task {full_name(function)} failed"]
    assert told.lost == [[]]
    assert f"in {function.__name__}\n" in logging.Formatter().format(record)


class Sender:
    def send(self) -> None:
        raise TaskError


class Child(Sender): ...


NAMES: dict[str, tuple[Any, str]] = {
    "method of a class above": (Child().send, f"{HERE}.Child.send"),
    "class method": (Fraction.from_float, "fractions.Fraction.from_float"),
    "decorated": (functools.wraps(fail)(lambda: fail()), full_name(fail)),
    "wrapped by Lilya": (Task(fail).func, full_name(fail)),
    "builtin": ([].pop, "list.pop"),
    "partial of a partial": (functools.partial(functools.partial(int), "x"), "builtins.int"),
}


@pytest.mark.parametrize(("called", "name"), NAMES.values(), ids=NAMES)
async def test_every_kind_of_function_is_named(called: Any, name: str, told: Records) -> None:
    await error_of(BackgroundTask(called))
    await error_of(BackgroundTasks([BackgroundTask(called)]))

    assert told.names == [name] * 2


A, B = full_name(succeed), full_name(succeed_async)
OURS = "ravyn_bg.background.BackgroundTasks.__call__"
Run = Callable[[Task, Task, Task], Task]


def around(inner: Task, behind: Task) -> BackgroundTasks:
    return BackgroundTasks([BackgroundTask(print), inner, behind])


# With a task that ends early and two others, what is run; the names of what is lost, in its record;
# and in one that the container around it writes, under its own name.
LOST: dict[str, tuple[Run, list[str], list[str]]] = {
    "behind it": (lambda t, a, b: BackgroundTasks([a, t, a, b]), [A, B], []),
    "twice": (lambda t, a, b: BackgroundTasks([t, a, a]), [A, A], []),
    "inner": (
        lambda t, a, b: BackgroundTasks([t, Tasks([BackgroundTask(a), b]), a]),
        [A, B, A],
        [],
    ),
    "around": (lambda t, a, b: around(BackgroundTasks([t, a]), b), [A], [B]),
    "around a group": (lambda t, a, b: around(BackgroundTasks([t], True), b), [], [B]),
    "in Lilya's": (lambda t, a, b: around(Tasks([t, a]), b), [], [A, B]),
    "in Lilya's task": (lambda t, a, b: around(Task(BackgroundTasks([t, a])), b), [A], [B]),
}


@pytest.mark.parametrize("end", ["fails", "fails in a thread", "is cancelled"])
@pytest.mark.parametrize(("run", "beside", "behind"), LOST.values(), ids=LOST)
async def test_what_is_lost_is_named_at_once_by_the_container_that_stops(
    run: Run, beside: list[str], behind: list[str], end: str, told: Records
) -> None:
    async def be_cancelled() -> None:
        scope.cancel()
        await anyio.sleep_forever()

    function = {"fails": fail_async, "fails in a thread": fail}.get(end, be_cancelled)
    others = BackgroundTask(succeed), BackgroundTask(succeed_async)  # which are not freed
    with anyio.CancelScope() as scope, suppress(Exception):
        await run(BackgroundTask(function), *others)()

    count = 2 if behind else 1
    assert told.lost == [beside, behind][:count]
    assert told.names == [full_name(function), OURS][:count]
    assert [bool(each.exc_info) for each in told] == [end != "is cancelled", False][:count]
    told.clear()
    del others
    assert {*told.names}.isdisjoint([*beside, *behind])


class OnItsOwn(BackgroundTask):
    """Accounts for itself: it may run later, or not at all."""

    async def __call__(self) -> None:
        if self.args:
            raise TaskError


async def test_a_class_with_a_call_of_its_own_accounts_for_itself_but_not_for_others(
    told: Records,
) -> None:
    for task in (OnItsOwn(print), OnItsOwn(print, "fails")):
        with suppress(TaskError):
            await task()
        await BackgroundTasks([OnItsOwn(print)])()
    OnItsOwn(print)
    assert told == []

    await error_of(BackgroundTasks([OnItsOwn(print, "fails"), succeed]))
    assert (told.names, told.lost) == (["builtins.print"], [[A]])


async def test_a_container_that_failed_is_free_without_the_collector(
    as_group: bool, goes_on: bool
) -> None:
    async def fail_with(upload: Sender) -> None:
        outer.start_soon(anyio.sleep_forever)
        raise TaskError

    upload = Sender()
    kept = weakref.ref(upload)
    task = BackgroundTask(fail_with, upload)
    tasks = BackgroundTasks([task], as_group, continue_on_error=goes_on)
    gc.disable()
    try:
        async with anyio.create_task_group() as outer:
            with suppress(Exception), reports_kept(logging.WARNING):  # pytest keeps failures
                await tasks()
            del task, tasks, upload
            assert kept() is None
            outer.cancel_scope.cancel()
    finally:
        gc.enable()
