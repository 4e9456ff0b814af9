"""Unions, and what may be `None`."""

from collections.abc import Awaitable, Callable

from ravyn_bg import BackgroundTask, BackgroundTasks

Hook = Callable[[str], None]
AsyncHook = Callable[[str], Awaitable[None]]
NumberHook = Callable[[int], None]


def send(to: str) -> None: ...


def note(text: str | None, *, author: str | None = None) -> None: ...


def find(key: str | int) -> None: ...


def right(
    tasks: BackgroundTasks, to: str | None, hook: Hook | None, either: Hook | AsyncHook
) -> None:
    BackgroundTask(note, None)  # right: a `None` that is asked for
    tasks.add_task(note, to, author=None)  # right: one that may be
    BackgroundTask(find, "a")  # right: one of a union
    BackgroundTasks(tasks=[BackgroundTask(find, 1)])  # right: the other
    if to is not None:
        BackgroundTask(send, to=to)  # right: an argument narrowed
        tasks.add_task(send, to)  # right: an argument narrowed, added
    if hook is not None:
        BackgroundTask(hook, "b")  # right: a function narrowed
        BackgroundTasks(tasks=[BackgroundTask(hook, "a")])  # right: a function narrowed, in a list
    tasks.add_task(either, "a")  # right: a sync or an async function


def wrong(
    tasks: BackgroundTasks, to: str | None, hook: Hook | None, mixed: Hook | NumberHook
) -> None:
    BackgroundTask(send, to)  # type: ignore[arg-type]  # wrong: None
    BackgroundTasks(tasks=[BackgroundTask(send, to)])  # type: ignore[arg-type]  # wrong: None
    tasks.add_task(send, to=to)  # type: ignore[arg-type]  # wrong: None
    BackgroundTask(hook, "a")  # type: ignore[arg-type]  # wrong: not callable
    tasks.add_task(hook, "a")  # type: ignore[arg-type]  # wrong: not callable
    BackgroundTasks(tasks=[BackgroundTask(find, None)])  # type: ignore[arg-type]  # wrong: None
    tasks.add_task(find, b"a")  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(note, "a", author=5)  # type: ignore[arg-type]  # wrong: type by keyword
    tasks.add_task(mixed, "a")  # type: ignore[arg-type]  # wrong: type
    BackgroundTask(send if to is None else "send", "a")  # type: ignore[arg-type]  # wrong: not callable
