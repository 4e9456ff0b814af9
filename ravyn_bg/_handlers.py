"""`with_background`: tasks on a Lilya handler, fixed on the route or added by the handler."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from copy import copy
from functools import partial, update_wrapper
from types import CoroutineType, FunctionType, MethodType
from typing import (
    Any,
    TypeVar,
    cast,
    overload,
)

from lilya.background import Task
from lilya.compat import is_async_callable
from lilya.encoders import json_encode
from lilya.responses import Ok, Response
from lilya.types import ASGIApp, Receive, Scope, Send

from ravyn_bg._naming import described, shown, within
from ravyn_bg._parameters import annotations_of, container_for, is_websocket
from ravyn_bg._refusals import call_instead, what
from ravyn_bg.background import BackgroundTasks

Handler = TypeVar("Handler", bound=Callable[..., Any])


@overload
def with_background(tasks: Task, /) -> Callable[[Handler], Handler]: ...
@overload
def with_background(handler: Handler, /) -> Handler: ...
def with_background(given: Any, /) -> Any:
    """Give a Lilya handler background tasks: fixed ones, ones that it adds, or both.

    Stands below the route decorator, next to the handler.

    Parameters:
        given: A task, or a container of tasks, to run after every response; or, as a bare
            decorator, the handler. Each parameter of the handler that is annotated
            `BackgroundTasks` gets a new container for each request; Lilya does not see it.

    Raises:
        TypeError: On import of the module, if what is decorated is no handler, asks for no tasks
            and has none fixed, asks for a `BackgroundTask`, has a default where a container is
            injected, or has a decorator below that must stand above.

    The handler runs where Lilya runs it: an async one on the event loop, any other in a worker
    thread. Its tasks run after the response, those that it added last. A response that has a
    `background` of its own runs that instead of the fixed tasks. If the handler raises, none run.

    Example:
        >>> from lilya.apps import Lilya
        >>> from ravyn_bg import BackgroundTasks, with_background
        >>> app = Lilya()
        >>> @app.post("/webhooks/{source}")
        ... @with_background
        ... async def webhook(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        ...     background_tasks.add_task(print, source)
        ...     return {"status": "queued"}
    """
    if isinstance(given, Task):
        return partial(decorated, fixed=given)
    return decorated(given, fixed=None)


def decorated(handler: Callable[..., Any], fixed: Task | None) -> Callable[..., Any]:
    function = function_of(handler)
    try:
        signature = inspect.signature(handler)
        function = inspect.unwrap(function)
    except Exception as error:
        raise TypeError(
            f"with_background cannot read what {shown(handler)} takes: {error}"
        ) from error
    wanted = {
        name: (container, position)
        for position, (name, parameter) in enumerate(signature.parameters.items())
        if (container := container_for(parameter, handler, function.__globals__))
    }
    refuse_wrong_place(handler, signature, bool(wanted))
    if fixed is None and not wanted:
        raise TypeError(
            f"@with_background stands on {shown(handler)}, which asks for no tasks: give it a "
            f"parameter `background_tasks: BackgroundTasks`, or write @with_background(task)."
        )

    def fill(args: list[Any], kwargs: dict[str, Any]) -> list[BackgroundTasks]:
        """Put a new container where one is wanted and the caller, who may be a test, has none."""
        added: list[BackgroundTasks] = []
        for name, (container, position) in wanted.items():
            given = args[position] if position < len(args) else kwargs.get(name)
            if isinstance(given, BackgroundTasks):
                continue
            added.append(container())
            if position < len(args):  # which are those of the signature without it
                args.insert(position, added[-1])
            else:
                kwargs[name] = added[-1]
        return added

    async def awaiting(*given: Any, **kwargs: Any) -> Any:
        args = [*given]
        added = fill(args, kwargs)
        return answer(await handler(*args, **kwargs), fixed, added)

    def calling(*given: Any, **kwargs: Any) -> Any:
        args = [*given]
        added = fill(args, kwargs)
        return answer(handler(*args, **kwargs), fixed, added)

    wrapper: Any = awaiting if is_async_callable(handler) else calling
    update_wrapper(wrapper, handler if hasattr(handler, "__name__") else function, updated=())
    # Lilya keeps what it knows of a handler on the function that `__wrapped__` leads to; and that
    # one has the parameters which Lilya shall not see.
    del wrapper.__wrapped__
    for name, value in vars(handler).items():
        if name != "__wrapped__" and not name.startswith("__lilya_"):
            setattr(wrapper, name, value)
    wrapper.__with_background__ = True
    wrapper.__signature__ = signature.replace(
        parameters=[each for name, each in signature.parameters.items() if name not in wanted]
    )
    wrapper.__annotations__ = {
        name: value for name, value in annotations_of(function).items() if name not in wanted
    }
    return cast("Callable[..., Any]", wrapper)


def answer(result: Any, fixed: Task | None, added: list[BackgroundTasks]) -> Any:
    """What the handler returned, or the same with tasks behind it."""
    is_response = isinstance(result, Response)
    # Lilya takes everything else for data. (`callable`, because it is soon said of data.)
    is_app = is_response or (callable(result) and is_async_callable(result))
    own = getattr(result, "background", None) if is_app else None
    # Tasks may yet be added by a task of the response's own, and while a stream is read.
    open_end = is_app and (own is not None or not is_response or streams(result))
    behind: list[Any] = [] if fixed is None or own is not None else [fixed]
    behind += [
        each
        for each in added
        if (each.tasks or open_end) and each is not own and not held(each, (own, *added))
    ]
    if not behind:
        return result
    if not is_app:
        return Ok(None if result is None else json_encode(result), background=in_order(behind))
    # A response is copied, because the handler may return one to many requests. One whose content
    # is still to come cannot be shared in that way, nor can some classes be copied.
    if is_response and getattr(result, "async_content", None) is None:
        with suppress(Exception):
            response = copy(result)
            response.background = in_order(behind if own is None else [own, *behind])
            return response
    return Followed(cast("ASGIApp", result), in_order(behind))


def held(container: BackgroundTasks, others: tuple[Any, ...]) -> bool:
    """Whether the handler passed it on to one of the others, where it runs already."""
    # Where each of two holds the other, both are run from here, and refused.
    return any(holds(other, container) and not holds(container, other) for other in others)


def streams(response: Response) -> bool:
    kind = type(response)
    return hasattr(response, "body_iterator") or kind.__call__.__module__ != Response.__module__


def in_order(tasks: list[Any]) -> Any:
    if len(tasks) == 1:
        return tasks[0]
    container = BackgroundTasks()
    container.tasks = tasks
    return container


class Followed:
    """An ASGI application and the tasks behind it, under the rule of Lilya's responses."""

    def __init__(self, app: ASGIApp, tasks: Callable[[], Awaitable[None]]) -> None:
        self.app = app
        self.tasks = tasks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
        if scope.get("method", "").upper() not in ("HEAD", "OPTIONS"):
            await self.tasks()


def function_of(handler: Any) -> FunctionType:
    """The function that a handler is, under `functools.partial`."""
    function = handler
    while isinstance(function, partial) or isinstance(function, MethodType):
        function = function.func if isinstance(function, partial) else function.__func__
    if isinstance(function, FunctionType):
        return function
    given, instead = what(handler), "it takes a handler, or the task behind it"
    if isinstance(handler, CoroutineType):
        instead = call_instead(handler)
    elif isinstance(handler, (staticmethod, classmethod)):
        instead = "put it below that, next to the function"
    elif isinstance(handler, type) and issubclass(handler, Task):
        instead = f"make one, {shown(handler)}(...)"
    elif isinstance(handler, type):
        instead = "put it on the methods that answer"
    elif isinstance(handler, (list, tuple)):
        instead = "make it one, BackgroundTasks([...])"
    raise TypeError(f"with_background got {given}: {instead}.")


def refuse_wrong_place(handler: Any, signature: inspect.Signature, injects: bool) -> None:
    marks = vars(handler)
    below = getattr(handler, "__globals__", {}).get("__name__")
    wrong = ""
    if "__with_background__" in marks:
        wrong = "stands there twice: write it once, with a BackgroundTasks for all fixed tasks"
    elif any(name.startswith("_lilya_") for name in marks):
        wrong = (
            "stands above the route decorator, which has registered the handler without it: "
            "put it below, next to the function"
        )
    elif "openapi_meta" in marks:
        wrong = "stands above @openapi: put it below, next to the function"
    elif injects and below == "lilya.decorators":
        wrong = "injects a container into @cache or @observable: put it below, next to the function"
    elif any(is_websocket(each) for each in signature.parameters.values()):
        wrong = "stands on a websocket: tasks run after a response, and a websocket has none"
    if wrong:
        raise TypeError(f"@with_background on {shown(handler)} {wrong}.")


def holds(outer: Any, inner: Any) -> bool:
    return any(each is inner for each in within(outer))
