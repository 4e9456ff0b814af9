"""What changes from all five frameworks; each side is given a task class and a container class."""

from __future__ import annotations

from inspect import CORO_CREATED, getcoroutinestate
from typing import Any

import anyio
import fastapi
import lilya.background
import litestar.background_tasks
import pytest
import ravyn
import starlette.background

Log = pytest.LogCaptureFixture

FRAMEWORKS: dict[str, tuple[Any, Any]] = {
    "FastAPI": (starlette.background.BackgroundTask, fastapi.BackgroundTasks),
    "Starlette": (starlette.background.BackgroundTask, starlette.background.BackgroundTasks),
    "Litestar": (
        litestar.background_tasks.BackgroundTask,
        litestar.background_tasks.BackgroundTasks,
    ),
    "Ravyn": (ravyn.BackgroundTask, ravyn.BackgroundTasks),
    "Lilya": (lilya.background.Task, lilya.background.Tasks),
}


def send(to: str) -> None: ...


async def send_async(to: str) -> None:
    print("sent")


def fail() -> None:
    raise KeyError


def called_before(task: Any, tasks: Any, log: Log) -> None:
    accepted = task(send("ada"))  # type: ignore[func-returns-value]  # that is the point
    print("accepted")
    anyio.run(accepted)


def called_after(task: Any, tasks: Any, log: Log) -> None:
    task(send("ada"))  # type: ignore[func-returns-value]  # that is the point


def wrapped_before(task: Any, tasks: Any, log: Log) -> None:
    coroutine = send_async("ada")
    anyio.run(task(lambda: coroutine))
    assert getcoroutinestate(coroutine) == CORO_CREATED
    coroutine.close()


def wrapped_after(task: Any, tasks: Any, log: Log) -> None:
    anyio.run(task(lambda: send_async("ada")))


def failing_before(task: Any, tasks: Any, log: Log) -> None:
    try:
        anyio.run(tasks([task(fail), task(send, "ada")]))
    finally:
        assert log.records == []


def failing_after(task: Any, tasks: Any, log: Log) -> None:
    try:
        anyio.run(tasks([task(fail), task(send, "ada")]))
    finally:
        (record,) = log.records
        print(record.name)
        assert f"{__name__}.fail failed" in record.message
        assert f"will not run: {__name__}.send" in record.message


def going_on(task: Any, tasks: Any, log: Log) -> None:
    anyio.run(tasks([task(fail), task(send_async, "ada")], continue_on_error=True))


CHANGES = {
    '`BackgroundTask(send("ada"))`': (called_before, called_after),
    '`BackgroundTask(lambda: send_async("ada"))`': (wrapped_before, wrapped_after),
    "the first of two tasks fails": (failing_before, failing_after),
    "the same under `continue_on_error=True`": (going_on, going_on),
}
