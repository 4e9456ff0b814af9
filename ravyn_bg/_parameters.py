"""The parameters of a handler, whatever way their annotations are written."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from typing import Annotated, Any, ForwardRef, Literal, NoReturn, get_args, get_origin

from lilya.background import Task
from lilya.websockets import WebSocket

from ravyn_bg import background
from ravyn_bg._naming import shown
from ravyn_bg.background import BackgroundTask, BackgroundTasks

# What a text says that names something which only a type checker imports.
OURS = re.compile(r"\bBackgroundTasks?\b")
UNREADABLE = re.compile(r"(?:[\w.]*Annotated\[)?\s*(?:\w+\.)*(BackgroundTasks?)\s*(?:,.*\])?", re.S)
OTHERS = ("esmerald", "fastapi", "lilya", "litestar", "ravyn", "starlette")


def signature_of(handler: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info < (3, 14):
        return inspect.signature(handler)
    from annotationlib import Format

    return inspect.signature(handler, annotation_format=Format.FORWARDREF)


def read(annotation: Any, names: dict[str, Any]) -> Any:
    """An annotation, which is read alone; one that cannot be read stays a text."""
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
    annotation, classes = classes_in(read(parameter.annotation, names))
    if any(issubclass(each, WebSocket) for each in classes):
        refuse_websocket(handler)
    if any(is_foreign(each) for each in classes):
        raise TypeError(
            f"{shown(handler)} asks for `{parameter}`, which is not ravyn_bg's: import it from "
            f"ravyn_bg, as BackgroundTasks."
        )
    if not any(issubclass(each, (BackgroundTask, BackgroundTasks)) for each in classes):
        return None
    by_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    plain = classes == [annotation] and issubclass(annotation, BackgroundTasks)
    if not plain or not by_name or parameter.default is not parameter.empty:
        raise TypeError(
            f"{shown(handler)} asks for `{parameter}`, but what each request brings is a new "
            f"BackgroundTasks, passed by name: write `{parameter.name}: BackgroundTasks`, with no "
            f"default, no union and no star, and not before a `/`."
        )
    try:
        inspect.signature(annotation).bind()
    except TypeError as error:
        raise TypeError(
            f"{shown(handler)} asks for `{parameter}`, but {annotation.__name__}() cannot be made "
            f"without arguments, as it is for each request: {error}."
        ) from error
    container: type[BackgroundTasks] = annotation
    return container


def classes_in(annotation: Any) -> tuple[Any, list[type]]:
    """What an annotation stands for, and the classes in it."""
    annotation = bare(annotation)
    args = () if get_origin(annotation) is Literal else get_args(annotation)
    parts = [annotation, *map(bare, args)]
    return annotation, [each for each in parts if isinstance(each, type)]


def bare(annotation: Any) -> Any:
    """Without `Annotated` and aliases; a text as what it seems to say."""
    try:
        while True:
            if get_origin(annotation) is Annotated:
                annotation = get_args(annotation)[0]
            elif type(annotation).__name__ == "TypeAliasType":  # Python's, or typing-extensions'
                annotation = annotation.__value__
            else:
                break
    except Exception:
        return None
    text = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else annotation
    if isinstance(text, str):
        name = UNREADABLE.fullmatch(text.strip())
        unclear = BackgroundTask | BackgroundTasks if OURS.search(text) else None
        return getattr(background, name[1]) if name else unclear
    return annotation


def is_foreign(kind: type) -> bool:
    other = kind.__module__.partition(".")[0] in OTHERS
    return other and (
        issubclass(kind, Task) or kind.__name__ in ("BackgroundTask", "BackgroundTasks")
    )


def refuse_websocket(handler: Callable[..., Any]) -> NoReturn:
    raise TypeError(
        f"@with_background on {shown(handler)} stands on a websocket: tasks run after a response, "
        f"and a websocket has none."
    )
