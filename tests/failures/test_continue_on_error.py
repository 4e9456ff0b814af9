"""With `continue_on_error`, every task runs, whatever the others do."""

from __future__ import annotations

import sys
from typing import Any

import anyio
import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import PATIENCE
from tests.failures.tasks import Function, TaskError, error_of, fail_async, full_name
from tests.reports import Records, leaves

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

pytestmark = pytest.mark.anyio


async def test_every_task_runs_and_the_failures_are_raised_in_the_order_of_the_tasks(
    as_group: bool, told: Records
) -> None:
    ran: list[str] = []
    second_failed = anyio.Event()
    first, second = TaskError("first"), LookupError("second")

    async def fail_last_in_a_group() -> None:
        if as_group:
            await second_failed.wait()
        raise first

    async def fail() -> None:
        second_failed.set()
        raise second

    a, b, c = (BackgroundTask(ran.append, each) for each in "abc")
    tasks = BackgroundTasks([BackgroundTask(fail_last_in_a_group), a, b], as_group)
    tasks.continue_on_error = True  # as an attribute, too
    tasks.tasks += [BackgroundTask(fail), c]
    error = await error_of(tasks)

    assert (sorted(ran) if as_group else ran) == ["a", "b", "c"]
    assert type(error) is ExceptionGroup
    assert error.message == "2 of 5 background tasks failed"
    assert error.exceptions == (first, second)
    assert told.errors == ([second, first] if as_group else [first, second])
    assert told.lost == [[], []]


async def test_a_failure_is_reported_when_it_happens(as_group: bool, told: Records) -> None:
    async def wait_for_the_record() -> None:
        with anyio.fail_after(PATIENCE):
            while not told:
                await anyio.lowlevel.checkpoint()

    tasks = [BackgroundTask(fail_async), BackgroundTask(wait_for_the_record)]
    error = await error_of(BackgroundTasks(tasks, as_group, continue_on_error=True))

    assert [type(each) for each in leaves(error)] == [TaskError]


async def test_a_function_that_exits_costs_no_other_task(as_group: bool, told: Records) -> None:
    ran: list[str] = []

    async def exit_async() -> None:
        sys.exit()  # as a command of click's does, on success too

    tasks: list[Any] = [exit_async, BackgroundTask(sys.exit), BackgroundTask(ran.append, "after")]
    error = await error_of(BackgroundTasks(tasks, as_group, continue_on_error=True))

    assert [type(each) for each in leaves(error)] == [SystemExit] * 2
    assert ran == ["after"]
    assert sorted(told.names) == ["sys.exit", full_name(exit_async)]
    assert {each.levelname for each in told} == {"ERROR"}


async def test_without_it_what_a_function_that_exits_costs_is_named(told: Records) -> None:
    assert type(await error_of(BackgroundTasks([sys.exit, print]))) is SystemExit
    assert (told.names, told.lost) == (["sys.exit"], [["builtins.print"]])


async def test_the_group_that_is_raised_is_whole(as_group: bool) -> None:
    tasks = BackgroundTasks([fail_async, fail_async], as_group, continue_on_error=True)
    error = await error_of(tasks)

    assert [*map(repr, error.exceptions)] == ["TaskError('on the event loop')"] * 2
    assert repr(error) == f"ExceptionGroup('2 of 2 background tasks failed', {[*error.exceptions]})"


async def test_what_a_failing_task_added_runs_and_counts_or_is_lost_with_it(
    function: Function, goes_on: bool, told: Records
) -> None:
    ran: list[str] = []
    tasks = BackgroundTasks(continue_on_error=goes_on)

    def add_and_fail() -> None:
        tasks.add_task(ran.append, "added")
        tasks.add_task(function)
        raise TaskError

    tasks.add_task(add_and_fail)
    error = await error_of(tasks)

    assert ran == (["added"] if goes_on else [])
    assert told.lost == ([[], []] if goes_on else [["list.append", full_name(function)]])
    assert getattr(error, "message", "") == ("2 of 3 background tasks failed" if goes_on else "")
