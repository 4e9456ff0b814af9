"""Whatever is passed becomes a task that runs, or a `TypeError` says what was wrong with it."""

from __future__ import annotations

import gc
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial, wraps
from itertools import product
from typing import Any
from unittest.mock import AsyncMock, Mock

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.reports import reports_kept

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup


class HostileError(Exception): ...


def raises(*args: object, **kwargs: object) -> Any:
    raise HostileError


async def sends(*args: object, **kwargs: object) -> None:
    await anyio.lowlevel.checkpoint()


def yields_itself(self: object = None) -> Iterator[object]:
    yield self


async def handles(background_tasks: BackgroundTasks) -> None: ...


ASKED = ["__call__", "__wrapped__", "__signature__", "__annotations__", "__module__", "func"]
CALLED = ["__call__", "__iter__", "__len__", "__bool__", "__eq__", "__hash__", "__repr__"]
ATTRIBUTES: list[tuple[str, Any]] = [*product([*CALLED, "__getattr__"], [raises])]
ATTRIBUTES += product([*ASKED, "tasks"], [property(raises), 5])
ATTRIBUTES += product(["__call__"], [sends, lambda *args, **kwargs: sends(), yields_itself])
ATTRIBUTES += [("__iter__", yields_itself), ("__iter__", None), ("__qualname__", "host\nile")]
ATTRIBUTES += [("__repr__", lambda self: "x" * 100_000)]
FIXED: list[Any] = [None, True, 5, "send", b"send", {"send": 1}, sys, int, type, range(10**12)]
FIXED += [sends, lambda *args, **kwargs: sends(), raises, yields_itself, handles, with_background]
FIXED += [Task, BackgroundTasks, wraps(print)(lambda: None)]
# What makes something: it is made anew for each example, or a coroutine might not be used.
MADE: list[Callable[[], Any]] = [Mock, AsyncMock, BackgroundTasks, yields_itself]
MADE += [lambda: Tasks([Task(sends)], True), lambda: BackgroundTask(raises)]
MADE += [partial(lambda fixed: fixed, each) for each in FIXED]


def hostile(attributes: list[tuple[str, Any]]) -> Any:
    return type("Hostile", (), dict(attributes))()


def several(kind: Callable[..., Any], parts: list[Callable[[], Any]]) -> Any:
    return kind([part() for part in parts])


def wrapped(part: Callable[[], Any]) -> Any:
    func = part()
    return partial(func) if callable(func) else func


def drawn(make: Callable[..., Any], *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(partial, st.just(make), *parts)


parts = st.sampled_from(MADE) | drawn(hostile, st.lists(st.sampled_from(ATTRIBUTES), max_size=4))
things = parts | drawn(wrapped, parts)
things |= drawn(several, st.sampled_from([list, tuple, iter]), st.lists(things, max_size=3))

DOORS: dict[str, Callable[[Any], object]] = {
    "task": lambda thing: BackgroundTask(thing, 1, name=2),
    "add_task": lambda thing: BackgroundTasks().add_task(thing, 1, name=2),
    "container": BackgroundTasks,
    "item": lambda thing: BackgroundTasks([thing, Task(sends)]),
    "item of a group": lambda thing: BackgroundTasks([thing], as_group=True),
    "item beside others": lambda thing: BackgroundTasks([thing, thing], continue_on_error=True),
    "flag": lambda thing: BackgroundTasks(continue_on_error=thing),
    "with_background": with_background,
    "with_background(task)": lambda thing: with_background(BackgroundTask(print))(thing),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@settings(max_examples=200)
@given(make=things | st.just(sends))
def test_what_is_given(door: Callable[[Any], object], make: Callable[[], Any]) -> None:
    with warnings.catch_warnings(record=True) as warned, reports_kept():
        warnings.simplefilter("always")
        try:
            opened = door(make())
        except HostileError:
            pass  # from an iterable, as in Lilya
        except TypeError as error:
            message = str(error)
            assert re.search("background task|BackgroundTasks|with_background", message)
            assert len(message.splitlines()) == 1
            assert len(message) < 500
        else:
            assert opened is None or callable(opened)
            if isinstance(opened, Task):
                run(opened)
            del opened
        gc.collect(0)
    assert [str(each.message) for each in warned] == []


def run(task: Task) -> None:
    """Only the objects that were passed may raise."""
    try:
        anyio.run(task)
    except (HostileError, TypeError):
        pass
    except BaseExceptionGroup as group:
        if group.split((HostileError, TypeError))[1]:
            raise
