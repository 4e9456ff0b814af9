"""An application without Lilya's, which configures no logging, for `test_servers`."""

from __future__ import annotations

from lilya.responses import Response
from lilya.types import Receive, Scope, Send

from ravyn_bg import BackgroundTask


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        task = BackgroundTask(list[str]().remove, "the order")
        await Response("ok", background=task)(scope, receive, send)
