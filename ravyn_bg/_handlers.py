"""`with_background`: tasks on a Lilya handler, fixed on the route or added by the handler."""

import inspect
import re
import sys
import typing
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from copy import copy
from functools import lru_cache, partial, update_wrapper
from traceback import walk_tb
from types import FunctionType
from typing import Annotated, Any, Literal, ParamSpec, Protocol, TypeVar, overload

from lilya.background import Task
from lilya.compat import is_async_callable
from lilya.encoders import json_encode
from lilya.responses import Ok, Response
from lilya.websockets import WebSocket

from ravyn_bg._naming import leaves, within
from ravyn_bg._naming import short_name as shown
from ravyn_bg._refusals import function_of, is_foreign, refuse_place
from ravyn_bg._reports import account_for
from ravyn_bg.background import BackgroundTask, BackgroundTasks

# What a text says that names something which only a type checker imports.
UNREADABLE = re.compile(r"(?:[\w.]*Annotated\[)?\s*(?:\w+\.)*BackgroundTasks\s*(?:,.*\])?", re.S)
# `annotationlib.Format.FORWARDREF`: what cannot be read yet is no error.
FORWARDREF: dict[str, Any] = {"annotation_format": 3} if sys.version_info >= (3, 14) else {}

NO_RESPONSE = "stands on a websocket: tasks run after a response, and a websocket has none"

P = ParamSpec("P")
T = TypeVar("T")
Handler = TypeVar("Handler", bound=Callable[..., Any])
Answers = TypeVar("Answers", bound=Callable[..., Response | Awaitable[Response]])
Later = TypeVar("Later", bound=Awaitable[object])


class Decorator(Protocol):
    """What `with_background(task)` is: data becomes a response, which carries the task.

    `Later` stands for all that an async handler returns, not for what is awaited of it. So the same
    handler fits all three where it returns `Any`, and mypy takes the first of them. Otherwise it
    would forget the handler's parameters. Nor is there an `Any` of ours in a handler's type.
    """

    @overload
    def __call__(self, handler: Answers, /) -> Answers: ...  # type: ignore[overload-overlap]  # data
    @overload
    def __call__(
        self, handler: Callable[P, Later], /
    ) -> Callable[P, Later | Coroutine[object, None, Response]]: ...
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

    Examples:
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
        raise TypeError("with_background takes a handler, one task, or BackgroundTasks([t1, t2]).")
    if not isinstance(given[0], Task):
        return decorated(given[0], None)
    account_for(given[0])  # nobody may ever ask for the route
    return partial(decorated, fixed=given[0])


def decorated(handler: Any, fixed: Task | None) -> Any:
    function, caller = function_of(handler), dict(sys._getframe(1).f_locals)
    try:
        function = inspect.unwrap(function)
        names, signature = function.__globals__, inspect.signature(handler, **FORWARDREF)
    except Exception as error:
        message = f"with_background cannot read what {shown(handler)} takes: {error}"
        raise TypeError(message) from error
    parameters = signature.parameters.items()
    wanted = {
        name: (container, sys.maxsize if each.kind is each.KEYWORD_ONLY else place)
        for place, (name, each) in enumerate(parameters)
        if (container := container_for(each, handler, names))
    }
    refuse_place(handler, fixed, bool(wanted), caller)

    def fill(args: list[Any], kwargs: dict[str, Any]) -> list[Any] | None:
        """Put a new container where one is wanted; `None` if the caller has brought them all."""
        for each in (*args, *kwargs.values()):
            if isinstance(each, WebSocket):
                raise TypeError(f"@with_background on {shown(handler)} {NO_RESPONSE}.")
        added: list[Any] = []
        for name, (container, place) in wanted.items():
            by_place = place < len(args)  # perhaps that of the signature without it
            brought = by_place and (args[place] is None or hasattr(args[place], "add_task"))
            if not brought and name not in kwargs:
                added.append(made := container())
                if by_place:
                    args.insert(place, made)
                else:
                    kwargs[name] = made
        return added if added or not wanted else None

    async def awaiting(*args: Any, **kwargs: Any) -> Any:
        added = fill(given := [*args], kwargs)
        return answer(await handler(*given, **kwargs), fixed, added)

    def calling(*args: Any, **kwargs: Any) -> Any:
        added = fill(given := [*args], kwargs)
        return answer(handler(*given, **kwargs), fixed, added)

    answer = carry  # by the handler's globals, where its annotations are looked up, it has no name
    made = awaiting if is_async_callable(handler) else calling
    wrapper: Any = FunctionType(made.__code__, names, closure=made.__closure__)
    update_wrapper(wrapper, handler if hasattr(handler, "__name__") else function, updated=())
    marks = {name: each for name, each in vars(handler).items() if "_lilya" not in name}
    vars(wrapper).update(marks, __with_background__=True)
    # Lilya keeps what it knows of a handler on the function that `__wrapped__` leads to; and that
    # one has the parameters which Lilya shall not see.
    del wrapper.__wrapped__
    notes = {name: read(each.annotation, names) for name, each in parameters if name not in wanted}
    seen = [signature.parameters[name].replace(annotation=each) for name, each in notes.items()]
    notes["return"] = read(signature.return_annotation, names)
    wrapper.__signature__ = signature.replace(parameters=seen, return_annotation=notes["return"])
    wrapper.__annotations__ = {n: each for n, each in notes.items() if each is not signature.empty}
    return wrapper


