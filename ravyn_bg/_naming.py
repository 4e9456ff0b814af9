"""What a task is called in a record, a `repr` and an error message, whatever its function does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from reprlib import recursive_repr
from reprlib import repr as short_repr
from types import MethodType
from typing import Any

from lilya.background import Task, Tasks


def within(task: Any, around: tuple[Any, ...] = ()) -> Iterator[Any]:
    """A task and the tasks that it runs, nested ones too, each as often as it runs."""
    if any(each is task for each in around):
        return
    yield task
    func = getattr(task, "func", None) if isinstance(task, Task) else None
    inner = getattr(task, "tasks", ()) if isinstance(task, Tasks) else [func]
    for each in inner:
        if isinstance(each, Task) or isinstance(task, Tasks):
            yield from within(each, (*around, task))


def leaves(task: Any) -> list[Any]:
    """The tasks in `task` that call a function which is none itself."""
    return [
        each
        for each in within(task)
        if not isinstance(each, Tasks) and not isinstance(getattr(each, "func", None), Task)
    ]


def name_of(task: Any) -> str:
    """Module and qualified name of what a task calls; never an argument, never an exception."""
    with suppress(Exception):
        for _ in range(20):  # a task in a task, a partial in a partial, but not for ever
            if isinstance(task, (Task, partial)) and not isinstance(task, Tasks):
                task = task.func
    return one_line(".".join(filter(None, module_and_name(task))))


def module_and_name(func: Any) -> tuple[str, str]:
    with suppress(Exception):
        module, name = func.__module__, func.__qualname__
        if isinstance(func, MethodType) and not isinstance(func.__self__, type):
            # The class that has the method may be the user's, where the one that defines it is not.
            module, name = class_and_method(func.__self__, func.__name__)
        if isinstance(name, str):
            return (module if isinstance(module, str) else ""), name
    return class_and_method(func, "__call__")


def class_and_method(thing: object, method: str) -> tuple[str, str]:
    return type(thing).__module__, f"{type(thing).__qualname__}.{method}"


class Bare(str):
    """Text that a `repr` shows without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def shown(func: Any) -> Bare:
    """How a `repr` shows what a task calls: `send`, `Mailer.send`, `partial(send, 'a@b.c')`."""
    if isinstance(func, partial):
        return Bare(f"partial({arguments([(None, shown(func.func)), *call_parts(func)])})")
    return Bare(one_line(module_and_name(func)[1].rpartition("<locals>.")[2]))


def call_parts(call: Any) -> list[tuple[str | None, Any]]:
    """The arguments of a task or a partial."""
    keywords = call.keywords if isinstance(call, partial) else call.kwargs
    return [*((None, each) for each in call.args), *keywords.items()]


def arguments(parts: list[tuple[str | None, Any]]) -> str:
    return ", ".join(f"{value!r}" if name is None else f"{name}={value!r}" for name, value in parts)


class CallRepr:
    """`repr`, `str`, Rich and devtools, all from one list of `(name or None, value)` parts."""

    __slots__ = ()

    def __to_representation__(self) -> list[tuple[str | None, Any]]:
        raise NotImplementedError

    @recursive_repr()
    def __repr__(self) -> str:
        return f"{type(self).__name__}({arguments(self.__to_representation__())})"

    def __str__(self) -> str:
        return repr(self)

    def __rich_repr__(self) -> Iterator[tuple[str | None, Any]]:
        yield from self.__to_representation__()


def described(thing: object) -> str:
    """What was given, for an error message: short, and safe with an object that cannot be shown."""
    try:
        what = shown(thing) if callable(thing) else one_line(short_repr(thing))
        return f"{what} ({type(thing).__name__})"
    except Exception:
        return f"an object of type {type(thing).__name__}"


def one_line(text: str) -> str:
    """No name and no `repr` may break a message into lines, or be all of it."""
    return " ".join(text.split())[:150]
