"""A record reaches whoever listens, in the context of whoever waits, and never goes in circles."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr
from contextvars import ContextVar

import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.tasks import Function, error_of, fail, full_name, succeed
from tests.reports import Records

pytestmark = pytest.mark.anyio


class Listener(logging.Handler):
    """Notes of each record what Sentry does: that it was seen, in a context variable."""

    seen: ContextVar[BaseException | None] = ContextVar("seen", default=None)

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.seen.set(record.exc_info[1])


@pytest.fixture
def listener() -> Iterator[Listener]:
    handler = Listener()
    logging.getLogger("ravyn_bg").addHandler(handler)
    yield handler
    logging.getLogger("ravyn_bg").removeHandler(handler)


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in order"])
async def test_a_failure_is_told_where_somebody_waits_for_it(
    function: Function, alone: bool, listener: Listener
) -> None:
    task = BackgroundTask(function)

    error = await error_of(task if alone else BackgroundTasks([succeed, task]))

    assert listener.seen.get() is error


def test_a_handler_that_loses_a_task_itself_does_so_once(listener: Listener) -> None:
    lost: list[threading.Thread] = []

    def emit(record: logging.LogRecord) -> None:
        lost.append(threading.current_thread())
        BackgroundTask(fail)

    listener.emit = emit  # type: ignore[method-assign]  # of this one alone
    with redirect_stderr(io.StringIO()) as printed:
        BackgroundTask(succeed)
        BackgroundTask(succeed)

    assert len(lost) == 2
    assert printed.getvalue().count(f"Background task {full_name(fail)} never ran") == 2


CONFIGURED = """
import io, logging.config, ravyn_bg
logging.config.{}
ravyn_bg.BackgroundTask(print)
"""
INI = r"[loggers]\nkeys=root\n[handlers]\nkeys=\n[formatters]\nkeys=\n[logger_root]\nhandlers="


@pytest.mark.parametrize(
    "configure", ["dictConfig({'version': 1})", f"fileConfig(io.StringIO('{INI}'))"]
)
def test_configuring_logging_after_the_import_silences_nothing(configure: str) -> None:
    program = CONFIGURED.format(configure)
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, check=True)

    assert b"Background task builtins.print never ran" in done.stderr


def test_what_is_disabled_on_purpose_stays_silent(told: Records) -> None:
    logging.disable(logging.WARNING)
    try:
        BackgroundTask(succeed)
    finally:
        logging.disable(logging.NOTSET)

    assert told == []
