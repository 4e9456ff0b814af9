"""What cancellation stops: no sync task that runs, but all tasks behind it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from pathlib import Path

import anyio
import anyio.from_thread
import pytest

import ravyn_bg
from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import PATIENCE, Trace

pytestmark = pytest.mark.anyio

PACKAGE = str(Path(ravyn_bg.__file__).parent)


class Held:
    """A sync task that says when it has started, and ends when it is let go."""

    def __init__(self, trace: Trace) -> None:
        self.started, self.let_go, self.trace = anyio.Event(), threading.Event(), trace

    def __call__(self) -> None:
        self.thread = threading.current_thread()
        anyio.from_thread.run_sync(self.started.set)
        assert self.let_go.wait(PATIENCE)
        self.trace.note("to its end")


@pytest.mark.parametrize("shield", [False, True])
async def test_a_sync_task_runs_to_its_end_and_those_behind_it_only_if_they_are_shielded(
    shield: bool, trace: Trace
) -> None:
    held = Held(trace)
    behind = [trace.task("a"), trace.async_task("b")]
    tasks = BackgroundTasks([trace.task("before"), BackgroundTask(held), *behind])

    async def run() -> None:
        with anyio.CancelScope(shield=shield):
            await tasks()

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await held.started.wait()
        group.cancel_scope.cancel()
        held.let_go.set()

    assert trace.names == ["before", "to its end", *(["a", "b"] if shield else [])]


MOMENTS = ["after it was noticed"]
if sys.version_info >= (3, 11):  # before that, a thread cannot see it coming
    MOMENTS.append("before it is noticed")


@pytest.mark.parametrize("moment", MOMENTS)
def test_cancellation_by_asyncio_takes_effect_between_two_sync_tasks(
    moment: str, trace: Trace
) -> None:
    """Which does not wait for the worker thread, as AnyIO's own does, and so cannot stop it."""

    async def cancel_while_held() -> threading.Thread:
        held = Held(trace)
        tasks = BackgroundTasks([BackgroundTask(held), trace.task("after")])
        running = asyncio.ensure_future(tasks())
        await held.started.wait()
        running.cancel()
        if moment == "before it is noticed":
            held.let_go.set()
            wait_until_the_package_is_left_by(held.thread)
        with pytest.raises(asyncio.CancelledError):
            await running
        held.let_go.set()
        return held.thread

    anyio.run(cancel_while_held, backend="asyncio").join(PATIENCE)

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
