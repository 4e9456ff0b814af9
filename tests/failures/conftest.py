from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest


class Records(list[Any]):
    """The failures that were logged."""

    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self]

    @property
    def names(self) -> list[str]:
        return [record.background_task for record in self]

    @property
    def errors(self) -> list[BaseException]:
        return [record.exc_info[1] for record in self if record.exc_info]

    @property
    def lost(self) -> list[list[str]]:
        return [record.background_tasks_lost for record in self]


@pytest.fixture
def records() -> Iterator[Records]:
    """The failures that are reported during a test, shown to nobody else."""
    kept = Records()

    def keep(record: logging.LogRecord) -> bool:
        kept.extend([record] if record.levelno == logging.ERROR else [])
        return False

    logging.getLogger("ravyn_bg").addFilter(keep)
    yield kept
    logging.getLogger("ravyn_bg").removeFilter(keep)
