"""`with_background`: tasks on a Lilya handler, fixed on the route or added by the handler."""

import inspect
import re
import sys
import typing
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from functools import partial, update_wrapper
from types import FunctionType
from typing import Annotated, Any, Literal, ParamSpec, Protocol, TypeVar, overload

from lilya.background import Task
from lilya.compat import is_async_callable
from lilya.responses import Response
from lilya.websockets import WebSocket

from ravyn_bg._naming import short_name, within
from ravyn_bg._refusals import function_of, is_foreign, refuse_place, refuse_response_of_ravyn
from ravyn_bg._reports import account_for, log_never_ran
from ravyn_bg._responses import current_calls, response_with
from ravyn_bg._running import fresh_copy
from ravyn_bg.background import BackgroundTask, BackgroundTasks

# Text that names a container: an annotation whose import only a type checker sees stays text.
NAMES_CONTAINER = re.compile(
    r"(?:[\w.]*Annotated\[)?\s*(?:\w+\.)*BackgroundTasks\s*(?:,.*\])?", re.S
)
# `annotationlib.Format.FORWARDREF`, with which a name that is not defined yet is no error.
FORWARDREF: dict[str, Any] = {"annotation_format": 3} if sys.version_info >= (3, 14) else {}

NO_RESPONSE = "stands on a websocket: tasks run after a response, and a websocket has none"

# The containers of one request under `BackgroundTasksMiddleware`: first that of `current_tasks()`,
# then those that `with_background` has put on responses. Emptied when the request is over.
request_containers: ContextVar[list[BackgroundTasks]] = ContextVar("ravyn_bg.request_containers")

P = ParamSpec("P")
T = TypeVar("T")
Handler = TypeVar("Handler", bound=Callable[..., Any])
Answers = TypeVar("Answers", bound=Callable[..., Response | Awaitable[Response]])
Later = TypeVar("Later", bound=Awaitable[object])


