"""Wrong use, refused at the line that wrote it: what was given, and what to write instead."""

from collections.abc import Iterable
from importlib import import_module
from inspect import CORO_CREATED, getcoroutinestate, isasyncgenfunction, isgeneratorfunction
from types import CoroutineType, FunctionType, MethodType
from typing import Any

from lilya.background import Task, Tasks
from lilya.enums import HTTPMethod

from ravyn_bg._naming import described, short_name, unwrapped

OTHERS = ("esmerald.", "fastapi.", "lilya.", "litestar.", "ravyn.", "starlette.")
CALLED = "if a call returned that, pass what it called: (send, 'a@b.c'), not (send('a@b.c'))"
NEXT = "put it next to the function of a handler, or give it BackgroundTasks([...])"


def check_function(func: Any) -> None:
    """Refuse what a task cannot call, or what would do nothing if it were called."""
    takes = "A background task takes a function and its arguments, got"
    if not callable(func):
        close(func)
        raise TypeError(f"{takes} {described(func)}: {uncalled(func) or CALLED}.")
    function = unwrapped(func)
    if not isinstance(function, (FunctionType, MethodType)):
        function = type(function).__call__
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        instead = "calling it runs nothing of its body: pass a function that loops over it"
        raise TypeError(f"{takes} the generator function {short_name(func)}: {instead}.")


def refuse_flags(**flags: Any) -> None:
    name, value = next(each for each in flags.items() if type(each[1]) is not bool)
    if isinstance(value, Task):
        raise TypeError("BackgroundTasks takes one list: write BackgroundTasks([t1, t2]).")
    close(value)
    takes = f"BackgroundTasks takes {name}=True or {name}=False"
    raise TypeError(f"{takes}, got {described(value)}.")


def checked_items(tasks: Any) -> list[Any]:
    """What a container is given, each item of which is a task or a function, as a list."""
    takes = "BackgroundTasks takes an iterable of tasks, got"
    if isinstance(tasks, Task):
        raise TypeError(f"{takes} one task: write [task].")
    if isinstance(tasks, (str, bytes, bytearray)) or not isinstance(tasks, Iterable):
        close(tasks)
        instead = "write BackgroundTasks([BackgroundTask(func, ...)])"
        raise TypeError(f"{takes} {described(tasks)}: {instead}.")
    items: list[Any] = []
    for item in tasks:
        if not isinstance(item, Task) and (not callable(item) or is_foreign(type(item))):
            for each in tasks if isinstance(tasks, (list, tuple, set, frozenset)) else [item]:
                close(each)
            func = item.__qualname__ if isinstance(item, CoroutineType) else "func"
            instead = f"write BackgroundTask({func}, ...)"
            if is_foreign(type(item)):
                instead = "import it from ravyn_bg"
            wrong = f"item {len(items)} is {described(item)}"
            raise TypeError(f"BackgroundTasks takes tasks, but {wrong}: {instead}.")
        items.append(item)
    return items


def check_container(thing: Any) -> None:
    """Refuse `BackgroundTasks.add_task(send, ...)`, which calls it on the class."""
    if not isinstance(thing, Tasks):
        close(thing)
        add = "BackgroundTasks.add_task is called on a container"
        raise TypeError(f"{add}, got {described(thing)}: write BackgroundTasks().add_task(...).")


def close(thing: object) -> None:
    """Close a coroutine that is refused, so that Python does not warn that nobody awaited it."""
    if isinstance(thing, CoroutineType) and getcoroutinestate(thing) == CORO_CREATED:
        thing.close()


def uncalled(thing: object) -> str:
    """What to write instead of a coroutine."""
    name = thing.__qualname__ if isinstance(thing, CoroutineType) else ""
    return name and f"pass {name} and its arguments, not {name}(...)"


def function_of(handler: Any) -> FunctionType:
    """The function that a handler is, under partials and bound methods."""
    function = unwrapped(handler)
    while isinstance(function, MethodType):
        function = unwrapped(function.__func__)
    if isinstance(function, FunctionType):
        return function
    close(handler)
    instead = uncalled(handler) or NEXT
    if isinstance(handler, type) and issubclass(handler, Task):
        instead = f"make one, {short_name(handler)}(...)"
    elif is_foreign(type(handler)):
        instead = "import it from ravyn_bg"
    raise TypeError(f"with_background got {described(handler)}: {instead}.")


def is_foreign(kind: type) -> bool:
    """Whether a class is a task or a container of another package."""
    is_task = issubclass(kind, Task) or kind.__name__ in ("BackgroundTask", "BackgroundTasks")
    return is_task and kind.__module__.startswith(OTHERS)


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
        raise TypeError(f"@with_background on {short_name(handler)} {wrong}.")


# Where Lilya has what Ravyn has, under the same name, and what it has under another.
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
