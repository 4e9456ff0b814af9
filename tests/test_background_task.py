"""`BackgroundTask`: what it calls, where, and with what."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Generator
from functools import partial, wraps
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest
from lilya.background import Task

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import Trace

pytestmark = pytest.mark.anyio

three_ways = pytest.mark.parametrize(
    "as_group", [None, False, True], ids=["alone", "in order", "as group"]
)


async def run(task: BackgroundTask, as_group: bool | None) -> None:
    await (task if as_group is None else BackgroundTasks([task], as_group))()


def note(trace: Trace) -> None:
    trace.note("ran")


async def note_async(trace: Trace) -> None:
    trace.note("ran")


class SyncCallable:
    def __call__(self, trace: Trace) -> None:
        trace.note("ran")


class AsyncCallable:
    def __init__(self, trace: Trace | None = None) -> None:
        if trace:
            trace.note("ran")

    async def __call__(self, trace: Trace) -> None:
        trace.note("ran")


class Pending:
    """An awaitable that is no coroutine."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def __await__(self) -> Generator[Any, None, None]:
        self.trace.note("ran")
        yield from ()


@wraps(note_async)
def wrapper(trace: Trace) -> Any:
    return note_async(trace)


SYNC: dict[str, Callable[[Trace], Any]] = {
    "function": note,
    "bound method": SyncCallable().__call__,
    "object": SyncCallable(),
    "partial of a partial of an object": partial(partial(SyncCallable())),
    "class whose instances are async callables": AsyncCallable,
}
ASYNC: dict[str, Callable[[Trace], Any]] = {
    "async function": note_async,
    "async bound method": AsyncCallable().__call__,
    "async object": AsyncCallable(),
    "partial of a partial of an async object": partial(partial(AsyncCallable())),
    "lambda around an async call": lambda trace: note_async(trace),
    "wrapper around an async function": wrapper,
    "class of awaitables": Pending,
}
if sys.version_info >= (3, 12):
    ASYNC["marked"] = inspect.markcoroutinefunction(lambda trace: note_async(trace))


@three_ways
@pytest.mark.parametrize("name", [*SYNC, *ASYNC])
async def test_a_sync_callable_runs_in_a_worker_thread_and_all_else_on_the_event_loop(
    name: str, as_group: bool | None, trace: Trace
) -> None:
    await run(BackgroundTask((SYNC | ASYNC)[name], trace), as_group)

    assert trace.names == ["ran"]
    assert (trace.threads == [threading.get_ident()]) is (name in ASYNC)


async def test_what_an_async_function_returns_is_left_alone(trace: Trace) -> None:
    async def hello() -> Pending:
        return Pending(trace)

    result: object = await BackgroundTask(hello)()  # type: ignore[func-returns-value]
    await BackgroundTasks([BackgroundTask(hello)])()

    assert result is None
    assert trace.names == []


KEYWORDS = {each: each for each in ("args", "kwargs", "task", "tasks", "caller")}


@three_ways
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_arguments_arrive_whatever_the_keywords_are_called(
    is_async: bool, as_group: bool | None
) -> None:
    received: list[Any] = []

    def send(to: str, /, *rest: int, **given: str) -> None:
        received.append((to, rest, given))

    async def send_async(to: str, /, *rest: int, **given: str) -> None:
        send(to, *rest, **given)

    func = send_async if is_async else send
    tasks = BackgroundTasks()
    tasks.add_task(func, "a@b.c", 1, 2, **KEYWORDS)
    await tasks()
    await run(BackgroundTask(func, "a@b.c", 1, 2, **KEYWORDS), as_group)

    assert received == [("a@b.c", (1, 2), KEYWORDS)] * 2


@pytest.mark.parametrize("function", [note, Task(note, Trace()).func, MagicMock(), AsyncMock()])
async def test_it_is_a_task_of_lilya_with_the_very_callable_that_was_given(
    function: Any, trace: Trace
) -> None:
    task = BackgroundTask(function, trace)
    await task()

    assert isinstance(task, Task)
    assert task.func is function
    assert (task.args, task.kwargs) == ((trace,), {})
    if isinstance(function, Mock):
        function.assert_called_with(trace)


async def test_func_may_be_given_by_name_as_in_lilya(trace: Trace) -> None:
    make: Any = BackgroundTask
    tasks = BackgroundTasks([make(func=trace.note, name="given")])
    add_task: Any = tasks.add_task
    add_task(func=trace.note_async, name="added")

    await tasks()

    assert trace.names == ["given", "added"]


@three_ways
@pytest.mark.parametrize("function", [note, note_async], ids=["sync", "async"])
@pytest.mark.parametrize("before", [note, note_async], ids=["was sync", "was async"])
async def test_what_func_args_and_kwargs_hold_when_the_task_runs_is_what_runs(
    before: Callable[..., Any], function: Callable[..., Any], as_group: bool | None, trace: Trace
) -> None:
    task = BackgroundTask(before, "original")

    task.func, task.args, task.kwargs = function, (), {"trace": trace}
    await run(task, as_group)

    assert trace.names == ["ran"]
