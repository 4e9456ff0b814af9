"""How tasks run: in which order, in which thread and context, and what stops them."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from anyio.abc import TaskStatus
from lilya.background import Task, Tasks

import ravyn_bg
from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import PATIENCE

pytestmark = pytest.mark.anyio

PACKAGE = str(Path(ravyn_bg.__file__).parent)


class Trace:
    """What ran, and in which thread."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.threads: list[int] = []

    def note(self, name: str) -> None:
        self.names.append(name)
        self.threads.append(threading.get_ident())

    async def note_async(self, name: str) -> None:
        self.note(name)

    def task(self, name: str) -> BackgroundTask:
        return BackgroundTask(self.note, name)

    def async_task(self, name: str) -> BackgroundTask:
        return BackgroundTask(self.note_async, name)


@pytest.fixture
def trace() -> Trace:
    return Trace()


# --- in order


async def test_tasks_run_in_the_order_in_which_they_were_given(trace: Trace) -> None:
    tasks = BackgroundTasks(
        [trace.task("a"), trace.async_task("b"), trace.async_task("c"), trace.task("d")]
    )
    tasks.add_task(trace.note, "e")

    await tasks()

    assert trace.names == ["a", "b", "c", "d", "e"]


async def test_each_task_ends_before_the_next_one_starts(trace: Trace) -> None:
    async def slow() -> None:
        trace.note("slow starts")
        await anyio.lowlevel.checkpoint()
        trace.note("slow ends")

    await BackgroundTasks([BackgroundTask(slow), trace.task("next")])()

    assert trace.names == ["slow starts", "slow ends", "next"]


async def test_sync_tasks_that_follow_one_another_run_in_one_thread(trace: Trace) -> None:
    await BackgroundTasks([trace.task(each) for each in "abc"])()

    assert len({*trace.threads}) == 1
    assert threading.get_ident() not in trace.threads


