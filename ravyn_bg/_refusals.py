"""Wrong use, refused at the line that wrote it: what was given, and what to write instead."""

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from inspect import CORO_CREATED, getcoroutinestate, isasyncgenfunction, isgeneratorfunction, unwrap
from types import CoroutineType, FunctionType, MethodType
from typing import Any

from lilya.background import Task, Tasks
from lilya.enums import HTTPMethod

from ravyn_bg._naming import described, short_name, unwrapped

OTHERS = ("esmerald.", "fastapi.", "lilya.", "litestar.", "ravyn.", "starlette.")


def refusal(takes: str, given: object, instead: str) -> TypeError:
    """The error that says what was given, and what to write instead."""
    if isinstance(given, CoroutineType):
        close(given)
        instead = f"pass {given.__qualname__} and its arguments, not {given.__qualname__}(...)"
    return TypeError(f"{takes}, got {described(given)}: {instead}.")


def close(thing: object) -> None:
    """Close a coroutine that is refused, so that Python does not warn that nobody awaited it."""
    if isinstance(thing, CoroutineType) and getcoroutinestate(thing) == CORO_CREATED:
        thing.close()


def check_function(func: Any) -> None:
    """Refuse what a task cannot call, or what would do nothing if it were called."""
    takes = "A background task takes a function and its arguments"
    if not callable(func):
        called = "if a call returned that, pass what it called"
        raise refusal(takes, func, f"{called}: (send, 'a@b.c'), not (send('a@b.c'))")
    function = unwrapped(func)
    if not isinstance(function, (FunctionType, MethodType)):
        function = type(function).__call__
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        instead = "calling it runs nothing of its body: pass a function that loops over it"
        raise TypeError(f"{takes}, got the generator function {short_name(func)}: {instead}.")


def refuse_flags(**flags: Any) -> None:
    name, value = next(each for each in flags.items() if type(each[1]) is not bool)
    instead = "for several tasks, write BackgroundTasks([t1, t2])"
    raise refusal(f"BackgroundTasks takes {name}=True or {name}=False", value, instead)


def checked_items(tasks: Any) -> Iterator[Any]:
    """The items that a container is given, each checked to be a task or a function."""
    if isinstance(tasks, (str, bytes, bytearray, Task)) or not isinstance(tasks, Iterable):
        as_list = "[task]" if isinstance(tasks, Task) else "[BackgroundTask(func, ...)]"
        instead = f"write BackgroundTasks({as_list})"
        raise refusal("BackgroundTasks takes an iterable of tasks", tasks, instead)
    for place, item in enumerate(tasks):
        foreign = is_foreign(type(item))
        if not isinstance(item, Task) and (foreign or not callable(item)):
            for each in tasks if isinstance(tasks, (list, tuple, set, frozenset)) else [item]:
                close(each)
            func = item.__qualname__ if isinstance(item, CoroutineType) else "func"
            instead = "import it from ravyn_bg" if foreign else f"write BackgroundTask({func}, ...)"
            wrong = f"item {place} is {described(item)}"
            raise TypeError(f"BackgroundTasks takes tasks, but {wrong}: {instead}.")
        yield item


def check_container(thing: Any) -> None:
    """Refuse `BackgroundTasks.add_task(send, ...)`, the class in place of a container."""
    if not isinstance(thing, Tasks):
        add = "BackgroundTasks.add_task is for a container, tasks = BackgroundTasks()"
        raise TypeError(f"{add}: write tasks.add_task({described(thing)}, ...).")


def function_of(handler: Any) -> FunctionType:
    """The function of a handler, under partials and bound methods."""
    function = unwrapped(handler)
    while isinstance(function, MethodType):
        function = unwrapped(function.__func__)
    if isinstance(function, FunctionType):
        return function
    instead = "put it next to the function of a handler, or give it BackgroundTasks([...])"
    if isinstance(handler, type) and issubclass(handler, Task):
        instead = f"make one, {short_name(handler)}(...)"
    elif is_foreign(type(handler)):
        instead = "import it from ravyn_bg"
    raise refusal("with_background takes a handler or one task", handler, instead)


def is_foreign(kind: type) -> bool:
    """Whether a class is a task or a container of another package."""
    is_task = issubclass(kind, Task) or kind.__name__ in ("BackgroundTask", "BackgroundTasks")
    return is_task and kind.__module__.startswith(OTHERS)


def refuse_place(handler: Any, fixed: Any, injects: bool) -> None:
    marks, wrong, below = vars(handler), "", ": put it below, next to the function"
    if "__with_background__" in marks:
        wrong = "stands there twice: write it once, with a BackgroundTasks for all fixed tasks"
    elif "_lilya_dependencies" in marks and (injects or is_being_defined(handler)):
        wrong = f"stands above the route decorator, which registered the handler without it{below}"
    elif "openapi_meta" in marks:
        wrong = f"stands above @openapi{below}"
    elif injects and getattr(handler, "__globals__", {}).get("__name__") == "lilya.decorators":
        wrong = f"injects a container into @cache or @observable{below}"
    elif fixed is None and not injects:
        wrong = "finds no tasks: give it a parameter `background_tasks: BackgroundTasks`, "
        wrong += "or write @with_background(task)"
    if wrong:
        raise TypeError(f"@with_background on {short_name(handler)} {wrong}.")


def is_being_defined(handler: Any) -> bool:
    """Whether the code that called us is at the lines of this function, applying its decorators.

    A handler that was defined earlier may have two routes, and tasks on only one of them.
    """
    code = unwrap(function_of(handler)).__code__
    frame: Any = sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith("ravyn_bg."):
        frame = frame.f_back
    last_line = max(line or 0 for *_, line in code.co_lines())
    is_on_its_lines: bool = code.co_firstlineno <= frame.f_lineno <= last_line
    return is_on_its_lines and frame.f_code.co_filename == code.co_filename


def refuse_response_of_ravyn(handler: Any, response: Any) -> None:
    """Refuse `Redirect`, `Template` and their like, which Ravyn alone knows how to send."""
    if getattr(getattr(response, "to_response", None), "__module__", "").startswith(OTHERS):
        name = (response if isinstance(response, type) else type(response)).__name__
        instead = {"Stream": "Streaming"}.get(name, "JSON" if name.endswith("JSON") else name)
        gives = f"{short_name(handler)} returns {name}, which Ravyn alone can send"
        raise TypeError(f"{gives}: return a ravyn_bg.responses.{instead}Response.")


# Where Lilya has the names of Ravyn, and what it has under another name.
PLACES = "context controllers params datastructures exceptions routing websockets"
OTHER = {"Gateway": "lilya.routing.Path", "WebSocketGateway": "lilya.routing.WebSocketPath"}
OTHER |= {"Inject": "lilya.dependencies.Provide", "Injects": "lilya.dependencies.Provides"}
OTHER |= {"Ravyn": "lilya.apps.Lilya", "ChildRavyn": "lilya.apps.ChildLilya"}
ROUTES = {"route", "websocket", *(each.lower() for each in HTTPMethod)}


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
