"""How tasks get onto what a handler returns: its very response, where that takes them."""

from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from copy import copy
from typing import Any
from weakref import ref

from lilya.compat import is_async_callable
from lilya.encoders import json_encode
from lilya.responses import Ok, Response
from lilya.types import Receive, Scope, Send

MUTE = ("HEAD", "OPTIONS")  # the requests behind which Lilya runs nothing


# The call of a decorated handler that goes on here, behind those in which it was called.
current_calls: ContextVar[tuple[object, ...]] = ContextVar("ravyn_bg.current_calls")


def response_with(result: Any, behind: Callable[[Any], Any]) -> Any:
    """The response that a handler returned, or Lilya's for its data, with tasks behind it.

    `behind` gives the tasks, including the background that the response has of its own.
    """
    if not is_application(result):
        data = None if result is None else json_encode(result)
        return Ok(data, background=behind(None))
    response = result
    if is_shared(result):
        response = copy(result)
        response.background = result.background._instead_of
    own = getattr(response, "background", None)
    background = behind(own)
    if background is own:
        return response
    background._put_by = current_calls.get()
    background._instead_of = getattr(own, "_instead_of", own)
    with suppress(Exception):  # whatever a response raises that refuses attributes
        if hasattr(response, "background"):  # a function takes any attribute, and ignores it
            response.background = background
            background._response = ref(response)
            return response
    if own is not None:  # which the application runs itself
        background.tasks = [each for each in background.tasks if each is not own]
    return ApplicationResponse(response, background)


def is_application(result: Any) -> bool:
    """Whether this can be served as it is: a response, or any other ASGI application."""
    return isinstance(result, Response) or (callable(result) and is_async_callable(result))


def is_shared(response: Any) -> bool:
    """Whether a response holds tasks of another request, and not those of a handler in this one."""
    this_call = current_calls.get()[-1]
    return this_call not in getattr(getattr(response, "background", None), "_put_by", (this_call,))


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
