"""The application that `test_servers` has Palfrey and Uvicorn serve."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from anyio import to_thread
from lilya.apps import Lilya
from lilya.requests import Request
from lilya.responses import JSONResponse, Response, StreamingResponse

from ravyn_bg import BackgroundTask, BackgroundTasks

app = Lilya()


def charge_card(order: dict[str, str]) -> None:
    print("Charged", order["missing_key"])


async def charge_card_async(order: dict[str, str]) -> None:
    charge_card(order)


def send_receipt(number: int) -> None:
    print(f"Receipt {number} sent")


def hold(gate: str) -> None:
    print("Held")
    with Path(gate).open() as opened:
        opened.readline()
    print("Let go")


async def hold_async(gate: str) -> None:
    await to_thread.run_sync(hold, gate)


@app.get("/alone")
async def alone() -> JSONResponse:
    return JSONResponse({"ok": True}, background=BackgroundTask(charge_card, {}))


@app.get("/alone-async")
async def alone_async() -> JSONResponse:
    return JSONResponse({"ok": True}, background=BackgroundTask(charge_card_async, {}))


@app.get("/stops/{number}")
async def stops(number: int) -> JSONResponse:
    tasks = BackgroundTasks([BackgroundTask(charge_card, {})])
    tasks.add_task(send_receipt, number)
    return JSONResponse({"ok": True}, background=tasks)


@app.get("/goes-on/{number}")
async def goes_on(number: int) -> JSONResponse:
    tasks = BackgroundTasks([BackgroundTask(charge_card, {})], continue_on_error=True)
    tasks.add_task(send_receipt, number)
    return JSONResponse({"ok": True}, background=tasks)


@app.get("/large")
async def large() -> Response:
    return Response(b"x" * 1_000_000, background=BackgroundTask(charge_card, {}))


@app.get("/streamed")
async def streamed() -> StreamingResponse:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    return StreamingResponse(chunks(), background=BackgroundTask(charge_card, {}))


@app.get("/fine/{number}")
async def fine(number: int) -> JSONResponse:
    return JSONResponse({"ok": True}, background=BackgroundTask(send_receipt, number))


@app.get("/held")
async def held(request: Request) -> JSONResponse:
    tasks = BackgroundTasks([BackgroundTask(hold, request.query_params["gate"])])
    tasks.add_task(send_receipt, 1)
    return JSONResponse({"ok": True}, background=tasks)


@app.get("/held-async")
async def held_async(request: Request) -> JSONResponse:
    tasks = BackgroundTasks([BackgroundTask(hold_async, request.query_params["gate"])])
    tasks.add_task(send_receipt, 1)
    return JSONResponse({"ok": True}, background=tasks)
