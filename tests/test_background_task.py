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


@pytest.fixture(autouse=True)
def nothing_noted() -> Iterator[None]:
    yield
    noted.clear()


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
    def of_class(cls, text: str) -> None:
        note(text)

    @classmethod
    async def async_of_class(cls, text: str) -> None:
        note(text)

    @staticmethod
    def static(text: str) -> None:
        note(text)

    @staticmethod
    async def async_static(text: str) -> None:
        note(text)


class SyncCallable:
    def __call__(self, text: str) -> None:
        note(text)


class AsyncCallable:
    async def __call__(self, text: str) -> None:
        note(text)


SYNC: dict[str, Callable[[str], Any]] = {
    "function": note,
    "lambda": lambda text: note(text),
    "bound method": Notes().method,
    "class method": Notes.of_class,
    "static method": Notes.static,
    "object": SyncCallable(),
    "partial": functools.partial(note),
    "partial of a partial of an object": functools.partial(functools.partial(SyncCallable())),
    "class": Notes,
    "class whose instances are async callables": type("Both", (Notes, AsyncCallable), {}),
}

ASYNC: dict[str, Callable[[str], Awaitable[Any]]] = {
    "function": note_async,
    "bound method": Notes().async_method,
    "class method": Notes.async_of_class,
    "static method": Notes.async_static,
    "object": AsyncCallable(),
    "partial": functools.partial(note_async),
    "partial of a partial of an object": functools.partial(functools.partial(AsyncCallable())),
}

if sys.version_info >= (3, 12):

    @inspect.markcoroutinefunction
    def marked(text: str) -> Coroutine[Any, Any, None]:
        note("called")
        return note_async(text)


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
    "function that returns an awaitable object": lambda text: Pending(text),
    "class of awaitables": Pending,
    "generator-based coroutine": generator_coroutine,
}


@pytest.mark.parametrize("func", SYNC.values(), ids=SYNC)
async def test_a_sync_callable_runs_in_a_worker_thread(func: Callable[[str], Any]) -> None:
    await BackgroundTask(func, "hello")()

    [(text, thread)] = noted
    assert text == "hello"
    assert thread != threading.get_ident()


@pytest.mark.parametrize("func", ASYNC.values(), ids=ASYNC)
async def test_an_async_callable_is_awaited_on_the_event_loop(
    func: Callable[[str], Awaitable[Any]],
) -> None:
    await BackgroundTask(func, "hello")()

    assert noted == [("hello", threading.get_ident())]


if sys.version_info >= (3, 12):

    async def test_a_function_marked_as_async_is_called_and_awaited_on_the_event_loop() -> None:
        await BackgroundTask(marked, "hello")()

        assert noted == [("called", threading.get_ident()), ("hello", threading.get_ident())]


async def test_a_builtin_runs_in_a_worker_thread() -> None:
    builtin: Callable[..., Any] = sorted

    await BackgroundTask(builtin, ["hello"], key=note)()

    [(text, thread)] = noted
    assert text == "hello"
    assert thread != threading.get_ident()


@pytest.mark.parametrize("as_group", [None, False, True], ids=["alone", "in order", "as group"])
@pytest.mark.parametrize("func", RETURNS_AN_AWAITABLE.values(), ids=RETURNS_AN_AWAITABLE)
async def test_an_awaitable_that_a_sync_callable_returns_is_awaited_on_the_event_loop(
    func: Callable[[str], Any], as_group: bool | None
) -> None:
    task = BackgroundTask(func, "hello")

    await (task if as_group is None else BackgroundTasks([task], as_group))()

    assert noted == [("hello", threading.get_ident())]


async def test_what_returns_an_awaitable_is_itself_called_in_a_worker_thread() -> None:
    def hello() -> Coroutine[Any, Any, None]:
        note("called")
        return note_async("awaited")

    await BackgroundTask(hello)()

    (called, thread), (awaited, loop) = noted
    assert (called, awaited) == ("called", "awaited")
    assert thread != threading.get_ident()
    assert loop == threading.get_ident()


