"""What `ravyn_bg` reports."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup


PLACE = re.compile(r" \(queued at .*?:\d+ in [\w<>.]+\)")


class Records(list[Any]):
    @property
    def messages(self) -> list[str]:
        """Without the place, which `test_places` looks at."""
        return [PLACE.sub("", record.getMessage()) for record in self]

    @property
    def names(self) -> list[str]:
        return [record.background_task for record in self]

    def of(self, what: str) -> list[str]:
        """The tasks of which this was said."""
        return [each.background_task for each in self if what in each.getMessage()]

    @property
    def errors(self) -> list[BaseException]:
        return [leaf for each in self if each.exc_info for leaf in leaves(each.exc_info[1])]

    @property
    def lost(self) -> list[list[str]]:
        return [record.background_tasks_lost for record in self]


@contextmanager
def reports_kept(*levels: int) -> Iterator[Records]:
    """What is reported while this lasts, at these levels or any, shown to nobody else."""
    kept, logger = Records(), logging.getLogger("ravyn_bg")

    def keep(record: logging.LogRecord) -> bool:
        kept.extend([record] if not levels or record.levelno in levels else [])
        return False

    logger.addFilter(keep)
    logger.disabled = False  # by `logging.config`, which apps call that are made on import
    try:
        yield kept
    finally:
        logger.removeFilter(keep)


def leaves(error: BaseException | None) -> list[BaseException]:
    """The errors in a group of errors, or the one that is none."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in leaves(each)]
    return [] if error is None else [error]
