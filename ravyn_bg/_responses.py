"""How tasks get onto what a handler returns: its very response, where that takes them."""

import sys
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from threading import get_ident
from typing import Any

from lilya.compat import is_async_callable
from lilya.encoders import json_encode
from lilya.responses import Ok, Response
from lilya.types import Receive, Scope, Send

from ravyn_bg._reports import current_asyncio_task

MUTE = ("HEAD", "OPTIONS")  # the requests behind which Lilya runs nothing


def response_with(result: Any, behind: Callable[[Any], Any], number: int) -> Any:
    """The response that a handler returned, or Lilya's for its data, with tasks behind it.

    `behind` says what that is, given the background that the response has of its own. `number`
    counts the calls of handlers: a response may serve many of them.
    """
    if not is_application(result):
        data = None if result is None else json_encode(result)
        return Ok(data, background=behind(None))
    response = result
    if is_shared(result, number):
        response = copy(result)
        response.background = result.background._instead_of
    own = getattr(response, "background", None)
    background = behind(own)
    if background is own:
        return response
    background._put_by = number, current_flow()
    background._instead_of = getattr(own, "_instead_of", own)
    with suppress(AttributeError):
        if hasattr(response, "background"):  # a function takes any attribute, and ignores it
            response.background = background
            return response
    return ApplicationResponse(response, background)


def is_application(result: Any) -> bool:
    """Whether this can be served as it is: a response, or any other ASGI application."""
    return isinstance(result, Response) or (callable(result) and is_async_callable(result))


def is_shared(response: Any, number: int) -> bool:
    """Whether a response holds the tasks of another request, and not just of another handler in
    this one, which was called later, and where this one runs.
    """
    put_by, flow = getattr(getattr(response, "background", None), "_put_by", (number, None))
    return put_by < number or (put_by > number and flow != current_flow())


class ApplicationResponse(Response):
    """An application that takes no tasks, such as another toolkit's, with tasks behind it."""

    def __init__(self, application: Any, background: Any) -> None:
        super().__init__(status_code=getattr(application, "status_code", 200))
        self.application, self.background = application, background
        self.headers = getattr(application, "headers", self.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.application(scope, receive, send)
        if self.background is not None and scope["method"] not in MUTE:
            await self.background()


def current_flow() -> int:
    """An id of the task of the event loop, or the thread, in which a handler runs."""
    if task := current_asyncio_task():
        return id(task)
    with suppress(KeyError, RuntimeError):  # not loaded, or no event loop of Trio's
        return id(sys.modules["trio"].lowlevel.current_task())
    return get_ident()
