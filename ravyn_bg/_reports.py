"""What is logged: why a task did not run to its end, and which tasks will not run because of that.

Whatever calls a task's function reports it, as soon as that call ends.
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
REPORTED = "__ravyn_bg_reported__"  # the attribute of an exception that holds its note

this_thread = threading.local()


class Reported(WeakKeyDictionary[Any, int]):
    """The note on an exception: for each run, the number of the task in which it was reported.

    Many tasks may raise one exception at once, so it names several runs. It may outlive them all,
    so it holds them weakly. It is pickled empty, because runs cannot be pickled.
    """

    def __reduce__(self) -> Any:
        return Reported, ()


def log(
    level: int, end: str, task: Any, lost: Sequence[Any] = (), error: Any = None, around: Any = None
) -> None:
    """Log what became of a task, with the place where it, or else `around`, was built."""
    # Not made on import: `logging.config` disables the loggers that exist when it is called.
    logger = logging.getLogger("ravyn_bg")
    is_logging = getattr(this_thread, "is_logging", False)  # a log handler may lose a task, too
    # On newer Pythons `isEnabledFor` is false while the logger handles a record.
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
    if is_logging:  # or a log handler that loses a task each time would never end
        with suppress(BaseException):
            sys.stderr.write(f"{message}; not logged, as its thread was logging another record\n")
        return
    try:
        this_thread.is_logging = True
        values = (logger.name, level, path, line, message, (), exc_info, function, extra)
        logger.handle(logger.makeRecord(*values))
    except BaseException:  # no task may be lost because a log handler raises
        with suppress(BaseException):
            sys.stderr.write(f"{message}; logging that failed:\n{traceback.format_exc()}")
    finally:
        this_thread.is_logging = False


def log_never_ran(*tasks: Any) -> None:
    """Log, in one record, which of these tasks, and of the tasks in them, never ran."""
    lost = [leaf for task in tasks for leaf in unaccounted_leaves(task)]
    lost = lost or [task for task in tasks if is_unaccounted(task)]
    account_for(*tasks)
    if lost:
        log(logging.WARNING, "never ran", lost[0], lost[1:])


def log_freed(task: Any, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
    """Log that a task is freed and never began, unless the program ends."""
    # A task that was refused has no `kwargs`. Nor has a container: its tasks speak for themselves.
    if hasattr(task, "kwargs") and not is_finalizing():
        log_never_ran(task)


def counted(names: list[str]) -> str:
    """`send, log ×3`: each name once, with how often it is in the list."""
    shown = [f"{name} ×{times}".removesuffix(" ×1") for name, times in Counter(names).items()]
    return ", ".join(shown[:MOST_NAMES]) + ", …" * (len(shown) > MOST_NAMES)


def at_most(size: int, text: str) -> str:
    """The text, cut off at that many bytes."""
    whole = text.encode(errors="replace")
    return text if len(whole) <= size else whole[: size - 3].decode(errors="ignore") + "…"


def place_of(task: Any) -> tuple[str, int, str] | None:
    """File, line and function where a task of ours was built, if that is known."""
    code = getattr(task, "_built_in", None)
    if code is None:
        return None
    lines = [line for start, end, line in code.co_lines() if start <= task._built_at < end]
    return code.co_filename, (lines or [0])[0] or code.co_firstlineno, code.co_name


def is_unaccounted(task: Any) -> bool:
    """Whether a task must still be reported if it never begins. Lilya's own tasks never are."""
    return not getattr(task, "_accounted", True)


def unaccounted_leaves(task: Any) -> list[Any]:
    return [leaf for leaf in leaves(task) if is_unaccounted(leaf)]


def account_for(*tasks: Any) -> None:
    """Note that these tasks, and the tasks in them, need no record if they never begin."""
    for each in (inner for task in tasks for inner in within(task) if is_unaccounted(inner)):
        each._accounted = True


def is_reported(failure: BaseException, run: Any) -> bool:
    """Whether each error of a failure was already reported inside the current task of a run."""
    notes = (vars(each).get(REPORTED, {}) for each in errors_in(failure))
    return all(each.get(run) == run.number for each in notes)


def note_reported(failure: BaseException, run: Any, outer: Any) -> None:
    """Note, on a failure that leaves a run, that `outer`, the run around it, need not report it."""
    for each in errors_in(failure):
        note = vars(each).setdefault(REPORTED, Reported())
        if note.get(run) == run.number:
            del note[run]
        if outer is not None:
            note[outer] = outer.number
        if not note:
            vars(each).pop(REPORTED, None)  # another thread may have been quicker


def errors_in(error: BaseException) -> list[BaseException]:
    """The errors in a group, nested ones too, or the one error that is not a group."""
    if isinstance(error, BaseExceptionGroup):
        return [each for inner in error.exceptions for each in errors_in(inner)]
    return [error]


def failure_in(error: Any) -> BaseException | None:
    """The part of an error that is a failure: all, a group without its cancellations, or `None`."""
    if not any(map(comes_from_outside, errors_in(error))):
        return error  # type: ignore[no-any-return]  # `error` is `Any`, because of `split`
    return error.split(comes_from_outside)[1] if isinstance(error, BaseExceptionGroup) else None


def comes_from_outside(error: BaseException) -> bool:
    """Whether an error is not a failure: a cancellation, an interrupt, or a closed coroutine."""
    if isinstance(error, (Exception, SystemExit, KeyboardInterrupt, GeneratorExit)):
        return isinstance(error, (KeyboardInterrupt, GeneratorExit))
    with suppress(RuntimeError):  # if a coroutine is closed after the event loop has ended
        # A function may raise `asyncio.CancelledError` unasked. Python 3.10 cannot tell.
        asked = getattr(current_asyncio_task(), "cancelling", lambda: 1)
        if isinstance(error, anyio.get_cancelled_exc_class()):
            return asked() > 0 or anyio.current_effective_deadline() == -inf
    return False


def current_asyncio_task() -> Any:
    try:
        return sys.modules["asyncio"].current_task()
    except (KeyError, RuntimeError):  # not loaded, or no event loop of asyncio's
        return None
