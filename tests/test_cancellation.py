"""What cancellation stops: no sync task that runs, but all tasks behind it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from traceback import extract_stack

import anyio
import anyio.from_thread
import pytest
from lilya.background import Task

import ravyn_bg
from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.conftest import PATIENCE, Trace
from tests.failures.tasks import full_name
from tests.reports import Records

pytestmark = pytest.mark.anyio

PACKAGE = str(Path(ravyn_bg.__file__).parent)


class Held:
    """A sync function that says when it has started, and goes on when it is let go."""

    def __init__(self, then: Callable[[], None]) -> None:
        self.started, self.let_go, self.then = anyio.Event(), threading.Event(), then

    def __call__(self) -> None:
        self.thread = threading.current_thread()
        anyio.from_thread.run_sync(self.started.set)
        assert self.let_go.wait(PATIENCE)
        self.then()


@pytest.mark.parametrize("shield", [False, True])
async def test_a_sync_task_runs_to_its_end_and_those_behind_it_only_if_they_are_shielded(
    shield: bool, trace: Trace, told: Records
) -> None:
    held = Held(lambda: trace.note("to its end"))
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
    assert told.lost == ([] if shield else [[full_name(trace.note), full_name(trace.note_async)]])


def leave_in_its_thread(
    make: Callable[[Held], Task], then: Callable[[], None], *, noticed: bool = True
) -> threading.Thread:
    """Have asyncio cancel a task that is held, which does not stop the thread, nor wait for it."""

    async def cancel_while_held() -> threading.Thread:
        held = Held(then)
        running = asyncio.ensure_future(make(held)())
        await held.started.wait()
        running.cancel()
        if not noticed:
            held.let_go.set()
            wait_until_the_package_is_left_by(held.thread)
        with pytest.raises(asyncio.CancelledError):
            await running
        held.let_go.set()
        return held.thread

    thread = anyio.run(cancel_while_held, backend="asyncio")
    thread.join(PATIENCE)
    return thread


# Before Python 3.11, a thread cannot see a cancellation coming which nothing has noticed yet.
@pytest.mark.parametrize("noticed", [True, False] if sys.version_info >= (3, 11) else [True])
def test_cancellation_by_asyncio_takes_effect_between_two_sync_tasks(
    noticed: bool, trace: Trace
) -> None:
    leave_in_its_thread(
        lambda held: BackgroundTasks([held, trace.task("after")]),
        lambda: trace.note("to its end"),
        noticed=noticed,
    )

    assert trace.names == ["to its end"]


def wait_until_the_package_is_left_by(thread: threading.Thread) -> None:
    """Without giving the event loop a chance to notice anything."""
    deadline = time.monotonic() + PATIENCE
    number: int = thread.ident  # type: ignore[assignment]  # it has begun
    while any(PACKAGE in each.filename for each in extract_stack(sys._current_frames()[number])):
        assert time.monotonic() < deadline
        time.sleep(0.001)  # nothing but its stack tells
