"""What is logged: how a task ended that did not run to its end, and which tasks that costs.

Whoever calls the function of a task reports how that call ended, at that moment.
"""

import logging
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from typing import Any
from weakref import WeakKeyDictionary

import anyio

from ravyn_bg._naming import leaves, name_of, within

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

LONGEST_MESSAGE = 1000  # bytes, without the traceback
MOST_NAMES = 20  # different functions in one message
NO_PLACE = ("(unknown file)", 0, "(unknown function)")  # as `logging` has it
REPORTED = "__ravyn_bg_reported__"  # on an exception: who need not report it again

this_thread = threading.local()


class Reported(WeakKeyDictionary[Any, int]):
    """In which runs, and in which of their tasks, an exception has been reported.

    Many tasks may raise one object at once, and it may outlive them all. Runs cannot be pickled.
    """

    def __reduce__(self) -> Any:
        return Reported, ()


def log(
    level: int, end: str, task: Any, lost: Sequence[Any] = (), error: Any = None, around: Any = None
) -> None:
    """Log what became of a task, located where that was built, or the container around it."""
    # Asked for each time: `logging.config` disables the loggers that exist when it is called.
    logger = logging.getLogger("ravyn_bg")
    is_logging = getattr(this_thread, "is_logging", False)  # and a handler has lost this task, say
    # While it handles a record, a logger of newer Pythons says that it is disabled.
    if not is_logging and not logger.isEnabledFor(level):
        return
    name, names = name_of(task), [name_of(each) for each in lost]
    path, line, function = place = place_of(task) or place_of(around) or NO_PLACE
    message = f"Background task {at_most(300, name)} {end}"
    if place is not NO_PLACE:
        message += f" (queued at {at_most(300, path)}:{line} in {at_most(100, function)})"
    if lost:
        message += f"; {len(lost)} later task{'s' * (len(lost) > 1)} will not run: "
        message = at_most(LONGEST_MESSAGE, message + counted(names))
    extra = {"background_task": name, "background_tasks_lost": names}
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    if is_logging:  # a handler that loses a task for each record would never end
        with suppress(BaseException):
            sys.stderr.write(f"{message}; not logged, as its thread was logging another record\n")
        return
    try:
        this_thread.is_logging = True
        values = (logger.name, level, path, line, message, (), exc_info, function, extra)
        logger.handle(logger.makeRecord(*values))
    except BaseException:  # whatever a log handler raises must cost no task
        with suppress(BaseException):
            sys.stderr.write(f"{message}; logging that failed:\n{traceback.format_exc()}")
    finally:
        this_thread.is_logging = False


def log_never_ran(*tasks: Any) -> None:
    """Log which of these, and of the tasks in them, have not begun and never will."""
    lost = [leaf for task in tasks for leaf in leaves(task) if is_unaccounted(leaf)]
    lost = lost or [task for task in tasks if is_unaccounted(task)]
    account_for(*tasks)
    if lost:
        log(logging.WARNING, "never ran", lost[0], lost[1:])


def log_freed(task: Any, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
    """Log that a task is freed and never began, unless it was refused, or the program ends."""
    if hasattr(task, "kwargs") and not is_finalizing():
        log_never_ran(task)


def counted(names: list[str]) -> str:
    """`send, log ×3`: each name once, with how often it stands there."""
    shown = [f"{name} ×{times}".removesuffix(" ×1") for name, times in Counter(names).items()]
    return ", ".join(shown[:MOST_NAMES]) + ", …" * (len(shown) > MOST_NAMES)


def at_most(size: int, text: str) -> str:
    """The text, cut off where it takes more bytes than that."""
    whole = text.encode(errors="replace")
    return text if len(whole) <= size else whole[: size - 3].decode(errors="ignore") + "…"


def place_of(task: Any) -> tuple[str, int, str] | None:
    """File, line and function in which one of our tasks was built."""
    code = getattr(task, "_built_in", None)
    if code is None:
        return None
    lines = [line for start, end, line in code.co_lines() if start <= task._built_at < end]
    return code.co_filename, (lines or [0])[0] or code.co_firstlineno, code.co_name


def is_unaccounted(task: Any) -> bool:
    """Whether a task of ours has neither begun nor been named; one of Lilya's cannot tell."""
    return not getattr(task, "_accounted", True)


def account_for(*tasks: Any) -> None:
    """Note that nothing more is to be said of these, if they are freed and never began."""
    for each in (inner for task in tasks for inner in within(task) if is_unaccounted(inner)):
        each._accounted = True


def is_reported(failure: BaseException, run: Any) -> bool:
    """Whether each error of a failure was reported inside of the task that a run has come to."""
    notes = (vars(each).get(REPORTED, {}) for each in errors_in(failure))
    return all(each.get(run) == run.number for each in notes)


def pass_on(failure: BaseException, run: Any, outer: Any) -> None:
    """Note on a failure which leaves a run that the run around it need not report it again."""
    for each in errors_in(failure):
        note = vars(each).setdefault(REPORTED, Reported())
        if note.get(run) == run.number:
            del note[run]
        if outer is not None:
            note[outer] = outer.number
        if not note:
            vars(each).pop(REPORTED, None)  # another thread may have been quicker


def errors_in(error: BaseException) -> list[BaseException]:
    """The errors in a group of errors, or the one that is none."""
    if isinstance(error, BaseExceptionGroup):
        return [each for inner in error.exceptions for each in errors_in(inner)]
    return [error]


def failure_in(error: Any) -> BaseException | None:
    """What is a failure: all of `error`, what a group has beside a cancellation, or nothing."""
    if not any(map(comes_from_outside, errors_in(error))):
        return error  # type: ignore[no-any-return]  # `Any`, to split a group
    return error.split(comes_from_outside)[1] if isinstance(error, BaseExceptionGroup) else None


def comes_from_outside(error: BaseException) -> bool:
    """Whether an error is no failure: a cancellation, or the end of the program."""
    if isinstance(error, (Exception, SystemExit, KeyboardInterrupt, GeneratorExit)):
        return isinstance(error, (KeyboardInterrupt, GeneratorExit))
    with suppress(RuntimeError):  # a coroutine that is closed when the event loop is gone
        # A function may raise asyncio's `CancelledError` itself. Python 3.10 cannot tell.
        asked = getattr(current_asyncio_task(), "cancelling", lambda: 1)
        if isinstance(error, anyio.get_cancelled_exc_class()):
            return asked() > 0 or anyio.current_effective_deadline() == -inf
    return False


def current_asyncio_task() -> Any:
    try:
        return sys.modules["asyncio"].current_task()
    except (KeyError, RuntimeError):  # not loaded, or no event loop of asyncio's
        return None
