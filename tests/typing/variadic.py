"""`*args`, `**kwargs`, `**kwargs: Unpack[TypedDict]` and `*args: *Ts`."""

from collections.abc import Callable
from typing import TypedDict

from typing_extensions import Required, TypeVarTuple, Unpack

from ravyn_bg import BackgroundTask, BackgroundTasks

Ts = TypeVarTuple("Ts")


class Options(TypedDict, total=False):
    retries: Required[int]
    urgent: bool


def tag(user: int, *tags: str) -> None: ...


async def track(event: str, **properties: int) -> None: ...


def deliver(to: str, **options: Unpack[Options]) -> None: ...


def call(function: Callable[[Unpack[Ts]], object], *arguments: Unpack[Ts]) -> None: ...


def pair(name: str, number: int) -> None: ...


def nothing() -> None: ...


def anything(*args: object, **kwargs: object) -> None: ...


def right(tasks: BackgroundTasks, names: list[str], numbers: dict[str, int]) -> None:
    BackgroundTask(tag, 1)  # right: no `*args`
    BackgroundTasks(tasks=[BackgroundTask(tag, 1, "a", "b")])  # right: two
    tasks.add_task(tag, 1, *names)  # right: a list unpacked
    BackgroundTask(track, "login")  # right: no `**kwargs`
    BackgroundTasks(tasks=[BackgroundTask(track, "login", user=1, device=2)])  # right: two
    tasks.add_task(track, "login", **numbers)  # right: a dict unpacked
    BackgroundTask(deliver, "a@b.c", retries=1)  # right: the required key
    BackgroundTasks(tasks=[BackgroundTask(deliver, to="a@b.c", retries=1)])  # right: by keyword
    tasks.add_task(deliver, "a@b.c", retries=1, urgent=True)  # right: both keys
    BackgroundTask(call, pair, "a", 1)  # right: the arguments of `pair`
    BackgroundTasks(tasks=[BackgroundTask(call, nothing)])  # right: none, as it takes none
    tasks.add_task(call, pair, "b", 2)  # right: the arguments of `pair`, added
    BackgroundTask(anything, 1, "a", b=None)  # right: whatever
    tasks.add_task(anything)  # right: nothing


def wrong(tasks: BackgroundTasks, names: list[str], numbers: dict[str, int]) -> None:
    BackgroundTask(tag, 1, "a", 2)  # type: ignore[arg-type]  # wrong: type
    BackgroundTasks(tasks=[BackgroundTask(tag, "a")])  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(tag, *names)  # type: ignore[arg-type]  # wrong: type
    tasks.add_task(tag, 1, name="a")  # type: ignore[call-arg]  # wrong: unknown keyword
    BackgroundTask(track, user=1)  # type: ignore[call-arg]  # wrong: missing
    BackgroundTasks(tasks=[BackgroundTask(track, "login", user="a")])  # type: ignore[arg-type]  # wrong: type by keyword
    tasks.add_task(track, "login", 1)  # type: ignore[call-arg]  # wrong: too many
    tasks.add_task(track, "login", event="logout")  # type: ignore[misc]  # wrong: twice
    tasks.add_task(track, 1, **numbers)  # type: ignore[arg-type]  # wrong: type
    BackgroundTask(deliver, "a@b.c")  # type: ignore[call-arg]  # wrong: missing
    BackgroundTasks(tasks=[BackgroundTask(deliver, "a", retries=1, at=2)])  # type: ignore[call-arg]  # wrong: unknown keyword
    tasks.add_task(deliver, "a@b.c", retries="1")  # type: ignore[arg-type]  # wrong: type by keyword
    BackgroundTask(call, pair, "a")  # type: ignore[arg-type]  # wrong: arguments of a function
    BackgroundTasks(tasks=[BackgroundTask(call, pair, "a", "1")])  # type: ignore[arg-type]  # wrong: arguments of a function
    tasks.add_task(call, pair, "a", 1, 2)  # type: ignore[arg-type]  # wrong: arguments of a function
    tasks.add_task(call, 42)  # type: ignore[arg-type]  # wrong: type
