"""Wrong use, refused at the line that wrote it: what was given, and what to write instead."""

from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from inspect import CORO_CREATED, getcoroutinestate
from types import CoroutineType, FunctionType, MethodType
from typing import Any

from lilya.background import Task

from ravyn_bg._naming import described, shown

OTHERS = ("esmerald.", "fastapi.", "lilya.", "litestar.", "ravyn.", "starlette.")
CALLED = "if a call returned that, pass what it called: (send, 'a@b.c'), not (send('a@b.c'))"
NO_RESPONSE = "stands on a websocket: tasks run after a response, and a websocket has none"
BY_NAME: Any = object()  # `func`, if it is given by name or not at all


def given(func: Any, keywords: dict[str, Any]) -> Callable[..., Any]:
    """What a task is to call, if it is not given by position."""
    takes = "A background task takes a function and its arguments, got"
    if func is BY_NAME and "func" not in keywords:
        raise TypeError(f"{takes} no function: write (send, 'a@b.c').")
    called = keywords.pop("func") if func is BY_NAME else func
    if not callable(called):
        raise TypeError(f"{takes} {what(called)}: {call_instead(called) or CALLED}.")
    return called  # type: ignore[no-any-return]


def checked_flag(name: str, value: Any) -> bool:
    if isinstance(value, Task):
        raise TypeError("BackgroundTasks takes one list: write BackgroundTasks([t1, t2]).")
    if type(value) is not bool:
        raise TypeError(f"BackgroundTasks takes {name}=True or {name}=False, got {what(value)}.")
    return value


def checked_tasks(tasks: Any) -> list[Task]:
    """The tasks as a list."""
    takes = "BackgroundTasks takes an iterable of tasks, got"
    if isinstance(tasks, Task):
        raise TypeError(f"{takes} one task: write [task].")
    if isinstance(tasks, (str, bytes, bytearray)) or not isinstance(tasks, Iterable):
        instead = "write BackgroundTasks([BackgroundTask(func, ...)])"
        raise TypeError(f"{takes} {what(tasks)}: {instead}.")
    checked: list[Task] = []
    for item in tasks:
        if not isinstance(item, Task):
            called = item.__qualname__ if isinstance(item, CoroutineType) else "func"
            instead = f"write BackgroundTask({shown(item) if callable(item) else called + ', ...'})"
            instead = "import it from ravyn_bg" if is_foreign(type(item)) else instead
            for other in tasks if isinstance(tasks, (list, tuple, set, frozenset)) else ():
                what(other)  # which closes the other coroutines
            wrong = f"item {len(checked)} is {what(item)}"
            raise TypeError(f"BackgroundTasks takes tasks, but {wrong}: {instead}.")
        checked.append(item)
    return checked


def what(thing: object) -> str:
    """What was given; a coroutine is closed, so that nothing warns of it later."""
    if not isinstance(thing, CoroutineType):
        return described(thing)
    if getcoroutinestate(thing) == CORO_CREATED:
        thing.close()
    return f"the coroutine {thing.__qualname__}(...)"


def call_instead(thing: object) -> str:
    """What to write instead of a coroutine."""
    name = thing.__qualname__ if isinstance(thing, CoroutineType) else ""
    return name and f"pass {name} and its arguments, not {name}(...)"


def function_of(handler: Any) -> FunctionType:
    """The function that a handler is, under `functools.partial`."""
    function = handler
    while isinstance(function, (partial, MethodType)):
        function = function.func if isinstance(function, partial) else function.__func__
    if isinstance(function, FunctionType):
        return function
    instead = "put it next to the function of a handler, or give it BackgroundTasks([...])"
    if isinstance(handler, type) and issubclass(handler, Task):
        instead = f"make one, {shown(handler)}(...)"
    elif is_foreign(type(handler)):
        instead = "import it from ravyn_bg"
    raise TypeError(f"with_background got {what(handler)}: {call_instead(handler) or instead}.")


def is_foreign(kind: type) -> bool:
    name = issubclass(kind, Task) or kind.__name__ in ("BackgroundTask", "BackgroundTasks")
    return name and kind.__module__.startswith(OTHERS)


def refuse_place(handler: Any, fixed: Any, injects: bool, names: dict[str, Any]) -> None:
    marks, wrong, below = vars(handler), "", ": put it below, next to the function"
    if "__with_background__" in marks:
        wrong = "stands there twice: write it once, with a BackgroundTasks for all fixed tasks"
    # Where it is called as a decorator, the handler has no name yet. One that has may stand on two
    # routes, with the task on one of them.
    elif "_lilya_dependencies" in marks and (injects or names.get(handler.__name__) is not handler):
        wrong = f"stands above the route decorator, which registered the handler without it{below}"
    elif "openapi_meta" in marks:
        wrong = f"stands above @openapi{below}"
    elif injects and getattr(handler, "__globals__", {}).get("__name__") == "lilya.decorators":
        wrong = f"injects a container into @cache or @observable{below}"
    elif fixed is None and not injects:
        wrong = "finds no tasks: give it a parameter `background_tasks: BackgroundTasks`, "
        wrong += "or write @with_background(task)"
    if wrong:
        raise TypeError(f"@with_background on {shown(handler)} {wrong}.")


ROUTES = ["delete", "get", "head", "options", "patch", "post", "put", "route", "websocket"]
# Where Lilya has the same name, and where it has another.
PLACES = "context controllers params datastructures exceptions routing websockets"
OTHER = {"Gateway": "lilya.routing.Path", "WebSocketGateway": "lilya.routing.WebSocketPath"}
OTHER |= {"Inject": "lilya.dependencies.Provide", "Injects": "lilya.dependencies.Provides"}
OTHER |= {"Ravyn": "lilya.apps.Lilya", "ChildRavyn": "lilya.apps.ChildLilya"}


def refuse_name(name: str) -> None:
    """Raise the ImportError that says what to use, if people import that name from Ravyn."""
    instead = f"@app.{name}(...) of a lilya.apps.Lilya" if name in ROUTES else OTHER.get(name)
    for place in ("ravyn_bg.responses", *(f"lilya.{each}" for each in PLACES.split())):
        found = getattr(import_module(place), name, None)
        if not instead and getattr(found, "__module__", "").startswith((place, "lilya.responses")):
            instead = f"{place}.{name}"
    if instead:
        refused = f"ravyn_bg has no {name!r}: it ends at background tasks. Use {instead} instead."
        raise ImportError(refused, name="ravyn_bg")
