"""What a task is called in a report, a `repr` and an error message, whatever its function does."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from reprlib import recursive_repr
from reprlib import repr as short_repr
from types import MethodType
from typing import Any, TypeVar

from lilya.background import Task, Tasks
from typing_extensions import TypeIs

from ravyn_bg._callables import InThread

T = TypeVar("T")


class CallRepr:
    """`repr`, `str`, Rich and devtools, all from one list of `(name or None, value)` parts."""

    __slots__ = ()

    def _parts(self) -> Iterator[tuple[str | None, Any]]:
        raise NotImplementedError

    def __repr__(self) -> str:
        return call_repr(self)

    def __str__(self) -> str:
        return call_repr(self)

    def __rich_repr__(self) -> Iterator[tuple[str | None, Any]]:
        return self._parts()

    def __pretty__(self, fmt: Callable[[Any], Any], **kwargs: Any) -> Generator[Any, None, None]:
        yield f"{type(self).__name__}("
        yield 1
        for name, value in self._parts():
            if name is not None:
                yield f"{name}="
            yield fmt(value)
            yield ","
            yield 0
        yield -1
        yield ")"


@recursive_repr()
def call_repr(call: CallRepr) -> str:
    parts = [f"{value!r}" if name is None else f"{name}={value!r}" for name, value in call._parts()]
    return f"{type(call).__name__}({', '.join(parts)})"


class Bare(str):
    """Text that a `repr` shows without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def shown(func: Any) -> Bare:
    """How a `repr` shows what a task calls: `send`, `Mailer.send`, `partial(send, 'a@b.c')`."""
    func = unwrapped(func)
    if isinstance_of(func, partial):
        parts = [shown(func.func), *map(repr, func.args)]
        parts += [f"{key}={value!r}" for key, value in func.keywords.items()]
        return Bare(f"partial({', '.join(parts)})")
    return Bare(module_and_name(func)[1].rpartition("<locals>.")[2])


def name_of(task: Any) -> str:
    """Module and qualified name of what a task calls; never an argument, never an exception."""
    for _ in range(20):  # a task in a task, a partial in a partial, but not for ever
        if isinstance_of(task, partial) or is_leaf(task):
            task = getattr(task, "func", type(task).__call__)
        task = unwrapped(task)
    return ".".join(filter(None, module_and_name(task)))


def is_leaf(task: Any) -> TypeIs[Task]:
    return isinstance_of(task, Task) and not isinstance_of(task, Tasks)


def names_of(tasks: Iterable[Any]) -> list[str]:
    """The name of each task, with those inside a container one by one."""
    names: list[str] = []
    seen: set[int] = set()
    coming = list(tasks)[::-1]
    while coming:
        task = coming.pop()
        inside = getattr(task, "func", None) if is_leaf(task) else None
        if not isinstance_of(task, Tasks) and not isinstance_of(inside, Task):
            names.append(name_of(task))
        elif id(task) not in seen:
            seen.add(id(task))
            coming += [inside] if inside else list(getattr(task, "tasks", ()))[::-1]
    return names


def module_and_name(func: Any) -> tuple[str | None, str]:
    try:
        module, name = func.__module__, func.__qualname__
        if isinstance_of(func, MethodType) and not isinstance_of(func.__self__, type):
            # The class that has the method may be the user's, where the one that defines it is not.
            module, name = class_and_method(func.__self__, func.__name__)
    except Exception:
        module = name = None
    if type(name) is not str:
        module, name = class_and_method(func, "__call__")
    return (module if type(module) is str else None), name


def described(thing: object) -> str:
    """What was given, for an error message: short, and safe with an object that cannot be shown."""
    kind = class_attribute(thing, "__name__")
    try:
        return f"{shown(thing) if callable(thing) else short_repr(thing)} ({kind})"
    except Exception:
        return f"an object of type {kind}"


def class_and_method(thing: object, method: str) -> tuple[str, str]:
    name = f"{class_attribute(thing, '__qualname__')}.{method}"
    return class_attribute(thing, "__module__"), name


def class_attribute(thing: object, name: str) -> Any:
    # Past a metaclass, which may answer for its classes what it likes.
    return type.__getattribute__(type(thing), name)


def unwrapped(func: Any) -> Any:
    return func.__wrapped__ if type(func) is InThread else func


def isinstance_of(thing: object, kind: type[T] | tuple[type[T], ...]) -> TypeIs[T]:
    # Not `isinstance`: that believes an object's `__class__`, which may lie or raise.
    return issubclass(type(thing), kind)
