from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest


class Records(list[Any]):
    """What was logged, and whose failures that are."""

    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self]

    @property
    def names(self) -> list[str]:
        return [record.background_task for record in self]

    @property
    def errors(self) -> list[BaseException]:
        return [record.exc_info[1] for record in self]


class Collect(logging.Handler):
    def __init__(self, records: Records) -> None:
        super().__init__()
        self.records = records

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.ERROR:
            self.records.append(record)


@pytest.fixture
def records() -> Iterator[Records]:
    """The failures that are reported during a test."""
    logger, collect = logging.getLogger("ravyn_bg"), Collect(Records())
    logger.addHandler(collect)
    logger.propagate = False  # pytest would format them all
    yield collect.records
    logger.propagate = True
    logger.removeHandler(collect)
