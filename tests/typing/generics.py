"""Generic functions, and methods of generic classes."""

from collections.abc import Sized
from typing import AnyStr, Generic, TypeVar

from ravyn_bg import BackgroundTask, BackgroundTasks

T = TypeVar("T")
S = TypeVar("S", bound=Sized)


class Queue(Generic[T]):
    def put(self, item: T, *, first: bool = False) -> None: ...

    async def aput(self, item: T) -> None: ...


def put(item: T, into: list[T]) -> None: ...


def measure(thing: S) -> S:
    return thing


def join(first: AnyStr, second: AnyStr) -> AnyStr:
    return first + second


def right(tasks: BackgroundTasks, numbers: list[int], queue: Queue[int]) -> None:
    BackgroundTask(put, 1, numbers)  # right: one type for both
    BackgroundTasks(tasks=[BackgroundTask(put, item=1, into=numbers)])  # right: by keyword
    tasks.add_task(put, 1, into=numbers)  # right: one by keyword
    BackgroundTask(measure, "abc")  # right: within the bound
    BackgroundTasks(tasks=[BackgroundTask(join, b"a", b"b")])  # right: both bytes
    tasks.add_task(join, "a", "b")  # right: both str
    BackgroundTask(queue.put, 1)  # right: a method that takes what its object holds
    tasks.add_task(queue.aput, 1)  # right: an async method of the same
    tasks.add_task(Queue[int].put, queue, 1)  # right: not bound, its object passed


def wrong(tasks: BackgroundTasks, numbers: list[int], queue: Queue[int]) -> None:
    BackgroundTask(put, 1)  # type: ignore[arg-type]  # wrong: missing
    BackgroundTasks(tasks=[BackgroundTask(put, "a", numbers)])  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(put, 1, numbers, 2)  # type: ignore[arg-type]  # wrong: too many
    tasks.add_task(put, 1, numbers, to=numbers)  # type: ignore[arg-type]  # wrong: unknown keyword
    BackgroundTask(measure, 5)  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(join, "a", b"b")  # type: ignore[arg-type]  # wrong: type
    BackgroundTasks(tasks=[BackgroundTask(join, "a", 5)])  # type: ignore[arg-type]  # wrong: type
    BackgroundTask(queue.put, "a")  # type: ignore[arg-type]  # wrong: type
    BackgroundTasks(tasks=[BackgroundTask(queue.put, 1, first=1)])  # type: ignore[arg-type]  # wrong: type by keyword
    tasks.add_task(queue.aput, item="a")  # type: ignore[arg-type]  # wrong: type by keyword
