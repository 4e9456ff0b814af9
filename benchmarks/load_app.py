"""The application under load: three tasks behind each response, Lilya's or ours."""

from __future__ import annotations

from time import perf_counter

from lilya.apps import Lilya
from lilya.background import Tasks
from lilya.responses import JSONResponse
from lilya.types import Receive, Scope, Send

from ravyn_bg import BackgroundTasks

begun: list[float] = []
ended: list[float] = []
underway: set[int] = set()

lilya = Lilya()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" and scope["path"] != "/counted":
        underway.add(id(scope))
    try:
        await lilya(scope, receive, send)  # returns when the tasks behind the response have ended
    finally:
        underway.discard(id(scope))


@lilya.get("/Lilya")
async def on_lilya() -> JSONResponse:
    return queued(Tasks())


@lilya.get("/ravyn_bg")
async def on_ravyn_bg() -> JSONResponse:
    return queued(BackgroundTasks())


def queued(tasks: Tasks) -> JSONResponse:
    begun.append(perf_counter())
    for number in range(3):
        tasks.add_task(task, number)
    return JSONResponse({"status": "queued"}, background=tasks)


def task(number: int) -> None:
    ended.append(perf_counter())


@lilya.get("/counted")
async def counted() -> dict[str, float]:
    seconds = ended[-1] - begun[0] if ended else 0.0
    return {"underway": len(underway), "completed": len(ended) / 3, "seconds": seconds}


@lilya.get("/forget")
async def forget() -> None:
    begun.clear()
    ended.clear()
