"""How tasks run: in which order, in which thread and context, and with how many threads."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar, copy_context
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks, _running
from tests.conftest import PATIENCE, Trace

pytestmark = pytest.mark.anyio

both_packages = pytest.mark.parametrize(
    "kinds", [(Task, Tasks), (BackgroundTask, BackgroundTasks)], ids=["lilya", "ravyn_bg"]
)
alone_or_not = pytest.mark.parametrize("alone", [True, False], ids=["alone", "in order"])


# --- in order


async def test_each_task_ends_before_the_next_one_starts_in_the_order_given(trace: Trace) -> None:
    async def slow() -> None:
        trace.note("slow starts")
        await anyio.lowlevel.checkpoint()
        trace.note("slow ends")

    tasks = BackgroundTasks([trace.task("a"), trace.async_task("b"), BackgroundTask(slow)])
    tasks.add_task(trace.note, "c")
    await tasks()

    assert trace.names == ["a", "b", "slow starts", "slow ends", "c"]


async def test_sync_tasks_that_follow_one_another_take_one_hop_with_one_token(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = anyio.to_thread.current_default_thread_limiter()
    borrowed: list[float] = []
    hops = 0
    run_sync = anyio.to_thread.run_sync

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal hops
        hops += 1
        return await run_sync(*args, **kwargs)

    def look() -> None:
        borrowed.append(anyio.from_thread.run_sync(lambda: limiter.borrowed_tokens))

    monkeypatch.setattr(anyio.to_thread, "run_sync", counted)
    monkeypatch.setattr(_running, "SHARED", PATIENCE)
    several = [trace.task("a"), trace.task("b"), BackgroundTask(look)]
    await BackgroundTasks([*several, trace.async_task("between"), *several])()

    assert trace.names == ["a", "b", "between", "a", "b"]
    assert hops == 2
    assert borrowed == [1, 1]
    first, second, loop, third, fourth = trace.threads
    assert loop == threading.get_ident()
    assert (first, third) == (second, fourth)
    assert loop not in trace.threads[:2] + trace.threads[3:]
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


async def somebody_waits_for(limiter: anyio.CapacityLimiter) -> None:
    while not limiter.statistics().tasks_waiting:
        await anyio.lowlevel.checkpoint()


async def test_a_hop_gives_its_thread_to_others_after_a_while(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_running, "SHARED", -1)  # seconds: each task has taken too long
    first_runs, somebody = threading.Event(), threading.Event()

    def first() -> None:
        first_runs.set()
        assert somebody.wait(PATIENCE)
        trace.note("first")

    async def unrelated() -> None:
        while not first_runs.is_set():
            await anyio.lowlevel.checkpoint()
        group.start_soon(anyio.to_thread.run_sync, trace.note, "unrelated")
        await somebody_waits_for(limiter)
        somebody.set()

    async with one_token() as limiter, anyio.create_task_group() as group:
        group.start_soon(BackgroundTasks([BackgroundTask(first), trace.task("second")]))
        group.start_soon(unrelated)

    assert trace.names == ["first", "unrelated", "second"]


@alone_or_not
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
    assert limiter.borrowed_tokens == 0


async def test_nested_and_grouped_tasks_run_with_a_single_token(trace: Trace) -> None:
    tasks = BackgroundTasks([trace.task("a"), BackgroundTasks([trace.task("b")], as_group=True)])
    async with one_token() as limiter:
        await tasks()
        tasks.as_group = True
        await tasks()

    assert sorted(trace.names) == ["a", "a", "b", "b"]
    assert limiter.borrowed_tokens == 0


@alone_or_not
async def test_a_sync_task_that_fails_gives_its_token_back(alone: bool) -> None:
    def fail() -> None:
        raise ValueError("no")

    task = BackgroundTask(fail)
    with pytest.raises(ValueError, match="no"):
        await (task if alone else BackgroundTasks([task]))()

    assert anyio.to_thread.current_default_thread_limiter().borrowed_tokens == 0


async def test_a_sync_task_can_call_back_into_the_event_loop(trace: Trace) -> None:
    def call_back(name: str) -> None:
        anyio.from_thread.run(trace.note_async, f"{name} awaited")
        anyio.from_thread.run_sync(trace.note, f"{name} called")

    await BackgroundTasks([BackgroundTask(call_back, each) for each in ("first", "second")])()

    assert trace.names == ["first awaited", "first called", "second awaited", "second called"]
    assert {*trace.threads} == {threading.get_ident()}


async def test_a_sync_task_in_the_middle_may_return_an_awaitable(trace: Trace) -> None:
    around = BackgroundTask(lambda: trace.note_async("awaited"))

    await BackgroundTasks([trace.task("before"), around, trace.task("after")])()

    assert trace.names == ["before", "awaited", "after"]
    assert trace.threads[1] == threading.get_ident()


# --- context


color: ContextVar[str] = ContextVar("color", default="none")


async def test_each_sync_task_runs_in_its_own_copy_of_the_context() -> None:
    seen: list[str] = []

    def look_and_set(to: str) -> None:
        seen.append(color.get())
        color.set(to)

    color.set("outside")
    await BackgroundTasks([BackgroundTask(look_and_set, each) for each in ("red", "blue")])()

    assert seen == ["outside", "outside"]
    assert color.get() == "outside"


@both_packages
async def test_what_an_async_task_sets_is_seen_by_those_behind_it_as_in_lilya(kinds: Any) -> None:
    make_task, make_tasks = kinds
    seen: list[str] = []

    async def set_to(to: str) -> None:
        color.set(to)

    def look() -> None:
        seen.append(color.get())

    color.set("none")
    before = len(copy_context())
    await make_tasks([make_task(look), make_task(set_to, "red"), make_task(look)])()

    assert seen == ["none", "red"]
    assert len(copy_context()) == before  # nothing of the package's


# --- groups and nesting


@pytest.mark.parametrize("nested", [False, True], ids=["alone", "in order"])
@both_packages
async def test_the_tasks_of_a_group_run_side_by_side(kinds: Any, nested: bool) -> None:
    make_task, make_tasks = kinds
    barrier, met = threading.Barrier(3), anyio.Event()

    async def meet() -> None:
        await anyio.to_thread.run_sync(barrier.wait, PATIENCE)
        met.set()

    group = make_tasks()
    group.tasks += [make_task(barrier.wait, PATIENCE) for _ in range(2)] + [make_task(meet)]
    group.as_group = True
    await (BackgroundTasks([group]) if nested else group)()

    assert met.is_set()


async def test_a_group_ends_when_all_of_its_tasks_have_ended(trace: Trace) -> None:
    first_waits = anyio.Event()

    async def wait() -> None:
        await first_waits.wait()
        trace.note("first")

    async def release() -> None:
        trace.note("second")
        first_waits.set()

    group = BackgroundTasks([BackgroundTask(wait), BackgroundTask(release)], as_group=True)
    await BackgroundTasks([trace.task("before"), group, trace.task("after")])()

    assert trace.names == ["before", "second", "first", "after"]


async def test_sequences_inside_a_group_run_side_by_side() -> None:
    barrier = threading.Barrier(2)

    def sequence() -> BackgroundTasks:
        return BackgroundTasks([BackgroundTask(len, "x"), BackgroundTask(barrier.wait, PATIENCE)])

    await BackgroundTasks([sequence(), sequence()], as_group=True)()

    assert not barrier.broken


async def test_containers_and_tasks_nest_and_may_stand_in_many_places(trace: Trace) -> None:
    task = trace.task("b")
    inner = BackgroundTasks([task, Tasks([trace.async_task("c"), task])])

    await BackgroundTasks([trace.task("a"), inner, BackgroundTask(BackgroundTask(inner))])()

    assert trace.names == ["a", "b", "c", "b", "b", "c", "b"]


@pytest.mark.parametrize("given", [(("extra",), {}), ((), {"extra": 1})], ids=["args", "kwargs"])
async def test_arguments_for_a_task_inside_a_task_are_refused_by_it_as_in_lilya(
    given: tuple[tuple[str, ...], dict[str, int]], trace: Trace
) -> None:
    args, kwargs = given
    inner: Any = trace.task("a")

    for make in (Task, BackgroundTask):
        with pytest.raises(TypeError, match="argument"):
            await make(inner, *args, **kwargs)()

    assert trace.names == []


async def test_containers_nest_a_hundred_deep(trace: Trace) -> None:
    tasks, task = BackgroundTasks([trace.task("deep")]), trace.task("wrapped")
    for _ in range(100):
        tasks, task = BackgroundTasks([tasks]), BackgroundTask(task)

    await tasks()
    await task()

    assert trace.names == ["deep", "wrapped"]


async def test_one_container_can_run_many_times_at_once(trace: Trace) -> None:
    tasks = BackgroundTasks([trace.task("a"), trace.async_task("b"), trace.task("c")])

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(tasks)

    assert sorted(trace.names) == ["a"] * 5 + ["b"] * 5 + ["c"] * 5


# --- changed while it runs, and lists of all kinds


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_what_a_task_adds_runs_after_all_that_was_there(is_async: bool, trace: Trace) -> None:
    tasks = BackgroundTasks()

    def add() -> None:
        trace.note("adds")
        tasks.add_task(trace.note_async, "added async")
        tasks.add_task(tasks.add_task, trace.note, "added by a task")

    async def add_async() -> None:
        add()

    tasks.add_task(add_async if is_async else add)
    tasks.tasks.append(trace.task("was there"))
    await tasks()

    assert trace.names == ["adds", "was there", "added async", "added by a task"]


CHANGES: dict[str, tuple[Callable[[Any, Any], None], list[str]]] = {
    "replaced": (lambda tasks, new: setattr(tasks, "tasks", [new]), ["changes", "was there"]),
    "cleared": (lambda tasks, new: tasks.tasks.clear(), ["changes"]),
    "appended to": (lambda tasks, new: tasks.tasks.append(new), ["changes", "was there", "new"]),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
@both_packages
async def test_a_list_that_is_changed_meanwhile_runs_as_in_lilya(
    kinds: Any, change: Callable[[Any, Any], None], expected: list[str], trace: Trace
) -> None:
    make_task, make_tasks = kinds

    def changes() -> None:
        trace.note("changes")
        change(tasks, make_task(trace.note, "new"))

    tasks = make_tasks([make_task(changes), make_task(trace.note, "was there")])
    await tasks()

    assert trace.names == expected


class OwnList(list[Any]): ...


@pytest.mark.parametrize("kind", [tuple, OwnList, lambda tasks: dict.fromkeys(tasks)])
@pytest.mark.parametrize("as_group", [False, True], ids=["in order", "as group"])
async def test_any_list_will_do(kind: Callable[..., Any], as_group: bool, trace: Trace) -> None:
    tasks = BackgroundTasks(as_group=as_group)
    tasks.tasks = kind([trace.task("a"), trace.task("b"), trace.async_task("c"), trace.task("d")])

    await tasks()

    assert sorted(trace.names) == ["a", "b", "c", "d"]
    assert as_group or trace.names == sorted(trace.names)
