"""Wrong use, refused at the line that wrote it: what was given, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from inspect import CORO_CREATED, getcoroutinestate
from types import CoroutineType
from typing import Any, NoReturn

from lilya.background import Task

from ravyn_bg._naming import described, shown

BY_NAME: Any = object()  # `func`, if it is given by name or not at all


def given(func: Any, keywords: dict[str, Any]) -> Callable[..., Any]:
    """What a task is to call, which is taken out of its keywords if it was given by name."""
    if func is BY_NAME:
        if "func" not in keywords:
            raise TypeError(
                "A background task takes a function and its arguments, got no function: write "
                "BackgroundTask(send, 'a@b.c') or tasks.add_task(send, 'a@b.c')."
            )
        func = keywords.pop("func")
    if not callable(func):
        instead = (
            "if a call returned that, pass what it called: (send, 'a@b.c'), not (send('a@b.c'))"
        )
        raise TypeError(
            f"A background task takes a function and its arguments, got {what(func)}: "
            f"{call_instead(func) or instead}."
        )
    called: Callable[..., Any] = func
    return called


def checked_flag(name: str, value: Any) -> bool:
    if isinstance(value, Task):
        raise TypeError(
            "BackgroundTasks takes its tasks as one list: write BackgroundTasks([t1, t2]), not "
            "BackgroundTasks(t1, t2)."
        )
    if type(value) is not bool:
        raise TypeError(f"BackgroundTasks takes {name}=True or {name}=False, got {what(value)}.")
    return value


def checked_tasks(tasks: Iterable[Task]) -> list[Task]:
    """The tasks as a list."""
    if isinstance(tasks, Task):
        raise TypeError("BackgroundTasks takes an iterable of tasks, got one task: write [task].")
    if isinstance(tasks, (str, bytes, bytearray)):
        raise TypeError(f"BackgroundTasks takes an iterable of tasks, got {described(tasks)}.")
    checked: list[Task] = []
    for item in members(tasks):
        if not isinstance(item, Task):
            refuse_item(item, len(checked), tasks)
        checked.append(item)
    return checked


def members(tasks: Iterable[Task]) -> Iterator[Any]:
    """The items of `tasks`; what its own code raises is a TypeError, too."""
    try:
        iterator = iter(tasks)
    except Exception as error:
        raise TypeError(
            f"BackgroundTasks takes an iterable of tasks, got {what(tasks)}: "
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


def refuse_item(item: Any, position: int, tasks: Iterable[Any]) -> NoReturn:
    instead = f"write BackgroundTask({shown(item) if callable(item) else 'func, ...'})"
    if isinstance(item, CoroutineType):
        instead = f"{call_instead(item)}, as BackgroundTask(...)"
    message = f"BackgroundTasks takes tasks, but item {position} is {what(item)}: {instead}."
    if isinstance(tasks, (list, tuple, set, frozenset)):
        for other in tasks:
            what(other)
    raise TypeError(message)


def what(thing: object) -> str:
    """What was given; a coroutine is closed, so that nothing warns of it later."""
    if not isinstance(thing, CoroutineType):
        return described(thing)
    if getcoroutinestate(thing) == CORO_CREATED:
        thing.close()
    return f"the coroutine {thing.__qualname__}(...)"


def call_instead(thing: object) -> str:
    """What to write instead of a coroutine."""
    if not isinstance(thing, CoroutineType):
        return ""
    return f"pass {thing.__qualname__} and its arguments, not {thing.__qualname__}(...)"
