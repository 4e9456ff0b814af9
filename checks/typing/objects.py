"""Callable objects, lambdas, builtins, and a task as the function of a task.

What takes a function or an empty list is inferred from what is expected of it.
"""

from asyncio import to_thread
from functools import partial
from typing import Protocol

from anyio import CapacityLimiter
from anyio.from_thread import BlockingPortal
from anyio.to_thread import run_sync

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
        tasks.add_task(lambda to=to: send(to))  # right: keeps `to` | lambda: mypy, pyright
    tasks.add_task(lambda to: send(to), "a@b.c")  # right: a parameter | lambda: pyright, pyrefly
    BackgroundTask(print, "sent", "a@b.c", sep=": ", flush=True)  # right: `*args` and keywords
    tasks.add_task(log.append, "sent")  # right: a method of a builtin
    tasks.add_task(to_thread, send, "a@b.c")  # right: one that takes a function

    tasks.add_task(sender)  # wrong: missing
    tasks.add_task(notify, "sent", urgent="yes")  # wrong: type
    BackgroundTask(BackgroundTask(sender, "a@b.c"), "c@d.e")  # wrong: too many
    tasks.add_task(tasks.add_task, send, 1)  # wrong: type | two ParamSpecs: pyrefly
    BackgroundTask(lambda: send("a@b.c"), "c@d.e")  # wrong: too many | call of a lambda: pyrefly
    tasks.add_task(lambda: send(42))  # wrong: type
    tasks.add_task(log.append, 42)  # wrong: type
    tasks.add_task(to_thread, send, 1)  # wrong: type | two ParamSpecs: pyrefly


def inferred(
    tasks: BackgroundTasks,
    log: list[str],
    prices: dict[str, list[float]],
    limit: CapacityLimiter,
    portal: BlockingPortal,
) -> None:
    tasks.add_task(log.sort, key=lambda line: line.upper())  # right: a `str` | overload: pyrefly
    tasks.add_task(prices.update, {"a": [1]})  # right: a `float` | inferred: mypy, zuban
    tasks.add_task(to_thread, Sender(), "a@b.c", retries=1)  # right: twice
    tasks.add_task(run_sync, send, "a@b.c", limiter=limit)  # right: a keyword | inferred: mypy
    tasks.add_task(partial(portal.call, send), "a@b.c")  # right: its function, its argument

    tasks.add_task(log.sort, by=len)  # wrong: unknown keyword | overload: pyrefly
    tasks.add_task(prices.update, {"a": ["b"]})  # wrong: type | overload: pyrefly
    tasks.add_task(run_sync, send, 1, limiter=limit)  # wrong: type | TypeVarTuple: ty
