"""Callable objects, a protocol with `__call__`, and a task as the function of a task."""

from typing import Protocol

from ravyn_bg import BackgroundTask, BackgroundTasks


class Sender:
    def __call__(self, to: str, *, retries: int = 3) -> None: ...


class AsyncSender:
    async def __call__(self, to: str) -> None: ...


class Notify(Protocol):
    def __call__(self, message: str, /, *, urgent: bool) -> object: ...


def right(tasks: BackgroundTasks, sender: Sender, notify: Notify) -> None:
    BackgroundTask(sender, "a@b.c")  # right: an object with `__call__`
    BackgroundTasks(tasks=[BackgroundTask(AsyncSender(), "a@b.c")])  # right: an async `__call__`
    tasks.add_task(sender, "a@b.c", retries=1)  # right: by keyword
    BackgroundTask(notify, "sent", urgent=True)  # right: a protocol
    BackgroundTasks(tasks=[BackgroundTask(notify, "sent", urgent=False)])  # right: in a list
    tasks.add_task(notify, "read", urgent=True)  # right: a protocol, added
    BackgroundTask(BackgroundTask(sender, "a@b.c"))  # right: a task is an async callable


def wrong(tasks: BackgroundTasks, sender: Sender, notify: Notify) -> None:
    BackgroundTask(sender, 42)  # type: ignore[arg-type]  # wrong: type
    BackgroundTasks(tasks=[BackgroundTask(AsyncSender(), "a", retries=1)])  # type: ignore[call-arg]  # wrong: unknown keyword
    tasks.add_task(sender)  # type: ignore[call-arg]  # wrong: missing
    tasks.add_task(sender, "a@b.c", 1)  # type: ignore[call-arg]  # wrong: too many
    tasks.add_task(AsyncSender, "a@b.c")  # type: ignore[call-arg]  # wrong: too many
    BackgroundTask(notify, "sent")  # type: ignore[call-arg]  # wrong: missing
    BackgroundTask(notify, message="sent", urgent=True)  # type: ignore[call-arg]  # wrong: positional by keyword
    BackgroundTasks(tasks=[BackgroundTask(notify("sent", urgent=True))])  # type: ignore[arg-type]  # wrong: called
    tasks.add_task(notify, "sent", urgent="yes")  # type: ignore[arg-type]  # wrong: type by keyword
    BackgroundTask(BackgroundTask(sender, "a@b.c"), "c@d.e")  # type: ignore[call-arg]  # wrong: too many
