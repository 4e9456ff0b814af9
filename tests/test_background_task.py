"""`BackgroundTask`: what it calls, where, with what, and how often."""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import anyio
import pytest
from lilya.background import Task

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import PATIENCE

pytestmark = pytest.mark.anyio

noted: list[tuple[str, int]] = []

three_ways = pytest.mark.parametrize(
    "as_group", [None, False, True], ids=["alone", "in order", "as group"]
)


@pytest.fixture(autouse=True)
def nothing_noted() -> Iterator[None]:
    yield
    noted.clear()


def texts() -> list[str]:
    return [text for text, _ in noted]


def note(text: str) -> None:
    noted.append((text, threading.get_ident()))


async def note_async(text: str) -> None:
    note(text)


class Notes:
    def __init__(self, text: str = "") -> None:
        if text:
            note(text)

    def method(self, text: str) -> None:
        note(text)

    async def async_method(self, text: str) -> None:
        note(text)

    @classmethod
    async def async_of_class(cls, text: str) -> None:
        note(text)

    @staticmethod
    def static(text: str) -> None:
        note(text)


class SyncCallable:
    def __call__(self, text: str) -> None:
        note(text)


class AsyncCallable:
    async def __call__(self, text: str) -> None:
        note(text)


class Hostile(SyncCallable):
    def __getattr__(self, name: str) -> Any:
        raise ValueError(f"no {name}")


SYNC: dict[str, Callable[[str], Any]] = {
    "function": note,
    "bound method": Notes().method,
    "static method": Notes.static,
    "object": SyncCallable(),
    "object that can be asked for nothing": Hostile(),
    "partial of a partial of an object": functools.partial(functools.partial(SyncCallable())),
    "class": Notes,
    "class whose instances are async callables": type("Both", (Notes, AsyncCallable), {}),
}

ASYNC: dict[str, Callable[[str], Awaitable[Any]]] = {
    "function": note_async,
    "bound method": Notes().async_method,
    "class method": Notes.async_of_class,
    "object": AsyncCallable(),
    "partial of a partial of an object": functools.partial(functools.partial(AsyncCallable())),
}

if sys.version_info >= (3, 12):

    @inspect.markcoroutinefunction
    def marked(text: str) -> Coroutine[Any, Any, None]:
        return note_async(text)

    ASYNC["marked"] = marked


