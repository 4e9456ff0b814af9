"""Tasks that are made or changed by hand, in ways that leave little to go by."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks

pytestmark = pytest.mark.anyio


async def test_an_async_callable_without_a_signature_runs() -> None:
    ran: list[str] = []

    class Job:
        @property
        def __signature__(self) -> Any:
            raise ValueError("no signature")

        async def __call__(self) -> None:
            ran.append("job")

    job: Any = Job()
    await BackgroundTasks([job])()

    assert ran == ["job"]


async def test_a_generator_that_a_sync_function_returns_is_left_alone() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    await BackgroundTask(numbers)()


async def test_a_generator_that_can_be_awaited_is() -> None:
    ran: list[str] = []

    @types.coroutine
    def legacy() -> Iterator[None]:
        ran.append("legacy")
        return
        yield

    await BackgroundTask(lambda: legacy())()

    assert ran == ["legacy"]


async def test_a_task_that_leads_into_a_loop_of_tasks_is_refused() -> None:
    last = BackgroundTask(print)
    middle = BackgroundTask(last)
    last.func = middle

    with pytest.raises(RuntimeError, match="contains itself"):
        await BackgroundTask(middle)()
