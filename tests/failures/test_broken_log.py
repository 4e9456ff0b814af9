"""A log handler that raises costs nothing but the record."""

from __future__ import annotations

import gc
import io
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import TaskError, both_functions, error_of, fail, full_name, leaves

pytestmark = pytest.mark.anyio


class Broken(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise ValueError("the log is broken")


@pytest.fixture
def broken_log() -> Iterator[None]:
    gc.collect()  # what other tests left, and never ran
    handler = Broken()
    logging.getLogger("ravyn_bg").addHandler(handler)
    yield
    logging.getLogger("ravyn_bg").removeHandler(handler)


@pytest.mark.usefixtures("broken_log")
@both_functions
async def test_a_log_handler_that_raises_costs_nothing_but_the_record(
    func: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    two = [BackgroundTask(func), BackgroundTask(ran.append, "after")]

    assert type(await error_of(BackgroundTask(func))) is TaskError
    assert type(await error_of(BackgroundTasks(two))) is TaskError
    for as_group in (False, True):
        error = await error_of(BackgroundTasks(two, as_group, continue_on_error=True))
        assert [type(each) for each in leaves(error)] == [TaskError]

    assert ran == ["after"] * 2
    printed = capsys.readouterr().err
    assert printed.count(full_name(func)) == 4
    assert printed.count("ValueError: the log is broken") == 4
    assert "TaskError: " in printed


class ClosedStream(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.close()


@pytest.mark.usefixtures("broken_log")
@pytest.mark.parametrize("stderr", [None, ClosedStream()], ids=["none", "closed"])
async def test_a_log_handler_that_raises_costs_nothing_even_without_stderr(
    stderr: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    two = [BackgroundTask(fail), BackgroundTask(ran.append, "after")]

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        error = await error_of(BackgroundTasks(two, continue_on_error=True))

    assert [type(each) for each in leaves(error)] == [TaskError]
    assert ran == ["after"]
    assert capsys.readouterr().out == ""


async def test_a_logger_that_is_switched_off_is_left_alone(records: Records) -> None:
    logger = logging.getLogger("ravyn_bg")
    logger.disabled = True
    try:
        assert type(await error_of(BackgroundTask(fail))) is TaskError
    finally:
        logger.disabled = False

    assert records == []
