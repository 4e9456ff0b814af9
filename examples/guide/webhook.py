"""Webhook: another service is told of the order once the customer has been."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import httpx2
from lilya.apps import Lilya

from ravyn_bg import BackgroundTask, JSONResponse, Request

app = Lilya()
order_ids = count(1)


async def send_webhook(url: str, event: Mapping[str, object]) -> None:
    async with httpx2.AsyncClient() as client:
        response = await client.post(url, json=event)
        response.raise_for_status()


@app.post("/orders")
async def create_order(request: Request) -> JSONResponse:
    order = await request.json()
    event = {"order_id": next(order_ids), "item": order["item"], "quantity": order["quantity"]}
    task = BackgroundTask(send_webhook, order["webhook_url"], event)
    return JSONResponse({"order_id": event["order_id"]}, status_code=201, background=task)
