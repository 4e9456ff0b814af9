"""Subclasses, with an `__init__` or an `add_task` of their own and without."""

from collections.abc import Callable
from functools import partial
from typing import Any, Concatenate, ParamSpec

from typing_extensions import override

from ravyn_bg import BackgroundTask, BackgroundTasks, Task, Tasks

P = ParamSpec("P")


def send(to: str, retries: int = 3) -> None: ...


class Plain(BackgroundTask): ...


class Timed(BackgroundTask):
    def __init__(
        self, limit: float, func: Callable[P, object], /, *args: P.args, **kwds: P.kwargs
    ) -> None:
        super().__init__(func, *args, **kwds)


class Loose(BackgroundTask):
    def __init__(self, func: Callable[..., object], *args: Any) -> None:
        super().__init__(func, *args)


class Begun(BackgroundTask):
    def __init__(
        self, func: Callable[Concatenate[str, P], object], /, *args: P.args, **kwds: P.kwargs
    ) -> None:
        super().__init__(func, "a@b.c", *args, **kwds)


class Pairs(BackgroundTask):
    def __init__(self, func: Callable[[int, str], object], number: int, text: str) -> None:
        super().__init__(func, number, text)


class Labelled(Tasks):
    def __init__(self, label: str) -> None:
        super().__init__()


class Counted(BackgroundTasks):
    # As in Lilya's and in Starlette's class.
    @override
    def add_task(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        super().add_task(func, *args, **kwargs)
        super().add_task(partial(send, "a@b.c"), 2)  # right: by `super()`
        super().add_task(partial(send, "a@b.c"), "2")  # wrong: type | partial: mypy, zuban


def answer(background: Task | None) -> None: ...


def calls(tasks: Labelled, counted: Counted) -> None:
    Plain(partial(send, "a@b.c"), 2)  # right: as `BackgroundTask`
    Timed(1.0, partial(send, "a@b.c"), 2)  # right: an argument of its own before
    Loose(partial(send, "a@b.c"), "2")  # right: it checks nothing, so nothing is checked
    Begun(partial(send), 2)  # right: it gives the first argument itself
    Pairs(lambda number, text: print(text * number), 2, "a")  # right: no `ParamSpec`
    BackgroundTasks([Timed(1.0, send, "a@b.c", retries=2)])  # right: in a container
    Labelled("mails").add_task(send, "a@b.c")  # right: a container
    counted.add_task(partial(send, "a@b.c"), 2)  # right: its own `add_task`
    answer(counted)  # right: a container is a task, as in Lilya
    answer(Tasks())  # right: ours, too

    Plain(partial(send, "a@b.c"), "2")  # wrong: type | partial: mypy, zuban
    Timed(1.0, send, 1)  # wrong: type
    Timed(1.0, partial(send, "a@b.c"), "2")  # wrong: type | partial: mypy, zuban
    tasks.add_task(send, 1)  # wrong: type
    counted.add_task(send, 1)  # wrong: type
    counted.add_task(partial(send, "a@b.c"), "2")  # wrong: type | partial: mypy, zuban
    answer(send)  # wrong: type
    tasks.add_task(partial(send, "a@b.c"), retry=2)  # wrong: unknown keyword | partial: mypy, zuban
