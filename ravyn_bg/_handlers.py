"""`with_background`: tasks on a Lilya handler, fixed on the route or added by the handler."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from copy import copy
from functools import lru_cache, partial, update_wrapper
from types import CoroutineType, FunctionType, MethodType
from typing import Any, NoReturn, ParamSpec, Protocol, TypeVar, overload

from lilya.background import Task
from lilya.compat import is_async_callable
from lilya.encoders import json_encode
from lilya.responses import Ok, Response
from lilya.types import Receive, Scope, Send
from lilya.websockets import WebSocket

from ravyn_bg._naming import leaves, shown
from ravyn_bg._parameters import container_for, is_foreign, read, refuse_websocket, signature_of
from ravyn_bg._refusals import call_instead, what
from ravyn_bg._reports import each_of
from ravyn_bg._running import RunTask, account_for, has_not_begun
from ravyn_bg.background import BackgroundTasks

P = ParamSpec("P")
T = TypeVar("T")
Handler = TypeVar("Handler", bound=Callable[..., Any])
Answers = TypeVar("Answers", bound=Callable[..., Response | Awaitable[Response]])


class Decorator(Protocol):
    """What `with_background(task)` is: data becomes a response, which carries the task."""

    @overload
    def __call__(self, handler: Answers, /) -> Answers: ...
    @overload
    def __call__(
        self, handler: Callable[P, Awaitable[T]], /
    ) -> Callable[P, Coroutine[Any, Any, T | Response]]: ...
    @overload
    def __call__(self, handler: Callable[P, T], /) -> Callable[P, T | Response]: ...


@overload
def with_background(tasks: Task, /) -> Decorator: ...
@overload
def with_background(handler: Handler, /) -> Handler: ...
def with_background(*given: Any) -> Any:
    """Give a Lilya handler background tasks: fixed ones, ones that it adds, or both.

    Stands below the route decorator, next to the handler.

    Parameters:
        given: A task, or a container of tasks, to run after every response; or, as a bare
            decorator, the handler. Each parameter of the handler that is annotated
            `BackgroundTasks` gets a new container for each request; Lilya does not see it.

    Raises:
        TypeError: On import of the module, if what is decorated is no handler, asks for no tasks
            and has none fixed, asks for a container that cannot be made for it, or has a decorator
            below that must stand above. When called, if it is given a websocket.

    Called without a container, as Lilya calls it, the handler answers with a response that carries
    the tasks. Called with one, as a test calls it, it returns what it returns by itself.

    The handler runs where Lilya runs it: an async one on the event loop, any other in a worker
    thread. Its tasks run after the response, those that it added last, even if the client goes away
    meanwhile. A response that has a `background` of its own runs that instead of the fixed tasks.
    If the handler raises, none run.

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
    if len(given) != 1:
        refuse_several(given)
    if not isinstance(given[0], Task):
        return decorated(given[0], None)
    account_for(leaves(given[0]))  # nobody may ever ask for the route
    return partial(decorated, fixed=given[0])


def decorated(handler: Callable[..., Any], fixed: Task | None) -> Callable[..., Any]:
    caller, function = sys._getframe(1), function_of(handler)
    try:
        function = inspect.unwrap(function)
        signature = signature_of(handler)
    except Exception as error:
        raise TypeError(
            f"with_background cannot read what {shown(handler)} takes: {error}"
        ) from error
    wanted = {
        name: (container, sys.maxsize if parameter.kind is parameter.KEYWORD_ONLY else place)
        for place, (name, parameter) in enumerate(signature.parameters.items())
        if (container := container_for(parameter, handler, function.__globals__))
    }
    refuse_wrong_place(handler, bool(wanted), caller.f_locals)
    if fixed is None and not wanted:
        raise TypeError(
            f"@with_background stands on {shown(handler)}, which asks for no tasks: give it a "
            f"parameter `background_tasks: BackgroundTasks`, or write @with_background(task)."
        )

    def fill(args: list[Any], kwargs: dict[str, Any]) -> Callable[[Any], Any]:
        """Put a new container where one is wanted and the caller has brought none."""
        if any(isinstance(each, WebSocket) for each in (*args, *kwargs.values())):
            refuse_websocket(handler)
        added: list[Any] = []
        for name, (container, place) in wanted.items():
            if name in kwargs or place < len(args) and is_brought(args[place]):
                continue
            added.append(container())
            if place < len(args):  # which are those of the signature without it
                args.insert(place, added[-1])
            else:
                kwargs[name] = added[-1]
        return partial(carry, fixed, added) if added or not wanted else as_it_is

    async def awaiting(*given: Any, **kwargs: Any) -> Any:
        answer = fill(args := [*given], kwargs)
        return answer(await handler(*args, **kwargs))

    def calling(*given: Any, **kwargs: Any) -> Any:
        answer = fill(args := [*given], kwargs)
        return answer(handler(*args, **kwargs))

    made: Any = awaiting if is_async_callable(handler) else calling
    # With the handler's globals, because that is where its annotations are looked up.
    wrapper: Any = FunctionType(made.__code__, function.__globals__, closure=made.__closure__)
    update_wrapper(wrapper, handler if hasattr(handler, "__name__") else function, updated=())
    # Lilya keeps what it knows of a handler on the function that `__wrapped__` leads to; and that
    # one has the parameters which Lilya shall not see.
    del wrapper.__wrapped__
    marks = {name: value for name, value in vars(handler).items() if "_lilya_" not in name}
    vars(wrapper).update({**marks, "__with_background__": True})
    vars(wrapper).pop("__wrapped__", None)
    seen = [
        each.replace(annotation=read(each.annotation, function.__globals__))
        for name, each in signature.parameters.items()
        if name not in wanted
    ]
    returned = read(signature.return_annotation, function.__globals__)
    wrapper.__signature__ = signature.replace(parameters=seen, return_annotation=returned)
    annotations = {each.name: each.annotation for each in seen} | {"return": returned}
    wrapper.__annotations__ = {
        name: each for name, each in annotations.items() if each is not signature.empty
    }
    return wrapper  # type: ignore[no-any-return]


