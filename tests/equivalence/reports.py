"""What `ravyn_bg` reports."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from tests.equivalence.libraries import leaves


def times_reported(errors: list[BaseException], records: list[logging.LogRecord]) -> set[int]:
    """How often each error is in a record, or the one that Python makes of a `StopIteration`."""
    found = [leaf for each in records if each.exc_info for leaf in leaves(each.exc_info[1])]
    reported = [id(each) for leaf in found for each in (leaf, leaf.__cause__)]
    return {reported.count(id(leaf)) for each in errors for leaf in leaves(each)}


def lost_in(records: list[logging.LogRecord]) -> list[str]:
    """The tasks of a program that are named as lost."""
    return [*map(site_of, chain(*(each.__dict__["background_tasks_lost"] for each in records)))]


def never_ran_in(records: list[logging.LogRecord]) -> list[str]:
    warnings = [each.__dict__ for each in records if each.levelno == logging.WARNING]
    return [site_of(each["background_task"]) for each in warnings]


def site_of(name: str) -> str:
    return name.removeprefix("program.").removesuffix(".__call__")


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
