"""Overloaded functions, `functools.partial`, and partials of overloaded functions."""

import warnings
from functools import partial
from typing import overload

from ravyn_bg import BackgroundTask, BackgroundTasks


def send(to: str, retries: int = 3) -> None: ...
async def ping(url: str, timeout: float) -> None: ...
@overload
def store(key: str) -> None: ...
@overload
def store(key: int, *, table: str) -> None: ...
def store(key: str | int, *, table: str = "") -> None: ...


class Mailer:
    def __init__(self, host: str, port: int = 25) -> None: ...
    def send(self, to: str, *, text: str) -> None: ...


def calls(tasks: BackgroundTasks, mailer: Mailer) -> None:
    kept = partial(mailer.send, text="a")
    BackgroundTask(store, "a")  # right: as the first overload
    tasks.add_task(store, 2, table="users")  # right: as the second
    BackgroundTask(partial(send, "a@b.c"))  # right: nothing more to give
    tasks.add_task(partial(ping, timeout=1.0), "http://b.c")  # right: an async function
    tasks.add_task(partial(send, retries=1), "a@b.c", retries=2)  # right: given anew
    BackgroundTask(partial(store, 1), table="users")  # right: one overload left
    BackgroundTask(partial(partial(send, "a@b.c"), 1))  # right: a partial of a partial
    BackgroundTask(partial(Mailer, "b.c"), port=465)  # right: a class
    tasks.add_task(kept, "a@b.c")  # right: a method, kept in a variable

    BackgroundTask(store, 1)  # wrong: no overload | overload: pyrefly
    tasks.add_task(store, "a", table="users")  # wrong: no overload | overload: pyrefly
    BackgroundTask(partial(send, 42))  # wrong: type | partial: zuban
    BackgroundTask(partial(send, "a@b.c"), "3")  # wrong: type | partial: mypy, zuban
    BackgroundTask(partial(ping, "http://b.c"))  # wrong: missing | partial: mypy, zuban
    tasks.add_task(partial(send, "a@b.c"), 1, 2)  # wrong: too many | partial: mypy, zuban
    tasks.add_task(partial(send, "a@b.c"), retry=1)  # wrong: unknown keyword | partial: mypy, zuban
    tasks.add_task(partial(send, "a@b.c")())  # wrong: called
    BackgroundTask(partial(store, None))  # wrong: no overload | partial: mypy, pyrefly, zuban
    BackgroundTask(partial(store, 1), table=2)  # wrong: no overload | partial: mypy, zuban
    BackgroundTask(partial(partial(send), 1), 2)  # wrong: type | partial: mypy, pyrefly, zuban
    BackgroundTask(partial(Mailer, "b.c"), "465")  # wrong: type | partial: mypy, ty, zuban
    tasks.add_task(kept, 1)  # wrong: type | partial: mypy, zuban


def overloaded(tasks: BackgroundTasks, counts: dict[str, int], news: str | Warning) -> None:
    more = counts or [("a", 1)]
    kept = partial(store, 1)
    tasks.add_task(partial(counts.update, more))  # right: two overloads | partial: pyright
    tasks.add_task(partial(warnings.warn, news))  # right: two overloads | partial: pyright
    tasks.add_task(kept, table="users")  # right: kept in a variable

    tasks.add_task(kept, table=1)  # wrong: type | partial: mypy, zuban
    tasks.add_task(partial(send), subject=5)  # wrong: unknown keyword | partial: mypy, zuban