async def test_sync_tasks_that_follow_one_another_take_one_hop(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    hops = 0
    run_sync = anyio.to_thread.run_sync

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal hops
        hops += 1
        return await run_sync(*args, **kwargs)

    monkeypatch.setattr(anyio.to_thread, "run_sync", counted)
    run = [trace.task("a"), trace.task("b"), trace.task("c")]

    await BackgroundTasks([*run, trace.async_task("between"), *run])()

    assert trace.names == ["a", "b", "c", "between", "a", "b", "c"]
    assert hops == 2


async def test_async_tasks_between_sync_ones_run_on_the_event_loop(trace: Trace) -> None:
    await BackgroundTasks([trace.task("a"), trace.async_task("b"), trace.task("c")])()

    first, loop, last = trace.threads
    assert loop == threading.get_ident()
    assert threading.get_ident() not in (first, last)


async def test_a_run_of_sync_tasks_takes_one_token_of_the_thread_limiter(trace: Trace) -> None:
    limiter = anyio.to_thread.current_default_thread_limiter()
    borrowed: list[float] = []

    async def look() -> None:
        borrowed.append(limiter.borrowed_tokens)

    def look_from_thread() -> None:
        anyio.from_thread.run(look)

    await BackgroundTasks([BackgroundTask(look_from_thread), BackgroundTask(look_from_thread)])()

    assert borrowed == [1, 1]
    assert limiter.borrowed_tokens == 0


@pytest.fixture
async def single_token() -> AsyncIterator[anyio.CapacityLimiter]:
    """AnyIO's thread limiter, with one token for all."""
    limiter = anyio.to_thread.current_default_thread_limiter()
    tokens, limiter.total_tokens = limiter.total_tokens, 1
    yield limiter
    limiter.total_tokens = tokens


async def somebody_waits_for(limiter: anyio.CapacityLimiter) -> None:
    while not limiter.statistics().tasks_waiting:
        await anyio.lowlevel.checkpoint()


@pytest.mark.usefixtures("single_token")
async def test_tasks_run_even_with_a_single_token(trace: Trace) -> None:
    tasks = BackgroundTasks([trace.task("a"), BackgroundTasks([trace.task("b")], as_group=True)])
    with anyio.fail_after(PATIENCE):
        await tasks()
        tasks.as_group = True
        await tasks()

    assert sorted(trace.names) == ["a", "a", "b", "b"]


@pytest.mark.parametrize("alone", [True, False])
async def test_a_sync_task_waits_for_a_token(
    trace: Trace, alone: bool, single_token: anyio.CapacityLimiter
) -> None:
    task = trace.task("a") if alone else BackgroundTasks([trace.task("a")])
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group, single_token:
            group.start_soon(task)
            await somebody_waits_for(single_token)
            assert trace.names == []

    assert trace.names == ["a"]
    assert single_token.borrowed_tokens == 0


@pytest.mark.parametrize("alone", [True, False])
async def test_a_task_that_waits_for_a_token_can_be_cancelled(
    trace: Trace, alone: bool, single_token: anyio.CapacityLimiter
) -> None:
    task = trace.task("a") if alone else BackgroundTasks([trace.task("a")])
    with anyio.fail_after(PATIENCE):
        async with single_token, anyio.create_task_group() as group:
            group.start_soon(task)
            await somebody_waits_for(single_token)
            group.cancel_scope.cancel()

    assert trace.names == []
    assert single_token.borrowed_tokens == 0


async def test_sync_tasks_that_start_at_once_share_a_single_token(
    single_token: anyio.CapacityLimiter,
) -> None:
    borrowed: list[float] = []

    def look() -> None:
        borrowed.append(anyio.from_thread.run_sync(lambda: single_token.borrowed_tokens))

    with anyio.fail_after(PATIENCE):
        await BackgroundTasks([BackgroundTask(look) for _ in range(3)], as_group=True)()

    assert borrowed == [1, 1, 1]
    assert single_token.borrowed_tokens == 0


async def test_a_sync_task_that_fails_gives_its_token_back() -> None:
    def fail() -> None:
        raise ValueError("no")

    for task in (BackgroundTask(fail), BackgroundTasks([BackgroundTask(fail)])):
        with pytest.raises(ValueError, match="no"):
            await task()

    assert anyio.to_thread.current_default_thread_limiter().borrowed_tokens == 0


async def test_a_sync_task_can_call_back_into_the_event_loop(trace: Trace) -> None:
    def call_back(name: str) -> None:
        anyio.from_thread.run(trace.note_async, f"{name} awaited")
        anyio.from_thread.run_sync(trace.note, f"{name} called")

    await BackgroundTasks(
        [BackgroundTask(call_back, "first"), BackgroundTask(call_back, "second")]
    )()

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


async def test_what_an_async_task_sets_is_seen_by_those_behind_it_as_in_lilya() -> None:
    seen: list[str] = []

    async def set_to(to: str) -> None:
        color.set(to)

    def look() -> None:
        seen.append(color.get())

    tasks = [BackgroundTask(look), BackgroundTask(set_to, "red"), BackgroundTask(look)]
    await BackgroundTasks(tasks)()
    ours = seen.copy()
    seen.clear()
    color.set("none")
    await Tasks([Task(look), Task(set_to, "red"), Task(look)])()

    assert ours == seen == ["none", "red"]


async def test_nothing_of_the_package_stays_in_the_context() -> None:
    class OfItsOwn(BackgroundTask): ...

    def fail() -> None:
        raise LookupError

    await BackgroundTasks([OfItsOwn(print), BackgroundTasks([OfItsOwn(len, "")])])()
    with pytest.raises(LookupError):
        await BackgroundTasks([OfItsOwn(fail)])()

    for variable, value in copy_context().items():
        if variable.name.startswith("ravyn_bg"):
            assert value is None


# --- groups


async def test_the_tasks_of_a_group_run_side_by_side() -> None:
    barrier = threading.Barrier(3)
    met = anyio.Event()

    async def meet() -> None:
        await anyio.to_thread.run_sync(barrier.wait, PATIENCE)
        met.set()

    tasks = [BackgroundTask(barrier.wait, PATIENCE), BackgroundTask(barrier.wait, PATIENCE)]
    await BackgroundTasks([*tasks, BackgroundTask(meet)], as_group=True)()

    assert met.is_set()


async def test_a_group_ends_when_all_of_its_tasks_have_ended(trace: Trace) -> None:
    first_waits = anyio.Event()

    async def wait() -> None:
        await first_waits.wait()
        trace.note("first")

    async def release() -> None:
        trace.note("second")
        first_waits.set()

    await BackgroundTasks([BackgroundTask(wait), BackgroundTask(release)], as_group=True)()

    assert trace.names == ["second", "first"]


async def test_as_group_can_be_set_afterwards() -> None:
    barrier = threading.Barrier(2)
    tasks = BackgroundTasks([BackgroundTask(barrier.wait, PATIENCE)] * 2)

    tasks.as_group = True
    await tasks()

    assert not barrier.broken


# --- nesting


async def test_containers_nest(trace: Trace) -> None:
    inner = BackgroundTasks([trace.task("b"), Tasks([trace.async_task("c"), trace.task("d")])])

    await BackgroundTasks([trace.task("a"), inner, trace.task("e")])()

    assert trace.names == ["a", "b", "c", "d", "e"]


async def test_a_group_inside_a_sequence_ends_before_the_sequence_goes_on(trace: Trace) -> None:
    group = BackgroundTasks([trace.task("in group"), trace.async_task("in group")], as_group=True)

    await BackgroundTasks([trace.task("before"), group, trace.task("after")])()

    assert trace.names == ["before", "in group", "in group", "after"]


@pytest.mark.parametrize("kinds", [(Task, Tasks), (BackgroundTask, BackgroundTasks)])
async def test_the_tasks_of_a_group_inside_a_sequence_run_side_by_side(kinds: Any) -> None:
    make_task, make_tasks = kinds
    barrier = threading.Barrier(2)
    group = make_tasks([make_task(barrier.wait, PATIENCE)] * 2, as_group=True)

    await BackgroundTasks([group])()

    assert not barrier.broken


async def test_sequences_inside_a_group_run_side_by_side() -> None:
    barrier = threading.Barrier(2)

    def sequence() -> BackgroundTasks:
        return BackgroundTasks([BackgroundTask(len, "x"), BackgroundTask(barrier.wait, PATIENCE)])

    await BackgroundTasks([sequence(), sequence()], as_group=True)()

    assert not barrier.broken


async def test_a_container_can_be_the_function_of_a_task(trace: Trace) -> None:
    inner = BackgroundTasks([trace.task("a"), trace.async_task("b")])

    await BackgroundTask(inner)()
    await BackgroundTasks([BackgroundTask(BackgroundTask(inner))])()

    assert trace.names == ["a", "b", "a", "b"]


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


async def test_one_task_may_stand_in_many_places(trace: Trace) -> None:
    task = trace.task("again")
    inner = BackgroundTasks([task, task])

    await BackgroundTasks([task, inner, inner])()

    assert trace.names == ["again"] * 5


async def test_containers_nest_as_deep_as_in_lilya(trace: Trace) -> None:
    depth = 100
    tasks = BackgroundTasks([trace.task("deep")])
    task = trace.task("wrapped")
    for _ in range(depth):
        tasks = BackgroundTasks([tasks])
        task = BackgroundTask(task)

    await tasks()
    await task()

    assert trace.names == ["deep", "wrapped"]


# --- appended while running


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_what_a_task_adds_runs_after_all_that_was_there(is_async: bool, trace: Trace) -> None:
    tasks = BackgroundTasks()

    def add() -> None:
        trace.note("adds")
        tasks.add_task(trace.note_async, "added async")
        tasks.add_task(trace.note, "added sync")

    async def add_async() -> None:
        add()

    tasks.add_task(add_async if is_async else add)
    tasks.tasks.append(trace.task("was there"))
    await tasks()

    assert trace.names == ["adds", "was there", "added async", "added sync"]


async def test_adding_a_task_may_itself_be_a_task(trace: Trace) -> None:
    tasks = BackgroundTasks()
    add_task: Callable[..., None] = tasks.add_task
    tasks.add_task(add_task, trace.note, "added")

    await tasks()

    assert trace.names == ["added"]


async def test_a_task_may_add_itself_until_it_is_done(trace: Trace) -> None:
    tasks = BackgroundTasks()

    def count_down(number: int) -> None:
        trace.note(str(number))
        if number:
            tasks.add_task(count_down, number - 1)

    tasks.add_task(count_down, 3)
    await tasks()

    assert trace.names == ["3", "2", "1", "0"]


@pytest.mark.parametrize("kinds", [(Task, Tasks), (BackgroundTask, BackgroundTasks)])
async def test_a_list_that_is_replaced_meanwhile_is_left_for_the_next_time_as_in_lilya(
    kinds: Any, trace: Trace
) -> None:
    make_task, make_tasks = kinds

    def replace() -> None:
        trace.note("replaces")
        tasks.tasks = [make_task(trace.note, "replaced")]

    tasks = make_tasks([make_task(replace), make_task(trace.note, "was there")])
    await tasks()
    await tasks()

    assert trace.names == ["replaces", "was there", "replaced"]


@pytest.mark.parametrize("kinds", [(Task, Tasks), (BackgroundTask, BackgroundTasks)])
async def test_tasks_that_are_taken_out_meanwhile_do_not_run_as_in_lilya(
    kinds: Any, trace: Trace
) -> None:
    _, make_tasks = kinds
    tasks = make_tasks()

    def clear() -> None:
        trace.note("clears")
        tasks.tasks.clear()

    for each in (clear, lambda: trace.note("taken out")):
        tasks.add_task(each)
    await tasks()

    assert trace.names == ["clears"]


async def test_one_container_can_run_many_times_at_once(trace: Trace) -> None:
    tasks = BackgroundTasks([trace.task("a"), trace.async_task("b"), trace.task("c")])

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(tasks)

    assert sorted(trace.names) == ["a"] * 5 + ["b"] * 5 + ["c"] * 5


# --- subclasses


class Counted(BackgroundTask):
    __slots__ = ("calls",)

    def __init__(self, func: Callable[..., Any], /, *args: Any) -> None:
        super().__init__(func, *args)
        self.calls: list[str] = []

    async def __call__(self) -> None:
        self.calls.append("before")
        await super().__call__()
        self.calls.append("after")


@pytest.mark.parametrize("as_group", [None, False, True], ids=["alone", "in order", "as group"])
async def test_a_subclass_with_a_call_of_its_own_is_called_once(
    as_group: bool | None, trace: Trace
) -> None:
    task = Counted(trace.note, "ran")
    others = [trace.task("other"), trace.task("other")]

    if as_group is None:
        await task()
    else:
        await BackgroundTasks([others[0], task, others[1]], as_group)()

    assert task.calls == ["before", "after"]
    assert trace.names.count("ran") == 1


async def test_a_subclass_with_a_call_of_its_own_keeps_its_place_in_the_order(trace: Trace) -> None:
    class Between(BackgroundTask):
        async def __call__(self) -> None:
            trace.note("before")
            await super().__call__()
            trace.note("after")

    await BackgroundTasks([trace.task("a"), Between(trace.note, "b"), trace.task("c")])()

    assert trace.names == ["a", "before", "b", "after", "c"]


async def test_a_subclass_may_try_again(trace: Trace) -> None:
    class ThreeTries(BackgroundTask):
        async def __call__(self) -> None:
            for _ in range(2):
                with suppress(LookupError):
                    await super().__call__()
                    return
            await super().__call__()

    def fail_twice() -> None:
        trace.note("try")
        if trace.names.count("try") % 3:
            raise LookupError

    task = ThreeTries(fail_twice)
    await task()
    await BackgroundTasks([task, trace.task("next")])()

    assert trace.names == ["try"] * 6 + ["next"]


async def test_a_subclass_may_not_run_its_function_at_all(trace: Trace) -> None:
    class Disabled(BackgroundTask):
        async def __call__(self) -> None: ...

    await Disabled(trace.note, "ran")()
    await BackgroundTasks([Disabled(trace.note, "ran"), trace.task("next")])()

    assert trace.names == ["next"]


@pytest.mark.parametrize("nested", [False, True], ids=["alone", "nested"])
@pytest.mark.parametrize("as_group", [False, True], ids=["in order", "as group"])
async def test_the_methods_of_a_containers_subclass_are_called_once(
    as_group: bool, nested: bool, trace: Trace
) -> None:
    class Noted(BackgroundTasks):
        async def __call__(self) -> None:
            trace.note("call")
            await super().__call__()

        async def run_single(self) -> None:
            trace.note("single")
            await super().run_single()

        async def run_as_group(self) -> None:
            trace.note("group")
            await super().run_as_group()

    tasks = Noted([trace.task("ran")], as_group)
    await (BackgroundTasks([tasks]) if nested else tasks)()

    assert trace.names == ["call", "group" if as_group else "single", "ran"]


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

    await BackgroundTasks(
        [
            trace.task("a"),
            Task(trace.note, "b"),
            Task(trace.note_async, "c"),
            OfItsOwn(trace.note, "d"),
            WithoutAFunction(),
            WithoutTasks(),
            trace.task("e"),
        ]
    )()

    assert trace.names == ["a", "b", "c", "before", "d", "no function", "no tasks", "e"]


# --- cancellation


class Held:
    """A sync task that says when it has started, and ends when it is let go."""

    def __init__(self) -> None:
        self.started = anyio.Event()
        self.let_go = threading.Event()

    def __call__(self) -> None:
        anyio.from_thread.run_sync(self.started.set)
        assert self.let_go.wait(PATIENCE)


async def test_cancellation_takes_effect_between_two_sync_tasks(trace: Trace) -> None:
    held = Held()
    tasks = BackgroundTasks([trace.task("before"), BackgroundTask(held), trace.task("after")])

    async with anyio.create_task_group() as group:
        group.start_soon(tasks)
        await held.started.wait()
        group.cancel_scope.cancel()
        held.let_go.set()

    assert trace.names == ["before"]


async def test_a_sync_task_that_is_running_is_not_interrupted_by_cancellation(trace: Trace) -> None:
    held = Held()

    def hold_and_note() -> None:
        held()
        trace.note("to its end")

    async with anyio.create_task_group() as group:
        group.start_soon(BackgroundTasks([BackgroundTask(hold_and_note), trace.task("after")]))
        await held.started.wait()
        group.cancel_scope.cancel()
        held.let_go.set()

    assert trace.names == ["to its end"]


async def test_cancellation_takes_effect_in_an_async_task(trace: Trace) -> None:
    started = anyio.Event()

    async def wait_for_ever() -> None:
        started.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as group:
        group.start_soon(BackgroundTasks([BackgroundTask(wait_for_ever), trace.task("after")]))
        await started.wait()
        group.cancel_scope.cancel()

    assert trace.names == []


async def test_cancellation_ends_a_group(trace: Trace) -> None:
    started = anyio.Event()

    async def wait_for_ever() -> None:
        started.set()
        await anyio.sleep_forever()

    forever = BackgroundTasks([BackgroundTask(wait_for_ever)] * 2, as_group=True)
    async with anyio.create_task_group() as group:
        group.start_soon(BackgroundTasks([forever, trace.task("after")]))
        await started.wait()
        group.cancel_scope.cancel()

    assert trace.names == []


async def test_a_shield_around_the_tasks_holds(trace: Trace) -> None:
    held = Held()

    async def shielded(task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        task_status.started()
        with anyio.CancelScope(shield=True):
            await BackgroundTasks([BackgroundTask(held), trace.task("a"), trace.async_task("b")])()

    async with anyio.create_task_group() as group:
        await group.start(shielded)
        await held.started.wait()
        group.cancel_scope.cancel()
        held.let_go.set()

    assert trace.names == ["a", "b"]


MOMENTS = ["after it was noticed"]
if sys.version_info >= (3, 11):  # before that, a thread cannot see it coming
    MOMENTS.append("before it is noticed")


@pytest.mark.parametrize("let_go", MOMENTS)
def test_cancellation_by_asyncio_takes_effect_between_two_sync_tasks(
    let_go: str, trace: Trace
) -> None:
    """Which does not wait for the worker thread, as AnyIO's own does, and so cannot stop it."""
    threads: list[threading.Thread] = []

    async def cancel_while_held() -> None:
        held = Held()

        def hold_and_note() -> None:
            threads.append(threading.current_thread())
            held()
            trace.note("to its end")

        tasks = BackgroundTasks([BackgroundTask(hold_and_note), trace.task("after")])
        running = asyncio.ensure_future(tasks())
        await held.started.wait()
        running.cancel()
        if let_go == "before it is noticed":
            held.let_go.set()
            wait_until_the_package_is_left_by(threads[0])
        with pytest.raises(asyncio.CancelledError):
            await running
        held.let_go.set()

    anyio.run(cancel_while_held, backend="asyncio")
    for thread in threads:
        thread.join(PATIENCE)

    assert trace.names == ["to its end"]


def wait_until_the_package_is_left_by(thread: threading.Thread) -> None:
    """Without giving the event loop a chance to notice anything."""
    deadline = time.monotonic() + PATIENCE
    while any(PACKAGE in each.filename for each in stack_of(thread)):
        assert time.monotonic() < deadline
        time.sleep(0.001)  # nothing but its stack tells


def stack_of(thread: threading.Thread) -> traceback.StackSummary:
    assert thread.ident is not None
    return traceback.extract_stack(sys._current_frames()[thread.ident])


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_cancellation_by_asyncio_takes_effect_in_an_async_task(trace: Trace) -> None:
    started = anyio.Event()

    async def wait_for_ever() -> None:
        started.set()
        await anyio.sleep_forever()

    tasks = BackgroundTasks([BackgroundTask(wait_for_ever), trace.task("after")])
    running = asyncio.ensure_future(tasks())
    await started.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert trace.names == []
