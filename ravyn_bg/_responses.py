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

TASKLESS_METHODS = ("HEAD", "OPTIONS")  # Lilya runs no background for these


# The calls of decorated handlers that are going on here, the innermost last, each an `object()`.
current_calls: ContextVar[tuple[object, ...]] = ContextVar("ravyn_bg.current_calls")


def response_with(result: Any, make_background: Callable[[Any], Any]) -> Any:
    """The response that a handler returned, or Lilya's for its data, with tasks behind it.

    `make_background` takes the response's own background, and returns all tasks as one.
    """
    if not is_application(result):
        data = None if result is None else json_encode(result)
        return Ok(data, background=make_background(None))
    response = result
    if is_shared(result):  # a copy, so that neither request runs the other's tasks
        response = copy(result)
        response.background = result.background._replaced
    own = getattr(response, "background", None)
    background = make_background(own)
    if background is own:
        return response
    background._put_by = current_calls.get()  # by which `is_shared` knows this request
    background._replaced = getattr(own, "_replaced", own)
    with suppress(Exception):  # a response that refuses attributes may raise anything
        if hasattr(response, "background"):  # a function takes any attribute, and ignores it
            response.background = background
            background._response = ref(response)  # weak: a response holds its background
            return response
    if own is not None:  # the application runs that itself
        background.tasks = [each for each in background.tasks if each is not own]
    return ApplicationResponse(response, background)


def is_application(result: Any) -> bool:
    """Whether Lilya can serve this as it is: a response, or any other ASGI application."""
    return isinstance(result, Response) or (callable(result) and is_async_callable(result))


def is_shared(response: Any) -> bool:
    """Whether a response holds the tasks of another request.

    Not if a decorated handler called another one, which has put its tasks on the response: the
    calls of both belong to this request.
    """
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
        if self.background is not None and scope["method"] not in TASKLESS_METHODS:
            await self.background()
