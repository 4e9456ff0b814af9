"""Classes: a task that makes an object, methods of every kind, generic classes and functions."""

from collections.abc import Sized
from dataclasses import dataclass
from functools import partialmethod
from typing import Any, AnyStr, Generic

from typing_extensions import Self, TypeVar

from ravyn_bg import BackgroundTask, BackgroundTasks

T = TypeVar("T")
S = TypeVar("S", bound=Sized)
D = TypeVar("D", default=str)


@dataclass(frozen=True, kw_only=True)
class Mail:
    to: str
    copies: tuple[str, ...] = ()


class Mailer:
    def __init__(self, host: str, port: int = 25) -> None: ...
    def send(self, to: str, retries: int = 3) -> None: ...
    async def join(self, other: Self) -> Self:
        return self

    @classmethod
    def connect(cls, host: str, port: int = 25) -> None: ...
    @staticmethod
    def log(message: str, *, level: int) -> None: ...

    once = partialmethod(send, retries=1)


class Relay:
    def __init__(self, host: str) -> None: ...


class Cached:
    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        return super().__new__(cls)

    def __init__(self, key: str) -> None: ...


class Queue(Generic[D]):
    def put(self, item: D, *, first: bool = False) -> None: ...


def put(item: T, into: list[T]) -> None: ...
def measure(thing: S) -> S:
    return thing


def join(first: AnyStr, second: AnyStr) -> AnyStr:
    return first + second


def objects(tasks: BackgroundTasks, kind: type[Mailer], either: type[Relay] | type[Mailer]) -> None:
    BackgroundTask(Mailer, "b.c")  # right: the parameters of `__init__`
    tasks.add_task(Mail, to="a@b.c")  # right: a dataclass
    tasks.add_task(kind, host="b.c", port=465)  # right: a variable that holds a class
    tasks.add_task(either, "b.c")  # right: one of two classes | union of functions: pyrefly
    tasks.add_task(Cached, "a")  # right: `__new__` takes anything, `__init__` does not
    tasks.add_task(dict, a=1)  # right: a builtin class | overload: pyrefly

    BackgroundTask(Mailer, "b.c", "465")  # wrong: type
    tasks.add_task(Mail, "a@b.c")  # wrong: too many
    tasks.add_task(Mail, to="a@b.c", copies="d@e.f")  # wrong: type
    tasks.add_task(kind, host=1)  # wrong: type | class in a variable: mypy
    tasks.add_task(either, 1)  # wrong: type | class in a variable: mypy
    tasks.add_task(Cached, 1)  # wrong: type | two constructors: ty


def methods(tasks: BackgroundTasks, mailer: Mailer) -> None:
    BackgroundTask(mailer.send, "a@b.c")  # right: bound
    BackgroundTask(Mailer.send, mailer, "a@b.c")  # right: not bound, its object passed
    tasks.add_task(mailer.join, mailer)  # right: `Self`
    BackgroundTask(Mailer.connect, "b.c", port=465)  # right: a class method
    tasks.add_task(mailer.log, message="sent", level=1)  # right: a static method
    BackgroundTask(mailer.once, "a@b.c")  # right: a `partialmethod`

    tasks.add_task(mailer.send, b"a@b.c")  # wrong: type
    tasks.add_task(Mailer.send, "a@b.c", "c@d.e")  # wrong: type
    BackgroundTask(mailer.join, "a")  # wrong: type
    BackgroundTask(Mailer.connect, "b.c", port="465")  # wrong: type
    tasks.add_task(mailer.log, "sent", 1)  # wrong: too many
    tasks.add_task(mailer.once, 1)  # wrong: type | partialmethod: all


def generics(tasks: BackgroundTasks, numbers: list[int], texts: Queue, queue: Queue[int]) -> None:
    BackgroundTask(put, 1, numbers)  # right: one type for both
    BackgroundTask(measure, "abc")  # right: within the bound
    tasks.add_task(join, b"a", b"b")  # right: both bytes
    BackgroundTask(texts.put, "a")  # right: what the default says
    BackgroundTask(queue.put, 1)  # right: a method that takes what its object holds

    BackgroundTask(put, "a", numbers)  # wrong: type
    BackgroundTask(measure, 5)  # wrong: type
    tasks.add_task(join, "a", b"b")  # wrong: type
    BackgroundTask(texts.put, 1)  # wrong: type
    tasks.add_task(queue.put, 1, first=1)  # wrong: type
