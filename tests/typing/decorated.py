"""Functions behind a decorator that keeps their parameters with a `ParamSpec`."""

from collections.abc import Awaitable, Callable
from functools import cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

from ravyn_bg import BackgroundTask, BackgroundTasks

P = ParamSpec("P")
R = TypeVar("R")


class Session: ...


def retried(func: Callable[P, R]) -> Callable[P, R]:
    @wraps(func)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return func(*args, **kwargs)

    return call


def timed(limit: float) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    raise NotImplementedError


def in_session(func: Callable[Concatenate[Session, P], R]) -> Callable[P, R]:
    raise NotImplementedError


@retried
def send(to: str, retries: int = 3) -> None: ...


@timed(1.0)
async def ping(url: str, *, timeout: float) -> None: ...


@in_session
def insert(session: Session, row: int) -> None: ...


@cache
def load(path: str) -> None: ...


def right(tasks: BackgroundTasks) -> None:
    BackgroundTask(send, "a@b.c", retries=1)  # right: the parameters of the function
    BackgroundTasks(tasks=[BackgroundTask(ping, "b.c", timeout=1.0)])  # right: of an async one
    tasks.add_task(insert, 7)  # right: the first parameter is given by the decorator
    tasks.add_task(insert, row=8)  # right: the same, by keyword
    BackgroundTask(retried(len), "abc")  # right: decorated on the spot
    BackgroundTask(load, "a.pdf")  # right: behind a cache


def wrong(tasks: BackgroundTasks) -> None:
    BackgroundTask(send, retries=1)  # type: ignore[call-arg]  # wrong: missing
    BackgroundTask(send, "a@b.c", to="a@b.c")  # type: ignore[misc]  # wrong: twice
    BackgroundTasks(tasks=[BackgroundTask(ping, "http://b.c")])  # type: ignore[call-arg]  # wrong: missing
    BackgroundTasks(tasks=[BackgroundTask(ping, 42, timeout=1.0)])  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(ping, "http://b.c", timeout="1")  # type: ignore[arg-type]  # wrong: type by keyword
    tasks.add_task(ping, "http://b.c", timeout=1.0, proxy="")  # type: ignore[call-arg]  # wrong: unknown keyword
    tasks.add_task(insert, 7, 8)  # type: ignore[call-arg]  # wrong: too many
    tasks.add_task(insert, "7")  # type: ignore[arg-type]  # wrong: type
    BackgroundTask(retried(len), 42)  # type: ignore[arg-type]  # wrong: type
    BackgroundTask(retried("send"), "a@b.c")  # type: ignore[arg-type]  # wrong: not callable
