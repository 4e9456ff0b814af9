"""Which tasks a task holds, and its name in messages, even if its function is hostile."""

import reprlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from types import CoroutineType, MethodType
from typing import Any

from lilya.background import Task, Tasks
from lilya.concurrency import AsyncCallable


def within(task: Any, around: tuple[Any, ...] = ()) -> Iterator[Any]:
    """A task and all tasks that it runs, nested ones too, each as often as it runs."""
    if not any(each is task for each in around):
        yield task
        for inner in tasks_of(task):
            yield from within(inner, (*around, task))


def tasks_of(task: Any) -> list[Any]:
    """The tasks that a container holds, or the one that a task has as its function."""
    if isinstance(task, Tasks):
        return list(getattr(task, "tasks", ()))
    func = unwrapped(getattr(task, "func", None))
    return [func] if isinstance(func, Task) else []


def leaves(task: Any) -> list[Any]:
    """The tasks within `task` that call a function, and not another task."""
    return [each for each in within(task) if not isinstance(each, Tasks) and not tasks_of(each)]


def unwrapped(func: Any) -> Any:
    """The function under partials."""
    while isinstance(func, partial):
        func = func.func
    return func


def name_of(task: Any) -> str:
    """Module and qualified name of what a task calls; never an argument, never an exception."""
    with suppress(Exception):
        if isinstance(task, AsyncCallable):  # in which Lilya's own task keeps a sync function
            return name_of(task._callable)
        if isinstance(task, (Task, partial)):
            return name_of(task.func)
    return one_line(".".join(filter(None, module_and_name(task))))


def module_and_name(func: Any) -> tuple[str, str]:
    kind, method = type(func), "__call__"
    with suppress(Exception):
        if isinstance(func, MethodType) and not isinstance(func.__self__, type):
            # The object's class may be the user's, though the class that defines the method is not.
            kind, method = type(func.__self__), func.__name__
        elif isinstance(func.__qualname__, str):
            return func.__module__ if isinstance(func.__module__, str) else "", func.__qualname__
    return kind.__module__, f"{kind.__qualname__}.{method}"


class Unquoted(str):
    """Text that a `repr` shows without quotes."""

    __repr__ = str.__str__


def short_name(func: Any) -> Unquoted:
    """How a `repr` shows what a task calls: `send`, `Mailer.send`, `partial(send, 'a@b.c')`."""
    if isinstance(func, partial):
        keywords = [f"{name}={value!r}" for name, value in func.keywords.items()]
        parts = [short_name(func.func), *map(repr, func.args), *keywords]
        return Unquoted(f"partial({', '.join(parts)})")
    return Unquoted(one_line(module_and_name(func)[1].rpartition("<locals>.")[2]))


def described(thing: object) -> str:
    """What was given, for an error message: short, and safe with an object that cannot be shown."""
    if isinstance(thing, CoroutineType):
        return f"the coroutine {one_line(thing.__qualname__)}(...)"
    text = short_name(thing) if callable(thing) else one_line(reprlib.repr(thing))
    return f"{text} ({type(thing).__name__})"


def one_line(text: str) -> str:
    """Text on one line and short, so that no name or `repr` breaks or fills a message."""
    return " ".join(text.split())[:150]
