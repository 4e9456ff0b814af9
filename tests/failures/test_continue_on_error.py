"""With `continue_on_error`, every task runs, whatever the others do."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from lilya.background import Task

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import (
    TaskError,
    both_functions,
    both_modes,
    error_of,
    fail,
    fail_async,
    full_name,
    succeed,
    succeed_async,
)

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

pytestmark = pytest.mark.anyio


@both_modes
async def test_with_continue_on_error_every_task_runs(as_group: bool, records: Records) -> None:
    ran: list[str] = []

    def task(name: str, error: Exception | None = None) -> BackgroundTask:
        def run() -> None:
            ran.append(name)
            if error:
                raise error

        async def run_async() -> None:
            run()

        return BackgroundTask(run_async if name in "bc" else run)

    first, second = TaskError("first"), LookupError("second")
    tasks = [task("a", first), task("b"), task("c", second), task("d"), task("e")]
    error = await error_of(BackgroundTasks(tasks, as_group, continue_on_error=True))

    assert sorted(ran) == ["a", "b", "c", "d", "e"]
    assert as_group or ran == sorted(ran)
    assert type(error) is ExceptionGroup
    assert error.message == "2 of 5 background tasks failed"
    assert error.exceptions == (first, second)
    assert {*records.errors} == {first, second}


async def test_with_continue_on_error_nothing_is_raised_if_nothing_fails() -> None:
    tasks = [BackgroundTask(succeed), BackgroundTask(succeed_async)]

    await BackgroundTasks(tasks, continue_on_error=True)()
    await BackgroundTasks(tasks, as_group=True, continue_on_error=True)()
    await BackgroundTasks(continue_on_error=True)()


@both_functions
async def test_each_failure_in_order_is_reported_when_it_happens(
    func: Callable[[], Any], records: Records
) -> None:
    reported: list[int] = []

    def look() -> None:
        reported.append(len(records))

    tasks = [BackgroundTask(each) for each in (look, func, look, func, look)]
    await error_of(BackgroundTasks(tasks, continue_on_error=True))

    assert reported == [0, 1, 2]


async def test_each_failure_in_a_group_is_reported_when_it_happens(records: Records) -> None:
    reported = anyio.Event()

    class Tell(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            reported.set()

    async def wait_for_the_report() -> None:
        await reported.wait()

    tell = Tell()
    logging.getLogger("ravyn_bg").addHandler(tell)
    try:
        tasks = [BackgroundTask(wait_for_the_report), BackgroundTask(fail_async)]
        await error_of(BackgroundTasks(tasks, as_group=True, continue_on_error=True))
    finally:
        logging.getLogger("ravyn_bg").removeHandler(tell)

    assert records.names == [full_name(fail_async)]


async def test_a_group_that_continues_cancels_no_sibling_and_keeps_the_order_of_the_tasks() -> None:
    second_failed = anyio.Event()
    first, second = TaskError("first"), TaskError("second")

    async def fail_last() -> None:
        await second_failed.wait()
        raise first

    async def fail_first() -> None:
        second_failed.set()
        raise second

    tasks = [BackgroundTask(fail_last), BackgroundTask(succeed), BackgroundTask(fail_first)]
    error = await error_of(BackgroundTasks(tasks, as_group=True, continue_on_error=True))

    assert error.exceptions == (first, second)
    assert error.message == "2 of 3 background tasks failed"


async def test_a_container_inside_one_that_continues_keeps_its_own_setting() -> None:
    ran: list[str] = []

    def three(failing: Callable[[], Any], name: str) -> list[Task]:
        after = BackgroundTask(ran.append, name)
        return [BackgroundTask(failing), after]

    stops = BackgroundTasks(three(fail, "behind, in the one that stops"))
    continues = BackgroundTasks(
        three(fail_async, "behind, in the one that continues"), continue_on_error=True
    )
    outer = BackgroundTasks([stops, continues, BackgroundTask(ran.append, "outer")])

    outer.continue_on_error = True
    error = await error_of(outer)
    assert ran == ["behind, in the one that continues", "outer"]
    assert error.message == "2 of 3 background tasks failed"
    assert type(error.exceptions[0]) is TaskError
    assert error.exceptions[1].message == "1 of 2 background tasks failed"

    ran.clear()
    outer.tasks.pop(0)
    outer.continue_on_error = False
    error = await error_of(outer)
    assert ran == ["behind, in the one that continues"]
    assert error.message == "1 of 2 background tasks failed"
    assert [type(each) for each in error.exceptions] == [TaskError]


@both_modes
async def test_continue_on_error_can_be_read_and_set_as_an_attribute(as_group: bool) -> None:
    ran: list[str] = []
    tasks = BackgroundTasks([BackgroundTask(fail), BackgroundTask(ran.append, "after")], as_group)

    tasks.continue_on_error = True
    assert tasks.continue_on_error is True
    assert (await error_of(tasks)).args[0] == "1 of 2 background tasks failed"
    tasks.continue_on_error = False
    assert (await error_of(tasks)).args[0] != "1 of 2 background tasks failed"

    assert ran[0] == "after"


@both_functions
async def test_what_a_failing_task_added_runs_and_counts(func: Callable[[], Any]) -> None:
    ran: list[str] = []
    tasks = BackgroundTasks(continue_on_error=True)

    def add_and_fail() -> None:
        tasks.add_task(ran.append, "added")
        tasks.add_task(func)
        raise TaskError

    tasks.add_task(add_and_fail)
    error = await error_of(tasks)

    assert ran == ["added"]
    assert error.message == "2 of 3 background tasks failed"
