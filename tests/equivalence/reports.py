"""Which failures of a program `ravyn_bg` has to report, told from the program alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.equivalence.libraries import is_failure

Report = tuple[str, list[str]]  # the task that failed, and those that will not run because of it


class Expected:
    """A task that fails is reported once, with those that will not run because of it.

    A `__call__` of its own may do with an error what it likes: what stands behind such a container
    is lost when the error leaves it.
    """

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.certain = True  # unless Lilya's own code runs tasks, and nobody sees them fail
        self.names: dict[int, str] = {}
        self.habits: dict[int, str] = {}
        self.homes: dict[int, Tasks] = {}

    def know(self, task: Task, name: str, habit: str) -> None:
        self.names[id(task)], self.habits[id(task)] = name, habit

    def know_home(self, task: Task, home: Tasks) -> None:
        self.homes[id(task)] = home
        if self.calls_itself(home):
            self.runs_by_itself(task if self.habits[id(home)] == "loops" else home)

    def runs_by_itself(self, task: Task) -> None:
        if not isinstance(task, (BackgroundTask, BackgroundTasks)):
            self.certain = False

    def fails(self, task: Task) -> None:
        if not self.calls_itself(task) or not self.is_run_here(task):
            self.reports.append((self.names[id(task)], self.lost(task)))

    def leaves(self, task: Task, error: BaseException) -> None:
        lost = self.lost(task)
        has_reported = isinstance(task, Tasks) or not self.is_run_here(task)
        if is_failure(error) and (lost or not has_reported):
            self.reports.append((self.names[id(task)], lost))

    def is_run_here(self, task: Task) -> bool:
        """Whether code of `ravyn_bg` calls it, and sees what leaves its own `__call__`."""
        home = self.homes.get(id(task))
        return home is not None and self.habits[id(home)] != "loops"

    def calls_itself(self, task: Task) -> bool:
        return self.habits[id(task)] not in ("plain", "goes on")

    def lost(self, task: Task) -> list[str]:
        home = self.homes.get(id(task))
        if home is None:
            return []
        lost: list[str] = []
        if not home.as_group and self.habits[id(home)] not in ("loops", "goes on"):
            (place,) = (place for place, each in enumerate(home.tasks) if each is task)
            lost += [name for each in home.tasks[place + 1 :] for name in self.names_in(each)]
        return lost if self.calls_itself(home) else lost + self.lost(home)

    def names_in(self, task: Task) -> list[str]:
        if isinstance(task, Tasks):
            return [name for each in task.tasks for name in self.names_in(each)]
        return [self.names[id(task)]]


@contextmanager
def reports_kept() -> Iterator[list[Report]]:
    """What is reported while this lasts, shown to nobody else."""
    kept: list[Report] = []

    def keep(record: logging.LogRecord) -> bool:
        kept.append((record.__dict__["background_task"], record.__dict__["background_tasks_lost"]))
        return False

    logger = logging.getLogger("ravyn_bg")
    logger.addFilter(keep)
    try:
        yield kept
    finally:
        logger.removeFilter(keep)
