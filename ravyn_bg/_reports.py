"""What is logged: how a task ended that did not run to its end, and which tasks that costs.

Whoever calls a task's function reports how that ended, at that moment.
"""

import logging
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from math import inf
from typing import Any

import anyio

from ravyn_bg._naming import leaves, name_of, within

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

LOGGER = "ravyn_bg"
LONGEST_MESSAGE = 1000  # bytes, without the traceback
MOST_NAMES = 20  # different functions in one message
UNKNOWN = ("(unknown file)", 0, "(unknown function)")  # as `logging` has it
REPORTED = "__ravyn_bg_reported__"  # where an exception keeps the steps that it need not be told to

this_thread = threading.local()


class Run:
    """A run of one task, or of several in order. It knows what was reported inside it.

    It holds no task: what a task starts may live for ever, and holds its context, and so its run.
    """

    position = 0  # of the task that runs now
    cut_off_inside = False  # whether that task holds one that was cut off, and has reported it

    def step(self) -> tuple["Run", int]:
        """What tells the task that runs now from all others, in this run and in any other."""
        return self, self.position


# The innermost run around the code that runs now.
current_run: ContextVar[Run] = ContextVar("ravyn_bg.current_run")


def report_end(
    task: Any,
    error: BaseException,
    run: Run,
    outer: Any,
    *,
    container: Any = None,
    coming: Sequence[Any] = (),
    began: bool = True,
    cut_off: bool = True,
    in_thread: bool = False,
) -> None:
    """Report that a task was ended by an error, and which tasks will not run because of it.

    Parameters:
        outer: The run in which `run` takes place, if it takes place in one.
        coming: The tasks of `container` that have not begun, and will not.
        began: Whether the task has begun. If not, it is itself one that will not run.
        cut_off: Whether a cancellation met its own function, and not that of a task inside it.
        in_thread: Whether that function goes on in its thread, where nobody waits for it any more.
    """
    failure = failure_in(error)
    is_lost = failure is None and not began and container is not None
    lost = [each for each in leaves(task) if is_lost or is_unaccounted(each)]
    lost += [leaf for each in coming for leaf in leaves(each)]
    account_for(task, *coming)
    whole = task if container is None else container
    if failure is not None:
        if not was_reported(failure, run):
            log(logging.ERROR, "failed", task, lost, failure, container)
        elif lost:
            log(logging.ERROR, "failed", whole, lost)
        note_reported(failure, run, outer)
        return
    if isinstance(outer, Run):
        outer.cut_off_inside = True
    if began and cut_off:
        log(logging.WARNING, cut_off_by(error, in_thread), task, lost, container=container)
    elif lost and (began or container is not None):
        log(logging.WARNING, cut_off_by(error), whole, lost)
    elif lost:
        report_never_ran(*lost)


def report_lost(container: Any, error: BaseException, tasks: Iterable[Any]) -> None:
    """Report tasks that had not begun when a cancellation ended the group of which they are."""
    lost = [leaf for each in tasks for leaf in leaves(each)]
    account_for(*lost)
    if lost:
        log(logging.WARNING, cut_off_by(error), container, lost)


def cut_off_by(error: BaseException, in_thread: bool = False) -> str:
    is_interrupt = any(isinstance(each, KeyboardInterrupt) for each in errors_in(error))
    end = "was interrupted" if is_interrupt else "was cancelled"
    return end + ", but goes on in its thread, where nobody waits for it any more" * in_thread


def report_left_behind(task: Any, error: BaseException, run: Run) -> None:
    """Report what a task's function raised in a thread for which nobody waits any more."""
    failure = failure_in(error)
    if failure is not None and not was_reported(failure, run):
        log(logging.ERROR, "failed", task, (), failure)


