"""A failure is reported once, whatever it passes on its way."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from lilya.apps import Lilya
from lilya.background import Task

from ravyn_bg import BackgroundTask, BackgroundTasks, Response, with_background
from tests.conftest import PATIENCE, MakeClient
from tests.failures.conftest import Records
from tests.failures.tasks import (
    SHAPES,
    Kind,
    Subclass,
    TaskError,
    Wrap,
    error_of,
    every_kind,
    every_shape,
    fail,
    fail_async,
    full_name,
    leaves,
    succeed,
)

pytestmark = pytest.mark.anyio


class Retries(BackgroundTask):
    async def __call__(self) -> None:
        try:
            await super().__call__()
        except TaskError:
            await super().__call__()


@every_kind
@every_shape
async def test_a_failure_is_reported_once(wrap: Wrap, kind: Kind, records: Records) -> None:
    for inner, wrap_inside in SHAPES.items():
        for func in (fail, fail_async):
            error = await error_of(wrap(wrap_inside(kind(func))))

            assert (inner, records.names) == (inner, [full_name(func)])
            assert [leaf for each in records.errors for leaf in leaves(each)] == leaves(error)
            records.clear()


@every_kind
@every_shape
async def test_what_is_lost_behind_a_failure_is_named_once(
    wrap: Wrap, kind: Kind, records: Records
) -> None:
    """In a record of its own where code stands between that might have handled the failure."""
    for func in (fail, fail_async):
        await error_of(BackgroundTasks([wrap(kind(func)), BackgroundTask(succeed)]))

        lost = [name for each in records for name in each.background_tasks_lost]
        assert lost == [full_name(succeed)]
        assert records.names.count(full_name(func)) == 1
        records.clear()


@every_shape
async def test_each_of_several_failures_is_reported_once(wrap: Wrap, records: Records) -> None:
    def task() -> BackgroundTask:
        both = [BackgroundTask(fail_async), Subclass(fail_async)]
        return BackgroundTask(BackgroundTasks(both, continue_on_error=True))

    error = await error_of(wrap(task()))

    assert records.names == [full_name(fail_async)] * 2
    assert records.errors == leaves(error)


async def test_the_same_error_raised_by_two_tasks_is_reported_for_each(records: Records) -> None:
    error = TaskError()

    def raise_it() -> None:
        raise error

    async def raise_it_async() -> None:
        raise error

    funcs = [raise_it, raise_it_async, raise_it_async]
    tasks = [BackgroundTask(funcs[0]), Subclass(funcs[1]), BackgroundTask(funcs[2])]
    nested_tasks = [BackgroundTasks([each]) for each in tasks]
    for as_group in (False, True):
        for each in (tasks, nested_tasks):
            await error_of(BackgroundTasks(each, as_group, continue_on_error=True))
            assert sorted(records.names) == sorted([*map(full_name, funcs)])
            records.clear()


@pytest.mark.parametrize("first", [0, 1])
async def test_a_failure_beside_one_that_was_reported_inside_is_no_reason_to_report_that_again(
    first: int, records: Records
) -> None:
    errors = sorted((TaskError(), TaskError()), key=id)
    inside, beside = errors[first], errors[1 - first]
    failed, go_on = anyio.Event(), anyio.Event()

    async def raise_inside() -> None:
        raise inside

    async def fail_late() -> None:
        try:
            await BackgroundTask(raise_inside)()
        finally:
            failed.set()
            await go_on.wait()

    async def fail_beside() -> None:
        await failed.wait()
        raise beside

    async def end() -> None:
        while len(records) < 2:
            await anyio.lowlevel.checkpoint()
        go_on.set()

    tasks = [BackgroundTask(each) for each in (fail_late, fail_beside, end)]
    with anyio.fail_after(PATIENCE):
        await error_of(BackgroundTasks(tasks, as_group=True, continue_on_error=True))

    assert records.names == [full_name(raise_inside), full_name(fail_beside)]


async def test_the_same_task_is_reported_each_time_it_fails(records: Records) -> None:
    task = BackgroundTask(fail)
    tasks = BackgroundTasks([task, task], continue_on_error=True)

    for _ in range(2):
        await error_of(tasks)

    assert records.names == [full_name(fail)] * 4


@every_shape
async def test_another_error_in_place_of_a_reported_one_is_reported_too(
    wrap: Wrap, records: Records
) -> None:
    async def replace() -> None:
        try:
            await wrap(BackgroundTask(fail))()
        except BaseException as error:
            raise RuntimeError("in place of it") from error

    error = await error_of(BackgroundTask(replace))

    assert records.names == [full_name(fail), full_name(replace)]
    assert records.errors[1] is error


@pytest.mark.parametrize("wrap", [SHAPES["alone"], SHAPES["in order"], SHAPES["in a group"]])
async def test_a_retrying_subclass_is_reported_for_each_try_that_failed(
    wrap: Wrap, records: Records
) -> None:
    left = [TaskError()]

    def fail_once() -> None:
        if left:
            raise left.pop()

    await wrap(Retries(fail_once))()
    assert records.names == [full_name(fail_once)]

    await error_of(wrap(Retries(fail)))
    assert records.names == [full_name(fail_once), full_name(fail), full_name(fail)]


async def test_a_task_that_a_task_leaves_running_is_reported_on_its_own(records: Records) -> None:
    """Even if it is the same one: it runs in the context that it was started in."""
    ran: list[str] = []
    started = anyio.Event()

    async def start_or_fail() -> None:
        ran.append("")
        if len(ran) > 1:
            raise TaskError
        group.start_soon(run_again)

    async def run_again() -> None:
        await started.wait()
        await error_of(task)

    task = Subclass(start_or_fail)
    async with anyio.create_task_group() as group:
        await BackgroundTasks([task])()
        started.set()

    assert records.names == [full_name(start_or_fail)]


async def test_a_task_of_lilya_in_a_container_is_reported(records: Records) -> None:
    class OfItsOwn(Task):
        async def __call__(self) -> None:
            raise TaskError

    for each in (Task(fail_async), OfItsOwn(print)):
        await error_of(BackgroundTasks([each, BackgroundTask(succeed)]))

    assert len(records) == 2
    assert records.names[0] == full_name(fail_async)
    assert [each.background_tasks_lost for each in records] == [[full_name(succeed)]] * 2


async def test_what_was_put_among_the_tasks_and_cannot_run_is_reported(records: Records) -> None:
    tasks: Any = BackgroundTasks([BackgroundTask(succeed)])
    tasks.tasks += [None, BackgroundTask(succeed)]

    with pytest.raises(TypeError):
        await tasks()

    assert records.names == ["builtins.NoneType.__call__"]
    assert records[0].background_tasks_lost == [full_name(succeed)]


def test_failures_behind_a_handler_are_reported_once(
    make_client: MakeClient, records: Records
) -> None:
    app = Lilya()

    @app.get("/response")
    async def response() -> Response:
        return Response("", background=BackgroundTask(fail))

    @app.get("/fixed")
    @with_background(BackgroundTask(fail))
    async def fixed() -> str:
        return ""

    @app.get("/added")
    @with_background(BackgroundTask(succeed))
    async def added(tasks: BackgroundTasks) -> str:
        tasks.add_task(fail)
        return ""

    client = make_client(app, raise_server_exceptions=False)
    for path in ("/response", "/fixed", "/added"):
        assert client.get(path).status_code == 200
        assert records.names == [full_name(fail)]
        records.clear()
