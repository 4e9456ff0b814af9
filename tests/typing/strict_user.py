# mypy: disallow-any-unimported, disallow-any-decorated, disallow-any-explicit
"""A user under the strictest checks, whose own code has no `Any`: no error is ours."""

from lilya.apps import Lilya
from lilya.background import Task as LilyaTask
from lilya.routing import Path
from typing_extensions import override

from ravyn_bg import (
    BackgroundTask,
    BackgroundTasks,
    BackgroundTaskType,
    JSONResponse,
    Request,
    with_background,
)


class Timed(BackgroundTask):
    @override
    async def __call__(self) -> None:
        await super().__call__()


either: BackgroundTaskType = BackgroundTask(print)


def send(to: str) -> None: ...
async def ping(url: str, *, timeout: float = 1.0) -> None: ...


def collect(tasks: BackgroundTasks) -> list[LilyaTask]:
    tasks.add_task(send, to="a@b.c")
    mixed = [BackgroundTask(send, "a@b.c"), BackgroundTask(ping, "b.c", timeout=2.0)]
    return BackgroundTasks(tasks=[*mixed, tasks, Timed(send, "a@b.c")]).tasks


@with_background(BackgroundTask(send, "a@b.c"))
async def fixed(request: Request) -> JSONResponse:
    return JSONResponse({"path": request.url.path})


@with_background
async def added(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(send, source)
    return {"source": source}


app = Lilya(routes=[Path("/fixed", fixed), Path("/{source}", added)])
