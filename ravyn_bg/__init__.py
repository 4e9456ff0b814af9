"""Typed background tasks for Lilya."""

from typing import TYPE_CHECKING, Any

from lilya.requests import Request
from lilya.responses import JSONResponse, Response, TemplateResponse

from ravyn_bg import background as background
from ravyn_bg import types as types
from ravyn_bg._handlers import with_background
from ravyn_bg._refusals import refuse_name
from ravyn_bg.background import BackgroundTask, BackgroundTasks, Task, Tasks
from ravyn_bg.types import BackgroundTaskType

__version__ = "0.3.0"

__all__ = ["BackgroundTask", "BackgroundTaskType", "BackgroundTasks", "JSONResponse", "Request"]
__all__ += ["Response", "Task", "Tasks", "TemplateResponse", "with_background"]


if not TYPE_CHECKING:  # pragma: no branch - a checker that sees this lets wrong names pass

    def __getattr__(name: str) -> Any:
        if not name.startswith("_"):
            refuse_name(name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    # Not what is only imported here, so that completion offers public names alone.
    return sorted([*__all__, "__version__", "background", "types"])
