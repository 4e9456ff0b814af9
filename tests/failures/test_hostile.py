"""Whatever is called is named, whatever is raised, even by the log, is told: none costs a task."""

from __future__ import annotations

import gc
import io
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from typing import Any

import pytest
from lilya.background import Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.tasks import Function, TaskError, error_of, fail, full_name
from tests.reports import PLACE, Records, leaves

pytestmark = pytest.mark.anyio


class RaisesIfAsked:
    def __call__(self) -> None:
        raise TaskError

    def __getattr__(self, name: str) -> Any:
        raise ValueError(f"no {name}")


class AnswersAnything(RaisesIfAsked):
    def __getattr__(self, name: str) -> Any:
        return 7


@pytest.mark.parametrize("kind", [RaisesIfAsked, AnswersAnything])
async def test_what_is_called(kind: type[RaisesIfAsked], as_group: bool, told: Records) -> None:
    ran: list[str] = []
    two = [BackgroundTask(kind()), BackgroundTask(ran.append, "after")]
    await error_of(BackgroundTasks(two, as_group, continue_on_error=True))
    await error_of(BackgroundTasks([BackgroundTask(fail), BackgroundTask(kind())]))

    assert ran == ["after"]
    assert [type(each) for each in told.errors] == [TaskError] * 2
    assert told.names[0] == f"{full_name(kind)}.__call__"
    assert told.lost[1] == [told.names[0]]


LOOPS: dict[str, Callable[[BackgroundTasks], Any]] = {
    "itself": lambda tasks: tasks,
    "a task of it": lambda tasks: BackgroundTask(tasks),
    "another container": lambda tasks: BackgroundTasks([BackgroundTasks([tasks])]),
    "Lilya's container": lambda tasks: Tasks([tasks]),
}


@pytest.mark.parametrize("loop", LOOPS)
async def test_a_container_that_contains_itself_is_refused_with_a_clear_error(
    loop: str, as_group: bool, told: Records
) -> None:
    ran: list[str] = []
    tasks = BackgroundTasks([BackgroundTask(ran.append, "")], as_group, continue_on_error=True)
    tasks.tasks.append(LOOPS[loop](tasks))
    tasks.add_task(ran.append, "")

    [error] = leaves(await error_of(tasks))

    assert ran == ["", ""]
    assert type(error) is RuntimeError
    assert str(error).startswith("This BackgroundTasks contains itself and would run for ever: ")
    assert len(traceback.extract_tb(error.__traceback__)) < 50
    assert told.errors == [error]
    assert told.names[0].endswith(".__call__")

    await error_of(BackgroundTasks([BackgroundTask(fail), tasks]))

    assert told.lost[-1] == ["list.append"] * 2


class OwnBaseError(BaseException): ...


class FalsyError(Exception):
    """As one that holds a list of errors, and has its length, may be."""

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True)
class FrozenError(Exception):
    """One on which no attribute can be set."""


@pytest.mark.parametrize("kind", [StopIteration, OwnBaseError, FalsyError, FrozenError])
async def test_what_is_raised(kind: type[BaseException], as_group: bool, told: Records) -> None:
    ran: list[str] = []

    def raise_it() -> None:
        raise kind

    async def raise_it_async() -> None:
        raise_it()

    # One task in another, so that an error passes through several runs.
    tasks = [BackgroundTask(BackgroundTask(each)) for each in (raise_it, raise_it_async)]
    tasks.append(BackgroundTask(ran.append, "after"))
    error = await error_of(BackgroundTasks(tasks, as_group, continue_on_error=True))

    one, other = ((type(each), each.args, type(each.__cause__)) for each in leaves(error))
    assert (one[0] is kind) is (kind is not StopIteration)
    assert one == other  # where a coroutine that raises `StopIteration` raises something else
    assert error.message == "2 of 3 background tasks failed"
    assert isinstance(error, Exception) is issubclass(kind, Exception)
    assert ran == ["after"]
    assert sorted(told.names) == [full_name(raise_it), full_name(raise_it_async)]
    assert all("in raise_it" in logging.Formatter().format(each) for each in told)


@pytest.fixture(params=[ValueError, KeyboardInterrupt])
def raised(request: pytest.FixtureRequest) -> Iterator[type[BaseException]]:
    """By a handler of the log."""

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise request.param("the log is broken")

    gc.collect()  # what others left
    broken = Broken()
    logging.getLogger("ravyn_bg").addHandler(broken)
    yield request.param
    logging.getLogger("ravyn_bg").removeHandler(broken)


async def run_two(function: Function, as_group: bool, stderr: io.StringIO | None) -> None:
    ran: list[str] = []
    two = [BackgroundTask(function), BackgroundTask(ran.append, "after")]
    with redirect_stderr(stderr):
        error = await error_of(BackgroundTasks(two, as_group, continue_on_error=True))

    assert [type(each) for each in leaves(error)] == [TaskError]
    assert ran == ["after"]


async def test_a_log_that_raises_costs_no_task_and_what_it_should_say_is_printed(
    function: Function, as_group: bool, raised: type[BaseException]
) -> None:
    printed = io.StringIO()
    await run_two(function, as_group, printed)

    text = PLACE.sub("", printed.getvalue())
    assert text.count(f"Background task {full_name(function)} failed; logging that failed:\n") == 1
    assert text.count(f"{raised.__name__}: the log is broken") == 1
    assert text.count("TaskError: ") == 1


@pytest.mark.usefixtures("raised")
async def test_nor_does_a_standard_error_that_is_not_there_or_closed(function: Function) -> None:
    closed = io.StringIO()
    closed.close()

    for stderr in (None, closed):
        await run_two(function, False, stderr)
