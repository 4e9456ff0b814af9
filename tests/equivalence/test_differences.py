"""Where a task does something else than on Lilya, on purpose, in the order of the documentation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from inspect import isawaitable
from typing import Any

import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks

pytestmark = pytest.mark.anyio


class Sender:
    async def __call__(self) -> None: ...


def numbers() -> Iterator[int]:
    yield 1


class Returned:
    awaited = False

    def __await__(self) -> Iterator[None]:
        self.awaited = True
        yield from ()


async def is_awaited(task: Any) -> bool:
    returned = Returned()
    await task(lambda: returned)()
    return returned.awaited


def added(tasks: Any) -> Any:
    container = tasks()
    container.add_task(print, "a")
    return container.tasks[0]


def run_in_itself(tasks: Any) -> Awaitable[None]:
    container = tasks()
    container.tasks.append(container)
    return container()  # type: ignore[no-any-return]  # `Any`, of either library


DIFFERENCES: dict[str, tuple[Callable[[Any, Any], object], object, object]] = {
    "no function": (lambda task, _: type(task(None)), Task, TypeError),
    "an item that is no task": (lambda _, tasks: type(tasks([None])), Tasks, TypeError),
    "func": (lambda task, _: task(print).func is print, False, True),
    "a returned awaitable": (lambda task, _: is_awaited(task), False, True),
    "an async callable's class": (lambda task, _: task(Sender)(), TypeError, None),
    "a generator function": (lambda task, _: type(task(numbers)), Task, TypeError),
    "a bare function": (lambda _, tasks: tasks([print])(), TypeError, None),
    "what is added": (lambda _, tasks: type(added(tasks)), Task, BackgroundTask),
    "a repr": (lambda _, tasks: "print, 'a'" in repr(added(tasks)), False, True),
    "itself": (lambda _, tasks: run_in_itself(tasks), RecursionError, RuntimeError),
}


@pytest.mark.parametrize("what", DIFFERENCES)
async def test_a_difference(what: str) -> None:
    act, on_lilya, here = DIFFERENCES[what]

    assert await outcome(act, Task, Tasks) == on_lilya
    assert await outcome(act, BackgroundTask, BackgroundTasks) == here


async def outcome(act: Callable[..., object], *kinds: type[Task]) -> object:
    try:
        result = act(*kinds)
        return await result if isawaitable(result) else result
    except Exception as error:
        return type(error)
