"""Whatever is passed becomes a task that runs, or a `TypeError` says what was wrong with it."""

from __future__ import annotations

import gc
import re
import sys
import warnings
from collections.abc import Callable

import anyio
from hypothesis import given, settings
from lilya.background import Task

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.equivalence.reports import reports_kept
from tests.objects import HostileError, Recipe, anything, coroutine, returns_none, tasks

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

EXAMPLES = settings(max_examples=500, deadline=None)


@EXAMPLES
@given(anything | coroutine)
def test_what_a_task_is_given(func: Recipe) -> None:
    check(lambda: BackgroundTask(func.make(), 1, name=2))


@EXAMPLES
@given(anything | coroutine)
def test_what_add_task_is_given(func: Recipe) -> None:
    def adds() -> BackgroundTasks:
        tasks = BackgroundTasks()
        tasks.add_task(func.make(), 1, name=2)
        return tasks

    check(adds)


@EXAMPLES
@given(tasks | anything | coroutine)
def test_what_a_container_is_given(tasks: Recipe) -> None:
    check(lambda: BackgroundTasks(tasks.make()))
    check(lambda: BackgroundTasks(tasks.make(), as_group=True, continue_on_error=True))


@EXAMPLES
@given(anything | coroutine)
def test_what_a_flag_is_given(flag: Recipe) -> None:
    check(lambda: BackgroundTasks(as_group=flag.make()))
    check(lambda: BackgroundTasks(continue_on_error=flag.make()))


@EXAMPLES
@given(anything | coroutine)
def test_what_with_background_is_given(handler: Recipe) -> None:
    check(lambda: with_background(handler.make()))
    check(lambda: with_background(BackgroundTask(returns_none))(handler.make()))


def check(front_door: Callable[[], object]) -> None:
    with warnings.catch_warnings(record=True) as warned, reports_kept():
        warnings.simplefilter("always")
        try:
            made = front_door()
        except HostileError:
            pass  # from an iterable, as in Lilya
        except TypeError as error:
            message = str(error)
            assert re.search("background task|BackgroundTasks|with_background", message)
            assert len(message.splitlines()) == 1
            assert len(message) < 500
        else:
            assert callable(made)
            if isinstance(made, Task):
                run(made)
            del made
        gc.collect(0)
    assert not [str(each.message) for each in warned]


def run(task: Task) -> None:
    """Run it; only the objects that were passed may raise."""

    async def main() -> None:
        with anyio.fail_after(30):
            await task()

    try:
        anyio.run(main)
    except (HostileError, TypeError):
        pass
    except BaseExceptionGroup as group:
        if group.split((HostileError, TypeError))[1]:
            raise
