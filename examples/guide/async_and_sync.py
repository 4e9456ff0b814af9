"""Async and sync tasks together: one awaited on the event loop, the other in a worker thread."""

from __future__ import annotations

import time

import anyio
from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse

app = Lilya()


def grind(beans: str) -> None:
    time.sleep(0.01)  # may block: the thread is its own
    print(f"{beans} ground")


async def steam(milk: str) -> None:
    await anyio.sleep(0.01)  # must not block: the event loop serves every request
    print(f"{milk} steamed")


@app.post("/latte")
def order_latte() -> JSONResponse:
    tasks = BackgroundTasks([BackgroundTask(grind, "Arabica"), BackgroundTask(steam, "oat milk")])
    return JSONResponse({"receipt": "one latte"}, background=tasks)