class Decorator(Protocol):
    """What `with_background(task)` is: data becomes a response, which carries the task.

    `Later` is the whole type that a call of an async handler returns, a coroutine, and not the type
    of what it is awaited for. So a handler that returns `Any` fits all three overloads, and mypy
    takes the first. Otherwise it would forget the handler's parameters. No overload adds an `Any`
    of ours to a handler's type.
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
            `BackgroundTasks` gets a new container for each request. Lilya does not see the
            parameter.

    Raises:
        TypeError: On import of the module, if what is decorated is not a handler, has neither fixed
            tasks nor a parameter for a container, asks for a container that cannot be made for it,
            or has a decorator below that must stand above. When called, if it gets a websocket.

    Called without a container, as Lilya calls it, the handler answers with a response whose
    `background` holds the tasks: the very response that it returned, or Lilya's response for data.
    Called with one, as a test calls it, it returns what the undecorated handler returns.

    The handler runs where Lilya runs it: an async one on the event loop, any other in a worker
    thread. Its tasks run when Lilya runs the response's `background`: first the fixed ones, then
    those that the handler added. If the response has a `background` of its own, that runs instead
    of the fixed tasks. If the handler raises, none run, and those that it added are reported.

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
    account_for(given[0])  # it is a template, and the route may never be requested
    if isinstance(given[0], BackgroundTasks):
        given[0]._is_fixed = True
    return partial(decorated, fixed=given[0])


def decorated(handler: Any, fixed: Task | None) -> Any:
    """The function that Lilya calls in place of the handler, without the container parameters."""
    function = function_of(handler)
    try:
        function = inspect.unwrap(function)
        names, signature = function.__globals__, inspect.signature(handler, **FORWARDREF)
    except Exception as error:
        message = f"with_background cannot read what {short_name(handler)} takes: {error}"
        raise TypeError(message) from error
    seen: list[inspect.Parameter] = []
    wanted: list[tuple[str, type[BackgroundTasks], int]] = []
    for place, each in enumerate(signature.parameters.values()):
        if kind := container_for(each, handler, names):
            place = sys.maxsize if each.kind is each.KEYWORD_ONLY else place
            wanted.append((each.name, kind, place))
        else:
            seen.append(each.replace(annotation=evaluated(each.annotation, names)))
    returns = evaluated(signature.return_annotation, names)
    refuse_place(handler, fixed, bool(wanted))
    for each in (returns, *typing.get_args(returns)):
        refuse_response_of_ravyn(handler, each)
    # Local names, because the wrapper gets the handler's globals and cannot see this module's.
    tasks, log_lost = HandlerTasks(function, fixed, wanted), log_never_ran

    async def awaiting(*args: Any, **kwargs: Any) -> Any:
        given = [*args]
        made, around = tasks.begin(given, kwargs)
        try:
            return tasks.answer(await handler(*given, **kwargs), made)
        except BaseException:
            log_lost(*made)
            raise
        finally:
            tasks.end(around)

    def calling(*args: Any, **kwargs: Any) -> Any:
        given = [*args]
        made, around = tasks.begin(given, kwargs)
        try:
            return tasks.answer(handler(*given, **kwargs), made)
        except BaseException:
            log_lost(*made)
            raise
        finally:
            tasks.end(around)

    written = awaiting if is_async_callable(handler) else calling
    # With the handler's globals, because Lilya looks up there what is still text in annotations.
    wrapper: Any = FunctionType(written.__code__, names, closure=written.__closure__)
    update_wrapper(wrapper, handler if hasattr(handler, "__name__") else function, updated=())
    marks = {name: each for name, each in vars(handler).items() if "_lilya" not in name}
    vars(wrapper).update(marks, __with_background__=True)
    # Lilya would follow `__wrapped__` to the handler, whose containers it must not see.
    del wrapper.__wrapped__
    wrapper.__signature__ = signature.replace(parameters=seen, return_annotation=returns)
    notes = {each.name: each.annotation for each in seen} | {"return": returns}
    wrapper.__annotations__ = {n: each for n, each in notes.items() if each is not signature.empty}
    return wrapper


class HandlerTasks:
    """The tasks of one decorated handler, for all its calls: fixed ones, and the containers wanted.

    `wanted` has the name, the class and the place of each parameter that asks for a container.
    """

    def __init__(self, function: FunctionType, fixed: Task | None, wanted: list[Any]) -> None:
        self.function, self.fixed, self.wanted = function, fixed, wanted

    def begin(self, args: list[Any], kwargs: dict[str, Any]) -> tuple[list[BackgroundTasks], Any]:
        """Make the containers that a call does not bring, and add them to its arguments.

        Returns them, and the calls in which this one stands, which `end` needs.
        """
        made: list[BackgroundTasks] = []
        for each in (*args, *kwargs.values()) if args or kwargs else ():
            if WebSocket in type(each).__mro__:  # `isinstance` is slow for it
                raise TypeError(f"@with_background on {short_name(self.function)} {NO_RESPONSE}.")
        for name, kind, place in self.wanted:
            # An argument at that place may be the next parameter's: Lilya does not see this one.
            by_place = place < len(args)
            is_passed = by_place and (args[place] is None or hasattr(args[place], "add_task"))
            if not is_passed and name not in kwargs:
                made.append(container := new_container(kind, self.function))
                if by_place:
                    args.insert(place, container)
                else:
                    kwargs[name] = container
        around = current_calls.get(())
        current_calls.set((*around, object()))
        return made, around

    def end(self, around: tuple[object, ...]) -> None:
        current_calls.set(around)  # a reset fails if another context closes the coroutine

    def answer(self, result: Any, made: list[BackgroundTasks]) -> Any:
        """What the handler returned; with the tasks behind it, if the call brought no container."""
        if self.wanted and not made:
            return result
        refuse_response_of_ravyn(self.function, result)
        return response_with(result, lambda own: self.make_background(own, made))

    def make_background(self, own: Any, made: list[BackgroundTasks]) -> Any:
        """All tasks of a response as one: its own background or the fixed tasks, then the added."""
        for each in made:
            each._runs_once = True  # the handler, or the response's own task, may run it as well
        tasks: list[Any] = [*made]
        if own is not None or self.fixed is not None:
            tasks.insert(0, fresh_copy(self.fixed) if own is None else own)
        if len(tasks) > 1:
            tasks = outermost(tasks)
        in_request = request_containers.get([])
        if len(tasks) == 1 and (not in_request or (tasks[0] is own and not made)):
            return tasks[0]
        container = new_container(BackgroundTasks, self.function)
        container.tasks = tasks
        if in_request:
            in_request.append(container)  # if the client goes away, the middleware runs it
        return container


def new_container(kind: type[BackgroundTasks], function: FunctionType) -> BackgroundTasks:
    """A container that counts as built by the handler, as do tasks that its class puts in."""
    container = kind()
    for each in (container, *container.tasks):
        each._built_in, each._built_at = function.__code__, -1
    return container


def outermost(tasks: list[Any]) -> list[Any]:
    """The tasks without those that another of them holds, and each only once."""
    kept: list[Any] = []
    for place, task in enumerate(tasks, 1):
        others = (*kept, *tasks[place:])
        if not any(task is each for other in others for each in within(other)):
            kept.append(task)
    return kept


def evaluated(annotation: Any, names: dict[str, Any]) -> Any:
    """An annotation as an object; a text that cannot be evaluated yet stays a text."""
    with suppress(Exception):
        if isinstance(annotation, str):
            return evaluated(eval(annotation, names), names)
    return annotation


def container_for(parameter: inspect.Parameter, handler: Any, names: dict[str, Any]) -> Any:
    """The class of container that this parameter asks for, if it asks for one."""
    annotation = bare_annotation(evaluated(parameter.annotation, names))
    args = () if typing.get_origin(annotation) is Literal else typing.get_args(annotation)
    parts = (annotation, *map(bare_annotation, args))
    # On Python 3.10, `list[int]` is an instance of `type` as well.
    classes = [each for each in parts if isinstance(each, type) and not typing.get_origin(each)]
    if any(issubclass(each, WebSocket) for each in classes):
        raise TypeError(f"@with_background on {short_name(handler)} {NO_RESPONSE}.")
    foreign = any(map(is_foreign, classes))
    if not foreign and not any(issubclass(each, Task) for each in classes):
        return None
    asks = f"{short_name(handler)} asks for `{parameter}`"
    if foreign:
        raise TypeError(f"{asks}, which is another package's: import it from ravyn_bg.")
    by_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    plain = classes == [annotation] and issubclass(annotation, BackgroundTasks)
    if not plain or not by_name or parameter.default is not parameter.empty:
        raise TypeError(
            f"{asks}, but each request brings a new BackgroundTasks, passed by name: write "
            f"`{parameter.name}: BackgroundTasks`, with no default, union, star or `/`."
        )
    account_for(annotation())  # so that a class that needs arguments fails on import, not later
    return annotation


def bare_annotation(annotation: Any) -> Any:
    """An annotation without `Annotated` and aliases; text as the class of ours that it names."""
    with suppress(Exception):  # an alias of a name that is not defined
        while type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
    if typing.get_origin(annotation) is Annotated:
        return bare_annotation(typing.get_args(annotation)[0])
    text = getattr(annotation, "__forward_arg__", annotation)
    if isinstance(text, str) and re.search(r"\bBackgroundTasks?\b", text):
        return BackgroundTasks if NAMES_CONTAINER.fullmatch(text.strip()) else BackgroundTask
    return annotation
