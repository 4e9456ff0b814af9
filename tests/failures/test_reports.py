"""A task that fails is reported by name, and so is what will not run because of it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import pytest
from lilya.background import Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import (
    TaskError,
    both_functions,
    both_modes,
    error_of,
    fail,
    fail_async,
    full_name,
    succeed,
    succeed_async,
)

pytestmark = pytest.mark.anyio

HERE = "tests.failures.test_reports"
TASKS = "tests.failures.tasks"


@both_functions
async def test_a_task_that_fails_is_reported_by_name_with_the_traceback(
    func: Callable[[], Any], records: Records
) -> None:
    error = await error_of(BackgroundTask(func))

    [record] = records
    assert record.name == "ravyn_bg"
    assert record.levelno == logging.ERROR
    assert record.getMessage() == f"Background task {TASKS}.{func.__name__} failed"
    assert record.exc_info[1] is error
    text = logging.Formatter().format(record)
    assert "Traceback (most recent call last)" in text
    assert f"in {func.__name__}\n" in text
    assert f"TaskError: {error}" in text


async def test_the_record_carries_the_names_as_fields(records: Records) -> None:
    await error_of(BackgroundTask(fail))
    await error_of(BackgroundTasks([BackgroundTask(fail), BackgroundTask(succeed)]))

    assert [each.background_task for each in records] == [full_name(fail)] * 2
    assert records[0].background_tasks_lost == []
    assert records[1].background_tasks_lost == [full_name(succeed)]


async def test_nothing_is_reported_when_nothing_fails(records: Records) -> None:
    tasks = [BackgroundTask(succeed), BackgroundTask(succeed_async)]

    for as_group in (False, True):
        for continue_on_error in (False, True):
            await BackgroundTasks(tasks, as_group, continue_on_error=continue_on_error)()

    assert list(records) == []


class Mailer:
    def __init__(self) -> None:
        raise TaskError


class Sender:
    def send(self) -> None:
        raise TaskError

    async def send_async(self) -> None:
        raise TaskError

    @classmethod
    def of_class(cls) -> None:
        raise TaskError

    @staticmethod
    def static() -> None:
        raise TaskError

    def __call__(self) -> None:
        raise TaskError


class Child(Sender): ...


def inside() -> Callable[[], None]:
    def send() -> None:
        raise TaskError

    return send


@functools.wraps(fail)
def decorated() -> None:
    fail()


NAMES: dict[str, tuple[Callable[[], Any], str]] = {
    "bound method": (Sender().send, f"{HERE}.Sender.send"),
    "async bound method": (Sender().send_async, f"{HERE}.Sender.send_async"),
    "method of a class above": (Child().send, f"{HERE}.Child.send"),
    "class method": (Sender.of_class, f"{HERE}.Sender.of_class"),
    "static method": (Sender.static, f"{HERE}.Sender.static"),
    "object": (Sender(), f"{HERE}.Sender.__call__"),
    "class": (Mailer, f"{HERE}.Mailer"),
    "function in a function": (inside(), f"{HERE}.inside.<locals>.send"),
    "lambda": (lambda: fail(), f"{HERE}.<lambda>"),
    "decorated": (decorated, full_name(fail)),
    "builtin": ([].pop, "list.pop"),
    "partial": (functools.partial(int, "x"), "builtins.int"),
    "partial of a partial": (
        functools.partial(functools.partial(Sender())),
        f"{HERE}.Sender.__call__",
    ),
    "around an async call": (lambda: fail_async(), f"{HERE}.<lambda>"),
    "a task": (BackgroundTask(fail), full_name(fail)),
    "a task in a task": (BackgroundTask(BackgroundTask(fail_async)), full_name(fail_async)),
}


@pytest.mark.parametrize(("func", "name"), NAMES.values(), ids=NAMES)
async def test_every_kind_of_function_is_named(
    func: Callable[[], Any], name: str, records: Records
) -> None:
    await error_of(BackgroundTask(func))
    await error_of(BackgroundTasks([BackgroundTask(func)]))
    await error_of(BackgroundTasks([BackgroundTask(func)], as_group=True))

    assert [each.background_task for each in records] == [name] * 3


async def test_the_tasks_that_will_not_run_are_counted_and_named(records: Records) -> None:
    tasks = BackgroundTasks([BackgroundTask(succeed), BackgroundTask(fail)])
    tasks.add_task(succeed)
    await error_of(tasks)
    tasks.add_task(Sender().send_async)
    await error_of(tasks)

    assert records.messages == [
        f"Background task {TASKS}.fail failed; 1 later task will not run: {TASKS}.succeed",
        (
            f"Background task {TASKS}.fail failed; 2 later tasks will not run: "
            f"{TASKS}.succeed, {HERE}.Sender.send_async"
        ),
    ]


async def test_the_last_task_takes_nothing_with_it(records: Records) -> None:
    await error_of(BackgroundTasks([BackgroundTask(succeed), BackgroundTask(fail)]))

    assert records.messages == [f"Background task {TASKS}.fail failed"]


@both_functions
async def test_those_inside_later_containers_are_named_one_by_one(
    func: Callable[[], Any], records: Records
) -> None:
    group = BackgroundTasks([BackgroundTask(succeed), BackgroundTask(succeed_async)], as_group=True)
    later = Tasks([BackgroundTask(group), BackgroundTask(print)])

    await error_of(BackgroundTasks([BackgroundTask(func), later, BackgroundTasks()]))

    assert records[0].background_tasks_lost == [
        full_name(succeed),
        full_name(succeed_async),
        "builtins.print",
    ]


@both_functions
async def test_those_of_the_sequences_around_it_are_named_as_well(
    func: Callable[[], Any], records: Records
) -> None:
    innermost = BackgroundTasks([BackgroundTask(func), BackgroundTask(succeed)])
    middle = Tasks([BackgroundTask(innermost), BackgroundTask(succeed_async)])

    await error_of(BackgroundTasks([BackgroundTask(print), middle, BackgroundTask(repr, "")]))

    assert [each.background_tasks_lost for each in records] == [
        [full_name(succeed)],
        [full_name(succeed_async), "builtins.repr"],
    ]
    assert [each.exc_info is None for each in records] == [False, True]


@both_modes
@pytest.mark.parametrize("continue_on_error", [False, True], ids=["stops", "continues"])
@both_functions
async def test_those_around_are_named_whatever_the_inner_container_does(
    func: Callable[[], Any], continue_on_error: bool, as_group: bool, records: Records
) -> None:
    inner = BackgroundTasks(
        [BackgroundTask(func)], as_group=as_group, continue_on_error=continue_on_error
    )

    await error_of(BackgroundTasks([inner, BackgroundTask(succeed)]))

    assert [each.background_tasks_lost for each in records] == [[], [full_name(succeed)]]


@both_functions
async def test_nothing_is_lost_where_the_container_continues(
    func: Callable[[], Any], records: Records
) -> None:
    inner = BackgroundTasks([BackgroundTask(func), BackgroundTask(succeed)])
    outer = BackgroundTasks([inner, BackgroundTask(succeed_async)], continue_on_error=True)

    await error_of(outer)

    assert [each.background_tasks_lost for each in records] == [[full_name(succeed)]]


@both_functions
async def test_what_is_said_to_be_lost_is_what_does_not_run(
    func: Callable[[], Any], records: Records
) -> None:
    ran: list[str] = []

    def run(name: str) -> Callable[[], None]:
        def task() -> None:
            ran.append(name)

        task.__qualname__ = name
        return task

    def tasks(*names: str, **flags: bool) -> BackgroundTasks:
        return BackgroundTasks(
            [BackgroundTask(func if each == "fails" else run(each)) for each in names], **flags
        )

    await error_of(
        BackgroundTasks(
            [
                tasks("a", "fails", "b", continue_on_error=True),
                tasks("c", "d"),
            ]
        )
    )
    lost = [each.rpartition(".")[2] for each in records[1].background_tasks_lost]

    assert ran == ["a", "b"]
    assert lost == ["c", "d"]


async def test_a_task_that_adds_tasks_and_then_fails_takes_them_with_it(records: Records) -> None:
    tasks = BackgroundTasks()

    def add_and_fail() -> None:
        tasks.add_task(succeed)
        tasks.add_task(succeed_async)
        raise TaskError

    tasks.add_task(add_and_fail)
    with pytest.raises(TaskError):
        await tasks()

    assert records[0].background_tasks_lost == [full_name(succeed), full_name(succeed_async)]


async def test_tasks_of_any_kind_of_sequence_are_counted_and_named(records: Records) -> None:
    given: Any = (BackgroundTask(fail), BackgroundTask(succeed))
    inner = BackgroundTasks()
    inner.tasks = given

    await error_of(inner)

    assert records[0].background_tasks_lost == [full_name(succeed)]


async def test_a_container_that_contains_itself_is_named_with_what_else_it_holds(
    records: Records,
) -> None:
    later = BackgroundTasks([BackgroundTask(succeed)])
    later.tasks.append(later)

    await error_of(BackgroundTasks([BackgroundTask(fail), later]))

    assert records[0].background_tasks_lost == [full_name(succeed)]
