"""What is logged: a task that failed, the tasks that are lost behind it, one that never ran."""

import logging
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from math import inf
from typing import Any

import anyio

from ravyn_bg._naming import leaves, name_of, within

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

logger = logging.getLogger("ravyn_bg")

# How often so far: what is reported since a task began has a higher number than it had then.
reported = [0]
MARK = "__ravyn_bg_reported__"


def settle(task: Any, error: Any, since: int, container: Any = None, coming: Any = ()) -> bool:
    """Report what failed, unless that was done inside; whether the tasks behind it run.

    A container that stops names what is lost by it: in the record of the failure, or in one of its
    own if that was written inside.
    """
    failure, lost = failure_in(error), []
    goes_on = failure is error and getattr(container, "continue_on_error", False)
    if failure is not None and container is not None and not goes_on:
        behind = [each for _, each in coming]
        lost = [each for each in leaves(task) if has_begun(each) is False]
        lost += [leaf for each in behind for leaf in leaves(each)]
        account_for(task, *behind)
    if failure is not None:
        if not was_reported(failure, since):
            log(logging.ERROR, "failed", task, lost, failure)
        elif lost:
            log(logging.ERROR, "failed", container, lost)
        mark(failure)
    return goes_on


def never_ran(task: Any, is_finalizing: Any = sys.is_finalizing) -> None:
    """Report a task that is gone and never began, unless it was never built or all ends."""
    if logger.isEnabledFor(logging.WARNING) and not is_finalizing() and hasattr(task, "kwargs"):
        log(logging.WARNING, "never ran", task)


def log(level: int, what: str, task: Any, lost: Sequence[Any] = (), error: Any = None) -> None:
    """Log what became of a task, or print it if the log fails."""
    names = [*map(name_of, lost)]
    message, args = f"Background task %s {what}", [name_of(task)]
    extra = {"background_task": args[0], "background_tasks_lost": names}
    if lost:
        message += f"; {len(lost)} later task{'s' * (len(lost) > 1)} will not run: %s"
        args.append(", ".join(names))
    try:
        exc_info = error if error is None else (type(error), error, error.__traceback__)
        logger.log(level, message, *args, exc_info=exc_info, extra=extra)
    except BaseException:  # whatever a log handler raises must cost no task
        with suppress(BaseException):
            sys.stderr.write(f"{message % tuple(args)}; logging that failed:\n")
            sys.stderr.write(traceback.format_exc())


def has_begun(task: Any) -> bool | None:
    """Or is accounted for; `None` where the task is Lilya's, which cannot tell."""
    return getattr(task, "_accounted", False) if hasattr(type(task), "_accounted") else None


def account_for(*tasks: Any) -> None:
    for each in (inner for task in tasks for inner in within(task) if has_begun(inner) is False):
        each._accounted = True


def mark(error: BaseException, as_new: bool = False) -> None:
    """Note on each exception that it was reported: when, and how far it had come by then.

    As new, it is reported only to who asks since before all others.
    """
    reported[0] += 1
    for each in each_of(error):
        vars(each)[MARK] = 0 if as_new else reported[0], id(each.__traceback__)


def was_reported(error: BaseException, since: int) -> bool:
    """Whether all of it came here from where it was reported, and was not raised anew meanwhile."""
    for each in each_of(error):
        (when, where), step = vars(each).get(MARK, (0, 0)), each.__traceback__
        while step and id(step) != where:
            step = step.tb_next
        if when <= since or id(step) != where:
            return False
    return True


def each_of(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [each for inner in error.exceptions for each in each_of(inner)]
    return [error]


def failure_in(error: Any) -> BaseException | None:
    """What is a failure: all of `error`, what a group has beside a cancellation, or nothing."""
    if not any(map(passes, each_of(error))):
        return error  # type: ignore[no-any-return]  # `Any`, to split a group
    return error.split(passes)[1] if isinstance(error, BaseExceptionGroup) else None


def passes(error: BaseException) -> bool:
    """Cancellation and the end of the program are no failures: they pass through, unreported."""
    if isinstance(error, (Exception, KeyboardInterrupt, SystemExit, GeneratorExit)):
        return not isinstance(error, Exception)
    with suppress(RuntimeError):  # no event loop: a coroutine that is closed after it has stopped
        # Anybody can raise asyncio's `CancelledError`; before Python 3.11 nobody can tell.
        asked = getattr(current_asyncio_task(), "cancelling", lambda: 1)
        if isinstance(error, anyio.get_cancelled_exc_class()):
            return asked() > 0 or anyio.current_effective_deadline() == -inf
    return False


def current_asyncio_task() -> Any:
    try:
        return sys.modules["asyncio"].current_task()  # slower to load than all of `ravyn_bg`
    except (KeyError, RuntimeError):  # not loaded, or no event loop of asyncio's
        return None


def together(failures: list[BaseException], of: int) -> BaseException:
    # Of plain exceptions it makes an `ExceptionGroup`, which is an `Exception`.
    error = BaseExceptionGroup(f"{len(failures)} of {of} background tasks failed", failures)
    failures.clear()  # or the exceptions, and the frame that holds them, would hold each other
    mark(error)
    return error
