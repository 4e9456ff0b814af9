"""For tests: look at the tasks that something queued, without running them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from unittest.mock import patch

from lilya.background import Task

from ravyn_bg._naming import leaves
from ravyn_bg._reports import account_for
from ravyn_bg.background import BackgroundTask, BackgroundTasks

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

    Gives a list. A task is added to it when its turn comes, in any thread. A container, nested or
    called by a task, adds its tasks one by one; a group adds them in the order of its list. No
    task's function is called inside the `with`, except that of a task of Lilya's that is in no
    container of ours. A captured task is not reported as one that never ran. If one `with` is
    inside another, the inner one captures.

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

    async def capture(task: Any) -> None:
        account_for(task)
        captured.extend(leaves(task))

    async def capture_each(container: Any) -> None:
        for task in list(container.tasks):
            # A container of ours comes back here. One of Lilya's would run its own tasks.
            await (task() if isinstance(task, BackgroundTasks) else capture(task))

    with ExitStack() as patches:
        for kind in kinds(BackgroundTask):
            if not issubclass(kind, BackgroundTasks) and kind.__call__ is not capture:
                patches.enter_context(patch.object(kind, "__call__", capture))
        for way in ("run_single", "run_as_group"):
            patches.enter_context(patch.object(BackgroundTasks, way, capture_each))
        yield captured


def kinds(kind: type[Task]) -> Iterator[type[Task]]:
    yield kind
    for each in kind.__subclasses__():
        yield from kinds(each)
