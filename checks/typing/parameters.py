"""Kinds of parameters, and names that `BackgroundTask` or `add_task` uses itself."""

from collections.abc import Awaitable, Callable
from typing import NewType, TypedDict

from typing_extensions import Required, TypeVarTuple, Unpack

from ravyn_bg import BackgroundTask, BackgroundTasks

Ts = TypeVarTuple("Ts")
UserId = NewType("UserId", int)
Hook = Callable[[str], None] | Callable[[str], Awaitable[None]]
Mixed = Hook | Callable[[int], None]


class Options(TypedDict, total=False):
    retries: Required[int]
    urgent: bool


def resize(path: str, *, width: int, height: int = 0) -> None: ...
def move(source: str, target: str = ".", /) -> None: ...
def note(text: str | None, *, user: UserId | None = None) -> None: ...
def find(key: str | int) -> None: ...
def tag(user: int, *tags: str) -> None: ...
async def track(event: str, **properties: int) -> None: ...
def deliver(to: str, **options: Unpack[Options]) -> None: ...
def call(function: Callable[[Unpack[Ts]], object], *arguments: Unpack[Ts]) -> None: ...
def spread(arguments: tuple[Unpack[Ts]], function: Callable[[Unpack[Ts]], object]) -> None: ...
def pair(name: str, number: int) -> None: ...
def apply(func: str, times: int = 1) -> None: ...
def rename(self: str, to: str) -> None: ...
async def spawn(args: list[str], kwargs: dict[str, str]) -> None: ...
def label(text: str, kwds: int) -> None: ...


def kinds(tasks: BackgroundTasks, to: str | None, names: list[str], users: dict[str, int]) -> None:
    BackgroundTask(resize, "a.png", width=10)  # right: the keyword-only default left out
    tasks.add_task(move, "a")  # right: the positional default left out
    tasks.add_task(note, to, user=UserId(1))  # right: one that may be `None`, and a `NewType`
    BackgroundTask(find, to or 1)  # right: one of a union
    tasks.add_task(tag, 1, "a", *names)  # right: a list unpacked
    tasks.add_task(track, "login", user=1, **users)  # right: a dict unpacked
    BackgroundTask(deliver, "a@b.c", retries=1)  # right: the required key
    tasks.add_task(call, pair, "b", 2)  # right: the arguments of `pair`
    tasks.add_task(spread, ("b", 2), pair)  # right: in a tuple | TypeVarTuple: ty

    BackgroundTask(resize, "a.png", 10)  # wrong: too many
    BackgroundTask(move, "a", target="b")  # wrong: positional by keyword
    BackgroundTask(note, "a", user=5)  # wrong: type
    BackgroundTask(find, to)  # wrong: type
    BackgroundTask(tag, 1, "a", 2)  # wrong: type
    BackgroundTask(track, "login", user="a")  # wrong: type
    BackgroundTask(deliver, "a@b.c")  # wrong: missing
    BackgroundTask(deliver, "a", retries=1, at=2)  # wrong: unknown keyword | Unpack: ty, zuban
    BackgroundTask(call, pair, "a")  # wrong: type | TypeVarTuple: ty
    tasks.add_task(spread, ("b", "2"), pair)  # wrong: type


def unions(
    tasks: BackgroundTasks, hook: Hook, maybe: Hook | None, mixed: Mixed, to: str | None
) -> None:
    either = note if to else apply
    tasks.add_task(hook, "a")  # right: a sync or an async function
    tasks.add_task(either, "a")  # right: both | union of functions: pyright, ty, pyrefly, zuban
    tasks.add_task(maybe, "a")  # wrong: not callable
    tasks.add_task(mixed, "a")  # wrong: type


def names(tasks: BackgroundTasks) -> None:
    tasks.add_task(rename, "a", to="b")  # right: `self` by position
    BackgroundTask(spawn, args=["a"], kwargs={"b": "c"})  # right: `args` and `kwargs`
    tasks.add_task(spawn, args=["a"], kwargs={})  # right: `args` and `kwargs`, added
    BackgroundTask(label, "a", kwds=1)  # right: `kwds`
    tasks.add_task(apply, times=2)  # wrong: missing | func by name: pyrefly
    tasks.add_task(label, "a", kwds="b")  # wrong: type
    BackgroundTask(apply, func="a")  # wrong: twice | func by name: zuban
    tasks.add_task(apply, func="a")  # wrong: twice | func by name: zuban
    BackgroundTask(rename, self="a", to="b")  # wrong: twice | self: mypy, plugin, pyright, zuban
    tasks.add_task(rename, to="b", self="a")  # wrong: twice | self: mypy, plugin, pyright, zuban
