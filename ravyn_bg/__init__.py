"""Typed background tasks for Lilya."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ravyn_bg.background import BackgroundTask, BackgroundTasks, Task, Tasks
from ravyn_bg.types import BackgroundTaskType

if TYPE_CHECKING:
    from lilya.requests import Request
    from lilya.responses import JSONResponse, Response, TemplateResponse

    from ravyn_bg._handlers import with_background

__version__ = "0.1.0"

__all__ = [
    "BackgroundTask",
    "BackgroundTaskType",
    "BackgroundTasks",
    "JSONResponse",
    "Request",
    "Response",
    "Task",
    "Tasks",
    "TemplateResponse",
    "with_background",
]

# Loaded on first use: each of these modules costs more to load than all the rest.
_LOADED_ON_USE = {
    "JSONResponse": "lilya.responses",
    "Request": "lilya.requests",
    "Response": "lilya.responses",
    "TemplateResponse": "lilya.responses",
    "with_background": "ravyn_bg._handlers",
}


if not TYPE_CHECKING:  # pragma: no branch - a checker that sees this lets wrong names pass

    def __getattr__(name: str) -> Any:
        if name in _LOADED_ON_USE:
            value = globals()[name] = getattr(import_module(_LOADED_ON_USE[name]), name)
            return value
        if not name.startswith("_"):
            import_module("ravyn_bg._elsewhere").refuse(name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
