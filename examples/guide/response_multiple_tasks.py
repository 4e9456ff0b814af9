"""Several tasks on a response: they run one after another, each with its part of the order."""

from __future__ import annotations

from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, Request

app = Lilya()


def confirm(email: str) -> None:
    print(f"Confirmed to {email}")


def update_stock(item: str, sold: int) -> None:
    print(f"Stock of {item}: {-sold:+d}")


def record(event: str) -> None:
    print(f"Recorded {event}")


@app.post("/orders")
async def place_order(request: Request) -> JSONResponse:
    order = await request.json()
    tasks = BackgroundTasks(
        [
            BackgroundTask(confirm, order["email"]),
            BackgroundTask(update_stock, order["item"], sold=order["quantity"]),
            BackgroundTask(record, "order"),
        ]
    )
    return JSONResponse({"status": "accepted"}, status_code=202, background=tasks)
