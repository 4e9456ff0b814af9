"""What `ravyn_bg` reports."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tests.equivalence.libraries import leaves


def errors_in(records: list[logging.LogRecord]) -> list[BaseException | None]:
    """Each error that was reported, and the `StopIteration` that became one."""
    found = [leaf for each in records if each.exc_info for leaf in leaves(each.exc_info[1])]
    return [*found, *(each.__cause__ for each in found if each.__cause__)]


@contextmanager
def reports_kept() -> Iterator[list[logging.LogRecord]]:
    """What is reported while this lasts, shown to nobody else."""
    kept: list[logging.LogRecord] = []

    def keep(record: logging.LogRecord) -> bool:
        kept.append(record)
        return False

    logger = logging.getLogger("ravyn_bg")
    logger.addFilter(keep)
    try:
        yield kept
    finally:
        logger.removeFilter(keep)