def read(annotation: Any, names: dict[str, Any]) -> Any:
    """An annotation, evaluated alone; one that cannot be stays as it is."""
    with suppress(Exception):
        return read(eval(annotation, names), names) if isinstance(annotation, str) else annotation
    return annotation


def container_for(parameter: inspect.Parameter, handler: Any, names: dict[str, Any]) -> Any:
    """The class of container that this parameter asks for, if it asks for one."""
    annotation = bare(read(parameter.annotation, names))
    args = () if typing.get_origin(annotation) is Literal else typing.get_args(annotation)
    parts = [each for each in (annotation, *map(bare, args)) if not typing.get_origin(each)]
    classes = [each for each in parts if isinstance(each, type)]
    if any(issubclass(each, WebSocket) for each in classes):
        raise TypeError(f"@with_background on {shown(handler)} {NO_RESPONSE}.")
    foreign = any(map(is_foreign, classes))
    if not foreign and not any(issubclass(each, Task) for each in classes):
        return None
    asks = f"{shown(handler)} asks for `{parameter}`"
    if foreign:
        raise TypeError(f"{asks}, which is another package's: import it from ravyn_bg.")
    by_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    plain = classes == [annotation] and issubclass(annotation, BackgroundTasks)
    if not plain or not by_name or parameter.default is not parameter.empty:
        raise TypeError(
            f"{asks}, but each request brings a new BackgroundTasks, passed by name: write "
            f"`{parameter.name}: BackgroundTasks`, with no default, union, star or `/`."
        )
    annotation()  # A class that needs arguments is refused here, not for each request.
    return annotation


def bare(annotation: Any) -> Any:
    """Without `Annotated` and aliases; a text as what it seems to say."""
    with suppress(Exception):  # an alias of what is not there
        while type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
    if typing.get_origin(annotation) is Annotated:
        return bare(typing.get_args(annotation)[0])
    text = getattr(annotation, "__forward_arg__", annotation)
    if isinstance(text, str) and re.search(r"\bBackgroundTasks?\b", text):
        return BackgroundTasks if UNREADABLE.fullmatch(text.strip()) else BackgroundTask
    return annotation


def carry(result: Any, fixed: Task | None, added: list[Any] | None) -> Any:
    """What a handler returned, as a response with tasks behind it."""
    if added is None:
        return result
    is_app = isinstance(result, Response) or (callable(result) and is_async_callable(result))
    own: Any = getattr(result, "background", None) if is_app else None
    if len(added) > 1:
        added = not_held(added)
    carried = added if own is not None or fixed is None else [fixed, *added]
    behind: Any = carried[0] if len(carried) == 1 else BackgroundTasks(carried)
    # Lilya takes what is no application for data.
    response: Any = None if is_app else carrier(Ok)(json_encode(result), background=behind)
    if isinstance(result, Response) and not hasattr(result, "_carried"):
        with suppress(Exception):  # some classes have no copies
            response = copy(result)
            if getattr(result, "async_content", None):
                response.async_content = content_of(result)
    if response is None:
        response = Response(status_code=getattr(result, "status_code", 200))
        response.headers = getattr(result, "headers", response.headers)
        response._carried_app = result
    elif is_app and own is None:
        with suppress(AttributeError):  # some classes take none
            response.background = behind
    response._carried = carried
    if own is None and fixed is not None:
        response._told = [*map(BackgroundTask, leaves(fixed))]
    if is_app:
        response.__class__ = carrier(response.__class__)
    return response


async def content_of(response: Response) -> bytes:
    """Content that comes in time, which comes once, though others may send the same response."""
    await response.resolve_async_content()
    return response.body


def not_held(tasks: list[Any], by: Any = None) -> list[Any]:
    """Those of the tasks that neither another of them runs nor `by`."""
    kept = [by]
    for place, each in enumerate(tasks, 1):
        if all(each is not task for other in (*kept, *tasks[place:]) for task in within(other)):
            kept.append(each)
    return kept[1:]


def came_through(send: Any, error: BaseException) -> bool:
    """Whether it is `send` that raised, because the client has gone away."""
    code, errors = getattr(send, "__code__", None), [error]
    for each in errors:
        # What a context manager raises as it meets the error has it as its context.
        inner = (*getattr(each, "exceptions", ()), each.__context__)
        errors += [new for new in inner if new and not any(new is known for known in errors)]
    return any(frame.f_code is code for each in errors for frame, _ in walk_tb(each.__traceback__))


@lru_cache(maxsize=256)
def carrier(kind: Any) -> Any:
    """The same class, but that what it carries runs behind it, though the client may go away."""

    async def call(self: Any, scope: Any, receive: Any, send: Any) -> None:
        runs = scope.get("method", "").upper() not in ("HEAD", "OPTIONS")
        account_for(*(self._told if runs else ()))  # as what is sent
        try:
            await self._carried_app(scope, receive, send)
        except Exception as error:
            if runs and came_through(send, error):
                await BackgroundTasks(self._carried)()
            raise
        if runs and self._carried != [self.background]:
            await BackgroundTasks(not_held(self._carried, self.background))()

    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__call__": call}
    return type(kind)(kind.__name__, (kind,), names | {"_carried_app": kind.__call__, "_told": ()})
