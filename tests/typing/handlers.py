"""`with_background`: what it takes, and that what it decorates keeps its type."""

from lilya.controllers import Controller
from typing_extensions import assert_type

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, Response, with_background


def send(to: str) -> None: ...
async def ping(url: str) -> None: ...


task = BackgroundTask(send, "a@b.c")


@with_background  # right: bare
async def added(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    return {"source": source}


@with_background(task)  # right: a task
def one(source: str) -> JSONResponse:
    return JSONResponse({"source": source})


@with_background(BackgroundTasks([task], as_group=True))  # right: several
def several() -> int:
    return 1


class Webhooks(Controller):
    @with_background
    async def post(self, background_tasks: BackgroundTasks) -> str:
        return "queued"


async def still_typed(tasks: BackgroundTasks, webhooks: Webhooks) -> None:
    assert_type(await added("a", tasks), dict[str, str])
    assert_type(one("a"), JSONResponse)
    assert_type(several(), int | Response)
    assert_type(await webhooks.post(tasks), str)
    await added(5, tasks)  # wrong: type
    one()  # wrong: missing


def wrong() -> None:
    with_background()  # wrong: no handler
    with_background(None)  # wrong: no handler
    with_background("added")  # wrong: no handler
    with_background([task])  # wrong: no handler
    with_background(send("a@b.c"))  # wrong: no handler
    with_background(ping("http://b.c"))  # wrong: no handler
    with_background(task, task)  # wrong: no handler
    with_background(added, task)  # wrong: no handler
    with_background(handler=one)  # wrong: no handler
    with_background(tasks=task)  # wrong: no handler
    with_background(BackgroundTask(send, 5))  # wrong: type
