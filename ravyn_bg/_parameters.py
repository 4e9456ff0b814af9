"""The parameters of a handler that ask for tasks, whatever way their annotations are written."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import FunctionType
from typing import Annotated, Any, ForwardRef, Literal, cast, get_args, get_origin, get_type_hints

from lilya.background import Task

from ravyn_bg import background
from ravyn_bg._naming import shown
from ravyn_bg.background import BackgroundTasks
from ravyn_bg.types import BackgroundTaskType


def container_for(
    parameter: inspect.Parameter, handler: Callable[..., Any], names: dict[str, Any]
) -> type[BackgroundTasks] | None:
    """The class of container that this parameter asks for, if it asks for one."""
    annotation = read(parameter.annotation, names)
    args = () if get_origin(annotation) is Literal else get_args(annotation)
    parts = [annotation, *(read(part, names) for part in args)]
    classes = [each for each in parts if isinstance(each, type)]
    if not any(issubclass(each, Task) for each in classes):
        return None
    by_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    plain = classes == [annotation] and issubclass(annotation, BackgroundTasks)
    if not plain or not by_name or parameter.default is not parameter.empty:
        raise TypeError(
            f"{shown(handler)} asks for `{parameter}`, but what each request brings is a new "
            f"BackgroundTasks, passed by name: write `{parameter.name}: BackgroundTasks`, with no "
            f"default, no union and no star, and not before a `/`."
        )
    return cast("type[BackgroundTasks]", annotation)


# What a string says that names something which only a type checker imports.
OURS = re.compile(r"\bBackgroundTasks?\b")
UNREADABLE = re.compile(r"(?:[\w.]*Annotated\[)?\s*(?:\w+\.)*(BackgroundTasks?)\s*(?:,.*\])?", re.S)


def read(annotation: Any, names: dict[str, Any]) -> Any:
    """An annotation with its strings evaluated and `Annotated` taken off."""
    while True:
        if isinstance(annotation, ForwardRef):
            annotation = annotation.__forward_arg__
        elif isinstance(annotation, str):
            try:
                annotation = eval(annotation, names)
            except Exception:
                if not OURS.search(annotation):
                    return None
                name = UNREADABLE.fullmatch(annotation.strip())
                return getattr(background, name[1]) if name else BackgroundTaskType
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif type(annotation).__name__ == "TypeAliasType":  # Python's, or that of typing-extensions
            annotation = annotation.__value__
        else:
            return annotation


def annotations_of(function: FunctionType) -> dict[str, Any]:
    # Evaluated, because Lilya would look up the names of a string among those of this module.
    try:
        return get_type_hints(function, include_extras=True)
    except Exception:
        return function.__annotations__


def is_websocket(parameter: inspect.Parameter) -> bool:
    annotation = parameter.annotation
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return parameter.name == "websocket" or name.rpartition(".")[2] == "WebSocket"
