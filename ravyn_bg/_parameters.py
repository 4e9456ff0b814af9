"""The parameters of a handler, whatever way their annotations are written."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from typing import Annotated, Any, ForwardRef, Literal, get_args, get_origin

from lilya.background import Task
from lilya.websockets import WebSocket

from ravyn_bg._naming import shown
from ravyn_bg.background import BackgroundTask, BackgroundTasks

# What a text says that names something which only a type checker imports.
UNREADABLE = re.compile(r"(?:[\w.]*Annotated\[)?\s*(?:\w+\.)*BackgroundTasks\s*(?:,.*\])?", re.S)
OTHERS = ("esmerald", "fastapi", "lilya", "litestar", "ravyn", "starlette")
NO_RESPONSE = "stands on a websocket: tasks run after a response, and a websocket has none"


def signature_of(handler: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info < (3, 14):
        return inspect.signature(handler)
    from annotationlib import Format

    return inspect.signature(handler, annotation_format=Format.FORWARDREF)


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
    classes = [each for each in (annotation, *map(bare, args)) if is_class(each)]
    if any(issubclass(each, WebSocket) for each in classes):
        raise TypeError(f"@with_background on {shown(handler)} {NO_RESPONSE}.")
    wrong = f"{shown(handler)} asks for `{parameter}`, but"
    if any(map(is_foreign, classes)):
        raise TypeError(f"{wrong} that is another package's: import it from ravyn_bg.")
    if not any(issubclass(each, (BackgroundTask, BackgroundTasks)) for each in classes):
        return None
    by_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    plain = classes == [annotation] and issubclass(annotation, BackgroundTasks)
    if not plain or not by_name or parameter.default is not parameter.empty:
        raise TypeError(
            f"{wrong} what each request brings is a new BackgroundTasks, passed by name: write "
            f"`{parameter.name}: BackgroundTasks`, with no default, no union and no star, and not "
            f"before a `/`."
        )
    try:
        inspect.signature(annotation).bind()
    except TypeError as error:
        raise TypeError(
            f"{wrong} a new {annotation.__name__} for each request is made without arguments: "
            f"{error}. Give its parameters defaults."
        ) from error
    return annotation  # type: ignore[no-any-return]  # mypy does not see that it is a class


def bare(annotation: Any) -> Any:
    """Without `Annotated` and aliases; a text as what it seems to say."""
    while get_origin(annotation) is Annotated or type(annotation).__name__ == "TypeAliasType":
        try:
            alias = get_origin(annotation) is not Annotated
            annotation = annotation.__value__ if alias else get_args(annotation)[0]
        except Exception:  # an alias of what is not there
            return None
    text = getattr(annotation, "__forward_arg__", annotation)
    if isinstance(text, str) and re.search(r"\bBackgroundTasks?\b", text):
        return BackgroundTasks if UNREADABLE.fullmatch(text.strip()) else BackgroundTask
    return annotation


def is_class(annotation: Any) -> bool:
    return isinstance(annotation, type) and get_origin(annotation) is None


def is_foreign(kind: type) -> bool:
    name = issubclass(kind, Task) or kind.__name__ in ("BackgroundTask", "BackgroundTasks")
    return name and kind.__module__.partition(".")[0] in OTHERS
