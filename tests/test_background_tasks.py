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


ITERABLES: dict[str, Callable[[list[Task]], Iterable[Task]]] = {
    "list": list,
    "tuple": tuple,
    "generator": lambda tasks: (each for each in tasks),
    "dictionary view": lambda tasks: dict(enumerate(tasks)).values(),
    "iterator": iter,
}


@pytest.mark.parametrize("iterable", ITERABLES.values(), ids=ITERABLES)
async def test_takes_any_iterable_of_tasks(
    iterable: Callable[[list[Task]], Iterable[Task]], ran: list[str]
) -> None:
    given: list[Task] = [BackgroundTask(ran.append, each) for each in "abc"]

    tasks = BackgroundTasks(iterable(given))
    await tasks()

    assert tasks.tasks == given
    assert ran == ["a", "b", "c"]


async def test_takes_a_set() -> None:
    given = {BackgroundTask(print), BackgroundTask(print)}

    assert set(BackgroundTasks(given).tasks) == given


@pytest.mark.parametrize("given", [None, [], (), iter([])], ids=["None", "list", "tuple", "iterator"])
async def test_can_start_empty(given: Iterable[Task] | None, ran: list[str]) -> None:
    tasks = BackgroundTasks(given)
    await tasks()
    tasks.add_task(ran.append, "added")
    await tasks()

    assert ran == ["added"]


async def test_keeps_a_list_of_its_own() -> None:
    given: list[Task] = [BackgroundTask(print)]

    BackgroundTasks(given).add_task(print)

    assert len(given) == 1


async def test_two_containers_share_nothing() -> None:
    BackgroundTasks().add_task(print)

    assert BackgroundTasks().tasks == []


async def test_add_task_appends_a_background_task_and_returns_nothing(ran: list[str]) -> None:
    tasks = BackgroundTasks([BackgroundTask(ran.append, "first")])

    result: object = tasks.add_task(ran.append, "second")  # type: ignore[func-returns-value]
    await tasks()

    assert result is None
    assert type(tasks.tasks[1]) is BackgroundTask
    assert tasks.tasks[1].args == ("second",)
    assert ran == ["first", "second"]


async def test_add_task_takes_its_function_by_position_only() -> None:
    function = next(iter(inspect.signature(BackgroundTasks().add_task).parameters.values()))

    assert function.kind is inspect.Parameter.POSITIONAL_ONLY


async def test_is_a_container_of_lilya_with_the_attributes_of_one() -> None:
    tasks = BackgroundTasks([BackgroundTask(print)], True)

    assert isinstance(tasks, Tasks)
    assert isinstance(tasks, Task)
    assert len(tasks.tasks) == 1
    assert tasks.as_group is True


async def test_both_classes_are_a_background_task_type() -> None:
    assert isinstance(BackgroundTask(print), BackgroundTaskType)
    assert isinstance(BackgroundTasks(), BackgroundTaskType)
    assert not isinstance(Task(print), BackgroundTaskType)


async def test_the_flags_are_off_unless_asked_for() -> None:
    assert BackgroundTasks().as_group is False
    assert BackgroundTasks().continue_on_error is False


async def test_continue_on_error_is_keyword_only() -> None:
    flag = inspect.signature(BackgroundTasks).parameters["continue_on_error"]

    assert flag.kind is inspect.Parameter.KEYWORD_ONLY


async def test_stores_nothing_in_the_instance_dictionary() -> None:
    tasks = BackgroundTasks([BackgroundTask(print)], as_group=True, continue_on_error=True)

    assert vars(tasks) == {}


async def test_what_lilya_can_run_still_runs(ran: list[str]) -> None:
    class OwnTask(Task):
        async def __call__(self) -> None:
            ran.append("task of a class of its own")

    items: list[Any] = [
        Task(ran.append, "task"),
        Tasks([Task(ran.append, "task in a container")]),
        BackgroundTasks([BackgroundTasks([BackgroundTask(ran.append, "nested task")])]),
        BackgroundTask(Tasks([Task(ran.append, "container in a task")])),
        OwnTask(print),
    ]
    expected = [
        "task",
        "task in a container",
        "nested task",
        "container in a task",
        "task of a class of its own",
    ]

    await BackgroundTasks(items)()
    assert ran == expected

    ran.clear()
    await BackgroundTasks(items, as_group=True)()
    assert sorted(ran) == sorted(expected)


async def test_runs_inside_a_container_of_lilya(ran: list[str]) -> None:
    inner = BackgroundTasks([BackgroundTask(ran.append, "second")])

    await Tasks([BackgroundTask(ran.append, "first"), inner, Task(ran.append, "third")])()

    assert ran == ["first", "second", "third"]


async def test_can_be_called_again_and_again(ran: list[str]) -> None:
    tasks = BackgroundTasks([BackgroundTask(ran.append, each) for each in "ab"])

    await tasks()
    await tasks()

    assert ran == ["a", "b", "a", "b"]
