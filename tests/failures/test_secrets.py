"""No record holds the value of an argument."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import SHAPES, TaskError, error_of

pytestmark = pytest.mark.anyio


SECRET = "hunter2"


class Secretive:
    def __repr__(self) -> str:
        return SECRET

    __str__ = __repr__

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        raise TaskError


def fail_with(*args: Any, **kwargs: Any) -> None:
    raise TaskError


async def fail_with_async(*args: Any, **kwargs: Any) -> None:
    raise TaskError


@pytest.mark.parametrize(
    "func", [fail_with, fail_with_async, Secretive()], ids=["sync", "async", "object"]
)
async def test_no_record_holds_an_arguments_value(
    func: Callable[..., Any], records: Records
) -> None:
    def task() -> BackgroundTask:
        return BackgroundTask(func, SECRET, Secretive(), key=SECRET)

    def later() -> list[Task]:
        return [
            task(),
            BackgroundTask(functools.partial(func, SECRET, key=SECRET)),
            BackgroundTask(Secretive().__call__, SECRET),
            Task(func, SECRET),
            BackgroundTasks([task()]),
            Tasks([task()]),
        ]

    for first in later():
        for wrap in SHAPES.values():
            await error_of(wrap(BackgroundTask(BackgroundTasks([first, *later()]))))
    tasks: Any = BackgroundTasks(later())
    for contained in (tasks, SECRET):
        tasks.tasks[0] = contained  # which cannot run
        await error_of(tasks)

    assert len(records) > len(SHAPES)
    for each in records:
        assert SECRET not in each.getMessage()
        assert SECRET not in repr(vars(each))
        assert SECRET not in logging.Formatter().format(each)
