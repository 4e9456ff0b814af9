"""The application of `test_servers`, `test_deploy` and `test_gone`."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator

import anyio
from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background
from ravyn_bg.middleware import BackgroundTasksMiddleware
from ravyn_bg.responses import StreamingResponse

app = Lilya()


async def charge_card(card: str) -> None:
    raise ConnectionError("the bank is away")


def charge_card_sync(card: str) -> None:
    raise ConnectionError("the bank is away")


def say(what: str) -> None:
    print(f"{what}\n", end="", flush=True)  # in one piece: there are other threads


async def gate() -> None:
    """Go on when the file `GATE` is there, whatever the server is doing."""
    while not await anyio.Path(os.environ["GATE"]).exists():  # noqa: ASYNC110 - it is not ours
        await anyio.sleep(0.01)


# What fails


@app.post("/pay")
async def pay() -> JSONResponse:
    tasks = BackgroundTasks([BackgroundTask(charge_card, "4242")])
    tasks.add_task(say, "receipt sent")
    return JSONResponse({"paid": True}, background=tasks)


@app.post("/streamed")
async def streamed() -> StreamingResponse:
    chunks = (b"x" * 10_000 for _ in range(100))
    return StreamingResponse(chunks, background=BackgroundTask(charge_card_sync, "4242"))


# What goes on while the server stops


async def until_told(number: int) -> None:
    say(f"task {number} began")
    await gate()
    say(f"task {number} ended")


def until_told_sync(number: int) -> None:
    say(f"task {number} began")
    while not os.path.exists(os.environ["GATE"]):
        time.sleep(0.01)
    say(f"task {number} ended")


@app.post("/slow/{number:int}")
async def slow(number: int) -> JSONResponse:
    tasks = BackgroundTasks([BackgroundTask(until_told_sync if number % 2 else until_told, number)])
    tasks.add_task(say, f"after {number}")
    return JSONResponse({"number": number}, background=tasks)


# What a client leaves behind that goes away before it is answered, or in the middle of a stream


async def late() -> dict[str, str]:
    say("asked")
    await gate()
    return {}


async def endless() -> AsyncIterator[str]:
    say("asked")
    while True:
        yield "more"
        await anyio.sleep(0.01)


async def stream() -> StreamingResponse:
    return StreamingResponse(endless())


def note(way: str) -> BackgroundTask:
    return BackgroundTask(say, f"the task behind the {way} ran")


app.get("/answer")(with_background(note("answer"))(late))
app.get("/stream")(with_background(note("stream"))(stream))
under_middleware = BackgroundTasksMiddleware(app)
