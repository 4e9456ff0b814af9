"""The application of `checks/test_handlers_on_servers`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
from lilya.apps import Lilya
from lilya.responses import PlainText, Response, StreamingResponse

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from ravyn_bg.middleware import BackgroundTasksMiddleware, current_tasks

app = Lilya()
under_middleware = BackgroundTasksMiddleware(app)


async def process(event: str) -> None:
    print(f"{event} processed")


@app.get("/plain/{source}")
async def plain(source: str) -> dict[str, str]:
    return {"source": source}


@app.get("/sync/{source}")
@with_background(BackgroundTask(print, "fixed on sync"))
def sync(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(process, source)
    return {"source": source}


@app.get("/large")
@with_background(BackgroundTask(print, "fixed on large"))
async def large(background_tasks: BackgroundTasks) -> Response:
    background_tasks.add_task(process, "added on large")
    current_tasks().add_task(process, "end of large")
    return PlainText(bytes(50_000_000))


@app.get("/endless")
@with_background(BackgroundTask(print, "fixed on endless"))
async def endless(background_tasks: BackgroundTasks) -> Response:
    background_tasks.add_task(process, "added on endless")
    current_tasks().add_task(process, "end of endless")
    return StreamingResponse(chunks())


async def chunks() -> AsyncIterator[str]:
    while True:
        yield "more"
        await anyio.sleep(0.01)
