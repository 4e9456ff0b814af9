"""Wrong use, refused at the line that wrote it: what was given, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from inspect import CORO_CREATED, getcoroutinestate, signature
from types import CoroutineType
from typing import Any

from lilya.background import Task

from ravyn_bg._callables import is_async
from ravyn_bg._naming import described, isinstance_of, shown


def uncallable(func: object) -> TypeError:
    given, instead = described(func), "pass what it called: (send, 'a@b.c'), not (send('a@b.c'))"
    if isinstance_of(func, CoroutineType):
        given, instead = coroutine_closed(func)
    else:
        instead = f"if a call returned that, {instead}"
    return TypeError(
        f"A background task takes a function and its arguments, got {given}: {instead}."
    )


def checked_tasks(tasks: Iterable[Task]) -> list[Task]:
    """The tasks as a list, if Lilya can run each of them."""
    if isinstance_of(tasks, Task):
        raise TypeError("BackgroundTasks takes an iterable of tasks, got one task: write [task].")
    if isinstance_of(tasks, (str, bytes, bytearray)):
        raise TypeError(f"BackgroundTasks takes an iterable of tasks, got {described(tasks)}.")
    checked: list[Task] = []
    for item in members(tasks):
        if not isinstance_of(item, Task) and not runs_without_arguments(item):
            message = (
                f"BackgroundTasks takes tasks, but item {len(checked)} is {item_refused(item)}."
            )
            if any(type(tasks) is kind for kind in (list, tuple, set, frozenset)):
                for other in tasks:
                    if isinstance_of(other, CoroutineType):
                        coroutine_closed(other)
            raise TypeError(message)
        checked.append(item)
    return checked


def no_flag(name: str, value: object) -> TypeError:
    given = described(value)
    if isinstance_of(value, CoroutineType):
        given, _ = coroutine_closed(value)
    return TypeError(f"BackgroundTasks takes {name}=True or {name}=False, got {given}.")


def members(tasks: Iterable[Task]) -> Iterator[Any]:
    """The items of `tasks`; what its own code raises is a TypeError, too."""
    try:
        iterator = iter(tasks)
    except Exception as error:
        given, instead = described(tasks), "BackgroundTasks([BackgroundTask(func, ...)])"
        if isinstance_of(tasks, CoroutineType):
            given, _ = coroutine_closed(tasks)
        raise TypeError(
            f"BackgroundTasks takes an iterable of tasks, got {given}: write {instead}."
        ) from error
    try:
        yield from iterator
    except TypeError:
        raise
    except Exception as error:
        raise TypeError(
            f"BackgroundTasks takes an iterable of tasks, got {described(tasks)}, which raised "
            f"{type(error).__name__} when it was asked for the next one."
        ) from error


def item_refused(item: object) -> str:
    if isinstance_of(item, CoroutineType):
        given, instead = coroutine_closed(item)
        return f"{given}: {instead}, as BackgroundTask(...)"
    name = shown(item) if callable(item) else "func, ..."
    return f"{described(item)}: write BackgroundTask({name})"


def runs_without_arguments(item: object) -> bool:
    """Whether `item` is no task, but an async callable that Lilya would await all the same."""
    if not callable(item) or not is_async(item):
        return False
    try:
        signature(item).bind()
    except TypeError:
        return False
    except Exception:  # it has no signature to look at
        return True
    return True


def coroutine_closed(coroutine: Any) -> tuple[str, str]:
    """What a coroutine was, and what to pass instead; closed, so that nothing warns of it later."""
    name = coroutine.__qualname__
    if getcoroutinestate(coroutine) == CORO_CREATED:
        coroutine.close()
    return f"the coroutine {name}(...)", f"pass {name} and its arguments, not {name}(...)"
