"""Whatever is called is named, whatever is raised is reported, and neither costs another task."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import pytest
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.failures.conftest import Records
from tests.failures.tasks import (
    Function,
    TaskError,
    error_of,
    fail,
    full_name,
    leaves,
    succeed,
    three_ways,
)

pytestmark = pytest.mark.anyio


class Raises:
    """When it is asked for what it has not, or shown."""

    def __call__(self) -> None:
        raise TaskError

    def __getattr__(self, name: str) -> Any:
        raise ValueError(f"no {name}")

    def __repr__(self) -> str:
        raise ValueError("no repr")


class Names:
    """Has names of its own."""

    def __init__(self, **names: Any) -> None:
        vars(self).update(names)

    def __call__(self) -> None:
        raise TaskError


CALLABLES: dict[str, tuple[Function, str]] = {
    "raises": (Raises(), "Raises.__call__"),
    "no string for a name": (Names(__qualname__=7), "Names.__call__"),
    "no string for a module": (Names(__module__=7, __qualname__="name"), "name"),
    "a name of two lines": (Names(__module__="", __qualname__="two\nlines"), "two lines"),
    "a name that does not end": (Names(__module__="", __qualname__="x" * 10_000), "x" * 150),
}


@pytest.mark.parametrize(("function", "name"), CALLABLES.values(), ids=CALLABLES)
async def test_what_is_called(function: Function, name: str, records: Records) -> None:
    ran: list[str] = []
    for as_group in (False, True):
        two = [BackgroundTask(function), BackgroundTask(ran.append, "after")]
        await error_of(BackgroundTasks(two, as_group, continue_on_error=True))
    await error_of(BackgroundTasks([BackgroundTask(fail), BackgroundTask(function)]))

    assert ran == ["after"] * 2
    assert [type(each) for each in records.errors] == [TaskError] * 3
    assert records.names[0].rpartition("test_hostile.")[2] == name
    assert records.lost[2] == [records.names[0]]


class WithoutAFunction(Task):
    def __init__(self) -> None: ...

    async def __call__(self) -> None:
        raise TaskError


class WithoutTasks(Tasks):
    def __init__(self) -> None: ...

    async def __call__(self) -> None:
        raise TaskError


@pytest.mark.parametrize("kind", [WithoutAFunction, WithoutTasks])
async def test_a_task_of_lilya_without_the_attributes_of_one(kind: Any, records: Records) -> None:
    await error_of(BackgroundTasks([kind(), BackgroundTask(succeed)]))
    await error_of(BackgroundTasks([BackgroundTask(fail), kind(), BackgroundTask(succeed)]))

    assert [type(each) for each in records.errors] == [TaskError] * 2
    assert [lost[-1] for lost in records.lost] == [full_name(succeed)] * 2


@three_ways
async def test_stop_iteration_from_a_sync_task_is_raised_as_lilya_raises_it(
    as_group: bool | None, records: Records
) -> None:
    def stop() -> None:
        raise StopIteration("done")

    ours: Task = BackgroundTask(stop)
    lilyas = Task(stop)
    if as_group is not None:
        ours, lilyas = BackgroundTasks([ours], as_group), Tasks([lilyas], as_group)
    error = await error_of(ours)

    assert repr(leaves(error)) == repr(leaves(await error_of(lilyas)))
    assert [repr(each.__cause__) for each in leaves(error)] == ["StopIteration('done')"]
    assert records.errors == leaves(error)


class OwnBaseError(BaseException): ...


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


ERRORS = [StopIteration, StopAsyncIteration, OwnBaseError, NoTextError, FalsyError, NeverEqualError]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("kind", [*ERRORS, MemoryError])
async def test_what_is_raised(kind: type[BaseException], is_async: bool, records: Records) -> None:
    ran: list[str] = []

    def raise_it() -> None:
        raise kind

    async def raise_it_async() -> None:
        raise kind

    function = raise_it_async if is_async else raise_it
    for as_group in (False, True):
        two = [BackgroundTask(function), BackgroundTask(ran.append, "after")]
        error = await error_of(BackgroundTasks(two, as_group, continue_on_error=True))
        assert error.message == "1 of 2 background tasks failed"
        assert isinstance(error, Exception) is issubclass(kind, Exception)

    assert ran == ["after"] * 2
    assert records.names == [full_name(function)] * 2
    for each in records:
        text = logging.Formatter().format(each)
        assert f"in {function.__name__}\n" in text
        assert kind.__name__ in text


@dataclass(frozen=True)
class FrozenError(Exception): ...


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # Trio itself cannot raise it in a thread
async def test_an_error_that_can_hold_no_mark(records: Records) -> None:
    def raise_it() -> None:
        raise FrozenError

    error = await error_of(BackgroundTasks([BackgroundTasks([BackgroundTask(raise_it)])]))

    assert type(error) is FrozenError
    assert records.names == [full_name(raise_it)]
