"""The application that `test_servers` has Palfrey and Uvicorn serve."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from lilya.apps import Lilya
from lilya.params import Query
from lilya.responses import JSONResponse, Response, StreamingResponse

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background

app = Lilya()


def log_request(endpoint: str) -> None:
    print(f"Request to {endpoint} completed")


async def process_event(source: str) -> None:
    print(f"Event of {source} processed")


def fails() -> None:
    raise LookupError("no such thing")


@app.get("/plain")
async def plain() -> dict[str, str]:
    return {"created": "ada"}


@app.post("/users")
@with_background(BackgroundTask(log_request, "/users"))
async def create_user(name: Any = Query(cast=str)) -> dict[str, str]:
    return {"created": name}


@app.post("/webhooks/{source}")
@with_background
async def webhook(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(process_event, source)
    return {"status": "queued"}


@app.get("/sync/{source}")
@with_background(BackgroundTask(log_request, "/sync"))
def sync(source: str, background_tasks: BackgroundTasks) -> Response:
    background_tasks.add_task(process_event, source)
    return JSONResponse({"created": "ada"})


@app.get("/stream")
@with_background
async def stream(background_tasks: BackgroundTasks) -> Response:
    async def chunks() -> AsyncIterator[str]:
        yield "a"
        background_tasks.add_task(process_event, "stream")
        yield "b"

    return StreamingResponse(chunks())


@app.get("/failing")
@with_background(BackgroundTask(fails))
async def failing(background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(process_event, "failing")
    return {"created": "ada"}
