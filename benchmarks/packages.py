"""The packages compared, and how each builds, gathers and runs tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from time import sleep
from typing import Any

OURS = "ravyn_bg"
TRIP = "bare trip"  # one of AnyIO's to a thread, which makes all the calls

TASK, TASKS = "BackgroundTask", "BackgroundTasks"
# Its module; its class for one task, and for several; its option that runs several side by side.
KNOWN: dict[str, tuple[str, str | None, str, str | None]] = {
    OURS: ("ravyn_bg", TASK, TASKS, "as_group"),
    "Lilya": ("lilya.background", "Task", "Tasks", "as_group"),
    "Ravyn": ("ravyn", TASK, TASKS, "as_group"),
    "Starlette": ("starlette.background", TASK, TASKS, None),
    "FastAPI": ("fastapi", None, TASKS, None),
    "Litestar": ("litestar.background_tasks", TASK, TASKS, "run_in_task_group"),
}

Function = Callable[..., Any]


@dataclass(frozen=True)
class Package:
    name: str
    task: Callable[..., Any] | None
    tasks: Callable[..., Any]
    group: str | None

    def filled(self, functions: list[Function], *, side_by_side: bool = False) -> Any:
        """A container of tasks, each of which calls one of these with one argument."""
        options = {self.group: True} if self.group and side_by_side else {}
        if self.task:
            return self.tasks([self.task(function, 1) for function in functions], **options)
        tasks = self.tasks()
        for function in functions:
            tasks.add_task(function, 1)
        return tasks


def loaded(name: str) -> Package:
    module, task, tasks, group = KNOWN[name]
    found = import_module(module)
    return Package(name, getattr(found, task) if task else None, getattr(found, tasks), group)


PACKAGES = [loaded(name) for name in KNOWN]
CONTAINERS = {each.name: each.tasks for each in PACKAGES if hasattr(each.tasks, "add_task")}


def different(kind: str, count: int) -> list[Function]:
    """Functions that do nothing, each with code of its own, as those of a program have."""
    prefix = "async " if kind == "async" else ""
    made: dict[str, Any] = {}
    for number in range(count):
        exec(f"{prefix}def function_{number}(to, *, retries=1): pass", made)
    return [made[f"function_{number}"] for number in range(count)]


def lasting(milliseconds: int) -> Function:
    """A sync function that waits, as those do that are worth a task."""

    def function(to: object) -> None:
        sleep(milliseconds / 1000)

    return function
