"""A log that raises, whatever it raises, costs no task, and what it should say is printed."""

from __future__ import annotations

import gc
import io
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.tasks import Function, TaskError, both_functions, error_of, full_name, leaves

pytestmark = pytest.mark.anyio


class OwnBaseError(BaseException): ...


@pytest.fixture(params=[ValueError, KeyboardInterrupt, SystemExit, OwnBaseError])
def raised(request: pytest.FixtureRequest) -> Iterator[type[BaseException]]:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise request.param("the log is broken")

    gc.collect()  # what others left
    broken = Broken()
    logging.getLogger("ravyn_bg").addHandler(broken)
    yield request.param
    logging.getLogger("ravyn_bg").removeHandler(broken)


@both_functions
async def test_a_failure_stands_on_standard_error(
    function: Function, raised: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    errors = [await error_of(BackgroundTask(function))]
    for as_group in (False, True):
        two = [BackgroundTask(function), BackgroundTask(ran.append, "after")]
        errors.append(await error_of(BackgroundTasks(two, as_group, continue_on_error=True)))

    assert [type(leaf) for each in errors for leaf in leaves(each)] == [TaskError] * 3
    assert ran == ["after"] * 2
    printed = capsys.readouterr().err
    assert printed.count(f"Background task {full_name(function)} failed; logging that") == 3
    assert printed.count(f"{raised.__name__}: the log is broken") == 3
    assert printed.count("TaskError: ") == 3


async def test_a_task_that_never_ran_stands_there_too(
    raised: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    BackgroundTask(print)
    gc.collect()

    printed = capsys.readouterr().err
    assert "Background task builtins.print never ran; logging that failed:" in printed
    assert raised.__name__ in printed


class ClosedStream(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.close()


@pytest.mark.usefixtures("raised")
@pytest.mark.parametrize("stderr", [None, ClosedStream()], ids=["none", "closed"])
@both_functions
async def test_even_that_may_not_be_there(
    function: Function, stderr: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    two = [BackgroundTask(function), BackgroundTask(ran.append, "after")]

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        error = await error_of(BackgroundTasks(two, continue_on_error=True))

    assert [type(each) for each in leaves(error)] == [TaskError]
    assert ran == ["after"]
