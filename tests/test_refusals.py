"""Wrong use is a TypeError where it is written, which says what was given and what to write."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from typing import Any

import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks

# What a type checker refuses as well is given as `Any`, or the line could not be written here.
Make = Callable[..., Any]


def send(to: str) -> None: ...


async def send_async(to: str) -> None: ...


class Mailer:
    async def send(self, to: str) -> None: ...


class Unshowable:
    def __repr__(self) -> str:
        raise ValueError("no repr")


def added(*args: Any, **kwargs: Any) -> None:
    BackgroundTasks().add_task(*args, **kwargs)


@pytest.fixture(params=[BackgroundTask, added], ids=["BackgroundTask", "add_task"])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


NOT_CALLABLE = {
    "nothing": (None, "None (NoneType)"),
    "a string": ("send", "'send' (str)"),
    "a number": (7, "7 (int)"),
    "a list of tasks": ([BackgroundTask(send, "a")], "(list)"),
    "what cannot be shown": (Unshowable(), "Unshowable"),
}


@pytest.mark.parametrize(("given", "shown"), NOT_CALLABLE.values(), ids=NOT_CALLABLE)
def test_what_is_not_callable_is_refused_by_name(make: Make, given: object, shown: str) -> None:
    with pytest.raises(TypeError, match="takes a function and its arguments") as refused:
        make(given, "a@b.c")

    assert shown in str(refused.value)


def test_what_a_call_returned_is_refused_with_what_to_write(make: Make) -> None:
    with pytest.raises(TypeError, match=re.escape("(send, 'a@b.c'), not (send('a@b.c'))")):
        make(send("a@b.c"))  # type: ignore[func-returns-value]  # the mistake that is made here


CALLS = {
    "async function": lambda: (send_async("a@b.c"), "send_async"),
    "async method": lambda: (Mailer().send("a@b.c"), "Mailer.send"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_coroutine_gets_the_message_a_reader_needs_and_is_closed(
    make: Make, call: Callable[[], tuple[Coroutine[Any, Any, None], str]]
) -> None:
    coroutine, name = call()

    with pytest.raises(TypeError, match=re.escape(f"the coroutine {name}(...)")) as refused:
        make(coroutine)

    assert f"pass {name} and its arguments, not {name}(...)" in str(refused.value)
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED


def test_a_coroutine_that_something_else_is_running_is_left_open(make: Make) -> None:
    class Pause:
        def __await__(self) -> Generator[None, None, None]:
            yield

    async def running() -> None:
        await Pause()

    coroutine = running()
    coroutine.send(None)

    with pytest.raises(TypeError):
        make(coroutine)

    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_SUSPENDED
    coroutine.close()


def test_a_coroutine_is_fine_as_an_argument(make: Make) -> None:
    coroutine = send_async("a@b.c")

    make(print, coroutine)

    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED
    coroutine.close()


def test_a_task_without_a_function_is_told_what_it_takes(make: Make) -> None:
    for given in ({}, {"to": "a@b.c"}):
        with pytest.raises(TypeError, match="takes a function and its arguments, got no function"):
            make(**given)


def test_nothing_is_added_by_a_call_that_is_refused() -> None:
    tasks = BackgroundTasks()
    add: Make = tasks.add_task

    with pytest.raises(TypeError):
        add(None)

    assert tasks.tasks == []


@pytest.mark.parametrize(
    "lone", [BackgroundTask(send, "a"), Task(print), Tasks(), BackgroundTasks()]
)
def test_a_lone_task_is_refused(lone: Any) -> None:
    with pytest.raises(TypeError, match=re.escape("got one task: write [task]")):
        BackgroundTasks(lone)


def test_several_tasks_that_are_not_in_a_list_are_refused() -> None:
    two: list[Any] = [BackgroundTask(send, "a"), BackgroundTask(send, "b")]

    with pytest.raises(TypeError, match=re.escape("write BackgroundTasks([t1, t2])")):
        BackgroundTasks(*two)


@pytest.mark.parametrize("given", ["abc", "", b"abc", bytearray(b"abc")], ids=repr)
def test_a_string_is_refused(given: Any) -> None:
    with pytest.raises(TypeError, match="takes an iterable of tasks") as refused:
        BackgroundTasks(given)

    assert repr(given) in str(refused.value)


async def async_generator() -> AsyncIterator[Task]:
    yield BackgroundTask(send, "a")


NOT_ITERABLE = {
    "a number": (7, "7 (int)"),
    "a function": (send, "send (function)"),
    "an async iterator": (async_generator(), "async_generator"),
    "what cannot be shown": (Unshowable(), "Unshowable"),
}


@pytest.mark.parametrize(("given", "shown"), NOT_ITERABLE.values(), ids=NOT_ITERABLE)
def test_what_is_not_iterable_is_refused_with_what_to_write(given: Any, shown: str) -> None:
    with pytest.raises(TypeError, match="takes an iterable of tasks") as refused:
        BackgroundTasks(given)

    assert shown in str(refused.value)
    assert "write BackgroundTasks([BackgroundTask(func, ...)])" in str(refused.value)


def test_a_coroutine_for_the_tasks_is_refused_and_closed() -> None:
    coroutine: Any = send_async("a@b.c")

    with pytest.raises(TypeError, match=re.escape("the coroutine send_async(...)")):
        BackgroundTasks(coroutine)

    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED


class AsyncCallable:
    async def __call__(self) -> None: ...


UNFIT = {
    "nothing": (None, "None (NoneType)", "write BackgroundTask(func, ...)"),
    "a function": (send, "send (function)", "write BackgroundTask(send)"),
    "a sync callable without parameters": (list, "list (type)", "write BackgroundTask(list)"),
    "a partial": (
        functools.partial(send, "a"),
        "partial(send, 'a') (partial)",
        "write BackgroundTask(partial(send, 'a'))",
    ),
    "an async function": (
        send_async,
        "send_async (function)",
        "write BackgroundTask(send_async)",
    ),
    "an async object": (
        AsyncCallable(),
        "AsyncCallable",
        "write BackgroundTask(AsyncCallable",
    ),
    "a function and its arguments": (
        (send, "a"),
        "(tuple)",
        "write BackgroundTask(func, ...)",
    ),
    "a list of tasks": ([BackgroundTask(send, "a")], "(list)", "write BackgroundTask(func, ...)"),
    "a string": ("send", "'send' (str)", "write BackgroundTask(func, ...)"),
    "what cannot be shown": (Unshowable(), "Unshowable", "write BackgroundTask(func, ...)"),
    "the class": (BackgroundTask, "BackgroundTask (type)", "write BackgroundTask(BackgroundTask)"),
}


@pytest.mark.parametrize(("item", "shown", "instead"), UNFIT.values(), ids=UNFIT)
def test_an_item_that_cannot_run_is_refused_with_its_position_and_what_to_write(
    item: Any, shown: str, instead: str
) -> None:
    with pytest.raises(TypeError, match="BackgroundTasks takes tasks, but item 1 is ") as refused:
        BackgroundTasks([BackgroundTask(send, "a"), item, None])  # type: ignore[list-item]  # None

    assert shown in str(refused.value)
    assert instead in str(refused.value)


def test_coroutines_among_the_tasks_are_refused_and_all_closed() -> None:
    coroutines: list[Any] = [send_async("a"), Mailer().send("b")]

    with pytest.raises(TypeError, match=re.escape("item 1 is the coroutine send_async(...)")) as no:
        BackgroundTasks([BackgroundTask(send, "a"), *coroutines])

    assert "pass send_async and its arguments, not send_async(...), as BackgroundTask" in str(
        no.value
    )
    for each in coroutines:
        assert inspect.getcoroutinestate(each) == inspect.CORO_CLOSED


def test_what_an_iterator_has_behind_a_refused_item_is_left_alone() -> None:
    items: Iterator[Any] = iter([send, BackgroundTask(send, "a")])

    with pytest.raises(TypeError, match="item 0 is"):
        BackgroundTasks(items)

    assert len([*items]) == 1


def test_an_iterable_that_fails_is_refused_with_the_cause() -> None:
    failure = LookupError("no such user")

    def tasks() -> Iterator[Task]:
        yield BackgroundTask(send, "a")
        raise failure

    with pytest.raises(TypeError, match="which raised LookupError") as refused:
        BackgroundTasks(tasks())

    assert refused.value.__cause__ is failure


def test_a_refusal_while_the_tasks_are_made_is_not_hidden() -> None:
    missing: Any = None

    with pytest.raises(TypeError, match="takes a function and its arguments, got None"):
        BackgroundTasks(BackgroundTask(each) for each in [missing])


@pytest.mark.parametrize("flag", ["as_group", "continue_on_error"])
@pytest.mark.parametrize("value", [None, 1, "yes"], ids=repr)
def test_a_flag_that_is_no_bool_is_refused(flag: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"takes {flag}=True or {flag}=False, got "):
        BackgroundTasks([], **{flag: value})


def test_a_container_is_not_added_to_itself() -> None:
    tasks = BackgroundTasks()

    with pytest.raises(TypeError, match="cannot contain itself"):
        tasks.add_task(tasks)

    assert tasks.tasks == []
