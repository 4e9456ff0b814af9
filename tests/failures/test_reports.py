"""A task that fails is reported by name, and so is what will not run because of it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import (
    Container,
    Function,
    TaskError,
    both_functions,
    error_of,
    fail,
    fail_async,
    full_name,
    succeed,
    succeed_async,
)

pytestmark = pytest.mark.anyio

HERE = "tests.failures.test_reports"


@both_functions
async def test_a_task_that_fails_is_reported_by_name_with_the_traceback(
    function: Function, records: Records
) -> None:
    error = await error_of(BackgroundTask(function))

    [record] = records
    text = logging.Formatter().format(record)
    assert (record.name, record.levelno) == ("ravyn_bg", logging.ERROR)
    assert record.background_task == full_name(function)
    assert records.messages == [f"Background task {full_name(function)} failed"]
    assert records.errors == [error]
    assert records.lost == [[]]
    assert "Traceback (most recent call last)" in text
    assert f"in {function.__name__}\n" in text


async def test_a_logger_that_is_switched_off_is_left_alone(records: Records) -> None:
    logging.getLogger("ravyn_bg").disabled = True
    try:
        await error_of(BackgroundTask(fail))
    finally:
        logging.getLogger("ravyn_bg").disabled = False

    assert records == []


class Mailer:
    def __init__(self) -> None:
        raise TaskError


class Sender:
    def send(self, *args: Any, **kwargs: Any) -> None:
        raise TaskError

    async def send_async(self) -> None:
        raise TaskError

    @classmethod
    def of_class(cls) -> None:
        raise TaskError

    def __call__(self) -> None:
        raise TaskError


class Child(Sender): ...


@functools.wraps(fail)
def decorated() -> None:
    fail()


NAMES: dict[str, tuple[Function, str]] = {
    "bound method": (Sender().send, f"{HERE}.Sender.send"),
    "async bound method": (Sender().send_async, f"{HERE}.Sender.send_async"),
    "method of a class above": (Child().send, f"{HERE}.Child.send"),
    "class method": (Sender.of_class, f"{HERE}.Sender.of_class"),
    "object": (Sender(), f"{HERE}.Sender.__call__"),
    "class": (Mailer, f"{HERE}.Mailer"),
    "lambda": (lambda: fail(), f"{HERE}.<lambda>"),
    "decorated": (decorated, full_name(fail)),
    "builtin": ([].pop, "list.pop"),
    "partial of a partial": (functools.partial(functools.partial(int), "x"), "builtins.int"),
    "around an async call": (lambda: fail_async(), f"{HERE}.<lambda>"),
    "a task in a task": (BackgroundTask(BackgroundTask(fail_async)), full_name(fail_async)),
}


@pytest.mark.parametrize(("function", "name"), NAMES.values(), ids=NAMES)
async def test_every_kind_of_function_is_named(
    function: Function, name: str, records: Records
) -> None:
    await error_of(BackgroundTask(function))
    await error_of(BackgroundTasks([BackgroundTask(function)]))
    await error_of(BackgroundTasks([BackgroundTask(function)], as_group=True))

    assert records.names == [name] * 3


A, B = full_name(succeed), full_name(succeed_async)
OURS = "ravyn_bg.background.BackgroundTasks.__call__"


def a() -> BackgroundTask:
    return BackgroundTask(succeed)


def b() -> BackgroundTask:
    return BackgroundTask(succeed_async)


def around(inner: Task, **flags: bool) -> BackgroundTasks:
    return BackgroundTasks([BackgroundTask(print), inner, b()], **flags)


def containing_itself() -> BackgroundTasks:
    tasks = BackgroundTasks([a()])
    tasks.tasks.append(tasks)
    return tasks


def as_tuple(*given: Any) -> BackgroundTasks:
    tasks = BackgroundTasks()
    tasks.tasks = given  # type: ignore[assignment]  # as Lilya, which asks for nothing
    return tasks


# With a failing task, what is run; the names of what is lost, in the record of the failure; and
# in one that the container around it writes, under its own name.
LOST: dict[str, tuple[Callable[[Task], Task], list[str], list[str]]] = {
    "none behind it": (lambda task: BackgroundTasks([a(), task]), [], []),
    "one": (lambda task: BackgroundTasks([task, a()]), [A], []),
    "two": (lambda task: BackgroundTasks([a(), task, a(), b()]), [A, B], []),
    "one that stands twice": (lambda task: BackgroundTasks([task, *[a()] * 2]), [A, A], []),
    "nested": (
        lambda task: BackgroundTasks(
            [task, Tasks([BackgroundTask(BackgroundTasks([a(), b()], True)), BackgroundTask(a())])]
        ),
        [A, B, A],
        [],
    ),
    "of Lilya's": (lambda task: BackgroundTasks([task, Tasks([b(), b()])]), [B, B], []),
    "what is no task": (lambda task: as_tuple(task, None), ["builtins.NoneType.__call__"], []),
    "in a tuple": (lambda task: as_tuple(task, a()), [A], []),
    "in itself": (lambda task: BackgroundTasks([task, containing_itself()]), [A], []),
    "where it goes on": (lambda task: BackgroundTasks([task, a()], continue_on_error=True), [], []),
    "around": (lambda task: around(BackgroundTasks([task, a()])), [A], [B]),
    "around a group": (lambda task: around(BackgroundTasks([task], as_group=True)), [], [B]),
    "around one that goes on": (
        lambda task: around(BackgroundTasks([task, a()], continue_on_error=True)),
        [],
        [B],
    ),
    "around, where that goes on": (
        lambda task: around(BackgroundTasks([task, a()]), continue_on_error=True),
        [A],
        [],
    ),
    "within Lilya's": (lambda task: BackgroundTasks([Tasks([task, a()])]), [], [A]),
    "within Lilya's and around": (lambda task: around(Tasks([task, a()])), [], [A, B]),
    "within a task of Lilya's": (lambda task: around(Task(BackgroundTasks([task, a()]))), [A], [B]),
}


@pytest.mark.parametrize(("wrap", "beside", "behind"), LOST.values(), ids=LOST)
@both_functions
async def test_what_is_lost_is_named_by_the_container_that_stops(
    function: Function,
    wrap: Callable[[Task], Task],
    beside: list[str],
    behind: list[str],
    records: Records,
) -> None:
    await error_of(wrap(BackgroundTask(function)))

    count = 2 if behind else 1
    assert records.lost == [beside, behind][:count]
    assert records.names == [full_name(function), OURS][:count]
    assert [each.exc_info is None for each in records] == [False, True][:count]


async def test_the_message_counts_and_names_what_is_lost(records: Records) -> None:
    for more in ([a()], [a(), b()]):
        await error_of(BackgroundTasks([BackgroundTask(fail), *more]))
    await error_of(BackgroundTasks([Container([BackgroundTask(fail)]), a()]))

    assert records.messages == [
        f"Background task {full_name(fail)} failed; 1 later task will not run: {A}",
        f"Background task {full_name(fail)} failed; 2 later tasks will not run: {A}, {B}",
        f"Background task {full_name(fail)} failed",
        f"Background task {OURS} failed; 1 later task will not run: {A}",
    ]


async def test_a_task_that_adds_tasks_and_then_fails_takes_them_with_it(records: Records) -> None:
    tasks = BackgroundTasks()

    def add_and_fail() -> None:
        tasks.add_task(succeed)
        tasks.add_task(succeed_async)
        raise TaskError

    tasks.add_task(add_and_fail)
    await error_of(tasks)

    assert records.lost == [[A, B]]


SECRET = "hunter2"


class Secretive(Sender):
    def __repr__(self) -> str:
        return SECRET


async def test_no_record_holds_an_arguments_value(records: Records) -> None:
    secret = Secretive()

    def tasks() -> list[Task]:
        return [
            BackgroundTask(secret.send, SECRET, secret, key=SECRET),
            BackgroundTask(functools.partial(secret.send, SECRET, key=SECRET)),
            Task(secret.send, SECRET),
            BackgroundTasks([BackgroundTask(secret.send, SECRET)]),
            Tasks([Task(secret.send, SECRET)]),
        ]

    for first in tasks():
        await error_of(BackgroundTasks([first, *tasks()]))
    await error_of(as_tuple(SECRET, *tasks()))

    assert len(records) >= 6
    assert SECRET not in repr([vars(each) for each in records])
    assert SECRET not in str([logging.Formatter().format(each) for each in records])
