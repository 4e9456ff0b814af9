"""The application that `test_gone` has each server serve: what its clients leave behind."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import anyio
from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, JSONResponse, with_background
from ravyn_bg.responses import StreamingResponse

app = Lilya()


def note(way: str) -> None:
    print(f"the task of {way} ran\n", end="", flush=True)  # in one piece: there are other threads


async def slow() -> None:
    """Answer when the client has gone, which the file `GATE` says."""
    print("asked", flush=True)
    while not await anyio.Path(os.environ["GATE"]).exists():  # noqa: ASYNC110 - it is not ours
        await anyio.sleep(0.01)


async def endless() -> AsyncIterator[str]:
    print("asked", flush=True)
    while True:
        yield "more"
        await anyio.sleep(0.01)


@app.get("/response/answer")
async def response_answer() -> JSONResponse:
    await slow()
    return JSONResponse({}, background=BackgroundTask(note, "/response/answer"))


@app.get("/response/stream")
async def response_stream() -> StreamingResponse:
    return StreamingResponse(endless(), background=BackgroundTask(note, "/response/stream"))


@app.get("/handler/answer")
@with_background(BackgroundTask(note, "/handler/answer"))
async def handler_answer() -> dict[str, str]:
    await slow()
    return {}


@app.get("/handler/stream")
@with_background(BackgroundTask(note, "/handler/stream"))
async def handler_stream() -> StreamingResponse:
    return StreamingResponse(endless())
