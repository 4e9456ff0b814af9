"""Failures: which exceptions are one, how they are reported, how several are raised as one."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import anyio

from ravyn_bg._naming import name_of

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

# By `id`: an exception may be equal to another, or say that it is. It stays alive beside its id.
Told: TypeAlias = "Mapping[int, tuple[BaseException, bool]]"

logger = logging.getLogger("ravyn_bg")


def report(task: Any, error: BaseException, lost: Sequence[str]) -> bool:
    """Log that `task` raised `error`, and the names of the tasks that will not run for it."""
    name, names = name_of(task), ", ".join(lost)
    try:
        if isinstance(error, RecursionError):
            need_frames(200)
        logger.error(
            "Background task %s failed" + (f"; {later(lost)} will not run: %s" if lost else ""),
            *((name, names) if lost else (name,)),
            exc_info=(type(error), error, error.__traceback__),
            extra={"background_task": name, "background_tasks_lost": [*lost]},
        )
    except RecursionError:
        return False  # further up there is room to log it
    except Exception:
        # A log handler that raises must cost neither the task's own error nor the tasks behind it.
        with suppress(Exception):
            if sys.stderr:
                print(f"Background task {name} failed, and so did logging it:", file=sys.stderr)
                traceback.print_exc(file=sys.stderr)
    return True


def need_frames(count: int) -> None:
    if count:
        need_frames(count - 1)


def later(lost: Sequence[str]) -> str:
    return "1 later task" if len(lost) == 1 else f"{len(lost)} later tasks"


def is_failure(error: BaseException) -> bool:
    """Cancellation and the end of the program are none: they pass through, unreported."""
    if isinstance(error, Exception):
        return True
    passing: tuple[type[BaseException], ...] = (KeyboardInterrupt, SystemExit, GeneratorExit)
    with suppress(RuntimeError):  # no event loop: a coroutine that is closed after it has stopped
        passing += (anyio.get_cancelled_exc_class(),)
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(passing) is None
    return not isinstance(error, passing)


def was_reported(error: BaseException, told: Told, with_lost: bool = False) -> bool:
    """Whether `error`, or all that it groups, was reported, with the tasks lost by it if asked."""
    if id(error) in told:
        return told[id(error)][1] or not with_lost
    if isinstance(error, BaseExceptionGroup):
        return all(was_reported(each, told, with_lost) for each in error.exceptions)
    return False


def failed_together(
    failures: Sequence[BaseException], of: int
) -> BaseExceptionGroup[BaseException]:
    # Of plain exceptions it makes an `ExceptionGroup`, which is an `Exception`.
    return BaseExceptionGroup(f"{len(failures)} of {of} background tasks failed", failures)
