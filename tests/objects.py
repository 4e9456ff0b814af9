"""Objects of all sorts that somebody may pass, drawn by Hypothesis."""

from __future__ import annotations

import functools
import itertools
import sys
import types
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import AsyncMock, Mock

from anyio.lowlevel import checkpoint
from hypothesis import strategies as st
from lilya.background import Task, Tasks
from lilya.concurrency import AsyncCallable

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background


class HostileError(Exception):
    pass


def raises(*args: object, **kwargs: object) -> Any:
    raise HostileError


async def sends(*args: object, **kwargs: object) -> None:
    await checkpoint()


def returns_coroutine(*args: object, **kwargs: object) -> Awaitable[None]:
    return sends()


def returns_none(*args: object, **kwargs: object) -> None: ...


def returns_itself(self: object, *args: object) -> object:
    return self


def yields_itself(self: object = None) -> Iterator[object]:
    yield self


async def yields_asynchronously(*args: object, **kwargs: object) -> AsyncIterator[None]:
    yield


async def handles(background_tasks: BackgroundTasks) -> None: ...


BROKEN = property(raises)
HOSTILE: dict[str, list[Any]] = {
    "__annotations__": [BROKEN, 5],
    "__await__": [raises, returns_itself, lambda self: iter(())],
    "__bool__": [raises],
    "__call__": [
        raises,
        sends,
        returns_none,
        returns_coroutine,
        returns_itself,
        yields_itself,
        BROKEN,
        5,
    ],
    "__code__": [BROKEN, 5],
    "__eq__": [raises],
    "__getattr__": [raises, returns_itself],
    "__getitem__": [raises, returns_itself],
    "__hash__": [raises, None],
    "__iter__": [raises, yields_itself, returns_itself, lambda self: itertools.count(), None],
    "__len__": [raises, lambda self: sys.maxsize],
    "__module__": [BROKEN, 5],
    "__name__": [BROKEN, 5],
    "__next__": [raises],
    "__qualname__": ["hostile", "host\nile"],
    "__repr__": [raises, returns_itself, lambda self: "x" * 100_000],
    "__signature__": [BROKEN, 5],
    "__wrapped__": [BROKEN, property(returns_itself), 5, None],
    "func": [BROKEN, 5],
    "tasks": [BROKEN, 5, [5]],
}


def hostile(base: Any, attributes: dict[str, Any]) -> Any:
    """An object with these attributes."""
    return base.__new__(type("Hostile", (base,), attributes))


def hostile_function(attributes: dict[str, Any]) -> Any:
    def function(*args: object, **kwargs: object) -> None: ...

    for name, value in attributes.items():
        setattr(function, name, function if value is None else value)
    return function


@dataclass(frozen=True)
class Recipe:
    """How something is made: a coroutine that Hypothesis drew and then left out would warn."""

    what: Callable[..., Any]
    of: tuple[Recipe, ...] = ()

    def make(self) -> Any:
        return self.what(*[each.make() for each in self.of])


def attributes(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.sampled_from(names).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(HOSTILE[name]))
    )
    return st.lists(pairs, max_size=4).map(dict)


def several(what: Callable[..., Any], parts: list[Recipe]) -> Recipe:
    return Recipe(lambda *items: what(items), tuple(parts))


def wrapped(what: Callable[..., Any], part: Recipe) -> Recipe:
    def wrap(func: Any) -> Any:
        try:
            return what(func)
        except Exception:
            return func

    return Recipe(wrap, (part,))


hostile_objects = st.builds(
    lambda *parts: Recipe(functools.partial(hostile, *parts)),
    st.sampled_from([object, object, object, dict, list, str]),
    attributes(*HOSTILE),
)
hostile_functions = attributes("__module__", "__signature__", "__wrapped__").map(
    lambda given: Recipe(functools.partial(hostile_function, given))
)
plain = st.sampled_from(
    [
        Recipe(make)
        for make in (
            lambda: None,
            lambda: True,
            lambda: 5,
            lambda: "send",
            lambda: b"send",
            lambda: bytearray(b"send"),
            lambda: {"send": 1},
            lambda: ...,
            lambda: NotImplemented,
            lambda: sys,
            lambda: int,
            lambda: type,
            lambda: Mock(),
            lambda: AsyncMock(),
            lambda: types.SimpleNamespace(func=5),
            lambda: sends,
            lambda: returns_coroutine,
            lambda: raises,
            lambda: yields_itself,
            lambda: yields_asynchronously,
            lambda: handles,
            lambda: itertools.count(),
            lambda: range(10**12),
            lambda: itertools.repeat(BackgroundTask(len, ""), 10_000),
            lambda: iter([BackgroundTask(sends), 5]),
            lambda: Task(sends),
            lambda: BackgroundTask(raises),
            lambda: Tasks([Task(returns_none)], True),
            lambda: BackgroundTasks(),
            lambda: Task,
            lambda: BackgroundTasks,
            lambda: AsyncCallable(returns_none),
            lambda: with_background,
        )
    ]
)
wrappers = st.sampled_from(
    [functools.partial, staticmethod, classmethod, lambda func: types.MethodType(func, 5)]
)
collections = st.sampled_from([list, tuple, deque, iter, lambda items: dict(enumerate(items))])
anything = st.recursive(
    plain | hostile_objects | hostile_functions,
    lambda inner: (
        st.builds(several, collections, st.lists(inner, max_size=3))
        | st.builds(wrapped, wrappers, inner)
    ),
    max_leaves=4,
)
coroutine = st.builds(Recipe, st.sampled_from([sends, yields_itself, yields_asynchronously]))
tasks = st.builds(
    several, st.sampled_from([list, tuple]), st.lists(anything | coroutine, max_size=3)
)