async def test_what_an_async_function_returns_is_left_alone() -> None:
    async def hello() -> Pending:
        return Pending("awaited")

    await BackgroundTask(hello)()
    await BackgroundTasks([BackgroundTask(hello)])()

    assert noted == []


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_any_keyword_can_be_passed_on(is_async: bool) -> None:
    received: list[dict[str, str]] = []

    def send(**given: str) -> None:
        received.append(given)

    async def send_async(**given: str) -> None:
        received.append(given)

    func: Callable[..., Any] = send_async if is_async else send
    keywords = {each: each for each in ("func", "self", "args", "kwargs", "task", "tasks", "call")}
    tasks = BackgroundTasks([BackgroundTask(func, **keywords)])
    tasks.add_task(func, **keywords)

    await BackgroundTask(func, **keywords)()
    await tasks()
    tasks.as_group = True
    await tasks()

    assert received == [keywords] * 5


async def test_positional_and_keyword_arguments_arrive() -> None:
    received: list[Any] = []

    def send(to: str, /, *rest: int, retries: int) -> None:
        received.append((to, rest, retries))

    await BackgroundTask(send, "a@b.c", 1, 2, retries=3)()

    assert received == [("a@b.c", (1, 2), 3)]


async def test_is_a_task_of_lilya_with_the_attributes_of_one() -> None:
    task = BackgroundTask(note, "hello")

    assert isinstance(task, Task)
    assert task.args == ("hello",)
    assert task.kwargs == {}

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
        assert [text for text, _ in noted] == ["hello"]


async def test_func_may_be_given_by_name_as_in_lilya() -> None:
    make: Any = BackgroundTask
    tasks = BackgroundTasks([make(func=note, text="hello")])
    add_task: Any = tasks.add_task
    add_task(func=note_async, text="added")

    await tasks()

    assert [text for text, _ in noted] == ["hello", "added"]


async def test_a_callable_that_can_be_asked_for_nothing_runs_in_a_worker_thread() -> None:
    class Hostile:
        def __call__(self, text: str) -> None:
            note(text)

        def __getattribute__(self, name: str) -> Any:
            raise ValueError(f"no {name}")

    await BackgroundTask(Hostile(), "hello")()

    [(text, thread)] = noted
    assert text == "hello"
    assert thread != threading.get_ident()


async def test_gives_nothing_back() -> None:
    result: object = await BackgroundTask(len, "hello")()  # type: ignore[func-returns-value]
    assert result is None


async def test_stores_nothing_in_the_instance_dictionary() -> None:
    task = BackgroundTask(note, "hello")

    await task()

    assert vars(task) == {}


async def test_can_be_called_again_and_again() -> None:
    task = BackgroundTask(note, "hello")

    for _ in range(3):
        await task()

    assert [text for text, _ in noted] == ["hello"] * 3


async def test_an_async_task_can_run_many_times_at_once() -> None:
    all_in = anyio.Event()
    inside: list[int] = []

    async def wait_for_the_others(count: int) -> None:
        inside.append(count)
        if len(inside) == count:
            all_in.set()
        await all_in.wait()

    task = BackgroundTask(wait_for_the_others, 5)
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(task)

    assert len(inside) == 5


async def test_a_sync_task_can_run_many_times_at_once() -> None:
    barrier = threading.Barrier(5)

    task = BackgroundTask(barrier.wait, PATIENCE)
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(task)

    assert not barrier.broken


@pytest.mark.parametrize("as_group", [None, False, True], ids=["alone", "in order", "as group"])
@pytest.mark.parametrize("func", [note, note_async], ids=["sync", "async"])
async def test_what_func_args_and_kwargs_hold_when_the_task_runs_is_what_runs(
    func: Callable[[str], Any], as_group: bool | None
) -> None:
    task = BackgroundTask(func, "original")

    async def instrumented(*args: Any, **kwargs: Any) -> None:
        note("before")
        await note_async(*args, **kwargs)

    def instrumented_sync(*args: Any, **kwargs: Any) -> None:
        note("before")
        note(*args, **kwargs)

    task.func = instrumented_sync if func is note else instrumented
    task.args = ()
    task.kwargs = {"text": "replaced"}
    await (task if as_group is None else BackgroundTasks([task], as_group))()

    assert [text for text, _ in noted] == ["before", "replaced"]


async def test_a_class_of_its_own_can_fill_in_func_args_and_kwargs() -> None:
    class Hello(BackgroundTask):
        def __init__(self) -> None:
            super().__init__(note, "hello")

    await Hello()()
    await BackgroundTasks([Hello()])()

    assert [text for text, _ in noted] == ["hello"] * 2
