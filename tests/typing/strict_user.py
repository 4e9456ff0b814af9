# mypy: disallow-any-unimported, disallow-any-decorated, disallow-any-explicit
"""A user under the strictest checks, whose own code has no `Any`: no error is ours."""

from lilya.apps import Lilya
from lilya.routing import Path

from ravyn_bg import (
    BackgroundTask,
    BackgroundTasks,
    BackgroundTaskType,
    JSONResponse,
    Request,
    Task,
    with_background,
)


class Mails(BackgroundTasks):
    """A container of the user's own."""


class Timed(BackgroundTask):
    """A task of the user's own."""

    async def __call__(self) -> None:
        await super().__call__()


last: BackgroundTask | None = None
bare: list[BackgroundTask] = []
either: BackgroundTaskType = BackgroundTask(print)
by_name: dict[str, BackgroundTask | BackgroundTasks] = {"a": either}


def send(to: str) -> None: ...


async def ping(url: str, *, timeout: float = 1.0) -> None: ...


def collect(task: BackgroundTask, tasks: BackgroundTasks) -> BackgroundTasks:
    mixed = [BackgroundTask(send, "a@b.c"), BackgroundTask(ping, "b.c", timeout=2.0), task]
    tasks.add_task(send, to="a@b.c")
    for each in tasks.tasks:
        print(each)
    bare.extend(mixed)
    return BackgroundTasks(tasks=[*mixed, *bare, tasks, Timed(send, "a@b.c"), Mails()])


def lilyas(tasks: BackgroundTasks) -> list[Task]:
    return tasks.tasks


@with_background(BackgroundTask(send, "a@b.c"))
async def fixed(request: Request) -> JSONResponse:
    return JSONResponse({"path": request.url.path})


@with_background
async def added(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(send, source)
    return {"source": source}


app = Lilya(routes=[Path("/fixed", fixed), Path("/{source}", added)])
