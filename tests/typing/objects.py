"""Callable objects, lambdas, builtins, and a task as the function of a task."""

import asyncio
from typing import Protocol

from ravyn_bg import BackgroundTask, BackgroundTasks


class Sender:
    def __call__(self, to: str, *, retries: int = 3) -> None: ...


class Notify(Protocol):
    async def __call__(self, message: str, /, *, urgent: bool) -> object: ...


def send(to: str) -> None: ...


def calls(tasks: BackgroundTasks, sender: Sender, notify: Notify, log: list[str]) -> None:
    BackgroundTask(sender, "a@b.c")  # right: an object with `__call__`
    tasks.add_task(notify, "read", urgent=True)  # right: a protocol
    BackgroundTask(BackgroundTask(sender, "a@b.c"))  # right: a task is an async callable
    tasks.add_task(tasks.add_task, send, "a@b.c")  # right: adds when it runs | two ParamSpecs: ty
    BackgroundTask(lambda: send(log[0]))  # right: closes over a variable
    for to in log:
        tasks.add_task(lambda to=to: send(to))  # right: keeps `to` | lambda: mypy, plugin, pyright
    BackgroundTask(print, "sent", "a@b.c", sep=": ", flush=True)  # right: `*args` and keywords
    tasks.add_task(log.append, "sent")  # right: a method of a builtin
    tasks.add_task(asyncio.to_thread, send, "a@b.c")  # right: one that takes a function

    tasks.add_task(sender)  # wrong: missing
    tasks.add_task(notify, "sent", urgent="yes")  # wrong: type
    BackgroundTask(BackgroundTask(sender, "a@b.c"), "c@d.e")  # wrong: too many
    tasks.add_task(tasks.add_task, send, 1)  # wrong: type | two ParamSpecs: pyrefly
    BackgroundTask(lambda: send("a@b.c"), "c@d.e")  # wrong: too many | call of a lambda: pyrefly
    tasks.add_task(lambda: send(42))  # wrong: type
    tasks.add_task(log.append, 42)  # wrong: type
    tasks.add_task(asyncio.to_thread, send, 1)  # wrong: type | two ParamSpecs: pyrefly
