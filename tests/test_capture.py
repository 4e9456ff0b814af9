"""`capture_tasks`: what something queued, without running it."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import httpx2
import pytest
from lilya.apps import Lilya
from lilya.background import Task, Tasks
from lilya.testclient import AsyncTestClient

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background
from ravyn_bg.testing import capture_tasks
from tests.conftest import MakeClient, Trace

pytestmark = pytest.mark.anyio


class Again(BackgroundTask):
    async def __call__(self) -> None:
        await super().__call__()
        await super().__call__()


class Named(BackgroundTask):
    """Without a `__call__` of its own."""


class Twice:
    async def __call__(self: Any) -> None:
        await BackgroundTask.__call__(self)
        await BackgroundTask.__call__(self)


class Mixed(Twice, BackgroundTask): ...


@pytest.fixture(autouse=True)
def nothing_is_logged() -> Iterator[None]:
    """What was captured is neither a failure nor a task that never ran."""
    kept: list[logging.LogRecord] = []
    logger = logging.getLogger("ravyn_bg")

    def keep(record: logging.LogRecord) -> bool:
        kept.append(record)
        return True

    gc.collect()  # what earlier tests have left
    logger.addFilter(keep)
    yield
    gc.collect()
    logger.removeFilter(keep)
    assert [each.getMessage() for each in kept] == []


def app_of(trace: Trace) -> Lilya:
    app = Lilya()

    async def response() -> JSONResponse:
        return JSONResponse({}, background=trace.task("a"))

    @with_background(trace.task("a"))
    async def handler(background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(trace.note_async, "b")
        background_tasks.add_task(trace.note, "c")
        return {}

    app.post("/response")(response)
    app.post("/handler")(handler)
    return app


# Lilya's asynchronous client leaves streams of AnyIO's open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("path", "names"), [("/response", ["a"]), ("/handler", ["a", "b", "c"])])
@pytest.mark.parametrize("client", ["lilya", "lilya, async", "httpx2"])
async def test_what_a_request_queued(
    client: str, path: str, names: list[str], make_client: MakeClient, trace: Trace
) -> None:
    app = app_of(trace)
    with capture_tasks() as tasks:
        if client == "lilya":
            answer = await anyio.to_thread.run_sync(make_client(app).post, path)
        elif client == "httpx2":
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://test") as asking:
                answer = await asking.post(path)
        else:
            async with AsyncTestClient(app) as asking:
                answer = await asking.post(path)

    assert answer.json() == {}
    assert [each.args[0] for each in tasks] == names
    assert trace.names == []
    for each in tasks:
        await each()
    assert trace.names == names


def nested(trace: Trace, as_group: bool = False) -> BackgroundTasks:
    inner: list[Any] = [Task(trace.note, "b"), Again(trace.note, "c"), BackgroundTasks()]
    lilyas = Tasks([trace.async_task("d"), Task(trace.note, "e")])
    return BackgroundTasks([trace.task("a"), BackgroundTasks(inner, as_group), lilyas])


def added(trace: Trace) -> BackgroundTasks:
    tasks = BackgroundTasks()
    tasks.add_task(nested(trace))
    return tasks


KINDS: dict[str, tuple[Callable[[Trace], Any], str]] = {
    "sync": (lambda trace: trace.task("a"), "a"),
    "async": (lambda trace: trace.async_task("a"), "a"),
    "subclass without a call of its own": (lambda trace: Named(trace.note, "a"), "a"),
    "subclass": (lambda trace: Again(trace.note, "a"), "a"),
    "subclass, as another class says": (lambda trace: Mixed(trace.note, "a"), "a"),
    "task in a task": (lambda trace: BackgroundTask(trace.task("a")), "a"),
    "container in a task": (added, "abcde"),
    "nested": (nested, "abcde"),
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