def report_freed(task: Any, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
    """Report a task that is gone and never began, unless it was never built, or all ends."""
    enabled = logging.getLogger(LOGGER).isEnabledFor(logging.WARNING)
    if enabled and hasattr(task, "kwargs") and not is_finalizing():
        report_never_ran(task)


def report_never_ran(task: Any, *others: Any) -> None:
    account_for(task, *others)
    log(logging.WARNING, "never ran", task, others)


def log(
    level: int,
    end: str,
    task: Any,
    lost: Sequence[Any] = (),
    error: BaseException | None = None,
    container: Any = None,
) -> None:
    """Log what became of a task, located where that was built, or else its container."""
    # Asked for each time: `logging.config` disables the loggers that exist when it is called.
    logger = logging.getLogger(LOGGER)
    if not logger.isEnabledFor(level):
        return
    name, names = name_of(task), [name_of(each) for each in lost]
    message = f"Background task {at_most(300, name)} {end}"
    path, line, function = UNKNOWN
    if place := place_of(task) or place_of(container):
        path, line, function = place
        message += f" (queued at {at_most(300, path)}:{line} in {at_most(100, function)})"
    if lost:
        message += f"; {len(lost)} later task{'s' * (len(lost) > 1)} will not run: "
        message = at_most(LONGEST_MESSAGE, message + counted(names))
    extra = {"background_task": name, "background_tasks_lost": names}
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    try:
        if getattr(this_thread, "is_logging", False):
            raise RecursionError("it is a log handler that has lost this task")
        this_thread.is_logging = True
        try:
            logger.handle(
                logger.makeRecord(LOGGER, level, path, line, message, (), exc_info, function, extra)
            )
        finally:
            this_thread.is_logging = False
    except BaseException:  # whatever a log handler raises must cost no task
        with suppress(BaseException):
            sys.stderr.write(f"{message}; logging that failed:\n{traceback.format_exc()}")


def counted(names: list[str]) -> str:
    """`send, log ×3`: each name once, with how often it stands there."""
    counts = Counter(names)
    shown = [f"{name} ×{times}" if times > 1 else name for name, times in counts.items()]
    return ", ".join(shown[:MOST_NAMES]) + ", …" * (len(shown) > MOST_NAMES)


def at_most(size: int, text: str) -> str:
    """The text, cut off where it takes more bytes than that."""
    whole = text.encode(errors="replace")
    return text if len(whole) <= size else whole[: size - 3].decode(errors="ignore") + "…"


def place_of(task: Any) -> tuple[str, int, str] | None:
    """File, line and function in which one of our tasks was built."""
    code, instruction = getattr(task, "_built_in", None), getattr(task, "_built_at", 0)
    if code is None:
        return None
    lines = [line for start, end, line in code.co_lines() if start <= instruction < end]
    return code.co_filename, lines[0] if lines and lines[0] else code.co_firstlineno, code.co_name


def is_unaccounted(task: Any) -> bool:
    """Whether a task of ours has neither begun nor been reported; one of Lilya's cannot tell."""
    return not getattr(task, "_accounted", True)


def account_for(*tasks: Any) -> None:
    """Note that nothing more is to be said of these, if they are freed and never began."""
    for task in tasks:
        for each in within(task):
            if is_unaccounted(each):
                each._accounted = True


def was_reported(failure: BaseException, run: Run) -> bool:
    """Whether all of a failure comes from a task inside the one that runs, which reported it."""
    return all(run.step() in vars(each).get(REPORTED, ()) for each in errors_in(failure))


def note_reported(failure: BaseException, run: Run, outer: Any) -> None:
    """Note on a failure that the run around this one need not report it.

    A set of steps, because many may raise the same object at once. None is left behind.
    """
    for each in errors_in(failure):
        steps: set[tuple[Run, int]] = vars(each).setdefault(REPORTED, set())
        steps.discard(run.step())
        if isinstance(outer, Run):
            steps.add(outer.step())
        if not steps:
            vars(each).pop(REPORTED, None)


def errors_in(error: BaseException) -> list[BaseException]:
    """The errors in a group of errors, or the one that is none."""
    if isinstance(error, BaseExceptionGroup):
        return [each for inner in error.exceptions for each in errors_in(inner)]
    return [error]


def failure_in(error: Any) -> BaseException | None:
    """What is a failure: all of `error`, what a group has beside a cancellation, or nothing."""
    if not any(map(is_no_failure, errors_in(error))):
        return error  # type: ignore[no-any-return]  # `Any`, to split a group
    return error.split(is_no_failure)[1] if isinstance(error, BaseExceptionGroup) else None


def is_no_failure(error: BaseException) -> bool:
    """Whether an error ends a task from outside: a cancellation, or the end of the program."""
    if isinstance(error, (Exception, SystemExit)):
        return False
    if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
        return True
    with suppress(RuntimeError):  # no event loop: a coroutine that is closed after it has stopped
        # Anybody can raise asyncio's `CancelledError`; before Python 3.11 nobody can tell.
        asked = getattr(current_asyncio_task(), "cancelling", lambda: 1)
        if isinstance(error, anyio.get_cancelled_exc_class()):
            return asked() > 0 or anyio.current_effective_deadline() == -inf
    return False


def current_asyncio_task() -> Any:
    try:
        return sys.modules["asyncio"].current_task()  # not loaded where Trio runs alone
    except (KeyError, RuntimeError):  # not loaded, or no event loop of asyncio's
        return None
