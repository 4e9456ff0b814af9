"""`capture_tasks`: what something queued, without running it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import pytest
from lilya.apps import Lilya
from lilya.background import Task, Tasks
from lilya.testclient import AsyncTestClient

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background
from ravyn_bg.testing import capture_tasks
from tests.conftest import MakeClient, Trace
from tests.reports import Records

pytestmark = pytest.mark.anyio


class Twice:
    """Such as may stand beside any class of tasks."""

    async def __call__(self: Any) -> None:
        await BackgroundTask.__call__(self)
        await BackgroundTask.__call__(self)


class TwiceTask(Twice, BackgroundTask): ...


class WithoutACallOfItsOwn(TwiceTask): ...


@pytest.fixture(autouse=True)
def nothing_is_logged(told: Records) -> Iterator[None]:
    """What was captured is neither a failure nor a task that never ran."""
    yield
    gc.collect()
    assert told.messages == []


async def test_what_a_request_queued(
    make_client: MakeClient, anyio_backend: Any, trace: Trace
) -> None:
    app = Lilya()

    @app.post("/response")
    async def response() -> JSONResponse:
        return JSONResponse({}, background=trace.task("a"))

    @app.post("/handler")
    @with_background(trace.task("b"))
    async def handler(background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(trace.note_async, "c")
        background_tasks.add_task(trace.note, "d")
        return {}

    with capture_tasks() as tasks:
        await anyio.to_thread.run_sync(make_client(app).post, "/response")
        await AsyncTestClient(app, backend=anyio_backend).post("/handler")

    assert [each.args for each in tasks] == [("a",), ("b",), ("c",), ("d",)]
    assert trace.names == []
    for each in tasks:
        await each()
    assert trace.names == ["a", "b", "c", "d"]


def nested(trace: Trace, as_group: bool = False) -> BackgroundTasks:
    inner: list[Any] = [Task(trace.note, "b"), TwiceTask(trace.note, "c"), BackgroundTasks()]
    lilyas = Tasks([trace.async_task("d"), Task(trace.note, "e")])
    return BackgroundTasks([trace.task("a"), BackgroundTasks(inner, as_group), lilyas])


KINDS: dict[str, tuple[Callable[[Trace], Any], str]] = {
    "async": (lambda trace: trace.async_task("a"), "a"),
    "subclass": (lambda trace: WithoutACallOfItsOwn(trace.note, "a"), "a"),
    "task in a task": (lambda trace: BackgroundTask(trace.task("a")), "a"),
    "container in a task": (lambda trace: BackgroundTask(nested(trace)), "abcde"),
    "nested, with a group": (lambda trace: nested(trace, True), "abcde"),
    "in a container of Lilya's": (lambda trace: Tasks([nested(trace), trace.task("f")]), "abcdef"),
}


@pytest.mark.parametrize(("make", "names"), KINDS.values(), ids=KINDS)
async def test_tasks_come_one_by_one_in_the_order_in_which_they_would_begin(
    make: Callable[[Trace], Any], names: str, trace: Trace
) -> None:
    task = make(trace)
    with capture_tasks() as tasks:
        await task()

    assert [(*each.args, each.kwargs) for each in tasks] == [(name, {}) for name in names]
    given = {trace.note, trace.note_async}
    assert {each.func for each in tasks if isinstance(each, BackgroundTask)} <= given
    assert trace.names == []
    await task()
    assert sorted(set(trace.names)) == [*names]


async def test_the_inner_one_captures_and_all_is_restored_after_an_exception(trace: Trace) -> None:
    with capture_tasks() as outer:
        with suppress(LookupError), capture_tasks() as inner:
            await trace.task("a")()
            raise LookupError
        await trace.task("b")()
    await BackgroundTasks([trace.task("c"), Task(trace.note, "d")])()

    assert [each.args for each in inner] == [("a",)]
    assert [each.args for each in outer] == [("b",)]
    assert trace.names == ["c", "d"]
