"""What is logged during a test, and what tests run with: each test with each of these."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from ravyn_bg import BackgroundTask
from tests.failures.tasks import SHAPES, GroupOfItsOwn, fail, fail_async, leaves


class Records(list[Any]):
    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self]

    @property
    def names(self) -> list[str]:
        return [record.background_task for record in self]

    @property
    def errors(self) -> list[BaseException]:
        return [leaf for each in self if each.exc_info for leaf in leaves(each.exc_info[1])]

    @property
    def lost(self) -> list[list[str]]:
        return [record.background_tasks_lost for record in self]


def logged(level: int) -> Iterator[Records]:
    """What is logged during a test, shown to nobody else."""
    kept = Records()

    def keep(record: logging.LogRecord) -> bool:
        kept.extend([record] if record.levelno == level else [])
        return False

    logging.getLogger("ravyn_bg").addFilter(keep)
    yield kept
    logging.getLogger("ravyn_bg").removeFilter(keep)


@pytest.fixture
def records() -> Iterator[Records]:
    """The failures that are reported."""
    yield from logged(logging.ERROR)


@pytest.fixture
def warnings() -> Iterator[Records]:
    """The tasks that never ran."""
    gc.collect()  # what others left
    yield from logged(logging.WARNING)


def each_of(values: dict[str, Any]) -> Any:
    return pytest.fixture(params=values.values(), ids=list(values))(lambda request: request.param)


as_group = each_of({"in order": False, "as group": True})
goes_on = each_of({"stops": False, "goes on": True})
function = each_of({"sync": fail, "async": fail_async})
kind = each_of({each.__name__: each for each in (BackgroundTask, GroupOfItsOwn)})
wrap = each_of(SHAPES)
