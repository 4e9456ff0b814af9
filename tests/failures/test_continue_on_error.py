"""With `continue_on_error`, every task runs, whatever the others do."""

from __future__ import annotations

import logging
import sys
from typing import Any

import anyio
import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import PATIENCE
from tests.failures.conftest import Records
from tests.failures.tasks import (
    Function,
    Kind,
    Subclass,
    TaskError,
    both_functions,
    both_modes,
    error_of,
    fail_async,
    full_name,
    leaves,
    succeed,
)

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

pytestmark = pytest.mark.anyio


@both_modes
async def test_every_task_runs_and_the_failures_are_raised_in_order(
    as_group: bool, records: Records
) -> None:
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


@both_modes
async def test_nothing_is_raised_if_nothing_fails(as_group: bool) -> None:
    await BackgroundTasks([BackgroundTask(succeed)], as_group, continue_on_error=True)()
    await BackgroundTasks([], as_group, continue_on_error=True)()


@both_modes
async def test_a_failure_is_reported_when_it_happens(as_group: bool) -> None:
    reported = anyio.Event()

    def keep(record: logging.LogRecord) -> bool:
        reported.set()
        return False

    logging.getLogger("ravyn_bg").addFilter(keep)
    try:
        tasks = [BackgroundTask(fail_async), BackgroundTask(reported.wait)]
        with anyio.fail_after(PATIENCE):
            error = await error_of(BackgroundTasks(tasks, as_group, continue_on_error=True))
    finally:
        logging.getLogger("ravyn_bg").removeFilter(keep)

    assert [type(each) for each in leaves(error)] == [TaskError]


async def test_a_group_cancels_no_sibling_and_keeps_the_order_of_the_tasks() -> None:
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


async def test_a_container_inside_another_keeps_its_own_setting(records: Records) -> None:
    ran: list[str] = []

    def inner(goes_on: bool) -> BackgroundTasks:
        tasks = [BackgroundTask(fail_async), BackgroundTask(ran.append, f"inner {goes_on}")]
        return BackgroundTasks(tasks, continue_on_error=goes_on)

    async def messages(*tasks: BackgroundTasks, **flags: bool) -> list[str]:
        error = await error_of(BackgroundTasks([*tasks, BackgroundTask(ran.append, "")], **flags))
        return [getattr(each, "message", "") for each in (error, *error.exceptions)]

    together = ["2 of 3 background tasks failed", "", "1 of 2 background tasks failed"]
    assert await messages(inner(False), inner(True), continue_on_error=True) == together
    assert ran == ["inner True", ""]
    assert records.lost == [["list.append"], []]

    assert await messages(inner(True)) == ["1 of 2 background tasks failed", ""]
    assert ran == ["inner True", "", "inner True"]


@both_modes
async def test_it_can_be_set_as_an_attribute(as_group: bool) -> None:
    tasks = BackgroundTasks([BackgroundTask(fail_async)], as_group)

    messages: list[Any] = []
    for tasks.continue_on_error in (True, False):
        messages.append(getattr(await error_of(tasks), "message", ""))

    assert messages[0] == "1 of 1 background tasks failed"
    assert messages[1] != messages[0]


@both_functions
async def test_what_a_failing_task_added_runs_and_counts(function: Function) -> None:
    ran: list[str] = []
    tasks = BackgroundTasks(continue_on_error=True)

    def add_and_fail() -> None:
        tasks.add_task(ran.append, "added")
        tasks.add_task(function)
        raise TaskError

    tasks.add_task(add_and_fail)
    error = await error_of(tasks)

    assert ran == ["added"]
    assert error.message == "2 of 3 background tasks failed"

    tasks.tasks, tasks.as_group = tasks.tasks[:1], True  # where what is added does not run
    error = await error_of(tasks)

    assert ran == ["added"]
    assert error.message == "1 of 1 background tasks failed"


@both_modes
@pytest.mark.parametrize("kind", [BackgroundTask, Subclass])
async def test_two_thousand_failures_are_told_apart_in_short_messages(
    kind: Kind, as_group: bool, records: Records
) -> None:
    async def run(number: int) -> None:
        raise TaskError(number)

    tasks = [kind(run, number) for number in range(2_000)]
    error = await error_of(BackgroundTasks(tasks, as_group, continue_on_error=True))

    assert [each.args[0] for each in leaves(error)] == [*range(2_000)]
    assert sorted(each.args[0] for each in records.errors) == [*range(2_000)]
    assert max(len(each.encode()) for each in records.messages) <= 400
    assert {*records.names} == {full_name(run)}
    assert {*map(len, records.lost)} == {0}
