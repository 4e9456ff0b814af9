"""What `ravyn_bg` reports."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tests.equivalence.libraries import leaves

Records = list[logging.LogRecord]


def times_reported(errors: list[BaseException], records: Records) -> set[int]:
    """How often each error is in a record, or the one that Python makes of a `StopIteration`."""
    found = [leaf for each in records if each.exc_info for leaf in leaves(each.exc_info[1])]
    reported = [id(each) for leaf in found for each in (leaf, leaf.__cause__)]
    return {reported.count(id(leaf)) for each in errors for leaf in leaves(each)}


def never_ran_in(records: Records) -> list[str]:
    warnings = [vars(each) for each in records if each.levelno == logging.WARNING]
    return sorted(each["background_task"] for each in warnings)


@contextmanager
def reports_kept() -> Iterator[Records]:
    """What is reported while this lasts, shown to nobody else."""
    kept: Records = []
    logger = logging.getLogger("ravyn_bg")

    def keep(record: logging.LogRecord) -> bool:
        kept.append(record)
        return False

    logger.addFilter(keep)
    try:
        yield kept
    finally:
        logger.removeFilter(keep)
