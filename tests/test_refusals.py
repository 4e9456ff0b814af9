"""Wrong use is a TypeError where it is written, which says what was given and what to write."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from typing import Any

import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks


def send(to: str) -> None: ...


async def send_async(to: str) -> None: ...


class Mailer:
    async def send(self, to: str) -> None: ...


class Unshowable:
    def __repr__(self) -> str:
        raise ValueError("no repr")


class AsyncCallable:
    async def __call__(self) -> None: ...


class HostileName:
    __qualname__ = "x" * 1000 + "\ny"

    def __repr__(self) -> str:
        return "y\n" * 1000


async def async_generator() -> AsyncIterator[Task]:
    yield BackgroundTask(send, "a")


# What a type checker refuses as well is given as `Any`, or the lines could not be written here.
task: Any = BackgroundTask
tasks: Any = BackgroundTasks


def add(*args: Any, **kwargs: Any) -> None:
    BackgroundTasks().add_task(*args, **kwargs)


FUNC = "takes a function and its arguments, got "
MAKE = "write BackgroundTasks([BackgroundTask(func, ...)])"
ITEM = "BackgroundTasks takes tasks, but item 1 is "
REFUSED: dict[str, tuple[Callable[[Any], object], list[str]]] = {
    # The functions of tasks.
    "nothing": (lambda make: make(None, "a@b.c"), [FUNC, "None (NoneType)"]),
    "a string": (lambda make: make("send"), [FUNC, "'send' (str)"]),
    "a list": (lambda make: make([task(send, "a")]), [FUNC, "(list)"]),
    "what cannot be shown": (lambda make: make(Unshowable()), [FUNC, "Unshowable"]),
    "what a call returned": (
        lambda make: make(send("a@b.c")),  # type: ignore[func-returns-value]  # the mistake
        [FUNC, "(send, 'a@b.c'), not (send('a@b.c'))"],
    ),
    "a coroutine": (
        lambda make: make(send_async("a")),
        [FUNC, "the coroutine send_async(...): pass send_async and its arguments"],
    ),
    "a coroutine of a method": (
        lambda make: make(Mailer().send("a")),
        ["the coroutine Mailer.send(...)", "not Mailer.send(...)"],
    ),
    "no function": (lambda make: make(), [FUNC, "no function", "write"]),
    "no function but keywords": (lambda make: make(to="a"), [FUNC, "no function"]),
    # The tasks of containers.
    "one task": (lambda _: tasks(task(send, "a")), ["got one task: write [task]"]),
    "a container": (lambda _: tasks(Tasks()), ["got one task: write [task]"]),
    "two tasks": (lambda _: tasks(task(send), task(send)), ["write BackgroundTasks([t1, t2])"]),
    "a string of tasks": (lambda _: tasks("abc"), ["takes an iterable of tasks", "'abc' (str)"]),
    "bytes": (lambda _: tasks(b"abc"), ["takes an iterable of tasks", "b'abc'"]),
    "a number": (lambda _: tasks(7), ["7 (int)", MAKE]),
    "a function": (lambda _: tasks(send), ["send (function)", MAKE]),
    "an async iterator": (lambda _: tasks(async_generator()), ["async_generator", MAKE]),
    "a coroutine of tasks": (lambda _: tasks(send_async("a")), ["the coroutine send_async(...)"]),
    # The items of containers.
    "item nothing": (lambda _: with_item(None), [ITEM, "None", "BackgroundTask(func, ...)"]),
    "item function": (lambda _: with_item(send), [ITEM, "send (function)", "BackgroundTask(send)"]),
    "item async function": (lambda _: with_item(send_async), [ITEM, "BackgroundTask(send_async)"]),
    "item async object": (lambda _: with_item(AsyncCallable()), [ITEM, "BackgroundTask(Async"]),
    "item partial": (
        lambda _: with_item(functools.partial(send, "a")),
        [ITEM, "write BackgroundTask(partial(send, 'a'))"],
    ),
    "item tuple": (lambda _: with_item((send, "a")), [ITEM, "(tuple)"]),
    "item class": (lambda _: with_item(BackgroundTask), [ITEM, "BackgroundTask (type)"]),
    "item hostile": (lambda _: with_item(HostileName()), [ITEM, "y y y"]),
    "item coroutines": (
        lambda _: tasks([task(send, "a"), send_async("a"), Mailer().send("b")]),
        [ITEM, "send_async(...), as BackgroundTask(...)"],
    ),
    # Flags.
    "as_group": (lambda _: tasks([], 1), ["as_group=True or as_group=False, got 1"]),
    "flag": (lambda _: tasks([], continue_on_error="yes"), ["continue_on_error=False, got 'yes'"]),
}


def with_item(item: Any) -> None:
    tasks([task(send, "a"), item, None])


@pytest.mark.filterwarnings("error")  # a coroutine that is refused is closed
@pytest.mark.parametrize("make", [BackgroundTask, add], ids=["BackgroundTask", "add_task"])
@pytest.mark.parametrize(("wrong", "phrases"), REFUSED.values(), ids=REFUSED)
def test_wrong_use_is_refused_on_one_line_that_says_what_to_write(
    wrong: Callable[[Any], object], phrases: list[str], make: Any
) -> None:
    with pytest.raises(TypeError) as refused:
        wrong(make)

    message = str(refused.value)
    assert [each for each in phrases if each not in message] == []
    assert len(message.splitlines()) == 1
    assert len(message) < 400


def test_a_coroutine_is_closed_only_if_nothing_runs_it_and_is_fine_as_an_argument() -> None:
    class Pause:
        def __await__(self) -> Generator[None, None, None]:
            yield

    async def run() -> None:
        await Pause()

    def state_after(coroutine: Coroutine[Any, Any, None], *args: Any) -> str:
        with pytest.raises(TypeError):
            task(coroutine)
        return inspect.getcoroutinestate(coroutine)

    new, running, argument = run(), run(), run()
    running.send(None)
    BackgroundTask(print, argument)._accounted = True

    assert state_after(new) == inspect.CORO_CLOSED
    assert state_after(running) == inspect.CORO_SUSPENDED
    assert inspect.getcoroutinestate(argument) == inspect.CORO_CREATED
    running.close()
    argument.close()


def test_what_an_iterator_has_behind_a_refused_item_is_left_alone() -> None:
    items: Iterator[Any] = iter([send, task(send, "a")])

    with pytest.raises(TypeError, match="item 0 is"):
        tasks(items)

    assert len([*items]) == 1


def test_what_an_iterable_raises_is_raised_as_in_lilya() -> None:
    def broken() -> Iterator[Task]:
        yield task(send, "a")
        raise LookupError("no such user")

    kinds: list[Any] = [Tasks, BackgroundTasks]
    for kind in kinds:
        with pytest.raises(LookupError, match="no such user"):
            kind(broken())


def test_nothing_is_added_by_a_call_that_is_refused() -> None:
    container: Any = BackgroundTasks()

    for wrong in (None, container):
        with pytest.raises(TypeError, match=r"takes a function|cannot contain itself"):
            container.add_task(wrong)

    assert container.tasks == []
