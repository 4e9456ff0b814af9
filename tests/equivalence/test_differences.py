"""Where a task does something else than on Lilya, on purpose, in the order of the README's list."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Generator
from typing import Any

import anyio
import pytest
from anyio import from_thread, to_thread
from lilya.background import Task, Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.equivalence.reports import reports_kept

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("wrong", [None, "send", 3])
def test_what_cannot_be_called(wrong: Any) -> None:
    Task(wrong)

    with pytest.raises(TypeError):
        BackgroundTask(wrong)


@pytest.mark.parametrize("wrong", ["abc", [None], {1: 2}])
def test_what_is_no_task(wrong: Any) -> None:
    Tasks(wrong)

    with pytest.raises(TypeError):
        BackgroundTasks(wrong)


def test_a_flag_that_is_no_bool() -> None:
    wrong: Any = "yes"
    Tasks([], wrong)

    with pytest.raises(TypeError):
        BackgroundTasks([], wrong)


async def test_an_awaitable_that_a_sync_function_returns() -> None:
    class Awaitable:
        awaited = False

        def __await__(self) -> Generator[Any, None, None]:
            self.awaited = True
            yield from ()

    lilyas, ours = Awaitable(), Awaitable()

    await Task(lambda: lilyas)()
    await BackgroundTask(lambda: ours)()

    assert (lilyas.awaited, ours.awaited) == (False, True)


async def test_a_class_whose_instances_are_called_asynchronously() -> None:
    made_by: list[threading.Thread] = []

    class Sender:
        def __init__(self) -> None:
            made_by.append(threading.current_thread())

        async def __call__(self) -> None: ...

    with pytest.raises(TypeError, match="await"):
        await Task(Sender)()
    await BackgroundTask(Sender)()

    assert [each is threading.current_thread() for each in made_by] == [True, False]


@pytest.mark.parametrize("name", ["func", "self"])
async def test_a_keyword_that_is_a_parameter_of_lilyas_task(name: str) -> None:
    given: dict[str, object] = {}

    def take(**keywords: object) -> None:
        given.update(keywords)

    with pytest.raises(TypeError, match="multiple values"):
        Task(take, **{name: 1})
    await BackgroundTask(take, **{name: 1})()

    assert given == {name: 1}


def test_what_add_task_makes() -> None:
    lilyas, ours = Tasks(), BackgroundTasks()

    lilyas.add_task(print)
    ours.add_task(print)

    assert type(lilyas.tasks[0]) is Task
    assert type(ours.tasks[0]) is BackgroundTask


def test_what_a_repr_shows() -> None:
    assert "AsyncCallable object at 0x" in repr(Task(print, "a"))
    assert repr(BackgroundTask(print, "a")) == "BackgroundTask(print, 'a')"


async def test_a_failure_is_logged() -> None:
    def fail() -> None:
        raise KeyError("broken")

    with reports_kept() as reports:
        with pytest.raises(KeyError):
            await Task(fail)()
        assert not reports
        with pytest.raises(KeyError):
            await BackgroundTask(fail)()
        assert len(reports) == 1


@pytest.mark.parametrize(("kind", "order"), [(Tasks, "abab"), (BackgroundTasks, "aabb")])
async def test_sync_tasks_that_follow_one_another_keep_their_thread(
    kind: type[Tasks], order: str
) -> None:
    ran: list[str] = []
    to_thread.current_default_thread_limiter().total_tokens = 1

    async with anyio.create_task_group() as group:
        for name in "ab":
            tasks = kind()
            tasks.add_task(ran.append, name)
            tasks.add_task(ran.append, name)
            group.start_soon(tasks)

    swapped = order.translate({ord("a"): "b", ord("b"): "a"})  # Trio starts them in any order
    assert "".join(ran) in (order, swapped)


if sys.version_info >= (3, 11):  # before, a thread cannot see it

    @pytest.mark.parametrize("kind", [Tasks, BackgroundTasks])
    def test_no_sync_task_begins_once_asyncio_has_been_asked_to_cancel(kind: type[Tasks]) -> None:
        ran: list[str] = []

        async def main() -> None:
            program = asyncio.ensure_future(tasks())

            def first() -> None:
                from_thread.run_sync(program.cancel)
                ran.append("first")

            tasks.add_task(first)
            tasks.add_task(ran.append, "second")
            with pytest.raises(asyncio.CancelledError):
                await program

        tasks = kind()
        asyncio.run(main())
        for thread in threading.enumerate():
            if thread.name == "AnyIO worker thread":
                thread.join()

        assert ran == ["first"]


@pytest.mark.parametrize(
    ("kind", "error"), [(Tasks, RecursionError), (BackgroundTasks, RuntimeError)]
)
async def test_a_container_in_itself(kind: type[Tasks], error: type[Exception]) -> None:
    tasks = kind()
    tasks.tasks.append(tasks)

    with reports_kept(), pytest.raises(error) as raised:
        await tasks()

    assert raised.type is error  # a `RecursionError` is a `RuntimeError`
