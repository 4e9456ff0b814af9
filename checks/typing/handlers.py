# mypy: disallow-any-unimported, disallow-any-decorated, disallow-any-explicit
"""`with_background`: what it takes, and that what it decorates keeps its type.

This is a user under the strictest checks, too, whose own code has no `Any`: no error is ours.
"""

from lilya.apps import Lilya
from lilya.controllers import Controller
from lilya.routing import Path
from typing_extensions import assert_type, override

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, Response, with_background
from ravyn_bg.types import BackgroundTaskType


class Timed(BackgroundTask):
    @override
    async def __call__(self) -> None:
        await super().__call__()


def send(to: str) -> None: ...
def several(tasks: BackgroundTasks, either: BackgroundTaskType) -> list[BackgroundTask]:
    tasks.add_task(send, to="a@b.c")
    mixed = [BackgroundTask(send, "a@b.c"), Timed(send, to="a@b.c")]
    return BackgroundTasks(tasks=[*mixed, tasks, either]).tasks


task = BackgroundTask(send, "a@b.c")


@with_background  # right: bare
async def added(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(send, source)
    return {"source": source}


@with_background(task)  # right: a task
def one(source: str) -> JSONResponse:
    return JSONResponse({"source": source})


@with_background(BackgroundTasks([task], as_group=True))  # right: several
def group() -> int:
    return 1


@with_background(task)  # right: an async handler that returns data
async def later(source: str) -> list[str]:
    return [source]


class Webhooks(Controller):
    @with_background
    async def post(self, background_tasks: BackgroundTasks) -> str:
        return "queued"


app = Lilya(routes=[Path("/{source}", added), Path("/one/{source}", one), Path("/", Webhooks)])


async def still_typed(tasks: BackgroundTasks, webhooks: Webhooks) -> None:
    assert_type(await added("a", tasks), dict[str, str])
    assert_type(one("a"), JSONResponse)
    assert_type(group(), int | Response)
    assert_type(await later("a"), list[str] | Response)
    assert_type(await webhooks.post(tasks), str)
    await added(5, tasks)  # wrong: type
    one()  # wrong: missing
    with_background()  # wrong: no handler
    with_background("added")  # wrong: no handler
    with_background([task])  # wrong: no handler
    with_background(send("a@b.c"))  # wrong: no handler
    with_background(task, task)  # wrong: no handler
    with_background(handler=one)  # wrong: no handler
