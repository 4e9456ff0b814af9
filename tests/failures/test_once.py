"""A failure is reported once, where it happened, whatever it passes on its way."""

from __future__ import annotations

import concurrent.futures
import copy
import pickle
from typing import Any

import anyio
import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import PATIENCE
from tests.failures.tasks import (
    SHAPES,
    Function,
    Kind,
    TaskError,
    Wrap,
    error_of,
    fail,
    full_name,
    succeed,
)
from tests.reports import Records, leaves

pytestmark = pytest.mark.anyio


async def test_a_failure_is_reported_once(
    wrap: Wrap, kind: Kind, function: Function, told: Records
) -> None:
    for inner, wrap_inside in SHAPES.items():
        error = await error_of(wrap(wrap_inside(kind(function))))

        assert (inner, told.names) == (inner, [full_name(function)])
        assert told.errors == leaves(error)
        told.clear()


async def test_what_is_lost_behind_a_failure_is_named_once(
    wrap: Wrap, kind: Kind, function: Function, told: Records
) -> None:
    await error_of(BackgroundTasks([wrap(kind(function)), BackgroundTask(succeed)]))

    assert [name for each in told.lost for name in each] == [full_name(succeed)]
    assert told.names.count(full_name(function)) == 1


async def test_another_error_in_place_of_a_reported_one_is_reported_too(
    wrap: Wrap, told: Records
) -> None:
    async def replace() -> None:
        try:
            await wrap(BackgroundTask(fail))()
        except BaseException as error:
            raise RuntimeError("in place of it") from error

    error = await error_of(BackgroundTask(replace))

    assert told.names == [full_name(fail), full_name(replace)]
    assert told.errors[1] is error


async def test_each_try_that_failed_is_reported(wrap: Wrap, told: Records) -> None:
    class TwoTries(BackgroundTask):
        async def __call__(self) -> None:
            try:
                await super().__call__()
            except TaskError:
                await super().__call__()

    task = wrap(TwoTries(fail))
    for times in (2, 4):
        await error_of(task)
        assert told.names == [full_name(fail)] * times


ONE = TaskError()


def raise_one() -> None:
    raise ONE


async def raise_one_async() -> None:
    await anyio.lowlevel.checkpoint()  # so that in a group all have begun
    raise ONE


@pytest.mark.parametrize("shape", ["alone", "in order", "in a group", "awaited by a function"])
async def test_the_same_exception_is_reported_for_each_task_that_raises_it(
    shape: str, as_group: bool, told: Records
) -> None:
    functions: list[Any] = [raise_one_async] * 3 if as_group else [raise_one_async, raise_one] * 2
    tasks = [SHAPES[shape](BackgroundTask(each)) for each in [*functions[:1], succeed, *functions]]
    await error_of(BackgroundTasks(tasks, as_group, continue_on_error=True))

    assert sorted(told.names) == sorted(map(full_name, functions[:1] + functions))


@pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
async def test_one_broken_connection_is_reported_for_each_who_waits_for_it_and_what_it_costs(
    is_async: bool, wrap: Wrap, told: Records
) -> None:
    broken, failed = anyio.Event(), concurrent.futures.Future[None]()

    async def wait_async() -> None:
        await broken.wait()
        failed.result()

    def wait() -> None:
        failed.result(PATIENCE)

    tasks = [BackgroundTask(wait_async if is_async else wait) for _ in range(10)]
    several = [BackgroundTasks([wrap(each), succeed]) for each in tasks]
    async with anyio.create_task_group() as group:
        for each in several:
            group.start_soon(error_of, each)
        await anyio.wait_all_tasks_blocked()
        failed.set_exception(TaskError())
        broken.set()

    assert told.names.count(full_name(wait_async if is_async else wait)) == 10
    assert [name for each in told.lost for name in each] == [full_name(succeed)] * 10
    assert {type(each) for each in told.errors} == {TaskError}


async def test_an_exception_that_is_noted_can_be_copied_and_pickled() -> None:
    copies: list[Any] = []

    async def copies_its_failure() -> None:
        try:
            await BackgroundTask(fail)()
        except Exception as error:
            copies.extend([copy.deepcopy(error), pickle.loads(pickle.dumps(error))])

    await BackgroundTasks([lambda: None, copies_its_failure])()

    assert len(copies) == 2


async def test_an_exception_is_left_as_it_was(wrap: Wrap) -> None:
    error = await error_of(wrap(BackgroundTask(raise_one)))

    assert [vars(each) for each in leaves(error)] == [{}]
