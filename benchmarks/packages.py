"""The packages compared, and how each builds, gathers and runs tasks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from time import sleep
from typing import Any

OURS = "ravyn_bg"
LIMIT = "limit"

# Tasks that are built to be timed, and never run, are no news.
logging.getLogger(OURS).setLevel(logging.ERROR)

# Its module; its class for one task, and for several; its option that runs several side by side.
KNOWN: dict[str, tuple[str, str | None, str, str | None]] = {
    OURS: ("ravyn_bg.background", "BackgroundTask", "BackgroundTasks", "as_group"),
    "Lilya": ("lilya.background", "Task", "Tasks", "as_group"),
    "Ravyn": ("ravyn.background", "BackgroundTask", "BackgroundTasks", "as_group"),
    "Starlette": ("starlette.background", "BackgroundTask", "BackgroundTasks", None),
    "FastAPI": ("fastapi.background", None, "BackgroundTasks", None),
    "Litestar": (
        "litestar.background_tasks",
        "BackgroundTask",
        "BackgroundTasks",
        "run_in_task_group",
    ),
}


@dataclass(frozen=True)
class Package:
    name: str
    task: Callable[..., Any] | None
    tasks: Callable[..., Any]
    group: str | None

    def filled(self, func: Callable[..., Any], count: int, *, side_by_side: bool = False) -> Any:
        """A container of tasks, each of which calls `func(1)`."""
        options = {self.group: True} if self.group and side_by_side else {}
        if self.task:
            return self.tasks([self.task(func, 1) for _ in range(count)], **options)
        tasks = self.tasks()
        for _ in range(count):
            tasks.add_task(func, 1)
        return tasks


def loaded(name: str) -> Package:
    module, task, tasks, group = KNOWN[name]
    found = import_module(module)
    return Package(name, getattr(found, task) if task else None, getattr(found, tasks), group)


PACKAGES = [loaded(name) for name, (module, *_) in KNOWN.items() if find_spec(module.split(".")[0])]
LEFT_OUT = sorted(KNOWN.keys() - {package.name for package in PACKAGES})


def sync_function(to: object, *, retries: int = 1) -> None:
    pass


async def async_function(to: object, *, retries: int = 1) -> None:
    pass


def lasting(milliseconds: int) -> Callable[[object], None]:
    """A sync function that waits, as those do that are worth a task."""

    def function(to: object) -> None:
        sleep(milliseconds / 1000)

    return function if milliseconds else sync_function
