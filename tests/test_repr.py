"""`repr`, `str`, Rich and devtools show a task as the call that it stands for."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import devtools
import pytest
from lilya.background import Task
from rich.pretty import pretty_repr

from ravyn_bg import BackgroundTask, BackgroundTasks


def send_email(to: str, *, retries: int = 1) -> None: ...


async def write_log(message: str) -> None: ...


class Mailer:
    def send(self, to: str) -> None: ...

    async def send_async(self, to: str) -> None: ...

    def __call__(self, to: str) -> None: ...


def test_shows_the_call() -> None:
    task = BackgroundTask(send_email, "a@b.c", retries=3)

    assert repr(task) == "BackgroundTask(send_email, 'a@b.c', retries=3)"


def test_str_shows_the_same() -> None:
    task = BackgroundTask(send_email, "a@b.c", retries=3)

    assert str(task) == f"{task}" == repr(task)


def nested() -> Callable[[str], None]:
    def send_later(to: str) -> None: ...

    return send_later


FUNCTIONS: dict[str, tuple[Callable[[str], Any], str]] = {
    "async function": (write_log, "write_log"),
    "bound method": (Mailer().send, "Mailer.send"),
    "async bound method": (Mailer().send_async, "Mailer.send_async"),
    "object": (Mailer(), "Mailer.__call__"),
    "function in a function": (nested(), "send_later"),
    "lambda": (lambda to: None, "<lambda>"),
    "builtin": (print, "print"),
    "class": (str, "str"),
    "partial": (functools.partial(send_email, retries=3), "partial(send_email, retries=3)"),
    "partial of an object": (functools.partial(Mailer()), "partial(Mailer.__call__)"),
    "decorated": (functools.wraps(send_email)(lambda to: send_email(to)), "send_email"),
}


@pytest.mark.parametrize(("func", "shown"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_names_every_kind_of_function(func: Callable[[str], Any], shown: str) -> None:
    assert repr(BackgroundTask(func, "x")) == f"BackgroundTask({shown}, 'x')"


def test_shows_what_func_args_and_kwargs_hold_now() -> None:
    task = BackgroundTask(send_email, "a@b.c")

    task.func = write_log
    task.args = ("changed",)
    task.kwargs = {"at": 1}

    assert repr(task) == "BackgroundTask(write_log, 'changed', at=1)"


def test_shows_the_class_of_its_own() -> None:
    class Later(BackgroundTask): ...

    assert repr(Later(print, 1)) == "Later(print, 1)"


def test_a_container_shows_its_tasks() -> None:
    tasks = BackgroundTasks([BackgroundTask(write_log, "done")])
    tasks.add_task(send_email, "a@b.c")

    assert repr(tasks) == (
        "BackgroundTasks([BackgroundTask(write_log, 'done'), BackgroundTask(send_email, 'a@b.c')])"
    )
    assert str(tasks) == repr(tasks)
    assert repr(BackgroundTasks()) == "BackgroundTasks([])"


def test_a_container_shows_its_flags_when_they_are_on() -> None:
    assert repr(BackgroundTasks(as_group=True)) == "BackgroundTasks([], as_group=True)"
    assert repr(BackgroundTasks(continue_on_error=True)) == (
        "BackgroundTasks([], continue_on_error=True)"
    )
    tasks = BackgroundTasks(as_group=True)
    tasks.continue_on_error = True
    assert repr(tasks) == "BackgroundTasks([], as_group=True, continue_on_error=True)"
    tasks.as_group = tasks.continue_on_error = False
    assert repr(tasks) == "BackgroundTasks([])"


def test_a_container_that_contains_itself_can_be_shown() -> None:
    tasks = BackgroundTasks([BackgroundTask(print)])
    tasks.tasks.append(tasks)

    assert repr(tasks) == "BackgroundTasks([BackgroundTask(print), ...])"
    assert pretty_repr(tasks) == "BackgroundTasks([BackgroundTask(print), ...])"


class Raises:
    """Whatever it is asked for its name, it raises."""

    def __call__(self) -> None: ...

    def __getattr__(self, name: str) -> Any:
        raise ValueError(f"no {name}")

    def __repr__(self) -> str:
        raise ValueError("no repr")


def test_a_callable_that_cannot_be_shown_is_named_after_its_class() -> None:
    assert repr(BackgroundTask(Raises())) == "BackgroundTask(Raises.__call__)"


def test_rich_shows_the_call() -> None:
    tasks = BackgroundTasks([BackgroundTask(send_email, "a@b.c", retries=3)], as_group=True)

    assert pretty_repr(tasks) == (
        "BackgroundTasks([BackgroundTask(send_email, 'a@b.c', retries=3)], as_group=True)"
    )


def test_rich_breaks_long_calls_into_lines() -> None:
    tasks = BackgroundTasks([BackgroundTask(send_email, "a@b.c", retries=3)], as_group=True)

    assert pretty_repr(tasks, max_width=20) == inspect.cleandoc(
        """
        BackgroundTasks(
            [
                BackgroundTask(
                    send_email,
                    'a@b.c',
                    retries=3
                )
            ],
            as_group=True
        )
        """
    )


def test_devtools_shows_the_call() -> None:
    tasks = BackgroundTasks([BackgroundTask(send_email, "a@b.c", retries=3)], as_group=True)

    assert devtools.pformat(tasks) == inspect.cleandoc(
        """
        BackgroundTasks(
            [
                BackgroundTask(
                    send_email,
                    'a@b.c',
                    retries=3,
                ),
            ],
            as_group=True,
        )
        """
    )


@pytest.mark.parametrize("show", [pretty_repr, devtools.pformat])
def test_rich_and_devtools_still_show_the_tasks_of_lilya(show: Callable[[Any], str]) -> None:
    shown = show(BackgroundTasks([Task(write_log, "done")]))

    assert "Task(" in shown
    assert "'done'" in shown
