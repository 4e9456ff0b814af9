"""Functions behind a decorator, and forwarded by a helper, that keeps parameters by `ParamSpec`."""

from collections.abc import Callable
from functools import cache
from typing import Concatenate, ParamSpec, TypeVar

from ravyn_bg import BackgroundTask, BackgroundTasks

P = ParamSpec("P")
R = TypeVar("R")


def retried(func: Callable[P, R]) -> Callable[P, R]:
    raise NotImplementedError


def in_session(func: Callable[Concatenate[str, P], R]) -> Callable[P, R]:
    raise NotImplementedError


@retried
async def ping(url: str, *, timeout: float = 1.0) -> None: ...


@in_session
def insert(session: str, row: int) -> None: ...


@cache
def load(path: str) -> None: ...


def later(
    tasks: BackgroundTasks, func: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs
) -> None:
    tasks.add_task(func, *args, **kwargs)  # right: all that there is, passed on
    tasks.add_task(func, *args)  # wrong: missing
    tasks.add_task(func, 1, *args, **kwargs)  # wrong: too many


def calls(tasks: BackgroundTasks) -> None:
    BackgroundTask(ping, "b.c", timeout=1.0)  # right: the parameters of the function
    tasks.add_task(insert, row=8)  # right: the first parameter is given by the decorator
    BackgroundTask(retried(len), "abc")  # right: decorated on the spot
    BackgroundTask(load, "a.pdf")  # right: behind a cache
    later(tasks, ping, "a@b.c", timeout=2)  # right: through a helper
    tasks.add_task(later, tasks, ping, "a@b.c")  # right: the helper as a task

    BackgroundTask(ping, timeout=1.0)  # wrong: missing
    BackgroundTask(ping, "b.c", url="b.c")  # wrong: twice
    tasks.add_task(ping, "b.c", timeout="1")  # wrong: type
    tasks.add_task(insert, 7, 8)  # wrong: too many
    BackgroundTask(retried(len), 42)  # wrong: type
    BackgroundTask(retried("send"), "a@b.c")  # wrong: not callable
    later(tasks, ping, 1)  # wrong: type
    tasks.add_task(later, tasks, ping, 1)  # wrong: type | two ParamSpecs: pyrefly
    tasks.add_task(later, tasks, ping)  # wrong: missing | two ParamSpecs: pyrefly
