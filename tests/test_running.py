"""How tasks run: in which order, thread and context, with how many threads, and in what class."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import copy_context
from typing import Any
from unittest.mock import patch

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
import wrapt
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks, _running
from tests.conftest import PATIENCE, Trace

pytestmark = pytest.mark.anyio


async def test_sync_tasks_that_follow_one_another_take_one_hop_with_one_token(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = anyio.to_thread.current_default_thread_limiter()
    borrowed: list[float] = []
    hops: list[Any] = []
    run_sync = anyio.to_thread.run_sync

    async def counted(*args: Any) -> Any:
        hops.append(args)
        return await run_sync(*args)

    def look() -> None:
        borrowed.append(anyio.from_thread.run_sync(lambda: limiter.borrowed_tokens))

    monkeypatch.setattr(anyio.to_thread, "run_sync", counted)
    monkeypatch.setattr(_running, "LONGEST_TRIP", PATIENCE)
    several = [trace.task("a"), trace.task("b"), BackgroundTask(look)]
    await BackgroundTasks([*several, trace.async_task("between"), *several])()

    assert trace.names == ["a", "b", "between", "a", "b"]
    assert len(hops) == 2
    assert borrowed == [1, 1]
    assert limiter.borrowed_tokens == 0


@asynccontextmanager
async def one_token() -> AsyncIterator[anyio.CapacityLimiter]:
    """AnyIO's thread limiter, with one token for all."""
    limiter = anyio.to_thread.current_default_thread_limiter()
    tokens, limiter.total_tokens = limiter.total_tokens, 1
    try:
        with anyio.fail_after(PATIENCE):
            yield limiter
    finally:
        limiter.total_tokens = tokens
    assert limiter.borrowed_tokens == 0


async def somebody_waits_for(limiter: anyio.CapacityLimiter) -> None:
    while not limiter.statistics().tasks_waiting:
        await anyio.lowlevel.checkpoint()


async def test_a_hop_gives_its_thread_to_others_after_a_while(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_running, "LONGEST_TRIP", -1)  # seconds: each task has taken too long
    first_runs, somebody = anyio.Event(), threading.Event()

    def first() -> None:
        anyio.from_thread.run_sync(first_runs.set)
        assert somebody.wait(PATIENCE)
        trace.note("first")

    async with one_token() as limiter, anyio.create_task_group() as group:
        group.start_soon(BackgroundTasks([BackgroundTask(first), trace.task("second")]))
        await first_runs.wait()
        group.start_soon(anyio.to_thread.run_sync, trace.note, "unrelated")
        await somebody_waits_for(limiter)
        somebody.set()

    assert trace.names == ["first", "unrelated", "second"]


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in order"])
@pytest.mark.parametrize("cancelled", [False, True], ids=["waits", "cancelled"])
async def test_a_sync_task_waits_for_a_token_and_can_be_cancelled_meanwhile(
    trace: Trace, cancelled: bool, alone: bool
) -> None:
    task = trace.task("a") if alone else BackgroundTasks([trace.task("a")])
    async with one_token() as limiter, anyio.create_task_group() as group, limiter:
        group.start_soon(task)
        await somebody_waits_for(limiter)
        assert trace.names == []
        if cancelled:
            group.cancel_scope.cancel()
            await anyio.lowlevel.cancel_shielded_checkpoint()

    assert trace.names == ([] if cancelled else ["a"])


async def test_nested_and_grouped_tasks_run_with_a_single_token(trace: Trace) -> None:
    tasks = BackgroundTasks([trace.task("a"), BackgroundTasks([trace.task("b")], as_group=True)])
    async with one_token():
        await tasks()
        tasks.as_group = True
        await tasks()

    assert sorted(trace.names) == ["a", "a", "b", "b"]


async def test_a_run_leaves_nothing_in_the_context(trace: Trace) -> None:
    before = len(copy_context())
    await BackgroundTasks([trace.task("a"), trace.async_task("b")])()

    assert len(copy_context()) == before


async def test_the_tasks_of_a_group_run_side_by_side(trace: Trace) -> None:
    barrier, met = threading.Barrier(3), anyio.Event()

    async def meet() -> None:
        await anyio.to_thread.run_sync(barrier.wait, PATIENCE)
        met.set()

    async def wait() -> None:
        await met.wait()
        trace.note(f"all met in a {anyio.get_current_task().name}")

    one = BackgroundTask(barrier.wait, PATIENCE)
    in_order = BackgroundTasks([trace.task("before"), one])
    group = BackgroundTasks([BackgroundTask(wait), one, in_order, BackgroundTask(meet)], True)
    await BackgroundTasks([group, trace.task("after")])()

    assert trace.names == ["before", "all met in a background task", "after"]


async def test_a_list_that_is_cleared_or_replaced_meanwhile_runs_as_in_lilya(trace: Trace) -> None:
    kinds: list[Any] = [(Task, Tasks), (BackgroundTask, BackgroundTasks)]
    for make_task, make_tasks in kinds:
        cleared, replaced = make_tasks(), make_tasks()
        cleared.tasks += [make_task(cleared.tasks.clear), make_task(trace.note, "cleared")]
        replace = make_task(setattr, replaced, "tasks", [make_task(trace.note, "new")])
        replaced.tasks += [replace, make_task(trace.note, "still there")]
        await cleared()
        await replaced()

    assert trace.names == ["still there"] * 2


@pytest.mark.parametrize("kind", [tuple, dict.fromkeys])
@pytest.mark.parametrize("as_group", [False, True], ids=["in order", "as group"])
async def test_any_list_will_do(kind: Callable[..., Any], as_group: bool, trace: Trace) -> None:
    tasks = BackgroundTasks(as_group=as_group)
    tasks.tasks = kind([trace.task("a"), trace.task("b"), trace.async_task("c"), trace.task("d")])

    await tasks()

    assert sorted(trace.names) == ["a", "b", "c", "d"]
    assert as_group or trace.names == sorted(trace.names)


@pytest.mark.parametrize(
    ("owner", "name", "as_group", "times"),
    [
        (BackgroundTask, "__call__", False, 3),
        (BackgroundTask, "__call__", True, 3),
        (BackgroundTasks, "run_single", False, 2),
        (BackgroundTasks, "run_as_group", True, 2),
    ],
)
async def test_whoever_wraps_one_of_ours_is_called_each_time(
    owner: Any, name: str, as_group: bool, times: int, trace: Trace
) -> None:
    calls: list[Any] = []

    def wrapper(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        calls.append(instance)
        return wrapped(*args, **kwargs)

    inner = BackgroundTasks([trace.task("a"), trace.async_task("b")], as_group)
    outer = BackgroundTasks([inner, trace.task("c")], as_group)
    with patch.object(owner, name, wrapt.FunctionWrapper(getattr(owner, name), wrapper)):
        await outer()

    assert len(calls) == times
    assert sorted(trace.names) == ["a", "b", "c"]
