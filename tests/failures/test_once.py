"""A failure is reported once, where it happened, whatever it passes on its way."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import anyio
import anyio.from_thread
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
    both_modes,
    error_of,
    every_kind,
    every_shape,
    fail,
    fail_async,
    full_name,
    leaves,
    succeed,
)
from tests.test_cancellation import wait_until_the_package_is_left_by

pytestmark = pytest.mark.anyio


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
    for func in (fail, fail_async):
        await error_of(BackgroundTasks([wrap(kind(func)), BackgroundTask(succeed)]))

        assert [name for each in records.lost for name in each] == [full_name(succeed)]
        assert records.names.count(full_name(func)) == 1
        records.clear()


@every_shape
async def test_each_of_several_failures_is_reported_once(wrap: Wrap, records: Records) -> None:
    tasks = [BackgroundTask(fail_async), Subclass(fail_async)]
    error = await error_of(wrap(BackgroundTask(BackgroundTasks(tasks, continue_on_error=True))))

    assert records.names == [full_name(fail_async)] * 2
    assert records.errors == leaves(error)


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


@pytest.mark.parametrize("shape", ["alone", "in order", "in a group", "nested"])
async def test_each_try_that_failed_is_reported(shape: str, records: Records) -> None:
    class Retries(BackgroundTask):
        async def __call__(self) -> None:
            try:
                await super().__call__()
            except TaskError:
                await super().__call__()

    left = [TaskError()]

    def fail_once() -> None:
        if left:
            raise left.pop()

    await SHAPES[shape](Retries(fail_once))()
    await error_of(SHAPES[shape](Retries(fail)))

    assert records.names == [full_name(fail_once), full_name(fail), full_name(fail)]


# --- the same exception


ONE = TaskError()


def raise_one() -> None:
    raise ONE


async def raise_one_async() -> None:
    raise ONE


@both_modes
@pytest.mark.parametrize("shape", ["alone", "in order", "in a group", "awaited by a function"])
async def test_the_same_exception_is_reported_for_each_task_that_raises_it(
    shape: str, as_group: bool, records: Records
) -> None:
    functions: list[Any] = [raise_one_async] * 3 if as_group else [raise_one, raise_one_async] * 2
    tasks = [SHAPES[shape](BackgroundTask(each)) for each in functions[1:]]
    tasks.append(SHAPES[shape](Subclass(functions[0])))
    await error_of(BackgroundTasks(tasks, as_group, continue_on_error=True))

    assert sorted(records.names) == sorted(map(full_name, functions))


async def test_the_same_exception_in_a_thread_and_on_the_event_loop_at_once(
    records: Records,
) -> None:
    threads: list[threading.Thread] = []

    def raise_in_thread() -> None:
        threads.append(threading.current_thread())
        raise ONE

    async def raise_before_the_loop_is_told() -> None:
        while not threads:
            await anyio.lowlevel.checkpoint()
        wait_until_the_package_is_left_by(threads[0])
        raise ONE

    functions = [raise_in_thread, raise_before_the_loop_is_told]
    tasks = [BackgroundTask(each) for each in functions]
    await error_of(BackgroundTasks(tasks, as_group=True, continue_on_error=True))

    assert sorted(records.names) == sorted(map(full_name, functions))


async def test_a_task_is_reported_each_time_it_fails(records: Records) -> None:
    task = BackgroundTask(fail)
    for _ in range(2):
        await error_of(BackgroundTasks([task, task], continue_on_error=True))

    assert records.names == [full_name(fail)] * 4


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_one_future_that_fails_is_reported_for_each_who_awaited_it(records: Records) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def first() -> None:
        await future

    async def second() -> None:
        await future

    tasks = [BackgroundTasks([BackgroundTask(each)]) for each in (first, second)]
    running = [asyncio.ensure_future(each()) for each in tasks]
    await asyncio.sleep(0)
    future.set_exception(TaskError())
    await asyncio.wait(running)

    assert sorted(records.names) == [full_name(first), full_name(second)]
    assert [type(each.exception()) for each in running] == [TaskError] * 2


# --- beside others


async def test_a_failure_beside_one_that_is_still_on_its_way_is_one_more(records: Records) -> None:
    failed, go_on = anyio.Event(), anyio.Event()

    async def fail_late() -> None:
        try:
            await BackgroundTask(fail_async)()
        finally:
            failed.set()
            await go_on.wait()

    async def fail_beside() -> None:
        await failed.wait()
        try:
            raise TaskError
        finally:
            go_on.set()

    tasks = [BackgroundTask(fail_late), BackgroundTask(fail_beside)]
    with anyio.fail_after(PATIENCE):
        await error_of(BackgroundTasks(tasks, as_group=True, continue_on_error=True))

    assert records.names == [full_name(fail_async), full_name(fail_beside)]


async def test_a_task_that_a_task_leaves_running_is_reported_on_its_own(records: Records) -> None:
    started = anyio.Event()

    async def run_later() -> None:
        await started.wait()
        await error_of(Subclass(fail_async))

    async def start() -> None:
        group.start_soon(run_later)

    async with anyio.create_task_group() as group:
        await BackgroundTasks([Subclass(start)])()
        started.set()

    assert records.names == [full_name(fail_async)]


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in order"])
def test_a_sync_task_that_nobody_waits_for_any_more_is_reported_from_its_thread(
    alone: bool, records: Records
) -> None:
    async def cancel_while_it_runs() -> threading.Thread:
        started, cancelled, threads = asyncio.Event(), threading.Event(), []

        def fail_late() -> None:
            threads.append(threading.current_thread())
            anyio.from_thread.run_sync(started.set)
            assert cancelled.wait(PATIENCE)
            fail()

        task = BackgroundTask(fail_late)
        running = asyncio.ensure_future((task if alone else BackgroundTasks([task]))())
        await started.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        cancelled.set()
        return threads[0]

    thread = anyio.run(cancel_while_it_runs, backend="asyncio")
    thread.join(PATIENCE)

    assert [name.rpartition(".")[2] for name in records.names] == ["fail_late"]
    assert [type(each) for each in records.errors] == [TaskError]
    assert records[0].thread == thread.ident


# --- Lilya's


async def test_a_task_of_lilya_in_a_container_is_reported(records: Records) -> None:
    class OfItsOwn(Task):
        async def __call__(self) -> None:
            raise TaskError

    for each in (Task(fail_async), OfItsOwn(print)):
        await error_of(BackgroundTasks([each, BackgroundTask(succeed)]))

    assert [type(each) for each in records.errors] == [TaskError] * 2
    assert records.lost == [[full_name(succeed)]] * 2


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

    assert records.names == [full_name(fail)] * 3
