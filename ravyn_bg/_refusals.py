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
    if isinstance_of(func, CoroutineType):
        given, instead = coroutine_closed(func)
    else:
        given = described(func)
        instead = (
            "if a call returned that, pass what it called: (send, 'a@b.c'), not (send('a@b.c'))"
        )
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
    return TypeError(
        f"BackgroundTasks takes {name}=True or {name}=False, got {what_was_given(value)}."
    )


def members(tasks: Iterable[Task]) -> Iterator[Any]:
    """The items of `tasks`; what its own code raises is a TypeError, too."""
    try:
        iterator = iter(tasks)
    except Exception as error:
        raise TypeError(
            f"BackgroundTasks takes an iterable of tasks, got {what_was_given(tasks)}: "
            f"write BackgroundTasks([BackgroundTask(func, ...)])."
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


def what_was_given(thing: object) -> str:
    """For an error message; a coroutine is closed."""
    return coroutine_closed(thing)[0] if isinstance_of(thing, CoroutineType) else described(thing)


def coroutine_closed(coroutine: Any) -> tuple[str, str]:
    """What a coroutine was, and what to pass instead; closed, so that nothing warns of it later."""
    name = coroutine.__qualname__
    if getcoroutinestate(coroutine) == CORO_CREATED:
        coroutine.close()
    return f"the coroutine {name}(...)", f"pass {name} and its arguments, not {name}(...)"
