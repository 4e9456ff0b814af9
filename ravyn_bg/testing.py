"""For tests: look at the tasks that something queued, without running them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from unittest.mock import patch

from lilya.background import Task, Tasks

from ravyn_bg import _running
from ravyn_bg._naming import leaves
from ravyn_bg._reports import account_for
from ravyn_bg._running import RunTasks
from ravyn_bg.background import BackgroundTask

__all__ = ["CapturedTask", "capture_tasks"]


class CapturedTask(Protocol):
    """What there is to look at: a `BackgroundTask`, or a task of Lilya's."""

    func: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    async def __call__(self) -> None: ...


@contextmanager
def capture_tasks() -> Iterator[list[CapturedTask]]:
    """Collect each task that would have begun, in that order, instead of running it.

    Gives a list, to which a task is added when its turn comes, in any thread: one by one out of
    containers, nested ones and those that a task calls; out of a group in the order of its list.
    No task's function is called inside the `with`, but for that of a task of Lilya's which stands
    in no container of ours. What was captured is not reported as a task that never ran. Where one
    `with` stands in another, the inner one captures.

    Runs nothing itself. A task of the list can be run afterwards: `await tasks[0]()`.

    Examples:
        >>> import anyio
        >>> from ravyn_bg import BackgroundTask, BackgroundTasks
        >>> from ravyn_bg.testing import capture_tasks
        >>> with capture_tasks() as tasks:
        ...     anyio.run(BackgroundTasks([BackgroundTask(print, "hello")]))
        >>> [(task.func, task.args) for task in tasks]
        [(<built-in function print>, ('hello',))]
    """
    captured: list[CapturedTask] = []
    call = _running.call

    async def capture(task: Any) -> None:
        account_for(task)
        captured.extend(leaves(task))

    async def capture_or_call(task: Any, container: Tasks) -> Any:
        # A container of ours runs, so that it decides what comes; one of Lilya's would run its own.
        return await (call(task, container) if isinstance(task, RunTasks) else capture(task))

    with ExitStack() as patches:
        for kind in kinds(BackgroundTask):
            if kind.__call__ is not capture:
                patches.enter_context(patch.object(kind, "__call__", capture))
        patches.enter_context(patch.object(_running, "call", capture_or_call))
        # Trio begins what runs side by side in any order.
        patches.enter_context(patch.object(RunTasks, "run_as_group", RunTasks.run_single))
        yield captured


def kinds(kind: type[Task]) -> Iterator[type[Task]]:
    yield kind
    for each in kind.__subclasses__():
        yield from kinds(each)
