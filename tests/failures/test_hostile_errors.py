"""Whatever a task raises is reported, and costs nothing else."""

from __future__ import annotations

import logging

import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import (
    Subclass,
    error_of,
    full_name,
    leaves,
    succeed,
)

pytestmark = pytest.mark.anyio


def stop_iteration() -> None:
    raise StopIteration("done")


@pytest.mark.parametrize("as_group", [None, False, True], ids=["alone", "in order", "as group"])
async def test_stop_iteration_from_a_sync_task_is_raised_as_lilya_raises_it(
    as_group: bool | None, records: Records
) -> None:
    if as_group is None:
        ours = await error_of(BackgroundTask(stop_iteration))
        lilyas = await error_of(Task(stop_iteration))
    else:
        two = [BackgroundTask(stop_iteration), BackgroundTask(succeed)]
        ours = await error_of(BackgroundTasks(two, as_group))
        lilyas = await error_of(Tasks([Task(stop_iteration), Task(succeed)], as_group))

    assert repr(leaves(ours)) == repr(leaves(lilyas))
    assert [repr(each.__cause__) for each in leaves(ours)] == ["StopIteration('done')"]
    assert records.names == [full_name(stop_iteration)]
    assert records.errors == leaves(ours)


class OfItsOwn(BaseException): ...


class NoTextError(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


class FalsyError(Exception):
    """As one that holds a list of errors, and has its length, may be."""

    def __len__(self) -> int:
        return 0


class NeverEqualError(Exception):
    def __eq__(self, other: object) -> bool:
        raise ValueError("not to be asked")

    __hash__ = None  # type: ignore[assignment]  # as Python itself does where `__eq__` is defined


HOSTILE = [
    StopIteration,
    StopAsyncIteration,
    OfItsOwn,
    NoTextError,
    FalsyError,
    NeverEqualError,
    RecursionError,
    MemoryError,
]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("kind", HOSTILE)
async def test_whatever_is_raised_is_reported_and_costs_nothing_else(
    kind: type[BaseException], is_async: bool, records: Records
) -> None:
    ran: list[str] = []

    def raise_it() -> None:
        raise kind

    async def raise_it_async() -> None:
        raise kind

    func = raise_it_async if is_async else raise_it
    wrapped = "StopIteration" if kind is StopIteration else kind.__name__
    for as_group in (False, True):
        two = [BackgroundTask(func), BackgroundTask(ran.append, "after")]
        error = await error_of(BackgroundTasks(two, as_group, continue_on_error=True))
        assert error.message == "1 of 2 background tasks failed"
        assert isinstance(error, Exception) is issubclass(kind, Exception)
    await error_of(BackgroundTask(func))
    await error_of(BackgroundTasks([Subclass(func)]))

    assert ran == ["after"] * 2
    assert len(records) == 4
    for each in records:
        assert each.background_task.endswith(f"<locals>.{func.__name__}")
        text = logging.Formatter().format(each)
        assert f"in {func.__name__}\n" in text
        assert wrapped in text


class NeitherTrueNorFalseError(Exception):
    def __bool__(self) -> bool:
        raise ValueError("not to be asked")


async def test_an_error_that_cannot_be_looked_at_costs_nothing_else(records: Records) -> None:
    """The standard library's `traceback` asks it, so that it cannot be printed."""
    ran: list[str] = []

    def raise_it() -> None:
        raise NeitherTrueNorFalseError

    two = [BackgroundTask(raise_it), BackgroundTask(ran.append, "after")]
    error = await error_of(BackgroundTasks(two, continue_on_error=True))

    assert ran == ["after"]
    assert records.errors == [*error.exceptions]
    assert records.names == [full_name(raise_it)]
