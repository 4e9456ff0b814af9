"""Ten thousand tasks."""

from __future__ import annotations

import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import (
    Kind,
    Subclass,
    TaskError,
    both_modes,
    error_of,
    fail,
    full_name,
    leaves,
    succeed,
)

pytestmark = pytest.mark.anyio


@both_modes
@pytest.mark.parametrize(
    ("kind", "is_async"),
    [(BackgroundTask, False), (BackgroundTask, True), (Subclass, True)],
    ids=["sync", "async", "subclass"],
)
async def test_ten_thousand_tasks_of_which_every_third_fails(
    kind: Kind, is_async: bool, as_group: bool, records: Records
) -> None:
    ran: list[int] = []

    def run(number: int) -> None:
        ran.append(number)
        if number % 3 == 0:
            raise TaskError(number)

    async def run_async(number: int) -> None:
        run(number)

    tasks = [kind(run_async if is_async else run, number) for number in range(10_000)]
    error = await error_of(BackgroundTasks(tasks, as_group, continue_on_error=True))

    assert sorted(ran) == list(range(10_000))
    assert error.message == "3334 of 10000 background tasks failed"
    assert [each.args[0] for each in leaves(error)] == list(range(0, 10_000, 3))
    assert len(records) == 3334


async def test_all_of_ten_thousand_tasks_that_are_lost_are_named(records: Records) -> None:
    await error_of(BackgroundTasks([BackgroundTask(fail)] + [BackgroundTask(succeed)] * 10_000))

    assert records[0].background_tasks_lost == [full_name(succeed)] * 10_000
    assert "; 10000 later tasks will not run: " in records.messages[0]
