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

# An annotation as text that names a container, where only a type checker imports that.
NAMES_CONTAINER = re.compile(
    r"(?:[\w.]*Annotated\[)?\s*(?:\w+\.)*BackgroundTasks\s*(?:,.*\])?", re.S
)
# `annotationlib.Format.FORWARDREF`: a name that is not there yet is no error.
FORWARDREF: dict[str, Any] = {"annotation_format": 3} if sys.version_info >= (3, 14) else {}

NO_RESPONSE = "stands on a websocket: tasks run after a response, and a websocket has none"

# What is queued in a request under `BackgroundTasksMiddleware`: the container of `current_tasks()`,
# then those behind responses. Empty when the request is over.
request_containers: ContextVar[list[BackgroundTasks]] = ContextVar("ravyn_bg.request_containers")

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

    Called without a container, as Lilya calls it, the handler answers with a response whose
    `background` holds the tasks: the very response that it returned, or Lilya's response for data.
    Called with one, as a test calls it, it returns what it returns by itself.

    The handler runs where Lilya runs it: an async one on the event loop, any other in a worker
    thread. Its tasks are the response's `background`: they run when Lilya runs that, those that it
    added last. A response that has a `background` of its own has that instead of the fixed tasks.
    If the handler raises, none run, and those that it added are reported.

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
    if isinstance(given[0], BackgroundTasks):
        given[0]._is_fixed = True
    return partial(decorated, fixed=given[0])


def decorated(handler: Any, fixed: Task | None) -> Any:
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
    # As local names, because the wrappers get the handler's globals.
    tasks, lose = HandlerTasks(function, fixed, wanted), log_never_ran

    async def awaiting(*args: Any, **kwargs: Any) -> Any:
        given = [*args]
        made, around = tasks.begin(given, kwargs)
        try:
            return tasks.answer(await handler(*given, **kwargs), made)
        except BaseException:
            lose(*made)
            raise
        finally:
            tasks.end(around)

    def calling(*args: Any, **kwargs: Any) -> Any:
        given = [*args]
        made, around = tasks.begin(given, kwargs)
        try:
            return tasks.answer(handler(*given, **kwargs), made)
        except BaseException:
            lose(*made)
            raise
        finally:
            tasks.end(around)

    made = awaiting if is_async_callable(handler) else calling
    # With the handler's globals, where annotations that cannot be read yet will be looked up.
    wrapper: Any = FunctionType(made.__code__, names, closure=made.__closure__)
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
    """The tasks that a handler has: fixed ones, and those in the containers that it asks for."""

    def __init__(self, function: FunctionType, fixed: Task | None, wanted: list[Any]) -> None:
        self.function, self.fixed, self.wanted = function, fixed, wanted

    def begin(self, args: list[Any], kwargs: dict[str, Any]) -> tuple[list[BackgroundTasks], Any]:
        """Make the containers that a call does not bring, and pass them to the handler.

        Returns them, and the calls in which this one stands, for its end.
        """
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
        around = current_calls.get(())
        current_calls.set((*around, object()))
        return made, around

    def end(self, around: tuple[object, ...]) -> None:
        current_calls.set(around)  # no reset, which fails in a coroutine that is closed elsewhere

    def answer(self, result: Any, made: list[BackgroundTasks]) -> Any:
        """What the handler returned, with the tasks behind it if it is Lilya that called."""
        if self.wanted and not made:
            return result
        refuse_response_of_ravyn(self.function, result)
        return response_with(result, lambda own: self.behind(own, made))

    def behind(self, own: Any, made: list[BackgroundTasks]) -> Any:
        """All the tasks of a response as one: its own or else the fixed ones, and the added."""
        for each in made:
            each._runs_once = (
                True  # the handler may have awaited it, or the response's own task may
            )
        tasks: list[Any] = [*made]
        if own is not None or self.fixed is not None:
            tasks.insert(0, fresh_copy(self.fixed) if own is None else own)
        if len(tasks) > 1:
            tasks = not_held(tasks)
        in_request = request_containers.get([])
        if len(tasks) == 1 and (not in_request or (tasks[0] is own and not made)):
            return tasks[0]
        container = new_container(BackgroundTasks, self.function)
        container.tasks = tasks
        if in_request:
            in_request.append(container)  # which can tell whether it has run
        return container


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


def evaluated(annotation: Any, names: dict[str, Any]) -> Any:
    """An annotation as an object; a text that cannot be evaluated yet stays a text."""
    with suppress(Exception):
        if isinstance(annotation, str):
            return evaluated(eval(annotation, names), names)
    return annotation


def container_for(parameter: inspect.Parameter, handler: Any, names: dict[str, Any]) -> Any:
    """The class of container that this parameter asks for, if it asks for one."""
    annotation = annotated(evaluated(parameter.annotation, names))
    args = () if typing.get_origin(annotation) is Literal else typing.get_args(annotation)
    parts = [each for each in (annotation, *map(annotated, args)) if not typing.get_origin(each)]
    classes = [each for each in parts if isinstance(each, type)]
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
    account_for(annotation())  # A class that needs arguments is refused here, not for each request.
    return annotation


def annotated(annotation: Any) -> Any:
    """What an `Annotated` or an alias stands for; a text as what it seems to say."""
    with suppress(Exception):  # an alias of what is not there
        while type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
    if typing.get_origin(annotation) is Annotated:
        return annotated(typing.get_args(annotation)[0])
    text = getattr(annotation, "__forward_arg__", annotation)
    if isinstance(text, str) and re.search(r"\bBackgroundTasks?\b", text):
        return BackgroundTasks if NAMES_CONTAINER.fullmatch(text.strip()) else BackgroundTask
    return annotation