def is_brought(given: Any) -> bool:
    """Whether an argument is what a test passes for the tasks, and not for the parameter behind."""
    return given is None or hasattr(given, "add_task")


def as_it_is(result: Any) -> Any:
    return result


def carry(fixed: Task | None, added: list[BackgroundTasks], result: Any) -> Any:
    """What a handler returned, as a response with tasks behind it."""
    response, own = response_for(result)
    behind: Any = BackgroundTasks()
    behind.tasks = Waiting(added)
    if own is None:
        if len(added) == 1:
            behind = added[0]
        if fixed is not None:
            behind = BackgroundTasks([fixed, behind]) if added else fixed
        if not isinstance(response, Application):
            with suppress(AttributeError):  # one that takes none
                response.background = behind
    vars(response)["_behind"] = behind
    response.__class__ = carrier(type(response))
    return response


def response_for(result: Any) -> tuple[Any, Task | None]:
    """A response, which is a copy if the handler may return it to many requests, and its own task."""
    if not isinstance(result, Response) and not (callable(result) and is_async_callable(result)):
        return Ok(None if result is None else json_encode(result)), None  # Lilya takes it for data
    own = getattr(result, "background", None)
    if isinstance(result, Response) and getattr(result, "async_content", None) is None:
        with suppress(Exception):  # some classes have no copies
            return copy(result), own
    return Application(result), own


class Application(Response):
    """A Lilya response that another ASGI application sends."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self.app = app
        self.headers = getattr(app, "headers", self.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Waiting(list[Any]):
    """Containers of which only that is left to run which has not begun elsewhere meanwhile."""

    def __iter__(self) -> Iterator[Any]:
        for container in super().__iter__():
            left = [each for each in container.tasks if any(map(may_run, leaves(each)))]
            if len(left) == len(container.tasks):
                yield container
            elif left:
                rest = copy(container)
                rest.tasks = left
                yield rest


def may_run(task: Task) -> bool:
    return has_not_begun(task) or not isinstance(task, RunTask)


@lru_cache(maxsize=256)
def carrier(kind: Any) -> Any:
    """The same class, but that what it carries runs behind it, though the client may go away."""

    async def call(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        gone: set[int] = set()  # what `send` raised, by `id`

        async def noting(message: Any) -> None:
            try:
                await send(message)
            except Exception as error:
                gone.add(id(error))
                raise

        try:
            await kind.__call__(self, scope, receive, noting)
        except Exception as error:
            if not gone.isdisjoint(map(id, each_of(error))):
                await finish(self._behind, None, scope)
            raise
        await finish(self._behind, self.background, scope)

    name = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    return type(kind)(kind.__name__, (kind,), {"__call__": call, **name})


async def finish(behind: Task, ran: Task | None, scope: Scope) -> None:
    if behind is not ran and scope.get("method", "").upper() not in ("HEAD", "OPTIONS"):
        await behind()


def function_of(handler: Any) -> FunctionType:
    """The function that a handler is, under `functools.partial`."""
    function = handler
    while isinstance(function, (partial, MethodType)):
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
    elif is_foreign(type(handler)):
        instead = "import its class from ravyn_bg"
    raise TypeError(f"with_background got {given}: {instead}.")


def refuse_several(given: tuple[Any, ...]) -> NoReturn:
    instead = "@with_background or @with_background(task)"
    if given and isinstance(given[0], Task):
        instead = "with_background(BackgroundTasks([t1, t2]))"
    elif given:
        instead = "with_background(BackgroundTask(send, 'a@b.c'))"
    raise TypeError(
        f"with_background takes a handler, or the task behind it, got {len(given)} arguments: "
        f"write {instead}."
    )


def refuse_wrong_place(handler: Any, injects: bool, names: dict[str, Any]) -> None:
    marks = vars(handler)
    below = getattr(handler, "__globals__", {}).get("__name__")
    # Where it is called as a decorator, the handler has no name yet. One that has may stand on two
    # routes, with the task on one of them.
    by_name = names.get(getattr(handler, "__name__", None))
    wrong = ""
    if "__with_background__" in marks:
        wrong = "stands there twice: write it once, with a BackgroundTasks for all fixed tasks"
    elif "_lilya_dependencies" in marks and (injects or by_name is not handler):
        wrong = (
            "stands above the route decorator, which has registered the handler without it: "
            "put it below, next to the function"
        )
    elif "openapi_meta" in marks:
        wrong = "stands above @openapi: put it below, next to the function"
    elif injects and below == "lilya.decorators":
        wrong = "injects a container into @cache or @observable: put it below, next to the function"
    if wrong:
        raise TypeError(f"@with_background on {shown(handler)} {wrong}.")
