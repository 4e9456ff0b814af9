"""The parameters of a handler, whatever way their annotations are written."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, ForwardRef, Literal, get_args, get_origin

from lilya.background import Task
from lilya.websockets import WebSocket

from ravyn_bg._naming import shown
from ravyn_bg.background import BackgroundTask, BackgroundTasks

# What a text says that names something which only a type checker imports.
UNREADABLE = re.compile(r"(?:[\w.]*Annotated\[)?\s*(?:\w+\.)*BackgroundTasks\s*(?:,.*\])?", re.S)
OTHERS = ("esmerald", "fastapi", "lilya", "litestar", "ravyn", "starlette")
# `annotationlib.Format.FORWARDREF`: what cannot be read yet is no error.
FORWARDREF: dict[str, Any] = {"annotation_format": 3} if sys.version_info >= (3, 14) else {}


def read(annotation: Any, names: dict[str, Any]) -> Any:
    """An annotation, which is evaluated alone; one that cannot be stays a text."""
    while isinstance(annotation, (str, ForwardRef)):
        text = annotation if isinstance(annotation, str) else annotation.__forward_arg__
        try:
            annotation = eval(text, names)
        except Exception:
            return text
    return annotation


def container_for(
    parameter: inspect.Parameter, handler: Callable[..., Any], names: dict[str, Any]
) -> type[BackgroundTasks] | None:
    """The class of container that this parameter asks for, if it asks for one."""
    annotation = bare(read(parameter.annotation, names))
    args = () if get_origin(annotation) is Literal else get_args(annotation)
    parts = [each for each in (annotation, *map(bare, args)) if not get_origin(each)]
    classes = [each for each in parts if isinstance(each, type)]
    if any(issubclass(each, WebSocket) for each in classes):
        raise on_websocket(handler)
    if any(map(is_foreign, classes)):
        raise TypeError(
            f"{shown(handler)} asks for `{parameter}`, which is another package's: import it from "
            f"ravyn_bg."
        )
    if not any(issubclass(each, (BackgroundTask, BackgroundTasks)) for each in classes):
        return None
    by_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    plain = classes == [annotation] and issubclass(annotation, BackgroundTasks)
    if not plain or not by_name or parameter.default is not parameter.empty or needs(annotation):
        raise TypeError(
            f"{shown(handler)} asks for `{parameter}`, but what each request brings is a new "
            f"BackgroundTasks, passed by name: write `{parameter.name}: BackgroundTasks`, with no "
            f"default, no union and no star, and not before a `/`."
        )
    return annotation  # type: ignore[no-any-return]  # which is a class


def needs(kind: type) -> bool:
    """Whether it cannot be made without arguments."""
    parameters = inspect.signature(kind).parameters.values()
    return any(each.default is each.empty and each.kind not in (2, 4) for each in parameters)


def bare(annotation: Any) -> Any:
    """Without `Annotated` and aliases; a text as what it seems to say."""
    with suppress(NameError, AttributeError):  # an alias of what is not there
        while type(annotation).__name__ == "TypeAliasType" or get_origin(annotation) is Annotated:
            alias = get_origin(annotation) is not Annotated
            annotation = annotation.__value__ if alias else get_args(annotation)[0]
    text = getattr(annotation, "__forward_arg__", annotation)
    if isinstance(text, str) and re.search(r"\bBackgroundTasks?\b", text):
        return BackgroundTasks if UNREADABLE.fullmatch(text.strip()) else BackgroundTask
    return annotation


def is_foreign(kind: type) -> bool:
    name = issubclass(kind, Task) or kind.__name__ in ("BackgroundTask", "BackgroundTasks")
    return name and kind.__module__.partition(".")[0] in OTHERS


def on_websocket(handler: Callable[..., Any]) -> TypeError:
    return TypeError(
        f"@with_background on {shown(handler)} stands on a websocket: tasks run after a response, "
        f"and a websocket has none."
    )
