"""A class with a `__call__` of its own is called, and so is whoever wraps one of ours."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest
import wrapt
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import Trace

pytestmark = pytest.mark.anyio

three_ways = pytest.mark.parametrize(
    "as_group", [None, False, True], ids=["alone", "in order", "as group"]
)


@three_ways
async def test_a_subclass_with_a_call_of_its_own_is_called_once(
    as_group: bool | None, trace: Trace
) -> None:
    class Between(BackgroundTask):
        async def __call__(self) -> None:
            trace.note("before")
            await super().__call__()
            trace.note("after")

    task = Between(trace.note, "ran")
    await (task if as_group is None else BackgroundTasks([task], as_group))()

    assert trace.names == ["before", "ran", "after"]


async def test_it_keeps_its_place_may_try_again_and_may_not_run_at_all(trace: Trace) -> None:
    class ThreeTries(BackgroundTask):
        async def __call__(self) -> None:
            for _ in range(3):
                with suppress(LookupError):
                    await super().__call__()
                    return

    class Disabled(BackgroundTask):
        async def __call__(self) -> None: ...

    def fail_twice() -> None:
        trace.note("try")
        if len(trace.names) % 4:
            raise LookupError

    tasks = [trace.task("a"), ThreeTries(fail_twice), Disabled(trace.note, "no"), trace.task("b")]
    await BackgroundTasks(tasks)()

    assert trace.names == ["a", "try", "try", "try", "b"]


async def test_tasks_of_lilya_and_their_subclasses_run_among_ours(trace: Trace) -> None:
    class OfItsOwn(Task):
        async def __call__(self) -> None:
            trace.note("before")
            await super().__call__()

    class WithoutAFunction(Task):
        def __init__(self) -> None: ...

        async def __call__(self) -> None:
            trace.note("no function")

    class WithoutTasks(Tasks):
        def __init__(self) -> None: ...

        async def __call__(self) -> None:
            trace.note("no tasks")

    given = [Task(trace.note, "b"), Task(trace.note_async, "c"), OfItsOwn(trace.note, "d")]
    ours = [WithoutAFunction(), WithoutAFunction(), WithoutTasks(), trace.task("e")]
    await BackgroundTasks([trace.task("a"), *given, *ours])()

    names = ["a", "b", "c", "before", "d", "no function", "no function", "no tasks", "e"]
    assert trace.names == names


WRAPPED: list[tuple[Any, str, bool, int]] = [
    (BackgroundTask, "__call__", False, 3),
    (BackgroundTask, "__call__", True, 3),
    (BackgroundTasks, "__call__", False, 2),
    (BackgroundTasks, "__call__", True, 2),
    (BackgroundTasks, "run_single", False, 2),
    (BackgroundTasks, "run_as_group", True, 2),
]


@pytest.mark.parametrize("wrap", ["mock", "wrapt"])
@pytest.mark.parametrize(("owner", "name", "as_group", "times"), WRAPPED)
async def test_whoever_wraps_one_of_ours_is_called_each_time(
    owner: Any, name: str, as_group: bool, times: int, wrap: str, trace: Trace
) -> None:
    calls: list[Any] = []
    original: Callable[..., Any] = getattr(owner, name)

    def wrapper(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        calls.append(instance)
        return wrapped(*args, **kwargs)

    async def counted(self: Any) -> None:
        calls.append(self)
        await original(self)

    inner = BackgroundTasks([trace.task("a"), trace.async_task("b")], as_group)
    outer = BackgroundTasks([inner, trace.task("c")], as_group)
    with patch.object(owner, name, original if wrap == "wrapt" else counted):
        if wrap == "wrapt":
            wrapt.wrap_function_wrapper(owner, name, wrapper)
        await outer()

    assert len(calls) == times
    assert sorted(trace.names) == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["run_single", "run_as_group"])
async def test_whoever_wraps_a_method_of_one_container_is_called(name: str, trace: Trace) -> None:
    inner = BackgroundTasks([trace.task("a")], as_group=name == "run_as_group")
    original = getattr(inner, name)
    with patch.object(inner, name, side_effect=original) as wrapped:
        await BackgroundTasks([inner, inner])()

    assert wrapped.call_count == 2
    assert trace.names == ["a", "a"]
