"""What Lilya, Ravyn and Starlette hold their classes to in their own suites."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from lilya.responses import PlainText
from lilya.types import Receive, Scope, Send

from ravyn_bg import BackgroundTask, BackgroundTasks, BackgroundTaskType
from tests.conftest import MakeClient

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Till:
    """Takes money, and breaks when it is told to."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, amount: int) -> None:
        self.total += amount

    async def add_async(self, amount: int) -> None:
        self.total += amount

    def break_down(self) -> None:
        raise LookupError("no till")

    async def break_down_async(self) -> None:
        raise LookupError("no till")


@pytest.fixture
def till() -> Till:
    return Till()


def served(background: BackgroundTaskType) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainText("your coffee", background=background)(scope, receive, send)

    return app


def test_an_async_task_runs(make_client: MakeClient, till: Till) -> None:
    answer = make_client(served(BackgroundTask(till.add_async, 3))).get("/")

    assert answer.text == "your coffee"
    assert till.total == 3


def test_a_sync_task_runs(make_client: MakeClient, till: Till) -> None:
    answer = make_client(served(BackgroundTask(till.add, 3))).get("/")

    assert answer.text == "your coffee"
    assert till.total == 3


def test_several_tasks_run(make_client: MakeClient, till: Till) -> None:
    tasks = BackgroundTasks()
    tasks.add_task(till.add, 1)
    tasks.add_task(till.add_async, amount=2)
    tasks.add_task(till.add, amount=3)

    answer = make_client(served(tasks)).get("/")

    assert answer.text == "your coffee"
    assert till.total == 6


@pytest.mark.parametrize("name", ["break_down", "break_down_async"])
def test_a_failure_stops_the_rest_and_reaches_the_caller(
    name: str, make_client: MakeClient, till: Till
) -> None:
    tasks = BackgroundTasks([BackgroundTask(till.add, 1)])
    tasks.add_task(getattr(till, name))
    tasks.add_task(till.add, 1)
    client = make_client(served(tasks))

    with pytest.raises(LookupError, match="no till"):
        client.get("/")

    assert till.total == 1


def test_tasks_run_as_a_group(make_client: MakeClient) -> None:
    sold: set[str] = set()

    def sell(*drinks: str) -> None:
        sold.update(drinks)

    async def sell_async(drinks: list[str]) -> None:
        sold.update(drinks)

    tasks = BackgroundTasks(
        [BackgroundTask(sell, "latte", "mocha"), BackgroundTask(sell_async, drinks=["tea"])],
        as_group=True,
    )
    answer = make_client(served(tasks)).get("/")

    assert answer.text == "your coffee"
    assert sold == {"latte", "mocha", "tea"}


def test_one_task_serves_every_request(make_client: MakeClient, till: Till) -> None:
    client: Any = make_client(served(BackgroundTask(till.add, 1)))

    for _ in range(3):
        client.get("/")

    assert till.total == 3
