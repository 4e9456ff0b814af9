"""What is logged: a task that failed, the tasks that are lost behind it, one that never ran."""

from __future__ import annotations

import asyncio
import logging
import math
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import anyio

from ravyn_bg._naming import name_of

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

logger = logging.getLogger("ravyn_bg")

REPORTED = "__ravyn_bg_reported__"


class Reports:
    """How many there were so far: what is reported since a task began has a higher number."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


reports = Reports()


def report(
    task: Any, error: BaseException, since: int, lost: Sequence[Any] = (), container: Any = None
) -> None:
    """Log that `task` raised `error`, unless that was done since; and name what is lost by it.

    If it was done, the container that loses more names that in a record of its own.
    """
    if not was_reported(error, since):
        if failed(task, lost, error):
            mark(error)
    elif lost:
        failed(container, lost, None)


def failed(task: Any, lost: Sequence[Any], error: BaseException | None) -> bool:
    name, names = name_of(task), [name_of(each) for each in lost]
    message = "Background task %s failed"
    if lost:
        later = "1 later task" if len(lost) == 1 else f"{len(lost)} later tasks"
        message += f"; {later} will not run: %s"
    extra = {"background_task": name, "background_tasks_lost": names}
    return log(logging.ERROR, message, [name, *filter(None, [", ".join(names)])], extra, error)


def never_ran(task: Any, is_finalizing: Any = sys.is_finalizing) -> None:
    """Log that a task is gone and never began, unless it was never built or the program ends."""
    if logger.isEnabledFor(logging.WARNING) and not is_finalizing() and hasattr(task, "kwargs"):
        name = name_of(task)
        log(logging.WARNING, "Background task %s never ran", [name], {"background_task": name})


def log(
    level: int,
    message: str,
    names: Sequence[str],
    extra: dict[str, Any],
    error: BaseException | None = None,
) -> bool:
    """Log it, or print it where the log itself fails; whether that could be done."""
    try:
        exc_info = error if error is None else (type(error), error, error.__traceback__)
        logger.log(level, message, *names, exc_info=exc_info, extra=extra)
    except BaseException:  # whatever a log handler raises must cost no task
        told = False
        with suppress(BaseException):
            told = bool(sys.stderr.write(f"{message % tuple(names)}; logging that failed:\n"))
            sys.stderr.write(traceback.format_exc())
        return told
    return True


def mark(error: BaseException) -> None:
    """Note on each exception that it was reported: when, and how far it had come by then."""
    reports.count += 1
    for each in each_of(error):
        vars(each)[REPORTED] = reports.count, id(each.__traceback__)


def forget(error: BaseException) -> None:
    """Another task may raise the same object, and has failed then, too."""
    for each in each_of(error):
        vars(each).pop(REPORTED, None)


def was_reported(error: BaseException, since: int) -> bool:
    return all(was_seen(each, since) for each in each_of(error))


def was_seen(error: BaseException, since: int) -> bool:
    """Whether it came here from where it was reported, and was not raised elsewhere meanwhile."""
    when, where = vars(error).get(REPORTED, (0, 0))
    step = error.__traceback__
    while id(step) != where and step:
        step = step.tb_next
    return bool(when > since and id(step) == where)


def each_of(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [each for inner in error.exceptions for each in each_of(inner)]
    return [error]


def failure_in(error: BaseException) -> BaseException | None:
    """What is a failure: all of `error`, what a group has beside a cancellation, or nothing."""
    passing = [passes(each) for each in each_of(error)]
    if not any(passing):
        return error
    return error.split(passes)[1] if isinstance(error, BaseExceptionGroup) else None


def passes(error: BaseException) -> bool:
    """Cancellation and the end of the program are no failures: they pass through, unreported."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
        return True
    if isinstance(error, Exception):
        return False
    try:
        return isinstance(error, anyio.get_cancelled_exc_class()) and was_asked_to_cancel()
    except RuntimeError:  # no event loop: a coroutine that is closed after it has stopped
        return False


def was_asked_to_cancel() -> bool:
    """Anybody can raise asyncio's `CancelledError`; before Python 3.11 nobody can tell."""
    asked = getattr(current_asyncio_task(), "cancelling", None)
    return not asked or asked() > 0 or anyio.current_effective_deadline() == -math.inf


def current_asyncio_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
