"""The application that `test_servers` and `test_shutdown` have Palfrey and Uvicorn serve."""

from __future__ import annotations

import os

import anyio
from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, Response
from ravyn_bg.responses import StreamingResponse

app = Lilya()


async def charge_card(card: str) -> None:
    raise ConnectionError("the bank is away")


def charge_card_sync(card: str) -> None:
    raise ConnectionError("the bank is away")


def send_receipt(to: str) -> None:
    print("receipt sent", flush=True)


async def until_told(number: int) -> None:
    """A task that goes on until the file `GATE` is there, whatever the server is doing."""
    print(f"task {number} began", flush=True)
    gate = anyio.Path(os.environ["GATE"])
    while not await gate.exists():  # noqa: ASYNC110 - it comes from another process
        await anyio.sleep(0.01)
    print(f"task {number} ended", flush=True)


def after(number: int) -> None:
    print(f"after {number}", flush=True)


@app.post("/pay")
async def pay() -> JSONResponse:
    tasks = BackgroundTasks(
        [BackgroundTask(charge_card, "4242"), BackgroundTask(send_receipt, "a")]
    )
    return JSONResponse({"paid": True}, background=tasks)


@app.post("/pay/on")
async def pay_on() -> JSONResponse:
    tasks = BackgroundTasks(continue_on_error=True)
    tasks.add_task(charge_card, "4242")
    tasks.add_task(send_receipt, "a")
    return JSONResponse({"paid": True}, background=tasks)


@app.post("/large")
async def large() -> Response:
    return Response(b"x" * 1_000_000, background=BackgroundTask(charge_card_sync, "4242"))


@app.post("/streamed")
async def streamed() -> StreamingResponse:
    chunks = (b"x" * 10_000 for _ in range(100))
    return StreamingResponse(chunks, background=BackgroundTask(charge_card_sync, "4242"))


@app.post("/slow/{number:int}")
async def slow(number: int) -> JSONResponse:
    tasks = BackgroundTasks()
    tasks.add_task(until_told, number)
    tasks.add_task(after, number)
    return JSONResponse({"number": number}, background=tasks)
