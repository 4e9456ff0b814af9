"""An application without Lilya's, which configures no logging, for `test_servers`."""

from __future__ import annotations

from lilya.responses import Response
from lilya.types import Receive, Scope, Send

from ravyn_bg import BackgroundTask


def charge_card(order: dict[str, str]) -> None:
    print("Charged", order["missing_key"])


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await Response("ok", background=BackgroundTask(charge_card, {}))(scope, receive, send)
