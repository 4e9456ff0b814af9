"""Classes: a task that makes an object, and methods of generic ones; generic functions."""

from collections.abc import Sized
from dataclasses import dataclass
from typing import AnyStr, Generic

from typing_extensions import TypeVar

from ravyn_bg import BackgroundTask, BackgroundTasks

T = TypeVar("T")
S = TypeVar("S", bound=Sized)
D = TypeVar("D", default=str)


class Report:
    def __init__(self, path: str, pages: int = 1) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Mail:
    to: str
    copies: tuple[str, ...] = ()


class Queue(Generic[D]):
    def put(self, item: D, *, first: bool = False) -> None: ...


def put(item: T, into: list[T]) -> None: ...
def measure(thing: S) -> S:
    return thing


def join(first: AnyStr, second: AnyStr) -> AnyStr:
    return first + second


def objects(tasks: BackgroundTasks, kind: type[Report]) -> None:
    BackgroundTask(Report, "a.pdf")  # right: the parameters of `__init__`
    tasks.add_task(Mail, to="a@b.c")  # right: a dataclass
    tasks.add_task(kind, path="a.pdf", pages=2)  # right: a variable that holds a class

    BackgroundTask(Report)  # wrong: missing
    BackgroundTask(Report, "a.pdf", "2")  # wrong: type
    tasks.add_task(Report("a.pdf"))  # wrong: called
    tasks.add_task(Mail, "a@b.c")  # wrong: too many
    tasks.add_task(Mail, to="a@b.c", copies="d@e.f")  # wrong: type
    BackgroundTask(kind)  # wrong: missing | class in a variable: mypy
    tasks.add_task(kind, path=1)  # wrong: type | class in a variable: mypy


def generics(tasks: BackgroundTasks, numbers: list[int], texts: Queue, queue: Queue[int]) -> None:
    BackgroundTask(put, 1, numbers)  # right: one type for both
    BackgroundTask(measure, "abc")  # right: within the bound
    tasks.add_task(join, b"a", b"b")  # right: both bytes
    BackgroundTask(texts.put, "a")  # right: what the default says
    BackgroundTask(queue.put, 1)  # right: a method that takes what its object holds
    tasks.add_task(Queue[int].put, queue, 1)  # right: not bound, its object passed

    BackgroundTask(put, 1)  # wrong: missing
    BackgroundTask(put, "a", numbers)  # wrong: type
    tasks.add_task(put, 1, numbers, to=numbers)  # wrong: unknown keyword
    BackgroundTask(measure, 5)  # wrong: type
    tasks.add_task(join, "a", b"b")  # wrong: type
    BackgroundTask(texts.put, 1)  # wrong: type
    tasks.add_task(queue.put, 1, first=1)  # wrong: type
