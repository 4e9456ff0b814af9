"""What a task holds and what it is called, whatever its function does when it is asked."""

import reprlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from types import CoroutineType, MethodType
from typing import Any, TypeAlias

from lilya.background import Task, Tasks
from lilya.concurrency import AsyncCallable

# The arguments of a call as a `repr` shows them, with the names of those that have one.
Parts: TypeAlias = "list[tuple[str | None, Any]]"


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
    """What a partial calls in the end."""
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
            # The class that has the method may be the user's, where the one that defines it is not.
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
        return Unquoted(f"partial({joined(call_parts(func.func, func.args, func.keywords))})")
    return Unquoted(one_line(module_and_name(func)[1].rpartition("<locals>.")[2]))


def call_parts(func: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Parts:
    return [(None, short_name(func)), *((None, each) for each in args), *keywords.items()]


def joined(parts: Parts) -> str:
    return ", ".join(f"{value!r}" if name is None else f"{name}={value!r}" for name, value in parts)


class CallRepr(Task):
    """`repr`, `str`, Rich and devtools, all from the parts that a subclass names."""

    @reprlib.recursive_repr()
    def __repr__(self) -> str:
        return f"{type(self).__name__}({joined(self.__to_representation__())})"

    def __str__(self) -> str:
        return repr(self)

    def __rich_repr__(self) -> Iterator[Any]:
        yield from self.__to_representation__()


def described(thing: object) -> str:
    """What was given, for an error message: short, and safe with an object that cannot be shown."""
    if isinstance(thing, CoroutineType):
        return f"the coroutine {one_line(thing.__qualname__)}(...)"
    text = short_name(thing) if callable(thing) else one_line(reprlib.repr(thing))
    return f"{text} ({type(thing).__name__})"


def one_line(text: str) -> str:
    """No name and no `repr` may break a message into lines, or be all of it."""
    return " ".join(text.split())[:150]
