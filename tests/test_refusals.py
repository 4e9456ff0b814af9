"""Wrong use is a TypeError where it is written, which says what was given and what to write."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import partial
from typing import Any

import pytest
from starlette.background import BackgroundTask as Theirs

from ravyn_bg import BackgroundTask, BackgroundTasks


def send(to: str) -> None: ...


def numbers() -> Iterator[int]:
    yield 1


async def async_numbers() -> AsyncIterator[int]:
    yield 1


class Loops:
    def __call__(self) -> Iterator[int]:
        yield 1


class Mailer:
    async def send(self, to: str) -> None: ...

    def numbers(self) -> Iterator[int]:
        yield 1

    def __repr__(self) -> str:
        raise ValueError("no repr")


class Long:
    def __repr__(self) -> str:
        return "y\n" * 1000


# What a type checker refuses as well is given as `Any`, or the lines could not be written here.
task: Any = BackgroundTask
tasks: Any = BackgroundTasks


def add(*args: Any, **kwargs: Any) -> None:
    BackgroundTasks().add_task(*args, **kwargs)


def with_item(item: Any) -> None:
    tasks([task(send, "a"), item, None])


FUNC = "takes a function and its arguments, got "
TASKS = "takes an iterable of tasks, got "
MAKE = ": write BackgroundTasks([BackgroundTask(func, ...)])."
ITEM = "BackgroundTasks takes tasks, but item 1 is "
COROUTINE = "the coroutine Mailer.send(...): pass Mailer.send and its arguments, not Mailer.send(.."
REFUSED: dict[str, tuple[Callable[[Any], object], list[str]]] = {
    # The functions of tasks.
    "nothing": (lambda make: make(None), [FUNC, "None (NoneType)", "(send, 'a@b.c'), not (send("]),
    "a string": (lambda make: make("send"), [FUNC, "'send' (str)"]),
    "what cannot be shown": (lambda make: make(Mailer()), [FUNC, "Mailer"]),
    "a coroutine": (lambda make: make(Mailer().send("a")), [FUNC, COROUTINE]),
    "a generator function": (lambda make: make(numbers), [FUNC + "the generator function numbers"]),
    "an async one": (lambda make: make(async_numbers), [FUNC + "the generator function async_nu"]),
    "a method that is one": (lambda make: make(Mailer().numbers), [FUNC, "Mailer.numbers: "]),
    "an object that is one": (lambda make: make(Loops()), [FUNC, "a function that loops over it"]),
    "a partial of one": (lambda make: make(partial(numbers)), [FUNC, "function partial(numbers)"]),
    # The tasks of containers.
    "one task": (lambda _: tasks(task(send, "a")), [TASKS, ": write BackgroundTasks([task])."]),
    "two tasks": (lambda _: tasks(task(send), task(send)), ["write BackgroundTasks([t1, t2])"]),
    "a string of tasks": (lambda _: tasks("abc"), [TASKS, "'abc' (str)", MAKE]),
    "bytes": (lambda _: tasks(b""), [TASKS, "b'' (bytes)", MAKE]),
    "a function": (lambda _: tasks(send), [TASKS, "send (function)", MAKE]),
    "a coroutine of tasks": (lambda _: tasks(Mailer().send("a")), [TASKS, "Mailer.send(...)"]),
    # The items of containers.
    "item nothing": (lambda _: with_item(None), [ITEM, "None", "BackgroundTask(func, ...)"]),
    "item generator": (lambda _: tasks([numbers]), [FUNC + "the generator function numbers: "]),
    "item of Starlette": (lambda _: with_item(Theirs(print)), [ITEM, ": import it from ravyn_bg."]),
    "item of many lines": (lambda _: with_item(Long()), [ITEM, "y y y"]),
    "item coroutines": (
        lambda _: tasks([task(send, "a"), Mailer().send("a"), Mailer().send("b")]),
        [ITEM, "the coroutine Mailer.send(...): write BackgroundTask(Mailer.send, ...)"],
    ),
    "no container": (
        lambda _: tasks.add_task(send, "a"),
        ["write tasks.add_task(send (function), "],
    ),
    # Flags.
    "as_group": (lambda _: tasks([], 1), ["as_group=True or as_group=False, got 1"]),
    "flag": (lambda _: tasks([], continue_on_error="yes"), ["continue_on_error=False, got 'yes'"]),
}


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
    assert re.fullmatch(
        r"(A background task|BackgroundTasks)(.add_task)? (takes|is for) .{,380}[.]", message
    )


def test_a_coroutine_is_closed_only_if_nothing_runs_it_and_is_fine_as_an_argument() -> None:
    async def run() -> None:
        await asyncio.sleep(0)

    def state_after(coroutine: Coroutine[Any, Any, None]) -> str:
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
    items: Iterator[Any] = iter([None, task(send, "a")])

    with pytest.raises(TypeError, match="item 0 is"):
        tasks(items)

    assert len([*items]) == 1


def test_nothing_is_added_by_a_call_that_is_refused() -> None:
    container: Any = BackgroundTasks()

    for wrong in (None, container):
        with pytest.raises(TypeError, match=r"takes a function|^A BackgroundTasks cannot .*r\.$"):
            container.add_task(wrong)

    assert container.tasks == []
