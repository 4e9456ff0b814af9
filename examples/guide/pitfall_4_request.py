"""Pitfall 4, the request after the response: its body can no longer be read."""

# `ravyn_bg` logs the task that came too late, as any failure. It cannot refuse a request among a
# task's arguments: its URL and headers stay. Beware: Lilya's test client keeps the body as well.

from __future__ import annotations

from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, JSONResponse, Request

app = Lilya()


async def print_from(request: Request) -> None:
    order = await request.json()
    print_order(str(request.url), order["drink"])


def print_order(url: str, drink: str) -> None:
    print(f"{url}: {drink}")


@app.post("/pitfall")
def pass_the_request(request: Request) -> JSONResponse:
    return JSONResponse({}, background=BackgroundTask(print_from, request))


@app.post("/cure")
async def pass_what_it_says(request: Request) -> JSONResponse:
    order = await request.json()
    task = BackgroundTask(print_order, str(request.url), order["drink"])
    return JSONResponse({}, background=task)
