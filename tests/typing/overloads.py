"""Overloaded functions and methods."""

from typing import overload

from ravyn_bg import BackgroundTask, BackgroundTasks


@overload
def store(key: str) -> None: ...
@overload
def store(key: int, *, table: str) -> None: ...
def store(key: str | int, *, table: str = "") -> None: ...


class Cache:
    @overload
    async def drop(self, key: str, /) -> None: ...
    @overload
    async def drop(self, first: int, last: int, /) -> None: ...
    async def drop(self, first: str | int, last: int = 0, /) -> None: ...


def right(tasks: BackgroundTasks, cache: Cache) -> None:
    BackgroundTask(store, "a")  # right: as the first overload
    BackgroundTask(store, 1, table="users")  # right: as the second
    BackgroundTasks(tasks=[BackgroundTask(store, key="a")])  # right: the first, by keyword
    tasks.add_task(store, 2, table="users")  # right: the second, added
    tasks.add_task(store, "b")  # right: the first, added
    BackgroundTask(cache.drop, "a")  # right: a method, as the first
    BackgroundTasks(tasks=[BackgroundTask(cache.drop, 1, 9)])  # right: a method, as the second
    tasks.add_task(cache.drop, 1, 9)  # right: a method, added


def wrong(tasks: BackgroundTasks, cache: Cache) -> None:
    BackgroundTask(store)  # type: ignore[arg-type]  # wrong: no overload
    BackgroundTask(store, 1)  # type: ignore[arg-type]  # wrong: no overload
    BackgroundTasks(tasks=[BackgroundTask(store, "a", table="users")])  # type: ignore[arg-type]  # wrong: no overload
    tasks.add_task(store, None)  # type: ignore[arg-type]  # wrong: no overload
    tasks.add_task(store, 1, table=2)  # type: ignore[arg-type]  # wrong: no overload
    BackgroundTask(cache.drop, 1)  # type: ignore[arg-type]  # wrong: no overload
    BackgroundTasks(tasks=[BackgroundTask(cache.drop, 1, 9, 10)])  # type: ignore[arg-type]  # wrong: no overload
    tasks.add_task(cache.drop, "a", 9)  # type: ignore[arg-type]  # wrong: no overload
