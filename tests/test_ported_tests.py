"""What tests of FastAPI projects do, on `ravyn_bg`: the table of docs/testing.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock, patch

import pytest
from lilya.apps import Lilya

from ravyn_bg import BackgroundTasks, with_background
from ravyn_bg.testing import capture_tasks
from tests.conftest import MakeClient


def send(to: str) -> None: ...


@with_background
async def notify(to: str, background_tasks: BackgroundTasks) -> dict[str, str]:
    background_tasks.add_task(send, to)
    return {"status": "queued"}


@pytest.mark.anyio
async def test_the_tasks_of_a_container_are_looked_at() -> None:
    background_tasks = BackgroundTasks()

    assert await notify("a@b.c", background_tasks) == {"status": "queued"}

    (task,) = background_tasks.tasks
    queued: Any = task  # Lilya says that `func` is async
    assert queued.func == send
    assert queued.func is send
    assert queued.args == ("a@b.c",)
    await background_tasks()


@pytest.mark.anyio
@pytest.mark.parametrize("make", [MagicMock, lambda: MagicMock(spec=BackgroundTasks)])
async def test_a_mock_container_is_asked_what_was_added(make: Callable[[], Any]) -> None:
    mock = make()

    await notify("a@b.c", background_tasks=mock)

    mock.add_task.assert_called_once_with(send, "a@b.c")


@pytest.mark.anyio
async def test_a_fake_runs_the_function_at_once() -> None:
    ran: list[Any] = []

    class Fake:
        def add_task(self, func: Any, *args: Any) -> None:
            ran.append((func, args))

    await notify("a@b.c", Fake())  # type: ignore[arg-type]  # a fake

    assert ran == [(send, ("a@b.c",))]


def client(make_client: MakeClient) -> Any:
    app = Lilya()
    app.post("/notify/{to}")(notify)
    return make_client(app)


def test_add_task_is_patched(make_client: MakeClient) -> None:
    with patch("ravyn_bg.BackgroundTasks.add_task") as add_task:
        client(make_client).post("/notify/a@b.c")

    add_task.assert_called_once_with(send, "a@b.c")


def test_the_function_is_patched(make_client: MakeClient) -> None:
    with patch("tests.test_ported_tests.send") as mocked:
        client(make_client).post("/notify/a@b.c")

    mocked.assert_called_once_with("a@b.c")


def test_the_tasks_of_a_request_are_looked_at(make_client: MakeClient) -> None:
    with capture_tasks() as tasks:
        client(make_client).post("/notify/a@b.c")

    assert [(each.func, each.args) for each in tasks] == [(send, ("a@b.c",))]
