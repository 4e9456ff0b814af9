"""`repr`, `str`, Rich and devtools show a task as the call that it stands for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import devtools
import pytest
from rich.pretty import pretty_repr

from ravyn_bg import BackgroundTask, BackgroundTasks


def send_email(to: str, *, retries: int = 1) -> None: ...


class Mailer:
    def __call__(self, to: str) -> None: ...


FUNCTIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "function": (send_email, "send_email"),
    "lambda in a function": ((lambda: lambda to: None)(), "<lambda>"),
    "partial": (
        functools.partial(send_email, "a", retries=3),
        "partial(send_email, 'a', retries=3)",
    ),
    "partial of an object": (functools.partial(Mailer()), "partial(Mailer.__call__)"),
}


class Later(BackgroundTask): ...


@pytest.mark.parametrize(("func", "shown"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_names_every_kind_of_function(func: Callable[..., Any], shown: str) -> None:
    task = Later(func, "x", at=1)

    assert repr(task) == str(task) == f"{task}" == f"Later({shown}, 'x', at=1)"


def test_a_container_shows_its_tasks_and_the_flags_that_are_on() -> None:
    tasks = BackgroundTasks([BackgroundTask(print, "done")])
    tasks.add_task(send_email, "a@b.c")
    shown = "[BackgroundTask(print, 'done'), BackgroundTask(send_email, 'a@b.c')]"

    assert repr(tasks) == str(tasks) == f"BackgroundTasks({shown})"
    tasks.continue_on_error = True
    assert repr(tasks) == f"BackgroundTasks({shown}, continue_on_error=True)"
    tasks.as_group = True
    assert repr(tasks) == f"BackgroundTasks({shown}, as_group=True, continue_on_error=True)"


def test_a_container_that_contains_itself_can_be_shown() -> None:
    tasks = BackgroundTasks([BackgroundTask(print)])
    tasks.tasks.append(tasks)

    assert repr(tasks) == pretty_repr(tasks) == "BackgroundTasks([BackgroundTask(print), ...])"


@pytest.mark.parametrize(
    "show", [pretty_repr, functools.partial(pretty_repr, max_width=20), devtools.pformat]
)
def test_rich_and_devtools_show_the_call_in_one_line_or_several(show: Callable[[Any], str]) -> None:
    tasks = BackgroundTasks([BackgroundTask(send_email, "a@b.c", retries=3)], as_group=True)

    # Where devtools breaks a line, it writes one more comma.
    shown = "".join(show(tasks).split()).replace(",)", ")").replace(",]", "]")
    assert shown == "BackgroundTasks([BackgroundTask(send_email,'a@b.c',retries=3)],as_group=True)"
