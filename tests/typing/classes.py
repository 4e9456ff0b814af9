"""Classes: a task that makes an object."""

from dataclasses import dataclass

from typing_extensions import Self

from ravyn_bg import BackgroundTask, BackgroundTasks


class Report:
    def __init__(self, path: str, pages: int = 1) -> None: ...


class Named:
    def __new__(cls, name: str) -> Self:
        return super().__new__(cls)


@dataclass
class Invoice:
    number: int
    paid: bool = False


def right(tasks: BackgroundTasks, kind: type[Report]) -> None:
    BackgroundTask(Report, "a.pdf")  # right: the parameters of `__init__`
    BackgroundTask(Named, "one")  # right: the parameters of `__new__`
    BackgroundTasks(tasks=[BackgroundTask(Invoice, 7, paid=True)])  # right: a dataclass
    tasks.add_task(Invoice, number=7)  # right: a dataclass, its default left out
    tasks.add_task(kind, path="a.pdf", pages=2)  # right: a variable that holds a class


def wrong(tasks: BackgroundTasks, kind: type[Report]) -> None:
    BackgroundTask(Report)  # type: ignore[call-arg]  # wrong: missing
    BackgroundTask(Report, "a.pdf", "2")  # type: ignore[arg-type]  # wrong: type
    BackgroundTask(Named, 1)  # type: ignore[arg-type]  # wrong: type
    BackgroundTasks(tasks=[BackgroundTask(Invoice, 7, True, False)])  # type: ignore[call-arg]  # wrong: too many
    tasks.add_task(Invoice, 7, number=8)  # type: ignore[misc]  # wrong: twice
    tasks.add_task(Report, "a.pdf", page=2)  # type: ignore[call-arg]  # wrong: unknown keyword
    tasks.add_task(Report("a.pdf"))  # type: ignore[arg-type]  # wrong: called
    tasks.add_task(kind, path=1)  # pyright: ignore[reportArgumentType]  # wrong: type by keyword
