"""The application that `test_servers` has each server serve."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio.lowlevel
from lilya.apps import Lilya
from lilya.responses import PlainText, Response, StreamingResponse

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background

app = Lilya()


def log_request(endpoint: str) -> None:
    print(f"Request to {endpoint} completed")


async def process_event(source: str) -> None:
    print(f"Event of {source} processed")


@app.get("/plain/{source}")
async def plain(source: str) -> dict[str, str]:
    return {"source": source}


@app.get("/sync/{source}")
@with_background(BackgroundTask(log_request, "/sync"))
def sync(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(process_event, source)
    return {"source": source}


@app.get("/stream")
@with_background
async def stream(background_tasks: BackgroundTasks) -> Response:
    async def endless() -> AsyncIterator[bytes]:
        background_tasks.add_task(process_event, "stream")
        while True:
            yield bytes(64_000)
            await anyio.lowlevel.checkpoint()

    return StreamingResponse(endless())


@app.get("/large")
@with_background(BackgroundTask(log_request, "/large"))
async def large(background_tasks: BackgroundTasks) -> Response:
    background_tasks.add_task(process_event, "large")
    return PlainText(bytes(50_000_000))