class Pending:
    """An awaitable that is no coroutine."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __await__(self) -> Generator[Any, None, None]:
        note(self.text)
        yield from ()


@types.coroutine
def generator_coroutine(text: str) -> Generator[Any, None, None]:
    note(text)
    yield from ()


@functools.wraps(note_async)
def wrapper(*args: Any, **kwargs: Any) -> Any:
    return note_async(*args, **kwargs)


RETURNS_AN_AWAITABLE: dict[str, Callable[[str], Any]] = {
    "lambda around an async call": lambda text: note_async(text),
    "wrapper around an async function": wrapper,
    "class of awaitables": Pending,
    "generator-based coroutine": generator_coroutine,
}


@three_ways
@pytest.mark.parametrize("func", SYNC.values(), ids=SYNC)
async def test_a_sync_callable_runs_in_a_worker_thread(
    func: Callable[[str], Any], as_group: bool | None
) -> None:
    task = BackgroundTask(func, "hello")

    await (task if as_group is None else BackgroundTasks([task], as_group))()

    assert {*texts()} == {"hello"}
    assert threading.get_ident() not in [thread for _, thread in noted]


@three_ways
@pytest.mark.parametrize("func", [*ASYNC.values(), *RETURNS_AN_AWAITABLE.values()])
async def test_an_async_callable_or_what_a_sync_one_returns_is_awaited_on_the_event_loop(
    func: Callable[[str], Awaitable[Any]], as_group: bool | None
) -> None:
    task = BackgroundTask(func, "hello")

    await (task if as_group is None else BackgroundTasks([task], as_group))()

    assert noted == [("hello", threading.get_ident())]


async def test_what_returns_an_awaitable_is_itself_called_in_a_worker_thread() -> None:
    def hello() -> Coroutine[Any, Any, None]:
        note("called")
        return note_async("awaited")

    await BackgroundTask(hello)()

    assert texts() == ["called", "awaited"]
    assert noted[0][1] != threading.get_ident()


async def test_what_an_async_function_returns_and_a_generator_are_left_alone() -> None:
    async def hello() -> Pending:
        return Pending("awaited")

    def numbers() -> Iterator[int]:
        note("begun")
        yield 1

    result: object = await BackgroundTask(hello)()  # type: ignore[func-returns-value]
    await BackgroundTasks([BackgroundTask(hello), BackgroundTask(numbers)])()

    assert result is None
    assert noted == []


KEYWORDS = {each: each for each in ("func", "self", "args", "kwargs", "task", "tasks", "call")}


@three_ways
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_arguments_arrive_and_any_keyword_can_be_passed_on(
    is_async: bool, as_group: bool | None
) -> None:
    received: list[Any] = []

    def send(to: str, /, *rest: int, **given: str) -> None:
        received.append((to, rest, given))

    async def send_async(to: str, /, *rest: int, **given: str) -> None:
        received.append((to, rest, given))

    func = send_async if is_async else send
    task = BackgroundTask(func, "a@b.c", 1, 2, **KEYWORDS)
    tasks = BackgroundTasks([task], as_group=bool(as_group))
    tasks.add_task(func, "a@b.c", 1, 2, **KEYWORDS)
    await (task if as_group is None else tasks)()

    assert received == [("a@b.c", (1, 2), KEYWORDS)] * (1 if as_group is None else 2)


async def test_is_a_task_of_lilya_with_the_attributes_of_one() -> None:
    task = BackgroundTask(note, "hello")

    assert isinstance(task, Task)
    assert (task.func, task.args, task.kwargs) == (note, ("hello",), {})
    await task()
    assert vars(task) == {}


ANY_KIND = [*SYNC.values(), *ASYNC.values(), Task(note, "").func, MagicMock(), AsyncMock()]


@pytest.mark.parametrize("func", ANY_KIND, ids=lambda func: type(func).__name__)
async def test_func_is_the_very_callable_that_was_given(func: Callable[[str], Any]) -> None:
    task = BackgroundTask(func, "hello")

    assert task.func is func
    await task()
    assert task.func is func
    if isinstance(func, Mock):
        func.assert_called_with("hello")
    else:
        assert {*texts()} == {"hello"}


async def test_func_may_be_given_by_name_as_in_lilya() -> None:
    make: Any = BackgroundTask
    tasks = BackgroundTasks([make(func=note, text="hello")])
    add_task: Any = tasks.add_task
    add_task(func=note_async, text="added")

    await tasks()

    assert texts() == ["hello", "added"]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_a_task_can_run_many_times_at_once(is_async: bool) -> None:
    barrier, inside, all_in = threading.Barrier(5), [0], anyio.Event()

    async def wait_for_the_others() -> None:
        inside[0] += 1
        if inside[0] == 5:
            all_in.set()
        await all_in.wait()

    func: Any = wait_for_the_others if is_async else functools.partial(barrier.wait, PATIENCE)
    task = BackgroundTask(func)
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(task)

    assert not barrier.broken


@three_ways
@pytest.mark.parametrize("func", [note, note_async], ids=["sync", "async"])
@pytest.mark.parametrize("before", [note, note_async], ids=["was sync", "was async"])
async def test_what_func_args_and_kwargs_hold_when_the_task_runs_is_what_runs(
    before: Callable[[str], Any], func: Callable[[str], Any], as_group: bool | None
) -> None:
    task = BackgroundTask(before, "original")

    task.func, task.args, task.kwargs = func, (), {"text": "replaced"}
    await (task if as_group is None else BackgroundTasks([task], as_group))()

    assert texts() == ["replaced"]


async def test_a_class_of_its_own_can_fill_in_func_args_and_kwargs() -> None:
    class Hello(BackgroundTask):
        def __init__(self) -> None:
            super().__init__(note, "hello")

    await BackgroundTasks([Hello()])()

    assert texts() == ["hello"]
