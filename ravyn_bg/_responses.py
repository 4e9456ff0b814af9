"""How tasks get behind what a handler returns: on the very response, where that takes them."""

import sys
from contextlib import suppress
from contextvars import ContextVar
from copy import copy
from itertools import count
from threading import current_thread
from types import FunctionType
from typing import Any

from lilya.background import Task
from lilya.compat import is_async_callable
from lilya.encoders import json_encode
from lilya.responses import Ok, Response
from lilya.types import Receive, Scope, Send
from lilya.websockets import WebSocket

from ravyn_bg._naming import leaves, short_name, within
from ravyn_bg._refusals import refuse_response_of_ravyn
from ravyn_bg._reports import account_for, current_asyncio_task, is_unaccounted, log_never_ran
from ravyn_bg._running import fresh_copy
from ravyn_bg.background import BackgroundTasks

NO_RESPONSE = "stands on a websocket: tasks run after a response, and a websocket has none"

MUTE = ("HEAD", "OPTIONS")  # the requests behind which Lilya runs nothing

call_numbers = count(1)
# What `BackgroundTasksMiddleware` keeps of a request, while that goes on.
current_request: ContextVar[dict[str, Any]] = ContextVar("ravyn_bg.current_request")


class HandlerTasks:
    """The tasks that a handler has: fixed ones, and those in the containers that it asks for."""

    def __init__(self, function: FunctionType, fixed: Task | None, wanted: list[Any]) -> None:
        self.function, self.fixed, self.wanted = function, fixed, wanted

    def begin(self, args: list[Any], kwargs: dict[str, Any]) -> list[BackgroundTasks]:
        """Make the containers that a call does not bring, and pass them to the handler."""
        made: list[BackgroundTasks] = []
        for each in (*args, *kwargs.values()) if args or kwargs else ():
            if WebSocket in type(each).__mro__:  # for which `isinstance` takes long
                raise TypeError(f"@with_background on {short_name(self.function)} {NO_RESPONSE}.")
        for name, kind, place in self.wanted:
            by_place = place < len(args)  # perhaps that of the signature without it
            is_passed = by_place and (args[place] is None or hasattr(args[place], "add_task"))
            if not is_passed and name not in kwargs:
                made.append(container := new_container(kind, self.function))
                if by_place:
                    args.insert(place, container)
                else:
                    kwargs[name] = container
        return made

    def answer(self, result: Any, number: int, made: list[BackgroundTasks]) -> Any:
        """What the handler returned, with the tasks behind it if it is Lilya that called."""
        if self.wanted and not made:
            return result
        if not isinstance(result, Response) and not (
            callable(result) and is_async_callable(result)
        ):
            if hasattr(result, "to_response"):
                refuse_response_of_ravyn(self.function, result)
            data = None if result is None else json_encode(result)
            return Ok(data, background=self.behind(None, made))
        response = result
        if is_shared(result, number):
            response = copy(result)
            response.background = result.background._instead_of
        own = getattr(response, "background", None)
        background = self.behind(own, made)
        if background is own:
            return response
        background._put_by = number, current_flow()
        background._instead_of = getattr(own, "_instead_of", own)
        try:
            if hasattr(response, "background"):  # a function takes any attribute, and ignores it
                response.background = background
                return response
        except AttributeError:
            pass
        return ApplicationResponse(response, background)

    def behind(self, own: Any, made: list[BackgroundTasks]) -> Any:
        """All the tasks of a response as one: its own or else the fixed ones, and the added."""
        for each in made:
            if each._has_run:  # because the handler has awaited it
                each.tasks = [task for task in each.tasks if is_unaccounted(task)]
        tasks: list[Any] = [*made]
        if own is not None or self.fixed is not None:
            tasks.insert(0, fresh_copy(self.fixed) if own is None else own)
        if len(tasks) > 1:
            tasks = not_held(tasks)
        request = current_request.get({})
        if len(tasks) == 1 and ("queued" not in request or (tasks[0] is own and not made)):
            return tasks[0]
        container = new_container(BackgroundTasks, self.function)
        container.tasks = tasks
        if "queued" in request:
            request["queued"].append(container)  # which can tell whether it has begun
        return container


def report_lost(containers: list[BackgroundTasks]) -> None:
    """Report what they hold and what has not begun, because an error keeps it from running."""
    lost = [leaf for each in containers for leaf in leaves(each) if is_unaccounted(leaf)]
    account_for(*containers)
    log_never_ran(*lost)


def is_shared(response: Any, number: int) -> bool:
    """Whether a response holds the tasks of another request, and not just of another handler in
    this one, which was called later, and where this one runs.
    """
    put_by, flow = getattr(getattr(response, "background", None), "_put_by", (number, None))
    return put_by < number or (put_by > number and flow is not current_flow())


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


def new_container(kind: type[BackgroundTasks], function: FunctionType) -> BackgroundTasks:
    """A container that this handler has built, as is what its class may have put into it."""
    container = kind()
    container._built_in, container._built_at = function.__code__, -1
    for each in container.tasks:
        each._built_in, each._built_at = function.__code__, -1
    return container


def not_held(tasks: list[Any]) -> list[Any]:
    """Those of the tasks that no other of them runs, each once."""
    kept: list[Any] = []
    for place, task in enumerate(tasks, 1):
        others = (*kept, *tasks[place:])
        if not any(task is each for other in others for each in within(other)):
            kept.append(task)
    return kept


def current_flow() -> object:
    """The task of the event loop, or the thread, in which a handler runs."""
    if task := current_asyncio_task():
        return task
    with suppress(KeyError, RuntimeError):  # not loaded, or no event loop of Trio's
        return sys.modules["trio"].lowlevel.current_task()
    return current_thread()
