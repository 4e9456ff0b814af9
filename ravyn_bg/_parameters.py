"""The parameters of a handler, whatever way their annotations are written."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from inspect import Parameter
from typing import Annotated, Any, Literal, get_args, get_origin

from lilya.background import Task
from lilya.websockets import WebSocket

from ravyn_bg._naming import shown
from ravyn_bg._refusals import is_foreign, on_websocket
from ravyn_bg.background import BackgroundTask, BackgroundTasks

# What a text says that names something which only a type checker imports.
UNREADABLE = re.compile(r"(?:[\w.]*Annotated\[)?\s*(?:\w+\.)*BackgroundTasks\s*(?:,.*\])?", re.S)
# `annotationlib.Format.FORWARDREF`: what cannot be read yet is no error.
FORWARDREF: dict[str, Any] = {"annotation_format": 3} if sys.version_info >= (3, 14) else {}


def read(annotation: Any, names: dict[str, Any]) -> Any:
    """An annotation, which is evaluated alone; one that cannot be stays a text."""
    while isinstance(text := getattr(annotation, "__forward_arg__", annotation), str):
        try:
            annotation = eval(text, names)
        except Exception:
            return text
    return annotation


def container_for(parameter: Parameter, handler: Any, names: dict[str, Any]) -> Any:
    """The class of container that this parameter asks for, if it asks for one."""
    annotation = bare(read(parameter.annotation, names))
    args = () if get_origin(annotation) is Literal else get_args(annotation)
    parts = [each for each in (annotation, *map(bare, args)) if not get_origin(each)]
    classes = [each for each in parts if isinstance(each, type)]
    if any(issubclass(each, WebSocket) for each in classes):
        raise on_websocket(handler)
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
            f"{asks}, but what each request brings is a new BackgroundTasks, passed by name: write "
            f"`{parameter.name}: BackgroundTasks`, with no default, no union and no star, and not "
            f"before a `/`."
        )
    annotation()  # A class that needs arguments is refused here, not for each request.
    return annotation


def bare(annotation: Any) -> Any:
    """Without `Annotated` and aliases; a text as what it seems to say."""
    with suppress(Exception):  # an alias of what is not there
        while type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    text = getattr(annotation, "__forward_arg__", annotation)
    if isinstance(text, str) and re.search(r"\bBackgroundTasks?\b", text):
        return BackgroundTasks if UNREADABLE.fullmatch(text.strip()) else BackgroundTask
    return annotation
