"""Whatever a task calls is named as well as it can be, and naming it costs nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import TaskError, error_of, fail, full_name, succeed

pytestmark = pytest.mark.anyio


def that_raises(*names: str) -> Any:
    """A callable that raises when it is asked for one of these attributes, or shown."""

    class Raises:
        def __call__(self) -> None:
            raise TaskError

        def __getattribute__(self, name: str) -> Any:
            if name in names or not names:
                raise ValueError(f"no {name}")
            return super().__getattribute__(name)

        def __repr__(self) -> str:
            raise ValueError("no repr")

    return Raises()


def without_a_name() -> Any:
    class Nameless:
        def __call__(self) -> None:
            raise TaskError

        def __getattr__(self, name: str) -> Any:
            raise ValueError(f"no {name}")

    return Nameless()


def whose_name_is_no_string() -> Any:
    class NotAString:
        def __call__(self) -> None:
            raise TaskError

        def __getattr__(self, name: str) -> Any:
            return that_raises()

    return NotAString()


def whose_module_is_no_string() -> Any:
    class NotAString:
        def __init__(self) -> None:
            self.__module__: Any = 7
            self.__qualname__ = "NotAString.__call__"

        def __call__(self) -> None:
            raise TaskError

    return NotAString()


CALLABLES: dict[str, Callable[[], Any]] = {
    "__name__": lambda: that_raises("__name__"),
    "__qualname__": lambda: that_raises("__qualname__"),
    "__module__": lambda: that_raises("__module__"),
    "__dict__": lambda: that_raises("__dict__"),
    "__wrapped__": lambda: that_raises("__wrapped__"),
    "what it has not": without_a_name,
    "nothing, but has no string for a name": whose_name_is_no_string,
    "nothing, but has no string for a module": whose_module_is_no_string,
}


@pytest.mark.parametrize("make", CALLABLES.values(), ids=CALLABLES)
async def test_a_callable_that_raises_when_it_is_asked_for(
    make: Callable[[], Any], records: Records
) -> None:
    ran: list[str] = []
    task, after = BackgroundTask(make()), BackgroundTask(ran.append, "after")

    error = await error_of(task)
    await error_of(BackgroundTasks([task, after]))
    await error_of(BackgroundTasks([task, after], continue_on_error=True))
    await error_of(BackgroundTasks([task, after], as_group=True, continue_on_error=True))
    await error_of(BackgroundTasks([BackgroundTask(fail), task, BackgroundTask(succeed)]))

    assert type(error) is TaskError
    assert ran == ["after"] * 2
    assert [type(each) for each in records.errors] == [TaskError] * 5
    name = records[0].background_task
    assert name.endswith(".__call__")
    assert records[4].background_tasks_lost == [name, full_name(succeed)]


class WithoutAFunction(Task):
    def __init__(self) -> None: ...

    async def __call__(self) -> None:
        raise TaskError


class WithoutTasks(Tasks):
    def __init__(self) -> None: ...

    async def __call__(self) -> None:
        raise TaskError


@pytest.mark.parametrize("kind", [WithoutAFunction, WithoutTasks])
async def test_a_task_of_lilya_without_the_attributes_of_one_is_reported(
    kind: type[Task], records: Records
) -> None:
    make: Any = kind

    await error_of(BackgroundTasks([make(), BackgroundTask(succeed)]))
    await error_of(BackgroundTasks([BackgroundTask(fail), make(), BackgroundTask(succeed)]))

    assert [type(each) for each in records.errors] == [TaskError] * 2
    assert records[0].background_tasks_lost == [full_name(succeed)]
    assert full_name(succeed) in records[1].background_tasks_lost
