"""Pitfall 1, expecting return values: nobody gets what a task returns."""

# `ravyn_bg` refuses a call's result where its function belongs, and types `await task()` as None,
# so that a type checker shows every use of it. It cannot bring a result into an answer that is out.

from __future__ import annotations

from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, JSONResponse

app = Lilya()


def total(prices: list[int]) -> int:
    return sum(prices)


def print_receipt(prices: list[int], to_pay: int) -> None:
    print(f"{len(prices)} items, {to_pay} to pay")


@app.post("/pitfall")
def total_too_late() -> JSONResponse:
    task = BackgroundTask(total, [3, 4])  # legal: the 7 goes nowhere
    return JSONResponse({}, background=task)


@app.post("/cure")
def total_in_time() -> JSONResponse:
    prices = [3, 4]
    to_pay = total(prices)  # what the client needs, the handler works out
    task = BackgroundTask(print_receipt, prices, to_pay)  # what has an effect is left for later
    return JSONResponse({"total": to_pay}, background=task)
