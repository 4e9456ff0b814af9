"""Pitfall 3, not handling errors: the client has its answer and will not hear of them."""

# `ravyn_bg` logs each failure by itself: its traceback, and the tasks lost with it, of which there
# are none under `continue_on_error`. It cannot try again or make good: that is up to the task.

from __future__ import annotations

from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse

app = Lilya()
PRICES = {"latte": 4}


def charge(drink: str) -> None:
    print(f"Charged {PRICES[drink]}")


def charge_or_ask(drink: str) -> None:
    try:
        charge(drink)
    except KeyError:
        print(f"Asked the barista what a {drink} costs")


def send_receipt(email: str) -> None:
    print(f"Receipt to {email}")


@app.post("/pitfall/{drink}/{email}")
def stop_at_the_first(drink: str, email: str) -> JSONResponse:
    tasks = BackgroundTasks([BackgroundTask(charge, drink), BackgroundTask(send_receipt, email)])
    return JSONResponse({"ordered": drink}, background=tasks)


@app.post("/cure/go-on/{drink}/{email}")
def go_on(drink: str, email: str) -> JSONResponse:
    tasks = BackgroundTasks(continue_on_error=True)
    tasks.add_task(charge, drink)
    tasks.add_task(send_receipt, email)
    return JSONResponse({"ordered": drink}, background=tasks)


@app.post("/cure/handle/{drink}/{email}")
def handle(drink: str, email: str) -> JSONResponse:
    tasks = BackgroundTasks()
    tasks.add_task(charge_or_ask, drink)
    tasks.add_task(send_receipt, email)
    return JSONResponse({"ordered": drink}, background=tasks)
