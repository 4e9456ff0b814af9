"""`BackgroundTasks`: what it holds, and how it is filled."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks, BackgroundTaskType

pytestmark = pytest.mark.anyio


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.mark.parametrize("iterable", [list, iter, dict.fromkeys])
@pytest.mark.parametrize("names", ["abc", ""], ids=["three", "none"])
async def test_takes_any_iterable_of_tasks(
    names: str, iterable: Callable[[list[Task]], Iterable[Task]], ran: list[str]
) -> None:
    given: list[Task] = [BackgroundTask(ran.append, each) for each in names]

    tasks = BackgroundTasks(iterable(given))
    await tasks()
    await tasks()

    assert tasks.tasks == given
    assert tasks.tasks is not given
    assert ran == [*names] * 2


def test_its_flags_and_its_signature() -> None:
    tasks = BackgroundTasks([BackgroundTask(print)], True, continue_on_error=True)
    flag = inspect.signature(BackgroundTasks).parameters["continue_on_error"]

    assert (tasks.as_group, tasks.continue_on_error) == (True, True)
    assert (BackgroundTasks().as_group, BackgroundTasks().continue_on_error) == (False, False)
    assert parameters(BackgroundTask.__init__) == parameters(Task.__init__)
    assert parameters(BackgroundTasks.add_task) == parameters(Tasks.add_task)
    assert flag.kind is inspect.Parameter.KEYWORD_ONLY


def parameters(function: Callable[..., Any]) -> list[Any]:
    """All but the name of the last, which takes all other keywords."""
    return [(each.name, each.kind) for each in inspect.signature(function).parameters.values()][:-1]


def test_both_classes_are_lilyas_and_a_background_task_type() -> None:
    for each in (BackgroundTask(print), BackgroundTasks()):
        assert isinstance(each, BackgroundTaskType)
        assert isinstance(each, Task)
    assert isinstance(BackgroundTasks(), Tasks)
    assert issubclass(BackgroundTasks, BackgroundTask)
    assert not isinstance(Task(print), BackgroundTaskType)
